"""Rules of a scan in words that are the same in every run: what a chunk that was kept is recognised by.

The text Python gives of a function holds where in memory it is: a scan that was killed would not know its own chunks.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import fields, is_dataclass
from functools import partial
from types import CodeType, FunctionType
from typing import Any

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def told(rule: Any) -> Any:
    """Return a margin, or whatever it is made of, as JSON takes it.

    A function of one's own is told by its code, and by what it has closed over; not by the functions it calls.
    """
    if is_dataclass(rule) and not isinstance(rule, type):
        return {"kind": type(rule).__qualname__, **{f.name: told(getattr(rule, f.name)) for f in fields(rule)}}
    if isinstance(rule, partial):
        return {"kind": "partial", "of": told(rule.func), "args": told(rule.args), "named": told(rule.keywords)}
    if isinstance(rule, FunctionType):
        return _function(rule)
    if isinstance(rule, CodeType):
        return [hashlib.sha256(rule.co_code).hexdigest(), told(rule.co_consts), list(rule.co_names)]
    if isinstance(rule, dict):
        return {str(key): told(value) for key, value in rule.items()}
    if isinstance(rule, list | tuple):
        return [told(value) for value in rule]
    return rule if isinstance(rule, str | bool | int | None) else _ADDRESS.sub("", repr(rule))


def _function(function: FunctionType) -> Any:
    name = f"{function.__module__}.{function.__qualname__}"
    if function.__module__.startswith("lunarplan."):
        return name  # its version is known
    closed_over = [cell.cell_contents for cell in function.__closure__ or ()]
    return {"function": name, "code": told(function.__code__), "with": told([closed_over, function.__defaults__])}
