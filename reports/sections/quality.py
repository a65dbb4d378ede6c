"""Quality of surrogates: on a random split, a left-out group, the best, beyond them, and against a single training."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from predictors.labels import too_small_text
from reports.drawing import Drawing, words
from reports.figures.surrogate_quality import check_words, checks, compute_quality, draw_quality, noted
from reports.result import Fit, Result
from reports.section import SCORES, Section, measure_unit
from reports.sections.fits import fit_measure
from reports.settings import Settings
from reports.table import Cell, Column, Table, Value, interval_text

NAMES = {**SCORES, "kendall_rounded": "Kendall τ, rounded to 0.1 %", "bias": "bias"}
ONCE = ("r2", "kendall")
"""Scores that are shown with every class counted once, too."""
UNITED = ("mae", "rmse", "bias")
"""Scores in the metric's unit."""
PARTS = {"all": "all", "better_half": "half predicted best"}


def make_sections(results: Sequence[Result], settings: Settings) -> list[Section]:
    """One section for all fits whose full quality was asked for; none without one."""
    fits = [result for result in results if isinstance(result, Fit) and checks(result)]
    if not fits:
        return []
    tables = tuple(table for fit in fits for table in _tables(fit))
    return [
        Section(
            "quality",
            "Quality of surrogates",
            tuple(sentence for fit in fits for sentence in _findings(fit)),
            tables,
            tuple(map(_drawing, fits)),
        )
    ]


def _single(fit: Fit) -> dict[str, Any] | None:
    """What the fit noted of the comparison with one training."""
    found: dict[str, Any] | None = fit.info["quality"].get("single_training")
    return found


def _findings(fit: Fit) -> Iterator[str]:
    ranks = compute_quality(fit)
    if ranks:
        worst = min(ranks, key=lambda rank: rank.kendall.value)
        yield (
            f"{fit.name}: Kendall τ is {interval_text(ranks[0].kendall, 3)} on the {ranks[0].name}, and least on "
            f"{worst.name}: {interval_text(worst.kendall, 3)}."
        )
    single = _single(fit)
    if single is None:
        yield f"{fit.name}: nothing held out was trained more than once, so it is not compared with a single training."
        return
    of = single["all"]
    surrogate, one, gain = (noted(of["scores"]["mae"][side], of["groups"]) for side in ("surrogate", "single", "gain"))
    verdict = {
        "surrogate": "the surrogate is nearer than one training",
        "single": "one training is nearer than the surrogate",
        "undecided": "neither is surely nearer",
    }[of["nearer"]["mae"]]
    yield (
        f"{fit.name}: to the mean of the other trainings of the same {_repeated(single)}, {verdict}: mean absolute "
        f"error {surrogate.value:.3f} against {one.value:.3f} of one training, better by "
        f"{interval_text(gain, 3, signed=True)} (n = {of['groups']:,})."
    )


def _repeated(single: dict[str, Any]) -> str:
    return "architecture" if single["source"] == "seeds" else "class"


def _held(single: dict[str, Any]) -> str:
    return "held-out architectures" if single["source"] == "seeds" else "held-out classes"


def _tables(fit: Fit) -> Iterator[Table]:
    unit = measure_unit(fit_measure(fit))
    found = checks(fit)
    names = list(found[0]["scores"])
    columns = (
        Column("check", "check", form="text"),
        Column("n_train", "n trained"),
        Column("n_test", "n tested"),
        Column("test_classes", "classes tested"),
        *(Column(n, NAMES[n] + (unit if n in UNITED else ""), 2 if n in UNITED else 3, "interval") for n in names),
        *(Column(f"{n}_by_class", f"{NAMES[n]}, each class once", 3) for n in ONCE),
    )
    rows: list[tuple[Cell | Value, ...]] = []
    for check in found:
        counts = [int(check[key]) for key in ("n_train", "n_test", "test_classes")]
        once = [check["by_class"][name] for name in ONCE]
        rows.append((check_words(check), *counts, *(noted(check["scores"][name], counts[1]) for name in names), *once))
    said, small = fit.info["quality"]["checks_are_of"], fit.info["quality"].get("too_small")
    notes = [
        f"{words(fit.predictor)}; 95 % bootstrap intervals over classes. Bias: mean of predicted less measured.",
        *(
            f"{check_words({'check': name, 'label': ''}).capitalize()}: {text}."
            for name, text in said.items()
            if name in {c["check"] for c in found}
        ),
        *((too_small_text(small),) if small else ()),
        "Within the best tenth by what was measured noise counts for more, and R² is of a narrow range.",
    ]
    yield Table(f"{fit.name}-quality", f"Quality of {fit.name}, check by check", columns, tuple(rows), tuple(notes))
    single = _single(fit)
    if single is not None:
        yield _single_table(fit, single, unit)


def _single_table(fit: Fit, single: dict[str, Any], unit: str) -> Table:
    columns = (
        Column("part", "held out", form="text"),
        Column("groups", "n"),
        Column("score", "score", form="text"),
        Column("surrogate", "surrogate", 3, "interval"),
        Column("single", "one training", 3, "interval"),
        Column("gain", "surrogate better by", 3, "interval"),
        Column("nearer", "nearer", form="text"),
    )
    rows: list[tuple[Cell | Value, ...]] = []
    for part, title in PARTS.items():
        of = single[part]
        for name, sides in of["scores"].items():
            score = NAMES[name] + (unit if name in UNITED else "")
            estimates = [noted(sides[side], of["groups"]) for side in ("surrogate", "single", "gain")]
            rows.append((title, of["groups"], score, *estimates, of["nearer"][name]))
    notes = (
        f"Both against the mean of the other trainings of the same {_repeated(single)}, on {_held(single)} that were "
        "trained more than once, each counted once; 95 % bootstrap intervals over classes. Nearer: undecided where the "
        "interval of the difference holds 0.",
    )
    return Table(f"{fit.name}-single", f"{fit.name} against a single training", columns, tuple(rows), notes)


def _drawing(fit: Fit) -> Drawing:
    return Drawing(
        f"{fit.name}-quality",
        f"{words(fit.predictor)} ({fit.name}): Kendall τ in each check of quality on n rows, with the 95 % bootstrap "
        "interval over classes.",
        draw_quality(compute_quality(fit)),
    )
