"""A quadplane takes off and lands upright, in missions, by command and in its Q modes, and is on wings between."""

from __future__ import annotations

from dataclasses import replace
from math import hypot

import pytest

from autopilot.interface import report as R
from autopilot.interface.targets import Circle, Land, Leg, Pilot, PilotKind, Sticks, TakeOff, Target
from autopilot.mav import Cmd, Frame, Result, VtolState
from autopilot.mission.items import MissionItem
from autopilot.modes.heading import KEEP
from autopilot.vehicles.mode_table import PlaneMode
from sitl.vehicles.kinds import make_simulated
from tests.fakes.core_bench import Bench, item, waypoint
from tests.fakes.fake_vehicle import ORIGIN

M = PlaneMode


def lifted() -> Bench:
    """After a takeoff in GUIDED, still on its way up."""
    bench = Bench("quadplane")
    assert bench.core.modes.set(M.GUIDED, bench.now_ms).ok
    bench.arm()
    assert bench.core.commands.takeoff(40.0).ok
    lift = bench.vehicle.target
    assert isinstance(lift, TakeOff) and lift.pitch is None
    return bench


def flying() -> Bench:
    """On its wings, round the place of its takeoff."""
    bench = lifted()
    bench.run(60.0, lambda: bench.core.helm.arrived)
    bench.core.guided.flight.go_to(bench.vehicle.state.position)
    assert isinstance(bench.vehicle.target, Circle)
    return bench


def test_after_a_takeoff_in_guided_it_hovers_until_there_is_a_place() -> None:
    """As ArduPlane after do_user_takeoff, also at another height and after a pause."""
    bench = lifted()
    guided = bench.core.guided.flight
    bench.run(60.0)
    hover = bench.vehicle.target
    assert isinstance(hover, Land) and hover.sink == 0.0 and hover.position == pytest.approx((0.0, 0.0), abs=1.0)
    guided.change_height(-50.0)
    guided.pause()
    guided.resume()
    bench.run(60.0)
    assert [type(target) for target in bench.vehicle.targets if isinstance(target, Circle)] == []
    assert bench.core.facts.height == pytest.approx(50.0, abs=1.0)
    guided.go_to((600.0, 0.0, -60.0))
    assert isinstance(bench.vehicle.target, Circle)


@pytest.mark.parametrize(("up", "down"), [(Cmd.NAV_VTOL_TAKEOFF, Cmd.NAV_VTOL_LAND), (Cmd.NAV_TAKEOFF, Cmd.NAV_LAND)])
def test_a_mission_goes_up_and_down_upright(up: int, down: int) -> None:
    """NAV_TAKEOFF and NAV_LAND too, as with Q_OPTIONS 0."""
    bench = Bench("quadplane")
    bench.upload([item(up, up=30.0), waypoint(400.0, 0.0, 60.0), item(down, 0.0, 300.0)])
    assert bench.core.modes.set(M.AUTO, bench.now_ms).ok
    bench.arm()
    bench.run(200.0, lambda: not bench.core.facts.armed)
    lift, leg, land = bench.vehicle.targets[-4:-1]
    assert isinstance(lift, TakeOff) and lift.pitch is None and lift.down == pytest.approx(-35.0)
    assert isinstance(leg, Leg)
    assert isinstance(land, Land) and land.approach is None and land.position == pytest.approx((0.0, 300.0), abs=1.0)
    assert not bench.core.facts.armed, "the motors stop with the landing"


@pytest.mark.parametrize(("mode", "place"), [(M.QLAND, None), (M.QRTL, (0.0, 0.0))])
def test_modes_that_land_it(mode: PlaneMode, place: tuple[float, float] | None) -> None:
    bench = flying()
    assert bench.core.modes.set(mode, bench.now_ms).ok
    land = bench.vehicle.target
    assert isinstance(land, Land) and land.position == place and land.approach is None
    bench.run(200.0, lambda: not bench.core.facts.armed)
    assert not bench.core.facts.armed


def test_qrtl_comes_down_on_its_way_home() -> None:
    """From RTL_ALTITUDE to Q_RTL_ALT by two radii before the pad, as ArduPlane, and not only over it."""
    bench = flying()
    bench.parameters.set("WP_LOITER_RAD", 80.0)
    bench.core.guided.flight.go_to((900.0, 0.0, -60.0))
    bench.run(100.0, lambda: bench.vehicle.state.position[0] > 780.0)
    assert bench.core.modes.set(M.QRTL, bench.now_ms).ok
    land = bench.vehicle.target
    assert isinstance(land, Land) and land.comes_down is not None
    (near_m, near_d), (far_m, far_d) = land.comes_down
    assert (near_m, near_d, far_d) == pytest.approx((160.0, -15.0, -100.0), abs=0.1)
    assert far_m == pytest.approx(160.0 + 25.0 * 85.0 / 3.0, rel=0.01)


@pytest.mark.parametrize(("up", "way"), [(40.0, 15.0), (12.0, 12.0)])
def test_qrtl_from_a_hover_near_home_comes_down_but_does_not_climb_on_its_way(up: float, way: float) -> None:
    """ArduPlane's ModeQRTL: at Q_RTL_ALT, or its height if that is lower; it stayed at any height until it was home."""
    bench = lifted()
    bench.run(60.0, lambda: bench.core.helm.arrived)
    bench.vehicle.put((60.0, 0.0, -up))
    bench.vehicle.state.report[R.VTOL_STATE] = VtolState.MC
    assert bench.core.modes.set(M.QRTL, bench.now_ms).ok
    land = bench.vehicle.target
    assert isinstance(land, Land) and land.comes_down is not None
    assert land.comes_down[0][1] == pytest.approx(-way, abs=0.5)


@pytest.mark.parametrize(("low", "down"), [(15.0, -15.0), (60.0, -40.0)])
def test_it_circles_down_before_it_lands(low: float, down: float) -> None:
    """To Q_RTL_ALT, but never up; there the mode becomes QLAND, as in ArduPlane."""
    bench = flying()
    bench.core.guided.flight.go_to((900.0, 0.0, -40.0))
    bench.run(100.0, lambda: bench.vehicle.state.position[0] > 780.0)
    bench.parameters.set("Q_RTL_ALT", low)
    assert bench.core.modes.set(M.LOITER_ALT_QLAND, bench.now_ms).ok
    circle = bench.vehicle.target
    assert isinstance(circle, Circle) and circle.center[2] == pytest.approx(down, abs=2.0)
    bench.run(100.0, lambda: bench.core.modes.number == M.QLAND)
    assert isinstance(bench.vehicle.target, Land)
    assert bench.core.modes.number == M.QLAND
    assert bench.vehicle.state.position[2] == pytest.approx(down, abs=2.0)


def test_it_circles_down_about_the_middle_of_the_circle_that_it_flies() -> None:
    """ArduPlane's ModeLoiterAltQLand; it went over to a circle beside it."""
    bench = flying()
    bench.core.guided.flight.go_to((300.0, 0.0, -40.0))
    bench.run(100.0, lambda: bench.core.helm.arrived)
    assert bench.core.modes.set(M.LOITER_ALT_QLAND, bench.now_ms).ok
    assert bench.vehicle.target.center[:2] == pytest.approx((300.0, 0.0), abs=1.0)


def test_a_hover_does_not_circle_down() -> None:
    """ArduPlane's ModeLoiterAltQLand: from a VTOL mode it is QLAND at once."""
    bench = flying()
    assert bench.core.modes.set(M.QLOITER, bench.now_ms).ok
    bench.vehicle.state.report[R.VTOL_STATE] = VtolState.MC
    before = len(bench.vehicle.targets)
    assert bench.core.modes.set(M.LOITER_ALT_QLAND, bench.now_ms).ok
    bench.run(1.0)
    assert bench.core.modes.number == M.QLAND
    assert [target for target in bench.vehicle.targets[before:] if isinstance(target, Circle)] == []


@pytest.mark.parametrize(
    ("mode", "kind"), [(M.QSTABILIZE, PilotKind.HOVER), (M.QHOVER, PilotKind.ALT_HOLD), (M.QLOITER, PilotKind.LOITER)]
)
def test_a_loss_in_a_hovering_mode_lands_it(mode: PlaneMode, kind: PilotKind) -> None:
    bench = flying()
    assert bench.core.modes.set(mode, bench.now_ms).ok
    assert bench.vehicle.target == Pilot(kind)
    bench.parameters.set("FS_SHORT_ACTN", 1.0)
    bench.core.failsafes.sticks_silent(bench.now_ms)
    bench.run(1.0)
    assert bench.core.modes.number == M.QLAND


@pytest.mark.parametrize(("options", "then"), [(1 << 5, M.QRTL), (1 << 20, M.RTL), (1 << 5 | 1 << 20, M.RTL)])
def test_a_loss_in_a_hovering_mode_brings_it_home_by_q_options(options: int, then: PlaneMode) -> None:
    bench = flying()
    bench.parameters.set("Q_OPTIONS", float(options))
    bench.parameters.set("FS_SHORT_ACTN", 1.0)
    assert bench.core.modes.set(M.QLOITER, bench.now_ms).ok
    bench.core.failsafes.sticks_silent(bench.now_ms)
    bench.run(1.0)
    assert bench.core.modes.number == then


def test_a_loss_in_a_hovering_mode_acts_at_once_whatever_fs_short_actn_is() -> None:
    """ArduPlane's failsafe_short_on_event: QLOITER goes to QLAND also with FS_SHORT_ACTN 0."""
    bench = flying()
    bench.parameters.set("FS_SHORT_ACTN", 0.0)
    assert bench.core.modes.set(M.QLOITER, bench.now_ms).ok
    bench.core.failsafes.sticks_silent(bench.now_ms)
    assert bench.core.modes.number == M.QLAND


def test_sticks_that_return_late_do_not_end_a_landing() -> None:
    """In QLAND a loss of FS_LONG_TIMEOUT is a long one, and QLOITER does not come back with the sticks (ArduPlane)."""
    bench = flying()
    bench.parameters.set("FS_LONG_TIMEOUT", 2.0)
    assert bench.core.modes.set(M.QLOITER, bench.now_ms).ok
    bench.core.sticks.move(Sticks(), bench.now_ms)
    bench.run(3.5)
    assert bench.core.modes.number == M.QLAND
    bench.run(2.5)
    assert bench.texts[-1] == "RC Long Failsafe On: QLAND"
    bench.core.sticks.move(Sticks(), bench.now_ms)
    bench.run(0.1)
    assert bench.texts[-1] == "RC Long Failsafe Cleared"
    assert bench.core.modes.number == M.QLAND


@pytest.mark.parametrize("mode", [M.QRTL, M.LOITER_ALT_QLAND, M.QLAND])
def test_a_vertical_return_goes_on_whatever_is_lost(mode: PlaneMode) -> None:
    bench = flying()
    for name, value in (("FS_SHORT_ACTN", 1.0), ("FS_LONG_ACTN", 1.0), ("FS_LONG_TIMEOUT", 2.0)):
        bench.parameters.set(name, value)
    bench.core.guided.flight.go_to((900.0, 0.0, -60.0))
    bench.run(30.0)
    assert bench.core.modes.set(mode, bench.now_ms).ok
    bench.core.failsafes.sticks_silent(bench.now_ms)
    bench.run(3.0)
    assert bench.core.modes.number == mode


def test_a_return_hovers_from_its_circle_where_that_is_wider_than_its_stopping_way() -> None:
    """Q_RTL_MODE 1: at RTL_RADIUS, as ArduPlane's switch_QRTL."""
    bench = flying()
    for name, value in (("Q_RTL_MODE", 1.0), ("RTL_RADIUS", 300.0)):
        bench.parameters.set(name, value)
    bench.core.guided.flight.go_to((900.0, 0.0, -60.0))
    bench.run(100.0, lambda: bench.vehicle.state.position[0] > 780.0)
    assert bench.core.modes.set(M.RTL, bench.now_ms).ok
    bench.run(100.0, lambda: bench.core.modes.number == M.QRTL)
    assert hypot(*bench.vehicle.state.position[:2]) == pytest.approx(300.0, abs=8.0)


@pytest.mark.parametrize(
    ("by", "circles"), [(1.0, [(90.0, -100.0)]), (2.0, [(120.0, -100.0), (120.0, -15.0)]), (3.0, [(90.0, -100.0)])]
)
def test_a_return_goes_over_to_the_lift_motors(by: float, circles: list[tuple[float, float]]) -> None:
    """Q_RTL_MODE: from where it can stop over home, circled down there at Q_FW_LND_APR_RAD, or at once."""
    bench = flying()
    for name, value in (("Q_RTL_MODE", by), ("RTL_RADIUS", 90.0), ("Q_FW_LND_APR_RAD", 120.0)):
        bench.parameters.set(name, value)
    bench.core.guided.flight.go_to((900.0, 0.0, -60.0))
    bench.run(100.0, lambda: bench.vehicle.state.position[0] > 780.0)
    before = len(bench.vehicle.targets)
    assert bench.core.modes.set(M.RTL, bench.now_ms).ok
    bench.run(200.0, lambda: any(isinstance(one, Land) for one in bench.vehicle.targets[before:]))
    flown = bench.vehicle.targets[before:]
    assert (bench.core.modes.number == M.QRTL) is (by != 2.0), "which waits until it is downwind"
    seen = [(round(one.radius), round(one.center[2])) for one in flown if isinstance(one, Circle)]
    assert seen == circles
    north, east, down = bench.vehicle.state.position
    if by == 3.0:
        assert north > 700.0
    else:
        assert hypot(north, east) == pytest.approx(25.0**2 / 4.0 if by == 1.0 else 120.0, abs=6.0)
        assert by == 1.0 or down == pytest.approx(-15.0, abs=6.0)


# --- Q_OPTIONS --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("command", [Cmd.NAV_LAND, Cmd.NAV_VTOL_LAND])
def test_it_lands_on_its_wings_where_it_may(command: int) -> None:
    """Bit 2, NAV_LAND alone: down the slope from the waypoint before, its motor off LAND_DISARMDELAY later."""
    bench = Bench("quadplane", parameters={"Q_OPTIONS": 4.0, "LAND_DISARMDELAY": 5.0})
    bench.upload([item(Cmd.NAV_TAKEOFF, up=30.0), waypoint(500.0, 0.0, 40.0), item(command, 0.0, 300.0)])
    assert bench.core.modes.set(M.AUTO, bench.now_ms).ok
    bench.arm()
    bench.run(200.0, lambda: isinstance(bench.vehicle.target, Land))
    approach = (500.0, 0.0, -40.0) if command == Cmd.NAV_LAND else None
    assert bench.vehicle.target.approach == (approach and pytest.approx(approach, abs=1.0))
    bench.run(100.0, lambda: not bench.core.facts.armed)
    assert not bench.core.facts.armed


@pytest.mark.parametrize(("options", "down"), [(0.0, -35.0 - ORIGIN.alt), (8.0, -35.0)])
def test_a_takeoff_counts_from_where_it_begins_or_by_its_frame(options: float, down: float) -> None:
    """Bit 3; here its height is above the sea."""
    bench = Bench("quadplane", parameters={"Q_OPTIONS": options})
    high = MissionItem(Cmd.NAV_VTOL_TAKEOFF, Frame.GLOBAL, z=ORIGIN.alt + 30.0)
    bench.upload([high, waypoint(400.0, 0.0, 60.0)])
    assert bench.core.modes.set(M.AUTO, bench.now_ms).ok
    bench.arm()
    bench.run(1.0)
    (lift,) = [one for one in bench.vehicle.targets if isinstance(one, TakeOff)]
    assert lift.down == pytest.approx(down)


def test_it_goes_to_its_pad_on_lift_motors_where_it_is_told() -> None:
    """Bit 16: it brakes where it is, and then flies there upright."""
    bench = flying()
    bench.parameters.set("Q_OPTIONS", float(1 << 16))
    bench.vehicle.state.report[R.VTOL_STATE] = VtolState.FW
    assert bench.core.modes.set(M.QRTL, bench.now_ms).ok
    assert bench.vehicle.target == Land(None, sink=0.0)
    bench.run(2.0)
    assert bench.vehicle.target == Land(None, sink=0.0)
    bench.vehicle.state.report[R.VTOL_STATE] = VtolState.MC
    bench.run(1.0)
    assert bench.vehicle.target.position == pytest.approx((0.0, 0.0), abs=0.1)


@pytest.mark.parametrize(
    ("mode", "refusal"),
    [(M.QLOITER, None), (M.GUIDED, None), (M.FBWA, "FLY_BY_WIRE_A not Q mode"), (M.AUTO, "AUTO not in VTOL takeoff")],
)
def test_it_is_armed_upright_alone_where_it_is_told(mode: PlaneMode, refusal: str | None) -> None:
    """Bit 18; the mission begins with a way point."""
    bench = Bench("quadplane", parameters={"Q_OPTIONS": float(1 << 18)})
    bench.upload([waypoint(400.0, 0.0, 60.0)])
    assert bench.core.modes.set(mode, bench.now_ms).ok
    assert bench.core.arming.arm(bench.now_ms).ok is (refusal is None)
    assert (
        any(refusal in text for text in bench.texts) if refusal else bench.core.facts.armed or bench.core.arming.pending
    )


def hover(target: Target) -> tuple[Land, float | None]:
    """A hover over a place, and the height (NED d) at which its way there begins."""
    assert isinstance(target, Land)
    return replace(target, comes_down=None), target.comes_down[1][1] if target.comes_down else None


@pytest.mark.parametrize("height", [60.0, 20.0])
def test_it_hovers_over_a_place_of_guided(height: float) -> None:
    """Q_GUIDED_MODE 1: there on wings, or upright, which climbs at once. It stays; without the parameter it circles."""
    bench = flying()
    guided = bench.core.guided.flight
    guided.go_to((300.0, 0.0, -height))
    assert isinstance(bench.vehicle.target, Circle)
    bench.parameters.set("Q_GUIDED_MODE", 1.0)
    guided.go_to((300.0, 0.0, -height))
    flown, way = hover(bench.vehicle.target)
    assert (flown, way) == (Land((300.0, 0.0), sink=0.0, down=-height), pytest.approx(-max(height, 40.0), abs=0.5))
    bench.run(2.0)
    guided.pause()
    bench.run(2.0)
    assert bench.vehicle.target == Land(None, KEEP, sink=0.0)
    guided.resume()
    bench.run(120.0, lambda: abs(bench.vehicle.state.position[2] + height) <= 0.5)
    bench.run(20.0)
    assert hover(bench.vehicle.target)[0] == Land((300.0, 0.0), sink=0.0, down=-height)
    assert bench.vehicle.state.position == pytest.approx((300.0, 0.0, -height), abs=1.0)
    guided.go_to((0.0, 0.0, -height))
    assert hover(bench.vehicle.target)[0] == Land((0.0, 0.0), sink=0.0, down=-height)
    guided.take_off(-80.0)
    bench.run(60.0, lambda: isinstance(bench.vehicle.target, Land))
    assert isinstance(bench.vehicle.target, Land), "what follows is not moved by the hover from before"
    assert bench.core.facts.height == pytest.approx(80.0, abs=1.0)


def test_it_has_no_autoland() -> None:
    bench = flying()
    assert not bench.core.modes.set(M.AUTOLAND, bench.now_ms).ok


def hovers_at(target: Target, north: float) -> bool:
    return isinstance(target, Land) and target.sink == 0.0 and target.position == pytest.approx((north, 0.0))


def transition(state: int) -> MissionItem:
    return item(Cmd.DO_VTOL_TRANSITION, param1=float(state))


@pytest.mark.parametrize(
    "place",
    [
        waypoint(300.0, 0.0, 60.0),
        item(Cmd.NAV_LOITER_TIME, 300.0, 0.0, 60.0, param1=10.0),
        item(Cmd.NAV_LOITER_TO_ALT, 300.0, 0.0, 60.0),
    ],
    ids=["waypoint", "time", "height"],
)
def test_items_behind_a_transition_are_flown_upright(place: MissionItem) -> None:
    """DO_VTOL_TRANSITION to MC: to a hover over the place; to FW: on wings again."""
    bench = Bench("quadplane")
    bench.upload([item(Cmd.NAV_VTOL_TAKEOFF, up=30.0), transition(3), place, transition(4), waypoint(0.0, 300.0, 60.0)])
    assert bench.core.modes.set(M.AUTO, bench.now_ms).ok
    bench.arm()
    bench.run(200.0, lambda: 3 in bench.reached)
    over, up, stays, leg = bench.vehicle.targets[-4:]
    assert hovers_at(over, 300.0) and isinstance(up, TakeOff) and hovers_at(stays, 300.0) and isinstance(leg, Leg)
    assert bench.vehicle.state.position == pytest.approx((300.0, 0.0, -60.0), abs=1.5)
    bench.run(100.0, lambda: 5 in bench.reached)
    assert not any(hovers_at(target, 0.0) for target in bench.vehicle.targets)
    told = [text for text in bench.texts if "VTOL mode" in text]
    assert told == ["Entered VTOL mode", "Exited VTOL mode"]


@pytest.mark.parametrize("number", [Cmd.NAV_LOITER_TIME, Cmd.NAV_LOITER_TO_ALT, Cmd.NAV_LOITER_TURNS])
def test_circles_of_a_mission_are_hovers_by_q_guided_mode(number: int) -> None:
    """As in ArduPlane's in_vtol_auto, but LOITER_TURNS, which needs wings; the next leg is flown on these."""
    bench = Bench("quadplane", parameters={"Q_GUIDED_MODE": 1.0})
    place, onward = item(number, 300.0, 0.0, 60.0, param1=1.0), waypoint(0.0, 300.0, 60.0)
    bench.upload([item(Cmd.NAV_VTOL_TAKEOFF, up=30.0), place, onward])
    assert bench.core.modes.set(M.AUTO, bench.now_ms).ok
    bench.arm()
    bench.run(200.0, lambda: 2 in bench.reached)
    hovered = any(hovers_at(target, 300.0) for target in bench.vehicle.targets)
    assert hovered is (number != Cmd.NAV_LOITER_TURNS)
    assert isinstance(bench.vehicle.targets[-1], Leg)


def test_a_delay_is_waited_for_on_the_ground_and_upright_but_not_on_wings() -> None:
    """ArduPlane's verify_nav_delay: in its VTOL mode. It ended at once everywhere, also between a landing and the next
    takeoff (docs/reference/mission-semantics.md, item 17)."""
    bench, delay = Bench("quadplane"), item(Cmd.NAV_DELAY, param1=10.0)
    up = [delay, item(Cmd.NAV_VTOL_TAKEOFF, up=30.0), transition(3), waypoint(40.0, 0.0, 30.0), delay]
    bench.upload([*up, transition(4), waypoint(300.0, 0.0, 60.0), delay, waypoint(900.0, 0.0, 60.0)])
    assert bench.core.modes.set(M.AUTO, bench.now_ms).ok
    bench.arm()
    waited = {}
    for seq in (1, 5, 8):
        bench.run(200.0, lambda seq=seq: bench.core.sequencer.current_nav_index() == seq)
        began = bench.now_ms
        bench.run(60.0, lambda seq=seq: bench.core.sequencer.current_nav_index() > seq)
        waited[seq] = bench.now_ms - began
        if seq == 5:
            assert bench.vehicle.state.position == pytest.approx((40.0, 0.0, -30.0), abs=1.5)
    assert waited == {
        1: pytest.approx(10_000, abs=100),
        5: pytest.approx(10_000, abs=100),
        8: pytest.approx(0, abs=100),
    }


def test_a_delay_ends_when_wings_are_to_fly_again() -> None:
    bench = Bench("quadplane")
    bench.upload(
        [item(Cmd.NAV_VTOL_TAKEOFF, up=30.0), transition(3), item(Cmd.NAV_DELAY, param1=100.0), waypoint(900.0, 0.0)]
    )
    assert bench.core.modes.set(M.AUTO, bench.now_ms).ok
    bench.arm()
    bench.run(60.0, lambda: bench.core.sequencer.current_nav_index() == 3)
    bench.run(5.0)
    assert bench.core.commands.change_over(VtolState.FW).ok
    bench.run(1.1)
    assert bench.core.sequencer.current_nav_index() == 4


def test_between_its_transitions_it_is_upright_in_flight() -> None:
    """Simulated: it brakes where the transition comes, and not only before the place."""
    bench = Bench("quadplane", vehicle=make_simulated("quadplane", ORIGIN, 0.0, 7))
    bench.run(30.0, lambda: bench.core.prearm.ok)
    out = [item(Cmd.NAV_VTOL_TAKEOFF, up=30.0), waypoint(500.0, 0.0, 40.0), transition(3), waypoint(1100.0, 0.0, 35.0)]
    bench.upload([*out, transition(4), waypoint(500.0, 0.0, 40.0), item(Cmd.NAV_VTOL_LAND, 0.0, 0.0)])
    assert bench.core.modes.set(M.AUTO, bench.now_ms).ok
    bench.arm()
    report = bench.vehicle.state.report
    bench.run(120.0, lambda: 2 in bench.reached)
    assert report[R.VTOL_STATE] == VtolState.FW
    bench.run(40.0, lambda: report[R.VTOL_STATE] == VtolState.MC)
    assert bench.vehicle.state.position[0] < 900.0
    bench.run(200.0, lambda: report[R.VTOL_STATE] != VtolState.MC or 4 in bench.reached)
    assert 4 in bench.reached
    assert bench.vehicle.state.position == pytest.approx((1100.0, 0.0, -35.0), abs=2.0)
    bench.run(120.0, lambda: 6 in bench.reached)
    assert report[R.VTOL_STATE] == VtolState.FW
    bench.run(200.0, lambda: not bench.core.facts.armed)
    assert not bench.core.facts.armed


def test_a_transition_by_command_acts_on_the_leg_that_is_flown() -> None:
    """And a new AUTO begins on wings."""
    bench = Bench("quadplane")
    bench.upload([item(Cmd.NAV_VTOL_TAKEOFF, up=30.0), waypoint(3000.0, 0.0, 30.0)])
    assert bench.core.modes.set(M.AUTO, bench.now_ms).ok
    bench.arm()
    bench.run(60.0, lambda: isinstance(bench.vehicle.target, Leg))
    change_over = bench.core.commands.change_over
    assert change_over(VtolState.MC).ok
    bench.run(1.1)
    assert hovers_at(bench.vehicle.target, 3000.0)
    assert change_over(VtolState.MC).ok and change_over(VtolState.FW).ok
    bench.run(1.1)
    assert isinstance(bench.vehicle.target, Leg)
    assert change_over(VtolState.MC).ok
    assert bench.core.modes.set(M.QLOITER, bench.now_ms).ok
    assert bench.core.modes.set(M.AUTO, bench.now_ms).ok
    assert isinstance(bench.vehicle.target, Leg)


@pytest.mark.parametrize(
    ("kind", "mode", "state", "words"),
    [
        ("plane", M.AUTO, 3, "VTOL not available"),
        ("quadplane", M.GUIDED, 3, "VTOL transition only in AUTO"),
        ("quadplane", M.AUTO, 1, "Invalid VTOL mode"),
    ],
)
def test_a_transition_is_refused_with_the_words_of_arduplane(kind: str, mode: int, state: int, words: str) -> None:
    bench = Bench(kind)
    bench.upload([item(Cmd.NAV_TAKEOFF, up=30.0), waypoint(300.0, 0.0, 60.0)])
    assert bench.core.modes.set(mode, bench.now_ms).ok
    outcome = bench.core.commands.change_over(state)
    assert (outcome.result, outcome.reason) == (Result.FAILED, words)
    bench.run(0.1)
    assert words in bench.texts
