"""Messages on request and at an interval, and modes."""

from __future__ import annotations

from functools import partial
from typing import Final

from autopilot.mav import Cmd, DataStream, ModeProperty, Result, StandardMode
from mavlink_bridge.routing.service import Message
from mavlink_bridge.wire.codec import dialect, id_of
from sortie.conform.case import Chapter
from sortie.conform.cases.commands import entering
from sortie.conform.exchange import Exchange, NotApplicableError, Steps, Waiting

request = Chapter("request-message")
interval = Chapter("message-interval")
modes = Chapter("standard-modes")
CHAPTERS: Final = (request, interval, modes)
_TOO_SHORT_US: Final = 100

_REQUESTED: Final = (
    "ATTITUDE", "ATTITUDE_QUATERNION", "AVAILABLE_MODES", "BATTERY_STATUS", "COMPONENT_METADATA", "CURRENT_MODE",
    "EKF_STATUS_REPORT", "ESTIMATOR_STATUS", "EXTENDED_SYS_STATE", "GLOBAL_POSITION_INT", "GPS_GLOBAL_ORIGIN",
    "GPS_RAW_INT", "HOME_POSITION", "LOCAL_POSITION_NED", "MISSION_CURRENT", "POWER_STATUS", "RAW_IMU", "RC_CHANNELS",
    "SCALED_PRESSURE", "SERVO_OUTPUT_RAW", "SYS_STATUS", "SYSTEM_TIME", "VFR_HUD", "VIBRATION", "WIND_COV",
)  # fmt: skip


for _message in _REQUESTED:
    request.add(_message.lower().replace("_", "-"), partial(Exchange.request, name=_message))


@request.case("interval")
def _interval_message(x: Exchange) -> Steps:
    message = yield from _interval_of(x, "ATTITUDE")
    x.check(message.message_id == id_of("ATTITUDE"), f"that of ATTITUDE, {message.message_id} came")


def _interval_of(x: Exchange, name: str) -> Waiting[Message]:
    number = id_of(name)
    question = x.long(Cmd.REQUEST_MESSAGE, id_of("MESSAGE_INTERVAL"), number)
    for request_for in (question, x.long(Cmd.GET_MESSAGE_INTERVAL, number)):
        x.send(request_for)
        message = yield from x.hear("MESSAGE_INTERVAL", lambda message: message.message_id == number)
        if message is not None:
            return message
    x.fail(f"no MESSAGE_INTERVAL of {name}")


# --- intervals --------------------------------------------------------------------------------------------------------
def _borrow(x: Exchange, name: str) -> Steps:
    """Restore the current interval at the end."""
    message = yield from _interval_of(x, name)
    x.undo(f"interval of {name}", x.accepted(x.long(Cmd.SET_MESSAGE_INTERVAL, id_of(name), message.interval_us or -1)))


def set_interval(x: Exchange, name: str, interval_us: int) -> Steps:
    """Borrow and set an interval, which the vehicle must accept, and wait until it takes effect."""
    yield from _borrow(x, name)
    yield from x.accepted(x.long(Cmd.SET_MESSAGE_INTERVAL, id_of(name), interval_us))
    yield from x.wait(700)


def _rate(name: str, hertz: int, x: Exchange) -> Steps:
    yield from set_interval(x, name, 1_000_000 // hertz)
    heard = yield from x.collect(name, 3000)
    least, most = 0.7 * 3 * hertz - 1, 1.35 * 3 * hertz + 1
    x.check(
        least <= len(heard) <= most or (x.tries > 1 and bool(heard)), f"about {3 * hertz} in 3 s, {len(heard)} came"
    )


for _name, _hertz in (
    ("ATTITUDE", 2),
    ("ATTITUDE", 5),
    ("ATTITUDE", 20),
    ("GLOBAL_POSITION_INT", 2),
    ("GLOBAL_POSITION_INT", 10),
    ("VFR_HUD", 4),
    ("SYS_STATUS", 1),
):
    interval.add(f"{_name.lower().replace('_', '-')}.{_hertz}-hz", partial(_rate, _name, _hertz))


@interval.case("off")
def _off(x: Exchange) -> Steps:
    yield from set_interval(x, "ATTITUDE", -1)
    yield from x.silent("ATTITUDE", what="a message that is off does not come", for_ms=2500)


@interval.case("default")
def _default(x: Exchange) -> Steps:
    yield from _borrow(x, "HEARTBEAT")
    yield from x.accepted(x.long(Cmd.SET_MESSAGE_INTERVAL, id_of("HEARTBEAT"), 0))
    yield from x.expect("HEARTBEAT", within_ms=3500)


@interval.case("told")
def _set_reported(x: Exchange) -> Steps:
    yield from set_interval(x, "ATTITUDE", 250_000)
    message = yield from _interval_of(x, "ATTITUDE")
    x.check(abs(message.interval_us - 250_000) <= 25_000, f"250000 us, {message.interval_us} came")


@interval.case("off-told")
def _off_reported(x: Exchange) -> Steps:
    yield from set_interval(x, "ATTITUDE", -1)
    message = yield from _interval_of(x, "ATTITUDE")
    x.check(message.interval_us == -1, f"-1, {message.interval_us} came")


@interval.case("limit")
def _limit(x: Exchange) -> Steps:
    yield from _borrow(x, "ATTITUDE")
    ack = yield from x.command(x.long(Cmd.SET_MESSAGE_INTERVAL, id_of("ATTITUDE"), _TOO_SHORT_US))
    if ack.result == Result.ACCEPTED:
        messages = yield from x.collect("ATTITUDE", 1000)
        message = yield from _interval_of(x, "ATTITUDE")
        real_us = 1_000_000 // max(len(messages), 1)
        x.check(0.5 * real_us < message.interval_us < 2.0 * real_us, f"some {real_us} us, {message.interval_us} came")


@interval.case("others-stay")
def _others_stay(x: Exchange) -> Steps:
    yield from set_interval(x, "VFR_HUD", 250_000)
    yield from set_interval(x, "ATTITUDE", -1)
    messages = yield from x.collect("VFR_HUD", 2000)
    x.check(len(messages) >= 4, f"about 8 VFR_HUD in 2 s, {len(messages)} came")


@interval.case("unknown-told")
def _unknown_reported(x: Exchange) -> Steps:
    question = x.long(Cmd.REQUEST_MESSAGE, id_of("MESSAGE_INTERVAL"), id_of("PARAM_SET"))
    x.send(question)
    answer = yield from x.hear(("MESSAGE_INTERVAL", "COMMAND_ACK"), lambda m: m.get_type() == "MESSAGE_INTERVAL")
    x.check(answer is None or answer.interval_us <= 0, "0 or -1 for what is never sent")


@interval.case("data-stream")
def _data_stream(x: Exchange) -> Steps:
    system, component = x.ids
    x.send(dialect.MAVLink_request_data_stream_message(system, component, DataStream.EXTRA1, 5, 1))
    yield from x.wait(500)
    messages = yield from x.collect("ATTITUDE", 2000)
    x.check(6 <= len(messages) <= 14, f"about 10 in 2 s, {len(messages)} came")


# --- modes ------------------------------------------------------------------------------------------------------------
def _all_modes(x: Exchange) -> Waiting[list[Message]]:
    x.send(x.long(Cmd.REQUEST_MESSAGE, id_of("AVAILABLE_MODES"), 0))
    found: list[Message] = []
    while not found or len(found) < found[0].number_modes:  # one after the other, at the vehicle's pace
        more = yield from x.hear("AVAILABLE_MODES", within_ms=2500)
        if more is None:
            break
        found.append(more)
    if not found:
        raise NotApplicableError("it has no AVAILABLE_MODES")
    found.extend(heard.message for heard in (yield from x.collect("AVAILABLE_MODES", 500)))
    return found


@modes.case("all")
def _modes_all(x: Exchange) -> Steps:
    listed = yield from _all_modes(x)
    indices = [mode.mode_index for mode in listed]
    x.check(
        sorted(indices) == list(range(1, listed[0].number_modes + 1)) or x.tries > 1,
        f"1 to {listed[0].number_modes}, {indices} came",
    )


@modes.case("single")
def _modes_single(x: Exchange) -> Steps:
    listed = yield from _all_modes(x)
    last = listed[-1]
    x.send(x.long(Cmd.REQUEST_MESSAGE, id_of("AVAILABLE_MODES"), last.mode_index))
    again = yield from x.expect("AVAILABLE_MODES")
    x.check((again.mode_index, again.custom_mode) == (last.mode_index, last.custom_mode), f"mode {last.mode_index}")


@modes.case("names")
def _modes_named(x: Exchange) -> Steps:
    listed = yield from _all_modes(x)
    chosen = [mode for mode in listed if not mode.properties & ModeProperty.NOT_USER_SELECTABLE]
    own = [mode.mode_name for mode in chosen if mode.standard_mode == StandardMode.NON_STANDARD]
    x.check(all(own) and len(set(own)) == len(own), f"names, {own} came")


@modes.case("numbers")
def _modes_numbers(x: Exchange) -> Steps:
    numbers = [mode.custom_mode for mode in (yield from _all_modes(x))]
    x.check(len(set(numbers)) == len(numbers), f"a number for each, {numbers} came")


@modes.case("current-is-listed")
def _current_listed(x: Exchange) -> Steps:
    listed = yield from _all_modes(x)
    beat = yield from x.expect("HEARTBEAT", within_ms=3500)
    x.check(
        beat.custom_mode in {mode.custom_mode for mode in listed}, f"custom_mode {beat.custom_mode}, it is not listed"
    )


@modes.case("past-end")
def _modes_past(x: Exchange) -> Steps:
    yield from _all_modes(x)
    x.send(x.long(Cmd.REQUEST_MESSAGE, id_of("AVAILABLE_MODES"), 250))
    yield from x.silent("AVAILABLE_MODES")


@modes.case("current")
def _current_mode(x: Exchange) -> Steps:
    current = yield from x.available("CURRENT_MODE")
    beat = yield from x.expect("HEARTBEAT", within_ms=3500)
    x.check(current.custom_mode == beat.custom_mode, f"custom_mode {beat.custom_mode}, {current.custom_mode} came")


@modes.case("set")
def _mode_set(x: Exchange) -> Steps:
    listed = yield from _all_modes(x)
    before = yield from x.expect("HEARTBEAT", within_ms=3500)
    x.undo("mode", x.accepted(entering(x, before.custom_mode)))
    for mode in listed:
        if mode.custom_mode != before.custom_mode and not mode.properties & ModeProperty.NOT_USER_SELECTABLE:
            ack = yield from x.command(entering(x, mode.custom_mode))
            if ack.result == Result.ACCEPTED:
                entered = lambda beat, wanted=mode.custom_mode: beat.custom_mode == wanted
                yield from x.expect("HEARTBEAT", entered, within_ms=5000)
                return
    raise NotApplicableError("it takes no other mode here")
