"""Discs over horizons, one by one and in tiles, and the battery."""

import math

import numpy as np
import pytest

from lunarplan.kernels.jit import run_blocks
from lunarplan.kernels.sunlight import (
    ANY,
    CENTER,
    NEVER,
    NODATA,
    PIXELS,
    TILE,
    WHOLE,
    charge,
    disc_over_horizon,
    discs_over_horizons,
    highest_over_tiles,
    watch_tiles,
)
from tests.tolerances import DISC_BY_COLUMNS, DISC_FRACTION, TILE_DISC_FRACTION, TILE_MARGIN_DEG, TILE_SUM

RADIUS = np.radians(0.2666)
TURN = 2.0 * np.pi


def segment(x):
    """Fraction of a disc above a line x radii below its centre."""
    x = np.clip(x, -1.0, 1.0)
    return 0.5 + (np.arcsin(x) + x * np.sqrt(1.0 - x * x)) / np.pi


def by_columns(profile, azimuth, elevation, radius, columns=200_001):
    """Fraction and clearances from the horizon under each of many columns of the disc."""
    x = (np.arange(columns) + 0.5) / columns * 2.0 - 1.0
    half = np.sqrt(1.0 - x * x)
    known = TURN * np.arange(len(profile)) / len(profile)
    under = np.interp(azimuth + x * radius / np.cos(elevation), known, profile, period=TURN)
    over = (elevation - under) / radius
    seen = np.clip(half + over, 0.0, 2.0 * half)
    return seen.sum() / (2.0 * half).sum(), (half + over).max() * radius, (over - half).min() * radius


def one(profile, azimuth, elevation, radius, part=ANY):
    fraction, clearance = np.empty(1), np.empty(1)
    row = (np.array([v], float) for v in (azimuth, elevation, radius))
    discs_over_horizons(
        0, 1, np.atleast_2d(np.asarray(profile, float)), np.zeros(1, np.int64), *row, part, fraction, clearance
    )
    return fraction[0], clearance[0]


def random_discs(count, azimuths=720, seed=5):
    rng = np.random.default_rng(seed)
    profiles = np.radians(rng.normal(1.0, 0.3, (4, azimuths)))
    place = rng.integers(0, 4, count)
    azimuth, elevation = rng.uniform(-7.0, 14.0, count), np.radians(rng.normal(1.0, 0.4, count))
    return profiles, place, azimuth, elevation, np.full(count, RADIUS)


def many(discs, part=ANY):
    fraction, clearance = np.empty(len(discs[1])), np.empty(len(discs[1]))
    discs_over_horizons(0, len(fraction), *discs, part, fraction, clearance)
    return fraction, clearance


# ---------------------------------------------------------------- one disc


@pytest.mark.parametrize("over", [-1.5, -1.0, -0.999, -0.5, 0.0, 0.3, 0.9999, 1.0, 1.2])
def test_a_level_horizon_cuts_a_segment(over):
    fraction, clearance = one(np.full(720, 0.01), 1.0, 0.01 + over * RADIUS, RADIUS)
    assert fraction == pytest.approx(segment(over), abs=DISC_FRACTION)
    assert clearance == pytest.approx((over + 1.0) * RADIUS, abs=DISC_FRACTION)


@pytest.mark.parametrize("slope", [0.0, 0.3, -1.0, 3.0])
@pytest.mark.parametrize("over", [-0.8, -0.1, 0.4])
def test_a_slope_cuts_the_segment_beyond_its_distance_from_the_centre(slope, over):
    """One segment of the horizon across the whole disc: five azimuths, the disc in the middle of one step."""
    azimuth, elevation = 0.5 * TURN / 5, 0.05
    middle = elevation - over * RADIUS
    half = 0.5 * slope * TURN / 5 * math.cos(elevation)
    profile = np.array([middle - half, middle + half, middle, middle, middle])
    expected = segment(over / math.hypot(1.0, slope))
    assert one(profile, azimuth, elevation, RADIUS)[0] == pytest.approx(expected, abs=DISC_FRACTION)


def test_discs_over_crests_and_notches_column_by_column():
    discs = random_discs(120)
    whole, lower = many(discs, WHOLE)
    fraction, upper = many(discs)
    assert np.array_equal(whole, fraction)
    partly = 0
    for i, (p, azimuth, elevation, radius) in enumerate(zip(*discs[1:], strict=True)):
        expected = by_columns(discs[0][p], azimuth, elevation, radius)
        assert fraction[i] == pytest.approx(expected[0], abs=DISC_BY_COLUMNS)
        assert upper[i] == pytest.approx(expected[1], abs=DISC_BY_COLUMNS * RADIUS)
        assert lower[i] == pytest.approx(expected[2], abs=DISC_BY_COLUMNS * RADIUS)
        partly += 0.0 < expected[0] < 1.0
    assert partly > 40


def test_nothing_and_everything_are_exact_and_go_with_the_clearances():
    discs = random_discs(20_000, seed=6)
    fraction, upper = many(discs)
    _, center = many(discs, CENTER)
    _, lower = many(discs, WHOLE)
    assert np.array_equal(fraction > 0.0, upper > 0.0)
    assert np.array_equal(fraction == 1.0, lower >= 0.0)
    assert (upper >= center + RADIUS - 1e-15).all()
    assert (lower <= center - RADIUS + 1e-15).all()
    assert ((0.0 <= fraction) & (fraction <= 1.0)).all()
    assert (fraction == 0.0).any()
    assert (fraction == 1.0).any()


def test_a_disc_that_rises_shows_more_and_more():
    profiles, _, azimuth, _, _ = random_discs(40)
    for a in azimuth:
        heights = np.radians(np.linspace(-2.0, 4.0, 2000))
        rows = profiles, np.zeros(2000, np.int64), np.full(2000, a), heights, np.full(2000, RADIUS)
        fraction, clearance = many(rows)
        assert (np.diff(fraction) >= -DISC_FRACTION).all()
        assert (np.diff(clearance) > 0.0).all()
        assert (fraction[0], fraction[-1]) == (0.0, 1.0)


def test_any_turn_is_the_same_azimuth():
    profiles, place, azimuth, elevation, radius = random_discs(2000)
    here, _ = many((profiles, place, azimuth, elevation, radius))
    there, _ = many((profiles, place, azimuth + 3.0 * TURN, elevation, radius))
    assert there == pytest.approx(here, abs=1e-9)


def test_a_point_is_there_or_not():
    profile = np.full(8, 0.1)
    assert one(profile, 1.0, 0.1001, 0.0) == (1.0, pytest.approx(1e-4))
    assert one(profile, 1.0, 0.0999, 0.0) == (0.0, pytest.approx(-1e-4))
    assert one(np.zeros(8), 1.0, 0.0, 0.0) == (0.0, 0.0)


@pytest.mark.parametrize("elevation", [1.49, 1.51, np.pi / 2, -np.pi / 2])
def test_near_the_zenith_and_the_nadir(elevation):
    expected = 1.0 if elevation > 0.0 else 0.0
    assert one(np.full(720, 0.3), 2.0, elevation, RADIUS)[0] == expected


@pytest.mark.parametrize("what", [0, 1, 2])
def test_what_is_not_a_number_gives_none(what):
    row = [1.0, 0.01, RADIUS]
    row[what] = np.nan
    assert np.isnan(one(np.full(720, 0.01), *row)).all()


def test_the_kernel_is_plain_python_too():
    discs = random_discs(50)
    fraction, clearance = np.empty(50), np.empty(50)
    plain = getattr(discs_over_horizons, "py_func", discs_over_horizons)
    plain(0, 50, *discs, ANY, fraction, clearance)
    assert fraction == pytest.approx(many(discs)[0], abs=DISC_FRACTION)
    assert disc_over_horizon(np.full(4, 0.0), 0.0, 0.0, RADIUS)[0] == pytest.approx(0.5, abs=DISC_FRACTION)


def test_no_discs_at_all():
    assert many(random_discs(0))[0].shape == (0,)


# ---------------------------------------------------------------- tiles

POLE = np.array([[[0.0, 0.0, -1737.4], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, -1.0]]])
PIXEL = 0.5 / 1737.4


def tile_horizons(seed=2, tiles=1, azimuths=720):
    rng = np.random.default_rng(seed)
    return (rng.normal(0.8, 0.3, (tiles, azimuths, PIXELS)) * 360.0).astype(np.int16)


def suns(epochs=700, step=1.0):
    """A Sun that goes around a pole every 708 hours and up and down with the seasons."""
    hour = np.arange(epochs) * step
    around, up = -TURN * hour / 708.7, -np.radians(1.54) * np.sin(TURN * hour / 8319.0 + 0.5)
    unit = np.stack([np.cos(up) * np.cos(around), np.cos(up) * np.sin(around), np.sin(up)], axis=-1)
    return 1.49e8 * unit


def watched(horizons, bodies, part=ANY, turns=None, radius=695_700.0, workers=1):
    tiles = len(horizons)
    frames = np.repeat(POLE, tiles, axis=0)
    turns = np.tile([PIXEL, 0.0, 0.0], (tiles, 1)) if turns is None else turns
    total = np.full((tiles, PIXELS), np.nan)
    found = tuple(np.full((tiles, PIXELS), np.nan, np.float32) for _ in range(3))
    scratch = tuple(np.full((tiles, PIXELS), np.nan, np.float32) for _ in range(3))
    rows = horizons, frames, turns, bodies, radius, part, total, *found, scratch
    run_blocks(lambda a, b: watch_tiles(a, b, *rows), tiles, 1, workers)
    return total, *found


def flat(way, up):
    return way - (way @ up)[:, None] * up


def by_pixel(horizons, bodies, k, radius=695_700.0):
    """Distance of the horizon from the disc's centre, in radii, at one pixel of the tile at the pole, exactly."""
    place, east, north, up = POLE[0]
    row, column = divmod(k, TILE)
    middle = 0.5 * (TILE - 1)
    across, along = (column - middle) * PIXEL, -(row - middle) * PIXEL
    turned = up + across * east + along * north
    turned /= np.linalg.norm(turned)
    way = bodies - np.linalg.norm(place) * turned
    distance = np.linalg.norm(way, axis=1)
    elevation = np.arcsin(way @ turned / distance)
    azimuth = np.arctan2(flat(way, turned) @ east, flat(way, turned) @ north)
    step = (azimuth / TURN % 1.0) * horizons.shape[1]
    low = step.astype(int)
    h0, h1 = (np.radians(horizons[0, (low + i) % horizons.shape[1], k] / 360.0) for i in (0, 1))
    slope = (h1 - h0) * horizons.shape[1] / TURN / np.cos(elevation)
    over = elevation - h0 - (step - low) * (h1 - h0)
    return over / np.arcsin(radius / distance) / np.hypot(1.0, slope)


def runs(flags):
    """Longest run of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(int), [0]])))
    return int((edges[1::2] - edges[::2]).max()) if len(edges) else 0


@pytest.mark.parametrize(("part", "threshold"), [(ANY, -1.0), (CENTER, 0.0), (WHOLE, 1.0)])
def test_a_tile_is_what_its_pixels_are_one_by_one(part, threshold):
    horizons, bodies = tile_horizons(), suns(3000)
    total, count, dark, lit = watched(horizons, bodies, part)
    for k in (0, 31, 500, 527, 992, 1023):
        x = by_pixel(horizons, bodies, k)
        assert total[0, k] / len(x) == pytest.approx(segment(x).mean(), abs=TILE_SUM)
        seen = x > threshold
        unsure = int((np.abs(x - threshold) < 1e-2).sum())
        assert abs(count[0, k] - seen.sum()) <= unsure
        assert runs(~seen & ~(np.abs(x - threshold) < 1e-2)) <= dark[0, k] + unsure
        assert unsure < 30
        if not unsure:
            assert (count[0, k], dark[0, k], lit[0, k]) == (seen.sum(), runs(~seen), runs(seen))


def test_the_fraction_in_single_precision():
    """One epoch, the Sun due grid north over the middle of the tile, horizons from above to below the disc."""
    body = 1.49e8 * np.array([[np.cos(0.02), 0.0, -np.sin(0.02)]])
    horizons = np.empty((1, 720, PIXELS), np.int16)
    horizons[:] = np.linspace(230, 620, PIXELS).astype(np.int16)
    total, *_ = watched(horizons, body)
    expected = [segment(by_pixel(horizons, body, k)[0]) for k in range(PIXELS)]
    assert total[0] == pytest.approx(expected, abs=TILE_DISC_FRACTION)
    assert (total == 0.0).any()
    assert (total == 1.0).any()


def test_counts_add_up():
    horizons, bodies = tile_horizons(4), suns(2000)
    total, count, dark, lit = watched(horizons, bodies)
    assert (total <= count).all()
    assert (count + dark <= 2000).all()
    assert (lit <= count).all()
    twice = watched(horizons, np.concatenate([bodies, bodies]))
    assert twice[0] == pytest.approx(2.0 * total, rel=1e-5)
    assert np.array_equal(twice[1], 2 * count)


def test_a_sky_without_and_with_nothing_but_light():
    horizons, bodies = tile_horizons(), suns(300)
    horizons[0, :, 0], horizons[0, :, 1], horizons[0, :, 2] = 32400, -32400, NODATA
    total, count, dark, lit = watched(horizons, bodies)
    assert (total[0, 0], count[0, 0], dark[0, 0], lit[0, 0]) == (0.0, 0.0, 300.0, 0.0)
    for k in (1, 2):
        assert (total[0, k], count[0, k], dark[0, k], lit[0, k]) == (300.0, 300.0, 0.0, 300.0)


def test_threads_change_no_byte():
    horizons, bodies = tile_horizons(tiles=12, azimuths=90), suns(200)
    for alone, together in zip(watched(horizons, bodies), watched(horizons, bodies, workers=3), strict=True):
        assert alone.tobytes() == together.tobytes()


def test_no_epochs_and_no_tiles():
    assert not watched(tile_horizons(), np.empty((0, 3)))[0].any()
    assert watched(tile_horizons(tiles=0), suns(5))[0].shape == (0, PIXELS)


# ---------------------------------------------------------------- never lit


def test_the_highest_sun_over_a_tile():
    """Two closed paths against all places on them, pixel by pixel."""
    rng = np.random.default_rng(8)
    azimuths = 90
    horizons = (np.repeat(rng.normal(1.5, 0.4, (1, azimuths, 1)), PIXELS, axis=2) * 360.0).astype(np.int16)
    longitude = TURN * np.arange(720) / 720
    paths = np.stack(
        [
            1.49e8
            * np.stack([np.cos(d) * np.cos(longitude), np.cos(d) * np.sin(longitude), np.sin(d) + 0.0 * longitude], -1)
            for d in (-0.0268, 0.0268)
        ]
    )
    margin, ceilings = np.empty((1, PIXELS), np.float32), np.empty((1, 3, azimuths), np.float32)
    turns = np.array([[PIXEL, 0.0, 0.0]])
    highest_over_tiles(0, 1, horizons, POLE, turns, paths, 695_700.0, ceilings, margin)
    dense = paths.reshape(-1, 3)
    for k in (0, 31, 527, 1023):
        x = by_pixel_height(horizons, dense, k)
        assert margin[0, k] / 360.0 == pytest.approx(x, abs=TILE_MARGIN_DEG)


def by_pixel_height(horizons, bodies, k):
    """Largest height of the upper edge over the horizon, deg, from `by_pixel` with its slope taken back."""
    _, east, north, up = POLE[0]
    row, column = divmod(k, TILE)
    turned = up + (column - 15.5) * PIXEL * east - (row - 15.5) * PIXEL * north
    turned /= np.linalg.norm(turned)
    way = bodies - 1737.4 * turned
    distance = np.linalg.norm(way, axis=1)
    azimuth = np.arctan2(flat(way, turned) @ east, flat(way, turned) @ north)
    known = TURN * np.arange(horizons.shape[1]) / horizons.shape[1]
    under = np.interp(azimuth, known, horizons[0, :, k] / 360.0, period=TURN)
    return (np.degrees(np.arcsin(way @ turned / distance) + np.arcsin(695_700.0 / distance)) - under).max()


def test_a_body_that_comes_to_no_azimuth():
    """Both paths stand still due grid north: there it counts, and from a horizon that blocks it nothing is left."""
    horizons = np.full((1, 90, PIXELS), 720, np.int16)
    body = np.tile(1.49e8 * np.array([np.cos(0.05), 0.0, -np.sin(0.05)]), (1, 4, 1))
    margin, ceilings = np.empty((1, PIXELS), np.float32), np.empty((1, 3, 90), np.float32)
    turns = np.array([[PIXEL, 0.0, 0.0]])
    highest_over_tiles(0, 1, horizons, POLE, turns, body, 695_700.0, ceilings, margin)
    assert margin[0, 527] / 360.0 == pytest.approx(np.degrees(0.05) + 0.2675 - 2.0, abs=0.02)
    away = np.zeros((1, 4, 3)) + 1.49e8 * np.array(
        [np.cos(0.05) * np.cos(0.01), np.cos(0.05) * np.sin(0.01), -np.sin(0.05)]
    )
    highest_over_tiles(0, 1, horizons, POLE, turns, away, 695_700.0, ceilings, margin)
    assert (margin <= NEVER).all()


# ---------------------------------------------------------------- battery


def charged(power, most=10.0, least=2.0, start=5.0, into=0.9, out_of=0.8, duration=None):
    power = np.atleast_2d(np.asarray(power, float))
    duration = np.ones(power.shape[1]) if duration is None else duration
    level, spilled, missing = np.empty((len(power), power.shape[1] + 1)), np.empty_like(power), np.empty_like(power)
    bounds = (np.full(len(power), v) for v in (most, least, start))
    charge(0, len(power), power, duration, *bounds, into, out_of, level, spilled, missing)
    return level, spilled, missing


def test_a_battery_fills_and_empties_by_hand():
    level, spilled, missing = charged([4.0, 4.0, -2.0, -8.0, 0.0])
    assert level[0] == pytest.approx([5.0, 8.6, 10.0, 7.5, 2.0, 2.0])
    assert spilled[0] == pytest.approx([0.0, 2.2 / 0.9, 0.0, 0.0, 0.0])
    assert missing[0] == pytest.approx([0.0, 0.0, 0.0, 4.5 * 0.8, 0.0])


def test_energy_is_neither_made_nor_lost():
    rng = np.random.default_rng(3)
    power, duration = rng.normal(0.0, 3.0, (5, 400)), rng.uniform(0.1, 2.0, 400)
    level, spilled, missing = charged(power, duration=duration)
    assert (level >= 2.0).all()
    assert (level <= 10.0).all()
    taken = power * duration - spilled + missing
    assert np.diff(level, axis=1) == pytest.approx(np.where(taken > 0.0, taken * 0.9, taken / 0.8), abs=1e-12)
    perfect = charged(power, into=1.0, out_of=1.0, duration=duration)
    given = (power * duration - perfect[1] + perfect[2]).sum(axis=1)
    assert perfect[0][:, -1] - perfect[0][:, 0] == pytest.approx(given, abs=1e-10)
