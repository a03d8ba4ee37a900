"""Where is the Moon? A million epochs, sorted and shuffled, against everything that reads the same SPK.

    python benchmarks/versus_ephemeris.py [--epochs N] [--repeats N] [--ledger]

All read the packaged excerpt of DE440 and give the Moon relative to the Earth on one core. The error is against the
same polynomials summed in extended precision; most of a peer's error is the rounding of the epoch it takes.
"""

import argparse
from collections.abc import Callable

import numpy as np
from contest import Contender, Contest, compete, record, table
from jplephem.spk import SPK

from lunarplan.model import data
from lunarplan.model.ephemeris import Ephemeris

CHECKED = 2000
EPHEMERIS = Ephemeris.packaged()
Runner = Callable[[int], np.ndarray]


def truth(tdb):
    """Positions in km by Clenshaw's recurrence in extended precision, one epoch at a time."""
    moon, earth = (next(s for s in EPHEMERIS.segments if s.target == number) for number in (301, 399))
    coefficients = moon.coefficients.astype(np.longdouble) - earth.coefficients
    since = tdb.astype(np.longdouble) - moon.record_start_tdb
    record_of = (since // moon.record_length_s).astype(int)
    x = 2 * (since - record_of * moon.record_length_s) / moon.record_length_s - 1
    c = coefficients[record_of]
    b1 = b2 = np.zeros((tdb.size, 3), np.longdouble)
    for k in range(c.shape[2] - 1, 0, -1):
        b1, b2 = 2 * x[:, np.newaxis] * b1 - b2 + c[:, :, k], b1
    return x[:, np.newaxis] * b1 - b2 + c[:, :, 0]


def ours(tdb) -> Runner:
    return lambda n: EPHEMERIS.position("moon", "earth", tdb[:n])


def ours_with_velocity(tdb) -> Runner:
    return lambda n: EPHEMERIS.state("moon", "earth", tdb[:n])[:, :3]


def jplephem(tdb) -> Runner:
    kernel = SPK.open(data.packaged(data.EPHEMERIS))
    days = tdb / 86400.0
    return lambda n: (kernel[3, 301].compute(2451545.0, days[:n]) - kernel[3, 399].compute(2451545.0, days[:n])).T


def jplephem_one_segment(tdb) -> Runner:
    """The Moon relative to the Earth-Moon barycentre alone; the Earth's part is added here to check it."""
    kernel = SPK.open(data.packaged(data.EPHEMERIS))
    days = tdb / 86400.0
    earth = EPHEMERIS.position("earth", "earth_moon_barycenter", tdb[:CHECKED])

    def run(n: int) -> np.ndarray:
        moon = kernel[3, 301].compute(2451545.0, days[:n]).T
        return moon - earth if n == CHECKED else moon

    return run


def skyfield(tdb) -> Runner:
    from skyfield.api import load, load_file

    kernel, scale = load_file(str(data.packaged(data.EPHEMERIS))), load.timescale(builtin=True)
    time = scale.tdb_jd(2451545.0, tdb / 86400.0)
    return lambda n: (kernel["moon"] - kernel["earth"]).at(time[:n]).position.km.T


def spiceypy(tdb) -> Runner:
    import spiceypy as spice

    spice.furnsh(str(data.packaged(data.EPHEMERIS)))
    return lambda n: np.array(spice.spkpos("MOON", tdb[:n], "J2000", "NONE", "EARTH")[0])


def error(result, reference) -> tuple[float, float]:
    miss = np.abs(result[: len(reference)] - reference).max()
    return float(miss * 1e6), float("nan")


def contend(name: str, tdb, repeats: int):
    """Compare all on one list of epochs."""
    contest = Contest(
        f"moon {name}",
        f"Moon relative to Earth, {tdb.size:,} epochs, {name}",
        "mm",
        1.0,
        truth(tdb[:CHECKED]),
        error,
        CHECKED,
        per="epoch",
    )

    def contender(title: str, make: Callable[..., Runner], rows: int, target: float | None = None) -> Contender:
        return Contender(title, lambda _: make(tdb), min(rows, tdb.size), target=target, tolerances=(1.0,))

    promised = 50.0 if name == "sorted" else None
    results = compete(
        contest,
        [
            contender("ours", ours, tdb.size),
            contender("ours, with velocity", ours_with_velocity, tdb.size),
            contender("jplephem", jplephem, tdb.size, promised),
            contender("jplephem, one of the two segments", jplephem_one_segment, tdb.size, promised),
            contender("skyfield", skyfield, 200_000),
            contender("spiceypy", spiceypy, 50_000),
        ],
        repeats,
    )
    print(table(contest, results))
    return contest, results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--ledger", action="store_true", help="append the rows to LEDGER.md")
    arguments = parser.parse_args()
    shuffled = np.random.default_rng(0).uniform(EPHEMERIS.start_tdb, EPHEMERIS.end_tdb, arguments.epochs)
    for name, tdb in (("sorted", np.sort(shuffled)), ("shuffled", shuffled)):
        contest, results = contend(name, tdb, arguments.repeats)
        if arguments.ledger:
            record(results, contest)


if __name__ == "__main__":
    main()
