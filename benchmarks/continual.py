"""The continual benchmark: what its papers claim, and what runs beside the default cells."""

from toybench import Benchmark, Better, Bound, Claim, Equivalent, Trend, Tuning

INPUTS, LABELS = "permuted_stream", "permuted_stream[permute=labels]"
SESSIONS, FEW_SETTINGS, SETTINGS = "class_incremental", "setting_selection[settings=3]", "setting_selection"
UNWEIGHTED, HEAVY = "foster[beta=0]", "foster[beta=0.96]"
UNDECAYED = "upgd[decay=0]"
SMALL_STREAM = (
    "40 tasks of 150 steps of 8 examples on binary prototypes, a network 64-32-32-10, instead of hundreds of tasks on "
    "permuted images and wide networks; step sizes are tuned on accuracy over the whole stream."
)
SMALL_SESSIONS = (
    "20 classes of warped clusters in 5 sessions, 10 examples a class in memory, a network 32-64-64-20 and 300 updates a "
    "session, all methods alike, instead of residual networks on images. FOSTER's beta, 0.9, was chosen on pilots so "
    "that it weighs classes about as the paper's does at the paper's counts; the paper's 0.96 runs beside it."
)
SMALL_SELECTION = (
    "Four replay learners with random settings on two small streams of one generator, instead of a dozen methods on "
    "halves of image data sets; the truth is another run on the evaluation stream."
)

benchmark = Benchmark(
    tuning=Tuning(trials=6, seeds=2),
    variants=(LABELS, FEW_SETTINGS),
    ablations=(UNWEIGHTED, HEAVY, UNDECAYED),
    only={
        LABELS: ("sgd", "adam", "l2", "shrink_and_perturb", "continual_backprop", "upgd", "reset_network"),
    },
    claims=(
        Claim(
            paper="dohare2023loss",
            says="Over a long stream of equally hard tasks plain gradient descent learns new tasks ever worse, and Adam "
            "does too.",
            differs=SMALL_STREAM,
            conditions=(
                Bound(INPUTS, "sgd", "plasticity_loss", above=0.1),
                Bound(INPUTS, "adam", "plasticity_loss", above=0.05),
            ),
        ),
        Claim(
            paper="dohare2023loss",
            says="Restarting a small share of the least useful units at every step keeps the network learning: late "
            "tasks are learned far better than by gradient descent and by Adam, and about as well as early ones.",
            differs=f"{SMALL_STREAM} The replacement rate is higher, as tasks are shorter.",
            conditions=(
                Better(INPUTS, "continual_backprop", "sgd", "late_accuracy", margin=0.1),
                Better(INPUTS, "continual_backprop", "adam", "late_accuracy", margin=0.1),
                Bound(INPUTS, "continual_backprop", "plasticity_loss", below=0.05),
            ),
        ),
        Claim(
            paper="dohare2023loss",
            says="With continual backpropagation fewer units are dead at the end, and the representation has a higher "
            "rank, than with gradient descent.",
            differs=SMALL_STREAM,
            conditions=(
                Better(INPUTS, "continual_backprop", "sgd", "dead_units", margin=0.05),
                Better(INPUTS, "continual_backprop", "sgd", "effective_rank", margin=1.0),
            ),
        ),
        Claim(
            paper="dohare2023loss",
            says="Weight decay alone eases the loss of plasticity, and with perturbed weights more of it.",
            differs=SMALL_STREAM,
            conditions=(
                Better(INPUTS, "l2", "sgd", "late_accuracy", margin=0.05),
                Better(INPUTS, "shrink_and_perturb", "l2", "late_accuracy", margin=0.01),
            ),
        ),
        Claim(
            paper="elsayed2023utilitybased",
            says="Moving and perturbing weights by as little as they are useful keeps plasticity: online accuracy on "
            "permuted inputs is above that of gradient descent.",
            differs=SMALL_STREAM,
            conditions=(
                Better(INPUTS, "upgd", "sgd", "online_accuracy", margin=0.1),
                Better(INPUTS, "upgd", "sgd", "plasticity_loss", margin=0.1),
            ),
        ),
        Claim(
            paper="elsayed2023utilitybased",
            says="Where features stay useful, protecting useful weights also pays: on permuted labels online accuracy is "
            "above that of gradient descent and of shrinking and perturbing without a gate.",
            differs=f"{SMALL_STREAM} Tuned on permuted labels apart.",
            conditions=(
                Better(LABELS, "upgd", "sgd", "online_accuracy", margin=0.005),
                Better(LABELS, "upgd", "shrink_and_perturb", "online_accuracy", margin=0.005),
            ),
        ),
        Claim(
            paper="elsayed2023utilitybased",
            says="On permuted inputs, where nothing is worth protecting, the gate costs nothing: online accuracy is that "
            "of shrinking and perturbing.",
            differs=SMALL_STREAM,
            conditions=(Equivalent(INPUTS, "upgd", "shrink_and_perturb", 0.02, "online_accuracy"),),
        ),
        Claim(
            paper="wang2022foster",
            says="Boosting with a new module and compressing both into one gives a higher average incremental accuracy "
            "than replay and than iCaRL, with a network of the same size and the same memory.",
            differs=SMALL_SESSIONS,
            conditions=tuple(
                Better(SESSIONS, "foster", other, "average_incremental_accuracy", margin=0.02)
                for other in ("er", "icarl")
            ),
        ),
        Claim(
            paper="wang2022foster",
            says="It is also above replay whose imbalance is corrected in another way: by distillation, by stored logits "
            "or by logit adjustment.",
            differs=SMALL_SESSIONS,
            conditions=tuple(
                Better(SESSIONS, "foster", other, "average_incremental_accuracy", margin=0.005)
                for other in ("lwf_er", "der_pp", "er_logit_adjust")
            ),
        ),
        Claim(
            paper="wang2022foster",
            says="Weighting classes by their effective numbers is a part of the gain: without it FOSTER is worse.",
            differs=SMALL_SESSIONS,
            conditions=(Better(SESSIONS, "foster", UNWEIGHTED, "average_incremental_accuracy", margin=0.01),),
        ),
        Claim(
            paper="cha2024hyperparameters",
            says="Accuracy that is published after tuning on the evaluation stream itself overstates what settings tuned "
            "on other data of the same scenario reach.",
            differs=SMALL_SELECTION,
            conditions=(
                Bound(SETTINGS, "tune_on_evaluation", "overstatement", above=0.01),
                Better(SETTINGS, "tune_on_transfer", "tune_on_evaluation", "overstatement", margin=0.005),
            ),
        ),
        Claim(
            paper="cha2024hyperparameters",
            says="The more settings are tried, the more is overstated.",
            differs=f"{SMALL_SELECTION} The paper compares methods with more and fewer hyperparameters.",
            conditions=(
                Trend((FEW_SETTINGS, SETTINGS), ("tune_on_evaluation",), "grows", "overstatement", margin=0.005),
            ),
        ),
        Claim(
            paper="cha2024hyperparameters",
            says="Methods rank otherwise when they are tuned on other data: the ranking after tuning on the evaluation "
            "stream agrees less with that of the two-phase protocol than this protocol's own ranking, run twice.",
            differs=SMALL_SELECTION,
            conditions=(Better(SETTINGS, "tune_on_transfer", "tune_on_evaluation", "rank_correlation", margin=0.05),),
        ),
    ),
)
