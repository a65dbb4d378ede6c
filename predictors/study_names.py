"""How studies name predictors: ``name``, ``name(parameter=value,...)``, ``name[encoding]``, or with both.

``stacked[program+zero_cost]`` is the stacked ensemble on another encoding than its own; encodings are written as
:mod:`predictors.encoding_text` says. Encodings that look things up and name no table are bound to that of the study.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from predictors.encoding import bind_table, load_encoding
from predictors.encoding_text import Argument, EncodingText, split_encodings
from predictors.fit import make_predictor
from predictors.predictor import Predictor

_NAME = re.compile(r"([^\[\]]*)(?:\[(.*)\])?", re.DOTALL)
_SIGN = re.compile(r'"(?:[^"\\]|\\.)*"?|.', re.DOTALL)


@dataclass(frozen=True)
class Named:
    """A predictor as a study names it; ``encoding`` None for its own."""

    name: str
    parameters: dict[str, Argument] = field(default_factory=dict)
    encoding: str | None = None

    def text(self) -> str:
        """As it is written, the same for the same predictor.

        >>> Named("ridge", {"warp": "identity"}, "one_hot+paths").text()
        'ridge(warp=identity)[one_hot+paths]'
        """
        bracket = "" if self.encoding is None else f"[{self.encoding}]"
        return EncodingText(self.name, self.parameters).text() + bracket

    def make(self, seed: int, table: str | Path = "") -> Predictor:
        """A new predictor, its encoding bound to ``table`` where that is given.

        Raises:
            LookupError: no predictor or encoding has this name.
            ValueError: it has no such parameter.
        """
        own = {} if self.encoding is None else {"encoding": self.encoding}
        predictor = make_predictor(self.name, seed, **{**self.parameters, **own})
        if table:
            predictor.set_params(encoding=bind_table(predictor.encoding, str(table)))
        return predictor


def read_name(text: str) -> Named:
    """The predictor that a text names.

    >>> read_name("stacked[ program + zero_cost(proxies=naswot) ]")
    Named(name='stacked', parameters={}, encoding='program+zero_cost(proxies=naswot)')

    Raises:
        ValueError: it cannot be read.
    """
    match = _NAME.fullmatch(text.strip())
    if match is None:
        raise ValueError(
            f"cannot read the predictor {text!r}: expected a name, such as ridge, perhaps with parameters in round "
            "brackets and an encoding in square ones, as in ridge[one_hot+paths]"
        )
    parts = split_encodings(match.group(1))
    if len(parts) > 1:
        raise ValueError(f"cannot read the predictor {text!r}: several are joined by commas; + joins encodings in [ ]")
    inner = match.group(2)
    encoding = None if inner is None else "+".join(part.text() for part in split_encodings(inner))
    return Named(parts[0].name, parts[0].arguments, encoding)


def split_names(text: str) -> Iterator[str]:
    """The parts between commas that stand outside of brackets and quotes.

    >>> list(split_names("ridge, xgboost[learning_curve(epochs=3,seed=0)]"))
    ['ridge', 'xgboost[learning_curve(epochs=3,seed=0)]']
    """
    depth, part = 0, ""
    for sign in [*_SIGN.findall(text), ","]:
        depth += (sign in ("(", "[")) - (sign in (")", "]"))
        if sign == "," and depth <= 0:
            if part.strip():
                yield part.strip()
            part = ""
        else:
            part += sign
    if part.rstrip(",").strip():
        yield part.rstrip(",").strip()  # a bracket stays open: whoever reads it says so


def with_epochs(named: Named, epochs: Iterable[int]) -> list[Named]:
    """The predictor once for each number of epochs seen, where its encoding has such an argument; else itself.

    An encoding whose text says how many epochs it sees stays as it is.
    """
    parts = split_encodings(named.make(0).encoding)
    open_parts = [part for part in parts if "epochs" not in part.arguments and sees_epochs(part)]
    if not open_parts:
        return [named]
    return [
        Named(
            named.name,
            named.parameters,
            "+".join((p.with_argument("epochs", seen) if p in open_parts else p).text() for p in parts),
        )
        for seen in epochs
    ] or [named]


def sees_epochs(part: EncodingText) -> bool:
    """Whether an encoding looks at so many epochs of a training as its argument says."""
    return "epochs" in load_encoding(part.text()).get_params()


def tables_of(encoding: str) -> list[str]:
    """The tables that the parts of an encoding look things up in."""
    parts = [load_encoding(part.text()).get_params() for part in split_encodings(encoding)]
    return list(dict.fromkeys(str(part["table"]) for part in parts if part.get("table")))
