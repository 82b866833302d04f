"""A search, as an installed package: mode SEARCH spirals outwards from where it was entered, mission command 31000 from
the place of its item; SRCH_SPACING and SRCH_TURNS say how wide and how often."""

from __future__ import annotations

from autopilot.context.frames import item_place, local
from autopilot.core.extensions import OwnItem, OwnMode, OwnParameters
from autopilot.interface.geo import Ned
from autopilot.interface.targets import Hold, Leg
from autopilot.interface.vehicle import VehicleEvent
from autopilot.mission.commands import Ability, CommandSpec, Parameter, Slot
from autopilot.mission.executor import CommandStartResult
from autopilot.mission.items import MissionItem
from autopilot.modes.mode import Mode, VehicleContext
from autopilot.parameters.definition import f32, i8
from autopilot.vehicles.mode_table import ModeSpec

FLYING = frozenset({"copter"})
SEARCH_COMMAND = 31000  # MAV_CMD_WAYPOINT_USER_1: one of those that MAVLink keeps for this


class Spiral:
    """An outward square spiral of `turns` around `center` (NED m), `spacing` m apart, a leg at a time."""

    def __init__(self, context: VehicleContext, center: Ned, turns: int, spacing: float) -> None:
        self._context = context
        north, east, down = center
        self._corners: list[Ned] = [center]
        for side in range(1, 2 * turns + 1):
            step = side * spacing * (1 if side % 2 else -1)
            self._corners += [(north + step, east, down), (north + step, east + step, down)]
            north, east = north + step, east + step
        self.fly_on()

    @property
    def left(self) -> bool:
        return bool(self._corners)

    def fly_on(self) -> None:
        self._context.helm.fly(Leg(self._corners.pop(0)))


class Search(Mode):
    """SEARCH: the spiral, then it holds."""

    spiral: Spiral | None = None

    def refusal(self, now_ms: int) -> str | None:
        return "needs to fly" if self.facts.landed else None

    def enter(self, now_ms: int) -> None:
        here = self.facts.vehicle.state.position
        self.spiral = Spiral(self.context, here, int(self.facts.param("SRCH_TURNS")), self.facts.param("SRCH_SPACING"))

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        if not events & VehicleEvent.ARRIVED or self.spiral is None:
            return
        if self.spiral.left:
            self.spiral.fly_on()
        else:
            self.spiral = None
            self.helm.fly(Hold(None))


class SearchItem:
    """A `MissionExecutor` for items of SEARCH_COMMAND: p1 turns, p2 spacing; 0 is what the parameters say."""

    def __init__(self, context: VehicleContext) -> None:
        self.context = context
        self.spiral: Spiral | None = None

    def start_command(self, cmd: MissionItem) -> CommandStartResult:
        facts = self.context.facts
        center = local(facts, item_place(facts, cmd))
        turns = int(cmd.param1) or int(facts.param("SRCH_TURNS"))
        self.spiral = Spiral(self.context, center, turns, cmd.param2 or facts.param("SRCH_SPACING"))
        return CommandStartResult.ACCEPTED

    def verify_command(self, cmd: MissionItem) -> bool:
        """Asked at every tick; `arrived` is about the target that was given last."""
        if self.spiral is not None and self.context.helm.arrived and self.spiral.left:
            self.spiral.fly_on()
        return self.context.helm.arrived

    def on_mission_complete(self) -> None:
        self.spiral = None


SEARCH = OwnMode(ModeSpec(120, "SEARCH", position=True, autopilot=True), Search, FLYING)
SEARCH_ITEM = OwnItem(
    CommandSpec(
        SEARCH_COMMAND, "Search", Slot.NAV, Ability.HEIGHT, (Parameter(1, "turns"), Parameter(2, "spacing", "m")),
        place=True,
    ),
    SearchItem,
)  # fmt: skip
PARAMETERS = OwnParameters(
    (
        f32("SRCH_SPACING", 10.0, "m", 2.0, 100.0, "Distance between the legs of a search", step=1.0),
        i8("SRCH_TURNS", 2, "", 1, 20, "Turns of a search"),
    ),
    FLYING,
)
