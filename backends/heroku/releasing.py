"""New code for an app: an image of the container registry, or a tarball that is built; and going back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from tuienv.backends.base import Conflict, Invalid, NotFound, ProviderError, Unreachable
from tuienv.backends.heroku.client import DOCKER_RELEASES, Row
from tuienv.backends.heroku.failures import unanswered, without
from tuienv.backends.heroku.job import Job
from tuienv.backends.heroku.options import text_option
from tuienv.backends.heroku.registry import image_id, no_image
from tuienv.backends.heroku.sources import folder_archive, has_dockerfile
from tuienv.backends.heroku.state import AppState
from tuienv.inside import leads_out
from tuienv.model import LayerSpec
from tuienv.text import plain

RELEASE_PHASE = 3600.0
"""Seconds that a release phase may take: migrations are long."""
BUILD = 3600.0
SAID_LINES = 8
"""How many of the last lines an error quotes."""


def bring_code(job: Job, app: AppState, process: str) -> int:
    """Release the code that the file names, and wait for its release phase; gives the version.

    Raises `NotFound` for an image that Heroku does not have, `Conflict` for a build or a release phase that failed,
    with its last lines: the version before goes on serving then.
    """
    spec = job.spec
    before = newest(job, app)
    source = text_option(spec, "source")
    if source or spec.build:
        return _build(job, app, process, source)
    _release_image(job, app, process, spec.image)
    return await_release(job, app, newer(job, app, before))


def check_code(spec: LayerSpec, directory: str) -> None:
    """Raises `Invalid` for a command that nobody would run."""
    if spec.command and not (spec.build and has_dockerfile(Path(directory) / spec.build)):
        said = "Heroku takes the command from the image or the Procfile"
        raise Invalid("run the command of", spec.name, said, "Leave command: out, or build from a Dockerfile.")


def newest(job: Job, app: AppState) -> int:
    """The version of the newest release, good or bad."""
    rows = job.client.latest(f"/apps/{app.id}/releases", 1, tried="list the releases of", target=app.name)
    return int(rows[0]["version"]) if rows else 0


def newer(job: Job, app: AppState, before: int) -> int:
    """The version of the release that came after that one."""

    def look() -> int | None:
        version = newest(job, app)
        return version if version > before else None

    return job.until(look, 60.0, lambda: Conflict("release", app.name, "no release came of it", "Apply it again."))


def await_release(job: Job, app: AppState, version: int) -> int:
    """Wait until the release phase of a version has ended. Raises `Conflict` with what it said if it failed."""
    path, tried = f"/apps/{app.id}/releases/{version}", "look at release"
    target = f"v{version} of {app.name}"

    def look() -> Row | None:
        row: Row = job.get(path, tried=tried, target=target)
        return None if row.get("status") == "pending" else row

    def late() -> ProviderError:
        return Conflict("release", app.name, f"v{version} is still in its release phase", "Apply it again to go on.")

    row = job.until(look, RELEASE_PHASE, late)
    if row.get("status") != "succeeded":
        lines = " | ".join(_output(job, str(row.get("output_stream_url") or ""))[-SAID_LINES:])
        said = (
            f"the release phase of v{version} failed, and the version before goes on serving; its last lines: {lines}"
        )
        raise Conflict("release", app.name, said, "Mend what the lines say, then apply again.")
    return version


def roll_back(job: Job, app: AppState, version: int) -> int:
    """Make a release of what an earlier one was; gives its version."""
    row = job.find(f"/apps/{app.id}/releases/{version}", tried="look for release", target=f"v{version} of {app.name}")
    if row is None:
        raise NotFound("go back to", f"v{version} of {app.name}", "there is no such release", "See: tuienv releases")
    job.say(f"go back to v{version}")
    made = job.send(
        "POST",
        f"/apps/{app.id}/releases",
        {"release": row["id"]},
        tried="go back to",
        target=f"v{version} of {app.name}",
    )
    return await_release(job, app, int(made["version"]))


# --- inside -----------------------------------------------------------------------------------------------------


def _release_image(job: Job, app: AppState, process: str, image: str) -> None:
    _use_containers(job, app)
    job.say(f"release {image}")
    body = {"updates": [{"type": process, "docker_image": image_id(job.client, image, app.name, process)}]}
    path = f"/apps/{app.id}/formation"
    try:
        job.send("PATCH", path, body, tried="release image", target=image, variant=DOCKER_RELEASES)
    except (NotFound, Invalid) as error:
        raise no_image(image, app.name, process, error.said) from error


def _build(job: Job, app: AppState, process: str, source: str) -> int:
    spec = job.spec
    named = spec.build if not source or source.startswith("https://") else source
    if leads_out(Path(job.inputs.directory), named):
        raise Invalid("build", job.address, f"{named} leads out of the project", "Write a path inside of it.")
    folder = Path(job.inputs.directory) / spec.build
    if source.startswith("https://"):
        blob: Row = {"url": source, "version": _version(source.encode())}
    else:
        data = _read(job, source) if source else folder_archive(folder, process, spec.command, job.address)
        blob = _upload(job, data)
    if spec.build and not source and has_dockerfile(folder):
        _use_containers(job, app)
    job.say(f"build {source or spec.build}")
    made: Row = job.send("POST", f"/apps/{app.id}/builds", {"source_blob": blob}, tried="build", target=app.name)
    last = _follow(job, str(made.get("output_stream_url") or ""))
    done = _await_build(job, app, str(made["id"]))
    if done.get("status") != "succeeded":
        said = f"the build failed; its last lines: {' | '.join(last)}"
        raise Conflict("build", app.name, said, "Mend what the lines say, then apply again.")
    release: Row = job.get(
        f"/apps/{app.id}/releases/{done['release']['id']}", tried="look at the release of", target=app.name
    )
    return await_release(job, app, int(release["version"]))


def _await_build(job: Job, app: AppState, build: str) -> Row:
    def look() -> Row | None:
        row: Row = job.get(f"/apps/{app.id}/builds/{build}", tried="look at the build of", target=app.name)
        waits = row.get("status") == "pending" or (row.get("status") == "succeeded" and not row.get("release"))
        return None if waits else row

    late = Conflict("build", app.name, "it is still going on", "Apply again when it has ended.")
    return job.until(look, BUILD, lambda: late)


def _use_containers(job: Job, app: AppState) -> None:
    """Images, and a folder with a Dockerfile, take the stack that runs containers."""
    row = job.get(f"/apps/{app.id}", tried="look at", target=app.name)
    if (row.get("build_stack") or {}).get("name") != "container":
        body = {"build_stack": "container"}
        job.send("PATCH", f"/apps/{app.id}", body, tried="choose the stack of", target=app.name)


def _read(job: Job, source: str) -> bytes:
    path = Path(job.inputs.directory) / source
    try:
        return path.read_bytes()
    except OSError as error:
        said = f"{path.name} cannot be read ({error.strerror})"
        raise Invalid("build", job.address, said, "Mend options.heroku.source in the file.") from None


def _upload(job: Job, data: bytes) -> Row:
    from tuienv.backends.heroku.transport import LOST, put

    blob = job.send("POST", "/sources", tried="upload the source of", target=job.address)["source_blob"]
    job.say(f"upload {len(data) / 1024:.0f} KiB of source")
    try:
        status = put(str(blob["put_url"]), data, job.client.timeout)
    except LOST as error:
        host = urlsplit(str(blob["put_url"])).netloc
        raise unanswered("upload the source of", str(job.address), host, error) from None
    if status >= 300:
        raise Unreachable("upload the source of", str(job.address), f"HTTP {status}", "Apply it again.")
    return {"url": blob["get_url"], "version": _version(data), "checksum": f"SHA256:{hashlib.sha256(data).hexdigest()}"}


def _version(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:12]


def _follow(job: Job, url: str) -> list[str]:
    """Tell the output of a build as it comes; gives its last lines."""
    last: list[str] = []
    for line in _lines(job, url):
        job.say(line)
        last = [*last, line][-SAID_LINES:]
    return last


def _output(job: Job, url: str) -> list[str]:
    return list(_lines(job, url))


def _lines(job: Job, url: str) -> Iterator[str]:
    """What is said at such a URL, line by line and clean. One that breaks off has said what it said: how it went is
    asked afterwards."""
    if not url:
        return
    from tuienv.backends.heroku.transport import LOST, open_stream

    secrets = (job.client.account.key, *job.inputs.environment.values())
    try:
        with open_stream(url, job.client.timeout) as response:
            if response.status_code < 400:
                for raw in response.iter_lines():
                    text = plain(raw).replace("\0", "").strip()
                    if text:
                        yield without(text, secrets)
    except LOST:
        return
