"""`QGC WPL 110` and the old fence and rally text: what trips parsers (docs/reference/mission-semantics.md, 4;
docs/catalogue.md, 69)."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autopilot.interface.geo import GeoPoint
from autopilot.mission.items import MissionItem
from autopilot.mission.plan import Plan, PlanError, format_plan, parse_plan
from autopilot.mission.storage import pack_item
from tests.fakes.written_plans import format_fence_text, format_rally_text, format_waypoints

HOME = "0\t1\t0\t16\t0\t0\t0\t0\t-35.36\t149.16\t584\t1"
WP = "1\t0\t3\t16\t0\t0\t0\t0\t-35.37\t149.17\t30\t1"


def plan_of(*lines: str, end: str = "\n") -> Plan:
    return parse_plan(end.join(["QGC WPL 110", *lines]) + end)


def refusal(data: bytes | str, name: str = "") -> str:
    with pytest.raises(PlanError) as caught:
        parse_plan(data, name)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_fields_land_where_they_belong() -> None:
    """seq, current, frame, command, param1..4, x, y, z, autocontinue."""
    plan = plan_of(HOME, "1\t0\t10\t18\t1.5\t2.5\t-3.5\t4.5\t-35.1\t149.2\t77.25\t0")
    assert plan.home == GeoPoint(-35.36, 149.16, 584.0)
    assert plan.items == (MissionItem(18, 10, 1.5, 2.5, -3.5, 4.5, -35.1, 149.2, 77.25, False, 1),)


@pytest.mark.parametrize(
    "text",
    [
        "QGC WPL 110\n" + HOME + "\n" + WP,  # no final newline
        ("QGC WPL 110\r\n" + HOME + "\r\n" + WP + "\r\n"),
        "\ufeffQGC WPL 110\n" + HOME + "\n" + WP + "\n",
        "QGC WPL 110\n\n# home\n" + HOME + "\n\n#x\n" + WP + "\n\n",
        "# made by hand\nQGC WPL 110\n" + HOME + "\n" + WP + "\n",
        "QGC  WPL\t110\n" + HOME.replace("\t", "  ") + "\n" + WP.replace("\t", " ") + "\n",
        "QGC WPL 110\n" + HOME.replace("\t", ",") + "\n" + WP.replace("\t", ", ") + "\n",
        "QGC WPL 110\n" + HOME.replace(".", ",") + "\n" + WP.replace(".", ",") + "\n",
        "QGC WPL 110\n" + HOME.replace("\t", " ").replace(".", ",") + "\n" + WP.replace(".", ",") + "\n",
        "QGC WPL 110\n" + HOME + "\n" + WP.replace("\t16\t", "\t16.0\t").replace("\t3\t", "\t3.000\t") + "\n",
        "QGC WPL 110\n" + HOME + "\n" + WP.replace("-35.37", "-3.537e1").replace("\t30\t", "\t3E+1\t") + "\n",
        "QGC WPL 110\n" + HOME + "\n" + WP.replace("1\t0\t3", "1\t1\t3") + "\n",  # several current
        "QGC WPL 110\n" + HOME + "\n" + WP.replace("1\t0\t3", "7\t0\t3") + "\n",  # a gap in seq
        "QGC WPL 110\n " + HOME + " \n\t" + WP + "\t\n",
    ],
)
def test_spellings_of_one_plan(text: str) -> None:
    """Line ends, BOM, comments, blanks, commas, decimal commas, exponents, floats for integers: the same plan."""
    expected = Plan(GeoPoint(-35.36, 149.16, 584.0), (MissionItem(16, 3, x=-35.37, y=149.17, z=30.0, seq=1),))
    assert parse_plan(text) == expected
    assert parse_plan(text.encode()) == expected


def test_nan_is_kept_in_parameters() -> None:
    """nan in param4 is "any yaw"; in x and y it is 0."""
    item = plan_of(HOME, "1 0 3 22 0 0 0 nan nan NaN 20 1").items[0]
    assert math.isnan(item.param4)
    assert (item.x, item.y, item.z) == (0.0, 0.0, 20.0)


def test_a_home_of_unknown_height_is_at_sea_level() -> None:
    """As in a .plan file; a height that is not a number reached the vehicle and could not be written."""
    plan = plan_of(HOME.replace("\t584\t", "\tnan\t"), WP)
    assert plan.home == GeoPoint(-35.36, 149.16, 0.0)
    assert parse_plan(format_plan(plan)).home == plan.home


def test_a_jump_to_nowhere_is_refused() -> None:
    """It was an error of arithmetic, which no command announces as one of the file."""
    assert "line 4: expected the number of an item" in refusal(
        "\n".join(("QGC WPL 110", HOME, WP, "2 0 3 177 nan 3 0 0 0 0 0 1"))
    )


@pytest.mark.parametrize("home", ["0 1 0 0 0 0 0 0 0 0 0 1", "0 1 0 16 0 0 0 0 0 0 0 1"])
def test_home_line_of_zeros_is_no_home(home: str) -> None:
    """Command 0 or 16, all zeros: home is unknown, and the line is no item."""
    plan = plan_of(home, WP)
    assert plan.home is None
    assert len(plan.items) == 1


@pytest.mark.parametrize("first", [0, 1, 5])
def test_home_is_missing_when_the_first_line_is_no_waypoint_0(first: int) -> None:
    """A takeoff at seq 0, or a first seq above 0: every line is an item, and jumps name lines by the file's seq."""
    plan = plan_of(
        f"{first} 0 3 22 0 0 0 0 0 0 20 1",
        f"{first + 1} 0 3 16 0 0 0 0 1 2 20 1",
        f"{first + 2} 0 3 177 {first + 1} 3 0 0 0 0 0 1",
    )
    assert plan.home is None
    assert [item.seq for item in plan.items] == [1, 2, 3]
    assert plan.items[2].param1 == 2.0


def test_jump_over_a_gap_in_seq_goes_to_the_named_line() -> None:
    """Lines 0, 10, 20, 30: a jump to 20 is a jump to item 2."""
    plan = plan_of(HOME, "10 0 3 16 0 0 0 0 1 2 3 1", "20 0 3 16 0 0 0 0 1 2 3 1", "30 0 2 177 20 1 0 0 0 0 0 1")
    assert plan.items[2].param1 == 2.0


def test_where_the_files_numbers_do_not_rise_positions_count() -> None:
    """Lines 0, 5, 9, 7: a jump to 2 is a jump to the second item, and one to 9 is not translated either."""
    lines = (HOME, "5 0 3 16 0 0 0 0 1 2 3 1", "9 0 3 16 0 0 0 0 1 2 3 1")
    assert plan_of(*lines, "7 0 2 177 2 1 0 0 0 0 0 1").items[2].param1 == 2.0
    assert plan_of(*lines, "7 0 2 177 9 1 0 0 0 0 0 1").items[2].param1 == 9.0


def test_empty_mission_is_a_plan() -> None:
    """A header alone, or a header and home."""
    assert plan_of().items == ()
    assert plan_of(HOME) == Plan(GeoPoint(-35.36, 149.16, 584.0))


def test_fence_and_rally_in_waypoint_files() -> None:
    """500x and 5100 lines behind a home line, or without one."""
    vertices = [f"{n} 0 0 5001 3 0 0 0 {n} {n * n} 0 1" for n in range(3)]
    rally = "3 0 3 5100 0 0 0 0 1 2 40 1"
    for lines in ([*vertices, rally], [HOME, *vertices, rally]):
        plan = plan_of(*lines)
        assert [item.command for item in (*plan.items, *plan.fence, *plan.rally)] == [5001, 5001, 5001, 5100]
        assert [item.seq for item in plan.fence] == [0, 1, 2]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("QGC WPL 100\n" + WP, ["line 1", '"QGC WPL 110"', "QGC WPL 100"]),
        ("QGC PB 110\n" + WP, ["line 1", '"QGC WPL 110"', "QGC PB 110"]),
        ("QGC WPL 1100\n", ["line 1", '"QGC WPL 110"']),
        ("QGC WPL 110\n" + HOME + "\n1\t0\t3\n", ["line 3", "12 fields", "found 3"]),
        ("QGC WPL 110\n" + HOME + "\t5\n", ["line 2", "12 fields", "found 13"]),
        ("QGC WPL 110\n" + WP.replace("149.17", "east"), ["line 2", "a number as y", "east"]),
        ("QGC WPL 110\n" + WP.replace("\t30\t", "\t1e999\t"), ["line 2", "a finite number as z", "1e999"]),
        ("QGC WPL 110\n" + WP.replace("\t30\t", "\tinf\t"), ["line 2", "a finite number as z"]),
        ("QGC WPL 110\n" + WP.replace("\t16\t", "\t16.5\t"), ["line 2", "whole number", "command", "16.5"]),
        ("QGC WPL 110\n" + WP.replace("\t16\t", "\tnan\t"), ["line 2", "whole number", "command"]),
        ("QGC WPL 110\n" + WP.replace("\t3\t", "\t300\t"), ["line 2", "0 to 255 as frame", "300"]),
        ("QGC WPL 110\n" + WP.replace("1\t", "-1\t", 1), ["line 2", "seq"]),
        ("QGC WPL 110\n" + WP.replace("-35.37", "-95"), ["line 2", "latitude from -90 to 90", "-95"]),
        ("QGC WPL 110\n" + WP.replace("-35.37", "nan"), ["line 2", "latitude from -90 to 90", "nan"]),
        ("QGC WPL 110\n" + WP.replace("149.17", "189"), ["line 2", "longitude from -180 to 180", "189"]),
        ("QGC WPL 110\n" + HOME.replace("-35.36", "-95"), ["line 2", "latitude"]),
        ("QGC WPL 110\n0 0 0 5001 3 0 0 0 1 1 0 1\n", ["fence", "1 of 3 vertices"]),
        ("", ["line 1", "an empty file"]),
        ("# nothing\n\n", ["an empty file"]),
        ("hello world\n", ["line 1", "QGC WPL 110", "hello world"]),
        ("1 2 3\n", ["line 1", "1 2 3"]),
        (b"QGC WPL 110\n\xff\xfe\n", ["line 2", "UTF-8", "0xff"]),
        (b"\xff\xfeQ\x00G\x00", ["line 1", "UTF-8"]),
        ("Q" * 5000, ["line 1", "..."]),
    ],
)
def test_broken_file_gives_one_line_with_place_and_expectation(text: str | bytes, words: list[str]) -> None:
    """The line, what was expected there and what was found."""
    message = refusal(text)
    assert [word for word in words if word not in message] == []
    assert len(message) < 250


def test_plan_name_says_that_json_is_expected() -> None:
    """A .plan file that is no JSON is told so; under another name its first line decides."""
    assert "expected JSON" in refusal("QGC WPL 110\n", "square.plan")


items = st.builds(
    MissionItem,
    command=st.integers(2, 65535).filter(lambda c: not 5000 <= c <= 5100 and c != 177),
    frame=st.integers(0, 255),
    param1=st.floats(allow_infinity=False),
    param2=st.floats(allow_infinity=False),
    param3=st.floats(allow_infinity=False, width=32),
    param4=st.floats(allow_infinity=False, width=32),
    x=st.floats(-90, 90),
    y=st.floats(-180, 180),
    z=st.floats(allow_infinity=False, allow_nan=False),
    autocontinue=st.booleans(),
)


@given(st.lists(items, max_size=5))
def test_every_digit_survives_writing(drawn: list[MissionItem]) -> None:
    """Any finite number is written without an exponent and read back the same."""
    text = format_waypoints(drawn, GeoPoint(-35.36, 149.16, 584.0))
    assert "e" not in text.lower().replace("wpl", "")
    again = parse_plan(text).items
    assert [pack_item(item) for item in again] == [pack_item(item) for item in drawn]


@given(st.text(alphabet='0123456789 .,\t\n-+eRALYQGCWP#{}[]":n', max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Nothing but a plan or PlanError comes of a text."""
    for start in ("", "QGC WPL 110\n", "RALLY ", "1 2\n", "{"):
        try:
            assert isinstance(parse_plan(start + text), Plan)
        except PlanError as error:
            assert "\n" not in str(error)


# --- old fence and rally text -----------------------------------------------------------------------------------------
FENCE = "-35.0 149.0\n-35.1\t149.0\n-35.1,149.1\n-34.9 149.1\n-35.1 149.0\n"


def test_old_fence_is_a_return_point_and_a_polygon() -> None:
    """The last vertex repeats the first and is dropped."""
    fence = parse_plan(FENCE).fence
    assert [(item.command, item.param1) for item in fence] == [(5000, 0.0)] + [(5001, 3.0)] * 3
    assert [(item.x, item.y) for item in fence[1:]] == [(-35.1, 149.0), (-35.1, 149.1), (-34.9, 149.1)]
    assert parse_plan(format_fence_text(fence)).fence == fence


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("-35.0 149.0\n-35.1 149.0\n-35.1 149.0\n", ["fence", "5 lines", "3 lines"]),
        (FENCE.replace("-35.1 149.0\n", "-35.2 149.0\n"), ["line 5", "first vertex"]),
        (FENCE.replace("-34.9", "-94.9"), ["line 4", "latitude"]),
        (FENCE.replace("-34.9", "x"), ["line 4", "latitude", "x"]),
        (FENCE.replace("-34.9 ", "-34.9 5 "), ["line 4", '"lat lon"']),
        ("RALLY 1 2\n", ["line 1", "RALLY lat lon alt"]),
        ("RALLY 1 2 3\nHOME 1 2 3\n", ["line 2", "RALLY"]),
        ("RALLY 1 2 high\n", ["line 1", "altitude", "high"]),
        ("RALLY 100 2 30\n", ["line 1", "latitude"]),
    ],
)
def test_broken_fence_or_rally_text(text: str, words: list[str]) -> None:
    """Too short, not closed, not numbers, not on the Earth."""
    message = refusal(text)
    assert [word for word in words if word not in message] == []


def test_old_rally_text() -> None:
    """Altitude above home; what follows it is for planes."""
    rally = parse_plan("RALLY -35.1 149.1 60.5 40.0 0 0\nrally\t1\t2\t3\n").rally
    assert rally == (MissionItem(5100, 3, x=-35.1, y=149.1, z=60.5), MissionItem(5100, 3, x=1.0, y=2.0, z=3.0, seq=1))
    assert parse_plan(format_rally_text(rally)).rally == rally


def test_old_texts_cannot_hold_every_plan() -> None:
    """A circle has no place in the fence text, an altitude above sea level none in the rally text."""
    with pytest.raises(PlanError, match="one inclusion polygon"):
        format_fence_text([MissionItem(5003, 0, 50.0)])
    with pytest.raises(PlanError, match="above home"):
        format_rally_text([MissionItem(5100, 0)])
