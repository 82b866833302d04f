"""A pilot's transmitter on the real core: its sticks, its switches at the first pulse, overrides that go before it."""

from __future__ import annotations

from typing import Any

import pytest

from autopilot.interface.reasons import ModeReason
from autopilot.interface.targets import Sticks
from autopilot.mav import Cmd
from mavlink_bridge.routing.service import Peer
from mavlink_bridge.services.sticks import StickService
from mavlink_bridge.wire.codec import dialect
from tests.fakes.core_bench import Bench

KEEP = 65535
CENTRED = (1500, 1500, 1000, 1500)
SIX = 1815
ALT_HOLD, LOITER = 2, 5
STATION = Peer(1, 255, 190)


class Radio:
    """A transmitter of a standing copter."""

    def __init__(self, **parameters: float) -> None:
        self.bench = Bench("copter", parameters=parameters)
        self.core: Any = self.bench.core
        self.service = StickService(self.core)

    def pulses(self, *pulses: int) -> bool:
        return self.service.take_pulses((*pulses, *[0] * (16 - len(pulses))), self.bench.now_ms)

    def override(self, *pulses: int) -> None:
        channels = (*pulses, *[KEEP] * (18 - len(pulses)))
        self.service.handle_message(
            dialect.MAVLink_rc_channels_override_message(1, 1, *channels), STATION, self.bench.now_ms
        )

    @property
    def sticks(self) -> Sticks:
        return self.bench.vehicle.sticks


def test_its_pulses_move_the_sticks_and_are_shown() -> None:
    """All sixteen; 0 keeps the last pulse of its channel."""
    radio = Radio()
    radio.pulses(2000, 1000, 1300, 1500, SIX, 1100, 1200, 1300, 1901, *[1000] * 6, 1902)
    assert (radio.sticks.roll, radio.sticks.pitch, radio.sticks.yaw) == (1.0, 1.0, 0.0)
    shown = radio.core.sticks.pulses
    assert shown == (2000, 1000, 1300, 1500, SIX, 1100, 1200, 1300, 1901, *[1000] * 6, 1902)
    radio.pulses(0, 1500)
    assert (radio.sticks.roll, radio.sticks.pitch) == (1.0, 0.0)


def test_the_same_pulses_again_are_nothing_new() -> None:
    radio = Radio()
    assert radio.pulses(*CENTRED)
    assert not radio.pulses(*CENTRED)
    assert radio.pulses(1600)


def test_its_silence_is_no_failsafe_and_a_low_throttle_is() -> None:
    """A receiver repeats what it heard last; below FS_THR_VALUE it says that it has lost its transmitter."""
    radio = Radio()
    radio.pulses(1700, *CENTRED[1:])
    radio.bench.run(30.0)
    assert not radio.core.failsafes.sticks.lost and radio.sticks.roll > 0.3
    radio.pulses(1500, 1500, 900, 1500)
    assert radio.core.failsafes.sticks.lost
    radio.pulses(1500, 1500, 1000, 1500)
    assert not radio.core.failsafes.sticks.lost


def test_an_override_goes_before_it_and_gives_back_when_it_runs_out() -> None:
    radio = Radio()
    radio.pulses(1700, *CENTRED[1:])
    own = radio.sticks
    radio.override(1200)
    assert radio.sticks.roll < -0.5 and radio.core.sticks.pulses[0] == 1200
    radio.pulses(1710, *CENTRED[1:])
    assert radio.sticks.roll < -0.5
    radio.pulses(1700, *CENTRED[1:])
    radio.bench.run(4.0)
    assert radio.sticks == own and not radio.core.failsafes.sticks.lost
    radio.override(1200)
    radio.override(0)
    assert radio.sticks == own


def test_an_override_time_of_zero_suspends_what_is_overridden() -> None:
    """RC_OVERRIDE_TIME 0: the transmitter's pulses count; put back in time, the override does again."""
    radio = Radio()
    radio.pulses(*CENTRED)
    radio.override(1700)
    before = radio.sticks.roll
    assert before > 0.0 and radio.core.sticks.pulses[0] == 1700
    radio.core.parameters.set("RC_OVERRIDE_TIME", 0)
    radio.pulses(*CENTRED)
    assert radio.sticks.roll == 0.0 and radio.core.sticks.pulses[0] == 1500
    radio.override(1600)
    assert radio.sticks.roll == 0.0
    radio.core.parameters.set("RC_OVERRIDE_TIME", 3)
    radio.pulses(*CENTRED)
    assert radio.sticks.roll == before and radio.core.sticks.pulses[0] == 1700
    radio.core.parameters.set("RC_OVERRIDE_TIME", 0)
    radio.pulses(*CENTRED)
    radio.bench.run(4.0)
    radio.core.parameters.set("RC_OVERRIDE_TIME", 3)
    radio.pulses(*CENTRED)
    assert radio.sticks.roll == 0.0


def test_its_mode_switch_counts_from_the_first_pulse_on() -> None:
    """Also where it stands in the position that nobody has moved it from."""
    radio = Radio(FLTMODE6=ALT_HOLD)
    assert radio.core.modes.number != ALT_HOLD
    radio.pulses(*CENTRED, SIX)
    assert radio.core.modes.number == ALT_HOLD
    radio.core.modes.set(LOITER, radio.bench.now_ms, ModeReason.GCS_COMMAND)
    radio.pulses(*CENTRED, SIX - 10)
    assert radio.core.modes.number == LOITER


def test_a_low_switch_of_the_fence_counts_at_the_first_pulse_of_a_transmitter_only() -> None:
    radio = Radio(FENCE_ENABLE=1, RC7_OPTION=11)
    radio.pulses(*CENTRED, SIX, 1000, 1000)
    assert radio.core.fence.enabled == 0
    radio = Radio(FENCE_ENABLE=1, RC7_OPTION=11)
    radio.override(*CENTRED, SIX, 1000, 1000)
    assert radio.core.fence.enabled != 0


def test_an_emergency_stop_at_boot_keeps_it_from_being_armed() -> None:
    """ArduPilot's EStopAtBoot. A switch that arms does not act by the position that it was switched on in."""
    radio = Radio(RC7_OPTION=31, RC8_OPTION=153)
    radio.pulses(*CENTRED, SIX, 1000, 2000, 2000)
    assert "Motors Emergency Stopped" in radio.bench.texts
    assert not radio.core.facts.armed
    assert any("stop" in reason.text.lower() for reason in radio.core.prearm.reasons())


def test_a_switch_that_gets_the_function_to_arm_arms_when_it_is_moved() -> None:
    """It was low when it got its function; one that was high then has to be moved down first."""
    radio = Radio()
    radio.pulses(*CENTRED, SIX, 1000, 1000, 1000)
    radio.core.parameters.set("RC8_OPTION", 153)
    radio.pulses(*CENTRED, SIX, 1000, 1000, 2000)
    assert radio.core.facts.armed
    radio = Radio()
    radio.pulses(*CENTRED, SIX, 1000, 1000, 2000)
    radio.core.parameters.set("RC8_OPTION", 153)
    radio.pulses(*CENTRED, SIX, 1000, 1000, 2000)
    assert not radio.core.facts.armed


def test_a_receiver_may_be_ignored() -> None:
    assert not Radio(RC_OPTIONS=1).pulses(2000)


def test_a_failed_radio_brings_no_pulses_and_the_last_ones_come_back() -> None:
    radio = Radio()
    radio.pulses(1700, *CENTRED[1:])
    own = radio.sticks
    radio.core.sticks.radio_failed(True, radio.bench.now_ms)
    assert not radio.pulses(1200)
    assert radio.core.failsafes.sticks.lost
    radio.core.sticks.radio_failed(False, radio.bench.now_ms)
    assert radio.sticks == own and not radio.core.failsafes.sticks.lost


def test_a_switch_says_whether_a_ground_stations_sticks_count() -> None:
    """Auxiliary function 46: low takes them away at once, high allows them again."""
    radio = Radio(RC7_OPTION=46)
    low, high = (*CENTRED, SIX, 1000, 1000), (*CENTRED, SIX, 1000, 2000)
    radio.pulses(*high)
    radio.override(2000)
    assert radio.sticks.roll == 1.0
    radio.pulses(*low)
    assert radio.sticks.roll == 0.0
    radio.override(2000)
    assert radio.sticks.roll == 0.0
    radio.pulses(*high)
    radio.override(2000)
    assert radio.sticks.roll == 1.0


def test_a_receiver_that_has_lost_its_transmitter_moves_no_switch() -> None:
    """Its throttle is below FS_THR_VALUE; heard again, the switches count as they stand."""
    radio = Radio(FLTMODE1=ALT_HOLD, FLTMODE6=LOITER, INITIAL_MODE=4)
    radio.pulses(1500, 1500, 950, 1500, 1100)
    assert radio.core.modes.number == 4
    radio.pulses(1500, 1500, 1000, 1500, 1100)
    assert radio.core.modes.number == ALT_HOLD
    radio.pulses(1500, 1500, 950, 1500, SIX)
    assert radio.core.modes.number == ALT_HOLD
    radio.pulses(1500, 1500, 1000, 1500, SIX)
    assert radio.core.modes.number == LOITER


def test_a_parachute_is_off_from_the_first_pulse_on_where_its_switch_is_low() -> None:
    """ArduCopter RC_Channel_Copter.cpp, init_aux_function: both of its switches are read at first."""
    for option in (21, 23):
        radio = Radio(CHUTE_ENABLED=1, RC7_OPTION=option)
        radio.pulses(*CENTRED, SIX, 1000, 1000)
        assert radio.core.facts.param("CHUTE_ENABLED") == 0.0


WIRED = {"SERVO7_FUNCTION": 146, "SERVO7_MIN": 1000, "SERVO7_MAX": 2000, "SERVO7_TRIM": 1450, "SERVO8_FUNCTION": 57}


def outputs(radio: Radio) -> list[float]:
    """Pulses of outputs 7 and 8."""
    last = dict(radio.bench.vehicle.outputs)
    return [last[7], last[8]]


@pytest.mark.parametrize(("mask", "lost"), [(0, 1778.0), (1 << 6, 1450.0)])
def test_outputs_follow_a_channel_and_not_a_receiver_that_has_lost_it(mask: int, lost: float) -> None:
    """By its share between trim and ends (SERVOn_FUNCTION 140 to 155), or pulse for pulse (51 to 66); what a receiver
    makes up when it has lost its transmitter reaches neither."""
    radio = Radio(**WIRED, SERVO_RC_FS_MSK=mask)
    radio.pulses(*CENTRED, SIX, 1000, 1799)
    assert outputs(radio) == [1778.0, 1799.0]
    radio.pulses(1500, 1500, 800, 1500, SIX, 1000, 1300)
    assert outputs(radio) == [lost, 1799.0]
    radio.pulses(*CENTRED, SIX, 1000, 1250)
    assert outputs(radio) == [1225.0, 1250.0]


def test_an_output_that_a_command_has_set_stays_until_its_channel_moves() -> None:
    radio = Radio(**WIRED)
    radio.pulses(*CENTRED, SIX, 1000, 1799)
    assert radio.core.payload.command(Cmd.DO_SET_SERVO, (8.0, 1100.0), radio.bench.now_ms).ok
    radio.pulses(1600, 1500, 1000, 1500, SIX, 1000, 1799)
    assert outputs(radio)[1] == 1100.0
    radio.pulses(*CENTRED, SIX, 1000, 1800)
    assert outputs(radio)[1] == 1800.0


@pytest.mark.parametrize(("failure", "shown"), [(1, (1600, 1500, 1300)), (2, (1500, 1500, 950))])
def test_a_receiver_that_falls_silent_is_shown_as_it_was(failure: int, shown: tuple[int, ...]) -> None:
    """As ArduPilot's; one that says that it has lost its transmitter says so by its throttle. The sticks are centred in
    either case, and those of a transmitter that is back are shown again."""
    radio = Radio()
    radio.pulses(1600, 1500, 1300, 1500)
    radio.bench.parameters.set("SIM_RC_FAIL", failure)
    assert not radio.pulses(*CENTRED)
    assert radio.core.sticks.pulses[:3] == shown
    assert radio.sticks == Sticks()
    radio.bench.parameters.set("SIM_RC_FAIL", 0)
    assert radio.pulses(1700, 1500, 1300, 1500)
    assert radio.core.sticks.pulses[:3] == (1700, 1500, 1300)
