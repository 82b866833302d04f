"""What ground stations are told of wings, as by ArduPlane: where they are going, and what they stand on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from autopilot.interface.geo import GeoPoint, to_global
from autopilot.mav import AirspeedSensorFlag, Cmd, Frame, RepositionFlag, Sensor, VtolState
from autopilot.vehicles.mode_table import PlaneMode
from mavlink_bridge.wire.codec import id_of
from sortie import Session, mavlink
from sortie.api.link import SessionLink

M = PlaneMode


class Told:
    """A session with a ground station."""

    def __init__(self, session: Session) -> None:
        self.session, self.link = session, session.connect()

    def after(self, seconds: float, name: str) -> Any:
        """The last message of this name in these seconds."""
        self.session.run_for(seconds)
        return self.link.messages(name)[-1]

    def asked(self, name: str) -> Any:
        """The message of this instant."""
        self.link.send(mavlink.MAVLink_command_long_message(1, 1, Cmd.REQUEST_MESSAGE, 0, id_of(name), *[0] * 6))
        return self.link.receive(name)


@pytest.fixture
def quadplane() -> Iterator[Told]:
    with Session(vehicle="sim:quadplane") as session:
        session.wait_armable()
        yield Told(session)


def reposition(link: SessionLink, place: GeoPoint, height: float) -> None:
    frame, flag = Frame.GLOBAL_RELATIVE_ALT_INT, RepositionFlag.CHANGE_MODE
    values = (-1, flag, 0, 0, round(place.lat * 1e7), round(place.lon * 1e7), height)
    link.send(mavlink.MAVLink_command_int_message(1, 1, frame, Cmd.DO_REPOSITION, 0, 0, *values))


@pytest.mark.parametrize("hovers", [0.0, 1.0])
def test_the_target_is_the_place_that_was_sent(quadplane: Told, hovers: float) -> None:
    """ArduPlane's next_WP_loc from the first message on, not the edge of the circle and the height demanded for now."""
    session = quadplane.session
    session.set_param("Q_GUIDED_MODE", hovers)
    session.set_mode("GUIDED")
    session.arm()
    session.takeoff(40.0)
    home = session.autopilot.facts.home
    assert home is not None
    assert quadplane.after(5.0, "POSITION_TARGET_GLOBAL_INT").alt - home.alt == pytest.approx(40.0, abs=0.5)
    session.run_for(25.0)
    place = to_global(home, (800.0, 300.0, -100.0))
    reposition(quadplane.link, place, 100.0)
    for _ in range(4):
        target = quadplane.after(15.0, "POSITION_TARGET_GLOBAL_INT")
        assert target.lat_int / 1e7 == pytest.approx(place.lat, abs=2e-6)
        assert target.lon_int / 1e7 == pytest.approx(place.lon, abs=2e-6)
        assert target.alt == pytest.approx(place.alt, abs=0.5)
        assert target.type_mask == 65016  # ArduPlane GCS_MAVLink_Plane.cpp: the four highest bits too


@pytest.mark.parametrize(
    ("mode", "stands"),
    [(M.MANUAL, VtolState.FW), (M.FBWA, VtolState.FW), (M.GUIDED, VtolState.FW), (M.QHOVER, VtolState.MC)],
)
def test_on_the_ground_it_stands_on_what_its_mode_flies(quadplane: Told, mode: PlaneMode, stands: VtolState) -> None:
    """EXTENDED_SYS_STATE, armed or not, as in ArduPlane's test of that name."""
    quadplane.session.set_mode(mode.name)
    assert quadplane.after(2.0, "EXTENDED_SYS_STATE").vtol_state == stands
    quadplane.session.arm()
    assert quadplane.after(2.0, "EXTENDED_SYS_STATE").vtol_state == stands


def test_in_the_air_it_is_what_carries_it(quadplane: Told) -> None:
    quadplane.session.set_mode("GUIDED")
    quadplane.session.arm()
    quadplane.session.takeoff(20.0)
    quadplane.session.run_for(20.0)
    quadplane.session.set_mode("LOITER")
    assert quadplane.after(2.0, "EXTENDED_SYS_STATE").vtol_state == VtolState.TRANSITION_TO_FW


def test_a_pitot_tube_tells_its_pressure_and_whether_it_is_flown_by() -> None:
    """AIRSPEED.flags follow use and health; SCALED_PRESSURE has the pressure of AIRSPEED, as ArduPilot's and PX4's.
    Standing, the tube shows its offset."""
    flags = AirspeedSensorFlag.USING, 0, AirspeedSensorFlag.UNHEALTHY
    with Session(vehicle="sim:plane", faults=("airspeed.loss@20", "airspeed.offset")) as session:
        told = Told(session)
        for use, seconds, flag in zip((1, 0, 1), (10.0, 2.0, 20.0), flags, strict=True):
            session.set_param("ARSPD_USE", use)
            assert told.after(seconds, "AIRSPEED").flags == flag
            pressures, tube = told.asked("SCALED_PRESSURE"), told.asked("AIRSPEED")
            assert pressures.press_diff == tube.raw_press > 0.0
            assert pressures.temperature_press_diff == tube.temperature > 1000


def test_without_a_pitot_tube_none_is_told_of() -> None:
    """ARSPD_TYPE 0: no sensor in SYS_STATUS, no AIRSPEED, no pressure."""
    with Session(vehicle="sim:plane", params={"ARSPD_TYPE": 0}) as session:
        told = Told(session)
        status = told.after(10.0, "SYS_STATUS")
        present, enabled = status.onboard_control_sensors_present, status.onboard_control_sensors_enabled
        assert not (present | enabled) & Sensor.DIFFERENTIAL_PRESSURE
        pressures = told.after(3.0, "SCALED_PRESSURE")
        assert (pressures.press_diff, pressures.temperature_press_diff) == (0.0, 0)
        session.run_for(3.0)
        assert not told.link.messages("AIRSPEED")
