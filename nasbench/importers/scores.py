"""Zero-cost scores and costs of another table, without its trainings."""

from __future__ import annotations

import argparse
from contextlib import closing
from pathlib import Path

import nasbench
from nasbench.database.memory import MemoryContents
from nasbench.database.reader import open_contents
from nasbench.importer import Importer


class ScoresImporter(Importer):
    """Zero-cost scores and costs of another table, without its trainings: to search or predict with what is known.

    Args:
        source: a table of the same space.
        space: name of the search space.

    Raises:
        UnknownNameError: there is no such space.
    """

    def __init__(self, source: str | Path, space: str) -> None:
        self.source = Path(source)
        self.space = nasbench.load_space(space)

    @classmethod
    def configure(cls, parser: argparse.ArgumentParser) -> None:
        """Adds an example, and no argument."""
        parser.epilog = """\
Example:
  nasbench import scores scores.h5 nb201.h5 --space nas_bench_201 --add

Of architectures that OUT.h5 does not have nothing is added."""

    @classmethod
    def from_arguments(cls, args: argparse.Namespace) -> ScoresImporter:
        """The importer that a command line asks for."""
        return cls(args.source, args.space)

    def read(self) -> MemoryContents:
        """Scores with their settings and costs, of all architectures of the table.

        Raises:
            OSError: the table cannot be read.
            ValueError: it is damaged or of another space, or has neither scores nor costs.
        """
        with closing(open_contents(self.source)) as contents:
            if contents.header.space != self.space.name:
                raise ValueError(f"{self.source} holds {contents.header.space}, not {self.space.name}")
            if not contents.proxies and not contents.costs:
                raise ValueError(f"{self.source} has neither zero-cost scores nor costs: nothing to import")
            return MemoryContents(
                contents.header,
                contents.choices,
                contents.class_hashes.astype("U32").tolist(),
                costs={name: (unit, contents.cost(name)) for name, unit in contents.costs.items()},
                environments=contents.environments,
                scores={name: contents.scores(name) for name in contents.proxies},
                proxies=contents.proxies,
                proxy_settings=contents.proxy_settings,
            )
