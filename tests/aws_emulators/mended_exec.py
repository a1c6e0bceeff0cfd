"""ECS Exec for ministack, which answers ExecuteCommand with an address where nobody is: the command runs in the task's
container, and a task says that it has the agent for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from ministack.services import ecs  # type: ignore[import-untyped]  # it brings no types

from tests.aws_emulators.exec_sessions import InContainer, Sessions, target_of
from tuienv.backends.docker_engine.client import Client

Answer = Any

AGENT = "ExecuteCommandAgent"


def mend() -> None:
    """Before it starts."""
    ecs._attach_started_container = with_agent(ecs._attach_started_container)
    ecs._ACTION_MAP["ExecuteCommand"] = executing(ecs._ACTION_MAP["ExecuteCommand"], Sessions(), Client())


def with_agent(attach: Callable[..., bool]) -> Callable[..., bool]:
    """A container that has started has an agent, if its task was to have one."""

    def attached(task: Any, container: Any, index: int, *rest: Any) -> bool:
        done = attach(task, container, index, *rest)
        if done and task.get("enableExecuteCommand"):
            task["containers"][index]["managedAgents"] = [{"name": AGENT, "lastStatus": "RUNNING"}]
        return done

    return attached


def executing(execute: Callable[[Any], Answer], sessions: Sessions, client: Client) -> Callable[[Any], Answer]:
    """A session that leads into the container. The refusal is AWS's, word for word."""

    def executed(data: Any) -> Answer:
        status, headers, body = execute(data)
        if status != 200:
            return status, headers, body
        told = json.loads(body)
        rows = ecs._tasks[told["taskArn"]]["containers"]
        one: Answer = next((row for row in rows if row["name"] == told["containerName"]), {})
        if not one.get("managedAgents"):
            said = (
                "The execute command failed because execute command was not enabled when the task was run or the "
                "execute command agent isn't running. Wait and try again or run a new task with execute command "
                "enabled and try again."
            )
            return ecs.error_response_json("InvalidParameterException", said, 400)
        cluster, task = told["clusterArn"].rpartition("/")[2], told["taskArn"].rpartition("/")[2]
        start = partial(InContainer, client, one["runtimeId"], data["command"])
        told["session"] = sessions.open(target_of(cluster, task, one["runtimeId"]), start)
        return ecs.json_response(told)

    return executed
