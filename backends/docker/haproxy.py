"""HAProxy's configuration, made from routes and from how the apps say they are ready.

Replicas are found by the engine's own DNS: each backend has a fixed number of slots (`server-template`), which the
resolver fills with whatever answers to the layer's name. So scaling needs neither a reload nor a restart.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tuienv.model import Health, Port, Route

CONFIG_PATH = "usr/local/etc/haproxy/haproxy.cfg"
"""Where the official image reads it, from the root folder."""

RUNTIME_PORT = 9999
"""The runtime socket listens here, inside the container, on loopback alone."""

SLOTS = 64
"""Replicas a backend has room for, unless ``options: {docker: {max_replicas: …}}`` says otherwise."""

_HEAD = f"""\
global
    fd-hard-limit 50000
    stats socket ipv4@127.0.0.1:{RUNTIME_PORT} level admin
    stats timeout 1m
    log stdout format raw local0 notice

resolvers engine
    nameserver dns 127.0.0.11:53
    accepted_payload_size 8192
    resolve_retries 3
    timeout resolve 1s
    timeout retry 1s
    hold valid 1s
    hold nx 3s

defaults
    mode http
    log global
    option dontlognull
    option redispatch 1
    retries 3
    timeout connect 2s
    timeout client 1m
    timeout server 1m
    timeout queue 10s
    timeout http-request 15s
    timeout http-keep-alive 15s
    timeout tunnel 1h
    default-server check inter 1s fastinter 500ms downinter 1s fall 2 rise 1 init-addr none resolve-prefer ipv4
"""

_RETRIES = """\
    retry-on conn-failure empty-response 502 503 504
    http-request disable-l7-retry unless METH_GET or { method HEAD }
"""
"""Only what changes nothing is sent again after it reached a server; a refused connection is always tried elsewhere."""


def backend_name(route: Route) -> str:
    return f"{route.layer}_{route.port}"


def configuration(
    routes: Sequence[Route], ports: Sequence[Port], health: Mapping[str, Health], slots: int = SLOTS
) -> str:
    """The whole file. `health`: how each routed layer says it is ready; one that is not there is ready when it
    accepts a connection."""
    backends = {backend_name(route): route for route in routes}
    parts = [_HEAD, _frontend(routes, ports)]
    parts += [_backend(name, route, health.get(route.layer, Health()), slots) for name, route in backends.items()]
    return "\n".join(parts)


def _frontend(routes: Sequence[Route], ports: Sequence[Port]) -> str:
    binds = [f"    bind :{number}" for number in sorted({port.number for port in ports} or {80})]
    longest_first = sorted(routes, key=lambda route: -len(route.path))
    chosen = [f"    use_backend {backend_name(route)}{_below(route.path)}" for route in longest_first]
    return "\n".join(["frontend public", *binds, "    option forwardfor", *chosen, ""])


def _below(path: str) -> str:
    """The condition for a path: itself and what is below it, not whatever begins with the same letters."""
    stem = path.rstrip("/")
    return f" if {{ path {stem} }} || {{ path_beg {stem}/ }}" if stem else ""


def _backend(name: str, route: Route, health: Health, slots: int) -> str:
    lines = [f"backend {name}", "    balance leastconn"]
    if health.path:
        # Without `linger` each check would end in a reset, which many servers log as a failed request.
        lines += ["    option httpchk", "    http-check connect linger"]
        # The name by which its neighbours know it: many servers refuse one that cannot be a host's (Django, Tomcat).
        host = f"{route.layer}:{route.port}"
        lines += [f"    http-check send meth GET uri {health.path} ver HTTP/1.1 hdr Host {host} hdr Connection close"]
        lines += ["    http-check expect status 200-399"]
    check = f"inter {_milliseconds(health.interval)} " if health.path else ""
    limit = f"    timeout check {_milliseconds(health.timeout)}"
    template = f"    server-template s 1-{slots} {route.layer}:{route.port} {check}resolvers engine"
    return "\n".join([*lines, limit, _RETRIES + template, ""])


def _milliseconds(seconds: float) -> str:
    return f"{max(1, round(seconds * 1000))}ms"


# --- what a balancer's own label says of it ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Routing:
    """What a load balancer was made to forward, read back from its label."""

    routes: tuple[Route, ...]
    ports: tuple[Port, ...] = ()
    slots: int = SLOTS

    def to_label(self) -> str:
        routes = [[route.layer, route.port, route.path] for route in self.routes]
        ports = [[port.number, port.address] for port in self.ports]
        return json.dumps({"routes": routes, "ports": ports, "slots": self.slots})

    def backends_of(self, layer: str) -> tuple[str, ...]:
        """The names of the backends that forward to a layer."""
        return tuple(dict.fromkeys(backend_name(route) for route in self.routes if route.layer == layer))


def routing_of(label: str) -> Routing:
    """What a label says; a label that is not ours forwards nothing."""
    try:
        found = json.loads(label or "{}")
        routes = tuple(Route(str(layer), int(port), str(path)) for layer, port, path in found.get("routes", ()))
        ports = tuple(Port(int(number), str(address)) for number, address in found.get("ports", ()))
        return Routing(routes, ports, int(found.get("slots", SLOTS)))
    except (ValueError, TypeError, AttributeError):
        return Routing(())


def checks_label(routes: Iterable[Route], health: Mapping[str, Health]) -> str:
    """What a configuration made of these asks of whom; it says so in one way only, so that two can be compared."""
    asked = {route.layer: health.get(route.layer, Health()) for route in routes}
    told = {layer: [one.path, one.interval, one.timeout] for layer, one in asked.items() if one.path}
    return json.dumps(told, sort_keys=True)


def outdated_checks(label: str, health: Mapping[str, Health]) -> str:
    """What such a label asks the layers for whose health is known, where that is not what they say by now: ``web at
    /old every 1 s``. Empty where all is as they say, and for a label that is not ours."""
    try:
        asked = json.loads(label)
        wanted = json.loads(checks_label([Route(layer, 0) for layer in health], health))
        other = [layer for layer in sorted(health) if asked.get(layer) != wanted.get(layer)]
        return ", ".join(_check_in_words(layer, asked.get(layer)) for layer in other)
    except (ValueError, TypeError, AttributeError):
        return ""


def _check_in_words(layer: str, asked: Sequence[Any] | None) -> str:
    if not asked:
        return f"{layer} by its port"
    path, interval, timeout = asked
    return f"{layer} at {path} every {interval:g} s for {timeout:g} s"


def asked_path(label: str, layer: str) -> str:
    """The path that a load balancer with such a label asks a layer for; empty if it asks for none."""
    try:
        return str((json.loads(label).get(layer) or [""])[0])
    except (ValueError, AttributeError, TypeError, LookupError):
        return ""


def health_to_label(health: Health) -> str:
    return json.dumps([health.path, list(health.command), health.interval, health.timeout, health.grace])


def health_of(label: str) -> Health:
    """How an app says it is ready, from its label; a label that is not ours says nothing."""
    try:
        path, command, interval, timeout, grace = json.loads(label)
        return Health(str(path), tuple(map(str, command)), float(interval), float(timeout), float(grace))
    except (ValueError, TypeError):
        return Health()
