"""Plan files survive upload and download bit for bit, or are refused item by item with a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from autopilot.mission.items import MissionItem
from autopilot.mission.plan import Plan, PlanError, parse_plan
from autopilot.mission.validate import check_item
from mavlink_bridge.clients import MissionDownload, MissionUpload, Target, TransferOutcome
from mavlink_bridge.services.mission.convert import write_item
from mavlink_bridge.wire import codec
from tests.fakes.mission_bench import QGC
from tests.fakes.recorded import plan_files
from tests.fakes.two_ends import TwoEnds

FILES = {path.name: path for path in plan_files()}
VEHICLE = Target(1, 1)


def read(path: Path) -> Plan | None:
    try:
        return parse_plan(path.read_bytes(), path.name)
    except PlanError:
        return None


def wire(items: tuple[MissionItem, ...], kind: int) -> list[bytes]:
    """Each item as MISSION_ITEM_INT carries it."""
    messages = (write_item(item, kind, n, QGC, as_int=True, current=False) for n, item in enumerate(items))
    return [codec.payload(message)[1] for message in messages]


def cases() -> list[tuple[str, int]]:
    """(file, type) of every plan that the files hold."""
    found = []
    for path in FILES.values():
        plan = read(path)
        if plan is not None:
            found += [(path.name, kind) for kind, items in enumerate((plan.items, plan.fence, plan.rally)) if items]
    return found


@pytest.mark.parametrize(("name", "kind"), cases())
def test_what_was_read_survives_upload_and_download(name: str, kind: int) -> None:
    """Bit for bit over a radio that loses, doubles and reorders; refused only if an item is not acceptable."""
    plan = read(FILES[name])
    assert plan is not None
    items = (plan.items, plan.fence, plan.rally)[kind]
    ends = TwoEnds(seed=7, loss=0.1, duplicate=0.05, reorder=0.05)
    up = ends.add(MissionUpload(VEHICLE, items, kind=kind))
    ends.run(lambda: up.done)
    total = len(items) + (kind == 0)
    verdicts = [check_item(item, kind, total) for item in items]
    refused = next((verdict.result for verdict in verdicts if not verdict.ok), None)
    if refused is not None:
        assert up.outcome == TransferOutcome(refused)
        assert ends.core.storage(kind).total() == 0
        return
    assert up.outcome is TransferOutcome.ACCEPTED
    down = ends.add(MissionDownload(VEHICLE, kind=kind))
    ends.run(lambda: down.done)
    assert down.outcome is TransferOutcome.ACCEPTED
    assert wire(down.items, kind) == wire(items, kind)


def test_the_files_cover_all_three_types() -> None:
    """A folder that changes must not turn these tests empty."""
    found = cases()
    assert len(found) > 50
    assert {kind for _, kind in found} == {0, 1, 2}
