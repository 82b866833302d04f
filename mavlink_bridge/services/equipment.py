"""Messages of equipment of the vehicle, sent on request (REQUEST_MESSAGE) or at an interval.

Motors (ESC_STATUS, ESC_INFO, RPM), demanded attitude (ATTITUDE_TARGET), winch (WINCH_STATUS), generator
(GENERATOR_STATUS), engine (EFI_STATUS), position for a traffic service (UTM_GLOBAL_POSITION), checksums of plans
(MISSION_CHECKSUM), times to places (TIME_ESTIMATE_TO_TARGET), times of the flight (FLIGHT_INFORMATION), light
(SRT_LIGHT: ILLUMINATOR_STATUS and its commands), buttons (BUTTON_CHANGE, to all for BTN_REPORT_SEND s after a change),
buzzer (SUPPORTED_TUNES; a tune becomes an event), modem of a cellular link (CELLULAR_STATUS, as it was received), last
picture of a shutter (CAMERA_FEEDBACK, sent to all for each picture). A request for equipment that the vehicle does not
have is FAILED.

Messages of a winch, generator or engine fitted at the start are streamed to all in the group EXTRA1, as by ArduPilot,
because MAVSDK's winch plugin requests nothing. Vehicle time. Source: MAVLink's common.xml and development.xml.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import fsum, inf, nan
from typing import Final, Protocol, runtime_checkable
from zlib import crc32

from autopilot.commands.vehicle_parts import VehicleParts
from autopilot.context.events import PayloadAction, TunePlayed
from autopilot.context.turns import earliest
from autopilot.interface import report
from autopilot.interface.layout import GRAVITY
from autopilot.interface.mathematics import hypot
from autopilot.interface.result import Outcome
from autopilot.mav import (
    Cmd,
    EscConnection,
    IlluminatorMode,
    MissionType,
    TuneFormat,
    UtmDataAvailFlags,
    UtmFlightState,
)
from autopilot.safety.rotor_check import ReportsMotorRpm
from mavlink_bridge.routing.service import Clock, Message, Outgoing, Peer, Speaker
from mavlink_bridge.services.broadcast import OFF, Broadcast
from mavlink_bridge.services.commands.context import ACCEPTED, DENIED, UNSUPPORTED, CommandRow, Context
from mavlink_bridge.services.commands.request import Command
from mavlink_bridge.services.commands.service import CommandService
from mavlink_bridge.services.telemetry.service import TelemetryService
from mavlink_bridge.wire.codec import boot_ms, dialect, id_of

_PER_MESSAGE: Final = 4  # motors in ESC_STATUS and ESC_INFO
_UNKNOWN_S: Final = -1
_NO_TEMPERATURE: Final = 0x7FFF
_BUTTON_EVERY_MS: Final = 1000  # interval of BUTTON_CHANGE
_EVERY_US: Final = 500_000
_UTM_FIELDS: Final = sum(UtmDataAvailFlags)
_TUNES: Final = TuneFormat.QBASIC1_1 | TuneFormat.MML_MODERN

Maker = Callable[[float], Sequence[Message]]
"""Function that makes the messages from the request's param2; empty: nothing to send."""


@runtime_checkable
class ReportsAttitudeTarget(Protocol):
    """Vehicle that reports its demanded attitude as a quaternion."""

    @property
    def attitude_target(self) -> Sequence[float]: ...


class Illuminator:
    """Light that can be switched (SRT_LIGHT). `brightness`: per cent."""

    def __init__(self, parts: VehicleParts) -> None:
        self._parts = parts
        self.on = False
        self.brightness = 100.0

    @property
    def _fitted(self) -> bool:
        return self._parts.facts.param("SRT_LIGHT") != 0.0

    def switch(self, command: Command, _context: Context) -> Outcome:
        """ILLUMINATOR_ON_OFF."""
        if not self._fitted:
            return UNSUPPORTED
        if command.param(1) not in (0.0, 1.0):
            return DENIED
        self.on = command.param(1) == 1.0
        return self._done(command)

    def configure(self, command: Command, _context: Context) -> Outcome:
        """DO_ILLUMINATOR_CONFIGURE: param1 mode, INTERNAL_CONTROL only; param2 brightness, per cent; param3, strobe,
        must be 0."""
        if not self._fitted:
            return UNSUPPORTED
        mode, brightness = command.param(1, IlluminatorMode.INTERNAL_CONTROL), command.param(2, self.brightness)
        if mode != IlluminatorMode.INTERNAL_CONTROL or not 0.0 <= brightness <= 100.0 or command.param(3) != 0.0:
            return DENIED
        self.brightness = brightness
        return self._done(command)

    def _done(self, command: Command) -> Outcome:
        self._parts.announcer.announce(PayloadAction(command.number, command.params))
        return ACCEPTED

    def status(self, _: float) -> list[Message]:
        if not self._fitted:
            return []
        uptime_ms = boot_ms(self._parts.facts.vehicle.state.time_ms)
        strobe = (nan, nan, nan, nan, nan)
        modes = 1 << (IlluminatorMode.INTERNAL_CONTROL - 1)
        return [
            dialect.MAVLink_illuminator_status_message(
                uptime_ms, self.on, modes, 0, IlluminatorMode.INTERNAL_CONTROL, self.brightness, *strobe
            )
        ]


class EquipmentService(Speaker):
    clock: Clock = "vehicle"
    handles = frozenset({"PLAY_TUNE", "PLAY_TUNE_V2", "CELLULAR_STATUS"})

    def __init__(
        self,
        parts: VehicleParts,
        commands: CommandService,
        telemetry: TelemetryService,
        links: Callable[[], Sequence[int]],
    ) -> None:
        self._parts, payload = parts, parts.payload
        self._uas_id = telemetry.identity.uid2
        light = Illuminator(parts)
        commands.register(Cmd.ILLUMINATOR_ON_OFF, CommandRow(light.switch, required=(1,)))
        commands.register(Cmd.DO_ILLUMINATOR_CONFIGURE, CommandRow(light.configure))
        makers: dict[str, Maker] = {
            "WINCH_STATUS": self._winch,
            "ESC_STATUS": self._esc_status,
            "ESC_INFO": self._esc_info,
            "RPM": self._rpm,
            "ATTITUDE_TARGET": self._attitude_target,
            "UTM_GLOBAL_POSITION": self._utm,
            "MISSION_CHECKSUM": self._checksum,
            "TIME_ESTIMATE_TO_TARGET": self._times,
            "FLIGHT_INFORMATION": self._flight_information,
            "ILLUMINATOR_STATUS": light.status,
            "GENERATOR_STATUS": self._generator,
            "EFI_STATUS": self._engine,
            "BUTTON_CHANGE": self._button,
            "SUPPORTED_TUNES": lambda _: [dialect.MAVLink_supported_tunes_message(0, 0, _TUNES)],
            "CELLULAR_STATUS": lambda _: [] if self._cellular is None else [self._cellular],
            "CAMERA_FEEDBACK": lambda _: telemetry.last_photo(),
        }
        fitted = {
            "WINCH_STATUS": payload.winch.fitted,
            "GENERATOR_STATUS": payload.generator.fitted,
            "EFI_STATUS": payload.engine.fitted,
        }
        streamed = {name for name, is_there in fitted.items() if is_there}
        self._active: list[Broadcast] = []  # broadcasts that any link receives; a pass checks only these
        self._makers: dict[Broadcast, Maker] = {}
        for name, make in makers.items():
            broadcast = Broadcast(links, _EVERY_US if name in streamed else OFF, self._active)
            telemetry.rates.subscriptions[id_of(name)] = broadcast
            telemetry.answers[id_of(name)] = self._makers[broadcast] = make
            telemetry.rates.extra1 += [broadcast] if name in streamed else []
        super().__init__()
        self._button_ms = 0
        """Vehicle time of the next report of a button, ms."""
        self._cellular: Message | None = None

    # --- messages -------------------------------------------------------------------------------------------------
    @property
    def _time_us(self) -> int:
        return 1000 * self._parts.facts.vehicle.state.time_ms

    def _winch(self, _: float) -> list[Message]:
        winch = self._parts.payload.winch
        if not winch.fitted:
            return []
        tension_n = winch.tension_n
        return [
            dialect.MAVLink_winch_status_message(
                self._time_us,
                winch.length_m,
                winch.rate_mps,
                nan if tension_n is None else tension_n / GRAVITY,  # kg
                nan,
                nan,
                _NO_TEMPERATURE,
                int(winch.status),
            )
        ]

    def _generator(self, _: float) -> list[Message]:
        generator, r = self._parts.payload.generator, self._parts.facts.vehicle.state.report
        if not generator.fitted:
            return []
        return [
            dialect.MAVLink_generator_status_message(
                int(generator.status),
                round(generator.rpm),
                nan,
                generator.amps,
                nan,
                float(r[report.BATT_V]) if generator.amps else 0.0,
                _NO_TEMPERATURE,
                nan,
                _NO_TEMPERATURE,
                generator.runtime_ms // 1000,
                0x7FFFFFFF,
            )
        ]

    def _engine(self, _: float) -> list[Message]:
        """EFI_STATUS with 0 for values that are not measured."""
        engine, r = self._parts.payload.engine, self._parts.facts.vehicle.state.report
        if not engine.fitted:
            return []
        return [
            dialect.MAVLink_efi_status_message(
                health=1,
                ecu_index=0,
                rpm=engine.rpm,
                fuel_consumed=engine.fuel_cm3,
                fuel_flow=engine.flow_cm3_min,
                engine_load=100.0 * engine.load,
                throttle_position=100.0 * engine.throttle,
                spark_dwell_time=0.0,
                barometric_pressure=0.001 * float(r[report.BARO_PRESSURE]),  # kPa
                intake_manifold_pressure=0.0,
                intake_manifold_temperature=float(r[report.BARO_TEMPERATURE]),
                cylinder_head_temperature=engine.head_c,
                ignition_timing=0.0,
                injection_time=0.0,
                exhaust_gas_temperature=0.0,
                throttle_out=100.0 * engine.demand,
                pt_compensation=0.0,
            )
        ]

    def _motors(self) -> list[float]:
        vehicle = self._parts.vehicle
        return list(vehicle.motor_rpm) if isinstance(vehicle, ReportsMotorRpm) else []

    def _esc_status(self, _: float) -> list[Message]:
        motors, r = self._motors(), self._parts.facts.vehicle.state.report
        volts, amps = float(r[report.BATT_V]), max(float(r[report.BATT_A]), 0.0)
        power = [rpm * rpm * rpm for rpm in motors]
        whole = fsum(power)
        shares = [amps * own / whole if own else 0.0 for own in power]
        return [
            dialect.MAVLink_esc_status_message(
                first,
                self._time_us,
                _four([round(rpm) for rpm in motors[first:]], 0),
                _four([volts] * len(motors[first:]), 0.0),
                _four(shares[first:], 0.0),
            )
            for first in range(0, len(motors), _PER_MESSAGE)
        ]

    def _esc_info(self, _: float) -> list[Message]:
        count = len(self._motors())
        return [
            dialect.MAVLink_esc_info_message(
                first,
                self._time_us,
                self._parts.facts.now_ms & 0xFFFF,
                count,
                EscConnection.PPM,
                (1 << min(count - first, _PER_MESSAGE)) - 1,
                [0] * _PER_MESSAGE,
                [0] * _PER_MESSAGE,
                [_NO_TEMPERATURE] * _PER_MESSAGE,
            )
            for first in range(0, count, _PER_MESSAGE)
        ]

    def _rpm(self, _: float) -> list[Message]:
        """RPM: mean of the motors, as a sensor of RPM1_TYPE 5 reports it."""
        motors = self._motors()
        return [dialect.MAVLink_rpm_message(fsum(motors) / len(motors), 0.0)] if motors else []

    def _attitude_target(self, _: float) -> list[Message]:
        """ATTITUDE_TARGET with mask 0, all fields valid, as by ArduCopter (send_attitude_target)."""
        vehicle, state = self._parts.vehicle, self._parts.facts.vehicle.state
        if not isinstance(vehicle, ReportsAttitudeTarget):
            return []
        rates, thrust = state.report[report.WANT_P : report.WANT_P + 3], state.report[report.THROTTLE]
        target = list(vehicle.attitude_target)
        return [
            dialect.MAVLink_attitude_target_message(
                boot_ms(state.time_ms), 0, target, *map(float, rates), float(thrust)
            )
        ]

    def _utm(self, _: float) -> list[Message]:
        """UTM_GLOBAL_POSITION without time and next waypoint."""
        facts = self._parts.facts
        if not facts.has_position:
            return []
        state, over = facts.vehicle.state, facts.height_over_ground
        place = state.place
        north, east, down = (round(100.0 * speed) for speed in state.velocity)
        exact = state.report[report.GPS_HACC : report.GPS_SACC + 1] * (1000.0, 1000.0, 100.0)
        across, up, moving = (round(min(error, 65535.0)) for error in exact.tolist())
        return [
            dialect.MAVLink_utm_global_position_message(
                time=0,
                uas_id=list(self._uas_id),
                lat=round(place.lat * 1e7),
                lon=round(place.lon * 1e7),
                alt=round(1000.0 * place.alt),
                relative_alt=round(1000.0 * (over or 0.0)),
                vx=north,
                vy=east,
                vz=down,
                h_acc=across,
                v_acc=up,
                vel_acc=moving,
                next_lat=0,
                next_lon=0,
                next_alt=0,
                update_rate=0,
                flight_state=UtmFlightState.GROUND if facts.landed else UtmFlightState.AIRBORNE,
                flags=_UTM_FIELDS & (~UtmDataAvailFlags.RELATIVE_ALTITUDE_AVAILABLE if over is None else -1),
            )
        ]

    def _flight_information(self, _: float) -> list[Message]:
        """Times since boot, us (of the landing: ms); 0: none. As in ArduPilot (send_flight_information), the
        time of arming is 0 when disarmed, that of the takeoff on the ground, and a flight has no number."""
        facts, times = self._parts.facts, self._parts.vehicle_arming.times
        armed_ms = times.armed_ms if facts.armed else None
        took_off_ms = times.took_off_ms if times.landed_ms is None else None
        return [
            dialect.MAVLink_flight_information_message(
                boot_ms(facts.vehicle.state.time_ms),
                1000 * (armed_ms or 0),
                1000 * (took_off_ms or 0),
                0,
                boot_ms(times.landed_ms or 0),
            )
        ]

    def _checksum(self, kind: float) -> list[Message]:
        """Checksum of one plan by its MAV_MISSION_TYPE, or of all (255)."""
        plans = self._parts.plans
        sums = {
            int(MissionType.MISSION): plans.mission.checksum(),
            int(MissionType.FENCE): plans.fence.checksum(),
            int(MissionType.RALLY): plans.rally.checksum(),
        }
        sums[MissionType.ALL] = crc32(b"".join(own.to_bytes(4, "little") for own in sums.values()))
        return [dialect.MAVLink_mission_checksum_message(int(kind), sums[int(kind)])] if kind in sums else []

    def _times(self, _: float) -> list[Message]:
        """Times of straight paths at the vehicle's set speeds, s. -1: unknown or not flying there; home and land are -1
        after landing."""
        parts, facts = self._parts, self._parts.facts
        speeds, r, here = parts.speeds.current(), facts.vehicle.state.report, facts.vehicle.state.position
        home = facts.home_ned if facts.home is not None else None
        land_s = max(facts.height, 0.0) / max(speeds.down, 0.1)
        back_s = inf if home is None else hypot(home[0] - here[0], home[1] - here[1]) / speeds.ground + land_s
        next_s = float(r[report.WP_DISTANCE]) / speeds.ground
        flies = parts.sequencer.running
        return [
            dialect.MAVLink_time_estimate_to_target_message(
                _seconds(inf if facts.grounded else back_s),
                _seconds(inf if facts.grounded or not facts.vehicle_class.flies else land_s),
                _seconds(next_s if flies else inf),
                _UNKNOWN_S,
                _seconds(next_s if facts.armed and not flies else inf),
            )
        ]

    def _button(self, _: float) -> list[Message]:
        buttons, now_ms = self._parts.buttons, boot_ms(self._parts.facts.now_ms)
        message = dialect.MAVLink_button_change_message(now_ms, boot_ms(buttons.changed_ms or 0), buttons.state)
        return [message] if buttons.fitted else []

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        """Play a tune, or store the status of a modem."""
        if message.get_type() == "CELLULAR_STATUS":
            self._cellular = message
        elif message.get_type() == "PLAY_TUNE":
            self._parts.announcer.announce(TunePlayed(_text(message.tune) + _text(message.tune2)))
        elif message.format in tuple(TuneFormat):
            self._parts.announcer.announce(TunePlayed(_text(message.tune)))

    # --- time -----------------------------------------------------------------------------------------------------
    def _button_due_ms(self) -> int | None:
        """Time of the next BUTTON_CHANGE, ms: once a second within BTN_REPORT_SEND s of a change."""
        buttons = self._parts.buttons
        if buttons.changed_ms is None:
            return None
        due_ms = max(self._button_ms, buttons.changed_ms)
        last_ms = buttons.changed_ms + 1000.0 * self._parts.facts.param("BTN_REPORT_SEND", 10.0)
        return due_ms if due_ms < last_ms else None

    def handle_timeout(self, now_ms: int) -> None:
        due_ms = self._button_due_ms()
        if due_ms is not None and now_ms >= due_ms:
            self._button_ms = now_ms + _BUTTON_EVERY_MS
            self._out += [Outgoing(message) for message in self._button(0.0)]
        for broadcast in self._active:
            for link in broadcast.take_due(now_ms):
                self._out += [Outgoing(message, link) for message in self._makers[broadcast](0.0)]

    def next_deadline_ms(self) -> int | None:
        button_ms = self._button_due_ms()
        return earliest((button_ms, *[each.next_ms() for each in self._active])) if self._active else button_ms

    def link_closed(self, link: int) -> None:
        for broadcast in tuple(self._active):
            broadcast.forget(link)


def _four(values: Sequence[float], nothing: float) -> list[float]:
    return [*values, *[nothing] * _PER_MESSAGE][:_PER_MESSAGE]


def _text(value: object) -> str:
    """Text of a field; "" if it holds no text."""
    return value if isinstance(value, str) else ""


def _seconds(value: float) -> int:
    return _UNKNOWN_S if value == inf else round(value)
