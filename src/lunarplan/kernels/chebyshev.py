"""Chebyshev series in records of equal length: values and rates at many times.

Times may be in any order; runs that share a record are fastest. Any consistent units.
"""

from lunarplan.kernels.jit import compiled


@compiled
def add_positions(coefficients, start, length, scale, times, out):
    """Add `scale` times the series at `times` to `out`.

    coefficients : float64[records, 3, terms]
    start, length: float        start of the first record, and duration of each
    times        : float64[N]   a time outside the records is evaluated with the nearest one
    out          : float64[N, 3]

    Source: Clenshaw 1955.
    """
    last = coefficients.shape[0] - 1
    terms = coefficients.shape[2]
    for i in range(times.size):
        since = times[i] - start
        record = min(max(int(since / length), 0), last)
        x = 2.0 * ((since - record * length) / length) - 1.0
        for axis in range(3):
            c = coefficients[record, axis]
            b1 = 0.0
            b2 = 0.0
            for k in range(terms - 1, 0, -1):
                b1, b2 = 2.0 * x * b1 - b2 + c[k], b1
            out[i, axis] += scale * (x * b1 - b2 + c[0])


@compiled
def add_states(coefficients, start, length, scale, times, out):
    """Add `scale` times the series and its time derivative at `times` to `out`, float64[N, 6].

    Arguments as in `add_positions`. The derivative follows from Clenshaw's recurrence differentiated term
    by term.
    """
    last = coefficients.shape[0] - 1
    terms = coefficients.shape[2]
    for i in range(times.size):
        since = times[i] - start
        record = min(max(int(since / length), 0), last)
        x = 2.0 * ((since - record * length) / length) - 1.0
        for axis in range(3):
            c = coefficients[record, axis]
            b1 = 0.0
            b2 = 0.0
            d1 = 0.0
            d2 = 0.0
            for k in range(terms - 1, 0, -1):
                d1, d2 = 2.0 * (x * d1 + b1) - d2, d1
                b1, b2 = 2.0 * x * b1 - b2 + c[k], b1
            out[i, axis] += scale * (x * b1 - b2 + c[0])
            out[i, 3 + axis] += scale * (x * d1 + b1 - d2) * (2.0 / length)


@compiled
def add_accelerations(coefficients, start, length, scale, times, out):
    """Add `scale` times the second time derivative of the series at `times` to `out`, float64[N, 3].

    Arguments as in `add_positions`; Clenshaw's recurrence differentiated twice.
    """
    last = coefficients.shape[0] - 1
    terms = coefficients.shape[2]
    for i in range(times.size):
        since = times[i] - start
        record = min(max(int(since / length), 0), last)
        x = 2.0 * ((since - record * length) / length) - 1.0
        for axis in range(3):
            c = coefficients[record, axis]
            b1 = 0.0
            b2 = 0.0
            d1 = 0.0
            d2 = 0.0
            e1 = 0.0
            e2 = 0.0
            for k in range(terms - 1, 0, -1):
                e1, e2 = 2.0 * x * e1 + 4.0 * d1 - e2, e1
                d1, d2 = 2.0 * (x * d1 + b1) - d2, d1
                b1, b2 = 2.0 * x * b1 - b2 + c[k], b1
            out[i, axis] += scale * (x * e1 + 2.0 * d1 - e2) * (4.0 / (length * length))
