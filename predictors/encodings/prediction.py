"""What a predictor of something cheaper says of an architecture, as a feature: knowledge carried from table to table.

The cheaper thing is another table, such as one of short trainings on few images. A predictor fitted to it guesses every
architecture of the space, and what is learned afterwards from few dear rows is how the dear score follows that guess:
stacking across fidelities, as in Kennedy and O'Hagan, "Predicting the Output from a Complex Computer Code When Fast
Approximations Are Available", Biometrika 2000. The feature is the guess's rank among classes of the space, turned to
the quantile of a normal distribution, so that the unit of the source does not matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from weakref import WeakKeyDictionary

import numpy as np

from nasbench.space import Architecture, Space
from predictors.encoding import Encoding
from predictors.encodings.zero_cost import normal_scores
from predictors.graphs import surveyed_classes
from predictors.predictor import Predictor, read_fitted
from predictors.source import load_source

MOST = 500_000
"""Guesses of one source that are kept; beyond that they are forgotten and made again."""
_GUESSES: WeakKeyDictionary[Predictor, dict[Architecture, float]] = WeakKeyDictionary()


class Prediction(Encoding):
    """Guesses of a predictor fitted to another table.

    Args:
        source: folder of ``nasbench fit`` or of a saved predictor; or a table, to which a stacked ensemble is fitted.
        metric: of a table, what is learned.
        schedule: of a table, in epochs; 0 for its longest.
        rows: of a table, how many of its classes are learned from, one member each; 0 for everything in it.
        seed: of the draw of these.
    """

    remembered = False
    guesses = True

    def __init__(
        self, source: str = "", metric: str = "val_accuracy", schedule: int = 0, rows: int = 0, seed: int = 0
    ) -> None:
        self.source = source
        self.metric = metric
        self.schedule = schedule
        self.rows = rows
        self.seed = seed

    def feature_names(self, space: Space) -> tuple[str, ...]:
        """One column."""
        return ("prediction",)

    def compute(self, space: Space, architectures: Sequence[Architecture]) -> np.ndarray:
        """Normal scores of the guesses, of shape (architectures, 1).

        Raises:
            ValueError: there is no source, or it is of another space.
            OSError: the source cannot be read.
        """
        predictor = self._predictor()
        known = _GUESSES.setdefault(predictor, {})
        survey = surveyed_classes(space)
        asked = dict.fromkeys([*architectures, *survey])
        missing = [architecture for architecture in asked if architecture not in known]
        if len(known) + len(missing) > MOST:
            known.clear()
            missing = list(asked)
        known.update(zip(missing, predictor.predict(missing).tolist(), strict=True))
        among = np.sort([known[architecture] for architecture in survey])
        levels, first = np.unique(among, return_index=True)
        ranks = normal_scores(among)[first]
        return np.interp([known[architecture] for architecture in architectures], levels, ranks)[:, None]

    def state(self) -> dict[str, np.ndarray]:
        """The fitted predictor's files, as bytes."""
        return {name: np.frombuffer(content, dtype=np.uint8) for name, content in self._predictor().files().items()}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Takes the predictor over; the source is not needed any more."""
        self._held = read_fitted({name: content.tobytes() for name, content in state.items()}, "the encoding")

    _held: Predictor | None = None

    def _predictor(self) -> Predictor:
        if self._held is None:
            if not self.source:
                raise ValueError(
                    "the encoding Prediction carries over what another table taught: say which, as in "
                    "prediction(source=FILE.h5), or name the folder of a fit"
                )
            self._held = load_source(Path(self.source), self.metric, self.schedule, self.rows, self.seed)
        return self._held
