"""Spherical-harmonic gravity fields: the packaged lunar field, and files in the three common formats.

A field comes with its own gravitational parameter and radius, and is to be used with them: DE440's value
with a GRAIL field moves an NRHO by 200 m a week.
"""

import io
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lunarplan.errors import DataError, InputError
from lunarplan.model import data

FloatArray = npt.NDArray[np.float64]

_FLOAT = re.compile(r"[+-]?\d*\.?\d+(?:[eE][+-]?\d+)?")


@dataclass(frozen=True, eq=False)
class GravityField:
    """A gravity field in body-fixed axes.

    gm_km3_s2 : km3/s2, of the file
    radius_km : km, the reference radius of the coefficients
    c, s      : float64[degree + 1, degree + 1], fully normalised, [n, m]; c[0, 0] = 1; read-only
    axes      : the body-fixed axes of the coefficients
    sha256    : of the file, hexadecimal
    """

    name: str
    gm_km3_s2: float
    radius_km: float
    c: FloatArray
    s: FloatArray
    axes: str
    sha256: str

    @property
    def degree(self) -> int:
        """Highest degree and order of the field."""
        return len(self.c) - 1

    @classmethod
    def packaged_moon(cls) -> "GravityField":
        """Return the lunar field GRGM900C (GRAIL) to degree and order 100, in MOON_PA.

        Source: Lemoine et al. 2014, GRL 41, 3382; file gggrx_0900c_sha.tab of the PDS, truncated.
        """
        return _packaged_moon()

    @classmethod
    def from_file(cls, path: Path | str, *, axes: str = "moon_pa") -> "GravityField":
        """Return the field in a file: `.tab` (PDS, SHA), `.gfc` (ICGEM) or `.cof` (GMAT).

        axes : the body-fixed axes its publisher used; every GRAIL field is in MOON_PA.

        Raises InputError for another kind of file; DataError if it is missing, not fully normalised, or
        lacks, repeats or garbles a coefficient.
        """
        path = data.readable(path)
        if path.suffix.lower() not in _READERS:
            raise InputError(f"{path.suffix!r} is no gravity field", where=str(path), allowed=", ".join(_READERS))
        digest = data.sha256(path)
        lines = path.read_text(encoding="ascii", errors="replace").splitlines()
        try:
            if not lines:
                raise ValueError("it is empty")
            header, rows = _READERS[path.suffix.lower()](lines)
            c, s = _tables(header.degree, _numbers(rows))
        except (ValueError, IndexError) as error:
            raise DataError(str(error), where=str(path), remedy="fetch the file again") from error
        return cls(path.stem, header.gm_km3_s2, header.radius_km, c, s, axes, digest)

    def truncated(self, degree: int) -> "GravityField":
        """Return the field to a lower degree and order; raises InputError above the field's own."""
        if not 0 <= degree <= self.degree:
            raise InputError(
                f"degree {degree} of {self.name}",
                where="degree",
                allowed=f"0 to {self.degree}",
                remedy="lower it, or load a larger field with GravityField.from_file",
            )
        size = degree + 1
        return replace(self, c=_frozen(self.c[:size, :size]), s=_frozen(self.s[:size, :size]))


class _Header(NamedTuple):
    gm_km3_s2: float
    radius_km: float
    degree: int


def _read_sha(lines: list[str]) -> tuple[_Header, Iterable[str]]:
    """PDS, comma separated: radius km, GM km3/s2, its error, degree, order, normalisation; then n, m, C, S."""
    radius, gm, _, degree, order, normalisation, *_ = (float(word) for word in _decimal(lines[0]).split(","))
    if normalisation != 1.0:
        raise ValueError(f"normalisation state {normalisation:g}, not 1 (fully normalised)")
    rows = (",".join(line.split(",")[:4]).replace(",", " ") for line in lines[1:])
    return _header(gm, radius, degree, order), rows


def _read_gfc(lines: list[str]) -> tuple[_Header, Iterable[str]]:
    """ICGEM: keywords in SI units, then lines "gfc n m C S ..."."""
    words = [line.split() for line in lines]
    head = {line[0]: line[1] for line in words if len(line) == 2}
    gm = head.get("earth_gravity_constant", head.get("gravity_constant"))
    if gm is None or not {"radius", "max_degree"} <= head.keys():
        raise ValueError("its header lacks gravity_constant, radius or max_degree")
    if head.get("norm", "fully_normalized") != "fully_normalized":
        raise ValueError(f"norm {head['norm']}, not fully_normalized")
    if any(line and line[0] in ("gfct", "dot", "trnd", "acos", "asin") for line in words):
        raise ValueError("holds coefficients that change with time")
    degree = float(head["max_degree"])
    rows = (" ".join(line[1:5]) for line in words if line and line[0] == "gfc")
    return _header(float(_decimal(gm)) * 1e-9, float(_decimal(head["radius"])) * 1e-3, degree, degree), rows


def _read_cof(lines: list[str]) -> tuple[_Header, Iterable[str]]:
    """GMAT: fixed columns in SI units, POTFIELD degree, order, GM, radius, normalisation; RECOEF n, m, C, S."""
    head = next((line for line in lines if line.startswith("POTFIELD")), None)
    if head is None:
        raise ValueError("it has no POTFIELD line")
    gm, radius, normalisation = (float(word) for word in _decimal(head[17:]).split())
    if normalisation != 1.0:
        raise ValueError(f"normalisation {normalisation:g}, not 1 (fully normalised)")
    rows = (_cof_row(line) for line in lines if line.startswith("RECOEF"))
    return _header(gm * 1e-9, radius * 1e-3, float(head[8:11]), float(head[11:14])), rows


def _cof_row(line: str) -> str:
    """C and S may touch, and S of order 0 may be left out."""
    words = _FLOAT.findall(_decimal(line[14:]))
    if len(words) == 1 and int(line[11:14]) == 0:
        words.append("0")
    return " ".join([line[8:11], line[11:14], *words])


_READERS: dict[str, Callable[[list[str]], tuple[_Header, Iterable[str]]]] = {
    ".tab": _read_sha,
    ".gfc": _read_gfc,
    ".cof": _read_cof,
}


def _header(gm_km3_s2: float, radius_km: float, degree: float, order: float) -> _Header:
    if not (degree == order == int(degree) and 2 <= degree <= 2200):
        raise ValueError(f"degree {degree:g} and order {order:g}, not one number from 2 to 2200")
    if not (10.0 < radius_km < 1e5 and 1.0 < gm_km3_s2 < 1e9):
        raise ValueError(f"radius {radius_km:g} km and GM {gm_km3_s2:g} km3/s2 are those of no planet or moon")
    return _Header(gm_km3_s2, radius_km, int(degree))


def _decimal(text: str) -> str:
    """Return Fortran's exponents as Python reads them."""
    return text.replace("D", "E").replace("d", "e")


def _numbers(rows: Iterable[str]) -> FloatArray:
    """Return n, m, C, S of every row, float64[rows, 4]."""
    text = "\n".join(_decimal(row) for row in rows if row.strip())
    if not text:
        raise ValueError("it holds no coefficients")
    return np.loadtxt(io.StringIO(text), dtype=np.float64, ndmin=2, comments=None, usecols=(0, 1, 2, 3))


def _tables(degree: int, rows: FloatArray) -> tuple[FloatArray, FloatArray]:
    n, m = rows[:, 0].astype(np.int64), rows[:, 1].astype(np.int64)
    wrong = ~((n == rows[:, 0]) & (m == rows[:, 1]) & (m >= 0) & (m <= n) & (n <= degree))
    wrong |= ~(np.abs(rows[:, 2:]) <= 1.0).all(axis=1)
    if np.any(wrong):
        raise ValueError(f"coefficient {np.argmax(wrong) + 1} is impossible: {rows[np.argmax(wrong)]}")
    seen = np.zeros((degree + 1, degree + 1), dtype=np.int64)
    np.add.at(seen, (n, m), 1)
    wanted = np.tri(degree + 1, dtype=bool) & (np.arange(degree + 1) >= 2)[:, np.newaxis]
    bad = (seen > 1) | (wanted & (seen == 0))
    if np.any(bad):
        order = np.argwhere(bad)[0]
        raise ValueError(f"coefficient n={order[0]}, m={order[1]} is given {seen[tuple(order)]} times")
    c, s = np.zeros(seen.shape), np.zeros(seen.shape)
    c[n, m], s[n, m] = rows[:, 2], rows[:, 3]
    c[0, 0] = 1.0
    return _frozen(c), _frozen(s)


def _frozen(array: FloatArray) -> FloatArray:
    array = np.ascontiguousarray(array)
    array.flags.writeable = False
    return array


@cache
def _packaged_moon() -> GravityField:
    return replace(GravityField.from_file(data.packaged(data.MOON_GRAVITY)), name="GRGM900C")
