"""The continual-learning benchmark: what its papers claim, and what runs beside the default cells."""

from toybench import Benchmark, Better, Bound, Claim, Equivalent, Trend

WIDE = "regression_tasks[target=32x32]"
OPPOSITE = "regression_tasks[tasks=2,domains=opposite]"
MORE_FIRST = "regression_tasks[tasks=2,domains=opposite,counts=10x1]"
MORE_LAST = "regression_tasks[tasks=2,domains=opposite,counts=1x10]"
RANDOM = "separable_tasks[order=random]"
WEAKER = tuple(f"weak_regularisation[strength={strength}]" for strength in (20, 80, 320))
BAYES = ("exact_sequential_bayes", "joint_bayes", "task_mixture_bayes")
RARELY = "gru_incremental[every=96]"
CURVES = "Four random curves of one variable, tanh units and 1,500 steps a task; all methods are told the task."
LINES = "Bayesian linear regression on local bumps instead of the mean of a Gaussian; the second function is minus the first."
LINKS = (
    "8 nodes, a failure of the busiest link, and 10 days of deployment; the incremental learner is a recurrent network as "
    "large as the liquid one instead of a multilayer perceptron, and refits every 24 hours."
)

benchmark = Benchmark(
    variants=(WIDE, OPPOSITE, MORE_FIRST, MORE_LAST, RANDOM),
    ablations=(*WEAKER, RARELY),
    only={
        WIDE: ("hypernetwork_chunked", "finetune_heads", "ewc_heads", "joint_heads"),
        OPPOSITE: BAYES,
        MORE_FIRST: BAYES[:1],
        MORE_LAST: BAYES[:1],
        RANDOM: ("sequential_max_margin",),
    },
    claims=(
        Claim(
            paper="oswald2019continual",
            says="A hypernetwork held to the weights that it formerly generated keeps old functions at the error of joint "
            "training, where fine-tuning forgets them and elastic weight consolidation is in between.",
            differs=f"{CURVES} The hypernetwork has 1,699 weights, the network with a head a task 174.",
            conditions=(
                Bound("regression_tasks", "hypernetwork_cl", "final_mse", below=0.05),
                Bound("regression_tasks", "hypernetwork_cl", "forgetting", below=0.02),
                Better("regression_tasks", "hypernetwork_cl", "ewc_heads", margin=0.02),
                Better("regression_tasks", "ewc_heads", "finetune_heads", margin=0.1),
            ),
        ),
        Claim(
            paper="oswald2019continual",
            says="The same holds for a chunked hypernetwork with fewer weights than the network that it generates.",
            differs=f"{CURVES} A network of two hidden layers of 32 units, 1,153 weights, from 816.",
            conditions=(
                Better(WIDE, "hypernetwork_chunked", "finetune_heads", margin=0.3),
                Bound(WIDE, "hypernetwork_chunked", "forgetting", below=0.05),
            ),
        ),
        Claim(
            paper="kessler2023sequential",
            says="Exact sequential Bayesian inference in one model equals joint inference and still loses the first task "
            "where the tasks conflict; a model with one function a task keeps it.",
            differs=LINES,
            conditions=(
                Equivalent(OPPOSITE, "exact_sequential_bayes", "joint_bayes", margin=0.001),
                Equivalent(OPPOSITE, "exact_sequential_bayes", 1.0, metric="first_task_mse", margin=0.05),
                Better(OPPOSITE, "task_mixture_bayes", "exact_sequential_bayes", margin=0.5),
                Bound("regression_tasks", "exact_sequential_bayes", "forgetting", below=0.01),
            ),
        ),
        Claim(
            paper="kessler2023sequential",
            says="Under exact inference the task with more data prevails: with n1 and n2 points the first task's error is "
            "(2 n2 / (n1 + n2))^2 of its power.",
            differs=LINES,
            conditions=(
                Equivalent(MORE_FIRST, "exact_sequential_bayes", (2 / 11) ** 2, metric="first_task_mse", margin=0.02),
                Equivalent(MORE_LAST, "exact_sequential_bayes", (20 / 11) ** 2, metric="first_task_mse", margin=0.1),
            ),
        ),
        Claim(
            paper="kessler2023sequential",
            says="With new classes in every task and one output for all, prototypes with conjugate posteriors on a learned "
            "embedding beat approximate posteriors over the weights of a classifier.",
            differs="Ten Gaussian classes in 16 dimensions. As in the paper the prototypes come with a few points kept of "
            "every class, and the weight posteriors with none; coreset_softmax shows what these points do alone.",
            conditions=(
                Better("gaussian_classes", "protocl", "vcl_mean_field", margin=0.1),
                Better("gaussian_classes", "protocl", "sequential_laplace", margin=0.1),
            ),
        ),
        Claim(
            paper="evron2023continual",
            says="As regularisation gets weaker, continual classification approaches sequential projection onto the tasks' "
            "margin sets, about as fast as one over the logarithm of its inverse strength.",
            differs="3 tasks of 4 points in 10 dimensions, 16 cycles; logarithms of 20 to 320, solved exactly.",
            conditions=(
                Trend(("separable_tasks",), WEAKER, "falls", metric="gap_to_projection", exponent=(-1.0, -0.5)),
            ),
        ),
        Claim(
            paper="evron2023continual",
            says="Sequential projection never moves away from a joint solution, and with recurring tasks forgetting falls "
            "to zero, within the paper's bound for cyclic orders.",
            differs="3 tasks of 4 points in 10 dimensions, 48 visits, float32.",
            conditions=(
                Bound("separable_tasks", "sequential_max_margin", "fejer_violation", below=1e-5),
                Bound("separable_tasks", "sequential_max_margin", "share_of_bound", below=1.0),
                Bound("separable_tasks", "sequential_max_margin", "max_violation", below=0.001),
                Bound(RANDOM, "sequential_max_margin", "max_violation", below=0.01),
            ),
        ),
        Claim(
            paper="ayoub2024liquid",
            says="On links whose load a failure shifts drastically, a liquid network that is never retrained forecasts the "
            "first day better than an incremental learner that has not been refitted yet.",
            differs=LINKS,
            conditions=(Better("link_load_drift", "ltc", "gru_incremental", "first_day_mae", margin=0.1),),
        ),
        Claim(
            paper="ayoub2024liquid",
            says="On drastically shifted links the liquid network also forecasts the whole time after the failure better.",
            differs=LINKS,
            conditions=(Better("link_load_drift", "ltc", "gru_incremental", "drastic_mae", margin=0.1),),
        ),
        Claim(
            paper="ayoub2024liquid",
            says="On mildly shifted links the incremental learner forecasts better than the liquid network.",
            differs=f"{LINKS} Mildly shifted are all others, those that keep their load included.",
            conditions=(Better("link_load_drift", "gru_incremental", "ltc", "mild_mae", margin=0.02),),
        ),
    ),
)
