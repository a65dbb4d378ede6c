"""What scoring a table's architectures is made of: settings, jobs, the task that workers share, and rows of scores."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any, ClassVar

import numpy as np

import nasbench
from datasets.card import Card
from datasets.split import Split
from nasbench.database.scores import VERSION_SETTING, ScoreRow
from nasbench.plan import Skeleton
from nasbench.registry import PROXIES
from nasbench.space import Architecture, Space
from predictors.probe import INITIALISATIONS
from predictors.proxy import VERSION
from predictors.scores import Score, score_architecture

COUNTED = 256
"""Architectures whose sizes are counted at a time."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What all scores of a table share besides the content of the images.

    Args:
        dataset: name of the data set.
        image_size: side in pixels that images are resized to; None keeps the data set's own.
        images: training images in the batch that proxies look at.
        batch_seed: of the draw of these images.
        channels: of the networks' first stage.
        cells: in a stage.
        initialisation: how weights are drawn, see :data:`predictors.probe.INITIALISATIONS`.

    Raises:
        ValueError: an unknown initialisation.
    """

    dataset: str = "digits"
    image_size: int | None = None
    images: int = 64
    batch_seed: int = 0
    channels: int = 16
    cells: int = 1
    initialisation: str = INITIALISATIONS[0]

    def __post_init__(self) -> None:
        if self.initialisation not in INITIALISATIONS:
            raise ValueError(f"--initialisation must be {' or '.join(INITIALISATIONS)}, got {self.initialisation!r}")

    def of(self, card: Card) -> dict[str, Any]:
        """These, what the data set's card adds, and the version of the proxies' mathematics, as they stand in a table.

        The initialisation is left out where it is that of trainings, as in tables that know of no other.
        """
        own = asdict(self)
        if self.initialisation == INITIALISATIONS[0]:
            del own["initialisation"]
        shape = {"input_shape": list(card.shape), "classes": len(card.classes)}
        return {**own, **shape, "data_sha256": card.sha256, VERSION_SETTING: VERSION}

    def skeleton(self, card: Card) -> Skeleton:
        """Skeleton of the networks for this data set."""
        return Skeleton(self.channels, self.cells, len(card.classes), card.shape)


@dataclass(frozen=True, slots=True)
class ScoringJob:
    """What is missing of one class: its representative and hash, the initialisation seed, the proxies' names."""

    architecture: Architecture
    class_hash: str
    seed: int
    names: tuple[str, ...]


@dataclass(frozen=True)
class ScoringTask:
    """What all jobs share: the space, the skeleton, the batch and its card, the device, how weights are drawn."""

    space: str
    skeleton: Skeleton
    batch: Split
    card: Card
    device: str
    initialisation: str = INITIALISATIONS[0]
    verb: ClassVar[str] = "scoring"

    def worker(self) -> Callable[[ScoringJob], ScoreRow]:
        """What scores a job, for a process in which torch may be imported; the batch is made into tensors once."""
        from datasets.tensors import to_tensors
        from nasbench.generator.worker import keep_freed_memory
        from predictors.probe import Batch

        keep_freed_memory()
        space, batch = nasbench.load_space(self.space), Batch(*to_tensors(self.batch, self.card, "cpu"))

        def score(job: ScoringJob) -> ScoreRow:
            scores = score_architecture(
                job.names, space, job.architecture, self.skeleton, batch, job.seed, self.device, self.initialisation
            )
            return score_row(job, scores)

        return score


def score_row(job: ScoringJob, scores: Mapping[str, Score]) -> ScoreRow:
    """The scores of a job as a table takes them: a value or a reason for each proxy, and its seconds."""
    return ScoreRow(
        job.architecture.choices,
        job.class_hash,
        job.seed,
        values={name: score.value for name, score in scores.items() if not score.reason},
        seconds={name: score.seconds for name, score in scores.items()},
        failures={name: score.reason for name, score in scores.items() if score.reason},
    )


def size_rows(space: Space, skeleton: Skeleton, jobs: Iterable[ScoringJob]) -> Iterator[ScoreRow]:
    """Rows of jobs whose proxies look at no network, counted for many architectures at a time. No torch.

    Seconds are an even share of those of the architectures that were counted together.
    """
    waiting = iter(jobs)
    while group := list(islice(waiting, COUNTED)):
        found: list[dict[str, Score]] = [{} for _ in group]
        for name in dict.fromkeys(name for job in group for name in job.names):
            places = [place for place, job in enumerate(group) if name in job.names]
            for place, score in zip(places, _sizes(name, space, skeleton, [group[p] for p in places]), strict=True):
                found[place][name] = score
        yield from map(score_row, group, found)


def _sizes(name: str, space: Space, skeleton: Skeleton, jobs: list[ScoringJob]) -> list[Score]:
    proxy = PROXIES.load(name)
    architectures = [job.architecture for job in jobs]
    if proxy.of_sizes is None:
        return [score_architecture((name,), space, a, skeleton, None, 0)[name] for a in architectures]
    start = time.perf_counter()
    values = proxy.of_sizes(space, architectures, skeleton)
    seconds = (time.perf_counter() - start) / len(jobs)
    return [
        Score(float(value), seconds, "" if np.isfinite(value) else f"{name} is {value}, not a finite number")
        for value in values
    ]
