"""The run loop: one thread that lets vehicle time follow the wall, or run ahead of it, and serves the links meanwhile.

Paced (any speed but 0): sleep until the next deadline or input, bring the vehicle to the time that is due, send. Ahead
(speed 0, while `ahead()`): pass after pass as fast as the machine goes, with a look at the links every fraction of a
millisecond. A stream link that does not take its bytes then stops the clock, for at most a second in a row, before it
is disconnected: a client that reads sees every message, and one that does not read cannot stop the vehicle.
"""

from __future__ import annotations

import math
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, Protocol

from autopilot.control.layout import TICK_MS
from autopilot.core import Autopilot
from mavlink_bridge.links.hub import LinkHub
from sortie.logs.run_log import LOGGER
from sortie.metrics.jitter import Lateness
from sortie.runtime.loader import Loader
from sortie.runtime.pacing import Pace
from sortie.runtime.wakeup import Bell

SLICE_S = 0.0005
PACED_SLICE_S = 0.02
STALL_LIMIT_S = 1.0
MAX_SLEEP_S = 1.0
ARMED_STEP_MS = 50
IDLE_STEP_MS = 200
HORIZON_MS = 1000
BEAT_S = 1.0
QUIET_S = 0.03
ANSWER_FIRST_S = 0.00001


class Beating(Protocol):
    """What says that the vehicle is there."""

    def send_heartbeat(self) -> None:
        """Now, whatever falls due when."""


class DrivenService(Protocol):
    """What the loop drives: a vehicle with its services, which never waits. Times in ms."""

    now_ms: int

    @property
    def autopilot(self) -> Autopilot: ...
    @property
    def telemetry(self) -> Beating: ...
    def load(self) -> None:
        """Load what is compiled."""

    def next_vehicle_deadline_ms(self) -> int: ...
    def next_link_deadline_ms(self) -> int | None: ...
    def advance(self, until_ms: int, link_ms: int) -> None:
        """One pass, at most to vehicle time `until_ms`."""

    def serve_links(self, link_ms: int) -> None:
        """Link time has moved."""


class RunLoop:
    """See the module. `ahead()` says whether vehicle time may run ahead of the wall now; asked at speed 0 only.
    `zero_ms`: link time when the wall (monotonic) is at 0."""

    def __init__(
        self,
        service: DrivenService,
        hub: LinkHub,
        bell: Bell,
        speedup: float,
        ahead: Callable[[], bool],
        zero_ms: int = 0,
    ) -> None:
        self.service = service
        self.hub = hub
        self.signal: int | None = None
        self.first_interrupt: Callable[[], bool] | None = None
        """Asked at the first Ctrl-C: True = it has made the vehicle safe, and only the second one ends the loop."""
        self._interrupted = False
        self._running = False
        self._replaced: dict[int, Any] = {}
        self._zero_ms = zero_ms
        self._bell = bell
        hub.watch(bell.fileno(), bell.silence)
        self.set_speedup(speedup, ahead)
        self._stalled: dict[int, float] = {}  # link number -> wall, s: since when its buffer is full
        self._due_s = 0.0
        self.lateness = Lateness()

    def set_speedup(self, speedup: float, ahead: Callable[[], bool]) -> None:
        """From now on go at this speed."""
        self._ahead = ahead if speedup == 0.0 else _never
        self._pace = Pace(speedup or 1.0)
        self._was_ahead = True

    # --- signals --------------------------------------------------------------------------------------------------
    def install_signals(self) -> None:
        """SIGTERM and SIGINT end `run`; `signal` then says which. Before the loop runs they end the program at
        once."""
        signal.set_wakeup_fd(self._bell.signal_fd, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            self._replaced[number] = signal.signal(number, self._on_signal)

    def silence_signals(self) -> None:
        """Do not ring the bell any more; further signals are only noted."""
        if self._replaced:
            signal.set_wakeup_fd(-1)

    def remove_signals(self) -> None:
        """Signals do again what they did before."""
        while self._replaced:
            signal.signal(*self._replaced.popitem())

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGINT and self._running and self.first_interrupt is not None and not self._interrupted:
            self._interrupted = True  # acted on by the loop, not in the middle of a pass
            return
        self.signal = number
        if not self._running:
            raise SystemExit(self.exit_status)

    @property
    def exit_status(self) -> int | None:
        """What a signal that ended the loop stands for: 0 SIGTERM, 130 Ctrl-C; None without one."""
        if self.signal is None:
            return None
        return 0 if self.signal == signal.SIGTERM else 130

    # --- the loop -------------------------------------------------------------------------------------------------
    def run(self, finished: Callable[[], bool], each: Callable[[float], None] | None = None) -> None:
        """Until `finished()` or a signal. `each(wall_s)` is called once a turn (progress)."""
        while self.signal is None and not finished():
            self.turn(finished)
            if self._interrupted and self.first_interrupt is not None:
                holds, self.first_interrupt = self.first_interrupt(), None
                if not holds:
                    self.signal = signal.SIGINT
            if each is not None:
                each(time.monotonic())

    def turn(self, finished: Callable[[], bool]) -> None:
        """Once round: some passes of the vehicle, then the links, with a sleep when there is nothing to do."""
        self._running = True
        wall_s = time.monotonic()
        if self._ahead():
            self._turn_ahead(wall_s, finished)
        else:
            self._turn_paced(wall_s, finished)

    def link_ms(self, wall_s: float | None = None) -> int:
        """Link time at `wall_s`, or now."""
        return int((time.monotonic() if wall_s is None else wall_s) * 1000.0) + self._zero_ms

    def greet(self) -> None:
        """Send what is due at once, before anything slow is loaded: the first HEARTBEAT."""
        self.service.serve_links(self.link_ms())
        self.hub.flush()

    def load(self) -> None:
        """Load what is compiled, in a thread, and serve the links meanwhile: ground stations connect and are answered,
        vehicle time stands still. A signal ends the waiting, not the thread; see `sortie.__main__`."""
        began_s = time.monotonic()
        self._running = True
        self._serve_until_quiet(began_s)
        loader = Loader(self.service.load, self._bell.ring)
        usual_s = sys.getswitchinterval()
        sys.setswitchinterval(ANSWER_FIRST_S)  # an answer must not wait 5 ms for the importing thread each time
        loader.start()
        next_beat_s = began_s + BEAT_S
        while loader.is_alive() and self.signal is None:
            self._answer(BEAT_S)
            notice = loader.take_notice()
            if notice is not None:
                print(notice, file=sys.stderr, flush=True)
            if time.monotonic() >= next_beat_s:
                next_beat_s += BEAT_S
                self.service.telemetry.send_heartbeat()
        sys.setswitchinterval(usual_s)
        if loader.error is not None:
            raise loader.error

    def _serve_until_quiet(self, began_s: float) -> None:
        """A station that is there from the first moment gets its plan and parameters before the processor is busy with
        loading: start that when the links have been silent for `QUIET_S`, or after `BEAT_S` at the latest."""
        heard_s = began_s
        while self.signal is None and time.monotonic() < min(heard_s + QUIET_S, began_s + BEAT_S):
            if self._answer(QUIET_S):
                heard_s = time.monotonic()

    def _answer(self, wait_s: float) -> bool:
        """Wait for input or a deadline of the links, and answer, without moving the vehicle; False without input."""
        heard = self.hub.wait(max(min(wait_s, self._until_links_s()), 0.0))
        self.hub.receive(self.link_ms(), self.service.now_ms)
        self.service.serve_links(self.link_ms())
        self.hub.flush()
        return heard

    def _turn_ahead(self, wall_s: float, finished: Callable[[], bool]) -> None:
        self._was_ahead = True
        stalled = self.hub.stalled(0)
        if stalled:
            self._wait_for_readers(stalled, wall_s, finished)
            return
        self._stalled.clear()
        link_ms = self.link_ms(wall_s)
        end_s = wall_s + SLICE_S
        while self._ahead() and not finished():
            self.service.advance(self.service.now_ms + HORIZON_MS, link_ms)
            if time.monotonic() >= end_s:
                break
        self.hub.flush()
        self._take_input(0.0, finished)

    def _take_input(self, wait_s: float, finished: Callable[[], bool]) -> None:
        ready = self.hub.wait(wait_s)
        link_ms = self.link_ms()
        if ready and not self._was_ahead:
            # A message acts at the vehicle time that is due, not at the last pass's.
            self._catch_up(link_ms, time.monotonic(), finished)
        self.hub.receive(link_ms, self.service.now_ms)
        if ready or not self._was_ahead:
            self.service.serve_links(link_ms)
            self.hub.flush()

    def _wait_for_readers(self, stalled: list[int], wall_s: float, finished: Callable[[], bool]) -> None:
        """The clock stands still while a client's buffer is full; each client has its own second."""
        self._stalled = {number: self._stalled.get(number, wall_s) for number in stalled}
        left_s = min(self._stalled.values()) + STALL_LIMIT_S - wall_s
        if left_s > 0.0:
            self._take_input(left_s, finished)
            self.hub.flush()
            return
        links = self.hub.links()
        for number, since_s in self._stalled.items():
            if wall_s - since_s >= STALL_LIMIT_S:
                LOGGER.warning("link %s took nothing for %g s: disconnected", links[number].name, STALL_LIMIT_S)
                self.hub.remove(links[number], "it stopped reading")

    def _turn_paced(self, wall_s: float, finished: Callable[[], bool]) -> None:
        if self._was_ahead:
            self._was_ahead = False
            self._stalled.clear()  # paced, nobody waits for readers
            self._pace.rebase(wall_s, self.service.now_ms)
        elif wall_s >= self._due_s:
            self.lateness.note(wall_s - self._due_s)
        self._catch_up(self.link_ms(wall_s), wall_s, finished)
        self.hub.flush()
        self._take_input(self._sleep_s(), finished)

    def _catch_up(self, link_ms: int, wall_s: float, finished: Callable[[], bool]) -> None:
        """Passes until vehicle time is what is due at `wall_s`. A factor that the machine cannot reach makes hours due
        at once: links and signals get their turn every `PACED_SLICE_S` all the same, and nothing flies after the end.
        """
        service = self.service
        due_ms = self._pace.due_ms(wall_s, service.now_ms)
        due_ms -= due_ms % TICK_MS
        end_s = wall_s + PACED_SLICE_S
        while service.now_ms < due_ms and not finished():
            service.advance(due_ms, link_ms)
            if time.monotonic() >= end_s:
                break

    def _sleep_s(self) -> float:
        """Until the next deadline on either clock; never long, so that what the vehicle notices is told in time."""
        service = self.service
        step_ms = ARMED_STEP_MS if service.autopilot.armed else IDLE_STEP_MS
        next_ms = min(service.next_vehicle_deadline_ms(), service.now_ms + step_ms)
        now_s = time.monotonic()
        wait_s = min(self._pace.wall_s(next_ms) - now_s, MAX_SLEEP_S, self._until_links_s())
        self._due_s = now_s + wait_s
        return max(wait_s, 0.0)

    def _until_links_s(self) -> float:
        """Seconds to the next deadline on link time; negative when it has passed."""
        deadlines = (self.service.next_link_deadline_ms(), self.hub.next_deadline_ms())
        due_ms = min((due_ms for due_ms in deadlines if due_ms is not None), default=math.inf)
        return (due_ms - self._zero_ms) / 1000.0 - time.monotonic()


def _never() -> bool:
    return False
