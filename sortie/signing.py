"""The signing key: the file that a person gives, and the file and the stamp in the state directory.

`--signing-key FILE` holds 64 hexadecimal digits, or a passphrase on one line, from which the key is made as Mission
Planner, QGroundControl and MAVProxy make it (SHA-256). A key that SETUP_SIGNING has set is kept in
`STATE/signing.key`, readable by its owner only.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from pathlib import Path

from mavlink_bridge.signing import KEY_SIZE
from sortie.errors import UserError
from sortie.logs.run_log import LOGGER
from sortie.store import Store

FILE_NAME = "signing.key"
_LARGEST = 1024


def read_key(path: Path) -> bytes:
    """The key of a file that a person named. UserError when there is none in it."""
    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST + 1).decode("utf-8").strip()
            open_to_all = stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077
    except OSError as error:
        raise UserError(f"--signing-key {path}: {error.strerror}") from error
    except UnicodeDecodeError:
        text, open_to_all = "", 0
    if not text or len(text) >= _LARGEST or "\n" in text:
        raise UserError(f"--signing-key {path}: expected 64 hexadecimal digits, or a passphrase on one line")
    if open_to_all:
        LOGGER.warning("signing key %s can be read by others: chmod 600", path)
    return _from_digits(text) or hashlib.sha256(text.encode()).digest()


def _from_digits(text: str) -> bytes | None:
    with contextlib.suppress(ValueError):
        if len(text) == 2 * KEY_SIZE:
            return bytes.fromhex(text)
    return None


class KeyFile:
    """A `KeyStore`: the key in a file of the state directory, the stamp in the store. `fixed`: the key was given on the
    command line, and no link may change it."""

    def __init__(self, store: Store, *, fixed: bool = False) -> None:
        self._store = store
        self._fixed = fixed
        self.path = store.directory / FILE_NAME

    def load(self) -> bytes | None:
        """The key that is kept. UserError for a file that holds something else: to fly unsigned instead would open
        what was closed."""
        try:
            text = self.path.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"{self.path}: cannot be read: {error}") from error
        key = _from_digits(text)
        if key is None:
            raise UserError(f"{self.path}: holds no signing key; delete it to go on without signing")
        return key

    def save_key(self, key: bytes | None) -> str | None:
        """See `KeyStore`: the file is whole and on the disk, or it is the old one."""
        if self._fixed:
            return "it is given by --signing-key"
        try:
            if key is None:
                self.path.unlink(missing_ok=True)
            else:
                self._write(key)
        except OSError as error:
            LOGGER.error("signing key not kept: %s", error)
            return error.strerror or "disk"
        LOGGER.info("signing key %s", "removed" if key is None else "set")
        return None

    def save_stamp(self, stamp: int) -> None:
        self._store.save_stamp(stamp)

    def _write(self, key: bytes) -> None:
        new = self.path.with_suffix(".new")
        new.unlink(missing_ok=True)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(key.hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
        new.replace(self.path)
        directory = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
