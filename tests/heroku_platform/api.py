"""One request to the API, from its headers to its answer: version, sign-in, rate limit, route, body, page, ETag."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from tests.heroku_platform import bodies, errors, paging, resources, routes
from tests.heroku_platform.faults import Fault, Kind
from tests.heroku_platform.records import Account
from tests.heroku_platform.routes import Answer, Call
from tests.heroku_platform.signing_in import sign_in, spend
from tests.heroku_platform.world import World

assert resources  # its routes are registered by importing it
MEDIA_TYPE = "application/vnd.heroku+json"
_NO_VERSION = (
    "Please specify a version along with Heroku's API MIME type. For example, "
    "`Accept: application/vnd.heroku+json; version=3`.\n"
)
_STRUCK: dict[Kind, Callable[[], errors.ApiError]] = {
    Kind.RATE_LIMIT: errors.rate_limit,
    Kind.NAME_TAKEN: lambda: errors.invalid("Name is already taken"),
    Kind.EXPIRED_SESSION: lambda: errors.unauthorized("The access token provided is expired."),
}


@dataclass
class Response:
    """What goes over the wire."""

    status: int
    content: bytes
    headers: dict[str, str] = field(default_factory=dict)


def answer(
    world: World, method: str, path: str, headers: Mapping[str, str], content: bytes, fault: Fault | None
) -> tuple[Response, dict[str, Any]]:
    """The response to a request, and its body as it was read."""
    common = {
        "Request-Id": str(uuid4()), "RateLimit-Multiplier": "1", "Cache-Control": "private, no-cache",
        "Vary": "Accept-Encoding", "X-Content-Type-Options": "nosniff", "Oauth-Scope": "global",
    }  # fmt: skip
    body: dict[str, Any] = {}
    with world.held():
        try:
            _check_version(headers)
            account = sign_in(world, headers)
            common["RateLimit-Remaining"] = str(int(account.tokens))
            common["RateLimit-Remaining"] = str(spend(world, account))
            body = _read(content)
            _strike(fault, account, headers, body)
            handler, names = routes.find(method, path)
            bodies.check(method, path, body)
            given = handler(Call(world, account, names, body, headers))
            if given.ranges:
                given = paging.cut(given, headers.get("Range"))
            _after(world, fault, headers, given)
        except errors.ApiError as error:
            given = Answer(error.body, error.status, error.headers)
        except _NoVersion:
            given = Answer({"id": "missing_version", "error": _NO_VERSION}, 406)
    return _respond(method, headers, given, common), body


class _NoVersion(Exception):
    pass


def _check_version(headers: Mapping[str, str]) -> None:
    accepted = headers.get("Accept", "").replace(" ", "")
    if f"{MEDIA_TYPE};version=3" not in accepted:
        raise _NoVersion


def _read(content: bytes) -> dict[str, Any]:
    if not content.strip():
        return {}
    try:
        body = json.loads(content)
    except ValueError as error:
        raise errors.bad_request("Unable to parse JSON request body.") from error
    if not isinstance(body, dict):
        raise errors.bad_request("The request body must be a JSON object.")
    return body


def _strike(fault: Fault | None, account: Account, headers: Mapping[str, str], body: dict[str, Any]) -> None:
    if fault is None:
        return
    if fault.kind is Kind.REVOKED_KEY:
        account.keys.clear()
        raise errors.unauthorized()
    if fault.kind is Kind.SECRET_ECHOED:
        raise errors.invalid(f"Cannot process {headers.get('Authorization')} with {json.dumps(body)}")
    if fault.kind is Kind.ERROR:
        raise errors.other(fault.status, fault.name or "Something went wrong.")
    if fault.kind is Kind.FORBIDDEN:
        raise errors.forbidden(fault.name or "You do not have access to this resource.")
    if fault.kind in _STRUCK:
        raise _STRUCK[fault.kind]()


def _after(world: World, fault: Fault | None, headers: Mapping[str, str], given: Answer) -> None:
    if fault is None:
        return
    if fault.kind is Kind.APP_VANISHES:
        app = world.app_named(fault.name)
        if app is not None:
            resources.apps.remove(world, app)
    if fault.kind is Kind.ADDON_STUCK:
        world.addons[given.body["id"]].stuck = True
    if fault.kind is Kind.LOOPING_RANGE:
        given.status = 206
        given.headers["Next-Range"] = headers.get("Range", "id ..; max=200")


def _respond(method: str, headers: Mapping[str, str], given: Answer, common: dict[str, str]) -> Response:
    if ".sdk" in headers.get("Accept", ""):
        given.body = _as_sdk(given.body)
    content = json.dumps(given.body).encode()
    sent = {"Content-Type": "application/json", **common, **given.headers}
    if given.status in {200, 206}:
        sent["ETag"] = f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'
        if method == "GET" and sent["ETag"] in headers.get("If-None-Match", ""):
            return Response(304, b"", {name: value for name, value in sent.items() if name != "Content-Type"})
    return Response(given.status, content, sent)


def _as_sdk(body: Any) -> Any:
    """The variant ``3.sdk``, which the official CLI asks for, has a generation as its name alone."""
    if isinstance(body, list):
        return [_as_sdk(row) for row in body]
    if isinstance(body, dict) and isinstance(body.get("generation"), dict):
        return {**body, "generation": body["generation"]["name"]}
    return body
