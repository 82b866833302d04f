"""A vehicle's receiver of other aircraft: which aircraft it hears, and when.

In each look it hears all aircraft within its range, except a share of lost reports. Random values depend only on the
seed, the aircraft and the time, so extra looks do not change the results. A reported position is that of the look, with
an error that stays constant during a look. Pressure altitudes all have the same error (a different pressure at sea
level).
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from random import Random

from autopilot.interface.geo import GeoPoint, Ned, to_global, to_local
from autopilot.interface.mathematics import hypot, normal_draw
from autopilot.interface.records import dataclass
from autopilot.interface.traffic import Contact
from sitl.world.encounters import EncounterModel, Encounters
from sitl.world.sky import Aircraft, Sky


@dataclass(frozen=True, slots=True)
class ReceiverSettings:
    """Receiver. `range_m` along the line of sight, 0: it hears nothing; `rate_hz` of its looks; `dropout`: share of
    lost reports; `noise_m` of a position; `pressure`: it reports pressure altitudes, with an error of
    `pressure_error_m`."""

    range_m: float = 50_000.0
    rate_hz: float = 1.0
    dropout: float = 0.0
    noise_m: float = 0.0
    pressure: bool = False
    pressure_error_m: float = 0.0


class Receiver:
    """Receiver of one vehicle, which was switched on at `home`. `motion` gives its true position from there and its
    velocity. `encounters`: aircraft that approach this vehicle."""

    def __init__(
        self,
        sky: Sky,
        settings: ReceiverSettings,
        encounters: EncounterModel | None,
        home: GeoPoint,
        seed: int,
        motion: Callable[[], tuple[Ned, Ned]],
    ) -> None:
        self.sky = sky
        sky.receivers += 1
        self._settings = settings
        self._seed = seed
        self._motion = motion
        self._home = to_local(sky.origin, home.lat, home.lon, home.alt)
        self._encounters = None if encounters is None else Encounters(encounters, seed)
        self.period_ms = max(round(1000.0 / settings.rate_hz), 20)

    def place(self) -> tuple[Ned, Ned]:
        """True position from the sky's origin, and velocity."""
        (n, e, d), velocity = self._motion()
        return (n + self._home[0], e + self._home[1], d + self._home[2]), velocity

    def hear(self, now_ms: int) -> list[Contact]:
        """Reports that arrive now."""
        here, velocity = self.place()
        time_s = 0.001 * now_ms
        if self._encounters is not None:
            for aircraft in self._encounters.begun(time_s, here, velocity):
                self.sky.add(aircraft)
        heard = []
        for aircraft, at, moves in self.sky.present(time_s) if self._settings.range_m > 0.0 else ():
            away = hypot(at[0] - here[0], at[1] - here[1], at[2] - here[2])
            if away <= self._settings.range_m:
                contact = self._report(aircraft, at, moves, now_ms)
                if contact is not None:
                    heard.append(contact)
        return heard

    def silent_until_ms(self, now_ms: int) -> int | None:
        """Vehicle time before which it hears no aircraft and no encounter begins, whatever the vehicle does; None: for
        ever. With several receivers this is unknown, because encounters of other vehicles may begin at any time."""
        silent_s = inf if self._encounters is None else self._encounters.next_s
        if self._settings.range_m > 0.0:
            time_s = 0.001 * now_ms
            silent_s = min(silent_s, self.sky.empty_until_s(time_s) if self.sky.receivers == 1 else time_s)
        return None if silent_s == inf else int(1000.0 * silent_s) - 1

    def _report(self, aircraft: Aircraft, at: Ned, moves: Ned, now_ms: int) -> Contact | None:
        settings = self._settings
        n, e, d = at
        if settings.dropout > 0.0 or settings.noise_m > 0.0:
            chance = Random(f"{self._seed}.{aircraft.number}.{now_ms}")
            if chance.random() < settings.dropout:
                return None
            n, e = normal_draw(chance, n, settings.noise_m), normal_draw(chance, e, settings.noise_m)
        if settings.pressure:
            d -= settings.pressure_error_m
        place = to_global(self.sky.origin, (n, e, d))
        return Contact(
            aircraft.number,
            place,
            moves,
            now_ms,
            callsign=aircraft.callsign,
            emitter=aircraft.emitter,
            squawk=aircraft.squawk,
            pressure=settings.pressure,
            simulated=True,
        )
