"""A motion of `space` of which one thing is otherwise. All that a motion keeps is in the world's state, so that another
one on the same state goes on where the first was."""

from __future__ import annotations

from collections.abc import Callable

from depot.readings import DepotReading
from depot.world.orbital import OrbitalMotion
from depot.world.world import World


class ChangedMotion(OrbitalMotion):
    """Takes the place of a world's motion from now on. `show` changes what the depot sees; `link_open` and `sunlit`
    may say no, or yes, for it: they are given what it would say."""

    def __init__(
        self,
        world: World,
        *,
        show: Callable[[DepotReading], None] | None = None,
        link_open: Callable[[bool], bool] = bool,
        sunlit: Callable[[bool], bool] = bool,
    ) -> None:
        super().__init__(world.profile, world.state)
        self._show, self._link_open, self._sunlit = show, link_open, sunlit
        world.motion = self

    def show(self, reading: DepotReading) -> None:
        super().show(reading)
        if self._show is not None:
            self._show(reading)

    def link_open(self) -> bool:
        return self._link_open(super().link_open())

    def sunlit(self) -> bool:
        return self._sunlit(super().sunlit())
