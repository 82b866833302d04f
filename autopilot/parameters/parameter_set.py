"""The parameters that a kind of vehicle has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property

from autopilot.interface.records import dataclass
from autopilot.parameters.aliases import Alias
from autopilot.parameters.definition import ParameterDef


@dataclass(frozen=True, eq=False)  # one object for each kind, and each is itself only
class ParameterSet:
    """`lines`: the groups of the table, in index order; a line is only ever added at the end of its group, and
    `param_count` is constant while the service runs (docs/reference/ground-stations.md, 1.8). `defaults`: values of
    this kind where a line has those of another."""

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
        """Definitions by their names."""
        return {definition.name: definition for definition in self.definitions}

    @cached_property
    def index(self) -> Mapping[str, int]:
        """Index of each name."""
        return {name: index for index, name in enumerate(self.by_name)}

    @cached_property
    def first(self) -> Mapping[str, float]:
        """Values of a vehicle of which nobody has set any."""
        return {name: definition.default for name, definition in self.by_name.items()}
