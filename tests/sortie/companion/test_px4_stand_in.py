"""A PX4 multicopter behind Sortie, line by line what a real one showed (the stand-in does as PX4 does)."""

from __future__ import annotations

from collections.abc import Callable
from math import hypot
from typing import Any

import pytest

from autopilot.interface.geo import to_global
from autopilot.interface.targets import Hold, Velocity
from autopilot.mav import VehicleType
from autopilot.mission.items import MissionItem
from autopilot.mission.state import MissionState
from autopilot.vehicles.mode_table import CopterMode
from mavlink_bridge.wire.codec import dialect
from mavlink_bridge.wire.framing import FrameReader, split_frames
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
from tests.stand_in.px4 import Px4StandIn
from tests.stand_in.px4_parameters import Parameters
from tests.stand_in.px4_plans import UNSUPPORTED, Plans
from tests.stand_in.real_px4 import RealPx4, px4_controller

RETURN_COMMAND, TAKEOFF, DO_SET_SERVO, REPOSITION, GO = 20, 22, 183, 192, 31010
FAILED = 4  # MAV_RESULT
HOME_POSITION = 242
SETTLED_M = 1.0
STILL_MPS = 0.8
"""What the estimator of a real one may still tell of a vehicle that stands in the air."""


@pytest.fixture
def make(make_bench: MakeBench) -> Callable[..., ControllerBench]:
    def built(native: bool = True, **params: float) -> ControllerBench:
        return make_bench(controller=px4_controller(params), native=native)

    return built


def px4(bench: ControllerBench) -> Px4StandIn | RealPx4:
    assert isinstance(bench.controller, Px4StandIn | RealPx4)
    return bench.controller


def start(bench: ControllerBench, items: tuple[MissionItem, ...] = SQUARE) -> Ground:
    ground = bench.ground()
    bench.ready()
    bench.upload(items)
    for number, *params in ((SET_MODE, 1.0, AUTO), (ARM, 1.0)):
        insist(bench, ground, number, *params)
    return ground


def sent(bench: ControllerBench, *commands: int) -> list[Any]:
    """Commands that the controller was given."""
    told = [message for _, message in px4(bench).received if message.get_type().startswith("COMMAND_")]
    return [message for message in told if message.command in commands]


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


def test_a_mission_without_home_and_takeoff_is_flown_by_mode_and_arming(make: Callable[..., ControllerBench]) -> None:
    """Lines 2, 4, 5, 6, 10, 11: three items from 0 as MAVSDK sends them, mode Mission, arming; PX4 takes off by itself,
    and the station hears its own numbers."""
    bench = make()
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


def test_a_takeoff_without_a_place_is_not_sent_before_home_is_known(make: Callable[..., ControllerBench]) -> None:
    """PX4 takes 0, 0 for a place and flies there: the real one set out for the Gulf of Guinea."""
    bench = make()
    reader = FrameReader()
    bench.from_controller = lambda data: b"".join(f.raw for f in reader.receive(data) if f.msg_id != HOME_POSITION)
    bench.upload(SQUARE)
    bench.run(4.0)
    assert bench.vehicle.home.position is None and px4(bench).total(0) == 0
    bench.from_controller = bytes
    bench.run_until(lambda: px4(bench).total(0) == len(SQUARE), 20.0)
    given = [message for _, message in px4(bench).received if message.get_type() == "MISSION_ITEM_INT"]
    assert (given[0].x, given[0].y) == pytest.approx((HOME.lat * 1e7, HOME.lon * 1e7), abs=300.0)


def test_armed_first_the_mode_is_the_start(make: Callable[..., ControllerBench]) -> None:
    """MAVSDK's order: arm, then mode Mission; without a takeoff in the mission."""
    bench = make()
    ground = bench.ground()
    bench.ready()
    upload(bench, ground, (16, 6, 20.0, 0.0, 8.0), (16, 6, 20.0, 20.0, 8.0))
    for number, *params in ((ARM, 1.0), (SET_MODE, 1.0, AUTO)):
        insist(bench, ground, number, *params)
    assert ground.acks(SET_MODE) == [0]
    bench.run_until(lambda: reached(bench) == [1, 2], 60.0)
    bench.run(3.0)
    assert px4(bench).ground_speed < STILL_MPS and ground.mode == AUTO, "it stays where its mission ends"


def test_the_old_set_mode_message_is_understood(make: Callable[..., ControllerBench]) -> None:
    """QGroundControl's: custom_mode has main and sub mode."""
    bench = make()
    ground = bench.ground()
    bench.ready()
    bench.upload(SQUARE)
    ground.send(dialect.MAVLink_set_mode_message(1, 1, 4 << 16 | 4 << 24))
    bench.run(2.0)
    assert bench.autopilot.modes.spec.name == "AUTO"
    assert not any("No such mode" in text for text in ground.texts())


def test_preflight_does_not_arm_into_a_calibration(make: Callable[..., ControllerBench]) -> None:
    """Line 3: GO flies; nothing was calibrated."""
    bench = make()
    ground = bench.ground()
    bench.ready()
    bench.upload(SQUARE)
    ground.command(31010, 0x20)
    bench.run_until(lambda: px4(bench).armed, 80.0)
    assert sent(bench, 241) == []
    bench.run_until(lambda: bench.height > 5.0, 30.0)


def test_why_it_is_not_armed_is_told_without_a_station(make: Callable[..., ControllerBench]) -> None:
    """Line 8: a companion counts as a ground station where nothing is done for one that is lost (NAV_DLL_ACT 0)."""
    bench = make()
    bench.run(3.0)
    px4(bench).lose_gps()
    bench.run(12.0)
    told = [reason.text for reason in bench.vehicle.armable_reasons]
    assert any("health" in text or "GPS" in text for text in told)
    strict = make(NAV_DLL_ACT=2.0)
    strict.run(6.0)
    types = {message.type for _, message in px4(strict).received if message.get_type() == "HEARTBEAT"}
    assert types - {VehicleType.GENERIC} == {VehicleType.ONBOARD_CONTROLLER}, "it would not miss the real station"


def test_parameters_it_flies_by_are_the_controllers(make: Callable[..., ControllerBench]) -> None:
    """Line 14: MPC_XY_CRUISE, RTL_RETURN_ALT; a target has no speed of ours until somebody asks for one."""
    bench = make(native=False, MPC_XY_CRUISE=4.0)
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


def test_a_target_is_sent_once(make: Callable[..., ControllerBench]) -> None:
    """Line 1: each accepted reposition counts as a change of mode by the user."""
    bench = make(native=False)
    start(bench)
    bench.run_until(lambda: landed(bench), 200.0)
    assert reached(bench) == [1, 2, 3, 4, 5, 6]
    assert px4(bench).repositions <= 7


def test_the_mission_is_flown_by_repositions(make: Callable[..., ControllerBench]) -> None:
    """`--strategy guided`: shown as Mission, by HEARTBEAT and CURRENT_MODE alike (line 17), while it is in Hold."""
    bench = make(native=False)
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
    make: Callable[..., ControllerBench], words: tuple[tuple[float, ...], ...], refused: int | None
) -> None:
    """Natively PX4 climbs by itself. Led by Sortie a climb is not made up, and no target is sent to a vehicle on the
    ground, which might lift off for it."""
    bench = make(native=False)
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


def test_a_return_of_a_station_is_px4s_own(make: Callable[..., ControllerBench]) -> None:
    """The true mode is shown and the mission does not go on."""
    bench = make()
    ground = start(bench)
    bench.run_until(lambda: reached(bench) == [1], 60.0)
    ground.command(RETURN_COMMAND)
    bench.run_until(lambda: ground.mode == RTL, 3.0)
    assert not bench.vehicle.commanded
    assert bench.autopilot.sequencer.state() is not MissionState.RUNNING
    bench.run_until(lambda: landed(bench), 120.0)


@pytest.mark.parametrize("native", [True, False], ids=["native", "guided"])
def test_a_pause_stops_where_it_is_asked_and_goes_on(make: Callable[..., ControllerBench], native: bool) -> None:
    """Line 13: by a reposition to nowhere; it does not fly back. DO_PAUSE_CONTINUE 1 flies the rest."""
    bench = make(native=native)
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


def test_transfers_do_not_collide(make: Callable[..., ControllerBench]) -> None:
    """Line 12: our upload and our copies of fence and rally points wait for each other, and for a station's."""
    bench = make()
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


def test_a_mode_that_was_acknowledged_and_not_entered_is_refused(make: Callable[..., ControllerBench]) -> None:
    """Line 17: PX4 accepts first and refuses then; only HEARTBEAT tells."""
    bench = make()
    ground = bench.ground()
    bench.ready()
    bench.upload(SQUARE)
    px4(bench).turn_switch(1700)
    bench.run(2.0)
    px4(bench).forbid_guided()
    ground.command(SET_MODE, 1, AUTO)
    bench.run(5.0)
    assert ground.acks(SET_MODE) == [4]
    assert bench.controller.mode == LOITER and not bench.vehicle.commanded


def test_a_refused_output_is_told(make: Callable[..., ControllerBench]) -> None:
    """Line 17: DO_SET_SERVO of a mission in guided."""
    bench = make(native=False)
    ground = start(bench, (SQUARE[0], MissionItem(DO_SET_SERVO, 3, param1=9.0, param2=1500.0), *SQUARE[1:]))
    bench.run_until(lambda: 2 in reached(bench) or 3 in reached(bench), 60.0)
    assert any("Output 9 not driven" in text for text in ground.texts())


def test_chunks_of_texts_do_not_run_into_the_controllers(make: Callable[..., ControllerBench]) -> None:
    """Line 15: ids of Sortie's own are from the upper half."""
    bench = make()
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


def test_velocities_are_streamed_and_offboard_is_entered(make: Callable[..., ControllerBench]) -> None:
    """A velocity is flown in OFFBOARD; when it ends, the vehicle stops in Hold, by a reposition."""
    bench = make(native=False)
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


def test_offboard_that_is_lost_is_a_takeover(make: Callable[..., ControllerBench]) -> None:
    """The companion falls silent: PX4 leaves OFFBOARD for Position, which is seen when the link is back."""
    bench = make(native=False)
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


def test_a_start_before_it_has_lifted_off_does_not_stop_it(make: Callable[..., ControllerBench]) -> None:
    """Armed in Mission it stands for seconds until it climbs; a start in that time, of a mission that is begun anew,
    leaves it there."""
    bench = make()
    ground = start(bench)
    bench.run_until(lambda: bench.controller.mode == AUTO and bench.vehicle.modes.confirmed, 5.0)
    assert bench.vehicle.state.landed
    px4(bench).received.clear()
    bench.vehicle.command(CopterMode.AUTO)
    bench.run_until(lambda: bench.height > 5.0, 30.0)
    assert sent(bench, SET_MODE) == [], "no Hold in between"
    assert bench.vehicle.commanded and ground.mode == AUTO


def test_a_mode_that_is_refused_for_a_moment_is_asked_for_again(make: Callable[..., ControllerBench]) -> None:
    """PX4 enters Mission a moment after it has acknowledged the upload: its first answer is "temporarily rejected"."""
    bench = make()
    ground = bench.ground()
    bench.ready()
    bench.upload(SQUARE)
    ground.command(SET_MODE, 1.0, AUTO)
    ground.command(ARM, 1.0)
    bench.run_until(lambda: bench.height > 5.0, 30.0)
    assert bench.vehicle.commanded and ground.mode == AUTO


class SecondOf:
    """Is it the second message of this number?"""

    def __init__(self, number: int) -> None:
        self._number, self._came = number, 0

    def __call__(self, number: int, payload: bytes) -> bool:
        self._came += number == self._number and payload[:2] == b"\xb0\x00"
        return number == self._number and self._came == 2


class Loses:
    """A link that loses the frames which this is true of, by message number and payload."""

    def __init__(self, lost: Callable[[int, bytes], bool]) -> None:
        self._lost, self._reader = lost, FrameReader()
        self.count = 0

    def __call__(self, data: bytes) -> bytes:
        return b"".join(one for one in split_frames(data) if not self._is_lost(one))

    def _is_lost(self, data: bytes) -> bool:
        lost = any(self._lost(frame.msg_id, frame.payload) for frame in self._reader.receive(data))
        self.count += lost
        return lost


@pytest.mark.parametrize("native", [True, False], ids=["native", "guided"])
def test_a_station_that_takes_hold_has_one_answer_and_a_vehicle_that_stops(
    make: Callable[..., ControllerBench], native: bool
) -> None:
    """Led by Sortie it is in Hold already, on the way to a target, which the same mode once more does not end."""
    bench = make(native=native)
    ground = start(bench)
    bench.run_until(lambda: reached(bench) == [1], 60.0)
    bench.run_until(lambda: px4(bench).ground_speed > 3.0, 20.0)
    ground.heard.clear()
    place, speed = px4(bench).position, px4(bench).ground_speed
    ground.command(SET_MODE, 1.0, GUIDED)
    bench.run(14.0)  # while it gathers speed a real one stops beyond the place that it chose, and flies back
    gone = hypot(px4(bench).position[0] - place[0], px4(bench).position[1] - place[1])
    assert ground.acks(SET_MODE) == [0] and not bench.vehicle.commanded
    assert px4(bench).ground_speed < STILL_MPS and gone < 2.5 * speed, "the way that stopping takes"


def test_of_two_acknowledgements_of_a_mode_the_station_has_the_second(make: Callable[..., ControllerBench]) -> None:
    """It is the one that knows; where it stays away, the first one is passed on."""
    bench = make()
    ground = bench.ground()
    bench.ready()
    ground.command(SET_MODE, 1.0, RTL)
    bench.run(1.0)
    assert ground.acks(SET_MODE) == [0]
    bench.from_controller = Loses(SecondOf(77))
    ground.command(SET_MODE, 1.0, LOITER)
    bench.run(1.0)
    assert ground.acks(SET_MODE) == [0, 0]


def test_a_mode_that_another_one_replaces_is_answered(make: Callable[..., ControllerBench]) -> None:
    """Whoever waited for the first, as a station does for the mission that it started, hears that it did not come."""
    bench = make()
    bench.ground()
    bench.ready()
    first = bench.vehicle.command(LOITER)
    second = bench.vehicle.command(RTL)
    assert (first.done, first.ok, first.reason) == (True, False, "another mode was asked for")
    bench.run(4.0)
    assert second.done and second.ok and bench.controller.mode == RTL


@pytest.mark.parametrize("acknowledged", [True, False], ids=["with", "without"])
def test_a_refused_arming_of_a_flight_is_told_in_its_words(
    make: Callable[..., ControllerBench], acknowledged: bool
) -> None:
    """Whole, though it came in two chunks; also where the acknowledgements that go with it are lost."""
    bench = make()
    ground = bench.ground()
    bench.ready()
    bench.upload(SQUARE)
    if not acknowledged:
        bench.from_controller = Loses(lambda number, payload: number == 77 and payload[:3] == b"\x90\x01\x01")
    bench.service.parameters.set("FM_COUNTDOWN", 5.0)
    ground.command(GO, 0x20)
    bench.run(1.0)
    px4(bench).refuse_arming("Resolve system health failures first")
    bench.run_until(lambda: any("not started" in text for text in ground.texts()), 80.0)
    told = "".join(ground.texts())
    assert "not started: motor: ARM: Resolve system health failures first" in told and "no answer" not in told


def test_a_lost_word_of_an_item_skips_nothing(make: Callable[..., ControllerBench]) -> None:
    """PX4 says each second which item it has reached: that it is on the next one is heard before the repetition."""
    told: list[bytes] = []

    def first_words(number: int, payload: bytes) -> bool:
        """MISSION_ITEM_REACHED of an item, twice; a real one may be at the next before it says it so often."""
        fresh = number == 46 and told.count(payload) < (1 if isinstance(bench.controller, RealPx4) else 2)
        told.extend([payload] * fresh)
        return fresh

    bench = make()
    bench.from_controller = link = Loses(first_words)
    start(bench)
    bench.run_until(lambda: landed(bench))
    bench.run(1.0)
    assert link.count >= 5 and reached(bench) == [1, 2, 3, 4, 5, 6]


def test_a_lost_refusal_of_a_mode_does_not_end_it(make: Callable[..., ControllerBench]) -> None:
    """It has acknowledged the mode, refused it for the moment, and said so in vain: it is asked for again."""
    bench = make()
    ground = bench.ground()
    bench.ready()
    bench.from_controller = link = Loses(lambda number, payload: number == 77 and payload[:3] == b"\xb0\x00\x01")
    bench.upload(SQUARE)
    ground.command(SET_MODE, 1.0, AUTO)
    ground.command(ARM, 1.0)
    bench.run_until(lambda: bench.height > 5.0, 30.0)
    assert bench.vehicle.commanded and ground.mode == AUTO
    assert link.count or isinstance(bench.controller, RealPx4)


def test_a_mode_of_which_only_the_refusal_is_heard_is_asked_for_again(make: Callable[..., ControllerBench]) -> None:
    """That it was understood is lost, so the first answer is that it is refused for the moment."""
    bench = make()
    ground = bench.ground()
    bench.ready()
    bench.from_controller = link = Loses(lambda number, payload: number == 77 and payload[:3] == b"\xb0\x00\x00")
    bench.upload(SQUARE)
    ground.command(SET_MODE, 1.0, AUTO)
    ground.command(ARM, 1.0)
    bench.run_until(lambda: bench.height > 5.0, 30.0)
    assert bench.vehicle.commanded and ground.mode == AUTO
    assert link.count


def test_a_plan_of_a_type_that_does_not_exist_is_refused() -> None:
    """A damaged frame may name mission type 81 (storms 1130000054 and 75155195191329)."""
    answers: list[Any] = []
    plans = Plans(answers.append, lambda severity, text: None, lambda kind: None)
    asked = (
        dialect.MAVLink_mission_count_message(1, 1, 3, 81),
        dialect.MAVLink_mission_request_list_message(1, 1, 81),
        dialect.MAVLink_mission_clear_all_message(1, 1, 81),
    )
    for message in asked:
        plans.handle(message, (255, 190), 0)
    assert [(answer.get_type(), answer.type) for answer in answers] == 3 * [("MISSION_ACK", UNSUPPORTED)]


def test_what_is_no_question_for_parameters_has_no_answer() -> None:
    """PARAM_EXT_REQUEST_LIST is a camera's, and a number may be beyond the last (a storm found both unread)."""
    parameters = Parameters({})
    assert not list(parameters.handle(dialect.MAVLink_param_ext_request_list_message(1, 1)))
    for index, known in ((0, True), (len(parameters.names), False), (-1, False)):
        assert bool(list(parameters.handle(dialect.MAVLink_param_request_read_message(1, 1, b"", index)))) is known
