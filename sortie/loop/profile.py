"""Profiles of the loop: TOML, checked key by key, with one line for each mistake."""

from __future__ import annotations

import math
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import msgspec

from autopilot.interface.earth import HIGHEST_M, is_place
from autopilot.interface.mathematics import hypot
from autopilot.vehicles.kinds import KINDS
from depot.decisions.docking import beyond_limits
from depot.physics.windows import Almanac
from depot.readings import Relative
from depot.settings import Profile
from sortie.config.errors import UserError, nearest
from sortie.config.files import is_there, text_of
from sortie.config.tables import complaint, converted, parse_toml

BUILT_IN = ("space", "drone-box")
# Keys whose suffix said milliseconds for a speed, by table; their old names are accepted for one version.
_RENAMED: Final = {"box": {"speed_ms": "speed_mps", "wind_ms": "wind_mps", "wind_max_ms": "wind_max_mps"}}
AXIS_SLACK = 0.01
"""Largest error of the length of `corridor.axis`, a unit vector."""
WELL_BEFORE = 0.7
"""Largest share of the margins' time that may pass until a loss is noticed."""


def profile_text(name: str) -> str:
    if name not in BUILT_IN:
        raise UserError(f"--print-profile {name}: known profiles are {', '.join(BUILT_IN)}{nearest(name, BUILT_IN)}")
    return (files("sortie.loop") / "profiles" / f"{name}.toml").read_text(encoding="utf-8")


def load_profile(given: str) -> tuple[Profile, str | None]:
    """Load a built-in profile by name, or a file, with a warning about it."""
    if given in BUILT_IN:
        text, where = profile_text(given), given
    else:
        where = f"{Path(given)}"
        if not is_there(given):
            known = ", ".join(BUILT_IN)
            raise UserError(
                f"--profile {given}: neither a known profile ({known}) nor a file{nearest(given, BUILT_IN)}"
            )
        text = text_of(Path(given), f"--profile {given}")
    return parse_profile(text, where)


def parse_profile(text: str, where: str) -> tuple[Profile, str | None]:
    """Parse a profile, with a warning about names of an earlier version. UserError with the place of a mistake."""
    values = parse_toml(text, f"--profile {where}")
    warning = _rename_keys(values, where)
    _check_keys(values, where)
    profile = converted(values, Profile, f"--profile {where}")
    _check_sense(profile, where)
    for kind in profile.kinds:
        profile_of_kind(profile, kind, where)
    return profile, warning


def profile_of_kind(profile: Profile, kind: str, where: str = "") -> Profile:
    """Return the profile for a kind of vehicle. UserError as for `parse_profile`."""
    values = msgspec.to_builtins(profile)
    for table, differs in profile.kinds.get(kind, {}).items():
        values[table] = values[table] | differs if isinstance(values[table], dict) else differs
    try:
        flown = msgspec.convert(values, Profile)
    except msgspec.ValidationError as error:
        raise UserError(
            f"--profile {where or profile.name}: kinds.{kind}.{complaint(error, values, float | int)}"
        ) from None
    _check_sense(flown, where or profile.name)
    return flown


def _rename_keys(values: dict[str, Any], where: str) -> str | None:
    """Rename keys of an earlier version, and return the warning about them."""
    found: list[str] = []
    for table, names in _RENAMED.items():
        inner = values.get(table)
        if not isinstance(inner, dict):
            continue
        for old, new in names.items():
            if old not in inner:
                continue
            if new in inner:
                raise UserError(f"--profile {where}: '{table}.{old}' is '{table}.{new}' now, and both are given")
            inner[new] = inner.pop(old)
            found.append(f"{table}.{old} is {table}.{new}")
    if not found:
        return None
    return f"--profile {where}: {', '.join(found)} now; the next version takes the new name alone"


def _check_keys(values: dict[str, Any], where: str) -> None:
    """Raise UserError for unknown tables and keys, with the nearest known one; also in those of kinds."""
    kinds = values.get("kinds", {})
    for kind, tables in kinds.items() if isinstance(kinds, dict) else ():
        if kind not in KINDS:
            raise UserError(f"--profile {where}: unknown kind '{kind}'{nearest(kind, KINDS)}")
        if isinstance(tables, dict):
            _check_keys({key: value for key, value in tables.items() if key != "kinds"}, f"{where}: kinds.{kind}")
    for key, value in values.items():
        if key not in Profile.__struct_fields__:
            kind = "table" if isinstance(value, dict) else "key"
            raise UserError(f"--profile {where}: unknown {kind} '{key}'{nearest(key, Profile.__struct_fields__)}")
        default = getattr(Profile(), key)
        if not isinstance(default, msgspec.Struct) or not isinstance(value, dict):
            continue
        known = default.__struct_fields__
        for inner in value:
            if inner not in known:
                raise UserError(f"--profile {where}: unknown key '{key}.{inner}'{nearest(inner, known)}")


def _check_sense(profile: Profile, where: str) -> None:
    """Check rules about several keys."""
    from sortie.loop.faults import NAMES

    def refuse(text: str) -> None:
        raise UserError(f"--profile {where}: {text}")

    if not profile.plan.waypoints:
        refuse("plan.waypoints: at least one is needed")
    expected = f"is no place: latitude, longitude, altitude below {HIGHEST_M:.0f} m"
    for number, place in enumerate(profile.plan.waypoints, 1):
        if not is_place(*place):
            refuse(f"plan.waypoints: number {number} {expected}")
    if not is_place(*profile.box.home):
        refuse(f"box.home {expected}")
    found_s, margin_s = loss_found_s(profile), margins_last_s(profile)
    if found_s > WELL_BEFORE * margin_s:
        refuse(
            f"heartbeat.period_s: a skimmer that is lost is noticed after {found_s:g} s, but its margins last "
            f"{margin_s:g} s; at most {WELL_BEFORE * margin_s:g} s of that may pass"
        )
    skimmer = profile.skimmer
    if skimmer.launch_propellant_kg > skimmer.propellant_kg:
        refuse("skimmer.launch_propellant_kg is more than skimmer.propellant_kg holds")
    used = skimmer.departure_kg + skimmer.outbound_kg + skimmer.return_kg + skimmer.dock_kg
    if used * (1.0 + skimmer.fuel_reserve) > skimmer.launch_propellant_kg:
        refuse(f"skimmer.launch_propellant_kg: the way out and back with its reserve takes {used:g} kg and more")
    for table, names in (("hazards", profile.hazards), ("retirement.repairable", profile.retirement.repairable)):
        for name in names:
            if name not in NAMES:
                refuse(f"{table}: unknown fault '{name}'{nearest(name, NAMES)}")
    for low, high in (("drift_warn_m", "corridor_m"), ("soxe_warn_k", "soxe_max_k")):
        if getattr(profile.watch, low) >= getattr(profile.watch, high):
            refuse(f"watch.{low} must be below watch.{high}")
    depot = profile.depot
    for key, limit in (("cryo_k", "cryo_warn_k"), ("soxe_k", "soxe_warn_k")):
        if getattr(depot, key) >= getattr(profile.watch, limit):
            refuse(f"depot.{key} must be below watch.{limit}, or nothing is ever launched")
    if depot.cryo_k > depot.go_cryo_k:
        refuse("depot.cryo_k is above depot.go_cryo_k: nothing is ever launched")
    if profile.thermal.spine_stress_k >= profile.thermal.spine_max_k:
        refuse("thermal.spine_stress_k must be below thermal.spine_max_k")
    if not abs(hypot(*profile.corridor.axis) - 1.0) <= AXIS_SLACK:  # NaN too
        refuse("corridor.axis must have the length 1")
    place_m = _waits_m(profile)
    beyond = beyond_limits(profile.corridor, Relative(place_m, (0.0, 0.0, 0.0), 0.0, 0.0))
    if beyond:
        where_it_waits = ", ".join(f"{part:g} m" for part in place_m)
        refuse(
            f"corridor: the skimmer waits at {where_it_waits} (up, along, across) for its clearance, beyond the "
            f"limit {', '.join(beyond)}: nothing would ever dock"
        )


def _waits_m(profile: Profile) -> tuple[float, float, float]:
    """Place at which the skimmer waits for its docking clearance: up, along, across, m from the dock."""
    if profile.vehicle == "kinematic":  # behind the depot, where it stays at rest without propellant
        return (0.0, -profile.corridor.gate_m, 0.0)
    return (profile.box.corridor_height_m, profile.box.corridor_m, 0.0)


def loss_found_s(profile: Profile) -> float:
    """Longest time until missed heartbeats lead to a forced recall, s."""
    beats = profile.heartbeat
    closed_s = 0.0
    if profile.vehicle == "kinematic":  # a beat that is due behind a closed comms window is delayed
        orbit = Almanac(profile.orbit).orbit
        closed_s = profile.orbit.blocked_deg / 360.0 * orbit.period_s
    return closed_s + beats.misses * beats.period_s + beats.grace_s + beats.polls * beats.poll_s


def margins_last_s(profile: Profile) -> float:
    """Return the time that the reserve for the way back lasts at the highest consumption, s, of propellant or charge. A
    loss must be noticed before (seed 000, 3)."""
    use, power, plan = profile.skimmer, profile.power, profile.plan
    rates_kg_s = (use.outbound_kg / plan.outbound_s, use.harvest_kg / plan.harvest_s, use.return_kg / plan.return_s)
    reserve_kg = use.fuel_reserve * (use.return_kg + use.dock_kg)
    drawn_w = max(math.fsum(power.cruise_w), math.fsum(power.harvest_w))
    reserve_wh = power.power_reserve * math.fsum(power.cruise_w) * (plan.return_s + plan.dock_s) / 3600.0
    lasts = [reserve_kg / max(rates_kg_s) if max(rates_kg_s) > 0.0 else math.inf]
    lasts.append(reserve_wh * 3600.0 / drawn_w if drawn_w > 0.0 else math.inf)
    return min(lasts)
