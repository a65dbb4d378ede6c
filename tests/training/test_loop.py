"""The loop: against a plain one, to the bit with one seed, without the test split, and failing in words."""

from __future__ import annotations

import dataclasses
import math
import sys
from collections.abc import Iterator

import pytest

import nasbench
from nasbench import load_space
from nasbench.plan import Skeleton
from nasbench.training.recipe import Recipe

torch = pytest.importorskip("torch", reason="training needs torch")

from torch import nn  # noqa: E402
from torch.nn import functional  # noqa: E402

from datasets.augment import augment  # noqa: E402
from nasbench.networks.build import build_network  # noqa: E402
from nasbench.training.loop import EVALUATION_BATCH, Images, TrainingFailed, evaluate, train  # noqa: E402

SPACE = load_space("nas_bench_201")
CELL = SPACE.parse("|nor_conv_3x3~0|+|avg_pool_3x3~0|nor_conv_1x1~1|+|skip_connect~0|none~1|nor_conv_3x3~2|")
RECIPE = Recipe(epochs=2, batch_size=16, channels=3, learning_rate=0.1, warmup=0.3)
CLASSES = 3


def pictures(train: int = 70, validation: int = 30, test: int = 30, channels: int = 1) -> Images:
    """Noise whose brightness tells the class, channels last."""
    generator = torch.Generator().manual_seed(0)

    def split(count: int):
        labels = torch.arange(count) % CLASSES
        values = torch.randn(count, channels, 8, 8, generator=generator) + labels.view(-1, 1, 1, 1) - 1
        return values.contiguous(memory_format=torch.channels_last), labels

    return Images(split(train), split(validation), split(test))


def network(seed: int = 0, channels: int = 1):
    return build_network(SPACE.plan(CELL, Skeleton(3, 1, CLASSES, (channels, 8, 8))), seed)


def records(images: Images, recipe: Recipe = RECIPE, seed: int = 0, weights: int = 0) -> list[tuple]:
    """What training says, but for the seconds."""
    made = train(network(weights, images.train[0].shape[1]), images, recipe, seed)
    return [dataclasses.astuple(record)[:-1] for record in made]


class Watcher(nn.Module):
    """Learns nothing (its answer is one number for each class) and keeps the images it saw."""

    def __init__(self) -> None:
        super().__init__()
        self.logits = nn.Parameter(torch.zeros(CLASSES))
        self.seen: dict[bool, list] = {True: [], False: []}

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.seen[self.training].append(x.detach())
        return self.logits.expand(len(x), -1)


# -- against a plain loop -----------------------------------------------------------------------------------------


def plain_training(module: nn.Module, images: Images, recipe: Recipe, seed: int) -> Iterator[tuple]:
    """SGD with Nesterov written out, in the default layout; (loss, accuracy) of training after each epoch."""
    inputs, labels = (part.contiguous() for part in images.train)
    generator = torch.Generator().manual_seed(seed)
    velocity = [torch.zeros_like(p) for p in module.parameters()]
    steps = len(labels) // recipe.batch_size
    for epoch in range(recipe.epochs):
        module.train()
        losses, hits = [], 0
        order = torch.randperm(len(labels), generator=generator)
        for step in range(steps):
            chosen = order[step * recipe.batch_size : (step + 1) * recipe.batch_size]
            x, y = (
                augment(inputs[chosen], generator, crop_padding=recipe.crop_padding, flip=recipe.flip),
                labels[chosen],
            )
            logits = module(x)
            wanted = torch.full((len(y), CLASSES), recipe.label_smoothing / CLASSES)
            wanted[torch.arange(len(y)), y] += 1 - recipe.label_smoothing
            loss = -(wanted * logits.log_softmax(1)).sum(1).mean()
            rate = recipe.learning_rate_at((epoch * steps + step) / (recipe.epochs * steps))
            gradients = torch.autograd.grad(loss, list(module.parameters()))
            with torch.no_grad():
                for p, g, v in zip(module.parameters(), gradients, velocity, strict=True):
                    g = g + recipe.weight_decay * p
                    v.mul_(recipe.momentum).add_(g)
                    p.sub_(rate * (g + recipe.momentum * v if recipe.nesterov else v))
            losses.append(loss.item())
            hits += (logits.argmax(1) == y).sum().item()
        yield sum(losses) / steps, 100 * hits / (steps * recipe.batch_size)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"schedule": "cosine", "warmup": 0.0, "label_smoothing": 0.0, "weight_decay": 0.05},
        {"nesterov": False, "momentum": 0.5, "label_smoothing": 0.4},
        {"flip": True, "crop_padding": 1},
    ],
    ids=["default", "cosine", "momentum", "augmentation"],
)
def test_training_is_what_the_recipe_says(changes) -> None:
    recipe = dataclasses.replace(RECIPE, **changes)
    images, ours, plain = pictures(), network(5), network(5)
    mine = list(train(ours, images, recipe, 3))
    expected = list(plain_training(plain, images, recipe, 3))
    assert [r.train_loss for r in mine] == pytest.approx([loss for loss, _ in expected], rel=1e-4)
    assert [r.train_accuracy for r in mine] == [accuracy for _, accuracy in expected]
    for parameter, other in zip(ours.parameters(), plain.parameters(), strict=True):
        assert torch.allclose(parameter, other, rtol=1e-3, atol=1e-4)
    for name, split in (("val", images.validation),):
        x, y = split
        with torch.no_grad():
            loss = functional.cross_entropy(plain.eval()(x), y).item()
        assert getattr(mine[-1], f"{name}_loss") == pytest.approx(loss, rel=1e-3)


def test_each_epoch_takes_every_image_once_in_another_order() -> None:
    """But for those that fill no batch."""
    images, watcher = pictures(train=70), Watcher()
    list(train(watcher, images, RECIPE, 0))
    batches = watcher.seen[True]
    assert [len(batch) for batch in batches] == [16] * 8
    known = {tuple(image.flatten().tolist()): place for place, image in enumerate(images.train[0])}
    epochs = [
        [known[tuple(image.flatten().tolist())] for b in part for image in b] for part in (batches[:4], batches[4:])
    ]
    assert [len(set(epoch)) for epoch in epochs] == [64, 64]
    assert epochs[0] != epochs[1]


def test_a_batch_larger_than_the_data_is_all_of_it() -> None:
    images, watcher = pictures(train=10), Watcher()
    list(train(watcher, images, RECIPE, 0))
    assert [len(batch) for batch in watcher.seen[True]] == [10, 10]


def test_augmentation_touches_training_images_alone_and_anew_each_time() -> None:
    images, watcher = pictures(train=16), Watcher()
    before = [part.clone() for part in (*images.train, *images.validation)]
    list(train(watcher, images, dataclasses.replace(RECIPE, crop_padding=2, cutout=3), 0))
    first, second = watcher.seen[True]
    known = {tuple(image.flatten().tolist()) for image in images.train[0]}
    assert sum(tuple(image.flatten().tolist()) in known for image in first) < 4
    assert not torch.equal(first.sum(0), second.sum(0))
    assert all(torch.equal(x, images.validation[0]) for x in watcher.seen[False])
    after = (*images.train, *images.validation)
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True)), "images are as they were"


def test_networks_see_channels_last() -> None:
    """The layout in which convolutions on a CPU are fast, also of the weights."""
    images, watcher = pictures(channels=3), Watcher()
    watcher.unused = nn.Conv2d(3, 4, 3)
    list(train(watcher, images, dataclasses.replace(RECIPE, weight_decay=0.0), 0))
    assert all(x.is_contiguous(memory_format=torch.channels_last) for part in watcher.seen.values() for x in part)
    assert watcher.unused.weight.is_contiguous(memory_format=torch.channels_last)


# -- records ------------------------------------------------------------------------------------------------------


def test_records_are_in_nats_percent_and_seconds() -> None:
    """A network that cannot tell classes apart and learns nothing: the logarithm of their number, and their share."""
    images = pictures(train=64, validation=30)
    made = list(train(Watcher(), images, dataclasses.replace(RECIPE, learning_rate=0.0, label_smoothing=0.3), 0))
    assert len(made) == RECIPE.epochs
    for record in made:
        assert record.train_loss == pytest.approx(math.log(CLASSES))
        assert record.val_loss == pytest.approx(math.log(CLASSES))
        assert record.train_accuracy == 100 * 22 / 64
        assert record.val_accuracy == pytest.approx(100 / 3)
        assert 0 < record.seconds < 60


def test_records_come_one_by_one() -> None:
    made = train(network(), pictures(), dataclasses.replace(RECIPE, epochs=10**6), 0)
    assert next(made).val_loss > 0
    made.close()


# -- the same seed --------------------------------------------------------------------------------------------------


def test_one_seed_gives_the_same_to_the_bit_and_another_does_not() -> None:
    images = pictures()
    recipe = dataclasses.replace(RECIPE, flip=True, crop_padding=1, cutout=2)
    first = records(images, recipe, seed=1)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(77)
        assert records(images, recipe, seed=1) == first
    assert records(images, recipe, seed=2) != first
    assert records(images, recipe, seed=1, weights=1) != first


def test_global_random_state_is_left_alone() -> None:
    before = torch.get_rng_state()
    records(pictures(), dataclasses.replace(RECIPE, flip=True, cutout=2))
    assert torch.equal(torch.get_rng_state(), before)


def test_arithmetic_is_left_as_it_was() -> None:
    """Numbers below the normal ones are zero for the loop alone, not for whoever asks for its next record."""
    made = train(network(), pictures(), RECIPE, 0)
    next(made)
    assert sys.float_info.min / 2 > 0
    evaluate(network(), pictures().test, RECIPE)
    assert sys.float_info.min / 2 > 0
    assert torch.set_flush_denormal(True)
    try:
        next(made)
        assert sys.float_info.min / 2 == 0
    finally:
        torch.set_flush_denormal(False)


def test_the_loop_flushes_what_would_slow_it_down() -> None:
    class Halved(Watcher):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            halves.append(sys.float_info.min / 2)
            return super().forward(x)

    halves: list[float] = []
    next(train(Halved(), pictures(), RECIPE, 0))
    assert halves == [0.0] * 5


def test_the_test_split_is_never_read() -> None:
    images = pictures()
    spoilt = torch.full_like(images.test[0], float("nan")), torch.full_like(images.test[1], -1)
    assert records(Images(images.train, images.validation, spoilt)) == records(images)


def test_validation_images_change_no_training_number() -> None:
    images = pictures()
    other = Images(images.train, (-images.validation[0], images.validation[1]), images.test)
    mine, theirs = records(images), records(other)
    assert [r[:2] for r in mine] == [r[:2] for r in theirs]
    assert [r[2:] for r in mine] != [r[2:] for r in theirs]


# -- failures -------------------------------------------------------------------------------------------------------


def test_a_training_that_diverges_fails_in_words_after_its_good_epochs() -> None:
    recipe = dataclasses.replace(RECIPE, epochs=5, learning_rate=1e9)
    made = []
    with pytest.raises(TrainingFailed, match=r"(training|validation) loss is (nan|inf) in epoch \d$") as failure:
        made.extend(train(network(), pictures(), recipe, 0))
    assert f"in epoch {len(made) + 1}" in str(failure.value)


def test_a_validation_loss_that_is_not_finite_fails_too() -> None:
    images = pictures()
    spoilt = Images(images.train, (images.validation[0] * float("inf"), images.validation[1]), images.test)
    with pytest.raises(TrainingFailed, match=r"^validation loss is nan in epoch 1$"):
        next(train(network(), spoilt, RECIPE, 0))


# -- learning -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def digits() -> Images:
    return Images.of(nasbench.load_dataset("digits", seed=0, validation_fraction=0.2), torch.device("cpu"))


@pytest.mark.parametrize(("precision", "least"), [("float32", 93.0), ("bfloat16", 92.0)])
def test_real_digits_are_learnt(digits: Images, precision: str, least: float) -> None:
    recipe = Recipe(epochs=4, channels=4, batch_size=32, learning_rate=0.3, precision=precision)
    cell = SPACE.parse("|nor_conv_3x3~0|+|none~0|none~1|+|skip_connect~0|nor_conv_1x1~1|none~2|")
    module = build_network(SPACE.plan(cell, recipe.skeleton((1, 8, 8), 10)), 0)
    made = list(train(module, digits, recipe, 0))
    loss, accuracy = evaluate(module, digits.test, recipe)
    assert accuracy > least
    assert loss < 0.9
    assert made[-1].val_accuracy > least > made[0].val_accuracy
    assert made[-1].train_loss < made[0].train_loss
    assert all(parameter.dtype == torch.float32 for parameter in module.parameters())


# -- evaluation -------------------------------------------------------------------------------------------------------


def test_evaluation_is_a_plain_mean_over_all_images() -> None:
    """More than one batch, and a last one that is not full."""
    images, module = pictures(train=64, test=2 * EVALUATION_BATCH + 37), network()
    list(train(module, images, RECIPE, 0))
    module.train()
    state = {name: value.clone() for name, value in module.state_dict().items()}
    x, y = images.test
    loss, accuracy = evaluate(module, images.test, RECIPE)
    assert all(torch.equal(value, state[name]) for name, value in module.state_dict().items())
    with torch.no_grad():
        logits = module.double().eval()(x.double())
    assert loss == pytest.approx(functional.cross_entropy(logits, y).item(), rel=1e-4)
    assert accuracy == 100 * (logits.argmax(1) == y).double().mean().item()


def test_label_smoothing_is_no_part_of_evaluation() -> None:
    images, module = pictures(), network()
    smooth, plain = (dataclasses.replace(RECIPE, label_smoothing=s) for s in (0.5, 0.0))
    assert evaluate(module, images.test, smooth) == evaluate(module, images.test, plain)
