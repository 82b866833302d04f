"""A pilot's channels on the gimbal (RCn_OPTION 212 roll, 213 pitch, 214 yaw), from the pulse to the angle: ArduPilot's
RC targeting, of a gimbal that is a component and of one on servo outputs."""

from __future__ import annotations

from math import degrees
from typing import Any

import pytest

from autopilot.mav import MountMode, Result
from mavlink_bridge.routing.service import Peer
from mavlink_bridge.services.sticks import StickService
from mavlink_bridge.wire.codec import dialect
from tests.fakes.sim_copter import ready

SERVOS = {"MNT1_TYPE": 1, "SERVO5_FUNCTION": 8, "SERVO6_FUNCTION": 7, "SERVO7_FUNCTION": 6}
BOTH = pytest.mark.parametrize("kind", [{"MNT1_TYPE": 6}, SERVOS], ids=["component", "servos"])
CENTRED = (1500, 1500, 1500)
NEUTRAL, BY_STICKS = 1, 3
KEEP = 65535


class Pilot:
    """A standing copter with a gimbal of -45 to 45 deg on channels 11 to 13, 1100 to 1900 us."""

    def __init__(self, kind: dict[str, int], mode: int = BY_STICKS, **parameters: float) -> None:
        ends = {f"RC{n}_{end}": us for n in (11, 12, 13) for end, us in (("MIN", 1100), ("MAX", 1900), ("TRIM", 1500))}
        limits = {
            f"MNT1_{axis}_{end}": sign * 45 for axis in ("PITCH", "YAW") for end, sign in (("MIN", -1), ("MAX", 1))
        }
        options = {"RC11_OPTION": 212, "RC12_OPTION": 213, "RC13_OPTION": 214}
        self.bench = ready(**(kind | {"MNT1_DEFLT_MODE": mode} | ends | limits | options | parameters))
        self.mount: Any = self.bench.core.mount
        self.service = StickService(self.bench.core)
        self.bench.run(0.1)

    def move(
        self, roll: int = 1500, pitch: int = 1500, yaw: int = 1500, switch: int = 0, seconds: float = 3.0
    ) -> list[float]:
        """The angles some time after these pulses."""
        pulses = (1500, 1500, 1000, 1500, *[0] * 6, roll, pitch, yaw, switch, 0, 0)
        self.service.take_pulses(pulses, self.bench.now_ms)
        self.bench.run(seconds)
        return self.angles

    def override(self, pitch: int) -> list[float]:
        channels = [KEEP] * 11 + [pitch] + [KEEP] * 6
        message = dialect.MAVLink_rc_channels_override_message(1, 1, *channels)
        self.service.handle_message(message, Peer(1, 255, 190), self.bench.now_ms)
        self.bench.run(3.0)
        return self.angles

    def set(self, **parameters: float) -> None:
        for name, value in parameters.items():
            self.bench.parameters.set(name, value)
        self.bench.run(3.0)

    @property
    def angles(self) -> list[float]:
        """Angles of the joints, deg; the vehicle stands level, but for what its sensors err."""
        return [degrees(one) for one in self.mount.gimbal.pointing().joints]


def about(*angles: float) -> object:
    return pytest.approx(angles, abs=0.4)


@BOTH
def test_sticks_are_angles_between_the_limits(kind: dict[str, int]) -> None:
    """Numbers of ArduPilot's own test of its mount, a small step too; a channel's ends and the limits act at once."""
    pilot = Pilot(kind)
    assert pilot.move(*CENTRED) == about(0.0, 0.0, 0.0)
    assert pilot.move(1300, 1400, 1800) == about(-15.0, -11.25, 33.75)
    assert pilot.move(1300, 1408, 1800) == about(-15.0, -10.35, 33.75)
    assert pilot.move(*CENTRED) == about(0.0, 0.0, 0.0)
    pilot.set(MNT1_PITCH_MIN=-90, MNT1_PITCH_MAX=10)
    assert pilot.angles == about(0.0, -40.0, 0.0)
    assert pilot.move(1500, 1000) == about(0.0, -90.0, 0.0)
    pilot.set(RC12_REVERSED=1)
    assert pilot.move(1500, 1000) == about(0.0, 10.0, 0.0)
    pilot.set(RC12_OPTION=0)
    assert pilot.move(1500, 1000) == about(0.0, -40.0, 0.0)


@BOTH
def test_with_a_rate_sticks_turn_it_while_they_are_held(kind: dict[str, int]) -> None:
    """MNT1_RC_RATE; back in their dead zone (RCn_DZ) they stop it."""
    pilot = Pilot(kind, MNT1_RC_RATE=10, RC12_DZ=20)
    pilot.move(*CENTRED)
    assert pilot.move(1500, 1310, seconds=4.0)[1] == pytest.approx(-17.9, abs=0.6)  # 170 of 380 us
    at = pilot.move(1500, 1485, seconds=1.0)[1]
    assert pilot.move(1500, 1512, seconds=5.0)[1] == pytest.approx(at, abs=0.3)
    assert pilot.move(1500, 1900, seconds=20.0)[1] == pytest.approx(45.0, abs=0.3)
    pilot.set(MNT1_RC_RATE=0)
    assert pilot.move(*CENTRED) == about(0.0, 0.0, 0.0)


@BOTH
def test_a_stick_that_moves_takes_the_gimbal_from_others(kind: dict[str, int]) -> None:
    """A transmitter that is switched on has moved none, nor one that trembles; a retracted gimbal stays so."""
    pilot = Pilot(kind, NEUTRAL, RC12_DZ=30)
    assert pilot.move(1500, 1300) == about(0.0, 0.0, 0.0)
    assert pilot.move(1500, 1325) == about(0.0, 0.0, 0.0)
    assert pilot.mount.mode is MountMode.NEUTRAL
    assert pilot.move(1500, 1100) == about(0.0, -45.0, 0.0)
    assert pilot.mount.mode is MountMode.RC_TARGETING
    pilot.mount.set_angles((0.0, 0.2, 0.0), locked=False)
    pilot.bench.run(3.0)
    assert pilot.angles == about(0.0, 11.46, 0.0)
    pilot.mount.set_mode(MountMode.RETRACT)
    pilot.move(1500, 1900)
    assert pilot.mount.mode is MountMode.RETRACT
    pilot.mount.set_mode(MountMode.NEUTRAL)
    pilot.move(1500, 1905)
    assert pilot.mount.mode is MountMode.NEUTRAL


def test_an_override_goes_before_the_transmitter() -> None:
    """Given back, the gimbal is the transmitter's again; without one the stick is in its middle."""
    pilot = Pilot({"MNT1_TYPE": 6})
    assert pilot.override(1100) == about(0.0, -45.0, 0.0)
    assert pilot.override(65534) == about(0.0, 0.0, 0.0)
    pilot.move(1500, 1700)
    assert pilot.override(1100) == about(0.0, -45.0, 0.0)
    assert pilot.move(1500, 1900) == about(0.0, -45.0, 0.0)
    assert pilot.override(65534) == about(0.0, 45.0, 0.0)


def test_the_functions_are_no_switches() -> None:
    """Without a channel a component stays where it is; DO_AUX_FUNCTION of one does nothing, and is no error."""
    pilot = Pilot({"MNT1_TYPE": 6}, RC12_OPTION=0, RC11_OPTION=0, RC13_OPTION=0, MNT1_PITCH_MIN=-90)
    assert pilot.move(1900, 1900, 1900) == about(0.0, 0.0, 0.0)
    assert pilot.bench.core.auxiliary.act(213, 2).result is Result.ACCEPTED
    pilot.bench.run(2.0)
    assert pilot.angles == about(0.0, 0.0, 0.0)


@BOTH
def test_a_switch_locks_the_pilot_s_yaw_to_north(kind: dict[str, int]) -> None:
    """RCn_OPTION 163, MOUNT_LOCK: full stick is 180 deg from north, not MNT1_YAW_MAX from the nose; a rate is against
    north, too. DO_AUX_FUNCTION is the same switch."""
    pilot = Pilot(kind, MNT1_YAW_MIN=-90, MNT1_YAW_MAX=90, RC14_OPTION=163)
    assert pilot.move(1500, 1500, 1600) == about(0.0, 0.0, 22.5)
    assert pilot.move(1500, 1500, 1600, switch=1900) == about(0.0, 0.0, 45.0)
    assert pilot.mount.gimbal.pointing().locked
    pilot.bench.core.auxiliary.act(163, 0)
    pilot.bench.run(3.0)
    assert pilot.angles == about(0.0, 0.0, 22.5)
    pilot.set(MNT1_RC_RATE=10)
    pilot.move(1500, 1500, 1700, seconds=1.0)
    assert not pilot.mount.gimbal.pointing().locked
    pilot.bench.core.auxiliary.act(163, 2)
    pilot.bench.run(0.2)
    assert pilot.mount.gimbal.pointing().locked


def test_the_lock_of_what_was_targeted_is_the_pilot_s() -> None:
    """MNT1_OPTIONS bit 0; without it the switch alone says so."""
    for options, locked in ((0, False), (1, True)):
        pilot = Pilot(SERVOS, MNT1_OPTIONS=options)
        pilot.move(*CENTRED)
        pilot.mount.set_angles((0.0, -0.1, 0.3), locked=True)
        pilot.move(1500, 1700)
        assert pilot.mount.mode is MountMode.RC_TARGETING
        assert pilot.mount.gimbal.pointing().locked is locked
        pilot.mount.set_angles((0.0, -0.1, 0.3), locked=False)
        pilot.move(1500, 1300)
        assert not pilot.mount.gimbal.pointing().locked


@BOTH
def test_without_the_radio_the_gimbal_is_neutral(kind: dict[str, int]) -> None:
    """MNT1_OPTIONS bit 1, while the sticks are lost; else it stays where the sticks had it."""
    for options, pitch in ((0, -45.0), (2, -20.0)):
        pilot = Pilot(kind, MNT1_OPTIONS=options, MNT1_NEUTRAL_Y=-20)
        assert pilot.move(1500, 1100) == about(0.0, -45.0, 0.0)
        pilot.set(SIM_RC_FAIL=1)
        assert pilot.angles == about(0.0, pitch, 0.0)
        pilot.set(SIM_RC_FAIL=0)
        assert pilot.move(1500, 1100) == about(0.0, -45.0, 0.0)
