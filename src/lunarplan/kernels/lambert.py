"""Lambert's problem in lanes: the two velocities that join two places in a given time.

Variables of Lancaster and Blanchard: with c the chord, s the semi-perimeter and a the semi-major axis,
``x**2 = 1 - s / (2 a)``, ``lam**2 = 1 - c / s`` (lam < 0 beyond half a turn), ``time = sqrt(2 gm / s**3) tof``.
One expression gives the time for ellipse, parabola and hyperbola; an iteration of fourth order, kept inside a
bracket, inverts it. Any consistent units.

Source: Izzo 2015, "Revisiting Lambert's problem", CMDA 121: eq. 18 (time), 22 (derivatives), 30 and 31 (first
guesses). Departs: the arc is one half-angle series for all conics, so there is neither a logarithm nor a switch
at the parabola; lam comes from the bisector of the two places, so it keeps its digits near half a turn.
"""

import math
from functools import cache

from .jit import compiled, inlined, lane_width
from .lanes import (
    absolute,
    any_lane,
    copysign,
    exp2_coarse,
    fma,
    get_lane,
    load,
    log2_coarse,
    maximum,
    minimum,
    rsqrt,
    select,
    set_lane,
    sqrt,
    stack,
    store,
)
from .linalg3 import across, added, chosen, combined, cross, dot, less, resolved, scaled

OK, COLLINEAR, RECTILINEAR, NO_SOLUTION, NOT_CONVERGED, BAD_INPUT = range(6)

BLOCK = 128  # rows staged at a time as arrays of components, so that lanes are filled by whole loads
MAX_ITERATIONS = 60
MAX_HALVINGS = 40
LAST_STEP = 1e-4  # of the distance to the nearest singularity: the fourth-order step after it is below the last bit
COLLINEAR_SINE = 1e-14  # below it the rounding of the places alone decides the plane
PARABOLIC = 2e-4  # half-width in 1 - x^2 of the strip where derivatives come from their expansion
SERIES_LIMIT = 0.05  # up to which `arc_series` has full precision
SMALLEST, LARGEST = 1e-100, 1e100  # admissible radii, times and gm
INFINITE = 1e300
LATE = 1.29  # the shift of slow transfers' first guess, fitted: two iterations then settle all but a few in 1e5
ROUNDING = 1e-15  # relative, of a time of flight


# ---------------------------------------------------------------- time of flight


@inlined
def arc_series(s):
    """1/3 - s/5 + s^2/7 - ... + s^10/23."""
    s2 = s * s
    even = fma(s2, fma(s2, fma(s2, fma(s2, fma(s2, 1 / 23, 1 / 19), 1 / 15), 1 / 11), 1 / 7), 1 / 3)
    odd = fma(s2, fma(s2, fma(s2, fma(s2, 1 / 21, 1 / 17), 1 / 13), 1 / 9), 1 / 5)
    return fma(-s, odd, even)


@inlined
def arc_deficit(s, q):
    """(1 - arctan(sqrt s) / sqrt s) / s, smooth through s = 0 (arctanh below); q = sqrt(1 + s) > 0.

    Steps arctan t = 2 arctan(t / (1 + sqrt(1 + t^2))) bring s into the reach of the series; what they leave out is
    summed on the way, all terms positive.
    """
    r = 1.0 / (1.0 + q)
    total = r * r
    weight = 2.0 * r * total
    s = s * total
    r = 1.0 / (1.0 + sqrt(1.0 + s))
    r2 = r * r
    total = fma(weight, r2, total)
    weight = weight * (2.0 * r * r2)
    s = s * r2
    for _ in range(MAX_HALVINGS):
        far = absolute(s) > SERIES_LIMIT
        if not any_lane(far):
            break
        r = select(far, 1.0 / (1.0 + sqrt(1.0 + s)), 1.0)
        r2 = r * r
        total = select(far, fma(weight, r2, total), total)
        weight = select(far, weight * (2.0 * r * r2), weight)
        s = s * r2
    return fma(weight, arc_series(s), total)


@inlined
def roots(x, lam, chord):
    """y = sqrt(1 - lam^2 (1 - x^2)), 1/y, and |y| + |lam x| = the larger of y - lam x and y + lam x."""
    y2 = fma(lam * lam, x * x, chord)
    y_inverse = rsqrt(y2)
    y = y2 * y_inverse
    return y, y_inverse, y + absolute(lam * x)


@inlined
def time_of_flight(x, lam, chord, turns):
    """Time at x; also y, 1/y, 1 - x^2 and its inverse. chord = c / s = 1 - lam^2; turns = pi times whole revolutions.

    cos psi = lam + x (y - lam x) tells which form keeps its digits: Izzo's eq. 18, or for x > 0 and psi below a
    quarter turn the same with the division by 1 - x^2 carried out.
    """
    u = fma(-x, x, 1.0)
    y, y_inverse, larger = roots(x, lam, chord)
    flat = x > 0.0
    apart = select(flat, x + y, 1.0)
    shared = chord / (larger * apart)
    minus = select(lam * x > 0.0, shared * apart, larger)
    cosine = fma(x, minus, lam)
    flat = flat & (cosine >= 0.0)
    half = 1.0 / (1.0 + absolute(cosine))
    tangent = minus * half
    s = u * tangent * tangent
    deficit = arc_deficit(s, sqrt(2.0 * half))

    smooth = fma(1.0 + lam, shared * larger, fma(lam, lam, 1.0) * minus) * half
    smooth = fma(-2.0 * tangent * tangent, tangent * deficit, smooth)

    root = rsqrt(maximum(absolute(u), 1e-300))
    u_inverse = copysign(root * root, u)
    arc = 2.0 * tangent * fma(-s, deficit, 1.0)
    arc = select(cosine < 0.0, fma(math.pi, root, -arc), arc)
    general = (arc - x + lam * y) * u_inverse

    time = select(flat, smooth, general)
    return fma(turns * root, u_inverse, time), y, y_inverse, u, u_inverse


@inlined
def slopes(x, time, lam, chord, y_inverse, u, u_inverse, turns):
    """First three derivatives of the time with respect to x (Izzo's eq. 22; near the parabola their expansion)."""
    lam2 = lam * lam
    lam3 = lam * lam2
    lam5 = lam3 * lam2
    over2 = y_inverse * y_inverse
    bend = 2.0 * chord * lam3 * over2 * y_inverse
    d1 = fma(3.0 * x, time, fma(2.0 * lam3, x * y_inverse, -2.0)) * u_inverse
    d2 = fma(3.0, time, fma(5.0 * x, d1, bend)) * u_inverse
    d3 = fma(7.0 * x, d2, fma(8.0, d1, -3.0 * lam2 * bend * x * over2)) * u_inverse

    e = x - 1.0
    p1 = -0.4 * (1.0 - lam5)
    p2 = (6.0 * chord * lam5 - 8.0 * p1) * (1.0 / 7.0)
    p3 = (2.0 * chord * lam5 * fma(-5.0, lam2, 1.0) - 5.0 * p2) * (1.0 / 3.0)
    parabolic = (absolute(u) < PARABOLIC) & (turns <= 0.0)
    d1 = select(parabolic, fma(e, fma(0.5 * e, p3, p2), p1), d1)
    d2 = select(parabolic, fma(e, p3, p2), d2)
    return d1, d2, select(parabolic, p3, d3)


# ---------------------------------------------------------------- first guesses


@inlined
def guess_direct(time, lam, chord):
    """Less than one revolution, to a few per cent of the distance to the nearest singularity.

    Izzo's eq. 30 for times shorter than at x = 0. For longer ones the same power law, shifted so that slope and
    asymptote agree as well. For places close together the exact limit lam -> 1.
    """
    size = absolute(lam)
    short = maximum(1.0 - size, 0.5 * chord)  # 1 - |lam|, never zero
    at_zero = sqrt(short) * fma(size, fma(size, fma(size, -0.0797, 0.5445), 0.7927), 1.5706)  # to 1e-4
    at_zero = select(lam < 0.0, math.pi - at_zero, at_zero)
    thirds = fma(lam, 1.0 + lam, 1.0)
    at_one = (2.0 / 3.0) * select(lam < 0.0, 1.0 - lam, short) * thirds

    close = (lam > 0.8) & (time < 1.5)
    hyperbolic = time <= at_one
    zero_log = log2_coarse(at_zero)
    top = select(hyperbolic, (5.0 / 3.0) * thirds * (at_one - time), log2_coarse(time) - zero_log)
    bottom = select(hyperbolic, time * fma(lam * lam * lam, 1.0 + lam, thirds), log2_coarse(at_one) - zero_log)
    ratio = select(close, chord, top) / select(close, time, bottom)
    late = log2_coarse(maximum(time - at_zero, 0.0) + LATE)
    x = exp2_coarse(select(time > at_zero, (-2.0 / 3.0) * (late - math.log2(LATE)), minimum(ratio, 1.0))) - 1.0
    x = select(hyperbolic, 1.0 + ratio, x)
    return select(close, fma(-0.25, time, ratio), x)


@inlined
def guess_turns(time, turns, side, fold, fold_time, fold_bend):
    """With whole revolutions: Izzo's eq. 31; the osculating parabola close to the fold or where 31 crosses it."""
    scale = turns + select(side < 0.0, math.pi, 0.0)
    k = exp2_coarse((2.0 / 3.0) * side * (log2_coarse(8.0 * time) - log2_coarse(scale)))
    far = (k - 1.0) / (k + 1.0)
    late = maximum(time - fold_time, 0.0)
    near = fold + side * minimum(sqrt(2.0 * late / fold_bend), 0.5 * (1.0 - side * fold))
    return select((late < 0.2 * fold_time) | ((far - fold) * side <= 0.0), near, far)


# ---------------------------------------------------------------- iterations


@inlined
def quickest(lam, chord, turns):
    """x, time and its second derivative for the shortest transfer with whole revolutions; Halley on the slope."""
    x = 0.0 * lam
    low, high = x - 1.0, x + 1.0
    active = x + 1.0
    iterations = 0
    while iterations < MAX_ITERATIONS and any_lane(active > 0.0):
        iterations += 1
        t, y, y_inverse, u, u_inverse = time_of_flight(x, lam, chord, turns)
        d1, d2, d3 = slopes(x, t, lam, chord, y_inverse, u, u_inverse, turns)
        step = 2.0 * d1 * d2 / fma(2.0 * d2, d2, -d1 * d3)
        low = select(d1 < 0.0, x, low)
        high = select(d1 < 0.0, high, x)
        moved = x - step
        settled = absolute(step) <= LAST_STEP * minimum(1.0 - absolute(x), y)
        trusted = settled | ((moved >= low) & (moved <= high))
        x = select(active > 0.0, select(trusted, moved, 0.5 * (low + high)), x)
        active = select(settled, 0.0, active)
    t, y, y_inverse, u, u_inverse = time_of_flight(x, lam, chord, turns)
    d1, d2, d3 = slopes(x, t, lam, chord, y_inverse, u, u_inverse, turns)
    return x, t, d2


@inlined
def find_x(x, active, time, lam, chord, turns, low, high, falls, fold):
    """Solve time_of_flight(x) = time between low and high; falls = 1 where the time falls with x, -1 where it rises.

    active : 1.0 where there is something to solve; fold : the x of `quickest`, or infinite. Returns x, and active as
    it is left: 1.0 where not converged. Householder's fourth-order step; a converged lane rests, so that its answer
    does not depend on its neighbours.
    """
    iterations = 0
    while iterations < MAX_ITERATIONS and any_lane(active > 0.0):
        iterations += 1
        t, y, y_inverse, u, u_inverse = time_of_flight(x, lam, chord, turns)
        d1, d2, d3 = slopes(x, t, lam, chord, y_inverse, u, u_inverse, turns)
        f = t - time
        d1d1 = d1 * d1
        step = f * fma(-0.5 * f, d2, d1d1) / fma(d1, fma(-f, d2, d1d1), d3 * f * f * (1.0 / 6.0))
        below = f * falls > 0.0
        low = select(below, x, low)
        high = select(below, high, x)
        reach = minimum(minimum(1.0 + x, y), absolute(x - fold))
        reach = minimum(reach, select(turns > 0.0, absolute(1.0 - x), INFINITE))
        small = absolute(step) <= LAST_STEP * reach
        exact = absolute(f) <= ROUNDING * time  # next to the fold steps do not become small
        top = minimum(high, fma(2.0, x, 3.0))
        moved = x - step
        guarded = select((moved >= low) & (moved <= top), moved, 0.5 * (low + top))
        moved = select(small, moved, select(exact, x, guarded))
        x = select(active > 0.0, moved, x)
        active = select(small | exact, 0.0, active)
    return x, active


# ---------------------------------------------------------------- geometry


@inlined
def admissible(value):
    """True for a positive, finite number whose products stay in range."""
    return (value > SMALLEST) & (value < LARGEST)


@inlined
def plane(u, w, pole, apart, usable, resolve):
    """Normal along u x w (any length), and why there is none; with `resolve` the pole gives it at half a turn."""
    normal = cross(u, w)
    aligned = dot(normal, normal) < COLLINEAR_SINE * COLLINEAR_SINE
    opposite = dot(u, w) < 0.0
    status = select(aligned, select(opposite | (apart <= 0.0), 1.0 * COLLINEAR, 1.0 * RECTILINEAR), 0.0 * apart)
    if resolve:
        given = across(pole, u)
        valid = aligned & opposite & (dot(given, given) > 1e-20 * dot(pole, pole))
        normal = chosen(valid, given, normal)
        status = select(valid, 1.0 * OK, status)
    return normal, select(usable, status, 1.0 * BAD_INPUT)


@inlined
def solve_x(time, lam, chord, turns, side, status, whole):
    """x for the time, the status with what the search found, and the shortest time with that many revolutions."""
    zero = 0.0 * time
    x, shortest = guess_direct(time, lam, chord), zero
    low, high, falls, fold = zero - 1.0, zero + INFINITE, zero + 1.0, zero + INFINITE
    if whole:
        around = turns > 0.0
        fold, shortest, bend = quickest(lam, chord, select(around, turns, math.pi))
        x = select(around, guess_turns(time, turns, side, fold, shortest, bend), x)
        low = select(around, select(side < 0.0, low, fold), low)
        high = select(around, select(side < 0.0, fold, 1.0), high)
        falls = select(around, -side, 1.0)
        fold, shortest = select(around, fold, INFINITE), select(around, shortest, 0.0)
        status = select((status <= 0.0) & (time < shortest * (1.0 - ROUNDING)), 1.0 * NO_SOLUTION, status)
    active = select(status <= 0.0, 1.0, 0.0)
    x, active = find_x(select(active > 0.0, x, 0.5), active, time, lam, chord, turns, low, high, falls, fold)
    return x, select(active > 0.0, 1.0 * NOT_CONVERGED, status), shortest


@inlined
def velocities(x, lam, chord, gm, s, r1, r2, over1, over2, over_c, u, w, normal):
    """At both ends; normal is of unit length and along the angular momentum. Source: Izzo 2015, algorithm 1."""
    y, _, larger = roots(x, lam, chord)
    plus = select(lam * x > 0.0, larger, chord / larger)
    speed = sqrt(0.5 * gm * s)
    opening = less(w, u)
    around = speed * plus * sqrt(r1 * r2 * dot(opening, opening)) * over_c
    common, tilt = speed * fma(lam, y, -x), speed * (r1 - r2) * over_c * fma(lam, y, x)
    v1 = combined(over1 * (common - tilt), u, over1 * around, cross(normal, u))
    v2 = combined(-over2 * (common + tilt), w, over2 * around, cross(normal, w))
    return v1, v2


@inlined
def solve_lanes(place1, place2, tof, gm, pole, turns, sense, side, resolve, whole):
    """Both velocities, status, and the shortest time of flight with that many revolutions.

    pole : tells prograde from retrograde; with `resolve` it is also the plane's normal at half a turn
    turns : pi times the whole revolutions, all zero unless `whole`; sense : +1 prograde, -1 retrograde
    side : with whole revolutions -1 for the left branch, +1 for the right
    """
    r1, over1, u = resolved(place1)
    r2, over2, w = resolved(place2)
    c, over_c, _ = resolved(less(place2, place1))
    c = select(c > 0.0, c, 0.0)
    usable = admissible(r1) & admissible(r2) & admissible(tof) & admissible(gm) & admissible(dot(pole, pole))
    normal, status = plane(u, w, pole, c, usable, resolve)
    sense = sense * select(dot(normal, pole) < 0.0, -1.0, 1.0)

    s = 0.5 * (r1 + r2 + c)
    over_s = 1.0 / s
    bisector = added(u, w)
    lam = copysign(0.5 * over_s * sqrt(r1 * r2 * dot(bisector, bisector)), sense)
    unit_time = s * sqrt(0.5 * s / gm)
    sound = status <= 0.0
    lam, chord = select(sound, lam, 0.5), select(sound, c * over_s, 0.75)
    time = select(sound, tof / unit_time, 1.0)
    x, status, shortest = solve_x(time, lam, chord, turns, side, status, whole)

    upright = select(status <= 0.0, sense * rsqrt(dot(normal, normal)), math.nan)
    normal = scaled(upright, normal)
    v1, v2 = velocities(x, lam, chord, gm, s, r1, r2, over1, over2, over_c, u, w, normal)
    return v1[0], v1[1], v1[2], v2[0], v2[1], v2[2], status, shortest * unit_time


# ---------------------------------------------------------------- batches


@inlined
def stage(columns, first, array, step, row, rows, filled, items):
    """Copy `rows` rows of `items` numbers into columns first, first + 1, ...; the last row again up to `filled`."""
    for k in range(items):
        column = (first + k) * BLOCK
        for i in range(rows):
            set_lane(columns, 0, column + i, load(1, array, (row + i) * step + k))
        for i in range(rows, filled):
            set_lane(columns, 0, column + i, load(1, array, (row + rows - 1) * step + k))


@inlined
def unstage(columns, first, array, row, rows, items):
    """Copy columns first, first + 1, ... out into `rows` rows of an array."""
    for k in range(items):
        column = (first + k) * BLOCK
        for i in range(rows):
            store(array, (row + i) * items + k, get_lane(columns, 0, column + i))


@cache
def solver(whole, resolve, width=None):
    """Compiled batch solver.

    whole: with whole revolutions; resolve: the pole resolves half a turn; width: lanes, if not the CPU's own.

    The kernel's arguments: flat arrays r1, r2, pole (three numbers a row), tof, gm, turns (one), each with the step
    from row to row (0: one row for all); sense; side; flat outputs v1, v2, status, shortest (filled if `whole`); first
    and last row.
    """
    width = width or lane_width()
    room = BLOCK // width
    inputs, outputs = 12 * room, 8 * room

    @compiled
    def solve(r1, step1, r2, step2, tof, tof_step, gm, gm_step, pole, pole_step, turns, turns_step, sense, side,
              v1, v2, status, shortest, first, last):  # fmt: skip
        given, found = stack(width, inputs), stack(width, outputs)
        for row in range(first, last, BLOCK):
            rows = min(BLOCK, last - row)
            filled = -(-rows // width) * width
            stage(given, 0, r1, step1, row, rows, filled, 3)
            stage(given, 3, r2, step2, row, rows, filled, 3)
            stage(given, 6, tof, tof_step, row, rows, filled, 1)
            stage(given, 7, gm, gm_step, row, rows, filled, 1)
            stage(given, 8, pole, pole_step, row, rows, filled, 3)
            if whole:
                stage(given, 11, turns, turns_step, row, rows, filled, 1)
            for j in range(filled // width):
                answer = solve_lanes(
                    (given[j], given[room + j], given[2 * room + j]),
                    (given[3 * room + j], given[4 * room + j], given[5 * room + j]),
                    given[6 * room + j],
                    given[7 * room + j],
                    (given[8 * room + j], given[9 * room + j], given[10 * room + j]),
                    given[11 * room + j] if whole else 0.0 * given[j],
                    sense,
                    side,
                    resolve,
                    whole,
                )
                for k in range(8):
                    found[k * room + j] = answer[k]
            unstage(found, 0, v1, row, rows, 3)
            unstage(found, 3, v2, row, rows, 3)
            for i in range(rows):
                status[row + i] = int(get_lane(found, 0, 6 * BLOCK + i))
            if whole:
                unstage(found, 7, shortest, row, rows, 1)

    return solve
