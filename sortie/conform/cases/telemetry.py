"""Contents of common messages: attitude, position, sensors, home, battery, high latency, Remote ID."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from autopilot.mav import Cmd, Frame, Result
from mavlink_bridge.wire.codec import dialect
from sortie.conform.case import Chapter
from sortie.conform.cases.streams import set_interval
from sortie.conform.exchange import Exchange, NotApplicableError, Steps
from sortie.conform.facts import sends

telemetry = Chapter("telemetry")
home = Chapter("home")
battery = Chapter("battery")
latency = Chapter("high-latency")
remote_id = Chapter("remote-id", (sends("OPEN_DRONE_ID_LOCATION"),))
CHAPTERS: Final = (telemetry, home, battery, latency, remote_id)


# --- contents of common messages --------------------------------------------------------------------------------------
@telemetry.case("boot-time")
def _boot_time(x: Exchange) -> Steps:
    yield from set_interval(x, "ATTITUDE", 200_000)
    times = [heard.message.time_boot_ms for heard in (yield from x.collect("ATTITUDE", 2500))]
    x.check(len(times) > 3 and all(after > before for before, after in pairwise(times)), f"rising times, {times} came")


@telemetry.case("attitude")
def _attitude(x: Exchange) -> Steps:
    message = yield from x.available("ATTITUDE")
    x.check(
        all(abs(angle) <= 3.1416 for angle in (message.roll, message.pitch, message.yaw)),
        f"radians, {message.roll} {message.pitch} {message.yaw} came",
    )


@telemetry.case("position")
def _position(x: Exchange) -> Steps:
    position = yield from x.available("GLOBAL_POSITION_INT")
    x.check(
        abs(position.lat) <= 900_000_000 and abs(position.lon) <= 1_800_000_000,
        f"degrees E7, {position.lat} {position.lon} came",
    )
    x.check(position.hdg <= 35_999 or position.hdg == 65_535, f"centidegrees, {position.hdg} came")


@telemetry.case("gps")
def _gps(x: Exchange) -> Steps:
    message = yield from x.available("GPS_RAW_INT")
    x.check(message.fix_type in dialect.enums["GPS_FIX_TYPE"], f"a GPS_FIX_TYPE, {message.fix_type} came")
    x.check(message.cog <= 35_999 or message.cog == 65_535, f"a course in centidegrees or 65535, {message.cog} came")


@telemetry.case("sensors")
def _sensors(x: Exchange) -> Steps:
    message = yield from x.available("SYS_STATUS")
    absent = message.onboard_control_sensors_enabled & ~message.onboard_control_sensors_present
    x.check(absent == 0, f"enabled sensors that are present, {absent:#x} are not")


@telemetry.case("landed")
def _landed(x: Exchange) -> Steps:
    message = yield from x.available("EXTENDED_SYS_STATE")
    x.check(x.found.armed or message.landed_state != dialect.MAV_LANDED_STATE_IN_AIR, "ON_GROUND, IN_AIR came")


@telemetry.case("texts")
def _texts(x: Exchange) -> Steps:
    x.send(x.long(Cmd.DO_SEND_BANNER))
    texts = yield from x.collect("STATUSTEXT", 1500)
    if not texts:
        raise NotApplicableError("it says nothing")
    x.check(all(heard.message.severity in dialect.enums["MAV_SEVERITY"] for heard in texts), "a MAV_SEVERITY")


# --- home -------------------------------------------------------------------------------------------------------------
@home.case("told")
def _home_reported(x: Exchange) -> Steps:
    message = yield from x.available("HOME_POSITION")
    x.check(abs(message.latitude) <= 900_000_000 and abs(message.longitude) <= 1_800_000_000, "degrees E7")


@home.case("by-410")
def _home_requested(x: Exchange) -> Steps:
    ack = yield from x.command(x.long(Cmd.GET_HOME_POSITION))
    if ack.result == Result.ACCEPTED:
        yield from x.expect("HOME_POSITION")


@home.case("set")
def _home_set(x: Exchange) -> Steps:
    old = yield from x.available("HOME_POSITION")
    x.undo("home", _home_at(x, old.latitude, old.longitude, old.altitude / 1000.0))
    yield from _home_at(x, old.latitude + 900, old.longitude, old.altitude / 1000.0)
    message = yield from x.requested("HOME_POSITION")
    x.check(abs(message.latitude - old.latitude - 900) <= 2, f"{old.latitude + 900}, {message.latitude} came")


@home.case("broadcast")
def _home_broadcast(x: Exchange) -> Steps:
    old = yield from x.available("HOME_POSITION")
    x.undo("home", _home_at(x, old.latitude, old.longitude, old.altitude / 1000.0))
    x.send(
        x.whole(
            Cmd.DO_SET_HOME, 0, 0, 0, 0, old.latitude + 900, old.longitude, old.altitude / 1000.0, frame=Frame.GLOBAL
        )
    )
    yield from x.expect("HOME_POSITION", lambda m: abs(m.latitude - old.latitude - 900) <= 2, within_ms=4000)


def _home_at(x: Exchange, lat: int, lon: int, alt: float) -> Steps:
    yield from x.accepted(x.whole(Cmd.DO_SET_HOME, 0, 0, 0, 0, lat, lon, alt, frame=Frame.GLOBAL))


# --- battery ----------------------------------------------------------------------------------------------------------


battery.add("told", lambda x: x.available("BATTERY_STATUS"))


battery.judge(
    lambda x: x.available("BATTERY_STATUS"),
    ("remaining", lambda m: -1 <= m.battery_remaining <= 100, "-1 to 100, {m.battery_remaining} came"),
    ("cells", lambda m: 0 not in m.voltages, "voltages or 65535, {m.voltages} came"),
    (
        "kinds",
        lambda m: (
            m.battery_function in dialect.enums["MAV_BATTERY_FUNCTION"] and m.type in dialect.enums["MAV_BATTERY_TYPE"]
        ),
        "known ones, {m.battery_function} and {m.type} came",
    ),
)


@battery.case("agrees")
def _agrees(x: Exchange) -> Steps:
    status, message = (yield from x.available("SYS_STATUS")), (yield from x.available("BATTERY_STATUS"))
    x.check(
        abs(status.battery_remaining - message.battery_remaining) <= 2,
        f"{message.battery_remaining} %, {status.battery_remaining} came",
    )


# --- high latency -----------------------------------------------------------------------------------------------------
latency.add("control", lambda x: x.command(x.long(Cmd.CONTROL_HIGH_LATENCY, 0)))


@latency.case("message")
def _latency_message(x: Exchange) -> Steps:
    message = yield from x.available("HIGH_LATENCY2")
    beat = yield from x.expect("HEARTBEAT", within_ms=3500)
    x.check((message.type, message.autopilot) == (beat.type, beat.autopilot), "type and autopilot of HEARTBEAT")


# --- Remote ID --------------------------------------------------------------------------------------------------------
@remote_id.case("rate")
def _location_rate(x: Exchange) -> Steps:
    messages = yield from x.collect("OPEN_DRONE_ID_LOCATION", 3200)
    x.check(len(messages) >= 3, f"3 in 3.2 s, {len(messages)} came")


@remote_id.case("broadcast")
def _location_target(x: Exchange) -> Steps:
    message = yield from x.expect("OPEN_DRONE_ID_LOCATION", within_ms=3500)
    x.check((message.target_system, message.target_component) == (0, 0), "target 0, 0")


@remote_id.case("static")
def _static(x: Exchange) -> Steps:
    for name in ("OPEN_DRONE_ID_BASIC_ID", "OPEN_DRONE_ID_SYSTEM"):
        yield from x.expect(name, within_ms=3500)
