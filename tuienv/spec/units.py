"""Values with a meaning of their own: sizes of memory, times, ports, names. Each function reads one as the file has
it and raises `ValueError` with what would be right."""

from __future__ import annotations

import math
import re
import shlex
from ipaddress import ip_address

from tuienv.model import NAME, SIZES, Kind, Port, Size
from tuienv.source import suggestion

BYTES = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
BYTES_PATTERN = r"^[0-9]+(?:\.[0-9]+)? ?(?:[KMGT]i?B)$"
LEAST_MEMORY = 6 * 2**20
"""Docker refuses a container less (docs.docker.com, "Resource constraints")."""
SECONDS_PATTERN = r"^(?:[0-9]+h)?(?:[0-9]+m)?(?:[0-9]+(?:\.[0-9]+)?s)?(?:[0-9]+ms)?$"
IMAGE_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._/:@-]{0,254}$"
OWN_SIZE_PATTERN = r"^[a-z0-9]+(?:[._-][a-z0-9]+)*$"
PUBLISHED_PATTERN = r"^(?:(?:[0-9]+(?:\.[0-9]+){3}|\[[0-9a-fA-F:.]+\]):)?[0-9]{1,5}$"

_OWN_SIZES = ("basic", "eco", "mini", "hobby")  # Heroku's, which look like misspelt words of ours otherwise
_MEANT_KINDS = {
    Kind.LOAD_BALANCER: ("lb", "loadbalancer", "load_balancer", "balancer", "proxy", "router", "haproxy", "nginx"),
    Kind.APP: ("web", "service", "worker", "application", "container"),
    Kind.CACHE: ("redis", "memcached", "valkey"),
    Kind.DATABASE: ("db", "postgres", "postgresql", "mysql", "rds"),
}


def amount_of_bytes(value: object) -> int:
    """``512MiB``, ``10GiB``, ``1.5GB`` in bytes."""
    found = re.fullmatch(r"([0-9]{1,15}(?:\.[0-9]{1,9})?) ?([A-Za-z]*)", str(value))
    if isinstance(value, bool) or found is None:
        raise ValueError("must be a number with a unit, such as 512MiB or 10GiB")
    number, unit = found.groups()
    if unit not in BYTES:
        right = {"K": "KiB", "M": "MiB", "G": "GiB", "T": "TiB"}.get(unit[:1].upper(), "MiB")
        raise ValueError(f"{value!s} needs a unit that is understood: write {number}{right}")
    amount = int(float(number) * BYTES[unit])
    if not 0 < amount <= 2**50:
        raise ValueError("must be more than nothing and at most 1024TiB")
    return amount


def memory(value: object) -> int:
    """What one instance may use, in bytes."""
    amount = amount_of_bytes(value)
    if amount < LEAST_MEMORY:
        raise ValueError(f"{value!s} is too little: an instance needs 6MiB at least")
    return amount


def cores(value: object) -> float:
    """CPU in cores: ``0.5`` is half of one."""
    thousandths = re.fullmatch(r"([0-9]{1,6})m", str(value))
    text = str(int(thousandths[1]) / 1000) if thousandths else str(value)
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,4}(?:\.[0-9]{1,6})?", text) or not 0 < float(text) <= 1024:
        raise ValueError("must be a number of cores above 0, such as 0.5 or 2")
    return float(text)


def seconds(value: object) -> float:
    """``30s``, ``1m30s``, ``500ms``, or a number of seconds."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        total = float(value)
    else:
        parts = re.findall(r"([0-9]+(?:\.[0-9]+)?)(h|ms|m|s)", value) if isinstance(value, str) else []
        written = isinstance(value, str) and 0 < len(value) < 20 and re.fullmatch(SECONDS_PATTERN, value)
        total = sum(float(number) * _SECONDS[unit] for number, unit in parts) if written else math.nan
    if not 0 < total <= 3600:
        raise ValueError("must be a time above 0 and at most one hour, such as 30s or 500ms")
    return total


_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


def named_size(name: str) -> Size:
    """A size by its name: one of ours (`tuienv.model.SIZES`), or the provider's own."""
    if name in SIZES:
        return SIZES[name]
    if re.fullmatch(r"[0-9.]+ ?[a-zA-Z]*", name):
        raise ValueError(f"{name!r} is no size: write a name such as small, or {{cpu: 0.5, memory: 512MiB}}")
    looks_own = re.fullmatch(OWN_SIZE_PATTERN, name) and len(name) <= 40 and re.search("[-._0-9]", name)
    if looks_own or name in _OWN_SIZES:
        return Size(name)
    raise ValueError(f"there is no size {name!r}: {suggestion(name, list(SIZES))}")


def published_port(value: object) -> Port:
    """``8080``, or ``"0.0.0.0:8080"`` with the address it listens on."""
    if isinstance(value, int) and not isinstance(value, bool):
        return _port("", str(value))
    if isinstance(value, str):
        address, _, number = value.rpartition(":")
        return _port(address, number)
    raise ValueError("must be a port, such as 8080 or 0.0.0.0:8080")


def _port(address: str, number: str) -> Port:
    if not re.fullmatch("[0-9]{1,5}", number) or not 1 <= int(number) <= 65535:
        raise ValueError("must be a port between 1 and 65535, such as 8080 or 0.0.0.0:8080")
    if not address:
        return Port(int(number))
    if re.fullmatch("[0-9]{1,5}", address):
        raise ValueError(
            f"publishes {address} for another port; what a layer listens on is not written here: write {address}"
        )
    try:
        return Port(int(number), str(ip_address(address.removeprefix("[").removesuffix("]"))))
    except ValueError:
        raise ValueError(f"{address!r} is no address: write 127.0.0.1, 0.0.0.0 or [::1] before the port") from None


def kind(value: object) -> Kind:
    """One of the four kinds of layers."""
    known = [str(kind) for kind in Kind]
    if value in known:
        return Kind(str(value))
    if not isinstance(value, str):
        raise ValueError(f"must be one of {', '.join(known)}")
    meant = next((kind for kind, words in _MEANT_KINDS.items() if value.lower() in words), None)
    raise ValueError(f"there is no kind {value!r}: {suggestion(meant or value, known)}")


def image(value: str) -> str:
    """An image as a registry names it."""
    if not re.fullmatch(IMAGE_PATTERN, value):
        raise ValueError(f"{value!r} is no image: write one such as registry.example.com/shop:1.4.2")
    return value


def words(value: object) -> object:
    """A command: a list of arguments, or one line that is split as a shell would split it."""
    if not isinstance(value, str):
        return value
    try:
        split = shlex.split(value)
    except ValueError:
        raise ValueError("has a quote that is not closed: write a list, such as [python, -m, shop]") from None
    return split


def name_mistake(name: str) -> str:
    """What is wrong with a name of an environment or a layer; empty if nothing is."""
    if NAME.fullmatch(name):
        return ""
    near = re.sub("[^a-z0-9]+", "-", name.lower())[:40].strip("-")
    such = f", such as {near!r}" if near else ""
    return (
        f"{name!r} cannot be a name: use up to 40 lower-case letters, digits and hyphens, "
        f"with a letter or a digit at both ends{such}"
    )
