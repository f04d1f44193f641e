"""An adapter for each phase, each trained on its own, retrieved as in MOS.

**Source**: ablation of Sun et al., "MOS: Model Surgery for Pre-Trained Model-Based Class-Incremental Learning", 2024,
https://arxiv.org/abs/2412.09441 (without adapter merging).

    as MOS with m = 0: each adapter goes on from the last one and is never pulled back

**Differs from the paper**: as `mos`.

**Shapes**: b batch, d inputs, f features, c classes, t adapters (one a phase).
"""

from toybench.methods.continual._surgery import Surgery


class AdapterNoMerge(Surgery):
    """MOS with m = 0."""

    space = {"lr": (0.003, 0.01, 0.03), "scale": (16.0, 30.0)}
