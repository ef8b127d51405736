import pytest
from sklearn_wtrdf.benchmarks.speed import processors


@pytest.mark.parametrize(
    ("number", "shares"),
    [
        *((number, processors.SHARES) for number in (30, 31, 67, 107, 182, 218)),
        *((number, processors.RANDOM_ONLY) for number in (56, 60)),
    ],
)
def test_few_steps_follow_a_curved_kink(number, shares):
    # Steps of the linear model alone took 40 to 200 here: they leave the kink along its tangent.
    result = processors.solve(number, shares)
    assert result["converged"]
    assert result["n_iter"] <= 25
