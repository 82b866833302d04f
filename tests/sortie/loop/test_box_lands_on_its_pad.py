"""`drone-box` comes down by what its copter sees of the pad: how near to the middle, and what it does when it sees too
little of it."""

from __future__ import annotations

from collections import Counter
from math import hypot

import msgspec
import pytest

from depot.names import SortieOutcome
from depot.pilot.body import SimulatedBody
from depot.pilot.claim import ModeClaim
from depot.pilot.pilot import SkimmerPilot
from depot.readings import SkimmerPlace
from sitl.kernel import layout as M
from sortie import Session
from sortie.loop.box import box_parameters
from sortie.loop.profile import load_profile
from tests.fakes.box_run import BoxBench, hurried

PROFILE = load_profile("drone-box")[0]
WITHIN_M = 0.2
WIND_MPS = 5.0


class Approach:
    """The box's own pilot with its copter in the docking corridor, in 5 m/s of wind from anywhere."""

    def __init__(self, seed: int, **pads: float) -> None:
        box = msgspec.structs.replace(PROFILE.box, wind_mps=WIND_MPS, wind_from_deg=float(37 * seed % 360))
        profile = msgspec.structs.replace(PROFILE, box=box)
        self.session = session = Session(seed=seed, params=box_parameters(profile) | pads)
        vehicle = self.copter = session.service.vehicle
        body = SimulatedBody(vehicle, box)
        self.pilot = SkimmerPilot(
            session.autopilot, box, body, ModeClaim(session.autopilot), lambda: session.service.now_ms, 0
        )
        session.wait_armable()
        session.set_mode("GUIDED")
        session.arm()
        session.takeoff(box.corridor_height_m)
        session.run_until(lambda s: s.state.height > box.corridor_height_m - 1.0)
        self.pilot.launch()  # another flight is under way: refused, and what was before is forgotten
        self.place = SkimmerPlace.BACK
        self.pilot.fly_back()
        self.step_until(SkimmerPlace.CORRIDOR)

    def step_until(self, *places: SkimmerPlace, seconds: float = 180.0) -> SkimmerPlace:
        end_ms = self.session.service.now_ms + 1000.0 * seconds
        while self.place not in places and self.session.service.now_ms < end_ms:
            self.session.run_for(0.1)
            self.place = self.pilot.place(self.place)
        return self.place

    def land(self) -> tuple[SkimmerPlace, float]:
        """Where the approach ends, and how far off the middle of the pad the copter touched the ground, m."""
        self.pilot.approach()
        self.place = SkimmerPlace.FINAL
        self.session.run_until(
            lambda s: self._look() or self.place is not SkimmerPlace.FINAL or bool(self.copter._s[M.S_CONTACT] == 1.0),
            180.0,
            every_s=0.1,
        )
        off = hypot(*self.copter.true_ned[:2])
        return self.step_until(SkimmerPlace.DOCK, SkimmerPlace.BACK, SkimmerPlace.ADRIFT), off

    def _look(self) -> bool:
        if self.place is SkimmerPlace.FINAL:
            self.place = self.pilot.place(self.place)
        return False


def landings(seeds: range) -> list[float]:
    offs = []
    for seed in seeds:
        approach = Approach(seed)
        with approach.session:
            place, off = approach.land()
            assert (place, approach.pilot.tries) == (SkimmerPlace.DOCK, 1), seed
            offs.append(off)
    return offs


def test_thirty_landings_in_5_mps_of_wind() -> None:
    """Each within 0.2 m, at its first touch."""
    assert max(landings(range(30))) < WITHIN_M


@pytest.mark.long
def test_a_thousand_landings_in_5_mps_of_wind() -> None:
    """Each within 0.2 m."""
    assert max(landings(range(1000))) < WITHIN_M


def test_with_30_percent_of_dropouts_it_lands_on_the_pad_or_goes_back() -> None:
    """Blind for 12 s in a row: the approach ends on the pad, within 0.2 m, or in the corridor again; never beside."""
    ends: Counter[SkimmerPlace] = Counter()
    for seed in range(12):
        approach = Approach(seed, SIM_PLD_DROP=30.0, SIM_PLD_DROP_S=12.0)
        with approach.session:
            place, off = approach.land()
            ends[place] += 1
            if place is SkimmerPlace.DOCK:
                assert off < WITHIN_M, seed
            else:
                assert (place, approach.session.state.armed) == (SkimmerPlace.BACK, True), seed
                assert approach.step_until(SkimmerPlace.CORRIDOR) is SkimmerPlace.CORRIDOR
    assert ends[SkimmerPlace.DOCK] > 0
    assert ends[SkimmerPlace.DOCK] + ends[SkimmerPlace.BACK] == 12


def test_a_pad_that_it_never_sees_is_approached_three_times_and_not_landed_on() -> None:
    """The sensor is off: each approach ends at the gate again; when all are used up it hangs there until T_DEATH."""
    bench = BoxBench(profile=hurried(0.05))
    bench.box.service.parameters.set("SIM_PLD_RATE", 0.0)
    bench.run()
    assert bench.names("skimmer").count("approach_missed") == PROFILE.corridor.tries
    assert bench.last["outcome"] == SortieOutcome.LOST
    assert bench.box.pilot.position()[2] > 10.0
