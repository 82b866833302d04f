"""Reduction of a failure to the smallest change from an undisturbed flight: fewest causes, shortest plan, smallest
values.

Causes (faults, and inputs that are not at rest, see `Distribution.at_rest`) and plan items are removed by delta
debugging (Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input", 2002), until none of them can be
removed. Remaining numbers are then moved towards rest by bisection. The seed stays the same.

A flight fails alike if it breaks every judge that the first one broke (or the named one), or if it ends in the same way
without having flown. A shorter plan must still work: if the whole plan, flown at rest, keeps these judges, so must the
short one, with the same end. Otherwise a plan without its way home would explain every failure of the battery.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final, TypeVar

import msgspec
from msgspec import Struct

from autopilot.mission.plan import format_plan
from sortie.campaign.flown import FlownRun, RunResult, fly_run, identity
from sortie.campaign.folder import Folder, StoredStudy
from sortie.campaign.sampling import Distribution, Value, at_rest
from sortie.campaign.study import Study
from sortie.campaign.study_file import SampleSettings
from sortie.config.errors import UserError, nearest

MOST_FLIGHTS: Final = 200
_HALVINGS: Final = 7
_DIGITS: Final = 6
T = TypeVar("T")
Fly = Callable[[Study, Mapping[str, Value]], RunResult]
"""Function that flies run 0 of a study with these inputs."""


class Case(Struct, frozen=True):
    """Flight between rest and the failure. `faults`: numbers of the study's faults, from 0; `items`: of the plan, from
    1."""

    inputs: dict[str, Value]
    faults: tuple[int, ...]
    items: tuple[int, ...]

    def study(self, whole: Study) -> Study:
        """Return a study of this single flight."""
        file = whole.file
        vary = {name: Distribution(choice=[value]) for name, value in self.inputs.items()}
        only = msgspec.structs.replace(
            file,
            faults=[file.faults[k] for k in self.faults],
            vary=vary,
            sample=SampleSettings("grid", 1, file.sample.seed),
        )
        return msgspec.structs.replace(whole, file=only, runs=1, only=list(self.items))


class ReducedFailure(Struct, frozen=True):
    """Reduced failure. `judges`: the broken ones, with robustness of the original and the small flight. `causes`,
    `items`: number before and after. `flights`: number flown; `whole`: all steps were done."""

    judges: dict[str, tuple[float, float]]
    study: Study
    flown: FlownRun
    causes: tuple[int, int]
    items: tuple[int, int]
    flights: int
    whole: bool


class _NoFlightsLeft(Exception):
    """The maximum number of flights is reached."""


class _Shrinking:
    """Reduction in progress; `best` is the smallest failure so far."""

    def __init__(self, study: Study, failure: RunResult, fly: Fly, most: int, judge: str | None) -> None:
        self._study = msgspec.structs.replace(study, first=study.first + failure.run)
        self._failure, self._fly, self._most = failure, fly, most
        self.broken = _judges_broken(failure, judge)
        self._rest = {name: value for name, value in at_rest(study.file.vary).items() if name in failure.inputs}
        self._known: dict[str, bool] = {}
        self._quiet: dict[tuple[int, ...], RunResult] = {}
        unchanged = msgspec.structs.replace(study, file=msgspec.structs.replace(study.file, change=[]))
        items = tuple(item.seq for item in unchanged.plan(failure.inputs).items)  # changes count by these numbers too
        self._items = tuple(study.only) or items  # `only`: those left in a plan that was reduced before
        self.best = Case(dict(failure.inputs), tuple(range(len(study.file.faults))), self._items)
        self.flights = 0

    def fails(self, case: Case) -> bool:
        """Check whether a case fails; fly it unless it was flown before."""
        key = repr(case)
        if key not in self._known:
            self._known[key] = self._flies(case)
        if self._known[key]:
            self.best = case
        return self._known[key]

    def _flies(self, case: Case) -> bool:
        study = case.study(self._study)
        try:
            study.planned(0, case.inputs)
        except UserError:
            return False  # without this item the plan is invalid
        return self._alike(self._flown(study, case.inputs)) and self._still_a_plan(case.items)

    def _flown(self, study: Study, given: Mapping[str, Value]) -> RunResult:
        if self.flights >= self._most:
            raise _NoFlightsLeft
        self.flights += 1
        return self._fly(study, given)

    def _alike(self, row: RunResult) -> bool:
        if not self.broken:
            return row.result == self._failure.result and not row.ok
        return all(_breaks(row, name) for name in self.broken)

    def _still_a_plan(self, items: tuple[int, ...]) -> bool:
        """Check whether these items, flown at rest, do what all items do."""
        if items == self._items:
            return True
        whole, part = self._at_rest(self._items), self._at_rest(items)
        if self._alike(whole):
            return True  # the plan itself fails
        return part.result == whole.result and not any(_breaks(part, name) for name in self.broken)

    def _at_rest(self, items: tuple[int, ...]) -> RunResult:
        if items not in self._quiet:
            case = Case(self._rest, (), items)
            self._quiet[items] = self._flown(case.study(self._study), case.inputs)
        return self._quiet[items]

    def run(self, *, keep_plan: bool) -> bool:
        """Repeat all steps until none makes it smaller; False when the flights did not suffice."""
        try:
            if not self.fails(self.best):
                raise UserError(f"run {self._failure.run}: does not fail when it is flown again")
            before = None
            while before != self.best:
                before = self.best
                thinned(self.causes(), lambda causes: self.fails(self._with(causes)))
                if not keep_plan:
                    self._shorter_plan()
                self._less_of_each()
        except _NoFlightsLeft:
            return False
        return True

    def causes(self) -> list[str | int]:
        """Return the remaining causes: names of inputs, numbers of faults."""
        inputs = [name for name, value in self.best.inputs.items() if value != self._rest.get(name, value)]
        return [*inputs, *self.best.faults]

    def _with(self, causes: Sequence[str | int]) -> Case:
        inputs = {name: value if name in causes else self._rest[name] for name, value in self.best.inputs.items()}
        return Case(inputs, tuple(cause for cause in causes if isinstance(cause, int)), self.best.items)

    def _shorter_plan(self) -> None:
        def fails(items: Sequence[int]) -> bool:
            return bool(items) and self.fails(msgspec.structs.replace(self.best, items=tuple(items)))

        thinned(list(self.best.items), fails)

    def _less_of_each(self) -> None:
        for name in [cause for cause in self.causes() if isinstance(cause, str)]:
            value, rest = self.best.inputs[name], self._rest[name]
            if isinstance(value, float | int) and isinstance(rest, float | int):
                self._halve(name, float(rest), float(value))

    def _halve(self, name: str, good: float, bad: float) -> None:
        """Bisect a value towards rest, between `good` and `bad`."""
        listed = self._study.file.vary[name].listed if name in self._study.file.vary else None
        for _ in range(0 if listed is not None else _HALVINGS):
            middle = round((good + bad) / 2.0, _DIGITS)
            if self.fails(msgspec.structs.replace(self.best, inputs=self.best.inputs | {name: middle})):
                bad = middle
            else:
                good = middle


def _breaks(row: RunResult, judge: str) -> bool:
    margin = row.robustness[judge]
    return margin is not None and margin < 0.0


def _judges_broken(failure: RunResult, judge: str | None) -> list[str]:
    """Return the judges that a small failure must break. UserError for one that the failure did not break."""
    broken = [name for name in failure.robustness if _breaks(failure, name)]
    if judge is None:
        return broken
    if judge not in broken:
        known = f"; it broke {', '.join(broken)}" if broken else ""
        raise UserError(f"--judge {judge}: run {failure.run} did not break it{nearest(judge, broken)}{known}")
    return [judge]


def thinned(whole: Sequence[T], fails: Callable[[Sequence[T]], bool]) -> list[T]:
    """Return a part of `whole` that fails and of which no element can be removed (ddmin). `whole` fails; [] may fail
    too."""
    remaining, pieces = list(whole), 2
    if not remaining or fails([]):
        return []
    while len(remaining) > 1:
        ends = [len(remaining) * k // pieces for k in range(pieces + 1)]
        cuts = [(remaining[a:b], remaining[:a] + remaining[b:]) for a, b in pairwise(ends)]
        alone = next((cut for cut, _ in cuts if pieces > 1 and fails(cut)), None)
        rest = None if alone is not None else next((other for _, other in cuts if fails(other)), None)
        if alone is not None:
            remaining, pieces = alone, 2
        elif rest is not None:
            remaining, pieces = rest, max(pieces - 1, 2)
        elif pieces < len(remaining):
            pieces = min(2 * pieces, len(remaining))
        else:
            break
    return remaining


def shrink(
    study: Study,
    failure: RunResult,
    fly: Fly | None = None,
    most: int = MOST_FLIGHTS,
    *,
    judge: str | None = None,
    keep_plan: bool = False,
) -> ReducedFailure:
    """Reduce a failure with at most `most` flights. `judge`: the judge to break, None: all that it broke; `keep_plan`:
    keep all items. UserError for a run that did not fail, or does not again."""
    if failure.ok:
        raise UserError(f"run {failure.run}: did not fail; `sortie campaign report` lists those that did")
    shrinking = _Shrinking(study, failure, fly or (lambda study, given: fly_run(study, 0, given).row), most, judge)
    causes, items = len(shrinking.causes()), len(shrinking.best.items)
    whole = shrinking.run(keep_plan=keep_plan)
    best = shrinking.best
    small = msgspec.structs.replace(best.study(study), first=study.first + failure.run)
    flown = fly_run(small, 0, best.inputs)
    judges = {name: (failure.robustness[name] or 0.0, flown.row.robustness[name] or 0.0) for name in shrinking.broken}
    return ReducedFailure(
        judges, small, flown, (causes, len(shrinking.causes())), (items, len(best.items)), shrinking.flights, whole
    )


def keep(shrunk: ReducedFailure, path: Path) -> None:
    """Write the result as a campaign of one run, with its plan as a file, for `replay`, `confirm` and ground
    stations."""
    if (path / "study.json").exists():
        for old in ("study.json", "results.jsonl"):
            (path / old).unlink(missing_ok=True)
    with Folder(path, shrunk.study, identity()) as folder:
        folder.add([shrunk.flown])
        folder.finish()
    (path / "plan.plan").write_text(format_plan(shrunk.study.plan(shrunk.flown.row.inputs)), encoding="utf-8")


def described(shrunk: ReducedFailure, stored: StoredStudy) -> list[str]:
    """Describe the result in lines for people."""
    row, rest = shrunk.flown.row, at_rest(stored.study.file.vary)
    lines = [
        f"still fails: {name}, robustness {after:.4g} (was {before:.4g})"
        for name, (before, after) in shrunk.judges.items()
    ]
    lines += [
        f"inputs and faults left: {shrunk.causes[1]} of {shrunk.causes[0]}",
        f"plan items left: {shrunk.items[1]} of {shrunk.items[0]}",
    ]
    lines += [
        f"{name}: {_said(value)} (normally {_said(rest[name])})"
        for name, value in row.inputs.items()
        if value != rest[name]
    ]
    if rest and not shrunk.causes[1]:
        normal = ", ".join(f"{name} {_said(value)}" for name, value in rest.items())
        lines.append(f"the normal flight fails too ({normal}); `nominal` in [vary] says what is normal")
    lines += [f"fault: {fault}" for fault in shrunk.study.planned(0, row.inputs).spec.fault]
    return lines


def _said(value: float | str) -> str:
    """Name an input's value; the empty text is that of no fault."""
    return "none" if value == "" else str(value)
