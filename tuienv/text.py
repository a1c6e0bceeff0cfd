"""Provider text made safe to show, and secrets made unreadable.

Whatever a provider says (names, labels, log lines, errors) is data from strangers: it may hold escape sequences that
write the clipboard, clear the screen or rename the window, bidi controls that reorder what is read, and lines of a
megabyte. It is cleaned once, here, where it enters. What comes out is printable text on one line; in log lines SGR
sequences (colours, bold) stay, well-formed and bounded, and nothing else below U+0020 or from U+007F to U+009F.

The sequences are those of ECMA-48 (5.4 for CSI, 5.6 for the strings that OSC, DCS, PM, APC and SOS open), in their
7-bit and 8-bit forms, finished or not.
"""

from __future__ import annotations

import codecs
import hashlib
import re
import unicodedata
from typing import AnyStr
from urllib.parse import unquote

LIMIT = 4096
"""Characters that a line may have: more than any screen shows, little enough to draw (a 1 MB line costs seconds)."""

MASK = "••••••••"
"""Stands for a secret. Always the same length, so that it tells nothing."""

_RESET = "\x1b[0m"
_MORE = "…"
_MARKS_IN_A_ROW = 4
_SPARE = 8
"""Input read for each character of output: an escape sequence of the usual kind is not longer than that."""

# Order matters: strings before the other escapes, CSI before the two-character ones. A string or a CSI that never
# ends is dropped up to the end of its line.
_SEQUENCE = re.compile(
    "(?:\x1b[PX\\]^_]|[\x90\x98\x9d\x9e\x9f])[^\x07\x18\x1a\x1b\x9c\n]*(?:\x07|\x1b\\\\|\x9c)?"
    "|(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]?"
    "|\x1b[ -/]*[0-~]?"
)
_SGR = re.compile(r"\x1b\[[0-9]{0,3}(?:[;:][0-9]{0,3}){0,16}m")
_RESETS = re.compile(r"\x1b\[0*m")


def plain(text: str | bytes, limit: int = LIMIT) -> str:
    """One printable line without any escape sequence, at most `limit` characters long (`limit` is at least 8).

    Several lines become one, joined by spaces; of a line rewritten by carriage returns the last state is kept;
    tabs are expanded; what is no UTF-8 becomes U+FFFD; a text that was cut ends in "…".
    """
    if isinstance(text, str) and len(text) <= limit and text.isascii() and text.isprintable():
        return text
    decoded, cut = _decode(text, limit)
    lines = [_clean(_last_state(line), keep_sgr=False) for line in decoded.split("\n")]
    joined = lines[0] if len(lines) == 1 else " ".join(filter(None, (line.strip() for line in lines)))
    return _bound(joined, limit, cut)


def log_line(raw: bytes, limit: int = LIMIT) -> str:
    """One log line, as `plain`, but with its SGR sequences, which count for `limit`, and reset at the end."""
    if len(raw) <= limit and raw.isascii():
        text = raw.decode("ascii")
        if text.isprintable():
            return text
    raw = _last_state(raw.rstrip(b"\r\n"))
    decoded, cut = _decode(raw, limit)
    return _bound(_clean(decoded.replace("\n", " "), keep_sgr=True), limit, cut)


def looks_secret(key: str, value: str) -> bool:
    """Whether a setting must not be shown, by its name or by what it holds. A reference is no secret."""
    if not value or _REFERENCE.fullmatch(value):
        return False
    return bool(_SECRET_KEY.search(key) or _SECRET_VALUE.search(value)) or _without_passwords(value) != value


def digest(key: str, value: str) -> str:
    """Stands for a setting where it is compared and must not be shown: the same for the same, and nothing more."""
    return "sha256:" + hashlib.sha256(f"{key}={value}".encode()).hexdigest()[:12]


def mask(key: str, value: str) -> str:
    """The value as it may be shown: itself, or with the password inside it masked, or masked whole."""
    if not looks_secret(key, value):
        return value
    shown = _without_passwords(value)
    named_for_it = _SECRET_KEY.search(key) and not (_LOCATOR_KEY.search(key) and shown != value)
    return MASK if named_for_it or _SECRET_VALUE.search(value) else shown


def secrets_in(key: str, value: str) -> list[str]:
    """What must be kept secret of a setting: all of it by its name, or the passwords inside; none if it is none."""
    if not looks_secret(key, value):
        return []
    passwords = [password for word in value.split() for password in _url_password(word)]
    assigned = [match[2].strip("'\"") for match in _ASSIGNED.finditer(value)]
    whole = [value] if mask(key, value) == MASK else []
    return [*whole, *passwords, *(unquote(password) for password in passwords), *assigned]


def without_secrets(text: str) -> str:
    """A text without whatever in it looks like a secret: passwords in URLs, keys and tokens of well-known providers."""
    if "://" in text:
        text = "".join(map(_without_url_password, re.split(r"(\s+)", text)))
    return _TOLD.sub(rf"\g<1>{MASK}", _SECRET_VALUE.sub(MASK, text))


# --- secrets ----------------------------------------------------------------------------------------------------

_REFERENCE = re.compile(r"\$\{[^}]*\}")
_SECRET_KEY = re.compile(
    r"PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|CREDENTIAL|DSN|KEY(?!BOARD|CLOAK|RING|MAP|SPACE)|(?:^|[_.-])PASS(?:$|[_.-])|[_.-]PWD$",
    re.IGNORECASE,
)
_LOCATOR_KEY = re.compile(r"DSN$", re.IGNORECASE)
"""Names of what is an address first: with its password masked the rest may be read."""
_SECRET_VALUE = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?:[^-]*-----END [A-Z ]*PRIVATE KEY-----)?"
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"  # AWS access key IDs
    r"|\b(?:gh[pousr]_|github_pat_|glpat-|xox[abprs]-|sk_live_|rk_live_|HRKU-)[A-Za-z0-9_-]{10,500}"
    r"|\beyJ[A-Za-z0-9_-]{8,500}\.eyJ[A-Za-z0-9_-]{8,4000}(?:\.[A-Za-z0-9_-]{1,4000})?"  # JSON web tokens
)
_TOLD = re.compile(
    r"((?:password|passwd|secret|token|api_?key|access_?key|signature)[\"']?\s?[=:]\s?[\"']?|\b(?:Bearer|Basic) )"
    r"[A-Za-z0-9+/=_.~%-]{8,4000}",
    re.IGNORECASE,
)
"""A secret that is told by the name before it, in messages, headers, URLs and JSON."""
_ASSIGNED = re.compile(
    r"((?:password|passwd|pwd|secret|token|key)=)('[^']*'|\"[^\"]*\"|[^\s&;,'\"]+)",
    re.IGNORECASE,
)
_PORT = re.compile(r"[0-9]{1,5}(?:[/?#]|$)")


def _without_passwords(value: str) -> str:
    """`value` with the password of every URL in it masked, and what is assigned to ``password=`` and the like."""
    words = re.split(r"(\s+)", value) if "://" in value else [value]
    return _ASSIGNED.sub(rf"\g<1>{MASK}", "".join(map(_without_url_password, words)))


def _without_url_password(word: str) -> str:
    for password in _url_password(word):
        start = word.index(f":{password}@", word.find("://") + 3) + 1
        return f"{word[:start]}{MASK}{word[start + len(password) :]}"
    return word


def _url_password(word: str) -> list[str]:
    """The password of a URL, if it has one. It ends at the last "@": a password may hold any character, and masking
    too much is the safe mistake."""
    start = word.find("://")
    at = word.rfind("@")
    colon = word.find(":", start + 3, at) if 0 <= start < at else -1
    if colon < 0 or colon + 1 == at or _PORT.match(word, colon + 1, at):
        return []
    return [word[colon + 1 : at]]


# --- cleaning ---------------------------------------------------------------------------------------------------


def _last_state(line: AnyStr) -> AnyStr:
    """What a terminal would still show of a line that carriage returns rewrite, as progress bars do."""
    if isinstance(line, bytes):
        return line.rstrip(b"\r").rpartition(b"\r")[2]
    return line.rstrip("\r").rpartition("\r")[2]


def _decode(text: str | bytes, limit: int) -> tuple[str, bool]:
    """The beginning of a text, as much as `limit` clean characters can come from; whether there was more."""
    most = limit * _SPARE
    if isinstance(text, str):
        return text[:most], len(text) > most
    cut = len(text) > most
    decoded, _ = codecs.utf_8_decode(text[:most], "replace", not cut)
    return decoded, cut


def _clean(line: str, keep_sgr: bool) -> str:
    """A line (not too long) without anything that a terminal would obey or that would change how it reads."""
    if not line.isprintable():
        line = _SEQUENCE.sub(_kept_sgr if keep_sgr else "", line)
        line = _expand_tabs(line).translate(_SHOWN)
    return line if line.isascii() else _thin_marks(line)


def _kept_sgr(sequence: re.Match[str]) -> str:
    return sequence[0] if _SGR.fullmatch(sequence[0]) else ""


def _expand_tabs(line: str) -> str:
    """Tab stops at every eighth column; colours take no column."""
    if "\t" not in line:
        return line
    shown, column = [], 0
    for part in re.split(f"({_SGR.pattern})", line):
        if not part.startswith("\x1b"):
            column_text = (" " * (column % 8) + part).expandtabs(8)[column % 8 :]
            column += len(column_text)
            part = column_text
        shown.append(part)
    return "".join(shown)


class _Shown(dict[int, str]):
    """What stands for each character; a table for `str.translate` that remembers the first few thousand it met."""

    def __missing__(self, code: int) -> str:
        shown = _shown(chr(code))
        if len(self) < LIMIT:
            self[code] = shown
        return shown


def _shown(character: str) -> str:
    """Controls, format characters (bidi among them) and variation selectors go: they have no width of their own and
    change what stands beside them. Surrogates, and what this Unicode version does not know, become U+FFFD."""
    category = unicodedata.category(character)
    if category in ("Cc", "Cf") or "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef":
        return ""
    if category in ("Cs", "Cn"):
        return "\ufffd"
    if category in ("Zl", "Zp") or (category == "Zs" and character != "\u3000"):
        return " "
    return character


_SHOWN = _Shown({0x1B: "\x1b"})  # the only ones left are those of a kept SGR


def _is_mark(character: str) -> bool:
    """Whether it adds to the character before it instead of standing beside it."""
    return unicodedata.category(character) in ("Mn", "Me") or "\u1160" <= character <= "\u11ff"


def _thin_marks(line: str) -> str:
    """No more than a few combining marks on one character: floods of them paint over the lines around."""
    marks = {character for character in set(line) if character > "\x7f" and _is_mark(character)}
    if not marks:
        return line
    kept, run = [], 0
    for character in line.translate(_SHOWN):
        run = run + 1 if character in marks else 0
        if run <= _MARKS_IN_A_ROW:
            kept.append(character)
    return "".join(kept)


def _bound(line: str, limit: int, cut: bool) -> str:
    """The line within `limit`, ended by "…" if something is missing and by a reset if a colour is still on."""
    reset = _RESET if _is_coloured(line) else ""
    if not cut and len(line) + len(reset) <= limit:
        return line + reset
    kept = line[: max(0, limit - len(_MORE) - (len(_RESET) if "\x1b" in line else 0))]
    escape = kept.rfind("\x1b")
    if "m" not in kept[escape:] and escape >= 0:
        kept = kept[:escape]
    return kept + _MORE + (_RESET if _is_coloured(kept) else "")


def _is_coloured(line: str) -> bool:
    """Whether the last SGR sequence of a clean line is anything but a reset."""
    last = line.rfind("\x1b")
    return last >= 0 and not _RESETS.match(line, last)
