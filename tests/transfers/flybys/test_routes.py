"""Powered flybys by the batch: closed in the full field, over the pad, as cheap as single routes are made."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.propagation import Run, row_inputs
from lunarplan.orbits.catalogue import family
from lunarplan.orbits.long_orbit import carry
from lunarplan.orbits.units import EARTH_MOON_384400
from lunarplan.transfers.flight import InEphemeris
from lunarplan.transfers.flybys import equations as eq
from lunarplan.transfers.flybys import routes
from lunarplan.transfers.launch import LaunchTie, ParkingOrbits
from lunarplan.transfers.route import Burn, Injection, OnPath, optimise
from lunarplan.windows.distant import default_forces
from tests.tolerances import FLYBY_CLOSURE_M, FLYBY_PARTIALS, FLYBY_SAME_COST_M_S, FLYBY_TIE_S

DAY = 86_400.0
START = float(tdb_seconds("2028-01-05T12:00:00Z"))
FORCES = default_forces()
TILT = np.radians(28.6)
RADIUS = RADIUS_KM["earth"] + 185.0
TIE = LaunchTie.from_site("ksc-39b", parking_altitude_km=185.0)
FLYBY = 130.0
ANY = {"free_out": True, "times": 3, "tries": 4}


@pytest.fixture(scope="module")
def stations():
    nrho = family("L2 halo south", EARTH_MOON_384400).select(resonance="9:2")
    return [carry(nrho, START - 2.0 * DAY, revolutions=3.0, forces=FORCES, phase=p) for p in (0.0, 0.375)]


@pytest.fixture(scope="module")
def spans(stations):
    return np.array([[s.tdb[0], s.tdb[-1]] for s in stations])


@pytest.fixture(scope="module")
def asked():
    day, way, out, beyond, station = (
        a.ravel() for a in np.meshgrid([0, 1, 2], [1.0, -1.0], [4.7, 5.5], [0.75, 1.25], [0, 1], indexing="ij")
    )
    n = len(day)
    return routes.Asked(
        START + DAY * day,
        DAY * out,
        DAY * beyond,
        DAY * beyond,
        station.astype(int),
        np.full(n, RADIUS),
        np.full(n, TILT),
        way,
    )


def solved(asked, stations, spans, **more):
    return routes.flyby_routes(asked, stations, spans, TIE, flyby_altitude_km=FLYBY, forces=FORCES, **more)


@pytest.fixture(scope="module")
def found(asked, stations, spans):
    found = solved(asked, stations, spans)
    assert found.ok.mean() > 0.6
    return found


@pytest.fixture(scope="module")
def equations(asked, stations, spans, found):
    flight = eq.OwnClocks(FORCES, 1e-13)
    where = routes._Where(stations, spans, TIE, flight, RADIUS_KM["moon"] + FLYBY)
    return where.equations(asked, found.solution.x)


# ---------------------------------------------------------------- each is a flight


def test_coasts_flown_again_by_another_integrator_close(found):
    rows = np.flatnonzero(found.ok)
    r = found.rows(rows)
    inputs = row_inputs(len(rows), FORCES, None)
    passing = r.problem.perilune_tdb
    moon = FORCES.source.state("moon", "earth", passing)
    out, *_ = Run(FORCES, "earth", 1e-14, stop_at_impact=False, steered=True).batch(
        r.injection_states, r.injection_tdb, passing, inputs
    )
    assert 1e3 * np.linalg.norm((out - moon - r.perilune_states)[:, :3], axis=1).max() < FLYBY_CLOSURE_M
    on, *_ = Run(FORCES, "moon", 1e-14, stop_at_impact=False, steered=True).batch(
        r.passed_states, passing, r.insertion_tdb, inputs
    )
    joined = r.station_states.copy()
    joined[:, 3:] -= r.insertion_burn_km_s
    assert 1e3 * np.linalg.norm((on - joined)[:, :3], axis=1).max() < FLYBY_CLOSURE_M


def test_times_are_those_asked_for_and_the_pad_is_under_the_plane(asked, found):
    ok = np.flatnonzero(found.ok)
    r = found.rows(ok)
    np.testing.assert_allclose(r.tof_s, asked.out_s[ok], atol=1e-6)
    np.testing.assert_allclose(r.beyond_s, asked.shortest_s[ok], atol=1e-6)
    orbits = ParkingOrbits.about_earth(
        TIE, np.full(len(ok), RADIUS), np.full(len(ok), TILT), FORCES.gm("earth"), oblate=True
    )
    late, _ = orbits.lateness(r.solution.x[:, 0], r.solution.x[:, 1], r.injection_tdb)
    assert np.abs(late).max() < FLYBY_TIE_S
    assert (orbits.revolutions_astray(r.coast_s) == 0.0).all()


def test_the_burn_is_at_the_height_asked_for_where_the_mean_velocity_is_level(found):
    r = found.rows(np.flatnonzero(found.ok))
    place, mean = r.perilune_states[:, :3], 0.5 * (r.perilune_states[:, 3:] + r.passed_states[:, 3:])
    np.testing.assert_allclose(np.linalg.norm(place, axis=1), RADIUS_KM["moon"] + FLYBY, atol=2e-5)
    assert np.abs(np.einsum("ni,ni->n", place, mean)).max() / 1867.0 < 2e-9


# ---------------------------------------------------------------- each is a minimum


def test_partials_are_those_of_differences(equations, found):
    rows = np.flatnonzero(found.ok)[:6]
    x = found.solution.x[rows].copy()
    x[:, eq.BEFORE] += 1e-3  # a little off, as on the way
    _, by = equations.evaluate(x, rows)
    cost_by = equations.cost(x, rows)[1]
    for k in range(eq.SIZE):
        step = 1e-4 * eq.SCALES[k]
        up, down = x.copy(), x.copy()
        up[:, k] += step
        down[:, k] -= step
        width = (up[:, k] - down[:, k])[:, None]
        by_k = (equations.evaluate(up, rows)[0] - equations.evaluate(down, rows)[0]) / width
        scaled = (by[:, :, k] - by_k) * eq.SCALES[k] / eq.EQUATION_SCALES
        size = np.abs(by[:, :, k] * eq.SCALES[k] / eq.EQUATION_SCALES).max()
        assert np.abs(scaled).max() < FLYBY_PARTIALS * max(size, 1.0), k
        cost_k = (equations.cost(up, rows)[0] - equations.cost(down, rows)[0]) / width[:, 0]
        np.testing.assert_allclose(cost_by[:, k] * eq.SCALES[k], cost_k * eq.SCALES[k], atol=1e-7)


@dataclass(frozen=True)
class TiedInjection(Injection):
    """An injection that passes over the pad, for the optimiser of single routes."""

    orbits: ParkingOrbits | None = None

    def ties(self, x):
        late, partials = self.orbits.lateness(x[:1], x[1:2], x[3:4])
        by = np.zeros((1, 4))
        by[0, [0, 1, 3]] = partials[0] / 600.0
        return late / 600.0, by


def test_with_free_times_they_are_what_the_optimiser_of_single_routes_finds(asked, stations, spans, found, equations):
    cheap = np.argsort(np.where(found.ok, found.delta_v_km_s, np.inf))[:3]
    few = asked.rows(cheap)
    free = solved(replace(few, shortest_s=0.4 * few.shortest_s, longest_s=2.0 * few.longest_s), stations, spans, **ANY)
    assert free.ok.all()
    assert (free.delta_v_km_s <= found.delta_v_km_s[cheap] + 1e-7).all()
    for k, row in enumerate(cheap):
        x = found.solution.x[row]
        turns = equations.parking(np.array([row]))
        leave = TiedInjection(
            RADIUS, TILT, equations.axes[row], float(np.sqrt(FORCES.gm("earth") / RADIUS)), orbits=turns
        )
        epochs = np.cumsum([x[eq.INJECTION], x[eq.OUT], x[eq.BEYOND]])
        guess = [x[:4], np.append(x[5:14], epochs[1]), np.append(x[eq.JOINING], epochs[2])]
        points = leave, Burn(RADIUS_KM["moon"] + FLYBY), OnPath(stations[few.station[k]], leaving=False)
        single = optimise(points, guess, InEphemeris(FORCES))
        more = 1e3 * (free.delta_v_km_s[k] - single.delta_v_km_s.sum())
        assert abs(more) < FLYBY_SAME_COST_M_S


def test_no_neighbour_along_what_is_free_is_cheaper(equations, found):
    """Held times leave one freedom: to either side of a solution, closed again, the cost is higher."""
    rows = np.flatnonzero(found.ok)[:12]
    x = found.solution.x[rows]
    _, by = equations.evaluate(x, rows)
    free = np.delete(np.arange(eq.SIZE), [eq.OUT, eq.BEYOND])
    a = by[:, :, free] * eq.SCALES[free] / eq.EQUATION_SCALES[:, None]
    along = np.linalg.svd(a)[2][:, -1]
    here = equations.cost(x, rows)[0]
    for side in (-0.3, 0.3):
        there = x.copy()
        there[:, free] += side * along * eq.SCALES[free]
        for _ in range(6):
            f, by = equations.evaluate(there, rows)
            a = by[:, :, free] * eq.SCALES[free] / eq.EQUATION_SCALES[:, None]
            there[:, free] -= np.einsum("nij,nj->ni", np.linalg.pinv(a), f / eq.EQUATION_SCALES) * eq.SCALES[free]
        assert (equations.cost(there, rows)[0] > here - 1e-8).all()


# ---------------------------------------------------------------- batches


def test_a_row_alone_is_to_the_bit_what_it_is_in_company(asked, stations, spans, found):
    for row in (0, 5, 17):
        alone = solved(asked.rows(np.array([row])), stations, spans)
        assert alone.solution.x.tobytes() == found.solution.x[row : row + 1].tobytes()


def test_no_rows_at_all(asked, stations, spans):
    assert len(solved(asked.rows(np.empty(0, np.intp)), stations, spans).ok) == 0


def test_rows_whose_station_is_not_known_then_are_not_solved(asked, stations, spans):
    late = replace(asked.rows(np.arange(2)), longest_s=np.full(2, 30.0 * DAY), shortest_s=np.full(2, 30.0 * DAY))
    found = solved(late, stations, spans)
    assert not found.ok.any()
    assert np.isnan(found.tli_delta_v_km_s).all()
