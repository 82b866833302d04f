"""Any plan that an upload accepts is judged: on every kind of vehicle, with any value of a parameter, and it ends."""

from __future__ import annotations

from dataclasses import replace
from math import isfinite

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autopilot.mav import Cmd, Frame, SpeedType
from autopilot.mission.commands import KNOWN_COMMANDS
from autopilot.mission.items import MissionItem
from autopilot.vehicles.kinds import KINDS, vehicle_class
from sortie import rehearse
from sortie.config.errors import UserError
from sortie.rehearsal.rehearsal import Rehearsal
from tests.fakes.plans import BACK, UP, at, do, plan_of, wp

_NUMBERS = (
    st.sampled_from([0.0, 1.0, -1.0, 1e-30, 255.0, 65535.0, 3.4e38, -3.4e38, float("nan"), float("inf")])
    | st.floats(-200.0, 200.0)
    | st.integers(-3, 30).map(float)
)
_METRES = st.floats(-400.0, 400.0) | st.just(0.0)
_COMMANDS = st.sampled_from(sorted(KNOWN_COMMANDS)) | st.sampled_from([Cmd.NAV_WAYPOINT, Cmd.NAV_LOITER_TURNS])
_PARAMETERS = (
    "AIRSPEED_CRUISE", "AIRSPEED_MAX", "AIRSPEED_MIN", "LAND_SPEED", "NAVL1_DAMPING", "NAVL1_PERIOD", "Q_ASSIST_SPEED",
    "Q_LAND_FINAL_SPD", "Q_PILOT_SPD_DN", "Q_WP_SPD_DN", "Q_WP_SPD_UP", "ROLL_LIMIT_DEG", "TECS_CLMB_MAX",
    "TECS_SINK_MAX", "WPNAV_SPEED", "WPNAV_SPEED_DN", "WP_LOITER_RAD", "WP_RADIUS", "WP_SPEED",
)  # fmt: skip


@st.composite
def items(draw: st.DrawFn) -> MissionItem:
    """An item near home, with any numbers."""
    numbers = [draw(_NUMBERS) for _ in range(4)]
    place, z = at(draw(_METRES), draw(_METRES)), draw(_NUMBERS | st.sampled_from([20.0, 50.0]))
    frame = draw(st.sampled_from([Frame.GLOBAL, Frame.GLOBAL_RELATIVE_ALT, Frame.GLOBAL_TERRAIN_ALT]))
    return MissionItem(int(draw(_COMMANDS)), frame, *numbers, **place, z=z)


def judged(kind: str, *flown: MissionItem, **params: float) -> Rehearsal:
    """Rehearse for a kind with these parameters, as far as it has them."""
    own = {row.name for row in vehicle_class(kind).parameters.definitions}
    has = {name: value for name, value in params.items() if name in own}
    return rehearse(plan_of(*flown), vehicle=f"sim:{kind}", params=has)


@settings(max_examples=60)
@given(
    st.sampled_from(sorted(KINDS)),
    st.lists(items(), min_size=1, max_size=6),
    st.dictionaries(st.sampled_from(_PARAMETERS), st.sampled_from([0.0, -1.0, 1e-6, 1.0, 60.0, 1e6]), max_size=3),
)
def test_any_plan_is_judged_or_refused_in_a_line(kind: str, flown: list[MissionItem], params: dict[str, float]) -> None:
    try:
        found = judged(kind, *flown, **params)
    except UserError as error:
        assert "\n" not in str(error)
    else:
        assert found.time_s >= 0.0


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        ("plane", {"TECS_CLMB_MAX": 255.0, "WP_RADIUS": -50.0}),
        ("plane", {"TECS_CLMB_MAX": -32768.0, "TECS_SINK_MAX": 50.0, "TECS_SINK_MIN": 20.0}),
    ],
)
def test_parameters_with_which_no_way_can_be_computed_are_named(kind: str, params: dict[str, float]) -> None:
    """The first was a GO of "nan m, nan Wh"."""
    flown = [UP, wp(500.0, 400.0), wp(-100.0, 800.0), BACK]
    with pytest.raises(UserError, match="no way can be computed with these parameters"):
        judged(kind, *flown, **params)
    assert judged(kind, *flown).time_s > 0.0


@pytest.mark.parametrize(
    "params",
    [
        {"ATC_STR_ACC_MAX": -1.0, "ATC_DECEL_MAX": -5.0, "WP_JERK": -2.0},
        {"ATC_STR_ANG_P": 0.0},
        {"ATC_STR_ANG_P": 1e-30, "ATC_STR_RAT_MAX": -1.0},
        {"ATC_TURN_MAX_G": -1e6, "TURN_RADIUS": 1e30},
    ],
)
@pytest.mark.parametrize("kind", ["boat", "rover"])
def test_limits_of_driving_below_0_are_none(kind: str, params: dict[str, float]) -> None:
    """As the simulated vehicle has them: each ended the rehearsal with a traceback."""
    assert judged(kind, wp(0.0, 0.0, 0.0), wp(60.0, 20.0, 0.0), wp(30.0, 80.0, 0.0), **params).time_s > 10.0


def test_a_speed_below_0_takes_no_time_back() -> None:
    """Two metres at -1 m/s were -2 s; ArduRover drives at its least speed (AR_WPNav.cpp, `init`)."""
    assert judged("boat", wp(0.0, 0.0, 0.0), wp(2.0, 0.0, 0.0), WP_SPEED=-1.0).time_s > 0.0


@pytest.mark.parametrize("kind", ["plane", "quadplane"])
def test_wings_without_a_takeoff_fly_on(kind: str) -> None:
    """Straight ahead at the height of home they had no velocity, and the way never ended."""
    found = judged(kind, wp(300.0, 0.0, 0.0), wp(600.0, 0.0, 0.0))
    assert sum(leg.seconds for leg in found.way.legs) == pytest.approx(600.0 / 23.0, rel=0.3)


@pytest.mark.parametrize("kind", ["plane", "quadplane"])
def test_wings_that_only_return_circle(kind: str) -> None:
    """Over home, where the radius of the circle at their height was 0."""
    assert isfinite(judged(kind, BACK).time_s)


@pytest.mark.parametrize("kind", ["plane", "quadplane"])
@pytest.mark.parametrize("number", [SpeedType.CLIMB_SPEED, SpeedType.DESCENT_SPEED])
def test_wings_have_no_vertical_speed_to_change(kind: str, number: int) -> None:
    """ArduPlane passes over these items (do_change_speed); the rules looked for parameters of copters, and failed."""
    found = judged(kind, UP, do(Cmd.DO_CHANGE_SPEED, number, 30.0), wp(500.0, 0.0), BACK)
    assert [finding.rule.name for finding in found.findings if finding.item == 2] == ["speed-ignored"]


@pytest.mark.parametrize("every_m", [1e-30, 1e-3])
@pytest.mark.parametrize("kind", ["copter", "plane"])
def test_photos_without_end_are_counted_to_a_limit(kind: str, every_m: float) -> None:
    """A trigger distance of nothing: a photo after each of them, for ever."""
    camera = do(Cmd.DO_SET_CAM_TRIGG_DIST, every_m)
    assert judged(kind, UP, camera, wp(300.0, 0.0), replace(do(Cmd.NAV_LOITER_TURNS, 1e30), **at(0.0, 300.0), z=30.0))


def test_turns_without_end_are_counted() -> None:
    """So many that one more does not change their number."""
    turns = replace(do(Cmd.NAV_LOITER_TURNS, 3.4e38), **at(0.0, 300.0), z=50.0)
    assert judged("plane", UP, turns, wp(500.0, 0.0, 50.0)).time_s > 1e9
