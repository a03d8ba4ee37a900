"""Datasets that are none of launch windows, or no longer."""

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from lunarplan.errors import DataError, InputError
from lunarplan.io.netcdf import write_netcdf
from lunarplan.windows.answer import Windows
from tests.windows.made import closed, dataset, random


def changed(**variables: Any) -> xr.Dataset:
    """Three days with some variables put through functions."""
    made = dataset(3)
    return made.assign(
        {name: made[name].dims and (made[name].dims, f(made[name].values)) for name, f in variables.items()}
    )


BROKEN = {
    "code has numbers without a meaning": changed(code=lambda code: code + 99),
    "code is no whole number": changed(code=lambda code: code * np.nan),
    "azimuth_deg holds no numbers in their order": dataset(3).isel(azimuth_deg=[2, 0, 1]),
    "azimuth_deg holds no numbers": dataset(3).assign_coords(azimuth_deg=["a", "b", "c"]),
    "azimuth_deg holds no numbers in": dataset(3).assign_coords(azimuth_deg=[72.0, np.nan, 108.0]),
    "launch_day holds no dates in their order": dataset(3).isel(launch_day=[2, 0, 1]),
    "launch_day holds no dates": dataset(3).isel(launch_day=[0, 0, 1]),
    "launch_day holds no": dataset(3).assign_coords(launch_day=[1.0, 2.0, 3.0]),
    "azimuth_deg has no values": dataset(3).isel(azimuth_deg=[]),
    "launch_tdb is not known of every transfer": changed(launch_tdb=lambda tdb: tdb * np.nan),
    "perilune_tdb is not known": changed(perilune_tdb=lambda tdb: tdb * np.inf),
    "c3 is no number": changed(c3=lambda c3: c3 * 1j),
    "tli_delta_v is not known of every open cell": changed(tli_delta_v=lambda cost: cost * np.nan),
    "an open cell breaks a rule": changed(margin=lambda margin: -margin),
    "an open cell breaks": changed(margin=lambda margin: margin * np.nan),
    "margin is none for every rule and cell": dataset(3).assign(margin=dataset(3)["c3"]),
    "scale is not positive": changed(scale=lambda scale: 0.0 * scale),
    "the attribute job names no launch site": dataset(3).assign_attrs(job="{}"),
    "the attribute job names no": dataset(3).assign_attrs(job="not JSON"),
    "the attribute job names": dataset(3).assign_attrs(job=3),
    "the attribute burns names none": dataset(3).assign_attrs(burns=""),
    "x missing": dataset(3).assign_attrs(burns="x"),
}


@pytest.mark.parametrize("says", BROKEN)
def test_what_windows_cannot_be_told_from(says: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=rf"^dataset: {says}"):
        Windows(BROKEN[says])
    if "c3" not in says:  # netCDF has no complex numbers
        path = write_netcdf(BROKEN[says], tmp_path / "broken.nc")
        with pytest.raises(DataError, match=rf"broken.nc: holds no launch windows: {says}"):
            Windows.from_netcdf(path)


def test_closed_cells_need_no_numbers() -> None:
    assert not any(day.open for day in Windows(closed(dataset(2), -2)).calendar)
    assert Windows(random(1)).dates


def test_days_that_were_cut_out_end_a_run() -> None:
    days = [dt.date(2024, 2, day) for day in (10, 12, 13)]
    assert Windows(dataset(4).isel(launch_day=[0, 2, 3])).runs == ((days[0], days[0]), (days[1], days[2]))
