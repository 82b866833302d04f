"""The Dockerfile: what it says, and that its steps work, done by hand where no container engine is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import pytest

from mavlink_bridge.links.address import parse_link
from sortie.config.link_policy import check_links
from tests.fakes.dockerfile import ROOT, instructions, only
from tests.fakes.patience import PATIENCE_S
from tests.fakes.served import free_port

HOME = "/home/sortie"
BUILD_S = 600


def links(command: list[str]) -> list[str]:
    """The URLs behind `--link`."""
    return [url for flag, url in pairwise(command) if flag == "--link"]


def test_it_is_slim_and_its_python_is_one_that_we_support():
    """`python:3.11-slim` or newer."""
    name, tag = only("FROM").rest.split(":")
    version, variant = tag.split("-", 1)
    assert (name, variant) == ("python", "slim")
    assert tuple(map(int, version.split("."))) >= (3, 11)


def test_nothing_of_ours_is_installed_or_run_as_root():
    """The user is made first; what follows USER, the command included, runs as that user."""
    words = [instruction.word for instruction in instructions()]
    assert only("USER").rest not in ("root", "0")
    runs = [at for at, instruction in enumerate(instructions()) if instruction.word == "RUN"]
    assert words.index("USER") < runs[-1]
    assert words.index("USER") < words.index("CMD")
    assert all("pip" not in instructions()[at].rest for at in runs if at < words.index("USER"))


def test_its_command_serves_on_all_interfaces_and_exposes_what_it_serves():
    """`sortie serve` on TCP 5760 and UDP 14550, the ports of EXPOSE, reachable from outside of the container."""
    command = only("CMD").arguments
    assert command[:2] == ["sortie", "serve"]
    assert links(command) == ["tcpin:0.0.0.0:5760", "udpin:0.0.0.0:14550"]
    assert {f"{parse_link(url).port}" for url in links(command)} == {
        exposed.split("/")[0] for exposed in only("EXPOSE").rest.split()
    }
    check_links(links(command), signed=False, insecure="--insecure" in command)


def test_its_healthcheck_asks_the_service_on_its_port():
    """`sortie status`, on the port that the command opens."""
    asks = only("HEALTHCHECK").arguments
    assert asks[:2] == ["sortie", "status"]
    assert asks[-1] == links(only("CMD").arguments)[0].replace("tcpin:0.0.0.0", "tcp:127.0.0.1")


def test_the_build_context_leaves_out_what_a_working_copy_has_grown():
    """Hundreds of megabytes of environments and caches, and the history."""
    ignored = (ROOT / ".dockerignore").read_text().split()
    for name in (".git", ".venv", "**/__pycache__", ".mypy_cache", ".pytest_cache", ".hypothesis"):
        assert name in ignored


def translated(text: str, folder: Path, ports: Mapping[str, str]) -> str:
    """The container's home and ports are these here; 0.0.0.0 is loopback."""
    text = text.replace(HOME, str(folder)).replace("0.0.0.0", "127.0.0.1")
    for there, here in ports.items():
        text = text.replace(f":{there}", f":{here}")
    return text


def build(folder: Path) -> dict[str, str]:
    """COPY and the steps after USER, in `folder`; the environment of the command. `python` is the one that tests."""
    (folder / "bin").mkdir()
    (folder / "bin" / "python").symlink_to(sys.executable)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SORTIE_", "PYTHON", "VIRTUAL"))}
    environment = kept | {"HOME": str(folder), "PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}
    is_user = False
    for instruction in instructions():
        is_user = is_user or instruction.word == "USER"
        rest = translated(instruction.rest, folder, {})
        if instruction.word == "COPY":
            source, target = [part for part in rest.split() if not part.startswith("--")]
            copy(ROOT / source, Path(target))
        elif instruction.word == "RUN" and is_user:
            done = subprocess.run(
                ["sh", "-c", rest], cwd=folder, env=environment, capture_output=True, text=True, timeout=BUILD_S
            )
            assert done.returncode == 0, done.stderr
        elif instruction.word == "ENV":
            for assignment in rest.split():
                name, value = assignment.split("=", 1)
                environment[name] = value.replace("$PATH", environment["PATH"])
    return environment


def copy(source: Path, target: Path) -> None:
    """What git has of the working copy, as it is now: about what .dockerignore leaves of it."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=source, capture_output=True, check=True).stdout
    for name in filter(None, names.decode().split("\0")):
        if (source / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (target / name).write_bytes((source / name).read_bytes())


@pytest.mark.long
def test_its_steps_install_a_service_that_serves_and_is_healthy(tmp_path):
    """Installed in an empty folder as the Dockerfile says: CMD serves, HEALTHCHECK is content, SIGTERM ends it."""
    environment = build(tmp_path)
    ports = {"5760": str(free_port()), "14550": str(free_port())}
    program = str(tmp_path / ".venv" / "bin" / "sortie")
    serve, check = (
        [program, *(translated(word, tmp_path, ports) for word in only(which).arguments[1:])]
        for which in ("CMD", "HEALTHCHECK")
    )
    place = {"cwd": tmp_path, "env": environment, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(serve, **place) as service:
        try:
            assert service.stderr is not None
            assert "serving copter" in iter(service.stderr.readline, "").__next__()
            done = subprocess.run(
                check, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=PATIENCE_S
            )
            assert done.returncode == 0, done.stderr
            assert "STABILIZE" in done.stdout
        finally:
            service.send_signal(signal.SIGTERM)
        assert service.wait(PATIENCE_S) == 0
    assert (tmp_path / "state" / "sortie" / "state.db").is_file()
