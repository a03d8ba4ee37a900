"""Where is the Moon? A million epochs, sorted and shuffled, against everything that reads the same SPK.

    python benchmarks/versus_ephemeris.py [--epochs N] [--repeats N] [--ledger]

All read the packaged excerpt of DE440 and give the Moon relative to the Earth on one core. The error is against the
same polynomials summed in extended precision; most of a peer's error is the rounding of the epoch it takes.
"""

import argparse
from collections.abc import Callable

import numpy as np
from contest import UNTUNED, Contender, Contest, compete, have, record, table
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


def astropy(tdb) -> Runner:
    from astropy.coordinates import get_body_barycentric
    from astropy.time import Time

    kernel, time = str(data.packaged(data.EPHEMERIS)), Time(2451545.0, tdb / 86400.0, format="jd", scale="tdb")

    def run(n: int) -> np.ndarray:
        moon, earth = (get_body_barycentric(body, time[:n], ephemeris=kernel) for body in ("moon", "earth"))
        return (moon - earth).xyz.to_value("km").T

    return run


def spiceypy(tdb) -> Runner:
    """CSPICE, all epochs in one call of its vectorised interface."""
    import spiceypy
    from spiceypy import cyice

    spiceypy.furnsh(str(data.packaged(data.EPHEMERIS)))
    return lambda n: np.asarray(cyice.spkgps_v(301, tdb[:n], "J2000", 399)[0])


def anise(tdb) -> Runner:
    """One call per epoch; the epochs are made beforehand."""
    from anise import Almanac
    from anise.constants import Frames
    from anise.time import Epoch

    almanac = Almanac(str(data.packaged(data.EPHEMERIS)))
    epochs = [Epoch.from_tdb_seconds(float(t)) for t in tdb[: ROWS["anise"]]]

    def run(n: int) -> np.ndarray:
        states = [almanac.translate(Frames.MOON_J2000, Frames.EARTH_J2000, epoch) for epoch in epochs[:n]]
        return np.array([(s.x_km, s.y_km, s.z_km) for s in states])

    return run


PEERS = (skyfield, astropy, spiceypy, anise)
ROWS = {"skyfield": 200_000, "astropy": 200_000, "spiceypy": 50_000, "anise": 20_000}


def error(result, reference) -> tuple[float, float]:
    miss = np.abs(result[: len(reference)] - reference).max()
    return float(miss * 1e6), float("nan")


def million(name: str, epochs: int = 1_000_000):
    """TDB seconds over the whole kernel, "sorted" or "shuffled"."""
    tdb = np.random.default_rng(0).uniform(EPHEMERIS.start_tdb, EPHEMERIS.end_tdb, epochs)
    return np.sort(tdb) if name == "sorted" else tdb


def field(name: str, tdb) -> tuple[Contest, list[Contender]]:
    """The contest over one list of epochs, and who takes part; peers that are not installed are named."""
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

    def contender(title: str, make: Callable[..., Runner], target: float | None = None) -> Contender:
        rows = min(ROWS.get(make.__name__, tdb.size), tdb.size)
        allowed = 20.0 if make is anise else None  # its epochs are whole nanoseconds of another count: 6 to 17 mm
        return Contender(title, lambda _: make(tdb), rows, target=target, allowed=allowed, tolerances=UNTUNED)

    promised = 50.0 if name == "sorted" else None
    found = [
        contender("ours", ours),
        contender("ours, with velocity", ours_with_velocity),
        contender("jplephem", jplephem, promised),
        contender("jplephem, one of the two segments", jplephem_one_segment, promised),
    ]
    return contest, found + [contender(peer.__name__, peer) for peer in PEERS if have(peer.__name__)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--ledger", action="store_true", help="append the rows to LEDGER.md")
    arguments = parser.parse_args()
    for name in ("sorted", "shuffled"):
        contest, contenders = field(name, million(name, arguments.epochs))
        results = compete(contest, contenders, arguments.repeats)
        print("\n" + table(contest, results), flush=True)
        if arguments.ledger:
            record(results, contest)


if __name__ == "__main__":
    main()
