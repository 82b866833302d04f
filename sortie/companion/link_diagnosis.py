"""Why there is no flight controller yet on a link that is open: one line, and what helps."""

from __future__ import annotations

from collections.abc import Sequence

from mavlink_bridge.links.address import LinkSpec
from mavlink_bridge.open_link import LinkStatistics


def what_is_missing(
    spec: LinkSpec,
    counts: Sequence[LinkStatistics],
    *,
    stranger: tuple[int, int] | None = None,
    tried: Sequence[int] = (),
    hint: str = "",
) -> str:
    """`stranger`: MAV_TYPE and MAV_AUTOPILOT of a vehicle that cannot be flown; `tried`: the rates of a search that
    goes on; `hint`: who else may have the port."""
    if stranger is not None:
        kind, autopilot = stranger
        return (
            f"{spec.url}: the vehicle there (MAV_TYPE {kind}, MAV_AUTOPILOT {autopilot}) is not one that can be flown: "
            "an ArduPilot copter or rover, or a PX4 multicopter"
        )
    garbage = any(count.bytes_in for count in counts)
    if any(count.frames_in for count in counts):
        return f"{spec.url}: MAVLink comes in, but no autopilot is heard"
    if spec.kind != "serial":
        return f"{spec.url}: {'bytes come in, but no MAVLink' if garbage else 'waiting for a flight controller'}"
    if tried:
        rates = ", ".join(str(baud) for baud in tried)
        parts = f"{spec.path}: no MAVLink yet", f"trying {rates} baud; on a UART SERIALn_PROTOCOL has to be 2", hint
    elif garbage:
        step = f"is the baud rate right? leave it out (--vehicle {spec.path}) and it is looked for"
        parts = f"{spec.url}: bytes come in, but no MAVLink", step, hint
    else:
        step = "is it powered, and SERIALn_PROTOCOL 2 on that port?"
        parts = f"{spec.url}: waiting for a flight controller; nothing comes in", step, hint
    return "; ".join(part for part in parts if part)
