"""The ``result.json`` of a folder that a command writes: read with sentences for what is amiss, written in one step."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nasbench.database.files import write_atomically


def put_result(folder: Path, about: Mapping[str, Any]) -> None:
    """Writes ``result.json`` into a folder that is there; numbers that are not finite become null."""
    text = json.dumps(finite(about), indent=2, allow_nan=False)
    write_atomically(folder / "result.json", f"{text}\n".encode())


def read_result(folder: Path, kind: str) -> dict[str, Any] | None:
    """What ``result.json`` of a folder says; None where the folder is new or empty.

    Raises:
        ValueError: the folder holds something other than a result of this kind.
    """
    path = folder / "result.json"
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is a file: choose another --out")
    if not path.exists():
        if folder.is_dir() and any(child for child in folder.iterdir() if not child.name.startswith(".")):
            raise ValueError(f"{folder} holds files and no result.json, so it is not ours: choose another --out")
        return None
    try:
        result = json.loads(path.read_text(encoding="utf-8"))
        found = result["kind"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is not a result of ours ({error}): choose another --out") from None
    if found != kind:
        raise ValueError(f"{folder} holds a result of {found}, not of {kind}: choose another --out")
    told: dict[str, Any] = result
    return told


def check_same(folder: Path, old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> None:
    """Checks that what a folder says of itself, if anything, is what a command that would go on in it says.

    Raises:
        ValueError: it was made with other settings; the message names the first.
    """
    for name, value in new.items() if old is not None else ():
        before = old.get(name) if old is not None else None
        if before != json.loads(json.dumps(value)):
            raise ValueError(
                f"{folder} was made otherwise: {name} is {json.dumps(before)} there and {json.dumps(value)} in this "
                f"command; choose another --out, or the same settings"
            )


def finite(value: Any) -> Any:
    """The value, of mappings and lists within it too, with None in place of numbers that are not finite."""
    if isinstance(value, Mapping):
        return {key: finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
