"""The controller: an LSTM that chooses an architecture one choice after another, and its gradient written out.

B is the number of architectures, K of choices, O of options of the choice that has most, H of hidden units. NumPy only,
float64.
"""

from __future__ import annotations

import numpy as np

from nasbench.space import Space
from searchers.policy import Opinion, Policy, logit_gradient, opinion_on, pick


class Controller(Policy):
    """An LSTM that reads the choices made so far, with a softmax of its own for each choice.

    Its input is the embedding of the choice before, or of the start: as wide as the four gates, so that it is input
    weights and bias in one. Each option of each choice has an embedding of its own.

    Hochreiter and Schmidhuber, "Long Short-Term Memory", Neural Computation 1997, with the forget gates of Gers,
    Schmidhuber and Cummins, Neural Computation 2000; as a controller Zoph and Le, ICLR 2017, whose initial weights are
    uniform between -0.08 and 0.08.

    Args:
        space: whose architectures.
        hidden: H.
        rng: draws the initial parameters.
    """

    def __init__(self, space: Space, hidden: int, rng: np.random.Generator) -> None:
        count, most = len(space.options), max(space.options)
        tokens = 1 + sum(space.options[:-1])
        shapes = ((tokens, 4 * hidden), (hidden, 4 * hidden), (count, hidden, most), (count, 1, most))
        ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
        super().__init__(space, int(ends[-1]))
        self.parameters[:] = rng.uniform(-0.08, 0.08, len(self.parameters))
        parts = np.split(self.parameters, ends[:-1])
        self._embedding, self._recurrent, self._heads, self._biases = (
            part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)
        )
        self._first = np.concatenate([[0], 1 + np.cumsum((0, *space.options[:-2]))])[:count]  # of each step's tokens
        self._hidden = hidden
        self._half = np.repeat([0.5, 0.5, 0.5, 1.0], hidden)  # sigmoid(x) = tanh(x / 2) / 2 + 1 / 2; three gates of it
        self._shift = 1 - self._half

    def draw(self, uniform: np.ndarray) -> np.ndarray:
        """Choices by the numbers, each given those before it."""
        choices = np.empty(uniform.shape, dtype=np.int64)
        nodes, rows = np.zeros(len(uniform), dtype=np.int64), np.arange(len(uniform))
        hidden = cell = np.zeros((len(uniform), self._hidden))
        tokens = nodes
        for level in range(len(self.options)):
            _, cell, _, hidden = self._step(tokens, hidden, cell)
            children = self.prefixes.children(level, nodes)
            logits = hidden @ self._heads[level] + self._biases[level]
            choices[:, level] = chosen = pick(logits, children >= 0, uniform[:, level])
            nodes = children[rows, chosen]
            if level + 1 < len(self.options):
                tokens = self._first[level + 1] + chosen
        return choices

    def judge(self, choices: np.ndarray) -> Opinion:
        """Chances of each choice given those before it."""
        count, batch, units = len(self.options), len(choices), self._hidden
        tokens = np.zeros((count, batch), dtype=np.int64)
        tokens[1:] = (choices[:, :-1] + self._first[1:]).T
        gates = np.empty((count, batch, 4 * units))
        squashed = np.empty((count, batch, units))
        cells, hidden = np.zeros((2, count + 1, batch, units))
        for level in range(count):
            gates[level], cells[level + 1], squashed[level], hidden[level + 1] = self._step(
                tokens[level], hidden[level], cells[level]
            )
        logits = hidden[1:] @ self._heads + self._biases
        return opinion_on(logits, self._follow(choices), choices, (tokens, gates, cells, squashed, hidden))

    def gradient(self, opinion: Opinion, log_probability: np.ndarray, entropy: np.ndarray) -> np.ndarray:
        """Backpropagation through the choices, from the last to the first."""
        tokens, gates, _, _, hidden = opinion.trace
        logits = logit_gradient(opinion, log_probability, entropy)
        into_gates = self._through_time(logits @ self._heads.transpose(0, 2, 1), opinion.trace)
        flat = into_gates.reshape(-1, gates.shape[2])
        which = (tokens.reshape(-1) == np.arange(len(self._embedding))[:, None]).astype(np.float64)
        parts = (
            which @ flat,
            hidden[:-1].reshape(len(flat), -1).T @ flat,
            hidden[1:].transpose(0, 2, 1) @ logits,
            logits.sum(axis=1),
        )
        return np.concatenate([part.reshape(-1) for part in parts])

    def _step(self, tokens: np.ndarray, hidden: np.ndarray, cell: np.ndarray) -> tuple[np.ndarray, ...]:
        """Gates [B, 4H] after their squashing (input, forget, output, candidate), cell, its tanh, hidden [B, H]."""
        gates = self._embedding[tokens] + hidden @ self._recurrent
        gates *= self._half
        np.tanh(gates, out=gates)
        gates *= self._half
        gates += self._shift
        enter, forget, leave, candidate = self._apart(gates)
        cell = forget * cell + enter * candidate
        squashed = np.tanh(cell)
        return gates, cell, squashed, leave * squashed

    def _through_time(self, into_hidden: np.ndarray, trace: tuple[np.ndarray, ...]) -> np.ndarray:
        """[K, B, 4H]: gradient before the squashing of the gates, from that of the hidden units [K, B, H]."""
        _, gates, cells, squashed, _ = trace
        slope = np.where(self._shift == 0, 1 - gates**2, gates * (1 - gates))
        bend = 1 - squashed**2
        result = np.empty_like(gates)
        back = carried = np.zeros_like(cells[0])
        for level in reversed(range(len(gates))):
            enter, forget, leave, candidate = self._apart(gates[level])
            into = into_hidden[level] + back
            into_cell = into * leave * bend[level] + carried
            parts = self._apart(result[level])
            np.multiply(into_cell, candidate, out=parts[0])
            np.multiply(into_cell, cells[level], out=parts[1])
            np.multiply(into, squashed[level], out=parts[2])
            np.multiply(into_cell, enter, out=parts[3])
            result[level] *= slope[level]
            carried = into_cell * forget
            back = result[level] @ self._recurrent.T
        return result

    def _apart(self, gates: np.ndarray) -> tuple[np.ndarray, ...]:
        """Views [B, H] of the four gates in [B, 4H]."""
        units = self._hidden
        return gates[:, :units], gates[:, units : 2 * units], gates[:, 2 * units : 3 * units], gates[:, 3 * units :]
