"""How backends are opened: with the secret that is kept for their profile where they take one, and let go of again."""

from __future__ import annotations

from collections.abc import Callable

from tests.live.provider import Provider
from tuienv.backends.base import Backend, Backends, Secret, finders, no_secret


class Keeper(Provider):
    """A provider whose secrets tuienv keeps."""

    def __init__(self, profile: str, secret: Secret) -> None:
        super().__init__("keeper")
        self.profile, self.secret = profile, secret
        self.closed = 0

    def close(self) -> None:
        self.closed += 1


def open_keeper(profile: str = "", *, secret: Secret = no_secret) -> Keeper:
    return Keeper(profile, secret)


def open_plain(profile: str = "") -> Provider:
    return Provider()


def backends(read_secret: Callable[[str, str], str | None] | None = None) -> Backends:
    return Backends({"keeper": open_keeper, "plain": open_plain}, read_secret=read_secret)


def keeper(backend: Backend) -> Keeper:
    assert isinstance(backend, Keeper)
    return backend


def test_a_backend_that_asks_gets_the_secret_of_its_profile_and_only_when_it_asks() -> None:
    asked: list[tuple[str, str]] = []

    def read(backend: str, profile: str) -> str:
        asked.append((backend, profile))
        return f"secret of {profile}"

    opened = backends(read)
    work = keeper(opened.acting("keeper", "work"))
    opened.get("plain", "work")
    assert asked == []
    assert work.secret() == "secret of work"
    assert asked == [("keeper", "work")]
    assert opened.keeps_secrets("keeper")
    assert not opened.keeps_secrets("plain")


def test_nobody_who_keeps_secrets_means_there_are_none() -> None:
    assert keeper(backends().acting("keeper", "work")).secret() is None


def test_one_that_is_let_go_is_closed_and_opened_anew_for_the_next() -> None:
    opened = backends()
    first = keeper(opened.acting("keeper", "work"))
    other = keeper(opened.acting("keeper", "home"))
    opened.let_go("keeper", "work")
    opened.let_go("keeper", "never opened")
    assert (first.closed, other.closed) == (1, 0)
    assert opened.acting("keeper", "work") is not first


def test_finders_are_found_by_their_backend() -> None:
    assert set(finders(["docker", "no such backend"])) == {"docker"}
