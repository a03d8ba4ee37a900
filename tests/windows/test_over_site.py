"""Whether the lunar orbit passes over a landing site, against the orbit flown."""

from dataclasses import replace

import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.model.constants import RADIUS_KM, SECONDS_PER_DAY
from lunarplan.model.frames import rotation
from lunarplan.model.trajectory import fly
from lunarplan.windows.constraints import evaluate, orbit_over_site
from tests.tolerances import CROSS_RANGE_DEG_PER_DAY
from tests.windows.batches import two_months

ALTITUDE_KM = 200.0


def flown_cross_range_deg(transfers, row, latitude_deg, longitude_deg, wait_s):
    """The circular orbit at perilune, flown in the full model, and the angle of the site off its plane."""
    perilune = transfers.perilune_states[row]
    circular = np.sqrt(transfers.forces.gm("moon") / np.linalg.norm(perilune[:3]))
    start = np.concatenate([perilune[:3], perilune[3:] * circular / np.linalg.norm(perilune[3:])])
    epoch = transfers.problem.perilune_tdb[row]
    forces = replace(transfers.forces, moon_degree=8)
    arc = fly(start, epoch, None, forces, center="moon", duration_s=max(wait_s[1], 1.0), stop_at_impact=False)
    tdb = epoch + np.linspace(*wait_s, 400)
    states = arc.at(np.clip(tdb, arc.start_tdb, arc.end_tdb), "moon")
    normal = np.cross(states[:, :3], states[:, 3:])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    latitude, longitude = np.radians([latitude_deg, longitude_deg])
    site = np.array([np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)])
    sine = np.einsum("nij,nj,i->n", rotation("moon_me", tdb, forces.source), normal, site)
    return 0.0 if sine.min() <= 0.0 <= sine.max() else np.degrees(np.arcsin(np.abs(sine).min()))


@pytest.mark.parametrize("wait_days", [(0.0, 0.0), (1.0, 3.0), (6.0, 6.0)])
@pytest.mark.parametrize("site", [(-41.6, -154.0), (-88.8, 123.4), (18.56, 61.81), (80.0, 0.0)])
def test_as_flown(site, wait_days):
    transfers = two_months()
    wait = tuple(days * SECONDS_PER_DAY for days in wait_days)
    constraint = orbit_over_site(*site, within_deg=90.0, wait_s=wait, altitude_km=perilune_altitude_km(transfers))
    margins = evaluate([constraint], transfers)[:, 0]
    for row in np.flatnonzero(transfers.ok)[:4]:
        exact = flown_cross_range_deg(transfers, row, *site, wait)
        assert 90.0 - margins[row] == pytest.approx(exact, abs=CROSS_RANGE_DEG_PER_DAY * max(wait_days[1], 1.0))


def perilune_altitude_km(transfers):
    return float(transfers.problem.perilune_radius_km[0]) - RADIUS_KM["moon"]


def test_half_a_month_brings_any_plane_over_a_site():
    """Of a polar orbit; and no wait brings a low inclination over a pole."""
    transfers = two_months()
    rows = np.flatnonzero(transfers.ok)
    long = (0.0, 14.0 * SECONDS_PER_DAY)
    latitude = 0.9 * np.degrees(np.arcsin(np.sin(transfers.problem.lunar_inclination[rows]))).min()
    reached = evaluate([orbit_over_site(latitude, 10.0, within_deg=0.0, wait_s=long)], transfers)[rows, 0]
    assert (reached == 0.0).all()
    beyond = evaluate([orbit_over_site(90.0, 0.0, within_deg=0.0, wait_s=long)], transfers)[rows, 0]
    tilt = np.degrees(transfers.problem.lunar_inclination[rows])
    assert -beyond == pytest.approx(np.abs(90.0 - tilt), abs=0.1)


@pytest.mark.parametrize(
    "options",
    [
        {"within_deg": -1.0, "wait_s": (0.0, 1.0)},
        {"within_deg": 1.0, "wait_s": (2.0, 1.0)},
        {"within_deg": 1.0, "wait_s": (0.0, np.nan)},
        {"within_deg": 1.0, "wait_s": (0.0, 1.0), "altitude_km": 0.0},
    ],
)
def test_limits_that_make_no_sense(options):
    with pytest.raises(InputError, match="orbit_over_site"):
        orbit_over_site(10.0, 20.0, **options)
