"""Plan files of three kinds (JSON, tables, fence and rally lines), damaged: read, or refused in one line."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from autopilot.mission.items import MissionItem
from autopilot.mission.plan import Plan, PlanError, format_plan, parse_plan
from tests.fakes.written_plans import format_waypoints

ITEMS = (MissionItem(22, 3, z=20.0, seq=1), MissionItem(16, 3, x=47.1, y=8.2, z=20.0, seq=2))
MADE = Plan(items=ITEMS)
WHOLE = [
    format_plan(MADE).encode(), format_waypoints(ITEMS).encode(), b"RALLY 47.1 8.2 20 0 0 0\n",
    b"47.1 8.2\n47.1 8.3\n47.2 8.3\n47.1 8.2\n",
]  # fmt: skip
_VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.just([]) | st.just({})


def check(data: bytes, name: str = "") -> None:
    """Nothing but a PlanError, in a line."""
    try:
        assert isinstance(parse_plan(data, name), Plan)
    except PlanError as error:
        assert "\n" not in str(error)


@given(st.binary(max_size=300), st.sampled_from(["", "a.plan"]))
def test_any_bytes(data: bytes, name: str) -> None:
    check(data, name)


@given(st.sampled_from(WHOLE), st.data())
def test_plans_with_bytes_that_are_others(whole: bytes, data: st.DataObject) -> None:
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        damaged[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
        damaged = damaged or bytearray(b"x")
    check(bytes(damaged))


@given(st.data(), _VALUES)
def test_a_plan_of_qgroundcontrol_with_any_value_anywhere(data: st.DataObject, value: object) -> None:
    plan = json.loads(format_plan(MADE))
    node: object = plan
    while isinstance(node, dict | list) and node:
        key = data.draw(st.sampled_from(sorted(node) if isinstance(node, dict) else list(range(len(node)))))
        if not isinstance(node[key], dict | list) or not node[key] or data.draw(st.booleans()):
            node[key] = value
            break
        node = node[key]
    check(json.dumps(plan).encode(), "a.plan")
