from __future__ import annotations

from hailuo.wording import Wording


def test_a_wording_comes_back_from_the_store_as_it_was() -> None:
    wording = Wording("Place {place}: {why}", {"place": 3, "why": "a {brace}"})
    assert Wording.load(wording.dump()) == wording
    assert wording.english == "Place 3: a {brace}"
