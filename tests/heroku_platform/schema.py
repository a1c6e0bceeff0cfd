"""The Platform API's published schema: which link a request uses, and whether what is said fits it.

Quirks of it: definitions are Draft 4 with `type` as a list; a link's `href` holds percent-encoded pointers; two links
may have one method and path (create a release, roll one back); a few answers say nothing of their shape.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft4Validator, FormatChecker

SCHEMA = Path(__file__).parent / "platform-api-schema.json"
_FORMATS = FormatChecker(("uuid", "email"))
_VARIABLE = re.compile(r"\{[^}]*\}")


@dataclass(frozen=True)
class Link:
    """One thing that can be asked of the API: ``app``, ``Create``, ``POST``, ``/apps``."""

    resource: str
    title: str
    method: str
    href: str
    pattern: re.Pattern[str]
    request: Any  # the schema of the body; None where nothing is said
    target: Any  # the schema of the answer; None where nothing is said

    def __str__(self) -> str:
        return f"{self.method} {self.href} ({self.resource}: {self.title})"


@cache
def document() -> dict[str, Any]:
    """The published schema, with the one state that it lacks: the official CLI knows it, and waits for its end."""
    loaded: dict[str, Any] = json.loads(SCHEMA.read_text())
    loaded["definitions"]["add-on"]["definitions"]["state"]["enum"].append("deprovisioning")
    return loaded


@cache
def links() -> tuple[Link, ...]:
    """All links, those with the most fixed path first."""
    found = [
        _link(resource, raw)
        for resource, definition in document()["definitions"].items()
        for raw in definition.get("links", ())
    ]
    return tuple(sorted(found, key=lambda link: link.href.count("{")))


def _link(resource: str, raw: dict[str, Any]) -> Link:
    href = _VARIABLE.sub("{}", raw["href"])
    pattern = re.compile("[^/]+".join(re.escape(part) for part in href.split("{}")))
    named = re.sub(r"\{\(%23%2Fdefinitions%2F([\w-]+)[^}]*\}", r"{\1}", raw["href"])
    return Link(resource, raw["title"], raw["method"], named, pattern, raw.get("schema"), raw.get("targetSchema"))


def links_for(method: str, path: str) -> list[Link]:
    """The links that a request may be using; several only where method and path are the same for them."""
    found = [link for link in links() if link.method == method and link.pattern.fullmatch(path)]
    return [link for link in found if link.href.count("{") == found[0].href.count("{")]


def mistakes(value: Any, schema: Any) -> list[str]:
    """What is wrong with a value, by this part of the schema: ``updates/0: 'type' is a required property``."""
    validator = _root().evolve(schema=schema)
    return sorted(f"{'/'.join(map(str, error.path)) or '.'}: {error.message}" for error in validator.iter_errors(value))


@cache
def _root() -> Draft4Validator:
    return Draft4Validator(document(), format_checker=_FORMATS)


def answer_mistakes(method: str, path: str, answer: Any) -> list[str]:
    """What is wrong with an answer to this request; nothing where it fits one of the links that the request may use."""
    candidates = links_for(method, path)
    if not candidates:
        return [f"{method} {path} is in no link of the schema"]
    found = [mistakes(answer, link.target) if link.target else [] for link in candidates]
    return min(found, key=len)
