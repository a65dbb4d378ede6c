"""Arrays kept on disk so that image files are decoded once: written whole or not at all, read without pickle."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import warnings
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

FOLDER = ".nasbench-cache"
"""Folder beside the images that holds their arrays."""


class CacheWarning(UserWarning):
    """Decoded images could not be kept for the next time."""


def user_cache() -> Path:
    """The user's cache folder for data: ``$XDG_CACHE_HOME`` or ``~/.cache``, then ``nasbench-forge/datasets``."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nasbench-forge" / "datasets"


def places(root: Path, key: str) -> tuple[Path, ...]:
    """Files that may hold the arrays of a folder or archive: in the folder first, then in the user's cache.

    Args:
        root: the folder or archive of images.
        key: what was done to them, as a file name.
    """
    own = hashlib.sha256(os.fsencode(root.resolve())).hexdigest()[:16]
    elsewhere = user_cache() / f"{own}-{key}.npz"
    return (root / FOLDER / f"{key}.npz", elsewhere) if root.is_dir() else (elsewhere,)


def load(files: Sequence[Path], fingerprint: str) -> dict[str, np.ndarray] | None:
    """The arrays that one of the files holds for this fingerprint, or None where none does.

    Arrays of another fingerprint are stale; a file that is damaged or foreign is passed over like an absent one, and
    replaced by the next :func:`store`.
    """
    for path in files:
        try:
            with np.load(path, allow_pickle=False) as stored:
                if stored["fingerprint"].item() == fingerprint:
                    return {name: stored[name] for name in stored.files if name != "fingerprint"}
        except (OSError, ValueError, KeyError, AttributeError, EOFError, zipfile.BadZipFile, zlib.error):
            continue
    return None


def store(files: Sequence[Path], fingerprint: str, arrays: Mapping[str, np.ndarray]) -> Path | None:
    """The file that holds the arrays now, the first that could be written; None and a warning where none could be."""
    failures = []
    for path in files:
        try:
            write_npz(path, {**arrays, "fingerprint": np.array(fingerprint)})
        except OSError as error:
            failures.append(f"{path.parent}: {error.strerror or error}")
        else:
            return path
    warnings.warn(
        f"decoded images could not be cached and will be decoded again next time ({'; '.join(failures)})",
        CacheWarning,
        stacklevel=2,
    )
    return None


def write_npz(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Writes arrays to a file that appears complete or not at all; its folder is made where there is none.

    Raises:
        OSError: the folder cannot be made or written, or the disk is full.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.part")
    try:
        with open(beside, "xb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except BaseException:  # whatever stopped it, an interruption too: no half file stays behind
        with contextlib.suppress(OSError):
            os.unlink(beside)
        raise
