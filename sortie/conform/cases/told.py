"""Cases of what common messages tell: attitude, place, sensors, home, battery, high latency, Remote ID."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from autopilot.mav import Cmd, Frame, Result
from mavlink_bridge.wire.codec import dialect
from sortie.conform.case import Chapter, NotApplicableError, Steps
from sortie.conform.cases.streams import borrow, set_interval
from sortie.conform.exchange import Exchange
from sortie.conform.facts import sends

telemetry = Chapter("telemetry", "messages/common.html")
home = Chapter("home", "messages/common.html#HOME_POSITION")
battery = Chapter("battery", "services/battery.html")
latency = Chapter("high-latency", "services/high_latency.html")
remote_id = Chapter("remote-id", "services/opendroneid.html", (sends("OPEN_DRONE_ID_LOCATION"),))
CHAPTERS: Final = (telemetry, home, battery, latency, remote_id)


# --- what common messages tell ----------------------------------------------------------------------------------------
@telemetry.must("boot-time", "time_boot_ms goes on", "messages/common.html#ATTITUDE")
def _boot_time(x: Exchange) -> Steps:
    yield from borrow(x, "ATTITUDE")
    yield from set_interval(x, "ATTITUDE", 200_000)
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


@battery.should("told", "BATTERY_STATUS tells of a battery", "#message-enum-summary")
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


@battery.should("agrees", "SYS_STATUS tells what BATTERY_STATUS tells", "#a-note-on-sys-status")
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
