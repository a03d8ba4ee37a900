"""Ascents in the real sky: into the plane, flown again by other means, for what Apollo 11 spent."""

import numpy as np
import pytest

from lunarplan.errors import ConvergenceError, InputError
from lunarplan.model.constants import GM_KM3_S2, RADIUS_KM, STANDARD_GRAVITY_M_S2
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.frames import rotation, turned
from lunarplan.model.surface import Place
from lunarplan.model.trajectory import fly
from lunarplan.sites.access import LowOrbit, passes
from lunarplan.transfers.surface.ascent_sky import DRY, NO_STEERING, TOO_WEAK, ascend, ascend_into, lift_off_windows
from lunarplan.transfers.surface.stage import Stage
from tests.authorities import load
from tests.low_orbits import flown_again, over
from tests.tolerances import APOLLO_ASCENT_S, APOLLO_BURN_FRACTION, ASCENT_CLOSURE_KM, BATCH_LANDING_M_S, LIFT_OFF_S

GM, R, DAY, HOUR = GM_KM3_S2["moon"], RADIUS_KM["moon"], 86_400.0, 3600.0
FORCES = ForceModel(moon_degree=30)
START = tdb_seconds("2028-03-01T00:00:00")
SITE = Place(10.0, -5.0, -1.0)
APOLLO = load("apollo_11_ledger")["ascent"]
POUND, NMI_KM = 0.45359237, 1.852
STAGE = Stage(APOLLO["thrust_n"], APOLLO["isp_s"], APOLLO["lift_off_mass_lb"] * POUND)
ENDS = {
    "periapsis_altitude_km": APOLLO["periapsis_nmi"] * NMI_KM,
    "apoapsis_altitude_km": APOLLO["apoapsis_nmi"] * NMI_KM,
}


@pytest.fixture(scope="module")
def orbit():
    x = over(SITE, START + 0.5 * DAY, 100.0, 60.0, FORCES)
    return fly(x, START + 0.5 * DAY, START + 1.6 * DAY, FORCES, center="moon").trajectory


@pytest.fixture(scope="module")
def ups(orbit):
    return ascend(SITE, START + 0.9 * DAY + np.arange(-8.0, 9.0, 4.0) * HOUR, STAGE, target=orbit, forces=FORCES)


def test_apollo_11_goes_home():
    """Westwards into the plane over the place, in 2028, where the ephemeris is."""
    place = Place(0.67416, 23.47314, -1.93)
    up = ascend(place, START, STAGE, inclination_deg=178.75, forces=FORCES, **ENDS).require()
    assert up.delta_v_m_s[0] == pytest.approx(APOLLO["planned_m_s"], rel=APOLLO_BURN_FRACTION)
    assert up.delta_v_m_s[0] == pytest.approx(1811.0, rel=APOLLO_BURN_FRACTION)  # from the two masses
    assert up.inserted_kg[0] / POUND == pytest.approx(APOLLO["inserted_mass_lb"], rel=APOLLO_BURN_FRACTION)
    assert up.insertion_tdb[0] - up.lift_off_tdb[0] == pytest.approx(APOLLO["duration_s"], abs=APOLLO_ASCENT_S)
    assert 269.0 < up.azimuth_deg[0] < 271.2
    assert abs(up.plane_change_m_s[0]) < 0.1


def test_another_integrator_ends_in_the_plane_at_periapsis(orbit, ups):
    """By scipy's DOP853, in the full field, from standing on the turning ground."""
    assert (ups.miss_km < ASCENT_CLOSURE_KM).all()
    for row in (0, 3):
        begin = ups.lift_off_tdb[row]
        at_rest = np.concatenate([SITE.position_km, np.zeros(3)])
        start = turned(at_rest, np.array(begin), "moon_me", "icrf", FORCES.source)
        end, epoch = flown_again(start, begin, ups.phases, row, FORCES)
        target = orbit.at([begin], "moon")[0]
        normal = np.cross(target[:3], target[3:])
        normal /= np.linalg.norm(normal)
        assert epoch == pytest.approx(ups.insertion_tdb[row], abs=1e-6)
        assert abs(end[:3] @ normal) < ASCENT_CLOSURE_KM
        assert abs(end[3:] @ normal) < 1e-6
        assert np.linalg.norm(end[:3]) - R == pytest.approx(18.0, abs=ASCENT_CLOSURE_KM)
        assert abs(end[:3] @ end[3:]) / R < 1e-6
        a = 1.0 / (2.0 / np.linalg.norm(end[:3]) - end[3:] @ end[3:] / FORCES.gm("moon"))
        assert 2.0 * a - np.linalg.norm(end[:3]) - R == pytest.approx(85.0, abs=1e-2)


def test_the_farther_the_plane_the_dearer(ups):
    assert ups.ok.all()
    order = np.argsort(np.abs(ups.cross_range_km))
    assert (np.diff(ups.delta_v_m_s[order]) > 0.0).all()
    assert (ups.plane_change_m_s > -0.1).all()
    np.testing.assert_allclose(
        ups.plane_change_m_s, ups.delta_v_m_s - ups.delta_v_m_s[order[0]], atol=3.0 + ups.plane_change_m_s[order[0]]
    )
    exhaust = STAGE.isp_s * STANDARD_GRAVITY_M_S2
    np.testing.assert_allclose(exhaust * np.log(STAGE.mass_kg / ups.inserted_kg), ups.delta_v_m_s)


def test_the_path_leaves_the_place_upwards(ups):
    path = ups.path(1, 31)
    assert (path.latitude_deg[0], path.longitude_deg[0]) == pytest.approx((10.0, -5.0), abs=1e-9)
    assert path.speed_m_s[0] == pytest.approx(0.0, abs=1e-6)
    assert path.pitch_deg[0] == pytest.approx(90.0, abs=0.1)
    assert path.altitude_km[-1] == pytest.approx(18.0, abs=ASCENT_CLOSURE_KM)
    np.testing.assert_allclose(path.states[-1], ups.states[1], atol=1e-6)


def test_windows_are_about_where_the_plane_passes_over_the_place(orbit):
    """Beside the passes of `sites.access`, which knows a plane and a drift."""
    found = lift_off_windows(SITE, START + 0.5 * DAY, START + 1.6 * DAY, orbit, within_km=60.0)
    normal = np.cross(*np.split(orbit.at([START + 0.5 * DAY], "moon")[0], 2))
    fixed = rotation("moon_me", np.array([START + 0.5 * DAY]), FORCES.source)[0] @ (normal / np.linalg.norm(normal))
    plane = LowOrbit(100.0, np.degrees(np.arccos(fixed[2])), np.degrees(np.arctan2(fixed[0], -fixed[1])))
    expected = passes(10.0, -5.0, START + 0.5 * DAY, START + 1.6 * DAY, plane).epochs_tdb
    assert len(found.best_tdb) == 1
    assert np.abs(expected - found.best_tdb[0]).min() < LIFT_OFF_S
    up = ascend(SITE, [found.open_tdb[0], found.close_tdb[0]], STAGE, target=orbit, forces=FORCES).require()
    assert np.abs(up.cross_range_km).max() < 60.0 + 1e-2
    none = lift_off_windows(Place(-80.0, 100.0), START + 0.5 * DAY, START + 1.6 * DAY, orbit, within_km=10.0)
    assert len(none.best_tdb) == 0


@pytest.mark.parametrize(("inclination_deg", "node_deg"), [(60.0, None), (120.0, None), (60.0, -10.0)])
def test_planes_told_by_their_angles(inclination_deg, node_deg):
    up = ascend(SITE, START, STAGE, inclination_deg=inclination_deg, node_deg=node_deg, forces=FORCES).require()
    turn = rotation("moon_me", up.lift_off_tdb, FORCES.source)[0]
    normal = turn @ np.cross(up.states[0, :3], up.states[0, 3:])
    assert np.degrees(np.arccos(normal[2] / np.linalg.norm(normal))) == pytest.approx(inclination_deg, abs=1e-5)
    if node_deg is not None:
        assert np.degrees(np.arctan2(normal[0], -normal[1])) == pytest.approx(node_deg, abs=1e-5)


def test_a_batch_is_its_rows(orbit, ups):
    alone = ascend(SITE, ups.lift_off_tdb[3], STAGE, target=orbit, forces=FORCES)
    assert alone.delta_v_m_s[0] == pytest.approx(ups.delta_v_m_s[3], abs=BATCH_LANDING_M_S)


def test_each_row_fails_for_itself():
    thrust = np.array([1_000.0, 15_570.0, 15_570.0, 1e7])  # the last burns more than it weighs while it rises
    stage = Stage(thrust, 309.0, 4_888.0, propellant_kg=[5e3, 5e3, 1e3, 5e3])
    up = ascend(SITE, START, stage, inclination_deg=60.0, forces=FORCES)
    assert up.status.tolist() == [TOO_WEAK, 0, DRY, DRY]
    assert np.isnan(up.delta_v_m_s[[0, 2, 3]]).all()
    with pytest.raises(ConvergenceError, match="row 0: the thrust is below the weight"):
        up.require()
    across = ascend(SITE, START, STAGE, inclination_deg=90.0, node_deg=85.0, forces=FORCES)
    assert across.status.tolist() == [NO_STEERING]
    with pytest.raises(InputError, match="a row that was solved"):
        across.path(0)
    assert len(ascend_into(SITE, np.empty(0), np.empty((0, 3)), STAGE, forces=FORCES).ok) == 0


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"inclination_deg": 5.0}, "latitude of the place"),
        ({"inclination_deg": np.nan}, "inclination_deg"),
        ({"inclination_deg": None}, "no plane"),
        ({"inclination_deg": 60.0, "node_deg": np.inf}, "node_deg"),
        ({"inclination_deg": 60.0, "periapsis_altitude_km": 200.0}, "apoapsis_altitude_km"),
        ({"inclination_deg": 60.0, "vertical_rise_s": -1.0}, "vertical_rise_s"),
        ({"inclination_deg": 60.0, "stage": 1.0}, "stage"),
        ({"inclination_deg": 60.0, "place": None}, "place"),
        ({"inclination_deg": 60.0, "forces": "all"}, "forces"),
    ],
)
def test_bad_ascents_are_named(change, says):
    given = {"place": SITE, "lift_off": START, "stage": STAGE} | change
    with pytest.raises(InputError, match=says):
        ascend(given.pop("place"), given.pop("lift_off"), given.pop("stage"), **({"forces": FORCES} | given))


def test_bad_planes_and_windows_are_named(orbit):
    with pytest.raises(InputError, match="normals"):
        ascend_into(SITE, START, np.zeros(3), STAGE, forces=FORCES)
    with pytest.raises(InputError, match="told twice"):
        ascend(SITE, START, STAGE, target=orbit, inclination_deg=60.0, forces=FORCES)
    with pytest.raises(InputError, match="below the place"):
        ascend(Place(10.0, -5.0, 6.0), START, STAGE, inclination_deg=60.0, periapsis_altitude_km=5.0, forces=FORCES)
    with pytest.raises(InputError, match="swap them"):
        lift_off_windows(SITE, START + DAY, START, orbit)
