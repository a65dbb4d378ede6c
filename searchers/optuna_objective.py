"""Tables the other way round: a function of an Optuna trial that says what the architecture of the trial scores.

Nothing of Optuna is imported here: a trial brings all that is needed.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from nasbench.space import Architecture, Space
from nasbench.table import SearchView, Table
from searchers.evaluator import Evaluator
from searchers.evaluators.table import TableEvaluator
from searchers.measure import Measure

if TYPE_CHECKING:
    import optuna

NAME = "choice{}"
"""Name of each choice among a trial's parameters, counted from 0."""


class Objective:
    """What an architecture scores, as ``study.optimize`` calls it; see :func:`optuna_objective`.

    Args:
        evaluator: where scores come from.
        ordered: whether options are whole numbers to the sampler, or categories.
    """

    def __init__(self, evaluator: Evaluator, ordered: bool) -> None:
        self.evaluator = evaluator
        self.ordered = ordered

    @property
    def direction(self) -> str:
        """``maximize``, or ``minimize`` for a loss: the study's direction."""
        return "maximize" if self.evaluator.measure.sign > 0 else "minimize"

    def __call__(self, trial: optuna.Trial) -> float:
        """The measure of the trial's architecture in its own unit; NaN, a failed trial to Optuna, where there is none.

        The trial keeps the architecture's text as the user attribute ``architecture``, and ``reason`` where it failed.
        """
        space = self.evaluator.space
        suggest = trial.suggest_int if self.ordered else _suggest_category(trial)
        choices = tuple(int(suggest(NAME.format(place), 0, count - 1)) for place, count in enumerate(space.options))
        if not space.is_valid(choices):
            trial.set_user_attr("reason", f"{choices} is not a valid architecture of {space.name}")
            return math.nan
        architecture = Architecture(space.name, choices)
        trial.set_user_attr("architecture", space.format(architecture))
        evaluation = self.evaluator.evaluate(architecture)
        if evaluation.score is None:
            trial.set_user_attr("reason", evaluation.reason)
            return math.nan
        return self.evaluator.measure.sign * evaluation.score


def optuna_objective(
    source: Table | SearchView | Evaluator, measure: str | Measure = "val_accuracy", ordered: bool = False
) -> Objective:
    """An objective for ``study.optimize``: each trial chooses an architecture and is answered by the table.

    Args:
        source: a table, of which validation measures alone are looked at, or any evaluator, such as a surrogate's.
        measure: what is returned, as ``METRIC[@SCHEDULE][#SEED]``; an evaluator has its own.
        ordered: suggest whole numbers instead of categories, for samplers that know none, such as CMA-ES.

    Raises:
        LookupError: the table lacks the measure; the message says what it has.
    """
    if isinstance(source, Evaluator):
        return Objective(source, ordered)
    view = source.for_search() if isinstance(source, Table) else source
    measure = measure if isinstance(measure, Measure) else Measure.parse(measure)
    return Objective(TableEvaluator("table", view, measure), ordered)


def distributions(space: Space, ordered: bool) -> dict[str, Any]:
    """Optuna's distribution of each choice, by its name.

    Args:
        space: whose choices.
        ordered: whole numbers instead of categories.
    """
    from optuna.distributions import CategoricalDistribution, IntDistribution

    return {
        NAME.format(place): IntDistribution(0, count - 1) if ordered else CategoricalDistribution(tuple(range(count)))
        for place, count in enumerate(space.options)
    }


def read_choices(params: dict[str, Any], space: Space) -> tuple[int, ...]:
    """The choices in a trial's parameters."""
    return tuple(int(params[NAME.format(place)]) for place in range(len(space.options)))


def _suggest_category(trial: optuna.Trial) -> Any:
    return lambda name, least, most: trial.suggest_categorical(name, tuple(range(least, most + 1)))
