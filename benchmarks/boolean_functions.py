"""The boolean_functions benchmark: what its papers claim, and what runs beside the default cells."""

from toybench import Benchmark, Tuning

benchmark = Benchmark(field="sequences", tuning=Tuning(trials=9, seeds=3))
