"""The command ``report``: parse, call, summarise."""

from __future__ import annotations

import argparse
from pathlib import Path


def configure_report(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of ``nasbench report``."""
    parser.epilog = """\
Example:
  nasbench report fit study compare --out report
  nasbench report compare --truth nb201.h5 --statistic median --figures pdf,png --out report

OUT holds index.html, one page with everything in it that needs no network; report.md, the same in Markdown; tables/,
each table as .md, .tex (booktabs) and .csv (all digits); figures/. Interrupted results are reported as far as they
are, and what is missing is said. The same results give the same files."""
    parser.add_argument("folders", metavar="DIR", nargs="+", type=Path, help="a result of fit, study or compare")
    parser.add_argument("--out", metavar="OUT", type=Path, default=Path("report"), help="folder (default: %(default)s)")
    parser.add_argument(
        "--truth",
        metavar="TABLE",
        action="append",
        type=Path,
        default=[],
        help="the truth table of a comparison: regret is then counted from its best value",
    )
    parser.add_argument(
        "--statistic", choices=("mean", "median"), default="mean", help="over seeds (default: %(default)s)"
    )
    parser.add_argument("--level", metavar="P", type=float, default=0.95, help="of intervals (default: %(default)s)")
    parser.add_argument(
        "--alpha", metavar="P", type=float, default=0.05, help="of tests, after correction (default: %(default)s)"
    )
    parser.add_argument(
        "--resamples", metavar="N", type=int, default=2000, help="of each bootstrap (default: %(default)s)"
    )
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="of each bootstrap (default: %(default)s)")
    parser.add_argument(
        "--figures",
        metavar="A,B",
        default="svg,pdf",
        help="formats of figure files: svg, pdf, png (default: %(default)s)",
    )
    parser.add_argument("--title", default="Architecture search report", help="of the page (default: %(default)s)")


def run_report(args: argparse.Namespace) -> None:
    """Reads the folders, writes the report and prints what was found and where it is."""
    from nasbench.console import say
    from reports.output import parse_formats, write_report
    from reports.report import make_report
    from reports.results import read_results
    from reports.settings import Settings

    formats = parse_formats(args.figures)
    settings = Settings(args.statistic, args.level, args.resamples, args.alpha, args.seed)
    report = make_report(read_results(args.folders, args.truth), settings, args.title)
    written = write_report(report, args.out, formats)
    for section in report.sections:
        if section.paragraphs and not section.commands:
            say("\n".join([section.title, *(f"  {paragraph}" for paragraph in section.paragraphs), ""]))
    if report.missing:
        say("\n".join(["Missing", *(f"  {sentence}" for sentence in report.missing), ""]))
    say(f"{len(written)} files in {args.out}; open {written[0]}")
