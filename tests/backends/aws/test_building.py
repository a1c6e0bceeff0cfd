"""Images that are built for AWS: by a real engine, into a real registry behind an AWS that keeps records."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.aws_emulators.belongings import belongings
from tests.aws_emulators.clients import bare
from tests.aws_emulators.faults import FaultySession
from tests.aws_emulators.registry import PASSWORD, USER, Registry, registry
from tests.backends.aws.test_faults import SURVIVED_BY_CHANGES, Outcomes, check, course, everything_met
from tests.contract.aws_harness import RecordsHarness
from tests.contract.test_killed import at_every_step
from tests.contract.trial import Trial
from tests.docker_engine.images import PAUSE
from tests.docker_engine.session import Engine
from tuienv.backends.aws import repositories
from tuienv.backends.aws.backend import AwsBackend
from tuienv.model import EnvironmentSpec, Kind, LayerSpec, Outcome, Progress, Size, Verb
from tuienv.spec.built import with_contents

NAME = f"shop-built-{os.getpid()}"
REPOSITORY = f"tuienv/{NAME}/web"

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def images_at() -> Iterator[Registry]:
    with registry() as one:
        yield one


@pytest.fixture(scope="module")
def harness(images_at: Registry, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with closing(RecordsHarness(tmp_path_factory.mktemp("journals"), registry=images_at.host)) as records:
        yield records


class Shop:
    """An app that is built, and what was said while it was changed."""

    def __init__(self, harness: RecordsHarness, folder: Path, images_at: Registry) -> None:
        self.harness, self.folder, self.images_at = harness, folder, images_at
        (folder / "web").mkdir()
        self.write("first")
        layer = LayerSpec("web", Kind.APP, "aws", build="web", port=8000, replicas=1, size=Size("", 0.25, 512 << 20))
        self.spec = EnvironmentSpec(NAME, (layer,), source=str(folder / "tuienv.yaml"))
        self.trial = Trial(harness, self.spec, folder / "journal.sqlite")
        self.said: list[str] = []

    def write(self, version: str, *lines: str) -> None:
        """Have the folder hold another version."""
        text = "\n".join([f"FROM {PAUSE}", f"LABEL version={version}", *lines])
        (self.folder / "web/Dockerfile").write_text(text + "\n")

    def now(self, **changes: Any) -> EnvironmentSpec:
        """The file as it is read now."""
        layer = replace(self.spec.layers[0], **changes)
        return with_contents(replace(self.spec, layers=(layer,)))

    def apply(self, **changes: Any) -> Outcome:
        self.said.clear()
        return self.trial.try_to(self.trial.deed(Verb.APPLY, spec=self.now(**changes)), self._hear)

    def applied(self, **changes: Any) -> str:
        """Apply it, which succeeds; gives the image that the service runs then."""
        outcome = self.apply(**changes)
        assert outcome.ok, outcome
        return self.image()

    def _hear(self, progress: Progress) -> None:
        self.said.append(str(progress))

    def image(self) -> str:
        """What the service's task definition names; empty where there is no service."""
        rows = self._ecs.describe_services(cluster=NAME, services=["web"])["services"]
        if not rows:
            return ""
        return str(self.definition(rows[0]["taskDefinition"])["containerDefinitions"][0]["image"])

    def definition(self, arn: str = f"{NAME}-web") -> Any:
        return self._ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]

    def made_anything(self) -> bool:
        """Anything of the layer: the cluster that it stands in is the environment's."""
        return bool(self.image() or [name for name in belongings(self.harness.cloud.url, NAME) if "web" in name])

    def revisions(self) -> int:
        return len(self._ecs.list_task_definitions(familyPrefix=f"{NAME}-web", status="ACTIVE")["taskDefinitionArns"])

    @property
    def _ecs(self) -> Any:
        return bare("ecs", self.harness.cloud.url)

    def tags(self) -> set[str]:
        return set(self.images_at.tags(REPOSITORY))

    def spoke_of(self, word: str) -> bool:
        return any(word in line for line in self.said)


@pytest.fixture
def shop(
    harness: RecordsHarness,
    docker_engine: Engine,
    images_at: Registry,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Shop]:
    monkeypatch.setenv("DOCKER_HOST", docker_engine.host)
    one = Shop(harness, tmp_path, images_at)
    yield one
    one.trial.backend.close()
    harness.wipe(NAME)
    images_at.forgotten_by(docker_engine.client)


def failure(outcome: Outcome) -> str:
    assert not outcome.ok
    return str(outcome)


def test_what_was_pushed_is_neither_built_nor_pushed_again(shop: Shop, docker_engine: Engine) -> None:
    image = shop.applied()
    (tag,) = shop.tags()
    assert image == f"{shop.images_at.host}/{REPOSITORY}:{tag}"
    assert shop.spoke_of("build ")
    assert shop.spoke_of("push ")
    assert not shop.trial.plan(shop.trial.deed(Verb.APPLY, spec=shop.now())).changes
    docker_engine.client.images.remove(image, force=True)
    assert shop.applied(environment={"LEVEL": "debug"}) == image
    assert not shop.spoke_of("build ")
    assert not shop.spoke_of("push ")
    assert shop.revisions() == 2


def test_a_plan_builds_nothing_and_asks_no_engine(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
    calls = shop.harness.count(shop.trial.backend)
    assert shop.trial.plan(shop.trial.deed(Verb.APPLY, spec=shop.now())).changes
    assert calls.changing == []
    assert not [call for call in calls.reading if call.startswith("ecr ")]


def test_the_repository_is_ours_and_goes_with_its_images(shop: Shop) -> None:
    shop.applied()
    ecr = bare("ecr", shop.harness.cloud.url)
    (row,) = ecr.describe_repositories(repositoryNames=[REPOSITORY])["repositories"]
    assert row["imageTagMutability"] == "IMMUTABLE"
    assert REPOSITORY in belongings(shop.harness.cloud.url, NAME)
    shop.trial.do(shop.trial.deed(Verb.DESTROY, spec=shop.now()))
    assert shop.trial.outside().nothing, shop.trial.outside()
    assert shop.tags() == set()


def test_a_repository_of_others_is_left_alone(shop: Shop) -> None:
    ecr = bare("ecr", shop.harness.cloud.url)
    ecr.create_repository(repositoryName=REPOSITORY)
    assert "which others made" in failure(shop.apply())
    shop.trial.do(shop.trial.deed(Verb.DESTROY, spec=shop.now()))
    assert ecr.describe_repositories(repositoryNames=[REPOSITORY])["repositories"]


def test_a_repository_that_was_deleted_behind_our_back_is_made_again(shop: Shop) -> None:
    image = shop.applied()
    bare("ecr", shop.harness.cloud.url).delete_repository(repositoryName=REPOSITORY, force=True)
    assert shop.tags() == set()
    assert shop.applied(environment={"LEVEL": "debug"}) == image
    assert shop.spoke_of(f"create repository {REPOSITORY}")
    assert len(shop.tags()) == 1


def test_without_an_engine_it_says_what_to_do(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    image = shop.applied()
    shop.trial.backend.close()
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
    shop.trial = Trial(shop.harness, shop.spec, shop.folder / "journal.sqlite")
    assert shop.applied(environment={"LEVEL": "debug"}) == image, "what is there needs no engine"
    shop.write("second")
    said = failure(shop.apply())
    assert "no Docker Engine answers" in said
    assert "DOCKER_HOST" in said
    assert shop.image() == image


def test_a_build_that_fails_leaves_the_service_as_it_is(shop: Shop) -> None:
    image = shop.applied()
    shop.write("second", "COPY missing /")
    said = failure(shop.apply())
    assert "missing" in said
    assert "LABEL version=second" in said, "the last lines are told"
    assert (shop.image(), shop.revisions(), len(shop.tags())) == (image, 1, 1)
    shop.write("third")
    assert shop.applied() != image


def test_a_push_that_is_denied_leaves_the_service_as_it_is(shop: Shop, capfd: pytest.CaptureFixture[str]) -> None:
    image = shop.applied()
    shop.write("second")
    with shop.images_at.denying():
        said = failure(shop.apply())
    assert "Forbidden" in said
    assert "ecr:PutImage" in said
    assert (shop.image(), shop.revisions(), len(shop.tags())) == (image, 1, 1)
    assert shop.applied() != image
    out, err = capfd.readouterr()
    journal = b"".join(path.read_bytes() for path in shop.folder.glob("journal.sqlite*")).decode(errors="replace")
    assert PASSWORD not in said + out + err + journal + "".join(shop.said)
    assert not Path(os.environ["DOCKER_CONFIG"], "config.json").exists()


def test_the_newest_images_are_kept_and_those_of_kept_revisions(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repositories, "KEPT", 2)
    monkeypatch.setattr("tuienv.backends.aws.tasks.KEPT", 3)
    images = []
    for number in range(5):
        shop.write(str(number))
        images.append(shop.applied().rpartition(":")[2])
    assert shop.tags() == set(images[-3:])


def test_two_who_make_the_repository_at_once_have_one(shop: Shop, harness: RecordsHarness) -> None:
    ecr, calls = bare("ecr", harness.cloud.url), []
    tags = [{"Key": "tuienv:environment", "Value": NAME}, {"Key": "tuienv:layer", "Value": "web"}]

    def first(service: str, operation: str, mutating: bool) -> None:
        if operation == "CreateRepository":
            calls.append(operation)
            ecr.create_repository(repositoryName=REPOSITORY, tags=tags)

    shop.trial.backend.session.before_call = first  # type: ignore[attr-defined]  # it is AWS's
    assert shop.applied()
    assert calls == ["CreateRepository"]


def test_who_comes_second_with_an_image_goes_on_with_the_first_one(shop: Shop, docker_engine: Engine) -> None:
    """A tag is written once, so that the second push is refused."""
    login = {"username": USER, "password": PASSWORD}
    with ExitStack() as stack:

        def first(method: str, path: str) -> None:
            if path.endswith("/push"):
                image = path.removeprefix("/images/").removesuffix("/push")
                for found in docker_engine.client.images.list(name=image):
                    docker_engine.client.images.push(found.tags[0], auth_config=login)
                stack.enter_context(shop.images_at.denying())

        shop.trial.backend.engine.before_call = first  # type: ignore[attr-defined]  # it is AWS's
        assert shop.applied()
    assert len(shop.tags()) == 1


def test_fargate_is_told_what_the_image_is_for(shop: Shop) -> None:
    shop.applied()
    assert shop.definition()["runtimePlatform"] == {"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"}
    shop.applied(build="", contents="", image="shop:arm", options={"aws": {"platform": "linux/arm64"}})
    assert shop.definition()["runtimePlatform"] == {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"}


def test_a_platform_that_fargate_does_not_have_is_refused(shop: Shop) -> None:
    said = failure(shop.apply(options={"aws": {"platform": "plan9/amd64"}}))
    assert "linux/arm64" in said
    assert not shop.made_anything()


def test_an_image_that_came_out_for_another_platform_is_not_pushed(shop: Shop) -> None:
    said = failure(shop.apply(options={"aws": {"platform": "linux/arm64"}}))
    assert "linux/arm64" in said
    assert shop.tags() == set()


def test_a_folder_that_is_not_there_is_told_before_anything_is_made(shop: Shop) -> None:
    (shop.folder / "web/Dockerfile").unlink()
    assert "there is no Dockerfile" in failure(shop.apply())
    assert not shop.made_anything()


def test_another_dockerfile_and_a_stage_are_options(shop: Shop) -> None:
    text = f"FROM {PAUSE} AS small\nLABEL made=small\nFROM {PAUSE}\nCOPY missing /\n"
    (shop.folder / "web/Other").write_text(text)
    assert shop.applied(options={"aws": {"dockerfile": "Other", "target": "small"}})


def test_building_meets_every_fault_of_every_operation(
    shop: Shop, harness: RecordsHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repositories, "KEPT", 1)
    monkeypatch.setattr("tuienv.backends.aws.tasks.KEPT", 1)
    session = FaultySession(harness.cloud.url, harness.other.url)
    trial = shop.trial

    def begin() -> None:
        harness.wipe(NAME)
        shop.write("first")
        shop.applied()

    def once() -> Outcomes:
        shop.write("second")
        trial.spec = shop.now()
        with closing(AwsBackend("", session)) as client:
            found = course(trial, client, session, trial.plan().changes)
        assert shop.tags() == {shop.image().rpartition(":")[2]}
        return found

    found = everything_met(session, begin, once)
    check(found, SURVIVED_BY_CHANGES, operations=20)
    asked = {str(met.operation) for met in found}
    assert {"ecr GetAuthorizationToken", "ecr DescribeImages", "ecr BatchDeleteImage"} <= asked


def test_an_apply_with_a_build_killed_at_every_step(shop: Shop, docker_engine: Engine) -> None:
    def check(step: int) -> None:
        plan = shop.trial.plan(shop.trial.deed(Verb.APPLY, spec=shop.now()))
        assert not plan.changes, plan.changes
        assert len(shop.tags()) == 1
        assert shop.image().rpartition(":")[2] in shop.tags()
        docker_engine.client.images.remove(shop.image(), force=True)
        shop.harness.wipe(NAME)

    steps = at_every_step(shop.trial, lambda step: shop.trial.deed(Verb.APPLY, spec=shop.now()), check)
    assert steps >= 10


def test_a_new_version_killed_at_every_step(shop: Shop) -> None:
    shop.applied()

    def deed(step: int) -> Any:
        shop.write(f"killed-at-{step}")
        return shop.trial.deed(Verb.APPLY, spec=shop.now())

    def check(step: int) -> None:
        assert not shop.trial.plan(shop.trial.deed(Verb.APPLY, spec=shop.now())).changes
        assert shop.image().rpartition(":")[2] in shop.tags()

    assert at_every_step(shop.trial, deed, check) >= 4


def test_a_teardown_killed_at_every_step(shop: Shop) -> None:
    def deed(step: int) -> Any:
        shop.applied()
        return shop.trial.deed(Verb.DESTROY, spec=shop.now(), delete_data=True)

    def check(step: int) -> None:
        assert shop.trial.outside().nothing, shop.trial.outside()
        assert shop.tags() == set()

    assert at_every_step(shop.trial, deed, check) >= 4
