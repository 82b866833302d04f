"""A real PX4 in our world, where its binary is (PX4_SITL)."""

from __future__ import annotations

import os
from math import nan
from pathlib import Path
from typing import Any

import pytest

from autopilot.mav import Cmd
from sortie import Fleet, Session, mavlink
from sortie.api.link import SessionLink
from sortie.campaign.flown import fly_run
from sortie.campaign.study import Study
from sortie.config.errors import UserError

ROOT = Path(__file__).parents[3]
COPTER = "px4:copter,world=ours"
pytestmark = pytest.mark.skipif(
    not Path(os.environ.get("PX4_SITL", "") or "nowhere").exists(), reason="PX4_SITL names no PX4"
)


def command(link: SessionLink, number: int, *params: float) -> int:
    """The result of a command."""
    link.send(mavlink.MAVLink_command_long_message(1, 1, number, 0, *params, *[0.0] * (7 - len(params))))
    answer: Any = link.receive("COMMAND_ACK", 20.0, lambda message: message.command == number)
    return int(answer.result)


def up(session: Session, height_m: float = 10.0) -> SessionLink:
    """A copter in Hold at a height."""
    session.wait_armable(120.0)
    link = session.connect()
    assert command(link, Cmd.COMPONENT_ARM_DISARM, 1.0) == 0
    assert command(link, Cmd.NAV_TAKEOFF, 0.0, 0.0, 0.0, nan, nan, nan, session.stood[0].alt + height_m) == 0
    session.run_until(lambda flown: -flown.truth.position[2] > height_m - 0.5, 40.0)
    return link


def test_a_station_breaks_its_gps_and_a_motor_of_the_body() -> None:
    """Without GPS it lands; with three motors it falls."""
    with Session(COPTER) as session:
        link = up(session)
        assert command(link, Cmd.INJECT_FAILURE, 4.0, 1.0) == 0  # GPS, OFF
        session.run_until(lambda flown: flown.state.mode == "LAND", 15.0)
        assert command(link, Cmd.INJECT_FAILURE, 101.0, 1.0, 1.0) == 0  # motor, OFF, the first
        session.run_for(4.0)
        assert -session.truth.position[2] < 0.5


def test_a_shutdown_ends_the_run_and_a_reboot_is_refused() -> None:
    with Session(COPTER) as session:
        session.wait_armable(120.0)
        link = session.connect()
        assert command(link, Cmd.PREFLIGHT_REBOOT_SHUTDOWN, 1.0) == mavlink.MAV_RESULT_DENIED
        link.send(mavlink.MAVLink_command_long_message(1, 1, Cmd.PREFLIGHT_REBOOT_SHUTDOWN, 0, 2, 0, 0, 0, 0, 0, 0))
        with pytest.raises(UserError, match=r"ended \(status 0\)"):
            session.run_for(5.0)


def test_a_fleet_of_two_with_ours_outlives_one_of_them(tmp_path: Path) -> None:
    """The one whose firmware is killed falls, the others fly on."""
    (tmp_path / "fleet.toml").write_text(
        f'[[vehicle]]\nkind = "{COPTER}"\ncount = 2\n\n[[vehicle]]\noffset = [0.0, -20.0]\n'
    )
    with Fleet(file=tmp_path / "fleet.toml") as fleet:
        fleet.wait_armable(120.0)
        for flown in fleet:
            flown.set_mode("GUIDED")
            flown.arm()
        fleet.run_for(2.0)
        for flown in fleet:
            flown.takeoff(10.0)
        fleet.run_until(lambda all_of_them: all(-flown.truth.position[2] > 8.5 for flown in all_of_them), 40.0)
        assert fleet._assembly.firmwares is not None
        os.kill(fleet._assembly.firmwares.node.locksteps[0].child.pid, 9)
        fleet.run_for(4.0)
        assert fleet.failures.keys() == {0}
        assert -fleet[0].truth.position[2] < 0.5
        assert -fleet[1].truth.position[2] > 8.5 and -fleet[2].truth.position[2] > 8.5


def test_a_run_of_a_campaign_is_flown_and_judged(tmp_path: Path) -> None:
    (tmp_path / "square.plan").write_bytes((ROOT / "examples" / "square.plan").read_bytes())
    (tmp_path / "study.toml").write_text(
        f'plan = "square.plan"\nvehicle = "{COPTER}"\nlimit_s = 300\n[judge]\nnear = "always(plan_distance < 8)"\n'
    )
    row = fly_run(Study.read(tmp_path / "study.toml", 1), 0, {}).row
    assert (row.result, row.ok) == ("completed", True)
