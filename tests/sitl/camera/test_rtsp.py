"""RTSP of a camera: what is answered in each state, and its server on sockets."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitl.camera.rtsp import LARGEST_REQUEST, NEXT, TIMEOUT_S, PlayState, RtspConnection, Transport
from sitl.camera.rtsp_server import LOOPBACK, MOST_WAITING, PLAYERS, RtspServer
from tests.fakes.patience import PATIENCE_S, wait_until

URL = "rtsp://127.0.0.1:8554/camera"
SESSION = "a1b2"
UDP, TCP = "RTP/AVP;unicast;client_port=5000-5001", "RTP/AVP/TCP;unicast;interleaved=0-1"
METHODS = ("OPTIONS", "DESCRIBE", "SETUP", "PLAY", "PAUSE", "TEARDOWN", "GET_PARAMETER", "SET_PARAMETER")


def request(method: str, url: str = URL, version: str = "RTSP/1.0", **headers: str) -> bytes:
    """A request with CSeq 7; `_` in the name of a header is a hyphen there."""
    fields = {"CSeq": "7"} | {name.replace("_", "-"): value for name, value in headers.items()}
    return "\r\n".join([f"{method} {url} {version}", *(f"{k}: {v}" for k, v in fields.items() if v), "", ""]).encode()


def connection(state: PlayState = PlayState.INIT, way: str = TCP) -> RtspConnection:
    """A connection whose session is in this state."""
    made = RtspConnection(("camera", "thermal"), SESSION, 8554, 0.0)
    if state is not PlayState.INIT:
        made.receive(request("SETUP", URL + "/track", Transport=way), 0.0)
    if state is PlayState.PLAYING:
        made.receive(request("PLAY", Session=SESSION), 0.0)
    assert made.state is state
    return made


def status(made: RtspConnection, data: bytes) -> int:
    """Status code of the one answer to this."""
    answer = made.receive(data, 1.0)
    assert answer.count(b"RTSP/1.0 ") == 1
    return int(answer.split()[1])


@pytest.mark.parametrize("state", PlayState)
@pytest.mark.parametrize("method", METHODS)
def test_each_method_in_each_state(state: PlayState, method: str) -> None:
    """What the table has is done and leads where it says; the rest is 455 or, without a session, 454, and changes
    nothing; what has no state is answered in all."""
    made = connection(state)
    session = "" if state is PlayState.INIT else SESSION
    found = status(made, request(method, Transport=UDP, Session=session))
    if (state, method) in NEXT or method in ("OPTIONS", "DESCRIBE", "GET_PARAMETER", "SET_PARAMETER"):
        assert (found, made.state) == (200, NEXT.get((state, method), state))
    else:
        assert (found, made.state) == (454 if state is PlayState.INIT else 455, state)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (request("RECORD"), 405), (request("ANNOUNCE"), 405), (request("FLY"), 501),
        (request("OPTIONS", version="RTSP/2.0"), 505), (request("OPTIONS", Require="com.real"), 551),
        (request("OPTIONS", CSeq=""), 400), (request("OPTIONS", CSeq="seven"), 400), (b"hello\r\n\r\n", 400),
        (request("OPTIONS", Content_Length="-1"), 400), (request("DESCRIBE", Accept="text/plain"), 406),
        (request("DESCRIBE", URL + "s"), 404), (request("DESCRIBE", "rtsp://[::1"), 404),
        (request("DESCRIBE", "*"), 404),
        (request("SETUP", Transport=""), 461), (request("SETUP", Transport="RTP/AVP;multicast"), 461),
        (request("SETUP", Transport="RTP/AVP;unicast;client_port=80-81"), 461),
        (request("SETUP", Transport="RTP/AVP;unicast;client_port=99999-1"), 461),
        (request("SETUP", Transport="RTP/AVP/TCP;interleaved=255-256"), 461),
        (request("SETUP", Transport=UDP + ";mode=record"), 461),
        (request("SETUP", "rtsp://h/other", Transport=UDP), 404),
        (request("SETUP", Transport=UDP, Session="theirs"), 454), (request("PLAY"), 454),
        (b"OPTIONS * " + b"x" * LARGEST_REQUEST, 413),
    ],
)  # fmt: skip
def test_what_is_refused(sent: bytes, code: int) -> None:
    """By its own status, and no session begins."""
    made = connection()
    assert status(made, sent) == code
    assert made.state is PlayState.INIT


def test_another_stream_needs_another_session() -> None:
    """459, and the one that plays goes on; a session of somebody else is not found."""
    made = connection(PlayState.PLAYING)
    assert status(made, request("PAUSE", "rtsp://127.0.0.1/thermal", Session=SESSION)) == 459
    assert status(made, request("PAUSE", Session="other")) == 454
    assert status(made, request("PAUSE")) == 454
    assert made.state is PlayState.PLAYING


@pytest.mark.parametrize(
    ("offered", "way", "answer"),
    [
        (UDP, Transport(False, 5000), "RTP/AVP;unicast;client_port=5000-5001;server_port=8554-8555"),
        ("RTP/AVP/UDP;unicast;client_port=5000;destination=9.9.9.9;mode=PLAY", Transport(False, 5000), "8554-8555"),
        (TCP, Transport(True, 0), TCP),
        ("RTP/AVP/TCP;unicast;interleaved=4-5", Transport(True, 4), "interleaved=4-5"),
        ("RTP/SAVP;unicast, RTP/AVP;multicast, " + TCP, Transport(True, 0), TCP),
    ],
)  # fmt: skip
def test_the_first_way_that_there_is_is_taken(offered: str, way: Transport, answer: str) -> None:
    """UDP from the server's own pair of ports, never to another host; or interleaved."""
    made = connection()
    said = made.receive(request("SETUP", URL + "/track", Transport=offered), 0.0).decode()
    assert f"Session: {SESSION};timeout={TIMEOUT_S:.0f}\r\n" in said
    assert answer in said and "destination" not in said
    assert (made.transport, made.stream) == (way, "camera")


def test_a_description_is_read_by_its_length() -> None:
    """One H.264 video whose track lies below Content-Base; answers carry the request's number."""
    said = connection().receive(request("DESCRIBE", URL + "/?x", Accept="application/sdp"), 0.0).decode()
    head, _, body = said.partition("\r\n\r\n")
    assert {"CSeq: 7", f"Content-Base: {URL}/", "Content-Type: application/sdp"} <= set(head.split("\r\n"))
    assert f"Content-Length: {len(body)}" in head
    assert {"m=video 0 RTP/AVP 96", "a=rtpmap:96 H264/90000", "a=control:track"} <= set(body.split("\r\n"))


def test_requests_are_found_however_they_come() -> None:
    """Byte by byte, with bodies, and with a player's RTCP between them; a player's time begins anew with each."""
    made = connection(PlayState.PLAYING)
    body = b"packets_received\r\n"
    sent = b"\r\n$\x01\x00\x05abcde" + request("SET_PARAMETER", Content_Length=str(len(body))) + body
    sent += request("PAUSE", Session=SESSION).replace(b"\r\n", b"\n") + b"$\x01\x00\x00" + request("OPTIONS", "*")
    answers = b"".join(made.receive(bytes([byte]), 3.0) for byte in sent)
    assert answers.count(b"RTSP/1.0 200 OK\r\n") == answers.count(b"RTSP/1.0") == 3
    assert made.state is PlayState.READY
    assert made.next_deadline_s() == 3.0 + TIMEOUT_S


def test_a_packet_says_its_channel_and_length() -> None:
    made = connection()
    made.receive(request("SETUP", Transport="RTP/AVP/TCP;interleaved=2-3"), 0.0)
    assert made.packet(b"\x80" * 300) == b"$\x02\x01\x2c" + b"\x80" * 300


LINE = st.sampled_from([
    *METHODS, URL, "RTSP/1.0", "CSeq: 1", f"Session: {SESSION}", f"Transport: {TCP}", "Content-Length: 9", " ", "\r\n",
    "\r\n\r\n", "$\x01", "Transport: RTP/AVP;client_port=", "Require: x", ";", ",", "=", ":",
])  # fmt: skip


@given(st.lists(st.binary(max_size=40) | LINE.map(str.encode), max_size=40), st.integers(1, 64))
def test_garbage_never_raises_and_is_not_kept(parts: list[bytes], step: int) -> None:
    """Whatever comes, answers are whole lines, and no more than a request is kept."""
    made, data = connection(), b"".join(parts)
    for at in range(0, len(data), step):
        answer = made.receive(data[at : at + step], 0.0)
        assert not answer or (answer.startswith(b"RTSP/1.0 ") and b"\r\n\r\n" in answer)
        assert len(made._in) <= LARGEST_REQUEST + step
        if made.ended:
            break


# --- the server -------------------------------------------------------------------------------------------------------
@contextmanager
def serving() -> Iterator[RtspServer]:
    """A server on ports that are free: of UDP it needs two of the same number."""
    server = None
    while server is None:
        try:
            server = RtspServer(0, ("camera", "thermal"))
        except OSError:  # somebody has one of these two
            continue
    try:
        yield server
    finally:
        server.close()


@contextmanager
def player(server: RtspServer, way: str) -> Iterator[socket.socket]:
    """A connection that plays."""
    with socket.create_connection((LOOPBACK, server.port), PATIENCE_S) as made:
        said = ask(made, request("SETUP", URL, Transport=way))
        session = said.partition("Session: ")[2].partition(";")[0]
        assert "200 OK" in ask(made, request("PLAY", Session=session))
        yield made


def ask(made: socket.socket, data: bytes) -> str:
    made.sendall(data)
    said = b""
    while not said.endswith(b"\r\n\r\n"):
        said += made.recv(4096)
    return said.decode()


def hand_over(server: RtspServer, packet: bytes) -> None:
    """A packet of the encoder."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as encoder:
        encoder.sendto(packet, (LOOPBACK, server.relay_port("camera")))


def test_packets_go_to_those_who_play() -> None:
    """By UDP from the port that was told, and interleaved; who hangs up is forgotten, and the last one ends it."""
    with serving() as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind((LOOPBACK, 0))
        listener.settimeout(PATIENCE_S)
        port = listener.getsockname()[1]
        assert not server.played("camera")
        with player(server, TCP) as first, player(server, f"RTP/AVP;client_port={port}-{port + 1}"):
            wait_until(lambda: server.played("camera"))
            hand_over(server, b"\x80\x60rtp")
            assert first.recv(100) == b"$\0\0\x05\x80\x60rtp"
            data, (_, sender) = listener.recvfrom(100)
            assert (data, sender) == (b"\x80\x60rtp", server.port)
            assert not server.played("thermal")
        wait_until(lambda: not server.played("camera"))


def test_who_does_not_read_is_given_no_more() -> None:
    """Packets are left out where `MOST_WAITING` bytes wait; others go on."""
    packet = bytes(60_000)
    with serving() as server, player(server, TCP) as deaf, player(server, TCP) as hears:
        for _ in range(200):
            hand_over(server, packet)
            left = len(packet) + 4
            while left:
                left -= len(hears.recv(left))
        waiting = [len(one.waiting) for one in server._players.values()]
        assert 0 < max(waiting) <= MOST_WAITING + 4
        assert deaf.recv(4) == b"$\0" + len(packet).to_bytes(2, "big")


def test_so_many_players_and_no_more() -> None:
    """The next one is hung up on at once, and has room when another goes."""
    with serving() as server:
        made = [socket.create_connection((LOOPBACK, server.port), PATIENCE_S) for _ in range(PLAYERS)]
        try:
            for one in made:
                ask(one, request("OPTIONS", "*"))
            with socket.create_connection((LOOPBACK, server.port), PATIENCE_S) as other:
                assert other.recv(1) == b""
            made.pop().close()
            wait_until(lambda: len(server._players) < PLAYERS)
            with socket.create_connection((LOOPBACK, server.port), PATIENCE_S) as other:
                assert "200 OK" in ask(other, request("OPTIONS", "*"))
        finally:
            for one in made:
                one.close()


def test_a_busy_port_is_refused() -> None:
    """With the system's error, and nothing stays open."""
    with serving() as server, pytest.raises(OSError, match="in use"):
        RtspServer(server.port, ("camera",))
