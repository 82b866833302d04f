"""The loop with a flight controller behind the skimmer: sorties, whose the vehicle is, battery, restarts.

Against stand-ins in virtual time, or the real ones (ARDUPILOT_SITL, PX4_SITL): the same code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from random import Random
from typing import Any

import msgspec
import pytest

from depot.names import EndedBy, SkimmerStage, SkimmerState
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.framing import FrameReader
from tests.fakes.controller_box_profile import short_box
from tests.fakes.controller_loop_bench import ControllerLoopBench
from tests.fakes.loop_run import modes, phases
from tests.stand_in.real_px4 import px4_controller

LOITER_US, RTL_US, LAND_US = 1100, 1400, 1300
AUTO, GUIDED = 3, 4
SET_MODE = 176
Make = Callable[..., ControllerLoopBench]


@pytest.fixture
def make() -> Iterator[Make]:
    """Benches, whose controllers are ended with the test."""
    made: list[ControllerLoopBench] = []

    def build(*faults: str, **more: Any) -> ControllerLoopBench:
        made.append(ControllerLoopBench(*faults, profile=more.pop("profile", short_box()), **more))
        return made[-1]

    yield build
    for bench in made:
        bench.bench.close()


def wait(bench: ControllerLoopBench, seconds: float) -> None:
    """Vehicle time."""
    end_ms = bench.bench.now_ms + round(seconds * 1000.0)
    bench.until(lambda: bench.bench.now_ms >= end_ms)


def result(bench: ControllerLoopBench) -> tuple[Any, ...]:
    """Of the sortie that ended last."""
    last = bench.sorties[-1]
    return last["number"], last["outcome"], last["abort"], last["trigger"]


# --- sorties ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("native", [False, True], ids=["guided", "native"])
@pytest.mark.parametrize("px4", [False, True], ids=["ArduPilot", "PX4"])
def test_two_sorties_end_to_end(make: Make, native: bool, px4: bool) -> None:
    """As with the simulator: upload, GO, mission, return, clearance, landing on the pad, offload, review."""
    bench = make(total=2, native=native, controller=px4_controller({"MPC_XY_CRUISE": 10.0}) if px4 else None).run()
    assert [(s["number"], s["outcome"], s["trigger"]) for s in bench.sorties] == [
        (1, "completed", None),
        (2, "completed", None),
    ]
    for sortie in bench.sorties:
        assert phases(sortie) == [1, 2, 3, 4, 5, 6, 7, 8]
        assert modes(sortie) == ["DOCKED", "CRUISE", "ACTIVE-HARVEST", "CRUISE", "DOCKED"]
        assert 0.0 < sortie["delivered_kg"] < sortie["harvested_kg"]
    assert not bench.bench.controller.armed


def test_heights_count_from_the_dock_as_the_controller_has_it(make: Make) -> None:
    """The profile says 602 m with a pad at 584 m: 18 m above where it was armed."""
    bench = make()
    bench.until_phase(4, 5.0)
    assert bench.box.pilot.position()[2] == pytest.approx(18.0, abs=1.5)


def test_a_recall_and_a_self_abort_bring_it_home(make: Make) -> None:
    """Faults act on the model, the aborts on the vehicle."""
    bench = make("debris@phase4+3", "imu_loss@phase4+3#2", total=2).run()
    assert [(s["outcome"], s["abort"], s["trigger"]) for s in bench.sorties] == [
        ("aborted", "ABORT-2", "debris"),
        ("aborted", "ABORT-1", "imu_loss"),
    ]
    assert bench.box.pilot.docked and bench.loop.ended_by is EndedBy.RETIRED


def test_what_stands_elsewhere_is_not_launched(make: Make) -> None:
    """The loop asks where it is: not in this dock."""
    profile = short_box()
    lat, lon, alt = profile.box.home
    box = msgspec.structs.replace(profile.box, home=(lat + 1e-4, lon, alt))
    bench = make(profile=msgspec.structs.replace(profile, box=box))
    bench.until(lambda: "not_ready" in bench.names("skimmer"), 60.0)
    reason = next(d.reason for d in bench.decisions if d.name == "not_ready")
    assert "from the middle of its dock" in reason
    wait(bench, 20.0)
    assert not bench.bench.controller.armed and bench.loop.skimmer.memory.stage is SkimmerStage.DOCKED


class Stall:
    """The way from the controller stands still for `late_ms` from each HEARTBEAT on that says disarmed, all that comes
    behind it too: a machine, or a line, that is slow for a moment."""

    def __init__(self, bench: ControllerLoopBench, late_ms: int) -> None:
        self._bench = bench
        self._late_ms = late_ms
        self._frames = FrameReader()
        self._was_armed = False
        self._until_ms = 0
        self._waiting: list[bytes] = []
        self.stalls = 0

    def __call__(self, data: bytes) -> bytes:
        self._waiting += [frame.raw for frame in self._frames.receive(data)]
        passed = []
        while self._waiting and self._bench.bench.now_ms >= self._until_ms:
            passed.append(self._waiting.pop(0))
            self._look(passed[-1])
        return b"".join(passed)

    def _look(self, raw: bytes) -> None:
        (frame,) = FrameReader().receive(raw)
        message: Any = codec.decode(frame.msg_id, frame.payload)
        if message is None or message.get_type() != "HEARTBEAT":
            return
        armed, before = bool(message.base_mode & 128), self._was_armed
        self._was_armed = armed
        if before and not armed:
            self.stalls += 1
            self._until_ms = self._bench.bench.now_ms + self._late_ms


@pytest.mark.parametrize("late_ms", [600, 1500, 3500])
def test_a_touchdown_that_is_told_late_is_none_in_the_air(make: Make, late_ms: int) -> None:
    """The motors are said to have stopped long before the landing is."""
    bench = make()
    stall = bench.bench.from_controller = Stall(bench, late_ms)
    bench.run()
    assert stall.stalls >= 1
    assert result(bench) == (1, "completed", None, None)


# --- its battery ------------------------------------------------------------------------------------------------------
def test_a_reported_battery_is_waited_for(make: Make) -> None:
    """No software charges it: the depot says so and waits until the vehicle reports that somebody has."""
    bench = make(simulated=False, total=2)
    bench.bench.vehicle.reset_battery(0.8)
    bench.until(lambda: "awaiting_charge" in bench.names("depot"), 60.0)
    assert "holds 80 of the 95" in next(d.reason for d in bench.decisions if d.name == "awaiting_charge")
    wait(bench, 60.0)
    assert bench.loop.depot.memory.phase == 1 and "go" not in bench.names("depot")
    bench.bench.vehicle.reset_battery(1.0)
    bench.until_phase(4)
    assert bench.loop.world.state.skimmer.lobes.kg == pytest.approx(100.0 * bench.box.body.charge())


def test_a_modelled_battery_is_charged_by_the_dock_and_the_controller_told(make: Make) -> None:
    """BATTERY_RESET, as after a change of packs."""
    bench = make(simulated=False, profile=short_box("modelled"))
    bench.bench.vehicle.reset_battery(0.5)
    bench.until(lambda: bench.box.body.charge() < 0.55, 20.0)
    bench.loop.world.state.skimmer.lobes.kg = 50.0
    bench.until(lambda: "go" in bench.names("depot"), 120.0)
    wait(bench, 8.0)
    assert bench.box.body.charge() == pytest.approx(0.95, abs=0.03)


# --- whose it is ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("phase", [3, 4, 5])
def test_a_pilot_takes_it_and_nothing_is_commanded(make: Make, phase: int) -> None:
    """Both sides say so; it stays where the pilot wants it."""
    bench = make()
    bench.until_phase(phase, 1.0)
    bench.bench.controller.turn_switch(LOITER_US)
    bench.until(lambda: "taken_over" in bench.names("skimmer"), 2.0)
    bench.until(lambda: "vehicle_taken" in bench.names("depot"), 5.0)
    wait(bench, 30.0)
    assert bench.bench.controller.mode == 5 and not bench.bench.vehicle.commanded
    assert bench.loop.depot.memory.phase == phase


def test_given_back_it_goes_on_with_its_plan(make: Make) -> None:
    """AUTO from a ground station on the loop's own link."""
    bench = make()
    bench.until_phase(4, 2.0)
    bench.bench.controller.turn_switch(LOITER_US)
    bench.until(lambda: "taken_over" in bench.names("skimmer"), 2.0)
    ground = bench.ground()
    wait(bench, 3.0)
    ground.command(SET_MODE, 1, AUTO)
    bench.run()
    assert "given_back" in bench.names("skimmer") and "vehicle_returned" in bench.names("depot")
    assert result(bench) == (1, "completed", None, None)


def test_flown_home_by_its_controller_it_has_docked(make: Make) -> None:
    """A failsafe's RTL ends on the pad: offloaded, aborted by the takeover."""
    bench = make()
    bench.until_phase(4, 2.0)
    bench.bench.controller.turn_switch(RTL_US)
    bench.run()
    assert result(bench) == (1, "aborted", None, "taken_over")
    assert phases(bench.sorties[-1]) == [1, 2, 3, 4, 5, 6, 7, 8]


def test_landed_elsewhere_it_is_lost_when_t_death_expires(make: Make) -> None:
    """Nobody flies it from where it came down."""
    bench = make()
    bench.until_phase(5, 1.0)
    bench.bench.controller.turn_switch(LAND_US)
    bench.run()
    assert result(bench) == (1, "lost", None, "taken_over")
    assert bench.loop.depot.memory.skimmer is SkimmerState.LOST
    assert bench.box.pilot.controlled_by() == "it came down away from its dock"
    assert not bench.bench.controller.armed


def test_unplugged_for_a_while_it_flies_on(make: Make) -> None:
    """Silence of 6 s: said, and resumed by itself."""
    bench = make()
    bench.until_phase(4, 8.0)
    bench.bench.plugged = False
    wait(bench, 6.0)
    bench.bench.plugged = True
    bench.run()
    taken = [d for d in bench.decisions if d.name == "taken_over"]
    assert [d.reason for d in taken] == ["no link to the flight controller: nothing is commanded"]
    assert result(bench) == (1, "completed", None, None)


def test_a_controller_that_restarts_in_flight_is_not_commanded(make: Make) -> None:
    """The stand-in stands where it was switched on then: in its dock."""
    bench = make()
    bench.until_phase(4, 1.0)
    bench.bench.controller.restart(bench.bench.now_ms)
    bench.run()
    assert result(bench)[1:] == ("aborted", None, "taken_over")


def test_ctrl_c_holds_and_a_person_may_ask_again(make: Make) -> None:
    """The first Ctrl-C commands a hold, which the loop keeps to."""
    bench = make()
    bench.until_phase(4, 2.0)
    assert bench.loop.flies and bench.loop.hold("Ctrl-C")
    wait(bench, 3.0)
    place = bench.box.pilot.position()
    wait(bench, 30.0)
    assert bench.bench.controller.mode == GUIDED
    assert bench.box.pilot.position() == pytest.approx(place, abs=1.5)
    bench.loop.take_back()
    bench.run()
    assert result(bench) == (1, "aborted", None, "taken_over")
    assert bench.box.pilot.docked


# --- restarts ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("phase", [3, 4, 5, 6])
def test_found_in_the_air_it_is_not_commanded_until_a_person_asks(make: Make, phase: int) -> None:
    """Killed and begun again: it hangs where it was sent; --recover brings it home. Its sortie keeps its number."""
    before = make(total=2)
    before.until_phase(phase, 1.0)
    again = make(total=2, before=before, away_s=5.0)
    wait(again, 20.0)
    assert not again.bench.vehicle.commanded and again.bench.controller.armed
    assert again.box.pilot.controlled_by() == "found in the air, and nobody has asked for it"
    again.loop.take_back()
    again.run()
    assert [s["number"] for s in again.sorties] == [1, 2]
    trigger = "restart" if phase < 5 else None
    assert (again.sorties[0]["trigger"], again.sorties[1]["outcome"]) == (trigger, "completed")


def test_found_in_the_air_a_ground_stations_auto_gives_the_mission_back(make: Make) -> None:
    """At the item where it was, at its height above the dock."""
    before = make()
    before.until_phase(4, 2.0)
    item = before.box.service.autopilot.sequencer.current_nav_index()
    again = make(before=before, away_s=3.0)
    ground = again.ground()
    wait(again, 3.0)
    ground.command(SET_MODE, 1, AUTO)
    again.until(lambda: "given_back" in again.names("skimmer"), 10.0)
    assert again.box.service.autopilot.sequencer.current_nav_index() >= item
    wait(again, 5.0)
    assert again.box.pilot.position()[2] > 7.0
    assert again.bench.autopilot.facts.home == again.bench.vehicle.home.position
    again.run()
    assert result(again)[1] == "completed"


def test_found_in_its_dock_the_sortie_ends_there(make: Make) -> None:
    """Its controller brought it home meanwhile: docked, offloaded, aborted by the restart."""
    before = make()
    before.until_phase(4, 2.0)
    before.bench.controller.turn_switch(RTL_US)
    again = make(before=before, away_s=60.0).run()
    assert result(again) == (1, "aborted", None, "restart")
    assert phases(again.sorties[0]) == [1, 2, 3, 4, 5, 6, 7, 8]


def test_a_launch_that_the_controller_refuses_is_called_off_with_its_reason(make: Make) -> None:
    """Its pre-arm checks pass, arming does not: the motors never run."""
    bench = make()
    bench.until_phase(2)
    bench.bench.controller.turn_switch(RTL_US)
    bench.run()
    assert result(bench) == (1, "aborted", None, "launch_called_off")
    reason = next(d.reason for d in bench.decisions if d.name == "launch_called_off")
    assert reason.startswith("it did not leave the dock: motor: ARM: ")
    assert not bench.bench.controller.armed


@pytest.mark.parametrize("phase", [1, 2, 7, 8])
def test_killed_at_the_dock_nothing_is_lost_or_counted_twice(make: Make, phase: int) -> None:
    """In the countdown the launch is called off."""
    before = make(total=2)
    before.until_phase(phase, 0.2)
    again = make(total=2, before=before, away_s=1.0).run()
    assert [s["number"] for s in before.sorties + again.sorties] == [1, 2]
    assert again.sorties[-1]["outcome"] == "completed"
    assert (again.sorties[0]["trigger"] == "restart") is (phase == 2)


def test_t_death_has_run_meanwhile(make: Make) -> None:
    """Away for longer than it had: asked once, then lost; taken in again when a person wants it."""
    before = make()
    before.until_phase(4, 1.0)
    again = make(before=before, away_s=1000.0)
    again.run(limit_s=30.0)
    assert result(again) == (1, "lost", None, "restart")
    third = make(total=2, before=again)
    third.until(lambda: third.loop.depot.memory.heard_again, 10.0)
    third.loop.recover()
    third.run()
    assert [(s["number"], s["outcome"]) for s in third.sorties] == [(2, "completed")]


def test_killed_at_any_moment_each_sortie_is_counted_once(make: Make) -> None:
    """Eight kills at random instants; a person asks for what was found in the air."""
    random, sorties = Random(5), []
    bench, kills = make(total=3), 0
    while bench.loop.ended_by is None:
        end_ms = bench.bench.now_ms + random.randint(200, 40_000)
        bench.until(lambda bench=bench, end_ms=end_ms: bench.loop.ended_by is not None or bench.bench.now_ms >= end_ms)
        sorties += bench.sorties
        bench.sorties = []
        if bench.loop.ended_by is None and kills < 8:
            kills += 1
            bench = make(total=3, before=bench, away_s=random.uniform(0.0, 10.0))
            assert not bench.bench.vehicle.commanded
            bench.loop.take_back()
    assert [s["number"] for s in sorties] == [1, 2, 3]
    for one, following in pairwise(sorties):
        assert one["phases"][-1]["end_s"] == following["phases"][0]["start_s"]
