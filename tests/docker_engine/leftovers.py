"""What an engine leaves when it ends or is killed: processes, mounts, bridges, firewall rules, files."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from tests.docker_engine.machine import PATH, program

INTERFACES = Path("/sys/class/net")
PREFIX = "tuienv-engine-"


def clear_abandoned() -> None:
    """Take down the engines whose test run was killed before it could do so."""
    for folder in Path("/tmp").glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError, ValueError):
            if not alive(int((folder / "owner").read_text())):
                clear(folder)


def clear(folder: Path) -> None:
    """Remove everything that belongs to an engine's folder, and the folder."""
    end_processes(folder)
    for path in mounts(folder):
        command("umount", "--lazy", path)
    for name in bridges(folder):
        forget_rules(name)
        command("ip", "link", "delete", name)
    shutil.rmtree(folder, ignore_errors=True)


def end_processes(folder: Path) -> None:
    """End what runs for an engine: first asked to, then killed."""
    for ending in (signal.SIGTERM, signal.SIGKILL):
        running = processes(folder)
        for pid in running:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, ending)
        wait(partial(gone, running), 5)


def gone(pids: set[int]) -> bool:
    """Whether none of these processes is there."""
    return not any(alive(pid) for pid in pids)


def alive(pid: int) -> bool:
    """Whether a process is there and runs: one that ended may stay in the table until its parent asks for it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def frozen(pid: int) -> bool:
    """Whether every thread of a process is stopped."""
    states = (task / "stat" for task in Path(f"/proc/{pid}/task").iterdir())
    # The name, in brackets, may hold spaces: the state is the first field after it.
    return all(state.read_text().rpartition(")")[2].split()[0] == "T" for state in states)


def processes(folder: Path) -> set[int]:
    """dockerd, containerd and the shims, whose command lines name the folder, and all that descends from them."""
    parents, found = {}, set()
    for pid, parent, line in process_table():
        parents[pid] = parent
        if f"{folder}/" in line and pid != os.getpid():
            found.add(pid)
    while grown := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= grown
    return found


def process_table() -> Iterator[tuple[int, int, str]]:
    """Every process: its number, its parent's and its command line."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                # The name, in brackets, may hold spaces: the parent is the second field after it.
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                yield int(entry.name), parent, (entry / "cmdline").read_text(errors="replace")


def mounts(folder: Path) -> list[str]:
    """What is mounted below a folder, the deepest first."""
    points = (line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines())
    return sorted((point for point in points if point.startswith(f"{folder}/")), reverse=True)


def bridges(folder: Path) -> list[str]:
    """The bridges of an engine: its own, and one for each network that its database names."""
    names = [(folder / "bridge").read_text()] if (folder / "bridge").exists() else []
    database = folder / "data/network/files/local-kv.db"
    known = database.read_bytes() if database.exists() else b""
    for interface in INTERFACES.glob("br-*"):
        # Docker calls a bridge by the first twelve digits of its network's id.
        if re.fullmatch(r"br-[0-9a-f]{12}", interface.name) and interface.name[3:].encode() in known:
            names.append(interface.name)
    return [name for name in names if (INTERFACES / name).exists()]


def forget_rules(bridge: str) -> None:
    """Remove the firewall rules that name a bridge: dockerd leaves them."""
    for table in ("nat", "filter"):
        for rule in command("iptables", "--wait", "-t", table, "-S").splitlines():
            words = rule.split()
            if words[:1] == ["-A"] and bridge in words:
                command("iptables", "--wait", "-t", table, "-D", *words[1:])


def command(name: str, *arguments: str) -> str:
    """Run a program for what it does where it can: what is already gone is no failure. Returns its output."""
    done = subprocess.run(
        [program(name) or name, *arguments],
        env={"PATH": PATH},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout


def wait(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait until a condition holds. False where it does not within that time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True
