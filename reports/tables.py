"""A table as Markdown, LaTeX, CSV and HTML: the same entries, each dialect's own way of writing them.

People's dialects round as the table says; CSV keeps all digits.
"""

from __future__ import annotations

import csv
import html
import io
import math
import re
import textwrap
from collections.abc import Callable

from reports.statistics import Estimate
from reports.table import Cell, Column, Table

LINE = 84
"""Characters that fit beside each other on a line of LaTeX's article."""
HEADER = 14
"""Characters of a header's line in LaTeX."""
_LONG_WORD = re.compile(r"\S{30,}")

LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "&": r"\&",
        "[": "{[}",  # after the end of a row a bare one would begin an argument
        "%": r"\%",
        "$": r"\$",
        "#": r"\#",
        "_": r"\_",
        "{": r"\{",
        "}": r"\}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"$<$",
        ">": r"$>$",
        "|": r"$|$",
        "–": "--",
        "±": r"$\pm$",
        "×": r"$\times$",
        "†": r"$^{\dagger}$",
        "−": "$-$",
        "≥": r"$\geq$",
        "≤": r"$\leq$",
        "²": "$^2$",
        "α": r"$\alpha$",
        "τ": r"$\tau$",
        "ρ": r"$\rho$",
    }
)
"""How LaTeX writes the characters that it reads otherwise or has no glyph for."""


def markdown(table: Table) -> str:
    """The table in Markdown (GitHub's), under a bold title and above its notes."""
    rows = [
        [_markdown_cell(cell, text) for cell, text in zip(row, texts, strict=True)]
        for row, texts in zip(table.cells(), table.texts(), strict=True)
    ]
    header = [_escape_markdown(column.header) for column in table.columns]
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    rule = [
        "-" * max(3, width) if column.is_text else "-" * max(2, width - 1) + ":"
        for column, width in zip(table.columns, widths, strict=True)
    ]
    lines = [f"**{_escape_markdown(table.title)}**", ""]
    for row in [header, rule, *rows]:
        padded = [
            entry.ljust(width) if column.is_text else entry.rjust(width)
            for entry, column, width in zip(row, table.columns, widths, strict=True)
        ]
        lines.append(f"| {' | '.join(padded)} |")
    return "\n".join([*lines, *(f"\n{_escape_markdown(note)}" for note in table.notes)]) + "\n"


def _markdown_cell(cell: Cell, text: str) -> str:
    text = _escape_markdown(text)
    return (f"**{text}**" if cell.bold else text) + (f" {cell.mark}" if cell.mark else "")


def _escape_markdown(text: str) -> str:
    return "".join(f"\\{character}" if character in "|*_`<" else character for character in text)


def latex(table: Table) -> str:
    """The table as a LaTeX ``table``, or as a ``longtable`` where entries are long; its first line names the packages.

    A table that would be wider than a page is scaled to the line.
    """
    is_long = any(column.form == "long" for column in table.columns)
    alignment = "".join(_alignment(column) for column in table.columns)
    notes = _escape_latex(" ".join([table.title + ".", *table.notes]))
    head = " & ".join(_latex_header(column) for column in table.columns)
    rows = [
        f"  {' & '.join(_latex_cell(c, t) for c, t in zip(row, texts, strict=True))} \\\\"
        for row, texts in zip(table.cells(), table.texts(), strict=True)
    ]
    heading = [rf"\caption{{{notes}}}", rf"\label{{tab:{table.name}}}"]
    body = [r"  \toprule", rf"  {head} \\", r"  \midrule", *rows, r"  \bottomrule"]
    if is_long:
        heading[-1] += r" \\"
        lines = [rf"\begin{{longtable}}{{{alignment}}}", *heading, *body, r"\end{longtable}"]
        return "\n".join(["% needs \\usepackage{booktabs,longtable}", *lines]) + "\n"
    tabular = [rf"\begin{{tabular}}{{{alignment}}}", *body, r"\end{tabular}"]
    if _width(table) > LINE:
        tabular = [r"\resizebox{\linewidth}{!}{%", *tabular[:-1], tabular[-1] + "}"]
    lines = [r"\begin{table}", r"\centering", *heading, *tabular, r"\end{table}"]
    return "\n".join(["% needs \\usepackage{booktabs,graphicx}", *lines]) + "\n"


def _width(table: Table) -> int:
    """Characters of a row, with two between columns; long headers are broken."""
    headers = [max(map(len, textwrap.wrap(column.header, HEADER))) for column in table.columns]
    rows = [[len(text) for text in row] for row in table.texts()]
    return sum(max(lengths) + 2 for lengths in zip(*rows, headers, strict=True))


def _latex_header(column: Column) -> str:
    """A header; one that is long stands in several lines."""
    lines = [_escape_latex(line) for line in textwrap.wrap(column.header, HEADER)]
    if len(lines) == 1:
        return lines[0]
    broken = r" \\ ".join(lines)
    return rf"\begin{{tabular}}[b]{{@{{}}{'l' if column.is_text else 'r'}@{{}}}}{broken}\end{{tabular}}"


def _alignment(column: Column) -> str:
    if column.form == "long":
        return r"p{0.62\linewidth}"
    return "l" if column.is_text else "r"


def _latex_cell(cell: Cell, text: str) -> str:
    text = _escape_latex(text)
    if cell.bold:
        text = rf"\textbf{{\boldmath {text}}}"
    return text + _escape_latex(cell.mark)


def _escape_latex(text: str) -> str:
    """Text that LaTeX prints as it is; long words, such as digests, may be broken every eight characters."""
    spaced = _LONG_WORD.sub(lambda word: "\0".join(re.findall(".{1,8}", word[0])), text)
    return spaced.translate(LATEX).replace("\0", r"\allowbreak{}")


def csv_text(table: Table) -> str:
    """The table as CSV with all digits; an estimate takes four columns: value, ``_low``, ``_high`` and ``_n``."""
    cells = table.cells()
    wide = [any(isinstance(row[i].value, Estimate) for row in cells) for i in range(len(table.columns))]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    header: list[str] = []
    for column, is_wide in zip(table.columns, wide, strict=True):
        header += (
            [column.name, *(f"{column.name}_{part}" for part in ("low", "high", "n"))] if is_wide else [column.name]
        )
    writer.writerow(header)
    for row in cells:
        entries: list[str] = []
        for cell, is_wide in zip(row, wide, strict=True):
            value = cell.value
            if isinstance(value, Estimate):
                entries += [*map(_exact, (value.value, value.low, value.high)), str(value.n)]
            else:
                entries += [_exact(value), "", "", ""] if is_wide else [_exact(value)]
        writer.writerow(entries)
    return out.getvalue()


def _exact(value: str | int | float | None) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return repr(float(value)) if isinstance(value, float) else str(value)


def html_table(table: Table) -> str:
    """The table as an HTML ``figure`` that scrolls sideways on narrow screens."""
    kinds = [column.form if column.is_text else "number" for column in table.columns]
    head = [
        f'<th class="{kind}" scope="col">{html.escape(column.header)}</th>'
        for kind, column in zip(kinds, table.columns, strict=True)
    ]
    body: list[str] = []
    previous = None
    for row, texts in zip(table.cells(), table.texts(), strict=True):
        entries = zip(kinds, row, texts, strict=True)
        group = ' class="group"' if texts[0] != previous is not None else ""
        previous = texts[0]
        cells = "".join(f'<td class="{kind}">{_html_cell(cell, text)}</td>' for kind, cell, text in entries)
        body.append(f"<tr{group}>{cells}</tr>")
    lines = [
        f'<figure class="table" id="table-{html.escape(table.name)}">',
        f"<figcaption>{html.escape(table.title)}</figcaption>",
        '<div class="scroll"><table>',
        f"<thead><tr>{''.join(head)}</tr></thead>",
        f"<tbody>{''.join(body)}</tbody>",
        "</table></div>",
        *(f'<p class="note">{html.escape(note)}</p>' for note in table.notes),
        "</figure>",
    ]
    return "\n".join(lines) + "\n"


def _html_cell(cell: Cell, text: str) -> str:
    text = html.escape(text)
    return (f"<strong>{text}</strong>" if cell.bold else text) + (f"<sup>{cell.mark}</sup>" if cell.mark else "")


DIALECTS: dict[str, Callable[[Table], str]] = {"md": markdown, "tex": latex, "csv": csv_text}
"""Suffix of a file -> what writes it."""
