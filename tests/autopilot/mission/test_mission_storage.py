"""MissionStorage: numbering, count, checksum, tags."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from autopilot.mission.items import MissionItem
from autopilot.mission.storage import MissionStorage, pack_item, same_item
from tests.fakes.recording_executor import mission, numbered, tag, wp


@pytest.mark.parametrize(("first_index", "count"), [(0, 3), (1, 4)])
def test_items_are_numbered_from_the_first_index(first_index: int, count: int) -> None:
    """count is one past the highest index, total the number of items; home is not stored."""
    storage = numbered([wp(), wp(), wp()], first_index)
    assert [item.seq for item in storage.items()] == list(range(first_index, count))
    assert (storage.count(), storage.total()) == (count, 3)
    assert storage.get(first_index - 1) is None
    assert storage.get(count) is None
    assert storage.get(-1) is None


def test_an_item_alone_is_above_home() -> None:
    """Frame 3, MAV_FRAME_GLOBAL_RELATIVE_ALT, unless it says otherwise; params 0, and it goes on by itself."""
    item = MissionItem(16)
    assert (item.frame, item.param1, item.x, item.y, item.z, item.autocontinue) == (3, 0.0, 0.0, 0.0, 0.0, True)


def test_empty_storage_counts_nothing() -> None:
    """No items: count and total 0, with a home item or without."""
    for first_index in (0, 1):
        storage = MissionStorage(first_index)
        assert (storage.count(), storage.total(), storage.checksum()) == (0, 0, 0)


def test_replaced_items_are_read_back_as_they_were() -> None:
    """run_max_cmd: fill with 5,000, read each back."""
    storage = MissionStorage(1)
    storage.replace(wp(x=0.001 * number) for number in range(5000))
    assert all(storage.get(seq) == replace(wp(x=0.001 * (seq - 1)), seq=seq) for seq in range(1, 5001))


def test_checksum_tells_plans_apart_and_is_0_only_when_empty() -> None:
    """Any field and the order matter; equal plans have equal checksums, NaN included."""
    plans = [
        [wp()],
        [wp(hold=1.0)],
        [wp(x=1.0)],
        [wp(z=1.0)],
        [wp(), wp()],
        [wp(x=1.0), wp(x=2.0)],
        [wp(x=2.0), wp(x=1.0)],
        [replace(wp(), frame=10)],
        [replace(wp(), command=82)],
        [replace(wp(), autocontinue=False)],
    ]
    checksums = [mission(*plan).checksum() for plan in plans]
    assert len(set(checksums)) == len(plans)
    assert 0 not in checksums
    assert mission(wp(hold=math.nan)).checksum() == mission(wp(hold=float("nan"))).checksum()


def test_checksum_and_revision_follow_changes() -> None:
    """Both change with replace and clear."""
    storage = mission(wp())
    seen = [(storage.checksum(), storage.revision)]
    storage.replace([wp(), wp()])
    seen.append((storage.checksum(), storage.revision))
    storage.clear()
    seen.append((storage.checksum(), storage.revision))
    assert len({checksum for checksum, _ in seen}) == 3
    assert [revision for _, revision in seen] == sorted({revision for _, revision in seen})


def test_first_item_with_a_tag_is_found() -> None:
    """The first of two counts; unknown tags and tags of a replaced plan are not found; a NaN tag harms nobody."""
    storage = mission(wp(), tag(7), tag(7), replace(tag(0), param1=math.nan), replace(tag(0), param1=math.inf))
    assert storage.find_tag(7) == 2
    assert storage.find_tag(8) is None
    storage.replace([wp()])
    assert storage.find_tag(7) is None


def test_a_zero_has_no_sign() -> None:
    """Stations send -0.0 for "nothing": that is no other plan."""
    item = replace(wp(hold=0.0), seq=3)
    assert same_item(item, replace(item, param1=-0.0, y=item.y))
    assert pack_item(replace(item, param4=-0.0)) == pack_item(replace(item, param4=0.0))


def test_same_item_compares_nan_and_index() -> None:
    """NaN equals NaN, another index does not equal."""
    item = replace(wp(hold=math.nan), seq=3)
    assert same_item(item, replace(wp(hold=float("nan")), seq=3))
    assert not same_item(item, replace(item, seq=4))
    assert not same_item(item, None)
    assert same_item(None, None)
