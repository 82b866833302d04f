"""Signed links of a storm: the vehicle's keys on the storm's clock, stations that sign, and who has the key at all.

A vehicle with a key has links that are trusted (loopback: unsigned frames are heard) and links that are not. On these
an intruder may be: without the key, with another, or with a recording of what others have signed.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

from mavlink_bridge.routing.endpoint import Endpoint
from mavlink_bridge.services.system.signing import SigningService
from mavlink_bridge.wire.signing import SIGNATURE_SIZE, Signing, timestamp_of
from sortie.storage.signing_keys import KeyFile
from sortie.storage.store import Store

KEY, FOREIGN_KEY = bytes(range(32)), bytes(reversed(range(32)))
_DIGEST = 6


class Keys:
    """In the place of `SigningKeys`, with a clock that the storm may set. `key` None: nothing is signed."""

    def __init__(self, store: Store, key: bytes | None, unix_us: Callable[[], int]) -> None:
        self._kept = KeyFile(store, fixed=key is not None)
        self._key = key
        self._unix_us = unix_us

    def sign(self, endpoint: Endpoint) -> SigningService:
        """As `SigningKeys.sign`."""
        service = SigningService(endpoint, self._kept, self._unix_us, key=self._key, stamp=self._kept.last_run)
        endpoint.add_service(service)
        return service


class Signer:
    """Signs what a station sends, with stamps of its clock; `restart` after this has gone back."""

    def __init__(self, key: bytes, link_id: int, unix_us: Callable[[], int]) -> None:
        self._key, self._link_id, self._unix_us = key, link_id, unix_us
        self.restart()

    def restart(self) -> None:
        self._signing = Signing(self._key, timestamp_of(self._unix_us()))

    def hear(self, frame: bytes) -> None:
        """Catch up with what another has signed with the key."""
        if is_signed_with(frame, self._key):
            self._signing.not_before(stamp_of(frame))

    def sign(self, frame: bytes) -> bytes:
        self._signing.not_before(timestamp_of(self._unix_us()))
        return self._signing.sign(frame, self._link_id)


def is_signed_with(raw: bytes, key: bytes) -> bool:
    """Does a frame that has a signature have this key's? Told from the definition, by none of the product's code."""
    return sha256(key + raw[:-_DIGEST]).digest()[:_DIGEST] == raw[-_DIGEST:]


def stamp_of(raw: bytes) -> int:
    """The time stamp of a frame that has a signature."""
    return int.from_bytes(raw[-SIGNATURE_SIZE + 1 : -_DIGEST], "little")
