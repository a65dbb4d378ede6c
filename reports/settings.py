"""How a report turns seeds into intervals and tests: one frozen value, said in the report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields

import numpy as np

from reports.pairs import Pair, compare_pairs
from reports.statistics import Band, Estimate, bootstrap_band, bootstrap_estimate


@dataclass(frozen=True, slots=True)
class Settings:
    """Choices that hold for a whole report.

    Args:
        statistic: over seeds: ``mean`` or ``median``.
        level: of intervals.
        resamples: of each bootstrap.
        alpha: level of tests, after correction.
        seed: of each bootstrap.
    """

    statistic: str = "mean"
    level: float = 0.95
    resamples: int = 2000
    alpha: float = 0.05
    seed: int = 0

    def __post_init__(self) -> None:
        if self.statistic not in ("mean", "median"):
            raise ValueError(f"expected the statistic mean or median, got {self.statistic!r}")
        if not 0 < self.level < 1 or not 0 < self.alpha < 1:
            raise ValueError(f"expected level and alpha between 0 and 1, got {self.level} and {self.alpha}")
        if self.resamples < 100:
            raise ValueError(f"expected at least 100 bootstrap resamples, got {self.resamples}")

    def band(self, values: np.ndarray) -> Band:
        """Statistic and interval at each point of (seeds, points)."""
        return bootstrap_band(
            values, seed=self.seed, statistic=self.statistic, level=self.level, resamples=self.resamples
        )

    def estimate(self, values: Iterable[float]) -> Estimate:
        """Statistic and interval of one value a seed."""
        return bootstrap_estimate(
            list(values), seed=self.seed, statistic=self.statistic, level=self.level, resamples=self.resamples
        )

    def pairs(self, scores: Mapping[str, Mapping[int, float]], higher_is_better: bool = True) -> list[Pair]:
        """Every pair of methods compared on the seeds both have; p values corrected within ``scores``."""
        return compare_pairs(
            scores,
            seed=self.seed,
            higher_is_better=higher_is_better,
            statistic=self.statistic,
            level=self.level,
            resamples=self.resamples,
        )

    def options(self) -> list[str]:
        """The options of ``nasbench report`` that differ from the defaults, as words."""
        return [
            f"--{field.name} {getattr(self, field.name):g}"
            if isinstance(field.default, float)
            else f"--{field.name} {getattr(self, field.name)}"
            for field in fields(self)
            if getattr(self, field.name) != field.default
        ]

    @property
    def interval(self) -> str:
        """The interval in words.

        >>> Settings().interval
        '95 % bootstrap interval'
        """
        return f"{100 * self.level:g} % bootstrap interval"
