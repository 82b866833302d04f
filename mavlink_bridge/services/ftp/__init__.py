"""MAVFTP, vehicle side."""

from __future__ import annotations

from mavlink_bridge.services.ftp.files import (
    Entry,
    FileComesError,
    FileRefusedError,
    MemoryFile,
    Mount,
    OpenFile,
    VirtualFiles,
)
from mavlink_bridge.services.ftp.parameter_file import ParameterFiles, pack_parameters
from mavlink_bridge.services.ftp.service import FtpService

__all__ = [
    "Entry",
    "FileComesError",
    "FileRefusedError",
    "FtpService",
    "MemoryFile",
    "Mount",
    "OpenFile",
    "ParameterFiles",
    "VirtualFiles",
    "pack_parameters",
]
