"""Tables and spaces that tests of predictors make for themselves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

import nasbench
from nasbench.database.memory import MemoryContents
from nasbench.database.rows import Header, Row
from nasbench.database.scores import ScoreEntries, ScoreRow
from nasbench.database.writer import TableWriter
from nasbench.database.writer import write_table as write_contents
from nasbench.graph import Dag, Dataflow
from nasbench.plan import Plan, PlanWriter, Skeleton
from nasbench.space import Architecture, Space

WORTH = {0: -6.0, 1: 0.0, 2: 2.0, 3: 5.0, 4: -1.0}
"""What each operation of a NAS-Bench-201 edge adds to the made-up accuracy."""
SCHEDULE = 3


def nas_bench_201() -> Space:
    return nasbench.load_space("nas_bench_201")


def class_members(count: int, seed: int = 0) -> list[Architecture]:
    """Representatives of different classes, drawn."""
    groups = list(nas_bench_201().classes.values())
    chosen = np.random.default_rng(seed).permutation(len(groups))[:count]
    return [groups[place][0] for place in chosen]


def worth(architectures: Sequence[Architecture], noise: float = 0.0, seed: int = 0) -> np.ndarray:
    """A made-up accuracy: what operations add, later edges more, and noise."""
    choices = nas_bench_201().choices_array(architectures)
    added = np.vectorize(WORTH.get)(choices) * np.array([0.6, 0.7, 0.8, 0.9, 1.0, 1.1])
    return 60.0 + added.sum(axis=1) + noise * np.random.default_rng(seed).standard_normal(len(choices))


def write_table(
    path: Path,
    architectures: Sequence[Architecture],
    scores: np.ndarray,
    failed: Sequence[Architecture] = (),
    seconds: bool = True,
) -> Path:
    """A table of scores [architectures, seeds] (or one seed), with failed trainings besides."""
    space = nas_bench_201()
    scores = scores[:, None] if scores.ndim == 1 else scores
    header = Header(space.name, {"epochs": SCHEDULE}, {"name": "made up", "sha256": "0" * 64})
    with TableWriter(path, header) as writer:
        for architecture, line in zip(architectures, scores.tolist(), strict=True):
            for seed, score in enumerate(line):
                curves = {"val_accuracy": [score - 2, score - 1, score]}
                if seconds:
                    spent = 1.0 + sum(choice in (2, 3) for choice in architecture.choices)
                    curves["seconds"] = [spent] * SCHEDULE
                finals = {"test_accuracy": score - 0.5}
                row = (architecture.choices, space.canonical_hash(architecture), seed, SCHEDULE, "done", "")
                writer.commit(Row(*row, curves=curves, finals=finals))
        for architecture in failed:
            row = (architecture.choices, space.canonical_hash(architecture), 0, SCHEDULE, "failed", "loss is nan")
            writer.commit(Row(*row, curves={}, finals={}))
    return path


def write_features(path: Path, architectures: Sequence[Architecture]) -> Path:
    """A table with what encodings look up: learning curves and zero-cost scores, one of which failed here and there."""
    space = nas_bench_201()
    header = Header(space.name, {"epochs": SCHEDULE}, {"name": "made up", "sha256": "0" * 64})
    classes = {space.canonical_hash(architecture): architecture for architecture in architectures}
    rows, scores = [], []
    for place, (name, architecture) in enumerate(classes.items()):
        score = float(worth([architecture])[0])
        known = (architecture.choices, name)
        curves = {"val_accuracy": [score - 3, score - 1, score], "train_loss": [3 - score / 60, 2 - score / 60, 0.1]}
        rows.append(Row(*known, 0, SCHEDULE, "done", "", curves=curves, finals={"test_accuracy": score - 0.5}))
        failures = {"noise": "it is not a number"} if place % 5 == 0 else {}
        values = {"promise": score, **({} if failures else {"noise": float(place)})}
        scores.append(ScoreRow(*known, 0, values, {"promise": 0.1, "noise": 0.1}, failures))
    better = {"promise": "higher", "noise": "lower"}
    entries = ScoreEntries({"images": 8}, better, scores)
    write_contents(path, MemoryContents.from_rows(header, rows, scores=entries))
    return path


class TwoCells(Space):
    """Two cells of two nodes each, the second with an edge that may be absent: another shape than NAS-Bench-201."""

    name = "two_cells"
    options = (3, 3, 2, 4)
    steps = ("conv", "skip_connect", "none")

    def graphs(self, architecture: Architecture) -> tuple[Dag, ...]:
        first, second, bypass, other = architecture.choices
        straight = Dag(("in", self.steps[first], self.steps[second], "out"), ((0, 1), (1, 2), (2, 3)))
        inner = ("pool", "conv", "gru", "none")[other]
        edges = ((0, 1), (0, 2), (1, 2)) if bypass else ((0, 1), (1, 2))
        return straight, Dag(("in", inner, "out"), edges)

    def dataflow(self, architecture: Architecture) -> Dataflow:
        flow = Dataflow()
        value = flow.input()
        for choice in architecture.choices:
            value = flow.weighted(f"step{choice}", value)
        return flow.set_outputs(value)

    def plan(self, architecture: Architecture, skeleton: Skeleton) -> Plan:
        write = PlanWriter(skeleton.input_shape)
        write.add("classifier", "linear", 0, features=skeleton.classes)
        return write.plan()


class Chain(TwoCells):
    """A chain of thirty operations: far too many architectures to enumerate."""

    name = "long_chain"
    options = (4,) * 30
    words = ("conv", "pool", "skip_connect", "none")

    def graphs(self, architecture: Architecture) -> tuple[Dag, ...]:
        """Five operations side by side from the first choices; the rest are never seen by the graph."""
        labels = ("in", *(self.words[choice] for choice in architecture.choices[:5]), "out")
        edges = tuple(pair for node in range(1, 6) for pair in ((0, node), (node, 6)))
        return (Dag(labels, tuple(sorted(edges))),)
