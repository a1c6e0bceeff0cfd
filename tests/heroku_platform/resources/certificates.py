"""Certificates: SNI endpoints, those that were uploaded and those that ACM got."""

from __future__ import annotations

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.heroku_platform import errors
from tests.heroku_platform.clock import stamp
from tests.heroku_platform.records import App, Domain
from tests.heroku_platform.routes import Answer, Call, Row, pages, route
from tests.heroku_platform.shapes import app_named
from tests.heroku_platform.world import World

ACM_DAYS = 90


def certify(world: World, app: App, domain: Domain) -> None:
    """Have ACM get a certificate for a domain, which takes time."""
    domain.acm_status = "pending"

    def issued() -> None:
        if app.acm and domain in app.domains:
            until = world.now() + timedelta(days=ACM_DAYS)
            row = _keep(world, app, "", [domain.hostname], "/CN=R11", f"/CN={domain.hostname}", world.now(), until)
            domain.acm_status, domain.updated_at = "cert issued", world.now()
            domain.sni_endpoint = {"id": row["id"], "name": row["name"]}

    world.clock.after(world.seconds["acm"], issued)


def _keep(
    world: World, app: App, chain: str, names: list[str], issuer: str, subject: str, begins: datetime, ends: datetime
) -> Row:
    now, name = stamp(world.now()), f"{world.word()}-{world.number(10000, 99999)}"
    certificate = {
        "ca_signed?": issuer != subject,
        "cert_domains": names,
        "expires_at": stamp(ends),
        "issuer": issuer,
        "self_signed?": issuer == subject,
        "starts_at": stamp(begins),
        "subject": subject,
        "id": world.new_id(),
    }
    row: Row = {
        "certificate_chain": chain,
        "created_at": now,
        "id": world.new_id(),
        "name": name,
        "updated_at": now,
        "display_name": None,
        "domains": [],
        "app": app_named(app),
        "ssl_cert": certificate,
    }
    app.certificates[row["id"]] = row
    return row


def _shape(app: App, row: Row) -> Row:
    using = [domain.id for domain in app.domains if domain.sni_endpoint and domain.sni_endpoint["id"] == row["id"]]
    return {**row, "domains": using}


def find(app: App, name: str) -> Row:
    """The endpoint of this id or name. Raises 404."""
    for row in app.certificates.values():
        if name in (row["id"], row["name"]):
            return row
    raise errors.not_found("sni_endpoint", "SNI endpoint")


@route("GET", "/apps/{app}/sni-endpoints")
def listed(call: Call) -> Answer:
    app = call.app
    return pages([_shape(app, row) for row in app.certificates.values()], "name", "id")


@route("GET", "/apps/{app}/sni-endpoints/{endpoint}")
def info(call: Call) -> Answer:
    app = call.app
    return Answer(_shape(app, find(app, call.names["endpoint"])))


@route("POST", "/apps/{app}/sni-endpoints")
def create(call: Call) -> Answer:
    app, chain = call.app, call.body["certificate_chain"]
    try:
        certificate = x509.load_pem_x509_certificates(chain.encode())[0]
        key = load_pem_private_key(call.body["private_key"].encode(), None)
    except ValueError as error:
        raise errors.invalid("No certificate or no key given: both must be PEM.") from error
    if key.public_key() != certificate.public_key():
        raise errors.invalid("Key doesn't match the PEM certificate")
    issuer, subject = certificate.issuer.rfc4514_string(), certificate.subject.rfc4514_string()
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return Answer(_keep(call.world, app, chain, _names(certificate), issuer, subject, begins, ends), 201)


def _names(certificate: x509.Certificate) -> list[str]:
    try:
        known = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return known.value.get_values_for_type(x509.DNSName)


@route("DELETE", "/apps/{app}/sni-endpoints/{endpoint}")
def delete(call: Call) -> Answer:
    app = call.app
    row = _shape(app, find(app, call.names["endpoint"]))
    if row["domains"]:
        raise errors.invalid("The endpoint is used by a domain of this app.")
    del app.certificates[row["id"]]
    return Answer(row)
