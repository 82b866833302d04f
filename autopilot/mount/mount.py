"""Aim of the gimbal, as in ArduPilot's AP_Mount: an angle or a rate that was sent, the sticks of a pilot, a place,
home, the next waypoint, another vehicle, neutral, or retracted.

A fixed aim needs no updates: angles and rates are given to the gimbal once. Aims that move relative to the vehicle are
updated every `AIM_MS`, for the position half way to the next update. A rate that is not repeated ends after
`RATE_LASTS_MS`. A pilot's yaw is against the nose, or by a switch (RCn_OPTION 163) against north. If no channel
controls the gimbal (RCn_OPTION), RC targeting turns servos to the middle of their limits, as in ArduPilot, and does not
move another gimbal. Source: ArduPilot AP_Mount_Backend.cpp.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite, radians
from typing import Final

from autopilot.context.turns import earliest
from autopilot.context.vehicle_context import Announcer, PilotLink, VehicleFacts
from autopilot.interface import report
from autopilot.interface.geo import GeoPoint, Ned, to_local
from autopilot.interface.layout import TICK_MS
from autopilot.interface.mathematics import atan2, cos, hypot, sin
from autopilot.interface.records import dataclass
from autopilot.mav import Component, MountMode, Severity
from autopilot.mount.control import Control, Holder
from autopilot.mount.gimbal import Demand, Gimbal, HasGimbal, Posture
from autopilot.mount.rotation import Angles
from autopilot.mount.servos import ServoGimbal

SERVO_GIMBAL: Final = 1
"""MNT1_TYPE: a gimbal on servo outputs."""
MAVLINK_GIMBAL: Final = 6
"""MNT1_TYPE: a gimbal that is a separate MAVLink component."""
_FIRST_MOUNT: Final = 1  # gimbal_device_id of a gimbal that is not a component
STICKS: Final = {212: 0, 213: 1, 214: 2}
"""RCn_OPTION of the channels that turn the gimbal: roll, pitch, yaw."""
_STICK_MOVED_US: Final = 10.0
_CENTRE_US: Final = 1500.0
AIM_MS: Final = 3 * TICK_MS
RATE_LASTS_MS: Final = 3000
HEARD_LASTS_MS: Final = 3000
"""Age at which another vehicle's position is too old, ms."""
_WARN_AGAIN_MS: Final = 30_000
_OF_STICKS: Final = (MountMode.RC_TARGETING, MountMode.RETRACT)
"""Modes that note the positions of the sticks. Stick movements from there take the gimbal in other modes."""
_OF_PARAMETERS: Final = (MountMode.RETRACT, MountMode.NEUTRAL, MountMode.RC_TARGETING)
"""Modes whose angles or rates follow from parameters."""
_LOCK_FROM_BEFORE, _NEUTRAL_WHEN_LOST = 1, 2  # MNT1_OPTIONS
_HALF_TURN: Final = radians(180.0)


@dataclass(frozen=True, slots=True)
class _OtherVehicle:
    """Position of another vehicle at a vehicle time, and its velocity, m/s."""

    place: GeoPoint
    velocity: Ned
    now_ms: int


@dataclass(frozen=True, slots=True)
class StickInput:
    """A pilot's channel of one axis: its pulse, its dead zone, and its position as a share, -1 .. 1."""

    pulse_us: float
    dead_us: float
    share: float


@dataclass(frozen=True, slots=True)
class MountState:
    """State of a gimbal and its holders. `demand`: the last one."""

    mode: MountMode
    place: GeoPoint | None
    offsets: Angles
    system: int
    demand: Demand | None
    holders: tuple[Holder, Holder]


class Mount:
    """Aim of the gimbal; see the module. Without a gimbal, or with MNT1_TYPE 0 at the start, `gimbal` is None and it
    has no turn. `servos`: the gimbal, if it is driven by servo outputs, which `move(channel, pulse)` sets."""

    def __init__(
        self,
        facts: VehicleFacts,
        announcer: Announcer,
        move: Callable[[int, float], object],
        pilot: PilotLink,
        turn: Callable[[float], object],
    ) -> None:
        self._turn = turn
        self._facts = facts
        self._pilot = pilot
        self._announcer = announcer
        self.gimbal: Gimbal | None = None
        self.servos: ServoGimbal | None = None
        vehicle = facts.vehicle
        if isinstance(vehicle, HasGimbal):  # a flight controller has its own gimbal
            kind = int(facts.param("MNT1_TYPE"))
            self.servos = ServoGimbal(facts, move) if kind == SERVO_GIMBAL else None
            self.gimbal = vehicle.gimbal if kind == MAVLINK_GIMBAL else self.servos
        self.control = Control(facts, lambda: (self.system, Component.AUTOPILOT1))
        self.mode = MountMode.NEUTRAL
        self.deadline_ms: int | None = None
        self._pulses_us = [_CENTRE_US] * 3  # a stick must move from these to take the gimbal
        self._shares: Angles | None = None
        self._pilot_locked = False
        self._place: GeoPoint | None = None
        self._offsets: Angles = (0.0, 0.0, 0.0)
        self._system = int(facts.param("MNT1_SYSID_DFLT"))
        self._other_vehicle: _OtherVehicle | None = None
        self._warned_ms: int | None = None
        self._began = False
        self._demand: Demand | None = None

    @property
    def pans(self) -> bool:
        """True if the gimbal turns sideways, so that the nose need not turn."""
        return self.gimbal is not None and self.gimbal.limits().pans

    @property
    def device(self) -> int:
        """gimbal_device_id, 0: none."""
        return 0 if self.gimbal is None else int(Component.GIMBAL) if self.servos is None else _FIRST_MOUNT

    def is_addressed(self, device: float) -> bool:
        """True if this gimbal_device_id means the gimbal; 0: all, 1: ArduPilot's first one."""
        return device in (0, _FIRST_MOUNT, self.device)

    @property
    def system(self) -> int:
        """System id of the vehicle, which controls its own gimbal."""
        return int(self._facts.param("SYSID_THISMAV", 1.0))

    @property
    def home(self) -> GeoPoint | None:
        """Reference of heights above home."""
        return self._facts.home

    def state(self) -> MountState:
        holders = self.control.primary, self.control.secondary
        return MountState(self.mode, self._place, self._offsets, self._system, self._demand, holders)

    def restore(self, state: MountState) -> None:
        """Restore an earlier state; a rate is not repeated."""
        if self.gimbal is None or state == self.state():
            return
        self._place, self._offsets, self._system = state.place, state.offsets, state.system
        self.control.primary, self.control.secondary = state.holders
        self.set_mode(state.mode)
        if state.mode is MountMode.MAVLINK_TARGETING and state.demand is not None and state.demand.rates is None:
            self._give(state.demand)

    # --- what it is asked -----------------------------------------------------------------------------------------
    def set_mode(self, mode: MountMode) -> None:
        self.mode = mode
        self.deadline_ms = None
        if mode is MountMode.RETRACT:
            self._give(Demand(posture=Posture.RETRACTED))
        elif mode is MountMode.NEUTRAL:
            self._give(Demand(posture=Posture.NEUTRAL))
        elif mode is not MountMode.MAVLINK_TARGETING:
            self.deadline_ms, self._demand = self._facts.now_ms, None

    def set_angles(self, angles: Angles, *, locked: bool) -> None:
        """Point at these angles: roll and pitch against the horizon, yaw against north if `locked`, else against the
        nose; rad."""
        self.set_mode(MountMode.MAVLINK_TARGETING)
        self._pass_on_lock(locked)
        if self.servos is not None:
            angles = self.servos.within(angles, locked=locked)
        self._give(Demand(angles=angles, locked=locked))

    def turn_nose(self, angle: float) -> None:
        """Turn the vehicle's nose by `angle` rad, if the gimbal cannot."""
        if self._facts.vehicle_class.turns_nose and not self.pans:
            self._turn(angle)

    def set_rates(self, rates: Angles, *, locked: bool) -> None:
        """Turn at these rates, rad/s, for `RATE_LASTS_MS`."""
        self.set_mode(MountMode.MAVLINK_TARGETING)
        self._pass_on_lock(locked)
        self._give(Demand(rates=rates, locked=locked))
        if any(rates):
            self.deadline_ms = self._facts.now_ms + RATE_LASTS_MS

    def set_lock(self, locked: bool) -> None:
        """Hold the present direction against north or against the nose. A target of the pilot stays the pilot's."""
        self.lock_pilot(locked)
        if self.mode is MountMode.RC_TARGETING:
            return
        if self.gimbal is not None and self.gimbal.pointing().locked is not locked:
            self.set_rates((0.0, 0.0, 0.0), locked=locked)

    def lock_pilot(self, locked: bool) -> None:
        """Choose whether RC targeting turns yaw against north, or against the nose."""
        if self._pilot_locked is not locked:
            self._pilot_locked = locked
            if self.mode is MountMode.RC_TARGETING:
                self.deadline_ms = self._facts.now_ms

    def _pass_on_lock(self, locked: bool) -> None:
        """Let the pilot who takes the gimbal from this target inherit its lock (MNT1_OPTIONS bit 0)."""
        if self._facts.option("MNT1_OPTIONS", _LOCK_FROM_BEFORE):
            self._pilot_locked = locked

    def look_at(self, place: GeoPoint) -> None:
        """Look at a place, AMSL."""
        self._place = place
        self._pass_on_lock(True)
        self.set_mode(MountMode.GPS_POINT)

    def look_at_waypoint(self, offsets: Angles) -> None:
        """Look at the end of the present target, with these offsets (rad)."""
        self._offsets = offsets
        self.set_mode(MountMode.WPNEXT_OFFSET)

    def look_at_system(self, system: int) -> None:
        """Look at another vehicle, by its reported position."""
        if system != self._system:
            self._other_vehicle = None
        self._system = system
        self._pass_on_lock(True)
        self.set_mode(MountMode.SYSID_TARGET)

    def look_away(self) -> None:
        """End looking at a place: MNT1_DEFLT_MODE."""
        self._place = None
        self.set_mode(self._default_mode())

    def hear(self, system: int, place: GeoPoint, velocity: Ned) -> None:
        """Note the position and velocity, m/s, of another vehicle."""
        if system == self._system:
            self._other_vehicle = _OtherVehicle(place, velocity, self._facts.now_ms)

    def take_sticks(self, sticks: Sequence[StickInput | None], *, first: bool = False) -> None:
        """Take a pilot's channels of roll, pitch and yaw (None: no pulse). Moved sticks take the gimbal, unless it is
        retracted; a transmitter's `first` pulses are not a movement."""
        pairs = list(zip(sticks, self._pulses_us, strict=True))
        moved = any(s is not None and abs(s.pulse_us - at) > max(s.dead_us, _STICK_MOVED_US) for s, at in pairs)
        if moved and not first and self.mode not in _OF_STICKS:
            self.set_mode(MountMode.RC_TARGETING)
        if first or self.mode in _OF_STICKS:
            self._pulses_us = [at if s is None else s.pulse_us for s, at in pairs]
        if self._shares is None and not any(sticks):
            return
        roll, pitch, yaw = (0.0 if s is None else s.share for s in sticks)
        if self._shares != (roll, pitch, yaw):
            self._shares = roll, pitch, yaw
            if self.mode is MountMode.RC_TARGETING:
                self.deadline_ms = self._facts.now_ms

    def _default_mode(self) -> MountMode:
        number = int(self._facts.param("MNT1_DEFLT_MODE", 3.0))
        return MountMode(number) if number in set(MountMode) else MountMode.NEUTRAL

    def _give(self, demand: Demand) -> None:
        self._demand = demand
        if self.gimbal is not None:
            self.gimbal.demand(demand)

    # --- its turn -------------------------------------------------------------------------------------------------
    def next_deadline_ms(self) -> int | None:
        servos_ms = None if self.servos is None else self.servos.deadline_ms
        return earliest((self.deadline_ms, servos_ms)) if self._began else 0

    def parameter_changed(self, name: str) -> None:
        """Apply a changed limit, posture angle or pilot rate at once."""
        if self.servos is not None and name.startswith(("MNT1_", "SERVO")):
            self.servos.write_now()
        if name.startswith("MNT1_") and self.mode in _OF_PARAMETERS:
            self.set_mode(self.mode)

    def update(self, now_ms: int) -> None:
        """Update the aim, end an expired rate, and move the servos."""
        if not self._began:
            self._began = True
            self.set_mode(self._default_mode())
        self._update(now_ms)
        if self.servos is not None:
            self.servos.update(now_ms)

    def _update(self, now_ms: int) -> None:
        if self.deadline_ms is None or now_ms < self.deadline_ms:
            return
        if self.mode is MountMode.MAVLINK_TARGETING:
            self.deadline_ms = None
            if self.gimbal is not None:
                self._give(Demand(rates=(0.0, 0.0, 0.0), locked=self.gimbal.pointing().locked))
            return
        if self.mode is MountMode.RC_TARGETING:
            self.deadline_ms = now_ms + AIM_MS if self._facts.option("MNT1_OPTIONS", _NEUTRAL_WHEN_LOST) else None
            self._follow_pilot()
        else:
            self.deadline_ms = now_ms + AIM_MS
            self._aim(now_ms)

    def _follow_pilot(self) -> None:
        """Follow the pilot. With MNT1_RC_RATE 0 the sticks are angles between the limits (yaw locked to north has no
        limits); otherwise rates. Lost sticks count as neutral (MNT1_OPTIONS bit 1)."""
        if self.gimbal is None:
            return
        locked = self._pilot_locked
        if self._facts.option("MNT1_OPTIONS", _NEUTRAL_WHEN_LOST) and self._pilot.lost:
            x, y, z = (radians(self._facts.param(f"MNT1_NEUTRAL_{axis}")) for axis in "XYZ")
            self._follow(Demand(angles=(x, y, z)))
            return
        if self._shares is None and self.servos is None:
            return
        sticks = self._shares or (0.0, 0.0, 0.0)
        limits, fastest = self.gimbal.limits(), radians(self._facts.param("MNT1_RC_RATE"))
        if fastest > 0.0:
            rates = (sticks[0] * fastest, sticks[1] * fastest, sticks[2] * fastest)
            self._follow(Demand(rates=rates, locked=locked))
            return
        roll, pitch, yaw = (
            low + 0.5 * (stick + 1.0) * (high - low)
            for stick, (low, high) in zip(sticks, (limits.roll, limits.pitch, limits.yaw), strict=True)
        )
        self._follow(Demand(angles=(roll, pitch, sticks[2] * _HALF_TURN if locked else yaw), locked=locked))

    def _follow(self, demand: Demand) -> None:
        """Set a demand only if it is new, because a repeated rate would begin again."""
        if demand != self._demand:
            self._give(demand)

    def _aim(self, now_ms: int) -> None:
        if not self._facts.has_position:
            if self._warned_ms is None or now_ms - self._warned_ms >= _WARN_AGAIN_MS:
                self._warned_ms = now_ms
                self._announcer.say(Severity.WARNING, "Mount: not targeting, no location")
            return
        way = self._way(now_ms)
        if way is not None:
            north, east, down = way
            roll, pitch, yaw = self._offsets if self.mode is MountMode.WPNEXT_OFFSET else (0.0, 0.0, 0.0)
            angles = (roll, pitch + atan2(-down, hypot(north, east)), yaw + atan2(east, north))
            self._give(Demand(angles=angles, locked=True))

    def _way(self, now_ms: int) -> Ned | None:
        """Vector from the vehicle to the aim, m, half way to the next update; None: unknown."""
        state, ahead_s = self._facts.vehicle.state, 0.0005 * AIM_MS
        moved = state.velocity
        if self.mode is MountMode.WPNEXT_OFFSET:
            north, east, down = self._to_waypoint()
        else:
            place = self._target(now_ms)
            if place is None:
                return None
            north, east, down = to_local(state.place, place.lat, place.lon, place.alt)
            if self.mode is MountMode.SYSID_TARGET and self._other_vehicle is not None:
                since_s = 0.001 * (now_ms - self._other_vehicle.now_ms)
                v = self._other_vehicle.velocity
                north, east, down = north + v[0] * since_s, east + v[1] * since_s, down + v[2] * since_s
                moved = (moved[0] - v[0], moved[1] - v[1], moved[2] - v[2])
        return north - moved[0] * ahead_s, east - moved[1] * ahead_s, down - moved[2] * ahead_s

    def _target(self, now_ms: int) -> GeoPoint | None:
        match self.mode:
            case MountMode.GPS_POINT:
                return self._place
            case MountMode.HOME_LOCATION:
                return self._facts.home
        other_vehicle = self._other_vehicle
        return None if other_vehicle is None or now_ms - other_vehicle.now_ms > HEARD_LASTS_MS else other_vehicle.place

    def _to_waypoint(self) -> Ned:
        r = self._facts.vehicle.state.report
        distance_m, bearing, above = (float(r[i]) for i in (report.WP_DISTANCE, report.WP_BEARING, report.ALT_ERROR))
        return distance_m * cos(bearing), distance_m * sin(bearing), -above if isfinite(above) else 0.0
