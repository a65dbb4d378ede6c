"""Who computes the same: the classes of a table's architectures, and which of its lines answer for one not in it."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from nasbench.columns import Columns, fixed
from nasbench.database.contents import Contents
from nasbench.database.rows import Choices
from nasbench.space import Architecture, Space


class Members:
    """Classes of a table's architectures.

    Args:
        contents: the table's.
        columns: of the same contents.
    """

    def __init__(self, contents: Contents, columns: Columns) -> None:
        self._contents = contents
        self._columns = columns
        self._foreign: dict[Choices, str] = {}

    @cached_property
    def hashes(self) -> np.ndarray:
        """Text [architectures]: hash of each one's canonical form."""
        return fixed(self._contents.class_hashes.astype("U32"))

    @property
    def classes(self) -> np.ndarray:
        """Text [classes]: the distinct hashes, sorted."""
        return self._classes[0]

    @property
    def index(self) -> np.ndarray:
        """int64 [architectures]: place of each one's class."""
        return self._classes[1]

    def lines_of(self, architecture: Architecture, space: Space) -> list[int]:
        """Lines of the architectures that compute the same as one of the space, which need not be in the table."""
        choices = architecture.choices
        line = self._columns.lines.get(choices)
        if line is not None:
            return self._by_hash[str(self.hashes[line])]
        if choices not in self._foreign:
            self._foreign[choices] = space.canonical_hash(architecture)
        return self._by_hash.get(self._foreign[choices], [])

    @cached_property
    def _classes(self) -> tuple[np.ndarray, np.ndarray]:
        hashes, index = np.unique(self._contents.class_hashes, return_inverse=True)
        return fixed(hashes.astype("U32")), fixed(index.astype(np.int64))

    @cached_property
    def _by_hash(self) -> dict[str, list[int]]:
        lines: dict[str, list[int]] = {}
        for line, name in enumerate(self.hashes.tolist()):
            lines.setdefault(name, []).append(line)
        return lines
