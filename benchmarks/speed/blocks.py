"""Seeds one after another, or several at a time by `vmap`: what that gains or costs on one core, a cell of every study.

python benchmarks/speed/blocks.py [BLOCK ...]

Seconds of training and evaluating 16 seeds, compiled, the less of two turns; compilation apart. Ratios are to one seed
at a time.
"""

import os
import sys
import time

from toybench.engine import runtime

SEEDS = 16
CELLS = (
    "bandits/stochastic_arms/varts",
    "conformal/bivariate_regions/st_dqr",
    "continual/permuted_stream/shrink_and_perturb",
    "gflownets/string_generation/trajectory_balance",
    "in_context/linear_regression/linear_self_attention",
    "in_context/linear_regression/softmax_transformer[layers=1]",
    "local_learning/prototype_mixture/backprop",
    "quasimetric/random_digraph/mlp_concatenated",
    "vector_quantization/codebook_collapse/straight_through",
)


def measure(cell: str, block: int) -> tuple[float, float]:
    """(seconds to compile, seconds to run)."""
    from toybench.engine import trial
    from toybench.engine.cells import TUNING, Cell

    study, stem, name = cell.split("/")
    task, method, steps, checkpoints = Cell(study, stem, name, "full", (TUNING,)).build()
    compiled, least = 0.0, float("inf")
    for _ in range(3):  # the first compiles
        trial.shared.task = None
        start = time.perf_counter()
        _, bill = trial.run(task, method, range(TUNING, TUNING + SEEDS), steps, checkpoints, block=block)
        spent, build = time.perf_counter() - start, bill.trace + bill.compile
        compiled, least = compiled + build, min(least, spent - build)
    return compiled, least


def main(blocks: list[int]) -> None:
    """Prints the table."""
    print(f"| cell | compile, run s | {' | '.join(f'{b} at a time' for b in blocks)} |")
    print(f"|---|---|{'---|' * len(blocks)}")
    for cell in CELLS:
        build, run = measure(cell, 1)
        others = [measure(cell, b) for b in blocks]
        ratios = [f"{c / build:.2f}, {r / run:.2f}" for c, r in others]
        print(f"| {cell} | {build:.1f}, {run:.1f} | {' | '.join(ratios)} |", flush=True)


if __name__ == "__main__":
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    os.environ["JAX_ENABLE_COMPILATION_CACHE"] = "false"
    runtime.configure()
    main([int(b) for b in sys.argv[1:]] or [4, 16])
