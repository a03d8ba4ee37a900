"""The page on mission files names every key and every quantity there is."""

from pathlib import Path

import pytest

from lunarplan.config.distant import FAMILIES, DistantOrbit
from lunarplan.config.docking import Docking
from lunarplan.config.earth_orbit import EarthOrbit
from lunarplan.config.earth_rendezvous import Deorbit, EarthRendezvous
from lunarplan.config.entry import Entry
from lunarplan.config.lander import LanderTable, Stage
from lunarplan.config.landing import ApproachTable, Landing, TouchdownTable
from lunarplan.config.launch import EngineTable, Launch, ParkingOrbit, VehicleTable
from lunarplan.config.phases import PHASE_TYPES, CaptureBurn, Insertion, LunarOrbit, Translunar
from lunarplan.config.quantities import NAMES
from lunarplan.config.schema import About
from lunarplan.config.sortie import SiteTable, Sortie
from lunarplan.config.table import Table
from lunarplan.config.take_off import TakeOff
from lunarplan.config.way_home import DepartureEllipse, WayHome

PAGE = (Path(__file__).parents[2] / "docs" / "mission-files.md").read_text(encoding="utf-8")
TABLES = (
    *(About, VehicleTable, EngineTable, LanderTable, Stage, Launch, ParkingOrbit),
    *(Translunar, Insertion, CaptureBurn, LunarOrbit, DistantOrbit, WayHome, Entry, EarthOrbit),
    *(Sortie, SiteTable, EarthRendezvous, Deorbit),
    *(Landing, ApproachTable, TouchdownTable, TakeOff, Docking, DepartureEllipse),
)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_every_key_is_documented(table: type[Table]) -> None:
    keys = {field.alias or name for name, field in table.model_fields.items()} - {"type"}
    assert {key for key in keys if f"`{key}`" not in PAGE and f"`{key} =" not in PAGE} == set()


@pytest.mark.parametrize("table", [table for table in TABLES if table is not About], ids=lambda table: table.__name__)
def test_every_table_of_numbers_takes_a_source(table: type[Table]) -> None:
    """As the page says; in [mission] it is `sources`."""
    assert "source" in table.model_fields


@pytest.mark.parametrize("name", [*PHASE_TYPES, *FAMILIES, *(name for name in NAMES if not name.startswith("loi2"))])
def test_every_phase_family_and_quantity_is_documented(name: str) -> None:
    assert f"`{name}`" in PAGE
