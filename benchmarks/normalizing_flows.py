"""The normalizing_flows benchmark."""

from toybench import Benchmark

benchmark = Benchmark(field="generative models")
