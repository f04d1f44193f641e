"""How JAX is started: toybench's flags where the user has none, and what a record says of the machine."""

import ast
import json
import os
import subprocess
import sys

import jax
import pytest

from toybench.engine import runtime

ASK = """
import json, os, sys
from toybench.engine import runtime
runtime.configure()
device = runtime._device()
print(json.dumps([os.environ["XLA_FLAGS"], runtime.options(49), runtime.options(50), device, "jax" in sys.modules]))
"""


def started(**variables: str) -> list:
    """What a fresh process is configured to, with these variables and no others of JAX's."""
    plain = {k: v for k, v in os.environ.items() if not k.startswith(("JAX_", "XLA_"))}
    done = subprocess.run(
        [sys.executable, "-c", ASK], env=plain | variables, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def test_updates_in_a_long_loop_have_options_of_their_own() -> None:
    flags, short, long, *_ = started()
    assert flags == " ".join(f"--{k}={v}" for k, v in runtime.FLAGS.items())
    assert (short, long) == ({}, {"xla_cpu_use_fusion_emitters": True})
    jax.jit(lambda x: x + 1, compiler_options=dict(long)).lower(1.0).compile()  # XLA knows the option


@pytest.mark.parametrize("own", ["--xla_backend_optimization_level=0", "--xla_cpu_use_fusion_emitters=false"])
def test_the_users_own_flags_are_left_alone(own: str) -> None:
    flags, _, long, *_ = started(XLA_FLAGS=own)
    assert flags.startswith(own + " --")
    assert flags.count("=") == len(runtime.FLAGS)
    assert long == {}


def test_workers_share_an_accelerator() -> None:
    ask = "import os; from toybench.engine import runtime as r; r.configure(); r.configure(4); print(dict(os.environ))"
    known = {k: v for k, v in os.environ.items() if not k.startswith("XLA_")}
    for own, limit in (({}, "0.225"), ({"XLA_PYTHON_CLIENT_MEM_FRACTION": "0.1"}, "0.1")):
        done = subprocess.run([sys.executable, "-c", ask], env=known | own, capture_output=True, text=True, check=True)
        found = ast.literal_eval(done.stdout)
        assert found["XLA_PYTHON_CLIENT_MEM_FRACTION"] == limit
        assert found["XLA_PYTHON_CLIENT_PREALLOCATE"] == "false"


def test_what_is_said_of_the_machine_without_jax_is_what_jax_says() -> None:
    *_, guessed, imported = started()
    *_, cpu, needed = started(JAX_PLATFORMS="cpu")
    *_, told, asked = started(JAX_PLATFORMS="cpu", JAX_ENABLE_X64="0")
    assert asked
    assert not needed
    assert cpu == told
    assert guessed == told or imported  # on a machine with an accelerator JAX is asked
