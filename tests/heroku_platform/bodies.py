"""Whether the body of a request is one that the API takes.

The API takes a few things that its schema does not have, and so does the double: what the official CLI sends to scale
(`size`, quantities as text) and for a plan (``{"name": …}``), `docker_image`, which the variant ``3.docker-releases``
brings, `process`, the old name of `type`, and an authorization without a scope. `strict` knows `docker_image` alone;
the recorder uses it to judge our own requests.
"""

from __future__ import annotations

from typing import Any

from tests.heroku_platform import errors
from tests.heroku_platform.schema import Link, links_for, mistakes

IMAGES = "version=3.docker-releases"


def check(method: str, path: str, body: dict[str, Any]) -> None:
    """Raise 422 where the API would refuse this body."""
    candidates = [link for link in links_for(method, path) if link.request]
    judged = [(mistakes(_translated(link, body), link.request), link) for link in candidates]
    if not judged:
        return
    found, link = min(judged, key=lambda pair: len(pair[0]))
    absent = [name for name in link.request.get("required", ()) if name not in _translated(link, body)]
    if absent:
        raise errors.missing(*absent)
    if found:
        raise errors.invalid(f"Invalid params: {'; '.join(found)}.")


def strict(method: str, path: str, body: dict[str, Any], accept: str) -> tuple[Link | None, list[str]]:
    """The link that a request uses, and what the schema says against it."""
    candidates = links_for(method, path)
    if not candidates:
        return None, [f"{method} {path} is in no link of the schema"]
    if IMAGES in accept:
        body = _without_images(body)
    judged = [(mistakes(body, link.request) if link.request else [], link) for link in candidates]
    found, link = min(judged, key=lambda pair: len(pair[0]))
    return link, found


def _translated(link: Link, body: dict[str, Any]) -> dict[str, Any]:
    if link.resource == "oauth-authorization":
        return {"scope": ["global"], **body}
    if link.resource == "add-on" and isinstance(body.get("plan"), dict):
        return {**body, "plan": body["plan"].get("name", body["plan"].get("id"))}
    if link.resource != "formation":
        return body
    if isinstance(body.get("updates"), list):
        return {**body, "updates": [_plain_update(update) for update in body["updates"] if isinstance(update, dict)]}
    return _plain_update(body)


def _plain_update(update: dict[str, Any]) -> dict[str, Any]:
    plain = {name: value for name, value in update.items() if name not in {"size", "docker_image", "process"}}
    if "process" in update:
        plain["type"] = update["process"]
    if isinstance(update.get("quantity"), str):
        plain["quantity"] = 0
    return plain


def _without_images(body: dict[str, Any]) -> dict[str, Any]:
    updates = body.get("updates")
    if not isinstance(updates, list):
        return body
    left = [{name: value for name, value in update.items() if name != "docker_image"} for update in updates]
    return {**body, "updates": left}
