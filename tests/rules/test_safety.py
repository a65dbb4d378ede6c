"""Nothing is unpickled or evaluated, chance comes in through an argument, and broad excepts say why."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.rules.house import Source, dotted, imports, source, sources

UNSAFE_MODULES = {"pickle", "cPickle", "cloudpickle", "dill", "marshal", "shelve", "joblib"}
UNSAFE_CALLS = {"eval", "exec", "compile", "pd.read_pickle", "pandas.read_pickle"}
GENERATORS = {"default_rng", "Generator", "SeedSequence", "PCG64", "Philox", "BitGenerator"}
"""The parts of ``numpy.random`` that hold no global state."""
TORCH_DRAWS = {"rand", "randn", "randint", "randperm", "bernoulli", "multinomial", "normal"}
"""Functions of torch that draw from the global generator unless they are given another."""
TORCH_SEEDS = {"manual_seed", "seed", "set_rng_state", "manual_seed_all"}


def calls(file: Source) -> Iterator[tuple[ast.Call, str]]:
    """Every call of a dotted name, with that name."""
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Call) and dotted(node.func):
            yield node, dotted(node.func)


def unsafe(file: Source) -> list[str]:
    """Ways in which a file could run what is stored in another file."""
    found = [f"{file.path}:{i.line} imports {i.module}" for i in imports(file) if i.module in UNSAFE_MODULES]
    for call, name in calls(file):
        allows = any(k.arg == "allow_pickle" and getattr(k.value, "value", True) is not False for k in call.keywords)
        if name == "torch.load":
            allows = not any(
                k.arg == "weights_only" and getattr(k.value, "value", False) is True for k in call.keywords
            )
        if name == "torch.save":
            allows = file.path != "nasbench/scratch/weights.py"
        if name in UNSAFE_CALLS or name.endswith((".to_pickle", ".read_pickle")) or allows:
            found.append(f"{file.path}:{call.lineno} calls {name}")
    return found


def hidden_chance(file: Source) -> list[str]:
    """Uses of a generator that nobody passed in."""
    found = [f"{file.path}:{i.line} imports random" for i in imports(file) if i.module == "random"]
    for call, name in calls(file):
        package, *inner = name.split(".")
        last = inner[-1] if inner else ""
        numpy_global = package in ("np", "numpy") and inner[:1] == ["random"] and last not in GENERATORS
        unseeded = last == "default_rng" and not call.args and not call.keywords
        torch_global = package == "torch" and (
            (inner[:-1] in ([], ["random"], ["cuda"]) and last in TORCH_SEEDS)
            or (inner == [last] and last in TORCH_DRAWS and "generator" not in {k.arg for k in call.keywords})
        )
        if numpy_global or unseeded or torch_global:
            found.append(f"{file.path}:{call.lineno} calls {name}")
    return found


def broad_excepts(file: Source) -> list[str]:
    """Handlers that catch everything, do not end in a raise, and give no reason beside the line."""
    lines = file.text.splitlines()
    found = []
    for node in ast.walk(file.tree):
        if isinstance(node, ast.ExceptHandler):
            names = {dotted(part) for part in ast.walk(node.type)} if node.type else {"Exception"}
            again = isinstance(node.body[-1], ast.Raise)
            if names & {"Exception", "BaseException"} and not again and "#" not in lines[node.lineno - 1]:
                found.append(f"{file.path}:{node.lineno}")
    return found


def unfinished(file: Source) -> list[str]:
    """Marks of work left undone."""
    marks = ("TO" + "DO", "FIX" + "ME", "XX" + "X", "NotImplemented" + "Error")
    lines = enumerate(file.text.splitlines(), 1)
    return [f"{file.path}:{number}" for number, line in lines if any(mark in line for mark in marks)]


@pytest.mark.parametrize("rule", [unsafe, hidden_chance, broad_excepts, unfinished])
def test_no_file_breaks(rule) -> None:
    assert [line for file in sources() for line in rule(file)] == []


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (unsafe, "import pickle"),
        (unsafe, "x = eval('1')"),
        (unsafe, "np.load(path, allow_pickle=True)"),
        (unsafe, "torch.load(path)"),
        (unsafe, "torch.load(path, weights_only=False)"),
        (unsafe, "torch.save(network, path)"),
        (hidden_chance, "import random"),
        (hidden_chance, "np.random.rand(3)"),
        (hidden_chance, "rng = np.random.default_rng()"),
        (hidden_chance, "torch.manual_seed(1)"),
        (hidden_chance, "torch.cuda.manual_seed_all(1)"),
        (hidden_chance, "torch.randperm(5)"),
        (broad_excepts, "try:\n    f()\nexcept Exception:\n    pass"),
        (broad_excepts, "try:\n    f()\nexcept:\n    pass"),
        (broad_excepts, "try:\n    f()\nexcept (OSError, BaseException):\n    pass"),
        (unfinished, "# TO" + "DO later"),
    ],
)
def test_the_rule_sees(rule, text: str) -> None:
    assert rule(source(text))


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (unsafe, "np.load(path, allow_pickle=False)"),
        (unsafe, "torch.load(path, weights_only=True)"),
        (unsafe, "re.compile('a')"),
        (hidden_chance, "np.random.default_rng(3)"),
        (hidden_chance, "generator.manual_seed(3)"),
        (hidden_chance, "torch.randperm(5, generator=generator)"),
        (broad_excepts, "try:\n    f()\nexcept BaseException:\n    clean()\n    raise"),
        (broad_excepts, "try:\n    f()\nexcept Exception:  # whatever a plug-in does, the others run\n    pass"),
    ],
)
def test_the_rule_lets_pass(rule, text: str) -> None:
    assert rule(source(text)) == []
