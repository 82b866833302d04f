"""Which loop flies a profile, by the vehicle that it names."""

from __future__ import annotations

from autopilot.depot.settings import Profile
from sortie.errors import UserError
from sortie.loop.space import SpaceLoop

KINEMATIC, COPTER = "kinematic", "sim:copter"


def check_vehicle(profile: Profile, given: str | None) -> str | None:
    """UserError when the loop cannot fly it; else a warning, or None. `given`: --vehicle."""
    if profile.vehicle not in (KINEMATIC, COPTER):
        raise UserError(
            f"--profile {profile.name}: vehicle '{profile.vehicle}': the loop flies {KINEMATIC} or {COPTER}"
        )
    if given is None or given == profile.vehicle:
        return None
    if profile.vehicle == KINEMATIC:
        return f"--vehicle is ignored: profile {profile.name} has no vehicle to fly"
    raise UserError(f"--vehicle {given}: the loop flies {COPTER}; sortie serve flies other vehicles")


def loop_of(profile: Profile) -> type[SpaceLoop]:
    """The loop's class; that of the copter is only loaded where it flies."""
    if profile.vehicle == KINEMATIC:
        return SpaceLoop
    from sortie.loop.box import BoxLoop

    return BoxLoop
