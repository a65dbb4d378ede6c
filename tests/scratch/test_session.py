"""A training from scratch: auxiliary loss, drop path, clipping, state, and its equality with a table's row."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs torch")

from torch.nn import functional  # noqa: E402

from nasbench.scratch.session import ScratchTraining, judge  # noqa: E402
from nasbench.scratch.weights import load_tensors, save_tensors  # noqa: E402
from nasbench.training.loop import evaluate  # noqa: E402
from tests.scratch.training_folders import ARCHITECTURE, RECIPE, SPACE, make_images, make_training, with_base  # noqa: E402


@pytest.fixture(scope="module")
def images():
    return make_images()[0]


def weights(training) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in training.network.state_dict().items()}


def equal(first: dict, second: dict) -> bool:
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def batch(images) -> tuple[torch.Tensor, torch.Tensor]:
    return images.train[0][:32], images.train[1][:32]


def test_the_auxiliary_loss_is_weighted_and_moves_its_classifier(images) -> None:
    training = make_training(images=images)
    training.network.train()
    logits, loss = training.objective(training.network, *batch(images), RECIPE.base)
    loss.backward()
    head = training.network.step("auxiliary")
    gradient = torch.cat([weight.grad.flatten() for weight in head.parameters()])
    assert float(gradient.norm()) > 0
    x, y = batch(images)
    twin = make_training(images=images)
    twin.network.train()
    both = twin.network.forward_both(x)
    wanted = functional.cross_entropy(both[0], y) + 0.4 * functional.cross_entropy(both[1], y)
    assert torch.equal(loss, wanted) and torch.equal(logits, both[0])


def test_drop_path_is_set_each_epoch_and_draws_from_its_own_coins(images) -> None:
    training = make_training(images=images)
    before = training.coins.get_state()
    training.run_epoch()
    assert torch.equal(training.coins.get_state(), before), "no coin is tossed in the first epoch"
    training.run_epoch()
    assert not torch.equal(training.coins.get_state(), before)
    training.run_epoch()
    assert training.history.column("drop_path").tolist() == [0.0, pytest.approx(0.1), pytest.approx(0.2)]
    undropped = make_training(dataclasses.replace(RECIPE, drop_path=0.0), images)
    for _ in range(3):
        undropped.run_epoch()
    losses = [each.history.column("train_loss") for each in (training, undropped)]
    assert losses[0][0] == losses[1][0] and (losses[0][1:] != losses[1][1:]).all()


def test_the_gradient_is_clipped(images) -> None:
    """With a clip of c and no momentum, each step is no longer than learning rate times c."""
    one = dataclasses.replace(
        with_base(momentum=0.0, weight_decay=0.0, batch_size=160, epochs=1), gradient_clip=0.01, drop_path=0.0
    )
    moved = {}
    for clip in (0.01, 0.0):
        training = make_training(dataclasses.replace(one, gradient_clip=clip), images)
        before = [weight.detach().clone() for weight in training.network.parameters()]
        training.run_epoch()
        pairs = zip(training.network.parameters(), before, strict=True)
        moved[clip] = float(torch.sqrt(sum(((new.detach() - old) ** 2).sum() for new, old in pairs)))
    assert moved[0.01] == pytest.approx(0.05 * 0.01, rel=1e-3)
    assert moved[0.0] > 10 * moved[0.01]


def test_a_state_written_and_taken_back_goes_on_to_the_bit(images, tmp_path) -> None:
    straight = make_training(images=images)
    for _ in range(2):
        straight.run_epoch()
    save_tensors(tmp_path / "state.pt", straight.state())
    straight.run_epoch()
    resumed = make_training(images=images)
    resumed.restore(load_tensors(tmp_path / "state.pt"), tmp_path / "state.pt")
    resumed.run_epoch()
    assert equal(weights(straight), weights(resumed))
    assert torch.equal(straight.order.get_state(), resumed.order.get_state())
    assert torch.equal(straight.coins.get_state(), resumed.coins.get_state())
    assert (straight.history.array()[:, :-1] == resumed.history.array()[:, :-1]).all()


@pytest.mark.parametrize("lost", ["optimizer", "order", "coins"])
def test_each_part_of_the_state_is_needed(images, tmp_path, lost: str) -> None:
    straight, resumed = make_training(images=images), make_training(images=images)
    straight.run_epoch()
    straight.run_epoch()
    state = {**straight.state(), lost: resumed.state()[lost]}
    save_tensors(tmp_path / "state.pt", state)
    straight.run_epoch()
    resumed.restore(load_tensors(tmp_path / "state.pt"), tmp_path / "state.pt")
    resumed.run_epoch()
    assert not equal(weights(straight), weights(resumed))


def test_without_what_tables_leave_out_a_row_is_trained(images) -> None:
    """The same loop as a table's, to the bit: representative, seeds, curves, test accuracy."""
    import nasbench
    from nasbench.generator.selection import Job, Task
    from nasbench.generator.worker import RowWorker

    recipe = with_base(dataclasses.replace(RECIPE, drop_path=0, auxiliary_weight=0, gradient_clip=0), epochs=2)
    card = nasbench.load_dataset("digits", **recipe.base.data_options()).card
    worker = RowWorker(Task("darts", recipe.base, None, card.sha256, "cpu"))
    representative = SPACE.canonical(ARCHITECTURE)
    class_hash = SPACE.canonical_hash(representative)
    row = worker.train_row(Job(representative, class_hash, 1))
    plan = SPACE.plan(representative, recipe.skeleton(card.shape, 10))
    training = ScratchTraining(plan, class_hash, 1, images, recipe)
    training.run_epoch()
    training.run_epoch()
    for name in ("train_loss", "train_accuracy", "val_loss", "val_accuracy"):
        assert training.history.column(name).tolist() == list(row.curves[name])
    assert judge(training.network, images.test, recipe.base, 10).accuracy == row.finals["test_accuracy"]


def test_confusion_against_a_count_by_hand(images) -> None:
    training = make_training(images=images)
    training.run_epoch()
    found = judge(training.network, images.validation, RECIPE.base, 10)
    with torch.no_grad():
        guesses = training.network.eval()(images.validation[0]).argmax(1).tolist()
    by_hand = np.zeros((10, 10), dtype=np.int64)
    for true, guess in zip(images.validation[1].tolist(), guesses, strict=True):
        by_hand[true, guess] += 1
    assert (found.confusion == by_hand).all()
    loss, accuracy = evaluate(training.network, images.validation, RECIPE.base)
    assert (found.loss, found.accuracy) == (loss, pytest.approx(accuracy))
    assert training.history.column("val_accuracy")[-1] == accuracy


def test_bfloat16_trains_the_auxiliary_classifier_too(images) -> None:
    training = make_training(with_base(precision="bfloat16"), images)
    head = training.network.step("auxiliary")
    before = [weight.detach().clone() for weight in head.parameters()]
    training.run_epoch()
    assert all(not torch.equal(new, old) for new, old in zip(head.parameters(), before, strict=True))


def test_what_cannot_be_trained_is_refused(images) -> None:
    from nasbench import load_space

    plain = load_space("nas_bench_201")
    architecture = plain.from_index(1234)
    recipe = dataclasses.replace(RECIPE, auxiliary_weight=0)
    plan = plain.plan(architecture, recipe.skeleton((1, 8, 8), 10))
    with pytest.raises(ValueError, match="no edge that drop path could drop: give --drop-path 0"):
        ScratchTraining(plan, "0" * 32, 0, images, recipe)
    with pytest.raises(ValueError, match="no auxiliary classifier"):
        plain.plan(architecture, RECIPE.skeleton((1, 8, 8), 10))
    wild = make_training(with_base(learning_rate=1e30), images)
    with pytest.raises(ValueError, match=r"loss is \S+ in epoch 1: choose a smaller --learning-rate"):
        wild.run_epoch()
    with pytest.raises(ValueError, match="not a checkpoint, it lacks"):
        wild.restore({"network": {}}, images)
