"""Where a run keeps its state and writes its logs."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path

from sortie.config.errors import UserError
from sortie.config.settings import Settings
from sortie.config.values import default_state_dir
from sortie.logs.directory import FLIGHTS
from sortie.logs.run_log import LOGGER, close_run_log, open_run_log


def state_dir(settings: Settings, stack: ExitStack, *, temporary: bool) -> Path:
    """The one that was given, or the default one; `temporary`: one that goes with the run."""
    if settings.state_dir is not None:
        return settings.state_dir
    if temporary:
        folder = tempfile.TemporaryDirectory(prefix="sortie-")
        stack.callback(folder.cleanup)
        return Path(folder.name)
    return default_state_dir()


def log_dir(settings: Settings) -> Path:
    """The one that was given, or `logs` beside the state. Logs of a run with a temporary state are still there when it
    has ended."""
    if settings.log_dir is not None:
        return settings.log_dir
    base = settings.state_dir if settings.state_dir is not None else default_state_dir()
    return base / "logs"


def begin_run_log(settings: Settings, stack: ExitStack, directory: Path) -> None:
    """Open `run.log`; the last thing in it is that the run has stopped."""
    if (directory / FLIGHTS).exists() and not (directory / FLIGHTS).is_dir():
        raise UserError(f"{directory / FLIGHTS} is a file, and flights are logged there; choose another directory "
                        "with --log-dir, or move it")  # fmt: skip
    try:
        handler = open_run_log(directory, settings.log_format)
    except OSError as error:
        raise UserError(f"log directory {directory}: {error.strerror}; choose another with --log-dir") from error
    stack.callback(close_run_log, handler)
    stack.callback(LOGGER.info, "stopped")
