"""Chebyshev series in records of equal length: values and time derivatives at many times.

Epochs that follow one another in one record are evaluated as lanes, others one by one, with the same bits. A time
outside the records is evaluated with the nearest one; the caller decides what is allowed. Any consistent units.

    coefficients : float64[records, 3, terms]
    start, length: float         start of the first record, and duration of each
    scale        : float         what the series is multiplied by before it is added to `out`
    times        : float64[N]

Source: Clenshaw 1955, and his recurrence differentiated term by term.
"""

from .jit import compiled, inlined, lane_width
from .lanes import any_lane, fma, get_lane, load, stack

LANES = lane_width()


@inlined
def record_at(time, start, length, records):
    """Index of the record that holds a time, or of the nearest one; the first for NaN."""
    position = (time - start) / length
    if position >= records:
        return records - 1
    return int(position) if position > 0.0 else 0


@inlined
def share_record(times, i, start, length, record):
    """True if the LANES times from the i-th on all lie in the record."""
    if i + LANES > times.size:
        return False
    last = (times[i + LANES - 1] - start) / length
    if not (record <= last < record + 1.0):  # settles most cases of times out of order
        return False
    position = (load(LANES, times, i) - start) / length
    return not (any_lane(position < float(record)) or any_lane(position >= record + 1.0))


@inlined
def scaled(time, start, length, record):
    """Time within a record, as -1 to 1."""
    return fma(time - start - record * length, 2.0 / length, -1.0)


@inlined
def values(c, x):
    """Three series at x in [-1, 1]."""
    y = x + x
    zero = x * 0.0
    px, py, pz = zero, zero, zero
    qx, qy, qz = zero, zero, zero
    for k in range(c.shape[1] - 1, 0, -1):
        px, qx = fma(y, px, c[0, k] - qx), px
        py, qy = fma(y, py, c[1, k] - qy), py
        pz, qz = fma(y, pz, c[2, k] - qz), pz
    return fma(x, px, c[0, 0] - qx), fma(x, py, c[1, 0] - qy), fma(x, pz, c[2, 0] - qz)


@inlined
def value_and_rate(c, x):
    """One series and its derivative at x in [-1, 1]."""
    y = x + x
    zero = x * 0.0
    p, q, dp, dq = zero, zero, zero, zero
    for k in range(c.size - 1, 0, -1):
        dp, dq = fma(y, dp, fma(2.0, p, -dq)), dp
        p, q = fma(y, p, c[k] - q), p
    return fma(x, p, c[0] - q), fma(x, dp, p - dq)


@inlined
def curvature(c, x):
    """Second derivative of one series at x in [-1, 1]."""
    y = x + x
    p, q, dp, dq, ddp, ddq = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for k in range(c.size - 1, 0, -1):
        ddp, ddq = fma(y, ddp, fma(4.0, dp, -ddq)), ddp
        dp, dq = fma(y, dp, fma(2.0, p, -dq)), dp
        p, q = fma(y, p, c[k] - q), p
    return fma(x, ddp, fma(2.0, dp, -ddq))


@compiled
def add_positions(coefficients, start, length, scale, times, out):
    """Add `scale` times the series to `out`, float64[N, 3]."""
    n = times.size
    scratch = stack(LANES, 3)
    i = 0
    while i < n:
        record = record_at(times[i], start, length, coefficients.shape[0])
        c = coefficients[record]
        if share_record(times, i, start, length, record):
            x = scaled(load(LANES, times, i), start, length, record)
            scratch[0], scratch[1], scratch[2] = values(c, x)
            for lane in range(LANES):
                for axis in range(3):
                    out[i + lane, axis] += scale * get_lane(scratch, axis, lane)
            i += LANES
        else:
            px, py, pz = values(c, scaled(times[i], start, length, record))
            out[i, 0] += scale * px
            out[i, 1] += scale * py
            out[i, 2] += scale * pz
            i += 1


@compiled
def add_states(coefficients, start, length, scale, times, out):
    """Add `scale` times the series and its time derivative to `out`, float64[N, 6]."""
    n = times.size
    half = 2.0 / length
    scratch = stack(LANES, 2)
    i = 0
    while i < n:
        record = record_at(times[i], start, length, coefficients.shape[0])
        c = coefficients[record]
        if share_record(times, i, start, length, record):
            x = scaled(load(LANES, times, i), start, length, record)
            for axis in range(3):
                scratch[0], scratch[1] = value_and_rate(c[axis], x)
                for lane in range(LANES):
                    out[i + lane, axis] += scale * get_lane(scratch, 0, lane)
                    out[i + lane, 3 + axis] += scale * (half * get_lane(scratch, 1, lane))
            i += LANES
        else:
            x1 = scaled(times[i], start, length, record)
            for axis in range(3):
                value, rate = value_and_rate(c[axis], x1)
                out[i, axis] += scale * value
                out[i, 3 + axis] += scale * (half * rate)
            i += 1


@compiled
def add_accelerations(coefficients, start, length, scale, times, out):
    """Add `scale` times the second time derivative of the series to `out`, float64[N, 3]."""
    half = 2.0 / length
    for i in range(times.size):
        record = record_at(times[i], start, length, coefficients.shape[0])
        x = scaled(times[i], start, length, record)
        for axis in range(3):
            out[i, axis] += scale * (half * half * curvature(coefficients[record, axis], x))
