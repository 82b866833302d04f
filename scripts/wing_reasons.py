"""Why a measure of wings beside a real firmware is beyond its limit, as the two tracks show it: by mission and measure
(`scripts.wing_measures`). Heights and ways are those of the flights in tests/data and of the simulator beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

Reasons = Mapping[str, Mapping[str, str]]

_LEGS, _TURNS, _TIMES, _SPEED = "way on legs, m", "way in turns, m", "times, %", "settled airspeed, m/s"
_UP, _UP_ON_LEGS = "height, m", "height on legs, m"

_LINE = "ours follows the line from the takeoff's end to the circle, ArduPlane heads for it from where it is"
_RUN = "SITL's plane sticks to the ground up to a climb of 1.2 m/s and its wheel does not steer against the wind"
_TURNS_HOME = (
    "in its turn home ours gives 3 m/s of airspeed for 10 m of height; ArduPlane loses 4 m/s in the turn and climbs by"
    " 4 m"
)
BESIDE_ARDUPLANE: Final[Reasons] = {
    "turns-right": {_LEGS: _LINE},
    "loiter-time": {_LEGS: _LINE},
    "go-around": {
        _UP: "ours sinks in its turn onto the slope, from (-572, -58) on, ArduPlane behind it, from (-478, -52) on"
    },
    "wind-8": {
        _TURNS: f"{_RUN}: its run is 80 m longer in a tail wind, and its first turn as much farther",
        _UP: f"{_RUN}: 80 m farther on it is 20 m lower at the same place of the climb",
    },
    "wind-12": {_UP: f"{_RUN}: its run is 20 m shorter in a headwind, at the climb's end 12 m of height"},
    "q-wind-6": {
        _LEGS: "with its tail to the wind ArduPlane cannot hold the pad at a pitch of 30 degrees: blown 90 m past it",
        _TURNS: "as the way on legs: it banks to come back to the pad",
        _UP: "it hangs beside the pad at 78 m for minutes (a second flight never landed); ours has landed",
        _TIMES: "ArduPlane is blown off while it climbs upright: at the end of its takeoff it is 59 m ahead",
    },
    "q-qrtl": {
        _UP: (
            "ArduPlane is at the approach's airspeed at once (22 m/s 2 s after QRTL, ours 26) and sinks sooner:"
            " it is at 65 m where ours is at 71"
        )
    },
    "q-rtl": {_UP: _TURNS_HOME},
    "q-rtl-1": {
        _LEGS: "ArduPlane turns home along its circle, ours straight",
        _TURNS: "ArduPlane turns home along its circle, ours straight",
        _UP: _TURNS_HOME,
    },
    "q-speeds": {
        _SPEED: "ours has the approach's airspeed, 16.3 m/s, 15 s before it hovers; ArduPlane 18.9 m/s until then"
    },
}

_FLOATS: Final = (
    "PX4 comes in at {0} m/s and floats on from 2 m: it stands {1} m behind the place. Ours comes in at {2} and stands"
    " {3} m before it"
)
_SINKS_LATER: Final = (
    "both sink on the landing's circle alone; ours comes to it 3 s sooner and sinks by 3 m/s, PX4 by 2 (FW_T_SINK_R_SP)"
)
_CUTS_IN: Final = (
    "PX4 bends onto the landing's circle from outside and stays {0} m from its middle; ours (L1) heads for the middle"
    " first, comes to 64 m and swings out to {1} m"
)
_FADES: Final = (
    "ours sinks by 1 m as its lift motors fade, and comes to the first corner at 47 m; PX4 sinks by none and is at 54 m"
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
            "both leave the circle when its time is over, wherever they are: ours has come to it 2 s sooner, and is"
            " half a turn farther then, at (679, 200); PX4 at (520, 138)"
        ),
        _UP_ON_LEGS: _SINKS_LATER,
        _TIMES: "PX4 is at the next place 3 s later, because of where it left the circle",
    },
    "to-height": {
        _LEGS: _FLOATS.format("12.3", 100, "16.5", 19),
        _TURNS: (
            "PX4 sinks by 2 m/s at most (FW_T_SINK_R_SP) and goes round a place until it is within 10 m of its height"
            " (NAV_FW_ALT_RAD): it passes the corner by 66 m at 71 m; ours has it at 72 m and turns on"
        ),
        _UP_ON_LEGS: _SINKS_LATER,
        _TIMES: "PX4 is past that corner 8 s later",
    },
    "speeds": {_LEGS: _FLOATS.format("11.6", 59, "14.0", 14), _TURNS: _CUTS_IN.format("80 to 90", 90)},
    "return": {
        _LEGS: (
            "PX4 lands along the line from where its Return began to climb, (508, 76), through the landing's place and"
            " 874 m beyond: at a landing its RtlDirectMissionLand leaves the previous setpoint as it was, that of the"
            " climb (as a mission it does not). Ours comes down from the circle to the place"
        ),
        _TURNS: (
            "both set out 10 m below RTL_RETURN_ALT: ours climbs by 4 m/s and leaves its circle after half a turn, PX4"
            " by 2.5 m/s, 5 s later and a third of a turn farther"
        ),
        _UP_ON_LEGS: "where PX4 comes down, 820 m away, ours is on its circle",
        _TIMES: (
            "on the landing's circle PX4 sinks by 2 m/s, 25 s for 50 m, and goes round until it heads for the place;"
            " ours takes 13 s"
        ),
    },
    "v-square": {_UP_ON_LEGS: _FADES},
    "v-changes": {
        _UP_ON_LEGS: (
            "ours keeps its 73 m on lift motors until it is over the place, PX4 sinks on the way, to 44 m; braking ours"
            " has climbed by 13 m, PX4 by 6"
        ),
        _TIMES: "PX4 is on its wings after 48 m and 5.6 s, ours after 157 m and 9.6 s, with less of the leg to fly",
    },
    "v-loiter": {
        _LEGS: "ours heads for the pad from where its turn ends, 33 m beside the line; PX4 comes back onto the line",
        _TURNS: (
            "both leave the circle when its time is over, ours 6 s sooner and left about; PX4 goes on to (392, 127)"
            " first"
        ),
        _TIMES: "PX4 is at the next place 4 s later, because of where it left the circle",
    },
    "v-return": {
        _TURNS: (
            "PX4 bends onto the landing's circle from outside, 100 m from its middle; ours heads for the middle first"
            " and bends in with 45 degrees of bank"
        )
    },
    "v-home": {
        _LEGS: "ours hovers back to home from its circle, 38 m beside it where PX4 is over it",
        _TURNS: (
            "ours leaves its circle where it has its height and slows down straight on, to 175 m from home; PX4 goes"
            " round until it heads for home, and stops over it"
        ),
        _UP_ON_LEGS: _FADES,
    },
}
