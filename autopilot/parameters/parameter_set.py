"""The parameters of a kind of vehicle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property

from autopilot.interface.records import dataclass
from autopilot.parameters.aliases import Alias
from autopilot.parameters.definition import ParameterDef


@dataclass(frozen=True, eq=False)  # one object for each kind, compared by identity
class ParameterSet:
    """Parameters of a kind. `lines`: the groups of the tables, in index order. A line is only added at the end of its
    group, and `param_count` is constant while the service runs (docs/reference/ground-stations.md, 1.8). `defaults`:
    values of this kind that differ from those of the lines."""

    lines: tuple[ParameterDef, ...]
    aliases: Mapping[str, Alias]
    defaults: tuple[tuple[str, float], ...] = ()

    @cached_property
    def definitions(self) -> tuple[ParameterDef, ...]:
        """All parameters, in index order."""
        defaults = dict(self.defaults)
        return tuple(
            replace(line, default=defaults[line.name]) if line.name in defaults else line for line in self.lines
        )

    @cached_property
    def by_name(self) -> Mapping[str, ParameterDef]:
        return {definition.name: definition for definition in self.definitions}

    @cached_property
    def index(self) -> Mapping[str, int]:
        return {name: index for index, name in enumerate(self.by_name)}

    @cached_property
    def first(self) -> Mapping[str, float]:
        """Default values of a vehicle."""
        return {name: definition.default for name, definition in self.by_name.items()}
