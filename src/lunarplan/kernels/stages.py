"""Weighted sums of stage derivatives: a tableau's rows as straight-line multiply-adds with immediate weights."""

from llvmlite import ir
from numba import types
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import lower_builtin

from . import tableaux
from .lanes import LaneArray, _constant, _intrinsic, _llvm, _suffix


def _plain(rows, row, stages, first, stride):
    weights = rows[row]
    zero = 0.0 * stages[first]
    return tuple(
        sum((w * stages[j * stride + first + i] for j, w in enumerate(weights) if w != 0.0), zero) for i in range(3)
    )


def rkn12_sums(row, stages, first, stride):
    """Three sums over stages j of ``row``'s weights times ``stages[j * stride + first + (0, 1, 2)]``."""
    return _plain(tableaux.RKN12.rows, row, stages, first, stride)


def rkn8_sums(row, stages, first, stride):
    """As `rkn12_sums`, for the 8(6) method."""
    return _plain(tableaux.RKN8.rows, row, stages, first, stride)


def dop853_sums(row, stages, first, stride):
    """As `rkn12_sums`, for the 8(5, 3) method."""
    return _plain(tableaux.DOP853.rows, row, stages, first, stride)


def _emit_row(builder, weights, pointer, first, stride, width):
    """Multiply-adds of one row; the zero weights of the tableau cost nothing."""
    i64 = first.type
    kind = _llvm(width)
    total = [_constant(kind, 0.0)] * 3
    for j, weight in enumerate(weights):
        if weight == 0.0:
            continue
        base = builder.add(builder.mul(stride, ir.Constant(i64, j)), first)
        for i in range(3):
            offset = builder.mul(builder.add(base, ir.Constant(i64, i)), ir.Constant(i64, width))
            place = builder.gep(pointer, [offset])
            if width > 1:
                place = builder.bitcast(place, kind.as_pointer())
            value = builder.load(place)
            value.align = 8 * min(width, 8)
            arguments = [_constant(kind, weight), value, total[i]]
            total[i] = _intrinsic(builder, f"llvm.fmuladd.{_suffix(width)}", kind, arguments)
    return total


def _lower(function, rows):
    """Compile ``function`` to a jump to the row asked for: one copy of the code for all stages."""

    @infer_global(function)
    class _Typed(AbstractTemplate):
        def generic(self, args, kws):
            if isinstance(args[1], LaneArray):
                return signature(types.UniTuple(args[1].value, 3), types.intp, args[1], types.intp, types.intp)

    @lower_builtin(function, types.intp, LaneArray, types.intp, types.intp)
    def _emit(context, builder, sig, args):
        row, pointer, first, stride = args
        width = sig.args[1].width
        done = builder.append_basic_block("row.done")
        cases = [(i, builder.append_basic_block(f"row.{i}")) for i in range(len(rows))]
        switch = builder.switch(row, cases[0][1])
        results = []
        for i, block in cases:
            switch.add_case(ir.Constant(row.type, i), block)
            builder.position_at_end(block)
            results.append((_emit_row(builder, rows[i], pointer, first, stride, width), builder.block))
            builder.branch(done)
        builder.position_at_end(done)
        sums = []
        for i in range(3):
            phi = builder.phi(_llvm(width))
            for values, block in results:
                phi.add_incoming(values[i], block)
            sums.append(phi)
        return context.make_tuple(builder, sig.return_type, sums)


_lower(rkn12_sums, tableaux.RKN12.rows)
_lower(rkn8_sums, tableaux.RKN8.rows)
_lower(dop853_sums, tableaux.DOP853.rows)
