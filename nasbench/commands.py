"""The commands of tables: ``nasbench info``, ``query``, ``export`` and ``import``."""

from __future__ import annotations

import argparse
from pathlib import Path

from nasbench.console import say


def configure_info(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of ``nasbench info``."""
    parser.add_argument("table", metavar="FILE.h5", type=Path, help="a table")
    parser.add_argument("--json", action="store_true", help="everything, as JSON")
    parser.epilog = "Example:\n  nasbench info digits.h5"


def run_info(args: argparse.Namespace) -> int:
    """Prints schema, recipe, data card, counts, failures, costs, proxies and digest."""
    import json

    import nasbench
    from nasbench.description import describe
    from nasbench.wording import table_text

    with nasbench.open_table(args.table) as table:
        said = describe(table)
    say(json.dumps(said, indent=2) if args.json else table_text(said))
    return 0


def configure_query(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of ``nasbench query``."""
    parser.add_argument("table", metavar="FILE.h5", type=Path, help="a table")
    parser.add_argument("architecture", metavar="ARCHITECTURE", help="text form of the table's space, in quotes")
    parser.add_argument("--metric", help="one metric, such as val_accuracy (default: all)")
    parser.add_argument("--schedule", metavar="EPOCHS", type=int, help="one schedule (default: all)")
    parser.add_argument("--epoch", metavar="N", type=int, default=-1, help="epochs completed (default: -1, the last)")
    parser.add_argument("--json", action="store_true", help="the same, as JSON")
    parser.epilog = """\
Example:
  nasbench query nb201.h5 \\
      "|nor_conv_3x3~0|+|nor_conv_3x3~0|skip_connect~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|"

An architecture without a row of its own is answered by those that compute the same, and the output says so."""


def run_query(args: argparse.Namespace) -> int:
    """Prints what the table says of one architecture.

    Raises:
        LookupError: the table says nothing of it.
    """
    import json

    import nasbench
    from nasbench.description import describe_architecture
    from nasbench.wording import architecture_text

    with nasbench.open_table(args.table) as table:
        architecture = table.space.parse(args.architecture)
        said = describe_architecture(table, architecture, args.schedule, args.metric, args.epoch)
    if not any(answer["value"] is not None for answer in said["answers"]) and not said["proxies"]:
        why = sorted({answer["why"] for answer in said["answers"]}, key=lambda text: "failed" not in text)
        raise LookupError(why[0] if why else f"{args.table} has no such numbers: nasbench info says what it has")
    say(json.dumps(said, indent=2) if args.json else architecture_text(said))
    return 0


def configure_export(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of ``nasbench export``."""
    parser.add_argument("table", metavar="FILE.h5", type=Path, help="a table")
    parser.add_argument("out", metavar="OUT.csv|OUT.parquet", type=Path, help="the file to write")
    parser.epilog = """\
Example:
  nasbench export digits.h5 digits.csv

One line for each training and epoch, one column for each metric and cost; seed -1 is a published aggregate. Zero-cost
scores follow, one line for each scored architecture and initialisation seed, which have no schedule."""


def run_export(args: argparse.Namespace) -> int:
    """Writes the table as a flat file, in place of one that is there."""
    import nasbench
    from nasbench.export import export

    with nasbench.open_table(args.table) as table:
        count = export(table, args.out)
    say(f"{args.out}: {count:,} lines, {len(table):,} architectures")
    return 0


def configure_import(parser: argparse.ArgumentParser) -> None:
    """Adds a sub-command for each importer."""
    from nasbench.listing import summary
    from nasbench.registry import IMPORTERS

    formats = parser.add_subparsers(dest="format", metavar="FORMAT", required=True, help="of the source")
    for name in IMPORTERS.names():
        try:
            importer = IMPORTERS.load(name)
        except ImportError as error:
            formats.add_parser(name, help=f"not available: {error}")
            continue
        text = summary(importer)
        one = formats.add_parser(
            name, help=text, description=text + ".", formatter_class=argparse.RawDescriptionHelpFormatter
        )
        one.add_argument("source", metavar="SRC", type=Path, help="the published file")
        one.add_argument("out", metavar="OUT.h5", type=Path, help="the table to write")
        one.add_argument("--space", required=True, help="search space of the architectures, such as nas_bench_201")
        there = one.add_mutually_exclusive_group()
        there.add_argument("--add", action="store_true", help="add to OUT.h5, which exists")
        there.add_argument("--replace", action="store_true", help="write OUT.h5 anew, though it exists")
        importer.configure(one)
        one.add_argument("--traceback", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    parser.epilog = "nasbench import FORMAT --help says what a format takes. Example: nasbench import csv --help"


def run_import(args: argparse.Namespace) -> int:
    """Turns a published file into a table, or adds it to one.

    Raises:
        FileExistsError: OUT.h5 exists, and neither --add nor --replace was given.
        ValueError: the source is not of the format; the message says where.
    """
    from nasbench.registry import IMPORTERS

    exists = args.out.exists()
    if exists and not (args.add or args.replace):
        raise FileExistsError(
            f"{args.out} exists: give --add to add to it, --replace to write it anew, or another name"
        )
    if args.add and not exists:
        raise FileNotFoundError(f"there is no table {args.out} to add to: leave out --add to write it")
    contents = IMPORTERS.load(args.format).from_arguments(args).read()

    import nasbench
    from nasbench.database.writer import TableWriter, write_table

    left_out = 0
    if args.add:
        with TableWriter(args.out) as writer:
            left_out = writer.add(contents)
    else:
        write_table(args.out, contents)
    with nasbench.open_table(args.out) as table:
        say(f"{args.out}: {len(table):,} architectures of {table.header.space}, {len(table.classes):,} classes")
        for schedule in contents.schedules:
            for metric, axes in contents.metrics(schedule).items():
                values = contents.values(schedule, metric)
                for place, seed in enumerate(axes.seeds):
                    of_seed = "" if seed < 0 else f"#{seed}"
                    say(
                        f"  {metric}@{schedule}{of_seed}  {int((values[:, place] == values[:, place]).sum()):,} numbers"
                    )
        for cost in contents.costs:
            say(f"  {cost}  {int((contents.cost(cost) == contents.cost(cost)).sum()):,} numbers")
        if left_out:
            say(f"  left out: costs of {left_out:,} architectures that {args.out} does not have")
        say(f"digest {table.digest}")
    return 0
