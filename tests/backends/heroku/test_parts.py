"""What parses and what is named: accounts, log lines, marks, names, prices, sizes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuienv.backends.base import Invalid, NotAuthenticated
from tuienv.backends.heroku.accounts import api_url, find_account, parse_account, parse_netrc
from tuienv.backends.heroku.connecting import connection
from tuienv.backends.heroku.failures import refused, without
from tuienv.backends.heroku.logs.following import Seen
from tuienv.backends.heroku.logs.lines import Line, parse_line, parse_routed, parse_samples
from tuienv.backends.heroku.marks import LayerMark, read_mark
from tuienv.backends.heroku.naming import Mark, app_name, mark_of, may_be_ours, passing_name
from tuienv.backends.heroku.prices import monthly
from tuienv.backends.heroku.profiles import find_profiles
from tuienv.backends.heroku.sizes import DYNOS, dyno_of, size_of
from tuienv.backends.heroku.state import Settled
from tuienv.model import MIB, NAME, SIZES, Address, Kind, Size
from tuienv.text import MASK

RECORDED = Path(__file__).parents[2] / "heroku_platform/recorded"
APP_NAME = re.compile(r"[a-z][a-z0-9-]{1,28}[a-z0-9]")
names = st.from_regex(NAME, fullmatch=True)
texts = st.dictionaries(st.text(max_size=9), st.text(max_size=9), max_size=4)


# --- names and marks --------------------------------------------------------------------------------------------


@given(names, names | st.just(""), st.uuids().map(str))
def test_every_address_has_a_name_that_heroku_takes(environment: str, layer: str, owner: str) -> None:
    address = Address(environment, layer)
    name = app_name(address, owner)
    assert APP_NAME.fullmatch(name)
    assert may_be_ours(name, ["somebody", owner])
    assert name == app_name(address, owner)
    assert APP_NAME.fullmatch(passing_name(address, owner))


@given(st.lists(st.tuples(names, names), min_size=2, max_size=2, unique=True), st.uuids().map(str))
def test_two_layers_have_two_names(pairs: list[tuple[str, str]], owner: str) -> None:
    one, two = (Address(*pair) for pair in pairs)
    if f"{one.environment}-{one.layer}" != f"{two.environment}-{two.layer}":
        assert app_name(one, owner) != app_name(two, owner)
    assert passing_name(one, owner) != passing_name(two, owner)


def test_a_short_name_is_kept_and_a_long_one_shortened() -> None:
    assert app_name(Address("shop-staging", "web"), "me").startswith("shop-staging-web-")
    long = app_name(Address("a-very-long-name-of-an-environment", "web"), "me")
    assert long.startswith("a-very-long-name-of-")
    assert app_name(Address("2048", "web"), "me").startswith("e2048-web-")


def test_most_names_of_others_are_not_asked_for_their_mark() -> None:
    assert sum(may_be_ours(f"theirs-{number}", ["me"]) for number in range(10_000)) < 5


@given(names, names, st.uuids().map(str))
def test_a_mark_is_read_back_on_its_own_app_alone(environment: str, layer: str, app: str) -> None:
    mark = Mark(environment, layer, app, "me")
    assert mark_of({"id": app}, {"TUIENV": mark.written()}) == mark
    assert mark_of({"id": "another"}, {"TUIENV": mark.written()}) is None


@given(st.sampled_from(Kind), texts, st.lists(names, max_size=3), texts, st.booleans(), st.integers(0, 9))
def test_a_layers_mark_is_read_back(
    kind: Kind, facets: dict[str, str], needs: list[str], values: dict[str, str], unfinished: bool, stopped: int
) -> None:
    mark = LayerMark(kind, "app", facets, tuple(needs), values, {"7": {"image": "a"}}, (3,), "web", stopped, unfinished)
    assert read_mark(mark.written()) == mark


@given(st.text() | st.recursive(st.none() | st.text() | st.integers(), lambda inner: st.dictionaries(
    st.sampled_from(["kind", "app", "layer", "environment", "facets", "code", "needs", "bad"]), inner | st.lists(inner)
)).map(json.dumps))  # fmt: skip
def test_what_others_wrote_there_is_no_mark_and_no_error(text: str) -> None:
    mark = read_mark(text)
    assert mark is None or mark.kind in Kind
    mark_of({"id": "app"}, {"TUIENV": text})


# --- releases ---------------------------------------------------------------------------------------------------


def test_the_code_that_runs_is_traced_through_rollbacks() -> None:
    descriptions = [
        "Initial release",
        "Deployed web (a)",
        "Set X config vars",
        "Deployed web (b)",
        "Rollback to v3",
        "Set Y config vars",
    ]
    rows = [
        {"version": number, "description": text, "status": "succeeded", "current": number == 6}
        for number, text in enumerate(descriptions, 1)
    ]
    assert Settled(releases=rows).code_version() == 2
    assert Settled(releases=rows).code_version(4) == 4
    assert Settled().code_version() == 0


@given(st.lists(st.integers(1, 12), max_size=12))
def test_rollbacks_in_any_order_come_to_an_end(targets: list[int]) -> None:
    rows = [
        {"version": number, "description": f"Rollback to v{target}", "status": "succeeded", "current": True}
        for number, target in enumerate(targets, 1)
    ]
    assert Settled(releases=rows).code_version() >= 0


# --- accounts ---------------------------------------------------------------------------------------------------

NETRC = """
# a comment
machine api.heroku.com
  login one@example.com
  password key-one
machine git.heroku.com login one@example.com password key-git
macdef init
machine api.heroku.com password evil

machine api.heroku.com login "two words" account x password "key two"
machine api.heroku.com login nobody
default login anonymous password anything
"""


def test_netrc_is_read_as_others_read_it() -> None:
    assert parse_netrc(NETRC, "api.heroku.com") == [("one@example.com", "key-one"), ("two words", "key two")]
    assert parse_netrc(NETRC, "api.example.com") == []


@given(st.text())
def test_no_netrc_is_an_error(text: str) -> None:
    assert all(password for _, password in parse_netrc(text, "api.heroku.com"))
    parse_account(text)


def test_accounts_are_found_in_the_order_of_the_heroku_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "netrc").write_text(NETRC)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    folder = tmp_path / ".config/heroku/accounts"
    folder.mkdir(parents=True)
    (folder / "work").write_text(":username: work@example.com\n:password: key-work\n")
    assert [(one.name, one.default) for one in find_profiles()] == [
        ("one@example.com", True),
        ("two words", False),
        ("work", False),
    ]
    assert find_account("work").key == "key-work"
    monkeypatch.setenv("HEROKU_API_KEY", "key-of-the-variable")
    found = find_profiles()
    assert (found[0].name, found[0].source, found[0].default) == ("", "HEROKU_API_KEY", True)
    assert [one.default for one in found] == [True, False, False, False]
    assert find_account().key == "key-of-the-variable"
    assert find_account("kept", lambda: "key-kept ").key == "key-kept"
    assert "key-" not in repr(find_account()) + repr(found)


def test_nobody_signed_in_says_how(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert find_profiles() == []
    with pytest.raises(NotAuthenticated, match="heroku login"):
        find_account()
    with pytest.raises(NotAuthenticated, match="no account of that name"):
        find_account("work")


def test_the_host_is_that_of_the_heroku_command() -> None:
    assert api_url({}) == "https://api.heroku.com"
    assert api_url({"HEROKU_HOST": "example.com"}) == "https://api.example.com"
    assert api_url({"HEROKU_HOST": "http://127.0.0.1:5000/"}) == "http://127.0.0.1:5000"
    for bad in ("http://example.com", "https://", "http://"):
        with pytest.raises(Invalid, match="no https address"):
            api_url({"HEROKU_HOST": bad})


# --- log lines --------------------------------------------------------------------------------------------------


def test_recorded_lines_are_understood() -> None:
    lines = [
        parse_line(raw) for raw in (RECORDED / "log_lines.txt").read_bytes().splitlines() if not raw.startswith(b"#")
    ]
    assert lines
    assert all(lines)
    known = [line for line in lines if line is not None]
    routed = [one for line in known if (one := parse_routed(line)) is not None]
    assert [(one.dyno, one.status, one.service) for one in routed] == [("web.1", 200, 0.035), ("web.1", 503, 30.0)]
    samples = {key: value for line in known for key, value in parse_samples(line).items()}
    assert samples["memory_total"] == pytest.approx(90.07 * MIB)
    assert samples["load_avg_1m"] == 0.0


@given(st.binary())
def test_whatever_comes_is_a_line_or_none(raw: bytes) -> None:
    line = parse_line(raw)
    if line is not None:
        parse_samples(line)
        parse_routed(line)


@given(st.binary(max_size=60))
def test_every_text_of_a_line_is_kept(text: bytes) -> None:
    line = parse_line(b"2026-01-01T12:00:00.000001+00:00 app[web.1]: " + text.replace(b"\n", b"").rstrip(b"\r"))
    assert line is not None
    assert line.raw == text.replace(b"\n", b"").rstrip(b"\r")
    router = Line(0.0, "heroku", "router", text)
    parse_routed(router)
    assert parse_samples(router._replace(process="web.1")).keys() <= {*parse_samples(router)}


@given(st.lists(st.integers(0, 20), max_size=40), st.integers(0, 40), st.integers(0, 40))
def test_no_line_is_given_twice_or_missed_when_a_session_is_begun_again(times: list[int], end: int, back: int) -> None:
    """The second session begins anywhere before where the first one ended."""
    lines = [Line(float(time), "app", "web.1", b"%d" % number) for number, time in enumerate(sorted(times))]
    seen = Seen()
    given_out = seen.fresh(lines[:end])
    given_out += seen.fresh(lines[max(0, min(end, len(lines)) - back) :])
    assert given_out == lines


# --- the rest ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SIZES)
def test_a_size_that_means_the_same_everywhere_is_a_dyno(name: str) -> None:
    dyno = dyno_of(SIZES[name], Address("shop", "web"))
    assert dyno == DYNOS[name]
    assert SIZES[name].same_as(size_of(dyno.title()))
    assert size_of(dyno).same_as(Size(dyno))


def test_numbers_that_no_dyno_has_are_refused_with_what_there_is() -> None:
    with pytest.raises(Invalid, match="standard-1x"):
        dyno_of(Size("", 0.7, None), Address("shop", "web"))


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=8, max_size=30))
def test_a_secret_is_unreadable_in_whatever_is_said(secret: str) -> None:
    said = f"cannot take {secret} or {json.dumps(secret)}"
    assert secret not in without(said, [secret]) or secret in "cannot take  or " + MASK


def test_an_error_has_the_words_of_the_api() -> None:
    error = refused("create app", "shop", 422, b'{"id": "invalid_params", "message": "Name is already taken"}')
    assert (type(error).__name__, error.said) == ("Conflict", "Name is already taken")
    assert refused("list", "x", 429, b"", retry_after="17").retry_after == 17.0
    assert type(refused("list", "x", 404, b"<html>")).__name__ == "NotFound"
    assert refused("list", "x", 503, b"<html><h1>503</h1>").said == "HTTP 503"


def test_prices_are_by_the_month() -> None:
    assert monthly({"cents": 700, "unit": "month", "contract": False}) == 7.0
    assert monthly({"cents": 1, "unit": "hour"}) == 7.3
    assert monthly({"cents": 1, "unit": "month", "contract": True}) is None
    assert monthly(None) is None


def test_a_url_is_taken_apart_for_those_who_want_its_parts() -> None:
    found = connection("postgres://u:p%2Fw@host.example.com:5433/name", Kind.DATABASE)
    assert found["password"] == "p/w"
    assert (found["host"], found["port"], found["user"], found["name"]) == ("host.example.com", "5433", "u", "name")
    assert connection("https://shop.example.com", Kind.APP)["port"] == "443"


def test_what_an_add_on_gives_is_told_from_what_only_begins_like_it() -> None:
    """Shared ones give under the attachment's name what they give elsewhere; one of the app's own whatever it tells."""
    shared, own = {"id": "s", "app": {"id": "other"}}, {"id": "o", "app": {"id": "mine"}}
    attachments = [{"name": "DATABASE", "addon": shared}, {"name": "NEWRELIC", "addon": own}]
    config = dict.fromkeys(["DATABASE_URL", "DATABASE_POOL", "NEW_RELIC_LICENSE_KEY", "NEW_RELIC_X", "LEVEL"], "1")
    gives = {"s": ["DB_URL"], "o": ["NEW_RELIC_LICENSE_KEY"]}
    settled = Settled(config, attachments, (), [own], gives)
    assert settled.own().keys() == {"DATABASE_POOL", "NEW_RELIC_X", "LEVEL"}
    unread = Settled(config, attachments)
    assert unread.own().keys() == {"NEW_RELIC_LICENSE_KEY", "NEW_RELIC_X", "LEVEL"}, "nobody tells what they give"
