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
from tuienv.backends.aws.options import flag_option, number_option
from tuienv.backends.aws.session import Row, Session
from tuienv.backends.aws.snapping import node_type, size_tag
from tuienv.backends.aws.stores import (
    BUSY,
    TAKES,
    asked,
    differing,
    prepare,
    refuse_variables,
    snapshot_name,
    stale,
    tags_for,
    wants_snapshot,
)
from tuienv.backends.aws.subnet_groups import DB_SUBNETS
from tuienv.backends.base import Conflict, Invalid, NotFound
from tuienv.model import Address, Kind, LayerSpec, Size

GIB = 1024**3
LEAST_STORAGE = 20
"""GiB of the smallest gp3 volume that RDS has (Amazon RDS user guide, "DB instance storage")."""

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
    subnets = DB_SUBNETS.ensure(job, place, name_of(job.address))
    found = find_when_idle(job)
    if found is None:
        _create(job, spec, engine, group, subnets)
    else:
        _mend(job, spec, found, group)
    row = wait_available(job)
    _rotate_seldom(job, row)
    _write_tags(job, row, tags_for(job, spec))


def engine_of(spec: LayerSpec) -> Engine:
    name = spec.engine or next(iter(ENGINES))
    if name not in ENGINES:
        raise Invalid("create", spec.name, f"there is no database engine {name}", f"AWS has: {', '.join(ENGINES)}.")
    return ENGINES[name]


def _variables(engine: Engine) -> tuple[str, str]:
    database = "DB" if engine.prefix == "POSTGRES" else "DATABASE"
    return f"{engine.prefix}_USER", f"{engine.prefix}_{database}"


def name_of(address: Address) -> str:
    return naming.name_of(address, naming.DATABASE_LENGTH)


def find(session: Session, address: Address) -> Row | None:
    """The layer's instance, if it is there."""
    try:
        found = session.call(
            "rds",
            "describe_db_instances",
            tried="look for the DB instance of",
            target=address,
            DBInstanceIdentifier=name_of(address),
        )
    except NotFound:
        return None
    rows: list[Row] = found.get("DBInstances") or []
    return rows[0] if rows else None


def find_when_idle(job: Job) -> Row | None:
    """The same, once it is at nothing any more: RDS takes no order before."""

    def look() -> str:
        row = find(job.session, job.address)
        state = str((row or {}).get("DBInstanceStatus", ""))
        return f"{name_of(job.address)} is {state}" if state in BUSY else ""

    job.wait(look, TAKES, tried="wait for")
    return find(job.session, job.address)


def wait_available(job: Job) -> Row:
    """Wait until it serves. Raises `Conflict` with its state where it cannot."""

    def look() -> str:
        row = find(job.session, job.address)
        if row is None:
            raise Conflict("wait for", job.address, "it was deleted meanwhile", "Apply again.")
        state = str(row.get("DBInstanceStatus", ""))
        if state == "available":
            return ""
        if state not in BUSY:
            said = f"the DB instance is {state}"
            raise Conflict(
                "create", job.address, said, f"`aws rds describe-events` tells why {name_of(job.address)} is."
            )
        return f"{name_of(job.address)} is {state}"

    job.wait(look, TAKES, tried="wait for")
    row = find(job.session, job.address)
    if row is None:
        raise Conflict("wait for", job.address, "it was deleted meanwhile", "Apply again.")
    return row


def _create(job: Job, spec: LayerSpec, engine: Engine, group: str, subnets: str) -> None:
    name, (user, database) = name_of(job.address), _variables(engine)
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
        Tags=naming.tag_list(tags_for(job, spec)),
        **_wanted(job, spec, group),
    )


def _wanted(job: Job, spec: LayerSpec, group: str) -> Row:
    """What can be changed later."""
    return {
        "DBInstanceClass": node_type(Kind.DATABASE, spec.size),
        "AllocatedStorage": max(LEAST_STORAGE, -(-(spec.storage or 0) // GIB)),
        "MultiAZ": flag_option(spec, "multi_az", False),
        "BackupRetentionPeriod": number_option(spec, "backups", DAYS, 35),
        "DeletionProtection": is_protected(job.session, job.environment),
        "VpcSecurityGroupIds": [group],
    }


def _mend(job: Job, spec: LayerSpec, row: Row, group: str) -> None:
    """Change what differs, in one call. Storage only grows: RDS takes none back. What the file does not say stays as
    it is, and a protection is taken off by `tuienv unprotect` alone."""
    groups = [str(one["VpcSecurityGroupId"]) for one in row.get("VpcSecurityGroups") or ()]
    wanted = _wanted(job, spec, group) | {"VpcSecurityGroupIds": list(dict.fromkeys([*groups, group]))}
    said = {
        "DBInstanceClass": spec.size != Size(),
        "MultiAZ": asked(job, spec, "multi_az"),
        "BackupRetentionPeriod": asked(job, spec, "backups"),
        "DeletionProtection": bool(wanted["DeletionProtection"]),
    }
    wanted = {key: value for key, value in wanted.items() if said.get(key, True)}
    changes = differing({**row, "VpcSecurityGroupIds": groups}, wanted)
    if int(changes.get("AllocatedStorage", 0)) < int(row.get("AllocatedStorage") or 0):
        changes.pop("AllocatedStorage", None)
    if row.get("DBInstanceStatus") == "stopped":
        _start(job)
        wait_available(job)
    if changes:
        modify(job, **changes)


def modify(job: Job, **changes: Any) -> None:
    name = name_of(job.address)
    job.say(f"change DB instance {name}")
    job.call(
        "rds",
        "modify_db_instance",
        tried="change DB instance",
        target=name,
        DBInstanceIdentifier=name,
        ApplyImmediately=True,
        **changes,
    )


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


def _write_tags(job: Job, row: Row, wanted: Mapping[str, str]) -> None:
    has, arn = naming.tags_in(row.get("TagList")), str(row["DBInstanceArn"])
    if any(has.get(key) != value for key, value in wanted.items()):
        job.call("rds", "add_tags_to_resource", tried="tag", ResourceName=arn, Tags=naming.tag_list(wanted))
    if old := stale(has, wanted):
        job.call("rds", "remove_tags_from_resource", tried="untag", ResourceName=arn, TagKeys=old)


# --- what runs --------------------------------------------------------------------------------------------------


def existing(job: Job) -> Row:
    """The layer's instance, once it is at nothing. Raises `NotFound`."""
    row = find_when_idle(job)
    if row is None:
        raise NotFound(str(job.change.action), job.address, "it does not exist", "Create it with apply.")
    return row


def resize(job: Job) -> None:
    """Another instance class: some minutes without the database."""
    if job.change.size is None:
        raise Invalid("resize", job.address, "nobody said to which size")
    row, wanted = existing(job), node_type(Kind.DATABASE, job.change.size)
    if row.get("DBInstanceClass") != wanted:
        modify(job, DBInstanceClass=wanted)
    row = wait_available(job)
    _write_tags(job, row, {**naming.tags_in(row.get("TagList")), **size_tag(job.change.size)})


def restart(job: Job) -> None:
    existing(job)
    name = name_of(job.address)
    job.say(f"restart DB instance {name}")
    job.call("rds", "reboot_db_instance", tried="restart DB instance", target=name, DBInstanceIdentifier=name)
    wait_available(job)


def stop(job: Job) -> None:
    """RDS starts it again by itself after seven days."""
    row, name = existing(job), name_of(job.address)
    if row.get("DBInstanceStatus") == "stopped":
        return
    job.say(f"stop DB instance {name}")
    job.call("rds", "stop_db_instance", tried="stop DB instance", target=name, DBInstanceIdentifier=name)
    existing(job)


def start(job: Job) -> None:
    if existing(job).get("DBInstanceStatus") == "stopped":
        _start(job)
    wait_available(job)


def _start(job: Job) -> None:
    name = name_of(job.address)
    job.say(f"start DB instance {name}")
    job.call("rds", "start_db_instance", tried="start DB instance", target=name, DBInstanceIdentifier=name)


# --- the end ----------------------------------------------------------------------------------------------------


def delete(job: Job) -> None:
    """Remove the instance, if its data may go, with a last snapshot unless the file said that none is wanted; then what
    is the layer's beside it, the security group last. Raises `Conflict` while the environment is protected."""
    if not job.change.delete_data:
        if find(job.session, job.address) is not None:
            job.say(f"{job.address} stays: its data may not go")
            return
    else:
        _delete_instance(job)
    DB_SUBNETS.delete(job, name_of(job.address))
    delete_group(job)


def _delete_instance(job: Job) -> None:
    name, row = name_of(job.address), find(job.session, job.address)
    if row is not None and row.get("DBInstanceStatus") != "deleting":
        row = find_when_idle(job)
    if row is None:
        return
    if row.get("DeletionProtection"):
        remedy = f"`tuienv unprotect {job.environment}` takes the protection off."
        raise Conflict("remove", job.address, "RDS protects it from deletion", remedy)
    if row.get("DBInstanceStatus") != "deleting":
        _order_deletion(job, name, row)
    job.wait(lambda: _going(job), TAKES, tried="wait for the end of")


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


def _going(job: Job) -> str:
    row = find(job.session, job.address)
    return f"{name_of(job.address)} is {row.get('DBInstanceStatus')}" if row is not None else ""
