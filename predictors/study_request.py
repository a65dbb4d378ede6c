"""What a study is asked to do, and the jobs that makes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from predictors.study_file import Key
from predictors.study_names import read_name, with_epochs

TESTED_LEAST = 10
"""Classes, or rows of a random split, that must be left to test on."""
SPLITS = {
    "disjoint": "n classes drawn, one member of each trained on; tested on all rows of all other classes",
    "random": "n rows drawn and trained on; tested on all other rows, as the field does: it leaks, since a tested row "
    "may be a trained architecture written another way",
}
"""How training and test rows are drawn."""


@dataclass(frozen=True)
class StudyRequest:
    """What to study.

    Args:
        table: path of the table.
        predictors: as :mod:`predictors.study_names` says.
        sizes: numbers of trained classes (of rows, where the split is random).
        seeds: how many; they are 0, 1, ...
        metric: to predict.
        schedule: in epochs; None for the table's longest.
        workers: processes; the numbers do not depend on it.
        split: "disjoint" or "random", see :data:`SPLITS`.
        features: the table that encodings look things up in; None for ``table`` itself.
        epochs_seen: predictors that see the beginning of a training are run with each of these.
        tested: rows that are tested on, drawn of those that a split leaves; None for all.
        coverage: whether intervals are judged, before and after calibration, which fits each predictor six times.
    """

    table: Path
    predictors: tuple[str, ...]
    sizes: tuple[int, ...]
    seeds: int
    metric: str = "val_accuracy"
    schedule: int | None = None
    workers: int = 1
    split: str = "disjoint"
    features: Path | None = None
    epochs_seen: tuple[int, ...] = ()
    tested: int | None = None
    coverage: bool = False

    def __post_init__(self) -> None:
        if self.split not in SPLITS:
            raise ValueError(f"expected the split disjoint or random, got {self.split!r}")
        if self.seeds < 1:
            raise ValueError(f"a study needs at least 1 seed, got {self.seeds}")
        if self.workers < 1:
            raise ValueError(f"a study needs at least 1 worker, got {self.workers}")
        if any(seen < 1 for seen in self.epochs_seen):
            raise ValueError(f"expected numbers of epochs seen of at least 1, got {min(self.epochs_seen)}")
        if self.tested is not None and self.tested < TESTED_LEAST:
            raise ValueError(f"a study needs at least {TESTED_LEAST} tested rows, got {self.tested}")

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The predictors as they stand in results: written one way, once for each number of epochs seen."""
        found = [one.text() for text in self.predictors for one in with_epochs(read_name(text), self.epochs_seen)]
        return tuple(dict.fromkeys(found))

    def jobs(self) -> Iterator[Key]:
        """Every (predictor, n, seed); the seeds of a short study come first, so that a stopped one has all sizes."""
        for seed in range(self.seeds):
            for size in self.sizes:
                for name in self.names:
                    yield name, size, seed


def check_sizes(sizes: Sequence[int], count: int, noun: str = "measured classes", least: int | None = None) -> None:
    """Checks that each size leaves ``least`` classes (rows, where those are drawn) to test on.

    Raises:
        ValueError: one does not; the message says which fit.
    """
    least = least or TESTED_LEAST
    most = count - least
    if all(2 <= size <= most for size in sizes):
        return
    wrong = ", ".join(str(size) for size in sizes if not 2 <= size <= most)
    fitting = ", ".join(str(size) for size in sizes if 2 <= size <= most)
    room = f"sizes from 2 to {most} fit" if most >= 2 else "no size fits, build more architectures"
    asked = f" (of those asked for: {fitting})" if fitting and most >= 2 else ""
    raise ValueError(
        f"train sizes {wrong} do not fit: the table has {count} {noun}, of which {least} "
        f"must be left to test on; {room}{asked}"
    )
