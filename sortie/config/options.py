"""The table of options: each said once, for every command that takes it, in the order of the help.

Two rows with one name are one option with two meanings: no command takes both, and both are read alike. Parsers that
need more than a word (`--param`, `--fault`, `--link`, `--connect`) come later, where what they name is known.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from autopilot.interface.geo import GeoPoint
from sortie.config.campaign_options import CAMPAIGN, CAMPAIGN_ANSWERS
from sortie.config.conform_options import CONFORM
from sortie.config.option import Group, Option, OptionForm, Sources, file_option, rows_of, switch
from sortie.config.settings import EVERYWHERE, FIRMWARES, RUNS, SETTINGS, SIMULATED, SIMULATED_KINDS
from sortie.config.values import (
    DEFAULT_CONNECT,
    VehicleSource,
    metres,
    number_from_zero,
    one_of,
    parse_home,
    parse_vehicle,
    path,
    positive_number,
    system_or_all,
    whole_number,
)
from sortie.config.wind import STILL, WindProfile, parse_wind

READ = frozenset({"param list", "param get"})
PARAM = READ | {"param set", "param load", "param save", "param reset"}
REMOTE = PARAM | {"go", "abort", "status"}
ASKED = REMOTE | {"web"}
"""Commands that connect to a running service."""

EXPORTS: Final = ("csv", "parquet", "kml", "geojson", "gpx", "tlog", "mcap")
"""Formats that `sortie convert` makes of a log."""
_TELL: Final = frozenset({"rehearse", "radio", "conform", "report", "reproduce", "aerialist"})
_STRINGS: tuple[str, ...] = ()

# --- arguments --------------------------------------------------------------------------------------------------------
PLAN: Final = Option[Path | None](
    "plan", path, None, "A .plan, .waypoints or .txt file; not with --fleet.", Group.ARGUMENTS,
    frozenset({"fly", "rehearse"}),
    kind=OptionForm.ARGUMENT,
)  # fmt: skip
AERIALIST: Final = Option(
    "test", path, Path(), "A test description of Aerialist (YAML).", Group.ARGUMENTS, frozenset({"aerialist"}),
    kind=OptionForm.ARGUMENT, required=True, form="TEST",
)  # fmt: skip
FIRMWARE: Final = Option[Path | None](
    "firmware",
    path,
    None,
    "An .apj, .px4 or .bin file.",
    Group.ARGUMENTS,
    frozenset({"flash"}),
    kind=OptionForm.ARGUMENT,
)
PATTERN: Final = Option(
    "pattern", str, "*", "Names to show, such as 'WPNAV_*'.", Group.ARGUMENTS, frozenset({"param list"}),
    kind=OptionForm.ARGUMENT,
)  # fmt: skip
NAME: Final = Option(
    "name", str, "", "A parameter's name.", Group.ARGUMENTS, frozenset({"param get", "param set", "param reset"}),
    kind=OptionForm.ARGUMENT, required=True,
)  # fmt: skip
VALUE: Final = Option(
    "value", str, "", "A number.", Group.ARGUMENTS, frozenset({"param set"}), kind=OptionForm.ARGUMENT, required=True
)
FILE: Final = Option(
    "file", path, Path(), "A .param file of any ground station.", Group.ARGUMENTS,
    frozenset({"param load", "param save"}), kind=OptionForm.ARGUMENT, required=True,
)  # fmt: skip

# --- of one command ---------------------------------------------------------------------------------------------------
ONCE: Final = switch("once", "End after the landing.", "demo")
REPLAY_ONCE: Final = switch("once", "End when all has been told.", "replay")
FROM: Final = Option[float | None](
    "from", number_from_zero, None, "Begin so far into the log.", Group.COMMAND, frozenset({"replay"}), form="S",
    unit="s", otherwise="its beginning",
)  # fmt: skip
REPEAT: Final = Option(
    "repeat", whole_number(1, 10_000_000), 1, "Fly it N times, in one process.", Group.COMMAND, frozenset({"fly"}),
    form="N",
)  # fmt: skip
GO_AT: Final = Option(
    "go-at", number_from_zero, 0.0, "Do not start before S seconds after boot, in vehicle time.",
    Group.COMMAND, frozenset({"fly"}), form="S", unit="s",
)  # fmt: skip
PROFILE: Final = Option(
    "profile",
    str,
    "space",
    "space, drone-box, or a file that --print-profile has begun.",
    Group.COMMAND,
    frozenset({"loop"}),
    form="NAME|FILE",
)
SORTIES: Final = Option[int | None](
    "sorties", whole_number(1, 10_000_000), None, "End after N sorties, restarts included.", Group.COMMAND,
    frozenset({"loop"}), form="N", otherwise="until retirement",
)  # fmt: skip
REPORT: Final = file_option("report", "DIR", "Write a report (HTML, JSON, CSV) into DIR.", "loop")
FLIGHT_REPORT: Final = file_option("report", "DIR", "Write a page of each flight into DIR.", "fly")
REHEARSAL_REPORT: Final = file_option(
    "report", "DIR", "Write a page about the plan into DIR: map, heights, battery, items, findings.", "rehearse"
)
LOGS: Final = Option[tuple[Path, ...]](
    "logs", path, (), "A .bin, .tlog or .ulg file, or a folder of a flight; several stand side by side.",
    Group.ARGUMENTS, frozenset({"report", "replay"}), kind=OptionForm.ARGUMENTS, required=True, form="LOG...",
)  # fmt: skip
LOG: Final = Option(
    "log", path, Path(), "A .bin, .tlog or .ulg file, or a folder of a flight.", Group.ARGUMENTS,
    frozenset({"convert", "reproduce"}), kind=OptionForm.ARGUMENT, required=True,
)  # fmt: skip
OUT: Final = file_option(
    "out",
    "FILE|DIR",
    "File to write, or folder to write into (a name without an ending).",
    "report",
    "convert",
    "reproduce",
    otherwise="beside the log",
)
TO: Final = Option[str | None](
    "to", one_of(*EXPORTS), None, "Form to write.", Group.COMMAND, frozenset({"convert"}),
    form="|".join(EXPORTS),
)  # fmt: skip
AGAINST: Final = file_option(
    "against", "LOG", "Compare with this flight: what differs first; status 1 when anything does.", "report"
)
EXPECT: Final = file_option(
    "expect", "LOG", "Status 1 unless the flight is like this one: place, modes, arming.", "fly"
)
WITHIN: Final = Option[float | None](
    "within", metres, None, "How far apart the two flights may be.", Group.COMMAND, frozenset({"report", "fly"}),
    form="METRES", unit="m", otherwise="2.0",
)  # fmt: skip
CHANGE: Final = Option[tuple[str, ...]](
    "change", str, (), "Fly it with another parameter, or wind (wind=+3), too; repeatable.", Group.COMMAND,
    frozenset({"reproduce"}), form="NAME=VALUE", kind=OptionForm.LIST,
)  # fmt: skip
WITHOUT: Final = Option[tuple[str, ...]](
    "without", str, (), "Fly it without a fault, too; repeatable.", Group.COMMAND, frozenset({"reproduce"}),
    form="FAULT", kind=OptionForm.LIST,
)  # fmt: skip
SEARCH: Final = Option[str | None](
    "search", str, None, "Which single change avoids it, of those of --change or of a list.", Group.COMMAND,
    frozenset({"reproduce"}), form="crash|failsafe",
)  # fmt: skip
PRINT_PROFILE: Final = Option[str | None](
    "print-profile", str, None, "Print a profile to start from, and exit.", Group.COMMAND, frozenset({"loop"}),
    form="NAME",
)  # fmt: skip
RECOVER: Final = switch(
    "recover",
    "Bring home a vehicle that was found in the air at a restart, or dock one that was lost and is heard again.",
    "loop",
)
CONFIRM_RELAUNCH: Final = switch("confirm-relaunch", "Ask before each relaunch (phase 8).", "loop")
PORT: Final = Option(
    "port", str, "auto", "The board's serial port; auto finds it by its USB ids.", Group.COMMAND, frozenset({"flash"}),
    form="PORT|auto",
)  # fmt: skip
BOARD_ID: Final = Option[int | None](
    "board-id", whole_number(0, 0xFFFFFFFF), None, "The board's id; a .bin file needs it.", Group.COMMAND,
    frozenset({"flash"}), form="N",
)  # fmt: skip
FORCE: Final = switch("force", "Write firmware that was made for another board id.", "flash")
YES: Final = switch("yes", "Do not ask.", "flash", short="-y")
GO_ON: Final = switch("serve", "Go on into `sortie serve` with the board.", "flash")
SIMULATE: Final = switch("simulate", "Be a board on a pseudo-terminal: print its path, run until stopped.", "flash")
LINKS: Final = switch("links", "Show the statistics of the links instead.", "status")
WATCH: Final = switch("watch", "Repeat every second, until Ctrl-C.", "status")
FORMAT: Final = Option(
    "format", one_of("qgc", "mp"), "mp", "For QGroundControl (JSON) or Mission Planner (XML).", Group.COMMAND,
    frozenset({"param metadata"}), form="qgc|mp",
)  # fmt: skip
REPRODUCING_VEHICLE: Final = Option[VehicleSource | None](
    "vehicle", parse_vehicle, None, "The firmware that flies it again, in our world; else ours does.", Group.COMMAND,
    frozenset({"reproduce"}), form="ardupilot|px4:KIND[=BINARY],world=ours",
)  # fmt: skip
METADATA_VEHICLE: Final = Option(
    "vehicle", parse_vehicle, VehicleSource(), f"{SIMULATED_KINDS}: the kind of vehicle.", Group.COMMAND,
    frozenset({"param metadata", "rehearse"}), form="SPEC",
)  # fmt: skip
METADATA_FIRMWARE: Final = Option(
    "firmware", one_of(*FIRMWARES), "ardupilot", "Whose parameter names: those of --firmware ardupilot or px4.",
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
    Group.COMMAND, frozenset({"rehearse"}), form="NAME=VALUE|FILE", kind=OptionForm.LIST,
)  # fmt: skip
WIND: Final = Option[WindProfile](
    "wind", parse_wind, STILL,
    "Wind of the --flights: mean, gusts, direction that it comes from; or a file with a profile.",
    Group.COMMAND, frozenset({"rehearse"}), form="MEAN,GUST[,DIR]|FILE", unit="m/s,m/s,deg", otherwise="calm",
)  # fmt: skip
BATTERY: Final = Option[float | None](
    "battery", positive_number, None, "Energy of the full battery.", Group.COMMAND, frozenset({"rehearse"}), form="WH",
    unit="Wh", otherwise="SIM_BATT_CAP_AH at 11.4 V",
)  # fmt: skip
REHEARSAL_FLIGHTS: Final = Option(
    "flights", whole_number(0, 100_000), 0, "Fly it N times in the simulator, too, on all cores.", Group.COMMAND,
    frozenset({"rehearse"}), form="N",
)  # fmt: skip
STATIC: Final = switch("static", "Check by rules only, whatever --flights says.", "rehearse")
FROM_LOG: Final = file_option(
    "from", "LOG", "Calibrate the vehicle by a log: .bin, .tlog, .ulg, or a folder of a flight.", "rehearse"
)
KEEP: Final = file_option("keep", "FILE", "Write what --from found to a file that --param takes.", "rehearse")
JUNIT: Final = file_option(
    "junit", "FILE", "Write the findings as JUnit XML, a case for each rule.", "rehearse", "conform"
)
SARIF: Final = file_option("sarif", "FILE", "Write the findings as SARIF, at the plan's lines.", "rehearse")
VEHICLE_LINK: Final = Option(
    "vehicle-link", str, "", "Where the vehicle is: an address as --link has it.", Group.ARGUMENTS,
    frozenset({"radio"}), kind=OptionForm.ARGUMENT, required=True,
)  # fmt: skip
GROUND_LINK: Final = Option(
    "ground-link", str, "", "Where the ground station is.", Group.ARGUMENTS, frozenset({"radio"}),
    kind=OptionForm.ARGUMENT, required=True,
)  # fmt: skip
RADIO_SEED: Final = Option(
    "seed", whole_number(0, 2**63 - 1), 0, "Seed of the losses.", Group.COMMAND, frozenset({"radio"}), form="N"
)
DISTANCE: Final = Option(
    "distance", positive_number, 100.0, "Between the antennas.", Group.COMMAND, frozenset({"radio"}), form="M",
    unit="m",
)  # fmt: skip
RELAY_RADIO: Final = Option(
    "radio", str, "sik-57600", "The radio: a name of docs/radios.md, or a TOML file.",
    Group.COMMAND, frozenset({"radio"}), form="NAME|FILE",
)  # fmt: skip

# --- a page -----------------------------------------------------------------------------------------------------------
SHOWN_TERRAIN: Final = file_option(
    "terrain",
    "FILE|DIR",
    "Show the ground on the map: a file or a folder of SRTM or GeoTIFF tiles.",
    "web",
    group=Group.LINKS,
)
ORIGINS: Final = Option(
    "origin", str, _STRINGS,
    "Let pages of this origin ask, too, such as Cockpit's; they need the token. Repeatable.",
    Group.LINKS, frozenset({"web"}), form="URL", kind=OptionForm.LIST,
)  # fmt: skip
FOXGLOVE: Final = Option[int | None](
    "foxglove", whole_number(0, 65535), None, "Publish to Foxglove on this port of loopback.",
    Group.LINKS, frozenset({"web"}), form="PORT",
)  # fmt: skip
SHOWN_STATE: Final = file_option(
    "state-dir",
    "DIR",
    "State of the sortie loop that the page shows.",
    "web",
    group=Group.FILES,
    otherwise="~/.local/state/sortie",
)
SHOWN_LOGS: Final = file_option(
    "log-dir",
    "DIR",
    "Logs whose flights the page lists.",
    "web",
    group=Group.FILES,
    otherwise="logs in the state directory",
)

# --- the vehicle of a run ---------------------------------------------------------------------------------------------
LOOP_FAULT: Final = Option(
    "fault", str, _STRINGS,
    "Inject a fault at phaseN, phaseN+SECONDS or T+SECONDS (of the loop), in sortie K or in all (*). Repeatable.",
    Group.VEHICLE,
    frozenset({"loop"}), form="NAME@WHEN[..WHEN][#K]", unit="s", kind=OptionForm.LIST, sources=EVERYWHERE,
    applies_to=SIMULATED,
)  # fmt: skip

# --- a fleet ----------------------------------------------------------------------------------------------------------
PRINT_FLEET: Final = switch("print-fleet", "Print a fleet file to start from, and exit.", "serve", group=Group.FLEET)

# --- its links --------------------------------------------------------------------------------------------------------
LOOP_LINK: Final = Option[tuple[str, ...] | None](
    "link", str, None, "Open a link on which a ground station can watch. Repeatable; by default there is none.",
    Group.OFTEN,
    frozenset({"loop"}), form="URL", kind=OptionForm.LIST, sources=EVERYWHERE,
)  # fmt: skip
CONNECT: Final = Option(
    "connect", str, DEFAULT_CONNECT, "Where the service listens.", Group.LINKS, ASKED, form="URL",
    sources=Sources.ENVIRONMENT,
)  # fmt: skip
EVERY: Final = "all"
TARGET: Final = Option[str | None](
    "target", system_or_all, None, "Which vehicle of a fleet, by its system id, or all of them.", Group.LINKS, REMOTE,
    form="SYSID|all", otherwise="the first that is heard; `status` shows all",
)  # fmt: skip
COMPONENT: Final = Option[int | None](
    "component", whole_number(1, 255), None,
    "Component whose parameters are meant; 191 is Sortie itself in front of a flight controller.",
    Group.LINKS, PARAM, form="N",
)  # fmt: skip
STATION_KEY: Final = Option[Path | None](
    "signing-key", path, None, "File with the key of a service that signs.", Group.LINKS, ASKED, form="FILE",
    sources=Sources.ENVIRONMENT,
)  # fmt: skip

# --- everywhere -------------------------------------------------------------------------------------------------------
CONFIG: Final = Option[Path | None](
    "config", path, None, "TOML file with the same names as the flags.", Group.GENERAL, RUNS, form="FILE",
    sources=Sources.ENVIRONMENT,
)  # fmt: skip
JSON: Final = switch(
    "json",
    "Print one JSON line, the last on stdout.",
    *(REMOTE | RUNS | CAMPAIGN_ANSWERS | _TELL) - {"serve"},
    group=Group.GENERAL,
)

_ROWS: Final = (*SETTINGS.values(), *CAMPAIGN, *CONFORM, *rows_of(globals()).values())
TABLE: Final = tuple(sorted(_ROWS, key=lambda row: list(Group).index(row.group)))
