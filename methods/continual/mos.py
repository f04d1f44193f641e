"""MOS: an adapter for each phase, merged with its predecessors as it trains, and retrieved by its own answers.

**Source**: Sun, Zhou, Zhao, Gan, Zhan and Ye, "MOS: Model Surgery for Pre-Trained Model-Based Class-Incremental
Learning", 2024, https://arxiv.org/abs/2412.09441 (adapter merging, equation 8; classifier alignment; self-refined
retrieval, section 4.2); https://github.com/sun-hailong/LAMDA-PILOT.

    after each step of phase b:    A_b <- (1 - m) A_b + m mean_{k<b} A_k
    then: head trained on z ~ N(mean_c, cov_c) for all classes c met, statistics under c's own adapter
    predict: t_0 = phase of the nearest prototype of the frozen backbone; y_i = head(phi(x; A_{t_i})); t_{i+1} = phase
    of y_i, until it stays or after `rounds`

**Differs from the paper**: 1. two bottlenecks on a two-layer network instead of one in each transformer block. 2. Adam
at one learning rate, instead of SGD with a smaller one for the head. 3. no contrastive term on features. 4. the
alignment is the last third of a phase's steps. 5. prediction without the ensemble with prototypes; `ensemble` adds it.

**Shapes**: b batch, d inputs, f features, c classes, t adapters (one a phase).
"""

from toybench.methods.continual._surgery import Surgery


class MOS(Surgery):
    """Without merging (m = 0) it is `adapter_no_merge`."""

    merge: float = 0.01  # m, 0 to 1; the authors' code has 0.1

    paper = "sun2024mos"
    space = {"lr": (0.01, 0.03), "merge": (0.003, 0.01, 0.1)}
