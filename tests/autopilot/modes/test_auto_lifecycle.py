"""AUTO as mission executor: the seed's firmware tests "Auto mode enter/update/exit lifecycle with sequencer"."""

from __future__ import annotations

from math import hypot

import pytest

from autopilot.context.journal import SaveProgress
from autopilot.interface.targets import Idle, Leg, TakeOff
from autopilot.interface.vehicle import VehicleEvent
from autopilot.mission.events import CurrentChanged, ItemReached, MissionComplete, MissionNotice, MissionWaits
from autopilot.mission.sequencer import MissionState
from tests.fakes.core_bench import Bench, item, takeoff, waypoint
from tests.fakes.sim_copter import ready

SQUARE = (takeoff(), waypoint(40, 0), waypoint(40, 40), waypoint(0, 40))
AUTO, GUIDED, LOITER = 3, 4, 5


def state(bench: Bench) -> MissionState:
    return bench.core.sequencer.state()


def test_entering_auto_starts_the_sequencer_at_the_first_item() -> None:
    bench = Bench()
    bench.begin(SQUARE)
    assert state(bench) is MissionState.RUNNING
    assert bench.core.sequencer.current_nav_index() == 1
    assert isinstance(bench.vehicle.target, TakeOff)


def test_update_steps_through_the_items_in_order() -> None:
    bench = Bench()
    bench.begin(SQUARE)
    bench.run(120.0, lambda: state(bench) is MissionState.COMPLETED)
    assert bench.reached == [1, 2, 3, 4]
    assert [event.seq for event in bench.events(CurrentChanged)][-4:] == [1, 2, 3, 4]
    assert len(bench.events(MissionComplete)) == 1


def test_an_item_is_reached_in_the_tick_of_the_vehicles_event() -> None:
    bench = Bench()
    bench.begin(SQUARE)
    arrivals: list[int] = []
    take = bench.vehicle.take_events

    def spying() -> VehicleEvent:
        events: VehicleEvent = take()
        if events & VehicleEvent.ARRIVED:
            arrivals.append(bench.now_ms)
        return events

    bench.vehicle.take_events = spying
    bench.run(120.0, lambda: state(bench) is MissionState.COMPLETED)
    reached = [when for when, event in bench.log if isinstance(event, ItemReached)]
    assert reached == arrivals


def test_leaving_auto_stops_the_sequencer_and_keeps_its_index() -> None:
    bench = Bench()
    bench.begin(SQUARE)
    bench.run(60.0, lambda: bench.reached == [1, 2])
    assert bench.core.modes.set(LOITER, bench.now_ms).ok
    assert state(bench) is MissionState.IDLE
    assert bench.core.sequencer.current_nav_index() == 3
    bench.run(30.0)
    assert bench.reached == [1, 2]


def test_coming_back_to_auto_goes_on_at_the_same_item() -> None:
    bench = Bench()
    bench.begin(SQUARE)
    bench.run(60.0, lambda: bench.reached == [1, 2])
    bench.core.modes.set(LOITER, bench.now_ms)
    bench.run(5.0)
    assert bench.core.modes.set(AUTO, bench.now_ms).ok
    bench.run(60.0, lambda: state(bench) is MissionState.COMPLETED)
    assert bench.reached == [1, 2, 3, 4]


def test_mis_restart_begins_anew_on_entering_auto() -> None:
    bench = Bench(parameters={"MIS_RESTART": 1})
    bench.begin(SQUARE)
    bench.run(60.0, lambda: bench.reached == [1, 2])
    bench.core.modes.set(LOITER, bench.now_ms)
    assert bench.core.modes.set(AUTO, bench.now_ms).ok
    assert bench.core.sequencer.current_nav_index() == 1


def test_mis_restart_does_not_begin_anew_at_arming() -> None:
    """A rover or boat in AUTO keeps its item while it is disarmed, and goes to the one that was chosen then (Rover's
    ModeAuto::update, which starts the mission when AUTO is entered). It drove the mission from its beginning."""
    bench = Bench("rover", parameters={"MIS_RESTART": 1})
    bench.begin([waypoint(30, 0), waypoint(60, 0), waypoint(90, 0), waypoint(120, 0)])
    bench.run(60.0, lambda: bench.reached == [1, 2])
    assert bench.core.arming.disarm(bench.now_ms, force=True).ok
    bench.arm()
    assert bench.core.sequencer.current_nav_index() == 3
    for mode in (4, 10):  # HOLD, AUTO
        assert bench.core.arming.disarm(bench.now_ms, force=True).ok
        assert bench.core.modes.set(mode, bench.now_ms).ok
    assert bench.core.mission_commands.set_current(4).ok
    bench.arm()
    assert (state(bench), bench.core.sequencer.current_nav_index()) == (MissionState.RUNNING, 4)
    for mode in (4, 10):
        assert bench.core.modes.set(mode, bench.now_ms).ok
    assert bench.core.sequencer.current_nav_index() == 1


def test_a_repeated_auto_does_not_restart_the_mission() -> None:
    bench = Bench(parameters={"MIS_RESTART": 1})
    bench.begin(SQUARE)
    bench.run(60.0, lambda: bench.reached == [1, 2])
    targets = len(bench.vehicle.targets)
    assert bench.core.modes.set(AUTO, bench.now_ms).ok
    assert bench.core.sequencer.current_nav_index() == 3
    assert len(bench.vehicle.targets) == targets


def test_the_sequencer_is_not_asked_while_the_position_is_lost() -> None:
    bench = Bench(parameters={"FS_EKF_ACTION": 0})
    bench.begin(SQUARE)
    bench.run(60.0, lambda: bench.reached == [1])
    bench.vehicle.lose_position()
    bench.run(60.0)
    assert bench.reached == [1]
    bench.vehicle.find_position()
    bench.run(1.0)
    assert bench.reached == [1, 2]


def test_vehicle_events_while_the_position_is_lost_count_afterwards() -> None:
    """The nose has turned meanwhile: the items behind the CONDITION_YAW are run once there is a position again."""
    bench = Bench(parameters={"FS_EKF_ACTION": 0})
    speed = item(178, param1=1, param2=3.0)
    bench.begin((takeoff(), waypoint(40, 0), item(115, param1=90.0), speed, waypoint(400, 0)))
    bench.run(60.0, lambda: bench.reached == [1, 2])
    turned = bench.vehicle._see
    bench.vehicle._see = lambda: None  # it has not turned yet
    bench.run(0.5)
    bench.vehicle.lose_position()
    bench.run(1.0)
    bench.vehicle._see = turned
    bench.run(2.0)
    assert bench.core.sequencer.mission_speed() is None
    bench.vehicle.find_position()
    bench.run(1.0)
    assert bench.core.sequencer.mission_speed() == 3.0


def test_auto_says_once_for_what_it_waits() -> None:
    """With its cause as a type, each time that the position is lost."""
    bench = Bench(parameters={"FS_EKF_ACTION": 0})
    told: list[MissionNotice] = []
    voice = bench.core.auto._voice.notice
    bench.core.auto._voice.notice = lambda notice: (told.append(notice), voice(notice))[1]
    bench.begin(SQUARE)
    bench.run(60.0, lambda: bench.reached == [1])
    for times in (1, 2):
        bench.vehicle.lose_position()
        bench.run(5.0)
        bench.vehicle.raise_event(VehicleEvent.NEAR)
        bench.run(5.0)
        waits = [notice for notice in told if isinstance(notice, MissionWaits)]
        assert waits == [MissionWaits()] * times
        assert bench.texts.count("Auto: mission waits, no position") == times
        bench.vehicle.find_position()
        bench.run(0.5)


@pytest.mark.parametrize("hold", [0.0, 2.0])
def test_an_item_is_reached_where_it_lies(hold: float) -> None:
    """The simulated copter, tick by tick: passed within WPNAV_RADIUS; a stop counts when it stands there, and its hold
    from then on."""
    radius = 2.0
    places = {2: (40.0, 0.0), 3: (40.0, 40.0), 4: (0.0, 40.0)}
    items = [takeoff(), *(waypoint(n, e, param1=hold) for n, e in places.values())]
    bench = ready(WPNAV_RADIUS=200)
    bench.by_tick = True
    bench.begin(items)
    away: dict[int, list[float]] = {seq: [] for seq in places}

    def measure() -> bool:
        north, east, _ = bench.position
        for seq, (n, e) in places.items():
            if seq not in bench.reached:
                away[seq].append(hypot(north - n, east - e))
        return state(bench) is MissionState.COMPLETED

    bench.run(200.0, measure)
    assert bench.reached == [1, 2, 3, 4]
    for seq, distances in away.items():
        assert distances[-1] < radius
        if hold or seq == 4:
            stood = distances[-1 - round(hold * 50.0) :]
            assert max(stood) < 0.3
            assert distances[-100 - len(stood)] > 0.3  # it did not stand there before


def test_a_disarmed_vehicle_only_enters_auto() -> None:
    bench = Bench()
    bench.upload(SQUARE)
    assert bench.core.mission_commands.start(bench.now_ms).ok
    bench.run(5.0)
    assert bench.core.modes.number == AUTO
    assert state(bench) is MissionState.IDLE
    assert isinstance(bench.vehicle.target, Idle)


def test_a_takeoff_waits_until_it_is_allowed() -> None:
    """Mode AUTO alone leaves an armed copter on the ground; MISSION_START lets it go."""
    bench = Bench()
    bench.upload(SQUARE)
    bench.core.modes.set(GUIDED, bench.now_ms)
    bench.core.arming.arm(bench.now_ms)
    assert bench.core.modes.set(AUTO, bench.now_ms).ok
    bench.run(5.0)
    assert bench.position[2] == 0.0
    assert "Takeoff waits for MISSION_START or throttle" in bench.texts
    assert bench.core.mission_commands.start(bench.now_ms).ok
    bench.run(20.0, lambda: bench.reached == [1])
    assert bench.reached == [1]


def test_armed_in_auto_with_both_options_it_takes_off_by_itself() -> None:
    bench = Bench(parameters={"AUTO_OPTIONS": 3})
    bench.upload(SQUARE)
    bench.core.modes.set(AUTO, bench.now_ms)
    assert bench.core.arming.arm(bench.now_ms).ok
    bench.run(20.0, lambda: bench.reached == [1])
    assert bench.reached == [1]


def test_flying_the_mission_twice_without_leaving_auto() -> None:
    """docs/catalogue.md, 26: armed in AUTO twice, both flights come to their end."""
    bench = Bench(parameters={"AUTO_OPTIONS": 3})
    bench.upload([takeoff(), waypoint(30, 0), item(20)])
    bench.core.modes.set(AUTO, bench.now_ms)
    for flight in (1, 2):
        assert bench.core.arming.arm(bench.now_ms).ok
        bench.run(120.0, lambda: not bench.core.facts.armed)
        assert bench.reached == [1, 2, 3] * flight
    assert len(bench.events(MissionComplete)) == 2


def test_progress_is_kept_at_every_step() -> None:
    bench = Bench()
    bench.begin(SQUARE)
    bench.run(120.0, lambda: state(bench) is MissionState.COMPLETED)
    saved = [(change.index, change.state) for change in bench.journal.changes if isinstance(change, SaveProgress)]
    assert saved == [(1, 1), (2, 1), (3, 1), (4, 1), (4, 2)]


def test_a_restart_of_the_service_goes_on_where_it_was() -> None:
    class Stored:
        plans = {0: SQUARE}  # noqa: RUF012 - a fixture
        home = None
        progress = (3, int(MissionState.RUNNING))

    bench = Bench(stored=Stored())
    assert bench.core.sequencer.current_nav_index() == 3
    bench.airborne()
    assert bench.core.modes.set(AUTO, bench.now_ms).ok
    target = bench.vehicle.target
    assert isinstance(target, Leg)
    assert abs(target.end[0] - 40.0) < 0.1
    assert abs(target.end[1] - 40.0) < 0.1


def test_auto_rtl_is_auto_again_when_its_way_back_is_left() -> None:
    """It was shown on and on, also behind the next takeoff (ModeAuto::run; AP_Mission, the flags of a way back)."""
    bench = Bench(parameters={"MIS_OPTIONS": 4})
    bench.begin([takeoff(), waypoint(80, 0), item(189), waypoint(20, 0), item(21), takeoff(), waypoint(40, 0)])
    bench.run(60.0, lambda: bench.reached == [1])
    for way_out in (
        lambda: bench.core.mission_commands.set_current(2),
        lambda: bench.run(90.0, lambda: 5 in bench.reached),
    ):
        assert bench.core.mission_commands.land_start(bench.now_ms).ok
        bench.run(2.0)
        assert bench.core.modes.number == 27
        way_out()
        bench.run(0.1)
        assert bench.core.modes.number == 3
    assert bench.modes == [4, 3, 27, 3, 27, 3]
