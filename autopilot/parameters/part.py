"""Some of a vehicle's parameters as a list of their own: same values, another list."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from autopilot.parameters.definition import ParameterDef
from autopilot.parameters.parameters import Parameters, SetOutcome


class ParameterPart:
    """The parameters of `whole` whose names begin with one of `prefixes`, without aliases. A set here is a set there;
    listeners hear of these only, whoever sets them."""

    def __init__(self, whole: Parameters, prefixes: tuple[str, ...]) -> None:
        self._whole = whole
        self._names = tuple(name for name in whole.names() if name.startswith(prefixes))
        self._known = frozenset(self._names)
        self.listeners: list[Callable[[str, float], None]] = []
        whole.listeners.append(self._follow)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._known

    def __getitem__(self, name: str) -> float:
        """The value of `name`; KeyError when it is not one of these."""
        return self._whole[self.target(name)]

    def names(self) -> Sequence[str]:
        return self._names

    def definition(self, name: str) -> ParameterDef:
        return self._whole.definition(self.target(name))

    def target(self, name: str) -> str:
        """`name` itself; KeyError when it is not one of these."""
        if name not in self._known:
            raise KeyError(name)
        return name

    def set(self, name: str, value: float) -> SetOutcome:
        return self._whole.set(self.target(name), value)

    def _follow(self, name: str, value: float) -> None:
        if name in self._known:
            for listener in self.listeners:
                listener(name, value)
