"""Client of a running vehicle over MAVLink, as a ground station would be: connect, ask, receive the answer.

The protocol machines are in `mavlink_bridge.clients`; this module adds the socket and the timeouts.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from autopilot.mav import Cmd, Component
from mavlink_bridge.clients.base import Client, Target
from mavlink_bridge.clients.command import CommandClient, command_long
from mavlink_bridge.clients.group import ClientGroup
from mavlink_bridge.clients.heartbeat import HeartbeatWatch, WatchState, is_autopilot, target_of
from mavlink_bridge.routing.endpoint import Endpoint
from mavlink_bridge.routing.service import Clock, Message, Peer
from mavlink_bridge.wire.framing import MavlinkFrame
from mavlink_bridge.wire.signing import Signing  # loaded by those who have a key
from sortie.config.errors import UserError
from sortie.config.given import GivenOptions
from sortie.config.options import CONNECT, EVERY, STATION_KEY, TARGET
from sortie.config.signing_key import read_key
from sortie.nodes.endpoint import EndpointNode
from sortie.runtime.runtime import Runtime

#: Ids of these commands: a system of their own, so that no ground station failsafe counts their coming and going.
SYSTEM, COMPONENT = 254, Component.MISSIONPLANNER
CONNECT_S = 5.0
LOOK_S = 0.2
"""Longest time between checks of the awaited condition, s."""


class Listener:
    """Service that keeps the newest message of each wanted name from the vehicle that `watch` has found, and passes all
    of them to `on_message`. Other senders are ignored: component 191 of a vehicle with a flight controller sends
    HEARTBEATs too."""

    clock: Clock = "link"

    def __init__(
        self, names: frozenset[str], watch: HeartbeatWatch, on_message: Callable[[Message], None] | None = None
    ) -> None:
        self.handles = names
        self._watch = watch
        self.latest: dict[str, Message] = {}
        self._on_message = on_message

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        found = self._watch.target
        if found is None or (peer.system, peer.component) != (found.system, found.component):
            return
        self.latest[message.get_type()] = message
        if self._on_message is not None:
            self._on_message(message)


class HeardVehicles:
    """Service that notes every autopilot on the link. `heard` holds their targets, `heartbeats` the first HEARTBEAT of
    each, by system id."""

    clock: Clock = "link"
    handles = frozenset(("HEARTBEAT",))

    def __init__(self) -> None:
        self.heard: dict[int, Target] = {}
        self.heartbeats: dict[int, Message] = {}

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        if is_autopilot(message, peer) and peer.system not in self.heard:
            self.heard[peer.system] = target_of(message, peer)
            self.heartbeats[peer.system] = message


def signing_of(file: Path | None) -> Signing | None:
    """Return the signing by the key of a file, with a warning on stderr for an open one. UserError for a file without a
    key."""
    if file is None:
        return None
    from mavlink_bridge.wire.signing import Signing, timestamp_of

    key, warnings = read_key(file)
    for warning in warnings:
        print(f"sortie: {warning}", file=sys.stderr)
    return Signing(key, timestamp_of(time.time_ns() // 1000))


class Remote:
    """Connection to one vehicle; a context manager. UserError (status 1) when no vehicle answers. `component`: the
    component that is asked, None: the autopilot. `signing`: with its key. `system`: the system id, None: the first one
    heard."""

    def __init__(
        self, url: str, component: int | None = None, signing: Signing | None = None, *, system: int | None = None
    ) -> None:
        self.url = url
        self._component = component
        self._signed = False
        self._signing = signing
        self.endpoint = Endpoint(SYSTEM, COMPONENT, on_frame=self._hear)
        if signing is not None:
            self.endpoint.set_signing(signing)
        self.watch = HeartbeatWatch(system=system, announce=True)
        self.endpoint.add_service(self.watch)
        self.roster = HeardVehicles()
        self.endpoint.add_service(self.roster)
        self._clients = ClientGroup()
        self.endpoint.add_service(self._clients)
        self.runtime = Runtime()
        self.runtime.add(EndpointNode(self.endpoint))

    @classmethod
    def of(cls, given: GivenOptions, component: int | None = None, system: int | None = None) -> Remote:
        """Make the connection that the command line names. `system` takes precedence over its target option. UserError
        for a file without a key."""
        target = given[TARGET]
        if system is None and target not in (None, EVERY):
            system = int(target)
        return cls(given[CONNECT], component, signing_of(given[STATION_KEY]), system=system)

    def __enter__(self) -> Remote:
        try:
            self.runtime.open(self.endpoint, self.url)
        except UserError as error:
            self.runtime.close()
            raise UserError(f"--connect {self.url}: {error}") from error
        self.run_until(lambda: self.watch.state is WatchState.FOUND or self._wrong_key, CONNECT_S)
        trouble = self._trouble()
        if trouble:
            self.runtime.close()
            raise UserError(trouble, 1)
        return self

    def __exit__(self, *_: object) -> None:
        self.runtime.close()

    @property
    def target(self) -> Target:
        """Vehicle that is asked, or a component of it."""
        return self.found if self._component is None else replace(self.found, component=self._component)

    @property
    def found(self) -> Target:
        found = self.watch.target
        assert found is not None
        return found

    def ask(self, machine: Client) -> None:
        """Run a client machine to its end. UserError when the vehicle stops answering or a minute is over."""
        self._clients.start(machine, self.runtime.link_ms)
        if not self.run_until(lambda: machine.done, 60.0):
            raise UserError(f"the vehicle at {self.url} does not answer any more", 1)

    def _hear(self, link: int, frame: MavlinkFrame) -> None:
        self._signed = self._signed or (frame.signed and frame.known)  # noise may look like an unknown message

    @property
    def _wrong_key(self) -> bool:
        return self._signing is not None and self._signing.refused > 0 and self._signing.accepted == 0

    def _trouble(self) -> str:
        """Explain why no request is possible. A vehicle that signs accepts signed messages only."""
        if self._wrong_key:
            return f"the vehicle at {self.url} signs with another key than that of --signing-key"
        if self._signing is None and self._signed:
            return f"the vehicle at {self.url} signs its messages and accepts only signed ones; give --signing-key FILE"
        if self.watch.state is WatchState.FOUND:
            return ""
        if any(self.endpoint.statistics(link).refused for link in self.endpoint.links()):
            return f"the vehicle at {self.url} does not sign; leave out --signing-key"
        if self.roster.heard:
            known = ", ".join(str(system) for system in sorted(self.roster.heard))
            return f"no vehicle with this --target answers at {self.url}; system ids that answer: {known}"
        return f"no vehicle answers at {self.url}; start one with `sortie serve`, or give its address with --connect"

    def flight_command(self, number: int, target: Target | None = None) -> CommandClient:
        """Send GO, ABORT or STATUS of the flight manager (`FlightCommand`) to `target` or the found vehicle, and return
        the finished client."""
        asking = command_long(target or self.target, Cmd.USER_1, float(number))
        self.ask(asking)
        return asking

    def run_until(self, condition: Callable[[], bool], patience_s: float) -> bool:
        """Serve the link until `condition()`; False when `patience_s` are over first."""
        self.runtime.settle()
        return self.runtime.run(condition, every_s=LOOK_S, patience_s=patience_s)
