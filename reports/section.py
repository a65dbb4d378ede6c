"""A part of a report: a heading, sentences, tables, figures; and the words and marks that all parts share."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from reports.drawing import Drawing, words
from reports.pairs import Pair, Verdict, verdict
from reports.settings import Settings
from reports.statistics import Estimate
from reports.table import Cell, Table, Value
from searchers.measure import Measure

Group = TypeVar("Group")

TIED = "†"
"""Marks the best mean where no test tells it from another, and those others."""
SCORES = {
    "kendall": "Kendall τ",
    "spearman": "Spearman ρ",
    "pearson": "Pearson r",
    "r2": "R²",
    "mae": "MAE",
    "rmse": "RMSE",
}
"""Scores of predictors and how people write them."""
ERRORS = ("mae", "rmse")
"""Scores of which less is better."""


@dataclass(frozen=True)
class Section:
    """A part of a report.

    Args:
        name: its anchor in the page.
        title: its heading.
        paragraphs: what was found, in sentences.
        tables: in order.
        drawings: in order; shown after the first table.
        commands: command lines, shown as they are typed.
    """

    name: str
    title: str
    paragraphs: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    drawings: tuple[Drawing, ...] = ()
    commands: tuple[str, ...] = ()


@dataclass(frozen=True)
class Judgement:
    """What the tests say of a family of methods: estimates of each, all pairs, and the verdict on the best."""

    estimates: dict[str, Estimate]
    pairs: list[Pair]
    verdict: Verdict | None

    def cell(self, name: str, value: Value) -> Cell:
        """A cell of a method's row: bold where it is significantly the best, marked where it ties with the best."""
        if self.verdict is None or len(self.estimates) < 2:
            return Cell(value)
        if self.verdict.significant:
            return Cell(value, bold=name == self.verdict.best)
        return Cell(value, mark=TIED if name == self.verdict.best or name in self.verdict.tied else "")


def judge(scores: Mapping[str, Mapping[int, float]], settings: Settings, higher_is_better: bool = True) -> Judgement:
    """The judgement of methods by one score a seed each."""
    estimates = {name: settings.estimate(by_seed.values()) for name, by_seed in scores.items()}
    pairs = settings.pairs(scores, higher_is_better)
    means = {name: estimate.value for name, estimate in estimates.items() if estimate.n}
    return Judgement(estimates, pairs, verdict(means, pairs, settings.alpha, higher_is_better) if means else None)


def least_p(judgement: Judgement) -> float:
    """The least corrected p that signed-rank tests of this family could give, were every seed won by one side."""
    tested = [pair.difference.n for pair in judgement.pairs if not math.isnan(pair.p)]
    return min(1.0, len(tested) * 2.0 ** (1 - max(tested, default=1)))


def mark_notes(settings: Settings, family: str) -> tuple[str, ...]:
    """Sentences that explain numbers, bold type and marks; ``family`` says among whom p values are corrected."""
    return (
        f"{settings.statistic.capitalize()} over n seeds ± half the {settings.interval}.",
        f"Bold: significantly better than every other (two-sided Wilcoxon signed-rank test on shared seeds, Holm's "
        f"correction over {family}, α = {settings.alpha:g}). {TIED}: the best {settings.statistic}, where not "
        f"significantly so, and what that test does not tell from it.",
    )


def measure_words(measure: Measure) -> str:
    """A measure as people read it, without its unit.

    >>> measure_words(Measure("test_accuracy", 200))
    'test accuracy after 200 epochs'
    """
    text = words(measure.metric).replace("val ", "validation ")
    if measure.schedule is not None:
        text += f" after {measure.schedule} epoch{'' if measure.schedule == 1 else 's'}"
    return text if measure.seed is None else f"{text}, seed {measure.seed}"


def measure_unit(measure: Measure) -> str:
    """`` [%]`` for accuracies, nothing for what has no unit."""
    return " [%]" if measure.metric.endswith("accuracy") else ""


def measure_decimals(measure: Measure) -> int:
    """Most decimals that a measure is written with: accuracies in percent need fewer than losses."""
    return 2 if measure.metric.endswith("accuracy") else 4


def listed(names: list[str] | tuple[str, ...]) -> str:
    """Names as a phrase.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def numbered(groups: Sequence[Group], name: str, make: Callable[[Group, str], Section]) -> list[Section]:
    """A section for each group, named ``name``, and by its place too where there are several."""
    several = len(groups) > 1
    return [make(group, f"{name}-{place + 1}" if several else name) for place, group in enumerate(groups)]
