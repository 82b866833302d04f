"""The battery that a box's copter flies on, which is FUEL_LOBES in the books (1 "kg" = 1 Wh): what takes from it, what
fills it, and who tells whom how full it is.

A simulated copter's pack follows the lobes: what the motors draw is burnt from them, what leaks or is charged moves the
copter's own charge. A pack behind a flight controller is known by what that tells. *Reported*: no software can charge
it, so the dock waits until the vehicle says that it is charged. *Modelled*: a dock that charges or swaps packs by
itself, as a simulated vehicle's; flight takes from the model what the vehicle says was used, and at the dock the
vehicle is told what its pack holds now.
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
"""The simulated copter's own charge follows the lobes in steps of this."""
TOLD_STEP = 0.01
TELL_AGAIN_MS = 5000
_SLOWEST_CHARGE = 0.2


class Pack(Protocol):
    """See the module."""

    fuelled: bool
    """The dock can fill it; else somebody else has to."""
    measured: bool
    """True when the battery is the vehicle's own, so that its measurements count."""

    def burn(self) -> None:
        """Take the charge used since the last call out of the lobes."""

    def tell(self, *, departs: bool = False) -> None:
        """The vehicle hears what the lobes hold, where it would not know; in steps, and just that when it departs."""

    def refuel_kg_s(self, seconds: float) -> float:
        """Mean flow from the dock in so long, kg/s."""


def taper_kg_s(state: WorldState, profile: Profile, seconds: float) -> float:
    """Mean flow in so long: constant current, then less and less above `taper`. Solved, not stepped: how often somebody
    looks changes nothing."""
    lobes, full, taper = state.skimmer.lobes, profile.depot.refuel_kg_s, profile.box.taper
    flat_s = min(max(taper - lobes.fill, 0.0) * lobes.capacity_kg / full, seconds)
    bent_kg, left_s = (1.0 - taper) * lobes.capacity_kg, seconds - flat_s
    if left_s <= 0.0 or bent_kg <= 0.0:
        return full
    share = min((1.0 - lobes.fill) * lobes.capacity_kg / bent_kg, 1.0)  # of the flow; falls as what is missing does
    bent_s = min(max(log(max(share, _SLOWEST_CHARGE) / _SLOWEST_CHARGE), 0.0) * bent_kg / full, left_s)
    bent = -max(share, _SLOWEST_CHARGE) * bent_kg * expm1(-bent_s * full / bent_kg)
    return (full * flat_s + bent + _SLOWEST_CHARGE * full * (left_s - bent_s)) / seconds


class SimulatedPack:
    """See the module; implements `Pack`."""

    fuelled = measured = True

    def __init__(self, profile: Profile, state: WorldState, body: Body) -> None:
        self._profile = profile
        self._state = state
        self._body = body
        self._used_wh = body.used_wh()

    def burn(self) -> None:
        """At the dock the box feeds the copter, and a return that is stretched on purpose (fault skimmer_late) costs no
        more than another."""
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
    """Battery behind a flight controller, see the module; implements `Pack`. `fresh`: the lobes take over its
    report."""

    def __init__(self, profile: Profile, state: WorldState, body: Body, *, modelled: bool, fresh: bool) -> None:
        self._profile = profile
        self._state = state
        self._body = body
        self._charge = body.charge()
        self._told_ms = 0
        self.fuelled, self.measured = modelled, not modelled
        if fresh:
            lobes = state.skimmer.lobes
            lobes.kg = self._charge * lobes.capacity_kg

    def burn(self) -> None:
        """The lobes follow what the vehicle tells. At a dock that waits for it they hold just that; else they change
        by as much, so that what a fault has let out stays out, and a modelled pack is filled by the model alone."""
        charge = self._body.charge()
        risen, self._charge = charge - self._charge, charge
        lobes = self._state.skimmer.lobes
        docked = self._state.place is SkimmerPlace.DOCK
        kg = risen * self._profile.skimmer.propellant_kg
        if docked and self.fuelled:
            return  # the dock feeds it
        if docked:
            kg = min(charge * self._profile.skimmer.propellant_kg, lobes.capacity_kg) - lobes.kg
        if kg < 0.0:
            let_out(lobes, -kg, self._state.outside, "exhaust")
        elif not self.fuelled:
            take_in(lobes, kg, self._state.outside, "charged")

    def tell(self, *, departs: bool = False) -> None:
        fill = self._state.skimmer.lobes.fill
        docked = self._state.place is SkimmerPlace.DOCK
        if not self.fuelled or not docked or abs(fill - self._body.charge()) <= TOLD_STEP:
            return
        if self._state.now_ms >= self._told_ms:
            self._told_ms = self._state.now_ms + TELL_AGAIN_MS
            self._body.set_charge(fill)

    def refuel_kg_s(self, seconds: float) -> float:
        return taper_kg_s(self._state, self._profile, seconds) if self.fuelled else 0.0
