"""A point that moves as wings do: it has an airspeed, a bank that lags behind its demand, and a limited climb rate, and
the forecast wind carries it. The laws that fly the vehicle steer it (`autopilot.control.plane_guidance`)."""

from __future__ import annotations

from collections.abc import Callable
from math import radians, sqrt
from typing import Final

from autopilot.control.attitude import limit
from autopilot.control.heading import wrap
from autopilot.interface import layout as L
from autopilot.interface.mathematics import acos, atan2, cos, hypot, log, sin, tan
from autopilot.rehearsal.energy import LIFTED_POWER, PLANE_POWER, Shares, share_in_wind
from autopilot.rehearsal.field import FlyingField, Place
from autopilot.rehearsal.told_speeds import ToldSpeeds
from autopilot.rehearsal.wing_way import true_share

HEIGHT_S: Final = 4.0
"""Time in which the point takes a height."""
_STEP_S: Final = 0.1
_BANK_LAG_S, _CLIMB_LAG_S, _SPEED_S = 0.45, 1.5, 2.0
_STRAIGHT: Final = 0.02  # rad of bank
_STEADY_MPS, _STEADY_M = 0.3, 2.0
_SKIP_S, _SKIP_IN_CALM_S, _DRIFT_M = 20.0, 3600.0, 2.0  # limits of one step: times, in wind and in calm air; its drift
_MARGIN_S: Final = 3.0  # before a turn
# braking with the nose up, of flights from 15 to 26 m/s: its end, m/s forward and down; s, also for each factor e of
# speed; share of the kinetic energy that becomes height, and of the power of a hover
_STOPS_MPS, _FALLS_MPS, _BRAKES_S, _BRAKE_S, _ZOOMS, _BRAKE_SHARE = 3.0, 3.4, 2.3, 1.5, 0.4, 0.27
_ROTOR_DRAG: Final = 0.07  # of lift motors that carry, 1/s (`sitl.vehicles.quadplane`)
_HELP_S: Final = 2.0  # time in which lift motors that help the wings once take as much power as a hover
_FLOOR_FADES: Final = 0.2  # of the throttle of a takeoff, 1/s (AP_TECS)

# limits of what acts, because parameters may have any value: NAVL1_PERIOD, airspeeds
_LEAST_PERIOD_S, _FASTEST_MPS = 0.1, 300.0

_SETTINGS: Final[tuple[tuple[int, str, float, float], ...]] = (
    (L.P_L1_PERIOD, "NAVL1_PERIOD", 17.0, 1.0),
    (L.P_L1_DAMPING, "NAVL1_DAMPING", 0.75, 1.0),
    (L.P_CIRCLE_BANK, "NAVL1_LIM_BANK", 0.0, radians(1.0)),
    (L.P_BANK, "ROLL_LIMIT_DEG", 45.0, radians(1.0)),
    (L.P_V_MIN, "AIRSPEED_MIN", 9.0, 1.0),
    (L.P_V_MAX, "AIRSPEED_MAX", 22.0, 1.0),
    (L.P_V_CRUISE, "AIRSPEED_CRUISE", 12.0, 1.0),
    (L.P_V_STALL, "AIRSPEED_STALL", 0.0, 1.0),
    (L.P_STALL_GUARD, "STALL_PREVENTION", 1.0, 1.0),
    (L.P_CLIMB, "TECS_CLMB_MAX", 5.0, 1.0),
    (L.P_SINK_LEAST, "TECS_SINK_MIN", 2.0, 1.0),
    (L.P_SINK_MOST, "TECS_SINK_MAX", 5.0, 1.0),
    (L.P_SLOPE_LEAST, "ALT_SLOPE_MIN", 15.0, 1.0),
    (L.P_SLOPE_ABOVE, "ALT_SLOPE_MAXHGT", 5.0, 1.0),
    (L.P_APPROACH_SPEED, "TECS_LAND_ARSPD", -1.0, 1.0),
    (L.P_LAND_SINK, "TECS_LAND_SINK", 0.25, 1.0),
    (L.P_FLARE_HEIGHT, "LAND_FLARE_ALT", 3.0, 1.0),
    (L.P_FLARE_S, "LAND_FLARE_SEC", 2.0, 1.0),
    (L.P_FLARE_AIM, "LAND_FLARE_AIM", 50.0, 0.01),
    (L.P_PREFLARE_SPEED, "LAND_PF_ARSPD", 0.0, 1.0),
    (L.P_PREFLARE_HEIGHT, "LAND_PF_ALT", 10.0, 1.0),
    (L.P_PREFLARE_S, "LAND_PF_SEC", 6.0, 1.0),
    (L.P_WIND_SHARE, "LAND_WIND_COMP", 50.0, 0.01),
    (L.P_BACK_DECEL, "Q_TRANS_DECEL", 2.0, 1.0),
    (L.P_HOVER_SPEED, "Q_WP_SPD", 5.0, 1.0),
    (L.P_LAND_SPEED_HIGH, "Q_WP_SPD_DN", 1.5, 1.0),
    (L.P_LAND_SPEED, "Q_LAND_FINAL_SPD", 0.5, 1.0),
    (L.P_LAND_ALT_LOW, "Q_LAND_FINAL_ALT", 6.0, 1.0),
    (L.P_THR_SLEW, "THR_SLEWRATE", 100.0, 0.01),
)
"""Settings for the laws: parameter, default, unit."""


class WingPoint:
    """The point. `s`, `p`: state and settings, as the laws read them. `time_s`, `joules`, `way_m`: sums since the
    start. `floor`: remaining minimum throttle of a takeoff. `lifted`: lift motors carry, at full throttle, until the
    wings do. `approaches`: it comes to a hover, as slow as it should be."""

    def __init__(self, field: FlyingField) -> None:
        self._field = field
        self.body = LIFTED_POWER if field.kind.lands_anywhere else PLANE_POWER
        self.s: L.Row = [0.0] * L.STATE.size
        self.p: L.Row = [0.0] * L.SETTINGS.size
        for setting, name, default, unit in _SETTINGS:
            self.p[setting] = field.param(name, default) * unit
        self.p[L.P_L1_PERIOD] = max(self.p[L.P_L1_PERIOD], _LEAST_PERIOD_S)
        self.p[L.P_V_MAX] = min(max(self.p[L.P_V_MAX], 1.0), _FASTEST_MPS)
        self.p[L.P_V_MIN] = min(max(self.p[L.P_V_MIN], 1.0), self.p[L.P_V_MAX])
        self.p[L.P_LOITER_R] = field.measure(field.kind.measures.circle_radius)
        self.s[L.S_POS_OK] = 1.0
        self.time_s = self.joules = self.way_m = 0.0
        self.yaw, self.speed = radians(field.heading_deg), self.airspeed(field.cruise_mps)
        self.climb = self.floor = self._bank = 0.0
        self.lifted, self._fades_s = False, 0.0
        self._helps_mps = field.param("Q_ASSIST_SPEED") if field.kind.lands_anywhere else 0.0
        self.approaches = False
        self._carries_mps = self.airspeed(field.param("Q_ASSIST_SPEED") + 1.0)
        self._steps, self.told = 0, ToldSpeeds()
        self._skip_s = _SKIP_IN_CALM_S if field.wind is None else _SKIP_S
        self.s[L.S_EAS2TAS], self.s[L.S_AIRSPEED] = true_share(field, 0.0), self.speed
        self.face(*field.wind_at(0.0, 0.0))  # a plan without a takeoff begins in the air

    def set_speeds(self, speed: float, least: float) -> None:
        """Set the demanded airspeed and the least speed over ground, m/s."""
        self.p[L.P_SPEED_GROUND] = self.s[L.S_V_GIVEN] = speed
        self.p[L.P_MIN_GROUND_SPEED] = least

    @property
    def has_steps(self) -> bool:
        """True until the rest of the way counts as straight."""
        return self._steps <= self._field.steps

    @property
    def spent(self) -> tuple[float, float, float]:
        """Sums of the time, s, the energy, J, and the way, m."""
        return self.time_s, self.joules, self.way_m

    @property
    def changes(self) -> bool:
        """True during a change from a hover to the wings."""
        return self.lifted or self._fades_s > 0.0

    @property
    def keeps_height(self) -> bool:
        return abs(self.climb) < _STEADY_MPS

    def put(self, end: Place, way_m: float) -> None:
        """Set it to a place, after a way."""
        self.way_m += way_m
        self.s[L.S_EPN], self.s[L.S_EPE], self.s[L.S_EPD] = end[0], end[1], -end[2]

    def distance_to(self, end: Place) -> float:
        return hypot(end[0] - self.s[L.S_EPN], end[1] - self.s[L.S_EPE])

    def share(self, shares: Shares, up: float) -> float:
        """Power of the lift motors over that in calm air, at a height and with the present heading."""
        north, east = self._field.wind_at(self.time_s, up)
        speed = hypot(north, east)
        ahead = -(north * cos(self.yaw) + east * sin(self.yaw)) / max(speed, 0.1)
        return share_in_wind(shares, speed, acos(limit(ahead, 1.0)))

    def spend(self, seconds: float, watts: float) -> None:
        self._steps += 1
        self.time_s += seconds
        self.joules += watts * seconds

    def ahead(self, height: Callable[[], float], speed: float, remaining_m: float) -> None:
        """Fly a step, or the remaining straight way except its end. `height()`: demanded height at the present
        place."""
        demanded, s = height(), self.s
        still = abs(s[L.S_NAV_ROLL]) < _STRAIGHT and abs(self._bank) < _STRAIGHT and self.floor == 0.0
        if still and abs(self.speed - speed) < _STEADY_MPS and abs(demanded + s[L.S_EPD]) < _STEADY_M:
            ground = hypot(s[L.S_EVN], s[L.S_EVE])
            off = wrap(s[L.S_NAV_COURSE] - atan2(s[L.S_EVE], s[L.S_EVN]))
            drifts_s = _DRIFT_M / max(ground * abs(sin(off)), _DRIFT_M / self._skip_s)
            seconds = min(remaining_m / max(ground, 1.0) - _MARGIN_S, drifts_s, self.told.next_s - self.time_s)
            if seconds > 1.0:
                s[L.S_EPN] += seconds * s[L.S_EVN]
                s[L.S_EPE] += seconds * s[L.S_EVE]
                rise = height() - demanded
                s[L.S_EPD] -= rise
                self.climb = rise / seconds
                self.way_m += ground * seconds
                self.spend(seconds, self.body.watts(self._throttle(0.0)))
                return
        self.step(demanded, speed)

    def brake(self) -> None:
        """Slow down straight on, until lift motors carry; the nose comes up, and a part of the speed becomes height."""
        s, self.lifted, self._fades_s = self.s, False, 0.0
        ground = max(hypot(s[L.S_EVN], s[L.S_EVE]), _STOPS_MPS)
        seconds = _BRAKES_S + _BRAKE_S * log(ground / _STOPS_MPS)
        way_m = 0.5 * (ground + _STOPS_MPS) * seconds
        self.spend(seconds, self.body.watts(0.0) + _BRAKE_SHARE * self.body.hover_w)
        ahead_n, ahead_e = (way_m * velocity / ground for velocity in (s[L.S_EVN], s[L.S_EVE]))
        up = 0.5 * _ZOOMS * ground * ground / L.GRAVITY - s[L.S_EPD]
        self.put((s[L.S_EPN] + ahead_n, s[L.S_EPE] + ahead_e, up), way_m)
        s[L.S_EVN], s[L.S_EVE] = (velocity * _STOPS_MPS / ground for velocity in (s[L.S_EVN], s[L.S_EVE]))
        s[L.S_EVD], self.climb = _FALLS_MPS, 0.0

    def _throttle(self, gain: float) -> float:
        """Throttle for the present airspeed, bank and climb, and `gain` m/s2."""
        load = 1.0 / max(cos(self._bank), 0.2)
        speed = max(self.speed, 5.0)
        weight = self.body.mass_kg * (gain + L.GRAVITY * self.climb / speed)
        return min(max((self._drag(load) + weight) / self.body.pull_n, self.floor), 1.0)

    def _drag(self, load: float) -> float:
        """Drag, N; below AIRSPEED_MIN lift motors carry the rest of the weight."""
        share = min(self.speed / self.p[L.P_V_MIN], 1.0)
        return self.body.drag_n(max(self.speed, 1.0), load * share * share)

    def airspeed(self, speed: float) -> float:
        """An airspeed within its limits, m/s."""
        return min(max(speed, self.p[L.P_V_MIN]), self.p[L.P_V_MAX])

    def step(self, height: float, speed: float) -> None:
        """Fly a step towards a height and an equivalent airspeed, with the demanded bank."""
        p = self.p
        if (told := self.told.take(self.time_s)) is not None:
            self.set_speeds(*told)
        self._help(_STEP_S)
        rate = min(max((height + self.s[L.S_EPD]) / HEIGHT_S, -p[L.P_SINK_MOST]), p[L.P_CLIMB])
        true = self._turn(0.0 if self.lifted else rate)
        pace = L.GRAVITY / max(true, p[L.P_V_MIN])
        gain = (self.airspeed(speed) - self.speed) / _SPEED_S
        gain = min(max(gain, -0.9 * p[L.P_SINK_LEAST] * pace), 0.5 * p[L.P_CLIMB] * pace)
        self._push(self._throttle(gain), true)

    def begin_braking(self) -> None:
        """Begin to slow down: the pusher, which holds the present speed, stops."""
        self.lifted, self._fades_s, self._opened = False, 0.0, self._throttle(0.0)
        self.s[L.S_NAV_ROLL] = 0.0

    def brake_step(self, pitch: float) -> None:
        """Fly a step straight on without the pusher, with the nose up by `pitch` rad; lift motors carry what the wings
        do not, and slow it down."""
        slew = self.p[L.P_THR_SLEW]
        self._opened = max(self._opened - slew * _STEP_S, 0.0) if slew > 0.0 else 0.0
        carried = min(self.speed / self.p[L.P_V_MIN], 1.0)
        lifted = 1.0 - carried * carried
        self.joules += self.body.hover_w * lifted * sqrt(lifted) * _STEP_S
        self.speed -= (_ROTOR_DRAG * sqrt(lifted) * self.speed + L.GRAVITY * lifted * pitch) * _STEP_S
        self._push(self._opened, self._turn(0.0))

    def _turn(self, rate: float) -> float:
        """Bank, turn and climb for a step, towards the demands; returns the true airspeed, m/s."""
        s, p, dt = self.s, self.p, _STEP_S
        self._bank += (s[L.S_NAV_ROLL] - self._bank) * dt / _BANK_LAG_S
        s[L.S_EAS2TAS] = true_share(self._field, -s[L.S_EPD])
        true = max(self.speed * s[L.S_EAS2TAS], 1.0)
        self.yaw += self.body.turns * L.GRAVITY * tan(limit(self._bank, 1.3)) / max(true, p[L.P_V_MIN]) * dt
        self.climb += (rate - self.climb) * dt / _CLIMB_LAG_S
        return true

    def _push(self, throttle: float, true: float) -> None:
        """Move by a step, at a throttle."""
        s, dt, load, up = self.s, _STEP_S, 1.0 / max(cos(self._bank), 0.2), -self.s[L.S_EPD]
        pull = throttle * self.body.pull_n - self._drag(load)
        self.speed += (pull / self.body.mass_kg - L.GRAVITY * self.climb / true) * dt
        self.floor = max(self.floor - _FLOOR_FADES * dt, 0.0)
        s[L.S_AIRSPEED], s[L.S_EVD] = self.speed, -self.climb
        s[L.S_EPD] -= self.climb * dt
        self.face(*self._field.wind_at(self.time_s, up))
        s[L.S_EPN] += s[L.S_EVN] * dt
        s[L.S_EPE] += s[L.S_EVE] * dt
        self.way_m += hypot(s[L.S_EVN], s[L.S_EVE]) * dt
        self.spend(dt, self.body.watts(throttle))

    def _help(self, dt: float) -> None:
        """Let lift motors carry below Q_ASSIST_SPEED, and fade when the wings do."""
        if self.lifted:
            self.lifted = self.speed < self._carries_mps
            self._fades_s = 0.001 * self._field.param("Q_TRANSITION_MS", 5000.0)
        elif self.speed < (min(self._helps_mps, self.p[L.P_V_MIN]) if self.approaches else self._helps_mps):
            self.lifted = True
            self.joules += _HELP_S * self.body.hover_w
        if self.changes:
            self._fades_s -= dt
            self.floor = 1.0 if self.lifted else self._field.param("TRIM_THROTTLE") / 100.0

    def face(self, wind_n: float, wind_e: float) -> None:
        """Set the velocity over ground, and the part of the attitude that the laws use."""
        s = self.s
        true = self.speed * max(s[L.S_EAS2TAS], 1.0)
        level = sqrt(max(true * true - self.climb * self.climb, 1.0))
        ahead_n, ahead_e = cos(self.yaw), sin(self.yaw)
        s[L.S_WEN], s[L.S_WEE] = wind_n, wind_e
        s[L.S_EVN], s[L.S_EVE] = level * ahead_n + wind_n, level * ahead_e + wind_e
        s[L.S_ER], s[L.S_ER + 3] = ahead_n, ahead_e
        s[L.S_ER + 7], s[L.S_ER + 8] = sin(self._bank), cos(self._bank)
