"""How encodings are written: ``name``, ``name(argument=value,...)``, several joined by a plus."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

Argument = int | float | str
_PART = re.compile(r"\s*([A-Za-z_]\w*)\s*(?:\(((?:\"(?:[^\"\\]|\\.)*\"|[^()\"])*)\))?\s*(\+|$)")
_ARGUMENT = re.compile(r"\s*([a-z_]\w*)\s*=\s*(\"(?:[^\"\\]|\\.)*\"|[^,()\"]+?)\s*(,|$)")
_BARE = re.compile(r"[^,()\"+=\s]+")


@dataclass(frozen=True)
class EncodingText:
    """An encoding as written: its name and its arguments, numbers or text."""

    name: str
    arguments: dict[str, Argument] = field(default_factory=dict)

    def text(self) -> str:
        """As it is written, the same for the same arguments.

        >>> EncodingText("learning_curve", {"table": "my table.h5", "epochs": 12}).text()
        'learning_curve(epochs=12,table="my table.h5")'
        """
        if not self.arguments:
            return self.name
        return f"{self.name}({','.join(f'{key}={_written(value)}' for key, value in sorted(self.arguments.items()))})"

    def with_argument(self, name: str, value: Argument) -> EncodingText:
        """The same with one more argument, unless it has that one."""
        return EncodingText(self.name, {name: value, **self.arguments})


def split_encodings(text: str) -> list[EncodingText]:
    """The parts of a text.

    >>> split_encodings("one_hot+paths(longest=3)")
    [EncodingText(name='one_hot', arguments={}), EncodingText(name='paths', arguments={'longest': 3})]

    Raises:
        ValueError: it cannot be read.
    """
    parts = []
    place, more = 0, True
    while more:
        match = _PART.match(text, place)
        if match is None:
            raise ValueError(
                f"cannot read the encoding {text!r}: expected names joined by +, such as one_hot+graph_features, with "
                'arguments as in learning_curve(epochs=12) and text with signs in it in quotes ("my table.h5")'
            )
        parts.append(EncodingText(match.group(1), _arguments(match.group(2) or "", text)))
        place, more = match.end(), match.group(3) == "+"
    return parts


def _arguments(inner: str, text: str) -> dict[str, Argument]:
    found: dict[str, Argument] = {}
    place = 0
    while place < len(inner.rstrip()):
        match = _ARGUMENT.match(inner, place)
        if match is None:
            raise ValueError(f"cannot read the arguments ({inner}) in {text!r}: expected name=value, joined by commas")
        found[match.group(1)] = _read(match.group(2))
        place = match.end()
    return found


def _read(value: str) -> Argument:
    if value.startswith('"'):
        return str(json.loads(value))
    if value in ("True", "False"):
        return value == "True"
    for form in (int, float):
        try:
            return form(value)
        except ValueError:
            continue
    return value


def _written(value: Argument) -> str:
    text = str(value)
    plain = isinstance(value, int | float) or (_BARE.fullmatch(text) and isinstance(_read(text), str))
    return text if plain else json.dumps(text, ensure_ascii=False)
