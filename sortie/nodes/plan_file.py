"""Plan files: reading and checking, and the start of a simulated vehicle that flies the plan."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from autopilot.commands.plans import Plans
from autopilot.interface.geo import GeoPoint, distance, to_global
from autopilot.mav import MissionType
from autopilot.mission.commands import PX4S
from autopilot.mission.items import MissionItem
from autopilot.mission.plan import Plan, PlanError, parse_plan
from autopilot.mission.validate import check_item, unknown_command
from mavlink_bridge.services.mission.transfer import MAX_ITEMS
from sortie.config.errors import UserError
from sortie.config.files import content_of
from sortie.config.installed import installed
from sortie.nodes.vehicle import VehicleService

MAX_AWAY_M = 50_000.0


def read_plan(path: Path) -> Plan:
    """Read a plan file. UserError in one line: file, place, what was expected."""
    installed()  # a plan may hold commands of packages
    try:
        data = content_of(path)
    except (OSError, ValueError) as error:  # an impossible file name is a ValueError
        why = error.strerror if isinstance(error, OSError) else error
        raise UserError(f"{path}: {why}; expected a .plan, .waypoints or .txt file") from error
    try:
        plan = parse_plan(data, path.name)
    except PlanError as error:
        raise UserError(f"{path}: {error}") from error
    if not plan.items:
        raise UserError(f"{path}: has no mission items; nothing to fly")
    check_plan(plan, path)
    return plan


def start_of(plan: Plan) -> GeoPoint | None:
    """Return the start of a simulated vehicle: the plan's home, or its first place without a home."""
    if plan.home is not None and (plan.home.lat, plan.home.lon) != (0.0, 0.0):
        return plan.home
    first = plan.first_place()
    return None if first is None else GeoPoint(first.x, first.y)


def check_reach(plan: Plan, home: GeoPoint, hint: str = "leave out --home or move it") -> None:
    """Raise UserError with `hint` when the first place of the plan is more than 50 km from the vehicle."""
    place = start_of(replace(plan, home=None))
    if place is not None and (away := distance(home, place)) > MAX_AWAY_M:
        raise UserError(
            f"the first item is {away / 1000.0:.0f} km away, at {place.lat:.6f},{place.lon:.6f}, the vehicle stands at "
            f"{home.lat:.6f},{home.lon:.6f}; expected at most {MAX_AWAY_M / 1000.0:.0f} km: {hint}"
        )


def check_plan(plan: Plan, source: Path) -> None:
    """Raise UserError, beginning with `source`, for what an upload of the plan would refuse, and for what only a PX4
    would keep: the vehicle of a file is not known yet."""
    installed()  # a plan may hold commands of packages
    for kind, items in _by_kind(plan).items():
        if len(items) > MAX_ITEMS:
            raise UserError(f"{source}: {len(items)} {kind.name.lower()} items; a vehicle takes at most {MAX_ITEMS}")
        for number, item in enumerate(items, start=1):
            verdict = check_item(item, kind, len(items) + 1)
            if item.command in PX4S:
                verdict = unknown_command(item.command)
            if not verdict.ok:
                raise UserError(f"{source}: {kind.name.lower()} item {number}: {verdict.text}")
        complaint = Plans.check(kind, items)
        if complaint is not None:
            raise UserError(f"{source}: {complaint}")


def moved_plan(plan: Plan, offset: tuple[float, float]) -> Plan:
    """Move a plan with home, fence and rally points by metres to the north and east. Without an offset, the plan itself
    is returned, because recomputed places differ in their last bits."""
    north, east = offset
    if not north and not east:
        return plan

    def moved(item: MissionItem) -> MissionItem:
        if not item.is_placed:
            return item
        place = to_global(GeoPoint(item.x, item.y), (north, east, 0.0))
        return replace(item, x=place.lat, y=place.lon)

    def all_moved(items: tuple[MissionItem, ...]) -> tuple[MissionItem, ...]:
        return tuple(moved(item) for item in items)

    home = None if plan.home is None else to_global(plan.home, (north, east, 0.0))
    return replace(
        plan, items=all_moved(plan.items), fence=all_moved(plan.fence), rally=all_moved(plan.rally), home=home
    )


def load_plan(service: VehicleService, plan: Plan) -> None:
    """Put mission, fence and rally points of a checked plan into the vehicle."""
    for kind, items in _by_kind(plan).items():
        service.autopilot.plans.keep(kind, items)


def _by_kind(plan: Plan) -> dict[MissionType, tuple[MissionItem, ...]]:
    return {MissionType.MISSION: plan.items, MissionType.FENCE: plan.fence, MissionType.RALLY: plan.rally}
