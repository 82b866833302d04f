"""Motors that have stopped in the air by the last word: landed, or really in the air? The next word tells."""

from __future__ import annotations

from autopilot.interface import report
from autopilot.interface.vehicle import VehicleEvent
from mavlink_bridge.wire.codec import dialect
from tests.fakes.controller_line import Line

ON_GROUND, IN_AIR, LANDING = 1, 2, 4


class Told(Line):
    """What the core hears; `late_ms` passes between two messages."""

    def __init__(self, late_ms: int) -> None:
        super().__init__()
        self.late_ms = late_ms
        self.now_ms = 12_000
        self.fly()
        self.vehicle.take_events()

    def stop(self) -> VehicleEvent:
        """A HEARTBEAT without its armed bit, long after all before."""
        self.now_ms += self.late_ms
        self.beat(self.now_ms, armed=False)
        return self.vehicle.take_events()

    def stand(self, state: int) -> VehicleEvent:
        """EXTENDED_SYS_STATE."""
        self.now_ms += self.late_ms
        self.say(dialect.MAVLink_extended_sys_state_message(0, state), self.now_ms)
        return self.vehicle.take_events()

    @property
    def armed(self) -> bool:
        return bool(self.vehicle.state.report[report.ARMED])


def test_a_landing_that_is_told_behind_the_motors_is_heard_first_however_late() -> None:
    for late_ms in (10, 400, 900, 2500):
        told = Told(late_ms)
        assert not told.stop() & (VehicleEvent.DISARMED | VehicleEvent.LANDED)
        assert told.armed
        landed = told.stand(ON_GROUND)
        assert landed & VehicleEvent.LANDED and not landed & VehicleEvent.DISARMED
        assert told.vehicle.has_news and told.vehicle.take_events() & VehicleEvent.DISARMED
        assert not told.armed and told.vehicle.state.landed


def test_motors_that_stop_in_the_air_are_told_with_the_next_word_of_where_it_is() -> None:
    """While it comes down too: a motor loss a metre above the pad is none of a landing's ends."""
    for state in (IN_AIR, LANDING):
        told = Told(300)
        assert not told.stop() & VehicleEvent.DISARMED
        assert told.stand(state) & VehicleEvent.DISARMED
        assert not told.armed and not told.vehicle.state.landed


def test_an_undefined_landed_state_is_no_word() -> None:
    told = Told(300)
    told.stop()
    assert not told.stand(0) and told.armed


def test_without_any_word_the_third_heartbeat_is_believed() -> None:
    """And not the third of all: each stop is counted anew."""
    told = Told(200)
    told.stop()
    told.beat(told.now_ms, armed=True)
    assert [bool(told.stop() & VehicleEvent.DISARMED) for _ in range(3)] == [False, False, True]
    assert not told.armed
