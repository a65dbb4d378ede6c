"""What searchers know without training: sizes of any space, costs and zero-cost scores of a table, and no result."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import nasbench
from nasbench.complexity import complexities
from nasbench.registry import UnknownNameError
from searchers.candidates import Candidates
from searchers.hints import Hints
from tests.searchers import kit
from tests.spaces.toy_spaces import Wide

NB201 = nasbench.load_space("nas_bench_201")


@pytest.mark.parametrize("space", [NB201, Candidates(NB201, kit.sample(40)), Wide()], ids=["whole", "few", "large"])
def test_sizes_are_those_of_the_published_skeleton(space) -> None:
    rng = np.random.default_rng(0)
    drawn = [space.sample(rng) for _ in range(20)]
    hints = Hints(space)
    for built, suffix in ((False, ""), (True, "_built")):
        expected = complexities(space, drawn, space.published, built)
        assert hints.values(f"parameters{suffix}", drawn).tolist() == expected[0].tolist()
        assert hints.values(f"flops{suffix}", drawn).tolist() == expected[1].tolist()
    assert hints.better("flops") == "lower" and hints.proxies == ()


def test_unknown_hints_are_named() -> None:
    with pytest.raises(UnknownNameError, match="flops"):
        Hints(NB201).values("flopps", [])


def test_a_table_adds_its_zero_cost_scores(golden_scores) -> None:
    table = nasbench.open_table(golden_scores)
    hints = Hints(NB201, table.for_search())
    assert set(table.proxies) == set(hints.proxies)
    some = table.architectures[:50]
    np.testing.assert_array_equal(hints.values("synflow", some), table.proxy("synflow")[:50])
    assert hints.better("synflow") == "higher" and hints.better("params") == table.proxies["params"]
    assert not {"val_accuracy", "test_accuracy"} & set(hints.names)


def test_all_proxies_together_are_the_mean_of_normal_scores_of_their_ranks(golden_scores) -> None:
    table = nasbench.open_table(golden_scores)
    hints = Hints(NB201, table.for_search())
    columns = []
    for name, better in table.proxies.items():
        values = table.proxy(name) if better == "higher" else -table.proxy(name)
        known = np.isfinite(values)
        score = np.full(len(values), np.nan)
        score[known] = stats.norm.ppf((stats.rankdata(values[known]) - 0.5) / known.sum())
        columns.append(score)
    expected = np.nanmean(columns, axis=0)
    np.testing.assert_allclose(hints.values("zero_cost", table.architectures), expected, atol=1e-12)
    assert hints.better("zero_cost") == "higher" and "zero_cost" not in Hints(NB201).names


def test_what_a_table_does_not_hold_is_not_a_number() -> None:
    table = nasbench.open_table(Path(__file__).parents[1] / "golden" / "cifar10_reduced.h5")
    hints = Hints(NB201, table.for_search())
    known = set(table.architectures)
    other = next(architecture for architecture in NB201 if architecture not in known)
    name = next(iter(table.costs))
    found = hints.values(name, [table.architectures[0], other])
    assert found[0] == table.cost(name)[0] and np.isnan(found[1])


def test_nothing_leads_from_hints_to_a_table(golden_scores) -> None:
    table = nasbench.open_table(golden_scores)
    seen = kit.reachable(Hints(NB201, table.for_search()))
    assert not [thing for thing in seen if type(thing).__name__ in ("Table", "SearchView", "Contents", "_Hidden")]


@pytest.fixture
def golden_scores():
    return Path(__file__).parents[1] / "golden" / "nb201_proxies.h5"
