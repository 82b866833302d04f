"""Modes of a vehicle that has a flight controller of its own (docs/reference/real-vehicles.md, 2, 3).

AUTO and GUIDED are flown by Sortie's targets, as on every vehicle. All other modes the controller flies by itself:
Sortie asks for them (`command`) and follows. When somebody else chooses the mode, Sortie follows too, and flies nothing
until a person asks for AUTO, GUIDED or another mode again.
"""

from __future__ import annotations

from collections.abc import Mapping

from autopilot import report
from autopilot.cockpit import Cockpit
from autopilot.modes.auto import AutoMode
from autopilot.modes.guided import GuidedMode
from autopilot.modes.heading import Heading
from autopilot.modes.manager import ModeChoice
from autopilot.modes.mode import Mode
from autopilot.modes.speeds import SpeedControl
from autopilot.modes.table import ModeSpec
from autopilot.outcome import ModeChanged, Severity
from autopilot.reasons import ModeReason
from autopilot.vehicle import ControlledVehicle, Idle, VehicleEvent

_LANDING_STATE = 4.0  # MAV_LANDED_STATE


class FollowedMode(Mode):
    """The controller flies; Sortie looks on. `finished`: it came down in this mode."""

    def __init__(self, cockpit: Cockpit, spec: ModeSpec) -> None:
        super().__init__(cockpit, spec)
        self._landed = False
        self._landing = cockpit.vehicle_class.modes.landing

    def enter(self, now_ms: int) -> None:
        self._landed = False
        self.cockpit.target = Idle()
        self.cockpit.arrived = False

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        if events & VehicleEvent.LANDED:
            self._landed = self.spec.number in self._landing
        elif events & VehicleEvent.LIFTOFF:
            self._landed = False

    def disarmed(self) -> None:
        self._landed = False

    @property
    def is_landing(self) -> bool:
        state = self.cockpit.vehicle.state.report[report.LANDED_STATE]
        return self.spec.landing or bool(self.spec.number in self._landing and state == _LANDING_STATE)

    @property
    def finished(self) -> bool:
        return self._landed


class ControllerModes(ModeChoice):
    """Which mode flies, where the last word is the controller's."""

    def __init__(
        self,
        cockpit: Cockpit,
        vehicle: ControlledVehicle,
        modes: Mapping[int, Mode],
        auto: AutoMode,
        speeds: SpeedControl,
        heading: Heading,
    ) -> None:
        self._vehicle = vehicle
        self._own = dict(modes)  # flown by our targets
        first = vehicle.flight_mode
        table = cockpit.vehicle_class.modes.specs
        followed: dict[int, Mode] = {number: FollowedMode(cockpit, spec) for number, spec in table.items()}
        followed.setdefault(first, FollowedMode(cockpit, unknown_mode(cockpit, first)))
        self._followed = dict(followed)
        super().__init__(cockpit, {**followed, **self._own, first: followed[first]}, auto, first, speeds, heading)
        self._modes.update(self._own)
        self._specs.setdefault(first, followed[first].spec)
        self._unnamed = False
        """The vehicle was given up for what a station has sent; the controller has yet to change its mode for it."""

    def _flies(self, number: int) -> bool:
        """A mode of the same number that somebody else flies is not ours."""
        return number == self.number and self.mode is self._modes.get(number)

    def _take_command(self) -> None:
        self._unnamed = False
        self._vehicle.command(self.number)

    def mode_changed_by_others(self, now_ms: int) -> None:
        """TAKEN_OVER: follow the mode in which the controller really is."""
        number = self._vehicle.flight_mode
        mode = self._followed.get(number)
        if mode is None:
            mode = self._followed[number] = FollowedMode(self._cockpit, unknown_mode(self._cockpit, number))
            self._specs[number] = mode.spec
            self._modes.setdefault(number, mode)
        if mode is self.mode:
            return
        leaves = self._unnamed or self.mode in self._own.values()
        self._unnamed = False
        self.number = number
        self._cockpit.announce(ModeChanged(number, ModeReason.UNKNOWN))
        if leaves and self._cockpit.armed:
            self._tell_takeover(number)
        self.mode.exit()
        self._heading.reset()
        self.mode = mode
        mode.enter(now_ms)

    def _tell_takeover(self, number: int) -> None:
        """At once, and with the mode as soon as it is one that Sortie does not fly."""
        if number in self._own:
            self._cockpit.say(Severity.WARNING, "Vehicle taken over; mission paused")
        else:
            self._cockpit.say(Severity.WARNING, f"Vehicle taken over: {self._specs[number].name}; mission paused")
        self._unnamed = number in self._own


def unknown_mode(cockpit: Cockpit, number: int) -> ModeSpec:
    """A mode of the controller that Sortie does not list: shown and followed, armed in if the controller does."""
    name = cockpit.vehicle_class.modes.name_of(number) or f"MODE_{number}"
    return ModeSpec(number, name, arming=True)


def build_controller_modes(
    cockpit: Cockpit,
    vehicle: ControlledVehicle,
    auto: AutoMode,
    guided: GuidedMode,
    speeds: SpeedControl,
    heading: Heading,
) -> ControllerModes:
    """The modes of a vehicle with a flight controller of its own."""
    modes = cockpit.vehicle_class.modes
    own: dict[int, Mode] = {**dict.fromkeys(modes.autos, auto), modes.guided: guided}
    return ControllerModes(cockpit, vehicle, own, auto, speeds, heading)
