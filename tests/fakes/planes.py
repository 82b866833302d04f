"""The plane among the other kinds, for one test."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from autopilot.vehicles import kinds
from autopilot.vehicles.plane import PLANE


def add_plane(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make it a kind that has a name."""
    monkeypatch.setattr(kinds, "KINDS", MappingProxyType({**kinds.KINDS, "plane": PLANE}))
