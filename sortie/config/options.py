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
from sortie.config.option import Argument, Group, Option, OptionForm, Sources, file_option, rows_of, switch
from sortie.config.settings import FIRMWARES, RUNS, SETTINGS, SIMULATED, SIMULATED_KINDS, Setting
from sortie.config.values import (
    DEFAULT_CONNECT,
    VehicleSource,
    known_vehicle,
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
PLAN: Final = Argument[Path | None](
    "plan", path, None, "A .plan, .waypoints or .txt file; not with --fleet.", {"fly", "rehearse"}
)
AERIALIST: Final = Argument(
    "test", path, Path(), "A test description of Aerialist (YAML).", {"aerialist"}, required=True, form="TEST"
)
FIRMWARE: Final = Argument[Path | None]("firmware", path, None, "An .apj, .px4 or .bin file.", {"flash"})
PATTERN: Final = Argument("pattern", str, "*", "Names to print, such as 'WPNAV_*'.", {"param list"})
NAME: Final = Argument("name", str, "", "A parameter's name.", {"param get", "param set", "param reset"}, required=True)
VALUE: Final = Argument("value", str, "", "A number.", {"param set"}, required=True)
FILE: Final = Argument("file", path, Path(), "A .param file.", {"param load", "param save"}, required=True)

# --- of one command ---------------------------------------------------------------------------------------------------
ONCE: Final = switch("once", "Exit after the landing.", "demo")
REPLAY_ONCE: Final = switch("once", "Exit at the end of the logs.", "replay")
FROM: Final = Option[float | None](
    "from", number_from_zero, None, "Start this long after the beginning of the log.", {"replay"}, form="S", unit="s",
    otherwise="0",
)  # fmt: skip
REPEAT: Final = Option(
    "repeat", whole_number(1, 10_000_000), 1, "Fly the plan N times in one process.", {"fly"}, form="N"
)
GO_AT: Final = Option(
    "go-at", number_from_zero, 0.0, "Start the flight no earlier than S seconds after boot, in vehicle time.", {"fly"},
    form="S", unit="s",
)  # fmt: skip
PROFILE: Final = Option(
    "profile", str, "space",
    "Where the vehicle is based: space, drone-box, or a file (--print-profile prints one to edit).", {"loop"},
    form="NAME|FILE",
)  # fmt: skip
SORTIES: Final = Option[int | None](
    "sorties", whole_number(1, 10_000_000), None, "Exit after N sorties in total, including those before a restart.",
    {"loop"}, form="N", otherwise="run until the vehicle is retired",
)  # fmt: skip
REPORT: Final = file_option("report", "DIR", "Write a report (HTML, JSON, CSV) into DIR.", "loop")
FLIGHT_REPORT: Final = file_option("report", "DIR", "Write a page of each flight into DIR.", "fly")
REHEARSAL_REPORT: Final = file_option(
    "report", "DIR", "Write a page about the plan into DIR: map, height profile, battery, items, findings.", "rehearse"
)
LOGS: Final = Argument[tuple[Path, ...]](
    "logs", path, (),
    "Logs: .bin, .tlog or .ulg files, or flight folders of Sortie. Several logs are shown side by side.",
    {"report", "replay"}, kind=OptionForm.ARGUMENTS, required=True, form="LOG...",
)  # fmt: skip
LOG: Final = Argument(
    "log", path, Path(), "A .bin, .tlog or .ulg file, or a flight folder of Sortie.", {"convert", "reproduce"},
    required=True,
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
TO: Final = Option[str | None]("to", one_of(*EXPORTS), None, "Format to write.", {"convert"}, form="|".join(EXPORTS))
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
    "within", metres, None, "Largest allowed distance between the two flights.", {"report",
    "fly"}, form="METRES",
    unit="m", otherwise="2.0",
)  # fmt: skip
CHANGE: Final = Option[tuple[str, ...]](
    "change", str, (), "Also fly it with another parameter value, or with other wind (wind=+3). Repeatable.",
    {"reproduce"}, form="NAME=VALUE", kind=OptionForm.LIST,
)  # fmt: skip
WITHOUT: Final = Option[tuple[str, ...]](
    "without", str, (), "Also fly it without this fault. Repeatable.", {"reproduce"}, form="FAULT", kind=OptionForm.LIST
)
SEARCH: Final = Option[str | None](
    "search", str, None,
    "Find a single change that avoids the crash or failsafe: one of --change, else one of a built-in list.",
    {"reproduce"}, form="crash|failsafe",
)  # fmt: skip
PRINT_PROFILE: Final = Option[str | None](
    "print-profile", str, None, "Print a profile to edit, and exit.", {"loop"}, form="NAME"
)
RECOVER: Final = switch(
    "recover",
    "After a restart: bring a vehicle home that was in the air, or dock one that was lost and is heard again.",
    "loop",
)
CONFIRM_RELAUNCH: Final = switch("confirm-relaunch", "Ask a person before each relaunch (phase 8).", "loop")
PORT: Final = Option(
    "port", str, "auto", "Serial port of the board; auto finds it by its USB ids.", {"flash"}, form="PORT|auto"
)
BOARD_ID: Final = Option[int | None](
    "board-id", whole_number(0, 0xFFFFFFFF), None, "Id of the board; needed with a .bin file.", {"flash"}, form="N"
)
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
    {"param metadata"}, form="qgc|mp",
)  # fmt: skip
REPRODUCING_VEHICLE: Final = Option[VehicleSource | None](
    "vehicle", parse_vehicle, None, "Firmware that flies it again, in Sortie's simulator.", {"reproduce"},
    form="ardupilot|px4:KIND[=BINARY],world=ours", otherwise="Sortie's own autopilot",
)  # fmt: skip
EXAMINED: Final = Option[VehicleSource | None](
    "vehicle", parse_vehicle, None, "Look for this one alone.", {"doctor"}, form="ardupilot|px4:KIND[=BINARY]",
    otherwise="all",
)  # fmt: skip
METADATA_VEHICLE: Final = Option(
    "vehicle", known_vehicle, VehicleSource(), f"Kind of vehicle: {SIMULATED_KINDS}.", {"param metadata", "rehearse"},
    form="SPEC",
)  # fmt: skip
METADATA_FIRMWARE: Final = Option(
    "firmware", one_of(*FIRMWARES), "ardupilot", "Firmware whose parameters are written.", {"param metadata"},
    form="ardupilot|px4",
)  # fmt: skip
OUTPUT: Final = Option[Path | None](
    "output", path, None, "Write to FILE instead of stdout.", {"param metadata"}, form="FILE", short="-o"
)

REHEARSAL_HOME: Final = Option[tuple[GeoPoint, float] | None](
    "home", parse_home, None, "Where the vehicle will take off.", {"rehearse"}, form="LAT,LON,ALT,HEADING",
    unit="deg,deg,m,deg", otherwise="the plan's home, or its first position",
)  # fmt: skip
REHEARSAL_PARAMETERS: Final = Option(
    "param", str, _STRINGS, "A parameter value, or a .param file. Repeatable.", {"rehearse"}, form="NAME=VALUE|FILE",
    kind=OptionForm.LIST,
)  # fmt: skip
WIND: Final = Option[WindProfile](
    "wind", parse_wind, STILL,
    "Wind for --flights: mean speed, gust speed and the direction it comes from; or a file with a wind profile.",
    {"rehearse"}, form="MEAN,GUST[,DIR]|FILE", unit="m/s,m/s,deg", otherwise="calm",
)  # fmt: skip
BATTERY: Final = Option[float | None](
    "battery", positive_number, None, "Energy of the full battery.", {"rehearse"}, form="WH", unit="Wh",
    otherwise="SIM_BATT_CAP_AH at 11.4 V",
)  # fmt: skip
REHEARSAL_FLIGHTS: Final = Option(
    "flights", whole_number(0, 100_000), 0, "Also fly the plan N times in the simulator, on all cores.", {"rehearse"},
    form="N",
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
VEHICLE_LINK: Final = Argument(
    "vehicle-link", str, "", "Address of the vehicle, in the form of --link.", {"radio"}, required=True
)
GROUND_LINK: Final = Argument(
    "ground-link", str, "", "Address of the ground station, in the form of --link.", {"radio"}, required=True
)
RADIO_SEED: Final = Option("seed", whole_number(0, 2**63 - 1), 0, "Seed of the losses.", {"radio"}, form="N")
DISTANCE: Final = Option(
    "distance", positive_number, 100.0, "Distance between the antennas.", {"radio"}, form="M", unit="m"
)
RELAY_RADIO: Final = Option(
    "radio", str, "sik-57600", "Radio: a name from docs/radios.md, or a TOML file.", {"radio"}, form="NAME|FILE"
)

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
    "Let web pages of this origin, such as Cockpit, use the API with the token. Repeatable.", {"web"},
    group=Group.LINKS, form="URL", kind=OptionForm.LIST,
)  # fmt: skip
FOXGLOVE: Final = Option[int | None](
    "foxglove", whole_number(0, 65535), None, "Serve Foxglove clients on this port of loopback.", {"web"},
    group=Group.LINKS, form="PORT",
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
LOOP_FAULT: Final = Setting(
    "fault", str, _STRINGS,
    "Inject a fault at phaseN, phaseN+SECONDS or T+SECONDS (T: start of the loop), in sortie K or in all (*). "
    "Repeatable.", {"loop"}, group=Group.VEHICLE, form="NAME@WHEN[..WHEN][#K]", unit="s", kind=OptionForm.LIST,
    applies_to=SIMULATED,
)  # fmt: skip

# --- a fleet ----------------------------------------------------------------------------------------------------------
PRINT_FLEET: Final = switch("print-fleet", "Print a fleet file to edit, and exit.", "serve", group=Group.FLEET)

# --- its links --------------------------------------------------------------------------------------------------------
LOOP_LINK: Final = Setting[tuple[str, ...] | None](
    "link", str, None, "A link on which a ground station can watch. Repeatable; by default there is none.", {"loop"},
    group=Group.OFTEN, form="URL", kind=OptionForm.LIST,
)  # fmt: skip
CONNECT: Final = Option(
    "connect", str, DEFAULT_CONNECT, "Address of the running vehicle.", CONNECTING, group=Group.LINKS, form="URL",
    sources=Sources.ENVIRONMENT,
)  # fmt: skip
EVERY: Final = "all"
TARGET: Final = Option[str | None](
    "target", system_or_all, None, "System id of a vehicle of a fleet, or all of them.", REMOTE, group=Group.LINKS,
    form="SYSID|all", otherwise="the first one heard; `status` shows all",
)  # fmt: skip
COMPONENT: Final = Option[int | None](
    "component", whole_number(1, 255), None,
    "Component id whose parameters are used; 191 is Sortie itself when it runs in front of a flight controller.", PARAM,
    group=Group.LINKS, form="N",
)  # fmt: skip
STATION_KEY: Final = Option[Path | None](
    "signing-key", path, None, "File with the MAVLink 2 signing key of the vehicle.", CONNECTING, group=Group.LINKS,
    form="FILE", sources=Sources.ENVIRONMENT,
)  # fmt: skip

# --- everywhere -------------------------------------------------------------------------------------------------------
CONFIG: Final = Option[Path | None](
    "config", path, None, "TOML file with options, under the same names as on the command line.", RUNS,
    group=Group.GENERAL, form="FILE", sources=Sources.ENVIRONMENT,
)  # fmt: skip
JSON: Final = switch(
    "json",
    "Print the result as one JSON line, the last line on stdout.",
    *(REMOTE | RUNS | CAMPAIGN_ANSWERS | _TELL) - {"serve"},
    group=Group.GENERAL,
)

_ROWS: Final = (*SETTINGS.values(), *CAMPAIGN, *CONFORM, *rows_of(globals()).values())
TABLE: Final = tuple(sorted(_ROWS, key=lambda row: list(Group).index(row.group)))
