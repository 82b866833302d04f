"""The parameters of one vehicle: values by name, the rules of setting them, and a part of them as a separate list.

This module owns the values. It does not store them (a caller submits `SaveParameter` to the journal), and it uses no
MAVLink.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType

from autopilot.interface.records import dataclass
from autopilot.parameters.definition import ParameterDef
from autopilot.parameters.parameter_set import ParameterSet

_NOTHING: Mapping[str, float] = MappingProxyType({})


class UnknownParameterError(KeyError):
    """No parameter has this name; the text suggests the most similar one."""

    def __init__(self, name: str, nearest: str | None) -> None:
        hint = f"; did you mean {nearest}?" if nearest else ""
        super().__init__(f"unknown parameter {name}{hint}")
        self.name = name

    def __str__(self) -> str:
        return str(self.args[0])


class ParameterValueError(ValueError):
    """A parameter cannot take this value (not finite, or the parameter is read-only)."""


@dataclass(frozen=True, slots=True)
class SetOutcome:
    """Outcome of setting a parameter. `value` is the resulting value, under the requested name. `warning` is one line
    of at most 50 characters for people, possible also if accepted."""

    value: float
    changed: bool
    accepted: bool
    warning: str | None = None


class Parameters:
    """Values of a vehicle whose kind has the parameters `known`.

    `stored` values (by our names) that no longer fit the tables are dropped or fitted, with an entry in `notes`.
    `overrides` come from a person: an unknown name raises UnknownParameterError, an impossible value
    ParameterValueError.
    """

    def __init__(
        self, known: ParameterSet, stored: Mapping[str, float] = _NOTHING, overrides: Mapping[str, float] = _NOTHING
    ) -> None:
        self.known = known
        self.version = 0
        """Number that rises with each change."""
        self.listeners: list[Callable[[str, float], None]] = []
        """Called with name (never an alias) and value after each change, and when a value for this run only is kept
        for good."""
        self.objections: list[Callable[[str, float], str | None]] = []
        """Called with name (never an alias) and value before each set or reset. Returns the reason for a refusal in at
        most 50 characters, or None."""
        self.notes: list[str] = []
        """Notes about invalid stored values and overrides, one line each."""
        self._definitions = known.by_name
        self._aliases = known.aliases
        self._names = tuple(known.by_name)
        self._index = known.index
        self._defaults = known.first
        self._changed: dict[str, float] = {}
        """Values that differ from their defaults: a fleet of one kind shares the rest."""
        self._passing: set[str] = set()
        """Names whose value is for this run only: an override, or set by the core."""
        self._load(stored)
        self._override(overrides)

    def _objection(self, name: str, value: float) -> str | None:
        """The first refusal of `objections`."""
        return next((text for objection in self.objections if (text := objection(name, value)) is not None), None)

    def _load(self, stored: Mapping[str, float]) -> None:
        for name, value in stored.items():
            definition = self._definitions.get(name)
            if definition is None or not math.isfinite(value):
                self.notes.append(f"stored parameter {name} ignored")
            else:
                self._keep(name, definition.fit(value))

    def _override(self, overrides: Mapping[str, float]) -> None:
        for name, value in overrides.items():
            if name not in self:
                raise UnknownParameterError(name, self.nearest(name))
            outcome = self.set(name, value)
            if not outcome.accepted:
                raise ParameterValueError(outcome.warning)
            self._passing.add(self.target(name))
            if outcome.warning:
                self.notes.append(outcome.warning)

    def __getitem__(self, name: str) -> float:
        """Value of `name`; KeyError if unknown."""
        value = self._changed.get(name)
        if value is None:
            value = self._defaults.get(name)
        if value is not None:
            return value
        alias = self._aliases[name]
        return alias.from_target(self[alias.target])

    def get(self, name: str, default: float) -> float:
        """Value of `name`, or `default` if unknown. The autopilot's parts read a dozen of them in each pass."""
        value = self._changed.get(name)
        if value is None:
            value = self._defaults.get(name)
        if value is None:
            return self[name] if name in self._aliases else default
        return value

    def __contains__(self, name: object) -> bool:
        return name in self._definitions or name in self._aliases

    def __len__(self) -> int:
        """Number of listed parameters, without aliases."""
        return len(self._names)

    def names(self) -> Sequence[str]:
        """All listed names, in index order."""
        return self._names

    def values(self) -> Collection[float]:
        """In the order of `names()`."""
        return {**self._defaults, **self._changed}.values()

    def definition(self, name: str) -> ParameterDef:
        """Definition of `name` (of an alias: derived from its target); KeyError if unknown."""
        definition = self._definitions.get(name)
        if definition is not None:
            return definition
        alias = self._aliases[name]
        return alias.definition(self._definitions[alias.target])

    def target(self, name: str) -> str:
        """Listed name of `name`, which may be an alias; KeyError if unknown."""
        return name if name in self._definitions else self._aliases[name].target

    def set(self, name: str, value: float) -> SetOutcome:
        """Set `name`; KeyError if unknown. A value that is not finite, or of a read-only parameter, is refused. A value
        beyond the type or a strict range is clamped. A value outside the recommended range is set, with a warning."""
        if name not in self._definitions:
            return self._set_alias(name, value)
        definition = self._definitions[name]
        now = self[name]
        if not math.isfinite(value):
            return SetOutcome(now, False, False, f"{name} not set: value is not finite")
        if definition.read_only:
            return SetOutcome(now, False, False, f"{name} is read-only")
        fitted = definition.fit(value)
        objection = self._objection(name, fitted)
        if objection is not None:
            return SetOutcome(now, False, False, objection)
        changed = self._put_for_good(name, fitted)
        lowest, highest = definition.limits()
        if value < lowest or value > highest:
            return SetOutcome(fitted, changed, True, f"{name} limited to {fitted:g}")
        return SetOutcome(fitted, changed, True, definition.complaint(fitted))

    def _set_alias(self, name: str, value: float) -> SetOutcome:
        alias = self._aliases[name]
        if not math.isfinite(value):
            return SetOutcome(self[name], False, False, f"{name} not set: value is not finite")
        outcome = self.set(alias.target, alias.to_target(value))
        return SetOutcome(self[name], outcome.changed, outcome.accepted, outcome.warning)

    def set_unstored(self, name: str, value: float) -> bool:
        """Set a parameter to a finite value from the core, read-only or not, until the next start; True if it changed
        (ArduPilot's AP_Param: set and notify, without save)."""
        self._passing.add(name)
        return self._put(name, self._definitions[name].fit(value))

    def is_stored(self, name: str) -> bool:
        """True if the value of `name`, not an alias, holds beyond the next start."""
        return name not in self._passing and not self._definitions[name].read_only

    def reset(self, name: str) -> SetOutcome:
        """Reset to the default; a read-only parameter is refused. KeyError if unknown."""
        target = self.target(name)
        definition = self._definitions[target]
        if definition.read_only:
            return SetOutcome(self[name], False, False, f"{target} is read-only")
        objection = self._objection(target, definition.default)
        if objection is not None:
            return SetOutcome(self[name], False, False, objection)
        changed = self._put_for_good(target, definition.default)
        return SetOutcome(self[name], changed, True)

    def changed(self) -> dict[str, float]:
        """Parameters that differ from their defaults, in index order, without read-only ones."""
        names = sorted(self._changed, key=self._index.__getitem__)
        return {name: self._changed[name] for name in names if not self._definitions[name].read_only}

    def nearest(self, name: str) -> str | None:
        """The known name most similar to `name`."""
        from difflib import get_close_matches

        matches = get_close_matches(name.upper(), [*self._names, *self._aliases], n=1)
        return matches[0] if matches else None

    def _keep(self, name: str, value: float) -> None:
        if value == self._defaults[name]:
            self._changed.pop(name, None)
        else:
            self._changed[name] = value

    def _put_for_good(self, name: str, value: float) -> bool:
        """Set a value beyond this run, and tell so also where it stays the same."""
        passing = name in self._passing
        self._passing.discard(name)
        changed = self._put(name, value)
        if passing and not changed:
            self._tell(name, value)
        return changed

    def _put(self, name: str, value: float) -> bool:
        if self[name] == value:
            return False
        self._keep(name, value)
        self.version += 1
        self._tell(name, value)
        return True

    def _tell(self, name: str, value: float) -> None:
        for listener in self.listeners:
            listener(name, value)


class ParameterPart:
    """The parameters of `whole` whose names begin with one of `prefixes`, without aliases. Both share their values. Its
    listeners hear of these parameters only, whoever sets them."""

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
        """Value of `name`; KeyError if it is not one of these."""
        return self._whole[self.target(name)]

    def names(self) -> Sequence[str]:
        return self._names

    def definition(self, name: str) -> ParameterDef:
        return self._whole.definition(self.target(name))

    def target(self, name: str) -> str:
        """`name` itself; KeyError if it is not one of these."""
        if name not in self._known:
            raise KeyError(name)
        return name

    def is_stored(self, name: str) -> bool:
        return self._whole.is_stored(self.target(name))

    def set(self, name: str, value: float) -> SetOutcome:
        return self._whole.set(self.target(name), value)

    def _follow(self, name: str, value: float) -> None:
        if name in self._known:
            for listener in self.listeners:
                listener(name, value)
