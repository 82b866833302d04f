"""The compiled library: what is flown, and what is not."""

from __future__ import annotations

import ctypes
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from autopilot.control import kernels
from autopilot.control import library as lib
from autopilot.control.kernels import Kernel, KernelError
from autopilot.vehicles.kinds import KINDS
from sortie.config.errors import UserError
from sortie.runtime.loader import judge_kernel
from tests.fakes.patience import PATIENCE_S

TARGET = lib.this_target() or "none"


def put(folder: Path, data: bytes = b"code", *, target: str = TARGET, fingerprint: str = "of these") -> Path:
    """A library with its note."""
    file = lib.library_file(TARGET, folder)
    file.write_bytes(data)
    file.with_suffix(".txt").write_text("\n".join((target, fingerprint, hashlib.sha256(data).hexdigest(), "code", "")))
    return file


def why_not(folder: Path, fingerprint: str = "of these") -> str:
    with pytest.raises(lib.LibraryError) as raised:
        lib.open_library(fingerprint.replace(" ", ""), folder)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_each_library_that_is_none_is_refused_with_its_reason(tmp_path: Path) -> None:
    """None at all, truncated, of other sources, of another processor by its note, and by its code alone."""
    assert "there is no compiled library" in why_not(tmp_path)
    file = put(tmp_path, b"some code", fingerprint="ofthese")
    file.write_bytes(b"some co")
    assert "is damaged" in why_not(tmp_path)
    put(tmp_path, fingerprint="ofothers")
    assert "is of other sources" in why_not(tmp_path)
    put(tmp_path, target="riscv64-linux", fingerprint="ofthese")
    assert "is damaged" in why_not(tmp_path)
    put(tmp_path, b"\x7fELF of another processor", fingerprint="ofthese")
    assert "cannot be loaded" in why_not(tmp_path)


def test_a_processor_below_the_baseline_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An instruction that it does not know would end the process."""
    monkeypatch.setattr(lib, "this_target", lambda: "x86_64-linux")
    data = b"\x7fELF"
    file = lib.library_file("x86_64-linux", tmp_path)
    file.write_bytes(data)
    file.with_suffix(".txt").write_text(
        "\n".join(("x86_64-linux", "ofthese", hashlib.sha256(data).hexdigest(), "code", ""))
    )
    read = Path.read_bytes
    flags = b"flags : sse2 ssse3 sse4_1\n"
    monkeypatch.setattr(Path, "read_bytes", lambda path: flags if path == Path("/proc/cpuinfo") else read(path))
    assert "needs a processor of x86-64-v2" in why_not(tmp_path)


def test_a_system_without_libraries_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "haiku1")
    assert why_not(tmp_path) == "there is no compiled library for haiku1"


@pytest.fixture
def whole_library() -> None:
    """Skip where it is missing."""
    if not lib.fits(TARGET, kernels.fingerprint(), lib.FOLDER):
        pytest.skip("this checkout has no library of its sources: `python -m sortie.kernels`")


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty folder of libraries, and nothing chosen yet."""
    monkeypatch.delenv(kernels.VARIABLE, raising=False)
    monkeypatch.setattr(kernels, "open_library", lambda fingerprint: lib.open_library(fingerprint, tmp_path))
    kernels.choice.cache_clear()
    monkeypatch.setattr(kernels, "choice", kernels.choice.__wrapped__)
    return tmp_path


def test_without_a_library_numba_flies_and_without_numba_plain_python_with_a_word(
    fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The word says what it costs and what would help; nobody is told what he asked for."""
    monkeypatch.setattr(kernels, "_numba", lambda: True)
    assert kernels.choice().kernel is Kernel.JIT
    assert kernels.plain_warning() is None
    monkeypatch.setattr(kernels, "_numba", lambda: False)
    assert kernels.choice().kernel is Kernel.PYTHON
    warning = kernels.plain_warning()
    assert warning is not None
    assert "there is no compiled library" in warning
    assert "sortie-mavlink[jit]" in warning
    monkeypatch.setenv(kernels.VARIABLE, "python")
    assert kernels.plain_warning() is None


def test_what_was_asked_for_and_cannot_be_had_is_one_line(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "_numba", lambda: False)
    for asked, told in (("library", "no compiled library"), ("jit", "numba is not there"), ("fast", "must be library")):
        monkeypatch.setenv(kernels.VARIABLE, asked)
        with pytest.raises(KernelError, match=told):
            kernels.choice()


def test_arrays_that_a_function_cannot_take_are_refused() -> None:
    """A wrong number type, wrong axes, or not in C's order would be read as other numbers."""
    taken = lib.LibraryFunction(
        ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p)(lambda block: 7), "int64(float64[:, ::1], int64)"
    )
    assert taken(np.zeros((2, 3)), 5) == 7
    assert taken.bind(np.zeros((2, 3)))(5) == 7
    for wrong in (np.zeros((2, 3), np.float32), np.zeros(6), np.zeros((4, 6))[:, ::2]):
        with pytest.raises(TypeError, match="is wanted"):
            taken(wrong, 5)
    with pytest.raises(ValueError, match="zip"):
        taken(np.zeros((2, 3)))


def test_the_block_is_addresses_and_sizes_behind_each_other() -> None:
    seen: list[int] = []
    read = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.POINTER(ctypes.c_int64))(lambda block: seen.extend(block[:6]) or 0)
    rows, row = np.zeros((2, 3)), np.zeros(4, np.uint8)
    lib.LibraryFunction(read, "void(float64[:,::1], int64, uint8[::1])")(rows, -5, row)
    assert seen == [rows.ctypes.data, 2, 3, -5, row.ctypes.data, 4]


def test_a_function_that_failed_raises() -> None:
    """Never a number that somebody goes on with."""
    failing = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p)(lambda block: lib.FAILED)
    with pytest.raises(ArithmeticError):
        lib.LibraryFunction(failing, "int64(int64)")(1)


IN_MOUNTS = """
mount --bind "$1" "$1" && mount -o "remount,bind,$2" "$1" && shift 2 && exec "$@"
"""
FLIES = """
from autopilot.control import kernels
kernels._numba = lambda: False
from sortie import Session
with Session(seed=1) as session:
    session.wait_armable()
    print(session.autopilot.prearm.ok, kernels.choice().kernel.value)
print(kernels.plain_warning())
"""


def flown_in(mount: str, folder: Path, work: Path) -> list[str]:
    """Lines of a vehicle that gets armable, with `folder` mounted so, without numba. Skipped where nobody may mount."""
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-rm", "true"], check=False).returncode != 0:
        pytest.skip("a mount namespace of its own needs a right that this user has not")
    command = ["unshare", "-rm", "sh", "-c", IN_MOUNTS, "sh", folder, mount, sys.executable, "-c", FLIES]
    environment = {name: value for name, value in os.environ.items() if name != kernels.VARIABLE}
    environment |= {"PYTHONPATH": str(kernels.ROOT), "XDG_STATE_HOME": str(work)}
    done = subprocess.run(
        command, cwd=work, env=environment, capture_output=True, text=True, timeout=PATIENCE_S, check=True
    )
    return done.stdout.splitlines()


def test_the_library_flies_from_where_nothing_can_be_written(whole_library: None, tmp_path: Path) -> None:
    """Read-only site-packages: nothing of a flight is put beside the sources."""
    assert flown_in("ro", kernels.ROOT, tmp_path) == ["True library", "None"]


def test_where_no_code_may_be_loaded_from_plain_python_flies_and_one_line_says_why(
    whole_library: None, tmp_path: Path
) -> None:
    ready, warning = flown_in("noexec", lib.FOLDER, tmp_path)
    assert ready == "True python"
    assert "cannot be loaded" in warning and "sortie-mavlink[jit]" in warning


def digests(kernel: str) -> tuple[list[str], bool]:
    """Of each kind of vehicle, and whether numba was loaded."""
    script = "import runpy, sys; runpy.run_module('tests.fakes.short_flights', run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-W", "error::RuntimeWarning", "-c", f"{script}; print('numba' in sys.modules)"],
        env={**os.environ, kernels.VARIABLE: kernel},
        capture_output=True,
        text=True,
        check=True,
        timeout=10 * PATIENCE_S,
    )
    *told, numba = done.stdout.splitlines()
    return told, numba == "True"


@pytest.mark.parametrize("kernel", ["python", pytest.param("jit", marks=pytest.mark.long)])
def test_library_numba_and_plain_python_fly_each_kind_alike_to_the_byte(whole_library: None, kernel: str) -> None:
    """Logs and frames; the library needs no numba for them."""
    told, numba = digests("library")
    assert (numba, len(told)) == (False, len(KINDS))
    assert digests(kernel) == (told, kernel == "jit")


def test_a_service_says_in_one_line_what_it_flies_with(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain Python where nobody asked for it; status 2 where what was asked for cannot be had."""
    monkeypatch.setattr(kernels, "_numba", lambda: False)
    told: list[str] = []
    judge_kernel(told.append)
    assert len(told) == 1
    assert told[0].startswith("sortie: there is no compiled library")
    monkeypatch.setenv(kernels.VARIABLE, "jit")
    with pytest.raises(UserError, match="numba is not there"):
        judge_kernel(told.append)
