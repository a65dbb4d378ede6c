"""Every one-shot searcher keeps the promise of ``searchers/weight_sharing/searcher.py``, on a tiny data set."""

from __future__ import annotations

import inspect
import json
from dataclasses import replace

import numpy as np
import pytest

import nasbench
from datasets.dataset import Dataset, Split
from nasbench.registry import ONESHOT
from nasbench.training.recipe import Recipe

torch = pytest.importorskip("torch", reason="supernets need torch")

from searchers.weight_sharing.checkpoint import restore, snapshot  # noqa: E402
from searchers.weight_sharing.epochs import run_epoch  # noqa: E402
from searchers.weight_sharing.halves import Halves  # noqa: E402
from searchers.weight_sharing.history import CLOCKS, History, entropy, read_npz, write_npz  # noqa: E402
from searchers.weight_sharing.shared import Problem  # noqa: E402

NB201 = nasbench.load_space("nas_bench_201")
RECIPE = Recipe(
    dataset="digits", epochs=2, batch_size=16, learning_rate=0.1, schedule="cosine", warmup=0.0, label_smoothing=0.0,
    channels=4, cells=1, train_images=48, validation_images=48, flip=True, crop_padding=1,
)  # fmt: skip
DATA: Dataset = nasbench.load_dataset("digits", **RECIPE.data_options())
CPU = torch.device("cpu")
FEWER = {"candidates": 4}
"""Settings under which searchers take less time."""

pytestmark = pytest.mark.parametrize("name", ONESHOT.names())


class Sealed(Dataset):
    """A data set whose test split cannot be looked at."""

    def __getattribute__(self, name: str):
        assert name not in ("test", "splits"), "the test split was read"
        return super().__getattribute__(name)


def halves() -> Halves:
    return Halves.of(Sealed(DATA.card, DATA.train, DATA.validation, DATA.test), CPU)


def problem(recipe: Recipe = RECIPE) -> Problem:
    return Problem(NB201.mixed_cells(), recipe.skeleton(DATA.card.shape, 10), recipe, CPU)


def make(name: str, seed: int = 0, recipe: Recipe = RECIPE):
    kind = ONESHOT.load(name)
    return kind(problem(recipe), seed, **{key: value for key, value in FEWER.items() if key in kind.defaults()})


def run(searcher, history: History, epochs: int, seed: int = 0) -> History:
    for _ in range(epochs):
        run_epoch(searcher, halves(), history, seed, 48, lambda steps: None)
    return history


def same(first, second) -> None:
    """Checks that two (searcher, history) agree to the bit, clocks aside."""
    mine, theirs = first[1].arrays(), second[1].arrays()
    for array in mine.keys() - set(CLOCKS):
        np.testing.assert_array_equal(mine[array], theirs[array], err_msg=array)
    (arrays, meta), (others, told) = snapshot(first[0]), snapshot(second[0])
    assert arrays.keys() == others.keys()
    for array, values in arrays.items():
        np.testing.assert_array_equal(values, others[array], err_msg=array)
    assert json.dumps(meta) == json.dumps(told)


def test_same_seed_same_search_another_another(name: str) -> None:
    first, second, other = (
        (searcher, run(searcher, History(), 2, seed)) for seed in (5, 5, 6) for searcher in [make(name, seed)]
    )
    same(first, second)
    assert first[1].epochs["train_loss"] != other[1].epochs["train_loss"]


def test_resumed_search_is_the_uninterrupted_one(name: str, tmp_path) -> None:
    whole = make(name)
    all_at_once = run(whole, History(), 2)
    before = make(name)
    history = run(before, History(), 1)
    arrays, meta = snapshot(before)
    write_npz(tmp_path / "checkpoint.npz", {**arrays, **history.arrays()}, meta)
    run(before, history, 1)  # what happens later does not reach the snapshot
    arrays, meta = read_npz(tmp_path / "checkpoint.npz")
    later = make(name)
    restore(later, arrays, meta)
    later.shared.progress = 0.5
    same((whole, all_at_once), (later, run(later, History.of(arrays), 1)))


def test_the_architecture_is_in_the_space_and_numbers_are_in_their_range(name: str) -> None:
    searcher = make(name, 1)
    arrays = run(searcher, History(), 2).arrays()
    assert all(NB201.architecture(choices) in NB201 for choices in arrays["choices"].tolist())
    strengths = arrays["strengths"]
    assert strengths.shape == (2, 1, 6, 5) and (strengths >= 0).all()
    assert (strengths.sum(-1) < 1 + 1e-6).all()
    assert np.isfinite(strengths).all() and np.isfinite(arrays["train_loss"]).all()
    assert ((arrays["entropy"] > 0) & (arrays["entropy"] <= np.log(5) + 1e-9)).all()
    assert arrays["skips"].tolist() == [[choices.count(1)] for choices in arrays["choices"].tolist()]
    for accuracy in (arrays["train_accuracy"], arrays["val_accuracy"]):
        assert ((accuracy >= 0) & (accuracy <= 100)).all()
    assert (arrays["seconds"] > 0).all()


@pytest.mark.slow
def test_the_shared_weights_learn(name: str) -> None:
    searcher = make(name, recipe=replace(RECIPE, epochs=12, batch_size=8, flip=False, crop_padding=0))
    losses = run(searcher, History(), 12).epochs["train_loss"]
    assert np.mean(losses[-3:]) < losses[0] - 0.05


def test_global_chance_is_left_alone(name: str) -> None:
    numbers, torches = np.random.get_state()[1].tolist(), torch.get_rng_state()  # noqa: NPY002
    run(make(name), History(), 1)
    assert np.random.get_state()[1].tolist() == numbers  # noqa: NPY002
    assert torch.equal(torch.get_rng_state(), torches)


def test_test_images_do_not_matter(name: str) -> None:
    """Nothing reads them (:class:`Sealed`), and nothing would change if they were others."""
    other = Split(DATA.test.images[::-1] ^ 255, DATA.test.labels)
    for half, mine in zip(("train", "validation"), (halves().train, halves().validation), strict=True):
        changed = Halves.of(Dataset(DATA.card, DATA.train, DATA.validation, other), CPU)
        assert torch.equal(getattr(changed, half).images, mine.images)


def test_parameters_are_attributes_and_arguments(name: str) -> None:
    kind = ONESHOT.load(name)
    assert list(inspect.signature(kind.__init__).parameters)[:3] == ["self", "problem", "seed"]
    assert all(isinstance(value, bool | int | float | str) for value in kind.defaults().values())
    assert kind(problem(), 0).parameters() == kind.defaults()


def test_a_snapshot_of_another_search_is_refused(name: str) -> None:
    arrays, meta = snapshot(make(name, recipe=replace(RECIPE, channels=8)))
    with pytest.raises(ValueError, match="of another search"):
        restore(make(name), arrays, meta)


@pytest.mark.slow
def test_it_searches_two_kinds_of_cells(name: str) -> None:
    """A step and a choice in the space of DARTS, reductions of stride two and all."""
    kind, space = ONESHOT.load(name), nasbench.load_space("darts")
    recipe = replace(RECIPE, cells=3, batch_size=4)
    few = {key: value for key, value in FEWER.items() if key in kind.defaults()}
    searcher = kind(Problem(space.mixed_cells(), recipe.skeleton(DATA.card.shape, 10), recipe, CPU), 0, **few)
    searcher.shared.progress = 0.5
    train, validation = next(halves().batches(recipe, 0))
    before = [weight.detach().clone() for weight in searcher.shared.weights]
    searcher.learn(train, validation)
    loss, _ = searcher.shared.descend(train, searcher.mixture())
    assert torch.isfinite(loss)
    assert any(not torch.equal(now, then) for now, then in zip(searcher.shared.weights, before, strict=True))
    architecture = searcher.choose(lambda cells: searcher.shared.judge(cells, validation)[:, 1])
    assert architecture in space
    assert space.parse(space.format(architecture)) == architecture
    assert searcher.cells.skips(architecture).shape == (2,)
    assert 0 <= entropy(searcher.strengths()) <= np.log(8) + 1e-9
