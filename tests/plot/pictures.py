"""What the tests ask of a figure."""

from itertools import combinations
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.transforms import Bbox


def curves(ax: Axes, *, color: str) -> list[Line2D]:
    """Return the lines of a colour that are more than a dot or an event."""
    return [line for line in ax.lines if line.get_color() == color and len(line.get_xdata()) > 2]


def written(figure: Figure) -> dict[Text, Bbox]:
    """Return every text that shows, tick labels too, with its box in pixels."""
    figure.canvas.draw()
    hidden = {id(label) for ax in _all_axes(figure) for axis in (ax.xaxis, ax.yaxis) for label in _out_of_view(axis)}
    texts = [t for t in figure.findobj(Text) if t.get_visible() and t.get_text().strip() and id(t) not in hidden]
    return {text: Text.get_window_extent(text) for text in texts}


def overlapping(figure: Figure, slack_px: float = 0.5) -> list[tuple[str, str]]:
    """Return the pairs of texts that cover one another, boxes shrunk by a little."""
    boxes = [(text.get_text(), box.padded(-slack_px)) for text, box in written(figure).items()]
    return [(one, other) for (one, a), (other, b) in combinations(boxes, 2) if a.overlaps(b)]


def cut_off(figure: Figure) -> list[str]:
    """Return the texts that reach beyond the page."""
    return [t.get_text() for t, box in written(figure).items() if figure.bbox.count_contains(box.corners()) < 4]


def _all_axes(figure: Figure) -> list[Any]:
    return [ax for parent in figure.axes for ax in (parent, *parent.child_axes)]


def _out_of_view(axis: Any) -> list[Text]:
    low, high = sorted(axis.get_view_interval())
    ticks = [*axis.majorTicks, *axis.minorTicks]
    shown = {id(tick) for tick in axis._update_ticks() if low <= tick.get_loc() <= high}
    return [label for tick in ticks if id(tick) not in shown for label in (tick.label1, tick.label2)]
