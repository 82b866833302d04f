"""Signing key: SETUP_SIGNING, the clock of the stamps, and the lowest accepted stamp, which survives a restart.

A key is accepted only on trusted links (loopback, native USB), because the owner of the key controls the vehicle and
SETUP_SIGNING carries the key in clear. It is never forwarded (`router`). There is no acknowledgement; a refusal is a
STATUSTEXT. A key of 32 zeros ends signing, as in ArduPilot.

The stored stamp is always ahead of the last used one, by up to `RESERVE`. After a restart, however abrupt, it is the
lowest accepted stamp, so no earlier frame is accepted again. A station with a slower clock catches up with our first
signed frame, as the signing protocol defines. Frames of a station whose clock is further ahead than the reserve are
refused until a stamp beyond theirs is stored. Only where the disk refuses it they are used all the same: a
vehicle that hears nobody is worse.

Clock: link time, for a check of the stamp each second while we sign on a link or a stamp was accepted. (In a simulation
faster than wall time such seconds are many.)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from autopilot.mav import Severity
from mavlink_bridge.routing.endpoint import Endpoint
from mavlink_bridge.routing.service import Clock, Message, Outgoing, Peer, Speaker
from mavlink_bridge.wire.codec import status_text
from mavlink_bridge.wire.signing import KEY_SIZE, LARGEST_STAMP, Signing, timestamp_of

SECOND: Final = 100_000
"""Stamps per second: their unit is 10 us."""
RESERVE: Final = 60 * SECOND
_PERIOD_MS: Final = 1000


class KeyStore(Protocol):
    """Port: permanent store of key and stamp."""

    def save_key(self, key: bytes | None) -> str | None:
        """Store the key (None: delete it) before returning; returns a reason if that is not possible."""

    @property
    def stamp(self) -> int:
        """Highest stamp that is known to be stored."""

    @property
    def stamp_refused(self) -> bool:
        """True when the last stamp could not be stored."""

    def save_stamp(self, stamp: int) -> None:
        """Store a stamp: the first of a run or key before returning, a later one soon. Nothing happens while the one
        before is being stored. One that could not be stored is given again each second (`stamp` is still below it)."""


class SigningService(Speaker):
    """Service of signing keys. `key`, `stamp`: stored by the last run. `unix_us`: UTC in us since 1970."""

    clock: Clock = "link"
    handles = frozenset({"SETUP_SIGNING"})

    def __init__(
        self, links: Endpoint, store: KeyStore, unix_us: Callable[[], int], *, key: bytes | None = None, stamp: int = 0
    ) -> None:
        self._links = links
        self._store = store
        self._unix_us = unix_us
        self._floor = stamp  # not that of the store: others of a fleet have reserved since
        self._key: bytes | None = None
        self._due_ms = 0
        self._looked_at = 0
        super().__init__()
        self.signing: Signing | None = None
        if key is not None:
            self._begin(key, 0)

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        if not self._links.trusted(peer.link):
            self._refuse("not on this link", peer)
            return
        key = bytes(message.secret_key)[:KEY_SIZE].ljust(KEY_SIZE, b"\0")
        if key == self._key and self.signing is not None:
            self.signing.not_before(min(message.initial_timestamp, self._latest()))
            return
        new = key if any(key) else None
        problem = self._store.save_key(new)
        if problem is not None:
            self._refuse(problem, peer)
        elif new is None:
            self._floor = self._last_used()
            self._key = self.signing = None
            self._links.set_signing(None)
        else:
            self._begin(new, min(message.initial_timestamp, self._latest()))

    def handle_timeout(self, now_ms: int) -> None:
        if self.signing is not None and now_ms >= self._due_ms:
            self._due_ms = now_ms + _PERIOD_MS
            self.signing.not_before(timestamp_of(self._unix_us()))
            self._reserve(self.signing.timestamp)
            self._looked_at = self.signing.timestamp

    def next_deadline_ms(self) -> int | None:
        if self.signing is None:
            return None
        used = self.signing.timestamp != self._looked_at or not all(map(self._links.trusted, self._links.links()))
        return self._due_ms if used else None

    def _begin(self, key: bytes, stamp: int) -> None:
        self._key, self._floor = key, self._last_used()
        started = max(timestamp_of(self._unix_us()), stamp)
        self.signing = Signing(key, started, floor=self._floor, reserve=self._reserve)
        self._reserve(self.signing.timestamp)
        self._links.set_signing(self.signing)

    def _last_used(self) -> int:
        """Last stamp used or accepted with any key: no recording is accepted when a key comes again."""
        return self._floor if self.signing is None else self.signing.timestamp

    def _reserve(self, stamp: int) -> int:
        """Let a higher stamp be stored in time; return the highest one that may be used. The last minute of all stamps
        (2104) is of a broken clock: it would leave no later stamp."""
        if stamp + RESERVE // 2 > self._store.stamp and stamp + RESERVE <= LARGEST_STAMP:
            self._store.save_stamp(stamp + RESERVE)
        return max(self._store.stamp, stamp + SECOND if self._store.stamp_refused else 0)

    def _latest(self) -> int:
        """Largest accepted stamp of a station. A stamp years ahead would lock out all other stations for years."""
        return timestamp_of(self._unix_us()) + 24 * 3600 * SECOND

    def _refuse(self, reason: str, peer: Peer) -> None:
        self._out.append(Outgoing(status_text(Severity.WARNING, f"Signing key refused: {reason}"), peer.link))
