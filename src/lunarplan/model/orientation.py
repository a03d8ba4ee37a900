"""The Moon's orientation: the lunar librations of DE440 as 3-1-3 Euler angles."""

from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lunarplan.errors import DataError
from lunarplan.kernels.chebyshev import add_positions, add_states
from lunarplan.model import data
from lunarplan.model.daf import Segment, read_pck
from lunarplan.model.granules import Series

FloatArray = npt.NDArray[np.float64]

MOON_PA_DE440 = 31008  # NAIF frame class

# 4 pi in two parts: the first has 36 bits, so that its product with a count of turns is exact.
_TWO_TURNS = float.fromhex("0x1.921fb5444p3")
_TWO_TURNS_REST = float.fromhex("0x1.68c234c4c6629p-36")


@dataclass(frozen=True, eq=False)
class MoonOrientation:
    """Rotation from ICRF to the Moon's principal axes (MOON_PA) over a span of TDB.

    segment : phi, theta, psi of the rotation R3(psi) R1(theta) R3(phi), as in a SPICE binary PCK
    """

    segment: Segment

    @classmethod
    def packaged(cls) -> "MoonOrientation":
        """Return the orientation of DE440 for 2020 to 2050."""
        return _packaged()

    @classmethod
    def from_file(cls, path: Path | str) -> "MoonOrientation":
        """Return the orientation in a SPICE binary PCK that holds MOON_PA_DE440 (frame class 31008).

        Raises DataError if the file is missing, damaged, or holds another frame: the rotation to mean-Earth
        axes that lunarplan applies belongs to DE440.
        """
        segments = read_pck(path)
        matching = [segment for segment in segments if segment.target == MOON_PA_DE440]
        if len(matching) != 1:
            found = ", ".join(str(segment.target) for segment in segments)
            raise DataError(f"holds frame classes {found}", where=str(path), allowed=f"one segment of {MOON_PA_DE440}")
        return cls(matching[0])

    @property
    def start_tdb(self) -> float:
        """TDB s from which the orientation is known."""
        return self.segment.start_tdb

    @property
    def end_tdb(self) -> float:
        """TDB s until which the orientation is known."""
        return self.segment.end_tdb

    @cached_property
    def series(self) -> Series:
        """Chebyshev records of the Euler angles, rad, with whole double turns taken off in every record.

        psi has grown past 4000 rad; near zero it keeps three more digits. The constant term is Chebyshev's
        c0.
        """
        angles = self.segment.coefficients.copy()
        turns = np.rint(angles[:, :, 0] / _TWO_TURNS)
        angles[:, :, 0] = (angles[:, :, 0] - turns * _TWO_TURNS) - turns * _TWO_TURNS_REST
        return Series(angles, self.segment.record_start_tdb, self.segment.record_length_s)

    def angles(self, tdb: FloatArray) -> FloatArray:
        """Return phi, theta, psi (..., 3) in rad, modulo 4 pi; the span is not checked here."""
        return self._evaluate(add_positions, tdb, 3)

    def matrix(self, tdb: FloatArray) -> FloatArray:
        """Return the rotation ICRF -> MOON_PA, (..., 3, 3); its rows are the principal axes."""
        phi, theta, psi = np.moveaxis(self.angles(tdb), -1, 0)
        (cf, sf), (ct, st), (cp, sp) = ((np.cos(angle), np.sin(angle)) for angle in (phi, theta, psi))
        rows = [
            [cp * cf - sp * ct * sf, cp * sf + sp * ct * cf, sp * st],
            [-sp * cf - cp * ct * sf, -sp * sf + cp * ct * cf, cp * st],
            [st * sf, -st * cf, ct],
        ]
        return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)

    def rate(self, tdb: FloatArray) -> FloatArray:
        """Return the angular velocity of MOON_PA relative to ICRF, along MOON_PA, (..., 3) in rad/s."""
        angles = self._evaluate(add_states, tdb, 6)
        _, theta, psi, phi_dot, theta_dot, psi_dot = np.moveaxis(angles, -1, 0)
        across = phi_dot * np.sin(theta)
        return np.stack(
            [
                across * np.sin(psi) + theta_dot * np.cos(psi),
                across * np.cos(psi) - theta_dot * np.sin(psi),
                phi_dot * np.cos(theta) + psi_dot,
            ],
            axis=-1,
        )

    def quaternion(self, tdb: FloatArray) -> FloatArray:
        """Return the unit quaternion (w, x, y, z) of the rotation ICRF -> MOON_PA, (..., 4).

        The first row of its matrix is 1 - 2(yy + zz), 2(xy + wz), 2(xz - wy). Its sign is continuous in
        time: a double turn of an angle leaves it alone.
        """
        return quaternion(self.angles(tdb))

    def _evaluate(self, kernel: object, tdb: FloatArray, width: int) -> FloatArray:
        tdb = np.asarray(tdb, dtype=np.float64)
        out = np.zeros((tdb.size, width))
        kernel(*self.series, 1.0, tdb.ravel(), out)  # type: ignore[operator]
        return out.reshape(*tdb.shape, width)


def quaternion(angles: FloatArray) -> FloatArray:
    """Return w, x, y, z (..., 4) of the rotation R3(psi) R1(theta) R3(phi), from phi, theta, psi (..., 3)."""
    phi, theta, psi = np.moveaxis(angles, -1, 0)
    half, mean, difference = 0.5 * theta, 0.5 * (phi + psi), 0.5 * (phi - psi)
    c, s = np.cos(half), np.sin(half)
    return np.stack([c * np.cos(mean), s * np.cos(difference), s * np.sin(difference), c * np.sin(mean)], axis=-1)


@cache
def _packaged() -> MoonOrientation:
    return MoonOrientation.from_file(data.packaged(data.ORIENTATION))
