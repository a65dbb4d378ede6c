"""Trainings from scratch in a report: read, laid side by side, computed, drawn, and made again."""

from __future__ import annotations

import dataclasses
import json
import shlex
from pathlib import Path

import numpy as np
import pytest

import nasbench.__main__ as cli
from nasbench.scratch.commands import _recipe
from nasbench.scratch.history import COLUMNS, History
from nasbench.scratch.recipe import ScratchRecipe
from reports.drawing import figure_bytes, looks
from reports.figures.confusion import compute_confusions, draw_confusions, worst_pair
from reports.figures.training_curves import PANELS, compute_training_curves, draw_training_curves
from reports.rebuild import rebuild_command
from reports.report import make_report
from reports.results import read_result, read_results
from reports.sections.trainings import make_sections
from reports.settings import Settings
from reports.trained import Trained, best_of, group_trainings
from tests.reports.training_folders import TEST, make_trained


def read(folder: Path) -> Trained:
    """A made-up training."""
    training = read_result(folder)
    assert isinstance(training, Trained)
    return training


def test_a_training_is_read(tmp_path: Path) -> None:
    training = read(make_trained(tmp_path / "a"))
    assert training.missing == () and training.classes == ("cat", "dog", "ship")
    assert training.history.column("train_loss").tolist() == [1, 1 / 2, 1 / 3, 1 / 4]
    assert training.history.best == 1, "the first of equals"
    assert training.confusion["test"].tolist() == TEST


def test_a_history_is_written_exactly(tmp_path: Path) -> None:
    history, rng = History(), np.random.default_rng(0)
    for _ in range(5):
        history.add(**dict(zip(COLUMNS, rng.random(len(COLUMNS)), strict=True)))
    history.write(tmp_path / "curves.csv")
    assert History.read(tmp_path / "curves.csv").rows == history.rows
    assert (History().best, History().array().shape) == (-1, (0, len(COLUMNS)))


def test_a_stopped_training_is_read_as_far_as_it_is(tmp_path: Path, settings: Settings) -> None:
    training = read(make_trained(tmp_path / "a", epochs=2, ended=False))
    assert training.missing == ("2 of 4 epochs are done, and test images are not read: run it again",)
    (section,) = make_sections([training], settings)
    assert section.paragraphs == ("No training has come to its end.",)
    assert [drawing.name for drawing in section.drawings] == ["trainings-curves"]
    (tmp_path / "a" / "curves.csv").unlink()
    with pytest.raises(ValueError, match="without a finished epoch"):
        read_result(tmp_path / "a")


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("confusion.npz", b"torn", "cannot be read"),
        ("curves.csv", b"epoch,loss\n", "should have the columns epoch, learning_rate"),
        ("curves.csv", ",".join(("epoch", *COLUMNS)).encode() + b"\n1,2\n", "is damaged"),
    ],
)
def test_damage_is_said(tmp_path: Path, name: str, content: bytes, sentence: str) -> None:
    folder = make_trained(tmp_path / "a")
    (folder / name).write_bytes(content)
    with pytest.raises(ValueError, match=sentence):
        read_result(folder)


def test_a_confusion_of_other_classes_is_refused(tmp_path: Path) -> None:
    folder = make_trained(tmp_path / "a")
    np.savez(folder / "confusion.npz", validation=np.eye(2), test=np.eye(2))
    with pytest.raises(ValueError, match="should count 3 x 3 classes on validation"):
        read_result(folder)


def test_what_differs_is_not_laid_side_by_side(tmp_path: Path, settings: Settings) -> None:
    recipe = read(make_trained(tmp_path / "0")).info["recipe"]
    made = [
        make_trained(tmp_path / "a"),
        make_trained(tmp_path / "b", 1, val_accuracy=91.0),
        make_trained(tmp_path / "c", recipe={**recipe, "epochs": 5}),
        make_trained(tmp_path / "d", 2, ended=False),
    ]
    results = read_results(made)
    groups = group_trainings(results)
    assert [[training.name for training in group] for group in groups] == [["a", "b", "d"], ["c"]]
    best = best_of(groups[0])
    assert best is not None and best.name == "b"
    first, second = make_sections(results, settings)
    assert (first.name, second.name) == ("trainings-1", "trainings-2")
    assert (
        "Of 2 finished trainings b (given as text) has the highest validation accuracy, 91.00 %" in first.paragraphs[0]
    )
    assert second.paragraphs[0].startswith("c (given as text) has a validation accuracy of 90.00 %, after epoch 2;")


def test_confusions_and_the_worst_pair(tmp_path: Path) -> None:
    validation, test = compute_confusions(read(make_trained(tmp_path / "a")))
    assert (validation.accuracy, test.accuracy) == (90.0, 85.0)
    np.testing.assert_allclose(test.shares[0], [0.75, 0.25, 0])
    assert worst_pair(test) == (0, 1)
    right = dataclasses.replace(test, shares=np.eye(3))
    assert worst_pair(right) is None


def test_a_class_without_images_has_no_shares(tmp_path: Path) -> None:
    training = read(make_trained(tmp_path / "a"))
    training.confusion["test"][1] = 0
    assert compute_confusions(training)[1].shares[1].tolist() == [0, 0, 0]


def test_drawings_show_every_count_and_curve(tmp_path: Path) -> None:
    training = read(make_trained(tmp_path / "a"))
    figure = draw_confusions(compute_confusions(training), training.classes, "a")
    texts = [text.get_text() for text in figure.axes[1].texts]
    assert texts == ["15", "5", "2", "17", "1", "1", "19"], "zeros are left out"
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["cat", "dog", "ship"]
    many = draw_confusions(compute_confusions(training), ["x"] * 100).axes[0]
    assert (len(many.texts), len(many.get_xticklabels())) == (0, 0)
    curves = compute_training_curves([training])
    drawn = draw_training_curves(curves, looks(["a"]))
    assert [axes.get_title(loc="left") for axes in drawn.axes] == list(PANELS.values())
    np.testing.assert_allclose(drawn.axes[3].lines[0].get_ydata(), [50, 90, 80, 90])
    assert drawn.axes[3].lines[1].get_xdata()[0] == 2
    assert figure_bytes(drawn, "x", "svg") == figure_bytes(draw_training_curves(curves, looks(["a"])), "x", "svg")


def test_of_many_trainings_the_best_one_is_drawn(tmp_path: Path, settings: Settings) -> None:
    made = [make_trained(tmp_path / f"t{place}", place, val_accuracy=80.0 + place % 3) for place in range(5)]
    (section,) = make_sections(read_results(made), settings)
    assert [drawing.name for drawing in section.drawings] == ["trainings-curves", "trainings-confusion-t2"]
    assert len(section.tables[0].rows) == 5


def test_architectures_beside_random_ones(tmp_path: Path, settings: Settings) -> None:
    made = [
        make_trained(
            tmp_path / f"r{place}", place, source="random", origin=f"random {place}", test_accuracy=80.0 + place
        )
        for place in range(4)
    ]
    found = {"architecture": "found", "source": "search", "origin": "found by gdas"}
    made += [make_trained(tmp_path / f"s{s}", s, **found, test_accuracy=81.0 + s) for s in (0, 1)]
    made.append(make_trained(tmp_path / "t", 9, ended=False))
    (section,) = make_sections(read_results(made), settings)
    assert section.paragraphs[-2].startswith("4 random architectures have a test accuracy of 81.50 [")
    assert section.paragraphs[-1] == "s0 (found by gdas): 81.50 %, more than 2 of the 4."
    one, over_seeds = section.tables
    assert (len(one.rows), len(over_seeds.rows)) == (7, 5)
    assert over_seeds.rows[-1][:3] == ("found by gdas", 2, "0-1")
    (alone,) = make_sections(read_results(made[:2]), settings)
    assert len(alone.tables) == 1 and "2 random architectures" in alone.paragraphs[-1]


def test_the_command_line_makes_the_same_recipe(tmp_path: Path) -> None:
    odd = {"momentum": 0.8, "nesterov": True, "drop_path": 0.0, "stem": "imagenet", "train_images": 7, "data_seed": 3}
    recipe = {**read(make_trained(tmp_path / "0")).info["recipe"], **odd}
    training = read(make_trained(tmp_path / "a", 4, recipe=recipe))
    program, name, *words = shlex.split(rebuild_command(training))
    assert (program, name) == ("nasbench", "train")
    args = cli.make_parser("train").parse_args(words)
    assert _recipe(args, args.space) == ScratchRecipe.from_json(recipe)
    assert (args.seed, str(args.out)) == (4, "a")
    assert args.architecture.replace('"', "'") == training.info["architecture"]


def test_a_report_holds_it(tmp_path: Path, settings: Settings) -> None:
    report = make_report([read(make_trained(tmp_path / "a"))], settings)
    assert [section.name for section in report.sections] == ["trainings", "provenance"]
    told = json.dumps([table.rows for table in report.sections[1].tables], default=str)
    assert "4 epochs, 1 training" in told and "test accuracy" not in told
