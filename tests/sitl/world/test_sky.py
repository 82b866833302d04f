"""Other aircraft: what a receiver hears of them, and encounters as they were drawn."""

from __future__ import annotations

from math import hypot

import pytest

from autopilot.interface.geo import GeoPoint, Ned, to_local
from sitl.world.encounters import EncounterModel
from sitl.world.receiver import Receiver, ReceiverSettings
from sitl.world.sky import Aircraft, Sky, straight

HOME = GeoPoint(-35.363261, 149.165230, 584.0)


def receiver(
    settings: ReceiverSettings,
    *aircraft: Aircraft,
    at: Ned = (0.0, 0.0, -30.0),
    velocity: Ned = (0.0, 0.0, 0.0),
    model: EncounterModel | None = None,
    seed: int = 1,
) -> Receiver:
    return Receiver(Sky(HOME, aircraft), settings, model, HOME, seed, lambda: (at, velocity))


def standing(number: int, north: float) -> Aircraft:
    return Aircraft(number, straight(0.0, (north, 0.0, -100.0), (0.0, 10.0, 0.0), 1000.0), f"A{number}")


def test_range_and_times() -> None:
    """Along the line of sight; not before it is there, and not after."""
    near, far = standing(1, 900.0), standing(2, 1100.0)
    heard = receiver(ReceiverSettings(range_m=1000.0), near, far).hear(5000)
    assert [contact.number for contact in heard] == [1]
    (contact,) = heard
    assert to_local(HOME, contact.place.lat, contact.place.lon, contact.place.alt) == pytest.approx(
        (900.0, 50.0, -100.0), abs=0.01
    )
    assert contact.velocity == (0.0, 10.0, 0.0)
    assert not receiver(ReceiverSettings(range_m=1000.0), near).hear(1_001_000)


def test_a_share_is_lost_and_positions_err() -> None:
    """By the seed alone: another seed loses others."""
    settings = ReceiverSettings(dropout=0.3, noise_m=20.0)
    heard = [receiver(settings, standing(1, 900.0)).hear(1000 * k) for k in range(400)]
    assert sum(1 for reports in heard if reports) == pytest.approx(280, abs=30)
    errors = [
        to_local(HOME, reports[0].place.lat, reports[0].place.lon, 0.0)[0] - 900.0 for reports in heard if reports
    ]
    assert (sum(error * error for error in errors) / len(errors)) ** 0.5 == pytest.approx(20.0, rel=0.15)
    again = [receiver(settings, standing(1, 900.0)).hear(1000 * k) for k in range(400)]
    other = [receiver(settings, standing(1, 900.0), seed=2).hear(1000 * k) for k in range(400)]
    assert heard == again
    assert [bool(reports) for reports in heard] != [bool(reports) for reports in other]


def test_pressure_altitude_is_off() -> None:
    (contact,) = receiver(ReceiverSettings(pressure=True, pressure_error_m=40.0), standing(1, 900.0)).hear(0)
    assert contact.pressure
    assert contact.place.alt == pytest.approx(HOME.alt + 140.0)


def nearest(aircraft: Aircraft, at: Ned, velocity: Ned, begin_s: float) -> tuple[float, float, float]:
    """Least horizontal distance, the difference in height then, and the time."""
    best = (1e9, 0.0, 0.0)
    for k in range(1300):
        time_s = begin_s + 0.1 * k
        there = aircraft.at(time_s)
        if there is None:
            break
        n, e, d = (at[axis] + velocity[axis] * (time_s - begin_s) for axis in range(3))
        best = min(best, (hypot(there[0][0] - n, there[0][1] - e), d - there[0][2], time_s))
    return best


@pytest.mark.parametrize("velocity", [(0.0, 0.0, 0.0), (8.0, -3.0, -1.0)])
def test_an_encounter_is_as_it_was_drawn(velocity: Ned) -> None:
    """At its closest point: time, miss distance, difference in height, speed."""
    model = EncounterModel((50.0, 50.0), (2.0, 2.0), (120.0, 120.0), (30.0, 30.0), (90.0, 90.0), 40.0, first_s=10.0)
    for seed in range(5):
        own = receiver(ReceiverSettings(), at=(100.0, 50.0, -60.0), velocity=velocity, model=model, seed=seed)
        assert not own.hear(9000)
        own.hear(10_000)
        (aircraft,) = own.sky.aircraft
        miss, higher, when_s = nearest(aircraft, (100.0, 50.0, -60.0), velocity, 10.0)
        assert miss == pytest.approx(120.0, abs=1.0)
        assert higher == pytest.approx(30.0, abs=0.5)
        assert when_s == pytest.approx(50.0, abs=0.2)
        assert hypot(*(aircraft.at(20.0) or ((), (0.0, 0.0)))[1][:2]) == pytest.approx(50.0)


def test_encounters_wait_for_a_vehicle_that_flies_and_come_one_after_the_other() -> None:
    model = EncounterModel(count=2, first_s=10.0, gap_s=30.0)
    down: list[float] = [0.0]
    own = Receiver(Sky(HOME), ReceiverSettings(), model, HOME, 3, lambda: ((0.0, 0.0, down[0]), (0.0, 0.0, 0.0)))
    begun = []
    for k in range(200):
        down[0] = -20.0 if k >= 15 else 0.0
        own.hear(1000 * k)
        begun.append(len(own.sky.aircraft))
    assert [begun.index(1), begun.index(2), begun[-1]] == [15, 45, 2]


def test_a_poisson_process_has_its_rate() -> None:
    own = receiver(ReceiverSettings(), model=EncounterModel(per_hour=60.0))
    for k in range(3600 * 5):
        own.hear(1000 * k)
    assert len(own.sky.aircraft) == pytest.approx(300, abs=50)


def passing(number: int, begin_s: float) -> Aircraft:
    return Aircraft(number, straight(begin_s, (500.0, 0.0, -100.0), (0.0, 10.0, 0.0), 20.0))


@pytest.mark.parametrize("range_m", [1000.0, 0.0])
def test_looks_that_hear_nothing_are_known_before(range_m: float) -> None:
    """The same is heard, and the same encounters begin, where only looks that may hear anything are made: few of a
    receiver that hears nobody, those with somebody there of another."""
    model = EncounterModel(count=2, first_s=100.0, gap_s=60.0, lead_s=15.0, for_s=5.0)

    def of(settings: ReceiverSettings) -> Receiver:
        return receiver(settings, passing(1, 30.0), passing(2, 250.0), model=model)

    always, seldom = of(ReceiverSettings(range_m)), of(ReceiverSettings(range_m))
    looks, next_ms = 0, 1000
    for now_ms in range(1000, 300_000, 1000):
        heard = always.hear(now_ms)
        if next_ms is not None and now_ms >= next_ms:
            looks += 1
            assert seldom.hear(now_ms) == heard
            next_ms = seldom.silent_until_ms(now_ms)
        else:
            assert not heard
    assert always.sky.aircraft == seldom.sky.aircraft
    assert next_ms is None
    assert len(always.sky.aircraft) == 4
    assert looks == (3 if range_m == 0.0 else 1 + 4 * 22)  # 21 s each, and the look that finds it gone


def test_who_shares_a_sky_listens_at_each_look() -> None:
    """Encounters of another vehicle come unannounced."""
    sky, settings = Sky(HOME), ReceiverSettings(range_m=1000.0)
    one, other = (
        Receiver(sky, settings, EncounterModel(first_s=first_s), HOME, 1, lambda: ((0.0, 0.0, -50.0), (0.0, 0.0, 0.0)))
        for first_s in (10.0, 1000.0)
    )
    due_ms = other.silent_until_ms(1000)
    assert due_ms is not None and due_ms <= 1000
    one.hear(10_000)
    assert len(sky.aircraft) == 1
