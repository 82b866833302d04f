"""Sprayer, landing gear, winch and parachute: what moves their outputs, and when."""

from __future__ import annotations

from math import hypot

import pytest

from autopilot.context.events import ArmedChanged, StatusText
from autopilot.interface import report
from autopilot.interface.reasons import ArmingMethod
from autopilot.mav import Cmd, LandedState, ParachuteAction, Severity, WinchAction, WinchStatus
from tests.fakes.core_bench import Bench, flying, item, takeoff, waypoint
from tests.fakes.plane_bench import Plane
from tests.fakes.sim_copter import on_mission

SPRAYER = {"SPRAY_ENABLE": 1, "SERVO5_FUNCTION": 22, "SERVO6_FUNCTION": 23}
GEAR = {"LGR_ENABLE": 1, "SERVO8_FUNCTION": 29}
WINCH = {"WINCH_TYPE": 1, "SERVO7_FUNCTION": 88}
CHUTE = {"CHUTE_ENABLED": 1, "CHUTE_TYPE": 10, "SERVO9_FUNCTION": 27}
UP, DOWN = (8, 1100.0), (8, 1900.0)


def order(bench: Bench, number: int, *params: float) -> bool:
    """True when the command is accepted."""
    return bench.core.payload.command(number, params, bench.now_ms).ok


# --- sprayer ----------------------------------------------------------------------------------------------------------
def test_it_sprays_in_proportion_to_the_speed() -> None:
    """10 per cent of the pump at 1 m/s: at 10 m/s all of it; standing still nothing, after a second."""
    bench = Bench(parameters=SPRAYER)
    bench.airborne()
    assert order(bench, Cmd.DO_SPRAYER, 1.0)
    bench.run(3.0)
    assert dict(bench.vehicle.outputs) == {5: 1100.0, 6: 1100.0}
    bench.head_for((60.0, 0.0, -10.0))
    bench.run(4.0)
    pulses = dict(bench.vehicle.outputs)
    assert pulses[5] > 1400.0 and pulses[6] == 1300.0
    bench.run(30.0)
    assert dict(bench.vehicle.outputs) == {5: 1100.0, 6: 1100.0}


def test_it_begins_to_spray_sooner_than_it_ends() -> None:
    """0.1 s above SPRAY_SPEED_MIN, a second below, by looks that are 0.34 s apart."""
    bench = Bench(parameters=SPRAYER, by_tick=True)
    sprayer, fly = bench.core.payload.sprayer, bench.core.commands.guided_target

    def fast() -> bool:
        return hypot(*bench.vehicle.state.velocity[:2]) >= 1.0

    bench.airborne()
    assert order(bench, Cmd.DO_SPRAYER, 1.0)
    assert fly(velocity=(5.0, 0.0, 0.0)).ok
    bench.run(5.0, fast)
    since_ms = bench.now_ms
    bench.run(5.0, lambda: sprayer.sprays)
    assert 100 < bench.now_ms - since_ms <= 700
    assert fly(velocity=(0.5, 0.0, 0.0)).ok
    bench.run(5.0, lambda: not fast())
    since_ms = bench.now_ms
    bench.run(5.0, lambda: not sprayer.sprays)
    assert 1000 < bench.now_ms - since_ms <= 1800


def test_a_sprayer_that_is_disabled_stops() -> None:
    """SPRAY_ENABLE 0 while it sprays, as ArduPilot's AC_Sprayer::update; enabled again it waits for an order."""
    bench = Bench(parameters=SPRAYER)
    bench.airborne()
    assert order(bench, Cmd.DO_SPRAYER, 1.0)
    assert bench.core.commands.guided_target(velocity=(5.0, 0.0, 0.0)).ok
    bench.run(2.5)
    assert dict(bench.vehicle.outputs)[6] == 1300.0
    for enabled in (0, 1):
        bench.parameters.set("SPRAY_ENABLE", enabled)
        bench.run(0.4)
        assert dict(bench.vehicle.outputs) == {5: 1100.0, 6: 1100.0}


def test_a_mission_switches_it_and_slow_is_not_sprayed() -> None:
    """SPRAY_SPEED_MIN above what is flown: never; the item is done, not passed over."""
    bench = Bench(parameters=SPRAYER | {"SPRAY_SPEED_MIN": 1000, "WPNAV_SPEED": 500})
    bench.begin([takeoff(), item(Cmd.DO_SPRAYER, param1=1.0), waypoint(40, 0)])
    bench.run(60.0, lambda: bool(bench.reached) and bench.core.payload.sprayer.on)
    bench.run(5.0)
    assert bench.core.payload.sprayer.on and not bench.core.payload.sprayer.sprays
    assert not any("skipped" in text for text in bench.texts)


def test_the_pump_turns_no_slower_than_its_least_share() -> None:
    """SPRAY_PUMP_MIN, per cent: 80 at 2 m/s, where the speed alone asks for 20."""
    bench = Bench(parameters=SPRAYER | {"SPRAY_PUMP_MIN": 80})
    bench.airborne()
    assert order(bench, Cmd.DO_SPRAYER, 1.0)
    assert bench.core.commands.guided_target(velocity=(2.0, 0.0, 0.0)).ok
    bench.run(2.5)
    assert dict(bench.vehicle.outputs)[5] == pytest.approx(1740.0)


def test_without_a_sprayer_it_stays_off() -> None:
    """The order is accepted, as by ArduPilot."""
    bench = Bench()
    assert order(bench, Cmd.DO_SPRAYER, 1.0)
    assert not bench.core.payload.sprayer.on and bench.vehicle.outputs == []


# --- landing gear -----------------------------------------------------------------------------------------------------
def test_it_goes_up_behind_a_takeoff_and_down_for_a_landing() -> None:
    """LGR_OPTIONS 3."""
    bench = Bench(parameters=GEAR | {"LGR_STARTUP": 2})
    assert bench.vehicle.outputs == [DOWN]
    bench.begin([takeoff(), waypoint(20, 0), item(Cmd.NAV_LAND)])
    bench.run(60.0, lambda: UP in bench.vehicle.outputs)
    assert bench.position[2] < -9.0, "not before it has taken off"
    bench.run(60.0, lambda: bench.vehicle.outputs[-1] == DOWN)
    assert bench.position[2] < -5.0, "as soon as it begins to land"
    assert [text for text in bench.texts if "Gear" in text][-2:] == ["LandingGear: RETRACT", "LandingGear: DEPLOY"]


def test_it_stays_up_to_place_a_load() -> None:
    """ArduCopter lowers it in landings only; it went down and up with each load."""
    bench = on_mission((takeoff(8.0), item(Cmd.NAV_PAYLOAD_PLACE, 10.0, 0.0), item(Cmd.NAV_RETURN_TO_LAUNCH)), **GEAR)
    bench.run(90.0, lambda: 2 in bench.reached)
    assert 2 in bench.reached
    assert [text for text in bench.texts if "Gear" in text] == ["LandingGear: RETRACT"]


@pytest.mark.parametrize("mode", [6, 21])
def test_it_comes_down_for_a_return_that_ends_in_the_air(mode: int) -> None:
    """RTL_ALT_FINAL: somebody lands it then by hand (ModeRTL::descent_start)."""
    bench = Bench(parameters=GEAR | {"RTL_ALT_FINAL": 300, "RTL_LOIT_TIME": 0})
    bench.airborne(10.0)
    assert bench.core.modes.set(mode, bench.now_ms).ok
    bench.run(60.0, lambda: bench.vehicle.outputs[-1] == DOWN)
    assert bench.vehicle.outputs == [UP, DOWN]
    assert bench.core.facts.armed


def test_heights_move_it() -> None:
    """Up through 8 m, down through 5 m; nothing else with LGR_OPTIONS 0."""
    bench = Bench(parameters=GEAR | {"LGR_OPTIONS": 0, "LGR_RETRACT_ALT": 8, "LGR_DEPLOY_ALT": 5})
    bench.airborne(12.0)
    assert bench.vehicle.outputs == [UP]
    assert bench.core.modes.set(9, bench.now_ms).ok
    bench.run(60.0, lambda: bench.vehicle.outputs[-1] == DOWN)
    assert -5.1 < bench.position[2] < -4.0


def test_a_height_to_go_up_that_is_below_the_one_to_come_down_counts_for_nothing() -> None:
    bench = Bench(parameters=GEAR | {"LGR_OPTIONS": 0, "LGR_RETRACT_ALT": 3, "LGR_DEPLOY_ALT": 5})
    bench.airborne(12.0)
    assert bench.vehicle.outputs == []


def test_orders_and_a_switch_move_it_once() -> None:
    bench = Bench(parameters=GEAR)
    for _ in range(2):
        assert order(bench, Cmd.AIRFRAME_CONFIGURATION, -1.0, 1.0)
    assert bench.core.auxiliary.act(29, 0).ok and bench.core.auxiliary.act(29, 2).ok
    assert order(bench, Cmd.AIRFRAME_CONFIGURATION, -1.0, 0.0)
    assert bench.vehicle.outputs == [UP, DOWN, UP, DOWN]


# --- winch ------------------------------------------------------------------------------------------------------------
def test_a_length_is_reached_and_stays() -> None:
    """At 1 m/s at most, and slower at the end; relaxed at first."""
    bench = Bench(parameters=WINCH)
    winch = bench.core.payload.winch
    assert order(bench, Cmd.DO_WINCH, 1.0, WinchAction.RELATIVE_LENGTH_CONTROL, 5.0, 0.0)
    bench.run(2.0)
    assert winch.length_m == pytest.approx(2.0, abs=0.2) and bench.vehicle.outputs[-1] == (7, 1900.0)
    assert winch.status == WinchStatus.HEALTHY | WinchStatus.MOVING
    bench.run(10.0)
    assert winch.length_m == pytest.approx(5.0, abs=0.02) and bench.vehicle.outputs[-1] == (7, 1500.0)
    assert "Winch: lowering  5.0m to  5.0m" in bench.texts
    assert winch.status == WinchStatus.HEALTHY
    assert order(bench, Cmd.DO_WINCH, 1.0, WinchAction.RETRACT, 0.0, 0.0)
    bench.run(15.0)
    assert winch.length_m == pytest.approx(0.0, abs=0.02)


def test_a_rate_is_bounded_held_and_let_go() -> None:
    bench = Bench(parameters=WINCH | {"WINCH_RATE_MAX": 2})
    assert order(bench, Cmd.DO_WINCH, 1.0, WinchAction.RATE_CONTROL, 0.0, 9.0)
    bench.run(3.0)
    assert bench.core.payload.winch.length_m == pytest.approx(6.0, abs=0.3)
    assert order(bench, Cmd.DO_WINCH, 1.0, WinchAction.HOLD, 0.0, 0.0)
    bench.run(3.0)
    assert bench.core.payload.winch.length_m == pytest.approx(6.0, abs=0.3)
    assert bench.core.auxiliary.act(44, 0).ok and bench.vehicle.outputs[-1] == (7, 0.0)


@pytest.mark.parametrize(
    "params", [(1.0, 9.0, 0.0, 0.0), (1.0, WinchAction.DELIVER, 0.0, 0.0), (1.0, 1.0, float("nan"), 0.0)]
)
def test_what_it_cannot_do_fails(params: tuple[float, ...]) -> None:
    """Actions of a person, a delivery that nothing feels, a length that is none."""
    assert not order(Bench(parameters=WINCH), Cmd.DO_WINCH, *params)
    assert not order(Bench(), Cmd.DO_WINCH, 1.0, WinchAction.RELAXED, 0.0, 0.0)


def test_a_winch_without_an_output_costs_no_passes() -> None:
    """It accepts its orders, and nothing moves; its time came in every tick."""
    bench = Bench(parameters={"WINCH_TYPE": 1})
    assert order(bench, Cmd.DO_WINCH, 0.0, WinchAction.RATE_CONTROL, 0.0, 1.0)
    before = bench.updates
    bench.run(10.0)
    assert bench.updates - before < 20
    assert bench.core.payload.winch.length_m == 0.0


# --- parachute --------------------------------------------------------------------------------------------------------
def release(bench: Bench) -> list[str]:
    """What is said of a release by hand; only planes refuse one."""
    before = len(bench.texts)
    done = order(bench, Cmd.DO_PARACHUTE, ParachuteAction.RELEASE)
    assert done or bench.core.facts.vehicle_class.has_stall_speed
    return bench.texts[before:]


def test_it_is_released_in_the_air_and_motors_stay_off() -> None:
    """The servo opens CHUTE_DELAY_MS behind the motors' stop, for two seconds; nothing arms any more."""
    bench = Bench(parameters=CHUTE)
    bench.airborne(20.0)
    assert release(bench)[:1] == ["Parachute: Released"]
    assert not bench.core.facts.armed
    assert bench.events(ArmedChanged)[-1].method is ArmingMethod.PARACHUTE_RELEASE
    bench.run(0.4)
    assert bench.vehicle.outputs[-1] == (9, 1100.0)
    bench.run(0.2)
    assert bench.vehicle.outputs[-1] == (9, 1300.0)
    bench.run(2.0)
    assert bench.vehicle.outputs[-1] == (9, 1100.0)
    assert "Chute is released" in [reason.text for reason in bench.core.prearm.reasons()]


def test_one_that_is_held_open_stays_so_when_it_is_released_again() -> None:
    """CHUTE_OPTIONS bit 0 (AP_Parachute::update); the second order took its servo back."""
    bench = Bench(parameters=CHUTE | {"CHUTE_OPTIONS": 1})
    bench.airborne(20.0)
    for _ in range(2):
        bench.core.payload.act(Cmd.DO_PARACHUTE, (ParachuteAction.RELEASE,), bench.now_ms)
        bench.run(1.0)
        assert bench.vehicle.outputs[-1] == (9, 1300.0)


def test_a_parachute_that_is_enabled_again_while_it_opens_is_at_rest_and_opens_again() -> None:
    bench = Bench(parameters=CHUTE)
    bench.airborne(20.0)
    for enables in (True, False):
        bench.core.payload.act(Cmd.DO_PARACHUTE, (ParachuteAction.RELEASE,), bench.now_ms)
        bench.run(1.0)
        assert bench.vehicle.outputs[-1] == (9, 1300.0)
        if enables:
            bench.core.payload.act(Cmd.DO_PARACHUTE, (ParachuteAction.ENABLE,), bench.now_ms)
            bench.run(0.1)
            assert bench.vehicle.outputs[-1] == (9, 1100.0)


def test_on_the_ground_and_below_its_height_it_is_not_released() -> None:
    bench = Bench(parameters=CHUTE | {"CHUTE_ALT_MIN": 15})
    assert release(bench) == ["Parachute: Landed"]
    bench.airborne(12.0)
    assert release(bench) == ["Parachute: Too low"]
    assert bench.core.facts.armed


def test_its_servo_rests_from_the_parameter_on() -> None:
    """ArduPlane's test DO_PARACHUTE sets CHUTE_ENABLED and SERVO9_FUNCTION, and sees 1100 us then."""
    bench = Bench("plane")
    bench.run(1.0)
    assert bench.vehicle.outputs == []
    for name, value in CHUTE.items():
        bench.parameters.set(name, value)
    bench.run(0.1)
    assert bench.vehicle.outputs[-1] == (9, 1100.0)


def test_one_that_does_not_hover_can_be_tested_on_the_ground() -> None:
    """Before its first flight, as ArduPlane; then it is too low."""
    bench = Bench("plane", parameters=CHUTE | {"CHUTE_ALT_MIN": 10})
    bench.arm()
    assert release(bench)[:1] == ["Parachute: Released"]
    bench.run(0.7)
    assert bench.vehicle.outputs[-1] == (9, 1300.0)
    again = Plane(**CHUTE)
    again.vehicle.put((0.0, 0.0, 0.0))
    again.vehicle.state.report[report.LANDED_STATE] = LandedState.ON_GROUND
    assert release(again) == ["Parachute: Too low"]
    assert [event.severity for event in again.events(StatusText) if "low" in event.text] == [Severity.WARNING]


def test_a_plane_refuses_a_release_that_is_not_possible() -> None:
    """ArduPlane answers FAILED; ArduCopter accepts any release."""
    plane = Plane(**CHUTE | {"CHUTE_ENABLED": 0, "CHUTE_ALT_MIN": 500})
    for enabled, says in ((0.0, "Parachute not enabled"), (1.0, "Parachute: Too low")):
        plane.parameters.set("CHUTE_ENABLED", enabled)
        assert not order(plane, Cmd.DO_PARACHUTE, ParachuteAction.RELEASE)
        assert says in plane.texts and plane.core.facts.armed


def test_a_plane_releases_once() -> None:
    """ArduPlane's handle_MAV_CMD_DO_PARACHUTE and parachute_manual_release; it was accepted and told again."""
    plane = Plane(**CHUTE)
    assert release(plane)[:1] == ["Parachute: Released"]
    plane.run(1.0)
    assert not order(plane, Cmd.DO_PARACHUTE, ParachuteAction.RELEASE)
    assert plane.texts[-1] == "Parachute already released"
    assert not plane.core.payload.parachute.pull(plane.now_ms)
    assert plane.texts.count("Parachute: Released") == 1


@pytest.mark.parametrize("kind", ["plane", "copter"])
def test_only_a_copter_that_sinks_near_the_ground_keeps_its_parachute(kind: str) -> None:
    """CHUTE_CRT_SINK below CHUTE_ALT_MIN: ArduPlane's check_sink_rate does not ask for the height."""
    chute = CHUTE | {"CHUTE_CRT_SINK": 4.0, "CHUTE_ALT_MIN": 500.0}
    bench = Plane(**chute) if kind == "plane" else flying(**chute)
    bench.vehicle.state.report[report.VD] = 9.0
    for waited_ms in range(0, 1300, 100):
        bench.core.payload.parachute.update(bench.now_ms + waited_ms)
    assert bench.core.payload.parachute.released is (kind == "plane")


def test_it_must_be_on() -> None:
    """By command or by the switch's middle; a release of one that is off is nothing."""
    bench = Bench(parameters=CHUTE | {"CHUTE_ENABLED": 0})
    bench.airborne(20.0)
    assert release(bench) == [] and bench.core.facts.armed
    assert bench.core.auxiliary.act(23, 1).ok
    assert bench.parameters["CHUTE_ENABLED"] == 1.0 and bench.core.facts.armed
    assert bench.core.auxiliary.act(23, 2).ok
    assert not bench.core.facts.armed
    assert not order(bench, Cmd.DO_PARACHUTE, 7.0)


@pytest.mark.parametrize(
    ("changes", "reason"), [({"CHUTE_TYPE": 0}, "Chute has no relay"), ({"SERVO9_FUNCTION": 0}, "Chute has no channel")]
)
def test_arming_asks_for_its_servo(changes: dict[str, float], reason: str) -> None:
    bench = Bench(parameters=CHUTE | changes)
    assert reason in [found.text for found in bench.core.prearm.reasons()]


def test_an_item_of_a_mission_releases_it() -> None:
    """At any height (ArduPlane's test Parachute passes its waypoint at 9 or at 10 m); an item of one that is off is
    nothing."""
    bench = Bench(parameters=CHUTE | {"CHUTE_ALT_MIN": 100})
    bench.begin([takeoff(20.0), item(Cmd.DO_PARACHUTE, param1=2.0), waypoint(30, 0, 20.0)])
    bench.run(60.0, lambda: not bench.core.facts.armed)
    assert "Parachute: Released" in bench.texts
    off = Bench(parameters=CHUTE | {"CHUTE_ENABLED": 0})
    off.begin([takeoff(20.0), item(Cmd.DO_PARACHUTE, param1=2.0), waypoint(30, 0, 20.0)])
    off.run(60.0, lambda: off.core.sequencer.current_nav_index() == 3)
    assert off.core.facts.armed and "Parachute: Released" not in off.texts
