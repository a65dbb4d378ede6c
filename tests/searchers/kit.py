"""What tests of searchers share: a tiny space, an evaluator made of a formula, small tables."""

from __future__ import annotations

import gc
import hashlib
import inspect
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

import nasbench
from nasbench.database.rows import Header, Row
from nasbench.database.writer import TableWriter
from nasbench.graph import Dag, Dataflow
from nasbench.plan import Plan, PlanWriter, Skeleton
from nasbench.space import Architecture, Space
from searchers.clock import Budget, ClockKind
from searchers.evaluator import Evaluation, Evaluator
from searchers.measure import Measure
from searchers.run import Run
from searchers.searcher import make_searcher
from searchers.trace import Trace

COUNTED = ClockKind("recorded", "made up")


class Necklaces(Space):
    """Four beads of three colours; equal first and last beads are invalid; a class is a multiset of colours."""

    name = "necklaces"
    options = (3, 3, 3, 3)

    def is_valid(self, choices: Sequence[int]) -> bool:
        return choices[0] != choices[-1]

    def neighbors(self, architecture: Architecture) -> list[Architecture]:
        return Space.neighbors(self, architecture)

    def count(self) -> int:
        return 54

    def plan(self, architecture: Architecture, skeleton: Skeleton) -> Plan:
        write = PlanWriter(skeleton.input_shape)
        write.add("classifier", "linear", 0, features=skeleton.classes)
        return write.plan()

    def dataflow(self, architecture: Architecture) -> Dataflow:
        flow = Dataflow()
        x = flow.input()
        for choice in sorted(architecture.choices):
            x = flow.weighted(f"bead{choice}", x)
        return flow.set_outputs(x)

    def graphs(self, architecture: Architecture) -> tuple[Dag, ...]:
        labels = ("input", *map(str, architecture.choices), "output")
        return (Dag(labels, tuple((i, i + 1) for i in range(len(labels) - 1))),)


def made_up_score(architecture: Architecture) -> float:
    """A number between 0 and 100 that depends on every choice, smooth in none."""
    digest = hashlib.sha256(str(architecture).encode()).digest()
    return int.from_bytes(digest[:4], "little") / 2**32 * 100


class Formula(Evaluator):
    """Scores by a function of the architecture, None for a failure; a class costs the length of its hash's digits."""

    def __init__(
        self,
        space: Space,
        score: Callable[[Architecture], float | None] = made_up_score,
        clock: ClockKind = COUNTED,
        measure: str = "val_accuracy@12",
    ) -> None:
        super().__init__("formula", space, Measure.parse(measure), clock)
        self.score = score
        self.asked: list[Architecture] = []

    @classmethod
    def open(cls, name: str, path: Path, select: Measure | None) -> Formula:
        raise AssertionError("made by tests only")

    def find(self, architecture: Architecture) -> Evaluation:
        self.asked.append(architecture)
        class_hash = self.class_hash(architecture)
        return Evaluation(self.score(architecture), int(class_hash[:2], 16) / 7, "formula", class_hash)


class Curved(Formula):
    """The formula's score after 12 epochs, and less before, by an amount of each architecture's own: ranks move.

    It is known after the epochs given, of which the last must be 12.
    """

    def __init__(
        self,
        space: Space,
        score: Callable[[Architecture], float | None] = made_up_score,
        epochs: Sequence[int] = tuple(range(1, 13)),
    ) -> None:
        super().__init__(space, score)
        self.epochs = tuple(epochs)

    def find_after(self, architecture: Architecture, epochs: int) -> Evaluation:
        whole = self.find(architecture)
        still_to_come = (1 - epochs / 12) * (10 + made_up_score(architecture) * 7 % 20)
        return whole._replace(score=None if whole.score is None else whole.score - still_to_come)


def third_fails(architecture: Architecture) -> float | None:
    """The made-up score; a third of all architectures has none."""
    return None if sum(architecture.choices) % 3 == 0 else made_up_score(architecture)


def make_run(name: str, space: Space, seed: int = 0, score: Callable = made_up_score, **parameters: object) -> Run:
    """A run at its beginning, scored by a formula."""
    return Run(make_searcher(name, space, seed, **parameters), Formula(space, score))


def make_curved_run(name: str, space: Space, seed: int = 0, score: Callable = made_up_score, **more: object) -> Run:
    """A run at its beginning, on a formula that knows scores after each of 12 epochs, or those of ``epochs``."""
    epochs = more.pop("epochs", tuple(range(1, 13)))
    return Run(make_searcher(name, space, seed, **more), Curved(space, score, epochs))  # type: ignore[arg-type]


def finished(run: Run, queries: int) -> Trace:
    """The trace of a run after so many queries, as it would come back from a file."""
    run.go(Budget(queries))
    trace = run.trace()
    return Trace(**{**vars(trace), "meta": json.loads(json.dumps(trace.meta, allow_nan=False))})


def build_table(
    path: Path,
    architectures: Iterable[Architecture],
    *,
    schedules: Sequence[int] = (2,),
    seeds: Sequence[int] = (0,),
    failed: Iterable[Architecture] = (),
    timed: bool = True,
    train_images: int = 0,
    space_name: str = "nas_bench_201",
) -> Path:
    """A table whose numbers follow from architecture, seed and schedule: see :func:`val` and :func:`test`."""
    space = nasbench.load_space(space_name)
    card = {"sha256": "0" * 64, "counts": {"train": train_images}} if train_images else {}
    broken = set(failed)
    with TableWriter(path, Header(space.name, data_card=card)) as writer:
        for architecture in architectures:
            class_hash = space.canonical_hash(architecture)
            for schedule in schedules:
                for seed in seeds:
                    writer.commit(_row(architecture, class_hash, schedule, seed, architecture in broken, timed))
    return path


def _row(architecture: Architecture, class_hash: str, schedule: int, seed: int, broken: bool, timed: bool) -> Row:
    seconds = {"seconds": [1.0 + architecture.choices[0]] * schedule} if timed else {}
    if broken:
        spent = {"seconds": [1.5]} if timed else {}
        return Row(architecture.choices, class_hash, seed, schedule, "failed", "it diverged", spent)
    curve = [val(architecture, seed, epoch) for epoch in range(1, schedule + 1)]
    loss = [100 - value for value in curve]
    return Row(
        architecture.choices,
        class_hash,
        seed,
        schedule,
        "done",
        curves={"val_accuracy": curve, "val_loss": loss, **seconds},
        finals={"test_accuracy": test(architecture, seed, schedule)},
    )


def val(architecture: Architecture, seed: int, epoch: int) -> float:
    """Validation accuracy in the tables of :func:`build_table`."""
    return made_up_score(architecture) / 2 + seed + epoch


def test(architecture: Architecture, seed: int, schedule: int) -> float:
    """Test accuracy in the tables of :func:`build_table`: another order than the validation accuracy's."""
    return 90 - made_up_score(architecture) / 3 + seed / 7 + schedule / 11


def sample(count: int, seed: int = 0) -> list[Architecture]:
    """Distinct cells of NAS-Bench-201."""
    space = nasbench.load_space("nas_bench_201")
    places = np.random.default_rng(seed).permutation(space.count())[:count]
    return [space.from_index(int(place)) for place in places]


def reachable(root: object) -> list[object]:
    """Everything that can be come by from an object through attributes, containers and closures, code aside."""
    seen: dict[int, object] = {}
    stack: list[object] = [root]
    while stack:
        thing = stack.pop()
        if id(thing) in seen or inspect.ismodule(thing) or inspect.isclass(thing):
            continue
        seen[id(thing)] = thing
        if inspect.isfunction(thing):
            stack += [cell.cell_contents for cell in thing.__closure__ or ()]
        else:
            stack += gc.get_referents(thing)
    return list(seen.values())


test.__test__ = False  # type: ignore[attr-defined]
