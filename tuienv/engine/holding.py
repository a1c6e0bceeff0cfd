"""Who holds a lock: how a process calls itself in one, and whether the process that took one is still there.

A lock's token says by which process it was taken: ``PLACE-BOOT-PID-START-RANDOM``. Place: a digest of the machine and
of the namespace in which process numbers count there; boot: a digest of its kernel's boot. So the same machine can
tell a lock whose process was killed, and no other machine takes it for one of its own.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import socket
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tuienv.journal import user
from tuienv.model import Lock

KEPT = "0"
"""In place of a process's number: the lock is a person's, and no process's end ends it."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that may hold locks. `name`: for people; `place`, `boot`, `pid`, `start`: the parts of its tokens."""

    name: str
    place: str
    boot: str
    pid: int
    start: str

    def lock(self, why: str, now: float, *, kept: bool = False) -> Lock:
        """A lock that nobody else has. `kept`: until the person takes it off, not until the process ends."""
        pid = KEPT if kept else str(self.pid)
        token = "-".join((self.place, self.boot, pid, self.start, secrets.token_hex(6)))
        return Lock(token, self.name, now, why)

    def owns(self, lock: Lock) -> bool:
        """Whether it is a lock that this person has put on, from this machine, to be kept."""
        place, _, pid, *_ = _parts(lock)
        return (lock.holder, place, pid) == (self.name, self.place, KEPT)

    def took(self, lock: Lock) -> bool:
        """Whether a run of this very process took it."""
        return _parts(lock)[:4] == (self.place, self.boot, str(self.pid), self.start)

    def is_gone(self, lock: Lock) -> bool:
        """Whether the process that took it has ended, as far as can be told from here: only on the same machine."""
        place, boot, pid, start, _ = _parts(lock)
        if place != self.place or pid == KEPT or not pid.isdecimal():
            return False
        return boot != self.boot or started(int(pid)) != start


@cache
def this_process() -> Holder:
    """This one. Asked once: a process that forks asks for itself again (`os.register_at_fork`)."""
    namespace = _read_link("/proc/self/ns/pid")
    machine = _text("/etc/machine-id") or _text("/var/lib/dbus/machine-id")
    place = _digest(socket.gethostname(), machine, namespace)
    boot = _digest(_text("/proc/sys/kernel/random/boot_id"))
    return Holder(f"{user()}@{socket.gethostname()}", place, boot, os.getpid(), started(os.getpid()))


os.register_at_fork(after_in_child=this_process.cache_clear)


def is_kept(lock: Lock) -> bool:
    """Whether a person has put it on, rather than a run for as long as it takes."""
    return _parts(lock)[2] == KEPT


def started(pid: int) -> str:
    """When that process was started, in whatever the system counts; empty if there is none (any more).

    Linux: field 22 of ``/proc/PID/stat`` (proc(5)), after the name in parentheses. Elsewhere only whether it lives is
    known, so that a number that was given to another process meanwhile is taken for the old one: the safe mistake.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except FileNotFoundError:
        return "" if os.path.exists("/proc/self/stat") or not _lives(pid) else "0"
    except OSError:
        return ""
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] in "ZX" else fields[19]


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _parts(lock: Lock) -> tuple[str, str, str, str, str]:
    """The parts of a token; of one that is not ours, nothing but its being there."""
    parts = lock.token.split("-")
    return (parts[0], parts[1], parts[2], parts[3], parts[4]) if len(parts) == 5 else ("", "", "", "", "")


def _digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:10]


def _text(path: str) -> str:
    try:
        return Path(path).read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _read_link(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""
