"""The errors of the Platform API, in the words that were recorded where there are any (`recorded/`)."""

from __future__ import annotations

from typing import Any

REFERENCE = "https://devcenter.heroku.com/articles/platform-api-reference"

OTHERS = {402: "delinquent", 409: "conflict", 410: "gone", 429: "rate_limit", 503: "service_unavailable"}


class ApiError(Exception):
    """An answer that is an error: `status`, and a body of `id`, `message` and whatever else belongs to it."""

    def __init__(self, status: int, error_id: str, message: str, headers: dict[str, str] | None = None, **more: Any):
        super().__init__(message)
        self.status, self.headers = status, headers or {}
        self.body: dict[str, Any] = {**more, "id": error_id, "message": message}


def bad_request(message: str) -> ApiError:
    return ApiError(400, "bad_request", message)


def no_credentials() -> ApiError:
    return ApiError(
        401,
        "unauthorized",
        "There were no credentials in your `Authorization` header. Try `Authorization: Bearer <OAuth access token>` or "
        '`Authorization: Basic <base64-encoded email + ":" + password>`.',
    )


def unauthorized(message: str = "Invalid credentials provided.") -> ApiError:
    return ApiError(401, "unauthorized", message)


def verification_required() -> ApiError:
    return ApiError(
        402,
        "verification_required",
        "To create an app, verify your account by adding payment information. Verify now at https://heroku.com/verify "
        "Learn more at https://devcenter.heroku.com/articles/account-verification",
    )


def forbidden(message: str) -> ApiError:
    return ApiError(403, "forbidden", message)


def two_factor(app: str | None) -> ApiError:
    named = {"app": {"name": app}} if app else {}
    message = "A second authentication factor or pre-authorization is required for this request."
    return ApiError(403, "two_factor", message, **named)


def not_found(resource: str, called: str = "") -> ApiError:
    return ApiError(404, "not_found", f"Couldn't find that {called or resource}.", resource=resource)


def no_such_route() -> ApiError:
    return ApiError(404, "not_found", "The requested API endpoint was not found. Are you using the right HTTP verb?")


def other(status: int, message: str) -> ApiError:
    """An error of this status that no rule of the double leads to."""
    return ApiError(status, OTHERS.get(status, "internal_server_error"), message)


def range_refused(message: str) -> ApiError:
    return ApiError(416, "requested_range_not_satisfiable", message)


def invalid(message: str) -> ApiError:
    return ApiError(422, "invalid_params", message)


def missing(*names: str) -> ApiError:
    return invalid(f"Missing required params: {', '.join(names)}.")


def confirmation_required(name: str, message: str) -> ApiError:
    return ApiError(423, "confirmation_required", message, {"X-Confirmation-Required": name})


def rate_limit() -> ApiError:
    message = "Your account reached the API rate limit"
    return ApiError(429, "rate_limit", message, url=f"{REFERENCE}#rate-limits")
