"""Arrays kept on disk so that image files are decoded once: written whole or not at all, read without pickle."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

FOLDER = ".nasbench-cache"
"""Folder beside the images that holds the arrays, where it can be written."""


def user_cache() -> Path:
    """The user's cache folder for data: ``$XDG_CACHE_HOME`` or ``~/.cache``, then ``nasbench-forge/datasets``."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "nasbench-forge" / "datasets"


def places(root: Path, key: str) -> tuple[Path, Path]:
    """Files that may hold the arrays: beside the images first, then in the user's cache."""
    own = hashlib.sha256(os.fsencode(root.resolve())).hexdigest()[:16]
    return root / FOLDER / f"{key}.npz", user_cache() / f"{own}-{key}.npz"


def load(root: Path, key: str, fingerprint: str) -> dict[str, np.ndarray] | None:
    """The arrays stored for this key, or None where there are none that match.

    Args:
        root: folder of the images.
        key: what was done to them, as a file name.
        fingerprint: of the image files as they are now; arrays stored for another are stale and not used.
    """
    for path in places(root, key):
        try:
            with np.load(path, allow_pickle=False) as stored:
                if str(stored["fingerprint"]) == fingerprint:
                    return {name: stored[name] for name in stored.files if name != "fingerprint"}
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
            continue  # absent, damaged or foreign: decoded again and replaced
    return None


def store(root: Path, key: str, fingerprint: str, arrays: Mapping[str, np.ndarray]) -> Path | None:
    """The file that now holds the arrays, or None (and a warning) where no place could be written."""
    failures = []
    for path in places(root, key):
        try:
            write_npz(path, {**arrays, "fingerprint": np.array(fingerprint)})
        except OSError as error:
            failures.append(f"{path.parent}: {error.strerror or error}")
        else:
            return path
    warnings.warn(f"the decoded images could not be cached ({'; '.join(failures)})", RuntimeWarning, stacklevel=2)
    return None


def write_npz(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Writes arrays to a file that appears complete or not at all; its folder is made where there is none.

    Raises:
        OSError: the folder cannot be made or written, or the disk is full.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, beside = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(beside)
        raise
