"""Commands: acknowledgements, both forms, frames, what is unknown, what takes long."""

from __future__ import annotations

from functools import partial
from typing import Final

from autopilot.mav import Capability, Cmd, Component, Frame, ModeFlag, Result
from mavlink_bridge.routing.service import Message
from mavlink_bridge.wire.codec import dialect, id_of
from sortie.conform.case import Chapter, NotApplicableError, Obligation, Steps, Waiting
from sortie.conform.exchange import ABSENT_COMPONENT, ABSENT_SYSTEM, OTHER_STATION, STATION, Exchange
from sortie.conform.facts import can

command = Chapter("command", "services/command.html")
progress = Chapter("command-progress", "services/command.html#long_running_commands")
CHAPTERS: Final = (command, progress)

_INT: Final = can(Capability.COMMAND_INT, "COMMAND_INT")
_ACK: Final = "messages/common.html#COMMAND_ACK"
_RESULTS: Final = "messages/common.html#MAV_RESULT"
_ROUTING: Final = "guide/routing.html#routing-detail"
_UNKNOWN: Final = (1, 63, 9999, 30999, 65000)
"""Numbers that MAV_CMD does not have."""
_UNKNOWN_FRAME: Final = 99
_VERSION: Final = id_of("AUTOPILOT_VERSION")


def _query(x: Exchange, *, confirmation: int = 0, target: tuple[int, int] | None = None) -> Message:
    """A command that only asks for a message."""
    return x.long(Cmd.REQUEST_MESSAGE, _VERSION, confirmation=confirmation, target=target)


@command.must("long", "COMMAND_LONG is answered with a COMMAND_ACK of its number", "#command-long-sequence")
def _long(x: Exchange) -> Steps:
    yield from x.accepted(_query(x))


@command.must("int", "COMMAND_INT is answered with a COMMAND_ACK of its number", "#command-int-sequence", _INT)
def _int(x: Exchange) -> Steps:
    yield from x.accepted(x.whole(Cmd.REQUEST_MESSAGE, _VERSION))


@command.should(
    "forms-agree", "a command without a place is served in either form", "#use-command-int-or-command-long", _INT
)
def _forms_agree(x: Exchange) -> Steps:
    long = yield from x.command(_query(x))
    whole = yield from x.command(x.whole(Cmd.REQUEST_MESSAGE, _VERSION))
    x.check(long.result == whole.result, f"one result, {long.result} for LONG and {whole.result} for INT")


@command.should("ack-target", "COMMAND_ACK is addressed to who has sent the command", _ACK)
def _ack_target(x: Exchange) -> Steps:
    ack = yield from x.command(_query(x))
    ids = (ack.target_system, ack.target_component)
    x.check(ids == STATION, f"target {STATION}, {ids} came")


@command.should("ack-of-each-station", "two stations ask, each gets an acknowledgement of its own", _ACK)
def _two_stations(x: Exchange) -> Steps:
    for sender in (STATION, OTHER_STATION):
        ack = yield from x.command(_query(x), sender)
        ids = (ack.target_system, ack.target_component)
        x.check(ids == sender, f"target {sender}, {ids} came")


@command.must("ack-before-message", "what was accepted is acknowledged once")
def _acked_once(x: Exchange) -> Steps:
    x.send(_query(x))
    acks = yield from x.collect("COMMAND_ACK", 1200, lambda ack: ack.command == Cmd.REQUEST_MESSAGE)
    x.check(len(acks) == 1 or (len(acks) < 2 and x.tries > 1), f"one COMMAND_ACK, {len(acks)} came")


@command.must(
    "repeated", "a command that comes again with a higher confirmation is acknowledged again", "#command-long-sequence"
)
def _repeated(x: Exchange) -> Steps:
    for confirmation in range(3):
        yield from x.accepted(_query(x, confirmation=confirmation))


@command.must("back-to-back", "ten commands in one breath are all acknowledged")
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
    command.add(
        Obligation.MUST,
        f"unknown.long-{_number}",
        "an unknown command is UNSUPPORTED",
        partial(_refused_unknown, _number, False),
        at=_RESULTS,
    )
for _number in _UNKNOWN[:2]:
    command.add(
        Obligation.MUST,
        f"unknown.int-{_number}",
        "an unknown command is UNSUPPORTED in a COMMAND_INT too",
        partial(_refused_unknown, _number, True),
        at=_RESULTS,
        needs=(_INT,),
    )


@command.must("unknown.zero", "command 0 is none: it is refused", _RESULTS)
def _zero(x: Exchange) -> Steps:
    yield from x.refused(x.long(0))


@command.must("other-system", "a command for another system is neither done nor acknowledged", _ROUTING)
def _other_system(x: Exchange) -> Steps:
    x.send(_query(x, target=(ABSENT_SYSTEM, 1)))
    yield from x.silent("COMMAND_ACK", lambda ack: ack.command == Cmd.REQUEST_MESSAGE)


@command.should(
    "other-component", "a command for a component that is not there is not acknowledged by another", _ROUTING
)
def _other_component(x: Exchange) -> Steps:
    x.send(_query(x, target=(x.found.system, ABSENT_COMPONENT)))
    yield from x.silent("COMMAND_ACK", lambda ack: ack.command == Cmd.REQUEST_MESSAGE)


@command.must("all-components", "a command for component 0 is for the autopilot too", _ROUTING)
def _all_components(x: Exchange) -> Steps:
    yield from x.accepted(_query(x, target=(x.found.system, Component.ALL)))


@command.should("broadcast", "a request for a message that is for all systems is answered", _ROUTING)
def _broadcast(x: Exchange) -> Steps:
    question = _query(x, target=(0, 0))
    yield from x.ask(question, ("COMMAND_ACK", "AUTOPILOT_VERSION"))


# --- places and frames ------------------------------------------------------------------------------------------------
@command.must(
    "frame-ignored",
    "a command in a frame that the vehicle does not know is not done in another",
    "#location-commands-and-frame-types",
    _INT,
)
def _frame_ignored(x: Exchange) -> Steps:
    yield from x.refused(_home_at(x, _UNKNOWN_FRAME))


@command.should(
    "frame-result", "a frame that is not supported is UNSUPPORTED_MAV_FRAME", "#location-commands-and-frame-types", _INT
)
def _frame_result(x: Exchange) -> Steps:
    yield from x.refused(_home_at(x, _UNKNOWN_FRAME), Result.COMMAND_UNSUPPORTED_MAV_FRAME)


@command.must("place-refused", "a place that is not on earth is refused", _RESULTS, _INT)
def _place_refused(x: Exchange) -> Steps:
    yield from x.refused(x.whole(Cmd.DO_SET_HOME, 0, 0, 0, 0, 910_000_000, 1_810_000_000, 0, frame=Frame.GLOBAL))


def _home_at(x: Exchange, frame: int) -> Message:
    return x.whole(Cmd.DO_SET_HOME, 0, 0, 0, 0, 473_977_420, 85_455_940, 500, frame=frame)


# --- modes ------------------------------------------------------------------------------------------------------------
@command.must("mode-unknown", "a mode that there is not is refused, and none is entered", _RESULTS)
def _mode_unknown(x: Exchange) -> Steps:
    before = yield from x.expect("HEARTBEAT", within_ms=3500)
    yield from x.refused(x.long(Cmd.DO_SET_MODE, ModeFlag.CUSTOM_MODE_ENABLED, 253, 253))
    after = yield from x.expect("HEARTBEAT", within_ms=3500)
    x.check(after.custom_mode == before.custom_mode, f"mode {before.custom_mode}, {after.custom_mode} came")


@command.qgc("mode-same", "the mode that holds may be set; HEARTBEAT goes on to show it")
def _mode_same(x: Exchange) -> Steps:
    before = yield from x.expect("HEARTBEAT", within_ms=3500)
    yield from x.accepted(x.long(Cmd.DO_SET_MODE, ModeFlag.CUSTOM_MODE_ENABLED, *_mode_params(x, before.custom_mode)))
    after = yield from x.expect("HEARTBEAT", within_ms=3500)
    x.check(after.custom_mode == before.custom_mode, f"mode {before.custom_mode}, {after.custom_mode} came")


def _mode_params(x: Exchange, custom_mode: int) -> tuple[float, float]:
    """Parameters 2 and 3 of DO_SET_MODE for a custom_mode of HEARTBEAT."""
    main, sub = x.target.firmware.mode_params(custom_mode)[:2]
    return main, sub


# --- results of what cannot be done -----------------------------------------------------------------------------------
_Refused = tuple[tuple[str, str, Cmd, tuple[float, ...]], ...]
_REFUSED: Final[_Refused] = (
    ("request-unknown", "a message that there is not", Cmd.REQUEST_MESSAGE, (16_777_214,)),
    ("request-negative", "a message with a negative number", Cmd.REQUEST_MESSAGE, (-5,)),
    (
        "interval-unknown",
        "the interval of a message that there is not",
        Cmd.SET_MESSAGE_INTERVAL,
        (16_777_214, 100_000),
    ),
    ("standard-mode", "a standard mode that there is not", Cmd.DO_SET_STANDARD_MODE, (253,)),
)
_REFUSED_FLYING: Final[_Refused] = (
    ("motor-test", "a motor that there is not", Cmd.DO_MOTOR_TEST, (99, 0, 5, 0.1, 0, 0)),
    ("jump", "an item that there is not", Cmd.DO_SET_MISSION_CURRENT, (60_000,)),
    ("failure-unknown", "a failure of a unit that there is not", Cmd.INJECT_FAILURE, (250, 1, 0)),
)


def _refused(number: int, params: tuple[float, ...], x: Exchange) -> Steps:
    yield from x.refused(x.long(number, *params))


for _rows, _will in ((_REFUSED, ""), (_REFUSED_FLYING, "it would do that if it took it")):
    for _name, _what, _number, _params in _rows:
        _says, _run = f"{_what} is not ACCEPTED", partial(_refused, _number, _params)
        command.add(Obligation.MUST, f"refused.{_name}", _says, _run, at=_RESULTS, will=_will)


# --- what takes long --------------------------------------------------------------------------------------------------
@progress.should("cancel-idle", "COMMAND_CANCEL of what does not run is ignored")
def _cancel_idle(x: Exchange) -> Steps:
    x.send(dialect.MAVLink_command_cancel_message(*x.ids, Cmd.PREFLIGHT_CALIBRATION))
    yield from x.silent("COMMAND_ACK", lambda ack: ack.command == Cmd.PREFLIGHT_CALIBRATION)


_CALIBRATES: Final = "it calibrates its gyroscopes"


@progress.must("ends", "what is in progress ends with a result", will=_CALIBRATES)
def _ends(x: Exchange) -> Steps:
    ack = yield from x.command(x.long(Cmd.PREFLIGHT_CALIBRATION, 1))
    x.check(ack.result != Result.IN_PROGRESS, "a result")


@progress.must("percent", "IN_PROGRESS tells 0 to 100 percent, or 255", will=_CALIBRATES)
def _percent(x: Exchange) -> Steps:
    acks = yield from _calibrated(x)
    going = [ack for ack in acks if ack.result == Result.IN_PROGRESS]
    if not going:
        raise NotApplicableError("its calibration of gyroscopes is done at once")
    told = [ack.progress for ack in going]
    x.check(all(part <= 100 or part == 255 for part in told), f"0 to 100 or 255, {told} came")


@progress.should("busy", "the same command while it is in progress is TEMPORARILY_REJECTED", will=_CALIBRATES)
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


def _calibrated(x: Exchange) -> Waiting[list[Message]]:
    x.send(x.long(Cmd.PREFLIGHT_CALIBRATION, 1))
    acks: list[Message] = []
    while not acks or acks[-1].result == Result.IN_PROGRESS:
        acks.append((yield from _calibration_ack(x)))
    return acks
