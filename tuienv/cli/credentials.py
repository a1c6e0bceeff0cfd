"""``credentials``: who acts. Lists, tests and chooses profiles; adds those whose secret tuienv keeps."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import click

from tuienv.cli import shapes, tables
from tuienv.cli.asking import can_ask
from tuienv.cli.codes import Exit, of_failures
from tuienv.cli.common import with_session
from tuienv.cli.errors import Stop, say
from tuienv.cli.session import Session
from tuienv.model import Failure, Identity, Profile
from tuienv.model.state import ProfileState
from tuienv.screens.words import left
from tuienv.text import plain

MOST_BYTES = 65536
"""A secret is not longer; what is piped in beyond that is a mistake."""

_PROFILE = click.argument("name", metavar="PROFILE")
_BACKEND = click.argument("of", metavar="BACKEND")


@dataclass(frozen=True)
class Row:
    """One profile, and who it is or why nobody can tell; neither where it was not asked."""

    state: ProfileState
    identity: Identity | None = None
    failure: Failure | None = None

    @property
    def profile(self) -> Profile:
        return self.state.profile


@click.group()
def credentials() -> None:
    """Accounts: which there are, who they are, which is used where. Secrets are kept in the system's keyring."""


@credentials.command("list")
@with_session
def list_profiles(session: Session) -> int:
    """List all profiles. Those in use are asked who they are; no other is contacted."""
    rows = _rows(session)
    asked = {row.state: row for row in _asked(session, [row for row in rows if row.state.in_use])}
    _print(session, [asked.get(row.state, row) for row in rows])
    return Exit.DONE


@credentials.command()
@click.argument("of", metavar="[BACKEND]", default="")
@click.argument("name", metavar="[PROFILE]", default="")
@with_session
def test(session: Session, of: str, name: str) -> int:
    """Ask a profile's provider who it is; without arguments, that of every profile in use."""
    rows = _rows(session)
    if of:
        named = [row for row in rows if (row.profile.backend, row.profile.name) == (of, name)]
        found = _asked(session, named or [Row(ProfileState(Profile(of, name, "")))])
    else:
        found = _asked(session, [row for row in rows if row.state.in_use])
    _print(session, found)
    for row in found:
        if row.failure is not None:
            say(f"tuienv: {row.failure}{_how_to_renew(row.profile)}")
    return of_failures(row.failure for row in found)


@credentials.command()
@_BACKEND
@click.argument("name", metavar="[PROFILE]", default="")
@click.option("--environment", metavar="ENV", default="", help="For this environment alone.")
@with_session
def use(session: Session, of: str, name: str, environment: str) -> int:
    """Use a profile from now on. Its identity is shown first; without PROFILE, back to the provider's own default."""
    identity = session.book.test(of, name)
    where = environment or f"every environment that names no {of} profile"
    say(f"{_called(of, name)} is {_who(identity)}. It will be used for {where}.")
    _agree(session)
    session.book.use(of, name, environment)
    _done(session, "used", identity)
    return Exit.DONE


@credentials.command()
@_BACKEND
@_PROFILE
@with_session
def add(session: Session, of: str, name: str) -> int:
    """Keep a profile's secret in the system's keyring. It is typed hidden, or comes on standard input."""
    identity = session.book.add(of, name, _secret(f"The secret of {_called(of, name)}"))
    say(f"{_called(of, name)} is {_who(identity)}. Its secret is in the keyring.")
    _done(session, "added", identity)
    return Exit.DONE


@credentials.command()
@_BACKEND
@_PROFILE
@with_session
def remove(session: Session, of: str, name: str) -> int:
    """Forget a profile that tuienv keeps, secret and all."""
    say(f"{_called(of, name)} will be taken out of the keyring.")
    _agree(session)
    session.book.remove(of, name)
    if session.common.json:
        shapes.print_json({"removed": {"backend": of, "profile": name}})
    else:
        click.echo(f"removed {plain(_called(of, name))}")
    return Exit.DONE


@credentials.command()
@_BACKEND
@click.argument("resources", metavar="RESOURCE...", nargs=-1, required=True)
@with_session
def authorize(session: Session, of: str, resources: tuple[str, ...]) -> int:
    """Give the second factor that a provider asks for, by the names in its refusal. It is typed hidden, or comes on
    standard input; several resources take the same code. --profile says whose they are."""
    name = session.common.profile or session.book.choices.used.get(of, "")
    code = _secret(f"The code of your authenticator for {plain(', '.join(resources))}")
    for resource in resources:
        session.book.authorize(of, name, resource, code)
    if session.common.json:
        shapes.print_json({"authorized": {"backend": of, "profile": name, "resources": list(resources)}})
    else:
        click.echo(f"authorized {plain(', '.join(resources))}")
    return Exit.DONE


# --- what there is ----------------------------------------------------------------------------------------------


def _rows(session: Session) -> list[Row]:
    layers = (layer for spec in session.declared.specs for layer in spec.layers)
    used = session.book.in_use((layer.backend, layer.profile) for layer in layers)
    return [Row(state) for state in session.book.states(used)]


def _asked(session: Session, rows: list[Row]) -> list[Row]:
    """The same with who each is, asked side by side; each fails alone."""
    from tuienv.backends.base import ProviderError

    def ask(row: Row) -> Row:
        profile = row.profile
        try:
            identity = session.book.test(profile.backend, profile.name)
        except ProviderError as error:
            return Row(row.state, failure=error.as_failure())
        return Row(row.state, identity)

    if not rows:
        return []
    with ThreadPoolExecutor(len(rows), thread_name_prefix="identity") as pool:
        return list(pool.map(ask, rows))


# --- how it is printed ------------------------------------------------------------------------------------------


def _print(session: Session, rows: list[Row]) -> None:
    if session.common.json:
        shapes.print_json([_shape(row) for row in rows])
        return
    if not rows:
        say("Nobody is signed in anywhere: see docker context, aws configure, heroku login; or tuienv credentials add")
        return
    head = ["BACKEND", "PROFILE", "USED", "IDENTITY", "LEFT", "SOURCE"]
    click.echo(tables.table(head, [_cells(row) for row in rows]))


def _cells(row: Row) -> list[str]:
    identity, failure = row.identity, row.failure
    who = f"✗ {failure.said}" if failure is not None else _who(identity) if identity is not None else ""
    expires_at = identity.expires_at if identity is not None else None
    used = ", ".join(row.state.environments) or ("yes" if row.state.in_use else "")
    profile = row.profile
    time_left = "" if expires_at is None else left(expires_at - time.time())
    name = profile.name or "(default)"
    return [*map(tables.cell, (profile.backend, name, used, who, time_left, profile.source))]


def _shape(row: Row) -> dict[str, Any]:
    identity = row.identity
    return {
        "backend": row.profile.backend,
        "profile": row.profile.name or None,
        "source": row.profile.source or None,
        "default": row.profile.default,
        "in_use": row.state.in_use,
        "environments": list(row.state.environments),
        **_identity(identity),
        "error": None if row.failure is None else str(row.failure),
    }


def _identity(identity: Identity | None) -> dict[str, Any]:
    return {
        "account": None if identity is None else identity.account,
        "name": None if identity is None else identity.name,
        "expires_at": None if identity is None else shapes.instant(identity.expires_at),
    }


def _done(session: Session, what: str, identity: Identity) -> None:
    if session.common.json:
        shapes.print_json({what: {"backend": identity.backend, "profile": identity.profile, **_identity(identity)}})
    else:
        click.echo(f"{what} {plain(_called(identity.backend, identity.profile))}")


def _called(backend: str, name: str) -> str:
    return f"{backend} {name}" if name else f"{backend} (default)"


def _who(identity: Identity) -> str:
    return " · ".join(dict.fromkeys(part for part in (identity.name, identity.account) if part))


def _how_to_renew(profile: Profile) -> str:
    return f". Sign in again: {' '.join(profile.renew)}" if profile.renew else ""


# --- asking -----------------------------------------------------------------------------------------------------


def _agree(session: Session) -> None:
    """Return if it may be done. Raises `Stop` where it may not."""
    if session.common.yes:
        return
    if not can_ask():
        raise Stop("refused: this asks first, and there is no terminal to ask on. Add --yes to go ahead", Exit.REFUSED)
    if not click.confirm("Go ahead?", default=False, err=True):
        raise Stop("nothing was changed")


def _secret(prompt: str) -> str:
    """Typed where nobody sees it, or piped in. Never an argument: those can be read by everybody on the machine."""
    if sys.stdin.isatty():
        typed: str = click.prompt(prompt, hide_input=True, err=True)
        secret = typed.strip()
    else:
        secret = sys.stdin.read(MOST_BYTES + 1).strip()
    if not secret:
        raise Stop("no secret was given: type it, or pipe it in", Exit.USAGE)
    if len(secret) > MOST_BYTES:
        raise Stop(f"what was piped in is longer than {MOST_BYTES // 1024} KiB: that is no secret", Exit.USAGE)
    return secret
