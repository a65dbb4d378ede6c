"""Queries a second of whole searches against a bare Python loop and against Optuna, in one run.

``python -m tests.benchmarks.bench_search [SEARCHER ...]``, every searcher unless some are named. The bare loop is
regularized evolution on a dictionary of accuracies and records nothing; Optuna's random sampler is asked and told the
same accuracies. Ours opens the table, counts classes, clocks and incumbents with their true values. Runs have 500
queries, those of searchers that fit models 150; there are 100 runs of each searcher, or as many as begin within eight
seconds. Seconds are CPU time of one core, so that a busy machine matters less. The table is NAS-Bench-201's where
``../shared/data`` has it, otherwise made-up numbers of the same size.
"""

from __future__ import annotations

import contextlib
import csv
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

import nasbench
from nasbench.__main__ import run as run_command
from nasbench.registry import SEARCHERS
from nasbench.table import Table
from searchers.clock import Budget
from searchers.evaluators.table import TableEvaluator
from searchers.measure import Measure
from searchers.run import Run
from searchers.searcher import make_searcher
from searchers.truth import Truth

PUBLISHED = Path("../shared/data/nb201/cifar10.csv")
RUNS, QUERIES, REPEATS = 100, 500, 3
COSTLY_QUERIES = 150
PATIENCE = 8.0
"""Seconds after which no further run of a searcher begins."""
TRIALS = 2000
POPULATION, SAMPLE = 20, 5
SELECT, REPORT = Measure("val_accuracy", 200), Measure("test_accuracy", 200)


def main(names: Sequence[str] = ()) -> None:
    """Measures and prints."""
    with tempfile.TemporaryDirectory() as folder:
        table, origin = open_table(Path(folder) / "table.h5")
        print(f"{len(table):,} cells, {origin}; CPU time of one core")
        accuracy = dict(
            zip(map(tuple, table.choices.tolist()), table.values("val_accuracy", 200).tolist(), strict=True)
        )
        bare, found = fastest(lambda: [evolve_bare(accuracy, table.space.options, seed) for seed in range(RUNS)])
        show("bare loop, regularized evolution", bare, bare, found, RUNS)
        ours, found = fastest(lambda: search(table, "regularized_evolution", Path(folder) / "traces")[0])
        show("ours, regularized_evolution, with trace files", ours, bare, found, RUNS)
        theirs, found = ask_optuna(accuracy, table.space.options)
        show("Optuna's random sampler, asked and told", theirs, bare, found, 1)
        print(
            f"regularized_evolution with trace files makes {ours / theirs:.0f} times as many as Optuna's random sampler"
        )
        for name in names or every_searcher():
            founds, seconds, queries = search(table, name)
            seconds_of_150 = f"  {150 * seconds / queries:5.2f} s for 150" if SEARCHERS.load(name).costly else ""
            show(f"ours, {name}", queries / seconds, bare, float(np.mean(founds)), len(founds), seconds_of_150)


def every_searcher() -> list[str]:
    """Names of all searchers that can be loaded, variants too."""
    names = SEARCHERS.available()
    return sorted({*names, *(variant for name in names for variant in SEARCHERS.variants(name))})


def open_table(path: Path) -> tuple[Table, str]:
    """A table of all cells of NAS-Bench-201, and where its numbers come from."""
    source, origin = PUBLISHED, "published accuracies"
    if not PUBLISHED.exists():
        space = nasbench.load_space("nas_bench_201")
        source, origin = path.with_suffix(".csv"), "made-up accuracies"
        with open(source, "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["arch", "valid_200", "test_200"])
            noise = np.random.default_rng(0).normal(90, 3, (len(space), 2)).tolist()
            writer.writerows([space.format(cell), *values] for cell, values in zip(space, noise, strict=True))
    columns = ["--column", "val_accuracy@200=valid_200", "--column", "test_accuracy@200=test_200"]
    with contextlib.redirect_stdout(None):
        run_command(["import", "csv", str(source), str(path), "--space", "nas_bench_201", *columns])
    return nasbench.open_table(path), origin


def evolve_bare(accuracy: dict[tuple[int, ...], float], options: tuple[int, ...], seed: int) -> float:
    """The best accuracy that regularized evolution finds; nothing but the algorithm."""
    rng = np.random.default_rng(seed)
    population: list[tuple[tuple[int, ...], float]] = []
    best = 0.0
    oldest = 0
    for _ in range(QUERIES):
        if len(population) < POPULATION:
            child = tuple(int(rng.random() * count) for count in options)
        else:
            draws = [population[int(rng.random() * POPULATION)] for _ in range(SAMPLE)]
            parent = max(draws, key=lambda member: member[1])[0]
            place = int(rng.random() * len(options))
            other = int(rng.random() * (options[place] - 1))
            child = (*parent[:place], other + (other >= parent[place]), *parent[place + 1 :])
        value = accuracy[child]
        best = max(best, value)
        if len(population) < POPULATION:
            population.append((child, value))
        else:
            population[oldest] = (child, value)
            oldest = (oldest + 1) % POPULATION
    return best


def ask_optuna(accuracy: dict[tuple[int, ...], float], options: tuple[int, ...]) -> tuple[float, float]:
    """Queries a second of Optuna's random sampler, and the best accuracy it finds."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    space = {
        f"choice{place}": optuna.distributions.CategoricalDistribution(range(n)) for place, n in enumerate(options)
    }
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=0))
    start = time.process_time()
    for _ in range(TRIALS):
        trial = study.ask(space)
        study.tell(trial, accuracy[tuple(trial.params.values())])
    return TRIALS / (time.process_time() - start), study.best_value


def search(table: Table, name: str, folder: Path | None = None) -> tuple[list[float], float, int]:
    """The best accuracy of each run of a searcher, with all that a comparison records; CPU seconds; queries in all."""
    evaluator, truth = TableEvaluator("table", table.for_search(), SELECT), Truth(table, SELECT, REPORT)
    costly = SEARCHERS.load(name).costly
    queries = COSTLY_QUERIES if costly else QUERIES
    if costly:  # what a process computes once, such as features of the space, is not a search's
        Run(make_searcher(name, evaluator.space, RUNS), evaluator).go(Budget(20))
    found: list[float] = []
    start = time.process_time()
    while len(found) < RUNS and (not found or time.process_time() - start < PATIENCE):
        seed = len(found)
        run = Run(make_searcher(name, evaluator.space, seed), evaluator, {"searcher": name, "seed": seed})
        run.go(Budget(queries))
        trace = run.trace(truth)
        found.append(float(trace.true_val[-1]))
        if folder is not None:
            trace.save(folder / f"{seed:04d}.npz", durable=False)
    return found, time.process_time() - start, queries * len(found)


def fastest(runs: Callable[[], list[float]]) -> tuple[float, float]:
    """Queries a second of CPU time of the fastest repetition, and the mean of what its runs found."""
    seconds, found = float("inf"), [0.0]
    for _ in range(REPEATS):
        start = time.process_time()
        found = runs()
        seconds = min(seconds, time.process_time() - start)
    return len(found) * QUERIES / seconds, float(np.mean(found))


def show(what: str, speed: float, bare: float, found: float, runs: int, more: str = "") -> None:
    """Prints a line."""
    print(
        f"{what:46} {speed:10,.0f} queries/s  {speed / bare:5.2f} x bare  best {found:.2f} %  n {runs:3}{more}",
        flush=True,
    )


if __name__ == "__main__":
    main(sys.argv[1:])
