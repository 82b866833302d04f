"""What the controller's own safety decides is never undone: after its failsafe nothing of ours moves the vehicle until
a person or a station gives it back. Both firmwares, both strategies, every failsafe that the stand-ins know, any
moment of a flight."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autopilot.interface.vehicle import Rechargeable
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.framing import FrameReader
from sortie.api.testing.stand_in import StandIn
from tests.fakes.controller_bench import ControllerBench
from tests.fakes.controller_flight import ARM, AUTO, MISSION_START, SET_MODE, SQUARE, insist, landed
from tests.fakes.examples import examples
from tests.stand_in.px4_commander import FAILSAFES
from tests.stand_in.real_px4 import px4_controller

COMPANION = 191
MOVES = {20, 21, 22, 115, 176, 178, 192, 300}
ARM_NUMBER = 400
SETPOINTS = ("SET_POSITION_TARGET_LOCAL_NED", "SET_POSITION_TARGET_GLOBAL_INT", "SET_ATTITUDE_TARGET", "SET_MODE",
             "MISSION_SET_CURRENT")  # fmt: skip
CRITICAL = 5
LONGEST_S = 85.0
LOOK_ON_S = 25.0
PARAMS = {"BATT_FS_LOW_ACT": 2.0, "BATT_LOW_VOLT": 0.0, "BATT_LOW_MAH": 1000.0, "BATT_CAPACITY": 5100.0}


def radio(controller: StandIn) -> None:
    controller.service.parameters.set("SIM_RC_FAIL", 1.0)


def battery(controller: StandIn) -> None:
    assert isinstance(controller.vehicle, Rechargeable)
    controller.vehicle.set_charge(0.1)


def position(controller: StandIn) -> None:
    controller.lose_gps()


def fence(controller: StandIn) -> None:
    for name, value in (("FENCE_TYPE", 1.0), ("FENCE_ALT_MAX", 10.0), ("FENCE_MARGIN", 1.0), ("FENCE_ENABLE", 1.0)):
        controller.service.parameters.set(name, value)


ARDUPILOTS: dict[str, Callable[[StandIn], None]] = {
    "radio": radio, "battery": battery, "position": position, "fence": fence
}  # fmt: skip
ACTING = [name for name, (action, _, _) in FAILSAFES.items() if action]


class Witness:
    """Between the controller and Sortie: when a sign of a failsafe was heard, and what moved the vehicle after it."""

    def __init__(self, bench: ControllerBench) -> None:
        self._bench = bench
        self._in, self._out = FrameReader(), FrameReader()
        self.began = False
        self.heard_ms: int | None = None
        self.acts_ms: int | None = None  # since when it says so itself: a text alone may be a warning's
        self.moved: list[Any] = []
        self.let_go: bool | None = None
        """Was the vehicle let go when the next step had been made?"""
        bench.from_controller, bench.to_controller = self._heard, self._sent

    def _heard(self, data: bytes) -> bytes:
        vehicle = self._bench.vehicle
        for frame in self._in.receive(data):
            message: Any = codec.decode(frame.msg_id, frame.payload)
            if message is None or not self.began:
                continue
            told = message.get_type() == "STATUSTEXT" and message.text.startswith("Failsafe activated")
            if message.get_type() == "HEARTBEAT" and frame.component == 1:
                firmware = vehicle.firmware
                mode = firmware.mode_of(message.custom_mode)
                told = message.system_status == CRITICAL and firmware.acts_itself(CRITICAL, mode)
                if told and self.acts_ms is None:
                    self.acts_ms = self._bench.now_ms
            if told and self.heard_ms is None:
                self.heard_ms = self._bench.now_ms
        return data

    def _sent(self, data: bytes) -> bytes:
        if self.acts_ms is not None and self.let_go is None and self._bench.now_ms >= self.acts_ms + 500:
            self.let_go = not self._bench.vehicle.commanded
        for frame in self._out.receive(data):
            message: Any = codec.decode(frame.msg_id, frame.payload)
            if self.heard_ms is not None and frame.component == COMPANION and message is not None and _moves(message):
                self.moved.append(message)
        return data


def _moves(message: Any) -> bool:
    if message.get_type() in SETPOINTS:
        return True
    command = getattr(message, "command", None) if message.get_type().startswith("COMMAND_") else None
    return command in MOVES or (command == ARM_NUMBER and message.param1 == 1.0)


@contextmanager
def flown(controller: Any, native: bool) -> Iterator[ControllerBench]:
    """A bench that has taken off, and whose controller ends with it."""
    bench = ControllerBench(controller=controller, native=native, step_ms=40)
    try:
        take_off(bench)
        yield bench
    finally:
        bench.close()


def take_off(bench: ControllerBench) -> None:
    ground = bench.ground()
    bench.ready()
    bench.upload(SQUARE)
    for number, *params in ((SET_MODE, 1.0, AUTO), (ARM, 1.0), (MISSION_START,)):
        insist(bench, ground, number, *params)
    bench.run_until(lambda: not bench.vehicle.state.landed, 30.0)


def look_on(
    bench: ControllerBench, fail: Callable[[], None], moment_s: float, *, silent: bool = False
) -> Witness | None:
    """The failsafe at this moment of the flight, and what came after; None when it was over by then."""
    witness = Witness(bench)
    end_ms = bench.now_ms + int(1000.0 * moment_s)
    while bench.now_ms < end_ms and not landed(bench):
        bench.step()
    if landed(bench):
        return None
    witness.began = True
    for station in bench.grounds:
        station.silent = silent
    fail()
    end_ms = bench.now_ms + int(1000.0 * LOOK_ON_S)
    while bench.now_ms < end_ms:
        bench.step()
    return witness


examples = settings(
    max_examples=examples(4), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
both_strategies = pytest.mark.parametrize("native", [True, False], ids=["native", "guided"])


@both_strategies
@examples
@given(st.sampled_from(ACTING), st.floats(0.0, LONGEST_S))
def test_px4_decides(native: bool, name: str, moment_s: float) -> None:
    """Its action is carried out, first the Hold, and nobody has overridden it."""
    controller = px4_controller()
    with flown(controller, native) as bench:
        witness = look_on(bench, lambda: controller.fail(name), moment_s, silent=name == "station lost")
        if witness is None:
            return
        assert witness.moved == [], bench.story()
        assert witness.acts_ms is None or witness.let_go, bench.story()
        assert not controller.took_over
        assert not bench.vehicle.commanded or not controller.armed


@both_strategies
@examples
@given(st.sampled_from(sorted(ARDUPILOTS)), st.floats(0.0, LONGEST_S))
def test_ardupilot_decides(native: bool, name: str, moment_s: float) -> None:
    """Its mode is left as it is."""
    controller = StandIn("copter", params=PARAMS)
    with flown(controller, native) as bench:
        witness = look_on(bench, lambda: ARDUPILOTS[name](controller), moment_s)
        if witness is not None:
            assert witness.moved == [], bench.story()
            assert witness.acts_ms is None or witness.let_go, bench.story()


@both_strategies
def test_a_station_gives_it_back(native: bool) -> None:
    """Its AUTO ends PX4's Hold and the mission goes on; what failed before does not take it again."""
    controller = px4_controller()
    with flown(controller, native) as bench:
        bench.run(12.0)
        controller.fail("battery critical")
        bench.run_until(lambda: not bench.vehicle.commanded, 10.0)
        ground = bench.grounds[0]
        bench.run_until(lambda: controller.system_status == CRITICAL, 1.0)
        assert any("Failsafe of the flight controller" in text for text in ground.texts())
        insist(bench, ground, SET_MODE, 1.0, AUTO)
        bench.run_until(lambda: bench.vehicle.commanded and ground.mode == AUTO, 5.0)
        bench.run(3.0)
        assert controller.took_over
        bench.run_until(lambda: landed(bench), 120.0)


def test_a_warning_leaves_the_mission_alone() -> None:
    """ "Failsafe activated" is said for a warning too: a moment of doubt, then HEARTBEAT tells that nothing acts."""
    controller = px4_controller()
    with flown(controller, False) as bench:
        bench.run(12.0)
        controller.fail("battery warning")
        bench.run_until(lambda: bench.vehicle.control.in_doubt, 5.0)
        bench.run(3.0)
        assert bench.vehicle.commanded and not bench.vehicle.control.in_doubt
        bench.run_until(lambda: landed(bench), 120.0)
