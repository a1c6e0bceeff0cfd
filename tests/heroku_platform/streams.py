"""What is read without signing in, at addresses that the API hands out: logs, the output of builds and release phases,
and the sources that clients put there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

from tests.heroku_platform.api import Response
from tests.heroku_platform.records import LogLine, Session
from tests.heroku_platform.world import World

_SESSION = re.compile(r"/sessions/([^/]+)")


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
    return Response(404, b"", {})


def _follow(world: World, session: Session, events: bool) -> Iterator[bytes]:
    """The last lines that were asked for, then what comes, until the session runs out."""
    with world.held():
        until = world.now() + timedelta(seconds=world.seconds["session_connected"])
        seen = session.app.log.written
        first = [line for line in session.app.log.lines if session.has(line)]
    yield _bytes(first[-session.lines :] if session.lines else [], events)
    while session.tail:
        with world.lock:
            left = (until - world.now()).total_seconds() / world.clock.speed
            if left <= 0 or world.closed or session.app.id not in world.apps:
                return
            if session.app.log.written == seen:
                world.changed.wait(min(left, 1.0))
            fresh = [line for line in session.app.log.lines if line.number > seen]
            seen = session.app.log.written
        yield _bytes([line for line in fresh if session.has(line)], events)


def _bytes(lines: list[LogLine], events: bool) -> bytes:
    if events:
        return "".join(f"id: {line.number}\ndata: {line}\n\n" for line in lines).encode()
    return "".join(f"{line}\n" for line in lines).encode()
