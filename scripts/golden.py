"""Runs the golden scenarios (tests/golden). Without arguments: says what differs from what is kept, status 1 if there
is anything. `--write [NAME..]`: keeps what these scenarios, or all, write now."""

from __future__ import annotations

import contextlib
import io
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.golden.prints import difference, kept, prints_of
from tests.golden.scenarios import SCENARIOS


def main(arguments: list[str]) -> int:
    """See the module."""
    write = "--write" in arguments
    names = [name for name in arguments if name != "--write"]
    if unknown := [name for name in names if name not in SCENARIOS]:
        print(f"golden: unknown {', '.join(unknown)}; known are {', '.join(SCENARIOS)}", file=sys.stderr)
        return 2
    status = 0
    for name in names or SCENARIOS:
        path = kept(name)
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(io.StringIO()):
            now = prints_of(SCENARIOS[name](Path(folder)))
        said = difference(name, path.read_text(encoding="utf-8") if path.exists() else "", now)
        if said and write:
            path.parent.mkdir(exist_ok=True)
            path.write_text(now, encoding="utf-8")
            print(f"{name}: written")
        elif said:
            print(said)
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
