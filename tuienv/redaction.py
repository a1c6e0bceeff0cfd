"""Every secret that was read in this run, and how it is taken out of what the program writes.

Whoever reads a secret tells it here (`learn`, `learn_settings`); whatever is written or told passes `redact`: errors,
the journal, crash reports, logs of ours, JSON, what is remembered. Beside what was told, it knows the secrets of the
environment that the process was started with, and how secrets of well-known providers look (`tuienv.text`).

It is per process: the worker reads nearly all secrets, and redacts before anything crosses to the screen.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import threading
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from tuienv.text import MASK, secrets_in, without_secrets

SHORTEST = 6
"""Characters that a secret has at least to be searched for. A shorter one would take parts out of every second word."""


class Redaction:
    """The secrets of one process. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._forms: tuple[str, ...] | None = None
        self._secrets: set[str] = set()

    def learn(self, secrets: Iterable[str]) -> None:
        """These are secret from now on. Words of the dictionary ("postgres", "password") are not searched for: that
        would garble every text, and protects nothing."""
        new = {secret for secret in secrets if len(secret) >= SHORTEST and not _is_a_word(secret)}
        if not new <= self._secrets:
            with self._lock:
                self._secrets |= new
                self._forms = None

    def redact(self, text: str) -> str:
        """The text without any secret that is known, in whichever form it is written."""
        for form in self._known():
            if form in text:
                text = text.replace(form, MASK)
        return without_secrets(text)

    def _known(self) -> tuple[str, ...]:
        forms = self._forms
        if forms is None:
            with self._lock:
                self._secrets.update(_of_settings(_variables()))
                found = {form for secret in self._secrets for form in _forms_of(secret)}
                forms = self._forms = tuple(sorted(found, key=len, reverse=True))  # a longer one may hold a shorter
        return forms


def _is_a_word(secret: str) -> bool:
    return secret.isalpha() and secret.islower() and len(secret) < 16


def _forms_of(secret: str) -> Iterable[str]:
    """As it is, as JSON, URLs and headers write it."""
    encoded = base64.b64encode(secret.encode("utf-8", "replace")).decode()
    return {secret, quote(secret, safe=""), json.dumps(secret)[1:-1], repr(secret)[1:-1], encoded.rstrip("=")}


def _variables() -> dict[str, str]:
    """The process's own, as they are just now: another thread may take one away meanwhile."""
    return {key: value for key in list(os.environ) if (value := os.environ.get(key)) is not None}


def _of_settings(settings: Mapping[str, str]) -> set[str]:
    found = (secret for key, value in settings.items() for secret in secrets_in(key, value))
    return {secret for secret in found if len(secret) >= SHORTEST and not _is_a_word(secret)}


_redaction = Redaction()
"""This process's."""


def learn(*secrets: str | None) -> None:
    """These were read, and are secret."""
    _redaction.learn(secret for secret in secrets if secret)


def learn_settings(settings: Mapping[str, str | None]) -> None:
    """These variables were read; what among them looks secret, by its name or by what it holds, is."""
    _redaction.learn(_of_settings({key: value for key, value in settings.items() if value}))


def redact(text: str) -> str:
    """The text without secrets."""
    return _redaction.redact(text)


def redact_all(value: Any) -> Any:
    """The same of whatever JSON can hold: every text in it, keys left alone."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {key: redact_all(each) for key, each in value.items()}
    return [redact_all(each) for each in value] if isinstance(value, list | tuple) else value


def guard_logging() -> None:
    """From now on no record of Python's `logging` holds a secret, whoever logs it: libraries of others do too."""
    make = logging.getLogRecordFactory()
    if make.__module__ == __name__:
        return

    def guarded(*arguments: Any, **more: Any) -> logging.LogRecord:
        record = make(*arguments, **more)
        record.msg, record.args = redact(record.getMessage()), ()
        if record.exc_info:
            record.exc_text = redact(logging.Formatter().formatException(record.exc_info))
        return record

    logging.setLogRecordFactory(guarded)
