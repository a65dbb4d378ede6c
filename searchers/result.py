"""``result.json``: what a folder of runs holds, and whether a command may add to it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nasbench.database.lock import FileLock
from predictors.provenance import read_result
from searchers.clock import UNITS
from searchers.searcher import make_searcher
from searchers.workplace import Workplace

SETTINGS = ("kind", "space", "seed", "select", "report", "candidates", "truth")
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
        about = {"name": source.name, "file": source.path.name, **evaluator.description()}
        if source.path.resolve() in request.growing():
            about["digest"] = None  # what this command adds to is another file afterwards
        evaluators.append(about)
    parameters = {
        name: make_searcher(name, space, 0, **request.parameters.get(name, {})).parameters()
        for name in request.searchers
    }
    truth, path = workplace.truth, request.truth_path()
    told = None
    if truth is not None and path is not None:
        told = {"file": path.name, "digest": None if workplace.truth_grows else truth.table.digest}
    return {
        "kind": kind,
        "searchers": list(request.searchers),
        "parameters": parameters,
        "evaluators": evaluators,
        "space": space.name,
        "candidates": {"kind": workplace.candidates, "count": space.count()},
        "select": str((truth.select if truth is not None else None) or request.select or evaluators[0]["select"]),
        "report": None if truth is None else str(truth.report),
        "truth": told,
    }


def check_same(folder: Path, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    """Checks that runs described by ``new`` can stand in a folder described by ``old``.

    More searchers, evaluators and seeds and a larger budget may be asked for, not fewer.

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
    for field in ("seeds", *UNITS):
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


@contextmanager
def open_folder(folder: Path, kind: str) -> Iterator[dict[str, Any] | None]:
    """Holds a folder of runs for this process, made if it is not there; gives what its ``result.json`` says.

    Raises:
        OSError: another process works in the folder, or it cannot be written.
        ValueError: it holds something else than results of this kind.
    """
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is a file: choose another --out")
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".runs")
    try:
        yield read_result(folder, kind)
    finally:
        lock.release()
