"""Answers of a replayed log to ground stations: plans and requested messages as recorded. Commands are refused with one
text, except those that pause, continue or jump.

Protocol services without I/O, in addition to those for parameters, files and logs.
"""

from __future__ import annotations

from typing import Final

from autopilot.mav import Capability, Cmd, MissionResult, MissionType, Result, Severity
from autopilot.mission.items import MissionItem
from mavlink_bridge.routing.service import Clock, Message, Outgoing, Peer, Speaker
from mavlink_bridge.services.commands.messages import asks_capabilities
from mavlink_bridge.services.mission.convert import write_item
from mavlink_bridge.wire.codec import dialect, id_of
from sortie.incident.player import Player

REFUSAL: Final = "refused: this is a replay of a log"
CAPABILITIES: Final = (
    Capability.MISSION_FLOAT
    | Capability.MISSION_INT
    | Capability.COMMAND_INT
    | Capability.FTP
    | Capability.MAVLINK2
    | Capability.MISSION_FENCE
    | Capability.MISSION_RALLY
)
"""Capabilities of a recording, in addition to those of its firmware's version and parameter encoding."""
_ENCODINGS: Final = Capability.PARAM_FLOAT | Capability.PARAM_ENCODE_BYTEWISE
_VERSION, _HOME = id_of("AUTOPILOT_VERSION"), id_of("HOME_POSITION")
_NO_TARGET: Final = (0, 0)
_QUIET_MS: Final = 1000
"""Shortest interval of refusals of messages without acknowledgement, ms."""


class RecordedPlans(Speaker):
    """Recorded plans: MISSION_REQUEST_LIST and MISSION_REQUEST(_INT) for all three kinds. MISSION_SET_CURRENT jumps to
    the time when the item began. Messages that would change a plan or fly to an item are denied."""

    clock: Clock = "link"
    handles = frozenset(
        {
            "MISSION_REQUEST_LIST", "MISSION_REQUEST", "MISSION_REQUEST_INT", "MISSION_COUNT", "MISSION_CLEAR_ALL",
            "MISSION_WRITE_PARTIAL_LIST", "MISSION_SET_CURRENT", "MISSION_ITEM", "MISSION_ITEM_INT",
        }
    )  # fmt: skip

    def __init__(self, player: Player) -> None:
        recording = player.recording
        self._player = player
        self._plans: dict[int, tuple[MissionItem, ...]] = {
            MissionType.MISSION: recording.mission(),
            MissionType.RALLY: recording.facts.rally,
        }
        super().__init__()

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        if message.get_type() == "MISSION_SET_CURRENT":
            if not self._player.jump_to_item(message.seq):
                self._out.append(Outgoing(refusal(), peer.link))
            return
        kind, target = message.mission_type, (peer.system, peer.component)
        items = self._plans.get(kind, ())
        match message.get_type():
            case "MISSION_REQUEST_LIST":
                self._send(dialect.MAVLink_mission_count_message(*target, len(items), kind), peer)
            case "MISSION_REQUEST" | "MISSION_REQUEST_INT" if message.seq < len(items):
                as_int = message.get_type() == "MISSION_REQUEST_INT"
                item = write_item(items[message.seq], kind, message.seq, peer, as_int=as_int, current=False)
                self._send(item, peer)
            case "MISSION_REQUEST" | "MISSION_REQUEST_INT":
                self._send(dialect.MAVLink_mission_ack_message(*target, MissionResult.INVALID_SEQUENCE, kind), peer)
            case _:
                self._send(dialect.MAVLink_mission_ack_message(*target, MissionResult.DENIED, kind), peer)
                self._send(refusal(), peer)

    def _send(self, message: Message, peer: Peer) -> None:
        self._out.append(Outgoing(message, peer.link))


def refusal() -> Message:
    """Return the text that accompanies each refusal."""
    return dialect.MAVLink_statustext_message(Severity.WARNING, REFUSAL.encode())


class RecordedCommands(Speaker):
    """COMMAND_LONG and COMMAND_INT of a replay: REQUEST_MESSAGE and its older forms return the last recorded message,
    DO_PAUSE_CONTINUE pauses and continues, DO_SET_MISSION_CURRENT jumps to the time when the item began. Other
    commands, SET_MODE, targets, origin and console are refused. PING and TIMESYNC are answered."""

    clock: Clock = "link"
    handles = frozenset(
        {
            "COMMAND_LONG", "COMMAND_INT", "SET_MODE", "PING", "TIMESYNC", "SET_GPS_GLOBAL_ORIGIN", "SERIAL_CONTROL",
            "SET_POSITION_TARGET_LOCAL_NED", "SET_POSITION_TARGET_GLOBAL_INT", "SET_ATTITUDE_TARGET",
            "AUTOPILOT_VERSION_REQUEST",
        }
    )  # fmt: skip

    def __init__(self, player: Player) -> None:
        self._player = player
        self._refused_ms = -_QUIET_MS
        super().__init__()

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        match message.get_type():
            case "PING":
                if (message.target_system, message.target_component) == _NO_TARGET:  # otherwise it is an answer
                    answer = dialect.MAVLink_ping_message(message.time_usec, message.seq, peer.system, peer.component)
                    self._out.append(Outgoing(answer, peer.link))
            case "TIMESYNC":
                if message.tc1 == 0:  # otherwise it is an answer
                    now_ns = max(self._player.at_ms, 1) * 1_000_000
                    self._out.append(Outgoing(dialect.MAVLink_timesync_message(now_ns, message.ts1), peer.link))
            case "COMMAND_LONG" | "COMMAND_INT":
                self._command(message, peer)
            case "AUTOPILOT_VERSION_REQUEST":
                self._out += [Outgoing(m, peer.link) for m in (self._message_of(_VERSION),) if m is not None]
            case _ if now_ms - self._refused_ms >= _QUIET_MS:  # targets arrive ten times a second
                self._refused_ms = now_ms
                self._out.append(Outgoing(refusal(), peer.link))

    def _command(self, message: Message, peer: Peer) -> None:
        result, others = self._result(message)
        ack = dialect.MAVLink_command_ack_message(message.command, result, 0, 0, peer.system, peer.component)
        self._out += [Outgoing(answer, peer.link) for answer in (ack, *others)]

    def _result(self, message: Message) -> tuple[Result, tuple[Message, ...]]:
        match message.command:
            case Cmd.DO_PAUSE_CONTINUE if message.param1 in (0.0, 1.0):
                self._player.paused = message.param1 == 0.0
                return Result.ACCEPTED, ()
            case Cmd.REQUEST_MESSAGE:
                logged = self._message_of(round(message.param1) if abs(message.param1) < 1e7 else -1)
                return (Result.FAILED, ()) if logged is None else (Result.ACCEPTED, (logged,))
            case Cmd.GET_HOME_POSITION if (logged := self._message_of(_HOME)) is not None:
                return Result.ACCEPTED, (logged,)
            case Cmd.REQUEST_AUTOPILOT_CAPABILITIES:
                if not asks_capabilities(message.param1, self._player.recording.firmware):
                    return Result.FAILED, ()
                logged = self._message_of(_VERSION)
                return Result.ACCEPTED, () if logged is None else (logged,)
            case Cmd.DO_SET_MISSION_CURRENT if 0.0 <= message.param1 < 1e5:
                jumped = self._player.jump_to_item(round(message.param1))
                return (Result.ACCEPTED, ()) if jumped else (Result.DENIED, (refusal(),))
            case Cmd.SET_MESSAGE_INTERVAL:  # the log sets the rate; rare messages (home) are sent now
                logged = self._message_of(round(message.param1) if abs(message.param1) < 1e7 else -1)
                return Result.DENIED, () if logged is None else (logged,)
            case Cmd.GET_HOME_POSITION:
                return Result.DENIED, ()  # requested every second: no text for each
            case _:
                return Result.DENIED, (refusal(),)

    def _message_of(self, msg_id: int) -> Message | None:
        logged = self._player.latest(msg_id)
        if logged is None and msg_id == _VERSION:
            recording = self._player.recording
            version, commit = recording.version()
            flags = CAPABILITIES | recording.firmware.capabilities & _ENCODINGS
            return dialect.MAVLink_autopilot_version_message(flags, version, 0, 0, 0, commit, [0] * 8, [0] * 8, 0, 0, 0)
        return logged
