"""`firmware="px4"` on wings: a fixed wing and a standard VTOL as stations of a PX4 meet them, in virtual time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import hypot

import pytest

from autopilot.mav import VtolState
from sortie import MissionItem, Session
from sortie.api.testing.stand_in import HOME
from tests.fakes.px4_station import (
    ALTITUDE,
    ARM,
    EXTENDED_SYS_STATE,
    HOLD,
    LAND,
    MISSION,
    POSITION,
    RETURN,
    TAKE_OFF,
    TAKEOFF,
    SessionLine,
    Station,
)

VTOL_TRANSITION, ORBIT_COMMAND, VTOL_TAKE_OFF = 3000, 34, 84
UPRIGHT, ON_WINGS = float(VtolState.MC), float(VtolState.FW)
STABILIZED, FOLLOW, VTOL_TAKEOFF = (7, 0), (4, 8), (4, 10)


class WingStation(Station):
    """A station that looks once a second: flights on wings are long."""

    def until(self, condition: Callable[[], bool], limit_s: float = 400.0) -> None:
        for _ in range(round(limit_s)):
            if condition():
                return
            self.run(1.0)
        raise AssertionError(self.texts[-8:], self.mode, self.vtol, self.height)

    @property
    def vtol(self) -> int:
        return int(self.of("EXTENDED_SYS_STATE")[-1].vtol_state)

    @property
    def speed(self) -> float:
        return float(self.of("VFR_HUD")[-1].groundspeed)

    def take_off(self) -> None:
        assert self.command(ARM, 1.0, 0.0) == 0
        assert self.command(TAKE_OFF) == 0
        self.run(1.0)
        assert self.mode == TAKEOFF
        self.until(lambda: self.mode == HOLD)

    def lands(self, rests: tuple[int, int] = HOLD) -> None:
        """It stands in the last mode of the user's in which it may be armed."""
        self.until(lambda: not self.armed)
        assert self.mode == rests and "Disarmed by landing" in self.texts
        assert not [text for text in self.texts if "Mission complete" in text or "crash" in text.lower()]


@contextmanager
def flown(kind: str, **params: float) -> Iterator[WingStation]:
    with Session(vehicle=f"sim:{kind}", firmware="px4", seed=3, params=params) as session:
        station = WingStation(SessionLine(session))
        station.until(lambda: bool(station.of("SYS_STATUS")) and station.armable)
        station.stream(EXTENDED_SYS_STATE, 2.0)
        station.run(1.0)
        yield station


@pytest.fixture
def vtol() -> Iterator[WingStation]:
    with flown("quadplane") as station:
        yield station


def at(command: int, north: float, east: float, height: float, **more: float) -> MissionItem:
    lat, lon = HOME.lat + north / 111319.5, HOME.lon + east / 111319.5 / 0.816
    return MissionItem(command, 6, x=lat, y=lon, z=height, **more)


@pytest.mark.parametrize("kind", ["plane", "quadplane"])
def test_wings_that_do_not_take_off_are_disarmed(kind: str) -> None:
    """Commander::handleAutoDisarm: after COM_DISARM_PRFLT, also of wings; 0: never. A takeoff's run is none of it."""
    with flown(kind) as station:
        assert station.command(ARM, 1.0, 0.0) == 0
        station.run(9.0)
        assert station.armed
        station.run(2.5)
        assert not station.armed
        station.set_param("COM_DISARM_PRFLT", 0.0)
        assert station.command(ARM, 1.0, 0.0) == 0
        station.run(30.0)
        assert station.armed and station.command(ARM, 0.0, 0.0) == 0
        station.set_param("COM_DISARM_PRFLT", 0.5)
        station.take_off()
        assert station.armed and station.height > 15.0


@pytest.mark.parametrize("kind", ["plane", "quadplane"])
def test_wings_with_motors_off_take_land_as_any_mode(kind: str) -> None:
    """Commander refuses it for a missing position alone, and does not arm in it."""
    with flown(kind) as station:
        assert station.set_mode(LAND) == 0
        station.run(1.0)
        assert station.mode == LAND and station.command(ARM, 1.0, 0.0) != 0
        assert not [text for text in station.texts if "flying" in text or "failed" in text]
        assert (station.set_mode(HOLD), station.command(ARM, 1.0, 0.0)) == (0, 0)


def test_a_vtol_takes_off_upright_flies_on_wings_and_returns(vtol: WingStation) -> None:
    """As MAVSDK flies one: takeoff, transition, hold on wings, return, which circles down and lands upright."""
    beat = vtol.of("HEARTBEAT")[-1]
    assert (beat.autopilot, beat.type) == (12, 22) and vtol.mode == HOLD and vtol.vtol == VtolState.MC
    assert vtol.get_param("RTL_RETURN_ALT") == 60.0 and vtol.get_param("RTL_LAND_DELAY") == 0.0
    assert vtol.get_param("SYS_AUTOSTART") == 10043 and vtol.get_param("FW_AIRSPD_TRIM") == 25.0
    assert vtol.command(VTOL_TRANSITION, ON_WINGS) == 1, "on the ground"
    vtol.take_off()
    assert abs(vtol.height - 20.0) < 1.0
    vtol.run(10.0)
    assert vtol.vtol == VtolState.MC and vtol.speed < 0.5, "Hold hovers"
    assert vtol.command(VTOL_TRANSITION, 7.0) == 2
    assert vtol.command(VTOL_TRANSITION, ON_WINGS) == 0
    vtol.until(lambda: vtol.vtol == VtolState.FW, 40.0)
    vtol.run(10.0)
    assert vtol.mode == HOLD and vtol.speed > 15.0, "Hold circles"
    assert vtol.command(VTOL_TRANSITION, UPRIGHT) == 0
    vtol.until(lambda: vtol.vtol == VtolState.MC and vtol.speed < 0.5, 60.0)
    assert vtol.command(VTOL_TRANSITION, ON_WINGS) == 0
    vtol.until(lambda: vtol.vtol == VtolState.FW, 40.0)
    assert vtol.set_mode(RETURN) == 0
    vtol.until(lambda: vtol.vtol == VtolState.TRANSITION_TO_MC)
    assert vtol.mode == RETURN and vtol.height > 25.0, "RTL_DESCEND_ALT is 30"
    vtol.lands()
    assert vtol.vtol == VtolState.MC
    assert not [text for text in vtol.texts if "approach path" in text], "an ArduPlane's"


def test_a_return_upright_stays_upright(vtol: WingStation) -> None:
    vtol.take_off()
    assert vtol.set_mode(RETURN) == 0
    assert vtol.command(VTOL_TRANSITION, ON_WINGS) == 1, "not out of a return"
    vtol.lands()
    assert {m.vtol_state for m in vtol.of("EXTENDED_SYS_STATE")[-60:]} == {VtolState.MC}


@pytest.mark.parametrize(("takeoff", "stands"), [(22, VtolState.MC), (84, VtolState.FW)])
def test_a_mission_returns_upright_or_on_wings_as_it_flew(vtol: WingStation, takeoff: int, stands: VtolState) -> None:
    """An RTL item is the mode Return: an upright vehicle comes home upright, one on wings circles down first."""
    vtol.set_param("MIS_TKO_LAND_REQ", 0.0)
    vtol.upload((MissionItem(takeoff, 3, z=20.0), at(16, 300.0, 0.0, 20.0), MissionItem(20, 2)))
    assert vtol.command(ARM, 1.0, 0.0) == 0 and vtol.set_mode(MISSION) == 0
    vtol.until(lambda: vtol.mode == RETURN, 200.0)
    vtol.run(5.0)
    assert vtol.vtol == stands
    vtol.lands(MISSION)
    if stands is VtolState.MC:
        assert not {VtolState.TRANSITION_TO_FW, VtolState.FW} & {m.vtol_state for m in vtol.of("EXTENDED_SYS_STATE")}


def test_a_mission_changes_over_where_it_says(vtol: WingStation) -> None:
    """As MAVSDK's mission has it: upright to the first place, on wings, upright again to the landing."""
    vtol.upload(
        (
            MissionItem(22, 3, z=20.0),
            at(16, 30.0, 0.0, 20.0),
            MissionItem(3000, 2, param1=ON_WINGS),
            at(16, 500.0, 0.0, 40.0),
            at(16, 500.0, 300.0, 40.0),
            MissionItem(3000, 2, param1=UPRIGHT),
            at(16, 450.0, 300.0, 40.0),
            at(21, 450.0, 300.0, 0.0),
        )
    )
    assert vtol.command(ARM, 1.0, 0.0) == 0 and vtol.set_mode(MISSION) == 0
    fastest = 0.0
    while "MISSION_CURRENT" not in vtol._by_name or vtol.of("MISSION_CURRENT")[-1].seq < 2:
        vtol.run(1.0)
        fastest = max(fastest, vtol.speed)
    assert fastest < 6.0 and vtol.mode == MISSION
    changing = set()
    while vtol.vtol != VtolState.FW:
        vtol.run(0.5)
        changing.add(int(vtol.of("MISSION_CURRENT")[-1].seq))
    assert changing <= {2, 3}, "the change is the current item until it is over"
    vtol.until(lambda: vtol.of("MISSION_CURRENT")[-1].seq == 5)
    assert vtol.vtol != VtolState.MC
    vtol.until(lambda: vtol.of("MISSION_CURRENT")[-1].seq == 6)
    vtol.run(0.5)  # EXTENDED_SYS_STATE comes twice a second, MISSION_CURRENT at once
    assert vtol.vtol == VtolState.MC
    reached = [message.seq for message in vtol.of("MISSION_ITEM_REACHED")]
    assert {2, 5} <= set(reached)
    vtol.lands(MISSION)


def test_a_vtol_takeoff_ends_on_wings(vtol: WingStation) -> None:
    """By mode, and as an item; a landing on wings comes upright by itself."""
    assert vtol.command(ARM, 1.0, 0.0) == 0 and vtol.command(VTOL_TAKE_OFF) == 0
    vtol.run(1.0)
    assert vtol.mode == VTOL_TAKEOFF
    vtol.until(lambda: vtol.mode == HOLD and vtol.vtol == VtolState.FW)
    assert vtol.set_mode(LAND) == 0
    vtol.lands()
    vtol.upload((MissionItem(84, 3, z=25.0), at(16, 400.0, 0.0, 40.0), at(16, 400.0, 400.0, 40.0), at(85, 0, 0, 0)))
    assert vtol.command(ARM, 1.0, 0.0) == 0 and vtol.set_mode(MISSION) == 0
    first = set()
    vtol.run(1.0)
    while vtol.of("MISSION_CURRENT")[-1].seq == 0:
        vtol.run(0.5)
        first.add(vtol.vtol)
    vtol.run(0.5)  # EXTENDED_SYS_STATE comes at its rate, MISSION_CURRENT at once
    assert first >= {VtolState.MC, VtolState.TRANSITION_TO_FW} and vtol.vtol == VtolState.FW, "the item is over there"
    vtol.lands(MISSION)


def test_a_mode_of_the_sticks_is_that_of_the_stance(vtol: WingStation) -> None:
    core = vtol.link.session.autopilot.modes  # type: ignore[attr-defined]
    vtol.take_off()
    for mode, upright, wings in ((POSITION, "QLOITER", "CRUISE"), (ALTITUDE, "QHOVER", "FBWB")):
        assert vtol.set_mode(mode) == 0
        assert core.spec.name == upright
        assert vtol.command(VTOL_TRANSITION, ON_WINGS) == 0
        assert core.spec.name == wings and vtol.mode == mode
        vtol.run(20.0)
        assert vtol.set_mode(HOLD) == 0 and vtol.command(VTOL_TRANSITION, UPRIGHT) == 0
        vtol.until(lambda: vtol.vtol == VtolState.MC and vtol.speed < 1.0, 60.0)


def test_a_fixed_wing_takes_off_holds_returns_and_lands_where_it_is() -> None:
    with flown("plane") as plane:
        beat = plane.of("HEARTBEAT")[-1]
        assert (beat.autopilot, beat.type) == (12, 1) and plane.vtol == VtolState.UNDEFINED
        assert plane.get_param("SYS_AUTOSTART") == 10041 and plane.get_param("NAV_LOITER_RAD") == 80.0
        shown = [
            plane.get_param(name) for name in ("MIS_TAKEOFF_ALT", "RTL_RETURN_ALT", "RTL_DESCEND_ALT", "RTL_LAND_DELAY")
        ]
        assert shown == [25.0, 100.0, 100.0, -1.0], "rc.fw_defaults"
        plane.set_param("MIS_TAKEOFF_ALT", 40.0)
        plane.take_off()
        assert plane.height > 38.0
        plane.run(20.0)
        assert plane.speed > 15.0 and plane.mode == HOLD
        assert plane.command(ORBIT_COMMAND, -120.0) == 0
        plane.run(1.0)
        assert plane.mode == HOLD
        for mode in (STABILIZED, ALTITUDE, POSITION):
            assert plane.set_mode(mode) == 0
            plane.run(1.0)
            assert plane.mode == mode
        assert plane.set_mode(FOLLOW) == 1
        assert plane.set_mode(RETURN) == 0
        plane.until(lambda: abs(plane.height - 100.0) < 2.0)
        plane.run(60.0)
        assert plane.mode == RETURN and plane.armed, "round home, as long as nobody lands it"
        assert plane.set_mode(LAND) == 0
        plane.lands(POSITION)


def test_a_fixed_wing_flies_its_mission_and_returns_into_its_landing() -> None:
    """RTL_TYPE 1: shown as Return all the way down. A mission that ends in the air ends in Hold."""
    ways = (at(22, 0.0, 0.0, 40.0, param1=12.0), at(16, 500.0, 0.0, 50.0), at(16, 500.0, 400.0, 50.0))
    with flown("plane", MIS_TKO_LAND_REQ=0.0) as plane:
        plane.upload(ways)
        assert plane.command(ARM, 1.0, 0.0) == 0 and plane.set_mode(MISSION) == 0
        plane.until(lambda: plane.height > 30.0)
        plane.until(lambda: plane.mode == HOLD)
        landing = (MissionItem(189, 2), at(16, -700.0, 0.0, 50.0), at(21, 0.0, 0.0, 0.0))
        plane.upload((*ways, *landing))
        assert plane.set_mode(RETURN) == 0
        plane.run(5.0)
        assert plane.mode == RETURN and plane.of("MISSION_CURRENT")[-1].seq == 3, "the land start, while it climbs"
        plane.until(lambda: plane.of("MISSION_CURRENT")[-1].seq == 4)
        assert plane.height > 85.0, "RTL_RETURN_ALT is 100"
        plane.until(lambda: plane.of("EXTENDED_SYS_STATE")[-1].landed_state != 2)
        assert plane.mode == RETURN
        plane.lands()


def test_a_timed_circle_has_the_radius_of_its_item() -> None:
    """param3 of NAV_LOITER_TIME (PX4's mission_item_to_position_setpoint); it had NAV_LOITER_RAD, 80 m, as ArduPlane's.
    Over ground it is as much wider as the air is thinner at home."""
    up, timed = at(22, 0.0, 0.0, 40.0, param1=12.0), at(19, 600.0, 0.0, 50.0, param1=60.0, param3=150.0)
    params = {"MIS_TKO_LAND_REQ": 0.0}
    with Session(vehicle="sim:plane", firmware="px4", home=HOME, seed=3, params=params) as session:
        session.upload([up, timed, at(16, 600.0, 900.0, 50.0)])
        session.start()
        session.run_until(lambda s: s.state.position[0] > 600.0)
        session.run_for(20.0)
        for _ in range(10):
            session.run_for(2.0)
            north, east, _ = session.state.position
            assert hypot(north - 600.0, east) == pytest.approx(157.0, abs=5.0) and session.state.mission.item == 2


def test_a_mission_without_a_takeoff_item_takes_off() -> None:
    """Along its heading to the height of its first place (mission_base.cpp, `checkClimbRequired`); it stood, and was
    disarmed."""
    with flown("plane") as plane:
        landing = (MissionItem(189, 2), at(16, -700.0, 0.0, 50.0), at(21, 0.0, 0.0, 0.0))
        plane.upload((at(16, 600.0, 300.0, 50.0), *landing))
        assert plane.command(300, 0.0) == 0
        plane.until(lambda: "Climb to 50.0 meters above home" in plane.texts and plane.height > 40.0, 40.0)
        plane.until(lambda: plane.of("MISSION_CURRENT")[-1].seq == 2)
        assert plane.mode == MISSION
        plane.lands(MISSION)
