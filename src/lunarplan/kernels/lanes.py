"""Explicit SIMD lanes: one kernel source for a scalar, for a register full of trajectories, and for plain Python.

A *lane value* is a float64 (width 1) or a vector of ``width`` float64. Every function here is an ordinary Python
function that works on floats and numpy arrays, so a kernel can be run, read and tested uncompiled; numba lowers it to
one LLVM vector instruction. Arithmetic and comparisons use the usual operators; a comparison gives a mask.

Only the fusing of a multiply and an add is allowed to the compiler; every lane rounds as a scalar would.
"""

import operator

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import lower_builtin, models, register_model

from .jit import has_avx512, inlined

_CONTRACT = ("contract",)
_F64, _I64, _I32 = ir.DoubleType(), ir.IntType(64), ir.IntType(32)


# ---------------------------------------------------------------- types


class Vec(types.Type):
    """A vector of ``width`` float64."""

    def __init__(self, width):
        self.width = width
        super().__init__(name=f"f64x{width}")


class Mask(types.Type):
    """A vector of ``width`` truth values."""

    def __init__(self, width):
        self.width = width
        super().__init__(name=f"maskx{width}")


class LaneArray(types.Type):
    """A stack array of lane values."""

    def __init__(self, width):
        self.width = width
        self.value = types.float64 if width == 1 else Vec(width)
        super().__init__(name=f"lanes({width})")


@register_model(Vec)
class _VecModel(models.PrimitiveModel):
    def __init__(self, manager, kind):
        super().__init__(manager, kind, ir.VectorType(_F64, kind.width))


@register_model(Mask)
class _MaskModel(models.PrimitiveModel):
    def __init__(self, manager, kind):
        super().__init__(manager, kind, ir.VectorType(ir.IntType(1), kind.width))


@register_model(LaneArray)
class _LaneArrayModel(models.PrimitiveModel):
    def __init__(self, manager, kind):
        super().__init__(manager, kind, _F64.as_pointer())


# ---------------------------------------------------------------- lowering helpers


def _width(*kinds):
    return next((k.width for k in kinds if isinstance(k, Vec | Mask)), 1)


def _value(width):
    return types.float64 if width == 1 else Vec(width)


def _llvm(width, element=_F64):
    return element if width == 1 else ir.VectorType(element, width)


def _splat(builder, scalar, width):
    empty = ir.Constant(ir.VectorType(scalar.type, width), ir.Undefined)
    first = builder.insert_element(empty, scalar, ir.Constant(_I32, 0))
    return builder.shuffle_vector(first, empty, ir.Constant(ir.VectorType(_I32, width), [0] * width))


def _as_lanes(context, builder, value, kind, width):
    if isinstance(kind, Vec):
        return value
    scalar = context.cast(builder, value, kind, types.float64)
    return scalar if width == 1 else _splat(builder, scalar, width)


def _intrinsic(builder, name, result, arguments):
    kind = ir.FunctionType(result, [a.type for a in arguments])
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), arguments)


def _suffix(width):
    return f"v{width}f64" if width > 1 else "f64"


def _number(kind):
    return isinstance(kind, types.Float | types.Integer | Vec)


_SCALARS = (types.Float, types.Integer)


def _pairs():
    yield Vec, Vec
    for scalar in _SCALARS:
        yield Vec, scalar
        yield scalar, Vec


def _operator(op, result, emit):
    @infer_global(op)
    class _Typed(AbstractTemplate):
        def generic(self, args, kws):
            if len(args) == 2 and any(isinstance(a, Vec) for a in args) and all(map(_number, args)):
                return signature(result(_width(*args)), *args)

    def lower(context, builder, sig, args):
        width = _width(*sig.args)
        a, b = (_as_lanes(context, builder, v, k, width) for v, k in zip(args, sig.args, strict=True))
        return emit(builder, a, b)

    for left, right in _pairs():
        lower_builtin(op, left, right)(lower)


def _arithmetic(name):
    return lambda builder, a, b: getattr(builder, name)(a, b, flags=_CONTRACT)


def _comparison(sign):
    return lambda builder, a, b: builder.fcmp_ordered(sign, a, b)


for _op, _iop, _name in (
    (operator.add, operator.iadd, "fadd"),
    (operator.sub, operator.isub, "fsub"),
    (operator.mul, operator.imul, "fmul"),
    (operator.truediv, operator.itruediv, "fdiv"),
):
    _operator(_op, Vec, _arithmetic(_name))
    _operator(_iop, Vec, _arithmetic(_name))
for _op, _sign in (
    (operator.lt, "<"),
    (operator.le, "<="),
    (operator.gt, ">"),
    (operator.ge, ">="),
    (operator.eq, "=="),
):
    _operator(_op, Mask, _comparison(_sign))


def _unary(op, kind, emit):
    @infer_global(op)
    class _Typed(AbstractTemplate):
        def generic(self, args, kws):
            if len(args) == 1 and isinstance(args[0], kind):
                return signature(args[0], args[0])

    @lower_builtin(op, kind)
    def _lower(context, builder, sig, args):
        return emit(builder, args[0])


_unary(operator.neg, Vec, lambda builder, a: builder.fneg(a))
_unary(operator.invert, Mask, lambda builder, a: builder.not_(a))


def _mask_operator(op, name):
    @infer_global(op)
    class _Typed(AbstractTemplate):
        def generic(self, args, kws):
            if len(args) == 2 and all(isinstance(a, Mask) for a in args):
                return signature(args[0], *args)

    @lower_builtin(op, Mask, Mask)
    def _lower(context, builder, sig, args):
        return getattr(builder, name)(*args)


_mask_operator(operator.and_, "and_")
_mask_operator(operator.or_, "or_")


def _lowered(function, result, emit, *, literal=False):
    """Let kernels call ``function``; ``result(*types)`` types it, ``emit(context, builder, sig, args)`` lowers it."""

    @infer_global(function)
    class _Typed(AbstractTemplate):
        prefer_literal = literal

        def generic(self, args, kws):
            kind = result(*args)
            return None if kind is None else signature(kind, *args)

    lower_builtin(function, types.VarArg(types.Any))(emit)


def _llvm_function(function, name):
    """Lower a lane function of like arguments to the LLVM intrinsic ``name``."""

    def emit(context, builder, sig, args):
        width = _width(sig.return_type)
        lanes = [_as_lanes(context, builder, v, k, width) for v, k in zip(args, sig.args, strict=True)]
        return _intrinsic(builder, f"llvm.{name}.{_suffix(width)}", _llvm(width), lanes)

    _lowered(function, lambda *kinds: _value(_width(*kinds)) if all(map(_number, kinds)) else None, emit)


# ---------------------------------------------------------------- arithmetic


def fma(a, b, c):
    """a * b + c, fused where the CPU can (``llvm.fmuladd``: never a library call)."""
    return a * b + c


def sqrt(a):
    return np.sqrt(a)


def absolute(a):
    return np.abs(a)


def floor(a):
    return np.floor(a)


def minimum(a, b):
    return np.fmin(a, b)


def maximum(a, b):
    return np.fmax(a, b)


def copysign(a, b):
    return np.copysign(a, b)


for _function, _name in (
    (fma, "fmuladd"),
    (sqrt, "sqrt"),
    (absolute, "fabs"),
    (floor, "floor"),
    (minimum, "minnum"),
    (maximum, "maxnum"),
    (copysign, "copysign"),
):
    _llvm_function(_function, _name)


def select(mask, a, b):
    """a where the mask holds, b elsewhere."""
    return np.where(mask, a, b) if np.ndim(mask) else (a if mask else b)


def _emit_select(context, builder, sig, args):
    width = _width(sig.return_type)
    mask = args[0]
    if width > 1 and not isinstance(sig.args[0], Mask):
        mask = _splat(builder, mask, width)
    a, b = (_as_lanes(context, builder, args[i], sig.args[i], width) for i in (1, 2))
    return builder.select(mask, a, b)


_lowered(select, lambda mask, a, b: _value(_width(mask, a, b)), _emit_select)


# ---------------------------------------------------------------- across lanes


def any_lane(mask):
    return bool(np.any(mask))


def lane_max(a):
    return np.max(a)


def lane_min(a):
    return np.min(a)


def _emit_any(context, builder, sig, args):
    if not isinstance(sig.args[0], Mask):
        return args[0]
    bits = builder.bitcast(args[0], ir.IntType(sig.args[0].width))
    return builder.icmp_unsigned("!=", bits, ir.Constant(bits.type, 0))


_lowered(any_lane, lambda mask: types.boolean if isinstance(mask, Mask | types.Boolean) else None, _emit_any)


def _reduction(function, name):
    def emit(context, builder, sig, args):
        width = _width(sig.args[0])
        if width == 1:
            return args[0]
        return _intrinsic(builder, f"llvm.vector.reduce.{name}.{_suffix(width)}", _F64, [args[0]])

    _lowered(function, lambda a: types.float64 if isinstance(a, Vec | types.Float) else None, emit)


_reduction(lane_max, "fmax")
_reduction(lane_min, "fmin")


def max_per_clock(a, clock):
    """Lane by lane if ``clock`` is as wide as ``a``, the largest of all lanes if they share one clock."""
    return a if np.size(clock) == np.size(a) else np.max(a)


def min_per_clock(a, clock):
    return a if np.size(clock) == np.size(a) else np.min(a)


def _reduction_per_clock(function, name):
    def emit(context, builder, sig, args):
        width = _width(sig.args[0])
        if width == _width(sig.args[1]):
            return args[0]
        return _intrinsic(builder, f"llvm.vector.reduce.{name}.{_suffix(width)}", _F64, [args[0]])

    _lowered(function, lambda a, clock: _value(_width(clock)) if _number(a) and _number(clock) else None, emit)


_reduction_per_clock(max_per_clock, "fmax")
_reduction_per_clock(min_per_clock, "fmin")


# ---------------------------------------------------------------- memory


class _Stack:
    """Python's stand-in for a stack array of lanes: items are copies, as registers are."""

    def __init__(self, width, size):
        self.width = width
        self.memory = np.zeros(size * width)

    def __getitem__(self, i):
        part = self.memory[i * self.width : (i + 1) * self.width]
        return part[0] if self.width == 1 else part.copy()

    def __setitem__(self, i, value):
        self.memory[i * self.width : (i + 1) * self.width] = value


def stack(width, size):
    """Uninitialised array of ``size`` lane values on the stack; ``width`` and ``size`` are compile-time constants."""
    return _Stack(width, size)


def _emit_stack(context, builder, sig, args):
    width, size = (kind.literal_value for kind in sig.args)
    with builder.goto_entry_block():
        memory = builder.alloca(ir.ArrayType(_F64, width * size))
        memory.align = 64
    return builder.bitcast(memory, _F64.as_pointer())


_lowered(
    stack,
    lambda w, n: LaneArray(w.literal_value) if isinstance(w, types.Literal) and isinstance(n, types.Literal) else None,
    _emit_stack,
    literal=True,
)


def stack_like(value, size):
    """Uninitialised stack array of ``size`` lane values as wide as ``value``."""
    return _Stack(np.size(value), size)


def _emit_stack_like(context, builder, sig, args):
    with builder.goto_entry_block():
        memory = builder.alloca(ir.ArrayType(_F64, _width(sig.args[0]) * sig.args[1].literal_value))
        memory.align = 64
    return builder.bitcast(memory, _F64.as_pointer())


_lowered(
    stack_like,
    lambda v, n: LaneArray(_width(v)) if _number(v) and isinstance(n, types.Literal) else None,
    _emit_stack_like,
    literal=True,
)


def _address(context, builder, pointer, index, kind, width, stride):
    offset = builder.mul(context.cast(builder, index, kind, types.intp), ir.Constant(_I64, stride))
    place = builder.gep(pointer, [offset])
    return place if width == 1 else builder.bitcast(place, ir.VectorType(_F64, width).as_pointer())


@infer_global(operator.getitem)
class _GetItem(AbstractTemplate):
    def generic(self, args, kws):
        if isinstance(args[0], LaneArray) and isinstance(args[1], types.Integer):
            return signature(args[0].value, args[0], types.intp)


@lower_builtin(operator.getitem, LaneArray, types.Integer)
def _emit_getitem(context, builder, sig, args):
    width = sig.args[0].width
    value = builder.load(_address(context, builder, args[0], args[1], sig.args[1], width, width))
    value.align = 8 * min(width, 8)
    return value


@infer_global(operator.setitem)
class _SetItem(AbstractTemplate):
    def generic(self, args, kws):
        if isinstance(args[0], LaneArray) and isinstance(args[1], types.Integer) and _number(args[2]):
            return signature(types.none, args[0], types.intp, args[2])


@lower_builtin(operator.setitem, LaneArray, types.Integer, types.Any)
def _emit_setitem(context, builder, sig, args):
    width = sig.args[0].width
    value = _as_lanes(context, builder, args[2], sig.args[2], width)
    store = builder.store(value, _address(context, builder, args[0], args[1], sig.args[1], width, width))
    store.align = 8 * min(width, 8)
    return context.get_dummy_value()


def lane_count(lanes):
    """Width of a stack array, a compile-time constant."""
    return lanes.width


def _emit_lane_count(context, builder, sig, args):
    return ir.Constant(_I64, sig.args[0].width)


_lowered(lane_count, lambda a: types.intp if isinstance(a, LaneArray) else None, _emit_lane_count)


def get_lane(lanes, item, lane):
    """One lane of one item of a stack array."""
    return lanes.memory[item * lanes.width + lane]


def set_lane(lanes, item, lane, value):
    lanes.memory[item * lanes.width + lane] = value


def _lane_address(context, builder, sig, args):
    item, lane = (context.cast(builder, args[i], sig.args[i], types.intp) for i in (1, 2))
    offset = builder.add(builder.mul(item, ir.Constant(_I64, sig.args[0].width)), lane)
    return builder.gep(args[0], [offset])


def _emit_get_lane(context, builder, sig, args):
    return builder.load(_lane_address(context, builder, sig, args))


def _emit_set_lane(context, builder, sig, args):
    value = context.cast(builder, args[3], sig.args[3], types.float64)
    builder.store(value, _lane_address(context, builder, sig, args))
    return context.get_dummy_value()


_lowered(get_lane, lambda a, i, k: types.float64 if isinstance(a, LaneArray) else None, _emit_get_lane)
_lowered(set_lane, lambda a, i, k, v: types.none if isinstance(a, LaneArray) else None, _emit_set_lane)


def load(width, array, start):
    """``width`` consecutive numbers of a one-dimensional C-ordered array."""
    return array[start] if width == 1 else np.array(array[start : start + width])


def store(array, start, value):
    array[start : start + np.size(value)] = value


def _array_address(context, builder, kind, array, index, index_kind, width):
    data = context.make_array(kind)(context, builder, array).data
    return _address(context, builder, data, index, index_kind, width, 1)


def _emit_load(context, builder, sig, args):
    width = _width(sig.return_type)
    value = builder.load(_array_address(context, builder, sig.args[1], args[1], args[2], sig.args[2], width))
    value.align = 8
    return value


def _emit_store(context, builder, sig, args):
    width = _width(sig.args[2])
    place = _array_address(context, builder, sig.args[0], args[0], args[1], sig.args[1], width)
    builder.store(args[2], place).align = 8
    return context.get_dummy_value()


_lowered(
    load,
    lambda w, a, i: _value(w.literal_value) if isinstance(w, types.Literal) else None,
    _emit_load,
    literal=True,
)
_lowered(store, lambda a, i, v: types.none if isinstance(v, Vec | types.Float) else None, _emit_store)


# ---------------------------------------------------------------- bit tricks


def _integers(width):
    return _llvm(width, _I64)


def _constant(kind, value):
    return ir.Constant(kind, value if not isinstance(kind, ir.VectorType) else [value] * kind.count)


def coarse_power(a, exponent):
    """a ** exponent to a few per cent, for step-size control; a > 0."""
    bits = np.asarray(a, np.float64).view(np.int64)
    one = np.int64(1023 << 52)
    power = ((bits - one) * exponent + one).astype(np.int64).view(np.float64)
    return power if np.ndim(a) else float(power)


def _emit_coarse_power(context, builder, sig, args):
    width = _width(sig.return_type)
    floats, integers = _llvm(width), _integers(width)
    exponent = _as_lanes(context, builder, args[1], sig.args[1], width)
    one = _constant(floats, float(1023 << 52))
    scaled = builder.sitofp(builder.bitcast(args[0], integers), floats)
    power = builder.fadd(builder.fmul(builder.fsub(scaled, one), exponent), one)
    return builder.bitcast(builder.fptosi(power, integers), floats)


_lowered(coarse_power, lambda a, e: _value(_width(a)), _emit_coarse_power)


def _rsqrt_estimate(a):
    return 1.0 / np.sqrt(a)


def _emit_rsqrt_avx512(builder, value, width):
    eight = ir.VectorType(_F64, 8)
    kind = ir.FunctionType(eight, [eight, eight, ir.IntType(8)])
    estimate = cgutils.get_or_insert_function(builder.module, kind, "llvm.x86.avx512.rsqrt14.pd.512")
    zero, every = ir.Constant(eight, [0.0] * 8), ir.Constant(ir.IntType(8), -1)
    parts = []
    for first in range(0, width, 8):
        lanes = ir.Constant(ir.VectorType(_I32, 8), list(range(first, first + 8)))
        part = builder.shuffle_vector(value, value, lanes)
        parts.append(builder.call(estimate, [part, zero, every]))
    while len(parts) > 1:
        parts = [_joined(builder, a, b) for a, b in zip(parts[::2], parts[1::2], strict=True)]
    return parts[0]


def _joined(builder, a, b):
    lanes = ir.Constant(ir.VectorType(_I32, 2 * a.type.count), list(range(2 * a.type.count)))
    return builder.shuffle_vector(a, b, lanes)


def _emit_rsqrt_estimate(context, builder, sig, args):
    width = _width(sig.return_type)
    if width in (8, 16, 32) and has_avx512():
        return _emit_rsqrt_avx512(builder, args[0], width)
    root = _intrinsic(builder, f"llvm.sqrt.{_suffix(width)}", _llvm(width), [args[0]])
    return builder.fdiv(_constant(_llvm(width), 1.0), root)


_lowered(_rsqrt_estimate, lambda a: _value(_width(a)) if _number(a) else None, _emit_rsqrt_estimate)


@inlined
def rsqrt(a):
    """1 / sqrt(a) to the last bit or two, without a division where the CPU has an estimate; a > 0 and normal.

    One Householder step of fourth order lifts the 14-bit hardware estimate to 56 bits; on an exact quotient it is
    neutral.
    """
    y = _rsqrt_estimate(a)
    e = fma(-(a * y), y, 1.0)
    return fma(y * e, fma(e, fma(e, 0.3125, 0.375), 0.5), y)


def log2_coarse(a):
    """log2(a) to 0.01, for first guesses; a > 0."""
    bits = np.asarray(a, np.float64).view(np.int64)
    line = (bits - np.int64(1023 << 52)) * 2.0**-52
    fraction = line - np.floor(line)
    return line + 0.344 * fraction * (1.0 - fraction)


def _emit_log2_coarse(context, builder, sig, args):
    width = _width(sig.return_type)
    floats = _llvm(width)
    bits = builder.sitofp(builder.bitcast(args[0], _integers(width)), floats)
    line = builder.fsub(bits, _constant(floats, float(1023 << 52)))
    line = builder.fmul(line, _constant(floats, 2.0**-52))
    whole = _intrinsic(builder, f"llvm.floor.{_suffix(width)}", floats, [line])
    fraction = builder.fsub(line, whole)
    bow = builder.fmul(fraction, builder.fsub(_constant(floats, 1.0), fraction))
    return builder.fadd(line, builder.fmul(_constant(floats, 0.344), bow))


def exp2_coarse(a):
    """2 ** a to 0.3 per cent, for first guesses; |a| < 1000."""
    whole = np.floor(a)
    fraction = a - whole
    return np.ldexp(1.0 + fraction * (0.6565 + 0.3435 * fraction), np.asarray(whole, np.int64))


def _emit_exp2_coarse(context, builder, sig, args):
    width = _width(sig.return_type)
    floats, integers = _llvm(width), _integers(width)
    whole = _intrinsic(builder, f"llvm.floor.{_suffix(width)}", floats, [args[0]])
    fraction = builder.fsub(args[0], whole)
    slope = builder.fadd(_constant(floats, 0.6565), builder.fmul(_constant(floats, 0.3435), fraction))
    mantissa = builder.fadd(_constant(floats, 1.0), builder.fmul(fraction, slope))
    biased = builder.fptosi(builder.fadd(whole, _constant(floats, 1023.0)), integers)
    return builder.fmul(mantissa, builder.bitcast(builder.shl(biased, _constant(integers, 52)), floats))


_lowered(log2_coarse, lambda a: _value(_width(a)) if _number(a) else None, _emit_log2_coarse)
_lowered(exp2_coarse, lambda a: _value(_width(a)) if _number(a) else None, _emit_exp2_coarse)
