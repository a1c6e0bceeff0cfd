"""The wrong region: one sentence, with the command that mends it, and nothing made twice."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.aws_emulators.clients import bare
from tests.aws_emulators.emulator import ministack
from tests.backends.aws.rows import World
from tests.backends.aws.stub import REGION, Refusal, Stub
from tuienv.backends.aws import open_backend
from tuienv.backends.aws.backend import AwsBackend
from tuienv.backends.aws.job import Job
from tuienv.backends.aws.network import place_of
from tuienv.backends.base import Conflict, Inputs, Invalid, NotAuthenticated
from tuienv.backends.docker_engine.client import Client
from tuienv.cli import run
from tuienv.cli.codes import Exit
from tuienv.model import Action, Address, Change, EnvironmentSpec, Kind, LayerSpec, Route

ENABLED, DISABLED = "us-east-1", "af-south-1"

IDENTITY = (
    "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:user/ann</Arn>"
    "<Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
)
UNKNOWN = "<ErrorResponse><Error><Code>{code}</Code><Message>it is invalid</Message></Error></ErrorResponse>"
UNKNOWN_TO_EC2 = "<Response><Errors><Error><Code>AuthFailure</Code><Message>no</Message></Error></Errors></Response>"

FILE = """\
environment: shop
backend: aws
layers:
  cache: {kind: cache, engine: redis, version: "7"}
"""


class Regional(BaseHTTPRequestHandler):
    """STS in every region; the key is known in one of them alone, as that of an account which enabled no others."""

    def do_POST(self) -> None:
        asked = self.rfile.read(int(self.headers["Content-Length"])).decode()
        known = f"/{ENABLED}/" in self.headers["Authorization"] and self.server.knows  # type: ignore[attr-defined]
        if known and "GetCallerIdentity" in asked:
            self._answer(200, IDENTITY)
        elif "X-Amz-Target" in self.headers:
            self._answer(400, json.dumps({"__type": "UnrecognizedClientException", "message": "it is invalid"}))
        elif "/ec2/" in self.headers["Authorization"]:
            self._answer(401, UNKNOWN_TO_EC2)
        else:
            self._answer(403, UNKNOWN.format(code="InvalidClientTokenId"))

    def _answer(self, status: int, body: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@pytest.fixture
def regional(monkeypatch: pytest.MonkeyPatch) -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Regional)
    server.knows = True  # type: ignore[attr-defined]
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "no-secret-at-all")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tuienv.yaml").write_text(FILE)
    return tmp_path


def said_by(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """What a command prints, results and messages alike, on one line."""
    code = run(list(arguments))
    out, err = capsys.readouterr()
    return code, " ".join(f"{out} {err}".split())


# --- a region that is not enabled -------------------------------------------------------------------------------

NOT_ENABLED = f"the region {DISABLED} is not enabled for the account 111122223333"
ENABLE = f"`aws account enable-region --region-name {DISABLED}`"


def test_a_region_that_is_not_enabled_is_no_matter_of_signing_in(regional: ThreadingHTTPServer) -> None:
    backend = open_backend(f"@{DISABLED}")
    for ask in (backend.identity, backend.discover, lambda: backend.observe("shop")):
        with pytest.raises(Invalid) as refused:
            ask()
        assert refused.value.said == NOT_ENABLED
        assert ENABLE in refused.value.remedy
    backend.close()


def test_a_key_that_is_unknown_everywhere_is_a_matter_of_signing_in(regional: ThreadingHTTPServer) -> None:
    regional.knows = False  # type: ignore[attr-defined]
    backend = open_backend(f"@{DISABLED}")
    with pytest.raises(NotAuthenticated):
        backend.identity()
    backend.close()


@pytest.mark.parametrize("command", [("ls",), ("plan", "shop"), ("status", "shop"), ("credentials", "test", "aws")])
def test_commands_say_that_it_is_not_enabled(
    regional: ThreadingHTTPServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: Sequence[str],
) -> None:
    monkeypatch.setenv("AWS_REGION", DISABLED)
    code, said = said_by(capsys, *command)
    assert code not in (Exit.DONE, Exit.CHANGES)
    assert NOT_ENABLED in said
    assert ENABLE in said


# --- a region that there is not ---------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [("plan", "shop"), ("credentials", "test", "aws")])
def test_commands_say_that_there_is_no_such_region(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: Sequence[str]
) -> None:
    monkeypatch.setenv("AWS_REGION", "us-moon-1")
    code, said = said_by(capsys, *command)
    assert code not in (Exit.DONE, Exit.CHANGES)
    assert "there is no region us-moon-1" in said
    assert "`aws configure set region REGION`, or write the profile as NAME@REGION" in said


# --- an environment in another region ---------------------------------------------------------------------------


def roles(*names: str) -> Mapping[str, object]:
    def role(name: str) -> Mapping[str, object]:
        return {
            "Path": "/",
            "RoleName": name,
            "RoleId": "AROA1234567890123456",
            "Arn": f"arn:aws:iam::1:role/{name}",
            "CreateDate": 0,
        }

    return {"Roles": [role(name) for name in names]}


def test_an_environment_in_another_region_is_not_missing_here(stub: Stub) -> None:
    World().answer(stub)
    stub.on("iam", "ListRoles", roles("shop-ground-start-eu-west-1", "shop-web-task-eu-west-1"))
    backend = AwsBackend("", stub.session())
    with pytest.raises(Conflict) as refused:
        backend.observe("shop", thorough=True)
    assert refused.value.said == f"it is in eu-west-1, and not in {REGION}"
    assert "Write the profile as @eu-west-1" in refused.value.remedy


@pytest.mark.parametrize(
    "names",
    [
        (),
        (f"shop-ground-start-{REGION}",),
        ("shop-2-ground-start-eu-west-1", "shop-web-task-eu-west-1", "cold-start-eu-west-1", "-start-"),
    ],
)
def test_the_roles_of_others_tell_nothing(stub: Stub, names: Sequence[str]) -> None:
    World().answer(stub)
    stub.on("iam", "ListRoles", roles(*names))
    assert AwsBackend("", stub.session()).observe("shop", thorough=True).layers == ()


def test_who_may_not_list_roles_plans_as_before(stub: Stub) -> None:
    World().answer(stub)
    stub.on("iam", "ListRoles", Refusal("AccessDenied", status=403))
    assert AwsBackend("", stub.session()).observe("shop", thorough=True).layers == ()


def test_no_plan_makes_it_a_second_time(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with ministack() as cloud:
        monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.url)
        monkeypatch.setenv("AWS_REGION", REGION)
        assert said_by(capsys, "plan", "shop")[0] == Exit.CHANGES
        bare("iam", cloud.url).create_role(RoleName="shop-ground-start-eu-west-1", AssumeRolePolicyDocument="{}")
        for command in (("plan", "shop"), ("apply", "shop", "--yes")):
            code, said = said_by(capsys, *command)
            assert code not in (Exit.DONE, Exit.CHANGES)
            assert "it is in eu-west-1, and not in us-east-1" in said
        assert bare("ecs", cloud.url).list_clusters()["clusterArns"] == []


# --- what a file names is in another region ---------------------------------------------------------------------

CERTIFICATE = "arn:aws:acm:eu-west-1:111122223333:certificate/12345678"


def edge(**options: object) -> LayerSpec:
    return LayerSpec("edge", Kind.LOAD_BALANCER, "aws", routes=(Route("web", 80),), options={"aws": options})


def test_a_certificate_of_another_region_is_refused_in_the_plan(stub: Stub) -> None:
    backend = AwsBackend("", stub.session())
    told = backend.objections(EnvironmentSpec("shop", (edge(certificate=CERTIFICATE),)), "")
    assert told["edge"].startswith(f"its certificate is in eu-west-1, and the load balancer would be in {REGION}: ")
    here = replace(edge(certificate=CERTIFICATE.replace("eu-west-1", REGION)))
    assert not backend.objections(EnvironmentSpec("shop", (here, edge())), "")
    assert not stub.calls


class Quiet:
    def say(self, text: str) -> None:
        """Nobody listens."""

    def pause(self, seconds: float) -> None:
        """Nothing is waited for."""


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"subnets": ["subnet-1"]}, f"The subnet ID 'subnet-1' does not exist in the region {REGION}"),
        ({"vpc": "vpc-1"}, f"vpc-1 has no subnets in the region {REGION}"),
        ({}, f"the region {REGION} has no default VPC"),
    ],
)
def test_subnets_that_are_not_here_are_named_with_the_region(
    stub: Stub, options: Mapping[str, object], said: str
) -> None:
    if "subnets" in options:
        missing = Refusal("InvalidSubnetID.NotFound", "The subnet ID 'subnet-1' does not exist")
        stub.on("ec2", "DescribeSubnets", missing)
    spec = edge(**options)
    change = Change(Action.CREATE, Address("shop", "edge"), "aws", "", "", spec=spec)
    with pytest.raises(Invalid) as refused:
        place_of(Job(stub.session(), change, Inputs(), Quiet(), Client()), spec)
    assert refused.value.said == said
    assert "vpc" in refused.value.remedy
