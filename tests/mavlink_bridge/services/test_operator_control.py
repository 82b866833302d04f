"""Operator control: who has it, who is kept out, how it passes on; with signing and without."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from autopilot.flight.lifecycle import FlightCommand
from autopilot.mav import Cmd, Component, ControlStatusFlag, MissionResult, Result
from mavlink_bridge.services.flight import TUNNEL_TYPE
from mavlink_bridge.services.ftp.wire import Nak, Opcode, Operation, unpack
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.codec import dialect as m
from mavlink_bridge.wire.codec import id_of
from mavlink_bridge.wire.framing import FrameWriter
from mavlink_bridge.wire.signing import Signing
from sortie import Session
from sortie.api.link import SessionLink
from tests.fakes.station_plan import HOME

MANAGER, TAKEOVER = ControlStatusFlag.SYSTEM_MANAGER, ControlStatusFlag.TAKEOVER_ALLOWED
CAMERA_ORDERS = [
    (Cmd.STORAGE_FORMAT, 1, 1), (Cmd.RESET_CAMERA_SETTINGS, 1), (Cmd.IMAGE_START_CAPTURE, 0, 0, 1),
    (Cmd.IMAGE_STOP_CAPTURE,), (Cmd.SET_CAMERA_MODE, 0, 1), (Cmd.SET_CAMERA_ZOOM, 2, 50), (Cmd.SET_CAMERA_FOCUS, 2, 50),
]  # fmt: skip
BEAT = m.MAVLink_heartbeat_message(6, 8, 0, 0, 4, 3)


def tunnel(number: FlightCommand) -> Any:
    """A command of the flight manager as TUNNEL."""
    return m.MAVLink_tunnel_message(1, 1, TUNNEL_TYPE, 1, bytes([number]).ljust(128, b"\0"))


class Station:
    """A ground station of a system id, on a link of its own."""

    def __init__(self, session: Session, system: int) -> None:
        self.session, self.system = session, system
        self.link: SessionLink = session.connect()
        self._writer = FrameWriter(system, 190)

    def send(self, message: Any) -> None:
        self.link.write(self._writer.frame(*codec.payload(message)))

    def ask(self, number: int, *params: float, component: int = 1) -> int:
        """The result of a command, told by the component that was asked."""
        self.link.messages()
        self.send(codec.command_message(1, component, number, *params))
        answer = self.link.receive("COMMAND_ACK", where=lambda ack: ack.command == number)
        assert answer.get_srcComponent() == component
        return int(answer.result)

    def control(self, *, release: bool = False, takeover: bool = False) -> int:
        return self.ask(Cmd.REQUEST_OPERATOR_CONTROL, not release, takeover, 10, 0)

    def status(self) -> Any:
        assert self.ask(Cmd.REQUEST_MESSAGE, id_of("CONTROL_STATUS")) == Result.ACCEPTED
        return self.link.receive("CONTROL_STATUS")


@pytest.fixture
def stations() -> Iterator[tuple[Station, Station]]:
    """Two, both heard."""
    with Session(home=HOME) as session:
        session.wait_armable()
        pair = Station(session, 255), Station(session, 250)
        for station in pair:
            station.send(BEAT)
        session.run_for(0.1)
        yield pair


def test_until_somebody_asks_everybody_may(stations: tuple[Station, Station]) -> None:
    """No CONTROL_STATUS streams; the one that is asked for names nobody."""
    first, second = stations
    first.session.run_for(3.0)
    assert not first.link.messages("CONTROL_STATUS")
    assert (first.status().gcs_main, first.status().flags) == (0, MANAGER)
    assert second.ask(Cmd.DO_SET_MODE, 1, 4) == Result.ACCEPTED


def test_the_other_station_is_kept_out_and_may_ask_questions(stations: tuple[Station, Station]) -> None:
    """NOT_IN_CONTROL for commands, DENIED for plans, no effect of what has no answer; messages are still told."""
    first, second = stations
    assert first.control() == Result.ACCEPTED
    assert second.ask(Cmd.COMPONENT_ARM_DISARM, 1) == Result.NOT_IN_CONTROL
    assert second.ask(Cmd.DO_WINCH, 1, component=Component.WINCH) == Result.NOT_IN_CONTROL
    second.send(m.MAVLink_mission_count_message(1, 1, 3, 1))
    refused = second.link.receive("MISSION_ACK")
    assert (refused.type, refused.mission_type) == (MissionResult.DENIED, 1)
    before = first.session.param("WPNAV_SPEED")
    second.send(m.MAVLink_param_set_message(1, 1, b"WPNAV_SPEED", 123.0, 9))
    second.send(m.MAVLink_set_mode_message(1, 1, 4))
    first.session.run_for(0.5)
    assert first.session.param("WPNAV_SPEED") == before
    assert first.session.autopilot.modes.number == 0
    assert second.status().gcs_main == 255
    assert first.ask(Cmd.COMPONENT_ARM_DISARM, 1) == Result.ACCEPTED


def test_files_are_read_by_all_and_written_by_the_owner(stations: tuple[Station, Station]) -> None:
    """Parameters and plans are files too: MAVFTP was a way around the owner."""
    first, second = stations

    def answer(station: Station, opcode: Opcode) -> tuple[int, int, int]:
        station.link.messages()
        request = Operation(7, 0, opcode, data=b"@MISSION/mission.dat")
        station.send(m.MAVLink_file_transfer_protocol_message(0, 1, 1, replace(request, size=20).pack()))
        reply = unpack(bytes(station.link.receive("FILE_TRANSFER_PROTOCOL").payload))
        return reply.seq, reply.opcode, reply.data[0] if reply.opcode == Opcode.NAK else 0

    assert first.control() == Result.ACCEPTED
    for opcode in (Opcode.CREATE_FILE, Opcode.OPEN_FILE_WO, Opcode.WRITE_FILE, Opcode.REMOVE_FILE, Opcode.RENAME):
        assert answer(second, opcode) == (8, Opcode.NAK, Nak.FILE_PROTECTED)
    assert answer(second, Opcode.OPEN_FILE_RO)[1] == Opcode.ACK
    assert answer(first, Opcode.CREATE_FILE)[1] == Opcode.ACK


@pytest.mark.parametrize(
    "message",
    [
        m.MAVLink_mission_clear_all_message(1, 1, 0),
        m.MAVLink_mission_write_partial_list_message(1, 1, 0, 1, 0),
        m.MAVLink_mission_set_current_message(1, 1, 0),
        m.MAVLink_log_erase_message(1, 1),
        m.MAVLink_set_gps_global_origin_message(1, 473977420, 85455940, 488000),
        m.MAVLink_set_home_position_message(1, 0, 0, 0, 0, 0, 0, [1, 0, 0, 0], 0, 0, 0),
        m.MAVLink_param_ext_set_message(1, 1, b"NAME", b"1", 9),
        m.MAVLink_manual_control_message(1, 0, 0, 500, 0, 0),
        m.MAVLink_command_cancel_message(1, 1, int(Cmd.PREFLIGHT_CALIBRATION)),
        m.MAVLink_gimbal_manager_set_pitchyaw_message(1, 1, 0, 0, 0, 0, 0, 0),
        m.MAVLink_fence_point_message(1, 1, 0, 6, -35.3, 149.1),
        m.MAVLink_setup_signing_message(1, 1, bytes(32), 0),
        m.MAVLink_digicam_control_message(1, 1, 0, 0, 0, 0, 1, 0, 0, 0.0),
        m.MAVLink_digicam_configure_message(1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0.0),
        m.MAVLink_data16_message(0x5C, 6, b"\x01\x00\x00\x00\x00\x01".ljust(16, b"\0")),
        tunnel(FlightCommand.GO),
        tunnel(FlightCommand.ABORT),
    ],
    ids=lambda message: message.get_type(),
)
def test_whatever_changes_something_is_kept_from_the_vehicle(stations: tuple[Station, Station], message: Any) -> None:
    """A gate takes it from the station that has no control, and leaves it the other's; so the vehicle never sees it."""
    first, second = stations
    assert first.control() == Result.ACCEPTED
    taken = []
    endpoint = first.session.service.endpoint
    gates = tuple(endpoint.gates)
    endpoint.gates[:] = [lambda *frame: taken.append(any(gate(*frame) for gate in gates)) or taken[-1]]
    second.send(message)
    first.send(message)
    first.session.run_for(0.1)
    assert taken == [True, False]


def test_the_state_of_the_flight_is_told_to_all_and_only_the_owner_flies(stations: tuple[Station, Station]) -> None:
    """The page's and `sortie status`' question is answered, GO is not obeyed."""
    first, second = stations
    assert first.control() == Result.ACCEPTED
    assert second.ask(Cmd.USER_1, FlightCommand.STATUS) == Result.ACCEPTED
    assert second.ask(Cmd.USER_1, FlightCommand.GO) == Result.NOT_IN_CONTROL
    second.send(m.MAVLink_data16_message(0x5B, 14, bytes(16)))  # a drone of a show tells how it stands
    assert first.link.receive("DATA16").type == 0x5B
    second.send(tunnel(FlightCommand.STATUS))
    assert second.link.receive("TUNNEL").payload_type == TUNNEL_TYPE


@pytest.mark.parametrize("firmware", ["ardupilot", "px4"])
def test_the_camera_is_the_owner_s_too(firmware: str) -> None:
    """STORAGE_FORMAT deletes all pictures, and the vehicle's own table of commands does not know it."""
    with Session(home=HOME, params={"CAM1_TYPE": 6}, firmware=firmware) as session:
        first, second = Station(session, 255), Station(session, 250)
        for station in (first, second):
            station.send(BEAT)
        session.run_for(0.1)
        assert first.control() == Result.ACCEPTED
        for number, *params in CAMERA_ORDERS:
            assert second.ask(number, *params, component=Component.CAMERA) == Result.NOT_IN_CONTROL
        for number in (Cmd.REQUEST_CAMERA_INFORMATION, Cmd.REQUEST_STORAGE_INFORMATION):
            assert second.ask(number, 1, component=Component.CAMERA) == Result.ACCEPTED
        assert second.ask(31_999, component=Component.CAMERA) == Result.UNSUPPORTED
        assert first.ask(Cmd.STORAGE_FORMAT, 1, 1, component=Component.CAMERA) == Result.ACCEPTED


def test_control_is_asked_for_and_handed_over(stations: tuple[Station, Station]) -> None:
    """FAILED while the owner does not allow it, who is told who asks; then it is taken."""
    first, second = stations
    first.control()
    first.link.messages()
    assert second.control() == Result.FAILED
    question = first.link.receive("COMMAND_LONG")
    assert (question.command, question.target_system, question.param4) == (Cmd.REQUEST_OPERATOR_CONTROL, 255, 250)
    assert question.param3 == 10.0, "the seconds that who asks will wait"
    assert first.control(takeover=True) == Result.ACCEPTED
    assert first.status().flags == MANAGER | TAKEOVER
    assert second.control() == Result.ACCEPTED
    assert second.status().gcs_main == 250
    assert first.ask(Cmd.DO_SET_MODE, 1, 4) == Result.NOT_IN_CONTROL


def test_control_is_released_or_ends_with_silence(stations: tuple[Station, Station]) -> None:
    """Only the owner releases it; five seconds without its HEARTBEAT end it, which all are told."""
    first, second = stations
    first.control()
    assert second.control(release=True) == Result.FAILED
    for _ in range(8):
        first.send(BEAT)
        first.session.run_for(1.0)
    assert second.ask(Cmd.DO_SET_MODE, 1, 4) == Result.NOT_IN_CONTROL
    second.link.messages()
    first.session.run_for(6.5)
    assert [told.gcs_main for told in second.link.messages("CONTROL_STATUS")][-1] == 0
    assert second.ask(Cmd.DO_SET_MODE, 1, 4) == Result.ACCEPTED
    assert first.control() == Result.ACCEPTED
    assert first.control(release=True) == Result.ACCEPTED
    assert second.ask(Cmd.DO_SET_MODE, 1, 5) == Result.ACCEPTED


@pytest.mark.parametrize("params", [(2, 0, 0, 0), (1, 7, 0, 0), (1, 0, 0, 3), (-1, 0, 0, 0), (1, 0, 1e9, 255.5)])
def test_requests_that_mean_nothing_are_denied(stations: tuple[Station, Station], params: tuple[float, ...]) -> None:
    """Another action, a takeover that is neither yes nor no, control for another; a patience of any size is taken."""
    first, _ = stations
    expected = Result.ACCEPTED if params[2] else Result.DENIED
    assert first.ask(Cmd.REQUEST_OPERATOR_CONTROL, *params) == expected


def test_with_a_key_who_only_names_himself_the_owner_is_not(stations: tuple[Station, Station]) -> None:
    """A frame with the owner's system id and no signature is refused on a link that is not trusted."""
    first, _ = stations
    first.control()
    endpoint = first.session.service.endpoint
    endpoint.set_signing(Signing(bytes(32), 0))
    stranger = endpoint.open_link("a stranger", trusted=False)
    command = m.MAVLink_command_long_message(1, 1, Cmd.COMPONENT_ARM_DISARM, 0, 1, 0, 0, 0, 0, 0, 0)
    endpoint.receive(stranger, FrameWriter(255, 190).frame(*codec.payload(command)), 0, 0)
    assert not first.session.autopilot.facts.armed
    signed = Signing(bytes(32), 10**9).sign(FrameWriter(255, 190).frame(*codec.payload(command)), 1)
    endpoint.receive(stranger, signed, 0, 0)
    first.session.run_for(0.1)
    assert first.session.autopilot.facts.armed


def test_several_stations_own_it_together() -> None:
    """250 to 252: one is main, who is heard besides is secondary and may send all but sticks; others are kept out."""
    with Session(home=HOME, params={"SYSID_MYGCS": 250, "MAV_GCS_SYSID_HI": 252}) as session:
        session.wait_armable()
        main, second, silent, other = (Station(session, system) for system in (251, 250, 252, 72))
        for station in (main, second, other):
            station.send(BEAT)
        session.run_for(0.1)
        assert main.ask(Cmd.REQUEST_OPERATOR_CONTROL, 1, 0, 10, 250) == Result.ACCEPTED  # the range's least
        assert main.status().gcs_main == 251
        assert list(main.status().gcs_secondary) == [250, *[0] * 9]
        assert other.control() == Result.DENIED
        assert other.ask(Cmd.DO_SET_MODE, 1, 4) == Result.NOT_IN_CONTROL
        assert second.ask(Cmd.DO_SET_MODE, 1, 4) == Result.ACCEPTED
        assert silent.ask(Cmd.DO_SET_MODE, 1, 5) == Result.ACCEPTED  # an owner, though nobody has heard it
        stick_forward = m.MAVLink_rc_channels_override_message(1, 1, 1500, 1300, 1500, 1500, 0, 0, 0, 0)
        second.send(stick_forward)
        session.run_for(0.2)
        assert not session.autopilot.sticks.channels
        main.send(stick_forward)
        session.run_for(0.2)
        assert session.autopilot.sticks.channels[1] == 1300
        # The main role is asked for as control is, and is free when main has fallen silent while another is heard.
        main.link.messages()
        assert second.control() == Result.FAILED
        assert main.link.receive("COMMAND_LONG").param4 == 250
        assert second.control(release=True) == Result.FAILED
        for _ in range(7):
            second.send(BEAT)
            session.run_for(1.0)
        assert second.status().gcs_main == 251
        assert other.ask(Cmd.DO_SET_MODE, 1, 4) == Result.NOT_IN_CONTROL
        assert second.control() == Result.ACCEPTED
        assert (second.status().gcs_main, list(second.status().gcs_secondary)) == (250, [0] * 10)
        session.run_for(6.5)
        assert second.link.messages("CONTROL_STATUS")[-1].gcs_main == 0
        assert other.ask(Cmd.DO_SET_MODE, 1, 4) == Result.ACCEPTED


@pytest.mark.parametrize(("param4", "result"), [(251, Result.ACCEPTED), (252, Result.DENIED), (249, Result.DENIED)])
def test_a_range_is_named_by_its_least_or_by_who_asks(param4: float, result: Result) -> None:
    """Another station of the range cannot be put into the seat by this one."""
    with Session(home=HOME, params={"SYSID_MYGCS": 250, "MAV_GCS_SYSID_HI": 252}) as session:
        assert Station(session, 251).ask(Cmd.REQUEST_OPERATOR_CONTROL, 1, 0, 10, param4) == result


def test_an_end_of_the_range_below_its_beginning_is_none() -> None:
    """As in ArduPilot: SYSID_MYGCS is alone, and whoever asks owns the vehicle alone."""
    with Session(home=HOME, params={"SYSID_MYGCS": 250, "MAV_GCS_SYSID_HI": 249}) as session:
        first, second = (Station(session, system) for system in (72, 250))
        assert first.control() == Result.ACCEPTED
        assert second.ask(Cmd.DO_SET_MODE, 1, 4) == Result.NOT_IN_CONTROL


def test_two_stations_with_a_key_are_main_and_secondary() -> None:
    """Both sign, on links that are not trusted; who has no key is neither, whatever id it gives itself."""
    with Session(home=HOME, params={"SYSID_MYGCS": 250, "MAV_GCS_SYSID_HI": 252}) as session:
        session.wait_armable()
        endpoint = session.service.endpoint
        endpoint.set_signing(Signing(bytes(32), 0))
        links = {system: endpoint.open_link(f"station {system}", trusted=False) for system in (250, 251, 252)}
        hands: dict[tuple[int, int], Signing] = {}

        def send(system: int, message: Any, *, key: int | None) -> None:
            frame = FrameWriter(system, 190).frame(*codec.payload(message))
            hand = None if key is None else hands.setdefault((system, key), Signing(bytes([key]) * 32, 10**9))
            signed = frame if hand is None else hand.sign(frame, system)
            endpoint.receive(links[system], signed, 0, 0)
            session.run_for(0.1)

        ask = codec.command_message(1, 1, Cmd.REQUEST_OPERATOR_CONTROL, 1, 0, 10, 0)
        arm = codec.command_message(1, 1, Cmd.COMPONENT_ARM_DISARM, 1)
        for key in (None, 7):
            send(252, ask, key=key)
            send(252, BEAT, key=key)
        send(250, BEAT, key=0)
        send(251, ask, key=0)
        watcher = Station(session, 255)
        assert (watcher.status().gcs_main, list(watcher.status().gcs_secondary)) == (251, [250, *[0] * 9])
        send(252, arm, key=7)
        assert not session.state.armed
        send(250, arm, key=0)
        assert session.state.armed


def test_a_vehicle_may_hear_its_station_alone() -> None:
    """SYSID_ENFORCE: a command of another system is not even answered, to this vehicle or to all; one of its own
    components is."""
    with Session(home=HOME, params={"SYSID_ENFORCE": 1, "SYSID_MYGCS": 250}) as session:
        session.wait_armable()
        mine, other, own = (Station(session, system) for system in (250, 72, 1))
        for system in (1, 0):
            other.send(m.MAVLink_command_long_message(system, 1, Cmd.COMPONENT_ARM_DISARM, 0, 1, 0, 0, 0, 0, 0, 0))
            session.run_for(0.5)
            assert not session.state.armed and not other.link.messages("COMMAND_ACK")
        for station in (mine, own):
            assert station.ask(Cmd.COMPONENT_ARM_DISARM, 1) == Result.ACCEPTED
            assert station.ask(Cmd.COMPONENT_ARM_DISARM, 0) == Result.ACCEPTED
        session.service.parameters.set("SYSID_ENFORCE", 0)
        assert other.ask(Cmd.COMPONENT_ARM_DISARM, 1) == Result.ACCEPTED
