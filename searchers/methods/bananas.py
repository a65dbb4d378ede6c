"""BANANAS: an ensemble of perceptrons on paths, independent Thompson sampling, mutations of the best."""

from __future__ import annotations

import numpy as np

from nasbench.space import Architecture, Space
from searchers.acquisitions import ACQUISITIONS, worth
from searchers.model_search import ModelSearch
from searchers.offspring import check_counts, check_one_of


class BananasSearch(ModelSearch):
    """Bayesian optimisation with an ensemble of neural predictors in place of a Gaussian process.

    The first ``initial`` architectures are drawn uniformly. Then, step by step, ``networks`` perceptrons are fitted to
    the paths of everything told; the ``parents`` best are mutated until there are ``candidates`` new architectures, a
    score is drawn for each from the mean and deviation of the perceptrons, and the ``batch`` of the highest draws are
    asked, all before the next fit: that many can be trained at once. Draws take the place of mutations where all were
    asked. An architecture that failed is remembered and teaches nothing.

    White, Neiswanger and Savani, "BANANAS: Bayesian Optimization with Neural Architectures for Neural Architecture
    Search", AAAI 2021, algorithm 1. Theirs are 10 draws to begin with, batches of 10, five networks of ten layers of
    twenty units, the percentage error, independent Thompson sampling, and that of a class one member is asked; 800
    steps of training are :class:`predictors.models.bananas.Bananas`'s. The paper mutates "the best" and ranks about 100
    children; ten parents are NPENAS's choice for the same step.

    Args:
        space: where to search.
        rng: its source of chance.
        initial: architectures drawn before the first fit, at least 2.
        batch: architectures asked between two fits.
        parents: how many of the best are mutated.
        candidates: mutations that are ranked in a step, at least ``batch``.
        networks: perceptrons of the ensemble.
        steps: of their training.
        encoding: what they see, encodings joined by a plus.
        acquisition: what ranks candidates, see ``searchers/acquisitions.py``.
        members: whether further members of a class may be asked, where a table trained them apart.
        warm_start: a hint, such as ``synflow`` or ``parameters``: the first ones are the best by it of random draws.
        share: of those draws that the first ones are.
        guesses: hints joined by a plus that the perceptrons see as well.
    """

    def __init__(
        self,
        space: Space,
        rng: np.random.Generator,
        *,
        initial: int = 10,
        batch: int = 10,
        parents: int = 10,
        candidates: int = 100,
        networks: int = 5,
        steps: int = 800,
        encoding: str = "paths",
        acquisition: str = "independent_thompson_sampling",
        members: bool = False,
        warm_start: str = "",
        share: float = 0.3,
        guesses: str = "",
    ) -> None:
        super().__init__(
            "bananas",
            space,
            rng,
            initial=initial,
            batch=batch,
            parents=parents,
            candidates=candidates,
            encoding=encoding,
            members=members,
            warm_start=warm_start,
            share=share,
            guesses=guesses,
        )
        check_counts("bananas", 1, networks=networks, steps=steps)
        check_one_of("bananas", ACQUISITIONS, acquisition=acquisition)
        self.networks, self.steps, self.acquisition = networks, steps, acquisition

    def values(self, asked: list[Architecture], scores: np.ndarray, new: list[Architecture]) -> np.ndarray:
        """The acquisition of what perceptrons fitted to the scores say of new architectures."""
        from predictors.models.bananas import Bananas

        seed = int(self.rng.integers(2**31))
        model = Bananas(self.encoding, members=self.networks, steps=self.steps, seed=seed)
        self.view.fit(model, asked, scores)
        mean, deviation = model.predict_features(self.view.features(new))
        return worth(self.acquisition, mean, deviation, float(scores[0]), self.rng)
