"""One HTML page that holds all of a report: style, tables and figures within, nothing fetched from anywhere."""

from __future__ import annotations

import html
from collections.abc import Mapping
from importlib import resources
from string import Template

from reports.drawing import inline_svg
from reports.report import Report
from reports.section import Section
from reports.tables import html_table

WIDE = ' class="wide"'
"""Of figures that would be too small to read beside another."""


def html_page(report: Report, figures: Mapping[str, bytes]) -> str:
    """The page; ``figures`` are the report's drawings by name, as SVG files."""
    return Template(_template("page.html")).substitute(
        title=html.escape(report.title),
        version=html.escape(report.version),
        style=_template("page.css"),
        lead=_lead(report),
        navigation="".join(
            f'<li><a href="#{html.escape(section.name)}">{html.escape(section.title)}</a></li>'
            for section in report.sections
        ),
        body="".join(_section(section, figures) for section in report.sections),
        footer=html.escape(report.colophon),
    )


def _template(name: str) -> str:
    return (resources.files("reports") / "templates" / name).read_text(encoding="utf-8")


def _lead(report: Report) -> str:
    items = "".join(f"<li>{html.escape(sentence)}</li>" for sentence in report.missing)
    missing = f'<div class="missing"><strong>What is missing</strong><ul>{items}</ul></div>' if items else ""
    return f"<p>{html.escape(report.lead)}</p>{missing}"


def _section(section: Section, figures: Mapping[str, bytes]) -> str:
    drawings = "".join(
        f'<figure id="figure-{html.escape(drawing.name)}"{WIDE if drawing.figure.get_figwidth() > 7 else ""}>'
        f"{inline_svg(figures[drawing.name], drawing.name, html.escape(drawing.caption))}"
        f"<figcaption>{html.escape(drawing.caption)}</figcaption></figure>\n"
        for drawing in section.drawings
    )
    first, *rest = [html_table(table) for table in section.tables] or [""]
    commands = "".join(f"<pre>{html.escape(command)}</pre>\n" for command in section.commands)
    return "".join(
        [
            f'<section id="{html.escape(section.name)}">\n<h2>{html.escape(section.title)}</h2>\n',
            *(f"<p>{html.escape(paragraph)}</p>\n" for paragraph in section.paragraphs),
            commands,
            first,
            f'<div class="drawings">\n{drawings}</div>\n' if drawings else "",
            *rest,
            "</section>\n",
        ]
    )
