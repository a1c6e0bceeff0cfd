"""Dynos: they follow the formation and the current release, and take time to start."""

from __future__ import annotations

from tests.heroku_platform import errors, execution
from tests.heroku_platform.catalog import SIZES
from tests.heroku_platform.clock import stamp
from tests.heroku_platform.records import App, Dyno, DynoSize, Meeting, Program, Release
from tests.heroku_platform.routes import Answer, Call, Row, route
from tests.heroku_platform.shapes import app_named
from tests.heroku_platform.world import World

METRICS = "log-runtime-metrics"


def shape(app: App, dyno: Dyno) -> Row:
    return {
        "attach_url": dyno.attach_url,
        "command": dyno.command,
        "created_at": stamp(dyno.created_at),
        "id": dyno.id,
        "name": dyno.name,
        "release": {"id": dyno.release.id, "version": dyno.release.version},
        "app": app_named(app),
        "size": dyno.size.name,
        "state": dyno.state,
        "type": dyno.type,
        "updated_at": stamp(dyno.updated_at),
    }


def adopt(world: World, app: App) -> None:
    """Let an app's dynos be what its formation and its current release say: start, stop and replace them."""
    release = app.current
    if release is None or release.slug is None:
        return
    wanted = {
        f"{process.type}.{number}": process
        for process in app.formation.values()
        for number in range(1, process.quantity + 1)
    }
    for dyno in [dyno for dyno in app.dynos if dyno.type != "run"]:
        process = wanted.get(dyno.name)
        if process is None or dyno.size is not process.size or dyno.release is not release:
            stop(world, app, dyno)
    present = {dyno.name for dyno in app.dynos}
    for name, process in wanted.items():
        if name not in present:
            start(world, app, release, name, process.command, process.size)


def program_of(release: Release, kind: str, world: World) -> Program:
    """What a dyno of this type runs."""
    assert release.slug is not None
    image = release.slug.images.get(kind)
    return world.images.get(image, release.slug.program) if image else release.slug.program


def start(world: World, app: App, release: Release, name: str, command: str, size: DynoSize) -> Dyno:
    """Start a dyno: it is up, or crashed, some seconds later."""
    now = world.now()
    dyno = Dyno(world.new_id(), name, name.partition(".")[0], command, size, release, now, now)
    app.dynos.append(dyno)
    world.write(app, "heroku", name, f"Starting process with command `{command}`")
    world.clock.after(world.seconds["boot"], lambda: _boot(world, app, dyno))
    return dyno


def _boot(world: World, app: App, dyno: Dyno) -> None:
    if dyno.stopped or dyno.state != "starting":
        return None
    program = program_of(dyno.release, dyno.type, world)
    for text in program.says:
        world.write(app, "app", dyno.name, text)
    if not program.boots:
        world.write(app, "heroku", dyno.name, "Process exited with status 1")
        return set_state(world, app, dyno, "crashed")
    set_state(world, app, dyno, "up")
    if program.ticks and program.tick_seconds:
        _tick(world, app, dyno, program)
    return sample(world, app)


def _tick(world: World, app: App, dyno: Dyno, program: Program) -> None:
    if dyno.state == "up" and not dyno.stopped:
        world.write(app, "app", dyno.name, program.ticks)
        world.clock.after(program.tick_seconds, lambda: _tick(world, app, dyno, program))


def sample(world: World, app: App) -> None:
    """Tell of the memory and load of an app's dynos, from now on, where its feature for that is on."""
    for dyno in app.dynos:
        if dyno.state == "up" and not dyno.sampled and METRICS in app.features:
            _sample(world, app, dyno)


def _sample(world: World, app: App, dyno: Dyno) -> None:
    dyno.sampled = dyno.state == "up" and not dyno.stopped and METRICS in app.features
    if not dyno.sampled:
        return
    source = f"source={dyno.name} dyno=heroku.{int(app.id[:7], 16)}.{dyno.id}"
    load = " ".join(f"sample#load_avg_{span}={world.number(0, 90) / 100:.2f}" for span in ("1m", "5m", "15m"))
    world.write(app, "heroku", dyno.name, f"{source} {load}")
    rss = world.number(8000, 12000) / 100
    memory = (
        f"sample#memory_total={rss + 1.5:.2f}MB sample#memory_rss={rss:.2f}MB sample#memory_cache=0.00MB "
        f"sample#memory_swap=1.50MB sample#memory_pgpgin=34119pages sample#memory_pgpgout=11445pages "
        f"sample#memory_quota={dyno.size.memory * 1024:.2f}MB"
    )
    world.write(app, "heroku", dyno.name, f"{source} {memory}")
    world.clock.after(world.seconds["sample"], lambda: _sample(world, app, dyno))


def set_state(world: World, app: App, dyno: Dyno, state: str) -> None:
    """Move a dyno from one state to another, which its log says."""
    world.write(app, "heroku", dyno.name, f"State changed from {dyno.state} to {state}")
    dyno.state, dyno.updated_at = state, world.now()


def stop(world: World, app: App, dyno: Dyno) -> None:
    """End a dyno: it is no longer listed."""
    dyno.stopped = True
    app.dynos.remove(dyno)
    if dyno.state == "up":
        world.write(app, "heroku", dyno.name, "Stopping all processes with SIGTERM")
        world.write(app, "heroku", dyno.name, "Process exited with status 143")


@route("GET", "/apps/{app}/dynos")
def listed(call: Call) -> Answer:
    app = call.app
    return Answer([shape(app, dyno) for dyno in app.dynos])


@route("GET", "/apps/{app}/dynos/{dyno}")
def info(call: Call) -> Answer:
    app = call.app
    return Answer(shape(app, find(app, call.names["dyno"])))


def find(app: App, name: str) -> Dyno:
    """The dyno of this name or id. Raises 404."""
    for dyno in app.dynos:
        if name in (dyno.name, dyno.id):
            return dyno
    raise errors.not_found("dyno")


@route("DELETE", "/apps/{app}/dynos")
def restart_all(call: Call) -> Answer:
    return _restart(call, call.app.dynos)


@route("DELETE", "/apps/{app}/dynos/{dyno}")
def restart(call: Call) -> Answer:
    """Restart one dyno, or all of a type. A one-off dyno ends."""
    app, name = call.app, call.names["dyno"]
    of_type = [dyno for dyno in app.dynos if dyno.type == name]
    return _restart(call, of_type or [find(app, name)])


@route("DELETE", "/apps/{app}/formations/{type}")
def restart_type(call: Call) -> Answer:
    return _restart(call, [dyno for dyno in call.app.dynos if dyno.type == call.names["type"]])


def _restart(call: Call, chosen: list[Dyno]) -> Answer:
    for dyno in list(chosen):
        stop(call.world, call.app, dyno)
    call.world.write(call.app, "heroku", "api", f"Restart by user {call.account.email}")
    adopt(call.world, call.app)
    return Answer({}, 202)


@route("POST", "/apps/{app}/dynos/{dyno}/actions/stop")
def end(call: Call) -> Answer:
    app = call.app
    dyno = find(app, call.names["dyno"])
    stop(call.world, app, dyno)
    if dyno.type != "run":
        adopt(call.world, app)
    return Answer({}, 202)


@route("POST", "/apps/{app}/dynos")
def create(call: Call) -> Answer:
    """Run a command in a one-off dyno. Its output is in the log; with `attach` true it is at `attach_url`."""
    app, world = call.app, call.world
    if app.current is None or app.current.slug is None:
        raise errors.invalid("Cannot run a process on an app that has no code: deploy first.")
    default = next((process.size for process in app.formation.values()), SIZES["Basic"])
    asked = str(call.body.get("size", default.name)).lower()
    size = next((size for size in SIZES.values() if size.name.lower() == asked), None)
    if size is None:
        raise errors.invalid(f"No such size as {call.body['size']}. Available sizes are: {', '.join(SIZES)}.")
    now, name = world.now(), f"{call.body.get('type', 'run')}.{world.number(1000, 9999)}"
    dyno = Dyno(world.new_id(), name, "run", call.body["command"], size, app.current, now, now)
    if call.body.get("attach"):
        dyno.attach_url = f"rendezvous://127.0.0.1:{world.rendezvous}/{world.hexadecimal(32)}"
    dyno.terminal = not call.body.get("force_no_tty")
    app.dynos.append(dyno)
    world.write(app, "heroku", name, f"Starting process with command `{dyno.command}`")
    variables = {**world.config_of(app), **call.body.get("env", {})}
    world.clock.after(world.seconds["boot"], lambda: _run_one_off(world, app, dyno, variables))
    return Answer(shape(app, dyno), 201)


def _run_one_off(world: World, app: App, dyno: Dyno, variables: dict[str, str]) -> None:
    def say(text: str) -> None:
        world.write(app, "app", dyno.name, text)

    def end(status: int) -> None:
        if not dyno.stopped:
            world.write(app, "heroku", dyno.name, f"Process exited with status {status}")
            set_state(world, app, dyno, "complete")
            app.dynos.remove(dyno)

    if dyno.stopped:
        return
    set_state(world, app, dyno, "up")
    if dyno.attach_url:
        world.meetings[dyno.attach_url.rpartition("/")[2]] = Meeting(dyno, {"DYNO": dyno.name, **variables}, end)
    else:
        execution.run(world, dyno.command, {"DYNO": dyno.name, **variables}, say, end, lambda: dyno.stopped)
