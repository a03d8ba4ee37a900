"""The mission file as a whole: `[mission]`, `[vehicle]`, `[lander]`, `[launch]`, `[[phase]]`, `[expect]`.

Only shape and sense are checked here, nothing is solved: a file that passes is a question that can be asked.
"""

import datetime as dt
import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import (
    Field,
    ModelWrapValidatorHandler,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from lunarplan.config.distant import DistantOrbit
from lunarplan.config.earth_orbit import EarthOrbit
from lunarplan.config.effect import check_effect
from lunarplan.config.entry import Entry
from lunarplan.config.expect import Expectations
from lunarplan.config.lander import LanderTable
from lunarplan.config.landing import Landing
from lunarplan.config.launch import LAUNCHER, Launch, VehicleTable
from lunarplan.config.phases import PHASE_TYPES, Insertion, LunarOrbit, Phase, Translunar
from lunarplan.config.quantities import NUMBERED
from lunarplan.config.sequence import check_epochs, check_sequence, step_name
from lunarplan.config.sortie import Sortie
from lunarplan.config.table import Place, Rejected, Table, first_problem, unknown
from lunarplan.config.take_off import TakeOff
from lunarplan.config.way_home import WayHome
from lunarplan.config.windows import Windows
from lunarplan.errors import InputError
from lunarplan.model.constants import SECONDS_PER_DAY
from lunarplan.model.epochs import utc_iso
from lunarplan.model.vehicle import Vehicle

Line = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]*$", max_length=2000)]
Title = Annotated[Line, Field(min_length=1, max_length=80)]


class About(Table):
    """What the file is about; `sources` says where its numbers come from, `note` what a reader must know."""

    name: Title
    programme: Line = ""
    status: Literal["flown", "planned", "reference", "cancelled"] = "reference"
    as_of: dt.date | None = None
    note: Line = ""
    sources: tuple[Line, ...] = ()


class MissionFile(Table):
    """A whole mission file, in internal units."""

    about: About = Field(alias="mission")
    vehicle: VehicleTable
    lander: LanderTable | None = None
    launch_terms: Launch | None = Field(alias="launch", default=None)
    phases: tuple[Phase, ...] = Field(alias="phase", min_length=1, max_length=20)
    windows_terms: Windows = Field(alias="windows", default_factory=Windows)
    expectations: Expectations = Field(alias="expect", default=())

    @property
    def launch(self) -> Launch:
        """Raises InputError of a mission that begins without one."""
        if self.launch_terms is None:
            what = "the mission begins without a launch"
            raise InputError(what, where="launch", remedy="ask this of one that has a launch")
        return self.launch_terms

    @property
    def translunar(self) -> Translunar:
        """Raises InputError of a mission that does not leave the Earth for the Moon."""
        found = next((phase for phase in self.phases if isinstance(phase, Translunar)), None)
        if found is None:
            what = "the mission has no translunar phase"
            raise InputError(what, where="phase", remedy="ask this of one that goes to the Moon")
        return found

    @property
    def insertion(self) -> Insertion:
        """Of a direct transfer."""
        return next(phase for phase in self.phases if isinstance(phase, Insertion))

    @property
    def distant_orbit(self) -> DistantOrbit | None:
        """The orbit of the three-body problem where the mission stays; None if there is none."""
        return next((phase for phase in self.phases if isinstance(phase, DistantOrbit)), None)

    @property
    def parts(self) -> frozenset[str]:
        """What there is to compute quantities of: the launch, the transfer, the phases."""
        begun = {"launch"} if self.launch_terms else set()
        steps = {name for phase in self.phases for name in (phase.type, step_name(phase))}
        joined = {"orbit_joined"} if self.distant_orbit and not isinstance(self.phases[0], DistantOrbit) else set()
        home = {f"return {'from low orbit' if self.leaves_low_orbit else 'by flyby'}"} if self.way_home else set()
        home |= {"return by ellipse"} if self.way_home and self.way_home.ellipse else set()
        alone = {"separation" for phase in self.phases if isinstance(phase, Entry) and phase.separation_altitude_km}
        return frozenset(begun | steps | joined | home | alone)

    @property
    def leaves_low_orbit(self) -> bool:
        """Whether it goes home from a low orbit, not a distant one."""
        return self.way_home is not None and self.distant_orbit is None

    @property
    def begins_tdb(self) -> tuple[float, float]:
        """First and last epoch at which the mission may begin: of its launch, or that of its first phase."""
        if self.launch_terms is not None:
            return self.launch_terms.earliest_tdb, self.launch_terms.latest_tdb
        first = self.phases[0]
        assert isinstance(first, DistantOrbit)  # nothing else begins without a launch,
        assert first.epoch_tdb is not None  # and it says when
        return first.epoch_tdb, first.epoch_tdb

    @property
    def craft(self) -> dict[str, Vehicle]:
        """Who makes the burns, by name, tanks full."""
        return {"vehicle": self.vehicle.build()} | (self.lander.build() if self.lander else {})

    @property
    def earth_orbit(self) -> EarthOrbit | None:
        return next((phase for phase in self.phases if isinstance(phase, EarthOrbit)), None)

    @property
    def way_home(self) -> WayHome | None:
        return next((phase for phase in self.phases if isinstance(phase, WayHome)), None)

    @property
    def stay_s(self) -> float:
        """Time to stay in orbits about the Moon, s, as far as it is told as a duration."""
        return sum(phase.duration_s or 0.0 for phase in self.phases if isinstance(phase, LunarOrbit | DistantOrbit))

    @property
    def told_tdb(self) -> float:
        """The last epoch a phase is told; minus infinity if there is none."""
        told = (getattr(phase, name, None) for phase in self.phases for name in ("epoch_tdb", "until_tdb"))
        return max((epoch for epoch in told if epoch is not None), default=-math.inf)

    def least_time_s(self, home: WayHome) -> float:
        """The least time from the injection to the entry interface, s: of all phases of a round trip together."""
        out = self.translunar
        return out.out_s[0] + out.beyond_s[0] + self.stay_s + home.inward_s[0] + home.home_s[0]

    @classmethod
    def checked(cls, data: Mapping[str, Any], file: str = "") -> Self:
        """Return the mission a table describes.

        file : named in errors

        Raises InputError: file, dotted key, what is wrong, what is allowed, what to do.
        """
        return cls.model_validate(data, context={"file": file})

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        check_sequence(self.phases, launched=self.launch_terms is not None)
        check_epochs(self.phases)
        self._check_stations()
        self._check_sorties()
        self._check_total()
        self._check_way_home()
        self._check_engines()
        check_effect(self)
        self._check_expected()
        if "insertion" in self.parts:
            self._check_arrival()
            self._check_numbered()
        if "free_return" in self.parts:
            self._check_injection()
        elif not self.parts.isdisjoint({"powered_flyby", "low_energy"}):
            self._check_chosen()
        return self

    def _check_chosen(self) -> None:
        """What only a direct transfer can be told."""
        node, by = self.launch.parking_orbit.node, self.translunar.transfer.replace("_", " ")
        if node != "best":
            raise _problem(f'"{node}", and a {by} chooses its node', ("launch", "parking_orbit", "node"), "best")
        if self.distant_orbit is None and self.insertion.approach != "best":
            what = f'"{self.insertion.approach}", and a {by} transfer has no asymptote'
            raise _problem(what, ("phase", 1, "approach"), "best")

    def _check_expected(self) -> None:
        """Each part of a mission computes its own quantities."""
        for expectation in self.expectations:
            of = expectation.what.of
            if of and self.parts.isdisjoint(of):
                raise _problem(
                    f"computed of {' or '.join(of)}, and there is none", ("expect", expectation.quantity), ""
                )

    @property
    def _has_a_station(self) -> bool:
        """Whether the phase of the distant orbit is given, by a station or by where the mission begins."""
        return any(isinstance(p, DistantOrbit) and (p.perilune_epoch_tdb or p.epoch_tdb) for p in self.phases)

    def _check_way_home(self) -> None:
        """From a low orbit there is no flyby, and a place is aimed at; from a distant one there is no ellipse."""
        for number, phase in enumerate(self.phases):
            if isinstance(phase, WayHome) and phase.ellipse is not None:
                self._check_ellipse(phase, number)
        if not self.leaves_low_orbit:
            return
        for number, phase in enumerate(self.phases):
            given = {"flyby_altitude_km": "flyby", "inward_s": "inward", "total_s": "total"}
            for name in sorted(phase.model_fields_set & set(given) if isinstance(phase, WayHome) else ()):
                raise _problem("is of a way home from a distant orbit", ("phase", number, given[name]), "leeway, home")
            if isinstance(phase, Entry) and phase.target is None:
                raise _problem("names no place to come down at", ("phase", number), "latitude and longitude")

    def _check_ellipse(self, home: WayHome, number: int) -> None:
        if not self.leaves_low_orbit:
            raise _problem("is of a way home from a low orbit", ("phase", number, "ellipse"), "leeway, inward, home")
        if "leeway_s" in home.model_fields_set:
            what = "with an ellipse, the first burn is within a revolution of the end of the stay"
            raise _problem(what, ("phase", number, "leeway"), "another stay")
        names = [engine.name for engine in self.vehicle.engines]
        assert home.ellipse is not None  # as its caller asks
        if home.ellipse.engine is not None and home.ellipse.engine not in names:
            raise Rejected(unknown(home.ellipse.engine, names, "engine"), ("phase", number, "ellipse", "engine"))

    def _check_total(self) -> None:
        for number, (before, phase) in enumerate(pairwise(self.phases), 1):
            if isinstance(phase, WayHome) and phase.total_s is not None and not isinstance(before, DistantOrbit):
                what = f'of a "{before.type}" before the way home'
                raise _problem(what, ("phase", number, "total"), "a stay alone")
            if isinstance(phase, WayHome) and phase.total_s is not None and self._has_a_station:
                raise _problem("leaves the phase of the orbit free", ("phase", number, "total"), "leeway")
            if isinstance(phase, WayHome) and phase.total_s is not None and "powered_flyby" not in self.parts:
                what = f'of a way out by "{self.translunar.transfer}"'
                raise _problem(what, ("phase", number, "total"), 'transfer = "powered_flyby", or leeway')
            if isinstance(phase, WayHome) and phase.total_s is not None:
                self._check_there_is_time(phase, phase.total_s, number)

    def _check_there_is_time(self, home: WayHome, total_s: float, number: int) -> None:
        least_s = self.least_time_s(home)
        if least_s > total_s:
            what = "is less than the least of out, beyond, duration, inward and home together"
            raise _problem(what, ("phase", number, "total"), f"at least {least_s / SECONDS_PER_DAY:.4g} days")

    def _check_stations(self) -> None:
        for number, phase in enumerate(self.phases):
            if isinstance(phase, DistantOrbit):
                try:
                    phase.check_place(first=number == 0)
                except Rejected as problem:
                    raise Rejected(problem.error, ("phase", number, *problem.place)) from problem

    def _check_sorties(self) -> None:
        for number, phase in enumerate(self.phases):
            if isinstance(phase, Sortie) and self.lander is None:
                raise Rejected(InputError("nothing lands", remedy="add [lander]"), ("phase", number))

    def _check_engines(self) -> None:
        names = [engine.name for engine in self.vehicle.engines]
        for number, phase in enumerate(self.phases):
            first = isinstance(phase, Translunar | EarthOrbit)
            for key, allowed in (("engine", [LAUNCHER, *names] if first else names), ("raise_engine", names)):
                engine = getattr(phase, key, None)
                if engine is not None and engine not in allowed:
                    raise Rejected(unknown(engine, allowed, "engine"), ("phase", number, key))
            if isinstance(phase, Landing):
                self._check_who_lands(phase, number)
            if isinstance(phase, TakeOff) and (self.lander is None or self.lander.ascent is None):
                raise _problem("there is no ascent stage to lift off", ("phase", number), "a [lander] with ascent")

    def _check_who_lands(self, phase: Landing, number: int) -> None:
        if (phase.engine is None) == (self.lander is None):
            what = "no engine lands" if phase.engine is None else "the lander has its own engine"
            remedy = "name one of the vehicle's, or add [lander]" if phase.engine is None else "drop it"
            raise Rejected(InputError(what, remedy=remedy), ("phase", number, "engine"))

    def _check_injection(self) -> None:
        """Only a burn from a high orbit, by the vehicle itself, is one that takes time."""
        number = self.phases.index(self.translunar)
        if self.translunar.finite and (self.earth_orbit is None or self.translunar.engine == LAUNCHER):
            what = (
                "an injection from the parking orbit is an impulse"
                if self.earth_orbit is None
                else ("the thrust of the launcher is not known")
            )
            raise _problem(what, ("phase", number, "finite"), "false")
        if self.translunar.ignition_s is not None and not self.translunar.finite:
            raise _problem("an impulse is at perigee", ("phase", number, "ignition"), "")

    def _check_arrival(self) -> None:
        arrival = self.insertion.epoch_tdb
        if arrival is None:
            return
        shortest, longest = self.translunar.times_s
        launch = self.launch
        first, last = launch.earliest_tdb + shortest, launch.latest_tdb + launch.longest_wait_s + longest
        if not first <= arrival <= last:
            when = "before the earliest launch" if arrival < launch.earliest_tdb else "out of reach"
            allowed = f"{utc_iso(first, 0)} to {utc_iso(last, 0)} by launch dates and time of flight"
            raise _problem(f"arrival {utc_iso(arrival, 0)} is {when}", ("phase", 1, "epoch"), allowed)

    def _check_numbered(self) -> None:
        for expectation in self.expectations:
            match = NUMBERED.fullmatch(expectation.quantity)
            if match and int(match[1]) > len(self.insertion.burns):
                what = f"there are {len(self.insertion.burns)} insertion burns"
                raise _problem(what, ("expect", expectation.quantity), "")

    # The last of them, so that it is the outermost: what any other finds comes through here.
    @model_validator(mode="wrap")
    @classmethod
    def _in_one_line(cls, data: Any, read: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        try:
            return read(data)
        except ValidationError as error:
            file = (info.context or {}).get("file", "")
            raise first_problem(error, file, frozenset(PHASE_TYPES)) from None


def _problem(what: str, place: Place, allowed: str) -> Rejected:
    return Rejected(InputError(what, allowed=allowed, remedy="change one or the other"), place)
