"""Whole programs on real links: the controller at the other end of a pseudo-terminal at 57600 and 921600 baud, and of
UDP that loses one frame in ten. Time runs six times as fast at the controller, and so does the line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from autopilot.interface.geo import to_global
from autopilot.mission.items import MissionItem
from sortie.api.testing.stand_in import HOME
from tests.fakes.carrier import Carrier
from tests.fakes.controller_program import ControllerProgram
from tests.fakes.controller_service import ControllerService
from tests.fakes.lossy_udp import LossyUdp
from tests.fakes.pymavlink_station import PymavlinkStation
from tests.fakes.serial_cable import SerialCable

pytestmark = pytest.mark.waits

AUTO, GUIDED, LOITER, RTL = 3, 4, 5, 6
SET_MODE, ARM, MISSION_START, PAUSE, SET_CURRENT, RETURN = 176, 400, 300, 193, 224, 20
SPEEDUP = 6.0
LOITER_SWITCH = (1165, 1700)  # two positions of the pilot's switch, LOITER both
BEATS = 6  # HEARTBEATs that are waited for to see that nothing happens


def corner(north: float, east: float, height: float) -> MissionItem:
    place = to_global(HOME, (north, east, 0.0))
    return MissionItem(16, 3, x=place.lat, y=place.lon, z=height)


def small_square(height: float) -> tuple[MissionItem, ...]:
    """Up, four corners of 12 m, return."""
    corners = ((12.0, 0.0), (12.0, 12.0), (0.0, 12.0), (0.0, 0.0))
    return (MissionItem(22, 3, z=6.0), *(corner(*one, height) for one in corners), MissionItem(RETURN, 3))


SQUARE, HIGHER = small_square(6.0), small_square(12.0)


class Rig:
    """A controller program, the link, Sortie."""

    def __init__(self, folder: Path, stack: ExitStack, kind: str) -> None:
        self.carrier: Carrier
        if kind == "udp":
            udp = LossyUdp(folder, loss=0.1, speedup=SPEEDUP)
            self.carrier, vehicle = udp, udp.address
        else:
            cable = SerialCable(folder, baud=int(kind), speedup=SPEEDUP)
            self.carrier, vehicle = cable, f"{cable.path},{kind}"
        stack.callback(self.carrier.close)
        self.service = ControllerService(folder, vehicle)
        stack.callback(self.service.close)

    @property
    def controller(self) -> ControllerProgram:
        return self.carrier.controller


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Callable[[str], Rig]]:
    with ExitStack() as stack:
        yield lambda kind: Rig(tmp_path, stack, kind)


def lift_off(station: PymavlinkStation) -> None:
    """Up to the first metre. On a bad link the take-off may come too late for DISARM_DELAY: then again."""
    assert station.upload(SQUARE) == 0
    station.ready()
    assert station.command(SET_MODE, 1, AUTO) == 0

    def start() -> None:
        if not station.armed:
            assert station.command(ARM, 1) == 0
            assert station.command(MISSION_START) == 0

    station.until(lambda: any(m.relative_alt > 1000 for m in station.of("GLOBAL_POSITION_INT")[-1:]), start)


def take_off(station: PymavlinkStation) -> None:
    """Upload, AUTO, arm, start: a ground station's way."""
    lift_off(station)
    station.until(lambda: 1 in station.reached())


def wait_for_beats(station: PymavlinkStation) -> None:
    """Some seconds of the controller's time, counted by its HEARTBEATs."""
    wanted = len(station.of("HEARTBEAT")) + BEATS
    station.until(lambda: len(station.of("HEARTBEAT")) >= wanted)


def speed(station: PymavlinkStation) -> float:
    last = station.of("GLOBAL_POSITION_INT")[-1]
    return float((last.vx**2 + last.vy**2) ** 0.5 / 100.0)


def next_reached(station: PymavlinkStation, command: int, item: int) -> int:
    """The item that is reached next after this command has been acknowledged."""
    asked = len(station.heard)
    assert station.command(command, item) == 0
    names = [m.get_type() for m in station.heard]
    since = names.index("COMMAND_ACK", asked)
    station.until(lambda: "MISSION_ITEM_REACHED" in [m.get_type() for m in station.heard[since:]])
    return next(m.seq for m in station.heard[since:] if m.get_type() == "MISSION_ITEM_REACHED")


def height_at(station: PymavlinkStation, item: int) -> float:
    """Above home, m, by the last position before it said that it had reached this item for the last time."""
    seen = [m.get_type() == "MISSION_ITEM_REACHED" and m.seq == item for m in station.heard]
    heard = station.heard[: len(seen) - seen[::-1].index(True)]
    return [m.relative_alt for m in heard if m.get_type() == "GLOBAL_POSITION_INT"][-1] / 1000.0


@pytest.mark.parametrize("kind", ["57600", "921600", "udp"])
def test_a_flight_with_all_that_may_happen_in_it(rig: Callable[[str], Rig], kind: str) -> None:
    """Mission, pause, resume, set current, a new mission in flight, RTL, landing."""
    made = rig(kind)
    station = made.service.station()
    take_off(station)
    assert station.mode == AUTO
    assert station.command(PAUSE, 0) == 0
    station.until(lambda: speed(station) < 0.3)
    flown = station.reached()
    wait_for_beats(station)
    assert station.reached() == flown and station.mode == AUTO
    assert station.command(PAUSE, 1) == 0
    station.until(lambda: len(station.reached()) > len(flown))
    assert next_reached(station, SET_CURRENT, 4) == 4
    assert station.upload(HIGHER) == 0
    assert next_reached(station, SET_CURRENT, 3) == 3
    assert abs(height_at(station, 3) - 12.0) < 2.0
    assert station.command(RETURN) == 0
    station.until(lambda: station.mode == RTL)
    station.until(lambda: not station.armed)
    assert station.mode == RTL
    if isinstance(made.carrier, LossyUdp):
        assert made.carrier.lost > 100


def test_a_pilots_switch_takes_it_at_each_stage(rig: Callable[[str], Rig]) -> None:
    """Climbing, on a leg, and coming down: the true mode, a warning, nothing more until AUTO is asked for."""
    made = rig("57600")
    station = made.service.station()
    lift_off(station)
    stages: list[Callable[[], bool]] = [
        lambda: station.of("GLOBAL_POSITION_INT")[-1].relative_alt > 3000,
        lambda: 1 in station.reached(),
        lambda: 5 in station.reached(),
    ]
    for number, stage in enumerate(stages):
        station.until(stage)
        station.heard = station.heard[-1:]
        made.controller.turn_switch(LOITER_SWITCH[number % 2])
        station.until(lambda: station.mode == LOITER)
        station.until(lambda: station.said("Vehicle taken over"))
        wait_for_beats(station)
        assert station.mode == LOITER, "it is not taken back"
        assert station.command(SET_MODE, 1, AUTO) == 0
        station.until(lambda: station.mode == AUTO)
    station.until(lambda: not station.armed)


def test_after_a_kill_and_after_a_restart_nothing_is_commanded_until_asked(rig: Callable[[str], Rig]) -> None:
    """kill -9 in flight: the new service shows GUIDED and looks on; AUTO resumes. Then the controller restarts."""
    made = rig("57600")
    take_off(made.service.station())
    made.service.kill()
    made.service.begin()
    station = made.service.station()
    station.until(lambda: len(station.of("HEARTBEAT")) > BEATS)
    assert station.mode == GUIDED and station.armed
    assert station.reached() == []
    assert station.command(SET_MODE, 1, AUTO) == 0
    station.until(lambda: 2 in station.reached())
    made.carrier.restart()
    station.until(lambda: station.said("restarted: not commanded until asked"))
    station.until(lambda: not station.armed)
    wait_for_beats(station)
    assert not station.armed and station.mode not in (AUTO, GUIDED)


def test_two_stations_see_one_vehicle(rig: Callable[[str], Rig]) -> None:
    """Both hear the same modes and items; an answer goes to the one that asked."""
    made = rig("921600")
    first, second = made.service.station(), made.service.station(254)
    take_off(first)
    second.until(lambda: 1 in second.reached())
    second.until(lambda: second.mode == AUTO and second.armed)
    assert second.of("COMMAND_ACK") == []
    assert second.command(RETURN) == 0
    first.until(lambda: first.mode == RTL)
    second.until(lambda: second.mode == RTL)
    assert {m.get_srcSystem() for m in second.of("HEARTBEAT")} == {1}
