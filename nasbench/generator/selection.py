"""Which architectures a build trains, each the representative of its class, and which rows are still missing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from nasbench.generator.sample import class_sample
from nasbench.space import Architecture, Space
from nasbench.training.recipe import Recipe

if TYPE_CHECKING:
    from nasbench.database.rows import Row


@dataclass(frozen=True, slots=True)
class Job:
    """One row to train: an architecture, the hash of its class, and the index of its seed."""

    architecture: Architecture
    class_hash: str
    seed: int


@dataclass(frozen=True, slots=True)
class Task:
    """What all rows of a build share: space, recipe, where the images are and which they must be, the device."""

    space: str
    recipe: Recipe
    data_root: str | Path | None
    data_sha256: str
    device: str
    verb: ClassVar[str] = "training"

    def worker(self) -> Callable[[Job], Row]:
        """What trains rows, for a process in which torch may be imported."""
        from nasbench.generator.worker import RowWorker

        return RowWorker(self).train_row


def sample_classes(space: Space, count: int | None, seed: int) -> list[Architecture]:
    """A list of what :func:`nasbench.generator.sample.class_sample` gives.

    Raises:
        ValueError: there are fewer classes, as far as can be seen, or all are asked for in a space that cannot be
            enumerated.
    """
    return list(class_sample(space, count, seed))


def read_architectures(space: Space, path: str | Path) -> list[Architecture]:
    """Representatives of the architectures in a text file, one a line; blank lines and ``#`` comments are passed over.

    Raises:
        ValueError: a line is not an architecture, the message names the line; or the file is not text.
        OSError: the file cannot be read.
    """
    found: dict[Architecture, None] = {}
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not a text file of architectures, one a line: {error}") from None
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if text and not text.startswith("#"):
            try:
                found[space.canonical(space.parse(text))] = None
            except ValueError as error:
                raise ValueError(f"line {number} of {path}: {error}") from None
    if not found:
        raise ValueError(
            f"{path} holds no architecture; expected one a line, such as {space.format(next(iter(space)))}"
        )
    return list(found)


def jobs(space: Space, architectures: Iterable[Architecture], seeds: int) -> Iterator[Job]:
    """A job for each architecture and seed index: all architectures with the first seed, then all with the second."""
    hashed = [(architecture, space.canonical_hash(architecture)) for architecture in architectures]
    for seed in range(seeds):
        for architecture, class_hash in hashed:
            yield Job(architecture, class_hash, seed)
