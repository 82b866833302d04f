"""An engine that is started and stopped (ICE_, DO_ENGINE_CONTROL), as ArduPilot's AP_ICEngine: answers, texts, times,
and what the vehicle does without it."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf, nan

import pytest

from autopilot.mav import Cmd, Result
from autopilot.mission.items import MissionItem
from mavlink_bridge.wire.codec import dialect, id_of
from sortie import Session
from sortie.api.link import SessionLink
from tests.fakes.ordered import command
from tests.fakes.station_plan import HOME, LAT, LON

PARAMS = {"ICE_ENABLE": 1.0, "EFI_TYPE": 1.0, "SERVO9_FUNCTION": 67.0, "SERVO10_FUNCTION": 69.0}


class Cockpit:
    """A quadplane, and what it says."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.link: SessionLink = session.connect()
        self.texts: list[str] = []

    def order(self, *params: float) -> int:
        """The result of DO_ENGINE_CONTROL."""
        self.hear()
        return command(self.link, Cmd.DO_ENGINE_CONTROL, *params)

    def run(self, seconds: float) -> None:
        self.session.run_for(seconds)
        self.hear()

    def hear(self) -> None:
        self.texts += [one.text for one in self.link.messages() if one.get_type() == "STATUSTEXT"]

    def outputs(self) -> tuple[int, int, int]:
        """Pulses of throttle, ignition and starter."""
        self.hear()
        number = id_of("SERVO_OUTPUT_RAW")
        self.link.send(dialect.MAVLink_command_long_message(1, 1, Cmd.REQUEST_MESSAGE, 0, number, *[0.0] * 6))
        told = self.link.receive("SERVO_OUTPUT_RAW")
        return told.servo3_raw, told.servo9_raw, told.servo10_raw

    def rpm(self) -> float:
        return self.session.autopilot.payload.engine.rpm

    def hover(self, height: float = 30.0) -> None:
        self.session.wait_armable()
        self.session.set_mode("GUIDED")
        self.session.arm()
        self.session.run_until(lambda session: session.state.armed)  # after its preflight, which needs rest
        self.session.takeoff(height)
        self.session.run_until(lambda session: session.state.height > height - 0.5, timeout_s=60.0)
        self.session.set_mode("QLOITER")


@pytest.fixture
def cockpit() -> Iterator[Cockpit]:
    with Session("sim:quadplane", home=HOME, params=PARAMS) as session:
        yield Cockpit(session)


def test_it_starts_and_stops_in_the_air(cockpit: Cockpit) -> None:
    """The starter for three seconds; asked again while it runs FAILED, and in ArduPilot's words."""
    cockpit.hover()
    assert cockpit.outputs() == (1000, 1000, 1000) and cockpit.rpm() == 0.0
    assert cockpit.order(1) == Result.ACCEPTED
    cockpit.run(2.5)
    assert cockpit.outputs()[1:] == (2000, 2000) and 100.0 < cockpit.rpm() < 500.0
    assert cockpit.order(1) == Result.FAILED
    cockpit.run(1.5)
    assert cockpit.outputs()[1:] == (2000, 1000) and cockpit.rpm() > 900.0
    assert cockpit.order(0) == Result.ACCEPTED
    cockpit.run(3.0)
    assert cockpit.outputs()[1:] == (1000, 1000) and cockpit.rpm() < 50.0
    assert [text for text in cockpit.texts if "ngine" in text] == ["Engine: already running", "Engine running"]


def test_it_waits_for_a_height(cockpit: Cockpit) -> None:
    """Above where it was disarmed last; stopped while it waits, it does not start."""
    cockpit.session.wait_armable()
    assert cockpit.order(1, 0, 15) == Result.ACCEPTED
    cockpit.hover(12.0)
    cockpit.run(5.0)
    assert cockpit.outputs()[1:] == (2000, 1000) and cockpit.rpm() == 0.0
    cockpit.session.set_mode("GUIDED")
    cockpit.session.goto(LAT, LON, 30.0)
    cockpit.run(25.0)
    assert cockpit.rpm() > 900.0
    told = [text for text in cockpit.texts if text.startswith(("Takeoff height", "Starting height"))]
    assert told[0] == "Takeoff height set to 15.0m" and told[1].startswith("Starting height reached 15.")
    assert cockpit.order(0) == cockpit.order(1, 0, 100) == cockpit.order(0) == Result.ACCEPTED
    cockpit.run(3.0)
    assert cockpit.rpm() < 50.0


def test_the_height_counts_from_where_it_was_disarmed(cockpit: Cockpit) -> None:
    """Asked for 15 m more at 12 m, it lands instead: at 20 m of the next flight it starts."""
    cockpit.hover(12.0)
    assert cockpit.order(1, 0, 15) == Result.ACCEPTED
    cockpit.session.set_mode("QLAND")
    cockpit.session.run_until(lambda session: not session.state.armed, timeout_s=90.0)
    cockpit.run(1.0)
    cockpit.hover(20.0)
    cockpit.run(5.0)
    assert cockpit.rpm() > 900.0


def test_without_its_engine_wings_have_no_throttle() -> None:
    """A plane that would take off stands, with ICE_START_PCT of throttle while the starter turns; started, it flies;
    stopped in the air, it glides down."""
    with Session("sim:plane", home=HOME, params=PARAMS | {"ICE_IDLE_PCT": 8.0, "ICE_START_PCT": 12.0}) as session:
        cockpit = Cockpit(session)
        session.wait_armable()
        session.set_mode("TAKEOFF")
        session.arm()
        cockpit.run(6.0)
        assert session.state.ground_speed < 1.0 and session.state.height < 1.0
        assert cockpit.outputs()[0] == 1000
        assert cockpit.order(1) == Result.ACCEPTED
        cockpit.run(2.0)
        assert cockpit.outputs()[0] == 1120
        cockpit.run(23.0)
        assert session.state.height > 20.0
        session.set_mode("CRUISE")
        cockpit.run(5.0)
        begin = session.state.height
        assert cockpit.order(0) == Result.ACCEPTED
        cockpit.run(6.0)
        assert cockpit.outputs()[0] == 1000 and session.state.height < begin - 3.0


@pytest.mark.parametrize(("params", "runs"), [((1, 0, 0, 0), False), ((1, 0, 0, 1), True)])
def test_disarmed_it_may_be_kept_from_running(params: tuple[float, ...], runs: bool) -> None:
    """ICE_OPTIONS bit 3: only an order that allows it starts it; after the next disarming it stands again."""
    with Session("sim:quadplane", home=HOME, params=PARAMS | {"ICE_OPTIONS": 8.0, "ICE_IDLE_PCT": 5.0}) as session:
        cockpit = Cockpit(session)
        session.wait_armable()
        assert cockpit.order(*params) == Result.ACCEPTED
        cockpit.run(5.0)
        assert (cockpit.rpm() > 900.0) is runs
        if runs:
            session.set_mode("QLOITER")
            session.arm()
            cockpit.run(1.0)
            assert cockpit.rpm() > 900.0
            session.disarm(force=True)
            cockpit.run(3.0)
            assert cockpit.rpm() < 50.0 and cockpit.texts[-1] == "Stopped engine"


def test_disarmed_it_stops_unless_it_idles(cockpit: Cockpit) -> None:
    """ICE_IDLE_PCT 0: a start on the ground is taken and ends at once, as ArduPilot's."""
    cockpit.session.wait_armable()
    assert cockpit.order(1) == Result.ACCEPTED
    cockpit.run(4.0)
    assert cockpit.rpm() < 50.0


def test_a_mission_starts_it(cockpit: Cockpit) -> None:
    """DO_ENGINE_CONTROL as an item, behind the takeoff."""
    session = cockpit.session
    session.wait_armable()
    far = MissionItem(16, 3, x=LAT + 4e-3, y=LON, z=40.0, seq=3)
    session.upload(
        (MissionItem(84, 3, z=40.0, seq=1), MissionItem(int(Cmd.DO_ENGINE_CONTROL), 2, param1=1.0, seq=2), far)
    )
    session.set_mode("AUTO")
    session.arm()
    session.start()
    cockpit.run(60.0)
    assert "Engine running" in cockpit.texts and cockpit.rpm() > 900.0
    assert not any("skip" in text.lower() for text in cockpit.texts)


@pytest.mark.parametrize("params", [(nan, 0, 0, 0), (inf, 0, 0, 0), (1, 0, inf, 0), (1, 0, 0, nan), (1, 0, 0, -inf)])
def test_numbers_that_are_none_start_nothing(cockpit: Cockpit, params: tuple[float, ...]) -> None:
    cockpit.hover(10.0)
    cockpit.order(*params)
    cockpit.run(0.5)
    assert cockpit.session.autopilot.payload.ignition.state.name in ("OFF", "STARTING")
    assert cockpit.session.service.endpoint.service_errors == 0


def test_without_ice_it_fails_and_a_copter_knows_none() -> None:
    for kind, result in (("quadplane", Result.FAILED), ("plane", Result.FAILED), ("copter", Result.UNSUPPORTED)):
        with Session(f"sim:{kind}", home=HOME) as session:
            assert Cockpit(session).order(1) == result


def test_switched_off_the_throttle_is_free_again() -> None:
    """ICE_ENABLE 0 while the engine stands."""
    with Session("sim:plane", home=HOME, params=PARAMS) as session:
        session.wait_armable()
        session.set_mode("TAKEOFF")
        session.arm()
        session.run_for(3.0)
        session.set_param("ICE_ENABLE", 0.0)
        session.run_for(15.0)
        assert session.state.height > 10.0
