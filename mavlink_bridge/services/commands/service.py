"""Command protocol, vehicle side (https://mavlink.io/en/services/command.html).

One table maps the number of a COMMAND_LONG or COMMAND_INT to a `CommandRow`. The answer is a COMMAND_ACK to the asker
on its link, at once or when the change is on disk, and a second one when an IN_PROGRESS ends. The rows come from
`flight`, `equipment` and `messages`; others `register` more.

While an arm is in progress, later commands of that link wait for its end, and what begins a mission waits while a new
one is being written to disk (`waiting`). Commands that stop motors or only request messages do not wait.

Clock: link time, for repetitions. Vehicle time, for the core, comes from `vehicle_now`.
"""

from __future__ import annotations

from collections.abc import Callable
from math import nan

from autopilot.commands.vehicle_parts import VehicleParts
from autopilot.context.journal import Journal, NoJournal
from autopilot.context.turns import earliest
from autopilot.interface.result import Outcome
from autopilot.interface.vehicle import Request
from autopilot.mav import Cmd, ModeFlag, Result
from mavlink_bridge.firmware.ardupilot import OWN
from mavlink_bridge.firmware.protocol import Firmware
from mavlink_bridge.routing.service import Clock, Message, Outgoing, Peer, Speaker
from mavlink_bridge.services.commands import equipment, flight, messages
from mavlink_bridge.services.commands.answers import AnswerMemory, SettlingAnswers
from mavlink_bridge.services.commands.context import DENIED, UNSUPPORTED, CommandRow, Context, TelemetryRequests
from mavlink_bridge.services.commands.request import Command, acknowledgement, from_int, from_long
from mavlink_bridge.services.commands.waiting import ArmQueue, MissionQueue, WaitingCommand


class CommandService(Speaker):
    """Service of the command protocol. `storing()`: a mission is being written to disk."""

    clock: Clock = "link"
    handles = frozenset({"COMMAND_LONG", "COMMAND_INT", "SET_MODE"})

    def __init__(
        self,
        parts: VehicleParts,
        telemetry: TelemetryRequests,
        *,
        vehicle_now: Callable[[], int] | None = None,
        journal: Journal | None = None,
        firmware: Firmware = OWN,
        storing: Callable[[], bool] = lambda: False,
    ) -> None:
        self._firmware = firmware
        self._parts = parts
        self._telemetry = telemetry
        self._vehicle_now = vehicle_now or (lambda: int(parts.facts.vehicle.state.time_ms))
        self._rows = {**flight.ROWS, **equipment.ROWS, **messages.ROWS}
        self._memory = AnswerMemory()
        self._settling = SettlingAnswers(journal or NoJournal())
        self._in_progress: dict[int, list[Peer]] = {}  # command number -> peers that were answered IN_PROGRESS
        self._requests: list[tuple[int, Request]] = []  # started and not finished
        self._progress_due: list[tuple[int, Command]] = []  # (time to send IN_PROGRESS, command)
        self._for_mission = MissionQueue(storing, self._is_auto)
        self._for_arm = ArmQueue(self._arming)
        super().__init__()

    def register(self, number: int, row: CommandRow) -> None:
        """Serve command `number` by `row`, which replaces an earlier row."""
        self._rows[number] = row

    def withdraw(self, number: int) -> None:
        """Do not support command `number`, if it was."""
        self._rows.pop(number, None)

    def row(self, number: int) -> CommandRow:
        """Row of a command; KeyError for an unknown command."""
        return self._rows[number]

    def supported(self, number: int) -> CommandRow | None:
        """Row of a command; None if this vehicle does not support it."""
        row = self._rows.get(number)
        return row if row is not None and row.fits(self._parts.facts.vehicle_class) else None

    def numbers(self) -> frozenset[int]:
        kind = self._parts.facts.vehicle_class
        return frozenset(int(number) for number, row in self._rows.items() if row.fits(kind))

    # --- Service --------------------------------------------------------------------------------------------------
    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        if not self._must_wait(message, peer):
            self._serve(message, peer, now_ms)
        elif not self._for_arm.keep(message, peer, now_ms):
            self._turn_away(message, peer)

    def handle_timeout(self, now_ms: int) -> None:
        if self._requests:
            done = [entry for entry in self._requests if entry[1].done]
            self._requests = [entry for entry in self._requests if not entry[1].done]
            for number, request in done:
                self.finish(number, _result_of(request))
        if self._settling.waiting:
            self._answer_settled(now_ms)
        if self._for_mission.waiting:
            self._serve_for_mission(now_ms)
        if self._progress_due:
            self._say_in_progress(now_ms)
        if self._for_arm.waiting:
            self._serve_for_arm(now_ms)

    def next_deadline_ms(self) -> int | None:
        if not (self._for_arm.waiting or self._for_mission.waiting or self._progress_due):
            return None
        return earliest((self._for_arm.next_ms, self._for_mission.next_ms, *[due for due, _ in self._progress_due]))

    def link_closed(self, link: int) -> None:
        self._memory.forget_link(link)
        self._settling.forget_link(link)
        self._for_mission.forget_link(link)
        self._progress_due = [entry for entry in self._progress_due if entry[1].peer.link != link]
        self._for_arm.forget_link(link)
        for number, peers in list(self._in_progress.items()):
            self._in_progress[number] = [peer for peer in peers if peer.link != link]

    def finish(self, number: int, outcome: Outcome) -> None:
        """Send the final outcome of command `number`, answered IN_PROGRESS before, to all askers. Commands that waited
        for it are served at the next `handle_timeout`."""
        self._progress_due = [entry for entry in self._progress_due if entry[1].number != number]
        for peer in self._in_progress.pop(number, ()):
            self._memory.finish(number, peer, outcome)
            self._acknowledge(number, peer, outcome)

    # --- one command ----------------------------------------------------------------------------------------------
    def _serve(self, message: Message, peer: Peer, now_ms: int) -> None:
        name = message.get_type()
        if name == "SET_MODE":  # older than the command protocol, without acknowledgement
            if message.base_mode == ModeFlag.SAFETY_ARMED:  # ArduPilot: the mode is the position of the safety switch
                self._parts.vehicle_arming.switches.secure(message.custom_mode != 0)
                return
            params = (float(message.base_mode), *self._firmware.mode_params(message.custom_mode), nan, nan, nan, nan)
            self._set_mode(Command(Cmd.DO_SET_MODE, params, 0, peer), now_ms)
            return
        row, is_long = self.supported(message.command), name == "COMMAND_LONG"
        frame = message.frame if not is_long else None if row is None else row.long_frame
        if row is None or frame is None:
            self._acknowledge(message.command, peer, UNSUPPORTED)
        elif is_long:
            self._serve_long(from_long(message, peer, frame), row, now_ms)
        elif not row.accepts_frame(frame):
            self._acknowledge(message.command, peer, Outcome(self._firmware.habits.wrong_frame))
        else:
            self._act(from_int(message, peer, has_place=row.place), row, now_ms)

    def _set_mode(self, command: Command, now_ms: int) -> None:
        if not self._waits_for_mission(command, now_ms, answered=False):
            self._rows[Cmd.DO_SET_MODE].handler(command, self._context(command.peer))

    def _serve_long(self, command: Command, row: CommandRow, now_ms: int) -> None:
        # a repeated query is served again: the message that answered it may have been lost
        answer = None if row.query else self._memory.recall(command, now_ms)
        if answer is not None:
            self._acknowledge(command.number, command.peer, answer, row.speaker(command.component))
        elif not self._settling.awaits(command):
            self._act(command, row, now_ms)

    def _act(self, command: Command, row: CommandRow, now_ms: int) -> None:
        if self._waits_for_mission(command, now_ms):
            return
        context = self._context(command.peer)
        mark = self._settling.mark()
        if not command.sane or not all(command.given(index) for index in row.required):
            outcome = DENIED
        else:
            try:
                outcome = row.handler(command, context)
            except Exception:  # programming error: logged and answered
                self._answer(command, Outcome(Result.FAILED), [], now_ms)
                raise
        self._out.extend(context.before)
        if context.pending is not None:
            outcome = self._follow(command.number, context.pending)
        if outcome.result is Result.IN_PROGRESS:
            peers = self._in_progress.setdefault(command.number, [])
            if command.peer not in peers:
                peers.append(command.peer)
            if context.pending is not None and context.patience_ms:
                self._memory.remember(command, outcome, now_ms)  # until its end, perhaps before IN_PROGRESS is sent
                if all(known.peer != command.peer or known.number != command.number for _, known in self._progress_due):
                    self._progress_due.append((now_ms + context.patience_ms, command))
                return
        if row.durable and outcome.ok and self._settling.hold(command, outcome, context.after, mark):
            self._answer_settled(now_ms)
        else:
            self._answer(command, outcome, context.after, now_ms)

    def _answer(self, command: Command, outcome: Outcome, after: list[Outgoing], now_ms: int) -> None:
        row = self._rows[command.number]
        if not row.query:
            self._memory.remember(command, outcome, now_ms)
        self._acknowledge(command.number, command.peer, outcome, row.speaker(command.component))
        self._out.extend(after)

    def _say_in_progress(self, now_ms: int) -> None:
        """Answer IN_PROGRESS to commands that run for longer than `patience_ms`."""
        for entry in [entry for entry in self._progress_due if entry[0] <= now_ms]:
            self._progress_due.remove(entry)
            self._answer(entry[1], Outcome(Result.IN_PROGRESS), [], now_ms)

    def _answer_settled(self, now_ms: int) -> None:
        for answer in self._settling.settled():
            self._answer(answer.command, answer.outcome, answer.after, now_ms)

    def _follow(self, number: int, request: Request) -> Outcome:
        if request.done:
            return _result_of(request)
        self._requests.append((number, request))
        return Outcome(Result.IN_PROGRESS)

    def _context(self, peer: Peer) -> Context:
        return Context(self._parts, self._telemetry, peer, self._vehicle_now(), self._firmware)

    def _acknowledge(self, number: int, peer: Peer, outcome: Outcome, component: int | None = None) -> None:
        self._out.append(Outgoing(acknowledgement(number, peer, outcome), peer.link, component))

    # --- waiting for a mission ------------------------------------------------------------------------------------
    def _is_auto(self, command: Command) -> bool:
        if not command.sane:
            return False
        custom = self._firmware.custom_of(command.param(2), command.param(3))
        return self._firmware.mode_of(custom) == self._parts.facts.vehicle_class.modes.auto

    def _waits_for_mission(self, command: Command, now_ms: int, *, answered: bool = True) -> bool:
        self._reject(self._for_mission.drop(command), now_ms)
        return self._for_mission.keeps(command, now_ms, answered=answered)

    def _serve_for_mission(self, now_ms: int) -> None:
        ready, late = self._for_mission.take(now_ms)
        for kept in ready:
            if kept.answered:
                self._act(kept.command, self._rows[kept.command.number], now_ms)
            else:
                self._set_mode(kept.command, now_ms)
        self._reject(late, now_ms)

    def _reject(self, waited: list[WaitingCommand], now_ms: int) -> None:
        for kept in waited:
            if kept.answered:
                self._answer(kept.command, Outcome(Result.TEMPORARILY_REJECTED), [], now_ms)

    # --- waiting for an arm ---------------------------------------------------------------------------------------
    def _arming(self, link: int) -> bool:
        return any(peer.link == link for peer in self._in_progress.get(Cmd.COMPONENT_ARM_DISARM, ()))

    def _must_wait(self, message: Message, peer: Peer) -> bool:
        if not self._for_arm.holds(peer.link):
            return False
        if message.get_type() == "SET_MODE":
            return True
        row = self._rows.get(message.command)
        return row is not None and not row.query and not row.at_once

    def _turn_away(self, message: Message, peer: Peer) -> None:
        if message.get_type() != "SET_MODE":
            self._acknowledge(message.command, peer, Outcome(Result.TEMPORARILY_REJECTED))

    def _serve_for_arm(self, now_ms: int) -> None:
        ready, late = self._for_arm.take(now_ms)
        for kept in ready:
            self.handle_message(kept.message, kept.peer, now_ms)
        for kept in late:
            self._turn_away(kept.message, kept.peer)


def _result_of(request: Request) -> Outcome:
    return Outcome(Result.ACCEPTED if request.ok else Result.FAILED, request.reason)
