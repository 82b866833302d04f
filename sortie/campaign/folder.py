"""Folder of a campaign: results survive any end of the program.

`study.json`: study and version. `results.jsonl`: a line for each run in order of arrival, on disk before the next
result is taken. A line torn by a kill or a full disk is cut off at the next start, and its run flown again.
`signals/RUN.parquet`: signals of runs that came with theirs. `errors/RUN.txt`: tracebacks. `runs.parquet`: all results
by run number, with the same bytes whatever their order of arrival. `report.html`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from sortie.campaign.flown import FlownRun, RunResult, figures_of
from sortie.campaign.sampling import names_of
from sortie.campaign.signals import Array
from sortie.campaign.study import Study
from sortie.config.errors import UserError
from sortie.config.files import files_of
from sortie.storage.file_lock import lock

if TYPE_CHECKING:
    import pyarrow

_ROWS_AT_ONCE: Final = 4096


class StoredStudy(Struct, frozen=True):
    """Contents of `study.json`. `identity`: of the program that flies it; `began`: date and time (UTC) of the first
    command."""

    study: Study
    identity: str
    began: str = ""


class Folder:
    """Folder of a campaign, locked by one program at a time; a context manager. UserError: it is not one, belongs to
    another study or version, or another program writes to it."""

    def __init__(self, path: Path, study: Study, identity: str) -> None:
        self.path = path
        self.study = study
        began = datetime.now(UTC).strftime("%Y-%m-%d %H:%M")
        stored = msgspec.json.format(msgspec.json.encode(StoredStudy(study, identity, began)))
        with files_of(f"--out {path}", "choose another folder"):
            path.mkdir(parents=True, exist_ok=True)
            self._results = (path / "results.jsonl").open("a+b", buffering=0)  # keeps nothing that a full disk refused
        try:
            self._hold()
            with writing(path):
                self._agree(stored)
                self.done, self.cut = self._recover()
        except BaseException:
            self._results.close()
            raise

    def __enter__(self) -> Folder:
        return self

    def __exit__(self, *_: object) -> None:
        self._results.close()

    def _hold(self) -> None:
        try:
            lock(self._results.fileno())
        except OSError:
            raise UserError(f"--out {self.path}: another campaign is writing there; wait for it, or end it") from None

    def _agree(self, stored: bytes) -> None:
        file = self.path / "study.json"
        if not file.exists() and os.fstat(self._results.fileno()).st_size:
            raise UserError(f"--out {self.path}: has a results.jsonl without a study.json; choose another folder")
        with (self.path / "results.jsonl").open("rb") as results:
            if not any(map(_row, results)):  # nothing is lost: another study may take it
                write_whole(file, stored)
                return
        previous = read_study(self.path)
        ours = msgspec.json.decode(stored, type=StoredStudy)
        theirs = msgspec.structs.replace(previous.study, name=ours.study.name)
        if theirs != ours.study:
            longer = msgspec.structs.replace(theirs, runs=ours.study.runs) == ours.study
            what = f"this study with --runs {theirs.runs}, which draws other inputs" if longer else "another study"
            raise UserError(f"--out {self.path}: holds the results of {what}; choose another folder")
        if previous.identity != ours.identity:
            raise UserError(
                f"--out {self.path}: was flown by Sortie {previous.identity}, this is {ours.identity}; choose another "
                "folder"
            )

    def _recover(self) -> tuple[set[int], int]:
        """Return the stored runs and the number of invalid bytes at the end, which are cut off. Damage before stays:
        what is behind it is whole."""
        done: set[int] = set()
        whole = end = 0
        with (self.path / "results.jsonl").open("rb") as results:
            for line in results:
                end += len(line)
                row = _row(line)
                if row is not None:
                    whole = end
                    if _is_of(self.study, row):
                        done.add(row.run)
        cut = end - whole
        self._results.truncate(whole)
        return done, cut

    def add(self, flown: Iterable[FlownRun]) -> None:
        """Store results on disk; existing ones stay unchanged. Files of a result are written before its line."""
        fresh = [result for result in flown if result.row.run not in self.done]
        with writing(self.path):
            lines = [self._line(result) for result in fresh]
            unwritten = memoryview(b"".join(lines))
            while unwritten:
                unwritten = unwritten[self._results.write(unwritten) :]
            os.fsync(self._results.fileno())
        self.done.update(result.row.run for result in fresh)

    def _line(self, result: FlownRun) -> bytes:
        """Return the line of a result. Its signals and traceback are already written."""
        if result.signals:
            (self.path / "signals").mkdir(exist_ok=True)
            write_signals(self.path / "signals" / f"{result.row.run}.parquet", result.signals)
        if result.traceback:
            (self.path / "errors").mkdir(exist_ok=True)
            write_whole(self.path / "errors" / f"{result.row.run}.txt", result.traceback.encode("utf-8"))
        return msgspec.json.encode(result.row) + b"\n"

    def finish(self) -> Path:
        """Write `runs.parquet` with all results."""
        import pyarrow.parquet

        file, new = self.path / "runs.parquet", self.path / "runs.parquet.new"
        with writing(self.path):
            with pyarrow.parquet.ParquetWriter(new, _schema(self.study)) as writer:
                for table in tables(self.path, self.study):
                    writer.write_table(table)
            new.replace(file)
        return file


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Convert errors of the disk to UserError."""
    try:
        yield
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else str(error)
        raise UserError(f"{path}: {why}; then run the same command again to continue", 1) from error


def read_study(path: Path) -> StoredStudy:
    """Read study and identity of a folder. UserError when it is not a campaign's."""
    try:
        return msgspec.json.decode((path / "study.json").read_bytes(), type=StoredStudy)
    except OSError as error:
        raise UserError(
            f"{path}: not the folder of a campaign; `sortie campaign run STUDY.toml --out {path}` makes one"
        ) from error
    except msgspec.DecodeError as error:
        raise UserError(
            f"{path / 'study.json'}: damaged, or of another version of Sortie; use another folder"
        ) from error


def rows(path: Path) -> Iterator[RunResult]:
    """Read the results of a folder by run number, each run once; only their file offsets are held in memory."""
    file = path / "results.jsonl"
    if not file.exists():
        return
    study = read_study(path).study
    at: dict[int, int] = {}
    with files_of(file, "use another folder"), file.open("rb") as results:
        start = 0
        for line in results:
            row = _row(line)
            if row is not None and _is_of(study, row):
                at.setdefault(row.run, start)
            start += len(line)
        for _, start in sorted(at.items()):
            results.seek(start)
            found = _row(results.readline())
            assert found is not None
            yield found


def write_signals(file: Path, signals: Mapping[str, Array]) -> None:
    """Write a table with a column for each signal. It is not synchronised with the disk: after a power loss the run can
    be flown again, and waiting would take as long as flying."""
    import pyarrow
    import pyarrow.parquet

    with pyarrow.BufferOutputStream() as buffer:
        pyarrow.parquet.write_table(pyarrow.table(dict(signals)), buffer)
        write_whole(file, buffer.getvalue().to_pybytes(), wait=False)


def read_signals(path: Path, run: int) -> dict[str, Array]:
    """Read the signals of a flight; empty when they were not kept. UserError for a damaged file."""
    file = path / "signals" / f"{run}.parquet"
    if not file.exists():
        return {}
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.read_table(file)
    except (pyarrow.ArrowException, OSError) as error:
        raise UserError(
            f"{file}: is damaged ({type(error).__name__}); delete it: replay flies the run again"
        ) from error
    return {name: table.column(name).to_numpy() for name in table.column_names}


def tables(path: Path, study: Study) -> Iterator[pyarrow.Table]:
    """Read the results of a folder by run number, as tables of some thousand rows."""
    import pyarrow

    schema, flown = _schema(study), (_flat(row) for row in rows(path))
    batch = list(islice(flown, _ROWS_AT_ONCE))
    yield pyarrow.Table.from_pylist(batch, schema)
    while batch := list(islice(flown, _ROWS_AT_ONCE)):
        yield pyarrow.Table.from_pylist(batch, schema)


def results(path: Path | str) -> pyarrow.Table:
    """Read the results that a campaign's folder has so far, a row for each run; `to_pandas()` converts them. UserError
    when it is not a campaign's."""
    import pyarrow

    return pyarrow.concat_tables(tables(Path(path), read_study(Path(path)).study))


def _row(line: bytes) -> RunResult | None:
    """Parse a line; None when it is incomplete."""
    if not line.endswith(b"\n"):
        return None
    try:
        return msgspec.json.decode(line, type=RunResult)
    except (msgspec.DecodeError, RecursionError):
        return None


def _is_of(study: Study, row: RunResult) -> bool:
    """Check that a study has this run, with these inputs and judges; others were put into the file by hand."""
    return (
        0 <= row.run < study.runs
        and row.inputs.keys() == names_of(study.file.vary).keys()
        and row.robustness.keys() == study.file.judge.keys()
    )


def write_whole(file: Path, data: bytes, *, wait: bool = True) -> None:
    """Write a file completely or not at all. `wait`: until it is on disk."""
    new = file.with_name(file.name + ".new")
    try:
        with new.open("wb") as out:
            out.write(data)
            out.flush()
            if wait:
                os.fsync(out.fileno())
    except OSError:
        new.unlink(missing_ok=True)
        raise
    new.replace(file)


def _schema(study: Study) -> pyarrow.Schema:
    import pyarrow as pa

    fields = [("run", pa.int64()), ("seed", pa.int64()), ("result", pa.string()), ("reason", pa.string())]
    fields += [("ok", pa.bool_())]
    for name, varied in names_of(study.file.vary).items():
        fields.append((f"input.{name}", pa.string() if varied.is_text(name) else pa.float64()))
    fields += [(f"robustness.{name}", pa.float64()) for name in study.file.judge]
    fields += [(name, pa.float64()) for name in figures_of(study)]
    return pa.schema(fields)


def _flat(row: RunResult) -> dict[str, object]:
    """Return a row of the table. If an input has texts among its values, all its values are texts."""
    flat: dict[str, object] = {
        "run": row.run,
        "seed": row.seed,
        "result": row.result,
        "reason": row.reason,
        "ok": row.ok,
        **{f"robustness.{name}": value for name, value in row.robustness.items()},
        **row.figures,
    }
    return flat | {f"input.{name}": value for name, value in row.inputs.items()}
