"""A day in the air at full speed: memory does not grow, rates do not drift."""

from __future__ import annotations

import gc
import os
from collections import Counter

import pytest

from autopilot.interface.geo import GeoPoint, to_global
from autopilot.mission.items import MissionItem
from mavlink_bridge.clients import MissionUpload, ParameterList, Target, TransferOutcome
from mavlink_bridge.wire.codec import dialect
from mavlink_bridge.wire.framing import FrameReader
from sortie import Session
from tests.fakes.program import resident_kb

HOME = GeoPoint(-35.363261, 149.165230, 584.0)
HOUR_S = 3600
HOURS = 24
#: Message ids whose rate is known, Hz: unasked rates of the telemetry service.
RATES = {dialect.MAVLINK_MSG_ID_HEARTBEAT: 1, dialect.MAVLINK_MSG_ID_ATTITUDE: 4, dialect.MAVLINK_MSG_ID_SYS_STATUS: 2}


def round_for_ever(kind: str) -> list[MissionItem]:
    """A square of 60 m, again and again."""
    corners = [to_global(HOME, (n, e, 0.0)) for n, e in ((60.0, 0.0), (60.0, 60.0), (0.0, 60.0), (0.0, 0.0))]
    items = [MissionItem(22, 3, z=20.0, seq=1)] if kind == "copter" else []
    first = len(items) + 1
    items += [MissionItem(16, 3, x=place.lat, y=place.lon, z=20.0, seq=first + n) for n, place in enumerate(corners)]
    return [*items, MissionItem(177, 3, param1=float(first), param2=-1.0, seq=len(items) + 1)]


@pytest.mark.long
@pytest.mark.parametrize("kind", ["copter", "rover"])
def test_a_day_without_growth_or_drift(kind: str) -> None:
    """A station listens; every hour it reads all parameters and uploads the mission again."""
    plan = round_for_ever(kind)
    weather = {"SIM_BATT_CAP_AH": 0, "SIM_WIND_SPD": 4, "SIM_WIND_TURB": 1}
    with Session(f"sim:{kind}", home=HOME, params=weather) as session:
        link, reader = session.connect(), FrameReader()
        session.upload(plan)
        session.start()
        seen: list[Counter[int]] = []
        memory: list[int] = []
        objects: list[int] = []
        reached = 0
        for hour in range(HOURS):
            begun_s = session.time_s
            counts: Counter[int] = Counter()
            link.read()
            reader.receive(b"")
            while session.time_s < begun_s + HOUR_S - 1e-6:
                session.run_for(20.0)
                counts.update(frame.msg_id for frame in reader.receive(link.read()))
            seen.append(counts)
            assert session.state.armed, f"it came down in hour {hour}"
            reached += len(session.events)
            session.events.clear()
            link.ask(ParameterList(Target()))
            assert link.ask(MissionUpload(Target(), plan, home=HOME)).outcome is TransferOutcome.ACCEPTED
            link.messages()
            gc.collect()
            memory.append(resident_kb(os.getpid()))
            objects.append(len(gc.get_objects()))
        for counts in seen:
            for number, hertz in RATES.items():
                assert counts[number] == pytest.approx(hertz * HOUR_S, rel=0.001, abs=2), dialect.mavlink_map[number]
        assert reached > 100 * HOURS
        settled = memory[2]
        assert max(memory[3:]) - settled < 3_000, memory
        assert max(objects[3:]) - objects[2] < 2_000, objects
