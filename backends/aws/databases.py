"""A database as an RDS instance. Its password is made, kept and changed by RDS in Secrets Manager; nobody else writes
it down but the vaults of the layers whose variables have it in a URL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tuienv.backends.aws import naming
from tuienv.backends.aws.job import Job
from tuienv.backends.aws.keeping import is_protected
from tuienv.backends.aws.network import delete_group
from tuienv.backends.aws.options import asked, flag_option, number_option
from tuienv.backends.aws.session import Row
from tuienv.backends.aws.snapping import STORAGE, gibibytes, node_type, size_tag, storage_asked
from tuienv.backends.aws.stores import (
    Stores,
    differing,
    prepare,
    refuse_variables,
    snapshot_name,
    tags_for,
    wants_snapshot,
)
from tuienv.backends.aws.subnet_groups import DB_SUBNETS
from tuienv.backends.base import Conflict, Invalid
from tuienv.model import Kind, LayerSpec, Size

USER = DATABASE = "app"
"""Who a new database belongs to and how it is called, where the layer's variables do not say."""

DAYS = 7
"""Days that daily backups are kept, where the file does not say."""

LONGEST_ROTATION = 999
"""Days after which Secrets Manager makes a new password: as seldom as it can be told to. A new password reaches a task
only with a rollout, so that RDS's own rhythm of seven days would lock out whoever was started before."""


@dataclass(frozen=True, slots=True)
class Engine:
    """`version`: where the file names none; `prefix`: of the variables that its image takes for user and name."""

    version: str
    port: int
    scheme: str
    prefix: str


ENGINES: Mapping[str, Engine] = {
    "postgres": Engine("16", 5432, "postgresql", "POSTGRES"),
    "mysql": Engine("8.0", 3306, "mysql", "MYSQL"),
}


def make(job: Job, spec: LayerSpec, wanted: int) -> None:
    """Have the instance as the file says, and wait until it serves. Raises `Invalid`."""
    engine = engine_of(spec)
    if wanted != 1:
        raise Invalid("create", job.address, "there is one of a database", "A standby is `multi_az: true`.")
    refuse_variables(spec, _variables(engine))
    place, group = prepare(job, spec, Kind.DATABASE, engine.port)
    found = DATABASES.find(job)
    subnets = DB_SUBNETS.ensure(job, spec, place, DATABASES.name(job))
    if found is None:
        _create(job, spec, engine, group, subnets)
    else:
        _mend(job, spec, found, group)
    row = DATABASES.wait_available(job)
    _rotate_seldom(job, row)
    DATABASES.write_tags(job, row, _tags_for(job, spec, row))


def engine_of(spec: LayerSpec) -> Engine:
    name = spec.engine or next(iter(ENGINES))
    if name not in ENGINES:
        raise Invalid("create", spec.name, f"there is no database engine {name}", f"AWS has: {', '.join(ENGINES)}.")
    return ENGINES[name]


def _variables(engine: Engine) -> tuple[str, str]:
    database = "DB" if engine.prefix == "POSTGRES" else "DATABASE"
    return f"{engine.prefix}_USER", f"{engine.prefix}_{database}"


DATABASES = Stores(
    service="rds",
    word="DB instance",
    call="describe_db_instances",
    key="DBInstances",
    identifier="DBInstanceIdentifier",
    state="DBInstanceStatus",
    arn="DBInstanceArn",
    modify="modify_db_instance",
    tags=lambda job, row: naming.tags_in(row.get("TagList")),
    length=naming.DATABASE_LENGTH,
    why="aws rds describe-events",
)


def _create(job: Job, spec: LayerSpec, engine: Engine, group: str, subnets: str) -> None:
    name, (user, database) = DATABASES.name(job), _variables(engine)
    values = job.inputs.environment
    job.say(f"create DB instance {name}")
    job.call(
        "rds",
        "create_db_instance",
        tried="create DB instance",
        target=name,
        DBInstanceIdentifier=name,
        Engine=spec.engine or "postgres",
        EngineVersion=spec.version or engine.version,
        MasterUsername=values.get(user, USER),
        DBName=values.get(database, DATABASE),
        ManageMasterUserPassword=True,
        DBSubnetGroupName=subnets,
        PubliclyAccessible=False,
        StorageType="gp3",
        StorageEncrypted=True,
        CopyTagsToSnapshot=True,
        Tags=naming.tag_list(_tags_for(job, spec, {})),
        **_wanted(job, spec, group),
    )


def _tags_for(job: Job, spec: LayerSpec, row: Row) -> dict[str, str]:
    """Everything that is written on it. Of storage the most that was ever asked for: it is never less."""
    if spec.storage is None:
        return tags_for(job, spec)
    before = storage_asked(naming.tags_in(row.get("TagList")))
    return {**tags_for(job, spec), STORAGE: str(max(spec.storage, before))}


def _wanted(job: Job, spec: LayerSpec, group: str) -> Row:
    """What can be changed later."""
    return {
        "DBInstanceClass": node_type(Kind.DATABASE, spec.size),
        "AllocatedStorage": gibibytes(spec.storage),
        "MultiAZ": flag_option(spec, "multi_az", False),
        "BackupRetentionPeriod": number_option(spec, "backups", DAYS, 35),
        "DeletionProtection": is_protected(job.session, job.environment),
        "VpcSecurityGroupIds": [group],
    }


def _mend(job: Job, spec: LayerSpec, row: Row, group: str) -> None:
    """Change what differs, in one call. Storage only grows: RDS takes none back. What the file does not say stays as
    it is, and a protection is taken off by `tuienv unprotect` alone."""
    _check_names(job, _variables(engine_of(spec)), row)
    groups = [str(one["VpcSecurityGroupId"]) for one in row.get("VpcSecurityGroups") or ()]
    wanted = _wanted(job, spec, group) | {"VpcSecurityGroupIds": list(dict.fromkeys([*groups, group]))}
    said = {
        "DBInstanceClass": spec.size != Size(),
        "MultiAZ": asked(job.change, spec, "multi_az"),
        "BackupRetentionPeriod": asked(job.change, spec, "backups"),
        "DeletionProtection": bool(wanted["DeletionProtection"]),
    }
    wanted = {key: value for key, value in wanted.items() if said.get(key, True)}
    changes = differing({**row, "VpcSecurityGroupIds": groups}, wanted)
    if int(changes.get("AllocatedStorage", 0)) < int(row.get("AllocatedStorage") or 0):
        changes.pop("AllocatedStorage", None)
    if "AllocatedStorage" in changes and DATABASES.state_of(row) == "storage-optimization":
        why = "RDS is still at the storage that grew last, and lets it grow again only after that"
        raise Conflict("change", job.address, why, "That takes hours, a day at times: apply again then.")
    if DATABASES.state_of(row) == "stopped":
        _start(job)
        DATABASES.wait_available(job)
    if changes:
        _change(job, row, **changes)


def _check_names(job: Job, variables: tuple[str, str], row: Row) -> None:
    """Raises `Invalid` for another user or database than it was made with: RDS takes them once."""
    for variable, usual, key in zip(variables, (USER, DATABASE), ("MasterUsername", "DBName"), strict=True):
        there, wanted = row.get(key), job.inputs.environment.get(variable, usual)
        if there and there != wanted:
            said = f"{variable} is {there} since it was made, and cannot become another"
            raise Invalid("change", job.address, said, f"Write {variable}: {there}; more of them are made by SQL.")


def _change(job: Job, row: Row, **changes: Any) -> Row:
    refuse_pending(job, row, changes)
    return DATABASES.change(job, **changes)


def refuse_pending(job: Job, row: Row, changes: Mapping[str, Any]) -> None:
    """Raises `Conflict` where something else waits for the maintenance window: RDS does that as well with whatever is
    done at once (Amazon RDS user guide, "Using the schedule modifications setting"), and no plan told of it."""
    waiting = sorted((row.get("PendingModifiedValues") or {}).keys() - changes.keys())
    if waiting:
        said = f"a change of {', '.join(waiting)} waits for its maintenance window, and would be done now as well"
        remedy = "Have it done first, or take it back: in the console, or by `aws rds modify-db-instance`."
        raise Conflict(str(job.change.action), job.address, said, remedy)


def _rotate_seldom(job: Job, row: Row) -> None:
    """Have the password changed as seldom as can be."""
    arn = str((row.get("MasterUserSecret") or {}).get("SecretArn", ""))
    if not arn:
        return
    found = job.find(
        "secretsmanager", "describe_secret", "RotationRules", tried="look at the password of", SecretId=arn
    )
    if (found or {}).get("AutomaticallyAfterDays") == LONGEST_ROTATION:
        return
    job.call(
        "secretsmanager",
        "rotate_secret",
        tried="set the rotation of the password of",
        SecretId=arn,
        RotateImmediately=False,
        RotationRules={"AutomaticallyAfterDays": LONGEST_ROTATION},
    )


# --- what runs --------------------------------------------------------------------------------------------------


def resize(job: Job) -> None:
    """Another instance class: some minutes without the database."""
    if job.change.size is None:
        raise Invalid("resize", job.address, "nobody said to which size")
    row, wanted = DATABASES.existing(job), node_type(Kind.DATABASE, job.change.size)
    if row.get("DBInstanceClass") != wanted:
        row = _change(job, row, DBInstanceClass=wanted)
    DATABASES.write_tags(job, row, size_tag(job.change.size))


def restart(job: Job) -> None:
    DATABASES.existing(job)
    _order(job, "reboot_db_instance", "restart")
    DATABASES.wait_available(job)


def stop(job: Job) -> None:
    """RDS starts it again by itself after seven days."""
    if DATABASES.state_of(DATABASES.existing(job)) != "stopped":
        _order(job, "stop_db_instance", "stop")
        DATABASES.existing(job)


def start(job: Job) -> None:
    if DATABASES.state_of(DATABASES.existing(job)) == "stopped":
        _start(job)
    DATABASES.wait_available(job)


def _start(job: Job) -> None:
    _order(job, "start_db_instance", "start")


def _order(job: Job, operation: str, verb: str) -> None:
    name = DATABASES.name(job)
    job.say(f"{verb} DB instance {name}")
    job.call("rds", operation, tried=f"{verb} DB instance", target=name, DBInstanceIdentifier=name)


# --- the end ----------------------------------------------------------------------------------------------------


def delete(job: Job) -> None:
    """Remove the instance, if its data may go, with a last snapshot unless the file said that none is wanted; then what
    is the layer's beside it, the security group last. Raises `Conflict` while the environment is protected."""
    if not job.change.delete_data and DATABASES.is_there(job):
        job.say(f"{job.address} stays: its data may not go")
        return
    if (row := DATABASES.going(job)) is not None:
        _delete_instance(job, row)
    DB_SUBNETS.delete(job, DATABASES.name(job))
    delete_group(job)


def _delete_instance(job: Job, row: Row) -> None:
    if DATABASES.state_of(row) != "deleting":
        if row.get("DeletionProtection"):
            remedy = f"`tuienv unprotect {job.environment}` takes the protection off."
            raise Conflict("remove", job.address, "RDS protects it from deletion", remedy)
        _order_deletion(job, DATABASES.name(job), row)
    DATABASES.wait_gone(job)


def _order_deletion(job: Job, name: str, row: Row) -> None:
    keeping: Row = {"SkipFinalSnapshot": True}
    if job.change.final_snapshot and wants_snapshot(naming.tags_in(row.get("TagList"))):
        snapshot = snapshot_name(name)
        job.say(f"snapshot {snapshot} stays")
        keeping = {"SkipFinalSnapshot": False, "FinalDBSnapshotIdentifier": snapshot}
    job.say(f"remove DB instance {name}")
    job.drop(
        "rds",
        "delete_db_instance",
        tried="remove DB instance",
        target=name,
        DBInstanceIdentifier=name,
        DeleteAutomatedBackups=True,
        **keeping,
    )
