"""An oracle for braking in three dimensions: direct collocation, which knows nothing of primer vectors."""

import numpy as np
from scipy.optimize import minimize


def least_burn(start, goal, goal_rate, planned_s, gm, acceleration, exhaust_speed, guess, segments=4):
    """Least burn, s, and shift, rad, from an orbit to a state that moves: Hermite-Simpson, by SLSQP.

    start : state[6], km and km/s, that may be turned along its orbit by any angle (the shift)
    goal, goal_rate : state[6] to be reached at ``planned_s``, and its rate
    guess : states [6, 2 segments + 1] and the burn, s. Unknowns: those, the thrust direction, burn and shift
    """
    n, scale = 2 * segments + 1, np.repeat([10.0, 0.1], 3)
    parts = np.linspace(0.0, 1.0, n)
    a, m, b = slice(0, -1, 2), slice(1, None, 2), slice(2, None, 2)
    up = start[:3] / np.linalg.norm(start[:3])
    normal = np.cross(start[:3], start[3:])
    normal /= np.linalg.norm(normal)
    states, burn_s = guess

    def turned(angle):
        c, s = np.cos(angle), np.sin(angle)
        return np.concatenate([c * x + s * np.cross(normal, x) for x in (start[:3], start[3:])])

    def rate(y, pitch, yaw, t):
        r, v = y[:3], y[3:]
        thrust = acceleration / (1.0 - acceleration / exhaust_speed * t)
        along = np.cross(normal, up)
        push = np.outer(up, np.sin(pitch)) - np.outer(along, np.cos(pitch) * np.cos(yaw))
        push += np.outer(normal, np.cos(pitch) * np.sin(yaw))
        return np.concatenate([v, thrust * push - gm * r / np.linalg.norm(r, axis=0) ** 3])

    def split(z):
        y = states + z[: 6 * n].reshape(6, n) * scale[:, None]
        return y, z[6 * n : 7 * n], z[7 * n : 8 * n], z[-2] * burn_s, 0.1 * z[-1]

    def defects(z):
        y, pitch, yaw, duration, shift = split(z)
        f, h = rate(y, pitch, yaw, parts * duration), duration / segments
        middle = y[:, m] - 0.5 * (y[:, a] + y[:, b]) - h / 8.0 * (f[:, a] - f[:, b])
        whole = y[:, b] - y[:, a] - h / 6.0 * (f[:, a] + 4.0 * f[:, m] + f[:, b])
        end = goal + goal_rate * (duration - planned_s)
        ends = np.stack([y[:, 0] - turned(shift), y[:, -1] - end], axis=1)
        return (np.concatenate([middle, whole, ends], axis=1) / scale[:, None]).ravel()

    def partials(z):
        steps = np.eye(len(z)) * 1e-7
        return np.stack([(defects(z + d) - defects(z - d)) / 2e-7 for d in steps], axis=1)

    first = np.concatenate([np.zeros(6 * n), 0.1 + 0.3 * parts, np.zeros(n), [1.0, 0.0]])
    gradient = np.zeros(len(first))
    gradient[-2] = 1.0
    found = minimize(
        lambda z: z[-2], first, jac=lambda z: gradient, method="SLSQP",
        constraints={"type": "eq", "fun": defects, "jac": partials}, options={"maxiter": 200, "ftol": 1e-9},
    )  # fmt: skip
    assert found.success, found.message
    return found.x[-2] * burn_s, 0.1 * found.x[-1]
