"""A PX4 multicopter that is none: PX4 1.16 as far as a companion and ground stations meet it, flown by Sortie's
simulated copter. Nothing of Sortie's services or of its PX4 object is in it.

`px4_commander` has modes, arming and failsafes, `px4_navigator` flies, `px4_plans` and `px4_parameters` are the
protocols; each names PX4's source. Here is the link. src/modules/mavlink: mavlink_main.cpp (streams),
mavlink_receiver.cpp (HEARTBEAT stays at 1 Hz, SET_MESSAGE_INTERVAL fails for it, REQUEST_MESSAGE gives one at once;
DO_SET_MODE is acknowledged twice, the first time before it is known), streams/STATUSTEXT.hpp (texts go to links where a
ground station's HEARTBEAT is heard), streams/SYS_STATUS.hpp (PREARM_CHECK in `health` alone), streams/HEARTBEAT.hpp.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import pi
from typing import Any, Final

from autopilot.interface import report as R
from autopilot.interface.geo import GeoPoint, Ned, to_local
from autopilot.interface.vehicle import SimulatedVehicle
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.codec import dialect
from mavlink_bridge.wire.framing import FrameReader, FrameWriter
from sortie.api.testing.stand_in import HOME
from sortie.assembly.vehicle import make_vehicle
from tests.stand_in import px4_plans
from tests.stand_in.px4_commander import ACCEPTED, DENIED, FAILED, TEMPORARILY_REJECTED, UNSUPPORTED, Commander
from tests.stand_in.px4_navigator import LAND, LOITER, MISSION, OFFBOARD, POSCTL, RTL, TAKEOFF, Navigator
from tests.stand_in.px4_parameters import Parameters
from tests.stand_in.px4_plans import Plans

#: Its modes by ArduPilot's numbers, as the tests of both controllers say them.
NUMBERS: Final = {
    (7, 0): 0, (5, 0): 1, (2, 0): 2, MISSION: 3, LOITER: 4, TAKEOFF: 4, OFFBOARD: 4, POSCTL: 5, RTL: 6, (3, 1): 7,
    LAND: 9,
}  # fmt: skip
PAIRS: Final = {0: (7, 0), 1: (5, 0), 2: (2, 0), 3: MISSION, 4: LOITER, 5: POSCTL, 6: RTL, 7: (3, 1), 9: LAND}
TICK_MS = 20
_PREARM = 0x10000000
_STATION = 190  # to this component alone it says why a mode is refused
_LOOKS_MS = 150
"""How long Navigator and Commander take to look at a mission that was acknowledged."""
_STATION_MS = 5000
_STREAM_MS = 500


class Px4StandIn:
    """The same face as `sortie.api.testing.stand_in.StandIn`. `received`: names and commands of what came in."""

    kind = "copter"

    def __init__(
        self,
        *,
        home: GeoPoint = HOME,
        heading_deg: float = 0.0,
        seed: int = 1,
        params: Mapping[str, float] | None = None,
        system: int = 1,
    ) -> None:
        self._home, self._heading, self._seed, self._params = home, heading_deg, seed, dict(params or {})
        self._system = system
        self.restarts = 0
        self._zero_ms = 0
        self._boot()

    def _boot(self) -> None:
        self.vehicle: SimulatedVehicle = make_vehicle("copter", self._home, self._heading, self._seed)
        self.parameters = Parameters(self._params)
        self.navigator = Navigator(self.vehicle, self.parameters, self._home)
        self.commander = Commander(self.vehicle, self.parameters, self.navigator, self._say_as_event)
        self.commander.offboard_ok = self._streamed
        self.plans = self.navigator.plans = Plans(self._send, self._say, self._plans_changed)
        self.navigator.reached = lambda seq: self._send(dialect.MAVLink_mission_item_reached_message(seq))
        self.received: list[tuple[int, Any]] = []
        self.repositions = 0
        self._reader, self._writer = FrameReader(), FrameWriter(self._system, 1)
        self._out = bytearray()
        self._now_ms = 0
        self._station_ms: int | None = None
        self._setpoints: list[int] = []
        self._rates: dict[int, int] = {0: 1000}  # message id to its interval, ms
        self._due: dict[int, int] = {0: 0}
        self._current_ms, self._told_current = 0, -1  # MISSION_CURRENT is no stream
        self._chunk = 0
        self._streams: dict[int, Callable[[], Any]] = {
            0: self._heartbeat,
            1: self._sys_status,
            2: self._system_time,
            24: self._gps,
            30: self._attitude,
            32: self._local_position,
            33: self._global_position,
            74: self._hud,
            147: self._battery,
            230: self._estimator,
            242: self._home_position,
            245: self._extended,
            436: self._mode_now,
        }

    # --- in -------------------------------------------------------------------------------------------------------
    def receive(self, data: bytes, now_ms: int) -> None:
        """Bytes on its port."""
        del now_ms
        for frame in self._reader.receive(data):
            message: Any = codec.decode(frame.msg_id, frame.payload)
            if message is not None:
                self.received.append((self._now_ms, message))
                self._hear(message, (frame.system, frame.component))

    def _hear(self, message: Any, sender: tuple[int, int]) -> None:
        name = message.get_type()
        if name == "HEARTBEAT":
            if message.type == 6:
                self._station_ms = self._now_ms
        elif name in ("COMMAND_LONG", "COMMAND_INT"):
            if message.target_system in (0, self._system) and message.target_component in (0, 1):
                self._command(message, sender)
        elif name == "SET_MODE":
            self._ack(176, self.commander.set_mode(_pair(message.custom_mode)), sender)
        elif name.startswith("PARAM_"):
            for answer in self.parameters.handle(message):
                self._send(answer)
        elif name in px4_plans.NAMES:
            self.plans.handle(message, sender, self._now_ms)
        elif name.startswith("SET_POSITION_TARGET"):
            self._setpoint(message)

    def _command(self, message: Any, sender: tuple[int, int]) -> None:
        if message.command == 176:
            self._ack(176, ACCEPTED, sender)
        result = self._act(message)
        self._ack(message.command, result, sender)
        if (message.command, result, sender[1]) == (176, TEMPORARILY_REJECTED, _STATION):
            self._say(2, f"Switching to {message.param2:g}, {message.param3:g} is currently not available\t")

    def _ack(self, command: int, result: int, sender: tuple[int, int]) -> None:
        self._send(dialect.MAVLink_command_ack_message(command, result, 0, 0, *sender))

    def _act(self, m: Any) -> int:
        commander = self.commander
        match m.command:
            case 176:
                return commander.set_mode((int(m.param2), int(m.param3)))
            case 400:
                return commander.arm(m.param2 == 21196.0) if m.param1 == 1.0 else commander.disarm(m.param2 == 21196.0)
            case 192:
                self.repositions += 1
                return commander.reposition(m)
            case 22:
                down = self._home.alt - m.param7 if m.param7 == m.param7 else None
                self.navigator.takeoff_down = down
                return commander.set_mode(TAKEOFF)
            case 21:
                return self._told("Landing at current position", commander.set_mode(LAND))
            case 20:
                return self._told("Returning to launch", commander.set_mode(RTL))
            case 300:
                return commander.start_mission(m.param1)
            case 178:
                self.navigator.change_speed(m.param2)
                return ACCEPTED
            case 241:
                return commander.calibrate(m)
            case 401:
                self._tell_complaint()
                return ACCEPTED
            case 511:
                return self._set_interval(int(m.param1), m.param2)
            case 512:
                return self._request(int(m.param1))
        return UNSUPPORTED

    def _told(self, text: str, result: int) -> int:
        if result == ACCEPTED:
            self._say_as_event(6, text)
        return result

    def _tell_complaint(self) -> None:
        why = self.commander.complaint()
        if why is not None:
            self._say(2, f"Preflight Fail: {why}")

    def _set_interval(self, number: int, interval_us: float) -> int:
        if number not in self._streams or number == 0:  # HEARTBEAT stays at 1 Hz
            return FAILED
        self._rates[number] = int(interval_us / 1000.0) if interval_us > 0.0 else 0
        self._due[number] = self._now_ms
        return ACCEPTED

    def _request(self, number: int) -> int:
        if number not in self._streams:
            return DENIED
        self._send(self._streams[number]())
        return ACCEPTED

    def _setpoint(self, m: Any) -> None:
        self._setpoints = [*self._setpoints[-30:], self._now_ms]
        if self.commander.mode != OFFBOARD:
            return
        place: Ned | None = None
        if not m.type_mask & 7:
            if m.get_type() == "SET_POSITION_TARGET_GLOBAL_INT":
                place = to_local(self._home, m.lat_int / 1e7, m.lon_int / 1e7, m.alt)
            else:
                place = (m.x, m.y, m.z)
        self.navigator.offboard(place, (m.vx, m.vy, m.vz))

    def _streamed(self) -> bool:
        """Setpoints come, never further apart than COM_OF_LOSS_T."""
        recent = [when for when in self._setpoints if self._now_ms - when <= 1100]
        if self.commander.mode == OFFBOARD:
            return bool(recent) and self._now_ms - recent[-1] <= 1000.0 * self.parameters["COM_OF_LOSS_T"]
        gaps = [b - a for a, b in zip(recent, [*recent[1:], self._now_ms], strict=True)]
        return bool(recent) and self._now_ms - recent[0] >= 900 and max(gaps) <= _STREAM_MS

    def _plans_changed(self, kind: int) -> None:
        if kind == 0:
            self.commander.mission_from_ms = self._now_ms + _LOOKS_MS
        if kind <= 0:
            self.navigator.mission_changed()

    # --- time -----------------------------------------------------------------------------------------------------
    def run_to(self, now_ms: int) -> None:
        """Time goes on to `now_ms`, which does not begin anew when it restarts."""
        until = now_ms - self._zero_ms
        while self._now_ms + TICK_MS <= until:
            self._now_ms += TICK_MS
            while self.vehicle.state.time_ms < self._now_ms:
                self.vehicle.advance(self._now_ms)
            events = self.vehicle.take_events()
            self.navigator.step(events, self._now_ms)
            self.commander.step(events, self._now_ms)
            self.plans.step(self._now_ms)
            if self.plans.current != self._told_current or self._now_ms >= self._current_ms:
                self._told_current, self._current_ms = self.plans.current, self._now_ms + 1000
                self._send(self.plans.tell_current())
            for number, interval in self._rates.items():
                if interval and self._now_ms >= self._due[number]:
                    self._due[number] = self._now_ms + interval
                    self._send(self._streams[number]())

    def take(self) -> bytes:
        """What it sends."""
        out = bytes(self._out)
        self._out.clear()
        return out

    def _send(self, message: Any) -> None:
        self._out += self._writer.frame(*codec.payload(message))

    def _say_as_event(self, severity: int, text: str) -> None:
        """What it tells as an event too ends with a tab."""
        self._say(severity, f"{text}\t")

    def _say(self, severity: int, text: str) -> None:
        """Only to whom a ground station is."""
        if self._station_ms is None or self._now_ms - self._station_ms > _STATION_MS:
            return
        data = text.encode()
        if len(data) <= 50:
            self._send(dialect.MAVLink_statustext_message(severity, data))
            return
        self._chunk += 1
        for number in range(len(data) // 50 + 1):
            chunk = data[50 * number : 50 * number + 50]
            self._send(dialect.MAVLink_statustext_message(severity, chunk, self._chunk, number))

    # --- streams --------------------------------------------------------------------------------------------------
    def _heartbeat(self) -> Any:
        base = 1 | 128 * self.commander.armed
        return dialect.MAVLink_heartbeat_message(
            2, 12, base, self.commander.custom_mode, self.commander.system_status, 3
        )

    def _mode_now(self) -> Any:
        main, sub = self.commander.user_mode
        return dialect.MAVLink_current_mode_message(0, self.commander.custom_mode, main << 16 | sub << 24)

    def _sys_status(self) -> Any:
        r = self.vehicle.state.report
        health = 0x2F | (_PREARM if self.commander.complaint() is None else 0)
        charge = max(int(100.0 * r[R.BATT_FRACTION]), 0)
        return dialect.MAVLink_sys_status_message(
            0x2F, 0x2F, health, 0, int(1000.0 * r[R.BATT_V]), int(100.0 * r[R.BATT_A]), charge, 0, 0, 0, 0, 0, 0
        )

    def _system_time(self) -> Any:
        return dialect.MAVLink_system_time_message(0, self._now_ms)

    def _gps(self) -> Any:
        r = self.vehicle.state.report
        return dialect.MAVLink_gps_raw_int_message(
            0,
            int(r[R.GPS_FIX]),
            int(1e7 * r[R.GPS_LAT]),
            int(1e7 * r[R.GPS_LON]),
            int(1e3 * r[R.GPS_ALT]),
            80,
            80,
            0,
            0,
            int(r[R.GPS_SATS]),
        )

    def _attitude(self) -> Any:
        r = self.vehicle.state.report
        return dialect.MAVLink_attitude_message(self._now_ms, r[R.ROLL], r[R.PITCH], r[R.YAW], r[R.P], r[R.Q], r[R.R])

    def _local_position(self) -> Any:
        state = self.vehicle.state
        return dialect.MAVLink_local_position_ned_message(self._now_ms, *state.position, *state.velocity)

    def _global_position(self) -> Any:
        state = self.vehicle.state
        place, (vn, ve, vd) = state.place, state.velocity
        return dialect.MAVLink_global_position_int_message(
            self._now_ms,
            round(place.lat * 1e7),
            round(place.lon * 1e7),
            round(place.alt * 1e3),
            round((place.alt - self._home.alt) * 1e3),
            round(vn * 100),
            round(ve * 100),
            round(vd * 100),
            round(state.yaw * 18000.0 / pi) % 36000,
        )

    def _hud(self) -> Any:
        state = self.vehicle.state
        heading = round(state.yaw * 180.0 / pi) % 360
        return dialect.MAVLink_vfr_hud_message(
            state.ground_speed, state.ground_speed, heading, 50, state.place.alt, 0.0
        )

    def _battery(self) -> Any:
        r = self.vehicle.state.report
        charge = max(int(100.0 * r[R.BATT_FRACTION]), 0)
        return dialect.MAVLink_battery_status_message(0, 1, 1, 32767, [4000] * 4 + [65535] * 6, 0, 0, -1, charge)

    def _estimator(self) -> Any:
        flags = int(self.vehicle.state.report[R.EKF_FLAGS]) & 0x37F
        return dialect.MAVLink_estimator_status_message(0, flags, 0, 0, 0, 0, 0, 0, 0, 0)

    def _home_position(self) -> Any:
        h = self._home
        return dialect.MAVLink_home_position_message(
            round(h.lat * 1e7), round(h.lon * 1e7), round(h.alt * 1e3), 0, 0, 0, [1, 0, 0, 0], 0, 0, 0
        )

    def _extended(self) -> Any:
        return dialect.MAVLink_extended_sys_state_message(0, 1 if self.vehicle.state.landed else 2)

    # --- what it has, whatever Sortie makes of it -----------------------------------------------------------------
    @property
    def time_ms(self) -> int:
        return self._zero_ms + self._now_ms

    @property
    def mode(self) -> int:
        """By ArduPilot's number."""
        return NUMBERS[self.commander.mode]

    @property
    def armed(self) -> bool:
        return self.commander.armed

    @property
    def offboard(self) -> bool:
        return self.commander.mode == OFFBOARD

    @property
    def system_status(self) -> int:
        """MAV_STATE."""
        return self.commander.system_status

    @property
    def took_over(self) -> bool:
        """Has a user overridden a failsafe?"""
        return self.commander.takeovers > 0

    @property
    def busy_refusals(self) -> int:
        return self.plans.busy_refusals

    @property
    def position(self) -> Ned:
        return self.vehicle.state.position

    @property
    def ground_speed(self) -> float:
        return self.vehicle.state.ground_speed

    def total(self, kind: int) -> int:
        return len(self.plans.items[kind])

    def parameter(self, name: str) -> float:
        return self.parameters[name]

    def parameter_names(self) -> list[str]:
        return list(self.parameters.names)

    # --- what happens to it ---------------------------------------------------------------------------------------
    def turn_switch(self, pwm_us: int) -> None:
        """The pilot's mode switch (COM_FLTMODE): above the middle Position, else Stabilized."""
        self.commander.set_mode(POSCTL if pwm_us > 1500 else (7, 0))

    def fail(self, name: str) -> None:
        """This failsafe begins (`px4_commander.FAILSAFES`)."""
        self.commander.fail(name)

    def lose_gps(self) -> None:
        self.vehicle.inject_fault("gps.loss", None, active=True)

    def refuse_arming(self, why: str) -> None:
        """Its checks say so, though the last SYS_STATUS did not."""
        self.commander.refused = why

    def forbid_guided(self) -> None:
        """Hold is refused, as while its checks say so."""
        self.commander.forbidden = LOITER

    def restart(self, now_ms: int) -> None:
        """Power lost and back: it stands where it was switched on first, its clock at 0; its missions are kept."""
        kept = self.plans.items
        self.restarts += 1
        self._zero_ms = now_ms
        self._boot()
        self.plans.items = kept

    def close(self) -> None:
        """Nothing is held open."""


def _pair(custom_mode: int) -> tuple[int, int]:
    return custom_mode >> 16 & 0xFF, custom_mode >> 24 & 0xFF
