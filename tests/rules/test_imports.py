"""Imports point down; files of tables have one reader; torch and other heavy packages come in only where they work."""

from __future__ import annotations

import re
import sys
import tomllib

import pytest

from tests.rules.house import FLOORS, ROOT, Source, imports, source, sources

TORCH_ALLOWED = re.compile(
    r"nasbench/(networks|training)/.*|nasbench/scratch/(onnx_file|session|train|weights)\.py|nasbench/generator/worker\.py|predictors/proxies/.*|datasets/(augment|tensors)\.py"
    r"|searchers/oneshot/.*|searchers/weight_sharing/.*"
)
"""Files that may import torch as soon as they are imported; all others do it inside the function that needs it."""

TOP_LEVEL = {"PIL": "pillow", "sklearn": "scikit-learn"}
"""Import names that differ from the distribution's."""


def pointing_up(file: Source) -> list[str]:
    """Imports of a floor above the file's own, and of the tests."""
    above = {*FLOORS[FLOORS.index(file.floor) + 1 :], "tests"}
    return [f"{file.path}:{i.line} imports {i.module}" for i in imports(file) if i.module.split(".")[0] in above]


def importing_h5py(file: Source) -> list[str]:
    """Imports of h5py outside the one package that may."""
    if file.path.startswith("nasbench/database/"):
        return []
    return [f"{file.path}:{i.line}" for i in imports(file) if i.module.split(".")[0] == "h5py"]


def importing_torch_at_once(file: Source) -> list[str]:
    """Imports of torch and torchvision that happen as soon as a file is imported, where they may not."""
    if TORCH_ALLOWED.fullmatch(file.path):
        return []
    found = [i for i in imports(file) if i.at_once and i.module.split(".")[0] in ("torch", "torchvision")]
    return [f"{file.path}:{i.line}" for i in found]


def heavy_at_once(file: Source) -> list[str]:
    """Packages of others that a command module imports as it is loaded; ``tests/test_cli.py`` looks behind ours."""
    light = {*sys.stdlib_module_names, *FLOORS, "__future__"}
    found = [i for i in imports(file) if i.at_once and i.module.split(".")[0] not in light]
    return [f"{file.path}:{i.line} {i.module}" for i in found]


@pytest.mark.parametrize("file", sources(), ids=lambda file: file.path)
def test_imports_point_down(file: Source) -> None:
    assert pointing_up(file) == []


def test_only_the_database_imports_h5py() -> None:
    assert [line for file in sources() for line in importing_h5py(file)] == []


def test_torch_is_imported_where_it_is_used() -> None:
    assert [line for file in sources() for line in importing_torch_at_once(file)] == []


def test_command_modules_are_light() -> None:
    commands = [f for f in sources() if f.path.endswith(("/commands.py", "/__main__.py", "/listing.py", "/console.py"))]
    assert [line for file in commands for line in heavy_at_once(file)] == []


def test_every_package_needed_is_declared_and_every_one_declared_is_needed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["torch"], *extras["parquet"], *extras["onnx"]]
    declared = {re.split(r"[<>=;\[ ]", line)[0] for line in wanted}
    used = {i.module.split(".")[0] for file in sources() for i in imports(file)}
    ours = {*FLOORS, *sys.stdlib_module_names, "__future__", "ray", "optuna"}
    needed = {TOP_LEVEL.get(module, module) for module in used - ours}
    assert needed - declared == set(), "imported, but not in pyproject.toml"
    assert declared - needed == set(), "in pyproject.toml, but never imported"


def test_the_rules_see_what_breaks_them() -> None:
    upward = "from searchers.compare import x\n"
    assert pointing_up(source(upward, "predictors/a.py")) == ["predictors/a.py:1 imports searchers.compare"]
    assert pointing_up(source(upward, "reports/a.py")) == []
    assert pointing_up(source("def f():\n    import reports.page\n", "datasets/sources/a.py"))
    assert pointing_up(source("from tests.x import y", "reports/a.py"))
    assert importing_h5py(source("import h5py", "nasbench/table.py"))
    assert importing_torch_at_once(source("try:\n    import torch.nn as nn\nexcept ImportError:\n    pass"))
    assert not importing_torch_at_once(source("def f():\n    import torch"))
    assert not importing_torch_at_once(source("if TYPE_CHECKING:\n    import torch"))
    assert heavy_at_once(source("import pandas", "nasbench/commands.py"))
    relative = list(imports(source("from ..space import Space", "nasbench/spaces/a.py")))
    assert [i.module for i in relative] == ["nasbench.space"]
