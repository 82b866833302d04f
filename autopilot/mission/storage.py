"""MissionStorage owns the items of one plan: a mission, a fence or a set of rally points.

For ArduPilot a mission's item 0 is home. It is not stored: a storage with `first_index` 1 numbers its items from 1.
With `first_index` 0 it is the storage of seed 001.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from math import isfinite, nan

from autopilot.mav import Cmd
from autopilot.mission.items import MissionItem, numbered

_PACKED = struct.Struct("<HB7d?")


def pack_item(item: MissionItem) -> bytes:
    """Pack all of `item` but its index into bytes. Equal items give equal bytes, and all NaNs are equal."""
    plain = [value + 0.0 if value == value else nan for value in item.params]  # -0.0 and signed NaN have other bytes
    return _PACKED.pack(item.command & 0xFFFF, item.frame & 0xFF, *plain, item.autocontinue)


def same_item(a: MissionItem | None, b: MissionItem | None) -> bool:
    """True if both items are equal, with the same index. Unlike `==` it holds for NaN parameters (QGroundControl's "any
    yaw")."""
    if a is None or b is None:
        return a is b
    return a.seq == b.seq and pack_item(a) == pack_item(b)


class MissionStorage:
    """Items numbered from `first_index`, replaced as a whole."""

    def __init__(self, first_index: int = 0) -> None:
        self._first_index = first_index
        self._items: tuple[MissionItem, ...] = ()
        self._checksum: int | None = None
        self._tags: dict[int, int] | None = None
        self._revision = 0

    @property
    def first_index(self) -> int:
        """Index of the first stored item, where execution begins."""
        return self._first_index

    @property
    def revision(self) -> int:
        """Number that rises with every change (a cheap check for caches)."""
        return self._revision

    def count(self) -> int:
        """Number of items: one past the highest index; 0 when empty."""
        return self._first_index + len(self._items) if self._items else 0

    def total(self) -> int:
        """Number of stored items, without home."""
        return len(self._items)

    def get(self, seq: int) -> MissionItem | None:
        """The item with index `seq`, or None."""
        position = seq - self._first_index
        return self._items[position] if 0 <= position < len(self._items) else None

    def items(self) -> tuple[MissionItem, ...]:
        return self._items

    def replace(self, items: Iterable[MissionItem]) -> None:
        """Replace the items by `items` and number them."""
        self._items = numbered(items, self._first_index)
        self._changed()

    def clear(self) -> None:
        self._items = ()
        self._changed()

    def checksum(self) -> int:
        """CRC32 over the items in order: the plan's id in MAVLink. 0 only if empty."""
        if self._checksum is None:
            crc = 0
            for item in self._items:
                crc = zlib.crc32(pack_item(item), crc)
            self._checksum = (crc or 1) if self._items else 0
        return self._checksum

    def find_tag(self, tag: int) -> int | None:
        """Index of the first JUMP_TAG item with `tag`, or None."""
        if self._tags is None:
            self._tags = {}
            for item in self._items:
                if item.command == Cmd.JUMP_TAG and isfinite(item.param1):
                    self._tags.setdefault(int(item.param1), item.seq)
        return self._tags.get(tag)

    def _changed(self) -> None:
        self._checksum = None
        self._tags = None
        self._revision += 1
