"""Pruning of plans: any plan computes the same afterwards, in the same shapes, and nothing is left to prune."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasbench.plan import WEIGHTLESS, Plan, PlanWriter, Skeleton, Step, prune
from tests.spaces.plan_interpreter import outputs

OPERATIONS = (
    "zero",
    "zero",
    "skip",
    "sum",
    "sum",
    "relu",
    "avg_pool",
    "conv_bn",
    "concat",
    "residual_block",
    "bn_relu",
)


def shapes(plan: Plan) -> list[tuple[int, int]]:
    """(channels, size) of what each step gives, by the settings ``stride`` and ``channels`` of any operation."""
    found = [plan.input_shape[:2]]
    for step in plan.steps[1:]:
        channels, size = found[step.inputs[0]]
        if step.operation == "concat":
            channels = sum(found[source][0] for source in step.inputs)
        stride = int(step.setting("stride", 1))
        found.append((int(step.setting("channels", channels)), (size + stride - 1) // stride))
    return found


@st.composite
def plans(draw) -> Plan:
    """A random plan of at most twelve steps: strides, changes of channels, zeros, values that nobody reads."""
    write = PlanWriter((4, 16, 16))
    for place in range(draw(st.integers(1, 12))):
        known = shapes(write.plan())
        operation = draw(st.sampled_from(OPERATIONS))
        first = draw(st.integers(0, len(known) - 1))
        sources, settings = [first], {}
        if operation == "sum":
            same = [source for source, shape in enumerate(known) if shape == known[first]]
            sources += draw(st.lists(st.sampled_from(same), max_size=3))
        elif operation == "concat":
            same = [source for source, shape in enumerate(known) if shape[1] == known[first][1]]
            sources += draw(st.lists(st.sampled_from(same), max_size=2))
        elif operation in ("zero", "avg_pool", "conv_bn", "residual_block"):
            settings["stride"] = draw(st.sampled_from((1, 1, 2)))
            if operation in ("conv_bn", "residual_block"):
                settings["channels"] = draw(st.sampled_from((4, 8)))
        write.add(f"step{place}", operation, sources, **settings)
    return write.plan()


@given(plans())
def test_pruned_plan_computes_the_same_in_the_same_shapes(plan):
    pruned = prune(plan)
    assert np.allclose(outputs(plan), outputs(pruned), rtol=1e-9, atol=1e-12)
    place = {step.name: position for position, step in enumerate(plan.steps)}
    before, after = shapes(plan), shapes(pruned)
    assert before[-1] == after[-1]
    assert all(after[p] == before[place[step.name.removesuffix(".zeros")]] for p, step in enumerate(pruned.steps))


@given(plans())
def test_nothing_is_left_to_prune(plan):
    pruned = prune(plan)
    assert prune(pruned) == pruned
    last = len(pruned.steps) - 1
    read = {source for step in pruned.steps for source in step.inputs}
    assert read | {0, last} == set(range(last + 1))
    weightless = [(s.operation, s.inputs, s.settings) for s in pruned.steps if s.operation in WEIGHTLESS]
    assert len(weightless) == len(set(weightless))
    for step in pruned.steps[1:]:
        zeros = [source for source in step.inputs if pruned.steps[source].operation == "zero"]
        assert step.operation != "skip"
        assert step.operation != "sum" or (len(step.inputs) > 1 and not zeros)
        assert not zeros or step.operation in ("concat", "residual_block", "bn_relu")


def test_zeros_that_an_operation_needs_have_their_shape_and_are_written_once():
    write = PlanWriter((4, 16, 16))
    stem = write.add("stem", "conv_bn", 0, channels=4, kernel=3, stride=1)
    zero = write.add("zero", "zero", stem, stride=2)
    wide = write.add("wide", "conv_bn", zero, channels=8, kernel=1, stride=2)
    one, two = write.add("one", "bn_relu", wide), write.add("two", "bn_relu", wide)
    write.add("both", "concat", [one, wide, two])
    pruned = prune(write.plan())
    assert [step.name for step in pruned.steps] == ["input", "stem", "wide.zeros", "one", "two", "both"]
    assert pruned.steps[2] == Step("wide.zeros", "zero", (1,), (("channels", 8), ("stride", 4)))
    assert pruned.steps[-1].inputs == (3, 2, 4)


def test_the_output_may_be_any_step():
    """A copy of an earlier step, or zero."""
    write = PlanWriter((4, 16, 16))
    stem = write.add("stem", "conv_bn", 0, channels=4, kernel=3, stride=1)
    write.add("other", "conv_bn", stem, channels=4, kernel=3, stride=1)
    write.add("copy", "skip", stem)
    assert [step.name for step in prune(write.plan()).steps] == ["input", "stem"]
    write.add("nothing", "zero", stem)
    assert [step.name for step in prune(write.plan()).steps] == ["input", "stem", "nothing.zeros"]


def test_steps_with_weights_are_never_merged():
    write = PlanWriter((4, 16, 16))
    one, two = (write.add(name, "conv_bn", 0, channels=4, kernel=3, stride=1) for name in ("one", "two"))
    pooled = [write.add(name, "avg_pool", one, kernel=3, stride=1) for name in ("pool", "again")]
    write.add("sum", "sum", [one, two, *pooled])
    pruned = prune(write.plan())
    assert [step.name for step in pruned.steps] == ["input", "one", "two", "pool", "sum"]
    assert pruned.steps[-1].inputs == (1, 2, 3, 3)


def test_a_sum_in_another_order_is_the_same_sum():
    write = PlanWriter((4, 16, 16))
    one, two = (write.add(name, "conv_bn", 0, channels=4, kernel=3, stride=1) for name in ("one", "two"))
    sums = [write.add(name, "sum", order) for name, order in (("sum", (one, two)), ("again", (two, one)))]
    write.add("both", "concat", sums)
    assert [step.name for step in prune(write.plan()).steps] == ["input", "one", "two", "sum", "both"]


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ((), "begins"),
        ((Step("stem", "relu"),), "begins"),
        ((Step("input", "input"), Step("a", "relu", (1,))), "'a'"),
        ((Step("input", "input"), Step("a", "relu", (-1,))), "'a'"),
        ((Step("input", "input"), Step("input", "relu", (0,))), "unique"),
    ],
)
def test_plans_that_cannot_be_executed_are_refused(steps, words):
    with pytest.raises(ValueError, match=words):
        Plan(steps, (3, 8, 8))


@pytest.mark.parametrize(
    "wrong",
    [{"channels": 0}, {"cells": -1}, {"classes": 2.5}, {"input_shape": (3, 8)}, {"input_shape": (3, 0, 8)}],
)
def test_skeletons_that_cannot_be_built_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Skeleton(**wrong)


def test_settings_are_looked_up_by_name():
    step = Step("conv", "conv_bn", (0,), (("kernel", 3),))
    assert step.setting("kernel") == 3
    assert step.setting("stride", 1) == 1
    with pytest.raises(KeyError, match="stride"):
        step.setting("stride")
