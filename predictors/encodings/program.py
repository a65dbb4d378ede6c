"""Program features: what the cell's exact canonical program looks like, equal for all architectures of a class.

A cell is read as the program of :class:`nasbench.graph.Dataflow`: sums flattened, skips gone, dead operations gone,
pooling spread over sums, so that a path leads from an input through operations that really act. Counted are operations,
paths by what is on them, the fewest, most and mean of each operation on a path, and what the output and the weighted
operations read. The columns of a space come from a survey of it. Paths and operations are counted as the Neural Graph
Features of Kadlecová et al. (ICML 2024) do it on the cell as written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from weakref import WeakKeyDictionary

import numpy as np

from nasbench.space import Architecture, Space
from predictors.encoding import Encoding
from predictors.graphs import survey
from predictors.programs import Composition, Program, read_program

COMPOSITIONS = 64
"""Most columns for compositions of paths; those that occur in most architectures of the survey are kept."""
FAR = 1.0
"""How much further than any path of the survey the shortest is where there is no path."""

_COLUMNS: WeakKeyDictionary[Space, _Columns] = WeakKeyDictionary()


class _Columns:
    """What has a column in a space: labels of operations, and compositions of paths."""

    def __init__(self, programs: Sequence[Program]) -> None:
        self.weighted = sorted({label for p in programs for label in p.weighted})
        self.linear = sorted({label for p in programs for label in p.linear})
        self.labels = [*self.weighted, *self.linear]
        seen: Counter[Composition] = Counter()
        self.longest = 1
        for program in programs:
            seen.update({self.kept(composition) for composition in program.paths})
            self.longest = max([self.longest, *(sum(composition.values()) for composition in map(dict, program.paths))])
        ranked = sorted(seen, key=lambda composition: (-seen[composition], composition))[:COMPOSITIONS]
        self.compositions = sorted(ranked)

    def kept(self, composition: Composition) -> Composition:
        """A composition in which linear operations are told to be there or not, not counted."""
        return tuple((label, min(count, 1) if label in self.linear else count) for label, count in composition)

    def names(self) -> list[str]:
        """Names of the columns."""
        found = [f"count({label})" for label in self.labels] + [
            "count(weighted)",
            "paths",
            "paths(plain)",
            "paths(bare)",
        ]
        for label in (*self.labels, "weighted"):
            found += [f"{measure}({label})" for measure in ("fewest", "most", "mean")]
        found += ["most(weighted,plain)", "terms"]
        for label in ("input", *self.weighted):
            found += [f"output({label})", f"output(linear,{label})"]
        for label in self.weighted:
            found += [f"reads({label},{what})" for what in ("input", "linear", "weighted")]
        return found + [f"path({_written(composition)})" for composition in self.compositions]

    def row(self, program: Program) -> list[float]:
        """Values of the columns."""
        counts = [float(program.weighted.get(label, 0) + program.linear.get(label, 0)) for label in self.labels]
        paths = [(dict(composition), times) for composition, times in program.paths.items()]
        total = sum(times for _, times in paths)
        plain = [(on, times) for on, times in paths if not any(label in on for label in self.linear)]
        bare = sum(times for on, times in paths if not any(label in on for label in self.weighted))
        row = [*counts, float(sum(program.weighted.values())), total, sum(times for _, times in plain), bare]
        for labels in (*([label] for label in self.labels), self.weighted):
            on_path = [sum(on.get(label, 0) for label in labels) for on, _ in paths]
            mean = sum(many * times for many, (_, times) in zip(on_path, paths, strict=True)) / max(total, 1)
            row += [min(on_path, default=self.longest + FAR), max(on_path, default=-FAR), mean]
        row.append(max((sum(on.get(label, 0) for label in self.weighted) for on, _ in plain), default=-FAR))
        row.append(float(program.terms))
        for label in ("input", *self.weighted):
            row += [program.output.get((label, False), 0), program.output.get((label, True), 0)]
        for label in self.weighted:
            row += [program.reads.get((label, what), 0) for what in ("input", "linear", "weighted")]
        found: Counter[Composition] = Counter()
        for composition, times in program.paths.items():
            found[self.kept(composition)] += times
        return [*row, *(float(found[composition]) for composition in self.compositions)]


class ProgramFeatures(Encoding):
    """Counts of operations, paths and readers in the canonical program of an architecture's cells."""

    def feature_names(self, space: Space) -> tuple[str, ...]:
        """``count(operation)``, ``fewest(operation)`` on a path, ``path(operation*times ...)`` and the like."""
        return tuple(_columns(space).names())

    def compute(self, space: Space, architectures: Sequence[Architecture]) -> np.ndarray:
        """Array of counts and means, the same for architectures that compute the same."""
        columns = _columns(space)
        rows = [columns.row(read_program(space.dataflow(architecture))) for architecture in architectures]
        return np.array(rows, dtype=np.float64).reshape(len(rows), len(columns.names()))


def _columns(space: Space) -> _Columns:
    if space not in _COLUMNS:
        _COLUMNS[space] = _Columns([read_program(space.dataflow(a)) for a in survey(space).architectures])
    return _COLUMNS[space]


def _written(composition: Composition) -> str:
    return " ".join(f"{label}*{count}" for label, count in composition) or "nothing"
