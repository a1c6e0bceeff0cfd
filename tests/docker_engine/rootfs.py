"""One root file system, made of Debian 12 packages, from which every stand-in image is made.

One for all, because making it is what takes the time (about 45 s): each image is a thin layer over it. It is kept in
`.ground/` at the top of the checkout and made again when this recipe changes.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.docker_engine.machine import Unavailable, install, is_root, program, run

GROUND = Path(__file__).resolve().parents[2] / ".ground"

PACKAGES = (
    "busybox-static",
    "ca-certificates",
    "haproxy",
    "postgresql",
    "python-is-python3",
    "python3-pip",
    "python3-psycopg",
    "python3-redis",
    "redis-server",
)

# What no image needs: half of the size, and with it of the time to import.
UNWANTED = ("doc", "man", "locale", "info", "zoneinfo-icu")

HOOKS = (
    # Debian makes a database cluster when it installs; the official image makes one when it first starts.
    'rm -rf "$1"/var/lib/postgresql/15 "$1"/etc/postgresql/15',
    # pip installs system-wide in the official Python image; Debian's mark forbids that.
    'rm -f "$1"/usr/lib/python3.11/EXTERNALLY-MANAGED',
)


def recipe() -> str:
    """A short digest of everything that decides what is in the file system."""
    return hashlib.sha256(repr((PACKAGES, UNWANTED, HOOKS)).encode()).hexdigest()[:12]


def mirror() -> list[str]:
    """The Debian mirror to use, from TUIENV_DEBIAN_MIRROR; empty for Debian's own."""
    return os.environ.get("TUIENV_DEBIAN_MIRROR", "").split()


def tarball() -> Path:
    """The root file system as a tar file, made first where it is not there. Raises `Unavailable` where it cannot be."""
    path = GROUND / f"debian-{recipe()}.tar"
    with locked(GROUND / "debian.lock"):
        if not path.exists():
            make(path)
    return path


def make(path: Path) -> None:
    """Make the root file system at `path`, and remove those of older recipes."""
    install()
    if not is_root():
        raise Unavailable("the stand-in images are missing, and making them needs root")
    for old in path.parent.glob("debian-*.tar"):
        old.unlink()
    unfinished = path.with_suffix(".part.tar")
    run(command(unfinished))
    unfinished.rename(path)


def command(target: Path) -> list[str]:
    """The mmdebstrap command that makes `target`."""
    return [
        program("mmdebstrap") or "mmdebstrap",
        "--variant=essential",
        f"--include={','.join(PACKAGES)}",
        '--aptopt=Apt::Install-Recommends "false"',
        *(f"--aptopt={option}" for option in proxies()),
        *(f"--dpkgopt=path-exclude=/usr/share/{folder}/*" for folder in UNWANTED),
        *(f"--customize-hook={hook}" for hook in HOOKS),
        "bookworm",
        str(target),
        *mirror(),
    ]


def proxies() -> Iterator[str]:
    """The machine's own apt proxies: mmdebstrap does not read the machine's apt settings."""
    for line in run([program("apt-config") or "apt-config", "dump"]).splitlines():
        if line.startswith(("Acquire::http::Proxy ", "Acquire::https::Proxy ")):
            yield line


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock that other processes respect: two test runs may share one checkout."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
