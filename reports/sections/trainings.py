"""Trainings from scratch: how far each came, how it went there, and what its network mistakes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from nasbench import load_space
from reports.drawing import Drawing, looks, words
from reports.figures.confusion import compute_confusions, draw_confusions, worst_pair
from reports.figures.training_curves import compute_training_curves, draw_training_curves
from reports.result import Result, number_ranges
from reports.section import Section, numbered
from reports.settings import Settings
from reports.table import Cell, Column, Table, Value, interval_text
from reports.trained import Trained, best_of, by_architecture, group_trainings

CONFUSIONS = 3
"""Most trainings side by side of which each has its confusion drawn; of more, the best one's is."""

COLUMNS = (
    Column("training", "training", form="text"),
    Column("origin", "architecture", form="text"),
    Column("seed", "seed"),
    Column("parameters", "parameters"),
    Column("multiply_adds", "multiply-adds"),
    Column("epochs", "epochs"),
    Column("best_epoch", "best epoch"),
    Column("val_accuracy", "validation accuracy [%]", 2),
    Column("test_accuracy", "test accuracy [%]", 2),
    Column("seconds", "seconds", 1),
    Column("text", "text form", form="long"),
)


def make_sections(results: Sequence[Result], settings: Settings) -> list[Section]:
    """A section for the trainings that were made alike, and so for each such group; none without a training."""
    return numbered(group_trainings(results), "trainings", lambda group, name: _section(group, name, settings))


def _section(trainings: Sequence[Trained], name: str, settings: Settings) -> Section:
    info = trainings[0].info
    recipe, space = info["recipe"], load_space(str(info["space"]))
    sizes = f"{recipe['epochs']} epochs, {recipe['channels']} channels, {space.cells_text(recipe['cells'])}"
    return Section(
        name,
        f"Trained from scratch: {space.name} on {info['data']['name']} ({sizes})",
        (*_findings(trainings), *_beside_random(trainings, settings)),
        (_table(trainings, name), *_over_seeds(trainings, name, settings)),
        tuple(_drawings(trainings, name)),
    )


def _findings(trainings: Sequence[Trained]) -> Iterator[str]:
    best = best_of(trainings)
    if best is None:
        yield "No training has come to its end."
        return
    among = f"Of {sum(bool(t.confusion) for t in trainings)} finished trainings " if len(trainings) > 1 else ""
    yield (
        f"{among}{words(best.name)} ({best.origin}) has {'the highest' if among else 'a'} validation accuracy"
        f"{',' if among else ' of'} {best.number('val_accuracy'):.2f} %, after epoch {best.info['best_epoch']}; its "
        f"test accuracy is {best.number('test_accuracy'):.2f} %."
    )
    pair = worst_pair(compute_confusions(best)[-1])
    if pair is not None:
        true, taken = (best.classes[place] for place in pair)
        share = 100 * compute_confusions(best)[-1].shares[pair]
        yield f"It mistakes {true} for {taken} most often: {share:.1f} % of the test images of {true}."


def _beside_random(trainings: Sequence[Trained], settings: Settings) -> Iterator[str]:
    """What random architectures that were trained alike are worth, and how many of them each other one surpasses."""
    groups = by_architecture(trainings)
    random = [_mean(group, "test_accuracy") for group in groups if group[0].at_random]
    if len(random) < 2:
        return
    estimate = settings.estimate(random)
    yield f"{len(random)} random architectures have a test accuracy of {interval_text(estimate, 2)} %."
    for group in groups:
        if not group[0].at_random:
            own = _mean(group, "test_accuracy")
            surpassed = sum(own > other for other in random)
            who = f"{words(group[0].name)} ({group[0].origin})"
            yield f"{who}: {own:.2f} %, more than {surpassed} of the {len(random)}."


def _mean(group: Sequence[Trained], name: str) -> float:
    return float(np.mean([training.number(name) for training in group]))


def _over_seeds(trainings: Sequence[Trained], name: str, settings: Settings) -> Iterator[Table]:
    """A row an architecture, where one was trained with several seeds."""
    groups = by_architecture(trainings)
    if max(map(len, groups), default=0) < 2:
        return
    columns = (
        Column("origin", "architecture", form="text"),
        Column("n", "n"),
        Column("seeds", "seeds", form="text"),
        Column("val_accuracy", "validation accuracy [%]", 2),
        Column("test_accuracy", "test accuracy [%]", 2),
        Column("text", "text form", form="long"),
    )
    rows: list[tuple[Cell | Value, ...]] = [
        (
            group[0].origin,
            len(group),
            number_ranges(int(training.info["seed"]) for training in group),
            settings.estimate(training.number("val_accuracy") for training in group),
            settings.estimate(training.number("test_accuracy") for training in group),
            str(group[0].info["architecture"]),
        )
        for group in groups
    ]
    notes = (f"{settings.statistic.capitalize()} over n trainings ± half the {settings.interval}.",)
    yield Table(f"{name}-architectures", "Architectures over seeds", columns, tuple(rows), notes)


def _table(trainings: Sequence[Trained], name: str) -> Table:
    """A row a training."""
    best = best_of(trainings)
    rows: list[tuple[Cell | Value, ...]] = [
        (
            training.name,
            training.origin,
            int(training.info["seed"]),
            int(training.info["cost"]["parameters_built"]),
            int(training.info["cost"]["flops_built"]),
            len(training.history),
            training.history.best + 1,
            Cell(training.number("val_accuracy"), bold=training is best and len(trainings) > 1),
            training.number("test_accuracy"),
            float(training.history.column("seconds").sum()),
            str(training.info["architecture"]),
        )
        for training in trainings
    ]
    notes = (
        "A row is one training, so that it says nothing of chance. The best epoch is the one of the highest validation "
        "accuracy; test images were read once, at the end, by its weights. Parameters and multiply-adds are of the "
        "network as built, without the auxiliary classifier.",
    )
    return Table(f"{name}-trained", "Trained from scratch", COLUMNS, tuple(rows), notes)


def _drawings(trainings: Sequence[Trained], name: str) -> Iterator[Drawing]:
    curves = compute_training_curves(trainings)
    if curves:
        style = looks(curve.name for curve in curves)
        yield Drawing(
            f"{name}-curves",
            "Losses and accuracies after each epoch, a line a training; the mark is on the epoch whose weights were "
            "kept as the best. The training loss holds the auxiliary classifier's weighted loss, where there is one, "
            "and is of augmented images with paths dropped: it is not to be held against the validation loss.",
            draw_training_curves(curves, style),
        )
    best = best_of(trainings)
    for training in trainings if len(trainings) <= CONFUSIONS else [best]:
        if training is not None and training.confusion:
            yield Drawing(
                f"{name}-confusion-{training.name}",
                f"{words(training.name)}: how often images of each class (rows) were taken for which (columns) by the "
                "weights of the best epoch, coloured by the share of the row.",
                draw_confusions(compute_confusions(training), training.classes, words(training.name)),
            )
