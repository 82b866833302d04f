"""The whole service in memory under hostile input on one link, and what must hold all the while.

No exception leaves the edge (`Session` raises what a protocol service raised), what is kept for anybody stays bounded,
and a mission round trip on another link works meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pymavlink.dialects.v20 import ardupilotmega as dialect

from autopilot.interface.geo import GeoPoint
from autopilot.mission.items import MissionItem
from autopilot.mission.storage import pack_item
from mavlink_bridge.clients import MissionDownload, MissionUpload, Target, TransferOutcome
from mavlink_bridge.clients.base import Retry
from mavlink_bridge.routing.endpoint import OVERFLOW
from sortie import Session
from sortie.config.fittings import FITTINGS, fitted

HOME = GeoPoint(-35.363261, 149.165230, 584.0)
MANY = Retry(interval_ms=500, attempts=60)
_DRIVING = {"FOLL_ENABLE": 1.0, "DID_ENABLE": 1.0, "DID_MAVPORT": 1.0}
LISTENING = {
    "rover": _DRIVING,
    "quadplane": {"EFI_TYPE": 1.0, "ICE_ENABLE": 1.0, "ADSB_TYPE": 1.0, "AVD_ENABLE": 1.0},
    "copter": _DRIVING | {"ADSB_TYPE": 1.0, "AVD_ENABLE": 1.0, "PLND_ENABLED": 1.0, "PLND_TYPE": 1.0},
}
"""Parameters with which a vehicle listens to whatever others tell it."""
_ASKING = ("arm-authorization", "generator", "remote-id")
_LEFT_OUT = ("rtsp", "engine", "engine-start")
"""Fittings that take a port of the machine, which a test beside may have, and that a copter has not."""


def fittings(*, asking: bool) -> dict[str, float]:
    """Parameters of all fittings but `_LEFT_OUT`; `asking`: also of those that keep it from arming until somebody has
    answered."""
    given = fitted(name for name in FITTINGS if name not in _LEFT_OUT and (asking or name not in _ASKING))
    return {name: float(value) for name, _, value in (word.partition("=") for word in given)}


class Siege:
    """A session with a hostile link and a good one. `kind`: one of `LISTENING`; `flying`: on a mission meanwhile, for
    which nothing that asks others before it arms is fitted. A copter has all fittings."""

    def __init__(self, kind: str = "copter", *, flying: bool = False, seed: int = 0) -> None:
        params = LISTENING[kind] | (fittings(asking=not flying) if kind == "copter" else {})
        self.session = Session(f"sim:{kind}", home=HOME, seed=seed, params=params)
        self.hostile = self.session.connect(system=200, component=1)
        self.good = self.session.connect()
        self._packer = dialect.MAVLink(None, srcSystem=200, srcComponent=1)
        if flying:
            self.session.upload(tuple(MissionItem(16, 3, x=HOME.lat + 1e-3, y=HOME.lon, z=20.0, seq=n) for n in (2, 3)))
            self.session.upload((MissionItem(22, 3, z=20.0, seq=1), *self.session.autopilot.plans.mission.items()))
            self.session.start()
            self.session.run_for(8.0)
        if kind != "quadplane":
            self.session.autopilot.parameters.set("PRX1_TYPE", 2.0)  # before, its silence would keep the motors off

    def __enter__(self) -> Siege:
        return self

    def __exit__(self, *_: object) -> None:
        self.session.close()

    def send(self, message: Any, system: int = 200) -> None:
        self._packer.srcSystem = system
        self.hostile.write(bytes(message.pack(self._packer)))

    def send_together(self, messages: Iterable[Any]) -> None:
        """Messages that arrive at one instant."""
        self.hostile.write(b"".join(bytes(message.pack(self._packer)) for message in messages))

    def send_bytes(self, data: bytes) -> None:
        self.hostile.write(data)

    def check(self, number: int = 0) -> None:
        """Bounded, and the good station still has its way with missions."""
        service = self.session.service
        assert service.endpoint.service_errors == 0
        for link in service.endpoint.links():
            assert service.endpoint.out_queue(link).size <= OVERFLOW + 512 * 1024
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
