"""From what the Platform API answers to the contract's errors: what it said, in its own words, without secrets."""

from __future__ import annotations

import base64
import json
import re
import shlex
from collections.abc import Iterable, Mapping

from tuienv.backends.base import (
    Conflict,
    Forbidden,
    Invalid,
    NotAuthenticated,
    NotFound,
    ProviderError,
    Throttled,
    Unreachable,
)
from tuienv.text import MASK, mask, plain

RETRY_AFTER = 10.0
"""Seconds to leave the API alone after a 429 that names none: some twelve requests come back meanwhile."""

SIGN_IN = "Sign in with `heroku login`, or set HEROKU_API_KEY."

APP = re.compile(r"[a-z][a-z0-9-]{1,29}")
"""What an app may be called (the API's schema, ``app.name``)."""

_SHORTEST_SECRET = 4
"""Shorter values are words such as ``on``; masking them would only garble the sentence."""

_BY_STATUS: Mapping[int, tuple[type[ProviderError], str]] = {
    400: (Invalid, "The API does not take it like this."),
    401: (NotAuthenticated, SIGN_IN),
    402: (Forbidden, "Add a payment method to the account at dashboard.heroku.com/account/billing."),
    403: (Forbidden, "Ask the owner of the app or the team to let this account do it."),
    404: (NotFound, "It may have been removed meanwhile: look again."),
    409: (Conflict, "Wait for what is going on there, then try again."),
    410: (NotFound, "It was removed."),
    422: (Invalid, "Mend what the API names, then run it again."),
    423: (Conflict, "Heroku wants this confirmed by hand first: use the heroku command once."),
}


def refused(
    tried: str,
    target: str,
    status: int,
    body: bytes,
    secrets: Iterable[str] = (),
    retry_after: str = "",
    *,
    profile: str = "",
) -> ProviderError:
    """The error for an answer of 400 and above to the account of `profile`. A gateway answers in HTML: what it says is
    its status then."""
    said = said_in(body, secrets) or f"HTTP {status}"
    if status == 429:
        return Throttled(tried, target, said, "Too many requests; wait a little.", _seconds(retry_after))
    if status >= 500:
        return Unreachable(tried, target, said, "Heroku has trouble: see status.heroku.com, and try again.")
    if _json(body).get("id") == "two_factor":
        return _second_factor(tried, target, said, body, profile)
    if "already taken" in said:
        return Conflict(tried, target, said, "Names are shared by everybody on Heroku: choose another.")
    kind, remedy = _BY_STATUS.get(status, _BY_STATUS[400])
    return kind(tried, target, said, remedy)


def forms_of(secret: str) -> tuple[str, ...]:
    """How a secret may stand in an answer: as it is, as JSON writes it, and as it is sent to sign in."""
    signed = base64.b64encode(f":{secret}".encode()).decode()
    return (secret, json.dumps(secret)[1:-1], signed)


def unanswered(tried: str, target: str, host: str, error: Exception) -> Unreachable:
    """The error for no answer, or half of one. Only the kind of failure is told: the text of it holds addresses."""
    name = type(error).__name__
    said = {
        "ReadTimeout": "it accepted the request and did not answer in time",
        "ConnectTimeout": "it cannot be reached in time",
        "ChunkedEncodingError": "the answer was cut off in the middle",
        "SSLError": "its certificate is not trusted",
        "ProxyError": "the proxy does not let it through",
    }.get(name, "there is no connection to it, or it was cut off")
    return Unreachable(tried, target, f"{said} ({host})", "Is there a network? See status.heroku.com.")


def said_in(body: bytes, secrets: Iterable[str] = ()) -> str:
    """The API's own sentence: one clean line without a stop at its end and without any of these secrets; nothing
    where the answer is no JSON."""
    answer = _json(body)
    message = answer.get("message") or answer.get("error")
    return without(message, secrets).strip().rstrip(".") if isinstance(message, str) else ""


def without(text: str, secrets: Iterable[str]) -> str:
    """A provider's text that can be shown: clean, and these secrets and the passwords of URLs unreadable."""
    forms = {form for secret in secrets if len(secret) >= _SHORTEST_SECRET for form in forms_of(secret)}
    for secret in sorted(forms, key=len, reverse=True):
        text = text.replace(secret, MASK)
    return " ".join(mask("", word) for word in plain(text).split(" "))


def _second_factor(tried: str, target: str, said: str, body: bytes, profile: str) -> ProviderError:
    """Wanted for one app, which the API names, or for all there is: only then nobody is signed in."""
    app = _json(body).get("app")
    name = app.get("name") if isinstance(app, dict) else None
    if not isinstance(name, str) or not APP.fullmatch(name):
        remedy = "Set HEROKU_TWO_FACTOR_CODE to the code of your authenticator for this run."
        return NotAuthenticated(tried, target, said, remedy)
    account = f" --profile {shlex.quote(profile)}" if profile else ""
    remedy = f"Give the code of your authenticator: tuienv credentials authorize heroku {name}{account}"
    return Forbidden(tried, target, said, remedy)


def _json(body: bytes) -> dict[str, object]:
    try:
        answer = json.loads(body)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _seconds(text: str) -> float:
    return min(float(text), 600.0) if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text) else RETRY_AFTER
