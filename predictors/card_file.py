"""Cards of proxies on the disk: ``result.json`` says everything, ``cards.csv`` has a line for each proxy."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import nasbench
from nasbench.database.files import write_atomically
from predictors.card_intervals import LEVEL, RESAMPLES, SEED
from predictors.cards import Card, make_cards
from predictors.measured import Measured
from predictors.provenance import read_result, write_result
from predictors.published import SOURCES

AGREEMENTS = ("rows", "classes")
"""Over what cards say how a proxy ranks."""
_PLAIN = ("proxy", "better", "seconds", "scored", "failed", "seeds", "seed_spearman", "deviation")
_RANKED = ("n", *(f"{of}{end}" for of in ("spearman", "kendall", "partial") for end in ("", "_low", "_high")))


def run_cards(
    scores: Path, truth: Path | None, out: Path, metric: str = "val_accuracy", schedule: int | None = None
) -> tuple[list[Card], dict[str, Any]]:
    """The cards of a table's proxies and what ``result.json`` says of them, after both are written.

    Args:
        scores: a table that ``nasbench proxies`` filled.
        truth: a table of trainings; None for the same table.
        out: the folder; made where there is none. Cards that are there are replaced.
        metric: to rank by.
        schedule: in epochs; None for the longest.

    Raises:
        LookupError, ValueError: as :func:`predictors.cards.make_cards`.
        ValueError: the folder holds something else.
        OSError: a file cannot be read or written.
    """
    read_result(out, "cards")
    cards, measured = make_cards(scores, truth, metric, schedule)
    with nasbench.open_table(scores) as table:
        about = {
            "kind": "cards",
            "command": _command(scores, measured, out),
            "scores_table": scores.name,
            "scores_digest": table.digest,
            "settings": table.proxy_settings,
            **measured.description(),
            "sizes": "over rows as published, over classes as built; of the networks that were scored",
            "intervals": {"level": LEVEL, "resamples": RESAMPLES, "seed": SEED, "drawn": "classes"},
            "published": [{"name": source.name, "population": source.population} for source in _shown(cards)],
            "cards": [asdict(card) for card in cards],
        }
    out.mkdir(parents=True, exist_ok=True)
    write_atomically(out / "cards.csv", card_text(cards).encode())
    write_result(out, about)
    return cards, about


def card_text(cards: Sequence[Card]) -> str:
    """The text of ``cards.csv``; what is not defined is left empty."""
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\n")
    names = [f"{over}_{name}" for over in AGREEMENTS for name in _RANKED]
    write.writerow([*_PLAIN, *names, *(f"published: {source.name}" for source in SOURCES)])
    for card in cards:
        values = [getattr(card, name) for name in _PLAIN]
        values += [getattr(getattr(card, over), name) for over in AGREEMENTS for name in _RANKED]
        values += [card.published.get(source.name, math.nan) for source in SOURCES]
        write.writerow(["" if isinstance(value, float) and math.isnan(value) else value for value in values])
    return out.getvalue()


def _command(scores: Path, measured: Measured, out: Path) -> list[str]:
    """The words after ``nasbench`` that make the cards again, files by their names."""
    options = ["--metric", measured.metric, "--schedule", str(measured.schedule)]
    return ["cards", scores.name, "--truth", measured.table, *options, "--out", out.resolve().name]


def _shown(cards: Sequence[Card]) -> list[Any]:
    return [source for source in SOURCES if any(source.name in card.published for card in cards)]
