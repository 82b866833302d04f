"""Signing key of the user: `--signing-key FILE` holds 64 hexadecimal digits, or a passphrase in one line, from which
the key is made as in Mission Planner, QGroundControl and MAVProxy (SHA-256)."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from pathlib import Path

from mavlink_bridge.wire.signing import KEY_SIZE
from sortie.config.errors import UserError

_LARGEST = 1024


def read_key(path: Path) -> tuple[bytes, list[str]]:
    """Read the key of a file, with warnings about the file. UserError for a file without a key."""
    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST + 1).decode("utf-8").strip()
            open_to_all = stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077
    except OSError as error:
        raise UserError(f"{error.strerror}", option="signing-key", given=str(path)) from error
    except UnicodeDecodeError:
        text, open_to_all = "", 0
    if not text or len(text) >= _LARGEST or "\n" in text:
        raise UserError(
            "expected 64 hexadecimal digits, or a passphrase on one line", option="signing-key", given=str(path)
        )
    warnings = [f"--signing-key {path}: others can read it; chmod 600 {path}"] if open_to_all else []
    return from_digits(text) or hashlib.sha256(text.encode()).digest(), warnings


def from_digits(text: str) -> bytes | None:
    """Return the key of 64 hexadecimal digits, otherwise None."""
    with contextlib.suppress(ValueError):
        if len(text) == 2 * KEY_SIZE:
            return bytes.fromhex(text)
    return None
