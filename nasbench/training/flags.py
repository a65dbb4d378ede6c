"""Fields of a recipe as arguments of commands. No torch."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping

from nasbench.arguments import flag

FIELDS: dict[str, tuple[type, str]] = {
    "dataset": (str, "data set"),
    "train_images": (int, "images to train on"),
    "validation_images": (int, "images held out of the others for validation"),
    "validation_fraction": (float, "share of all held out, where the number is not given"),
    "data_seed": (int, "seed of the splits"),
    "image_size": (int, "side in pixels that images are resized to"),
    "channels": (int, "channels of the first stage"),
    "cells": (int, "cells in a stage, or of the whole network, as the space counts them"),
    "epochs": (int, "passes over the training images"),
    "batch_size": (int, "images a step"),
    "learning_rate": (float, "peak learning rate"),
    "momentum": (float, "of SGD"),
    "nesterov": (bool, "Nesterov's momentum"),
    "weight_decay": (float, "L2 penalty"),
    "schedule": (str, "cosine or one_cycle"),
    "warmup": (float, "share of the steps in which the learning rate rises"),
    "label_smoothing": (float, "probability spread over all classes"),
    "crop_padding": (int, "pixels of padding for random crops, 0 for none"),
    "flip": (bool, "random horizontal flips"),
    "cutout": (int, "side in pixels of the square blanked out, 0 for none"),
    "precision": (str, "float32, or bfloat16 under autocast"),
    "drop_path": (float, "share of paths dropped at the end of training, growing linearly from 0"),
    "auxiliary_weight": (float, "weight of the auxiliary classifier's loss, 0 for a network without one"),
    "gradient_clip": (float, "greatest norm of the gradient, 0 for any"),
    "stem": (str, "cifar or imagenet"),
}
"""Type and meaning of each field, those of training from scratch alone the last."""
_METAVARS = {int: "N", float: "X", str: "NAME"}


def add_recipe_fields(
    group: argparse._ArgumentGroup,
    names: Iterable[str],
    defaults: Mapping[str, object],
    texts: Mapping[str, str] | None = None,
) -> None:
    """Adds a flag for each field; None, where it is not given, leaves the field to a recipe.

    Args:
        group: of a command's arguments.
        names: of the fields, among :data:`FIELDS`.
        defaults: what holds where neither flag nor recipe says anything, told in the help.
        texts: what fields mean to this command, where it is not what they usually do.
    """
    for name in names:
        kind, text = FIELDS[name]
        text = (texts or {}).get(name, text) + (f" (default: {defaults[name]})" if name in defaults else "")
        if kind is bool:
            group.add_argument(flag(name), action=argparse.BooleanOptionalAction, default=None, help=text)
        else:
            group.add_argument(flag(name), metavar=_METAVARS[kind], type=kind, help=text)
