"""Every quantity of `config.quantities`, computed from a solution."""

import numpy as np

from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.vehicle import Vehicle
from lunarplan.plan.budget import Budget
from lunarplan.plan.solution import Burn, Solution


def computed(solution: Solution, spent: Budget, vehicle: Vehicle) -> dict[str, float]:
    """Return name -> value, in internal units; `loi1_...` is the first insertion burn, and so on."""
    common = _departure(solution) | _ends(solution, spent, vehicle)
    if solution.flyby is not None:
        return common | _flyby(solution, solution.flyby, spent) | _distant_orbit(solution)
    return common | _braking(solution, spent) | _orbits(solution) | _burns(solution, spent)


def _departure(solution: Solution) -> dict[str, float]:
    return {
        "launch_epoch": solution.launch_tdb,
        "parking_inclination": solution.parking_inclination_rad,
        "parking_duration": solution.tli.ignition_tdb - solution.launch_tdb,
        "tli_epoch": solution.tli.ignition_tdb,
        "tli_c3": solution.tli_c3_km2_s2,
        "tli_delta_v": solution.tli.delta_v_km_s,
        "tof": solution.perilune_tdb - solution.tli.cutoff_tdb,
    }


def _ends(solution: Solution, spent: Budget, vehicle: Vehicle) -> dict[str, float]:
    departure, last = spent.rows[0], spent.rows[-1]
    return {
        "arrival_v_infinity": solution.v_infinity_km_s,
        "arrival_mass": departure.mass_after_kg,
        "final_mass": last.mass_after_kg,
        "propellant_left": last.mass_after_kg - vehicle.dry_mass_kg,
    }


def _braking(solution: Solution, spent: Budget) -> dict[str, float]:
    return {
        "flight_time": solution.insertion[0].ignition_tdb - solution.launch_tdb,
        "approach_perilune_altitude": solution.perilune_altitude_km,
        "loi_epoch": solution.insertion[0].ignition_tdb,
        "loi_delta_v": sum(burn.delta_v_km_s for burn in solution.insertion),
        "loi_duration": sum(burn.duration_s for burn in solution.insertion),
        "loi_propellant": spent.rows[0].mass_after_kg - spent.rows[-1].mass_after_kg,
    }


def _flyby(solution: Solution, flyby: Burn, spent: Budget) -> dict[str, float]:
    insertion = solution.insertion[0]
    _, passing, joining = spent.rows
    return {
        "flyby_epoch": flyby.ignition_tdb,
        "flyby_delta_v": flyby.delta_v_km_s,
        "flyby_altitude": solution.perilune_altitude_km,
        "flyby_propellant": passing.propellant_kg or 0.0,
        "insertion_epoch": insertion.ignition_tdb,
        "insertion_delta_v": insertion.delta_v_km_s,
        "insertion_propellant": joining.propellant_kg or 0.0,
        "beyond_time": insertion.ignition_tdb - flyby.cutoff_tdb,
        "arrival_delta_v": flyby.delta_v_km_s + insertion.delta_v_km_s,
    }


def _distant_orbit(solution: Solution) -> dict[str, float]:
    stay = solution.distant_orbit
    assert stay is not None  # a flyby leads to one
    return {
        "orbit_period": stay.period_s,
        "orbit_least_radius": stay.least_radius_km,
        "orbit_greatest_radius": stay.greatest_radius_km,
    }


def _orbits(solution: Solution) -> dict[str, float]:
    capture, final = solution.orbits[0], solution.orbits[-1]
    return {
        "capture_period": capture.period_s,
        "capture_perilune_altitude": capture.perilune_altitude_km,
        "capture_apolune_altitude": capture.apolune_altitude_km,
        "perilune_altitude": final.perilune_altitude_km,
        "apolune_altitude": final.apolune_altitude_km,
        "period": final.period_s,
        "inclination": final.inclination_rad,
    }


def _burns(solution: Solution, spent: Budget) -> dict[str, float]:
    epochs = np.array([burn.ignition_tdb for burn in solution.insertion])
    places = solution.trajectory.at(epochs, "moon")[:, :3]
    altitudes = np.linalg.norm(places, axis=1) - RADIUS_KM["moon"]
    values: dict[str, float] = {}
    for number, (burn, row, altitude) in enumerate(
        zip(solution.insertion, spent.rows[1:], altitudes, strict=True), start=1
    ):
        values[f"loi{number}_epoch"] = burn.ignition_tdb
        values[f"loi{number}_delta_v"] = burn.delta_v_km_s
        values[f"loi{number}_duration"] = burn.duration_s
        values[f"loi{number}_propellant"] = row.propellant_kg or 0.0
        values[f"loi{number}_altitude"] = float(altitude)
    return values
