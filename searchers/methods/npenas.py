"""NPENAS: evolution that makes many children and asks the few that a predictor thinks best."""

from __future__ import annotations

import numpy as np

from nasbench.space import Architecture, Space
from searchers.model_search import ModelSearch
from searchers.offspring import check_counts


class Npenas(ModelSearch):
    """Predictor-guided evolution: mutate the best many times, ask the best guessed.

    The first ``initial`` architectures are drawn uniformly. Then, step by step, a predictor is fitted to everything
    told; the best ``parents`` are mutated in turn until there are ``candidates`` different children that were not asked
    before, and the ``batch`` of them with the highest guesses are asked. Where no new child can be made, draws fill
    the step up. A failure is remembered, so that it is not asked again, and is no parent.

    Wei, Niu, Tang, Wang, Hu and Liang, "NPENAS: Neural Predictor Guided Evolution for Neural Architecture Search",
    IEEE TNNLS 2022 (2020 as a preprint), algorithm 1 with a predictor of means (NPENAS-NP). Its sizes are the defaults:
    10 to begin with, 100 children of the 10 best, 10 asked a step. The predictor is not its graph isomorphism network
    but extremely randomised trees (Geurts et al., 2006) on canonical graph features (Kadlecová et al., ICML 2024),
    which are grown in a fraction of a second.

    Args:
        space: where to search.
        rng: its source of chance.
        initial: architectures drawn before the first predictor, at least 2.
        parents: how many of the best are mutated.
        candidates: children that the predictor ranks in a step, at least ``batch``.
        batch: children asked before the predictor is fitted again.
        trees: of the predictor.
        encoding: what the predictor sees, encodings joined by a plus.
    """

    def __init__(
        self,
        space: Space,
        rng: np.random.Generator,
        *,
        initial: int = 10,
        parents: int = 10,
        candidates: int = 100,
        batch: int = 10,
        trees: int = 100,
        encoding: str = "program+graph_features(canonical=True)",
    ) -> None:
        super().__init__(
            "npenas",
            space,
            rng,
            initial=initial,
            batch=batch,
            parents=parents,
            candidates=candidates,
            encoding=encoding,
            members=True,
        )
        check_counts("npenas", 1, trees=trees)
        self.trees = trees

    def values(self, asked: list[Architecture], scores: np.ndarray, new: list[Architecture]) -> np.ndarray:
        """Guessed scores of new architectures by trees grown on what was told."""
        from predictors.models.extra_trees import ExtraTrees

        seed = int(self.rng.integers(2**31))
        model = ExtraTrees(self.encoding, trees=self.trees, warp="identity", folds=1, seed=seed)
        self.view.fit(model, asked, scores)
        return model.predict_features(self.view.features(new))[0]
