"""What QGroundControl 4.3 and 5.0 sent to ArduPilot, sent to us: the same answers in the same order."""

from __future__ import annotations

from math import nan
from typing import Any

import pytest

from mavlink_bridge.wire.codec import dialect
from tests.fakes.mission_bench import Bench
from tests.fakes.recorded import conversation

NUMBER = {"ACK": "type", "COUNT": "count"}
STREAMED = ("MISSION_CURRENT", "MISSION_ITEM_REACHED")


def missions(file: str, version: str) -> list[dict[str, Any]]:
    """What was said about missions, but for what is streamed."""
    rows = (row for row in conversation(file) if row["name"].startswith("MISSION_") and row["name"] not in STREAMED)
    return [row for row in rows if row["qgc"] == version]


@pytest.mark.parametrize("version", ["4.3", "5.0"])
@pytest.mark.parametrize("file", ["qgc-connect", "qgc-fly"])
def test_qgroundcontrol_hears_what_ardupilot_told_it(file: str, version: str) -> None:
    """Downloads at connect; uploads of mission, fence and rally, goto by item, jump, read back, clear."""
    bench, ours, theirs = Bench(), [], []
    rows = missions(file, version)
    assert rows
    for row in rows:
        fields = {name: nan if value == "NaN" else value for name, value in row["fields"].items()}
        if row["dir"] == "gcs":
            message = getattr(dialect, f"MAVLink_{row['name'].lower()}_message")(**fields)
            ours += [answer for answer in bench.hear(message) if answer[0] != "CURRENT"]
            bench.core.tick()
        else:
            name = row["name"].removeprefix("MISSION_")
            theirs.append((name, fields[NUMBER.get(name, "seq")]))
    assert ours == theirs
