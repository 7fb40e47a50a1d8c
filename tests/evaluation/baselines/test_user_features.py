import numpy as np

from evaluation.baselines.user_features import UserFeatures
from tests.evaluation.build import make_requests


def people(gender, age):
    features = {"gender": np.array(gender, object), "age": np.array(age, np.float32)}
    return make_requests([[0]] * len(gender), [1] * len(gender), 2, user_features=features)


def test_who_texts_and_groups_of_numbers_by_hand():
    fitted = people(["M", "", "F"], [30, 40, 50])
    features = UserFeatures.fit(fitted)
    # u0, u1, u2, F, M, and the groups below 34, of 38 to 42 and from 46 on; "" is no value.
    np.testing.assert_array_equal(
        features.matrix(fitted, np.array([1, 0, 2])).toarray(),
        [[0, 1, 0, 0, 0, 0, 1, 0], [1, 0, 0, 0, 1, 1, 0, 0], [0, 0, 1, 1, 0, 0, 0, 1]],
    )


def test_what_was_not_fitted_is_nothing():
    features = UserFeatures.fit(people(["M", "F"], [30, 40]))
    asked = people(["X", "M", "F", "F"], [np.nan, 2, 33, 400])
    asked.user_ids[:] = ["somebody", "nobody", "u1", "zzz"]
    np.testing.assert_array_equal(
        features.matrix(asked, asked.rows).toarray(),
        # u0, u1, F, M, and the groups below 32 and from 38 on.
        [[0, 0, 0, 0, 0, 0], [0, 0, 0, 1, 1, 0], [0, 1, 1, 0, 0, 0], [0, 0, 1, 0, 0, 1]],
    )
