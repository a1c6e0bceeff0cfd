"""What must hold between the parts of an environment, beyond the shape of each. Every rule notes what it finds."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from tuienv.credentials import how_to_add
from tuienv.inside import leads_out
from tuienv.model import Kind
from tuienv.source import Entry, Mapping, Place, Scalar, Source, suggestion
from tuienv.spec.circles import circles
from tuienv.spec.draft import Draft, drafts, text_at, whole_number
from tuienv.spec.kinds import ENGINES, FIELDS, KEYS
from tuienv.spec.references import BadReference, LayerReference, SecretReference, references
from tuienv.spec.units import name_mistake, published_port

PROVIDERS = ("aws", "docker", "heroku", "sandbox")
"""Providers that a file may hold options and profiles for, whether or not their backends are installed here."""

_VARIABLE = re.compile("[A-Za-z_][A-Za-z0-9_]{0,254}")


@dataclass(frozen=True)
class World:
    """What is known beside the file itself; None: not known, and so not judged.

    `folder`: where relative paths start. `has_secret`: whether a secret of that name can be read.
    """

    backends: Collection[str] | None = None
    folder: Path | None = None
    has_secret: Callable[[str], bool] | None = None


def check_environment(document: Mapping, source: Source, world: World) -> None:
    """Note everything that is wrong with one environment apart from its shape."""
    _Rules(document, source, world).check()


class _Rules:
    def __init__(self, document: Mapping, source: Source, world: World) -> None:
        self._document, self._source, self._world = document, source, world
        self._drafts = drafts(document)
        self._layers = {draft.name: draft for draft in self._drafts}
        self._routed = {name for draft in self._drafts for name in draft.mapping("routes")}

    def check(self) -> None:
        self._check_name(self._document)
        self._check_profiles()
        self._check_options(self._document.entries)
        for draft in self._drafts:
            self._check_layer(draft)
        self._check_circles()
        self._check_published()

    def _check_name(self, document: Mapping) -> None:
        entry = document.entries.get("environment")
        if entry is not None and isinstance(entry.node, Scalar) and isinstance(entry.node.value, str):
            wrong = name_mistake(entry.node.value)
            if wrong:
                self._source.add(entry.node.place, wrong)

    def _check_profiles(self) -> None:
        entry = self._document.entries.get("profile")
        if entry is not None and isinstance(entry.node, Mapping):
            self._check_providers(entry.node)

    def _check_options(self, entries: dict[str, Entry]) -> None:
        options = entries.get("options")
        if options is not None and isinstance(options.node, Mapping):
            self._check_providers(options.node)

    def _check_providers(self, node: Mapping) -> None:
        """The keys of `node` are providers."""
        known = sorted({*PROVIDERS, *(self._world.backends or ())})
        for key, entry in node.entries.items():
            if key not in known:
                self._source.add(entry.place, f"there is no provider {key!r}: {suggestion(key, known)}")

    # --- one layer --------------------------------------------------------------------------------------------

    def _check_layer(self, draft: Draft) -> None:
        wrong = name_mistake(draft.name)
        if wrong:
            self._source.add(draft.place, wrong)
        self._check_backend(draft)
        self._check_values(draft)
        self._check_options(draft.entries)
        if draft.kind is not None:
            self._check_kind(draft, draft.kind)

    def _check_backend(self, draft: Draft) -> None:
        if not draft.backend:
            self._source.add(draft.place, f"layer {draft.name!r} has no backend: write backend: docker, here or above")
        elif self._world.backends is not None and draft.backend not in self._world.backends:
            entries = draft.entries if "backend" in draft.entries else self._document.entries
            place = entries["backend"].node.place
            self._source.add(
                place,
                f"there is no backend {draft.backend!r}: {suggestion(draft.backend, sorted(self._world.backends))}",
            )

    def _check_kind(self, draft: Draft, kind: Kind) -> None:
        for key, entry in draft.entries.items():
            if key in KEYS and kind not in KEYS[key]:
                right = " or ".join(sorted(KEYS[key]))
                self._source.add(entry.place, f"{key!r} means nothing for a layer of kind {kind}, only for {right}")
        if kind is Kind.APP:
            self._check_app(draft)
        else:
            self._check_engine(draft, ENGINES[kind])
            self._check_single(draft, kind)
        if kind is Kind.LOAD_BALANCER:
            self._check_routes(draft)

    def _check_app(self, draft: Draft) -> None:
        image, build = draft.has("image"), draft.has("build")
        if image and build:
            self._source.add(draft.entries["build"].place, "an app has an image or a build, not both: leave one out")
        elif not (image or build):
            self._source.add(
                draft.place, f"app {draft.name!r} has nothing to run: write image: NAME:TAG or build: ./FOLDER"
            )
        self._check_build(draft)
        self._check_health(draft)
        self._check_own_ports(draft)

    def _check_build(self, draft: Draft) -> None:
        written = text_at(draft.entries, "build")
        if not written:
            return
        place = draft.entries["build"].node.place
        if Path(written).is_absolute() or written.startswith("~"):
            self._source.add(place, f"build: must be a path relative to this file, such as ./web, not {written!r}")
        elif self._world.folder is not None and leads_out(self._world.folder, written):
            self._source.add(place, f"build: {written!r} leads out of the project: write a folder inside of it")
        elif self._world.folder is not None and not _is_folder(self._world.folder / written):
            self._source.add(place, f"build: there is no folder {written!r} beside this file")

    def _check_health(self, draft: Draft) -> None:
        entry = draft.entries.get("health")
        if entry is None or not isinstance(entry.node, Mapping):
            return
        ways = [key for key in ("path", "command") if key in entry.node.entries]
        if len(ways) != 1:
            self._source.add(
                entry.place, "health: write one way to ask, path: /healthz or command: [PROGRAM, ARGUMENT]"
            )
        if ways == ["path"] and draft.name not in self._routed:
            self._source.add(
                entry.node.entries["path"].place,
                f"nobody asks for this path: it takes a load-balancer that routes to {draft.name}; "
                "without one write command: [PROGRAM, ARGUMENT]",
            )

    def _check_own_ports(self, draft: Draft) -> None:
        if not draft.has("ports"):
            return
        place = draft.entries["ports"].place
        if not draft.has("port"):
            self._source.add(place, f"{draft.name} publishes ports but has no port of its own: write port: 8000")
        if (draft.number("replicas") or 1) > 1:
            self._source.add(place, "instances cannot share a published port: publish it on a load-balancer instead")

    def _check_engine(self, draft: Draft, engine: str) -> None:
        written = text_at(draft.entries, "engine")
        if written and written != engine:
            self._source.add(
                draft.entries["engine"].node.place, f"a {draft.kind} cannot be {written!r}: the engine is {engine!r}"
            )
        version = draft.node("version")
        if isinstance(version, Scalar) and isinstance(version.value, float):
            self._source.add(
                version.place,
                f'version: {version.text} is a number here, and 7.10 would be 7.1: write "{version.text}"',
            )

    def _check_single(self, draft: Draft, kind: Kind) -> None:
        replicas = draft.number("replicas")
        if replicas is not None and replicas != 1:
            place = draft.entries["replicas"].node.place
            self._source.add(place, f"a {kind} has one instance: leave replicas out; only apps have several")

    # --- routes -----------------------------------------------------------------------------------------------

    def _check_routes(self, draft: Draft) -> None:
        routes = draft.node("routes")
        if not draft.has("routes") or (isinstance(routes, Mapping) and not routes.entries):
            self._source.add(draft.place, f"load-balancer {draft.name!r} routes nowhere: write routes: {{APP: PORT}}")
        paths: dict[str, str] = {}
        for name, entry in draft.mapping("routes").items():
            self._check_target(draft, name, entry.place)
            inside = entry.node.entries if isinstance(entry.node, Mapping) else {"port": entry}
            self._check_target_port(name, whole_number(inside["port"].node) if "port" in inside else None, entry.place)
            path = text_at(inside, "path") or "/"
            other = paths.setdefault(path, name) if name in self._layers else name
            if other != name:
                self._source.add(entry.place, f"{other} and {name} have the same path {path!r}: give one its own")

    def _check_target(self, draft: Draft, name: str, place: Place) -> None:
        target = self._layers.get(name)
        if target is None:
            self._source.add(place, f"there is no layer {name!r}: {suggestion(name, list(self._layers))}")
        elif target.kind not in (Kind.APP, None):
            self._source.add(place, f"{name} is a {target.kind}: a load-balancer routes to apps only")
        elif target.backend and draft.backend and (target.backend, target.profile) != (draft.backend, draft.profile):
            self._source.add(
                place,
                f"{name} runs elsewhere ({_where(target)}): a load-balancer reaches apps beside it ({_where(draft)})",
            )

    def _check_target_port(self, name: str, port: int | None, place: Place) -> None:
        target = self._layers.get(name)
        if target is None or target.kind is not Kind.APP or port is None:
            return
        if not target.has("port"):
            self._source.add(
                target.place, f"{name} must say the port that it listens on, as it is routed to: port: {port}"
            )
        elif target.number("port") not in (port, None):
            self._source.add(place, f"{name} listens on port {target.number('port')}, not on {port}: write the same")

    # --- values -----------------------------------------------------------------------------------------------

    def _check_values(self, draft: Draft) -> None:
        for key, entry in draft.mapping("environment").items():
            if not _VARIABLE.fullmatch(key):
                self._source.add(
                    entry.place, f"{key[:60]!r} cannot be a variable: use letters, digits and '_', such as LOG_LEVEL"
                )
        for value in draft.values():
            if "\0" in value.text:
                self._source.add(value.place, f"{value.key}: a variable cannot hold U+0000")
            for reference in references(value.text):
                for wrong in self._wrong_with(draft, reference):
                    self._source.add(value.place, f"{value.key}: {wrong}")

    def _wrong_with(self, draft: Draft, reference: LayerReference | SecretReference | BadReference) -> Iterator[str]:
        if isinstance(reference, BadReference):
            yield reference.why
        elif isinstance(reference, SecretReference):
            if self._world.has_secret is not None and not self._world.has_secret(reference.name):
                yield f"the secret {reference.name!r} cannot be read: {how_to_add(reference.name)}"
        elif reference.layer == draft.name:
            yield f"{draft.name} refers to itself"
        elif reference.layer not in self._layers:
            yield f"there is no layer {reference.layer!r}: {suggestion(reference.layer, list(self._layers))}"
        else:
            yield from _wrong_field(self._layers[reference.layer], reference.field)

    # --- all layers together ----------------------------------------------------------------------------------

    def _check_circles(self) -> None:
        needs = {draft.name: [name for name, _ in draft.needs() if name in self._layers] for draft in self._drafts}
        for circle in circles(needs):
            first, second = circle[0], circle[1]
            place = next(place for name, place in self._layers[first].needs() if name == second)
            shown = " → ".join(circle)
            self._source.add(place, f"layers need each other in a circle: {shown}; one of these references must go")

    def _check_published(self) -> None:
        """No two layers at one provider publish the same port."""
        taken: dict[tuple[str, str, int], str] = {}
        for draft in self._drafts:
            for node in draft.items("ports"):
                number = _published_number(node.value) if isinstance(node, Scalar) else None
                if number is None:
                    continue
                key = (draft.backend, draft.profile, number)
                if key in taken:
                    self._source.add(node.place, f"port {number} is published by {taken[key]} already: choose another")
                taken.setdefault(key, draft.name)


def _where(draft: Draft) -> str:
    return f"{draft.backend} {draft.profile}".strip()


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):  # too long a name, or a character that no path has
        return False


def _published_number(value: object) -> int | None:
    try:
        return published_port(value).number
    except ValueError:
        return None


def _wrong_field(layer: Draft, field: str) -> Iterator[str]:
    if layer.kind is None:
        return
    known = FIELDS[layer.kind]
    if field not in known:
        yield f"{layer.name} ({layer.kind}) has no {field!r}: {suggestion(field, list(known))}"
    elif layer.kind is Kind.APP and field in ("url", "port") and not layer.has("port"):
        yield f"{layer.name} has no port and so no {field}: write port: 8000 in it"
