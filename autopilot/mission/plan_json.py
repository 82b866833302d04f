"""Typed reads of JSON. An error names the place of the value, as in mission.items[3].frame."""

from __future__ import annotations

import json
from collections.abc import Iterator
from math import isfinite, isnan, nan
from typing import Any, TypeGuard

from autopilot.mission.plan_types import PlanError


def load(text: str) -> JsonNode:
    """Parse the document, which must be a JSON object. Raises PlanError."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        found = error.doc[error.pos : error.pos + 20] or "the end"
        raise PlanError(f"line {error.lineno} column {error.colno}", "JSON", found) from None
    except (ValueError, RecursionError) as error:  # a number with thousands of digits, or endless nesting
        raise PlanError("file", "JSON", str(error)) from None
    root = JsonNode(value, "")
    root.object()
    return root


class JsonNode:
    """A JSON value and its place. Missing keys are null."""

    __slots__ = ("place", "value")

    def __init__(self, value: Any, place: str) -> None:
        self.value = value
        self.place = place

    def __getitem__(self, key: str) -> JsonNode:
        return JsonNode(self.object().get(key), f"{self.place}.{key}" if self.place else key)

    @property
    def missing(self) -> bool:
        return self.value is None

    def refuse(self, expected: str) -> PlanError:
        found = "nothing" if self.value is None else json.dumps(self.value)
        return PlanError(self.place or "file", expected, found)

    def object(self) -> dict[str, Any]:
        if not isinstance(self.value, dict):
            raise self.refuse("an object { }")
        return self.value

    def list(self) -> Iterator[JsonNode]:
        """Elements of a list; none if null."""
        if not isinstance(self.value, list | None):
            raise self.refuse("a list [ ]")
        return (JsonNode(value, f"{self.place}[{at}]") for at, value in enumerate(self.value or ()))

    def number(self, null: float | None = None) -> float:
        """A finite number. null and the literal NaN become `null` if that is given."""
        value = self.value
        if null is not None and (value is None or (isinstance(value, float) and isnan(value))):
            return null
        if not is_number(value):
            raise self.refuse("a number")
        return float(value)

    def number_or_none(self) -> float | None:
        value = self.number(nan)
        return None if isnan(value) else value

    def whole(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`; 16.0 and "16" are accepted."""
        value = self.value
        if isinstance(value, str) and value.strip().isdecimal() and len(value) < 10:
            value = int(value)
        if not is_number(value) or value != int(value) or not low <= value <= high:
            raise self.refuse(f"{low}" if low == high else f"a whole number from {low} to {high}")
        return int(value)

    def flag(self, null: bool) -> bool:
        """A flag: true or false (also 1 and 0)."""
        if self.value is None:
            return null
        if self.value in (0, 1):
            return bool(self.value)
        raise self.refuse("true or false")

    def text(self) -> str:
        if not isinstance(self.value, str):
            raise self.refuse("a text")
        return self.value


def is_number(value: Any) -> TypeGuard[int | float]:
    """True for a finite number, not for true and false."""
    try:
        return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
    except OverflowError:  # an int beyond the range of floats
        return False
