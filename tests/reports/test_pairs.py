"""Families of methods: pairs on shared seeds, correction within the family, and who may be called best."""

from __future__ import annotations

import math

import numpy as np
import pytest

from reports.pairs import Pair, compare_pairs, verdict
from reports.statistics import Estimate, holm


def scores(seeds: int = 12) -> dict[str, dict[int, float]]:
    """Three methods: a best, b and c alike."""
    rng = np.random.default_rng(0)
    base = rng.normal(90, 1, seeds)
    noise = rng.normal(0, 0.1, (3, seeds))
    return {
        name: {seed: float(base[seed] + noise[i, seed] + (1 if name == "a" else 0)) for seed in range(seeds)}
        for i, name in enumerate("abc")
    }


def test_pairs_use_the_seeds_both_have() -> None:
    some = scores()
    del some["b"][3]
    some["c"][4] = math.nan
    ab, ac, bc = compare_pairs(some, seed=0)
    assert [(p.first, p.second) for p in (ab, ac, bc)] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert [p.difference.n for p in (ab, ac, bc)] == [11, 11, 10]
    shared = [s for s in range(12) if s != 3]
    assert ab.difference.value == pytest.approx(np.mean([some["a"][s] - some["b"][s] for s in shared]))
    assert (ab.wins, ab.ties, ab.losses) == (11, 0, 0)
    assert ab.effect == 1.0
    assert [p.p_holm for p in (ab, ac, bc)] == holm([p.p for p in (ab, ac, bc)])


def test_less_may_be_better() -> None:
    higher, lower = (compare_pairs(scores(), seed=0, higher_is_better=better)[0] for better in (True, False))
    assert (lower.wins, lower.losses) == (higher.losses, higher.wins)
    assert lower.superiority == pytest.approx(1 - higher.superiority)
    assert (lower.effect, lower.p, lower.difference) == (-higher.effect, higher.p, higher.difference)


def test_one_shared_seed_is_no_test() -> None:
    (pair,) = compare_pairs({"a": {0: 1.0}, "b": {0: 2.0, 1: 3.0}}, seed=0)
    assert math.isnan(pair.p)
    assert math.isnan(pair.p_holm)
    assert pair.losses == 1


def test_the_best_is_significant_only_if_better_than_every_other() -> None:
    found = verdict({"a": 91.0, "b": 90.0, "c": 90.0}, compare_pairs(scores(), seed=0))
    assert (found.best, found.significant, found.tied) == ("a", True, ())
    alike = {name: value for name, value in scores().items() if name != "a"}
    found = verdict({"b": 90.1, "c": 90.0}, compare_pairs(alike, seed=0))
    assert (found.best, found.significant, found.tied) == ("b", False, ("c",))


def test_a_test_that_favours_the_other_does_not_make_the_best_significant() -> None:
    estimate = Estimate(0.1, 0.0, 0.2, 50)
    against = Pair("a", "b", estimate, 10, 0, 40, 0.2, -0.6, 0.001, 0.001)
    assert verdict({"a": 91.0, "b": 90.9}, [against]).tied == ("b",)


def test_methods_alone_or_unmeasured() -> None:
    assert not verdict({"a": 1.0}, []).significant
    assert verdict({"a": 1.0, "b": math.nan}, []).best == "a"
    with pytest.raises(ValueError, match="no method"):
        verdict({"a": math.nan}, [])
