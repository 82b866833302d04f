"""Encoder of streamed messages: from the report and facts vectors to bytes, without message objects.

Two implementations make the same bytes: plain Python with `struct`, which loads nothing and serves the first
HEARTBEATs, and one compiled call for all due messages (`load`, about 0.1 us per message). pymavlink's `pack` would take
most of the time of a fast run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from math import floor, nan
from typing import Final

import numpy as np
import numpy.typing as npt
from fastcrc import crc16

from autopilot.control.kernels import compiled
from autopilot.interface import report
from mavlink_bridge.services.telemetry import sources
from mavlink_bridge.services.telemetry.compiling import DERIVE, STAMP, WRITE
from mavlink_bridge.services.telemetry.layout import LAYOUTS, TABLES, Element, StreamLayout

Vector = npt.NDArray[np.float64]
Chosen = npt.NDArray[np.int64]
"""Stream numbers, in the order of sending."""

_X25: Final = 0x8408


@cache
def crc_table() -> npt.NDArray[np.int64]:
    """CRC-16/MCRF4XX (MAVLink's X.25 CRC; polynomial 0x1021, reflected): `[k, byte]` is the CRC of a byte followed by k
    zero bytes."""
    table = np.zeros((4, 256), np.int64)
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = (crc >> 1) ^ _X25 if crc & 1 else crc >> 1
        table[0, byte] = crc
    for k in range(1, 4):
        table[k] = (table[k - 1] >> 8) ^ table[0, table[k - 1] & 255]
    return table


class StreamEncoder:
    """Encoder for one system and component id. It owns the source vector: `facts.FactReader` writes the core's facts,
    and `prepare` copies the report once per instant."""

    def __init__(self, system: int, component: int = 1) -> None:
        self.system = system
        self.component = component
        self.source: Vector = np.zeros(sources.SIZE)
        self.source[sources.ONE] = 1.0
        self._report = self.source[: report.SIZE]
        self._plain: list[float] | None = None
        self._derive: Callable[[], None] | None = None
        self._write: Callable[..., None] | None = None
        self._single = np.zeros(1, np.float32)
        self._out = np.zeros(TABLES.capacity, np.uint8)
        self._result = np.zeros(3, np.int64)

    @property
    def compiled(self) -> bool:
        return self._write is not None

    def load(self) -> bool:
        """Use the compiled implementation from now on: at once from a library, or after a few seconds of numba
        compilation. False, without a change, if nothing can be compiled."""
        if not compiled():
            return False
        STAMP.load()
        self._bind()
        return True

    def _bind(self) -> None:
        derive = DERIVE.bind(self.source)
        self._write = WRITE.bind(
            self.source,
            TABLES.header,
            TABLES.kind,
            TABLES.number,
            crc_table(),
            self._single,
            self._single.view(np.uint8),
            self._out,
            self._result,
        )
        self._derive = derive  # last, because another thread that finds it also writes

    def move_to(self, source: Vector) -> None:
        """Use another vector for the values, and copy them to it."""
        source[:] = self.source
        self.source = source
        self._report = source[: report.SIZE]
        if self.compiled:
            self._bind()

    def keep(self, state: Vector) -> None:
        """Copy the report as `prepare` does, without derived values, which the caller updates."""
        self._report[:] = state

    def prepare(self, state: Vector) -> None:
        """Set the values of this instant. `state`: the vehicle's report vector (finite numbers or nan). The facts must
        be written before."""
        self._report[:] = state
        if self._derive is not None:
            self._derive()
            self._plain = None
        else:
            self._plain = self.source.tolist()
            sources.derive(self._plain)

    def encode(self, chosen: Chosen, sequence: int) -> tuple[bytes, int]:
        """Frames of the `chosen` streams that are ready, numbered from `sequence`: (bytes, number of frames)."""
        if self._plain is None:
            assert self._write is not None
            self._write(chosen, len(chosen), sequence, self.system, self.component)
            size, _, frames = self._result.tolist()
            return self._out[:size].tobytes(), frames
        return self._encode_plain(self._plain, chosen.tolist(), sequence)

    def payload(self, number: int) -> bytes | None:
        """Payload of one stream (with trailing zeros), or None while it is not ready."""
        values = self._plain
        if values is None:
            values = self.source.tolist()
        layout = LAYOUTS[number]
        return _pack(layout, values) if values[layout.ready] != 0.0 else None

    def _encode_plain(self, values: list[float], chosen: Sequence[int], sequence: int) -> tuple[bytes, int]:
        parts: list[bytes] = []
        for number in chosen:
            layout = LAYOUTS[number]
            if values[layout.ready] == 0.0:
                continue
            payload = _pack(layout, values).rstrip(b"\0") or b"\0"
            header = bytes((len(payload), 0, 0, sequence, self.system, self.component))
            body = header + layout.msg_id.to_bytes(3, "little") + payload
            crc = crc16.mcrf4xx(body + bytes((layout.crc_extra,)))
            parts.append(b"\xfd" + body + crc.to_bytes(2, "little"))
            sequence = (sequence + 1) & 255
        return b"".join(parts), len(parts)


class FrameStamper:
    """Whole frames, each after a time stamp, as in a telemetry log; compiled if an encoder was loaded.

    It loads nothing itself, because that takes a second or more, in which a service would not react in flight.
    """

    def __init__(self) -> None:
        self._frames = np.zeros(2 * TABLES.capacity, np.uint8)
        self._out = np.zeros(4 * TABLES.capacity, np.uint8)
        self._stamp = np.zeros(8, np.uint8)

    def stamped(self, frames: bytes | bytearray, stamp: bytes) -> bytes | None:
        """Stamped frames; None if nothing is loaded, or if the frames do not fit."""
        size = len(frames)
        if not STAMP.loaded or size > len(self._frames):
            return None
        self._frames[:size] = np.frombuffer(frames, np.uint8)
        self._stamp[:] = np.frombuffer(stamp, np.uint8)
        written = STAMP.call(self._frames, size, self._stamp, self._out)
        return self._out[:written].tobytes()


def _pack(layout: StreamLayout, values: list[float]) -> bytes:
    return layout.packer.pack(*[_wire(element, values) for element in layout.elements])


def _wire(element: Element, values: list[float]) -> float | int:
    """Value on the wire; same rule as in `kernel.write_frames`."""
    given = element.value
    value = values[given.source] * given.scale + given.offset
    if element.is_float:
        return min(max(value, element.least), element.greatest) if value == value else nan
    if value != value:
        value = given.missing
    return floor(min(max(value, element.least), element.greatest) + 0.5)
