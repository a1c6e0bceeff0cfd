"""What the machine must have before an engine can be brought up on it, and how it gets it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable

# A login without sbin on its PATH is common on Debian.
PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"

# program → the Debian 12 package that brings it
PACKAGES = {
    "openssl": "openssl",
    "ssh": "openssh-client",
    "sshd": "openssh-server",
    "containerd": "containerd",
    "docker-registry": "docker-registry",
    "dockerd": "docker.io",
    "ip": "iproute2",
    "iptables": "iptables",
    "mmdebstrap": "mmdebstrap",
    "umount": "mount",
    "unshare": "util-linux",
}


class Unavailable(Exception):
    """No engine can be had here; the message says why and what would help."""


def is_root() -> bool:
    """Whether this process may bring an engine up."""
    return os.geteuid() == 0


def program(name: str) -> str | None:
    """The path of a program, sbin included; None when it is not installed."""
    return shutil.which(name, path=PATH)


def missing(programs: Iterable[str] = PACKAGES) -> list[str]:
    """The Debian packages that are still needed for these programs, sorted."""
    return sorted(PACKAGES[name] for name in programs if program(name) is None)


def install(programs: Iterable[str] = PACKAGES, why: str = "no Docker Engine answers") -> None:
    """Install what is missing of these programs. Raises `Unavailable` where that cannot be done."""
    packages = missing(programs)
    if not packages:
        return
    if not is_root():
        raise Unavailable(f"{why}, and installing one needs root (missing: {', '.join(packages)})")
    if program("apt-get") is None:
        raise Unavailable(f"{why}, and there is no apt-get to install {', '.join(packages)}")
    apt_get("update")
    apt_get("install", "--yes", "--no-install-recommends", *packages)


def apt_get(*arguments: str) -> None:
    """Run apt-get without a question. Raises `Unavailable` with the end of what it said."""
    environment = {**os.environ, "PATH": PATH, "DEBIAN_FRONTEND": "noninteractive"}
    run(["apt-get", "-o", "DPkg::Lock::Timeout=300", *arguments], environment)


def run(command: list[str], environment: dict[str, str] | None = None) -> str:
    """Run a command to its end and return its output. Raises `Unavailable` with its last lines where it fails."""
    done = subprocess.run(
        command,
        env=environment or {**os.environ, "PATH": PATH},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        last = "\n".join(done.stdout.splitlines()[-15:])
        raise Unavailable(f"`{' '.join(command)}` failed with {done.returncode}:\n{last}")
    return done.stdout
