"""Launch windows made up, so that every answer can be worked out by looking at every cell."""

import json
from typing import Any

import numpy as np
import xarray as xr

from lunarplan.model.epochs import tdb_seconds

NORTH, SOUTH = "northbound", "southbound"
SITE = ["ksc-39a", 28.6084, -80.6043]
CONSTRAINTS = (("Sun at landing", "deg", 5.0), ("TLI delta-v", "m/s", 50.0))
HOUR = 3600.0


def dataset(
    days: int = 4,
    *,
    start: str = "2024-02-10",
    opportunity: Any = (NORTH, SOUTH),
    arrival: Any = (NORTH, SOUTH),
    tof_days: Any = (4.0, 5.0),
    azimuth_deg: Any = (72.0, 90.0, 108.0),
    constraints: Any = CONSTRAINTS,
) -> xr.Dataset:
    """Return windows with every cell open: lift-off at 6 h and 18 h, 2 h later for each azimuth, no two of one cost."""
    axes: dict[str, Any] = {
        "launch_day": np.datetime64(start, "ns") + np.arange(days) * np.timedelta64(1, "D"),
        "opportunity": np.array(opportunity, str),
        "arrival": np.array(arrival, str),
        "tof_s": 86_400.0 * np.array(tof_days),
        "azimuth_deg": np.array(azimuth_deg, float),
    }
    shape = tuple(len(values) for values in axes.values())
    i, o, a, t, k = np.indices(shape)
    midnight = float(tdb_seconds(start)) + 86_400.0 * i  # no leap second since 2017
    launch = midnight + HOUR * (6.0 + 12.0 * o + 2.0 * k)
    tof = axes["tof_s"][t]
    fields = {
        "code": np.zeros(shape, np.int16),
        "launch_tdb": launch,
        "injection_tdb": launch + HOUR,
        "perilune_tdb": launch + HOUR + tof,
        "coast_s": np.full(shape, 1800.0),
        "tli_delta_v": 3100.0 + 7.0 * o + 3.0 * a + 17.0 * t + 0.5 * np.abs(k - 1) + 0.1 * k,
        "loi_delta_v": 800.0 + 40.0 * ((i + 2) % 3),
        "c3": np.full(shape, -2.0),
        "declination_margin": np.full(shape, 3.0),
    }
    dims = tuple(axes)
    margin = np.full((*shape, len(constraints)), 1.0)
    names, units, scales = zip(*constraints, strict=True) if constraints else ((), (), ())
    return xr.Dataset(
        {name: (dims, values) for name, values in fields.items()} | {"margin": ((*dims, "constraint"), margin)},
        axes
        | {
            "constraint": ("constraint", np.array(names, str)),
            "unit": ("constraint", np.array(units, str)),
            "scale": ("constraint", np.array(scales, float)),
        },
        {"source": "made up", "job": json.dumps({"site": SITE}), "codes": np.arange(3), "reasons": "any"},
    )


def closed(made: xr.Dataset, code: int, margins: Any = None, **where: Any) -> xr.Dataset:
    """Return windows with some cells closed: by places on the axes, all of them if none is given."""
    made = made.copy(deep=True)
    part = tuple(where.get(str(axis), slice(None)) for axis in made["code"].dims)
    made["code"].values[part] = code
    if margins is not None:
        made["margin"].values[part] = margins
    if code in (-1, -2):
        for name in ("launch_tdb", "injection_tdb", "tli_delta_v", "loi_delta_v", "c3", "coast_s"):
            made[name].values[part] = np.nan
        made["margin"].values[part] = np.nan
    return made


def random(seed: int) -> xr.Dataset:
    """Return windows whose cells are open, missed by both rules or one, on another day, or without a transfer."""
    rng = np.random.default_rng(seed)
    made = dataset(6)
    shape = made["code"].shape
    share = rng.uniform(size=(6, 1, 1, 1, 1))  # so that some days have few open cells, or none
    code = np.where(rng.uniform(size=shape) < 0.1 * share, 0, rng.choice([-3, -2, -1, 1, 2], shape)).astype(np.int16)
    margin = rng.uniform(-30.0, 30.0, (*shape, 2)) * [1.0, 10.0]
    scaled = margin / made["scale"].values
    made["margin"].values[:] = np.where((code == 0)[..., None], np.abs(margin), margin)
    worst = scaled.argmin(axis=-1)
    broken = code > 0
    code[broken] = np.where(scaled.min(axis=-1) < 0.0, worst + 1, 0)[broken]
    made["code"].values[:] = code
    made["declination_margin"].values[:] = rng.uniform(-8.0, 2.0, shape)
    for name in ("tli_delta_v", "loi_delta_v"):
        made[name].values[:] += rng.uniform(0.0, 50.0, shape)
    made["tli_delta_v"].values[code < -1] = np.nan
    return made
