"""The speed suite measures; it asserts nothing about time. Programs are compiled anew: JAX's cache is off."""

import os

from toybench.engine import runtime

os.environ["JAX_ENABLE_COMPILATION_CACHE"] = "false"
runtime.configure()
