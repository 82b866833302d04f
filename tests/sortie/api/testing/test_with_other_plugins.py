"""Sortie's plugin beside others: hypothesis, pytest-xdist, pytest-asyncio, pytest-randomly."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings

from autopilot.interface.geo import GeoPoint, distance
from sortie import Session, UserError, strategies
from tests.fakes.examples import examples
from tests.fakes.plugin_run import again, run

pytest_plugins = ["pytester"]


@given(strategies.plans(reach=80.0), strategies.winds(), strategies.faults(before_s=30.0))
@settings(max_examples=examples(25))
def test_what_is_drawn_is_taken(plan, wind, faults):
    """Every plan is one that an upload takes, near home; winds and faults are ones that a vehicle has."""
    with Session(params={"SIM_WIND_SPD": wind[0], "SIM_WIND_DIR": wind[1]}, faults=faults) as session:
        session.upload(plan)
        assert session.autopilot.plans.mission.total() == len(plan.items)
        for item in plan.items:
            if item.x:
                assert distance(strategies.HOME, GeoPoint(item.x, item.y)) <= 80.0 * 2**0.5 + 1.0


@given(strategies.plans("sim:rover"), strategies.faults("sim:rover", names=("gps.loss",), most=1))
@settings(max_examples=examples(10))
def test_a_rover_gets_a_rovers_plan(plan, faults):
    """No takeoff, no landing, and only the faults that were named."""
    assert {22, 21}.isdisjoint({item.command for item in plan.items})
    assert {fault.partition("@")[0] for fault in faults} <= {"gps.loss"}


def test_an_unknown_fault_is_told_at_once():
    """Not when it is drawn."""
    with pytest.raises(UserError, match=r"unknown fault 'gps.lost'; did you mean gps\.loss"):
        strategies.faults(names=("gps.lost",))


def test_hypothesis_flies_many_vehicles_in_one_test(pytester: pytest.Pytester) -> None:
    """By the factory, whose scope hypothesis does not complain of; the report tells of the last flights."""
    result = run(
        pytester,
        """
from hypothesis import Phase, given, settings
from tests.fakes.examples import examples
from sortie import strategies

@settings(max_examples=5, deadline=None, database=None, derandomize=True, phases=[Phase.generate])
@given(wind=strategies.winds(strongest=6), plan=strategies.plans(most=2, reach=40))
def test_stays_low(sortie_vehicles, wind, plan):
    with sortie_vehicles(wind=wind, plan=plan) as vehicle:
        vehicle.start()
        vehicle.never(lambda s: s.state.height > 4.0, for_s=60.0)
""",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E*it was so after *s of 60 s", "*- sortie*-*", "sim:copter, seed 0, *"])


ORDERED = """
import pathlib, pytest

@pytest.mark.parametrize("number", range(4))
def test_flight(sortie_vehicle, number):
    sortie_vehicle.wait_armable()
    sortie_vehicle.set_mode("GUIDED")
    sortie_vehicle.arm()
    sortie_vehicle.takeoff(5 + number)
    sortie_vehicle.run_for(10)
    with open("places.txt", "a") as file:
        print(number, sortie_vehicle.seed, sortie_vehicle.truth, file=file)
"""


def places(pytester: pytest.Pytester) -> set[str]:
    """What the tests wrote, whatever their order."""
    path = pytester.path / "places.txt"
    lines = path.read_text().splitlines()
    path.unlink()
    assert len(lines) == 4
    return set(lines)


def test_order_workers_and_the_run_change_nothing(pytester: pytest.Pytester) -> None:
    """In any order and in two workers: the same flights as in one process, in order. A random seed is one for all
    workers, is printed also with -q, and flies the same again."""
    result = run(pytester, ORDERED, "-n", "2", "-q", "-p", "no:asyncio", "--sortie-seed", "random")
    result.assert_outcomes(passed=4)
    (seed,) = re.findall(r"^sortie: again with --sortie-seed (\d+)$", "\n".join(result.outlines), re.M)
    shuffled = places(pytester)
    assert {line.split()[1] for line in shuffled} == {seed}
    result = again(pytester, "--sortie-seed", seed)
    result.stdout.no_fnmatch_line("*again with*")
    assert places(pytester) == shuffled


@pytest.mark.parametrize("option", [("--sortie-seed", "-1"), ("--sortie-seed", "x"), ("--sortie-speedup", "0")])
def test_a_wrong_option_is_told(pytester: pytest.Pytester, option: tuple[str, str]) -> None:
    """Before anything runs."""
    result = run(pytester, "def test_it(): ...", *option)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*argument {option[0]}: '{option[1]}': expected a *"])


def test_asynchronous_tests_let_their_own_tasks_run(pytester: pytest.Pytester) -> None:
    """Of pytest-asyncio: the vehicle's time passes in between."""
    run(
        pytester,
        """
import asyncio, pytest
from sortie import events

@pytest.mark.asyncio
async def test_it(sortie_vehicle):
    ticks = 0
    async def tick():
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0)
    task = asyncio.create_task(tick())
    sortie_vehicle.wait_armable()
    sortie_vehicle.set_mode("GUIDED")
    sortie_vehicle.arm()
    sortie_vehicle.takeoff(10)
    await sortie_vehicle.arun_until(lambda s: s.state.height > 9)
    task.cancel()
    assert ticks > 3
""",
        "-p",
        "no:randomly",
        apart=True,
    ).assert_outcomes(passed=1)
