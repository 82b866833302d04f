"""`--traffic FILE`: other aircraft of a run: scripted tracks and drawn encounters as TOML, recorded flights as CSV."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Annotated, Final

from msgspec import Meta, Struct

from autopilot.interface.earth import on_earth
from autopilot.interface.geo import GeoPoint, to_local
from autopilot.interface.mathematics import cos, sin
from sitl.world.encounters import EncounterModel
from sitl.world.receiver import ReceiverSettings
from sitl.world.sky import Aircraft, Knot, Sky, straight
from sortie.config.encounter_models import EMITTERS, parse_network, read_network
from sortie.config.errors import UserError, nearest
from sortie.config.state_vectors import RecordedTrack, parse_state_vectors
from sortie.config.tables import read_tables, read_text
from sortie.config.transponders import are_raw, parse_transponders

_SPANS: Final = ("speed_mps", "climb_mps", "miss_m", "miss_z_m", "course_deg")
_FIRST_NUMBER: Final = 0x400001
_MOST_AIRCRAFT: Final = 10_000
_LARGEST_FILE: Final = 16 << 20
Metres = Annotated[float, Meta(ge=-1e6, le=1e6)]
Seconds = Annotated[float, Meta(ge=0.0, le=1e6)]
Share = Annotated[float, Meta(ge=0.0, le=1.0)]
Speed = Annotated[float, Meta(ge=0.0, le=1000.0)]
Rate = Annotated[float, Meta(ge=-200.0, le=200.0)]
Degrees = Annotated[float, Meta(ge=-360.0, le=360.0)]


class ReceiverTable(Struct, frozen=True, forbid_unknown_fields=True):
    range_m: Annotated[float, Meta(gt=0.0, le=1e6)] = 50_000.0
    rate_hz: Annotated[float, Meta(gt=0.0, le=50.0)] = 1.0
    dropout: Share = 0.0
    noise_m: Annotated[float, Meta(ge=0.0, le=10_000.0)] = 0.0
    altitude: str = "geometric"
    pressure_error_m: Metres = 0.0


class AircraftTable(Struct, frozen=True, forbid_unknown_fields=True):
    """Table [[aircraft]]. `at`: north, east and up of home, m. `place`: latitude and longitude, degrees, and altitude,
    m AMSL. `knots`: time, s, with the same as `at`."""

    callsign: Annotated[str, Meta(max_length=8)] = ""
    icao: Annotated[int, Meta(ge=1, le=0xFFFFFF)] | None = None
    emitter: str | Annotated[int, Meta(ge=0, le=19)] = 0
    squawk: Annotated[int, Meta(ge=0, le=7777)] = 0
    at: tuple[Metres, Metres, Metres] | None = None
    place: tuple[float, float, Metres] | None = None
    track_deg: Degrees = 0.0
    speed_mps: Speed = 0.0
    climb_mps: Rate = 0.0
    start_s: Seconds = 0.0
    for_s: Annotated[float, Meta(gt=0.0, le=1e6)] = 3600.0
    knots: Annotated[list[tuple[Seconds, Metres, Metres, Metres]], Meta(min_length=2, max_length=10_000)] | None = None
    ghost: bool = False


class EncountersTable(Struct, frozen=True, forbid_unknown_fields=True):
    """Table [encounters] (`sitl.world.encounters.EncounterModel`). `per_hour`: encounters per flight hour."""

    model: Annotated[str, Meta(min_length=1, max_length=1000)] | None = None
    speed_mps: tuple[Speed, Speed] | None = None
    climb_mps: tuple[Rate, Rate] | None = None
    miss_m: tuple[Metres, Metres] | None = None
    miss_z_m: tuple[Metres, Metres] | None = None
    course_deg: tuple[Degrees, Degrees] | None = None
    lead_s: Annotated[float, Meta(gt=0.0, le=3600.0)] = 60.0
    count: Annotated[int, Meta(ge=1, le=10_000)] = 1
    first_s: Seconds = 20.0
    gap_s: Seconds = 120.0
    per_hour: Annotated[float, Meta(ge=0.0, le=3600.0)] = 0.0
    above_m: Metres = 5.0
    for_s: Annotated[float, Meta(gt=0.0, le=3600.0)] = 60.0
    emitter: str | Annotated[int, Meta(ge=0, le=19)] = "light"


class TrafficFile(Struct, frozen=True, forbid_unknown_fields=True):
    receiver: ReceiverTable = ReceiverTable()
    aircraft: Annotated[list[AircraftTable], Meta(max_length=_MOST_AIRCRAFT)] = []
    encounters: EncountersTable | None = None


_TABLES: Final[dict[str, type[Struct]]] = {
    "receiver": ReceiverTable,
    "aircraft": AircraftTable,
    "encounters": EncountersTable,
}


class TrafficPlan(Struct, frozen=True):
    """Checked contents of a file."""

    receiver: ReceiverSettings
    aircraft: list[AircraftTable]
    encounters: EncounterModel | None
    recorded: list[RecordedTrack] = []

    def sky(self, home: GeoPoint) -> Sky:
        """Return the aircraft around `home`, the place of the run's first vehicle."""
        scripted = [_aircraft(table, number, home) for number, table in enumerate(self.aircraft)]
        return Sky(home, [*scripted, *(track.aircraft(home) for track in self.recorded)])


def read_traffic(path: Path) -> TrafficPlan:
    """Read the traffic of a file. UserError in one line: the key and its possible values."""
    where = f"traffic {path}"
    text = read_sky(path, where)
    if path.suffix.lower() == ".csv":
        parse = parse_transponders if are_raw(text) else parse_state_vectors
        return TrafficPlan(ReceiverSettings(), [], None, parse(text, where))
    return parse_traffic(text, where, read_model(text, where, path.parent))


def read_model(text: str, where: str, folder: Path) -> str:
    """Return the text of the encounter network that a traffic file names, or "". UserError."""
    encounters = read_tables(text, where, TrafficFile, _TABLES).encounters
    return "" if encounters is None or encounters.model is None else read_network(encounters.model, folder, where)


def read_sky(path: Path, where: str) -> str:
    """Read the text of a traffic file. UserError."""
    return read_text(path, where, _LARGEST_FILE)


def parse_traffic(text: str, where: str, model: str = "") -> TrafficPlan:
    """Parse a traffic file; `where` names it for people; `model`: the text of its encounter network."""
    file = read_tables(text, where, TrafficFile, _TABLES)
    if file.receiver.altitude not in ("geometric", "pressure"):
        raise UserError(f"{where}: receiver.altitude: '{file.receiver.altitude}' is neither geometric nor pressure")
    for number, table in enumerate(file.aircraft, 1):
        _check(table, f"{where}: aircraft {number}")
    encounters = None if file.encounters is None else _model(file.encounters, f"{where}: encounters", model)
    heard = file.receiver
    receiver = ReceiverSettings(
        heard.range_m, heard.rate_hz, heard.dropout, heard.noise_m, heard.altitude == "pressure", heard.pressure_error_m
    )
    return TrafficPlan(receiver, file.aircraft, encounters)


def _check(table: AircraftTable, where: str) -> None:
    ways = [name for name in ("at", "place", "knots") if getattr(table, name) is not None]
    if len(ways) != 1:
        raise UserError(f"{where}: expected one of at, place and knots, found {' and '.join(ways) or 'none'}")
    _emitter(table.emitter, where)
    if table.place is not None and not on_earth(*table.place[:2]):
        raise UserError(f"{where}: place: expected a latitude from -90 to 90 and a longitude from -180 to 180")
    times = [knot[0] for knot in table.knots or ()]
    if any(later <= before for before, later in pairwise(times)):
        raise UserError(f"{where}: knots: expected times that rise from knot to knot")


def _emitter(emitter: str | int, where: str) -> int:
    if isinstance(emitter, int):
        return emitter
    if emitter not in EMITTERS:
        raise UserError(f"{where}: emitter: '{emitter}' is none of {', '.join(EMITTERS)}{nearest(emitter, EMITTERS)}")
    return EMITTERS[emitter]


def _model(table: EncountersTable, where: str, text: str) -> EncounterModel:
    spans = {name: span for name in _SPANS if (span := getattr(table, name)) is not None}
    for name, (low, high) in spans.items():
        if table.model is not None:
            raise UserError(f'{where}: {name}: model = "{table.model}" draws it; leave one of them out')
        if low > high:
            raise UserError(f"{where}: {name}: expected [from, to], found {low:g} above {high:g}")
    others = [name for name in EncountersTable.__struct_fields__ if name not in (*_SPANS, "model")]
    values = spans | {name: getattr(table, name) for name in others}
    network = None if table.model is None else parse_network(text, table.model, where)
    return EncounterModel(**(values | {"emitter": _emitter(table.emitter, where), "network": network}))


def _aircraft(table: AircraftTable, number: int, home: GeoPoint) -> Aircraft:
    return Aircraft(
        _FIRST_NUMBER + number if table.icao is None else table.icao,
        _knots(table, home),
        table.callsign,
        _emitter(table.emitter, ""),
        table.squawk,
        table.ghost,
    )


def _knots(table: AircraftTable, home: GeoPoint) -> tuple[Knot, ...]:
    if table.knots is not None:
        return tuple((time_s, (north, east, -up)) for time_s, north, east, up in table.knots)
    if table.place is not None:
        begin = to_local(home, *table.place)
    else:
        north, east, up = table.at or (0.0, 0.0, 0.0)
        begin = (north, east, -up)
    course = table.track_deg / 57.29577951308232
    velocity = (table.speed_mps * cos(course), table.speed_mps * sin(course), -table.climb_mps)
    return straight(table.start_s, begin, velocity, table.for_s)
