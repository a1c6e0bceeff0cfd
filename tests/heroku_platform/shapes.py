"""How one thing names another in an answer, and what is told of services and plans wherever they are told of."""

from __future__ import annotations

from typing import Any

from tests.heroku_platform.catalog import DEFAULT_PLANS, SINCE, known_id
from tests.heroku_platform.records import Account, App, Plan, Service


def app_named(app: App) -> dict[str, str]:
    return {"id": app.id, "name": app.name}


def user_named(account: Account) -> dict[str, str]:
    return {"email": account.email, "id": account.id}


def known(kind: str, name: str) -> dict[str, str]:
    """A region, a stack or a generation."""
    return {"id": known_id(kind, name), "name": name}


def service_shape(service: Service) -> dict[str, Any]:
    return {
        "cli_plugin_name": None,
        "created_at": SINCE,
        "human_name": service.human_name,
        "id": service.id,
        "name": service.name,
        "state": "ga",
        "supports_multiple_installations": not service.alone,
        "supports_sharing": not service.alone,
        "updated_at": SINCE,
        "supported_generations": [known("generation", "cedar")],
    }


def plan_shape(plan: Plan) -> dict[str, Any]:
    return {
        "addon_service": {"id": plan.service.id, "name": plan.service.name},
        "created_at": SINCE,
        "compliance": None,
        "default": DEFAULT_PLANS[plan.service.name] == plan.name,
        "description": f"{plan.service.human_name} {plan.human_name}",
        "human_name": plan.human_name,
        "id": plan.id,
        "installable_inside_private_network": False,
        "installable_outside_private_network": True,
        "name": plan.name,
        "price": {"cents": plan.cents, "contract": False, "unit": "month"},
        "space_default": False,
        "state": "ga",
        "updated_at": SINCE,
        "visible": True,
    }
