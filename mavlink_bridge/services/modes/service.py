"""Standard modes, vehicle side (https://mavlink.io/en/services/standard_modes.html).

AVAILABLE_MODES lists the flight modes of the vehicle, so that stations offer only these: one index after the other
(QGroundControl) or all (index 0), again when AVAILABLE_MODES_MONITOR has another number. CURRENT_MODE reports the
active mode. Both of these are streams (`streams.json` of telemetry). DO_SET_STANDARD_MODE enters the vehicle's mode for
a standard mode.

The firmware decides which modes are listed as standard. ArduPilot lists all modes as NON_STANDARD, and so does Sortie
as an ArduPilot: stations give standard modes other names, and QGroundControl's buttons for ArduPilot would not find
"RTL". PX4 lists its standard modes as such, and also modes that a user cannot select.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

from autopilot.interface.records import dataclass
from autopilot.interface.result import Outcome
from autopilot.mav import Cmd, ModeProperty, StandardMode
from autopilot.modes.manager import ModeChoice
from mavlink_bridge.routing.service import Message
from mavlink_bridge.services.commands.context import DENIED, UNSUPPORTED, CommandRow, Context
from mavlink_bridge.services.commands.request import Command
from mavlink_bridge.services.commands.service import CommandService
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.codec import dialect

AVAILABLE_MODES: Final[int] = codec.id_of("AVAILABLE_MODES")
NAME_SIZE: Final = 34
"""Most bytes of a name, without the terminating 0."""
Answers = dict[int, Callable[[float], Sequence[Message]]]
"""Functions that answer requests with the request's param2, by message id."""


@dataclass(frozen=True, slots=True)
class ListedMode:
    """Mode as listed for stations. `number`: custom_mode. `standard`: the standard mode that it is listed as.
    `properties`: bits of MAV_MODE_PROPERTY."""

    number: int
    name: str
    standard: StandardMode = StandardMode.NON_STANDARD
    properties: int = 0

    @property
    def selectable(self) -> bool:
        """True when a user may select the mode."""
        return not self.properties & ModeProperty.NOT_USER_SELECTABLE

    @property
    def available_name(self) -> bytes:
        """Name in AVAILABLE_MODES; empty for standard modes, which stations name themselves."""
        name = self.name if self.standard is StandardMode.NON_STANDARD else ""
        return name.encode("ascii", "replace")[:NAME_SIZE]


class ModeSource(Protocol):
    """Modes of a vehicle in its firmware's numbers. `standard`: mode by standard mode, even if it is not listed as
    standard."""

    @property
    def standard(self) -> Mapping[StandardMode, int]: ...
    def listed(self) -> Sequence[ListedMode]:
        """Modes in the order of their indices."""

    def enter(self, number: int, now_ms: int) -> Outcome:
        """Enter a mode for a station."""

    def needs_position(self, number: int) -> bool:
        """True when the mode needs a position estimate."""


class OwnModes:
    """Modes of the core in ArduPilot's numbers, including those of installed packages."""

    def __init__(self, modes: ModeChoice, standard: Mapping[StandardMode, int]) -> None:
        self._modes = modes
        self.standard = standard

    def listed(self) -> Sequence[ListedMode]:
        return [ListedMode(spec.number, spec.name.replace("_", " ")) for spec in self._modes.available()]

    def enter(self, number: int, now_ms: int) -> Outcome:
        return self._modes.set(number, now_ms)

    def needs_position(self, number: int) -> bool:
        return any(spec.position for spec in self._modes.available() if spec.number == number)


class ModeService:
    """Service of standard modes. Answers requests through `answers` and its command through `commands`."""

    def __init__(self, source: ModeSource, commands: CommandService, answers: Answers) -> None:
        self._source = source
        answers[AVAILABLE_MODES] = self._available
        commands.register(Cmd.DO_SET_STANDARD_MODE, CommandRow(self._set_standard, required=(1,)))

    def _available(self, index: float) -> Sequence[Message]:
        listed = self._source.listed()
        return [
            dialect.MAVLink_available_modes_message(
                len(listed), at, mode.standard, mode.number, mode.properties, mode.available_name
            )
            for at, mode in enumerate(listed, start=1)
            if index in (0, at)
        ]

    def _set_standard(self, command: Command, context: Context) -> Outcome:
        """DO_SET_STANDARD_MODE: DENIED for an unknown standard mode, UNSUPPORTED if the vehicle has no mode for it."""
        standard = command.param(1)
        if standard not in set(StandardMode) or standard == StandardMode.NON_STANDARD:
            return DENIED
        number = self._source.standard.get(StandardMode(int(standard)))
        return UNSUPPORTED if number is None else self._source.enter(number, context.now_ms)
