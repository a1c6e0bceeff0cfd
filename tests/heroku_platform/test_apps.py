"""Apps and what is theirs: formation, dynos, config vars, domains, features."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.heroku_platform import traffic
from tests.heroku_platform.asking import Asker
from tests.heroku_platform.platform import HerokuPlatform
from tests.heroku_platform.records import App, Program
from tests.heroku_platform.waiting import until

TWO = Program({"web": "python -m shop", "worker": "python -m work"})


@pytest.fixture
def shop(platform: HerokuPlatform) -> App:
    return platform.app("shop", platform.world.accounts[0], TWO)


def sizes(ask: Asker) -> dict[str, tuple[int, str]]:
    return {row["type"]: (row["quantity"], row["size"]) for row in ask.ok("GET", "/apps/shop/formation")}


def states(ask: Asker) -> dict[str, str]:
    return {row["name"]: row["state"] for row in ask.ok("GET", "/apps/shop/dynos")}


def test_an_app_is_made_changed_and_deleted(platform: HerokuPlatform, ask: Asker) -> None:
    made = ask.ok("POST", "/apps", {"name": "shop", "region": "eu", "stack": "container"})
    assert (made["region"]["name"], made["stack"]["name"]) == ("eu", "container")
    assert [row["description"] for row in ask.ok("GET", "/apps/shop/releases")] == ["Initial release", "Enable Logplex"]
    assert ask("POST", "/apps", {"name": "Shop"}).status == 422
    assert ask("POST", "/apps", {"region": "mars"}).status == 422
    ask.ok("PATCH", "/apps/shop", {"name": "store"})
    assert ask("GET", "/apps/shop").status == 404
    ask.ok("POST", "/apps/store/addons", {"plan": "heroku-redis:mini"})
    assert ask.ok("DELETE", f"/apps/{made['id']}")["name"] == "store"
    assert ask.ok("GET", "/addons") == ask.ok("GET", "/addon-attachments") == ask.ok("GET", "/apps") == []


def test_a_first_deploy_gives_one_web_dyno(shop: App, ask: Asker) -> None:
    assert sizes(ask) == {"web": (1, "Basic"), "worker": (0, "Basic")}
    assert list(states(ask)) == ["web.1"]
    until(lambda: states(ask) == {"web.1": "up"})


def test_scaling_makes_no_release(shop: App, ask: Asker) -> None:
    big = {"name": "Standard-1X"}
    ask.ok(
        "PATCH", "/apps/shop/formation", {"updates": [{"type": kind, "dyno_size": big} for kind in ("web", "worker")]}
    )
    ask.ok(
        "PATCH",
        "/apps/shop/formation",
        {"updates": [{"type": "web", "quantity": "+2"}, {"type": "worker", "quantity": 1}]},
    )
    assert sizes(ask) == {"web": (3, "Standard-1X"), "worker": (1, "Standard-1X")}
    ask.ok("PATCH", "/apps/shop/formation/web", {"quantity": 2})
    assert sorted(states(ask)) == ["web.1", "web.2", "worker.1"]
    assert len(shop.releases) == 3
    assert ask("PATCH", "/apps/shop/formation", {"updates": [{"type": "web", "quantity": "-9"}]}).status == 422
    assert ask("PATCH", "/apps/shop/formation/web", {"dyno_size": {"name": "Huge"}}).status == 422


@pytest.mark.parametrize("tier", ["Eco", "Basic"])
def test_cheap_tiers_have_one_dyno_a_type(shop: App, ask: Asker, tier: str) -> None:
    updates = [{"type": kind, "quantity": 2, "dyno_size": {"name": tier}} for kind in ("web", "worker")]
    refused = ask("PATCH", "/apps/shop/formation", {"updates": updates})
    assert refused.body["message"] == f"Cannot update to more than 1 {tier} size dynos per process type."
    assert sizes(ask) == {"web": (1, "Basic"), "worker": (0, "Basic")}


def test_config_vars_merge_and_restart(shop: App, ask: Asker) -> None:
    before = {row["id"] for row in ask.ok("GET", "/apps/shop/dynos")}
    assert ask.ok("PATCH", "/apps/shop/config-vars", {"A": "1", "B": "2"}) == {"A": "1", "B": "2"}
    assert ask.ok("PATCH", "/apps/shop/config-vars", {"A": None, "C": "3"}) == {"B": "2", "C": "3"}
    after = ask.ok("GET", "/apps/shop/dynos")
    assert before.isdisjoint(row["id"] for row in after)
    assert {row["release"]["version"] for row in after} == {5}
    ask.ok("PATCH", "/apps/shop/config-vars", {"B": "2"})
    assert len(shop.releases) == 5
    assert ask.ok("GET", "/apps/shop/releases/4/config-vars") == {"A": "1", "B": "2"}


def test_dynos_are_restarted_by_deleting_them(shop: App, ask: Asker) -> None:
    until(lambda: states(ask) == {"web.1": "up"})
    old = ask.ok("GET", "/apps/shop/dynos")[0]["id"]
    assert ask("DELETE", "/apps/shop/dynos/web.1").status == 202
    assert ask.ok("GET", "/apps/shop/dynos/web.1")["id"] != old
    assert ask("DELETE", "/apps/shop/dynos/web").status == 202
    assert ask("DELETE", "/apps/shop/dynos").status == 202
    assert ask("DELETE", "/apps/shop/dynos/web.9").status == 404
    until(lambda: states(ask) == {"web.1": "up"})


def test_what_cannot_start_crashes(platform: HerokuPlatform, ask: Asker) -> None:
    app = platform.app("shop", platform.world.accounts[0], Program(boots=False, says=("no flux",)))
    until(lambda: states(ask) == {"web.1": "crashed"})
    text = "\n".join(map(str, app.log.lines))
    assert "app[web.1]: no flux" in text
    assert "heroku[web.1]: State changed from starting to crashed" in text


def test_a_one_off_dyno_runs_and_its_output_is_logged(shop: App, ask: Asker) -> None:
    ask.ok("PATCH", "/apps/shop/config-vars", {"NAME": "world"})
    made = ask.ok("POST", "/apps/shop/dynos", {"command": 'echo "hello $NAME$MORE"; exit 3', "env": {"MORE": "!"}})
    assert made["type"] == "run"
    until(lambda: made["name"] not in states(ask))
    said = [(line.source, line.text) for line in shop.log.lines if line.process == made["name"]]
    assert ("app", "hello world!") in said
    assert ("heroku", "Process exited with status 3") in said


def test_a_one_off_dyno_can_be_stopped(shop: App, ask: Asker) -> None:
    made = ask.ok("POST", "/apps/shop/dynos", {"command": "echo begun; exec sleep 600"})
    until(lambda: any(line.text == "begun" for line in shop.log.lines))
    assert ask("POST", f"/apps/shop/dynos/{made['name']}/actions/stop").status == 202
    assert made["name"] not in states(ask)


def test_domains_are_found_and_certified(shop: App, platform: HerokuPlatform, ask: Asker) -> None:
    ask.ok("POST", "/apps/shop/acm")
    made = ask.ok("POST", "/apps/shop/domains", {"hostname": "shop.example.com", "sni_endpoint": None})
    assert (made["status"], made["kind"]) == ("pending", "custom")
    platform.skip(30)
    info = ask.ok("GET", "/apps/shop/domains/shop.example.com")
    assert (info["status"], info["acm_status"]) == ("succeeded", "cert issued")
    platform.app("other", platform.world.accounts[0])
    assert "in use" in ask("POST", "/apps/other/domains", made | {"sni_endpoint": None}).body["message"]
    assert ask("DELETE", f"/apps/shop/domains/{shop.domains[0].hostname}").status == 403
    ask.ok("DELETE", f"/apps/shop/domains/{made['id']}")
    assert len(ask.ok("GET", "/apps/shop/domains")) == 1


def test_a_certificate_of_ones_own_serves_a_domain(shop: App, ask: Asker) -> None:
    chain, key = certificate("shop.example.com")
    asked = {"certificate_chain": chain, "private_key": key}
    made = ask.ok("POST", "/apps/shop/sni-endpoints", asked)
    assert made["ssl_cert"]["cert_domains"] == ["shop.example.com"]
    domain = ask.ok("POST", "/apps/shop/domains", {"hostname": "shop.example.com", "sni_endpoint": None})
    ask.ok("PATCH", f"/apps/shop/domains/{domain['id']}", {"sni_endpoint": made["name"]})
    assert ask.ok("GET", "/apps/shop/sni-endpoints")[0]["domains"] == [domain["id"]]
    assert ask("DELETE", f"/apps/shop/sni-endpoints/{made['id']}").status == 422
    assert ask("POST", "/apps/shop/sni-endpoints", {**asked, "private_key": certificate("x")[1]}).status == 422
    assert ask("POST", "/apps/shop/sni-endpoints", {**asked, "private_key": "nonsense"}).status == 422
    ask.ok("PATCH", f"/apps/shop/domains/{domain['id']}", {"sni_endpoint": None})
    ask.ok("DELETE", f"/apps/shop/sni-endpoints/{made['id']}")


def certificate(name: str) -> tuple[str, str]:
    """A certificate of this name that signs itself, and its key, both PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return made.public_bytes(Encoding.PEM).decode(), secret.decode()


def test_buildpacks_are_kept(shop: App, ask: Asker) -> None:
    rows = ask.ok("PUT", "/apps/shop/buildpack-installations", {"updates": [{"buildpack": "heroku/python"}]})
    assert ask.ok("GET", "/apps/shop/buildpack-installations") == rows
    assert rows[0]["buildpack"]["name"] == "heroku/python"


def test_metrics_are_logged_where_the_feature_is_on(shop: App, platform: HerokuPlatform, ask: Asker) -> None:
    until(lambda: states(ask) == {"web.1": "up"})
    platform.skip(60)
    assert not any("sample#" in line.text for line in shop.log.lines)
    assert ask.ok("PATCH", "/apps/shop/features/log-runtime-metrics", {"enabled": True})["enabled"]
    until(lambda: sum("sample#memory_total=" in line.text for line in shop.log.lines) >= 2)
    assert any("sample#load_avg_1m=" in line.text for line in shop.log.lines)


def test_the_router_tells_of_requests(shop: App, platform: HerokuPlatform, ask: Asker) -> None:
    with platform.world.held() as world:
        assert traffic.serve(world, shop) == 503
    until(lambda: states(ask) == {"web.1": "up"})
    with platform.world.held() as world:
        assert traffic.serve(world, shop, 2, "/cart", 404) == 404
        shop.maintenance = True
        assert traffic.serve(world, shop) == 503
    lines = [line.text for line in shop.log.lines if line.process == "router"]
    assert "code=H10" in lines[0]
    assert 'path="/cart"' in lines[1]
    assert "dyno=web.1 connect=0ms service=35ms status=404" in lines[2]
    assert "code=H80" in lines[3]
