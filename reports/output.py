"""A report as files: the page, the same in Markdown, each table in three dialects, each figure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from nasbench.database.files import write_atomically
from reports.drawing import FORMATS, figure_bytes
from reports.page import html_page
from reports.report import Report
from reports.tables import DIALECTS, markdown

RECORD = "report.json"
"""Says which files of a folder are a report's; a report may replace those and no others."""


def write_report(report: Report, out: Path, formats: Sequence[str] = ("svg", "pdf")) -> list[Path]:
    """Files written, the page first; those of an earlier report there that this one does not have are removed.

    Args:
        report: what to write.
        out: the folder; made where it is not there.
        formats: of the figures' files: svg, pdf, png.

    Raises:
        ValueError: the folder holds an index.html that is not a report's, or a format is not known.
        OSError: a file cannot be written.
    """
    earlier = _earlier_files(out)
    files = dict(_files(report, formats))
    out.mkdir(parents=True, exist_ok=True)
    _write_record(report, out, earlier | set(files))  # first, so that a report cut short is known as ours
    for name, data in files.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        write_atomically(out / name, data)
    for name in earlier - set(files):
        (out / name).unlink(missing_ok=True)
    _write_record(report, out, files)
    return [out / name for name in files]


def _write_record(report: Report, out: Path, names: Iterable[str]) -> None:
    record = {
        "kind": "report",
        "version": report.version,
        "settings": asdict(report.settings),
        "results": [{"name": r.name, "kind": r.kind, "sha256": r.digest} for r in report.results],
        "files": sorted(names),
    }
    write_atomically(out / RECORD, f"{json.dumps(record, indent=2)}\n".encode())


def parse_formats(text: str) -> tuple[str, ...]:
    """Formats of a list with commas, checked.

    >>> parse_formats("svg, pdf")
    ('svg', 'pdf')

    Raises:
        ValueError: one is not a format of figures.
    """
    formats = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    for name in formats:
        if name not in FORMATS:
            raise ValueError(f"expected figure formats of {', '.join(FORMATS)}, got {name!r}")
    return formats


def _files(report: Report, formats: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """(name within the folder, content) of every file."""
    drawings = [drawing for section in report.sections for drawing in section.drawings]
    figures = {drawing.name: figure_bytes(drawing.figure, drawing.name, "svg") for drawing in drawings}
    yield "index.html", html_page(report, figures).encode()
    yield "report.md", _markdown(report, formats).encode()
    for section in report.sections:
        for table in section.tables:
            for suffix, write in DIALECTS.items():
                yield f"tables/{table.name}.{suffix}", write(table).encode()
    for drawing in drawings:
        for suffix in formats:
            svg = figures[drawing.name] if suffix == "svg" else None
            data = svg or figure_bytes(drawing.figure, drawing.name, suffix)
            yield f"figures/{drawing.name}.{suffix}", data


def _markdown(report: Report, formats: Sequence[str]) -> str:
    """The report as Markdown, its figures linked where they are of a format that Markdown shows."""
    shown = next((suffix for suffix in formats if suffix in ("svg", "png")), None)
    parts = [f"# {report.title}", report.lead]
    if report.missing:
        parts += ["What is missing:", "\n".join(f"- {sentence}" for sentence in report.missing)]
    for section in report.sections:
        parts += [f"## {section.title}", *section.paragraphs]
        parts += [f"```\n{command}\n```" for command in section.commands]
        parts += [markdown(table).rstrip() for table in section.tables]
        if shown:
            parts += [f"![{d.caption}](figures/{d.name}.{shown})" for d in section.drawings]
    return "\n\n".join([*parts, report.colophon]) + "\n"


def _earlier_files(out: Path) -> set[str]:
    """Files of the report that the folder holds.

    Raises:
        ValueError: the folder holds a page that no record of a report claims.
    """
    record = out / RECORD
    if record.is_file():
        try:
            found = json.loads(record.read_text(encoding="utf-8"))
            if found["kind"] == "report":
                return {str(name) for name in found["files"] if _is_inside(str(name))}
        except (ValueError, KeyError, TypeError):
            pass
        raise ValueError(f"{record} is not the record of a report, so nothing was written: choose another --out")
    if (out / "index.html").exists():
        raise ValueError(f"{out} holds an index.html that no report of ours wrote: choose another --out")
    return set()


def _is_inside(name: str) -> bool:
    return ".." not in Path(name).parts and not Path(name).is_absolute()
