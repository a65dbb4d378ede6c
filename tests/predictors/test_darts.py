"""Encodings and predictors on the space of DARTS: two cells, far too many architectures to enumerate."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import nasbench
from nasbench.darts_cells import OPERATIONS
from nasbench.registry import ENCODINGS, PREDICTORS
from predictors.encoding import Encoding, load_encoding
from predictors.table_encoding import TableEncoding

SPACE = nasbench.load_space("darts")
RNG = np.random.default_rng(0)
DRAWN = [SPACE.sample(RNG) for _ in range(90)]
WORTH = dict(zip(OPERATIONS, (-1.0, -1.0, 0.0, 3.0, 3.5, 1.0, 1.5), strict=True))
FREE = [name for name in ENCODINGS.names() if not issubclass(ENCODINGS.load(name), TableEncoding)]
ON_CURVES = [name for name in PREDICTORS.names() if "learning_curve" in nasbench.load_predictor(name).encoding]


def turned(architecture):
    """The same cells with the edges of each node the other way round."""
    return SPACE.of_cells([tuple(pair[::-1] for pair in cell) for cell in SPACE.cells(architecture)])


def worth(architectures) -> np.ndarray:
    """A made-up accuracy: what the operations add."""
    edges = [[e for cell in SPACE.cells(a) for pair in cell for e in pair] for a in architectures]
    return np.array([70 + sum(WORTH[OPERATIONS[operation]] for operation, _ in each) for each in edges])


@pytest.fixture(params=[name for name in FREE if name != "prediction"])
def encoding(request: pytest.FixtureRequest) -> Encoding:
    return load_encoding(request.param)


def test_encodings_tell_architectures_apart(encoding: Encoding) -> None:
    features = encoding.encode(SPACE, DRAWN)
    assert features.shape == (len(DRAWN), len(encoding.feature_names(SPACE)))
    assert np.isfinite(features).all()
    assert len(np.unique(features, axis=0)) == len(DRAWN)
    assert np.array_equal(features[3:5], encoding.compute(SPACE, DRAWN[3:5]))


def test_all_encodings_but_one_hot_are_blind_to_the_order_of_edges(encoding: Encoding) -> None:
    first, second = (encoding.encode(SPACE, some) for some in (DRAWN[:9], [turned(a) for a in DRAWN[:9]]))
    assert np.array_equal(first, second) == (type(encoding).__name__ != "OneHot")


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in PREDICTORS.names() if name not in ON_CURVES])
def test_predictors_learn(name: str) -> None:
    predictor = nasbench.load_predictor(name).fit(DRAWN[:60], worth(DRAWN[:60]))
    assert stats.kendalltau(predictor.predict(DRAWN[60:]), worth(DRAWN[60:]))[0] > 0.4
