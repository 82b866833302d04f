"""The command line of an ArduPilot SITL binary becomes one of `sortie serve`; every test left out has one reason."""

import tomllib
from pathlib import Path

from scripts.autotest.__main__ import LEFT_OUT, left_out
from scripts.autotest.vehicle import command, show_logs, tile_of


def test_a_command_line_of_sitl_becomes_one_of_sortie(tmp_path: Path) -> None:
    speed = tmp_path / "speed"
    speed.write_text("SIM_SPEEDUP 10\n")
    sitl = [
        "-w",
        "--home",
        "-35.3,149.1,584,270",
        "--model",
        "+",
        "--serial1=tcp:2",
        "--defaults",
        f"{speed}",
        "-I",
        "1",
    ]
    words = command("copter", sitl)
    assert words[words.index("--vehicle") + 1] == "sim:copter"
    assert "--home=-35.3,149.1,584,270" in words
    assert [word for word in words if word.startswith("tcpin:")] == [
        f"tcpin:127.0.0.1:{port}" for port in (5770, 5772, 5773)
    ]
    assert [words[at + 1] for at, word in enumerate(words) if word == "--speedup"][-1] == "10"
    assert words[words.index("--rc") + 1] == "5511"


def test_a_place_may_be_named(tmp_path: Path, monkeypatch) -> None:
    """As in the list of the tree where the tests run."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Tools" / "autotest").mkdir(parents=True)
    (tmp_path / "Tools" / "autotest" / "locations.txt").write_text("#NAME=lat,lon\nLake=-35.1,149.3,708.1,90\n")
    assert "--home=-35.1,149.3,708.1,90" in command("plane", ["--home", "Lake"])
    assert "--home=Sea" in command("plane", ["--home", "Sea"]), "refused by the vehicle, in one line"


def test_the_tile_of_a_home() -> None:
    """A vehicle whose home is not on its terrain does not start."""
    assert tile_of(["serve", "--home=-35.3,149.1,584,270"]) == "S36E149"
    assert tile_of(["serve", "--home=45.0,-0.1"]) == "N45W001"
    assert tile_of(["serve"]) == tile_of(["--home=Lake"]) == ""


def test_wiped_state_is_gone(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("BUILDLOGS", str(tmp_path))
    kept = tmp_path / "sortie-0" / "missions.db"
    kept.parent.mkdir()
    kept.touch()
    command("copter", [])
    assert kept.exists()
    command("copter", ["-w"])
    assert not kept.exists()


def test_hardware_that_is_not_simulated_is_named(capsys) -> None:
    command("copter", ["--serial5=sim:nmea"])
    assert "--serial5=sim:nmea" in capsys.readouterr().err


def test_a_quadplane_is_asked_for_by_its_model() -> None:
    assert "sim:quadplane" in command("plane", ["--model", "quadplane"])
    assert "sim:plane" in command("plane", ["--model", "plane"])


def test_a_plane_is_thrown_where_the_model_has_a_catapult() -> None:
    assert "SIM_LAUNCH_ACC=15" in command("plane", ["--model", "plane-catapult"])
    assert not any("LAUNCH" in word for word in command("plane", ["--model", "plane-elevrev"]))


def test_each_test_left_out_has_one_reason() -> None:
    rows = tomllib.loads(LEFT_OUT.read_text())
    for vehicle in ("Copter", "Rover", "Plane"):
        names = [name for row in rows.values() for name in row.get(vehicle.lower(), "").split()]
        assert len(names) == len(set(names)) == len(left_out(vehicle))


def test_logs_are_shown_where_the_tests_look_and_numbered_as_flights_are(tmp_path: Path) -> None:
    flight = tmp_path / "log" / "flights" / "0012" / "flight.bin"
    flight.parent.mkdir(parents=True)
    flight.write_bytes(b"log")
    for _ in range(2):
        show_logs(tmp_path / "log", tmp_path / "logs")
    assert [(file.name, file.read_bytes()) for file in (tmp_path / "logs").iterdir()] == [("00000012.BIN", b"log")]
