"""Printable page with a campaign's evidence on containment. Order and names follow JARUS SORA 2.5: step 8
(containment), step 9 (operational safety objectives), and the criteria on containment of annex E."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

from sortie.campaign.containment import FRICTION, HARMLESS_J, PERSON_HEIGHT_M, PERSON_RADIUS_M
from sortie.campaign.evidence import (
    AND,
    NO_FAULT,
    TARGET,
    Boundaries,
    ContainmentEvidence,
    EndOfFlight,
    ExitShare,
    RateSum,
)
from sortie.campaign.study import Study
from sortie.campaign.summary import Interval
from sortie.config.settings import FIRMWARES
from sortie.config.values import parse_vehicle
from sortie.reports.page import html_page, plain_table

AS_ARDUCOPTER: Final = frozenset({
    "baro.garbage", "baro.wrong", "battery.low", "compass.garbage", "compass.loss", "compass.stuck", "compass.wrong",
    "gps.garbage", "gps.glitch", "gps.loss", "gps.slow", "mass.add", "rc.loss", "wind.gust",
})  # fmt: skip
UNLIKE_ARDUCOPTER: Final = frozenset({
    "accel.garbage", "accel.off", "accel.stuck", "accel.wrong", "baro.loss", "baro.stuck", "gcs.loss",
    "gps.delayed", "gyro.garbage", "gyro.off", "gyro.stuck", "gyro.wrong", "imu.loss", "motor1.loss",
})  # fmt: skip
"""Faults after which a real ArduCopter decided as our vehicle in all cases, and faults with at least one difference
(docs/decides.md)."""
STYLE: Final = """
h3{font-size:1em;margin:1.2em 0 .2em}code{font-size:.9em;overflow-wrap:anywhere}
@media print{@page{size:A4;margin:18mm 16mm}:root{color-scheme:light;--ink:#000;--soft:#444;--ground:#fff;--panel:#fff}
body{font-size:10pt;margin:0;max-width:none;padding:0}.first{break-after:page}h2,h3{break-after:avoid}
tr{break-inside:avoid}.wide{overflow:visible}td,th{padding-right:.6em}}
"""
_MOST: Final = 0.5
_SHARE: Final = ("flights", "left", "per flight", "per flight hour", "worst flight")


def evidence_page(found: ContainmentEvidence, study: Study) -> str:
    parts = (_first_page(found, study), _containment(found), _objectives(found))
    return html_page(f"Evidence on containment: {found.name}", "".join(parts), style=STYLE)


# --- the first page ---------------------------------------------------------------------------------------------------
def _first_page(found: ContainmentEvidence, study: Study) -> str:
    """Write the section that explains the page."""
    volume, file = found.flights.volume, study.file
    firmware = "" if file.firmware is None else f" as {escape(file.firmware)}"
    grid = (
        " A grid flies each combination once: a share is one of combinations." if file.sample.method == "grid" else ""
    )
    return (
        '<section class="first"><h2>What this is</h2>'
        f"<p>A simulator flew the mission {volume.flights} times, {found.hours:.1f} hours in all, while wind, faults "
        f"and other inputs of the study varied. In {volume.left} of these flights the vehicle left its operational "
        f"volume, in {found.flights.buffer.left} also its ground risk buffer. {found.not_flown} runs did not fly and "
        "are not counted.</p>"
        "<p><b>Simulation supports an application; it does not prove it.</b> The figures hold for the model, the "
        "mission and the assumptions below, not for a real vehicle. Their intervals show the uncertainty that results "
        "from the number of flights, not the accuracy of the model. The applicant must show that the model represents "
        "the vehicle.</p>"
        f"<h3>Which model was flown</h3><p>{escape(file.vehicle)}{firmware} of Sortie {escape(found.flown_by)}, plan "
        f"{escape(study.plan_names)}, sample {file.sample.method} with seed {file.sample.seed}.{grid} Its parameters "
        "and distributions are in report.html and study.json beside this page. The study gives the mass and width of "
        f"the real vehicle: {found.containment.mass_kg:g} kg, {found.containment.width_m:g} m.</p>"
        f"<h3>Comparisons of the model</h3>{_compared(found, study)}"
        "<h3>How to check a figure</h3><p>Beside each figure is a command that flies its worst flight again, byte for "
        "byte, with logs: the flight that went farthest out or, if none left, came nearest to the edge. The 95&nbsp;% "
        "intervals in brackets are exact (Clopper and Pearson) for the share of flights that left; for rates per "
        "flight hour, share and interval are divided by the mean time of a flight. evidence.json has the same figures "
        "for programs.</p></section>"
    )


COMPARED: Final = frozenset(("copter",))
"""Kinds of simulated vehicles that docs/decides.md compares with ArduPilot."""


def _compared(found: ContainmentEvidence, study: Study) -> str:
    names = sorted({name for cause in found.causes for name in cause.name.split(AND)} - {NO_FAULT})
    flown = parse_vehicle(study.file.vehicle)
    if flown.kind != "sim" or flown.frame not in COMPARED or study.file.firmware not in (None, FIRMWARES[0]):
        decisions = "<p>The reactions of this vehicle to faults were not compared.</p>"
    else:
        words = [f"{escape(name)}: {_decided(name)}" for name in names] or ["no fault of this study"]
        decisions = (
            "<p>ArduCopter 4.7.0-dev flew the same simulated body with the same faults. Its reactions were compared "
            f"(docs/decides.md of Sortie has modes, times and ends): {'; '.join(words)}.</p>"
        )
    return (
        f"{decisions}<p>Flight times computed by a rehearsal are within 10&nbsp;% of the times flown in still air "
        "(docs/rehearse.md). No comparison is with a flight outdoors.</p>"
    )


def _decided(name: str) -> str:
    if name in AS_ARDUCOPTER:
        return "the same reaction"
    return "a different reaction or end" if name in UNLIKE_ARDUCOPTER else "not compared"


# --- step 8 -----------------------------------------------------------------------------------------------------------
def _containment(found: ContainmentEvidence) -> str:
    box = found.containment
    one_to_one = "at least as wide as that height (1:1)"
    if box.buffer_m < box.height_m:
        one_to_one = "narrower than that height, so the 1:1 rule does not cover it and it must be justified separately"
    return (
        "<h2>Step 8: Containment requirements</h2>"
        "<p>Figures for the quantitative form of criteria 1 and 4. The qualitative form (no single failure leads out "
        "of the volume) cannot be shown by counting flights; 9.1 lists the faults that led out.</p>"
        "<h3>8.1 Operational volume containment (annex E, criterion 1)</h3>"
        f"<p>The operational volume ends at the fence of the plan and {box.height_m:g} m above the place where the "
        f"vehicle was switched on.</p>{_shares([found.flights], 'volume', 'flown')}{_sum(found, 'volume')}"
        "<h3>8.2 End of flight upon exit of the operational volume (annex E, criterion 2)</h3>"
        f"<p>{found.outside} flights ended outside; the farthest first.</p>"
        f"{_ends(found.ends)}"
        "<h3>8.3 Definition of the ground risk buffer (annex E, criterion 3)</h3>"
        f"<p>{box.buffer_m:g} m beyond the fence; the volume is {box.height_m:g} m high. The buffer is "
        f"{one_to_one}.</p>"
        "<h3>8.4 Ground risk buffer containment (annex E, criterion 4)</h3>"
        f"{_shares([found.flights], 'buffer', 'flown')}{_sum(found, 'buffer')}"
        f"<h3>8.5 Critical area (annex F, for steps 2 and 3)</h3>{_area(found)}"
    )


def _area(found: ContainmentEvidence) -> str:
    """Describe the model of the critical area, and the largest area."""
    model = (
        "<p>The model of JARUS annex F, as in CasEx (by the authors of the annex), without explosions and "
        "obstacles: 2 r (glide + slide) + &pi; r&sup2;. r is half the width of the vehicle and "
        f"{PERSON_RADIUS_M:g} m of a person; the glide is {PERSON_HEIGHT_M:g} m over the tangent of the angle of "
        "impact; the slide begins with 0.8 (at 10&deg;) to 0.6 (at 90&deg;) of the horizontal speed, has a "
        f"friction of {FRICTION:g}, and ends at {HARMLESS_J:g} J. Soft contacts count too.</p>"
    )
    if found.hardest is None:
        return f"{model}<p>No flight came down.</p>"
    return f"{model}<p>The largest of all flights, inside or outside:</p>{_ends([found.hardest])}"


def _ends(ends: Sequence[EndOfFlight]) -> str:
    if not ends:
        return ""
    head = ("run", "cause", "result", "end", "place", "outside", "impact", "energy", "critical area", "replay")
    return plain_table(head, [_end(end) for end in ends], "Ends of flights")


def _end(end: EndOfFlight) -> tuple[str, ...]:
    if end.beyond_m <= 0.0:
        where = "inside"
    else:
        where = f"{end.beyond_m:.1f} m, {'in' if end.in_buffer else '<b>beyond</b>'} the buffer"
    hit = (
        ("in the air", "", "")
        if end.impact_mps is None or end.energy_j is None or end.critical_area_m2 is None
        else (
            f"{end.impact_mps:.1f} m/s at {end.impact_deg:.0f}&deg;",
            f"{end.energy_j:.0f} J",
            f"{end.critical_area_m2:.1f} m&sup2;",
        )
    )
    place = f"{end.lat:.6f}, {end.lon:.6f}"
    cells = (str(end.run), escape(end.cause), escape(end.result), f"{end.time_s:.1f} s", place, where)
    return (*cells, *hit, _code(end.again))


# --- step 9 -----------------------------------------------------------------------------------------------------------
def _objectives(found: ContainmentEvidence) -> str:
    """Write the section about causes, their rates, and sensitivities."""
    rates = [
        (escape(name), f"{rate.per_hour:.2g}", escape(rate.source)) for name, rate in found.containment.rates.items()
    ]
    given = "<p>The study gives none.</p>"
    if rates:
        given = plain_table(("fault", "per flight hour", "source"), rates, "Rates of faults")
    levels = "".join(
        f"{_shares(parts, 'volume', name)}{_shares(parts, 'buffer', name)}" for name, parts in found.sensitivity.items()
    )
    return (
        "<h2>Step 9: Operational safety objectives</h2>"
        "<h3>9.1 Exits by cause</h3><p>A cause is the set of faults that had begun when the vehicle left its volume, "
        f"or else when the flight ended. Hours are flown with that cause.</p>{_shares(found.causes, 'volume', 'cause')}"
        f"{_shares(found.causes, 'buffer', 'cause')}"
        f"<h3>9.2 Rates of faults</h3>{given}"
        "<h3>9.3 Sensitivity to inputs</h3><p>Each input of the study by its levels, over all other inputs.</p>"
        f"{levels or '<p>Nothing varied.</p>'}"
        "<h3>9.4 Sensitivity to assumptions</h3><p>Each figure of the study's [containment], halved and doubled; the "
        f"flights and all other figures stay the same.</p>{_assumptions(found)}"
    )


def _assumptions(found: ContainmentEvidence) -> str:
    if not found.assumptions:
        return "<p>Not available for a search, or without flights.</p>"
    rows = []
    for row in found.assumptions:
        cells = [f"{figure:.3g} (with {given:g})" for given, figure in zip(row.values, row.figures, strict=True)]
        rows.append((escape(row.name), escape(row.figure), *cells, _code(row.again)))
    head = ("assumption", "figure", "at half of it", "as given", "at twice it", "worst flight as given")
    return plain_table(head, rows, "Sensitivity to assumptions")


def _shares(parts: Sequence[Boundaries], boundary: str, name: str) -> str:
    """Write the table of flights that left volume or buffer."""
    edge = "operational volume" if boundary == "volume" else "ground risk buffer"
    rows = [(escape(part.name), *_share(part.volume if boundary == "volume" else part.buffer)) for part in parts]
    return plain_table((f"{escape(name)}: out of the {edge}", *_SHARE), rows, f"{name}: {edge}")


def _share(share: ExitShare) -> tuple[str, ...]:
    per_flight = "" if share.per_flight is None else f"{share.per_flight:.2%}{_between(share.interval, '.2%')}"
    per_hour = "" if share.per_hour is None else f"{share.per_hour:.3g}{_between(share.per_hour_interval, '.3g')}"
    return str(share.flights), str(share.left), per_flight, per_hour, _code(share.again)


def _between(sure: Interval | None, form: str) -> str:
    return "" if sure is None else f" ({sure[0]:{form}} to {sure[1]:{form}})"


def _sum(found: ContainmentEvidence, boundary: str) -> str:
    """Describe the rate with faults as rare as the study assumes."""
    rate = found.volume_rate if boundary == "volume" else found.buffer_rate
    shares = {part.name: part.volume if boundary == "volume" else part.buffer for part in found.causes}
    if rate is None:
        return f"<p>Rate in service: not available, because {escape(found.untold)}.</p>"
    widest = _widest(rate, shares[rate.widest], boundary)
    return (
        f"<p>Rate in service, with the rates of faults in 9.2 and one fault at a time: <b>{rate.per_hour:.2g} per "
        f"flight hour</b>, with at least 95&nbsp;% confidence {rate.interval[0]:.2g} to {rate.interval[1]:.2g}."
        f"{widest}</p>"
    )


def _widest(rate: RateSum, share: ExitShare, boundary: str) -> str:
    """Describe the cause with most of the upper end, if there is one."""
    if rate.widest_share < _MOST:
        return ""
    whose = "without a fault" if rate.widest == NO_FAULT else f"with {escape(rate.widest)}"
    part = f"{min(rate.widest_share, 0.999):.0%}" if rate.widest_share < 0.995 else "Nearly all"
    text = f" {part} of the upper end comes from the {share.flights} flights {whose}"
    if share.left:
        return f"{text}, of which {share.left} left."
    upper = "" if share.interval is None else f"{share.interval[1]:.2%} of flights"
    text += f", none of which left; with so few flights the share can be up to {upper} (about 3/n)"
    if rate.unseen is None:
        return f"{text}."
    criterion = " (the limit of criterion 1 for low robustness)" if boundary == "volume" else ""
    return (
        f"{text}. To reduce this part to {TARGET:g} per flight hour{criterion}, about "
        f"{float(f'{rate.unseen:.2g}'):,.0f} such flights are needed, none of which leaves."
    )


def _code(command: str) -> str:
    return f"<code>{escape(command)}</code>" if command else ""
