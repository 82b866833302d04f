"""Landings on a pad, and loitering over one, flown on the simulated copter."""

from __future__ import annotations

from math import hypot

import pytest

from autopilot.mav import Result
from sitl.kernel import layout as M
from tests.fakes.core_bench import Bench
from tests.fakes.sim_copter import LAND, LOITER, RTL, in_air

PADS = {"PLND_ENABLED": 1, "PLND_TYPE": 4, "SIM_PLD_ENABLE": 1, "SIM_WIND_SPD": 5, "SIM_WIND_DIR": 270}
PREC_LOITER = 39


def hanging(up: float = 7.0, **parameters: float) -> Bench:
    """In 5 m/s of wind from the west."""
    return in_air(up, **(PADS | parameters))


def landed(bench: Bench, mode: int = LAND, seconds: float = 120.0) -> float:
    """How far off the (first) pad it touched down, m."""
    assert bench.core.modes.set(mode, bench.now_ms).ok
    bench.run(seconds, lambda: bench.vehicle._s[M.S_CONTACT] == 1.0)
    north, east = bench.vehicle.true_ned[:2]
    pad = bench.vehicle.pads.pads(bench.now_ms)[0]
    bench.run(3.0)
    return hypot(north - pad[0], east - pad[1])


def told(bench: Bench) -> list[str]:
    return [text.removeprefix("PrecLand: ") for text in bench.texts if text.startswith("PrecLand: ")]


@pytest.mark.parametrize("mode", [LAND, RTL])
def test_it_lands_on_the_pad(mode: int) -> None:
    """Within 0.2 m; the landing of RTL too."""
    bench = hanging(RTL_LOIT_TIME=0, seed=2)
    assert landed(bench, mode) < 0.2
    assert told(bench)[:2] == ["Target Found", "Init Complete"]


def test_without_it_the_estimate_decides() -> None:
    """The same copter, PLND_ENABLED 0: nothing is looked at, and nothing said."""
    bench = hanging(PLND_ENABLED=0, seed=2)
    assert landed(bench) > 0.2
    assert told(bench) == []


def test_called_at_every_tick_it_lands_the_same() -> None:
    """As by deadlines, to the last bit."""
    ends = []
    for by_tick in (False, True):
        bench = hanging(seed=4)
        bench.by_tick = by_tick
        assert bench.core.modes.set(LAND, bench.now_ms).ok
        bench.run(60.0, lambda bench=bench: bench.core.facts.landed)
        ends.append((bench.now_ms, bench.vehicle.true_ned[:2]))
    assert ends[0] == ends[1]


def test_of_two_pads_it_takes_the_nearer() -> None:
    """And stays with it."""
    assert landed(hanging(SIM_PLD2_E=2.0)) < 0.2
    bench = hanging(SIM_PLD_E=-2.5, SIM_PLD2_E=2.0)
    landed(bench)
    assert bench.vehicle.true_ned[:2] == pytest.approx((0.0, -0.5), abs=0.2)


def test_a_pad_that_moves_is_followed() -> None:
    """At 0.3 m/s with bit 0 of PLND_OPTIONS; without it the landing trails behind."""
    moving = {"SIM_PLD_VN": 0.3, "SIM_PLD_N": -7.0}
    assert landed(hanging(PLND_OPTIONS=1, **moving)) < 0.3
    assert landed(hanging(PLND_OPTIONS=0, **moving)) > 0.3


def test_far_from_the_pad_it_does_not_sink() -> None:
    """PLND_XY_DIST_MAX: first over it, then down."""
    bench = hanging(SIM_PLD_N=3.0, PLND_XY_DIST_MAX=1.0, SIM_PLD_FOV=100, PLND_EST_TYPE=0)
    assert bench.core.modes.set(LAND, bench.now_ms).ok
    bench.run(30.0, lambda: abs(bench.vehicle.true_ned[0] - 3.0) < 1.2)
    assert bench.vehicle.state.position[2] < -6.0
    assert landed(bench) < 0.2


@pytest.mark.parametrize(
    ("strict", "seconds", "down"), [(0, 20.0, True), (1, 20.0, False), (1, 30.0, True), (2, 60.0, False)]
)
def test_a_pad_that_was_never_seen(strict: int, seconds: float, down: bool) -> None:
    """Land there; wait 7 s and land there; stay in the air (PLND_STRICT)."""
    bench = hanging(SIM_PLD_RATE=0, PLND_STRICT=strict)
    landed(bench, seconds=seconds)
    assert bench.core.facts.landed is down
    assert (bench.core.precision.failed_ms is not None) is (strict == 2)


def test_a_pad_that_goes_out_of_sight_is_tried_again() -> None:
    """PLND_TIMEOUT after it was lost the copter goes up and back, once for each of PLND_RET_MAX; with strictness 2 it
    then stays in the air, and lands as soon as the pad is there again."""
    bench = hanging(PLND_STRICT=2, PLND_RET_MAX=1)
    assert bench.core.modes.set(LAND, bench.now_ms).ok
    bench.run(30.0, lambda: bench.vehicle.state.position[2] > -5.5)
    bench.parameters.set("SIM_PLD_RATE", 0)
    bench.run(60.0, lambda: bench.core.precision.failed_ms is not None)
    assert told(bench)[2:] == ["Target Lost", "Retrying", "Retry Completed", "Failsafe Measures"]
    assert not bench.core.facts.landed
    bench.run(10.0)
    assert -7.0 < bench.vehicle.state.position[2] < -3.0
    bench.parameters.set("SIM_PLD_RATE", 10)
    assert landed(bench) < 0.2


def test_losing_the_position_it_lands_without_a_place() -> None:
    """A landing must end."""
    bench = hanging(FS_EKF_ACTION=0)
    assert bench.core.modes.set(LAND, bench.now_ms).ok
    bench.run(4.0)
    bench.vehicle.inject_fault("gps.loss", None, active=True)
    bench.run(90.0, lambda: bench.core.facts.landed)
    assert bench.core.facts.landed


# --- PREC_LOITER --------------------------------------------------------------------------------------------------
def off_pad(bench: Bench) -> float:
    return hypot(*bench.vehicle.true_ned[:2])


def test_loiter_stays_over_the_pad_while_the_switch_is_on() -> None:
    """Auxiliary function 39, in LOITER."""
    bench = hanging(5.0, SIM_PLD_N=2.0)
    assert bench.core.modes.set(LOITER, bench.now_ms).ok
    bench.run(8.0)
    assert abs(bench.vehicle.true_ned[0] - 2.0) > 1.0
    assert bench.core.auxiliary.act(PREC_LOITER, 2).ok
    bench.run(12.0)
    assert bench.vehicle.true_ned[:2] == pytest.approx((2.0, 0.0), abs=0.25)
    assert bench.vehicle.state.position[2] == pytest.approx(-5.0, abs=0.5)
    assert bench.core.auxiliary.act(PREC_LOITER, 0).ok
    bench.run(2.0)
    assert bench.core.modes.next_deadline_ms() is None


def test_sticks_take_it_away_and_give_it_back() -> None:
    """Moved, they fly; centred, it goes back over the pad."""
    from autopilot.interface.targets import Hold, Pilot, Sticks

    bench = hanging(5.0)
    assert bench.core.modes.set(LOITER, bench.now_ms).ok
    assert bench.core.auxiliary.act(PREC_LOITER, 2).ok
    bench.run(6.0)
    assert isinstance(bench.core.helm.target, Hold)
    bench.core.sticks.move(Sticks(pitch=-0.5), bench.now_ms)
    assert isinstance(bench.core.helm.target, Pilot)
    bench.run(1.0)
    assert isinstance(bench.core.helm.target, Pilot)
    bench.core.sticks.move(Sticks(), bench.now_ms)
    bench.run(1.0)
    assert isinstance(bench.core.helm.target, Hold)


def test_the_switch_without_a_pad_changes_nothing() -> None:
    """LOITER is LOITER; and the switch has three positions like all others."""
    bench = hanging(5.0, SIM_PLD_RATE=0)
    assert bench.core.modes.set(LOITER, bench.now_ms).ok
    assert bench.core.auxiliary.act(PREC_LOITER, 2).ok
    assert bench.core.auxiliary.act(PREC_LOITER, 7).result is Result.DENIED
    before = bench.core.helm.target
    bench.run(5.0)
    assert bench.core.helm.target == before
