"""What an ALB listens on, and where it sends what it hears: one listener a port, one rule a path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tuienv.backends.aws.job import Job
from tuienv.backends.aws.session import Row

TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06"
"""TLS 1.3 and 1.2: what AWS recommends (Elastic Load Balancing, "Security policies for your Application Load
Balancer")."""

LAST = 50_000
"""The last priority that a rule may have (Elastic Load Balancing API reference, CreateRule)."""

_NOTHING = {
    "Type": "fixed-response",
    "FixedResponseConfig": {"StatusCode": "404", "ContentType": "text/plain", "MessageBody": "nothing is here"},
}


@dataclass(frozen=True, slots=True)
class Forwarding:
    """`routes`: path and target group's ARN, in the file's order; `certificate`: with one, every port speaks TLS."""

    routes: tuple[tuple[str, str], ...]
    ports: tuple[int, ...]
    certificate: str = ""

    @property
    def default(self) -> Row:
        """What is done with what no path has: the route of ``/``, if there is one."""
        group = next((arn for path, arn in self.routes if path == "/"), "")
        return {"Type": "forward", "TargetGroupArn": group} if group else _NOTHING

    @property
    def rules(self) -> list[tuple[tuple[str, ...], str]]:
        """Path patterns and target group, the longest path first: the most particular one has it."""
        below = [(path.rstrip("/"), arn) for path, arn in self.routes if path != "/"]
        return [((path, f"{path}/*"), arn) for path, arn in sorted(below, key=lambda one: -len(one[0]))]


def ensure_listeners(job: Job, balancer: str, wanted: Forwarding) -> None:
    """Have exactly these listeners and rules."""
    rows = job.items(
        "elbv2", "describe_listeners", "Listeners", tried="look at the listeners of", LoadBalancerArn=balancer
    )
    for row in rows:
        if int(row["Port"]) not in wanted.ports:
            job.say(f"stop listening on {row['Port']}")
            job.drop("elbv2", "delete_listener", tried="remove a listener of", ListenerArn=row["ListenerArn"])
    for port in wanted.ports:
        found = next((row for row in rows if int(row["Port"]) == port), None)
        arn = _create(job, balancer, port, wanted) if found is None else _mend(job, found, wanted)
        _ensure_rules(job, arn, wanted)


def _speaking(wanted: Forwarding) -> Row:
    if not wanted.certificate:
        return {"Protocol": "HTTP"}
    return {
        "Protocol": "HTTPS",
        "SslPolicy": TLS_POLICY,
        "Certificates": [{"CertificateArn": wanted.certificate}],
    }


def _create(job: Job, balancer: str, port: int, wanted: Forwarding) -> str:
    job.say(f"listen on {port}")
    made = job.call(
        "elbv2",
        "create_listener",
        tried=f"listen on {port} with",
        LoadBalancerArn=balancer,
        Port=port,
        DefaultActions=[wanted.default],
        **_speaking(wanted),
    )
    return str(made["Listeners"][0]["ListenerArn"])


def _mend(job: Job, row: Row, wanted: Forwarding) -> str:
    arn, speaking = str(row["ListenerArn"]), _speaking(wanted)
    has = [str(one.get("CertificateArn")) for one in row.get("Certificates") or ()]
    certified = not wanted.certificate or wanted.certificate in has
    same = row.get("Protocol") == speaking["Protocol"] and certified
    if not same or _sends_to(row.get("DefaultActions") or ()) != wanted.default.get("TargetGroupArn", ""):
        job.call(
            "elbv2",
            "modify_listener",
            tried="mend a listener of",
            ListenerArn=arn,
            DefaultActions=[wanted.default],
            **speaking,
        )
    return arn


def _sends_to(actions: Sequence[Row]) -> str:
    """The target group that actions forward to, as the older or the newer field says it."""
    for action in actions:
        groups = list((action.get("ForwardConfig") or {}).get("TargetGroups") or ())
        if action.get("TargetGroupArn") or groups:
            return str(action.get("TargetGroupArn") or groups[0]["TargetGroupArn"])
    return ""


def _ensure_rules(job: Job, listener: str, wanted: Forwarding) -> None:
    """Rules are told apart by their paths; where one is another or elsewhere in their order, all are made anew: behind
    the old ones, which go only then, so that no path is without its rule in between."""
    rows = job.items("elbv2", "describe_rules", "Rules", tried="look at the rules of", ListenerArn=listener)
    own = sorted((row for row in rows if not row.get("IsDefault")), key=lambda row: int(row["Priority"]))
    has = [(_paths(row), _sends_to(row.get("Actions") or ())) for row in own]
    if has == [(tuple(sorted(paths)), group) for paths, group in wanted.rules]:
        return
    taken = {int(row["Priority"]) for row in own}
    last = max(taken, default=0)
    free = range(last + 1, LAST + 1) if last + len(wanted.rules) <= LAST else sorted({*range(1, LAST + 1)} - taken)
    for number, (paths, group) in zip(free, wanted.rules, strict=False):
        job.say(f"forward {paths[0]}")
        job.call(
            "elbv2",
            "create_rule",
            tried=f"forward {paths[0]} with",
            ListenerArn=listener,
            Priority=number,
            Conditions=[{"Field": "path-pattern", "Values": list(paths)}],
            Actions=[{"Type": "forward", "TargetGroupArn": group}],
        )
    for row in own:
        job.drop("elbv2", "delete_rule", tried="remove a rule of", RuleArn=row["RuleArn"])


def _paths(row: Row) -> tuple[str, ...]:
    found: list[str] = []
    for condition in row.get("Conditions") or ():
        if condition.get("Field") == "path-pattern":
            values = condition.get("Values") or (condition.get("PathPatternConfig") or {}).get("Values") or ()
            found += map(str, values)
    return tuple(sorted(set(found)))
