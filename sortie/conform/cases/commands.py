"""Commands: acknowledgements, both forms, frames, unknown commands, long operations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from autopilot.mav import Capability, Cmd, Component, Frame, ModeFlag, Result
from mavlink_bridge.routing.service import Message
from mavlink_bridge.wire.codec import dialect, id_of
from sortie.conform.case import Chapter
from sortie.conform.exchange import (
    ABSENT_COMPONENT,
    ABSENT_SYSTEM,
    OTHER_STATION,
    STATION,
    Exchange,
    NotApplicableError,
    Steps,
    Waiting,
    is_of_query,
)
from sortie.conform.facts import can

command = Chapter("command")
progress = Chapter("command-progress")
CHAPTERS: Final = (command, progress)

_INT: Final = can(Capability.COMMAND_INT, "COMMAND_INT")
_UNKNOWN: Final = (1, 63, 9999, 30999, 65000)
"""Numbers that are not in MAV_CMD."""
_UNKNOWN_FRAME: Final = 99
_VERSION: Final = id_of("AUTOPILOT_VERSION")


command.add("long", lambda x: x.accepted(x.query()))
command.add("int", lambda x: x.accepted(x.whole(Cmd.REQUEST_MESSAGE, _VERSION)), _INT)


@command.case("forms-agree", _INT)
def _forms_agree(x: Exchange) -> Steps:
    long = yield from x.command(x.query())
    whole = yield from x.command(x.whole(Cmd.REQUEST_MESSAGE, _VERSION))
    x.check(long.result == whole.result, f"one result, {long.result} for LONG and {whole.result} for INT")


def _acked_to(senders: Sequence[tuple[int, int]], x: Exchange) -> Steps:
    for sender in senders:
        ack = yield from x.command(x.query(), sender)
        ids = (ack.target_system, ack.target_component)
        x.check(ids == sender, f"target {sender}, {ids} came")


command.add("ack-target", partial(_acked_to, (STATION,)))
command.add("ack-of-each-station", partial(_acked_to, (STATION, OTHER_STATION)))


@command.case("ack-before-message")
def _acked_once(x: Exchange) -> Steps:
    x.send(x.query())
    acks = yield from x.collect("COMMAND_ACK", 1200, is_of_query)
    x.check(len(acks) == 1 or (len(acks) < 2 and x.tries > 1), f"one COMMAND_ACK, {len(acks)} came")


@command.case("repeated")
def _repeated(x: Exchange) -> Steps:
    for confirmation in range(3):
        yield from x.accepted(x.query(confirmation=confirmation))


@command.case("back-to-back")
def _back_to_back(x: Exchange) -> Steps:
    for number in _UNKNOWN * 2:
        x.send(x.long(number))
    acks = yield from x.collect("COMMAND_ACK", 2500, lambda ack: ack.command in _UNKNOWN)
    numbers = {heard.message.command for heard in acks}
    x.check(numbers == set(_UNKNOWN), f"COMMAND_ACK of {_UNKNOWN}, {sorted(numbers)} came")
    x.check(len(acks) == 2 * len(_UNKNOWN) or x.tries > 1, f"ten of them, {len(acks)} came")


def _refused_unknown(number: int, whole: bool, x: Exchange) -> Steps:
    yield from x.refused(x.whole(number) if whole else x.long(number), Result.UNSUPPORTED)


for _number in _UNKNOWN:
    command.add(f"unknown.long-{_number}", partial(_refused_unknown, _number, False))
for _number in _UNKNOWN[:2]:
    command.add(f"unknown.int-{_number}", partial(_refused_unknown, _number, True), _INT)


command.add("unknown.zero", lambda x: x.refused(x.long(0)))
command.add("other-system", lambda x: x.unanswered(x.query(target=(ABSENT_SYSTEM, 1)), "COMMAND_ACK", is_of_query))
command.add(
    "other-component",
    lambda x: x.unanswered(x.query(target=(x.found.system, ABSENT_COMPONENT)), "COMMAND_ACK", is_of_query),
)
command.add("all-components", lambda x: x.accepted(x.query(target=(x.found.system, Component.ALL))))
command.add("broadcast", lambda x: x.ask(x.query(target=(0, 0)), ("COMMAND_ACK", "AUTOPILOT_VERSION")))


# --- places and frames ------------------------------------------------------------------------------------------------
command.add("frame-ignored", lambda x: x.refused(_home_at(x, _UNKNOWN_FRAME)), _INT)
command.add(
    "frame-result", lambda x: x.refused(_home_at(x, _UNKNOWN_FRAME), Result.COMMAND_UNSUPPORTED_MAV_FRAME), _INT
)
command.add(
    "place-refused",
    lambda x: x.refused(x.whole(Cmd.DO_SET_HOME, 0, 0, 0, 0, 910_000_000, 1_810_000_000, 0, frame=Frame.GLOBAL)),
    _INT,
)


def _home_at(x: Exchange, frame: int) -> Message:
    return x.whole(Cmd.DO_SET_HOME, 0, 0, 0, 0, 473_977_420, 85_455_940, 500, frame=frame)


# --- modes ------------------------------------------------------------------------------------------------------------
def _mode_stays(order: Callable[[Exchange, int], Waiting[Message]], x: Exchange) -> Steps:
    before = yield from x.expect("HEARTBEAT", within_ms=3500)
    yield from order(x, before.custom_mode)
    after = yield from x.expect("HEARTBEAT", within_ms=3500)
    x.check(after.custom_mode == before.custom_mode, f"mode {before.custom_mode}, {after.custom_mode} came")


def entering(x: Exchange, custom_mode: int) -> Message:
    """Make the command that selects a mode by its number in HEARTBEATs."""
    params = x.target.firmware.mode_params(custom_mode)[:2]
    return x.long(Cmd.DO_SET_MODE, ModeFlag.CUSTOM_MODE_ENABLED, *params)


_NO_MODE: Final = (ModeFlag.CUSTOM_MODE_ENABLED, 253, 253)
command.add("mode-unknown", partial(_mode_stays, lambda x, _: x.refused(x.long(Cmd.DO_SET_MODE, *_NO_MODE))))
command.add("mode-same", partial(_mode_stays, lambda x, mode: x.accepted(entering(x, mode))))


# --- results of what cannot be done -----------------------------------------------------------------------------------
_REFUSED: Final[tuple[tuple[str, Cmd, tuple[float, ...]], ...]] = (
    ("request-unknown", Cmd.REQUEST_MESSAGE, (16_777_214,)),
    ("request-negative", Cmd.REQUEST_MESSAGE, (-5,)),
    ("interval-unknown", Cmd.SET_MESSAGE_INTERVAL, (16_777_214, 100_000)),
    ("standard-mode", Cmd.DO_SET_STANDARD_MODE, (253,)),
    ("motor-test", Cmd.DO_MOTOR_TEST, (99, 0, 5, 0.1, 0, 0)),
    ("jump", Cmd.DO_SET_MISSION_CURRENT, (60_000,)),
    ("failure-unknown", Cmd.INJECT_FAILURE, (250, 1, 0)),
)


def _refused(number: int, params: tuple[float, ...], x: Exchange) -> Steps:
    yield from x.refused(x.long(number, *params))


for _name, _number, _params in _REFUSED:
    command.add(f"refused.{_name}", partial(_refused, _number, _params))


# --- what takes long --------------------------------------------------------------------------------------------------
@progress.case("cancel-idle")
def _cancel_idle(x: Exchange) -> Steps:
    x.send(dialect.MAVLink_command_cancel_message(*x.ids, Cmd.PREFLIGHT_CALIBRATION))
    yield from x.silent("COMMAND_ACK", lambda ack: ack.command == Cmd.PREFLIGHT_CALIBRATION)


@progress.case("percent")
def _percent(x: Exchange) -> Steps:
    acks = yield from _calibrated(x)
    going = [ack for ack in acks if ack.result == Result.IN_PROGRESS]
    if not going:
        raise NotApplicableError("its calibration of gyroscopes is done at once")
    percents = [ack.progress for ack in going]
    x.check(all(part <= 100 or part == 255 for part in percents), f"0 to 100 or 255, {percents} came")


@progress.case("busy")
def _busy(x: Exchange) -> Steps:
    x.send(x.long(Cmd.PREFLIGHT_CALIBRATION, 1))
    first = yield from _calibration_ack(x)
    if first.result != Result.IN_PROGRESS:
        raise NotApplicableError("its calibration of gyroscopes is done at once")
    x.send(x.long(Cmd.PREFLIGHT_CALIBRATION, 1))
    second = yield from _calibration_ack(x)
    x.check(second.result == Result.TEMPORARILY_REJECTED, f"TEMPORARILY_REJECTED, {second.result} came")


def _calibration_ack(x: Exchange) -> Waiting[Message]:
    return x.expect("COMMAND_ACK", lambda ack: ack.command == Cmd.PREFLIGHT_CALIBRATION, within_ms=20_000)


@progress.case("ends")
def _calibrated(x: Exchange) -> Waiting[list[Message]]:
    x.send(x.long(Cmd.PREFLIGHT_CALIBRATION, 1))
    acks: list[Message] = []
    while not acks or acks[-1].result == Result.IN_PROGRESS:
        acks.append((yield from _calibration_ack(x)))
    return acks
