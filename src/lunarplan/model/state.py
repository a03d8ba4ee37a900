"""States: position and velocity that know their epoch, centre and axes."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from lunarplan.errors import InputError
from lunarplan.model.bodies import body_name
from lunarplan.model.ephemeris import Ephemeris
from lunarplan.model.epochs import tdb_iso, tdb_seconds
from lunarplan.model.frames import axes_name, turned
from lunarplan.model.rows import numbers

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class State:
    """One state or many, all about one centre and in one set of axes.

    rv        : float64[..., 6], km and km/s
    epoch_tdb : float64[...], TDB s past J2000; anything `tdb_seconds` reads, one for all or one for each
    center    : name of the body the position starts from
    axes      : name of the axes of the components; in rotating axes the velocity is that seen by them

    Raises InputError for a wrong shape, an unreadable epoch, unknown body or axes.
    """

    rv: FloatArray
    epoch_tdb: FloatArray
    center: str = "earth"
    axes: str = "icrf"

    def __post_init__(self) -> None:
        rv = _rv(self.rv)
        epoch = np.asarray(tdb_seconds(self.epoch_tdb), dtype=np.float64)
        if epoch.shape not in ((), rv.shape[:-1]):
            raise InputError(
                f"{epoch.shape} epochs for states of shape {rv.shape}",
                where="State.epoch_tdb",
                allowed=f"one epoch, or {rv.shape[:-1]}",
            )
        object.__setattr__(self, "rv", rv)
        object.__setattr__(self, "epoch_tdb", np.broadcast_to(epoch, rv.shape[:-1]))
        object.__setattr__(self, "center", body_name(self.center))
        object.__setattr__(self, "axes", axes_name(self.axes))

    @property
    def position_km(self) -> FloatArray:
        """float64[..., 3], km."""
        return self.rv[..., :3]

    @property
    def velocity_km_s(self) -> FloatArray:
        """float64[..., 3], km/s."""
        return self.rv[..., 3:]

    def __add__(self, other: "State") -> "State":
        """Return the sum of two states at the same epochs, about the same centre and in the same axes."""
        return replace(self, rv=self.rv + self._like(other, "add").rv)

    def __sub__(self, other: "State") -> "State":
        """Return the difference of two states at the same epochs, about the same centre and in the same axes."""
        return replace(self, rv=self.rv - self._like(other, "subtract").rv)

    def to(self, *, center: str | None = None, axes: str | None = None, ephemeris: Ephemeris | None = None) -> "State":
        """Return the same motion about another centre and in other axes.

        ephemeris : without it, the packaged DE440

        Raises InputError for unknown names, or an epoch outside the ephemeris.
        """
        new_center = self.center if center is None else body_name(center)
        new_axes = self.axes if axes is None else axes_name(axes)
        source = Ephemeris.packaged() if ephemeris is None else ephemeris
        rv = self.rv
        if new_center != self.center:
            rv = turned(rv, self.epoch_tdb, self.axes, "icrf", source)
            rv = rv - source.state(new_center, self.center, self.epoch_tdb)
            rv = turned(rv, self.epoch_tdb, "icrf", new_axes, source)
        else:
            rv = turned(rv, self.epoch_tdb, self.axes, new_axes, source)
        return replace(self, rv=rv, center=new_center, axes=new_axes)

    def _like(self, other: object, verb: str) -> "State":
        if not isinstance(other, State):
            raise InputError(
                f"cannot {verb} a State and a {type(other).__name__}",
                where="State",
                remedy="make it a State with its epoch, centre and axes",
            )
        if (self.center, self.axes) != (other.center, other.axes):
            raise InputError(
                f"cannot {verb} states about {self.center} in {self.axes} and about {other.center} in {other.axes}",
                where="State",
                remedy=f'bring the second over with .to(center="{self.center}", axes="{self.axes}")',
            )
        if not np.array_equal(self.epoch_tdb, other.epoch_tdb):
            raise InputError(
                f"cannot {verb} states at {_epochs(self)} and {_epochs(other)}",
                where="State",
                remedy="propagate one to the epoch of the other",
            )
        return other


def _rv(values: Any) -> FloatArray:
    rv = numbers("State.rv", values, 1)
    if rv.ndim == 0 or rv.shape[-1] != 6:
        raise InputError(f"shape {rv.shape}", where="State.rv", allowed="(..., 6): x y z km, vx vy vz km/s")
    return rv


def _epochs(state: State) -> str:
    epochs = state.epoch_tdb.ravel()
    if epochs.size == 0:
        return "no epoch"
    more = f" and {epochs.size - 1} more" if epochs.size > 1 else ""
    return f"{tdb_iso(float(epochs[0]), digits=6)}{more}"
