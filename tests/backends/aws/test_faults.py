"""Bad days between us and AWS: each operation of an environment's making and of its teardown in turn is throttled,
denied, reset and the rest, through a proxy that does so to the first call of it. What was interrupted so is run again,
as a person would, and converges: nothing doubled, nothing left over, and never an error but those of the contract."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from tests.aws_emulators.clients import LocalSession
from tests.aws_emulators.emulator import Emulator, microburst
from tests.contract import planted, specs
from tests.contract.aws_harness import RecordsHarness
from tests.contract.trial import Trial
from tuienv.backends.aws.backend import AwsBackend
from tuienv.backends.base import (
    Backends,
    Forbidden,
    NotAuthenticated,
    ProviderError,
    Throttled,
    Unreachable,
)
from tuienv.engine.values import inputs_for
from tuienv.model import Change, EnvironmentSpec, Verb

Rule = Mapping[str, object]

THROTTLED: Rule = {"error": {"code": "ThrottlingException", "status": 400, "message": "Rate exceeded"}}
EXPIRED: Rule = {"error": {"code": "ExpiredToken", "status": 403, "message": "The security token has expired"}}
DENIED: Rule = {"error": {"code": "AccessDenied", "status": 403, "message": "no policy allows it"}}
BROKEN: Rule = {"error": {"code": "InternalFailure", "status": 500, "message": "it went wrong"}}
RESET: Rule = {"reset": True}
SLOW: Rule = {"latency": {"min_ms": 2000, "max_ms": 2000}}

FAULTS: Sequence[tuple[Rule, type[ProviderError]]] = [
    (THROTTLED, Throttled),
    (EXPIRED, NotAuthenticated),
    (DENIED, Forbidden),
    (BROKEN, Unreachable),
    (RESET, Unreachable),
]

PREFIXES = {"elbv2": "elasticloadbalancing"}
"""What stands before the colon of an action in a policy."""

NAME = "faulty"
SECONDS = 900
"""For every operation's turn: minutes of waiting between looks, more on a machine that is busy with other tests."""


class Patient:
    """`Steps` that only waits."""

    def say(self, text: str) -> None:
        """Nobody listens."""

    def pause(self, seconds: float) -> None:
        time.sleep(seconds)


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RecordsHarness]:
    harness = RecordsHarness(tmp_path_factory.mktemp("journals"))
    yield harness
    harness.close()


@pytest.fixture(scope="module")
def proxy(harness: RecordsHarness) -> Iterator[Emulator]:
    with microburst(harness.cloud.url) as proxy:
        yield proxy


@pytest.fixture
def trial(harness: RecordsHarness, tmp_path: Path) -> Iterator[Trial]:
    """What plans and looks, past the proxy."""
    trial = Trial(harness, specs.full(harness, NAME), tmp_path / "journal.sqlite")
    yield trial
    trial.backend.close()
    harness.wipe(NAME)


@pytest.fixture
def client(harness: RecordsHarness, proxy: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsBackend]:
    """What changes, through the proxy. It tries each call once: what botocore tries again is botocore's."""
    monkeypatch.setattr("tuienv.backends.aws.session.ATTEMPTS", 1)
    proxy.post("/_microburst/rules", [])
    backend = AwsBackend("", LocalSession(proxy.url, harness.other.url))
    yield backend
    proxy.post("/_microburst/rules", [])
    backend.close()


def make(backend: AwsBackend, changes: Sequence[Change], spec: EnvironmentSpec) -> None:
    """Every change, in order, as the engine makes them."""
    backends = Backends({"aws": lambda profile="": backend})
    for change in changes:
        backend.apply(change, inputs_for(change, spec, backends, planted.read_secret), Patient())


def operations(backend: AwsBackend, changes: Sequence[Change], spec: EnvironmentSpec) -> list[tuple[str, str]]:
    """What making these changes asks of AWS, each operation once, in the order of its first call."""
    asked: dict[tuple[str, str], None] = {}
    backend.session.before_call = lambda service, operation, mutating: asked.setdefault((service, operation))
    make(backend, changes, spec)
    backend.session.before_call = None
    # Auto scaling is asked elsewhere; and who we are is asked once and then known.
    return [one for one in asked if one[0] not in ("application-autoscaling", "sts")]


def teardown(trial: Trial) -> list[Change]:
    """Of everything, past the engine's locks."""
    return list(trial.plan(trial.deed(Verb.DESTROY, delete_data=True)).changes)


@pytest.mark.timeout(SECONDS)
@pytest.mark.parametrize("first", [0, 2], ids=["throttled-first", "denied-first"])
def test_each_operation_in_turn_fails_once(trial: Trial, client: AwsBackend, proxy: Emulator, first: int) -> None:
    """The faults take turns as well, so that each operation meets one of them, and each of them every fifth."""
    creation = list(trial.plan().changes)
    to_make = operations(client, creation, trial.spec)
    assert len(to_make) > 30
    deletion = teardown(trial)
    to_remove = operations(client, deletion, trial.spec)
    assert trial.outside().nothing, trial.outside()
    for changes, asked in ((creation, to_make), (deletion, to_remove)):
        failed = 0
        for number, (service, operation) in enumerate(asked):
            fault, kind = FAULTS[(first + number) % len(FAULTS)]
            error = failing_once(client, proxy, changes, trial.spec, (service, operation), fault)
            check(f"{PREFIXES.get(service, service)}:{operation}", error, kind)
            failed += error is not None
            if error is None:  # all is made, or removed, and what comes later would not be called any more
                proxy.post("/_microburst/rules", [])
                trial.harness.wipe(NAME)
                make(client, creation if changes is deletion else [], trial.spec)
        assert failed > len(asked) * 0.5, f"only {failed} of {len(asked)} operations have failed"
        proxy.post("/_microburst/rules", [])
        make(client, changes, trial.spec)
        if changes is creation:
            trial.check()
    assert trial.outside().nothing, trial.outside()


def failing_once(
    client: AwsBackend,
    proxy: Emulator,
    changes: Sequence[Change],
    spec: EnvironmentSpec,
    asked: tuple[str, str],
    fault: Rule,
) -> ProviderError | None:
    """What comes of it when the first call of this operation fails. None where it was not called: what is asked only of
    what is not there yet is not asked again once it is."""
    rule = {"service": asked[0], "operation": asked[1], "times": 1, **fault}
    proxy.post("/_microburst/rules", [rule])
    try:
        make(client, changes, spec)
    except ProviderError as error:
        return error
    return None


def check(operation: str, error: ProviderError | None, kind: type[ProviderError]) -> None:
    """The error of the contract that this fault has, with what was tried, what AWS said and what to do."""
    if error is None:
        return
    assert type(error) is kind, f"{operation}: {error!r}"
    assert error.tried, operation
    assert error.said, operation
    assert error.remedy, operation
    assert operation in error.said or kind is not Forbidden, error.said


def test_a_slow_aws_is_waited_for(trial: Trial, client: AwsBackend, proxy: Emulator) -> None:
    """Two seconds for the first call of each of those that make something."""
    slow = [
        {"service": service, "operation": operation, "times": 1, **SLOW}
        for service, operation in (
            ("ecs", "CreateCluster"),
            ("ecs", "CreateService"),
            ("rds", "CreateDBInstance"),
            ("elasticache", "CreateReplicationGroup"),
            ("elbv2", "CreateLoadBalancer"),
        )
    ]
    changes = trial.plan().changes
    proxy.post("/_microburst/rules", slow)
    make(client, changes, trial.spec)
    proxy.post("/_microburst/rules", [])
    trial.check()


def test_what_passes_by_is_tried_again_unseen(trial: Trial, proxy: Emulator, harness: RecordsHarness) -> None:
    """A throttling, a reset, a 500 now and then: botocore tries again, and nothing is made twice."""
    backend = AwsBackend("", LocalSession(proxy.url, harness.other.url))
    changes = trial.plan().changes
    rules = [
        {"service": "ecs", "operation": "CreateService", "times": 1, **THROTTLED},
        {"service": "ecs", "operation": "RegisterTaskDefinition", "times": 1, **BROKEN},
        {"service": "rds", "operation": "DescribeDBInstances", "times": 1, **RESET},
        {"service": "ec2", "operation": "DescribeSecurityGroups", "times": 1, **RESET},
    ]
    proxy.post("/_microburst/rules", rules)
    make(backend, changes, trial.spec)
    proxy.post("/_microburst/rules", [])
    backend.close()
    trial.check()
