"""QGroundControl's rules for what it shows of a remote identification, of other aircraft, and of a vehicle behind a
satellite: facts of its program, applied to messages with their times in seconds.

Sources: QGroundControl 5.0, RemoteIDManager.cc and RemoteIDIndicator.qml; ADSBVehicleManager.cc and ADSBVehicle.h;
Vehicle.cc (HIGH_LATENCY2), VehicleLinkManager.cc, VehicleWindFactGroup.cc, VehicleGPSFactGroup.cc.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from math import nan
from typing import Any

Message = Any
SYSTEM = 1
TRANSMITTERS = (236, 237, 238)
AUTOPILOT = 1
SILENT_S = 2.5
GOOD, FAILS = 0, 1
NO_IDENTITY = "missing basic_id message"
STALE_CONTACT_S = 15
FORGOTTEN_S = 120.0
COORDS, ALTITUDE, HEADING, VELOCITY, CALLSIGN, SQUAWK, VERTICAL = 1, 2, 4, 8, 16, 32, 128
LOST_S = 3.5
ARDUPILOT = 3
ARMED, CUSTOM = 128, 1


class Light(Enum):
    """Colour of the indicator of a remote identification."""

    GREEN = "healthy"
    YELLOW = "warning"
    RED = "error"


@dataclass
class RemoteIdPage:
    """Its page and its indicator. `place`: the station knows where it is (at most 5 s ago); `operator`: an operator id
    is entered, which `europe` asks for."""

    place: bool = True
    operator: bool = True
    europe: bool = True
    emergency: bool = False
    armable: bool = False
    identified: bool = True
    error: str = ""
    _heard_s: float = -SILENT_S - 1.0

    def heard(self, message: Message, now_s: float) -> None:
        """ARM_STATUS of this system's transmitter, or of its autopilot, and nothing else."""
        if message.get_type() != "OPEN_DRONE_ID_ARM_STATUS" or message.get_srcSystem() != SYSTEM:
            return
        if message.get_srcComponent() not in (*TRANSMITTERS, AUTOPILOT):
            return
        self._heard_s = now_s
        if message.status == GOOD:
            self.armable = self.identified = True
        elif message.status == FAILS:
            self.armable, self.error = False, message.error
            self.identified = self.identified and message.error != NO_IDENTITY

    def talks(self, now_s: float) -> bool:
        """The transmitter is heard; the station sends what it has once a second while it is."""
        return now_s - self._heard_s <= SILENT_S

    def light(self, now_s: float) -> Light:
        if not self.talks(now_s) or not self.armable or self.emergency:
            return Light.RED
        whole = self.place and self.identified and (self.operator or not self.europe)
        return Light.GREEN if whole else Light.YELLOW


@dataclass
class Aircraft:
    """Another aircraft on the map; nan and empty: not told. `speed` m/s, `climb` m/s, `heading` degrees."""

    lat: float
    lon: float
    alt: float = nan
    heading: float = nan
    speed: float = nan
    climb: float = nan
    callsign: str = ""
    squawk: int = 0
    seen_s: float = 0.0


@dataclass
class TrafficMap:
    """Aircraft that it draws, by address."""

    aircraft: dict[int, Aircraft] = field(default_factory=dict)

    def heard(self, message: Message, now_s: float) -> None:
        """What is older than 15 s is passed over; without a place nothing is begun."""
        if message.get_type() != "ADSB_VEHICLE" or message.tslc > STALE_CONTACT_S:
            return
        flags, number = message.flags, message.ICAO_address
        if number not in self.aircraft:
            if not flags & COORDS:
                return
            self.aircraft[number] = Aircraft(nan, nan)
        one = self.aircraft[number]
        one.seen_s = now_s
        if flags & COORDS:
            one.lat, one.lon = message.lat / 1e7, message.lon / 1e7
        if flags & ALTITUDE:
            one.alt = message.altitude / 1e3
        if flags & HEADING:
            one.heading = message.heading / 1e2
        if flags & VELOCITY:
            one.speed = message.hor_velocity / 1e2
        if flags & VERTICAL:
            one.climb = message.ver_velocity / 1e2
        if flags & CALLSIGN:
            one.callsign = message.callsign
        if flags & SQUAWK:
            one.squawk = message.squawk

    def shown(self, now_s: float) -> dict[int, Aircraft]:
        """Two minutes without a word, and one is forgotten."""
        return {number: one for number, one in self.aircraft.items() if now_s - one.seen_s <= FORGOTTEN_S}


@dataclass
class LinksOfAVehicle:
    """Links of a vehicle: a cable and a satellite, which it takes while the cable is silent. `orders`: parameters of
    CONTROL_HIGH_LATENCY that it sends, each with the link that it goes by."""

    primary: str = ""
    orders: list[tuple[str, int]] = field(default_factory=list)
    _heard_s: dict[str, float] = field(default_factory=dict)

    def heard(self, link: str, now_s: float) -> None:
        """Any message of the vehicle is a sign of life."""
        self._heard_s[link] = now_s
        self.look(now_s)

    def look(self, now_s: float) -> None:
        """A cable is lost after 3.5 s of silence, a satellite never."""
        cable = now_s - self._heard_s.get("cable", -LOST_S - 1.0) <= LOST_S
        best = "cable" if cable else "satellite"
        if best == self.primary:
            return
        if self.primary == "satellite":
            self.orders.append(("satellite", 0))
        if best == "satellite":
            self.orders.append(("satellite", 1))
        self.primary = best


@dataclass
class SatelliteVehicle:
    """What it shows of a vehicle by HIGH_LATENCY2: ArduPilot's mode and arming are in custom0; of any other it takes
    them as armed."""

    armed: bool | None = None
    mode: int | None = None
    height: float = nan
    air_speed: float = nan
    ground_speed: float = nan
    climb: float = nan
    heading: float = nan
    wind_from: float = nan
    wind_speed: float = nan
    hdop: float = nan
    battery: int | None = None
    place: tuple[float, float] = (nan, nan)

    def heard(self, message: Message) -> None:
        base = message.custom0 & 0xFF if message.autopilot == ARDUPILOT else CUSTOM
        self.armed = bool(base & ARMED) if message.autopilot == ARDUPILOT else True
        self.mode = message.custom_mode if base & CUSTOM else None
        self.height, self.heading = message.altitude, 2.0 * message.heading
        self.air_speed, self.ground_speed = message.airspeed / 5.0, message.groundspeed / 5.0
        self.climb = message.climb_rate / 10.0
        self.wind_from, self.wind_speed = 2.0 * message.wind_heading, message.windspeed / 5.0
        self.hdop = nan if message.eph == 255 else message.eph / 10.0
        self.battery = message.battery
        self.place = message.latitude / 1e7, message.longitude / 1e7
