"""Reasons why a plane or quadplane differs from a real firmware by more than the limit, by mission and measure
(`scripts.wing_measures`). Figures are of the flights in tests/data and of the simulator; places are m north and
east."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

Reasons = Mapping[str, Mapping[str, str]]

_LEGS, _TURNS, _TIMES, _SPEED = "track on legs, m", "track in turns, m", "times, %", "settled airspeed, m/s"
_UP, _UP_ON_LEGS = "height, m", "height on legs, m"

_LINE = "Sortie follows the line from the end of the takeoff to the circle; ArduPlane flies directly to the circle"
_RUN = (
    "the plane of ArduPilot's SITL stays on the ground until it climbs at 1.2 m/s, and its wheel does not steer "
    "against the wind"
)
_TURNS_HOME = (
    "in the turn towards home Sortie loses 3 m/s of airspeed and gains 10 m; ArduPlane loses 4 m/s and gains 4 m"
)
BESIDE_ARDUPLANE: Final[Reasons] = {
    "turns-right": {_LEGS: _LINE},
    "loiter-time": {_LEGS: _LINE},
    "to-height": {_LEGS: _LINE},
    "go-around": {
        _UP: (
            "Sortie begins to descend in the turn before the glide slope, at (-572, -58), ArduPlane after it, at "
            "(-478, -52)"
        )
    },
    "wind-8": {
        _TURNS: f"{_RUN}: in a tail wind its takeoff run is 100 m longer, and its first turn is 80 m farther on",
        _UP: f"{_RUN}: after this longer run it is 20 m lower at the same place of the climb",
    },
    "wind-12": {
        _UP: f"{_RUN}: in a headwind its takeoff run is 18 m shorter, and at the end of the climb it is 5 m higher"
    },
    "q-wind-6": {
        _LEGS: (
            "with a tail wind ArduPlane cannot hold its position over the pad at a pitch of 30 degrees: it is blown "
            "90 m past it"
        ),
        _TURNS: "as on legs: it banks to come back to the pad",
        _UP: "ArduPlane stays beside the pad at 78 m for minutes (a second flight never landed); Sortie has landed",
        _TIMES: "ArduPlane drifts with the wind in its vertical climb: at the end of the takeoff it is 59 m ahead",
    },
    "q-qrtl": {
        _UP: (
            "ArduPlane slows down to the airspeed of the approach at once (22 m/s after 2 s in QRTL, Sortie 26 m/s) "
            "and descends sooner: it is at 65 m where Sortie is at 71 m"
        )
    },
    "q-rtl": {_UP: _TURNS_HOME},
    "q-rtl-1": {
        _LEGS: "ArduPlane turns towards home along its circle, Sortie directly",
        _TURNS: "ArduPlane turns towards home along its circle, Sortie directly",
        _UP: _TURNS_HOME,
    },
    "q-speeds": {
        _SPEED: (
            "Sortie flies at the airspeed of the approach, 16.3 m/s, for 15 s before it hovers; ArduPlane flies at "
            "18.9 m/s until it hovers"
        )
    },
}

_FLOATS: Final = (
    "PX4 approaches at {0} m/s, floats from a height of 2 m and stops {1} m behind the landing point. Sortie "
    "approaches at {2} m/s and stops {3} m before it"
)
_SINKS_LATER: Final = (
    "both descend only on the circle of the landing; Sortie reaches it 3 s sooner and descends at 3 m/s, PX4 at 2 m/s"
    " (FW_T_SINK_R_SP)"
)
_CUTS_IN: Final = (
    "PX4 joins the circle of the landing from outside and stays {0} m from its centre; Sortie (L1) first flies "
    "towards the centre, comes as near as 64 m and then overshoots to {1} m"
)
_FADES: Final = (
    "Sortie loses 1 m while its lift motors fade and reaches the first corner at 47 m; PX4 loses no height and is at "
    "54 m"
)
BESIDE_PX4: Final[Reasons] = {
    "square": {
        _LEGS: _FLOATS.format("12.2", 95, "16.5", 19),
        _TURNS: _CUTS_IN.format("80 to 88", 96),
        _UP_ON_LEGS: _SINKS_LATER,
    },
    "loiter-time": {
        _LEGS: _FLOATS.format("12.2", 101, "16.5", 18),
        _TURNS: (
            "both leave the circle when its time is over, at any place: Sortie reached it 2 s sooner and is half a "
            "turn farther then, at (679, 200); PX4 is at (520, 138)"
        ),
        _UP_ON_LEGS: _SINKS_LATER,
        _TIMES: "PX4 reaches the next waypoint 3 s later, because of the place where it left the circle",
    },
    "to-height": {
        _LEGS: _FLOATS.format("12.3", 100, "16.5", 19),
        _TURNS: (
            "PX4 descends at 2 m/s at most (FW_T_SINK_R_SP) and circles a waypoint until it is within 10 m of its "
            "height (NAV_FW_ALT_RAD): at a height of 71 m it passes the corner by 66 m; Sortie accepts the corner at "
            "72 m and turns"
        ),
        _UP_ON_LEGS: _SINKS_LATER,
        _TIMES: "PX4 passes that corner 8 s later",
    },
    "speeds": {_LEGS: _FLOATS.format("11.6", 59, "14.0", 14), _TURNS: _CUTS_IN.format("80 to 90", 90)},
    "return": {
        _LEGS: (
            "PX4 lands along the line from the place where its Return began to climb, (508, 76), through the landing "
            "point and 874 m beyond it: RtlDirectMissionLand keeps the previous setpoint of the climb (a mission does"
            " not). Sortie descends from the circle to the landing point"
        ),
        _TURNS: (
            "both begin 10 m below RTL_RETURN_ALT: Sortie climbs at 4 m/s and leaves its circle after half a turn, "
            "PX4 climbs at 2.5 m/s and leaves it 5 s later, a third of a turn farther"
        ),
        _UP_ON_LEGS: "where PX4 descends, 820 m away, Sortie is on its circle",
        _TIMES: (
            "on the circle of the landing PX4 descends 50 m in 25 s, at 2 m/s, and leaves the circle when it heads "
            "for the landing point; Sortie needs 13 s"
        ),
    },
    "v-square": {_UP_ON_LEGS: _FADES},
    "v-changes": {
        _UP_ON_LEGS: (
            "on lift motors Sortie keeps its height of 73 m until it is over the waypoint, PX4 descends before it, to"
            " 44 m; braking, Sortie climbs 13 m, PX4 6 m"
        ),
        _TIMES: "PX4 ends its transition after 48 m and 5.6 s, Sortie after 157 m and 9.6 s, with less of the leg left",
    },
    "v-loiter": {
        _LEGS: (
            "Sortie flies directly to the pad from the end of its turn, 33 m beside the line; PX4 returns to the line"
        ),
        _TURNS: (
            "both leave the circle when its time is over, Sortie 6 s sooner and with a left turn; PX4 first continues"
            " to (392, 127)"
        ),
        _TIMES: "PX4 reaches the next waypoint 4 s later, because of the place where it left the circle",
    },
    "v-return": {
        _TURNS: (
            "PX4 joins the circle of the landing from outside, 100 m from its centre; Sortie first flies towards the "
            "centre and joins it with 45 degrees of bank"
        )
    },
    "v-home": {
        _LEGS: "Sortie hovers from its circle back to home and is 38 m beside it when PX4 is over it",
        _TURNS: (
            "Sortie leaves its circle when it has its height and brakes straight ahead, to 175 m from home; PX4 stays"
            " on the circle until it heads for home, and stops over it"
        ),
        _UP_ON_LEGS: _FADES,
    },
}
