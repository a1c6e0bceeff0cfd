"""What a layer was made from, told from its marks and from what the API says now."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tuienv.backends.heroku.client import Row
from tuienv.backends.heroku.marks import CODE, UNFINISHED, LayerMark
from tuienv.backends.heroku.naming import attachment_name
from tuienv.backends.heroku.state import AppState
from tuienv.text import digest, looks_secret, plain

VARIABLE = "environment."
_URL = re.compile(r"\$\{layers\.([^.}]*)\.url\}")


def app_facets(mark: LayerMark, app: AppState) -> dict[str, str]:
    """What an app was made from: its variables as they are now, its code as its release tells, the rest as marked.

    Nothing where nothing is marked: it cannot be told then.
    """
    if not mark.facets and not mark.unfinished:
        return {}
    rest = {key: value for key, value in mark.facets.items() if key not in CODE and not key.startswith(VARIABLE)}
    return {**rest, **code_facets(mark, app), **_variables(mark, app), **_unfinished(mark)}


def code_facets(mark: LayerMark, app: AppState) -> dict[str, str]:
    """Those of the code that runs; as marked where the release that brought it is older than those that are known."""
    version = app.settled.code_version()
    if not version:
        return {key: value for key, value in mark.facets.items() if key in CODE}
    if str(version) in mark.code:
        return dict(mark.code[str(version)])
    row = app.settled.release(version) or {}
    return {"image": plain(str(row.get("description", "")))}


def plain_facets(mark: LayerMark) -> dict[str, str]:
    """Those of a layer that is no app."""
    return {**mark.facets, **_unfinished(mark)}


def data_facets(mark: LayerMark, addon: Row) -> dict[str, str]:
    """Those of an add-on; its plan is what it is now, where the file names one."""
    found = plain_facets(mark)
    if "options.plan" in found and plan_of(addon) not in ("", found["options.plan"]):
        found["options.plan"] = plan_of(addon)
    return found


def shown(key: str, value: str) -> str:
    """A variable as a facet: itself, or a digest of it if it may be secret (`tuienv.plan.facets.variable`)."""
    return digest(key, value) if looks_secret(key, value) else value


def plan_of(addon: Row) -> str:
    """The plan of an add-on without its service: ``standard-0``."""
    return plain(str((addon.get("plan") or {}).get("name", ""))).partition(":")[2]


def data_reference(value: str) -> str:
    """The layer whose URL a variable is, and nothing else: on Heroku, where that layer is an add-on, an attachment.
    Empty for any other value."""
    match = _URL.fullmatch(value)
    return match[1] if match else ""


def attachment_for(key: str) -> str:
    """The name of the attachment that gives a variable of this name; empty where none can."""
    return key.removesuffix("_URL") if key.endswith("_URL") and len(key) > len("_URL") else ""


def is_data_of(addon: Row, layer: str, name: str) -> bool:
    """Whether an add-on on the ground is that of a layer: by its name, or by the variable that it gives there."""
    return addon.get("name") == name or f"{attachment_name(layer)}_URL" in (addon.get("config_vars") or ())


def _variables(mark: LayerMark, app: AppState) -> dict[str, str]:
    found: dict[str, str] = {}
    own = app.settled.own()
    for key, value in app.settled.config.items():
        marked: Mapping[str, str] = mark.facets
        name = VARIABLE + key
        if key in own:
            same = name in marked and mark.values.get(key) == digest(key, value)
            found[name] = marked[name] if same else shown(key, value)
        elif name in marked:
            found[name] = marked[name]
    return found


def _unfinished(mark: LayerMark) -> dict[str, str]:
    return {UNFINISHED: "yes"} if mark.unfinished else {}
