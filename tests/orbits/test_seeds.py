"""First guesses: Richardson's figures, and how fast guesses get better with smaller amplitudes."""

import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.model.cr3bp import propagate_cr3bp
from lunarplan.orbits import seeds
from lunarplan.orbits.corrector import correct_orbits
from lunarplan.orbits.equations import rates
from lunarplan.orbits.libration import gamma, libration_points
from tests.orbits.families import FAMILIES, MU
from tests.tolerances import ISEE3_KM, RICHARDSON_PRINTED


def test_isee_3_as_printed():
    given = FAMILIES["isee3"]
    orbit = seeds.richardson(given["mu"], "L1", given["z_amplitude_km"] / given["au_km"])
    assert orbit.gamma == pytest.approx(given["gamma"], abs=RICHARDSON_PRINTED)
    assert orbit.frequency == pytest.approx(given["frequency"], abs=RICHARDSON_PRINTED)
    assert orbit.ratio == pytest.approx(given["ratio"], abs=RICHARDSON_PRINTED)
    assert orbit.delta == pytest.approx(given["delta"], abs=RICHARDSON_PRINTED)
    km = orbit.gamma * given["au_km"]
    assert orbit.ax * km == pytest.approx(given["x_amplitude_km"], abs=ISEE3_KM)
    assert orbit.ax * orbit.ratio * km == pytest.approx(given["y_amplitude_km"], abs=ISEE3_KM)
    days = orbit.period * given["year_days"] / (2.0 * np.pi)
    assert days == pytest.approx(given["period_days"], abs=0.05)


@pytest.mark.parametrize("point", ["L1", "L2"])
@pytest.mark.parametrize("mu", [3.04e-6, 9.5e-4])
@pytest.mark.parametrize("z_amplitude", [0.01, 0.1, 0.2])
def test_the_third_order_solves_the_equations_to_fourth(mu, point, z_amplitude):
    """Rates of the expansion, by differences, against those of the problem: left is a multiple of the fourth power.

    The same multiple for all; a wrong coefficient of third order would make it seven times as large.
    """
    orbit = seeds.richardson(mu, point, z_amplitude * gamma(mu, point))
    rate, step = orbit.frequency * orbit.stretch, 1e-4
    wrong = []
    for phase in np.linspace(0.0, 2.0 * np.pi, 9):
        before, after = (orbit.state(phase + s * step, upwards=True) for s in (-1.0, 1.0))
        slope = (after - before) / (2.0 * step) * rate
        wrong.append(np.abs(slope - rates(orbit.state(phase, upwards=True), mu)).max())
    unit = orbit.gamma * orbit.ax**4 * rate**2 * orbit.ratio**2
    assert max(wrong) / unit == pytest.approx(4.5, abs=0.4)


def test_upwards_or_downwards_are_mirror_images():
    orbit = seeds.richardson(MU, "L2", 0.02)
    up, down = orbit.state(0.7, upwards=True), orbit.state(0.7, upwards=False)
    assert up == pytest.approx(down * [1, 1, -1, 1, 1, -1], abs=1e-15)


@pytest.mark.parametrize(("guess", "symmetry"), [(seeds.lyapunov, "planar"), (seeds.vertical, "axis to plane")])
@pytest.mark.parametrize("point", ["L1", "L2", "L3"])
def test_linear_seeds_are_wrong_in_second_order(guess, symmetry, point):
    wrong = []
    for amplitude in (2e-3, 1e-3):
        state, period = guess(MU, point, amplitude * gamma(MU, point))
        orbit = correct_orbits(state, period, mu=MU, symmetry=symmetry, hold="x" if symmetry == "planar" else "vz")
        wrong.append(np.linalg.norm(orbit.require().states[0] - state))
    assert wrong[0] / wrong[1] == pytest.approx(4.0, rel=0.05)


@pytest.mark.parametrize("point", ["L4", "L5"])
@pytest.mark.parametrize("short", [True, False])
def test_triangular_seeds_are_wrong_in_second_order(point, short):
    wrong = []
    for amplitude in (2e-3, 1e-3):
        state, period = seeds.triangular(MU, point, amplitude, short=short)
        orbit = correct_orbits(state, period, mu=MU, symmetry="planar, closed", hold="vy").require()
        wrong.append(np.linalg.norm(orbit.states[0] - state))
    assert wrong[0] / wrong[1] == pytest.approx(4.0, rel=0.1)
    assert np.linalg.norm(state[:2] - libration_points(MU)[int(point[1]) - 1, :2]) < 3e-3


def test_seeds_that_are_not_there():
    with pytest.raises(InputError, match="z_amplitude"):
        seeds.richardson(MU, "L1", np.nan)
    with pytest.raises(InputError, match="L4, L5"):
        seeds.triangular(MU, "L1", 1e-3, short=True)
    with pytest.raises(InputError, match="z_amplitude"):
        seeds.richardson(MU, "L1", 0.16)
    for call, match in (
        (lambda: seeds.lyapunov(MU, "L1", np.nan), "x_amplitude"),
        (lambda: seeds.vertical(MU, "L1", -0.1), "z_amplitude"),
        (lambda: seeds.triangular(MU, "L4", np.inf, short=True), "amplitude"),
        (lambda: seeds.circular(MU, 0.0, prograde=True), "radius"),
        (lambda: seeds.circular(0.7, 0.1, prograde=True), "mu"),
        (lambda: seeds.resonant(MU, 0, 1, 0.5, apogee=True, towards=True), "turns"),
        (lambda: seeds.resonant(MU, 2, 1, 1.0, apogee=True, towards=True), "eccentricity"),
    ):
        with pytest.raises(InputError, match=match):
            call()


def test_an_ellipse_is_closed_by_two_bodies():
    """Without the smaller body, two revolutions of the ellipse are one of the axes."""
    state, period = seeds.resonant(1e-15, 2, 1, 0.4, apogee=True, towards=True)
    end = propagate_cr3bp(state, period, mu=1e-15).states[0]
    assert np.abs(end - state).max() < 1e-10


@pytest.mark.parametrize("prograde", [True, False])
def test_a_small_circle_is_nearly_periodic(prograde):
    radius = 0.01 * gamma(MU, "L2")
    state, period = seeds.circular(MU, radius, prograde=prograde)
    assert np.linalg.norm((propagate_cr3bp(state, period, mu=MU).states[0] - state)[:3]) < 1e-4 * radius
