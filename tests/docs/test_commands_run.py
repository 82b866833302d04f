"""Every `sortie ...` line of the pages does something and ends as it should: run here in one folder that has the files
which the pages name, in this process, with free ports in the place of the pages' and small numbers in that of large
ones. What asks a running vehicle asks one fleet, which all share."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn

import pytest

from sortie.commands.cli import COMMANDS, run
from sortie.loop.profile import profile_text
from tests.docs.test_pages import ROOT, command_lines
from tests.fakes.patience import PATIENCE_S
from tests.fakes.served import Served, free_port, ports_in_a_row, served
from tests.fakes.terrain import hills, write_srtm
from tests.sortie.reading.made import dataflash

pytestmark = pytest.mark.waits

BINARY, BOARD, OTHERS, FORM = (
    "starts a binary of others; tests/sortie/companion starts stand-ins",
    "needs a board on a serial port; tests/sortie/companion and flashing have stand-ins on pseudo-terminals",
    "waits for a controller that another program is",
    "names the form of the command, with words that stand for others",
)
LONG: Final = (
    "judges for minutes of the wall's clock; tests/sortie/conform does so for a moment, and in virtual time whole"
)
FLOWN_LOG: Final = "it needs a log of a whole flight: tests/sortie/incident/test_reproduce.py"
TEST_FILE: Final = "it needs a test description and its plan: tests/sortie/commands/test_aerialist.py"
MANY_RUNS: Final = "flies for minutes; tests/sortie/campaign/test_encounters.py flies a smaller one"
"""Why a line is not run here."""
NOT_RUN: Final = {
    "sortie conform tcp:127.0.0.1:5760": LONG,
    "sortie conform --vehicle ardupilot:copter=BINARY --may-fly --only mission --only fence": BINARY,
    "sortie serve --vehicle ardupilot:copter=build/sitl/bin/arducopter": BINARY,
    "sortie serve --vehicle ardupilot:copter=BINARY": BINARY,
    "sortie serve --vehicle ardupilot:copter": BINARY,
    "sortie serve --vehicle ardupilot:rover": BINARY,
    "sortie serve --vehicle ardupilot:plane": BINARY,
    "sortie fly plane.plan --vehicle ardupilot:plane=BINARY": BINARY,
    "sortie fly plane.plan --vehicle ardupilot:quadplane=BINARY": BINARY,
    "sortie serve --vehicle ardupilot:copter=BINARY,world=ours": BINARY,
    "sortie serve --vehicle ardupilot:copter=build/sitl/bin/arducopter,world=ours": BINARY,
    "sortie serve --vehicle ardupilot:copter=build/sitl/bin/arducopter,world=ours --count 10": BINARY,
    "sortie loop --profile drone-box --vehicle ardupilot:copter=BINARY,world=ours --sorties 3": BINARY,
    "sortie reproduce flight.bin --out incident --vehicle "
    "ardupilot:copter=build/sitl/bin/arducopter,world=ours": BINARY,
    "sortie serve --vehicle px4:copter=BINARY": BINARY,
    "sortie serve --vehicle px4:copter=build/px4_sitl_default/bin/px4,world=ours": BINARY,
    "sortie loop --profile drone-box --vehicle ardupilot:copter=BINARY --speedup 5": BINARY,
    "sortie campaign confirm DIR 17 --vehicle ardupilot:copter=BINARY": BINARY,
    "sortie serve --vehicle /dev/ttyACM0": BOARD,
    "sortie serve --vehicle /dev/ttyACM0,115200": BOARD,
    "sortie serve --vehicle /dev/ttyAMA0,921600": BOARD,
    "sortie serve --vehicle auto": BOARD,
    "sortie loop --profile drone-box --vehicle /dev/ttyACM0,115200": BOARD,
    "sortie fly plane.plan --vehicle /dev/ttyACM0,115200": BOARD,
    "sortie param list --component 191": BOARD,
    "sortie flash arducopter.apj": BOARD,
    "sortie serve --vehicle udpin:127.0.0.1:14540": OTHERS,
    "sortie serve --vehicle udpin:0.0.0.0:14551": OTHERS,
    "sortie radio VEHICLE-LINK GROUND-LINK --radio NAME": FORM,
    "sortie report LOG...  [--out FILE|DIR]": FORM,
    "sortie report LOG --against OTHER": FORM,
    "sortie aerialist test.yaml --json": TEST_FILE,
    "sortie campaign run examples/studies/encounters.toml --out encounters": MANY_RUNS,
    "sortie campaign report encounters": MANY_RUNS,
    "sortie reproduce flight.bin": FLOWN_LOG,
    "sortie reproduce flight.bin --out incident": FLOWN_LOG,
    "sortie reproduce incident --change FENCE_ALT_MAX=60 --change wind=+3": FLOWN_LOG,
    "sortie reproduce incident --without gps.loss": FLOWN_LOG,
    "sortie reproduce incident --search crash": FLOWN_LOG,
    "sortie fly PLAN --expect flight.bin --within 2m": FORM,
    "sortie param set NAME VALUE": FORM,
    "sortie fly --json": FORM,
}
SMALLER: Final = {
    "--repeat 100": "--repeat 2",
    "--count 1000 --networks 4": "--count 8 --networks 4",
    "--count 50": "--count 5",
    "--count 20": "--count 5",
    "--count 10": "--count 3",
    "--sorties 100": "--sorties 2",
    "--sorties 3": "--sorties 1",
    "--speedup 10 --link": "--speedup 0 --link",
    " PLAN": " square.plan",
    " LOG ": " flight.bin ",
}
"""A page's number or word, and what shows as well that the command works."""
BUILDING: Final = (
    '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"height": 20}, "geometry": {"type": '
    '"Polygon", "coordinates": [[[149.17, -35.36], [149.171, -35.36], [149.171, -35.361], [149.17, -35.36]]]}}]}'
)
ASKING: Final = ("status", "go", "abort", "param list", "param get", "param set")
UNTIL_STOPPED: Final = ("serve", "radio", "web")
KEPT: Final = (
    "campaign run",
    "campaign status",
    "campaign report",
    "campaign replay",
    "campaign shrink",
    "campaign compare",
)
"""What flies a study, or asks for what has been flown of one: tests/docs/test_campaign_commands_run.py."""
FLEET_PORTS: Final = 41
"""Five vehicles with a port each, ten apart."""
PORT: Final = re.compile(r"(?<=[:{ ])(14550|14551|5760|5770|8765)\b")


def lines() -> list[str]:
    """Each line once that says more than which command it is, or stands in a block by itself."""
    named = {f"sortie {name}" for name in COMMANDS} | {"sortie campaign", "sortie param"}
    alone = {"sortie serve", "sortie status", "sortie go", "sortie web"}
    return sorted({line for _, line in command_lines()} - (named - alone))


TO_RUN: Final = [line for line in lines() if line not in NOT_RUN]


def command_of(line: str) -> str:
    """Its name in the table of commands."""
    words = line.split()[1:]
    return " ".join(words[:2]) if words[0] in ("param", "campaign") else words[0]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the pages name."""
    folder = tmp_path_factory.mktemp("desk")
    for name in ("mission.plan", "square.plan"):
        shutil.copy(ROOT / "examples" / "square.plan", folder / name)
    for name in ("mission.waypoints", "plan.waypoints", "field.waypoints"):
        shutil.copy(ROOT / "examples" / "square.waypoints", folder / name)
    for name in ("survey.plan", "plane.plan"):
        shutil.copy(ROOT / "examples" / name, folder / name)
    (folder / "tiles").mkdir()
    tile = write_srtm(folder / "tiles", -36, 149, hills)
    shutil.copy(tile, folder / "S36E149.hgt")
    for log in ("flight.bin", "looked/logs/flights/0001/flight.bin"):
        (folder / log).parent.mkdir(parents=True, exist_ok=True)
        (folder / log).write_bytes(dataflash())
    (folder / "fleet.toml").write_text('[[vehicle]]\ncount = 8\nplan = "square.plan"\n')
    sky, town = re.findall(r"```toml\n(.*?)```", (ROOT / "docs" / "traffic.md").read_text(), re.DOTALL)
    (folder / "sky.toml").write_text(sky)
    (folder / "town.toml").write_text(town)
    (folder / "buildings.geojson").write_text(BUILDING)
    (folder / "mine.toml").write_text(profile_text("space"))
    shutil.copy(folder / "square.plan", folder / "other.plan")
    (folder / "mine.param").write_text("WPNAV_SPEED,800\n")
    return folder


@pytest.fixture(scope="module")
def yesterday(desk: Path) -> Path:
    """The log of a flight."""
    home = desk / "yesterday"
    where = ["--state-dir", str(home / "state"), "--log-dir", str(home / "logs"), "--link", "tcpin:127.0.0.1:0"]
    assert run(["fly", str(desk / "square.plan"), "--speedup", "0", *where]) == 0
    return shutil.copy(home / "logs" / "flights" / "0001" / "flight.bin", desk / "yesterday.bin")


@pytest.fixture(scope="module")
def fleet(desk: Path) -> Iterator[Served]:
    """Eight copters, each with the square that it has flown before: whom `status`, `go` and `param` ask."""
    before = ["--fleet", str(desk / "fleet.toml"), "--state-dir", str(desk / "asked" / "state"), "--speedup", "0"]
    assert run(["fly", *before, "--link", "tcpin:127.0.0.1:0"]) == 0
    with served(desk / "asked", "--fleet", str(desk / "fleet.toml"), speedup="1") as service:
        yield service


def smaller(line: str) -> str:
    """The line with smaller numbers."""
    for large, small in SMALLER.items():
        line = line.replace(large, small)
    return re.sub(r"--flights \d+", "--flights 1", line)  # which is flown in this process


def adapted(line: str) -> str:
    """The line with free ports and smaller numbers."""
    line = smaller(line)
    count = FLEET_PORTS if "{" in line else 1
    free = {number: str(ports_in_a_row(count)) for number in dict.fromkeys(PORT.findall(line))}
    return PORT.sub(lambda found: free[found[1]], line)


def test_no_row_is_stale() -> None:
    """What is not run stands on a page, and is a command of ours."""
    assert set(NOT_RUN) <= set(lines())
    assert {command_of(line) for line in NOT_RUN} <= set(COMMANDS)


@pytest.mark.parametrize("line", [line for line in TO_RUN if command_of(line) in ASKING])
def test_who_asks_is_answered(line: str, fleet: Served, capsys: pytest.CaptureFixture[str]) -> None:
    """By the vehicle that is asked: status 0, and an answer on stdout; a value that was set is read back."""
    words = shlex.split(re.sub(r" --connect \S+", "", line))[1:]
    assert run([*words, "--connect", fleet.tcp]) == 0, capsys.readouterr().err + fleet.story()
    if words[1:2] == ["set"]:
        assert run(["param", "get", words[2], "--connect", fleet.tcp]) == 0
        assert float(capsys.readouterr().out.split()[-1]) == float(words[3])
    else:
        assert capsys.readouterr().out.strip()


ENDING: Final = list(
    {  # lines that differ in a number alone are one line with a smaller one
        smaller(line): line for line in TO_RUN if command_of(line) not in (*ASKING, *UNTIL_STOPPED, *KEPT, "flash")
    }.values()
)


@pytest.mark.parametrize("line", ENDING)
def test_a_command_ends_as_it_should(
    line: str,
    desk: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    request: pytest.FixtureRequest,
) -> None:
    """With status 0, and an answer: a file that it says is there."""
    if "yesterday" in line:
        request.getfixturevalue("yesterday")
    at(desk, tmp_path, monkeypatch)
    words = shlex.split(adapted(line))[1:]
    for option, value, commands in (
        ("--speedup", "0", ("demo", "fly", "loop", "replay")),
        ("--sorties", "1", ("loop",)),
        ("--link", "tcpin:127.0.0.1:0", ("demo", "fly", "replay")),
        ("--state-dir", str(tmp_path / "state"), ("demo", "fly", "loop")),
    ):
        words += [option, value] if words[0] in commands and option not in words else []
    words += ["--once"] if words[0] in ("demo", "replay") and "--once" not in words else []  # else it serves on
    assert run(words) == 0, capsys.readouterr().err
    told = capsys.readouterr()
    assert told.out.strip() or told.err.strip() or "-o" in words
    if words[0] in ("report", "convert"):
        assert (desk / told.out.splitlines()[-1]).stat().st_size > 0
    for option in ("--out", "-o", "--junit", "--sarif", "--report", "--keep"):
        if option in words:
            assert (desk / words[words.index(option) + 1]).exists()


def test_a_simulated_board_waits_where_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its path is a port that opens; SIGTERM ends it."""
    (line,) = (line for line in TO_RUN if command_of(line) == "flash")
    told = StringIO()
    monkeypatch.setattr(sys, "stdout", told)
    opened: list[bool] = []

    def look() -> None:
        patience = threading.Event()
        for _ in range(int(PATIENCE_S * 20)):
            if told.getvalue().endswith("\n"):
                with Path(told.getvalue().strip()).open("rb+", buffering=0) as port:
                    opened.append(port.isatty())
                break
            patience.wait(0.05)
        _end_main()

    before = signal.signal(signal.SIGTERM, _end)
    onlooker = threading.Thread(target=look, daemon=True)
    onlooker.start()
    try:
        status: object = run(shlex.split(line)[1:])
    except SystemExit as end:
        status = end.code
    finally:
        onlooker.join()
        signal.signal(signal.SIGTERM, before)
    assert (status, opened) == (0, [True])
    assert not Path(told.getvalue().strip()).is_symlink()


@pytest.mark.parametrize("line", [line for line in TO_RUN if command_of(line) in UNTIL_STOPPED])
def test_what_runs_until_stopped_is_up_and_stops(
    line: str, desk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A HEARTBEAT or a page comes where the line says; SIGTERM then ends it with status 0."""
    at(desk, tmp_path, monkeypatch)
    if "--print" in line:
        assert run(shlex.split(line)[1:]) == 0
        return
    line, port = _reachable(adapted(line), tmp_path)
    heard: list[bytes] = []
    before = signal.signal(signal.SIGTERM, _end)
    onlooker = threading.Thread(target=_hear_then_end, args=(port, heard, line.startswith("sortie serve")), daemon=True)
    onlooker.start()
    try:
        status: object = run(shlex.split(line)[1:])
    except SystemExit as end:  # the signal came before the first turn
        status = end.code
    finally:
        onlooker.join()
        signal.signal(signal.SIGTERM, before)
    assert status == 0
    assert heard[0] in ((b"\xfd", b"\xfe") if line.startswith("sortie serve") else (b"",))


def _end(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)


def at(desk: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("SORTIE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_STATE_HOME", str(home))
    monkeypatch.chdir(desk)


def _reachable(line: str, folder: Path) -> tuple[str, int]:
    """The line, with a TCP port of its own beside what it says; and that port."""
    port = free_port()
    if line.startswith("sortie web"):
        return f"{line} --listen 127.0.0.1:{port} --state-dir {folder}", port
    if line.startswith("sortie radio"):
        return re.sub(r"udpout:\S+", f"tcpin:127.0.0.1:{port}", line), port
    more = f" --state-dir {folder} --log-dir {folder / 'logs'}"
    links = re.findall(r"tcpin:[^:]+:\{?(\d+)", line)
    if links:
        return line + more, int(links[0])
    own = f"{{{ports_in_a_row(FLEET_PORTS)}+10*m}}" if "--networks" in line else str(port)
    page = f" --listen 127.0.0.1:{free_port()}" if "--web" in line else ""
    return f"{line}{more}{page} --link tcpin:127.0.0.1:{own}", int(re.findall(r"\d+", own)[0])


def _hear_then_end(port: int, heard: list[bytes], speaks: bool) -> None:
    """Connect as soon as it listens there, hear the begin of a MAVLink frame from what speaks, end the program."""
    patience = threading.Event()
    for _ in range(int(PATIENCE_S * 20)):
        try:
            with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as client:
                heard.append(client.recv(1) if speaks else b"")
                break
        except OSError:
            patience.wait(0.05)
    _end_main()


def _end_main() -> None:
    main = threading.main_thread().ident
    assert main is not None
    signal.pthread_kill(main, signal.SIGTERM)
