"""While the rules of a listener become others, every path has one of them at every moment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.backends.aws.stub import ACCOUNT, REGION, Refusal, Stub
from tests.backends.aws.test_waiting import job
from tuienv.backends.aws.forwarding import Forwarding, ensure_listeners
from tuienv.backends.aws.session import Hook
from tuienv.model import Action, Address

BALANCER = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/app/edge/1"
LISTENER = BALANCER.replace("loadbalancer", "listener") + "/80"


class Edge:
    """A load balancer with one listener, which keeps its rules. moto takes one path a rule, AWS several."""

    def __init__(self, stub: Stub) -> None:
        self.stub, self.rules, self._made = stub, list[dict[str, Any]](), 0
        action = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
        row = {"ListenerArn": LISTENER, "Port": 80, "Protocol": "HTTP", "DefaultActions": [action]}
        stub.on("elbv2", "DescribeListeners", {"Listeners": [row]})
        stub.on("elbv2", "DescribeRules", lambda given: {"Rules": [dict(rule) for rule in self.rules]})
        stub.on("elbv2", "CreateRule", self._create)
        stub.on("elbv2", "DeleteRule", self._delete)

    def _create(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        if any(rule["Priority"] == str(given["Priority"]) for rule in self.rules):
            raise Refusal("PriorityInUse")
        self._made += 1
        kept = {key: given[key] for key in ("Conditions", "Actions")}
        rule = {"RuleArn": f"{LISTENER}/{self._made}", "Priority": str(given["Priority"]), "IsDefault": False, **kept}
        self.rules.append(rule)
        return {"Rules": [rule]}

    def _delete(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        self.rules = [rule for rule in self.rules if rule["RuleArn"] != given["RuleArn"]]
        return {}

    def forward(self, watch: Hook | None = None, **routes: str) -> None:
        """``api="web"``: what is below ``/api`` goes to the target group ``web``."""
        made = job(self.stub, Address("shop", "edge"), Action.UPDATE)
        made.session.before_call = watch
        ensure_listeners(made, BALANCER, Forwarding(tuple((f"/{path}", to) for path, to in routes.items()), (80,)))

    def sends(self) -> dict[str, str]:
        """The target group of each path, by the first rule that has it."""
        found: dict[str, str] = {}
        for rule in sorted(self.rules, key=lambda rule: int(rule["Priority"])):
            found.setdefault(rule["Conditions"][0]["Values"][0], rule["Actions"][0]["TargetGroupArn"])
        return found


@pytest.fixture
def edge(stub: Stub) -> Edge:
    return Edge(stub)


def test_a_path_is_never_without_its_rule(edge: Edge) -> None:
    edge.forward(api="api")
    seen: list[str] = []
    edge.forward(lambda *_: seen.append(edge.sends().get("/api", "nothing")), api="api", static="new")
    assert set(seen) == {"api"}
    assert list(edge.sends().items()) == [("/static", "new"), ("/api", "api")]
    assert len(edge.rules) == 2


def test_rules_that_were_left_half_done_are_done(edge: Edge) -> None:
    edge.forward(api="api")

    def die(service: str, operation: str, changes: bool) -> None:
        if operation == "DeleteRule":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        edge.forward(die, api="new", static="web")
    assert edge.sends()["/api"] == "api"
    edge.forward(api="new", static="web")
    assert list(edge.sends().items()) == [("/static", "web"), ("/api", "new")]
    assert len(edge.rules) == 2


def test_numbers_do_not_run_out(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tuienv.backends.aws.forwarding.LAST", 3)
    for target in ("api", "new", "web", "api", "new"):
        edge.forward(api=target)
        assert edge.sends() == {"/api": target}
        assert len(edge.rules) == 1
