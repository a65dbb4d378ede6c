"""Seconds and peak memory of a search step of each one-shot searcher, against plain DARTS of first order, in one run.

``python -m tests.benchmarks.bench_oneshot``. A step is what a run does for one pair of batches: the searcher learns,
then the shared weights. The plain searcher computes every operation of every edge by itself, none too, with the
library's pooling, and multiplies each output by its weight; nothing is shared between edges and no zero is left out.
Steps of all take turns, and the median counts; peak memory is that of a process of its own for each (Linux), beyond
what it held before its first step.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import torch
from torch.nn import functional

import nasbench
from nasbench.generator.worker import keep_freed_memory
from nasbench.mixed_cells import MIXED
from nasbench.networks.mixed import BatchNorm, Chain
from nasbench.networks.supernet import Supernet
from nasbench.networks.weightless import AvgPool
from nasbench.registry import ONESHOT
from nasbench.training.recipe import Recipe
from searchers.oneshot.darts_first_order import DartsFirstOrder
from searchers.weight_sharing.halves import Batch
from searchers.weight_sharing.searcher import OneShotSearcher
from searchers.weight_sharing.shared import Problem

SETTINGS = {
    "nas_bench_201": Recipe(channels=16, cells=1, batch_size=64),
    "darts": Recipe(channels=8, cells=5, batch_size=16),
}
"""Space -> skeleton and batch size; images are of 16x16 pixels."""
PLAIN = "plain first order"
EXACT = "darts_second_order exact"
STEPS = 5


class PlainSupernet(Supernet):
    """The supernet without anything that saves time."""

    def forward(self, x: torch.Tensor, weights: torch.Tensor, edges: torch.Tensor | None = None) -> torch.Tensor:
        """Every operation of every edge, one after the other, times its weight."""
        values = [x]
        for step, module in zip(self._plan.steps[1:], self.steps, strict=True):
            read = [values[source] for source in step.inputs]
            if step.operation != MIXED:
                values.append(module(*read))
                continue
            row = weights[int(step.setting("kind")), int(step.setting("edge"))]
            stride = int(step.setting("stride"))
            total = row[self.cells.none] * torch.zeros_like(read[0])[:, :, ::stride, ::stride]
            for place, name in enumerate(self.cells.operations):
                if place != self.cells.none:
                    total = total + row[place] * _plainly(module.operations[name], read[0])
            values.append(total)
        return values[-1]


def _plainly(chain: Chain, x: torch.Tensor) -> torch.Tensor:
    for layer in [*chain.shared, *chain.own]:
        if isinstance(layer, BatchNorm):
            x = functional.batch_norm(x, None, None, training=True)
        elif isinstance(layer, AvgPool):
            x = functional.avg_pool2d(x, layer.kernel, layer.stride, layer.kernel // 2, count_include_pad=False)
        else:
            x = layer(x)
    return x


def contenders() -> list[str]:
    """The plain searcher, then all others."""
    return [PLAIN, *ONESHOT.names(), EXACT]


def make(name: str, space: str) -> OneShotSearcher:
    """A searcher in the middle of its search, so that none is still waiting."""
    recipe = SETTINGS[space]
    cells = nasbench.load_space(space).mixed_cells()
    problem = Problem(cells, recipe.skeleton((3, 16, 16), 10), recipe, torch.device("cpu"))
    if name == EXACT:
        found: OneShotSearcher = ONESHOT.load("darts_second_order")(problem, 0, exact=True)
    else:
        found = DartsFirstOrder(problem, 0) if name == PLAIN else ONESHOT.load(name)(problem, 0)
    if name == PLAIN:
        found.shared.network.__class__ = PlainSupernet
    found.shared.progress = 0.5
    return found


def batch(space: str) -> Batch:
    """Images of noise."""
    count, generator = SETTINGS[space].batch_size, torch.Generator().manual_seed(0)
    images = torch.randn(count, 3, 16, 16, generator=generator).contiguous(memory_format=torch.channels_last)
    return Batch(images, torch.randint(10, (count,), generator=generator))


def step(searcher: OneShotSearcher, images: Batch) -> float:
    """Seconds of one step, of the one thread's processor time, which others on the machine do not stretch."""
    start = time.process_time()
    searcher.learn(images, images)
    searcher.shared.descend(images, searcher.mixture())
    return time.process_time() - start


def seconds(space: str) -> dict[str, float]:
    """Contender -> median seconds of a step; all take turns, and the first round does not count."""
    images = batch(space)
    searchers = {name: make(name, space) for name in contenders()}
    rounds = [{name: step(searcher, images) for name, searcher in searchers.items()} for _ in range(STEPS + 1)][1:]
    return {name: statistics.median(each[name] for each in rounds) for name in searchers}


def peak(name: str, space: str) -> float:
    """MiB that two steps need at most beyond what the process held before, in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.bench_oneshot", name, space]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-1])


def measure_here(name: str, space: str) -> None:
    """Prints that peak of this process."""
    searcher, images = make(name, space), batch(space)
    Path("/proc/self/clear_refs").write_text("5")  # the peak is what is held from here on
    before = _status("VmRSS")
    for _ in range(2):
        step(searcher, images)
    print((_status("VmHWM") - before) / 1024)


def _status(field: str) -> int:
    """KiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{field}:"))


def rows(space: str) -> Iterator[str]:
    """A line for each contender."""
    times, peaks = seconds(space), {name: peak(name, space) for name in contenders()}
    recipe = SETTINGS[space]
    yield f"{space}: {recipe.channels} channels, {recipe.cells} cells, {recipe.batch_size} images of 16x16, one thread"
    for name in contenders():
        time_ratio, memory_ratio = times[name] / times[PLAIN], peaks[name] / peaks[PLAIN]
        yield (
            f"  {name:25} {1000 * times[name]:7.0f} ms  {time_ratio:5.2f} of plain   {peaks[name]:7.0f} MiB  "
            f"{memory_ratio:5.2f} of plain"
        )


def main(words: list[str]) -> None:
    """Prints both tables, or measures one contender's memory."""
    torch.set_num_threads(1)
    if words:
        measure_here(words[0], words[1])
        return
    keep_freed_memory()
    for space in SETTINGS:
        print("\n".join(rows(space)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
