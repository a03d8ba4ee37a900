"""Every quantity of `config.quantities`, computed from a solution."""

from lunarplan.config.quantities import quantity
from lunarplan.plan.budget import Budget, BudgetRow
from lunarplan.plan.solution import VEHICLE, Burn, Solution


def computed(solution: Solution, spent: Budget) -> dict[str, float]:
    """Return name -> value, in internal units; `loi1_...` is the first insertion burn, and so on."""
    found = dict(solution.values)
    for burn, row in zip(solution.burns, spent.rows, strict=True):
        found |= {name: value for name, value in _of_a_burn(burn, row).items() if quantity(name) is not None}
    return found | _masses(spent)


def _of_a_burn(burn: Burn, row: BudgetRow) -> dict[str, float]:
    return {
        f"{burn.key}_epoch": burn.ignition_tdb,
        f"{burn.key}_delta_v": burn.delta_v_km_s,
        f"{burn.key}_duration": burn.duration_s,
        f"{burn.key}_propellant": row.propellant_kg or 0.0,
    }


def _masses(spent: Budget) -> dict[str, float]:
    rows = [row for row in spent.rows if row.craft == VEHICLE]
    found = {
        "vehicle_delta_v": spent.vehicle_delta_v_km_s,
        "final_mass": spent.mass_left_kg,
        "propellant_left": spent.propellant_left_kg,
    }
    for row in rows:
        if row.name == "TLI":
            found["arrival_mass"] = row.mass_after_kg
        elif row.name.startswith("LOI-"):
            found["loi_propellant"] = found.get("loi_propellant", 0.0) + (row.propellant_kg or 0.0)
    return found
