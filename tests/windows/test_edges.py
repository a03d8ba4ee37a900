"""The edges of daily windows between the azimuths of a scan."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.model.epochs import tdb_seconds, utc_days, utc_iso
from lunarplan.model.forces import ForceModel
from lunarplan.model.sites import launch_site
from lunarplan.plan.windows import labelled
from lunarplan.scans.grid import Field, Grid
from lunarplan.scans.progress import Progress
from lunarplan.scans.scan import scan
from lunarplan.windows.answer import Windows
from lunarplan.windows.constraint import Constraint
from lunarplan.windows.day import LIMIT
from lunarplan.windows.departure import REASONS, Ascent
from lunarplan.windows.edges import sharpened
from lunarplan.windows.ellipse import tli_from_ellipse
from lunarplan.windows.launches import Launches
from tests.tolerances import EDGE_S, EPOCH_S, STEPPED_EDGE_S

DAY, HOUR = 86_400.0, 3600.0
NORTH, SOUTH = "northbound", "southbound"
START = "2024-02-10"
MIDNIGHT = float(tdb_seconds(START))


def nothing(_: Any) -> Any:
    raise AssertionError("the job has its margins itself")


@dataclass(frozen=True)
class Made:
    """A job whose lift-off and margins are plain functions: every azimuth later by some minutes, every day too.

    rules  : of the azimuth, deg
    exists : of the azimuth
    """

    rules: tuple[Callable[[Any], Any], ...]
    exists: Callable[[Any], Any] = lambda azimuth: azimuth > 0.0
    opens_h: float = 6.0
    slope_s: float = 440.0
    later_s: float = 3000.0
    apart_s: float = 0.0
    asked: list[int] = field(default_factory=list)
    burns: tuple[str, ...] = ("tli_delta_v",)

    @property
    def constraints(self) -> tuple[Constraint, ...]:
        return tuple(Constraint(f"rule {k}", "deg", nothing, 1.0 + k) for k in range(len(self.rules)))

    @property
    def reasons(self) -> dict[int, str]:
        return REASONS | {k: one.name for k, one in enumerate(self.constraints, 1)}

    @property
    def fields(self) -> Mapping[str, Field]:
        names = "launch_tdb injection_tdb perilune_tdb coast_s c3 declination_margin tli_delta_v"
        rules = Field(dims={"constraint": len(self.rules)})
        return {"code": Field("int16"), **{name: Field() for name in names.split()}, "margin": rules}

    def describe(self) -> dict[str, Any]:
        return {"site": ["made up", 28.6, -80.6]}

    def lift_off(self, cells: Mapping[str, Any]) -> Any:
        """Of the lunar day of its own that is nearest to noon."""
        noon = tdb_seconds([f"{day}T12:00:00" for day in cells["launch_day"].astype("datetime64[D]")])
        first = MIDNIGHT + HOUR * self.opens_h + self.slope_s * (cells["azimuth_deg"] - 72.0)
        first = first + self.apart_s * (cells["arrival"] == SOUTH)
        return first + (DAY + self.later_s) * np.round((noon - first) / (DAY + self.later_s))

    def __call__(self, cells: dict[str, Any], /) -> dict[str, Any]:
        azimuth, n = cells["azimuth_deg"], len(cells["azimuth_deg"])
        self.asked.append(n)
        launch = self.lift_off(cells)
        margin = np.stack([rule(azimuth) for rule in self.rules], axis=1) if self.rules else np.zeros((n, 0))
        scaled = margin / [one.scale for one in self.constraints]
        code = np.where((margin < 0.0).any(axis=1), 1 + scaled.argmin(axis=1) if self.rules else 0, 0)
        code[
            utc_days(launch)[0] != (cells["launch_day"] - np.datetime64("1858-11-17")).astype("m8[D]").astype(int)
        ] = -3
        there = np.asarray(self.exists(azimuth), bool)
        code[~there] = -2
        ones = np.where(there, 1.0, np.nan)
        return {
            "code": code.astype(np.int16),
            "launch_tdb": launch * ones,
            "injection_tdb": (launch + HOUR) * ones,
            "perilune_tdb": (launch + 4.0 * DAY) * ones,
            "coast_s": 1800.0 * ones,
            "c3": -2.0 * ones,
            "declination_margin": np.full(n, 3.0),
            "tli_delta_v": (3100.0 + azimuth) * ones,
            "margin": margin * ones[:, None],
        }


def scanned(
    job: Any, days: int = 3, azimuths: Any = (72.0, 81.0, 90.0, 99.0, 108.0), planes: Any = (NORTH,)
) -> Windows:
    grid = Grid(
        {
            "launch_day": np.datetime64(START) + np.arange(days),
            "opportunity": np.array([NORTH]),
            "arrival": np.array(planes),
            "azimuth_deg": np.array(azimuths, float),
        }
    )
    return Windows(labelled(scan(job, grid), job))


def up_to(azimuth_deg: float) -> Callable[[Any], Any]:
    return lambda azimuth: 0.01 * (azimuth_deg - azimuth) * (130.0 - azimuth)


def from_to(low: float, high: float) -> Callable[[Any], Any]:
    return lambda azimuth: np.minimum(azimuth - low, high - azimuth)


# ---------------------------------------------------------------- edges that are known


def test_an_edge_is_where_the_margin_is_nought() -> None:
    job = Made((up_to(97.123),))
    for day in sharpened(scanned(job), job).calendar:
        assert day.opens is not None
        assert day.closes is not None
        assert (day.opens.reason, day.opens.azimuth_deg, day.opens.sharp) == (LIMIT, 72.0, True)
        assert (day.closes.reason, day.closes.sharp) == ("rule 0", True)
        assert 0.0 <= 97.123 - day.closes.azimuth_deg <= EDGE_S / job.slope_s
        assert day.duration_s == pytest.approx(job.slope_s * (97.123 - 72.0), abs=EDGE_S)


def test_before_that_it_is_known_to_a_step() -> None:
    day = scanned(Made((up_to(97.123),))).calendar[0]
    assert day.closes is not None
    assert (day.closes.azimuth_deg, day.closes.reason, day.closes.sharp) == (90.0, "rule 0", False)


@pytest.mark.parametrize("tolerance_s", [0.01, 1.0, 60.0])
def test_the_tolerance_is_kept(tolerance_s: float) -> None:
    job = Made((from_to(73.4567, 106.54321),))
    day = sharpened(scanned(job), job, tolerance_s).calendar[1]
    true = job.slope_s * (106.54321 - 73.4567)
    assert -EPOCH_S <= true - day.duration_s <= 2.0 * tolerance_s
    assert sharpened(scanned(job), job, tolerance_s).dataset.attrs["edge_tolerance_s"] == tolerance_s


def test_both_edges_of_a_single_open_azimuth() -> None:
    job = Made((from_to(85.0, 93.0), from_to(86.25, 95.0)))
    day = sharpened(scanned(job), job).calendar[0]
    assert day.opens is not None
    assert day.closes is not None
    assert (day.opens.reason, day.closes.reason) == ("rule 1", "rule 0")
    assert day.opens.azimuth_deg == pytest.approx(86.25, abs=EDGE_S / job.slope_s)
    assert day.closes.azimuth_deg == pytest.approx(93.0, abs=EDGE_S / job.slope_s)


def test_an_edge_without_a_margin() -> None:
    """Where transfers end the margin goes with them: by quarters, to 1e-4 deg."""
    job = Made((), exists=lambda azimuth: azimuth <= 100.0321)
    day = sharpened(scanned(job), job).calendar[0]
    assert day.closes is not None
    assert day.closes.reason == "no transfer found"
    assert 0.0 <= 100.0321 - day.closes.azimuth_deg <= 1e-4


def test_a_margin_that_jumps() -> None:
    job = Made((lambda azimuth: np.where(azimuth < 95.5555, 50.0, -1e-3),))
    day = sharpened(scanned(job), job).calendar[0]
    assert day.closes is not None
    assert 0.0 <= 95.5555 - day.closes.azimuth_deg <= EDGE_S / job.slope_s


def test_a_window_ends_at_the_first_of_two_rules() -> None:
    """A hole as wide as a quarter of a step is seen, though the next azimuth is closed by another rule."""
    job = Made((up_to(98.5), lambda azimuth: np.abs(azimuth - 93.0) - 1.5))
    day = sharpened(scanned(job), job).calendar[0]
    assert day.closes is not None
    assert day.closes.reason == "rule 1"
    assert day.closes.azimuth_deg == pytest.approx(91.5, abs=EDGE_S / job.slope_s)


def test_a_window_over_midnight() -> None:
    """Lift-offs from 22:00 on: the edge is the next day's, and belongs to either day's calendar."""
    job = Made((up_to(104.5),), opens_h=22.0)
    first, *_ = sharpened(scanned(job, 3), job).calendar
    assert first.closes is not None
    assert utc_iso(first.opens_tdb, 0) == "2024-02-10T22:00:00Z"
    assert first.closes.azimuth_deg == pytest.approx(104.5, abs=EDGE_S / job.slope_s)
    assert first.duration_s == pytest.approx(job.slope_s * 32.5, abs=EDGE_S)


@pytest.mark.parametrize(("last_deg", "reason"), [(120.0, LIMIT), (104.5, "rule 0")])
def test_into_a_day_that_was_not_scanned_it_is_followed(last_deg: float, reason: str) -> None:
    job = Made((up_to(last_deg),), opens_h=22.0)
    (cut,) = scanned(job, 1).calendar
    assert cut.closes is not None
    assert (cut.closes.reason, cut.closes.sharp) == ("launch falls on another day", False)
    (day,), (same, _) = (sharpened(scanned(job, days), job).calendar for days in (1, 2))
    assert day.closes is not None
    assert (day.closes.reason, day.closes.sharp) == (reason, True)
    assert day.duration_s == pytest.approx(same.duration_s, abs=EDGE_S)
    assert day.duration_s == pytest.approx(job.slope_s * (min(last_deg, 108.0) - 72.0), abs=EDGE_S)


def test_planes_of_arrival_meet_only_where_their_edges_do() -> None:
    """Two sweeps of 36 deg, 4.4 h each: an hour apart they overlap, five hours apart there is a gap."""
    for apart_h, hours in ((1.0, 5.4), (5.0, 4.4)):
        job = Made((from_to(0.0, 180.0),), apart_s=HOUR * apart_h)
        day = sharpened(scanned(job, planes=(NORTH, SOUTH)), job).calendar[0]
        assert day.duration_s == pytest.approx(HOUR * hours, abs=EDGE_S)


def test_a_gap_that_edges_show_is_none_that_may_be_bridged() -> None:
    """Sweeps of 24 deg end 2.93 h after they began; the other plane's begins 3.1 h after: less than a step away."""
    job = Made((up_to(96.0),), apart_s=3.1 * HOUR)
    blunt = scanned(job, planes=(NORTH, SOUTH))
    assert blunt.calendar[0].duration_s > 5.0 * HOUR
    assert sharpened(blunt, job).calendar[0].duration_s == pytest.approx(24.0 * job.slope_s, abs=EDGE_S)


def test_nothing_is_asked_where_there_is_nothing_to_ask() -> None:
    job = Made((from_to(0.0, 180.0),))
    windows = scanned(job)
    none, one, closed = scanned(job, days=0), scanned(job, azimuths=(90.0,)), scanned(Made((lambda azimuth: -azimuth,)))
    job.asked.clear()
    for plain in (windows, one, none, closed):
        sharp = sharpened(plain, job)
        assert sharp.calendar == plain.calendar
        assert sharp.dataset.identical(plain.dataset.assign_attrs(edge_tolerance_s=1.0))
    assert not job.asked


def test_few_rounds_do_for_all_edges_together() -> None:
    job = Made((from_to(75.0, 101.0),))
    windows = scanned(job, 20)
    job.asked.clear()
    told: list[Progress] = []
    sharpened(windows, job, progress=told.append)
    assert len([n for n in job.asked if n]) <= 8
    assert (told[0].done_cells, told[-1].done_cells, told[-1].all_cells, told[-1].what) == (0, 40, 40, "edges")


def test_edges_do_not_depend_on_their_neighbours() -> None:
    job = Made((from_to(75.4, 101.3),))
    together = sharpened(scanned(job, 4), job)
    for k in range(4):
        alone = sharpened(Windows(scanned(job, 4).dataset.isel(launch_day=[k])), job)
        assert alone.calendar[0] == together.calendar[k]


def test_edges_of_one_opportunity_are_known_too() -> None:
    job = Made((up_to(97.123),))
    assert sharpened(scanned(job), job).only(opportunity=NORTH).calendar[0].closes.sharp  # type: ignore[union-attr]


def test_there_and_back_through_a_file(tmp_path: Any) -> None:
    job = Made((up_to(97.123),))
    windows = sharpened(scanned(job), job)
    back = Windows.from_netcdf(windows.to_netcdf(tmp_path / "w.nc"))
    assert back.to_dict() == windows.to_dict()
    day = windows.to_dict()["days"][0]
    assert (day["opens_by"], day["closes_by"], day["closes_sharp"]) == (LIMIT, "rule 0", True)
    assert windows.to_dataframe()["closes_by"].iloc[0] == "rule 0"
    assert windows.to_dict()["provenance"]["edge_tolerance_s"] == 1.0


@pytest.mark.parametrize("tolerance_s", [0.0, -1.0, np.nan, np.inf, 1e5, "1 s", None])
def test_a_tolerance_that_is_none(tolerance_s: Any) -> None:
    job = Made((up_to(97.123),))
    with pytest.raises(InputError, match="tolerance_s"):
        sharpened(scanned(job), job, tolerance_s)


def test_a_rule_that_fails_between_the_azimuths_says_where() -> None:
    job = Made((up_to(97.123),))
    windows = scanned(job)

    def fails(cells: Any) -> Any:
        raise InputError("NaN for transfer 3", where="constraint 'my own'", remedy="return a margin")

    says = r"edges of daily windows: constraint 'my own': NaN.*; or .*edge_tolerance_s=None"
    with pytest.raises(InputError, match=says):
        sharpened(windows, fails)  # type: ignore[arg-type]


# ---------------------------------------------------------------- of transfers

DAYS = ("2022-11-14", "2022-11-16")  # of Artemis I, when the injection from its ellipse closed the window
ELLIPSE = {"perigee_altitude_km": 185.0, "apogee_altitude_km": 1806.0, "perigee_arc_deg": 326.0}


@cache
def real(**more: Any) -> Launches:
    return Launches(
        launch_site("ksc-39b"), 130.0, 150.0, 130.0, constraints=(tli_from_ellipse(2820.0, **ELLIPSE),),
        forces=ForceModel(bodies=("earth", "moon", "sun"), moon_degree=0), **({"ascent_s": 480.0} | more),
    )  # fmt: skip


@cache
def by(step_deg: float) -> Windows:
    grid = Grid(
        {
            "launch_day": np.array(DAYS, "datetime64[D]"),
            "opportunity": np.array([SOUTH]),
            "arrival": np.array([NORTH]),
            "tof_s": np.array([5.19 * DAY]),
            "azimuth_deg": np.arange(63.0, 112.0, step_deg),
        }
    )
    return Windows(labelled(scan(real(), grid), real()))


def test_edges_are_the_same_from_a_fine_scan_and_a_coarse_one() -> None:
    fine, coarse = sharpened(by(4.0), real()), sharpened(by(16.0), real())
    for one, other, blunt in zip(fine.calendar, coarse.calendar, by(16.0).calendar, strict=True):
        assert one.opens_tdb == other.opens_tdb
        assert one.closes_tdb == pytest.approx(other.closes_tdb, abs=STEPPED_EDGE_S)
        assert blunt.closes_tdb < one.closes_tdb - 600.0, "a step of 16 deg hides more than ten minutes"


def test_an_edge_keeps_its_rules_and_a_second_later_it_does_not() -> None:
    for k, day in enumerate(sharpened(by(16.0), real()).calendar):
        assert day.closes is not None
        a_second_deg = 1.0 / 360.0  # or some; the azimuth turns more slowly than with 36 deg in 3.6 h
        azimuths = day.closes.azimuth_deg + np.array([0.0, a_second_deg])
        cells = {
            "launch_day": np.repeat(np.array(DAYS[k : k + 1], "datetime64[D]"), 2),
            "opportunity": np.repeat([SOUTH], 2),
            "arrival": np.repeat([NORTH], 2),
            "tof_s": np.full(2, 5.19 * DAY),
            "azimuth_deg": azimuths,
        }
        transfers = real().transfers(cells)
        assert transfers.ok.all()
        assert transfers.launch_tdb[0] == pytest.approx(day.closes_tdb, abs=EPOCH_S)
        kept = real().constraints[0].margin(transfers)
        assert kept[0] >= 0.0 > kept[1]


def test_an_ascent_between_two_that_are_known_is_between_them() -> None:
    table = (Ascent(108.0, 700.0, 20.0), Ascent(72.0, 500.0, 10.0))  # in any order
    ties = [real(ascents=table).tie(azimuth) for azimuth in (60.0, 72.0, 81.0, 108.0, 120.0)]
    assert [tie.ascent_s for tie in ties] == [500.0, 500.0, 550.0, 700.0, 700.0]
    assert np.degrees([tie.ascent_angle for tie in ties]) == pytest.approx([10.0, 10.0, 12.5, 20.0, 20.0])
    unknown = real(ascents=(Ascent(72.0, 500.0), Ascent(108.0, 700.0))).tie(90.0)
    assert (unknown.ascent_s, unknown.ascent_angle) == (600.0, real(ascent_s=600.0).tie(90.0).ascent_angle)
