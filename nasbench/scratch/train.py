"""A training from scratch as a folder: checkpoint, weights, curves, confusion and ``result.json``."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

import nasbench
from datasets.dataset import Dataset
from nasbench.complexity import complexity
from nasbench.console import progress
from nasbench.database.files import write_atomically
from nasbench.database.lock import FileLock
from nasbench.generator.environment import hardware, versions
from nasbench.generator.worker import keep_freed_memory
from nasbench.plan import Plan, prune
from nasbench.result_folder import check_same, put_result, read_result
from nasbench.scratch.onnx_file import write_onnx
from nasbench.scratch.recipe import ScratchRecipe
from nasbench.scratch.session import ScratchTraining, judge
from nasbench.scratch.weights import load_tensors, save_tensors, take_weights
from nasbench.space import Architecture, Space
from nasbench.training.loop import Images

CHECKPOINT, BEST, LAST, ONNX = "checkpoint.pt", "best.pt", "last.pt", "best.onnx"
SOURCES = ("text", "table", "search", "random")
"""Where architectures come from."""
CURVES, CONFUSION = "curves.csv", "confusion.npz"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainRequest:
    """What is trained, and how.

    Args:
        space: the search space.
        architecture: one of it.
        recipe: the hyper-parameters.
        seed: which training of the architecture.
        data_root: where the images are.
        device: ``cpu``, ``cuda``, ... as :func:`nasbench.generator.build.resolve_device` gives it.
        source: where the architecture comes from: one of :data:`SOURCES`.
        origin: the same in words.
        onnx: whether the best network is written as ONNX too.
    """

    space: Space
    architecture: Architecture
    recipe: ScratchRecipe
    seed: int = 0
    data_root: Path | None = None
    device: str = "cpu"
    source: str = "text"
    origin: str = "given as text"
    onnx: bool = True

    def about(self) -> dict[str, Any]:
        """What decides the result, as JSON, the data set's card aside; where it differs it is another training."""
        return {
            "kind": "train",
            "space": self.space.name,
            "architecture": self.space.format(self.architecture),
            "recipe": self.recipe.to_json(),
            "seed": self.seed,
        }


def train_from_scratch(request: TrainRequest, out: Path) -> dict[str, Any]:
    """What ``result.json`` in ``out`` then says; an unfinished training there is gone on with, a finished one told.

    The best epoch is the one of the highest validation accuracy. Test images are read once, by the weights of that
    epoch, after the last one.

    Raises:
        ValueError: the folder holds another training, the recipe does not fit the space, or a loss is not finite.
        OSError: images or a file cannot be read or written.
    """
    keep_freed_memory()
    base = request.recipe.base
    dataset = nasbench.load_dataset(base.dataset, root=request.data_root, **base.data_options())
    about = {**request.about(), "data": dataset.card.to_json()}
    told = read_result(out, "train")
    check_same(out, told, about)
    skeleton = request.recipe.skeleton(dataset.card.shape, len(dataset.card.classes))
    plan = request.space.plan(request.architecture, skeleton)
    if told is None or not told["complete"]:
        out.mkdir(parents=True, exist_ok=True)
        lock = FileLock(out / ".train")
        try:
            told = _trained(request, plan, dataset, about, out)
        finally:
            lock.release()
    return _exported(request, told, out) if request.onnx else told


def _trained(request: TrainRequest, plan: Plan, dataset: Dataset, about: dict[str, Any], out: Path) -> dict[str, Any]:
    """The whole training, from where it stands."""
    images = Images.of(dataset, torch.device(request.device))
    class_hash = request.space.canonical_hash(request.architecture)
    training = ScratchTraining(plan, class_hash, request.seed, images, request.recipe)
    about = {
        **about,
        "class_hash": class_hash,
        "source": request.source,
        "origin": request.origin,
        "cost": _cost(plan),
        "threads": torch.get_num_threads(),
        "versions": versions(),
        "hardware": hardware(request.device),
    }
    put_result(out, {**about, "complete": False})
    _run(training, out)
    save_tensors(out / LAST, training.network.state_dict())
    told = {**about, **_judged(training, len(dataset.card.classes), out), "onnx": None, "complete": True}
    put_result(out, told)
    return told


def _run(training: ScratchTraining, out: Path) -> None:
    """All epochs, those of the checkpoint not again; after each a new checkpoint."""
    checkpoint, device = out / CHECKPOINT, training.images.train[0].device
    if checkpoint.exists():
        training.restore(load_tensors(checkpoint, device), checkpoint)
    history, epochs = training.history, training.recipe.base.epochs
    with progress(epochs, "epochs", done=len(history)) as bar:
        while len(history) < epochs:
            training.run_epoch()
            if history.best == len(history) - 1:  # first, so that a checkpoint never knows of better weights than kept
                save_tensors(out / BEST, training.network.state_dict())
            save_tensors(checkpoint, training.state())
            history.write(out / CURVES)
            last = {name: history.column(name)[-1] for name in ("train_loss", "val_accuracy")}
            bar.update(1, loss=float(last["train_loss"]), val=float(last["val_accuracy"]))


def _judged(training: ScratchTraining, classes: int, out: Path) -> dict[str, Any]:
    """What the weights of the best epoch are worth; their confusions are written down."""
    history, base = training.history, training.recipe.base
    take_weights(training.network, load_tensors(out / BEST, training.images.train[0].device), out / BEST)
    validation, test = (
        judge(training.network, split, base, classes) for split in (training.images.validation, training.images.test)
    )
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, validation=validation.confusion, test=test.confusion)
    write_atomically(out / CONFUSION, buffer.getbuffer())
    return {
        "epochs": len(history),
        "best_epoch": history.best + 1,
        "val_loss": validation.loss,
        "val_accuracy": validation.accuracy,
        "test_loss": test.loss,
        "test_accuracy": test.accuracy,
        "last_val_accuracy": float(history.column("val_accuracy")[-1]),
        "seconds": float(history.column("seconds").sum()),
    }


def _exported(request: TrainRequest, told: dict[str, Any], out: Path) -> dict[str, Any]:
    """The result with the name of the ONNX file, or with why there is none; a training is not spoilt by it."""
    if told.get("onnx") is None or not (out / ONNX).exists():
        try:
            write_onnx(out, out / ONNX)
            told = {**told, "onnx": ONNX, "no_onnx": None}
        except (ImportError, RuntimeError) as error:
            told = {**told, "onnx": None, "no_onnx": " ".join(str(error).split())}
        put_result(out, told)
    return told


def _cost(plan: Plan) -> dict[str, int]:
    """Parameters and FLOPs as published and as built, without the auxiliary classifier."""
    published, built = complexity(plan), complexity(prune(plan))
    return {
        "parameters": published.parameters,
        "flops": published.flops,
        "parameters_built": built.parameters,
        "flops_built": built.flops,
    }
