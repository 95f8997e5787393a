"""Holds exchanges against openapi/enrichd.yaml: what is wrong with an answer, and what of the description it shows.

An exchange is what recorder.py writes: method, path, status, headers (lower-case names), body (text or None), body_bytes.
"""
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "tools"))
import openapi_json  # noqa: E402

# Headers that HTTP itself brings; the description does not repeat them.
PLAIN_HEADERS = {"date", "connection", "keep-alive", "content-type", "content-length", "transfer-encoding"}
# Below this every path is a route of the server, though only those of files are described.
WILDCARD = "/files"
# Records are the importer's business: their keys need not all occur.
RECORDS = ("#/components/schemas/Person", "#/components/schemas/Company")


class DuplicateKey(ValueError):
    pass


def strict_json(text):
    """The value of a JSON text; ValueError also for a key that stands twice and for what only Python reads."""
    def no_duplicates(pairs):
        names = [name for name, _ in pairs]
        if len(set(names)) != len(names):
            raise DuplicateKey(f"a key stands twice in {names}")
        return dict(pairs)

    def refuse(word):
        raise ValueError(f"{word} is not JSON")

    return json.loads(text, object_pairs_hook=no_duplicates, parse_constant=refuse)


class Description:
    def __init__(self, document=None):
        self.document = document or openapi_json.load()
        self.paths = [(template, re.compile(re.sub(r"{\w+}", "[^/?]+", template.replace(".", r"\.")) + r"\Z"))
                      for template in sorted(self.document["paths"], key=lambda one: one.count("{"))]
        self.operations = {(method.upper(), path): operation
                           for path, method, operation, _ in openapi_json.operations(self.document)}
        self.other = self.document["x-other-requests"]["responses"]
        self._validators = {}

    # ---- looking up -----------------------------------------------------------------------------------------------

    def resolve(self, value):
        return openapi_json.resolve(self.document, value)

    def template(self, path):
        """The described path that a request's path belongs to; None."""
        path = path.split("?", 1)[0]
        return next((template for template, pattern in self.paths if pattern.match(path)), None)

    def methods(self, template):
        return {method for method, path in self.operations if path == template}

    def responses(self, method, path):
        """(name of the operation or None, responses by status) for a request."""
        template = self.template(path)
        for known in (method, "GET" if method == "HEAD" else None):
            if (known, template) in self.operations:
                return f"{known} {template}", self.operations[known, template]["responses"]
        unlikely = "404" if template else "405" if not path.startswith(WILDCARD) else None
        return None, {status: response for status, response in self.other.items() if status != unlikely}

    def validator(self, schema):
        key = id(schema)
        if key not in self._validators:
            self._validators[key] = (openapi_json.validator_of(self.document, schema), schema)
        return self._validators[key][0]

    # ---- judging --------------------------------------------------------------------------------------------------

    def problems(self, exchange):
        """What of the exchange is not as described, as texts."""
        _, responses = self.responses(exchange["method"], exchange["path"])
        response = self.resolve(responses.get(str(exchange["status"])))
        if response is None:
            return ["the status is not described"]
        found = list(self._header_problems(response, exchange["headers"]))
        found += self._body_problems(response, exchange)
        if exchange["status"] == 405:
            found += self._allow_problems(exchange)
        return found

    def _header_problems(self, response, headers):
        described = {name.lower(): self.resolve(header) for name, header in response.get("headers", {}).items()}
        for name, header in described.items():
            if name not in headers:
                if header.get("required"):
                    yield f"header {name} is missing"
                continue
            value = headers[name]
            if header["schema"].get("type") == "integer":
                value = int(value) if re.fullmatch("[0-9]+", value) else value
            for error in self.validator(header["schema"]).iter_errors(value):
                yield f"header {name}: {error.message[:200]}"
        for name in headers.keys() - described.keys() - PLAIN_HEADERS:
            yield f"header {name} is not described"

    def _body_problems(self, response, exchange):
        content = response.get("content")
        if exchange["method"] == "HEAD" or not content:
            if exchange["body_bytes"]:
                yield "there is a body"
            return
        kind = exchange["headers"].get("content-type", "").split(";")[0].strip().lower()
        if kind not in content:
            yield f"content type {kind or 'missing'} is not described"
            return
        if kind != "application/json":
            return
        if exchange["body"] is None:
            yield "the JSON body is too long to be checked"
            return
        try:
            value = strict_json(exchange["body"])
            exchange["body"].encode()
        except ValueError as error:
            yield f"body: {error}"
            return
        for error in self.validator(content[kind]["schema"]).iter_errors(value):
            yield f"body {error.json_path}: {error.message[:300]}"

    def _allow_problems(self, exchange):
        template = self.template(exchange["path"]) or "/files/{batch_id}/output/{file}"
        allowed = {word.strip() for word in exchange["headers"].get("allow", "").split(",")} - {"OPTIONS"}
        described = self.methods(template)
        if "GET" in described:
            described |= {"HEAD"}
        if allowed != described:
            yield f"Allow is {sorted(allowed)}, described are {sorted(described)}"

    # ---- covering -------------------------------------------------------------------------------------------------

    def answers(self):
        """Everything that may be answered, as (operation, status)."""
        named = {(f"{method} {path}", status) for (method, path), operation in self.operations.items()
                 for status in operation["responses"]}
        return named | {("other", status) for status in self.other}

    def answer(self, exchange):
        name, _ = self.responses(exchange["method"], exchange["path"])
        return name or "other", str(exchange["status"])

    def _response_parts(self, response, value=None, headers=None):
        """Pointers of the headers and keys of a response; with a value and headers, of those that occur in them."""
        response = self.resolve(response)
        for name, header in response.get("headers", {}).items():
            if headers is None or name.lower() in headers:
                yield header.get("$ref", name)
        schema = response.get("content", {}).get("application/json", {}).get("schema")
        if schema is not None and (headers is None or value is not None):
            yield from self._schema_parts(schema, "", value, headers is not None, set())

    def _schema_parts(self, schema, place, value, is_real, above):
        if not isinstance(schema, dict) or schema.get("$ref") in RECORDS:
            return
        if "$ref" in schema and schema["$ref"] not in above:
            yield from self._schema_parts(self.resolve(schema), schema["$ref"], value, is_real, above | {schema["$ref"]})
        for word in ("allOf", "oneOf", "anyOf"):
            for one in schema.get(word, []):
                yield from self._schema_parts(one, place, value, is_real, above)
        for name, inner in schema.get("properties", {}).items():
            if inner is False or (is_real and not (isinstance(value, dict) and name in value)):
                continue
            yield f"{place}/{name}"
            yield from self._schema_parts(inner, f"{place}/{name}", value[name] if is_real else None, is_real, above)
        if "items" in schema:
            for item in (value if isinstance(value, list) else []) if is_real else [None]:
                yield from self._schema_parts(schema["items"], f"{place}/*", item, is_real, above)

    def response(self, answer):
        name, status = answer
        return (self.other if name == "other" else self.operations[tuple(name.split(" "))]["responses"])[status]

    def parts(self, answers=None):
        """Pointers of all response headers and of all keys in JSON answers (by default all that are described)."""
        return {part for answer in answers or self.answers() for part in self._response_parts(self.response(answer))}

    def parts_of(self, exchange):
        """Those of them that occur in the exchange."""
        _, responses = self.responses(exchange["method"], exchange["path"])
        response = responses.get(str(exchange["status"]))
        if response is None:
            return set()
        value = strict_json(exchange["body"]) if exchange["body"] else None
        return set(self._response_parts(response, value, exchange["headers"]))
