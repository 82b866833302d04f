"""Remote identification: what a vehicle tells, what it is told, and when it may arm; as ArduPilot's AP_OpenDroneID."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from autopilot.context.events import ArmedChanged
from autopilot.interface import report
from autopilot.interface.reasons import ArmingMethod
from autopilot.mav import Cmd, Component, OdidArmStatus, OdidIdType, OdidStatus, OdidUaType, Result
from mavlink_bridge.services.remote_id import serial_number
from mavlink_bridge.services.remote_id.pack import SIZE, packed, unpacked
from mavlink_bridge.wire.codec import dialect as m
from mavlink_bridge.wire.codec import id_of
from sortie import Session
from sortie.api.link import SessionLink
from sortie.conform.case import Verdict
from tests.fakes.conformity import judged
from tests.fakes.station_plan import HOME

ENFORCED = {"DID_ENABLE": 1.0, "DID_MAVPORT": 0.0, "DID_OPTIONS": 1.0}
ANYBODY = [0] * 20


def system(lat: int = 473977420, lon: int = 85455940) -> Any:
    """The operator's place."""
    return m.MAVLink_open_drone_id_system_message(1, 1, ANYBODY, 1, 1, lat, lon, 1, 20, 120.0, 0.0, 1, 2, 488.5, 2**20)


def arm(link: SessionLink, session: Session, *, force: bool = False) -> str:
    """Why not; empty: it armed."""
    link.messages()
    link.send(m.MAVLink_command_long_message(1, 1, Cmd.COMPONENT_ARM_DISARM, 0, 1, 21196 * force, 0, 0, 0, 0, 0))
    session.run_for(0.1)
    came = link.messages()
    acks = [one.result for one in came if one.get_type() == "COMMAND_ACK"]
    if acks == [Result.ACCEPTED]:
        return ""
    assert acks == [Result.FAILED]
    return next(one.text for one in came if one.get_type() == "STATUSTEXT" and one.text.startswith("Arm: "))


@pytest.fixture
def session() -> Iterator[Session]:
    with Session(home=HOME, params=ENFORCED) as session:
        session.run_for(15.0)
        yield session


def test_nothing_is_told_and_nothing_refused_as_it_comes() -> None:
    """DID_ENABLE 0: a request is UNSUPPORTED, no message comes, the vehicle arms."""
    with Session(home=HOME) as session:
        session.wait_armable()
        link = session.connect()
        session.run_for(4.0)
        assert not [one for one in link.messages() if one.get_type().startswith("OPEN_DRONE_ID")]
        assert arm(link, session) == ""


def test_messages_come_at_their_rates(session: Session) -> None:
    """LOCATION and SYSTEM_UPDATE each second, the other four each 3 s, ARM_STATUS of component 236 each second."""
    link = session.connect()
    session.run_for(12.0)
    counts: dict[str, int] = {}
    for message in link.messages():
        counts[message.get_type()] = counts.get(message.get_type(), 0) + 1
        if message.get_type() == "OPEN_DRONE_ID_ARM_STATUS":
            assert message.get_srcComponent() == Component.ODID_TXRX_1
    for name in ("LOCATION", "SYSTEM_UPDATE", "ARM_STATUS"):
        assert 12 <= counts[f"OPEN_DRONE_ID_{name}"] <= 13, name
    for name in ("BASIC_ID", "SYSTEM", "SELF_ID", "OPERATOR_ID"):
        assert 4 <= counts[f"OPEN_DRONE_ID_{name}"] <= 5, name


def test_what_the_receiver_knows_is_told_with_how_well(session: Session) -> None:
    """Each accuracy by its own scale; without a fix of three dimensions neither course nor time."""
    link, r = session.connect(), session.autopilot.vehicle.state.report

    def location() -> Any:
        link.messages()
        number = id_of("OPEN_DRONE_ID_LOCATION")
        link.send(m.MAVLink_command_long_message(1, 1, Cmd.REQUEST_MESSAGE, 0, number, *[0.0] * 6))
        return link.receive("OPEN_DRONE_ID_LOCATION")

    r[report.GPS_HACC], r[report.GPS_VACC], r[report.GPS_SACC] = 2.0, 20.0, 0.5
    told = location()
    assert (told.horizontal_accuracy, told.vertical_accuracy, told.speed_accuracy) == (11, 3, 3)
    assert told.direction < 36_000
    r[report.GPS_FIX] = 2.0
    told = location()
    assert (told.direction, told.timestamp) == (36_100, 65535.0)


def test_arming_waits_for_operator_and_transmitter(session: Session) -> None:
    """In ArduPilot's words, forced or not; then it arms, and its status is airborne."""
    link = session.connect()
    for force in (False, True):
        assert arm(link, session, force=force) == "Arm: OpenDroneID: operator location must be set"
    link.send(system())
    session.run_for(1.5)
    assert arm(link, session) == ""
    location = wait(link, session, "OPEN_DRONE_ID_LOCATION")
    assert location.status == OdidStatus.AIRBORNE
    assert abs(location.latitude - (-353632610)) < 200


def test_an_operator_who_falls_silent_is_missed(session: Session) -> None:
    """SYSTEM is older than 3 s; SYSTEM_UPDATE is enough to be heard again."""
    link = session.connect()
    link.send(system())
    session.run_for(3.5)
    assert arm(link, session) == "Arm: OpenDroneID: SYSTEM not available"
    link.send(m.MAVLink_open_drone_id_system_update_message(1, 1, 473977420, 85455940, 488.5, 2**20))
    session.run_for(0.1)
    assert arm(link, session) == ""


def test_without_a_transmitter_arming_waits_for_anybodys() -> None:
    """DID_MAVPORT -1: a station's or companion's transmitter says ARM_STATUS; its error is the reason."""
    with Session(home=HOME, params=ENFORCED | {"DID_MAVPORT": -1.0}) as session:
        session.run_for(15.0)
        link = session.connect()
        link.send(system())
        assert arm(link, session) == "Arm: OpenDroneID: ARM_STATUS not available"
        link.send(m.MAVLink_open_drone_id_arm_status_message(OdidArmStatus.PRE_ARM_FAIL_GENERIC, b"antenna"))
        assert arm(link, session) == "Arm: OpenDroneID: antenna"
        link.send(m.MAVLink_open_drone_id_arm_status_message(OdidArmStatus.GOOD_TO_ARM, b""))
        assert arm(link, session) == ""


def test_an_identification_is_taken_and_may_be_kept(session: Session) -> None:
    """A station's BASIC_ID takes the place of the serial number; with bit 2 the first one stays."""
    link = session.connect()
    own = wait(link, session, "OPEN_DRONE_ID_BASIC_ID")
    assert bytes(own.uas_id).rstrip(b"\0").decode().startswith("SRTEF")
    session.set_param("DID_OPTIONS", 5.0)
    for name in (b"FIRST", b"SECOND"):
        link.send(m.MAVLink_open_drone_id_basic_id_message(1, 1, ANYBODY, 2, 2, list(name.ljust(20, b"\0"))))
    link.messages()
    assert bytes(wait(link, session, "OPEN_DRONE_ID_BASIC_ID").uas_id).rstrip(b"\0") == b"FIRST"


def test_a_pack_is_heard_and_told(session: Session) -> None:
    """A station's pack counts as its messages do; the transmitter answers with the pack that it sends."""
    link = session.connect()
    operator = m.MAVLink_open_drone_id_operator_id_message(0, 0, ANYBODY, 0, b"FIN87astrdge12k8")
    link.send(packed([system(), operator]))
    session.run_for(1.0)
    number = id_of("OPEN_DRONE_ID_MESSAGE_PACK")
    link.send(m.MAVLink_command_long_message(1, 236, Cmd.REQUEST_MESSAGE, 0, number, 0, 0, 0, 0, 0, 0))
    told = {part.get_type(): part for part in unpacked(link.receive("OPEN_DRONE_ID_MESSAGE_PACK"))}
    assert len(told) == 5
    assert told["OPEN_DRONE_ID_SYSTEM"].operator_latitude == 473977420
    assert told["OPEN_DRONE_ID_OPERATOR_ID"].operator_id == "FIN87astrdge12k8"
    assert told["OPEN_DRONE_ID_LOCATION"].status == OdidStatus.GROUND


def test_a_location_is_the_bytes_of_the_standard() -> None:
    """ASTM F3411, table of the Location/Vector message: worked out by hand."""
    location = m.MAVLink_open_drone_id_location_message(
        0, 0, ANYBODY, 2, 21_515, 1_000, 150, 515_000_000, -1_000_000, 50.0, 60.5, 0, 40.0, 11, 4, 5, 3, 3600.0, 10
    )
    data = bytes(packed([location]).messages)[:SIZE]
    # airborne and the eastern half (215 = 180 + 35 degrees), 10 m/s in steps of 0.25, 1.5 m/s up in steps of 0.5
    assert data[:5] == bytes((0x12, 0x22, 35, 40, 3))
    assert data[5:13] == (515_000_000).to_bytes(4, "little") + (-1_000_000).to_bytes(4, "little", signed=True)
    assert data[13:19] == b"".join(value.to_bytes(2, "little") for value in (2100, 2121, 2080))
    assert data[19:] == bytes((0x4B, 0x53, 0xA0, 0x8C, 10, 0))
    back = unpacked(packed([location]))[0]
    assert (back.direction, back.speed_horizontal, back.speed_vertical, back.height) == (21_500, 1_000, 150, 40.0)


def test_a_sinking_speed_and_a_radius_are_in_the_steps_of_the_standard() -> None:
    """Half metres per second with their sign, tens of metres: both come back as they were."""
    location = m.MAVLink_open_drone_id_location_message(
        0, 0, ANYBODY, 2, 0, 0, -250, 1, 1, 0.0, 0.0, 0, 0.0, 11, 4, 5, 3, 0.0, 10
    )
    pack = packed([location, system()])
    assert bytes(pack.messages)[4] == 256 - 5
    assert bytes(pack.messages)[SIZE + 10 : SIZE + 13] == bytes((1, 0, 2))
    sinking, area = unpacked(pack)
    assert (sinking.speed_vertical, area.area_radius) == (-250, 20)


def test_a_transmitter_says_what_it_lacks(session: Session) -> None:
    """In the words of ArduRemoteID, until it is there."""
    link = session.connect()
    told = wait(link, session, "OPEN_DRONE_ID_ARM_STATUS")
    assert (told.status, told.error.strip()) == (OdidArmStatus.PRE_ARM_FAIL_GENERIC, "zero OP_LOC")
    link.send(system())
    session.run_for(1.5)
    told = wait(link, session, "OPEN_DRONE_ID_ARM_STATUS")
    assert (told.status, told.error) == (OdidArmStatus.GOOD_TO_ARM, "")


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("copter", OdidUaType.HELICOPTER_OR_MULTIROTOR),
        ("plane", OdidUaType.AEROPLANE),
        ("quadplane", OdidUaType.HYBRID_LIFT),
        ("rover", OdidUaType.OTHER),
        ("boat", OdidUaType.OTHER),
    ],
)
def test_it_says_what_kind_of_aircraft_it_is(kind: str, told: OdidUaType) -> None:
    """MAV_ODID_UA_TYPE: wings that take off straight up are hybrid lift; what drives is no helicopter."""
    with Session(f"sim:{kind}", home=HOME, params=ENFORCED) as session:
        link = session.connect()
        assert wait(link, session, "OPEN_DRONE_ID_BASIC_ID").ua_type == told


def test_an_identification_of_another_library_is_read_and_written_alike() -> None:
    """The example of dart_opendroneid, whose own tests stand on opendroneid-core-c: ASTM F3411's Basic ID."""
    data = bytes((0x02, 0x11)) + b"15968DEADBEEF".ljust(20, b"\0") + bytes(3)
    padded = list(data.ljust(225, b"\0"))
    identification = unpacked(m.MAVLink_open_drone_id_message_pack_message(0, 0, ANYBODY, SIZE, 1, padded))[0]
    assert (identification.id_type, identification.ua_type) == (OdidIdType.SERIAL_NUMBER, OdidUaType.AEROPLANE)
    assert bytes(identification.uas_id).rstrip(b"\0") == b"15968DEADBEEF"
    assert bytes(packed([identification]).messages)[:SIZE] == data


@pytest.mark.parametrize(("size", "count"), [(25, 0), (25, 10), (24, 1), (0, 255)])
def test_a_pack_of_other_sizes_holds_nothing(size: int, count: int) -> None:
    """What is not of the standard is passed over."""
    data = [0x12, *[255] * 224]
    assert unpacked(m.MAVLink_open_drone_id_message_pack_message(0, 0, ANYBODY, size, count, data)) == []


def test_any_bytes_of_a_pack_are_read_without_an_error(session: Session) -> None:
    """Each type, all bits set."""
    link = session.connect()
    for kind in range(16):
        data = ([kind << 4 | 2] + [255] * (SIZE - 1)) * 9
        link.send(m.MAVLink_open_drone_id_message_pack_message(0, 0, ANYBODY, SIZE, 9, data))
    session.run_for(1.0)
    assert session.service.endpoint.service_errors == 0


def test_a_fleet_is_as_many_identities() -> None:
    """Of 250 vehicles each has a serial number that a receiver takes: 20 characters, no I, no O."""
    from mavlink_bridge.firmware.identity import Identity

    names = {serial_number(Identity(name="simulated copter 0", system=number).uid2) for number in range(1, 251)}
    assert len(names) == 250
    assert all(len(name) == 20 and not set(name) & set("IO") for name in names)


def test_a_crash_is_an_emergency_until_it_arms_again(session: Session) -> None:
    """What the crash check has stopped tells EMERGENCY."""
    link = session.connect()
    session.autopilot.announcer.announce(ArmedChanged(False, ArmingMethod.CRASH))
    session.run_for(1.5)
    assert wait(link, session, "OPEN_DRONE_ID_LOCATION").status == OdidStatus.EMERGENCY
    link.send(system())
    session.run_for(1.5)
    assert arm(link, session) == ""
    assert wait(link, session, "OPEN_DRONE_ID_LOCATION").status == OdidStatus.AIRBORNE


def test_it_keeps_what_the_guide_says() -> None:
    """Every sentence about remote identification that `sortie conform` judges."""
    examination = judged(["remote-id"], params=ENFORCED)
    assert [result.verdict for result in examination.results] == [Verdict.PASS] * 3


def wait(link: SessionLink, session: Session, name: str) -> Any:
    """The next message of this name."""
    link.messages()
    for _ in range(50):
        found = link.messages(name)
        if found:
            return found[0]
        session.run_for(0.2)
    raise AssertionError(f"no {name}")
