"""What ends in AUTO: with the next item, with the mode, with the mission, with the motors."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from autopilot.context.journal import SaveProgress
from autopilot.interface.targets import Circle, Hold, Idle, Pilot, YawMode
from autopilot.interface.vehicle import Request, VehicleEvent
from autopilot.mission.events import CurrentChanged
from autopilot.mission.items import MissionItem
from autopilot.mission.sequencer import MissionState
from tests.fakes.core_bench import Bench, item, takeoff, waypoint

AUTO, GUIDED, LOITER, AUTO_RTL = 3, 4, 5, 27


def flying(*items: MissionItem, past: int = 1, **parameters: float) -> Bench:
    """On the mission, behind the item `past`."""
    bench = Bench(parameters=parameters)
    bench.begin(items)
    bench.run(200.0, lambda: past in bench.reached)
    assert past in bench.reached
    return bench


def turning(bench: Bench) -> bool:
    return bool(bench.vehicle.yaws) and bench.vehicle.yaws[-1].mode is YawMode.ANGLE


def arrive(bench: Bench) -> None:
    bench.run(60.0, lambda: 4 in bench.reached)


def jump(bench: Bench) -> None:
    assert bench.core.mission_commands.set_current(5).ok


def jump_in_another_mode(bench: Bench) -> None:
    bench.core.modes.set(LOITER, bench.now_ms)
    jump(bench)
    bench.core.modes.set(AUTO, bench.now_ms)


@pytest.mark.parametrize("goes_on", [arrive, jump, jump_in_another_mode])
def test_a_turn_that_still_waits_ends_with_its_leg(goes_on: Callable[[Bench], object]) -> None:
    """The condition is dropped with its NAV item (AP_Mission::advance_current_nav_cmd); the next legs were flown with
    the nose turned on."""
    bench = flying(
        takeoff(),
        waypoint(40, 0),
        item(115, param1=90.0),
        waypoint(80, 0),
        item(178, param1=1, param2=5.0),
        waypoint(80, 80),
        past=2,
    )
    bench.vehicle._see = lambda: None  # it does not come round
    bench.run(1.0)
    assert turning(bench)
    bench.vehicle.yaws.clear()
    goes_on(bench)
    bench.run(1.0)
    assert bench.core.sequencer.current_nav_index() == 6
    assert bench.vehicle.target.yaw.mode is YawMode.ALONG and not turning(bench)


@pytest.mark.parametrize(
    "ends", [item(18, 90, 0, 10, param1=1.0, param3=5.0), takeoff(30.0)], ids=["circle", "takeoff"]
)
def test_a_circle_or_a_takeoff_ends_a_heading_that_legs_would_keep(ends: MissionItem) -> None:
    """WP_YAW_BEHAVIOR 0: the nose then stays where it is (ModeAuto::circle_movetoedge_start, circle_start,
    takeoff_start); it turned back."""
    turn = item(115, param1=90.0)
    bench = flying(takeoff(), turn, waypoint(20, 0), ends, waypoint(180, 0), past=3, WP_YAW_BEHAVIOR=0)
    assert bench.vehicle.target.yaw.mode is YawMode.KEEP
    bench.run(60.0, lambda: 4 in bench.reached)
    assert bench.vehicle.target.yaw.mode is YawMode.KEEP


def test_an_interest_on_the_way_to_a_circle_is_looked_at_from_it() -> None:
    """ModeAuto::circle_start; the nose turned to the centre."""
    bench = flying(takeoff(), waypoint(20, 0), item(183, param1=9), item(201, 90, 300), item(18, 90, 0, 10), past=2)
    bench.run(60.0, lambda: isinstance(bench.vehicle.target, Circle))
    assert bench.vehicle.target.yaw.point == pytest.approx((90.0, 300.0, 0.0), abs=0.1)


@pytest.mark.parametrize("turned", [item(201, 20, -50), item(115, param1=90.0)])
def test_who_is_guided_has_no_heading_of_the_mission(turned: MissionItem) -> None:
    """ModeGuided::pva_control_start."""
    limit = item(222, param1=3.0)
    bench = flying(takeoff(), turned, limit, waypoint(20, 0), item(92, param1=1.0), waypoint(80, 0), past=4)
    assert bench.vehicle.target.yaw.mode is YawMode.KEEP
    bench.run(20.0, lambda: 5 in bench.reached)
    assert bench.vehicle.target.yaw.mode is YawMode.ALONG


def test_a_leg_that_is_left_bends_no_curve() -> None:
    """A spline from there begins where the vehicle is, in no direction of its own."""
    bench = flying(takeoff(), waypoint(40, 0), waypoint(80, 0), item(82, 120, 40, 10), past=2)
    assert bench.core.mission_commands.set_current(4).ok
    assert bench.vehicle.target.spline and bench.vehicle.target.previous is None


def test_auto_rtl_ends_with_the_motors() -> None:
    """Where the mission would go on behind its landing, it is AUTO again, in which a copter may be armed."""
    bench = flying(takeoff(), waypoint(80, 0), item(189), waypoint(20, 0), item(21), waypoint(40, 0), AUTO_OPTIONS=1)
    assert bench.core.mission_commands.land_start(bench.now_ms).ok
    bench.run(2.0)
    assert bench.core.modes.number == AUTO_RTL
    bench.run(90.0, lambda: not bench.core.facts.armed)
    assert bench.core.modes.number == AUTO and not bench.core.modes.mode.leads_down
    assert bench.core.arming.arm(bench.now_ms).ok


# --- with the mode ----------------------------------------------------------------------------------------------------
def test_auto_before_arming_idles_whatever_flew_before() -> None:
    bench = Bench()
    bench.upload([takeoff(), waypoint(40, 0)])
    assert bench.core.modes.set(2, bench.now_ms).ok
    assert isinstance(bench.vehicle.target, Pilot)
    assert bench.core.modes.set(AUTO, bench.now_ms).ok
    assert isinstance(bench.vehicle.target, Idle)


def test_a_mode_that_an_item_asks_for_is_forgotten_with_auto() -> None:
    """Somebody else was quicker; it is not entered when AUTO flies again."""
    bench = flying(takeoff(), waypoint(400, 0))
    bench.core.auto.leave_for(6)
    for mode in (LOITER, AUTO):
        assert bench.core.modes.set(mode, bench.now_ms).ok
    bench.run(1.0)
    assert bench.core.modes.number == AUTO


def test_what_happened_before_auto_was_left_is_past() -> None:
    """A touchdown while the position was lost ends no landing of a later turn in AUTO."""
    bench = flying(takeoff(60.0), item(21), FS_EKF_ACTION=0)
    bench.run(1.0)
    bench.vehicle.lose_position()
    bench.run(0.5)
    bench.vehicle.raise_event(VehicleEvent.LANDED)
    bench.run(0.5)
    assert bench.core.modes.set(2, bench.now_ms).ok
    bench.vehicle.find_position()
    bench.run(0.5)
    assert bench.core.modes.set(AUTO, bench.now_ms).ok
    bench.happens(VehicleEvent.NEAR)
    assert bench.core.facts.armed and bench.reached == [1]


def test_what_happened_without_a_position_counts_once() -> None:
    """The touchdown of the first landing is not that of the second."""
    up_again = (item(21), takeoff(60.0), item(21))
    bench = Bench(parameters={"FS_EKF_ACTION": 0, "MIS_OPTIONS": 4})
    bench.begin([takeoff(), *up_again])
    bench.run(60.0, lambda: 1 in bench.reached)
    bench.vehicle.lose_position()
    bench.run(60.0, lambda: bench.core.facts.landed)
    bench.vehicle.find_position()
    bench.run(90.0, lambda: 3 in bench.reached)
    bench.happens(VehicleEvent.NEAR)
    assert bench.reached == [1, 2, 3] and bench.core.facts.armed


def test_a_mission_that_begins_anew_has_left_its_way_back() -> None:
    """MIS_RESTART 1: a failsafe on the way out is none on the way to a landing."""
    bench = Bench(parameters={"MIS_RESTART": 1})
    bench.upload([waypoint(80, 0), item(189), waypoint(20, 0), item(21)])
    bench.airborne()
    assert bench.core.modes.set(AUTO, bench.now_ms).ok
    assert bench.core.mission_commands.land_start(bench.now_ms).ok
    assert bench.core.modes.mode.leads_down
    for mode in (LOITER, AUTO):
        assert bench.core.modes.set(mode, bench.now_ms).ok
    assert not bench.core.modes.mode.leads_down


@pytest.mark.parametrize("ended", [False, True], ids=["under way", "at its end"])
def test_who_asks_for_auto_in_auto_rtl_enters_it_anew(ended: bool) -> None:
    """As from any other mode (Copter::set_mode): with MIS_RESTART 1, or a mission at its end, it begins again. It was
    only shown as AUTO, and a mission at its end waited for ever."""
    bench = flying(
        takeoff(), waypoint(80, 0), item(189), waypoint(20, 0), waypoint(0, 20), MIS_RESTART=float(not ended)
    )
    assert bench.core.mission_commands.land_start(bench.now_ms).ok
    bench.run(60.0 if ended else 1.0, lambda: 5 in bench.reached)
    assert bench.core.modes.number == AUTO_RTL
    assert bench.core.modes.set(AUTO, bench.now_ms).ok
    assert (bench.core.sequencer.state(), bench.core.sequencer.current_nav_index()) == (MissionState.RUNNING, 1)


def test_a_mission_that_begins_anew_drives_forwards() -> None:
    """MIS_RESTART 1 in ArduRover; one that goes on drives on backwards."""
    for anew in (0.0, 1.0):
        rover = Bench("rover", parameters={"MIS_RESTART": anew})
        rover.begin([waypoint(40, 0), item(194, param1=1.0), waypoint(400, 0)])
        rover.run(60.0, lambda rover=rover: rover.core.helm.backwards)
        for mode in (4, 10):
            assert rover.core.modes.set(mode, rover.now_ms).ok
        assert rover.core.helm.backwards is not bool(anew)


# --- with the motors --------------------------------------------------------------------------------------------------
def test_with_the_motors_a_landing_ends() -> None:
    bench = flying(takeoff(), item(21), waypoint(40, 0))
    assert bench.core.modes.mode.is_landing
    assert bench.core.arming.disarm(bench.now_ms, force=True).ok
    assert not bench.core.modes.mode.is_landing


def test_with_the_motors_guided_targets_end() -> None:
    bench = flying(takeoff(), item(92, param1=1.0), waypoint(40, 0))
    assert bench.core.modes.mode.takes_targets
    assert bench.core.arming.disarm(bench.now_ms, force=True).ok
    assert not bench.core.modes.mode.takes_targets


def test_where_nothing_was_flown_nothing_is_rewound() -> None:
    bench = Bench()
    bench.upload([takeoff(), waypoint(40, 0)])
    told = len(bench.events(CurrentChanged))
    bench.airborne()
    assert bench.core.arming.disarm(bench.now_ms, force=True).ok
    assert len(bench.events(CurrentChanged)) == told


def test_a_missing_takeoff_is_told_at_each_arming() -> None:
    bench = Bench()
    bench.upload([waypoint(40, 0)])
    assert bench.core.modes.set(AUTO, bench.now_ms).ok
    for times in (1, 2):
        assert bench.core.arming.arm(bench.now_ms, force=True).ok
        bench.run(1.0)
        assert bench.texts.count("Auto: Missing Takeoff Cmd") == times
        assert bench.core.arming.disarm(bench.now_ms, force=True).ok
        bench.run(1.0)


def test_the_end_of_one_flight_is_none_of_the_next() -> None:
    """Armed by force with a mission that cannot begin, the motors run until somebody stops them."""
    bench = flying(takeoff(), item(21), past=2)
    bench.run(5.0)
    assert not bench.core.facts.armed
    bench.upload([waypoint(40, 0)])
    bench.run(0.1)
    assert bench.core.arming.arm(bench.now_ms, force=True).ok
    bench.run(1.0)
    assert bench.core.facts.armed


def test_a_mission_that_begins_again_before_the_motors_stop_is_not_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A vehicle that does not stop is asked again every second; in the air that would be its end."""
    bench = flying(takeoff(), item(21))
    monkeypatch.setattr(bench.vehicle, "disarm", lambda **_: Request.refused("it does not stop"))
    bench.run(60.0, lambda: 2 in bench.reached)
    assert bench.core.facts.armed and bench.core.modes.mode.finished
    bench.core.auto.begin_again()
    assert not bench.core.modes.mode.finished


def test_a_takeoff_that_is_not_allowed_keeps_no_motors_running() -> None:
    """DISARM_DELAY stops them, as on any other ground."""
    bench = Bench(parameters={"AUTO_OPTIONS": 1})
    bench.upload([takeoff(), waypoint(40, 0)])
    assert bench.core.modes.set(AUTO, bench.now_ms).ok
    bench.arm()
    bench.run(15.0)
    assert not bench.core.facts.armed


# --- with the mission -------------------------------------------------------------------------------------------------
def test_at_its_end_no_way_leads_down() -> None:
    bench = flying(takeoff(), waypoint(80, 0), item(189), waypoint(20, 0), waypoint(0, 20))
    assert bench.core.mission_commands.land_start(bench.now_ms).ok
    bench.run(1.0)
    assert bench.core.modes.mode.leads_down
    bench.run(60.0, lambda: 5 in bench.reached)
    assert bench.core.sequencer.state() is MissionState.COMPLETED
    assert not bench.core.modes.mode.leads_down


def test_at_its_end_there_is_nothing_to_pause() -> None:
    """ModeAuto::pause: it loiters then."""
    bench = flying(takeoff(), waypoint(40, 0), past=2)
    assert bench.core.sequencer.state() is MissionState.COMPLETED
    assert not bench.core.mission_commands.pause().ok


def test_at_the_place_of_an_endless_item_there_is_nothing_to_pause() -> None:
    """ModeAuto::pause: its destination is reached."""
    bench = flying(takeoff(), item(17, 40, 0, 10))
    assert bench.core.mission_commands.pause().ok
    assert bench.core.mission_commands.resume().ok
    bench.run(30.0, lambda: bench.core.helm.arrived)
    assert not bench.core.mission_commands.pause().ok


def test_at_its_end_nobody_guides_it() -> None:
    """Its last item let others guide it for a while (DO_GUIDED_LIMITS)."""
    bench = flying(takeoff(), item(222, param1=3.0), item(92, param1=1.0), past=3)
    assert bench.core.sequencer.state() is MissionState.COMPLETED
    assert not bench.core.modes.mode.takes_targets


def test_a_wait_that_outlasts_it_is_not_looked_at() -> None:
    """A CONDITION_DELAY behind the last place: the vehicle is asked for nothing any more."""
    bench = flying(takeoff(), waypoint(40, 0), item(112, param1=1.0), past=2)
    bench.run(5.0)
    assert bench.core.modes.mode.next_deadline_ms() is None


def test_without_items_in_the_air_it_is_at_its_end() -> None:
    bench = flying(takeoff(), waypoint(400, 0))
    bench.upload([])
    bench.run(0.5)
    assert bench.core.sequencer.state() is MissionState.COMPLETED
    assert isinstance(bench.vehicle.target, Hold)


def test_a_new_mission_has_no_way_back_at_once() -> None:
    bench = flying(takeoff(), waypoint(400, 0), item(189), waypoint(200, 0), waypoint(0, 20))
    assert bench.core.mission_commands.land_start(bench.now_ms).ok
    bench.run(1.0)
    assert bench.core.modes.number == AUTO_RTL
    bench.upload(bench.core.plans.mission.items()[:-1])
    bench.run(0.1)
    assert bench.core.modes.number == AUTO


def test_a_fence_changes_no_mission() -> None:
    bench = flying(takeoff(), waypoint(40, 0), waypoint(400, 0), past=2)
    bench.core.modes.set(LOITER, bench.now_ms)
    bench.upload([item(5003, 0.0, 10.0, param1=900.0)], kind=1)
    bench.run(0.5)
    assert bench.core.sequencer.current_nav_index() == 3


def test_an_ended_mission_goes_on_in_the_air_and_in_auto_alone() -> None:
    bench = flying(takeoff(), waypoint(40, 0), past=2)
    bench.core.modes.set(GUIDED, bench.now_ms)
    assert bench.core.mission_commands.set_current(2, reset=True).ok
    assert bench.core.sequencer.state() is MissionState.IDLE
    bench = flying(takeoff(), item(21), past=2)
    bench.run(5.0)
    assert not bench.core.facts.armed
    assert bench.core.mission_commands.set_current(1, reset=True).ok
    assert bench.core.sequencer.state() is MissionState.IDLE


def test_an_ended_mission_goes_on_where_it_is_told_to() -> None:
    """Not at its beginning, whatever MIS_RESTART says."""
    bench = flying(takeoff(), waypoint(40, 0), waypoint(80, 0), past=3, MIS_RESTART=1)
    assert bench.core.mission_commands.set_current(3, reset=True).ok
    assert bench.core.sequencer.current_nav_index() == 3


def test_a_jump_is_stored_again_and_looked_at_once() -> None:
    bench = flying(takeoff(), waypoint(400, 0), waypoint(400, 400))
    for _ in range(2):
        assert bench.core.mission_commands.set_current(2).ok
    stored = [change for change in bench.journal.changes if isinstance(change, SaveProgress) and change.requested]
    assert len(stored) == 2
    bench.run(0.1)
    assert bench.core.modes.mode.next_deadline_ms() is None


# --- on the ground ----------------------------------------------------------------------------------------------------
def test_a_mission_that_begins_anew_takes_off_wherever_it_was() -> None:
    """MIS_RESTART 1: the item that was current counts for nothing."""
    bench = Bench(parameters={"MIS_RESTART": 1})
    bench.upload([takeoff(), waypoint(40, 0)])
    assert bench.core.mission_commands.set_current(2).ok
    bench.core.modes.set(GUIDED, bench.now_ms)
    bench.arm()
    assert bench.core.modes.set(AUTO, bench.now_ms).ok


def test_a_mission_that_only_waits_takes_off_never() -> None:
    bench = Bench()
    bench.upload([item(93, param1=1.0), item(177, param1=1.0, param2=-1.0)])
    assert not bench.core.auto.takes_off_first
