"""Contents as an HDF5 file, written block by block: no more of them is in memory at a time than a block of lines."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from nasbench.database import files
from nasbench.database.contents import Axes, Contents
from nasbench.database.lines import block_size, blocks
from nasbench.database.rows import canonical_json
from nasbench.database.schema import ABSENT, FIELDS, FORMAT, METRICS, VERSION
from nasbench.database.scores import Reasons
from nasbench.database.sink import Sink


def put_table(path: Path, contents: Contents) -> None:
    """Puts a table file at the path; a kill or a full disk leaves what was there before.

    Files of equal contents are equal to the byte, and checksummed throughout.

    Raises:
        OSError: the disk is full or the folder cannot be written; the message says which.
    """
    with files.written_atomically(path) as beside:
        descriptor = files.create(beside)
        sink = Sink(descriptor)
        try:
            _write_through(sink, contents)
            sink.finish()
        finally:
            sink.abandon()
            os.close(descriptor)


def _write_through(sink: Sink, contents: Contents) -> None:
    try:
        with h5py.File(sink, "w", libver=("v110", "v110")) as file:
            _Writing(file, contents, sink.check).write()
            file.flush()  # closing writes next to nothing, for there HDF5 says nothing of errors
    except BaseException:  # whatever HDF5 makes of a full disk, be it an error of its own or a Ctrl-C in its middle
        sink.check()  # the disk's error came first and says what to do
        raise


class _Writing:
    """Contents on their way into an open, empty HDF5 file; ``check`` raises errors of the disk between blocks."""

    def __init__(self, file: h5py.File, contents: Contents, check: Callable[[], None]) -> None:
        self._file, self._contents, self._check = file, contents, check

    def write(self) -> None:
        """Writes everything."""
        file, contents, header = self._file, self._contents, self._contents.header
        _label(file, "format", FORMAT)
        _label(file, "space", header.space)
        _label(file, "created_by", "nasbench-forge")
        file.attrs["schema_version"] = VERSION if contents.proxies else 1
        self._put("header/recipe", canonical_json(header.recipe))
        self._put("header/data_card", canonical_json(header.data_card))
        self._put("header/environments", json.dumps(contents.environments, sort_keys=True))
        self._put("header/origin", header.origin)
        self._lines("architectures/choices", contents.choices_of)
        self._lines("architectures/class_hash", contents.hashes_of)
        file.create_group("costs")
        for name, unit in sorted(contents.costs.items()):
            _label(self._lines("costs/{cost}", partial(contents.cost, name), cost=name), "unit", unit)
        file.create_group("schedules")
        for schedule in contents.schedules:
            self._schedule(schedule)
        if contents.proxies:
            self._put("header/proxy_settings", canonical_json(contents.proxy_settings))
        for proxy in sorted(contents.proxies):
            self._scores(proxy)

    def _schedule(self, schedule: int) -> None:
        contents, place = self._contents, "schedules/{schedule}"
        self._put(f"{place}/seeds", contents.seeds(schedule), schedule=schedule)
        self._lines(f"{place}/status", lambda lines: contents.status(schedule, lines), schedule=schedule)
        self._lines(f"{place}/environment", lambda lines: contents.environment(schedule, lines), schedule=schedule)
        self._failures(place, lambda lines: contents.reasons(schedule, lines), schedule=schedule)
        self._file.create_group(f"schedules/{schedule}/metrics")
        for metric, axes in sorted(contents.metrics(schedule).items()):
            held = self._seeds_held(schedule, metric, axes)
            if any(held):
                self._metric(schedule, metric, axes, held)

    def _seeds_held(self, schedule: int, metric: str, axes: Axes) -> np.ndarray:
        """bool [seeds of the metric]: whether a seed has a number; seeds without one take no room."""
        held = np.zeros(len(axes.seeds), dtype=bool)
        for lines in blocks(self._contents.count):
            for epoch in axes.epochs:
                held |= (~np.isnan(self._contents.values(schedule, metric, epoch, lines))).any(axis=(0, 2))
                if held.all():
                    return held
        return held

    def _metric(self, schedule: int, metric: str, axes: Axes, held: np.ndarray) -> None:
        """Writes the numbers of the seeds that have some, an epoch of a block at a time, which is a chunk."""
        contents, all_seeds = self._contents, self._contents.seeds(schedule)
        columns = [all_seeds.index(seed) for seed in axes.seeds]
        shape = (contents.count, int(held.sum()), len(axes.epochs))
        data = self._create("schedules/{schedule}/metrics/{metric}", shape, schedule=schedule, metric=metric)
        data.attrs["seeds"] = np.array(axes.seeds, dtype=np.int64)[held]
        data.attrs["epochs"] = np.array(axes.epochs, dtype=np.int64)
        _label(data, "unit", METRICS[metric].unit)
        for lines in blocks(contents.count):
            absent = contents.status(schedule, lines)[:, columns] == ABSENT
            for place, epoch in enumerate(axes.epochs):
                values = contents.values(schedule, metric, epoch, lines)
                assert np.isnan(values[absent]).all(), "numbers stand in cells that have a status"
                data[lines, :, place : place + 1] = values[:, held]
                self._check()
        self._settle(data)

    def _scores(self, proxy: str) -> None:
        contents, place = self._contents, "proxies/{proxy}"
        self._put(f"{place}/seeds", contents.scores(proxy, slice(0, 0)).seeds, proxy=proxy)
        values = self._lines(f"{place}/values", lambda lines: contents.scores(proxy, lines).values, proxy=proxy)
        _label(values, "better", contents.proxies[proxy])
        self._lines(f"{place}/seconds", lambda lines: contents.scores(proxy, lines).seconds, proxy=proxy)
        self._failures(place, lambda lines: contents.scores(proxy, lines).reasons, proxy=proxy)

    def _failures(self, place: str, read: Callable[[slice], Reasons], **names: Any) -> None:
        """Writes which cells failed, and why each did."""
        count, longest = 0, 1
        for lines in blocks(self._contents.count):
            for reason in read(lines).values():
                count, longest = count + 1, max(longest, len(reason.encode()))
        cells = self._create(f"{place}/failures", (count, 2), **names)
        reasons = self._create(f"{place}/reasons", (count,), longest, **names)
        begin = 0
        for lines in blocks(self._contents.count):
            listed = sorted(read(lines).items())
            end = begin + len(listed)
            if listed:
                cells[begin:end] = np.array([(line + lines.start, column) for (line, column), _ in listed])
                reasons[begin:end] = np.array([reason.encode() for _, reason in listed], dtype=reasons.dtype)
                self._check()
            begin = end
        self._settle(cells, reasons)

    def _lines(self, path: str, read: Callable[[slice], np.ndarray], **names: Any) -> h5py.Dataset:
        """The data set of a field with a line for each architecture, written block by block."""
        data = self._create(path, (self._contents.count, *read(slice(0, 0)).shape[1:]), **names)
        for lines in blocks(self._contents.count):
            data[lines] = read(lines)
            self._check()
        self._settle(data)
        return data

    def _put(self, path: str, value: Any, **names: Any) -> None:
        """Writes a field that is small: a text or an array."""
        if FIELDS[path].dtype == "utf-8":
            text = value.encode()
            data = self._create(path, (1,), max(1, len(text)), **names)
            data[0] = text
        else:
            array = np.asarray(value, dtype=FIELDS[path].dtype)
            data = self._create(path, array.shape, **names)
            if array.size:
                data[...] = array
        self._settle(data)

    def _settle(self, *written: h5py.Dataset) -> None:
        """Has HDF5 write what it still holds: where it frees a data set an interrupt would be lost, and what it hit."""
        for data in written:
            data.flush()
        self._check()

    def _create(self, path: str, shape: tuple[int, ...], length: int = 1, **names: Any) -> h5py.Dataset:
        """An empty data set of a field of the schema; ``length`` is the bytes of each of its texts."""
        field = FIELDS[path]
        dtype = h5py.string_dtype("utf-8", length) if field.dtype == "utf-8" else np.dtype(field.dtype)
        options: dict[str, Any] = {}
        if 0 not in shape:
            options = {"chunks": (min(shape[0], block_size(shape[0])), *shape[1:]), "fletcher32": True}
            if len(shape) == 3:
                options["chunks"] = (*options["chunks"][:2], 1)
                if shape[2] > 1:
                    options |= {"shuffle": True, "compression": "gzip", "compression_opts": 1}
        data = self._file.create_dataset(path.format(**names), shape=shape, dtype=dtype, **options)
        if not field.unit.startswith("attribute"):
            _label(data, "unit", field.unit)
        return data


def _label(item: h5py.File | h5py.Dataset, name: str, text: str) -> None:
    """Writes an attribute as text of fixed length, which stands in the checksummed header of its item."""
    encoded = text.encode()
    item.attrs.create(name, encoded, dtype=h5py.string_dtype("utf-8", max(1, len(encoded))))
