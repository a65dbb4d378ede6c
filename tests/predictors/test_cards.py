"""Cards of proxies: correlations against slow ways and known values, what size explains, files and the command."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import nasbench
import nasbench.__main__ as cli
from nasbench.complexity import complexities
from nasbench.database.rows import Header
from nasbench.database.scores import ScoreRow
from nasbench.database.writer import TableWriter
from nasbench.plan import Skeleton
from nasbench.space import Architecture
from predictors.agreement import partial_spearman
from predictors.cards import ENSEMBLE, Card, make_cards
from predictors.published import CIFAR10, SOURCES
from tests.database.making import header, row

SPACE = nasbench.load_space("nas_bench_201")
SKELETON = Skeleton(4, 1, 10, (3, 8, 8))
SETTINGS = {"channels": 4, "cells": 1, "classes": 10, "input_shape": [3, 8, 8], "data_sha256": "ab" * 32}
BETTER = {"good": "higher", "bad": "lower", "params": "higher", "noise": "higher"}
GROUPS = sorted(SPACE.classes.values(), key=len)[-40:]
"""Classes of several members each."""


def accuracy(group: int, member: int = 0) -> float:
    """What was measured of a member of a class."""
    return 50.0 + group + 0.25 * member


def truth_table(path: Path, members: int = 2, **changes: object) -> Path:
    """A table of trainings: the first members of each class."""
    with TableWriter(path, header(**changes)) as writer:
        for group, architectures in enumerate(GROUPS):
            for member, one in enumerate(architectures[:members]):
                finals = {"val_accuracy": accuracy(group, member)}
                hashed = SPACE.canonical_hash(one)
                writer.commit(row(0, choices=one.choices, class_hash=hashed, schedule=9, curves={}, finals=finals))
    return path


def score(group: int, seed: int, one: Architecture, failed: bool) -> ScoreRow:
    rng = np.random.default_rng([group, seed])
    values = {
        "good": accuracy(group) * (1 + 0.1 * seed),
        "bad": -(accuracy(group) ** 3),
        "params": float(complexities(SPACE, [one], SKELETON, built=True)[0][0]),
        "noise": float(rng.normal()),
    }
    seconds = {name: 0.5 * (1 + place) for place, name in enumerate(values)}
    failures = {"bad": "overflowed"} if failed else {}
    kept = {name: value for name, value in values.items() if name not in failures}
    return ScoreRow(one.choices, SPACE.canonical_hash(one), seed, kept, seconds, failures)


def score_table(path: Path, count: int = len(GROUPS), seeds: int = 2, failed: int = -1, **card: object) -> Path:
    """A table of scores of the first classes; with seeds 0 and 1, ``bad`` failed for one class."""
    told = Header(SPACE.name, data_card={"sha256": "ab" * 32, "classes": list(CIFAR10), **card})
    with TableWriter(path, told) as writer:
        rows = [score(g, seed, GROUPS[g][0], g == failed) for seed in range(seeds) for g in range(count)]
        writer.commit_scores(rows, BETTER, SETTINGS)
    return path


def cards(*words: object, **options: object) -> dict[str, Card]:
    return {card.proxy: card for card in make_cards(*words, **options)[0]}  # type: ignore[arg-type]


@pytest.fixture
def scores(tmp_path: Path) -> Path:
    return score_table(tmp_path / "scores.h5")


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    return truth_table(tmp_path / "truth.h5")


# -- the mathematics ----------------------------------------------------------------------------------------------


def test_partial_correlation_is_the_formula_of_one_size() -> None:
    """(r_xy - r_xz r_yz) / sqrt((1 - r_xz²)(1 - r_yz²)), of ranks."""
    rng = np.random.default_rng(0)
    size = rng.lognormal(size=200)
    x, y = size**0.3 + rng.normal(size=200), size**0.5 + rng.normal(size=200)
    xy, xz, yz = (stats.spearmanr(a, b).statistic for a, b in ((x, y), (x, size), (y, size)))
    wanted = (xy - xz * yz) / math.sqrt((1 - xz**2) * (1 - yz**2))
    assert partial_spearman(x, y, size[:, None]) == pytest.approx(wanted, abs=1e-9)
    twice = np.stack([size, np.log(size)], axis=1)
    assert partial_spearman(x, y, twice) == pytest.approx(wanted, abs=1e-9), "a size is only taken out once"


def test_partial_correlation_of_what_sizes_tell_is_not_defined() -> None:
    rng = np.random.default_rng(0)
    sizes, y = rng.normal(size=(50, 2)), rng.normal(size=50)
    assert math.isnan(partial_spearman(np.exp(sizes[:, 0]), y, sizes))
    assert math.isnan(partial_spearman(np.ones(50), y, sizes))
    assert math.isnan(partial_spearman(y, sizes[:, 1] * 3, sizes))
    assert math.isnan(partial_spearman(y[:4], y[:4], sizes[:4]))
    assert partial_spearman(y, y, sizes) == pytest.approx(1)
    assert partial_spearman(-y, y, sizes) == pytest.approx(-1)
    y[3] = np.nan
    assert partial_spearman(np.nan_to_num(y), y, sizes) == pytest.approx(1)


# -- the cards ----------------------------------------------------------------------------------------------------


def test_cards_say_what_is_in_the_tables(scores: Path, truth: Path) -> None:
    found = cards(scores, truth)
    assert list(found) == ["bad", "good", "noise", "params", ENSEMBLE]
    good, bad = found["good"], found["bad"]
    assert (good.better, good.seconds, good.scored, good.failed, good.seeds) == ("higher", 0.5, 80, 0, 2)
    assert bad.better == "lower"
    for card in (good, bad):
        assert (card.classes.n, card.rows.n) == (40, 80)
        assert card.classes.spearman == pytest.approx(1), "a proxy of which lower is better is turned round"
        assert card.classes.kendall == pytest.approx(1)
        assert card.classes.partial == pytest.approx(1)
        y = [accuracy(group, member) for group in range(40) for member in range(2)]
        of_class = np.repeat(np.arange(40), 2)
        assert card.rows.spearman == pytest.approx(stats.spearmanr(y, of_class).statistic)
        assert card.rows.kendall == pytest.approx(stats.kendalltau(y, of_class).statistic)
    assert good.seed_spearman == pytest.approx(1)
    assert good.deviation == pytest.approx(0.1 / math.sqrt(2) / 1.05)
    draws = np.array([[np.random.default_rng([g, seed]).normal() for g in range(40)] for seed in (0, 1)])
    assert found["noise"].seed_spearman == pytest.approx(stats.spearmanr(*draws).statistic)
    wanted = stats.spearmanr(draws.mean(axis=0), np.arange(40)).statistic
    assert found["noise"].classes.spearman == pytest.approx(wanted)


def test_sizes_are_as_built_of_classes_and_as_published_of_rows(scores: Path, truth: Path) -> None:
    card = cards(scores, truth)["params"]
    rows = [one for group in GROUPS for one in group[:2]]
    y = [accuracy(group, member) for group in range(40) for member in range(2)]
    published = complexities(SPACE, rows, SKELETON, built=False)[0]
    assert card.rows.spearman == pytest.approx(stats.spearmanr(published, y).statistic)
    built = complexities(SPACE, [group[0] for group in GROUPS], SKELETON, built=True)[0]
    assert card.classes.spearman == pytest.approx(stats.spearmanr(built, np.arange(40)).statistic)
    assert math.isnan(card.rows.partial) and math.isnan(card.classes.partial)
    assert (card.seed_spearman, card.deviation) == (pytest.approx(1), 0)


def test_failures_and_absences_do_not_count(tmp_path: Path, truth: Path) -> None:
    found = cards(score_table(tmp_path / "some.h5", count=20, seeds=1, failed=3), truth)
    assert (found["bad"].classes.n, found["bad"].failed, found["bad"].scored) == (19, 1, 19)
    assert (found["good"].classes.n, found["good"].rows.n) == (20, 40)
    assert found[ENSEMBLE].classes.n == 20
    assert math.isnan(found["good"].seed_spearman) and math.isnan(found["good"].deviation)


def test_the_ensemble_is_of_classes_that_all_proxies_tried(tmp_path: Path, truth: Path) -> None:
    path = score_table(tmp_path / "some.h5", count=20, seeds=1)
    more = score(30, 0, GROUPS[30][0], False)
    alone = {"values": {"good": more.values["good"]}, "seconds": {"good": 1.0}}
    with TableWriter(path) as writer:
        writer.commit_scores([ScoreRow(**{**vars(more), **alone})], BETTER, SETTINGS)
    found = cards(path, truth)
    assert (found["good"].classes.n, found[ENSEMBLE].classes.n) == (21, 20)
    assert found[ENSEMBLE].seconds == pytest.approx(0.5 + 1.0 + 1.5 + 2.0)


def test_a_table_may_hold_both(tmp_path: Path) -> None:
    path = truth_table(tmp_path / "both.h5")
    with TableWriter(path) as writer:
        writer.commit_scores([score(g, 0, GROUPS[g][0], False) for g in range(40)], BETTER, SETTINGS)
    found = cards(path)
    assert found["good"].classes.spearman == pytest.approx(1)
    assert found["good"].published == {}, "these images are not CIFAR-10's"


def test_published_numbers_stand_beside_those_of_the_same_images(tmp_path: Path, truth: Path) -> None:
    """Names of proxies decide; other images have none."""
    for classes, published in ((CIFAR10, {"Abdelfattah 2021": 0.737}), (CIFAR10[::-1], {})):
        told = Header(SPACE.name, data_card={"sha256": "ab" * 32, "classes": list(classes)})
        path = tmp_path / f"{classes[0]}.h5"
        with TableWriter(path, told) as writer:
            for group, architectures in enumerate(GROUPS):
                one = architectures[0]
                made = ScoreRow(one.choices, SPACE.canonical_hash(one), 0, {"synflow": float(group)}, {"synflow": 1.0})
                writer.commit_scores([made], {"synflow": "higher"}, SETTINGS)
        found = cards(path, truth)
        assert list(found) == ["synflow"], "one proxy is no ensemble"
        assert found["synflow"].published == published
    assert {name for source in SOURCES for name in source.spearman} <= set(nasbench.registry.PROXIES.names())


@pytest.mark.parametrize("problem", ["no scores", "no common class", "no truth", "test metric"])
def test_mistakes_are_told(scores: Path, truth: Path, tmp_path: Path, problem: str) -> None:
    if problem == "no scores":
        with pytest.raises(LookupError, match=r"truth.h5 holds no zero-cost scores: run nasbench proxies"):
            make_cards(truth, truth)
    elif problem == "no common class":
        other = tmp_path / "other.h5"
        alone = min(SPACE.classes.values(), key=len)[0]
        with TableWriter(other, header()) as writer:
            writer.commit(row(0, choices=alone.choices, class_hash=SPACE.canonical_hash(alone)))
        with pytest.raises(ValueError, match=r"none of the 1 architectures measured in other.h5 has a score"):
            make_cards(scores, other)
    elif problem == "no truth":
        with pytest.raises(LookupError):
            make_cards(scores)
    else:
        with pytest.raises(ValueError, match="test_accuracy is hidden"):
            make_cards(scores, truth, "test_accuracy")


# -- the command --------------------------------------------------------------------------------------------------


def test_the_command_prints_and_writes(
    scores: Path, truth: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "cards"
    assert cli.main(["cards", str(scores), "--truth", str(truth), "--out", str(out)]) == 0
    text = capsys.readouterr().out
    lines = [line.split() for line in text.splitlines()]
    assert "scores.h5: 5 cards by val_accuracy after 9 epochs in truth.h5" in text
    assert ["good", "higher", "0.5", "0", "1.000", "80"] in [line[:6] for line in lines]
    about = json.loads((out / "result.json").read_text())
    with nasbench.open_table(scores) as table:
        assert (about["kind"], about["scores_digest"], about["settings"]) == ("cards", table.digest, SETTINGS)
    assert {"versions", "hardware", "table_digest", "space"} <= set(about)
    assert about["cards"][-1]["proxy"] == ENSEMBLE and about["cards"][3]["rows"]["partial"] is None
    assert cli.make_parser("cards").parse_args(about["command"][1:]).schedule == 9
    with open(out / "cards.csv", newline="", encoding="utf-8") as file:
        rows = {line["proxy"]: line for line in csv.DictReader(file)}
    found = cards(scores, truth)
    assert set(rows) == set(found)
    assert float(rows["noise"]["classes_spearman"]) == found["noise"].classes.spearman
    assert rows["params"]["rows_partial"] == "" and rows["good"]["better"] == "higher"
    assert cli.main(["cards", str(scores), "--truth", str(truth), "--out", str(out)]) == 0, "replaced"
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").touch()
    assert cli.main(["cards", str(scores), "--truth", str(truth), "--out", str(tmp_path / "mine")]) == 2
    assert "holds files and no result.json" in capsys.readouterr().err
