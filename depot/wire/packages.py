"""Data packages on the wire: bytes in acknowledged parts with a checksum of the whole.

The depot sends a part and waits for the acknowledgement, which has the offset of the next byte. A lost part is sent
again. When all bytes have arrived, the skimmer compares their CRC-32 (zlib) with that of the parts. A corrupt package
is dropped, and the depot starts it again, `attempts` times in all.
"""

from __future__ import annotations

from enum import IntEnum
from struct import Struct
from zlib import crc32

import msgspec

from depot.messages import AbortLimits, DataPackage, MissionPlan, PackageKind
from depot.wire.wire import tunnel, tunnel_data
from mavlink_bridge.clients.base import Client, Retry, Target
from mavlink_bridge.routing.service import Message

PACKAGE, PACKAGE_ACK = 32805, 32806
"""TUNNEL payload types."""
PART_BYTES = 112
LARGEST_BYTES = 32_768

_PART = Struct("<IBHHI")
_ACK = Struct("<IBHB")


class PackageVerdict(IntEnum):
    MORE = 0
    WHOLE = 1
    CORRUPT = 2


class PartOutcome(IntEnum):
    """Result of sending a part of a plan: a data package, or its header."""

    ACCEPTED = 0
    REFUSED = 1
    TIMEOUT = 100


def packages_of(plan: MissionPlan) -> list[DataPackage]:
    """Data packages of a plan: everything but its header and waypoints."""
    return [DataPackage(PackageKind.LIMITS, msgspec.json.encode(plan.limits))]


class PackageClient(Client):
    """Client that sends one package of a plan, `attempts` times if the skimmer finds it corrupt."""

    handles = frozenset(("TUNNEL",))
    outcome: PartOutcome | None
    silence = PartOutcome.TIMEOUT

    def __init__(self, target: Target, number: int, package: DataPackage, retry: Retry) -> None:
        super().__init__(target, retry)
        self._number = number
        self._package = package
        self._crc = crc32(package.data)
        self._offset = 0
        self._again = retry.attempts

    def _handle(self, message: Message, now_ms: int) -> None:
        data = tunnel_data(message)
        if message.payload_type != PACKAGE_ACK or len(data) != _ACK.size:
            return
        number, kind, offset, verdict = _ACK.unpack(data)
        if (number, kind) != (self._number, self._package.kind):
            return
        if verdict == PackageVerdict.WHOLE:
            self._end(PartOutcome.ACCEPTED)
        elif verdict == PackageVerdict.CORRUPT:
            self._again -= 1
            if self._again <= 0:
                self._end(PartOutcome.REFUSED)
                return
            self._go_on(0, now_ms)
        elif offset > self._offset:
            self._go_on(offset, now_ms)
        else:
            self._offset = offset  # the skimmer has less than was assumed: continue there when this part is repeated

    def _go_on(self, offset: int, now_ms: int) -> None:
        self._offset = min(offset, len(self._package.data))
        self._repeat()
        self._progress(now_ms)

    def _repeat(self) -> None:
        data, offset = self._package.data, self._offset
        head = _PART.pack(self._number, self._package.kind, len(data), offset, self._crc)
        part = head + data[offset : offset + PART_BYTES]
        self._send(tunnel(PACKAGE, part, self.target.system, self.target.component))


class PackageStore:
    """Receiver at the skimmer: the received parts of each package, and the complete packages."""

    def __init__(self) -> None:
        self._number = 0
        self._parts: dict[int, bytes] = {}
        self._whole: dict[int, bytes] = {}

    def take(self, data: bytes, system: int, component: int) -> Message | None:
        """Take in a part. Returns the acknowledgement, or None for bytes that are no part."""
        if len(data) < _PART.size:
            return None
        number, kind, size, offset, crc = _PART.unpack(data[: _PART.size])
        if kind not in tuple(PackageKind) or size > LARGEST_BYTES:
            return None
        if number != self._number:
            self._number, self._parts, self._whole = number, {}, {}
        have = self._parts.get(kind, b"")
        if offset == 0:
            have = b""
        if offset == len(have):
            have += data[_PART.size :]
        verdict = PackageVerdict.MORE
        if len(have) >= size:
            verdict = PackageVerdict.WHOLE if len(have) == size and crc32(have) == crc else PackageVerdict.CORRUPT
        self._parts[kind] = b"" if verdict is PackageVerdict.CORRUPT else have
        if verdict is PackageVerdict.WHOLE:
            self._whole[kind] = have
        return tunnel(PACKAGE_ACK, _ACK.pack(number, kind, len(self._parts[kind]), verdict), system, component)

    def limits(self, number: int) -> AbortLimits | None:
        """Thresholds and triggers of plan `number`; None if they are missing or invalid."""
        data = self._whole.get(PackageKind.LIMITS) if number == self._number else None
        if data is None:
            return None
        try:
            return msgspec.json.decode(data, type=AbortLimits)
        except msgspec.DecodeError:
            return None
