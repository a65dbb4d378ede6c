"""What is peculiar to each one-shot searcher: draws, edges, warm-up, gradients, how candidates are chosen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import nasbench
from nasbench.registry import ONESHOT
from nasbench.training.recipe import Recipe

torch = pytest.importorskip("torch", reason="supernets need torch")

from searchers.weight_sharing.epochs import random_architectures  # noqa: E402
from searchers.weight_sharing.halves import Batch, Halves  # noqa: E402
from searchers.weight_sharing.history import entropy  # noqa: E402
from searchers.weight_sharing.shared import Problem  # noqa: E402

NB201 = nasbench.load_space("nas_bench_201")
CELLS = NB201.mixed_cells()
RECIPE = Recipe(
    dataset="digits", epochs=4, batch_size=16, learning_rate=0.1, schedule="cosine", warmup=0.0, label_smoothing=0.0,
    channels=4, cells=1, train_images=64, validation_images=40,
)  # fmt: skip
DATA = nasbench.load_dataset("digits", **RECIPE.data_options())
HALVES = Halves.of(DATA, torch.device("cpu"))


def make(name: str, recipe: Recipe = RECIPE, seed: int = 0, **parameters):
    problem = Problem(CELLS, recipe.skeleton(DATA.card.shape, 10), recipe, torch.device("cpu"))
    return ONESHOT.load(name)(problem, seed, **parameters)


def batches() -> tuple[Batch, Batch]:
    return next(HALVES.batches(RECIPE, 0))


def test_gdas_draws_one_operation_an_edge_and_gradients_are_those_of_the_softmax() -> None:
    searcher = make("gdas")
    with torch.no_grad():
        searcher.alphas[0, 0] = torch.tensor([0.0, 0.0, 9.0, 0.0, 0.0])
    for progress, temperature in ((0.0, 10.0), (0.5, 5.05), (1.0, 0.1)):
        searcher.shared.progress = progress
        state = searcher.rng.bit_generator.state
        weights = searcher.relaxed().operations
        assert (weights.detach().sum(-1) == 1).all() and ((weights == 0) | (weights == 1)).all()
        searcher.rng.bit_generator.state = state
        noise = torch.from_numpy(searcher.rng.gumbel(size=CELLS.shape).astype(np.float32))
        soft = ((searcher.alphas.log_softmax(-1) + noise) / temperature).softmax(-1)
        probe = torch.arange(30.0).view(1, 6, 5)
        mine, theirs = (torch.autograd.grad((w * probe).sum(), [searcher.alphas])[0] for w in (weights, soft))
        torch.testing.assert_close(mine, theirs)
    drawn = [int(searcher.relaxed().operations[0, 0].argmax()) for _ in range(50)]
    assert drawn.count(2) > 45, "it draws by strength"


def test_gdas_learns_nothing_from_a_cell_of_nothing() -> None:
    searcher = make("gdas")
    with torch.no_grad():
        searcher.alphas[...] = torch.tensor([99.0, 0.0, 0.0, 0.0, 0.0])
    assert not searcher.gradients(*batches())[0].any()


def test_drnas_draws_from_its_dirichlet_distributions() -> None:
    """Mean of the draws, and the gradient of a mean of a draw through its concentration, against the closed form."""
    searcher = make("drnas")
    with torch.no_grad():
        searcher.alphas[...] = torch.tensor([-0.5, 0.0, 0.5, 1.0, 2.0])
    draws = torch.stack([searcher.relaxed().operations for _ in range(3000)])
    torch.testing.assert_close(draws.detach().sum(-1), torch.ones(3000, 1, 6))
    expected = torch.from_numpy(searcher.strengths())
    assert (draws.detach().double().mean(0) - expected).abs().max() < 0.02
    probe = torch.tensor([1.0, -1.0, 2.0, 0.5, -2.0])
    (mine,) = torch.autograd.grad((draws.mean(0) * probe).sum(), [searcher.alphas])
    concentrations = torch.nn.functional.elu(searcher.alphas) + 1
    mean = concentrations / concentrations.sum(-1, keepdim=True)
    (theirs,) = torch.autograd.grad((mean * probe).sum(), [searcher.alphas])
    assert (mine - theirs).abs().max() < 0.06


def test_pc_darts_normalises_edges_at_nodes_and_waits() -> None:
    searcher = make("pc_darts")
    edges = searcher.relaxed().edges.detach()
    sums = torch.stack([edges[0, list(places)].sum() for places in CELLS.incoming])
    torch.testing.assert_close(sums, torch.ones(3))
    with torch.no_grad():
        searcher.betas[0, 2] = 5.0
    assert searcher.strengths()[0, 2].sum() > 0.95 and searcher.strengths()[0, 1].sum() < 0.05
    before = searcher.alphas.detach().clone()
    for progress, moves in ((0.0, False), (0.29, False), (0.3, True)):
        searcher.shared.progress = progress
        searcher.learn(*batches())
        assert torch.equal(before, searcher.alphas) != moves
    assert searcher.betas.detach()[0, 0] != 0


def test_first_order_is_the_gradient_of_the_validation_loss_and_second_order_with_no_rate_is_it_too() -> None:
    still = replace(RECIPE, learning_rate=0.0)
    first, second = make("darts_first_order", still), make("darts_second_order", still)
    (mine,), (theirs,) = first.gradients(*batches()), second.gradients(*batches())
    torch.testing.assert_close(mine, theirs)
    far = make("darts_second_order", RECIPE, exact=True).gradients(*batches())[0]
    assert (far - mine).abs().max() > 1e-3 * mine.abs().max()


def test_second_order_counts_momentum_and_decay() -> None:
    searcher = make("darts_second_order", exact=True)
    searcher.shared.descend(batches()[0], searcher.mixture())
    weight = searcher.shared.weights[0]
    buffer = searcher.shared.optimizer.state[weight]["momentum_buffer"]
    assert buffer.any()
    torch.testing.assert_close(searcher._pull()[0], RECIPE.weight_decay * weight.detach() + RECIPE.momentum * buffer)


@pytest.mark.parametrize("name", ["random_weight_sharing", "enas", "setn"])
def test_the_best_candidate_by_shared_weights_is_chosen(name: str) -> None:
    searcher, asked = make(name, candidates=12), []

    def judge(cells):
        asked.extend(cells)
        return np.array([cell.choices[0] + cell.choices[5] for cell in cells], dtype=float)

    best = searcher.choose(judge)
    assert 1 < len(asked) <= 12 and len(set(asked)) == len(asked)
    assert best.choices[0] + best.choices[5] == max(cell.choices[0] + cell.choices[5] for cell in asked)


def test_setn_draws_candidates_by_strength() -> None:
    searcher, asked = make("setn", candidates=40), []
    with torch.no_grad():
        searcher.alphas[0, :, 3] = 4.0
    searcher.choose(lambda cells: (asked.extend(cells), np.zeros(len(cells)))[1])
    counts = np.mean([cell.choices.count(3) for cell in asked])
    assert counts > 4 and NB201.architecture((3,) * 6) in asked


def test_enas_controller_moves_towards_what_is_right() -> None:
    """Where only cells with a convolution first are right, the controller comes to draw it."""
    searcher = make("enas", learning_rate=0.1)
    searcher.shared.judge = lambda cells, batch: np.array([[0.0, 100.0 * (cell.choices[0] == 3)] for cell in cells])
    before = searcher.strengths()[0, 0, 3]
    for _ in range(400):
        searcher.learn(*batches())
    assert before < 0.4 < 0.8 < searcher.strengths()[0, 0, 3]


def test_paths_leave_other_weights_alone() -> None:
    searcher = make("random_weight_sharing")
    before = [weight.detach().clone() for weight in searcher.shared.weights]
    cell = NB201.architecture((3, 1, 0, 1, 0, 0))
    for _ in range(2):
        searcher.shared.descend(batches()[0], searcher.shared.one_hot(cell))
    moved = {
        name
        for (name, weight), then in zip(searcher.shared.network.named_parameters(), before, strict=True)
        if not torch.equal(weight, then) and "operations" in name
    }
    assert moved == set(), "edge 0-1 leads to nothing that the cell gives"


def test_judging_does_not_depend_on_company() -> None:
    searcher = make("gdas")
    cells = random_architectures(searcher, 6)
    together = searcher.shared.judge(cells, HALVES.validation)
    apart = np.concatenate([searcher.shared.judge([cell], HALVES.validation) for cell in cells])
    np.testing.assert_array_equal(together, apart)
    assert cells == random_architectures(make("enas", seed=5), 6), "the same for every searcher and seed"


def test_halves_are_disjoint_whole_and_come_again() -> None:
    pairs = list(HALVES.batches(RECIPE, 3))
    assert len(pairs) == 4
    seen = torch.cat([train.images for train, _ in pairs]).flatten(1)
    assert len(torch.unique(seen, dim=0)) == len(torch.unique(HALVES.train.images.flatten(1), dim=0))
    assert all(len(validation.labels) == 16 for _, validation in pairs), "the smaller half starts again"
    again = list(HALVES.batches(RECIPE, 3))
    assert all(
        torch.equal(a.images, b.images) for x, y in zip(pairs, again, strict=True) for a, b in zip(x, y, strict=True)
    )
    assert not torch.equal(pairs[0][0].images, next(HALVES.batches(RECIPE, 4))[0].images)


def test_entropy_by_hand() -> None:
    assert entropy(np.full((2, 3, 4), 0.1)) == pytest.approx(np.log(4))
    assert entropy(np.eye(4)[None]) == 0.0
    assert entropy(np.zeros((1, 2, 3))) == 0.0, "an edge that is never there"


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("darts_first_order", {"learning_rate": 0.0}),
        ("darts_second_order", {"epsilon": 0.0}),
        ("gdas", {"coldest": 0.0}),
        ("pc_darts", {"part": 3}),
        ("pc_darts", {"part": 0}),
        ("drnas", {"weight_decay": -1.0}),
        ("enas", {"candidates": 0}),
        ("setn", {"candidates": 0}),
        ("random_weight_sharing", {"candidates": 0}),
    ],
)
def test_settings_out_of_range_are_refused(name: str, parameters: dict) -> None:
    with pytest.raises(ValueError):
        make(name, **parameters)
