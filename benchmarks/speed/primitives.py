"""Random numbers and the index of an extreme, as JAX lowers them for CPU and as toybench does, on one core.

python benchmarks/speed/primitives.py [ROUNDS]

Both forms are compiled with the options that updates are compiled with, and run in turns; seconds are the least of
the rounds.
"""

import os
import sys
import time
from collections.abc import Callable
from typing import Any

from toybench.engine import runtime

LOOPS = 200


def cases() -> dict[str, tuple[Callable, tuple]]:
    """Name to (what happens in a turn of a loop, its arguments): numbers in, numbers of the same shape out."""
    import jax
    import jax.numpy as jnp

    def noisy(key: Any, x: Any) -> Any:
        return x + jax.random.normal(key, x.shape)

    def nearest(key: Any, x: Any) -> Any:
        return x + 1e-3 * jnp.argmin(x, -1).astype(x.dtype)[..., None]

    found: dict[str, tuple[Callable, tuple]] = {}
    for shape in ((4,), (256,), (256, 64)):
        found[f"normal {list(shape)}"] = noisy, shape
    for shape in ((256, 10), (256, 64), (256, 1024)):
        found[f"argmin over the last axis of {list(shape)}"] = nearest, shape
    return found


def program(turn: Callable, shape: tuple) -> tuple[Any, Any, float]:
    """(compiled loop, its argument, seconds to compile)."""
    import jax
    import numpy as np

    def loop(x: Any) -> Any:
        keys = jax.random.split(jax.random.key(0), LOOPS)
        return jax.lax.scan(lambda x, key: (turn(key, x), None), x, keys)[0]

    x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    start = time.perf_counter()
    compiled = jax.jit(loop).lower(x).compile(compiler_options=dict(runtime.options(LOOPS)))
    return compiled, x, time.perf_counter() - start


def seconds(compiled: Any, x: Any) -> float:
    start = time.perf_counter()
    compiled(x).block_until_ready()
    return (time.perf_counter() - start) / LOOPS


def main(rounds: int) -> None:
    """Prints the table."""
    import jax

    from toybench.engine import lowering

    theirs = {name: program(*case) for name, case in cases().items()}
    lowering.install()
    jax.clear_caches()
    ours = {name: program(*case) for name, case in cases().items()}
    print("| | JAX's, µs | toybench's, µs | ratio | of compile time |\n|---|---|---|---|---|")
    for name in theirs:
        spent = [[seconds(*side[name][:2]) for side in (theirs, ours)] for _ in range(rounds)]
        a, b = (1e6 * min(column) for column in zip(*spent, strict=True))
        print(f"| {name} | {a:.1f} | {b:.1f} | {b / a:.2f} | {ours[name][2] / theirs[name][2]:.2f} |")


if __name__ == "__main__":
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    os.environ["JAX_ENABLE_COMPILATION_CACHE"] = "false"
    runtime.configure()
    main(int(sys.argv[1]) if sys.argv[1:] else 20)
