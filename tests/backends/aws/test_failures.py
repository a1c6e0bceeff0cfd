"""Every way in which AWS says no, in the words of the contract."""

from __future__ import annotations

from pathlib import Path

import pytest
from botocore import exceptions as boto
from botocore.exceptions import BotoCoreError, ClientError

from tuienv.backends.aws.failures import code_of, failure_of
from tuienv.backends.aws.session import Session, changes, split_profile
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

LOGIN = "`aws sso login --profile acme`"

CODES = [
    ("ExpiredToken", 400, NotAuthenticated),
    ("ExpiredTokenException", 400, NotAuthenticated),
    ("UnrecognizedClientException", 400, NotAuthenticated),
    ("InvalidClientTokenId", 403, NotAuthenticated),
    ("AuthFailure", 401, NotAuthenticated),
    ("SignatureDoesNotMatch", 403, NotAuthenticated),
    ("AccessDenied", 403, Forbidden),
    ("AccessDeniedException", 400, Forbidden),
    ("UnauthorizedOperation", 403, Forbidden),
    ("ThrottlingException", 400, Throttled),
    ("Throttling", 400, Throttled),
    ("RequestLimitExceeded", 503, Throttled),
    ("TooManyRequestsException", 429, Throttled),
    ("ClusterNotFoundException", 400, NotFound),
    ("NoSuchEntity", 404, NotFound),
    ("InvalidGroup.NotFound", 400, NotFound),
    ("ReplicationGroupNotFoundFault", 404, NotFound),
    ("ParameterNotFound", 400, NotFound),
    ("DependencyViolation", 400, Conflict),
    ("InvalidDBInstanceState", 400, Conflict),
    ("InvalidReplicationGroupState", 400, Conflict),
    ("ResourceInUseException", 400, Conflict),
    ("ServiceNotActiveException", 400, Conflict),
    ("DBInstanceAlreadyExists", 400, Conflict),
    ("ResourceExistsException", 400, Conflict),
    ("AddressLimitExceeded", 400, Conflict),
    ("InternalFailure", 500, Unreachable),
    ("ServiceUnavailable", 503, Unreachable),
    ("", 500, Unreachable),
    ("InvalidParameterException", 400, Invalid),
    ("ValidationError", 400, Invalid),
]


def refused(code: str, status: int, message: str = "it says no.") -> ClientError:
    response = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "CreateService")  # type: ignore[arg-type]  # as much of an answer as is looked at


def failed(error: Exception) -> ProviderError:
    return failure_of(error, "create service", "shop/web", service="ecs", operation="CreateService", renewal=LOGIN)


@pytest.mark.parametrize(("code", "status", "kind"), CODES)
def test_a_code_has_its_error(code: str, status: int, kind: type[ProviderError]) -> None:
    failure = failed(refused(code, status))
    assert type(failure) is kind
    assert (failure.tried, failure.target) == ("create service", "shop/web")
    assert "it says no" in failure.said


def test_a_denial_says_which_action_on_what_for_whom() -> None:
    said = (
        "User: arn:aws:iam::123456789012:user/ann is not authorized to perform: ecs:CreateService on resource: "
        "arn:aws:ecs:eu-west-1:123456789012:service/shop/web because no identity-based policy allows it"
    )
    failure = failed(refused("AccessDeniedException", 400, said))
    assert "ecs:CreateService" in failure.said
    assert "on arn:aws:ecs:eu-west-1:123456789012:service/shop/web" in failure.said
    assert "for arn:aws:iam::123456789012:user/ann" in failure.said


def test_a_denial_without_words_still_names_the_action() -> None:
    assert "ecs:CreateService" in failed(refused("AccessDenied", 403, "")).said


def test_what_ran_out_names_the_command_that_renews_it() -> None:
    assert LOGIN in str(failed(refused("ExpiredToken", 400)))


UNASKED: list[tuple[BotoCoreError, type[ProviderError], str]] = [
    (boto.NoCredentialsError(), NotAuthenticated, LOGIN),
    (boto.UnauthorizedSSOTokenError(), NotAuthenticated, LOGIN),
    (boto.SSOTokenLoadError(error_msg="the file is gone"), NotAuthenticated, LOGIN),
    (boto.TokenRetrievalError(provider="sso", error_msg="it has expired"), NotAuthenticated, LOGIN),
    (boto.CredentialRetrievalError(provider="custom-process", error_msg="exit 1"), NotAuthenticated, LOGIN),
    (boto.ProfileNotFound(profile="acme"), Invalid, "aws configure list-profiles"),
    (boto.NoRegionError(), Invalid, "aws configure set region"),
    (boto.ConnectTimeoutError(endpoint_url="https://x"), Unreachable, "Try again"),
    (boto.ReadTimeoutError(endpoint_url="https://x"), Unreachable, "Try again"),
    (boto.ConnectionClosedError(endpoint_url="https://x"), Unreachable, "Try again"),
    (boto.EndpointConnectionError(endpoint_url="https://ecs.eu-west-1.amazonaws.com/"), Unreachable, "Try again"),
    (boto.EndpointConnectionError(endpoint_url="https://ecs.eu-wset-1.amazonaws.com/"), Invalid, "no region eu-wset-1"),
]


@pytest.mark.parametrize(("error", "kind", "part"), UNASKED, ids=lambda value: getattr(value, "__name__", ""))
def test_what_never_reached_aws(error: BotoCoreError, kind: type[ProviderError], part: str) -> None:
    failure = failed(error)
    assert type(failure) is kind
    assert part in str(failure)


def test_a_refused_parameter_does_not_repeat_its_value() -> None:
    report = (
        "Parameter validation failed:\nInvalid type for parameter SecretString, value: 0xs3cr3t, type: <class 'int'>"
    )
    failure = failed(boto.ParamValidationError(report=report))
    assert "s3cr3t" not in str(failure)
    assert "SecretString" in failure.said


def test_a_mistake_of_ours_stays_one() -> None:
    with pytest.raises(ZeroDivisionError):
        failed(ZeroDivisionError())


def test_the_code_is_found_behind_the_error() -> None:
    cause = refused("DependencyViolation", 400)
    failure = failed(cause)
    failure.__cause__ = cause
    assert code_of(failure) == "DependencyViolation"


# --- profiles that cannot be used -------------------------------------------------------------------------------

CONFIG = """
[profile acme]
sso_session = acme
sso_account_id = 123456789012
sso_role_name = dev
region = eu-west-1
[sso-session acme]
sso_start_url = https://acme.awsapps.com/start
sso_region = eu-west-1
[profile deploy]
role_arn = arn:aws:iam::123456789012:role/deploy
source_profile = acme
region = eu-west-1
[profile nowhere]
aws_access_key_id = test
aws_secret_access_key = test
"""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "config"
    file.write_text(CONFIG)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(file))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.mark.usefixtures("config")
@pytest.mark.parametrize(
    ("profile", "kind", "part"),
    [
        ("acme", NotAuthenticated, "aws sso login --profile acme"),
        ("deploy", NotAuthenticated, "aws sso login --profile acme"),
        ("nobody", Invalid, "aws configure list-profiles"),
        ("nowhere", Invalid, "aws configure set region"),
        ("@eu-west-1", NotAuthenticated, "aws configure"),
        ("nowhere@not a region", Invalid, "aws ec2 describe-regions"),
    ],
)
def test_a_profile_that_cannot_be_used_says_how_it_is_mended(
    profile: str, kind: type[ProviderError], part: str
) -> None:
    with pytest.raises(kind, match=part) as caught:
        Session(profile).call("ecs", "list_clusters", tried="list clusters")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("profile", "name", "region"),
    [("", "", ""), ("acme", "acme", ""), ("acme@eu-west-1", "acme", "eu-west-1"), ("@eu-west-1", "", "eu-west-1")],
)
def test_a_profile_may_name_a_region(profile: str, name: str, region: str) -> None:
    assert split_profile(profile) == (name, region)


def test_a_change_is_known_by_its_name() -> None:
    assert changes("CreateService")
    assert changes("PutParameter")
    assert not changes("DescribeServices")
    assert not changes("BatchGetSecretValue")


def test_where_aws_itself_is_full_no_quota_is_to_blame() -> None:
    for code in ("InsufficientInstanceCapacity", "InsufficientDBInstanceCapacity", "InsufficientCacheClusterCapacity"):
        failure = failed(refused(code, 400))
        assert type(failure) is Conflict
        assert failure.remedy == "AWS has none free there now: try again later, or take another size."
