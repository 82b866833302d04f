"""Choice of the vehicle for a profile, and of its carrier."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from autopilot.vehicles.kinds import vehicle_class
from depot.settings import Profile
from sortie.config.errors import UserError
from sortie.config.values import VehicleSource, parse_vehicle
from sortie.loop.loop import CarrierMaker
from sortie.loop.space import modelled_skimmer

KINEMATIC = "kinematic"


def vehicle_of(profile: Profile, given: VehicleSource | None) -> tuple[VehicleSource | None, str | None]:
    """Return the vehicle that flies (None: the skimmer of `space`), and a warning or None. `given`: --vehicle.
    UserError for a vehicle that the loop cannot fly: neither a copter nor a simulated kind that lands anywhere."""
    if profile.vehicle == KINEMATIC:
        ignored = f"--vehicle is ignored: profile {profile.name} has no vehicle to fly"
        return None, None if given is None else ignored
    try:
        spec = parse_vehicle(profile.vehicle) if given is None else given
    except UserError as error:
        expected = f"{KINEMATIC}, or {error.message}"
        raise UserError(f"--profile {profile.name}: vehicle '{profile.vehicle}': {expected}") from None
    kind = vehicle_class(spec.frame) if spec.frame else None
    if kind is not None and not (kind.hovers if has_controller(spec) else kind.lands_anywhere):
        raise UserError(
            f"--vehicle {spec.kind}:{spec.frame}: profile {profile.name} needs a copter, or a simulated quadplane"
        )
    return spec, None


def has_controller(spec: VehicleSource | None) -> bool:
    return spec is not None and spec.kind != "sim"


def carrier_of(profile: Profile, vehicle: VehicleSource | None = None, terrain: Path | None = None) -> CarrierMaker:
    """Return the maker of a carrier without a flight controller. The box is only loaded if it flies. `terrain`: the
    ground at its dock."""
    if profile.vehicle == KINEMATIC:
        return modelled_skimmer
    from sortie.loop.box import simulated_box

    return partial(simulated_box, terrain=terrain, kind=(vehicle or VehicleSource()).frame)
