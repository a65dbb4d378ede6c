"""BOHB: its densities by a second way, what it draws, what is refused."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

import nasbench
from searchers.densities import LEAST_WIDTH, Density
from searchers.searcher import make_searcher
from tests.searchers import kit

NB201 = nasbench.load_space("nas_bench_201")
OPTIONS = (2, 3, 4)


def test_a_density_adds_up_to_one_and_is_the_sum_of_its_kernels() -> None:
    data = np.array([[0, 2, 1], [1, 2, 3], [0, 2, 0]])
    density = Density(data, OPTIONS)
    points = np.array(list(product(*map(range, OPTIONS))))
    values = density.of(points)
    assert values.sum() == pytest.approx(1)
    for point, value in zip(points, values, strict=True):
        total = 0.0
        for datum in data:
            kernel = 1.0
            for j, count in enumerate(OPTIONS):
                width = density.width[j]
                kernel *= 1 - width if point[j] == datum[j] else width / (count - 1)
            total += kernel / len(data)
        assert value == pytest.approx(total)


def test_bandwidths_follow_the_normal_reference_rule() -> None:
    data = np.random.default_rng(0).integers(0, 4, (200, 3))
    data[:, 1] = 2
    width = Density(data, (4, 4, 4)).width
    assert width[0] == pytest.approx(1.06 * data[:, 0].std() * 200 ** (-1 / 7))
    assert width[1] == LEAST_WIDTH
    assert (Density(np.array([[0, 0, 0], [1, 2, 3]]), OPTIONS).width <= np.array([1 / 2, 2 / 3, 3 / 4])).all()


def test_draws_keep_an_option_as_often_as_they_should() -> None:
    density = Density(np.array([[0, 2, 1]] * 4 + [[1, 0, 3]]), OPTIONS)
    drawn = density.draw(40_000, np.random.default_rng(1))
    for j, count in enumerate(OPTIONS):
        anew = density.width[j]
        expected = np.bincount(density.data[:, j], minlength=count) / 5 * (1 - anew) + anew / count
        np.testing.assert_allclose(np.bincount(drawn[:, j], minlength=count) / 40_000, expected, atol=0.01)


def test_it_draws_like_hyperband_until_there_is_a_model() -> None:
    first = kit.finished(kit.make_curved_run("bohb", NB201), 9)
    np.testing.assert_array_equal(first.choices, kit.finished(kit.make_run("random_search", NB201), 9).choices)


def test_it_comes_to_what_is_good() -> None:
    """A score that counts convolutions of 3x3: later draws hold more of them, without a model they do not."""

    def threes(architecture) -> float:
        return 10.0 * sum(choice == 3 for choice in architecture.choices) + kit.made_up_score(architecture) / 100

    shares = {}
    for random in (0.0, 1.0):
        runs = [kit.make_run("bohb", NB201, seed, threes, random=random) for seed in range(5)]
        late = np.concatenate([kit.finished(run, 100).choices[50:] for run in runs])
        shares[random] = (late == 3).mean()
    assert shares[0.0] > shares[1.0] + 0.15


@pytest.mark.parametrize("wrong", [{"eta": 1}, {"random": 1.5}, {"top": -0.1}, {"samples": 0}])
def test_what_cannot_be(wrong: dict) -> None:
    with pytest.raises(ValueError, match=f"bohb.{next(iter(wrong))} must be"):
        make_searcher("bohb", NB201, 0, **wrong)
