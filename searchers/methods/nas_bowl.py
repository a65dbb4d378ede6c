"""NAS-BOWL: a Gaussian process with a Weisfeiler-Lehman graph kernel, expected improvement over mutations and draws."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from nasbench.space import Architecture, Space
from searchers.acquisitions import ACQUISITIONS, worth
from searchers.beliefs import View
from searchers.notebook import Notebook
from searchers.offspring import check_counts, check_one_of
from searchers.searcher import Searcher
from searchers.warm_start import check_share, starts


class NasBowl(Searcher):
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

    costly = True

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
        super().__init__(space, rng)
        check_counts("nas_bowl", 2, initial=initial)
        check_counts("nas_bowl", 1, batch=batch, parents=parents)
        check_counts("nas_bowl", batch, candidates=candidates)
        check_one_of("nas_bowl", ACQUISITIONS, acquisition=acquisition)
        check_share("nas_bowl", share)
        self.initial, self.batch, self.parents, self.candidates = initial, batch, parents, candidates
        self.encoding, self.kernel, self.acquisition = encoding, kernel, acquisition
        self.members, self.warm_start, self.share, self.guesses = members, warm_start, share, guesses
        self._notes = Notebook(space, members)

    def ask(self) -> Architecture:
        """The next of the batch; a fit makes a new one when it is used up."""
        if not self._notes.waiting:
            self._notes.waiting = [architecture.choices for architecture in self._batch()[::-1]]
        return self._notes.hand_out()

    def tell(self, architecture: Architecture, score: float | None) -> None:
        """Remembers what an architecture scored, or that it has no score."""
        self._notes.note(architecture, score)

    def memory(self) -> dict[str, Any]:
        """Everything told, what is out, what waits; the process is fitted again when it is next needed."""
        return self._notes.memory()

    def recall(self, memory: dict[str, Any]) -> None:
        """Takes it back."""
        self._notes.recall(memory)

    @cached_property
    def _view(self) -> View:
        return View(self.space, self.hints, self.encoding, self.guesses)

    def _batch(self) -> list[Architecture]:
        """What to ask next, the most worth first."""
        notes, rng = self._notes, self.rng
        asked, scores = notes.scored()
        if len(asked) < self.initial or np.ptp(scores) == 0:
            count = 1 if notes.told or notes.out else self.initial
            return starts(notes, self.hints, self.warm_start, self.share, count, rng)
        mutated = notes.mutations(asked[: self.parents], self.candidates // 2, rng)
        new = notes.distinct([*mutated, *notes.draws(self.candidates - len(mutated), rng)])
        if not new:
            return [self.space.sample(rng)]
        mean, deviation, best = self._beliefs(asked, scores, new)
        values = worth(self.acquisition, mean, deviation, best, rng)
        return [new[place] for place in np.argsort(-values, kind="stable")[: self.batch].tolist()]

    def _beliefs(
        self, asked: list[Architecture], scores: np.ndarray, new: list[Architecture]
    ) -> tuple[np.ndarray, np.ndarray, float]:
        """Mean and deviation of the noiseless warped score of new architectures, and the best one told."""
        from predictors.models.gaussian_process import GaussianProcess
        from predictors.warps import fit_warp

        warped = fit_warp("logarithm", scores).forward(scores)
        model = GaussianProcess(self.encoding, self.kernel, warp="identity", restarts=1)
        self._view.fit(model, asked, warped)
        mean, deviation = model.predict_features(self._view.features(new))
        noise = np.exp(model.theta_[-1]) * model.warp_.deviation**2
        return mean, np.sqrt(np.maximum(deviation**2 - noise, 0.0)), float(warped.max())
