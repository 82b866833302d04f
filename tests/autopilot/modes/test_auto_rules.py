"""Entering AUTO, setting the current item, new missions in flight, the end: docs/reference/mission-semantics.md, items
23 to 29."""

from __future__ import annotations

import pytest

from autopilot.context.events import StatusText
from autopilot.interface import report
from autopilot.interface.layout import IN_AIR
from autopilot.interface.targets import Hold, Leg
from autopilot.mav import Result, Severity
from autopilot.mission.events import MissionComplete
from autopilot.mission.items import MissionItem
from autopilot.mission.sequencer import MissionState
from tests.fakes.core_bench import Bench, item, takeoff, waypoint
from tests.fakes.fake_vehicle import NO_POSITION_EKF

AUTO, GUIDED, LOITER, AUTO_RTL = 3, 4, 5, 27
SQUARE = (takeoff(), waypoint(60, 0), waypoint(60, 60), waypoint(0, 60), item(20))


def flying(*items: object, until: int = 1, **parameters: float) -> Bench:
    bench = Bench(parameters=parameters)
    bench.begin(items or SQUARE)  # type: ignore[arg-type]  # items are mission items
    bench.run(200.0, lambda: until in bench.reached)
    return bench


def state(bench: Bench) -> MissionState:
    return bench.core.sequencer.state()


# --- entering ---------------------------------------------------------------------------------------------------------
def test_auto_without_a_mission_is_entered_disarmed_alone() -> None:
    """It is not armed in it, as ArduCopter (mode_auto.cpp, init)."""
    bench = Bench(parameters={"AUTO_OPTIONS": 3.0})
    assert bench.core.modes.set(AUTO, bench.now_ms).ok
    assert bench.core.arming.arm(bench.now_ms).result is Result.FAILED
    assert "Arm: Mode requires mission" in bench.texts
    bench.core.modes.set(GUIDED, bench.now_ms)
    bench.core.arming.arm(bench.now_ms)
    assert bench.core.modes.set(AUTO, bench.now_ms).result is Result.FAILED
    assert "Mode change to AUTO failed: no mission" in bench.texts
    assert bench.core.modes.number == GUIDED


def test_on_the_ground_armed_auto_needs_a_takeoff_first() -> None:
    bench = Bench()
    bench.upload([waypoint(40, 0)])
    bench.core.modes.set(GUIDED, bench.now_ms)
    bench.core.arming.arm(bench.now_ms)
    assert bench.core.modes.set(AUTO, bench.now_ms).result is Result.FAILED
    assert StatusText(Severity.CRITICAL, "Auto: Missing Takeoff Cmd") in bench.events(StatusText)
    assert bench.core.modes.number == GUIDED


@pytest.mark.parametrize("lacks", ["takeoff", "position"])
def test_armed_by_force_in_auto_nothing_begins_that_could_not(lacks: str) -> None:
    """A mission that does not take off, once told; or one without a position, until there is one."""
    bench = Bench()
    bench.upload([waypoint(40, 0)] if lacks == "takeoff" else SQUARE)
    bench.core.modes.set(AUTO, bench.now_ms)
    if lacks == "position":
        bench.vehicle.state.report[report.EKF_FLAGS] = NO_POSITION_EKF
    assert bench.core.arming.arm(bench.now_ms, force=True).ok
    bench.run(5.0)
    assert bench.core.facts.armed and state(bench) is MissionState.IDLE
    if lacks == "takeoff":
        assert bench.texts.count("Auto: Missing Takeoff Cmd") == 1
        return
    bench.vehicle.find_position()
    bench.run(1.0)
    assert state(bench) is MissionState.RUNNING


@pytest.mark.parametrize(("options", "reached"), [(0, [1, 2, 2, 4, 2, 2, 4]), (8, [1, 2, 2, 4, 2, 4])])
def test_an_option_keeps_the_counts_of_loops_that_have_ended(options: float, reached: list[int]) -> None:
    """MIS_OPTIONS bit 3: the inner loop is not flown again in the outer one."""
    bench = Bench(parameters={"MIS_OPTIONS": options})
    bench.begin(
        (takeoff(), waypoint(20, 0), item(177, param1=2, param2=1), waypoint(20, 20), item(177, param1=2, param2=1))
    )
    bench.run(300.0, lambda: state(bench) is MissionState.COMPLETED)
    assert bench.reached == reached


def test_delays_before_the_takeoff_are_no_obstacle() -> None:
    bench = Bench()
    bench.begin([item(93, param1=1.0), item(178, param2=3.0), takeoff(), waypoint(40, 0)])
    assert bench.core.modes.number == AUTO


def test_in_the_air_no_takeoff_is_needed() -> None:
    bench = Bench()
    bench.airborne()
    bench.upload([waypoint(40, 0)])
    assert bench.core.modes.set(AUTO, bench.now_ms).ok


def test_armed_without_a_position_auto_is_refused() -> None:
    bench = Bench(parameters={"FS_EKF_ACTION": 0})
    bench.airborne()
    bench.upload(SQUARE)
    bench.vehicle.lose_position()
    bench.run(0.1)
    assert not bench.core.modes.set(AUTO, bench.now_ms).ok
    assert "Mode change to AUTO failed: requires position" in bench.texts


# --- set current ------------------------------------------------------------------------------------------------------
def test_set_current_in_flight_goes_there_at_once() -> None:
    bench = flying()
    assert bench.core.mission_commands.set_current(4).ok
    assert bench.core.sequencer.current_nav_index() == 4
    assert isinstance(bench.vehicle.target, Leg)
    assert bench.vehicle.target.end[1] == pytest.approx(60.0, abs=0.05)


def test_set_current_out_of_range_is_denied_and_changes_nothing() -> None:
    bench = flying()
    for seq in (-1, 6, 17):
        assert bench.core.mission_commands.set_current(seq).result is Result.DENIED
    assert bench.core.sequencer.current_nav_index() == 2


def test_set_current_behind_the_last_nav_item_fails() -> None:
    bench = flying(takeoff(), waypoint(40, 0), item(183, param1=9, param2=1500))
    assert bench.core.mission_commands.set_current(3).result is Result.FAILED


def test_set_current_outside_auto_chooses_where_auto_begins() -> None:
    bench = flying()
    bench.core.modes.set(LOITER, bench.now_ms)
    assert bench.core.mission_commands.set_current(4).ok
    assert state(bench) is MissionState.IDLE
    bench.core.modes.set(AUTO, bench.now_ms)
    assert bench.core.sequencer.current_nav_index() == 4


def test_set_current_after_the_end_makes_the_mission_wait_there() -> None:
    bench = flying(takeoff(), waypoint(40, 0), waypoint(0, 0.5), until=3)
    assert state(bench) is MissionState.COMPLETED
    assert bench.core.mission_commands.set_current(2).ok
    assert state(bench) is MissionState.IDLE


def test_with_reset_a_mission_that_had_ended_goes_on() -> None:
    """docs/catalogue.md, 26: "WithReset": 224 with param2 1."""
    bench = flying(takeoff(), waypoint(40, 0), waypoint(0, 0.5), until=3)
    assert bench.core.mission_commands.set_current(2, reset=True).ok
    assert state(bench) is MissionState.RUNNING
    bench.run(60.0, lambda: len(bench.reached) == 5)
    assert bench.reached == [1, 2, 3, 2, 3]


def test_with_reset_a_mission_that_waits_in_auto_goes_on() -> None:
    """After its end, and another set current without reset."""
    bench = flying(takeoff(), waypoint(40, 0), waypoint(0, 0.5), until=3)
    assert bench.core.mission_commands.set_current(2).ok
    assert bench.core.mission_commands.set_current(2, reset=True).ok
    assert state(bench) is MissionState.RUNNING


def test_minus_one_with_reset_only_resets_the_counters() -> None:
    bench = flying(takeoff(), waypoint(40, 0), waypoint(0, 30), item(177, param1=2, param2=1), waypoint(9, 9), until=3)
    bench.run(60.0, lambda: bench.reached[-1:] == [3] and bench.reached.count(3) == 2)
    assert bench.core.mission_commands.set_current(-1, reset=True).ok
    assert bench.core.sequencer.current_nav_index() == 5


def test_jump_to_a_tag_and_to_none() -> None:
    bench = flying(takeoff(), waypoint(40, 0), item(600, param1=7), waypoint(0, 40))
    assert bench.core.mission_commands.jump_to_tag(7).ok
    assert bench.core.sequencer.current_nav_index() == 4
    assert bench.core.mission_commands.jump_to_tag(8).result is Result.FAILED
    assert bench.core.mission_commands.jump_to_tag(65536).result is Result.DENIED


# --- a new mission in flight ------------------------------------------------------------------------------------------
def test_a_new_mission_with_the_same_items_ahead_does_not_disturb_the_leg() -> None:
    bench = flying()
    targets = len(bench.vehicle.targets)
    bench.upload([*SQUARE, item(183, param1=9, param2=1500)])
    bench.run(0.1)
    assert bench.core.plans.mission.total() == 6
    assert len(bench.vehicle.targets) == targets


def test_a_new_mission_takes_effect_at_the_start_of_the_next_tick() -> None:
    bench = flying()
    bench.upload([takeoff(), waypoint(-60, 0), waypoint(-60, -60)])
    assert bench.core.plans.mission.total() == 5
    bench.run(0.02)
    assert bench.core.plans.mission.total() == 3
    assert bench.vehicle.target.end[0] == pytest.approx(-60.0, abs=0.05)
    text = StatusText(Severity.CRITICAL, "Auto mission changed, restarted command")  # stations show it to the pilot
    assert text in bench.events(StatusText)


def test_a_new_mission_too_short_for_the_index_completes() -> None:
    bench = flying(until=3)
    bench.upload([takeoff(), waypoint(-60, 0)])
    bench.run(0.1)
    assert state(bench) is MissionState.COMPLETED


def test_a_mission_uploaded_outside_auto_starts_at_its_first_item() -> None:
    bench = flying(until=3)
    bench.core.modes.set(LOITER, bench.now_ms)
    bench.upload([waypoint(-60, 0), waypoint(-60, -60)])
    assert bench.core.plans.mission.total() == 2
    assert bench.core.sequencer.current_nav_index() == 0


def test_totals_are_parameters() -> None:
    bench = flying()
    assert bench.parameters["MIS_TOTAL"] == 6


# --- the end ----------------------------------------------------------------------------------------------------------
def test_in_the_air_the_end_of_the_mission_is_a_hold_in_auto() -> None:
    bench = flying(takeoff(), waypoint(40, 0), until=2)
    bench.run(30.0)
    assert bench.core.modes.number == AUTO
    assert bench.core.facts.armed
    assert bench.position[0] == pytest.approx(40.0, abs=0.1)


def test_when_the_last_items_are_skipped_the_vehicle_brakes_and_holds() -> None:
    bench = flying(takeoff(), waypoint(40, 0), item(30, 80, 0, 10), until=2)
    bench.run(1.0)
    assert state(bench) is MissionState.COMPLETED
    assert isinstance(bench.vehicle.target, Leg | Hold)
    assert len(bench.events(MissionComplete)) == 1


def test_a_landing_at_the_end_is_reached_and_completes_before_the_motors_stop() -> None:
    bench = flying(takeoff(), waypoint(40, 0), item(21), until=3)
    assert bench.reached == [1, 2, 3]
    assert state(bench) is MissionState.COMPLETED
    assert not bench.core.facts.armed


def test_a_landing_in_the_middle_stops_the_motors_and_rewinds() -> None:
    bench = flying(takeoff(), waypoint(40, 0), item(21), waypoint(0, 40), until=3)
    bench.run(1.0)
    assert not bench.core.facts.armed
    assert state(bench) is MissionState.IDLE
    assert bench.core.sequencer.current_nav_index() == 0


def test_mis_options_lets_a_mission_go_on_after_landing_with_a_takeoff() -> None:
    mission = (takeoff(), item(21), item(93, param1=2.0), takeoff(), waypoint(40, 0))
    bench = flying(*mission, until=5, MIS_OPTIONS=4)
    assert bench.reached == [1, 2, 3, 4, 5]


def test_mis_options_finds_the_takeoff_through_a_jump() -> None:
    """Behind a delay (AP_Mission::is_takeoff_next); a loop of delays takes off nowhere. The first landing ended it."""
    delay, again, for_ever = item(93, param1=2.0), item(177, param1=1.0, param2=1.0), item(177, param1=3.0, param2=-1.0)
    bench = flying(takeoff(), item(21), delay, again, until=3, MIS_OPTIONS=4)
    bench.run(60.0, lambda: not bench.core.facts.armed)
    assert bench.reached == [1, 2, 3, 1, 2]
    bench = flying(takeoff(), item(21), delay, for_ever, until=2, MIS_OPTIONS=4)
    bench.run(1.0)
    assert not bench.core.facts.armed


def test_without_that_option_it_ends_at_the_landing() -> None:
    bench = flying(takeoff(), item(21), takeoff(), waypoint(40, 0), until=2)
    bench.run(5.0)
    assert not bench.core.facts.armed


def test_disarming_rewinds_a_copters_mission() -> None:
    bench = flying(until=3)
    bench.core.arming.disarm(bench.now_ms, force=True)
    assert bench.core.sequencer.current_nav_index() == 0
    assert state(bench) is MissionState.IDLE


# --- landing sequence -------------------------------------------------------------------------------------------------
LANDING = (takeoff(), waypoint(60, 0), waypoint(60, 60), item(189, 0, 100), waypoint(0, 50), item(21))


def test_land_start_goes_on_behind_the_marker_and_shows_auto_rtl() -> None:
    bench = flying(*LANDING)
    assert bench.core.mission_commands.land_start(bench.now_ms).ok
    assert bench.core.modes.number == AUTO_RTL
    assert bench.core.sequencer.current_nav_index() == 5
    assert bench.texts[-1] == "Landing sequence start"
    bench.run(120.0, lambda: not bench.core.facts.armed)
    assert bench.reached == [1, 5, 6]


def test_land_start_from_another_mode_enters_auto_rtl() -> None:
    bench = flying(*LANDING, MIS_RESTART=1)
    bench.core.modes.set(LOITER, bench.now_ms)
    assert bench.core.modes.set(AUTO_RTL, bench.now_ms).ok
    assert bench.core.modes.number == AUTO_RTL
    assert bench.core.sequencer.current_nav_index() == 5
    for mode in (LOITER, AUTO):  # from the next time on MIS_RESTART counts again
        bench.core.modes.set(mode, bench.now_ms)
    assert bench.core.sequencer.current_nav_index() == 1


def test_of_several_markers_the_nearest_counts() -> None:
    far = (item(189, 200, 200, 10), waypoint(200, 210))
    bench = flying(takeoff(), waypoint(20, 0), *far, item(189, 0, 30, 10), waypoint(0, 40), item(21))
    assert bench.core.mission_commands.land_start(bench.now_ms).ok
    assert bench.core.sequencer.current_nav_index() == 6


def fly_north_to(bench: Bench, north: float) -> None:
    while bench.position[0] < north:
        bench.run(0.1)


def test_what_is_nearest_is_judged_from_where_it_would_stop() -> None:
    """At 10 m/s and 2.5 m/s2 a copter stops 21 m ahead: the marker 15 m behind is farther than the one 15 m beyond."""
    bench = flying(
        takeoff(), waypoint(400, 0), item(189, 185, 0, 10), waypoint(190, 0), item(189, 215, 0, 10), item(21)
    )
    fly_north_to(bench, 198.0)
    assert bench.core.mission_commands.land_start(bench.now_ms).ok
    assert bench.core.sequencer.current_nav_index() == 6


def test_the_leg_ahead_is_the_nearest_one_of_a_return_path() -> None:
    plan = (item(188), waypoint(185, 40), waypoint(185, -40), waypoint(215, -40), waypoint(215, 40), item(21))
    bench = flying(takeoff(), waypoint(400, 0), *plan)
    fly_north_to(bench, 198.0)
    assert bench.core.mission_commands.return_path_start(bench.now_ms).ok
    assert bench.core.sequencer.current_nav_index() == 7


def test_a_marker_without_a_place_is_where_its_sequence_begins() -> None:
    bench = flying(
        takeoff(), waypoint(20, 0), item(189), waypoint(300, 40), item(189, 0, 60), waypoint(0, 65), item(21)
    )
    assert bench.core.mission_commands.land_start(bench.now_ms).ok
    assert bench.core.sequencer.current_nav_index() == 6


def test_land_start_without_a_marker_is_refused() -> None:
    bench = flying()
    assert bench.core.mission_commands.land_start(bench.now_ms).result is Result.FAILED
    assert bench.core.modes.number == AUTO
    assert bench.core.sequencer.current_nav_index() == 2


PATH = (takeoff(), waypoint(100, 0), item(188), waypoint(100, 60), waypoint(0, 60), waypoint(0, 20), item(21))


@pytest.mark.parametrize(
    ("north", "east", "up", "next_nav"), [(90.0, 50.0, 10.0, 5), (50.0, 50.0, 10.0, 5), (10.0, 40.0, 10.0, 6)]
)
def test_the_nearest_leg_behind_return_path_start_is_flown(north: float, east: float, up: float, next_nav: int) -> None:
    """The item at its end is next, which is not the nearest item; a leg before the mark does not count."""
    bench = flying(*PATH)
    bench.core.modes.set(GUIDED, bench.now_ms)
    bench.head_for((north, east, -up))
    bench.run(60.0, lambda: bench.core.helm.arrived)
    bench.run(2.0)  # to rest
    assert bench.core.mission_commands.return_path_start(bench.now_ms).ok
    assert bench.core.modes.number == AUTO_RTL
    assert bench.core.sequencer.current_nav_index() == next_nav


def test_a_leg_is_near_in_height_too() -> None:
    """At 60 m over the lower way the other one, 20 m aside and as high, is nearer; what is behind a landing is not."""
    low, high = (waypoint(0, 40, 10), waypoint(100, 40, 10)), (waypoint(100, 60, 60), waypoint(0, 60, 60))
    bench = flying(
        takeoff(), waypoint(20, 0), item(188), *low, *high, item(21), waypoint(50, 40, 60), waypoint(60, 40, 60)
    )
    bench.core.modes.set(GUIDED, bench.now_ms)
    bench.head_for((50.0, 40.0, -60.0))
    bench.run(60.0, lambda: bench.core.helm.arrived)
    assert bench.core.mission_commands.return_path_start(bench.now_ms).ok
    assert bench.core.sequencer.current_nav_index() == 7


@pytest.mark.parametrize(("plan", "next_nav"), [
    ((item(188, 0, 80), waypoint(0, 60), item(189, 0, 50), waypoint(0, 55), waypoint(0, 10), item(21)), 5),
    ((item(188, 0, 80), waypoint(0, 60)), 3),
    ((*(item(188, 0, 80), waypoint(0, 60), item(21)) * 2,), 6),
])  # fmt: skip
def test_a_return_path_ends_at_a_landing_sequence(plan: tuple[MissionItem, ...], next_nav: int) -> None:
    """ArduPilot's distance_to_mission_leg: DO_LAND_START is the end of it, one place alone is one too, and of two that
    are as near the last counts."""
    bench = flying(takeoff(), *plan)
    bench.core.modes.set(GUIDED, bench.now_ms)
    assert bench.core.mission_commands.return_path_start(bench.now_ms).ok
    assert bench.core.sequencer.current_nav_index() == next_nav


ACTIVE = "Return path active"


def told(bench: Bench) -> tuple[bool, int, str]:
    """The command again: its answer, the item that is flown then, the last text."""
    done = bench.core.mission_commands.return_path_start(bench.now_ms).ok
    return done, bench.core.sequencer.current_nav_index(), bench.texts[-1]


CROSSED = (
    *(takeoff(), waypoint(100, 0), item(188)),
    *(waypoint(100, 60), waypoint(0, 60), waypoint(-20, 20), waypoint(20, 60), item(21)),
)


def test_a_return_path_that_is_flown_is_gone_on_with() -> None:
    """ArduPilot's jump_to_closest_mission_leg: asked again where another leg crosses its way, it flies on."""
    bench = flying(*CROSSED)
    bench.core.modes.set(GUIDED, bench.now_ms)
    bench.head_for((50.0, 20.0, -10.0))
    bench.run(60.0, lambda: bench.core.helm.arrived)
    bench.run(2.0)
    assert told(bench) == (True, 5, "Mission: 5 WP") and "Return path started" in bench.texts
    bench.run(3.0)
    assert told(bench) == (True, 5, ACTIVE)
    assert bench.core.modes.set(AUTO, bench.now_ms).ok and bench.core.modes.set(AUTO_RTL, bench.now_ms).ok
    assert bench.core.sequencer.current_nav_index() == 5 and bench.texts.count(ACTIVE) == 2
    bench.core.mission_commands.set_current(2)  # off the path
    assert told(bench)[0] and bench.texts.count(ACTIVE) == 2
    bench.core.modes.set(GUIDED, bench.now_ms)  # nothing is flown
    assert told(bench)[0] and bench.texts.count(ACTIVE) == 2


def test_a_way_back_that_the_mission_came_to_by_itself_is_gone_on_with() -> None:
    """From its mark on, until the landing, which goes on too; of a new mission nothing is known yet."""
    bench = flying(*PATH, until=2)
    bench.run(1.0)
    assert told(bench) == (True, 4, ACTIVE)
    bench.upload(PATH)
    bench.run(0.1)
    assert told(bench)[0] and bench.texts.count(ACTIVE) == 1
    bench.run(120.0, lambda: 6 in bench.reached)
    bench.run(1.0)
    assert told(bench) == (True, 7, "Landing sequence active")


def test_a_return_path_and_a_landing_sequence_are_not_the_same() -> None:
    """Each command takes its own; AUTO_RTL as a mode takes what there is, a return path first."""
    by_path, by_landing = flying(*PATH), flying(*LANDING)
    assert by_path.core.mission_commands.land_start(by_path.now_ms).result is Result.FAILED
    assert by_path.texts[-1] == "Mode change to AUTO RTL failed: No landing sequence found"
    assert by_landing.core.mission_commands.return_path_start(by_landing.now_ms).result is Result.FAILED
    assert by_landing.texts[-1] == "Mode change to AUTO RTL failed: No return path found"
    for bench in (by_path, by_landing):
        assert bench.core.modes.set(AUTO_RTL, bench.now_ms).ok


def test_wings_without_a_landing_sequence_have_their_own_text() -> None:
    """ArduPlane has no AUTO RTL (AP_Mission.cpp, jump_to_landing_sequence)."""
    bench = Bench("plane")
    bench.vehicle.state.report[report.LANDED_STATE] = IN_AIR
    assert bench.core.mission_commands.land_start(bench.now_ms).result is Result.FAILED
    assert bench.texts[-1] == "Unable to start landing sequence"
    assert bench.core.mission_commands.return_path_start(bench.now_ms).result is Result.FAILED
    assert bench.texts[-1] == "No return path found"


# --- pause ------------------------------------------------------------------------------------------------------------
def test_pause_stops_on_the_leg_and_continue_goes_on() -> None:
    bench = flying()
    bench.run(1.0)
    assert bench.core.mission_commands.pause().ok
    assert bench.core.mission_commands.pause().ok
    assert isinstance(bench.core.helm.target, Hold) and bench.core.helm.target.on_leg
    bench.run(30.0)
    assert bench.reached == [1] and bench.core.auto.paused
    assert bench.core.mission_commands.resume().ok
    assert bench.core.mission_commands.resume().ok
    assert not bench.core.auto.paused
    bench.run(30.0, lambda: 2 in bench.reached)
    assert bench.reached == [1, 2]


def test_what_is_no_leg_cannot_be_paused() -> None:
    """It is no failure to go on (ArduCopter mode_auto.cpp, resume)."""
    bench = Bench()
    bench.begin(SQUARE)
    assert bench.core.mission_commands.pause().result is Result.FAILED
    assert bench.core.mission_commands.resume().ok


def test_clearing_is_refused_only_while_the_mission_is_flown() -> None:
    bench = flying()
    assert not bench.core.plans.may_clear(0)
    assert bench.core.plans.may_clear(1)
    bench.core.modes.set(LOITER, bench.now_ms)
    assert bench.core.plans.may_clear(0)
