"""The commands ``build`` and ``verify``: parse, call, summarise."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import Any

from nasbench.arguments import check_least, sample_count, stop_when_terminated
from nasbench.training.flags import add_recipe_fields
from nasbench.training.recipe import Recipe

_FIELDS = (
    *("dataset", "train_images", "validation_images", "image_size", "channels", "cells", "epochs", "batch_size"),
    *("crop_padding", "cutout", "learning_rate", "weight_decay", "label_smoothing", "warmup", "schedule", "flip"),
    "precision",
)
_DEFAULTS = {
    **{name: getattr(Recipe(), name) for name in _FIELDS},
    "train_images": "all that are not for validation",
    "validation_images": "a fifth",
    "image_size": "their own",
    "flip": "no",
}


def configure_build(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of ``nasbench build``."""
    parser.epilog = """\
Example:
  nasbench build digits.h5 --space nas_bench_201 --dataset digits --sample 200 --seeds 3 --epochs 12 --workers 2

The same command goes on where it stopped; a larger --sample or more --seeds extend the table. Fields of the recipe that
are not given are the table's own where it exists."""
    parser.add_argument("out", metavar="OUT.h5", type=Path, help="the table; made or extended")
    parser.add_argument("--space", default=None, help="search space (default: nas_bench_201)")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--sample", metavar="N|all", default="100", help="the first N classes of a seeded permutation")
    what.add_argument("--architectures", metavar="FILE", type=Path, help="architectures as text, one a line")
    parser.add_argument("--sample-seed", metavar="N", type=int, default=0, help="seed of that permutation (default: 0)")
    parser.add_argument("--seeds", metavar="N", type=int, default=1, help="trainings of each class (default: 1)")
    parser.add_argument("--workers", metavar="N", type=int, default=1, help="processes, one thread each (default: 1)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1, ... (default: auto)")
    parser.add_argument("--data-root", metavar="DIR", type=Path, help="where the images are")
    parser.add_argument("--add-schedule", action="store_true", help="allow another number of epochs beside the table's")
    recipe = parser.add_argument_group("recipe", "each field overrides the recipe file; see also nasbench info OUT.h5")
    recipe.add_argument(
        "--recipe", metavar="FILE|NAME", help="a .toml or .json file, or one that comes along (see README)"
    )
    add_recipe_fields(recipe, _FIELDS, _DEFAULTS)


def run_build(args: argparse.Namespace) -> int:
    """Builds or extends the table. Failed trainings are rows too, and counted: the exit code is 0."""
    import nasbench
    from nasbench.console import duration, say
    from nasbench.generator.build import build
    from nasbench.generator.selection import read_architectures, sample_classes

    check_least(args, seeds=1, workers=1, sample_seed=0)
    space_name, recipe = _settings(args)
    space = nasbench.load_space(space_name)
    if args.architectures is not None:
        architectures = read_architectures(space, args.architectures)
    else:
        architectures = sample_classes(space, sample_count(args.sample), args.sample_seed)
    stop_when_terminated()
    say(
        f"{args.out}: {len(architectures):,} classes of {space.name} x {args.seeds} seeds on {recipe.dataset}, "
        f"{recipe.epochs} epochs, {recipe.channels} channels, {space.cells_text(recipe.cells)}"
    )
    done = build(
        args.out,
        space=space,
        recipe=recipe,
        architectures=architectures,
        seeds=args.seeds,
        workers=args.workers,
        device=args.device,
        data_root=args.data_root,
        add_schedule=args.add_schedule,
    )
    table = nasbench.open_table(args.out)
    say(
        f"trained {done.trained:,} rows in {duration(done.seconds)} ({done.failed:,} failed), "
        f"{done.present:,} were there before"
    )
    say(f"digest {table.digest}")
    return 0


def configure_verify(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of ``nasbench verify``."""
    parser.epilog = """\
Example:
  nasbench verify digits.h5 --rows 3

Rows are equal to the bit on the machine, and with the versions, that they were trained with; elsewhere differences of
rounding grow over the epochs, and the command says how large they are."""
    parser.add_argument("table", metavar="FILE.h5", type=Path, help="a table that nasbench build made")
    parser.add_argument("--rows", metavar="N", type=int, default=3, help="rows to train again (default: 3)")
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="which rows: seed of the draw (default: 0)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, ... (default: auto)")
    parser.add_argument("--data-root", metavar="DIR", type=Path, help="where the images are")


def run_verify(args: argparse.Namespace) -> int:
    """Trains rows again; the exit code is 1 when one differs."""
    from nasbench.console import say
    from nasbench.generator.verify import verify

    check_least(args, rows=1, seed=0)
    checks = verify(args.table, rows=args.rows, seed=args.seed, device=args.device, data_root=args.data_root)
    for check in checks:
        say(f"{'equal' if check.equal else 'DIFFERS'}  {check.name}  largest difference {check.difference:.3g}")
    equal = sum(check.equal for check in checks)
    say(f"{equal} of {len(checks)} rows are equal to the bit")
    return 0 if equal == len(checks) else 1


def _settings(args: argparse.Namespace) -> tuple[str, Recipe]:
    """Space and recipe: given fields over the recipe file's over the table's own over the defaults."""
    import nasbench
    from nasbench.training.presets import load_recipe

    values: dict[str, Any] = {}
    space = args.space or "nas_bench_201"
    if args.recipe is not None:
        values = load_recipe(args.recipe).to_json()
    elif args.out.exists():
        table = nasbench.open_table(args.out)
        space = args.space or table.header.space
        values = {**table.header.recipe}
        if len(table.schedules) > 1 and args.epochs is None:
            raise ValueError(
                f"{args.out} has schedules of {' and '.join(map(str, table.schedules))} epochs: "
                "say with --epochs which one to go on with"
            )
        if table.schedules:
            values["epochs"] = table.schedules[0]
    given = {field.name: getattr(args, field.name, None) for field in dataclasses.fields(Recipe)}
    values.update({name: value for name, value in given.items() if value is not None})
    return space, Recipe.from_json(values)
