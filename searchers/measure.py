"""Which number of a table is meant: a metric, a schedule, a seed, written ``val_accuracy@200#1``."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nasbench.database.hidden import is_test
from nasbench.database.schema import METRICS
from nasbench.registry import unknown

if TYPE_CHECKING:
    from nasbench.queries import Queries

_TEXT = re.compile(r"(?P<metric>[A-Za-z][A-Za-z0-9_]*)(@(?P<schedule>\d+))?(#(?P<seed>\d+))?")


@dataclass(frozen=True, slots=True)
class Measure:
    """A metric of a table, and where to read it.

    Args:
        metric: name of the metric, such as ``val_accuracy``.
        schedule: epochs of the schedule; None for the longest that is there.
        seed: index of one training seed; None for the mean over the seeds present.
    """

    metric: str
    schedule: int | None = None
    seed: int | None = None

    @classmethod
    def parse(cls, text: str) -> Measure:
        """The measure that ``METRIC``, ``METRIC@SCHEDULE`` or ``METRIC@SCHEDULE#SEED`` names.

        >>> Measure.parse("val_accuracy@200")
        Measure(metric='val_accuracy', schedule=200, seed=None)

        Raises:
            ValueError: the text is not of that form.
            UnknownNameError: there is no such metric.
        """
        match = _TEXT.fullmatch(text.strip())
        if match is None:
            raise ValueError(
                f"cannot read the measure {text!r}: expected METRIC, METRIC@SCHEDULE or METRIC@SCHEDULE#SEED, "
                f"such as val_accuracy@200"
            )
        schedule, seed = match["schedule"], match["seed"]
        return cls(match["metric"], None if schedule is None else int(schedule), None if seed is None else int(seed))

    def __post_init__(self) -> None:
        if self.metric not in METRICS:
            raise unknown("metric", self.metric, list(METRICS))

    def __str__(self) -> str:
        schedule = "" if self.schedule is None else f"@{self.schedule}"
        return f"{self.metric}{schedule}{'' if self.seed is None else f'#{self.seed}'}"

    @property
    def is_test(self) -> bool:
        """Whether the metric is measured on test images, which no searcher may see."""
        return is_test(self.metric)

    @property
    def sign(self) -> float:
        """1 where larger is better, -1 where smaller is."""
        return 1.0 if METRICS[self.metric].higher_is_better else -1.0


def resolved(measure: Measure, table: Queries) -> Measure:
    """The measure with its schedule filled in: the longest that the table has.

    Raises:
        LookupError: the table has no such schedule, metric or seed; the message says what it has.
    """
    schedule = max(table.schedules, default=None) if measure.schedule is None else measure.schedule
    seeds = table.seeds(measure.metric, schedule)
    if measure.seed is not None and measure.seed not in seeds:
        raise LookupError(
            f"the table has no seed {measure.seed} of {measure.metric}: it has {', '.join(map(str, seeds))}"
        )
    return replace(measure, schedule=schedule)
