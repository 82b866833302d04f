"""Firmware files: `.apj` and `.px4` (JSON with a compressed image) and plain `.bin`.

A file is read and checked completely before a board is touched. An error is one sentence.
"""

from __future__ import annotations

import binascii
import json
import zlib
from typing import Any, Final

from autopilot.interface.records import dataclass, field
from mavlink_bridge.bootloader.boards import board_name
from mavlink_bridge.bootloader.protocol import pad

_MAGIC: Final = ("APJFWv1", "PX4FWv1")
LARGEST: Final = 64 * 1024 * 1024
"""Largest file and image, bytes. No flight controller has more flash."""


class FirmwareError(ValueError):
    """Error of a firmware file; the text is a sentence."""


@dataclass(frozen=True, slots=True)
class FirmwareImage:
    """Firmware for one kind of board. `image`, `external`: contents of internal and external flash, padded to words.
    `size`, `external_size`: without padding, bytes. `summary`: name of the board."""

    board_id: int
    image: bytes = field(repr=False)
    size: int
    external: bytes = field(repr=False, default=b"")
    external_size: int = 0
    board_revision: int = 0
    summary: str = ""
    version: str = ""

    @property
    def describe(self) -> str:
        parts = [f"firmware for board id {board_name(self.board_id)}"]
        if self.summary:
            parts[0] += f' "{self.summary}"'
        if self.board_revision:
            parts.append(f"board revision {self.board_revision}")
        if self.version:
            parts.append(f"version {self.version}")
        parts.append(f"{self.size} bytes")
        if self.external_size:
            parts.append(f"{self.external_size} bytes for external flash")
        return ", ".join(parts)


def parse_firmware(data: bytes, name: str, board_id: int | None = None) -> FirmwareImage:
    """Firmware in a file called `name`, whose suffix gives the format. `board_id`: value of `--board-id`; required for
    a `.bin`, otherwise it must be that of the file. FirmwareError if the file is not usable."""
    if not data:
        raise FirmwareError("the file is empty")
    if len(data) > LARGEST:
        raise FirmwareError(f"more than {LARGEST} bytes; no board's flash holds that much")
    suffix = name.lower().rpartition(".")[2]
    if suffix == "bin":
        return _bare(data, board_id)
    if suffix == "hex":
        raise FirmwareError(
            "a .hex file holds a bootloader as well and is loaded by DFU; take the .apj of the same firmware"
        )
    if suffix not in ("apj", "px4"):
        raise FirmwareError("not a firmware file by its name; .apj, .px4 and .bin (with --board-id) are understood")
    firmware = _described(_read_json(data))
    if board_id is not None and board_id != firmware.board_id:
        raise FirmwareError(
            f"made for board id {board_name(firmware.board_id)}, but --board-id is {board_name(board_id)}"
        )
    return firmware


def _bare(data: bytes, board_id: int | None) -> FirmwareImage:
    if board_id is None:
        raise FirmwareError("a .bin file does not say for which board it is; give --board-id N, or take the .apj")
    if data[:1] == b"{":
        raise FirmwareError("this is an .apj or .px4 file under the name of a .bin; rename it")
    return FirmwareImage(board_id, pad(data), len(data))


def _read_json(data: bytes) -> dict[str, Any]:
    try:
        described = json.loads(data)
    except (ValueError, RecursionError):  # a UnicodeDecodeError is a ValueError
        begun = data.lstrip()[:1] == b"{"
        if begun:
            raise _damaged(f"its JSON ends or breaks within its {len(data)} bytes") from None
        raise FirmwareError("not a firmware file: an .apj or .px4 is a JSON object") from None
    if not isinstance(described, dict):
        raise FirmwareError("not a firmware file: an .apj or .px4 is a JSON object")
    if described.get("magic") not in _MAGIC:
        magic = _shown(described.get("magic"))
        raise FirmwareError(f'not a firmware file: "magic" is {magic}, not APJFWv1 or PX4FWv1')
    return described


def _described(described: dict[str, Any]) -> FirmwareImage:
    board_id = _whole(described, "board_id")
    image, size = _image(described, "image", required=True)
    external, external_size = _image(described, "extf_image", required=False)
    if not size:
        raise FirmwareError("the image in it is empty")
    largest = _whole(described, "image_maxsize", 0)
    if largest and size > largest:
        raise FirmwareError(f"the image of {size} bytes is larger than the {largest} bytes that the file itself allows")
    return FirmwareImage(
        board_id,
        image,
        size,
        external,
        external_size,
        board_revision=_whole(described, "board_revision", 0),
        summary=_text(described, "summary"),
        version=_text(described, "version"),
    )


def _image(described: dict[str, Any], key: str, *, required: bool) -> tuple[bytes, int]:
    """Padded image under `key`, and its size without padding."""
    size = _whole(described, f"{key}_size", None if required else 0)
    text = described.get(key) or ""
    if not isinstance(text, str):
        raise FirmwareError(f'"{key}" is {_shown(text)}, not base64 text')
    if not text and (required or size):
        raise _damaged(f'"{key}" is missing; 0 of {size} bytes')
    if not text:
        return b"", 0
    image = _unpack(text, key, size)
    return pad(image), size


def _unpack(text: str, key: str, size: int) -> bytes:
    try:
        packed = binascii.a2b_base64(text.encode("ascii"), strict_mode=False)
    except ValueError:  # binascii.Error and UnicodeEncodeError
        raise _damaged(f'"{key}" is not whole base64 of {size} bytes') from None
    unpacker = zlib.decompressobj()
    try:
        image = unpacker.decompress(packed, LARGEST + 1)
    except zlib.error:
        raise _damaged(f'"{key}" does not unpack to its {size} bytes') from None
    if len(image) != size or not unpacker.eof:
        raise _damaged(f'{len(image)} of {size} bytes of "{key}"')
    return image


def _damaged(how: str) -> FirmwareError:
    return FirmwareError(f"file is damaged ({how}); download it again")


def _whole(described: dict[str, Any], key: str, default: int | None = None) -> int:
    value = described.get(key)
    value = default if value is None else value
    if value is None:
        raise FirmwareError(f'not a whole firmware file: "{key}" is missing')
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 0xFFFFFFFF:
        raise FirmwareError(f'"{key}" is {_shown(value)}, not a whole number of at least 0')
    return value


def _text(described: dict[str, Any], key: str) -> str:
    value = described.get(key)
    return value.strip() if isinstance(value, str) and value.isprintable() else ""


def _shown(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 40 else text[:37] + "..."
