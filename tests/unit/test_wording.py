from __future__ import annotations

from hailuo.wording import Wording


def test_a_wording_comes_back_from_the_store_as_it_was() -> None:
    wording = Wording("Place {place}: {why}", {"place": 3, "why": "a {brace}"})
    assert Wording.load(wording.dump()) == wording
    assert wording.english == "Place 3: a {brace}"


def test_a_text_stored_by_an_earlier_release_is_said_as_it_stands() -> None:
    for old in ("RunComfy failed {oddly}.", '{"nothing": "of ours"}', "[]", "7", ""):
        assert Wording.load(old).english == old
