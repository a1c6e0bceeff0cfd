"""What others made, and environments of several apps and providers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.backends.heroku.shop import NAME, Shop, app, cache, edge
from tests.contract.heroku_harness import open_at
from tests.heroku_platform import HerokuPlatform, Program, planting
from tests.heroku_platform.catalog import PLANS, SIZES
from tests.heroku_platform.records import App
from tests.heroku_platform.resources import addons
from tuienv.backends.base import NotFound
from tuienv.backends.heroku.backend import HerokuBackend
from tuienv.backends.heroku.thrift import REFILL, SAVED, Thrift
from tuienv.model import Action, Address, Kind, Layer, LayerSpec, Lock, Observation, Size, Status, Verb

NO_SIZE, BASIC = Size(), Size("basic")
BOTH = Program({"web": "python -m shop", "worker": "python -m work"})


def found(backend: HerokuBackend) -> dict[str, Observation]:
    return {observation.environment: observation for observation in backend.discover()}


def layers(observation: Observation) -> dict[str, Layer]:
    return {layer.name: layer for layer in observation.layers}


def give(platform: HerokuPlatform, to: App, plan: str, name: str) -> None:
    with platform.world.held() as world:
        addons.make(world, to, PLANS[plan], name, name.upper().replace("-", "_"), to.owner)
    platform.skip(60)


def test_an_app_of_others_is_an_environment(platform: HerokuPlatform, backend: HerokuBackend) -> None:
    theirs = platform.app("theirs", platform.world.accounts[0], BOTH)
    for plan, name in (
        ("heroku-redis:mini", "fast"),
        ("heroku-postgresql:essential-0", "deep"),
        ("papertrail:fixa", "log"),
    ):
        give(platform, theirs, plan, name)
    seen = found(backend)["theirs"]
    made = layers(seen)
    assert {name: layer.kind for name, layer in made.items()} == {
        "web": Kind.APP,
        "worker": Kind.APP,
        "fast": Kind.CACHE,
        "deep": Kind.DATABASE,
        "router": Kind.LOAD_BALANCER,
    }
    assert not any(layer.ours for layer in seen.layers)
    assert seen.ground is None
    assert (made["web"].status, made["worker"].status) == (Status.RUNNING, Status.STOPPED)
    assert "add-on log" in map(str, made["web"].resources)
    assert set(made["web"].needs) == {"fast", "deep"}
    able = backend.capabilities(made["web"]).actions
    assert Action.SCALE in able
    assert not {Action.DELETE, Action.CREATE, Action.STOP} & able


def test_a_stage_of_a_pipeline_is_one_environment(platform: HerokuPlatform, backend: HerokuBackend) -> None:
    owner = platform.world.accounts[0]
    one, two = platform.app("front", owner, BOTH), platform.app("back", owner, Program())
    alone = platform.app("front-next", owner, Program())
    planting.pipeline(platform.world, "line", owner, {one: "production", two: "production", alone: "staging"})
    seen = found(backend)
    assert seen.keys() == {"line-production", "line-staging"}
    assert layers(seen["line-production"]).keys() == {"front", "front-worker", "back", "front-router", "back-router"}
    assert layers(seen["line-staging"]).keys() == {"web", "router"}
    assert layers(backend.observe("line-production"))["front"].status is Status.RUNNING


def test_others_can_be_scaled_and_not_torn_down(platform: HerokuPlatform, backend: HerokuBackend, shop: Shop) -> None:
    theirs = platform.app(NAME, platform.world.accounts[0], Program())
    with platform.world.held():
        theirs.formation["web"].size = SIZES["Standard-1X"]
    outcome = shop.try_to(Verb.SCALE, "web", replicas=2)
    assert outcome.ok, outcome
    assert theirs.formation["web"].quantity == 2
    shop.spec = shop.spec.__class__(NAME, ())
    shop.destroy()
    assert theirs.id in platform.world.apps


def test_teams_apps_are_found(platform: HerokuPlatform, backend: HerokuBackend) -> None:
    owner = platform.world.accounts[0]
    team = planting.team(platform.world, "acme", {owner: "admin"})
    planting.app(platform.world, "of-the-team", owner, Program(), team)
    assert "of-the-team" in found(backend)


def test_a_layer_that_was_renamed_is_still_ours(platform: HerokuPlatform, shop: Shop) -> None:
    shop.apply()
    with platform.world.held():
        shop.app().name = f"{NAME}-renamed"
    assert not shop.plan().changes
    shop.destroy()
    assert not platform.world.apps


def test_two_apps_share_a_database(platform: HerokuPlatform, shop: Shop) -> None:
    database = LayerSpec("db", Kind.DATABASE, "heroku", engine="postgres")
    both = {"DATABASE_URL": "${layers.db.url}", "PGHOST": "${layers.db.host}"}
    shop.want(database, app(environment=both), app(name="work", environment=both))
    shop.apply()
    configs = [shop.backend.config(Address(NAME, name)) for name in ("web", "work")]
    assert configs[0]["DATABASE_URL"] == configs[1]["DATABASE_URL"]
    assert configs[0]["PGHOST"] in configs[0]["DATABASE_URL"]
    assert len([addon for addon in platform.world.addons.values() if "postgres" in addon.plan.name]) == 1
    gone = [layer for layer in shop.spec.layers if layer.name != "web" and layer.name != "edge"]
    shop.spec = shop.spec.__class__(NAME, tuple(gone))
    shop.apply()
    assert shop.backend.config(Address(NAME, "work"))["DATABASE_URL"] == configs[0]["DATABASE_URL"]
    assert not shop.plan().changes


def test_a_variable_that_is_called_like_an_attachment_is_ones_own(platform: HerokuPlatform, shop: Shop) -> None:
    """Rails wants a DATABASE_POOL beside its DATABASE_URL."""
    database = LayerSpec("db", Kind.DATABASE, "heroku", engine="postgres")
    shop.want(database, app(environment={"DATABASE_URL": "${layers.db.url}", "DATABASE_POOL": "5"}))
    shop.apply()
    assert shop.backend.config(Address(NAME, "web"))["DATABASE_POOL"] == "5"
    assert shop.try_to(Verb.CONFIGURE, "web", settings={"DATABASE_POOL": "9"}).ok
    assert [str(change.address) for change in shop.plan().changes] == ["shop/web"]
    platform.recorder.clear()
    shop.plan()
    assert not [one for one in platform.recorder.requests if one.path.startswith("/addons/")], "asked for once"
    shop.want(app(environment={"DATABASE_URL": "${layers.db.url}"}))
    shop.apply()
    assert "DATABASE_POOL" not in shop.backend.config(Address(NAME, "web"))
    assert not shop.plan().changes


def test_an_app_that_pays_for_data_of_others_is_not_deleted_with_it(platform: HerokuPlatform, shop: Shop) -> None:
    shop.apply()
    give(platform, shop.app(), "heroku-postgresql:essential-0", "precious")
    ((_, failure),) = [one for one in shop.try_to(Verb.DESTROY).failed if "/web" in one[0]]
    assert failure.kind == "Conflict"
    assert "precious" in failure.said
    assert "precious" in {addon.name for addon in platform.world.addons.values()}


def test_data_that_was_kept_is_taken_up_again(platform: HerokuPlatform, shop: Shop) -> None:
    shop.apply()
    (addon,) = platform.world.addons.values()
    assert shop.try_to(Verb.DESTROY).ok
    assert [app.name for app in platform.world.apps.values()] == [shop.app("").name]
    assert shop.backend.observe(NAME).ground == ()
    shop.apply()
    assert [one.id for one in platform.world.addons.values()] == [addon.id]
    assert shop.backend.observe(NAME).ground
    assert not shop.plan().changes


def test_the_tiers_are_explained_before_they_are_broken(platform: HerokuPlatform, shop: Shop) -> None:
    shop.want(app(size=BASIC, replicas=1))
    shop.apply()
    before = len(platform.recorder.requests)
    ((_, failure),) = shop.try_to(Verb.SCALE, "web", replicas=2).failed
    assert failure.kind == "Invalid"
    assert "basic dynos run one of a kind" in failure.said
    assert "small" in failure.remedy
    assert not any("formation" in one.path and one.changing for one in platform.recorder.requests[before:])
    assert shop.backend.capabilities(shop.layer("web")).replicas == (0, 1)


def test_several_dynos_without_a_size_are_not_planned(shop: Shop) -> None:
    shop.want(app(size=NO_SIZE))
    assert ["wanted and no size" in sentence for sentence in shop.plan().left_alone] == [True, False]


def test_what_it_costs_is_read_live(shop: Shop) -> None:
    costs = {str(change.address): change.monthly_cost for change in shop.plan().changes}
    assert costs[f"{NAME}/web"] == 50.0
    shop.apply()
    offers = {str(offer.size): offer.monthly_cost for offer in shop.backend.capabilities(shop.layer("cache")).sizes}
    assert offers["mini"] == 3.0
    assert offers["premium-0"] == 15.0


def test_a_plan_that_is_an_option_costs_what_it_costs(shop: Shop) -> None:
    """Not what the cheapest one does, that is taken where nothing is said."""
    planned = {str(change.address): change.monthly_cost for change in shop.plan().changes}
    assert planned[f"{NAME}/cache"] == 3.0
    shop.want(cache(plan="premium-0"))
    planned = {str(change.address): change.monthly_cost for change in shop.plan().changes}
    assert planned[f"{NAME}/cache"] == 15.0
    shop.apply()
    shop.want(cache(plan="premium-1"))
    assert [change.monthly_cost for change in shop.plan().changes] == [15.0]
    assert {offer.size.name for offer in shop.backend.capabilities(shop.layer("cache")).sizes} >= {"premium-0"}
    assert Size() not in [offer.size for offer in shop.backend.capabilities(shop.layer("cache")).sizes]
    shop.want(replace(cache(), version="8"))
    assert [change.monthly_cost for change in shop.plan().changes] == [0.0], "without a plan it stays as it is"


def test_an_app_of_which_no_size_is_said_keeps_its_own(shop: Shop) -> None:
    shop.apply()
    shop.want(app(size=NO_SIZE, replicas=3))
    assert [(change.reason, change.monthly_cost) for change in shop.plan().changes] == [("replicas: 2 → 3", 25.0)]


def test_a_plan_of_another_tier_may_be_refused(shop: Shop) -> None:
    shop.want(LayerSpec("db", Kind.DATABASE, "heroku", engine="postgres"))
    shop.apply()
    shop.want(LayerSpec("db", Kind.DATABASE, "heroku", engine="postgres", options={"heroku": {"plan": "standard-0"}}))
    ((_, failure),) = shop.try_to(Verb.APPLY).failed
    assert failure.kind == "Invalid"
    assert "moved by hand" in failure.remedy


def test_a_pipeline_is_joined_and_left(platform: HerokuPlatform, shop: Shop) -> None:
    owner = platform.world.accounts[0]
    planting.pipeline(platform.world, "line", owner, {})
    shop.want(app(options={"heroku": {"pipeline": "line", "stage": "staging"}}))
    shop.apply()
    (coupling,) = platform.world.couplings.values()
    assert (coupling.app, coupling.stage) == (shop.app(), "staging")
    shop.want(app(options={"heroku": {"pipeline": "line", "stage": "production"}}))
    shop.apply()
    assert [one.stage for one in platform.world.couplings.values()] == ["production"]
    shop.want(app())
    shop.apply()
    assert not platform.world.couplings
    shop.want(app(options={"heroku": {"pipeline": "none"}}))
    ((_, failure),) = shop.try_to(Verb.APPLY).failed
    assert "heroku pipelines:create none" in failure.remedy


def test_domains_certificates_and_maintenance_follow_the_file(platform: HerokuPlatform, shop: Shop) -> None:
    shop.want(edge(domains=["a.example.com", "b.example.com"], acm=True, maintenance=True))
    shop.apply()
    web = shop.app()
    assert {domain.hostname for domain in web.domains if domain.kind == "custom"} == {"a.example.com", "b.example.com"}
    assert (web.acm, web.maintenance) == (True, True)
    assert "https://a.example.com" in shop.layer("edge").endpoints
    assert not shop.plan().changes
    shop.want(edge(domains=["b.example.com"]))
    shop.apply()
    assert {domain.hostname for domain in web.domains if domain.kind == "custom"} == {"b.example.com"}
    assert (web.acm, web.maintenance) == (False, False)


def test_what_somebody_else_gave_the_router_stays(platform: HerokuPlatform, backend: HerokuBackend, shop: Shop) -> None:
    """No plan showed it: a domain, and certificates that Heroku itself switched on."""
    shop.apply()
    web = shop.app()
    body = {"hostname": "theirs.example.com", "sni_endpoint": None}
    backend.client.call("POST", f"/apps/{web.id}/domains", body, tried="add", target="it")
    backend.client.call("POST", f"/apps/{web.id}/acm", tried="switch on", target="it")
    for layer in (edge(domains=["ours.example.com"]), edge(maintenance=True)):
        shop.want(layer)
        shop.apply()
        ours = {"ours.example.com"} if "domains" in layer.options["heroku"] else set()
        assert {one.hostname for one in web.domains if one.kind == "custom"} == {"theirs.example.com", *ours}
        assert web.acm
    shop.want(edge(acm=False))
    shop.apply()
    assert not web.acm
    backend.client.call("POST", f"/apps/{web.id}/acm", tried="switch on", target="it")
    assert [change.reason for change in shop.plan().changes] == ["options.acm: true → false"]
    shop.spec = replace(shop.spec, layers=tuple(one for one in shop.spec.layers if one.name != "edge"))
    shop.apply()
    assert [one.hostname for one in web.domains if one.kind == "custom"] == ["theirs.example.com"]


def test_a_domain_that_was_given_before_an_interruption_goes_when_it_is_not_wanted(shop: Shop) -> None:
    shop.apply()
    shop.platform.faults.add("lost", method="POST", path="/domains$")
    shop.want(edge(domains=["a.example.com"]))
    assert not shop.try_to(Verb.APPLY).ok
    assert "a.example.com" in {one.hostname for one in shop.app().domains}
    shop.want(edge(domains=["b.example.com"]))
    shop.apply()
    assert {one.hostname for one in shop.app().domains if one.kind == "custom"} == {"b.example.com"}


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        (app(options={"heroku": {"pipelin": "x"}}), "pipelin is not known"),
        (app(command=("python", "-m", "shop")), "Heroku takes the command from"),
        (cache(plam="mini"), "plam is not known"),
        (edge(maintenance="on"), "neither true nor false"),
        (edge(domains="a.example.com"), "is no list"),
    ],
)
def test_what_heroku_cannot_do_is_said_before_anything_is_made(shop: Shop, layer: LayerSpec, said: str) -> None:
    shop.want(layer)
    plan = shop.plan()
    assert [sentence for sentence in plan.left_alone if sentence.startswith(f"{layer.name}: ") and said in sentence]
    assert layer.name not in {change.address.layer for change in plan.changes}


def test_the_first_to_come_has_the_lock(platform: HerokuPlatform, backend: HerokuBackend, shop: Shop) -> None:
    shop.apply()
    other = open_at(platform.url)
    first, second = (Lock(token, "somebody", 1.5, "to try") for token in ("first", "second"))
    assert backend.take_lock(NAME, first) == first
    assert other.take_lock(NAME, second) == first
    assert other.observe(NAME, thorough=True).marks.lock == first
    other.drop_lock(NAME, "second")
    backend.drop_lock(NAME, "first")
    assert other.take_lock(NAME, second) == second
    assert not shop.app("").dynos, "a lock is written where nothing runs"


def test_of_two_that_write_at_once_one_has_the_lock(
    platform: HerokuPlatform, backend: HerokuBackend, shop: Shop
) -> None:
    """The other writes between our look and our own writing."""
    shop.apply()
    other = open_at(platform.url)
    first, second = (Lock(token, "somebody", 1.5, "to try") for token in ("first", "second"))
    took: list[Lock] = []

    def barge_in(method: str, path: str) -> None:
        if method == "PATCH" and not took:
            backend.client.before_call = None
            took.append(other.take_lock(NAME, second))

    backend.client.before_call = barge_in
    assert backend.take_lock(NAME, first) == second
    assert took == [second]
    assert open_at(platform.url).observe(NAME, thorough=True).marks.lock == second


def test_what_is_gone_is_not_found(backend: HerokuBackend) -> None:
    for ask in (backend.config, backend.connection, backend.releases, backend.events, backend.logs):
        with pytest.raises(NotFound, match="nothere"):
            ask(Address(NAME, "nothere"))


def test_an_allowance_refills_slowly() -> None:
    now = [0.0]
    thrift = Thrift(clock=lambda: now[0])
    thrift.spend(int(SAVED) + 30)
    assert thrift.left() == -30
    now[0] = 60 / REFILL
    assert thrift.left() == pytest.approx(30)
    now[0] = 1e6
    assert thrift.left() == SAVED
    assert SAVED + 3600 * REFILL < 1000


def test_a_teardown_stops_at_an_add_on_that_may_hold_data(platform: HerokuPlatform, shop: Shop) -> None:
    """Somebody gave the app a place for files, with Heroku's own tool; it goes with the app that pays for it."""
    shop.apply()
    give(platform, shop.app(), "papertrail:choklad", "lines")
    give(platform, shop.app(), "bucketeer:hobbyist", "files")
    assert "files" in [resource.name for resource in shop.plan(Verb.DESTROY).kept]
    outcome = shop.try_to(Verb.DESTROY)
    assert "files would go with it" in str(outcome.failed[0][1])
    assert "files" in [addon.name for addon in platform.world.addons.values()]
    shop.destroy()
    assert not platform.world.apps


def test_another_version_of_an_add_on_is_not_told_as_done(platform: HerokuPlatform, shop: Shop) -> None:
    shop.want(replace(cache(), version="7.0"))
    shop.apply()
    shop.want(replace(cache(), version="8.0"))
    outcome = shop.try_to(Verb.APPLY)
    assert "heroku redis:upgrade" in str(outcome.failed[0][1])
    assert [str(change.address) for change in shop.plan().changes] == ["shop/cache"], "it differs still"
    shop.want(cache())
    shop.apply()
    assert not shop.plan().changes
