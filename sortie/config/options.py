"""The table of options: each said once, for every command that takes it, in the order of the help.

Two rows with one name are one option with two meanings: no command takes both, and both are read alike. Parsers that
need more than a word (`--param`, `--fault`, `--link`, `--connect`) come later, where what they name is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from autopilot.interface.geo import GeoPoint
from autopilot.vehicles.kinds import KINDS
from sortie.config.campaign_options import CAMPAIGN, CAMPAIGN_ANSWERS
from sortie.config.formation import FORMATIONS, SPACING_M
from sortie.config.option import ANYWHERE, Group, Kind, Option, Sources, Where
from sortie.config.values import (
    DEFAULT_CONNECT,
    Bounds,
    VehicleSource,
    checked_metrics,
    listen_address,
    number_from_zero,
    one_of,
    parse_home,
    parse_speedup,
    parse_vehicle,
    path,
    positive_number,
    pulse_address,
    system_or_all,
    tile_address,
    truth,
    whole_number,
)
from sortie.config.wind import STILL, WindProfile, parse_wind

FLIGHTS = frozenset({"serve", "demo", "fly"})
RUNS = FLIGHTS | {"loop"}
READ = frozenset({"param list", "param get"})
PARAM = READ | {"param set", "param load", "param save", "param reset"}
REMOTE = PARAM | {"go", "abort", "status"}
ASKED = REMOTE | {"web"}
"""They connect to what serves."""

SIMULATED = frozenset({Where.SIMULATOR, Where.LOOP})
PACED = frozenset({Where.SIMULATOR, Where.SITL, Where.LOOP})
CONTROLLED = frozenset({Where.SITL, Where.CONTROLLER, Where.LOOP})
SIMULATOR_ONLY = frozenset({Where.SIMULATOR})
NO_LOOP = ANYWHERE - {Where.LOOP}

EXPORTS: Final = ("csv", "parquet", "kml", "geojson", "gpx", "tlog", "mcap")
"""What `sortie convert` makes of a log."""
SIMULATED_KINDS = ", ".join(f"sim:{name}" for name in KINDS)
_STRINGS: tuple[str, ...] = ()
_BOUNDS: Final = Bounds()

# --- arguments --------------------------------------------------------------------------------------------------------
PLAN: Final = Option[Path | None](
    "plan", path, None, "A .plan, .waypoints or .txt file; not with --fleet.", Group.ARGUMENTS,
    frozenset({"fly", "rehearse"}),
    kind=Kind.ARGUMENT,
)  # fmt: skip
FIRMWARE: Final = Option[Path | None](
    "firmware", path, None, "An .apj, .px4 or .bin file.", Group.ARGUMENTS, frozenset({"flash"}), kind=Kind.ARGUMENT
)
PATTERN: Final = Option(
    "pattern", str, "*", "Names to show, such as 'WPNAV_*'.", Group.ARGUMENTS, frozenset({"param list"}),
    kind=Kind.ARGUMENT,
)  # fmt: skip
NAME: Final = Option(
    "name", str, "", "A parameter's name.", Group.ARGUMENTS, frozenset({"param get", "param set", "param reset"}),
    kind=Kind.ARGUMENT, required=True,
)  # fmt: skip
VALUE: Final = Option(
    "value", str, "", "A number.", Group.ARGUMENTS, frozenset({"param set"}), kind=Kind.ARGUMENT, required=True
)
FILE: Final = Option(
    "file", path, Path(), "A .param file of any ground station.", Group.ARGUMENTS,
    frozenset({"param load", "param save"}), kind=Kind.ARGUMENT, required=True,
)  # fmt: skip

# --- of one command ---------------------------------------------------------------------------------------------------
ONCE: Final = Option(
    "once", truth, False, "End after the landing.", Group.COMMAND, frozenset({"demo"}), kind=Kind.SWITCH
)
GO_AT: Final = Option(
    "go-at", number_from_zero, 0.0, "Vehicle time of GO, since boot; it goes as soon as it can be armed from then on.",
    Group.COMMAND, frozenset({"fly"}), form="S", unit="s",
)  # fmt: skip
REPEAT: Final = Option(
    "repeat", whole_number(1, 10_000_000), 1, "Fly it N times, in one process.", Group.COMMAND, frozenset({"fly"}),
    form="N",
)  # fmt: skip
PROFILE: Final = Option(
    "profile", str, "space", "space, drone-box or a TOML file.", Group.COMMAND, frozenset({"loop"}), form="NAME|FILE"
)
SORTIES: Final = Option[int | None](
    "sorties", whole_number(1, 10_000_000), None, "End after N sorties, restarts included.", Group.COMMAND,
    frozenset({"loop"}), form="N", otherwise="until retirement",
)  # fmt: skip
REPORT: Final = Option[Path | None](
    "report", path, None, "Write a report (HTML, JSON, CSV) into DIR.", Group.COMMAND, frozenset({"loop"}), form="DIR"
)
FLIGHT_REPORT: Final = Option[Path | None](
    "report", path, None, "Write a page of each flight into DIR.", Group.COMMAND, frozenset({"fly"}), form="DIR"
)
REHEARSAL_REPORT: Final = Option[Path | None](
    "report", path, None, "Write a page about the plan into DIR: map, heights, battery, items, findings.",
    Group.COMMAND, frozenset({"rehearse"}), form="DIR",
)  # fmt: skip
LOGS: Final = Option[tuple[Path, ...]](
    "logs", path, (), "A .bin, .tlog or .ulg file, or a folder of a flight; several stand side by side.",
    Group.ARGUMENTS, frozenset({"report"}), kind=Kind.ARGUMENTS, required=True, form="LOG...",
)  # fmt: skip
LOG: Final = Option(
    "log", path, Path(), "A .bin, .tlog or .ulg file, or a folder of a flight.", Group.ARGUMENTS,
    frozenset({"convert"}), kind=Kind.ARGUMENT, required=True,
)  # fmt: skip
OUT: Final = Option[Path | None](
    "out", path, None, "Write there, into DIR under a name of its own; a name without an ending is a DIR.",
    Group.COMMAND, frozenset({"report", "convert"}), form="FILE|DIR", otherwise="beside the log",
)  # fmt: skip
TO: Final = Option[str | None](
    "to", one_of(*EXPORTS), None, "What to make of it.", Group.COMMAND, frozenset({"convert"}),
    form="|".join(EXPORTS),
)  # fmt: skip
PRINT_PROFILE: Final = Option[str | None](
    "print-profile", str, None, "Print a profile to start from, and exit.", Group.COMMAND, frozenset({"loop"}),
    form="NAME",
)  # fmt: skip
RECOVER: Final = Option(
    "recover", truth, False, "Take back a vehicle that was lost and reports, or that a restart has found in the air.",
    Group.COMMAND, frozenset({"loop"}), kind=Kind.SWITCH,
)  # fmt: skip
CONFIRM_RELAUNCH: Final = Option(
    "confirm-relaunch", truth, False, "Ask before each relaunch (phase 8).", Group.COMMAND, frozenset({"loop"}),
    kind=Kind.SWITCH,
)  # fmt: skip
PORT: Final = Option(
    "port", str, "auto", "The board's serial port; auto finds it by its USB ids.", Group.COMMAND, frozenset({"flash"}),
    form="PORT|auto",
)  # fmt: skip
BOARD_ID: Final = Option[int | None](
    "board-id", whole_number(0, 0xFFFFFFFF), None, "The board's id; a .bin file needs it.", Group.COMMAND,
    frozenset({"flash"}), form="N",
)  # fmt: skip
FORCE: Final = Option(
    "force", truth, False, "Write firmware that was made for another board id.", Group.COMMAND, frozenset({"flash"}),
    kind=Kind.SWITCH,
)  # fmt: skip
YES: Final = Option(
    "yes", truth, False, "Do not ask.", Group.COMMAND, frozenset({"flash"}), kind=Kind.SWITCH, short="-y"
)
GO_ON: Final = Option(
    "serve", truth, False, "Go on into `sortie serve` with the board.", Group.COMMAND, frozenset({"flash"}),
    kind=Kind.SWITCH,
)  # fmt: skip
SIMULATE: Final = Option(
    "simulate", truth, False, "Be a board on a pseudo-terminal: print its path, run until stopped.", Group.COMMAND,
    frozenset({"flash"}), kind=Kind.SWITCH,
)  # fmt: skip
LINKS: Final = Option(
    "links", truth, False, "The statistics of the service's links instead.", Group.COMMAND, frozenset({"status"}),
    kind=Kind.SWITCH,
)  # fmt: skip
WATCH: Final = Option(
    "watch", truth, False, "Again every second, until Ctrl-C.", Group.COMMAND, frozenset({"status"}), kind=Kind.SWITCH
)
FORMAT: Final = Option(
    "format", one_of("qgc", "mp"), "mp", "For QGroundControl (JSON) or Mission Planner (XML).", Group.COMMAND,
    frozenset({"param metadata"}), form="qgc|mp",
)  # fmt: skip
METADATA_VEHICLE: Final = Option(
    "vehicle", parse_vehicle, VehicleSource(), f"{SIMULATED_KINDS}: whose parameters count.", Group.COMMAND,
    frozenset({"param metadata", "rehearse"}), form="SPEC",
)  # fmt: skip
FIRMWARES: Final = ("ardupilot", "px4")
METADATA_FIRMWARE: Final = Option(
    "firmware", one_of(*FIRMWARES), "ardupilot", "Whose names they have: what --firmware has the vehicle spoken to as.",
    Group.COMMAND, frozenset({"param metadata"}), form="ardupilot|px4",
)  # fmt: skip
OUTPUT: Final = Option[Path | None](
    "output", path, None, "Write here, not to stdout.", Group.COMMAND, frozenset({"param metadata"}), form="FILE",
    short="-o",
)  # fmt: skip

REHEARSAL_HOME: Final = Option[tuple[GeoPoint, float] | None](
    "home", parse_home, None, "Where the vehicle will stand.", Group.COMMAND, frozenset({"rehearse"}),
    form="LAT,LON,ALT,HEADING", unit="deg,deg,m,deg", otherwise="the plan's, or its first place",
)  # fmt: skip
REHEARSAL_PARAMETERS: Final = Option(
    "param", str, _STRINGS, "A parameter that differs from its default, or a .param file of them. Repeatable.",
    Group.COMMAND, frozenset({"rehearse"}), form="NAME=VALUE|FILE", kind=Kind.LIST,
)  # fmt: skip
WIND: Final = Option[WindProfile](
    "wind", parse_wind, STILL, "Wind of the day with --flights: mean, gusts, where it comes from; or a profile.",
    Group.COMMAND, frozenset({"rehearse"}), form="MEAN,GUST[,DIR]|FILE", unit="m/s,m/s,deg", otherwise="calm",
)  # fmt: skip
BATTERY: Final = Option[float | None](
    "battery", positive_number, None, "Energy of the full battery.", Group.COMMAND, frozenset({"rehearse"}), form="WH",
    unit="Wh", otherwise="SIM_BATT_CAP_AH at 11.4 V",
)  # fmt: skip
FROM_LOG: Final = Option[Path | None](
    "from", path, None, "Calibrate the vehicle by a log: .bin, .tlog, .ulg, or a folder of a flight.", Group.COMMAND,
    frozenset({"rehearse"}), form="LOG",
)  # fmt: skip
KEEP: Final = Option[Path | None](
    "keep", path, None, "Write what --from found as parameters, for --param.", Group.COMMAND, frozenset({"rehearse"}),
    form="FILE",
)  # fmt: skip
REHEARSAL_FLIGHTS: Final = Option(
    "flights", whole_number(0, 100_000), 0, "Fly it N times in the simulator, too, on all cores.", Group.COMMAND,
    frozenset({"rehearse"}), form="N",
)  # fmt: skip
STATIC: Final = Option(
    "static", truth, False, "Rules alone: it is not flown, whatever --flights says.", Group.COMMAND,
    frozenset({"rehearse"}), kind=Kind.SWITCH,
)  # fmt: skip
JUNIT: Final = Option[Path | None](
    "junit", path, None, "Write the findings as JUnit XML, a case for each rule.", Group.COMMAND,
    frozenset({"rehearse"}), form="FILE",
)  # fmt: skip
SARIF: Final = Option[Path | None](
    "sarif", path, None, "Write the findings as SARIF, at the plan's lines.", Group.COMMAND, frozenset({"rehearse"}),
    form="FILE",
)  # fmt: skip
VEHICLE_LINK: Final = Option(
    "vehicle-link", str, "", "Where the vehicle is: an address as --link has it.", Group.ARGUMENTS,
    frozenset({"radio"}), kind=Kind.ARGUMENT, required=True,
)  # fmt: skip
GROUND_LINK: Final = Option(
    "ground-link", str, "", "Where the ground station is.", Group.ARGUMENTS, frozenset({"radio"}), kind=Kind.ARGUMENT,
    required=True,
)  # fmt: skip
RELAY_RADIO: Final = Option(
    "radio", str, "sik-57600", "Which radio, by its name or as a TOML file says; docs/radios.md has them.",
    Group.COMMAND, frozenset({"radio"}), form="NAME|FILE",
)  # fmt: skip
RADIO_SEED: Final = Option(
    "seed", whole_number(0, 2**63 - 1), 0, "Seed of the losses.", Group.COMMAND, frozenset({"radio"}), form="N"
)
DISTANCE: Final = Option(
    "distance", positive_number, 100.0, "Between the antennas.", Group.COMMAND, frozenset({"radio"}), form="M",
    unit="m",
)  # fmt: skip

# --- a page -----------------------------------------------------------------------------------------------------------
WEB: Final = Option(
    "web", truth, False, "Show it on a page of a browser; its address is told on stderr.", Group.LINKS, RUNS,
    kind=Kind.SWITCH, sources=Sources.EVERYWHERE,
)  # fmt: skip
CONTROL: Final = Option(
    "control", truth, False, "Let the page act: arm, modes, missions, parameters; else it only shows.",
    Group.LINKS, RUNS | {"web"}, kind=Kind.SWITCH, sources=Sources.EVERYWHERE,
)  # fmt: skip
TILES: Final = Option[str | None](
    "tiles", tile_address, None, "Pictures for the map, an address with {z}, {x} and {y}; none are asked for else.",
    Group.LINKS, RUNS | {"web"}, form="URL", sources=Sources.EVERYWHERE,
)  # fmt: skip
LISTEN: Final = Option[tuple[str, int] | None](
    "listen", listen_address, None, "Where the page is served.", Group.LINKS, RUNS | {"web"}, form="HOST:PORT",
    otherwise="127.0.0.1:8088, or another free port", sources=Sources.EVERYWHERE,
)  # fmt: skip
ORIGINS: Final = Option(
    "origin", str, _STRINGS,
    "A page of this origin may ask as well, such as Cockpit's; it needs the token. Repeatable.",
    Group.LINKS, frozenset({"web"}), form="URL", kind=Kind.LIST,
)  # fmt: skip
FOXGLOVE: Final = Option[int | None](
    "foxglove", whole_number(0, 65535), None, "Serve Foxglove's WebSocket on this port of loopback, to look only.",
    Group.LINKS, frozenset({"web"}), form="PORT",
)  # fmt: skip
SHOWN_TERRAIN: Final = Option[Path | None](
    "terrain", path, None, "Show the ground on the map: a file or a folder of SRTM or GeoTIFF tiles.", Group.LINKS,
    frozenset({"web"}), form="FILE|DIR",
)  # fmt: skip
SHOWN_LOGS: Final = Option[Path | None](
    "log-dir", path, None, "Whose flights it lists.", Group.FILES, frozenset({"web"}), form="DIR",
    otherwise="logs in the state directory",
)  # fmt: skip
SHOWN_STATE: Final = Option[Path | None](
    "state-dir", path, None, "Whose sortie loop it shows.", Group.FILES, frozenset({"web"}), form="DIR",
    otherwise="~/.local/state/sortie",
)  # fmt: skip

# --- the vehicle of a run ---------------------------------------------------------------------------------------------
VEHICLE: Final = Option(
    "vehicle", parse_vehicle, VehicleSource(),
    f"{SIMULATED_KINDS}, ardupilot:copter[=BINARY], px4:copter[=BINARY], or a connection string.", Group.OFTEN, RUNS,
    form="SPEC", sources=Sources.EVERYWHERE,
)  # fmt: skip
HOME: Final = Option[tuple[GeoPoint, float] | None](
    "home", parse_home, None, "Where a simulated vehicle stands at boot.", Group.VEHICLE, RUNS,
    form="LAT,LON,ALT,HEADING", unit="deg,deg,m,deg", otherwise="the plan's, or a field near Canberra",
    sources=Sources.EVERYWHERE, applies_to=PACED,
)  # fmt: skip
SPEEDUP: Final = Option[float | None](
    "speedup", parse_speedup, None, "1 is real time, X is X times, 0 as fast as possible.", Group.OFTEN, RUNS,
    form="X", unit="times real time", otherwise="1; for a loop as its profile says", sources=Sources.EVERYWHERE,
    applies_to=PACED, plain=(1.0,),
)  # fmt: skip
PACE: Final = Option(
    "pace", one_of("wall", "clients"), "wall",
    "By what time passes: the wall clock, or its clients, as far as all have followed, and by --speedup at most.",
    Group.VEHICLE, RUNS, form="wall|clients", sources=Sources.EVERYWHERE, applies_to=SIMULATOR_ONLY,
)  # fmt: skip
PACE_LEAD: Final = Option(
    "pace-lead", number_from_zero, _BOUNDS.lead_s, "Vehicle time that may pass beyond what clients have followed.",
    Group.VEHICLE, RUNS, form="S", unit="s", sources=Sources.EVERYWHERE, applies_to=SIMULATOR_ONLY,
)  # fmt: skip
PACE_LIMIT: Final = Option(
    "pace-limit", positive_number, _BOUNDS.limit_s, "How long a client that does not follow is waited for.",
    Group.VEHICLE, RUNS, form="S", unit="s", sources=Sources.EVERYWHERE, applies_to=SIMULATOR_ONLY,
)  # fmt: skip
PACE_QUIET: Final = Option[float | None](
    "pace-quiet", positive_number, _BOUNDS.quiet_s, "How long all must have been quiet before time goes on.",
    Group.VEHICLE, RUNS, form="S", unit="s", otherwise="0.0005 where nothing shows that they are",
    sources=Sources.EVERYWHERE, applies_to=SIMULATOR_ONLY,
)  # fmt: skip
SEED: Final = Option(
    "seed", whole_number(0, 2**63 - 1), 0, "Seed of wind, noise and everything random.", Group.VEHICLE, RUNS, form="N",
    sources=Sources.EVERYWHERE, applies_to=SIMULATED,
)  # fmt: skip
PARAMETERS: Final = Option(
    "param", str, _STRINGS, "Set a parameter, or all of a .param file. Repeatable.", Group.OFTEN, RUNS,
    form="NAME=VALUE|FILE", kind=Kind.LIST, sources=Sources.EVERYWHERE, applies_to=NO_LOOP,
)  # fmt: skip
FAULT: Final = Option(
    "fault", str, _STRINGS, "Inject a fault, WHEN in seconds. Repeatable. docs/failures.md has all names.",
    Group.VEHICLE, FLIGHTS,
    form="NAME[=VALUE][@WHEN[..WHEN]]", unit="s", kind=Kind.LIST, sources=Sources.EVERYWHERE, applies_to=SIMULATED,
)  # fmt: skip
LOOP_FAULT: Final = Option(
    "fault", str, _STRINGS,
    "Inject a fault; WHEN is phaseN, phaseN+SECONDS or T+SECONDS, K the sortie or *. Repeatable.", Group.VEHICLE,
    frozenset({"loop"}), form="NAME@WHEN[..WHEN][#K]", unit="s", kind=Kind.LIST, sources=Sources.EVERYWHERE,
    applies_to=SIMULATED,
)  # fmt: skip
TERRAIN: Final = Option[Path | None](
    "terrain", path, None,
    "The ground: a file or a folder of SRTM (.hgt) or GeoTIFF tiles; the vehicle stands on it, whatever height --home "
    "has. docs/terrain.md", Group.VEHICLE, RUNS | {"rehearse"}, form="FILE|DIR", otherwise="flat",
    sources=Sources.EVERYWHERE, applies_to=SIMULATED,
)  # fmt: skip
SPOKEN_AS: Final = Option(
    "firmware", one_of(*FIRMWARES), "ardupilot", "What ground stations speak with: an ArduPilot vehicle, or a PX4.",
    Group.VEHICLE, RUNS,
    form="ardupilot|px4", sources=Sources.EVERYWHERE, applies_to=frozenset({Where.SIMULATOR}),
)  # fmt: skip
STRATEGY: Final = Option[str | None](
    "strategy", one_of("guided", "native"), None,
    "With a flight controller: Sortie flies the mission in GUIDED (the default on ArduPilot), or the controller in its "
    "own AUTO (on PX4).", Group.VEHICLE, RUNS, form="guided|native", sources=Sources.EVERYWHERE, applies_to=CONTROLLED,
)  # fmt: skip

# --- a fleet ----------------------------------------------------------------------------------------------------------
COUNT: Final = Option[int | None](
    "count", whole_number(1, 62_500), None, "So many vehicles, system ids from --sysid on.", Group.FLEET, RUNS,
    form="N", sources=Sources.EVERYWHERE, applies_to=SIMULATOR_ONLY, otherwise="one vehicle",
)  # fmt: skip
FORMATION: Final = Option(
    "formation", one_of(*FORMATIONS), FORMATIONS[0], "How they stand around --home.", Group.FLEET, RUNS,
    form="|".join(FORMATIONS), sources=Sources.EVERYWHERE, applies_to=SIMULATOR_ONLY,
)  # fmt: skip
SPACING: Final = Option(
    "spacing", positive_number, SPACING_M, "From neighbour to neighbour.", Group.FLEET, RUNS, form="M", unit="m",
    sources=Sources.EVERYWHERE, applies_to=SIMULATOR_ONLY,
)  # fmt: skip
FLEET: Final = Option[Path | None](
    "fleet", path, None, "A TOML file of vehicles; `sortie serve --print-fleet` shows one.", Group.FLEET, RUNS,
    form="FILE", sources=Sources.EVERYWHERE, applies_to=SIMULATOR_ONLY,
)  # fmt: skip
NETWORKS: Final = Option(
    "networks", whole_number(1, 250), 1, "Spread --count on N radio networks, each with system ids and links of its "
    "own; {m} in a --link counts them.", Group.FLEET, RUNS, form="N", sources=Sources.EVERYWHERE,
    applies_to=SIMULATOR_ONLY,
)  # fmt: skip
PRINT_FLEET: Final = Option(
    "print-fleet", truth, False, "Print a fleet file to start from, and exit.", Group.FLEET, frozenset({"serve"}),
    kind=Kind.SWITCH,
)  # fmt: skip
EVERY: Final = "all"
TARGET: Final = Option[str | None](
    "target", system_or_all, None, "Which vehicle of a fleet, by its system id, or all of them.", Group.LINKS, REMOTE,
    form="SYSID|all", otherwise="the first that is heard; `status` shows all",
)  # fmt: skip

# --- its links --------------------------------------------------------------------------------------------------------
LINK: Final = Option[tuple[str, ...] | None](
    "link", str, None,
    "A ground station link: tcpin:HOST:PORT, udpin:..., udpout:..., tcp:..., /dev/tty...,BAUD. Repeatable; replaces "
    "the default ones. Of a fleet all share it; {5760+10*n} in it gives each its own.", Group.OFTEN, FLIGHTS,
    form="URL", otherwise="udpout:127.0.0.1:14550 and tcpin:127.0.0.1:5760", kind=Kind.LIST,
    sources=Sources.EVERYWHERE,
)  # fmt: skip
LOOP_LINK: Final = Option[tuple[str, ...] | None](
    "link", str, None, "Let a ground station watch the skimmer. Repeatable; none open.", Group.OFTEN,
    frozenset({"loop"}), form="URL", kind=Kind.LIST, sources=Sources.EVERYWHERE,
)  # fmt: skip
RADIO: Final = Option(
    "radio", str, _STRINGS,
    "A radio on all links, or on that LINK, by its name or as a TOML file says; docs/radios.md has them. Repeatable.",
    Group.LINKS, RUNS, form="[LINK=]NAME|FILE", kind=Kind.LIST, sources=Sources.EVERYWHERE,
    applies_to=NO_LOOP,
)  # fmt: skip
RC: Final = Option[tuple[str, int] | None](
    "rc", pulse_address, None, "Hear a pilot's transmitter on this UDP port of loopback, as ArduPilot's SITL on 5501.",
    Group.LINKS, RUNS, form="PORT", sources=Sources.EVERYWHERE, applies_to=SIMULATOR_ONLY,
)  # fmt: skip
SYSID: Final = Option[int | None](
    "sysid", whole_number(1, 255), None, "MAVLink system id (SYSID_THISMAV).", Group.LINKS, RUNS, form="N",
    sources=Sources.EVERYWHERE, applies_to=frozenset({Where.SIMULATOR}),
)  # fmt: skip
CONNECT: Final = Option(
    "connect", str, DEFAULT_CONNECT, "Where the service listens.", Group.LINKS, ASKED, form="URL",
    sources=Sources.ENVIRONMENT,
)  # fmt: skip
COMPONENT: Final = Option[int | None](
    "component", whole_number(1, 255), None,
    "Whose parameters: 191 is Sortie itself when a flight controller is behind it.", Group.LINKS, PARAM, form="N",
)  # fmt: skip
SIGNING_KEY: Final = Option[Path | None](
    "signing-key", path, None, "MAVLink 2 signing: 64 hexadecimal digits, or a passphrase on one line.", Group.LINKS,
    RUNS, form="FILE", sources=Sources.EVERYWHERE,
)  # fmt: skip
STATION_KEY: Final = Option[Path | None](
    "signing-key", path, None, "The key of a service that signs its links.", Group.LINKS, ASKED, form="FILE",
    sources=Sources.ENVIRONMENT,
)  # fmt: skip
INSECURE: Final = Option(
    "insecure", truth, False, "Allow links that the network can reach although there is no signing key.", Group.LINKS,
    RUNS, kind=Kind.SWITCH, sources=Sources.EVERYWHERE,
)  # fmt: skip

# --- its files --------------------------------------------------------------------------------------------------------
STATE_DIR: Final = Option[Path | None](
    "state-dir", path, None, "Where missions, parameters and home are kept.", Group.OFTEN, RUNS, form="DIR",
    otherwise="~/.local/state/sortie; for `demo` a temporary one", sources=Sources.EVERYWHERE,
)  # fmt: skip
LOG_DIR: Final = Option[Path | None](
    "log-dir", path, None, "Where logs go.", Group.FILES, RUNS, form="DIR", otherwise="logs in the state directory",
    sources=Sources.EVERYWHERE,
)  # fmt: skip
LOG_FORMAT: Final = Option(
    "log-format", one_of("text", "json"), "text", "Form of run.log.", Group.FILES, RUNS, form="text|json",
    sources=Sources.EVERYWHERE, applies_to=NO_LOOP,
)  # fmt: skip
TELEMETRY_LOG: Final = Option(
    "telemetry-log", truth, True, "Write flight.tlog and telemetry.csv for each flight.", Group.FILES, RUNS,
    kind=Kind.TOGGLE, sources=Sources.EVERYWHERE, applies_to=NO_LOOP,
)  # fmt: skip
TRACE: Final = Option[Path | None](
    "trace", path, None, "Write the actors' messages, a JSON line each.", Group.FILES, RUNS, form="FILE",
    sources=Sources.EVERYWHERE, applies_to=NO_LOOP,
)  # fmt: skip
METRICS: Final = Option[str | None](
    "metrics", checked_metrics, None, "Serve figures for Prometheus; without HOST on loopback only.", Group.FILES, RUNS,
    form="HOST:PORT", sources=Sources.EVERYWHERE, applies_to=NO_LOOP,
)  # fmt: skip

# --- everywhere -------------------------------------------------------------------------------------------------------
CONFIG: Final = Option[Path | None](
    "config", path, None, "TOML file with the same names as the flags.", Group.GENERAL, RUNS, form="FILE",
    sources=Sources.ENVIRONMENT,
)  # fmt: skip
JSON: Final = Option(
    "json", truth, False, "Print one JSON line, the last on stdout.", Group.GENERAL,
    (REMOTE | RUNS | CAMPAIGN_ANSWERS | {"rehearse", "radio"}) - {"serve"},
    kind=Kind.SWITCH,
)  # fmt: skip

TABLE: Final[tuple[Option[object], ...]] = (
    PLAN,
    FIRMWARE,
    PATTERN,
    NAME,
    VALUE,
    FILE,
    *CAMPAIGN,
    ONCE,
    REPEAT,
    GO_AT,
    PROFILE,
    SORTIES,
    REPORT,
    FLIGHT_REPORT,
    REHEARSAL_REPORT,
    LOGS,
    LOG,
    OUT,
    TO,
    PRINT_PROFILE,
    RECOVER,
    CONFIRM_RELAUNCH,
    PORT,
    BOARD_ID,
    FORCE,
    YES,
    GO_ON,
    SIMULATE,
    LINKS,
    WATCH,
    FORMAT,
    METADATA_VEHICLE,
    METADATA_FIRMWARE,
    OUTPUT,
    REHEARSAL_HOME,
    REHEARSAL_PARAMETERS,
    WIND,
    BATTERY,
    REHEARSAL_FLIGHTS,
    STATIC,
    FROM_LOG,
    KEEP,
    JUNIT,
    SARIF,
    VEHICLE_LINK,
    GROUND_LINK,
    RADIO_SEED,
    DISTANCE,
    VEHICLE,
    HOME,
    SPEEDUP,
    PACE,
    PACE_LEAD,
    PACE_LIMIT,
    PACE_QUIET,
    SEED,
    PARAMETERS,
    FAULT,
    LOOP_FAULT,
    TERRAIN,
    SPOKEN_AS,
    STRATEGY,
    COUNT,
    FORMATION,
    SPACING,
    FLEET,
    NETWORKS,
    PRINT_FLEET,
    LINK,
    LOOP_LINK,
    WEB,
    CONTROL,
    LISTEN,
    TILES,
    SHOWN_TERRAIN,
    ORIGINS,
    FOXGLOVE,
    RADIO,
    RELAY_RADIO,
    RC,
    SYSID,
    CONNECT,
    TARGET,
    COMPONENT,
    SIGNING_KEY,
    STATION_KEY,
    INSECURE,
    STATE_DIR,
    LOG_DIR,
    SHOWN_STATE,
    SHOWN_LOGS,
    LOG_FORMAT,
    TELEMETRY_LOG,
    TRACE,
    METRICS,
    CONFIG,
    JSON,
)

#: What a run can be told from everywhere, by key: the fields of `Settings`.
SETTINGS: Final[Mapping[str, Option[object]]] = MappingProxyType(
    {row.key: row for row in TABLE if row.sources is Sources.EVERYWHERE}
)
