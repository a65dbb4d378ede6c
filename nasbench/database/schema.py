"""Every field of the file: where it stands, its dtype, shape, unit and the schema version that brought it.

Files are checked against :data:`FIELDS` when they are opened and written from it, so that this page is the format.
"""

from __future__ import annotations

from dataclasses import dataclass

import h5py
import numpy as np

FORMAT = "nasbench-forge table"
VERSION = 2
"""Of this page. A table without scores is written as version 1, which older releases read."""
STATUSES = ("absent", "done", "failed")
"""Status of a cell (architecture, seed) by its number in the file."""
ABSENT, DONE, FAILED = range(3)
PUBLISHED = -1
"""The seed of an aggregate over seeds that somebody published."""


@dataclass(frozen=True)
class Metric:
    """A measured quantity: its unit, its meaning, whether more is better, and whether it is a clock's."""

    unit: str
    meaning: str
    higher_is_better: bool
    clock: bool = False


def _measures(split: str) -> dict[str, Metric]:
    return {
        f"{split}_loss": Metric("nats", f"mean cross-entropy on the {split} images", higher_is_better=False),
        f"{split}_accuracy": Metric("percent", f"{split} images classified correctly", higher_is_better=True),
    }


METRICS: dict[str, Metric] = {
    **_measures("train"),
    **_measures("val"),
    **_measures("test"),
    "seconds": Metric("seconds", "training time since the epoch recorded before", higher_is_better=False, clock=True),
}
"""Metrics that a table can hold, in the order in which they are printed."""

_COST_UNITS = {"parameters": "count", "flops": "count", "latency": "seconds", "energy": "joules"}


def cost_unit(name: str) -> str:
    """Unit that a cost of this name has unless another is given, such as "count" for ``flops_built``."""
    return _COST_UNITS.get(name.partition("_")[0], "unstated")


@dataclass(frozen=True)
class Field:
    """A data set of the file; ``{...}`` in the path stands for each schedule, metric, cost or proxy.

    Shape names its axes: equal names within a schedule are of equal length. "utf-8" is text of a fixed length: text of
    variable length would have no checksum.
    """

    path: str
    dtype: str
    shape: tuple[str, ...]
    unit: str
    since: int
    meaning: str

    def check(self, data: h5py.Dataset, lengths: dict[str, int]) -> None:
        """Checks a data set against this field; axis lengths seen first are noted in ``lengths``.

        Raises:
            ValueError: dtype or shape differ.
        """
        if self.dtype == "utf-8":
            kind = h5py.check_string_dtype(data.dtype)
            fits = kind is not None and kind.encoding == "utf-8" and kind.length is not None
        else:
            fits = data.dtype == np.dtype(self.dtype)
        if not fits:
            raise ValueError(f"{data.name} must hold {self.dtype}, it holds {data.dtype}")
        if len(data.shape) != len(self.shape):
            raise ValueError(f"{data.name} must have the axes ({', '.join(self.shape)}), its shape is {data.shape}")
        for axis, length in zip(self.shape, data.shape, strict=True):
            if lengths.setdefault(axis, length) != length:
                raise ValueError(f"{data.name} must have {lengths[axis]} of {axis}, it has {length}")


_COUNTED = "see /schedules/{schedule}/seeds"
FIELDS = {
    field.path: field
    for field in (
        Field("header/recipe", "utf-8", ("one",), "JSON", 1, "training recipe; {} where it is not known"),
        Field(
            "header/data_card", "utf-8", ("one",), "JSON", 1, "card of the data set, with the SHA-256 of its content"
        ),
        Field(
            "header/environments",
            "utf-8",
            ("one",),
            "JSON",
            1,
            "list of versions and hardware that rows were made with",
        ),
        Field("header/origin", "utf-8", ("one",), "text", 1, "where the numbers come from"),
        Field("architectures/choices", "<i2", ("architecture", "choice"), "option", 1, "one architecture a line"),
        Field("architectures/class_hash", "S32", ("architecture",), "hex", 1, "hash of the canonical form"),
        Field("costs/{cost}", "<f8", ("architecture",), "attribute unit", 1, "derived cost; NaN where not known"),
        Field("schedules/{schedule}/seeds", "<i8", ("seed",), "index", 1, "seeds; -1 is a published aggregate"),
        Field("schedules/{schedule}/status", "u1", ("architecture", "seed"), "0 absent 1 done 2 failed", 1, _COUNTED),
        Field("schedules/{schedule}/environment", "<u2", ("architecture", "seed"), "index", 1, "in the environments"),
        Field("schedules/{schedule}/failures", "<i4", ("failure", "pair"), "index", 1, "architecture and seed failed"),
        Field("schedules/{schedule}/reasons", "utf-8", ("failure",), "text", 1, "why each failed"),
        Field(
            "schedules/{schedule}/metrics/{metric}",
            "<f8",
            ("architecture", "measured seed", "measured epoch"),
            "attribute unit",
            1,
            "values; attributes seeds and epochs name the last two axes; NaN where absent",
        ),
        Field("header/proxy_settings", "utf-8", ("one",), "JSON", 2, "what all zero-cost scores share"),
        Field("proxies/{proxy}/seeds", "<i8", ("seed",), "index", 2, "initialisation seeds of the scores"),
        Field(
            "proxies/{proxy}/values",
            "<f8",
            ("architecture", "seed"),
            "the proxy's own",
            2,
            "scores; the attribute better says which promise more; NaN where absent or failed",
        ),
        Field("proxies/{proxy}/seconds", "<f8", ("architecture", "seed"), "seconds", 2, "scoring time; NaN: no score"),
        Field("proxies/{proxy}/failures", "<i4", ("failure", "pair"), "index", 2, "architecture and seed failed"),
        Field("proxies/{proxy}/reasons", "utf-8", ("failure",), "text", 2, "why each failed"),
    )
}
"""Fields of the schema by path."""
SCORE_FIELDS = ("seeds", "values", "seconds", "failures", "reasons")
"""Names of the fields of one proxy."""


def label(item: h5py.File | h5py.Dataset, name: str) -> str:
    """Text of an attribute; empty where there is none."""
    value = item.attrs.get(name, b"")
    return value.decode() if isinstance(value, bytes) else str(value)


def check_file(file: h5py.File, path: str) -> None:
    """Checks that an open file is a table of this schema, looking at names, dtypes and shapes only.

    Raises:
        ValueError: it is something else, of a newer schema, or a field is missing or of another form.
    """
    if label(file, "format") != FORMAT:
        raise ValueError(f"{path} is an HDF5 file but not a table of nasbench-forge; open one that `nasbench` wrote")
    version = int(file.attrs.get("schema_version", 0))
    if version > VERSION:
        raise ValueError(
            f"{path} is of table schema {version} and this nasbench-forge reads up to {VERSION}: "
            "install a newer nasbench-forge"
        )
    try:
        _check_fields(file, version)
    except (KeyError, ValueError, TypeError, AttributeError, OSError, RuntimeError) as error:
        text = error.args[0] if error.args else error
        raise ValueError(
            f"{path} is damaged or not written by nasbench-forge: {text}; restore it from a copy"
        ) from None


def _check_fields(file: h5py.File, version: int) -> None:
    lengths = {"one": 1}
    for path, field in FIELDS.items():
        if "{" not in path and field.since <= version:
            field.check(file[path], lengths)
    for cost in file["costs"]:
        FIELDS["costs/{cost}"].check(file["costs"][cost], lengths)
    for schedule, group in file["schedules"].items():
        if not schedule.isdecimal():
            raise ValueError(f"schedules are numbers of epochs, got {schedule!r}")
        inner = {"architecture": lengths["architecture"], "pair": 2}
        for name in ("seeds", "status", "environment", "failures", "reasons"):
            FIELDS[f"schedules/{{schedule}}/{name}"].check(group[name], inner)
        for metric, data in group["metrics"].items():
            if metric not in METRICS:
                raise ValueError(f"no metric is called {metric!r}")
            axes = {"measured seed": len(data.attrs["seeds"]), "measured epoch": len(data.attrs["epochs"])}
            FIELDS["schedules/{schedule}/metrics/{metric}"].check(data, {**inner, **axes})
    for proxy, group in file["proxies"].items() if version > 1 else ():
        inner = {"architecture": lengths["architecture"], "pair": 2}
        for name in SCORE_FIELDS:
            FIELDS[f"proxies/{{proxy}}/{name}"].check(group[name], inner)
        if label(group["values"], "better") not in ("higher", "lower"):
            raise ValueError(f"nothing says which scores of the proxy {proxy} are better")
