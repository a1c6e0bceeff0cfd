"""Bad days: the right error, nothing adopted, no secret shown, and no wait without an end."""

from __future__ import annotations

import pytest

from tests.backends.heroku.shop import NAME, Shop
from tests.contract.heroku_harness import KEY, open_at
from tests.heroku_platform import HerokuPlatform, Program
from tests.heroku_platform.records import Collaborator
from tuienv.backends.base import Forbidden, NotAuthenticated, NotFound, Throttled, Unreachable
from tuienv.backends.heroku.backend import HerokuBackend
from tuienv.backends.heroku.naming import app_name
from tuienv.model import Address, Kind, Status, Verb


def _plant(platform: HerokuPlatform, count: int) -> None:
    owner = platform.world.accounts[0]
    for number in range(count):
        platform.app(f"theirs-{number}", owner)


def test_429_in_the_middle_of_paging_is_throttled(platform: HerokuPlatform, backend: HerokuBackend) -> None:
    _plant(platform, 1100)
    platform.faults.add("rate-limit", path="^/apps$", later_pages=True)
    with pytest.raises(Throttled) as raised:
        backend.discover()
    assert raised.value.retry_after
    assert raised.value.remedy
    assert len(backend.discover()) == 1100, "the next time all pages are there"


def test_pages_that_go_round_in_a_circle_end(platform: HerokuPlatform, backend: HerokuBackend) -> None:
    _plant(platform, 2)
    with platform.faults.on("looping-range", path="^/apps$"), pytest.raises(Unreachable, match="circle"):
        backend.discover()


@pytest.mark.parametrize(
    ("kind", "said"),
    [("stall", "in time|cut off"), ("reset", "cut off"), ("html-503", "503"), ("drop", "cut off"), ("slow", "in time")],
)
def test_half_an_answer_is_no_answer(platform: HerokuPlatform, backend: HerokuBackend, kind: str, said: str) -> None:
    backend.client.timeout = (1.0, 1.0)
    with platform.faults.on(kind, path="^/apps$"), pytest.raises(Unreachable, match=said) as raised:
        backend.discover()
    assert raised.value.said
    assert raised.value.remedy


def test_a_connection_that_was_dropped_while_idle_is_made_again(
    platform: HerokuPlatform, backend: HerokuBackend
) -> None:
    backend.identity()
    platform.faults.add("drop", path="^/account$")
    assert backend.identity().name == "somebody@example.com"


@pytest.mark.parametrize("kind", ["expired-session", "revoked"])
def test_a_key_that_is_no_good_says_how_to_sign_in(platform: HerokuPlatform, kind: str) -> None:
    if kind == "expired-session":
        platform.faults.add(kind)
    else:
        platform.world.accounts[0].keys.clear()
    with pytest.raises(NotAuthenticated, match="heroku login"):
        open_at(platform.url).identity()


def test_a_second_factor_is_asked_for_and_taken(
    platform: HerokuPlatform, backend: HerokuBackend, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.apply()
    platform.world.accounts[0].second_factor = "123456"
    with pytest.raises(Forbidden, match=f"tuienv credentials authorize heroku {NAME}-"):
        backend.config(Address(NAME, "web"))
    monkeypatch.setenv("HEROKU_TWO_FACTOR_CODE", "123456")
    assert backend.config(Address(NAME, "web"))["LEVEL"] == "info"


def test_a_second_factor_that_was_given_once_is_not_asked_for_again(
    platform: HerokuPlatform, backend: HerokuBackend, shop: Shop
) -> None:
    shop.apply()
    platform.world.accounts[0].second_factor = "123456"
    with pytest.raises(Forbidden, match="authorize"):
        backend.authorize(shop.app().name, "654321")
    with pytest.raises(NotFound):
        backend.authorize("../account", "123456")
    with pytest.raises(Forbidden):
        backend.config(Address(NAME, "web"))
    for app in platform.world.apps.values():  # the layer's, and its environment's ground
        backend.authorize(app.name, "123456")
    assert backend.config(Address(NAME, "web"))["LEVEL"] == "info"


def test_an_app_that_wants_a_second_factor_costs_no_other(
    platform: HerokuPlatform, backend: HerokuBackend, shop: Shop
) -> None:
    shop.apply()
    account, others = platform.world.accounts[0], list(platform.world.apps.values())
    theirs = platform.app("theirs", account, Program())
    account.second_factor = "123456"
    for app in others:
        backend.authorize(app.name, "123456")
    for told in (backend.discover(), [each for page in backend.pages() for each in page]):
        found = {each.environment: each for each in told}
        assert {layer.status for layer in found["theirs"].layers} == {Status.UNKNOWN}
        assert {layer.status for layer in found[NAME].layers} == {Status.RUNNING}
    with pytest.raises(Forbidden, match="authorize heroku theirs"):
        backend.observe("theirs")
    account.preauthorized = {theirs.id: account.preauthorized[others[0].id]}
    (ours,) = (each for each in backend.discover() if each.environment == NAME)
    apps = [layer for layer in ours.layers if layer.kind is Kind.APP]
    assert ours.failure or {layer.status for layer in apps} == {Status.UNKNOWN}, "told of what may not be read"
    for looking in (backend, open_at(platform.url)):  # one that knew it, and one that never read it
        with pytest.raises(Forbidden):
            looking.observe(NAME, thorough=True)


def test_a_secret_that_an_error_repeats_is_not_shown(platform: HerokuPlatform, shop: Shop) -> None:
    shop.apply()
    platform.faults.add("secret-echoed", method="PATCH", path=f"{shop.app().id}/config-vars")
    outcome = shop.try_to(Verb.CONFIGURE, "web", settings={"COLOUR": "green-and-gold", "API_TOKEN": 'se"cret-value'})
    ((_, failure),) = outcome.failed
    shown = str(failure)
    assert failure.kind == "Invalid"
    assert "Cannot process" in shown
    for secret in ("green-and-gold", "cret-value", KEY, "Basic OmtleS1v"):
        assert secret not in shown, shown


def test_a_name_that_is_taken_takes_nothing_over(platform: HerokuPlatform, shop: Shop) -> None:
    """Neither from others, nor an app of this very account that tuienv did not make."""
    account = platform.world.accounts[0]
    name = app_name(Address(NAME, "web"), account.id)
    theirs = platform.app(name, account, Program())
    before = dict(theirs.config), len(theirs.releases), len(theirs.dynos)
    outcome = shop.try_to(Verb.APPLY)
    failures = {key.split()[1]: failure for key, failure in outcome.failed}
    assert failures[f"{NAME}/web"].kind == "Conflict"
    assert name in str(failures[f"{NAME}/web"])
    assert (theirs.config, len(theirs.releases), len(theirs.dynos)) == before
    shop.destroy()
    assert theirs.id in platform.world.apps, "an app that tuienv did not make was deleted"


def test_a_name_that_others_have_leaves_nothing_behind(platform: HerokuPlatform, shop: Shop) -> None:
    somebody = platform.account("else@example.com", "key-of-somebody-else")
    platform.app(app_name(Address(NAME, "web"), platform.world.accounts[0].id), somebody)
    outcome = shop.try_to(Verb.APPLY)
    assert {key.split()[1]: failure.kind for key, failure in outcome.failed} == {f"{NAME}/web": "Conflict"}
    assert not [app for app in platform.world.apps.values() if app.name.startswith("tuienv-")]


def test_a_name_that_this_account_may_not_look_at_is_taken(platform: HerokuPlatform, shop: Shop) -> None:
    """So the API answers for apps of others: neither found nor free."""
    name = app_name(Address(NAME, "web"), platform.world.accounts[0].id)
    with platform.faults.on("forbidden", path=f"^/apps/{name}$"):
        outcome = shop.try_to(Verb.APPLY)
    assert {key.split()[1]: failure.kind for key, failure in outcome.failed} == {f"{NAME}/web": "Conflict"}
    shop.apply()


def test_a_mark_that_was_copied_marks_nothing(platform: HerokuPlatform, shop: Shop) -> None:
    shop.apply()
    copy = platform.app("shop-copy", platform.world.accounts[0])
    copy.config |= shop.app().config
    shop.destroy()
    assert [app.name for app in platform.world.apps.values()] == ["shop-copy"]


def test_an_app_that_vanishes_between_the_list_and_the_look(platform: HerokuPlatform, shop: Shop) -> None:
    shop.apply()
    platform.faults.add("app-vanishes", path="^/apps$", name=shop.app().name)
    assert [layer.name for layer in open_at(platform.url).observe(NAME).layers] == ["cache", "edge"]


def test_an_addon_that_never_comes_is_given_up_and_waited_for_again(platform: HerokuPlatform, shop: Shop) -> None:
    platform.faults.add("addon-stuck", method="POST", path="/addons$")
    shop.backend.waiting.speed = 100_000  # as if the half hour were over in milliseconds
    outcome = shop.try_to(Verb.APPLY)
    ((key, failure),) = outcome.failed
    assert (key.split()[1], failure.kind) == (f"{NAME}/cache", "Conflict")
    assert "provisioning" in failure.said
    assert shop.layer("cache").status is Status.STARTING
    with platform.world.held() as world:
        for addon in world.addons.values():
            addon.state = "provisioned"
    shop.backend.waiting.speed = 200
    shop.apply()
    assert len(platform.world.addons) == 1


def test_a_change_waits_when_the_api_wants_to_be_left_alone(platform: HerokuPlatform, shop: Shop) -> None:
    platform.faults.add("rate-limit", method="POST", path="^/apps$", times=2)
    shop.apply()
    assert len(platform.world.apps) == 2


def test_an_app_of_a_colleague_that_may_not_be_read_costs_nobody_theirs(platform: HerokuPlatform, shop: Shop) -> None:
    """Its name only begins like the environment's. One of this account's may be ours, renamed: that is an error."""
    shop.apply()
    colleague = platform.account("colleague@example.com", "key-of-a-colleague")
    theirs = platform.app(f"{NAME}-legacy", colleague)
    with platform.world.held() as world:
        account, now = world.accounts[0], world.now()
        theirs.collaborators.append(Collaborator(world.new_id(), account, now))
    with platform.faults.on("forbidden", path=f"{theirs.id}/config-vars"):
        assert len(open_at(platform.url).observe(NAME, thorough=True).layers) == 3
    mine = platform.app(f"{NAME}-renamed", account)
    with platform.faults.on("forbidden", path=f"{mine.id}/config-vars"), pytest.raises(Forbidden):
        open_at(platform.url).observe(NAME, thorough=True)


def test_a_dyno_that_cannot_be_reached_does_not_run_on(platform: HerokuPlatform, shop: Shop) -> None:
    shop.apply()
    with platform.world.held() as world:
        world.rendezvous = 1  # where nobody listens
    with pytest.raises(Unreachable, match="no connection to the dyno"):
        shop.backend.run(Address(NAME, "web"), ["sleep", "600"])
    assert [dyno.name for dyno in shop.app().dynos] == ["web.1", "web.2"]
