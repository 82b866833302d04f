"""Client against service over real frames: plans arrive bit for bit, whatever the radio does."""

from __future__ import annotations

from statistics import median
from typing import Any

import pytest

from autopilot.mission.items import MissionItem
from mavlink_bridge.clients import (
    MissionClear,
    MissionDownload,
    MissionUpload,
    Retry,
    SetCurrent,
    Target,
    TransferOutcome,
)
from tests.fakes.mission_bench import fence_square, packed, rally_points, waypoints
from tests.fakes.two_ends import TwoEnds

VEHICLE = Target(1, 1)
BAD_RADIO = {"duplicate": 0.1, "reorder": 0.1, "delay_ms": 5}


def transfer(ends: TwoEnds, client: Any) -> Any:
    ends.add(client)
    ends.run(lambda: client.done)
    return client


@pytest.mark.parametrize("kind", [0, 1, 2])
@pytest.mark.parametrize("loss", [0.0, 0.1, 0.25])
@pytest.mark.parametrize("seed", range(5))
def test_plans_go_up_and_down_bit_for_bit(kind: int, loss: float, seed: int) -> None:
    """0, 10 and 25 % loss each way, duplicates, reordering."""
    items = (waypoints(30), fence_square() + fence_square(10.0), rally_points(12))[kind]
    ends = TwoEnds(seed=seed * 10, loss=loss, **BAD_RADIO)
    up = transfer(ends, MissionUpload(VEHICLE, items, kind=kind))
    assert up.outcome is TransferOutcome.ACCEPTED
    ends.core.tick()
    assert packed(ends.core.storage(kind).items()) == packed(items)
    down = transfer(ends, MissionDownload(VEHICLE, kind=kind))
    assert down.outcome is TransferOutcome.ACCEPTED
    assert packed(down.items) == packed(items)
    assert down.plan_id == up.plan_id == ends.core.storage(kind).checksum()


@pytest.mark.parametrize("float_items", [False, True])
def test_both_item_forms_come_back_as_they_were_sent(float_items: bool) -> None:
    """MISSION_ITEM up gives the same float32 down in MISSION_ITEM, MISSION_ITEM_INT the same int32."""
    items = (
        MissionItem(command=16, frame=3, param1=0.1, x=-35.36326123, y=149.16523012, z=20.3, seq=1),
        MissionItem(command=115, frame=2, param1=90.0, param4=1.0, x=3.0, y=-4.0, z=5.5, seq=2),
        MissionItem(command=16, frame=0, param4=float("nan"), x=89.9999999, y=-179.9999999, z=-10.0, seq=3),
    )
    ends = TwoEnds()
    assert transfer(ends, MissionUpload(VEHICLE, items, float_items=float_items)).outcome.ok
    ends.core.tick()
    stored = ends.core.mission.items()
    down = MissionDownload(VEHICLE)
    down._use_int = not float_items
    assert packed(transfer(ends, down).items) == packed(stored)
    places = [(item.x, item.y) for item in stored]
    if float_items:
        assert all(abs(x - item.x) < 1e-5 for (x, _), item in zip(places, items, strict=True))
    else:
        assert places == [(-35.3632612, 149.1652301), (3.0, -4.0), (89.9999999, -179.9999999)]


def test_50_items_at_25_percent_loss_take_6_seconds_up_and_14_down() -> None:
    """Issue 5's figure, with a client that repeats after 250 ms and asks for one item at a time: medians of 15."""
    ups, downs = [], []
    for seed in range(15):
        ends = TwoEnds(seed=seed, loss=0.25)
        up = ends.add(MissionUpload(VEHICLE, waypoints(50), retry=Retry(250, 100)))
        ups.append(ends.run(lambda up=up: up.done))
        down = ends.add(MissionDownload(VEHICLE, window=1, retry=Retry(250, 100)))
        downs.append(ends.run(lambda down=down: down.done))
        assert up.outcome.ok and down.outcome.ok
    assert median(ups) <= 6000, ups
    assert median(downs) <= 14000, downs


def test_two_stations_at_once_both_finish() -> None:
    """One uploads a mission, one a rally plan, each over its own lossy link, with the same ids."""
    ends = TwoEnds(seed=3, loss=0.1, **BAD_RADIO)
    first, second = ends.station(255, 190), ends.station(255, 190)
    mission = ends.add(MissionUpload(VEHICLE, waypoints(20)), first)
    rally = ends.add(MissionUpload(VEHICLE, rally_points(20), kind=2), second)
    ends.run(lambda: mission.done and rally.done)
    assert (mission.outcome, rally.outcome) == (TransferOutcome.ACCEPTED, TransferOutcome.ACCEPTED)
    ends.core.tick()
    assert (ends.core.mission.total(), ends.core.rally.total()) == (20, 20)


def test_the_second_station_to_upload_is_denied_and_the_first_goes_on() -> None:
    """docs/catalogue.md, 48."""
    ends = TwoEnds(delay_ms=20)
    first, second = ends.station(255, 190), ends.station(255, 190)
    slow = ends.add(MissionUpload(VEHICLE, waypoints(20)), first)
    ends.run(lambda: slow.sent > 3)
    other = ends.add(MissionUpload(VEHICLE, waypoints(5, lat=10.0)), second)
    reader = ends.add(MissionDownload(VEHICLE), second)
    ends.run(lambda: slow.done and other.done and reader.done)
    assert (slow.outcome, other.outcome) == (TransferOutcome.ACCEPTED, TransferOutcome.DENIED)
    assert reader.outcome is TransferOutcome.ACCEPTED
    assert packed(ends.core.mission.items()) == packed(waypoints(20))


@pytest.mark.parametrize("window", [1, 5])
def test_a_plan_replaced_while_it_is_read_is_read_anew(window: int) -> None:
    """The result is never a mixture."""
    ends = TwoEnds(delay_ms=20)
    old, new = waypoints(30), waypoints(8, lat=10.0)
    ends.core.mission.replace(old)
    reader = ends.add(MissionDownload(VEHICLE, window=window))
    ends.run(lambda: len(reader.items) > 9)
    ends.core.mission.replace(new)
    ends.run(lambda: reader.done)
    assert reader.outcome is TransferOutcome.ACCEPTED
    assert packed(reader.items) == packed(new)


def test_an_upload_that_is_cancelled_leaves_the_old_plan() -> None:
    """Sc UploadMissionCanBeCancelled, Ss ReceiveIncomingMissionCanBeCancelled."""
    ends = TwoEnds(delay_ms=20)
    ends.core.mission.replace(waypoints(3))
    up = ends.add(MissionUpload(VEHICLE, waypoints(30, lat=10.0)))
    ends.run(lambda: up.sent > 10)
    up.cancel()
    ends.run(lambda: ends.vehicle.next_deadlines()[0] is None)
    assert up.outcome is TransferOutcome.CANCELLED
    assert packed(ends.core.mission.items()) == packed(waypoints(3))


@pytest.mark.parametrize("kind", [0, 1, 2, 255])
def test_clearing_over_a_lossy_link(kind: int) -> None:
    """One type, or all of them."""
    ends = TwoEnds(seed=5, loss=0.25)
    ends.core.mission.replace(waypoints(3))
    ends.core.fence.replace(fence_square())
    ends.core.rally.replace(rally_points(3))
    assert transfer(ends, MissionClear(VEHICLE, kind=kind)).outcome.ok
    ends.core.tick()
    left = [k for k in (0, 1, 2) if ends.core.storage(k).total()]
    assert left == [k for k in (0, 1, 2) if k != kind and kind != 255]


def test_set_current_over_a_lossy_link() -> None:
    """Done when that very number comes back."""
    ends = TwoEnds(seed=2, loss=0.25)
    ends.core.mission.replace(waypoints(5))
    assert transfer(ends, SetCurrent(VEHICLE, 3)).outcome.ok
    assert set(ends.core.set_to) == {3}


def test_set_current_to_no_item_times_out() -> None:
    """ArduPilot is silent about it, and so is the service (it tells people by STATUSTEXT)."""
    ends = TwoEnds()
    assert transfer(ends, SetCurrent(VEHICLE, 3)).outcome is TransferOutcome.TIMEOUT


def test_an_empty_plan_goes_up_and_down() -> None:
    """DownloadMission EmptyList: count 0 both ways; a mission's home counts."""
    ends = TwoEnds()
    for kind in (0, 1, 2):
        assert transfer(ends, MissionUpload(VEHICLE, (), kind=kind)).outcome.ok
        down = transfer(ends, MissionDownload(VEHICLE, kind=kind))
        assert (down.outcome, down.items) == (TransferOutcome.ACCEPTED, ())


def test_a_vehicle_that_does_not_answer_is_given_up_after_8_seconds() -> None:
    """Every client ends."""
    ends = TwoEnds(loss=1.0)
    for client in (MissionUpload(VEHICLE, waypoints(2)), MissionDownload(VEHICLE), MissionClear(VEHICLE)):
        begin = ends.now_ms
        assert transfer(ends, client).outcome is TransferOutcome.TIMEOUT
        assert ends.now_ms - begin == 8000
