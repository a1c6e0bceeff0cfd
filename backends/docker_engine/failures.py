"""What the engine says when it will not, in the words of the contract."""

from __future__ import annotations

import json
from collections.abc import Mapping

from tuienv.backends.base import (
    Conflict,
    Forbidden,
    Invalid,
    NotAuthenticated,
    NotFound,
    ProviderError,
    Throttled,
    Unreachable,
)
from tuienv.text import plain

_BY_STATUS: Mapping[int, tuple[type[ProviderError], str]] = {
    400: (Invalid, "The engine does not take it like this."),
    401: (NotAuthenticated, "Sign in with `docker login`."),
    403: (Forbidden, "The engine, or what guards it, does not allow it."),
    404: (NotFound, "It may have been removed meanwhile: look again."),
    409: (Conflict, "Wait for what is going on there, then try again."),
    429: (Throttled, "The engine's guard limits requests; try again later."),
    501: (Invalid, "This engine cannot do it."),
    503: (Unreachable, "The engine is starting or shutting down; try again."),
}
_OTHER = (Conflict, "Mend what the engine names, then run it again.")


def refused(tried: str, target: str, status: int, body: bytes) -> ProviderError:
    """The error for an answer of 400 and above. The engine answers 500 to much that is not its own fault (a port
    that is taken, a name that is used), so those are conflicts, not failures to answer."""
    kind, remedy = _BY_STATUS.get(status, _OTHER)
    return kind(tried, target, said_in(body) or f"HTTP {status}", remedy)


def said_in(body: bytes) -> str:
    """The engine's own sentence in an answer: one clean line, without a stop at its end."""
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    message = answer.get("message") if isinstance(answer, dict) else None
    return plain(message if isinstance(message, str) else body).strip().rstrip(".")


def unanswered(tried: str, target: str, engine: str, error: Exception) -> ProviderError:
    """The error for no answer, or half of one. A socket that we may not open is a matter of permission."""
    reason = _root(error)
    said = plain(getattr(reason, "strerror", None) or str(reason) or type(reason).__name__)
    if isinstance(reason, PermissionError):
        return Forbidden(tried, target, f"{said} ({engine})", "Join the group that owns the socket, usually `docker`.")
    if isinstance(reason, TimeoutError) or "timed out" in said:
        said = "it accepted the connection and did not answer in time"
    return Unreachable(tried, target, f"{said} ({engine})", "Is the engine running? `docker version` tells.")


def _root(error: BaseException) -> BaseException:
    """The innermost reason: urllib3 wraps what the socket said, sometimes twice."""
    seen = {id(error)}
    while (inner := _inner(error)) is not None and id(inner) not in seen:
        seen.add(id(inner))
        error = inner
    return error


def _inner(error: BaseException) -> BaseException | None:
    reason = getattr(error, "reason", None)
    candidates = [reason, *reversed(error.args), error.__cause__, error.__context__]
    return next((found for found in candidates if isinstance(found, OSError)), None)
