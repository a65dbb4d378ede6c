"""Tensors in files of torch's own form, written whole or not at all, read without running anything in them.

The one file of the project that calls ``torch.save`` and ``torch.load``, the latter with ``weights_only``: a file that
holds more than tensors and plain containers is refused.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

import nasbench
from nasbench.database.files import write_atomically
from nasbench.networks.build import Network, build_network
from nasbench.scratch.recipe import ScratchRecipe


def save_tensors(path: Path, values: Mapping[str, Any]) -> None:
    """Puts tensors by name, and numbers and containers of them, into a file; a kill leaves what was there.

    Raises:
        OSError: the file cannot be written.
    """
    buffer = io.BytesIO()
    torch.save(dict(values), buffer)
    write_atomically(path, buffer.getbuffer())


def load_tensors(path: Path, device: str | torch.device = "cpu") -> dict[str, Any]:
    """What :func:`save_tensors` wrote, its tensors on a device.

    Raises:
        ValueError: the file is damaged, or holds more than tensors.
        OSError: it cannot be read.
    """
    try:
        values = torch.load(io.BytesIO(path.read_bytes()), map_location=device, weights_only=True)
    except OSError:
        raise
    except Exception as error:  # torch tells damage and foreign contents by errors of many kinds
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise ValueError(f"{path} cannot be read as weights ({first}): make it again") from None
    if not isinstance(values, dict):
        raise ValueError(f"{path} holds a {type(values).__name__} and not tensors by name: make it again")
    return values


def load_trained(folder: str | Path, which: str = "best", device: str | torch.device = "cpu") -> Network:
    """The network that ``nasbench train`` left in a folder, in evaluation mode.

    Args:
        folder: of the training.
        which: ``best`` by validation accuracy, or ``last``.
        device: where it is put.

    Raises:
        ValueError: the folder holds no such training, or the weights are of another network.
        OSError: a file is missing or cannot be read.
    """
    if which not in ("best", "last"):
        raise ValueError(f"weights are best or last, got {which!r}")
    told = json.loads((Path(folder) / "result.json").read_text(encoding="utf-8"))
    if told.get("kind") != "train":
        raise ValueError(f"{folder} holds a result of {told.get('kind')}, not of train")
    space, card = nasbench.load_space(told["space"]), told["data"]
    skeleton = ScratchRecipe.from_json(told["recipe"]).skeleton(tuple(card["shape"]), len(card["classes"]))
    network = build_network(space.plan(space.parse(told["architecture"]), skeleton), seed=0)
    take_weights(network, load_tensors(Path(folder) / f"{which}.pt"), Path(folder) / f"{which}.pt")
    return network.to(device).eval()


def take_weights(network: torch.nn.Module, weights: Mapping[str, Any], path: Path) -> None:
    """Gives a network the weights of a file, all of them.

    Raises:
        ValueError: they are of another network.
    """
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise ValueError(f"{path} holds weights of another network: {str(error).splitlines()[-1].strip()}") from None
