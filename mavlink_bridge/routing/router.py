"""Routing: whether a frame is for us, and the links that it is forwarded to (https://mavlink.io/en/guide/routing.html).

The table remembers on which links each (system, component) was heard. The rules are ArduPilot's:

- for us: a frame without a target, with target system 0, or with our system and component 0, our component or one of
  `others` (further components behind the same links, as a camera or gimbal). Also our system with another component, as
  long as that component was not heard: the autopilot answers for a missing payload. `absent`, if given, limits these
  components (PX4 answers for few);
- forwarded: a frame without a target or with a broadcast target goes to every link where anybody was heard, any other
  to the links where its target was heard. A frame never goes back to its link, and a HEARTBEAT to no link where its
  sender was heard, because a station with two links would count the gaps between its own as losses. RADIO_STATUS (a
  modem reports to its own end), SETUP_SIGNING (a secret key) and ADSB_VEHICLE (the vehicle streams the aircraft that it
  knows) are never forwarded. A frame with our own ids is an echo and is not forwarded;
- private links: frames that come in on them are not forwarded; they receive only frames whose target was heard there.

Only frames with a correct checksum fill the table, and each link has a limited share of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from mavlink_bridge.wire import codec
from mavlink_bridge.wire.framing import MavlinkFrame

SENDERS_PER_LINK = 64
_NOT_FORWARDED = codec.ids_of("RADIO_STATUS", "RADIO", "SETUP_SIGNING", "ADSB_VEHICLE")
_PRESENCE = codec.ids_of("HEARTBEAT")
_NOWHERE: tuple[int, ...] = ()
_Key = TypeVar("_Key")


class Router:
    """Routing table of one endpoint. Links are the endpoint's numbers."""

    def __init__(self, system: int, component: int) -> None:
        self.system = system
        self.component = component
        self.others: frozenset[int] = frozenset()
        self.absent: frozenset[int] | None = None
        self._senders: dict[int, set[tuple[int, int]]] = {}
        self._links_of: dict[tuple[int, int], tuple[int, ...]] = {}
        self._links_of_system: dict[int, tuple[int, ...]] = {}
        self._live: tuple[int, ...] = ()
        self._private: frozenset[int] = frozenset()

    def open_link(self, link: int, private: bool = False) -> None:
        """Add a link; it receives no forwarded frames until a sender was heard on it."""
        self._senders[link] = set()
        if private:
            self._private |= {link}

    def close_link(self, link: int) -> None:
        for system, component in self._senders.pop(link, set()):
            _drop(self._links_of, (system, component), link)
            _drop(self._links_of_system, system, link)
        self._live = tuple(live for live in self._live if live != link)
        self._private -= {link}

    def hear(self, link: int, system: int, component: int) -> None:
        """Note that a correct frame of this sender came in on this link."""
        if link in self._links_of.get((system, component), _NOWHERE):
            return
        senders = self._senders[link]
        if len(senders) < SENDERS_PER_LINK:
            if not senders and link not in self._private:
                self._live = tuple(sorted((*self._live, link)))
            senders.add((system, component))
            _add(self._links_of, (system, component), link)
            _add(self._links_of_system, system, link)

    def links_of(self, system: int, component: int = 0) -> tuple[int, ...]:
        """Links where this sender was heard; component 0: any component of the system."""
        if component == 0:
            return self._links_of_system.get(system, _NOWHERE)
        return self._links_of.get((system, component), _NOWHERE)

    def is_echo(self, frame: MavlinkFrame) -> bool:
        """True when the frame carries our own ids."""
        return frame.system == self.system and self.is_ours(frame.component)

    def is_ours(self, component: int) -> bool:
        """True when this component of our system belongs to this endpoint."""
        return component == self.component or component in self.others

    def is_for_us(self, system: int, component: int) -> bool:
        """True when a message with this target is for us; the target is (0, 0) if the message has none."""
        if system == 0:
            return True
        if system != self.system:
            return False
        if component == 0 or self.is_ours(component):
            return True
        return (self.absent is None or component in self.absent) and (system, component) not in self._links_of

    def forward_to(self, frame: MavlinkFrame, link: int, system: int, component: int) -> Sequence[int]:
        """Links to which a frame from `link` with this target is forwarded."""
        if len(self._live) < 2 and self._live in (_NOWHERE, (link,)) and not self._private:
            return _NOWHERE
        if frame.msg_id in _NOT_FORWARDED or link in self._private:
            return _NOWHERE
        if system == 0:
            links = self._live
        elif system == self.system and self.is_ours(component):
            return _NOWHERE
        else:
            links = self.links_of(system, component)
        if frame.msg_id in _PRESENCE:
            known = self._links_of.get((frame.system, frame.component), _NOWHERE)
            links = tuple(other for other in links if other not in known)
        return links if link not in links else [other for other in links if other != link]


def _add(links_of: dict[_Key, tuple[int, ...]], key: _Key, link: int) -> None:
    """Add the link, in the order in which links were opened. The cost does not grow with the number of senders, because
    one sender can use thousands of ids."""
    links = links_of.get(key, _NOWHERE)
    if link not in links:
        links_of[key] = tuple(sorted((*links, link)))


def _drop(links_of: dict[_Key, tuple[int, ...]], key: _Key, link: int) -> None:
    others = tuple(other for other in links_of.pop(key, _NOWHERE) if other != link)
    if others:
        links_of[key] = others


def target_of(frame: MavlinkFrame) -> tuple[int, int]:
    """Target system and component of a frame, (0, 0) if it has none, read from the payload without decoding.

    MAVLink 2 cuts zeros at the end of a payload, so a field beyond the end is 0.
    """
    if not frame.known:
        return 0, 0
    layout = codec.definition(frame.msg_id)
    payload, at = frame.payload, layout.target_system
    if at < 0 or at >= len(payload):
        return 0, 0
    of_component = layout.target_component
    return payload[at], payload[of_component] if 0 <= of_component < len(payload) else 0
