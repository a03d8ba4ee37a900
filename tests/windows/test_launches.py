"""What a scan computes in a cell: alone or among others the same, and codes that mean what they say."""

import json
import pickle
from dataclasses import replace
from functools import cache
from typing import Any

import erfa
import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.model.constants import J2000_JD
from lunarplan.model.epochs import tdb_seconds, utc_iso
from lunarplan.model.forces import ForceModel
from lunarplan.model.sites import launch_site
from lunarplan.scans.grid import Grid
from lunarplan.windows import constraints as limits
from lunarplan.windows.launches import (
    ASYMPTOTE,
    DECLINATION,
    NO_TRANSFER,
    NORTHBOUND,
    OPEN,
    OTHER_DAY,
    SOUTHBOUND,
    Launches,
    noon_tdb,
)
from tests.tolerances import CELL_ALONE, CELL_ALONE_STAY_S, LOW_PRECISION_MOON_DEG

DAY = 86400.0
LIMITS = (
    limits.tli_delta_v(3135.0),
    limits.sun_at_landing(-80.0, 0.0, at_least_deg=2.0),
    limits.eclipse_in_coast(1800.0),
)
JOB = Launches(launch_site("ksc-39a"), 100.0, 90.0, 100.0, ascent_s=540.0, constraints=LIMITS)
GRID = Grid(
    {
        "launch_day": np.arange(np.datetime64("2025-03-01"), np.datetime64("2025-03-29")),
        "opportunity": [NORTHBOUND, SOUTHBOUND],
        "arrival": [NORTHBOUND, SOUTHBOUND],
        "tof_s": [4.5 * DAY],
        "azimuth_deg": [72.0, 90.0, 104.0],
    }
)
CELLS = GRID.cells(0, GRID.size)


@cache
def computed() -> dict[str, Any]:
    """A month about the eclipse of 14 March 2025, when the Moon goes as far north as it ever does."""
    return JOB(CELLS)


def taken(rows: Any) -> dict[str, Any]:
    return {name: values[rows] for name, values in CELLS.items()}


def test_the_month_has_what_the_tests_look_for() -> None:
    assert set(np.unique(computed()["code"]).tolist()) == {OTHER_DAY, DECLINATION, 1, 2, 3}


@pytest.mark.parametrize("row", [int(row) for row in np.random.default_rng(2).choice(GRID.size, 12, replace=False)])
def test_a_cell_alone_is_as_among_others(row: int) -> None:
    alone = JOB(taken([row]))
    for name, values in computed().items():
        within = CELL_ALONE_STAY_S if name == "margin" else CELL_ALONE
        np.testing.assert_allclose(alone[name][0], values[row], rtol=0.0, atol=within, err_msg=name)


def test_the_order_of_cells_does_not_matter() -> None:
    order = np.random.default_rng(3).permutation(GRID.size)
    shuffled = JOB(taken(order))
    for name, values in computed().items():
        within = CELL_ALONE_STAY_S if name == "margin" else CELL_ALONE
        np.testing.assert_allclose(shuffled[name], values[order], rtol=0.0, atol=within, err_msg=name)


def test_no_cells() -> None:
    empty = JOB(taken([]))
    assert {name: values.shape for name, values in empty.items()} == {
        name: (0, *field.shape) for name, field in JOB.fields.items()
    }


def test_what_is_promised_is_returned() -> None:
    for name, field in JOB.fields.items():
        assert computed()[name].dtype == field.dtype
        assert computed()[name].shape == (GRID.size, *field.shape)


def test_cells_with_a_transfer_have_all_its_numbers_and_others_none() -> None:
    found = (computed()["code"] != DECLINATION) & (computed()["code"] != NO_TRANSFER)
    for name in ("launch_tdb", "injection_tdb", "tli_delta_v", "loi_delta_v", "c3", "coast_s", "margin"):
        known = np.isfinite(computed()[name]).reshape(GRID.size, -1).all(axis=1)
        np.testing.assert_array_equal(known, found, err_msg=name)


def test_a_launch_of_another_day_is_one() -> None:
    found = np.isfinite(computed()["launch_tdb"])
    day = np.array([text[:10] for text in utc_iso(computed()["launch_tdb"][found])], "datetime64[D]")
    elsewhere = day != CELLS["launch_day"][found].astype("datetime64[D]")
    np.testing.assert_array_equal(computed()["code"][found] == OTHER_DAY, elsewhere)
    assert elsewhere.any()


def test_the_launch_is_that_of_the_day_or_the_nearest_to_its_noon() -> None:
    """They come round once in 24 h 50 min: none is further away than half of that, and what it drifts meanwhile."""
    found = np.isfinite(computed()["launch_tdb"])
    away = np.abs(computed()["launch_tdb"] - noon_tdb(CELLS["launch_day"]))[found]
    assert away.max() < 15.0 * 3600.0
    assert np.median(away) < 12.5 * 3600.0


def test_a_broken_rule_is_the_one_with_the_worst_margin_of_its_scale() -> None:
    code, margin = computed()["code"], computed()["margin"]
    broken = code > OPEN
    scaled = margin[broken] / [limit.scale for limit in LIMITS]
    np.testing.assert_array_equal(code[broken] - 1, scaled.argmin(axis=1))
    assert (scaled.min(axis=1) < 0.0).all()
    np.testing.assert_allclose(margin[broken, 0], 3135.0 - computed()["tli_delta_v"][broken], atol=CELL_ALONE)


def test_without_rules_what_is_found_is_open() -> None:
    free = replace(JOB, constraints=())(CELLS)
    found = np.isfinite(free["launch_tdb"])
    assert set(np.unique(free["code"][found]).tolist()) == {OPEN, OTHER_DAY}
    assert free["margin"].shape == (GRID.size, 0)
    for name in ("launch_tdb", "tli_delta_v", "c3"):
        np.testing.assert_array_equal(free[name], computed()[name], err_msg="rules change no transfer")


def declination_deg(tdb: Any) -> Any:
    """Of the Moon on the equator of date, by the series of Meeus as in SOFA: another Moon than the ephemeris'."""
    days = tdb / DAY
    moon = erfa.moon98(J2000_JD, days)["p"]
    of_date = np.einsum("nij,nj->ni", erfa.pnm06a(J2000_JD, days), moon)
    return np.degrees(np.arcsin(of_date[:, 2] / np.linalg.norm(of_date, axis=1)))


def test_the_moons_reach_against_another_moon() -> None:
    """The way out is aimed at where the Moon is some hours after the perilune, which comes early in its pull."""
    site = launch_site("ksc-39a")
    inclination = np.degrees([site.inclination_rad(np.radians(azimuth)) for azimuth in CELLS["azimuth_deg"]])
    hours = np.arange(0.0, 12.5, 0.5)
    perilune = computed()["perilune_tdb"]
    margins = np.array([inclination - np.abs(declination_deg(perilune + 3600.0 * hour)) for hour in hours])
    reach = computed()["declination_margin"]
    assert (reach > margins.min(axis=0) - LOW_PRECISION_MOON_DEG).all()
    assert (reach < margins.max(axis=0) + LOW_PRECISION_MOON_DEG).all()


def test_due_east_from_florida_the_moon_is_out_of_reach_in_2025_and_not_in_2034() -> None:
    """Its declination goes to 28.7 deg in 2025, to 18.1 in 2034; due east the parking plane has 28.4 deg."""
    out = computed()["code"] == DECLINATION
    assert set(CELLS["azimuth_deg"][out]) == {90.0}
    assert np.abs(declination_deg(computed()["perilune_tdb"][out])).min() > 27.5
    assert computed()["declination_margin"][out].max() < 1.0
    days = np.arange(np.datetime64("2034-03-01"), np.datetime64("2034-03-29"))
    later = JOB(taken(CELLS["azimuth_deg"] == 90.0) | {"launch_day": np.repeat(days, 4)})
    assert DECLINATION not in later["code"]
    assert later["declination_margin"].min() > 8.0


def test_noons() -> None:
    days = np.array(["2024-02-29", "2016-12-31", "2024-02-29"], "datetime64[D]")
    expected = [tdb_seconds(f"{day}T12:00:00Z") for day in days]
    np.testing.assert_array_equal(noon_tdb(days), expected)
    assert noon_tdb(days[:0]).shape == (0,)


def test_a_job_can_be_sent_and_described() -> None:
    sent = pickle.loads(pickle.dumps(JOB))
    assert sent.describe() == json.loads(json.dumps(JOB.describe(), allow_nan=False))
    rows = taken(np.arange(6))
    np.testing.assert_array_equal(sent(rows)["launch_tdb"], JOB(rows)["launch_tdb"])


@pytest.mark.parametrize("changed", [{"ascent_s": 541.0}, {"revolutions": 1}, {"constraints": LIMITS[:2]}])
def test_another_job_has_another_description(changed: Any) -> None:
    assert replace(JOB, **changed).describe() != JOB.describe()


def test_two_rules_of_one_name_are_refused() -> None:
    with pytest.raises(InputError, match="is there twice"):
        replace(JOB, constraints=(LIMITS[0], LIMITS[0]))(taken([0]))


def test_an_equatorial_lunar_orbit_is_out_of_reach_by_name() -> None:
    """Craft come in up to 10 deg and more off the Moon's equator, and no plane of less holds their asymptote."""
    days = np.arange(np.datetime64("2026-01-01"), np.datetime64("2026-01-29"))
    cells = {
        "launch_day": days,
        "opportunity": np.full(28, "northbound"),
        "arrival": np.full(28, "northbound"),
        "tof_s": np.full(28, 4.5 * 86_400.0),
        "azimuth_deg": np.full(28, 130.0),
    }
    low = Launches(
        launch_site("wenchang-101"), 100.0, 3.0, 100.0, parking_altitude_km=200.0, forces=ForceModel(moon_degree=0)
    )
    polar = replace(low, lunar_inclination_deg=90.0)
    assert ASYMPTOTE in low(cells)["code"]
    assert ASYMPTOTE not in polar(cells)["code"]
    assert np.isin(polar(cells)["code"][low(cells)["code"] == ASYMPTOTE], (0, OTHER_DAY)).all()
