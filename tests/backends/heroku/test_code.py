"""Code that is built: from a folder, from a tarball, and what happens when a build or a release phase fails."""

from __future__ import annotations

import io
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.backends.heroku.shop import NAME, Shop, app
from tests.contract.heroku_harness import IMAGES
from tests.heroku_platform import HerokuPlatform, Program
from tests.heroku_platform.resources import formation, releases
from tuienv.backends.base import Invalid, NotFound
from tuienv.backends.heroku.client import Client
from tuienv.backends.heroku.looking import RELEASES
from tuienv.backends.heroku.registry import image_id, split_tag
from tuienv.backends.heroku.sources import folder_archive
from tuienv.backends.heroku.transport import Answer
from tuienv.model import Address, Operation, Status, Verb

WEB = "web: python -m shop\n"


@pytest.fixture
def here(shop: Shop, tmp_path: Path) -> Path:
    """The folder that the file of the environment lies in."""
    shop.spec = replace(shop.spec, source=str(tmp_path / "tuienv.yaml"))
    return tmp_path


def write(folder: Path, **files: str) -> None:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("_dot_", ".")).write_text(text)


def tarball(path: Path, **files: str) -> None:
    with tarfile.open(path, "w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(name.replace("_dot_", "."))
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))


def source(path: str) -> dict[str, dict[str, object]]:
    return {"heroku": {"source": path}}


def test_a_folder_is_built_and_its_output_told(shop: Shop, here: Path) -> None:
    write(here / "web", Procfile=WEB, requirements_dot_txt="")
    shop.want(app(image="", build="./web"))
    shop.apply()
    web = shop.layer("web")
    assert (web.status, web.image, web.ready) == (Status.RUNNING, "./web", 2)
    assert shop.app().stack != "container"


def test_a_folder_with_a_dockerfile_is_built_as_a_container(shop: Shop, here: Path) -> None:
    write(here / "web", Dockerfile="FROM python:3.11-slim\n")
    shop.want(app(image="", build="./web", command=("python", "-m", "shop")))
    shop.apply()
    assert shop.layer("web").ready == 2
    assert shop.app().stack == "container"


def test_a_build_that_fails_says_its_last_lines(shop: Shop, here: Path) -> None:
    write(here / "web", readme_dot_txt="nothing to run")
    shop.want(app(image="", build="./web"))
    ((_, failure),) = [one for one in shop.try_to(Verb.APPLY).failed if "/web" in one[0]]
    assert failure.kind == "Conflict"
    assert "the build failed" in failure.said
    assert "-----> Building" in failure.said


def test_a_release_phase_that_fails_leaves_the_old_version_serving(shop: Shop, here: Path) -> None:
    tarball(here / "1.tgz", Procfile=WEB, requirements_dot_txt="")
    shop.want(app(image="", build="", options=source("1.tgz")))
    shop.apply()
    serving = {one.id for one in shop.layer("web").instances}
    tarball(here / "2.tgz", Procfile=WEB + "release: echo the flux is broken; exit 3\n", requirements_dot_txt="")
    shop.want(app(image="", build="", options=source("2.tgz")))
    ((_, failure),) = shop.try_to(Verb.APPLY).failed
    assert failure.kind == "Conflict"
    assert "the flux is broken" in failure.said
    assert "goes on serving" in failure.said
    web = shop.layer("web")
    assert (web.status, web.image) == (Status.RUNNING, "1.tgz")
    assert {one.id for one in web.instances} == serving


def test_a_release_phase_that_ends_well_is_waited_for(shop: Shop, here: Path) -> None:
    tarball(here / "1.tgz", Procfile=WEB + "release: true\n", requirements_dot_txt="")
    shop.want(app(image="", build="", options=source("1.tgz")))
    shop.apply()
    assert shop.layer("web").ready == 2


def test_a_tarball_that_is_not_there(shop: Shop, here: Path) -> None:
    shop.want(app(image="", build="", options=source("none.tgz")))
    ((_, failure),) = [one for one in shop.try_to(Verb.APPLY).failed if "/web" in one[0]]
    assert "none.tgz cannot be read" in failure.said


def test_an_image_that_heroku_does_not_have_says_where_to_push_it(shop: Shop) -> None:
    shop.want(app(image="shop:1"))
    ((_, failure),) = [one for one in shop.try_to(Verb.APPLY).failed if "/web" in one[0]]
    assert failure.kind == "NotFound"
    assert f"docker push registry.heroku.com/{shop.app().name}/web" in failure.remedy


def test_a_rollback_brings_variables_and_code_of_then(platform: HerokuPlatform, shop: Shop, here: Path) -> None:
    tarball(here / "1.tgz", Procfile=WEB, requirements_dot_txt="")
    shop.want(app(image="", build="", options=source("1.tgz")))
    shop.apply()
    good = next(one.name for one in shop.backend.releases(Address(NAME, "web")) if one.current)
    shop.try_to(Verb.CONFIGURE, "web", settings={"LEVEL": "debug"})
    assert shop.backend.config(Address(NAME, "web"))["LEVEL"] == "debug"
    found = shop.backend.releases(Address(NAME, "web"))
    assert "environment.LEVEL: info → debug" in map(str, found[0].differences)
    outcome = shop.operate(Operation(Verb.ROLLBACK, Address(NAME, "web"), release=good))
    assert outcome.ok, outcome
    assert shop.backend.config(Address(NAME, "web"))["LEVEL"] == "info"


def test_code_that_is_older_than_the_known_releases_is_not_released_again(platform: HerokuPlatform, shop: Shop) -> None:
    """Variables were changed so often that no known release brought it. The plan shows no other code: none comes."""
    shop.apply()
    _set_often(platform, shop)
    assert not shop.plan().changes
    before = len(platform.recorder.requests)
    shop.want(app(environment={"LEVEL": "debug"}))
    shop.apply()
    assert not any("/formation" in one.path and one.changing for one in platform.recorder.requests[before:])


def test_what_served_before_serves_again_however_old_its_code_is(platform: HerokuPlatform, shop: Shop) -> None:
    shop.apply()
    _set_often(platform, shop)
    platform.image(IMAGES.sick, Program(boots=False))
    shop.want(app(image=IMAGES.sick))
    ((_, failure),) = shop.try_to(Verb.APPLY).failed
    assert "serves again" in failure.said
    assert shop.layer("web").status is Status.RUNNING


def test_code_of_which_it_is_not_noted_what_brought_it_shows_as_drift(platform: HerokuPlatform, shop: Shop) -> None:
    """Somebody released an image by hand; ours followed; somebody went back to theirs."""
    shop.apply()
    web = shop.app()
    with platform.world.held() as world:
        current = web.current
        assert current is not None
        assert current.slug is not None
        theirs = formation.deploy(world, web, world.accounts[0], current.slug, "Deployed web (theirs)")
    shop.want(app(image=IMAGES.better))
    shop.apply()
    shop.operate(Operation(Verb.ROLLBACK, Address(NAME, "web"), release=f"v{theirs.version}"))
    assert [change.reason for change in shop.plan().changes] == [f"image: Deployed web (theirs) → {IMAGES.better}"]


def _set_often(platform: HerokuPlatform, shop: Shop) -> None:
    web = shop.app()
    with platform.world.held() as world:
        for number in range(RELEASES + 10):
            releases.release(world, web, world.accounts[0], f"Set LEVEL{number} config vars")
    platform.skip(60)


def test_a_folder_gives_the_same_archive_for_the_same_files(tmp_path: Path) -> None:
    write(tmp_path / "web", Dockerfile="FROM scratch\n", app_dot_py="")
    (tmp_path / "web/.git").mkdir()
    (tmp_path / "web/.git/HEAD").write_text("ref")
    at = Address("shop", "web")
    first = folder_archive(tmp_path / "web", "web", ("python", "-m", "my shop"), at)
    (tmp_path / "web/app.py").touch()
    assert folder_archive(tmp_path / "web", "web", ("python", "-m", "my shop"), at) == first
    with tarfile.open(fileobj=io.BytesIO(first)) as archive:
        assert archive.getnames() == ["Dockerfile", "app.py", "heroku.yml"]
        manifest = archive.extractfile("heroku.yml")
        assert manifest is not None
        assert b"python -m 'my shop'" in manifest.read()
    with pytest.raises(Invalid, match="no folder"):
        folder_archive(tmp_path / "none", "web", (), at)


def test_a_name_in_the_registry_is_looked_up_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the official CLI does: the ID of an image is the digest of its configuration."""
    asked: list[tuple[str, str]] = []

    def fetch(url: str, key: str, accept: str, timeout: tuple[float, float]) -> Answer:
        asked.append((url, key))
        if url.endswith("/none"):
            return Answer(404, {}, b"{}")
        return Answer(200, {}, b'{"config": {"digest": "sha256:abc"}}')

    monkeypatch.setattr("tuienv.backends.heroku.transport.fetch", fetch)
    monkeypatch.setenv("HEROKU_API_KEY", "key-of-somebody")
    client = Client()
    assert image_id(client, "registry.heroku.com/shop/web:2", "shop", "web") == "sha256:abc"
    assert asked == [("https://registry.heroku.com/v2/shop/web/manifests/2", "key-of-somebody")]
    with pytest.raises(NotFound):
        image_id(client, "registry.heroku.com/shop/web:none", "shop", "web")
    assert image_id(client, "sha256:" + 64 * "a", "shop", "web") == "sha256:" + 64 * "a"


@given(
    st.from_regex(r"[a-z0-9]{1,9}(/[a-z0-9]{1,9}){0,2}", fullmatch=True), st.from_regex(r"[\w.-]{0,9}", fullmatch=True)
)
def test_a_name_and_its_tag(name: str, tag: str) -> None:
    assert split_tag(f"{name}:{tag}" if tag else name) == (name, tag or "latest")
