"""What docs/services.md says is not served, is asked for as a station would: the answer says so, and nothing breaks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from autopilot.mav import Result
from mavlink_bridge.wire.codec import dialect as m
from mavlink_bridge.wire.codec import id_of
from sortie import Session
from sortie.api.link import SessionLink
from tests.fakes.station_plan import HOME

PAGE = Path(__file__).parents[2] / "docs" / "services.md"
ASK = m.MAV_CMD_REQUEST_MESSAGE
#: A row of the page, and the commands that ask for it; a message is asked for by its name.
UNSERVED: dict[str, tuple[str | tuple[int, ...], ...]] = {
    "Traffic (ADSB_VEHICLE, UTM)": ("ADSB_VEHICLE", "UTM_GLOBAL_POSITION", "COLLISION"),
    "Image transmission, video": ("VIDEO_STREAM_INFORMATION", "VIDEO_STREAM_STATUS"),
    "Arm authorization": ((m.MAV_CMD_ARM_AUTHORIZATION_REQUEST, 1),),
    "Path planning (TRAJECTORY)": ("TRAJECTORY_REPRESENTATION_WAYPOINTS", "TRAJECTORY_REPRESENTATION_BEZIER"),
    "Open Drone ID": ("OPEN_DRONE_ID_BASIC_ID", "OPEN_DRONE_ID_ARM_STATUS"),
    "Illuminator": ((ASK, 440), (405, 1), (406, 1)),
}


@pytest.fixture(scope="module")
def link() -> Iterator[SessionLink]:
    with Session(home=HOME) as session:
        yield session.connect()


@pytest.mark.parametrize("row", UNSERVED)
def test_what_is_not_served_says_so(link: SessionLink, row: str) -> None:
    """UNSUPPORTED, for each request."""
    for asked in UNSERVED[row]:
        number, *params = (ASK, id_of(asked)) if isinstance(asked, str) else asked
        link.send(m.MAVLink_command_long_message(1, 1, number, 0, *(*params, *[0.0] * 7)[:7]))
        ack = link.receive("COMMAND_ACK", where=lambda ack, number=number: ack.command == number)  # type: ignore[misc]
        assert ack.result == Result.UNSUPPORTED, asked


def test_no_answer_is_the_answer_to_messages_that_nobody_takes(link: SessionLink) -> None:
    """Extended parameters have no refusal; they are a camera's, and here is none."""
    link.messages()
    link.send(m.MAVLink_param_ext_request_list_message(1, 1))
    assert not link.messages("PARAM_EXT_VALUE")


def test_the_page_has_these_rows() -> None:
    """As not served."""
    rows = {
        cells[1].strip(): cells[2].strip()
        for cells in (line.split("|") for line in PAGE.read_text().splitlines())
        if len(cells) > 4
    }
    assert {rows[row] for row in UNSERVED} == {"not served"}
    assert rows["Extended parameters"].endswith("the autopilot has none")
