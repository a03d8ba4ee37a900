import json
import math
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lunarplan import Mission, Plan
from lunarplan.config.quantities import QUANTITIES
from lunarplan.errors import InfeasibleError
from lunarplan.io.oem import OemSegment, read_oem
from lunarplan.model.epochs import tdb_seconds
from lunarplan.plan.solution import Solution
from tests.plan import made
from tests.tolerances import OEM_INTERPOLATION_KM


def test_the_timeline_is_in_order_and_complete(plan: Plan) -> None:
    names = [event.name for event in plan.timeline]
    assert names == [
        "launch",
        "parking orbit",
        "TLI",
        "sphere of influence",
        "LOI-1",
        "perilune",
        "LOI-2",
        "end of plan",
    ]
    epochs = [event.epoch_tdb for event in plan.timeline]
    assert epochs == sorted(epochs)


def test_burns_carry_masses_and_others_do_not(plan: Plan) -> None:
    events = {event.name: event for event in plan.timeline}
    assert events["launch"].delta_v_km_s is events["launch"].mass_after_kg is None
    assert events["TLI"].propellant_kg is None
    assert events["LOI-1"].mass_after_kg == plan.budget.rows[1].mass_after_kg
    assert events["LOI-1"].delta_v_m_s == pytest.approx(600.0)
    assert events["end of plan"].note == "95 x 106 km, 90.2 deg"


def test_every_quantity_there_is_can_be_computed(plan: Plan) -> None:
    direct = {name for name, what in QUANTITIES.items() if not what.of or plan.mission.parts & set(what.of)}
    assert direct <= set(plan.values)
    assert all(math.isfinite(value) for value in plan.values.values())
    numbered = set(plan.values) - direct
    assert {name[:4] for name in numbered} == {"loi1", "loi2"}


def test_quantities_by_hand(plan: Plan) -> None:
    values = plan.values
    assert values["flight_time"] == pytest.approx(made.LOI_S, abs=1e-6)
    assert values["tof"] == pytest.approx(made.LOI_S + 200.0 - made.TLI_S - 350.0, abs=1e-6)
    assert values["parking_duration"] == pytest.approx(made.TLI_S, abs=1e-6)
    assert values["loi_delta_v"] == pytest.approx(0.65)
    assert values["loi_duration"] == 80.0
    assert values["loi1_altitude"] == pytest.approx(made.LLO_ALTITUDE_KM, abs=1e-6)
    assert values["capture_period"] == pytest.approx(12 * 3600.0, rel=1e-6)
    assert values["arrival_mass"] == 2000.0
    exhaust_km_s = 310.0 * 9.80665e-3
    assert values["loi1_propellant"] == pytest.approx(2000.0 * (1.0 - math.exp(-0.6 / exhaust_km_s)), rel=1e-12)
    assert values["final_mass"] - values["propellant_left"] == pytest.approx(1000.0)


def test_published_beside_computed(plan: Plan) -> None:
    rows = {row.quantity: row for row in plan.expectations}
    assert [row.ok for row in rows.values()] == [True, False, True, False, False]
    assert rows["tli_c3"].difference == pytest.approx(0.05)
    assert rows["loi_delta_v"].difference == pytest.approx(-0.05)  # below the published range
    assert rows["launch_epoch"].difference == 0.0
    shown = rows["loi1_altitude"].to_dict()
    assert (shown["published"], shown["unit"], shown["ok"]) == (400.0, "km", False)
    assert rows["loi_delta_v"].to_dict()["published"] == [pytest.approx(700.0), pytest.approx(800.0)]
    assert rows["launch_epoch"].to_dict()["published"] == "2024-05-03T09:27:00.000Z"
    assert rows["launch_epoch"].to_dict()["tolerance"] == 60.0


def test_the_json_holds_what_it_promises(plan: Plan) -> None:
    content = json.loads(json.dumps(plan.to_dict(), allow_nan=False))
    assert set(content) >= {"mission", "closure_m", "events", "budget", "expect", "provenance"}
    assert content["mission"] == "Made up"
    assert content["closure_m"] == 0.125
    assert set(content["events"][0]) >= {"name", "epoch_utc", "delta_v_m_s"}
    assert content["events"][0]["epoch_utc"] == "2024-05-03T09:27:00.000Z"
    assert set(content["expect"][0]) >= {"quantity", "published", "computed", "tolerance", "ok", "source"}
    assert content["provenance"]["mission_sha256"] == plan.mission.sha256
    assert content["provenance"]["ephemeris"] == "made up"
    assert content["budget"]["vehicle_delta_v_m_s"] == pytest.approx(650.0)


def test_the_json_file_says_the_same(plan: Plan, tmp_path: Path) -> None:
    path = plan.to_json(tmp_path / "plan.json")
    assert json.loads(path.read_text()) == json.loads(json.dumps(plan.to_dict()))


def test_a_plan_the_tanks_cannot_pay_is_infeasible() -> None:
    data = made.MISSION | {"vehicle": made.MISSION["vehicle"] | {"propellant": "100 kg"}}
    with pytest.raises(InfeasibleError, match=r"^LOI-1: needs"):
        Plan.of(Mission.from_dict(data), made.solution())


def test_a_plan_introduces_itself_on_one_line(plan: Plan) -> None:
    assert repr(plan) == "<Plan of Made up: 8 events, closes to 0.12 m>"


def test_plotting_is_left_to_the_plots(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = types.ModuleType("lunarplan.plot")
    fake.overview = lambda given: ("figure of", given)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "lunarplan.plot", fake)
    assert plan.plot() == ("figure of", plan)


def test_planning_hands_the_mission_to_the_solver(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def solve(*arguments: Any, **options: Any) -> Solution:
        asked.append((arguments, options))
        return made.solution()

    fake = types.ModuleType("lunarplan.plan.solve")
    fake.solve = solve  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "lunarplan.plan.solve", fake)
    mission = made.mission()
    assert mission.plan(progress=print).solution.closure_m == 0.125
    assert asked == [((mission,), {"ephemeris": None, "progress": print})]


# The trajectory as a file


@pytest.fixture
def segments(plan: Plan, tmp_path: Path) -> tuple[OemSegment, ...]:
    return read_oem(plan.to_oem(tmp_path / "x.oem")).segments


def test_segments_change_centre_and_end_at_burns(segments: tuple[OemSegment, ...]) -> None:
    assert [segment.center for segment in segments] == ["earth", "earth", "moon", "moon", "moon", "moon"]
    launch = tdb_seconds(made.LAUNCH)
    starts = [segment.epochs_tdb[0] - launch for segment in segments]
    ends = [segment.epochs_tdb[-1] - launch for segment in segments]
    assert starts[0] == pytest.approx(made.TLI_S + 1e-3, abs=1e-5)
    assert starts[1] == pytest.approx(ends[0], abs=1e-5) == made.TLI_S + 350.0
    assert ends[2] == pytest.approx(made.LOI_S - 1e-3, abs=1e-5)
    assert starts[3] == pytest.approx(made.LOI_S + 1e-3, abs=1e-5)
    assert (starts[4], starts[5]) == (
        pytest.approx(made.TRIM_S, abs=1e-5),
        pytest.approx(made.TRIM_S + 80.0, abs=1e-5),
    )
    assert ends[-1] == pytest.approx(made.END_S - 1e-3, abs=1e-5)


def test_a_reader_who_interpolates_gets_the_trajectory(plan: Plan, segments: tuple[OemSegment, ...]) -> None:
    for segment in segments:
        epochs, states = segment.epochs_tdb, segment.states
        for first in range(0, max(1, len(epochs) - 3), 7):
            middle = np.array([0.5 * (epochs[first + 1] + epochs[first + 2])])
            found = _hermite(epochs[first : first + 4], states[first : first + 4], middle[0])
            truth = plan.trajectory.at(middle, segment.center)[0, :3]
            assert np.linalg.norm(found - truth) < OEM_INTERPOLATION_KM


def test_tdb_epochs_on_demand(plan: Plan, tmp_path: Path) -> None:
    path = plan.to_oem(tmp_path / "x.oem", time_system="TDB")
    assert "TIME_SYSTEM = TDB" in path.read_text()


def _hermite(epochs: np.ndarray, states: np.ndarray, when: float) -> np.ndarray:
    """Interpolate positions by the polynomial of degree 7 through four positions and velocities."""
    scale = epochs[-1] - epochs[0]
    t = (epochs - epochs[0]) / scale
    powers = np.vander(t, 8, increasing=True)
    slopes = np.column_stack([np.zeros(4), powers[:, :-1] * np.arange(1, 8)])
    unknowns = np.linalg.solve(np.vstack([powers, slopes]), np.vstack([states[:, :3], states[:, 3:] * scale]))
    return np.asarray(np.vander([(when - epochs[0]) / scale], 8, increasing=True) @ unknowns)[0]
