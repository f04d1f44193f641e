"""What the rules of this study share: grids of learning rates, and which weights are matrices of a linear map."""

import jax

from toybench.blocks.descent import Problem, Role, Weights

EACH = 4  # rates a decade


def rates(least: float, count: int = 12) -> tuple[float, ...]:
    """So many learning rates from `least` upwards, four a decade, with two digits."""
    return tuple(float(f"{least * 10 ** (i / EACH):.2g}") for i in range(count))


def roles(problem: Problem, weights: Weights) -> list[Role]:
    """The role of every leaf; where the problem names none, matrices are linear maps and the rest are vectors."""
    leaves = jax.tree.leaves(weights)
    return list(problem.roles) or ["linear" if leaf.ndim == 2 else "vector" for leaf in leaves]


def labelled(problem: Problem, weights: Weights) -> Weights:
    """The weights' pytree with their roles in place of the arrays."""
    return jax.tree.unflatten(jax.tree.structure(weights), roles(problem, weights))
