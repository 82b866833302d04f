"""Vehicles of one radio network have different system ids, whoever sets them by whatever name."""

from __future__ import annotations

import pytest
from pymavlink.dialects.v20 import ardupilotmega

from sortie import Fleet, Session, mavlink
from sortie.api.link import SessionLink

REFUSED = "System id 1 is another vehicle's on this network"


def texts_and_value(link: SessionLink, name: str) -> tuple[list[str], list[float]]:
    """What was said since, and the values that were told of a parameter."""
    heard = link.messages()
    texts = [one.text for one in heard if one.get_type() == "STATUSTEXT"]
    values = [one for one in heard if one.get_type() == "PARAM_VALUE" and one.param_id == name]
    return texts, [one.param_value for one in values]


def set_id(link: SessionLink, session: Session, name: str, system: int) -> None:
    own = session.service.endpoint.system_id
    link.send(mavlink.MAVLink_param_set_message(own, 1, name.encode(), system, mavlink.MAV_PARAM_TYPE_INT16))


@pytest.mark.parametrize("name", ["SYSID_THISMAV", "MAV_SYSID"])
@pytest.mark.parametrize("flying", [False, True])
def test_anothers_id_is_refused_with_its_reason(name: str, flying: bool) -> None:
    """By ArduPilot's name and its newer one: a text and the value that still holds; a free id is taken."""
    with Fleet(3) as fleet:
        one = fleet[1]
        if flying:
            fleet.wait_armable()
            one.set_mode("GUIDED")
            one.arm()
            one.takeoff(5.0)
        link = one.connect()
        fleet.run_for(5.0)
        link.messages()
        set_id(link, one, name, 1)
        assert texts_and_value(link, name) == ([REFUSED], [2.0])
        assert one.service.endpoint.system_id == 2
        set_id(link, one, name, 9)
        assert texts_and_value(link, name) == ([], [9.0])
        assert one.service.endpoint.system_id == 9
        fleet[0].set_param("SYSID_THISMAV", 2)  # nobody's now
        assert [session.service.endpoint.system_id for session in fleet] == [2, 9, 3]


def test_a_px4s_id_is_refused_too() -> None:
    with Fleet(2, firmware="px4") as fleet:
        with pytest.raises(ValueError, match=REFUSED):
            fleet[1].set_param("MAV_SYS_ID", 1)
        assert [one.param("MAV_SYS_ID") for one in fleet] == [1.0, 2.0]


def test_a_reset_to_defaults_leaves_the_others_alone() -> None:
    """PREFLIGHT_STORAGE would make everybody number 1."""
    with Fleet(2) as fleet:
        fleet[1].set_param("RTL_ALT", 2000.0)
        link = fleet[1].connect()
        reset = mavlink.MAV_CMD_PREFLIGHT_STORAGE
        link.send(mavlink.MAVLink_command_long_message(2, 1, reset, 0, 2, 0, 0, 0, 0, 0, 0))
        assert link.receive("COMMAND_ACK").result == mavlink.MAV_RESULT_ACCEPTED
        assert (fleet[1].param("RTL_ALT"), fleet[1].param("SYSID_THISMAV")) == (1500.0, 2.0)


def test_each_network_has_ids_of_its_own() -> None:
    """More than 250 vehicles have the same ids again; what is taken on one network is free on the other."""
    with Fleet(4, networks=2) as fleet:
        for session in (fleet[1], fleet[3]):
            with pytest.raises(ValueError, match=REFUSED):
                session.set_param("SYSID_THISMAV", 1)
            session.set_param("SYSID_THISMAV", 7)
        assert [session.service.endpoint.system_id for session in fleet] == [1, 7, 1, 7]


def test_a_new_id_is_found_on_the_shared_link_also_beside_an_own_one() -> None:
    """A vehicle with a link of its own hears on the shared one under the id that it has now."""
    with Fleet(2) as fleet:
        network = fleet.node.networks[0]
        shared = network.open_link("shared")
        fleet[1].connect()
        fleet[1].set_param("SYSID_THISMAV", 9)
        fleet.run_for(1.0)
        network.out_queue(shared).take()
        ask = mavlink.MAVLink_param_request_read_message(9, 1, b"RTL_ALT", -1)
        frame = bytes(ask.pack(ardupilotmega.MAVLink(None, srcSystem=255, srcComponent=190)))
        network.receive(shared, frame, 1000, 1000)
        fleet.run_for(0.02)
        assert b"RTL_ALT" in network.out_queue(shared).take()
