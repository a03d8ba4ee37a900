"""Rows of pixels in registers: sixteen float32 side by side, for kernels that sweep over maps.

Every function here is an ordinary Python function on numpy arrays, so a kernel can be run, read and tested
uncompiled; numba lowers it to LLVM vector instructions. Only the fusing of a multiply and an add is left to the CPU.
"""

import operator

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import lower_builtin, models, register_model

WIDTH = 16  # pixels: one 512-bit register, or two of 256 bits

_F32, _I64 = ir.FloatType(), ir.IntType(64)
_ROW = ir.VectorType(_F32, WIDTH)


class Row(types.Type):
    """Sixteen float32."""

    def __init__(self):
        super().__init__(name=f"f32x{WIDTH}")


_row = Row()


@register_model(Row)
class _RowModel(models.PrimitiveModel):
    def __init__(self, manager, kind):
        super().__init__(manager, kind, _ROW)


def _is_number(kind):
    return isinstance(kind, Row | types.Float | types.Integer)


def _as_row(context, builder, value, kind):
    """The value itself, or a number in every lane."""
    if isinstance(kind, Row):
        return value
    scalar = context.cast(builder, value, kind, types.float32)
    empty = ir.Constant(_ROW, ir.Undefined)
    first = builder.insert_element(empty, scalar, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(first, empty, ir.Constant(ir.VectorType(ir.IntType(32), WIDTH), [0] * WIDTH))


def _typed(function, result):
    @infer_global(function)
    class _Typed(AbstractTemplate):
        def generic(self, args, kws):
            kind = result(*args)
            return None if kind is None else signature(kind, *args)


def _arithmetic(op, name):
    _typed(op, lambda a, b: _row if _is_number(a) and _is_number(b) and _row in (a, b) else None)

    def lower(context, builder, sig, args):
        a, b = (_as_row(context, builder, v, k) for v, k in zip(args, sig.args, strict=True))
        return getattr(builder, name)(a, b)

    for left, right in ((Row, Row), (Row, types.Float), (types.Float, Row)):
        lower_builtin(op, left, right)(lower)


for _op, _name in (
    (operator.add, "fadd"),
    (operator.sub, "fsub"),
    (operator.mul, "fmul"),
    (operator.truediv, "fdiv"),
):
    _arithmetic(_op, _name)


def _on_rows(function, emit, result=_row):
    """Let kernels call ``function`` of rows and numbers; ``emit(builder, *rows)`` lowers it."""

    def lower(context, builder, sig, args):
        return emit(builder, *(_as_row(context, builder, v, k) for v, k in zip(args, sig.args, strict=True)))

    _typed(function, lambda *kinds: result if all(map(_is_number, kinds)) else None)
    lower_builtin(function, types.VarArg(types.Any))(lower)


def _intrinsic(name):
    def emit(builder, *rows):
        kind = ir.FunctionType(_ROW, [_ROW] * len(rows))
        function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.{name}.v{WIDTH}f32")
        return builder.call(function, rows)

    return emit


def fused(a, b, c):
    """a * b + c, in one rounding where the CPU can (``llvm.fmuladd``: never a library call)."""
    return np.float32(a) * np.float32(b) + np.float32(c)


def larger(a, b):
    """The larger of two, b where a is NaN."""
    return np.where(np.greater(a, b), a, b)


def smaller(a, b):
    return np.where(np.less(a, b), a, b)


def root(a):
    return np.sqrt(a)


def whole(a):
    """The greatest whole number not above a."""
    return np.floor(a)


def magnitude(a):
    return np.abs(a)


def with_sign(a, b):
    """The magnitude of a with the sign of b."""
    return np.copysign(a, b)


def where_above(a, b, yes, no):
    """``yes`` where a > b, ``no`` elsewhere."""
    return np.where(np.greater(a, b), yes, no)


def any_above(a, b):
    """True if a > b in any lane."""
    return bool(np.any(np.greater(a, b)))


def _emit_where_above(builder, a, b, yes, no):
    return builder.select(builder.fcmp_ordered(">", a, b), yes, no)


def _emit_any_above(builder, a, b):
    bits = builder.bitcast(builder.fcmp_ordered(">", a, b), ir.IntType(WIDTH))
    return builder.icmp_unsigned("!=", bits, ir.Constant(bits.type, 0))


_on_rows(fused, _intrinsic("fmuladd"))
_on_rows(larger, lambda builder, a, b: _emit_where_above(builder, a, b, a, b))
_on_rows(smaller, lambda builder, a, b: _emit_where_above(builder, b, a, a, b))
_on_rows(root, _intrinsic("sqrt"))
_on_rows(whole, _intrinsic("floor"))
_on_rows(magnitude, _intrinsic("fabs"))
_on_rows(with_sign, _intrinsic("copysign"))
_on_rows(where_above, _emit_where_above)
_on_rows(any_above, _emit_any_above, types.boolean)


def counting(first, step):
    """first, first + step, first + 2 step, ..."""
    return (np.float32(first) + np.float32(step) * np.arange(WIDTH, dtype=np.float32)).astype(np.float32)


def _emit_counting(builder, first, step):
    return builder.fadd(first, builder.fmul(step, ir.Constant(_ROW, [float(k) for k in range(WIDTH)])))


_on_rows(counting, _emit_counting)


def load(array, start):
    """Sixteen consecutive numbers of a one-dimensional C-ordered float32 array."""
    return np.array(array[start : start + WIDTH])


def store(array, start, row):
    array[start : start + WIDTH] = row


def load_integers(array, start):
    """Sixteen consecutive integers of a one-dimensional C-ordered int16 array, as float32."""
    return np.array(array[start : start + WIDTH], np.float32)


def store_rounded(array, start, row):
    """Put the nearest integers into a one-dimensional C-ordered int16 array; they must fit."""
    array[start : start + WIDTH] = np.rint(row)


def store_index(array, start, i, j, width):
    """Put i * width + j, of whole i and j, into a one-dimensional C-ordered int32 array."""
    array[start : start + WIDTH] = i.astype(np.int32) * np.int32(width) + j.astype(np.int32)


def _place(context, builder, kind, array, index, index_kind, row):
    data = context.make_array(kind)(context, builder, array).data
    place = builder.gep(data, [context.cast(builder, index, index_kind, types.intp)])
    return builder.bitcast(place, row.as_pointer())


_typed(load, lambda array, start: _row if array.dtype == types.float32 else None)
_typed(load_integers, lambda array, start: _row if array.dtype == types.int16 else None)
_typed(store, lambda array, start, row: types.none if array.dtype == types.float32 and row == _row else None)
_typed(store_rounded, lambda array, start, row: types.none if array.dtype == types.int16 and row == _row else None)
_typed(
    store_index,
    lambda array, start, i, j, width: types.none if array.dtype == types.int32 and i == _row and j == _row else None,
)


@lower_builtin(load, types.Array, types.Integer)
def _emit_load(context, builder, sig, args):
    value = builder.load(_place(context, builder, sig.args[0], args[0], args[1], sig.args[1], _ROW))
    value.align = 4
    return value


@lower_builtin(load_integers, types.Array, types.Integer)
def _emit_load_integers(context, builder, sig, args):
    integers = ir.VectorType(ir.IntType(16), WIDTH)
    value = builder.load(_place(context, builder, sig.args[0], args[0], args[1], sig.args[1], integers))
    value.align = 2
    return builder.sitofp(value, _ROW)


@lower_builtin(store, types.Array, types.Integer, Row)
def _emit_store(context, builder, sig, args):
    place = _place(context, builder, sig.args[0], args[0], args[1], sig.args[1], _ROW)
    builder.store(args[2], place).align = 4
    return context.get_dummy_value()


@lower_builtin(store_rounded, types.Array, types.Integer, Row)
def _emit_store_rounded(context, builder, sig, args):
    integers = ir.VectorType(ir.IntType(16), WIDTH)
    nearest = _intrinsic("rint")(builder, args[2])
    wide = builder.fptosi(nearest, ir.VectorType(ir.IntType(32), WIDTH))
    place = _place(context, builder, sig.args[0], args[0], args[1], sig.args[1], integers)
    builder.store(builder.trunc(wide, integers), place).align = 2
    return context.get_dummy_value()


@lower_builtin(store_index, types.Array, types.Integer, Row, Row, types.Integer)
def _emit_store_index(context, builder, sig, args):
    integers = ir.VectorType(ir.IntType(32), WIDTH)
    i, j = (builder.fptosi(row, integers) for row in args[2:4])
    width = context.cast(builder, args[4], sig.args[4], types.int32)
    first = builder.insert_element(ir.Constant(integers, ir.Undefined), width, ir.Constant(ir.IntType(32), 0))
    every = builder.shuffle_vector(first, first, ir.Constant(integers, [0] * WIDTH))
    place = _place(context, builder, sig.args[0], args[0], args[1], sig.args[1], integers)
    builder.store(builder.add(builder.mul(i, every), j), place).align = 4
    return context.get_dummy_value()
