"""Pictures that are asked for, announced, lost, asked for again, and what the card has room for."""

from __future__ import annotations

from math import inf

import pytest

from autopilot.mav import CameraMode, Cmd, Result, ZoomType
from mavlink_bridge.routing.service import Peer
from mavlink_bridge.services.camera.captured import LOOK_AGAIN_MS
from mavlink_bridge.services.camera.device import EXPOSING_MS, ImageStatus
from mavlink_bridge.wire.codec import id_of
from tests.fakes.camera_bench import CAMERA, PEER, CameraBench


def test_it_says_which_picture_is_still_being_written() -> None:
    """By when it is to be told of, however often it was looked for; nothing when all are there or have failed."""
    bench = CameraBench()
    assert bench.camera.unwritten_ms() is None
    bench.shelf.slow = True
    assert bench.ask(Cmd.IMAGE_START_CAPTURE, 0, 0.5, 2, 1) == Result.ACCEPTED
    told_ms = bench.now_ms + EXPOSING_MS
    for _ in range(3):
        assert bench.camera.unwritten_ms() == told_ms
        bench.pass_time(300)
    bench.shelf.slow = False
    assert bench.camera.unwritten_ms() is None
    bench.pass_time(LOOK_AGAIN_MS)
    bench.shelf.slow, bench.shelf.why = True, "No space left on device"
    bench.ask(Cmd.IMAGE_START_CAPTURE, 0, 0, 1, 2)
    assert bench.camera.unwritten_ms() == bench.now_ms + EXPOSING_MS
    bench.shelf.slow = False
    assert bench.camera.unwritten_ms() is None


def test_a_picture_is_announced_when_it_is_on_the_card() -> None:
    """Place, attitude, number and file go to everybody; meanwhile the camera is busy."""
    bench = CameraBench()
    assert bench.ask(Cmd.IMAGE_START_CAPTURE, 0, 0, 1, 1) == Result.ACCEPTED
    assert bench.one("CAMERA_CAPTURE_STATUS").image_status == ImageStatus.CAPTURING
    assert bench.ask(Cmd.IMAGE_START_CAPTURE, 0, 0, 1, 2) == Result.TEMPORARILY_REJECTED
    (told,) = [one for one in bench.pass_time(EXPOSING_MS) if one.get_type() == "CAMERA_IMAGE_CAPTURED"]
    assert (told.lat, told.lon, told.alt, told.relative_alt) == (-350000000, 1490000000, 600_000, 16_000)
    assert (told.image_index, told.capture_result, told.file_url) == (0, 1, "mftp://DCIM/0.JPG")
    assert (told.time_boot_ms, told.time_utc, told.q) == (10_000, 11_000_000, [1.0, 0.0, 0.0, 0.0])
    status = bench.one("CAMERA_CAPTURE_STATUS")
    assert (status.image_status, status.image_count) == (ImageStatus.IDLE, 1)


def test_a_file_that_is_not_written_is_not_announced() -> None:
    """It is looked at again, and announced later, in order."""
    bench = CameraBench()
    bench.shelf.slow = True
    bench.ask(Cmd.IMAGE_START_CAPTURE, 0, 0, 1, 1)
    assert not [one for one in bench.pass_time(900) if one.get_type() == "CAMERA_IMAGE_CAPTURED"]
    assert bench.ask(Cmd.REQUEST_MESSAGE, id_of("CAMERA_IMAGE_CAPTURED"), 0) == Result.FAILED
    bench.shelf.slow = False
    assert [one for one in bench.pass_time(40) if one.get_type() == "CAMERA_IMAGE_CAPTURED"]


def test_a_picture_that_cannot_be_written_is_told_as_failed() -> None:
    """Once, without a file, and so again to who asks; the card is none and has no room until one is written; people
    are told why, once. What was lost takes no room."""
    bench = CameraBench(room=3)
    size = bench.camera.device.specs.picture_mib
    bench.shelf.why = "No space left on device"
    bench.ask(Cmd.IMAGE_START_CAPTURE, 0, 0, 1, 1)
    said = [one for one in bench.pass_time(900) if one.get_type() != "HEARTBEAT"]
    assert [one.get_type() for one in said] == ["CAMERA_IMAGE_CAPTURED", "STORAGE_INFORMATION", "STATUSTEXT"]
    assert (said[0].image_index, said[0].capture_result, said[0].file_url) == (0, 0, "")
    assert (said[1].status, said[1].available_capacity, said[1].used_capacity) == (0, 0.0, 0.0)
    assert said[2].text == "Camera: not written, No space left on device"
    again = bench.send(Cmd.REQUEST_MESSAGE, id_of("CAMERA_IMAGE_CAPTURED"), 0)[1]
    assert (again.image_index, again.capture_result) == (0, 0)
    for _ in range(4):
        assert bench.ask(Cmd.IMAGE_START_CAPTURE, 0, 0, 1, 0) == Result.ACCEPTED
        assert "STATUSTEXT" not in {one.get_type() for one in bench.pass_time(900)}
    bench.shelf.why = ""
    bench.ask(Cmd.IMAGE_START_CAPTURE, 0, 0, 1, 0)
    said = [one for one in bench.pass_time(900) if one.get_type() != "HEARTBEAT"]
    assert [one.get_type() for one in said] == ["CAMERA_IMAGE_CAPTURED", "STORAGE_INFORMATION"]
    assert (said[0].image_index, said[0].capture_result) == (5, 1)
    assert (said[1].status, said[1].used_capacity) == (2, pytest.approx(size))
    assert said[1].available_capacity == pytest.approx(2 * size)


def test_a_repeated_capture_takes_no_second_picture() -> None:
    """The same sequence number of the same station; another station's, or the next number, does."""
    bench = CameraBench()
    other = Peer(4, 255, 190)
    for sequence, confirmation, peer, count in (
        (1, 0, PEER, 1),
        (1, 0, PEER, 1),
        (1, 1, PEER, 1),
        (2, 0, PEER, 2),
        (2, 0, other, 3),
        (0, 0, PEER, 4),
        (0, 0, PEER, 5),
    ):
        assert bench.ask(Cmd.IMAGE_START_CAPTURE, 0, 0, 1, sequence, confirmation=confirmation, peer=peer) == 0
        bench.pass_time(200)
        assert len(bench.shelf.shots) == count
    bench.camera.link_closed(PEER.link)
    assert bench.ask(Cmd.IMAGE_START_CAPTURE, 0, 0, 1, 2) == Result.ACCEPTED
    assert len(bench.shelf.shots) == 6


def test_a_row_of_pictures_has_its_interval_and_its_end() -> None:
    """Five, half a second apart; until it is stopped where no number is given."""
    bench = CameraBench()
    assert bench.ask(Cmd.IMAGE_START_CAPTURE, 0, 0.5, 5) == Result.ACCEPTED
    status = bench.one("CAMERA_CAPTURE_STATUS")
    assert (status.image_status, status.image_interval) == (ImageStatus.INTERVAL_CAPTURING, 0.5)
    bench.pass_time(10_000)
    assert [shot.time_ms for shot in bench.shelf.shots] == [10_000 + 500 * n for n in range(5)]
    assert bench.one("CAMERA_CAPTURE_STATUS").image_status == ImageStatus.IDLE
    bench.ask(Cmd.IMAGE_START_CAPTURE, 0, 2.0, 0)
    bench.pass_time(7000)
    assert bench.ask(Cmd.IMAGE_STOP_CAPTURE) == Result.ACCEPTED
    bench.pass_time(7000)
    assert len(bench.shelf.shots) == 9


def test_the_camera_is_meant_by_its_number_by_1_and_by_0() -> None:
    """The only sensor of a MAVLink camera, and ArduPilot's first one; no other."""
    bench = CameraBench()
    for which, result in (
        (0, Result.ACCEPTED),
        (1, Result.ACCEPTED),
        (CAMERA, Result.ACCEPTED),
        (2, Result.DENIED),
        (101, Result.DENIED),
        (-1, Result.DENIED),
    ):
        assert bench.ask(Cmd.IMAGE_START_CAPTURE, which, 0, 1) == result
        assert bench.ask(Cmd.SET_CAMERA_MODE, which, CameraMode.IMAGE) == result
        assert bench.ask(Cmd.SET_CAMERA_ZOOM, ZoomType.RANGE, 10.0, which) == result
        assert bench.ask(Cmd.IMAGE_STOP_CAPTURE, which) == result
        bench.pass_time(200)
    assert len(bench.shelf.shots) == 3


@pytest.mark.parametrize(
    "params", [(0, 0, 0), (0, -1, 1), (0, 0, 3), (0, 0, -1), (99, 0, 1), (0, inf, 1)]
)  # fmt: skip
def test_a_row_without_sense_is_denied(params: tuple[float, ...]) -> None:
    """No interval, a negative one, no such camera."""
    bench = CameraBench()
    assert bench.ask(Cmd.IMAGE_START_CAPTURE, *params) == Result.DENIED
    assert not bench.shelf.shots


def test_a_full_card_takes_no_picture_until_it_is_formatted() -> None:
    """It fills by each; FAILED and a text once it is full, a row ends; pictures of earlier runs take room as well."""
    bench = CameraBench(room=4.0)
    bench.shelf.stored = 1
    before = bench.one("STORAGE_INFORMATION")
    assert before.available_capacity == pytest.approx(0.75 * before.total_capacity)
    bench.ask(Cmd.IMAGE_START_CAPTURE, 0, 1.0, 0)
    texts = [one.text for one in bench.pass_time(5000) if one.get_type() == "STATUSTEXT"]
    assert (len(bench.shelf.shots), texts) == (3, ["Camera: storage full"])
    told = bench.one("STORAGE_INFORMATION")
    assert (told.used_capacity, told.available_capacity) == (told.total_capacity, 0.0)
    assert bench.one("CAMERA_CAPTURE_STATUS").image_status == ImageStatus.IDLE
    for number in (9, 10):
        ack, why = bench.send(Cmd.IMAGE_START_CAPTURE, 0, 0, 1, number)
        assert (ack.result, why.text) == (Result.FAILED, "Camera: storage full"), "who asks is told each time"
    bench.shelf.stored = 0
    said = bench.send(Cmd.STORAGE_FORMAT, 1, 1, 1)
    assert [one.get_type() for one in said] == ["COMMAND_ACK", "STORAGE_INFORMATION", "CAMERA_CAPTURE_STATUS"]
    assert (said[1].used_capacity, said[2].image_count, bench.shelf.formatted) == (0.0, 0, 1)
    assert bench.ask(Cmd.REQUEST_MESSAGE, id_of("CAMERA_IMAGE_CAPTURED"), 0) == Result.FAILED
    assert bench.ask(Cmd.IMAGE_START_CAPTURE, 0, 0, 1, 11) == Result.ACCEPTED


def test_a_card_in_use_is_not_formatted() -> None:
    """Nor one that is none, nor without the wish."""
    bench = CameraBench()
    bench.ask(Cmd.IMAGE_START_CAPTURE, 0, 1.0, 0)
    assert bench.ask(Cmd.STORAGE_FORMAT, 1, 1) == Result.TEMPORARILY_REJECTED
    bench.ask(Cmd.IMAGE_STOP_CAPTURE)
    bench.pass_time(200)
    bench.shelf.late = True
    assert bench.ask(Cmd.STORAGE_FORMAT, 1, 1) == Result.TEMPORARILY_REJECTED
    bench.shelf.late = False
    assert [bench.ask(Cmd.STORAGE_FORMAT, *params) for params in ((2, 1), (1, 0), (0, 1))] == [2, 2, 0]


def test_a_lost_announcement_is_given_again() -> None:
    """By REQUEST_MESSAGE and by the older command; a number that was not taken is FAILED."""
    bench = CameraBench()
    bench.ask(Cmd.IMAGE_START_CAPTURE, 0, 0.5, 3)
    told = [one for one in bench.pass_time(3000) if one.get_type() == "CAMERA_IMAGE_CAPTURED"]
    for number in range(3):
        assert bench.send(Cmd.REQUEST_MESSAGE, 263, number)[1].to_dict() == told[number].to_dict()
        assert bench.send(Cmd.REQUEST_CAMERA_IMAGE_CAPTURE, number)[1].to_dict() == told[number].to_dict()
    assert bench.ask(Cmd.REQUEST_MESSAGE, 263, 3) == Result.FAILED


@pytest.mark.parametrize(
    ("first", "last", "told"),
    [
        (-1, 0, [0, 1, 2, 3, 4]), (0, -1, [0, 1, 2, 3, 4]), (3, -1, [3, 4]), (1, 3, [1, 2, 3]), (4, 9, [4]),
        (2, 0, [2]), (5, -1, []), (3, 1, []), (-2, -1, []),
    ],
)  # fmt: skip
def test_many_announcements_are_given_again(first: int, last: int, told: list[int]) -> None:
    """Param3: to this one, or to the last one; -1 for all. Those that are not on the card yet are not told."""
    bench = CameraBench()
    bench.ask(Cmd.IMAGE_START_CAPTURE, 0, 0.5, 0)
    bench.pass_time(2050)
    assert len(bench.shelf.shots) == 5
    bench.pass_time(100)
    bench.ask(Cmd.IMAGE_STOP_CAPTURE)
    said = bench.send(Cmd.REQUEST_MESSAGE, 263, first, last)
    assert said[0].result == (Result.ACCEPTED if told else Result.FAILED)
    said = [*said, *bench.pass_time(200)]
    assert [one.image_index for one in said if one.get_type() == "CAMERA_IMAGE_CAPTURED"] == told


def test_announcements_wait_for_room() -> None:
    """A link that takes little gets them one by one, and none once it is closed."""
    bench = CameraBench()
    bench.ask(Cmd.IMAGE_START_CAPTURE, 0, 0.1, 100)
    bench.pass_time(11_000)
    bench.room_bytes = 600
    assert len(bench.send(Cmd.REQUEST_MESSAGE, 263, -1)) == 2
    assert 40 <= len(bench.pass_time(500)) <= 60
    bench.room_bytes = 0
    assert len(bench.pass_time(500)) <= 1
    bench.room_bytes = 600
    bench.camera.link_closed(PEER.link)
    assert {one.get_type() for one in bench.pass_time(2000)} == {"HEARTBEAT"}
