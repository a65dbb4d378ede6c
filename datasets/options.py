"""Options of sources, checked: each error says what was expected and what came."""

from __future__ import annotations

import difflib
import inspect

import numpy as np


def whole_number(name: str, value: int | None, least: int = 1) -> int | None:
    """The value as an int, None as None.

    Raises:
        ValueError: it is not a whole number of at least ``least``.
    """
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise ValueError(f"{name} must be a whole number of at least {least}, got {value!r}")
    return int(value)


def fraction(name: str, value: float | None, default: float) -> float:
    """The value as a float, the default for None.

    Raises:
        ValueError: it is not between 0 and 1, both excluded.
    """
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float | np.floating) or not 0 < value < 1:
        raise ValueError(f"{name} must be more than 0 and less than 1, got {value!r}")
    return float(value)


def option_names(source: type) -> list[str]:
    """Names of all options that a source's constructor, or one it inherits, takes."""
    return sorted(
        {
            name
            for cls in source.__mro__
            if "__init__" in vars(cls) and cls is not object
            for name, parameter in inspect.signature(vars(cls)["__init__"]).parameters.items()
            if name != "self" and parameter.kind is not parameter.VAR_KEYWORD
        }
    )


def unknown_option(source: type, word: str, option: str) -> ValueError:
    """The error for an option that a source does not have, with the nearest that it has."""
    known = option_names(source)
    near = difflib.get_close_matches(option, known, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else "."
    return ValueError(f"data set {word!r} has no option {option!r}{hint} Known: {', '.join(known)}")
