"""The rules by themselves: what they cover, and what they say."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import tuienv
from tuienv.backends.base import Backends, Configures, Connects, Keeps, Runs
from tuienv.backends.sandbox import Cloud, SandboxBackend
from tuienv.engine import Policy, Refused
from tuienv.engine.policy import Asked
from tuienv.model import OPERATIONS
from tuienv.settings import Rules

PRODUCTION = Asked(("scale",), "shop-production/web", (("aws", "acme-prod"),))
STAGING = Asked(("scale",), "shop-staging/web", (("docker", ""),))


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_read_only_session_does_nothing(name: str) -> None:
    with pytest.raises(Refused, match="read-only session"):
        Policy(read_only=True).check(Asked((name,), "shop"))


@pytest.mark.parametrize(
    "rules",
    [
        Rules(environments=("*-production",)),
        Rules(environments=("blog", "shop-production")),
        Rules(profiles=("aws",)),
        Rules(profiles=("aws/acme-*",)),
        Rules(allow=frozenset({"restart"})),
        Rules(allow=frozenset()),
        Rules(mistakes=("settings.yaml:1:1: unreadable",)),
    ],
)
def test_a_rule_that_forbids(rules: Rules) -> None:
    with pytest.raises(Refused, match=r"scale shop-production/web is not done: .*settings"):
        Policy(rules=rules).check(PRODUCTION)


@pytest.mark.parametrize(
    "rules",
    [
        Rules(),
        Rules(environments=("*-production",)),
        Rules(profiles=("aws",)),
        Rules(profiles=("docker/production",)),
        Rules(allow=frozenset({"scale"})),
    ],
)
def test_a_rule_about_others(rules: Rules) -> None:
    Policy(rules=rules).check(STAGING)


def test_the_default_profile_has_a_name_in_rules() -> None:
    with pytest.raises(Refused, match="docker read-only"):
        Policy(rules=Rules(profiles=("docker/",))).check(STAGING)


def test_all_that_is_asked_must_be_allowed() -> None:
    with pytest.raises(Refused, match="scale and destroy shop is not done"):
        Policy(rules=Rules(allow=frozenset({"scale"}))).check(Asked(("scale", "destroy"), "shop"))


def test_what_everybody_gets_of_a_backend_changes_nothing_and_tells_no_secret() -> None:
    backends = Backends({"sandbox": lambda profile="": SandboxBackend(Cloud(), profile)})
    seen = backends.get("sandbox")
    assert isinstance(backends.acting("sandbox"), Runs)
    assert not isinstance(seen, (Runs, Keeps, Configures, Connects))
    public = {name for name in dir(seen) if not name.startswith("_")}
    assert not public & {"apply", "run", "config", "connection", "close", "cloud", "before_call"}


def test_the_engine_alone_opens_a_backend_to_change_something() -> None:
    root = Path(tuienv.__file__).parent
    users = {
        path.relative_to(root).parts[0]
        for path in root.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr == "acting"
    }
    assert users == {"engine"}
