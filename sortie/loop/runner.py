"""Runs a loop to its end: journal, pace, signals, view. Decides nothing about sorties."""

from __future__ import annotations

import signal
from typing import Any

import msgspec

from depot.names import EndedBy, SkimmerState
from depot.settings import Profile
from sortie.config.errors import UserError
from sortie.loop.faults import LoopFault
from sortie.loop.journal import Flight, LoopJournal
from sortie.loop.node import LoopNode, Watched
from sortie.loop.operator import Operator
from sortie.loop.space import Snapshot, SpaceLoop, decode
from sortie.loop.vehicles import LoopMaker, loop_of
from sortie.loop.view import LoopView
from sortie.runtime.runtime import Runtime, always

_SLICE_S = 0.1


class LoopRun:
    """One start of a loop on a state directory, in `runtime` (None: one without links, in virtual time)."""

    def __init__(
        self, profile: Profile, seed: int, faults: list[LoopFault], journal: LoopJournal, view: LoopView, *,
        total: int | None, speedup: float, confirm: bool, make: LoopMaker | None = None, runtime: Runtime | None = None,
    ) -> None:  # fmt: skip
        self.profile = profile
        self.seed = seed
        self.journal = journal
        self.view = view
        self.runtime = Runtime() if runtime is None else runtime
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
        self._real = make is not None
        self.node = LoopNode(self.loop, journal, view, paced=speedup > 0.0)
        self.runtime.add_vehicle(self.node)
        self._watched = Watched(self.loop, real=self._real)
        self.runtime.add(self._watched)
        if not self.resumed:
            journal.begin(profile.name, seed, controller=make is not None)
        if self.loop.decided:
            self.node.save()  # how it begins, or what a restart has closed

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
            self.node.save()

    def listen(self) -> bool:
        """A skimmer was declared lost: does it report again? Waits for it a little."""
        memory = self.loop.depot.memory
        if memory.skimmer is not SkimmerState.LOST or memory.ended_by is not EndedBy.LOST:
            return False
        until = self.loop.now_ms + round(2.5 * self.profile.heartbeat.period_s * 1000.0)
        memory.heard_again = False
        self.load()
        self.runtime.set_speedup(self._speedup if self._real else 0.0, always)
        while not memory.heard_again and self.loop.now_ms < until and self.runtime.signals.number is None:
            self.runtime.step(until)
        self.node.save()
        return memory.heard_again

    def recover(self) -> None:
        """Take a lost skimmer back in: dock, then phase 8."""
        self.loop.recover()
        self.node.save()

    def install_signals(self) -> None:
        """SIGTERM and Ctrl-C stop at the next step; but the first Ctrl-C stops a real vehicle that flies."""
        signals = self.runtime.signals
        if self._real:
            signals.first_interrupt = lambda: self.loop.hold("Ctrl-C")  # which the vehicle tells by itself
        self.runtime.install_signals()
        signals.running = True

    def take_back(self) -> None:
        """A person asks for a vehicle that is real and that this start has found in the air, in nobody's hands."""
        self.loop.take_back()
        self.node.save()

    # --- running ------------------------------------------------------------------------------------------------------
    def load(self) -> None:
        """Load what is compiled; a signal ends the waiting."""
        self.runtime.load(self.view.say)

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
        self.node.save()
        return loop.ended_by or EndedBy.STOPPED

    def _ask_operator(self) -> None:
        """--confirm-relaunch: yes flies on, anything else (and no operator at all) stops the loop here. As fast as
        possible means that vehicle time waits for a person; else it goes on."""
        runtime, number = self.runtime, self.loop.depot.memory.number
        if self._operator.ask(number, f"sortie {number} is back and reviewed: launch again? [y/N] "):
            self.view.stop()
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
        self.view.start()
        if answer:
            self.loop.depot.confirm_relaunch(self.loop.now_ms)
        elif runtime.signals.number is None:
            self.view.say("sortie: not confirmed: stopped here; the same command goes on")
            runtime.signals.number = signal.SIGTERM

    def leave(self) -> None:
        """The loop is over: its vehicle flies on without it."""
        self.runtime.remove(self.node)
        self.runtime.remove(self._watched)

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
