"""`sortie loop --vehicle ardupilot:copter` as a program, and what its command line refuses.

With ARDUPILOT_SITL set the child is the real one, else the stand-in: the tests are the same.
"""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import sqlite3
from pathlib import Path
from threading import Event

import pytest

from depot.settings import Profile
from sortie.config.errors import UserError
from sortie.config.values import VehicleSource, parse_vehicle
from sortie.loop.controller_loop import check_faults
from sortie.loop.faults import parse_loop_fault
from sortie.loop.profile import load_profile, parse_profile, profile_text
from sortie.loop.vehicles import has_controller, vehicle_of
from tests.fakes.patience import PATIENCE_S
from tests.fakes.program import last_line, run, wait_for
from tests.fakes.warm import begin_warm

pytestmark = pytest.mark.waits

ROOT = Path(__file__).resolve().parents[3]
BINARY = os.environ.get("ARDUPILOT_SITL") or str(ROOT / "tests" / "stand_in" / "arducopter")
VEHICLE = ("--vehicle", f"ardupilot:copter={BINARY}", "--speedup", "8")
QUICK = {
    "name": '"quick"', "prep_s": "5.0", "wait_s": "3.0", "harvest_s": "12.0", "review_s": "1.0", "charge_w": "5000.0",
    "array_w": "8000.0", "refuel_kg_s": "4.0", "corridor_m": "6.0", "corridor_height_m": "8.0", "clear_m": "4.0",
    "harvest_kg": "0.5", "harvest_least": "0.0", "eta_intake": "0.25", "photo_m": "1.0", "photo_kg": "0.00625",
    "waypoints": "[[-35.363061, 149.165230, 602.0], [-35.362961, 149.165330, 602.0], [-35.362961, 149.165130, 602.0]]",
}  # fmt: skip


def quick_box(folder: Path) -> str:
    """A profile whose sortie takes a minute and a half; its path."""
    text = re.sub(r"waypoints = \[.*?\n\]", "waypoints = []", profile_text("drone-box"), flags=re.S)
    text = text.replace("[plan]", "[plan]\nharvest_least = 0.5", 1)  # a program that gets no processor takes no photos
    for key, value in QUICK.items():
        text, count = re.subn(rf"(?m)^{key} = .*$", f"{key} = {value}", text)
        assert count, key
    path = folder / "quick.toml"
    path.write_text(text.replace("corridor_m = 6.0", "corridor_m = 60.0", 1))  # the first is a limit of [watch]
    return str(path)


def halt(pid: int, seconds: float) -> None:
    """The process does not get a processor for so long."""
    os.kill(pid, signal.SIGSTOP)
    Event().wait(seconds)
    os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize(("firmware", "variable"), [("ardupilot", "ARDUPILOT_SITL"), ("px4", "PX4_SITL")])
def test_a_sortie_of_a_real_firmware_in_our_world(firmware: str, variable: str, tmp_path: Path) -> None:
    """As fast as it goes, on our clock: no time of the wall is in it."""
    if variable not in os.environ:
        pytest.skip(f"{variable} names no {firmware}")
    vehicle = f"{firmware}:copter={os.environ[variable]},world=ours"
    words = ("loop", "--profile", quick_box(tmp_path), "--vehicle", vehicle, "--sorties", "1", "--json")
    ended = run(tmp_path, *words)
    assert ended.returncode == 0, ended.stderr
    told = last_line(ended)
    assert (told["ended_by"], [sortie["outcome"] for sortie in told["sorties"]]) == ("sorties_done", ["completed"])


def test_a_sortie_end_to_end_on_a_machine_that_halts(tmp_path: Path) -> None:
    """Launched, flown, docked, offloaded, and the battery of the next one charged; journal and JSON tell the same. In
    the survey its child stands still for what would be 6.4 s at this speed-up, before the dock the program itself."""
    arguments = ("loop", "--profile", quick_box(tmp_path), *VEHICLE, "--sorties", "1", "--state-dir", "state", "--json")
    process = begin_warm(tmp_path, *arguments)
    try:
        wait_for(process, "phase 4")
        (child,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        halt(int(child), 0.8)
        wait_for(process, "phase 6")
        halt(process.pid, 0.4)
        out, err = process.communicate(timeout=PATIENCE_S)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0, err
    found = json.loads(out.splitlines()[-1])
    (sortie,) = found["sorties"]
    assert (sortie["outcome"], sortie["trigger"], found["ended_by"]) == ("completed", None, "sorties_done"), err
    assert "controller lost" not in err
    assert [phase["phase"] for phase in sortie["phases"]] == [1, 2, 3, 4, 5, 6, 7, 8]
    with sqlite3.connect(tmp_path / "state" / "loop.sqlite") as database:
        names = [name for (name,) in database.execute("SELECT name FROM decision ORDER BY id")]
    assert {"undock", "grant_docking_clearance", "captured", "offloaded"} <= set(names)
    assert last_line(run(tmp_path, *arguments)) == found, "it has ended, and needs no vehicle to say so"
    refused = run(tmp_path, "loop", "--profile", quick_box(tmp_path), "--state-dir", "state")
    assert refused.returncode == 2
    assert "with a flight controller" in refused.stderr and len(refused.stderr.splitlines()) == 1


def test_the_first_ctrl_c_holds_and_the_second_leaves(tmp_path: Path) -> None:
    """With the vehicle in the air; the child is gone with the program."""
    process = begin_warm(tmp_path, "loop", "--profile", quick_box(tmp_path), *VEHICLE, "--state-dir", "state", "--json")
    try:
        wait_for(process, "phase 4")
        process.send_signal(signal.SIGINT)
        assert "holding here; once more to leave" in wait_for(process, "Ctrl-C")
        assert "taken_over: a person has stopped it" in wait_for(process, "taken_over")
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=PATIENCE_S)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130
    assert json.loads(out.splitlines()[-1])["ended_by"] == "stopped"


# --- what is asked for ------------------------------------------------------------------------------------------------
def test_a_journal_that_is_full_in_flight_ends_the_loop_and_sends_the_vehicle_home(tmp_path: Path) -> None:
    """No more decisions can be kept, so none are made; the vehicle would hold at its last target until its battery is
    empty."""
    arguments = ("loop", "--profile", quick_box(tmp_path), *VEHICLE, "--sorties", "1", "--state-dir", "state")
    process = begin_warm(tmp_path, *arguments)
    try:
        wait_for(process, "phase 4")
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, 0))
        _, err = process.communicate(timeout=PATIENCE_S)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 2 and "the vehicle is commanded to return (RTL)" in err, err
    assert "loop.sqlite" in err.splitlines()[-1]


@pytest.mark.parametrize(
    "text", ["sim:copter", "ardupilot:copter", "px4:copter", "tcp:127.0.0.1:5760", "/dev/ttyACM0,115200", "auto"]
)
def test_whatever_serve_takes_flies_a_box(text: str) -> None:
    spec, warning = vehicle_of(load_profile("drone-box")[0], parse_vehicle(text))
    assert spec == parse_vehicle(text) and warning is None
    assert has_controller(spec) is (text != "sim:copter")


def test_a_profile_names_its_vehicle() -> None:
    """One of the user's own; a flag is stronger."""
    profile = parse_profile(profile_text("drone-box").replace('"sim:copter"', '"udpin:0.0.0.0:14551"'), "mine")[0]
    assert vehicle_of(profile, None)[0] == VehicleSource("link", "", "udpin:0.0.0.0:14551")
    assert vehicle_of(profile, VehicleSource())[0] == VehicleSource()


def test_a_kinematic_profile_ignores_it_with_a_warning() -> None:
    spec, warning = vehicle_of(Profile(), parse_vehicle("tcp:127.0.0.1:5760"))
    assert spec is None and warning == "--vehicle is ignored: profile space has no vehicle to fly"
    assert vehicle_of(Profile(), None) == (None, None)


@pytest.mark.parametrize("text", ["sim:rover", "ardupilot:rover"])
def test_a_rover_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="needs a copter"):
        vehicle_of(load_profile("drone-box")[0], parse_vehicle(text))


def test_a_profile_with_no_such_vehicle_is_refused() -> None:
    profile = parse_profile(profile_text("drone-box").replace('"sim:copter"', '"sim:blimp"'), "mine")[0]
    with pytest.raises(UserError, match="vehicle 'sim:blimp': kinematic, or"):
        vehicle_of(profile, None)


def test_no_motors_are_stopped_for_an_exercise() -> None:
    """skimmer_lost would."""
    with pytest.raises(UserError, match="not injected into a real vehicle"):
        check_faults([parse_loop_fault("skimmer_lost@phase4")])
    check_faults([parse_loop_fault("debris@phase4")])
