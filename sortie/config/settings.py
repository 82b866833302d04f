"""Options of a run (`serve`, `demo`, `fly`, `loop`), as rows and as values.

`Settings.speedup` on the class is the option (`Settings.speedup.help`); on an object it is the value.
`sortie.config.given` reads values from command line, environment and file.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from types import MappingProxyType
from typing import Final

from autopilot.interface.geo import GeoPoint
from autopilot.interface.records import dataclass
from autopilot.vehicles.kinds import KINDS
from sortie.config.errors import nearest
from sortie.config.fittings import FITTINGS, fitting_names
from sortie.config.formation import FORMATIONS, SPACING_M
from sortie.config.option import ANYWHERE, Group, Option, OptionForm, OptionScope, Sources, T_co, rows_of
from sortie.config.values import (
    DEFAULT_LINKS,
    PaceBounds,
    VehicleSource,
    default_state_dir,
    listen_address,
    number_from_zero,
    one_of,
    parse_home,
    parse_metrics,
    parse_speedup,
    parse_vehicle,
    path,
    positive_number,
    pulse_address,
    tile_address,
    truth,
    whole_number,
)

FLIGHTS = frozenset({"serve", "demo", "fly"})
RUNS = FLIGHTS | {"loop"}
SIMULATED = frozenset({OptionScope.SIMULATOR, OptionScope.WORLD, OptionScope.LOOP})
PACED = frozenset({OptionScope.SIMULATOR, OptionScope.SITL, OptionScope.WORLD, OptionScope.LOOP})
CONTROLLED = frozenset({OptionScope.SITL, OptionScope.WORLD, OptionScope.CONTROLLER, OptionScope.LOOP})
SIMULATOR_ONLY = frozenset({OptionScope.SIMULATOR})
OF_OUR_AUTOPILOT = frozenset({OptionScope.SIMULATOR, OptionScope.LOOP})
OF_OUR_CLOCK = frozenset({OptionScope.SIMULATOR, OptionScope.WORLD})
NO_LOOP = ANYWHERE - {OptionScope.LOOP}
FIRMWARES: Final = ("ardupilot", "px4")
STRATEGIES: Final = ("guided", "native")
SIMULATED_KINDS = ", ".join(f"sim:{name}" for name in KINDS)
_STRINGS: tuple[str, ...] = ()
_BOUNDS: Final = PaceBounds()


@dataclass(frozen=True)
class Setting(Option[T_co]):
    """Option of a run, of all kinds of runs by default."""

    commands: AbstractSet[str] = RUNS
    sources: Sources = Sources.EVERYWHERE


# fmt: off
class Settings:
    """Values of one run. `home`: (place, heading in degrees), or None when not given. `given`: keys of given values,
    even if equal to the default."""

    vehicle = Setting(
        "vehicle", parse_vehicle, VehicleSource(),
        f"The vehicle: {SIMULATED_KINDS}; ardupilot:KIND[=BINARY] or px4:KIND[=BINARY], with ,world=ours in Sortie's"
        " simulator; or the address of a flight controller.", group=Group.OFTEN, form="SPEC",
    )
    home = Setting[tuple[GeoPoint, float] | None](
        "home", parse_home, None, "Where a simulated vehicle stands when it boots.", group=Group.VEHICLE,
        form="LAT,LON,ALT,HEADING", unit="deg,deg,m,deg", otherwise="the plan's, or a field near Canberra",
        applies_to=PACED,
    )
    speedup = Setting[float | None](
        "speedup", parse_speedup, None,
        "Speed of the simulation: 1 is real time, X is X times faster, 0 is as fast as possible.", RUNS | {"replay"},
        group=Group.OFTEN, form="X", unit="times real time", otherwise="1; for `loop`, the profile's value",
        applies_to=PACED, plain=(1.0,),
    )
    pace = Setting(
        "pace", one_of("wall", "clients"), "wall",
        "What vehicle time follows: the wall clock, or the clients; with clients, time waits until they have answered. "
        "See docs/testing.md.", group=Group.VEHICLE, form="wall|clients", applies_to=OF_OUR_CLOCK,
    )
    pace_lead = Setting(
        "pace-lead", number_from_zero, _BOUNDS.lead_s,
        "With --pace clients: how far vehicle time may run ahead of the clients.", group=Group.VEHICLE, form="S",
        unit="s", applies_to=OF_OUR_CLOCK,
    )
    pace_limit = Setting(
        "pace-limit", positive_number, _BOUNDS.limit_s,
        "With --pace clients: how long to wait for a client that does not react.", group=Group.VEHICLE, form="S",
        unit="s", applies_to=OF_OUR_CLOCK,
    )
    pace_quiet = Setting[float | None](
        "pace-quiet", positive_number, _BOUNDS.quiet_s,
        "With --pace clients: how long the links must be quiet before time advances.", group=Group.VEHICLE, form="S",
        unit="s", otherwise="0.0005 where a client needs it", applies_to=OF_OUR_CLOCK,
    )
    seed = Setting(
        "seed", whole_number(0, 2**63 - 1), 0, "Seed of wind, noise and everything else that is random.",
        group=Group.VEHICLE, form="N", applies_to=SIMULATED,
    )
    param = Setting(
        "param", str, _STRINGS, "Set a parameter, or all parameters of a .param file. Repeatable.", group=Group.OFTEN,
        form="NAME=VALUE|FILE", kind=OptionForm.LIST, applies_to=NO_LOOP,
    )
    with_ = Setting(
        "with", fitting_names, _STRINGS,
        f"Fit a simulated vehicle with equipment that is off by default: {', '.join(FITTINGS)}.", group=Group.OFTEN,
        form="NAME[,NAME]", applies_to=SIMULATOR_ONLY,
    )
    fault = Setting(
        "fault", str, _STRINGS, "Inject a fault; WHEN is in seconds. Repeatable. docs/failures.md lists the names.",
        FLIGHTS, group=Group.VEHICLE, form="NAME[=VALUE][@WHEN[..WHEN]]", unit="s", kind=OptionForm.LIST,
        applies_to=SIMULATED,
    )
    terrain = Setting[Path | None](
        "terrain", path, None,
        "Terrain: a file or a folder of SRTM (.hgt) or GeoTIFF tiles. The vehicle stands on it, whatever altitude "
        "--home gives. See docs/terrain.md.", RUNS | {"rehearse"}, group=Group.VEHICLE, form="FILE|DIR",
        otherwise="flat", applies_to=SIMULATED,
    )
    traffic = Setting[Path | None](
        "traffic", path, None,
        "Other aircraft: a file of tracks and encounters (TOML) or of state vectors (CSV). See docs/traffic.md.",
        group=Group.VEHICLE, form="FILE", otherwise="none", applies_to=OF_OUR_AUTOPILOT,
    )
    obstacles = Setting[Path | None](
        "obstacles", path, None,
        "Obstacles: a TOML file of shapes, or a GeoJSON file of buildings. See docs/traffic.md.", RUNS | {"rehearse"},
        group=Group.VEHICLE, form="FILE", otherwise="none", applies_to=OF_OUR_AUTOPILOT,
    )
    firmware = Setting(
        "firmware", one_of(*FIRMWARES), "ardupilot",
        "The autopilot that a simulated vehicle presents to ground stations.", group=Group.VEHICLE,
        form="ardupilot|px4", applies_to=SIMULATOR_ONLY,
    )
    strategy = Setting[str | None](
        "strategy", one_of(*STRATEGIES), None,
        "Who flies the mission of a flight controller: with guided, Sortie commands it item by item (the default for "
        "ArduPilot's copters and rovers); with native, the controller flies it in its own AUTO mode (the default for "
        "PX4 and for planes).",
        group=Group.VEHICLE, form="guided|native", applies_to=CONTROLLED,
    )
    count = Setting[int | None](
        "count", whole_number(1, 62_500), None, "Number of vehicles; their system ids count up from --sysid.",
        group=Group.FLEET, form="N", applies_to=OF_OUR_CLOCK, otherwise="one vehicle",
    )
    formation = Setting(
        "formation", one_of(*FORMATIONS), FORMATIONS[0], "Arrangement of the vehicles around --home.",
        group=Group.FLEET, form="|".join(FORMATIONS), applies_to=OF_OUR_CLOCK,
    )
    spacing = Setting(
        "spacing", positive_number, SPACING_M, "Distance between neighbours.", group=Group.FLEET, form="M", unit="m",
        applies_to=OF_OUR_CLOCK,
    )
    fleet = Setting[Path | None](
        "fleet", path, None, "A TOML file of vehicles; `sortie serve --print-fleet` prints an example.",
        group=Group.FLEET, form="FILE", applies_to=OF_OUR_CLOCK,
    )
    networks = Setting(
        "networks", whole_number(1, 250), 1,
        "Spread the vehicles over N networks, each with its own links and system ids; {m} in a --link stands for the "
        "network's number.", group=Group.FLEET, form="N", applies_to=OF_OUR_CLOCK,
    )
    link = Setting[tuple[str, ...] | None](
        "link", str, None,
        "A link for ground stations: tcpin:HOST:PORT, udpin:..., udpout:..., tcp:..., /dev/tty...,BAUD. With ?private "
        "added, nothing is forwarded to or from it; with ?quiet, it streams only HEARTBEAT and what is requested. "
        "Repeatable; replaces the default links. The vehicles of a fleet share a link; write {5760+10*n} as the port "
        "to give each vehicle its own.", FLIGHTS | {"replay"}, group=Group.OFTEN, form="URL",
        otherwise="udpout:127.0.0.1:14550 and tcpin:127.0.0.1:5760", kind=OptionForm.LIST,
    )
    web = Setting(
        "web", truth, False, "Serve a web page that shows the vehicle; its address is printed on stderr.",
        group=Group.LINKS, kind=OptionForm.SWITCH,
    )
    control = Setting(
        "control", truth, False, "Let the web page command the vehicle; without this it is read-only.", RUNS | {"web"},
        group=Group.LINKS, kind=OptionForm.SWITCH,
    )
    listen = Setting[tuple[str, int] | None](
        "listen", listen_address, None, "Address of the web page.", RUNS | {"web"}, group=Group.LINKS, form="HOST:PORT",
        otherwise="127.0.0.1:8088, or another free port",
    )
    tiles = Setting[str | None](
        "tiles", tile_address, None,
        "URL of map tiles for the web page, with {z}, {x} and {y}; without it, no tiles are loaded.", RUNS | {"web"},
        group=Group.LINKS, form="URL",
    )
    radio = Setting(
        "radio", str, _STRINGS,
        "Simulate a radio on all links, or only on LINK: a name from docs/radios.md, or a TOML file. Repeatable.",
        group=Group.LINKS, form="[LINK=]NAME|FILE", kind=OptionForm.LIST, applies_to=NO_LOOP,
    )
    rc = Setting[tuple[str, int] | None](
        "rc", pulse_address, None,
        "Receive RC channel values (pulse widths) on this UDP port of loopback, as ArduPilot SITL does on 5501.",
        group=Group.LINKS, form="PORT", applies_to=SIMULATOR_ONLY,
    )
    sysid = Setting[int | None](
        "sysid", whole_number(1, 255), None, "MAVLink system id (SYSID_THISMAV).", RUNS | {"replay"}, group=Group.LINKS,
        form="N", applies_to=OF_OUR_CLOCK,
    )
    signing_key = Setting[Path | None](
        "signing-key", path, None, "Key for MAVLink 2 signing: a file with 64 hexadecimal digits or a passphrase.",
        group=Group.LINKS, form="FILE",
    )
    insecure = Setting(
        "insecure", truth, False, "Allow links that other machines can reach without a signing key.", RUNS | {"replay"},
        group=Group.LINKS, kind=OptionForm.SWITCH,
    )
    state_dir = Setting[Path | None](
        "state-dir", path, None, "Folder in which missions, parameters and home are kept.", group=Group.OFTEN,
        form="DIR", otherwise="~/.local/state/sortie; for `demo`, a temporary folder",
    )
    log_dir = Setting[Path | None](
        "log-dir", path, None, "Folder for logs.", group=Group.FILES, form="DIR",
        otherwise="`logs` in the state directory; for `demo`, ~/.local/state/sortie",
    )
    log_format = Setting(
        "log-format", one_of("text", "json"), "text", "Format of run.log.", group=Group.FILES, form="text|json",
        applies_to=NO_LOOP,
    )
    telemetry_log = Setting(
        "telemetry-log", truth, True, "Write flight.tlog and telemetry.csv for each flight.", group=Group.FILES,
        kind=OptionForm.TOGGLE, applies_to=NO_LOOP,
    )
    trace = Setting[Path | None](
        "trace", path, None, "Write the messages between the flight manager's actors to FILE, one JSON line each.",
        group=Group.FILES, form="FILE", applies_to=NO_LOOP,
    )
    metrics = Setting[tuple[str, int] | None](
        "metrics", parse_metrics, None, "Serve metrics for Prometheus; without HOST, on loopback only.",
        group=Group.FILES, form="HOST:PORT", applies_to=NO_LOOP,
    )
    # fmt: on
    def __init__(self, *, given: frozenset[str] = frozenset(), **values: object) -> None:
        for key in values:
            if key not in SETTINGS:
                raise TypeError(f"no setting {key}{nearest(key, SETTINGS)}")
        self.given = given
        vars(self).update(values)  # before the default of `Option.__get__`

    def replaced(self, **values: object) -> Settings:
        own = {key: value for key, value in vars(self).items() if key in SETTINGS}
        return Settings(given=self.given, **(own | values))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Settings) and all(getattr(self, key) == getattr(other, key) for key in SETTINGS)

    @property
    def links(self) -> tuple[str, ...]:
        """Links to open: the given ones, or the default."""
        return DEFAULT_LINKS if self.link is None else self.link

    @property
    def state(self) -> Path:
        """State directory: the given one, or the default."""
        return self.state_dir or default_state_dir()

    @property
    def logs(self) -> Path:
        """Log directory: the given one, or `logs` beside the state. Logs of a run with temporary state are kept."""
        return self.log_dir or self.state / "logs"

    @property
    def is_fleet(self) -> bool:
        """True for a fleet in our world (--count or --fleet), even with one vehicle."""
        return (self.vehicle.kind == "sim" or self.vehicle.in_our_world) and (
            self.count is not None or self.fleet is not None)

    def non_defaults(self) -> list[str]:
        return [key for key, row in SETTINGS.items() if not row.is_default(getattr(self, key))]


SETTINGS: Final[Mapping[str, Option[object]]] = MappingProxyType(rows_of(vars(Settings)))
"""Options by key, in the order of the help."""
