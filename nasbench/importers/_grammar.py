"""The grammar of columns on the command line: ``METRIC@SCHEDULE[#SEED]=COLUMN[*NUMBER]``, ``NAME=COLUMN[*NUMBER]``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from nasbench.database.schema import METRICS, PUBLISHED
from nasbench.registry import unknown

_METRIC = re.compile(r"(?P<metric>[^@#=]+)@(?P<schedule>\d+)(#(?P<seed>\d+))?")
_COST = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Quantity:
    """A column of the file, times a number.

    Args:
        text: COLUMN or COLUMN*NUMBER, as given; a column whose own name ends so is taken whole.
    """

    text: str

    def resolve(self, columns: Sequence[str]) -> tuple[int, Decimal | None]:
        """Place of the column among those of a file, and the number; None for one.

        Raises:
            ValueError: there is no such column, or the number is none.
        """
        if self.text in columns:
            return columns.index(self.text), None
        column, star, number = self.text.rpartition("*")
        if not star:
            raise ValueError(str(unknown("column of the file", self.text, list(columns))))
        if column not in columns:
            raise ValueError(str(unknown("column of the file", column, list(columns))))
        try:
            factor = Decimal(number)
        except InvalidOperation:
            factor = Decimal(0)
        if not factor.is_finite() or not factor:
            raise ValueError(
                f"expected COLUMN or COLUMN*NUMBER, got {self.text!r}: {number!r} is not a number but zero"
            )
        return columns.index(column), factor


@dataclass(frozen=True)
class Measured:
    """A metric of a schedule and a seed, and where it stands in the file."""

    metric: str
    schedule: int
    seed: int
    quantity: Quantity

    @classmethod
    def parse(cls, text: str) -> Measured:
        """What ``METRIC@SCHEDULE=COLUMN`` (the published aggregate) or ``METRIC@SCHEDULE#SEED=COLUMN`` names.

        >>> Measured.parse("test_accuracy@200#1=test_200_seed1").seed
        1

        Raises:
            ValueError: the text is not of that form, or there is no such metric.
        """
        target, equals, column = text.partition("=")
        match = _METRIC.fullmatch(target.strip())
        if match is None or not equals or not column.strip() or int(match["schedule"]) < 1:
            raise ValueError(
                f"cannot read --column {text!r}: expected METRIC@SCHEDULE=COLUMN or METRIC@SCHEDULE#SEED=COLUMN, "
                "such as val_accuracy@200=valid_200"
            )
        if match["metric"] not in METRICS:
            raise ValueError(f"--column {text!r}: {unknown('metric', match['metric'], list(METRICS))}")
        seed = PUBLISHED if match["seed"] is None else int(match["seed"])
        return cls(match["metric"], int(match["schedule"]), seed, Quantity(column.strip()))

    @property
    def name(self) -> str:
        """The target as it is written on the command line."""
        return f"{self.metric}@{self.schedule}" + ("" if self.seed == PUBLISHED else f"#{self.seed}")


@dataclass(frozen=True)
class Costed:
    """A cost, and where it stands in the file."""

    name: str
    quantity: Quantity

    @classmethod
    def parse(cls, text: str) -> Costed:
        """What ``NAME=COLUMN`` or ``NAME=COLUMN*NUMBER`` names.

        >>> Costed.parse("flops=flops_m*1000000").quantity.resolve(["arch", "flops_m"])
        (1, Decimal('1000000'))

        Raises:
            ValueError: the text is not of that form.
        """
        name, equals, column = text.partition("=")
        if not equals or not column.strip() or _COST.fullmatch(name.strip()) is None:
            raise ValueError(
                f"cannot read --cost {text!r}: expected NAME=COLUMN or NAME=COLUMN*NUMBER, NAME of small letters, "
                "digits and underscores, such as flops=flops_m*1000000"
            )
        return cls(name.strip(), Quantity(column.strip()))
