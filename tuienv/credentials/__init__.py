"""Whose credentials there are, which of them are used, and the few secrets that tuienv keeps itself: in the system's
keyring, and nowhere else."""

from tuienv.credentials.book import Book
from tuienv.credentials.choices import Choices, Pair
from tuienv.credentials.secrets import SecretMissing, has_secret, how_to_add, profile_secret, read_secret, variable

__all__ = [
    "Book",
    "Choices",
    "Pair",
    "SecretMissing",
    "has_secret",
    "how_to_add",
    "profile_secret",
    "read_secret",
    "variable",
]
