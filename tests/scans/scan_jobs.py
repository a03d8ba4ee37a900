"""Jobs for scans of nothing in particular; run as a program, one scan that takes its time, to be killed."""

import os
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from lunarplan.errors import ConvergenceError
from lunarplan.io.netcdf import write_netcdf
from lunarplan.scans.grid import Axis, Field, Grid
from lunarplan.scans.scan import scan

Arrays = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Sum:
    """Some fields of all sorts, by operations whose rounding IEEE 754 fixes."""

    scale: float = 0.1
    fields: Mapping[str, Field] = field(
        default_factory=lambda: {
            "speed": Field(unit="km/s", long_name="Speed"),
            "margins": Field("float32", {"constraint": 3}, "m/s"),
            "open": Field("bool"),
            "code": Field("uint8"),
        }
    )

    def describe(self) -> dict[str, Any]:
        return {"scale": self.scale}

    def __call__(self, cells: Arrays) -> Arrays:
        total = self.scale * np.sqrt(sum(1.0 + values.astype(float) ** 2 for values in cells.values()))
        return {
            "speed": np.where(total > 1.0, total, np.nan),
            "margins": np.float32(total[:, np.newaxis] * [1.0, 2.0, 3.0]),
            "open": total > 1.0,
            "code": np.uint8(total % 7.0),
        }


@dataclass(frozen=True)
class Echo:
    """One field, nothing done: what is measured is the engine."""

    fields: Mapping[str, Field] = field(default_factory=lambda: {"y": Field()})

    def describe(self) -> dict[str, Any]:
        return {}

    def __call__(self, cells: Arrays) -> Arrays:
        return {"y": cells["x"]}


@dataclass(frozen=True)
class Slow(Echo):
    """Takes so many seconds a chunk."""

    chunk_s: float = 0.004

    def __call__(self, cells: Arrays) -> Arrays:
        time.sleep(self.chunk_s)
        return {"y": cells["x"] / 3.0}


@dataclass(frozen=True)
class Fails(Echo):
    """Fails where x is `at`, in a way that cannot even be pickled if `oddly`."""

    at: float = 50.0
    oddly: bool = False
    solver: bool = False

    def __call__(self, cells: Arrays) -> Arrays:
        if self.at in cells["x"]:
            if self.solver:
                raise ConvergenceError("no step left", where="targeter", remedy="widen the bounds")
            raise Unpicklable(1, 2) if self.oddly else ZeroDivisionError("a constraint divided by nothing")
        return {"y": cells["x"]}


class Unpicklable(Exception):
    def __init__(self, first: int, second: int) -> None:
        super().__init__("odd")


@dataclass(frozen=True)
class Interrupts(Echo):
    """Somebody presses Ctrl-C while the cell x = `at` is computed."""

    at: float = 50.0

    def __call__(self, cells: Arrays) -> Arrays:
        if self.at in cells["x"]:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.02)
        return {"y": cells["x"]}


@dataclass(frozen=True)
class Dies(Echo):
    """Ends the process it runs in."""

    def __call__(self, cells: Arrays) -> Arrays:
        os._exit(3)


@dataclass(frozen=True)
class Returns(Echo):
    """Returns whatever it was given."""

    returned: Any = None

    def __call__(self, cells: Arrays) -> Any:
        return self.returned


def line(cells: int) -> Grid:
    return Grid({"x": np.arange(cells, dtype=float)})


def block() -> Grid:
    axes = {"launch_day": Axis(np.arange(7), "d"), "opportunity": [0, 1], "tof_s": Axis([1.5, 2.5, 9.0], "s", "Flight")}
    return Grid(axes)


if __name__ == "__main__":
    write_netcdf(scan(Slow(), line(1000), chunk_cells=5, folder=sys.argv[1]), sys.argv[2])
