"""Which models a comparison has, and why it has not the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from commands.encoders import ENCODERS
from evaluation.baselines.baseline import ENVIRONMENTS, Baseline, RatingBaseline, missing
from evaluation.baselines.registry import BASELINES, RATING_BASELINES
from evaluation.histories import RawHistories
from evaluation.leaderboard.protocols import RANDOM

ALL = "all"


@dataclass(frozen=True)
class Ours:
    """One of our own models.

    Attributes:
        name: Key in figures.
        title: For people.
        source: The papers that it comes from.
    """

    name: str
    title: str
    source: str


RETRIEVAL, TWO_STAGE = "retrieval", "two_stage"
_OURS = (
    *(Ours(encoder.name, encoder.title, encoder.source) for encoder in ENCODERS.values()),
    Ours(RETRIEVAL, "Our retrieval alone", "Yi et al., RecSys 2019; Kang & McAuley, ICDM 2018"),
    Ours(TWO_STAGE, "Our two stages", "Covington et al., RecSys 2016; Chen et al., DLP-KDD 2019"),
)
OURS: dict[str, Ours] = {ours.name: ours for ours in _OURS}
"""Sequential models, which are retrieval with one encoder each, retrieval with the config's own,
and both stages; in the order of tables, after the baselines."""


@dataclass(frozen=True)
class Chosen:
    """What is compared.

    Attributes:
        ranking: Baselines that rank.
        rating: Baselines that predict ratings.
        ours: Our own models.
        left_out: Name of each model that is not compared, and why.
    """

    ranking: Sequence[Baseline]
    rating: Sequence[RatingBaseline]
    ours: Sequence[Ours]
    left_out: Mapping[str, str]


def check_names(names: Sequence[str]) -> None:
    """Checks that there are such models.

    Raises:
        ValueError: There is none of a name, or none was named.
    """
    known = [*dict.fromkeys([*BASELINES, *RATING_BASELINES, *OURS])]
    unknown = [name for name in names if name not in (*known, ALL)]
    if unknown or not names:
        got = repr(unknown[0]) if unknown else "none"
        raise ValueError(f"--models: expected {ALL} or names out of {known}, got {got}")


def choose(names: Sequence[str], fitted: RawHistories, protocol: str, encoder: str) -> Chosen:
    """Picks the models that can be compared.

    Args:
        names: Of models, or `all`.
        fitted: What they are fitted on.
        protocol: One of `evaluation.leaderboard.protocols.PROTOCOLS`.
        encoder: The one of retrieval by the config.

    Raises:
        ValueError: A model that was named cannot be compared, or none is left.
    """
    check_names(names)
    reasons: dict[str, str] = {}
    ranking = {n: b for n, b in BASELINES.items() if _wanted(n, names) and protocol != RANDOM}
    rating = {n: b for n, b in RATING_BASELINES.items() if _wanted(n, names)}
    ours = {n: o for n, o in OURS.items() if _wanted(n, names)}
    baselines: list[Baseline | RatingBaseline] = [*ranking.values(), *rating.values()]
    for baseline in baselines:
        reasons |= _reason(baseline, fitted)
    if protocol == RANDOM:
        of_ratings = f"the protocol {RANDOM} is for ratings alone"
        reasons |= {n: of_ratings for n in (*BASELINES, *OURS) if n not in rating}
    elif ALL in names and encoder in ours:
        reasons[encoder] = f"it is the encoder of {RETRIEVAL}"
    named = {n: reason for n, reason in reasons.items() if n in names}
    for name, reason in named.items():
        raise ValueError(f"--models: {name} cannot be compared: {reason}")
    chosen = Chosen(
        [b for n, b in ranking.items() if n not in reasons],
        [b for n, b in rating.items() if n not in reasons],
        [o for n, o in ours.items() if n not in reasons],
        {n: reason for n, reason in reasons.items() if _wanted(n, names)},
    )
    if not (chosen.ranking or chosen.rating or chosen.ours):
        raise ValueError(f"--models: expected one that can be compared, got {[*names]}")
    return chosen


def _wanted(name: str, names: Sequence[str]) -> bool:
    return name in names or ALL in names


def _reason(baseline: Baseline | RatingBaseline, fitted: RawHistories) -> dict[str, str]:
    """Why it cannot be fitted, by its name; nothing if it can."""
    absent = missing(baseline)
    if absent:
        packages, needs = ", ".join(absent), baseline.needs
        how = (
            f"the Python of a virtual environment with {needs} alone"
            if needs in ENVIRONMENTS
            else f"pip install 'matinee[{needs}]'"
        )
        return {baseline.name: f"{packages} not installed ({how})"}
    if not baseline.applies(fitted):
        return {baseline.name: "it does not apply to this data"}
    return {}
