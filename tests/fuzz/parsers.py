"""Parsers of files and texts that strangers write, each with whole inputs to begin from and the errors it may raise.

Anything else that leaves a parser is a defect: a person would see a traceback. `tests/fuzz/test_parsers.py` damages the
whole inputs a little in every run, `tests/fuzz/harness.py NAME` for as long as one likes, guided by coverage.
"""

from __future__ import annotations

import gzip
import json
import lzma
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Final

import msgspec

from autopilot.interface.geo import GeoPoint
from autopilot.mission.plan import PlanError, parse_plan
from autopilot.parameters.files import ParameterFileError, parse_parameters
from autopilot.parameters.parameters import Parameters
from autopilot.show.lights import LightProgram
from autopilot.show.show_file import read_show
from autopilot.vehicles.kinds import KINDS
from mavlink_bridge.bootloader.firmware import FirmwareError, parse_firmware
from mavlink_bridge.links.address import LinkError, parse_link
from mavlink_bridge.services.ftp.parameter_file import pack_parameters, unpack_parameters
from sortie import rehearse
from sortie.assembly.vehicle import parse_faults
from sortie.campaign.formulas import FormulaError, parse_formula
from sortie.campaign.study import Study
from sortie.commands.convert import FORMS
from sortie.config.aerialist import read_aerialist
from sortie.config.encounter_models import parse_network
from sortie.config.errors import UserError
from sortie.config.fleet_file import EXAMPLE, Layout, parse_fleet
from sortie.config.given import options_of_file
from sortie.config.installed import parameter_set
from sortie.config.obstacles import parse_obstacles
from sortie.config.radio import radio_profile
from sortie.config.state_vectors import parse_state_vectors
from sortie.config.traffic import parse_traffic
from sortie.config.transponders import parse_transponders
from sortie.config.values import parse_home, parse_speedup, parse_vehicle
from sortie.config.vehicle_spec import VehicleSpec
from sortie.config.wind import read_wind
from sortie.incident.build import build
from sortie.incident.evidence import read_evidence
from sortie.incident.reader import read_recording
from sortie.incident.scenario import read_scenario
from sortie.loop.faults import parse_loop_fault
from sortie.loop.profile import parse_profile
from sortie.reading.logs import read_log
from sortie.reading.terrain import read_ground
from sortie.reports.comparison import WITHIN_M, compared
from sortie.reports.comparison_page import comparison_page
from sortie.reports.flight_page import flight_page
from sortie.web.requests import read_request
from sortie.web.rest import NotAMessageError, read_message
from tests.fakes.flash_bench import apj
from tests.fakes.laboratory import LABORATORY
from tests.fakes.mode_s import heard
from tests.fakes.show_files import RED_THEN_BLUE, UP_AND_BACK, block, show_file, trajectory
from tests.fakes.terrain import hills, map_of, write_geotiff

ROOT: Final = Path(__file__).parents[2]
HOME: Final = GeoPoint(-35.363261, 149.165230, 584.0)


@dataclass(frozen=True)
class FuzzedParser:
    """`parse`: of bytes, with a folder for those that read a file; `refuses`: the errors it may raise; `whole`: inputs
    that it takes."""

    parse: Callable[[bytes, Path], object]
    refuses: type[Exception] | tuple[type[Exception], ...]
    whole: Callable[[], list[bytes]]

    def check(self, data: bytes, folder: Path) -> bool:
        """True: taken; False: refused, to a person in one line. Any other error passes through."""
        try:
            self.parse(data, folder)
        except self.refuses as error:
            assert not isinstance(error, UserError) or "\n" not in str(error), str(error)
            return False
        return True


# --- whole inputs -----------------------------------------------------------------------------------------------------
def _examples(*patterns: str) -> list[bytes]:
    found = [file.read_bytes() for pattern in patterns for file in sorted(ROOT.glob(pattern))]
    assert found, patterns
    return found


def _beginning(log: str, size: int) -> list[bytes]:
    """Begin of a real log: its formats, parameters and first rows; a whole one takes seconds."""
    return [lzma.decompress((ROOT / "tests/data" / log).read_bytes())[:size]]


def _telemetry() -> list[bytes]:
    """A .tlog of a vehicle that is armed and moves."""
    from pymavlink.dialects.v20 import ardupilotmega as dialect

    packer = dialect.MAVLink(None, srcSystem=1, srcComponent=1)
    rows = b""
    for second in range(30):
        stamp = (1_700_000_000_000_000 + 1_000_000 * second).to_bytes(8, "big")
        for message in (
            dialect.MAVLink_heartbeat_message(2, 3, 209, 4, 4, 3),
            dialect.MAVLink_global_position_int_message(
                1000 * second, -353_632_610 + 100 * second, 1_491_652_300, 604_000, 20_000, 100, 0, 0, 0
            ),
            dialect.MAVLink_mission_current_message(second // 10),
            dialect.MAVLink_param_value_message(b"WPNAV_SPEED", 500.0, 9, 900, second),
        ):
            rows += stamp + message.pack(packer)
    return [rows]


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


def _frame_of_rest() -> bytes:
    return _json(
        {
            "header": {"system_id": 255, "component_id": 190, "sequence": 0},
            "message": {"type": "COMMAND_LONG", "command": {"type": "MAV_CMD_DO_SET_MODE"}, "param1": 1.0},
        }
    )


_OBSTACLES: Final = b"""[[box]]
at = [10.0, 0.0]
size = [4.0, 12.0]
height = 20.0
heading_deg = 30
[[cylinder]]
place = [-35.3632, 149.1653]
radius = 1.5
height = 20
[[wall]]
path = [[0.0, 5.0], [9.0, 5.0]]
height = 5
[[wire]]
path = [[0.0, 5.0, 9.0], [9.0, 5.0, 9.0]]
"""
_GEOJSON: Final = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"height": 12.5, "name": "shed"},
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[149.165, -35.363], [149.166, -35.363], [149.166, -35.362], [149.165, -35.363]]],
            },
        }
    ],
}
_AERIALIST: Final = b"""drone:
  port: ros
  params: {MPC_XY_CRUISE: 4.0}
  mission_file: ../square.plan
simulation:
  simulator: ros
  home_position: [47.397742, 8.545594, 488.0]
  obstacles:
  - size: {l: 12, w: 4, h: 20}
    position: {x: 2, y: 22, z: 0, r: 30}
test:
  commands: [{timestamp: 1000, mode: 3, x: 0, y: 0, z: 0.5, r: 0}]
"""
_VECTORS: Final = (
    b"time,icao24,lat,lon,velocity,heading,vertrate,callsign,onground,squawk,baroaltitude,geoaltitude\n"
    b"1700000000,abc123,-35.36,149.16,50,90,0,N1,false,1200,600,620\n"
    b"1700000010,abc123,-35.35,149.17,50,90,0,N1,false,1200,600,620\n"
)
_SCENARIO: Final = b"""log = "flight.bin"
vehicle = "sim:copter"
home = "-35.363261,149.165230,584,353"
lasts_s = 60.0
[params]
WPNAV_SPEED = 500.0
[[do]]
at_s = 1.0
mode = "AUTO"
[[fault]]
name = "gps.loss"
from_s = 10.0
until_s = 20.0
"""
_RADIO: Final = b"""like = "sik-57600"
air_kbps = 64
fifo = 2000
latency_ms = 20.0
[losses]
good = 0.005
bad_ms = 150.0
[budget]
power_dbm = 20.0
"""
_FORMULA: Final = b"always(height < 30 and implies(eventually[0, 5](mode == 'RTL'), until(speed > 2, item != 3)))"
_REQUESTS: Final = [
    _json({"ask": "arm", "id": 1, "system": 1, "on": True}),
    _json({"ask": "draw", "id": 2, "system": 1, "what": "survey", "places": [[47.1, 8.2], [47.2, 8.3]]}),
    _json({"ask": "upload", "id": 3, "system": 1, "name": "a.plan", "text": "QGC WPL 110"}),
]


# --- the table --------------------------------------------------------------------------------------------------------
def _text(parse: Callable[[str], object]) -> Callable[[bytes, Path], object]:
    """A parser of text; its caller has read the file as UTF-8."""
    return lambda data, _: parse(data.decode("utf-8", "replace"))


def _bytes(parse: Callable[[bytes], object]) -> Callable[[bytes, Path], object]:
    return lambda data, _: parse(data)


def _file(parse: Callable[[Path], object], name: str, *beside: str) -> Callable[[bytes, Path], object]:
    """A parser that reads a file of this name, in a folder beside the examples that it names (`beside`)."""

    def parsed(data: bytes, folder: Path) -> object:
        place = folder / "studies"
        if not place.exists():
            place.mkdir()
            for other in beside:
                (place / other).write_bytes((ROOT / "examples/studies" / other).read_bytes())
        (place / name).write_bytes(data)
        return parse(place / name)

    return parsed


def _fleet(text: str) -> object:
    return parse_fleet(text, Path("/nowhere"), "--fleet f.toml", VehicleSpec("copter", None, HOME, 0.0, 0), Layout())


def _formula(text: str) -> object:
    return parse_formula(text, frozenset({"height", "speed", "item"}), frozenset({"mode"}), frozenset({"item"}))


def _told(log: Path) -> object:
    """The page about a log, each form of `sortie convert`, and, if it flew, a comparison and a scenario."""
    facts = read_log(log)
    for form in FORMS.values() if facts.samples else ():
        with suppress(UserError):  # its package is missing
            form(facts)
    with suppress(UserError):  # it did not fly
        comparison_page((facts, facts), compared(facts, facts, within_m=WITHIN_M))
        build(read_evidence(log), log)
    return flight_page([facts])


def _rehearsed(plan: Path) -> object:
    return [rehearse(plan, vehicle=f"sim:{kind}") for kind in KINDS]


def _parameter_list(content: bytes) -> object:
    """What a station has written: with its own length in its header."""
    return unpack_parameters(content[:4] + (len(content) & 0xFFFF).to_bytes(2, "little") + content[6:])


def _show(content: bytes) -> object:
    """The places and lights of a show's first minute."""
    show = read_show(content)
    lights = LightProgram(show.lights)
    return [(show.trajectory.at(second), lights.colour(1000 * second)) for second in range(60)]


def _geotiff() -> list[bytes]:
    with TemporaryDirectory() as folder:
        return [write_geotiff(Path(folder) / "dem.tif", map_of(hills, HOME, half_deg=0.003)).read_bytes()]


PARSERS: Final[dict[str, FuzzedParser]] = {
    "plan": FuzzedParser(
        _bytes(parse_plan),
        PlanError,
        partial(_examples, "examples/*.plan", "examples/*.waypoints", "tests/data/plans/*.txt"),
    ),
    "parameters": FuzzedParser(
        _bytes(parse_parameters), ParameterFileError, lambda: [b"WPNAV_SPEED,500\nRTL_ALT 1500 # m\n"]
    ),
    "parameter list": FuzzedParser(
        _bytes(_parameter_list), ValueError, lambda: [pack_parameters(Parameters(parameter_set("rover")), count=60)]
    ),
    "show": FuzzedParser(
        _bytes(_show),
        ValueError,
        lambda: [show_file(), b"skyb\1" + block(1, trajectory(UP_AND_BACK)) + block(2, RED_THEN_BLUE)],
    ),
    "terrain": FuzzedParser(
        _file(partial(read_ground, places=[HOME]), "S36E149.hgt.gz"),
        UserError,
        lambda: [gzip.compress(bytes(2 * 1201 * 1201))],
    ),
    "apj": FuzzedParser(_bytes(partial(parse_firmware, name="x.apj")), FirmwareError, lambda: [apj(size=64)]),
    "fleet": FuzzedParser(_text(_fleet), UserError, lambda: [EXAMPLE.encode()]),
    "obstacles": FuzzedParser(_text(partial(parse_obstacles, where="f", home=HOME)), UserError, lambda: [_OBSTACLES]),
    "geojson": FuzzedParser(
        _text(partial(parse_obstacles, where="f", home=HOME, geojson=True)), UserError, lambda: [_json(_GEOJSON)]
    ),
    "traffic": FuzzedParser(
        _text(partial(parse_traffic, where="f")), UserError, partial(_examples, "examples/studies/sky.toml")
    ),
    "encounter model": FuzzedParser(
        _text(partial(parse_network.__wrapped__, name="f", where="f")),
        UserError,
        lambda: [*_examples("sitl/world/small_uas.json"), LABORATORY.encode()],
    ),
    "state vectors": FuzzedParser(_text(partial(parse_state_vectors, where="f")), UserError, lambda: [_VECTORS]),
    "aerialist": FuzzedParser(_file(read_aerialist, "test.yaml", "../square.plan"), UserError, lambda: [_AERIALIST]),
    "wind": FuzzedParser(
        _file(read_wind, "wind.csv"), UserError, lambda: [b"time_s,speed_mps,from_deg\n0,3,270\n10,9,280\n"]
    ),
    "profile": FuzzedParser(
        _text(partial(parse_profile, where="f")), UserError, partial(_examples, "sortie/loop/profiles/*.toml")
    ),
    "study": FuzzedParser(
        _file(
            Study.read,
            "study.toml",
            "../square.plan",
            "../survey.plan",
            "../plane.plan",
            "hover.waypoints",
            "sky.toml",
            "gps_loss_flown.py",
        ),
        UserError,
        partial(_examples, "examples/studies/*-*.toml"),
    ),
    "scenario": FuzzedParser(_file(read_scenario, "scenario.toml"), UserError, lambda: [_SCENARIO]),
    "formula": FuzzedParser(_text(_formula), FormulaError, lambda: [_FORMULA]),
    "home": FuzzedParser(_text(parse_home), UserError, lambda: [b"-35.363261,149.165230,584,353"]),
    "vehicle": FuzzedParser(
        _text(parse_vehicle),
        UserError,
        lambda: [b"sim:copter", b"ardupilot:copter=a,world=ours", b"/dev/ttyACM0,57600"],
    ),
    "speed-up": FuzzedParser(_text(parse_speedup), UserError, lambda: [b"10", b"1e3"]),
    "fault": FuzzedParser(
        _text(lambda text: parse_faults([text], ("gps.loss", "wind.gust"))),
        UserError,
        lambda: [b"gps.loss@60..90", b"wind.gust=9@3"],
    ),
    "link": FuzzedParser(_text(parse_link), LinkError, lambda: [b"tcpin:127.0.0.1:5760", b"udpout:[::1]:14550"]),
    "radio": FuzzedParser(_file(lambda path: radio_profile(str(path)), "radio.toml"), UserError, lambda: [_RADIO]),
    "config": FuzzedParser(
        _file(options_of_file, "sortie.toml"), UserError, lambda: [b"speedup = 3\n[param]\nRTL_ALT = 1500\n"]
    ),
    "loop fault": FuzzedParser(_text(parse_loop_fault), UserError, lambda: [b"debris@phase4+30#2"]),
    "request": FuzzedParser(_text(read_request), (msgspec.DecodeError, RecursionError), lambda: _REQUESTS),
    "rest": FuzzedParser(
        _bytes(lambda data: read_message(json.loads(data))),
        (NotAMessageError, ValueError, RecursionError),
        lambda: [_frame_of_rest()],
    ),
    "bin": FuzzedParser(
        _file(read_recording, "a.bin"), UserError, partial(_beginning, "ardupilot-square.bin.xz", 60_000)
    ),
    "bin again": FuzzedParser(
        _file(read_evidence, "a.bin"), UserError, partial(_beginning, "ardupilot-square.bin.xz", 60_000)
    ),
    "ulg": FuzzedParser(
        _file(read_recording, "a.ulg"), UserError, partial(_beginning, "px4-sih-square.ulg.xz", 120_000)
    ),
    "tlog": FuzzedParser(_file(read_recording, "a.tlog"), UserError, _telemetry),
    "tlog told": FuzzedParser(_file(_told, "a.tlog"), UserError, _telemetry),
    "bin told": FuzzedParser(_file(_told, "a.bin"), UserError, partial(_beginning, "ardupilot-square.bin.xz", 30_000)),
    "plan rehearsed": FuzzedParser(
        _file(_rehearsed, "a.txt"), UserError, partial(_examples, "examples/*.waypoints", "examples/plane.plan")
    ),
}
if find_spec("tifffile") is not None:
    PARSERS["geotiff"] = FuzzedParser(_file(partial(read_ground, places=[HOME]), "dem.tif"), UserError, _geotiff)
if find_spec("pyModeS") is not None:
    PARSERS["transponders"] = FuzzedParser(
        _text(partial(parse_transponders, where="f")), UserError, lambda: [heard().encode()]
    )


# --- damage -----------------------------------------------------------------------------------------------------------
_WORDS: Final = (
    b"nan", b"-inf", b"1e999", b"-1", b"0", b"9" * 400, b"true", b"null", b"[]", b"{}", b'"', b"'", b"[", b"]", b"{",
    b"=", b"\n", b"\r", b"\t", b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b",", b";", b"..", b"@", b"1979-05-27", b"\xc3\xa9",
    b"x" * 300, b"[" * 3000, b"(" * 300, b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x80",
)  # fmt: skip


def damaged(whole: bytes, random: Random) -> bytes:
    """The input with one to six changes: bits, cuts, copies of parts, words that parsers trip over."""
    data = bytearray(whole)
    for _ in range(random.randint(1, 6)):
        at, size = random.randrange(len(data) + 1), random.choice((0, 1, 1, 2, 4, 9, 40))
        change = random.randrange(6)
        if change == 0 and data:
            data[at % len(data)] ^= 1 << random.randrange(8)
        elif change == 1:
            del data[at : at + size]
        elif change == 2:
            begin = random.randrange(len(data) + 1)
            data[at:at] = data[begin : begin + size]
        elif change == 3 and random.random() < 0.2:
            del data[at:]
        elif change == 4:
            data[at : at + size] = random.randbytes(size)
        else:
            data[at : at + size] = random.choice(_WORDS)
    return bytes(data)
