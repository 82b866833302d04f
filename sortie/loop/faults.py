"""Faults of the loop: NAME@WHEN[..WHEN][#K], with WHEN = phaseN, phaseN+SECONDS or T+SECONDS
(docs/reference/sortie-loop.md, "Names of triggers"). This module decides when each begins and ends; world and link
carry it out."""

from __future__ import annotations

import re
from math import fsum

from msgspec import Struct

from depot.decisions.watches import ABORT_2_NAMES, ABORT_3_NAMES
from depot.names import ABORT_1_NAMES, FaultName
from depot.settings import Profile
from depot.world.chance import uniform
from sortie.config.errors import FaultFormError, UserError
from sortie.config.faults import Fault, parse_fault

GO_NAMES = (FaultName.NO_GO_POWER, FaultName.NO_GO_THERMAL, FaultName.NO_GO_COMMS, FaultName.NO_GO_TANKS)
LINK_NAMES = (FaultName.LINK_LOSS, FaultName.LINK_LOSSY)
DOCK_NAMES = (
    FaultName.DOCK_REFUSED,
    FaultName.DOCK_DELAYED,
    FaultName.SKIMMER_LOST,
    FaultName.SKIMMER_LATE,
    FaultName.VALVE_STUCK,
    FaultName.INTERFACE_FAILURE,
    FaultName.INTAKE_FAILURE,
    FaultName.STRUCTURAL_FAILURE,
    FaultName.FLUID_FAILURE,
    FaultName.DATA_FAILURE,
    FaultName.POWER_FAILURE,
)
LASTING_NAMES = (FaultName.SKIMMER_LOST, FaultName.SKIMMER_LATE, FaultName.VALVE_STUCK)
"""Faults whose effect lasts, even into a start without them."""
NAMES = (*ABORT_1_NAMES, *ABORT_2_NAMES, *ABORT_3_NAMES, *GO_NAMES, *LINK_NAMES, *DOCK_NAMES)
DELAY_MS = 60_000
"""Duration of `dock_delayed` without a given end, ms."""
_CHANCE = "@chance#"
_WHEN = re.compile(r"(?:phase(?P<phase>[1-8])(?:\+(?P<offset>\d{1,9}(?:\.\d+)?))?|T\+(?P<time>\d{1,9}(?:\.\d+)?))")


class FaultTime(Struct, frozen=True):
    """Time of a fault: `offset_ms` after the beginning of `phase`, or of the loop if `phase` is None."""

    phase: int | None
    offset_ms: int


class LoopFault(Struct, frozen=True):
    """Fault of the loop. `sortie` None: at the first time that matches; 0: in every sortie; otherwise in that one."""

    text: str
    name: str
    start: FaultTime
    end: FaultTime | None = None
    sortie: int | None = None


class FaultMemory(Struct):
    """Memory of one fault: the last sortie in which it began (0: never), whether it is active and since when; for an
    end by phase, its sortie, and its time as soon as it is known."""

    struck: int = 0
    active: bool = False
    since_ms: int = 0
    end_sortie: int = 0
    due_ms: int | None = None


def parse_loop_fault(text: str) -> LoopFault:
    """Parse a `--fault` of `sortie loop`. UserError for a mistake."""
    try:
        fault = parse_fault(text, NAMES)
    except FaultFormError:
        raise UserError(
            "not of the form NAME@WHEN[..WHEN][#K], e.g. debris@phase4+30#2", option="fault", given=text
        ) from None
    if fault.value is not None:
        raise UserError(f"{fault.name} takes no value", option="fault", given=text)
    if fault.start is None:
        raise UserError(f"WHEN is missing, e.g. {fault.name}@phase4+30", option="fault", given=text)
    start = _when(fault.start, fault)
    end = None if fault.end is None else _when(fault.end, fault)
    if end is not None and end.phase == start.phase and end.offset_ms <= start.offset_ms:
        raise UserError("the end comes before the start", option="fault", given=text)
    if fault.nth == "0":
        raise UserError("sorties are counted from 1", option="fault", given=text)
    sortie = None if fault.nth is None else 0 if fault.nth == "*" else int(fault.nth)
    return LoopFault(text, fault.name, start, end, sortie)


def _when(text: str, fault: Fault) -> FaultTime:
    match = _WHEN.fullmatch(text.strip())
    if match is None:
        raise UserError(
            f"'{text}' is not a WHEN such as phase4, phase4+30 or T+3600 (phases 1 to 8)",
            option="fault",
            given=str(fault),
        )
    if match["phase"]:
        return FaultTime(int(match["phase"]), round(float(match["offset"] or 0.0) * 1000.0))
    return FaultTime(None, round(float(match["time"]) * 1000.0))


class Clock(Struct):
    """Time, sortie and phase for the comparison with WHEN."""

    now_ms: int = 0
    sortie: int = 1
    phase: int = 1
    phase_start_ms: int = 0


class FaultSchedule:
    """Schedule of the loop's faults. `memory` survives a restart."""

    def __init__(self, faults: list[LoopFault], profile: Profile, seed: int, memory: dict[str, FaultMemory]) -> None:
        self._given = faults
        self._profile = profile
        self._seed = seed
        self._chance: list[LoopFault] = []
        self._chance_sortie = 0
        self.memory = memory

    def next_ms(self, clock: Clock) -> int | None:
        """Return the next time at which a fault begins or ends, ms."""
        dues = []
        for fault in self._all(clock):
            memory = self._memory(fault)
            if memory.active:
                dues.append(self._end_ms(fault, memory))
            elif self._may_strike(fault, memory, clock):
                dues.append(_due_ms(fault.start, clock))
        return min((due for due in dues if due is not None and due > clock.now_ms), default=None)

    def take(self, clock: Clock) -> list[tuple[str, bool]]:
        """Return (name, begins) of all faults that begin or end now, in order."""
        happened: list[tuple[str, bool]] = []
        for fault in self._all(clock):
            memory = self._memory(fault)
            _see_end(fault, memory, clock)
            if memory.active and self._has_ended(fault, memory, clock):
                memory.active = False
                if (fault.name, True) not in self.holding():  # else another one of this name goes on
                    happened.append((fault.name, False))
            if not memory.active and self._may_strike(fault, memory, clock):
                due = _due_ms(fault.start, clock)
                if due is not None and due <= clock.now_ms:
                    _begin(fault, memory, clock)
                    happened.append((fault.name, True))
        return happened

    def holding(self) -> list[tuple[str, bool]]:
        """Return (name, active) of each fault that was given to this start or drawn."""
        chance = [(text.split(_CHANCE)[0], memory.active) for text, memory in self.memory.items() if _CHANCE in text]
        return [(fault.name, self._memory(fault).active) for fault in self._given] + chance

    def missed(self) -> list[str]:
        """Return the given faults that have not begun in any sortie."""
        return [fault.text for fault in self._given if not self._memory(fault).struck]

    def repaired(self, name: str) -> None:
        """Note that the health review has repaired a fault."""
        for text, memory in self.memory.items():
            if text.split("@")[0] == name:
                memory.active = False

    def _all(self, clock: Clock) -> list[LoopFault]:
        if not self._profile.hazards:
            return self._given
        if clock.sortie != self._chance_sortie:
            self._chance_sortie = clock.sortie
            self._chance = self._still_active(clock.sortie) + self._draw(clock.sortie)
        return self._given + self._chance

    def _still_active(self, sortie: int) -> list[LoopFault]:
        """Return drawn faults of earlier sorties that are still active. Ended ones are forgotten."""
        earlier = [text for text in self.memory if _CHANCE in text and int(text.split(_CHANCE)[1]) < sortie]
        for text in earlier:
            if not self.memory[text].active:
                del self.memory[text]
        texts = [text for text in earlier if text in self.memory]
        return [
            LoopFault(text, text.split(_CHANCE)[0], FaultTime(None, 0), None, self.memory[text].struck)
            for text in texts
        ]

    def _draw(self, sortie: int) -> list[LoopFault]:
        """Draw the random faults of this sortie: each hazard with its probability, in phase 3, 4 or 5 by their
        lengths."""
        plan = self._profile.plan
        usual = [(phase, plan.usual_s(phase)) for phase in (3, 4, 5)]
        drawn = []
        for name, chance in self._profile.hazards.items():
            if uniform(self._seed, sortie, f"hazard {name}") >= chance:
                continue
            at = uniform(self._seed, sortie, f"instant {name}") * fsum(length for _, length in usual)
            for phase, length in usual:
                if at < length or phase == 5:
                    when = FaultTime(phase, round(min(at, 0.9 * length) * 1000.0))
                    drawn.append(LoopFault(f"{name}{_CHANCE}{sortie}", name, when, None, sortie))
                    break
                at -= length
        return drawn

    def _memory(self, fault: LoopFault) -> FaultMemory:
        return self.memory.setdefault(fault.text, FaultMemory())

    def _may_strike(self, fault: LoopFault, memory: FaultMemory, clock: Clock) -> bool:
        if fault.end is not None and fault.end.phase is None and fault.end.offset_ms <= clock.now_ms:
            return False  # the end of its phase has passed
        if fault.sortie is None:
            return memory.struck == 0
        return memory.struck != clock.sortie and fault.sortie in (0, clock.sortie)

    def _has_ended(self, fault: LoopFault, memory: FaultMemory, clock: Clock) -> bool:
        if fault.end is None and fault.name in ABORT_2_NAMES and clock.sortie != memory.struck:
            return True
        due = self._end_ms(fault, memory)
        return due is not None and clock.now_ms >= due

    def _end_ms(self, fault: LoopFault, memory: FaultMemory) -> int | None:
        if fault.end is not None:
            return memory.due_ms if fault.end.phase is not None else fault.end.offset_ms
        return memory.since_ms + DELAY_MS if fault.name == FaultName.DOCK_DELAYED else None


def _begin(fault: LoopFault, memory: FaultMemory, clock: Clock) -> None:
    """Begin a fault. An end by phase is in this sortie if that phase is still to come, else in the next."""
    memory.struck, memory.since_ms, memory.active, memory.due_ms = clock.sortie, clock.now_ms, True, None
    if fault.end is not None and fault.end.phase is not None:
        elapsed_ms = clock.now_ms - clock.phase_start_ms
        over = (fault.end.phase, fault.end.offset_ms) <= (clock.phase, elapsed_ms)
        memory.end_sortie = clock.sortie + int(over)
        _see_end(fault, memory, clock)


def _see_end(fault: LoopFault, memory: FaultMemory, clock: Clock) -> None:
    """Calculate the end of a fault when the end's phase has begun: its offset later, even if an abort shortens the
    phase; at once when the sortie has skipped the phase."""
    if not memory.active or memory.due_ms is not None or fault.end is None or fault.end.phase is None:
        return
    here, end = (clock.sortie, clock.phase), (memory.end_sortie, fault.end.phase)
    if here >= end:
        memory.due_ms = clock.phase_start_ms + fault.end.offset_ms if here == end else clock.now_ms


def _due_ms(when: FaultTime, clock: Clock) -> int | None:
    if when.phase is None:
        return when.offset_ms
    return clock.phase_start_ms + when.offset_ms if when.phase == clock.phase else None
