"""Run of a loop to its end: journal, pace, signals, view. It makes no decisions about sorties."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import msgspec

from depot.decision import Decision
from depot.decisions.record import SortieRecord, TrackRow
from depot.names import EndedBy, SkimmerState
from mavlink_bridge.routing.endpoint import Endpoint
from sortie.config.errors import UserError
from sortie.loop.journal import CONTROLLER, MODEL, LoopJournal, StoredFlight
from sortie.loop.loop import CarrierMaker, LoopOrder, LoopSnapshot, SortieLoop, decode, encode
from sortie.loop.vehicles import carrier_of
from sortie.loop.view import LoopView, Operator
from sortie.runtime.node import QuietNode
from sortie.runtime.runtime import Runtime
from sortie.runtime.share import always

SAVE_S = 1.0
"""Longest time between two saves of a paced loop, s."""
TOGETHER_S = 0.2
"""Real time that one commit may cover if nothing outside observes the loop, s."""
_SLICE_S = 0.1


class LoopRecord(QuietNode):
    """Node that records a loop. The decisions of an instant, and the state after it, are in the journal before vehicle
    time advances and before anything is sent outside. If nothing can get outside (as fast as possible, no real vehicle,
    `watched()` false), several instants share one commit: people see none of them before, and after a crash the same
    seed repeats them."""

    now_ms = 0
    endpoints: tuple[Endpoint, ...] = ()

    def __init__(
        self,
        loop: SortieLoop,
        journal: LoopJournal,
        view: LoopView,
        *,
        paced: bool,
        together_s: float,
        watched: Callable[[], bool],
    ) -> None:
        self._loop = loop
        self._watched = watched
        self._together_s = together_s
        self._decisions: list[Decision] = []
        self._closed: list[SortieRecord] = []
        self._journal = journal
        self._view = view
        self._paced = paced
        self._saved_s = time.monotonic()

    def commit(self, link_ms: int) -> None:
        """Save decisions; in a paced loop also flows, from time to time."""
        if self._loop.decided:
            if self._paced or self._watched() or time.monotonic() - self._saved_s >= self._together_s:
                self.save()
            else:
                self._take()
        elif self._paced and time.monotonic() - self._saved_s >= SAVE_S:
            self.save()
        self._view.refresh(self._loop)

    def _take(self) -> None:
        """Take the decisions of this instant for the next commit."""
        loop = self._loop
        decisions, closed = loop.take_decisions(), loop.take_closed()
        self._journal.record(decisions, closed, loop.now_ms, loop.levels(), loop.take_flights())
        self._decisions += decisions
        self._closed += closed

    def save(self) -> None:
        """Store decisions, ended sorties and the state in one transaction, then show them."""
        self._take()
        self._journal.commit(encode(self._loop.snapshot()))
        self._saved_s = time.monotonic()
        self._view.decided(self._decisions)
        for record in self._closed:
            self._view.closed(record.report())
        self._decisions.clear()
        self._closed.clear()


class LoopRun:
    """Run of a loop in a state directory, whose snapshot takes precedence over that of `order`. `runtime` None: virtual
    time without links. `together_s`: see `LoopRecord`; 0 commits each instant. `kind`: simulated vehicle."""

    def __init__(
        self,
        order: LoopOrder,
        journal: LoopJournal,
        view: LoopView,
        *,
        speedup: float,
        make: CarrierMaker | None = None,
        runtime: Runtime | None = None,
        together_s: float = TOGETHER_S,
        kind: str = MODEL,
    ) -> None:
        profile, seed = self.profile, self.seed = order.profile, order.seed
        self.journal = journal
        self.view = view
        self.runtime = Runtime() if runtime is None else runtime
        self._speedup = speedup
        self._operator = Operator()
        self._total = order.total
        snapshot = stored_snapshot(journal)
        self.resumed = snapshot is not None
        self.loop = SortieLoop(replace(order, snapshot=snapshot), self.runtime, make or carrier_of(profile))
        self._real = self.loop.carrier.real is not None
        self.record = LoopRecord(
            self.loop, journal, view, paced=speedup > 0.0, together_s=together_s, watched=self._is_watched
        )
        self.runtime.add(self.record)
        if not self.resumed:
            journal.begin(profile.name, seed, CONTROLLER if self._real else kind)
        if self.loop.decided:
            self.record.save()  # the beginning, or what a restart has closed

    def _is_watched(self) -> bool:
        """True when a message of this loop can get outside."""
        return self._real or (self.runtime.sockets is not None and self.runtime.sockets.has_links)

    # --- endings ------------------------------------------------------------------------------------------------------
    @property
    def over(self) -> EndedBy | None:
        """Reason why the loop is over for this command, or None. More sorties may be requested than at its end."""
        ended = self.loop.ended_by
        if ended is EndedBy.SORTIES_DONE and (self._total is None or self.loop.depot.memory.number < self._total):
            return None
        return ended

    def go_on(self) -> None:
        """Continue a finished loop with more sorties."""
        if self.loop.ended_by is EndedBy.SORTIES_DONE:
            self.loop.resume_after_done()
            self.record.save()

    def listen(self) -> bool:
        """Wait a short time for a skimmer that was declared lost, and return whether it reports."""
        memory = self.loop.depot.memory
        if memory.skimmer is not SkimmerState.LOST or memory.ended_by is not EndedBy.LOST:
            return False
        until = self.runtime.now_ms + round(2.5 * self.profile.heartbeat.period_s * 1000.0)
        memory.heard_again = False
        self.load()
        self.runtime.set_speedup(self._speedup if self._real else 0.0, always)
        while not memory.heard_again and self.runtime.now_ms < until and self.runtime.signals.number is None:
            self.runtime.step(until)
        self.record.save()
        return memory.heard_again

    def recover(self) -> None:
        """Take back a lost skimmer: dock, then phase 8."""
        self.loop.recover()
        self.record.save()

    def install_signals(self) -> None:
        """Let SIGTERM and Ctrl-C stop the loop; the first Ctrl-C stops a real vehicle in flight."""
        hold = partial(self.loop.hold, "Ctrl-C")  # the vehicle reports it
        self.runtime.install_signals(hold if self._real else None)
        self.runtime.signals.running = True

    def take_back(self) -> None:
        """Call a real vehicle home that this start has found in the air without a controller."""
        self.loop.take_back()
        self.record.save()

    # --- running ------------------------------------------------------------------------------------------------------
    def load(self) -> None:
        """Load the compiled kernel; a signal ends the wait."""
        self.runtime.load(self.view.terminal.say)

    def run(self) -> EndedBy:
        loop, runtime = self.loop, self.runtime
        self.load()
        self.view.refresh(loop)
        runtime.set_speedup(self._speedup, always)
        while loop.ended_by is None and runtime.signals.number is None:
            if loop.depot.awaits_operator:
                self._ask_operator()
            else:
                runtime.run(lambda: loop.ended_by is not None or loop.depot.awaits_operator, every_s=_SLICE_S)
        self.record.save()
        return loop.ended_by or EndedBy.STOPPED

    def _ask_operator(self) -> None:
        """Ask a person (--confirm-relaunch): yes continues; anything else, or no terminal, stops the loop. At full
        speed, vehicle time waits for the answer."""
        runtime, number = self.runtime, self.loop.depot.memory.number
        self.record.save()  # a person must not be asked about something that can still be undone
        if self._operator.ask(number, f"sortie {number} is back and reviewed: launch again? [y/N] "):
            self.view.terminal.stop()
        answer = self._operator.answer(0.0)
        while answer is None and runtime.signals.number is None and self.loop.ended_by is None:
            if self._speedup > 0.0:
                runtime.turn(lambda: self.loop.ended_by is not None, _SLICE_S)
                runtime.signals.act()
            elif runtime.sockets is not None:
                runtime.answer(0.0)
            answer = self._operator.answer(0.0 if self._speedup > 0.0 else _SLICE_S)
        if answer is None:
            return
        self.view.terminal.start()
        if answer:
            self.loop.depot.confirm_relaunch(self.loop.now_ms)
        elif runtime.signals.number is None:
            self.view.terminal.say("sortie: not confirmed: stopped; run the same command again to continue")
            runtime.signals.number = signal.SIGTERM

    def leave(self) -> None:
        """End the loop; its vehicle flies on."""
        self.runtime.remove(self.record)
        self.loop.leave()

    def flights(self) -> dict[int, StoredFlight]:
        """Return the recordings of all sorties, also of the current one so far."""
        present = self.loop.flight()
        return self.journal.flights() | ({} if present is None else {present.number: present})

    def tracks(self) -> dict[int, list[TrackRow]]:
        """Return the tracks of all sorties, also of the current one so far."""
        present = self.loop.depot.memory.record
        return self.journal.tracks() | ({} if present is None else {present.number: present.track_rows()})


def stored_snapshot(journal: LoopJournal) -> LoopSnapshot | None:
    """Return the stored snapshot, or None. UserError for another version's, or a damaged one."""
    stored = journal.stored()
    try:
        return None if stored is None else decode(stored.state)
    except (msgspec.DecodeError, TypeError) as error:  # it may not even be bytes
        raise UserError(
            f"the state directory's loop cannot be read by this version: {error}; choose another with --state-dir"
        ) from error
