"""Small graph networks trained side by side to rank: gated flow along the edges, both ways, then a perceptron.

Along an edge flows what its source holds, through a gate that the operation of the node it enters opens or closes, as
in the dense graph flow of Ning et al., "A Generic Graph-based Neural Architecture Encoding Scheme for Predictor-based
NAS" (GATES), ECCV 2020, and of Akhauri and Abdelfattah, "Encodings for Prediction-based Neural Architecture Search"
(FLAN), ICML 2024. What other columns say is joined to what was read from the graphs; without graphs there is only that.

m: members; b: rows of a batch; g: graphs of a row; v: nodes; o: operations; e: other columns; w: width.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from predictors.tensors import FIRST, GraphTensors

if TYPE_CHECKING:
    import torch

MARGIN = 0.1
"""By how much the better of two is to be scored higher, as in both papers."""
BLOCK = 1024
"""Rows scored at a time."""

Theta = dict[str, np.ndarray]
"""Weights by name, each float32 with the members first."""


@dataclass(frozen=True)
class Shape:
    """What networks are made of.

    Args:
        operations: o, kinds of nodes.
        graphs: g, 0 for a perceptron on the other columns.
        others: e.
        width: w, of a node's state and of the perceptron's two hidden layers.
        layers: of the flow.
    """

    operations: int
    graphs: int
    others: int
    width: int
    layers: int

    def sizes(self) -> dict[str, tuple[int, int]]:
        """Rows and columns of each matrix of weights; the first tell how many numbers come in."""
        w, found = self.width, {}
        if self.graphs:
            found["embedding"] = (self.operations, w)
            for layer in range(self.layers):
                found |= {f"flow{layer}": (w, 3 * w), f"gate{layer}": (w, 2 * w)}
        read = 2 * w * self.graphs + self.others
        return found | {"hidden0": (read, w), "hidden1": (w, w), "answer": (w, 1)}


@dataclass(frozen=True)
class Schedule:
    """How networks are trained.

    Args:
        steps: of Adam.
        rate: of learning at the first step; falls to zero as half a cosine.
        decay: of the weights, decoupled, in a step of rate 1.
        batch: b, at most.
        regression: weight of the mean squared error beside the hinge loss of pairs; from few rows more is learned so.
    """

    steps: int
    rate: float
    decay: float
    batch: int
    regression: float = 0.0


@dataclass(frozen=True)
class Inputs:
    """Rows as tensors: nodes (n, g, v, o) one-hot, zero where there is no node; edges (n, g, v, v); others (n, e)."""

    nodes: torch.Tensor
    edges: torch.Tensor
    others: torch.Tensor

    def rows(self, places: torch.Tensor) -> Inputs:
        """The rows of each member, places of shape (m, b): one dimension more in front."""
        return Inputs(self.nodes[places], self.edges[places], self.others[places])


@contextmanager
def one_thread() -> Iterator[None]:
    """Torch on one thread within; matrices this small are slower on several."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def to_inputs(graphs: GraphTensors | None, others: np.ndarray, device: str, precise: bool) -> Inputs:
    """Rows as tensors, in float64 where ``precise``, else in float32."""
    import torch

    kind = torch.float64 if precise else torch.float32
    more = torch.as_tensor(others, dtype=kind, device=device)
    if graphs is None:
        nothing = more.new_zeros((len(others), 0, 1, 1))
        return Inputs(nothing, nothing, more)
    hot = (graphs.operations[..., None] == np.arange(FIRST + len(graphs.labels))) & graphs.mask[..., None]
    nodes, edges = (torch.as_tensor(part, device=device).to(kind) for part in (hot, graphs.adjacency))
    return Inputs(nodes, edges, more)


def begin(members: int, shape: Shape, seed: int) -> Theta:
    """Untrained members: normal weights of variance 2 / units before, no biases."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    theta = {}
    for name, (before, after) in shape.sizes().items():
        weights = torch.randn((members, before, after), generator=generator)
        spread = 1.0 if name == "embedding" else math.sqrt((1 if name[:4] in ("gate", "answ") else 2) / max(before, 1))
        theta[name] = (weights * spread).numpy()
        if name != "embedding":
            theta[f"{name}.bias"] = np.zeros((members, 1, after), dtype=np.float32)
    return theta


def answers(theta: dict[str, torch.Tensor], shape: Shape, rows: Inputs) -> torch.Tensor:
    """Scores (m, b) of rows with a dimension in front: m, or 1 where all members look at the same."""
    import torch

    members, count = len(theta["answer"]), rows.others.shape[1]
    read = [rows.others.expand(members, -1, -1)]
    if shape.graphs:
        states = _flow(theta, shape, rows)
        everything = states.sum(dim=3) / states.shape[3]
        read += [everything.reshape(members, count, -1), states[:, :, :, -1].reshape(members, count, -1)]
    hidden = torch.cat(read, dim=2)
    for name in ("hidden0", "hidden1"):
        hidden = torch.relu(torch.baddbmm(theta[f"{name}.bias"], hidden, theta[name]))
    return torch.baddbmm(theta["answer.bias"], hidden, theta["answer"])[..., 0]


def _flow(theta: dict[str, torch.Tensor], shape: Shape, rows: Inputs) -> torch.Tensor:
    """States of nodes after all layers, (m, b, g, v, w)."""
    import torch

    members, w = len(theta["answer"]), shape.width
    count, graphs, v = rows.nodes.shape[1:4]
    nodes = rows.nodes.expand(members, -1, -1, -1, -1).reshape(members, -1, shape.operations)
    edges = rows.edges.expand(members, -1, -1, -1, -1).reshape(-1, v, v)
    there = nodes.sum(dim=2, keepdim=True)
    states = nodes @ theta["embedding"]
    for layer in range(shape.layers):
        made = torch.baddbmm(theta[f"flow{layer}.bias"], states, theta[f"flow{layer}"])
        own, forth, back = made.split(w, dim=2)
        opened = torch.sigmoid(torch.baddbmm(theta[f"gate{layer}.bias"], theta["embedding"], theta[f"gate{layer}"]))
        gates = nodes @ opened
        arrived = [
            (matrix @ part.reshape(-1, v, w)).reshape(members, -1, w)
            for matrix, part in ((edges.transpose(1, 2), forth), (edges, back))
        ]
        flowed = own + gates[..., :w] * arrived[0] + gates[..., w:] * arrived[1]
        states = states + torch.relu(flowed) * there
    return states.reshape(members, count, graphs, v, w)


def ranking_loss(said: torch.Tensor, actual: torch.Tensor) -> torch.Tensor:
    """Mean hinge loss of each member's pairs of different worth, summed over members: both of shape (m, b)."""
    import torch

    better = (actual[:, :, None] > actual[:, None, :]).to(said.dtype)
    short = torch.relu(MARGIN - (said[:, :, None] - said[:, None, :]))
    return ((short * better).sum(dim=(1, 2)) / better.sum(dim=(1, 2)).clamp(min=1.0)).sum()


def train(
    theta: Theta,
    shape: Shape,
    inputs: Inputs,
    y: np.ndarray,
    rows: Sequence[np.ndarray],
    schedule: Schedule,
    rng: np.random.Generator,
) -> Theta:
    """Trained members; ``theta`` stays as it is.

    Args:
        theta: of the members at the beginning.
        shape: of the networks.
        inputs: of all n rows.
        y: scores, (n,), of deviation 1; without regression only their order is learned.
        rows: places that each member may see.
        schedule: of the training.
        rng: draws the batches.
    """
    import torch

    device = inputs.others.device
    flat = torch.tensor(_flat(theta), device=device, requires_grad=True)
    ends = np.cumsum([part[0].size for part in theta.values()]).tolist()
    targets = torch.as_tensor(y, dtype=flat.dtype, device=device)
    adam = torch.optim.AdamW([flat], lr=schedule.rate, weight_decay=schedule.decay)
    batches = [_batches(part, max(map(len, rows)), schedule, rng) for part in rows]
    for step in range(schedule.steps):
        adam.param_groups[0]["lr"] = schedule.rate * 0.5 * (1 + math.cos(math.pi * step / schedule.steps))
        places = torch.as_tensor(np.stack([part[step] for part in batches]), device=device)
        held = {
            name: part.reshape(theta[name].shape)
            for name, part in zip(theta, flat.tensor_split(ends[:-1], dim=1), strict=True)
        }
        said, actual = answers(held, shape, inputs.rows(places)), targets[places]
        loss = ranking_loss(said, actual) + schedule.regression * ((said - actual) ** 2).mean(dim=1).sum()
        adam.zero_grad()
        loss.backward()
        adam.step()
    trained = np.split(flat.detach().cpu().numpy(), ends[:-1], axis=1)
    return {name: part.reshape(theta[name].shape) for name, part in zip(theta, trained, strict=True)}


def _flat(theta: Theta) -> np.ndarray:
    return np.concatenate([part.reshape(len(part), -1) for part in theta.values()], axis=1)


def _batches(rows: np.ndarray, most: int, schedule: Schedule, rng: np.random.Generator) -> np.ndarray:
    """Places of each step, (steps, b): the rows in one random order after another; b is the same for all members."""
    b = min(schedule.batch, most)
    turns = -(-schedule.steps * b // len(rows))
    order = rng.permuted(np.tile(rows, (turns, 1)), axis=1)
    return order.reshape(-1)[: schedule.steps * b].reshape(schedule.steps, b)


def score(theta: Theta, shape: Shape, inputs: Inputs) -> np.ndarray:
    """What each member says of each row, float64 (m, n)."""
    import torch

    with torch.no_grad():
        kind, device = inputs.others.dtype, inputs.others.device
        held = {name: torch.as_tensor(part, device=device).to(kind) for name, part in theta.items()}
        said = [np.zeros((len(theta["answer"]), 0))]
        for start in range(0, len(inputs.others), BLOCK):
            places = torch.arange(start, min(start + BLOCK, len(inputs.others)), device=device)[None]
            said.append(answers(held, shape, inputs.rows(places)).cpu().numpy().astype(np.float64))
    return np.concatenate(said, axis=1)
