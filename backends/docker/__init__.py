"""Docker: environments as containers, networks and volumes on one Docker Engine."""

from __future__ import annotations

from tuienv.backends.docker.backend import DockerBackend


def open_backend(profile: str = "") -> DockerBackend:
    """The engine of a Docker context; of an empty profile, the one the docker command would use. Contacts nobody."""
    return DockerBackend(profile)
