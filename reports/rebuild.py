"""How to make a result again: the command line that its ``result.json`` describes."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

from nasbench.scratch.recipe import ScratchRecipe, read_values, scratch_names
from reports.result import Result

RECIPE = (
    "dataset",
    "image_size",
    "train_images",
    "channels",
    "cells",
    "epochs",
    "batch_size",
    "learning_rate",
    "weight_decay",
    "crop_padding",
    "precision",
)
"""Fields of a recipe that ``nasbench oneshot`` takes."""


def rebuild_command(result: Result) -> str:
    """The command line, files and folders by the names they had; what the result does not say is left to defaults."""
    noted = result.info.get("command")
    if isinstance(noted, str):
        return noted
    if isinstance(noted, list):
        return shlex.join(["nasbench", *map(str, noted)])
    known = {"fit": _fit, "study": _study, "compare": _compare, "oneshot": _oneshot, "train": _train}
    words = known[result.kind](result.info)
    return shlex.join(["nasbench", result.kind, *words, "--out", result.name])


def _fit(info: dict[str, Any]) -> list[str]:
    words = [str(info.get("table", "TABLE"))]
    return words + _options(info, ("predictor", "encoding", "metric", "schedule", "test_fraction", "seed"))


def _study(info: dict[str, Any]) -> list[str]:
    words = [str(info.get("table", "TABLE"))]
    words += _options(info, ("predictors", "train_sizes", "seeds", "split", "features", "metric", "schedule"))
    words += [] if info.get("tested") is None else ["--test-size", str(info["tested"])]
    return words + ["--coverage"] * bool(info.get("coverage"))


def _compare(info: dict[str, Any]) -> list[str]:
    words = []
    for about in info.get("evaluators", ()):
        name, kind, file = (str(about.get(key, key.upper())) for key in ("name", "kind", "file"))
        words += ["--evaluator", f"{name}={file}" if name == kind else f"{name}={kind}:{file}"]
    truth = info.get("truth")
    if isinstance(truth, dict) and "file" in truth:
        words += ["--truth", str(truth["file"])]
    words += _options(info, ("select", "report", "searchers"))
    for searcher, parameters in info.get("parameters", {}).items():
        for name, value in parameters.items():
            words += ["--set", f"{searcher}.{name}={value}"]
    candidates = info.get("candidates")
    if isinstance(candidates, dict) and "kind" in candidates:
        words += ["--candidates", str(candidates["kind"])]
    return words + _options(info, ("queries", "seconds", "epochs", "flops", "seeds"))


def _oneshot(info: dict[str, Any]) -> list[str]:
    words = _options(info, ("searcher", "space", "seed"))
    for name, value in info.get("parameters", {}).items():
        words += ["--set", f"{name}={value}"]
    recipe = info.get("recipe", {})
    words += _options(recipe, RECIPE)
    words += ["--flip" if recipe["flip"] else "--no-flip"] if "flip" in recipe else []
    truth = info.get("truth")
    if isinstance(truth, dict) and "file" in truth:
        words += ["--table", str(truth["file"]), *_options(info, ("report",))]
    ranking = info.get("ranking")
    words += (
        ["--ranked", str(ranking["architectures"])] if isinstance(truth, dict) and isinstance(ranking, dict) else []
    )
    return words + _options(info, ("judged_images",))


def _train(info: dict[str, Any]) -> list[str]:
    """The architecture by its text, and what its recipe has otherwise than the one that comes along for its space."""
    text = str(info["architecture"]).replace("'", '"')  # read alike, and easier to type into a shell
    words = _options({**info, "architecture": text}, ("space", "architecture", "seed"))
    known = read_values(info["space"]) if info["space"] in scratch_names() else ScratchRecipe().to_json()
    for name, value in info.get("recipe", {}).items():
        if value != known.get(name) and isinstance(value, bool):
            words += [f"--{name}" if value else f"--no-{name}"]
        elif value != known.get(name):
            words += _options({name: value}, (name,))
    return words


def _options(info: dict[str, Any], names: Sequence[str]) -> list[str]:
    """``--name value`` for each that the result says; lists with commas."""
    words = []
    for name in names:
        value = info.get(name)
        if value is not None:
            text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
            words += [f"--{name.replace('_', '-')}", text]
    return words
