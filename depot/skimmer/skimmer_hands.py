"""Somebody else has the skimmer's vehicle: a pilot, a failsafe, a restart (`real-vehicles.md` 2, who may take it)."""

from __future__ import annotations

from depot.names import Mode, Stage
from depot.readings import Place, SkimmerReading
from depot.skimmer.skimmer_base import SkimmerBase


class SkimmerHands(SkimmerBase):
    """The part of the party that stands aside, and goes on when it has its vehicle again."""

    def person_asks(self, now_ms: int) -> None:
        """A person wants the vehicle flown again by the party, which somebody else has had: it comes home."""
        if self.memory.taken and self.memory.stage is not Stage.DOCKED:
            self._decide(now_ms, "person_asks", "a person asks for it: flown again by its party", {})
            self._give_back(Stage.RETURN, now_ms)

    def _in_other_hands(self, reading: SkimmerReading, now_ms: int) -> bool:
        """A pilot, a failsafe or a restart has the vehicle: nothing is commanded until it is given back. On its dock it
        has come home all the same."""
        memory = self.memory
        if memory.taken and reading.place is Place.DOCK:
            self._set_mode(Mode.DOCKED, now_ms)
            self._enter(Stage.DOCKED, now_ms)
            return True
        if reading.taken == memory.taken:
            return False
        if not reading.taken:
            self._decide(now_ms, "given_back", "the party has the vehicle again", {"had": memory.taken})
            self._give_back(memory.stage, now_ms)
            return True
        self._decide(now_ms, "taken_over", f"{reading.taken}: nothing is commanded", {"stage": memory.stage.name})
        if not memory.taken:
            self._craft.stand_aside()
        memory.taken = reading.taken
        if reading.transmits:
            self._announce(now_ms, reading)
        return True

    def _give_back(self, stage: Stage, now_ms: int) -> None:
        """On with the plan, but from phase 5 on by the way home once more."""
        self.memory.taken = ""
        if stage in (Stage.UNDOCKING, Stage.OUTBOUND, Stage.HARVEST):
            self._craft.resume()
            self._enter(stage, now_ms)
            return
        self._craft.turn_back()
        self._enter(Stage.RETURN, now_ms)
