from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hailuo.runcomfy import (
    Cancelled,
    Completed,
    EmptyOutput,
    Failed,
    InProgress,
    InQueue,
    NotReady,
    Output,
    UnknownStatus,
    errors,
)
from hailuo.runcomfy.answers import (
    error_text,
    parse_cancel_taken,
    parse_error_code,
    parse_json,
    parse_request_id,
    parse_result,
    parse_status,
)
from hailuo.runcomfy.models import Result, Status

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

KEYS = [
    *("request_id", "status", "queue_position", "outcome", "cost", "input"),
    *("output", "video", "videos", "image", "images", "url"),
    *("error", "error_code", "code", "error_message", "message", "detail", "failure_reason", "msg"),
]
WORDS = ["in_queue", "in_progress", "completed", "failed", "cancelled", "canceled", "dancing"]

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(10**400), 10**400)
    | st.floats()
    | st.text()
    | st.sampled_from(WORDS)
    | st.integers(399_999, 500_002)
)
anything: SearchStrategy[object] = st.recursive(
    scalars,
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(KEYS) | st.text(), inner),
    max_leaves=30,
)
objects = st.dictionaries(st.sampled_from(KEYS), anything, max_size=8)


# The first example pays for building the strategies; a slow machine is no failure.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@PATIENT
@given(objects)
def test_arbitrary_json_gives_our_types_or_our_errors(answer: dict[str, object]) -> None:
    """Wrong types, NaN, lone surrogates, huge numbers: nothing else ever comes out."""
    for parse, kinds in ((parse_status, Status), (parse_result, Result)):
        try:
            parsed = parse(answer)
        except errors.MalformedAnswerError:
            continue
        assert isinstance(parsed, kinds)
        repr(parsed).encode()
    code = parse_error_code(answer)
    assert code is None or code > 0
    assert len(error_text(answer)) <= 300
    assert isinstance(parse_cancel_taken(answer), bool)
    assert issubclass(errors.error_type(200, code), errors.RunComfyError)


@PATIENT
@given(anything)
def test_arbitrary_bytes_are_an_object_or_nothing(value: object) -> None:
    body = json.dumps(value).encode()
    parsed = parse_json(body)
    assert (parsed is not None) is isinstance(value, dict)
    assert parse_json(body[:-1]) is None or not isinstance(value, dict | list)


@given(st.binary())
def test_garbage_is_no_object(body: bytes) -> None:
    parse_json(body)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 500_000,
        b'{"a":' * 200_000,
        b'{"status": ' + b"9" * 100_000 + b"}",
        b"\xff\xfe{}",
        b'{"a": "\xff"}',
        b"",
        b"null",
        b'"x"',
        b"<html>",
        b'{"a": 1}{',
    ],
    ids=["deep", "deep objects", "long number", "utf-16", "bad utf-8", *"abcde"],
)
def test_what_json_itself_chokes_on_is_no_object(body: bytes) -> None:
    assert parse_json(body) is None


def test_a_nested_error_text_ends() -> None:
    deep: object = "the reason"
    for _ in range(50):
        deep = {"error": deep}
    assert error_text({"error": deep}) == ""


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("in_queue", InQueue()),
        ("queued", InQueue()),
        ("pending", InQueue()),
        ("waiting", InQueue()),
        ("in_progress", InProgress()),
        ("IN_PROGRESS", InProgress()),
        ("in-progress", InProgress()),
        ("In Progress", InProgress()),
        ("starting", InProgress()),
        ("processing", InProgress()),
        ("running", InProgress()),
        ("completed", Completed()),
        (" Succeeded ", Completed()),
        ("cancelled", Cancelled()),
        ("CANCELED", Cancelled()),
        ("failed", Failed()),
        ("dancing", UnknownStatus("dancing")),
        ("x" * 500, UnknownStatus("x" * 64)),
    ],
)
def test_every_spelling_seen(word: str, expected: Status) -> None:
    assert expected == parse_status({"status": word})


@pytest.mark.parametrize("status", [None, "", "  ", 3, True, [], {}, ["completed"]])
def test_an_answer_without_a_status_is_malformed(status: object) -> None:
    with pytest.raises(errors.MalformedAnswerError):
        parse_status({"status": status})


@pytest.mark.parametrize(
    ("position", "expected"),
    [(0, 0), (7, 7), ("3", 3), (-1, None), (True, None), (1.5, None), (10**30, None), ("x", None)],
)
def test_the_place_in_the_queue_is_believed_only_if_it_is_one(
    position: object, expected: int | None
) -> None:
    assert InQueue(expected) == parse_status({"status": "in_queue", "queue_position": position})


@pytest.mark.parametrize(
    ("output", "urls"),
    [
        ({"video": "v"}, ("v",)),
        ({"videos": ["v", "w"]}, ("v", "w")),
        ({"image": "i"}, ("i",)),
        ({"images": ["i", "j"]}, ("i", "j")),
        ({"image": "i", "video": "v", "images": ["j"], "videos": ["w", "v"]}, ("v", "w", "i", "j")),
        ({"video": {"url": "v"}}, ("v",)),
        ({"videos": [{"url": "v"}, {"url": 3}, None, "w"]}, ("v", "w")),
        ({"video": ["v"]}, ("v",)),
        ({"videos": "v"}, ("v",)),
        ({"videos": [str(n) for n in range(99)]}, tuple(str(n) for n in range(16))),
        ({"video": "", "image": "i"}, ("i",)),
    ],
)
def test_all_four_output_keys_videos_first(output: object, urls: tuple[str, ...]) -> None:
    assert Output(urls) == parse_result({"status": "completed", "output": output})


def test_urls_come_from_the_output_alone() -> None:
    """A result may echo the input, with the member's own picture in it."""
    answer = {
        "status": "succeeded",
        "input": {"image_url": "mine", "video": "mine"},
        "video": "mine",
        "result_url": "mine",
        "output": {"video": "theirs"},
    }
    assert Output(("theirs",)) == parse_result(answer)


@pytest.mark.parametrize(
    "output", [None, {}, [], "v", {"video": None}, {"videos": []}, {"audio": "a"}]
)
def test_done_without_a_file_is_an_outcome_of_its_own(output: object) -> None:
    assert EmptyOutput() == parse_result({"status": "completed", "output": output})


@pytest.mark.parametrize(
    ("cost", "expected"),
    [
        (0.28, 0.28), (0, 0.0), (-1, None), (True, None), ("0.28", None), (math.nan, None),
        (math.inf, None), (10**400, None), (None, None),
    ],
)  # fmt: skip
def test_a_cost_is_a_finite_number(cost: object, expected: float | None) -> None:
    result = parse_result({"status": "completed", "output": {"video": "v"}, "cost": cost})
    assert Output(("v",), expected) == result


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"status": "in_queue", "queue_position": 2}, NotReady(InQueue(2))),
        ({"status": "in_progress", "output": {"video": "half"}}, NotReady(InProgress())),
        ({"status": "dancing"}, NotReady(UnknownStatus("dancing"))),
        ({"status": "cancelled"}, Cancelled()),
        ({"status": "failed"}, Failed("")),
        ({"status": "failed", "error": "GPU died"}, Failed("GPU died")),
        ({"status": "failed", "error": {"message": "GPU died"}}, Failed("GPU died")),
        ({"status": "failed", "error": {"detail": [{"msg": "a"}, {"msg": "b"}]}}, Failed("a; b")),
        ({"status": "failed", "failure_reason": "NSFW", "error": "x"}, Failed("NSFW")),
        ({"status": "failed", "output": {"video": "v"}}, Failed("")),
    ],
)
def test_the_result_is_the_definitive_word(answer: dict[str, object], expected: Result) -> None:
    assert expected == parse_result(answer)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"error_code": 400001}, 400001),
        ({"error_code": "404001"}, 404001),
        ({"error_code": 7}, 7),
        ({"error_code": 0}, None),
        ({"error_code": None}, None),
        ({"error_code": True}, None),
        ({"error_code": "E42"}, None),
        ({"code": 422001, "error": "x"}, 422001),
        ({"code": 200}, None),
        ({"code": 0}, None),
        ({}, None),
    ],
)
def test_an_error_code_by_either_name(answer: dict[str, object], code: int | None) -> None:
    assert code == parse_error_code(answer)


def test_the_text_of_an_error_in_the_order_of_the_vendors_client() -> None:
    answer: dict[str, object] = {"detail": "d", "error": "c", "message": "b", "error_message": "a"}
    for expected, key in zip("abcd", ("error_message", "message", "error", "detail"), strict=True):
        assert expected == error_text(answer)
        del answer[key]
    assert error_text(answer) == ""


@pytest.mark.parametrize("good", ["a", "A-b_9", "x" * 128, "0f8fad5b-d9cb-469f-a165-70867728950e"])
def test_a_request_id_is_opaque(good: str) -> None:
    assert good == parse_request_id(good)


@pytest.mark.parametrize("bad", ["", "x" * 129, "a b", "a/b", "..", "a\n", "ä", 7, None, ["a"]])
def test_what_cannot_be_a_request_id(bad: object) -> None:
    with pytest.raises(errors.MalformedAnswerError):
        parse_request_id(bad)
