"""Contents as the bytes of an HDF5 file.

The file is made in memory and written by ``files``: HDF5 itself reports a full disk only when it frees its objects,
where Python can no longer raise, and would leave a damaged file that looks well written.
"""

from __future__ import annotations

import json
from typing import Any

import h5py
import numpy as np

from nasbench.database.contents import Contents, Reasons
from nasbench.database.rows import canonical_json
from nasbench.database.schema import ABSENT, FIELDS, FORMAT, METRICS, VERSION

_CHUNK = 65_536
"""Most architectures in a chunk; a chunk holds one epoch, which is what a query reads."""


def table_image(contents: Contents) -> bytes:
    """The bytes of a table file; equal for equal contents, and checksummed throughout."""
    with h5py.File("table", "w", driver="core", backing_store=False, libver=("v110", "v110")) as file:
        _label(file, "format", FORMAT)
        _label(file, "space", contents.header.space)
        _label(file, "created_by", "nasbench-forge")
        file.attrs["schema_version"] = VERSION if contents.proxies else 1
        header = contents.header
        _write(file, "header/recipe", canonical_json(header.recipe))
        _write(file, "header/data_card", canonical_json(header.data_card))
        _write(file, "header/environments", json.dumps(contents.environments, sort_keys=True))
        _write(file, "header/origin", header.origin)
        _write(file, "architectures/choices", contents.choices)
        _write(file, "architectures/class_hash", contents.class_hashes)
        file.create_group("costs")
        for name, unit in sorted(contents.costs.items()):
            _label(_write(file, "costs/{cost}", contents.cost(name), cost=name), "unit", unit)
        file.create_group("schedules")
        for schedule in contents.schedules:
            _write_schedule(file, contents, schedule)
        if contents.proxies:
            _write(file, "header/proxy_settings", canonical_json(contents.proxy_settings))
        for proxy in sorted(contents.proxies):
            _write_scores(file, contents, proxy)
        file.flush()
        return file.id.get_file_image()


def _write_schedule(file: h5py.File, contents: Contents, schedule: int) -> None:
    status = contents.status(schedule)
    seeds = np.array(contents.seeds(schedule), dtype=np.int64)
    _write(file, "schedules/{schedule}/seeds", seeds, schedule=schedule)
    _write(file, "schedules/{schedule}/status", status, schedule=schedule)
    _write(file, "schedules/{schedule}/environment", contents.environment(schedule), schedule=schedule)
    _write_reasons(file, "schedules/{schedule}", contents.reasons(schedule), schedule=schedule)
    group = file.create_group(f"schedules/{schedule}/metrics")
    present = status != ABSENT
    for metric, axes in sorted(contents.metrics(schedule).items()):
        values = contents.values(schedule, metric)
        columns = [seeds.tolist().index(seed) for seed in axes.seeds]
        measured = ~np.isnan(values)
        held = measured.any(axis=(0, 2))  # seeds without a number take no room
        if not held.any():
            continue
        assert (measured.any(axis=2) <= present[:, columns]).all(), "numbers stand in cells that have a status"
        data = _write(file, "schedules/{schedule}/metrics/{metric}", values[:, held], schedule=schedule, metric=metric)
        data.attrs["seeds"] = np.array(axes.seeds, dtype=np.int64)[held]
        data.attrs["epochs"] = np.array(axes.epochs, dtype=np.int64)
        _label(data, "unit", METRICS[metric].unit)
    assert group.name


def _write_scores(file: h5py.File, contents: Contents, proxy: str) -> None:
    scores = contents.scores(proxy)
    _write(file, "proxies/{proxy}/seeds", np.array(scores.seeds, dtype=np.int64), proxy=proxy)
    _label(_write(file, "proxies/{proxy}/values", scores.values, proxy=proxy), "better", contents.proxies[proxy])
    _write(file, "proxies/{proxy}/seconds", scores.seconds, proxy=proxy)
    _write_reasons(file, "proxies/{proxy}", scores.reasons, proxy=proxy)


def _write_reasons(file: h5py.File, place: str, reasons: Reasons, **names: object) -> None:
    """Which cells failed, and why each did."""
    listed = sorted(reasons.items())
    cells = np.array([cell for cell, _ in listed], dtype=np.int32).reshape(len(listed), 2)
    _write(file, f"{place}/failures", cells, **names)
    _write(file, f"{place}/reasons", [reason for _, reason in listed], **names)


def _write(file: h5py.File, path: str, value: Any, **names: object) -> h5py.Dataset:
    """The data set of a field of the schema, written."""
    field = FIELDS[path]
    place = path.format(**names)
    if field.dtype == "utf-8":
        encoded = [text.encode() for text in ([value] if isinstance(value, str) else value)]
        length = max([1, *map(len, encoded)])
        dtype = h5py.string_dtype("utf-8", length)
        array = np.array(encoded, dtype=dtype)
    else:
        array = np.asarray(value, dtype=field.dtype)
        dtype = array.dtype
    options: dict[str, Any] = {}
    if array.size:
        options = {"chunks": (min(len(array), _CHUNK), *array.shape[1:]), "fletcher32": True}
    if array.size and array.ndim == 3:
        options["chunks"] = (min(len(array), _CHUNK), array.shape[1], 1)
        if array.shape[2] > 1:
            options |= {"shuffle": True, "compression": "gzip", "compression_opts": 1}
    data = file.create_dataset(place, data=array, dtype=dtype, **options)
    if not field.unit.startswith("attribute"):
        _label(data, "unit", field.unit)
    return data


def _label(item: h5py.File | h5py.Dataset, name: str, text: str) -> None:
    """Writes an attribute as text of fixed length, which stands in the checksummed header of its item."""
    encoded = text.encode()
    item.attrs.create(name, encoded, dtype=h5py.string_dtype("utf-8", max(1, len(encoded))))
