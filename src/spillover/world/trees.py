"""The second stage: boosted trees that re-order the candidates of stage 1.

The score of a candidate is log lambda plus the trees; within a question the chance of
a candidate is its softmax. LightGBM grows the trees on the gradient of that loss;
candidates left out of the learning set are made up for by weights.

`contributions` are exact tree attributions (Lundberg et al. 2020): with log lambda and
the constant they add up to the score.

This file must never import a reader.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spillover.errors import InputError
from spillover.world.tree_kernels import softmax_slopes

if TYPE_CHECKING:
    from spillover.world.inputs import DayRows

__all__ = ["LearningSet", "Trees", "fit_trees", "learning_set", "lightgbm_here"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class LearningSet:
    """Rows of questions whose answer is among the candidates.

    Attributes
    ----------
    inputs : (m, inputs); is_answer, weight : (m,); edge : (G + 1,)
    """

    inputs: NDArray[np.float32]
    is_answer: NDArray[np.bool_]
    weight: NDArray[np.float32]
    edge: NDArray[np.int64]


def learning_set(days: Iterable[DayRows]) -> LearningSet:
    """Put days together; questions without their answer teach nothing and go.

    Days are let go one by one as they are put in: they are the largest thing learning
    holds, and never in memory twice.
    """
    inputs: list[NDArray[np.float32]] = []
    rest = []
    for d in days:
        size = np.diff(d.edge)
        group = np.repeat(np.arange(len(size)), size)
        good = np.bincount(group, d.is_answer, minlength=len(size)) > 0
        row = good[group]
        inputs.append(d.inputs[row])
        rest.append((d.is_answer[row], d.weight[row], size[good]))
    sizes = np.concatenate([k[2] for k in rest])
    inputs.reverse()
    whole = np.empty((int(sizes.sum()), inputs[0].shape[1]), np.float32)
    at = 0
    while inputs:
        part = inputs.pop()
        whole[at : at + len(part)] = part
        at += len(part)
    return LearningSet(
        whole,
        np.concatenate([k[0] for k in rest]),
        np.concatenate([k[1] for k in rest]),
        np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
    )


@dataclass(frozen=True)
class Trees:
    """Fitted trees, one model for each seed; scores are their mean.

    Attributes
    ----------
    texts
        The models as LightGBM writes them.
    threads
        Used to predict; changes nothing but speed.
    """

    texts: tuple[str, ...]
    threads: int = 2

    def scores(self, inputs: NDArray[np.float32]) -> Floats:
        """Of every row, shape (m,): higher is likelier."""
        total = np.zeros(len(inputs))
        for booster in self._boosters():
            total += booster.predict(inputs, raw_score=True, num_threads=self.threads)
        return inputs[:, 0] + total / len(self.texts)

    def contributions(self, inputs: NDArray[np.float32]) -> Floats:
        """Of every input to every score, shape (m, inputs + 1); the last is constant.

        log lambda, from which the trees start, is added to the first input's, so that
        a row adds up to its score.
        """
        total = np.zeros((len(inputs), inputs.shape[1] + 1))
        for booster in self._boosters():
            total += booster.predict(
                inputs, pred_contrib=True, num_threads=self.threads
            )
        total /= len(self.texts)
        total[:, 0] += inputs[:, 0]
        return total

    def _boosters(self) -> list[Any]:
        lgb = lightgbm_here()
        return [lgb.Booster(model_str=text) for text in self.texts]


def lightgbm_here() -> Any:  # noqa: ANN401 - the library has no types
    """The library, or a sentence on how to get it.

    Raises
    ------
    InputError
        When it is not installed.
    """
    try:
        import lightgbm
    except ImportError:
        msg = 'the second stage needs LightGBM: pip install "spillover[world]", or use --plain'
        raise InputError(msg) from None
    return lightgbm


def fit_trees(
    data: LearningSet,
    *,
    seeds: tuple[int, ...] = (0,),
    rounds: int = 400,
    rate: float = 0.04,
    leaves: int = 31,
    threads: int = 2,
    progress: Callable[[int, int, str], None] | None = None,
) -> Trees:
    """Grow trees on the softmax loss within each question.

    The same data, seeds and number of threads give the same trees.
    """
    lgb = lightgbm_here()
    right = data.is_answer.astype(float)
    weight = data.weight.astype(float)
    slope, curve = np.zeros(len(right)), np.zeros(len(right))

    def objective(score: Floats, _: object) -> tuple[Floats, Floats]:
        softmax_slopes(score, right, weight, data.edge, slope, curve)
        return slope, curve

    made = lgb.Dataset(
        data.inputs, label=right, init_score=data.inputs[:, 0].astype(float),
        params={"max_bin": 63, "verbose": -1, "num_threads": threads},
    )  # fmt: skip
    texts = []
    for n, seed in enumerate(seeds):
        done = n * rounds

        def tick(env: Any, done: int = done) -> None:  # noqa: ANN401 - as there
            if progress:
                at = done + env.iteration
                progress(at, rounds * len(seeds), "growing the trees")

        booster = lgb.train(
            {
                "objective": objective, "learning_rate": rate, "num_leaves": leaves,
                "feature_fraction": 0.3, "lambda_l2": 20.0, "max_bin": 63,
                "min_sum_hessian_in_leaf": 10.0, "min_data_in_leaf": 200,
                "verbose": -1, "num_threads": threads, "seed": seed,
                "deterministic": True, "force_row_wise": True,
            },
            made, num_boost_round=rounds, callbacks=[tick],
        )  # fmt: skip
        texts.append(booster.model_to_string())
    return Trees(tuple(texts), threads)
