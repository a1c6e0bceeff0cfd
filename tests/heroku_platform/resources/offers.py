"""What can be had: regions, stacks, dyno sizes, add-on services and their plans. The same for everybody."""

from __future__ import annotations

from tests.heroku_platform import errors
from tests.heroku_platform.catalog import DEFAULT_STACK, PLANS, REGIONS, SERVICES, SINCE, SIZES, STACKS
from tests.heroku_platform.records import DynoSize, Service
from tests.heroku_platform.resources import addons
from tests.heroku_platform.routes import Answer, Call, Row, pages, route
from tests.heroku_platform.shapes import known, plan_shape, service_shape


def _one(rows: list[Row], name: str, resource: str, called: str = "") -> Answer:
    for row in rows:
        if name.lower() in (row["id"], row["name"].lower()):
            return Answer(row)
    raise errors.not_found(resource, called)


def _regions() -> list[Row]:
    return [
        {
            **known("region", name),
            "country": country,
            "created_at": SINCE,
            "description": description,
            "locale": locale,
            "private_capable": False,
            "provider": {"name": "amazon-web-services", "region": provider},
            "updated_at": SINCE,
        }
        for name, (description, country, locale, provider) in REGIONS.items()
    ]


@route("GET", "/regions")
def regions(call: Call) -> Answer:
    return pages(_regions(), "name", "id")


@route("GET", "/regions/{region}")
def region(call: Call) -> Answer:
    return _one(_regions(), call.names["region"], "region")


def _stacks() -> list[Row]:
    since = {"created_at": SINCE, "updated_at": SINCE}
    return [{"default": name == DEFAULT_STACK, **known("stack", name), "state": "public", **since} for name in STACKS]


@route("GET", "/stacks")
def stacks(call: Call) -> Answer:
    return pages(_stacks(), "name", "id")


@route("GET", "/stacks/{stack}")
def stack(call: Call) -> Answer:
    return _one(_stacks(), call.names["stack"], "stack")


@route("GET", "/apps/{app}/available-stacks")
def stacks_for_app(call: Call) -> Answer:
    assert call.app
    return stacks(call)


def _size(size: DynoSize) -> Row:
    return {
        "architecture": "x86_64",
        "compute": size.compute,
        "cost": {"cents": size.cents, "unit": "month"},
        "dedicated": size.dedicated,
        "precise_dyno_units": size.units,
        "generation": known("generation", "cedar"),
        "id": size.id,
        "memory": size.memory,
        "name": size.name,
        "private_space_only": False,
    }


@route("GET", "/dyno-sizes")
def sizes(call: Call) -> Answer:
    return pages([_size(size) for size in SIZES.values()], "name", "id")


@route("GET", "/dyno-sizes/{size}")
def size(call: Call) -> Answer:
    return _one([_size(size) for size in SIZES.values()], call.names["size"], "dyno_size", "dyno size")


@route("GET", "/apps/{app}/available-dyno-sizes")
def sizes_for_app(call: Call) -> Answer:
    assert call.app
    return sizes(call)


@route("GET", "/addon-services")
def services(call: Call) -> Answer:
    return pages([service_shape(service) for service in SERVICES.values()], "name", "id")


@route("GET", "/addon-services/{service}")
def service(call: Call) -> Answer:
    return Answer(service_shape(_service_named(call.names["service"])))


def _service_named(name: str) -> Service:
    for service in SERVICES.values():
        if name in (service.name, service.id):
            return service
    raise errors.not_found("addon_service", "add-on service")


@route("GET", "/addon-services/{service}/plans")
def plans(call: Call) -> Answer:
    service = _service_named(call.names["service"])
    return pages([plan_shape(plan) for plan in PLANS.values() if plan.service is service], "name", "id")


@route("GET", "/addon-services/{service}/plans/{plan}")
def plan_of_service(call: Call) -> Answer:
    service, name = _service_named(call.names["service"]), call.names["plan"]
    for plan in PLANS.values():
        if plan.service is service and name in (plan.id, plan.name, plan.name.partition(":")[2]):
            return Answer(plan_shape(plan))
    raise errors.not_found("addon_plan", "add-on plan")


@route("GET", "/plans/{plan}")
def plan(call: Call) -> Answer:
    return Answer(plan_shape(addons.plan_named(call.names["plan"])))
