"""The trainability benchmark: what its papers claim, and what runs beside the default cells."""

from toybench import Benchmark, Better, Bound, Claim, Trend, Tuning

SHALLOW = "deep_teacher[depth=8]"
DEEP = "deep_teacher"
DEEPER = "deep_teacher[depth=48]"
TANH = "deep_teacher[activation=tanh]"
GUIDED = "guided_teacher"
COLUMN = "column_extraction"
STACK = "gradient_depth"

GUIDANCE = ("guidance_trained", "guidance_untrained", "guidance_plain", "output_distillation")
STARTS = ("plain_he", "plain_xavier", "plain_orthogonal", "lsuv")
FRACTAL = ("fractalnet_without_drop_path", "fractalnet")
RELU_STACKS = ("gaussian_relu_bn", "orthogonal_relu_bn")
RELU_FIRST = tuple(f"{method}[norm_first=false]" for method in RELU_STACKS)
TANH_AS_IT_IS = "shaped_tanh_bn[exponent=0]"

STUDENTS_DIFFER = (
    "Dense networks of about 25,000 parameters, labels of a random teacher of one hidden layer, 500 batches, no "
    "normalisation, instead of images and convolutions. A rate is tuned for every network at every depth. Losses are "
    "on fresh points, as all training points are; a student that learns nothing has 2.27 nats."
)
GUIDED_DIFFER = f"{STUDENTS_DIFFER} All students descend with Adam, as in the authors' code."
STACKS_DIFFER = (
    "200 layers of 24 units, 24 normal points, a random linear read-out in place of a loss; float32. The slope leaves "
    "out the quarter of the layers next to the input."
)

benchmark = Benchmark(
    field="optimisation",
    tuning=Tuning(trials=9, seeds=3),
    variants=(SHALLOW, DEEPER, TANH),
    ablations=(*RELU_FIRST, TANH_AS_IT_IS),
    edges={
        "guidance_trained.alpha": "less is nearly no guidance, which is plain_he",
        "guidance_untrained.alpha": "less is nearly no guidance, which is plain_he",
        "guidance_plain.alpha": "less is nearly no guidance, which is plain_he",
    },
    only={
        SHALLOW: ("plain_he", "resnet", "elan"),
        DEEP: (*STARTS, "plain_layer_norm", "resnet", "densenet", "elan", *FRACTAL),
        DEEPER: ("plain_he", "resnet", "elan", *FRACTAL),
        TANH: STARTS,
        GUIDED: ("plain_he", "lsuv", "resnet", *GUIDANCE),
    },
    claims=(
        Claim(
            paper="wang2022designing",
            says="At equal depth and equal parameters, layers that are tapped and met by a transition train to a lower "
            "loss than a plain stack.",
            differs=f"{STUDENTS_DIFFER} Lower is read as 0.1 nats, 4 % of the floor's loss, at 24 layers. The network "
            "was read in the first author's code, the paper in its abstract.",
            expected="supported",
            conditions=(Better(task=DEEP, method="elan", than="plain_he", metric="train_loss", margin=0.1),),
        ),
        Claim(
            paper="wang2022designing",
            says="A plain stack deteriorates as it deepens from 8 to 48 layers, and tapped layers then lead by more.",
            differs=f"{STUDENTS_DIFFER} Read as 0.3 nats, both for what the stack loses and for the lead at 48 layers. "
            "The longest path of the tapped network has 10 to 50 layers.",
            note="The stack does deteriorate, from 1.17 over 2.02 to 2.21 nats, but near the floor it can't "
            "lose more: tapped layers deteriorate too, to 1.95 at 48 layers, and lead by 0.26 there, by "
            "0.68 at 24 (64 seeds).",
            expected="supported",
            conditions=(
                Trend(
                    tasks=(SHALLOW, DEEP, DEEPER),
                    methods=("plain_he",),
                    direction="grows",
                    metric="train_loss",
                    margin=0.3,
                ),
                Better(task=DEEPER, method="elan", than="plain_he", metric="train_loss", margin=0.3),
            ),
        ),
        Claim(
            paper="wang2022designing",
            says="It takes tapped layers and a transition: networks with other short paths, residual or densely "
            "connected, train to a higher loss.",
            differs=f"{STUDENTS_DIFFER} Only the sign is claimed, at 24 layers.",
            note="Residual connections do better: 0.88 nats against 1.34; a densely connected network comes to "
            "1.36 (16 seeds).",
            expected="refuted",
            conditions=tuple(
                Better(task=DEEP, method="elan", than=other, metric="train_loss") for other in ("resnet", "densenet")
            ),
        ),
        Claim(
            paper="larsson2016fractalnet",
            toy="unequal",
            says="With drop-path, a fractal network without shortcuts trains at 24 and 48 layers, where a plain "
            "stack as deep as its longest path does much worse.",
            differs=f"{STUDENTS_DIFFER} Much worse is read as 0.2 nats, 9 % of the floor's loss. The whole network is "
            "judged.",
            note="Drop-path is too much for 500 batches: 2.24 nats at 24 layers and 2.27 at 48, near the "
            "floor's 2.27 (16 seeds, 6 of which diverged at 24). It was tuned to a rate of 0.1 at 24 "
            "layers, beyond which it diverges; without drop-path the best rate is 0.5. The paper normalises, "
            "which would keep the means of four columns at scale; here nothing does.",
            expected="supported",
            conditions=tuple(
                Better(task=task, method="fractalnet", than="plain_he", metric="train_loss", margin=0.2)
                for task in (DEEP, DEEPER)
            ),
        ),
        Claim(
            paper="larsson2016fractalnet",
            toy="unequal",
            says="Without drop-path, a fractal network trains at 24 and 48 layers where a plain stack does much worse.",
            differs=f"{STUDENTS_DIFFER} Much worse is read as 0.2 nats. Drop-path is a regulariser, and no point is "
            "ever seen twice here: this is the architecture's part of the claim above.",
            note="At 24 layers 1.28 nats against 2.02, at 48 only 2.10 against 2.21 (32 seeds), where seeds "
            "differ much: a standard deviation of 0.15. A mean of four columns of ReLU units halves their size, "
            "which the paper's normalisation undoes; with a gain of 1.2 a pilot ends at 1.95 (4 seeds).",
            expected="supported",
            conditions=tuple(
                Better(
                    task=task,
                    method="fractalnet_without_drop_path",
                    than="plain_he",
                    metric="train_loss",
                    margin=0.2,
                )
                for task in (DEEP, DEEPER)
            ),
        ),
        Claim(
            paper="larsson2016fractalnet",
            toy="unequal",
            says="Residual connections aren't needed: a fractal network without drop-path trains as well as a residual "
            "one at 24 and 48 layers.",
            differs=f"{STUDENTS_DIFFER} As well is read as 0.1 nats worse at most.",
            note="It doesn't come near: 1.28 nats against 0.88 at 24 layers, 2.10 against 1.06 at 48 (16 seeds). "
            "But the residual network keeps its scale by 1 / sqrt(l), and the fractal one has nothing in place of the "
            "paper's normalisation.",
            expected="inconclusive",
            conditions=tuple(
                Better(
                    task=task,
                    method="fractalnet_without_drop_path",
                    than="resnet",
                    metric="train_loss",
                    margin=-0.1,
                )
                for task in (DEEP, DEEPER)
            ),
        ),
        Claim(
            paper="larsson2016fractalnet",
            toy="undertrained",
            says="Drop-path makes the deepest column, taken out, a usable network; without it the column is not.",
            differs=f"{STUDENTS_DIFFER} Two blocks of four columns; read as an error lower by 0.1. Rates are tuned for "
            "the column's error.",
            note="Drop-path does help the column, by 0.049 of error, but at 0.83 it isn't usable after 500 "
            "batches; the whole network with drop-path errs 0.76, without 0.33 (16 seeds). More batches "
            "would tell, and normalisation as in the paper.",
            expected="supported",
            conditions=(
                Better(
                    task=COLUMN,
                    method="fractalnet",
                    than="fractalnet_without_drop_path",
                    metric="single_column_error",
                    margin=0.1,
                ),
            ),
        ),
        Claim(
            paper="larsson2016fractalnet",
            toy="undertrained",
            says="The column that is taken out is as good as a plain stack of its depth trained alone.",
            differs=f"{STUDENTS_DIFFER} As good is read as an error of 0.02 more at most. The plain stack has the "
            "whole budget of parameters, the column about half of it.",
            note="Trained alone, the stack errs 0.66, the column 0.83 (16 seeds): one batch in eight trains "
            "the column alone, which 500 batches are too few for; more would tell.",
            expected="inconclusive",
            conditions=(
                Better(task=COLUMN, method="fractalnet", than="plain_he", metric="single_column_error", margin=-0.02),
            ),
        ),
        Claim(
            paper="subramaniam2024training",
            toy="unequal",
            says="Led by the layers of a trained residual network for a third of its training, a deep plain stack ends "
            "at a lower loss and a lower error than alone.",
            differs=f"{GUIDED_DIFFER} Lower is read as 0.1 nats and as an error of 0.04 less, 4 % of the floor's. "
            "Guidance isn't the best remedy here: a residual network, such as the guide, is far ahead of both.",
            note="The error falls, from 0.774 to 0.698, the loss from 2.023 to 1.903 nats, where 0.1 less was "
            "asked for (64 seeds). A residual network has 0.88. Alone, the stack stays at the floor in 13 of 64 "
            "seeds: its rate was tuned next to a collapse; at half of it the lead of a pilot was 0.05 (32 seeds).",
            expected="supported",
            conditions=(
                Better(task=GUIDED, method="guidance_trained", than="plain_he", metric="train_loss", margin=0.1),
                Better(task=GUIDED, method="guidance_trained", than="plain_he", metric="test_error", margin=0.04),
            ),
        ),
        Claim(
            paper="subramaniam2024training",
            toy="unequal",
            says="An untrained residual guide helps too, and by its architecture: an untrained plain guide helps less.",
            differs=f"{GUIDED_DIFFER} Read as 0.05 nats, half of what a trained guide is asked for. The plain guide "
            "is our control.",
            note="An untrained residual guide does not help, 2.03 nats against 2.02 alone, though tuned to the "
            "least weight of the grid; an untrained plain guide has 1.94 (16 seeds). The stack "
            "alone was tuned next to a collapse.",
            expected="inconclusive",
            conditions=tuple(
                Better(task=GUIDED, method="guidance_untrained", than=other, metric="train_loss", margin=0.05)
                for other in ("plain_he", "guidance_plain")
            ),
        ),
        Claim(
            paper="subramaniam2024training",
            says="Matching the layers of a trained guide helps more than learning from its outputs.",
            differs=f"{GUIDED_DIFFER} Read as 0.1 nats. Outputs are learned in every batch, layers in a third.",
            note="Outputs teach at least as much: 1.86 nats against 1.90 (16 seeds); the error is 0.71 against 0.70.",
            expected="inconclusive",
            conditions=(
                Better(
                    task=GUIDED, method="guidance_trained", than="output_distillation", metric="train_loss", margin=0.1
                ),
            ),
        ),
        Claim(
            paper="subramaniam2024training",
            says="It takes a guide: a better start of the same stack, by unit output variance, does not do as much.",
            differs=f"{GUIDED_DIFFER} Read as 0.1 nats. This cheap rival is our control.",
            note="A better start alone does as much: 1.88 nats against 1.90 (16 seeds).",
            expected="inconclusive",
            conditions=(Better(task=GUIDED, method="guidance_trained", than="lsuv", metric="train_loss", margin=0.1),),
        ),
        Claim(
            paper="mishkin2015all",
            says="A plain stack of 24 ReLU layers trains to a lower loss from orthonormal weights of unit output "
            "variance than from Xavier's or from orthonormal weights as they are.",
            differs=f"{STUDENTS_DIFFER} Lower is read as 0.1 nats, 4 % of the floor's loss.",
            expected="supported",
            conditions=tuple(
                Better(task=DEEP, method="lsuv", than=other, metric="train_loss", margin=0.1)
                for other in ("plain_xavier", "plain_orthogonal")
            ),
        ),
        Claim(
            paper="mishkin2015all",
            says="On ReLU, unit output variance is as good a start as the one that He and others made for it.",
            differs=f"{STUDENTS_DIFFER} As good is read as 0.1 nats worse at most, at 24 layers.",
            expected="refuted",
            conditions=(Better(task=DEEP, method="lsuv", than="plain_he", metric="train_loss", margin=-0.1),),
        ),
        Claim(
            paper="mishkin2015all",
            says="On tanh, 24 layers train to a lower loss from unit output variance than from He's start.",
            differs=f"{STUDENTS_DIFFER} Lower is read as 0.1 nats.",
            expected="supported",
            conditions=(Better(task=TANH, method="lsuv", than="plain_he", metric="train_loss", margin=0.1),),
        ),
        Claim(
            paper="mishkin2015all",
            says="On tanh, unit output variance is as good a start as Xavier's and as orthonormal weights as they are.",
            differs=f"{STUDENTS_DIFFER} As good is read as 0.1 nats worse at most, at 24 layers.",
            note="It beats Xavier's start, 1.78 nats against 1.99, but orthonormal weights as they are come to "
            "1.64: worse by 0.14, about the margin (64 seeds).",
            expected="refuted",
            conditions=tuple(
                Better(task=TANH, method="lsuv", than=other, metric="train_loss", margin=-0.1)
                for other in ("plain_xavier", "plain_orthogonal")
            ),
        ),
        Claim(
            paper="meterez2023training",
            kind="theorem",
            says="With orthogonal weights, linear layers and batch normalisation, gradients don't grow with depth.",
            differs=f"{STACKS_DIFFER} Read as 0.005 a layer, a factor of 2.1 over 150 layers; 100 tuning seeds had "
            "-0.0008, with a standard deviation of 0.0004.",
            expected="supported",
            conditions=(
                Bound(task=STACK, method="orthogonal_linear_bn", metric="gradient_growth", above=-0.005, below=0.005),
            ),
        ),
        Claim(
            paper="meterez2023training",
            says="There, the outputs of 24 points become orthogonal, which orthogonal weights alone don't make them.",
            differs=f"{STACKS_DIFFER} Read as an isometry gap below 0.05, and lower by 0.5 than without normalisation.",
            expected="supported",
            conditions=(
                Bound(task=STACK, method="orthogonal_linear_bn", metric="isometry_gap", below=0.05),
                Better(
                    task=STACK,
                    method="orthogonal_linear_bn",
                    than="no_normalisation",
                    metric="isometry_gap",
                    margin=0.5,
                ),
            ),
        ),
        Claim(
            paper="meterez2023training",
            says="With normal weights instead of orthogonal ones, the gradient grows exponentially.",
            differs=f"{STACKS_DIFFER} Read as more than 0.01 a layer, a factor of 4.5 over 150 layers. It is an effect "
            "of the finite width: wider layers have less of it.",
            expected="supported",
            conditions=(Bound(task=STACK, method="gaussian_linear_bn", metric="gradient_growth", above=0.01),),
        ),
        Claim(
            paper="meterez2023training",
            says="With ReLU the gradient explodes for normal and orthogonal weights alike, by about a fifth a layer.",
            differs=f"{STACKS_DIFFER} Read as 0.15 to 0.21 a layer where normalisation comes first, where tuning "
            "seeds had 0.18 and 0.17, and as more than 0.15 in the order of the authors' code, where they had 0.33.",
            expected="supported",
            conditions=(
                *(
                    Bound(task=STACK, method=method, metric="gradient_growth", above=0.15, below=0.21)
                    for method in RELU_STACKS
                ),
                *(Bound(task=STACK, method=method, metric="gradient_growth", above=0.15) for method in RELU_FIRST),
            ),
        ),
        Claim(
            paper="meterez2023training",
            says="A tanh whose slope at 0 falls with the layer's number has what linear layers have, a bounded "
            "gradient and orthogonal outputs, and it is the falling slope that does it.",
            differs=f"{STACKS_DIFFER} Read as growth below 0.005 a layer and a gap below 0.05; with tanh as it is, "
            "growth is higher by 0.05. No claim is made about training.",
            expected="supported",
            conditions=(
                Bound(task=STACK, method="shaped_tanh_bn", metric="gradient_growth", above=-0.005, below=0.005),
                Bound(task=STACK, method="shaped_tanh_bn", metric="isometry_gap", below=0.05),
                Better(task=STACK, method="shaped_tanh_bn", than=TANH_AS_IT_IS, metric="gradient_growth", margin=0.05),
            ),
        ),
    ),
)
