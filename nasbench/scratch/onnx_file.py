"""A trained network as an ONNX file, which other programs run."""

from __future__ import annotations

import contextlib
import io
import json
import warnings
from pathlib import Path

import torch

from nasbench.database.files import written_atomically
from nasbench.registry import missing_extra
from nasbench.scratch.weights import load_trained


def write_onnx(folder: Path, path: Path) -> None:
    """Writes the best network of a training: input ``images`` [images, channels, height, width], output ``logits``.

    The number of images is free. Inputs are images divided by 255 and normalised by the mean and deviation of each
    channel, which the file holds among its properties beside space, architecture and classes.

    Raises:
        ImportError: the extra ``onnx`` is not installed.
        RuntimeError: torch cannot write this network so.
    """
    with missing_extra("an ONNX file"):
        import onnx
        import onnxscript

        del onnxscript  # torch imports it itself, with a less helpful sentence
    network = load_trained(folder)
    example = torch.zeros(2, *network.plan.input_shape)
    quiet = io.StringIO()
    with written_atomically(path) as beside, warnings.catch_warnings(), contextlib.redirect_stdout(quiet):
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            (example,),
            str(beside),
            input_names=["images"],
            output_names=["logits"],
            dynamic_shapes={"x": {0: torch.export.Dim("images", min=1)}},
            dynamo=True,
            external_data=False,
            verbose=False,
        )
        model = onnx.load(str(beside))
        onnx.helper.set_model_props(model, _properties(folder))
        onnx.save(model, str(beside))


def _properties(folder: Path) -> dict[str, str]:
    """What a reader of the file must know, each as JSON but for plain names."""
    told = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    data = {name: json.dumps(told["data"][name]) for name in ("classes", "mean", "std")}
    return {"space": told["space"], "architecture": told["architecture"], "dataset": told["data"]["name"], **data}
