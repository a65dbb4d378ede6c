"""One-shot searches in a report: read, laid side by side, computed, drawn, and on the page."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import nasbench.__main__ as cli
from predictors.metrics import kendall
from reports.drawing import figure_bytes, looks
from reports.figures.oneshot_curves import EpochPanel, compute_epoch_curves, draw_epoch_curves
from reports.figures.shared_ranking import compute_shared_rankings, draw_shared_rankings
from reports.figures.strengths import CHOSEN, compute_strengths, draw_strengths
from reports.leanings import lean, leanings
from reports.oneshot import OneShot, by_label, group_searches
from reports.rebuild import rebuild_command
from reports.report import make_report
from reports.results import read_result, read_results
from reports.sections.oneshot import make_sections
from reports.settings import Settings
from tests.reports.search_folders import EPOCHS, make_oneshot


def read(folder: Path) -> OneShot:
    """A made-up search."""
    search = read_result(folder)
    assert isinstance(search, OneShot)
    return search


def test_a_search_is_read(tmp_path: Path) -> None:
    search = read(make_oneshot(tmp_path / "a", seed=1))
    assert (search.searcher, search.seed, search.kind, search.missing) == ("gdas", 1, "oneshot", ())
    assert search.space.format(search.pick) == search.info["pick"]
    assert str(search.measure) == "test_accuracy@200"
    assert search.kendall == pytest.approx(1 - 2 * 1 / 45)
    assert math.isnan(read(make_oneshot(tmp_path / "b", truth=False)).kendall)


def test_collapse_is_counted_from_the_first_epoch(tmp_path: Path) -> None:
    search = read(make_oneshot(tmp_path / "a"))
    search.arrays["choices"][1:] = 1
    assert search.collapsed == [2, 3, 4]


def test_a_stopped_search_is_read_as_far_as_it_is(tmp_path: Path, settings: Settings) -> None:
    search = read(make_oneshot(tmp_path / "a", ended=False))
    assert len(search.arrays["seconds"]) == 2
    assert search.missing == ("2 of 4 epochs are done, and nothing is ranked: run the same command again",)
    (section,) = make_sections([search], settings)
    assert len(section.tables[0].rows) == 1
    (tmp_path / "a" / "checkpoint.npz").unlink()
    with pytest.raises(ValueError, match="without a finished epoch"):
        read_result(tmp_path / "a")


def test_what_cannot_be_is_said(tmp_path: Path) -> None:
    folder = make_oneshot(tmp_path / "a")
    (folder / "search.npz").write_bytes(b"torn")
    with pytest.raises(ValueError, match="cannot be read"):
        read_result(folder)


def test_what_differs_is_not_laid_side_by_side(tmp_path: Path) -> None:
    made = [
        make_oneshot(tmp_path / "a"),
        make_oneshot(tmp_path / "b", "enas"),
        make_oneshot(tmp_path / "c", space_name="darts", truth=False),
        make_oneshot(tmp_path / "d", seed=2, ended=False),
    ]
    groups = group_searches(read_results(made))
    assert [[search.name for search in group] for group in groups] == [["a", "b", "d"], ["c"]]


def test_parameters_that_tell_apart_are_in_the_label(tmp_path: Path) -> None:
    searches = [
        read(make_oneshot(tmp_path / "a", "darts_second_order", seed=1, exact=False, rate=1)),
        read(make_oneshot(tmp_path / "b", "darts_second_order", exact=False, rate=1)),
        read(make_oneshot(tmp_path / "c", "darts_second_order", exact=True, rate=1)),
        read(make_oneshot(tmp_path / "d", rate=3)),
    ]
    labels = by_label(searches)
    assert {label: [search.seed for search in of] for label, of in labels.items()} == {
        "darts_second_order (exact=False)": [0, 1],
        "darts_second_order (exact=True)": [0],
        "gdas": [0],
    }


# -- figures --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("space", "edges"), [("nas_bench_201", 6), ("darts", 14)])
def test_strengths_are_shares_of_an_edge(tmp_path: Path, space: str, edges: int) -> None:
    search = read(make_oneshot(tmp_path / "a", space_name=space, truth=False))
    search.arrays["strengths"][:] *= 7  # of which a share knows nothing
    panels = compute_strengths(search, 0)
    assert len({(panel.source, panel.target) for panel in panels}) == edges
    for panel in panels:
        assert panel.shares.shape == (search.cells.shape[2], EPOCHS)
        if panel.chosen >= 0:
            assert panel.shares.sum(axis=0) == pytest.approx(np.ones(EPOCHS))
            assert panel.shares[panel.chosen, -1] == pytest.approx(0.9 + 0.1 / search.cells.shape[2])
    figure = draw_strengths(panels, search.cells.operations, "strengths")
    shown = [axes for axes in figure.axes if axes.get_visible() and axes.images]
    assert len(shown) == edges
    marks = [line for axes in shown for line in axes.lines if line.get_color() == CHOSEN]
    assert len(marks) == sum(panel.chosen >= 0 for panel in panels)


def test_strengths_that_never_differ_are_not_drawn(tmp_path: Path) -> None:
    search = read(make_oneshot(tmp_path / "a"))
    search.arrays["strengths"][:] = 0.2
    assert compute_strengths(search, 0) == []


def test_curves_over_epochs(tmp_path: Path, settings: Settings) -> None:
    searches = by_label(
        [
            read(make_oneshot(tmp_path / "a")),
            read(make_oneshot(tmp_path / "b", seed=2)),
            read(make_oneshot(tmp_path / "c", seed=4, ended=False)),
        ]
    )
    (true,) = compute_epoch_curves(searches, "true", settings)
    assert (true.searcher, true.runs, true.band.value.tolist()) == ("gdas", 3, [91, 92, 93, 94])
    (entropy,) = compute_epoch_curves(searches, "entropy", settings)
    assert entropy.band.value.tolist() == [3, 6, 6, 8]
    assert entropy.band.n.tolist() == [3, 3, 2, 2]
    (skips,) = compute_epoch_curves(searches, "skips", settings)
    assert skips.band.value[0] == np.mean([search.arrays["skips"][0].sum() for search in searches["gdas"]])
    unknown = {"gdas": [read(make_oneshot(tmp_path / "d", truth=False))]}
    assert compute_epoch_curves(unknown, "true", settings) == []
    figure = draw_epoch_curves(
        [EpochPanel("true", [true], {"best": 94.4}), EpochPanel("skips", [skips], {}, counted=True)], looks(searches)
    )
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["true", "skips"]
    assert figure.axes[0].get_ylim()[1] > 94.4
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["gdas (n = 3)"]


def test_noise_does_not_look_like_news(tmp_path: Path, settings: Settings) -> None:
    search = read(make_oneshot(tmp_path / "a"))
    search.arrays["entropy"][:] = np.log(5) - 1e-6 * np.arange(EPOCHS)
    curves = compute_epoch_curves({"gdas": [search]}, "entropy", settings)
    (axes,) = draw_epoch_curves([EpochPanel("entropy", curves, {"even": np.log(5)})], looks(["gdas"])).axes
    low, high = axes.get_ylim()
    assert high - low > 0.05 and low < np.log(5) < high


def test_shared_weights_against_the_truth(tmp_path: Path, settings: Settings) -> None:
    searches = by_label([read(make_oneshot(tmp_path / "a")), read(make_oneshot(tmp_path / "b", seed=1))])
    (ranking,) = compute_shared_rankings(searches, settings)
    assert (ranking.architectures, list(ranking.seeds), ranking.kendall.n) == (10, [0, 1], 2)
    assert ranking.kendall.value == pytest.approx(1 - 2 * 1 / 45)
    figure = draw_shared_rankings([ranking], looks(searches), "test accuracy [%]")
    points = sum(np.shape(drawn.get_offsets())[0] for drawn in figure.axes[0].collections)
    assert points == 20
    assert "Kendall τ 0.96" in figure.axes[0].get_title(loc="left")
    near_none = replace(ranking, kendall=replace(ranking.kendall, value=-0.001))
    (axes,) = draw_shared_rankings([near_none], looks(searches), "test accuracy [%]").axes
    assert "Kendall τ 0.00" in axes.get_title(loc="left"), "not -0.00"
    assert figure_bytes(figure, "ranking", "png").startswith(b"\x89PNG")
    assert compute_shared_rankings({"gdas": [read(make_oneshot(tmp_path / "c", truth=False))]}, settings) == []


def test_what_accuracies_lean_on(tmp_path: Path, settings: Settings) -> None:
    search = read(make_oneshot(tmp_path / "a"))
    choices, place = search.arrays["ranked_choices"], search.cells.operations.index("skip_connect")
    skips = (choices == place).sum(axis=1).astype(float)
    leaning = lean(search, 40 + skips)
    assert leaning[place] == 1.0 and all(other < 1.0 for other in leaning[:place] + leaning[place + 1 :])
    assert lean(search, 40 - skips)[place] == -1.0
    partly = np.where(np.arange(10) < 5, skips, np.nan)
    assert lean(search, partly) == lean(search, np.where(np.isnan(partly), np.nan, 2 * partly))
    assert all(math.isnan(none) for none in lean(search, np.full(10, np.nan)))
    (table,) = leanings(by_label([search, read(make_oneshot(tmp_path / "b", seed=1))]), "oneshot", settings)
    shown = dict(zip((column.name for column in table.columns), table.rows[1], strict=True))
    true = kendall(skips, search.arrays["ranked_true"])
    assert (shown["searcher"], shown["n"], shown["skip_connect"]) == ("the table", None, pytest.approx(true))
    darts = read(make_oneshot(tmp_path / "c", space_name="darts", truth=False))
    (table,) = leanings({"gdas": [darts]}, "oneshot", settings)
    assert [column.name for column in table.columns][2:] == list(darts.cells.operations[1:]), (
        "no cell of DARTS has none"
    )
    assert len(table.rows) == 1, "no table, no truth"
    assert leanings({"gdas": [read(make_oneshot(tmp_path / "d", ended=False))]}, "oneshot", settings) == []


# -- the page -------------------------------------------------------------------------------------------------------


def test_the_section_says_what_was_found(tmp_path: Path, settings: Settings) -> None:
    results = read_results([make_oneshot(tmp_path / "a"), make_oneshot(tmp_path / "b", seed=1)])
    report = make_report(results, settings)
    section = next(section for section in report.sections if section.name == "oneshot")
    summary, leaning, found = section.tables
    assert [line[0] for line in leaning.texts()] == ["gdas", "the table"]
    (row,) = summary.texts()
    cells = dict(zip((column.name for column in summary.columns), row, strict=True))
    assert (cells["searcher"], cells["n"], cells["seeds"], cells["ranked"]) == ("gdas", "2", "0-1", "10")
    assert cells["true"].startswith("93.5")
    assert [line[-1] for line in found.texts()] == [result.info["pick"] for result in results]
    names = [drawing.name for drawing in section.drawings]
    assert names == [
        "oneshot-epochs",
        "oneshot-ranking",
        "oneshot-cell-1",
        "oneshot-cell-2",
        "oneshot-strengths-1-cell",
    ]
    assert "τ 0.956" in section.paragraphs[0]


def test_the_command_that_makes_it_again_is_one_that_the_program_takes(tmp_path: Path) -> None:
    words = rebuild_command(read(make_oneshot(tmp_path / "a", hottest=9.0))).split()
    args = cli.make_parser("oneshot").parse_args(words[2:])
    assert (args.searcher, args.seed, args.set, args.channels, args.ranked) == ("gdas", 0, ["hottest=9.0"], 4, 10)
    assert (args.flip, args.judged_images, args.report) == (False, 100, "test_accuracy@200")


def test_the_command_report_makes_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make_oneshot(tmp_path / "a", space_name="darts", truth=False)
    assert cli.main(["report", str(folder), "--out", str(tmp_path / "report"), "--figures", "svg"]) == 0
    page = (tmp_path / "report" / "index.html").read_text(encoding="utf-8")
    assert "One-shot searches of darts on digits" in page and 'id="figure-oneshot-cell-1"' in page
    assert (tmp_path / "report" / "figures" / "oneshot-strengths-1-reduce.svg").is_file()
    assert capsys.readouterr().out.endswith("index.html\n")
