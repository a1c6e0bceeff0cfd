"""Profiles that cannot be used, each for a reason of its own."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

CONFIG = """\
[profile acme]
sso_session = acme
sso_account_id = 111122223333
sso_role_name = Developer
region = us-east-1

[profile deploy]
role_arn = arn:aws:iam::444455556666:role/Deploy
source_profile = acme
region = us-east-1

[profile chain]
role_arn = arn:aws:iam::777788889999:role/Deploy
source_profile = deploy
region = us-east-1

[profile keys]
region = us-east-1

[profile nowhere]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = no-secret-at-all

[profile moon]
region = us-moon-1
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = no-secret-at-all

[sso-session acme]
sso_start_url = https://acme.awsapps.com/start
sso_region = us-east-1
"""


def unusable_profiles(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home with a config file, and the token of a session that ran out."""
    cache = home / ".aws/sso/cache"
    cache.mkdir(parents=True)
    token = {"accessToken": "token-of-acme", "expiresAt": "2020-01-01T00:00:00Z", "region": "us-east-1"}
    (cache / f"{hashlib.sha1(b'acme').hexdigest()}.json").write_text(json.dumps(token))
    (home / ".aws/config").write_text(CONFIG)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(home / ".aws/config"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
