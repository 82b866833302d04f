"""The mode switch and auxiliary switches of RC_CHANNELS_OVERRIDE (RC_Channel.cpp)."""

from __future__ import annotations

from typing import Any, cast

import pytest

from autopilot.interface.reasons import ModeReason
from autopilot.interface.vehicle import Capabilities
from mavlink_bridge.routing.service import Peer
from mavlink_bridge.services.sticks import StickService
from mavlink_bridge.wire.codec import dialect
from tests.fakes.recording_autopilot import RecordingAutopilot

NOW = 700
KEEP = 65535


class Bench:
    def __init__(self, kind: str = "copter", **parameters: float) -> None:
        self.autopilot = cast(Any, RecordingAutopilot(kind))
        for name, value in parameters.items():
            self.autopilot.parameters.set(name, value)
        self.service = StickService(self.autopilot)

    def set(self, channel: int, pwm: int, system: int = 255) -> list[tuple[str, tuple[Any, ...]]]:
        """What the core was asked for."""
        channels = [KEEP] * 18
        channels[channel - 1] = pwm
        self.autopilot.calls.clear()
        message = dialect.MAVLink_rc_channels_override_message(1, 1, *channels)
        self.service.handle_message(message, Peer(1, system, 190), NOW)
        return [(name, arguments) for name, arguments, _ in self.autopilot.calls]


@pytest.mark.parametrize(
    ("pwm", "mode"),
    [(1000, 7), (1230, 7), (1231, 9), (1360, 9), (1361, 6), (1490, 6), (1491, 3), (1620, 3), (1621, 5), (1749, 5)],
)
def test_each_position_has_its_mode(pwm: int, mode: int) -> None:
    assert Bench().set(5, pwm) == [("modes.set", (mode, NOW, ModeReason.RC_COMMAND))]


def test_only_a_change_of_position_acts_and_it_begins_in_position_six() -> None:
    bench = Bench()
    assert bench.set(5, 1900) == []
    assert bench.set(5, 1400) == [("modes.set", (6, NOW, ModeReason.RC_COMMAND))]
    assert bench.set(5, 1450) == []
    assert bench.set(5, 0) == []  # released
    assert bench.set(5, 1800) == [("modes.set", (0, NOW, ModeReason.RC_COMMAND))]


def test_a_rover_has_its_own_switch() -> None:
    bench = Bench("rover", MODE2=10)
    assert bench.set(5, 1300) == []
    assert bench.set(8, 1300) == [("modes.set", (10, NOW, ModeReason.RC_COMMAND))]


def test_without_a_mode_channel_nothing_switches() -> None:
    assert Bench(FLTMODE_CH=0).set(5, 1300) == []


def test_an_option_makes_a_channel_an_auxiliary_switch() -> None:
    bench = Bench(RC7_OPTION=4)
    assert bench.set(7, 1100) == []
    assert bench.set(7, 1500) == [("auxiliary.act", (4, 1))]
    assert bench.set(7, 1900) == [("auxiliary.act", (4, 2))]
    assert bench.set(7, 1900) == []
    assert bench.set(7, 1100) == [("auxiliary.act", (4, 0))]
    assert bench.set(8, 1900) == []


def test_a_reversed_switch_is_high_when_its_pulse_is_short() -> None:
    bench = Bench(RC7_OPTION=4, RC7_REVERSED=1)
    assert bench.set(7, 1900) == []
    assert bench.set(7, 1100) == [("auxiliary.act", (4, 2))]


def test_overrides_may_be_ignored() -> None:
    bench = Bench(RC_OPTIONS=2)
    assert bench.set(5, 1300) == []
    assert bench.set(1, 1300) == []


def test_only_the_vehicles_own_ground_station_moves_switches() -> None:
    assert Bench().set(5, 1300, system=254) == []


def test_a_flight_controller_has_a_mode_switch_of_its_own() -> None:
    bench = Bench()
    bench.autopilot.vehicle.capabilities = Capabilities(own_modes=True)
    assert bench.set(5, 1300) == []
