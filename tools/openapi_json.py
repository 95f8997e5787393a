#!/usr/bin/python3
"""Makes the served JSON of openapi/enrichd.yaml.

usage: openapi_json.py [--c] [--output FILE] [YAML]
       openapi_json.py --check [YAML]

The same input gives the same bytes. What the YAML leaves open is filled in here:

    x-shared                     pieces for YAML's merging; left out
    x-coming: true               what the server does not do yet: left out, with all that only it refers to
    {x-field-table: FILE.tsv}    becomes the schema of a record, from the types in src/entity/FILE.tsv
    {x-field-names: FILE.tsv}    becomes the list of its selectable paths

With --c the JSON is written as a C header with `static const char openapi_json[]`, without a NUL of its own but that of
the literal. --check finds references to nothing, operations without id, tags or security, and examples that do not
fit their schemas; it needs python3-jsonschema.
"""
import argparse
import json
import pathlib
import re
import sys

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCE = ROOT / "openapi/enrichd.yaml"
TABLES = ROOT / "src/entity"
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
LITERAL_BYTES = 100

# ---- records ----------------------------------------------------------------------------------------------------------


class Node:
    """One step of a dotted path. types is None for a step that no row of the table declares."""

    def __init__(self):
        self.types = None
        self.children = {}

    def below(self, path):
        node = self
        for step in path.split("."):
            node = node.children.setdefault(step, Node())
        return node


def read_table(path):
    """[(path, type, is_default)] of what can be selected, in the file's order."""
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    return [(row[0], row[1], row[2] == "yes") for row in rows if row[1] != "(filter alias)"]


def add_type(schema, word, children):
    """Widens the schema by one alternative of the type column: "null", "string[]", "map<string,number>", ..."""
    if word.endswith("[]"):
        add_type(schema.setdefault("items", {}), word[:-2], children)
        word = "array"
    elif word.startswith("map<"):
        value = word[len("map<"):-1].split(",")[1]
        star = children.get("*", Node()).children
        add_type(schema.setdefault("additionalProperties", {}), value, star)
        word = "object"
    elif word == "object":
        properties = {name: node_schema(child) for name, child in children.items() if name != "*"}
        if properties:
            schema["properties"] = properties
    elif word == "datetime":
        schema["format"] = "date-time"
        word = "string"
    schema.setdefault("type", []).append(word)


def spread_star(children):
    """Rows "people.*.x" speak of each child of people that is declared: x is put below all of them."""
    star = children.get("*")
    if star is None:
        return
    for name, child in children.items():
        if name != "*":
            for step, node in star.children.items():
                child.children.setdefault(step, node)


def node_schema(node):
    spread_star(node.children)
    if node.types is None:  # declared only further down: an object, or a list of such
        properties = {name: node_schema(child) for name, child in node.children.items()}
        return {"type": ["object", "array", "null"], "properties": properties, "items": {"properties": properties}}
    schema = {"type": []}
    for word in node.types.split("|"):
        add_type(schema, word, node.children)
    return unwrap_types(schema)


def unwrap_types(schema):
    """["string"] becomes "string", here and in the schemas of elements."""
    for inner in ("items", "additionalProperties"):
        if inner in schema:
            unwrap_types(schema[inner])
    if isinstance(schema.get("type"), list) and len(schema["type"]) == 1:
        schema["type"] = schema["type"][0]
    return schema


def record_schema(file_name):
    root = Node()
    rows = read_table(TABLES / file_name)
    for path, types, _ in rows:
        root.below(path).types = types
    defaults = ", ".join(path for path, _, is_default in rows if is_default and "." not in path)
    entity = file_name.split("_")[0]
    return {
        "description": f"A {entity}'s record. Without `fields` it has what is in the default set: {defaults}. Only what is "
                       "known stands in it, and it may hold keys that are not listed here.",
        "type": "object",
        "required": [rows[0][0]],
        "properties": {name: node_schema(child) for name, child in root.children.items()},
    }


def fill_in(value):
    """The value with the tables' schemas in their places."""
    if isinstance(value, list):
        return [fill_in(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "x-field-table" in value:
        return record_schema(value["x-field-table"])
    if "x-field-names" in value:
        return {"type": "string", "enum": [row[0] for row in read_table(TABLES / value["x-field-names"])]}
    return {key: fill_in(item) for key, item in value.items()}


# ---- what is coming ---------------------------------------------------------------------------------------------------


def is_coming(value):
    return isinstance(value, dict) and value.get("x-coming") is True


def without_coming(value):
    if isinstance(value, list):
        return [without_coming(item) for item in value if not is_coming(item)]
    if isinstance(value, dict):
        return {key: without_coming(item) for key, item in value.items() if not is_coming(item)}
    return value


def without_mark(value):
    if isinstance(value, list):
        return [without_mark(item) for item in value]
    if isinstance(value, dict):
        return {key: without_mark(item) for key, item in value.items() if key != "x-coming"}
    return value


def prune(document):
    """Takes out what nothing refers to any more: paths without methods, components, tags."""
    document["paths"] = {path: item for path, item in document["paths"].items() if set(METHODS) & set(item)}
    while unused := [fault.split()[0].split("/")[2:] for fault in unused_components(document)]:
        for kind, name in unused:
            del document["components"][kind][name]
    used = {tag for _, _, operation, _ in operations(document) for tag in operation["tags"]}
    document["tags"] = [tag for tag in document["tags"] if tag["name"] in used]


def load(path=SOURCE, coming=False):
    """The document as it is served; with coming=True as it will be."""
    with open(path, encoding="utf-8") as file:
        document = yaml.safe_load(file)
    document.pop("x-shared", None)
    if coming:
        return fill_in(without_mark(document))
    document = fill_in(without_coming(document))
    prune(document)
    return document


# ---- writing ----------------------------------------------------------------------------------------------------------


def to_json(document):
    return json.dumps(document, ensure_ascii=True, separators=(",", ":")) + "\n"


def to_c(text):
    lines = ["/* Generated from openapi/enrichd.yaml by tools/openapi_json.py. */", "static const char openapi_json[] ="]
    for start in range(0, len(text), LITERAL_BYTES):
        piece = text[start:start + LITERAL_BYTES].replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        # Two question marks in a row could begin a trigraph.
        lines.append('    "' + piece.replace("?", "\\?") + '"')
    return "\n".join(lines) + ";\n"


# ---- checking ---------------------------------------------------------------------------------------------------------


def walk(value, place=""):
    """(place, value) of everything in the document; place is a JSON pointer."""
    yield place, value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from walk(item, f"{place}/{str(key).replace('~', '~0').replace('/', '~1')}")


def look_up(document, reference):
    """What a local reference points to; LookupError."""
    if not reference.startswith("#/"):
        raise LookupError(reference)
    value = document
    for step in reference[2:].split("/"):
        value = value[step.replace("~1", "/").replace("~0", "~")]
    return value


def resolve(document, value):
    while isinstance(value, dict) and "$ref" in value:
        value = look_up(document, value["$ref"])
    return value


def operations(document):
    """(path, method, operation, parameters of the path) of every operation."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method], item.get("parameters", [])


def webhooks(document):
    """What the server sends, in the form of operations()."""
    for name, item in document.get("webhooks", {}).items():
        yield from ((name, method, item[method], []) for method in METHODS if method in item)


def references_to_nothing(document):
    for place, value in walk(document):
        if isinstance(value, dict) and isinstance(value.get("$ref"), str):
            try:
                look_up(document, value["$ref"])
            except (LookupError, TypeError):
                yield f"{place}: {value['$ref']} does not exist"


def unused_components(document):
    used = {value["$ref"] for _, value in walk(document) if isinstance(value, dict) and isinstance(value.get("$ref"), str)}
    for kind, components in document["components"].items():
        for name in components:
            if kind != "securitySchemes" and f"#/components/{kind}/{name}" not in used:
                yield f"#/components/{kind}/{name} is used by nothing"


def faulty_operations(document):
    ids = set()
    tags = {tag["name"] for tag in document["tags"]}
    schemes = set(document["components"]["securitySchemes"])
    for path, method, operation, shared in [*operations(document), *webhooks(document)]:
        name = f"{method.upper()} {path}"
        if operation.get("operationId") in ids | {None}:
            yield f"{name}: operationId is missing or not unique"
        ids.add(operation.get("operationId"))
        if not operation.get("tags") or not set(operation["tags"]) <= tags:
            yield f"{name}: tags are missing or not declared"
        for requirement in operation.get("security", document.get("security", [None])):
            if requirement is None or not set(requirement) <= schemes:
                yield f"{name}: security is missing or names no scheme"
        parameters = [resolve(document, one) for one in operation.get("parameters", []) + shared]
        in_path = {one["name"] for one in parameters if one["in"] == "path"}
        if in_path != set(re.findall(r"{(\w+)}", path)):
            yield f"{name}: path parameters are {sorted(in_path)}"
        if "summary" not in operation or not operation.get("responses"):
            yield f"{name}: no summary or no responses"
        for status, response in operation.get("responses", {}).items():
            response = resolve(document, response)
            if not re.fullmatch("[1-5][0-9][0-9]", str(status)) or "description" not in response:
                yield f"{name} {status}: not a status, or no description"
            if (body := response.get("content", {}).get("application/json")) and not {"example", "examples"} & set(body):
                yield f"{name} {status}: no example"
        for kind, body in resolve(document, operation.get("requestBody", {})).get("content", {}).items():
            if not {"example", "examples"} & set(body):
                yield f"{name}: no example of the {kind} body"


def examples(document):
    """(place, schema, example) of every example beside or in a schema."""
    for place, value in walk(document):
        if not isinstance(value, dict):
            continue
        schema = value.get("schema", value if "/schemas/" in place else None)
        if not isinstance(schema, dict) or place.split("/")[-1] in ("properties", "examples"):
            continue
        if "example" in value:
            yield f"{place}/example", schema, value["example"]
        if isinstance(value.get("examples"), list):
            yield from ((f"{place}/examples/{n}", schema, one) for n, one in enumerate(value["examples"]))
        elif isinstance(value.get("examples"), dict):
            yield from ((f"{place}/examples/{name}", schema, one["value"]) for name, one in value["examples"].items()
                        if isinstance(one, dict) and "value" in one)


def validator_of(document, schema):
    """A validator for a schema of the document, in which the document's references hold."""
    from jsonschema import Draft202012Validator
    return Draft202012Validator({"components": document["components"], "allOf": [schema]})


def unfit_schemas(document):
    from jsonschema import Draft202012Validator, SchemaError
    for place, value in walk(document):
        if isinstance(value, dict) and (place.endswith("/schema") or re.fullmatch("/components/schemas/[^/]*", place)):
            try:
                Draft202012Validator.check_schema(value)
            except SchemaError as error:
                yield f"{place}: {error.message}"


def unfit_examples(document):
    for place, schema, example in examples(document):
        for error in validator_of(document, schema).iter_errors(example):
            yield f"{place}: {error.json_path}: {error.message[:200]}"


def faults(document):
    """Everything that is wrong, as texts; later checks rely on earlier ones."""
    found = list(references_to_nothing(document)) or list(unfit_schemas(document))
    if not found:
        for check in (unused_components, faulty_operations, unfit_examples):
            found += check(document)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--c", action="store_true", help="write a C header")
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 if something does not fit")
    parser.add_argument("--output", metavar="FILE", help="default: standard output")
    parser.add_argument("source", metavar="YAML", nargs="?", default=SOURCE, help="default: openapi/enrichd.yaml")
    options = parser.parse_args()
    document = load(options.source)
    if options.check:
        found = list(dict.fromkeys(faults(document) + faults(load(options.source, coming=True))))
        for fault in found:
            print(fault)
        count = sum(1 for _ in operations(document))
        print(f"{count} operations, {len(document['components']['schemas'])} schemas, "
              f"{sum(1 for _ in examples(document))} examples, {len(found)} faults")
        return 1 if found else 0
    text = to_json(document)
    if options.c:
        text = to_c(text)
    if options.output:
        pathlib.Path(options.output).write_text(text, encoding="ascii")
    else:
        sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
