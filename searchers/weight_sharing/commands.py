"""The command ``oneshot``: parse, call, summarise."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nasbench.arguments import check_least, stop_when_terminated
from nasbench.training.flags import add_recipe_fields
from searchers.weight_sharing.published import PUBLISHED

if TYPE_CHECKING:
    from nasbench.training.recipe import Recipe

_DEFAULTS = {
    "dataset": "digits",
    "train_images": "half of all",
    "image_size": "their own",
    **{name: PUBLISHED[name] for name in ("channels", "cells", "epochs", "batch_size")},
    "crop_padding": 0,
    **{name: PUBLISHED[name] for name in ("learning_rate", "weight_decay")},
    "flip": "no",
    "precision": "float32",
}
_TEXTS = {
    "train_images": "images that train shared weights; as many others choose the architecture",
    "epochs": "passes over the training half",
    "batch_size": "images a step, of each half",
    "learning_rate": "of shared weights at the beginning; it falls to 0 as a cosine",
    "weight_decay": "L2 penalty on shared weights",
}


def configure_oneshot(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of ``nasbench oneshot``."""
    parser.epilog = """\
Example:
  nasbench oneshot --searcher gdas --dataset digits --channels 8 --cells 1 --epochs 10 --out gdas
  nasbench oneshot --searcher darts_second_order --set exact=true --dataset image_folder --data-root cifar10 \\
      --image-size 16 --train-images 5000 --channels 8 --cells 1 --epochs 20 --flip --table nb201.h5 \\
      --report test_accuracy@200 --out darts

The search is saved after each epoch: stopped or killed, the same command goes on, to the same result to the bit as
without a stop, on one machine. It leaves result.json, search.npz (strengths, architecture, losses of each epoch, the
supernet's ranking, and what the table says of all of them) and checkpoint.npz (the shared weights) in DIR. Test images
are never read."""
    parser.add_argument("--searcher", metavar="NAME", required=True, help="see nasbench list oneshot")
    parser.add_argument("--space", default="nas_bench_201", help="search space (default: nas_bench_201)")
    parser.add_argument(
        "--set", metavar="PARAMETER=VALUE", action="append", default=[], help="of the searcher, such as exact=true"
    )
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="seed of the search (default: 0)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1, ... (default: auto)")
    parser.add_argument("--threads", metavar="N", type=int, default=1, help="of a search on a CPU (default: 1)")
    parser.add_argument("--data-root", metavar="DIR", type=Path, help="where the images are")
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="folder of the result")
    truth = parser.add_argument_group("the supernet's ranking, and the truth")
    truth.add_argument("--table", metavar="FILE", type=Path, help="table that knows what architectures are worth")
    truth.add_argument(
        "--report",
        metavar="METRIC[@SCHEDULE][#SEED]",
        default="test_accuracy",
        help="what it is asked (default: test_accuracy of its longest schedule)",
    )
    truth.add_argument(
        "--ranked", metavar="N", type=int, default=100, help="random architectures to rank at the end (default: 100)"
    )
    truth.add_argument(
        "--judged-images",
        metavar="N",
        type=int,
        default=1000,
        help="validation images that judge an architecture (default: 1000)",
    )
    recipe = parser.add_argument_group("recipe", "each field overrides the recipe file")
    recipe.add_argument("--recipe", metavar="FILE|NAME", help="a .toml or .json file, or one that comes along")
    add_recipe_fields(recipe, _DEFAULTS, _DEFAULTS, _TEXTS)


def run_oneshot(args: argparse.Namespace) -> None:
    """Makes or goes on with a one-shot search, and prints what it would give and what that is worth."""
    import torch

    from nasbench.console import say
    from nasbench.generator.build import resolve_device
    from searchers.measure import Measure
    from searchers.weight_sharing.request import OneShotRequest, parse_parameters
    from searchers.weight_sharing.search import oneshot
    from searchers.weight_sharing.summary import as_text

    check_least(args, threads=1)
    request = OneShotRequest(
        searcher=args.searcher,
        space=args.space,
        recipe=_recipe(args),
        parameters=parse_parameters(args.searcher, args.set),
        seed=args.seed,
        data_root=args.data_root,
        device=resolve_device(args.device),
        judged_images=args.judged_images,
        ranked=args.ranked,
        table=args.table,
        report=Measure.parse(args.report),
    )
    torch.set_num_threads(args.threads)
    stop_when_terminated()
    record = oneshot(request, args.out)
    say(f"{as_text(record)}\n\nwritten to {args.out}")


def _recipe(args: argparse.Namespace) -> Recipe:
    """Given fields over the recipe file's, or over the published ones."""
    from nasbench.training.presets import load_recipe
    from nasbench.training.recipe import Recipe

    values: dict[str, Any] = dict(PUBLISHED) if args.recipe is None else load_recipe(args.recipe).to_json()
    given = {field.name: getattr(args, field.name, None) for field in dataclasses.fields(Recipe)}
    values.update({name: value for name, value in given.items() if value is not None})
    if args.train_images is not None:
        values["validation_images"] = args.train_images
    return Recipe.from_json(values)
