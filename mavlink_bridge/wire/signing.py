"""MAVLink 2 message signing (https://mavlink.io/en/guide/message_signing.html), sans I/O.

A signature is 13 bytes after a frame: link id, a time stamp of 48 bits in units of 10 µs since 2015-01-01, and the
first 6 bytes of SHA-256 over key, frame, link id and stamp. `Signing` owns one key, the local stamp and the last stamp
of each stream (system, component, link id); a frame is accepted only if its stamp is later than that of its stream.

It uses no clock and no file. The owner moves the stamp by `not_before(timestamp_of(...))`, and `reserve` stores stamps
before their use; after a restart the stored one is the `floor`: no earlier stamp is accepted again, so a recording from
before the restart cannot be replayed.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable

from fastcrc import crc16

from mavlink_bridge.wire import codec
from mavlink_bridge.wire.framing import MARK_V2, SIGNATURE_SIZE, SIGNED, MavlinkFrame

KEY_SIZE = 32
_EPOCH_UNIX_US = 1_420_070_400 * 1_000_000
_MINUTE = 6_000_000
LARGEST_STAMP = (1 << 48) - 1
_STREAMS_KEPT = 256


def timestamp_of(unix_us: int) -> int:
    """Stamp of a time in us since 1970; 0 before 2015."""
    return max(0, unix_us - _EPOCH_UNIX_US) // 10


class Signing:
    """Signing with one key. `key`: 32 bytes. `timestamp`: stamp of the next frame. `floor`: lowest accepted stamp.

    `reserve` is given a stamp that is to be used, and returns the highest one that may be: a restart will know it. A
    later one is not used, and a frame with it is refused until then.
    """

    def __init__(
        self, key: bytes, timestamp: int, *, floor: int = 0, reserve: Callable[[int], int] = lambda stamp: stamp
    ) -> None:
        if len(key) != KEY_SIZE:
            raise ValueError(f"a signing key has {KEY_SIZE} bytes, not {len(key)}")
        self._key = key
        self._floor = floor
        self._streams: dict[tuple[int, int, int], int] = {}
        self._reserve = reserve
        self._reserved = floor
        self.timestamp = floor
        """Last stamp used or accepted, whichever is later."""
        self.accepted = 0
        self.refused = 0
        self.not_before(timestamp)

    def not_before(self, timestamp: int) -> None:
        """Sign with at least this stamp from now on, if it may be used."""
        if timestamp > self.timestamp and self._is_reserved(timestamp):
            self.timestamp = timestamp

    def sign(self, frame: bytes, link_id: int) -> bytes:
        """Signed form of an unsigned MAVLink 2 frame of a known message; other frames unchanged."""
        extra = codec.crc_extra(int.from_bytes(frame[7:10], "little")) if frame[0] == MARK_V2 else None
        if extra is None or frame[2] & SIGNED:
            return frame
        self.timestamp = min(self.timestamp + 1, LARGEST_STAMP)
        body = frame[1:2] + bytes((frame[2] | SIGNED,)) + frame[3:-2]
        crc = crc16.mcrf4xx(body + bytes((extra,)))
        trailer = bytes((link_id & 0xFF,)) + self.timestamp.to_bytes(6, "little")
        plain = b"\xfd" + body + crc.to_bytes(2, "little") + trailer
        return plain + self._digest(plain)

    def verify(self, frame: MavlinkFrame) -> bool:
        """True when the frame is signed with our key, and newer than all earlier frames of its stream."""
        good = frame.signed and self._is_new_and_ours(frame)
        if good:
            self.accepted += 1
        else:
            self.refused += 1
        return good

    def _is_new_and_ours(self, frame: MavlinkFrame) -> bool:
        signature = frame.raw[-SIGNATURE_SIZE:]
        stamp = int.from_bytes(signature[1:7], "little")
        stream = (frame.system, frame.component, signature[0])
        last = self._streams.get(stream)
        if last is None:
            # A stream not heard before may lag behind us by a minute, but never behind the floor.
            if stamp + _MINUTE < self.timestamp or stamp <= self._floor or len(self._streams) >= _STREAMS_KEPT:
                return False
        elif stamp <= last:
            return False
        if not hmac.compare_digest(self._digest(frame.raw[:-6]), signature[7:]):
            return False
        self._streams[stream] = stamp  # also of a frame refused below: a trusted link takes it, and no link once more
        if not self._is_reserved(stamp):
            return False
        self.not_before(stamp)
        return True

    def _is_reserved(self, stamp: int) -> bool:
        if stamp > self._reserved:
            self._reserved = self._reserve(stamp)
        return stamp <= self._reserved

    def _digest(self, signed_part: bytes) -> bytes:
        return hashlib.sha256(self._key + signed_part).digest()[:6]
