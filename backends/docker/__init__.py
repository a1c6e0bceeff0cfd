"""Docker: environments as containers, networks and volumes on one Docker Engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tuienv.backends.docker.backend import DockerBackend


def open_backend(profile: str = "") -> DockerBackend:
    """The engine of a Docker context; of an empty profile, the one the docker command would use. Contacts nobody."""
    from tuienv.backends.docker.backend import DockerBackend  # its profiles are looked for at every start, it is not

    return DockerBackend(profile)
