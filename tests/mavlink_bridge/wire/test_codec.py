"""The codec and the table of messages against pymavlink: same definitions, same bytes, same fields, all messages."""

from __future__ import annotations

import copy
import inspect
import pickle
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymavlink.dialects.v20 import ardupilotmega as pymavlink

from mavlink_bridge.wire import codec, framing
from mavlink_bridge.wire.codec import dialect
from mavlink_bridge.wire.signing import Signing
from scripts import dialect_table
from tests.fakes.examples import examples

ALL_IDS = sorted(pymavlink.mavlink_map)
NAMES = [pymavlink.mavlink_map[i].msgname for i in ALL_IDS]
KEY = bytes(range(32))


def pymavlink_decode(msg_id: int, payload: bytes) -> Any:
    """What pymavlink makes of the payload in a MAVLink 2 frame."""
    extra = pymavlink.mavlink_map[msg_id].crc_extra
    return pymavlink.MAVLink(None).decode(bytearray(framing.FrameWriter(7, 9).frame(msg_id, payload, extra)))


def pymavlink_frame(message: Any, *, mavlink1: bool = False, stamp: int | None = None) -> bytes:
    """Packed by pymavlink, or by the method of the same name of ours; with `stamp` signed."""
    mav = pymavlink.MAVLink(None, srcSystem=7, srcComponent=9)
    if stamp is not None:
        mav.signing.secret_key, mav.signing.timestamp, mav.signing.link_id = KEY, stamp, 3
        mav.signing.sign_outgoing = True
    packed: bytes = message.pack(mav, force_mavlink1=mavlink1)
    return packed


def fields(message: Any) -> dict[str, str]:
    """Every field with its exact value (repr tells NaN from a number and int from float)."""
    return {name: repr(getattr(message, name)) for name in message.get_fieldnames()}


def check_both_ways(msg_id: int, payload: bytes) -> None:
    """Ours has what pymavlink reads, and from either message the same frames are made: MAVLink 1, 2 and signed."""
    theirs = pymavlink_decode(msg_id, payload)
    ours = codec.decode(msg_id, payload[: theirs.unpacker.size])  # without extensions that pymavlink lacks
    assert ours is not None and ours.get_type() == theirs.get_type()
    assert fields(theirs).items() <= fields(ours).items()
    frame = framing.FrameWriter(7, 9).frame(*codec.payload(ours))
    assert frame == framing.FrameWriter(7, 9).frame(*codec.payload(theirs)) == pymavlink_frame(theirs)
    assert frame == pymavlink_frame(ours)
    assert Signing(KEY, 999).sign(frame, 3) == pymavlink_frame(theirs, stamp=1000)
    if msg_id < 256:
        # pymavlink packs extension fields into MAVLink 1 too, which has none.
        size = codec.base_size(msg_id)
        assert codec.payload_v1(ours) == codec.payload_v1(theirs)
        assert codec.payload_v1(ours)[1] == pymavlink_frame(theirs, mavlink1=True)[6:-2][:size]
        assert pymavlink_frame(ours, mavlink1=True) == framing.frame_v1(0, 7, 9, *codec.payload_v1(ours))


@pytest.mark.parametrize("msg_id", ALL_IDS, ids=NAMES)
def test_random_payloads_go_both_ways_as_in_pymavlink(msg_id: int) -> None:
    """Full, short, empty-looking and overlong payloads of each message."""
    size = codec.definition(msg_id).size
    draw = random.Random(msg_id)
    for length in (size, size, max(1, size // 2), 1):
        check_both_ways(msg_id, draw.randbytes(length))
    check_both_ways(msg_id, bytes(size))
    check_both_ways(msg_id, b"\xff" * size)


@settings(max_examples=examples(300), deadline=None)
@given(st.sampled_from(ALL_IDS), st.binary(min_size=1, max_size=255))
def test_any_payload_of_any_message_goes_both_ways_as_in_pymavlink(msg_id: int, payload: bytes) -> None:
    """Any bytes, longer and shorter than the message."""
    check_both_ways(msg_id, payload)


@given(st.integers(-1, 1 << 24), st.binary(max_size=300))
def test_decode_never_raises(msg_id: int, payload: bytes) -> None:
    """An unknown id is None, a known one a message, whatever the payload."""
    message = codec.decode(msg_id, payload)
    assert (message is None) == (msg_id not in dialect.mavlink_map)


def test_the_tables_are_what_pymavlink_says() -> None:
    """Run scripts/dialect-table when pymavlink has more, or other ones."""
    assert (dialect_table.FOLDER / "messages.txt").read_text("ascii") == dialect_table.messages()
    assert (dialect_table.FOLDER / "enumerations.txt").read_text("ascii") == dialect_table.enumerations()


@pytest.mark.parametrize("msg_id", ALL_IDS, ids=NAMES)
def test_message_classes_describe_themselves_as_pymavlinks_do(msg_id: int) -> None:
    """Names, types and enumerations of the fields, and the constructor with its defaults."""
    ours, theirs = dialect.mavlink_map[msg_id], pymavlink.mavlink_map[msg_id]
    assert ours is getattr(dialect, theirs.__name__) and ours.__name__ == theirs.__name__
    same = ("id", "msgname", "crc_extra", "fieldenums_by_name", "fielddisplays_by_name")
    assert [getattr(ours, name) for name in same] == [getattr(theirs, name) for name in same]
    count = len(theirs.fieldnames)
    for name in ("fieldnames", "ordered_fieldnames", "fieldtypes", "array_lengths"):
        assert getattr(ours, name)[:count] == getattr(theirs, name), name
    parameters, wanted = (
        [(one.name, one.default) for one in inspect.signature(kind).parameters.values()] for kind in (ours, theirs)
    )
    assert parameters[:count] == wanted


@pytest.mark.parametrize("msg_id", dialect_table.ADDED)
def test_crc_extra_of_what_pymavlink_lacks_is_that_of_its_definition(msg_id: int) -> None:
    """By the same rule pymavlink's own come out, extension fields left out."""
    for known in (*ALL_IDS, msg_id):
        assert dialect_table.crc_extra(codec.definition(known)) == codec.crc_extra(known)


def test_numbers_and_enumerations_have_pymavlinks_names() -> None:
    """Constants as attributes, entries by number; what nobody knows is no attribute."""
    for name, entries in pymavlink.enums.items():
        wanted = {number: entry.name for number, entry in entries.items() if not entry.name.endswith("_ENUM_END")}
        assert {number: entry.name for number, entry in dialect.enums[name].items()} == wanted
        assert all(getattr(dialect, entry) == number for number, entry in wanted.items())
    for msg_id, name in zip(ALL_IDS, NAMES, strict=True):
        assert getattr(dialect, f"MAVLINK_MSG_ID_{name}") == msg_id
    for name in ("MAVLink_no_such_message", "MAVLINK_MSG_ID_NO_SUCH", "MAV_NO_SUCH", "_hidden"):
        with pytest.raises(AttributeError, match=name):
            getattr(dialect, name)


def test_a_message_is_a_value() -> None:
    """Equal by fields and sender, copied and pickled, and told with its fields; the sender is not known until it is
    filled in."""
    text = dialect.MAVLink_statustext_message(6, b"hello")
    for again in (
        copy.deepcopy(text),
        pickle.loads(pickle.dumps(text)),
        dialect.MAVLink_statustext_message(6, b"hello"),
    ):
        assert again == text and again.get_srcSystem() == 0
        again.get_header().srcSystem = 7
        assert again != text and again.get_srcSystem() == 7
    assert text != dialect.MAVLink_statustext_message(5, b"hello") and text != "STATUSTEXT"
    assert str(text) == str(pymavlink.MAVLink_statustext_message(6, b"hello"))
    assert text.to_dict() == pymavlink.MAVLink_statustext_message(6, b"hello").to_dict()
    assert text.to_json() == pymavlink.MAVLink_statustext_message(6, b"hello").to_json()
    assert (text.get_msgId(), text.id) == (dialect.MAVLINK_MSG_ID_STATUSTEXT, 0)


def test_the_payload_loses_trailing_zeros_but_keeps_one_byte() -> None:
    """MAVLink 2 never sends an empty payload."""
    assert codec.payload(dialect.MAVLink_ping_message(0, 0, 0, 0)) == (4, b"\0", 237)
    assert codec.payload(dialect.MAVLink_ping_message(5, 0, 0, 0))[1] == b"\x05"


def test_the_version_1_payload_is_whole_and_without_extensions() -> None:
    """MISSION_COUNT has its mission_type as an extension."""
    count = dialect.MAVLink_mission_count_message(1, 1, 3, mission_type=2)
    assert codec.payload_v1(count)[1] == b"\x03\x00\x01\x01"
    assert codec.payload(count)[1] == b"\x03\x00\x01\x01\x02"


def test_bytes_may_be_given_for_a_byte_array_and_are_filled_up() -> None:
    """The payload of FILE_TRANSFER_PROTOCOL is bytes where it is made."""
    ftp = dialect.MAVLink_file_transfer_protocol_message(0, 255, 190, b"\x01\x02")
    _, payload, _ = codec.payload(ftp)
    assert payload == b"\x00\xff\xbe\x01\x02"
    message = codec.decode(110, payload)
    assert message is not None
    assert message.payload == [1, 2] + [0] * 249


def test_a_field_that_does_not_fit_is_a_value_error_that_names_the_message() -> None:
    """Our own mistake, so it is loud."""
    with pytest.raises(ValueError, match="MISSION_COUNT"):
        codec.payload(dialect.MAVLink_mission_count_message(1, 1, 70000))


def test_names_and_ids_of_messages() -> None:
    """Lookups by name and by id, None for what the dialect does not have."""
    assert codec.message_id("HEARTBEAT") == 0
    assert codec.message_name(0) == "HEARTBEAT"
    assert codec.crc_extra(0) == 50
    assert codec.message_id("NO_SUCH") is None
    assert codec.message_name(1 << 23) is None
    assert codec.crc_extra(1 << 23) is None
