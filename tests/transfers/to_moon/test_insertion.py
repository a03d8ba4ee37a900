"""Insertion burns: vis-viva, the orbit wanted, what finite thrust costs, and burns that cannot be made."""

import math

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from lunarplan.errors import ConvergenceError, InfeasibleError, InputError
from lunarplan.model.constants import RADIUS_KM, STANDARD_GRAVITY_M_S2
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.trajectory import Trajectory, fly
from lunarplan.model.vehicle import Engine, Vehicle
from lunarplan.transfers.to_moon.insertion import ApsisBurn, _FiniteBurn, insert, orbiting, semi_major_axis
from tests import naive
from tests.authorities import load
from tests.tolerances import (
    APSIS_EPOCH_S,
    BURN_ORACLE_KM,
    BURN_ORACLE_KM_S,
    BURN_PARTIALS,
    DENSE_OUTPUT_KM,
    IMPULSE_DIGITS_M_S,
    JOINT_ROUNDING,
    LINE_OF_APSIDES,
    LONG_STAY_KM,
    LOSS_LIMIT_KM_S,
    LOSS_ORDER,
    ORBIT_REACHED_KM,
    PLANE_TURNED,
    ROBBINS_LOSS,
    ROCKET_ROUNDING,
)

R = RADIUS_KM["moon"]
GIVEN = load("lunar_insertions")
PERILUNE = tdb_seconds("2027-06-23T10:07:00")
TWO_BODY = ForceModel(bodies=("moon",), moon_degree=0, earth_zonal=0)
FULL = ForceModel(moon_degree=20)
GM = TWO_BODY.gm("moon")
MODELS = {"two bodies": TWO_BODY, "full": FULL}
ENGINES = {
    "small": (Engine("small", 398.0, 220.0), 1890.0),
    "middle": (Engine("middle", 3000.0, 310.0), 8200.0),
    "large": (Engine("large", 4700.0, 315.0), 1750.0),
}
ORBITS = {
    "half a day": ApsisBurn(apolune_radius_km=R + 8600.0),
    "four hours": ApsisBurn(semi_major_axis_km=2950.0),
    "circle": ApsisBurn(apolune_radius_km=R + 200.0),
    "lower perilune": ApsisBurn(apolune_radius_km=R + 3000.0, perilune_radius_km=R + 190.0),
    "higher perilune": ApsisBurn(apolune_radius_km=R + 3000.0, perilune_radius_km=R + 210.0),
}


def arrival(altitude_km=200.0, v_infinity_km_s=0.85, inclination=1.4):
    """A hyperbola at its perilune, Moon-centred."""
    r = R + altitude_km
    speed = math.sqrt(v_infinity_km_s**2 + 2 * GM / r)
    return np.array([r, 0.0, 0.0, 0.0, speed * math.cos(inclination), speed * math.sin(inclination)])


def shape(state, gm=GM):
    """Semi-major axis, smallest and largest radius, and eccentricity vector of an osculating orbit."""
    r, v = state[:3], state[3:]
    a = 1.0 / (2.0 / np.linalg.norm(r) - v @ v / gm)
    e = np.cross(v, np.cross(r, v)) / gm - r / np.linalg.norm(r)
    size = np.linalg.norm(e)
    return a, a * (1 - size), a * (1 + size), e


def made(burns, engine=None, mass_kg=math.nan, forces=TWO_BODY, start=None):
    burns = [burns] if isinstance(burns, ApsisBurn) else burns
    vehicle = Vehicle(0.05 * mass_kg, 0.95 * mass_kg, (engine,)) if engine else None
    name = engine.name if engine else ""
    return insert(arrival() if start is None else start, PERILUNE, burns, forces, vehicle=vehicle, engine=name)


# ---------------------------------------------------------------- impulses


@pytest.mark.parametrize("name", GIVEN["impulse"])
def test_impulses_against_figures_worked_out(name):
    row = GIVEN["impulse"][name]
    far = row.get("far_km")
    a = None if far is not None else (GM * (row["period_h"] * 3600 / (2 * math.pi)) ** 2) ** (1 / 3)
    burn = ApsisBurn(a, None if far is None else R + far)
    (solved,) = made(burn, start=arrival(row["altitude_km"], row["v_infinity_km_s"])).burns
    assert solved.delta_v_km_s * 1e3 == pytest.approx(row["delta_v_m_s"], abs=IMPULSE_DIGITS_M_S)


@pytest.mark.parametrize("forces", MODELS.values(), ids=MODELS)
@pytest.mark.parametrize("name", ["half a day", "four hours", "circle"])
def test_an_impulse_is_the_difference_of_two_speeds(name, forces):
    (solved,) = made(ORBITS[name], forces=forces).burns
    before, after = solved.state_before, solved.state_after
    a, near = ORBITS[name].orbit(before)
    gm = forces.gm("moon")
    assert near == np.linalg.norm(before[:3])
    expected = np.linalg.norm(before[3:]) - math.sqrt(gm * (2 / near - 1 / a))
    assert solved.delta_v_km_s == pytest.approx(expected, abs=1e-14)
    assert solved.delta_v_km_s == pytest.approx(np.linalg.norm(after[3:] - before[3:]), abs=1e-14)
    assert np.array_equal(after[:3], before[:3])
    assert np.linalg.norm(np.cross(after[3:], before[3:])) == pytest.approx(0.0, abs=1e-14)
    assert solved.ignition_tdb == solved.cutoff_tdb == PERILUNE
    assert solved.thrust is None


def test_descent_orbit_of_a_circle():
    row = GIVEN["descent"]
    start = arrival(row["altitude_km"], 0.0)
    start[3:] *= math.sqrt(0.5)
    burn = ApsisBurn(perilune_radius_km=R + row["perilune_km"], at="apolune")
    (solved,) = made(burn, start=start).burns
    assert solved.delta_v_km_s * 1e3 == pytest.approx(row["delta_v_m_s"], abs=0.005)
    assert shape(solved.state_after)[1:3] == pytest.approx([R + 15.0, R + 100.0], abs=1e-9)


def test_an_impulse_can_raise_an_orbit():
    low, high = ApsisBurn(apolune_radius_km=R + 1000.0), ApsisBurn(apolune_radius_km=R + 4000.0)
    second = made([low, high]).burns[1]
    assert np.linalg.norm(second.state_after[3:]) > np.linalg.norm(second.state_before[3:])
    assert second.delta_v_km_s > 0.0
    assert shape(second.state_after)[2] == pytest.approx(R + 4000.0, abs=1e-6)


# ---------------------------------------------------------------- finite burns


FINITE = [
    (engine, orbit)
    for engine in ENGINES
    for orbit in ORBITS
    # too slow for a circle in one burn; too fast to move a perilune
    if (engine, orbit) not in {("small", "circle"), ("large", "lower perilune"), ("large", "higher perilune")}
]


@pytest.mark.parametrize("forces", MODELS.values(), ids=MODELS)
@pytest.mark.parametrize(("engine", "orbit"), FINITE)
def test_a_finite_burn_leads_to_the_orbit(engine, orbit, forces):
    """Semi-major axis, perilune, and a line of apsides through the perilune of arrival; but a circle has none."""
    motor, mass = ENGINES[engine]
    burn = ORBITS[orbit]
    (solved,) = made(burn, motor, mass, forces).burns
    a, near = burn.orbit(arrival())
    got_a, got_near, _, e = shape(solved.state_after, forces.gm("moon"))
    assert got_a == pytest.approx(a, abs=ORBIT_REACHED_KM)
    assert got_near == pytest.approx(near, abs=ORBIT_REACHED_KM)
    outwards, along = np.eye(3)[0], arrival()[3:] / np.linalg.norm(arrival()[3:])
    assert abs(e @ outwards - (1 - near / a)) < LINE_OF_APSIDES
    assert abs(e @ along) < LINE_OF_APSIDES
    assert abs(e @ np.cross(outwards, along)) < PLANE_TURNED  # by the Moon's field, while the engine burns
    assert solved.ignition_tdb < PERILUNE < solved.cutoff_tdb


@pytest.mark.parametrize("engine", ENGINES)
def test_a_finite_burn_obeys_the_rocket_equation(engine):
    motor, mass = ENGINES[engine]
    (solved,) = made(ORBITS["four hours"], motor, mass).burns
    exhaust_km_s = motor.isp_s * STANDARD_GRAVITY_M_S2 * 1e-3
    flow = motor.thrust_n / (motor.isp_s * STANDARD_GRAVITY_M_S2)
    assert mass - solved.mass_after_kg == pytest.approx(flow * solved.duration_s, rel=ROCKET_ROUNDING)
    expected = exhaust_km_s * math.log(mass / solved.mass_after_kg)
    assert solved.delta_v_km_s == pytest.approx(expected, rel=ROCKET_ROUNDING)
    assert np.linalg.norm(solved.thrust.force_n) == pytest.approx(motor.thrust_n, rel=ROCKET_ROUNDING)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_finite_burn_against_scipy(engine):
    """The ignition is a point of the hyperbola; from there the same thrust, steered alike, ends at the same cutoff."""
    motor, mass = ENGINES[engine]
    (solved,) = made(ORBITS["four hours"], motor, mass).burns
    turn = 0.5 * solved.thrust.pitch_rate_rad_s * solved.duration_s
    flow = motor.thrust_n / (motor.isp_s * STANDARD_GRAVITY_M_S2)

    def rate(t, y, push=0.0):
        r, v = y[:3], y[3:]
        along = v / np.linalg.norm(v)
        normal = np.cross(r, v) / np.linalg.norm(np.cross(r, v))
        angle = turn * (2.0 * t / solved.duration_s - 1.0)  # zero at half time
        direction = -(math.cos(angle) * along + math.sin(angle) * np.cross(along, normal))
        a = -GM * r / np.linalg.norm(r) ** 3 + 1e-3 * push / (mass - flow * t) * direction
        return np.concatenate([v, a])

    exact = {"method": "DOP853", "rtol": 1e-13, "atol": 1e-13}
    lead = solved.ignition_tdb - PERILUNE
    coast = solve_ivp(rate, (0.0, lead), arrival(), **exact).y[:, -1]
    assert np.abs(coast - solved.state_before)[:3].max() < BURN_ORACLE_KM
    end = solve_ivp(rate, (0.0, solved.duration_s), solved.state_before, args=(motor.thrust_n,), **exact).y[:, -1]
    assert np.abs(end - solved.state_after)[:3].max() < BURN_ORACLE_KM
    assert np.abs(end - solved.state_after)[3:].max() < BURN_ORACLE_KM_S


@pytest.mark.parametrize("forces", MODELS.values(), ids=MODELS)
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("x", [(200.0, 240.0, 0.1), (150.0, 300.0, -0.2), (60.0, 100.0, 0.4)])
def test_partials_of_a_finite_burn(x, engine, forces):
    """Lead, duration and turn, by fourth-order differences."""
    motor, mass = ENGINES[engine]
    problem = _FiniteBurn(arrival(), PERILUNE, ORBITS["half a day"], forces, mass, motor)
    row = np.arange(1)
    _, partials = problem.evaluate(np.array([x]), row)
    expected = naive.differences(lambda z: problem.evaluate(z[None], row)[0][0], np.array(x), [1.0, 1.0, 0.01])
    assert np.abs(partials[0] - expected).max() < BURN_PARTIALS * np.abs(expected).max()


def test_more_thrust_less_loss():
    """Losses fall with the square of the burn's length: the impulse is the limit."""
    impulse = made(ORBITS["four hours"]).burns[0].delta_v_km_s
    thrusts = np.array([1000.0, 2000.0, 4000.0, 8000.0, 16_000.0])
    burns = [made(ORBITS["four hours"], Engine("x", f, 310.0), 8000.0).burns[0] for f in thrusts]
    losses = np.array([b.delta_v_km_s for b in burns]) - impulse
    assert (losses > 0.0).all()
    assert (np.diff(losses) < 0.0).all()
    assert abs(4 * losses[-1] - losses[-2]) / 3 < LOSS_LIMIT_KM_S  # extrapolated to a burn of no time
    slope = np.diff(np.log(losses)) / np.diff(np.log(thrusts))
    assert (np.diff(slope) < 0.0).all()
    assert slope[-2:] == pytest.approx([-2.0, -2.0], abs=LOSS_ORDER)


@pytest.mark.parametrize("thrust_n", [3000.0, 6000.0])
def test_size_of_the_loss(thrust_n):
    """Robbins' estimate for thrust fixed in space, GM/r3 dv t2 / 24: steering keeps it below, and ever closer."""
    impulse = made(ORBITS["four hours"]).burns[0].delta_v_km_s
    (burn,) = made(ORBITS["four hours"], Engine("x", thrust_n, 310.0), 8000.0).burns
    estimate = GM / (R + 200.0) ** 3 * impulse * burn.duration_s**2 / 24.0
    low, high = ROBBINS_LOSS
    assert low * estimate < burn.delta_v_km_s - impulse < high * estimate


def test_lro_as_flown():
    """Forty minutes of a thrust so small that a seventh of it is lost: 567 m/s flown, 495 as an impulse."""
    row = GIVEN["lro"]
    flown = row["flown_m_s"] * 1e-3
    burned_s = tdb_seconds(row["end"]) - tdb_seconds(row["start"])
    burnt_kg = row["mass_kg"] * -math.expm1(-flown / (row["isp_s"] * STANDARD_GRAVITY_M_S2 * 1e-3))
    engine = Engine("LRO", burnt_kg / burned_s * row["isp_s"] * STANDARD_GRAVITY_M_S2, row["isp_s"])
    start = arrival(row["perilune_km"], row["v_infinity_km_s"], 1.5)
    target = ApsisBurn(apolune_radius_km=R + row["apolune_km"])
    impulse = made(target, start=start, forces=FULL).burns[0].delta_v_km_s * 1e3
    (burn,) = made(target, engine, row["mass_kg"], FULL, start).burns
    assert impulse == pytest.approx(row["impulse_m_s"], abs=IMPULSE_DIGITS_M_S)
    assert burn.delta_v_km_s * 1e3 == pytest.approx(row["flown_m_s"], rel=row["tolerance"])
    assert burn.duration_s == pytest.approx(burned_s, rel=row["tolerance"])
    assert burn.delta_v_km_s * 1e3 > impulse * 1.05


# ---------------------------------------------------------------- several burns


SEQUENCE = [
    ApsisBurn(apolune_radius_km=R + 8600.0),
    ApsisBurn(perilune_radius_km=R + 150.0, at="apolune", passage=2),
    ApsisBurn(apolune_radius_km=R + 150.0, passage=3),
]


@pytest.mark.parametrize("forces", MODELS.values(), ids=MODELS)
@pytest.mark.parametrize("engine", [None, "middle"])
def test_a_sequence_of_burns(engine, forces):
    motor, mass = ENGINES[engine] if engine else (None, math.nan)
    solved = made(SEQUENCE, motor, mass, forces).burns
    assert [b.ignition_tdb for b in solved] == sorted(b.ignition_tdb for b in solved)
    first, second, third = (shape(b.state_after, forces.gm("moon")) for b in solved)
    assert first[1:3] == pytest.approx([R + 200.0, R + 8600.0], abs=10 * ORBIT_REACHED_KM)
    # the second keeps the apolune it finds, the third the perilune it finds
    assert second[1] == pytest.approx(R + 150.0, abs=10 * ORBIT_REACHED_KM)
    assert second[2] == pytest.approx(R + 8600.0, abs=1e-3 if forces is TWO_BODY else 30.0)
    assert third[2] == pytest.approx(R + 150.0, abs=10 * ORBIT_REACHED_KM)
    assert third[1] == pytest.approx(R + 150.0, abs=1e-3 if forces is TWO_BODY else 50.0)


def test_passages_are_counted_in_periods():
    """Between two bodies: an apolune passed once, half a period and one; then three perilunes."""
    first, second, third = made(SEQUENCE, forces=TWO_BODY).burns
    period = 2 * math.pi * math.sqrt(shape(first.state_after)[0] ** 3 / GM)
    assert second.ignition_tdb - first.ignition_tdb == pytest.approx(1.5 * period, abs=APSIS_EPOCH_S)
    period = 2 * math.pi * math.sqrt(shape(second.state_after)[0] ** 3 / GM)
    assert third.ignition_tdb - second.ignition_tdb == pytest.approx(2.5 * period, abs=APSIS_EPOCH_S)


@pytest.mark.parametrize("passage", [1, 2, 5])
def test_later_passages(passage):
    burns = [ORBITS["four hours"], ApsisBurn(apolune_radius_km=R + 200.0, passage=passage)]
    first, second = made(burns).burns
    period = 2 * math.pi * math.sqrt(2950.0**3 / GM)
    assert second.ignition_tdb - first.ignition_tdb == pytest.approx(passage * period, abs=APSIS_EPOCH_S)


def test_arcs_follow_one_another():
    """Burns with their thrust, coasts between them; each starts in the state the one before ends in."""
    motor, mass = ENGINES["middle"]
    insertion = made(SEQUENCE, motor, mass, FULL)
    assert [a.name for a in insertion.arcs] == ["LOI-1", "lunar coast", "LOI-2", "lunar coast", "LOI-3"]
    burning = insertion.arcs[::2]
    for burn, arc in zip(insertion.burns, burning, strict=True):
        assert arc.start_tdb == burn.ignition_tdb
        assert arc.end_tdb == pytest.approx(burn.cutoff_tdb, abs=1e-6)
        assert np.abs(arc.nodes[0] - burn.state_before).max() == 0.0
        assert np.abs(arc.nodes[-1] - burn.state_after)[:3].max() < DENSE_OUTPUT_KM
    path = Trajectory(insertion.arcs)
    for before, after in zip(path.arcs[:-1], path.arcs[1:], strict=True):
        state, _ = before.states(np.array([before.end_tdb]))
        assert np.abs(state[0] - after.nodes[0])[:3].max() < DENSE_OUTPUT_KM


def test_masses_go_down_from_burn_to_burn():
    motor, mass = ENGINES["middle"]
    masses = [mass, *(b.mass_after_kg for b in made(SEQUENCE, motor, mass, FULL).burns)]
    exhaust = motor.isp_s * STANDARD_GRAVITY_M_S2 * 1e-3
    spent = [b.delta_v_km_s for b in made(SEQUENCE, motor, mass, FULL).burns]
    assert masses[-1] == pytest.approx(mass * math.exp(-sum(spent) / exhaust), rel=ROCKET_ROUNDING)
    assert (np.diff(masses) < 0.0).all()


def test_impulses_paid_for_by_an_engine():
    """The same impulses as of something without mass; the rocket equation says what is left."""
    motor, mass = ENGINES["middle"]
    craft = Vehicle(0.3 * mass, 0.7 * mass, (motor,))
    paid = insert(arrival(), PERILUNE, SEQUENCE, FULL, vehicle=craft, engine="middle", finite=False).burns
    free = made(SEQUENCE, forces=FULL).burns
    exhaust = motor.isp_s * STANDARD_GRAVITY_M_S2 * 1e-3
    spent = np.cumsum([b.delta_v_km_s for b in free])
    assert [b.delta_v_km_s for b in paid] == [b.delta_v_km_s for b in free]
    assert [b.mass_after_kg for b in paid] == pytest.approx(mass * np.exp(-spent / exhaust), rel=ROCKET_ROUNDING)
    assert all(b.duration_s == 0.0 for b in paid)


@pytest.mark.parametrize(("propellant_kg", "fails"), [(50.0, 1), (872.0, 0), (1100.0, 3)])
@pytest.mark.parametrize("finite", [True, False])
def test_a_burn_the_tanks_do_not_hold_is_named(finite, propellant_kg, fails):
    """The first needs 869 kg as an impulse and 885 with thrust, the second 8, the third a thousand and more."""
    motor, mass = ENGINES["middle"]
    craft = Vehicle(mass - propellant_kg, propellant_kg, (motor,))
    with pytest.raises(InfeasibleError, match=r"needs [\d.]+ kg .* and [\d.]+ kg are left: short by") as caught:
        insert(arrival(), PERILUNE, SEQUENCE, FULL, vehicle=craft, engine="middle", finite=finite)
    named = fails or (1 if finite else 2)
    assert caught.value.where.startswith(f"LOI-{named}")
    assert caught.value.remedy


def test_a_burn_the_tanks_hold_as_an_impulse_only():
    """Between what an impulse and what the engine's thrust takes: the burn is solved, and then told to be too much."""
    motor, mass = ENGINES["small"]
    burn = ORBITS["half a day"]
    needed = [motor.propellant_kg(made(burn, engine, mass).burns[0].delta_v_km_s, mass) for engine in (None, motor)]
    between = 0.5 * sum(needed)
    craft = Vehicle(mass - between, between, (motor,))
    with pytest.raises(InfeasibleError, match=f"needs {needed[1]:.1f} kg") as caught:
        insert(arrival(), PERILUNE, [burn], TWO_BODY, vehicle=craft, engine="small")
    assert caught.value.where == "LOI-1"


def test_an_engine_the_vehicle_does_not_have():
    with pytest.raises(InputError, match="no engine 'trim'"):
        insert(arrival(), PERILUNE, SEQUENCE, FULL, vehicle=Vehicle(1.0, 1.0, (ENGINES["small"][0],)), engine="trim")


def test_staying_in_orbit():
    insertion = made(SEQUENCE, *ENGINES["middle"], FULL)
    last = insertion.burns[-1]
    arc = orbiting(last.state_after, last.cutoff_tdb, 86_400.0, FULL)
    assert arc.start_tdb == last.cutoff_tdb
    assert arc.end_tdb == last.cutoff_tdb + 86_400.0
    assert np.array_equal(arc.nodes[0], last.state_after)


def test_a_long_stay_is_one_arc_and_says_how_far_it_is():
    """Flown in pieces, it is the orbit that one flight gives, at their seams too."""
    insertion, heard = made(SEQUENCE, *ENGINES["middle"], FULL), []
    last = insertion.burns[-1]
    arc = orbiting(last.state_after, last.cutoff_tdb, 30 * 86_400.0, FULL, progress=heard.append)
    whole = fly(last.state_after, last.cutoff_tdb, forces=FULL, duration_s=30 * 86_400.0, center="moon")
    assert heard == [f"lunar orbit, {share} %" for share in (16, 33, 50, 66, 83)]
    assert (np.diff(arc.elapsed_s) > 0.0).all()
    assert arc.end_tdb == whole.end_tdb
    at = last.cutoff_tdb + np.arange(0.0, 30.25, 0.25) * 86_400.0
    for epochs in (at, at[1:] - 1e-3):  # every fifth day is a seam
        assert np.abs(arc.at(epochs, "moon") - whole.at(epochs, "moon"))[:, :3].max() < LONG_STAY_KM


def test_a_coast_of_many_revolutions_says_how_far_it_is():
    heard = []
    burns = [ORBITS["four hours"], ApsisBurn(apolune_radius_km=R + 200.0, passage=100)]
    insertion = insert(arrival(), PERILUNE, burns, TWO_BODY, progress=heard.append)
    assert heard[0].startswith("coasting to perilune, ")
    assert heard[-1].startswith("lunar coast, ")
    period = 2 * math.pi * math.sqrt(2950.0**3 / GM)
    first, second = insertion.burns
    assert second.ignition_tdb - first.ignition_tdb == pytest.approx(100 * period, abs=APSIS_EPOCH_S)


def test_a_drifted_perilune_becomes_the_apolune():
    """An apolune asked for a little below the perilune met: the burn is made at what is then the far side."""
    burn = ApsisBurn(apolune_radius_km=R + 180.0)
    for motor, mass in ((None, math.nan), ENGINES["middle"]):
        (solved,) = made(burn, motor, mass).burns
        a, near, far, e = shape(solved.state_after)
        assert a == pytest.approx(R + 190.0, abs=ORBIT_REACHED_KM)
        assert near == pytest.approx(R + 180.0, abs=ORBIT_REACHED_KM)
        assert far == pytest.approx(R + 200.0, abs=ORBIT_REACHED_KM)
        assert e[0] < 0.0


# ---------------------------------------------------------------- what cannot be


@pytest.mark.parametrize("engine", [None, "middle"])
@pytest.mark.parametrize(
    ("burn", "what"),
    [
        (ApsisBurn(semi_major_axis_km=900.0), "semi-major axis"),
        (ApsisBurn(apolune_radius_km=R + 100.0), "above the apolune wanted"),
    ],
)
def test_orbits_that_do_not_pass_here(burn, what, engine):
    motor, mass = ENGINES[engine] if engine else (None, math.nan)
    with pytest.raises(InfeasibleError, match=what) as caught:
        made(burn, motor, mass)
    assert "perilune" in caught.value.where
    assert caught.value.allowed


def test_too_little_thrust():
    with pytest.raises(InfeasibleError, match="more thrust") as caught:
        made(ORBITS["half a day"], Engine("weak", 10.0, 310.0), 8000.0)
    assert "2027-06-23" in caught.value.where


@pytest.mark.parametrize(("engine", "orbit"), [("small", "circle"), ("large", "lower perilune")])
def test_burns_no_steering_can_make(engine, orbit):
    """An hour and a half sweeps through too much of the orbit; three minutes leave no time to sink ten kilometres."""
    motor, mass = ENGINES[engine]
    with pytest.raises(ConvergenceError, match="more thrust, or split the burn") as caught:
        made(ORBITS[orbit], motor, mass)
    assert "2027-06-23" in caught.value.where


def test_too_much_thrust():
    with pytest.raises(InfeasibleError, match=r"less thrust.*impulsive"):
        made(ORBITS["half a day"], Engine("gun", 1e8, 310.0), 8000.0)


def test_a_burn_of_some_seconds():
    """Fifteen seconds at 2.5 g and less than one at 50 g, whatever the epoch; the arc ends where the burn does."""
    for thrust_n in (5e4, 1e6):
        for later in range(8):
            start, engine = PERILUNE + 1000.123 * later, Engine("gun", thrust_n, 320.0)
            craft = Vehicle(100.0, 1900.0, (engine,))
            made_here = insert(arrival(), start, [ORBITS["half a day"]], TWO_BODY, vehicle=craft, engine="gun")
            (burn,), (arc,) = made_here.burns, made_here.arcs
            end = arc.states(np.array([arc.end_tdb]))[0][0]
            assert arc.end_tdb == burn.cutoff_tdb
            assert arc.elapsed_s[-1] == burn.duration_s
            assert np.abs(end - burn.state_after).max() < JOINT_ROUNDING


@pytest.mark.parametrize(
    ("fields", "field", "allowed"),
    [
        ({"apolune_radius_km": math.nan}, "apolune_radius_km: nan", "at least 1737.4 km"),
        ({"apolune_radius_km": math.inf}, "apolune_radius_km: inf", "at least 1737.4 km"),
        ({"apolune_radius_km": 200.0}, "apolune_radius_km: 200.0", "at least 1737.4 km"),
        ({"apolune_radius_km": "200 km"}, "apolune_radius_km: 200 km", "at least 1737.4 km"),
        ({"apolune_radius_km": True}, "apolune_radius_km: True", "at least 1737.4 km"),
        ({"apolune_radius_km": np.array([R, R])}, "apolune_radius_km: [1737.4 1737.4]", "at least 1737.4 km"),
        ({"semi_major_axis_km": -5000.0}, "semi_major_axis_km: -5000.0", "at least 868.7 km"),
        ({"perilune_radius_km": 15.0, "at": "apolune"}, "perilune_radius_km: 15.0", "at least 1737.4 km"),
        ({"apolune_radius_km": R + 500.0, "at": "side"}, "at: side", '"perilune", "apolune"'),
        ({"apolune_radius_km": R + 500.0, "passage": 0}, "passage: 0", "1 or more"),
        ({"apolune_radius_km": R + 500.0, "passage": 1.5}, "passage: 1.5", "whole"),
        ({"semi_major_axis_km": 5000.0, "apolune_radius_km": 2000.0}, "apolune_radius_km: 2000 km", "one of the two"),
        (
            {"apolune_radius_km": 2000.0, "perilune_radius_km": 2100.0},
            "perilune_radius_km: 2100.0",
            "up to the apolune",
        ),
        ({}, "apolune_radius_km: not given", "apolune_radius_km or semi_major_axis_km"),
        ({"perilune_radius_km": R + 20.0}, "apolune_radius_km: not given", "apolune_radius_km or semi_major_axis_km"),
        ({"at": "apolune"}, "perilune_radius_km: not given", "perilune_radius_km or semi_major_axis_km"),
    ],
)
def test_burns_that_make_no_sense(fields, field, allowed):
    with pytest.raises(InputError) as caught:
        ApsisBurn(**fields)
    assert str(caught.value).startswith(f"ApsisBurn.{field}")
    assert allowed in caught.value.allowed
    assert caught.value.remedy
    assert "\n" not in str(caught.value)


def test_a_burn_at_apolune_by_the_size_of_the_orbit():
    """Semi-major axis alone: the apolune stays, the perilune follows."""
    by_perilune = ApsisBurn(perilune_radius_km=R + 150.0, at="apolune")
    by_size = ApsisBurn(0.5 * (R + 8600.0 + R + 150.0), at="apolune")
    for motor, mass in ((None, math.nan), ENGINES["middle"]):
        one, other = (made([ORBITS["half a day"], burn], motor, mass).burns[1] for burn in (by_perilune, by_size))
        assert one.delta_v_km_s == pytest.approx(other.delta_v_km_s, abs=1e-8)
        assert np.abs(one.state_after - other.state_after)[:3].max() < ORBIT_REACHED_KM


def test_an_orbit_the_earth_takes_away():
    """Half way back to the Earth there is no apolune to burn at."""
    burns = [ApsisBurn(apolune_radius_km=300_000.0), ApsisBurn(perilune_radius_km=R + 500.0, at="apolune")]
    with pytest.raises((ConvergenceError, InfeasibleError), match=r"not met|impact"):
        made(burns, forces=FULL)


# ---------------------------------------------------------------- semi-major axes


def test_semi_major_axes():
    states = np.array([arrival(), arrival(200.0, 0.0), made(ORBITS["four hours"]).burns[0].state_after])
    a = semi_major_axis(states, GM)
    assert a[0] == pytest.approx(-GM / 0.85**2, rel=1e-12)
    assert abs(a[1]) > 1e12
    assert a[2] == pytest.approx(2950.0, rel=1e-12)
    assert semi_major_axis(states.reshape(3, 1, 6), GM).shape == (3, 1)
    assert np.isnan(semi_major_axis(np.full(6, np.nan), GM))
