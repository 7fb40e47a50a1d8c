from collections import Counter

import pytest

from pipeline.intake import Events


@pytest.mark.parametrize("taken", [6, 8])
def test_a_lost_and_a_doubled_row_are_noticed(taken: int) -> None:
    events = Events([], read=10, reasons=Counter({"rating: bad": 2, "user_id: none": 1}))
    events.check_none_lost(7)
    with pytest.raises(RuntimeError, match=f"got 10 read, {taken} taken, 3 rejected"):
        events.check_none_lost(taken)
