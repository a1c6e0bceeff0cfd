"""The one place through which every call to AWS goes: one profile's credentials, in one region.

A profile is written as AWS's own tools know it, with a region behind an ``@`` where another than its own is meant:
``acme-dev``, ``acme-dev@eu-west-1``; ``@eu-west-1`` is the default profile there. All sessions of a process share one
loader of botocore's data: a session of its own costs 39 MB, one that shares 3 MB.
"""

from __future__ import annotations

import os
import platform
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from tuienv.backends.aws.budget import AT_ONCE
from tuienv.backends.aws.failures import failure_of, home_of, may_be_disabled, not_enabled
from tuienv.backends.base import ProviderError

if TYPE_CHECKING:
    from boto3.session import Session as Boto3Session
    from botocore.config import Config

Row = dict[str, Any]
"""One object of an answer."""

Hook = Callable[[str, str, bool], None]
"""Told the service (``ecs``), the operation (``CreateService``) and whether it changes anything."""

CONNECT_TIMEOUT = 5.0
READ_TIMEOUT = 20.0
"""Seconds for a connection, and for an answer on it: the slowest calls that are made (DescribeServices with events,
CreateLoadBalancer) take three at most."""

ATTEMPTS = 4
"""Tries of one call in all, the first included, where neither a variable nor the config file says otherwise."""

_READING = ("Describe", "List", "Get", "BatchGet", "Filter", "Lookup", "Search", "Simulate", "Test")

_PREFIXES = {"elbv2": "elasticloadbalancing", "resourcegroupstaggingapi": "tag"}
"""What stands before the colon of an action in a policy, where that is not the service's name in boto3."""

_preparing = threading.Lock()
_loader: list[Any] = []
"""The loader that all sessions share, once there is one."""


def changes(operation: str) -> bool:
    """Whether an operation of this name changes what there is. Source: the naming of the AWS APIs that are used."""
    return not operation.startswith(_READING)


def split_profile(profile: str) -> tuple[str, str]:
    """The name that AWS's tools know, and the region; each empty where it is not said."""
    name, _, region = profile.rpartition("@") if "@" in profile else (profile, "", "")
    return name, region


class Session:
    """One profile in one region. Opening it contacts nobody and imports nothing; safe to use from several threads.

    `before_call` is told of every call just before it goes out (each page is one, a retry is none), and may raise to
    keep it from going: so tests count calls, and interrupt a change between any two of them.
    """

    def __init__(self, profile: str = "") -> None:
        self.profile = profile
        self.name, self._region = split_profile(profile)
        self.before_call: Hook | None = None
        self._lock = threading.RLock()
        self._boto3: Boto3Session | None = None
        self._clients: dict[str, Any] = {}
        self._caller: Row = {}
        self._home: str | None = None

    @property
    def region(self) -> str:
        """The region that is spoken to. Raises `Invalid` where nobody names one."""
        # Not that of STS, which can be asked without one.
        return str(self.client("ecs").meta.region_name)

    @property
    def account(self) -> str:
        """The number of the account; asked for once."""
        return str(self.caller()["Account"])

    def caller(self) -> Row:
        """Who these credentials are, as STS says: ``Account``, ``Arn``, ``UserId``; asked for once."""
        if not self._caller:
            self._caller = self.call("sts", "get_caller_identity", tried="sign in as", target=self.shown)
        return self._caller

    @property
    def shown(self) -> str:
        """The profile, as a message names it."""
        return self.profile or os.environ.get("AWS_PROFILE") or "default"

    # --- calls --------------------------------------------------------------------------------------------------

    def call(self, service: str, operation: str, /, *, tried: str, target: object = "", **parameters: Any) -> Row:
        """The answer of one call: ``call("ecs", "list_clusters", …)``. Raises the contract's errors, in which `tried`
        and `target` say what this was about."""
        try:
            answer: Row = getattr(self.client(service), operation)(**parameters)
        except ProviderError:
            raise
        except Exception as error:
            raise self._translated(error, tried, target, service, operation) from error
        return answer

    def pages(
        self, service: str, operation: str, /, *, tried: str, target: object = "", **parameters: Any
    ) -> Iterator[Row]:
        """The answers of a call that may have many pages, each fetched when it is asked for."""
        try:
            yield from self.client(service).get_paginator(operation).paginate(**parameters)
        except ProviderError:
            raise
        except Exception as error:
            raise self._translated(error, tried, target, service, operation) from error

    def items(
        self, service: str, operation: str, key: str, /, *, tried: str, target: object = "", **parameters: Any
    ) -> list[Any]:
        """What all pages have under `key`."""
        found = self.pages(service, operation, tried=tried, target=target, **parameters)
        return [item for page in found for item in page.get(key) or ()]

    def client(self, service: str) -> Any:
        """The client of a service, made when first asked for. Raises `Invalid` or `NotAuthenticated` where the profile
        is not one that can be used."""
        if (known := self._clients.get(service)) is not None:  # others do not wait while one is made: it takes 30 ms
            return known
        with self._lock:
            if service not in self._clients:
                try:
                    self._clients[service] = self._open(service)
                except ProviderError:
                    raise
                except Exception as error:
                    raise self._translated(error, "use AWS profile", self.shown, service, "") from error
            return self._clients[service]

    def setting(self, name: str) -> str:
        """What the config file says of this profile under `name` (``sso_session``), empty where it says nothing."""
        with self._lock:
            try:
                scoped = self._session()._session.get_scoped_config()
            except Exception:  # noqa: BLE001 - whatever is wrong with the file was told when it was first read
                return ""
        return str(scoped.get(name, ""))

    def close(self) -> None:
        with self._lock:
            clients, self._clients = list(self._clients.values()), {}
        for client in clients:
            client.close()

    # --- inside -------------------------------------------------------------------------------------------------

    def _open(self, service: str) -> Any:
        client = self._session().client(service, config=self._config())  # type: ignore[call-overload]  # by name
        client.meta.events.register("before-call", self._announce)
        return client

    def _session(self) -> Boto3Session:
        if self._boto3 is None:
            with _preparing:
                self._boto3 = _open_session(self.name, self._region)
        return self._boto3

    def _config(self) -> Config:
        from botocore.config import Config

        found = self._session()._session.get_config_variable
        retries: dict[str, Any] = {"mode": "adaptive"}
        if found("max_attempts") is None:
            retries["total_max_attempts"] = ATTEMPTS
        return Config(
            connect_timeout=CONNECT_TIMEOUT,
            read_timeout=READ_TIMEOUT,
            retries=retries,  # type: ignore[arg-type]  # a dictionary of the shape that it asks for
            max_pool_connections=AT_ONCE,
            tcp_keepalive=True,
            user_agent=self._agent(),
        )

    def _agent(self) -> str:
        """What every call says of who makes it. botocore puts this together twice for each call, an eighth of what
        calling costs, unless it is told."""
        inner = self._session()._session
        name = inner.get_config_variable("user_agent_appid")
        named = [f"app/{name}"] if name else []
        sdk = f"{inner.user_agent_name}/{inner.user_agent_version}"
        return " ".join(("tuienv", *named, sdk, f"Python/{platform.python_version()}"))

    def _announce(self, model: Any, **_: Any) -> None:
        if self.before_call is not None:
            name = str(model.name)
            self.before_call(str(model.service_model.service_name), name, changes(name))

    def _translated(self, error: Exception, tried: str, target: object, service: str, operation: str) -> Exception:
        client = self._clients.get(service)
        name = client.meta.method_to_api_mapping.get(operation, operation) if client is not None else operation
        prefix = _PREFIXES.get(service, service)
        failure = failure_of(error, tried, target, service=prefix, operation=name, renewal=self.renewal())
        region = str(client.meta.region_name) if client is not None else ""
        if region and may_be_disabled(error, region) and (account := self._account_at_home(region)):
            return not_enabled(tried, target, region, account)
        return failure

    def _account_at_home(self, region: str) -> str:
        """The account that these credentials are known by in the region that everybody has; empty where nor there."""
        if self._home is None:
            home = Session(f"{self.name}@{home_of(region)}")
            try:
                self._home = home.account
            except ProviderError:
                self._home = ""
            finally:
                home.close()
        return self._home

    def renewal(self) -> str:
        """The command that signs in again. A role is only as fresh as the profile that it is taken through."""
        name, scoped = self.name or os.environ.get("AWS_PROFILE", ""), self.setting
        option = f" --profile {name}" if name else ""
        if not name and os.environ.get("AWS_ACCESS_KEY_ID"):
            return "Renew AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, which are set"
        if scoped("sso_session") or scoped("sso_start_url"):
            return f"`aws sso login{option}`"
        if source := scoped("source_profile"):
            return Session(source).renewal() if source != name else f"`aws configure{option}`"
        if scoped("credential_process"):
            return f"Run what `credential_process` of the profile {name} names"
        return f"`aws configure{option}`"


def _open_session(name: str, region: str) -> Boto3Session:
    import boto3
    import botocore.session

    from tuienv.backends.aws.answers import Answers  # with botocore, which costs a quarter of a second

    inner = botocore.session.Session(profile=name or None)
    inner.register_component("response_parser_factory", Answers())
    # The aws command knows AWS_REGION, boto3 by itself only AWS_DEFAULT_REGION.
    region = region or os.environ.get("AWS_REGION", "")
    session = boto3.Session(botocore_session=inner, region_name=region or None)
    if _loader:
        inner.register_component("data_loader", _loader[0])
    else:
        _loader.append(inner.get_component("data_loader"))
    return session
