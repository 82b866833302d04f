"""Plan files of every kind that ground stations write. The first line of a file shows its kind."""

from __future__ import annotations

from autopilot.mission.plan_qgc import format_plan, parse_qgc_plan
from autopilot.mission.plan_text import content_lines, parse_fence_text, parse_rally_text, parse_waypoints
from autopilot.mission.plan_types import Plan, PlanError

__all__ = ["Plan", "PlanError", "format_plan", "parse_plan"]

_KINDS = 'a QGroundControl plan (JSON), "QGC WPL 110", a fence file ("lat lon") or a rally file ("RALLY ...")'


def parse_plan(data: bytes | str, name: str = "") -> Plan:
    """Plan in `data`. For a `name` that ends in .plan, complaints expect JSON. Raises PlanError, whose text is one line
    without the name."""
    text = _decode(data) if isinstance(data, bytes) else data.removeprefix("\ufeff")
    if not text.strip():
        raise PlanError("line 1", _KINDS, "an empty file")
    if text.lstrip().startswith("{") or name.lower().endswith(".plan"):
        return parse_qgc_plan(text)
    lines = content_lines(text)
    if not lines:
        raise PlanError("line 1", _KINDS, "an empty file")
    first = lines[0][1]
    if first.upper().startswith("QGC"):
        return parse_waypoints(text)
    if first.upper().startswith("RALLY"):
        return parse_rally_text(text)
    if first[0] in "+-.0123456789" and len(first.replace(",", " ").split()) == 2:
        return parse_fence_text(text)
    raise PlanError(lines[0][0], _KINDS, first)


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise PlanError(f"line {line}", "text in UTF-8", f"byte 0x{data[error.start]:02x}") from None
