"""Requests to apps, as the router tells them in the log."""

from __future__ import annotations

from itertools import cycle
from urllib.parse import urlsplit

from tests.heroku_platform.records import App
from tests.heroku_platform.world import World

_FAILED = {"H80": "Maintenance mode", "H14": "No web dynos running", "H10": "App crashed"}


def serve(world: World, app: App, count: int = 1, path: str = "/", status: int = 200, milliseconds: int = 35) -> int:
    """Let the app be asked so often; gives the status that clients got. It is the router's own where the app is in
    maintenance, or has no dyno that is up: H80, H14, H10."""
    web = [dyno for dyno in app.dynos if dyno.type == "web"]
    serving = cycle([dyno.name for dyno in web if dyno.state == "up"] or [""])
    failed = _failure(app, bool(web), any(dyno.state == "up" for dyno in web))
    host = urlsplit(app.web_url).netloc
    for _ in range(count):
        asked = f'method=GET path="{path}" host={host} request_id={world.new_id()} fwd="185.53.41.40"'
        if failed:
            dyno = "web.1" if failed == "H10" else ""
            text = f'at=error code={failed} desc="{_FAILED[failed]}" {asked} dyno={dyno} connect= service= status=503'
        else:
            took = f"dyno={next(serving)} connect=0ms service={milliseconds}ms status={status} bytes=3471"
            text = f"at=info {asked} {took}"
        world.write(app, "heroku", "router", f"{text} protocol=http")
    return 503 if failed else status


def _failure(app: App, any_web: bool, any_up: bool) -> str:
    if app.maintenance:
        return "H80"
    if not any_web:
        return "H14"
    return "" if any_up else "H10"
