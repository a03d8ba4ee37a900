"""How kernels are compiled: cached on disk, without the interpreter lock, with IEEE semantics.

``fastmath`` stays off: it makes ``isnan(nan)`` False, and NaN is how a failed row is marked. Kernels own no memory, so
numba's reference counting is off too (``_nrt``): counting the arrays of a `Field` at every stage of every step takes
three times as long as the step.
"""

import hashlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from pathlib import Path

import llvmlite.binding as llvm
from numba import njit
from numba.core import config
from numba.core.event import Listener, install_listener
from numba.extending import register_jitable


@cache
def _source_stamp():
    """Digest of every kernel source: a cached kernel inlines others, so it is stale when any of them changes."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.*")):
        if path.suffix in (".py", ".json"):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def compiled(function):
    """Compile an entry point at its first call and keep the machine code on disk, if there is a place for it."""
    options = {"nogil": True, "error_model": "numpy", "_nrt": False}
    try:
        dispatcher = njit(cache=True, **options)(function)
    except RuntimeError:  # neither the package, nor the user's cache, nor NUMBA_CACHE_DIR can be written to
        _Notice.text = "compiling, and again next time: no place to keep it; set NUMBA_CACHE_DIR"
        return njit(**options)(function)
    cache_file = getattr(getattr(dispatcher, "_cache", None), "_cache_file", None)
    if cache_file is not None:  # absent under NUMBA_DISABLE_JIT
        cache_file._source_stamp = _source_stamp()
    return dispatcher


def inlined(function):
    """Mark a function as part of the kernels that call it; it stays an ordinary Python function."""
    return register_jitable(forceinline=True, error_model="numpy", _nrt=False)(function)


class _Notice(Listener):
    text = "compiling once for this computer"

    def __init__(self, say):
        self.say = say

    def on_start(self, event):
        self.say(self.text)

    def on_end(self, event):
        pass


def compilation_notice(say):
    """Context in which ``say(text)`` is called when a kernel is compiled rather than loaded from the cache."""
    return install_listener("numba:compile", _Notice(say))


@cache
def has_avx512():
    """True if kernels are compiled for a CPU with 512-bit vectors (NUMBA_CPU_FEATURES overrides the host's)."""
    if config.CPU_FEATURES is not None:
        return "+avx512f" in config.CPU_FEATURES
    if config.CPU_NAME is not None:
        return False
    return bool(llvm.get_host_cpu_features().get("avx512f", False))


def lane_width():
    """Lanes per block: two 512-bit or two 256-bit registers, so that one hides the latency of the other."""
    return 16 if has_avx512() else 8


@cache
def _pool(workers, process):
    """Threads of one process: a forked child inherits the object, but not the threads."""
    return ThreadPoolExecutor(workers, thread_name_prefix="lunarplan")


def default_workers():
    """Threads a batch is spread over: LUNARPLAN_THREADS, or the CPUs this process may use."""
    asked = os.environ.get("LUNARPLAN_THREADS", "")
    if asked.isdigit() and int(asked) > 0:
        return int(asked)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_blocks(kernel: Callable[[int, int], object], rows: int, block: int, workers: int | None = None) -> None:
    """Call ``kernel(first, last)`` over all rows, split over threads at multiples of ``block`` rows.

    The split never changes which rows share a block, so the answer does not depend on the number of threads.
    """
    workers = default_workers() if workers is None else workers
    blocks = -(-rows // block)
    if workers <= 1 or blocks <= 1:
        kernel(0, rows)
        return
    # A few chunks a worker: lanes finish at different times, so equal shares would leave one thread waiting.
    chunks = min(blocks, 4 * workers)
    edges = [min(rows, block * (blocks * i // chunks)) for i in range(chunks + 1)]
    for future in [_pool(workers, os.getpid()).submit(kernel, a, b) for a, b in pairwise(edges)]:
        future.result()
