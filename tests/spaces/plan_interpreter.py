"""A meaning for every plan, without torch: each step computes something random of its own on short vectors."""

from __future__ import annotations

import zlib

import numpy as np

from nasbench.plan import WEIGHTLESS, ZERO_PRESERVING, Plan, Step

NUMBERS = 5


def outputs(plan: Plan) -> np.ndarray:
    """What the last step of a plan gives: float64 of shape (NUMBERS,).

    A sum adds, a skip copies, a zero is zero. Any other operation is a random function: of its own, known by the step's
    name, when it has weights, and one for all steps of the same settings when it has none.
    """
    values: list[np.ndarray] = []
    for step in plan.steps:
        values.append(_value(step, [values[source] for source in step.inputs]))
    return values[-1]


def _value(step: Step, inputs: list[np.ndarray]) -> np.ndarray:
    zeros = np.zeros(NUMBERS)
    if step.operation == "zero":
        return zeros
    if step.operation == "skip":
        return inputs[0]
    if step.operation == "sum":
        return np.sum(inputs, axis=0)
    if step.operation in ZERO_PRESERVING and not np.any(inputs):
        return zeros
    key = (step.operation, step.settings) if step.operation in WEIGHTLESS else step.name
    rng = np.random.default_rng(zlib.crc32(repr(key).encode()))
    read = np.concatenate([*inputs, zeros])
    return np.tanh(rng.normal(size=(NUMBERS, len(read))) @ read / np.sqrt(len(read)) + rng.normal(size=NUMBERS))
