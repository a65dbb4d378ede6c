"""A surrogate with the noise of one seed: what a search on noisy scores is run on.

What trains is a class: its members compute one function, so that a class's training of a seed has one score and one
curve, whichever member is asked. They are those of the class's representative, with one draw.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nasbench.space import LARGEST_ENUMERATED, Architecture, Space

if TYPE_CHECKING:
    from predictors.surrogate import SurrogateBenchmark


@dataclass(frozen=True)
class NoisyView:
    """A surrogate's answers with the noise of one seed; expected seconds, as noise is of scores alone.

    Args:
        surrogate: that is asked.
        seed: of every training.
    """

    surrogate: SurrogateBenchmark
    seed: int

    @property
    def space(self) -> Space:
        """The surrogate's space."""
        return self.surrogate.space

    @property
    def metric(self) -> str:
        """What is answered."""
        return self.surrogate.metric

    @property
    def schedule(self) -> int:
        """In epochs."""
        return self.surrogate.schedule

    def noisy(self, seed: int) -> NoisyView:
        """The same surrogate with the noise of another seed; see :meth:`SurrogateBenchmark.noisy`."""
        return self.surrogate.noisy(seed)

    def query(self, architecture: Architecture | str, metric: str | None = None) -> float:
        """Score of the seed's training; see :meth:`SurrogateBenchmark.query`."""
        return self.surrogate.query(architecture, metric, noise=True, seed=self.seed)

    def curve(self, architecture: Architecture | str, metric: str | None = None) -> np.ndarray:
        """Learning curve of the seed's training; see :meth:`SurrogateBenchmark.curve`."""
        return self.surrogate.curve(architecture, metric, noise=True, seed=self.seed)

    def seconds(self, architecture: Architecture | str) -> float:
        """Predicted training seconds; see :meth:`SurrogateBenchmark.seconds`."""
        return self.surrogate.seconds(architecture)


class Draws:
    """What a noisy training of an architecture is a training of, and the chance that draws its noise.

    Args:
        space: the surrogate's. In one too large to enumerate each member stands for itself, with the draw of its class.
    """

    def __init__(self, space: Space) -> None:
        self._space = space
        self._known: dict[tuple[int, ...], tuple[Architecture, int]] = {}

    def training(
        self, architecture: Architecture, noise: bool, seed: int | None
    ) -> tuple[Architecture, np.random.Generator]:
        """The representative of the architecture's class, and the chance of the class's training of this seed.

        Raises:
            ValueError: noise was not asked for; or there is no seed, or a negative one.
        """
        if not noise:
            raise ValueError(
                f"the seed {seed} is of noise, which was not asked for: say noise=True, or leave the seed out"
            )
        if seed is None or seed < 0:
            raise ValueError(f"noise needs a seed, a whole number from 0, got {seed}: say which training is meant")
        representative, number = self._class_of(architecture)
        return representative, np.random.default_rng(np.random.SeedSequence([seed, number]))

    def _class_of(self, architecture: Architecture) -> tuple[Architecture, int]:
        """Representative and number of a class."""
        if self._space.count() > LARGEST_ENUMERATED:
            return architecture, int(self._space.canonical_hash(architecture), 16)
        if not self._known:
            for class_hash, members in self._space.classes.items():
                own = (members[0], int(class_hash, 16))
                self._known.update((member.choices, own) for member in members)
        return self._known[architecture.choices]
