"""A layer's load balancers at work: who is let in, who is drained, all through HAProxy's runtime socket.

A replica is served only after the balancer's own check has passed. HAProxy takes a newly resolved server for healthy
until a check fails, so the empty slots are held (drained) while new replicas come up, and opened one by one.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tuienv.backends.base import Steps
from tuienv.backends.docker import naming
from tuienv.backends.docker.executing import output_of
from tuienv.backends.docker.haproxy import RUNTIME_PORT, Routing, asked_path, routing_of
from tuienv.backends.docker.reading import Found
from tuienv.backends.docker_engine.client import Client

_SCRIPT = f"""\
if command -v bash >/dev/null; then
  exec bash -c 'exec 3<>/dev/tcp/127.0.0.1/{RUNTIME_PORT} && printf "%s\\n" "$1" >&3 && cat <&3' tuienv "$1"
fi
printf '%s\\n' "$1" | nc 127.0.0.1 {RUNTIME_PORT}
"""
"""The official image has bash, its Alpine variant has nc."""

_LINE_LIMIT = 8000
"""HAProxy reads at most 16 KiB of commands at once (`tune.bufsize`)."""

DRAIN_SECONDS = 30.0
"""How long requests that are under way have to end before their server is stopped all the same."""

FORGET_SECONDS = 10.0
"""How long the resolver may take to see that a replica is gone; it asks every second."""

PAUSE = 0.2


@dataclass(frozen=True, slots=True)
class Slot:
    """One server of one backend. `address` is empty while nobody has the slot; `check` is HAProxy's word for the
    result of its last check (``L7OK``, ``L4CON``, ``INI``), `detail` what it said about it."""

    backend: str
    server: str
    address: str
    sessions: int
    status: str
    check: str
    detail: str = ""

    @property
    def healthy(self) -> bool:
        return self.check.endswith("OK") and not self.status.startswith("DOWN")

    @property
    def serving(self) -> bool:
        return self.status.startswith("UP")


def read_slots(stat: str) -> list[Slot]:
    """The servers in the answer to ``show stat`` (CSV; HAProxy management guide, 9.1)."""
    rows = csv.DictReader(stat.lstrip("# \n").splitlines())
    return [_slot(row) for row in rows if row.get("type") == "2"]


def _slot(row: dict[str, str]) -> Slot:
    address = (row.get("addr") or "").rpartition(":")[0]
    check = (row.get("check_status") or "").lstrip("* ")
    sessions = int(row.get("scur") or 0) + int(row.get("qcur") or 0)
    detail = " ".join(filter(None, [row.get("check_code"), row.get("last_chk")]))
    return Slot(row["pxname"], row["svname"], address, sessions, row.get("status") or "", check, detail)


class Runtime:
    """The runtime socket of one running HAProxy."""

    def __init__(self, client: Client, container: str, name: str) -> None:
        self._client, self._container, self._name = client, container, name

    def ask(self, command: str) -> str:
        """Send one line of commands. Raises `Conflict` if HAProxy does not answer."""
        argv = ["sh", "-c", _SCRIPT, "tuienv", command]
        return output_of(self._client, self._container, self._name, argv).decode(errors="replace")

    def slots(self) -> list[Slot]:
        return read_slots(self.ask("show stat -1 4 -1"))

    def set_state(self, servers: Iterable[tuple[str, str]], state: str) -> None:
        """Set (backend, server) pairs to ``ready`` or ``drain``."""
        self._set(servers, f"state {state}")

    def set_health(self, servers: Iterable[tuple[str, str]], health: str) -> None:
        """Set (backend, server) pairs ``up`` or ``down``, until their next check says otherwise."""
        self._set(servers, f"health {health}")

    def _set(self, servers: Iterable[tuple[str, str]], what: str) -> None:
        """In as few calls as fit."""
        line = ""
        for backend, server in servers:
            line += f"set server {backend}/{server} {what};"
            if len(line) > _LINE_LIMIT:
                self.ask(line)
                line = ""
        if line:
            self.ask(line)


@dataclass(frozen=True, slots=True)
class Balancer:
    """One load balancer that routes to a layer, the backends in which it does, and the path that it `asks` for."""

    runtime: Runtime
    backends: tuple[str, ...]
    routing: Routing
    asks: str = ""

    def slots(self) -> list[Slot]:
        return [slot for slot in self.runtime.slots() if slot.backend in self.backends]

    def ready_all_but(self, addresses: Iterable[str]) -> None:
        kept = set(addresses)
        self.runtime.set_state(
            ((slot.backend, slot.server) for slot in self.slots() if slot.address not in kept), "ready"
        )


class Candidate:
    """One replica that waits to be let in, as every load balancer sees it.

    A slot keeps the result of its last check when its address changes hands. So each slot of the candidate is first
    put down by hand: only a check that passes after that brings it up again.
    """

    def __init__(self, balancers: Sequence[Balancer], path: str) -> None:
        self._balancers, self._path = balancers, path
        self._doubted: set[tuple[int, str, str]] = set()

    def verdict(self, address: str) -> str:
        """Empty if every balancer's check of this address passed by now; else what the check says."""
        reasons = [self._ask(number, balancer, address) for number, balancer in enumerate(self._balancers)]
        return next(filter(None, reasons), "")

    def _ask(self, number: int, balancer: Balancer, address: str) -> str:
        slots = balancer.slots()
        found = [slot for slot in slots if slot.address == address]
        if len({slot.backend for slot in found}) < len(balancer.backends):
            full = all(slot.address for slot in slots)
            room = f"has room for {balancer.routing.slots} only: `max_replicas` in its options gives it more"
            return f"the load balancer {room if full else 'has not found it yet'}"
        new = [slot for slot in found if (number, slot.backend, slot.server) not in self._doubted]
        if new:
            balancer.runtime.set_health(((slot.backend, slot.server) for slot in new), "down")
            self._doubted |= {(number, slot.backend, slot.server) for slot in new}
            return "the load balancer has not checked it yet"
        failing = next((slot for slot in found if not slot.healthy), None)
        return self._said(balancer, failing) if failing else ""

    def _said(self, balancer: Balancer, slot: Slot) -> str:
        check = f"check of {balancer.asks}" if balancer.asks else "check"
        said = f"the load balancer's {check} says {slot.check} {slot.detail}".strip()
        if balancer.asks == self._path:
            return said
        wanted = f"asks for {self._path}" if self._path else "only connects"
        return (
            f"{said} (it {wanted} once it was made anew, which is planned after this: until then, answer the old path)"
        )


class Gate:
    """Every load balancer in front of one layer. Without any, all of it is nothing."""

    def __init__(self, balancers: Sequence[Balancer], steps: Steps) -> None:
        self._balancers, self._steps = balancers, steps

    def __bool__(self) -> bool:
        return bool(self._balancers)

    def hold(self) -> None:
        """Let nobody new in until `admit`: drain the slots that nobody has."""
        for balancer in self._balancers:
            free = [(slot.backend, slot.server) for slot in balancer.slots() if not slot.address]
            balancer.runtime.set_state(free, "drain")

    def release(self, but: Iterable[str] = ()) -> None:
        """Open every slot but those of the addresses `but`; leftovers of an interrupted change with them."""
        for balancer in self._balancers:
            balancer.ready_all_but(but)

    def candidate(self, path: str) -> Candidate:
        """Somebody new at the gate, who says that it is ready at `path`."""
        return Candidate(self._balancers, path)

    def admit(self, address: str) -> None:
        """Serve it."""
        self._set(address, "ready")

    def drain(self, addresses: Sequence[str]) -> None:
        """Send nothing new to these, and wait until what is under way has ended, or for `DRAIN_SECONDS`."""
        for address in addresses:
            self._set(address, "drain")
        quiet, waited = 0, 0.0
        # Twice in a row: a request that was on its way to the server at the first look is counted by the second.
        while self._balancers and quiet < 2 and waited < DRAIN_SECONDS:
            quiet = 0 if self._sessions(addresses) else quiet + 1
            self._steps.pause(PAUSE)
            waited += PAUSE

    def forget(self, addresses: Sequence[str]) -> None:
        """Wait until the resolver has taken these out, so that whoever gets such an address next is served."""
        waited = 0.0
        while self._balancers and self._known(addresses) and waited < FORGET_SECONDS:
            self._steps.pause(PAUSE)
            waited += PAUSE

    def _known(self, addresses: Sequence[str]) -> bool:
        return any(slot.address in addresses for balancer in self._balancers for slot in balancer.slots())

    def _sessions(self, addresses: Sequence[str]) -> int:
        slots = [slot for balancer in self._balancers for slot in balancer.slots()]
        return sum(slot.sessions for slot in slots if slot.address in addresses)

    def _set(self, address: str, state: str) -> None:
        for balancer in self._balancers:
            servers = [(slot.backend, slot.server) for slot in balancer.slots() if slot.address == address]
            balancer.runtime.set_state(servers, state)


def gate_of(client: Client, found: Iterable[Found], layer: str, steps: Steps) -> Gate:
    """The load balancers among an environment's containers that run and route to `layer`."""
    balancers = []
    for one in found:
        routing = routing_of(one.labels.get(naming.ROUTES, ""))
        backends = routing.backends_of(layer)
        if backends and one.state == "running":
            asks = asked_path(one.labels.get(naming.CHECKS, ""), layer)
            balancers.append(Balancer(Runtime(client, one.id, one.name), backends, routing, asks))
    return Gate(balancers, steps)
