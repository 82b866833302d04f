"""Storage of signing key and timestamp: in the state directory, or in memory without one.

A key from SETUP_SIGNING is stored in `STATE/signing.key`, readable by its owner only. A key given by the user
(`sortie.config.signing_key`) is not stored, and no link can change it.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from autopilot.interface.records import dataclass
from mavlink_bridge.routing.endpoint import Endpoint
from mavlink_bridge.services.system.signing import SigningService
from mavlink_bridge.wire.signing import KEY_SIZE, timestamp_of
from sortie.config.errors import UserError
from sortie.config.signing_key import from_digits, read_key
from sortie.logs.run_log import LOGGER
from sortie.storage.rows import SaveStamp
from sortie.storage.store import Store

FILE_NAME = "signing.key"
_GIVEN = "it is given by --signing-key"


@dataclass(frozen=True, slots=True)
class SigningKeys:
    """Keys of a run: storage, the initial key or None, warnings about its file."""

    storage: KeyFile | KeyInMemory
    key: bytes | None
    warnings: Sequence[str] = ()

    def sign(self, endpoint: Endpoint) -> SigningService:
        """Let `endpoint` sign and check frames. Without a key it does nothing, until SETUP_SIGNING sets one."""
        service = SigningService(endpoint, self.storage, _unix_us, key=self.key, stamp=self.storage.last_run)
        endpoint.add_service(service)
        return service


def open_keys(store: Store | None, given: Path | bytes | None) -> SigningKeys:
    """Return the keys of a run: `given` (a key or its file), otherwise the stored one. UserError for an invalid key."""
    storage = KeyInMemory(fixed=given is not None) if store is None else KeyFile(store, fixed=given is not None)
    if given is None:
        return SigningKeys(storage, storage.load())
    if isinstance(given, bytes):
        if len(given) != KEY_SIZE:
            raise UserError(f"signing key: expected {KEY_SIZE} bytes, not {len(given)}")
        return SigningKeys(storage, given)
    return SigningKeys(storage, *read_key(given))


def _unix_us() -> int:
    return time.time_ns() // 1000


class KeyInMemory:
    """`KeyStore` of a run without a state directory. Frames signed before its start are refused."""

    def __init__(self, *, fixed: bool = False) -> None:
        self._fixed = fixed
        self.last_run = self.stamp = timestamp_of(_unix_us())
        self.stamp_refused = False

    def load(self) -> bytes | None:
        """Return None: no key is stored."""
        return None

    def save_key(self, key: bytes | None) -> str | None:
        """Refuse to change a given key (`KeyStore`)."""
        return _GIVEN if self._fixed else None

    def save_stamp(self, stamp: int) -> None:
        """Keep it for this run: the next one begins at its own time."""
        self.stamp = max(self.stamp, stamp)


class KeyFile:
    """`KeyStore` with the key in a file of the state directory and the timestamp in the store. `fixed`: the key was
    given on the command line, and no link may change it."""

    def __init__(self, store: Store, *, fixed: bool = False) -> None:
        self._store = store
        self._fixed = fixed
        self.path = store.directory / FILE_NAME
        self.last_run = self._stored = store.stored.signing_stamp
        self._first, self._refused = True, False
        self._submitted: tuple[int, int] | None = None  # ticket and stamp

    @property
    def stamp(self) -> int:
        """Highest timestamp of all vehicles and runs that is known to be stored."""
        self._settle()
        return self._stored

    @property
    def stamp_refused(self) -> bool:
        """True when the last timestamp could not be stored, or the first one not in five seconds."""
        self._settle()
        return self._refused

    def _settle(self) -> None:
        if self._submitted is not None and self._store.durable() >= self._submitted[0]:
            ticket, stamp = self._submitted
            self._submitted = None
            self._refused = self._store.failure(ticket) is not None
            if not self._refused:
                self._stored, self._first = stamp, False

    def load(self) -> bytes | None:
        """Read the stored key. UserError for a file with anything else, because flying unsigned would remove a
        protection."""
        try:
            text = self.path.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"{self.path}: cannot be read: {error}") from error
        key = from_digits(text)
        if key is None:
            raise UserError(f"{self.path}: has no signing key; delete it to continue without signing")
        return key

    def save_key(self, key: bytes | None) -> str | None:
        """Store a key, or remove it (`KeyStore`): the change is complete on disk, or remains undone."""
        if self._fixed:
            return _GIVEN
        try:
            if key is None:
                self.path.unlink(missing_ok=True)
            else:
                self._write(key)
            self._sync_folder()
        except OSError as error:
            LOGGER.error("signing key not kept: %s", error)
            return error.strerror or "disk"
        self._first = True
        LOGGER.info("signing key %s", "removed" if key is None else "set")
        return None

    def save_stamp(self, stamp: int) -> None:
        """Store a timestamp (`KeyStore`). The first one of a run or key is stored before this returns, because a next
        run with a slow clock must not repeat timestamps."""
        if stamp <= self.stamp or self._submitted is not None:
            return
        ticket = self._store.submit(SaveStamp(stamp))
        self._submitted = ticket, stamp
        if self._first:
            self._refused = not self._store.wait(ticket)

    def _write(self, key: bytes) -> None:
        new = self.path.with_suffix(".new")
        new.unlink(missing_ok=True)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(key.hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
        new.replace(self.path)

    def _sync_folder(self) -> None:
        """Write the names in the folder to the disk."""
        if sys.platform == "win32":  # it cannot open folders; NTFS journals names
            return
        directory = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
