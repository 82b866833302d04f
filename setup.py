"""Builds a wheel with the compiled library of one kind of machine; the rest of the metadata is in setup.cfg.

`SORTIE_TARGET=x86_64-linux|aarch64-linux|x86_64-macos|aarch64-macos|x86_64-windows` builds for another machine than
this one, `none` without a library. Where nothing can be compiled (no numba for this Python, no linker) the wheel is for
any machine, and says so.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent
sys.path.insert(0, str(ROOT))

from autopilot.control.library import library_file, this_target  # noqa: E402 - of this folder
from sortie.kernels.targets import target_named  # noqa: E402

TARGET = os.environ.get("SORTIE_TARGET") or this_target() or "none"


class BuildWithLibrary(build_py):
    """Copies the packages, then compiles the library for `TARGET` into the copy (editable: beside the sources)."""

    def run(self) -> None:
        super().run()
        into = (ROOT if self.editable_mode else Path(self.build_lib).absolute()) / "autopilot" / "compiled"
        for file in into.glob("kernels-*") if not self.editable_mode else ():
            if file.stem != f"kernels-{TARGET}":
                file.unlink()
        arguments = ["--target", TARGET, "--into", str(into), "--if-needed"]
        if TARGET != "none":
            subprocess.run(
                [sys.executable, "-m", "sortie.kernels", *arguments],
                cwd=ROOT, stdout=subprocess.DEVNULL, check=False,  # pip's PYTHONPATH leads to numba: it stays
            )  # fmt: skip
        self.distribution.has_library = TARGET != "none" and library_file(TARGET, into).exists()


class WheelOfOneMachine(bdist_wheel):
    """Any Python of the machine that the library is for: it is no extension module."""

    def get_tag(self) -> tuple[str, str, str]:
        if not getattr(self.distribution, "has_library", False):
            return ("py3", "none", "any")
        return ("py3", "none", target_named(TARGET).tag)


setup(cmdclass={"build_py": BuildWithLibrary, "bdist_wheel": WheelOfOneMachine})
