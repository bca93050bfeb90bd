# SPDX-License-Identifier: Apache-2.0
"""vllmplan.types against the library: Request against its schema, Plan against the plans that it makes.

Both ways: a member that the library has is declared, and a declared one is there.
"""
from __future__ import annotations

import os
import types as python_types
import unittest
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import vllmplan
from support import vectors
from vllmplan import types

UNIONS = (Union, getattr(python_types, "UnionType", Union))
JSON_TYPES = {int: "integer", str: "string", bool: "boolean", os.PathLike: "string"}


def alternatives(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in UNIONS else (hint,)


def origin(hint: Any) -> Any:
    return get_origin(hint) or hint


def is_typeddict(hint: Any) -> bool:
    """As typing has it since Python 3.10."""
    return hasattr(hint, "__total__")


def json_type(hint: Any) -> str:
    """What the schema calls a type that is no union."""
    if origin(hint) is Literal:
        return json_type(type(get_args(hint)[0]))
    if origin(hint) is Sequence:
        return "array"
    return "object" if is_typeddict(hint) or origin(hint) is Mapping else JSON_TYPES[origin(hint)]


def schema_of(hint: Any) -> dict[str, Any]:
    """The parts of a JSON schema that a type says too."""
    hints = alternatives(hint)
    schema: dict[str, Any] = {"type": sorted({json_type(each) for each in hints})}
    for each in hints:
        if is_typeddict(each):
            schema["properties"] = {key: schema_of(h) for key, h in get_type_hints(each).items()}
        elif origin(each) is Literal:
            schema["texts"] = sorted(text for text in get_args(each) if isinstance(text, str))
    return schema


def said_by(row: Mapping[str, Any]) -> dict[str, Any]:
    """The same parts of the library's schema."""
    schema: dict[str, Any] = {"type": sorted([row["type"]] if isinstance(row["type"], str) else row["type"])}
    if "properties" in row:
        schema["properties"] = {key: said_by(member) for key, member in row["properties"].items()}
    if "enum" in row or "texts" in row:
        schema["texts"] = sorted(row.get("enum") or row["texts"])
    return schema


class Declared:
    """Walks values along their types; ``met`` are the types on the way."""

    def __init__(self) -> None:
        self.met: set[str] = set()
        self.wrong: list[str] = []

    def walk(self, value: Any, hint: Any, where: str) -> None:
        fitting = [each for each in alternatives(hint) if fits(value, each)]
        if not fitting:
            self.wrong.append(f"{where} is {value!r:.40}, declared {hint}")
        elif is_typeddict(fitting[0]):
            self.walk_dict(value, fitting[0], where)
        elif get_origin(fitting[0]) is list:
            for element in value:
                self.walk(element, get_args(fitting[0])[0], where + "/*")
        elif get_origin(fitting[0]) is dict:
            for key, member in value.items():
                self.walk(member, get_args(fitting[0])[1], f"{where}/{key}")

    def walk_dict(self, value: dict[str, Any], hint: Any, where: str) -> None:
        hints = get_type_hints(hint)
        self.met.add(hint.__name__)
        if set(value) != set(hints):
            self.wrong.append(f"{where} has {sorted(set(value) ^ set(hints))} on one side only")
        for key in set(value) & set(hints):
            self.walk(value[key], hints[key], f"{where}/{key}")


def fits(value: Any, hint: Any) -> bool:
    """The outermost level; a bool is no int here."""
    if hint is Any:
        return True
    if get_origin(hint) is Literal:
        return value in get_args(hint)
    return type(value) is (dict if is_typeddict(hint) else origin(hint))


class Types(unittest.TestCase):
    maxDiff = None

    def test_the_request_is_that_of_the_schema(self) -> None:
        wanted = said_by(vllmplan.describe("schema")["request"])
        # a number has no texts in the schema: "schema" itself is 1
        declared = schema_of(types.Request)
        self.assertEqual(declared["properties"]["schema"].pop("texts"), [])
        self.assertEqual(declared, wanted)

    def test_plans_are_what_is_declared(self) -> None:
        declared = Declared()
        for case, request, allow in vectors():
            if "error" not in case:
                declared.walk(vllmplan.plan(request, allow=allow), types.Plan, case["name"])
        self.assertEqual(declared.wrong, [])
        self.assertLessEqual({"Chosen", "Rank", "KvGroup", "Method", "Remedy", "Note"}, declared.met)

    def test_inspections_are_what_is_declared(self) -> None:
        declared = Declared()
        for case, request, allow in vectors():
            if "error" not in case and "facts" not in request["model"]:
                declared.walk(vllmplan.inspect(request["model"], allow=allow), types.Inspection, case["name"])
        self.assertEqual(declared.wrong, [])
        self.assertIn("Inspection", declared.met)


if __name__ == "__main__":
    unittest.main()
