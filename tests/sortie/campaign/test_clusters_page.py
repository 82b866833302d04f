"""docs/clusters.md: its examples start clusters that fly a study, as far as that can be had without other machines."""

# ruff: noqa: E402  # what needs the extra is imported behind the skip
from __future__ import annotations

import ast
import inspect
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from getpass import getuser
from pathlib import Path
from shutil import which

import pytest

from tests.fakes.extras import needs

needs("campaign", "distributed", "pyarrow", "scipy")

from sortie.campaign.folder import rows
from sortie.commands.cli import run as main

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "clusters.md").read_text(encoding="utf-8")
STUDY = ROOT / "examples" / "studies" / "gps-loss.toml"
RUNS = 4
Server = Callable[[Path], AbstractContextManager[dict[str, object]]]
SSH_SERVER = """
import asyncio, asyncssh, subprocess, sys
async def run(process):
    child = await asyncio.create_subprocess_shell(
        process.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    await process.redirect(stdout=child.stdout, stderr=child.stderr)
    process.exit(await child.wait())
class Open(asyncssh.SSHServer):
    def begin_auth(self, username):
        return False
async def serve():
    server = await asyncssh.listen("127.0.0.1", 0, server_factory=Open, process_factory=run,
                                   server_host_keys=[asyncssh.generate_private_key("ssh-ed25519")])
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.wait_closed()
asyncio.run(serve())
"""
SBATCH = """#!/bin/sh
cp "$1" "$0.job"  # whoever submits takes its file away
nohup sh "$0.job" > "$0.out" 2>&1 &
echo $! >> "$0.pids"
echo "Submitted batch job $!"
"""


def example(title: str) -> str:
    """The Python below a heading of the page."""
    found = re.search(rf"## {title}\n.*?```python\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


@contextmanager
def started(program: str, environment: dict[str, str] | None = None) -> Iterator[str]:
    """The address that a program of the page prints; it ends with Enter."""
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
        process.stdin.write("\n")
        process.stdin.flush()
        assert process.wait() == 0
    finally:
        process.kill()
        process.wait()


def fly(address: str, out: Path) -> None:
    assert main(["campaign", "run", str(STUDY), "--runs", str(RUNS), "--out", str(out), "--scheduler", address]) == 0
    assert [row.run for row in rows(out)] == list(range(RUNS))


def swapped(program: str, *pairs: tuple[str, str]) -> str:
    """With what is of another machine in its place."""
    for old, new in pairs:
        assert old in program
        program = program.replace(old, new)
    return program


@contextmanager
def asyncssh_server(_: Path) -> Iterator[dict[str, object]]:
    """How to connect to a server that lets everybody in."""
    server = subprocess.Popen([sys.executable, "-c", SSH_SERVER], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        yield {"username": "pilot", "port": int(server.stdout.readline())}
    finally:
        server.kill()
        server.wait()


@contextmanager
def openssh_server(folder: Path) -> Iterator[dict[str, object]]:
    """How to connect to OpenSSH's, as a person's machine has it, with keys of its own."""
    sshd = which("sshd", path="/usr/sbin:/usr/local/sbin:/sbin")
    if sshd is None or which("ssh-keygen") is None:
        pytest.skip("OpenSSH's server is not installed")
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # it goes there when it has been started by root
    for name in ("host", "pilot"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = {
        "Port": port,
        "ListenAddress": "127.0.0.1",
        "HostKey": folder / "host",
        "PidFile": "none",
        "UsePAM": "no",
        "StrictModes": "no",
        "AuthorizedKeysFile": folder / "pilot.pub",
        "PermitRootLogin": "yes",
    }
    words = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
    server = subprocess.Popen([sshd, "-D", "-e", "-f", "/dev/null", *words], stderr=subprocess.PIPE, text=True)
    try:
        assert server.stderr is not None
        told = server.stderr.readline()
        assert "listening" in told, told
        yield {"username": getuser(), "port": port, "client_keys": [str(folder / "pilot")]}
    finally:
        server.kill()
        server.wait()


@pytest.mark.long
@pytest.mark.parametrize("server", [asyncssh_server, openssh_server])
def test_the_ssh_example_flies_by_an_ssh_server(tmp_path: Path, server: Server) -> None:
    pytest.importorskip("asyncssh")
    with server(tmp_path) as connect:
        program = swapped(
            example("SSH"),
            ('"10.0.0.1", "10.0.0.1", "10.0.0.2"', '"127.0.0.1", "127.0.0.1"'),
            ('{"username": "pilot"}', repr({**connect, "known_hosts": None})),
            ('"n_workers": 16', '"n_workers": 2'),
            ("/opt/sortie/.venv/bin/python", sys.executable),
        )
        with started(program) as address:
            fly(address, tmp_path / "out")


@pytest.mark.long
def test_the_slurm_example_flies_by_an_sbatch_that_starts_the_job_in_place(tmp_path: Path) -> None:
    pytest.importorskip("dask_jobqueue")
    for name, text in (("sbatch", SBATCH), ("scancel", "#!/bin/sh\nkill $@\n")):
        (tmp_path / name).write_text(text, encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    program = swapped(
        example("SLURM"),
        ("cores=16", "cores=2"),
        ("processes=16", "processes=2"),
        ("jobs=16", "jobs=1"),
        ('"ib0"', '"lo"'),
        ("/shared/sortie/.venv/bin/python", sys.executable),
    )
    with started(program, {"PATH": f"{tmp_path}:/usr/bin:/bin", "HOME": str(tmp_path)}) as address:
        fly(address, tmp_path / "out")


def test_the_kubernetes_example_makes_a_cluster_of_the_image_with_a_core_for_each_worker() -> None:
    operator = pytest.importorskip("dask_kubernetes.operator")
    (call,) = [
        node
        for node in ast.walk(ast.parse(example("Kubernetes")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "KubeCluster"
    ]
    given = {word.arg: ast.literal_eval(word.value) for word in call.keywords if word.arg is not None}
    assert set(given) <= set(inspect.signature(operator.KubeCluster.__init__).parameters)
    spec = operator.make_cluster_spec(**given)["spec"]
    assert spec["worker"]["replicas"] == 64
    for role, words in (("worker", ["dask", "worker", "--nthreads", "1"]), ("scheduler", ["dask-scheduler"])):
        (container,) = spec[role]["spec"]["containers"]
        assert container["image"] == "registry.example.org/sortie-campaign:1"
        assert container["args"][: len(words)] == words
    assert "ENTRYPOINT" not in (ROOT / "Dockerfile").read_text(), "it would come before these words"


def test_every_example_of_the_page_is_python_that_prints_the_address() -> None:
    for title in ("SSH", "SLURM", "Kubernetes"):
        assert "print(cluster.scheduler_address, flush=True)" in ast.unparse(ast.parse(example(title)))
