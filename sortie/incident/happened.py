"""Events of a flight that a test asserts: modes, failsafes, the end; from a log, or from a flight in a `Session`."""

from __future__ import annotations

from itertools import pairwise
from math import isfinite
from typing import Final

from autopilot.vehicles.kinds import vehicle_class
from sortie.incident.evidence import Evidence
from sortie.incident.scenario import Failsafe, HappenedInFlight
from sortie.reading.facts import Quantity, Sample
from sortie.reports.comparison import liftoff_of

_HARD_MPS: Final = 3.0
_LOW_M: Final = 2.0
_MOVES_MPS: Final = 0.5
_ROLLS_MPS: Final = 5.0
"""Speed below which wings do not fly near the ground, but roll, m/s."""
_CRASH_CHECK: Final = 12
"""LogErrorSubsystem of the crash check."""
_UPSIDE_DEG: Final = 60.0
SOON_S: Final = 1.0


def happened_in(found: Evidence) -> HappenedInFlight:
    """Find the events of the longest flight of a log; times since arming."""
    zero_s, end_s = found.flight_s
    facts = found.facts
    inside = [mode for mode in found.modes if zero_s < mode.at_s < end_s]
    before = [mode for mode in found.modes if mode.at_s <= zero_s]
    kind = vehicle_class(found.kind)
    up_s = liftoff_of(facts, zero_s, climbs=kind.has_stall_speed) if kind.flies else None
    down = any(at_s == end_s and not armed for at_s, armed in facts.armed)
    return HappenedInFlight(
        modes=tuple((round(max(mode.at_s - zero_s, 0.0), 2), mode.name) for mode in (*before[-1:], *inside)),
        failsafes=tuple(
            Failsafe(round(mode.at_s - zero_s, 2), mode.name, mode.why) for mode in inside if not mode.wished
        ),
        liftoff_s=None if up_s is None else round(up_s - zero_s, 2),
        disarmed_s=round(end_s - zero_s, 2) if down else None,
        crashed=_crashed(found),
    )


def rests_from(found: Evidence, happened: HappenedInFlight) -> float:
    """Return the time at which it lies on the ground, s since arming: a crashed vehicle may stay armed for minutes. For
    vehicles that drive, when it stands for good; for wings, when they roll. Otherwise the end of the flight."""
    zero_s, end_s = found.flight_s
    flown = [s for s in found.facts.samples if zero_s <= s.time_s <= end_s]
    kind = vehicle_class(found.kind)
    if not kind.flies:
        return max((s.time_s for s in flown if s.speed > _MOVES_MPS), default=end_s) - zero_s
    if kind.has_stall_speed and not happened.crashed:
        return max((s.time_s for s in flown if s.height > _LOW_M or s.speed > _ROLLS_MPS), default=end_s) - zero_s
    if not happened.crashed or not flown:
        return end_s - zero_s
    begin_s = zero_s + (happened.liftoff_s or 0.0)
    falls_s = max((before.time_s for before, after in pairwise(flown) if _falls(before, after)), default=end_s)
    return max(falls_s, begin_s) - zero_s


def _falls(before: Sample, after: Sample) -> bool:
    """Check whether it sinks faster than any landing."""
    step_s = after.time_s - before.time_s
    return step_s > 0.0 and (before.height - after.height) / step_s > _HARD_MPS


def _crashed(found: Evidence) -> bool:
    """Check whether it sank faster than any landing, lay on its side, or reported a crash."""
    zero_s, end_s = found.flight_s
    if any(row[1] == _CRASH_CHECK and row[2] and zero_s <= row[0] <= end_s + SOON_S for row in found.errors):
        return True
    facts = found.facts
    flown = [s for s in facts.samples if zero_s <= s.time_s <= end_s]
    flies = vehicle_class(found.kind).flies
    lifted_s = next((s.time_s for s in flown if s.height > _LOW_M), end_s) if flies else zero_s
    for before, after in pairwise(flown if flies else ()):
        if after.time_s > lifted_s and after.height < _LOW_M and _falls(before, after):
            return True
    if vehicle_class(found.kind).has_stall_speed:  # wings lean as far in turns
        return False
    leans = [
        abs(value)
        for quantity in (Quantity.ROLL, Quantity.PITCH)
        for at_s, value in facts.series.get(quantity, [])
        if lifted_s <= at_s <= end_s and isfinite(value)
    ]
    return max(leans, default=0.0) > _UPSIDE_DEG


def differences(original: HappenedInFlight, flown: HappenedInFlight) -> list[str]:
    """Return the events of `original` that did not happen again, in words. Times are relative to liftoff if both have
    one."""
    shift_s = 0.0
    if original.liftoff_s is not None and flown.liftoff_s is not None:
        shift_s = original.liftoff_s - flown.liftoff_s
    lines = []
    unmatched = list(flown.failsafes)
    for failsafe in original.failsafes:
        near = [f for f in unmatched if f.mode == failsafe.mode and abs(f.at_s + shift_s - failsafe.at_s) <= SOON_S]
        if near:
            unmatched.remove(near[0])
            continue
        instead = ", ".join(f"{f.mode} at {f.at_s + shift_s:.1f} s ({f.why})" for f in flown.failsafes) or "none"
        lines.append(f"log: failsafe {failsafe.mode} at {failsafe.at_s:.1f} s ({failsafe.why}); new flight: {instead}")
    if original.liftoff_s is not None and flown.liftoff_s is None:
        lines.append("the log has a flight; the new flight did not leave the ground")
    if original.crashed != flown.crashed:
        lines.append("only the log has a crash" if original.crashed else "only the new flight has a crash")
    if not original.failsafes and flown.failsafes:
        first = flown.failsafes[0]
        lines.append(f"log: no failsafe; new flight: {first.mode} at {first.at_s + shift_s:.1f} s ({first.why})")
    return lines
