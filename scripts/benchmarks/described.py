"""How fast a test description of Aerialist is flown: some 500 s round boxes, as its competition has them."""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import TemporaryDirectory

from autopilot.interface.geo import GeoPoint, to_global
from autopilot.mav import Cmd
from autopilot.mission.items import MissionItem
from autopilot.mission.plan import Plan, format_plan
from benchmarks.vehicle import HOME
from sortie.commands.aerialist import fly_test
from sortie.config.aerialist import read_aerialist

LEGS, LEG_M, UP_M = 20, 90.0, 10.0
LEAST_S = 450.0
TEST = """
drone: {{port: ros, mission_file: mission.plan, params: {{MPC_XY_CRUISE: 4.0}}}}
simulation:
  simulator: ros
  obstacles:
  - {{size: {{l: 10, w: 5, h: 20}}, position: {{x: {far}, y: 2, z: 0, r: 20}}}}
  - {{size: {{l: 5, w: 10, h: 20}}, position: {{x: {near}, y: -3, z: 0, r: 0}}}}
"""


def speed() -> tuple[float, float]:
    """Seconds of a test for each second of the wall, and of the processor; the beginning of the vehicle included."""
    home = GeoPoint(*HOME)
    ends = [to_global(home, (LEG_M * ((leg + 1) % 2), 0.0, 0.0)) for leg in range(LEGS)]
    legs = [MissionItem(Cmd.NAV_WAYPOINT, 3, x=end.lat, y=end.lon, z=UP_M, seq=k) for k, end in enumerate(ends, 2)]
    items = (MissionItem(Cmd.NAV_TAKEOFF, 3, z=UP_M, seq=1), *legs, MissionItem(Cmd.NAV_LAND, 3, seq=LEGS + 2))
    with TemporaryDirectory(prefix="sortie-bench-") as name:
        folder = Path(name)
        (folder / "mission.plan").write_text(format_plan(Plan(items=items, home=home)))
        (folder / "test.yaml").write_text(TEST.format(far=0.7 * LEG_M, near=0.3 * LEG_M))
        test = read_aerialist(folder / "test.yaml")
        began_s, worked_s = time.perf_counter(), time.process_time()
        flight, _ = fly_test(test)
        passed_s, worked_s = time.perf_counter() - began_s, time.process_time() - worked_s
    assert flight.result == "completed" and flight.seconds > LEAST_S, flight.lines()
    return flight.seconds / passed_s, flight.seconds / worked_s
