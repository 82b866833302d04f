"""Battery of a box's copter, which the model counts as FUEL_LOBES (1 "kg" = 1 Wh): consumption, charging, reports.

A simulated copter's battery follows the lobes: the motors' energy is taken from them, and leaks and charging change the
copter's charge. A battery behind a flight controller is known by the controller's reports. *Reported*: software cannot
charge it, so the dock waits for a report that it is charged. *Modelled*: the dock charges or swaps batteries by itself;
flight takes the reported consumption from the model, and at the dock the vehicle is told the model's charge.
"""

from __future__ import annotations

from typing import Protocol

from autopilot.interface.mathematics import expm1, log
from depot.pilot.body import Body
from depot.readings import SkimmerPlace
from depot.settings import Profile
from depot.world.matter import let_out, take_in
from depot.world.skimmer import burn
from depot.world.state import WorldState

CHARGE_STEP = 0.002
"""Step of the simulated copter's charge when it follows the lobes."""
REPORTED_STEP = 0.01
TELL_AGAIN_MS = 5000
_SLOWEST_CHARGE = 0.2


class Pack(Protocol):
    """Battery of one copter."""

    fuelled: bool
    """True if the dock can charge it; otherwise a person must."""
    measured: bool
    """True if the battery is the vehicle's own, so that its measurements count."""

    def burn(self) -> None:
        """Take the charge used since the last call out of the lobes."""

    def tell(self, *, departs: bool = False) -> None:
        """Set the vehicle's charge to that of the lobes, if it cannot know it; in steps, and exactly at a departure."""

    def refuel_kg_s(self, seconds: float) -> float:
        """Mean flow from the dock over `seconds`, kg/s."""


def taper_kg_s(state: WorldState, profile: Profile, seconds: float) -> float:
    """Mean charging flow over `seconds`, kg/s: constant, then falling above the fill `taper` down to a fifth. It is the
    exact solution, so the number of calls does not change the result."""
    lobes, full, taper = state.skimmer.lobes, profile.depot.refuel_kg_s, profile.box.taper
    flat_s = min(max(taper - lobes.fill, 0.0) * lobes.capacity_kg / full, seconds)
    bent_kg, remaining_s = (1.0 - taper) * lobes.capacity_kg, seconds - flat_s
    if remaining_s <= 0.0 or bent_kg <= 0.0:
        return full
    # fraction of the flow; it falls with the missing charge
    share = min((1.0 - lobes.fill) * lobes.capacity_kg / bent_kg, 1.0)
    bent_s = min(max(log(max(share, _SLOWEST_CHARGE) / _SLOWEST_CHARGE), 0.0) * bent_kg / full, remaining_s)
    bent = -max(share, _SLOWEST_CHARGE) * bent_kg * expm1(-bent_s * full / bent_kg)
    return (full * flat_s + bent + _SLOWEST_CHARGE * full * (remaining_s - bent_s)) / seconds


class SimulatedPack:
    """`Pack` of a simulated copter."""

    fuelled = measured = True

    def __init__(self, profile: Profile, state: WorldState, body: Body) -> None:
        self._profile = profile
        self._state = state
        self._body = body
        self._used_wh = body.used_wh()

    def burn(self) -> None:
        """Take the copter's consumption out of the lobes, except at the dock, which supplies it, and on a return that a
        fault stretches (skimmer_late)."""
        used = self._body.used_wh()
        drawn, self._used_wh = used - self._used_wh, used
        if self._state.place is not SkimmerPlace.DOCK and not self._state.late:
            burn(self._state.skimmer, drawn, self._state.outside)

    def tell(self, *, departs: bool = False) -> None:
        lobes = self._state.skimmer.lobes
        if departs or abs(lobes.fill - self._body.charge()) > CHARGE_STEP:
            self._body.set_charge(lobes.fill)

    def refuel_kg_s(self, seconds: float) -> float:
        return taper_kg_s(self._state, self._profile, seconds)


class ReportedPack:
    """`Pack` behind a flight controller. `modelled`: the dock charges it. `fresh`: the lobes start with the reported
    charge."""

    def __init__(self, profile: Profile, state: WorldState, body: Body, *, modelled: bool, fresh: bool) -> None:
        self._profile = profile
        self._state = state
        self._body = body
        self._charge = body.charge()
        self._report_ms = 0
        self.fuelled, self.measured = modelled, not modelled
        if fresh:
            lobes = state.skimmer.lobes
            lobes.kg = self._charge * lobes.capacity_kg

    def burn(self) -> None:
        """Let the lobes follow the reported charge. At a dock that waits for a charge they take the reported value;
        otherwise they take its change, so that a leak of a fault stays, and only the model charges a modelled
        battery."""
        charge = self._body.charge()
        risen, self._charge = charge - self._charge, charge
        lobes = self._state.skimmer.lobes
        docked = self._state.place is SkimmerPlace.DOCK
        kg = risen * self._profile.skimmer.propellant_kg
        if docked and self.fuelled:
            return  # the dock supplies it
        if docked:
            kg = min(charge * self._profile.skimmer.propellant_kg, lobes.capacity_kg) - lobes.kg
        if kg < 0.0:
            let_out(lobes, -kg, self._state.outside, "exhaust")
        elif not self.fuelled:
            take_in(lobes, kg, self._state.outside, "charged")

    def tell(self, *, departs: bool = False) -> None:
        fill = self._state.skimmer.lobes.fill
        docked = self._state.place is SkimmerPlace.DOCK
        if not self.fuelled or not docked or abs(fill - self._body.charge()) <= REPORTED_STEP:
            return
        if self._state.now_ms >= self._report_ms:
            self._report_ms = self._state.now_ms + TELL_AGAIN_MS
            self._body.set_charge(fill)

    def refuel_kg_s(self, seconds: float) -> float:
        return taper_kg_s(self._state, self._profile, seconds) if self.fuelled else 0.0
