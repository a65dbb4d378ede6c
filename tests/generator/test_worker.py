"""One row: decided by class and seed alone, failed in words, never trained on other images than the table's."""

from __future__ import annotations

import dataclasses
import math

import pytest

import nasbench
from nasbench import load_space
from nasbench.database.rows import Row
from nasbench.generator.selection import Job, Task, jobs, sample_classes
from nasbench.training.recipe import Recipe

torch = pytest.importorskip("torch", reason="training needs torch")

from nasbench.generator import worker as module  # noqa: E402
from nasbench.generator.worker import RowWorker, keep_freed_memory, row_seeds  # noqa: E402

SPACE = load_space("nas_bench_201")
RECIPE = Recipe(dataset="arrays", epochs=2, channels=3, batch_size=16, learning_rate=0.2)


@pytest.fixture(scope="module")
def task(images) -> Task:
    card = nasbench.load_dataset("arrays", root=images, **RECIPE.data_options()).card
    return Task("nas_bench_201", RECIPE, images, card.sha256, "cpu")


@pytest.fixture(scope="module")
def work() -> list[Job]:
    return list(jobs(SPACE, sample_classes(SPACE, 2, 0), 2))


def numbers(row: Row) -> tuple:
    """All but the clock."""
    curves = {name: values for name, values in row.curves.items() if name != "seconds"}
    return row.cell, row.status, row.reason, curves, row.finals


# -- seeds --------------------------------------------------------------------------------------------------------


def test_seeds_of_a_row_differ_between_classes_and_indices() -> None:
    hashes = [f"{place:032x}" for place in range(50)]
    found = [seed for class_hash in hashes for index in range(20) for seed in row_seeds(class_hash, index)]
    assert len(set(found)) == len(found)
    assert all(0 <= seed < 2**56 for seed in found)


def test_seeds_of_a_row_are_these_for_ever() -> None:
    """Or tables could not be extended."""
    assert row_seeds("0" * 32, 0) == (52911839831848827, 43412403165093723)


# -- rows -----------------------------------------------------------------------------------------------------------


def test_a_row_is_whole_and_depends_on_its_job_alone(task, work) -> None:
    """Not on what the worker trained before."""
    worker = RowWorker(task)
    forward = {job: worker.train_row(job) for job in work}
    backward = {job: RowWorker(task).train_row(job) for job in work[::-1]}
    for job, row in forward.items():
        assert numbers(row) == numbers(backward[job])
        assert (row.choices, row.class_hash, row.seed) == (job.architecture.choices, job.class_hash, job.seed)
        assert (row.schedule, row.status, row.reason) == (2, "done", "")
        assert {name: len(values) for name, values in row.curves.items()} == dict.fromkeys(
            ("train_loss", "train_accuracy", "val_loss", "val_accuracy", "seconds"), 2
        )
        assert set(row.finals) == {"test_loss", "test_accuracy"}
        assert all(0 <= row.curves[name][-1] <= 100 for name in ("train_accuracy", "val_accuracy"))
    assert len({row.curves["train_loss"] for row in forward.values()}) == len(work)


def test_other_images_are_refused(task) -> None:
    with pytest.raises(
        ValueError, match=r"images of arrays are not those the table was built with.* the table's is bad"
    ):
        RowWorker(dataclasses.replace(task, data_sha256="bad" + 61 * "0"))


def test_global_random_state_is_left_alone(task, work) -> None:
    before = torch.get_rng_state()
    RowWorker(task).train_row(work[0])
    assert torch.equal(torch.get_rng_state(), before)


# -- failures -------------------------------------------------------------------------------------------------------


def test_a_training_that_diverges_is_a_failed_row(task, work) -> None:
    wild = dataclasses.replace(task, recipe=dataclasses.replace(RECIPE, learning_rate=1e6, epochs=3))
    row = RowWorker(wild).train_row(work[0])
    assert row.status == "failed"
    assert " loss is nan in epoch " in row.reason
    assert not row.finals
    assert all(len(values) < 3 for values in row.curves.values())


def test_a_test_loss_that_is_not_finite_is_a_failed_row_with_its_epochs(task, work) -> None:
    worker = RowWorker(task)
    spoilt = worker.images.test[0] * math.inf, worker.images.test[1]
    worker.images = dataclasses.replace(worker.images, test=spoilt)
    row = worker.train_row(work[0])
    assert (row.status, row.reason) == ("failed", "test loss is nan after epoch 2")
    assert len(row.curves["val_accuracy"]) == 2


def ask_torch_for_too_much(plan, seed):
    return torch.empty(1 << 60, dtype=torch.uint8)


def fail_as_python_does(plan, seed):
    raise MemoryError


def fail_as_cuda_does(plan, seed):
    raise torch.cuda.OutOfMemoryError("CUDA out of memory")


@pytest.mark.parametrize("build", [ask_torch_for_too_much, fail_as_python_does, fail_as_cuda_does])
def test_memory_that_runs_out_is_a_failed_row(task, work, monkeypatch, build) -> None:
    monkeypatch.setattr(module, "build_network", build)
    row = RowWorker(task).train_row(work[0])
    assert (row.status, row.reason) == ("failed", "out of memory on cpu")


def test_other_errors_are_no_failed_trainings(task, work, monkeypatch) -> None:
    def build(plan, seed):
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(module, "build_network", build)
    with pytest.raises(RuntimeError, match="a mistake of ours"):
        RowWorker(task).train_row(work[0])


def test_keeping_freed_memory_can_be_asked_for_twice() -> None:
    keep_freed_memory()
    keep_freed_memory()
