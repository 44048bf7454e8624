"""The document is valid in structure, and tells the truth about what is served."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from api.app import create_v1
from api.components import Components
from api.openapi import TAGS, document, problems
from protocol.errors import Conflict, NotFound

METHODS = {"get", "put", "post", "delete", "patch"}


@pytest.fixture
def made(components: Components) -> dict[str, Any]:
    return document(create_v1(components))


def operations(made: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in made["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_it_is_made_once(components: Components) -> None:
    v1 = create_v1(components)
    assert document(v1) is document(v1)


def test_it_says_what_it_is(made: dict[str, Any]) -> None:
    assert re.fullmatch(r"3\.1\.\d+", made["openapi"])
    assert made["info"]["title"]
    assert made["info"]["version"]
    assert made["info"]["description"]


def test_every_reference_leads_somewhere(made: dict[str, Any]) -> None:
    found = set(references(made))
    assert "#/components/schemas/Problem" in found
    for reference in found:
        node: Any = made
        for step in reference.removeprefix("#/").split("/"):
            node = node[step]
        assert node


def test_every_schema_is_used(made: dict[str, Any]) -> None:
    used = {reference.rsplit("/", 1)[1] for reference in references(made)}
    assert set(made["components"]["schemas"]) == used


def test_every_operation_is_whole(made: dict[str, Any]) -> None:
    tags = {tag["name"] for tag in TAGS}
    names = []
    for path, method, operation in operations(made):
        assert path.startswith("/")
        assert method in METHODS
        assert operation["summary"]
        assert operation["description"], operation["operationId"]
        assert len(operation["tags"]) == 1
        assert operation["tags"][0] in tags
        assert any(status.startswith("2") for status in operation["responses"])
        names.append(operation["operationId"])
    assert len(set(names)) == len(names)


def test_every_path_parameter_is_declared(made: dict[str, Any]) -> None:
    for path, _, operation in operations(made):
        declared = {
            each["name"] for each in operation.get("parameters", ()) if each["in"] == "path"
        }
        assert declared == set(re.findall(r"{(\w+)}", path))


def test_every_refusal_is_a_problem(made: dict[str, Any]) -> None:
    for _, _, operation in operations(made):
        assert "default" in operation["responses"]
        for status, response in operation["responses"].items():
            assert response["description"]
            if not status.startswith("2"):
                assert list(response["content"]) == ["application/problem+json"]
                schema = response["content"]["application/problem+json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/Problem"}


def test_fastapis_own_refusals_are_gone(made: dict[str, Any]) -> None:
    assert not {"HTTPValidationError", "ValidationError"} & set(made["components"]["schemas"])
    assert set(made["components"]["securitySchemes"]) == {"accessToken"}


def test_who_needs_a_token_is_said(made: dict[str, Any]) -> None:
    def security(path: str, method: str) -> Any:
        return made["paths"][path][method].get("security")

    assert security("/me", "get") == [{"accessToken": []}]
    assert security("/practitioners/{practitioner_id}", "get") == [{}, {"accessToken": []}]
    assert security("/auth/sign-in", "post") is None
    refusal = made["paths"]["/me"]["get"]["responses"]["401"]["description"]
    assert "`unauthenticated`" in refusal
    assert "`token-expired`" in refusal


def test_a_write_that_needs_a_key_says_so(made: dict[str, Any]) -> None:
    holds = made["paths"]["/holds"]["post"]
    (key,) = (each for each in holds["parameters"] if each["name"] == "Idempotency-Key")
    assert key["required"] is True
    assert key["schema"] == {"type": "string", "minLength": 1, "maxLength": 255}
    told = {status: response["description"] for status, response in holds["responses"].items()}
    assert "`idempotency-key-missing`" in told["400"]
    assert "`idempotency-key-in-progress`" in told["409"]
    assert "`slot-taken`" in told["409"]
    assert "`idempotency-key-reused`" in told["422"]
    assert "`invalid`" in told["422"]


def test_an_operation_names_its_refusals() -> None:
    class Taken(Conflict):
        slug, title = "taken", "It is taken."

    class Over(Conflict):
        slug, title = "over", "It is over."

    told = problems(Taken, Over, NotFound)
    assert told[409]["description"] == "`taken`: It is taken.\n\n`over`: It is over."
    assert told[404]["description"] == "`not-found`: There is no such thing."
