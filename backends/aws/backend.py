"""The AWS backend: the contract's calls, each handed to the room where it is done."""

from __future__ import annotations

from tuienv.backends.aws.session import Session
from tuienv.model import Identity
from tuienv.text import plain


class AwsBackend:
    """One account in one region. `profile` is one of AWS's own tools, with ``@region`` behind it where another region
    than the profile's is meant; empty, what the `aws` command would use."""

    name = "aws"

    def __init__(self, profile: str = "") -> None:
        self.profile = profile
        self.session = Session(profile)

    def identity(self) -> Identity:
        """The account's number; as its name, who acts there and in which region."""
        caller = self.session.caller()
        who = plain(str(caller.get("Arn", ""))).rpartition(":")[2]
        return Identity(self.name, self.profile, self.session.account, f"{who} · {self.session.region}")

    def close(self) -> None:
        """End every stream and let go of every connection."""
        self.session.close()
