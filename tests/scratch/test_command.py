"""``nasbench train``: what it leaves, how it goes on, which epoch it calls the best, where architectures come from."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs torch")

from nasbench.scratch import train as train_module  # noqa: E402
from nasbench.scratch.history import COLUMNS  # noqa: E402
from nasbench.scratch.session import ScratchTraining  # noqa: E402
from nasbench.scratch.weights import load_tensors, load_trained, save_tensors  # noqa: E402
from tests.generator.running import eventually, finish, start  # noqa: E402
from tests.scratch.training_folders import SMALL, SPACE, TEXT, files_but_seconds, make_images  # noqa: E402

GIVEN = ("train", "--architecture", TEXT, *SMALL, "--no-onnx")


def told(folder: Path) -> dict:
    return json.loads((folder / "result.json").read_text())


# -- what is left ---------------------------------------------------------------------------------------------------


def test_the_folder_says_everything(trained) -> None:
    said = told(trained)
    assert said["kind"] == "train" and said["source"] == "text" and said["complete"] and said["architecture"] == TEXT
    assert (said["recipe"]["drop_path"], said["recipe"]["auxiliary_weight"]) == (0.2, 0.4), "the published recipe"
    lines = [line.split(",") for line in (trained / "curves.csv").read_text().splitlines()]
    assert lines[0][:2] == ["epoch", "learning_rate"] and [line[0] for line in lines[1:]] == ["1", "2"]
    val = [float(line[lines[0].index("val_accuracy")]) for line in lines[1:]]
    assert said["best_epoch"] == val.index(max(val)) + 1 and said["val_accuracy"] == pytest.approx(max(val))
    with np.load(trained / "confusion.npz") as stored:
        for split in ("validation", "test"):
            counts = stored[split]
            assert counts.shape == (10, 10) and counts.sum() == said["data"]["counts"][split]
            name = "val_accuracy" if split == "validation" else "test_accuracy"
            assert said[name] == 100 * np.trace(counts) / counts.sum()
    assert said["cost"]["parameters_built"] == sum(
        weight.numel()
        for name, weight in load_trained(trained).named_parameters()
        if not name.startswith("operations.auxiliary")
    )


def test_weights_are_plain_and_of_the_best_network(trained) -> None:
    for name in ("best.pt", "last.pt", "checkpoint.pt"):
        assert torch.load(trained / name, weights_only=True)
    images, _ = make_images()
    with torch.no_grad():
        guesses = load_trained(trained)(images.test[0]).argmax(1)
    assert 100 * float((guesses == images.test[1]).float().mean()) == pytest.approx(told(trained)["test_accuracy"])


def test_a_file_that_would_run_something_is_refused(tmp_path) -> None:
    path = tmp_path / "wild.pt"
    torch.save({"weights": Path("x")}, path)
    with pytest.raises(ValueError, match=r"wild\.pt cannot be read as weights"):
        load_tensors(path)
    path.write_bytes(b"torn")
    with pytest.raises(ValueError, match="cannot be read as weights"):
        load_tensors(path)
    save_tensors(path, {"a": torch.ones(2)})
    assert load_tensors(path)["a"].tolist() == [1, 1]


def test_best_is_by_validation_and_test_is_read_once_at_the_end(nasbench, tmp_path, monkeypatch) -> None:
    """Validation accuracies are made up: the second of four epochs is the best, and the fourth only equals it."""
    made_up = iter([10.0, 30.0, 20.0, 30.0])
    states, judged = [], []
    whole_epoch, judge = ScratchTraining.run_epoch, train_module.judge

    def run_epoch(self) -> None:
        test, self.images = self.images.test, type(self.images)(self.images.train, self.images.validation, None)
        whole_epoch(self)  # would fail if it looked at test images
        self.images = type(self.images)(self.images.train, self.images.validation, test)
        row = list(self.history.rows[-1])
        row[list(COLUMNS).index("val_accuracy")] = next(made_up)
        self.history.rows[-1] = tuple(row)
        states.append({name: value.clone() for name, value in self.network.state_dict().items()})

    def watched(network, split, recipe, classes):
        judged.append((len(states), len(split[1])))
        return judge(network, split, recipe, classes)

    monkeypatch.setattr(ScratchTraining, "run_epoch", run_epoch)
    monkeypatch.setattr(train_module, "judge", watched)
    code, out, err = nasbench(*GIVEN, "--epochs", 4, "--out", tmp_path / "t")
    assert code == 0, err
    said = told(tmp_path / "t")
    assert said["best_epoch"] == 2 and "best epoch 2 of 4" in out
    assert judged == [(4, said["data"]["counts"]["validation"]), (4, said["data"]["counts"]["test"])]
    for name, place in (("best", 1), ("last", 3)):
        kept = load_tensors(tmp_path / "t" / f"{name}.pt")
        assert all(torch.equal(kept[key], value) for key, value in states[place].items())


# -- going on -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_a_stopped_training_goes_on_to_the_same_end(nasbench, trained, tmp_path, monkeypatch, error) -> None:
    whole_epoch = ScratchTraining.run_epoch

    def stopped(self) -> None:
        if len(self.history):
            whole_epoch(self)  # work that is lost
            raise error
        whole_epoch(self)

    out = tmp_path / "small"
    with monkeypatch.context() as patch:
        patch.setattr(ScratchTraining, "run_epoch", stopped)
        code, _, err = nasbench(*GIVEN, "--out", out)
    assert code == (130 if error is KeyboardInterrupt else 2)
    assert not told(out)["complete"] and (out / "best.pt").exists() and not (out / "last.pt").exists()
    code, _, err = nasbench(*GIVEN, "--out", out)
    assert code == 0, err
    assert files_but_seconds(out) == files_but_seconds(trained)
    first, second = told(trained), told(out)
    assert {k: v for k, v in first.items() if k != "seconds"} == {k: v for k, v in second.items() if k != "seconds"}


@pytest.mark.slow
def test_a_killed_training_goes_on_to_the_same_end(nasbench, trained, tmp_path) -> None:
    out = tmp_path / "small"
    process = start(*GIVEN, "--out", out)
    eventually(lambda: (out / "checkpoint.pt").exists())
    process.kill()
    finish(process)
    code, _, err = nasbench(*GIVEN, "--out", out)
    assert code == 0, err
    assert files_but_seconds(out) == files_but_seconds(trained)


def test_a_finished_training_is_told_and_not_made_again(nasbench, trained, tmp_path, monkeypatch) -> None:
    out = Path(shutil.copytree(trained, tmp_path / "small"))
    monkeypatch.setattr(ScratchTraining, "run_epoch", None)
    before = {path.name: path.stat().st_mtime_ns for path in out.iterdir()}
    code, said, err = nasbench(*GIVEN, "--out", out)
    assert code == 0 and f"test accuracy of the best {told(out)['test_accuracy']:.2f} %" in said, err
    assert {path.name: path.stat().st_mtime_ns for path in out.iterdir()} == before


def test_another_training_does_not_go_on_there(nasbench, trained, tmp_path) -> None:
    for words in (("--epochs", 3), ("--seed", 1), ("--drop-path", 0.1)):
        code, _, err = nasbench(*GIVEN, *words, "--out", trained)
        assert code == 2 and "was made otherwise" in err and err.count("\n") == 1
    (tmp_path / "notes.txt").write_text("mine")
    code, _, err = nasbench(*GIVEN, "--out", tmp_path)
    assert code == 2 and "holds files and no result.json" in err
    out = Path(shutil.copytree(trained, tmp_path / "torn"))
    (out / "result.json").write_text(json.dumps({**told(out), "complete": False}))
    (out / "checkpoint.pt").write_bytes(b"torn")
    code, _, err = nasbench(*GIVEN, "--out", out)
    assert code == 2 and "checkpoint.pt cannot be read as weights" in err


# -- where architectures come from ----------------------------------------------------------------------------------


def test_what_a_one_shot_search_found(nasbench, tmp_path) -> None:
    search = tmp_path / "search"
    search.mkdir()
    pick = {"kind": "oneshot", "space": "darts", "searcher": "gdas", "pick": TEXT, "complete": True}
    (search / "result.json").write_text(json.dumps(pick))
    words = ("train", "--search", search, *SMALL, "--no-onnx", "--epochs", 1, "--out", tmp_path / "t")
    code, out, err = nasbench(*words)
    assert code == 0 and told(tmp_path / "t")["architecture"] == TEXT, err
    assert "found by gdas in search; seed 0" in out and "3 cells in all" in out
    code, _, err = nasbench(*words, "--space", "nas_bench_201")
    assert code == 2 and "is of the space darts, not of nas_bench_201" in err
    (search / "result.json").write_text(json.dumps({k: v for k, v in pick.items() if k != "pick"}))
    code, _, err = nasbench(*words)
    assert code == 2 and "holds no finished one-shot search" in err


def test_the_best_of_a_table_by_its_recipe(nasbench, tmp_path) -> None:
    """Of a space without auxiliary classifier and drop path; never chosen by test accuracy."""
    table, small = tmp_path / "t.h5", (*SMALL[:6], "--channels", 2, "--cells", 1, "--epochs", 1, "--device", "cpu")
    assert nasbench("build", table, *small, "--sample", 2)[0] == 0
    words = ("train", "--table", table, *small, "--no-flip", "--crop-padding", 0, "--no-onnx")
    code, out, err = nasbench(*words, "--out", tmp_path / "t")
    assert code == 0 and "the best of t.h5 by val_accuracy" in out and "1 cells a stage" in out, err
    code, _, err = nasbench(*words, "--best", "test_accuracy", "--out", tmp_path / "u")
    assert code == 2 and "hidden" in err


def test_a_random_architecture(nasbench, tmp_path) -> None:
    words = ("train", "--random", 3, *SMALL, "--no-onnx", "--epochs", 1, "--out", tmp_path / "t")
    code, out, err = nasbench(*words)
    assert code == 0 and told(tmp_path / "t")["architecture"] == TEXT, err
    assert "random architecture 3; seed 0" in out and told(tmp_path / "t")["source"] == "random"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--architecture", "Genotype(normal=1)"), "cannot read"),
        (("--architecture", TEXT, "--space", "nas_bench_201"), "as a nas_bench_201 cell"),
        (("--architecture", TEXT, "--space", "dart"), "did you mean 'darts'"),
        (("--architecture", TEXT, "--recipe", "nothing"), "no recipe is called 'nothing'"),
        (("--architecture", TEXT, "--drop-path", "1.5"), "drop_path must be a number 0 to below 1"),
        (("--architecture", TEXT, "--device", "tpu"), "device must be auto, cpu"),
        (("--architecture", TEXT, "--seed", "-1"), "--seed must be at least 0"),
        (("--architecture", TEXT, "--stem", "mnist"), "stem must be one of"),
        (("--random", "-1"), "--random must be at least 0"),
        (("--search", "nowhere"), "holds no finished one-shot search"),
        (("--table", "nowhere.h5"), "nowhere.h5"),
        ((), "is required"),
    ],
)
def test_mistakes_are_one_sentence_and_leave_nothing(nasbench, tmp_path, words, sentence: str) -> None:
    code, _, err = nasbench("train", "--dataset", "digits", *words, "--out", tmp_path / "t")
    assert code == 2 and sentence in err and "Traceback" not in err
    assert not (tmp_path / "t").exists()


def test_weights_of_another_network_are_refused(trained, tmp_path) -> None:
    out = Path(shutil.copytree(trained, tmp_path / "other"))
    other = SPACE.format(SPACE.sample(np.random.default_rng(99)))
    (out / "result.json").write_text(json.dumps({**told(out), "architecture": other}))
    with pytest.raises(ValueError, match=r"best\.pt holds weights of another network"):
        load_trained(out)
    with pytest.raises(ValueError, match="weights are best or last, got 'first'"):
        load_trained(trained, "first")
