"""An oracle for powered descent and ascent: direct collocation, which knows nothing of primer vectors."""

import numpy as np
from scipy.optimize import minimize


def least_time(start, end, gm, acceleration, exhaust_speed, guess_s, sense, segments=10):
    """Least burn, s, from (radius, climb, speed) to another, thrust direction free: Hermite-Simpson, by SLSQP.

    Lengths in km, s. Unknowns: radius, climb, speed and pitch at the knots and the middles, and the duration, counted
    in scales of the problem.
    """
    n, scale = 2 * segments + 1, np.array([10.0, 0.1, 1.0])
    parts = np.linspace(0.0, 1.0, n)
    a, m, b = slice(0, -1, 2), slice(1, None, 2), slice(2, None, 2)

    def rate(y, pitch, t):
        r, u, v = y
        thrust = acceleration / (1.0 - acceleration / exhaust_speed * t)
        return np.stack(
            [u, v * v / r - gm / r**2 + thrust * np.sin(pitch), -u * v / r + sense * thrust * np.cos(pitch)]
        )

    def defects(z):
        y = start[:, None] + z[: 3 * n].reshape(3, n) * scale[:, None]
        duration = z[-1] * guess_s
        f, h = rate(y, z[3 * n : 4 * n], parts * duration), duration / segments
        middle = y[:, m] - 0.5 * (y[:, a] + y[:, b]) - h / 8.0 * (f[:, a] - f[:, b])
        whole = y[:, b] - y[:, a] - h / 6.0 * (f[:, a] + 4.0 * f[:, m] + f[:, b])
        ends = np.stack([y[:, 0] - start, y[:, -1] - end], axis=1)
        return (np.concatenate([middle, whole, ends], axis=1) / scale[:, None]).ravel()

    def partials(z):
        steps = np.eye(len(z)) * 1e-7
        return np.stack([(defects(z + d) - defects(z - d)) / 2e-7 for d in steps], axis=1)

    line = parts * ((end - start) / scale)[:, None]
    first = np.concatenate([line.ravel(), 0.1 + 0.5 * parts, [1.0]])
    last = np.eye(len(first))[-1]
    found = minimize(
        lambda z: z[-1], first, jac=lambda z: last, method="SLSQP",
        constraints={"type": "eq", "fun": defects, "jac": partials}, options={"maxiter": 300, "ftol": 1e-10},
    )  # fmt: skip
    assert found.success, found.message
    return found.x[-1] * guess_s
