"""Findings of a rehearsal, and the table of rules.

Names of rules are stable: JUnit, SARIF and JSON carry them, and people suppress by them.
"""

from __future__ import annotations

from enum import Enum
from types import MappingProxyType
from typing import Final

from autopilot.interface.records import dataclass
from autopilot.mav import MissionType


class FindingSeverity(Enum):
    """Severities of findings; the value is SARIF's word."""

    ERROR = "error"
    """The plan does not work: no-go."""
    WARNING = "warning"
    """Severity of a plan that flies, though perhaps not as it was meant."""
    NOTE = "note"
    """Severity of what could not be looked at; no fault of the plan."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Rule of a rehearsal. `mend`: what would mend it, unless a finding knows better."""

    name: str
    severity: FindingSeverity
    what: str
    mend: str


_ERROR, _WARNING, _NOTE = FindingSeverity
_ROWS: Final = (
    Rule("fence-leg", _ERROR, "A leg leaves an inclusion zone, crosses an exclusion zone, or ends beyond FENCE_RADIUS.",
         "move the item or the fence"),
    Rule("fence-altitude", _ERROR, "An item lies above FENCE_ALT_MAX or below FENCE_ALT_MIN, with FENCE_ENABLE 1.",
         "change the item's height or the parameter"),
    Rule("fence-home", _ERROR, "Home lies outside the fence: the vehicle cannot be armed there.",
         "move home or the fence"),
    Rule("home-unreachable", _ERROR, "The first place is more than 50 km from home: it is the plan of another field.",
         "leave out --home, or move it to the plan"),
    Rule("battery", _ERROR, "The way is longer than the battery (what flies; without wind, but for wings).",
         "shorten the plan, or give the battery that is flown with by --param SIM_BATT_CAP_AH=AH"),
    Rule("jump-nowhere", _ERROR, "A jump leads to a tag that no item has: the mission ends there.",
         "add the JUMP_TAG, or correct the tag"),
    Rule("jump-idle", _ERROR, "A loop of jumps meets no item to fly to: the mission ends there.",
         "put a waypoint into the loop, or drop the jump"),
    Rule("nothing-flown", _ERROR, "No item that this vehicle could fly to.", "take --vehicle for the plan's vehicle"),
    Rule("terrain-leg", _ERROR, "The way to an item, or its circle, is less than 2 m above the ground, or in it.",
         "raise the item and the one before it, or count from the ground (frame 10)"),
    Rule("terrain-return", _ERROR, "RTL from somewhere on the way to an item would meet the ground.",
         "raise RTL_ALT, or set RTL_ALT_TYPE to 1"),
    Rule("terrain-end", _ERROR, "A leg above the ground leads where its height is not known: there the failsafe acts.",
         "give the tiles around it, too, or count from home"),
    Rule("obstacle-leg", _ERROR, "The way to an item, or its circle, touches an obstacle.",
         "move or raise the item, or set OA_TYPE to 1"),
    Rule("landing-unjoined", _ERROR, "A plane's landing sequence that no return joins: it is not armed with it.",
         "set RTL_AUTOLAND, or remove DO_LAND_START"),
    Rule("flown-incomplete", _ERROR, "Flown: less than 95 % of the flights were completed.",
         "see what the first of them says, and fly it alone"),
    Rule("flown-seldom", _WARNING, "Flown: some flights, at most 5 %, were not completed.",
         "see what the first of them says, and fly it alone"),
    Rule("flown-failsafe", _WARNING, "Flown: a failsafe ended the mission.", "remove its cause, or expect it there"),
    Rule("flown-reserve", _WARNING, "Flown: one flight of twenty has not enough left for the way home from an item.",
         "turn back before it, or take a larger battery"),
    Rule("flown-gap", _WARNING, "Flown: photos leave a part of a survey's area uncovered, in one flight of twenty.",
         "fly slower or in less wind, or let photos overlap more"),
    Rule("takeoff-missing", _WARNING, "AUTO begins with something else than a takeoff: refused on the ground.",
         "begin with NAV_TAKEOFF, or take off before AUTO"),
    Rule("end-missing", _WARNING, "The plan ends in the air, without RTL or a landing.",
         "end with NAV_RETURN_TO_LAUNCH or NAV_LAND"),
    Rule("jump-endless", _WARNING, "A jump that is taken for ever.", "give the jump a number of times"),
    Rule("return-circles", _WARNING, "A plane's RTL: it circles there until somebody lands it.",
         "end with NAV_LAND; with lift motors Q_RTL_MODE comes down, too"),
    Rule("never-runs", _WARNING, "An item that the mission never comes to.",
         "remove it, or what keeps the mission from it"),
    Rule("behind-landing", _WARNING, "A DO item behind RTL or a landing: done on the ground, if at all.",
         "move it before the landing"),
    Rule("condition-swallows", _WARNING, "A CONDITION that still waits when its leg ends: what follows is never done.",
         "shorten the delay, lengthen the leg, or move the items behind it to the next leg"),
    Rule("skipped", _WARNING, "The vehicle keeps the item and passes over it.",
         "use a command of docs/mission-items.md that it carries out, or another vehicle"),
    Rule("speed-beyond", _WARNING, "A speed, also up or down, above what the vehicle's parameter for it may have.",
         "lower the speed"),
    Rule("speed-ignored", _WARNING, "A DO_CHANGE_SPEED without effect: to no speed above 0.",
         "give a speed above 0 (-2: the default again)"),
    Rule("takeoff-low", _WARNING, "A takeoff to less than 1 m: the vehicle climbs 1 m.", "raise the takeoff's height"),
    Rule("radius-jerky", _WARNING, "Turns on a radius that is less than the waypoint radius: it hovers about a point.",
         "enlarge the radius"),
    Rule("radius-limited", _WARNING, "A circle that the vehicle flies with another radius: its own limit.",
         "give a radius that it can fly"),
    Rule("radius-tight", _WARNING, "A circle that a plane's largest bank does not turn in.",
         "enlarge the radius, or fly slower"),
    Rule("leg-short", _WARNING, "A leg that is too short for the turns at its ends: a plane does not join it.",
         "lengthen the leg, or turn less at its ends"),
    Rule("climb-steep", _WARNING, "A height that a plane does not reach on the way to the item.",
         "lengthen the leg, or end it with NAV_LOITER_TO_ALT"),
    Rule("approach-steep", _WARNING, "A glide slope of more than 10 degrees: a plane comes in too fast.",
         "begin the approach farther away, or lower"),
    Rule("below-home", _WARNING, "An item lies below home's height; the ground is taken as flat there.",
         "raise the item, unless the ground falls away"),
    Rule("terrain-close", _WARNING, "The way to an item comes to less than 5 m above the ground, and half of its ends.",
         "raise it"),
    Rule("terrain-slope", _WARNING, "It takes off or comes down on a slope of more than 15 degrees.",
         "choose another place"),
    Rule("terrain-unknown", _WARNING, "The height of the ground below the way to an item is not known.",
         "give the tiles around it, too"),
    Rule("obstacle-close", _WARNING, "The way to an item is nearer to an obstacle than AVOID_MARGIN, or goes round it.",
         "move or raise the item"),
    Rule("frame-mixed", _WARNING, "Heights count from different things: sea level, home, ground.",
         "give all heights in one frame"),
    Rule("frame-terrain", _WARNING, "A height above the ground: without terrain data it counts from home.",
         "give it above home, where the ground is not flat"),
    Rule("home-unknown", _WARNING, "Heights above sea level, and the plan has no home to compare them with.",
         "give --home with its height"),
    Rule("home-far", _WARNING, "The first place is more than 1 km from home.", "check where the vehicle will stand"),
    Rule("fence-close", _WARNING, "The room to the fence is less than the vehicle needs to turn, or to stop.",
         "keep farther from the fence, or fly slower"),
    Rule("fence-off", _WARNING, "The plan has a fence, and FENCE_ENABLE is 0: nothing watches it.",
         "set FENCE_ENABLE to 1"),
    Rule("rally-outside", _WARNING, "A rally point lies outside the fence.", "move it into the fence"),
    Rule("photo-gap", _WARNING, "The photos of a survey leave a part of its area uncovered.",
         "put the lines or the photos closer together, or fly higher"),
    Rule("photo-overlap", _WARNING, "Photos of a survey show less of each other than its camera calculation asks for.",
         "put the lines or the photos closer together, or fly higher"),
    Rule("photo-apart", _WARNING, "Photos on the way to an item do not touch each other.",
         "put them closer together, or fly higher"),
    Rule("photo-fast", _WARNING, "Photos follow each other faster than the camera can take them.",
         "fly slower, or put them farther apart"),
    Rule("rally-far", _WARNING, "A rally point is farther from home than RALLY_LIMIT_KM: it may be passed over.",
         "move it, or raise RALLY_LIMIT_KM"),
    Rule("photo-unknown", _NOTE, "Photos are taken, and nothing tells the camera: their footprints are not known.",
         "choose the camera in the survey, or set CAM1_TYPE and SIM_CAM_SENS_W, SIM_CAM_SENS_H, SIM_CAM_FOCAL"),
)  # fmt: skip

RULES: Final = MappingProxyType({row.name: row for row in _ROWS})
"""By name, the most severe first."""
_SEVERITIES: Final = tuple(FindingSeverity)
_ORDER: Final = {name: place for place, name in enumerate(RULES)}


@dataclass(frozen=True, slots=True)
class Finding:
    """Finding of a rule. `item`: its number in `part` of the plan, as a ground station shows it; None: of the whole."""

    rule: Rule
    text: str
    item: int | None = None
    part: MissionType = MissionType.MISSION

    @property
    def place(self) -> str:
        """Place of the finding, in words."""
        name = self.part.name.lower()
        return f"{name}" if self.item is None else f"{name} item {self.item}"


def found(rule: str, text: str, item: int | None = None, part: MissionType = MissionType.MISSION) -> Finding:
    """A finding by its rule's name; KeyError: there is no such rule."""
    return Finding(RULES[rule], text, item, part)


def rank(finding: Finding) -> tuple[int, int, int]:
    """To sort by: the most severe first, then rules in their order, then items."""
    return (
        _SEVERITIES.index(finding.rule.severity),
        _ORDER[finding.rule.name],
        -1 if finding.item is None else finding.item,
    )
