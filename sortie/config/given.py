"""Values of a command's options, in order of precedence: command line, environment, configuration file, defaults.

Every value is checked, also one that the command does not use, so that no mistake is hidden. Stored values (parameters,
missions) have precedence over defaults only; the state store has them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

from autopilot.interface.records import dataclass, field
from sortie.config import options
from sortie.config.errors import UserError, nearest
from sortie.config.files import text_of
from sortie.config.option import WHY, Option, OptionForm, OptionScope, Sources, key_of
from sortie.config.settings import SETTINGS, Settings

T = TypeVar("T")
PREFIX = "SORTIE_"


@dataclass(frozen=True, slots=True)
class GivenOptions:
    """Values of the command's options. `values`: parsed ones of the command line, by key."""

    values: Mapping[str, object] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def __getitem__(self, option: Option[T]) -> T:
        """Return the value of an option, from the command line, the environment, or its default."""
        if option.key in self.values:
            return cast(T, self.values[option.key])
        if option.sources is not Sources.COMMAND_LINE and (text := self.environment.get(option.variable)):
            return cast(T, option.read_variable(text))
        return option.default

    def flags(self) -> dict[str, object]:
        """Return the values of `Settings` on the command line."""
        return {key: self.values[key] for key in SETTINGS if key in self.values}

    def settings(self) -> Settings:
        """Return the settings, with environment and configuration file. UserError for a wrong value."""
        return resolve(self.flags(), self[options.CONFIG], self.environment)


def ignored(keys: Iterable[str], where: OptionScope) -> list[str]:
    """Return a warning for each setting without effect there, in the order of the table."""
    named = set(keys)
    rows = [row for key, row in SETTINGS.items() if key in named and where not in row.applies_to]
    return [f"--{row.name} {WHY[where]}" for row in rows]


def without_fleet(settings: Settings) -> list[str]:
    """Return a warning for each fleet setting when one vehicle flies alone."""
    of_fleet = (Settings.formation, Settings.spacing, Settings.networks)
    given = settings.non_defaults()
    return [
        f"--{row.name} is ignored: there is one vehicle; --count or --fleet has more"
        for row in of_fleet
        if row.key in given
    ]


def without_page(settings: Settings) -> list[str]:
    """Return a warning for each setting of the web page when there is none."""
    given = {} if settings.web else settings.non_defaults()
    of_page = (Settings.control, Settings.listen, Settings.tiles)
    return [f"--{row.name} is ignored: it is for --{Settings.web.name}" for row in of_page if row.key in given]


def alone(settings: Settings) -> list[str]:
    """Return a warning for each single-vehicle setting when a fleet flies."""
    if settings.rc is None:
        return []
    return [f"--{Settings.rc.name} is ignored: a transmitter has one vehicle, and there is a fleet"]


def misspelt(environment: Mapping[str, str]) -> list[str]:
    """Return a warning for each environment variable with a name similar to one of ours."""
    known = {row.variable.removeprefix(PREFIX) for row in options.TABLE if row.sources is not Sources.COMMAND_LINE}
    unknown = sorted(name for name in environment if name.startswith(PREFIX) and name.removeprefix(PREFIX) not in known)
    hints = {name: nearest(name.removeprefix(PREFIX), known, PREFIX, cutoff=0.75) for name in unknown}
    return [f"environment, {name}: ignored, no option has this name{hint}" for name, hint in hints.items() if hint]


def options_of_file(path: Path) -> dict[str, object]:
    """Read a TOML file with the names of options; `[param]` may be a table of NAME = VALUE."""
    from sortie.config.tables import parse_toml

    table = parse_toml(text_of(path, f"--config {path}"), f"--config {path}")
    found: dict[str, object] = {}
    for name, value in table.items():
        key = key_of(name)
        row = SETTINGS.get(key)
        if row is None:
            raise UserError(f"unknown key '{name}'{nearest(key, SETTINGS)}", option="config", given=str(path))
        found[key] = row.parse_value(_as_written(row, name, value, path), f"--config {path}: {key}")
    return found


def _as_written(row: Option[object], name: str, value: Any, path: Path) -> Any:
    """Convert a value or list of a file to the form of the option."""
    several = row.kind is OptionForm.LIST
    if row is Settings.param and isinstance(value, dict):
        return [f"{parameter}={number}" for parameter, number in value.items()]
    if several and isinstance(value, str):
        return [value]
    if several != isinstance(value, list):
        form = "a list" if several else "a single value"
        raise UserError(f"'{name}' must be {form}", option="config", given=str(path))
    return value


def resolve(flags: Mapping[str, object], config: Path | None, environment: Mapping[str, str]) -> Settings:
    """Merge `flags` (parsed values) over the environment over the file `config`. Parameters of all three are combined,
    those of flags last."""
    texts = {key: text for key, row in SETTINGS.items() if (text := environment.get(row.variable))}
    variables = {key: SETTINGS[key].read_variable(text) for key, text in texts.items()}
    layers = ({} if config is None else options_of_file(config), variables, flags)
    merged: dict[str, Any] = {key: value for layer in layers for key, value in layer.items()}
    if Settings.param.key in merged:
        several = [layer[Settings.param.key] for layer in layers if Settings.param.key in layer]
        merged[Settings.param.key] = tuple(
            assignment for given in several for assignment in cast(tuple[str, ...], given)
        )
    return Settings(**merged, given=frozenset(merged))
