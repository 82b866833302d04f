"""Actors and their kernel. It is deterministic, without threads and without a clock of its own.

An actor runs when it has a message, news that it listens for, or a deadline that has come. Its state is its own; a
restarted actor is a new object.

In each run the actors with a message, news or a deadline take turns in a fixed order. Rounds follow until no actor has
work left, so a chain of requests ends within the same vehicle time. Mailboxes are bounded. Supervision
(docs/reference/flight-lifecycle.md, "Supervision"): if a critical actor raises, all critical actors restart together
with clean state. Another actor stays down, or restarts at once. The kernel catches every exception of an actor.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from autopilot.context.turns import earliest
from autopilot.flight.messages import FAIL, OK, Ask, Message, MessageKind, Payload, Tag, TraceEntry, TraceSink

MAILBOX_SIZE = 32
MOST_ROUNDS = 200
MOST_RESTARTS, RESTART_WINDOW_MS = 5, 10_000
OUTSIDE = "kernel"


class UnknownActorError(LookupError):
    """No actor of this name."""


class MailboxFullError(RuntimeError):
    """The receiver's mailbox is full. The text names both actors."""


class InjectedFault(RuntimeError):
    """Exception of the fault ACTOR.raise."""


class Actor:
    """Base of all actors. `critical`: if it raises, all critical actors restart together; otherwise it stays down until
    the next RESET, or restarts at once (`restarts_at_once`). `listens`: bits of news (`autopilot.flight.flags`)."""

    name: ClassVar[str]
    critical: ClassVar[bool] = True
    restarts_at_once: ClassVar[bool] = False
    listens: ClassVar[int] = 0

    def __init__(self) -> None:
        self.deadline_ms: int | None = None
        self.port: ActorPort

    def handle_message(self, message: Message) -> None:
        """Handle a message. The base answers RESET."""
        if message.kind is MessageKind.REQUEST and message.subject == Ask.RESET.value:
            self._answer_reset(message)

    def handle_news(self, news: int, flags: int) -> None:
        """Handle news that the actor listens for; `flags` is the present state."""

    def handle_timeout(self) -> None:
        """Handle the deadline, which has come and is None again."""

    def reset(self, request: Message) -> str | None:
        """Clean the state before a flight; the reason if that is impossible."""
        return None

    def _answer_reset(self, request: Message) -> None:
        fault = self.port.fault("reset")
        if fault is None:
            self.finish_reset(request, self.reset(request))
        elif fault == "fail":
            self.finish_reset(request, f"{self.name}.reset: injected fault")

    def finish_reset(self, request: Message, complaint: str | None) -> None:
        """Answer a RESET: None is success."""
        self.port.reply(request, (OK, "") if complaint is None else (FAIL, complaint))


class _ActorCell:
    """An actor, and the kernel's data about it."""

    def __init__(self, make: Callable[[], Actor]) -> None:
        self.make = make
        self.mail: list[Message] = []  # short: a deque, which takes ten times as much while it is empty, is no faster
        self.news = 0
        self.down = False
        self.hung = False
        self.poisoned = False
        self.restarts: tuple[int, ...] = ()  # times of the last ones
        self.actor: Actor

    def has_work(self, now_ms: int) -> bool:
        if self.hung or self.down:
            return False
        deadline_ms = self.actor.deadline_ms
        return bool(self.mail or self.news or self.poisoned or (deadline_ms is not None and now_ms >= deadline_ms))


class ActorPort:
    """An actor's access to the other actors."""

    def __init__(self, kernel: ActorKernel, name: str) -> None:
        self._kernel = kernel
        self._name = name

    @property
    def now_ms(self) -> int:
        """Vehicle time of this run."""
        return self._kernel.now_ms

    def notify(self, to: str, tag: Tag, payload: Payload = None) -> None:
        """Send a notification. Raises `UnknownActorError`, `MailboxFullError`."""
        self._kernel.notify(to, tag, payload, sender=self._name)

    def request(self, to: str, subject: Ask, payload: Payload, timeout_ms: int) -> int:
        """Send a request. A REPLY or a TIMEOUT with the returned tag will come. Raises as `notify` does."""
        return self._kernel.request(self._name, to, subject, payload, timeout_ms)

    def reply(self, request: Message, payload: Payload) -> None:
        """Answer a request. The answer is dropped if no actor waits for it."""
        self._kernel.reply(request, payload)

    def fault(self, name: str) -> str | None:
        """Value ("fail" or "hang") of the active fault `ACTOR.name` of this actor, or None."""
        return self._kernel.faults.get(f"{self._name}.{name}")

    def revive(self) -> None:
        """Start actors that are down (before a RESET)."""
        self._kernel.revive()


class ActorKernel:
    """Kernel of actors; see the module. `makers` in the order of running. `on_error(name, error)`: an actor has raised;
    `on_restart()`: the critical actors have restarted; `on_down(name)`: an actor stays down."""

    def __init__(
        self,
        makers: Sequence[Callable[[], Actor]],
        *,
        on_error: Callable[[str, Exception], None],
        on_restart: Callable[[], None],
        on_down: Callable[[str], None],
    ) -> None:
        self.now_ms = 0
        self.trace: TraceSink | None = None
        self.faults: dict[str, str] = {}
        self._on_error, self._on_restart, self._on_down = on_error, on_restart, on_down
        self._cells: dict[str, _ActorCell] = {}
        self._waiting: dict[int, tuple[int, Message]] = {}  # tag -> (until, request)
        self._next_tag = 1
        for make in makers:
            cell = _ActorCell(make)
            self._renew(cell)
            self._cells[cell.actor.name] = cell
        self._order = tuple(self._cells.values())
        self.deadline_ms: int | None = None
        self.pending = False  # True if an actor has work without a deadline

    # --- messages ---------------------------------------------------------------------------------------------------
    def notify(self, to: str, tag: Tag, payload: Payload = None, *, sender: str = OUTSIDE) -> None:
        """Send a notification. It is dropped if the actor is down."""
        self._deliver(Message(sender, to, MessageKind.NOTIFY, tag.name, int(tag), payload))

    def request(self, sender: str, to: str, subject: Ask, payload: Payload, timeout_ms: int) -> int:
        """Send a request from `sender`; returns the tag of the answer."""
        tag, self._next_tag = self._next_tag, self._next_tag + 1
        message = Message(sender, to, MessageKind.REQUEST, subject.value, tag, payload)
        self._deliver(message)
        self._waiting[tag] = (self.now_ms + timeout_ms, message)
        return tag

    def reply(self, request: Message, payload: Payload) -> None:
        """Answer `request`, unless no actor waits for it."""
        if self._waiting.pop(request.tag, None) is not None:
            answer = Message(request.to, request.sender, MessageKind.REPLY, request.subject, request.tag, payload)
            self._deliver(answer, always=True)

    def _deliver(self, message: Message, *, always: bool = False) -> None:
        cell = self._cells.get(message.to)
        if cell is None:
            raise UnknownActorError(f"no actor '{message.to}'; there are {', '.join(self._cells)}")
        if len(cell.mail) >= MAILBOX_SIZE and not always:
            raise MailboxFullError(f"mailbox of {message.to} is full: {message.subject} from {message.sender}")
        if self.trace is not None:
            self.trace(TraceEntry(self.now_ms, message))
        if not cell.down:
            cell.mail.append(message)
            self.pending = True

    def post_news(self, news: int) -> None:
        """Post an event (`autopilot.flight.flags`): wake the actors that listen for it."""
        for cell in self._order:
            heard = news & cell.actor.listens
            if heard:
                cell.news |= heard
                self.pending = True

    # --- running ----------------------------------------------------------------------------------------------------
    def run(self, now_ms: int, flags: int) -> None:
        self.now_ms = now_ms
        self._expire(now_ms)
        rounds = 0
        busy = True
        while busy and rounds < MOST_ROUNDS:
            busy = False
            rounds += 1
            for cell in self._order:
                if cell.has_work(now_ms):
                    busy = True
                    self._run_one(cell, flags)
        if busy:
            self._on_error(OUTSIDE, RuntimeError(f"actors still busy after {MOST_ROUNDS} rounds"))
        self.pending = busy
        self.deadline_ms = self._earliest()

    def _run_one(self, cell: _ActorCell, flags: int) -> None:
        actor = cell.actor
        try:
            if cell.poisoned:
                cell.poisoned = False
                raise InjectedFault(f"{actor.name}.raise")
            if cell.news:
                news, cell.news = cell.news, 0
                actor.handle_news(news, flags)
            if actor.deadline_ms is not None and self.now_ms >= actor.deadline_ms:
                actor.deadline_ms = None
                actor.handle_timeout()
            for _ in range(len(cell.mail)):
                actor.handle_message(cell.mail.pop(0))
        except Exception as error:  # noqa: BLE001  supervision: whatever an actor raises ends here
            self._on_error(actor.name, error)
            self._recover(cell)

    def _expire(self, now_ms: int) -> None:
        if not self._waiting:
            return
        for tag, (until_ms, request) in list(self._waiting.items()):
            if now_ms >= until_ms:
                self._lose(tag, request)

    def _earliest(self) -> int | None:
        dues = [cell.actor.deadline_ms for cell in self._order if not cell.hung]
        return earliest([*dues, *[until_ms for until_ms, _ in self._waiting.values()]])

    # --- supervision ------------------------------------------------------------------------------------------------
    def _renew(self, cell: _ActorCell) -> None:
        actor = cell.make()
        actor.port = ActorPort(self, actor.name)
        cell.actor = actor
        cell.mail.clear()
        cell.news = 0
        cell.down = False

    def _recover(self, failed: _ActorCell) -> None:
        group = [cell for cell in self._order if cell.actor.critical] if failed.actor.critical else [failed]
        names = {cell.actor.name for cell in group}
        self._forget_requests(names)
        restart = failed.actor.critical or failed.actor.restarts_at_once
        tired = len(failed.restarts) == MOST_RESTARTS and self.now_ms - failed.restarts[0] < RESTART_WINDOW_MS
        failed.restarts = (*failed.restarts, self.now_ms)[-MOST_RESTARTS:]
        for cell in group:
            self._renew(cell)
            cell.down = tired or not restart
        if tired or not restart:
            for name in sorted(names):
                self._on_down(name)
        elif failed.actor.critical:
            self._on_restart()

    def _forget_requests(self, names: set[str]) -> None:
        """Forget requests of restarted actors, and end requests to them, whose senders get a TIMEOUT at once."""
        for tag, (_, request) in list(self._waiting.items()):
            if request.sender in names:
                del self._waiting[tag]
            elif request.to in names:
                self._lose(tag, request)

    def _lose(self, tag: int, request: Message) -> None:
        del self._waiting[tag]
        lost = Message(request.to, request.sender, MessageKind.TIMEOUT, request.subject, tag)
        self._deliver(lost, always=True)

    def revive(self) -> None:
        """Start actors that are down."""
        for cell in self._order:
            if cell.down:
                self._renew(cell)
                cell.restarts = ()

    def is_down(self, name: str) -> bool:
        """True if this actor is down or hanging."""
        cell = self._cells[name]
        return cell.down or cell.hung

    def poison(self, name: str) -> None:
        """Make an actor raise in its next run, which follows at once."""
        self._cells[name].poisoned = True
        self.pending = True

    def hang(self, name: str, hung: bool) -> None:
        """Stop running an actor, or continue."""
        self._cells[name].hung = hung
        self.pending = True
