"""Routing: which frames are for us, and on which other links a frame goes on
(https://mavlink.io/en/guide/routing.html).

The table remembers on which links each (system, component) was heard. The rules are ArduPilot's:

- for us: no target, target system 0, our system with component 0, ours, or one of `others` (further components behind
  the same links: a camera, a gimbal); our system with another component too, as long as nobody has heard that component
  (a payload that is not there is answered for by the autopilot), with one of `absent` where that is given: PX4 answers
  for few;
- forwarded: what has no target, or a broadcast target, to every link where anybody was heard; the rest to the links
  where its target was heard. Never back, never RADIO_STATUS (a modem speaks to its own end) and never SETUP_SIGNING
  (a secret key). A frame that carries our own ids is an echo and goes nowhere;
- private: nothing that comes in on such a link is forwarded, and to it what names somebody who was heard there.

Only frames with a verified checksum fill the table, and each link has a bounded share of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from mavlink_bridge.wire import codec
from mavlink_bridge.wire.framing import MavlinkFrame

SENDERS_PER_LINK = 64
_NOT_FORWARDED = codec.ids_of("RADIO_STATUS", "RADIO", "SETUP_SIGNING")
_NOWHERE: tuple[int, ...] = ()
_Key = TypeVar("_Key")


class Router:
    """The routing table of one endpoint. Links are the endpoint's numbers."""

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
        """A link that nobody was heard on yet: it receives nothing forwarded until somebody is."""
        self._senders[link] = set()
        if private:
            self._private |= {link}

    def close_link(self, link: int) -> None:
        """Forget the link and all that was heard there."""
        for system, component in self._senders.pop(link, set()):
            _drop(self._links_of, (system, component), link)
            _drop(self._links_of_system, system, link)
        self._live = tuple(live for live in self._live if live != link)

    def hear(self, link: int, system: int, component: int) -> None:
        """A sound frame of this sender came in on this link."""
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
        """The links where this sender was heard; component 0: any component of the system."""
        if component == 0:
            return self._links_of_system.get(system, _NOWHERE)
        return self._links_of.get((system, component), _NOWHERE)

    def is_echo(self, frame: MavlinkFrame) -> bool:
        """True when the frame carries our own ids."""
        return frame.system == self.system and self.is_ours(frame.component)

    def is_ours(self, component: int) -> bool:
        """True when this component of our system speaks from here."""
        return component == self.component or component in self.others

    def is_for_us(self, system: int, component: int) -> bool:
        """True when a message with this target is for us. (0, 0) where it has none."""
        if system == 0:
            return True
        if system != self.system:
            return False
        if component == 0 or self.is_ours(component):
            return True
        return (self.absent is None or component in self.absent) and (system, component) not in self._links_of

    def forward_to(self, frame: MavlinkFrame, link: int, system: int, component: int) -> Sequence[int]:
        """The links on which a frame that came in on `link` and has this target goes on."""
        if len(self._live) < 2 and self._live in (_NOWHERE, (link,)) and not self._private:
            return _NOWHERE
        if frame.msg_id in _NOT_FORWARDED or link in self._private:
            return _NOWHERE
        if system == 0:
            wanted = self._live
        elif system == self.system and self.is_ours(component):
            return _NOWHERE
        else:
            wanted = self.links_of(system, component)
        return [other for other in wanted if other != link]


def _add(links_of: dict[_Key, tuple[int, ...]], key: _Key, link: int) -> None:
    """In the order in which links were opened. What a new sender costs does not grow with those that there are: anybody
    can speak as thousands."""
    known = links_of.get(key, _NOWHERE)
    if link not in known:
        links_of[key] = tuple(sorted((*known, link)))


def _drop(links_of: dict[_Key, tuple[int, ...]], key: _Key, link: int) -> None:
    left = tuple(other for other in links_of.pop(key, _NOWHERE) if other != link)
    if left:
        links_of[key] = left


def target_of(frame: MavlinkFrame) -> tuple[int, int]:
    """(target system, target component) of a frame, (0, 0) where it has none; read from the payload without decoding.

    A zero at the end of a MAVLink 2 payload is not on the wire, so a field beyond its end is 0."""
    if not frame.known:
        return 0, 0
    layout = codec.definition(frame.msg_id)
    payload, at = frame.payload, layout.target_system
    if at < 0 or at >= len(payload):
        return 0, 0
    of_component = layout.target_component
    return payload[at], payload[of_component] if 0 <= of_component < len(payload) else 0
