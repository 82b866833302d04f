"""Messages by request and at an interval, and what common ones tell: modes, home, battery, high latency, Remote ID."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Final

from autopilot.mav import Cmd, DataStream, Frame, ModeFlag, ModeProperty, Result, StandardMode
from mavlink_bridge.routing.service import Message
from mavlink_bridge.wire.codec import dialect, id_of
from sortie.conform.case import Chapter, NotApplicableError, Obligation, Steps, Waiting
from sortie.conform.exchange import Exchange
from sortie.conform.facts import sends

request = Chapter("request-message", "messages/common.html#MAV_CMD_REQUEST_MESSAGE")
interval = Chapter("message-interval", "messages/common.html#MAV_CMD_SET_MESSAGE_INTERVAL")
modes = Chapter("standard-modes", "services/standard_modes.html")
telemetry = Chapter("telemetry", "messages/common.html")
home = Chapter("home", "messages/common.html#HOME_POSITION")
battery = Chapter("battery", "services/battery.html")
latency = Chapter("high-latency", "services/high_latency.html")
remote_id = Chapter("remote-id", "services/opendroneid.html", (sends("OPEN_DRONE_ID_LOCATION"),))
CHAPTERS: Final = (request, interval, modes, telemetry, home, battery, latency, remote_id)

_ASKED: Final = (
    "ATTITUDE", "ATTITUDE_QUATERNION", "AVAILABLE_MODES", "BATTERY_STATUS", "COMPONENT_METADATA", "CURRENT_MODE",
    "EKF_STATUS_REPORT", "ESTIMATOR_STATUS", "EXTENDED_SYS_STATE", "GLOBAL_POSITION_INT", "GPS_GLOBAL_ORIGIN",
    "GPS_RAW_INT", "HOME_POSITION", "LOCAL_POSITION_NED", "MISSION_CURRENT", "POWER_STATUS", "RAW_IMU", "RC_CHANNELS",
    "SCALED_PRESSURE", "SERVO_OUTPUT_RAW", "SYS_STATUS", "SYSTEM_TIME", "VFR_HUD", "VIBRATION", "WIND_COV",
)  # fmt: skip


def _kept_word(name: str, x: Exchange) -> Steps:
    yield from x.request(name)


for _message in _ASKED:
    request.add(
        Obligation.MUST,
        _message.lower().replace("_", "-"),
        f"{_message} is refused, or comes when it was accepted",
        partial(_kept_word, _message),
    )


@request.must(
    "interval", "MESSAGE_INTERVAL is had by its number and that of the message", "messages/common.html#MESSAGE_INTERVAL"
)
def _interval_message(x: Exchange) -> Steps:
    told = yield from _told_interval(x, "ATTITUDE")
    x.check(told.message_id == id_of("ATTITUDE"), f"that of ATTITUDE, {told.message_id} came")


def _told_interval(x: Exchange, name: str) -> Waiting[Message]:
    number = id_of(name)
    question = x.long(Cmd.REQUEST_MESSAGE, id_of("MESSAGE_INTERVAL"), number)
    for asked in (question, x.long(Cmd.GET_MESSAGE_INTERVAL, number)):
        x.send(asked)
        told = yield from x.hear("MESSAGE_INTERVAL", lambda told: told.message_id == number)
        if told is not None:
            return told
    x.fail(f"no MESSAGE_INTERVAL of {name}")


# --- intervals --------------------------------------------------------------------------------------------------------
def _borrow(x: Exchange, name: str) -> Steps:
    """Put the interval back that holds now."""
    told = yield from _told_interval(x, name)
    x.undo(f"interval of {name}", _interval_back(x, name, told.interval_us or -1))


def _interval_back(x: Exchange, name: str, interval_us: int) -> Steps:
    yield from x.accepted(x.long(Cmd.SET_MESSAGE_INTERVAL, id_of(name), interval_us))


def _set_interval(x: Exchange, name: str, interval_us: int) -> Steps:
    yield from x.accepted(x.long(Cmd.SET_MESSAGE_INTERVAL, id_of(name), interval_us))
    yield from x.wait(700)


def _rate(name: str, hertz: int, x: Exchange) -> Steps:
    yield from _borrow(x, name)
    yield from _set_interval(x, name, 1_000_000 // hertz)
    came = yield from x.collect(name, 3000)
    least, most = 0.7 * 3 * hertz - 1, 1.35 * 3 * hertz + 1
    x.check(least <= len(came) <= most or (x.tries > 1 and bool(came)), f"about {3 * hertz} in 3 s, {len(came)} came")


for _name, _hertz in (
    ("ATTITUDE", 2),
    ("ATTITUDE", 5),
    ("ATTITUDE", 20),
    ("GLOBAL_POSITION_INT", 2),
    ("GLOBAL_POSITION_INT", 10),
    ("VFR_HUD", 4),
    ("SYS_STATUS", 1),
):
    interval.add(
        Obligation.MUST,
        f"{_name.lower().replace('_', '-')}.{_hertz}-hz",
        f"{_name} comes {_hertz} times a second once that was set",
        partial(_rate, _name, _hertz),
    )


@interval.must("off", "an interval of -1 ends a message")
def _off(x: Exchange) -> Steps:
    yield from _borrow(x, "ATTITUDE")
    yield from _set_interval(x, "ATTITUDE", -1)
    yield from x.silent("ATTITUDE", what="a message that is off does not come", for_ms=2500)


@interval.must("default", "an interval of 0 is the default again")
def _default(x: Exchange) -> Steps:
    yield from _borrow(x, "HEARTBEAT")
    yield from x.accepted(x.long(Cmd.SET_MESSAGE_INTERVAL, id_of("HEARTBEAT"), 0))
    yield from x.expect("HEARTBEAT", within_ms=3500)


@interval.must("told", "an interval that was set is told in MESSAGE_INTERVAL", "messages/common.html#MESSAGE_INTERVAL")
def _told(x: Exchange) -> Steps:
    yield from _borrow(x, "ATTITUDE")
    yield from _set_interval(x, "ATTITUDE", 250_000)
    told = yield from _told_interval(x, "ATTITUDE")
    x.check(abs(told.interval_us - 250_000) <= 25_000, f"250000 us, {told.interval_us} came")


@interval.must("off-told", "a message that is off is told as -1", "messages/common.html#MESSAGE_INTERVAL")
def _off_told(x: Exchange) -> Steps:
    yield from _borrow(x, "ATTITUDE")
    yield from _set_interval(x, "ATTITUDE", -1)
    told = yield from _told_interval(x, "ATTITUDE")
    x.check(told.interval_us == -1, f"-1, {told.interval_us} came")


@interval.must("others-stay", "setting one message leaves the others")
def _others_stay(x: Exchange) -> Steps:
    yield from _borrow(x, "ATTITUDE")
    yield from _borrow(x, "VFR_HUD")
    yield from _set_interval(x, "VFR_HUD", 250_000)
    yield from _set_interval(x, "ATTITUDE", -1)
    came = yield from x.collect("VFR_HUD", 2000)
    x.check(len(came) >= 4, f"about 8 VFR_HUD in 2 s, {len(came)} came")


@interval.must("unknown-told", "a message that is not sent is told as 0 or -1", "messages/common.html#MESSAGE_INTERVAL")
def _unknown_told(x: Exchange) -> Steps:
    question = x.long(Cmd.REQUEST_MESSAGE, id_of("MESSAGE_INTERVAL"), id_of("PARAM_SET"))
    x.send(question)
    told = yield from x.hear(("MESSAGE_INTERVAL", "COMMAND_ACK"), lambda said: said.get_type() == "MESSAGE_INTERVAL")
    x.check(told is None or told.interval_us <= 0, "0 or -1 for what is never sent")


@interval.qgc(
    "data-stream",
    "REQUEST_DATA_STREAM begins the messages of a group",
    will="it changes rates that cannot be read back",
)
def _data_stream(x: Exchange) -> Steps:
    system, component = x.ids
    x.send(dialect.MAVLink_request_data_stream_message(system, component, DataStream.EXTRA1, 5, 1))
    yield from x.wait(500)
    came = yield from x.collect("ATTITUDE", 2000)
    x.check(6 <= len(came) <= 14, f"about 10 in 2 s, {len(came)} came")


# --- modes ------------------------------------------------------------------------------------------------------------
def _all_modes(x: Exchange) -> Waiting[list[Message]]:
    x.send(x.long(Cmd.REQUEST_MESSAGE, id_of("AVAILABLE_MODES"), 0))
    came = [heard.message for heard in (yield from x.collect("AVAILABLE_MODES", 2500))]
    if not came:
        raise NotApplicableError("it has no AVAILABLE_MODES")
    return came


_ALL: Final = "#getting-all-available-modes"


@modes.must("all", "all modes come for index 0, each once", _ALL)
def _modes_all(x: Exchange) -> Steps:
    came = yield from _all_modes(x)
    indices = [mode.mode_index for mode in came]
    x.check(
        sorted(indices) == list(range(1, came[0].number_modes + 1)) or x.tries > 1,
        f"1 to {came[0].number_modes}, {indices} came",
    )


@modes.must("single", "a mode comes for its index", _ALL)
def _modes_single(x: Exchange) -> Steps:
    came = yield from _all_modes(x)
    wanted = came[-1]
    x.send(x.long(Cmd.REQUEST_MESSAGE, id_of("AVAILABLE_MODES"), wanted.mode_index))
    again = yield from x.expect("AVAILABLE_MODES")
    x.check(
        (again.mode_index, again.custom_mode) == (wanted.mode_index, wanted.custom_mode), f"mode {wanted.mode_index}"
    )


@modes.must("names", "a mode that people may choose, and that is no standard one, has a name of its own", _ALL)
def _modes_named(x: Exchange) -> Steps:
    came = yield from _all_modes(x)
    chosen = [mode for mode in came if not mode.properties & ModeProperty.NOT_USER_SELECTABLE]
    own = [mode.mode_name for mode in chosen if mode.standard_mode == StandardMode.NON_STANDARD]
    x.check(all(own) and len(set(own)) == len(own), f"names, {own} came")


@modes.must("numbers", "no two modes have one custom_mode", _ALL)
def _modes_numbers(x: Exchange) -> Steps:
    numbers = [mode.custom_mode for mode in (yield from _all_modes(x))]
    x.check(len(set(numbers)) == len(numbers), f"a number for each, {numbers} came")


@modes.must("current-is-listed", "the mode that HEARTBEAT shows is among them", _ALL)
def _current_listed(x: Exchange) -> Steps:
    came = yield from _all_modes(x)
    beat = yield from x.expect("HEARTBEAT", within_ms=3500)
    x.check(
        beat.custom_mode in {mode.custom_mode for mode in came}, f"custom_mode {beat.custom_mode}, it is not listed"
    )


@modes.must("past-end", "an index that there is not brings no mode", _ALL)
def _modes_past(x: Exchange) -> Steps:
    yield from _all_modes(x)
    x.send(x.long(Cmd.REQUEST_MESSAGE, id_of("AVAILABLE_MODES"), 250))
    yield from x.silent("AVAILABLE_MODES")


@modes.must("current", "CURRENT_MODE shows the mode of HEARTBEAT", "#getting-current-active-mode")
def _current_mode(x: Exchange) -> Steps:
    current = yield from x.available("CURRENT_MODE")
    beat = yield from x.expect("HEARTBEAT", within_ms=3500)
    x.check(current.custom_mode == beat.custom_mode, f"custom_mode {beat.custom_mode}, {current.custom_mode} came")


@modes.must(
    "set", "a mode that is accepted is shown in HEARTBEAT", "#setting-modes", will="it changes its mode while disarmed"
)
def _mode_set(x: Exchange) -> Steps:
    came = yield from _all_modes(x)
    before = yield from x.expect("HEARTBEAT", within_ms=3500)
    main_sub = x.target.firmware.mode_params
    x.undo("mode", _mode_back(x, before.custom_mode))
    for mode in came:
        if mode.custom_mode != before.custom_mode and not mode.properties & ModeProperty.NOT_USER_SELECTABLE:
            ack = yield from x.command(
                x.long(Cmd.DO_SET_MODE, ModeFlag.CUSTOM_MODE_ENABLED, *main_sub(mode.custom_mode)[:2])
            )
            if ack.result == Result.ACCEPTED:
                yield from x.expect("HEARTBEAT", _shows(mode.custom_mode), within_ms=5000)
                return
    raise NotApplicableError("it takes no other mode here")


def _shows(custom_mode: int) -> Callable[[Message], bool]:
    return lambda beat: bool(beat.custom_mode == custom_mode)


def _mode_back(x: Exchange, custom_mode: int) -> Steps:
    params = x.target.firmware.mode_params(custom_mode)[:2]
    yield from x.accepted(x.long(Cmd.DO_SET_MODE, ModeFlag.CUSTOM_MODE_ENABLED, *params))


# --- what common messages tell ----------------------------------------------------------------------------------------
@telemetry.must("boot-time", "time_boot_ms goes on", "messages/common.html#ATTITUDE")
def _boot_time(x: Exchange) -> Steps:
    yield from _borrow(x, "ATTITUDE")
    yield from _set_interval(x, "ATTITUDE", 200_000)
    times = [heard.message.time_boot_ms for heard in (yield from x.collect("ATTITUDE", 2500))]
    x.check(len(times) > 3 and all(after > before for before, after in pairwise(times)), f"rising times, {times} came")


@telemetry.must("attitude", "angles of ATTITUDE are radians from -pi to pi", "messages/common.html#ATTITUDE")
def _attitude(x: Exchange) -> Steps:
    told = yield from x.available("ATTITUDE")
    x.check(
        all(abs(angle) <= 3.1416 for angle in (told.roll, told.pitch, told.yaw)),
        f"radians, {told.roll} {told.pitch} {told.yaw} came",
    )


@telemetry.must(
    "position",
    "a position is degrees E7 on earth, its heading 0 to 35999 or 65535",
    "messages/common.html#GLOBAL_POSITION_INT",
)
def _position(x: Exchange) -> Steps:
    told = yield from x.available("GLOBAL_POSITION_INT")
    x.check(abs(told.lat) <= 900_000_000 and abs(told.lon) <= 1_800_000_000, f"degrees E7, {told.lat} {told.lon} came")
    x.check(told.hdg <= 35_999 or told.hdg == 65_535, f"centidegrees, {told.hdg} came")


@telemetry.must(
    "gps", "a fix is a value of GPS_FIX_TYPE, what is unknown 65535 or 255", "messages/common.html#GPS_RAW_INT"
)
def _gps(x: Exchange) -> Steps:
    told = yield from x.available("GPS_RAW_INT")
    x.check(told.fix_type in dialect.enums["GPS_FIX_TYPE"], f"a GPS_FIX_TYPE, {told.fix_type} came")
    x.check(told.cog <= 35_999 or told.cog == 65_535, f"a course in centidegrees or 65535, {told.cog} came")


@telemetry.must("sensors", "what is healthy or enabled is present", "messages/common.html#SYS_STATUS")
def _sensors(x: Exchange) -> Steps:
    told = yield from x.available("SYS_STATUS")
    absent = told.onboard_control_sensors_enabled & ~told.onboard_control_sensors_present
    x.check(absent == 0, f"enabled sensors that are present, {absent:#x} are not")


@telemetry.must("landed", "a vehicle that stands disarmed is not in the air", "messages/common.html#MAV_LANDED_STATE")
def _landed(x: Exchange) -> Steps:
    told = yield from x.available("EXTENDED_SYS_STATE")
    x.check(x.found.armed or told.landed_state != dialect.MAV_LANDED_STATE_IN_AIR, "ON_GROUND, IN_AIR came")


@telemetry.must("texts", "a STATUSTEXT has a severity of MAV_SEVERITY", "messages/common.html#STATUSTEXT")
def _texts(x: Exchange) -> Steps:
    x.send(x.long(Cmd.DO_SEND_BANNER))
    texts = yield from x.collect("STATUSTEXT", 1500)
    if not texts:
        raise NotApplicableError("it says nothing")
    x.check(all(heard.message.severity in dialect.enums["MAV_SEVERITY"] for heard in texts), "a MAV_SEVERITY")


# --- home -------------------------------------------------------------------------------------------------------------
@home.qgc("told", "HOME_POSITION is had by request once there is one", "messages/common.html#HOME_POSITION")
def _home_told(x: Exchange) -> Steps:
    told = yield from x.available("HOME_POSITION")
    x.check(abs(told.latitude) <= 900_000_000 and abs(told.longitude) <= 1_800_000_000, "degrees E7")


@home.must(
    "by-410",
    "GET_HOME_POSITION is answered, with HOME_POSITION when it is accepted",
    "messages/common.html#MAV_CMD_GET_HOME_POSITION",
)
def _home_asked(x: Exchange) -> Steps:
    ack = yield from x.command(x.long(Cmd.GET_HOME_POSITION))
    if ack.result == Result.ACCEPTED:
        yield from x.expect("HOME_POSITION")


_MOVED: Final = "it moves its home by 10 m and back"


@home.must("set", "a home that is set is told", "messages/common.html#HOME_POSITION", will=_MOVED)
def _home_set(x: Exchange) -> Steps:
    old = yield from x.available("HOME_POSITION")
    x.undo("home", _home_at(x, old.latitude, old.longitude, old.altitude / 1000.0))
    yield from _home_at(x, old.latitude + 900, old.longitude, old.altitude / 1000.0)
    told = yield from x.requested("HOME_POSITION")
    x.check(abs(told.latitude - old.latitude - 900) <= 2, f"{old.latitude + 900}, {told.latitude} came")


@home.must("broadcast", "a home that is set is broadcast", "messages/common.html#HOME_POSITION", will=_MOVED)
def _home_broadcast(x: Exchange) -> Steps:
    old = yield from x.available("HOME_POSITION")
    x.undo("home", _home_at(x, old.latitude, old.longitude, old.altitude / 1000.0))
    x.send(
        x.whole(
            Cmd.DO_SET_HOME, 0, 0, 0, 0, old.latitude + 900, old.longitude, old.altitude / 1000.0, frame=Frame.GLOBAL
        )
    )
    yield from x.expect("HOME_POSITION", lambda told: abs(told.latitude - old.latitude - 900) <= 2, within_ms=4000)


def _home_at(x: Exchange, lat: int, lon: int, alt: float) -> Steps:
    yield from x.accepted(x.whole(Cmd.DO_SET_HOME, 0, 0, 0, 0, lat, lon, alt, frame=Frame.GLOBAL))


# --- battery ----------------------------------------------------------------------------------------------------------
_STATUS: Final = "messages/common.html#BATTERY_STATUS"


@battery.should("told", "BATTERY_STATUS tells of a battery", "#messageenum-summary")
def _battery(x: Exchange) -> Steps:
    yield from x.available("BATTERY_STATUS")


@battery.must("remaining", "what is left is 0 to 100 percent, or -1", _STATUS)
def _remaining(x: Exchange) -> Steps:
    told = yield from x.available("BATTERY_STATUS")
    x.check(-1 <= told.battery_remaining <= 100, f"-1 to 100, {told.battery_remaining} came")


@battery.must("cells", "a cell that there is not is 65535, and one that there is has a voltage", _STATUS)
def _cells(x: Exchange) -> Steps:
    told = yield from x.available("BATTERY_STATUS")
    known = [cell for cell in told.voltages if cell != 65_535]
    x.check(all(0 < cell < 65_535 for cell in known), f"voltages or 65535, {list(told.voltages)} came")


@battery.must("kinds", "type and function are values of their enumerations", _STATUS)
def _kinds(x: Exchange) -> Steps:
    told = yield from x.available("BATTERY_STATUS")
    known = (
        told.battery_function in dialect.enums["MAV_BATTERY_FUNCTION"]
        and told.type in dialect.enums["MAV_BATTERY_TYPE"]
    )
    x.check(known, f"known ones, {told.battery_function} and {told.type} came")


@battery.should("agrees", "SYS_STATUS tells what BATTERY_STATUS tells", "#a-note-on-sys_status")
def _agrees(x: Exchange) -> Steps:
    status, told = (yield from x.available("SYS_STATUS")), (yield from x.available("BATTERY_STATUS"))
    x.check(
        abs(status.battery_remaining - told.battery_remaining) <= 2,
        f"{told.battery_remaining} %, {status.battery_remaining} came",
    )


# --- high latency -----------------------------------------------------------------------------------------------------
@latency.must("control", "CONTROL_HIGH_LATENCY is acknowledged", "#sequences")
def _latency(x: Exchange) -> Steps:
    yield from x.command(x.long(Cmd.CONTROL_HIGH_LATENCY, 0))


@latency.must(
    "message",
    "HIGH_LATENCY2 is refused, or comes with type and mode of HEARTBEAT",
    "messages/common.html#HIGH_LATENCY2",
)
def _latency_message(x: Exchange) -> Steps:
    told = yield from x.available("HIGH_LATENCY2")
    beat = yield from x.expect("HEARTBEAT", within_ms=3500)
    x.check((told.type, told.autopilot) == (beat.type, beat.autopilot), "type and autopilot of HEARTBEAT")


# --- Remote ID --------------------------------------------------------------------------------------------------------
@remote_id.must("rate", "LOCATION comes once a second", "#update_rates")
def _location_rate(x: Exchange) -> Steps:
    came = yield from x.collect("OPEN_DRONE_ID_LOCATION", 3200)
    x.check(len(came) >= 3, f"3 in 3.2 s, {len(came)} came")


@remote_id.must("broadcast", "its messages are for all components", "#routing")
def _location_target(x: Exchange) -> Steps:
    told = yield from x.expect("OPEN_DRONE_ID_LOCATION", within_ms=3500)
    x.check((told.target_system, told.target_component) == (0, 0), "target 0, 0")


@remote_id.must("static", "BASIC_ID and SYSTEM come every three seconds", "#update_rates")
def _static(x: Exchange) -> Steps:
    for name in ("OPEN_DRONE_ID_BASIC_ID", "OPEN_DRONE_ID_SYSTEM"):
        yield from x.expect(name, within_ms=3500)
