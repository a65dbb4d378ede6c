"""A report: its sections, from results and settings alone; the same make the same report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nasbench import __version__
from reports.result import Result
from reports.section import Section, listed
from reports.sections import (
    cards,
    comparisons,
    fits,
    fronts,
    oneshot,
    provenance,
    quality,
    studies,
    surrogates,
    trainings,
    transfers,
)
from reports.settings import Settings

PARTS = (comparisons, fronts, oneshot, trainings, surrogates, fits, quality, studies, transfers, cards, provenance)
"""What a report consists of, in order."""


@dataclass(frozen=True)
class Report:
    """A report, ready to be written.

    Args:
        title: its heading.
        sections: its parts, in order.
        results: what it was made of.
        settings: how.
        missing: sentences about what the results lack.
        version: of nasbench-forge.
    """

    title: str
    sections: tuple[Section, ...]
    results: tuple[Result, ...]
    settings: Settings
    missing: tuple[str, ...]
    version: str = __version__

    @property
    def lead(self) -> str:
        """One sentence on what the report is made of."""
        kinds = [result.kind for result in self.results]
        counts = [f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds)]
        return (
            f"Made of {listed(counts)} result{'' if len(kinds) == 1 else 's'}. Intervals are {self.settings.interval}s "
            f"of the {self.settings.statistic} over seeds ({self.settings.resamples:,} resamples, widened for few "
            f"seeds); tests are two-sided at α = {self.settings.alpha:g} after Holm's correction."
        )

    @property
    def colophon(self) -> str:
        """What made the report."""
        return f"Written by nasbench-forge {self.version} from result files alone, without training or searching."


def make_report(results: Sequence[Result], settings: Settings, title: str = "Architecture search report") -> Report:
    """The report of these results.

    Raises:
        ValueError: there is no result.
    """
    if not results:
        raise ValueError("a report needs at least one result folder of fit, study or compare")
    sections = [section for part in PARTS for section in part.make_sections(results, settings)]
    missing = [f"{result.name}: {sentence}." for result in results for sentence in result.missing]
    return Report(title, tuple(sections), tuple(results), settings, tuple(missing))
