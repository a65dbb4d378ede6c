"""Perceptrons side by side: answers by hand, slopes by finite differences, Adam against torch, members apart."""

from __future__ import annotations

import numpy as np
import pytest

from predictors.perceptrons import Schedule, answers, begin, gradient, layers, loss_slope, train

SIZES = (3, 4, 2, 1)


def some(members: int = 2, rows: int = 7) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights of every layer, rows and targets, all float64."""
    rng = np.random.default_rng(0)
    theta = begin(members, SIZES, rng).astype(np.float64)
    theta += 0.3 * rng.standard_normal(theta.shape)
    return theta, rng.standard_normal((rows, 3)), rng.standard_normal((members, rows))


def test_answers_by_hand() -> None:
    theta, x, _ = some()
    for member in range(2):
        value = x
        parts = layers(theta, SIZES)
        for place, (weights, biases) in enumerate(parts):
            value = value @ weights[member] + biases[member]
            value = np.maximum(value, 0) if place < 2 else value
        assert answers(theta, SIZES, x)[member] == pytest.approx(value[:, 0])
    assert theta.shape == (2, 3 * 4 + 4 + 4 * 2 + 2 + 2 + 1)


def test_they_begin_at_zero_with_weights_of_he() -> None:
    theta = begin(50, (40, 30, 1), np.random.default_rng(1))
    (first, biases), (last, _) = layers(theta, (40, 30, 1))
    assert first.var() == pytest.approx(2 / 40, rel=0.05)
    assert not biases.any() and not last.any()
    assert not np.array_equal(first[0], first[1])


@pytest.mark.parametrize("absolute", [False, True])
def test_slopes_by_finite_differences(absolute: bool) -> None:
    theta, x, actual = some()
    weights = np.random.default_rng(2).random((2, 7))

    def loss(at: np.ndarray) -> float:
        away = answers(at, SIZES, x) - actual
        return float((weights * (np.abs(away) if absolute else away**2 / 2)).mean(axis=1).sum())

    both = np.stack([x, x])
    found = gradient(theta, SIZES, both, loss_slope(answers(theta, SIZES, x), actual, weights, absolute))
    for member in range(2):
        for place in range(theta.shape[1]):
            step = np.zeros_like(theta)
            step[member, place] = 1e-6
            wanted = (loss(theta + step) - loss(theta - step)) / 2e-6
            assert found[member, place] == pytest.approx(wanted, rel=1e-4, abs=1e-7)


def test_training_is_that_of_torch() -> None:
    import torch

    theta, x, actual = some(members=1, rows=1)  # one row, so that every batch is the same
    decay, schedule = 0.5, Schedule(steps=20, rate=0.02, batch=1)
    rows, ones = [np.arange(1)], np.ones(1)
    mine = train(theta, SIZES, x, actual, ones, rows, np.array([decay]), schedule, np.random.default_rng(0))
    parts = [torch.tensor(part[0]) for pair in layers(theta, SIZES) for part in pair]
    parts = [part.requires_grad_() for part in parts]
    adam = torch.optim.AdamW(parts, lr=schedule.rate, weight_decay=decay, eps=1e-8)
    cosine = torch.optim.lr_scheduler.LambdaLR(adam, lambda step: 0.5 * (1 + np.cos(np.pi * step / 20)))
    for _ in range(20):
        value = torch.tensor(x)
        for place in range(0, 6, 2):
            value = value @ parts[place] + parts[place + 1]
            value = torch.relu(value) if place < 4 else value
        adam.zero_grad()
        (0.5 * (value - torch.tensor(actual)) ** 2).sum().backward()
        adam.step()
        cosine.step()
    theirs = np.concatenate([part.detach().numpy().ravel() for part in parts])
    assert mine[0] == pytest.approx(theirs, abs=1e-6)


def test_members_learn_apart_and_from_their_rows_alone() -> None:
    rng = np.random.default_rng(3)
    x = rng.standard_normal((40, 3))
    targets = np.stack([x[:, 0], -x[:, 0], x[:, 0]])
    spoilt = targets.copy()
    spoilt[2, 20:] = 1e6
    rows = [np.arange(40), np.arange(40), np.arange(20)]
    begun = begin(3, (3, 16, 1), rng)
    kept = begun.copy()
    schedule = Schedule(steps=400, rate=0.01)
    trained = train(begun, (3, 16, 1), x, spoilt, np.ones(40), rows, np.zeros(3), schedule, rng)
    assert np.array_equal(begun, kept) and trained.dtype == np.float32
    assert np.abs(answers(trained, (3, 16, 1), x.astype(np.float32)) - targets).mean() < 0.15


def test_rows_of_no_weight_are_not_learned() -> None:
    rng = np.random.default_rng(4)
    x = rng.standard_normal((30, 3))
    targets = np.where(np.arange(30) < 15, x[:, 0], 50.0)[None]
    weights = (np.arange(30) < 15).astype(float)
    begun = begin(1, (3, 16, 1), rng)
    schedule = Schedule(steps=300, rate=0.01, absolute=True)
    trained = train(begun, (3, 16, 1), x, targets, weights, [np.arange(30)], np.zeros(1), schedule, rng)
    assert np.abs(answers(trained, (3, 16, 1), x[:15].astype(np.float32)) - targets[0, :15]).mean() < 0.3
    decayed = train(begun, (3, 16, 1), x, targets, weights, [np.arange(30)], np.full(1, 50.0), schedule, rng)
    assert np.abs(decayed).sum() < 0.2 * np.abs(trained).sum()
