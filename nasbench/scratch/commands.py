"""The command ``train``: parse, call, summarise."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nasbench.arguments import check_least, stop_when_terminated
from nasbench.training.flags import FIELDS, add_recipe_fields

if TYPE_CHECKING:
    from nasbench.scratch.recipe import ScratchRecipe
    from nasbench.space import Architecture, Space


def configure_train(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of ``nasbench train``."""
    parser.epilog = """\
Example:
  nasbench train --space darts --search gdas --dataset cifar10 --data-root cifar10 --out gdas-trained
  nasbench train --random 0 --dataset digits --epochs 30 --channels 8 --cells 5 --no-flip --cutout 2 --out random0
  nasbench train --table digits.h5 --dataset digits --epochs 30 --channels 16 --crop-padding 1 --no-flip --out best

The training is saved after each epoch: stopped or killed, the same command goes on, on one CPU to the same result
to the bit as without a stop. It leaves in DIR result.json, curves.csv (an epoch a line), confusion.npz, best.pt and
last.pt (weights, which torch.load takes with weights_only=True) and best.onnx, if the extra onnx is installed. The best
epoch is chosen by validation accuracy; test images are read once, at the end, by its weights."""
    parser.add_argument("--space", default=None, help="search space (default: the table's or search's, or darts)")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--architecture", metavar="TEXT", help="text form of the space, in quotes")
    what.add_argument("--table", metavar="FILE.h5", type=Path, help="the best architecture of a table")
    what.add_argument("--search", metavar="DIR", type=Path, help="what a one-shot search found")
    what.add_argument("--random", metavar="N", type=int, help="the architecture that is drawn with seed N")
    parser.add_argument(
        "--best", metavar="METRIC", default="val_accuracy", help="best by what, with --table (default: val_accuracy)"
    )
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="which training of it (default: 0)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1, ... (default: auto)")
    parser.add_argument("--threads", metavar="N", type=int, default=1, help="of a training on a CPU (default: 1)")
    parser.add_argument("--data-root", metavar="DIR", type=Path, help="where the images are")
    parser.add_argument("--no-onnx", action="store_true", help="write no ONNX file")
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="folder of the result")
    recipe = parser.add_argument_group("recipe", "each field overrides the recipe's")
    recipe.add_argument(
        "--recipe",
        metavar="FILE|NAME",
        help="a .toml or .json file, or one that comes along (default: the one named as the space)",
    )
    add_recipe_fields(recipe, FIELDS, {})


def run_train(args: argparse.Namespace) -> None:
    """Makes or goes on with a training from scratch, and prints what it is worth."""
    import torch

    from nasbench.console import say
    from nasbench.generator.build import resolve_device
    from nasbench.scratch.summary import as_text, heading
    from nasbench.scratch.train import TrainRequest, train_from_scratch

    check_least(args, threads=1, seed=0)
    space, architecture, origin = _chosen(args)
    request = TrainRequest(
        space=space,
        architecture=architecture,
        recipe=_recipe(args, space.name),
        seed=args.seed,
        data_root=args.data_root,
        device=resolve_device(args.device),
        source=next(name for name in ("table", "search", "random", "text") if getattr(args, name, "") is not None),
        origin=origin,
        onnx=not args.no_onnx,
    )
    torch.set_num_threads(args.threads)
    stop_when_terminated()
    say(heading(request.about()))
    told = train_from_scratch(request, args.out)
    say(f"{as_text(told)}\n\nwritten to {args.out}")


def _chosen(args: argparse.Namespace) -> tuple[Space, Architecture, str]:
    """Space, architecture, and where it comes from."""
    import numpy as np

    import nasbench

    if args.table is not None:
        with nasbench.open_table(args.table) as table:
            space = _same_space(args, table.header.space)
            architecture, value = table.for_search().best(args.best)
        return space, architecture, f"the best of {args.table.name} by {args.best}, {value:.4g}"
    if args.search is not None:
        from nasbench.result_folder import read_result

        told = read_result(args.search, "oneshot")
        if told is None or "pick" not in told:
            raise ValueError(f"{args.search} holds no finished one-shot search: run nasbench oneshot to its end")
        space = _same_space(args, told["space"])
        return space, space.parse(told["pick"]), f"found by {told['searcher']} in {args.search.name}"
    space = nasbench.load_space(args.space or "darts")
    if args.random is not None:
        check_least(args, random=0)
        return space, space.sample(np.random.default_rng(args.random)), f"random architecture {args.random}"
    return space, space.parse(args.architecture), "given as text"


def _same_space(args: argparse.Namespace, name: str) -> Space:
    import nasbench

    if args.space not in (None, name):
        raise ValueError(f"{args.table or args.search} is of the space {name}, not of {args.space}: leave --space out")
    return nasbench.load_space(name)


def _recipe(args: argparse.Namespace, space: str) -> ScratchRecipe:
    """Given fields over those of the recipe named, or of the one that comes along for the space, over the defaults."""
    from nasbench.scratch.recipe import ScratchRecipe, field_names, read_values, scratch_names

    values: dict[str, Any] = {}
    if args.recipe is not None or space in scratch_names():
        values = read_values(args.recipe or space)
    given = {name: getattr(args, name, None) for name in field_names()}
    values.update({name: value for name, value in given.items() if value is not None})
    return ScratchRecipe.from_json(values)
