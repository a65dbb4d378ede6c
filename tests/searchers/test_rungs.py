"""Rungs and brackets: the papers' tables, and one bracket by a second way."""

from __future__ import annotations

import numpy as np
import pytest

import nasbench
from searchers.methods import bohb, hyperband
from searchers.rungs import Bracket, draw_new, halved, rungs
from tests.searchers import kit

NB201 = nasbench.load_space("nas_bench_201")


def test_rungs_of_the_papers_example() -> None:
    assert rungs(range(1, 82), 3) == (1, 3, 9, 27, 81)
    assert rungs(range(1, 257), 4) == (1, 4, 16, 64, 256)


@pytest.mark.parametrize(
    ("epochs", "eta", "expected"),
    [
        (range(1, 13), 3, (1, 4, 12)),
        (range(1, 6), 2, (1, 2, 5)),
        (range(1, 6), 3, (2, 5)),
        (range(1, 201), 3, (2, 7, 22, 67, 200)),
        ((200,), 3, (200,)),
        ((1,), 2, (1,)),
        ((10, 50, 200), 3, (10, 50, 200)),
    ],
)
def test_rungs_stand_where_scores_are_known(epochs, eta: int, expected: tuple[int, ...]) -> None:
    assert rungs(epochs, eta) == expected


def test_hyperband_brackets_are_table_1_of_the_paper() -> None:
    """Li et al., JMLR 2018: R = 81, eta = 3."""
    assert hyperband.brackets((1, 3, 9, 27, 81), 3) == [
        ((1, 3, 9, 27, 81), (81, 27, 9, 3, 1)),
        ((3, 9, 27, 81), (34, 11, 3, 1)),
        ((9, 27, 81), (15, 5, 1)),
        ((27, 81), (8, 2)),
        ((81,), (5,)),
    ]


def test_bohb_brackets_are_those_of_its_authors_code() -> None:
    assert [sizes for _, sizes in bohb.brackets((1, 3, 9, 27, 81), 3)] == [
        (81, 27, 9, 3, 1),
        (27, 9, 3, 1),
        (9, 3, 1),
        (6, 2),
        (5,),
    ]


def test_one_of_eta_goes_on_and_at_least_one() -> None:
    assert halved(16, 5, 2) == (16, 8, 4, 2, 1)
    assert halved(5, 4, 3) == (5, 1, 1, 1)


def test_a_bracket_by_a_second_way() -> None:
    """Scores of each rung are drawn; survivors are sorted by NumPy; failures drop out."""
    rng = np.random.default_rng(0)
    for _ in range(30):
        bracket = Bracket((1, 3, 9), (9, 3, 1))
        alive = [(number,) for number in range(9)]
        for level, size in enumerate((9, 3, 1)):
            values = np.where(rng.random(len(alive)) < 0.3, np.nan, rng.normal(size=len(alive)))
            if bracket.is_over:
                break
            assert bracket.next_epochs == (1, 3, 9)[level]
            for choices, value in zip(alive, values.tolist(), strict=True):
                assert bracket.wants_new == (level == 0)
                if level:
                    assert bracket.waiting[0] == choices
                bracket = Bracket.recalled(bracket.memory())
                bracket.tell(choices, None if np.isnan(value) else value)
            order = [place for place in np.argsort(-values) if not np.isnan(values[place])]
            alive = [alive[place] for place in order[: (9, 3, 1, 0)[level + 1]]] if size > 1 else []
            assert bracket.is_over == (not alive)
        assert bracket.is_over


def test_draws_are_new_until_the_space_is_used_up() -> None:
    space, rng, drawn = kit.Necklaces(), np.random.default_rng(0), {}
    first = [draw_new(space, rng, drawn) for _ in range(54)]
    assert len(set(first)) == space.count() == 54
    draw_new(space, rng, drawn)
    assert len(drawn) == 1
