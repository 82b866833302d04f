"""RTSP server of a camera (`rtsp`), on its own thread. Its streams arrive as RTP by UDP on ports of the loopback
interface. It forwards them to players, by UDP from the server's port number or interleaved with the answers.

Memory and time are limited: `PLAYERS` connections, requests of a few kilobytes, and interleaved packets are dropped
while `MOST_WAITING` bytes have not been read. Players must come from admitted hosts, at first only the loopback
interface. IPv4.
"""

from __future__ import annotations

import secrets
import selectors
import socket
import sys
import threading
import time
from collections.abc import Sequence
from typing import Final

from sitl.camera.rtsp import PlayState, RtspConnection

PLAYERS: Final = 8
MOST_WAITING: Final = 256 * 1024
LOOPBACK: Final = "127.0.0.1"
_READ_BYTES: Final = 65536
_LOOK_S: Final = 1.0  # between checks for silent players
_REST_S: Final = 0.1


class RtspServer:
    """Server; it serves from the start. OSError if the port is busy. `streams`: their names."""

    def __init__(self, port: int, streams: Sequence[str]) -> None:
        self._sockets: list[socket.socket] = []
        self._selector = selectors.DefaultSelector()
        try:
            self._listener = self._bound(socket.SOCK_STREAM, port)
            self._listener.listen(PLAYERS)
            self.port = int(self._listener.getsockname()[1])
            self._rtp = self._bound(socket.SOCK_DGRAM, self.port)
            self._bound(socket.SOCK_DGRAM, self.port + 1)  # RTCP of players, which is ignored
            self._relays = {name: self._bound(socket.SOCK_DGRAM, 0, LOOPBACK) for name in streams}
        except (OSError, OverflowError):
            self._release()
            raise
        for made in (self._listener, *self._relays.values()):
            self._selector.register(made, selectors.EVENT_READ)
        self._hosts = {LOOPBACK}
        self._players: dict[socket.socket, _Player] = {}
        self._played: frozenset[str] = frozenset()
        self._ended = False
        self._thread = threading.Thread(target=self._work, name="rtsp", daemon=True)
        self._thread.start()

    def admit(self, host: str) -> None:
        self._hosts.add(host)

    def played(self, stream: str) -> bool:
        """True while a player plays this stream."""
        return stream in self._played

    def relay_port(self, stream: str) -> int:
        """Port of the loopback interface on which the packets of this stream arrive."""
        return int(self._relays[stream].getsockname()[1])

    def close(self) -> None:
        """Close all connections."""
        self._ended = True
        relay = next(iter(self._relays.values()))
        self._rtp.sendto(b"", relay.getsockname())  # wakes the thread
        self._thread.join()
        self._release()

    def _bound(self, kind: socket.SocketKind, port: int, host: str = "") -> socket.socket:
        made = socket.socket(socket.AF_INET, kind)
        self._sockets.append(made)
        made.setblocking(False)
        if kind == socket.SOCK_STREAM and sys.platform != "win32":  # see mavlink_bridge.links.sockets.listen
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        return made

    def _release(self) -> None:
        for made in self._sockets:
            made.close()
        self._selector.close()

    # --- the thread -----------------------------------------------------------------------------------------------
    def _work(self) -> None:
        relays = {relay: name for name, relay in self._relays.items()}
        while not self._ended:
            for key, events in self._selector.select(_LOOK_S if self._players else None):
                made = key.fileobj
                assert isinstance(made, socket.socket)
                if made is self._listener:
                    self._accept()
                elif made in relays:
                    self._hand_on(relays[made], made)
                elif made in self._players:
                    self._serve(self._players[made], readable=bool(events & selectors.EVENT_READ))
            now_s = time.monotonic()
            for player in [p for p in self._players.values() if p.connection.next_deadline_s() <= now_s]:
                self._forget(player)
        for player in list(self._players.values()):
            self._forget(player)

    def _accept(self) -> None:
        try:
            made, (host, _) = self._listener.accept()
        except OSError:  # the player has gone again; or no descriptors are left, and a retry would fail at once
            time.sleep(_REST_S)
            return
        if host not in self._hosts or len(self._players) >= PLAYERS:
            made.close()
            return
        made.setblocking(False)
        names = tuple(self._relays)
        connection = RtspConnection(names, secrets.token_hex(8), self.port, time.monotonic())
        self._players[made] = _Player(made, host, connection)
        self._selector.register(made, selectors.EVENT_READ)

    def _hand_on(self, name: str, relay: socket.socket) -> None:
        try:
            packet = relay.recv(_READ_BYTES)
        except BlockingIOError:  # its checksum was wrong
            return
        for player in list(self._players.values()):
            connection, way = player.connection, player.connection.transport
            if connection.state is not PlayState.PLAYING or connection.stream != name or way is None:
                continue
            if not way.interleaved:
                try:
                    self._rtp.sendto(packet, (player.host, way.first))
                except OSError:  # lost, as any UDP packet may be
                    continue
            elif len(player.waiting) + len(packet) <= MOST_WAITING:
                player.waiting += connection.packet(packet)
                self._serve(player, readable=False)

    def _serve(self, player: _Player, *, readable: bool) -> None:
        here = player.serve(readable=readable)
        if not here:
            self._forget(player)
            return
        write = selectors.EVENT_WRITE if player.waiting else 0
        self._selector.modify(player.socket, selectors.EVENT_READ | write)
        self._count()

    def _forget(self, player: _Player) -> None:
        del self._players[player.socket]
        self._selector.unregister(player.socket)
        player.socket.close()
        self._count()

    def _count(self) -> None:
        connections = [player.connection for player in self._players.values()]
        self._played = frozenset(each.stream for each in connections if each.state is PlayState.PLAYING)


class _Player:
    """Connection of a player, and the data that it has not read yet."""

    def __init__(self, made: socket.socket, host: str, connection: RtspConnection) -> None:
        self.socket = made
        self.host = host
        self.connection = connection
        self.waiting = bytearray()

    def serve(self, *, readable: bool) -> bool:
        """Read and write without waiting. False if it has closed, does not read its answers, or is not understood."""
        try:
            if readable:
                data = self.socket.recv(_READ_BYTES)
                self.waiting += self.connection.receive(data, time.monotonic())
                if not data or len(self.waiting) > 2 * MOST_WAITING:
                    return False
            if self.waiting:
                del self.waiting[: self.socket.send(self.waiting)]
        except BlockingIOError:
            return True
        except OSError:
            return False
        return not self.connection.ended
