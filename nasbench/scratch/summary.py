"""What a training from scratch is, and what came of it, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import nasbench
from nasbench.console import duration


def heading(about: Mapping[str, Any]) -> str:
    """A line on what is trained."""
    recipe = about["recipe"]
    return (
        f"{about['architecture']} of {about['space']} on {recipe['dataset']}, {recipe['epochs']} epochs, "
        f"{recipe['channels']} channels, {nasbench.load_space(about['space']).cells_text(recipe['cells'])}"
    )


def as_text(told: Mapping[str, Any]) -> str:
    """The result as lines: size, accuracy of the best and the last epoch, time, and what was not written."""
    cost, data = told["cost"], told["data"]
    lines = [
        f"{told['origin']}; seed {told['seed']}; {data['name']} with {data['counts']['train']:,} training, "
        f"{data['counts']['validation']:,} validation and {data['counts']['test']:,} test images",
        f"{cost['parameters_built']:,} parameters, {cost['flops_built'] / 1e6:,.2f} million multiply-adds an image",
        f"best epoch {told['best_epoch']} of {told['epochs']} by validation: {told['val_accuracy']:.2f} % there, "
        f"{told['last_val_accuracy']:.2f} % after the last",
        f"test accuracy of the best {told['test_accuracy']:.2f} %, loss {told['test_loss']:.4f} nats",
        f"trained in {duration(told['seconds'])} on {told['hardware']['device']}",
    ]
    if told.get("no_onnx"):
        lines.append(f"no ONNX file: {told['no_onnx']}")
    return "\n".join(lines)
