"""Option: a row of the table in `options`, the source of command line, environment, TOML, help and
`docs/options.md`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from enum import Enum, auto
from keyword import iskeyword
from pathlib import Path
from typing import Final, Generic, TypeVar, overload

from autopilot.interface.records import dataclass
from sortie.config.errors import UserError
from sortie.config.values import path, truth

T_co = TypeVar("T_co", covariant=True)


class OptionForm(Enum):
    VALUE = auto()
    LIST = auto()
    """Repeatable; in the environment separated by blanks."""
    SWITCH = auto()
    TOGGLE = auto()
    """--this or --no-this."""
    ARGUMENT = auto()
    """A word by position."""
    ARGUMENTS = auto()
    """All remaining words."""


class Sources(Enum):
    """Sources of an option's value besides the command line, which comes first."""

    COMMAND_LINE = auto()
    ENVIRONMENT = auto()
    EVERYWHERE = auto()
    """The environment, then the configuration file."""


class Group(Enum):
    """Heading of an option in the help."""

    ARGUMENTS = "Arguments"
    OFTEN = "Most runs need"
    COMMAND = "This command"
    VEHICLE = "Vehicle"
    FLEET = "Fleet"
    LINKS = "Links"
    FILES = "State and logs"
    GENERAL = "General"


class OptionScope(Enum):
    """Kinds of vehicle with which an option has an effect."""

    SIMULATOR = auto()
    SITL = auto()
    """ArduPilot SITL that this program starts."""
    WORLD = auto()
    """ArduPilot SITL that flies in our world."""
    CONTROLLER = auto()
    """Existing flight controller."""
    LOOP = auto()
    """`sortie loop`, with any vehicle."""


# Reasons why an option is ignored.
WHY: Final = {
    OptionScope.SIMULATOR: "is ignored: it is for a flight controller, not for the simulator",
    OptionScope.SITL: "is ignored with a flight controller",
    OptionScope.WORLD: "is ignored with world=ours",
    OptionScope.CONTROLLER: "is ignored with a flight controller",
    OptionScope.LOOP: "is ignored: it has no effect on a loop",
}
ANYWHERE: Final = frozenset(OptionScope)


def key_of(name: str) -> str:
    key = name.replace("-", "_")
    return f"{key}_" if iskeyword(key) else key


@dataclass(frozen=True)  # no slots, because `Option[...](...)` sets an attribute
class Option(Generic[T_co]):
    """Option of the command line.

    `parser` reads one word. `default` is the value without the option; `otherwise` describes it in words if it depends
    on something; `plain` are further values equal to the default. `form` is the placeholder in the help. `commands`
    accept the option. Where `applies_to` excludes the command's vehicle, the value is checked, and ignored with a
    warning.
    """

    name: str
    parser: Callable[[str], object]
    default: T_co
    help: str
    commands: AbstractSet[str]
    group: Group = Group.COMMAND
    form: str = ""
    unit: str = ""
    otherwise: str = ""
    kind: OptionForm = OptionForm.VALUE
    sources: Sources = Sources.COMMAND_LINE
    applies_to: frozenset[OptionScope] = ANYWHERE
    plain: tuple[T_co, ...] = ()
    required: bool = False
    short: str = ""

    @overload
    def __get__(self, settings: None, owner: type) -> Option[T_co]: ...
    @overload
    def __get__(self, settings: object, owner: type) -> T_co: ...
    def __get__(self, settings: object, owner: type) -> object:
        """Return the option for a class with options, and the default for its objects. A value of the object itself
        takes precedence."""
        return self if settings is None else self.default

    @property
    def key(self) -> str:
        """Python name of the option."""
        return key_of(self.name)

    @property
    def variable(self) -> str:
        return f"SORTIE_{self.name.replace('-', '_').upper()}"

    @property
    def placed(self) -> bool:
        """True for an argument by position."""
        return self.kind in (OptionForm.ARGUMENT, OptionForm.ARGUMENTS)

    @property
    def switched(self) -> bool:
        return self.kind in (OptionForm.SWITCH, OptionForm.TOGGLE)

    @property
    def fallback(self) -> str:
        """Default in words, or ""."""
        if self.otherwise or self.default is None or self.default is False or self.default == () or self.required:
            return self.otherwise
        return "on" if self.default is True else str(self.default)

    def read(self, text: str) -> object:
        """Parse one word. UserError names the option."""
        try:
            return self.parser(text)
        except UserError as error:
            if error.option:
                raise
            if self.placed:
                raise UserError(f"{self.form or self.key.upper()} {text}: {error.message}") from None
            raise UserError(error.message, option=self.name, given=text) from None

    def parse_value(self, value: object, source: str) -> object:
        """Parse a value of the environment or a file. UserError names the place, `source`."""
        try:
            if isinstance(value, list):
                return tuple(self.read(str(word)) for word in value)
            return self.read(str(value))
        except UserError as error:
            raise UserError(error.worded(source)) from None

    def read_variable(self, text: str) -> object:
        """Parse the environment variable. UserError names the variable."""
        several = self.kind is OptionForm.LIST
        return self.parse_value(text.split() if several else text, f"environment, {self.variable}")

    def is_default(self, value: object) -> bool:
        return value == self.default or value in self.plain


@dataclass(frozen=True)
class Argument(Option[T_co]):
    group: Group = Group.ARGUMENTS
    kind: OptionForm = OptionForm.ARGUMENT


def rows_of(named: Mapping[str, object]) -> dict[str, Option[object]]:
    """Return the options of a class or module, in their order."""
    return {name: row for name, row in named.items() if isinstance(row, Option)}


def switch(name: str, help: str, *commands: str, group: Group = Group.COMMAND, short: str = "") -> Option[bool]:
    """Make a flag without a value, off by default."""
    return Option(name, truth, False, help, {*commands}, group, kind=OptionForm.SWITCH, short=short)


def file_option(
    name: str, form: str, help: str, *commands: str, group: Group = Group.COMMAND, otherwise: str = ""
) -> Option[Path | None]:
    """Make an option for a file or folder."""
    return Option[Path | None](name, path, None, help, {*commands}, group, form, otherwise=otherwise)
