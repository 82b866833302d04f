"""RTSP (RFC 2326), server side, for one connection: requests and the time go in, answers come out.

SDP (RFC 4566) describes a stream. It is set up for UDP, or interleaved with the answers on the connection (10.12). A
connection has at most one session, which ends with it; silence of `TIMEOUT_S` ends both. RTP goes to the host of the
connection only. `destination` is ignored, so that a stranger cannot flood another host. Bodies of requests and the
player's RTCP are ignored too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import Enum, IntEnum
from typing import Final

from autopilot.interface.records import dataclass

TIMEOUT_S: Final = 60.0
LARGEST_REQUEST: Final = 4096
_TRACK: Final = "track"
_END: Final = re.compile(rb"\r?\n\r?\n")
_INTERLEAVED: Final = 0x24  # "$", the first byte of a packet between the requests
_PORTS: Final = re.compile(r"(\d{1,5})(?:-\d{1,5})?", re.ASCII)
_NUMBER: Final = re.compile(r"\d{1,9}", re.ASCII)


class PlayState(Enum):
    """States of a session (RFC 2326, A.2)."""

    INIT = "init"
    READY = "ready"
    PLAYING = "playing"


NEXT: Final[Mapping[tuple[PlayState, str], PlayState]] = {
    (PlayState.INIT, "SETUP"): PlayState.READY,
    (PlayState.READY, "SETUP"): PlayState.READY,
    (PlayState.READY, "PLAY"): PlayState.PLAYING,
    (PlayState.READY, "PAUSE"): PlayState.READY,
    (PlayState.READY, "TEARDOWN"): PlayState.INIT,
    (PlayState.PLAYING, "PLAY"): PlayState.PLAYING,
    (PlayState.PLAYING, "PAUSE"): PlayState.READY,
    (PlayState.PLAYING, "TEARDOWN"): PlayState.INIT,
}
"""State after a successful method; other pairs are not valid (455)."""


class RtspStatus(IntEnum):
    """Status codes (RFC 2326, 11)."""

    OK = 200
    BAD_REQUEST = 400
    NOT_FOUND = 404
    METHOD_NOT_ALLOWED = 405
    NOT_ACCEPTABLE = 406
    REQUEST_ENTITY_TOO_LARGE = 413
    SESSION_NOT_FOUND = 454
    METHOD_NOT_VALID_IN_THIS_STATE = 455
    AGGREGATE_OPERATION_NOT_ALLOWED = 459
    UNSUPPORTED_TRANSPORT = 461
    NOT_IMPLEMENTED = 501
    RTSP_VERSION_NOT_SUPPORTED = 505
    OPTION_NOT_SUPPORTED = 551


@dataclass(frozen=True, slots=True)
class Transport:
    """Transport of packets: a channel of the connection (`interleaved`), or a UDP port of its host."""

    interleaved: bool
    first: int


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    url: str
    headers: Mapping[str, str]

    @property
    def stream(self) -> str:
        """Name of the stream in the URL."""
        path = self.url.partition("://")[2].partition("/")[2].partition("?")[0].strip("/")
        return path.removesuffix("/" + _TRACK)


@dataclass(frozen=True, slots=True)
class _Response:
    status: RtspStatus
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


class RtspConnection:
    """A connection; see the module. `streams`: their names; `session`: its identifier, which strangers cannot guess;
    `rtp_port`: source of UDP packets; RTCP uses the next port."""

    def __init__(self, streams: tuple[str, ...], session: str, rtp_port: int, now_s: float) -> None:
        self._streams = streams
        self._session = session
        self._rtp_port = rtp_port
        self._heard_s = now_s
        self._in = bytearray()
        self._skip = 0  # bytes of a body or of an RTCP packet to skip
        self.state = PlayState.INIT
        self.stream = ""
        self.transport: Transport | None = None
        self.ended = False
        """True after input that cannot be parsed."""

    def next_deadline_s(self) -> float:
        """Time at which a silent client times out, s."""
        return self._heard_s + TIMEOUT_S

    def receive(self, data: bytes, now_s: float) -> bytes:
        self._heard_s = now_s
        self._in += data
        out = b""
        while self._in and not self.ended:
            if self._skip:
                passed = min(self._skip, len(self._in))
                del self._in[:passed]
                self._skip -= passed
            elif self._in[0] == _INTERLEAVED:
                if len(self._in) < 4:
                    break
                self._skip = 4 + int.from_bytes(self._in[2:4], "big")
            elif self._in[0] in b"\r\n":
                del self._in[0]
            else:
                end = _END.search(self._in)
                if (end.start() if end else len(self._in)) > LARGEST_REQUEST:
                    self.ended = True
                    return out + _text(_Response(RtspStatus.REQUEST_ENTITY_TOO_LARGE), "0")
                if end is None:
                    break
                head = self._in[: end.start()].decode(errors="replace")
                del self._in[: end.end()]
                out += self._serve(head)
        return out

    def packet(self, rtp: bytes) -> bytes:
        """Packet in its interleaved form."""
        assert self.transport is not None
        return bytes((_INTERLEAVED, self.transport.first)) + len(rtp).to_bytes(2, "big") + rtp

    # --- requests -------------------------------------------------------------------------------------------------
    def _serve(self, head: str) -> bytes:
        lines = [line.strip() for line in head.split("\n")]
        words = lines[0].split()
        fields = (line.partition(":") for line in lines[1:])
        headers = {name.strip().lower(): value.strip() for name, _, value in fields}
        number, length = headers.get("cseq", ""), headers.get("content-length", "0")
        if len(words) != 3 or not words[2].startswith("RTSP/") or not _NUMBER.fullmatch(length):
            self.ended = True
            return _text(_Response(RtspStatus.BAD_REQUEST), "0")
        self._skip = int(length)
        if not _NUMBER.fullmatch(number):
            return _text(_Response(RtspStatus.BAD_REQUEST), "0")
        if words[2] != "RTSP/1.0":
            return _text(_Response(RtspStatus.RTSP_VERSION_NOT_SUPPORTED), number)
        return _text(self._answer(_Request(words[0], words[1], headers)), number)

    def _answer(self, request: _Request) -> _Response:
        """Answer by the order of RFC 2326: method, options, session, state, stream."""
        method, handler = request.method, _HANDLERS.get(request.method)
        if handler is None:
            known = method in ("ANNOUNCE", "RECORD", "REDIRECT")
            return _Response(RtspStatus.METHOD_NOT_ALLOWED if known else RtspStatus.NOT_IMPLEMENTED, (("Allow", _ALL),))
        if "require" in request.headers:
            return _Response(RtspStatus.OPTION_NOT_SUPPORTED, (("Unsupported", request.headers["require"]),))
        session, has = request.headers.get("session", "").partition(";")[0], self.state is not PlayState.INIT
        if (session and (not has or session != self._session)) or (method in _OF_SESSION and not session):
            return _Response(RtspStatus.SESSION_NOT_FOUND)
        stateful = method in _OF_STATE
        if stateful and (self.state, method) not in NEXT:
            allowed = ", ".join(sorted(name for state, name in NEXT if state is self.state))
            return _Response(RtspStatus.METHOD_NOT_VALID_IN_THIS_STATE, (("Allow", allowed),))
        if method not in _OF_SERVER and request.stream not in self._streams:
            return _Response(RtspStatus.NOT_FOUND)
        if stateful and has and request.stream != self.stream:
            return _Response(RtspStatus.AGGREGATE_OPERATION_NOT_ALLOWED)
        answer = handler(self, request)
        if stateful and answer.status is RtspStatus.OK:
            self.state = NEXT[self.state, method]
        if not has and self.state is PlayState.INIT:
            return answer
        about = f"{self._session};timeout={TIMEOUT_S:.0f}" if method == "SETUP" else self._session
        return _Response(answer.status, (*answer.headers, ("Session", about)), answer.body)

    def options(self, request: _Request) -> _Response:
        """Answer with the methods of the server."""
        return _Response(RtspStatus.OK, (("Public", _ALL),))

    def describe(self, request: _Request) -> _Response:
        """Answer with the session description (RFC 4566; RFC 6184, 8.2): one live video. Its parameter sets come with
        each key frame."""
        accepted = request.headers.get("accept", "*/*").lower()
        if "application/sdp" not in accepted and "*/*" not in accepted:
            return _Response(RtspStatus.NOT_ACCEPTABLE)
        body = (
            f"v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns={request.stream}\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\na=control:*\r\n"
            "a=range:npt=now-\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
            f"a=fmtp:96 packetization-mode=1\r\na=control:{_TRACK}\r\n"
        ).encode()
        base = request.url.partition("?")[0].rstrip("/") + "/"
        return _Response(RtspStatus.OK, (("Content-Type", "application/sdp"), ("Content-Base", base)), body)

    def setup(self, request: _Request) -> _Response:
        """Use the first of the client's transports that the server has."""
        for offered in request.headers.get("transport", "").split(","):
            found = _transport(offered)
            if found is not None:
                self.stream, self.transport = request.stream, found
                pair = f"{found.first}-{found.first + 1}"
                if found.interleaved:
                    way = f"RTP/AVP/TCP;unicast;interleaved={pair}"
                else:
                    way = f"RTP/AVP;unicast;client_port={pair};server_port={self._rtp_port}-{self._rtp_port + 1}"
                return _Response(RtspStatus.OK, (("Transport", way),))
        return _Response(RtspStatus.UNSUPPORTED_TRANSPORT)

    def accept(self, request: _Request) -> _Response:
        """Follow the table of states; a method that is not in the table only counts as a sign of life."""
        return _Response(RtspStatus.OK)


_HANDLERS: Final[Mapping[str, Callable[[RtspConnection, _Request], _Response]]] = {
    "OPTIONS": RtspConnection.options,
    "DESCRIBE": RtspConnection.describe,
    "SETUP": RtspConnection.setup,
    "PLAY": RtspConnection.accept,
    "PAUSE": RtspConnection.accept,
    "TEARDOWN": RtspConnection.accept,
    "GET_PARAMETER": RtspConnection.accept,
    "SET_PARAMETER": RtspConnection.accept,
}
_ALL: Final = ", ".join(_HANDLERS)
_OF_STATE: Final = frozenset(method for _, method in NEXT)
_OF_SESSION: Final = _OF_STATE - {"SETUP"}
_OF_SERVER: Final = frozenset({"OPTIONS", "GET_PARAMETER", "SET_PARAMETER"})


def _transport(offered: str) -> Transport | None:
    """Transport that a client offers (RFC 2326, 12.39); None if the server does not have it."""
    profile, *rest = (part.strip() for part in offered.split(";"))
    options = {name.lower(): value.strip('"') for name, _, value in (part.partition("=") for part in rest)}
    interleaved = profile.upper() == "RTP/AVP/TCP"
    if not interleaved and profile.upper() not in ("RTP/AVP", "RTP/AVP/UDP"):
        return None
    if "multicast" in options or options.get("mode", "PLAY").upper() != "PLAY":
        return None
    ports = _PORTS.fullmatch(options.get("interleaved", "0-1") if interleaved else options.get("client_port", ""))
    first = int(ports[1]) if ports else -1
    lowest, highest = (0, 254) if interleaved else (1024, 65534)
    return Transport(interleaved, first) if lowest <= first <= highest else None


def _text(answer: _Response, number: str) -> bytes:
    reason = answer.status.name.replace("_", " ").title().replace("Ok", "OK").replace("Rtsp", "RTSP")
    headers = (("CSeq", number), *answer.headers, *([("Content-Length", str(len(answer.body)))] if answer.body else []))
    lines = [f"RTSP/1.0 {answer.status.value} {reason}", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join([*lines, "", ""]).encode() + answer.body
