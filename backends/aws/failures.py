"""What AWS says when it will not, in the words of the contract.

An error code says what kind it is; there are hundreds, and they are built alike (``…NotFound…``, ``…AlreadyExists…``),
so most are told by a part of their name. Source: the error lists of the API references of the services that are used.
"""

from __future__ import annotations

import re
from typing import Any

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
from tuienv.text import plain

RETRY_AFTER = 5.0
"""Seconds to wait where AWS does not say how long: its buckets fill up within a few."""

_SIGNED_OUT = re.compile(
    r"Expired|InvalidClientTokenId|UnrecognizedClient|InvalidAccessKeyId|SignatureDoesNotMatch|AuthFailure"
    r"|InvalidSignature|IncompleteSignature|MissingAuthenticationToken|InvalidToken|NotSignedUp|OptInRequired"
)
_FORBIDDEN = re.compile(
    r"AccessDenied|UnauthorizedOperation|UnauthorizedAccess|AuthorizationError|NotAuthorized|Forbidden"
)
_THROTTLED = re.compile(
    r"Throttl|RequestLimitExceeded|TooManyRequests|SlowDown|BandwidthLimitExceeded|PriorRequestNotComplete"
)
_NOT_FOUND = re.compile(r"NotFound|NoSuchEntity|NoSuchKey|DoesNotExist|^NonExistent|Unknown[A-Z]\w*Id$")
_FULL = re.compile(r"Insufficient\w*Capacity")
_QUOTA = re.compile(r"LimitExceeded|QuotaExceeded|^TooMany")
_CONFLICT = re.compile(
    r"Exists|InUse|DependencyViolation|Invalid\w*State|Conflict|Duplicate|OperationAborted|InProgress|NotActive"
    r"|ConcurrentModification|Unmodifiable|OperationNotPermitted|NotStabilized|Pending"
)
_THERE = re.compile(r"Exists|Duplicate|PriorityInUse|was not idempotent")
"""What is said of that which cannot be made since it is there. The last one is CreateService's."""
_SERVER = re.compile(
    r"InternalFail|InternalError|InternalServer|ServiceUnavailable|ServerException|^Unavailable|^5\d\d$"
)

_DENIED = re.compile(
    r"(?P<who>arn:\S+) is not authorized to perform: (?P<action>[\w:*-]+)(?: on resource: (?P<what>\S+))?"
)
_VALUE = re.compile(r", value: .*?(?=, type: |, valid |$)", re.DOTALL)
"""The part of a complaint about a parameter that repeats its value, which may be a secret."""


def failure_of(
    error: Exception, tried: str, target: object, *, service: str = "", operation: str = "", renewal: str = ""
) -> ProviderError:
    """The contract's error for what botocore raised. `renewal`: the command that signs in again.

    What is neither botocore's nor a broken connection is raised as it is: that is a mistake of ours.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    if isinstance(error, ClientError):
        return _refused(error, tried, str(target), f"{service}:{operation}", renewal)
    if isinstance(error, BotoCoreError):
        return _unasked(error, tried, str(target), renewal)
    if isinstance(error, OSError):
        return Unreachable(tried, target, plain(str(error)), "Try again.")
    raise error


def code_of(error: BaseException | None) -> str:
    """AWS's own code for what a `ProviderError` was made from, empty where there is none."""
    cause = error.__cause__ if isinstance(error, ProviderError) else error
    response = getattr(cause, "response", None)
    return str((response or {}).get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""


def is_there(error: ProviderError) -> bool:
    """Whether AWS said that what was to be made is there already."""
    code = code_of(error.__cause__)
    return bool(code) and _THERE.search(f"{code} {error.said}") is not None


def _refused(error: Any, tried: str, target: str, action: str, renewal: str) -> ProviderError:
    """The error for an answer that says no."""
    told = error.response.get("Error", {})
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) or 0)
    code, said = str(told.get("Code", "")), plain(str(told.get("Message", "") or "")).strip().rstrip(".")
    said = said or code or f"HTTP {status}"
    if _SIGNED_OUT.search(code):
        return NotAuthenticated(tried, target, said, _sign_in(renewal))
    if _FORBIDDEN.search(code) or status == 403:
        return Forbidden(tried, target, *_denial(said, action))
    if _THROTTLED.search(code) or status == 429:
        return Throttled(tried, target, said, "AWS limits requests; try again later.", _retry_after(error))
    if _SERVER.search(code) or status >= 500:
        remedy = "AWS did not manage; try again. https://health.aws.amazon.com tells of outages."
        return Unreachable(tried, target, said if said != code else f"it answered {code} ({status})", remedy)
    return _by_code(code, status, tried, target, said)


def _by_code(code: str, status: int, tried: str, target: str, said: str) -> ProviderError:
    if _NOT_FOUND.search(code) or (status == 404 and not code):
        return NotFound(tried, target, said, "It may have been removed meanwhile, or be in another region: look again.")
    if _FULL.search(code):
        return Conflict(tried, target, said, "AWS has none free there now: try again later, or take another size.")
    if _QUOTA.search(code):
        return Conflict(
            tried, target, said, "Remove what is not needed, or ask for more in the Service Quotas console."
        )
    if _CONFLICT.search(code):
        return Conflict(tried, target, said, "Wait for what is going on there, then try again.")
    return Invalid(tried, target, said, "AWS does not take it like this.")


def _denial(said: str, action: str) -> tuple[str, str]:
    """Which action, on what, for whom; and what to do."""
    found = _DENIED.search(said)
    if found is None:
        return f"{action} is not allowed: {said}", f"Have {action} allowed for these credentials."
    what = f" on {found['what']}" if found["what"] else ""
    return f"{found['action']}{what} is not allowed for {found['who']}", f"Have {found['action']} allowed for them."


def _retry_after(error: Any) -> float:
    headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    told = str(headers.get("retry-after", ""))
    return float(told) if told.isdecimal() else RETRY_AFTER


def _sign_in(renewal: str) -> str:
    return f"Sign in again: {renewal}." if renewal.startswith("`") else f"{renewal}."


# --- what never reached AWS -------------------------------------------------------------------------------------

_UNUSABLE: dict[str, tuple[type[ProviderError], str, str]] = {
    "NoCredentialsError": (NotAuthenticated, "there are no credentials", "Sign in: {renewal}."),
    "PartialCredentialsError": (NotAuthenticated, "half of the credentials is missing", "Sign in: {renewal}."),
    "ProfileNotFound": (Invalid, "there is no profile of that name", "`aws configure list-profiles` lists them."),
    "NoRegionError": (
        Invalid,
        "no region is set",
        "`aws configure set region REGION`, or write the profile as NAME@REGION.",
    ),
    "InvalidRegionError": (Invalid, "that is not the name of a region", "`aws ec2 describe-regions` lists them."),
    "ConfigParseError": (Invalid, "the config file cannot be read", "Mend ~/.aws/config."),
    "ConfigNotFound": (Invalid, "the config file is not there", "Mend AWS_CONFIG_FILE."),
    "ResponseParserError": (Unreachable, "the answer is not one of AWS", "Is this AWS? See AWS_ENDPOINT_URL."),
}
_RAN_OUT = re.compile(
    r"SSO|Token|CredentialRetrieval|RefreshWithMFA|Login|Credentials?Error$|InfiniteLoop|InvalidConfig"
)
_NO_ANSWER = re.compile(r"Connect|Timeout|HTTPClient|Proxy|SSL|Closed|Incomplete|Streaming|Checksum")
_HOST = re.compile(r"https?://[\w-]+\.(?P<region>[a-z]{2}(?:-[a-z]+)+-\d+)\.")


def _unasked(error: Exception, tried: str, target: str, renewal: str) -> ProviderError:
    """The error for a call that did not go out, or was not answered."""
    name, said = type(error).__name__, plain(str(error), 300).rstrip(".")
    if name in _UNUSABLE:
        kind, why, remedy = _UNUSABLE[name]
        return kind(tried, target, why, remedy.format(renewal=renewal))
    if name == "EndpointConnectionError":
        return _no_endpoint(tried, target, said)
    if _NO_ANSWER.search(name):
        return Unreachable(tried, target, said, "Is the network there? Try again.")
    if _RAN_OUT.search(name):
        return NotAuthenticated(tried, target, said, _sign_in(renewal))
    return Invalid(tried, target, plain(_VALUE.sub("", str(error)), 300).rstrip("."), "AWS does not take it like this.")


def _no_endpoint(tried: str, target: str, said: str) -> ProviderError:
    """A host that does not exist is most often a region that does not."""
    found = _HOST.search(said)
    if found is not None and not _is_region(found["region"]):
        why = f"there is no region {found['region']}"
        return Invalid(tried, target, why, "`aws configure set region REGION`, or write the profile as NAME@REGION.")
    return Unreachable(tried, target, said, "Is the network there, and AWS_ENDPOINT_URL right? Try again.")


def _is_region(name: str) -> bool:
    import boto3

    session = boto3.Session()
    return any(name in session.get_available_regions("ec2", part) for part in session.get_available_partitions())


# --- a region that is not enabled -------------------------------------------------------------------------------
# What AWS says there is what it says of a key that does not exist.

UNKNOWN_KEY = frozenset({"InvalidClientTokenId", "UnrecognizedClientException", "AuthFailure", "OptInRequired"})
"""What STS, the JSON services and EC2 say of a key that they do not know, be it in this region alone. Source: "Common
Errors" in their API references."""

_HOMES = {"cn-": "cn-north-1", "us-gov-": "us-gov-west-1"}
_HOME = "us-east-1"


def home_of(region: str) -> str:
    """The region of the same partition that every account has."""
    return next((home for prefix, home in _HOMES.items() if region.startswith(prefix)), _HOME)


def may_be_disabled(failure: Exception, region: str) -> bool:
    """Whether a refusal may come of the region alone."""
    return code_of(failure) in UNKNOWN_KEY and region != home_of(region)


def not_enabled(tried: str, target: object, region: str, account: str) -> Invalid:
    """The error for a region in which a key is unknown that is known at home."""
    said = f"the region {region} is not enabled for the account {account}"
    remedy = f"`aws account enable-region --region-name {region}` does that, or write the profile as NAME@REGION."
    return Invalid(tried, target, said, remedy)
