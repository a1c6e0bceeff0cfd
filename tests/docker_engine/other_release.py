"""The engine of another Debian release, beside this one's: a later Docker, to run the tests against."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tests.docker_engine.machine import PATH, Unavailable, install, is_root, program, run
from tests.docker_engine.rootfs import GROUND, locked, mirror, proxies

PACKAGES = ("docker.io", "containerd")

KEPT = ("docker", "containerd", "tini")
"""What its programs begin with. All else that it unpacks, runc too, needs that release's C library: the machine's own
serves as well."""


def path(release: str) -> str:
    """A PATH on which the engine of that release, ``trixie`` or ``forky``, comes before the machine's. It is fetched
    first where it is not there. Raises `Unavailable` where it cannot be."""
    folder = GROUND / f"engine-{release}"
    with locked(GROUND / "engine.lock"):
        if not folder.exists():
            fetch(release, folder)
    return os.pathsep.join((f"{folder}/usr/sbin", f"{folder}/usr/bin", PATH))


def fetch(release: str, folder: Path) -> None:
    """Unpack the release's engine, and what it needs, into a folder; nothing of it is installed."""
    install()
    if not is_root():
        raise Unavailable(f"the engine of {release} is missing, and unpacking it needs root")
    unfinished = folder.with_suffix(".part")
    shutil.rmtree(unfinished, ignore_errors=True)
    run(
        [
            program("mmdebstrap") or "mmdebstrap",
            "--variant=extract",
            f"--include={','.join(PACKAGES)}",
            '--aptopt=Apt::Install-Recommends "false"',
            '--aptopt=Acquire::Check-Valid-Until "false"',  # a mirror may be weeks behind; it is signed all the same
            *(f"--aptopt={option}" for option in proxies()),
            release,
            str(unfinished),
            *mirror(),
        ]
    )
    keep_engine(unfinished)
    unfinished.rename(folder)


def keep_engine(folder: Path) -> None:
    """Leave of the programs only those of the engine: the others would stand before the machine's own."""
    for name in ("usr/bin", "usr/sbin"):
        for one in (folder / name).iterdir():
            if not one.name.startswith(KEPT):
                one.unlink()
