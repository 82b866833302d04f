"""Correlated pairs: the network's correlations, what is drawn given what the vehicle does, and how such pairs fly."""

from __future__ import annotations

import json
from collections import Counter
from math import cos, degrees, hypot, radians, sin
from pathlib import Path
from random import Random

import numpy as np
import pytest

import sitl.world
from autopilot.interface.geo import GeoPoint, Ned
from sitl.world import pairs
from sitl.world.encounters import EncounterModel
from sitl.world.pairs import PairNetwork, PairVariable
from sitl.world.receiver import Receiver, ReceiverSettings
from sitl.world.sky import Aircraft, Sky
from sortie.config.encounter_models import parse_network, read_network

HOME = GeoPoint(-35.363261, 149.165230, 584.0)
FILE = json.loads((Path(sitl.world.__file__).parent / "small_uas.json").read_text())
SMALL = parse_network(read_network("small-uas", Path(), "x"), "small-uas", "x")
DRAWS = 20_000


@pytest.fixture(scope="module")
def drawn() -> dict[str, np.ndarray]:
    chance = Random(5)
    rows = [SMALL.draw({}, chance) for _ in range(DRAWS)]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


@pytest.mark.parametrize(("one", "other", "stated"), FILE["correlations"])
def test_correlations_are_those_that_the_file_states(
    drawn: dict[str, np.ndarray], one: str, other: str, stated: float
) -> None:
    assert np.corrcoef(drawn[one], drawn[other])[0, 1] == pytest.approx(stated, abs=0.025)


def test_each_variable_has_its_reason_and_its_shares(drawn: dict[str, np.ndarray]) -> None:
    """Of a bin without parents as often as its odds say."""
    assert set(FILE["why"]) == set(drawn) == {row["name"] for row in FILE["variables"]}
    for low, high, share in ((0, 50, 0.30), (50, 120, 0.55), (120, 400, 0.15)):
        layer = drawn["layer"]
        assert ((layer >= low) & (layer < high)).mean() == pytest.approx(share, abs=0.01)


def test_who_moves_meets_more_from_ahead(drawn: dict[str, np.ndarray]) -> None:
    ahead = np.abs(drawn["course"] - 180.0) < 30.0
    hovers, fast = drawn["own_speed"] < 1.0, drawn["own_speed"] > 15.0
    assert ahead[hovers].mean() == pytest.approx(1 / 6, abs=0.02)
    assert ahead[fast].mean() > 0.24


def test_what_climbs_together_is_apart_otherwise_than_what_crosses(drawn: dict[str, np.ndarray]) -> None:
    """The faster the intruder climbs past the vehicle, the more it is still below at the closest point."""
    past = drawn["climb"] - drawn["own_climb"]
    assert np.corrcoef(past, drawn["miss_z"])[0, 1] < -0.09
    assert drawn["miss_z"][past > 3.0].mean() + 20.0 < drawn["miss_z"][past < -3.0].mean()


def chain() -> PairNetwork:
    """What is known stands last: own speed depends on the intruder's."""
    return PairNetwork(
        "chain",
        (
            PairVariable("speed", (0.0, 10.0, 20.0), (), ((3.0, 1.0),)),
            PairVariable("course", (0.0, 180.0, 360.0), (0,), ((1.0, 1.0), (0.0, 5.0))),
            PairVariable("own_speed", (0.0, 5.0, 10.0), (0, 1), ((9.0, 1.0), (1.0, 1.0), (1.0, 3.0), (1.0, 9.0))),
            PairVariable("miss", (0.0, 10.0), (), ((1.0,),)),
            PairVariable("miss_z", (-10.0, 10.0), (), ((1.0,),)),
        ),
    )


def test_others_are_drawn_given_what_is_known() -> None:
    """As Bayes has it, though the known one is a child; its value is told as it is, beyond the last bound too."""
    weights = {}
    for slow, share in ((True, 0.75), (False, 0.25)):
        for west, course in ((False, 0.5 if slow else 0.0), (True, 0.5 if slow else 1.0)):
            fast = {(True, False): 0.1, (False, False): 0.5, (True, True): 0.75, (False, True): 0.9}[slow, west]
            weights[slow, west] = share * course * fast
    chance, found = Random(2), Counter()
    for _ in range(DRAWS):
        row = chain().draw({"own_speed": 99.0}, chance)
        assert row["own_speed"] == 99.0
        found[row["speed"] < 10.0, row["course"] > 180.0] += 1
    for pair, weight in weights.items():
        assert found[pair] / DRAWS == pytest.approx(weight / sum(weights.values()), abs=0.012)


def test_a_vehicle_that_is_high_meets_others_than_one_that_is_low() -> None:
    """The network is told how high, how fast and how steeply the vehicle flies."""
    kinds = {height: Counter(one.emitter for one in met(height, (0.0, 0.0, 0.0), 400)) for height in (30.0, 300.0)}
    assert kinds[30.0][14] > 150  # small unmanned aircraft
    assert kinds[300.0][1] > 200 > 60 > kinds[300.0][14]  # light aeroplanes


@pytest.mark.parametrize("velocity", [(0.0, 0.0, 0.0), (9.0, -5.0, 0.0), (3.0, 4.0, -2.0)])
def test_a_pair_flies_as_it_was_drawn(velocity: Ned) -> None:
    """Distance, height and time of the closest point, turning or not; above the ground all the time."""
    bent = 0
    for seed in range(60):
        (aircraft,) = met(80.0, velocity, 1, seed)
        network = Drawing(velocity, seed)
        at = (aircraft.at(50.0) or ((0.0,) * 3, None))[0]
        own = tuple((0.0, 0.0, -80.0)[axis] + velocity[axis] * 40.0 for axis in range(3))
        away = (at[0] - own[0], at[1] - own[1])
        assert hypot(*away) == pytest.approx(network.drawn["miss"], abs=0.01)
        assert own[2] - at[2] == pytest.approx(network.drawn["miss_z"], abs=0.01)
        near = []
        for k in range(-40, 41):
            there = aircraft.at(50.0 + 0.1 * k) or ((0.0,) * 3, None)
            mine = (own[0] + velocity[0] * 0.1 * k, own[1] + velocity[1] * 0.1 * k)
            near.append(hypot(there[0][0] - mine[0], there[0][1] - mine[1]))
        assert min(near) == pytest.approx(near[40], abs=1.5)
        assert all(-knot[1][2] >= 5.0 - 1e-6 for knot in aircraft.knots)
        bent += len(aircraft.knots) > 2
    assert 10 < bent < 60


def test_it_passes_in_front_or_behind_as_it_was_drawn() -> None:
    velocity = (9.0, -5.0, 0.0)
    sides = Counter()
    for seed in range(100):
        (aircraft,) = met(80.0, velocity, 1, seed)
        drawing = Drawing(velocity, seed)
        at = (aircraft.at(50.0) or ((0.0,) * 3, None))[0]
        along = (at[0] - 360.0) * velocity[0] + (at[1] + 200.0) * velocity[1]
        behind = bool(drawing.drawn["behind"])
        assert (along < 0.0) == behind or abs(along) < 1.0
        sides[behind] += 1
    assert sides[True] > 30 < sides[False]


class Drawing:
    """What the network draws for an encounter's seed at 80 m: the draws that are below the ground are passed over."""

    def __init__(self, velocity: Ned, seed: int) -> None:
        chance = Random(f"{seed}.encounter.0")
        known = {"layer": 80.0, "own_speed": hypot(velocity[0], velocity[1]), "own_climb": -velocity[2]}
        self.drawn = SMALL.draw(known, chance)
        while 80.0 - velocity[2] * 40.0 + self.drawn["miss_z"] < 5.0:
            self.drawn = SMALL.draw(known, chance)


def met(height: float, velocity: Ned, count: int, seed: int = 1) -> list[Aircraft]:
    """The aircraft of encounters that began at 10 s and later."""
    model = EncounterModel(lead_s=40.0, first_s=10.0, gap_s=1.0, count=count, network=SMALL)
    own = Receiver(Sky(HOME), ReceiverSettings(), model, HOME, seed, lambda: ((0.0, 0.0, -height), velocity))
    for k in range(count):
        own.hear(10_000 + 1000 * k)
    return own.sky.aircraft


def test_an_intruder_turns_and_changes_its_speed() -> None:
    """At its rates, about the closest point, between half and twice its speed there."""
    network = PairNetwork(
        "turning",
        tuple(
            PairVariable(name, cuts, (), ((1.0,),))
            for name, cuts in (
                ("speed", (30.0, 30.001)),
                ("course", (90.0, 90.001)),
                ("miss", (100.0, 100.001)),
                ("miss_z", (10.0, 10.001)),
                (pairs.TURN, (2.0, 2.001)),
                (pairs.SPEEDS_UP, (0.5, 0.5001)),
            )
        ),
    )
    model = EncounterModel(lead_s=40.0, first_s=10.0, network=network)
    own = Receiver(Sky(HOME), ReceiverSettings(), model, HOME, 1, lambda: ((0.0, 0.0, -80.0), (0.0, 0.0, 0.0)))
    own.hear(10_000)
    (aircraft,) = own.sky.aircraft
    for after_s, speed in ((-35.0, 15.0), (-9.5, 25.0), (0.5, 30.0), (9.5, 35.0)):
        moves = (aircraft.at(50.0 + after_s) or (None, (0.0,) * 3))[1]
        assert hypot(moves[0], moves[1]) == pytest.approx(speed, abs=0.6)
        course = radians(90.0 + 2.0 * after_s)
        assert moves[0] * cos(course) + moves[1] * sin(course) == pytest.approx(speed, rel=0.03), degrees(course)


def passing(miss_z: tuple[float, float]) -> EncounterModel:
    """One that crosses 100 m away, at a height that only `miss_z` says."""
    spans = {"speed": (30.0, 30.1), "course": (90.0, 90.1), "miss": (100.0, 100.1), "miss_z": miss_z}
    network = PairNetwork("z", tuple(PairVariable(name, cuts, (), ((1.0,),)) for name, cuts in spans.items()))
    return EncounterModel(lead_s=40.0, first_s=10.0, network=network)


def heights(miss_z: tuple[float, float], count: int) -> list[float]:
    """Heights at the closest point, of intruders that meet a vehicle which hovers at 80 m, a seed each."""
    found = []
    for seed in range(count):
        where = (0.0, 0.0, -80.0), (0.0, 0.0, 0.0)
        own = Receiver(Sky(HOME), ReceiverSettings(), passing(miss_z), HOME, seed, lambda where=where: where)
        own.hear(10_000)
        at = own.sky.aircraft[0].at(50.0)
        assert at is not None
        found.append(-at[0][2])
    return found


def test_a_distance_in_height_without_a_sign_is_up_as_often_as_down() -> None:
    """As the Laboratory's models have it; one that has negative bounds is as it was drawn."""
    above = sum(height > 80.0 for height in heights((20.0, 30.0), 200))
    assert 75 < above < 125
    assert {height > 80.0 for height in heights((-30.0, -20.0), 50)} == {False}


def test_what_is_always_drawn_below_the_ground_passes_above_it() -> None:
    assert heights((-300.0, -200.0), 3) == pytest.approx([5.0, 5.0, 5.0])
