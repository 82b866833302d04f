"""Each fault of `--fault`, in a flight or a drive of the whole service, and what follows."""

from __future__ import annotations

import pytest

from autopilot.context.events import StatusText
from autopilot.interface.geo import GeoPoint, to_global
from autopilot.mission.items import MissionItem
from mavlink_bridge.wire.codec import dialect
from sortie import Session

HOME = GeoPoint(-35.363261, 149.165230, 584.0)
STRIKE_S = 40.0
FAILSAFES = {
    "copter": {"FS_GCS_ENABLE": 1, "FS_THR_ENABLE": 1, "BATT_FS_LOW_ACT": 2, "BATT_LOW_VOLT": 11.2, "BATT_LOW_TIMER": 2,
               "SRT_WIND_MAX": 9, "FS_EKF_ACTION": 1, "SIM_BATT_CAP_AH": 20},
    "rover": {"FS_GCS_ENABLE": 1, "FS_ACTION": 1, "BATT_FS_LOW_ACT": 1, "BATT_LOW_VOLT": 11.2, "BATT_LOW_TIMER": 2,
              "SRT_WIND_MAX": 9, "FS_EKF_ACTION": 1, "FS_CRASH_CHECK": 1, "SIM_BATT_CAP_AH": 20},
}  # fmt: skip
HEARTBEAT = dialect.MAVLink_heartbeat_message(dialect.MAV_TYPE_GCS, 8, 0, 0, 4, 3)


def under_way(kind: str, *faults: str, **more: float) -> Session:
    """In AUTO on a long leg, a ground station and its sticks heard each second, 20 s before the fault strikes."""
    session = Session(f"sim:{kind}", home=HOME, seed=3, params=FAILSAFES[kind] | more, faults=faults)
    far = to_global(HOME, (2000.0, 0.0, 0.0))
    items = [MissionItem(22, 3, z=20.0, seq=1)] if kind == "copter" else []
    session.upload([*items, MissionItem(16, 3, x=far.lat, y=far.lon, z=20.0, seq=len(items) + 1)])
    session.start()
    while session.time_s < STRIKE_S - 20.0:
        session.run_for(1.0)
    return session


def run(session: Session, seconds: float, *, sticks: bool = True) -> None:
    """A station that is there: its heartbeat and its sticks each second."""
    link = session.connect()
    override = dialect.MAVLink_rc_channels_override_message(1, 1, 1500, 1500, 1500, 1500, 0, 0, 0, 0)
    end = session.time_s + seconds
    while session.time_s < end:
        link.send(HEARTBEAT)
        if sticks:
            link.send(override)
        session.run_for(1.0)
    link.close()


def texts(session: Session) -> list[str]:
    return [event.text for event in session.events_of(StatusText)]


OUTCOMES = [
    ("copter", "gps.loss", "LAND", "EKF variance"),
    ("copter", "battery.low", "RTL", "Battery 1 is low"),
    ("copter", "wind.gust=14", "RTL", "Wind "),
    ("copter", "gcs.loss", "RTL", "GCS Failsafe"),
    ("copter", "rc.loss", "RTL", "Radio Failsafe"),
    ("copter", "link.loss", "RTL", "GCS Failsafe"),
    ("copter", "compass.loss", "AUTO", ""),
    ("copter", "baro.loss", "AUTO", ""),
    ("copter", "gps.glitch", "AUTO", ""),
    ("rover", "gps.loss", "HOLD", "EKF variance"),
    ("rover", "battery.low", "RTL", "Battery 1 is low"),
    ("rover", "wind.gust=14", "RTL", "Wind "),
    ("rover", "gcs.loss", "RTL", "GCS Failsafe"),
    ("rover", "rc.loss", "RTL", "Radio Failsafe"),
    ("rover", "link.loss", "RTL", "Radio Failsafe"),
    ("rover", "compass.loss", "AUTO", ""),
    ("rover", "gps.glitch", "AUTO", ""),
    ("rover", "motor1.loss", "HOLD", "Crash: Going to HOLD"),
]


@pytest.mark.parametrize(("kind", "fault", "mode", "text"), OUTCOMES, ids=[f"{row[0]} {row[1]}" for row in OUTCOMES])
def test_a_fault_leads_where_its_failsafe_says(kind: str, fault: str, mode: str, text: str) -> None:
    glitch = fault == "gps.glitch"
    with under_way(kind, f"{fault}@{STRIKE_S:g}{f'..{STRIKE_S + 3:g}' if glitch else ''}") as session:
        run(session, 19.0)
        assert session.state.mode == "AUTO", texts(session)
        run(session, 16.0 if mode == "AUTO" else 30.0)
        assert session.state.mode == mode, texts(session)
        assert any(said.startswith(text) for said in texts(session))


@pytest.mark.parametrize("fault", ["motor2.loss", "imu.loss"])
def test_a_copter_that_cannot_fly_on_stops_its_motors(fault: str) -> None:
    """And says so: a crash, or the emergency cutoff."""
    with under_way("copter", f"{fault}@{STRIKE_S:g}") as session:
        run(session, 40.0)
        assert not session.state.armed
        assert any("Crash" in text or "cutoff" in text for text in texts(session))


def test_a_lost_link_that_comes_back_is_heard_again() -> None:
    """link.loss ends: nothing came in or went out meanwhile, and afterwards both do."""
    with under_way("copter", f"link.loss@{STRIKE_S:g}..{STRIKE_S + 10:g}", FS_GCS_ENABLE=0) as session:
        link = session.connect()
        session.run_for(STRIKE_S + 1.0 - session.time_s)
        link.messages()
        session.run_for(8.0)
        assert link.messages() == []
        session.run_for(4.0)
        assert len(link.messages("HEARTBEAT")) >= 2
        link.send(dialect.MAVLink_param_request_read_message(1, 1, b"RTL_ALT", -1))
        assert link.receive("PARAM_VALUE").param_value == 1500.0
