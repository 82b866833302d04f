"""The whole program, in virtual time: what must be streamed unasked, and what must be answered, row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from autopilot.modes.mode import Mode
from autopilot.vehicles.mode_table import ModeSpec
from mavlink_bridge.wire.codec import dialect as m
from sortie.api.link import SessionLink
from sortie.api.session import Session
from tests.fakes.station_plan import HOME

REFUSED = (m.MAV_RESULT_UNSUPPORTED, m.MAV_RESULT_FAILED)
ACCEPTED = (m.MAV_RESULT_ACCEPTED,)
SECONDS = 10


@pytest.fixture(scope="module", params=["copter", "rover"])
def session(request: pytest.FixtureRequest) -> Iterator[Session]:
    with Session(f"sim:{request.param}", home=HOME, params={"FENCE_ENABLE": 1}) as made:
        made.wait_armable()
        yield made


@pytest.fixture(scope="module")
def minute(session: Session) -> list[Any]:
    """Ten seconds of a link on which nothing was asked for."""
    link = session.connect()
    link.messages()
    session.run_for(SECONDS)
    heard = link.messages()
    link.close()
    return heard


def last(heard: list[Any], name: str) -> Any:
    return [message for message in heard if message.get_type() == name][-1]


#: message: lowest rate in Hz unasked, and what its content must be (`copter` says which vehicle).
STREAMED: dict[str, tuple[float, Callable[[Any, bool], bool]]] = {
    "HEARTBEAT": (1, lambda x, copter: (x.type, x.autopilot) == ((2, 3) if copter else (10, 3)) and x.base_mode & 1),
    "SYS_STATUS": (1, lambda x, copter: x.voltage_battery > 10000 and x.onboard_control_sensors_health & 1 << 28),
    "GPS_RAW_INT": (1, lambda x, copter: x.fix_type == 3 and x.satellites_visible >= 10 and 0 < x.eph < 200),
    "GLOBAL_POSITION_INT": (2, lambda x, copter: abs(x.alt - 584000) < 3000 and abs(x.relative_alt) < 3000),
    "ATTITUDE": (2, lambda x, copter: abs(x.roll) < 0.1 and abs(x.pitch) < 0.1),
    "VFR_HUD": (2, lambda x, copter: abs(x.alt - 584) < 3 and 0 <= x.heading <= 359),
    "MISSION_CURRENT": (1, lambda x, copter: x.seq == 0 and x.mission_state == 1),
    "HOME_POSITION": (0.1, lambda x, copter: x.latitude != 0 and abs(x.altitude - 584000) < 3000),
    "EXTENDED_SYS_STATE": (0.1, lambda x, copter: (x.vtol_state, x.landed_state) == ((3, 1) if copter else (0, 0))),
    "BATTERY_STATUS": (1, lambda x, copter: x.id == 0 and x.voltages[0] > 10000 and x.voltages[1] == 65535),
    "EKF_STATUS_REPORT": (1, lambda x, copter: x.flags & 831 == 831 and x.velocity_variance < 0.5),
    "AHRS": (1, lambda x, copter: True),
    "NAV_CONTROLLER_OUTPUT": (1, lambda x, copter: -180 <= x.nav_bearing <= 360),
    "SYSTEM_TIME": (1, lambda x, copter: x.time_unix_usec > 1.7e15),
    "RAW_IMU": (1, lambda x, copter: -1100 < x.zacc < -900),
    "SCALED_PRESSURE": (1, lambda x, copter: 900 < x.press_abs < 1000),
    "VIBRATION": (1, lambda x, copter: x.vibration_x < 30),
    "RC_CHANNELS": (1, lambda x, copter: x.rssi == 255),
    "SERVO_OUTPUT_RAW": (1, lambda x, copter: x.servo1_raw >= 0),
    "LOCAL_POSITION_NED": (1, lambda x, copter: abs(x.x) < 5 and abs(x.z) < 5),
    "FENCE_STATUS": (1, lambda x, copter: x.breach_status == 0),
}


@pytest.mark.parametrize("name", STREAMED)
def test_it_is_streamed_unasked(session: Session, minute: list[Any], name: str) -> None:
    """Rate and content of each message that ground stations need."""
    lowest, good = STREAMED[name]
    heard = [message for message in minute if message.get_type() == name]
    assert len(heard) >= lowest * SECONDS
    assert good(heard[-1], session.autopilot.facts.vehicle_class.name == "copter"), heard[-1]


class Asker:
    """A ground station with an identity of its own."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.link: SessionLink = session.connect(system=250, component=17)
        self.link.messages()

    def ask(self, message: Any, seconds: float = 0.1) -> list[Any]:
        """What comes back at once (0.1 s of vehicle time), of all that is no stream."""
        self.link.messages()
        self.link.send(message)
        at_once = self.link.messages()
        self.session.run_for(seconds)
        return [*at_once, *self.link.messages()]


@pytest.fixture
def asker(session: Session) -> Iterator[Asker]:
    made = Asker(session)
    yield made
    made.link.close()


def long(number: int, *parameters: float) -> Any:
    return m.MAVLink_command_long_message(1, 1, number, 0, *parameters, *[0.0] * (7 - len(parameters)))


#: request: results that are right, the message that must follow its acknowledgement.
COMMANDS: dict[str, tuple[Any, tuple[int, ...], str | None]] = {
    "512 AUTOPILOT_VERSION": (long(512, 148), ACCEPTED, "AUTOPILOT_VERSION"),
    "520": (long(520, 1), ACCEPTED, "AUTOPILOT_VERSION"),
    "512 COMPONENT_METADATA": (long(512, 397), ACCEPTED, "COMPONENT_METADATA"),
    "512 COMPONENT_INFORMATION": (long(512, 395), REFUSED, None),
    "512 GIMBAL_MANAGER_INFORMATION": (long(512, 280), REFUSED, None),
    "512 CAMERA_INFORMATION": (long(512, 259), REFUSED, None),
    "512 VIDEO_STREAM_INFORMATION": (long(512, 269), REFUSED, None),
    "521": (long(521), REFUSED, None),
    "512 HOME_POSITION": (long(512, 242), ACCEPTED, "HOME_POSITION"),
    "410": (long(410), ACCEPTED, "HOME_POSITION"),
    "512 MESSAGE_INTERVAL": (long(512, 244, 33), ACCEPTED, "MESSAGE_INTERVAL"),
    "510": (long(510, 33), ACCEPTED, "MESSAGE_INTERVAL"),
    "511": (long(511, 245, 1e6), ACCEPTED, "EXTENDED_SYS_STATE"),
    "511 unknown": (long(511, 60123, 1e6), (m.MAV_RESULT_DENIED,), None),
    "519": (long(519, 1), (m.MAV_RESULT_UNSUPPORTED,), None),
    "512 PROTOCOL_VERSION": (long(512, 300), REFUSED, None),
    "42428": (long(42428), ACCEPTED, "STATUSTEXT"),
    "401": (long(401), ACCEPTED, None),
    "unknown": (long(31999), (m.MAV_RESULT_UNSUPPORTED,), None),
}


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("as_int", [False, True], ids=["LONG", "INT"])
def test_a_command_is_answered(asker: Asker, name: str, as_int: bool) -> None:
    """One acknowledgement, to the asker, before the message, but for MESSAGE_INTERVAL, which ArduPilot sends first;
    COMMAND_LONG and COMMAND_INT alike."""
    request, results, follows = COMMANDS[name]
    if as_int:
        request = m.MAVLink_command_int_message(
            1, 1, 0, request.command, 0, 0, request.param1, request.param2, request.param3, request.param4, 0, 0, 0
        )
    heard = asker.ask(request, 1.2 if name == "511" else 0.1)
    answers = [message for message in heard if message.get_type() == "COMMAND_ACK"]
    assert [(one.command, one.target_system, one.target_component) for one in answers] == [(request.command, 250, 17)]
    assert answers[0].result in results
    at = heard.index(answers[0])
    if follows is not None:
        told = heard[:at] if follows == "MESSAGE_INTERVAL" else heard[at:]
        assert follows in [message.get_type() for message in told]


def test_the_modes_are_listed_one_by_one(asker: Asker) -> None:
    """512 for AVAILABLE_MODES: each index gives a mode that can be flown, 0 all of them, one too many is refused."""
    flown = [spec.number for spec in asker.session.autopilot.modes.available()]
    listed = []
    for index in range(1, len(flown) + 1):
        heard = asker.ask(long(512, 435, index))
        assert last(heard, "COMMAND_ACK").result == m.MAV_RESULT_ACCEPTED
        mode = last(heard, "AVAILABLE_MODES")
        assert (mode.number_modes, mode.mode_index) == (len(flown), index)
        assert mode.mode_name
        listed.append(mode.custom_mode)
    assert listed == flown
    every = [one.custom_mode for one in asker.ask(long(512, 435, 0)) if one.get_type() == "AVAILABLE_MODES"]
    assert every == flown
    assert last(asker.ask(long(512, 435, len(flown) + 1)), "COMMAND_ACK").result == m.MAV_RESULT_FAILED


def test_the_present_mode_is_told_on_request(asker: Asker) -> None:
    """512 for CURRENT_MODE."""
    mode = last(asker.ask(long(512, 436)), "CURRENT_MODE")
    assert mode.custom_mode == mode.intended_custom_mode == asker.session.autopilot.modes.number


def test_another_mode_is_noticed_by_the_monitor() -> None:
    """AVAILABLE_MODES_MONITOR every 5 s: its number changes with a mode of one's own, which then is listed."""
    with Session(home=HOME) as session:
        link = session.connect()
        before = link.receive("AVAILABLE_MODES_MONITOR").seq
        session.add_mode(ModeSpec(200, "OWN"), Mode)
        link.messages()
        assert link.receive("AVAILABLE_MODES_MONITOR").seq != before
        link.send(long(512, 435, 0))
        assert [one.mode_name for one in link.messages("AVAILABLE_MODES")][-1] == "OWN"


#: request, the message that answers it (None: nothing but streams), and what that must be.
MESSAGES: dict[str, tuple[Any, str | None, Callable[[Any], bool]]] = {
    "183": (m.MAVLink_autopilot_version_request_message(1, 1), "AUTOPILOT_VERSION", lambda x: x.capabilities > 0),
    "21": (m.MAVLink_param_request_list_message(1, 1), "PARAM_VALUE", lambda x: x.param_count > 300),
    "20": (
        m.MAVLink_param_request_read_message(1, 1, b"SYSID_THISMAV", -1),
        "PARAM_VALUE",
        lambda x: (x.param_id, x.param_value, x.param_index) == ("SYSID_THISMAV", 1.0, 65535),
    ),
    "23": (
        m.MAVLink_param_set_message(1, 1, b"SYSID_MYGCS", 254.0, 4),
        "PARAM_VALUE",
        lambda x: (x.param_id, x.param_value, x.param_index) == ("SYSID_MYGCS", 254.0, 65535),
    ),
    "43 mission": (m.MAVLink_mission_request_list_message(1, 1, 0), "MISSION_COUNT", lambda x: x.count == 0),
    "43 fence": (m.MAVLink_mission_request_list_message(1, 1, 1), "MISSION_COUNT", lambda x: x.mission_type == 1),
    "43 rally": (m.MAVLink_mission_request_list_message(1, 1, 2), "MISSION_COUNT", lambda x: x.mission_type == 2),
    "111": (m.MAVLink_timesync_message(0, 77), "TIMESYNC", lambda x: x.ts1 == 77 and x.tc1 > 0),
    "4": (m.MAVLink_ping_message(0, 5, 0, 0), "PING", lambda x: (x.seq, x.target_system) == (5, 250)),
    "117": (m.MAVLink_log_request_list_message(1, 1, 0, 65535), "LOG_ENTRY", lambda x: x.num_logs == 0),
    "119": (m.MAVLink_log_request_data_message(1, 1, 0, 0, 90), "LOG_DATA", lambda x: x.count == 0),
    "0": (m.MAVLink_heartbeat_message(6, 8, 0, 0, 4, 3), None, lambda x: True),
    "2": (m.MAVLink_system_time_message(1, 1), None, lambda x: True),
    "253": (m.MAVLink_statustext_message(6, b"hello"), None, lambda x: True),
    "69": (m.MAVLink_manual_control_message(1, 0, 0, 500, 0, 0), None, lambda x: True),
    "70": (m.MAVLink_rc_channels_override_message(1, 1, 0, 0, 0, 0, 0, 0, 0, 0), None, lambda x: True),
}
ANSWERS = {name for _, name, _ in MESSAGES.values() if name} | {"COMMAND_ACK", "MISSION_ACK", "STATUSTEXT"}


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_is_answered(asker: Asker, name: str) -> None:
    """By its answer, or by nothing at all."""
    request, expected, good = MESSAGES[name]
    heard = [message for message in asker.ask(request) if message.get_type() in ANSWERS]
    if expected is None:
        assert not heard
    else:
        assert good(next(message for message in heard if message.get_type() == expected))


def test_a_target_that_is_not_us_hears_nothing(asker: Asker) -> None:
    """Another system's request is not answered; system 0 and component 0 are us."""
    for system, component, answers in ((9, 1, 0), (0, 0, 1), (1, 0, 1), (1, 1, 1)):
        heard = asker.ask(m.MAVLink_command_long_message(system, component, 512, 0, 148, 0, 0, 0, 0, 0, 0))
        assert len([one for one in heard if one.get_type() == "COMMAND_ACK"]) == answers, (system, component)


def test_only_component_1_speaks(session: Session) -> None:
    """Every frame is ours and of component 1: a further component would start camera and gimbal probes."""
    link = session.connect()
    session.run_for(5.0)
    assert {(one.get_srcSystem(), one.get_srcComponent()) for one in link.messages()} == {(1, 1)}
    link.close()


def test_a_name_of_full_length_has_no_nul(session: Session, asker: Asker) -> None:
    """16 characters of a parameter's name fill the field."""
    name = next(name for name in session.service.parameters.names() if len(name) == 16)
    asker.link.write(b"")
    asker.link.read()
    asker.link.send(m.MAVLink_param_request_read_message(1, 1, name.encode(), -1))
    assert name.encode() in asker.link.read()
    heard = asker.ask(m.MAVLink_param_request_read_message(1, 1, name.encode(), -1))
    assert last(heard, "PARAM_VALUE").param_id == name
