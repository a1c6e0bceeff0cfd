"""Sources and builds: a tarball is uploaded, a build makes a slug of it, and a release follows."""

from __future__ import annotations

import hashlib
import io
import tarfile
from typing import Any

import yaml

from tests.heroku_platform import errors
from tests.heroku_platform.clock import stamp
from tests.heroku_platform.records import App, Build, Output, Program, Slug
from tests.heroku_platform.resources import formation
from tests.heroku_platform.routes import Answer, Call, Row, pages, route
from tests.heroku_platform.shapes import user_named
from tests.heroku_platform.world import World

LANGUAGES = {
    "requirements.txt": "Python", "pyproject.toml": "Python", "package.json": "Node.js", "Gemfile": "Ruby",
}  # fmt: skip
BLOB = {"checksum": None, "version": None, "version_description": None}


class BuildFailed(Exception):
    """Why no slug can be made of a source."""


def shape(world: World, app: App, build: Build) -> Row:
    return {
        "app": {"id": app.id},
        "buildpacks": None if build.stack == "container" else [{"url": name, "name": name} for name in app.buildpacks],
        "created_at": stamp(build.created_at),
        "generation": "cedar",
        "id": build.id,
        "output_stream_url": f"{world.base_url}/_streams/builds/{build.id}",
        "source_blob": {**BLOB, **build.source},
        "release": {"id": build.release.id} if build.release else None,
        "slug": {"id": build.slug.id} if build.slug and not build.slug.images else None,
        "stack": build.stack,
        "status": build.status,
        "updated_at": stamp(build.updated_at),
        "user": user_named(build.user),
    }


@route("POST", "/sources")
def create_source(call: Call) -> Answer:
    """Where a tarball is to be put, and where it is found then. Neither address needs signing in."""
    source = call.world.new_id()
    call.world.sources[source] = b""
    address = f"{call.world.base_url}/_sources/{source}"
    return Answer({"source_blob": {"get_url": f"{address}?get", "put_url": f"{address}?put"}}, 201)


@route("POST", "/apps/{app}/sources")
def create_source_for_app(call: Call) -> Answer:
    assert call.app
    return create_source(call)


@route("GET", "/apps/{app}/builds")
def listed(call: Call) -> Answer:
    app = call.app
    return pages([shape(call.world, app, build) for build in app.builds], "id")


@route("GET", "/apps/{app}/builds/{build}")
def info(call: Call) -> Answer:
    app = call.app
    return Answer(shape(call.world, app, _find(call, app)))


def _find(call: Call, app: App) -> Build:
    for build in app.builds:
        if build.id == call.names["build"]:
            return build
    raise errors.not_found("build")


@route("DELETE", "/apps/{app}/builds/{build}")
def cancel(call: Call) -> Answer:
    app = call.app
    build = _find(call, app)
    if build.status != "pending":
        raise errors.invalid("Only a build that is pending can be cancelled.")
    _end(call.world, build, "failed", "-----> Build cancelled")
    return Answer(shape(call.world, app, build))


@route("DELETE", "/apps/{app}/build-cache")
def empty_cache(call: Call) -> Answer:
    assert call.app
    return Answer({})


@route("GET", "/apps/{app}/buildpack-installations")
def buildpacks(call: Call) -> Answer:
    named = enumerate(call.app.buildpacks)
    return pages([{"ordinal": number, "buildpack": {"url": name, "name": name}} for number, name in named], "ordinal")


@route("PUT", "/apps/{app}/buildpack-installations")
def choose_buildpacks(call: Call) -> Answer:
    call.app.buildpacks = [update["buildpack"] for update in call.body["updates"]]
    return buildpacks(call)


@route("POST", "/apps/{app}/builds")
def create(call: Call) -> Answer:
    app, world = call.app, call.world
    now, build_id = world.now(), world.new_id()
    output = world.outputs[build_id] = Output(["-----> Building on the Heroku stack"])
    build = Build(build_id, call.body["source_blob"], call.account, app.build_stack, now, now, output)
    app.builds.append(build)
    world.clock.after(world.seconds["build"], lambda: _work(world, app, build))
    return Answer(shape(world, app, build), 201)


def _work(world: World, app: App, build: Build) -> None:
    if build.status != "pending" or app.id not in world.apps:
        return None
    try:
        program = _compile(world, build)
    except BuildFailed as error:
        return _end(world, build, "failed", f" !     {error}")
    build.output.lines += [f"-----> {program.language} app detected", "-----> Compressing...", "-----> Launching..."]
    version = build.source.get("version") or build.id[:8]
    images = dict.fromkeys(program.processes, build.id) if build.stack == "container" else {}
    build.slug = Slug(world.new_id(), world.now(), program, commit=build.source.get("version"), images=images)
    build.release = formation.deploy(world, app, build.user, build.slug, f"Deploy {str(version)[:8]}")
    return _end(world, build, "succeeded", f"       Released v{build.release.version}")


def _end(world: World, build: Build, status: str, text: str) -> None:
    build.output.lines.append(text)
    build.output.over, build.status, build.updated_at = True, status, world.now()


def _compile(world: World, build: Build) -> Program:
    content = world.sources.get(str(build.source.get("url")).partition("/_sources/")[2].partition("?")[0])
    if not content:
        raise BuildFailed(f"Unable to fetch source from: {build.source.get('url')}")
    checksum = build.source.get("checksum")
    if checksum and checksum != f"SHA256:{hashlib.sha256(content).hexdigest()}":
        raise BuildFailed("The checksum of the source does not match.")
    files = unpacked(content)
    if build.stack == "container":
        return _containers(files)
    language = next((name for file, name in LANGUAGES.items() if file in files), None)
    if language is None:
        raise BuildFailed("No default language could be detected for this app.")
    return Program(
        _procfile(files.get("Procfile", b"").decode()), release_exits=None, stack=build.stack, language=language
    )


def unpacked(content: bytes) -> dict[str, bytes]:
    """The files of a tarball. Raises `BuildFailed`."""
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
            found = ((member.name.removeprefix("./"), archive.extractfile(member)) for member in archive.getmembers())
            return {name: file.read() for name, file in found if file}
    except (tarfile.TarError, OSError, EOFError) as error:
        raise BuildFailed("Could not unpack the source: it is no gzipped tarball.") from error


def _procfile(text: str) -> dict[str, str]:
    pairs = [line.partition(":") for line in text.splitlines() if ":" in line and not line.startswith("#")]
    return {name.strip(): command.strip() for name, _, command in pairs}


def _containers(files: dict[str, bytes]) -> Program:
    if "heroku.yml" not in files:
        raise BuildFailed("No heroku.yml found: an app on the container stack is built from one.")
    manifest: dict[str, Any] = yaml.safe_load(files["heroku.yml"]) or {}
    built = manifest.get("build", {}).get("docker", {})
    absent = sorted(name for name in built.values() if str(name) not in files)
    if absent:
        raise BuildFailed(f"There is no {absent[0]}.")
    run = manifest.get("run", {})
    processes = {kind: _command(run.get(kind, "")) for kind in built}
    release = manifest.get("release")
    if release:
        processes["release"] = _command(release.get("command", ""))
    return Program(processes, release_exits=None, stack="container", language="Container")


def _command(given: Any) -> str:
    """A command as it stands in `heroku.yml`: text, a list, or a map with one."""
    if isinstance(given, dict):
        given = given.get("command", "")
    return " ".join(given) if isinstance(given, list) else str(given)
