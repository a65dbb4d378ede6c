"""Tables of a comparison of searchers: what they found, on the way and in the end, who beats whom, what it cost."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from reports.drawing import words
from reports.result import Comparison
from reports.section import Judgement, judge, mark_notes, measure_decimals, measure_unit, measure_words
from reports.settings import Settings
from reports.spending import FLOPS, amount_text, checkpoints, scale, value_after
from reports.statistics import Estimate, average_ranks
from reports.table import Cell, Column, Table, Value

EVALUATOR = Column("evaluator", "evaluator", form="text")
SEARCHER = Column("searcher", "searcher", form="text")
RUNS = Column("runs", "n")
PRICED = {"seconds": ("unpriced", "time"), "flops": ("unpriced_flops", "cost in FLOPs")}
"""Units of which a class's price may not be known: where runs count such classes, and what is missing of them."""


def worth_words(comparison: Comparison) -> str:
    """What runs are judged by, unit included."""
    measure = comparison.worth_measure
    text = measure_words(measure) + measure_unit(measure)
    return text if comparison.worth == "true_test" else f"score by the evaluator: {text}"


def best_known(comparison: Comparison) -> tuple[float, str] | None:
    """The value that regret is counted from, and what it is in words; None without a truth table."""
    if comparison.worth != "true_test":
        return None
    if comparison.optimum is not None:
        return comparison.optimum, "the best in the truth table"
    sign = comparison.worth_measure.sign
    found = max(float(np.nanmax(sign * run.true_test, initial=-np.inf)) for run in comparison.runs)
    return sign * found, "the best incumbent of any run here"


def judge_evaluators(comparison: Comparison, settings: Settings) -> dict[str, Judgement]:
    """The searchers' last incumbents judged, for each evaluator with finished runs."""
    return {
        evaluator: judge(finals, settings, comparison.worth_measure.sign > 0)
        for evaluator in comparison.evaluators
        if (finals := comparison.finals(evaluator, comparison.worth))
    }


def final_table(comparison: Comparison, judgements: Mapping[str, Judgement], settings: Settings) -> Table:
    """What the last incumbents are worth."""
    best = best_known(comparison)
    most = measure_decimals(comparison.worth_measure)
    columns = [EVALUATOR, SEARCHER, RUNS, Column("value", worth_words(comparison), most)]
    notes = list(mark_notes(settings, "all pairs of searchers on an evaluator"))
    if best is not None:
        unit = measure_unit(comparison.select)
        columns.append(Column("regret", f"regret{measure_unit(comparison.worth_measure)}", most))
        most = measure_decimals(comparison.select)
        columns.append(Column("validation", f"true {measure_words(comparison.select)}{unit}", most))
        notes.append(f"Regret: how far that stays behind {best[1]}, {best[0]:.2f}.")
    columns.append(Column("rank", "mean rank", 2))
    rows: list[tuple[Cell | Value, ...]] = []
    unknown = 0
    for evaluator, judgement in judgements.items():
        ranks = final_ranks(comparison, evaluator, settings)
        validation = comparison.finals(evaluator, "true_val")
        for searcher, estimate in judgement.estimates.items():
            row: list[Cell | Value] = [words(evaluator), words(searcher), estimate.n]
            unknown += len(comparison.of(evaluator, searcher)) - estimate.n
            row.append(judgement.cell(searcher, estimate))
            if best is not None:
                row.append(regret(estimate, best[0], comparison.worth_measure.sign))
                row.append(settings.estimate(validation[searcher].values()))
            rows.append((*row, ranks.get(searcher)))
    if unknown:
        notes.append(f"Left out: {unknown} run{'' if unknown == 1 else 's'} whose last incumbent has no value there.")
    return Table(
        f"{comparison.name}-final", "Incumbents after the last query", tuple(columns), tuple(rows), tuple(notes)
    )


def final_ranks(comparison: Comparison, evaluator: str, settings: Settings) -> dict[str, Estimate]:
    """Mean rank of each searcher over the seeds that all searchers of the evaluator have; empty without such seeds."""
    finals = comparison.finals(evaluator, comparison.worth)
    seeds = [
        seed
        for seed in next(iter(finals.values()), {})
        if all(np.isfinite(of.get(seed, np.nan)) for of in finals.values())
    ]
    if not seeds or len(finals) < 2:
        return {}
    scores = np.array([[of[seed] for of in finals.values()] for seed in seeds])
    ranks = average_ranks(
        scores,
        seed=settings.seed,
        higher_is_better=comparison.worth_measure.sign > 0,
        level=settings.level,
        resamples=settings.resamples,
    )
    return dict(zip(finals, ranks, strict=True))


def regret(value: Estimate, optimum: float, sign: float) -> Estimate:
    """How far a value stays behind the optimum; zero or more where the optimum is one."""
    if sign > 0:
        return Estimate(optimum - value.value, optimum - value.high, optimum - value.low, value.n)
    return Estimate(value.value - optimum, value.low - optimum, value.high - optimum, value.n)


def cost_table(comparison: Comparison, settings: Settings) -> Table:
    """What the runs cost: training in all that was counted, the searcher's own time, how many classes were asked."""
    divisor, unit = scale("seconds", _largest(comparison, "seconds") or 0.0)
    counted = _largest(comparison, "flops")
    flops_divisor, flops_name = scale("flops", counted or 0.0)
    partial = any(run.partial for run in comparison.runs)
    columns = [
        EVALUATOR,
        SEARCHER,
        RUNS,
        Column("queries", "queries", 1),
        Column("unique", "classes asked", 1),
        Column("failures", "failed queries"),
        Column("training_time", f"training [{unit}]", 2),
        Column("clock", "clock", form="text"),
        Column("search_seconds", "searcher's own time [s]", 3),
    ]
    columns += [Column("epochs", "epochs paid", 1)] if partial else []
    columns += [Column("flops", f"training, estimated [{flops_name}]", 2)] if counted is not None else []
    rows: list[tuple[Cell | Value, ...]] = []
    for evaluator in comparison.evaluators:
        finals = {name: comparison.finals(evaluator, name) for name in ("unique", "seconds", "search_seconds")}
        for searcher in finals["unique"]:
            runs = comparison.of(evaluator, searcher)
            spent = settings.estimate(second / divisor for second in finals["seconds"][searcher].values())
            lengths = {len(run.score) for run in runs}
            more: list[Cell | Value] = []
            if partial:
                more.append(settings.estimate(run.spent("epochs")[-1] for run in runs))
            if counted is not None:
                flops = settings.estimate(run.spent("flops")[-1] / flops_divisor for run in runs)
                more.append(flops if flops.n else None)
            rows.append(
                (
                    words(evaluator),
                    words(searcher),
                    len(runs),
                    lengths.pop() if len(lengths) == 1 else settings.estimate(len(run.score) for run in runs),
                    settings.estimate(finals["unique"][searcher].values()),
                    sum(run.failures for run in runs),
                    spent if spent.n else None,
                    comparison.clock(evaluator),
                    settings.estimate(finals["search_seconds"][searcher].values()),
                    *more,
                )
            )
    notes = [
        f"{settings.statistic.capitalize()} over n seeds ± half the {settings.interval}. A class asked again costs no "
        "training; the searcher's own time is real and differs between machines.",
        *([f"{FLOPS[:1].upper()}{FLOPS[1:]} x training images, in multiply-adds."] if counted is not None else []),
        *filter(None, (unpriced_words(comparison, e, over) for e in comparison.evaluators for over in PRICED)),
    ]
    return Table(f"{comparison.name}-cost", "What the runs cost", tuple(columns), tuple(rows), tuple(notes))


def _largest(comparison: Comparison, over: str) -> float | None:
    """Most that a run has spent of a unit; None where nobody counted it."""
    lasts = [float(run.spent(over)[-1]) for run in comparison.runs if len(run.score)]
    return max((last for last in lasts if np.isfinite(last)), default=None)


def unpriced_words(comparison: Comparison, evaluator: str, over: str) -> str:
    """A sentence on classes of which the time, or FLOPs, are not known; nothing where all are, or none were kept."""
    runs = [run for run in comparison.runs if run.evaluator == evaluator and np.isfinite(run.spent(over)).all()]
    count = sum(getattr(run, PRICED[over][0]) for run in runs) if over in PRICED else 0
    if not count:
        return ""
    asked = sum(run.unique[-1] for run in runs)
    what = PRICED[over][1]
    return f"On {words(evaluator)} the {what} of {count:,} of {asked:,.0f} classes is not known and counts as none."


def anytime_table(comparison: Comparison, judgements: Mapping[str, Judgement], settings: Settings) -> Table:
    """What incumbents are worth on the way through the budget, judged anew at each amount of it."""
    over, stops = comparison.over, checkpoints(comparison)
    most = measure_decimals(comparison.worth_measure)
    columns = [EVALUATOR, SEARCHER, *(Column(f"at_{stop:g}", amount_text(over, stop), most) for stop in stops)]
    rows: list[tuple[Cell | Value, ...]] = []
    for evaluator in judgements:
        at = []
        for stop in stops:
            values = {
                searcher: {run.seed: float(value_after(run, comparison.worth, over, np.array(stop))) for run in runs}
                for searcher in comparison.searchers
                if (runs := comparison.of(evaluator, searcher))
            }
            at.append(judge(values, settings, comparison.worth_measure.sign > 0))
        for searcher in judgements[evaluator].estimates:
            cells = [judgement.cell(searcher, judgement.estimates[searcher]) for judgement in at]
            rows.append((words(evaluator), words(searcher), *cells))
    notes = mark_notes(settings, "all pairs of searchers at one amount of the budget")
    title = f"Incumbents on the way: {worth_words(comparison)}"
    return Table(f"{comparison.name}-anytime", title, tuple(columns), tuple(rows), notes)


def pair_table(comparison: Comparison, judgements: Mapping[str, Judgement], settings: Settings) -> Table | None:
    """Every pair of searchers after the last query; None where no evaluator has two."""
    measure = comparison.worth_measure
    columns = (
        EVALUATOR,
        Column("first", "first", form="text"),
        Column("second", "second", form="text"),
        Column("pairs", "n"),
        Column("difference", f"first − second{measure_unit(measure)}", measure_decimals(measure)),
        Column("wins", "wins"),
        Column("ties", "ties"),
        Column("losses", "losses"),
        Column("superiority", "P(first better)", 2),
        Column("effect", "rank-biserial r", 2),
        Column("p", "p", form="p"),
        Column("p_holm", "p (Holm)", form="p"),
    )
    rows = tuple(
        (
            words(evaluator),
            words(pair.first),
            words(pair.second),
            pair.difference.n,
            pair.difference,
            pair.wins,
            pair.ties,
            pair.losses,
            pair.superiority,
            pair.effect,
            pair.p,
            Cell(pair.p_holm, bold=pair.p_holm < settings.alpha),
        )
        for evaluator, judgement in judgements.items()
        for pair in judgement.pairs
    )
    if not rows:
        return None
    notes = (
        f"On the n seeds both have: {settings.statistic} difference ± half the {settings.interval}; seeds on which the "
        "first does better, as well, worse; the chance that a run of the first beats one of the second (ties half); "
        "two-sided Wilcoxon signed-rank test, exact up to 200 differing pairs, alone and with Holm's correction over "
        f"all pairs of the evaluator. Bold: below {settings.alpha:g}.",
    )
    return Table(f"{comparison.name}-pairs", "Searchers against each other after the last query", columns, rows, notes)
