"""The errors of the contract: few, and meaning the same everywhere."""

from __future__ import annotations

from tuienv.model import Failure, sentence
from tuienv.redaction import redact


class ProviderError(Exception):
    """What a provider would not do: what was `tried`, on which `target`, what it `said`, and the `remedy`.

    `said` is provider text and goes through `tuienv.text.plain` before it is stored. No part ever holds a secret:
    those that were read in this run (`tuienv.redaction`) are taken out here.
    """

    retry_after: float | None = None

    def __init__(self, tried: str, target: object, said: str, remedy: str = "") -> None:
        parts = (tried, str(target), said, remedy)
        self.tried, self.target, self.said, self.remedy = map(redact, parts)
        super().__init__(sentence(self.tried, self.target, self.said, self.remedy))

    def as_failure(self) -> Failure:
        """The same as data, for another process, the journal or JSON."""
        return Failure(type(self).__name__, self.tried, self.target, self.said, self.remedy, self.retry_after)


class NotAuthenticated(ProviderError):
    """Nobody is signed in, or the session ran out. The remedy names the command that signs in."""


class Forbidden(ProviderError):
    """Signed in, but not allowed: which action, on what, for whom."""


class NotFound(ProviderError):
    """What was named does not exist at the provider (any more)."""


class Conflict(ProviderError):
    """It exists, in a state that forbids this step now."""


class Throttled(ProviderError):
    """Too many requests. `retry_after`: seconds until the provider wants to hear from us again."""

    def __init__(self, tried: str, target: object, said: str, remedy: str = "", retry_after: float = 1.0) -> None:
        super().__init__(tried, target, said, remedy)
        self.retry_after = retry_after


class Unreachable(ProviderError):
    """No answer: refused, timed out, or cut off in the middle. It says nothing about what exists."""


class Invalid(ProviderError):
    """The provider, or the backend on its behalf, refuses what was asked as it was asked."""


class Cancelled(Exception):
    """Raised by `Steps` when the operation was cancelled; the backend stops where it is and can go on later."""
