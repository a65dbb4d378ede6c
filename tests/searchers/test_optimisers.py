"""Adam against torch's."""

from __future__ import annotations

import json

import numpy as np
import torch

from searchers.optimisers import Adam


def test_steps_are_those_of_torch() -> None:
    gradients = np.random.default_rng(0).normal(size=(20, 7)) * np.logspace(-9, 3, 7)
    leaf = torch.zeros(7, dtype=torch.float64, requires_grad=True)
    theirs = torch.optim.Adam([leaf], lr=0.03)
    ours, at = Adam(7, 0.03), np.zeros(7)
    for gradient in gradients:
        leaf.grad = torch.tensor(gradient)
        theirs.step()
        at -= ours.step(gradient)
        np.testing.assert_allclose(at, leaf.detach(), rtol=1e-10)


def test_a_first_step_is_as_long_as_the_learning_rate() -> None:
    np.testing.assert_allclose(Adam(3, 0.5).step(np.array([4.0, -1e-3, 0.0])), [0.5, -0.5, 0.0], rtol=1e-4)


def test_memory_goes_on_to_the_bit() -> None:
    first, second = Adam(4, 0.1), Adam(4, 0.1)
    gradients = np.random.default_rng(1).normal(size=(6, 4))
    for gradient in gradients[:3]:
        first.step(gradient)
    second.recall(json.loads(json.dumps(first.memory())))
    for gradient in gradients[3:]:
        np.testing.assert_array_equal(first.step(gradient), second.step(gradient))
