"""A quadplane upright, on the simulator: its ways home and to a pad, what a pilot has to say in a landing, the wind."""

from __future__ import annotations

import re
from math import degrees, hypot

import pytest

from autopilot.interface import report as R
from autopilot.interface.targets import Sticks
from autopilot.mav import Cmd, VtolState
from autopilot.mission.items import MissionItem
from autopilot.vehicles.mode_table import LiftOption, PlaneMode
from sitl.vehicles.kinds import make_simulated
from tests.fakes.core_bench import Bench, item, waypoint
from tests.fakes.fake_vehicle import ORIGIN

M = PlaneMode
EAST_WIND = {"SIM_WIND_SPD": 6.0, "SIM_WIND_DIR": 90.0}


def standing(parameters: dict[str, float] | None = None, seed: int = 7) -> Bench:
    bench = Bench("quadplane", vehicle=make_simulated("quadplane", ORIGIN, 0.0, seed), parameters=parameters)
    bench.run(30.0, lambda: bench.core.prearm.ok)
    return bench


def up(parameters: dict[str, float] | None = None, height: float = 20.0, north: float = 0.0, seed: int = 7) -> Bench:
    """Hovering in QLOITER `height` m above a place `north` of home, flown to on wings."""
    bench = standing(parameters, seed)
    assert bench.core.modes.set(M.GUIDED, bench.now_ms).ok
    bench.arm()
    assert bench.core.commands.takeoff(height).ok
    bench.run(60.0, lambda: -bench.vehicle.state.position[2] > height - 0.7)
    if north:
        bench.parameters.set("Q_GUIDED_MODE", 1.0)
        bench.core.guided.flight.go_to((north, 0.0, -height))
        bench.run(120.0, lambda: hypot(bench.vehicle.state.position[0] - north, speed(bench)) < 2.0)
    assert bench.core.modes.set(M.QLOITER, bench.now_ms).ok
    bench.run(5.0)
    return bench


def state(bench: Bench) -> int:
    return int(bench.vehicle.state.report[R.VTOL_STATE])


def speed(bench: Bench) -> float:
    return float(bench.vehicle.state.report[R.GROUND_SPEED])


def away(bench: Bench) -> float:
    return hypot(*bench.vehicle.state.position[:2])


def height(bench: Bench) -> float:
    return -bench.vehicle.state.position[2]


def landed(bench: Bench, seconds: float = 200.0) -> bool:
    bench.run(seconds, lambda: not bench.core.facts.armed)
    return not bench.core.facts.armed


def mission(bench: Bench, *items: MissionItem) -> None:
    bench.upload(items)
    assert bench.core.modes.set(M.AUTO, bench.now_ms).ok
    bench.arm()


# --- home -------------------------------------------------------------------------------------------------------------
def test_a_return_becomes_upright_where_it_can_stop() -> None:
    """Q_RTL_MODE 1: before the circle, at v2 / 2 Q_TRANS_DECEL as ArduPlane (270 m at 33 m/s), and not on it."""
    bench = up(height=60.0)
    bench.parameters.set("Q_RTL_MODE", 1.0)
    assert bench.core.modes.set(M.GUIDED, bench.now_ms).ok
    bench.core.guided.flight.go_to((900.0, 0.0, -60.0))
    bench.run(100.0, lambda: away(bench) > 700.0)
    assert bench.core.modes.set(M.RTL, bench.now_ms).ok
    bench.run(100.0, lambda: bench.core.modes.number == M.QRTL)
    assert bench.core.modes.number == M.QRTL
    assert away(bench) == pytest.approx(speed(bench) ** 2 / 4.0, abs=12.0)
    begun = height(bench)
    while away(bench) > 20.0:
        bench.run(0.5)
        assert abs(height(bench) - begun) < 12.0, "it stays at its height until it is over the pad"
    assert landed(bench) and away(bench) < 2.0


@pytest.mark.parametrize(("place", "seconds"), [(100.0, 45.0), (25.0, 55.0)])
def test_it_comes_to_a_hover_at_the_height_of_its_place(place: float, seconds: float) -> None:
    """Q_GUIDED_MODE 1, 600 m away: wings climb at once and sink on the way, as in ArduPlane (DoRepositionTerrain of its
    tests); at its height over the place alone it took a minute and a half."""
    bench = up(height=60.0)
    bench.parameters.set("Q_GUIDED_MODE", 1.0)
    assert bench.core.modes.set(M.GUIDED, bench.now_ms).ok
    bench.core.guided.flight.go_to((600.0, 0.0, -place))
    bench.run(seconds, lambda: bench.core.guided.flight.reached)
    assert bench.core.guided.flight.reached
    assert bench.vehicle.state.position == pytest.approx((600.0, 0.0, -place), abs=1.5)


@pytest.mark.parametrize("hovers", [True, False])
def test_guided_begins_with_a_hover_where_it_may(hovers: bool) -> None:
    """Q_GUIDED_MODE 1: from wings where they can stop, from a hover at its place (ArduPlane's ModeGuided::_enter); it
    circled there on wings."""
    bench = up({"Q_GUIDED_MODE": 1.0}, height=50.0)
    if not hovers:
        bench.upload([item(Cmd.NAV_VTOL_TAKEOFF, up=40.0), waypoint(2000.0, 0.0, 50.0)])
        bench.core.auto.go_on_at(2)
        assert bench.core.modes.set(M.AUTO, bench.now_ms).ok
        bench.run(40.0)
    before, at_mps = bench.vehicle.state.position, speed(bench)
    assert bench.core.modes.set(M.GUIDED, bench.now_ms).ok
    bench.run(60.0)
    assert state(bench) == VtolState.MC and speed(bench) < 1.0
    north, east, down = bench.vehicle.state.position
    assert north - before[0] == pytest.approx(at_mps**2 / 4.0, abs=2.0) and east == pytest.approx(before[1], abs=2.0)
    assert down == pytest.approx(before[2], abs=2.0)
    assert bench.core.mission_commands.pause().ok
    bench.run(10.0)
    assert state(bench) == VtolState.MC, "nor does a pause take it to its wings"


@pytest.mark.parametrize("other_m", [20.0, 45.0])
def test_it_comes_to_another_height_over_its_place_and_stays_there(other_m: float) -> None:
    """Within half a metre, in both directions; downwards it went a metre too far."""
    bench = up(height=30.0)
    bench.parameters.set("Q_GUIDED_MODE", 1.0)
    assert bench.core.modes.set(M.GUIDED, bench.now_ms).ok
    north, east, _ = bench.vehicle.state.position
    bench.core.guided.flight.go_to((north, east, -other_m))
    bench.run(30.0, lambda: bench.core.guided.flight.reached)
    bench.run(5.0)
    assert height(bench) == pytest.approx(other_m, abs=0.5) and away(bench) < 3.0


@pytest.mark.parametrize(("wind", "seed"), [(0.0, 7), (8.0, 7), (8.0, 2), (8.0, 4)])
def test_a_return_downwind_lands_on_its_pad(wind: float, seed: int) -> None:
    """It begins to stop earlier, by its speed over ground, and what its wings take from the lift motors while air comes
    from behind these give, with all that they have: no fall through the height that it is to have. Wings that carry it
    while it leans are not taken for the ground, nor do its legs stick to that."""
    bench = up(height=60.0, seed=seed)
    bench.parameters.set("SIM_WIND_DIR", 0.0)
    bench.parameters.set("SIM_WIND_SPD", wind)
    assert bench.core.modes.set(M.GUIDED, bench.now_ms).ok
    bench.core.guided.flight.go_to((900.0, 0.0, -60.0))
    bench.run(100.0, lambda: away(bench) > 800.0)
    assert bench.core.modes.set(M.QRTL, bench.now_ms).ok
    stops = beyond = below = 0.0
    while bench.core.facts.armed and bench.now_ms < 600_000:
        bench.run(0.2)
        vector = bench.vehicle.state.report
        beyond = max(beyond, -float(vector[R.NORTH]))
        if state(bench) == VtolState.TRANSITION_TO_MC:
            stops = max(stops, away(bench))
        elif state(bench) == VtolState.MC:
            below = max(below, float(vector[R.DOWN] - vector[R.TARGET_D]))
    assert stops > (180.0 if wind else 100.0)
    assert away(bench) < 2.0 and beyond < 6.0 and height(bench) < 0.3
    assert not any("crash" in text for text in bench.texts)
    assert below < 7.0


@pytest.mark.parametrize(("wind", "seed"), [(7.0, 1), (8.0, 6)])
def test_blown_off_its_pad_it_lands_and_does_not_stand_there_leaning(wind: float, seed: int) -> None:
    """At rest with its thrust down it levels itself (ArduPlane's should_relax): leaning back to its pad by 30 degrees
    it stood on the ground with its motors turning, or hung on its wings above it."""
    bench = up(height=8.0, seed=seed)
    for name, value in {"SIM_WIND_SPD": wind, "SIM_WIND_DIR": 180.0, "SIM_WIND_TURB": 2.0}.items():
        bench.parameters.set(name, value)
    assert bench.core.modes.set(M.QRTL, bench.now_ms).ok
    assert landed(bench, 85.0) and abs(height(bench)) < 0.3
    assert not any("crash" in text for text in bench.texts)


def test_a_return_from_a_low_hover_near_home_is_upright() -> None:
    bench = up(height=8.0)
    bench.parameters.set("Q_RTL_MODE", 1.0)
    assert bench.core.modes.set(M.RTL, bench.now_ms).ok
    bench.run(0.3)
    assert bench.core.modes.number == M.QRTL
    highest = 0.0
    while bench.core.facts.armed and bench.now_ms < 300_000:
        bench.run(0.5)
        highest = max(highest, height(bench))
        assert state(bench) == VtolState.MC
    assert not bench.core.facts.armed
    assert 10.0 < highest < 14.0, "over home it climbs through Q_RTL_ALT_MIN, 10 m, not through Q_RTL_ALT, 15"


def test_from_a_far_hover_it_climbs_and_takes_to_its_wings() -> None:
    """QRTL: to Q_RTL_ALT first, then on wings and not 600 m at 5 m/s."""
    bench = up(height=20.0, north=600.0)
    bench.parameters.set("Q_RTL_ALT", 30.0)
    began_ms = bench.now_ms
    assert bench.core.modes.set(M.QRTL, bench.now_ms).ok
    bench.run(3.0)
    assert state(bench) == VtolState.MC and height(bench) > 21.0
    seen = set()
    while away(bench) > 300.0:
        bench.run(0.5)
        seen.add(state(bench))
    assert VtolState.TRANSITION_TO_FW in seen
    assert height(bench) > 27.0
    assert landed(bench) and away(bench) < 2.0
    assert bench.now_ms - began_ms < 110_000


def test_circled_down_it_comes_home_into_the_wind() -> None:
    """Q_RTL_MODE 2: the last way leads east where the wind comes from there."""
    bench = up({**EAST_WIND, "Q_RTL_MODE": 2.0, "Q_RTL_ALT": 40.0}, height=40.0, north=600.0)
    assert bench.core.modes.set(M.RTL, bench.now_ms).ok
    bench.run(200.0, lambda: any("VTOL land approach" in text for text in bench.texts))
    north, east, _ = bench.vehicle.state.position
    assert east < -40.0 and abs(north) < 40.0, "downwind of it"
    assert any(text.startswith("Selected an approach path of") for text in bench.texts)
    assert landed(bench) and away(bench) < 2.0


def test_circled_down_in_calm_air_it_stops_beside_its_line_too() -> None:
    """Where no wind is, the line may lead anywhere, and it comes out of its circle beside it."""
    bench = up({"Q_RTL_MODE": 2.0, "Q_RTL_ALT": 40.0}, height=40.0, north=600.0)
    assert bench.core.modes.set(M.RTL, bench.now_ms).ok
    bench.run(200.0, lambda: any("VTOL land approach" in text for text in bench.texts))
    bench.run(60.0, lambda: state(bench) == VtolState.MC)
    assert away(bench) < 200.0


# --- Q_OPTIONS --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("options", "param1"), [(float(LiftOption.CIRCLE_FIRST), 0.0), (0.0, 1.0)])
def test_a_landing_circles_first_and_goes_into_the_wind(options: float, param1: float) -> None:
    """Bit 4, or the item's own word; down from the item's height."""
    bench = standing({**EAST_WIND, "Q_OPTIONS": options})
    out = [item(Cmd.NAV_VTOL_TAKEOFF, up=40.0), waypoint(700.0, 0.0, 60.0)]
    mission(bench, *out, item(Cmd.NAV_VTOL_LAND, 0.0, 300.0, 40.0, param1=param1))
    bench.run(200.0, lambda: any("VTOL land approach" in text for text in bench.texts))
    assert height(bench) == pytest.approx(40.0, abs=6.0)
    (said,) = [text for text in bench.texts if text.startswith("Selected an approach path of")]
    assert float(said.split()[-1]) == pytest.approx(90.0, abs=15.0)
    bench.run(60.0, lambda: state(bench) == VtolState.TRANSITION_TO_MC)
    assert degrees(bench.vehicle.state.yaw) == pytest.approx(90.0, abs=35.0)
    assert landed(bench)
    north, east, _ = bench.vehicle.state.position
    assert hypot(north, east - 300.0) < 2.0


def test_a_landing_gives_up_a_height_that_its_circle_does_not_reach() -> None:
    """After three turns, as ArduPlane; it circled below it until its battery was empty, and fell."""
    bench = standing()
    out = [item(Cmd.NAV_VTOL_TAKEOFF, up=40.0), waypoint(700.0, 0.0, 60.0)]
    mission(bench, *out, item(Cmd.NAV_VTOL_LAND, 0.0, 300.0, 300.0, param1=1.0))
    bench.run(100.0, lambda: bench.core.sequencer.current_nav_index() == 3)
    bench.parameters.set("THR_MAX", 30.0)
    assert landed(bench, 300.0)
    north, east, _ = bench.vehicle.state.position
    assert hypot(north, east - 300.0) < 2.0


def test_a_takeoff_is_on_wings_where_it_may() -> None:
    """Bit 1, NAV_TAKEOFF alone."""
    bench = standing({"Q_OPTIONS": float(LiftOption.TAKEOFF_ON_WINGS)})
    mission(bench, item(Cmd.NAV_TAKEOFF, up=40.0, param1=10.0), waypoint(900.0, 0.0, 60.0))
    bench.run(40.0, lambda: 1 in bench.reached)
    assert height(bench) == pytest.approx(40.0, abs=3.0) and away(bench) > 60.0


def test_a_plane_does_not_begin_with_a_takeoff_that_it_passes_over() -> None:
    """It stood armed at its first leg for as long as its battery lasted."""
    bench = Bench("plane")
    bench.upload([item(Cmd.NAV_VTOL_TAKEOFF, up=40.0), waypoint(500.0, 0.0, 60.0)])
    assert not bench.core.auto.takes_off_first
    bench.upload([item(Cmd.NAV_TAKEOFF, up=40.0), waypoint(500.0, 0.0, 60.0)])
    assert bench.core.auto.takes_off_first


def coming_down(options: LiftOption) -> Bench:
    """Landing in AUTO, over its pad at 20 m."""
    bench = standing({"Q_OPTIONS": float(options)})
    mission(bench, item(Cmd.NAV_VTOL_TAKEOFF, up=30.0), item(Cmd.NAV_VTOL_LAND, 0.0, 0.0))
    bench.run(60.0, lambda: 1 in bench.reached)
    bench.run(40.0, lambda: height(bench) < 20.0)
    return bench


def hold(bench: Bench, sticks: Sticks, seconds: float) -> None:
    for _ in range(int(seconds / 0.5)):
        bench.core.sticks.move(sticks, bench.now_ms)
        bench.run(0.5)


def test_the_throttle_controls_a_landing_where_it_may() -> None:
    """Bit 15, once it was above 70 %: up, nothing in the middle, half the rate between that and the end."""
    bench = coming_down(LiftOption.THROTTLE_LANDS)
    hold(bench, Sticks(throttle=0.2), 2.0)
    assert height(bench) < 18.5, "not yet asked for"
    hold(bench, Sticks(throttle=1.0), 8.0)
    assert height(bench) > 20.0
    hold(bench, Sticks(throttle=0.5), 3.0)
    begun = height(bench)
    hold(bench, Sticks(throttle=0.5), 4.0)
    assert height(bench) == pytest.approx(begun, abs=0.4)
    hold(bench, Sticks(throttle=0.2), 3.0)
    begun = height(bench)
    hold(bench, Sticks(throttle=0.2), 4.0)
    assert begun - height(bench) == pytest.approx(4.0 * 0.75, abs=0.5)
    for _ in range(60):
        hold(bench, Sticks(throttle=0.0), 1.0)
    assert not bench.core.facts.armed


def test_sticks_move_a_landing_where_they_may() -> None:
    """Bit 17: half of Q_WP_ACC in m/s, and it does not sink meanwhile; then down there."""
    bench = coming_down(LiftOption.LANDING_MOVES)
    hold(bench, Sticks(roll=1.0), 2.0)
    begun = height(bench)
    hold(bench, Sticks(roll=1.0), 10.0)
    assert height(bench) == pytest.approx(begun, abs=0.5)
    assert 4.0 < bench.vehicle.state.position[1] < 7.0
    hold(bench, Sticks(), 1.0)
    assert landed(bench)
    assert 4.0 < bench.vehicle.state.position[1] < 7.0


@pytest.mark.parametrize("options", [LiftOption(0), LiftOption.THROTTLE_LANDS])
def test_sticks_do_not_move_a_landing_by_themselves(options: LiftOption) -> None:
    bench = coming_down(options)
    hold(bench, Sticks(roll=1.0, pitch=1.0), 5.0)
    assert away(bench) < 1.5


# --- wind -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("direction", "wanted"), [(1.0, 90.0), (4.0, -90.0)])
def test_it_turns_into_the_wind_where_it_holds_a_place(direction: float, wanted: float) -> None:
    """Q_WVANE_GAIN above 0."""
    bench = up({**EAST_WIND, "Q_WVANE_ENABLE": direction})
    bench.run(20.0)
    assert degrees(bench.vehicle.state.yaw) == pytest.approx(0.0, abs=6.0), "its gain is 0"
    bench.parameters.set("Q_WVANE_GAIN", 3.0)
    bench.run(0.1)
    bench.run(40.0)
    assert degrees(bench.vehicle.state.yaw) == pytest.approx(wanted, abs=15.0)
    assert away(bench) < 5.0
    begun = bench.vehicle.state.yaw
    assert bench.core.modes.set(M.QHOVER, bench.now_ms).ok
    bench.run(20.0)
    assert bench.vehicle.state.yaw == pytest.approx(begun, abs=0.15), "QHOVER holds no place"


def test_it_does_not_crawl_to_a_landing_place() -> None:
    """From 190 m before it, on wings at 25 m/s, it begins to descend within 20 s, as ArduPlane, which keeps the speed
    that it has until it must stop; at Q_WP_SPD from where lift motors carry it took 21 s."""
    bench = standing()
    mission(
        bench, item(Cmd.NAV_VTOL_TAKEOFF, up=30.0), waypoint(800.0, 0.0, 30.0), item(Cmd.NAV_VTOL_LAND, 1000.0, 0.0)
    )
    bench.run(100.0, lambda: state(bench) == VtolState.TRANSITION_TO_MC)
    assert bench.vehicle.state.position[0] > 800.0
    slowest = []
    while "Land descend started" not in bench.texts and bench.now_ms < 100_000:
        bench.run(0.2)
        slowest.append((1000.0 - bench.vehicle.state.position[0], speed(bench)))
    assert min(now for to_go, now in slowest if to_go > 35.0) > 7.0
    assert len(slowest) * 0.2 < 18.5


def test_it_lands_from_the_height_to_which_it_has_circled_down() -> None:
    """LOITER_ALT_QLAND on the simulator: not from five metres above it."""
    bench = up(height=60.0)
    assert bench.core.modes.set(M.LOITER, bench.now_ms).ok
    bench.run(60.0, lambda: state(bench) == VtolState.FW)
    assert bench.core.modes.set(M.LOITER_ALT_QLAND, bench.now_ms).ok
    bench.run(120.0, lambda: bench.core.modes.number == M.QLAND)
    assert bench.core.modes.number == M.QLAND and height(bench) == pytest.approx(15.0, abs=1.5)
    assert landed(bench)


def test_takeoff_is_along_the_ground_with_the_help_of_the_lift_motors() -> None:
    """TAKEOFF, as ArduPlane flies it with Q_ENABLE 1: on wings by TKOFF_DIST, which it circles at TKOFF_ALT."""
    bench = standing()
    assert bench.core.modes.set(M.TAKEOFF, bench.now_ms).ok
    bench.arm()
    bench.run(20.0, lambda: height(bench) > 45.0)
    assert 100.0 < away(bench) < 250.0
    bench.run(60.0)
    assert told(bench) == UP and state(bench) == VtolState.FW
    north, east, down = bench.vehicle.state.position
    assert hypot(north - 200.0, east) < 90.0 and -down == pytest.approx(50.0, abs=2.0)


# --- texts ------------------------------------------------------------------------------------------------------------
def told(bench: Bench) -> list[str]:
    """Texts about lift motors, without their numbers."""
    begins = ("Transition", "VTOL", "Land ")
    return [re.sub(r"[ =][-\d.]+", "", text) for text in bench.texts if text.startswith(begins)]


UP = ["Transition started airspeed", "Transition airspeed reached", "Transition done"]
DOWN = [
    "VTOL approach d", "VTOL airbrake v d sd h", "VTOL position1 v d h", "VTOL position2 started v d h",
    "Land descend started", "Land final started", "Land complete",
]  # fmt: skip


def test_transitions_and_landings_are_told_as_by_arduplane() -> None:
    """Its tests wait for these texts, and so do scripts of people."""
    bench = standing()
    mission(bench, item(Cmd.NAV_VTOL_TAKEOFF, up=20.0), waypoint(700.0, 0.0, 20.0), item(Cmd.NAV_VTOL_LAND, 5.0, 0.0))
    assert landed(bench)
    assert told(bench) == UP + DOWN


def test_a_landing_place_near_a_transition_is_flown_to_on_lift_motors() -> None:
    """As ArduPlane (poscontrol_init_approach): told as such, and without a turn; it sped up until it had to stop for
    the place, passed it by 50 m and came back."""
    bench = standing()
    mission(bench, item(Cmd.NAV_VTOL_TAKEOFF, up=20.0), waypoint(700.0, 0.0, 20.0), item(Cmd.NAV_VTOL_LAND, 40.0, 40.0))
    bench.run(60.0, lambda: speed(bench) > 8.0)
    assert state(bench) == VtolState.TRANSITION_TO_FW
    assert bench.core.mission_commands.set_current(3).ok
    farthest = 0.0
    while "Land descend started" not in bench.texts and bench.now_ms < 100_000:
        bench.run(0.2)
        farthest = max(farthest, bench.vehicle.state.position[0])
    assert farthest < 60.0
    assert "VTOL Position1 d=" in "".join(bench.texts)


def test_help_for_low_wings_is_told() -> None:
    """Q_ASSIST_ALT, with the height above home."""
    bench = up({"Q_ASSIST_ALT": 100.0})
    assert bench.core.modes.set(M.CRUISE, bench.now_ms).ok
    bench.run(10.0)
    assert [text[:13] for text in bench.texts if "assist" in text] == ["Alt assist 19"]


def test_without_assistance_a_transition_waits_for_its_airspeed() -> None:
    """Q_ASSIST_SPEED 0; wings that lift motors take over from by a pilot are not told."""
    bench = up({"Q_ASSIST_SPEED": 0.0})
    assert bench.core.modes.set(M.CRUISE, bench.now_ms).ok
    bench.run(30.0, lambda: state(bench) == VtolState.FW)
    assert bench.core.modes.set(M.QHOVER, bench.now_ms).ok
    bench.run(30.0, lambda: state(bench) == VtolState.MC)
    assert told(bench) == ["Transition airspeed wait", *UP[1:]]


@pytest.mark.parametrize(("ordered", "mode"), [(False, M.QLAND), (True, M.RTL)])
def test_a_landing_on_lift_motors_has_no_last_part_without_a_fence(ordered: bool, mode: int) -> None:
    """As in ArduPlane: only a slope has it (LAND_PF_ALT). The lowest altitude ends with a landing unless a command has
    enabled it."""
    bench = up({"FENCE_TYPE": 8.0, "FENCE_ALT_MIN": 5.0, "FENCE_AUTOENABLE": 3.0, "FENCE_ACTION": 1.0})
    if ordered:
        assert bench.core.fence.command(1.0).ok
    assert bench.core.modes.set(M.QLAND, bench.now_ms).ok
    bench.run(60.0, lambda: not bench.core.facts.armed or bench.core.modes.number != M.QLAND)
    assert bench.core.modes.number == mode
    assert ("Min Alt fence breached" in bench.texts) is ordered
