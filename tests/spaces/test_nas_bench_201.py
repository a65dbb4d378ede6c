"""The cells of NAS-Bench-201: how many there are, which are one, and a proof of it by a second method."""

from __future__ import annotations

import numpy as np
import pytest

from nasbench import load_space
from nasbench.graph import Dataflow, Value
from nasbench.spaces.nas_bench_201 import EDGES, OPERATIONS, NASBench201, published_text_form
from tests.spaces.cell_evaluator import assignments, curved_average, fingerprints, live_edges, partition

SPACE = load_space("nas_bench_201")
CELLS = list(SPACE)
CHOICES = SPACE.choices_array(CELLS)
SAME, APART = 1e-11, 1e-9
"""Two projections are one number up to rounding, or two numbers. Rounding comes to 6e-14; chance brings two classes as
near as 8e-8, no nearer in any of eight seeds."""


class CurvedPooling(NASBench201):
    """The space as it would be if nobody knew that average pooling is linear."""

    def dataflow(self, architecture):
        """The same program with pooling as a function of which nothing is known."""
        flow = Dataflow()
        values: list[Value] = [flow.input(), (), (), ()]
        for choice, (source, target) in zip(architecture.choices, EDGES, strict=True):
            value = values[source]
            if OPERATIONS[choice].startswith("nor_conv"):
                value = flow.weighted(OPERATIONS[choice], value)
            elif OPERATIONS[choice] != "skip_connect":
                value = () if OPERATIONS[choice] == "none" else flow.function("avg_pool_3x3", value)
            values[target] = flow.add(values[target], value)
        return flow.set_outputs(values[3])


def labels(keys) -> np.ndarray:
    """A small integer for each key, equal where the keys are."""
    places: dict = {}
    return np.array([places.setdefault(key, len(places)) for key in keys])


def same_partition(first: np.ndarray, second: np.ndarray) -> bool:
    """Whether two labellings put the same things together."""
    pairs = np.unique(np.stack([first, second]), axis=1)
    return len(np.unique(pairs[0])) == len(np.unique(pairs[1])) == pairs.shape[1]


@pytest.fixture(scope="module")
def exact() -> np.ndarray:
    return labels(map(SPACE.canonical_hash, CELLS))


def test_all_cells_are_there_once_in_both_forms():
    assert len(SPACE) == len(CELLS) == len(set(CELLS)) == 15_625
    texts = {SPACE.format(cell) for cell in CELLS}
    assert len(texts) == 15_625
    assert "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|nor_conv_1x1~1|none~2|" in texts
    assert all(SPACE.parse(SPACE.format(cell)) == cell for cell in CELLS)


def test_exact_and_published_classes(exact):
    assert exact.max() + 1 == len(SPACE.classes) == 5_044
    assert len(set(map(published_text_form, CELLS))) == 6_466


@pytest.fixture(scope="module")
def found() -> np.ndarray:
    """Classes by the second method: outputs of all cells, computed with every naming of their convolutions."""
    return partition(fingerprints(CHOICES, seed=0), SAME, APART)


def test_second_method_finds_the_same_classes(exact, found):
    """Outputs are equal within a class and never across."""
    assert found.max() + 1 == 5_044
    assert same_partition(exact, found)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 8))
def test_second_method_finds_the_same_classes_with_other_weights(exact, seed):
    assert same_partition(exact, partition(fingerprints(CHOICES, seed), SAME, APART))


def test_second_method_without_linear_pooling():
    space = CurvedPooling()
    curved = labels(map(space.canonical_hash, CELLS))
    assert curved.max() + 1 == 5_260
    assert same_partition(curved, partition(fingerprints(CHOICES, 0, curved_average), SAME, APART))


def test_second_method_can_tell_that_classes_are_wrong(exact, found):
    """The proof is worth something: it refuses the published classes, two classes merged, one cell taken out."""
    assert not same_partition(labels(map(published_text_form, CELLS)), found)
    assert not same_partition(np.where(exact == 5_043, 5_042, exact), found)
    assert np.count_nonzero(exact == exact[1]) > 1
    assert not same_partition(np.where(np.arange(len(exact)) == 1, 5_044, exact), found)


def test_published_form_errs_both_ways(exact):
    """It keeps equal networks apart, and calls different networks one."""
    published = labels(map(published_text_form, CELLS))
    pairs = np.unique(np.stack([exact, published]), axis=1)
    assert np.count_nonzero(np.bincount(pairs[0]) > 1) == 792  # exact classes of several published forms
    assert np.count_nonzero(np.bincount(pairs[1]) > 1) == 430  # published forms of several exact classes


@pytest.mark.parametrize(
    ("first", "second", "exactly_one", "published_as_one"),
    [
        pytest.param(
            "|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|",
            "|none~0|+|none~0|none~1|+|skip_connect~0|none~1|skip_connect~2|",
            True,
            False,
            id="a skip of zero",
        ),
        pytest.param(
            "|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|",
            "|none~0|+|none~0|none~1|+|skip_connect~0|none~1|nor_conv_3x3~2|",
            True,
            False,
            id="a convolution of zero",
        ),
        pytest.param(
            "|skip_connect~0|+|none~0|none~1|+|nor_conv_3x3~0|none~1|none~2|",
            "|none~0|+|none~0|none~1|+|nor_conv_3x3~0|none~1|none~2|",
            True,
            True,
            id="an edge that leads nowhere",
        ),
        pytest.param(
            "|skip_connect~0|+|nor_conv_1x1~0|none~1|+|none~0|avg_pool_3x3~1|avg_pool_3x3~2|",
            "|nor_conv_1x1~0|+|skip_connect~0|skip_connect~1|+|none~0|none~1|avg_pool_3x3~2|",
            True,
            False,
            id="the pool of a sum",
        ),
        pytest.param(
            "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|skip_connect~1|skip_connect~2|",
            "|avg_pool_3x3~0|+|nor_conv_3x3~0|none~1|+|nor_conv_3x3~0|none~1|skip_connect~2|",
            False,
            True,
            id="one convolution twice or two convolutions",
        ),
        pytest.param(
            "|skip_connect~0|+|none~0|skip_connect~1|+|skip_connect~0|none~1|skip_connect~2|",
            "|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|",
            False,
            False,
            id="x + x or x",
        ),
        pytest.param(
            "|avg_pool_3x3~0|+|none~0|none~1|+|none~0|nor_conv_1x1~1|none~2|",
            "|nor_conv_1x1~0|+|none~0|none~1|+|none~0|avg_pool_3x3~1|none~2|",
            False,
            False,
            id="a pool before or after a convolution",
        ),
    ],
)
def test_pairs_decided_by_hand(first, second, exactly_one, published_as_one):
    cells = SPACE.parse(first), SPACE.parse(second)
    assert len(set(map(SPACE.canonical_hash, cells))) == (1 if exactly_one else 2)
    assert len(set(map(published_text_form, cells))) == (1 if published_as_one else 2)


def test_representative_has_nothing_to_spare(exact):
    """No dead edge and, in its class, the fewest edges, then the fewest poolings."""
    for members in SPACE.classes.values():
        first, choices = members[0], SPACE.choices_array(members)
        assert np.array_equal(live_edges(choices[:1]), choices[:1] != 0)
        cost = 10 * np.count_nonzero(choices, axis=1) + np.count_nonzero(choices == 4, axis=1)
        assert cost[0] == cost.min()
        assert SPACE.canonical(first) == first == SPACE.canonical(members[-1])


def test_members_have_the_same_live_convolutions(exact):
    live = np.where(live_edges(CHOICES), CHOICES, 0)
    counts = np.stack([exact, np.count_nonzero(live == 2, axis=1), np.count_nonzero(live == 3, axis=1)])
    assert np.unique(counts, axis=1).shape[1] == exact.max() + 1


def test_assignments_name_every_convolution_once():
    ways = assignments((2, 3, 0, 3, 2, 3))
    assert len(ways) == len(np.unique(ways, axis=0)) == 2 * 6
    assert set(ways[:, 2]) == {-1}
    assert all(sorted(way[[0, 4]]) == [0, 1] and sorted(way[[1, 3, 5]]) == [0, 1, 2] for way in ways)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nor_conv_3x3",
        "|none~0|+|none~0|none~1|+|none~0|none~1|",
        "|none~0|+|none~0|none~0|+|none~0|none~1|none~2|",
        "|conv~0|+|none~0|none~1|+|none~0|none~1|none~2|",
        "|none~0|+|none~0|none~1|+|none~0|none~1|none~2||",
        "|none~0~0|+|none~0|none~1|+|none~0|none~1|none~2|",
    ],
)
def test_texts_that_are_no_cells_are_refused_with_what_was_expected(text):
    with pytest.raises(ValueError, match=r"^cannot read .* expected .*$") as raised:
        SPACE.parse(text)
    assert "\n" not in str(raised.value)
    assert text in str(raised.value)
