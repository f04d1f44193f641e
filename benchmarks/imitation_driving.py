"""The imitation_driving benchmark: what its paper claims, and what runs beside the default cells."""

from toybench import Benchmark, Better, Claim, Tuning

ROAD = "driving"
STRONG = "driving[brake=0.2]"
RASH = "path_speed[threshold=1]"
NEAR_ALONE = "path_speed[target=near,augment=false]"
FAR_ALONE = "path_speed[target=far,augment=false]"
NONE_ALONE = "path_speed[target=none,augment=false]"
NEAR_SLOW = "path_speed[lr=0.003,target=near,augment=false]"
FAR_SLOW = "path_speed[lr=0.003,target=far,augment=false]"
NONE_SLOW = "path_speed[lr=0.003,target=none,augment=false]"

NOTABLE = 0.03  # of the score: a twentieth of what lies between floor and oracle
APART = 0.2  # of an offset that is recovered from
ALIKE = 0.1
TELLING = 0.03  # lines of a route that were crossed
DIFFER = (
    "A car on a winding road with four stop lines, whose cue is doubtful until one is near, instead of towns in CARLA; "
    "small networks that read what is seen, from 6000 recorded states. The paper's own text was read only in part, its "
    "code in the parts that are named."
)
MARGIN = "More is read as 0.03 of the score, a twentieth of what lies between floor and oracle."
WEIGHTED = (
    "Classes are weighted by how rare they are, as in the release, so that confidence isn't chance: at the highest "
    "limit stop is the likelier from a chance of 0.23 or so on."
)
BRAKES = (
    "Brakes are weaker than planned, 0.15 a step: with 0.2 most cues come in time, and a pilot showed 0.022 between "
    "both speeds; that setting has a claim of its own."
)

benchmark = Benchmark(
    field="reinforcement learning",
    tuning=Tuning(trials=9, seeds=8),
    variants=(STRONG,),
    ablations=(RASH, NEAR_ALONE, FAR_ALONE, NONE_ALONE, NEAR_SLOW, FAR_SLOW, NONE_SLOW),
    only={STRONG: ("path_speed", "path_argmax_speed", "idm_rule")},
    claims=(
        Claim(
            paper="jaeger2023hidden",
            says="Driven at the mean of the classes of speed by their weighted confidence, a car scores higher than at "
            "the likeliest class.",
            differs=f"{DIFFER} {MARGIN} {BRAKES} {WEIGHTED}",
            expected="supported",
            conditions=(Better(task=ROAD, method="path_speed", than="path_argmax_speed", margin=NOTABLE),),
        ),
        Claim(
            paper="jaeger2023hidden",
            says="It does so with stronger brakes, too.",
            differs=f"{DIFFER} {MARGIN} This is the setting that was planned first; in a pilot it showed 0.022.",
            note="0.943 against 0.917 (32 seeds): more by 0.022 to 0.030, and so not by 0.03 for sure. It crosses "
            "0.047 lines of a route against 0.114. To tell would take about 120 seeds.",
            expected="inconclusive",
            conditions=(Better(task=STRONG, method="path_speed", than="path_argmax_speed", margin=NOTABLE),),
        ),
        Claim(
            paper="jaeger2023hidden",
            says="A path and a speed by confidence score higher than waypoints, which are places and times in one.",
            differs=f"{DIFFER} {MARGIN} {BRAKES} Waypoints are learned with absolute errors, as in the paper, and, our "
            "control, with squared ones. Only classes of speed are weighted by how rare they are, as there.",
            expected="inconclusive",
            conditions=(
                Better(task=ROAD, method="path_speed", than="waypoints", margin=NOTABLE),
                Better(task=ROAD, method="path_speed", than="squared_waypoints", margin=NOTABLE),
            ),
        ),
        Claim(
            paper="jaeger2023hidden",
            says="Waypoints are an average of stop and go, which makes a car careful: it crosses lines less often than "
            "at the likeliest class of speed.",
            differs=f"{DIFFER} Less is read as 0.03 lines of a route, of 1.6 at which one has to wait. The paper's "
            "error is absolute, whose best answer is the likelier of two futures.",
            note="It crosses more, 0.214 lines of a route against 0.182 (16 seeds), and with squared errors 0.196 "
            "(32 seeds). Between two futures the best answer to absolute errors is the likelier one, and the "
            "mean slows down too little. Weights of rare classes make the likeliest class careful, which "
            "waypoints don't have in the release.",
            expected="refuted",
            conditions=(
                Better(task=ROAD, method="waypoints", than="path_argmax_speed", metric="crossings", margin=TELLING),
            ),
        ),
        Claim(
            paper="jaeger2023hidden",
            says="Without shifted states, a car comes back to its lane better by near target points than by far ones, "
            "and than without any.",
            differs=f"{DIFFER} Shares of an offset that are gone after ten steps differ by 0.2. Points are 4 or 10 "
            "units apart. The lane and one's place on it are seen with noise. The rate was tuned with shifted states, "
            "on the score; so a slower one, 0.003, is judged, too.",
            expected="supported",
            conditions=(
                Better(task=ROAD, method=NEAR_ALONE, than=NONE_ALONE, metric="recovery", margin=APART),
                Better(task=ROAD, method=NEAR_ALONE, than=FAR_ALONE, metric="recovery", margin=APART),
                Better(task=ROAD, method=NEAR_SLOW, than=NONE_SLOW, metric="recovery", margin=APART),
                Better(task=ROAD, method=NEAR_SLOW, than=FAR_SLOW, metric="recovery", margin=APART),
            ),
        ),
        Claim(
            paper="jaeger2023hidden",
            says="With shifted states, far target points are enough: a car comes back as well as by near points "
            "without them, and better than by far points without them.",
            differs=f"{DIFFER} As well is read as 0.1 of an offset less at most, better as 0.2 more. It was planned "
            "as equal within 0.1; in a pilot it came back by more. The rivals have the same rate, tuned with shifted "
            "states on the score, and a slower one, 0.003.",
            expected="supported",
            conditions=(
                Better(task=ROAD, method="path_speed", than=NEAR_ALONE, metric="recovery", margin=-ALIKE),
                Better(task=ROAD, method="path_speed", than=FAR_ALONE, metric="recovery", margin=APART),
                Better(task=ROAD, method="path_speed", than=NEAR_SLOW, metric="recovery", margin=-ALIKE),
                Better(task=ROAD, method="path_speed", than=FAR_SLOW, metric="recovery", margin=APART),
            ),
        ),
        Claim(
            paper="jaeger2023hidden",
            says="To stop where the weighted chance of stop is above one half is a part of it: without that the score "
            "is lower.",
            differs=f"{DIFFER} {WEIGHTED} Only the sign is claimed; the control is ours, the rule is the release's.",
            note="Without it the score is 0.943, with it 0.935 (16 seeds). It crosses as few lines, 0.071 against "
            "0.070, and does 0.977 of a route against 0.970: where stop is all but sure, the mean speed is "
            "all but 0 anyway.",
            expected="refuted",
            conditions=(Better(task=ROAD, method="path_speed", than=RASH),),
        ),
        Claim(
            paper="jaeger2023hidden",
            says="It is weighted confidence that helps: the score is higher than by one factor of caution in sight of "
            "lines, on the likeliest class or in a rule that believes the cue.",
            differs=f"{DIFFER} Only the sign is claimed; both controls are ours, and their factors are tuned. The rule "
            "knows how far from a line the expert brakes.",
            expected="inconclusive",
            conditions=(
                Better(task=ROAD, method="path_speed", than="slowed_argmax"),
                Better(task=ROAD, method="path_speed", than="idm_rule"),
            ),
        ),
        Claim(
            paper="jaeger2023hidden",
            says="Confidence has to be learned: the score is higher than by a rule that knows how often cues are "
            "right, and slows down by Bayes' rule.",
            differs=f"{DIFFER} Only the sign is claimed. The control is ours and is told what others learn; it is what "
            "the network approximates, and its weight of stop is tuned.",
            note="The rule scores 0.955, the network 0.935 (16 seeds), with 0.017 lines crossed against 0.070. Its "
            "weight of stop is 11; with 1, Bayes' rule in fact, it has 0.911 on tuning seeds. So it is "
            "caution beyond chance that pays here, which weights of rare classes give the network in part.",
            expected="refuted",
            conditions=(Better(task=ROAD, method="path_speed", than="bayes_rule"),),
        ),
    ),
)
