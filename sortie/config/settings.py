"""The options of a run, as rows and as values: what `serve`, `demo`, `fly` and `loop` can be told from everywhere.

A row of `Settings` is the option on the class (`Settings.speedup.help`) and its value on an object
(`settings.speedup`). `sortie.config.given` reads them from command line, environment and file.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from autopilot.interface.geo import GeoPoint
from autopilot.vehicles.kinds import KINDS
from sortie.config.errors import nearest
from sortie.config.fittings import FITTINGS, fitting_names
from sortie.config.formation import FORMATIONS, SPACING_M
from sortie.config.option import ANYWHERE, Group, Option, OptionForm, OptionScope, Sources, rows_of
from sortie.config.values import (
    DEFAULT_LINKS,
    PaceBounds,
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
EVERYWHERE: Final = Sources.EVERYWHERE
FIRMWARES: Final = ("ardupilot", "px4")
SIMULATED_KINDS = ", ".join(f"sim:{name}" for name in KINDS)
_STRINGS: tuple[str, ...] = ()
_BOUNDS: Final = PaceBounds()


# fmt: off
class Settings:
    """Values as they hold for one run. `home` is (place, heading in degrees) or None when nobody gave one. `given`:
    keys of what somebody has said, be it the default."""

    vehicle = Option(
        "vehicle", parse_vehicle, VehicleSource(),
        f"{SIMULATED_KINDS}, ardupilot:copter[=BINARY][,world=ours], px4:copter (plane, quadplane) likewise,"
        " or a connection.",
        Group.OFTEN, RUNS, form="SPEC", sources=EVERYWHERE,
    )
    home = Option[tuple[GeoPoint, float] | None](
        "home", parse_home, None, "Where a simulated vehicle stands at boot.", Group.VEHICLE, RUNS,
        form="LAT,LON,ALT,HEADING", unit="deg,deg,m,deg", otherwise="the plan's, or a field near Canberra",
        sources=EVERYWHERE, applies_to=PACED,
    )
    speedup = Option[float | None](
        "speedup", parse_speedup, None, "1 is real time, X is X times, 0 as fast as possible.", Group.OFTEN,
        RUNS | {"replay"},
        form="X", unit="times real time", otherwise="1; for a loop as its profile says", sources=EVERYWHERE,
        applies_to=PACED, plain=(1.0,),
    )
    pace = Option(
        "pace", one_of("wall", "clients"), "wall",
        "What vehicle time follows: the clock on the wall, or the clients, which it then never outruns. "
        "docs/testing.md",
        Group.VEHICLE, RUNS, form="wall|clients", sources=EVERYWHERE, applies_to=OF_OUR_CLOCK,
    )
    pace_lead = Option(
        "pace-lead", number_from_zero, _BOUNDS.lead_s,
        "With --pace clients: how far vehicle time may run ahead of them.",
        Group.VEHICLE, RUNS, form="S", unit="s", sources=EVERYWHERE, applies_to=OF_OUR_CLOCK,
    )
    pace_limit = Option(
        "pace-limit", positive_number, _BOUNDS.limit_s,
        "With --pace clients: how long one that does not react is waited for.",
        Group.VEHICLE, RUNS, form="S", unit="s", sources=EVERYWHERE, applies_to=OF_OUR_CLOCK,
    )
    pace_quiet = Option[float | None](
        "pace-quiet", positive_number, _BOUNDS.quiet_s,
        "With --pace clients: how long links must be quiet before time goes on.",
        Group.VEHICLE, RUNS, form="S", unit="s", otherwise="0.0005 where it is needed",
        sources=EVERYWHERE, applies_to=OF_OUR_CLOCK,
    )
    seed = Option(
        "seed", whole_number(0, 2**63 - 1), 0, "Seed of wind, noise and everything random.", Group.VEHICLE, RUNS,
        form="N", sources=EVERYWHERE, applies_to=SIMULATED,
    )
    param = Option(
        "param", str, _STRINGS, "Set a parameter, or all parameters of a .param file. Repeatable.", Group.OFTEN, RUNS,
        form="NAME=VALUE|FILE", kind=OptionForm.LIST, sources=EVERYWHERE, applies_to=NO_LOOP,
    )
    with_ = Option(
        "with", fitting_names, _STRINGS,
        f"Put on a simulated vehicle what ArduPilot leaves off: {', '.join(FITTINGS)}.", Group.OFTEN, RUNS,
        form="NAME[,NAME]", sources=EVERYWHERE, applies_to=frozenset({OptionScope.SIMULATOR}),
    )
    fault = Option(
        "fault", str, _STRINGS, "Inject a fault, WHEN in seconds. Repeatable. docs/failures.md has all names.",
        Group.VEHICLE, FLIGHTS,
        form="NAME[=VALUE][@WHEN[..WHEN]]", unit="s", kind=OptionForm.LIST, sources=EVERYWHERE, applies_to=SIMULATED,
    )
    terrain = Option[Path | None](
        "terrain", path, None,
        "The ground: a file or a folder of SRTM (.hgt) or GeoTIFF tiles; the vehicle stands on it, whatever height "
        "--home has. docs/terrain.md", Group.VEHICLE, RUNS | {"rehearse"}, form="FILE|DIR", otherwise="flat",
        sources=EVERYWHERE, applies_to=SIMULATED,
    )
    traffic = Option[Path | None](
        "traffic", path, None, "Other aircraft: tracks and encounters (TOML), or state vectors (CSV). docs/traffic.md",
        Group.VEHICLE, RUNS, form="FILE", otherwise="none", sources=EVERYWHERE, applies_to=OF_OUR_AUTOPILOT,
    )
    obstacles = Option[Path | None](
        "obstacles", path, None, "What stands around: a TOML file of shapes, or GeoJSON of buildings. docs/traffic.md",
        Group.VEHICLE, RUNS | {"rehearse"}, form="FILE", otherwise="nothing", sources=EVERYWHERE,
        applies_to=OF_OUR_AUTOPILOT,
    )
    firmware = Option(
        "firmware", one_of(*FIRMWARES), "ardupilot",
        "What a simulated vehicle is to ground stations: an ArduPilot, or a PX4.",
        Group.VEHICLE, RUNS,
        form="ardupilot|px4", sources=EVERYWHERE, applies_to=frozenset({OptionScope.SIMULATOR}),
    )
    strategy = Option[str | None](
        "strategy", one_of("guided", "native"), None,
        "With a flight controller: guided flies the mission item by item (the default on ArduPilot), native has the "
        "controller fly it by itself (the default on PX4).",
        Group.VEHICLE, RUNS, form="guided|native", sources=EVERYWHERE, applies_to=CONTROLLED,
    )
    count = Option[int | None](
        "count", whole_number(1, 62_500), None, "Number of vehicles; their system ids count from --sysid.",
        Group.FLEET, RUNS,
        form="N", sources=EVERYWHERE, applies_to=OF_OUR_CLOCK, otherwise="one vehicle",
    )
    formation = Option(
        "formation", one_of(*FORMATIONS), FORMATIONS[0], "How the vehicles stand around --home.", Group.FLEET, RUNS,
        form="|".join(FORMATIONS), sources=EVERYWHERE, applies_to=OF_OUR_CLOCK,
    )
    spacing = Option(
        "spacing", positive_number, SPACING_M, "Distance between neighbours.", Group.FLEET, RUNS, form="M", unit="m",
        sources=EVERYWHERE, applies_to=OF_OUR_CLOCK,
    )
    fleet = Option[Path | None](
        "fleet", path, None, "A TOML file of vehicles; `sortie serve --print-fleet` shows one.", Group.FLEET, RUNS,
        form="FILE", sources=EVERYWHERE, applies_to=OF_OUR_CLOCK,
    )
    networks = Option(
        "networks", whole_number(1, 250), 1, "Spread the vehicles on N networks, each with its own links and system "
        "ids; {m} in a --link is the number of the network.", Group.FLEET, RUNS, form="N", sources=EVERYWHERE,
        applies_to=OF_OUR_CLOCK,
    )
    link = Option[tuple[str, ...] | None](
        "link", str, None,
        "A ground station link: tcpin:HOST:PORT, udpin:..., udpout:..., tcp:..., /dev/tty...,BAUD; with ?private "
        "behind it nothing is forwarded to or from it, with ?quiet it streams HEARTBEAT and what is asked for. "
        "Repeatable; replaces the default ones. Vehicles of a fleet share it, unless {5760+10*n} in it makes one for "
        "each.",
        Group.OFTEN, FLIGHTS | {"replay"}, form="URL", otherwise="udpout:127.0.0.1:14550 and tcpin:127.0.0.1:5760",
        kind=OptionForm.LIST, sources=EVERYWHERE,
    )
    web = Option(
        "web", truth, False, "Show the vehicle on a page for a browser; its address is printed on stderr.",
        Group.LINKS, RUNS,
        kind=OptionForm.SWITCH, sources=EVERYWHERE,
    )
    control = Option(
        "control", truth, False, "Give the page buttons that act; without it the page only shows.",
        Group.LINKS, RUNS | {"web"}, kind=OptionForm.SWITCH, sources=EVERYWHERE,
    )
    listen = Option[tuple[str, int] | None](
        "listen", listen_address, None, "Where the page listens.", Group.LINKS, RUNS | {"web"}, form="HOST:PORT",
        otherwise="127.0.0.1:8088, or another free port", sources=EVERYWHERE,
    )
    tiles = Option[str | None](
        "tiles", tile_address, None, "Address of map pictures, with {z}, {x} and {y}; without it none are loaded.",
        Group.LINKS, RUNS | {"web"}, form="URL", sources=EVERYWHERE,
    )
    radio = Option(
        "radio", str, _STRINGS,
        "Simulate a radio on all links, or on that LINK: a name of docs/radios.md, or a TOML file. Repeatable.",
        Group.LINKS, RUNS, form="[LINK=]NAME|FILE", kind=OptionForm.LIST, sources=EVERYWHERE,
        applies_to=NO_LOOP,
    )
    rc = Option[tuple[str, int] | None](
        "rc", pulse_address, None,
        "Take stick pulses of a transmitter from this UDP port of loopback, as ArduPilot SITL does on 5501.",
        Group.LINKS, RUNS, form="PORT", sources=EVERYWHERE, applies_to=SIMULATOR_ONLY,
    )
    sysid = Option[int | None](
        "sysid", whole_number(1, 255), None, "MAVLink system id (SYSID_THISMAV).", Group.LINKS, RUNS | {"replay"},
        form="N", sources=EVERYWHERE, applies_to=OF_OUR_CLOCK,
    )
    signing_key = Option[Path | None](
        "signing-key", path, None, "Key of MAVLink 2 signing: a file with 64 hexadecimal digits, or a passphrase.",
        Group.LINKS, RUNS, form="FILE", sources=EVERYWHERE,
    )
    insecure = Option(
        "insecure", truth, False, "Allow links that the network can reach although there is no signing key.",
        Group.LINKS, RUNS | {"replay"}, kind=OptionForm.SWITCH, sources=EVERYWHERE,
    )
    state_dir = Option[Path | None](
        "state-dir", path, None, "Folder that keeps missions, parameters and home.", Group.OFTEN, RUNS, form="DIR",
        otherwise="~/.local/state/sortie; for `demo` a temporary one", sources=EVERYWHERE,
    )
    log_dir = Option[Path | None](
        "log-dir", path, None, "Where logs go.", Group.FILES, RUNS, form="DIR",
        otherwise="logs in the state directory; those of `demo` in ~/.local/state/sortie",
        sources=EVERYWHERE,
    )
    log_format = Option(
        "log-format", one_of("text", "json"), "text", "Form of run.log.", Group.FILES, RUNS, form="text|json",
        sources=EVERYWHERE, applies_to=NO_LOOP,
    )
    telemetry_log = Option(
        "telemetry-log", truth, True, "Write flight.tlog and telemetry.csv for each flight.", Group.FILES, RUNS,
        kind=OptionForm.TOGGLE, sources=EVERYWHERE, applies_to=NO_LOOP,
    )
    trace = Option[Path | None](
        "trace", path, None, "Write the messages between the flight manager's actors, a JSON line each.",
        Group.FILES, RUNS, form="FILE",
        sources=EVERYWHERE, applies_to=NO_LOOP,
    )
    metrics = Option[str | None](
        "metrics", checked_metrics, None, "Serve metrics for Prometheus; without HOST on loopback only.", Group.FILES,
        RUNS, form="HOST:PORT", sources=EVERYWHERE, applies_to=NO_LOOP,
    )
    # fmt: on
    def __init__(self, *, given: frozenset[str] = frozenset(), **values: object) -> None:
        for key in values:
            if key not in SETTINGS:
                raise TypeError(f"no setting {key}{nearest(key, SETTINGS)}")
        self.given = given
        vars(self).update(values)  # before the default, which `Option.__get__` has

    def replaced(self, **values: object) -> Settings:
        """Return these settings with some values replaced."""
        own = {key: value for key, value in vars(self).items() if key in SETTINGS}
        return Settings(given=self.given, **(own | values))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Settings) and all(getattr(self, key) == getattr(other, key) for key in SETTINGS)

    @property
    def links(self) -> tuple[str, ...]:
        """The links to open: those given, or the default ones."""
        return DEFAULT_LINKS if self.link is None else self.link

    @property
    def is_fleet(self) -> bool:
        """True when vehicles in our world were asked for by number or by file, be it one."""
        return (self.vehicle.kind == "sim" or self.vehicle.in_our_world) and (
            self.count is not None or self.fleet is not None)

    def said(self) -> list[str]:
        """Keys of what differs from saying nothing."""
        return [key for key, row in SETTINGS.items() if not row.is_default(getattr(self, key))]


SETTINGS: Final[Mapping[str, Option[object]]] = MappingProxyType(rows_of(vars(Settings)))
"""The rows by key, in the order of the help."""
