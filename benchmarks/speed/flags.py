"""Which XLA flags shorten the compilation of small programs on CPU, and what they cost at run time.

python benchmarks/speed/flags.py [ROUNDS]

Every set of flags compiles and runs the same six cells in processes of their own, all on one core, in turns;
seconds are medians over the rounds, ratios are to XLA's defaults.
"""

import json
import os
import statistics
import subprocess
import sys

from toybench.engine import runtime

LEVEL, CHEAP, PLAIN = (f"--{k}={v}" for k, v in runtime.FLAGS.items())
FLAGS = {
    "XLA's defaults": "",
    "level 1": LEVEL,
    "level 1, cheap LLVM passes": f"{LEVEL} {CHEAP}",
    "the same, no fusion emitters": f"{PLAIN} {LEVEL} {CHEAP}",  # not in toybench's order: taken for the user's own
    "the same, but emitters for updates (toybench)": f"{LEVEL} {CHEAP} {PLAIN}",
    "level 0, no fusion emitters (tests)": f"--xla_backend_optimization_level=0 {CHEAP} {PLAIN}",
}
CELLS = (  # task, method, updates
    ("vector_quantization/codebook_collapse", "simvq", 1000),
    ("quasimetric/random_digraph", "iqe", 1000),
    ("in_context/linear_regression", "softmax_transformer", 200),
    ("local_learning/prototype_alignment", "difference_target_propagation", 500),
    ("continual/permuted_stream", "shrink_and_perturb", 600),
    ("gflownets/string_generation", "trajectory_balance", 400),
)


def measure() -> None:
    """In a process of its own: compile and run seconds, summed over the cells."""
    from toybench.engine import cells, trial
    from toybench.plugins import registry

    bills = []
    for name, method, steps in CELLS:
        study = name.split("/")[0]
        task, learner = registry.load("tasks", name)(), registry.load("methods", f"{study}/{method}")()
        bills.append(trial.run(task, learner, range(cells.TUNING, cells.TUNING + 4), steps, 2)[1])
    print(json.dumps([sum(b.compile for b in bills), sum(b.run for b in bills)]))


def main(rounds: int) -> None:
    """Prints the table."""
    found: dict[str, list[list[float]]] = {name: [] for name in FLAGS}
    for _ in range(rounds):
        for name, flags in FLAGS.items():
            here = {**os.environ, "XLA_FLAGS": flags, "JAX_ENABLE_COMPILATION_CACHE": "false", "JAX_PLATFORMS": "cpu"}
            command = [sys.executable, __file__, "measure"]
            done = subprocess.run(command, env=here, capture_output=True, text=True, check=True)
            found[name].append(json.loads(done.stdout.splitlines()[-1]))
    medians = {n: [statistics.median(x) for x in zip(*rows, strict=True)] for n, rows in found.items()}
    base = medians["XLA's defaults"]
    print("| flags | compile s | ratio | run s | ratio |\n|---|---|---|---|---|")
    for name, (build, run) in medians.items():
        print(f"| {name} | {build:.1f} | {build / base[0]:.2f} | {run:.2f} | {run / base[1]:.2f} |")


if __name__ == "__main__":
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    measure() if sys.argv[1:] == ["measure"] else main(int(sys.argv[1]) if sys.argv[1:] else 3)
