"""Warps rise, can be undone, and do not run away beyond what they were fitted to."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from predictors.warps import WARPS, Warp, fit_warp

SCORES = st.lists(st.floats(-1000, 1000), min_size=2, max_size=50).map(np.array)


@pytest.mark.parametrize("name", WARPS)
@given(y=SCORES)
def test_it_can_be_undone(name: str, y: np.ndarray) -> None:
    warp = fit_warp(name, y)
    t = warp.forward(y)
    assert np.allclose(warp.back(t), y, atol=1e-6 * max(1.0, np.abs(y).max()))
    if np.ptp(y) > 1e-6:
        assert t.mean() == pytest.approx(0, abs=1e-6)
        assert t.std() == pytest.approx(1, abs=1e-6)
        order = np.argsort(y)
        assert (np.diff(t[order]) >= 0).all()


@pytest.mark.parametrize("name", WARPS)
@pytest.mark.parametrize("turn", [1, -1])
def test_the_way_back_is_smooth_and_rises(name: str, turn: int) -> None:
    y = turn * (90 - np.random.default_rng(0).exponential(5, size=200))
    warp = fit_warp(name, y)
    t = np.linspace(-8, 8, 2001)
    back, slope = warp.back(t), warp.slope(t)
    assert (np.diff(back) > 0).all()
    assert np.allclose(np.gradient(back, t)[1:-1], slope[1:-1], rtol=0.02)
    assert np.abs(back).max() < 500


def test_the_logarithm_shortens_the_tail_on_either_side() -> None:
    tail = np.random.default_rng(1).exponential(5, size=500)
    for y in (90 - tail, tail):
        skew = [abs(((fit_warp(name, y).forward(y)) ** 3).mean()) for name in WARPS]
        assert skew[WARPS.index("logarithm")] < 0.6 * skew[WARPS.index("identity")]


def test_known_value() -> None:
    warp = fit_warp("logarithm", np.array([0.0, 8.0, 9.0, 10.0]))
    assert (warp.sign, warp.origin) == (1, 10 + 9.25 - 6)
    bent = -np.log(13.25 - np.array([0.0, 8.0, 9.0, 10.0]))
    assert warp.mean == pytest.approx(bent.mean())
    assert warp.deviation == pytest.approx(bent.std())


@pytest.mark.parametrize("name", WARPS)
def test_equal_scores_stay_what_they_are(name: str) -> None:
    warp = fit_warp(name, np.full(5, 93.5))
    assert warp.back(np.zeros(3)) == pytest.approx(93.5)
    assert Warp(**warp.to_json()) == warp


def test_unknown_name() -> None:
    with pytest.raises(ValueError, match="must be one of identity, logarithm, got 'log'"):
        fit_warp("log", np.arange(3.0))
