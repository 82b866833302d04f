"""The lockstep with PX4's simulator interface, against a stand-in for PX4 that dies in every way that such a program
has. What it is sent is read by pymavlink."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from math import inf, nan
from pathlib import Path

import pytest
from pymavlink.dialects.v20 import common as mavlink

from autopilot.interface import layout as L
from autopilot.interface.geo import GeoPoint
from autopilot.interface.samples import ActuatorControls
from mavlink_bridge.firmware.simulator_interface import SimulatorInterface
from sitl.child import SitlError
from sitl.kernel import layout as M
from sitl.kernel import packets as K
from sitl.px4 import launcher
from sitl.px4.launcher import launch_in_world
from sitl.px4.lockstep import HilLockstep
from sitl.vehicles.kinds import make_simulated
from sitl.vehicles.wiring import PX4_STEPS
from tests.fakes.lockstep import fly
from tests.stand_in import px4_hil
from tests.stand_in.px4_build import build

HOME = GeoPoint(-35.0, 149.0, 584.0)
Start = Callable[..., HilLockstep]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Starts stand-ins; ends them."""
    started: list[HilLockstep] = []
    binary = build(tmp_path / "build", px4_hil.PROGRAM)

    def begin(manner: str = "", kind: str = "copter", **given: float) -> HilLockstep:
        monkeypatch.setenv("SORTIE_STAND_IN", manner)
        machine = make_simulated(kind, HOME, 0.0, 1, steps=PX4_STEPS[kind])
        for name, value in given.items():
            machine.set_parameter(name, value)
        made = launch_in_world(
            kind, str(binary), (0.0, 0.0, 0.0, 0.0), machine, tmp_path / "run", given, 1, SimulatorInterface
        )
        started.append(made)
        return made

    yield begin
    for lockstep in started:
        lockstep.close()
        assert not _runs(lockstep.child.pid)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def said(lockstep: HilLockstep) -> list[str]:
    return lockstep.line.read().decode().splitlines()


def test_more_than_ten_fly_beside_each_other_and_leave_a_stations_port(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PX4's own files send all from the eleventh on to one port; 14540 + 10 is where stations listen."""
    monkeypatch.setattr(launcher, "_runs", lambda instance: instance < 10)
    lockstep = start()
    fly(lockstep, 1000.0)
    assert any(line.startswith("time=1.000") for line in said(lockstep))
    assert int(lockstep.child.address.rpartition(":")[2]) >= 14710


def test_time_goes_as_far_as_it_is_asked_to_and_every_sample_is_answered(start: Start) -> None:
    lockstep = start()
    fly(lockstep, 1000.0)
    assert lockstep.body.time_ms == pytest.approx(1000.0)
    # before its first answer samples go by the wall's time: a busy machine may need some more for it
    assert 200 < lockstep.exchanges <= 250 - px4_hil.STARTUP_SAMPLES
    assert lockstep.unanswered == 0
    words = said(lockstep)
    assert words[0] == "model=none_iris"
    (told,) = (line for line in words if line.startswith("time=1.000"))
    # 250 Hz; the receiver's first fixes, 200 ms apart; the truth was asked for each 5 ms and comes with every second
    assert told == "time=1.000 {'HIL_SENSOR': 250, 'HIL_STATE_QUATERNION': 125, 'HIL_GPS': 3}"


@pytest.mark.parametrize(
    ("manner", "how"), [("hang", "nothing came for 1 s"), ("silent", "nothing came"), ("absent", "it did not connect")]
)
def test_it_hangs_says_nothing_or_never_connects(start: Start, manner: str, how: str) -> None:
    lockstep = start(manner)
    if manner != "absent":
        fly(lockstep, 8.0)  # a program on a busy machine may take its time to connect
    lockstep.silence.limit_s, begun_s = 1.0, time.monotonic()
    with pytest.raises(SitlError, match=f"hangs: {how}") as caught:
        fly(lockstep, 1e6)
    assert caught.value.ended and time.monotonic() - begun_s < 10.0, "it was 39 s: only some of the silence was counted"


@pytest.mark.parametrize(("manner", "how"), [("crash", "signal SIGABRT"), ("exit", "status 3")])
def test_it_ends(start: Start, manner: str, how: str) -> None:
    with pytest.raises(SitlError, match=rf"ended \({how}\): .*stand-in: {manner}"):
        fly(start(manner), 3000.0)


@pytest.mark.parametrize(("kind", "model"), [("plane", "plane"), ("quadplane", "standard_vtol")])
def test_wings_have_their_surfaces_propeller_and_tube(start: Start, kind: str, model: str) -> None:
    """Controls of surfaces go from -1 to 1, in the order of PX4's outputs; the tube is read with the barometer, its
    pressure sent as hPa."""
    lockstep = start("", kind)
    fly(lockstep, 200.0)
    assert said(lockstep)[0] == f"model=gazebo-classic_{model}"
    outputs = [0.25, -0.5, 1.0, 0.75] if kind == "plane" else [0.0, 0.0, 0.0, 0.0, 0.25, -0.5, 1.0, 0.75]
    lockstep._steer(ActuatorControls(outputs, True))
    lockstep.body.values[K.V_AIRSPEED] = 20.0
    sample = lockstep._sample()
    assert sample.impact_pa == pytest.approx(0.5 * 1.225 * 400.0)
    (sent,) = mavlink.MAVLink(None).parse_buffer(SimulatorInterface().frames(replace(sample, fix=None)))
    assert sent.diff_pressure == pytest.approx(2.45) and sent.fields_updated & 1024
    lockstep._send()
    s = lockstep.body.machine.rows()[0][0]
    given = [float(s[place]) for place in (L.S_AILERON, L.S_ELEVATOR, L.S_RUDDER, L.S_THROTTLE)]
    assert given == pytest.approx([0.25, -0.5, 1.0, 0.75], abs=1e-4)


def test_a_control_that_is_no_number_is_at_rest(start: Start) -> None:
    """The others are flown."""
    lockstep = start("", "plane")
    fly(lockstep, 200.0)
    lockstep._steer(ActuatorControls([0.25, nan, inf, -inf], True))
    lockstep._send()
    s = lockstep.body.machine.rows()[0][0]
    given = [float(s[place]) for place in (L.S_AILERON, L.S_ELEVATOR, L.S_RUDDER, L.S_THROTTLE)]
    assert given == pytest.approx([0.25, 0.0, 1.0, 0.0], abs=1e-4)


def test_a_transmitter_is_there_where_its_parameters_say_so_and_falls_silent(start: Start, tmp_path: Path) -> None:
    """50 times a second, with centred sticks whose channels PX4 is told."""
    lockstep = start(COM_RC_IN_MODE=0.0)
    fly(lockstep, 1000.0)
    lockstep.switches["rc.loss"](True)
    fly(lockstep, 2000.0)
    told = [line for line in said(lockstep) if line.startswith("time=")]
    assert all("'RC_CHANNELS': 50," in line or "'RC_CHANNELS': 50}" in line for line in told) and len(told) == 2
    script = (tmp_path / "run" / "px4-rc.simulator").read_text()
    assert "param set RC_MAP_THROTTLE 3" in script and "NAV_RCL_ACT" not in script
    assert not start(COM_RC_IN_MODE=1.0).switches


def test_a_pad_has_a_range_finder_and_what_places_it(start: Start, tmp_path: Path) -> None:
    lockstep = start(SIM_PLD_ENABLE=1.0)
    fly(lockstep, 1000.0)
    (told,) = (line for line in said(lockstep) if line.startswith("time=1"))
    assert "'DISTANCE_SENSOR': 50" in told
    script = (tmp_path / "run" / "px4-rc.simulator").read_text()
    assert script.index("etc/init.d-posix/px4-rc.simulator") < script.index("landing_target_estimator start")


def test_it_comes_back_in_the_same_place_and_time(start: Start) -> None:
    lockstep = start("reboot")
    fly(lockstep, 2100.0)
    assert lockstep.restarts == 1
    assert lockstep.body.time_ms == pytest.approx(2100.0)
    assert [line[:6] for line in said(lockstep)] == ["model=", "time=1", "model=", "time=2"]


def test_garbage_takes_no_time(start: Start) -> None:
    lockstep = start("garbage")
    fly(lockstep, 200.0)
    assert lockstep.body.time_ms == pytest.approx(200.0)
    assert lockstep.unanswered == 0


def test_a_sample_without_controls_is_followed_by_the_next(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sitl.px4.lockstep._LOST_S", 0.1)
    lockstep = start("dull")
    fly(lockstep, 1200.0)
    assert lockstep.unanswered == 1
    assert lockstep.body.time_ms == pytest.approx(1200.0)


def test_a_flight_that_is_terminated_goes_on_without_motors_on_its_parachute(start: Start) -> None:
    """It answers no more, and lives: what it says on its link is heard, and vehicle time passes."""
    lockstep = start("terminated", PWM_MAIN_FUNC10=401.0, SIM_PARA_SINK=3.0)
    state, burden = lockstep.body.machine.rows()[0][0], lockstep.body.machine.burden
    fly(lockstep, 1000.0)
    assert max(state[M.S_M1 : M.S_M1 + 4]) > 0.5
    fly(lockstep, 1080.0)
    assert burden.sink_mps == 0.0
    lockstep.silence.limit_s, heard = 2.0, list[str]()
    for until_ms in range(1200, 10_200, 200):
        fly(lockstep, until_ms)
        heard += said(lockstep)
    assert [line.split()[0] for line in heard][-9:] == [f"time={second}.000" for second in range(2, 11)]
    assert burden.sink_mps == 3.0 and max(state[M.S_M1 : M.S_M1 + 4]) < 0.05


def test_one_that_is_built_without_lockstep_is_refused(start: Start) -> None:
    with pytest.raises(SitlError, match="built without lockstep"):
        fly(start("free"), 1000.0)


def test_it_may_be_told_to_stop_waiting(start: Start) -> None:
    lockstep = start("absent")
    fly(lockstep, 1000.0, lambda: True)
    assert lockstep.body.time_ms == 0.0


def test_another_program_is_no_px4(tmp_path: Path) -> None:
    """It has no `etc` beside it; one that has, and ends, is told with its last words, without their colours."""
    machine = make_simulated("copter", HOME, 0.0, 1, steps=PX4_STEPS["copter"])
    launch = partial(launch_in_world, "copter", system=1, wire=SimulatorInterface)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "px4").write_text("#!/bin/sh\n")
    (tmp_path / "bin" / "px4").chmod(0o755)
    with pytest.raises(SitlError, match="which belongs to"):
        launch(str(tmp_path / "bin" / "px4"), (0.0, 0.0, 0.0, 0.0), machine, tmp_path / "run", {})
    binary = build(tmp_path / "build", px4_hil.PROGRAM)
    binary.write_text("#!/bin/sh\nprintf '\\033[32mI am a shell\\033[0m\\n'; exit 1\n")
    lockstep = launch(str(binary), (0.0, 0.0, 0.0, 0.0), machine, tmp_path / "run", {})
    with pytest.raises(SitlError, match=r"ended \(status 1\): I am a shell$"):
        fly(lockstep, 1000.0)
    lockstep.close()
