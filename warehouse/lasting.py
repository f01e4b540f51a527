"""Puts files and folders on the disk, so that a loss of power does not take them back."""

from __future__ import annotations

import os
from pathlib import Path


def make_lasting(path: Path) -> None:
    """Wait until a file's content, or the names in a folder, are on the disk.

    Raises:
        OSError: the disk does not take it; some file systems cannot do it for a folder.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
