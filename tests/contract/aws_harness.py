"""AWS under the contract suite: ministack with real containers behind it, and for being killed at every step the same
without any, where each step takes milliseconds."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any
from weakref import WeakSet

from tests.aws_emulators.belongings import ENVIRONMENT, belongings, tags_in
from tests.aws_emulators.clients import LocalSession, bare
from tests.aws_emulators.emulator import NO_ENGINE, gateway_of, microburst, ministack, moto
from tests.aws_emulators.images import REGISTRY, aliased
from tests.aws_emulators.plugging import installed
from tests.contract.death import Death
from tests.contract.docker_harness import APP
from tests.contract.harness import Calls, Deed, Images, Outside, Traits
from tests.docker_engine import images
from tests.docker_engine.leftovers import wait
from tests.docker_engine.session import Engine
from tuienv.backends.aws.backend import AwsBackend
from tuienv.backends.base import Backend, Forbidden, NotAuthenticated, ProviderError, Throttled, Unreachable
from tuienv.model import Address, Kind

IMAGE = f"{REGISTRY}/contract-{os.getpid()}"
IMAGES = Images(f"{IMAGE}:1", f"{IMAGE}:2", f"{IMAGE}:sick", f"{IMAGE}:absent", "the flux is not ready")

GOES_WITHIN = 10.0
"""Seconds that the container of an ended task may stay."""

SICK = """
import time
print("the flux is not ready", flush=True)
time.sleep(0.3)
raise SystemExit(1)
"""
"""It ends by itself: ministack's load balancer finds every target healthy, so that health by path judges nothing."""

TROUBLES: Mapping[type[ProviderError], tuple[str, int, str]] = {
    Throttled: ("ThrottlingException", 400, "Rate exceeded"),
    NotAuthenticated: ("ExpiredToken", 403, "The security token included in the request is expired"),
    Forbidden: ("AccessDeniedException", 400, "You may not do that"),
}
SILENCES: Mapping[Kind, str] = {
    Kind.APP: "ecs",
    Kind.LOAD_BALANCER: "elbv2",
    Kind.CACHE: "elasticache",
    Kind.DATABASE: "rds",
}


class RecordsHarness:
    """An AWS that keeps records and starts nothing. What is looked at from outside is asked through bare clients."""

    name = "aws"
    images = IMAGES
    traits = Traits(
        able=frozenset({"web"}),
        keeps_instances=False,
        keeps_names=False,
        data_apart=False,
        heals=frozenset({"web"}),
        steps=2,
    )

    def __init__(self, journals: Path, engine: str = NO_ENGINE, host: str = "127.0.0.1", registry: str = "") -> None:
        self._stack = ExitStack()
        self.cloud = self._stack.enter_context(ministack(engine, host, registry))
        self.other = self._stack.enter_context(moto())
        self._journals, self._number = journals, count(1)
        self._deaths: list[Death] = []
        self._url = self.cloud.url
        self._sessions: WeakSet[LocalSession] = WeakSet()

    def open(self) -> AwsBackend:
        session = LocalSession(self._url, self.other.url)
        self._sessions.add(session)
        return AwsBackend("", session)

    def port(self) -> int:
        return 8080

    def count(self, backend: Backend) -> Calls:
        calls = Calls()
        assert isinstance(backend, AwsBackend)

        def note(service: str, operation: str, mutating: bool) -> None:
            (calls.changing if mutating else calls.reading).append(f"{service} {operation}")

        backend.session.before_call = note
        return calls

    def killed(self, step: int, deed: Deed) -> bool:
        backend, death = self.open(), Death(step)
        backend.session.before_call = lambda service, operation, mutating: death(operation, mutating)
        backend.engine.before_call = lambda method, path: death(path, method != "GET")
        self._deaths.append(death)
        return death.strikes(backend, deed, self._journals / f"victim-{next(self._number)}.sqlite")

    # --- from outside -------------------------------------------------------------------------------------------

    def outside(self, environment: str) -> Outside:
        data = self._stores(environment)
        running = [
            *self._tasks(environment),
            *(f"edge/{number + 1}" for number, _ in enumerate(self._edges(environment))),
        ]
        for kind, row in data:
            running += [f"db/{1}"] if kind == "db" else [f"cache/{_node(row, one)}" for one in row["MemberClusters"]]
        found = bare("ecs", self.cloud.url).describe_clusters(clusters=[environment])["clusters"]
        clusters = [str(row["clusterName"]) for row in found if row["status"] == "ACTIVE"]
        return Outside(
            running=tuple(sorted(running)),
            idle=tuple(sorted(self._left(environment, clusters, data))),
            networks=tuple(clusters),
            volumes=tuple(sorted(_name(row) for _, row in data)),
        )

    def _tasks(self, environment: str) -> list[str]:
        ecs = bare("ecs", self.cloud.url)
        with suppress(ecs.exceptions.ClusterNotFoundException):
            arns = ecs.list_tasks(cluster=environment)["taskArns"]
            rows = ecs.describe_tasks(cluster=environment, tasks=arns)["tasks"] if arns else []
            return [_short(row["group"], row["taskArn"]) for row in rows if row["lastStatus"] == "RUNNING"]
        return []

    def _edges(self, environment: str) -> list[str]:
        elb = bare("elbv2", self.cloud.url)
        arns = [row["LoadBalancerArn"] for row in elb.describe_load_balancers()["LoadBalancers"]]
        told = elb.describe_tags(ResourceArns=arns)["TagDescriptions"] if arns else []
        return [row["ResourceArn"] for row in told if tags_in(row["Tags"]).get(ENVIRONMENT) == environment]

    def _stores(self, environment: str) -> list[tuple[str, Any]]:
        cache, rds = bare("elasticache", self.cloud.url), bare("rds", self.cloud.url)
        groups = [
            ("cache", row)
            for row in cache.describe_replication_groups()["ReplicationGroups"]
            if tags_in(cache.list_tags_for_resource(ResourceName=row["ARN"])["TagList"]).get(ENVIRONMENT) == environment
        ]
        rows = rds.describe_db_instances()["DBInstances"]
        return groups + [("db", row) for row in rows if tags_in(row["TagList"]).get(ENVIRONMENT) == environment]

    def _left(self, environment: str, clusters: Sequence[str], data: Sequence[Any]) -> list[str]:
        """What bears our tags or names although nothing of the environment is there."""
        if clusters or data:
            return []
        return belongings(self.cloud.url, environment)

    def remove(self, address: Address) -> None:
        url = self.cloud.url
        if address.layer == "web":
            arns = bare("ecs", url).list_tasks(cluster=address.environment)["taskArns"]
            arn = next(arn for arn in arns if arn.rpartition("/")[2].startswith(address.instance))
            bare("ecs", url).stop_task(cluster=address.environment, task=arn)
        elif address.layer == "edge":
            for arn in self._edges(address.environment):
                bare("elbv2", url).delete_load_balancer(LoadBalancerArn=arn)
        else:
            for kind, row in self._stores(address.environment):
                if kind == address.layer == "cache":
                    bare("elasticache", url).delete_replication_group(ReplicationGroupId=_name(row))
                elif kind == address.layer:
                    bare("rds", url).delete_db_instance(DBInstanceIdentifier=_name(row), SkipFinalSnapshot=True)

    # --- bad days -----------------------------------------------------------------------------------------------

    def troubles(self) -> Mapping[type[ProviderError], Callable[[], AbstractContextManager[None]]]:
        """Nobody there, or a proxy in between that refuses everything."""
        refusals = {kind: partial(self._refused, {"error": _error(*told)}) for kind, told in TROUBLES.items()}
        return {Unreachable: self._away, **refusals}

    def silences(self) -> Mapping[Kind, Callable[[], AbstractContextManager[None]]]:
        """Each of the services that layers come from, refusing alone."""
        error = _error("AccessDeniedException", 400, "You may not look at that")
        return {
            kind: partial(self._refused, {"service": service, "error": error}) for kind, service in SILENCES.items()
        }

    @contextmanager
    def _refused(self, rule: Mapping[str, object]) -> Iterator[None]:
        with microburst(self._url) as proxy:
            proxy.post("/_microburst/rules", [rule])
            with self._reached_at(proxy.url):
                yield

    def _away(self) -> AbstractContextManager[None]:
        return self._reached_at("http://127.0.0.1:9")

    @contextmanager
    def _reached_at(self, url: str) -> Iterator[None]:
        """Also by the clients that are open already."""
        here = self._url
        self._turn_to(url)
        try:
            yield
        finally:
            self._turn_to(here)

    def _turn_to(self, url: str) -> None:
        self._url = url
        for session in self._sessions:
            session.turn_to(url)

    # --- the end ------------------------------------------------------------------------------------------------

    def wipe(self, environment: str) -> None:
        """The suite has this cloud for itself."""
        self.cloud.reset()

    def close(self) -> None:
        for death in self._deaths:
            death.bury()
        self._stack.close()


class AwsHarness(RecordsHarness):
    """The same with real containers: what runs is what `docker ps` shows."""

    def __init__(self, engine: Engine, journals: Path) -> None:
        self._client = engine.client
        super().__init__(journals, engine.host, gateway_of(engine.client))
        self._stack.enter_context(aliased(engine.client))
        self._stack.enter_context(installed())
        for name in (IMAGES.good, IMAGES.better, IMAGES.sick):
            text = SICK if name == IMAGES.sick else APP.format(healthy=True)
            lines = [f'LABEL version="{name}"']
            images.build_app(self._client, name, {"app.py": text}, command=["python", "app.py"], instructions=lines)

    def _tasks(self, environment: str) -> list[str]:
        """The emulator removes a container a moment after it said that its task has ended; one that stays is told."""
        wait(lambda: {arn for arn, _ in self._containers(environment)} <= self._alive(environment), GOES_WITHIN)
        return [_short(name, arn) for arn, name in self._containers(environment)]

    def _containers(self, environment: str) -> list[tuple[str, str]]:
        """What `docker ps` shows: the task of each container, and what it is called there."""
        found = self._client.api.containers(filters={"label": "com.amazonaws.ecs.cluster"})
        labels = [one["Labels"] for one in found]
        return [
            (one["com.amazonaws.ecs.task-arn"], one["com.amazonaws.ecs.container-name"])
            for one in labels
            if one["com.amazonaws.ecs.cluster"].rpartition("/")[2] == environment
        ]

    def _alive(self, environment: str) -> set[str]:
        """The tasks that ECS has not ended."""
        ecs = bare("ecs", self.cloud.url)
        with suppress(ecs.exceptions.ClusterNotFoundException):
            return set(ecs.list_tasks(cluster=environment)["taskArns"])
        return set()

    def _stores(self, environment: str) -> list[tuple[str, Any]]:
        """Only those that have their container."""
        found = self._client.api.containers(filters={"label": "ministack"})
        there = {one["Labels"].get("db_id") or one["Labels"].get("rg_id") for one in found}
        return [(kind, row) for kind, row in super()._stores(environment) if _name(row) in there]

    def remove(self, address: Address) -> None:
        """A task ends with its container, and ECS starts another one."""
        if address.layer != "web":
            super().remove(address)
            return
        found = self._client.api.containers(filters={"label": "com.amazonaws.ecs.task-arn"})
        for one in found:
            if one["Labels"]["com.amazonaws.ecs.task-arn"].rpartition("/")[2].startswith(address.instance):
                self._client.api.kill(one["Id"])

    def wipe(self, environment: str) -> None:
        """Other environments of the suite live beside this one."""
        url = self.cloud.url
        for arn in self._edges(environment):
            bare("elbv2", url).delete_load_balancer(LoadBalancerArn=arn)
        ecs = bare("ecs", url)
        with suppress(ecs.exceptions.ClusterNotFoundException):
            for arn in ecs.list_services(cluster=environment)["serviceArns"]:
                ecs.delete_service(cluster=environment, service=arn, force=True)
            ecs.delete_cluster(cluster=environment)
        for kind, _ in self._stores(environment):
            self.remove(Address(environment, kind))
        groups = [{"Name": f"tag:{ENVIRONMENT}", "Values": [environment]}]
        for row in bare("ec2", url).describe_security_groups(Filters=groups)["SecurityGroups"]:
            bare("ec2", url).delete_security_group(GroupId=row["GroupId"])

    def close(self) -> None:
        super().close()
        for name in (IMAGES.good, IMAGES.better, IMAGES.sick):
            self._client.images.remove(name, force=True)


def _error(code: str, status: int, message: str) -> dict[str, object]:
    return {"code": code, "status": status, "message": message}


def _name(row: Mapping[str, Any]) -> str:
    return str(row.get("DBInstanceIdentifier") or row["ReplicationGroupId"])


def _node(row: Mapping[str, Any], cluster: str) -> str:
    """``0001-1`` for ``shop-cache-0001-001``: as ministack calls the nodes."""
    shard, _, number = cluster.removeprefix(f"{row['ReplicationGroupId']}-").rpartition("-")
    return "-".join(filter(None, (shard, str(int(number)))))


def _short(group: str, task: str) -> str:
    return f"{group.removeprefix('service:')}/{task.rpartition('/')[2][:8]}"
