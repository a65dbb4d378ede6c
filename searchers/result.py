"""``result.json``: what a folder of runs holds, and whether a command may add to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nasbench.database.files import write_atomically
from nasbench.generator.environment import hardware, versions
from searchers.searcher import make_searcher
from searchers.workplace import Workplace

SETTINGS = ("kind", "space", "select", "report", "candidates", "truth")
"""Fields that must stay the same for a folder to be gone on with, besides those of its searchers and evaluators."""


def describe(kind: str, workplace: Workplace) -> dict[str, Any]:
    """What ``result.json`` says of the runs of a request, budgets and seeds aside; every file is opened and checked.

    Raises:
        OSError, ValueError, LookupError: a file is missing, is not what it should be, or lacks a measure.
    """
    request = workplace.request
    evaluators = []
    for source in request.evaluators:
        evaluator = workplace.evaluator(source.name)
        space = workplace.space(evaluator)
        file = {"file": source.path.name}
        evaluators.append({"name": source.name, **file, **evaluator.description()})
    parameters = {
        name: make_searcher(name, space, 0, **request.parameters.get(name, {})).parameters()
        for name in request.searchers
    }
    truth, path = workplace.truth, request.truth_path()
    told = None
    if truth is not None and path is not None:
        told = {"file": path.name, "digest": None if path.resolve() in request.growing() else truth.table.digest}
    return {
        "kind": kind,
        "searchers": list(request.searchers),
        "parameters": parameters,
        "evaluators": evaluators,
        "space": space.name,
        "candidates": {"kind": workplace.candidates, "count": space.count()},
        "select": str(truth.select if truth is not None else request.select or evaluators[0]["select"]),
        "report": None if truth is None else str(truth.report),
        "truth": told,
    }


def check_same(folder: Path, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    """Checks that runs described by ``new`` can stand in a folder described by ``old``.

    More searchers, evaluators, seeds and queries may be asked for, not fewer.

    Raises:
        ValueError: a setting differs, or something there is left out; the message says which.
    """
    for field in SETTINGS:
        _check_equal(folder, field, old.get(field), new.get(field))
    for name, parameters in old.get("parameters", {}).items():
        if name not in new["parameters"]:
            raise ValueError(f"{folder} holds runs of {name}, which this command leaves out: {_ADVICE}")
        _check_equal(folder, f"the parameters of {name}", parameters, new["parameters"][name])
    mine = {each["name"]: each for each in new["evaluators"]}
    for each in old.get("evaluators", []):
        if each["name"] not in mine:
            raise ValueError(f"{folder} holds runs on {each['name']}, which this command leaves out: {_ADVICE}")
        _check_equal(folder, f"the evaluator {each['name']}", each, mine[each["name"]])
    for field in ("queries", "seeds", "seconds"):
        before, now = old.get(field), new.get(field)
        if before is not None and now is not None and now < before:
            raise ValueError(f"{folder} was made with {before} {field}, this command asks for {now}: {_ADVICE}")


_ADVICE = "choose another --out, or ask for at least what is there"


def _check_equal(folder: Path, field: str, old: Any, new: Any) -> None:
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        inner = next(key for key in [*old, *new] if old.get(key) != new.get(key))
        _check_equal(folder, f"{field}.{inner}", old.get(inner), new.get(inner))
    raise ValueError(
        f"{folder} was made otherwise: {field} is {json.dumps(old)} there and {json.dumps(new)} in this command; "
        f"choose another --out, or the same settings"
    )


def write_result(folder: Path, about: Mapping[str, Any], complete: bool) -> None:
    """Writes ``result.json`` in one step, with the versions and the hardware of this process."""
    environment = {"versions": versions(), "hardware": hardware("cpu")}
    text = json.dumps({**about, "complete": complete, **environment}, indent=2, allow_nan=False)
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / "result.json", f"{text}\n".encode())


def read_result(folder: Path) -> dict[str, Any] | None:
    """What ``result.json`` of a folder says; None where there is none.

    Raises:
        ValueError: the file is not a JSON object, or the folder holds something else than runs.
    """
    path = folder / "result.json"
    if not path.exists():
        if folder.is_dir() and any(folder.iterdir()):
            raise ValueError(f"{folder} holds files and no result.json, so it is not ours: choose another --out")
        return None
    try:
        result = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(result, dict):
            raise ValueError(f"it holds a {type(result).__name__}")
    except ValueError as error:
        raise ValueError(f"{path} is not a JSON object ({error}): choose another --out") from None
    return result
