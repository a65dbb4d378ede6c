"""Data sets that torchvision can fetch: the one place that asks it to."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from datasets.cache import user_cache
from datasets.dataset import Raw


def torchvision_class(name: str) -> Any:
    """The class of this name in ``torchvision.datasets``.

    Raises:
        ImportError: torchvision is not installed; the message holds the command.
    """
    try:
        import torchvision.datasets
    except ModuleNotFoundError as error:
        raise ImportError(
            f"reading {name} here needs {error.name}, which is not installed: pip install 'nasbench-forge[torch]'"
        ) from error
    return getattr(torchvision.datasets, name)


def read_or_download(read: Callable[[Path], Raw], root: Path | None, name: str) -> Raw:
    """What ``read`` makes of a folder: of ``root``, or of one in the user's cache that is filled first where need be.

    Args:
        read: reads a folder; raises FileNotFoundError or ValueError where the data are not in it or damaged.
        root: the folder, into which nothing is fetched; None for the user's cache.
        name: the class in ``torchvision.datasets``.
    """
    if root is not None:
        return read(root)
    place = user_cache() / name.lower()
    try:
        return read(place)
    except (FileNotFoundError, ValueError):  # never fetched, or not to the end
        download(name, place)
    return read(place)


def download(name: str, root: Path) -> None:
    """Fetches both parts of a data set through torchvision, which checks what it got, unless ``root`` has them.

    Args:
        name: the class in ``torchvision.datasets``, such as ``CIFAR10``.
        root: folder to put the files into; made where there is none.

    Raises:
        ImportError: torchvision is not installed.
        OSError: there is no network, or the folder cannot be written.
    """
    kind = torchvision_class(name)
    try:
        root.mkdir(parents=True, exist_ok=True)
        with contextlib.redirect_stdout(sys.stderr):
            for train in (True, False):
                kind(root, train=train, download=True)
    except (OSError, RuntimeError) as error:
        reason = " ".join(str(error).split())
        raise OSError(
            f"{name} could not be downloaded into {root} ({reason}); give root, a folder that holds it already"
        ) from error
