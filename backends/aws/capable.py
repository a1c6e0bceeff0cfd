"""What can be done with a layer at AWS; said without asking anybody."""

from __future__ import annotations

from collections.abc import Mapping

from tuienv.backends.aws.looking.atlas import Atlas
from tuienv.backends.aws.looking.parts import Form, Part, Row
from tuienv.backends.aws.looking.services import NO_BOUNDS
from tuienv.backends.aws.session import Session
from tuienv.backends.aws.sizes import fargate_offers, machine_offers, node_offers
from tuienv.model import Action, Capabilities, Kind, Layer, SizeOffer

NODES = 6
"""Nodes of a replication group without cluster mode: a primary and five replicas. Source: the quotas of ElastiCache."""

_SIZED = frozenset({Action.RESIZE, Action.RESTART})
_ACTIONS: Mapping[Form, frozenset[Action]] = {
    Form.SERVICE: _SIZED | {Action.SCALE, Action.STOP, Action.START, Action.UPDATE, Action.ROLLBACK},
    Form.LOAD_BALANCER: frozenset(),
    Form.REPLICATION_GROUP: _SIZED | {Action.SCALE},
    Form.CACHE_CLUSTER: frozenset({Action.RESTART}),
    Form.DATABASE: _SIZED | {Action.STOP, Action.START},
    Form.DATABASE_CLUSTER: frozenset({Action.RESTART, Action.STOP, Action.START}),
    Form.SCALING_GROUP: frozenset({Action.SCALE, Action.RESTART}),
    Form.MACHINES: _SIZED | {Action.STOP, Action.START},
}
_OURS = frozenset({Action.CREATE, Action.UPDATE, Action.DELETE})

_LOGGED = frozenset(Form) - {Form.LOAD_BALANCER, Form.SCALING_GROUP, Form.MACHINES}


def capabilities_of(layer: Layer, atlas: Atlas, session: Session) -> Capabilities:
    """By what the layer was when it was seen last; nothing for what is no layer of ours to know."""
    part = atlas.part_of(layer)
    form = form_of(layer) if part is None else part.form
    if form is None:
        return Capabilities(actions=frozenset())
    actions = _ACTIONS[form] | (_OURS if layer.ours else frozenset())
    replicas = _replicas(
        form, part, None if part is None else atlas.notes.bounds.get(f"service/{part.home}/{part.name}")
    )
    return Capabilities(
        actions=actions if replicas is not None else actions - {Action.SCALE},
        replicas=replicas,
        sizes=_sizes(form, layer, part, session.region),
        resizes_in_place=form in (Form.DATABASE, Form.REPLICATION_GROUP),
        logs=form in _LOGGED,
        metrics=True,
        runs=form is Form.SERVICE,
        config=form is Form.SERVICE,
        releases=form is Form.SERVICE,
        events=True,
        final_snapshot=form in (Form.DATABASE, Form.REPLICATION_GROUP) and layer.ours and not _unwanted(layer),
    )


def _unwanted(layer: Layer) -> bool:
    """Whether the file said that no last snapshot is wanted (`options.aws.final_snapshot`)."""
    made_from = (layer.facets, *(instance.facets for instance in layer.instances))
    return any(facets.get("options.final_snapshot") == "false" for facets in made_from)


def form_of(layer: Layer) -> Form | None:
    """What a layer is at AWS, by the first thing that it is made of."""
    kinds = [resource.kind for resource in layer.resources]
    if kinds[:1] == ["EC2 instance"]:
        return Form.MACHINES
    return next((form for form in Form if kinds[:1] == [form.value]), None)


def _replicas(form: Form, part: Part | None, bounds: tuple[int, int] | None) -> tuple[int, int] | None:
    """The least and the most. Where something scales by itself, its bounds hold for people too."""
    if form is Form.SERVICE:
        daemon = part is not None and part.row.get("schedulingStrategy") == "DAEMON"
        return None if daemon else bounds or NO_BOUNDS
    if form is Form.SCALING_GROUP and part is not None:
        return int(part.row.get("MinSize") or 0), int(part.row.get("MaxSize") or 0)
    if form is Form.REPLICATION_GROUP and not (part is not None and part.row.get("ClusterEnabled")):
        return 1, NODES
    return None


def _sizes(form: Form, layer: Layer, part: Part | None, region: str) -> tuple[SizeOffer, ...]:
    priced = region if part is not None and _is_priced(form, layer, part) else ""
    match form:
        case Form.SERVICE:
            return fargate_offers(priced)
        case Form.DATABASE:
            return node_offers(Kind.DATABASE, priced, 2 if part is not None and _has_standby(layer, part) else 1)
        case Form.REPLICATION_GROUP:
            return node_offers(Kind.CACHE, priced)
        case Form.MACHINES:
            return machine_offers(layer.size)
        case _:
            return ()


_PRICED_ENGINES: Mapping[Form, frozenset[str]] = {
    Form.DATABASE: frozenset({"postgres", "mysql", "mariadb"}),
    Form.REPLICATION_GROUP: frozenset({"redis"}),
}
"""Those that cost what our tables say; with others a license is paid, or less."""


def _is_priced(form: Form, layer: Layer, part: Part) -> bool:
    """Whether it costs what our tables say: what is known of nothing else is told of nothing else."""
    if form is Form.SERVICE:
        arm = layer.facets.get("options.platform") == "linux/arm64"
        return part.row.get("launchType") == "FARGATE" and not arm and all(map(_is_usual, part.members.values()))
    return part.image.partition(" ")[0] in _PRICED_ENGINES.get(form, ())


def _is_usual(task: Row) -> bool:
    """Whether a task runs on what Fargate runs on where nothing else is said: Linux on x86."""
    told = {str(one.get("name")): str(one.get("value")) for one in task.get("attributes") or ()}
    usual = told.get("ecs.cpu-architecture", "x86_64") == "x86_64"
    return usual and not str(task.get("platformFamily", "")).startswith("Windows")


def _has_standby(layer: Layer, part: Part) -> bool:
    """As it will be, where the layer says what it is to be made from; else as it is."""
    wanted = layer.facets.get("options.multi_az", "")
    return wanted == "true" if wanted else bool(part.row.get("MultiAZ"))
