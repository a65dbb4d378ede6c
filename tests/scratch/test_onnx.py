"""Trained networks as ONNX files: they compute what torch computes, and a missing extra spoils nothing."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs torch")

from nasbench.scratch.weights import load_trained  # noqa: E402
from tests.scratch.training_folders import SMALL, TEXT, make_images  # noqa: E402

NB201 = "|nor_conv_3x3~0|+|avg_pool_3x3~0|none~1|+|skip_connect~0|nor_conv_1x1~1|avg_pool_3x3~2|"


def test_a_missing_extra_is_named_and_spoils_nothing(nasbench, trained, tmp_path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    words = ("train", "--architecture", TEXT, *SMALL, "--epochs", 1, "--out", tmp_path / "t")
    code, out, err = nasbench(*words)
    assert code == 0, err
    assert "no ONNX file: an ONNX file needs onnxscript, which is not installed: pip install" in out
    assert "nasbench-forge[onnx]" in out and not (tmp_path / "t" / "best.onnx").exists()
    told = json.loads((tmp_path / "t" / "result.json").read_text())
    assert told["complete"] and told["onnx"] is None


@pytest.mark.slow
@pytest.mark.parametrize("space", ["darts", "nas_bench_201"])
def test_the_file_computes_what_torch_computes(nasbench, tmp_path, space: str) -> None:
    for package in ("onnx", "onnxscript", "onnxruntime"):
        pytest.importorskip(package, reason="ONNX files need the extra onnx")
    import onnx
    import onnxruntime

    plain = () if space == "darts" else ("--space", space)
    words = ("train", "--architecture", TEXT if space == "darts" else NB201, *plain, *SMALL, "--epochs", 1)
    code, _, err = nasbench(*words, "--out", tmp_path / "t")
    assert code == 0, err
    path = tmp_path / "t" / "best.onnx"
    assert json.loads((tmp_path / "t" / "result.json").read_text())["onnx"] == path.name
    onnx.checker.check_model(str(path), full_check=True)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    assert [value.name for value in (*session.get_inputs(), *session.get_outputs())] == ["images", "logits"]
    properties = session.get_modelmeta().custom_metadata_map
    assert properties["space"] == space and len(json.loads(properties["classes"])) == 10
    assert len(json.loads(properties["mean"])) == len(json.loads(properties["std"])) == 1
    network, (images, _) = load_trained(tmp_path / "t"), make_images()
    for count in (1, 2, 7):
        x = images.test[0][:count].contiguous()
        with torch.no_grad():
            wanted = network(x).numpy()
        (found,) = session.run(None, {"images": x.numpy()})
        assert found.shape == (count, 10) and np.abs(wanted).max() > 1e-3
        assert np.allclose(found, wanted, rtol=1e-4, atol=1e-5)
