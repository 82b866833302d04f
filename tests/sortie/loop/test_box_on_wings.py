"""`drone-box` with a quadplane: up on lift motors, the survey on wings, a hover beside the box, down on the pad."""

from __future__ import annotations

from functools import partial
from math import hypot
from pathlib import Path

import pytest

from autopilot.interface import report
from autopilot.interface.geo import GeoPoint
from autopilot.mav import VtolState
from depot.pilot.body import SimulatedBody
from depot.readings import SkimmerPlace
from depot.settings import Profile
from sitl.vehicles.kinds import make_simulated
from sortie.config.errors import UserError
from sortie.config.values import parse_vehicle
from sortie.loop.box import simulated_box
from sortie.loop.profile import load_profile, parse_profile, profile_of_kind, profile_text
from sortie.loop.vehicles import vehicle_of
from tests.fakes.box_run import BoxBench, hurried
from tests.fakes.program import run

KIND = "quadplane"


class WingedBench(BoxBench):
    """As `BoxBench`, with a quadplane."""

    make = staticmethod(partial(simulated_box, kind=KIND))

    @staticmethod
    def usual() -> Profile:
        return profile_of_kind(hurried(0.1), KIND)


def test_it_is_sent_out_on_wings_and_taken_back_in_upright() -> None:
    """The survey counts for what its plan expects; it waits in the corridor standing still, and is down in its dock."""
    bench = WingedBench()
    where = bench.box.service.autopilot.vehicle.state.report
    flown: dict[SkimmerPlace, set[float]] = {}
    while bench.loop.ended_by is None:
        bench.step()
        flown.setdefault(bench.loop.world.state.place, set()).add(float(where[report.VTOL_STATE]))
    bench.take()
    assert (bench.last["outcome"], bench.last["abort"]) == ("completed", None)
    assert flown[SkimmerPlace.ZONE] == {VtolState.FW}
    assert VtolState.FW not in flown[SkimmerPlace.FINAL] and VtolState.MC in flown[SkimmerPlace.FINAL]
    harvest = bench.decision("harvest_ended").facts
    assert harvest["actual_kg"] == pytest.approx(harvest["expected_kg"], rel=0.25)
    gate = bench.decision("grant_docking_clearance").facts
    assert gate["relative_mps"] < 2.0 and gate["beyond_limits"] == []
    assert hypot(*bench.box.pilot.off_pad()) < 1.5
    assert "wave_off" not in bench.names()


def test_without_a_sensor_for_the_pad_the_place_in_the_dock_is_its_precision() -> None:
    box = WingedBench.usual().box
    bodies = [SimulatedBody(make_simulated(kind, GeoPoint(*box.home), 0.0, 1), box) for kind in ("copter", KIND)]
    assert [(body.sees_pad, body.precision_m) for body in bodies] == [(True, box.precision_m), (False, box.position_m)]


def test_who_may_fly_from_the_box() -> None:
    """What lands straight down in the simulator; a real one on wings is not."""
    profile = load_profile("drone-box")[0]
    assert vehicle_of(profile, parse_vehicle("sim:quadplane"))[0] == parse_vehicle("sim:quadplane")
    for text in ("sim:plane", "ardupilot:quadplane=x"):
        with pytest.raises(UserError, match="needs a copter, or a simulated quadplane"):
            vehicle_of(profile, parse_vehicle(text))


def test_values_of_a_kind_are_laid_over_the_profile_and_are_checked() -> None:
    copters = load_profile("drone-box")[0]
    winged = profile_of_kind(copters, KIND)
    assert winged.box.speed_mps != copters.box.speed_mps and winged.box.precision_m == copters.box.precision_m
    text = profile_text("drone-box")
    for old, new, said in (
        ("[kinds.quadplane.box]", "[kinds.quadplan.box]", "unknown kind 'quadplan'"),
        ("[kinds.quadplane.box]", "[kinds.quadplane.bx]", "kinds.quadplane: unknown table 'bx'"),
        ("flight_w = 800.0", "flight = 800.0", "unknown key 'box.flight'"),
        ("flight_w = 800.0", "flight_w = -1.0", r"kinds\.quadplane\.box\.flight_w: expected"),
    ):
        with pytest.raises(UserError, match=said):
            parse_profile(text.replace(old, new), "mine.toml")


def test_the_loop_of_another_kind_is_refused(tmp_path: Path) -> None:
    """A copter took over the flight of a quadplane, and the reverse."""
    box = ("loop", "--profile", "drone-box", "--sorties", "1", "--state-dir", "state")
    assert run(tmp_path, *box, "--vehicle", "sim:quadplane").returncode == 0
    refused = run(tmp_path, *box)
    assert refused.returncode == 2
    assert "holds the loop of a quadplane; continue with --vehicle sim:quadplane" in refused.stderr
    assert run(tmp_path, *box, "--vehicle", "sim:quadplane").returncode == 0
