"""Reports: what they say, that the page stands alone, and which files they write, keep and refuse to touch."""

from __future__ import annotations

import html.parser
import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import nasbench.__main__ as cli
import reports.output
from reports.output import parse_formats, write_report
from reports.report import Report, make_report
from reports.result import Comparison
from reports.results import read_results
from reports.section import Section
from reports.settings import Settings
from tests.reports.result_folders import make_comparison, make_fit


def section(report: Report, start: str) -> Section:
    """The first section whose name begins so."""
    return next(section for section in report.sections if section.name.startswith(start))


def said(report: Report) -> str:
    """All sentences of a report."""
    return "\n".join(paragraph for section in report.sections for paragraph in section.paragraphs)


def test_the_report_says_who_is_best_and_how_sure(report: Report) -> None:
    text = "\n".join(section(report, "comparison-compare").paragraphs)
    assert "48 runs of 60 queries among 15,625 architectures, 8 seeds" in text
    assert "best validation accuracy after 200 epochs" in text
    assert re.search(r"On table regularized evolution has the best mean, [\d.]+ \[[\d.]+, [\d.]+\] \(n = 8\)", text)
    few = "\n".join(section(report, "comparison-stopped").paragraphs)
    assert "with so few seeds no difference could be significant (p of at least 0.38 after correction)" in few


def test_the_report_says_what_is_missing(report: Report) -> None:
    assert report.missing == ("stopped: 2 runs of local_search on surrogate (seeds 2-3).",)


def test_bold_and_marks_follow_the_tests(report: Report) -> None:
    table = section(report, "comparison-compare").tables[0]
    place = [column.name for column in table.columns].index("value")
    cells = [row[place] for row in table.cells()]
    for evaluator in ("table", "surrogate"):
        rows = [cell for cell, row in zip(cells, table.rows, strict=True) if row[0] == evaluator]
        assert sum(cell.bold for cell in rows) + (sum(cell.mark == "†" for cell in rows) >= 2) == 1
    few = section(report, "comparison-stopped").tables[0].cells()
    assert not any(cell.bold for row in few for cell in row)
    assert all(row[place].mark == "†" for row in few)


def test_n_stands_in_every_table_of_estimates(report: Report) -> None:
    for part in report.sections:
        for table in part.tables:
            headers = " ".join(column.header for column in table.columns)
            if " ± " in str(table.texts()):
                assert re.search(r"\bn\b|seeds", headers + " ".join(table.notes)), table.name


def test_regret_is_counted_from_the_optimum_where_it_is_known(folders: dict[str, Path], settings: Settings) -> None:
    (result,) = read_results([folders["compare"]])
    for known, words in ((None, "the best incumbent of any run here"), (94.4, "the best in the truth table, 94.40")):
        table = section(make_report([replace(result, optimum=known)], settings), "comparison").tables[0]
        assert words in " ".join(table.notes)
        names = [column.name for column in table.columns]
        for row in table.cells():
            value, regret = (row[names.index(name)].value for name in ("value", "regret"))
            if known is not None:
                assert regret.value == pytest.approx(known - value.value)
                assert regret.low == pytest.approx(known - value.high)
            assert regret.value >= -1e-12


def test_surrogate_against_truth(report: Report) -> None:
    part = section(report, "compare-surrogate-against-table")
    assert "orders 3 of 3 pairs of searchers alike: Kendall τ of their means 1.00" in part.paragraphs[0]
    table = part.tables[0]
    names = [column.name for column in table.columns]
    for row in table.cells():
        first, second, difference = (row[names.index(n)].value for n in ("on_reference", "on_surrogate", "difference"))
        assert difference.value == pytest.approx(second.value - first.value)


def test_table_and_surrogate_may_come_from_two_folders(tmp_path: Path, settings: Settings) -> None:
    table = make_comparison(tmp_path / "on-table", 4, 20, ("table",))
    surrogate = make_comparison(tmp_path / "on-surrogate", 4, 20, ("surrogate",))
    shorter = make_comparison(tmp_path / "shorter", 4, 10, ("table",))
    found = section(make_report(read_results([surrogate, shorter, table]), settings), "on-table-on-surrogate")
    assert [row[1:3] for row in found.tables[0].rows] == [(4, 4)] * 3
    alone = make_report(read_results([surrogate, shorter]), settings)
    assert not any("against" in part.name for part in alone.sections)


def test_time_that_nobody_knows_is_said(folders: dict[str, Path], settings: Settings) -> None:
    (result,) = read_results([folders["compare"]])
    assert isinstance(result, Comparison)
    runs = tuple(replace(run, unpriced=2 if run.evaluator == "table" else 0) for run in result.runs)
    found = section(make_report([replace(result, runs=runs)], settings), "comparison")
    sentence = "On table the time of 48 of 1,440 classes is not known and counts as none."
    assert sentence in found.tables[-1].notes
    captions = {drawing.name: drawing.caption for drawing in found.drawings}
    assert sentence in captions["compare-table-seconds"]
    assert "not known" not in captions["compare-table-queries"] + captions["compare-surrogate-seconds"]


def test_clock_is_said(tmp_path: Path, settings: Settings) -> None:
    for clock, words in (("recorded", "as recorded"), ("estimated", "estimated, not measured"), ("none", None)):
        folder = make_comparison(tmp_path / clock, 3, 20, ("table",), clock=clock)
        drawings = section(make_report(read_results([folder]), settings), "comparison").drawings
        timed = [drawing for drawing in drawings if drawing.name.endswith("-seconds")]
        assert len(timed) == (words is not None)
        for drawing in timed:
            assert words is not None
            assert words in drawing.figure.axes[0].get_xlabel()
            assert words in drawing.caption


def test_without_a_truth_table_scores_are_judged_and_that_is_said(tmp_path: Path, settings: Settings) -> None:
    folder = make_comparison(tmp_path / "c", 3, 20, ("table",))
    (result,) = read_results([folder])
    assert isinstance(result, Comparison)
    nothing = [replace(run, true_test=run.true_test * float("nan")) for run in result.runs]
    report = make_report([replace(result, runs=tuple(nothing), report=None)], settings)
    assert "No truth table answered" in said(report)
    assert not any(part.name.endswith("against-table") for part in report.sections)


def test_study_and_fit(report: Report) -> None:
    text = said(report)
    best = r"At n = 500 xgboost has the best mean Kendall τ, 0\.\d{3} \(10 seeds\), significantly better"
    assert re.search(best, text)
    assert "noise ceiling of Kendall τ is 0.909" in text
    assert "trained on 400 architectures, ranks 120 architectures of classes it never saw" in text
    assert "0.800 [0.700, 0.900]" in text


def test_provenance_and_rebuilding(report: Report) -> None:
    part = section(report, "provenance")
    assert [table.name for table in part.tables] == [f"{n}-made-of" for n in ("fit", "study", "compare", "stopped")]
    held = {row[0]: row[1] for row in part.tables[2].rows}
    assert held["n"] == "48 runs"
    assert held["seeds found"] == "0-7"
    assert "processor A processor" in str(held["hardware"])
    assert "numpy 2.4.6" in str(held["versions"])
    assert "kind surrogate" in str(held["evaluators: surrogate"])
    assert len(str(held["SHA-256 of result.json"])) == 64
    assert held["truth"] == f"file table.h5, digest {'0123456789abcdef' * 4}"
    assert dict(part.tables[3].rows)["missing"] == "2 runs of local_search on surrogate (seeds 2-3)"
    for line in part.commands[0].splitlines():
        program, name, *words = line.split()
        assert program == "nasbench"
        cli.make_parser(name).parse_args(words)


class Page(html.parser.HTMLParser):
    """What a page refers to, and whether its elements nest."""

    VOID = ("meta", "link", "img", "br", "hr", "input")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.references: list[str] = []
        self.identities: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.references += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href", "srcset")]
        self.identities += [value or "" for name, value in attrs if name == "id"]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_stands_alone(report: Report, tmp_path: Path) -> None:
    written = write_report(report, tmp_path / "out", ())
    text = written[0].read_text(encoding="utf-8")
    page = Page()
    page.feed(text)
    assert page.open == []
    assert "http" not in text
    assert "@import" not in text
    assert not {"script", "link", "iframe", "object"} & set(page.tags)
    assert all(reference.startswith(("#", "data:image/png;base64,")) for reference in page.references)
    assert len(page.identities) == len(set(page.identities))
    anchors = {reference[1:] for reference in page.references if reference.startswith("#")}
    assert anchors <= set(page.identities)
    assert {f"url(#{i})" for i in re.findall(r"url\(#([^)]+)\)", text)} <= {f"url(#{i})" for i in page.identities}
    assert "viewport" in text
    assert page.tags.count("svg") == sum(len(part.drawings) for part in report.sections)
    assert page.tags.count("table") == sum(len(part.tables) for part in report.sections)
    assert "What is missing" in text


def test_the_same_results_give_the_same_files(folders: dict[str, Path], settings: Settings, tmp_path: Path) -> None:
    names = []
    for out in (tmp_path / "a", tmp_path / "b"):
        write_report(make_report(read_results([folders["fit"]]), settings), out)
        names.append({str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()})
    assert names[0] == names[1]
    assert {"index.html", "report.md", "report.json", "tables/fits.tex", "figures/fit-scatter.pdf"} <= set(names[0])


def test_files_of_an_earlier_report_go_and_those_of_others_stay(
    folders: dict[str, Path], settings: Settings, tmp_path: Path
) -> None:
    fit, study = (make_report(read_results([folders[name]]), settings) for name in ("fit", "study"))
    write_report(fit, tmp_path, ("png",))
    (tmp_path / "notes.txt").write_text("mine")
    write_report(study, tmp_path, ())
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert "notes.txt" in left
    assert not any("fit" in name for name in left)
    assert set(json.loads((tmp_path / "report.json").read_text())["files"]) == left - {"notes.txt", "report.json"}


def test_a_report_cut_short_is_written_again(
    folders: dict[str, Path], settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = make_report(read_results([folders["fit"]]), settings)
    write, calls = reports.output.write_atomically, []

    def fail_at_the_fourth(path: Path, data: bytes) -> None:
        calls.append(path)
        if len(calls) == 4:
            raise OSError("the disk is full")
        write(path, data)

    with monkeypatch.context() as patch:
        patch.setattr(reports.output, "write_atomically", fail_at_the_fourth)
        with pytest.raises(OSError, match="full"):
            write_report(report, tmp_path, ("png",))
    assert (tmp_path / "index.html").exists()
    write_report(report, tmp_path, ())
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {*json.loads((tmp_path / "report.json").read_text())["files"], "report.json"}


def test_runs_whose_incumbent_the_truth_does_not_know_are_left_out(
    folders: dict[str, Path], settings: Settings
) -> None:
    (result,) = read_results([folders["compare"]])
    assert isinstance(result, Comparison)
    first, *others = result.of("table", "random_search")
    values = first.true_test.copy()
    values[-1] = float("nan")
    runs = tuple(replace(run, true_test=values) if run is first else run for run in result.runs)
    table = section(make_report([replace(result, runs=runs)], settings), "comparison").tables[0]
    row = next(row for row in table.cells() if (row[0].value, row[1].value) == ("table", "random search"))
    assert row[2].value == 7
    assert row[3].value.value == pytest.approx(sum(run.true_test[-1] for run in others) / 7)  # type: ignore[union-attr]
    assert "Left out: 1 run whose last incumbent has no value there." in table.notes


@pytest.mark.parametrize("record", [None, "{}", '{"kind": "report", "files": 3}', "nothing"])
def test_a_folder_that_is_not_a_report_is_left_alone(report: Report, tmp_path: Path, record: str | None) -> None:
    (tmp_path / "index.html").write_text("mine")
    if record is not None:
        (tmp_path / "report.json").write_text(record)
    with pytest.raises(ValueError, match="choose another --out"):
        write_report(report, tmp_path)
    assert (tmp_path / "index.html").read_text() == "mine"


def test_a_record_cannot_name_files_outside(folders: dict[str, Path], settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "kept.txt").write_text("mine")
    out = tmp_path / "out"
    out.mkdir()
    files = ["../kept.txt", str(tmp_path / "kept.txt")]
    (out / "report.json").write_text(json.dumps({"kind": "report", "files": files}))
    write_report(make_report(read_results([folders["fit"]]), settings), out, ())
    assert (tmp_path / "kept.txt").exists()


def test_the_command(folders: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [
        "report",
        str(folders["study"]),
        str(folders["stopped"]),
        "--out",
        str(tmp_path / "out"),
        "--resamples",
        "150",
    ]
    assert cli.main([*words, "--statistic", "median", "--figures", "png", "--title", "A <title>"]) == 0
    printed = capsys.readouterr().out
    assert "Missing\n  stopped: 2 runs" in printed
    assert f"open {tmp_path / 'out' / 'index.html'}" in printed
    page = (tmp_path / "out" / "index.html").read_text()
    assert "<h1>A &lt;title&gt;</h1>" in page
    assert "--statistic median --resamples 150" in page
    assert "![" in (tmp_path / "out" / "report.md").read_text()
    assert list((tmp_path / "out" / "figures").glob("*.png"))


def test_the_command_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fit = make_fit(tmp_path / "fit")
    for words, message in (
        ([str(tmp_path / "none")], "none is not a folder"),
        ([str(fit), "--figures", "gif"], "expected figure formats of svg, pdf, png, got 'gif'"),
        ([str(fit), "--level", "95"], "between 0 and 1"),
        ([str(fit), "--resamples", "5"], "at least 100"),
    ):
        assert cli.main(["report", *words, "--out", str(tmp_path / "out")]) == 2
        error = capsys.readouterr().err
        assert message in error
        assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_formats() -> None:
    assert parse_formats(" pdf,png,pdf") == ("pdf", "png")
    assert parse_formats("") == ()


def test_settings_check_themselves() -> None:
    assert Settings(alpha=0.01, seed=3).options() == ["--alpha 0.01", "--seed 3"]
    with pytest.raises(ValueError, match="mean or median"):
        Settings("mode")
    with pytest.raises(ValueError, match="at least one result"):
        make_report([], Settings())


def test_a_report_imports_nothing_heavy(folders: dict[str, Path], tmp_path: Path) -> None:
    code = (
        "import sys, nasbench.__main__ as cli\n"
        f"code = cli.main(['report', {str(folders['fit'])!r}, {str(folders['compare'])!r}, "
        f"'--out', {str(tmp_path / 'out')!r}, '--resamples', '100', '--figures', ''])\n"
        "heavy = {'torch', 'sklearn', 'xgboost', 'matplotlib.pyplot'} & set(sys.modules)\n"
        "sys.exit(f'{code} {heavy}' if code or heavy else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
