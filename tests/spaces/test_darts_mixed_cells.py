"""Mixed cells of DARTS: what search keeps of them, and the supernet that holds them."""

from __future__ import annotations

import numpy as np
import pytest

from nasbench import load_space
from nasbench.mixed_cells import ABSENT, MIXED
from nasbench.plan import Skeleton

SPACE = load_space("darts")
CELLS = SPACE.mixed_cells()
SKELETON = Skeleton(channels=4, cells=3, classes=5, input_shape=(3, 8, 8))


def in_order(architecture):
    """The architecture with the edges of each node in the order of their sources."""
    ordered = [tuple(tuple(sorted(pair, key=lambda e: e[1])) for pair in cell) for cell in SPACE.cells(architecture)]
    return SPACE.of_cells(ordered)


def test_shape() -> None:
    assert CELLS.shape == (2, 14, 8)
    assert CELLS.operations[CELLS.none] == "none"
    assert CELLS.operations[CELLS.skip] == "skip_connect"


def test_strongest_edges_and_operations_are_found_whatever_none_weighs() -> None:
    rng = np.random.default_rng(0)
    for architecture in (SPACE.sample(rng) for _ in range(20)):
        strengths = rng.random(CELLS.shape) + 1.5 * CELLS.one_hot(architecture)
        strengths[:, :, CELLS.none] = 5.0
        assert CELLS.discretise(strengths) == in_order(architecture)
        assert CELLS.compose(CELLS.selection(architecture)) == in_order(architecture)
        assert SPACE.canonical_hash(in_order(architecture)) == SPACE.canonical_hash(architecture)


def test_a_choice_that_keeps_another_number_of_edges_is_refused() -> None:
    chosen = CELLS.selection(SPACE.from_index(0))
    for other in (ABSENT, CELLS.none):
        wrong = chosen.copy()
        wrong[1, 0] = other
        with pytest.raises(ValueError, match="keeps two edges"):
            CELLS.compose(wrong)


def test_plan_has_every_edge_of_every_cell() -> None:
    steps = [step for step in CELLS.plan(SKELETON).steps if step.operation == MIXED]
    assert len(steps) == 3 * 14
    assert [step.setting("kind") for step in steps[::14]] == [0, 1, 1]
    strides = [step.setting("stride") for step in steps if step.name.startswith("cell1.")]
    assert strides == [2 if source < 2 else 1 for source, _ in CELLS.edges]


def test_supernet_is_the_architectures_network_where_it_holds_one() -> None:
    """Without pools, which batch norm follows in the supernet alone; in training, by the statistics of the batch."""
    torch = pytest.importorskip("torch", reason="networks need torch")
    from nasbench.networks.build import build_network
    from nasbench.networks.supernet import Supernet

    cell = (((3, 0), (2, 1)), ((5, 0), (2, 2)), ((4, 1), (6, 3)), ((2, 0), (2, 4)))
    architecture = SPACE.of_cells((cell, cell))
    supernet = Supernet(CELLS, SKELETON, seed=0).double()
    network = build_network(SPACE.plan(architecture, SKELETON), seed=1).double()
    steps = dict(zip((step.name for step in CELLS.plan(SKELETON).steps[1:]), supernet.steps, strict=True))
    with torch.no_grad():
        for step in network.plan.steps[1:]:
            theirs = steps.get(step.name)
            if ".edge" in step.name and theirs is not None:
                source, target = int(step.name[-2]), int(step.name[-1])
                operation = CELLS.selection(architecture)[0, CELLS.edges.index((source, target))]
                theirs = supernet.edge(step.name).operations[CELLS.operations[operation]]
            mine = [m for m in network.step(step.name).modules() if isinstance(m, torch.nn.Conv2d | torch.nn.Linear)]
            pairs = zip(
                mine, [m for m in theirs.modules() if isinstance(m, type(mine[0]))] if mine else [], strict=True
            )
            for one, other in pairs:
                one.load_state_dict(other.state_dict())
    x = torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(0)).double()
    assert torch.allclose(supernet(x, torch.from_numpy(CELLS.one_hot(architecture))), network(x), rtol=1e-9)


def test_every_operation_of_the_supernet_has_a_say() -> None:
    torch = pytest.importorskip("torch", reason="networks need torch")
    from nasbench.networks.supernet import Supernet

    x = torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    uniform = torch.full(CELLS.shape, 1 / 8, requires_grad=True)
    Supernet(CELLS, SKELETON, seed=0)(x, uniform).square().sum().backward()
    assert uniform.grad[:, :, 1:].ne(0).all()
