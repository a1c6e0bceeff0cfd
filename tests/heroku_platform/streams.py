"""What is read without signing in, at addresses that the API hands out: logs, the output of builds and release phases,
and the sources that clients put there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from tests.heroku_platform.api import Response
from tests.heroku_platform.records import LogLine, Output, Session
from tests.heroku_platform.world import World

_SESSION = re.compile(r"/sessions/([^/]+)")
_OUTPUT = re.compile(r"/_streams/(?:builds|releases)/([^/]+)")
_SOURCE = re.compile(r"/_sources/([^/]+)")


def owns(path: str) -> bool:
    """Whether this path is answered here."""
    return path.startswith(("/sessions/", "/_streams/", "/_sources/"))


def answer(world: World, method: str, path: str, content: bytes, events: bool) -> Response | Iterator[bytes]:
    """A whole answer, or the pieces of one that goes on. `events`: as server-sent events, for the official CLI."""
    match = _SESSION.fullmatch(path)
    if match:
        with world.held():
            session = world.sessions.get(match[1])
            unused = timedelta(seconds=world.seconds["session_unused"])
            if session is None or world.now() > session.made_at + unused:
                return Response(404, b"No such session\n", {"Content-Type": "text/html"})
        return _follow(world, session, events)
    match = _OUTPUT.fullmatch(path)
    if match and match[1] in world.outputs:
        return _told(world, world.outputs[match[1]])
    match = _SOURCE.fullmatch(path)
    if match and match[1] in world.sources:
        return _source(world, match[1], method, content)
    return Response(404, b"", {})


def _source(world: World, source: str, method: str, content: bytes) -> Response:
    """Clients put a tarball here without signing in, and builds get it."""
    with world.held():
        if method == "PUT":
            world.sources[source] = content
            return Response(200, b"")
        return Response(200, world.sources[source], {"Content-Type": "application/octet-stream"})


def _told(world: World, output: Output) -> Iterator[bytes]:
    """What a build or a release phase has said, then what it says, to its end."""
    told = 0
    while True:
        with world.lock:  # not held(): that would tell the others of a change each time
            fresh, over = output.lines[told:], output.over or world.closed
            told += len(fresh)
            if not fresh and not over:
                world.changed.wait(1.0)
        yield "".join(f"{line}\n" for line in fresh).encode()
        if over:
            return


def _follow(world: World, session: Session, events: bool) -> Iterator[bytes]:
    """The last lines asked for, in pieces as Logplex sends them, then what comes, until the session runs out. What is
    written once the answer has begun is new, so where it begins is settled before that."""
    with world.held():
        until = world.now() + timedelta(seconds=world.seconds["session_connected"])
        seen = session.app.log.written
        first = [line for line in session.app.log.lines if session.has(line)]
    kept = first[-session.lines :] if session.lines else []
    return _pieces(world, session, events, kept, seen, until)


def _pieces(
    world: World, session: Session, events: bool, kept: list[LogLine], seen: int, until: datetime
) -> Iterator[bytes]:
    for line in kept:
        yield _bytes([line], events)
    if not kept:
        yield b""  # the answer begins although there is nothing to say yet
    while session.tail:
        with world.lock:
            left = (until - world.now()).total_seconds() / world.clock.speed
            if left <= 0 or world.closed or session.app.id not in world.apps:
                return
            if session.app.log.written == seen:
                world.changed.wait(min(left, 1.0))
                continue  # it may have run out meanwhile, before what was written
            fresh = [line for line in session.app.log.lines if line.number > seen]
            seen = session.app.log.written
        yield _bytes([line for line in fresh if session.has(line)], events)


def _bytes(lines: list[LogLine], events: bool) -> bytes:
    if events:
        return "".join(f"id: {line.number}\ndata: {line}\n\n" for line in lines).encode()
    return "".join(f"{line}\n" for line in lines).encode()
