"""Result folders in, plain arrays out: what ``nasbench fit``, ``study``, ``compare`` and others wrote.

One-shot searches and trainings aside, which :mod:`reports.oneshot` and :mod:`reports.trained` open for it, the only
file here that opens results. Numbers are
passed on as they stand: nothing is filled in, and what a folder should hold but does not is listed in ``missing``.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import nasbench
from reports.fronts import MEMBER, RUN, group_fronts
from reports.oneshot import read_oneshot
from reports.result import TOLD, Comparison, Fit, Result, Run, RunFront, Study, Told, number_ranges, ordered
from reports.trained import read_trained
from searchers.clock import UNITS, Budget
from searchers.measure import Measure
from searchers.trace import Trace


def read_results(folders: Iterable[Path], truths: Iterable[Path] = ()) -> list[Result]:
    """The results in these folders, each once, in the order given.

    Args:
        folders: result folders.
        truths: truth tables of comparisons; each gives the best value of what its comparison reports.

    Raises:
        ValueError: a folder is not a result of fit, study or compare, or its files are damaged; a table is not the
            truth of any comparison.
        OSError: a file cannot be read.
    """
    unique: dict[Path, Path] = {}
    for folder in folders:
        unique.setdefault(folder.resolve(), folder)
    kept = list(unique.values())
    results = [read_result(folder, name) for folder, name in zip(kept, _names(kept), strict=True)]
    for path in truths:
        results = _with_optimum(results, path)
    return results


def _with_optimum(results: Sequence[Result], path: Path) -> list[Result]:
    """The results, comparisons told by this truth table now with its best value."""
    table = nasbench.open_table(path)
    found = []
    for result in results:
        truth = result.info.get("truth")
        told = isinstance(truth, dict) and truth.get("digest") == table.digest
        if isinstance(result, Comparison) and result.report is not None and told:
            measure = result.report
            values = measure.sign * table.values(measure.metric, schedule=measure.schedule, seed=measure.seed)
            result = replace(result, optimum=measure.sign * float(np.nanmax(values)))
        found.append(result)
    if all(new is old for new, old in zip(found, results, strict=True)):
        raise ValueError(
            f"{path} (digest {table.digest[:12]}) is not the truth table of any comparison given: leave it out"
        )
    return found


def read_result(folder: Path, name: str | None = None) -> Result:
    """The result in a folder, of the class that its kind says."""
    data, info = _read_info(folder)
    readers = {
        "fit": _read_fit,
        "study": _read_study,
        "compare": _read_comparison,
        "oneshot": read_oneshot,
        "train": read_trained,
        **dict.fromkeys(TOLD, _read_told),
    }
    kind = info.get("kind")
    if kind not in readers:
        raise ValueError(
            f"{folder} holds a result of kind {kind!r}, and a report is made of {', '.join(readers)}: leave it out"
        )
    common = {
        "folder": folder,
        "name": name or folder.resolve().name,
        "info": info,
        "digest": hashlib.sha256(data).hexdigest(),
    }
    return readers[kind](folder, info, common)


def _read_info(folder: Path) -> tuple[bytes, dict[str, Any]]:
    if not folder.is_dir():
        raise ValueError(f"{folder} is not a folder; a report is made of folders that fit, study and compare wrote")
    path = folder / "result.json"
    if not path.is_file():
        inside = sorted(child.parent.name for child in folder.glob("*/result.json"))
        hint = f"; name the folders in it instead: {', '.join(inside)}" if inside else ""
        raise ValueError(f"{folder} has no result.json, so neither fit, study nor compare wrote it{hint}")
    data = path.read_bytes()
    try:
        info = json.loads(data)
    except ValueError as error:
        raise ValueError(f"{path} is not JSON ({error}): the folder is damaged, make it again") from None
    if not isinstance(info, dict):
        raise ValueError(f"{path} should hold a JSON object, it holds a {type(info).__name__}: not a result of ours")
    return data, info


def _read_told(folder: Path, info: dict[str, Any], common: dict[str, Any]) -> Told:
    return Told(**common, missing=() if info.get("complete", True) else ("it is not complete: run it again",))


def _read_fit(folder: Path, info: dict[str, Any], common: dict[str, Any]) -> Fit:
    columns = _read_csv(folder / "heldout.csv", ("actual", "predicted"))
    actual, predicted = (_numbers(columns[name], folder / "heldout.csv", name) for name in ("actual", "predicted"))
    blank = [""] * len(actual)
    return Fit(
        **common,
        actual=actual,
        predicted=predicted,
        std=_numbers(columns.get("std", blank), folder / "heldout.csv", "std"),
        missing=() if len(actual) else ("no held-out architectures: heldout.csv is empty",),
    )


def _read_study(folder: Path, info: dict[str, Any], common: dict[str, Any]) -> Study:
    path = folder / "study.csv"
    columns = _read_csv(path, ("predictor", "n", "seed"))
    numbers = {name: _numbers(values, path, name) for name, values in columns.items() if name != "predictor"}
    study = Study(
        **common,
        predictor=np.array(columns["predictor"], dtype=str),
        size=numbers.pop("n").astype(np.int64),
        seed=numbers.pop("seed").astype(np.int64),
        scores=numbers,
    )
    there = set(zip(study.predictor.tolist(), study.size.tolist(), study.seed.tolist(), strict=True))
    sizes = [int(n) for n in info.get("train_sizes", sorted(set(study.size.tolist())))]
    seeds = _seeds(info, [int(s) for s in study.seed])
    absent = [(p, n, s) for p in study.predictors for n in sizes for s in seeds if (p, n, s) not in there]
    object.__setattr__(study, "missing", tuple(_missing_cells(absent, "fit", "classes")))
    return study


def _read_comparison(folder: Path, info: dict[str, Any], common: dict[str, Any]) -> Comparison:
    select, report = (_measure(folder, info, key) for key in ("select", "report"))
    if select is None:
        raise ValueError(
            f"{folder / 'result.json'} does not say under 'select' how incumbents were chosen: make it again"
        )
    budget = _budget(info)
    runs, left_out = _read_runs(folder, select.sign, budget)
    kinds = {str(about["name"]): str(about.get("kind", about["name"])) for about in info.get("evaluators", ())}
    evaluators = ordered(kinds, [run.evaluator for run in runs])
    searchers = ordered(info.get("searchers", ()), [run.searcher for run in runs])
    there = {(run.evaluator, run.searcher, run.seed) for run in runs}
    absent = [
        (f"{searcher} on {evaluator}", None, seed)
        for evaluator in evaluators
        for searcher in searchers
        for seed in range(int(info.get("seeds", 0)))
        if (evaluator, searcher, seed) not in there
    ]
    return Comparison(
        **common,
        runs=tuple(runs),
        searchers=tuple(searchers),
        evaluators={name: kinds.get(name, name) for name in evaluators},
        select=select,
        report=report,
        budget=budget,
        fronts=_read_fronts(folder, info),
        missing=(*_missing_cells(absent, "run", ""), *left_out),
    )


def _read_fronts(folder: Path, info: dict[str, Any]) -> tuple[RunFront, ...]:
    """Fronts and hypervolumes of runs; none where no costs were named."""
    if not info.get("pareto"):
        return ()
    grown = _read_csv(folder / "hypervolume.csv", (*RUN, "queries", "hypervolume"))
    return group_fronts(grown, _read_csv(folder / "pareto.csv", MEMBER))


def _measure(folder: Path, info: dict[str, Any], key: str) -> Measure | None:
    text = info.get(key)
    if text is not None and not isinstance(text, str):
        raise ValueError(
            f"{folder / 'result.json'} should name a measure under {key!r}, it has {text!r}: make it again"
        )
    return None if text is None else Measure.parse(text)


def _budget(info: dict[str, Any]) -> Budget | None:
    limits = {unit: info[unit] for unit in UNITS if info.get(unit) is not None}
    return Budget(**limits) if limits else None


def _read_runs(folder: Path, sign: float, budget: Budget | None) -> tuple[list[Run], list[str]]:
    """Finished runs that used the budget up, by evaluator, searcher and seed, and sentences about those left out."""
    runs, left_out = [], []
    for path in sorted((folder / "traces").glob("*/*/*.npz")):
        try:
            trace = Trace.load(path)
            if not len(trace) or trace.meta.get("stopped") is None:
                continue
            run = _run(path, trace, sign)
            if budget is None or trace.ended(budget):
                runs.append(run)
            else:
                left_out.append(
                    f"the run of {run.searcher} on {run.evaluator} with seed {run.seed} is left out: it ended after "
                    f"{len(trace)} queries, before the budget was used up"
                )
        except (ValueError, OSError) as error:
            left_out.append(f"a run that cannot be read: {error}")
    return runs, left_out


def _run(path: Path, trace: Trace, sign: float) -> Run:
    best = trace.incumbents(sign)
    return Run(
        evaluator=path.parts[-3],
        searcher=path.parts[-2],
        seed=int(path.stem),
        score=np.where(best >= 0, trace.score[best], np.nan),
        seconds=trace.seconds,
        search_seconds=trace.search_seconds,
        true_val=trace.true_val,
        true_test=trace.true_test,
        unique=trace.unique,
        clock=str(trace.meta.get("clock", "none")),
        failures=int(trace.meta.get("failures", 0)),
        unpriced=int(trace.meta.get("unpriced", 0)),
        epochs=trace.spent("epochs"),
        flops=trace.flops,
        unpriced_flops=int(trace.meta.get("unpriced_flops", 0)),
        partial=bool((trace.epochs != trace.epochs.max()).any()),
    )


def _missing_cells(absent: Sequence[tuple[str, int | None, int]], noun: str, unit: str) -> Iterator[str]:
    """A sentence for each method (and size) whose seeds are not all there."""
    groups: dict[tuple[str, int | None], list[int]] = {}
    for method, size, seed in absent:
        groups.setdefault((method, size), []).append(seed)
    for (method, size), seeds in groups.items():
        at = "" if size is None else f" at n = {size} {unit}"
        plural = "" if len(seeds) == 1 else "s"
        yield f"{len(seeds)} {noun}{plural} of {method}{at} (seed{plural} {number_ranges(seeds)})"


def _read_csv(path: Path, required: Sequence[str]) -> dict[str, list[str]]:
    if not path.is_file():
        raise ValueError(f"{path.parent} has no {path.name}: its command has not finished, run it again")
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines.pop()  # a line that a kill tore; what it would have held is counted as missing
    header, *rows = [row for row in csv.reader(lines) if row] or [[]]
    absent = [name for name in required if name not in header]
    if absent:
        raise ValueError(f"{path} lacks the column {absent[0]!r}; it has {', '.join(header) or 'nothing'}")
    if any(len(row) != len(header) for row in rows):
        raise ValueError(f"{path} has a row that is longer or shorter than its header: the file is damaged")
    return {name: [row[place] for row in rows] for place, name in enumerate(header)}


def _numbers(texts: Sequence[str], path: Path, column: str) -> np.ndarray:
    """Texts as floats, empty ones as NaN."""
    try:
        return np.array([float(text) if text else np.nan for text in texts], dtype=np.float64)
    except ValueError as error:
        raise ValueError(f"column {column!r} of {path} should hold numbers: {error}") from None


def _seeds(info: dict[str, Any], seen: Iterable[int]) -> list[int]:
    """The seeds asked for: a list, or how many."""
    seeds = info.get("seeds")
    if isinstance(seeds, int):
        return list(range(seeds))
    return [int(seed) for seed in seeds] if seeds else sorted(set(seen))


def _names(folders: Sequence[Path]) -> list[str]:
    """A short name for each folder: its own, with its parents' where two would share one."""
    parts = [folder.resolve().parts for folder in folders]
    names = []
    for own in parts:
        depth = 1
        while depth < len(own) and sum(other[-depth:] == own[-depth:] for other in parts) > 1:
            depth += 1
        names.append(re.sub(r"[^A-Za-z0-9._-]+", "-", "-".join(own[-depth:])).strip("-.") or "result")
    return names
