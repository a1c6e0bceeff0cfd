"""The double's own paths, under ``/_double/``: for what stands alone and is steered from another process.

| | |
|---|---|
| `POST accounts` | `{email, key}`: a new account |
| `POST images` | `{id, …}`: an image that can be released; the rest is what `Program` takes |
| `POST apps` | `{name, email, …}`: an app of that account with code on it; the rest is what `Program` takes |
| `POST requests` | `{app, count, path, status, milliseconds}`: let an app be asked, for the router's lines |
| `GET`, `POST`, `DELETE faults` | what is to go wrong: what `Fault` takes |
| `GET requests` | what was asked of the API, and what the schema has against it |
| `POST skip` | `{seconds}`: let so many go by at once |
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tests.heroku_platform import planting, traffic
from tests.heroku_platform.api import Response
from tests.heroku_platform.records import Program

if TYPE_CHECKING:
    from tests.heroku_platform.server import Site

PREFIX = "/_double/"


def owns(path: str) -> bool:
    """Whether this path is answered here."""
    return path.startswith(PREFIX)


def answer(site: Site, method: str, path: str, content: bytes) -> Response:
    """Do what was asked, in JSON. What cannot be done is told with 400."""
    deed = _DEEDS.get((method, path.removeprefix(PREFIX)))
    if deed is None:
        return Response(404, b"{}", {"Content-Type": "application/json"})
    try:
        status, body = 200, deed(site, json.loads(content) if content else {})
    except (TypeError, ValueError, LookupError) as error:
        status, body = 400, {"message": f"{type(error).__name__}: {error}"}
    return Response(status, json.dumps(body).encode(), {"Content-Type": "application/json"})


def _faults(site: Site, body: dict[str, Any]) -> Any:
    return [vars(fault) for fault in site.faults.waiting()]


def _add_fault(site: Site, body: dict[str, Any]) -> Any:
    return vars(site.faults.add(**body))


def _clear_faults(site: Site, body: dict[str, Any]) -> Any:
    site.faults.clear()


def _requests(site: Site, body: dict[str, Any]) -> Any:
    return {"requests": [str(each) for each in site.recorder.requests], "mistakes": site.recorder.mistakes()}


def _skip(site: Site, body: dict[str, Any]) -> Any:
    planting.skip(site.world, body["seconds"])


def _account(site: Site, body: dict[str, Any]) -> Any:
    return {"id": planting.account(site.world, body["email"], body["key"]).id}


def _image(site: Site, body: dict[str, Any]) -> Any:
    image_id = body.pop("id")
    planting.image(site.world, image_id, Program(**body))


def _app(site: Site, body: dict[str, Any]) -> Any:
    name, email = body.pop("name"), body.pop("email")
    owner = next(account for account in site.world.accounts if account.email == email)
    return {"id": planting.app(site.world, name, owner, Program(**body)).id}


def _traffic(site: Site, body: dict[str, Any]) -> Any:
    with site.world.held() as world:
        app = world.app_named(body.pop("app"))
        if app is None:
            raise LookupError("there is no such app")
        return {"status": traffic.serve(world, app, **body)}


_DEEDS: dict[tuple[str, str], Callable[[Site, dict[str, Any]], Any]] = {
    ("GET", "faults"): _faults,
    ("POST", "faults"): _add_fault,
    ("DELETE", "faults"): _clear_faults,
    ("GET", "requests"): _requests,
    ("POST", "requests"): _traffic,
    ("POST", "skip"): _skip,
    ("POST", "accounts"): _account,
    ("POST", "images"): _image,
    ("POST", "apps"): _app,
}
