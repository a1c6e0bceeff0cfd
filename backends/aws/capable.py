"""What can be done with a layer at AWS; said without asking anybody."""

from __future__ import annotations

from collections.abc import Mapping

from tuienv.backends.aws.looking.atlas import Atlas
from tuienv.backends.aws.looking.parts import Form, Part
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
        sizes=_sizes(form, layer, session.region),
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


def _sizes(form: Form, layer: Layer, region: str) -> tuple[SizeOffer, ...]:
    match form:
        case Form.SERVICE:
            return fargate_offers(region)
        case Form.DATABASE:
            return node_offers(Kind.DATABASE, region)
        case Form.REPLICATION_GROUP:
            return node_offers(Kind.CACHE, region)
        case Form.MACHINES:
            return machine_offers(layer.size)
        case _:
            return ()
