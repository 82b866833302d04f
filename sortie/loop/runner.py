"""Runs a loop to its end: journal, pace, signals, view. Decides nothing about sorties."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import msgspec

from depot.decision import Decision
from depot.decisions.record import SortieRecord
from depot.names import EndedBy, SkimmerState
from mavlink_bridge.routing.endpoint import Endpoint
from sortie.config.errors import UserError
from sortie.loop.journal import LoopJournal, StoredFlight
from sortie.loop.loop import CarrierMaker, LoopOrder, LoopSnapshot, SortieLoop, decode, encode
from sortie.loop.vehicles import carrier_of
from sortie.loop.view import LoopView, Operator
from sortie.runtime.node import QuietNode
from sortie.runtime.runtime import Runtime
from sortie.runtime.share import always

SAVE_S = 1.0
"""Paced, the state is saved this often although nothing was decided."""
TOGETHER_S = 0.2
"""Wall time of a world without outside observers that is committed at once, s."""
_SLICE_S = 0.1


class LoopRecord(QuietNode):
    """A node that keeps the record of a loop. What was decided at an instant, by both parties, is in the journal, with
    the state after it, before vehicle time moves on and before anything is sent to the outside: that is its commit.
    Where nothing can get outside (as fast as possible, no real vehicle, `watched` says no), several instants share one:
    people are told of none of them before it is on the disk, and after a crash the same seed decides them again."""

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
        """Save what was decided; paced, also what has only flowed."""
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
        """Decisions, sorties that have ended and the state now, all or nothing; then people are told."""
        self._take()
        self._journal.commit(encode(self._loop.snapshot()))
        self._saved_s = time.monotonic()
        self._view.decided(self._decisions)
        for record in self._closed:
            self._view.closed(record.report())
        self._decisions.clear()
        self._closed.clear()


class LoopRun:
    """Run of a loop on a state directory, whose snapshot goes before that of `order`, in `runtime` (None: one without
    links, in virtual time). `together_s`: see `LoopRecord`; 0 commits each instant by itself."""

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
            journal.begin(profile.name, seed, controller=self._real)
        if self.loop.decided:
            self.record.save()  # how it begins, or what a restart has closed

    def _is_watched(self) -> bool:
        """True when anything of this loop can get outside."""
        return self._real or (self.runtime.sockets is not None and self.runtime.sockets.has_links)

    # --- endings ------------------------------------------------------------------------------------------------------
    @property
    def over(self) -> EndedBy | None:
        """Reason why the loop is over for this command; more sorties may be asked for than when it ended."""
        ended = self.loop.ended_by
        if ended is EndedBy.SORTIES_DONE and (self._total is None or self.loop.depot.memory.number < self._total):
            return None
        return ended

    def go_on(self) -> None:
        """A loop that was done is to fly more sorties."""
        if self.loop.ended_by is EndedBy.SORTIES_DONE:
            self.loop.resume_after_done()
            self.record.save()

    def listen(self) -> bool:
        """A skimmer was declared lost: does it report again? Waits for it a little."""
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
        """Take a lost skimmer back in: dock, then phase 8."""
        self.loop.recover()
        self.record.save()

    def install_signals(self) -> None:
        """SIGTERM and Ctrl-C stop at the next step; but the first Ctrl-C stops a real vehicle that flies."""
        hold = partial(self.loop.hold, "Ctrl-C")  # which the vehicle tells by itself
        self.runtime.install_signals(hold if self._real else None)
        self.runtime.signals.running = True

    def take_back(self) -> None:
        """A person asks for a vehicle that is real and that this start has found in the air, in nobody's hands."""
        self.loop.take_back()
        self.record.save()

    # --- running ------------------------------------------------------------------------------------------------------
    def load(self) -> None:
        """Load what is compiled; a signal ends the waiting."""
        self.runtime.load(self.view.terminal.say)

    def run(self) -> EndedBy:
        """To the end, or to a signal."""
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
        """--confirm-relaunch: yes flies on, anything else (and no operator at all) stops the loop here. As fast as
        possible means that vehicle time waits for a person; else it goes on."""
        runtime, number = self.runtime, self.loop.depot.memory.number
        self.record.save()  # nobody is asked about what could still be undone
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
            self.view.terminal.say("sortie: not confirmed: stopped here; the same command goes on")
            runtime.signals.number = signal.SIGTERM

    def leave(self) -> None:
        """The loop is over: its vehicle flies on without it."""
        self.runtime.remove(self.record)
        self.loop.leave()

    def sorties(self) -> list[dict[str, Any]]:
        """Records of the sorties that have ended, from the first."""
        return self.journal.sorties()

    def flights(self) -> dict[int, StoredFlight]:
        """Recordings of the sorties, the present one as far as it has come."""
        present = self.loop.flight()
        return self.journal.flights() | ({} if present is None else {present.number: present})

    def tracks(self) -> dict[int, list[dict[str, float]]]:
        """Tracks of the sorties, the present one as far as it has come."""
        present = self.loop.depot.memory.record
        return self.journal.tracks() | ({} if present is None else {present.number: present.track_rows()})


def stored_snapshot(journal: LoopJournal) -> LoopSnapshot | None:
    """Stored snapshot, None for a new loop; UserError when it is not this version's."""
    stored = journal.stored()
    try:
        return None if stored is None else decode(stored.state)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise UserError(f"the state directory's loop cannot be read by this version: {error}") from error
