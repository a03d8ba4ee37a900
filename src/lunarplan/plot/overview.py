"""The whole mission on one page."""

from typing import Any

from matplotlib.figure import Figure

from lunarplan.model.epochs import utc_iso
from lunarplan.plot import near_earth, style
from lunarplan.plot.closeup import closeup
from lunarplan.plot.flight import Flight
from lunarplan.plot.profile import altitude, speed
from lunarplan.plot.views import inertial, rotating

_LEFT, _RIGHT, _HALF, _WHOLE = 0.6, 4.15, 2.95, 6.5  # inches
_ROW_IN, _LOOSE_ROWS, _MOST_ROWS = 0.155, 15, 21  # beyond the loose rows they move together
_LAST_KM = 100.0  # of an approach


@style.styled
def overview(result: Any) -> Figure:
    """Return a page with a Plan or Trajectory in inertial and rotating axes, about the Moon, and against time."""
    flight = Flight.of(result)
    figure = style.new_figure(style.PAGE_IN, 9.6)
    _three_views(flight, figure)
    high = altitude(flight, style.axes_in(figure, _LEFT, 1.75, _WHOLE, 1.0), dated=False)
    high.set_xlabel("")
    high.tick_params(labelbottom=False)
    speed(flight, style.axes_in(figure, _LEFT, 0.7, _WHOLE, 1.0), named=False)
    _timetable(figure, getattr(result, "events", ()), 6.2)
    mission = getattr(result, "mission", None)
    if mission is not None:
        _write(figure, _LEFT, 9.4, mission.name, size=11.0, weight="bold")
    return figure


def _three_views(flight: Flight, figure: Figure) -> None:
    """Draw the way to the Moon and what happens there, or, of a flight about the Earth, whom it meets."""
    left, right = (style.axes_in(figure, x, 6.95, _HALF, 2.1) for x in (_LEFT, _RIGHT))
    met = any(other.name == near_earth.TARGET for other in flight.others)
    if flight.near_earth and met:
        near_earth.orbit(flight, left)
        near_earth.approach(flight, right)
        near_earth.approach(flight, style.axes_in(figure, _LEFT, 4.0, _HALF, 2.25), within_km=_LAST_KM)
        return
    inertial(flight, left)
    rotating(flight, right)
    closeup(flight, style.axes_in(figure, _LEFT, 4.0, _HALF, 2.25))


def _timetable(figure: Figure, events: Any, top: float) -> None:
    """Write the events, with epochs and what the burns cost, as many as there is room for."""
    if not events:
        return
    events = _worth_a_row(events)
    years = "–".join(dict.fromkeys(event.epoch_utc[:4] for event in events))
    told = _MOST_ROWS - 1 if len(events) > _MOST_ROWS else len(events)
    rows = [("Event", f"UTC, {years}", "Δv (m/s)"), *map(_row, events[:told])]
    if len(events) > told:
        rows.append((f"and {len(events) - told} more", "", ""))
    pitch = _ROW_IN * min(1.0, (_LOOSE_ROWS + 1) / len(rows))
    for number, row in enumerate(rows):
        weight = "normal" if number else "bold"
        for text, right, side in zip(row, (0.0, 2.4, _HALF), ("left", "right", "right"), strict=True):
            _write(figure, _RIGHT + right, top - pitch * number, text, size=7.0, weight=weight, ha=side)


def _worth_a_row(events: Any) -> list[Any]:
    """Where there is no room for all: without those that cost nothing and only come along with another."""
    if len(events) <= _MOST_ROWS:
        return list(events)
    burns = [event.epoch_tdb for event in events if event.delta_v_m_s is not None]
    alone = (event.delta_v_m_s is not None or all(abs(event.epoch_tdb - t) > 1.0 for t in burns) for event in events)
    return [event for event, keep in zip(events, alone, strict=True) if keep]


def _row(event: Any) -> tuple[str, str, str]:
    cost = "" if event.delta_v_m_s is None else f"{event.delta_v_m_s:.1f}"
    return event.name, utc_iso(event.epoch_tdb, 0)[5:19].replace("T", " "), cost


def _write(figure: Figure, x_in: float, y_in: float, text: str, **look: Any) -> None:
    across, up = figure.get_size_inches()
    figure.text(x_in / across, y_in / up, text, va="center", **look)
