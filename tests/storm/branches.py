"""Branches of the product that storms take, by `sys.monitoring` (PEP 669, from Python 3.12 on; on an older one none are
counted). A place is looked at until both ways are known, `SAME` times at most, and a line until it runs: what a search
has seen costs it nothing. The other way of a branch that came `SAME` times one way is known by its first line.
"""

from __future__ import annotations

import sys
from types import CodeType

from tests.storm.planted import ROOT
from tests.storm.story import Story

COUNTED = sys.version_info >= (3, 12)
WITHOUT = "" if COUNTED else "branches are not counted: Python 3.12 or newer does (sys.monitoring)"
SAME = 8
_TOOL, _NAME = 4, "storm"
_PRODUCT = tuple(f"{ROOT / name}/" for name in ("autopilot", "depot", "mavlink_bridge", "sitl", "sortie"))


class Branches:
    """Counted from its making on, in this process."""

    def __init__(self) -> None:
        self._passes: dict[tuple[CodeType, int], int] = {}
        self._ways: dict[tuple[CodeType, int], int] = {}
        self._fresh: list[tuple[str, str]] = []
        if sys.version_info >= (3, 12):
            monitoring = sys.monitoring
            monitoring.use_tool_id(_TOOL, _NAME)
            monitoring.register_callback(_TOOL, monitoring.events.BRANCH, self._branch)
            monitoring.register_callback(_TOOL, monitoring.events.LINE, self._line)
            monitoring.set_events(_TOOL, monitoring.events.BRANCH | monitoring.events.LINE)

    def tell(self, story: Story) -> None:
        """The story has met what was new since the last one."""
        for row, circumstance in self._fresh:
            story.meet("branch", row, circumstance)
        self._fresh.clear()

    def end(self) -> None:
        """Count no more."""
        if sys.version_info >= (3, 12):
            sys.monitoring.set_events(_TOOL, 0)
            sys.monitoring.free_tool_id(_TOOL)

    if sys.version_info >= (3, 12):

        def _branch(self, code: CodeType, at: int, to: int) -> object:
            if not code.co_filename.startswith(_PRODUCT):
                return sys.monitoring.DISABLE
            place = code, at
            first = self._ways.setdefault(place, to)
            passes = self._passes[place] = self._passes.get(place, 0) + 1
            if passes == 1 or to != first:
                self._fresh.append((_name(code), f"{at} to {to}"))
            return sys.monitoring.DISABLE if to != first or passes == SAME else None

        def _line(self, code: CodeType, line: int) -> object:
            if code.co_filename.startswith(_PRODUCT):
                self._fresh.append((_name(code), f"line {line}"))
            return sys.monitoring.DISABLE


def _name(code: CodeType) -> str:
    return f"{code.co_filename.removeprefix(f'{ROOT}/')}:{code.co_qualname}"
