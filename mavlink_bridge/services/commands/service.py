"""The command protocol, vehicle side (https://mavlink.io/en/services/command.html).

COMMAND_LONG and COMMAND_INT go through one table, command number to `CommandRow`; the answer is one COMMAND_ACK, at
once (or when what it promises is durable), to the asker on its link, and a second one when an IN_PROGRESS ends. The
service owns who waits for what; it knows no command by itself: `flight`, `equipment` and `messages` bring the rows,
others may `register` their own.

Commands of a link that come while an arm of that link is in progress wait for its end (a ground station that sends arm
and takeoff back to back means them in this order); what stops motors or only asks for messages does not wait.

Clock: link time, for repetitions. Vehicle time, which the core wants, is asked of `vehicle_now`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from math import nan

from autopilot.commands.vehicle_parts import VehicleParts
from autopilot.context.journal import Journal, MemoryJournal
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

#: Commands of one link that wait for its arm; more are turned away.
MOST_WAITING = 32
#: They wait at most this long, ms of link time; then they are turned away.
LONGEST_WAIT_MS = 10_000


class CommandService(Speaker):
    """See the module."""

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
    ) -> None:
        self._firmware = firmware
        self._parts = parts
        self._telemetry = telemetry
        self._vehicle_now = vehicle_now or (lambda: int(parts.facts.vehicle.state.time_ms))
        self._rows = {**flight.ROWS, **equipment.ROWS, **messages.ROWS}
        self._memory = AnswerMemory()
        self._settling = SettlingAnswers(journal or MemoryJournal())
        self._asked: dict[int, list[Peer]] = {}  # command number -> who was told IN_PROGRESS
        self._requests: list[tuple[int, Request]] = []  # started, not done
        self._unsaid: list[tuple[int, Command]] = []  # (when to say IN_PROGRESS, of what)
        self._waiting: dict[int, deque[tuple[int, Message, Peer]]] = {}  # link -> (until, message, peer) behind its arm
        super().__init__()

    def register(self, number: int, row: CommandRow) -> None:
        """Serve command `number` by `row`, instead of what may have served it before."""
        self._rows[number] = row

    def row(self, number: int) -> CommandRow:
        """Row that serves a command; KeyError when there is none."""
        return self._rows[number]

    def numbers(self) -> frozenset[int]:
        """The commands that this vehicle knows."""
        kind = self._parts.facts.vehicle_class
        return frozenset(int(number) for number, row in self._rows.items() if row.fits(kind))

    # --- Service --------------------------------------------------------------------------------------------------
    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        if self._must_wait(message, peer):
            self._wait(message, peer, now_ms)
        else:
            self._serve(message, peer, now_ms)

    def handle_timeout(self, now_ms: int) -> None:
        if self._requests:
            done = [entry for entry in self._requests if entry[1].done]
            self._requests = [entry for entry in self._requests if not entry[1].done]
            for number, request in done:
                self.finish(number, _result_of(request))
        self._answer_settled(now_ms)
        if self._unsaid:
            self._say_in_progress(now_ms)
        if self._waiting:
            self._serve_waiting(now_ms)

    def next_deadline_ms(self) -> int | None:
        if not self._waiting and not self._unsaid:
            return None
        return min([queue[0][0] for queue in self._waiting.values()] + [due for due, _ in self._unsaid])

    def link_closed(self, link: int) -> None:
        self._memory.forget_link(link)
        self._settling.forget_link(link)
        self._unsaid = [entry for entry in self._unsaid if entry[1].peer.link != link]
        self._waiting.pop(link, None)
        for number, peers in list(self._asked.items()):
            self._asked[number] = [peer for peer in peers if peer.link != link]

    def finish(self, number: int, outcome: Outcome) -> None:
        """Command `number`, answered IN_PROGRESS, has ended with `outcome`: tell everyone who asked. Commands that
        waited for it are served at the next `handle_timeout`."""
        self._unsaid = [entry for entry in self._unsaid if entry[1].number != number]
        for peer in self._asked.pop(number, ()):
            self._memory.finish(number, peer, outcome)
            self._acknowledge(number, peer, outcome)

    # --- one command ----------------------------------------------------------------------------------------------
    def _serve(self, message: Message, peer: Peer, now_ms: int) -> None:
        name = message.get_type()
        if name == "SET_MODE":  # older than the command protocol: no acknowledgement
            if message.base_mode == ModeFlag.SAFETY_ARMED:  # ArduPilot: the mode is the safety switch's position
                self._parts.vehicle_arming.switches.secure(message.custom_mode != 0)
                return
            params = (float(message.base_mode), *self._firmware.mode_params(message.custom_mode), nan, nan, nan, nan)
            command = Command(Cmd.DO_SET_MODE, params, 0, peer)
            self._rows[Cmd.DO_SET_MODE].handler(command, self._context(peer))
            return
        row = self._rows.get(message.command)
        if row is None or not row.fits(self._parts.facts.vehicle_class):
            self._acknowledge(message.command, peer, UNSUPPORTED)
        elif name == "COMMAND_LONG":
            self._serve_long(message, peer, row, now_ms)
        elif not row.accepts_frame(message.frame):
            self._acknowledge(message.command, peer, Outcome(self._firmware.habits.wrong_frame))
        else:
            self._act(from_int(message, peer, has_place=row.place), row, now_ms)

    def _serve_long(self, message: Message, peer: Peer, row: CommandRow, now_ms: int) -> None:
        if row.long_frame is None:
            self._acknowledge(message.command, peer, UNSUPPORTED)
            return
        command = from_long(message, peer, row.long_frame)
        # a repeated query is served again: the message that answered it may have been lost
        known = None if row.query else self._memory.recall(command, now_ms)
        if known is not None:
            self._acknowledge(command.number, command.peer, known, row.speaker(command.component))
        else:
            self._act(command, row, now_ms)

    def _act(self, command: Command, row: CommandRow, now_ms: int) -> None:
        context = self._context(command.peer)
        mark = self._settling.mark()
        if not command.sane or not all(command.given(index) for index in row.required):
            outcome = DENIED
        else:
            try:
                outcome = row.handler(command, context)
            except Exception:  # a fault of ours: told in the log, and to whoever waits for an answer
                self._answer(command, Outcome(Result.FAILED), [], now_ms)
                raise
        self._out.extend(context.before)
        if context.pending is not None:
            outcome = self._follow(command.number, context.pending)
        if outcome.result is Result.IN_PROGRESS:
            peers = self._asked.setdefault(command.number, [])
            if command.peer not in peers:
                peers.append(command.peer)
        if outcome.result is Result.IN_PROGRESS and context.pending is not None and context.patience_ms:
            if all(known.peer != command.peer or known.number != command.number for _, known in self._unsaid):
                self._unsaid.append((now_ms + context.patience_ms, command))
            return
        held = row.durable and outcome.ok and self._settling.hold(command, outcome, context.after, mark)
        if held:
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
        """Answer IN_PROGRESS to the commands that have been quiet for too long."""
        for entry in [entry for entry in self._unsaid if entry[0] <= now_ms]:
            self._unsaid.remove(entry)
            self._answer(entry[1], Outcome(Result.IN_PROGRESS), [], now_ms)

    def _answer_settled(self, now_ms: int) -> None:
        for held in self._settling.settled():
            self._answer(held.command, held.outcome, held.after, now_ms)

    def _follow(self, number: int, request: Request) -> Outcome:
        if request.done:
            return _result_of(request)
        self._requests.append((number, request))
        return Outcome(Result.IN_PROGRESS)

    def _context(self, peer: Peer) -> Context:
        return Context(self._parts, self._telemetry, peer, self._vehicle_now(), self._firmware)

    def _acknowledge(self, number: int, peer: Peer, outcome: Outcome, component: int | None = None) -> None:
        self._out.append(Outgoing(acknowledgement(number, peer, outcome), peer.link, component))

    # --- waiting for an arm ---------------------------------------------------------------------------------------
    def _arming(self, link: int) -> bool:
        return any(peer.link == link for peer in self._asked.get(Cmd.COMPONENT_ARM_DISARM, ()))

    def _must_wait(self, message: Message, peer: Peer) -> bool:
        if peer.link not in self._waiting and not self._arming(peer.link):
            return False
        if message.get_type() == "SET_MODE":
            return True
        row = self._rows.get(message.command)
        return row is not None and not row.query and not row.at_once

    def _wait(self, message: Message, peer: Peer, now_ms: int) -> None:
        queue = self._waiting.setdefault(peer.link, deque())
        if len(queue) < MOST_WAITING:
            queue.append((now_ms + LONGEST_WAIT_MS, message, peer))
        else:
            self._turn_away(message, peer)

    def _turn_away(self, message: Message, peer: Peer) -> None:
        if message.get_type() != "SET_MODE":
            self._acknowledge(message.command, peer, Outcome(Result.TEMPORARILY_REJECTED))

    def _serve_waiting(self, now_ms: int) -> None:
        for link in tuple(self._waiting):
            if not self._arming(link):
                for _, message, peer in self._waiting.pop(link):
                    self.handle_message(message, peer, now_ms)
            elif self._waiting[link][0][0] <= now_ms:
                self._turn_away_expired(link, now_ms)

    def _turn_away_expired(self, link: int, now_ms: int) -> None:
        queue = self._waiting[link]
        while queue and queue[0][0] <= now_ms:
            _, message, peer = queue.popleft()
            self._turn_away(message, peer)
        if not queue:
            del self._waiting[link]


def _result_of(request: Request) -> Outcome:
    return Outcome(Result.ACCEPTED if request.ok else Result.FAILED, request.reason)
