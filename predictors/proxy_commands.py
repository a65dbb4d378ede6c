"""The command ``nasbench proxies``: parse, call, print."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from nasbench.arguments import check_least, flag, sample_count, stop_when_terminated
from nasbench.console import duration, say

_COUNTS = {
    "image_size": "side in pixels that images are resized to (default: their own)",
    "images": "training images in the batch that proxies look at (default: 64)",
    "batch_seed": "seed of the draw of these images (default: 0)",
    "channels": "channels of the first stage (default: 16)",
    "cells": "cells in a stage, or of the whole network, as the space counts them (default: 1)",
}


def configure_proxies(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of ``nasbench proxies``."""
    parser.epilog = """\
Example:
  nasbench proxies scores.h5 --space nas_bench_201 --dataset digits --sample 200 --workers 2
  nasbench proxies scores.h5 --proxies params,flops --sample all

One score for each class of architectures that compute the same, each proxy and each initialisation seed. The same
command goes on where it stopped; a larger --sample, more --seeds or more --proxies extend what is there. Space and
settings that are not given are the table's own where it exists. A table of trainings can take scores too."""
    parser.add_argument("out", metavar="OUT.h5", type=Path, help="the table; made or extended")
    parser.add_argument("--space", help="search space (default: nas_bench_201)")
    parser.add_argument("--sample", metavar="N|all", default="100", help="the first N classes of a seeded permutation")
    parser.add_argument("--sample-seed", metavar="N", type=int, default=0, help="seed of that permutation (default: 0)")
    parser.add_argument("--proxies", metavar="NAMES", help="names joined by commas (default: all)")
    parser.add_argument("--seeds", metavar="N", type=int, default=1, help="initialisations of each (default: 1)")
    parser.add_argument("--workers", metavar="N", type=int, default=1, help="processes, one thread each (default: 1)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1, ... (default: auto)")
    parser.add_argument("--data-root", metavar="DIR", type=Path, help="where the images are")
    parser.add_argument("--retry-failed", action="store_true", help="try scores again that failed")
    shared = parser.add_argument_group("settings", "what all scores of a table share; see also nasbench info OUT.h5")
    shared.add_argument("--dataset", help="data set (default: digits)")
    for name, text in _COUNTS.items():
        shared.add_argument(flag(name), metavar="N", type=int, help=text)
    shared.add_argument(
        "--initialisation",
        metavar="NAME",
        help="how weights are drawn: training, as trained networks begin, or torch, as its layers do and published "
        "scores did (default: training)",
    )


def run_proxies(args: argparse.Namespace) -> int:
    """Scores what is missing. Failed scores are kept with their reason, and counted: the exit code is 0."""
    import nasbench
    from nasbench.generator.sample import class_sample
    from predictors.scoring import score_table

    check_least(args, seeds=1, workers=1, sample_seed=0)
    names = _names(args.proxies)
    space_name, settings = _settings(args)
    space = nasbench.load_space(space_name)
    architectures = class_sample(space, sample_count(args.sample), args.sample_seed)
    stop_when_terminated()
    say(
        f"{args.out}: {len(architectures):,} classes of {space.name} x {args.seeds} seeds, {len(names)} proxies on "
        f"{settings.images} images of {settings.dataset}, {settings.channels} channels, "
        f"{space.cells_text(settings.cells)}"
    )
    done = score_table(
        args.out,
        space=space,
        settings=settings,
        architectures=architectures,
        names=names,
        seeds=args.seeds,
        workers=args.workers,
        device=args.device,
        data_root=args.data_root,
        retry_failed=args.retry_failed,
    )
    _print_scores(args.out, names)
    say(
        f"scored {done.scored:,} in {duration(done.seconds)} ({done.failed:,} failed), "
        f"{done.present:,} were there before"
    )
    with nasbench.open_table(args.out) as table:
        say(f"digest {table.digest}")
    return 0


def _print_scores(path: Path, names: tuple[str, ...]) -> None:
    import nasbench
    from nasbench.description import describe_proxies
    from nasbench.wording import aligned, number

    rows = [["proxy", "better", "scored", "failed", "seconds each"]]
    with nasbench.open_table(path) as table:
        for said in describe_proxies(table):
            if said["name"] in names:
                seconds = "-" if said["median_seconds"] is None else number(float(f"{said['median_seconds']:.2g}"))
                rows.append([said["name"], said["better"], f"{said['scored']:,}", f"{said['failed']:,}", seconds])
    say(f"{aligned(rows)}\n")


def _names(text: str | None) -> tuple[str, ...]:
    """Names of proxies, each once.

    Raises:
        UnknownNameError: one is not known; the message names the nearest.
        ValueError: there is none.
    """
    from nasbench.registry import PROXIES, unknown

    known = PROXIES.names()
    if text is None:
        return tuple(known)
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    for name in names:
        if name not in known:
            raise unknown("zero-cost proxy", name, known)
    if not names:
        raise ValueError(f"--proxies must be names joined by commas, such as params,synflow, got {text!r}")
    return names


def _settings(args: argparse.Namespace) -> tuple[str, Any]:
    """Space and settings: what is given over the table's own over the defaults.

    Raises:
        ValueError: a number is smaller than it may be.
    """
    import dataclasses

    import nasbench
    from predictors.scoring_jobs import Settings

    names = [one.name for one in dataclasses.fields(Settings)]
    values: dict[str, Any] = {}
    space = args.space or "nas_bench_201"
    if args.out.exists():
        with nasbench.open_table(args.out) as table:
            space = args.space or table.header.space
            own = table.proxy_settings or table.header.recipe
        values = {name: own[name] for name in names if name in own}
    values.update({name: getattr(args, name) for name in names if getattr(args, name) is not None})
    settings = Settings(**values)
    for name, least in {"images": 1, "batch_seed": 0, "channels": 1, "cells": 1, "image_size": 1}.items():
        value = getattr(settings, name)
        if value is not None and value < least:
            raise ValueError(f"{flag(name)} must be at least {least}, got {value}")
    return space, settings
