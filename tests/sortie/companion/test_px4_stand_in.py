"""A PX4 multicopter behind Sortie, line by line what a real one showed (the stand-in does as PX4 does)."""

from __future__ import annotations

from math import hypot

import pytest

from autopilot.interface.geo import to_global
from autopilot.interface.targets import Hold, Velocity
from autopilot.mav import VehicleType
from autopilot.mission.items import MissionItem
from autopilot.mission.state import MissionState
from autopilot.vehicles.mode_table import CopterMode
from mavlink_bridge.wire.codec import dialect
from mavlink_bridge.wire.framing import FrameReader
from sortie.api.testing.stand_in import HOME
from tests.fakes.controller_bench import ControllerBench, Ground
from tests.fakes.controller_flight import (
    ARM,
    AUTO,
    GUIDED,
    LOITER,
    MISSION_START,
    PAUSE,
    RTL,
    SET_MODE,
    SQUARE,
    MakeBench,
    insist,
    landed,
    reached,
)
from tests.fakes.px4_flight import STILL_MPS, px4, sent, start
from tests.stand_in.real_px4 import RealPx4

RETURN_COMMAND, TAKEOFF, DO_SET_SERVO, REPOSITION, GO = 20, 22, 183, 192, 31010
HOME_POSITION = 242
SETTLED_M = 1.0


def upload(bench: ControllerBench, ground: Ground, *items: tuple[int, int, float, float, float]) -> list[int]:
    """As a PX4 station does, from item 0: command, frame, metres north and east, height. The acknowledgements."""
    ground.send(dialect.MAVLink_mission_count_message(1, 1, len(items), 0))
    for seq, (command, frame, north, east, height) in enumerate(items):
        place = to_global(HOME, (north, east, 0.0))
        x, y = (round(place.lat * 1e7), round(place.lon * 1e7)) if frame != 2 else (0, 0)
        ground.send(
            dialect.MAVLink_mission_item_int_message(1, 1, seq, frame, command, 0, 1, 0, 0, 0, 0, x, y, height, 0)
        )
        bench.run(0.2)
    return [message.type for message in ground.of("MISSION_ACK")]


def test_a_mission_without_home_and_takeoff_is_flown_by_mode_and_arming(make_px4: MakeBench) -> None:
    """Lines 2, 4, 5, 6, 10, 11: three items from 0 as MAVSDK sends them, mode Mission, arming; PX4 takes off by itself,
    and the station hears its own numbers."""
    bench = make_px4()
    ground = bench.ground()
    bench.ready()
    assert upload(bench, ground, (16, 6, 20.0, 0.0, 8.0), (16, 6, 20.0, 20.0, 8.0), (20, 2, 0.0, 0.0, 0.0)) == [0]
    assert bench.autopilot.plans.mission.total() == 3
    ground.send(dialect.MAVLink_mission_request_list_message(1, 1, 0))
    bench.run(0.2)
    assert [message.count for message in ground.of("MISSION_COUNT")] == [3]
    for number, *params in ((SET_MODE, 1.0, AUTO), (ARM, 1.0)):
        insist(bench, ground, number, *params)
    assert ground.acks(SET_MODE) == [0] and ground.acks(ARM) == [0]
    bench.run_until(lambda: landed(bench), 120.0)
    bench.run(1.0)
    assert [message.seq for message in ground.of("MISSION_ITEM_REACHED")] == [0, 1, 2]
    assert px4(bench).total(0) == 3
    assert not any("taken over" in text for text in ground.texts()), "its return is an item of the mission (line 7)"
    assert sent(bench, MISSION_START) == []
    heard = {message.type for _, message in px4(bench).received if message.get_type() == "HEARTBEAT"}
    assert len(heard - {VehicleType.GENERIC}) == 1, "a computer that becomes a station is a lost computer to PX4"


def test_a_takeoff_without_a_place_is_not_sent_before_home_is_known(make_px4: MakeBench) -> None:
    """PX4 takes 0, 0 for a place and flies there: the real one set out for the Gulf of Guinea."""
    bench = make_px4()
    reader = FrameReader()
    bench.from_controller = lambda data: b"".join(f.raw for f in reader.receive(data) if f.msg_id != HOME_POSITION)
    bench.upload(SQUARE)
    bench.run(4.0)
    assert bench.vehicle.home.position is None and px4(bench).total(0) == 0
    bench.from_controller = bytes
    bench.run_until(lambda: px4(bench).total(0) == len(SQUARE), 20.0)
    given = [message for _, message in px4(bench).received if message.get_type() == "MISSION_ITEM_INT"]
    assert (given[0].x, given[0].y) == pytest.approx((HOME.lat * 1e7, HOME.lon * 1e7), abs=300.0)


def test_armed_first_the_mode_is_the_start(make_px4: MakeBench) -> None:
    """MAVSDK's order: arm, then mode Mission; without a takeoff in the mission."""
    bench = make_px4()
    ground = bench.ground()
    bench.ready()
    upload(bench, ground, (16, 6, 20.0, 0.0, 8.0), (16, 6, 20.0, 20.0, 8.0))
    for number, *params in ((ARM, 1.0), (SET_MODE, 1.0, AUTO)):
        insist(bench, ground, number, *params)
    assert ground.acks(SET_MODE) == [0]
    bench.run_until(lambda: reached(bench) == [1, 2], 60.0)
    bench.run(3.0)
    assert px4(bench).ground_speed < STILL_MPS and ground.mode == AUTO, "it stays where its mission ends"


def test_a_mission_start_arms_it(make_px4: MakeBench) -> None:
    """As PX4's own MISSION_START does; it was accepted, and nothing followed. The answer is that of the arming."""
    bench = make_px4()
    ground = bench.ground()
    bench.ready()
    bench.upload(SQUARE)
    insist(bench, ground, MISSION_START)
    assert ground.acks(MISSION_START) == [0] and bench.controller.armed
    bench.run_until(lambda: bench.height > 5.0, 30.0)
    assert bench.controller.mode == ground.mode == AUTO and len(sent(bench, ARM)) == 1


def test_a_mission_start_that_cannot_arm_it_fails(make_px4: MakeBench) -> None:
    """It calibrates."""
    bench = make_px4()
    ground = bench.ground()
    bench.ready()
    bench.upload(SQUARE)
    insist(bench, ground, 241, 1.0)
    insist(bench, ground, MISSION_START)
    assert ground.acks(MISSION_START) == [4] and not bench.controller.armed
    bench.run(2.0)
    assert bench.autopilot.sequencer.state() is not MissionState.RUNNING


def test_the_old_set_mode_message_is_understood(make_px4: MakeBench) -> None:
    """QGroundControl's: custom_mode has main and sub mode."""
    bench = make_px4()
    ground = bench.ground()
    bench.ready()
    bench.upload(SQUARE)
    ground.send(dialect.MAVLink_set_mode_message(1, 1, 4 << 16 | 4 << 24))
    bench.run(2.0)
    assert bench.autopilot.modes.spec.name == "AUTO"
    assert not any("No such mode" in text for text in ground.texts())


def test_preflight_does_not_arm_into_a_calibration(make_px4: MakeBench) -> None:
    """Line 3: GO flies; nothing was calibrated."""
    bench = make_px4()
    ground = bench.ground()
    bench.ready()
    bench.upload(SQUARE)
    ground.command(31010, 0x20)
    bench.run_until(lambda: px4(bench).armed, 80.0)
    assert sent(bench, 241) == []
    bench.run_until(lambda: bench.height > 5.0, 30.0)


def test_why_it_is_not_armed_is_told_without_a_station(make_px4: MakeBench) -> None:
    """Line 8: a companion counts as a ground station where nothing is done for one that is lost (NAV_DLL_ACT 0)."""
    bench = make_px4()
    bench.run(3.0)
    px4(bench).lose_gps()
    bench.run(12.0)
    told = [reason.text for reason in bench.vehicle.armable_reasons]
    assert any("health" in text or "GPS" in text for text in told)
    strict = make_px4(NAV_DLL_ACT=2.0)
    strict.run(6.0)
    types = {message.type for _, message in px4(strict).received if message.get_type() == "HEARTBEAT"}
    assert types - {VehicleType.GENERIC} == {VehicleType.ONBOARD_CONTROLLER}, "it would not miss the real station"


def test_parameters_it_flies_by_are_the_controllers(make_px4: MakeBench) -> None:
    """Line 14: MPC_XY_CRUISE, RTL_RETURN_ALT; a target has no speed of ours until somebody asks for one."""
    bench = make_px4(native=False, MPC_XY_CRUISE=4.0)
    slow = MissionItem(178, 3, param1=1.0, param2=2.0)
    start(bench, (*SQUARE[:2], slow, *SQUARE[2:]))
    bench.run_until(lambda: reached(bench) == [1], 60.0)
    bench.run(4.0)
    parameters = bench.service.parameters
    assert (parameters["WPNAV_SPEED"], parameters["RTL_ALT"]) == (400.0, 3000.0)
    assert 3.0 < px4(bench).ground_speed < 4.5
    assert [message.param1 for message in sent(bench, 192)] == [-1.0]
    bench.run_until(lambda: 2 in reached(bench), 60.0)
    bench.run(5.0)
    assert px4(bench).ground_speed < 2.5
    assert sent(bench, 192)[-1].param1 == 2.0 and sent(bench, 178) == []


def test_a_target_is_sent_once(make_px4: MakeBench) -> None:
    """Line 1: each accepted reposition counts as a change of mode by the user."""
    bench = make_px4(native=False)
    start(bench)
    bench.run_until(lambda: landed(bench), 200.0)
    assert reached(bench) == [1, 2, 3, 4, 5, 6]
    assert px4(bench).repositions <= 7


def test_the_mission_is_flown_by_repositions(make_px4: MakeBench) -> None:
    """`--strategy guided`: shown as Mission, by HEARTBEAT and CURRENT_MODE alike (line 17), while it is in Hold."""
    bench = make_px4(native=False)
    ground = start(bench)
    ground.command(511, 436.0, 500_000.0)
    bench.run_until(lambda: reached(bench) == [1], 60.0)
    bench.run(1.0)
    assert ground.mode == AUTO
    assert bench.controller.mode == GUIDED
    assert ground.of("CURRENT_MODE")[-1].custom_mode == 4 << 16 | 4 << 24
    bench.run_until(lambda: landed(bench))
    assert reached(bench) == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("words", "refused"),
    [
        (((SET_MODE, 1.0, AUTO), (ARM, 1.0)), None),
        (((ARM, 1.0), (SET_MODE, 1.0, AUTO)), SET_MODE),
        (((SET_MODE, 1.0, AUTO), (GO, 32.0)), GO),
    ],
    ids=["mode, arm", "arm, mode", "GO"],
)
def test_guided_wants_a_takeoff_in_the_mission_and_says_so(
    make_px4: MakeBench, words: tuple[tuple[float, ...], ...], refused: int | None
) -> None:
    """Natively PX4 climbs by itself. Led by Sortie a climb is not made up, and no target is sent to a vehicle on the
    ground, which might lift off for it."""
    bench = make_px4(native=False)
    ground = bench.ground()
    bench.ready()
    bench.upload((MissionItem(16, 6, x=HOME.lat + 2e-4, y=HOME.lon, z=8.0),))
    for number, *params in words:
        insist(bench, ground, int(number), *params)
        assert (ground.acks(int(number))[-1] == 0) is (number != refused)
    bench.run(5.0)
    why = "the mission does not begin with a take" if refused == GO else "Auto: Missing Takeoff Cmd"
    assert sum(why in text for text in ground.texts()) == 1
    assert sent(bench, TAKEOFF, REPOSITION) == [] and bench.height < 1.0
    bench.run_until(lambda: not px4(bench).armed, 60.0)
    assert bench.autopilot.sequencer.state() is not MissionState.RUNNING


def test_a_return_of_a_station_is_px4s_own(make_px4: MakeBench) -> None:
    """The true mode is shown and the mission does not go on."""
    bench = make_px4()
    ground = start(bench)
    bench.run_until(lambda: reached(bench) == [1], 60.0)
    ground.command(RETURN_COMMAND)
    bench.run_until(lambda: ground.mode == RTL, 3.0)
    assert not bench.vehicle.commanded
    assert bench.autopilot.sequencer.state() is not MissionState.RUNNING
    bench.run_until(lambda: landed(bench), 120.0)


@pytest.mark.parametrize("native", [True, False], ids=["native", "guided"])
def test_a_pause_stops_where_it_is_asked_and_goes_on(make_px4: MakeBench, native: bool) -> None:
    """Line 13: by a reposition to nowhere; it does not fly back. DO_PAUSE_CONTINUE 1 flies the rest."""
    bench = make_px4(native=native)
    ground = start(bench)
    bench.run_until(lambda: reached(bench) == [1], 60.0)
    bench.run(4.0)
    ground.command(PAUSE, 0)
    asked = px4(bench).position
    farthest = 0.0
    for _ in range(300):
        bench.step()
        farthest = max(farthest, hypot(px4(bench).position[0] - asked[0], px4(bench).position[1] - asked[1]))
    rest = px4(bench).position
    assert ground.acks(PAUSE) == [0]
    assert px4(bench).ground_speed < STILL_MPS
    assert hypot(rest[0] - asked[0], rest[1] - asked[1]) > farthest - SETTLED_M, "it came back"
    ground.command(PAUSE, 1)
    bench.run_until(lambda: landed(bench), 200.0)
    assert reached(bench) == [1, 2, 3, 4, 5, 6]


def test_to_go_on_without_a_mission_is_refused(make_px4: MakeBench) -> None:
    """DO_PAUSE_CONTINUE got no answer."""
    bench = make_px4()
    ground = bench.ground()
    bench.ready()
    insist(bench, ground, PAUSE, 1.0)
    assert ground.acks(PAUSE) == [4] and "Mission start: no mission" in ground.texts()


def test_transfers_do_not_collide(make_px4: MakeBench) -> None:
    """Line 12: our upload and our copies of fence and rally points wait for each other, and for a station's."""
    bench = make_px4()
    ground = bench.ground()
    bench.upload(SQUARE)
    bench.run(1.0)
    ground.send(dialect.MAVLink_mission_count_message(1, 1, 1, 2))
    bench.run(0.1)
    place = (round(HOME.lat * 1e7), round(HOME.lon * 1e7))
    ground.send(dialect.MAVLink_mission_item_int_message(1, 1, 0, 3, 5100, 0, 1, 0, 0, 0, 0, *place, 10.0, 2))
    bench.upload(SQUARE[:3])
    bench.run(8.0)
    assert px4(bench).busy_refusals == 0
    assert (px4(bench).total(0), px4(bench).total(2)) == (3, 1)


def test_a_refused_output_is_told(make_px4: MakeBench) -> None:
    """Line 17: DO_SET_SERVO of a mission in guided."""
    bench = make_px4(native=False)
    ground = start(bench, (SQUARE[0], MissionItem(DO_SET_SERVO, 3, param1=9.0, param2=1500.0), *SQUARE[1:]))
    bench.run_until(lambda: 2 in reached(bench) or 3 in reached(bench), 60.0)
    assert any("Output 9 not driven" in text for text in ground.texts())


def test_chunks_of_texts_do_not_run_into_the_controllers(make_px4: MakeBench) -> None:
    """Line 15: ids of Sortie's own are from the upper half."""
    bench = make_px4()
    ground = bench.ground()
    bench.run(2.0)
    bench.autopilot.announcer.say(4, "a" * 60)
    controller = px4(bench)
    if isinstance(controller, RealPx4):
        pytest.skip("a real PX4 says what it wants")
    controller._say(4, "b" * 60)
    bench.run(1.0)
    ids = {message.text[0]: message.id for message in ground.of("STATUSTEXT") if message.id}
    assert ids["a"] >= 0x8000 > ids["b"]


def test_velocities_are_streamed_and_offboard_is_entered(make_px4: MakeBench) -> None:
    """A velocity is flown in OFFBOARD; when it ends, the vehicle stops in Hold, by a reposition."""
    bench = make_px4(native=False)
    start(bench)
    bench.run_until(lambda: reached(bench) == [1], 60.0)
    bench.autopilot.modes.set(CopterMode.GUIDED, bench.service.now_ms)
    bench.run(3.0)
    for _ in range(3):  # renewed, as who steers by velocities does
        bench.vehicle.set_target(Velocity((3.0, 0.0, 0.0)))
        bench.run(0.6)
    assert px4(bench).offboard
    bench.vehicle.set_target(Velocity((3.0, 0.0, 0.0), timeout_ms=20_000))
    begin = bench.controller.position
    bench.run(6.0)
    assert px4(bench).offboard, "it is streamed all the time"
    assert 12.0 < bench.controller.position[0] - begin[0] < 20.0
    bench.vehicle.set_target(Hold(None))
    bench.run(6.0)
    assert not px4(bench).offboard and bench.controller.mode == GUIDED
    assert bench.controller.ground_speed < STILL_MPS
    assert bench.vehicle.commanded


def test_offboard_that_is_lost_is_a_takeover(make_px4: MakeBench) -> None:
    """The companion falls silent: PX4 leaves OFFBOARD for Position, which is seen when the link is back."""
    bench = make_px4(native=False)
    ground = start(bench)
    bench.run_until(lambda: reached(bench) == [1], 60.0)
    bench.autopilot.modes.set(CopterMode.GUIDED, bench.service.now_ms)
    bench.run(3.0)
    bench.vehicle.set_target(Velocity((3.0, 0.0, 0.0), timeout_ms=20_000))
    bench.run_until(lambda: px4(bench).offboard, 4.0)
    bench.plugged = False
    bench.run(6.0)
    bench.plugged = True
    bench.run(2.0)
    assert ground.mode == LOITER
    assert not bench.vehicle.commanded


def test_a_start_before_it_has_lifted_off_does_not_stop_it(make_px4: MakeBench) -> None:
    """Armed in Mission it stands for seconds until it climbs; a start in that time, of a mission that is begun anew,
    leaves it there."""
    bench = make_px4()
    ground = start(bench)
    bench.run_until(lambda: bench.controller.mode == AUTO and bench.vehicle.modes.confirmed, 5.0)
    assert bench.vehicle.state.landed
    px4(bench).received.clear()
    bench.vehicle.command(CopterMode.AUTO)
    bench.run_until(lambda: bench.height > 5.0, 30.0)
    assert sent(bench, SET_MODE) == [], "no Hold in between"
    assert bench.vehicle.commanded and ground.mode == AUTO
