"""`sortie radio`: a simulated radio between any vehicle and any ground station, until it is stopped."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Any

from mavlink_bridge.links.radio.model import RadioLink
from sortie.config.given import GivenOptions
from sortie.config.options import DISTANCE, GROUND_LINK, JSON, RADIO_SEED, RELAY_RADIO, VEHICLE_LINK
from sortie.config.radio import radio_profile
from sortie.nodes.modem import relay
from sortie.runtime.runtime import Runtime
from sortie.runtime.share import never
from sortie.runtime.sockets import Sockets

_DIRECTIONS = ("from_vehicle", "to_vehicle")


def radio(given: GivenOptions) -> int:
    """Carry bytes until SIGTERM (status 0) or Ctrl-C (status 130), and print statistics."""
    profile = radio_profile(given[RELAY_RADIO])
    distance_m = given[DISTANCE]
    link = RadioLink(profile, given[RADIO_SEED], lambda: distance_m)
    runtime = Runtime(Sockets(lambda text: print(f"sortie: {text}", file=sys.stderr, flush=True)))
    try:
        vehicle, ground = relay(runtime, given[VEHICLE_LINK], given[GROUND_LINK], link)
        runtime.install_signals()
        print(f"sortie: {profile.title} between {vehicle} and {ground}", file=sys.stderr, flush=True)
        runtime.load()
        runtime.run(never)
    finally:
        runtime.close()
    facts: dict[str, Any] = {"radio": profile.name}
    facts |= {name: asdict(counts) for name, counts in zip(_DIRECTIONS, link.statistics, strict=True)}
    print(json.dumps(facts) if given[JSON] else "\n".join(_profile_lines(facts)), flush=True)
    return runtime.signals.exit_status or 0


def _profile_lines(facts: dict[str, Any]) -> list[str]:
    lines = []
    for name in _DIRECTIONS:
        way = facts[name]
        lines.append(
            f"{name.replace('_', ' ')}: {way['given']} bytes given, {way['carried']} carried, {way['overflowed']} too "
            f"many for the buffer; {way['packets']} packets, {way['lost']} lost"
        )
    return lines
