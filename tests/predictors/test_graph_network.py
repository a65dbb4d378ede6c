"""Graph network: its layers against sums written out node by node, its loss against pairs, its line, its chance."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from predictors import graph_layers
from predictors.graph_layers import MARGIN, Schedule, Shape
from predictors.metrics import kendall
from predictors.models.graph_network import LEAST, GraphNetwork
from predictors.tensors import FIRST, GraphTensors
from tests.predictors.examples import TwoCells, class_members, worth

TRAINED, TESTED = class_members(120)[:80], class_members(120)[80:]
SHAPE = Shape(operations=FIRST + 2, graphs=2, others=3, width=4, layers=2)


def drawn(count: int, seed: int = 0) -> tuple[GraphTensors, np.ndarray]:
    """Graphs of five nodes, some of which are not there, and other columns."""
    rng = np.random.default_rng(seed)
    operations = rng.integers(FIRST, FIRST + 2, (count, 2, 5))
    operations[rng.random(operations.shape) < 0.3] = 0
    operations[..., 0], operations[..., -1] = 1, 2
    mask = operations > 0
    edges = np.triu(rng.random((count, 2, 5, 5)) < 0.6, 1) & mask[..., None] & mask[..., None, :]
    return GraphTensors(operations, edges, mask, ("a", "b")), rng.standard_normal((count, 3))


def weights(members: int, shape: Shape = SHAPE) -> dict[str, np.ndarray]:
    theta = graph_layers.begin(members, shape, 1)
    rng = np.random.default_rng(2)
    return {name: part + 0.1 * rng.standard_normal(part.shape).astype(np.float32) for name, part in theta.items()}


def by_hand(theta: dict[str, np.ndarray], graphs: GraphTensors, others: np.ndarray, row: int) -> float:
    """What the first member says of a row, node by node."""
    own = {name: part[0].astype(np.float64) for name, part in theta.items()}
    w, read = 4, []
    states = {}
    for g in range(2):
        there = [node for node in range(5) if graphs.mask[row, g, node]]
        kinds = {node: own["embedding"][graphs.operations[row, g, node]] for node in there}
        state = dict(kinds)
        for layer in range(2):
            made = {n: x @ own[f"flow{layer}"] + own[f"flow{layer}.bias"][0] for n, x in state.items()}
            after = {}
            for node in there:
                gate = 1 / (1 + np.exp(-(kinds[node] @ own[f"gate{layer}"] + own[f"gate{layer}.bias"][0])))
                sources = [made[s][w : 2 * w] for s in there if graphs.adjacency[row, g, s, node]]
                targets = [made[t][2 * w :] for t in there if graphs.adjacency[row, g, node, t]]
                flowed = made[node][:w] + gate[:w] * sum(sources) + gate[w:] * sum(targets)
                after[node] = state[node] + np.maximum(flowed, 0)
            state = after
        states[g] = state
    read = [others[row], *(sum(states[g].values()) / 5 for g in range(2)), *(states[g][4] for g in range(2))]
    hidden = np.concatenate(read)
    for name in ("hidden0", "hidden1"):
        hidden = np.maximum(hidden @ own[name] + own[f"{name}.bias"][0], 0)
    return float((hidden @ own["answer"] + own["answer.bias"][0])[0])


def test_layers_are_the_sums_written_out() -> None:
    graphs, others = drawn(6)
    theta = weights(3)
    said = graph_layers.score(theta, SHAPE, graph_layers.to_inputs(graphs, others, "cpu", precise=True))
    assert said.shape == (3, 6)
    assert said[0] == pytest.approx([by_hand(theta, graphs, others, row) for row in range(6)])


def test_members_do_not_see_each_other() -> None:
    """Trained in company or alone a member becomes the same."""
    graphs, others = drawn(20)
    inputs, theta = graph_layers.to_inputs(graphs, others, "cpu", precise=False), weights(3)
    y, everything = np.arange(20.0), np.arange(20)
    one = {name: part[:1] for name, part in theta.items()}
    schedule = Schedule(steps=8, rate=0.01, decay=0.1, batch=16)
    rows = [everything] * 3
    together = graph_layers.train(theta, SHAPE, inputs, y, rows, schedule, np.random.default_rng(0))
    alone = graph_layers.train(one, SHAPE, inputs, y, rows[:1], schedule, np.random.default_rng(0))
    for name, part in alone.items():
        assert part[0] == pytest.approx(together[name][0], abs=1e-3)
        assert name == "answer.bias" or not np.allclose(together[name], theta[name], atol=1e-4)


def test_loss_is_that_of_pairs() -> None:
    rng = np.random.default_rng(0)
    said, actual = 0.2 * rng.standard_normal((2, 7)), rng.integers(0, 4, (2, 7)).astype(np.float64)
    slow = 0.0
    for s, y in zip(said, actual, strict=True):
        short = [max(0.0, MARGIN - s[i] + s[j]) for i in range(7) for j in range(7) if y[i] > y[j]]
        slow += float(np.mean(short))
    assert graph_layers.ranking_loss(torch.tensor(said), torch.tensor(actual)).item() == pytest.approx(slow)
    same = torch.zeros((1, 3))
    assert graph_layers.ranking_loss(torch.tensor([[3.0, 1.0, 2.0]]), same).item() == 0.0
    apart = torch.tensor([[0.3, 0.2, 0.0]])
    assert graph_layers.ranking_loss(apart, apart).item() == pytest.approx(0.0, abs=1e-7)


def test_regression_brings_answers_to_the_scores() -> None:
    """Ranked alone, their level is nobody's business: the last bias stays where it was."""
    graphs, others = drawn(12)
    inputs, theta, y = graph_layers.to_inputs(graphs, others, "cpu", precise=False), weights(1), np.linspace(2, 4, 12)
    found = {}
    for regression in (0.0, 1.0):
        schedule = Schedule(150, 0.02, 0.0, 12, regression)
        rng = np.random.default_rng(0)
        trained = graph_layers.train(theta, SHAPE, inputs, y, [np.arange(12)], schedule, rng)
        found[regression] = np.abs(graph_layers.score(trained, SHAPE, inputs)[0] - y).mean()
        level = trained["answer.bias"] - theta["answer.bias"]
        assert np.allclose(level, 0.0, atol=1e-3) == (regression == 0.0)
    assert 2 * found[1.0] < found[0.0]


def test_batches_hold_what_a_member_may_see() -> None:
    schedule = Schedule(steps=6, rate=0.1, decay=0.0, batch=4)
    found = graph_layers._batches(np.array([2, 3, 5, 8]), 9, schedule, np.random.default_rng(0))
    assert found.shape == (6, 4)
    assert all(sorted(batch) == [2, 3, 5, 8] for batch in found.tolist())
    assert graph_layers._batches(np.array([7]), 3, schedule, np.random.default_rng(0)).tolist() == [[7] * 3] * 6


def test_calibration_is_least_squares_on_what_was_not_seen() -> None:
    model, y = GraphNetwork(warp="identity"), np.array([1.0, 2.0, 4.0, 9.0])
    model._calibrate((y - 3) / 5, y)
    assert model.warp_.back(np.array([model.start_ + model.slope_ * 0.2])) == pytest.approx([4.0])
    assert model.noise_ == pytest.approx(0.0)
    model._calibrate(-y, y)  # ranked the wrong way round: the line still rises
    assert model.slope_ == pytest.approx(LEAST)


def test_graphs_of_two_cells_and_other_columns_are_learned() -> None:
    space = TwoCells()
    some = list(space)
    y = np.array([3.0 * (a.choices[0] == 0) + a.choices[2] - a.choices[3] for a in some])
    held = np.arange(len(some)) % 3 == 0
    model = GraphNetwork("graph_tensors+one_hot", steps=100, members=2, folds=2)
    features = model.encoding
    assert features == "graph_tensors+one_hot"
    from predictors.encoding import load_encoding

    encoder = load_encoding(features)
    model.feature_names_, model.feature_spread_ = encoder.feature_names(space), encoder.spread(space)
    columns = encoder.encode(space, some)
    model.fit_features(columns[~held], y[~held], np.arange((~held).sum()))
    assert model._shape() == Shape(FIRST + 4, 2, sum(space.options), 32, model.layers)
    assert kendall(y[held], model.predict_features(columns[held])[0]) > 0.6


def test_it_ranks_what_was_not_seen() -> None:
    model = GraphNetwork().fit(TRAINED, worth(TRAINED))
    assert kendall(worth(TESTED), model.predict(TESTED)) > 0.6


@pytest.mark.parametrize(("count", "steps"), [(2, 200), (320, 400), (10_000, 2000)])
def test_many_rows_take_more_steps(monkeypatch: pytest.MonkeyPatch, count: int, steps: int) -> None:
    seen = []

    def noted(theta, shape, inputs, y, rows, schedule, rng):
        seen.append(schedule.steps)
        return theta

    monkeypatch.setattr(graph_layers, "train", noted)
    model = GraphNetwork("one_hot", folds=2, members=1, width=2)
    model.feature_names_, model.feature_spread_ = ("0=0",), np.array([[0.0], [1.0]])
    model.fit_features(np.arange(float(count))[:, None], np.arange(float(count)), np.arange(count))
    assert seen == [steps]


def test_threads_are_left_alone() -> None:
    before = torch.get_num_threads()
    GraphNetwork(steps=2, members=1).fit(TRAINED[:6], worth(TRAINED[:6])).predict(TESTED)
    assert torch.get_num_threads() == before


@pytest.mark.parametrize("name", ["width", "layers", "steps", "members"])
def test_nonsense_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} must be at least 1, got 0"):
        GraphNetwork(**{name: 0}).fit(TRAINED, worth(TRAINED))
