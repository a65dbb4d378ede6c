"""Policies: distributions of architectures with parameters, drawn one choice after another; the simplest of them.

Options that lead to no valid architecture have no chance. B is the number of architectures, K of choices, O of options
of the choice that has most. Gradients are written out; NumPy only, float64.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from nasbench.space import Space
from searchers.prefixes import Prefixes


@dataclass(frozen=True)
class Opinion:
    """What a policy says of B architectures.

    Args:
        choices: int64 [B, K].
        log_probability: [B], of the whole architecture.
        entropy: [B], of each choice given those before it, in nats, summed over choices.
        chances: [K, B, O], of each option; 0 where it may not follow.
        logs: [K, B, O], their logarithms; 0 where it may not follow.
        trace: what the policy remembers of its way here.
    """

    choices: np.ndarray
    log_probability: np.ndarray
    entropy: np.ndarray
    chances: np.ndarray
    logs: np.ndarray
    trace: tuple[np.ndarray, ...] = ()


class Policy(ABC):
    """A distribution of the architectures of a space.

    Args:
        space: whose architectures.
        size: number of parameters.
    """

    def __init__(self, space: Space, size: int) -> None:
        self.prefixes = Prefixes(space)
        self.options = space.options
        self.parameters = np.zeros(size)
        """float64, flat; change it in place."""

    @abstractmethod
    def draw(self, uniform: np.ndarray) -> np.ndarray:
        """int64 [B, K]: choices of architectures, one for each row of numbers from 0 to less than 1, of that shape."""

    @abstractmethod
    def judge(self, choices: np.ndarray) -> Opinion:
        """Chances of architectures given as int64 [B, K]."""

    @abstractmethod
    def gradient(self, opinion: Opinion, log_probability: np.ndarray, entropy: np.ndarray) -> np.ndarray:
        """Gradient, with respect to the parameters, of a weighted sum of log-probabilities and entropies.

        The entropy of a choice is taken given the choices before it, which are data; that these would be drawn more or
        less often is not counted, as is customary.

        Args:
            opinion: what :meth:`judge` said, the parameters unchanged since.
            log_probability: weights [B].
            entropy: weights [B].
        """

    def _follow(self, choices: np.ndarray) -> np.ndarray:
        """bool [K, B, O]: which options may follow the choices before."""
        nodes, rows, masks = np.zeros(len(choices), dtype=np.int64), np.arange(len(choices)), []
        for level in range(len(self.options)):
            children = self.prefixes.children(level, nodes)
            nodes = children[rows, choices[:, level]]
            masks.append(children >= 0)
        return np.array(masks)


def pick(logits: np.ndarray, allowed: np.ndarray, uniform: np.ndarray) -> np.ndarray:
    """int64 [B]: an option by softmax of logits [B, O] among those allowed, where uniform numbers [B] fall."""
    masked = np.where(allowed, logits, -np.inf)
    sums = np.exp(masked - masked.max(axis=1, keepdims=True)).cumsum(axis=1)
    return (sums <= (uniform * sums[:, -1])[:, None]).sum(axis=1)


def opinion_on(
    logits: np.ndarray, allowed: np.ndarray, choices: np.ndarray, trace: tuple[np.ndarray, ...] = ()
) -> Opinion:
    """What logits [K, B, O] say of choices [B, K]."""
    masked = np.where(allowed, logits, -np.inf)
    masked -= masked.max(axis=2, keepdims=True)
    chances = np.exp(masked)
    total = chances.sum(axis=2, keepdims=True)
    chances /= total
    logs = np.where(allowed, masked - np.log(total), 0.0)
    taken = np.take_along_axis(logs, choices.T[:, :, None], axis=2)
    entropy = -(chances * logs).sum(axis=(0, 2))
    return Opinion(choices, taken.sum(axis=(0, 2)), entropy, chances, logs, trace)


def logit_gradient(opinion: Opinion, log_probability: np.ndarray, entropy: np.ndarray) -> np.ndarray:
    """[K, B, O]: gradient of the weighted sum with respect to the logits.

    d log p(chosen) / dz_j = 1[j chosen] - p_j, and dH / dz_j = -p_j (log p_j + H) for the entropy H of one choice.
    """
    chances, logs = opinion.chances, opinion.logs
    each = -(chances * logs).sum(axis=2, keepdims=True)
    gradient = -chances * (log_probability[:, None] + entropy[:, None] * (logs + each))
    places = opinion.choices.T[:, :, None]
    taken = np.take_along_axis(gradient, places, axis=2) + log_probability[:, None]
    np.put_along_axis(gradient, places, taken, axis=2)
    return gradient


class Independent(Policy):
    """One softmax for each choice, which knows nothing of the others; uniform to begin with.

    Args:
        space: whose architectures.
    """

    def __init__(self, space: Space) -> None:
        self._shape = (len(space.options), max(space.options))
        super().__init__(space, self._shape[0] * self._shape[1])

    def draw(self, uniform: np.ndarray) -> np.ndarray:
        """Choices by the numbers."""
        logits = self.parameters.reshape(self._shape)
        choices = np.empty(uniform.shape, dtype=np.int64)
        nodes, rows = np.zeros(len(uniform), dtype=np.int64), np.arange(len(uniform))
        for level in range(len(self.options)):
            children = self.prefixes.children(level, nodes)
            choices[:, level] = pick(logits[level], children >= 0, uniform[:, level])
            nodes = children[rows, choices[:, level]]
        return choices

    def judge(self, choices: np.ndarray) -> Opinion:
        """Chances by the parameters alone."""
        return opinion_on(self.parameters.reshape(self._shape)[:, None], self._follow(choices), choices)

    def gradient(self, opinion: Opinion, log_probability: np.ndarray, entropy: np.ndarray) -> np.ndarray:
        """That of the logits, summed over architectures."""
        return logit_gradient(opinion, log_probability, entropy).sum(axis=1).reshape(-1)
