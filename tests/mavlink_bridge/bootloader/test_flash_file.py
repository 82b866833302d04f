"""Firmware files: what is read, and what is said of the ones that cannot be."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mavlink_bridge.bootloader.firmware import FirmwareError, FirmwareImage, parse_firmware
from tests.fakes.examples import examples
from tests.fakes.flash_bench import apj, image_of


def refusal(data: bytes, name: str = "x.apj", board_id: int | None = None) -> str:
    with pytest.raises(FirmwareError) as caught:
        parse_firmware(data, name, board_id)
    text = str(caught.value)
    assert "\n" not in text
    return text


def packed(data: bytes) -> str:
    return base64.b64encode(zlib.compress(data)).decode()


def test_an_apj_gives_image_board_and_names() -> None:
    made = parse_firmware(apj(), "arducopter.apj")
    assert (made.board_id, made.size, made.summary, made.version) == (140, 5000, "CubeOrange", "0.1")
    assert made.image == image_of(5000)
    assert "board id 140 (Cube Orange)" in made.describe
    assert "revision" not in made.describe
    assert "board revision 7" in parse_firmware(apj(board_revision=7), "arducopter.apj").describe


def test_a_px4_file_is_the_same_with_its_own_magic() -> None:
    assert parse_firmware(apj(magic="PX4FWv1"), "FMU.PX4").image == image_of(5000)


@pytest.mark.parametrize("size", [4997, 4998, 4999])
def test_an_image_is_padded_to_whole_words(size: int) -> None:
    made = parse_firmware(apj(size=size), "x.apj")
    assert made.size == size
    assert made.image == image_of(size) + b"\xff" * (5000 - size)


def test_an_external_image_is_read_too() -> None:
    made = parse_firmware(apj(extf_image=packed(b"external!"), extf_image_size=9), "x.apj")
    assert (made.external, made.external_size) == (b"external!\xff\xff\xff", 9)


@pytest.mark.parametrize("size", [0, None])
def test_files_without_an_external_image_say_so_in_several_ways(size: int | None) -> None:
    assert parse_firmware(apj(extf_image="", extf_image_size=size), "x.apj").external == b""
    assert parse_firmware(apj(extf_image=None, extf_image_size=size), "x.apj").external == b""


def test_a_bin_needs_a_board_id() -> None:
    assert "give --board-id N" in refusal(b"\x00\x20" * 100, "x.bin")
    made = parse_firmware(b"\x00\x20" * 100, "x.bin", 9)
    assert (made.board_id, made.size) == (9, 200)


def test_an_apj_under_the_name_of_a_bin_is_not_written_as_it_is() -> None:
    assert "under the name of a .bin" in refusal(apj(), "x.bin", 140)


def test_a_board_id_that_is_not_the_files_is_refused_with_both() -> None:
    text = refusal(apj(), board_id=9)
    assert "140 (Cube Orange)" in text
    assert "9 (Pixhawk 1" in text
    assert parse_firmware(apj(), "x.apj", 140).board_id == 140


@pytest.mark.parametrize(
    ("data", "name", "expected"),
    [
        (b"", "x.apj", "empty"),
        (b"\x7fELF", "x.elf", ".apj, .px4 and .bin"),
        (b":020000040800F2", "arducopter_with_bl.hex", "loaded by DFU"),
        (b"<html>404</html>", "x.apj", "not a firmware file"),
        (b"[1, 2]", "x.apj", "not a firmware file"),
        (b"\xff\xfe\x00", "x.apj", "not a firmware file"),
        (b"[" * 100_000, "x.apj", "not a firmware file"),
        (b'{"a":' * 100_000, "x.apj", "damaged"),
    ],
)
def test_what_is_no_firmware_file_is_named(data: bytes, name: str, expected: str) -> None:
    assert expected in refusal(data, name)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"magic": "XYZ"}, '"magic" is "XYZ"'),
        ({"magic": None}, '"magic" is null'),
        ({"board_id": None}, '"board_id" is missing'),
        ({"board_id": "140"}, '"board_id" is "140"'),
        ({"board_id": -1}, '"board_id" is -1'),
        ({"board_id": True}, '"board_id" is true'),
        ({"image": None}, "0 of 5000 bytes"),
        ({"image": 7}, '"image" is 7'),
        ({"image": "AAA"}, "damaged"),
        ({"image": "é"}, "damaged"),
        ({"image": packed(b"")}, "0 of 5000 bytes"),
        ({"image": packed(image_of(4000))}, "4000 of 5000 bytes"),
        ({"image": packed(image_of(6000))}, "6000 of 5000 bytes"),
        ({"image_size": None}, '"image_size" is missing'),
        ({"image_size": 0, "image": packed(b"")}, "empty"),
        ({"image_maxsize": 4096}, "larger than the 4096 bytes"),
        ({"extf_image": "", "extf_image_size": 9}, "0 of 9 bytes"),
        ({"extf_image": packed(b"ext"), "extf_image_size": 9}, '3 of 9 bytes of "extf_image"'),
    ],
)
def test_a_field_that_is_wrong_is_named(changes: dict[str, Any], expected: str) -> None:
    fields = json.loads(apj())
    fields.update(changes)
    assert expected in refusal(json.dumps({k: v for k, v in fields.items() if v is not None}).encode())


def test_a_truncated_download_is_called_damaged_wherever_it_ends() -> None:
    whole = apj(size=300)
    for end in range(1, len(whole) - 1, 7):
        assert "damaged" in refusal(whole[:end])


def test_a_changed_byte_never_gives_another_image() -> None:
    """zlib's own checksum is the file's; the few bits of padding that it has do no harm."""
    refused = 0
    fields = json.loads(apj(size=300))
    raw = bytearray(base64.b64decode(fields["image"]))
    for at in range(2, len(raw)):
        changed = bytes(raw[:at]) + bytes((raw[at] ^ 0x10,)) + bytes(raw[at + 1 :])
        fields["image"] = base64.b64encode(changed).decode()
        try:
            assert parse_firmware(json.dumps(fields).encode(), "x.apj").image == image_of(300)
        except FirmwareError:
            refused += 1
    assert refused > len(raw) - 10


def test_a_bomb_is_refused_before_it_fills_the_memory() -> None:
    bomb = base64.b64encode(zlib.compress(bytes(65 << 20), 9)).decode()
    assert "damaged" in refusal(apj(image=bomb, image_size=65 << 20))


@settings(max_examples=examples(200), deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["x.apj", "x.px4", "x.bin", "x", ""]))
def test_any_bytes_are_firmware_or_refused_in_one_line(data: bytes, name: str) -> None:
    try:
        assert isinstance(parse_firmware(data, name, 9), FirmwareImage)
    except FirmwareError as error:
        assert "\n" not in str(error)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=examples(200), deadline=None)
@given(st.sampled_from(sorted(json.loads(apj()))), _JSON)
def test_any_value_in_any_field_is_firmware_or_refused_in_one_line(field: str, value: Any) -> None:
    fields = json.loads(apj(size=100)) | {field: value}
    try:
        assert isinstance(parse_firmware(json.dumps(fields).encode(), "x.apj"), FirmwareImage)
    except FirmwareError as error:
        assert "\n" not in str(error)
