"""Runs a loop to its end: journal, pace, signals, view. Decides nothing about sorties."""

from __future__ import annotations

import signal
import threading
import time
from types import FrameType
from typing import Any

import msgspec

from depot.names import EndedBy, SkimmerState
from depot.settings import Profile
from sortie.config.errors import UserError
from sortie.loop.faults import LoopFault
from sortie.loop.journal import Flight, LoopJournal
from sortie.loop.operator import Operator
from sortie.loop.outside import OutsideLinks
from sortie.loop.space import Snapshot, SpaceLoop, decode, encode
from sortie.loop.vehicles import LoopMaker, loop_of
from sortie.loop.view import LoopView
from sortie.runtime.loader import Loader

SAVE_S = 1.0
"""At slow speeds the state is saved this often although nothing was decided."""
_SLICE_S = 0.1


class LoopRun:
    """One start of a loop on a state directory."""

    def __init__(
        self, profile: Profile, seed: int, faults: list[LoopFault], journal: LoopJournal, view: LoopView, *,
        total: int | None, speedup: float, confirm: bool, make: LoopMaker | None = None,
    ) -> None:  # fmt: skip
        self.profile = profile
        self.seed = seed
        self.journal = journal
        self.view = view
        self.signal: int | None = None
        self._interrupted: bool | None = None  # by a Ctrl-C: None not yet, True not acted on yet
        self._speedup = speedup
        self._operator = Operator()
        self._total = total
        snapshot = stored_snapshot(journal)
        self.resumed = snapshot is not None
        self.loop: SpaceLoop = (make or loop_of(profile))(
            profile,
            seed,
            faults,
            total=total,
            confirm=confirm,
            snapshot=snapshot,
        )
        self.outside: OutsideLinks | None = None
        self._saved_s = time.monotonic()
        if not self.resumed:
            journal.begin(profile.name, seed, controller=make is not None)
        if self.loop.decided:
            self._commit()  # how it begins, or what a restart has closed

    # --- endings ------------------------------------------------------------------------------------------------------
    @property
    def over(self) -> EndedBy | None:
        """Why the loop is over for this command; more sorties may be asked for than when it ended."""
        ended = self.loop.ended_by
        if ended is EndedBy.SORTIES_DONE and (self._total is None or self.loop.depot.memory.number < self._total):
            return None
        return ended

    def go_on(self) -> None:
        """A loop that was done is to fly more sorties."""
        if self.loop.ended_by is EndedBy.SORTIES_DONE:
            self.loop.resume_after_done()
            self._commit()

    def listen(self) -> bool:
        """A skimmer was declared lost: does it report again? Waits for it a little."""
        memory = self.loop.depot.memory
        if memory.skimmer is not SkimmerState.LOST or memory.ended_by is not EndedBy.LOST:
            return False
        until = self.loop.now_ms + round(2.5 * self.profile.heartbeat.period_s * 1000.0)
        memory.heard_again = False
        self.load()
        while not memory.heard_again and self.loop.now_ms < until and self.signal is None:
            self.loop.step(until)
        self._commit()
        return memory.heard_again

    def recover(self) -> None:
        """Take a lost skimmer back in: dock, then phase 8."""
        self.loop.recover()
        self._commit()

    def take_back(self) -> None:
        """A person asks for a vehicle that is real and that this start has found in the air, in nobody's hands."""
        self.loop.take_back()
        self._commit()

    # --- running ------------------------------------------------------------------------------------------------------
    def load(self) -> None:
        """Load what is compiled, in a thread, since nothing can interrupt the compiler: a signal ends the waiting."""
        done = threading.Event()
        loader = Loader(self.loop.load, done.set)
        loader.start()
        while self.signal is None and not done.is_set():
            if self.outside is None:
                done.wait(_SLICE_S)
            else:
                self._serve_outside(_SLICE_S)
            notice = loader.take_notice()
            if notice is not None:
                self.view.say(notice)
        if loader.error is not None:
            raise loader.error

    def run(self) -> EndedBy:
        """To the end, or to a signal."""
        loop = self.loop
        self.load()
        self.view.refresh(loop)
        start_s, start_ms = time.monotonic(), loop.now_ms
        while loop.ended_by is None and self.signal is None:
            until = None
            if self._speedup > 0.0:
                until = self._due_ms(start_s, start_ms)
            loop.step(until)
            self._after_step()
            self._serve_outside(0.0)
            if self._interrupted:
                self._hold()
            if loop.depot.awaits_operator and self.signal is None:
                self._ask_operator()
        self._commit()
        return loop.ended_by or EndedBy.STOPPED

    def _hold(self) -> None:
        """The first Ctrl-C: with a real vehicle in the air it goes on, holding; else it is the end."""
        self._interrupted = False
        if not self.loop.hold("Ctrl-C"):  # which the vehicle tells by itself
            self.signal = signal.SIGINT

    def _ask_operator(self) -> None:
        """--confirm-relaunch: yes flies on, anything else (and no operator at all) stops the loop here."""
        number = self.loop.depot.memory.number
        if self._operator.ask(number, f"sortie {number} is back and reviewed: launch again? [y/N] "):
            self.view.stop()
        answer = self._operator.answer(0.0)
        while answer is None and self._speedup <= 0.0 and self.signal is None:  # vehicle time waits for a person
            self._serve_outside(0.0)
            answer = self._operator.answer(_SLICE_S)
        if answer is None:
            return
        self.view.start()
        if answer:
            self.loop.depot.confirm_relaunch(self.loop.now_ms)
        elif self.signal is None:
            self.view.say("sortie: not confirmed: stopped here; the same command goes on")
            self.signal = signal.SIGTERM

    def _due_ms(self, start_s: float, start_ms: int) -> int:
        """Wait for the next event, or for a slice of wall time; returns the vehicle time that is due then."""
        following = self.loop.next_ms()
        now_s = time.monotonic()
        due_s = now_s + _SLICE_S
        if following is not None:
            due_s = min(due_s, start_s + (following - start_ms) / 1000.0 / self._speedup)
        while due_s > (now_s := time.monotonic()) and self.signal is None:
            if self.outside is None:
                time.sleep(due_s - now_s)
            else:
                self._serve_outside(due_s - now_s)
        reached = start_ms + int((time.monotonic() - start_s) * 1000.0 * self._speedup)
        return max(reached, self.loop.now_ms)

    def _serve_outside(self, wait_s: float) -> None:
        if self.outside is not None and self.outside.serve(self.loop.link_ms, wait_s):
            self.loop.hear()
            if self.loop.decided:
                self._commit()

    def _after_step(self) -> None:
        loop = self.loop
        if loop.decided or (self._speedup > 0.0 and time.monotonic() - self._saved_s >= SAVE_S):
            self._commit()
        self.view.refresh(loop)

    def _commit(self) -> None:
        loop = self.loop
        decisions = loop.take_decisions()
        closed = loop.take_closed()
        self.journal.commit(decisions, closed, encode(loop.snapshot()), loop.now_ms, loop.levels(), loop.take_flights())
        self._saved_s = time.monotonic()
        self.view.decided(decisions)
        for record in closed:
            self.view.closed(record.report())

    def install_signals(self) -> None:
        """SIGTERM and Ctrl-C stop at the next step; but the first Ctrl-C stops a real vehicle that flies."""

        def stop(number: int, frame: FrameType | None) -> None:
            if number == signal.SIGINT and self._interrupted is None and self.loop.flies:
                self._interrupted = True
            else:
                self.signal = number

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)

    def sorties(self) -> list[dict[str, Any]]:
        """All that have ended, from the first."""
        return self.journal.sorties()

    def flights(self) -> dict[int, Flight]:
        """How each sortie was flown, the present one as far as it has come."""
        present = self.loop.flight()
        return self.journal.flights() | ({} if present is None else {present.number: present})

    def tracks(self) -> dict[int, list[dict[str, float]]]:
        """Where each sortie was flown, the present one as far as it has come."""
        present = self.loop.depot.memory.record
        return self.journal.tracks() | ({} if present is None else {present.number: present.track_rows()})


def stored_snapshot(journal: LoopJournal) -> Snapshot | None:
    """What a start finds, None for a new loop; UserError when it is not this version's."""
    stored = journal.stored()
    try:
        return None if stored is None else decode(stored.state)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise UserError(f"the state directory's loop cannot be read by this version: {error}") from error
