"""How AWS is asked by those who look: one call, or all pages of one, within the budget of the profile and region."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any

from tuienv.backends.aws.budget import AT_ONCE, RequestBudget, budget_of
from tuienv.backends.aws.session import Session
from tuienv.backends.base import ProviderError
from tuienv.model import Budget


class Asker:
    """Asks with one profile in one region. Safe to use from several threads."""

    def __init__(self, session: Session) -> None:
        self.session = session

    @cached_property
    def pool(self) -> ThreadPoolExecutor:
        """The threads that look. None of them waits for another."""
        return ThreadPoolExecutor(AT_ONCE, "aws")

    @cached_property
    def budget(self) -> RequestBudget:
        return budget_of(self.session.name, self.session.region)

    def ask(self, service: str, operation: str, target: str = "", /, **given: Any) -> dict[str, Any]:
        """One call. Raises the contract's errors."""
        with self.budget:
            return self.session.call(
                service, operation, tried=tried_by(operation), target=target or self._whoever, **given
            )

    def pages(self, service: str, operation: str, key: str, target: str = "", /, **given: Any) -> Iterator[list[Any]]:
        """What is under `key` in each page, which is given on before the next is asked for. Raises the contract's
        errors, also where a page names itself as the next."""
        answers = self.session.pages(
            service, operation, tried=tried_by(operation), target=target or self._whoever, **given
        )
        while True:
            with self.budget:
                answer = next(answers, None)
            if answer is None:
                self.budget.give_back()
                return
            yield list(answer.get(key) or ())

    @property
    def _whoever(self) -> str:
        """What a call without a target of its own is about."""
        return f"with AWS profile {self.session.shown}"

    def told(self) -> Budget | None:
        """What is left of the budget; None for a profile that cannot be used. Contacts nobody."""
        try:
            return self.budget.told()
        except ProviderError:
            return None

    def close(self) -> None:
        if "pool" in self.__dict__:
            self.pool.shutdown(wait=False, cancel_futures=True)


def tried_by(operation: str) -> str:
    """What an operation does, for a message: ``describe services``."""
    return operation.replace("_", " ")
