"""`drone-box`: the copter with its whole service, and the depot as its MAVLink client, sortie after sortie."""

from __future__ import annotations

import math

from depot.world.chance import uniform
from depot.world.copter import CopterMotion
from tests.fakes.box_run import BoxBench, hurried, shipped
from tests.fakes.loop_run import modes, phases


def test_three_sorties_end_to_end() -> None:
    """GO, mission in AUTO, harvest, return, clearance, landing on the pad, offload, review; three times."""
    bench = BoxBench(total=3).run()
    assert [(s["number"], s["outcome"], s["abort"]) for s in bench.sorties] == [
        (1, "completed", None),
        (2, "completed", None),
        (3, "completed", None),
    ]
    for sortie in bench.sorties:
        assert phases(sortie) == [1, 2, 3, 4, 5, 6, 7, 8]
        assert modes(sortie) == ["DOCKED", "CRUISE", "ACTIVE-HARVEST", "CRUISE", "DOCKED"]
        ends = [phase["end_s"] for phase in sortie["phases"][:-1]]
        assert ends == [phase["start_s"] for phase in sortie["phases"][1:]]
        assert 0.0 < sortie["delivered_kg"] < sortie["harvested_kg"]
    assert bench.loop.world.state.sorties == 3


def test_the_profile_flies_a_sortie_of_twenty_minutes() -> None:
    """As it is shipped; it comes down on the pad with charge to spare."""
    bench = BoxBench(profile=shipped()).run()
    took_s = bench.last["phases"][-1]["end_s"] - bench.last["phases"][0]["start_s"]
    assert bench.last["outcome"] == "completed"
    assert 1200.0 <= took_s <= bench.last["t_sortie_s"]
    assert bench.decision("grant_docking_clearance").facts["emergency"] is False


def test_the_same_seed_gives_the_same_sorties_and_another_one_others() -> None:
    """Byte for byte."""
    first, again, other = (BoxBench(seed=seed).run() for seed in (5, 5, 6))
    assert first.sorties == again.sorties
    assert [d.time_ms for d in first.decisions] == [d.time_ms for d in again.decisions]
    assert first.sorties != other.sorties


def test_the_copters_battery_pays_for_the_flight_and_the_dock_charges_it() -> None:
    """Propellant of the model and charge of the simulator are one."""
    bench = BoxBench(total=2)
    lowest = 1.0
    while bench.loop.ended_by is None:
        bench.step()
        charge = bench.box.body.charge()
        lowest = min(lowest, charge)
        assert math.isclose(charge, bench.loop.world.state.skimmer.lobes.fill, abs_tol=0.01)
    assert lowest < 0.93
    assert bench.loop.world.state.skimmer.lobes.kg >= bench.loop.world.profile.skimmer.launch_propellant_kg - 1e-3


def test_charging_slows_down_when_the_battery_is_nearly_full() -> None:
    """Constant current to `taper`, then less."""
    bench = BoxBench(profile=shipped())
    rates = {}
    while "go" not in bench.names():
        before = bench.loop.world.state.skimmer.lobes.kg
        at = bench.loop.now_ms
        bench.step()
        seconds = (bench.loop.now_ms - at) / 1000.0
        if seconds > 0.0:
            rates[before] = (bench.loop.world.state.skimmer.lobes.kg - before) / seconds
    low = max(rate for kg, rate in rates.items() if kg < 70.0)
    high = max(rate for kg, rate in rates.items() if 92.0 < kg < 94.9)
    assert math.isclose(low, 0.4, rel_tol=1e-3)
    assert 0.1 < high < 0.2


def test_mass_and_energy_balance_over_a_sortie() -> None:
    """The flight is booked like any other."""
    bench = BoxBench()
    state = bench.loop.world.state

    def mass() -> float:
        return state.skimmer.total_kg + state.depot.total_kg + sum(state.outside.kg.values())

    def energy() -> float:
        return state.skimmer.total_j + state.depot.total_j + sum(state.accounts.j.values())

    mass_0, energy_0 = mass(), energy()
    bench.run()
    assert math.isclose(mass(), mass_0, rel_tol=1e-9)
    assert math.isclose(energy(), energy_0, rel_tol=1e-9)


def test_strong_wind_is_a_no_go_and_ends_again() -> None:
    """The box launches when the wind allows it."""
    seed = next(seed for seed in range(99) if uniform(seed, 0, "wind") > 0.6 and uniform(seed, 1, "wind") < 0.2)
    bench = BoxBench(profile=hurried(0.1, wind_mps=9.0, wind_spread=1.0), seed=seed).run_to(700.0)
    assert [d.facts["failed"] for d in bench.decisions if d.name == "no_go"][:1] == [["wind_over_limit"]]
    assert bench.decision("go").time_ms >= 600_000
    assert bench.decision("go").facts["wind_mps"] < 9.0


def test_wind_over_the_limit_withholds_clearance() -> None:
    """It waits at the corridor; T_DEATH ends that."""
    bench = BoxBench(profile=hurried(0.1))
    while "in_docking_corridor" not in bench.names() and "harvest_ended" not in bench.names():
        bench.step()
    motion = bench.loop.world.motion
    assert isinstance(motion, CopterMotion) and motion.weather is not None
    motion.weather.wind_mps = 12.0
    bench.run_to(bench.loop.now_ms / 1000.0 + 60.0)
    withheld = bench.decision("withhold_clearance")
    assert withheld.facts["cause"] == "wind_over_limit"
    assert "captured" not in bench.names()


def test_a_landing_beside_the_pad_is_flown_again_and_then_fails_its_locks() -> None:
    """A precision that no copter has: three landings, and the locks do not hold."""
    bench = BoxBench(profile=hurried(0.1, precision_m=0.001)).run()
    assert bench.box.pilot.tries == 3
    assert bench.last["outcome"] == "aborted"
    assert bench.last["trigger"] == "interface_failure"
    facts = bench.decision("interface_failure").facts
    assert (facts["structural_locks"], facts["fluid_connections"]) == (False, True)
