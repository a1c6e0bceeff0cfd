"""Bad days between us and AWS: each operation that making, changing, looking at and removing an environment calls meets
each kind of fault, and for each pair it is said what becomes of it.

The error of the contract comes up, naming who may not do what on what where that is the matter, with nothing doubled
when the same is done again; or the fault is survived, and then `SURVIVED` says why that is right. The faults strike
between botocore and the wire (`FaultySession`), of an AWS that keeps records alone: so a thousand of them take a
minute. What is of the wire itself (a socket that is reset, seconds of silence) is tried in `test_on_the_wire`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial

import pytest

from tests.aws_emulators.faults import CALLER, RESOURCE, Fault, FaultySession, Met
from tests.backends.aws.courses import NAME, SECONDS, Steps, deeds, inputs_of, make
from tests.contract.aws_harness import RecordsHarness
from tests.contract.trial import Trial
from tuienv.backends.aws.backend import AwsBackend
from tuienv.backends.base import (
    Forbidden,
    NotAuthenticated,
    ProviderError,
    Throttled,
    Unreachable,
)
from tuienv.model import Change, Failure, Verb

ERRORS: Mapping[Fault, type[ProviderError]] = {
    Fault.THROTTLED: Throttled,
    Fault.EXPIRED: NotAuthenticated,
    Fault.DENIED: Forbidden,
    Fault.BROKEN: Unreachable,
    Fault.RESET: Unreachable,
    Fault.LOST: Unreachable,
}

Survived = Mapping[str, tuple[Collection[Fault], str]]
"""By operation, the faults of it that do not come up, and why that is right."""

ANY = tuple(Fault)
ALL_BUT_EXPIRED = tuple(fault for fault in Fault if fault is not Fault.EXPIRED)

SURVIVED_BY_CHANGES: Survived = {
    "application-autoscaling DescribeScalableTargets": (
        {Fault.DENIED},
        "who may not ask whether it scales by itself is not kept from scaling it: AWS refuses what is out of bounds",
    ),
}
SURVIVED_BY_LOOKS: Survived = {
    "autoscaling DescribeAutoScalingGroups": (ALL_BUT_EXPIRED, "no layer of ours is a group of EC2 instances"),
    "ec2 DescribeInstances": (ALL_BUT_EXPIRED, "no layer of ours is an EC2 instance"),
    "ec2 DescribeSecurityGroups": (ANY, "they tell of what was half removed, beside the layers that are there"),
    "cloudformation DescribeStacks": (ANY, "stacks name the environments of others, nothing of ours"),
    "resourcegroupstaggingapi GetResources": (ANY, "where tags are not told at once, each cache is asked for its own"),
    "application-autoscaling DescribeScalableTargets": ({Fault.DENIED}, "who may not ask has no bounds"),
    "elbv2 DescribeListeners": ({Fault.DENIED}, "who may not read them sees the load balancer, without its ports"),
    "elbv2 DescribeTargetHealth": ({Fault.DENIED}, "who may not read it sees the tasks as ECS tells of them"),
}


@pytest.fixture
def session(harness: RecordsHarness) -> FaultySession:
    return FaultySession(harness.cloud.url, harness.other.url)


@pytest.fixture
def client(session: FaultySession) -> Iterator[AwsBackend]:
    backend = AwsBackend("", session)
    yield backend
    backend.close()


Outcomes = dict[Met, ProviderError | Failure | None]


def course(trial: Trial, client: AwsBackend, session: FaultySession, changes: Sequence[Change]) -> Outcomes:
    """Every change, each begun again until it met nothing more; what became of every fault that was met."""
    found: Outcomes = {}
    for change in changes:
        inputs = inputs_of(trial, change)
        while True:
            session.arm()
            error = attempt(partial(client.apply, change, inputs, Steps()))
            met = session.disarm()
            if met is None:
                assert error is None, f"{change.action} {change.address}: {error!r}"
                break
            found[met] = error
    return found


def attempt(deed: Callable[[], object]) -> ProviderError | None:
    try:
        deed()
    except ProviderError as error:
        return error
    return None


def everything_met(session: FaultySession, begin: Callable[[], None], once: Callable[[], Outcomes]) -> Outcomes:
    """From a new beginning as often as there are faults that nobody met: what goes on in spite of one calls the
    operation once, and meets the next one when all is done again."""
    found: Outcomes = {}
    while True:
        begin()
        news = once()
        found.update(news)
        left = [operation for operation, faults in session.left.items() if faults]
        if not left:
            return found
        assert news, f"asked for, and never with a fault: {left}"


def check(found: Outcomes, survived: Survived, operations: int) -> None:
    """Each fault of so many operations at least came up as what it is, or was survived where that is right."""
    wrong = []
    for met, error in found.items():
        wrong += complaint(met, error, met.fault in survived.get(str(met.operation), ((), ""))[0])
    assert not wrong, "\n".join(sorted(wrong))
    asked = {met.operation for met in found}
    assert len(asked) >= operations
    assert found.keys() == {Met(operation, fault) for operation in asked for fault in Fault}


def complaint(met: Met, error: ProviderError | Failure | None, survives: bool) -> list[str]:
    """What is wrong with what became of a fault, if anything is."""
    if error is None or survives:
        return (
            []
            if (error is None) is survives
            else [f"{met.operation}, {met.fault}: {'survived' if error is None else error}"]
        )
    told = bool(error.tried and error.target and error.said and error.remedy)
    if met.fault is Fault.DENIED:
        told &= all(part in error.said for part in (met.operation.action, RESOURCE, CALLER))
    kind = error.kind if isinstance(error, Failure) else type(error).__name__
    return [] if kind == ERRORS[met.fault].__name__ and told else [f"{met.operation}, {met.fault}: {kind}: {error}"]


@pytest.mark.timeout(SECONDS)
def test_making_meets_every_fault_of_every_operation(
    trial: Trial, client: AwsBackend, session: FaultySession, harness: RecordsHarness
) -> None:
    changes = list(trial.plan().changes)

    def once() -> Outcomes:
        found = course(trial, client, session, changes)
        trial.check()
        return found

    found = everything_met(session, lambda: harness.wipe(NAME), once)
    check(found, SURVIVED_BY_CHANGES, operations=50)


@pytest.mark.timeout(SECONDS)
def test_removing_meets_every_fault_of_every_operation(
    trial: Trial, client: AwsBackend, session: FaultySession, harness: RecordsHarness
) -> None:
    creation = trial.plan().changes
    make(trial, trial.backend, creation)
    changes = trial.plan(trial.deed(Verb.DESTROY, delete_data=True)).changes

    def begin() -> None:
        harness.wipe(NAME)
        make(trial, trial.backend, creation)

    def once() -> Outcomes:
        found = course(trial, client, session, changes)
        assert trial.outside().nothing, trial.outside()
        return found

    found = everything_met(session, begin, once)
    check(found, SURVIVED_BY_CHANGES, operations=25)


@pytest.mark.timeout(SECONDS)
def test_changing_meets_every_fault_of_every_operation(
    trial: Trial, client: AwsBackend, session: FaultySession, harness: RecordsHarness
) -> None:
    creation = trial.plan().changes

    def begin() -> None:
        harness.wipe(NAME)
        make(trial, trial.backend, creation)

    def once() -> Outcomes:
        found: Outcomes = {}
        for deed in deeds(trial):
            found.update(course(trial, client, session, trial.plan(deed).changes))
        assert trial.layer("web").ready == 3
        return found

    found = everything_met(session, begin, once)
    check(found, SURVIVED_BY_CHANGES, operations=15)


@pytest.mark.timeout(SECONDS)
def test_looking_meets_every_fault_of_every_operation(trial: Trial, session: FaultySession) -> None:
    """What fails here is told with the kind of layer that it concerns; the others are there as ever."""
    make(trial, trial.backend, trial.plan().changes)
    kinds = {layer.name: layer.kind for layer in trial.spec.layers}

    def look() -> ProviderError | Failure | None:
        backend = AwsBackend("", session)
        try:
            seen = backend.observe(NAME, thorough=True)
        except ProviderError as error:
            return error
        finally:  # nobody waits for the rest of a look when nobody is signed in: the next one begins after its end
            backend._asker.pool.shutdown(cancel_futures=True)
        there = {layer.name for layer in seen.layers}
        assert there >= {name for name, kind in kinds.items() if kind not in seen.unanswered}
        return next(iter(seen.unanswered.values()), None)

    def once() -> Outcomes:
        found: Outcomes = {}
        while True:
            session.arm()
            told = look()
            if (met := session.disarm()) is None:
                assert told is None
                return found
            found[met] = told

    found = everything_met(session, lambda: None, once)
    check(found, SURVIVED_BY_LOOKS, operations=12)
