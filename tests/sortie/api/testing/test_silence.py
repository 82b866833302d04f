"""Vehicle time that passes while a client sleeps by the wall is told, and what it should have done."""

from __future__ import annotations

import pytest

from mavlink_bridge.routing.service import Peer
from sortie.api.testing.serving import LONG_S, Silence
from tests.fakes.plugin_run import run

pytest_plugins = ["pytester"]
PEER = Peer(1, 255, 190)


class Heard:
    """A silence whose wall the test moves."""

    def __init__(self) -> None:
        self.wall_s = 100.0
        self.silence = Silence(lambda: self.wall_s)

    def speak(self, vehicle_s: float) -> None:
        self.silence.handle_message(None, PEER, round(1000.0 * vehicle_s))

    def told(self, vehicle_s: float) -> str:
        return str(self.silence.gap(round(1000.0 * vehicle_s)))


def test_the_first_long_silence_stays() -> None:
    """By both clocks; nothing before the first word; what was said later does not hide it."""
    heard = Heard()
    assert heard.told(500.0) == "None"
    heard.speak(3.0)
    heard.wall_s += 1.0
    text = (
        "no client said anything for 1.0 s of the wall, in which 61 s passed (3.00 to 64.00 s): "
        "one that slept should use sortie.pacing.sleep"
    )
    assert heard.told(64.0) == text
    heard.speak(64.0)
    heard.wall_s += 1.0
    heard.speak(200.0)
    assert heard.told(900.0) == text


@pytest.mark.parametrize(("wall_s", "vehicle_s"), [(0.1, LONG_S), (20.0, 60.0)])
def test_what_is_no_wonder_is_not_told(wall_s: float, vehicle_s: float) -> None:
    """A short one; time that hardly ran faster than the wall."""
    heard = Heard()
    heard.speak(0.0)
    heard.wall_s += wall_s
    assert heard.told(vehicle_s) == "None"


def test_who_waits_in_vehicle_time_is_not_blamed() -> None:
    """From the beginning of a claim on, until somebody speaks again; what was before it stays."""
    heard = Heard()
    heard.speak(0.0)
    heard.silence.rest(1_000)
    heard.wall_s += 1.0
    assert heard.told(500.0) == "None"
    heard.silence.rest(500_000)
    heard.speak(501.0)
    heard.wall_s += 1.0
    heard.silence.rest(600_000)
    assert "(501.00 to 600.00 s)" in heard.told(900.0)


SLEEPS = """
import threading, time

def test_sleeps(sortie_server):
    link, vehicle = sortie_server.connect(), sortie_server.vehicle

    def read():  # as DroneKit and MAVSDK do
        while vehicle.time_s < 90:
            link.recv_match(blocking=True, timeout=0.01)

    reader = threading.Thread(target=read)
    link.set_mode("GUIDED")
    link.arducopter_arm()
    reader.start()
    while vehicle.time_s < 60:
        time.sleep(0.02)
    try:
        vehicle.wait(lambda session: session.state.armed, within_s=30)
    finally:
        reader.join()
"""


def test_a_client_that_slept_is_told_of_it(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was disarmed meanwhile: the claim says so, and the report of the test. On any machine: one that is busy flies
    less than five times as fast as the wall."""
    monkeypatch.setattr("sortie.api.testing.serving.TIMES", 0.0)
    result = run(pytester, SLEEPS, "--sortie-logs", "none")
    result.assert_outcomes(failed=1)
    told = [line for line in result.outlines if "one that slept should use sortie.pacing.sleep" in line]
    assert any(line.startswith("E ") for line in told) and any(line.startswith("no client") for line in told)
