"""The trajectory_models benchmark: what its paper claims, and what runs beside the default cells."""

from toybench import Benchmark, Better, Bound, Claim, Tuning

PAPER = "wu2023masked"
MANY = "pointmass_model"
FEW = "pointmass_model[trajectories=50]"
MASKED = "masked_trajectory"
QUESTIONS = "three_questions"
SMALL = "mlp_dynamics"
ALIKE = {"forward_mse": 0.086, "inverse_mse": 0.0067}  # 15 % of the specialists' means
GAIN = {"forward_mse": 0.074, "inverse_mse": 0.0055}  # 10 % of these with 50 episodes
SPECIALIST = {"forward_mse": "forward_specialist", "inverse_mse": "inverse_specialist"}
RETURN = "normalized_return"
RETURN_ALIKE = 0.1  # of what lies between the recorded episodes and the expert

DIFFERS = (
    "A slow point mass with a disc in its way instead of robots; its state is the place and the last move. 500 or 50 "
    "episodes of 20 steps in windows of 4 states. Masks, questions and loss are the authors', the network is one "
    "layer of attention to what is shown. All but the small networks have the same network, and all 4,000 updates of "
    "32 windows; each is tuned on the questions that it is trained for. The authors' first two questions hide all "
    "returns, and all or most actions, the third shows all returns; their masks show at least two tokens of a kind "
    "that is not cut off. So of 400,000 random masks none was one of the first two questions' and 0.0013 the "
    "third's; 0.06 and 0.03 of them showed the two tokens that matter to the first two, and hid the one that is "
    "asked for. The noise of a move hides an action from everybody, so that most of the smallest inverse errors is "
    "noise. An earlier network, which saw hidden tokens as zeros, ran on seeds 0 to 15: errors 1.36 and 0.10 against "
    "0.43 and 0.04 of the specialists, returns 0.14 and 0.18; then attention, own rates of the specialists and "
    "wishes that follow the best episode took its place. More updates help returns: on two tuning seeds, 1,500 and "
    "6,000 of them had forward errors of 0.72 and 0.64 against 0.43 and 0.34, and returns of 0.0 and 0.37 against "
    "0.24 and 0.46. "
)
SHARES = "Margins are 15 % of the specialists' means on tuning seeds at their tuned rates, 0.57 and 0.044. "

benchmark = Benchmark(
    field="reinforcement learning",
    first_seed=192,
    tuning=Tuning(trials=5, seeds=3),
    edges={"forward_specialist.lr": "with 50 episodes errors at 0.003 to 0.1 differ by 8 %, and 0.1 has the least"},
    variants=(FEW,),
    only={
        MANY: (MASKED, "forward_specialist", "inverse_specialist", "policy_specialist", QUESTIONS, SMALL),
        FEW: (MASKED, "forward_specialist", "inverse_specialist", SMALL),
    },
    claims=(
        Claim(
            paper=PAPER,
            says="With 500 episodes one model that is trained to fill in random parts of trajectories predicts the "
            "next state and recovers actions as well as the same network trained for one of both.",
            differs=f"{DIFFERS}{SHARES}",
            note=(
                "Forward errors are 1.04 and 0.41, 0.63 (0.39 to 0.87, 16 seeds) apart, inverse ones 0.055 and 0.039, "
                "0.016 (0.013 to 0.018). More updates didn't close it: on tuning seeds forward errors were 0.72 and "
                "0.43 after 1,500, 1.02 and 0.57 after 4,000, 0.64 and 0.34 after 6,000. The authors show 2,200 times "
                "as many windows as 4,000 updates do."
            ),
            expected="supported",
            conditions=tuple(
                Better(task=MANY, method=MASKED, than=SPECIALIST[metric], metric=metric, margin=-ALIKE[metric])
                for metric in SPECIALIST
            ),
        ),
        Claim(
            paper=PAPER,
            says="With 50 episodes it does better than both.",
            differs=f"{DIFFERS}Better is read as 10 % of what the specialists had on tuning seeds, 0.74 and 0.055.",
            note=(
                "It does worse: forward errors are 1.48 and 0.66, 0.82 (0.09 to 1.54) apart, inverse ones 0.065 and "
                "0.052, 0.013 (0.009 to 0.018)."
            ),
            expected="inconclusive",
            conditions=tuple(
                Better(task=FEW, method=MASKED, than=SPECIALIST[metric], metric=metric, margin=GAIN[metric])
                for metric in SPECIALIST
            ),
        ),
        Claim(
            paper=PAPER,
            says="With 500 episodes, asked for a good return, it acts as well as the same network trained for that "
            "alone and as a small network, and well enough to be of use.",
            differs=f"{DIFFERS}As well is read as within 0.1 of what lies between the recorded episodes and the "
            "expert, of use as 0.3 of it. The plan's 0.05 can't be told from seeds that differ by 0.2. If the network "
            "trained for acting alone is of no use either, a refutation says nothing about masks.",
            note=(
                "Returns are 0.15, 0.34 of the network trained for acting alone, and 0.85 of the small network. More "
                "updates help both of the first: on tuning seeds returns were 0.0, 0.22 and 0.37 after 1,500, 4,000 "
                "and 6,000, and 0.24, 0.42 and 0.46 of that trained for acting alone. The flag was set after these "
                "numbers. Some 20,000 may tell."
            ),
            toy="undertrained",
            expected="supported",
            conditions=(
                Bound(task=MANY, method=MASKED, metric=RETURN, above=0.3),
                Better(task=MANY, method=MASKED, than="policy_specialist", metric=RETURN, margin=-RETURN_ALIKE),
                Better(task=MANY, method=MASKED, than=SMALL, metric=RETURN, margin=-RETURN_ALIKE),
            ),
        ),
        Claim(
            paper=PAPER,
            says="It is a better model of the moves than a small network on the last state and action.",
            differs=f"{DIFFERS}Only the sign is claimed, with 500 and with 50 episodes. The small network sees nothing "
            "but the place and the action that matter, three times a window. On two tuning seeds the specialist lost "
            "to it as well, with 500 episodes, so that a refutation says more about windows than about masks.",
            note=(
                "Errors are 1.04 and 0.15 with 500 episodes, 1.48 and 0.58 with 50. The specialist loses to the small "
                "network, too, by 0.26 (0.23 to 0.30) and 0.08 (0.01 to 0.16)."
            ),
            expected="refuted",
            conditions=tuple(
                Better(task=task, method=MASKED, than=SMALL, metric="forward_mse") for task in (MANY, FEW)
            ),
        ),
        Claim(
            paper=PAPER,
            says="With 500 episodes one network answers all three questions as well as three specialists, if its masks "
            "are those that are asked.",
            differs=f"{DIFFERS}{SHARES}Returns may be 0.1 apart. A control, not the paper's method: it tells whether "
            "sharing a network costs anything.",
            note=(
                "It recovers actions as well, 0.041 and 0.039. Forward errors are 0.56 and 0.41, 0.15 (0.12 to 0.17) "
                "apart; returns are -0.03 and 0.34. It has a third of the windows for each question; on tuning seeds "
                "the specialist for acting had 0.24 after 1,500 updates, which are about as many windows."
            ),
            expected="supported",
            conditions=(
                *(
                    Better(task=MANY, method=QUESTIONS, than=SPECIALIST[metric], metric=metric, margin=-ALIKE[metric])
                    for metric in SPECIALIST
                ),
                Better(task=MANY, method=QUESTIONS, than="policy_specialist", metric=RETURN, margin=-RETURN_ALIKE),
            ),
        ),
        Claim(
            paper=PAPER,
            says="With 500 episodes random masks cost nothing against the masks that are asked, for one network that "
            "answers all.",
            differs=f"{DIFFERS}{SHARES}Returns may be 0.1 apart. The forecast is from two tuning seeds.",
            note=(
                "Forward errors are 1.04 and 0.56, 0.48 (0.24 to 0.72) apart, inverse ones 0.055 and 0.041, 0.014 "
                "(0.012 to 0.016). But it acts better: returns are 0.15 and -0.03, 0.18 (0.09 to 0.26) apart."
            ),
            expected="refuted",
            conditions=(
                *(
                    Better(task=MANY, method=MASKED, than=QUESTIONS, metric=metric, margin=-ALIKE[metric])
                    for metric in SPECIALIST
                ),
                Better(task=MANY, method=MASKED, than=QUESTIONS, metric=RETURN, margin=-RETURN_ALIKE),
            ),
        ),
    ),
)
