"""Choices as zeros and ones: one column for each option of each choice."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nasbench.space import Architecture, Space
from predictors.encoding import Encoding


class OneHot(Encoding):
    """A one where a choice takes an option; each choice has one one."""

    def feature_names(self, space: Space) -> tuple[str, ...]:
        """``choice=option``, counted from zero."""
        return tuple(f"{place}={option}" for place, count in enumerate(space.options) for option in range(count))

    def compute(self, space: Space, architectures: Sequence[Architecture]) -> np.ndarray:
        """Array of zeros and ones."""
        choices = space.choices_array(architectures)
        starts = np.concatenate([[0], np.cumsum(space.options)])
        features = np.zeros((len(choices), starts[-1]))
        features[np.arange(len(choices))[:, None], choices + starts[:-1]] = 1.0
        return features
