"""Relay satellites that criteria may ask for, as frozen elliptic orbits about the Moon."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Relay:
    """A relay on an ellipse that keeps its shape and the place of its apsides, to first order.

    perilune_altitude_km, apolune_altitude_km : over the sphere of 1737.4 km
    inclination_deg, argument_deg : to the plane of the Earth's orbit about the Moon, in which such orbits are frozen
    node_deg : of date, in that plane; a phase nobody publishes is an assumption
    """

    perilune_altitude_km: float
    apolune_altitude_km: float
    inclination_deg: float
    argument_deg: float
    node_deg: float
    source: str


RELAYS: dict[str, Relay] = {}
