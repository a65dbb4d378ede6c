"""nasbench-forge: build benchmark tables of architectures, fit predictors, compare searchers, print reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nasbench._ownership import check_package_owners

check_package_owners()

if TYPE_CHECKING:
    from pathlib import Path

    from nasbench.space import Architecture, Space
    from nasbench.table import Table

__version__ = "0.1.0"
__all__ = [
    "Architecture",
    "load_dataset",
    "load_predictor",
    "load_proxy",
    "load_searcher",
    "load_space",
    "open_table",
]


def load_space(name: str) -> Space:
    """The search space of this name, such as ``nas_bench_201``; one object a process.

    Raises:
        UnknownNameError: there is none; the message names the nearest.
    """
    if name not in _SPACES:
        from nasbench.registry import SPACES

        _SPACES[name] = SPACES.load(name)()
    return _SPACES[name]


_SPACES: dict[str, Space] = {}


def load_dataset(name: str, **options: Any) -> Any:
    """The :class:`datasets.dataset.Dataset` of this name.

    ``options`` are those of its source, such as ``root``, ``image_size``, ``train_images``, ``seed``.

    Raises:
        UnknownNameError: there is none; the message names the nearest.
    """
    from nasbench.registry import DATASETS

    return DATASETS.load(name)(**options).load()


def load_predictor(name: str, **parameters: Any) -> Any:
    """A new :class:`predictors.predictor.Predictor` of this name, not yet fitted."""
    from nasbench.registry import PREDICTORS

    return PREDICTORS.load(name)(**parameters)


def load_proxy(name: str) -> Any:
    """The zero-cost proxy of this name, a :class:`predictors.proxy.Proxy`."""
    from nasbench.registry import PROXIES

    return PROXIES.load(name)


def load_searcher(name: str) -> Any:
    """The class of the searcher of this name, a subclass of :class:`searchers.searcher.Searcher`."""
    from nasbench.registry import SEARCHERS

    return SEARCHERS.load(name)


def open_table(path: str | Path) -> Table:
    """The table in an HDF5 file, opened for reading.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is not a table, is damaged, or is of a newer schema.
    """
    from nasbench.table import Table

    return Table.open(path)


def __getattr__(name: str) -> Any:
    if name == "Architecture":
        from nasbench.space import Architecture

        return Architecture
    raise AttributeError(f"module 'nasbench' has no attribute {name!r}")
