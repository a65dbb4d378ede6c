"""Small trainings from scratch for tests: an architecture of DARTS, three cells of four channels, on few digits."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from nasbench import load_dataset, load_space
from nasbench.scratch.recipe import ScratchRecipe
from nasbench.training.recipe import Recipe

SPACE = load_space("darts")
ARCHITECTURE = SPACE.sample(np.random.default_rng(3))
TEXT = SPACE.format(ARCHITECTURE)
BASE = Recipe(
    dataset="digits",
    train_images=160,
    validation_images=80,
    channels=4,
    cells=3,
    epochs=3,
    batch_size=32,
    learning_rate=0.05,
    nesterov=False,
    schedule="cosine",
    warmup=0.0,
    label_smoothing=0.0,
    crop_padding=1,
    cutout=2,
)
RECIPE = ScratchRecipe(base=BASE, drop_path=0.3, auxiliary_weight=0.4, gradient_clip=5.0)
SMALL = (
    *("--dataset", "digits", "--train-images", 160, "--validation-images", 80, "--channels", 4, "--cells", 3),
    *("--epochs", 2, "--batch-size", 32, "--crop-padding", 1, "--cutout", 2, "--device", "cpu"),
)
"""Options with which a training takes a second."""


def with_base(recipe: ScratchRecipe = RECIPE, **changes: object) -> ScratchRecipe:
    """The recipe with other fields of its base."""
    return dataclasses.replace(recipe, base=dataclasses.replace(recipe.base, **changes))


def make_images(recipe: ScratchRecipe = RECIPE):
    """Images as tensors, and their classes."""
    import torch

    from nasbench.training.loop import Images

    dataset = load_dataset("digits", **recipe.base.data_options())
    return Images.of(dataset, torch.device("cpu")), len(dataset.card.classes)


def make_training(recipe: ScratchRecipe = RECIPE, images=None, seed: int = 0):
    """A training that has not begun."""
    from nasbench.scratch.session import ScratchTraining

    images = make_images(recipe)[0] if images is None else images
    skeleton = recipe.skeleton(tuple(images.train[0].shape[1:]), 10)
    plan = SPACE.plan(ARCHITECTURE, skeleton)
    return ScratchTraining(plan, SPACE.canonical_hash(ARCHITECTURE), seed, images, recipe)


def files_but_seconds(folder: Path) -> dict[str, object]:
    """What a training left, wall-clock times aside: curves, weights by name, confusion."""
    from nasbench.scratch.weights import load_tensors

    lines = (folder / "curves.csv").read_text().splitlines()
    found: dict[str, object] = {"curves": [line.rpartition(",")[0] for line in lines]}
    for name in ("best", "last"):
        weights = load_tensors(folder / f"{name}.pt")
        found[name] = {key: value.numpy().tobytes() for key, value in weights.items()}
    with np.load(folder / "confusion.npz") as stored:
        found["confusion"] = {key: stored[key].tolist() for key in stored.files}
    return found
