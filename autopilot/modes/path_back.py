"""Way home by items of a personality (`Personality.return_path`), flown in order as in AUTO, in any mode."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from autopilot.interface.vehicle import VehicleEvent
from autopilot.mission.commands import has_position
from autopilot.mission.items import MissionItem
from autopilot.modes.auto_nav import Build, NavTools
from autopilot.modes.glide_slope import GlideSlope
from autopilot.modes.maneuver import Maneuver


class PathBack(Maneuver):
    """Fly `items`, each built by `builders`; done with the last. `begins(seq)` is called for each."""

    def __init__(
        self,
        tools: NavTools,
        items: Sequence[MissionItem],
        builders: Mapping[int, Build],
        begins: Callable[[int], None],
    ) -> None:
        super().__init__(tools.context)
        self._tools = replace(tools, following=self._following, before=None, previous=None)
        self._items = items
        self._builders = builders
        self._begins = begins
        self._at = 0
        self._flown: Maneuver | None = None

    def _following(self, seq: int) -> MissionItem | None:
        """Next place of the way. The items are found by their order, not by `seq`."""
        return next((item for item in self._items[self._at + 1 :] if has_position(item.command)), None)

    @property
    def is_landing(self) -> bool:
        return self._flown is not None and self._flown.is_landing

    def start(self, now_ms: int) -> None:
        self._fly(0, now_ms)

    def _fly(self, at: int, now_ms: int) -> None:
        last, tools = self._flown, self._tools
        tools.before = last.end if last is not None and last.done else None
        self._at = at
        item = self._items[at]
        self._begins(item.seq)
        self._flown = self._builders[item.command](tools, item)
        self._flown.start(now_ms)
        self.deadline_ms = self._flown.deadline_ms

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        flown = self._flown
        if flown is None or self.done:
            return
        flown.update(now_ms, events)
        if isinstance(flown, GlideSlope) and flown.goes_around:
            self._flown = None
            self._fly(0, now_ms)
        elif flown.done and self._at + 1 < len(self._items):
            self._fly(self._at + 1, now_ms)
        else:
            self.done, self.deadline_ms = flown.done, flown.deadline_ms

    def go_around(self, height_m: float = 0.0) -> bool:
        """Abort the landing, as `GlideSlope.go_around`; the way then begins again."""
        return isinstance(self._flown, GlideSlope) and self._flown.go_around(height_m)
