"""Which firmware binaries are found, and what their files tell: `sortie doctor`, on files that stand in for them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.fakes.program import run

ARDUCOPTER = b"\x7fELF\0ArduCopter V5\0ArduCopter V4.6.3\0ArduCopter V4.6.3 (1a2b3c4d)\0"
JSON_BACKEND = b"imu\0accel_body\0"


def program(path: Path, content: bytes, mode: int = 0o755) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(mode)
    return path


@pytest.fixture
def nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder, the only one of the search path, without a binary anywhere."""
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.delenv("ARDUPILOT_SITL", raising=False)
    monkeypatch.delenv("PX4_SITL", raising=False)
    return tmp_path


def examined(folder: Path, *words: str) -> list[dict[str, object]]:
    end = run(folder, "doctor", "--json", *words)
    found: list[dict[str, object]] = json.loads(end.stdout)
    assert end.returncode == (1 if words and not found[0]["binary"] else 0)
    return found


def test_each_kind_without_a_binary_says_how_to_get_one(nothing: Path) -> None:
    found = examined(nothing)
    assert [binary["vehicle"] for binary in found] == [
        *(f"ardupilot:{kind}" for kind in ("copter", "rover", "boat", "plane", "quadplane")),
        *(f"px4:{kind}" for kind in ("copter", "plane", "quadplane")),
    ]
    assert {str(binary["missing"]).partition(";")[0] for binary in found} == {
        f"{title} SITL: no {name} found"
        for title, name in (
            ("ArduPilot", "arducopter"),
            ("ArduPilot", "ardurover"),
            ("ArduPilot", "arduplane"),
            ("PX4", "px4"),
        )
    }


def test_a_folder_of_the_environment_goes_before_the_search_path(
    nothing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_path = program(nothing / "path" / "arducopter", ARDUCOPTER + JSON_BACKEND)
    program(nothing / "path" / "ardurover", b"\0ArduRover V4.7.0-dev\0")
    first, rover, *_ = examined(nothing)
    assert (first["binary"], first["by"]) == (str(on_path), "the search path")
    assert (rover["version"], rover["in_our_world"]) == ("ArduRover V4.7.0-dev", False)
    named = program(nothing / "build" / "arducopter", ARDUCOPTER + JSON_BACKEND)
    monkeypatch.setenv("ARDUPILOT_SITL", str(named.parent))
    first, rover, *_ = examined(nothing)
    assert (first["binary"], first["by"]) == (str(named), "ARDUPILOT_SITL")
    assert f"there is no {named.parent / 'ardurover'}; build it (./waf" in str(rover["missing"])


def test_one_that_is_named_tells_its_version_and_its_frames(nothing: Path) -> None:
    binary = program(nothing / "mine", ARDUCOPTER + JSON_BACKEND)
    (told,) = examined(nothing, "--vehicle", f"ardupilot:copter={binary}")
    assert told["version"] == "ArduCopter V4.6.3 (1a2b3c4d)"
    assert told["frames"] == ["quad +", "quad X", "hexa +", "hexa X", "octa +", "octa X"]
    said = run(nothing, "doctor", "--vehicle", f"ardupilot:copter={binary}").stdout
    assert said.startswith("ardupilot:copter     ArduCopter V4.6.3 (1a2b3c4d), also with world=ours (quad +, quad X,")
    assert said.endswith(f"), with its own battery model: {binary}, by --vehicle\n")


@pytest.mark.parametrize(
    ("way_in", "more", "told"),
    [(JSON_BACKEND, b"", False), (JSON_BACKEND, b"velocity_wind\0", True), (b"", b"velocity_wind\0", False)],
)
def test_whose_battery_an_arducopter_has(nothing: Path, way_in: bytes, more: bytes, told: bool) -> None:
    """That of our body since ArduPilot 4.7, in our world."""
    binary = program(nothing / "mine", ARDUCOPTER + way_in + more)
    (found,) = examined(nothing, "--vehicle", f"ardupilot:copter={binary}")
    assert found["our_battery"] is told
    said = run(nothing, "doctor", "--vehicle", f"ardupilot:copter={binary}").stdout
    assert ("with Sortie's battery model" in said) is told


def test_a_copter_s_program_is_none_of_a_rover(nothing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment names a file, and not a folder of them."""
    binary = program(nothing / "arducopter", ARDUCOPTER + JSON_BACKEND)
    monkeypatch.setenv("ARDUPILOT_SITL", str(binary))
    copter, rover, *_ = examined(nothing)
    assert copter["binary"] == str(binary)
    assert rover["missing"] == f"{binary} is ArduCopter V4.6.3 (1a2b3c4d), which flies no rover"


def test_a_px4_needs_what_belongs_to_it(nothing: Path) -> None:
    binary = program(nothing / "px4" / "bin" / "px4", b"\0v1.16.0-rc1-57-ga8618691\0simulator_mavlink\0")
    (told,) = examined(nothing, "--vehicle", f"px4:copter={binary}")
    assert str(told["missing"]).startswith("PX4 SITL: there is no")
    (nothing / "px4" / "etc").mkdir()
    (told,) = examined(nothing, "--vehicle", f"px4:copter={binary}")
    assert (told["version"], told["in_our_world"], told["frames"]) == ("v1.16.0-rc1-57-ga8618691", True, [])
    assert told["our_battery"] is False


@pytest.mark.parametrize(
    ("vehicle", "says"),
    [("sim:copter", "no firmware flies it"), ("px4:rover", "unknown vehicle"), ("udp:127.0.0.1:1", "no firmware")],
)
def test_what_no_firmware_flies_has_no_binary(nothing: Path, vehicle: str, says: str) -> None:
    end = run(nothing, "doctor", "--vehicle", vehicle)
    assert end.returncode == 2
    assert says in end.stderr


def test_a_file_that_cannot_be_run_is_no_binary(nothing: Path) -> None:
    binary = program(nothing / "mine", ARDUCOPTER, mode=0o644)
    (told,) = examined(nothing, "--vehicle", f"ardupilot:copter={binary}")
    assert "cannot be executed; build it (./waf" in str(told["missing"])
