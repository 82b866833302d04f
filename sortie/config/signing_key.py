"""Signing key of the user: `--signing-key FILE` holds 64 hexadecimal digits, or a passphrase in one line, from which
the key is made as in Mission Planner, QGroundControl and MAVProxy (SHA-256)."""

from __future__ import annotations

import contextlib
import hashlib
import stat
from pathlib import Path

from mavlink_bridge.wire.signing import KEY_SIZE
from sortie.config.errors import UserError
from sortie.config.files import content_of

_LARGEST = 1024
_EXPECTED = "expected 64 hexadecimal digits, or a passphrase on one line"


def read_key(path: Path) -> tuple[bytes, list[str]]:
    """Read the key of a file, with warnings about the file. UserError for a file without a key."""
    try:
        text = content_of(path, _LARGEST).decode("utf-8-sig").strip()
        open_to_all = stat.S_IMODE(path.stat().st_mode) & 0o077
    except OSError as error:
        raise UserError(f"{error.strerror}; {_EXPECTED}", option="signing-key", given=str(path)) from error
    except UnicodeDecodeError:
        text, open_to_all = "", 0
    if not text or "\n" in text:
        raise UserError(_EXPECTED, option="signing-key", given=str(path))
    warnings = [f"--signing-key {path}: others can read it; chmod 600 {path}"] if open_to_all else []
    return from_digits(text) or hashlib.sha256(text.encode()).digest(), warnings


def from_digits(text: str) -> bytes | None:
    """Return the key of 64 hexadecimal digits, otherwise None."""
    with contextlib.suppress(ValueError):
        if len(text) == 2 * KEY_SIZE:
            return bytes.fromhex(text)
    return None
