"""A load that runs all the while and forgives nothing."""

from __future__ import annotations

import http.client
import threading
from collections import Counter
from types import TracebackType


class Load:
    """Four threads that send GET and POST requests without pause, and count who answered and what failed."""

    def __init__(self, port: int) -> None:
        self.failures: Counter[str] = Counter()
        self.answers: Counter[str] = Counter()
        self._port = port
        self._ended = threading.Event()
        self._new = threading.Condition()
        self._threads = [threading.Thread(target=self._send) for _ in range(4)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def served_by(self, count: int) -> Counter[str]:
        """Wait until as many different instances have answered since now; who they are, and how often."""
        with self._new:
            self.answers.clear()
            assert self._new.wait_for(lambda: len(self.answers) >= count, 30), (self.answers, self.failures)
            return self.answers.copy()

    def some(self, requests: int = 200) -> Counter[str]:
        """Wait until as many requests have been answered since now; by whom."""
        with self._new:
            self.answers.clear()
            assert self._new.wait_for(lambda: self.answers.total() >= requests, 60), self.failures
            return self.answers.copy()

    def _send(self) -> None:
        while not self._ended.is_set():
            for method in ("GET", "POST"):
                self._ask(method)

    def _ask(self, method: str) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            connection.request(method, "/")
            answer = connection.getresponse()
            body = answer.read().decode()
            failure = "" if answer.status == 200 else f"{method} {answer.status}: {body[:80]}"
        except OSError as error:
            body, failure = "", f"{method}: {error!r}"
        except http.client.HTTPException as error:
            body, failure = "", f"{method}: {error!r}"
        finally:
            connection.close()
        with self._new:
            if failure:
                self.failures[failure] += 1
            else:
                self.answers[body] += 1
            self._new.notify_all()
