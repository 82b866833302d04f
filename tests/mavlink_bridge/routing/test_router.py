"""Routing rules: what is for us, and where a frame goes on."""

from __future__ import annotations

from typing import Any

import pytest

from mavlink_bridge.routing.router import SENDERS_PER_LINK, Router, target_of
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.framing import FrameReader, FrameWriter, MavlinkFrame

dialect = codec.dialect


def frame(message: Any, system: int = 255, component: int = 190) -> MavlinkFrame:
    return FrameReader().receive(FrameWriter(system, component).frame(*codec.payload(message)))[0]


def command(system: int, component: int) -> Any:
    return dialect.MAVLink_command_long_message(system, component, 400, 0, 1, 0, 0, 0, 0, 0, 0)


HEARTBEAT = dialect.MAVLink_heartbeat_message(6, 8, 0, 0, 0, 3)


@pytest.fixture
def router() -> Router:
    """System 1 with links: 1 and 2 have each a station 255/190, 3 a gimbal 1/154, 4 another vehicle 2/1, 5 nobody."""
    made = Router(1, 1)
    for link in (1, 2, 3, 4, 5):
        made.open_link(link)
    for link, sender in ((1, (255, 190)), (2, (255, 190)), (3, (1, 154)), (4, (2, 1))):
        made.hear(link, *sender)
    return made


def forwarded(router: Router, message: Any, link: int, system: int = 255, component: int = 190) -> set[int]:
    one = frame(message, system, component)
    return set(router.forward_to(one, link, *target_of(one)))


@pytest.mark.parametrize(
    ("target", "ours"),
    [((0, 0), True), ((0, 5), True), ((1, 0), True), ((1, 1), True), ((1, 154), False), ((1, 100), True),
     ((2, 1), False), ((2, 0), False), ((7, 1), False)],
)  # fmt: skip
def test_what_is_for_us(router: Router, target: tuple[int, int], ours: bool) -> None:
    """Broadcast, our system with component 0 or ours, and our components that nobody has heard (100)."""
    assert router.is_for_us(*target) is ours


@pytest.mark.parametrize(("component", "ours"), [(0, True), (1, True), (154, False), (100, False), (190, True)])
def test_for_which_that_are_not_there_it_answers(router: Router, component: int, ours: bool) -> None:
    """As PX4: for a ground station's id alone, and not where one has been heard."""
    router.absent = frozenset({190, 154})
    assert router.is_for_us(1, component) is ours


@pytest.mark.parametrize(
    ("target", "links"),
    [((0, 0), {2, 3, 4}), ((1, 1), set()), ((1, 0), {3}), ((1, 154), {3}), ((1, 100), set()), ((2, 1), {4}),
     ((2, 0), {4}), ((2, 7), set()), ((7, 1), set()), ((255, 190), {2})],
)  # fmt: skip
def test_where_a_targeted_message_goes_on(router: Router, target: tuple[int, int], links: set[int]) -> None:
    """From link 1: never back, only where the target was heard; a broadcast where anybody was."""
    assert forwarded(router, command(*target), 1) == links


def test_a_message_without_target_goes_to_every_link_where_somebody_was_heard(router: Router) -> None:
    """Link 5, where nobody was heard, gets nothing; no link gets it back."""
    assert forwarded(router, HEARTBEAT, 4, 2, 1) == {1, 2, 3}


def test_a_heartbeat_goes_to_no_link_where_its_sender_is_heard(router: Router) -> None:
    """As in ArduPilot: MAVProxy with two masters counts the gaps between its own HEARTBEATs as losses (80 %)."""
    assert forwarded(router, HEARTBEAT, 1) == {3, 4}
    router.close_link(2)
    router.open_link(2)
    router.hear(2, 245, 190)
    assert forwarded(router, HEARTBEAT, 1) == {2, 3, 4}


def test_radio_status_signing_keys_and_aircraft_are_never_forwarded(router: Router) -> None:
    """A modem's report is about its own link; a secret key is for one; a station would hear each aircraft twice."""
    aircraft = dialect.MAVLink_adsb_vehicle_message(1, 1, 1, 0, 0, 0, 0, 0, b"", 0, 0, 0, 0)
    assert forwarded(router, aircraft, 1) == set()
    assert forwarded(router, dialect.MAVLink_radio_status_message(1, 1, 1, 1, 1, 1, 1), 1) == set()
    assert forwarded(router, dialect.MAVLink_setup_signing_message(2, 1, bytes(32), 1), 1) == set()


def test_an_unknown_message_goes_on_as_a_broadcast(router: Router) -> None:
    """Its target cannot be read."""
    one = FrameReader().receive(FrameWriter(255, 190).frame(0x00FE77, b"\x01\x01", 3))[0]
    assert target_of(one) == (0, 0)
    assert set(router.forward_to(one, 1, 0, 0)) == {2, 3, 4}


def test_our_own_frames_are_echoes(router: Router) -> None:
    """A link that reflects must not make a loop."""
    assert router.is_echo(frame(HEARTBEAT, 1, 1))
    assert not router.is_echo(frame(HEARTBEAT, 1, 154))


def test_a_closed_link_is_forgotten(router: Router) -> None:
    """Its senders are gone, and a component that was only there is answered for by us again."""
    router.close_link(3)
    assert router.is_for_us(1, 154)
    assert router.links_of(1, 154) == ()
    assert forwarded(router, HEARTBEAT, 4, 2, 1) == {1, 2}


def test_one_link_cannot_fill_the_table(router: Router) -> None:
    """A peer that invents senders uses up its own share only."""
    for number in range(1000):
        router.hear(5, 3 + number % 200, number // 200)
    assert sum(5 in router.links_of(3 + number % 200, number // 200) for number in range(1000)) <= SENDERS_PER_LINK + 5
    router.hear(4, 250, 1)
    assert router.links_of(250, 1) == (4,)


def test_a_target_beyond_the_end_of_a_trimmed_payload_is_zero() -> None:
    """MISSION_CLEAR_ALL to 0/0 has a payload of one byte."""
    assert target_of(frame(dialect.MAVLink_mission_clear_all_message(0, 0, 0))) == (0, 0)
    assert target_of(frame(dialect.MAVLink_mission_clear_all_message(3, 0, 0))) == (3, 0)
    assert target_of(frame(command(1, 154))) == (1, 154)
    assert target_of(frame(HEARTBEAT)) == (0, 0)


def test_a_private_link_hears_what_is_for_it_alone() -> None:
    """ArduPilot's MAVn_OPTIONS: nothing that comes in there goes on, no broadcast goes there; targets are reached."""
    router = Router(1, 1)
    for link, private in ((1, False), (2, True), (3, False)):
        router.open_link(link, private)
        router.hear(link, 250 + link, 190)
    assert forwarded(router, HEARTBEAT, 1, 251) == {3}
    assert forwarded(router, HEARTBEAT, 2, 252) == set()
    assert forwarded(router, command(251, 190), 2, 252) == set()
    assert forwarded(router, command(252, 190), 1, 251) == {2}
    router.close_link(3)
    assert forwarded(router, command(252, 190), 1, 251) == {2}


def test_nothing_is_kept_of_a_closed_private_link() -> None:
    """Each connection to a private port is a new link: in months of reconnects they are many."""
    router = Router(1, 1)
    for link in range(100):
        router.open_link(link, private=True)
        router.hear(link, 2, 1)
        router.close_link(link)
    assert not (router._private or router._senders or router._links_of or router._links_of_system or router._live)
