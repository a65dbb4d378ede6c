"""NAS-BOWL: a Gaussian process with a Weisfeiler-Lehman graph kernel, expected improvement over mutations and draws."""

from __future__ import annotations

import numpy as np

from nasbench.space import Architecture, Space
from searchers.acquisitions import ACQUISITIONS, worth
from searchers.model_search import ModelSearch
from searchers.offspring import check_one_of


class NasBowl(ModelSearch):
    """Bayesian optimisation with a Gaussian process on the graphs of cells.

    The first ``initial`` architectures are drawn uniformly. Then, step by step, a process is fitted to everything told,
    its hyper-parameters by marginal likelihood; half of ``candidates`` are mutations of the ``parents`` best, half are
    draws, all new; the ``batch`` of them with the highest acquisition are asked before the next fit: that many can be
    trained at once. The process sees the logarithm of each score's distance to a point beyond the best one, and the
    acquisition is that of its noiseless beliefs there. An architecture that failed is remembered and teaches nothing.

    Ru, Wan, Dong and Osborne, "Interpretable Neural Architecture Search via Bayesian Optimisation with Weisfeiler-
    Lehman Kernels", ICLR 2021, algorithm 1. Theirs are the kernel with trees up to depth 2, 10 draws to begin with,
    batches of 5, 200 candidates half mutated and half drawn, and the expected improvement, here by its logarithm (Ament
    et al., NeurIPS 2023), which ranks alike and does not vanish. They choose the depth by marginal likelihood and see
    the logarithm of the error; ten parents, and that of a class one member is asked, are choices of ours.

    Args:
        space: where to search.
        rng: its source of chance.
        initial: architectures drawn before the first fit, at least 2.
        batch: architectures asked between two fits.
        parents: how many of the best are mutated.
        candidates: mutations and draws that are ranked in a step, at least ``batch``.
        encoding: what the process sees, encodings joined by a plus, such as ``program`` or ``one_hot``.
        kernel: kernels joined by a plus, as :class:`predictors.models.gaussian_process.GaussianProcess` has them, such
            as ``matern`` on ``program`` or ``hamming`` on ``one_hot``.
        acquisition: what ranks candidates, see ``searchers/acquisitions.py``.
        members: whether further members of a class may be asked, where a table trained them apart.
        warm_start: a hint, such as ``synflow`` or ``parameters``: the first ones are the best by it of random draws.
        share: of those draws that the first ones are.
        guesses: hints joined by a plus that enter the process linearly.
    """

    def __init__(
        self,
        space: Space,
        rng: np.random.Generator,
        *,
        initial: int = 10,
        batch: int = 5,
        parents: int = 10,
        candidates: int = 200,
        encoding: str = "weisfeiler_lehman",
        kernel: str = "weisfeiler_lehman",
        acquisition: str = "log_expected_improvement",
        members: bool = False,
        warm_start: str = "",
        share: float = 0.3,
        guesses: str = "",
    ) -> None:
        super().__init__(
            "nas_bowl",
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
        check_one_of("nas_bowl", ACQUISITIONS, acquisition=acquisition)
        self.kernel, self.acquisition = kernel, acquisition

    def prospects(self, parents: list[Architecture]) -> list[Architecture]:
        """Half mutations of the best, half draws."""
        mutated = self.notes.mutations(parents, self.candidates // 2, self.rng)
        return self.notes.distinct([*mutated, *self.notes.draws(self.candidates - len(mutated), self.rng)])

    def values(self, asked: list[Architecture], scores: np.ndarray, new: list[Architecture]) -> np.ndarray:
        """The acquisition of a process's noiseless beliefs on warped scores."""
        from predictors.models.gaussian_process import GaussianProcess
        from predictors.warps import fit_warp

        warped = fit_warp("logarithm", scores).forward(scores)
        model = GaussianProcess(self.encoding, self.kernel, warp="identity", restarts=1)
        self.view.fit(model, asked, warped)
        mean, deviation = model.predict_features(self.view.features(new))
        noise = np.exp(model.theta_[-1]) * model.warp_.deviation**2
        noiseless = np.sqrt(np.maximum(deviation**2 - noise, 0.0))
        return worth(self.acquisition, mean, noiseless, float(warped.max()), self.rng)
