"""Two campaigns beside each other: what is worse by more than chance, in pairs where both ask the same question."""

# ruff: noqa: E402  # what needs the extra is imported behind the skip
from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
import pytest

from tests.fakes.extras import needs

needs("campaign", "pyarrow", "scipy")


from sortie.campaign.compare import ALL, compare
from sortie.campaign.flown import FIGURES, FlownRun, RunResult, fly_run, identity
from sortie.campaign.folder import Folder
from sortie.campaign.sampling import Distribution
from sortie.campaign.study import Study
from sortie.campaign.study_file import SampleSettings, StudyFile
from sortie.commands.cli import run as main
from sortie.config.errors import UserError

RUNS = 120
ROOT = Path(__file__).parents[3]


def folder(path: Path, lows: Sequence[float | None], *, seed: int = 1, others: tuple[str, ...] = ("calm",)) -> Path:
    """A campaign whose runs had these margins of `low`, and 1 of all other judges."""
    said = StudyFile(
        "p",
        {"low": "", **dict.fromkeys(others, "")},
        vary={"x": Distribution(uniform=(0.0, 1.0))},
        sample=SampleSettings("random", len(lows), seed),
    )
    study = Study(said, {}, "", len(lows))
    flown = []
    for run, (low, given) in enumerate(zip(lows, study.inputs(), strict=True)):
        margins: dict[str, float | None] = {"low": low, **dict.fromkeys(others, 1.0)}
        ok = low is not None and low >= 0.0
        row = RunResult(run, study.seed(run), "completed", "", ok, given, margins, dict.fromkeys(FIGURES))
        flown.append(FlownRun(row, {}))
    with Folder(path, study, "here") as kept:
        kept.add(flown)  # at once: each time is waited for the disk
    return path


def spread(shift: float, seed: int) -> list[float]:
    """Margins of flights that differ by 3 from one to the next."""
    return [float(value) for value in np.random.default_rng(seed).normal(6.0 + shift, 3.0, RUNS)]


def test_in_pairs_a_small_loss_shows_that_two_samples_would_not_show(tmp_path: Path) -> None:
    old = spread(0.0, 1)
    noise = np.random.default_rng(5).normal(0.0, 0.5, RUNS)
    new = [value - 0.3 + float(one) for value, one in zip(old, noise, strict=True)]
    paired = compare(folder(tmp_path / "a", old), folder(tmp_path / "b", new))
    assert (paired.paired, paired.flights, paired.worse) == (True, (RUNS, RUNS), ["low"])
    assert paired.judges["low"].shift == pytest.approx(-0.3, abs=0.15)
    alone = compare(tmp_path / "a", folder(tmp_path / "c", new, seed=2))
    assert (alone.paired, alone.worse) == (False, [])


def test_more_failures_are_worse_and_fewer_better(tmp_path: Path) -> None:
    good = [1.0] * RUNS
    bad = [-1.0 if run < 12 else 1.0 for run in range(RUNS)]
    good_dir, bad_dir = folder(tmp_path / "a", good), folder(tmp_path / "b", bad)
    found = compare(good_dir, bad_dir)
    assert found.worse == ["low", ALL]
    assert found.judges["low"].failed == (0, 12)
    assert found.judges["calm"].verdict == "the same"
    assert compare(bad_dir, good_dir).judges[ALL].verdict == "better"


@pytest.mark.parametrize("paired", [True, False])
def test_chance_alone_is_called_worse_in_a_twentieth_at_most(tmp_path: Path, paired: bool) -> None:
    """40 comparisons of what does not differ: 2 of them expected at 5 %; which they are the seeds decide."""
    worse = 0
    for k in range(40):
        old = folder(tmp_path / f"a{k}", spread(0.0, k))
        new = folder(tmp_path / f"b{k}", spread(0.0, 1000 + k), seed=1 if paired else 2)
        worse += any(one.verdict != "the same" for one in compare(old, new).judges.values())
    assert worse <= 6


def test_where_most_did_not_fly_no_median_decides(tmp_path: Path, capsys) -> None:
    """The other flights are less robust than before, so it is not better; a median of none is null in JSON."""
    old = folder(tmp_path / "a", [*[None] * 66, *(10.0 + run for run in range(54))])
    new = folder(tmp_path / "b", [*[None] * 66, *(1.0 + run / 100.0 for run in range(54))], seed=2)
    low = compare(old, new).judges["low"]
    assert low.p_robustness is not None
    assert low.p_robustness < 0.05
    assert low.verdict == "the same"
    main(["campaign", "compare", str(old), str(new), "--json"])
    assert json.loads(capsys.readouterr().out, parse_constant=pytest.fail)["judges"]["low"]["median"] == [None, None]


def test_judges_of_one_alone_are_named_and_an_empty_folder_too(tmp_path: Path, capsys) -> None:
    old = folder(tmp_path / "a", [1.0] * 5)
    new = folder(tmp_path / "b", [1.0] * 5, others=("other",))
    assert compare(old, new).only == ["calm", "other"]
    with pytest.raises(UserError, match="has no results"):
        compare(old, _empty(tmp_path / "c"))
    assert main(["campaign", "compare", str(old), str(new)]) == 0
    assert "5 pairs of flights" in capsys.readouterr().out


def _empty(path: Path) -> Path:
    study = Study(StudyFile("p", {"low": ""}, sample=SampleSettings("random", 1)), {}, "", 1)
    with Folder(path, study, "here"):
        pass
    return path


def test_the_command_ends_with_1_where_something_is_worse(tmp_path: Path, capsys) -> None:
    bad = [-1.0 if run < 12 else 1.0 for run in range(RUNS)]
    old, new = folder(tmp_path / "a", [1.0] * RUNS), folder(tmp_path / "b", bad)
    assert main(["campaign", "compare", str(old), str(new), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["worse"] == ["low", "all judges"]
    assert msgspec.convert(told["flights"], tuple[int, int]) == (RUNS, RUNS)


def test_the_command_tells_chances_that_are_corrected_for_all_its_tests(tmp_path: Path, capsys) -> None:
    """Holm: five tests (failures and robustness of two judges, failures of all). Ten fresh failures of 120 pairs are
    one of 2**9 by chance; the least of five chances counts five times, the next four times."""
    old_margins = [1.0] * RUNS
    new_margins = [-1.0 if run < 10 else 1.0 for run in range(RUNS)]
    old, new = folder(tmp_path / "a", old_margins), folder(tmp_path / "b", new_margins)
    assert main(["campaign", "compare", str(old), str(new)]) == 1
    head, low, calm, every, agreement = capsys.readouterr().out.splitlines()
    assert head == "120 pairs of flights; p values corrected for 5 tests (Holm)"
    alone = [2.0**-9, 2.0**-9]  # low's failures and those of all
    from scipy.stats import wilcoxon

    ranks = wilcoxon([-2.0] * 10 + [0.0] * 110).pvalue
    least, second, third = (p * count for p, count in zip(sorted([ranks, *alone]), (5, 4, 3), strict=True))
    second = max(least, second)
    told = max(second, third)
    assert low == f"low: worse; 0 failed, then 10 (p {second:.2g}); robustness 1, then 1 (p {least:.2g})"
    assert agreement == "agreement: 91.7% of the verdicts, Cohen's kappa 0.00; apart: runs 0 1 2 3 4"
    assert calm == "calm: the same; 0 failed, then 0 (p 1); robustness 1, then 1 (p 1)"
    assert every == f"{ALL}: worse; 0 failed, then 10 (p {told:.2g})"


def test_pairs_tell_how_far_two_vehicles_agree_and_where_least(tmp_path: Path) -> None:
    """Both hold in 4 of 8 pairs and fail in 2; chance alone gives (6 * 4 + 2 * 4) / 64 of that."""
    ours, theirs = [1.0] * 6 + [-1.0] * 2, [1.0] * 4 + [-9.0, -2.0] + [-1.0] * 2
    agreed = compare(folder(tmp_path / "a", ours), folder(tmp_path / "b", theirs)).agreement
    assert agreed is not None
    assert agreed.share == pytest.approx(0.75)
    assert agreed.kappa == pytest.approx((0.75 - 0.5) / 0.5)
    assert agreed.apart == [4, 5]


def flown(path: Path, params: str) -> Path:
    """A campaign of two flights, one of them in a wind that its judge does not stand."""
    (path.parent / "study.toml").write_text(
        f'plan = "square.plan"\nlimit_s = 300\n[params]\n{params}\n[judge]\ncalm = "always(wind < 4)"\n'
        '[sample]\nmethod = "grid"\n[vary.wind]\ngrid = [0, 9]\n'
    )
    (path.parent / "square.plan").write_bytes((ROOT / "examples" / "square.plan").read_bytes())
    study = Study.read(path.parent / "study.toml")
    with Folder(path, study, identity()) as kept:
        kept.add([fly_run(study, run, given) for run, given in enumerate(study.inputs())])
    return path


def test_the_worst_disagreements_are_drawn_with_both_tracks(tmp_path: Path, capsys) -> None:
    """The one that holds was not kept: it is flown again."""
    calm, windy = (
        flown(tmp_path / "calm", 'SIM_WIND_DIR = "{wind}"'),
        flown(tmp_path / "windy", 'SIM_WIND_SPD = "{wind}"'),
    )
    (calm / "signals" / "1.parquet").unlink(missing_ok=True)
    main(["campaign", "compare", str(calm), str(windy), "--json"])
    told = json.loads(capsys.readouterr().out)
    assert told["agreement"]["apart"] == [1] and told["page"] == str(windy / "compared.html")
    page = (windy / "compared.html").read_text()
    assert page.count('class="track run0"') == page.count('class="track run1"') == 1
    assert "calm, holds" in page and "windy, fails" in page


def test_tracks_that_nobody_has_are_not_drawn(tmp_path: Path, capsys) -> None:
    """Flown by another program, which kept none."""
    old, new = folder(tmp_path / "a", [1.0] * 5), folder(tmp_path / "b", [1.0] * 4 + [-1.0])
    main(["campaign", "compare", str(old), str(new), "--json"])
    told = json.loads(capsys.readouterr().out)
    assert (told["agreement"]["apart"], told["page"]) == ([4], None)


def test_without_pairs_there_is_no_agreement(tmp_path: Path) -> None:
    assert compare(folder(tmp_path / "a", [1.0]), folder(tmp_path / "b", [1.0], seed=2)).agreement is None


def test_of_all_the_same_verdicts_there_is_no_kappa(tmp_path: Path) -> None:
    agreed = compare(folder(tmp_path / "a", [1.0, 2.0]), folder(tmp_path / "b", [2.0, 1.0])).agreement
    assert agreed is not None
    assert (agreed.share, agreed.kappa, agreed.apart) == (1.0, None, [])
