"""Who has the vehicle: takeover at every stage of a mission, an unplugged cable, a restart, a refused mode."""

from __future__ import annotations

import pytest

from autopilot.mission.state import MissionState
from mavlink_bridge.wire.codec import dialect
from sortie.api.sample import square
from sortie.api.testing.stand_in import HOME
from tests.fakes.controller_bench import ControllerBench, Ground
from tests.fakes.controller_flight import (
    ARM,
    AUTO,
    GUIDED,
    LAND,
    LOITER,
    MISSION_START,
    RTL,
    SET_MODE,
    STABILIZE,
    MakeBench,
    flown_in,
    reached,
    take_off,
    waits_in,
)

#: Position 5 of the pilot's switch.
LOITER_PWM = 1700


def at_start(bench: ControllerBench) -> bool:
    return bench.autopilot.facts.armed and not bench.vehicle.state.landed


def climbing(bench: ControllerBench) -> bool:
    return bench.height > 3.0


def on_a_leg(bench: ControllerBench) -> bool:
    return 1 in reached(bench)


def at_a_corner(bench: ControllerBench) -> bool:
    return 3 in reached(bench)


def returning(bench: ControllerBench) -> bool:
    return 5 in reached(bench)


def landing(bench: ControllerBench) -> bool:
    return bench.controller.mode in (RTL, LAND) and bench.height < 8.0


STAGES = [at_start, climbing, on_a_leg, at_a_corner, returning, landing]


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.__name__)
def test_a_pilots_switch_takes_the_vehicle(any_bench: MakeBench, stage: object) -> None:
    """Within 2 s the true mode is shown with a warning; nothing is sent any more; AUTO resumes where it was."""
    assert callable(stage)
    bench = any_bench()
    ground = take_off(bench)
    bench.run_until(lambda: bool(stage(bench)))
    current = bench.autopilot.sequencer.current_nav_index()
    before = set(ground.modes())
    if bench.vehicle.native:  # its HEARTBEAT of a return that has begun just now may be on its way: that was flown, too
        before.add(bench.controller.mode)
    ground.heard.clear()
    bench.controller.turn_switch(LOITER_PWM)
    took = bench.run_until(lambda: ground.modes() != [] and ground.mode == LOITER, 5.0)
    assert took <= 2.0
    assert set(ground.modes()) <= {*before, LOITER}, "what was shown or flown before, then the true mode"
    assert not bench.vehicle.commanded
    assert bench.autopilot.sequencer.state() is not MissionState.RUNNING
    warnings = [message for message in ground.of("STATUSTEXT") if message.text.startswith("Vehicle taken over")]
    assert warnings and warnings[0].severity <= 4
    sent = _targets_sent(bench)
    bench.run(5.0)
    assert sent == [] and _targets_sent(bench) == []
    assert bench.controller.mode == LOITER, "it is not taken back"
    ground.command(SET_MODE, 1, AUTO)
    shown = (AUTO, RTL) if bench.vehicle.native else (AUTO,)
    bench.run_until(lambda: bench.vehicle.commanded and ground.mode in shown, 5.0)
    assert ground.acks(SET_MODE)[-1] == 0
    bench.run_until(lambda: bench.controller.mode in (flown_in(bench), RTL), 2.0)  # its return may be an item of it
    assert bench.autopilot.sequencer.current_nav_index() == current
    bench.run_until(lambda: not bench.controller.armed)


def test_a_stations_mode_is_named_although_the_vehicle_is_given_up_before(make_bench: MakeBench) -> None:
    """Sortie stops when the command passes through, while the controller is still in GUIDED, which nobody asked for."""
    bench = make_bench()
    ground = take_off(bench)
    bench.run_until(lambda: on_a_leg(bench))
    ground.heard.clear()
    ground.command(SET_MODE, 1, LOITER)
    bench.run_until(lambda: LOITER in ground.modes(), 2.0)
    bench.run(1.0)
    told = [message for message in ground.of("STATUSTEXT") if message.text.startswith("Vehicle taken over")]
    assert told[-1].text == "Vehicle taken over: LOITER; mission paused" and told[-1].severity <= 4
    assert [message.text for message in told[:-1]] in ([], ["Vehicle taken over; mission paused"])
    ground.heard.clear()
    ground.command(SET_MODE, 1, RTL)
    bench.run_until(lambda: RTL in ground.modes(), 5.0)
    bench.run(1.0)
    assert not any("taken over" in text for text in ground.texts()), "it was not ours"


def _targets_sent(bench: ControllerBench) -> list[object]:
    """What would be sent now."""
    return bench.vehicle.steering.step(bench.service.now_ms, bench.vehicle.commanded)


def test_unplugged_for_five_seconds_the_flight_resumes_by_itself(any_bench: MakeBench) -> None:
    """The cable is out for 6 s in the middle of a leg: said, and then the mission goes on to its end."""
    bench = any_bench()
    ground = take_off(bench)
    bench.run_until(lambda: reached(bench) == [1], 60.0)
    bench.plugged = False
    bench.run(6.0)
    assert bench.vehicle.link.lost
    assert any("lost" in text for text in ground.texts())
    bench.plugged = True
    bench.run_until(lambda: not bench.controller.armed)
    bench.run(1.0)
    assert reached(bench) == [1, 2, 3, 4, 5, 6]
    assert any("back" in text for text in ground.texts())


def test_a_takeover_while_unplugged_is_seen_afterwards(any_bench: MakeBench) -> None:
    """The pilot took it while the cable was out: it is not taken back."""
    bench = any_bench()
    ground = take_off(bench)
    bench.run_until(lambda: reached(bench) == [1], 60.0)
    bench.plugged = False
    bench.controller.turn_switch(LOITER_PWM)
    bench.run(6.0)
    bench.plugged = True
    bench.run(3.0)
    assert ground.mode == LOITER
    assert not bench.vehicle.commanded
    assert bench.controller.mode == LOITER


def test_a_controller_that_restarts_is_not_commanded_until_asked(any_bench: MakeBench) -> None:
    """Power lost in flight: said, nothing is sent, and a person may begin again."""
    bench = any_bench()
    ground = take_off(bench)
    bench.run_until(lambda: reached(bench) == [1], 60.0)
    bench.controller.restart(bench.now_ms)
    bench.run(6.0)
    assert bench.vehicle.link.restarts == 1
    assert any("restarted" in text for text in ground.texts())
    assert not bench.vehicle.commanded
    assert ground.mode == waits_in(bench)
    assert not bench.autopilot.facts.armed
    bench.run_until(lambda: bench.autopilot.prearm.ok, 120.0)
    ground.heard.clear()
    ground.command(SET_MODE, 1, AUTO)
    bench.run(1.0)
    assert ground.acks(SET_MODE) == [0]
    ground.command(ARM, 1)
    bench.run(1.0)
    ground.command(MISSION_START)
    bench.run_until(lambda: not bench.controller.armed, 200.0)


def test_a_service_that_begins_with_a_flying_controller_only_looks_on(any_bench: MakeBench) -> None:
    """After a kill the new service finds the vehicle armed in GUIDED: it shows GUIDED and sends no target."""
    bench = any_bench()
    take_off(bench)
    bench.run_until(lambda: reached(bench) == [1], 60.0)
    again = ControllerBench.__new__(ControllerBench)
    again.adopt(bench)
    ground = again.ground()
    again.run(5.0)
    assert ground.mode == flown_in(bench)
    assert not again.vehicle.commanded
    assert again.autopilot.facts.armed


def test_auto_is_acknowledged_only_when_the_controller_follows(make_bench: MakeBench) -> None:
    """A controller that refuses GUIDED: the ground station's AUTO fails, with the controller's own text."""
    bench = make_bench()
    ground = bench.ground()
    bench.ready()
    bench.upload(square(HOME))
    bench.controller.forbid_guided()
    ground.command(SET_MODE, 1, AUTO)
    bench.run(3.0)
    assert ground.acks(SET_MODE) == [4]
    assert ground.mode == STABILIZE
    assert any("Mode change to GUIDED failed" in text for text in ground.texts())


def test_auto_without_a_mission_is_refused_at_once_and_the_controller_left_alone(any_bench: MakeBench) -> None:
    """The core's own reason comes first: the controller does not even change its mode."""
    bench = any_bench()
    ground = bench.ground()
    bench.ready()
    ground.command(SET_MODE, 1, AUTO)
    bench.run(1.0)
    assert ground.acks(SET_MODE) == [4]
    assert bench.controller.mode == waits_in(bench)


class Delay:
    """A link on which bytes take 200 ms."""

    def __init__(self, bench: ControllerBench) -> None:
        self._bench = bench
        self._line: list[tuple[int, bytes]] = []

    def __call__(self, data: bytes) -> bytes:
        now_ms = self._bench.now_ms
        self._line.append((now_ms + 200, data))
        due = [one for when, one in self._line if when <= now_ms]
        self._line = self._line[len(due) :]
        return b"".join(due)


@pytest.mark.parametrize("what", ["return", "land", "loiter"])
def test_no_heartbeat_shows_guided_when_a_station_takes_the_vehicle(make_bench: MakeBench, what: str) -> None:
    """From AUTO straight to the mode that was asked for: nobody chose the GUIDED in between."""
    bench = make_bench()
    ground = take_off(bench)
    bench.run_until(lambda: reached(bench) == [1], 60.0)
    wanted = {"return": RTL, "land": LAND, "loiter": LOITER}[what]
    bench.to_controller = Delay(bench)
    bench.run(0.5)
    ground.heard.clear()
    if what == "loiter":
        ground.command(SET_MODE, 1, LOITER)
    else:
        ground.command({"return": 20, "land": 21}[what])
    took = bench.run_until(lambda: bool(ground.modes()) and ground.mode == wanted, 5.0)
    assert took <= 2.0
    bench.run(2.0)
    assert GUIDED not in ground.modes()


@pytest.mark.parametrize("what", ["guided", "reposition", "setpoint", "guided item"])
def test_a_ground_station_that_flies_itself_pauses_the_mission(make_bench: MakeBench, what: str) -> None:
    """A target of a ground station passes, and Sortie sends none of its own any more."""
    bench = make_bench()
    ground = take_off(bench)
    bench.run_until(lambda: reached(bench) == [1], 60.0)
    _fly_from_the_ground(ground, what)
    bench.run_until(lambda: ground.mode == GUIDED, 2.0)
    bench.run(1.0)
    assert ground.mode == GUIDED
    assert not bench.vehicle.commanded
    assert bench.autopilot.sequencer.state() is not MissionState.RUNNING


def _fly_from_the_ground(ground: Ground, what: str) -> None:
    lat, lon = round((HOME.lat + 0.0003) * 1e7), round(HOME.lon * 1e7)
    if what == "guided":
        ground.command(SET_MODE, 1, GUIDED)
    elif what == "reposition":
        ground.send(dialect.MAVLink_command_int_message(1, 1, 6, 192, 0, 0, -1, 1, 0, 0, lat, lon, 20.0))
    elif what == "setpoint":
        ground.send(
            dialect.MAVLink_set_position_target_global_int_message(
                0, 1, 1, 6, 0x0DF8, lat, lon, 20.0, 0, 0, 0, 0, 0, 0, 0, 0
            )
        )
    else:
        ground.send(dialect.MAVLink_mission_item_int_message(1, 1, 0, 3, 16, 2, 1, 0, 0, 0, 0, lat, lon, 20.0, 0))


def test_the_first_interrupt_holds_and_says_so(any_bench: MakeBench) -> None:
    """Ctrl-C in flight: the vehicle holds by a position that outlives the program; on the ground there is nothing."""
    bench = any_bench()
    ground = take_off(bench)
    assert not bench.companion.hold("Ctrl-C")
    bench.run_until(lambda: reached(bench) == [1], 60.0)
    bench.run(3.0)
    assert bench.companion.hold("Ctrl-C")
    bench.run(4.0)
    held = bench.controller.position
    bench.plugged = False  # the program is gone
    bench.run(20.0)
    assert max(abs(a - b) for a, b in zip(held, bench.controller.position, strict=True)) < 1.5
    assert any("holding here" in text for text in ground.texts())
