"""Tables: golden texts of each dialect, digits, marks, escapes; LaTeX compiles where it is installed."""

from __future__ import annotations

import csv
import html.parser
import math
import shutil
import subprocess
from pathlib import Path

import pytest

from reports.report import Report
from reports.statistics import Estimate
from reports.table import Cell, Column, Table, column_decimals, format_value, interval_text
from reports.tables import csv_text, html_table, latex, markdown

COLUMNS = (
    Column("searcher", "searcher", form="text"),
    Column("value", "test_accuracy [%]", 2),
    Column("n", "n"),
    Column("p", "p", form="p"),
)
TABLE = Table(
    "golden",
    "Picks & what they are worth",
    COLUMNS,
    (
        ("random search", Cell(Estimate(93.7861, 93.7301, 93.8521, 50), mark="†"), 50, None),
        ("evolution_2", Cell(Estimate(94.0912, 94.0312, 94.1512, 50), bold=True), 1500, 0.00004),
        ("a|b", Estimate(94.0, math.nan, math.nan, 1), 1, 0.25),
    ),
    ("Mean ± half the interval.",),
)


def test_markdown() -> None:
    assert markdown(TABLE) == (
        "**Picks & what they are worth**\n"
        "\n"
        "| searcher      | test\\_accuracy [%] |     n |       p |\n"
        "| ------------- | -----------------: | ----: | ------: |\n"
        "| random search |     93.79 ± 0.06 † |    50 |       – |\n"
        "| evolution\\_2  |   **94.09 ± 0.06** | 1,500 | \\<0.001 |\n"
        "| a\\|b          |              94.00 |     1 |    0.25 |\n"
        "\n"
        "Mean ± half the interval.\n"
    )


def test_latex() -> None:
    assert latex(TABLE) == (
        "% needs \\usepackage{booktabs,graphicx}\n"
        "\\begin{table}\n"
        "\\centering\n"
        "\\caption{Picks \\& what they are worth. Mean $\\pm$ half the interval.}\n"
        "\\label{tab:golden}\n"
        "\\begin{tabular}{lrrr}\n"
        "  \\toprule\n"
        "  searcher & \\begin{tabular}[b]{@{}r@{}}test\\_accuracy \\\\ {[}\\%]\\end{tabular} & n & p \\\\\n"
        "  \\midrule\n"
        "  random search & 93.79 $\\pm$ 0.06$^{\\dagger}$ & 50 & -- \\\\\n"
        "  evolution\\_2 & \\textbf{\\boldmath 94.09 $\\pm$ 0.06} & 1,500 & $<$0.001 \\\\\n"
        "  a$|$b & 94.00 & 1 & 0.25 \\\\\n"
        "  \\bottomrule\n"
        "\\end{tabular}\n"
        "\\end{table}\n"
    )


def test_latex_of_wide_and_of_long_tables() -> None:
    wide = Table("wide", "Wide", tuple(Column(f"c{i}", "0123456789") for i in range(8)), (tuple(range(8)),))
    assert "\\resizebox{\\linewidth}{!}{%\n\\begin{tabular}" in latex(wide)
    assert latex(wide).count("{") == latex(wide).count("}")
    long = Table("long", "Long", (Column("a", "a", form="text"), Column("b", "b", form="long")), (("x", "f" * 64),))
    assert "\\begin{longtable}{lp{0.62\\linewidth}}" in latex(long)
    assert "ffffffff\\allowbreak{}ffffffff" in latex(long)


def test_csv_keeps_all_digits() -> None:
    assert csv_text(TABLE) == (
        "searcher,value,value_low,value_high,value_n,n,p\n"
        "random search,93.7861,93.7301,93.8521,50,50,\n"
        "evolution_2,94.0912,94.0312,94.1512,50,1500,4e-05\n"
        "a|b,94.0,,,1,1,0.25\n"
    )


def test_html() -> None:
    text = html_table(TABLE)
    assert "Picks &amp; what they are worth" in text
    assert '<td class="number"><strong>94.09 ± 0.06</strong></td>' in text
    assert '<td class="number">93.79 ± 0.06<sup>†</sup></td>' in text
    assert '<td class="number">&lt;0.001</td>' in text


@pytest.mark.parametrize(
    ("half_widths", "most", "expected"),
    [((0.3,), 3, 1), ((0.12,), 3, 2), ((0.031,), 3, 2), ((0.2, 0.03, 0.4), 3, 2), ((0.0004,), 3, 3), ((13.0,), 3, 0)],
)
def test_decimals_follow_the_smallest_interval(half_widths: tuple[float, ...], most: int, expected: int) -> None:
    values = [Estimate(10.0, 10 - half, 10 + half, 5) for half in half_widths]
    assert column_decimals(Column("x", "x", most), values) == expected


def test_decimals_without_intervals() -> None:
    column = Column("x", "x", 2)
    assert column_decimals(column, [Estimate(150.0, 150.0, 150.0, 5), Estimate(7.0, 7.0, 7.0, 5)]) == 0
    assert column_decimals(column, [Estimate(1.5, math.nan, math.nan, 1)]) == 2
    assert column_decimals(column, []) == 2


def test_numbers_as_people_read_them() -> None:
    column = Column("x", "x", 2)
    assert format_value(-0.001, column, 2) == "0.00"
    assert format_value(-1234.5, column, 1) == "−1,234.5"
    assert format_value(math.nan, column, 2) == "–"
    assert format_value(Estimate(math.nan, math.nan, math.nan, 0), column, 2) == "–"
    assert format_value(0.0312, Column("p", "p", form="p"), 0) == "0.031"
    assert (
        format_value(Estimate(0.883, 0.763, 0.896, 9), Column("x", "x", form="interval"), 3) == "0.883 [0.763, 0.896]"
    )
    assert interval_text(Estimate(-0.052, -0.12, 0.01, 20), 2, signed=True) == "−0.05 [−0.12, +0.01]"
    assert interval_text(Estimate(math.nan, math.nan, math.nan, 0), 2) == "not defined"


def test_rows_fit_their_columns() -> None:
    with pytest.raises(ValueError, match="needs 4 entries"):
        Table("t", "t", COLUMNS, (("a", 1),))


class Tags(html.parser.HTMLParser):
    """Open tags of a text; fails where one closes that is not the last opened."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_every_table_of_a_report_is_well_formed(report: Report) -> None:
    tables = [table for section in report.sections for table in section.tables]
    assert len({table.name for table in tables}) == len(tables) > 10
    for table in tables:
        rows = list(csv.reader(csv_text(table).splitlines()))
        assert {len(row) for row in rows} == {len(rows[0])}
        assert len(rows) == len(table.rows) + 1
        tags = Tags()
        tags.feed(html_table(table))
        assert tags.open == []
        assert all(line.endswith("|") for line in markdown(table).splitlines() if line.startswith("|"))


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
def test_latex_compiles(report: Report, tmp_path: Path) -> None:
    tables = [TABLE, *(table for section in report.sections for table in section.tables)]
    body = "\n\\clearpage\n".join(latex(table) for table in tables)
    packages = "\\usepackage{booktabs,graphicx,longtable}"
    text = f"\\documentclass{{article}}\n{packages}\n\\begin{{document}}\n{body}\n\\end{{document}}\n"
    (tmp_path / "tables.tex").write_text(text, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "tables.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False)
    assert done.returncode == 0, done.stdout[-2000:]
