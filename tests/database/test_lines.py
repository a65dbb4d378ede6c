"""Lines are found as in a dictionary, zeros at the end and large choices too."""

from __future__ import annotations

import numpy as np
import pytest

from nasbench.database.contents import lexicographic
from nasbench.database.lines import Lines


@pytest.mark.parametrize(("width", "options"), [(1, 3), (4, 3), (6, 300), (3, 30_000)])
def test_lines_are_found_as_in_a_dictionary(width: int, options: int) -> None:
    rng = np.random.default_rng(width)
    choices = np.unique(rng.integers(0, options, (200, width)), axis=0)
    choices = choices[lexicographic(choices)][::2].astype(np.int16)
    asked = np.concatenate([choices[::-1], rng.integers(0, options, (200, width)), np.zeros((1, width), np.int64)])
    place = {tuple(line): at for at, line in enumerate(choices.tolist())}
    assert Lines(choices.__getitem__, len(choices)).find(asked).tolist() == [
        place.get(tuple(line), -1) for line in asked.tolist()
    ]


def test_of_nothing_nothing_is_found() -> None:
    nothing = np.zeros((0, 6), dtype=np.int16)
    assert Lines(nothing.__getitem__, 0).find(np.ones((2, 6), dtype=np.int64)).tolist() == [-1, -1]
    assert Lines(np.ones((1, 6), dtype=np.int16).__getitem__, 1).find(nothing).tolist() == []
