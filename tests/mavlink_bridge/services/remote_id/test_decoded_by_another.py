"""What a vehicle's transmitter sends, read by homewatch's decoder, which hears Remote ID by radio and is not ours."""

from __future__ import annotations

from typing import Any

import pytest

from autopilot.mav import Cmd
from mavlink_bridge.firmware.identity import Identity
from mavlink_bridge.services.remote_id import serial_number
from mavlink_bridge.services.remote_id.pack import packed
from mavlink_bridge.wire.codec import dialect as m
from mavlink_bridge.wire.codec import id_of
from sortie import Session
from sortie.api.link import SessionLink
from tests.fakes.station_plan import HOME

decoder = pytest.importorskip("homewatch.remoteid", reason="homewatch is not installed")
ANYBODY = [0] * 20
OPERATOR = "FIN87astrdge12k8"
UPDATE = m.MAVLink_open_drone_id_system_update_message(1, 1, 473977420, -85455940, 488.5, 2**20 + 60)
BLUETOOTH, WIFI = b"\x0d\x00", "0d 00 "
"""What stands before a message on air: the application's code, and a counter."""


def pack_of(link: SessionLink) -> bytes:
    """The pack that the transmitter sends now, as ASTM F3411 has it on air: 0xF2, size, count, messages."""
    link.send(
        m.MAVLink_command_long_message(1, 236, Cmd.REQUEST_MESSAGE, 0, id_of("OPEN_DRONE_ID_MESSAGE_PACK"), *[0.0] * 6)
    )
    return on_air(link.receive("OPEN_DRONE_ID_MESSAGE_PACK"))


def on_air(pack: Any) -> bytes:
    size, count = pack.single_message_size, pack.msg_pack_size
    return bytes((0xF2, size, count)) + bytes(pack.messages)[: size * count]


def test_a_flight_is_read_as_it_flies() -> None:
    """Serial number, kind, status, place, speed, heights, operator and what it is for, on the ground and in flight; by
    Bluetooth and by Wi-Fi."""
    with Session(home=HOME, params={"DID_ENABLE": 1.0, "DID_MAVPORT": 0.0, "DID_OPTIONS": 1.0}) as session:
        session.run_for(15.0)
        link = session.connect()
        link.send(
            m.MAVLink_open_drone_id_system_message(
                1, 1, ANYBODY, 1, 1, 473977420, -85455940, 1, 20, 120.0, 0.0, 1, 2, 488.5, 2**20
            )
        )
        link.send(m.MAVLink_open_drone_id_operator_id_message(1, 1, ANYBODY, 0, OPERATOR.encode()))
        link.send(m.MAVLink_open_drone_id_self_id_message(1, 1, ANYBODY, 0, b"roof survey"))
        session.run_for(1.5)
        told = link.receive("OPEN_DRONE_ID_BASIC_ID")
        standing = decoder.from_ble_service_data(BLUETOOTH + pack_of(link))
        assert standing["basic_id"] == bytes(told.uas_id).decode().rstrip("\0")
        assert standing["id_type"].startswith("serial")
        assert standing["ua_type"] == "helicopter/multirotor"
        assert standing["status"] == "ground"
        assert (standing["operator_lat"], standing["operator_lon"]) == (47.397742, -8.545594)
        assert (standing["operator_id"], standing["description"]) == (OPERATOR, "roof survey")

        session.wait_armable()
        session.set_mode("GUIDED")
        link.send(UPDATE)
        session.run_for(0.1)
        session.arm()
        session.takeoff(30.0)
        session.run_for(4.0)
        climbing = link.messages("OPEN_DRONE_ID_LOCATION")[-1]
        assert climbing.speed_vertical == pytest.approx(-100.0 * session.state.velocity[2], abs=40.0)
        assert climbing.speed_vertical > 100
        link.send(
            m.MAVLink_set_position_target_local_ned_message(0, 1, 1, 1, 0b110111000111, 0, 0, 0, 5, -5, *[0.0] * 6)
        )
        session.run_for(2.9)  # after GUID_TIMEOUT it would stand
        assert session.state.ground_speed > 3.0
        assert link.messages("OPEN_DRONE_ID_LOCATION")[-1].direction == pytest.approx(31_500, abs=500)
        data = pack_of(link)
        flying = decoder.from_wifi_vendor_ie(WIFI + data.hex(" "))
        truth = session.state
        assert flying["status"] == "airborne"
        assert flying["lat"] == pytest.approx(truth.place.lat, abs=2e-5)
        assert flying["lon"] == pytest.approx(truth.place.lon, abs=2e-5)
        assert flying["speed_ms"] == pytest.approx(truth.ground_speed, abs=0.3)
        assert flying["height_agl_m"] == pytest.approx(truth.height, abs=0.6)
        assert flying["alt_m"] == pytest.approx(truth.place.alt, abs=5.0)
        assert flying["basic_id"] == standing["basic_id"]


@pytest.mark.parametrize(("cm_s", "told"), [(0, 0.0), (1_000, 10.0), (6_350, 63.5), (10_000, 99.8), (25_450, 254.2)])
def test_a_speed_is_read_in_fine_steps_and_coarse_ones(cm_s: int, told: float) -> None:
    """Quarters of a metre per second, and three quarters above 63.75."""
    location = m.MAVLink_open_drone_id_location_message(
        0, 0, ANYBODY, 2, 0, cm_s, 0, 1, 1, 0.0, 0.0, 0, 0.0, 11, 4, 5, 3, 0.0, 10
    )
    assert decoder.parse_pack(on_air(packed([location])))["speed_ms"] == pytest.approx(told, abs=0.06)


def test_a_fleet_is_250_identities() -> None:
    """None is read twice."""
    read = set()
    for number in range(1, 251):
        name = serial_number(Identity(name="simulated copter 0", system=number).uid2)
        basic = m.MAVLink_open_drone_id_basic_id_message(0, 0, ANYBODY, 1, 2, list(name.encode().ljust(20, b"\0")))
        read.add(decoder.parse_pack(on_air(packed([basic])))["basic_id"])
    assert len(read) == 250
