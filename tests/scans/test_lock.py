"""A folder is one scan's at a time, and is free again whatever became of that scan."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress

import pytest

from lunarplan.errors import InputError
from lunarplan.scans.grid import Grid
from lunarplan.scans.lock import FolderLock
from lunarplan.scans.scan import scan
from tests.scans.scan_jobs import Echo

GRID = Grid({"x": [1.0, 2.0, 3.0]})
HOLD = """
import sys, time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from lunarplan.scans.lock import FolderLock

if __name__ == "__main__":
    with FolderLock(Path(sys.argv[1])), ProcessPoolExecutor(1) as pool:
        child = pool.submit(time.sleep, 60.0)
        while not child.running():
            time.sleep(0.01)
        print("held", flush=True)
        time.sleep(60.0)
"""


def test_two_at_once_in_one_process(tmp_path):
    with FolderLock(tmp_path), pytest.raises(InputError, match="another scan is at work there"):
        scan(Echo(), GRID, folder=tmp_path)
    scan(Echo(), GRID, folder=tmp_path)


def test_a_scan_that_fails_lets_go(tmp_path):
    with pytest.raises(ZeroDivisionError), FolderLock(tmp_path):
        raise ZeroDivisionError
    with FolderLock(tmp_path):
        pass


def test_nothing_stays_behind(tmp_path):
    with FolderLock(tmp_path):
        assert [path.name for path in tmp_path.iterdir()] == ["scan.lock"]
    assert not list(tmp_path.iterdir())


def test_a_file_left_there_is_no_lock(tmp_path):
    (tmp_path / "scan.lock").write_text("")
    scan(Echo(), GRID, folder=tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="kills as POSIX does")
def test_another_process_and_one_that_is_killed(tmp_path):
    """Killed without a word, its worker living on: the folder is free."""
    script = tmp_path / "hold.py"
    script.write_text(HOLD)
    folder = tmp_path / "chunks"
    folder.mkdir()
    other = subprocess.Popen(
        [sys.executable, str(script), str(folder)], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(InputError, match="another scan is at work there"):
            scan(Echo(), GRID, folder=folder)
        other.kill()
        other.wait()
        for _ in range(100):
            if not _busy(folder):
                break
            time.sleep(0.05)
        scan(Echo(), GRID, folder=folder)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(other.pid, signal.SIGKILL)
        other.stdout.close()


def _busy(folder):
    try:
        with FolderLock(folder):
            return False
    except InputError:
        return True
