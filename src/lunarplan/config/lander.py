"""`[lander]`: a craft of its own that goes to the ground, in one stage or two."""

from typing import Annotated

from pydantic import Field, StrictBool

from lunarplan.config.table import Measured, Table
from lunarplan.config.units import FORCE, MASS, SPECIFIC_IMPULSE
from lunarplan.model.vehicle import Engine, Vehicle

LANDER, ASCENDER = "lander", "ascender"
ENGINE = "main"  # of either stage


class Stage(Table):
    """One stage: masses, and one engine for all its burns.

    throttle : the least share of full thrust the engine can run at
    """

    dry_mass_kg: Annotated[float, Measured(MASS, 1e-3, 1e7, too_small="not a mass")] = Field(alias="dry_mass")
    propellant_kg: Annotated[float, Measured(MASS, 0.0, 1e8, too_small="negative")] = Field(alias="propellant")
    thrust_n: Annotated[float, Measured(FORCE, 1e-3, 1e8, too_small="not a thrust")] = Field(alias="thrust")
    isp_s: Annotated[float, Measured(SPECIFIC_IMPULSE, 10.0, 10000.0)] = Field(alias="isp")
    throttle: Annotated[float, Field(ge=0.0, le=1.0, strict=True)] = 0.0
    source: str = ""

    @property
    def mass_kg(self) -> float:
        return self.dry_mass_kg + self.propellant_kg

    def build(self, carrying_kg: float = 0.0) -> Vehicle:
        """Return the stage with its tanks full and something on top."""
        engine = Engine(ENGINE, self.thrust_n, self.isp_s)
        return Vehicle(self.dry_mass_kg + carrying_kg, self.propellant_kg, (engine,))


class LanderTable(Table):
    """What lands, and what of it takes off again.

    descent : the stage that lands
    ascent  : the stage that takes off, part of neither mass of `descent`
    carried : whether the vehicle brings it, as part of its dry mass; else it waits at the station of a sortie
    """

    descent: Stage
    ascent: Stage | None = None
    carried: StrictBool = True
    source: str = ""

    @property
    def mass_kg(self) -> float:
        """Both stages with full tanks."""
        return self.descent.mass_kg + (self.ascent.mass_kg if self.ascent else 0.0)

    def build(self) -> dict[str, Vehicle]:
        """Return the stages as craft by name, tanks full."""
        if self.ascent is None:
            return {LANDER: self.descent.build()}
        return {LANDER: self.descent.build(self.ascent.mass_kg), ASCENDER: self.ascent.build()}
