"""Asks our vehicles, ArduPilot's and PX4's for each service of MAVLink's guide, and writes what they answered into the
tables of docs/services.md.

`python -m scripts.services_asked copters ARDUCOPTER PX4`, with the binaries of two SITLs, writes the whole table of
copters in one session, `planes ARDUPLANE` that of planes, which are asked for what no copter has. The requests are the
same for all, and so are the parameters of a vehicle that is fitted out; each request has a second and a half for its
answer.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from autopilot.interface.records import dataclass, field
from autopilot.mav import Cmd, Result
from mavlink_bridge.routing.service import Message
from mavlink_bridge.wire.codec import dialect as m
from mavlink_bridge.wire.codec import id_of
from scripts.generated_page import table
from sitl.launchers import LAUNCHERS
from sortie.api.begin import spec_of
from sortie.config.values import DEFAULT_HOME
from sortie.conform.case import ConformityCase, Obligation
from sortie.conform.examination import Examination, ExaminationSettings
from sortie.conform.exchange import Exchange, Steps
from sortie.conform.judge import judge_link, judge_simulated

PAGE: Final = Path(__file__).parents[1] / "docs" / "services.md"
FITTED: Final[dict[str, float]] = {
    "ADSB_TYPE": 1, "AVD_ENABLE": 1, "FOLL_ENABLE": 1, "PLND_ENABLED": 1, "PLND_TYPE": 4, "PRX1_TYPE": 2,
    "GRIP_ENABLE": 1, "GRIP_TYPE": 1, "SERVO9_FUNCTION": 28, "WINCH_TYPE": 1, "SERVO7_FUNCTION": 88,
    "CHUTE_ENABLED": 1, "CHUTE_TYPE": 10, "SERVO10_FUNCTION": 27, "LGR_ENABLE": 1, "SERVO8_FUNCTION": 29,
    "SPRAY_ENABLE": 1, "SERVO5_FUNCTION": 22, "SERVO6_FUNCTION": 23, "RNGFND1_TYPE": 100, "RNGFND1_MAX": 50,
    "MNT1_TYPE": 1,
}  # fmt: skip
"""Parameters of the fitted vehicles, which both firmwares know by these names."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A vehicle of a table: ours with the face of this firmware, or the firmware's own."""

    ours: bool
    firmware: str = "ardupilot"
    params: Mapping[str, float] = field(default_factory=dict)
    kind: str = "copter"


COLUMNS: Final = {
    "Sortie": Asked(True),
    "ArduPilot": Asked(False),
    "Sortie, fitted": Asked(True, params=FITTED),
    "ArduPilot, fitted": Asked(False, params=FITTED),
    "Sortie as PX4": Asked(True, "px4"),
    "PX4": Asked(False, "px4"),
}
ENGINE: Final[dict[str, float]] = {
    "ICE_ENABLE": 1, "EFI_TYPE": 1, "SERVO9_FUNCTION": 67, "SERVO10_FUNCTION": 69,
}  # fmt: skip
"""Parameters of a plane with an engine that is started and stopped."""
PLANES: Final = {
    "Sortie": Asked(True, kind="quadplane"),
    "ArduPlane": Asked(False, kind="quadplane"),
    "Sortie, with an engine": Asked(True, params=ENGINE, kind="quadplane"),
    "ArduPlane, with an engine": Asked(False, params=ENGINE, kind="quadplane"),
}
_PATIENCE_MS: Final = 1500
_NO_ANSWER: Final = "no answer"
_ZEROS: Final = (0.0,) * 7


@dataclass(frozen=True, slots=True)
class Request:
    """A request of a service: `asks` in words, the message that asks (of the target's system and component), and the
    messages that may answer beside COMMAND_ACK; what comes beside a refusal is a stream."""

    service: str
    asks: str
    question: Callable[[int, int], Message]
    answers: tuple[str, ...] = ()


def command(service: str, name: str, *params: float, answers: tuple[str, ...] = ()) -> Request:
    """MAV_CMD_`name` as COMMAND_LONG."""
    number = int(Cmd[name])
    given = ", ".join(f"{value:g}" for value in params)
    return Request(
        service,
        f"{name} {given}".strip(),
        lambda system, component: m.MAVLink_command_long_message(system, component, number, 0, *(*params, *_ZEROS)[:7]),
        answers,
    )


def _request_of(number: int, system: int, component: int) -> Message:
    return m.MAVLink_command_long_message(system, component, Cmd.REQUEST_MESSAGE, 0, number, *_ZEROS[:6])


def wanted(service: str, *names: str) -> list[Request]:
    """REQUEST_MESSAGE of each."""
    return [Request(service, name, partial(_request_of, id_of(name)), (name,)) for name in names]


def said(service: str, asks: str, question: Callable[[int, int], Message], *answers: str) -> Request:
    """A message that is no command."""
    return Request(service, asks, question, answers)


_CONTROL = "High latency"
REQUESTS: Final[tuple[Request, ...]] = (
    *wanted("Heartbeat and connection", "HEARTBEAT", "AUTOPILOT_VERSION"),
    *(
        said(
            "Mission, fence, rally points",
            f"MISSION_REQUEST_LIST of type {kind}",
            lambda s, c, kind=kind: m.MAVLink_mission_request_list_message(s, c, kind),  # type: ignore[misc]
            "MISSION_COUNT",
            "MISSION_ACK",
        )
        for kind in range(3)
    ),
    *wanted("Mission, fence, rally points", "MISSION_CURRENT", "MISSION_CHECKSUM"),
    said(
        "Parameters",
        "PARAM_REQUEST_READ of index 0",
        lambda s, c: m.MAVLink_param_request_read_message(s, c, b"", 0),
        "PARAM_VALUE",
    ),
    said(
        "Parameters",
        "PARAM_REQUEST_READ of NO_SUCH",
        lambda s, c: m.MAVLink_param_request_read_message(s, c, b"NO_SUCH", -1),
        "PARAM_ERROR",
    ),
    said(
        "Extended parameters",
        "PARAM_EXT_REQUEST_LIST",
        lambda s, c: m.MAVLink_param_ext_request_list_message(s, c),
        "PARAM_EXT_VALUE",
    ),
    Request("Commands", "COMMAND_LONG of 31999", lambda s, c: m.MAVLink_command_long_message(s, c, 31999, 0, *_ZEROS)),
    Request(
        "Commands",
        "COMMAND_INT of 31999",
        lambda s, c: m.MAVLink_command_int_message(s, c, 0, 31999, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    ),
    command("Message intervals, requests", "SET_MESSAGE_INTERVAL", 30, 500000),
    command("Message intervals, requests", "GET_MESSAGE_INTERVAL", 30, answers=("MESSAGE_INTERVAL",)),
    *wanted("Message intervals, requests", "MESSAGE_INTERVAL"),
    *wanted("Manual control", "MANUAL_CONTROL", "RC_CHANNELS"),
    *wanted(
        "Offboard and guided targets", "POSITION_TARGET_LOCAL_NED", "POSITION_TARGET_GLOBAL_INT", "ATTITUDE_TARGET"
    ),
    *wanted("Standard modes", "AVAILABLE_MODES", "CURRENT_MODE", "AVAILABLE_MODES_MONITOR"),
    command("Standard modes", "DO_SET_STANDARD_MODE", 1),
    *wanted("Component metadata", "COMPONENT_METADATA"),
    *wanted("Events", "CURRENT_EVENT_SEQUENCE", "EVENT"),
    *wanted("Home position", "HOME_POSITION", "GPS_GLOBAL_ORIGIN"),
    command("Home position", "GET_HOME_POSITION", answers=("HOME_POSITION",)),
    *wanted("Battery", "BATTERY_STATUS", "SMART_BATTERY_INFO"),
    said(
        "MAVFTP",
        "an unknown opcode",
        lambda s, c: m.MAVLink_file_transfer_protocol_message(0, s, c, [0, 0, 0, 99, *[0] * 247]),
        "FILE_TRANSFER_PROTOCOL",
    ),
    said(
        "Log download",
        "LOG_REQUEST_LIST",
        lambda s, c: m.MAVLink_log_request_list_message(s, c, 0, 0xFFFF),
        "LOG_ENTRY",
    ),
    said(
        "Message signing",
        "SETUP_SIGNING of no key",
        lambda s, c: m.MAVLink_setup_signing_message(s, c, [0] * 32, 0),
        "SETUP_SIGNING",
    ),
    said("Ping", "PING", lambda s, c: m.MAVLink_ping_message(1, 1, 0, 0), "PING"),
    said("Time synchronisation", "TIMESYNC", lambda s, c: m.MAVLink_timesync_message(0, 1), "TIMESYNC"),
    *wanted("Landing target", "LANDING_TARGET"),
    said(
        "Terrain",
        "TERRAIN_CHECK",
        lambda s, c: m.MAVLink_terrain_check_message(-353632610, 1491652299),
        "TERRAIN_REPORT",
    ),
    command("Failure injection", "INJECT_FAILURE", 1, 1),
    *wanted("Traffic (ADSB_VEHICLE, UTM)", "ADSB_VEHICLE", "UTM_GLOBAL_POSITION", "COLLISION"),
    *wanted("Obstacles", "OBSTACLE_DISTANCE", "OBSTACLE_DISTANCE_3D"),
    *wanted("Camera v2, definition file", "CAMERA_INFORMATION", "CAMERA_SETTINGS", "STORAGE_INFORMATION"),
    command("Camera v2, definition file", "REQUEST_CAMERA_INFORMATION", 1),
    command("Camera v2, definition file", "IMAGE_START_CAPTURE", 0, 0, 1),
    command("Camera v2, definition file", "SET_CAMERA_MODE", 0, 0),
    command("Camera v2, definition file", "SET_CAMERA_ZOOM", 2, 50),
    command("Camera v2, definition file", "SET_CAMERA_FOCUS", 2, 50),
    command("Camera v2, definition file", "DO_DIGICAM_CONTROL", 0, 0, 0, 0, 1),
    *wanted("Gimbal v2", "GIMBAL_MANAGER_INFORMATION", "GIMBAL_MANAGER_STATUS", "GIMBAL_DEVICE_ATTITUDE_STATUS"),
    command("Gimbal v2", "DO_GIMBAL_MANAGER_PITCHYAW", 0, 0, 0, 0, 0),
    command("Gimbal v2", "DO_GIMBAL_MANAGER_CONFIGURE", 255, 190),
    command("Gimbal v2", "DO_SET_ROI_NONE"),
    *wanted("Image transmission, video", "VIDEO_STREAM_INFORMATION", "VIDEO_STREAM_STATUS"),
    command("Image transmission, video", "VIDEO_START_CAPTURE", 0, 1),
    command("Image transmission, video", "VIDEO_START_STREAMING", 0),
    said(
        "Image transmission, video",
        "DATA_TRANSMISSION_HANDSHAKE",
        lambda s, c: m.MAVLink_data_transmission_handshake_message(0, 0, 0, 0, 0, 0, 0),
        "DATA_TRANSMISSION_HANDSHAKE",
    ),
    command("Payloads", "DO_GRIPPER", 1, 0),
    command("Payloads", "DO_WINCH", 1, 0, 0, 0),
    *wanted("Payloads", "WINCH_STATUS"),
    command("Payloads", "DO_PARACHUTE", 0),
    command("Payloads", "DO_SPRAYER", 1),
    command("Payloads", "DO_SET_SERVO", 9, 1500),
    command("Payloads", "DO_SET_RELAY", 0, 1),
    command("Payloads", "AIRFRAME_CONFIGURATION", -1, 0),
    command("Payloads", "DO_ENGINE_CONTROL", 1),
    command("Payloads", "DO_AUX_FUNCTION", 85, 2),
    *wanted("Payloads", "GENERATOR_STATUS", "EFI_STATUS", "ESC_STATUS", "ESC_INFO"),
    command("Arm authorization", "ARM_AUTHORIZATION_REQUEST", 1),
    *wanted("Path planning (TRAJECTORY)", "TRAJECTORY_REPRESENTATION_WAYPOINTS", "TRAJECTORY_REPRESENTATION_BEZIER"),
    *wanted(
        "Open Drone ID",
        "OPEN_DRONE_ID_BASIC_ID",
        "OPEN_DRONE_ID_LOCATION",
        "OPEN_DRONE_ID_SYSTEM",
        "OPEN_DRONE_ID_SELF_ID",
        "OPEN_DRONE_ID_OPERATOR_ID",
        "OPEN_DRONE_ID_MESSAGE_PACK",
        "OPEN_DRONE_ID_ARM_STATUS",
    ),
    said("Tunnel", "TUNNEL of type 0", lambda s, c: m.MAVLink_tunnel_message(s, c, 0, 1, [0] * 128), "TUNNEL"),
    *wanted(_CONTROL, "HIGH_LATENCY2"),
    command(_CONTROL, "CONTROL_HIGH_LATENCY", 1),
    command(_CONTROL, "CONTROL_HIGH_LATENCY", 0),
    *wanted("Operator control", "CONTROL_STATUS"),
    command("Operator control", "REQUEST_OPERATOR_CONTROL", 1, 1, 0, 0),
    *wanted("Illuminator", "ILLUMINATOR_STATUS"),
    command("Illuminator", "ILLUMINATOR_ON_OFF", 1),
    command("Illuminator", "DO_ILLUMINATOR_CONFIGURE", 1),
    said("Tunes", "PLAY_TUNE_V2", lambda s, c: m.MAVLink_play_tune_v2_message(s, c, 1, b"CDE"), "SUPPORTED_TUNES"),
    *wanted("Tunes", "SUPPORTED_TUNES"),
    *wanted(
        "State of parts",
        "SYS_STATUS",
        "POWER_STATUS",
        "MEMINFO",
        "HWSTATUS",
        "MCU_STATUS",
        "VIBRATION",
        "EKF_STATUS_REPORT",
        "ESTIMATOR_STATUS",
        "AHRS",
        "AHRS2",
        "SIMSTATE",
        "SIM_STATE",
        "RAW_IMU",
        "SCALED_IMU",
        "SCALED_IMU2",
        "SCALED_IMU3",
        "HIGHRES_IMU",
        "SCALED_PRESSURE",
        "SCALED_PRESSURE2",
        "RAW_PRESSURE",
        "RPM",
        "WIND",
        "WIND_COV",
        "DISTANCE_SENSOR",
        "RANGEFINDER",
        "BUTTON_CHANGE",
        "TIME_ESTIMATE_TO_TARGET",
        "CELLULAR_STATUS",
        "ONBOARD_COMPUTER_STATUS",
    ),
    said(
        "Console",
        "SERIAL_CONTROL",
        lambda s, c: m.MAVLink_serial_control_message(10, m.SERIAL_CONTROL_FLAG_RESPOND, 0, 0, 1, [10] + [0] * 69),
        "SERIAL_CONTROL",
    ),
    command("Calibration", "PREFLIGHT_CALIBRATION", 0, 0, 0, 1),
    command("Calibration", "DO_START_MAG_CAL", 1, 0, 1, 0, 0, answers=("MAG_CAL_PROGRESS",)),
    command("Calibration", "DO_ACCEPT_MAG_CAL", 1),
    command("Calibration", "DO_CANCEL_MAG_CAL", 1),
    command("Calibration", "ACCELCAL_VEHICLE_POS", 1),
    *wanted("Follow", "FOLLOW_TARGET"),
    command("Follow", "DO_FOLLOW", 1),
)
PLANE_REQUESTS: Final[tuple[Request, ...]] = (
    command("Payloads", "DO_ENGINE_CONTROL", 0),
    command("Payloads", "DO_ENGINE_CONTROL", 1),
    command("Payloads", "DO_ENGINE_CONTROL", 1, 0, 15),
    *wanted("Payloads", "EFI_STATUS"),
    command("Commands", "DO_VTOL_TRANSITION", 4),
)
"""What no copter has, or not with an engine."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the page, between two marks that have its name."""

    name: str
    columns: Mapping[str, Asked]
    requests: tuple[Request, ...]

    @property
    def marks(self) -> tuple[str, str]:
        """Where it begins and ends."""
        return f"<!-- {self.name} asked -->", f"<!-- end of {self.name} asked -->"

    def told(self, text: str) -> dict[tuple[str, str], list[str]]:
        """Cells in the page's text, by service and request."""
        begin, end = self.marks
        lines = text.partition(begin)[2].partition(end)[0].strip().splitlines()[2:]  # below the head
        rows = [line.removeprefix("| ").removesuffix(" |").split(" | ") for line in lines]
        return {(row[0], row[1]): row[2:] for row in rows}

    def ask(self, binaries: Mapping[str, str]) -> str:
        """The whole table, each vehicle asked now."""
        cells = [ask(asked, self.requests, binaries[asked.firmware]) for asked in self.columns.values()]
        rows = zip(self.requests, *cells, strict=True)
        lines = ((request.service, request.asks, *answered) for request, *answered in rows)
        return "\n".join(table(("Service", "Request", *self.columns), lines))


TABLES: Final = {"copters": Table("copters", COLUMNS, REQUESTS), "planes": Table("planes", PLANES, PLANE_REQUESTS)}


class Answers:
    """Answers of a vehicle, by request in its order."""

    def __init__(self, requests: Sequence[Request]) -> None:
        self.cells: list[str] = []
        self.cases = [
            ConformityCase(
                request.asks, request.service, Obligation.SHOULD, "services/", request.asks, self._run(request)
            )
            for request in requests
        ]

    def _run(self, request: Request) -> Callable[[Exchange], Steps]:
        def run(x: Exchange) -> Steps:
            question = request.question(*x.ids)
            number = getattr(question, "command", None)
            x.send(question)
            heard = yield from x.collect(
                ("COMMAND_ACK", *request.answers),
                _PATIENCE_MS,
                lambda message: message.get_type() != "COMMAND_ACK" or message.command == number,
            )
            acks = [one.message for one in heard if one.message.get_type() == "COMMAND_ACK"]
            refused = [ack for ack in acks if ack.result not in (Result.ACCEPTED, Result.IN_PROGRESS)]
            names = dict.fromkeys(_named(message) for message in refused or [one.message for one in heard])
            self.cells.append(
                ", ".join(sorted(names, key=lambda name: name.split("_")[0] not in _RESULTS)) or _NO_ANSWER
            )

        return run


_RESULTS: Final = {name.split("_")[0] for name in Result.__members__}


def _named(message: Message) -> str:
    return Result(message.result).name if message.get_type() == "COMMAND_ACK" else str(message.get_type())


def ask(asked: Asked, requests: Sequence[Request], binary: str = "") -> list[str]:
    """Cells of our vehicle, or of the one that `binary` is."""
    answers = Answers(requests)
    examination = Examination(answers.cases, ExaminationSettings(_PATIENCE_MS, may_fly=True))
    if asked.ours:
        spec = spec_of(
            f"sim:{asked.kind}",
            "the services",
            home=None,
            seed=0,
            params=asked.params,
            faults=(),
            radio=None,
            terrain=None,
            firmware=asked.firmware,
        )
        judge_simulated(spec, examination)
        return answers.cells
    with tempfile.TemporaryDirectory() as folder:
        child = LAUNCHERS[asked.firmware](asked.kind, binary, DEFAULT_HOME, 1.0, Path(folder), asked.params)
        try:
            judge_link(child.address, examination, radio=None, seed=0)
        finally:
            child.stop()
    return answers.cells


def main(name: str, ardupilot: str, px4: str = "") -> None:
    """Ask each vehicle of a table and write it into the page."""
    table = TABLES[name]
    begin, end = table.marks
    head, _, rest = PAGE.read_text(encoding="utf-8").partition(begin)
    written = table.ask({"ardupilot": ardupilot, "px4": px4})
    PAGE.write_text(f"{head}{begin}\n\n{written}\n{end}{rest.partition(end)[2]}", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:4])
