"""The quantities a mission may publish and a plan computes: the vocabulary of `[expect]`."""

import re
from dataclasses import dataclass

from lunarplan.config.units import ANGLE, C3, DURATION, LENGTH, MASS, SPEED, Dimension


@dataclass(frozen=True)
class Quantity:
    """A named number of a plan.

    dimension : None for an epoch
    unit      : the unit it is shown in; an epoch's tolerance and difference are shown in it too
    """

    label: str
    dimension: Dimension | None
    unit: str


_OF_A_BURN = {
    "epoch": Quantity("ignition", None, "min"),
    "delta_v": Quantity("delta-v", SPEED, "m/s"),
    "duration": Quantity("burn time", DURATION, "s"),
    "propellant": Quantity("propellant", MASS, "kg"),
    "altitude": Quantity("start altitude", LENGTH, "km"),
}

QUANTITIES: dict[str, Quantity] = {
    "launch_epoch": Quantity("launch", None, "min"),
    "parking_inclination": Quantity("parking inclination", ANGLE, "deg"),
    "parking_duration": Quantity("launch to TLI", DURATION, "min"),
    "tli_epoch": Quantity("TLI ignition", None, "min"),
    "tli_c3": Quantity("C3 after TLI", C3, "km2/s2"),
    "tli_delta_v": Quantity("TLI delta-v", SPEED, "m/s"),
    "flight_time": Quantity("launch to LOI", DURATION, "h"),
    "tof": Quantity("TLI to perilune", DURATION, "h"),
    "approach_perilune_altitude": Quantity("arrival perilune", LENGTH, "km"),
    "arrival_v_infinity": Quantity("arrival v-infinity", SPEED, "km/s"),
    "arrival_mass": Quantity("arrival mass", MASS, "kg"),
    "loi_epoch": Quantity("LOI ignition", None, "min"),
    "loi_delta_v": Quantity("LOI delta-v", SPEED, "m/s"),
    "loi_duration": Quantity("LOI burn time", DURATION, "s"),
    "loi_propellant": Quantity("LOI propellant", MASS, "kg"),
    "capture_period": Quantity("capture period", DURATION, "h"),
    "capture_perilune_altitude": Quantity("capture perilune", LENGTH, "km"),
    "capture_apolune_altitude": Quantity("capture apolune", LENGTH, "km"),
    "perilune_altitude": Quantity("final perilune", LENGTH, "km"),
    "apolune_altitude": Quantity("final apolune", LENGTH, "km"),
    "period": Quantity("final period", DURATION, "h"),
    "inclination": Quantity("final inclination", ANGLE, "deg"),
    "flyby_epoch": Quantity("flyby burn", None, "min"),
    "flyby_delta_v": Quantity("flyby delta-v", SPEED, "m/s"),
    "flyby_altitude": Quantity("flyby altitude", LENGTH, "km"),
    "flyby_propellant": Quantity("flyby propellant", MASS, "kg"),
    "insertion_epoch": Quantity("insertion", None, "min"),
    "insertion_delta_v": Quantity("insertion delta-v", SPEED, "m/s"),
    "insertion_propellant": Quantity("insertion propellant", MASS, "kg"),
    "beyond_time": Quantity("flyby to insertion", DURATION, "h"),
    "arrival_delta_v": Quantity("flyby and insertion", SPEED, "m/s"),
    "orbit_period": Quantity("mean period in orbit", DURATION, "h"),
    "orbit_least_radius": Quantity("least lunar radius", LENGTH, "km"),
    "orbit_greatest_radius": Quantity("greatest lunar radius", LENGTH, "km"),
    "final_mass": Quantity("final mass", MASS, "kg"),
    "propellant_left": Quantity("propellant left", MASS, "kg"),
}
NUMBERED = re.compile(rf"loi([1-9])_({'|'.join(_OF_A_BURN)})")
NAMES = [*QUANTITIES, *(f"loi{number}_{item}" for number in (1, 2) for item in _OF_A_BURN)]
_OF_ALL = {
    *("launch_epoch", "parking_inclination", "parking_duration", "tli_epoch", "tli_c3", "tli_delta_v", "tof"),
    *("arrival_v_infinity", "arrival_mass", "final_mass", "propellant_left"),
}
_OF_A_FLYBY = ("flyby_", "insertion_", "beyond_", "orbit_", "arrival_delta_v")


def computed_by(name: str) -> tuple[str, ...]:
    """Return the transfers whose plans compute a quantity."""
    if name in _OF_ALL:
        return ("direct", "powered_flyby")
    return ("powered_flyby",) if name.startswith(_OF_A_FLYBY) else ("direct",)


def quantity(name: str) -> Quantity | None:
    """Return what a name stands for, or None; `loi2_delta_v` is the delta-v of the second insertion burn."""
    match = NUMBERED.fullmatch(name)
    if match is None:
        return QUANTITIES.get(name)
    number, item = match.groups()
    of = _OF_A_BURN[item]
    return Quantity(f"LOI-{number} {of.label}", of.dimension, of.unit)
