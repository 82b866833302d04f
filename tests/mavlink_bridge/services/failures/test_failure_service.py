"""MAV_CMD_INJECT_FAILURE: who may, what is answered, which faults begin and end."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from pymavlink.dialects.v20 import ardupilotmega as dialect

from autopilot.interface.geo import GeoPoint
from autopilot.mav import Cmd, FailureType, FailureUnit, Result
from mavlink_bridge.firmware.ardupilot import OWN
from mavlink_bridge.firmware.protocol import Firmware
from mavlink_bridge.firmware.px4 import Px4
from mavlink_bridge.flight_controller.message_ownership import Ownership, ownership_of
from mavlink_bridge.services.failures import FAILURES, FailureService
from mavlink_bridge.wire.framing import MavlinkFrame
from sortie.assembly.vehicle import make_vehicle
from sortie.nodes.fault_plan import LINK_FAULTS
from tests.fakes.command_bench import CommandBench, result_of

HOME = GeoPoint(-35.363261, 149.165230, 584.0)
GPS, MOTOR, OK, OFF = FailureUnit.GPS, FailureUnit.MOTOR, FailureType.OK, FailureType.OFF


class Broken:
    """Faults that hold, by name."""

    def __init__(self, kind: str = "copter") -> None:
        self.held: dict[str, float | None] = {}
        self._names = (*make_vehicle(kind, HOME, 0.0, 0).fault_names(), *LINK_FAULTS)

    def names(self) -> Sequence[str]:
        return self._names

    def begin(self, name: str, value: float | None) -> None:
        assert name in self._names
        self.held[name] = value

    def end(self, name: str) -> None:
        self.held.pop(name, None)


class Bench(CommandBench):
    """With the service, allowed or not."""

    def __init__(self, kind: str = "copter") -> None:
        super().__init__(kind)
        self.allowed = True
        self.broken = Broken(kind)
        self.said: list[str] = []
        FailureService(self.broken, lambda: self.allowed, self.service, self.said.append)

    def inject(self, unit: float, kind: float, instance: float = 0.0) -> Result:
        return result_of(self.long(Cmd.INJECT_FAILURE, unit, kind, instance))


def test_numbers_are_those_of_the_standard() -> None:
    """FAILURE_UNIT and FAILURE_TYPE of the dialect, none more and none less."""
    for prefix, ours in (("FAILURE_UNIT_", FailureUnit), ("FAILURE_TYPE_", FailureType)):
        enum = dialect.enums[prefix.rstrip("_")]
        names = {number: entry.name.removeprefix(prefix) for number, entry in enum.items()}
        names = {number: name for number, name in names.items() if name != "ENUM_END" and not name.endswith("_END")}
        assert {
            number: name.split("_", 1)[-1] if name.startswith(("SENSOR_", "SYSTEM_")) else name
            for number, name in names.items()
        } == {int(one): one.name for one in ours}


@pytest.mark.parametrize("unit", FailureUnit)
@pytest.mark.parametrize("kind", FailureType)
def test_every_pair_is_served_or_unsupported(unit: FailureUnit, kind: FailureType) -> None:
    """The whole table: a pair with a row begins its fault (of all four motors), OK ends it; others are UNSUPPORTED."""
    bench = Bench()
    row = FAILURES.get((unit, kind))
    if row is None and kind is not OK:
        assert bench.inject(unit, kind) is Result.UNSUPPORTED and not bench.broken.held
        return
    known = any(one is unit for one, _ in FAILURES)
    assert bench.inject(unit, kind) is (Result.ACCEPTED if known else Result.UNSUPPORTED)
    if row is not None:
        names = [row.name.replace("{n}", str(n)) for n in range(1, 5 if unit is MOTOR else 2)]
        assert bench.broken.held == dict.fromkeys(names, row.value)
        assert bench.inject(unit, OK) is Result.ACCEPTED
    assert not bench.broken.held


def test_it_is_denied_until_it_is_allowed() -> None:
    """SYS_FAILURE_EN 0, whatever is asked."""
    bench = Bench()
    bench.allowed = False
    assert bench.inject(GPS, OFF) is Result.DENIED
    assert bench.inject(FailureUnit.VIO, OFF) is Result.DENIED
    assert not bench.broken.held
    assert bench.said == ["Failure injection: SYS_FAILURE_EN is 0"] * 2


@pytest.mark.parametrize(
    ("unit", "kind", "instance", "text"),
    [
        (GPS, OFF, 2, "Failure injection: no GPS 2"),
        (FailureUnit.RC_SIGNAL, FailureType.SLOW, 0, "Failure injection: no RC_SIGNAL SLOW"),
        (FailureUnit.VIO, OFF, 0, "Failure injection: no VIO that fails"),
        (FailureUnit.VIO, OK, 0, "Failure injection: no VIO that fails"),
        (55, 3, 0, "Failure injection: no unit 55 or type 3"),
    ],
)
def test_people_are_told_why_not(unit: float, kind: float, instance: float, text: str) -> None:
    """One text for each refusal, none for what is done; all fit into a STATUSTEXT."""
    bench = Bench()
    bench.inject(unit, kind, instance)
    bench.inject(GPS, OFF)
    assert bench.said == [text]
    for one in FailureUnit:
        for other in FailureType:
            bench.inject(one, other, 99)
    assert max(map(len, bench.said)) <= 50


@pytest.mark.parametrize(
    ("unit", "kind", "instance", "result"),
    [
        (MOTOR, OFF, 4, Result.ACCEPTED),
        (MOTOR, OFF, 5, Result.DENIED),
        (GPS, OFF, 1, Result.ACCEPTED),
        (GPS, OFF, 2, Result.DENIED),
        (GPS, OFF, -1, Result.DENIED),
        (GPS, OFF, 0.5, Result.DENIED),
        (GPS, OFF, float("nan"), Result.ACCEPTED),
        (float("nan"), OFF, 0, Result.DENIED),
        (GPS, float("nan"), 0, Result.DENIED),
        (4.5, OFF, 0, Result.UNSUPPORTED),
        (GPS, 8, 0, Result.UNSUPPORTED),
        (55, OFF, 0, Result.UNSUPPORTED),
    ],
)
def test_instances_and_numbers_that_there_are_not(unit: float, kind: float, instance: float, result: Result) -> None:
    """Each with the answer of the page."""
    assert Bench().inject(unit, kind, instance) is result


def test_one_way_at_a_time() -> None:
    """A new type takes the place of the former, per instance; OK for one instance leaves the others."""
    bench = Bench()
    bench.inject(GPS, FailureType.STUCK)
    bench.inject(GPS, FailureType.WRONG)
    assert set(bench.broken.held) == {"gps.glitch"}
    bench.inject(GPS, OK)
    bench.inject(MOTOR, OFF, 1)
    bench.inject(MOTOR, FailureType.WRONG, 3)
    assert bench.broken.held == {"motor1.loss": None, "motor3.loss": 0.5}
    bench.inject(MOTOR, OK, 1)
    assert set(bench.broken.held) == {"motor3.loss"}


def test_a_rover_has_one_motor() -> None:
    """Instances are the vehicle's own."""
    bench = Bench("rover")
    assert bench.inject(MOTOR, OFF, 1) is Result.ACCEPTED
    assert bench.inject(MOTOR, OFF, 2) is Result.DENIED


@pytest.mark.parametrize("native", [False, True])
@pytest.mark.parametrize("firmware", [OWN, Px4(OWN.vehicle_class)])
def test_behind_a_real_controller_the_command_passes_through(firmware: Firmware, native: bool) -> None:
    """Whatever flies it answers."""
    message = dialect.MAVLink_command_long_message(1, 1, Cmd.INJECT_FAILURE, 0, GPS, OFF, 0, 0, 0, 0, 0)
    raw = message.pack(dialect.MAVLink(None))
    frame = MavlinkFrame(message.get_msgId(), 255, 190, 0, raw[10:-2], False, False, True, raw)
    assert ownership_of(frame, firmware, native=native) is Ownership.PASS
    assert ownership_of(frame, firmware, native=native, breaks=True) is Ownership.OURS  # its body is simulated here
