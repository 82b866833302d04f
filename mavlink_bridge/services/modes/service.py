"""Standard modes, vehicle side (https://mavlink.io/en/services/standard_modes.html).

AVAILABLE_MODES lists the flight modes that can be flown, so that a station offers these and no others: one index after
the other (QGroundControl) or all (index 0), and again when AVAILABLE_MODES_MONITOR shows another number. CURRENT_MODE
tells the one that flies. Both of these are streams (`streams.json` of telemetry). DO_SET_STANDARD_MODE enters the mode
of this vehicle that means what the standard one does.

What is listed as standard is the firmware's matter. ArduPilot lists all of its modes as NON_STANDARD, and so do we when
we are spoken to as one: a station gives standard modes names of its own, and QGroundControl's buttons for ArduPilot
then look in vain for "RTL". PX4 lists its standard modes as such, and also what nobody may choose.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, Protocol

from autopilot.interface.records import dataclass
from autopilot.interface.result import Outcome
from autopilot.mav import Cmd, ModeProperty, StandardMode
from autopilot.modes.manager import ModeChoice
from mavlink_bridge.routing.service import Message
from mavlink_bridge.services.commands.context import DENIED, UNSUPPORTED, CommandRow, Context
from mavlink_bridge.services.commands.request import Command
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.codec import dialect

if TYPE_CHECKING:
    from mavlink_bridge.services.commands.service import CommandService

AVAILABLE_MODES: Final[int] = codec.id_of("AVAILABLE_MODES")
NAME_SIZE: Final = 34
"""Bytes of a name: 35 with the 0 behind it."""
Answers = dict[int, Callable[[float], Sequence[Message]]]
"""Answers to requests, by message id: what follows from the request's param2."""


@dataclass(frozen=True, slots=True)
class ListedMode:
    """A mode as stations see it. `number`: custom_mode. `standard`: as what it is listed. `properties`: bits of
    MAV_MODE_PROPERTY."""

    number: int
    name: str
    standard: StandardMode = StandardMode.NON_STANDARD
    properties: int = 0

    @property
    def selectable(self) -> bool:
        """May people choose it?"""
        return not self.properties & ModeProperty.NOT_USER_SELECTABLE

    @property
    def told_name(self) -> bytes:
        """Name as AVAILABLE_MODES has it, which leaves the names of standard modes to the stations."""
        name = self.name if self.standard is StandardMode.NON_STANDARD else ""
        return name.encode("ascii", "replace")[:NAME_SIZE]


class ModeSource(Protocol):
    """The modes of a vehicle in its firmware's numbers. `standard`: the mode that means each standard one, whether it
    is listed as that or not."""

    @property
    def standard(self) -> Mapping[StandardMode, int]: ...
    def listed(self) -> Sequence[ListedMode]:
        """In the order of their indices."""

    def enter(self, number: int, now_ms: int) -> Outcome:
        """On a station's wish."""

    def needs_position(self, number: int) -> bool:
        """True when the mode needs a position estimate."""


class OwnModes:
    """The modes of the core in ArduPilot's numbers, those of installed packages among them."""

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
    """See the module. Answers requests through `answers`, serves its command through `commands`."""

    def __init__(self, source: ModeSource, commands: CommandService, answers: Answers) -> None:
        self._source = source
        answers[AVAILABLE_MODES] = self._available
        commands.register(Cmd.DO_SET_STANDARD_MODE, CommandRow(self._set_standard, required=(1,)))

    def _available(self, index: float) -> Sequence[Message]:
        listed = self._source.listed()
        return [
            dialect.MAVLink_available_modes_message(
                len(listed), at, mode.standard, mode.number, mode.properties, mode.told_name
            )
            for at, mode in enumerate(listed, start=1)
            if index in (0, at)
        ]

    def _set_standard(self, command: Command, context: Context) -> Outcome:
        """DENIED for what is no standard mode, UNSUPPORTED where the vehicle has none that means it."""
        asked = command.param(1)
        if asked not in set(StandardMode) or asked == StandardMode.NON_STANDARD:
            return DENIED
        number = self._source.standard.get(StandardMode(int(asked)))
        return UNSUPPORTED if number is None else self._source.enter(number, context.now_ms)
