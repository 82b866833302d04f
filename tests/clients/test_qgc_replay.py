"""All that QGroundControl 4.3 and 5.0 sent to ArduPilot is sent to our vehicle; each request gets what it needs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mavlink_bridge.wire.codec import dialect
from sortie.api.session import Session
from tests.fakes.qgc_checker import QgcChecker, not_given
from tests.fakes.recorded import conversation

HOME = "-35.3632610,149.1652299,584.09,354"
STEP_S = 0.1
FTP_BYTES = 251


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


@pytest.mark.parametrize("version", ["4.3", "5.0"])
@pytest.mark.parametrize("file", ["qgc-connect", "qgc-fly"])
def test_qgroundcontrol_gets_what_it_needs(file: str, version: str) -> None:
    """From the first byte to idle; plans, takeoff, goto, pause, height, jump, RTL, mission, land, clear, parameter."""
    with Session(home=HOME) as session:
        session.wait_armable()
        checker = replay(session, recorded(file, version))
    assert not checker.faults, "\n".join(checker.faults)
    assert checker.requests > 50
