"""All that QGroundControl 4.3 and 5.0 sent to ArduPilot is sent to our vehicle; each request gets what it needs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mavlink_bridge.wire.codec import dialect
from sortie.api.session import Session
from sortie.config.fittings import FITTINGS, fitted
from tests.fakes.qgc_checker import QgcChecker, not_given
from tests.fakes.recorded import conversation

HOME = "-35.3632610,149.1652299,584.09,354"
STEP_S = 0.1
FTP_BYTES = 251
EVERYTHING = tuple(name for name in FITTINGS if name not in ("engine", "engine-start", "rtsp", "video"))
"""Fittings of a copter that open no port."""
HOLD_ARMING = ("arm-authorization", "generator", "remote-id")


def recorded(file: str, version: str) -> Iterator[tuple[float, Any]]:
    """Time and message of all that the station sent."""
    for row in conversation(file):
        if row["dir"] == "gcs" and row["qgc"] == version:
            fields = {name: not_given(value) for name, value in row["fields"].items()}
            if "payload" in fields:  # recorded without the zeros at its end
                fields["payload"] = fields["payload"] + [0] * (FTP_BYTES - len(fields["payload"]))
            if "param_id" in fields:
                fields["param_id"] = fields["param_id"].encode()
            yield row["t"], getattr(dialect, f"MAVLink_{row['name'].lower()}_message")(**fields)


def replay(session: Session, rows: Iterator[tuple[float, Any]]) -> QgcChecker:
    """Send it at the recorded times, and let the checker see both sides."""
    checker = QgcChecker()
    link = session.connect()
    began_s = session.time_s

    def now_s() -> float:
        return session.time_s - began_s

    def listen() -> None:
        for message in link.messages():
            checker.heard(message, now_s())

    for at_s, message in rows:
        while now_s() + STEP_S < at_s:
            session.run_for(STEP_S)
            listen()
        listen()
        checker.sent(message, now_s())
        link.send(message)
        listen()
    for _ in range(30):
        session.run_for(STEP_S)
        listen()
    checker.finish()
    return checker


@pytest.mark.parametrize("fittings", [(), EVERYTHING], ids=["plain", "fitted"])
@pytest.mark.parametrize("version", ["4.3", "5.0"])
@pytest.mark.parametrize("file", ["qgc-connect", "qgc-fly"])
def test_qgroundcontrol_gets_what_it_needs(file: str, version: str, fittings: tuple[str, ...]) -> None:
    """From the first byte to idle; plans, takeoff, goto, pause, height, jump, RTL, mission, land, clear, parameter. Of
    a vehicle as it comes, and of one with all that `--with` has; it flies without what holds arming back."""
    names = [name for name in fittings if file == "qgc-connect" or name not in HOLD_ARMING]
    params = {name: float(value) for name, value in (text.split("=") for text in fitted(names))}
    with Session(home=HOME, params=params) as session:
        session.run_for(30.0)
        checker = replay(session, recorded(file, version))
    held = ("pops up: PreArm: OpenDroneID: operator", "pops up: PreArm: Generator: ") if fittings else ()
    faults = [fault for fault in checker.faults if not any(words in fault for words in held)]
    assert not faults, "\n".join(faults)
    assert checker.requests > 50
