"""Modes of a vehicle that has a flight controller of its own (docs/reference/real-vehicles.md, 2, 3).

AUTO and GUIDED are flown by Sortie's targets, as on every vehicle. The controller flies all other modes itself: Sortie
requests them (`command`) and follows. When another party changes the mode, Sortie follows too, and flies nothing until
a person requests AUTO, GUIDED or another mode again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from autopilot.interface import report
from autopilot.interface.layout import LANDING
from autopilot.interface.targets import Idle
from autopilot.interface.vehicle import ControlledVehicle, VehicleEvent
from autopilot.modes.build import ModeParts
from autopilot.modes.manager import ModeChoice
from autopilot.modes.mode import Mode, VehicleContext
from autopilot.vehicles.mode_table import ModeSpec


class FollowedMode(Mode):
    """A mode that the flight controller flies itself. `finished`: the vehicle has landed in it."""

    def __init__(self, context: VehicleContext, spec: ModeSpec) -> None:
        super().__init__(context, spec)
        self._landed = False
        self._landing = context.facts.vehicle_class.modes.landing

    def enter(self, now_ms: int) -> None:
        self._landed = False
        self.helm.target = Idle()
        self.helm.arrived = False

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        if events & VehicleEvent.LANDED:
            self._landed = self.spec.number in self._landing
        elif events & VehicleEvent.LIFTOFF:
            self._landed = False

    def disarmed(self) -> None:
        self._landed = False

    @property
    def is_landing(self) -> bool:
        state = self.facts.vehicle.state.report[report.LANDED_STATE]
        return self.spec.landing or bool(self.spec.number in self._landing and state == LANDING)

    @property
    def finished(self) -> bool:
        return self._landed


class ModeFollower:
    """Follows the mode of a flight controller, which decides it. `own`: modes flown by our targets."""

    def __init__(self, context: VehicleContext, vehicle: ControlledVehicle, own: Mapping[int, Mode]) -> None:
        self._context = context
        self._vehicle = vehicle
        self._own = frozenset(own.values())
        self._own_numbers = frozenset(own)
        specs = context.facts.vehicle_class.modes.specs
        self._followed: dict[int, Mode] = {number: FollowedMode(context, spec) for number, spec in specs.items()}
        self.first = vehicle.flight_mode, self._follow(vehicle.flight_mode)
        """The controller's mode at the start."""
        self.modes: Mapping[int, Mode] = {**self._followed, **own}
        """Modes that can be flown, by number."""
        self._unnamed = False
        """True after the vehicle was released for a ground station's message, until the controller changes its mode for
        it."""

    def _follow(self, number: int) -> Mode:
        mode = self._followed.get(number)
        if mode is None:  # it may be armed in a mode that Sortie does not list, if the controller allows it
            name = self._context.facts.vehicle_class.modes.name_of(number) or f"MODE_{number}"
            mode = self._followed[number] = FollowedMode(self._context, ModeSpec(number, name, arming=True))
        return mode

    def take_command(self, number: int) -> None:
        """Command the controller before a requested mode is entered."""
        self._unnamed = False
        self._vehicle.command(number)

    def mode_changed_by_others(self, choice: ModeChoice, now_ms: int) -> None:
        """Handle TAKEN_OVER: `choice` becomes the controller's real mode."""
        number = self._vehicle.flight_mode
        mode = self._follow(number)
        choice.know(number, mode)
        if mode is choice.mode:
            return
        leaves = self._unnamed or choice.mode in self._own
        announces = leaves and self._context.facts.armed
        choice.follow(number, mode, now_ms, self._warning(number, mode) if announces else None)
        self._unnamed = announces and number in self._own_numbers

    def _warning(self, number: int, mode: Mode) -> str:
        """Warning at once, and again with the mode's name when it is a mode that Sortie does not fly."""
        named = "" if number in self._own_numbers else f": {mode.spec.name}"
        return f"Vehicle taken over{named}; mission paused"


def build_controller_modes(
    parts: ModeParts, vehicle: ControlledVehicle, pilot_complaint: Callable[[ModeSpec], str | None]
) -> tuple[ModeChoice, ModeFollower]:
    """Modes of a vehicle with its own flight controller, and the follower of the controller's mode."""
    context, auto, modes = parts.context, parts.auto, parts.context.facts.vehicle_class.modes
    follower = ModeFollower(context, vehicle, {**dict.fromkeys(modes.autos, auto), modes.guided: parts.guided})
    flown, first, command = follower.modes, follower.first, follower.take_command
    choice = ModeChoice(context, flown, auto, first, parts.speeds, parts.heading, pilot_complaint, command)
    return choice, follower
