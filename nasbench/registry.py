"""Extensions by name: a file in a plural folder is one, its name is its name everywhere.

Other distributions add theirs through entry points whose group is the folder's package (``nasbench.spaces``,
``predictors.models``, ...). Folders of upper floors are named as text and imported when a name in them is asked for,
so nothing here depends on what stands above.

An extension may be a family: ``optuna:tpe`` is the variant ``tpe`` of the extension ``optuna``. A family has two class
methods, ``variants()``, their names, and ``variant(name)``, which gives the extension or raises
:class:`UnknownNameError`.
"""

from __future__ import annotations

import difflib
import importlib
import importlib.metadata
import importlib.util
import inspect
import pkgutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

EXTRAS = {
    **dict.fromkeys(("torch", "torchvision"), "torch"),
    **dict.fromkeys(("onnx", "onnxscript"), "onnx"),
    **dict.fromkeys(("optuna", "cmaes"), "optuna"),
    "ray": "ray",
}
"""Import names of optional packages, and the extra that installs each."""


class UnknownNameError(LookupError):
    """A name that no extension has; the message holds the nearest known one."""


@dataclass(frozen=True)
class Kind:
    """A plural folder: the package that is the folder, and how one of its modules is turned into the extension.

    ``base`` names the promise as ``module:name``. In a folder of classes each file defines one class that keeps the
    promise; in a folder of functions (``base`` a function type, as for proxies) a file may hold several.
    """

    word: str
    package: str
    base: str

    def names(self) -> list[str]:
        """Names of all extensions, sorted; of a family its own alone, as nothing is loaded for this."""
        return sorted({*self._own(), *self._foreign()})

    def variants(self, name: str) -> list[str]:
        """Names of a family's variants, such as ``optuna:tpe``, sorted; none of any other extension.

        Raises:
            UnknownNameError, ImportError: as :meth:`load`.
        """
        found = getattr(self.load(name), "variants", list)
        return [f"{name}:{variant}" for variant in sorted(found())]

    def available(self) -> list[str]:
        """Names of the extensions that need no package that is missing, sorted."""
        found = []
        for name in self.names():
            with suppress(ImportError):
                self.load(name)
                found.append(name)
        return found

    def load(self, name: str) -> Any:
        """The extension of this name, or the variant of a family: its class, or its function.

        Raises:
            UnknownNameError: there is none; the message names the nearest.
            ImportError: it needs a package that is not installed; the message holds the command.
        """
        family, colon, variant = name.partition(":")
        if colon and family in self.names():
            found = self.load(family)
            if not hasattr(found, "variant"):
                raise unknown(f"variant of the {self.word} {family}", variant, [])
            return found.variant(variant)
        own = self._own()
        if name in own:
            return own[name]()
        foreign = self._foreign()
        if name in foreign:
            return foreign[name].load()
        raise unknown(self.word, name, self.names())

    def _own(self) -> dict[str, Callable[[], Any]]:
        spec = importlib.util.find_spec(self.package)
        if spec is None or spec.submodule_search_locations is None:
            return {}
        modules = [m.name for m in pkgutil.iter_modules(spec.submodule_search_locations) if not m.name.startswith("_")]
        return {module: (lambda module=module: self._single(self._import(module))) for module in modules}  # type: ignore[misc]

    def _import(self, module: str) -> ModuleType:
        with missing_extra(f"the {self.word} {module!r}"):
            return importlib.import_module(f"{self.package}.{module}")

    def _single(self, module: ModuleType) -> Any:
        holder, _, attribute = self.base.partition(":")
        base = getattr(importlib.import_module(holder), attribute)
        found = [
            value
            for value in vars(module).values()
            if inspect.isclass(value)
            and issubclass(value, base)
            and value.__module__ == module.__name__
            and not value.__name__.startswith("_")
        ]
        if len(found) != 1:
            raise ImportError(f"{module.__name__} must define exactly one {attribute}, it defines {len(found)}")
        return found[0]

    def _foreign(self) -> dict[str, importlib.metadata.EntryPoint]:
        return {point.name: point for point in importlib.metadata.entry_points(group=self.package)}


@dataclass(frozen=True)
class FunctionKind(Kind):
    """A plural folder whose files hold several functions each, marked by a decorator that keeps them in ``base``.

    ``base`` names the dictionary, by name, that the decorator fills.
    """

    def _own(self) -> dict[str, Callable[[], Any]]:
        for module in super()._own():
            self._import(module)
        holder, _, attribute = self.base.partition(":")
        known = getattr(importlib.import_module(holder), attribute)
        return {name: (lambda name=name: known[name]) for name in known}  # type: ignore[misc]


class missing_extra:
    """Context in which an optional package that is not installed becomes an error with the command to install it."""

    def __init__(self, purpose: str) -> None:
        self.purpose = purpose

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, ModuleNotFoundError) and (error.name or "").partition(".")[0] in EXTRAS:
            package = (error.name or "").partition(".")[0]
            raise ImportError(
                f"{self.purpose} needs {package}, which is not installed: "
                f"pip install 'nasbench-forge[{EXTRAS[package]}]'"
            ) from error


def unknown(word: str, name: str, known: list[str]) -> UnknownNameError:
    """The error for a name that is not known: what was meant, perhaps, and what there is."""
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else "there is none near it."
    return UnknownNameError(f"no {word} is called {name!r}; {hint} Known: {', '.join(known) or 'none'}")


SPACES = Kind("search space", "nasbench.spaces", "nasbench.space:Space")
DATASETS = Kind("data set", "datasets.sources", "datasets.dataset:Source")
IMPORTERS = Kind("importer", "nasbench.importers", "nasbench.importer:Importer")
ENCODINGS = Kind("encoding", "predictors.encodings", "predictors.encoding:Encoding")
PREDICTORS = Kind("predictor", "predictors.models", "predictors.predictor:Predictor")
PROXIES = FunctionKind("zero-cost proxy", "predictors.proxies", "predictors.proxy:PROXIES")
SEARCHERS = Kind("searcher", "searchers.methods", "searchers.searcher:Searcher")
ONESHOT = Kind("one-shot searcher", "searchers.oneshot", "searchers.weight_sharing.searcher:OneShotSearcher")
KINDS = {
    "spaces": SPACES,
    "datasets": DATASETS,
    "importers": IMPORTERS,
    "encodings": ENCODINGS,
    "predictors": PREDICTORS,
    "proxies": PROXIES,
    "searchers": SEARCHERS,
    "oneshot": ONESHOT,
}


def distribution_root() -> Path:
    """Folder that holds this project's packages."""
    return Path(__file__).resolve().parents[1]
