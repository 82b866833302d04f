"""MAVLink frames in a stream of bytes, sans I/O (https://mavlink.io/en/guide/serialization.html).

`FrameReader` finds MAVLink 1 and 2 frames in bytes that may be split anywhere and contain garbage; `FrameWriter` puts
payloads into MAVLink 2 frames with the sequence counter of its link. Neither interprets messages; a frame that is only
forwarded is never decoded.

A start byte in garbage claims up to 280 bytes. A claim with a wrong checksum costs one byte: reading continues after
the start byte, so a frame inside the claim is found. An incomplete claim is given up in the same way when it contains a
whole frame with a correct checksum, or when nothing has come for `PATIENCE_MS` of link time, so a damaged byte never
delays the good frames after it. A frame whose id is not in the dialect has no known CRC_EXTRA and cannot be checked. It
is passed on as `known=False` only if a frame (or nothing yet) follows it and no checkable frame begins within it, so
that garbage does not swallow real frames.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from fastcrc import crc16

from autopilot.interface.records import dataclass
from mavlink_bridge.wire.definitions import CRC_EXTRA

MARK_V1 = 0xFE
MARK_V2 = 0xFD
SIGNED = 0x01
"""Bit of the incompatibility flags: a signature of 13 bytes follows the checksum."""
SIGNATURE_SIZE = 13
LARGEST_FRAME = 10 + 255 + 2 + SIGNATURE_SIZE
PATIENCE_MS = 50
"""Longest wait for the rest of a frame; no sender pauses that long within one (64 bytes at 57600 baud take 11 ms)."""
_SENDERS_COUNTED = 256
_V2 = bytes((MARK_V2,))

_START = re.compile(rb"[\xfd\xfe]")
_crc = crc16.mcrf4xx
_EXTRA: dict[int, bytes] = {msg_id: bytes((extra,)) for msg_id, extra in CRC_EXTRA.items()}


@dataclass(slots=True)
class MavlinkFrame:
    """Received frame. `raw`: whole frame with header, checksum and signature. `payload`: as on the wire (MAVLink 2:
    trailing zeros cut)."""

    msg_id: int
    system: int
    component: int
    sequence: int
    payload: bytes
    mavlink1: bool
    signed: bool
    known: bool
    raw: bytes


class FrameReader:
    """Reader of one link: bytes in, frames out. Keeps less than one frame between calls. `deadline_ms`: link time at
    which `give_up` is due, None: nothing is kept.

    `frames`, `bytes`: received. `errors`: refused claims (wrong checksum, or unknown flag). `garbage`: bytes outside of
    frames. `lost`: gaps in the senders' sequence numbers.
    """

    __slots__ = ("_rest", "_sequences", "bytes", "deadline_ms", "errors", "frames", "garbage", "lost")

    def __init__(self) -> None:
        self._rest = b""
        self._sequences: dict[int, int] = {}
        self.deadline_ms: int | None = None
        self.bytes = 0
        self.frames = 0
        self.errors = 0
        self.garbage = 0
        self.lost = 0

    @property
    def waiting(self) -> int:
        """Bytes of an incomplete frame that are kept, always below `LARGEST_FRAME`."""
        return len(self._rest)

    def restart(self) -> None:
        """Restart with another stream, which begins with whole frames."""
        self._rest = b""
        self.deadline_ms = None
        self._sequences.clear()

    def receive(self, data: bytes, now_ms: int = 0) -> list[MavlinkFrame]:
        """Frames that `data` completes, in order. `now_ms`: link time of its arrival. Never raises."""
        self.bytes += len(data)
        frames = self._read(self._rest + data if self._rest else data, False)
        self.deadline_ms = now_ms + PATIENCE_MS if self._rest else None
        return frames

    def give_up(self, now_ms: int) -> list[MavlinkFrame]:
        """Give up incomplete claims when nothing has come for too long since the last `receive`. Returns the frames
        after their start bytes."""
        if self.deadline_ms is None or now_ms < self.deadline_ms:
            return []
        self.deadline_ms = None
        return self._read(self._rest, True)

    def _read(self, data: bytes, ended: bool) -> list[MavlinkFrame]:
        """All frames in `data`; keeps a possible beginning of a frame, unless the stream has `ended`."""
        frames: list[MavlinkFrame] = []
        at, end = 0, len(data)
        while at < end:
            if data[at] != MARK_V2 and data[at] != MARK_V1:
                at = self._skip_garbage(data, at)
                continue
            size = claimed_size(data, at)
            if size == 0 or at + size > end:
                if not ended and (_START.search(data, at + 1) is None or not _holds_frame(data, at + 1, end)):
                    break
                self.errors += 1
                self.garbage += 1
                at += 1
                continue
            frame = _read_v2(data, at, size) if data[at] == MARK_V2 else _read_v1(data, at, size)
            if frame is None:
                self.errors += 1
                self.garbage += 1
                at += 1
                continue
            at += size
            if not frame.mavlink1 and frame.raw[2] & ~SIGNED:
                self.errors += 1  # correct frame with a flag that changes its meaning: dropped as a whole
                self.garbage += size
                continue
            self._count(frame)
            frames.append(frame)
        self._rest = data[at:]
        return frames

    def _skip_garbage(self, data: bytes, at: int) -> int:
        match = _START.search(data, at)
        end = len(data) if match is None else match.start()
        self.garbage += end - at
        return end

    def _count(self, frame: MavlinkFrame) -> None:
        self.frames += 1
        if not frame.known:
            return
        sender = frame.system << 8 | frame.component
        last = self._sequences.get(sender)
        if last is not None:
            gap = (frame.sequence - last - 1) & 0xFF
            if gap >= 128:
                return  # late or repeated; the next frame in order is counted from the newest
            self.lost += gap
        elif len(self._sequences) >= _SENDERS_COUNTED:
            return
        self._sequences[sender] = frame.sequence


class FrameWriter:
    """Writer of MAVLink 2 frames of one sender on one link, with that link's sequence counter."""

    __slots__ = ("_middle", "next_sequence")

    def __init__(self, system: int, component: int) -> None:
        self.next_sequence = 0
        """Sequence number of the next frame, 0 to 255."""
        self.identify(system, component)

    def advance(self, frames: int) -> None:
        """Skip the numbers of `frames` frames that another encoder sent on the link, from `next_sequence` on."""
        self.next_sequence = (self.next_sequence + frames) & 0xFF

    def identify(self, system: int, component: int) -> None:
        """Send as (system, component) from now on; the sequence continues."""
        self._middle = _middles(system, component)

    def frame(self, msg_id: int, payload: bytes, crc_extra: int) -> bytes:
        """Frame of a payload of 1 to 255 bytes (`codec.payload` gives all three arguments)."""
        sequence = self.next_sequence
        self.next_sequence = (sequence + 1) & 0xFF
        return _framed(self._middle[sequence], msg_id, payload, _BYTE[crc_extra])


@lru_cache(maxsize=4096)
def _middles(system: int, component: int) -> tuple[bytes, ...]:
    """Bytes 4 to 6 of the header by sequence number: one table for all links of a sender."""
    return tuple(bytes((sequence, system, component)) for sequence in range(256))


_FLAGS = [bytes((length, 0, 0)) for length in range(256)]
_BYTE = [bytes((value,)) for value in range(256)]


def _framed(middle: bytes, msg_id: int, payload: bytes, extra: bytes) -> bytes:
    body = _FLAGS[len(payload)] + middle + msg_id.to_bytes(3, "little") + payload
    return _V2 + body + _crc(body + extra).to_bytes(2, "little")


def trimmed(payload: bytes) -> bytes:
    """Payload in MAVLink 2 form: trailing zero bytes are cut, at least one byte stays."""
    return payload.rstrip(b"\0") or b"\0"


def frame_v2(sequence: int, system: int, component: int, msg_id: int, payload: bytes, crc_extra: int) -> bytes:
    """MAVLink 2 frame, unsigned, of a sender without a `FrameWriter`."""
    return _framed(bytes((sequence, system, component)), msg_id, payload, _BYTE[crc_extra])


def frame_v1(sequence: int, system: int, component: int, msg_id: int, payload: bytes, crc_extra: int) -> bytes:
    """MAVLink 1 frame (`codec.payload_v1`), to emulate an old peer or to send to one. The service itself never sends
    one."""
    body = bytes((len(payload), sequence, system, component, msg_id)) + payload
    return b"\xfe" + body + _crc(body + _BYTE[crc_extra]).to_bytes(2, "little")


def unsigned(frame: MavlinkFrame) -> bytes:
    """Frame as MAVLink 2 without a signature, to be signed again on another link; unchanged when its id is not in the
    dialect, because its checksum cannot be computed."""
    extra = _EXTRA.get(frame.msg_id)
    if extra is None or not (frame.signed or frame.mavlink1):
        return frame.raw
    payload = trimmed(frame.payload) if frame.mavlink1 or not frame.payload else frame.payload
    return _framed(bytes((frame.sequence, frame.system, frame.component)), frame.msg_id, payload, extra)


def claimed_size(data: bytes, at: int = 0) -> int:
    """Length in bytes that the start byte at `at` claims; 0 while its header is incomplete."""
    available = len(data) - at
    if data[at] == MARK_V1:
        return data[at + 1] + 8 if available > 1 else 0
    if available < 3:
        return 0
    return data[at + 1] + (12 + SIGNATURE_SIZE if data[at + 2] & SIGNED else 12)


def frame_id(frame: bytes) -> int:
    """Message id in the header of a whole frame."""
    return int.from_bytes(frame[7:10] if frame[:1] == _V2 else frame[5:6], "little")


def split_frames(data: bytes) -> Iterator[bytes]:
    """Split whole frames. Bytes that are no frame come as one piece at the end."""
    at, end = 0, len(data)
    while at < end:
        size = claimed_size(data, at) if data[at] in (MARK_V2, MARK_V1) else 0
        if size == 0 or at + size > end:
            size = end - at
        yield data[at : at + size]
        at += size


def split_datagrams(data: bytes, largest: int = 1400) -> Iterator[bytes]:
    """Split whole frames into pieces of at most `largest` bytes that never cut a frame.

    1400 bytes pass every usual network path unfragmented. (A frame has at most 280 bytes.)
    """
    begin, at, end = 0, 0, len(data)
    if end <= largest:  # nearly always
        at = end
    while at < end:
        size = claimed_size(data, at) if data[at] in (MARK_V2, MARK_V1) else 0
        if size == 0 or at + size > end:
            size = min(end - at, largest)
        if at + size - begin > largest:
            yield data[begin:at]
            begin = at
        at += size
    if begin < end:
        yield data[begin:end]


def _read_v2(data: bytes, at: int, size: int) -> MavlinkFrame | None:
    """Frame of that claim, or None if its checksum is wrong."""
    length = data[at + 1]
    check = at + 10 + length
    msg_id = data[at + 7] | data[at + 8] << 8 | data[at + 9] << 16
    extra = _EXTRA.get(msg_id)
    if extra is None:
        if data[at + 2] & ~SIGNED or not _may_be_unknown(data, at, size):
            return None
    elif _crc(data[at + 1 : check] + extra) != data[check] | data[check + 1] << 8:
        return None
    return MavlinkFrame(
        msg_id,
        data[at + 5],
        data[at + 6],
        data[at + 4],
        data[at + 10 : check],
        False,
        data[at + 2] & SIGNED == SIGNED,
        extra is not None,
        data[at : at + size],
    )


def _read_v1(data: bytes, at: int, size: int) -> MavlinkFrame | None:
    check = at + size - 2
    msg_id = data[at + 5]
    extra = _EXTRA.get(msg_id)
    if extra is None:
        if not _may_be_unknown(data, at, size):
            return None
    elif _crc(data[at + 1 : check] + extra) != data[check] | data[check + 1] << 8:
        return None
    return MavlinkFrame(
        msg_id,
        data[at + 3],
        data[at + 4],
        data[at + 2],
        data[at + 6 : check],
        True,
        False,
        extra is not None,
        data[at : at + size],
    )


def _may_be_unknown(data: bytes, at: int, size: int) -> bool:
    """True when this claim, whose checksum cannot be checked, may be a frame; see the module."""
    after = at + size
    if after < len(data) and data[after] not in (MARK_V2, MARK_V1):
        return False
    return not _holds_frame(data, at + 1, after)


def _holds_frame(data: bytes, begin: int, end: int) -> bool:
    """True when a whole frame with a correct checksum begins in this range."""
    return any(is_sound(data, inner.start()) for inner in _START.finditer(data, begin, end))


def is_sound(data: bytes, at: int = 0) -> bool:
    """True when a whole frame with a correct checksum begins at this start byte."""
    size = claimed_size(data, at)
    if size == 0 or at + size > len(data):
        return False
    if data[at] == MARK_V1:
        msg_id, check = data[at + 5], at + size - 2
    else:
        msg_id, check = int.from_bytes(data[at + 7 : at + 10], "little"), at + 10 + data[at + 1]
    extra = _EXTRA.get(msg_id)
    return extra is not None and _crc(data[at + 1 : check] + extra) == data[check] | data[check + 1] << 8
