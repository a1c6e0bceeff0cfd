"""`Book`: every profile there is on this machine, which of them are used, and what is done with them.

The command line and the worker have one each; both go through here, so that they do the same.
"""

from __future__ import annotations

import os
import re
import shutil
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tuienv.backends.base import Invalid, NotFound, Unreachable, finders
from tuienv.credentials import keyring
from tuienv.credentials.choices import Choices, change_choices, read_choices
from tuienv.credentials.secrets import forget_profile_secret, keep_profile_secret, profile_variable
from tuienv.model import Profile
from tuienv.model.state import ProfileState
from tuienv.redaction import learn

if TYPE_CHECKING:
    from tuienv.backends.base import Backends, Finder
    from tuienv.credentials.choices import Pair
    from tuienv.model import EnvironmentSpec, Identity

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
"""What a profile may be called whose secret we keep: what can be typed and shown everywhere."""

FALLBACK: Pair = ("docker", "")
"""Where environments are looked for when nobody is signed in anywhere: whoever starts out learns what is missing."""

KEYRING = "keyring"
PLAYGROUND, PLAYGROUND_VARIABLE = "sandbox", "TUIENV_SANDBOX"


class Book:
    """See the module. `path`: the file of what was chosen; None keeps it in memory, and no secret at all (the demo).
    Safe to use from several threads."""

    def __init__(
        self, backends: Backends, path: Path | None, *, cache: Path | None = None, fallback: Pair = FALLBACK
    ) -> None:
        self._backends, self._path, self._cache, self._fallback = backends, path, cache, fallback
        self._choices = Choices() if path is None else read_choices(path)
        self._changing = threading.Lock()

    @property
    def choices(self) -> Choices:
        return self._choices

    # --- what there is ------------------------------------------------------------------------------------------

    def profiles(self) -> list[Profile]:
        """Every profile, those of each provider's own tools first, then those that we keep. Contacts nobody."""
        known = self._backends.names()
        found = [profile for name, finder in self._finders() for profile in _found(name, finder)]
        names = {(profile.backend, profile.name) for profile in found}
        kept = [Profile(*pair, KEYRING) for pair in self._choices.kept if pair not in names and pair[0] in known]
        return [*found, *kept]

    def _finders(self) -> list[tuple[str, Finder]]:
        """What finds profiles. Nobody has an account in the sandbox who does not say so, or has nothing else."""
        names = set(self._backends.names())
        real = names - {PLAYGROUND}
        if real and PLAYGROUND_VARIABLE not in os.environ:
            names = real
        return sorted(finders(names).items())

    def profile(self, backend: str, name: str) -> Profile | None:
        return next((each for each in self.profiles() if (each.backend, each.name) == (backend, name)), None)

    def in_use(self, declared: Iterable[Pair] = ()) -> list[Pair]:
        """The pairs that are looked at: those of files (`declared`), those that were chosen, and the default of each
        provider that somebody is signed in at and that nothing was chosen for."""
        named = list(dict.fromkeys([*declared, *self._choices.pairs()]))
        defaults = [
            (profile.backend, "")
            for profile in self.profiles()
            if profile.default
            and profile.backend not in self._choices.used
            and (profile.backend, profile.name) not in named
        ]
        return list(dict.fromkeys([*named, *defaults])) or [self._fallback]

    def states(self, used: Sequence[Pair]) -> list[ProfileState]:
        """Every profile and whether it is among those that are `used`, with those that are although nobody has them
        (any more)."""
        profiles = {(profile.backend, profile.name): profile for profile in self.profiles()}
        with_default = {profile.backend for profile in profiles.values() if profile.default}
        unknown = [pair for pair in used if pair not in profiles and (pair[1] or pair[0] not in with_default)]
        profiles |= {pair: Profile(*pair, "") for pair in unknown}
        return [self._state(profile, used) for _, profile in sorted(profiles.items())]

    def applied(self, spec: EnvironmentSpec) -> EnvironmentSpec:
        """The environment with the profiles that it is used with here."""
        return self._choices.applied(spec)

    # --- what is done -------------------------------------------------------------------------------------------

    def test(self, backend: str, name: str) -> Identity:
        """Ask the provider who these credentials are, as they are kept now. Raises `ProviderError`."""
        return _identity(self._backends, backend, name)

    def authorize(self, backend: str, name: str, resource: str, code: str) -> None:
        """Give a provider the second factor that it asks for before a resource of its own is touched. Raises
        `ProviderError`."""
        learn(code)
        self._backends.authorize(backend, name, resource, code)

    def use(self, backend: str, name: str, environment: str = "") -> None:
        """Use this profile from now on, for one environment or for all that name none. The picture that was
        remembered is forgotten: it may be another account's. Raises `ProviderError`."""
        if backend not in self._backends.names():
            known = ", ".join(self._backends.names())
            raise Invalid("use a profile of", backend, "there is no such backend", f"There are: {known}")
        self._change(lambda choices: choices.using(backend, name, environment))
        if self._cache is not None:
            with suppress(OSError):
                (self._cache / "live.json").unlink(missing_ok=True)
            shutil.rmtree(self._cache / "frames", ignore_errors=True)

    def add(self, backend: str, name: str, secret: str) -> Identity:
        """Keep this secret as a profile, once its provider has said whose it is. Raises `ProviderError`; then nothing
        was kept."""
        self._check_can_add(backend, name)
        learn(secret)
        identity = _identity(self._backends.with_secret(lambda *_: secret), backend, name)
        try:
            keep_profile_secret(backend, name, secret)
        except keyring.KeyringTrouble as trouble:
            said = f"the keyring {trouble}"
        else:
            self._change(lambda choices: choices.keeping(backend, name))
            return identity
        remedy = f"{keyring.CHOICES}; a variable for this profile is {profile_variable(backend, name)}"
        raise Invalid("keep the secret of", f"{backend} {name}", said, remedy)

    def remove(self, backend: str, name: str) -> None:
        """Forget a profile that we keep, secret and all. Raises `ProviderError`."""
        if (backend, name) not in self._choices.kept:
            profile = self.profile(backend, name)
            if profile is None:
                raise NotFound("remove profile", f"{backend} {name}", "there is none of that name", _LIST)
            remedy = "Remove it there, with the provider's own tool"
            raise Invalid("remove profile", f"{backend} {name}", f"it is kept in {profile.source}", remedy)
        try:
            forget_profile_secret(backend, name)
        except keyring.KeyringTrouble as trouble:
            said = f"the keyring {trouble}"
        else:
            self._change(lambda choices: choices.without(backend, name))
            return
        raise Unreachable("remove profile", f"{backend} {name}", said, "Unlock or mend the keyring, then try again")

    # --- inside -------------------------------------------------------------------------------------------------

    def _state(self, profile: Profile, used: Sequence[Pair]) -> ProfileState:
        backend, name = profile.backend, profile.name
        names = [name, ""] if profile.default else [name]
        looked_at = next((each for each in names if (backend, each) in used), None)
        chosen_for = [env for env, chosen in self._choices.environments.items() if chosen.get(backend) == name]
        return ProfileState(profile, looked_at, tuple(chosen_for))

    def _check_can_add(self, backend: str, name: str) -> None:
        target = f"{backend} {name}".strip()
        if self._path is None:
            raise Invalid("add profile", target, "the demo keeps nothing", "Leave it, and run tuienv")
        if not self._backends.keeps_secrets(backend):
            said = f"{backend} profiles are made with the provider's own tool"
            raise Invalid("add profile", target, said, _OWN_TOOLS.get(backend, _LIST))
        if not NAME.fullmatch(name):
            raise Invalid("add profile", target, "a name has letters, digits and . _ @ -", "Choose another")
        found = self.profile(backend, name)
        if found is not None and found.source != KEYRING:
            said = f"there is one of that name in {found.source}"
            raise Invalid("add profile", target, said, "Use that, or choose another name")

    def _change(self, change: Callable[[Choices], Choices]) -> None:
        """Choose otherwise, here and in the file: what others wrote there meanwhile stays, and counts here from the
        next start. Raises `Invalid`."""
        with self._changing:
            if self._path is not None:
                try:
                    change_choices(self._path, change)
                except OSError as error:
                    said = error.strerror or type(error).__name__
                    raise Invalid("write", self._path, said, "Make room, or make the folder yours") from None
            self._choices = change(self._choices)


_LIST = "tuienv credentials list shows what there is"
_OWN_TOOLS = {"docker": "docker context create NAME --docker host=ssh://user@machine"}


def _found(name: str, finder: Finder) -> list[Profile]:
    try:
        return [replace(profile, backend=name) for profile in finder()]
    except Exception:  # noqa: BLE001  # a third party's finder must not cost the others their profiles
        return []


def _identity(backends: Backends, backend: str, name: str) -> Identity:
    opened = backends.open(backend, name)
    try:
        return opened.identity()
    finally:
        opened.close()
