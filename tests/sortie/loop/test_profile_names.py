"""Keys of a profile that an earlier version had under another name are taken, with one warning."""

from __future__ import annotations

from pathlib import Path

import pytest

from sortie.config.errors import UserError
from sortie.loop.profile import BUILT_IN, load_profile, parse_profile, profile_text
from tests.fakes.program import run

OLD = {"speed_mps": "speed_ms", "wind_mps": "wind_ms", "wind_max_mps": "wind_max_ms"}


def of_before(text: str) -> str:
    """The profile as the version before wrote it."""
    for new, old in OLD.items():
        text = text.replace(f"\n{new} = ", f"\n{old} = ", 1)
    return text


def test_a_profile_of_the_version_before_is_the_same_profile() -> None:
    """Speeds under `_ms`, which says milliseconds; the warning names each key with its new name."""
    text = profile_text("drone-box")
    assert all(f"\n{new} = " in text for new in OLD)
    before, warning = parse_profile(of_before(text), "mine.toml")
    assert (before, None) == parse_profile(text, "mine.toml")
    assert warning is not None
    assert all(f"box.{old} is box.{new}" in warning for new, old in OLD.items())
    assert "mine.toml" in warning and "the next version" in warning


@pytest.mark.parametrize("name", BUILT_IN)
def test_built_in_profiles_have_the_names_of_today(name: str) -> None:
    """And nothing to warn of."""
    assert load_profile(name)[1] is None


def test_both_names_of_one_value_are_refused() -> None:
    """Nobody could say which counts."""
    text = profile_text("drone-box").replace("\nwind_mps = ", "\nwind_ms = 9.0\nwind_mps = ", 1)
    with pytest.raises(UserError, match=r"'box\.wind_ms' is 'box\.wind_mps' now, and both are given"):
        parse_profile(text, "mine.toml")


def test_the_command_warns_once(tmp_path: Path) -> None:
    """On stderr, and flies."""
    (tmp_path / "mine.toml").write_text(profile_text("space") + "\n[box]\nspeed_ms = 7.0\nwind_ms = 3.0\n")
    done = run(tmp_path, "loop", "--profile", "mine.toml", "--sorties", "1", "--json", "--state-dir", "state")
    assert done.returncode == 0, done.stderr
    assert [line for line in done.stderr.splitlines() if "_ms" in line] == [
        "sortie: --profile mine.toml: box.speed_ms is box.speed_mps, box.wind_ms is box.wind_mps now; "
        "the next version takes the new name alone"
    ]


@pytest.mark.parametrize(
    ("table", "key", "value"),
    [
        ("skimmer", "eta_intake", "0.0"),
        ("skimmer", "spread", "1.0"),
        ("depot", "eta_route", "0.0"),
        ("retirement", "thrust_wear", "1.0"),
        ("retirement", "capacity_wear", "1.0"),
    ],
)
def test_a_number_by_which_nothing_can_be_planned_is_refused(table: str, key: str, value: str) -> None:
    """Nothing taken in, nothing that arrives, nothing left of an engine: plans divide by them."""
    with pytest.raises(UserError, match=rf"{table}\.{key}"):
        parse_profile(f"[{table}]\n{key} = {value}\n", "mine.toml")


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("space", "axis = [0.0, -1.0, 0.0]", "axis = [0.0, 1.0, 0.0]", "waits at 0 m, -1000 m, 0 m .* within_cone"),
        ("space", "axis = [0.0, -1.0, 0.0]", "axis = [0.0, -2.0, 0.0]", "length 1"),
        ("space", "axis = [0.0, -1.0, 0.0]", "axis = [nan, 0.0, 0.0]", "length 1"),
        (
            "drone-box",
            "axis = [0.7071, 0.7071, 0.0]",
            "axis = [0.0, 1.0, 0.0]",
            "waits at 15 m, 15 m, 0 m .* within_cone",
        ),
        ("drone-box", "\ncorridor_m = 15.0", "\ncorridor_m = 40.0", "within_gate"),
    ],
)
def test_a_corridor_in_which_the_skimmer_does_not_wait_is_refused(name: str, old: str, new: str, words: str) -> None:
    """It would hold outside, never be cleared, and be lost at T_DEATH."""
    text = profile_text(name)
    assert old in text
    with pytest.raises(UserError, match=words):
        parse_profile(text.replace(old, new), "mine.toml")
