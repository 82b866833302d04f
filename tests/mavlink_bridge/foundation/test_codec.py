"""The codec against pymavlink's own pack and decode: same bytes, same fields, for every message of the dialect."""

from __future__ import annotations

import inspect
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mavlink_bridge.wire import codec, framing
from mavlink_bridge.wire.messages import NEWER
from tests.fakes.examples import examples

dialect = codec.dialect
ALL_IDS = sorted(set(dialect.mavlink_map) - set(NEWER))  # the newer ones have a test of their own


def pymavlink_decode(msg_id: int, payload: bytes) -> Any:
    """What pymavlink makes of the payload in a MAVLink 2 frame."""
    extra = dialect.mavlink_map[msg_id].crc_extra
    return dialect.MAVLink(None).decode(bytearray(framing.FrameWriter(7, 9).frame(msg_id, payload, extra)))


def pymavlink_frame(message: Any, *, mavlink1: bool = False) -> bytes:
    packed: bytes = message.pack(dialect.MAVLink(None, srcSystem=7, srcComponent=9), force_mavlink1=mavlink1)
    return packed


def fields(message: Any) -> dict[str, str]:
    """Every field with its exact value (repr tells NaN from a number and int from float)."""
    return {name: repr(getattr(message, name)) for name in message.get_fieldnames()}


def check_both_ways(msg_id: int, payload: bytes) -> None:
    ours, theirs = codec.decode(msg_id, payload), pymavlink_decode(msg_id, payload)
    assert type(ours) is type(theirs)
    assert fields(ours) == fields(theirs)
    frame = framing.FrameWriter(7, 9).frame(*codec.payload(theirs))
    assert frame == pymavlink_frame(theirs)


@pytest.mark.parametrize("msg_id", ALL_IDS, ids=[dialect.mavlink_map[i].msgname for i in ALL_IDS])
def test_random_payloads_go_both_ways_as_in_pymavlink(msg_id: int) -> None:
    """Full, short, empty-looking and overlong payloads of each message."""
    size = codec.layout(msg_id).size
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
    assert (message is None) == (msg_id not in codec.KNOWN)


@pytest.mark.parametrize("msg_id", ALL_IDS)
def test_base_size_leaves_out_exactly_the_extension_fields(msg_id: int) -> None:
    """pymavlink gives extension fields a default in the constructor, and no others."""
    kind = dialect.mavlink_map[msg_id]
    parameters = list(inspect.signature(kind.__init__).parameters.values())[1:]
    optional = {one.name for one in parameters if one.default is not inspect.Parameter.empty} - {"mavlink_version"}
    cut = codec.layout(msg_id)
    required = kind(**{one.name: _sample(kind, one.name) for one in parameters})
    short = codec.payload_v1(required)[1]
    assert len(short) == cut.base_size
    sizes = {"char": 1, "double": 8, "float": 4}
    lengths = dict(zip(kind.ordered_fieldnames, kind.array_lengths, strict=True))
    types = dict(zip(kind.fieldnames, kind.fieldtypes, strict=True))
    extension = 0
    for name in optional:
        one = sizes.get(types[name]) or int("".join(c for c in types[name].split("_")[0] if c.isdigit())) // 8
        extension += one * max(1, lengths[name])
    assert cut.size - cut.base_size == extension


def _sample(kind: Any, name: str) -> Any:
    types = dict(zip(kind.fieldnames, kind.fieldtypes, strict=True))
    lengths = dict(zip(kind.ordered_fieldnames, kind.array_lengths, strict=True))
    if types[name] == "char":
        return b"x" * lengths[name]
    return [1] * lengths[name] if lengths[name] else 1


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
