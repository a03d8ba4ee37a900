"""Launch windows to a distant orbit: every cell a route that is flown, the same in any chunk, closed for a reason."""

from dataclasses import replace

import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.epochs import utc_iso
from lunarplan.model.sites import launch_site
from lunarplan.model.trajectory import fly
from lunarplan.orbits.catalogue import family
from lunarplan.orbits.eclipses import eclipses
from lunarplan.orbits.units import EARTH_MOON_384400
from lunarplan.scans.grid import Grid
from lunarplan.scans.scan import scan
from lunarplan.windows import constraints as limits
from lunarplan.windows import distant
from lunarplan.windows.coast_shadow import LongestStay
from lunarplan.windows.constraint import evaluate
from lunarplan.windows.departure import OPEN, OTHER_DAY
from lunarplan.windows.distant import DistantLaunches, stations_on
from tests.tolerances import FLYBY_ECLIPSE_S, FLYBY_LEVEL_KM, STATION_BEGINS_DEG, STATION_PHASE_DEG
from tests.windows.batches import two_months

DAY = 86_400.0
RULES = (
    limits.eclipse_in_coast(5400.0), distant.arrival_delta_v(900.0), distant.station_phase(180.0, within_deg=120.0),
)  # fmt: skip


@pytest.fixture(scope="module")
def nrho():
    return family("L2 halo south", EARTH_MOON_384400).select(resonance="9:2")


@pytest.fixture(scope="module")
def job(nrho):
    stations = stations_on(nrho, "2028-01-05", "2028-01-20", [0.0, 135.0])
    return DistantLaunches(launch_site("ksc-39b"), stations, (0.75, 1.75), constraints=RULES)


@pytest.fixture(scope="module")
def grid(job):
    return job.grid("2028-01-05", "2028-01-08", out_days=[4.5, 5.5], azimuths_deg=[72.0, 90.0])


@pytest.fixture(scope="module")
def found(job, grid):
    return scan(job, grid)


@pytest.fixture(scope="module")
def visits(job, grid):
    cells = grid.cells(0, grid.size)
    rows = np.flatnonzero(cells["azimuth_deg"] == 90.0)
    part = {name: values[rows] for name, values in cells.items()}
    return part, job.visits(part, job.departure.tie(90.0))


# ---------------------------------------------------------------- cells


@pytest.mark.parametrize("chunk_cells", [1, 7])
def test_cells_are_the_same_to_the_bit_in_any_chunk(job, grid, found, chunk_cells):
    first = ("launch_day", "opportunity")
    part = Grid({name: values[: 1 if name in first else None] for name, values in grid.values.items()})
    again = scan(job, part, chunk_cells=chunk_cells)
    for name, values in again.data_vars.items():
        assert values.values.tobytes() == found[name].values[:1, :1].tobytes(), name


def test_open_cells_keep_every_rule_on_their_day(found, job):
    code, margin = found["code"].values, found["margin"].values
    assert (code == OPEN).any()
    assert (margin[code == OPEN] >= 0.0).all()
    broken = code > 0
    assert (margin[broken][np.arange(broken.sum()), code[broken] - 1] < 0.0).all()
    days = np.broadcast_to(found["launch_day"].values[:, None, None, None, None], code.shape)
    launched = np.isfinite(found["launch_tdb"].values) & (code >= 0)
    same = [
        utc_iso(t)[:10] == str(d)[:10]
        for t, d in zip(found["launch_tdb"].values[launched], days[launched], strict=True)
    ]
    assert all(same)
    assert (code == OTHER_DAY).mean() < 0.1


def test_times_and_burns_are_told(found):
    known = np.isfinite(found["launch_tdb"].values)
    flown = found["insertion_tdb"] - found["perilune_tdb"] - found["beyond_s"]
    assert np.abs(flown.values[known]).max() < 1e-5
    burns = (found["flyby_delta_v"] + found["insertion_delta_v"]).transpose(*found["code"].dims).values[known]
    np.testing.assert_allclose(900.0 - burns, found["margin"].values[..., 1][known], atol=1e-9)


def test_the_least_altitude_is_that_of_the_flown_coasts(visits):
    _, routes = visits
    for row in np.flatnonzero(routes.ok)[:4]:
        t = routes.problem.perilune_tdb[row]
        arcs = [
            fly(routes.perilune_states[row], t, t - 1800.0, routes.forces, center="moon"),
            fly(routes.passed_states[row], t, t + 1800.0, routes.forces, center="moon"),
        ]
        near = [
            np.linalg.norm(arc.at(np.linspace(*sorted((t, arc.nodes_tdb[-1])), 3601), "moon")[:, :3], axis=1).min()
            for arc in arcs
        ]
        least = distant.flyby_altitude_km(routes)[row]
        assert min(near) - RADIUS_KM["moon"] == pytest.approx(least, abs=FLYBY_LEVEL_KM)
        assert least < 130.0 + 1e-6


# ---------------------------------------------------------------- the station


def test_phases_are_counted_from_passage_to_passage(job):
    """Of the 9:2 NRHO the catalogue's first state is at apolune: half a turn later it is nearest to the Moon."""
    station = job.stations[1]
    phases = station.phases_deg(station.orbit.perilunes.tdb)
    assert np.abs(np.remainder(phases - 180.0 + 180.0, 360.0) - 180.0).max() < STATION_PHASE_DEG
    assert station.phases_deg(np.array([station.span[0]]))[0] == pytest.approx(135.0, abs=STATION_BEGINS_DEG)


def test_the_station_is_joined_in_the_phase_that_is_told(visits, job):
    cells, routes = visits
    for row in np.flatnonzero(routes.ok)[:3]:
        station = next(s for s in job.stations if s.phase_deg == cells["phase_deg"][row])
        np.testing.assert_allclose(
            routes.station_states[row], station.orbit.at(routes.insertion_tdb[row])[0], atol=1e-6
        )
        alone = station.phases_deg(routes.insertion_tdb[row : row + 1])[0]
        assert routes.arrival_phase_deg[row] == alone


# ---------------------------------------------------------------- constraints


def merged(intervals):
    """Lengths of stays: pieces that touch are one."""
    stays = []
    for start, end in sorted(intervals):
        if stays and start <= stays[-1][1] + 0.1:
            stays[-1][1] = max(stays[-1][1], end)
        else:
            stays.append([start, end])
    return [end - start for start, end in stays]


def test_shadow_counts_until_the_insertion(job, nrho):
    """Against the search for eclipses along both coasts, flown again, at full Moon: some last through the flyby."""
    late = replace(job, stations=stations_on(nrho, "2028-01-12", "2028-01-25", [0.0, 135.0]))
    grid = late.grid("2028-01-12", "2028-01-13", out_days=[4.5, 5.5])
    routes = late.visits(grid.cells(0, grid.size), late.departure.tie(90.0))
    routes = routes.rows(np.flatnonzero(routes.ok))
    flown, through = LongestStay(fraction=1.0)(routes), 0
    for row, longest in enumerate(flown):
        passing, forces = routes.problem.perilune_tdb[row], routes.forces
        coasts = (
            fly(routes.injection_states[row], routes.injection_tdb[row], passing, forces),
            fly(routes.passed_states[row], passing, routes.insertion_tdb[row], forces, center="moon"),
        )
        dark = [eclipses(coast.trajectory, body) for coast in coasts for body in ("earth", "moon")]
        pieces = [piece for e in dark for piece in zip(e.start_tdb.tolist(), e.end_tdb.tolist(), strict=True)]
        assert longest == pytest.approx(max(merged(pieces), default=0.0), abs=FLYBY_ECLIPSE_S)
        through += any(start < passing - 1.0 for start, end in pieces if abs(end - passing) < 0.1)
    assert through > 0, "none lasts through the flyby"


def test_limits_of_visits_say_what_they_need():
    (other,) = (two_months(),)
    for rule in (
        distant.flyby_delta_v(1.0),
        distant.insertion_delta_v(1.0),
        distant.station_phase(0.0, within_deg=1.0),
    ):
        with pytest.raises(InputError, match="these transfers join no station"):
            evaluate([rule], other)


def test_limits_measure_what_they_name(visits):
    _, routes = visits
    margins = evaluate(
        [distant.flyby_delta_v(300.0), distant.insertion_delta_v(300.0), distant.station_phase(350.0, within_deg=20.0)],
        routes,
    )
    ok = routes.ok
    np.testing.assert_allclose(margins[ok, 0], 300.0 - 1e3 * routes.flyby_delta_v_km_s[ok])
    np.testing.assert_allclose(margins[ok, 1], 300.0 - 1e3 * routes.insertion_delta_v_km_s[ok])
    off = np.abs(routes.arrival_phase_deg[ok] - 350.0)
    np.testing.assert_allclose(margins[ok, 2], 20.0 - np.minimum(off, 360.0 - off), atol=1e-9)


# ---------------------------------------------------------------- what cannot be


def test_what_cannot_be_scanned_is_refused(job, grid):
    with pytest.raises(InputError, match="carry them farther"):
        scan(job, job.grid("2028-01-05", "2028-01-18", out_days=[5.0]))
    cells = grid.cells(0, 2)
    with pytest.raises(InputError, match="17 deg"):
        job({**cells, "phase_deg": np.full(2, 17.0)})
    with pytest.raises(InputError, match="two of one phase"):
        replace(job, stations=(job.stations[0], job.stations[0]))
    with pytest.raises(InputError, match="stations_on"):
        replace(job, stations=())
