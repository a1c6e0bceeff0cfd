"""A secret that is planted in an environment is in the vault and in the tasks that need it, and nowhere else: not in a
task definition's plain environment, a tag, a plan, the journal, a progress, an error, or what stands for an object."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.aws_emulators.clients import bare
from tests.contract import planted, specs
from tests.contract.aws_harness import RecordsHarness
from tests.contract.harness import ended
from tuienv.backends.aws.backend import AwsBackend
from tuienv.backends.base import Backends, Inputs, ProviderError
from tuienv.engine import Engine
from tuienv.journal import Journal
from tuienv.model import Address, EnvironmentSpec, Operation, Plan, Progress, Verb

PLANTED = "planted-0a1b2c3d4e5f"
TYPED = "typed-6f7e8d9c0b1a"
NAME = "planted"


class Shop:
    """An environment with a secret of each kind, and all that was ever said of it."""

    def __init__(self, harness: RecordsHarness, folder: Path) -> None:
        self.harness, self.journal = harness, folder / "journal.sqlite"
        self.backend: AwsBackend = harness.open()
        web = specs.app(harness, DATABASE_URL="${layers.db.url}", SESSION_KEY="${secret:session}", PLAIN="seen")
        self.spec = EnvironmentSpec(NAME, (specs.edge(harness), web, specs.database(harness)))
        self.said: list[str] = []

    def do(self, operation: Operation) -> Plan:
        backends = Backends({"aws": lambda profile="": self.backend})
        engine = Engine(backends, Journal(self.journal), read_secret=lambda name: PLANTED, holder=ended())
        plan = engine.preview(operation, self.spec, [("aws", "")])
        outcome = engine.run(plan, self.spec, [("aws", "")], self._hear)
        self.said += [repr(plan), str(plan), repr(outcome)]
        return plan

    def _hear(self, progress: Progress) -> None:
        self.said.append(repr(progress))

    @property
    def password(self) -> str:
        return self.backend.connection(Address(NAME, "db"))["password"]

    def definitions(self) -> list[dict[str, Any]]:
        ecs = bare("ecs", self.harness.cloud.url)
        arns = ecs.list_task_definitions()["taskDefinitionArns"]
        return [ecs.describe_task_definition(taskDefinition=arn, include=["TAGS"]) for arn in arns]


@pytest.fixture
def shop(harness: RecordsHarness, tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(harness, tmp_path)
    shop.do(Operation(Verb.APPLY, Address(NAME)))
    shop.do(Operation(Verb.CONFIGURE, Address(NAME, "web"), settings={"API_TOKEN": TYPED}))
    yield shop
    shop.backend.close()
    harness.wipe(NAME)


def test_it_reaches_the_task_as_a_secret(shop: Shop) -> None:
    definition = shop.definitions()[-1]
    container = definition["taskDefinition"]["containerDefinitions"][0]
    assert {row["name"]: row["value"] for row in container["environment"]} == {"LEVEL": "info", "PLAIN": "seen"}
    assert {row["name"] for row in container["secrets"]} == {"DATABASE_URL", *planted.SETTINGS}
    config = shop.backend.config(Address(NAME, "web"))
    assert config["SESSION_KEY"] == PLANTED
    assert config["API_TOKEN"] == TYPED
    assert config["PARTNER"] == planted.SETTINGS["PARTNER"]
    assert shop.password in config["DATABASE_URL"]


def test_it_is_nowhere_else(shop: Shop) -> None:
    shop.do(
        Operation(Verb.CONFIGURE, Address(NAME, "web"), settings={"MORE_SECRET": f"{PLANTED}-more", "LEVEL": "debug"})
    )
    shop.do(Operation(Verb.SCALE, Address(NAME, "web"), replicas=3))
    shop.do(Operation(Verb.RESTART, Address(NAME, "web")))
    observed = shop.backend.observe(NAME, thorough=True)
    places = {
        "a task definition": json.dumps(shop.definitions(), default=str),
        "what was said": "\n".join(shop.said),
        "the journal": b"".join(path.read_bytes() for path in shop.journal.parent.iterdir()).decode("latin-1"),
        "an observation": repr(observed),
        "a release": repr(shop.backend.releases(Address(NAME, "web"))),
        "what stands for inputs": repr(Inputs({"KEY": PLANTED})),
    }
    for place, text in places.items():
        for secret in (PLANTED, TYPED, shop.password, *planted.ALL):
            assert secret not in text, f"a secret is in {place}"


def test_a_refusal_does_not_repeat_it(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even a value of a kind that botocore itself refuses, naming it."""
    with pytest.raises(ProviderError) as caught:
        shop.backend.session.call(
            "secretsmanager", "put_secret_value", tried="write secret", SecretId="x", SecretString=PLANTED.encode()
        )
    assert PLANTED not in str(caught.value)
    assert PLANTED not in repr(caught.value.as_failure())


def test_going_back_brings_the_values_back(shop: Shop) -> None:
    shop.do(Operation(Verb.CONFIGURE, Address(NAME, "web"), settings={"API_TOKEN": f"{TYPED}-newer"}))
    assert shop.backend.config(Address(NAME, "web"))["API_TOKEN"] == f"{TYPED}-newer"
    before = shop.backend.releases(Address(NAME, "web"))[1]
    shop.do(Operation(Verb.ROLLBACK, Address(NAME, "web"), release=before.name))
    assert shop.backend.config(Address(NAME, "web"))["API_TOKEN"] == TYPED
