"""RC_CHANNELS_OVERRIDE and MANUAL_CONTROL become sticks."""

from __future__ import annotations

from typing import Any, cast

import pytest

from autopilot.interface import report as R
from autopilot.interface.targets import Pilot, PilotKind, Sticks
from mavlink_bridge.routing.service import Message, Peer
from mavlink_bridge.services.sticks import StickService
from mavlink_bridge.wire.codec import dialect
from tests.fakes.recording_autopilot import RecordingAutopilot
from tests.fakes.rover_drive import RoverDrive

QGC = Peer(1, 255, 190)
NOW = 700
KEEP = 65535


class Bench:
    """A stick service on a core that remembers what it was handed."""

    def __init__(self, kind: str = "copter", **parameters: float) -> None:
        self.autopilot = cast(Any, RecordingAutopilot(kind))
        for channel in (1, 2, 3, 4):
            self.autopilot.parameters.set(f"RC{channel}_DZ", 0)
        for name, value in parameters.items():
            self.autopilot.parameters.set(name, value)
        self.service = StickService(self.autopilot)

    def send(self, message: Message, peer: Peer = QGC, at: int = NOW) -> Sticks | None:
        """What the core was handed; AssertionError when nothing."""
        self.service.handle_message(message, peer, at)
        name, (sticks, now), named = self.autopilot.calls.pop()
        assert (name, now, named) == ("sticks.move", at, {})
        assert sticks is None or isinstance(sticks, Sticks)
        return sticks

    def override(self, *channels: int, peer: Peer = QGC) -> Sticks | None:
        return self.send(override(*channels), peer)

    def manual(self, x: int, y: int, z: int, r: int) -> Sticks | None:
        return self.send(dialect.MAVLink_manual_control_message(1, x, y, z, r, 0))


def override(*channels: int) -> Message:
    first = (*channels[:8], *[KEEP] * (8 - len(channels)))
    return dialect.MAVLink_rc_channels_override_message(1, 1, *first, *channels[8:])


def test_pulses_are_stick_positions() -> None:
    """Full right, half forward (low pulse), throttle a quarter, yaw left."""
    assert Bench().override(2000, 1250, 1250, 1000) == Sticks(roll=1.0, pitch=0.5, throttle=0.25, yaw=-1.0)


@pytest.mark.parametrize(("later_ms", "throttle"), [(2900, 0.9), (3000, 0.5)])
def test_an_override_that_has_ended_does_not_come_back_with_another_channel(later_ms: int, throttle: float) -> None:
    """RC_OVERRIDE_TIME is 3 s (ArduPilot RC_Channel.cpp, has_override)."""
    bench = Bench()
    bench.override(1500, 1500, 1900, 1500)
    assert bench.send(override(KEEP, 1250), at=NOW + later_ms) == Sticks(pitch=0.5, throttle=throttle)


def test_pulses_beyond_the_calibration_are_its_ends() -> None:
    """65533 us is full deflection, not more."""
    assert Bench().override(65533, 900, 2200, 1) == Sticks(1.0, 1.0, 1.0, -1.0)


def test_ignored_channels_keep_their_override() -> None:
    """65535 leaves a channel alone."""
    bench = Bench()
    bench.override(2000, 1500, 1500, 1500)
    assert bench.override(KEEP, KEEP, 2000, KEEP) == Sticks(roll=1.0, throttle=1.0)


@pytest.mark.parametrize("release", [0, 65534])
def test_a_released_channel_is_neutral_and_the_last_one_releases_the_sticks(release: int) -> None:
    """0 gives a channel back; with the last one the core hears None."""
    bench = Bench()
    bench.override(2000, KEEP, 2000, KEEP)
    assert bench.override(release, KEEP, KEEP, KEEP) == Sticks(throttle=1.0)
    assert bench.override(0, 0, release, 0) is None


def test_nothing_about_the_four_axes_is_no_pilot_input() -> None:
    """All ignored, or only other channels: the loss of sticks goes on counting."""
    bench = Bench()
    for message in (override(), override(KEEP, KEEP, KEEP, KEEP, 1900)):
        bench.service.handle_message(message, QGC, NOW)
    assert bench.autopilot.calls == []


def test_channels_are_mapped_trimmed_reversed_and_have_a_dead_zone() -> None:
    """RCMAP_*, RCn_TRIM, RCn_REVERSED, RCn_DZ."""
    bench = Bench(RCMAP_ROLL=4, RCMAP_YAW=1, RC4_TRIM=1400, RC1_REVERSED=1, RC2_DZ=100, RC3_REVERSED=1)
    assert bench.override(2000, 1590, 1250, 1700) == Sticks(roll=0.5, pitch=0.0, throttle=0.75, yaw=-1.0)


def test_zero_above_the_eighth_channel_is_ignored() -> None:
    """A sender that knows eight channels leaves zeros in the others (MAVLink common.xml)."""
    bench = Bench(RCMAP_ROLL=9)
    bench.override(KEEP, KEEP, KEEP, KEEP, KEEP, KEEP, KEEP, KEEP, 2000)
    assert bench.override(KEEP, 1500, KEEP, KEEP) == Sticks(roll=1.0)


def test_only_the_chosen_ground_station_is_heard() -> None:
    """SYSID_MYGCS 255: MAVSDK's 245 does not fly by sticks."""
    bench = Bench()
    bench.service.handle_message(override(2000, 1500, 1500, 1500), Peer(1, 245, 190), NOW)
    assert bench.autopilot.calls == []
    bench.autopilot.parameters.set("SYSID_MYGCS", 245)
    assert bench.override(2000, 1500, 1500, 1500, peer=Peer(1, 245, 190)) == Sticks(roll=1.0)


def test_a_joystick_flies() -> None:
    """MANUAL_CONTROL: x forward, y right, z throttle 0 .. 1000, r right."""
    bench = Bench()
    assert bench.manual(500, -1000, 750, 1000) == Sticks(roll=-1.0, pitch=0.5, throttle=0.75, yaw=1.0)


def test_an_axis_that_is_not_given_is_released() -> None:
    """32767 is "not this axis": ArduPilot's override of it ends (GCS_Common.cpp, manual_override)."""
    bench = Bench()
    bench.manual(500, 0, 900, 0)
    assert bench.manual(32767, 1000, 32767, 0) == Sticks(roll=1.0)


@pytest.mark.parametrize("channel", [0, 17])
def test_an_axis_without_a_channel_is_not_given(channel: int) -> None:
    """RCMAP_ROLL 0: ArduPilot has no such channel (manual_override of a null pointer), the other axes fly."""
    bench = Bench(RCMAP_ROLL=float(channel))
    assert bench.manual(500, 1000, 750, 0) == Sticks(pitch=0.5, throttle=0.75)


def test_a_joystick_beyond_its_range_is_at_its_end() -> None:
    """-32768 .. 32766 fit the message."""
    assert Bench().manual(32766, -32768, 30000, -5000) == Sticks(-1.0, 1.0, 1.0, -1.0)


@pytest.mark.parametrize("fields", [(2, 0, 0, 500, 0), (1, 0, 0, -1, 0)])
def test_a_joystick_for_another_or_with_negative_thrust_is_dropped(fields: tuple[int, ...]) -> None:
    """The target is a field of its own; a copter has no negative thrust."""
    bench = Bench()
    bench.service.handle_message(dialect.MAVLink_manual_control_message(*fields, 0), QGC, NOW)
    assert bench.autopilot.calls == []


def test_a_rovers_throttle_goes_both_ways() -> None:
    """-1000 .. 1000 is 0 .. 1 about 0.5; the channel about its trim."""
    bench = Bench("rover", RC3_TRIM=1500)
    assert bench.manual(0, 0, -1000, 0) == Sticks(throttle=0.0)
    assert bench.manual(0, 0, 0, 0) == Sticks(throttle=0.5)
    assert bench.override(1500, KEEP, 1750, KEEP) == Sticks(throttle=0.75)


@pytest.mark.parametrize(("kind", "pulse"), [("copter", 974), ("rover", 909)])
def test_a_throttle_pulse_below_the_failsafe_value_is_a_lost_radio(kind: str, pulse: int) -> None:
    """FS_THR_VALUE: the sticks are lost once, and nothing of that message moves them."""
    bench = Bench(kind)
    bench.autopilot.failsafe_sticks = False
    bench.service.handle_message(override(2000, 1500, pulse), QGC, NOW)
    assert bench.autopilot.calls == [("sticks.lose", (NOW,), {})]
    bench.autopilot.failsafe_sticks = True
    bench.service.handle_message(override(2000, 1500, pulse), QGC, NOW)
    assert len(bench.autopilot.calls) == 1


def test_without_the_failsafe_a_low_throttle_pulse_is_just_low() -> None:
    """FS_THR_ENABLE 0."""
    assert Bench(FS_THR_ENABLE=0).override(1500, 1500, 900) == Sticks(throttle=0.0)


def test_a_joystick_is_a_pulse_on_the_channel_of_its_stick() -> None:
    """As ArduPilot's: with the channel's dead zone, its limits and its direction."""
    bench = Bench(RC1_DZ=100, RC2_DZ=100, RC4_REVERSED=1)
    assert bench.manual(190, 600, 500, 1000) == Sticks(roll=0.5, pitch=0.0, throttle=0.5, yaw=-1.0)


def test_a_rover_drives_at_all_that_is_out_of_the_channel_s_dead_zone() -> None:
    """RC3 1550 with RC3_DZ 30 is a twenty-third of the way: a second dead zone behind it made it nothing."""
    drive = RoverDrive()
    drive.rover.set_target(Pilot(PilotKind.MANUAL))
    sticks = Bench("rover", RC3_DZ=30, RC3_TRIM=1500).override(1500, KEEP, 1550, KEEP)
    assert sticks is not None
    drive.rover.set_sticks(sticks)
    drive.run(0.2)
    assert drive.report[R.SERVO_1 + 2] == pytest.approx(1500.0 + 500.0 * 20.0 / 470.0)
