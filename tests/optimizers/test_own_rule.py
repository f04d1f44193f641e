"""A user's own optax transformation: what goes wrong is said in a sentence."""

from pathlib import Path

import pytest

from tests.helpers import toybench

HEADER = '''"""A rule of a user."""

import jax
import jax.numpy as jnp
import optax

from toybench.blocks.descent import Transformed


class {name}(Transformed):
    """A rule."""

    lr: float = 0.01  # peak learning rate, above 0

    def transform(self) -> optax.GradientTransformation:
        {body}
'''
RULES = {
    "wider": "return optax.stateless(lambda g, w: jax.tree.map(lambda x: x[:, None], g))",
    "halved": "return optax.stateless(lambda g, w: jax.tree.map(lambda x: x.astype(jnp.float16), g))",
    "asking": "return optax.GradientTransformationExtraArgs(lambda w: (), lambda g, s, w, *, hessian, **k: (g, s))",
    "lost": "return optax.stateless(lambda g, w: jax.tree.map(lambda x: x / 0, g))",
    "plain": "return optax.identity()",
}
SAID = {
    "wider": "turns weights ['float32[20]'] into a direction ['float32[20, 1]']",
    "halved": "turns weights ['float32[20]'] into a direction ['float16[20]']",
    "asking": "the transformation needs more than is given (value, grad): ",
    "lost": "of 2 seeds diverged",
}


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the command line says, without its line breaks."""
    root = tmp_path_factory.mktemp("mine")
    folder = root / "methods/optimizers"
    folder.mkdir(parents=True)
    for name, body in RULES.items():
        (folder / f"{name}.py").write_text(HEADER.format(name=name.capitalize(), body=body))
    asked = [word for name in RULES for word in ("--method", name)]
    run = ("run", "optimizers/quadratic_valley", "--budget", "smoke", "--seeds", "2", "--jobs", "1")
    done = toybench("--plugins", str(root), *run, *asked, "--out", str(Path(root) / "runs"))
    assert done.returncode == 4, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    return " ".join((done.stdout + done.stderr).split())


@pytest.mark.parametrize("name", SAID)
def test_what_goes_wrong_is_said(said, name):
    assert SAID[name] in said


def test_the_others_run_on(said):
    assert "plain ok" in said
