"""Requests for recommendations, and what is looked at in the answers."""

from schemas import recommender_pb2 as pb


def known(*users):
    """Viewers of these ids."""
    return [pb.Viewer(user_id=user) for user in users]


def ask(recommender, viewers, k=10, **fields):
    """The answer of a request path."""
    return recommender.recommend(pb.RecommendRequest(viewers=viewers, k=k, **fields), "test")


def ids(response):
    """Item ids, best first."""
    return [recommended.item.item_id for recommended in response.recommendations]


def scores(response):
    """What the items are ordered by."""
    return [recommended.scores.score for recommended in response.recommendations]


def genres_of(recommendation):
    """Values of the feature `genres`."""
    return list(recommendation.item.features["genres"].values)


def any_of(feature, *values):
    """A condition."""
    return pb.Condition(feature=feature, any_of=pb.FeatureValues(values=values))
