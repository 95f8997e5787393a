"""The description by itself: whole, and judged by checks that notice what they are there to notice."""
import copy
import json
import subprocess
import sys

import openapi_json
import pytest
from description import Description

ROOT = openapi_json.ROOT
UUID = "019aa3f2-7c1e-7b4a-9c55-0d2f6a81e3b7"
ALWAYS = {"x-request-id": "abc", "content-type": "application/json"}
HEALTH = {**ALWAYS, "cache-control": "no-store"}
KEYED = {**ALWAYS, "x-ratelimit-limit": "60000", "x-ratelimit-remaining": "59999", "x-ratelimit-reset": "60"}
MISSING = {"error": {"type": "not_found", "message": "No such batch", "metadata": []}}


@pytest.fixture(scope="module")
def document():
    return openapi_json.load(coming=True)


@pytest.fixture(scope="module")
def description(document):
    return Description(document)


def exchange(method, path, status, headers, body=None):
    text = body if body is None or isinstance(body, str) else json.dumps(body)
    return {"method": method, "path": path, "status": status, "headers": headers, "body": text,
            "body_bytes": len(text or "")}


# ---- the document --------------------------------------------------------------------------------------------------


def test_nothing_is_at_fault(document):
    assert openapi_json.faults(document) == []
    assert openapi_json.faults(openapi_json.load()) == []


def test_what_is_coming_is_left_out():
    text = openapi_json.to_json(openapi_json.load())
    assert "x-coming" not in text and "x-shared" not in text and "x-field" not in text
    assert "x-coming" not in openapi_json.to_json(openapi_json.load(coming=True))


def test_the_json_is_the_same_each_time_and_the_header_holds_it(tmp_path):
    tool = [sys.executable, ROOT / "tools/openapi_json.py"]
    text, again = (subprocess.run(tool, check=True, stdout=subprocess.PIPE).stdout for _ in range(2))
    assert text == again and json.loads(text) == openapi_json.load()
    (tmp_path / "print.c").write_text('#include <stdio.h>\n#include "openapi.h"\nint main(void)\n'
                                      "{ return fwrite(openapi_json, sizeof openapi_json - 1, 1, stdout) != 1; }\n")
    subprocess.run([*tool, "--c", "--output", tmp_path / "openapi.h"], check=True)
    subprocess.run(["cc", "-Wall", "-Wextra", "-Werror", "-std=gnu17", "-o", "print", "print.c"], check=True, cwd=tmp_path)
    assert subprocess.run(tmp_path / "print", check=True, stdout=subprocess.PIPE).stdout == text


FAULTS = {
    "a reference to nothing": lambda d: d["paths"]["/batch"]["get"]["responses"].update(
        {"200": {"$ref": "#/components/responses/Nothing"}}),
    "a component that nothing uses": lambda d: d["components"]["schemas"].update({"Unused": {"type": "string"}}),
    "an operation without id": lambda d: d["paths"]["/batch"]["get"].pop("operationId"),
    "an id twice": lambda d: d["paths"]["/batch"]["get"].update(operationId="getBatch"),
    "an unknown tag": lambda d: d["paths"]["/batch"]["get"].update(tags=["Other"]),
    "a webhook without id": lambda d: d["webhooks"]["batchFinal"]["post"].pop("operationId"),
    "a body without example": lambda d: d["paths"]["/person/enrich"]["post"]["requestBody"]["content"][
        "application/json"].pop("example"),
    "no security": lambda d: d.pop("security"),
    "an unknown scheme": lambda d: d["paths"]["/batch"]["get"].update(security=[{"cookie": []}]),
    "a path parameter too few": lambda d: d["paths"]["/batch/{batch_id}"].pop("parameters"),
    "an answer without example": lambda d: d["paths"]["/batch"]["get"]["responses"]["200"]["content"][
        "application/json"].pop("example"),
    "an example with a key too many": lambda d: d["paths"]["/batch"]["get"]["responses"]["200"]["content"][
        "application/json"]["example"].update(total=1),
    "an example of another type": lambda d: d["components"]["headers"]["RetryAfter"].update(example="soon"),
    "a schema that is none": lambda d: d["components"]["schemas"]["Count"].update(type="number of"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_the_check_notices(document, name):
    changed = copy.deepcopy(document)
    FAULTS[name](changed)
    assert openapi_json.faults(changed)


@pytest.mark.parametrize("entity", ["person", "company"])
def test_record_schemas_know_every_selectable_path(document, entity):
    rows = openapi_json.read_table(openapi_json.TABLES / f"{entity}_fields.tsv")
    schemas = document["components"]["schemas"]
    assert schemas[f"{entity.capitalize()}Field"]["enum"] == [path for path, _, _ in rows]

    def places(schema, steps):
        """The schemas that the steps lead to."""
        for inner in (schema.get("items"), schema.get("additionalProperties")):
            if inner:
                yield from places(inner, steps[1:] if steps and steps[0] == "*" and inner is not schema.get("items") else steps)
        if not steps:
            yield schema
        elif steps[0] == "*":
            for inner in schema.get("properties", {}).values():
                yield from places(inner, steps[1:])
        elif steps[0] in schema.get("properties", {}):
            yield from places(schema["properties"][steps[0]], steps[1:])

    for path, types, _ in rows:
        found = list(places(schemas[entity.capitalize()], path.split(".")))
        assert found, path
        kinds = found[-1]["type"] if types != "integer" else found[0]["type"]
        assert ("null" in kinds) == ("null" in types.split("|")), path


# ---- the judge ------------------------------------------------------------------------------------------------------


GOOD = [
    exchange("GET", f"/batch/{UUID}", 404, KEYED, MISSING),
    exchange("HEAD", f"/batch/{UUID}", 404, KEYED),
    exchange("GET", "/healthz", 200, HEALTH, {"status": "ok"}),
    exchange("HEAD", "/healthz", 200, HEALTH),
    exchange("GET", "/nothing/here", 404, KEYED, MISSING),
    exchange("GET", "/files/x", 404, ALWAYS, MISSING),
    exchange("PUT", "/files/x", 405, {**ALWAYS, "allow": "GET, HEAD"},
             {"error": {"type": "method_not_allowed", "message": "No", "metadata": []}}),
    exchange("PUT", "/batch", 405, {**KEYED, "allow": "GET, HEAD"},
             {"error": {"type": "method_not_allowed", "message": "No", "metadata": []}}),
    exchange("GET", f"/files/{UUID}/output/results.jsonl.gz?exp=1&kid=1&sig=x", 206,
             {"x-request-id": "abc", "content-type": "application/gzip", "etag": '"1"', "accept-ranges": "bytes",
              "content-disposition": "attachment", "content-length": "1", "content-range": "bytes 0-0/9",
              "cache-control": "private, no-store", "x-content-type-options": "nosniff", "referrer-policy": "no-referrer"}),
    exchange("DELETE", f"/batch/{UUID}", 204, KEYED),
]
BAD = {
    "a status": exchange("GET", f"/batch/{UUID}", 418, KEYED, MISSING),
    "a missing header": exchange("GET", f"/batch/{UUID}", 404, ALWAYS, MISSING),
    "a header that is not described": exchange("GET", f"/batch/{UUID}", 404, {**KEYED, "x-powered-by": "x"}, MISSING),
    "a header that is no number": exchange("GET", f"/batch/{UUID}", 404, {**KEYED, "x-ratelimit-reset": "-1"}, MISSING),
    "a key too many": exchange("GET", "/healthz", 200, HEALTH, {"status": "ok", "uptime": 1}),
    "another error type": exchange("GET", f"/batch/{UUID}", 404, KEYED,
                                   {"error": {"type": "gone", "message": "x", "metadata": []}}),
    "metadata that is no list": exchange("GET", f"/batch/{UUID}", 404, KEYED,
                                         {"error": {"type": "not_found", "message": "x", "metadata": {}}}),
    "a forbidden word": exchange("GET", f"/batch/{UUID}", 404, KEYED,
                                 {"error": {"type": "not_found", "message": "out of Quota", "metadata": []}}),
    "a key twice": exchange("GET", "/healthz", 200, HEALTH, '{"status":"ok","status":"ok"}'),
    "no JSON": exchange("GET", "/healthz", 200, HEALTH, "ok"),
    "invalid UTF-8": exchange("GET", "/healthz", 200, HEALTH, '{"status":"ok"}\udcff'),
    "another content type": exchange("GET", "/healthz", 200, {**HEALTH, "content-type": "text/html"}, {"status": "ok"}),
    "a body of HEAD": exchange("HEAD", "/healthz", 200, HEALTH, {"status": "ok"}),
    "a body of 204": exchange("DELETE", f"/batch/{UUID}", 204, KEYED, {}),
    "404 of a described path": exchange("PUT", "/batch", 404, KEYED, MISSING),
    "405 of a path that is not there": exchange("PUT", "/nothing", 405, {**KEYED, "allow": "GET, HEAD"},
                                                {"error": {"type": "method_not_allowed", "message": "No", "metadata": []}}),
    "a wrong Allow": exchange("PUT", "/batch", 405, {**KEYED, "allow": "GET, HEAD, POST"},
                              {"error": {"type": "method_not_allowed", "message": "No", "metadata": []}}),
}


@pytest.mark.parametrize("good", GOOD, ids=lambda one: f"{one['method']} {one['path'][:20]} {one['status']}")
def test_good_answers_pass(description, good):
    assert description.problems(good) == []


@pytest.mark.parametrize("name", BAD)
def test_bad_answers_do_not(description, name):
    assert description.problems(BAD[name])


@pytest.mark.parametrize("change", [
    {"status": "processing"}, {"download_urls": []}, {"status": "failed"}, {"error_code": "internal"}, {"extra": 1},
    {"completed_at": "2026-06-12T12:23:04+00:00"}, {"request_counts": {}}, {"batch_id": UUID.upper()},
    {"partial_download_url": "https://x.example/files/019aa3f2-7c1e-7b4a-9c55-0d2f6a81e3b7/output/results.jsonl.gz?x"}])
def test_a_batch_has_the_keys_of_its_state_only(document, change):
    response = document["paths"]["/batch/{batch_id}"]["get"]["responses"]["200"]["content"]["application/json"]
    valid = openapi_json.validator_of(document, response["schema"])
    completed = response["examples"]["completed"]["value"]
    assert valid.is_valid(completed)
    assert not valid.is_valid({**completed, **change})


@pytest.mark.parametrize("key", ["completed_at", "download_url", "download_urls", "unresolved_url", "expires_at"])
def test_a_completed_batch_lacks_none(document, key):
    response = document["paths"]["/batch/{batch_id}"]["get"]["responses"]["200"]["content"]["application/json"]
    completed = dict(response["examples"]["completed"]["value"])
    del completed[key]
    assert not openapi_json.validator_of(document, response["schema"]).is_valid(completed)


def test_covering_is_noticed(description):
    seen = description.parts_of(exchange("GET", "/healthz", 200, HEALTH, {"status": "ok"}))
    assert seen == {"#/components/headers/RequestId", "#/components/headers/CacheControl", "#/components/schemas/Health/status"}
    assert seen <= description.parts()
    assert description.answer(GOOD[1]) == ("GET /batch/{batch_id}", "404")
    assert description.answer(GOOD[4]) == ("other", "404")
