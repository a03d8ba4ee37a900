"""What is being done, on a terminal, once it takes longer than a person likes to wait in silence."""

from threading import Lock, Timer
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

_PATIENCE_S = 2.0
_NEVER_SILENT = "compiling"  # a minute and a half, the first time


class Patience:
    """Hears the stages of a task, "looking for transfers, 30 %", and shows them after a delay.

    On a terminal a spinner with the stage and the time passed; elsewhere one plain line for each stage, without shares.
    A quiet one says only that kernels are being compiled, in a plain line.
    """

    def __init__(self, stream: TextIO, delay_s: float = _PATIENCE_S, *, quiet: bool = False) -> None:
        console = Console(file=stream, highlight=False)
        columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
        self._live = Progress(*columns, console=console, transient=True)
        self._plain = quiet or not console.is_terminal or console.is_dumb_terminal
        self._quiet, self._stream, self._stage, self._said = quiet, stream, "planning", ""
        self._waited = self._over = False
        self._lock = Lock()
        self._timer = Timer(delay_s, self._show)
        self._timer.daemon = True

    def __call__(self, stage: str) -> None:
        if self._quiet and not stage.startswith(_NEVER_SILENT):
            return
        with self._lock:
            self._stage = stage
            if self._waited:
                self._say()

    def __enter__(self) -> Self:
        self._task = self._live.add_task(self._stage)
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._timer.cancel()
        with self._lock:
            self._over = True
            if self._waited and not self._plain:
                self._live.stop()

    def _show(self) -> None:
        with self._lock:
            if self._over:
                return
            self._waited = True
            if not self._plain:
                self._live.start()
            if not self._quiet or self._stage.startswith(_NEVER_SILENT):
                self._say()

    def _say(self) -> None:
        if not self._plain:
            self._live.update(self._task, description=self._stage)
            return
        stage = self._stage.partition(", ")[0]
        if stage != self._said:
            self._said = stage
            print(f"lunarplan: {stage} ...", file=self._stream, flush=True)
