"""Where the engine is: the same answer that the docker command gives, in the same order.

A named profile is the Docker context of that name. Without one: ``DOCKER_HOST``, then ``DOCKER_CONTEXT``, then the
context that ``docker context use`` chose, then the default socket. Source: the docker CLI's documented precedence.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tuienv.backends.base import Invalid

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
    ours = os.path.isfile(cert) and os.path.isfile(key)  # an engine need not ask who we are
    return Certificates(cert if ours else "", key if ours else "", ca if verify else "", bool(verify))


def _folder(environ: Mapping[str, str]) -> Path:
    """Where the docker command keeps what it is told."""
    return Path(environ.get("DOCKER_CONFIG") or os.path.expanduser("~/.docker"))


def _current_context(environ: Mapping[str, str]) -> str:
    try:
        name = json.loads((_folder(environ) / "config.json").read_bytes()).get("currentContext")
    except (OSError, ValueError, AttributeError):
        return ""
    return "" if name in (None, "default") else str(name)


def _of_context(name: str) -> Endpoint:
    """Read without the SDK: that finds no context as long as there is no ``config.json``, and takes its time."""
    if name == "default":
        return Endpoint(os.environ.get("DOCKER_HOST") or DEFAULT_SOCKET, _certificates_of(os.environ))
    folder, digest = _folder(os.environ) / "contexts", hashlib.sha256(name.encode()).hexdigest()
    try:
        meta = json.loads((folder / "meta" / digest / "meta.json").read_bytes())
        endpoint = meta["Endpoints"]["docker"]
        host, verify = str(endpoint["Host"]), not endpoint.get("SkipTLSVerify")
    except FileNotFoundError:
        said = "there is none of that name"
        raise Invalid("open Docker context", name, said, "`docker context ls` lists them.") from None
    except (KeyError, TypeError, AttributeError):
        said = "it has no Docker endpoint"
        raise Invalid("open Docker context", name, said, "See `docker context inspect`.") from None
    except (OSError, ValueError) as error:
        said = f"its file cannot be read ({type(error).__name__})"
        raise Invalid("open Docker context", name, said, "Mend or remove it with `docker context`.") from None
    return Endpoint(host, _certificates_in(folder / "tls" / digest / "docker", verify))


def _certificates_in(folder: Path, verify: bool) -> Certificates | None:
    """What the docker command was given for a context; None where it was given nothing."""
    files = [folder / name for name in ("ca.pem", "cert.pem", "key.pem")]
    ca, cert, key = (str(file) if file.is_file() else "" for file in files)
    if not (ca or cert):
        return None
    return Certificates(cert if key else "", key if cert else "", ca, verify)
