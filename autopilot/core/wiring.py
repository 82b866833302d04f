"""Wiring of an autopilot: its surroundings, its modes and the executor of its missions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, Protocol, cast

from autopilot.commands.auxiliary import AuxFunctions
from autopilot.commands.plans import Items
from autopilot.commands.vehicle_parts import VehicleParts
from autopilot.context.vehicle_context import VehicleFacts
from autopilot.interface.geo import GeoPoint
from autopilot.interface.vehicle import ControlledVehicle
from autopilot.modes.auto import AutoMode
from autopilot.modes.auto_do import DoTools
from autopilot.modes.auto_executor import AutoExecutor
from autopilot.modes.auto_nav import NavTools
from autopilot.modes.build import ModeParts, build_modes
from autopilot.modes.following import ModeFollower, build_controller_modes
from autopilot.modes.guided import GuidedFlight
from autopilot.modes.guided_item import GuidedLimits
from autopilot.modes.manager import ModeChoice
from autopilot.modes.trail import Trail
from autopilot.vehicles.mode_table import ModeKind, ModeSpec

_HOMEWARD: Final = frozenset({ModeKind.RETURN, ModeKind.VERTICAL_RETURN})


class Stored(Protocol):
    """State that an earlier process has stored: plans by MAV_MISSION_TYPE, home if a person has set it, and the
    sequencer's index and state."""

    @property
    def plans(self) -> Mapping[int, Items]: ...
    @property
    def home(self) -> GeoPoint | None: ...
    @property
    def progress(self) -> tuple[int, int] | None: ...


class NothingStored:
    """State of a new vehicle."""

    plans: Mapping[int, Items] = {}
    home: GeoPoint | None = None
    progress: tuple[int, int] | None = None


def build_choice(
    parts: ModeParts, pilot_complaint: Callable[[ModeSpec], str | None]
) -> tuple[ModeChoice, ModeFollower | None]:
    """Modes of this kind of vehicle, and the object that follows the modes of a flight controller."""
    context, auto = parts.context, parts.auto
    vehicle = context.helm.vehicle
    if vehicle.capabilities.own_modes:
        return build_controller_modes(parts, cast(ControlledVehicle, vehicle), pilot_complaint)
    modes, first = build_modes(parts), _first_mode(context.facts, auto)
    first_mode = first, modes[first]
    return ModeChoice(context, modes, auto, first_mode, parts.speeds, parts.heading, pilot_complaint), None


def _first_mode(facts: VehicleFacts, auto: AutoMode) -> int:
    """INITIAL_MODE, if the vehicle may stand in it: a mode for arming, a landing mode, or AUTO with a mission."""
    number = int(facts.param("INITIAL_MODE"))
    spec = facts.vehicle_class.modes.specs.get(number)
    usable = bool(auto.mission.total()) if spec is auto.spec else spec is not None and (spec.arming or spec.landing)
    return number if usable else facts.vehicle_class.modes.initial


def build_executor(parts: ModeParts, core: VehicleParts, auxiliary: AuxFunctions) -> AutoExecutor:
    """Build the executor of the items of AUTO's mission."""
    context, auto, heading, limits = parts.context, parts.auto, parts.heading, GuidedLimits()
    nav = NavTools(
        context,
        heading,
        parts.speeds,
        GuidedFlight(context, heading, parts.speeds),
        limits,
        parts.destination,
        core.payload,
        lambda seq: auto.sequencer.next_nav(auto.mission, seq),
        auto.leave_for,
    )
    do = DoTools(
        context,
        heading,
        parts.speeds,
        core.payload,
        core.mount,
        limits,
        partial(core.home.set, by_item=True),
        core.commands.set_roi,
        core.fence.carry_out,
        core.commands.set_reverse,
        core.commands.change_over,
        auxiliary.carry_out,
    )
    return AutoExecutor(nav, do, auto.mission_complete)


def home_was_set(facts: VehicleFacts, modes: ModeChoice, trail: Trail, here: bool, by_item: bool) -> None:
    """Begin the trail anew at a home that is set to the vehicle's place (AP_SmartRTL::set_home). ArduPlane on its way
    home turns to one that is set by a command (Plane::set_home)."""
    if here:
        trail.restart(facts.now_ms)
    if not by_item and facts.personality.seeks_new_home and modes.spec.flown in _HOMEWARD:
        modes.mode.enter(facts.now_ms)
