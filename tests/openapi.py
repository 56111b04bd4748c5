"""The referee: hold every request and every answer against Discord's own OpenAPI file.

The file (discord/discord-api-spec, MIT) is not part of this repository. Where it is missing next
to the checkout, tests run all the same and nobody judges their exchanges; only the test of the
referee itself is skipped.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

SPEC_PATH = Path(__file__).parents[2] / "shared" / "reference" / "openapi.json"
SPEC_ID = "discord"

# Where the file is known to be wrong, the body is made to fit before it is judged:
# - attachments[].id, recipient_id, allowed_mentions.users and the ids of message_reference: Discord
#   takes integers just as well, and discord.py sends them (`with_text_ids`);
# - errors.…._errors[].code: Discord's are words like BASE_TYPE_REQUIRED (docs: reference, Error
#   Messages), the file says integer (`with_numeric_codes`).

needs_spec = pytest.mark.skipif(
    not SPEC_PATH.exists(), reason="no shared/reference/openapi.json, Discord's OpenAPI file"
)


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that the file does not allow."""

    call: str
    side: str
    where: str
    complaint: str


class Referee:
    """An observer of REST exchanges that collects what breaks Discord's schema."""

    def __init__(self) -> None:
        self.violations: list[Violation] = []
        self.judged = 0

    def __call__(self, method: str, path: str, request: Any, status: int, answer: Any) -> None:
        """Judge one exchange; a server's failure is outside of the schema."""
        operation = find_operation(method, path)
        call = f"{method} {path} -> {status}"
        if operation is None:
            self.violations.append(Violation(call, "request", "", "Discord has no such route"))
            return
        self.judged += 1
        # A body that Discord refuses, the stand-in has to refuse: nothing to blame.
        if request is not None and status < 400:
            self._judge(call, "request", operation.request, with_text_ids(request))
        if status < 500:
            answer = with_numeric_codes(answer) if status >= 400 else answer
            self._judge(call, "answer", operation.answer(status), answer)

    def _judge(self, call: str, side: str, pointer: str | None, value: Any) -> None:
        if pointer is None:
            if value is not None:
                self.violations.append(Violation(call, side, "", "no body is foreseen"))
            return
        error = best_match(validator(pointer).iter_errors(value))
        if error is not None:
            where = "/".join(str(part) for part in error.absolute_path)
            self.violations.append(Violation(call, side, where, error.message[:500]))


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path; ``pointer`` is where the file describes it."""

    pattern: re.Pattern[str]
    pointer: str
    description: dict[str, Any]

    @property
    def request(self) -> str | None:
        """Return where the request body's schema is, if there is one."""
        content = self.description.get("requestBody", {}).get("content", {})
        return f"{self.pointer}/requestBody{JSON_SCHEMA}" if "application/json" in content else None

    def answer(self, status: int) -> str | None:
        """Return where the schema of an answer is, if it has a body."""
        answers = self.description["responses"]
        key = str(status) if str(status) in answers else f"{status // 100}XX"
        found = answers.get(key, {})
        if "$ref" in found:
            return found["$ref"].removeprefix("#") + JSON_SCHEMA
        return f"{self.pointer}/responses/{key}{JSON_SCHEMA}" if "content" in found else None


JSON_SCHEMA = "/content/application~1json/schema"


@cache
def spec() -> dict[str, Any]:
    """Return the file."""
    return json.loads(SPEC_PATH.read_text())


@cache
def validator(pointer: str) -> Draft202012Validator:
    """Return the validator of a schema inside the file."""
    return Draft202012Validator({"$ref": f"{SPEC_ID}#{pointer}"}, registry=_registry())


@cache
def _registry() -> Registry[Any]:
    resource = Resource.from_contents(spec(), default_specification=DRAFT202012)
    return Registry().with_resource(SPEC_ID, resource)


@cache
def _operations() -> dict[str, list[Operation]]:
    """Return all operations by method, paths with fewer placeholders first."""
    found: dict[str, list[Operation]] = {}
    for template in sorted(spec()["paths"], key=lambda path: path.count("{")):
        pattern = re.compile(re.sub(r"\\{[^/]+?\\}", "[^/]+", re.escape(template)))
        escaped = template.replace("~", "~0").replace("/", "~1")
        for method, description in spec()["paths"][template].items():
            pointer = f"/paths/{escaped}/{method}"
            found.setdefault(method, []).append(Operation(pattern, pointer, description))
    return found


def find_operation(method: str, path: str) -> Operation | None:
    """Return the operation a call is, if the API has it."""
    for operation in _operations().get(method.lower(), ()):
        if operation.pattern.fullmatch(path):
            return operation
    return None


def with_text_ids(body: Any) -> Any:
    """Return a request body whose ids are strings."""
    if not isinstance(body, dict):
        return body
    written = dict(body)
    if isinstance(body.get("data"), dict):
        written["data"] = with_text_ids(body["data"])
    if "recipient_id" in body:
        written["recipient_id"] = str(body["recipient_id"])
    if isinstance(body.get("allowed_mentions"), dict) and "users" in body["allowed_mentions"]:
        users = [str(user) for user in body["allowed_mentions"]["users"]]
        written["allowed_mentions"] = {**body["allowed_mentions"], "users": users}
    if isinstance(body.get("message_reference"), dict):
        written["message_reference"] = {
            key: str(value) if key.endswith("_id") else value
            for key, value in body["message_reference"].items()
        }
    if isinstance(body.get("attachments"), list):
        written["attachments"] = [
            {**item, "id": str(item["id"])} if "id" in item else item
            for item in body["attachments"]
        ]
    return written


def with_numeric_codes(answer: Any) -> Any:
    """Return a refusal whose inner complaints have numbers for codes."""
    if isinstance(answer, list):
        return [{**complaint, "code": 0} for complaint in answer]
    if not isinstance(answer, dict):
        return answer
    return {
        key: with_numeric_codes(value) if isinstance(value, dict | list) else value
        for key, value in answer.items()
    }
