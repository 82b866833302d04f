"""Table of options: each once, for every command that accepts it, in the order of the help.

Two rows of one name are options of different commands with different meanings, parsed alike. Values that need more than
one word to check (`--param`, `--fault`, `--link`, `--connect`) are checked later, where their names are known.
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
    page_origin,
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
CONNECTING = REMOTE | {"web"}
"""Commands that connect to a running vehicle."""

EXPORTS: Final = ("csv", "parquet", "kml", "geojson", "gpx", "tlog", "mcap")
"""Formats of `sortie convert`."""
_TELL: Final = frozenset({"rehearse", "radio", "conform", "report", "reproduce", "aerialist", "doctor"})
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
    "pattern", str, "*", "Names to print, such as 'WPNAV_*'.", Group.ARGUMENTS, frozenset({"param list"}),
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
    "file", path, Path(), "A .param file.", Group.ARGUMENTS,
    frozenset({"param load", "param save"}), kind=OptionForm.ARGUMENT, required=True,
)  # fmt: skip

# --- of one command ---------------------------------------------------------------------------------------------------
ONCE: Final = switch("once", "Exit after the landing.", "demo")
REPLAY_ONCE: Final = switch("once", "Exit at the end of the logs.", "replay")
FROM: Final = Option[float | None](
    "from", number_from_zero, None, "Start this long after the beginning of the log.", Group.COMMAND,
    frozenset({"replay"}), form="S",
    unit="s", otherwise="0",
)  # fmt: skip
REPEAT: Final = Option(
    "repeat", whole_number(1, 10_000_000), 1, "Fly the plan N times in one process.", Group.COMMAND, frozenset({"fly"}),
    form="N",
)  # fmt: skip
GO_AT: Final = Option(
    "go-at", number_from_zero, 0.0, "Start the flight no earlier than S seconds after boot, in vehicle time.",
    Group.COMMAND, frozenset({"fly"}), form="S", unit="s",
)  # fmt: skip
PROFILE: Final = Option(
    "profile",
    str,
    "space",
    "Where the vehicle is based: space, drone-box, or a file (--print-profile prints one to edit).",
    Group.COMMAND,
    frozenset({"loop"}),
    form="NAME|FILE",
)
SORTIES: Final = Option[int | None](
    "sorties", whole_number(1, 10_000_000), None, "Exit after N sorties in total, including those before a restart.",
    Group.COMMAND,
    frozenset({"loop"}), form="N", otherwise="run until the vehicle is retired",
)  # fmt: skip
REPORT: Final = file_option("report", "DIR", "Write a report (HTML, JSON, CSV) into DIR.", "loop")
FLIGHT_REPORT: Final = file_option("report", "DIR", "Write a page of each flight into DIR.", "fly")
REHEARSAL_REPORT: Final = file_option(
    "report", "DIR", "Write a page about the plan into DIR: map, height profile, battery, items, findings.", "rehearse"
)
LOGS: Final = Option[tuple[Path, ...]](
    "logs", path, (), "Logs: .bin, .tlog or .ulg files, or flight folders of Sortie. Several logs are shown side by "
    "side.",
    Group.ARGUMENTS, frozenset({"report", "replay"}), kind=OptionForm.ARGUMENTS, required=True, form="LOG...",
)  # fmt: skip
LOG: Final = Option(
    "log", path, Path(), "A .bin, .tlog or .ulg file, or a flight folder of Sortie.", Group.ARGUMENTS,
    frozenset({"convert", "reproduce"}), kind=OptionForm.ARGUMENT, required=True,
)  # fmt: skip
OUT: Final = file_option(
    "out",
    "FILE|DIR",
    "File to write; a name without an extension is a folder to write into.",
    "report",
    "convert",
    "reproduce",
    otherwise="beside the log",
)
TO: Final = Option[str | None](
    "to", one_of(*EXPORTS), None, "Format to write.", Group.COMMAND, frozenset({"convert"}),
    form="|".join(EXPORTS),
)  # fmt: skip
AGAINST: Final = file_option(
    "against",
    "LOG",
    "Compare with this flight and report the first difference; exit status 1 when there is one.",
    "report",
)
EXPECT: Final = file_option(
    "expect", "LOG", "Compare position, modes and arming with this flight; exit status 1 when they differ.", "fly"
)
WITHIN: Final = Option[float | None](
    "within", metres, None, "Largest allowed distance between the two flights.", Group.COMMAND, frozenset({"report",
    "fly"}),
    form="METRES", unit="m", otherwise="2.0",
)  # fmt: skip
CHANGE: Final = Option[tuple[str, ...]](
    "change", str, (), "Also fly it with another parameter value, or with other wind (wind=+3). Repeatable.",
    Group.COMMAND,
    frozenset({"reproduce"}), form="NAME=VALUE", kind=OptionForm.LIST,
)  # fmt: skip
WITHOUT: Final = Option[tuple[str, ...]](
    "without", str, (), "Also fly it without this fault. Repeatable.", Group.COMMAND, frozenset({"reproduce"}),
    form="FAULT", kind=OptionForm.LIST,
)  # fmt: skip
SEARCH: Final = Option[str | None](
    "search", str, None, "Find a single change that avoids the crash or failsafe: one of --change, else one of a "
    "built-in list.", Group.COMMAND,
    frozenset({"reproduce"}), form="crash|failsafe",
)  # fmt: skip
PRINT_PROFILE: Final = Option[str | None](
    "print-profile", str, None, "Print a profile to edit, and exit.", Group.COMMAND, frozenset({"loop"}),
    form="NAME",
)  # fmt: skip
RECOVER: Final = switch(
    "recover",
    "After a restart: bring a vehicle home that was in the air, or dock one that was lost and is heard again.",
    "loop",
)
CONFIRM_RELAUNCH: Final = switch("confirm-relaunch", "Ask a person before each relaunch (phase 8).", "loop")
PORT: Final = Option(
    "port", str, "auto", "Serial port of the board; auto finds it by its USB ids.", Group.COMMAND, frozenset({"flash"}),
    form="PORT|auto",
)  # fmt: skip
BOARD_ID: Final = Option[int | None](
    "board-id", whole_number(0, 0xFFFFFFFF), None, "Id of the board; needed with a .bin file.", Group.COMMAND,
    frozenset({"flash"}), form="N",
)  # fmt: skip
FORCE: Final = switch("force", "Write the firmware even if it was made for another board id.", "flash")
YES: Final = switch("yes", "Do not ask for confirmation.", "flash", short="-y")
GO_ON: Final = switch("serve", "Then run `sortie serve` with the board.", "flash")
SIMULATE: Final = switch(
    "simulate", "Simulate a board on a pseudo-terminal: print its path and run until stopped.", "flash"
)
LINKS: Final = switch("links", "Show the statistics of the links instead.", "status")
WATCH: Final = switch("watch", "Repeat every second, until Ctrl-C.", "status")
FORMAT: Final = Option(
    "format", one_of("qgc", "mp"), "mp", "Format: qgc (JSON for QGroundControl) or mp (XML for Mission Planner).",
    Group.COMMAND,
    frozenset({"param metadata"}), form="qgc|mp",
)  # fmt: skip
REPRODUCING_VEHICLE: Final = Option[VehicleSource | None](
    "vehicle", parse_vehicle, None, "Firmware that flies it again, in Sortie's simulator.", Group.COMMAND,
    frozenset({"reproduce"}), form="ardupilot|px4:KIND[=BINARY],world=ours", otherwise="Sortie's own autopilot",
)  # fmt: skip
EXAMINED: Final = Option[VehicleSource | None](
    "vehicle", parse_vehicle, None, "Look for this one alone.", Group.COMMAND, frozenset({"doctor"}),
    form="ardupilot|px4:KIND[=BINARY]", otherwise="all",
)  # fmt: skip
METADATA_VEHICLE: Final = Option(
    "vehicle", parse_vehicle, VehicleSource(), f"Kind of vehicle: {SIMULATED_KINDS}.", Group.COMMAND,
    frozenset({"param metadata", "rehearse"}), form="SPEC",
)  # fmt: skip
METADATA_FIRMWARE: Final = Option(
    "firmware", one_of(*FIRMWARES), "ardupilot", "Firmware whose parameters are written.",
    Group.COMMAND, frozenset({"param metadata"}), form="ardupilot|px4",
)  # fmt: skip
OUTPUT: Final = Option[Path | None](
    "output", path, None, "Write to FILE instead of stdout.", Group.COMMAND, frozenset({"param metadata"}), form="FILE",
    short="-o",
)  # fmt: skip

REHEARSAL_HOME: Final = Option[tuple[GeoPoint, float] | None](
    "home", parse_home, None, "Where the vehicle will take off.", Group.COMMAND, frozenset({"rehearse"}),
    form="LAT,LON,ALT,HEADING", unit="deg,deg,m,deg", otherwise="the plan's home, or its first position",
)  # fmt: skip
REHEARSAL_PARAMETERS: Final = Option(
    "param", str, _STRINGS, "A parameter value, or a .param file. Repeatable.",
    Group.COMMAND, frozenset({"rehearse"}), form="NAME=VALUE|FILE", kind=OptionForm.LIST,
)  # fmt: skip
WIND: Final = Option[WindProfile](
    "wind", parse_wind, STILL,
    "Wind for --flights: mean speed, gust speed and the direction it comes from; or a file with a wind profile.",
    Group.COMMAND, frozenset({"rehearse"}), form="MEAN,GUST[,DIR]|FILE", unit="m/s,m/s,deg", otherwise="calm",
)  # fmt: skip
BATTERY: Final = Option[float | None](
    "battery", positive_number, None, "Energy of the full battery.", Group.COMMAND, frozenset({"rehearse"}), form="WH",
    unit="Wh", otherwise="SIM_BATT_CAP_AH at 11.4 V",
)  # fmt: skip
REHEARSAL_FLIGHTS: Final = Option(
    "flights", whole_number(0, 100_000), 0, "Also fly the plan N times in the simulator, on all cores.", Group.COMMAND,
    frozenset({"rehearse"}), form="N",
)  # fmt: skip
STATIC: Final = switch("static", "Check by rules only; ignore --flights.", "rehearse")
FROM_LOG: Final = file_option(
    "from", "LOG", "Fit the simulated vehicle to a log: .bin, .tlog, .ulg, or a flight folder of Sortie.", "rehearse"
)
KEEP: Final = file_option("keep", "FILE", "Write the parameters that --from found to a .param file.", "rehearse")
JUNIT: Final = file_option(
    "junit", "FILE", "Write the findings as JUnit XML, one test case for each rule.", "rehearse", "conform"
)
SARIF: Final = file_option(
    "sarif", "FILE", "Write the findings as SARIF, with the line numbers of the plan file.", "rehearse"
)
VEHICLE_LINK: Final = Option(
    "vehicle-link", str, "", "Address of the vehicle, in the form of --link.", Group.ARGUMENTS,
    frozenset({"radio"}), kind=OptionForm.ARGUMENT, required=True,
)  # fmt: skip
GROUND_LINK: Final = Option(
    "ground-link", str, "", "Address of the ground station, in the form of --link.", Group.ARGUMENTS,
    frozenset({"radio"}),
    kind=OptionForm.ARGUMENT, required=True,
)  # fmt: skip
RADIO_SEED: Final = Option(
    "seed", whole_number(0, 2**63 - 1), 0, "Seed of the losses.", Group.COMMAND, frozenset({"radio"}), form="N"
)
DISTANCE: Final = Option(
    "distance", positive_number, 100.0, "Distance between the antennas.", Group.COMMAND, frozenset({"radio"}), form="M",
    unit="m",
)  # fmt: skip
RELAY_RADIO: Final = Option(
    "radio", str, "sik-57600", "Radio: a name from docs/radios.md, or a TOML file.",
    Group.COMMAND, frozenset({"radio"}), form="NAME|FILE",
)  # fmt: skip

# --- a page -----------------------------------------------------------------------------------------------------------
SHOWN_TERRAIN: Final = file_option(
    "terrain",
    "FILE|DIR",
    "Show the terrain on the map: a file or a folder of SRTM or GeoTIFF tiles.",
    "web",
    group=Group.LINKS,
)
ORIGINS: Final = Option(
    "origin", page_origin, _STRINGS,
    "Let web pages of this origin, such as Cockpit, use the API with the token. Repeatable.",
    Group.LINKS, frozenset({"web"}), form="URL", kind=OptionForm.LIST,
)  # fmt: skip
FOXGLOVE: Final = Option[int | None](
    "foxglove", whole_number(0, 65535), None, "Serve Foxglove clients on this port of loopback.",
    Group.LINKS, frozenset({"web"}), form="PORT",
)  # fmt: skip
SHOWN_STATE: Final = file_option(
    "state-dir",
    "DIR",
    "State directory of the `sortie loop` to show.",
    "web",
    group=Group.FILES,
    otherwise="~/.local/state/sortie",
)
SHOWN_LOGS: Final = file_option(
    "log-dir",
    "DIR",
    "Log directory whose flights are listed.",
    "web",
    group=Group.FILES,
    otherwise="`logs` in the state directory",
)

# --- the vehicle of a run ---------------------------------------------------------------------------------------------
LOOP_FAULT: Final = Option(
    "fault", str, _STRINGS,
    "Inject a fault at phaseN, phaseN+SECONDS or T+SECONDS (T: start of the loop), in sortie K or in all (*). "
    "Repeatable.",
    Group.VEHICLE,
    frozenset({"loop"}), form="NAME@WHEN[..WHEN][#K]", unit="s", kind=OptionForm.LIST, sources=EVERYWHERE,
    applies_to=SIMULATED,
)  # fmt: skip

# --- a fleet ----------------------------------------------------------------------------------------------------------
PRINT_FLEET: Final = switch("print-fleet", "Print a fleet file to edit, and exit.", "serve", group=Group.FLEET)

# --- its links --------------------------------------------------------------------------------------------------------
LOOP_LINK: Final = Option[tuple[str, ...] | None](
    "link", str, None, "A link on which a ground station can watch. Repeatable; by default there is none.",
    Group.OFTEN,
    frozenset({"loop"}), form="URL", kind=OptionForm.LIST, sources=EVERYWHERE,
)  # fmt: skip
CONNECT: Final = Option(
    "connect", str, DEFAULT_CONNECT, "Address of the running vehicle.", Group.LINKS, CONNECTING, form="URL",
    sources=Sources.ENVIRONMENT,
)  # fmt: skip
EVERY: Final = "all"
TARGET: Final = Option[str | None](
    "target", system_or_all, None, "System id of a vehicle of a fleet, or all of them.", Group.LINKS, REMOTE,
    form="SYSID|all", otherwise="the first one heard; `status` shows all",
)  # fmt: skip
COMPONENT: Final = Option[int | None](
    "component", whole_number(1, 255), None,
    "Component id whose parameters are used; 191 is Sortie itself when it runs in front of a flight controller.",
    Group.LINKS, PARAM, form="N",
)  # fmt: skip
STATION_KEY: Final = Option[Path | None](
    "signing-key", path, None, "File with the MAVLink 2 signing key of the vehicle.", Group.LINKS, CONNECTING,
    form="FILE", sources=Sources.ENVIRONMENT,
)  # fmt: skip

# --- everywhere -------------------------------------------------------------------------------------------------------
CONFIG: Final = Option[Path | None](
    "config", path, None, "TOML file with options, under the same names as on the command line.", Group.GENERAL, RUNS,
    form="FILE",
    sources=Sources.ENVIRONMENT,
)  # fmt: skip
JSON: Final = switch(
    "json",
    "Print the result as one JSON line, the last line on stdout.",
    *(REMOTE | RUNS | CAMPAIGN_ANSWERS | _TELL) - {"serve"},
    group=Group.GENERAL,
)

_ROWS: Final = (*SETTINGS.values(), *CAMPAIGN, *CONFORM, *rows_of(globals()).values())
TABLE: Final = tuple(sorted(_ROWS, key=lambda row: list(Group).index(row.group)))
