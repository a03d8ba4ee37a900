"""What people ask launch windows, against a look at every cell."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from lunarplan.errors import DataError, InputError
from lunarplan.io.netcdf import write_netcdf
from lunarplan.model.epochs import utc_iso
from lunarplan.windows.answer import AXES, Day, Miss, Windows
from tests.tolerances import SWEEP_S, SYZYGY_H
from tests.windows.made import CONSTRAINTS, HOUR, NORTH, SOUTH, closed, dataset, random

SEEDS = range(12)


def nearness(made: xr.Dataset, cell: tuple[int, ...]) -> tuple[int, float]:
    """How good a cell is, the less the better; by hand."""
    code = int(made["code"].values[cell])
    if code == 0:
        return 0, float(made["tli_delta_v"].values[cell] + made["loi_delta_v"].values[cell])
    if code > 0:
        return 1, -float((made["margin"].values[cell] / made["scale"].values).min())
    return {-3: (2, 0.0), -2: (3, 0.0), -1: (4, max(0.0, -float(made["declination_margin"].values[cell])))}[code]


def best_cell(made: xr.Dataset, **fixed: int) -> tuple[int, ...]:
    shape = made["code"].shape
    cells = [cell for cell in np.ndindex(shape) if all(cell[AXES.index(name)] == at for name, at in fixed.items())]
    return min(cells, key=lambda cell: nearness(made, cell))


# ---------------------------------------------------------------- the calendar


@pytest.mark.parametrize("seed", SEEDS)
def test_each_day_has_its_cheapest_launch_or_its_nearest_miss(seed: int) -> None:
    made = random(seed)
    days = Windows(made).calendar
    assert len(days) == 6
    assert {day.open for day in days} <= {True, False}
    for i, day in enumerate(days):
        cell = best_cell(made, launch_day=i)
        code = int(made["code"].values[cell])
        assert day.date == dt.date(2024, 2, 10) + dt.timedelta(days=i)
        assert day.open == (code == 0)
        if day.best is not None:
            assert day.best.delta_v_m_s == nearness(made, cell)[1]
            assert day.best.azimuth_deg == made["azimuth_deg"].values[cell[4]]
            assert day.opens_tdb <= day.best.launch_tdb <= day.closes_tdb
        else:
            assert day.miss is not None
            assert day.miss.reason == Windows(made).reasons[code]
            if code > 0:
                assert day.miss.margin == made["margin"].values[cell][code - 1]
                assert day.miss.unit == CONSTRAINTS[code - 1][1]
                assert day.miss.launch is not None
            if code == -1:
                assert day.miss.margin == pytest.approx(made["declination_margin"].values[cell], nan_ok=True) or (
                    made["declination_margin"].values[cell] >= 0.0 and np.isnan(day.miss.margin)
                )


def test_random_windows_have_every_kind_of_day() -> None:
    kinds = {day.miss.reason if day.miss else "open" for seed in SEEDS for day in Windows(random(seed)).calendar}
    assert {"open", "Sun at landing"} <= kinds


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kept", [("launch_day", "tof_s"), ("opportunity",), AXES, ("azimuth_deg", "launch_day")])
def test_the_best_cell_over_any_axes(seed: int, kept: tuple[str, ...]) -> None:
    made = random(seed)
    best = Windows(made).over(*kept)
    order = [axis for axis in AXES if axis in kept]
    assert best["code"].dims == tuple(order)
    for place in np.ndindex(best["code"].shape):
        cell = best_cell(made, **dict(zip(order, place, strict=True)))
        assert best["code"].values[place] == made["code"].values[cell]
        for axis in set(AXES) - set(kept):
            assert best[axis].values[place] == made[axis].values[cell[AXES.index(axis)]]


@pytest.mark.parametrize("seed", SEEDS)
def test_what_closes_is_counted(seed: int) -> None:
    made = random(seed)
    code, margin = made["code"].values, made["margin"].values
    found = code > -1
    expected = {
        "Moon's declination out of reach": int((code == -1).sum()),
        "no transfer found": int((code == -2).sum()),
        "launch falls on another day": int((code == -3).sum()),
        "lunar inclination out of reach": int((code == -4).sum()),
        "Sun at landing": int((found & (margin[..., 0] < 0.0)).sum()),
        "TLI delta-v": int((found & (margin[..., 1] < 0.0)).sum()),
    }
    assert Windows(made).closed_by == expected


def test_all_open() -> None:
    windows = Windows(dataset())
    assert all(day.open and day.miss is None for day in windows.calendar)
    assert windows.runs == ((dt.date(2024, 2, 10), dt.date(2024, 2, 13)),)
    assert windows.nearest_miss is None
    assert windows.best == windows.day("2024-02-11").best, "the second day is the cheapest as made"
    assert windows.open.all()
    assert repr(windows) == "<Windows 2024-02-10 to 2024-02-13: 4 of 4 days open, in 1 runs>"


def test_none_open() -> None:
    far = closed(dataset(), 1, [-20.0, 5.0])
    near = closed(far, 2, [-1.0, -30.0], launch_day=2, azimuth_deg=1)  # 0.6 scales off, the others 4
    windows = Windows(near)
    assert windows.best is None
    assert windows.runs == ()
    assert windows.nearest_miss is not None
    assert str(windows.nearest_miss.date) == "2024-02-12"
    assert str(windows.nearest_miss.miss) == "TLI delta-v by 30 m/s"
    assert windows.closed_by["Sun at landing"] == windows.open.size
    assert np.isnan(windows.cost_m_s).all()
    assert repr(windows) == "<Windows 2024-02-10 to 2024-02-13: 0 of 4 days open, in 0 runs>"
    told = json.loads(json.dumps(windows.to_dict(), allow_nan=False))
    assert told["nearest_miss"]["date"] == "2024-02-12"
    assert told["nearest_miss"]["margin"] == -30.0
    assert told["open_runs"] == []


def test_no_days() -> None:
    windows = Windows(dataset(0))
    assert (windows.calendar, windows.runs, windows.best, windows.nearest_miss) == ((), (), None, None)
    assert windows.to_dict()["cells"] == 0
    assert len(windows.to_dataframe()) == 0
    assert repr(windows) == "<Windows of no days>"
    with pytest.raises(InputError, match="was not scanned"):
        windows.day("2024-02-10")


def test_one_cell_without_any_rule() -> None:
    made = dataset(1, opportunity=[NORTH], arrival=[SOUTH], tof_days=[4.5], azimuth_deg=[90.0], constraints=())
    (day,) = Windows(made).calendar
    assert day.best is not None
    assert (day.best.opportunity, day.best.arrival, day.best.tof_s) == (NORTH, SOUTH, 4.5 * 86_400.0)
    assert day.duration_s == 0.0
    (day,) = Windows(closed(made, -2)).calendar
    assert day.miss == Miss("no transfer found", day.miss.margin if day.miss else 0.0, "")
    assert str(day.miss) == "no transfer found"


def test_runs_are_of_open_days_alone() -> None:
    made = closed(dataset(7), -2, launch_day=[0, 3, 6])
    runs = [(first.day, last.day) for first, last in Windows(made).runs]
    assert runs == [(11, 12), (14, 15)]


def test_the_moons_distance_from_reach_is_told() -> None:
    made = closed(dataset(2), -1)
    made["declination_margin"].values[:] = -4.0
    made["declination_margin"].values[0, 1, 0, 1, 2] = -1.25
    made["declination_margin"].values[1, 0, 0, 0, 0] = 0.5  # grazing, and not solved
    first, second = Windows(made).calendar
    assert str(first.miss) == "Moon's declination out of reach by 1.25 deg"
    assert str(second.miss) == "Moon's declination out of reach"


def test_a_margin_without_limit_is_the_farthest_miss_of_all() -> None:
    made = closed(dataset(3), 1, [-np.inf, 5.0])
    made["margin"].values[1, 0, 0, 0, 0] = [-3.0, np.inf]
    windows = Windows(made)
    assert windows.nearest_miss is windows.calendar[1]
    assert str(windows.calendar[1].miss) == "Sun at landing by 3 deg"
    assert str(windows.calendar[0].miss) == "Sun at landing"
    told = json.loads(json.dumps(windows.to_dict(), allow_nan=False))
    assert told["days"][0]["margin"] is None


# ---------------------------------------------------------------- daily windows


def times(day: Day) -> tuple[str, str]:
    return utc_iso(day.opens_tdb, 0), utc_iso(day.closes_tdb, 0)


def test_a_window_sweeps_over_all_azimuths() -> None:
    day = Windows(dataset()).day("2024-02-11")
    assert times(day) == ("2024-02-11T06:00:00Z", "2024-02-11T10:00:00Z")
    assert day.duration_s == pytest.approx(4.0 * HOUR, abs=SWEEP_S)


def test_a_window_ends_where_an_azimuth_is_closed() -> None:
    made = closed(dataset(azimuth_deg=[72.0, 81.0, 90.0, 99.0]), 1, [-1.0, 1.0], azimuth_deg=2)
    made["tli_delta_v"].values[..., 1] -= 30.0
    assert times(Windows(made).day("2024-02-11")) == ("2024-02-11T06:00:00Z", "2024-02-11T08:00:00Z")


def late(made: xr.Dataset, hours: float) -> xr.Dataset:
    """Shift lift-offs, and close those that are on another day then, as a scan does."""
    made = made.copy(deep=True)
    made["launch_tdb"].values[:] += hours * HOUR
    text = utc_iso(made["launch_tdb"].values)
    day = np.array([t[:10] for t in text.ravel()], "datetime64[D]").reshape(text.shape)
    elsewhere = day != made["launch_day"].values.astype("datetime64[D]")[:, None, None, None, None]
    made["code"].values[elsewhere] = -3
    return made


def test_a_window_goes_on_after_midnight() -> None:
    """Lift-offs at 21:00, 23:00 and 01:00: one window, in which the last azimuth is the next day's."""
    made = dataset(4, opportunity=[NORTH])
    made["launch_tdb"].values[..., 2] -= 24.0 * HOUR  # each day has the one at 01:00 of that day
    windows = Windows(late(made, 15.0))
    assert times(windows.day("2024-02-11")) == ("2024-02-11T21:00:00Z", "2024-02-12T01:00:00Z")


def test_a_tail_after_midnight_and_the_evenings_window_are_two() -> None:
    made = dataset(4, opportunity=[NORTH])
    made["launch_tdb"].values[..., 2] -= 24.0 * HOUR
    made["tli_delta_v"].values[..., 2] -= 20.0  # so that the best launch is in the tail
    windows = Windows(late(made, 15.0))
    day = windows.day("2024-02-12")
    assert day.best is not None
    assert utc_iso(day.best.launch_tdb, 0) == "2024-02-12T01:00:00Z"
    assert times(day) == ("2024-02-11T21:00:00Z", "2024-02-12T01:00:00Z"), "not 22 hours"
    assert windows.calendar[0].duration_s == 0.0, "the evening before was not scanned, and the next is another window"


def test_the_other_arrival_widens_the_window_where_the_sweeps_overlap() -> None:
    made = dataset(1, opportunity=[NORTH])
    made["launch_tdb"].values[:, :, 1] += HOUR
    assert times(Windows(made).calendar[0]) == ("2024-02-10T06:00:00Z", "2024-02-10T11:00:00Z")
    made["launch_tdb"].values[:, :, 1] += 9.0 * HOUR
    assert times(Windows(made).calendar[0]) == ("2024-02-10T06:00:00Z", "2024-02-10T10:00:00Z")


def test_sweeps_on_either_side_of_a_closed_azimuth_meet_over_the_other_arrival() -> None:
    """Lift-offs every two hours, 6 to 14 h; the hole at 10 h is bridged by the other plane, half an hour later."""
    made = dataset(1, opportunity=[NORTH], tof_days=[4.0], azimuth_deg=[72.0, 81.0, 90.0, 99.0, 108.0])
    made["tli_delta_v"].values[..., 0] -= 60.0
    holed = closed(made, 1, [-1.0, 1.0], arrival=0, azimuth_deg=2)
    alone = closed(holed, 1, [-1.0, 1.0], arrival=1)
    assert times(Windows(alone).calendar[0]) == ("2024-02-10T06:00:00Z", "2024-02-10T08:00:00Z")
    holed["launch_tdb"].values[:, :, 1] += 0.5 * HOUR
    assert times(Windows(holed).calendar[0]) == ("2024-02-10T06:00:00Z", "2024-02-10T14:30:00Z")
    short = closed(holed, 1, [-1.0, 1.0], arrival=1, azimuth_deg=[0, 4])  # 8:30 to 12:30 meets 6 to 8 and 12 to 14
    assert times(Windows(short).calendar[0]) == ("2024-02-10T06:00:00Z", "2024-02-10T14:00:00Z")


def test_instants_are_not_a_window() -> None:
    made = dataset(1, opportunity=[NORTH], azimuth_deg=[90.0])
    made["launch_tdb"].values[:, :, 1] += 0.5 * HOUR
    assert Windows(made).calendar[0].duration_s == 0.0


# ---------------------------------------------------------------- asking


@pytest.mark.parametrize(
    "date", ["2024-02-12", dt.date(2024, 2, 12), np.datetime64("2024-02-12T07:30"), dt.datetime(2024, 2, 12, 5)]
)
def test_a_day_by_its_date(date: Any) -> None:
    assert Windows(dataset()).day(date).date == dt.date(2024, 2, 12)


@pytest.mark.parametrize("date", ["2024-02-14", "yesterday", 7, None, "", dt.time(5), ["2024-02-12", "2024-02-13"]])
def test_a_day_that_was_not_scanned(date: Any) -> None:
    with pytest.raises(InputError, match="2024-02-10 to 2024-02-13"):
        Windows(dataset()).day(date)


def test_an_axis_there_is_not() -> None:
    with pytest.raises(InputError, match=r"no axis 'month' .*launch_day"):
        Windows(dataset()).over("month")


def test_only_one_way() -> None:
    windows = Windows(dataset())
    south = windows.only(opportunity=SOUTH)
    assert south.open.shape == (4, 1, 2, 2, 3)
    assert {day.best.opportunity for day in south.calendar if day.best} == {SOUTH}
    assert south.only(arrival=NORTH).open.shape == (4, 1, 1, 2, 3)
    assert windows.only().open.shape == windows.open.shape
    with pytest.raises(InputError, match=r"only.opportunity.*northbound"):
        south.only(opportunity=NORTH).only(opportunity="sideways")


def test_names_of_constraints_may_hold_anything() -> None:
    made = closed(dataset(1, constraints=(("a; b", "", 1.0),)), 1, -0.5)
    windows = Windows(made)
    assert str(windows.calendar[0].miss) == "a; b by 0.5"
    assert windows.closed_by["a; b"] == windows.open.size


@pytest.mark.parametrize(
    ("margin", "text"), [(-0.0123, "0.0123"), (-12.34, "12.3"), (-1234.5, "1234"), (-86400.0, "86400")]
)
def test_margins_are_told_in_three_digits_and_without_exponents(margin: float, text: str) -> None:
    assert str(Miss("rule", margin, "s")) == f"rule by {text} s"


def test_inclinations_and_the_moons_declination() -> None:
    made = dataset(3)
    windows = Windows(made)
    latitude = np.arctan((1.0 - 1.0 / 298.257223563) ** 2 * np.tan(np.radians(28.6084)))
    expected = np.degrees(np.arccos(np.cos(latitude) * np.sin(np.radians([72.0, 90.0, 108.0]))))
    assert windows.inclination_deg == pytest.approx(expected)
    made["declination_margin"].values[:] = expected - np.array([10.0, 20.0, 28.0])[:, None, None, None, None]
    assert Windows(made).moon_declination_deg == pytest.approx([10.0, 20.0, 28.0])


# ---------------------------------------------------------------- as tables and files


def test_a_table_with_a_row_for_every_day() -> None:
    windows = Windows(closed(dataset(), 1, [-2.0, 4.0], launch_day=3))
    table = windows.to_dataframe()
    assert list(table["open"]) == [True, True, True, False]
    assert str(table.index[0])[:10] == "2024-02-10"
    assert str(table["best_utc"].iloc[1]) == "2024-02-11 08:00:00"
    assert table["reason"].iloc[3] == "Sun at landing"
    assert table["margin"].iloc[3] == -2.0
    assert table.isna()["best_utc"].iloc[3]
    assert table["tli_delta_v_m_s"].iloc[0] == windows.calendar[0].best.tli_delta_v_m_s  # type: ignore[union-attr]


@pytest.mark.parametrize("seed", SEEDS)
def test_there_and_back_through_a_file(seed: int, tmp_path: Path) -> None:
    windows = Windows(random(seed))
    path = windows.to_netcdf(tmp_path / "w.nc")
    back = Windows.from_netcdf(path)
    xr.testing.assert_identical(back.dataset.drop_attrs(deep=False), windows.dataset.drop_attrs(deep=False))
    assert back.to_dict() == windows.to_dict()
    assert back.to_netcdf(tmp_path / "again.nc").read_bytes() == path.read_bytes()


def test_there_and_back_without_constraints(tmp_path: Path) -> None:
    windows = Windows(closed(dataset(2, constraints=()), -2, launch_day=0))
    back = Windows.from_netcdf(windows.to_netcdf(tmp_path / "w.nc"))
    assert back.to_dict() == windows.to_dict()


def test_other_files_and_datasets_are_refused(tmp_path: Path) -> None:
    path = write_netcdf(xr.Dataset({"x": ("y", [1.0])}), tmp_path / "x.nc")
    with pytest.raises(DataError, match=r"x\.nc: holds no launch windows"):
        Windows.from_netcdf(path)
    with pytest.raises(DataError, match="cannot be read"):
        Windows.from_netcdf(tmp_path / "none.nc")
    with pytest.raises(InputError, match="dataset of launch windows"):
        Windows(dataset().drop_vars("margin"))
    with pytest.raises(InputError, match="dataset of launch windows"):
        Windows(None)  # type: ignore[arg-type]


def test_axes_may_come_in_any_order() -> None:
    made = random(3)
    turned = made.transpose("constraint", *AXES[::-1])
    assert Windows(turned).to_dict() == Windows(made).to_dict()


def test_the_moon_is_full_and_new_when_eclipses_were() -> None:
    """NASA: greatest eclipses of 25 March 2024, 07:13 UTC, of the full Moon, and of 8 April, 18:17, of the new one."""
    windows = Windows(dataset(25, start="2024-03-20"))
    turned = np.unwrap(windows.moon_phase_deg, period=360.0)
    hours = 24.0 * np.arange(26)
    for phase, since in ((180.0, 5 * 24.0 + 7.2), (360.0, 19 * 24.0 + 18.3)):
        assert np.interp(phase, turned, hours) == pytest.approx(since, abs=SYZYGY_H)


# ---------------------------------------------------------------- other kinds of transfer


def of_another_kind() -> Windows:
    """Windows without opportunities, planes of arrival or a declination, whose launches cost one burn."""
    made = dataset(5).isel(opportunity=0, arrival=0, drop=True).drop_vars(["declination_margin", "loi_delta_v"])
    made = made.rename(tof_s="side").assign_coords(side=np.array(["outward", "sunward"]))
    made["reach"] = made["c3"].assign_attrs(units="km")
    return Windows(made.assign_attrs(burns="tli_delta_v"))


def test_axes_and_burns_are_those_of_the_dataset() -> None:
    windows = of_another_kind()
    assert windows.axes == ("launch_day", "side", "azimuth_deg")
    assert (windows.burns, windows.burn_names, windows.upwards) == (("tli_delta_v",), ("TLI",), None)
    assert windows.best is not None
    cheapest = np.unravel_index(np.argmin(windows.dataset["tli_delta_v"].values), windows.open.shape)
    assert windows.best.delta_v_m_s == windows.dataset["tli_delta_v"].values[cheapest]
    assert windows.best.way == windows.best.more["side"] == str(windows.dataset["side"].values[cheapest[1]])
    told = windows.best.to_dict()
    assert told["reach_km"] == -2.0
    assert {"opportunity", "arrival", "loi_delta_v_m_s"}.isdisjoint(told)
    assert np.isnan(windows.moon_declination_deg).all()


def test_closed_ones_of_another_kind_are_ranked_by_their_rules() -> None:
    made = closed(of_another_kind().dataset, 1, [-4.0, 5.0])
    made["margin"].values[3, 1, 2] = [-2.0, 5.0]
    windows = Windows(made)
    assert windows.nearest_miss is windows.calendar[3]
    assert str(windows.calendar[3].miss) == "Sun at landing by 2 deg"
    made["code"].values[:] = -2
    assert str(Windows(made).calendar[0].miss) == "no transfer found"


def test_they_go_through_a_file_a_table_and_a_picture(tmp_path: Path) -> None:
    windows = of_another_kind()
    kept = Windows.from_netcdf(windows.to_netcdf(tmp_path / "kind.nc"))
    assert kept.to_dict()["days"] == windows.to_dict()["days"]
    assert kept.to_dataframe()["tli_delta_v_m_s"].notna().all()
    assert kept.plot_calendar().axes
    with pytest.raises(InputError, match="neither times of flight nor perilunes"):
        kept.plot_porkchop()
    with pytest.raises(InputError, match="no axis 'opportunity'"):
        kept.only(opportunity="northbound")
