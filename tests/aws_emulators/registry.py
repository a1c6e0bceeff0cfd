"""A real registry, as ECR has one behind it: Debian's ``docker-registry``, on a loopback port of its own.

A Docker Engine takes 127.0.0.0/8 without TLS. Who pushes or pulls has to sign in, as at ECR.
"""

from __future__ import annotations

import base64
import json
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import docker

from tests.aws_emulators.emulator import free_port, running
from tests.docker_engine import machine

PROGRAM = "docker-registry"
WATCHER = "watcher"
"""Who looks from outside."""
USER, PASSWORD = "AWS", "a-token-of-ecr-5tR0ng"
_HASH = "$2b$04$Te2UInQwZqBPj9LApYjSJOWS0oOkDfrI.aCbmfFGMi5BdsYXMCjmC"
"""bcrypt of the password, the only form that the registry takes."""
_OPEN = f"{USER}:{_HASH}\n{WATCHER}:{_HASH}\n"
_OTHER = "$2b$04$Ms5/2bs3le0DGzdXgM3ClOGyXNDh3JaJhrDyC2YdMhvpNT1UG9SGm"
"""bcrypt of a password that nobody is told."""

_CONFIG = """\
version: 0.1
log: {{level: error, accesslog: {{disabled: true}}}}
storage: {{filesystem: {{rootdirectory: {folder}/data}}, delete: {{enabled: true}}, cache: {{}}}}
http: {{addr: "{host}"}}
auth: {{htpasswd: {{realm: ecr, path: {folder}/htpasswd}}}}
"""

MANIFESTS = ", ".join(
    [
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.oci.image.index.v1+json",
    ]
)


@dataclass(frozen=True)
class Registry:
    """One that answers at `host`, ``127.0.0.1:5000``; `folder`: where the passwords are that it lets in."""

    host: str
    folder: Path | None = None

    def tags(self, repository: str) -> dict[str, str]:
        """The tags in a repository, and the digest of each."""
        try:
            found = json.loads(self._ask("GET", f"{repository}/tags/list")[1])["tags"] or ()
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == 404:
                return {}
            raise
        return {tag: self._ask("HEAD", f"{repository}/manifests/{tag}")[0]["docker-content-digest"] for tag in found}

    def delete(self, repository: str, digest: str) -> None:
        self._ask("DELETE", f"{repository}/manifests/{digest}")

    def repositories(self) -> list[str]:
        """Those that have images, or had some."""
        return list(json.loads(self._ask("GET", "_catalog")[1])["repositories"])

    def forgotten_by(self, client: docker.DockerClient) -> None:
        """Take the names of its images off an engine. One that another test runs at that moment has a name of that
        test as well, and stays."""
        for image in client.images.list(filters={"reference": f"{self.host}/*/*/*"}):
            for name in image.tags:
                if name.startswith(f"{self.host}/"):
                    client.images.remove(name, force=True)

    @contextmanager
    def denying(self) -> Iterator[None]:
        """Nobody may push or pull meanwhile."""
        assert self.folder is not None
        (self.folder / "htpasswd").write_text(_OPEN.replace(f"{USER}:{_HASH}", f"{USER}:{_OTHER}"))
        try:
            yield
        finally:
            (self.folder / "htpasswd").write_text(_OPEN)

    def _ask(self, method: str, path: str) -> tuple[Mapping[str, str], bytes]:
        word = base64.b64encode(f"{WATCHER}:{PASSWORD}".encode()).decode()
        headers = {"Authorization": f"Basic {word}", "Accept": MANIFESTS}
        request = urllib.request.Request(f"http://{self.host}/v2/{path}", headers=headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return {key.lower(): value for key, value in answer.headers.items()}, answer.read()


@contextmanager
def registry() -> Iterator[Registry]:
    """One that is empty. Raises `Unavailable` where it cannot be had."""
    machine.install([PROGRAM], "there is no registry")
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="tuienv-registry-") as name:
        folder, host = Path(name), f"127.0.0.1:{port}"
        (folder / "config.yml").write_text(_CONFIG.format(folder=folder, host=host))
        (folder / "htpasswd").write_text(_OPEN)
        command = [machine.program(PROGRAM) or PROGRAM, "serve", str(folder / "config.yml")]
        with running(command, {}, port, ""):
            yield Registry(host, folder)
