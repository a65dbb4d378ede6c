"""Figures: the numbers that compute_* gives, and that draw_* draws them."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import scipy.stats

from reports.drawing import FORMATS, figure_bytes, inline_svg, looks, new_axes, set_legend, time_unit
from reports.figures.correlation_by_size import compute_correlation_by_size, draw_correlation_by_size
from reports.figures.coverage import compute_coverage, draw_coverage
from reports.figures.predictor_scatter import compute_scatter, draw_scatter
from reports.figures.rank_curves import compute_rank_curves, draw_rank_curves
from reports.figures.search_curves import compute_range, compute_search_curves, draw_search_curves
from reports.figures.surrogate_agreement import compute_agreement, draw_agreement, kendall_tau
from reports.figures.win_rates import compute_win_rates, draw_win_rates
from reports.report import Report
from reports.result import Comparison, Fit, Run, Study
from reports.results import read_result
from reports.settings import Settings
from searchers.measure import Measure


def comparison(values: dict[tuple[str, str], list[list[float]]], seconds: list[float] | None = None) -> Comparison:
    """A comparison whose incumbents have these true values: (evaluator, searcher) -> a list a seed."""
    runs = []
    for (evaluator, searcher), of_seed in values.items():
        for seed, trace in enumerate(of_seed):
            array = np.array(trace, dtype=np.float64)
            spent = np.array(seconds if seconds is not None else [math.nan] * len(array))
            shared = {"score": array, "true_val": array, "true_test": array, "search_seconds": array * 0}
            unique = np.arange(1.0, len(array) + 1)
            runs.append(Run(evaluator=evaluator, searcher=searcher, seed=seed, seconds=spent, unique=unique, **shared))
    return Comparison(
        folder=Path("made-up"),
        name="made-up",
        info={"kind": "compare"},
        digest="",
        runs=tuple(runs),
        searchers=tuple(dict.fromkeys(searcher for _, searcher in values)),
        evaluators={name: name for name, _ in values},
        select=Measure("val_accuracy", 200),
        report=Measure("test_accuracy", 200),
    )


def read(folders: dict[str, Path], name: str) -> Comparison:
    """A made-up comparison folder."""
    result = read_result(folders[name])
    assert isinstance(result, Comparison)
    return result


def test_curves_over_queries(settings: Settings) -> None:
    made = comparison({("table", "a"): [[1, 2, 3], [3, 4, 8]], ("table", "b"): [[5, 5]]})
    a, b = compute_search_curves(made, "table", "true_test", settings)
    assert (a.searcher, a.runs, a.x.tolist(), a.band.value.tolist()) == ("a", 2, [1, 2, 3], [2, 3, 5.5])
    assert (a.band.low.tolist(), a.band.high.tolist()) == ([1, 2, 3], [3, 4, 8])
    assert (b.runs, b.x.tolist(), b.band.value.tolist()) == (1, [1, 2], [5, 5])
    assert np.isnan(b.band.low).all()
    assert compute_search_curves(made, "surrogate", "true_test", settings) == []
    (median,) = compute_search_curves(
        comparison({("table", "a"): [[1], [2], [9]]}), "table", "true_test", replace(settings, statistic="median")
    )
    assert median.band.value.tolist() == [2]


def test_curves_over_time_hold_the_last_incumbent(settings: Settings) -> None:
    made = comparison({("table", "a"): [[1, 2, 3], [1, 4, 5]]}, seconds=[10, 20, 40])
    (curve,) = compute_search_curves(made, "table", "true_test", settings, over="seconds")
    assert (curve.x[0], curve.x[-1]) == pytest.approx((10, 40))
    expected = [1 if x < 20 else 3 if x < 40 else 4 for x in np.round(curve.x, 9)]
    assert curve.band.value.tolist() == expected


def test_curves_over_time_need_a_clock(settings: Settings) -> None:
    made = comparison({("table", "a"): [[1, 2]]})
    assert compute_search_curves(made, "table", "true_test", settings, over="seconds") == []


def test_curves_over_epochs_are_there_where_they_were_kept(settings: Settings) -> None:
    made = comparison({("table", "a"): [[1, 2, 3]], ("table", "b"): [[4, 5, 6]]})
    spent = [np.array([1.0, 2.0, 12.0]), np.array([12.0, 24.0, 36.0])]
    runs = [replace(run, epochs=epochs) for run, epochs in zip(made.runs, spent, strict=True)]
    a, b = compute_search_curves(replace(made, runs=tuple(runs)), "table", "true_test", settings, over="epochs")
    assert (a.x[0], a.x[-1], b.x[0], b.x[-1]) == pytest.approx((1, 12, 12, 36))
    assert a.band.value.tolist() == [1 if x < 2 else 2 if x < 12 else 3 for x in np.round(a.x, 9)]
    assert compute_search_curves(made, "table", "true_test", settings, over="epochs") == []


def test_curves_over_time_have_all_their_runs_at_each_point(settings: Settings) -> None:
    made = comparison({("table", "a"): [[1, 2]]}, seconds=[5, 50])
    later = comparison({("table", "a"): [[3, 4]]}, seconds=[10, 30]).runs[0]
    made = replace(made, runs=(*made.runs, replace(later, seed=1)))
    (curve,) = compute_search_curves(made, "table", "true_test", settings, over="seconds")
    assert (curve.x[0], curve.x[-1]) == pytest.approx((10, 50))
    assert set(curve.band.n.tolist()) == {2}
    assert curve.band.value[0] == 2  # (1 + 3) / 2
    assert curve.band.value[-1] == 3  # (2 + 4) / 2: the second run ended at 30 and keeps its 4


def test_range_shows_settled_values_and_a_best_value_that_is_near(settings: Settings) -> None:
    rising = [10.0] + [90 + i / 10 for i in range(40)]
    curves = compute_search_curves(comparison({("t", "a"): [rising]}), "t", "true_test", settings)
    low, high = compute_range([curves])
    assert 89 < low < 91
    assert 93.9 < high < 94.5
    assert compute_range([curves], best=94.5)[1] > 94.5
    assert compute_range([curves], best=100.0)[1] == high
    flat = compute_search_curves(comparison({("t", "a"): [[5.0, 5.0]]}), "t", "true_test", settings)
    low, high = compute_range([flat])
    assert low < 5 < high


def test_ranks_on_shared_seeds(settings: Settings) -> None:
    made = comparison({("t", "a"): [[1, 5], [1, 5], [9, 9]], ("t", "b"): [[2, 4], [1, 6]]})
    curves = compute_rank_curves(made, "t", settings)
    assert curves is not None
    assert curves.seeds == (0, 1)
    assert curves.bands["a"].value.tolist() == [1.75, 1.5]
    assert curves.bands["b"].value.tolist() == [1.25, 1.5]
    assert compute_rank_curves(comparison({("t", "a"): [[1], [2]]}), "t", settings) is None
    assert compute_rank_curves(comparison({("t", "a"): [[1]], ("t", "b"): [[2]]}), "t", settings) is None


def test_ranks_leave_out_seeds_without_a_value(settings: Settings) -> None:
    made = comparison({("t", "a"): [[math.nan, 5], [3, 5]], ("t", "b"): [[2, 4], [1, 6]]})
    curves = compute_rank_curves(made, "t", settings)
    assert curves is not None
    assert curves.bands["a"].value.tolist() == [1.0, 1.5]
    assert curves.bands["a"].n.tolist() == [1, 2]


def test_win_rates(settings: Settings) -> None:
    scores = {"a": {i: 2.0 + i for i in range(9)}, "b": {i: 1.0 + i for i in range(8)} | {8: 10.0}, "c": {99: 1.0}}
    matrix = compute_win_rates(list("abc"), settings.pairs(scores), 0.05)
    np.testing.assert_allclose(matrix.rates[:2, :2], [[np.nan, 8.5 / 9], [0.5 / 9, np.nan]])
    assert np.isnan(matrix.rates[2]).all()
    assert matrix.significant[0, 1]
    assert not matrix.significant[0, 2]


def test_scatter_ranges(folders: dict[str, Path]) -> None:
    fit = read_result(folders["fit"])
    assert isinstance(fit, Fit)
    whole, half = compute_scatter(fit), compute_scatter(fit, upper_half=True)
    assert (len(whole.actual), whole.outside) == (120, 0)
    assert len(half.actual) == (fit.actual >= np.median(fit.actual)).sum()
    assert half.actual.min() == fit.actual[fit.actual >= np.median(fit.actual)].min()
    far = replace(fit, actual=np.r_[fit.actual.repeat(5), 0.0], predicted=np.r_[fit.predicted.repeat(5), 900.0])
    assert compute_scatter(far).outside == 1
    nothing = replace(fit, predicted=np.full(120, np.nan))
    with pytest.raises(ValueError, match="no held-out architecture"):
        compute_scatter(nothing)


def test_correlation_by_size(folders: dict[str, Path], settings: Settings) -> None:
    study = read_result(folders["study"])
    assert isinstance(study, Study)
    ridge, xgboost = compute_correlation_by_size(study, "kendall", settings)
    assert (ridge.predictor, xgboost.predictor, ridge.sizes) == ("ridge", "xgboost", (32, 128, 500))
    rows = (study.predictor == "ridge") & (study.size == 128)
    assert ridge.estimates[1].value == pytest.approx(study.scores["kendall"][rows].mean())
    assert ridge.estimates[1].n == 10


@pytest.mark.parametrize("k", [2, 3, 5])
def test_kendall_agrees_with_scipy(k: int) -> None:
    rng = np.random.default_rng(k)
    first, second = rng.integers(0, 4, (20, k)), rng.integers(0, 4, (20, k))
    expected = [scipy.stats.kendalltau(a, b).statistic for a, b in zip(first, second, strict=True)]
    np.testing.assert_allclose(kendall_tau(first, second), expected)


def test_agreement_of_a_surrogate_that_ranks_otherwise(settings: Settings) -> None:
    made = comparison(
        {
            ("table", "a"): [[1.0], [1.2]],
            ("table", "b"): [[2.0], [2.2]],
            ("table", "c"): [[3.0], [3.2]],
            ("surrogate", "a"): [[1.5], [1.5]],
            ("surrogate", "b"): [[3.5], [3.4]],
            ("surrogate", "c"): [[3.0], [3.1]],
            ("surrogate", "d"): [[9.0], [9.0]],
        }
    )
    found = compute_agreement(made, "table", "surrogate", settings)
    assert found is not None
    assert found.searchers == ("a", "b", "c")
    assert found.kendall.value == pytest.approx(1 / 3)
    assert (found.same_order, found.pairs) == (2, 3)
    assert found.self_agreement.value == pytest.approx(1.0)
    assert [round(difference.value, 6) for difference in found.differences] == [0.4, 1.35, -0.05]
    assert [estimate.value for estimate in found.on_reference] == pytest.approx([1.1, 2.1, 3.1])
    assert compute_agreement(made, "table", "training", settings) is None


def test_agreement_of_one_searcher_has_no_rank_correlation(settings: Settings) -> None:
    made = comparison({("table", "a"): [[1.0], [2.0]], ("surrogate", "a"): [[1.0], [2.0]]})
    found = compute_agreement(made, "table", "surrogate", settings)
    assert found is not None
    assert math.isnan(found.kendall.value)
    assert found.pairs == 0
    assert draw_agreement(found, looks(["a"]), "accuracy").axes


def test_every_figure_draws_in_every_format(report: Report) -> None:
    drawings = [drawing for section in report.sections for drawing in section.drawings]
    stems = {drawing.name.rpartition("-")[2] for drawing in drawings}
    assert {"queries", "seconds", "ranks", "wins", "scatter", "upper", "kendall", "table"} <= stems
    starts = {"svg": b"<?xml", "pdf": b"%PDF", "png": b"\x89PNG"}
    assert set(starts) == set(FORMATS)
    for drawing in drawings[::7]:
        for suffix, start in starts.items():
            data = figure_bytes(drawing.figure, drawing.name, suffix)
            assert data.startswith(start)
            assert data == figure_bytes(drawing.figure, drawing.name, suffix)
    with pytest.raises(ValueError, match="svg, pdf, png"):
        figure_bytes(drawings[0].figure, "x", "bmp")


def test_drawings_show_what_was_computed(folders: dict[str, Path], settings: Settings) -> None:
    made = read(folders, "compare")
    style = looks(made.searchers)
    curves = compute_search_curves(made, "table", "true_test", settings)
    figure = draw_search_curves(curves, style, y_label="accuracy [%]", best=93.7)
    lines = {line.get_label(): line for line in figure.axes[0].get_lines()}
    np.testing.assert_array_equal(lines["random search"].get_ydata(), curves[0].band.value)
    assert "best in the table (93.70)" in lines
    assert figure.axes[0].get_title(loc="left") == "n = 8"
    timed = compute_search_curves(made, "table", "true_test", settings, over="seconds")
    label = "training time, estimated, not measured"
    figure = draw_search_curves(timed, style, y_label="accuracy [%]", x_label=label, over="seconds")
    assert figure.axes[0].get_xlabel() == f"{label} [hours]"
    ranks = compute_rank_curves(made, "table", settings)
    assert ranks is not None
    axes = draw_rank_curves(ranks, style).axes[0]
    assert axes.get_ylim()[0] > axes.get_ylim()[1]
    matrix = compute_win_rates(["a", "b"], settings.pairs({"a": {0: 1.0}, "b": {0: 2.0}}), 0.05)
    assert [text.get_text() for text in draw_win_rates(matrix).axes[0].texts] == ["0", "100"]
    study = read_result(folders["study"])
    assert isinstance(study, Study)
    sizes = compute_correlation_by_size(study, "kendall", settings)
    axes = draw_correlation_by_size(sizes, looks(study.predictors), "Kendall", 0.909, 0.88, "rows").axes[0]
    assert [text.get_text() for text in axes.texts] == [
        "noise ceiling: a perfect predictor (0.909)",
        "a second training (0.880)",
    ]
    assert axes.get_xlabel() == "trained architectures n"
    assert axes.get_ylim()[1] > 0.909
    fit = read_result(folders["fit"])
    assert isinstance(fit, Fit)
    axes = draw_scatter(compute_scatter(fit), "accuracy", "Kendall 0.8").axes[0]
    assert "n = 120" in axes.texts[0].get_text()
    assert axes.get_xlim() == axes.get_ylim()


def test_curves_of_one_query_draw(settings: Settings) -> None:
    made = comparison({("t", "a"): [[1.0], [2.0]], ("t", "b"): [[1.5], [1.0]]}, seconds=[0.0])
    for over in ("queries", "seconds"):
        curves = compute_search_curves(made, "t", "true_test", settings, over)
        assert draw_search_curves(curves, looks("ab"), y_label="accuracy", over=over).axes
    ranks = compute_rank_curves(made, "t", settings)
    assert ranks is not None
    assert draw_rank_curves(ranks, looks("ab")).axes


def test_coverage_is_that_of_the_largest_n(folders: dict[str, Path], settings: Settings) -> None:
    study = read_result(folders["study"])
    assert isinstance(study, Study)
    panels = compute_coverage(study, settings)
    assert [panel.title for panel in panels] == ["as predicted", "calibrated", "calibrated, every class once"]
    assert all(panel.size == 500 and list(panel.estimates) == ["ridge", "xgboost"] for panel in panels)
    rows = (study.predictor == "xgboost") & (study.size == 500)
    assert panels[0].estimates["xgboost"][2].value == pytest.approx(100 * study.scores["coverage_90"][rows].mean())
    drawn = draw_coverage(panels, looks(study.predictors)).axes
    assert [axes.get_title(loc="left") for axes in drawn] == [panel.title for panel in panels]
    blank = {name: values * np.nan for name, values in study.scores.items()}
    assert compute_coverage(replace(study, scores=blank), settings) == []


def test_looks_differ() -> None:
    style = looks([str(i) for i in range(7)])
    assert len({look.colour for look in style.values()}) == 7
    assert len({(look.dash, look.marker) for look in style.values()}) == 7


def test_inline_svg_stands_alone() -> None:
    figure, axes = new_axes()
    axes.plot([1, 2], [1, 2])
    text = inline_svg(figure_bytes(figure, "one", "svg"), "one", "A line")
    assert text.startswith("<svg ")
    assert text.endswith("</svg>")
    assert 'aria-label="A line"' in text
    assert "http" not in text
    assert all(part.startswith("one-") for part in text.split(' id="')[1:])
    assert all(part.startswith("one-") for part in text.split("url(#")[1:])


def test_time_units() -> None:
    units = [time_unit(seconds)[1] for seconds in (5, 119, 3000, 7200, 200_000)]
    assert units == ["seconds", "seconds", "minutes", "hours", "days"]


@pytest.mark.parametrize(
    "labels", [["random0"] * 9, ["a"] * 3, ["regularized evolution (n = 20)"] * 5, ["x" * 50, "y"]]
)
def test_a_legend_stays_within_its_figure(labels: list[str]) -> None:
    figure, axes = new_axes(5.4, 3.0)
    for place, label in enumerate(labels):
        axes.plot([0, 1], [0, place], label=label)
    set_legend(figure)
    figure_bytes(figure, "legend", "png")
    (legend,) = figure.legends
    box = legend.get_window_extent()
    assert box.x0 >= 0 and box.x1 <= figure.bbox.width
    rows = len({round(text.get_window_extent().y0) for text in legend.get_texts()})
    assert rows == {"random0": 3, "a": 1}.get(labels[0], rows), "and no row is wasted"
