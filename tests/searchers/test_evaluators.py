"""Evaluators: where a score comes from, what it costs, what is refused."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

import nasbench
from nasbench.database.rows import Row
from nasbench.space import Architecture
from nasbench.table import Table
from searchers.evaluators.class_means import ClassMeansEvaluator
from searchers.evaluators.surrogate import SurrogateEvaluator
from searchers.evaluators.table import TableEvaluator
from searchers.evaluators.training import TrainingEvaluator
from searchers.measure import Measure
from tests.searchers import kit

NB201 = nasbench.load_space("nas_bench_201")
CELLS = kit.sample(12)


def member_of_class_of(architecture: Architecture, others: list[Architecture]) -> Architecture:
    """Another member of the class, without a row of its own."""
    return next(a for a in NB201.classes[NB201.canonical_hash(architecture)] if a not in others)


def cell_with_twins() -> Architecture:
    return next(a for a in kit.sample(200, 1) if len(NB201.classes[NB201.canonical_hash(a)]) > 1)


# -- table --------------------------------------------------------------------------------------------------------


def test_table_answers_with_mean_over_seeds_and_recorded_seconds(tmp_path: Path) -> None:
    path = kit.build_table(tmp_path / "t.h5", CELLS, schedules=(2, 5), seeds=(0, 1))
    evaluator = TableEvaluator.open("table", path, None)
    assert evaluator.measure == Measure("val_accuracy", 5)
    assert evaluator.clock.kind == "recorded"
    for cell in CELLS:
        found = evaluator.evaluate(cell)
        assert found.score == pytest.approx((kit.val(cell, 0, 5) + kit.val(cell, 1, 5)) / 2)
        assert found.seconds == pytest.approx(5 * (1.0 + cell.choices[0]))
        assert (found.source, found.class_hash) == ("row", NB201.canonical_hash(cell))


def test_table_takes_schedule_and_seed(tmp_path: Path) -> None:
    path = kit.build_table(tmp_path / "t.h5", CELLS, schedules=(2, 5), seeds=(0, 1))
    evaluator = TableEvaluator.open("table", path, Measure.parse("val_accuracy@2#1"))
    assert evaluator.evaluate(CELLS[0]).score == kit.val(CELLS[0], 1, 2)
    assert evaluator.evaluate(CELLS[0]).seconds == pytest.approx(2 * (1.0 + CELLS[0].choices[0]))
    for wrong in ("val_accuracy@3", "val_accuracy@2#7", "train_loss@2"):
        with pytest.raises(LookupError):
            TableEvaluator.open("table", path, Measure.parse(wrong))


def test_class_means_answer_for_every_member_alike(tmp_path: Path) -> None:
    cell = cell_with_twins()
    members = NB201.classes[NB201.canonical_hash(cell)][:3]
    alone = next(other for other in CELLS if other not in members)
    path = kit.build_table(tmp_path / "t.h5", [*members[:2], alone], schedules=(2,), seeds=(0, 1))
    evaluator = ClassMeansEvaluator.open("means", path, None)
    expected = sum(kit.val(member, seed, 2) for member in members[:2] for seed in (0, 1)) / 4
    for member in members:  # the last has no row
        found = evaluator.evaluate(member)
        assert found.score == pytest.approx(expected) and found.source == "class"
    after_one = sum(kit.val(member, seed, 1) for member in members[:2] for seed in (0, 1)) / 4
    assert evaluator.evaluate(members[0], 1).score == pytest.approx(after_one)
    assert evaluator.evaluate(alone).score == TableEvaluator.open("table", path, None).evaluate(alone).score
    assert evaluator.fixed and evaluator.description()["answers"] == "mean over the rows of a class"


def test_a_loss_is_negated(tmp_path: Path) -> None:
    path = kit.build_table(tmp_path / "t.h5", CELLS)
    evaluator = TableEvaluator.open("table", path, Measure.parse("val_loss"))
    assert evaluator.evaluate(CELLS[0]).score == -(100 - kit.val(CELLS[0], 0, 2))


def test_table_answers_for_a_class_and_says_so(tmp_path: Path) -> None:
    cell = cell_with_twins()
    path = kit.build_table(tmp_path / "t.h5", [cell])
    evaluator = TableEvaluator.open("table", path, None)
    twin = member_of_class_of(cell, [cell])
    found = evaluator.evaluate(twin)
    assert (found.score, found.source) == (kit.val(cell, 0, 2), "class")
    assert found.class_hash == evaluator.evaluate(cell).class_hash


def test_absent_and_failed_architectures_have_no_score_and_a_reason(tmp_path: Path) -> None:
    path = kit.build_table(tmp_path / "t.h5", CELLS, failed=CELLS[:1])
    evaluator = TableEvaluator.open("table", path, None)
    failed = evaluator.evaluate(CELLS[0])
    assert (failed.score, failed.source) == (None, "failed")
    assert "it diverged" in failed.reason
    assert failed.seconds == 1.5, "a failed training took its time"
    present = {NB201.canonical_hash(cell) for cell in CELLS}
    absent = evaluator.evaluate(next(a for a in NB201 if NB201.canonical_hash(a) not in present))
    assert absent.score is None
    assert math.isnan(absent.seconds)
    assert "is not known" in absent.reason


def test_test_metrics_are_refused(tmp_path: Path) -> None:
    path = kit.build_table(tmp_path / "t.h5", CELLS)
    with pytest.raises(ValueError, match="test"):
        TableEvaluator.open("table", path, Measure.parse("test_accuracy"))
    evaluator = TableEvaluator.open("table", path, None)
    evaluator.evaluate(CELLS[0])
    seen = kit.reachable(evaluator)
    assert not [thing for thing in seen if isinstance(thing, Table)]
    tests = {kit.test(cell, 0, 2) for cell in CELLS}
    assert not tests & {thing for thing in seen if isinstance(thing, float)}
    with pytest.raises(ValueError, match="for the report only"):
        kit.Formula(NB201, measure="test_loss@12")


def test_flops_of_trainings_are_estimated_and_said_to_be(tmp_path: Path) -> None:
    from nasbench.database.writer import TableWriter

    path = kit.build_table(tmp_path / "t.h5", CELLS, timed=False)
    assert TableEvaluator.open("table", path, None, train_images=500).flops_clock.kind == "none", "no FLOPs are known"
    with TableWriter(path) as writer:
        writer.set_costs("flops", {cell.choices: 1e6 * (1 + sum(cell.choices)) for cell in CELLS})
    without = TableEvaluator.open("table", path, None)
    assert without.flops_clock.kind == "none", "images are not known"
    assert "flops_clock" not in without.description()
    evaluator = TableEvaluator.open("table", path, None, train_images=500)
    assert evaluator.clock.kind == "none", "no seconds are made from FLOPs"
    assert evaluator.flops_clock.kind == "estimated"
    assert "500 training images" in evaluator.description()["flops_clock"]["how"]
    for cell in CELLS:
        evaluation = evaluator.evaluate(cell)
        assert evaluation.flops == 1e6 * (1 + sum(cell.choices)) * 2 * 500
        assert math.isnan(evaluation.seconds)


def test_a_class_costs_the_flops_of_its_cheapest_row(tmp_path: Path) -> None:
    from nasbench.database.writer import TableWriter

    by_class: dict[str, list[Architecture]] = {}
    for cell in kit.sample(600):
        by_class.setdefault(NB201.canonical_hash(cell), []).append(cell)
    members = max(by_class.values(), key=len)
    assert len(members) > 2
    path = kit.build_table(tmp_path / "t.h5", members, timed=False)
    with TableWriter(path) as writer:
        writer.set_costs("flops_built", {cell.choices: 5e6 + place for place, cell in enumerate(members[1:])})
    evaluator = TableEvaluator.open("table", path, None, train_images=10)
    assert {evaluator.evaluate(cell).flops for cell in members} == {5e6 * 2 * 10}


def test_images_are_read_from_the_data_card(tmp_path: Path) -> None:
    from nasbench.database.writer import TableWriter

    path = kit.build_table(tmp_path / "t.h5", CELLS, timed=False, train_images=77)
    with TableWriter(path) as writer:
        writer.set_costs("flops_built", {cell.choices: 2e6 for cell in CELLS})
    assert "77 training images" in TableEvaluator.open("table", path, None).flops_clock.how


def test_each_architecture_is_looked_for_once() -> None:
    evaluator = kit.Formula(NB201)
    first = evaluator.evaluate(CELLS[0])
    assert evaluator.evaluate(CELLS[0]) is first
    assert evaluator.asked == [CELLS[0]]


def test_a_score_that_is_no_number_is_a_failure() -> None:
    for value in (math.nan, math.inf):
        found = kit.Formula(NB201, lambda architecture, value=value: value).evaluate(CELLS[0])
        assert (found.score, found.source) == (None, "failed")
        assert str(value) in found.reason


# -- surrogate ----------------------------------------------------------------------------------------------------


class MadeUpSurrogate:
    """Answers like ``predictors.surrogate.SurrogateBenchmark``."""

    space = NB201
    schedule = 12

    def __init__(self, metric: str = "val_accuracy", seconds: float = math.nan) -> None:
        self.metric, self._seconds = metric, seconds

    def query(self, architecture: Architecture, metric: str) -> float:
        assert metric == self.metric
        return kit.made_up_score(architecture)

    def seconds(self, architecture: Architecture) -> float:
        return self._seconds * (1 + architecture.choices[0])


def test_surrogate_answers_for_everything() -> None:
    evaluator = SurrogateEvaluator("surrogate", MadeUpSurrogate(seconds=2.0), None)
    assert str(evaluator.measure) == "val_accuracy@12"
    assert evaluator.clock.kind == "estimated"
    for cell in CELLS:
        assert evaluator.evaluate(cell)[:5] == (
            kit.made_up_score(cell), 2.0 * (1 + cell.choices[0]), "surrogate", NB201.canonical_hash(cell), ""
        )  # fmt: skip


def test_surrogate_without_seconds_has_no_clock() -> None:
    assert SurrogateEvaluator("surrogate", MadeUpSurrogate(), None).clock.kind == "none"


def test_surrogate_of_another_measure_is_refused() -> None:
    for select in ("val_accuracy@200", "val_loss", "train_accuracy"):
        with pytest.raises(ValueError, match=r"was fitted to val_accuracy@12.*fit one to"):
            SurrogateEvaluator("surrogate", MadeUpSurrogate(), Measure.parse(select))
    assert SurrogateEvaluator("s", MadeUpSurrogate(), Measure.parse("val_accuracy")).measure.schedule == 12


def test_surrogate_of_a_test_metric_is_refused() -> None:
    with pytest.raises(ValueError, match="for the report only"):
        SurrogateEvaluator("surrogate", MadeUpSurrogate("test_accuracy"), None)


# -- training -----------------------------------------------------------------------------------------------------


class MadeUpTrainer:
    """Answers like ``nasbench.generator.trainer.RowTrainer``, at once."""

    space = NB201
    device = "cpu"

    def __init__(self, failing: frozenset[Architecture] = frozenset()) -> None:
        self.failing = failing
        self.trained: list[tuple[Architecture, int]] = []
        self.closed = False

    def ensure(self, architecture: Architecture, seed: int = 0) -> Row:
        self.trained.append((architecture, seed))
        hashed = NB201.canonical_hash(architecture)
        if architecture in self.failing:
            return Row(architecture.choices, hashed, seed, 2, "failed", "loss is nan", {"seconds": [4.0]})
        curve = [kit.val(architecture, seed, epoch) for epoch in (1, 2)]
        return Row(
            architecture.choices, hashed, seed, 2, "done",
            curves={"val_accuracy": curve, "seconds": [1.5, 2.0]}, finals={"test_accuracy": 50.0},
        )  # fmt: skip

    def close(self) -> None:
        self.closed = True


def test_training_scores_by_the_mean_over_its_seeds_and_pays_for_all() -> None:
    trainer = MadeUpTrainer()
    with TrainingEvaluator("training", trainer, Measure("val_accuracy", 2), seeds=3) as evaluator:
        found = evaluator.evaluate(CELLS[0])
        assert found.score == pytest.approx(np.mean([kit.val(CELLS[0], seed, 2) for seed in range(3)]))
        assert (found.seconds, found.source) == (pytest.approx(3 * 3.5), "trained")
        evaluator.evaluate(CELLS[0])
        assert trainer.trained == [(CELLS[0], seed) for seed in range(3)]
    assert trainer.closed


def test_training_of_one_named_seed() -> None:
    evaluator = TrainingEvaluator("training", MadeUpTrainer(), Measure("val_accuracy", 2, seed=4))
    assert evaluator.evaluate(CELLS[0]).score == kit.val(CELLS[0], 4, 2)
    assert evaluator.description()["seeds"] == [4]


def test_a_failed_training_is_a_failure_that_took_its_time() -> None:
    evaluator = TrainingEvaluator("training", MadeUpTrainer(frozenset(CELLS[:1])), Measure("val_accuracy", 2))
    found = evaluator.evaluate(CELLS[0])
    assert (found.score, found.seconds, found.source, found.reason) == (None, 4.0, "failed", "loss is nan")


def test_training_refuses_what_it_does_not_record() -> None:
    with pytest.raises(LookupError, match="select one of val_accuracy, seconds"):
        TrainingEvaluator("training", MadeUpTrainer(), Measure("val_loss", 2)).evaluate(CELLS[0])
    with pytest.raises(ValueError, match="for the report only"):
        TrainingEvaluator("training", MadeUpTrainer(), Measure("test_accuracy", 2))
    with pytest.raises(ValueError, match="at least 1 training"):
        TrainingEvaluator("training", MadeUpTrainer(), Measure("val_accuracy", 2), seeds=0)
