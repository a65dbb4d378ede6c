"""Which architectures a build trains, each the representative of its class, and which rows are still missing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from nasbench.space import LARGEST_ENUMERATED, Architecture, Space
from nasbench.training.recipe import Recipe

if TYPE_CHECKING:
    from nasbench.database.rows import Row

FRUITLESS = 10_000
"""After so many draws that bring no new class a sample is given up."""


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
    """Representatives of the first ``count`` classes of a seeded permutation; all classes where ``count`` is None.

    A larger count begins with the same classes. In a space too large to enumerate architectures are drawn one after the
    other and those of a class already drawn are passed over.

    Raises:
        ValueError: there are fewer classes, as far as can be seen, or all are asked for in a space that cannot be
            enumerated.
    """
    rng = np.random.default_rng(np.random.SeedSequence(seed))
    if space.count() <= LARGEST_ENUMERATED or count is None:
        representatives = [members[0] for members in space.classes.values()]
        if count is not None and not 1 <= count <= len(representatives):
            raise ValueError(
                f"{space.name} has {len(representatives):,} classes to sample from, {count:,} were asked for"
            )
        order = rng.permutation(len(representatives))[:count]
        return [representatives[place] for place in order]
    drawn: dict[str, Architecture] = {}
    fruitless = 0
    while len(drawn) < count:
        if fruitless == FRUITLESS:
            raise ValueError(
                f"{fruitless:,} draws in a row gave no class of {space.name} beyond the {len(drawn):,} found; "
                f"{count:,} were asked for"
            )
        architecture = space.sample(rng)
        before = len(drawn)
        drawn.setdefault(space.canonical_hash(architecture), architecture)
        fruitless = 0 if len(drawn) > before else fruitless + 1
    return list(drawn.values())


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
