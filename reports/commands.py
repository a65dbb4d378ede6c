"""The commands ``report`` and ``draw``: parse, call, summarise."""

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
    parser.add_argument(
        "folders", metavar="DIR", nargs="+", type=Path, help="a result of fit, study, compare, oneshot, ..."
    )
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


def configure_draw(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of ``nasbench draw``."""
    parser.epilog = """\
Example:
  nasbench draw --out cell.svg --architecture \\
      "|nor_conv_3x3~0|+|nor_conv_3x3~0|none~1|+|skip_connect~0|nor_conv_1x1~1|avg_pool_3x3~2|"
  nasbench draw --space darts --architecture "Genotype(normal=[...], ...)" --out cells.pdf

Operations stand on the edges where the space tells its edges, as nas_bench_201 and darts do, and on the nodes where it
does not. The same architecture gives the same file."""
    parser.add_argument("--architecture", metavar="TEXT", required=True, help="text form of the space, in quotes")
    parser.add_argument("--space", default="nas_bench_201", help="search space (default: %(default)s)")
    parser.add_argument("--out", metavar="FILE", type=Path, required=True, help="ends in .svg, .pdf or .png")
    parser.add_argument("--title", default="", help="written above the cells")
    parser.add_argument(
        "--none",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="draw edges that hold none, dotted (default), or leave them out",
    )


def run_draw(args: argparse.Namespace) -> None:
    """Draws an architecture's cells into a file, in place of one that is there.

    Raises:
        ValueError: the file's name does not end in a format of figures, or the text is no architecture of the space.
    """
    import nasbench
    from nasbench.console import say
    from nasbench.database.files import write_atomically
    from reports.drawing import FORMATS, figure_bytes
    from reports.figures.cells import compute_cells, draw_cells, operation_colours

    suffix = args.out.suffix.lower().lstrip(".")
    if suffix not in FORMATS:
        raise ValueError(f"expected a file that ends in .{', .'.join(FORMATS)}, got {args.out}: name it so")
    space = nasbench.load_space(args.space)
    architecture = space.parse(args.architecture)
    cells = compute_cells(space, architecture, with_none=args.none)
    figure = draw_cells(cells, operation_colours(space, cells), args.title)
    write_atomically(args.out, figure_bytes(figure, args.out.stem, suffix))
    say(f"{space.format(architecture)}\ndrawn to {args.out}")
