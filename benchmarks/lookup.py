"""The Moon relative to the Earth at a million epochs: the workload, and who looks it up."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from peer_heyoka import bodies

from lunarplan.model import data
from lunarplan.model.ephemeris import Ephemeris

FIRST_TDB, SPAN_S = 8.0e8, 3.0e8  # nine and a half years within the packaged DE440
J2000_JD = 2451545.0


@dataclass(frozen=True)
class Epochs:
    tdb: Any

    @property
    def days(self) -> tuple[Any, Any]:
        """Julian date in two parts."""
        whole = np.floor(self.tdb / 86400.0)
        return J2000_JD + whole, (self.tdb - 86400.0 * whole) / 86400.0


def epochs(rows: int, *, ordered: bool) -> Epochs:
    tdb = FIRST_TDB + SPAN_S * np.random.default_rng(4).random(rows)
    return Epochs(np.sort(tdb) if ordered else tdb)


def place_error(result: Any, reference: Any) -> tuple[float, float]:
    """Largest error, mm."""
    n = min(len(result), len(reference))
    return float(np.abs(result[:n] - reference[:n]).max() * 1e6), float("nan")


def truth(work: Epochs, rows: int) -> Any:
    """jplephem at exactly split dates."""
    return bodies(work.tdb[:rows])[0].T


def ours(work: Epochs) -> Any:
    source = Ephemeris.packaged()
    return lambda tolerance: lambda n: source.position("moon", "earth", work.tdb[:n])


def jplephem(work: Epochs) -> Any:
    from jplephem.spk import SPK

    kernel = SPK.open(str(data.packaged(data.EPHEMERIS)))
    moon, earth = kernel[3, 301], kernel[3, 399]
    jd, part = work.days
    return lambda tolerance: lambda n: (moon.compute(jd[:n], part[:n]) - earth.compute(jd[:n], part[:n])).T


def skyfield(work: Epochs) -> Any:
    """Its time objects are made beforehand."""
    from skyfield.api import load
    from skyfield.jpllib import SpiceKernel

    kernel = SpiceKernel(str(data.packaged(data.EPHEMERIS)))
    vector = kernel["moon"] - kernel["earth"]
    scale = load.timescale(builtin=True)
    jd, part = work.days

    def prepare(tolerance: float) -> Any:
        made: dict[int, Any] = {}

        def run(n: int) -> Any:
            if n not in made:
                made[n] = scale.tdb_jd(jd[:n], part[:n])
            return vector.at(made[n]).position.km.T

        return run

    return prepare


def astropy(work: Epochs) -> Any:
    """Its time objects are made beforehand."""
    from astropy.coordinates import get_body_barycentric
    from astropy.time import Time

    jd, part = work.days
    kernel = str(data.packaged(data.EPHEMERIS))

    def prepare(tolerance: float) -> Any:
        made: dict[int, Any] = {}

        def run(n: int) -> Any:
            if n not in made:
                made[n] = Time(jd[:n], part[:n], format="jd", scale="tdb")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                moon, earth = (get_body_barycentric(body, made[n], ephemeris=kernel) for body in ("moon", "earth"))
            return (moon - earth).xyz.to_value("km").T

        return run

    return prepare


def spiceypy(work: Epochs) -> Any:
    """CSPICE in one call for all epochs (cyice)."""
    import spiceypy
    from spiceypy import cyice

    spiceypy.furnsh(str(data.packaged(data.EPHEMERIS)))
    return lambda tolerance: lambda n: np.asarray(cyice.spkgps_v(301, work.tdb[:n], "J2000", 399)[0])


def anise(work: Epochs) -> Any:
    """One call per epoch; its epochs are made beforehand."""
    from anise import Almanac
    from anise.constants import Frames
    from anise.time import Epoch

    almanac = Almanac(str(data.packaged(data.EPHEMERIS)))
    moon, earth = Frames.MOON_J2000, Frames.EARTH_J2000

    def prepare(tolerance: float) -> Any:
        made: list[Any] = []

        def run(n: int) -> Any:
            for k in range(len(made), n):
                made.append(Epoch.from_tdb_seconds(float(work.tdb[k])))
            out = np.empty((n, 3))
            for k in range(n):
                state = almanac.translate(moon, earth, made[k])
                out[k] = state.x_km, state.y_km, state.z_km
            return out

        return run

    return prepare
