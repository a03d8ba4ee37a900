"""Propagation of batches of states in a force model."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import ConvergenceError, InputError
from lunarplan.kernels import blocks, nystrom, rungekutta, stages, tableaux
from lunarplan.kernels.angles import LARGEST
from lunarplan.kernels.derivatives import make_derivatives
from lunarplan.kernels.forces import FULL_MODEL
from lunarplan.kernels.jit import lane_width, run_blocks
from lunarplan.model.constants import STANDARD_GRAVITY_M_S2
from lunarplan.model.epochs import tdb_iso, tdb_seconds, utc_iso
from lunarplan.model.forces import ForceModel
from lunarplan.model.rows import numbers, scalar
from lunarplan.model.state import State

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

_CENTERS = {"earth": 0, "moon": 1}
EMPTY = 4  # statuses go on from those of kernels.blocks
_REASONS = {
    blocks.OK: "ok",
    blocks.NOT_FINITE: "the state is not finite, or met a singularity",
    blocks.STEP_LIMIT: "step limit reached",
    blocks.IMPACT: "impact on the Earth or the Moon",
    EMPTY: "the mass is burnt before the end",
}
_FEW_ROWS = 3  # up to so many keep their own clocks: a row alone is then, to the bit, what it is in a batch of its kind
MAX_STEPS = 200_000
_RECORDED_ROWS, _RECORDED_NODES = 16, 512  # rows are whole blocks of any width; together half a megabyte a thread


@dataclass(frozen=True)
class Thrust:
    """Constant thrust with its mass flow; scalars or one value per row.

    force_n : float64[3] or [N, 3], in ``axes``
    mass_kg : mass at the start of the arc
    isp_s   : specific impulse; infinite for no mass flow
    axes    : "icrf", a direction fixed in space; or "vnb", fixed to the velocity, the normal of the orbit (r x v) and
              their cross product, all relative to the centre of the propagation
    pitch_rate_rad_s : with "vnb", turns the direction from velocity towards binormal during the arc, by 90 deg at most

    Partials with respect to the force hold the mass flow fixed, as if the specific impulse changed along with it; at
    fixed specific impulse the flow grows with the force, and that term is not in them.
    """

    force_n: ArrayLike
    mass_kg: ArrayLike
    isp_s: ArrayLike
    axes: str = "icrf"
    pitch_rate_rad_s: ArrayLike = 0.0

    def __post_init__(self) -> None:
        if self.axes not in ("icrf", "vnb"):
            raise InputError(f"{self.axes!r}", where="Thrust.axes", allowed='"icrf", "vnb"')

    def rows(self, n: int) -> Floats:
        """Columns FORCE_X to PITCH_RATE of the kernel's row inputs (kN, kg, kg/s, rad/s)."""
        force = self._column("force_n", n, 3)
        mass, isp, rate = (self._column(name, n, 1) for name in ("mass_kg", "isp_s", "pitch_rate_rad_s"))
        if not np.isfinite(rate).all():
            raise InputError("not finite", where="Thrust.pitch_rate_rad_s", allowed="finite rad/s")
        if rate.any() and self.axes != "vnb":
            raise InputError("a direction fixed in space does not pitch", where="Thrust.pitch_rate_rad_s", allowed="0")
        if not (np.isfinite(force).all() and np.isfinite(mass).all() and (mass > 0).all() and (isp > 0).all()):
            raise InputError(
                "not a usable thrust", where="Thrust", allowed="finite force, mass > 0 kg, specific impulse > 0 s"
            )
        flow = np.linalg.norm(force, axis=1) / (STANDARD_GRAVITY_M_S2 * isp)
        return np.column_stack([force * 1e-3, mass, flow, rate])

    def _column(self, name: str, n: int, items: int) -> Floats:
        value = numbers(f"Thrust.{name}", getattr(self, name), items)
        shape = (n, items) if items > 1 else (n,)
        try:
            return np.broadcast_to(value, shape)
        except ValueError:
            what = f"shape {value.shape} for {n} states"
            raise InputError(what, where=f"Thrust.{name}", allowed=f"{shape[1:]} or {shape}") from None


@dataclass(frozen=True)
class Propagation:
    """States at the end of each row's arc.

    states     : float64[N, 6], km and km/s, ICRF, relative to ``center``; NaN where not ``ok``
    epochs_tdb : float64[N]
    stm        : float64[N, 6, 6], d(end) / d(start); with thrust [N, 6, 10]: also force, per newton, and initial mass,
                 per kg; if steered [N, 6, 11]: also pitch rate, per rad/s
    status     : int8[N], 0 where solved; `reason(i)` puts it in words
    steps      : int32[N], steps tried
    start_states, start_tdb : float64[N, 6], float64[N], what was propagated

    The matrix leaves out how the edge of a shadow moves with the state: with sunlight, an arc through one is right to
    some 1e-4 of its largest element, and to 1e-7 elsewhere.
    """

    states: Floats
    epochs_tdb: Floats
    center: str
    stm: Floats | None
    status: NDArray[np.int8]
    steps: NDArray[np.int32]
    forces: ForceModel
    start_states: Floats
    start_tdb: Floats

    def __repr__(self) -> str:
        bad = np.flatnonzero(~self.ok)
        why = f"; row {bad[0]}: {self.reason(bad[0])}" if len(bad) else ""
        end = f" ending {span_text(self.epochs_tdb)}" if len(self.status) else ""
        solved = f"{len(self.status) - len(bad)} of {len(self.status)} rows ok"
        return f"<Propagation{end} about the {self.center}: {solved}{why}>"

    @property
    def ok(self) -> NDArray[np.bool_]:
        return np.asarray(self.status == blocks.OK)

    def reason(self, row: int) -> str:
        """Why a row failed, or "ok"."""
        return _REASONS[int(self.status[row])]

    def epoch_partials(self) -> tuple[Floats, Floats]:
        """What later epochs do to the final states: by the start (the state there held), by the end; [N, 6] per second.

        Raises InputError for a propagation without ``stm``, or with thrust.
        """
        if self.stm is None or self.stm.shape[-1] != blocks.STATE:
            allowed = "a propagation with stm=True, without thrust"
            raise InputError("there is no matrix of the state alone", where="epoch_partials", allowed=allowed)
        rates = [
            np.concatenate([x[:, 3:], accelerations(x, tdb, self.forces, self.center)], axis=1)
            for x, tdb in ((self.start_states, self.start_tdb), (self.states, self.epochs_tdb))
        ]
        return -np.einsum("nij,nj->ni", self.stm, rates[0]), rates[1]

    def require(self) -> Propagation:
        """Return self, or raise ConvergenceError if any row failed."""
        if not self.ok.all():
            bad = np.flatnonzero(~self.ok)
            raise ConvergenceError(
                f"{len(bad)} of {len(self.status)} rows failed; row {bad[0]}: {self.reason(bad[0])}",
                where="propagate",
                remedy="look at .status and .reason(row)",
            )
        return self


def span_text(epochs_tdb: Floats) -> str:
    """First and last of some epochs for people to read: UTC, or TDB before there was UTC."""
    first, last = float(np.min(epochs_tdb)), float(np.max(epochs_tdb))
    try:
        texts = utc_iso(first), utc_iso(last)
    except InputError:
        texts = tdb_iso(first), tdb_iso(last)
    return texts[0] if texts[0] == texts[1] else f"{texts[0]} to {texts[1]}"


@cache
def _kernel(width: int, columns: int, shared: bool, steered: bool) -> Callable[..., Any]:
    kernel: Callable[..., Any]
    if steered:
        kernel = rungekutta.make_propagator(width, columns, tableaux.DOP853, stages.dop853_sums, FULL_MODEL)
    else:
        kernel = nystrom.make_propagator(width, columns, shared, tableaux.RKN12, stages.rkn12_sums, FULL_MODEL)
    return kernel


def propagate(
    states: ArrayLike,
    epoch: Any,
    until: Any,
    *,
    forces: ForceModel | None = None,
    center: str = "earth",
    stm: bool = False,
    thrust: Thrust | None = None,
    tolerance: float = 1e-12,
    stop_at_impact: bool = True,
    workers: int | None = None,
) -> Propagation:
    """Propagate states from their epochs to others, forwards or backwards.

    states    : float64[N, 6] or [6], km and km/s, ICRF axes, relative to ``center`` ("earth" or "moon"), which falls:
                the Moon towards the bodies of the model, so that one left out pulls neither it nor the craft
    epoch     : start; ISO UTC string, astropy Time, or TDB seconds past J2000; one, or one per row
    until     : end, likewise
    stm       : also return the state-transition matrix (with thrust: also the partials of force and initial mass)
    tolerance : error of a step relative to position and velocity; 1e-12 keeps a lunar transfer to micrometres
    workers   : threads; all CPUs if not given

    Rows that start and end together are integrated in lock step, a block of lanes at a time; rows with epochs of
    their own keep their own steps. A row that fails is NaN and has a status; the others go on.

    Raises InputError for arguments that make no sense, among them epochs the ephemeris does not cover.
    """
    forces = ForceModel() if forces is None else forces
    x, start, end = aligned(states, epoch, until)
    center = check_options(forces, center, tolerance, workers, thrust)
    rows = row_inputs(len(x), forces, thrust)
    turned = np.abs(rows[:, blocks.PITCH_RATE] * (end - start))
    if (turned > LARGEST).any():
        raise InputError(
            f"the thrust pitches by {turned.max():.3g} rad",
            where="Thrust.pitch_rate_rad_s",
            allowed=f"up to {LARGEST} rad in an arc",
            remedy="split the arc",
        )
    columns = variations(thrust) if stm else 0
    run = Run(forces, center, tolerance, columns, stop_at_impact, workers, is_steered(thrust))
    final, partials, status, steps = run.batch(x, start, end, rows)[:4]
    partials[..., 6:9] *= 1e-3  # per newton
    return Propagation(final, end, center, partials if stm else None, status, steps, forces, x, start)


def is_steered(thrust: Thrust | None) -> bool:
    """True for a thrust that depends on the velocity."""
    return thrust is not None and thrust.axes == "vnb"


def variations(thrust: Thrust | None) -> int:
    """Columns of the state-transition matrix: the state, then what the thrust depends on."""
    if thrust is None:
        return blocks.STATE
    return rungekutta.STEERED if is_steered(thrust) else nystrom.THRUST


def row_inputs(n: int, forces: ForceModel, thrust: Thrust | None) -> Floats:
    """What rows bring besides their states, see kernels.blocks."""
    rows = np.zeros((n, blocks.ROW_INPUTS))
    rows[:, blocks.MASS] = 1.0
    if forces.sunlight is not None:
        rows[:, blocks.SRP] = forces.sunlight.gm_km3_s2
    if thrust is not None:
        rows[:, blocks.FORCE_X : blocks.PITCH_RATE + 1] = thrust.rows(n)
    return rows


def aligned(states: ArrayLike, epoch: Any, until: Any) -> tuple[Floats, Floats, Floats]:
    """States [N, 6] and their epochs [N] in TDB seconds, checked; raises InputError for what does not fit."""
    if isinstance(states, State):
        raise InputError(
            f"a State about {states.center} in {states.axes}", where="states", allowed="an array",
            remedy='give .to(axes="icrf").rv, its epoch_tdb as epoch, and its centre as center',
        )  # fmt: skip
    x = np.ascontiguousarray(np.atleast_2d(numbers("states", states, 1)))
    if x.ndim != 2 or x.shape[1] != 6:
        raise InputError(f"shape {np.shape(states)}", where="states", allowed="(6,) or (N, 6): km and km/s")
    start, end = (np.asarray(tdb_seconds(e), float) for e in (epoch, until))
    for name, value in (("epoch", start), ("until", end)):
        if value.ndim > 1 or (value.ndim == 1 and len(value) not in (1, len(x))):
            raise InputError(
                f"{value.size} epochs for {len(x)} states",
                where=name,
                allowed=f"one, or {len(x)}",
                remedy="give one per row",
            )
    return x, np.broadcast_to(start, len(x)).copy(), np.broadcast_to(end, len(x)).copy()


def check_options(
    forces: ForceModel, center: str, tolerance: float, workers: int | None = None, thrust: Thrust | None = None
) -> str:
    """Return the name of the centre as the kernels know it; raises InputError for options that make no sense."""
    name = center.strip().lower() if isinstance(center, str) else center
    if not isinstance(name, str) or name not in _CENTERS:
        raise InputError(
            f"{center!r}", where="center", allowed='"earth", "moon"', remedy="refer the states to one of them"
        )
    if not isinstance(forces, ForceModel):
        raise InputError(f"{forces!r:.60}", where="forces", allowed="a ForceModel", remedy="make one: ForceModel(...)")
    if not isinstance(thrust, Thrust | None):
        raise InputError(f"{thrust!r:.60}", where="thrust", allowed="a Thrust, or None")
    if not (workers is None or (isinstance(workers, int) and workers > 0)):
        raise InputError(f"{workers!r}", where="workers", allowed="1 or more, or None for all CPUs")
    scalar("tolerance", tolerance, 1e-15, 1e-3, "(relative, per step)")
    return name


@dataclass(frozen=True)
class Run:
    """One way of propagating, for callers inside lunarplan that know what they pass.

    continues : an arc about the Moon is the end of one about the Earth: in a model that leaves out the Sun, too, the
                Moon falls as the ephemeris says
    """

    forces: ForceModel
    center: str = "earth"
    tolerance: float = 1e-12
    columns: int = 0
    stop_at_impact: bool = True
    workers: int | None = None
    steered: bool = False
    continues: bool = False

    def reason(self, status: int) -> str:
        """What a status means."""
        return _REASONS[int(status)]

    def batch(
        self,
        x: Floats,
        start: Floats,
        end: Floats,
        rows: Floats,
        *,
        durations: Floats | None = None,
        centers: NDArray[np.int64] | None = None,
        first_steps: Floats | None = None,
        record: bool = False,
    ) -> tuple[Floats, Floats, NDArray[np.int8], NDArray[np.int32], list[Floats]]:
        """States, partials, status, steps tried at the end of every row; and all its nodes, if they are to be recorded.

        durations : float64[n], s; where ``end`` has been rounded to the 0.12 us that epochs resolve
        nodes     : float64[k, 8] a row: seconds from the start, state, origin; the start and every accepted step
        """
        n = len(x)
        final, partials = np.empty((n, 6)), np.empty((n, 6, self.columns))
        status, steps = np.zeros(n, np.int8), np.zeros(n, np.int32)
        nodes: list[Floats] = [np.empty((0, 8))] * n if record else []
        if n == 0:
            return final, partials, status, steps, nodes
        field = self.forces.kernel_field(
            min(start.min(), end.min()),
            max(start.max(), end.max()),
            thrust=not self.steered and bool((rows[:, blocks.FORCE_X : blocks.MASS] != 0).any()),
            own_fall=self.center == "moon" and not self.continues,
        )
        if durations is None:
            durations = end - start
        if centers is None:
            centers = np.full(n, _CENTERS[self.center], np.int64)
        if first_steps is None:
            first_steps = _first_steps(x, field.gm[centers], durations)
        shared = (
            not self.steered and n > _FEW_ROWS and _all_equal(start) and _all_equal(durations) and _all_equal(centers)
        )
        width = _block_width(n, self.columns, shared)
        kernel = _kernel(width, self.columns, shared, self.steered)

        inputs = x, start - field.start, durations, first_steps, centers, rows
        options = field, self.tolerance, MAX_STEPS, self.stop_at_impact
        outputs = final, partials, status, steps

        def fly(first: int, last: int, path: Floats, count: NDArray[np.int64]) -> None:
            part = slice(first, last)
            kernel(*(a[part] for a in inputs), *options, 0, last - first, *(a[part] for a in outputs), path, count)

        def run(first: int, last: int) -> None:
            if record:
                nodes[first:last] = _recorded(fly, first, last, x, centers)
            else:
                fly(first, last, np.empty((last - first, 0, 8)), np.zeros(last - first, np.int64))

        run_blocks(run, n, width, self.workers)
        burnt = rows[:, blocks.MASS] - rows[:, blocks.MASS_FLOW] * durations <= 0.0
        status[burnt & (status == blocks.NOT_FINITE)] = EMPTY
        return final, partials, status, steps, nodes


def _recorded(
    fly: Callable[[int, int, Floats, NDArray[np.int64]], None],
    first: int,
    last: int,
    x: Floats,
    centers: NDArray[np.int64],
) -> list[Floats]:
    """Nodes of some rows: flown a few blocks at a time into one record, and again where it was too short."""
    nodes: list[Floats] = []
    path = np.empty((min(_RECORDED_ROWS, last - first), _RECORDED_NODES, 8))
    while (a := first + len(nodes)) < last:
        b = min(a + _RECORDED_ROWS, last)
        count = np.zeros(b - a, np.int64)
        fly(a, b, path[: b - a], count)
        if count.max() > path.shape[1]:
            path = np.empty((len(path), int(count.max()), 8))
            continue
        starts = np.column_stack([np.zeros(b - a), x[a:b], centers[a:b]])
        nodes += [np.concatenate([starts[i : i + 1], path[i, : count[i]]]) for i in range(b - a)]
    return nodes


def _block_width(n: int, columns: int, shared: bool) -> int:
    """Lanes per block, such that a block's stages fit into the first-level cache."""
    width: int = lane_width()
    if columns:
        return min(width, 8)
    return 2 * width if shared and n > width else width


def _all_equal(a: NDArray[Any]) -> bool:
    return bool((a == a[0]).all())


def _first_steps(x: Floats, gm: Floats, durations: Floats) -> Floats:
    """A quarter of the dynamical time at the start: the controller takes it from there."""
    with np.errstate(over="ignore"):  # a state beyond all measure fails in its own row, not here
        r = np.linalg.norm(x[:, :3], axis=1)
        natural = 0.25 * np.sqrt(r**3 / np.where(gm > 0.0, gm, 1.0))
    natural = np.where(np.isfinite(natural) & (natural > 0.0), natural, 1.0)
    return np.copysign(np.minimum(natural, np.abs(durations)), durations)


@cache
def _derivatives() -> Callable[..., Any]:
    kernel: Callable[..., Any] = make_derivatives(FULL_MODEL)
    return kernel


def accelerations(states: ArrayLike, epoch: Any, forces: ForceModel | None = None, center: str = "earth") -> Floats:
    """Acceleration of every state, float64[N, 3], km/s2, ICRF, relative to the falling ``center``."""
    return _evaluate(states, epoch, forces, center)[0]


def gravity_gradients(states: ArrayLike, epoch: Any, forces: ForceModel | None = None, center: str = "earth") -> Floats:
    """Gradient of the acceleration at every state, float64[N, 3, 3], 1/s2."""
    return _evaluate(states, epoch, forces, center)[1]


def _evaluate(states: ArrayLike, epoch: Any, forces: ForceModel | None, center: str) -> tuple[Floats, Floats]:
    forces = ForceModel() if forces is None else forces
    x, t, _ = aligned(states, epoch, epoch)
    center = check_options(forces, center, 1e-12)
    acceleration, gradient = np.empty((len(x), 3)), np.empty((len(x), 3, 3))
    if len(x):
        field = forces.kernel_field(t.min(), t.max(), own_fall=center == "moon")
        centers = np.full(len(x), _CENTERS[center], np.int64)
        _derivatives()(x, t - field.start, centers, row_inputs(len(x), forces, None), field, acceleration, gradient)
    return acceleration, gradient
