"""The local-learning benchmark: what its papers claim, and what runs beside the default cells."""

from toybench import Benchmark, Better, Bound, Claim, Equivalent, Trend, Tuning

LINEAR = "prototype_mixture[depth=0]"
WIDER = tuple(f"gradient_estimate[width={width}]" for width in (64, 256))
WIDTHS = ("gradient_estimate", *WIDER)
PROX, BACK = "inference_learning_prox", "backprop"
FIXED_RATES = (f"{PROX}[lr=0.3]", f"{PROX}[lr=1]", f"{BACK}[lr=0.3]")
SMALL = "Clusters of points in 16 dimensions and networks 64 wide instead of images and larger networks."

benchmark = Benchmark(
    tuning=Tuning(trials=6, seeds=2),
    variants=(LINEAR, *WIDER),
    only={
        LINEAR: ("backprop", "forward_gradient"),
        **dict.fromkeys(WIDER, ("forward_gradient",)),
        "implicit_step": (
            "backprop",
            "inference_learning",
            PROX,
            *FIXED_RATES,
        ),
    },
    claims=(
        Claim(
            paper="srinivasan2023forward",
            says="PEPITA's first-layer update points nearly where feedback alignment through the current F W_1 points, and "
            "much less where the same matrix of the start would send it.",
            differs=f"{SMALL} F is six times larger than there, so that the second pass is not linear by smallness alone.",
            conditions=(
                Bound("input_modulation", "pepita", "cosine_to_adaptive", above=0.9),
                Bound("input_modulation", "pepita", "adaptive_lead", above=0.2),
            ),
        ),
        Claim(
            paper="srinivasan2023forward",
            says="Trained apart, PEPITA and adaptive feedback alignment end at nearly the same error.",
            differs=f"{SMALL} The margin is well below the distance to the control with a fixed matrix.",
            conditions=(Equivalent("input_modulation", "pepita", "adaptive_feedback_alignment", margin=0.02),),
        ),
        Claim(
            paper="fournier2023forward",
            says="Forward gradients along local guesses are far better aligned with the gradient than those along random "
            "directions, and reach a lower error in as many steps.",
            differs=f"{SMALL} Both perturb activities point by point; dense networks instead of residual ones.",
            conditions=(
                Better(
                    "prototype_alignment",
                    "local_guess_forward_gradient",
                    "activity_forward_gradient",
                    "gradient_cosine",
                    margin=0.3,
                ),
                *(
                    Better(task, "local_guess_forward_gradient", "activity_forward_gradient", "test_error", margin=0.01)
                    for task in ("prototype_mixture", "prototype_alignment")
                ),
            ),
        ),
        Claim(
            paper="baydin2022gradients",
            says="The forward gradient is unbiased, and its second moment is p + 2 times the gradient's for p weights.",
            differs="4,096 estimates at the initial weights of a small network; the cosine's fall with the number of "
            "weights is our addition.",
            conditions=(
                Bound("gradient_estimate", "forward_gradient", "bias_z", above=0.9, below=1.1),
                Bound("gradient_estimate", "forward_gradient", "second_moment_ratio", above=0.95, below=1.05),
                Trend(WIDTHS, ("forward_gradient",), "falls", "mean_cosine", exponent=(-0.6, -0.4)),
            ),
        ),
        Claim(
            paper="baydin2022gradients",
            says="Descending forward gradients trains a small model as well as back-propagation does, and a larger one "
            "worse.",
            differs=f"{SMALL} The small model is a linear classifier, the larger one has three hidden layers. The paper "
            "compares by computing time, we by steps.",
            conditions=(
                Equivalent(LINEAR, "forward_gradient", "backprop", margin=0.03),
                Better("prototype_mixture", "backprop", "forward_gradient", margin=0.1),
            ),
        ),
        Claim(
            paper="li2024deep",
            says="Under five hidden layers, product feedback alignment points nearer the gradient and ends at a lower error "
            "than feedback alignment and direct feedback alignment, and comes close to back-propagation.",
            differs=SMALL,
            conditions=(
                Better(
                    "prototype_alignment",
                    "product_feedback_alignment",
                    "feedback_alignment",
                    "gradient_cosine",
                    margin=0.2,
                ),
                Better(
                    "prototype_alignment",
                    "product_feedback_alignment",
                    "direct_feedback_alignment",
                    "gradient_cosine",
                    margin=0.1,
                ),
                Better("prototype_alignment", "product_feedback_alignment", "feedback_alignment", margin=0.01),
                Better("prototype_alignment", "product_feedback_alignment", "direct_feedback_alignment", margin=0.003),
                Equivalent("prototype_alignment", "product_feedback_alignment", "backprop", margin=0.01),
            ),
        ),
        Claim(
            paper="alonso2022theoretical",
            says="The weight change of inference learning is nearer to the implicit step than to the gradient, and nearer "
            "to it than the gradient is.",
            differs=f"{SMALL} Two hidden layers of 32 units, a squared loss, batches of one point.",
            conditions=(
                Bound("implicit_step", "inference_learning", "nearer_implicit", above=0.005),
                Bound("implicit_step", "inference_learning", "lead_over_gradient", above=0.005),
            ),
        ),
        Claim(
            paper="alonso2022theoretical",
            says="With its proximal step, inference learning is stable and learns at learning rates at which "
            "back-propagation diverges.",
            differs=f"{SMALL} Two hidden layers of 32 units, a squared loss, batches of one point.",
            conditions=(
                Better("implicit_step", FIXED_RATES[0], FIXED_RATES[2], margin=0.2, aggregate="share", share=0.8),
                *(Bound("implicit_step", label, "test_error", below=0.5) for label in FIXED_RATES[:2]),
            ),
        ),
        Claim(
            paper="alonso2022theoretical",
            says="With batches of one point, inference learning reaches a lower error than back-propagation in as many "
            "updates.",
            differs=f"{SMALL} Two hidden layers of 32 units, a squared loss, 2,000 updates.",
            conditions=(
                Better("implicit_step", "inference_learning", "backprop", margin=0.01),
                Better("implicit_step", PROX, "backprop", margin=0.01),
            ),
        ),
    ),
    ablations=FIXED_RATES,
)
