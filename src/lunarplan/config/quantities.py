"""The quantities a mission may publish and a plan computes: the vocabulary of `[expect]`."""

import re
from dataclasses import dataclass

from lunarplan.config.units import ANGLE, C3, DURATION, LENGTH, MASS, SPEED, Dimension


@dataclass(frozen=True)
class Quantity:
    """A named number of a plan.

    dimension : None for an epoch
    unit      : the unit it is shown in; an epoch's tolerance and difference are shown in it too
    of        : the parts of a mission one of which computes it: "launch", a phase, a transfer; none: every mission
    """

    label: str
    dimension: Dimension | None
    unit: str
    of: tuple[str, ...] = ()


_OF_A_BURN = {
    "epoch": ("ignition", None, "min"),
    "delta_v": ("delta-v", SPEED, "m/s"),
    "duration": ("burn time", DURATION, "s"),
    "propellant": ("propellant", MASS, "kg"),
    "altitude": ("start altitude", LENGTH, "km"),
}
_ITEMS = ("epoch", "delta_v", "duration", "propellant")

# key of a burn, see `plan.solution.Burn.key`: what it is called, the part of a mission it belongs to
BURNS: dict[str, tuple[str, ...]] = {
    "tli": ("TLI", "translunar"),
    "flyby": ("flyby", "powered_flyby"),
    "insertion": ("insertion", "orbit_joined"),
    "tei": ("TEI", "return from low orbit"),
    "apolune_raise": ("lunar raise", "return by ellipse"),
    "departure": ("departure", "return by flyby"),
    "home_flyby": ("home flyby", "return by flyby"),
    "apogee_raise": ("apogee raise", "earth_orbit"),
    "perigee_raise": ("perigee raise", "earth_orbit"),
    "sortie_departure": ("sortie departure", "sortie"),
    "sortie_insertion": ("sortie insertion", "sortie"),
    "sortie_turn_down": ("turn before the descent", "sortie"),
    "sortie_deorbit": ("sortie deorbit", "sortie"),
    "sortie_descent": ("sortie descent", "sortie"),
    "sortie_ascent": ("sortie ascent", "sortie"),
    "sortie_circling": ("circling after the ascent", "sortie"),
    "sortie_turn_up": ("turn after the ascent", "sortie"),
    "sortie_raise": ("departure from low orbit", "sortie"),
    "sortie_rendezvous": ("sortie rendezvous", "sortie"),
    "rendezvous_raise": ("raise", "earth_rendezvous"),
    "rendezvous_coelliptic": ("coelliptic burn", "earth_rendezvous"),
    "rendezvous_terminal": ("terminal burn", "earth_rendezvous"),
    "rendezvous_braking": ("braking", "earth_rendezvous"),
    "earth_deorbit": ("deorbit", "deorbit"),
    "doi": ("DOI", "landing"),
    "descent": ("descent", "landing"),
    "ascent": ("ascent", "ascent"),
    "docking_phasing": ("phasing", "docking"),
    "docking_raise": ("raise to the vehicle", "docking"),
    "docking_braking": ("braking at the vehicle", "docking"),
}
_PATH = {
    "launch_epoch": Quantity("launch", None, "min", ("launch",)),
    "parking_epoch": Quantity("parking orbit", None, "min", ("launch",)),
    "parking_inclination": Quantity("parking inclination", ANGLE, "deg", ("launch",)),
    "parking_duration": Quantity("launch to TLI", DURATION, "min", ("translunar",)),
    "tli_c3": Quantity("C3 after TLI", C3, "km2/s2", ("translunar",)),
    "flight_time": Quantity("launch to LOI", DURATION, "h", ("insertion",)),
    "tof": Quantity("TLI to perilune", DURATION, "h", ("translunar",)),
    "perilune_epoch": Quantity("perilune", None, "min", ("translunar",)),
    "arrival_v_infinity": Quantity("arrival v-infinity", SPEED, "km/s", ("direct", "powered_flyby", "free_return")),
    "approach_perilune_altitude": Quantity("arrival perilune", LENGTH, "km", ("insertion",)),
    "loi_epoch": Quantity("LOI ignition", None, "min", ("insertion",)),
    "loi_delta_v": Quantity("LOI delta-v", SPEED, "m/s", ("insertion",)),
    "loi_duration": Quantity("LOI burn time", DURATION, "s", ("insertion",)),
    "capture_period": Quantity("capture period", DURATION, "h", ("insertion",)),
    "capture_perilune_altitude": Quantity("capture perilune", LENGTH, "km", ("insertion",)),
    "capture_apolune_altitude": Quantity("capture apolune", LENGTH, "km", ("insertion",)),
    "perilune_altitude": Quantity("final perilune", LENGTH, "km", ("insertion",)),
    "apolune_altitude": Quantity("final apolune", LENGTH, "km", ("insertion",)),
    "period": Quantity("final period", DURATION, "h", ("insertion",)),
    "inclination": Quantity("final inclination", ANGLE, "deg", ("insertion",)),
    "flyby_altitude": Quantity("flyby altitude", LENGTH, "km", ("powered_flyby", "free_return")),
    "beyond_time": Quantity("flyby to insertion", DURATION, "h", ("powered_flyby",)),
    "arrival_delta_v": Quantity("flyby and insertion", SPEED, "m/s", ("powered_flyby",)),
    "orbit_period": Quantity("mean period in orbit", DURATION, "h", ("distant_orbit",)),
    "orbit_least_radius": Quantity("least lunar radius", LENGTH, "km", ("distant_orbit",)),
    "orbit_greatest_radius": Quantity("greatest lunar radius", LENGTH, "km", ("distant_orbit",)),
    "home_flyby_altitude": Quantity("home flyby altitude", LENGTH, "km", ("return by flyby",)),
    "return_delta_v": Quantity("way home", SPEED, "m/s", ("return",)),
    "separation_epoch": Quantity("capsule separation", None, "min", ("separation",)),
    "entry_epoch": Quantity("entry interface", None, "min", ("entry",)),
    "entry_speed": Quantity("entry speed", SPEED, "km/s", ("entry",)),
    "entry_flight_path_angle": Quantity("flight path at entry", ANGLE, "deg", ("entry",)),
    "splashdown_latitude": Quantity("splashdown latitude", ANGLE, "deg", ("entry",)),
    "splashdown_longitude": Quantity("splashdown longitude", ANGLE, "deg", ("entry",)),
    "apogee_epoch": Quantity("apogee", None, "min", ("low_energy",)),
    "mission_duration": Quantity("lift-off to entry", DURATION, "h", ("entry",)),
    "sortie_touchdown_epoch": Quantity("touchdown", None, "min", ("sortie",)),
    "sortie_duration": Quantity("departure to docking", DURATION, "h", ("sortie",)),
    "sortie_delta_v": Quantity("sortie in all", SPEED, "m/s", ("sortie",)),
    "sortie_down_delta_v": Quantity("station to the ground", SPEED, "m/s", ("sortie",)),
    "sortie_up_delta_v": Quantity("ground to the station", SPEED, "m/s", ("sortie",)),
    "sortie_transfer_down_delta_v": Quantity("station to low orbit", SPEED, "m/s", ("sortie",)),
    "sortie_transfer_up_delta_v": Quantity("low orbit to the station", SPEED, "m/s", ("sortie",)),
    "sortie_landed_mass": Quantity("landed mass", MASS, "kg", ("sortie",)),
    "rendezvous_epoch": Quantity("rendezvous", None, "min", ("earth_rendezvous",)),
    "rendezvous_time": Quantity("lift-off to rendezvous", DURATION, "h", ("earth_rendezvous",)),
    "rendezvous_delta_v": Quantity("rendezvous in all", SPEED, "m/s", ("earth_rendezvous",)),
    "target_least_altitude": Quantity("target's least altitude", LENGTH, "km", ("earth_rendezvous",)),
    "target_greatest_altitude": Quantity("target's greatest altitude", LENGTH, "km", ("earth_rendezvous",)),
    "deorbit_time": Quantity("deorbit to entry", DURATION, "min", ("deorbit",)),
    "sortie_returned_mass": Quantity("mass back at the station", MASS, "kg", ("sortie",)),
    "earth_orbit_apogee_radius": Quantity("apogee radius before TLI", LENGTH, "km", ("earth_orbit",)),
    "earth_orbit_duration": Quantity("apogee raise to TLI", DURATION, "h", ("earth_orbit",)),
    "greatest_earth_radius": Quantity("farthest from Earth", LENGTH, "km", ("free_return", "low_energy")),
    "return_inclination": Quantity("inclination of the way home", ANGLE, "deg", ("free_return",)),
    "return_time": Quantity("perilune to entry", DURATION, "h", ("free_return",)),
    "touchdown_epoch": Quantity("touchdown", None, "min", ("landing",)),
    "touchdown_sun_elevation": Quantity("Sun at touchdown", ANGLE, "deg", ("landing",)),
    "landing_cross_range": Quantity("site beside the plane", LENGTH, "km", ("landing",)),
    "landing_range": Quantity("ignition to site", LENGTH, "km", ("landing",)),
    "descent_gravity_loss": Quantity("gravity loss of the descent", SPEED, "m/s", ("landing",)),
    "landed_mass": Quantity("landed mass", MASS, "kg", ("landing",)),
    "lift_off_epoch": Quantity("lift-off from the Moon", None, "min", ("ascent",)),
    "lift_off_azimuth": Quantity("azimuth of the ascent", ANGLE, "deg", ("ascent",)),
    "ascent_cross_range": Quantity("ascent: site beside the plane", LENGTH, "km", ("ascent",)),
    "ascent_plane_change": Quantity("ascent: cost of the plane", SPEED, "m/s", ("ascent",)),
    "inserted_mass": Quantity("ascender in orbit", MASS, "kg", ("ascent",)),
    "docking_epoch": Quantity("docking", None, "min", ("docking",)),
    "docking_time": Quantity("lift-off to docking", DURATION, "h", ("docking",)),
    "docking_delta_v": Quantity("rendezvous in all", SPEED, "m/s", ("docking",)),
}
_MASSES = {
    "arrival_mass": Quantity("arrival mass", MASS, "kg", ("translunar",)),
    "loi_propellant": Quantity("LOI propellant", MASS, "kg", ("insertion",)),
    "vehicle_delta_v": Quantity("delta-v of the vehicle", SPEED, "m/s"),
    "final_mass": Quantity("final mass", MASS, "kg"),
    "propellant_left": Quantity("propellant left", MASS, "kg"),
}


def _of_a_burn(name: str, item: str, *of: str) -> Quantity:
    what, dimension, unit = _OF_A_BURN[item]
    return Quantity(f"{name} {what}", dimension, unit, of)


QUANTITIES: dict[str, Quantity] = {
    **{f"{key}_{item}": _of_a_burn(name, item, *of) for key, (name, *of) in BURNS.items() for item in _ITEMS},
    **_PATH,
    **_MASSES,
}
NUMBERED = re.compile(rf"loi([1-9])_({'|'.join(_OF_A_BURN)})")
NAMES = [*QUANTITIES, *(f"loi{number}_{item}" for number in (1, 2) for item in _OF_A_BURN)]


def quantity(name: str) -> Quantity | None:
    """Return what a name stands for, or None; `loi2_delta_v` is the delta-v of the second insertion burn."""
    match = NUMBERED.fullmatch(name)
    if match is None:
        return QUANTITIES.get(name)
    number, item = match.groups()
    return _of_a_burn(f"LOI-{number}", item, "insertion")
