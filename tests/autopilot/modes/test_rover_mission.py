"""AUTO and RTL of a rover: table 1.4, items 13, 25, 26."""

from __future__ import annotations

import numpy as np
import pytest

from autopilot.context.events import StatusText
from autopilot.context.staying import stopping_point
from autopilot.interface.targets import Circle, Hold, Leg
from autopilot.mav import Result
from autopilot.mission.events import MissionComplete
from autopilot.mission.items import MissionItem
from autopilot.mission.sequencer import MissionState
from tests.fakes.core_bench import Bench, item, takeoff, waypoint

MANUAL, ACRO, HOLD, AUTO, RTL, GUIDED = 0, 1, 4, 10, 11, 15
ROUND = (waypoint(40, 0, 0), waypoint(40, 40, 0), waypoint(0, 40, 0))


def driven(*items: object, **parameters: float) -> Bench:
    bench = Bench("rover", parameters=parameters)
    bench.begin(items or ROUND)  # type: ignore[arg-type]  # items are mission items
    bench.run(300.0, lambda: bench.core.sequencer.state() is MissionState.COMPLETED)
    return bench


def test_it_drives_the_mission_and_says_so() -> None:
    bench = driven()
    assert bench.reached == [1, 2, 3]
    assert "Reached waypoint #2" in bench.texts
    assert "Mission Complete" in bench.texts
    assert len(bench.events(MissionComplete)) == 1


def said(bench: Bench, text: str) -> list[int]:
    """The severities with which it was said."""
    return [int(event.severity) for event in bench.events(StatusText) if event.text == text]


def test_its_words_are_ardupilots() -> None:
    """A hold is told on arrival, with its seconds, and not again at its end; LOITER_TIME's end is told."""
    bench = driven(waypoint(40, 0, 0, param1=3.0), item(19, 40, 40, 0, param1=2.5), item(178, param2=4.0), *ROUND)
    texts = [text for text in bench.texts if "aypoint" in text or "oiter" in text or "speed" in text]
    assert texts[:4] == [
        "Reached waypoint #1. Loiter for 3 seconds",
        "Reached waypoint #2. Loiter for 2.5 seconds",
        "Finished active loiter",
        "speed: 4.0 m/s",
    ]
    assert "Reached waypoint #1" not in bench.texts
    assert said(bench, "Mission Complete") == [5]


@pytest.mark.parametrize("sent", ["home", "to an item"])
def test_what_is_sent_elsewhere_on_its_way_begins_at_rest_where_it_would_stop(sent: str) -> None:
    """ArduRover's AR_WPNav::get_stopping_location: half the square of the speed, over its deceleration, ahead."""
    bench = Bench("rover", parameters={"ATC_DECEL_MAX": 0.5, "WP_SPEED": 2.0})
    bench.begin(ROUND)
    bench.run(12.0)
    here = bench.vehicle.state.position
    if sent == "home":
        assert bench.core.modes.set(RTL, bench.now_ms).ok
    else:
        bench.core.mission_commands.set_current(3)
    leg = bench.vehicle.target
    assert isinstance(leg, Leg) and leg.from_rest and leg.start is not None
    assert leg.start == stopping_point(bench.core.facts)
    speed = float(np.hypot(*bench.vehicle.state.velocity[:2]))
    assert speed > 1.0
    assert np.hypot(leg.start[0] - here[0], leg.start[1] - here[1]) == pytest.approx(
        speed * speed / 2.0 / 0.5, rel=0.05
    )


def test_what_floats_begins_where_it_is() -> None:
    bench = Bench("boat")
    bench.begin(ROUND)
    bench.run(12.0)
    assert bench.core.modes.set(RTL, bench.now_ms).ok
    leg = bench.vehicle.target
    assert isinstance(leg, Leg) and not leg.from_rest and leg.start is None


def test_it_may_be_armed_in_auto_and_then_begins() -> None:
    bench = Bench("rover")
    bench.upload(ROUND)
    bench.core.modes.set(AUTO, bench.now_ms)
    assert bench.core.arming.arm(bench.now_ms).ok
    assert bench.core.sequencer.state() is MissionState.RUNNING


def test_auto_without_a_mission_is_refused_in_its_own_words() -> None:
    bench = Bench("rover")
    assert bench.core.modes.set(AUTO, bench.now_ms).result is Result.FAILED
    assert said(bench, "No Mission. Can't set AUTO.") == [5]


def test_every_waypoint_with_a_nav_item_behind_it_is_passed() -> None:
    bench = Bench("rover")
    bench.begin([waypoint(40, 0, 0), item(18, 40, 40, 0, param1=1.0), waypoint(0, 40, 0)])
    assert isinstance(bench.vehicle.target, Leg)
    assert bench.vehicle.target.next is not None
    assert bench.vehicle.target.radius == 2.0


@pytest.mark.parametrize("command", [21, 22, 82, 31])
def test_what_only_flies_is_skipped(command: int) -> None:
    bench = driven(item(command, 20, 20, 5), *ROUND)
    assert bench.reached == [2, 3, 4]
    assert f"Skipping invalid cmd #{command}" in bench.texts


@pytest.mark.parametrize("action", [0.0, 1.0, 2.0])
def test_a_parachute_item_is_skipped(action: float) -> None:
    """A rover has none, and no CHUTE_ENABLED: to set it ended the program."""
    bench = driven(waypoint(40, 0, 0), item(208, param1=action), waypoint(40, 40, 0))
    assert bench.reached == [1, 3]


def test_return_to_launch_in_a_mission_drives_home() -> None:
    bench = driven(*ROUND, item(20))
    assert bench.reached == [1, 2, 3, 4]
    assert bench.position == pytest.approx((0.0, 0.0, 0.0), abs=2.1)
    assert bench.core.facts.armed


@pytest.mark.parametrize(("behaviour", "mode"), [(0, AUTO), (1, AUTO), (2, ACRO), (3, MANUAL)])
def test_the_end_is_a_parameter(behaviour: int, mode: int) -> None:
    """docs/catalogue.md, 43: EndMissionBehavior."""
    bench = driven(MIS_DONE_BEHAVE=behaviour, LOIT_RADIUS=5)
    assert bench.core.modes.number == mode
    if behaviour < 2:
        assert isinstance(bench.vehicle.target, Hold)
        assert (bench.vehicle.target.position is None) is (behaviour == 0)
        assert bench.vehicle.target.radius == (2.0 if behaviour == 0 else 5.0), "as in LOITER"


def test_change_speed_has_no_kinds() -> None:
    """docs/catalogue.md, 44."""
    bench = driven(item(178, param1=3.0, param2=4.5), *ROUND)
    assert bench.vehicle.speeds.ground == 4.5


@pytest.mark.parametrize("onward", [item(20), item(92, param1=1.0)])
def test_it_returns_and_is_guided_forwards(onward: MissionItem) -> None:
    """As ArduRover, whose modes inside AUTO begin forwards; it went on backwards, tail first to home."""
    bench = Bench("rover")
    bench.begin([waypoint(40, 0, 0), item(194, param1=1.0), waypoint(40, 40, 0), onward, waypoint(0, 40, 0)])
    bench.run(100.0, lambda: bench.core.sequencer.current_nav_index() == 3)
    assert bench.vehicle.target.backwards
    bench.run(100.0, lambda: bench.core.sequencer.current_nav_index() == 4)
    bench.core.commands.guided_target(position=(0.0, 60.0, 0.0))
    bench.run(0.2)
    assert isinstance(bench.vehicle.target, Leg) and not bench.vehicle.target.backwards


def test_guided_flight_to_a_place_ends_there() -> None:
    """GUIDED_ENABLE with x and y (docs/reference/mission-semantics.md, 1.4); it had no end but a limit."""
    bench = Bench("rover")
    bench.begin([waypoint(40, 0, 0), item(92, 40.0, 40.0, param1=1.0), waypoint(0, 40, 0)])
    bench.run(100.0, lambda: bench.core.sequencer.current_nav_index() == 2)
    bench.core.commands.guided_target(position=(80.0, 20.0, 0.0))
    bench.run(60.0, lambda: bench.core.helm.arrived)
    assert bench.core.sequencer.current_nav_index() == 2
    bench.core.commands.guided_target(position=(40.0, 42.0, 0.0))
    bench.run(60.0, lambda: bench.core.sequencer.current_nav_index() == 3)
    assert bench.reached == [1, 2]


def test_guided_flight_of_a_rover_has_no_limits_of_height() -> None:
    """Its lowest height ended it in the same moment (ArduRover's do_guided_limits)."""
    limits = item(222, param1=8.0, param2=5.0, param3=0.5)
    bench = Bench("rover")
    bench.begin((waypoint(20, 0, 0), limits, item(92, param1=1.0), waypoint(60, 0, 0)))
    bench.run(60.0, lambda: 1 in bench.reached)
    began = bench.now_ms
    bench.run(60.0, lambda: 3 in bench.reached)
    assert bench.now_ms - began == pytest.approx(8000, abs=100)


def test_driving_backwards_is_an_item() -> None:
    bench = Bench("rover")
    bench.begin([item(194, param1=1.0), *ROUND])
    bench.run(1.0)
    assert bench.vehicle.target.backwards


@pytest.mark.parametrize("paused", [False, True])
def test_a_way_that_is_turned_round_goes_on_so_after_a_pause(paused: bool) -> None:
    """DO_SET_REVERSE on the way or while it is paused; it went on forwards, against ArduRover's set_reversed."""
    bench = Bench("rover")
    bench.begin(ROUND)
    bench.run(1.0)
    if paused:
        assert bench.core.mission_commands.pause().ok
    assert bench.core.commands.set_reverse(True).ok
    assert bench.core.mission_commands.pause().ok
    assert bench.core.mission_commands.resume().ok
    assert isinstance(bench.vehicle.target, Leg) and bench.vehicle.target.backwards
    assert bench.core.commands.set_reverse(False).ok
    assert not bench.vehicle.target.backwards


def test_rtl_drives_home_at_its_own_speed_and_stops_there() -> None:
    bench = Bench("rover", parameters={"RTL_SPEED": 1.5})
    bench.core.modes.set(GUIDED, bench.now_ms)
    bench.core.arming.arm(bench.now_ms)
    bench.core.commands.guided_target(position=(30.0, 0.0, 0.0))
    bench.run(60.0, lambda: bench.core.helm.arrived)
    assert bench.core.commands.return_to_launch(bench.now_ms).ok
    assert bench.core.modes.number == RTL
    assert bench.vehicle.speeds.ground == 1.5
    bench.run(60.0)
    assert bench.texts.count("Reached destination") == 1
    assert bench.position[0] == pytest.approx(0.0, abs=2.1)


def test_only_waypoints_are_told_to_be_reached() -> None:
    """ArduRover's verify_nav_wp: not delays, circles and returns, whose end MISSION_ITEM_REACHED tells; nor has a
    return within AUTO the text of the mode RTL."""
    bench = Bench("rover")
    others = (item(93, param1=2.0), item(18, 20.0, 20.0, param1=0.5, param3=8.0), item(20))
    bench.begin([waypoint(20.0, 0.0), *others, item(19, 5.0, 0.0)])
    bench.run(300.0, lambda: "Mission Complete" in bench.texts)
    told = [text for text in bench.texts if text.startswith(("Reached", "Finished"))]
    assert told == ["Reached waypoint #1", "Reached waypoint #5", "Finished active loiter"]


def test_a_loiter_without_end_tells_its_arrival_once() -> None:
    bench = Bench("rover")
    bench.begin([item(17, 20.0, 0.0)])
    bench.run(60.0)
    assert bench.texts.count("Reached waypoint #1") == 1
    assert bench.core.sequencer.state() is MissionState.RUNNING


@pytest.mark.parametrize(("mode", "index"), [(AUTO, 2), (HOLD, 0)])
def test_disarming_in_auto_keeps_the_index_and_outside_it_rewinds(mode: int, index: int) -> None:
    bench = Bench("rover")
    bench.begin(ROUND)
    bench.run(60.0, lambda: bench.reached == [1])
    bench.core.modes.set(mode, bench.now_ms)
    bench.core.arming.disarm(bench.now_ms)
    assert bench.core.sequencer.current_nav_index() == index


def test_mission_start_enters_auto_from_manual() -> None:
    """docs/catalogue.md, 44."""
    bench = Bench("rover")
    bench.upload(ROUND)
    bench.core.modes.set(MANUAL, bench.now_ms)
    bench.core.arming.arm(bench.now_ms)
    assert bench.core.mission_commands.start(bench.now_ms).ok
    bench.run(60.0, lambda: 1 in bench.reached)
    assert bench.core.modes.number == AUTO


def test_a_takeoff_at_the_beginning_does_not_stop_it() -> None:
    assert driven(takeoff(), *ROUND).reached == [2, 3, 4]


CIRCLE = (
    waypoint(20, 0, 0),
    item(178, param1=1, param2=2.0),
    item(18, 60, 0, 0, param1=1.0, param3=10.0),
    waypoint(90, 0, 0),
)


@pytest.mark.parametrize(("own", "speed"), [(0.0, 5.0), (3.0, 3.0)])
def test_a_circle_has_its_own_speed_and_the_mission_goes_on_with_that_before(own: float, speed: float) -> None:
    """CIRC_SPEED, or WP_SPEED, as in ArduRover; it was the speed of the mission, 2 m/s."""
    bench = Bench("rover", parameters={"WP_SPEED": 5.0, "CIRC_SPEED": own})
    bench.begin(CIRCLE)
    bench.run(60.0, lambda: bench.core.sequencer.current_nav_index() == 3)
    assert bench.vehicle.speeds.ground == speed
    bench.run(120.0, lambda: bench.core.sequencer.current_nav_index() == 4)
    assert bench.reached == [1, 3]
    assert bench.vehicle.speeds.ground == 2.0


@pytest.mark.parametrize("kind", ["rover", "boat"])
def test_a_circle_begins_at_its_nearest_edge(kind: str) -> None:
    """Straight to the edge and then round, as ArduRover; it was joined on a tangent."""
    bench = Bench(kind, parameters={"WP_SPEED": 5.0})
    bench.begin(CIRCLE)
    bench.run(60.0, lambda: bench.core.sequencer.current_nav_index() == 3)
    way = bench.vehicle.target
    assert isinstance(way, Leg)
    assert way.end[:2] == pytest.approx((50.0, 0.0), abs=0.1)
    bench.run(60.0, lambda: isinstance(bench.vehicle.target, Circle))
    assert bench.position[:2] == pytest.approx((50.0, 0.0), abs=3.0)


def test_a_circle_that_is_left_for_another_item_leaves_no_speed() -> None:
    bench = Bench("rover", parameters={"WP_SPEED": 5.0, "CIRC_SPEED": 3.0})
    bench.begin(CIRCLE)
    bench.run(60.0, lambda: bench.core.sequencer.current_nav_index() == 3)
    bench.core.mission_commands.set_current(4)
    bench.run(0.1)
    assert bench.vehicle.speeds.ground == 2.0
