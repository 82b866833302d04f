"""A gimbal on servo outputs (MNT1_TYPE 1), as in ArduPilot's AP_Mount_Servo. Nothing measures its direction, so it
follows from the outputs.

Each axis with an output (SERVOn_FUNCTION 8 roll, 7 tilt, 6 pan) and limits is driven: MNT1_*_MIN to MNT1_*_MAX
correspond to SERVOn_MIN to SERVOn_MAX, reversed with SERVOn_REVERSED. The vehicle's lean is subtracted from roll and
tilt, turned to the gimbal's direction, and what it turns within MNT1_LEAD_RLL and MNT1_LEAD_PTCH. Neutral and
retracted are angles of the servos themselves. An output with function 9 has its lowest pulse while the mount is
retracted, else its highest. Sources: ArduPilot AP_Mount_Servo.cpp, AP_Mount_Backend.cpp, SRV_Channel_aux.cpp (4.6).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import radians
from types import MappingProxyType
from typing import Final

from autopilot.context.vehicle_context import VehicleFacts
from autopilot.interface import report
from autopilot.interface.layout import TICK_MS
from autopilot.interface.mathematics import cos, sin, tan
from autopilot.mount.gimbal import Demand, GimbalLimits, Pointing, Posture, vehicle_attitude
from autopilot.mount.rotation import Angles, attitude, times, wrap

WRITE_MS: Final = 3 * TICK_MS
"""Time between two corrections for the vehicle's attitude, ms."""
_AXES: Final = ("ROLL", "PITCH", "YAW")
_FUNCTIONS: Final = (8, 7, 6)  # SERVOn_FUNCTION of the axes
_OPEN: Final = 9
_CHANNELS: Final = range(1, 17)
_POSTURES: Final[Mapping[Posture, str]] = MappingProxyType({Posture.NEUTRAL: "NEUTRAL", Posture.RETRACTED: "RETRACT"})
_LEVEL: Final = (0.0, 0.0, 0.0)
_STANDS: Final = (0.0, 0.0)
_STILL_RAD: Final = 1e-3  # less than a pulse of 1 us
_STEEP: Final = radians(60.0)  # no lead in roll from here


class ServoGimbal:
    """A servo gimbal; see the module; an `autopilot.mount.gimbal.Gimbal`. `move(channel, pulse)` sets a servo
    output."""

    def __init__(self, facts: VehicleFacts, move: Callable[[int, float], object]) -> None:
        self._facts = facts
        self._move = move
        self._demand = Demand(posture=Posture.NEUTRAL)
        self._begin: Angles = _LEVEL  # angles at which the rate began
        self._begin_ms = 0
        self._due_ms: int | None = 0
        self._channels: dict[int, list[int]] = {}  # by SERVOn_FUNCTION, until a parameter changes
        self._written_at: Angles | None = None  # attitude of the vehicle at the last output

    # --- what it can ----------------------------------------------------------------------------------------------
    def ranges(self) -> GimbalLimits:
        """MNT1_*_MIN and _MAX."""
        return GimbalLimits(*(self._range(axis) for axis in _AXES))

    def limits(self) -> GimbalLimits:
        """Limits of the driven axes; others stay at 0."""
        return GimbalLimits(
            *(
                self._range(axis) if self._outputs(function) else _STANDS
                for axis, function in zip(_AXES, _FUNCTIONS, strict=True)
            )
        )

    def within(self, angles: Angles, *, locked: bool) -> Angles:
        """Nearest allowed angles; yaw against north has no limits."""
        roll, pitch, yaw = _all_within(angles, self.ranges())
        return roll, pitch, angles[2] if locked else yaw

    def _range(self, axis: str) -> tuple[float, float]:
        low, high = self._facts.param(f"MNT1_{axis}_MIN"), self._facts.param(f"MNT1_{axis}_MAX")
        return (radians(low), radians(high)) if low < high else _STANDS

    def _outputs(self, function: int) -> list[int]:
        channels = self._channels.get(function)
        if channels is None:
            channels = [n for n in _CHANNELS if int(self._facts.param(f"SERVO{n}_FUNCTION")) == function]
            self._channels[function] = channels
        return channels

    # --- what it is asked -----------------------------------------------------------------------------------------
    def demand(self, demand: Demand) -> None:
        """Follow this demand from now on; a rate begins at the present angles."""
        self._begin = self._angles(demand.locked)
        self._begin_ms = self._facts.now_ms
        self._demand = demand
        self.write_now()

    def write_now(self) -> None:
        """Write the outputs in the next pass, because a demand or a parameter has changed."""
        self._due_ms, self._written_at = self._facts.now_ms, None
        self._channels.clear()

    @property
    def deadline_ms(self) -> int | None:
        """Time of the next correction; None: neither the gimbal nor the (disarmed) vehicle moves."""
        written = self._written_at
        if written is None or self._facts.armed or self._demand.rates is not None:
            return self._due_ms
        moved = (abs(a - b) >= _STILL_RAD for a, b in zip(written, self._attitude, strict=True))
        return self._due_ms if any(moved) else None

    @property
    def _attitude(self) -> Angles:
        r = self._facts.vehicle.state.report
        return float(r[report.ROLL]), float(r[report.PITCH]), float(r[report.YAW])

    def _angles(self, locked: bool) -> Angles:
        """Demanded angles now: roll and pitch against the horizon, yaw against north or the nose."""
        demand = self._demand
        if demand.posture in _POSTURES:
            roll, pitch, yaw = self._posture(demand.posture)
        elif demand.angles is not None:
            roll, pitch, yaw = demand.angles
        elif demand.rates is None:
            roll, pitch, yaw = self._begin
        else:
            since_s = 0.001 * (self._facts.now_ms - self._begin_ms)
            roll, pitch, yaw = (a + since_s * b for a, b in zip(self._begin, demand.rates, strict=True))
            roll, pitch, yaw = self.within((roll, pitch, yaw), locked=demand.locked)
        if demand.locked is not locked:
            yaw += self._heading if locked else -self._heading
        return roll, pitch, wrap(yaw) if demand.locked or locked else yaw

    def _posture(self, posture: Posture) -> Angles:
        roll, pitch, yaw = (radians(self._facts.param(f"MNT1_{_POSTURES[posture]}_{axis}")) for axis in "XYZ")
        return roll, pitch, yaw

    @property
    def _heading(self) -> float:
        return float(self._facts.vehicle.state.report[report.YAW])

    # --- its outputs ----------------------------------------------------------------------------------------------
    def update(self, now_ms: int) -> None:
        due_ms = self.deadline_ms
        if due_ms is None or now_ms < due_ms:
            return
        posture = self._demand.posture
        self._due_ms = None if posture in _POSTURES else now_ms + WRITE_MS
        self._written_at = self._attitude
        for angle, axis, function in zip(self._servo_angles(), _AXES, _FUNCTIONS, strict=True):
            low, high = self._range(axis)
            if low < high:
                self._drive(function, (angle - low) / (high - low))
        self._drive(_OPEN, float(posture is not Posture.RETRACTED))

    def _servo_angles(self) -> Angles:
        posture = self._demand.posture
        return self._posture(posture) if posture in _POSTURES else self._held_level()

    def _held_level(self) -> Angles:
        """Angles of the servos, corrected for the vehicle's lean."""
        roll, pitch, yaw = self._angles(locked=False)
        yaw = _clamp(yaw, self._range("YAW"))
        r = self._facts.vehicle.state.report
        leans = float(r[report.ROLL]), float(r[report.PITCH])
        if self.limits().pans:
            leans = leans[0] * cos(yaw) + leans[1] * sin(yaw), leans[1] * cos(yaw) - leans[0] * sin(yaw)
        turns = self._turns()
        return roll - leans[0] - turns[0], pitch - leans[1] - turns[1], yaw

    def _turns(self) -> tuple[float, float]:
        """Roll and pitch that the vehicle turns within the leads (AP_Mount_Servo.cpp, update_angle_outputs)."""
        r, (roll, pitch, _) = self._facts.vehicle.state.report, self._attitude
        p, q, turn = float(r[report.P]), float(r[report.Q]), float(r[report.R])
        rolls = p + tan(pitch) * (q * sin(roll) + turn * cos(roll)) if abs(pitch) < _STEEP else 0.0
        pitches = cos(pitch) * q - sin(roll) * turn
        return rolls * self._facts.param("MNT1_LEAD_RLL"), pitches * self._facts.param("MNT1_LEAD_PTCH")

    def _drive(self, function: int, share: float) -> None:
        share = min(max(share, 0.0), 1.0)
        for n in self._outputs(function):
            part = 1.0 - share if self._facts.param(f"SERVO{n}_REVERSED") else share
            low, high = self._facts.param(f"SERVO{n}_MIN"), self._facts.param(f"SERVO{n}_MAX")
            self._move(n, float(round(low + part * (high - low))))

    # --- where it points ------------------------------------------------------------------------------------------
    def pointing(self) -> Pointing:
        """Direction from the servos and the vehicle's attitude; without rates and errors, which nothing measures."""
        vehicle, demand, joints = self._facts.vehicle, self._demand, _all_within(self._servo_angles(), self.limits())
        return Pointing(
            times(vehicle_attitude(vehicle), attitude(*joints)),
            joints,
            _LEVEL,
            self._heading,
            float(vehicle.state.report[report.R]),
            demand.locked,
            demand.posture,
            0,
        )


def _all_within(angles: Angles, limits: GimbalLimits) -> Angles:
    roll, pitch, yaw = angles
    return _clamp(roll, limits.roll), _clamp(pitch, limits.pitch), _clamp(yaw, limits.yaw)


def _clamp(angle: float, within: tuple[float, float]) -> float:
    return min(max(angle, within[0]), within[1])
