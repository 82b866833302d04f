"""Networks of pairs in files: JSON, and the parameter files of MIT Lincoln Laboratory's correlated models."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sortie.config.encounter_models import parse_network, read_network
from sortie.config.errors import UserError
from sortie.config.traffic import parse_traffic, read_traffic
from tests.fakes.laboratory import LABORATORY

PAIRS = {
    "variables": [
        {"name": "speed", "cuts": [10, 20], "odds": [[1]]},
        {"name": "course", "cuts": [0, 360], "odds": [[1]]},
        {"name": "miss", "cuts": [0, 100], "odds": [[1]]},
        {"name": "miss_z", "cuts": [-10, 10], "given": ["miss"], "odds": [[1]]},
    ]
}


def test_a_file_of_the_laboratory_is_read_in_its_units() -> None:
    """Knots, feet, nautical miles; parents first; of a row's bins as often as they were counted."""
    network = parse_network(LABORATORY, "x", "y")
    assert {variable.name for variable in network.variables} == {
        "layer",
        "behind",
        "course",
        "own_speed",
        "speed",
        "miss",
        "miss_z",
    }
    chance = Random(1)
    rows = [network.draw({"layer": 80.0, "own_speed": 40.0}, chance) for _ in range(8000)]  # 78 kt: the upper bin
    fast = [row for row in rows if row["speed"] > 200 * 1852 / 3600]
    assert len(fast) / 8000 == pytest.approx(0.75, abs=0.02)
    near = [row for row in rows if row["miss"] < 926.0]
    assert len(near) / 8000 == pytest.approx(0.8, abs=0.02)
    assert max(row["miss_z"] for row in rows) == pytest.approx(304.8, abs=1.0)
    # chi of the four: course below 180 and near: always the first; course above and far: either.
    assert {row["behind"] for row in rows if row["course"] < 180.0 and row["miss"] < 926.0} == {0.0}
    assert {row["behind"] for row in rows if row["course"] > 180.0 and row["miss"] < 926.0} == {1.0}
    assert {row["behind"] for row in rows if row["course"] < 180.0 and row["miss"] > 926.0} == {1.0}
    assert {row["behind"] for row in rows if row["course"] > 180.0 and row["miss"] > 926.0} == {0.0, 1.0}
    slow = [network.draw({"own_speed": 20.0}, chance)["speed"] > 200 * 1852 / 3600 for _ in range(200)]
    assert not any(slow)


def test_each_label_of_the_laboratory_has_its_unit() -> None:
    """ft/min, kt/s and degrees a second are m/s, m/s2 and degrees a second; a label that nobody knows stays."""
    bounds = {
        "L": "0 1",
        "v_1": "0 100",
        "v_2": "0 100",
        "\\dot h_1": "-300 600",
        "\\dot h_2": "-600 1200",
        "\\dot v_2": "-1 2",
        "\\dot \\psi_2": "-3 3",
        "\\beta": "0 360",
        "hmd": "0 1",
        "vmd": "0 1000",
        "A": "0 7",
    }
    count = len(bounds)
    text = "\n".join(
        [
            "# labels_initial",
            ", ".join(f'"{label}"' for label in bounds),
            "# G_initial",
            *[" ".join("0" * count)] * count,
            "# r_initial",
            " ".join("1" * count),
            "# N_initial",
            " ".join("1" * count),
            "# boundaries",
            *bounds.values(),
        ]
    )
    cuts = {variable.name: variable.cuts for variable in parse_network(text, "x", "y").variables}
    knot = 1852.0 / 3600.0
    assert cuts == {
        "layer": (0.0, 1.0),
        "own_speed": (0.0, pytest.approx(100 * knot)),
        "speed": (0.0, pytest.approx(100 * knot)),
        "own_climb": pytest.approx((-1.524, 3.048)),
        "climb": pytest.approx((-3.048, 6.096)),
        "speeds_up": pytest.approx((-knot, 2 * knot)),
        "turn": (-3.0, 3.0),
        "course": (0.0, 360.0),
        "miss": (0.0, 1852.0),
        "miss_z": (0.0, pytest.approx(304.8)),
        "A": (0.0, 7.0),
    }


@pytest.mark.parametrize(("text", "name"), [(LABORATORY, "cor.txt"), (json.dumps(PAIRS), "own.json")])
def test_a_traffic_file_names_a_network_beside_it(tmp_path: Path, text: str, name: str) -> None:
    (tmp_path / name).write_text(text)
    (tmp_path / "sky.toml").write_text(f'[encounters]\nmodel = "{name}"\nemitter = "heavy"\n')
    model = read_traffic(tmp_path / "sky.toml").encounters
    assert model is not None
    assert model.network is not None
    assert model.network.name == name
    assert model.emitter == 5


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "is no network of pairs"),
        ("nothing", "is no network of pairs"),
        (json.dumps({"variables": PAIRS["variables"][:1]}), "no course and no miss and no miss_z"),
        (json.dumps(PAIRS).replace('"given": ["miss"]', '"given": ["mis"]'), "'mis'"),
        (json.dumps(PAIRS).replace('"given": ["miss"]', '"given": ["miss_z"]'), "miss_z: its parents stand behind it"),
        (json.dumps(PAIRS).replace("[0, 360]", "[360, 0]"), "course: expected 2 bounds that rise"),
        (json.dumps(PAIRS).replace("[0, 360]", "[0, 90, 360]"), "course: expected 2 bounds that rise"),
        (json.dumps(PAIRS).replace("[0, 360]", "[]"), "course: expected bounds"),
        (json.dumps(PAIRS).replace("[10, 20]", "[]"), "speed: expected bounds"),
        (json.dumps(PAIRS).replace("[10, 20]", "[-10, 20]"), "speed: a bound that is none"),
        (json.dumps(PAIRS).replace("[10, 20]", "[10, 1e9]"), "speed: a bound that is none"),
        (json.dumps(PAIRS).replace('"odds": [[1]]', '"odds": [[-1]]'), "speed: odds are not negative"),
        (json.dumps(PAIRS).replace('"odds": [[1]]', '"odds": [[1], [2]]'), "speed: expected 1 rows"),
        (json.dumps(PAIRS | {"kinds": ["uav"]}), "1 words for 0 kinds"),
        (LABORATORY.replace("10 30 1 0", "10"), "is no network of pairs"),
        (LABORATORY.replace("0 50 100", "0 x 100"), "is no network of pairs"),
        (LABORATORY.replace("# r_initial\n2", "# r_initial\n9"), "fewer counts than its bins"),
        (LABORATORY.replace("0\n# r_initial", "1\n# r_initial"), "its graph goes round"),
        (LABORATORY.replace('"v_2"', '"v"'), "no speed"),
    ],
)
def test_one_sentence_says_what_is_wrong_with_a_network(text: str, told: str) -> None:
    with pytest.raises(UserError) as error:
        parse_network(text, "m", "x")
    assert told in str(error.value)
    assert "\n" not in str(error.value)


def test_what_the_network_draws_is_not_given_besides(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="draws it; leave one of them out"):
        parse_traffic('[encounters]\nmodel = "m"\nmiss_m = [0, 1]\n', "x", json.dumps(PAIRS))
    (tmp_path / "sky.toml").write_text('[encounters]\nmodel = "cor_v1.txt"\n')
    with pytest.raises(UserError, match=r"model cor_v1\.txt: No such file"):
        read_traffic(tmp_path / "sky.toml")
    assert read_network("small-uas", tmp_path, "x").startswith("{")


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(LABORATORY) - 1), st.sampled_from(["", "9", " ", "\n", "#", "-1 ", "nan", "inf", "1e308 "]))
def test_a_damaged_file_is_refused_or_drawn_from(place: int, put: str) -> None:
    """Nothing but a UserError comes of it, and every value that is drawn is a number."""
    try:
        network = parse_network(LABORATORY[:place] + put + LABORATORY[place + 1 :], "m", "x")
    except UserError:
        return
    drawn = network.draw({"own_speed": 5.0}, Random(1))
    assert all(abs(value) < 1e7 for value in drawn.values())
