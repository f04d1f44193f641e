"""Side by side with what a user would pick instead: 16 seeds of one cell, the same steps, results checked to agree.

pip install -e '.[peers]' && python benchmarks/speed/peers/compare.py [ROUNDS]

Sides run in turns, each in fresh processes on one core; seconds are medians over the rounds, ratios are to toybench.
"""

import json
import statistics
import subprocess
import sys
from pathlib import Path

import numpy as np
from sides import CELLS, SIDES

NAMES = {
    "toybench": "toybench",
    "hand": "by hand: one `jit(vmap(scan))`",
    "hand_in_turn": "by hand, seed after seed",
    "pytorch": "PyTorch, a loop a seed",
    "benchopt": "benchopt hosting the method",
}


def measure(side: str, study: str) -> dict:
    """Seconds and values of a side, from a process of its own."""
    command = [sys.executable, str(Path(__file__).with_name("sides.py")), side, study]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{side} failed on {study}:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def main(rounds: int) -> None:
    """Prints the table."""
    print("| cell | side | first run s | ratio | second run s | ratio |\n|---|---|---|---|---|---|")
    for study, (task, method) in CELLS.items():
        found: dict[str, list[dict]] = {side: [] for side in SIDES}
        for _ in range(rounds):
            for side in SIDES:
                found[side].append(measure(side, study))
        base = found["toybench"]
        for side, runs in found.items():
            np.testing.assert_allclose(np.mean(runs[0]["values"]), np.mean(base[0]["values"]), rtol=0.02)
            cells = [f"{study}/{task} × {method}" if side == "toybench" else "", NAMES[side]]
            for part in ("first", "second"):
                seconds, unit = (statistics.median(r[part] for r in rs) for rs in (runs, base))
                cells += [f"{seconds:.1f}", f"{seconds / unit:.2f}"]
            print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 1)
