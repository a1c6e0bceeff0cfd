"""A bad day of the wire itself, through a proxy: an AWS that is slow, one that takes longer than anybody waits, sockets
that are reset.

Slow is two seconds. For every operation of a course, one after another, they would take minutes, and say no more than a
tenth of them says of a client with a tenth of our patience. So it is two seconds for looking, where calls go out side
by side, and for what AWS is slow at (`SLOWEST`).

What takes longer than anybody waits is done all the same, only later: the request arrives at AWS when its client has
given up, and may have begun again.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass

import pytest
from botocore import xform_name
from botocore.config import Config

from tests.aws_emulators.clients import ELSEWHERE, LocalSession
from tests.aws_emulators.emulator import Emulator, microburst
from tests.aws_emulators.faults import Fault, Operation
from tests.backends.aws.courses import NAME, SECONDS, Steps, deeds, inputs_of, make
from tests.backends.aws.test_faults import SURVIVED_BY_LOOKS
from tests.contract.aws_harness import RecordsHarness
from tests.contract.trial import Trial
from tests.docker_engine.leftovers import wait
from tuienv.backends.aws.asking import tried_by
from tuienv.backends.aws.backend import AwsBackend
from tuienv.backends.aws.session import ATTEMPTS, READ_TIMEOUT, changes
from tuienv.backends.base import ProviderError, Unreachable
from tuienv.model import Change, Failure, Layer, Verb

Rule = Mapping[str, object]

SLOW = 2.0
"""Seconds that an operation of a slow AWS takes."""
PATIENCE = 0.4
"""Seconds that a client waits which gives up soon. On a busy machine it may do so once more than it is meant to."""

THROTTLED: Rule = {"error": {"code": "ThrottlingException", "status": 400, "message": "Rate exceeded"}}
BROKEN: Rule = {"error": {"code": "InternalFailure", "status": 500, "message": "it went wrong"}}
RESET: Rule = {"reset": True}

SOMETIMES = {Operation("ecs", "DescribeTasks")}
"""Tasks are asked for only while there still are some of those that drain."""

SLOWEST = frozenset(
    {
        Operation("ecs", "CreateCluster"),
        Operation("ecs", "CreateService"),
        Operation("ecs", "UpdateService"),
        Operation("ecs", "DeleteService"),
        Operation("ecs", "DeleteCluster"),
        Operation("elbv2", "CreateLoadBalancer"),
        Operation("elbv2", "DeleteLoadBalancer"),
        Operation("elasticache", "CreateReplicationGroup"),
        Operation("elasticache", "IncreaseReplicaCount"),
        Operation("elasticache", "RebootCacheCluster"),
        Operation("elasticache", "DeleteReplicationGroup"),
        Operation("rds", "CreateDBInstance"),
        Operation("rds", "RebootDBInstance"),
        Operation("rds", "DeleteDBInstance"),
    }
)


MARKS = {"ssm GetParametersByPath": ((Fault.RESET,), "marks are asked for again before anything is done")}
"""What a look that nothing follows survives, beside `SURVIVED_BY_LOOKS`."""


def slow(seconds: float) -> Rule:
    return {"latency": seconds * 1000}


class Hasty(LocalSession):
    """A session that waits `PATIENCE` for an answer, in so many attempts."""

    def __init__(self, url: str, other: str, attempts: int) -> None:
        super().__init__(url, other)
        self._attempts = attempts

    def _config(self) -> Config:
        retries = {"mode": "adaptive", "total_max_attempts": self._attempts}
        return super()._config().merge(Config(read_timeout=PATIENCE, retries=retries))  # type: ignore[arg-type]  # it is one


class Wire:
    """The proxy before an AWS that keeps records, and who speaks through it."""

    def __init__(self, proxy: Emulator, harness: RecordsHarness) -> None:
        self.proxy, self._harness = proxy, harness

    def client(self) -> AwsBackend:
        """What waits as tuienv does, and tries again what botocore tries again."""
        return AwsBackend("", LocalSession(self.proxy.url, self._harness.other.url))

    def hasty(self, attempts: int = 1) -> AwsBackend:
        return AwsBackend("", Hasty(self.proxy.url, self._harness.other.url, attempts))

    def strike(self, operations: Collection[Operation], rule: Rule, times: int = 1) -> None:
        """The next calls of each of these meet this."""
        rules = [{"service": one.service, "operation": one.name, "times": times, **rule} for one in operations]
        self.proxy.post("/_microburst/rules", rules)

    def struck(self) -> set[Operation]:
        """Those that met it since."""
        rules = json.loads(self.proxy.get("/_microburst/rules"))
        return {Operation(rule["service"], rule["operation"]) for rule in rules if rule["fired_count"]}

    def landed(self) -> None:
        """Wait until all that was ever asked has arrived, also what nobody waits for any more."""
        assert wait(lambda: self._under_way() == 0, 60)

    def _under_way(self) -> int:
        told = json.loads(self.proxy.get("/_microburst/stats"))
        return int(told["requests"]["total"] - told["upstream_latency_ms"]["n"])


@dataclass(frozen=True)
class Course:
    """Something that is done with an environment, and what has to be there before."""

    begin: Callable[[Trial], None]
    plans: Callable[[Trial], Iterator[Change]]
    operations: int
    """So many at least are called by it."""

    def do(self, trial: Trial, client: AwsBackend) -> None:
        for change in self.plans(trial):
            make(trial, client, [change])


def nothing(trial: Trial) -> None:
    trial.harness.wipe(NAME)


def made(trial: Trial) -> None:
    trial.harness.wipe(NAME)
    make(trial, trial.backend, trial.plan().changes)


def making(trial: Trial) -> Iterator[Change]:
    yield from trial.plan().changes


def changing(trial: Trial) -> Iterator[Change]:
    for deed in deeds(trial):
        yield from trial.plan(deed).changes


def removing(trial: Trial) -> Iterator[Change]:
    yield from trial.plan(trial.deed(Verb.DESTROY, delete_data=True)).changes


COURSES = {
    "making": Course(nothing, making, 45),
    "changing": Course(made, changing, 15),
    "removing": Course(made, removing, 25),
}


def ended(trial: Trial) -> tuple[object, ...]:
    """What there is in the end, told from outside: how many of what, and what is left of what was torn down; and what
    tuienv tells of it."""
    seen, layers = trial.outside(), trial.layers().values()
    running = Counter(one.partition("/")[0] for one in seen.running)
    told = {layer.name: (layer.status, layer.ready, layer.image, layer.size, made_from(layer)) for layer in layers}
    return running, seen.idle, seen.networks, seen.volumes, told


def made_from(layer: Layer) -> list[dict[str, str]]:
    return [dict(instance.facets) for instance in layer.instances]


@pytest.fixture(params=COURSES)
def course(request: pytest.FixtureRequest) -> Course:
    return COURSES[request.param]


@pytest.fixture(scope="module")
def proxy(harness: RecordsHarness) -> Iterator[Emulator]:
    with microburst(harness.cloud.url) as proxy:
        yield proxy


@pytest.fixture
def wire(harness: RecordsHarness, proxy: Emulator, trial: Trial) -> Iterator[Wire]:
    """Gone before the trial's environment is: nothing arrives afterwards."""
    yield (wire := Wire(proxy, harness))
    wire.strike((), {})
    wire.landed()


def asked_by(wire: Wire, do: Callable[[AwsBackend], object]) -> set[Operation]:
    """The operations that are called through the proxy by this."""
    asked: set[Operation] = set()
    with closing(wire.client()) as client:
        client.session.before_call = lambda service, name, _: asked.add(Operation(service, name))
        do(client)
    return {one for one in asked if one.service not in ELSEWHERE}


def without(wire: Wire, trial: Trial, course: Course) -> tuple[set[Operation], tuple[object, ...]]:
    """What a course calls where nothing is in its way, and how it ends."""
    course.begin(trial)
    return asked_by(wire, lambda client: course.do(trial, client)), ended(trial)


# --- slow -------------------------------------------------------------------------------------------------------


@pytest.mark.timeout(SECONDS)
def test_every_slow_operation_is_waited_for(
    trial: Trial, wire: Wire, course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tenth of two seconds for the first call of each, for one whose patience is a tenth of ours."""
    monkeypatch.setattr("tuienv.backends.aws.session.READ_TIMEOUT", READ_TIMEOUT / 10)

    asked, end = without(wire, trial, course)
    assert len(asked) >= course.operations
    course.begin(trial)
    wire.strike(asked, slow(SLOW / 10))
    with closing(wire.client()) as client:
        course.do(trial, client)
    assert asked - wire.struck() <= SOMETIMES
    assert ended(trial) == end


@pytest.mark.timeout(SECONDS)
def test_what_aws_is_slow_at_is_waited_for(trial: Trial, wire: Wire) -> None:
    """Two seconds for the first call of each, from the first to the last of an environment."""
    nothing(trial)
    wire.strike(SLOWEST, slow(SLOW))
    with closing(wire.client()) as client:
        for course in COURSES.values():
            course.do(trial, client)
            if course is COURSES["making"]:
                trial.check()
    assert wire.struck() == SLOWEST
    assert trial.outside().nothing, trial.outside()


@pytest.mark.timeout(SECONDS)
def test_a_slow_look_tells_what_a_fast_one_tells(trial: Trial, wire: Wire) -> None:
    """Two seconds for the first call of each operation."""
    made(trial)
    asked = asked_by(wire, lambda client: client.observe(NAME, thorough=True))
    assert len(asked) >= 12
    wire.strike(asked, slow(SLOW))
    with closing(wire.client()) as client:
        seen = client.observe(NAME, thorough=True)
    assert wire.struck() == asked
    assert not seen.unanswered
    assert seen.layers == trial.backend.observe(NAME, thorough=True).layers


# --- longer than anybody waits ----------------------------------------------------------------------------------


def attempt(client: AwsBackend, trial: Trial, change: Change) -> ProviderError | None:
    try:
        client.apply(change, inputs_of(trial, change), Steps())
    except ProviderError as error:
        return error
    return None


def told(error: ProviderError | Failure) -> bool:
    return bool(error.tried and error.target and error.said and error.remedy)


@pytest.mark.timeout(SECONDS)
def test_every_operation_that_is_given_up_is_told_and_done_again(trial: Trial, wire: Wire, course: Course) -> None:
    asked, end = without(wire, trial, course)
    course.begin(trial)
    wire.strike(asked, slow(2 * PATIENCE))
    with closing(wire.hasty()) as client:
        for change in course.plans(trial):
            until_done(client, trial, wire, change)
            wire.landed()
    assert asked - wire.struck() <= SOMETIMES
    assert ended(trial) == end


def until_done(client: AwsBackend, trial: Trial, wire: Wire, change: Change) -> None:
    """Begin again until nothing more is met; each time it is told what was."""
    while True:
        before = wire.struck()
        error = attempt(client, trial, change)
        if error is None:
            assert wire.struck() == before, f"{change.action} {change.address}: given up, and not told"
            return
        assert isinstance(error, Unreachable), repr(error)
        assert told(error), repr(error)


@pytest.mark.timeout(SECONDS)
def test_what_is_given_up_once_is_tried_again_unseen(trial: Trial, wire: Wire, course: Course) -> None:
    """By botocore, while the first try of what changes something is still on its way: it meets what that one did."""
    asked, end = without(wire, trial, course)
    course.begin(trial)
    changing = {one for one in asked if changes(one.name)}
    wire.strike(changing, slow(2 * PATIENCE))
    with closing(wire.hasty(ATTEMPTS)) as client:
        for change in course.plans(trial):
            make(trial, client, [change])
            wire.landed()
    assert wire.struck() == changing
    assert ended(trial) == end


@pytest.mark.timeout(SECONDS)
def test_a_look_that_was_given_up_tells_of_the_rest(trial: Trial, wire: Wire) -> None:
    """The layers of other kinds are there; the next look tells all."""
    made(trial)
    kinds = {layer.name: layer.kind for layer in trial.spec.layers}
    for one in sorted(asked_by(wire, lambda client: client.observe(NAME))):
        wire.strike([one], slow(2 * PATIENCE))
        with closing(wire.hasty()) as client:
            seen = client.observe(NAME)
            there = {layer.name for layer in seen.layers}
            assert there >= {name for name, kind in kinds.items() if kind not in seen.unanswered}
            given_up = [error for error in seen.unanswered.values() if error.tried == tried_by(xform_name(one.name))]
            survived = Fault.RESET in SURVIVED_BY_LOOKS.get(str(one), MARKS.get(str(one), ((), "")))[0]
            assert bool(given_up) is not survived, (one, seen.unanswered)
            assert all(error.kind == "Unreachable" and told(error) for error in given_up)
            assert wire.struck() == {one}
            assert {layer.name for layer in client.observe(NAME).layers} == kinds.keys()


# --- what passes by ---------------------------------------------------------------------------------------------


def test_what_passes_by_is_tried_again_unseen(trial: Trial, harness: RecordsHarness) -> None:
    """A throttling, a reset, a 500 now and then: botocore tries again, and nothing is made twice."""
    changes = trial.plan().changes
    rules = [
        {"service": "ecs", "operation": "CreateService", "times": 1, **THROTTLED},
        {"service": "ecs", "operation": "RegisterTaskDefinition", "times": 1, **BROKEN},
        {"service": "rds", "operation": "DescribeDBInstances", "times": 1, **RESET},
        {"service": "ec2", "operation": "DescribeSecurityGroups", "times": 1, **RESET},
    ]
    with microburst(harness.cloud.url) as proxy, closing(Wire(proxy, harness).client()) as client:
        proxy.post("/_microburst/rules", rules)
        make(trial, client, changes)
    trial.check()
