"""Option: a row of the table in `options`, from which command line, environment, TOML, help and the page
`docs/options.md` are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum, auto
from keyword import iskeyword
from pathlib import Path
from typing import Final, Generic, TypeVar, overload

from autopilot.interface.records import dataclass
from sortie.config.errors import UserError
from sortie.config.values import path, truth

T_co = TypeVar("T_co", covariant=True)


class OptionForm(Enum):
    """Form in which an option is written."""

    VALUE = auto()
    LIST = auto()
    """Any number of times; in the environment split at blanks."""
    SWITCH = auto()
    TOGGLE = auto()
    """--this or --no-this."""
    ARGUMENT = auto()
    """A word by its place."""
    ARGUMENTS = auto()
    """All words that are left."""


class Sources(Enum):
    """Sources of an option's value beside the command line, which comes first."""

    COMMAND_LINE = auto()
    ENVIRONMENT = auto()
    EVERYWHERE = auto()
    """The environment, then the configuration file."""


class Group(Enum):
    """Under which heading the help has it."""

    ARGUMENTS = "Arguments"
    OFTEN = "Most runs need"
    COMMAND = "This command"
    VEHICLE = "Vehicle"
    FLEET = "Fleet"
    LINKS = "Links"
    FILES = "State and logs"
    GENERAL = "General"


class OptionScope(Enum):
    """With what an option can mean something."""

    SIMULATOR = auto()
    SITL = auto()
    """An ArduPilot SITL that this program starts."""
    WORLD = auto()
    """An ArduPilot SITL that flies in our world."""
    CONTROLLER = auto()
    """A flight controller that is there already."""
    LOOP = auto()
    """`sortie loop`, with whatever flies for it."""


#: Why an option is ignored where it means nothing.
WHY: Final = {
    OptionScope.SIMULATOR: "is ignored: it is for a flight controller, not for the simulator",
    OptionScope.SITL: "is ignored with a flight controller",
    OptionScope.WORLD: "is ignored with a firmware in our world",
    OptionScope.CONTROLLER: "is ignored with a flight controller",
    OptionScope.LOOP: "is ignored: it says nothing about a loop",
}
ANYWHERE: Final = frozenset(OptionScope)


def key_of(name: str) -> str:
    """Name in Python of what is called so on the command line."""
    key = name.replace("-", "_")
    return f"{key}_" if iskeyword(key) else key


@dataclass(frozen=True)  # no slots: `Option[...](...)` leaves a note on its object
class Option(Generic[T_co]):
    """`parser` reads one word. `default` is what holds when nobody says anything, `otherwise` that in words where it
    depends; `plain` are further values that say no more than the default. `form` is what the help shows in the place of
    the value. `commands` take it; where `applies_to` has not what such a command works with, its value is checked,
    and ignored with one warning."""

    name: str
    parser: Callable[[str], object]
    default: T_co
    help: str
    group: Group
    commands: frozenset[str]
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
        """Return the row for a class whose rows are options, the default for its objects; a value that an object has
        of its own goes before this."""
        return self if settings is None else self.default

    @property
    def key(self) -> str:
        """Name of the option in Python."""
        return key_of(self.name)

    @property
    def variable(self) -> str:
        """Name of the option in the environment."""
        return f"SORTIE_{self.name.replace('-', '_').upper()}"

    @property
    def placed(self) -> bool:
        """True when it is given by position, without a name on the command line."""
        return self.kind in (OptionForm.ARGUMENT, OptionForm.ARGUMENTS)

    @property
    def switched(self) -> bool:
        return self.kind in (OptionForm.SWITCH, OptionForm.TOGGLE)

    @property
    def fallback(self) -> str:
        """Default in words; empty where there is none."""
        if self.otherwise or self.default is None or self.default is False or self.default == () or self.required:
            return self.otherwise
        return "on" if self.default is True else str(self.default)

    def read(self, text: str) -> object:
        """The value of one word. UserError names the option."""
        try:
            return self.parser(text)
        except UserError as error:
            if error.option:
                raise
            if self.placed:
                raise UserError(f"{self.form or self.key.upper()} {text}: {error.message}") from None
            raise UserError(error.message, option=self.name, given=text) from None

    def read_said(self, said: object, source: str) -> object:
        """The value of what environment or file say. UserError names the place, `source`."""
        try:
            if isinstance(said, list):
                return tuple(self.read(str(word)) for word in said)
            return self.read(str(said))
        except UserError as error:
            raise UserError(error.worded(source)) from None

    def read_variable(self, text: str) -> object:
        """The value of the variable in the environment. UserError names the variable."""
        several = self.kind is OptionForm.LIST
        return self.read_said(text.split() if several else text, f"environment, {self.variable}")

    def is_default(self, value: object) -> bool:
        """Says nothing more than saying nothing."""
        return value == self.default or value in self.plain


def rows_of(named: Mapping[str, object]) -> dict[str, Option[object]]:
    """The rows among the names of a class or a module, in their order."""
    return {name: row for name, row in named.items() if isinstance(row, Option)}


def switch(name: str, help: str, *commands: str, group: Group = Group.COMMAND, short: str = "") -> Option[bool]:
    """A flag without a value, off unless it is given."""
    return Option(name, truth, False, help, group, frozenset(commands), kind=OptionForm.SWITCH, short=short)


def file_option(
    name: str, form: str, help: str, *commands: str, group: Group = Group.COMMAND, otherwise: str = ""
) -> Option[Path | None]:
    """A file or folder that may be given."""
    return Option[Path | None](name, path, None, help, group, frozenset(commands), form=form, otherwise=otherwise)
