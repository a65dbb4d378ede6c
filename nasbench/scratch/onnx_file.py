"""A trained network as an ONNX file, which other programs run."""

from __future__ import annotations

import contextlib
import io
import warnings
from pathlib import Path

import torch

from nasbench.database.files import written_atomically
from nasbench.registry import missing_extra
from nasbench.scratch.weights import load_trained


def write_onnx(folder: Path, path: Path) -> None:
    """Writes the best network of a training: input ``images`` [images, channels, height, width], output ``logits``.

    The number of images is free. Inputs are normalised by the mean and deviation of the data set's card.

    Raises:
        ImportError: the extra ``onnx`` is not installed.
        RuntimeError: torch cannot write this network so.
    """
    with missing_extra("an ONNX file"):
        import onnx
        import onnxscript

        del onnx, onnxscript  # torch imports them itself, with a less helpful sentence
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
