"""Examination of a vehicle: identification, cases, restoring. No I/O.

Bytes and link time go in, bytes come out. `interrupt` cancels the running case; changes are restored before `done`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Final

from autopilot.interface.records import dataclass
from autopilot.mav import VehicleType
from mavlink_bridge.clients.heartbeat import heartbeat_of
from mavlink_bridge.routing.service import Message
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.framing import FrameReader
from sortie.conform.case import CaseResult, ConformityCase, Verdict
from sortie.conform.exchange import CaseFailedError, Exchange, NotApplicableError, Steps, UntestedError, Waiting
from sortie.conform.facts import Heard, VehicleFound, is_flight_controller

_BEAT_MS: Final = 1000
_DISCOVERY_MS: Final = 10_000
_LISTEN_MS: Final = 2_500
GONE_MS: Final = 30_000
"""Silence after which a failure is none of the vehicle's services: it has ended, or the link has."""
_MOST_TRIES: Final = 40
_PAUSE_MS: Final = 40
"""Pause between two cases, ms: messages in transit belong to the last one."""


def tries_on(loss: float) -> int:
    """Tries on a link that loses frames (`loss`: share in each direction; 0: unknown): in so many a question and its
    answer are lost once in 10,000 times, so that the link is not taken for the vehicle."""
    lost = 1.0 - (1.0 - loss) * (1.0 - loss)
    tries, unanswered = 3, lost * lost * lost
    while unanswered > 1e-4 and tries < _MOST_TRIES:
        tries, unanswered = tries + 1, unanswered * lost
    return tries


@dataclass(frozen=True, slots=True)
class ExaminationSettings:
    """Settings. `patience_ms`: longest time for an answer. `tries`: of a case and of a request, on a link with losses.
    `may_fly`: the vehicle is simulated. `system`: which of several vehicles; None: the first one heard."""

    patience_ms: int = 1500
    tries: int = 1
    may_fly: bool = False
    system: int | None = None


@dataclass(slots=True)
class _Running:
    """Waiting generator, and the end of its wait, ms."""

    steps: Waiting[object]
    until_ms: int = 0
    done: bool = False


@dataclass(slots=True)
class ExaminationListener:
    """Callbacks for people: `case` before each case, `result` after it, `found` for the vehicle."""

    case: Callable[[ConformityCase], None] = lambda case: None
    result: Callable[[CaseResult], None] = lambda result: None
    found: Callable[[VehicleFound], None] = lambda found: None


class Examination:
    """Examination in progress. `results`: of `cases`, in order; `not_put_back`: what could not be restored. `gone`: the
    vehicle has been silent since, and the cases after the last result were not run. `found`: the vehicle of an earlier
    examination."""

    def __init__(
        self,
        cases: Sequence[ConformityCase],
        settings: ExaminationSettings,
        notes: ExaminationListener | None = None,
        found: VehicleFound | None = None,
    ) -> None:
        self.found = found or VehicleFound()
        self.results: list[CaseResult] = []
        self.not_put_back: list[str] = []
        self.reader = FrameReader()
        self._cases = cases
        self._settings = settings
        self._notes = notes or ExaminationListener()
        self._exchange = Exchange(self.found, settings.patience_ms, settings.tries)
        self._running = _Running(self._all())
        self._beat_ms = 0
        self._started = False
        self.interrupted = False
        self.gone = False
        self._heard_ms = 0
        self._undoing: list[str] = []

    # --- bytes and time -------------------------------------------------------------------------------------------
    def receive(self, data: bytes, now_ms: int) -> None:
        self._exchange.now_ms = now_ms
        for frame in self.reader.receive(data, now_ms):
            self._heard_ms = now_ms
            message = codec.decode(frame.msg_id, frame.payload) if frame.known else None
            if message is None:
                continue
            heard = Heard(message, frame, now_ms)
            self.found.note(heard)
            self._exchange.record(heard)
            if self._started and not self.done:
                self._advance(heard)

    def handle_timeout(self, now_ms: int) -> None:
        self._exchange.now_ms = now_ms
        if not self._started:
            self._started = True
            self._beat_ms = self._heard_ms = now_ms
            self._advance(None)
        if now_ms >= self._beat_ms:
            self._beat_ms = now_ms + _BEAT_MS
            self._exchange.send_silently(heartbeat_of(VehicleType.GCS))
        while not self.done and now_ms >= self._running.until_ms:
            self._advance(None)

    def next_deadline_ms(self) -> int | None:
        """Return the time of the next `handle_timeout`, ms."""
        if self.done:
            return None
        return min(self._running.until_ms, self._beat_ms) if self._started else 0

    def take(self) -> bytes:
        return self._exchange.take()

    @property
    def done(self) -> bool:
        """True when every case has a result and everything is restored."""
        return self._running.done

    def interrupt(self, now_ms: int) -> None:
        """Cancel the running case and restore changes; a second call cancels that too."""
        if self.done:
            return
        self._exchange.now_ms = now_ms
        if self._undoing and not self.interrupted:
            self.interrupted = True  # restoring continues to its end, without further cases
            return
        self._running.steps.close()
        if self.interrupted:
            self.not_put_back += self._undoing + [what for what, _ in self._exchange.take_undo()]
            self._running.done = True
            return
        self.interrupted = True
        self._running = _Running(self._put_back())
        self._advance(None)

    def _advance(self, heard: Heard | None) -> None:
        try:
            self._running.until_ms = self._running.steps.send(heard)
        except StopIteration:
            self._running.done = True

    # --- from the beginning to the end ----------------------------------------------------------------------------
    def _all(self) -> Steps:
        try:
            if self.found.version is None:
                yield from self._discover()
        except CaseFailedError:
            return
        self._notes.found(self.found)
        for case in self._cases:
            self._notes.case(case)
            result = yield from self._judged(case)
            if self.gone:
                break
            self.results.append(result)
            self._notes.result(result)
            yield from self._put_back()
            if self.interrupted:
                break
            yield from self._exchange.wait(_PAUSE_MS)
        yield from self._put_back(last=True)

    def _judged(self, case: ConformityCase) -> Generator[int, Heard | None, CaseResult]:
        reason = next((why for need in case.needs if (why := need(self.found))), "")
        if reason:
            return CaseResult(case, Verdict.NOT_APPLICABLE, reason)
        if case.will and not self._settings.may_fly:
            return CaseResult(case, Verdict.UNTESTED, f"for a simulator, with --may-fly: {case.will}")
        exchange, why, attempt = self._exchange, "", 0
        while attempt < self._settings.tries:
            attempt += 1
            exchange.begin()
            try:
                yield from case.run(exchange)
            except CaseFailedError as failure:
                why = str(failure)
            except NotApplicableError as reason:
                return CaseResult(case, Verdict.NOT_APPLICABLE, str(reason))
            except UntestedError as reason:
                return CaseResult(case, Verdict.UNTESTED, str(reason), exchange.lines)
            else:
                return CaseResult(case, Verdict.PASS, attempts=attempt)
            lines = exchange.lines
            self.gone = exchange.now_ms - self._heard_ms >= GONE_MS
            if self.gone:
                break
            yield from self._put_back()
            yield from exchange.wait(_PAUSE_MS)
        return CaseResult(case, Verdict.FAIL, why, lines, attempt)

    def _put_back(self, *, last: bool = False) -> Steps:
        """Undo the changes of a case, or (`last`) those of all cases."""
        exchange = self._exchange
        exchange.cancel_transfers()
        if last or self.interrupted:
            for what, steps in exchange.take_keepsakes():
                exchange.undo(what, steps)
        undo = exchange.take_undo()
        self._undoing = [what for what, _ in undo]
        for what, steps in undo:
            try:
                yield from steps
            except (CaseFailedError, NotApplicableError, UntestedError) as failure:
                self.not_put_back.append(f"{what}: {failure}")
            del self._undoing[0]

    # --- who it is ------------------------------------------------------------------------------------------------
    def _discover(self) -> Steps:
        exchange, found = self._exchange, self.found
        end_ms = exchange.now_ms + _DISCOVERY_MS
        while found.system == 0:
            heard = yield end_ms
            if heard is None:
                raise CaseFailedError("no HEARTBEAT of a vehicle")
            is_target = self._settings.system in (None, heard.frame.system)
            if (
                heard.message.get_type() == "HEARTBEAT"
                and is_target
                and is_flight_controller(heard.message, heard.frame.component)
            ):
                found.system, found.component = heard.frame.system, heard.frame.component
                found.note(heard)
        found.version = yield from self._first("AUTOPILOT_VERSION")
        yield from exchange.wait(_LISTEN_MS)
        found.metadata = yield from self._first("COMPONENT_METADATA")
        yield from self._cameras()
        yield from self._gimbals()

    def _first(self, name: str, component: int | None = None) -> Generator[int, Heard | None, Message | None]:
        """Request a message up to three times; None when it does not come."""
        for _ in range(3):
            try:
                _, message = yield from self._exchange.request(name, component=component)
            except CaseFailedError:
                continue
            return message
        return None

    def _cameras(self) -> Steps:
        found = self.found
        own = [number for number, beat in found.components.items() if beat.type == VehicleType.CAMERA]
        for component in (*sorted(own), found.component):
            information = yield from self._first("CAMERA_INFORMATION", component)
            if information is not None:
                found.camera, found.camera_information = component, information
                return

    def _gimbals(self) -> Steps:
        found = self.found
        own = [number for number, beat in found.components.items() if beat.type == VehicleType.GIMBAL]
        for component in (found.component, *sorted(own)):
            if (yield from self._first("GIMBAL_MANAGER_INFORMATION", component)) is not None:
                found.gimbal = component
                return
