"""Who is signed in, what is left of the requests, teams, spaces, and the second factor for an app."""

from __future__ import annotations

from datetime import timedelta

from tests.heroku_platform import errors
from tests.heroku_platform.clock import stamp
from tests.heroku_platform.records import Account, Team
from tests.heroku_platform.routes import Answer, Call, Row, pages, route
from tests.heroku_platform.shapes import user_named

PREAUTHORIZED_MINUTES = 10


def shape(account: Account) -> Row:
    return {
        "allow_tracking": False,
        "beta": False,
        "created_at": stamp(account.created_at),
        "email": account.email,
        "federated": False,
        "id": account.id,
        "identity_provider": None,
        "last_login": stamp(account.created_at),
        "name": account.name,
        "sms_number": None,
        "suspended_at": None,
        "delinquent_at": None,
        "two_factor_authentication": account.second_factor is not None,
        "updated_at": stamp(account.created_at),
        "verified": account.verified,
        "country_of_residence": None,
        "default_organization": None,
        "default_team": None,
    }


@route("GET", "/account")
def info(call: Call) -> Answer:
    return Answer(shape(call.account))


@route("GET", "/users/{user}")
def info_of_user(call: Call) -> Answer:
    if call.names["user"] not in {"~", call.account.id, call.account.email}:
        raise errors.not_found("user")
    return info(call)


@route("GET", "/account/rate-limits")
def rate_limits(call: Call) -> Answer:
    return Answer({"remaining": int(call.account.tokens)})


@route("GET", "/account/keys")
def keys(call: Call) -> Answer:
    return pages([], "id")


@route("PUT", "/apps/{app}/pre-authorizations")
def preauthorize(call: Call) -> Answer:
    """What the official CLI sends with the second factor, so that it is not asked for each request."""
    app = call.app
    call.account.preauthorized[app.id] = call.world.now() + timedelta(minutes=PREAUTHORIZED_MINUTES)
    return Answer({})


def _team(team: Team, account: Account) -> Row:
    return {
        "id": team.id,
        "created_at": stamp(team.created_at),
        "credit_card_collections": True,
        "default": False,
        "enterprise_account": None,
        "identity_provider": None,
        "membership_limit": 25,
        "name": team.name,
        "provisioned_licenses": False,
        "role": team.members[account],
        "type": "team",
        "updated_at": stamp(team.created_at),
    }


@route("GET", "/teams")
def teams(call: Call) -> Answer:
    own = [team for team in call.world.teams.values() if call.account in team.members]
    return pages([_team(team, call.account) for team in own], "name", "id")


@route("GET", "/teams/{team}")
def team(call: Call) -> Answer:
    return Answer(_team(_own_team(call), call.account))


def _own_team(call: Call) -> Team:
    for team in call.world.teams.values():
        if call.names["team"] in (team.name, team.id) and call.account in team.members:
            return team
    raise errors.not_found("organization", "team")


@route("GET", "/teams/{team}/members")
def members(call: Call) -> Answer:
    team = _own_team(call)
    rows = [
        {
            "created_at": stamp(team.created_at),
            "email": account.email,
            "federated": False,
            "id": account.id,
            "role": role,
            "two_factor_authentication": account.second_factor is not None,
            "updated_at": stamp(team.created_at),
            "user": {**user_named(account), "name": account.name},
        }
        for account, role in team.members.items()
    ]
    return pages(rows, "email")


@route("GET", "/teams/{team}/features")
def team_features(call: Call) -> Answer:
    assert _own_team(call)
    return pages([], "name", "id")


@route("GET", "/spaces")
def spaces(call: Call) -> Answer:
    return pages([], "name", "id")


@route("GET", "/enterprise-accounts")
def enterprise_accounts(call: Call) -> Answer:
    return pages([], "name", "id")
