"""Optuna's samplers as searchers: ``optuna:tpe``, ``optuna:gp``, ``optuna:random`` and the like."""

from __future__ import annotations

import importlib
import inspect
import warnings
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import optuna
from optuna.distributions import BaseDistribution
from optuna.trial import Trial, TrialState, create_trial

from nasbench.registry import missing_extra, unknown
from nasbench.space import LARGEST_ENUMERATED, Architecture, Space
from predictors.encoding_text import split_encodings
from searchers.offspring import check_counts
from searchers.optuna_objective import distributions, read_choices
from searchers.searcher import Searcher
from searchers.warm_start import check_share, most_promising

SAMPLERS = {
    "cmaes": "CmaEsSampler",
    "gp": "GPSampler",
    "nsgaii": "NSGAIISampler",
    "qmc": "QMCSampler",
    "random": "RandomSampler",
    "tpe": "TPESampler",
}
ORDERED = ("cmaes", "qmc")
"""Samplers that know no categories: options are whole numbers to them, in the order of the space."""
NEEDS = {"cmaes": "cmaes", "gp": "torch"}
"""Packages that a sampler needs besides Optuna."""
DEFAULTS = {"qmc": {"scramble": True}}
"""Options that differ from Optuna's: an unscrambled sequence is the same in every run."""
DRAWN = 200
"""Architectures of a space too large to enumerate among which the nearest to an invalid proposal is looked for."""


class OptunaSearch(Searcher):
    """A sampler of Optuna, asked and told: ``optuna`` alone is its default, the tree-structured Parzen estimator.

    Each choice of the space is a categorical parameter; CMA-ES and quasi-random sampling, which know none, see whole
    numbers. A proposal that is not in the space (an invalid combination, or no candidate) is answered by one of the
    nearest architectures that are, whose score the sampler takes for that of its proposal. What it proposes again is
    asked again. A failure is a failed trial.

    State is the list of what was asked and told. A resumed run asks the same of a fresh sampler of the same seed and
    checks each answer, which takes as long as it took then, and fits any sampler, whatever it keeps in mind.

    Akiba, Sano, Yanase, Ohta and Koyama, "Optuna: A Next-generation Hyperparameter Optimization Framework", KDD 2019;
    Bergstra, Bardenet, Bengio and Kegl, "Algorithms for Hyper-Parameter Optimization", NeurIPS 2011 (TPE). Defaults of
    the samplers are Optuna's, but that quasi-random sequences are scrambled: seeds would be all alike.

    Args:
        space: where to search.
        rng: its source of chance; the sampler's seed is drawn from it.
        options: arguments of the sampler, such as ``n_startup_trials=20, multivariate=True``.
        warm_start: a hint, such as ``synflow`` or ``parameters``: the first proposals are the best by it of random
            draws; empty for the sampler's own.
        initial: how many of them.
        share: of those draws that the first ones are.
    """

    sampler = "tpe"

    costly = True

    def __init__(
        self,
        space: Space,
        rng: np.random.Generator,
        *,
        options: str = "",
        warm_start: str = "",
        initial: int = 10,
        share: float = 0.3,
    ) -> None:
        super().__init__(space, rng)
        check_counts("optuna", 1, initial=initial)
        check_share("optuna", share)
        self.options, self.warm_start, self.initial, self.share = options, warm_start, initial, share
        self._distributions: dict[str, BaseDistribution] = distributions(space, ordered=self.sampler in ORDERED)
        self._seed = int(rng.integers(2**31))
        self._log: list[tuple[str, list[int], float | None]] = []  # everything asked and told, in order
        self._begin()

    @classmethod
    def variants(cls) -> list[str]:
        """Names after the colon."""
        return sorted(SAMPLERS)

    @classmethod
    def variant(cls, name: str) -> type[Self]:
        """The searcher of one sampler.

        Raises:
            UnknownNameError: there is no such sampler here; the message names the nearest.
        """
        if name not in SAMPLERS:
            raise unknown("sampler of optuna", name, cls.variants())
        about = {"sampler": name, "costly": name == "gp", "__doc__": f"Optuna's {SAMPLERS[name]}."}
        return type(f"{cls.__name__}:{name}", (cls,), about)

    def ask(self) -> Architecture:
        """What the sampler proposes, or one of the nearest architectures to it."""
        self._catch_up()
        if self.warm_start and not self._log:
            for architecture in self._starts():
                self._enqueue(architecture.choices)
                self._note("enqueue", architecture.choices)
        choices = self._ask()
        self._note("ask", choices)
        return Architecture(self.space.name, choices)

    def tell(self, architecture: Architecture, score: float | None) -> None:
        """Ends the trial of the architecture; one that was not asked becomes a trial of its own."""
        self._catch_up()
        self._tell(architecture.choices, score)
        self._note("tell", architecture.choices, score)

    def memory(self) -> dict[str, Any]:
        """The sampler's seed, and everything asked and told in order."""
        return {"seed": self._seed, "log": [[word, list(choices), score] for word, choices, score in self._log]}

    def recall(self, memory: dict[str, Any]) -> None:
        """Takes them back; the sampler is asked again when it is next needed."""
        self._seed = memory["seed"]
        self._log = [(word, list(choices), score) for word, choices, score in memory["log"]]
        self._begin()

    def _note(self, word: str, choices: tuple[int, ...], score: float | None = None) -> None:
        self._log.append((word, list(choices), score))
        self._done = len(self._log)

    def _begin(self) -> None:
        """A fresh sampler and study; nothing of the log has reached them."""
        self._study = make_study(make_sampler(self.sampler, self.options, self._seed))
        self._chance = np.random.default_rng(self._seed)
        self._open: dict[tuple[int, ...], list[Trial]] = {}
        self._done = 0

    def _catch_up(self) -> None:
        """Asks and tells the sampler what is in the log and has not reached it yet.

        Raises:
            ValueError: it answers otherwise than it did.
        """
        for word, choices, score in self._log[self._done :]:
            if word == "enqueue":
                self._enqueue(choices)
            elif word == "tell":
                self._tell(tuple(choices), score)
            elif list(answer := self._ask()) != choices:
                raise ValueError(
                    f"optuna:{self.sampler} {optuna.__version__} now proposes {list(answer)} where it proposed "
                    f"{choices}: go on with the versions that the run was begun with, or begin anew"
                )
            self._done += 1

    def _enqueue(self, choices: Sequence[int]) -> None:
        self._study.enqueue_trial(dict(zip(self._distributions, choices, strict=True)))

    def _ask(self) -> tuple[int, ...]:
        with quiet():
            trial = self._study.ask(self._distributions)
        proposal = read_choices(trial.params, self.space)
        choices = proposal if self.space.is_valid(proposal) else self._nearest(proposal)
        self._open.setdefault(choices, []).append(trial)
        return choices

    def _tell(self, choices: tuple[int, ...], score: float | None) -> None:
        state = TrialState.FAIL if score is None else TrialState.COMPLETE
        if trials := self._open.get(choices):
            self._study.tell(trials.pop(0), score, state)
        else:
            params = dict(zip(self._distributions, choices, strict=True))
            self._study.add_trial(
                create_trial(state=state, value=score, params=params, distributions=self._distributions)
            )

    def _nearest(self, proposal: tuple[int, ...]) -> tuple[int, ...]:
        """One of the architectures that differ from a proposal in the fewest choices."""
        if self.space.count() <= LARGEST_ENUMERATED:
            near = self._everything()
        else:
            near = self.space.choices_array([self.space.sample(self._chance) for _ in range(DRAWN)])
        away = (near != np.array(proposal)).sum(axis=1)
        places = np.flatnonzero(away == away.min())
        return tuple(near[places[int(self._chance.random() * len(places))]].tolist())

    def _everything(self) -> np.ndarray:
        if not hasattr(self, "_known"):
            self._known = self.space.choices_array(list(self.space))
        return self._known

    def _starts(self) -> list[Architecture]:
        drawn = [self.space.sample(self.rng) for _ in range(int(np.ceil(self.initial / self.share)))]
        return most_promising(self.hints, self.warm_start, list(dict.fromkeys(drawn)), self.initial)


def make_sampler(name: str, options: str, seed: int) -> optuna.samplers.BaseSampler:
    """Optuna's sampler of this name, one of :data:`SAMPLERS`.

    Raises:
        ImportError: it needs a package that is not installed; the message holds the command.
        UnknownNameError: it has no such option.
        ValueError: the options cannot be read, or are refused.
    """
    if name in NEEDS:
        with missing_extra(f"the searcher 'optuna:{name}'"):
            importlib.import_module(NEEDS[name])
    kind = getattr(optuna.samplers, SAMPLERS[name])
    try:
        arguments = split_encodings(f"{name}({options})")[0].arguments
    except ValueError:
        raise ValueError(f"cannot read optuna.options {options!r}: expected name=value, joined by commas") from None
    known = sorted(set(inspect.signature(kind.__init__).parameters) - {"self", "seed"})
    for argument in arguments:
        if argument not in known:
            raise unknown(f"option of optuna:{name}", argument, known)
    with quiet():
        sampler: optuna.samplers.BaseSampler = kind(seed=seed, **{**DEFAULTS.get(name, {}), **arguments})
    return sampler


def make_study(sampler: optuna.samplers.BaseSampler) -> optuna.Study:
    """A study in memory that maximises."""
    with quiet():
        return optuna.create_study(direction="maximize", sampler=sampler)


class quiet:
    """Context in which Optuna says nothing below a warning, and warns of no experiment of its own."""

    def __enter__(self) -> None:
        self._level = optuna.logging.get_verbosity()
        self._filters = warnings.catch_warnings()
        self._filters.__enter__()
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        optuna.logging.set_verbosity(max(self._level, optuna.logging.WARNING))

    def __exit__(self, *error: object) -> None:
        optuna.logging.set_verbosity(self._level)
        self._filters.__exit__(None, None, None)
