"""Steps of a case: send messages, and expect that others come or do not come within a time.

A case is a generator that waits in `expect`, `silent`, `collect` and steps made of them. Protocols are run by the usual
clients (`play`). No I/O: the caller passes messages and time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from copy import copy
from typing import Final, NoReturn, TypeAlias, TypeVar

from autopilot.interface.texts import printable
from autopilot.mav import Cmd, Frame, MissionResult, Result
from mavlink_bridge.clients.base import Client, Target
from mavlink_bridge.clients.parameters import ParameterList
from mavlink_bridge.firmware.known import firmware_spoken
from mavlink_bridge.routing.service import Message, Peer
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.codec import dialect
from mavlink_bridge.wire.framing import FrameWriter, frame_v1
from sortie.conform.facts import Heard, VehicleFound, one_line

STATION: Final = (255, 190)
OTHER_STATION: Final = (252, 191)
"""Our ids, and other ids for cases with two stations."""
ABSENT_SYSTEM: Final = 199
ABSENT_COMPONENT: Final = 77
"""Component id that no vehicle has: user-defined components begin at 25, stations at 255."""
_LINES_KEPT: Final = 60
_ENDLESS: Final = 20_000
"""Most messages of a client's exchange or of one question; a list of 1,500 parameters needs 1,500."""
_LINK: Final = 0
AnyClient = TypeVar("AnyClient", bound=Client)
Where = Callable[[Message], bool]
T = TypeVar("T")
Waiting: TypeAlias = Generator[int, Heard | None, T]
"""Part of an exchange: it yields the end of its wait, ms, and receives the next message, or None at that time."""
Steps: TypeAlias = Waiting[None]


class CaseFailedError(Exception):
    """Failure of the vehicle, in one line, which may quote what the vehicle sent."""

    def __init__(self, why: str) -> None:
        super().__init__(printable(why))


class NotApplicableError(Exception):
    """Reason why a case is not applicable to this vehicle."""


class UntestedError(Exception):
    """Reason why a case could not be carried out."""


def _any(message: Message) -> bool:
    return True


def is_of_query(ack: Message) -> bool:
    """True for the COMMAND_ACK of an `Exchange.query`."""
    return bool(ack.command == Cmd.REQUEST_MESSAGE)


class Exchange:
    """Exchange with a vehicle. `found`: the vehicle; `patience_ms`: longest time for an answer; `tries`: requests on a
    link with losses."""

    def __init__(self, found: VehicleFound, patience_ms: int, tries: int) -> None:
        self.found = found
        self.patience_ms = patience_ms
        self.tries = tries
        self.now_ms = 0
        self._out: list[bytes] = []
        self._writers: dict[tuple[int, int], FrameWriter] = {}
        self._lines: deque[str] = deque(maxlen=_LINES_KEPT)
        self._watched: set[str] = set()
        self._undo: list[tuple[str, Waiting[object]]] = []
        self._keepsakes: dict[str, Waiting[object]] = {}
        self._transfers: set[tuple[tuple[int, int], int]] = set()  # open transfers: sender and MAV_MISSION_TYPE

    # --- of who runs it -------------------------------------------------------------------------------------------
    def take(self) -> bytes:
        out, self._out = self._out, []
        return b"".join(out)

    def begin(self) -> None:
        """Begin a case with an empty record."""
        self._lines.clear()
        self._watched = {"COMMAND_ACK", "STATUSTEXT"}

    def record(self, heard: Heard) -> None:
        """Record a message if the case asks for its kind."""
        message = heard.message
        if message.get_type() == "MISSION_ACK" and message.type == MissionResult.ACCEPTED:
            self._transfers.discard(((message.target_system, message.target_component), message.mission_type))
        if heard.message.get_type() in self._watched:
            self._lines.append(f"{heard.at_ms:>8} came {one_line(heard.message)} [{heard.frame.raw.hex()}]")

    @property
    def lines(self) -> tuple[str, ...]:
        """Record of the exchange, a line for each message."""
        return tuple(self._lines)

    def take_undo(self) -> list[tuple[str, Waiting[object]]]:
        """Take the steps that undo changes, last change first."""
        undo, self._undo = self._undo[::-1], []
        return undo

    def take_keepsakes(self) -> list[tuple[str, Waiting[object]]]:
        """Take the steps that restore what many cases change: the vehicle's own plans."""
        keepsakes, self._keepsakes = list(self._keepsakes.items()), {}
        return keepsakes

    # --- sending --------------------------------------------------------------------------------------------------
    @property
    def target(self) -> Target:
        """Autopilot, for clients."""
        heartbeat = self.found.heartbeat
        spoken = (
            firmware_spoken(None, None) if heartbeat is None else firmware_spoken(heartbeat.autopilot, heartbeat.type)
        )
        return Target(self.found.system, self.found.component, None, spoken)

    @property
    def ids(self) -> tuple[int, int]:
        """System and component id of the autopilot, the target of most messages."""
        return self.found.system, self.found.component

    def frame(self, message: Message, sender: tuple[int, int] = STATION) -> bytes:
        writer = self._writers.setdefault(sender, FrameWriter(*sender))
        return writer.frame(*codec.payload(message))

    def send(self, message: Message, sender: tuple[int, int] = STATION, *, mavlink1: bool = False) -> None:
        """Send a message, as MAVLink 2 unless `mavlink1`."""
        if message.get_type() in ("MISSION_COUNT", "MISSION_REQUEST_LIST"):
            self._transfers.add((sender, message.mission_type))
        elif message.get_type() == "MISSION_ACK":
            self._transfers.discard((sender, message.mission_type))
        frame = self.frame(message, sender)
        if mavlink1:
            number, payload, extra = codec.payload_v1(message)
            frame = frame_v1(frame[4], *sender, number, payload, extra)
        self.send_bytes(frame, one_line(message))

    def send_bytes(self, data: bytes, what: str) -> None:
        """Send raw bytes; `what` names them in the record."""
        self._lines.append(f"{self.now_ms:>8} sent {what} [{data.hex()}]")
        self._out.append(data)

    def send_silently(self, message: Message) -> None:
        """Send a message that belongs to no case: our HEARTBEAT."""
        self._out.append(self.frame(message))

    def cancel_transfers(self) -> None:
        """Cancel transfers that a case has left open. PX4 is busy until it has received nothing for 5 s, and every
        request of the next case would prolong that."""
        for sender, kind in self._transfers:
            self._out.append(
                self.frame(
                    dialect.MAVLink_mission_ack_message(*self.ids, MissionResult.OPERATION_CANCELLED, kind), sender
                )
            )
        self._transfers.clear()

    # --- waiting --------------------------------------------------------------------------------------------------
    def wait(self, wait_ms: int) -> Steps:
        """Let time pass and ignore messages."""
        end_ms = self.now_ms + wait_ms
        while (yield end_ms) is not None:
            pass

    def collect(self, names: str | Iterable[str], wait_ms: int, where: Where = _any) -> Waiting[list[Heard]]:
        """Collect all such messages of the autopilot within `wait_ms`."""
        watched = self._watch(names)
        end_ms, received = self.now_ms + wait_ms, []
        while (heard := (yield end_ms)) is not None:
            if self._is_of(heard, self.found.component, watched) and where(heard.message):
                received.append(heard)
        return received

    def hear(
        self,
        names: str | Iterable[str],
        where: Where = _any,
        within_ms: int | None = None,
        component: int | None = None,
    ) -> Waiting[Message | None]:
        """Wait for the first such message of the autopilot, or of another `component` (0: any); None: it did not
        come."""
        watched = self._watch(names)
        end_ms = self.now_ms + (self.patience_ms if within_ms is None else within_ms)
        source = self.found.component if component is None else component
        while (heard := (yield end_ms)) is not None:
            if self._is_of(heard, source, watched) and where(heard.message):
                return heard.message
        return None

    def expect(
        self,
        names: str | Iterable[str],
        where: Where = _any,
        what: str = "",
        within_ms: int | None = None,
        component: int | None = None,
    ) -> Waiting[Message]:
        """Wait as `hear` does; the case fails when the message does not come. `what` describes it."""
        message = yield from self.hear(names, where, within_ms, component)
        if message is None:
            self.fail(f"no {what or _listed(names)} within {self.patience_ms if within_ms is None else within_ms} ms")
        return message

    def silent(self, names: str | Iterable[str], where: Where = _any, what: str = "", for_ms: int = 600) -> Steps:
        """Fail when such a message comes within `for_ms`."""
        message = yield from self.hear(names, where, for_ms, 0)
        if message is not None:
            self.fail(f"{what or 'nothing had to come'}, but {one_line(message)} came")

    def unanswered(
        self, question: Message, names: str | Iterable[str], where: Where = _any, what: str = "", for_ms: int = 600
    ) -> Steps:
        """Send a message, and fail when such an answer comes within `for_ms`."""
        self.send(question)
        yield from self.silent(names, where, what, for_ms)

    def until_quiet(
        self, names: str | Iterable[str], quiet_ms: int, where: Where = _any, component: int | None = None
    ) -> Waiting[list[Message]]:
        """Collect such messages until none has come for `quiet_ms`; the case fails when they do not end."""
        received: list[Message] = []
        while (message := (yield from self.hear(names, where, quiet_ms, component))) is not None:
            received.append(message)
            self.check(len(received) < _ENDLESS, f"an end of {_listed(names)}, {_ENDLESS} came")
        return received

    def ask(
        self,
        question: Message,
        names: str | Iterable[str],
        where: Where = _any,
        what: str = "",
        *,
        sender: tuple[int, int] = STATION,
        component: int | None = None,
    ) -> Waiting[Message]:
        """Send a request, repeated if necessary, and expect its answer. A COMMAND_LONG counts its repetitions, so that
        the vehicle acts once."""
        for _ in range(self.tries - 1):
            self.send(question, sender)
            answer = yield from self.hear(names, where, None, component)
            if answer is not None:
                return answer
            if question.get_type() == "COMMAND_LONG":
                question = copy(question)
                question.confirmation += 1
        self.send(question, sender)
        return (yield from self.expect(names, where, what, None, component))

    def play(self, client: AnyClient) -> Waiting[AnyClient]:
        """Run a client to its end; the case fails if the vehicle's answers would never let it end."""
        self._watch(client.handles)
        client.start(self.now_ms)
        for _ in range(_ENDLESS):
            for outgoing in client.take_outgoing():
                self.send(outgoing.message)
            if client.done:
                return client
            due_ms = client.next_deadline_ms()
            heard = yield self.now_ms + self.patience_ms if due_ms is None else due_ms
            if heard is None:
                client.handle_timeout(self.now_ms)
            else:
                peer = Peer(_LINK, heard.frame.system, heard.frame.component)
                client.handle_message(heard.message, peer, self.now_ms)
        self.fail(f"{type(client).__name__} had to end, {_ENDLESS} messages came")

    # --- commands -------------------------------------------------------------------------------------------------
    def long(
        self, number: int, *params: float, confirmation: int = 0, target: tuple[int, int] | None = None
    ) -> Message:
        """Make a COMMAND_LONG to the autopilot."""
        return codec.command_message(*(target or self.ids), number, *params, confirmation=confirmation)

    def query(self, *, confirmation: int = 0, target: tuple[int, int] | None = None) -> Message:
        """Make a command that only requests a message."""
        version = codec.id_of("AUTOPILOT_VERSION")
        return self.long(Cmd.REQUEST_MESSAGE, version, confirmation=confirmation, target=target)

    def whole(self, number: int, *params: float, frame: int = Frame.GLOBAL) -> Message:
        """Make a COMMAND_INT to the autopilot; parameters 5 and 6 are integers."""
        p1, p2, p3, p4, x, y, z = (*params, *(0.0,) * (7 - len(params)))
        return dialect.MAVLink_command_int_message(
            *self.ids, frame, number, 0, 0, p1, p2, p3, p4, round(x), round(y), z
        )

    def command(self, message: Message, sender: tuple[int, int] = STATION) -> Waiting[Message]:
        """Send a command and expect its last COMMAND_ACK, after any IN_PROGRESS."""
        number, component = message.command, message.target_component
        ack = yield from self.ask(
            message,
            "COMMAND_ACK",
            lambda ack: ack.command == number,
            f"COMMAND_ACK of command {number}",
            sender=sender,
            component=component or self.found.component,
        )
        while ack.result == Result.IN_PROGRESS:
            ack = yield from self.expect(
                "COMMAND_ACK", lambda ack: ack.command == number, "end of what is in progress", 60_000, component
            )
        return ack

    def accepted(self, message: Message) -> Waiting[Message]:
        """Send a command that the vehicle must accept."""
        ack = yield from self.command(message)
        self.check(ack.result == Result.ACCEPTED, f"ACCEPTED had to come, {_result(ack)} came")
        return ack

    def refused(self, message: Message, *results: int) -> Waiting[Message]:
        """Send a command that the vehicle must refuse, with one of `results` if given."""
        ack = yield from self.command(message)
        if results:
            expected = " or ".join(Result(result).name for result in results)
            self.check(ack.result in results, f"{expected} had to come, {_result(ack)} came")
        else:
            self.check(ack.result != Result.ACCEPTED, "a refusal had to come, ACCEPTED came")
        return ack

    def request(
        self, name: str, *params: float, component: int | None = None, where: Where = _any
    ) -> Waiting[tuple[Message, Message | None]]:
        """Request a message with REQUEST_MESSAGE; returns the acknowledgement, and the message or None after a refusal.
        The case fails when a granted message does not come. For a streamed message, the next one is taken."""
        source = self.found.component if component is None else component
        target = (self.found.system, source)
        question = self.long(Cmd.REQUEST_MESSAGE, codec.id_of(name), *params, target=target)
        watched = self._watch((name, "COMMAND_ACK"))
        ack = message = None
        for _ in range(self.tries):
            self.send(question)
            end_ms = self.now_ms + self.patience_ms
            while (ack is None or message is None) and (heard := (yield end_ms)) is not None:
                if not self._is_of(heard, source, watched):
                    continue
                if heard.message.get_type() == name:
                    message = heard.message if where(heard.message) else message
                elif heard.message.command == Cmd.REQUEST_MESSAGE:
                    ack = heard.message
                    if ack.result != Result.ACCEPTED:
                        return ack, None
            if ack is not None and message is not None:
                return ack, message
        if ack is None:
            self.fail(f"no COMMAND_ACK of the request for {name}")
        self.fail(f"{name} was promised and did not come")

    def requested(self, name: str, *params: float, component: int | None = None) -> Waiting[Message]:
        """Request a message that the vehicle must send."""
        ack, message = yield from self.request(name, *params, component=component)
        if message is None:
            self.fail(f"{name} had to come, {_result(ack)} came")
        return message

    def available(self, name: str, *params: float) -> Waiting[Message]:
        """Request a message that not every vehicle has; not applicable after a refusal."""
        ack, message = yield from self.request(name, *params)
        if message is None:
            raise NotApplicableError(f"it has no {name} ({_result(ack)})")
        return message

    # --- what the vehicle has -------------------------------------------------------------------------------------
    def parameters(self) -> Steps:
        """List all parameters, once for all cases: `found.values`."""
        if not self.found.values:
            listing = yield from self.play(ParameterList(self.target))
            self.found.values = dict(listing.values)
            if not self.found.values:
                self.fail("no PARAM_VALUE answers PARAM_REQUEST_LIST")

    # --- verdicts -------------------------------------------------------------------------------------------------
    def check(self, good: bool, why: str) -> None:
        """Fail the case unless `good`; `why`: what was expected, and what came."""
        if not good:
            raise CaseFailedError(why)

    def fail(self, why: str) -> NoReturn:
        raise CaseFailedError(why)

    def undo(self, what: str, steps: Waiting[object]) -> None:
        """Undo a change later, at the end of the case or after an interrupt."""
        self._undo.append((what, steps))

    def keep(self, what: str, steps: Steps) -> None:
        """Restore something after all cases; once for each `what`."""
        self._keepsakes[what] = steps

    def keeps(self, what: str) -> bool:
        return what in self._keepsakes

    # --- helpers --------------------------------------------------------------------------------------------------
    def _watch(self, names: str | Iterable[str]) -> frozenset[str]:
        watched = frozenset((names,) if isinstance(names, str) else names)
        self._watched |= watched
        return watched

    def _is_of(self, heard: Heard, component: int, names: frozenset[str]) -> bool:
        ids = self.found.system, component or heard.frame.component
        return (heard.frame.system, heard.frame.component) == ids and heard.message.get_type() in names


def _listed(names: str | Iterable[str]) -> str:
    return names if isinstance(names, str) else " or ".join(sorted(names))


def _result(ack: Message) -> str:
    return Result(ack.result).name if ack.result in set(Result) else f"MAV_RESULT {ack.result}"
