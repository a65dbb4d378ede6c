"""``nasbench list``: what there is, and what an extension that cannot be loaded is missing."""

from __future__ import annotations

import pytest

import nasbench.__main__ as cli
from nasbench.listing import describe, summary
from nasbench.registry import KINDS


class Kind:
    """Two extensions, one of which needs something."""

    def names(self) -> list[str]:
        return ["good", "needy"]

    def load(self, name: str) -> object:
        if name == "needy":
            raise ImportError("the proxy 'needy' needs torch: pip install 'nasbench-forge[torch]'")
        return Good

    def variants(self, name: str) -> list[str]:
        return []


class Good:
    """What good is
    in two lines. And more.

    Args: none.
    """


class NeedyKind(Kind):
    def names(self) -> list[str]:
        raise ImportError("needs torch")


def test_a_missing_extra_is_named_beside_the_extension() -> None:
    assert describe(Kind()) == [
        ("good", "What good is in two lines"),
        ("needy", "not available: the proxy 'needy' needs torch: pip install 'nasbench-forge[torch]'"),
    ]
    assert describe(NeedyKind()) == [("", "not available: needs torch")]


def norm() -> None:
    """The norm of the :class:`Gradient`, ``float``."""


class Wrapper:
    """What a decorator makes."""

    def __init__(self) -> None:
        self.name, self.function = "norm", norm


def test_an_extension_that_wraps_a_function_has_the_words_of_the_function() -> None:
    assert summary(Wrapper()) == "The norm of the Gradient, float"
    assert summary(norm) == "The norm of the Gradient, float"


def test_all_kinds_are_listed(capsys) -> None:
    assert cli.main(["list"]) == 0
    out = capsys.readouterr().out
    assert [line for line in out.splitlines() if line and not line.startswith(" ")] == list(KINDS)
    assert "nas_bench_201" in out and "not available" not in out
    for kind, names in {
        "datasets": ["digits", "image_folder", "arrays", "cifar10", "cifar100", "mnist"],
        "encodings": ["one_hot", "paths", "graph_features"],
        "predictors": ["ridge", "xgboost"],
        "proxies": ["params", "flops", "synflow", "grad_norm"],
        "searchers": ["random_search", "regularized_evolution", "local_search"],
    }.items():
        listed = {name for name, _ in describe(KINDS[kind])}
        assert set(names) <= listed, kind
        assert all(text for _, text in describe(KINDS[kind])), kind


def test_one_kind(capsys) -> None:
    assert cli.main(["list", "spaces"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("spaces\n  ")
    assert "\n  nas_bench_201  The space of NAS-Bench-201" in out


@pytest.mark.parametrize("kind", ["space", "predictor"])
def test_an_unknown_kind_names_the_nearest(kind: str, capsys) -> None:
    assert cli.main(["list", kind]) == 2
    assert f"did you mean '{kind}s'?" in capsys.readouterr().err
