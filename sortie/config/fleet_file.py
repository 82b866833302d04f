"""`--fleet FILE`: TOML with `[defaults]` and a `[[vehicle]]` for each group of vehicles."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from autopilot.vehicles.kinds import KINDS
from sortie.config.errors import UserError, nearest
from sortie.config.files import named_path, text_of
from sortie.config.formation import FORMATIONS, LARGEST_SYSTEM, OWN_SYSTEM_NAMES, SPACING_M, moved, places, seed_of
from sortie.config.links_of_fleet import check_own_links
from sortie.config.option import OptionForm
from sortie.config.radio import radio_profile
from sortie.config.settings import Settings
from sortie.config.tables import check_keys, converted, parse_toml
from sortie.config.values import OURS, VehicleSource, parse_home, parse_vehicle
from sortie.config.vehicle_spec import SHARED, VehicleSpec, texts_of

EXAMPLE: Final = f"""\
# A fleet for `sortie serve --fleet FILE` and `sortie fly --fleet FILE`.
# What a [[vehicle]] does not say holds as [defaults] says it, and then as the command line does.

[defaults]
kind = "copter"                                # {", ".join(KINDS)}; or ardupilot:copter=BINARY,world=ours
home = "-35.363261,149.165230,584,353"         # LAT,LON,ALT,HEADING: the place from which offsets count
formation = "grid"                             # grid, line or ring: how the `count` of a [[vehicle]] stand
spacing = {SPACING_M:g}                                   # m from neighbour to neighbour
params = {{ SIM_WIND_SPD = 3.0 }}
# terrain = "tiles"                            # file or folder of SRTM or GeoTIFF tiles: what all stand on
# traffic = "sky.toml"                         # other aircraft: docs/traffic.md
# plan = "mission.plan"                        # what `sortie fly` flies, moved by each vehicle's offset

[[vehicle]]                                    # system ids 1, 2, 3
count = 3

[[vehicle]]
kind = "rover"
sysid = 20                                     # else the next free one
offset = [0.0, -40.0]                          # m north, m east of home; or a `home` of its own
# firmware = "px4"                             # whose words it speaks; else ardupilot
# seed = 7                                     # else from --seed and the system id
# fault = ["gps.loss@60..90"]
# links = ["tcpin:127.0.0.1:5770"]             # of its own; of several {{5760+10*n}}: n counts those of the file from 0
# radio = "sik-57600"                          # on its own links; docs/radios.md
"""

Positive = Annotated[int, Meta(ge=1, le=100_000)]
SystemId = Annotated[int, Meta(ge=1, le=LARGEST_SYSTEM)]
Distance = Annotated[float, Meta(gt=0.0, le=100_000.0)]
Offset = Annotated[float, Meta(ge=-100_000.0, le=100_000.0)]


class FleetEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """[defaults] or a [[vehicle]]; None: not given. See `EXAMPLE`."""

    count: Positive | None = None
    kind: str | None = None
    sysid: SystemId | None = None
    home: str | None = None
    offset: tuple[Offset, Offset] | None = None
    seed: Annotated[int, Meta(ge=0)] | None = None
    params: dict[str, float] | None = None
    plan: str | None = None
    fault: list[str] | None = None
    links: list[str] | None = None
    radio: str | None = None
    terrain: str | None = None
    traffic: str | None = None
    obstacles: str | None = None
    formation: str | None = None
    spacing: Distance | None = None
    shared: dict[str, Any] | None = None
    """Options of `SHARED` without a field here, by key; not a key of the file."""


_OPTIONS: Final = tuple(key for key in SHARED if key not in FleetEntry.__struct_fields__)
_KEYS: Final = (*(key for key in FleetEntry.__struct_fields__ if key != "shared"), *_OPTIONS)
_ONE_EACH: Final = frozenset({"sysid", "count", "offset", "seed"})
"""Keys that [defaults] cannot have, because they differ between vehicles."""
_ONE_WORLD: Final = ("terrain", "traffic", "obstacles")
"""Keys that only [defaults] can have."""


class Layout(Struct, frozen=True):
    """Layout of a group of vehicles (`sortie.config.formation.places`)."""

    formation: str = FORMATIONS[0]
    spacing_m: float = SPACING_M


def read_fleet(path: Path, base: VehicleSpec, layout: Layout) -> list[VehicleSpec]:
    """Read the vehicles of a file in order. `base` and `layout` are defaults. UserError in one line: the key and its
    possible values."""
    where = f"--fleet {path}"
    text = text_of(path, where, "`sortie serve --print-fleet` shows one to start from")
    return parse_fleet(text, path.parent, where, base, layout)


def parse_fleet(text: str, folder: Path, where: str, base: VehicleSpec, layout: Layout) -> list[VehicleSpec]:
    """Parse a fleet file; `where` names it for people; other files are searched from `folder`."""
    table = parse_toml(text, where)
    defaults, entries = _entries(table, where)
    fleet: list[VehicleSpec] = []
    taken: set[int] = set()
    named = {entry.sysid + k for entry in entries if entry.sysid is not None for k in range(entry.count or 1)}
    for number, entry in enumerate(entries, 1):
        label = f"{where}: vehicle {number}"
        fleet += _vehicles(_over(entry, defaults), base, layout, folder, taken, named, len(fleet), label)
    check_own_links(fleet, where)
    return fleet


def _entries(table: dict[str, Any], where: str) -> tuple[FleetEntry, list[FleetEntry]]:
    for key in table:
        if key not in ("defaults", "vehicle"):
            raise UserError(f"{where}: unknown table '{key}'{nearest(key, ('defaults', 'vehicle'))}")
    listed = table.get("vehicle")
    if not isinstance(listed, list) or not listed:
        raise UserError(f"{where}: has no [[vehicle]]; `sortie serve --print-fleet` shows a fleet to start from")
    defaults = _entry(table.get("defaults", {}), f"{where}: defaults")
    for key in sorted(_ONE_EACH):
        if getattr(defaults, key) is not None:
            raise UserError(f"{where}: defaults.{key} cannot be the same for all vehicles; give it in a [[vehicle]]")
    for key in _ONE_WORLD:
        if any(isinstance(entry, dict) and key in entry for entry in listed):
            raise UserError(f"{where}: {key} is the same for all vehicles; give it in [defaults]")
    return defaults, [_entry(entry, f"{where}: vehicle {number}") for number, entry in enumerate(listed, 1)]


def _entry(table: object, where: str) -> FleetEntry:
    if not isinstance(table, dict):
        raise UserError(f"{where}: expected a table")
    check_keys(table, _KEYS, where)
    shared = {key: _option(key, table[key], where) for key in _OPTIONS if key in table}
    entry = converted({key: value for key, value in table.items() if key not in shared}, FleetEntry, where)
    entry = msgspec.structs.replace(entry, shared=shared)
    if entry.kind is not None:
        _source(entry.kind, where)
    if entry.formation is not None and entry.formation not in FORMATIONS:
        close = nearest(entry.formation, FORMATIONS)
        raise UserError(f"{where}: formation: '{entry.formation}' is none of {', '.join(FORMATIONS)}{close}")
    if entry.home is not None and entry.offset is not None:
        raise UserError(f"{where}: home and offset are both given; leave out one of them")
    for name in entry.params or ():
        if name.upper() in OWN_SYSTEM_NAMES:
            raise UserError(f"{where}: params.{name.upper()} would be a second system id; use the key sysid")
    return entry


def _source(kind: str, where: str) -> VehicleSource:
    """Parse a kind by name, or a vehicle in our world in the form of --vehicle."""
    if ":" not in kind and kind not in KINDS:
        raise UserError(f"{where}: kind: '{kind}' is none of {', '.join(KINDS)}{nearest(kind, KINDS)}")
    try:
        source = parse_vehicle(kind if ":" in kind else f"sim:{kind}")
    except UserError as error:
        raise UserError(f"{where}: kind: {error.worded('kind')}") from None
    if source.kind != "sim" and not source.in_our_world:
        raise UserError(f"{where}: kind: '{kind}' has its own simulator; a fleet needs Sortie's: {source},world={OURS}")
    return source


def _option(key: str, value: object, where: str) -> object:
    row = SHARED[key]
    if isinstance(value, dict) or isinstance(value, list) is not (row.kind is OptionForm.LIST):
        raise UserError(f"{where}: {key} must be {'a list' if row.kind is OptionForm.LIST else 'a single value'}")
    return row.parse_value(value, f"{where}: {key}")


def _over(entry: FleetEntry, defaults: FleetEntry) -> FleetEntry:
    """Merge an entry with the defaults; parameters are added."""
    inherited = {key: getattr(defaults, key) for key in FleetEntry.__struct_fields__}
    own = {key: getattr(entry, key) for key in FleetEntry.__struct_fields__ if getattr(entry, key) is not None}
    params, shared = (defaults.params or {}) | (entry.params or {}), (defaults.shared or {}) | (entry.shared or {})
    return FleetEntry(**(inherited | own | {"params": params, "shared": shared}))


def _vehicles(
    entry: FleetEntry,
    base: VehicleSpec,
    layout: Layout,
    folder: Path,
    taken: set[int],
    named: set[int],
    number: int,
    where: str,
) -> list[VehicleSpec]:
    try:
        home, heading = (base.home, base.heading_deg) if entry.home is None else parse_home(entry.home)
        radio = base.radio if entry.radio is None else radio_profile(entry.radio, "radio", folder)
    except UserError as error:
        raise error.within(where) from None
    if entry.kind is not None:
        source = _source(entry.kind, where)
        if source.target:
            source = replace(source, target=str(folder / named_path(source.target)))
        base = replace(base, kind=source.frame, flown_by=source if source.in_our_world else None)
    north, east = entry.offset or (0.0, 0.0)
    made = []
    for k, (n, e) in enumerate(
        places(entry.formation or layout.formation, entry.count or 1, entry.spacing or layout.spacing_m)
    ):
        system = _system(entry.sysid, k, taken, named, base.system or 1, where)
        offset = (north + n, east + e)
        made.append(
            replace(
                base,
                system=system,
                home=moved(home, *offset),
                heading_deg=heading,
                seed=seed_of(base.seed, system) if entry.seed is None else entry.seed + k,
                param=(*base.param, *texts_of(entry.params or {})),
                fault=(*base.fault, *(entry.fault or ())),
                offset=offset,
                number=number + k,
                plan=None if entry.plan is None else folder / named_path(entry.plan),
                link=tuple(entry.links or ()),
                terrain=base.terrain if entry.terrain is None else folder / named_path(entry.terrain),
                traffic=base.traffic if entry.traffic is None else folder / named_path(entry.traffic),
                obstacles=base.obstacles if entry.obstacles is None else folder / named_path(entry.obstacles),
                radio=radio,
                source=where,
                alone=False,
                **(entry.shared or {}),
            )
        )
    return made


def _system(first: int | None, k: int, taken: set[int], named: set[int], lowest: int, where: str) -> int:
    """Return the k-th id from the one that the file names, otherwise the lowest free id."""
    if first is not None:
        system = first + k
        if system in taken:
            raise UserError(f"{where}: sysid {system} is already used by an earlier vehicle")
    else:
        free = (number for number in range(lowest, LARGEST_SYSTEM + 1) if number not in taken and number not in named)
        system = next(free, LARGEST_SYSTEM + 1)
    if system > LARGEST_SYSTEM:
        raise UserError(f"{where}: system ids end at {LARGEST_SYSTEM}")
    taken.add(system)
    return system


def fleet_of(settings: Settings, base: VehicleSpec) -> list[VehicleSpec]:
    """Return the fleet of a run (`Settings.is_fleet`). UserError for settings that no fleet can have."""
    layout = Layout(settings.formation, settings.spacing)
    if settings.fleet is None:
        return counted_fleet(settings.count or 1, base, layout, settings.networks)
    if settings.count is not None:
        raise UserError("--count: the --fleet file says how many there are; leave one of the two out")
    if settings.networks != 1:
        raise UserError("--networks: a --fleet file has one network only; leave it out")
    return read_fleet(settings.fleet, base, layout)


def counted_fleet(count: int, base: VehicleSpec, layout: Layout, networks: int | None = None) -> list[VehicleSpec]:
    """Return `count` vehicles like `base` in formation, with system ids from its own, repeated in each network;
    networks differ by one vehicle at most. `networks` None: as many as needed."""
    first = base.system or 1
    room = LARGEST_SYSTEM - first + 1
    if room < 1:
        raise UserError(
            f"the vehicles of a fleet have system ids up to {LARGEST_SYSTEM}", option="sysid", given=str(first)
        )
    networks = -(-count // room) if networks is None else networks
    if networks > count:
        raise UserError(
            f"{count} vehicles cannot be spread over more than {count} networks", option="networks", given=str(networks)
        )
    if count > networks * room:
        raise UserError(
            f"a network has at most {room} vehicles, with system ids {first} to {LARGEST_SYSTEM}; for more use "
            f"--networks {-(-count // room)}, each with its own links",
            option="count",
            given=str(count),
        )
    systems = [
        (network, first + k)
        for network in range(networks)
        for k in range(count * (network + 1) // networks - count * network // networks)
    ]
    stands = zip(systems, places(layout.formation, count, layout.spacing_m), strict=True)
    return [
        replace(
            base,
            alone=False,
            system=system,
            home=moved(base.home, *offset),
            seed=seed_of(base.seed, system, network),
            network=network,
            offset=offset,
            number=number,
            several_networks=networks > 1,
        )
        for number, ((network, system), offset) in enumerate(stands)
    ]
