"""Where architectures stand in contents: looked up in packed, sorted keys, many at once, with no object a line."""

from __future__ import annotations

import numpy as np


class Lines:
    """Lines of choices by what they are; two bytes a choice.

    Args:
        choices: integers from 0 to 65,535, shape (architectures, choices), each line once, in lexicographic order.
    """

    def __init__(self, choices: np.ndarray) -> None:
        self._keys = _keys(choices)

    def find(self, choices: np.ndarray) -> np.ndarray:
        """The line of each of these, int64 (n,); -1 where it is not there.

        >>> Lines(np.array([[0, 1], [0, 2], [3, 0]])).find(np.array([[3, 0], [0, 0], [0, 1]]))
        array([ 2, -1,  0])
        """
        if not len(self._keys) or not len(choices):
            return np.full(len(choices), -1, dtype=np.int64)
        keys = _keys(choices)
        lines = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        return np.where(self._keys[lines] == keys, lines, -1)


def _keys(choices: np.ndarray) -> np.ndarray:
    """Bytes in the order of the lines; NumPy drops zeros at the end, and keys of one length stay different."""
    if not choices.size:
        return np.zeros(len(choices), dtype="S1")
    return np.ascontiguousarray(choices, dtype=">u2").view(f"S{2 * choices.shape[1]}").ravel()
