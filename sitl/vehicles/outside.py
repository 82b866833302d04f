"""A simulated machine that somebody else flies: pulse widths in, what its sensors show out (`sitl.kernel.outside`).

Body, weather, battery, terrain, payload and faults are the machine's own; its laws and its estimator do not run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from struct import pack_into, unpack_from
from typing import Final

import numpy as np
import numpy.typing as npt

from autopilot.interface.records import dataclass
from sitl.child import SitlError
from sitl.kernel import layout as M
from sitl.kernel import outside as O
from sitl.kernel.compiling import OUTSIDE
from sitl.kernel.quantiles import quantiles
from sitl.vehicles.payload import WINCH
from sitl.vehicles.simulated import SimulatedMachine

PACKET_BYTES: Final = O.HEADER + 2 * 32
_LINE_MS: Final = 100.0
"""Time between looks at a line that runs, as our own winch has it."""


@dataclass(frozen=True, slots=True)
class Output:
    """Actuator as a firmware drives it: `channel` from 0; pulse widths, us; of a motor also the shares of them at
    which thrust begins and is full, how much of it is quadratic in between, and its `place`: m ahead, m to the right,
    and its torque for each N, m, above 0 where it turns left; of a wheel its angle at full, rad."""

    channel: int
    low: float = 1000.0
    middle: float = 1500.0
    high: float = 2000.0
    begin: float = 0.0
    full: float = 1.0
    expo: float = 0.0
    place: tuple[float, float, float] = (0.0, 0.0, 0.0)


#: What an answer tells: key, first value, how many, width and decimals of a number. ArduPilot looks for the first place
#: where a key stands: `velocity` has to come before any longer word that begins so.
_ANSWER: Final = (
    ('{"timestamp":', O.V_TIME, 1, 14, 6),
    (',"imu":{"gyro":', O.V_GYRO, 3, 11, 6),
    (',"accel_body":', O.V_ACC, 3, 11, 5),
    ('},"position":', O.V_PLACE, 3, 12, 4),
    (',"quaternion":', O.V_ATTITUDE, 4, 10, 7),
    (',"velocity":', O.V_VELOCITY, 3, 10, 4),
    (',"battery":{"voltage":', O.V_VOLTS, 1, 8, 4),
    (',"current":', O.V_AMPS, 1, 8, 3),
)
_RANGE: Final = ('},"rng_1":', O.V_RANGE, 1, 9, 3)
_AIRSPEED: Final = (',"airspeed":', O.V_AIRSPEED, 1, 8, 3)


def _as_it_is(_function: int, width: int) -> float:
    return float(width)


class OutsideBody:
    """See the module. `answer` is the text for the packet in `request`, after `exchange`; `values` what it tells
    (`sitl.kernel.outside`). `airspeed`: it has a pitot tube; `payload`: channels, from 1, and SERVOn_FUNCTION of the
    outputs that drive what it carries; `pulse`: pulse width, us, of such a function's width in the packet."""

    def __init__(
        self,
        kind: str,
        machine: SimulatedMachine,
        outputs: Sequence[Output],
        *,
        airspeed: bool,
        payload: Mapping[int, int] | None = None,
        pulse: Callable[[int, int], float] = _as_it_is,
    ) -> None:
        self.machine = machine
        self.request = np.zeros(PACKET_BYTES, np.uint8)
        self.values = np.zeros(O.VALUES)
        self._clock = np.zeros(O.CLOCK, np.int64)
        self._clock[O.C_COUNT] = -1
        self._outputs = np.array([_row(output) for output in outputs])
        self.answer, self._fields = _template((*_ANSWER, _RANGE, *((_AIRSPEED,) if airspeed else ())))
        self._entry = OUTSIDE[kind]
        self._call: Callable[..., int] | None = None
        _, settings, *_ = machine.rows()
        settings[0, M.P_STEPS] = 1.0
        self._step_ms = 1000.0 * float(settings[0, M.P_DT])
        self.payload, self._widths, self._line_due_ms = payload or {}, dict[int, int](), 0.0
        self._pulse = pulse

    def load(self) -> None:
        """Bring in the kernel now."""
        state, settings, _, noise, _ = self.machine.rows()
        self._call = self._entry.bind(
            state,
            settings,
            noise,
            quantiles(),
            self.machine.ground,
            self._outputs,
            self.request,
            self._clock,
            self.values,
            self._fields,
            self.answer,
        )

    @property
    def time_ms(self) -> float:
        """Vehicle time, ms."""
        return float(self._clock[O.C_STEPS]) * self._step_ms

    @property
    def count(self) -> int:
        """Count of the last packet; -1: none has come."""
        return int(self._clock[O.C_COUNT])

    def exchange(self) -> bool:
        """Fly what `request` asks for; False when it is no packet, or the last one once more. SitlError when the body
        has left all bounds, and nothing that it tells means anything."""
        if self._call is None:
            self.load()
            assert self._call is not None
        result = self._call()
        if result == O.DIVERGED:
            raise SitlError(f"the body of {self.machine.switched_on_at} turns or moves beyond all bounds", ended=True)
        if self.payload and result > 0:
            self._drive_payload()
        return result > 0

    def _drive_payload(self) -> None:
        """Hand on pulses that have changed, and that of a winch from time to time: its line goes out meanwhile. A
        servo without a pulse stays where it is; a winch spins freely then."""
        due = self.time_ms >= self._line_due_ms
        for channel, function in self.payload.items():
            (width,) = unpack_from("<H", self.request.data, O.HEADER + 2 * (channel - 1))
            if (width != self._widths.get(channel) and width) or (due and function == WINCH):
                self._widths[channel] = width
                self.machine.set_output(channel, self._pulse(function, width))
        if due:
            self._line_due_ms = self.time_ms + _LINE_MS

    def fall(self, until_ms: float) -> None:
        """Fly to `until_ms` with every output off, as after the last packet of a firmware that has ended. One that
        nobody has ever flown stays as it stands."""
        self.request[O.HEADER :] = 0
        while self.count >= 0 and self.time_ms < until_ms:
            count = (self.count + 1) & 0xFFFFFFFF
            pack_into("<HHI", self.request.data, 0, O.MAGIC_32, int(self._clock[O.C_RATE]), count)
            self.exchange()

    def restarted(self) -> None:
        """Expect a firmware that counts its packets anew."""
        self._clock[O.C_COUNT] = -1


def _row(output: Output) -> list[float]:
    widths = output.low, output.middle, output.high
    return [float(output.channel), *widths, output.begin, output.full, output.expo, *output.place]


def _template(parts: Sequence[tuple[str, int, int, int, int]]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """The answer with blanks for its numbers, and where each of them goes."""
    text, fields = "\n", list[list[int]]()
    for key, first, count, width, decimals in parts:
        text += key + ("[" if count > 1 else "")
        for k in range(count):
            text += ("," if k else "") + " " * width
            fields.append([first + k, len(text), width, decimals])
        text += "]" if count > 1 else ""
    return np.frombuffer((text + "}\n").encode(), np.uint8).copy(), np.array(fields)
