"""How many multiplications a function makes, read off its traced program."""

import math
from collections.abc import Callable
from typing import Any

import jax


def multiplications(function: Callable[..., Any], *inputs: Any) -> int:
    """Multiplications of numbers in one call: of products of arrays, of triangular systems and entry by entry.

    A loop counts as often as it turns; the longest branch counts where there are several. What depends on the inputs
    only through their shapes is not computed.
    """
    return _count(jax.make_jaxpr(function)(*inputs).jaxpr)


def _count(program: Any) -> int:
    return sum(_of(equation) for equation in program.eqns)


def _of(equation: Any) -> int:
    """Of one primitive."""
    match equation.primitive.name:
        case "dot_general":
            contracted = equation.params["dimension_numbers"][0][0]
            left = equation.invars[0].aval.shape
            return math.prod(equation.outvars[0].aval.shape) * math.prod(left[axis] for axis in contracted)
        case "triangular_solve":
            rows = equation.invars[0].aval.shape[-1]
            return math.prod(equation.outvars[0].aval.shape) * (rows - 1) // 2
        case "mul":
            return math.prod(equation.outvars[0].aval.shape)
        case "scan":
            return equation.params["length"] * _count(equation.params["jaxpr"].jaxpr)
        case "cond":
            return max(_count(branch.jaxpr) for branch in equation.params["branches"])
        case _:
            return sum(_count(getattr(p, "jaxpr", p)) for p in equation.params.values() if _is_program(p))


def _is_program(value: Any) -> bool:
    return hasattr(getattr(value, "jaxpr", value), "eqns")
