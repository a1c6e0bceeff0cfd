"""Code: builds, releases and their phase, rollback, container images, pipelines and promotions."""

from __future__ import annotations

import hashlib
import io
import tarfile
from typing import Any

import pytest
import urllib3

from tests.heroku_platform.asking import ACCEPT, Asker
from tests.heroku_platform.planting import pipeline
from tests.heroku_platform.platform import HerokuPlatform
from tests.heroku_platform.records import App, Program
from tests.heroku_platform.waiting import until


@pytest.fixture
def shop(platform: HerokuPlatform) -> App:
    return platform.app("shop", platform.world.accounts[0])


def tarball(**files: str) -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    return raw.getvalue()


def build(ask: Asker, http: urllib3.PoolManager, content: bytes, checksum: str = "") -> tuple[dict[str, Any], str]:
    """The end of a build of this tarball, and what it said."""
    source = ask.ok("POST", "/sources")["source_blob"]
    assert http.request("PUT", source["put_url"], body=content).status == 200
    blob = {
        "url": source["get_url"],
        "version": "v1",
        "checksum": checksum or f"SHA256:{hashlib.sha256(content).hexdigest()}",
    }
    made = ask.ok("POST", "/apps/shop/builds", {"source_blob": blob})
    said = http.request("GET", made["output_stream_url"]).data.decode()
    return ask.ok("GET", f"/apps/shop/builds/{made['id']}"), said


def test_a_build_makes_a_slug_and_a_release(shop: App, ask: Asker, http: urllib3.PoolManager) -> None:
    done, said = build(ask, http, tarball(Procfile="web: python -m shop\nworker: work", **{"requirements.txt": ""}))
    assert (done["status"], "Python app detected" in said) == ("succeeded", True)
    assert ask.ok("GET", f"/apps/shop/slugs/{done['slug']['id']}")["process_types"]["worker"] == "work"
    release = ask.ok("GET", f"/apps/shop/releases/{done['release']['id']}")
    assert (release["current"], release["slug"]) == (True, done["slug"])
    assert [row["id"] for row in ask.ok("GET", "/apps/shop/builds")] == [done["id"]]


@pytest.mark.parametrize(
    ("content", "checksum", "why"),
    [
        (b"no tarball", "", "no gzipped tarball"),
        (tarball(Procfile="web: x"), "", "No default language"),
        (tarball(Procfile="web: x"), "SHA256:0", "checksum"),
        (b"", "", "Unable to fetch"),
    ],
    ids=["no-tarball", "no-language", "checksum", "nothing"],
)
def test_a_build_that_fails_says_why(
    shop: App, ask: Asker, http: urllib3.PoolManager, content: bytes, checksum: str, why: str
) -> None:
    done, said = build(ask, http, content, checksum)
    assert (done["status"], done["release"]) == ("failed", None)
    assert why in said
    assert shop.formation == {}


def test_containers_are_built_from_their_manifest(shop: App, ask: Asker, http: urllib3.PoolManager) -> None:
    ask.ok("PATCH", "/apps/shop", {"build_stack": "container"})
    manifest = "build: {docker: {web: Dockerfile}}\nrun: {web: [python, -m, shop]}\n"
    done, _ = build(ask, http, tarball(Dockerfile="FROM scratch", **{"heroku.yml": manifest}))
    assert (done["status"], done["slug"]) == ("succeeded", None)
    assert ask.ok("GET", "/apps/shop/formation/web")["command"] == "python -m shop"
    assert "no Dockerfile" in build(ask, http, tarball(**{"heroku.yml": manifest}))[1]
    assert "No heroku.yml" in build(ask, http, tarball(Dockerfile="FROM scratch"))[1]


def test_a_release_phase_that_fails_changes_nothing(shop: App, ask: Asker, http: urllib3.PoolManager) -> None:
    code = {"requirements.txt": ""}
    build(ask, http, tarball(Procfile="web: one", **code))
    done, _ = build(ask, http, tarball(Procfile="web: two\nrelease: echo migrating; exit 4", **code))
    path = f"/apps/shop/releases/{done['release']['id']}"
    release = until(lambda: (row := ask.ok("GET", path))["status"] != "pending" and row)
    assert (release["status"], release["current"]) == ("failed", False)
    assert http.request("GET", release["output_stream_url"]).data == b"migrating\n"
    assert ask.ok("GET", "/apps/shop/formation/web")["command"] == "one"
    assert {row["release"]["version"] for row in ask.ok("GET", "/apps/shop/dynos")} == {3}
    build(ask, http, tarball(Procfile="web: three\nrelease: exit 0", **code))
    until(lambda: ask.ok("GET", "/apps/shop/formation/web")["command"] == "three")


def test_rolling_back_is_a_release_of_what_was(shop: App, ask: Asker, http: urllib3.PoolManager) -> None:
    build(ask, http, tarball(Procfile="web: one", **{"requirements.txt": ""}))
    ask.ok("PATCH", "/apps/shop/config-vars", {"A": "1"})
    build(ask, http, tarball(Procfile="web: two", **{"requirements.txt": ""}))
    target = next(row for row in ask.ok("GET", "/apps/shop/releases") if row["version"] == 3)
    made = ask.ok("POST", "/apps/shop/releases", {"release": target["id"]})
    assert (made["version"], made["description"], made["slug"]) == (6, "Rollback to v3", target["slug"])
    assert (ask.ok("GET", "/apps/shop/formation/web")["command"], shop.config) == ("one", {})
    first = ask.ok("GET", "/apps/shop/releases/1")
    assert ask("POST", "/apps/shop/releases", {"release": first["id"]}).status == 422


def test_a_stack_is_for_what_is_built_next(shop: App, ask: Asker, http: urllib3.PoolManager) -> None:
    build(ask, http, tarball(Procfile="web: one", **{"requirements.txt": ""}))
    asked = ask.ok("PATCH", "/apps/shop", {"build_stack": "heroku-22"})
    assert (asked["stack"]["name"], asked["build_stack"]["name"]) == ("heroku-24", "heroku-22")
    build(ask, http, tarball(Procfile="web: two", **{"requirements.txt": ""}))
    assert ask.ok("GET", "/apps/shop")["stack"]["name"] == "heroku-22"


def test_a_slug_of_ones_own_is_released(shop: App, ask: Asker) -> None:
    slug = ask.ok("POST", "/apps/shop/slugs", {"process_types": {"web": "run"}})
    assert ask.ok("POST", "/apps/shop/releases", {"slug": slug["id"]})["version"] == 3
    assert ask.ok("GET", "/apps/shop/dynos")[0]["command"] == "run"


def test_images_are_released_through_the_formation(platform: HerokuPlatform, ask: Asker) -> None:
    platform.image("sha256:one", Program(ticks="tick", tick_seconds=1))
    ask.ok("POST", "/apps", {"name": "shop", "stack": "container"})
    variant = f"{ACCEPT}.docker-releases"
    asked = {"updates": [{"type": "web", "docker_image": "sha256:one"}]}
    assert ask.ok("PATCH", "/apps/shop/formation", asked, accept=variant)[0]["quantity"] == 1
    assert platform.recorder.mistakes() == []
    until(lambda: any(line.text == "tick" for line in platform.world.app_named("shop").log.lines))  # type: ignore[union-attr]  # it was just made
    asked["updates"][0]["docker_image"] = "sha256:two"
    assert ask("PATCH", "/apps/shop/formation", asked, accept=variant).status == 404
    ask.ok("POST", "/apps", {"name": "other"})
    assert "stack" in ask("PATCH", "/apps/other/formation", asked, accept=variant).body["message"]


def test_a_promotion_brings_code_to_the_next_stage(platform: HerokuPlatform, ask: Asker) -> None:
    user = platform.world.accounts[0]
    source, target = platform.app("staging", user, Program({"web": "good"})), platform.app("production", user)
    line = pipeline(platform.world, "shop-line", user, {source: "staging", target: "production"})
    asked = {"pipeline": {"id": line.id}, "source": {"app": {"id": source.id}}, "targets": [{"app": {"id": target.id}}]}
    made = ask.ok("POST", "/pipeline-promotions", asked)
    until(lambda: ask.ok("GET", f"/pipeline-promotions/{made['id']}")["status"] == "completed")
    rows = ask.ok("GET", f"/pipeline-promotions/{made['id']}/promotion-targets")
    assert [row["status"] for row in rows] == ["succeeded"]
    assert target.formation["web"].command == "good"
    assert len(ask.ok("GET", f"/pipelines/{line.id}/latest-releases")) == 2
    assert len(ask.ok("GET", f"/pipelines/{line.id}/latest-deployments")) == 2


def test_pipelines_couple_apps(platform: HerokuPlatform, ask: Asker) -> None:
    app = platform.app("shop", platform.world.accounts[0])
    line = ask.ok("POST", "/pipelines", {"name": "shop-line"})
    asked = {"app": app.id, "pipeline": line["id"], "stage": "staging"}
    made = ask.ok("POST", "/pipeline-couplings", asked)
    assert ask("POST", "/pipeline-couplings", asked).status == 422
    assert ask.ok("PATCH", f"/pipeline-couplings/{made['id']}", {"stage": "production"})["stage"] == "production"
    for path in ("/pipeline-couplings", f"/pipelines/{line['id']}/pipeline-couplings"):
        assert [row["app"]["id"] for row in ask.ok("GET", path)] == [app.id]
    assert ask.ok("GET", "/apps/shop/pipeline-couplings")["id"] == made["id"]
    ask.ok("DELETE", f"/pipeline-couplings/{made['id']}")
    assert ask("GET", "/apps/shop/pipeline-couplings").status == 404
    ask.ok("PATCH", f"/pipelines/{line['id']}", {"name": "other-line"})
    ask.ok("DELETE", f"/pipelines/{line['id']}")
    assert ask.ok("GET", "/pipelines") == []
