"""Small random worlds for the tests."""

from spillover.model.facts import Facts
from spillover.world.intensity import Parameters
from spillover.world.questions import Questions


def random_facts(rng, n=120, entities=7, actions=3, days=25):
    return Facts.of(
        rng.integers(0, entities, n),
        rng.integers(0, actions, n),
        rng.integers(0, entities, n),
        rng.integers(0, days, n),
        entities=tuple(f"e{i}" for i in range(entities)),
        actions=tuple(f"a{i}" for i in range(actions)),
    )


def random_questions(rng, **how):
    return Questions.of(random_facts(rng, **how))


def random_parameters(rng, n_relations, half_lives=(1.0, 6.0, 1e6)):
    shape = (n_relations, n_relations, len(half_lives))
    return Parameters(
        half_lives,
        rng.gamma(1.0, 1.0, shape),
        rng.gamma(1.0, 0.1, shape),
        rng.gamma(1.0, 0.1, n_relations),
    )
