"""A run of `sortie` that shows itself on a page, as a process; and pictures of the page, for people."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.fakes.browser import Page
from tests.fakes.program import environment, wait_for
from tests.fakes.served import END_S, free_port

_ADDRESS = re.compile(r"http://\S+?/(?=[,\s]|$)")
TOKEN = "tests"


@contextmanager
def shown(folder: Path, *arguments: str, link: int = 0) -> Iterator[str]:
    """`sortie serve --web` as a process; the address of its page. `link`: a TCP port for others."""
    serve = (
        "serve",
        "--link",
        f"tcpin:127.0.0.1:{link}",
        "--state-dir",
        str(folder / "state"),
        "--log-dir",
        str(folder / "logs"),
    )
    with on_a_page(folder, *serve, *arguments) as address:
        yield address


@contextmanager
def on_a_page(folder: Path, *arguments: str) -> Iterator[str]:
    """`sortie ... --web` as a process in `folder`; the address of its page. It must end with status 0."""
    command = [sys.executable, "-m", "sortie", *arguments, "--web", "--listen", f"127.0.0.1:{free_port()}"]
    process = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env=environment(folder) | {"SORTIE_WEB_TOKEN": TOKEN},
    )
    try:
        found = _ADDRESS.search(wait_for(process, "the page is at"))
        assert found is not None
        yield found.group()
    finally:
        process.terminate()
        process.communicate(timeout=END_S)
    assert process.returncode == 0


def keep(page: Page, folder: Path, name: str) -> None:
    """A screenshot."""
    page.page.screenshot(path=str(folder / f"{name}.png"))
    kept = os.environ.get("SORTIE_TEST_ARTEFACTS")
    if kept:
        Path(kept).mkdir(parents=True, exist_ok=True)
        page.page.screenshot(path=str(Path(kept) / f"{name}.png"))
