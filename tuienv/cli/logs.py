"""``logs``: what instances write, merged by time, whole."""

from __future__ import annotations

import re
from functools import partial

import click

from tuienv.cli.addresses import ANYTHING
from tuienv.cli.common import with_session
from tuienv.cli.durations import SINCE
from tuienv.cli.errors import Stop
from tuienv.cli.session import Found, Session, failed
from tuienv.model import Address

TAIL = 1000
"""Lines an instance that are shown where nothing is said about it."""


class Tail(click.ParamType[int]):
    """A number of lines, or ``all`` (which is -1 here, as None would be: not said)."""

    name = "tail"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        text = str(value)
        if text == "all":
            return -1
        if not re.fullmatch("[0-9]{1,18}", text):
            self.fail(f"{text!r} is no number of lines: write 100, or all", param, ctx)
        return int(text)


class Pattern(click.ParamType["re.Pattern[bytes]"]):
    """A regular expression that is looked for in the bytes of a line."""

    name = "regex"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> re.Pattern[bytes]:
        try:
            return re.compile(str(value).encode("utf-8", "surrogateescape"))
        except re.error as error:
            self.fail(f"{value!r} is no regular expression: {error}", param, ctx)


@click.command()
@click.option("-f", "--follow", is_flag=True, help="Go on with what is written, new instances included, until Ctrl-C.")
@click.option("-n", "--tail", type=Tail(), metavar="N", help=f"Lines of each instance; all for everything. [{TAIL}]")
@click.option("--since", type=SINCE, metavar="TIME", help="Only what is newer: 10m, 2h, or 2026-11-23T08:00:00Z.")
@click.option("--grep", type=Pattern(), metavar="REGEX", help="Only lines in which this is found.")
@click.option("-t", "--timestamps", is_flag=True, help="With the time of each line, in UTC.")
@click.argument("target", metavar="ENV[/LAYER[/INSTANCE]]", type=ANYTHING)
@with_session
def logs(
    session: Session,
    target: Address,
    follow: bool,
    tail: int | None,
    since: float | None,
    grep: re.Pattern[bytes] | None,
    timestamps: bool,
) -> None:
    """Print the log of an instance, of a layer, or of a whole environment, merged by time.

    Into a pipe or a file go the bytes that the instances wrote; on a terminal they are made safe to look at.
    """
    from tuienv.cli.log_printing import copier, printer
    from tuienv.cli.log_reading import Logs, copied

    found = session.find(target.environment)
    session.require_layer(found, target)
    backends = [session.backends.get(*place) for place in _places(found, target)]
    if tail is None and since is None:
        tail = TAIL
    tail = None if tail == -1 else tail
    several, json = _instances(found, target) > 1, session.common.json
    if not (several or json or timestamps or follow):
        # Nobody looks at times or at single lines, so none are made where the backend can do without.
        with copied(backends, target, tail=tail, since=since) as parts:
            if parts is not None:
                copy = copier()
                for part in parts if grep is None else map(partial(_only, grep), parts):
                    copy(part)
                return
    write = printer(json=json, several=several, timestamps=timestamps)
    with Logs(backends, target, tail=tail, since=since, follow=follow) as lines:
        for batch in lines:
            if grep is not None:
                batch = [line for line in batch if grep.search(line.raw)]
            if batch:
                write(batch)


def _only(grep: re.Pattern[bytes], part: bytes) -> bytes:
    """The lines in which it is found."""
    return b"".join(line + b"\n" for line in part.removesuffix(b"\n").split(b"\n") if grep.search(line))


# -f means follow here, as everywhere where there are logs; environment files are named by --file alone.
for _option in logs.params:
    if _option.name == "files":
        _option.opts = ["--file"]


def _places(found: Found, target: Address) -> list[tuple[str, str]]:
    """The backends and profiles where something of the target is. Ends the command if there are none."""
    places = [
        (seen.backend, seen.profile)
        for seen in found.observations
        if any(target.layer in ("", layer.name) for layer in seen.layers)
    ]
    if not places:
        for failure in found.failures:
            raise failed(failure)
        raise Stop(f"{target} does not exist yet: tuienv apply {target.environment} makes it")
    return list(dict.fromkeys(places))


def _instances(found: Found, target: Address) -> int:
    """How many instances the target has now."""
    if target.instance:
        return 1
    layers = [layer for seen in found.observations for layer in seen.layers if target.layer in ("", layer.name)]
    return sum(len(layer.instances) for layer in layers)
