"""The whole service in memory under hostile input on one link, and what must hold all the while.

No exception leaves the edge (`Session` raises what a protocol service raised), what is kept for anybody stays bounded,
and a mission round trip on another link works meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from autopilot.geo import GeoPoint
from autopilot.mission.items import MissionItem
from autopilot.mission.storage import pack_item
from mavlink_bridge.clients import MissionDownload, MissionUpload, Target, TransferOutcome
from mavlink_bridge.clients.base import Retry
from mavlink_bridge.codec import dialect
from mavlink_bridge.endpoint import OVERFLOW
from sortie import Session

HOME = GeoPoint(-35.363261, 149.165230, 584.0)
#: Left out: SETUP_SIGNING would lock the good station out, as it should.
SIGNING = dialect.MAVLINK_MSG_ID_SETUP_SIGNING
MANY = Retry(interval_ms=500, attempts=60)
_RANGES = {
    "int8_t": (-(2**7), 2**7 - 1), "uint8_t": (0, 2**8 - 1), "int16_t": (-(2**15), 2**15 - 1),
    "uint16_t": (0, 2**16 - 1), "int32_t": (-(2**31), 2**31 - 1), "uint32_t": (0, 2**32 - 1),
    "int64_t": (-(2**63), 2**63 - 1), "uint64_t": (0, 2**64 - 1),
}  # fmt: skip
_INF, _NAN = float("inf"), float("nan")
_FLOATS = (0.0, -0.0, 1.0, -1.0, 2.0, 3.5, 1e-3, 90.0, -35.36, 149.16, 1e10, -1e30, 3.4e38, _INF, -_INF, _NAN)


def message_numbers() -> list[int]:
    """Every message of the dialect but SETUP_SIGNING."""
    return sorted(number for number in dialect.mavlink_map if number != SIGNING)


def any_message(number: int, random: Random) -> Any:
    """A message whose every field is somewhere in its range, for us more often than not."""
    made = dialect.mavlink_map[number]
    fields = dict(zip(made.fieldnames, made.fieldtypes, strict=True))
    lengths = dict(zip(made.ordered_fieldnames, made.array_lengths, strict=True))
    values = [_value(name, kind, lengths[name], random) for name, kind in fields.items()]
    return made(*values)


def _value(name: str, kind: str, length: int, random: Random) -> Any:
    if name.startswith("target_system"):
        return random.choice((0, 1, 1, 1, 2, 255))
    if name.startswith("target_component"):
        return random.choice((0, 1, 1, 190))
    if kind == "char":
        return random.randbytes(length or 1) if random.random() < 0.5 else b"WPNAV_SPEED"[: length or 1]
    if length:
        return [_one(kind, random) for _ in range(length)]
    return _one(kind, random)


def _one(kind: str, random: Random) -> Any:
    if kind in ("float", "double"):
        return random.choice(_FLOATS)
    low, high = _RANGES[kind]
    return random.choice((random.randint(0, min(high, 20)), random.randint(low, high), low, high))


class Siege:
    """A session with a hostile link and a good one. `kind`: "copter" or "rover"; `flying`: on a mission meanwhile."""

    def __init__(self, kind: str = "copter", *, flying: bool = False, seed: int = 0) -> None:
        self.session = Session(f"sim:{kind}", home=HOME, seed=seed)
        self.hostile = self.session.connect(system=200, component=1)
        self.good = self.session.connect()
        self._packer = dialect.MAVLink(None, srcSystem=200, srcComponent=1)
        if flying:
            self.session.upload(tuple(MissionItem(16, 3, x=HOME.lat + 1e-3, y=HOME.lon, z=20.0, seq=n) for n in (2, 3)))
            self.session.upload((MissionItem(22, 3, z=20.0, seq=1), *self.session.autopilot.mission.items()))
            self.session.start()
            self.session.run_for(8.0)

    def __enter__(self) -> Siege:
        return self

    def __exit__(self, *_: object) -> None:
        self.session.close()

    def send(self, message: Any, system: int = 200) -> None:
        self._packer.srcSystem = system
        self.hostile.write(bytes(message.pack(self._packer)))

    def send_bytes(self, data: bytes) -> None:
        self.hostile.write(data)

    def check(self, number: int = 0) -> None:
        """Bounded, and the good station still has its way with missions."""
        service = self.session.service
        assert service.endpoint.service_errors == 0
        for link in service.endpoint.links():
            assert service.endpoint.queued(link) <= OVERFLOW + 512 * 1024
        self.hostile.read()
        # whoever uploads at the moment may hold the table for 8 s at most
        self.session.run_for(9.0)
        items = tuple(
            MissionItem(16, 3, param1=float(number % 1000), x=-35.36, y=149.16, z=10.0 + n, seq=n) for n in range(1, 5)
        )
        up = self.good.ask(MissionUpload(Target(self.system), items, home=HOME, retry=MANY))
        assert up.outcome is TransferOutcome.ACCEPTED, up.outcome
        down = self.good.ask(MissionDownload(Target(self.system), retry=MANY))
        assert down.outcome is TransferOutcome.ACCEPTED, down.outcome
        assert [pack_item(item) for item in down.items] == [pack_item(item) for item in items]

    @property
    def system(self) -> int:
        """SYSID_THISMAV may have been set by anybody."""
        return self.session.service.endpoint.system_id


def sequence(seeds: Sequence[int], numbers: Sequence[int]) -> list[Any]:
    """One message for each (number, seed)."""
    return [any_message(number, Random(seed)) for number, seed in zip(numbers, seeds, strict=True)]
