"""Commands that request messages: intervals, single messages, version, banner, home.

The acknowledgement is sent first and the message right after it: QGroundControl loses 1.4 s with an ACK without its
message, and ignores a message before its ACK (docs/reference/ground-stations.md, 1.2, 6). Only MESSAGE_INTERVAL is sent
before the ACK, as by ArduPilot (GCS_Common.cpp, handle_command_get_message_interval) and PX4.
"""

from __future__ import annotations

from autopilot.interface.result import Outcome
from autopilot.mav import Cmd, Severity
from mavlink_bridge.firmware.protocol import Firmware
from mavlink_bridge.routing.endpoint import Endpoint
from mavlink_bridge.routing.service import Outgoing
from mavlink_bridge.services.commands.context import ACCEPTED, DENIED, FAILED, UNSUPPORTED, CommandRow, Context
from mavlink_bridge.services.commands.request import Command
from mavlink_bridge.wire.codec import dialect, id_of

AUTOPILOT_VERSION = id_of("AUTOPILOT_VERSION")
HOME_POSITION = id_of("HOME_POSITION")
GPS_GLOBAL_ORIGIN = id_of("GPS_GLOBAL_ORIGIN")
MESSAGE_INTERVAL = id_of("MESSAGE_INTERVAL")
#: id of a message of QGroundControl that the dialect does not have; QGroundControl requests it on connect and continues
#: after a refusal
PROTOCOL_VERSION = 300
_LARGEST_ID = 0xFFFFFF


def request_message(command: Command, context: Context) -> Outcome:
    """REQUEST_MESSAGE: param1 message id, param2 its argument."""
    msg_id = command.whole(1)
    if msg_id == MESSAGE_INTERVAL:
        return _interval_of(command.whole(2), context)
    if msg_id == PROTOCOL_VERSION:
        return UNSUPPORTED
    if not 0 <= msg_id <= _LARGEST_ID:
        return FAILED
    return Outcome(context.telemetry.request_message(context.peer.link, msg_id, command.param(2)))


def set_message_interval(command: Command, context: Context) -> Outcome:
    """SET_MESSAGE_INTERVAL: param2 us, 0 = default, -1 = off; DENIED for an unknown message, faster than the firmware,
    or with an index in param3."""
    msg_id, interval = command.whole(1), command.whole(2)
    if not 0 <= msg_id <= _LARGEST_ID or interval < -1 or command.param(3) != 0.0:
        return DENIED
    if 0 < interval < context.firmware.habits.fastest_us:
        text = f"Requested rate for message ID {msg_id} too fast. Increase SCHED_LOOP_RATE"
        context.parts.announcer.say(Severity.INFO, text)
        return DENIED
    return Outcome(context.telemetry.rates.set_message_interval(context.peer.link, msg_id, interval))


def get_message_interval(command: Command, context: Context) -> Outcome:
    """GET_MESSAGE_INTERVAL: sends an interval of 0 and FAILED for a message that is not streamed."""
    msg_id = command.whole(1)
    outcome = _interval_of(msg_id, context)
    return FAILED if outcome.ok and not context.telemetry.rates.message_interval(context.peer.link, msg_id) else outcome


def _interval_of(msg_id: int, context: Context) -> Outcome:
    if not 0 <= msg_id <= 0xFFFF:  # MESSAGE_INTERVAL has 16 bits for the id
        return FAILED
    interval = context.telemetry.rates.message_interval(context.peer.link, msg_id)
    message = dialect.MAVLink_message_interval_message(msg_id, interval)
    context.before.append(Outgoing(message, context.peer.link))
    return ACCEPTED


def request_capabilities(command: Command, context: Context) -> Outcome:
    """REQUEST_AUTOPILOT_CAPABILITIES: AUTOPILOT_VERSION to the asker."""
    if not asks_capabilities(command.param(1), context.firmware):
        return FAILED
    return Outcome(context.telemetry.request_message(context.peer.link, AUTOPILOT_VERSION, 0.0))


def asks_capabilities(param1: float, firmware: Firmware) -> bool:
    """True if a vehicle answers REQUEST_AUTOPILOT_CAPABILITIES with this param1: ArduPilot only with 1
    (GCS_Common.cpp), PX4 with any (mavlink_receiver.cpp)."""
    return param1 == 1.0 or not firmware.habits.capabilities_by_1


def get_home(_command: Command, context: Context) -> Outcome:
    """GET_HOME_POSITION: FAILED while home is not set. ArduPilot sends the origin, too."""
    if context.parts.facts.home is None:
        return FAILED
    outcome = Outcome(context.telemetry.request_message(context.peer.link, HOME_POSITION, 0.0))
    if outcome.ok and context.firmware.habits.origin_with_home:
        context.telemetry.request_message(context.peer.link, GPS_GLOBAL_ORIGIN, 0.0)
    return outcome


def send_banner(_command: Command, context: Context) -> Outcome:
    """DO_SEND_BANNER: sends the banner's texts (docs/reference/ground-stations.md, 1.6) to the asker."""
    for message in context.telemetry.banner():
        context.reply(message)
    return ACCEPTED


def control_high_latency(endpoint: Endpoint, command: Command, context: Context) -> Outcome:
    """CONTROL_HIGH_LATENCY: param1 1 lets high-latency links send, 0 stops them."""
    enable = command.params[0]
    if enable not in (0.0, 1.0):
        return FAILED
    endpoint.high_latency = enable == 1.0
    word = "enabled" if endpoint.high_latency else "disabled"
    context.parts.announcer.say(Severity.NOTICE, f"High Latency {word}")
    return ACCEPTED


def refuse_protocol_version(_command: Command, _context: Context) -> Outcome:
    """REQUEST_PROTOCOL_VERSION: UNSUPPORTED, as in ArduPilot."""
    return UNSUPPORTED


ROWS: dict[int, CommandRow] = {
    Cmd.GET_HOME_POSITION: CommandRow(get_home, query=True),
    Cmd.GET_MESSAGE_INTERVAL: CommandRow(get_message_interval, required=(1,), query=True),
    Cmd.SET_MESSAGE_INTERVAL: CommandRow(set_message_interval, required=(1, 2), query=True),
    Cmd.REQUEST_MESSAGE: CommandRow(request_message, required=(1,), query=True),
    Cmd.REQUEST_PROTOCOL_VERSION: CommandRow(refuse_protocol_version, query=True),
    Cmd.REQUEST_AUTOPILOT_CAPABILITIES: CommandRow(request_capabilities, query=True),
    Cmd.DO_SEND_BANNER: CommandRow(send_banner, query=True),
}
