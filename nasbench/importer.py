"""The promise of an importer: it turns what others published into the contents of a table."""

from __future__ import annotations

import argparse
from abc import ABC, abstractmethod

from nasbench.database.memory import MemoryContents


class Importer(ABC):
    """Reads one published format. The command line gives it ``source`` and ``space``; what else it needs it adds."""

    @classmethod  # noqa: B027 - a format may need no more
    def configure(cls, parser: argparse.ArgumentParser) -> None:
        """Adds arguments of this format to those of every ``nasbench import``."""

    @classmethod
    @abstractmethod
    def from_arguments(cls, args: argparse.Namespace) -> Importer:
        """The importer that a command line asks for.

        Raises:
            ValueError: an argument is not of the form that ``configure`` told.
        """

    @abstractmethod
    def read(self) -> MemoryContents:
        """Everything the source holds that was asked for; what it does not hold is absent, never guessed.

        Raises:
            OSError: the source cannot be read.
            ValueError: it is not of the format; the message says where.
        """
