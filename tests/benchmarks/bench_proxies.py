"""Seconds of all zero-cost proxies of one architecture, against each one by itself on a fresh network, in one run.

``python -m tests.benchmarks.bench_proxies [CELLS]``, with 1 cell a stage unless told otherwise. Seconds are CPU time of
one core. Both ways give the same values, which is checked. Then parameters and FLOPs of every class and of every
architecture of NAS-Bench-201.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np
import torch

import nasbench
from nasbench.complexity import complexities
from nasbench.plan import Skeleton
from nasbench.registry import PROXIES
from predictors.proxy import Batch, random_batch
from predictors.scores import score_architecture

IMAGES, ARCHITECTURES = 32, 16


def main(cells: int = 1) -> None:
    """Measures and prints."""
    torch.set_num_threads(1)
    skeleton = Skeleton(channels=16, cells=cells, classes=10, input_shape=(3, 32, 32))
    count_all(nasbench.load_space("nas_bench_201"))
    look_at_networks(nasbench.load_space("nas_bench_201"), skeleton, random_batch(skeleton, IMAGES))


def look_at_networks(space, skeleton: Skeleton, batch: Batch) -> None:
    """All proxies of one architecture, together and one after the other."""
    names = PROXIES.names()
    groups = list(space.classes.values())
    chosen = [groups[place][0] for place in np.random.default_rng(0).permutation(len(groups))[:ARCHITECTURES]]
    score_architecture(names, space, chosen[0], skeleton, batch, 0)
    together, alone, shares = [], [], []
    for architecture in chosen:
        start = time.process_time()
        scores = score_architecture(names, space, architecture, skeleton, batch, 0)
        together.append(time.process_time() - start)
        start = time.process_time()
        one_by_one = {n: score_architecture([n], space, architecture, skeleton, batch, 0)[n].value for n in names}
        alone.append(time.process_time() - start)
        assert np.array_equal([scores[n].value for n in names], [one_by_one[n] for n in names], equal_nan=True)
        shares.append([scores[name].seconds for name in names])
    print(
        f"{len(names)} proxies of {len(chosen)} random classes, {skeleton.channels} channels, {skeleton.cells} cells a "
        f"stage, {len(batch.images)} images of 32x32; core seconds an architecture"
    )
    print(f"  one after the other, a fresh network each  {np.mean(alone):6.3f} s")
    print(f"  together, from one network                 {np.mean(together):6.3f} s   slowest {max(together):.3f} s")
    print(f"  x {np.sum(alone) / np.sum(together):.2f}, the same values bit by bit")
    spent = dict(zip(names, np.mean(shares, axis=0), strict=True))
    print("  " + ", ".join(f"{name} {spent[name]:.3f}" for name in sorted(names, key=spent.__getitem__, reverse=True)))


def count_all(space) -> None:
    """Parameters and FLOPs of every class as built, and of every architecture as published."""
    skeleton = space.published
    start = time.process_time()
    classes = [group[0] for group in space.classes.values()]
    print(f"counting: {len(classes):,} classes of {len(space):,} found in {time.process_time() - start:.3f} s")
    params, flops = nasbench.load_proxy("params"), nasbench.load_proxy("flops")
    told = seconds_of(lambda: [proxy.scores(space, classes, skeleton) for proxy in (params, flops)])
    print(f"  params and flops of all classes, as built         {told:.3f} s")
    rows = list(space)
    told = seconds_of(lambda: [proxy.scores(space, rows, skeleton) for proxy in (params, flops)])
    print(f"  params and flops of all architectures, as built   {told:.3f} s")
    told = seconds_of(lambda: complexities(space, rows, skeleton, built=False))
    print(f"  parameters and FLOPs of all, as published         {told:.3f} s")


def seconds_of(work: Callable[[], object]) -> float:
    """Processor seconds."""
    start = time.process_time()
    work()
    return time.process_time() - start


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
