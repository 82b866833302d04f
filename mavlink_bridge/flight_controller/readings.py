"""Conversion of the controller's messages to the report vector (`autopilot.interface.report`)."""

from __future__ import annotations

from collections.abc import Callable
from math import nan, radians
from typing import Final

from autopilot.interface import report as R
from autopilot.interface.geo import GeoPoint, to_local
from autopilot.interface.layout import ON_GROUND
from autopilot.interface.mathematics import cos, hypot, sin
from autopilot.interface.vehicle import VehicleState
from autopilot.mav import EkfFlag, LandedState
from mavlink_bridge.routing.service import Message
from mavlink_bridge.wire import codec

_UNKNOWN_U16: Final = 65535
_LONGEST_GAP_MS: Final = 2000


class ControllerReadings:
    """Report vector of the controller. `origin`: of the local frame, fixed at the first usable position. `charge`: of
    its battery, 0 to 1; None: unknown. `prearm_ok`: its PREARM_CHECK bit; None before the first SYS_STATUS."""

    def __init__(self, may_arm: Callable[[int, int, int], bool]) -> None:
        self._may_arm = may_arm
        self.state = VehicleState()
        self.report = self.state.report
        self.report[R.TRUE_LAT : R.TRUE_CONTACT + 1] = nan
        self.report[R.LANDED_STATE] = ON_GROUND
        self.origin: GeoPoint | None = None
        self.prearm_ok: bool | None = None
        self.custom_mode = 0
        """Mode number of the controller's last HEARTBEAT."""
        self.charge: float | None = None
        self._placed_ms: int | None = None
        self._read: dict[str, Callable[[Message], None]] = {
            "GLOBAL_POSITION_INT": self._position,
            "ATTITUDE": self._attitude,
            "SYS_STATUS": self._system,
            "GPS_RAW_INT": self._gps,
            "EKF_STATUS_REPORT": self._ekf,
            "ESTIMATOR_STATUS": self._estimator,
            "EXTENDED_SYS_STATE": self._landed,
            "BATTERY_STATUS": self._battery,
            "VFR_HUD": self._hud,
            "SIM_STATE": self._simulated,
        }
        self.names = frozenset(self._read)

    def read(self, name: str, message: Message) -> None:
        """Read a message of `names`."""
        self._read[name](message)

    def _position(self, m: Message) -> None:
        r = self.report
        lat, lon, alt = m.lat / 1e7, m.lon / 1e7, m.alt / 1e3
        r[R.LAT], r[R.LON], r[R.ALT] = lat, lon, alt
        r[R.VN], r[R.VE], r[R.VD] = m.vx / 100.0, m.vy / 100.0, m.vz / 100.0
        speed = hypot(r[R.VN], r[R.VE])
        r[R.GROUND_SPEED] = speed
        r[R.RANGE] = m.relative_alt / 1e3
        r[R.STOPPED] = 1.0 if hypot(speed, r[R.VD]) < 0.1 else 0.0
        if self._placed_ms is not None:
            gap_ms = codec.boot_ms(m.time_boot_ms - self._placed_ms)
            if 0 < gap_ms < _LONGEST_GAP_MS:
                r[R.ODOMETER] += speed * gap_ms / 1e3
        self._placed_ms = m.time_boot_ms
        if self.origin is None and self.state.has_position:
            self.origin = GeoPoint(lat, lon, alt)
        if self.origin is not None:
            r[R.NORTH : R.DOWN + 1] = to_local(self.origin, lat, lon, alt)

    def _simulated(self, m: Message) -> None:
        """True state of a simulated controller."""
        r = self.report
        lat, lon = m.lat_int / 1e7, m.lon_int / 1e7
        r[R.TRUE_LAT], r[R.TRUE_LON], r[R.TRUE_ALT] = lat, lon, m.alt
        r[R.TRUE_VN], r[R.TRUE_VE], r[R.TRUE_VD] = m.vn, m.ve, m.vd
        r[R.TRUE_ROLL], r[R.TRUE_PITCH], r[R.TRUE_YAW] = m.roll, m.pitch, m.yaw
        if self.origin is not None:
            r[R.TRUE_N : R.TRUE_D + 1] = to_local(self.origin, lat, lon, m.alt)

    def _attitude(self, m: Message) -> None:
        r = self.report
        r[R.ROLL], r[R.PITCH], r[R.YAW] = m.roll, m.pitch, m.yaw
        r[R.P], r[R.Q], r[R.R] = m.rollspeed, m.pitchspeed, m.yawspeed

    def _system(self, m: Message) -> None:
        r = self.report
        if m.voltage_battery != _UNKNOWN_U16:
            r[R.BATT_V] = r[R.BATT_V_REST] = m.voltage_battery / 1e3
        if m.current_battery >= 0:
            r[R.BATT_A] = m.current_battery / 100.0
        self.charge = m.battery_remaining / 100.0 if m.battery_remaining >= 0 else None
        if self.charge is not None:
            r[R.BATT_FRACTION] = self.charge
        r[R.SENSORS_PRESENT] = m.onboard_control_sensors_present
        r[R.SENSORS_HEALTHY] = m.onboard_control_sensors_health
        self.prearm_ok = self._may_arm(
            m.onboard_control_sensors_present, m.onboard_control_sensors_enabled, m.onboard_control_sensors_health
        )

    def _gps(self, m: Message) -> None:
        r = self.report
        r[R.GPS_FIX], r[R.GPS_SATS] = m.fix_type, 0 if m.satellites_visible == 255 else m.satellites_visible
        r[R.GPS_LAT], r[R.GPS_LON], r[R.GPS_ALT] = m.lat / 1e7, m.lon / 1e7, m.alt / 1e3
        r[R.GPS_HDOP] = 99.0 if m.eph == _UNKNOWN_U16 else m.eph / 100.0
        r[R.GPS_VDOP] = 99.0 if m.epv == _UNKNOWN_U16 else m.epv / 100.0
        if m.vel != _UNKNOWN_U16 and m.cog != _UNKNOWN_U16:
            course = radians(m.cog / 100.0)
            r[R.GPS_VN], r[R.GPS_VE] = m.vel / 100.0 * cos(course), m.vel / 100.0 * sin(course)

    def _ekf(self, m: Message) -> None:
        r = self.report
        # on the ground the predicted position counts (512: POS_HORIZ_ABS predicted)
        r[R.EKF_FLAGS] = m.flags | 16 if m.flags & 512 and r[R.ARMED] == 0.0 else m.flags
        r[R.EKF_VEL_VAR], r[R.EKF_POS_H_VAR] = m.velocity_variance, m.pos_horiz_variance
        r[R.EKF_POS_V_VAR], r[R.EKF_MAG_VAR] = m.pos_vert_variance, m.compass_variance

    def _estimator(self, m: Message) -> None:
        # PX4's bit 7 has another meaning than ArduPilot's; bit 10 tells a GPS glitch, 11 a bad accelerometer
        glitching = EkfFlag.GPS_GLITCHING if m.flags & 1 << 10 else 0
        self.report[R.EKF_FLAGS] = m.flags & 0x37F | glitching

    def _landed(self, m: Message) -> None:
        if m.landed_state:
            self.report[R.LANDED_STATE] = m.landed_state
            self.report[R.GROUND_CONTACT] = 1.0 if m.landed_state == LandedState.ON_GROUND else 0.0

    def _battery(self, m: Message) -> None:
        if m.id == 0 and m.current_consumed >= 0:
            self.report[R.BATT_MAH] = m.current_consumed
            if m.energy_consumed >= 0:
                self.report[R.BATT_WH] = m.energy_consumed / 36.0  # hJ

    def _hud(self, m: Message) -> None:
        self.report[R.AIR_SPEED], self.report[R.THROTTLE] = m.airspeed, m.throttle / 100.0

    def forget_boot(self) -> None:
        """Forget what a restarted controller has reported."""
        self._placed_ms = None
        self.prearm_ok = None
        self.report[R.EKF_FLAGS] = 0.0
        self.report[R.LANDED_STATE] = ON_GROUND
