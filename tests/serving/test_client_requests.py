"""What becomes a request, and what is refused before anything is sent."""

import pytest

from schemas import recommender_pb2 as pb
from serving import client_requests


@pytest.mark.parametrize(
    ("name", "ask"),
    [
        ("users", lambda ids: client_requests.recommend(ids)),
        ("exclude", lambda ids: client_requests.recommend(["u"], exclude=ids)),
        ("allow", lambda ids: client_requests.recommend(["u"], allow=ids)),
        ("item_ids", lambda ids: client_requests.rank(ids, ["u"])),
        ("users", lambda ids: client_requests.rank(["i"], ids)),
        ("exclude", lambda ids: client_requests.similar_items("i", exclude=ids)),
        ("item_ids", lambda ids: client_requests.delete_items(ids)),
        ("n1: genres", lambda values: client_requests.upsert_items({"n1": {"genres": values}})),
    ],
)
def test_one_string_is_not_several(name, ask):
    assert "12" in str(ask(["12"]))
    with pytest.raises(TypeError, match=rf"^{name}: expected several, such as \['12'\]"):
        ask("12")
    with pytest.raises(TypeError, match=rf"^{name}\[1\]: expected a string, such as '3', got 3"):
        ask(["12", 3])


def test_recent_events_are_of_users_who_are_asked_for():
    request = client_requests.recommend(["u", "v"], recent={"v": [pb.Event(item_id="i")]})
    assert [len(viewer.recent) for viewer in request.viewers] == [0, 1]
    with pytest.raises(
        ValueError, match=r"^recent: expected users of the request, \['u'\], got 'v'"
    ):
        client_requests.recommend(["u"], recent={"v": []})
