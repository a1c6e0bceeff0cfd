"""Whatever goes wrong, and however loudly a provider says so: no secret that was read gets into anything written."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from tests.contract import planted
from tests.contract.trial import Trial
from tuienv.backends.base import Backends, Conflict, Forbidden, NotAuthenticated, ProviderError, Throttled, Unreachable
from tuienv.cli.errors import as_stop
from tuienv.cli.shapes import print_json
from tuienv.crash import write_report
from tuienv.engine import Engine
from tuienv.journal import Journal
from tuienv.model import Progress, Verb
from tuienv.redaction import guard_logging
from tuienv.worker.answers import why

SAID = " ".join(planted.ALL)
ERRORS: Mapping[str, Callable[[], Exception]] = {
    **{
        kind.__name__: lambda kind=kind: kind("try", SAID, SAID, SAID)  # type: ignore[misc]  # bound now
        for kind in (Unreachable, Throttled, NotAuthenticated, Forbidden, Conflict)
    },
    "a defect": lambda: ValueError(SAID),
}


class Loud:
    """The backend, but for one call that fails and tells everything it knows."""

    def __init__(self, backend: Any, call: str, error: Callable[[], Exception]) -> None:
        self._backend, self._call, self._error = backend, call, error

    def __getattr__(self, name: str) -> Any:
        if name == self._call:
            return self._fail
        return getattr(self._backend, name)

    def _fail(self, *_: object, **__: object) -> None:
        raise self._error()


@pytest.fixture
def told() -> Iterator[list[str]]:
    """What was told to people, beside what went to the terminal and to files: nothing in it may be secret."""
    found: list[str] = []
    yield found
    assert not planted.found_in("\n".join(found))


def engine_of(shop: Trial, backend: Any) -> Engine:
    """An engine that has read every secret there is."""
    planted.read_secret(planted.NAME)
    engine = Engine(
        Backends({backend.name: lambda profile="": backend}), Journal(shop.journal), read_secret=planted.read_secret
    )
    engine.config(shop.address("web"), (backend.name, backend.profile))
    return engine


@pytest.mark.parametrize("kind", ERRORS)
def test_an_error_in_the_middle_of_a_change(shop: Trial, kind: str, told: list[str]) -> None:
    loud = Loud(shop.backend, "apply", ERRORS[kind])
    engine, places = engine_of(shop, loud), [(loud.name, loud.profile)]
    deed = shop.deed(Verb.CONFIGURE, "web", settings={"LEVEL": "debug"})
    plan = engine.preview(deed.operation, deed.spec, places)
    progress: list[Progress] = []
    outcome = engine.run(plan, deed.spec, places, progress.append)
    assert outcome.failed, "the error was injected"
    records = Journal(shop.journal).records()
    told += map(repr, (plan, outcome, *progress, *records))
    print_json([str(failure) for _, failure in outcome.failed])
    print_json([record.detail for record in records])


@pytest.mark.parametrize("kind", ERRORS)
def test_an_error_while_looking(shop: Trial, kind: str, told: list[str]) -> None:
    engine_of(shop, shop.backend)
    error = ERRORS[kind]()
    stop = as_stop(error)
    if stop is not None:
        stop.show()
    told += [str(why(error, None)), repr(error) if isinstance(error, ProviderError) else ""]


def test_reading_the_variables_of_a_layer_shows_no_secret(shop: Trial, told: list[str]) -> None:
    place = (shop.backend.name, shop.backend.profile)
    told.append(json.dumps(dict(engine_of(shop, shop.backend).config(shop.address("web"), place))))


def test_a_crash_and_what_a_library_logs(shop: Trial, told: list[str], caplog: pytest.LogCaptureFixture) -> None:
    engine_of(shop, shop.backend)
    guard_logging()
    try:
        raise RuntimeError(SAID)
    except RuntimeError as error:
        told.append(write_report(error))
        logging.getLogger("urllib3").exception("sent %s", {"Authorization": planted.SESSION_TOKEN})
    assert "RuntimeError" in caplog.text
