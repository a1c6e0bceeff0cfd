"""Where the engine is: the same answer that the docker command gives, in the same order.

A named profile is the Docker context of that name. Without one: ``DOCKER_HOST``, then ``DOCKER_CONTEXT``, then the
context that ``docker context use`` chose, then the default socket. Source: the docker CLI's documented precedence.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuienv.backends.base import Invalid

if TYPE_CHECKING:
    from docker.context import Context

DEFAULT_SOCKET = "unix:///var/run/docker.sock"


@dataclass(frozen=True, slots=True)
class Certificates:
    """What a TLS connection shows and demands; paths of PEM files, empty where there is none."""

    cert: str = ""
    key: str = ""
    ca: str = ""
    verify: bool = True


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One engine: its `url` (``unix://``, ``tcp://``, ``ssh://``) and, over TCP, its certificates."""

    url: str
    certificates: Certificates | None = None

    def __str__(self) -> str:
        return self.url


def find_endpoint(profile: str, environ: Mapping[str, str] | None = None) -> Endpoint:
    """The engine of a profile. Contacts nobody; raises `Invalid` if there is no such context."""
    environ = os.environ if environ is None else environ
    if profile:
        return _of_context(profile)
    if host := environ.get("DOCKER_HOST"):
        return Endpoint(host, _certificates_of(environ))
    chosen = environ.get("DOCKER_CONTEXT") or _current_context(environ)
    return _of_context(chosen) if chosen else Endpoint(DEFAULT_SOCKET)


def _certificates_of(environ: Mapping[str, str]) -> Certificates | None:
    folder, verify = environ.get("DOCKER_CERT_PATH", ""), environ.get("DOCKER_TLS_VERIFY", "")
    if not (folder or verify):
        return None
    folder = folder or os.path.expanduser("~/.docker")
    cert, key, ca = (os.path.join(folder, name) for name in ("cert.pem", "key.pem", "ca.pem"))
    return Certificates(cert, key, ca, bool(verify))


def _current_context(environ: Mapping[str, str]) -> str:
    folder = environ.get("DOCKER_CONFIG") or os.path.expanduser("~/.docker")
    if not os.path.exists(os.path.join(folder, "config.json")):
        return ""  # spares the SDK's import, and with it a tenth of a second, where nobody uses contexts
    from docker.context.config import get_current_context_name

    name = get_current_context_name()
    return "" if name == "default" else str(name)


def _of_context(name: str) -> Endpoint:
    if name == "default":
        return Endpoint(os.environ.get("DOCKER_HOST") or DEFAULT_SOCKET, _certificates_of(os.environ))
    from docker.context import Context

    try:
        context = Context.load_context(name)
    except Exception as error:  # the SDK raises bare exceptions for a broken context file
        raise Invalid("open Docker context", name, str(error), "Mend or remove it with `docker context`.") from error
    if context is None:
        raise Invalid("open Docker context", name, "there is none of that name", "`docker context ls` lists them.")
    return Endpoint(_host_of(name, context), _certificates_in(context))


def _host_of(name: str, context: Context) -> str:
    host = (context.endpoints.get("docker") or {}).get("Host")
    if not host:
        raise Invalid("open Docker context", name, "it has no Docker endpoint", "See `docker context inspect`.")
    return str(host).removeprefix("http+")


def _certificates_in(context: Context) -> Certificates | None:
    tls = context.tls_cfg.get("docker")
    if tls is None:
        return None
    cert, key = tls.cert or ("", "")
    return Certificates(cert, key, str(tls.ca_cert or ""), bool(tls.verify))
