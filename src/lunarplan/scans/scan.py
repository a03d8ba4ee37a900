"""The scan of a grid: cut into chunks, computed by any executor, kept in a folder, returned as a dataset.

Nothing here knows what is computed. A job turns the coordinates of some cells into fields; because no cell sees its
neighbours, the answer has the same bytes whatever the executor, the order of arrival and the number of restarts.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from contextlib import nullcontext
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from lunarplan.errors import InputError, LunarplanError
from lunarplan.io.files import output_folder
from lunarplan.scans.chunks import ChunkFolder, digest
from lunarplan.scans.grid import Field, Grid, check_fields
from lunarplan.scans.lock import FolderLock
from lunarplan.scans.progress import Meter, Progress
from lunarplan.scans.workers import ThisThread, hand_out, most_at_a_time

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    Array = NDArray[Any]
    Arrays = Mapping[str, Array]


class Job(Protocol):
    """What is computed in the cells; a frozen dataclass, so that worker processes can be given it.

    fields     : what comes out, by name
    describe() : everything the numbers depend on, as JSON takes it: it decides whether old chunks may be used again
    __call__   : name -> coordinates [n] in, name -> array [n, *Field.shape] out; no row may depend on its neighbours
    """

    @property
    def fields(self) -> Mapping[str, Field]: ...

    def describe(self) -> dict[str, Any]: ...

    def __call__(self, cells: dict[str, Array], /) -> Arrays: ...


def scan(
    job: Job,
    grid: Grid,
    executor: Executor | None = None,
    chunk_cells: int = 2048,
    folder: str | Path | None = None,
    progress: Callable[[Progress], object] | None = None,
) -> xr.Dataset:
    """Compute a job in every cell of a grid.

    executor    : threads, processes, `dask.distributed.Client.get_executor()`; this thread if None
    chunk_cells : cells handed out at a time
    folder      : where finished chunks are kept; a second run there computes the missing ones only. A chunk file found
                  damaged is logged as a warning and computed again. One scan at a time, which a lock sees to.
    progress    : called at the start and after every chunk

    Returns the fields over (axes of the grid, dims of the field), the job's description among the attributes.

    An error in a chunk, or an interrupt from the keyboard, ends the scan; the chunks then finished are in the folder.
    Raises InputError if an argument is not usable, the job fails or breaks its promise, the dataset does not fit into
    memory, or the folder holds another scan or one is at work there; LunarplanError if worker processes die.
    """
    _check(job, grid, executor, chunk_cells, folder, progress)
    chunks = _Chunks(grid, check_fields(job.fields, grid), chunk_cells)
    question = _question(job, chunks)
    workers = executor or ThisThread()
    most = most_at_a_time(workers)
    _require_memory(chunks, most)
    with nullcontext() if folder is None else FolderLock(output_folder(folder)):
        description = {**question, "chunk_cells": chunk_cells}
        kept = None if folder is None else ChunkFolder(folder, description, chunks.fields)
        answer = _computed(job, chunks, kept, workers, most, progress)
    return _dataset(chunks, answer, question)


def _computed(
    job: Job,
    chunks: _Chunks,
    kept: ChunkFolder | None,
    workers: Executor,
    most: int,
    progress: Callable[[Progress], object] | None,
) -> dict[str, Array]:
    """The fields of all cells: of the chunks that are kept as they are, of the others computed."""
    size = chunks.grid.size
    answer = {name: np.empty((size, *field.shape), field.dtype) for name, field in chunks.fields.items()}
    missing = [index for index in range(chunks.count) if not (kept and _restored(kept, chunks, index, answer))]
    meter = Meter(progress, size, size - sum(map(chunks.length, missing)))

    def keep(index: int, arrays: Arrays) -> None:
        if kept:
            kept.write(index, arrays)
        chunks.put(answer, index, arrays)

    def report(index: int) -> None:
        meter.add(chunks.length(index))

    hand_out(lambda index: workers.submit(_compute, job, index, chunks.cells(index)), missing, most, keep, report)
    return answer


@dataclass(frozen=True)
class _Chunks:
    """The grid cut into pieces of so many cells; the last may be shorter."""

    grid: Grid
    fields: Mapping[str, Field]
    most_cells: int

    @property
    def count(self) -> int:
        return -(-self.grid.size // self.most_cells)

    @property
    def bytes_per_cell(self) -> int:
        return sum(field.bytes_per_cell for field in self.fields.values())

    def span(self, index: int) -> tuple[int, int]:
        start = index * self.most_cells
        return start, min(start + self.most_cells, self.grid.size)

    def length(self, index: int) -> int:
        start, stop = self.span(index)
        return stop - start

    def cells(self, index: int) -> dict[str, Array]:
        return self.grid.cells(*self.span(index))

    def put(self, answer: Mapping[str, Array], index: int, arrays: Arrays) -> None:
        start, stop = self.span(index)
        for name, values in arrays.items():
            answer[name][start:stop] = values


def _compute(job: Job, index: int, cells: dict[str, Array]) -> Arrays:
    """Do one chunk, in whatever process; what fails comes back as an error that can be pickled and names the chunk."""
    try:
        return _as_promised(job.fields, job(cells), len(next(iter(cells.values()))))
    except LunarplanError as error:
        where = ": ".join(filter(None, (_place(index, cells), error.where)))
        raise type(error)(error.what, where=where, allowed=error.allowed, remedy=error.remedy) from error
    except Exception as error:
        raise InputError(f"the job failed: {type(error).__name__}: {error}", where=_place(index, cells)) from error


def _as_promised(fields: Mapping[str, Field], computed: Arrays, count: int) -> Arrays:
    if set(computed) != set(fields):
        raise InputError(f"the job returned {sorted(computed)}", allowed=f"the fields it declares, {sorted(fields)}")
    arrays = {name: np.asarray(computed[name]) for name in fields}
    for name, array in arrays.items():
        promised = np.dtype(fields[name].dtype), (count, *fields[name].shape)
        if (array.dtype, array.shape) != promised:
            what = f"the job returned {array.dtype} of shape {array.shape} as {name!r}"
            raise InputError(what, allowed=f"{promised[0]} of shape {promised[1]}, as declared")
    return arrays


def _place(index: int, cells: dict[str, Array]) -> str:
    first, last = (", ".join(f"{name}={_word(values[end])}" for name, values in cells.items()) for end in (0, -1))
    return f"chunk {index} ({first} to {last})"


def _word(value: Any) -> str:
    """A coordinate; a date without the clock where that is midnight."""
    return str(value).removesuffix("T00:00:00.000000000")


def _restored(kept: ChunkFolder, chunks: _Chunks, index: int, answer: Mapping[str, Array]) -> bool:
    arrays = kept.read(index, chunks.length(index))
    if arrays is None:
        return False
    chunks.put(answer, index, arrays)
    return True


def _check(job: object, grid: object, executor: object, chunk_cells: object, folder: object, progress: object) -> None:
    if not callable(job) or not hasattr(job, "fields") or not callable(getattr(job, "describe", None)):
        raise InputError(f"{job!r} is no job", where="job", allowed="a callable with `fields` and `describe()`")
    if not isinstance(grid, Grid):
        raise InputError(f"a {type(grid).__name__}", where="grid", allowed="a Grid")
    if executor is not None and not isinstance(executor, Executor):
        remedy = "of a dask client, give client.get_executor()"
        raise InputError(
            f"a {type(executor).__name__}", where="executor", allowed="a concurrent.futures.Executor", remedy=remedy
        )
    if not isinstance(chunk_cells, int) or chunk_cells < 1:
        raise InputError(f"{chunk_cells!r}", where="chunk_cells", allowed="1, 2, 3, ...")
    if isinstance(folder, str) and not folder.strip():
        raise InputError("no folder is named", where="folder", remedy='name one, "." for this one; None keeps nothing')
    if progress is not None and not callable(progress):
        raise InputError(f"a {type(progress).__name__}", where="progress", allowed="a function of one Progress")


def _require_memory(chunks: _Chunks, most: int) -> None:
    """Refuse what would not fit: the whole answer, and the chunks under way with their coordinates."""
    import psutil

    coordinates = sum(values.itemsize for values in chunks.grid.values.values())
    under_way = min(chunks.grid.size, most * chunks.most_cells)
    needed = chunks.grid.size * chunks.bytes_per_cell + under_way * (chunks.bytes_per_cell + coordinates)
    available = psutil.virtual_memory().available
    if needed > available:
        what = f"{chunks.grid.size} cells of {chunks.bytes_per_cell} bytes need {needed} bytes of memory"
        remedy = "scan a part of the grid at a time, with fewer fields or smaller chunks"
        raise InputError(what, where="grid", allowed=f"{available} bytes are available", remedy=remedy)


def _question(job: Job, chunks: _Chunks) -> dict[str, Any]:
    """Return everything the numbers depend on, as JSON."""
    question = {
        "lunarplan": version("lunarplan"),
        "grid": {name: _summary(values, chunks.grid.axes[name].unit) for name, values in chunks.grid.values.items()},
        "fields": {
            name: {"dtype": str(np.dtype(field.dtype)), "dims": dict(field.dims), "unit": field.unit}
            for name, field in chunks.fields.items()
        },
        "job": job.describe(),
    }
    try:
        return dict(json.loads(json.dumps(question, allow_nan=False)))
    except (TypeError, ValueError) as error:
        remedy = "return dicts, lists, text, truth values and finite Python numbers"
        raise InputError(f"is not JSON: {error}", where="job.describe()", remedy=remedy) from error


def _summary(values: Array, unit: str) -> dict[str, Any]:
    ends = [str(value) for value in values[[0, -1]]] if len(values) else []
    sha = hashlib.sha256(values.tobytes()).hexdigest()
    return {"size": len(values), "ends": ends, "unit": unit, "dtype": str(values.dtype), "sha256": sha}


def _dataset(chunks: _Chunks, answer: Mapping[str, Array], question: dict[str, Any]) -> xr.Dataset:
    import xarray as xr

    grid = chunks.grid
    axes = {name: (name, grid.values[name], _words(axis.unit, axis.long_name)) for name, axis in grid.axes.items()}
    variables = {
        name: (
            (*grid.axes, *field.dims),
            answer[name].reshape(*grid.shape, *field.shape),
            _words(field.unit, field.long_name),
        )
        for name, field in chunks.fields.items()
    }
    provenance = {
        "source": f"lunarplan {question['lunarplan']}",
        "digest": digest(question),
        "job": json.dumps(question["job"], sort_keys=True),
    }
    return xr.Dataset(variables, axes, provenance)


def _words(unit: str, long_name: str) -> dict[str, str]:
    return {key: text for key, text in (("units", unit), ("long_name", long_name)) if text}
