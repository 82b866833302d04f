"""A simulated machine that a firmware flies: pulse widths go in, samples of its sensors come out
(`sitl.kernel.outside`).

Body, weather, battery, terrain, payload and faults are the machine's own. Its control laws and its estimator do not
run.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple
from math import ceil
from struct import pack_into, unpack_from
from typing import Final

import numpy as np
import numpy.typing as npt

from autopilot.interface.records import dataclass
from sitl.child import SitlError
from sitl.kernel import layout as M
from sitl.kernel import packets as K
from sitl.kernel.compiling import OUTSIDE
from sitl.kernel.quantiles import quantiles
from sitl.vehicles.payload import WINCH
from sitl.vehicles.simulated import SimulatedMachine

PACKET_BYTES: Final = K.HEADER + 2 * 32
_LINE_MS: Final = 100.0
"""Time between updates of a moving winch line, ms; the same as for our own winch."""


@dataclass(frozen=True, slots=True)
class Output:
    """Actuator as a firmware drives it: `channel` from 0 (below 0: none) and pulse widths, us. A motor also has the
    shares of the range of pulse widths at which thrust begins and is full, and the quadratic share of thrust in
    between (MOT_THST_EXPO). For a steered wheel `full` is its largest angle, rad."""

    channel: int
    low: float = 1000.0
    middle: float = 1500.0
    high: float = 2000.0
    begin: float = 0.0
    full: float = 1.0
    expo: float = 0.0


#: Parts of an answer: key, first value, number of values, width and decimals of a number. ArduPilot searches for the
#: first place of a key, so `velocity` must come before longer words that begin with it.
_ANSWER: Final = (
    ('{"timestamp":', K.V_TIME, 1, 14, 6),
    (',"imu":{"gyro":', K.V_GYRO, 3, 11, 6),
    (',"accel_body":', K.V_ACC, 3, 11, 5),
    ('},"position":', K.V_PLACE, 3, 12, 4),
    (',"quaternion":', K.V_ATTITUDE, 4, 10, 7),
    (',"velocity":', K.V_VELOCITY, 3, 10, 4),
    (',"battery":{"voltage":', K.V_VOLTS, 1, 8, 4),
    (',"current":', K.V_AMPS, 1, 8, 3),
)
_RANGE: Final = ('},"rng_1":', K.V_RANGE, 1, 9, 3)
_AIRSPEED: Final = (',"airspeed":', K.V_AIRSPEED, 1, 8, 3)


class OutsideBody:
    """A body flown by a firmware; see the module. After `exchange`, `answer` is the text for the packet in `request`,
    and `values` has its numbers (`sitl.kernel.packets`). `airspeed`: it has a pitot tube. `payload`: channels, from 1,
    and SERVOn_FUNCTION of outputs for the payload. `pulse` converts a width in the packet to a pulse width of such a
    function, us."""

    def __init__(
        self,
        kind: str,
        machine: SimulatedMachine,
        outputs: Sequence[Output],
        *,
        airspeed: bool,
        payload: Mapping[int, int] | None = None,
        pulse: Callable[[int, int], float] = lambda function, width: float(width),
    ) -> None:
        self.machine = machine
        self.request = np.zeros(PACKET_BYTES, np.uint8)
        self.values = np.zeros(K.VALUES)
        self._clock = np.zeros(K.CLOCK, np.int64)
        self._clock[K.C_COUNT] = -1
        self._wire = np.zeros(K.WIRE, np.int64)
        self._wire[K.W_SOCKET] = -1
        self._outputs = np.array([astuple(output) for output in outputs], float)
        self.answer, self._fields = _template((*_ANSWER, _RANGE, *((_AIRSPEED,) if airspeed else ())))
        self._entry = OUTSIDE[kind]
        self._call: Callable[..., int] | None = None
        p = machine.rows().settings[0]
        p[M.P_STEPS] = 1.0
        self._step_ms = 1000.0 * float(p[M.P_DT])
        self.payload, self._widths, self._line_due_ms = payload or {}, dict[int, int](), 0.0
        self._pulse = pulse

    def load(self) -> None:
        rows, packet = self.machine.rows(), (self.request, self._clock, self.values, self._fields, self.answer)
        body = rows.state, rows.settings, rows.noise, quantiles(), self.machine.ground
        self._call = self._entry.bind(*body, self._outputs, *packet, self._wire)

    def listen(self, handle: int) -> None:
        """Exchange packets on the UDP socket with this handle from now on."""
        wire = self._wire
        wire[K.W_SOCKET], (wire[K.W_RECEIVE], wire[K.W_SEND]) = handle, _socket_functions()
        for place, array in ((K.W_REQUEST, self.request), (K.W_ANSWER, self.answer), (K.W_HERE, wire)):
            wire[place] = array.ctypes.data

    @property
    def time_ms(self) -> float:
        """Vehicle time, ms."""
        return float(self._clock[K.C_STEPS]) * self._step_ms

    @property
    def count(self) -> int:
        """Count of the last packet; -1 before the first."""
        return int(self._clock[K.C_COUNT])

    @property
    def answers(self) -> int:
        """Number of answers sent on the socket."""
        return int(self._wire[K.W_SENT])

    def exchange(self) -> bool:
        """Run the packet in `request`. False if it is not a packet, or the last one once more. SitlError if the
        simulation has diverged."""
        result = self._run()
        if self.payload and result > 0:
            self._drive_payload()
        return result > 0

    def exchange_until(self, until_ms: float) -> int:
        """Exchange packets on the socket until one waits at `until_ms`, at most one with a payload. Returns a result of
        `sitl.kernel.packets`. SitlError if the simulation has diverged."""
        until = ceil(until_ms / self._step_ms)
        self._wire[K.W_UNTIL] = min(until, int(self._clock[K.C_STEPS]) + 1) if self.payload else until
        result = self._run()
        if self.payload and result == K.REACHED:
            self._drive_payload()
        return result

    def repeat(self) -> None:
        """Send the last answer once more, with the next exchange."""
        self._wire[K.W_REPLY] = 1

    def _run(self) -> int:
        if self._call is None:
            self.load()
            assert self._call is not None
        result = self._call()
        if result == K.DIVERGED:
            raise SitlError(f"the body of {self.machine.switched_on_at} turns or moves beyond all bounds", ended=True)
        return result

    def _drive_payload(self) -> None:
        """Apply changed pulses, and repeat a winch's pulse every `_LINE_MS`, because its line moves in between. A servo
        without a pulse stays; a winch without a pulse spins freely."""
        due = self.time_ms >= self._line_due_ms
        for channel, function in self.payload.items():
            (width,) = unpack_from("<H", self.request.data, K.HEADER + 2 * (channel - 1))
            if (width != self._widths.get(channel) and width) or (due and function == WINCH):
                self._widths[channel] = width
                self.machine.set_output(channel, self._pulse(function, width))
        if due:
            self._line_due_ms = self.time_ms + _LINE_MS

    def fall(self, until_ms: float) -> None:
        """Run to `until_ms` with every output off, as after the end of a firmware. A body that no firmware has flown
        stays in place."""
        self.request[K.HEADER :] = 0
        self._wire[K.W_SOCKET] = -1
        while self.count >= 0 and self.time_ms < until_ms:
            count = (self.count + 1) & 0xFFFFFFFF
            pack_into("<HHI", self.request.data, 0, K.MAGIC_32, int(self._clock[K.C_RATE]), count)
            self.exchange()

    def begins(self) -> bool:
        """Answer the sender of the last packet from now on, whose packets count from the start. True if another has
        flown the body before."""
        wire = self._wire
        again = bool(wire[K.W_FIRMWARE])
        wire[K.W_FIRMWARE : K.WIRE] = wire[K.W_SENDER : K.W_SENDER_SIZE]
        self._clock[K.C_COUNT] = -1
        return again


def _template(parts: Sequence[tuple[str, int, int, int, int]]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Template of the answer with blanks for its numbers, and the field of each number."""
    text, fields = "\n", list[list[int]]()
    for key, first, count, width, decimals in parts:
        text += key + ("[" if count > 1 else "")
        for k in range(count):
            text += ("," if k else "") + " " * width
            fields.append([first + k, len(text), width, decimals])
        text += "]" if count > 1 else ""
    return np.frombuffer((text + "}\n").encode(), np.uint8).copy(), np.array(fields)


def _socket_functions() -> tuple[int, int]:
    """Addresses of C's recvfrom and sendto."""
    library = ctypes.CDLL("ws2_32" if sys.platform == "win32" else None)
    receive, send = (ctypes.cast(function, ctypes.c_void_p).value for function in (library.recvfrom, library.sendto))
    assert receive is not None
    assert send is not None
    return receive, send
