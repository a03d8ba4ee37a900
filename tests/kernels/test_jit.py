import os
import subprocess
import sys
import threading
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lunarplan.kernels import jit

KERNELS = Path(jit.__file__).parent
HELPER = "from .jit import inlined\n\n\n@inlined\ndef factor(x):\n    return {factor} * x\n"
ENTRY = """
from .jit import compiled
from .helper import factor

@compiled
def entry(x):
    return factor(x)
"""
ASK = "from lunarplan.kernels.entry import entry; print(entry(10.0), sum(entry.stats.cache_hits.values()))"


def ask(root):
    """Value of the entry point, and how many times its machine code came from disk, in a fresh process."""
    environment = {**os.environ, "PYTHONPATH": str(root), "NUMBA_CACHE_DIR": str(root / "cache")}
    done = subprocess.run(
        [sys.executable, "-c", ASK], env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    value, hits = done.stdout.split()
    return float(value), int(hits)


@pytest.fixture
def package(tmp_path):
    """A kernel that inlines another of a second file, in a package of its own."""
    kernels = tmp_path / "lunarplan" / "kernels"
    kernels.mkdir(parents=True)
    (tmp_path / "lunarplan" / "__init__.py").touch()
    (kernels / "__init__.py").touch()
    (kernels / "jit.py").write_text((KERNELS / "jit.py").read_text(encoding="utf-8"), encoding="utf-8")
    (kernels / "helper.py").write_text(HELPER.format(factor=2.0), encoding="utf-8")
    (kernels / "entry.py").write_text(ENTRY, encoding="utf-8")
    return tmp_path


def test_machine_code_is_kept_until_any_kernel_source_changes(package):
    """The entry point's own file stays as it is; numba alone would go on with the old code of what it inlines."""
    assert ask(package) == (20.0, 0)
    assert ask(package) == (20.0, 1)
    (package / "lunarplan" / "kernels" / "helper.py").write_text(HELPER.format(factor=3.0), encoding="utf-8")
    assert ask(package) == (30.0, 0)
    assert ask(package) == (30.0, 1)


def test_stamp_covers_sources_and_figures(monkeypatch, tmp_path):
    monkeypatch.setattr(jit, "__file__", str(tmp_path / "jit.py"))

    def stamp():
        jit._source_stamp.cache_clear()
        return jit._source_stamp()

    try:
        (tmp_path / "a.py").write_text("1")
        first = stamp()
        assert stamp() == first
        (tmp_path / "note.txt").write_text("nothing that is compiled")
        assert stamp() == first
        (tmp_path / "tableaux.json").write_text("{}")
        assert stamp() != first
    finally:
        jit._source_stamp.cache_clear()


def test_inlined_stays_an_ordinary_function():
    @jit.inlined
    def double(x):
        return 2 * x

    assert double(3) == 6
    assert double("ab") == "abab"


def test_compiled_divides_as_ieee_does():
    @jit.compiled
    def ratio(a, b):
        return a / b

    assert ratio(1.0, 0.0) == np.inf
    assert np.isnan(ratio(0.0, 0.0))


def test_lane_width_follows_the_cpu(monkeypatch):
    for features, width in (("+avx512f,+avx2", 16), ("+avx2", 8)):
        monkeypatch.setattr(jit.config, "CPU_FEATURES", features)
        jit.has_avx512.cache_clear()
        assert jit.lane_width() == width
    monkeypatch.undo()
    jit.has_avx512.cache_clear()
    assert jit.lane_width() in (8, 16)


def test_workers(monkeypatch):
    monkeypatch.setenv("LUNARPLAN_THREADS", "3")
    assert jit.default_workers() == 3
    for nonsense in ("", "0", "-2", "many"):
        monkeypatch.setenv("LUNARPLAN_THREADS", nonsense)
        assert jit.default_workers() >= 1


@given(st.integers(0, 400), st.sampled_from([1, 8, 16]), st.integers(1, 5))
def test_blocks_cover_every_row_once_and_are_never_split(rows, block, workers):
    seen, lock = [], threading.Lock()

    def kernel(first, last):
        with lock:
            seen.append((first, last))

    jit.run_blocks(kernel, rows, block, workers)
    seen.sort()
    assert seen[0][0] == 0
    assert seen[-1][1] == rows
    assert all(a[1] == b[0] for a, b in pairwise(seen))
    assert all(first % block == 0 for first, _ in seen)


def test_an_error_in_a_thread_reaches_the_caller():
    def kernel(first, last):
        raise RuntimeError(f"rows {first} to {last}")

    with pytest.raises(RuntimeError, match="rows 0"):
        jit.run_blocks(kernel, 64, 8, 2)
