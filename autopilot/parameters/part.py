"""Some of a vehicle's parameters as a set of their own: same values, another list."""

from __future__ import annotations

from autopilot.parameters.parameters import Parameters


class ParameterPart(Parameters):
    """The parameters of `whole` whose names begin with one of `prefixes`. A set here is a set there, and the other way
    round; listeners hear both."""

    def __init__(self, whole: Parameters, prefixes: tuple[str, ...]) -> None:
        super().__init__(whole.known)
        self._whole = whole
        self._definitions = {name: line for name, line in self._definitions.items() if name.startswith(prefixes)}
        self._aliases = {}
        self._names = tuple(self._definitions)
        self._index = {name: index for index, name in enumerate(self._names)}
        self._values = {name: whole[name] for name in self._names}
        whole.listeners.append(self._follow)

    def _put(self, name: str, value: float) -> bool:
        return self._whole.set_readonly(name, value)

    def _follow(self, name: str, value: float) -> None:
        if name not in self._values:
            return
        self._values[name] = value
        self.version += 1
        for listener in self.listeners:
            listener(name, value)
