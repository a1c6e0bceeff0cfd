"""Logs, measurements and the toy shell."""

from __future__ import annotations

from tests.backends.sandbox.worlds import create, quiet, web
from tuienv.backends.base import Execution
from tuienv.backends.sandbox import Cloud, ManualClock, SandboxBackend, demo_cloud
from tuienv.backends.sandbox.life import RETENTION
from tuienv.model import Address, LogLine, Observation

WEB = Address("shop", "web")


def logs(backend: SandboxBackend, **how: object) -> list[LogLine]:
    return [line for batch in backend.logs(WEB, **how) for line in batch]  # type: ignore[arg-type]  # by keyword


def test_a_working_instance_logs_as_time_passes() -> None:
    _, clock, backend = quiet()
    create(backend, web())
    before = logs(backend)
    assert before[0].raw == b"starting shop:1"
    clock.advance(100)
    after = logs(backend)
    assert after[: len(before)] == before, "what was written stays as it was"
    assert len(after) - len(before) == 200
    assert any(b"WARN" in line.raw for line in after)


def test_a_long_log_is_cut_at_its_beginning() -> None:
    _, clock, backend = quiet()
    create(backend, web())
    clock.advance(RETENTION * 10)
    assert len(logs(backend)) < RETENTION * 3
    assert [line.raw for line in logs(backend)][-5:] == [line.raw for line in logs(backend, tail=5)]


def test_a_dead_instance_writes_no_more_and_uses_nothing() -> None:
    cloud, clock, backend = quiet()
    create(backend, web())
    clock.advance(10)
    one = Address("shop", "web", "1")
    cloud.crash(one)
    said = logs(backend)
    clock.advance(100)
    assert logs(backend) == said
    assert b"killed" in said[-1].raw
    sample = next(iter(backend.metrics([one])))[0]
    assert (sample.cpu, sample.memory) == (0.0, 0)


def test_load_is_shared_by_those_who_serve() -> None:
    """The layer's load is the same; three instances each take a third of it."""
    loads = []
    for replicas in (1, 3):
        _, clock, backend = quiet()
        create(backend, web(replicas=replicas))
        clock.advance(1_700_000_100 - clock.now())
        loads.append(next(iter(backend.metrics([Address("shop", "web", "1")])))[0].requests or 0.0)
    assert loads[0] > 2 * loads[1] > 0


def test_the_same_world_tells_the_same_story() -> None:
    def story() -> tuple[list[Observation], list[LogLine]]:
        backend = SandboxBackend(demo_cloud(ManualClock(), latency=0))
        lines = backend.logs(Address("shop-staging"), tail=20)
        return backend.discover(), [line for batch in lines for line in batch]

    assert story() == story()


def shell(cloud: Cloud, **how: bool) -> Execution:
    return SandboxBackend(cloud).run(WEB, ["sh"], **how)


def test_a_terminal_shows_a_prompt_and_what_is_typed() -> None:
    cloud, _, backend = quiet()
    create(backend, web())
    terminal = shell(cloud, tty=True)
    terminal.write(b"echo $LEVEL; nonsense\r")
    terminal.write(b"\x04")
    shown = b"".join(iter(lambda: terminal.read()[1], b""))
    prompt = b"app@shop-web-1:~$ "
    assert shown == prompt + b"echo $LEVEL; nonsense\r\ninfo\r\nsh: nonsense: not found\r\n" + prompt
    assert terminal.exit_code() == 0


def test_a_script_reads_lines_and_ends_with_its_code() -> None:
    cloud, _, backend = quiet()
    create(backend, web())
    script = shell(cloud, stdin=True)
    script.write(b"hostname\ncat /etc/hostname /nowhere\nexit 4\n")
    output = list(iter(script.read, (0, b"")))
    assert output == [
        (1, b"shop-web-1\n"),
        (1, b"shop-web-1\n"),
        (2, b"cat: /nowhere: No such file or directory\n"),
    ]
    assert script.exit_code() == 4


def test_a_broken_quotation_is_a_message() -> None:
    cloud, _, backend = quiet()
    create(backend, web())
    execution = SandboxBackend(cloud).run(WEB, ["sh", "-c", "echo 'open"])
    where, said = execution.read()
    assert where == 2
    assert b"syntax error" in said
    assert execution.exit_code() == 2


def test_a_shell_that_is_let_go_of_ends() -> None:
    cloud, _, backend = quiet()
    create(backend, web())
    terminal = shell(cloud, tty=True)
    terminal.close()
    assert terminal.exit_code() == 137
