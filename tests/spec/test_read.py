"""What a right file means, and what is said about a wrong one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.spec.good import GOOD
from tuienv.model import MIB, SIZES, EnvironmentSpec, Health, Kind, LayerSpec, Port, Route, Size
from tuienv.spec import SpecError, read
from tuienv.spec.circles import circles

BACKENDS = ("aws", "docker", "sandbox")
HEAD = "environment: shop\nbackend: docker\nlayers:\n"


def layer(spec: EnvironmentSpec, name: str) -> LayerSpec:
    found = spec.layer(name)
    assert found is not None
    return found


def mistakes(text: str, *, secrets: tuple[str, ...] = (), folder: Path | None = None) -> list[str]:
    """What is wrong with a text, each as ``line:column: message``."""
    with pytest.raises(SpecError) as caught:
        read(text, "f.yaml", has_secret=secrets.__contains__, known_backends=BACKENDS, folder=folder)
    return [str(mistake).removeprefix("f.yaml:") for mistake in caught.value.mistakes]


@pytest.fixture(name="shop")
def read_good() -> EnvironmentSpec:
    [spec] = read(GOOD, "shop/tuienv.yaml", has_secret=("session-key",).__contains__, known_backends=BACKENDS)
    return spec


def test_an_environment(shop: EnvironmentSpec) -> None:
    assert (shop.name, shop.protected, shop.source) == ("shop-staging", True, "shop/tuienv.yaml")
    assert [layer.name for layer in shop.layers] == ["edge", "web", "api", "cache", "db"]
    assert [(layer.backend, layer.profile) for layer in shop.layers] == [("docker", "local")] * 4 + [
        ("aws", "acme-dev")
    ]
    assert [layer.line for layer in shop.layers] == [6, 12, 28, 36, 37]


def test_a_load_balancer(shop: EnvironmentSpec) -> None:
    edge = layer(shop, "edge")
    assert edge.kind is Kind.LOAD_BALANCER
    assert edge.routes == (Route("web", 8000), Route("api", 9000, "/api"))
    assert edge.ports == (Port(8080), Port(8443, "0.0.0.0"))
    assert edge.needs == ("web", "api")


def test_an_app(shop: EnvironmentSpec) -> None:
    web, api = layer(shop, "web"), layer(shop, "api")
    assert web.command == ("python", "-m", "shop floor")
    assert web.size == SIZES["small"]
    assert web.health == Health("/healthz", (), 2.0, 2.0, 90.0)
    assert web.needs == ("db", "cache")
    assert api.command == ("serve", "-p", "9000")
    assert api.size == Size("", 0.5, 512 * MIB)
    assert api.health == Health("", ("check",))
    assert api.build == "./api"
    assert api.options == {"docker": {"shm_size": 64}}


def test_what_all_layers_at_a_provider_have_is_said_once() -> None:
    text = """
environment: shop
backend: docker
options: {docker: {shm_size: 64, log: local}, aws: {vpc: vpc-1}}
layers:
  web: {kind: app, image: x}
  api: {kind: app, image: x, options: {docker: {shm_size: 128}}}
  db: {kind: database, backend: aws, options: {docker: {kept: as written}}}
"""
    (shop,) = read(text, "tuienv.yaml")
    assert shop.options == {"docker": {"shm_size": 64, "log": "local"}, "aws": {"vpc": "vpc-1"}}
    assert layer(shop, "web").options == {"docker": {"shm_size": 64, "log": "local"}}
    assert layer(shop, "api").options == {"docker": {"shm_size": 128, "log": "local"}}
    assert layer(shop, "db").options == {"docker": {"kept": "as written"}, "aws": {"vpc": "vpc-1"}}


def test_values_stay_as_the_file_spells_them(shop: EnvironmentSpec) -> None:
    values = layer(shop, "web").environment
    assert values["DEBUG"] == "yes"
    assert values["RATIO"] == "1.10"
    assert values["PLAIN"] == "$${HOME}"
    assert values["SESSION_KEY"] == "${secret:session-key}"


def test_stores(shop: EnvironmentSpec) -> None:
    cache, db = layer(shop, "cache"), layer(shop, "db")
    assert (cache.engine, cache.version, cache.storage) == ("redis", "7", 1024 * MIB)
    assert (db.engine, db.version, db.size) == ("postgres", "16", Size("db.t4g.small"))


def test_the_engine_follows_from_the_kind() -> None:
    [spec] = read(HEAD + "  db: {kind: database}\n", "f.yaml")
    assert layer(spec, "db").engine == "postgres"


def test_one_environment_a_document_and_anchors_and_merges() -> None:
    text = (
        "environment: a\nbackend: docker\nlayers:\n  db: &db {kind: database, version: '15'}\n---\n---\n"
        "environment: b\nbackend: docker\nlayers:\n  one: &one {kind: database, version: '15'}\n"
        "  two: {<<: *one, version: '16'}\n"
    )
    first, second = read(text, "f.yaml")
    assert (first.name, second.name) == ("a", "b")
    assert [layer.version for layer in second.layers] == ["15", "16"]


def test_every_mistake_at_once_in_the_order_of_the_file() -> None:
    found = mistakes(
        "environment: Shop_X\nbackend: dokcer\nproteced: false\nlayers:\n"
        "  web:\n    kind: app\n    imge: x\n    port: '8000'\n    size: smal\n"
        "    environment: {A: '${layers.dbb.url}', B: '${secret:x}'}\n"
        "  db: {kind: database, version: 16.1, replicas: 2}\n"
    )
    assert found == [
        "1:14: 'Shop_X' cannot be a name: use up to 40 lower-case letters, digits and hyphens, "
        "with a letter or a digit at both ends, such as 'shop-x'",
        "2:10: there is no backend 'dokcer': did you mean 'docker'?",
        "3:1: unknown key 'proteced': did you mean 'protected'?",
        "5:3: app 'web' has nothing to run: write image: NAME:TAG or build: ./FOLDER",
        "7:5: unknown key 'imge': did you mean 'image'?",
        "8:11: port: must be a whole number, such as 8000, not '8000'",
        "9:11: size: there is no size 'smal': did you mean 'small'?",
        "10:22: A: there is no layer 'dbb': did you mean 'db'?",
        "10:46: B: the secret 'x' cannot be read: set TUIENV_SECRET_X, or run: keyring set tuienv x",
        '11:33: version: 16.1 is a number here, and 7.10 would be 7.1: write "16.1"',
        "11:49: a database has one instance: leave replicas out; only apps have several",
    ]


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ("web: {kind: ap, image: x}", "4:15: kind: there is no kind 'ap': did you mean 'app'?"),
        ("web: {kind: lb, image: x}", "kind: there is no kind 'lb': did you mean 'load-balancer'?"),
        ("web: {image: x}", "4:3: 'kind' is missing; write kind: app"),
        ("web: 5", "4:8: web: must be keys and values, not the number 5"),
        ("web: {kind: app, image: x, build: y}", "4:30: an app has an image or a build, not both: leave one out"),
        ("web: {kind: app, image: 'a b'}", "image: 'a b' is no image: write one such as"),
        ("web: {kind: app, build: /abs}", "build: must be a path relative to this file, such as ./web"),
        ("web: {kind: app, image: x, storage: 1GiB}", "'storage' means nothing for a layer of kind app"),
        ("web: {kind: app, image: x, replicas: -1}", "replicas: must be 0 or more, such as 3"),
        (
            "web: {kind: app, image: x, replicas: 3.5}",
            "replicas: must be a whole number, such as 3, not the number 3.5",
        ),
        ("web: {kind: app, image: x, port: 70000}", "port: must be 65535 or less"),
        ("web: {kind: app, image: x, size: {}}", "size: says nothing: write cpu, memory or both"),
        ("web: {kind: app, image: x, size: {cpu: 0}}", "cpu: must be a number of cores above 0, such as 0.5 or 2"),
        (
            "web: {kind: app, image: x, size: {memory: 512m}}",
            "memory: 512m needs a unit that is understood: write 512MiB",
        ),
        ("web: {kind: app, image: x, size: {memory: 1MiB}}", "memory: 1MiB is too little"),
        ("web: {kind: app, image: x, size: {mem: 1GiB}}", "unknown key 'mem': did you mean 'memory'?"),
        ("web: {kind: app, image: x, size: 512MiB}", "'512MiB' is no size: write a name such as small, or {cpu"),
        ("web: {kind: app, image: x, command: 'a \"b'}", "command: has a quote that is not closed"),
        ("web: {kind: app, image: x, health: {command: [x], path: /x}}", "health: write one way to ask"),
        ("web: {kind: app, image: x, health: {interval: 1s}}", "health: write one way to ask"),
        ("web: {kind: app, image: x, health: {path: /x}}", "it takes a load-balancer that routes to web"),
        ("web: {kind: app, image: x, health: {command: x, grace: 3 days}}", "grace: must be a time above 0"),
        (
            "web: {kind: app, image: x, environment: {A: }}",
            'A: must be text, not nothing (an empty text is written "")',
        ),
        ("web: {kind: app, image: x, environment: {A: [1]}}", "A: must be text, not a list"),
        ("web: {kind: app, image: x, environment: {1A: x}}", "'1A' cannot be a variable"),
        ("web: {kind: app, image: x, environment: {A: '${x'}}", "A: '${x' is not closed: end it with }"),
        ("web: {kind: app, image: x, environment: {A: '${X}'}}", "A: '${X}' is no reference: write ${layers.NAME.url}"),
        ("web: {kind: app, image: x, environment: {A: '${layers.db}'}}", "names no field: write ${layers.db.url}"),
        ("web: {kind: app, image: x, environment: {A: '${layers.web.url}'}}", "A: web refers to itself"),
        ("web: {kind: app, image: x, environment: {A: '${secret: }'}}", "names no secret"),
        ("web: {kind: app, image: x, options: {dokcer: {}}}", "there is no provider 'dokcer': did you mean 'docker'?"),
        ("web: {kind: app, image: x, ports: [80]}", "web publishes ports but has no port of its own"),
        ("web: {kind: app, image: x, port: 1, replicas: 2, ports: [80]}", "instances cannot share a published port"),
        ("web: {kind: app, image: x, port: 1, ports: ['80:81']}", "ports: publishes 80 for another port"),
        ("web: {kind: app, image: x, port: 1, ports: ['a:81']}", "ports: 'a' is no address"),
        ("web: {kind: app, image: x, port: 1, ports: 80}", "ports: must be a list, such as [8080]"),
        ("db: {kind: database, engine: mysql}", "a database cannot be 'mysql': the engine is 'postgres'"),
        ("db: {kind: database, storage: 10}", "storage: 10 needs a unit that is understood: write 10MiB"),
        (
            "db: {kind: database, routes: {x: 1}}",
            "'routes' means nothing for a layer of kind database, only for load-b",
        ),
        ("lb: {kind: load-balancer}", "load-balancer 'lb' routes nowhere: write routes: {APP: PORT}"),
        ("lb: {kind: load-balancer, routes: {x: 1}}", "there is no layer 'x'"),
        ("Web: {kind: cache}", "'Web' cannot be a name"),
        ("web: {kind: cache}\n  web: {kind: cache}", "5:3: the key 'web' stands here twice, first in line 4"),
    ],
)
def test_a_mistake_in_a_layer(layers: str, said: str) -> None:
    assert any(said in mistake for mistake in mistakes(f"{HEAD}  {layers}\n")), mistakes(f"{HEAD}  {layers}\n")


APP = "  web: {kind: app, image: x, port: 8000}\n"


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        (APP + "  lb: {kind: load-balancer, routes: {web: 9000}}\n", "5:38: web listens on port 8000, not on 9000"),
        (
            "  web: {kind: app, image: x}\n  lb: {kind: load-balancer, routes: {web: 9000}}\n",
            "4:3: web must say the port that it listens on, as it is routed to: port: 9000",
        ),
        (
            "  db: {kind: database}\n  lb: {kind: load-balancer, routes: {db: 1}}\n",
            "db is a database: a load-balancer routes",
        ),
        (
            APP + "  lb: {kind: load-balancer, backend: aws, routes: {web: 8000}}\n",
            "web runs elsewhere (docker): a load-balancer reaches apps beside it (aws)",
        ),
        (
            APP + "  api: {kind: app, image: x, port: 1}\n  lb: {kind: load-balancer, routes: {web: 8000, api: 1}}\n",
            "web and api have the same path '/': give one its own",
        ),
        (
            "  c: {kind: cache}\n  web: {kind: app, image: x, environment: {A: '${layers.c.password}'}}\n",
            "5:47: A: c (cache) has no 'password': known are: url, host, port",
        ),
        (
            "  api: {kind: app, image: x}\n  web: {kind: app, image: x, environment: {A: '${layers.api.url}'}}\n",
            "A: api has no port and so no url: write port: 8000 in it",
        ),
        (
            "  a: {kind: app, image: x, port: 1, ports: [80]}\n  b: {kind: app, image: x, port: 1, ports: [80]}\n",
            "5:45: port 80 is published by a already: choose another",
        ),
        (
            "  a: {kind: app, image: x, port: 1, environment: {B: '${layers.b.url}'}}\n"
            "  b: {kind: app, image: x, port: 1, environment: {A: '${layers.a.url}'}}\n",
            "4:54: layers need each other in a circle: a → b → a; one of these references must go",
        ),
    ],
)
def test_a_mistake_between_layers(layers: str, said: str) -> None:
    assert any(said in mistake for mistake in mistakes(HEAD + layers)), mistakes(HEAD + layers)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "1:1: there is no environment in this file: begin with environment: NAME"),
        ("---\n---\n", "1:1: there is no environment in this file"),
        ("- a", "1:1: an environment is keys and values"),
        ("a: [", "1:5: this is no YAML"),
        (
            "\ta: 1",
            "1:1: this is no YAML: while scanning for the next token, found character that cannot start any token",
        ),
        ("a: \x00", "1:4: the character U+0000 is not allowed"),
        ("a: \ud800", "1:4: the character U+D800 is not allowed"),
        ("a: &a [*a]", "1:8: the alias *a would contain itself"),
        ("a: *b", "1:4: the alias *b names no anchor: &b must stand before it"),
        ("a: !!python/object:os.system x", "1:4: the tag !!python/object:os.system does not belong here"),
        ("? [a]\n: b", "1:3: a key must be a single word"),
        ("[" * 100_000, "this is nested too deeply: at most 32 levels are read"),
        ("- " * 100_000, "this is nested too deeply: at most 32 levels are read"),
        ("a: " + "x" * 2**20, "1:1: the file is too big: at most 1024 KiB are read"),
        ("environment: a", "'layers' is missing"),
        ("environment: a\nlayers: {}", "2:9: layers: must be given, at least one"),
        ("layers: {a: {kind: cache}}", "1:1: 'environment' is missing; write environment: shop-staging"),
        ("environment: a\nlayers: {c: {kind: cache}}", "2:10: layer 'c' has no backend: write backend: docker"),
        ("environment: a\nprotected: no", "2:12: protected: must be true or false, such as true, not 'no'"),
        ("environment: a\nprofile: {asw: x}", "2:11: there is no provider 'asw': did you mean 'aws'?"),
        (2 * (HEAD + "  c: {kind: cache}\n---\n"), "6:14: environment 'shop' is described twice, first in line 1"),
    ],
)
def test_a_mistake_in_a_file(text: str, said: str) -> None:
    assert any(said in mistake for mistake in mistakes(text)), mistakes(text)


def test_aliases_that_multiply_are_refused() -> None:
    bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{name}: &{name} [{','.join([f'*{before}'] * 10)}]\n"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    assert any("there is too much in this file" in mistake for mistake in mistakes(bomb))


def test_a_chain_of_thousands_of_layers_is_read() -> None:
    chain = "".join(
        f"  l{n}: {{kind: app, image: x, port: 1, environment: {{A: '${{layers.l{n + 1}.url}}'}}}}\n"
        for n in range(3000)
    )
    [spec] = read(HEAD + chain + "  l3000: {kind: app, image: x, port: 1}\n", "f.yaml")
    assert len(spec.layers) == 3001


def test_a_build_folder_must_exist(tmp_path: Path) -> None:
    text = HEAD + "  web: {kind: app, build: ./web}\n"
    assert mistakes(text, folder=tmp_path) == ["4:27: build: there is no folder './web' beside this file"]
    (tmp_path / "web").mkdir()
    assert read(text, "f.yaml", folder=tmp_path)


def test_a_secret_is_asked_for_once() -> None:
    asked: list[str] = []

    def has_secret(name: str) -> bool:
        asked.append(name)
        return True

    values = "environment: {A: '${secret:x}', B: '${secret:x}'}"
    read(HEAD + f"  web: {{kind: app, image: x, {values}}}\n", "f.yaml", has_secret=has_secret)
    assert asked == ["x"]


def test_messages_hold_nothing_that_a_terminal_obeys() -> None:
    [mistake] = mistakes(HEAD + '  "\\e]52;c;aGk=\\a": {kind: cache}\n')
    assert "\x1b" not in mistake
    assert "\x07" not in mistake
    assert max(map(len, mistakes(HEAD + f"  {'X' * 5000}: {{kind: cache}}\n"))) < 600


def test_a_carriage_return_in_a_name_hides_nothing() -> None:
    found = mistakes(HEAD + '  c: {kind: cache, environment: {"a\\rb": [1]}}\n')
    assert any(message.endswith("a\\rb: must be text, not a list") for message in found)


def test_circles_of_any_length_are_found_once() -> None:
    assert circles({"a": ["b"], "b": ["c"], "c": ["a", "b"], "d": ["d", "a"]}) == [
        ("a", "b", "c", "a"),
        ("b", "c", "b"),
    ]
    assert circles({"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": []}) == []
