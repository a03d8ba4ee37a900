"""Low-energy transfers: first guesses, and what comes of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from lunarplan.model.forces import ForceModel
from lunarplan.model.propagation import Run, row_inputs
from lunarplan.model.trajectory import Arc, Trajectory
from lunarplan.transfers.low_energy.ends import Arrival
from lunarplan.transfers.low_energy.shooting import Parking
from lunarplan.transfers.low_energy.way import Ways
from lunarplan.transfers.solved import Solved
from lunarplan.transfers.targeter import Targeted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Rows = NDArray[np.intp]

Record = TypeVar("Record")

GROUND = 5  # statuses go on from those of the targeter
_TOGETHER_S, _TOGETHER_KM = 1800.0, 1000.0  # injections and apogees of what is one flight, about


@dataclass(frozen=True, repr=False)
class LowEnergyGuesses:
    """Ways from nearly a parking orbit to the Moon, float64[n] each, for `low_energy_transfers`.

    injection, arrival : [n, 4], variables of either end, the last their epochs, TDB s
    apogee_tdb         : where they are farthest from the Earth
    misfit_km2_s       : of angular momentum about the Earth, to that of the parking orbit
    burn_km_s          : of the insertion
    """

    to: Arrival
    parking: Parking
    injection: Floats
    arrival: Floats
    apogee_tdb: Floats
    misfit_km2_s: Floats
    burn_km_s: Floats

    def __len__(self) -> int:
        return len(self.apogee_tdb)

    def __repr__(self) -> str:
        return f"<LowEnergyGuesses: {len(self)} ways to {self.to!r:.60}>"

    @property
    def tof_s(self) -> Floats:
        return np.asarray(self.arrival[:, 3] - self.injection[:, 3])

    def rows(self, rows: Rows) -> LowEnergyGuesses:
        """Return some of them."""
        return some(self, rows)

    def cheapest(self, count: int) -> LowEnergyGuesses:
        """Return those with the smallest insertion burns."""
        return self.rows(np.argsort(self.burn_km_s, kind="stable")[:count])


@dataclass(frozen=True, repr=False)
class LowEnergyTransfers(Solved):
    """Converged low-energy transfers, float64[n] each unless said otherwise; NaN where not ``ok``.

    injection_tdb, injection_states : just after the injection burn, [n, 6] Earth-centred ICRF
    arrival_tdb, arrival_states     : before the insertion burn, [n, 6] Moon-centred ICRF
    meet_tdb             : where the arcs from either end meet
    tli_delta_v_km_s     : tangential, from the circular parking orbit; c3_km2_s2: two-body, at injection
    insertion_delta_v_km_s : into the low orbit, or to join the station
    insertion_km_s       : [n, 3], that burn, ICRF
    launch_tdb, coast_s  : with a launch site: lift-off, and parking-orbit coast before the injection
    way                  : see `Ways`; quadrant and flybys are 0 where not ``ok``
    """

    to: Arrival
    parking: Parking
    forces: ForceModel
    injection_tdb: Floats
    injection_states: Floats
    arrival_tdb: Floats
    arrival_states: Floats
    meet_tdb: Floats
    tli_delta_v_km_s: Floats
    c3_km2_s2: Floats
    insertion_delta_v_km_s: Floats
    insertion_km_s: Floats
    launch_tdb: Floats
    coast_s: Floats
    way: Ways
    solution: Targeted

    def rows(self, rows: Rows) -> LowEnergyTransfers:
        """Return the transfers of some rows."""
        return some(self, rows)

    def reason(self, row: int) -> str:
        """Why a row failed, or "converged"."""
        return "it meets the ground on its way" if self.status[row] == GROUND else super().reason(row)

    @property
    def tof_s(self) -> Floats:
        """From injection to insertion."""
        return np.asarray(self.arrival_tdb - self.injection_tdb)

    def cheapest(self) -> Rows:
        """Rows that are ok, the smallest insertion burn first."""
        good = np.flatnonzero(self.ok)
        return good[np.argsort(self.insertion_delta_v_km_s[good], kind="stable")]

    def distinct(self) -> Rows:
        """Rows as of `cheapest`, but of those that leave and turn back together only the first."""
        kept: list[int] = []
        for row in self.cheapest():
            together = np.abs(self.injection_tdb[kept] - self.injection_tdb[row]) < _TOGETHER_S
            if not (together & (np.abs(self.way.apogee_km[kept] - self.way.apogee_km[row]) < _TOGETHER_KM)).any():
                kept.append(int(row))
        return np.array(kept, np.intp)

    def guesses(self, rows: Rows) -> LowEnergyGuesses:
        """Some rows, which must be ok, as guesses for other terms: a launch site, a burn made least."""
        some = self.rows(rows)
        return LowEnergyGuesses(
            self.to, replace(self.parking, launch=None), some.solution.x[:, :4], some.solution.x[:, 4:], some.meet_tdb,
            np.zeros(len(rows)), some.insertion_delta_v_km_s,
        )  # fmt: skip

    def trajectory(self, row: int) -> Trajectory:
        """The flight of a row, from injection to insertion; raises ConvergenceError if that is not ok."""
        part = self.rows(np.array([row], np.intp)).require()
        ends = (part.injection_states, part.injection_tdb), (part.arrival_states, part.arrival_tdb)
        return Trajectory([_arc(part, *end, run) for end, run in zip(ends, runs(self.forces, 1e-13, 1), strict=True)])


def some(record: Record, rows: Rows) -> Record:
    """Some rows of a record; what is no array is one for all of them."""
    columns = {f.name: getattr(record, f.name) for f in fields(record)}  # type: ignore[arg-type]
    return type(record)(**{name: _taken(column, rows) for name, column in columns.items()})


def _taken(value: Any, rows: Rows) -> Any:
    if isinstance(value, np.ndarray):
        return value[rows]
    return some(value, rows) if isinstance(value, Ways | Targeted) else value


def together(parts: Sequence[LowEnergyGuesses]) -> LowEnergyGuesses:
    """Guesses one after another, of one search and more; at least one part."""
    names = ("injection", "arrival", "apogee_tdb", "misfit_km2_s", "burn_km_s")
    columns = (np.concatenate([getattr(part, name) for part in parts]) for name in names)
    return LowEnergyGuesses(parts[0].to, parts[0].parking, *columns)


def runs(forces: ForceModel, tolerance: float, workers: int | None, *, stop_at_impact: bool = False) -> tuple[Run, Run]:
    """How the arcs from the Earth and from the Moon are flown."""
    out = Run(forces, "earth", tolerance, stop_at_impact=stop_at_impact, workers=workers)
    return out, replace(out, center="moon", continues=True)


def _arc(found: LowEnergyTransfers, states: Floats, tdb: Floats, run: Run) -> Arc:
    rows = row_inputs(1, found.forces, None)
    _, _, _, _, (nodes,) = run.batch(states, tdb, found.meet_tdb, rows, record=True)
    brought = np.broadcast_to(rows[0], (len(nodes), rows.shape[1]))
    name = f"coast from the {run.center}" if run.center == "earth" else "coast to the moon"
    return Arc(name, run, float(tdb[0]), nodes[:, 0], nodes[:, 1:7], nodes[:, 7].astype(np.int64), brought)
