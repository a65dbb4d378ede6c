"""A one-shot searcher as arrays and JSON, between two epochs: saved, and taken back to the bit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch

from searchers.weight_sharing.searcher import OneShotSearcher


def snapshot(searcher: OneShotSearcher) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Arrays by name, and JSON, of all that a searcher has learned: shared weights, its own, optimisers, chance.

    The arrays are views of what it learns on with: write them down before it goes on.
    """
    arrays = {name: tensor.detach().cpu().numpy() for name, tensor in _tensors(searcher)}
    for name, optimizer in _optimizers(searcher):
        for place, state in optimizer.state_dict()["state"].items():
            for key, value in state.items():
                if value is not None:
                    arrays[f"{name}/{place}/{key}"] = torch.as_tensor(value).cpu().numpy()
    return arrays, {"chance": searcher.rng.bit_generator.state, "memory": searcher.memory()}


@torch.no_grad()
def restore(searcher: OneShotSearcher, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> None:
    """Takes a snapshot back: from here on the searcher does what the one that it was taken of would have done.

    Raises:
        ValueError: it is of another searcher or another supernet.
    """
    for name, tensor in _tensors(searcher):
        if name not in arrays or arrays[name].shape != tuple(tensor.shape):
            raise ValueError(f"this checkpoint is of another search: it has no {name} of shape {tuple(tensor.shape)}")
        tensor.copy_(torch.from_numpy(arrays[name]))
    for name, optimizer in _optimizers(searcher):
        weights = [weight for group in optimizer.param_groups for weight in group["params"]]
        states: dict[int, dict[str, torch.Tensor]] = {}
        for key, array in arrays.items():
            if key.startswith(f"{name}/"):
                place, _, field = key.removeprefix(f"{name}/").partition("/")
                states.setdefault(int(place), {})[field] = _laid_out(array, weights[int(place)])
        optimizer.load_state_dict({**optimizer.state_dict(), "state": states})
    searcher.rng.bit_generator.state = meta["chance"]
    searcher.recall(meta["memory"])


def _tensors(searcher: OneShotSearcher) -> Iterator[tuple[str, torch.Tensor]]:
    for name, tensor in searcher.shared.network.state_dict(keep_vars=True).items():
        yield f"shared/{name}", tensor
    for name, tensor in searcher.tensors().items():
        yield f"own/{name}", tensor


def _optimizers(searcher: OneShotSearcher) -> Iterator[tuple[str, torch.optim.Optimizer]]:
    yield "descent", searcher.shared.optimizer
    yield from searcher.optimizers().items()


def _laid_out(array: np.ndarray, weight: torch.Tensor) -> torch.Tensor:
    """A tensor of these numbers, in memory as the weight is, which optimisers rely on."""
    tensor = torch.from_numpy(array.copy())
    return torch.empty_like(weight).copy_(tensor) if tensor.shape == weight.shape else tensor
