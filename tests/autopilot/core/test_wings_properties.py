"""Properties of what flies on wings, whatever is asked of it: the limits of its demands, no jump of its reference, the
same flight by ticks and by deadlines, and in the end it flies or stands on the ground."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from autopilot.context.events import ModeChanged
from autopilot.interface import report as R
from autopilot.interface.targets import Sticks
from autopilot.mav import Cmd, VtolState
from autopilot.mission.items import MissionItem
from autopilot.vehicles.mode_table import PlaneMode
from sitl.vehicles.kinds import make_simulated
from tests.fakes.core_bench import Bench, item, waypoint
from tests.fakes.examples import examples
from tests.fakes.fake_vehicle import ORIGIN

M = PlaneMode
METRES, UP = st.integers(-600, 600).map(float), st.integers(40, 140).map(float)
RADIUS = st.sampled_from([0.0, 60.0, -120.0])
ITEMS: st.SearchStrategy[MissionItem] = st.one_of(
    st.builds(waypoint, METRES, METRES, UP, param2=st.sampled_from([0.0, 20.0]), param3=st.sampled_from([0.0, 50.0])),
    st.builds(lambda n, e, r: item(Cmd.NAV_LOITER_TURNS, n, e, 80.0, param1=1.0, param3=r), METRES, METRES, RADIUS),
    st.builds(lambda n, e, r: item(Cmd.NAV_LOITER_TIME, n, e, 80.0, param1=9.0, param3=r), METRES, METRES, RADIUS),
    st.builds(lambda n, e, up: item(Cmd.NAV_LOITER_TO_ALT, n, e, up, param2=90.0), METRES, METRES, UP),
    st.builds(lambda up: item(Cmd.NAV_CONTINUE_AND_CHANGE_ALT, up=up), UP),
    st.builds(lambda v: item(Cmd.DO_CHANGE_SPEED, param1=0.0, param2=v), st.sampled_from([5.0, 15.0, 28.0, 99.0])),
    st.builds(lambda state: item(Cmd.DO_VTOL_TRANSITION, param1=state), st.sampled_from([3.0, 4.0])),
    st.just(item(Cmd.NAV_RETURN_TO_LAUNCH)),
)
MODES = st.sampled_from(
    [M.CIRCLE, M.FBWA, M.FBWB, M.CRUISE, M.AUTO, M.RTL, M.LOITER, M.GUIDED, M.QLOITER, M.QRTL, M.AUTOLAND]
)
STICKS = st.builds(Sticks, st.floats(-1, 1), st.floats(-1, 1), st.floats(0, 1), st.floats(-1, 1))
COMMANDS: st.SearchStrategy[tuple[str, tuple[Any, ...], bool]] = st.one_of(
    st.tuples(st.just("modes.set"), st.tuples(MODES), st.just(True)),
    st.tuples(st.sampled_from(["mission_commands.pause", "mission_commands.resume"]), st.just(()), st.just(False)),
    st.tuples(st.just("mission_commands.set_current"), st.tuples(st.integers(1, 4)), st.just(False)),
    st.tuples(st.just("mission_commands.go_around"), st.tuples(st.just(60.0)), st.just(False)),
    st.tuples(st.just("commands.change_over"), st.tuples(st.sampled_from([3, 4])), st.just(False)),
    st.tuples(st.just("commands.guided_course"), st.tuples(st.floats(-3, 3), st.floats(0.05, 20.0)), st.just(False)),
    st.tuples(st.just("commands.guided_altitude"), st.tuples(st.just(0), st.floats(640, 720)), st.just(False)),
    st.tuples(st.just("commands.change_speed"), st.tuples(st.just(0), st.sampled_from([8.0, 28.0])), st.just(False)),
    st.tuples(st.just("sticks.move"), st.tuples(STICKS), st.just(True)),
)  # (the method of the core, its arguments, whether the time stands behind them)
SCRIPT = st.lists(st.tuples(st.integers(1, 600), COMMANDS), max_size=5)
AGAIN = ("modes.set", (M.AUTO,), True)  # at the end of its mission, which leads to another mode at once
KIND = st.sampled_from(["plane", "quadplane"])
_LIMITS = {"plane": (65.0, 25.0, -20.0, 10.0), "quadplane": (65.0, 30.0, -30.0, 13.0)}  # bank, pitch deg, airspeed m/s


def begin(bench: Bench, items: list[MissionItem]) -> None:
    bench.upload([item(Cmd.NAV_TAKEOFF, up=60.0, param1=12.0), *items])
    assert bench.core.modes.set(M.AUTO, bench.now_ms).ok
    assert bench.core.arming.arm(bench.now_ms).ok


def ask(bench: Bench, command: tuple[str, tuple[Any, ...], bool]) -> None:
    method, arguments, timed = command
    attrgetter(method)(bench.core)(*arguments, *((bench.now_ms,) if timed else ()))
    bench.collect()


def decided(kind: str, items: list[MissionItem], script: Any, *, by_tick: bool) -> list[Any]:
    bench = Bench(kind, by_tick=by_tick, parameters={"RTL_AUTOLAND": 2.0})
    begin(bench, items)
    for ticks, command in script:
        bench.run(ticks * 0.02)
        ask(bench, command)
    bench.run(60.0)
    return [bench.log, bench.vehicle.targets, bench.journal.changes, bench.position]


@settings(max_examples=examples(6), deadline=None)
@given(KIND, st.lists(ITEMS, min_size=1, max_size=4), SCRIPT)
def test_a_flight_is_the_same_by_ticks_and_by_deadlines(kind: str, items: list[MissionItem], script: Any) -> None:
    assert decided(kind, items, script, by_tick=True) == decided(kind, items, script, by_tick=False)


@settings(max_examples=examples(12), deadline=None)
@example("plane", [waypoint(500.0, 0.0, 80.0)], [(900, ("modes.set", (M.FBWA,), True))], (10.0, 90.0), None)
@example("plane", [item(Cmd.DO_CHANGE_SPEED, param2=5.0)], [(96, AGAIN), (1, AGAIN)], (0.0, 0.0), None)
@given(
    KIND,
    st.lists(ITEMS, min_size=1, max_size=4),
    SCRIPT,
    st.tuples(st.floats(0.0, 8.0), st.floats(0.0, 360.0)),
    st.sampled_from([None, "airspeed.loss", "gps.loss"]),
)
def test_any_orders_leave_it_flying_or_landed(
    kind: str, items: list[MissionItem], script: Any, wind: tuple[float, float], fault: str | None
) -> None:
    """Demands of bank, pitch and airspeed stay within their limits on wings, its demanded height goes no faster than it
    could, it never stalls, and nothing that was asked made it crash."""
    vehicle = make_simulated(kind, ORIGIN, 0.0, 7)
    parameters = {"SIM_WIND_SPD": wind[0], "SIM_WIND_DIR": wind[1]}
    bench = Bench(kind, vehicle=vehicle, parameters=parameters)
    for name, value in parameters.items():
        vehicle.set_parameter(name, value)
    bench.run(20.0)
    begin(bench, items)
    rows: list[np.ndarray] = []
    modes: list[int] = []

    def fly(seconds: float) -> None:
        for _ in range(round(seconds / 0.2)):
            bench.run(0.2)
            rows.append(vehicle.state.report.copy())
            modes.append(len(bench.events(ModeChanged)) if bench.core.modes.spec.autopilot else -len(modes))

    fly(30.0)
    assert fault is None or vehicle.inject_fault(fault, None, active=True)
    for ticks, command in script:
        ask(bench, command)
        fly(ticks * 0.02)
    fly(40.0)
    seen = np.array(rows)
    assert not [text for text in bench.texts if "rash" in text]
    assert bench.core.facts.landed or -seen[-1, R.TRUE_D] > 3.0
    bank, up, down, slowest = _LIMITS[kind]
    by_hand = np.isin(seen[:, R.VTOL_STATE], (VtolState.MC, VtolState.TRANSITION_TO_MC, VtolState.TRANSITION_TO_FW))
    wings = (seen[:, R.TRUE_CONTACT] != 1.0) & ~by_hand
    if not wings.any():
        return
    flown = seen[wings]
    assert np.degrees(np.abs(flown[:, R.NAV_ROLL])).max() <= bank + 1e-6
    assert np.degrees(flown[:, R.NAV_PITCH]).max() <= up + 1e-6
    assert np.degrees(flown[:, R.NAV_PITCH]).min() >= down - 1e-6
    assert flown[:, R.TARGET_AIR_SPEED].min() >= slowest - 0.3
    assert flown[:, R.STALL_MARGIN].min() > 0.0
    # In the first row of a mode the demand may still be that of the mode before, of a pilot's the vehicle's own height.
    same = np.array(modes[1:]) == np.array(modes[:-1])
    held = np.append(False, same[:-1]) & same
    demanded = np.diff(seen[:, R.TARGET_D])[wings[1:] & wings[:-1] & held]
    assert np.abs(demanded).max(initial=0.0) <= 5.0


@pytest.mark.parametrize("kind", ["plane", "quadplane"])
def test_its_limits_are_those_of_its_parameters(kind: str) -> None:
    names = ("ROLL_LIMIT_DEG", "PTCH_LIM_MAX_DEG", "PTCH_LIM_MIN_DEG", "AIRSPEED_MIN")
    assert tuple(Bench(kind).parameters[name] for name in names) == _LIMITS[kind]
