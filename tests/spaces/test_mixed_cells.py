"""Cells with every operation on every edge: what is strongest, what an architecture keeps, what collapse is."""

from __future__ import annotations

import numpy as np
import pytest

from nasbench import load_space
from nasbench.mixed_cells import ABSENT, MIXED, MixedCells
from nasbench.plan import Plan, PlanWriter, Skeleton
from nasbench.space import Architecture
from tests.spaces.toy_spaces import Wide

NB201 = load_space("nas_bench_201")
CELLS = NB201.mixed_cells()


class TwoOfThree(MixedCells):
    """Two inputs, two nodes, each of which keeps two edges; operations none, skip, work."""

    kinds = ("normal", "reduction")
    edges = ((0, 2), (1, 2), (0, 3), (1, 3), (2, 3))
    operations = ("none", "skip", "work")
    none, skip, kept = 0, 1, 2

    def plan(self, skeleton: Skeleton) -> Plan:
        return PlanWriter(skeleton.input_shape).plan()

    def compose(self, operations: np.ndarray) -> Architecture:
        return Architecture("made up", tuple((operations.reshape(-1) + 1).tolist()))

    def selection(self, architecture: Architecture) -> np.ndarray:
        return np.array(architecture.choices).reshape(2, 5) - 1


def test_strongest_operation_of_each_edge_none_too() -> None:
    rng = np.random.default_rng(0)
    for architecture in (NB201.sample(rng) for _ in range(20)):
        strengths = rng.random(CELLS.shape) + 1.5 * CELLS.one_hot(architecture)
        assert CELLS.discretise(strengths) == architecture


def test_selection_and_compose_are_inverse() -> None:
    for place in (0, 1, 777, 15_624):
        architecture = NB201.from_index(place)
        assert CELLS.compose(CELLS.selection(architecture)) == architecture
        assert CELLS.one_hot(architecture).sum() == 6


def test_two_strongest_edges_a_node_by_what_is_not_none() -> None:
    cells = TwoOfThree(NB201)
    strengths = np.zeros(cells.shape)
    strengths[0, 0] = [9, 0.1, 0.2]  # none is strongest, and not looked at
    strengths[0, 1] = [0, 0.6, 0.3]
    strengths[0, 2] = [0, 0.5, 0.1]
    strengths[0, 3] = [0, 0.2, 0.4]
    strengths[0, 4] = [9, 0.1, 0.3]
    strengths[1] = 1.0  # all are equal: the first edges, the first operation that is not none
    expected = [[2, 1, 1, 2, ABSENT], [1, 1, 1, 1, ABSENT]]
    assert cells.strongest(strengths).tolist() == expected
    assert strengths[0, 0, 0] == 9, "the argument is left alone"
    architecture = cells.discretise(strengths)
    assert cells.skips(architecture).tolist() == [2, 4]
    assert cells.collapsed(architecture), "all of the second kind are skips"
    assert cells.one_hot(architecture).sum(axis=2).tolist() == [[1, 1, 1, 1, 0]] * 2


def test_collapse_is_more_than_half() -> None:
    half, more = (
        f"|skip_connect~0|+|skip_connect~0|{x}~1|+|skip_connect~0|none~1|none~2|" for x in ("none", "skip_connect")
    )
    assert not CELLS.collapsed(NB201.parse(half))
    assert CELLS.collapsed(NB201.parse(more))
    assert CELLS.skips(NB201.parse(more)).tolist() == [4]


def test_plan_has_each_edge_of_each_cell() -> None:
    plan = CELLS.plan(Skeleton(channels=4, cells=2))
    mixed = [step for step in plan.steps if step.operation == MIXED]
    assert [step.setting("edge") for step in mixed] == list(range(6)) * 6
    assert [step.setting("channels") for step in mixed] == [4] * 12 + [8] * 12 + [16] * 12
    whole = NB201.plan(NB201.architecture((2,) * 6), Skeleton(channels=4, cells=2))
    names = [step.name for step in whole.steps if not step.name.endswith(".relu")]
    assert [step.name for step in plan.steps] == names


def test_incoming_edges() -> None:
    assert CELLS.incoming == ((0,), (1, 2), (3, 4, 5))


@pytest.mark.parametrize("strengths", [np.zeros((1, 6, 4)), np.full((1, 6, 5), np.nan)])
def test_strengths_are_checked(strengths: np.ndarray) -> None:
    with pytest.raises(ValueError, match="numbers of shape"):
        CELLS.strongest(strengths)


def test_a_space_without_them_says_so() -> None:
    with pytest.raises(ValueError, match="offers no cells with shared weights"):
        Wide().mixed_cells()
