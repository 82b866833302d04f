"""What QGroundControl's own tests on a PX4 (test/SITL: MAVLink, PX4) want of it, asked of `--firmware px4`.

Identity, version, parameters, its modes, a mission up and down, a flight from arming to disarming. Not asked: what its
program shows when the vehicle falls silent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mavlink_bridge.clients import MissionDownload, MissionUpload, TransferOutcome
from mavlink_bridge.clients.parameters import ParameterList, ParameterOutcome, ParameterWrite
from sortie import MissionItem, Session
from sortie.api.testing.stand_in import HOME
from tests.fakes.px4_station import ARM, HOLD, LAND, MISSION, PX4, REQUEST, SET_MODE, TAKE_OFF, SessionLine, Station

POSITION_MODE = (3, 0)
SQUARE = 0.001  # degrees


@pytest.fixture
def station() -> Iterator[Station]:
    with Session(firmware="px4", seed=5) as session:
        made = Station(SessionLine(session))
        made.until(lambda: bool(made.of("HEARTBEAT")) and made.armable)
        yield made


def standard_modes(station: Station) -> set[int]:
    assert station.command(REQUEST, 435.0, 0.0) == 0
    station.until(lambda: bool(station.of("AVAILABLE_MODES")) and _all_modes(station), 20.0)
    return {message.standard_mode for message in station.of("AVAILABLE_MODES")}


def _all_modes(station: Station) -> bool:
    told = station.of("AVAILABLE_MODES")
    return len({message.mode_index for message in told}) == told[-1].number_modes


def test_it_is_a_px4_with_a_version_disarmed(station: Station) -> None:
    beat = station.of("HEARTBEAT")[-1]
    assert beat.autopilot == 12 and beat.get_srcSystem() > 0 and not station.armed
    assert station.command(REQUEST, 148.0) == 0
    station.run(0.5)
    assert station.of("AUTOPILOT_VERSION")[-1].flight_sw_version & 0xFF in (0, 64, 128, 192, 255)


def test_its_parameters_are_whole_and_one_goes_up_and_back(station: Station) -> None:
    """SYS_AUTOSTART is there; MPC_Z_VEL_MAX_UP goes up by a half and back."""
    listed = station.link.ask(ParameterList(PX4))
    assert listed.outcome is ParameterOutcome.ACCEPTED and "SYS_AUTOSTART" in listed.values
    before = station.get_param("MPC_Z_VEL_MAX_UP")
    for value in (before + 0.5, before):
        assert station.link.ask(ParameterWrite(PX4, "MPC_Z_VEL_MAX_UP", value)).outcome is ParameterOutcome.ACCEPTED
        assert station.get_param("MPC_Z_VEL_MAX_UP") == pytest.approx(value)


def test_a_takeoff_and_a_square_come_back(station: Station) -> None:
    corners = [(SQUARE, SQUARE), (SQUARE, -SQUARE), (-SQUARE, -SQUARE), (-SQUARE, SQUARE)]
    places = [(22, 0.0, 0.0), *((16, north, east) for north, east in corners)]
    items = tuple(MissionItem(cmd, 3, x=HOME.lat + north, y=HOME.lon + east, z=20.0) for cmd, north, east in places)
    assert station.link.ask(MissionUpload(PX4, items)).outcome is TransferOutcome.ACCEPTED
    assert len(station.link.ask(MissionDownload(PX4)).items) == 5
    assert station.command(SET_MODE, 1.0, *map(float, MISSION)) == 0
    station.run(1.0)
    assert station.mode == MISSION and not station.armed


def test_it_has_the_modes_and_takes_one_disarmed(station: Station) -> None:
    """A PX4 tells Position, Mission, Land and Takeoff by their standard numbers, without names."""
    assert {1, 6, 7, 8} <= standard_modes(station)
    assert station.command(SET_MODE, 1.0, *map(float, POSITION_MODE)) == 0
    station.run(1.0)
    assert station.mode == POSITION_MODE and not station.armed


def test_a_flight_from_arming_to_disarming(station: Station) -> None:
    """To ten metres, five seconds of hold above five, a landing that disarms."""
    assert station.command(ARM, 1.0, 0.0) == 0
    station.set_param("MIS_TAKEOFF_ALT", 10.0)
    assert station.command(TAKE_OFF) == 0
    station.until(lambda: station.mode == HOLD and station.height > 9.0, 60.0)
    station.run(5.0)
    assert station.height > 5.0
    assert station.command(SET_MODE, 1.0, *map(float, LAND)) == 0
    station.until(lambda: not station.armed, 75.0)
