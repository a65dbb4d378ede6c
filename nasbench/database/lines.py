"""Lines of contents: blocks of them, and where architectures stand, looked up many at once with no object a line."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

ALL = slice(None)
"""Every line."""
BLOCK = 16_384
"""Most lines that are read or written at a time; a chunk of the file holds as many, and all of NAS-Bench-201."""


def block_size(count: int) -> int:
    """Lines of a block where there are so many in all: blocks of equal size, a multiple of four, but for the last."""
    size = -(-count // max(1, -(-count // BLOCK)))
    return max(4, size + -size % 4)


def blocks(count: int) -> Iterator[slice]:
    """Blocks of lines, one after the other.

    >>> list(blocks(5)), len(list(blocks(40_000)))
    ([slice(0, 5, None)], 3)
    """
    size = block_size(count)
    return (slice(start, min(start + size, count)) for start in range(0, count, size))


class Lines:
    """Lines of choices by what they are; they are packed into numbers, mostly eight bytes a line.

    Args:
        read: the choices of some lines, integers from 0, shape (lines, choices).
        count: how many lines there are: each once, in lexicographic order.
    """

    def __init__(self, read: Callable[[slice], np.ndarray], count: int) -> None:
        most = np.array([read(block).max(axis=0, initial=0) for block in blocks(count)])
        self._most = most.max(axis=0, initial=0).astype(np.int64) if count else np.zeros(0, dtype=np.int64)
        self._words = _words([int(one) + 2 for one in self._most])
        self._keys = np.zeros(count, dtype=f"S{8 * len(self._words)}")
        for block in blocks(count):
            self._keys[block] = self._packed(read(block))

    def find(self, choices: np.ndarray) -> np.ndarray:
        """The line of each of these, int64 (n,); -1 where it is not there.

        >>> choices = np.array([[0, 1], [0, 2], [3, 0]])
        >>> Lines(choices.__getitem__, 3).find(np.array([[3, 0], [0, 0], [0, 1]]))
        array([ 2, -1,  0])
        """
        places, known = self.places(choices)
        return np.where(known, places, -1)

    def places(self, choices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """For each of these the first line that does not come before it, int64 (n,), and whether it is that line."""
        if not len(self._keys) or not len(choices):
            return np.zeros(len(choices), dtype=np.int64), np.zeros(len(choices), dtype=bool)
        keys = self._packed(choices)
        places = np.searchsorted(self._keys, keys)
        return places, self._keys[np.minimum(places, len(self._keys) - 1)] == keys

    def _packed(self, choices: np.ndarray) -> np.ndarray:
        """Bytes in the order of the lines; NumPy drops zeros at the end, and keys of one length stay different.

        A choice beyond those of all lines counts as one more than the most, which is no line's and keeps the order.
        """
        digits = np.minimum(choices, self._most + 1)
        words = np.zeros((len(choices), len(self._words)), dtype=">u8")
        for place, columns in enumerate(self._words):
            word = np.zeros(len(choices), dtype=np.uint64)
            for column in columns:
                word = word * np.uint64(self._most[column] + 2) + digits[:, column].astype(np.uint64)
            words[:, place] = word
        return words.view(f"S{8 * len(self._words)}").ravel()


def _words(options: list[int]) -> list[list[int]]:
    """Columns side by side that fit one number of 64 bits together, all columns in order; at least one word."""
    words: list[list[int]] = [[]]
    size = 1
    for column, count in enumerate(options):
        if size * count > 1 << 64:
            words.append([])
            size = 1
        words[-1].append(column)
        size *= count
    return words
