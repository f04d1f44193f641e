"""The benchmark of optimisers: what its papers claim, and what runs beside the default cells."""

from toybench import Benchmark, Tuning

benchmark = Benchmark(
    field="optimisation",
    tuning=Tuning(trials=12, seeds=3),  # twelve rates, four a decade, for every rule: see methods/optimizers/_parts.py
)
