"""Messages with extension fields that pymavlink's dialect does not have yet."""

from __future__ import annotations

from typing import Any

import pytest
from pymavlink.dialects.v20 import ardupilotmega as pymavlink

from mavlink_bridge.wire import codec, framing
from mavlink_bridge.wire.codec import dialect, ids_of

CASES = [
    (dialect.MAVLink_mission_count_message(255, 190, 7, 1, 0xDEADBEEF), "07 00 ff be 01 ef be ad de"),
    (dialect.MAVLink_mission_ack_message(255, 190, 13, 2, 0x01020304), "ff be 0d 02 04 03 02 01"),
    (dialect.MAVLink_mission_current_message(3, 9, 2, 1, 1, 2, 3), "03 00 09 00 02 01 01 00 00 00 02 00 00 00 03"),
]


def fields(message: Any) -> dict[str, Any]:
    return {name: getattr(message, name) for name in message.get_fieldnames()}


@pytest.mark.parametrize(("message", "wire"), CASES)
def test_added_fields_follow_the_old_ones(message: Any, wire: str) -> None:
    """MAVLink common.xml: extension fields in the order of their definition, behind all others, trailing zeros cut."""
    msg_id, payload, _ = codec.payload(message)
    assert payload == bytes.fromhex(wire)
    again = codec.decode(msg_id, payload)
    assert again is not None and fields(again) == fields(message)


@pytest.mark.parametrize(("message", "wire"), CASES)
def test_a_receiver_with_the_older_definition_reads_them(message: Any, wire: str) -> None:
    """pymavlink checks the same CRC_EXTRA and reads the fields that it knows."""
    del wire
    frame = framing.FrameWriter(1, 1).frame(*codec.payload(message))
    old = pymavlink.MAVLink(None).decode(bytearray(frame))
    assert type(old) is pymavlink.mavlink_map[message.id]
    assert fields(old).items() <= fields(message).items()


@pytest.mark.parametrize(("message", "wire"), CASES)
def test_they_can_be_packed_and_mavlink1_leaves_the_extensions_out(message: Any, wire: str) -> None:
    """The same frame as the codec's; MAVLink 1 carries no extension field."""
    del wire
    mav = pymavlink.MAVLink(None, srcSystem=1, srcComponent=1)
    assert bytes(message.pack(mav)) == framing.FrameWriter(1, 1).frame(*codec.payload(message))
    plain = pymavlink.mavlink_map[message.id]
    size = codec.base_size(message.id)
    assert codec.payload_v1(message)[1] == codec.payload(message)[1].ljust(size, b"\0")[:size]
    assert size < plain.unpacker.size


@pytest.mark.parametrize("msg_id", sorted(ids_of("MISSION_COUNT", "MISSION_ACK", "MISSION_CURRENT")))
def test_pymavlinks_own_class_is_still_packed(msg_id: int) -> None:
    """Somebody may make the older class: it goes out without the added fields, and is read with zeros in them."""
    old = pymavlink.mavlink_map[msg_id](1, 2, 3, 1)
    assert codec.payload(old)[1] == bytes(old.unpacker.pack(*(getattr(old, n) for n in old.ordered_fieldnames)))
    again = codec.decode(*codec.payload(old)[:2])
    assert type(again) is dialect.mavlink_map[msg_id]
    assert fields(old).items() <= fields(again).items()


def test_a_message_that_pymavlink_lacks_is_framed_and_read() -> None:
    """COMPONENT_METADATA by the table of MAVLink's common.xml: id 397, 108 bytes, CRC_EXTRA 182, text in an array."""
    message = dialect.MAVLink_component_metadata_message(7, 0xFFFFFFFE, b"mftp://@SYS/general.json")
    (frame,) = framing.FrameReader().receive(framing.FrameWriter(1, 1).frame(*codec.payload(message)))
    again = codec.decode(frame.msg_id, frame.payload)
    assert (frame.known, frame.msg_id, codec.crc_extra(397), codec.definition(397).size) == (True, 397, 182, 108)
    assert again is not None and fields(again) == fields(message) and again.uri == "mftp://@SYS/general.json"
    mav = pymavlink.MAVLink(None, srcSystem=1, srcComponent=1)
    assert bytes(message.pack(mav)) == framing.FrameWriter(1, 1).frame(*codec.payload(message))
