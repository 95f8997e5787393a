"""Section 2 of the contract: what a submission may say, what it is told when it says something else, and what comes of
batches of every make-up."""
import json
import re
import time
import uuid

import pytest
from harness import PROFILE, ROOT, VERSION, Server, inflate
from test_main_job import url_of
from wire import Wire, post_head

URLS, EMAILS = "professional_network_profile_urls", "business_emails"
ONE = {EMAILS: ["nobody@acme.example"]}
MAX = 10000


@pytest.fixture(scope="module")
def server(tmp_path_factory, loaded):
    """A server over the population on which many batches may be active."""
    import shutil
    data = shutil.copytree(loaded, tmp_path_factory.mktemp("submission") / "data")
    with Server(data, env={"ENRICHD_BATCH_ACTIVE_MAX": "1000"}) as running:
        yield running


def submit(server, body, **options):
    """The answer to a body: an object, or the text of one."""
    return server.post("/batch/person/enrich", body.encode() if isinstance(body, str) else body, **options)


def refused(server, body, *words):
    """Checks that the body is a 400 whose message has all the words; the error."""
    answer = submit(server, body)
    assert answer.status == 400, answer.body[:500]
    error = answer.error()
    assert error["type"] == "invalid_request"
    for word in words:
        assert word in error["message"], (word, error["message"])
    return error


def accepted(server, body):
    answer = submit(server, body)
    assert answer.status == 200, answer.body[:500]
    return answer.json()


# ---- the body as JSON -----------------------------------------------------------------------------------------------

NOT_JSON = {
    "empty": b"", "blank": b"  \n", "cut off": b'{"business_emails":["x"]', "cut off in a string": b'{"business_emails":["x',
    "a word": b"nothing",
    "a trailing comma": b'{"business_emails":["x"],}', "a comma in an array": b'{"business_emails":["x",]}',
    "single quotes": b"{'business_emails':['x']}",
    "a comment": b'{"business_emails":["x"]}// c', "a comment inside": b'{/*c*/"business_emails":["x"]}',
    "a key without quotes": b'{business_emails:["x"]}',
    "NaN": b'{"business_emails":["x"],"chunk_size":NaN}', "Infinity": b'{"business_emails":["x"],"chunk_size":Infinity}',
    "a number in hex": b'{"business_emails":["x"],"chunk_size":0x10}',
    "a leading zero": b'{"business_emails":["x"],"chunk_size":010}',
    "a leading plus": b'{"business_emails":["x"],"chunk_size":+10}',
    "a lone point": b'{"business_emails":["x"],"chunk_size":10.}',
    "a raw line break": b'{"business_emails":["a\nb"]}', "a raw NUL": b'{"business_emails":["a\0b"]}',
    "a bad escape": b'{"business_emails":["\\x41"]}',
    "a short escape": b'{"business_emails":["\\u00e"]}', "two objects": b'{"business_emails":["x"]}{}',
    "trailing letters": b'{"business_emails":["x"]}x',
    "trailing NUL": b'{"business_emails":["x"]}\0', "trailing brace": b'{"business_emails":["x"]}}',
    "True": b'{"business_emails":True}',
    "form data": b"business_emails=x", "JSON lines": b'{"business_emails":["x"]}\n{"business_emails":["x"]}\n',
    "an invalid byte": b'{"business_emails":["\xff"]}', "an invalid byte in a key": b'{"\xff":["x"]}',
    "UTF-16": '{"business_emails":["x"]}'.encode("utf-16"),
    "Latin-1": '{"business_emails":["\u00e9"]}'.encode("latin-1"), "an overlong character": b'{"business_emails":["\xc0\xaf"]}',
    "a surrogate in UTF-8": b'{"business_emails":["\xed\xa0\x80"]}',
    "a character beyond the last": b'{"business_emails":["\xf4\x90\x80\x80"]}',
    "half a character": b'{"business_emails":["\xe2\x82"]}',
}


@pytest.mark.parametrize("name", NOT_JSON)
def test_what_is_no_json_is_refused_and_the_message_says_where(server, name):
    error = refused(server, NOT_JSON[name])
    assert re.search(r"\bbyte \d+|empty", error["message"]), error["message"]


@pytest.mark.parametrize("text", ["[]", "null", "true", "0", '"x"', '["business_emails"]', '[{"business_emails":["x"]}]',
                                  "-1.5e3"])
def test_a_body_that_is_no_object_is_refused(server, text):
    refused(server, text, "object")


DUPLICATES = {
    "twice the same": ('{"business_emails":["x"],"business_emails":["x"]}', EMAILS),
    "with other keys between": ('{"business_emails":["x"],"chunk_size":20,"fields":[],"chunk_size":30}', "chunk_size"),
    "spelt with an escape": ('{"business_emails":["x"],"fields":[],"f\\u0069elds":[]}', "fields"),
    "unknown ones": ('{"business_emails":["x"],"nonsense":1,"nonsense":2}', "nonsense"),
    "inside a value": ('{"business_emails":["x"],"fields":[{"inner":1,"inner":2}]}', "inner"),
    "among many": ("{" + ",".join(f'"k{n}":0' for n in range(300)) + ',"k17":0}', "k17"),
}


@pytest.mark.parametrize("name", DUPLICATES)
def test_a_duplicate_key_is_refused_by_its_name(server, name):
    text, key = DUPLICATES[name]
    refused(server, text, "uplicate", key)


@pytest.mark.parametrize("key", ["nonsense", "Business_Emails", "business_email", " fields", "fields ", "FIELDS", "emails", "",
                                 "webhookUrl", "limit",
                                 "chunk_size\u0000", "\u00e9", "x" * 100, "a\"b", "field", "crustdata_person_ids", "domains"])
def test_an_unknown_key_is_refused_by_its_name_with_those_that_are_allowed(server, key):
    named = key if key.isprintable() and "\"" not in key else ""
    allowed = () if "\0" in key else (URLS, EMAILS, "fields", "webhook_url", "chunk_size")
    refused(server, {**ONE, key: 1}, named, *allowed)


def nested(depth):
    """An object of that depth, whose deepest part is an empty array."""
    return '{"business_emails":["x"],"fields":' + "[" * (depth - 1) + "]" * (depth - 1) + "}"


def test_32_levels_are_read_and_33_are_not(server):
    assert not re.search("deep|nest", refused(server, nested(32), "fields")["message"])
    assert re.search("deep|nest", refused(server, nested(33), "32")["message"])


def test_the_message_on_depth_says_where(server):
    assert re.search(r"byte \d+|fields", refused(server, nested(33))["message"])


@pytest.mark.parametrize("depth", [34, 1000, 100_000])
@pytest.mark.parametrize("opening,closing", [("[", "]"), ('{"a":', "}")])
def test_deep_bodies_are_refused(server, depth, opening, closing):
    refused(server, '{"fields":' + opening * depth + "0" + closing * depth + "}")
    refused(server, opening * depth)


LONG = {
    "brackets": lambda: "[" * 3_000_000,
    "items": lambda: '{"business_emails":[' + '"",' * 2_000_000 + '""]}',
    "numbers": lambda: '{"business_emails":[' + "0," * 3_000_000 + "0]}",
    "items of a string": lambda: '{"business_emails":"' + "a," * 3_000_000 + '"}',
    "unknown keys": lambda: "{" + ",".join(f'"k{n}":0' for n in range(600_000)) + "}",
    "empty arrays": lambda: '{"fields":[' + "[]," * 2_000_000 + "[]]}",
    "fields": lambda: '{"business_emails":["x"],"fields":"' + "a," * 3_000_000 + '"}',
}


@pytest.mark.parametrize("of", LONG)
def test_a_long_body_that_is_wrong_is_a_400_not_a_lack_of_memory(server, of):
    refused(server, LONG[of]())


def test_a_long_body_that_is_right_is_accepted_even_if_it_is_mostly_commas(server):
    assert accepted(server, '{"business_emails":"nobody@acme.example' + "," * 7_000_000 + '"}')["identifier_count"] == 1


@pytest.mark.parametrize("text", [' {"business_emails" : [ "x" ] } ', '\r\n\t{"business_emails":["x"]}\r\n\t ',
                                  '{"business_emails":["\\u0078"]}',
                                  '{"b\\u0075siness_emails":["x"]}', '{"chunk_size":10,"fields":[],"business_emails":["x"]}'])
def test_json_may_be_written_in_any_way_that_is_json(server, text):
    assert accepted(server, text)["identifier_count"] == 1


# ---- types ----------------------------------------------------------------------------------------------------------

VALUES = {"null": None, "true": True, "false": False, "a number": 7, "a fraction": 1.5, "an object": {},
          "an array in an array": [["x"]],
          "a number in an array": ["x", 7], "null in an array": ["x", None], "an object in an array": ["x", {}], "a string": "x",
          "an array": ["x"],
          "a large number": 10 ** 30}
ALLOWED = {URLS: {"a string", "an array"}, EMAILS: {"a string", "an array"}, "fields": {"a string", "an array"},
           "webhook_url": {"a string"},
           "chunk_size": {"a number"}}


@pytest.mark.parametrize("key,kind", [(key, kind) for key, allowed in ALLOWED.items() for kind in VALUES if kind not in allowed])
def test_a_value_of_another_type_is_refused_by_its_key_with_what_is_allowed(server, key, kind):
    body = {**({} if key in (URLS, EMAILS) else ONE), key: VALUES[kind]}
    refused(server, body, key, "whole number" if key == "chunk_size" else "string")


@pytest.mark.parametrize("key,index", [*((key, index) for key in (URLS, EMAILS, "fields") for index in (0, 1, 17)), (URLS, 9999),
                                       (EMAILS, 9999)])
@pytest.mark.parametrize("value", [None, 7, True, [], {}], ids=str)
def test_a_list_element_that_is_no_string_is_named_by_its_index(server, key, index, value):
    items = (["skills"] * index + [value, "skills"])[:MAX]
    body = {**({} if key in (URLS, EMAILS) else ONE), key: items}
    error = refused(server, body, key, "string")
    assert re.search(rf"\b{index}\b", error["message"]), error["message"]


# ---- identifiers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [{}, {"fields": ["skills"]}, {"chunk_size": 10}], ids=str)
def test_without_identifiers_the_message_names_both_keys(server, body):
    refused(server, body, URLS, EMAILS)


@pytest.mark.parametrize("urls", [["x"], [], "x", "", None], ids=str)
@pytest.mark.parametrize("emails", [["x"], [], "x", "", None], ids=str)
def test_both_kinds_of_identifiers_are_refused(server, urls, emails):
    refused(server, {URLS: urls, EMAILS: emails}, URLS, EMAILS)


@pytest.mark.parametrize("key", [URLS, EMAILS])
@pytest.mark.parametrize("value", [[], "", "  ", ",", " , ,, \t", ",,,,,,,,"], ids=repr)
def test_an_empty_list_is_refused_by_its_key(server, key, value):
    refused(server, {key: value}, key)


@pytest.mark.parametrize("key", [URLS, EMAILS])
@pytest.mark.parametrize("make", [list, ",".join, lambda items: ",,".join(items) + " , "],
                         ids=["array", "string", "string with empty items"])
def test_10000_identifiers_are_accepted_and_10001_are_not(server, key, make):
    items = [f"n{number}@acme.example" for number in range(MAX + 1)]
    reply = accepted(server, {key: make(items[:MAX])})
    assert reply["identifier_count"] == reply["entities_requested"] == MAX
    refused(server, {key: make(items)}, key, "10000")
    assert server.wait(reply["batch_id"])["request_counts"]["total"] == MAX


def test_duplicates_count_towards_the_10000(server):
    refused(server, {EMAILS: ["x@acme.example"] * (MAX + 1)}, EMAILS, "10000")


def test_items_of_a_string_are_trimmed_and_empty_ones_skipped(server):
    text = "  a@acme.example ,,\tb@acme.example\t, ,c@acme.example , a b ,,"
    reply = accepted(server, {EMAILS: text})
    assert reply["identifier_count"] == 4
    unresolved = server.lines(server.wait(reply["batch_id"])["unresolved_url"])
    assert [line["original_identifier"] for line in unresolved] == ["a@acme.example", "b@acme.example", "c@acme.example", "a b"]


def test_items_of_an_array_stay_as_they_are(server):
    items = [" a@acme.example ", "a@acme.example", "a@acme.example,b@acme.example", "", " ", "\ta@acme.example",
             "\u00a0a@acme.example"]
    reply = accepted(server, {EMAILS: items})
    unresolved = server.lines(server.wait(reply["batch_id"])["unresolved_url"])
    assert [line["original_identifier"] for line in unresolved] == items
    assert [line["reason"] for line in unresolved] == ["not_found", "not_found", "invalid_identifier", "invalid_identifier",
                                                       "invalid_identifier",
                                                       "not_found", "not_found"]


@pytest.mark.parametrize("value", ["one@acme.example", ["one@acme.example"], " one@acme.example,"], ids=repr)
def test_one_identifier_is_a_batch(server, value):
    assert accepted(server, {EMAILS: value})["identifier_count"] == 1


# ---- fields ---------------------------------------------------------------------------------------------------------


def table_of_fields():
    """Path to row of the published table."""
    lines = (ROOT / "src/entity/person_fields.tsv").read_text(encoding="utf-8").splitlines()
    return {line.split("\t")[0]: line.split("\t") for line in lines[1:]}


SELECTABLE = [path for path, row in table_of_fields().items() if "alias" not in row[3] and path.split(".")[-1] != "*"]
ALIASES = [path for path, row in table_of_fields().items() if "alias" in row[3]]


def test_every_selectable_path_is_accepted(server):
    assert len(SELECTABLE) > 150
    accepted(server, {**ONE, "fields": SELECTABLE})
    accepted(server, {**ONE, "fields": ",".join(SELECTABLE)})


@pytest.mark.parametrize("path", [path for path in SELECTABLE if path.count(".") < 2])
def test_each_path_is_accepted_alone(server, path):
    accepted(server, {**ONE, "fields": [path]})


@pytest.mark.parametrize("fields", [["skills", "skills"], ["skills", "skills.professional_network_skills"], " skills ,, contact ",
                                    ["crustdata_person_id"]],
                         ids=str)
def test_fields_may_overlap(server, fields):
    accepted(server, {**ONE, "fields": fields})


@pytest.mark.parametrize("unknown", ["nonsense", "Skills", "skills.", ".skills", "skills..x", "skills.nonsense",
                                     "basic_profile.nonsense", "skills*", "*", "all",
                                     "basic_profile.name.first", "data.skills", "experience.employment_details.current[0].title",
                                     "person.skills",
                                     "experience.employment_details.current.0.title", "skills/contact", "a b", "\u00e9", "\u0000",
                                     "a\u0000b", "a\"b", "\\",
                                     "linkedin_profile_url", "email", "social_posts.text", *ALIASES[:6]])
def test_an_unknown_field_is_refused_with_the_whole_list_of_fields(server, unknown):
    error = refused(server, {**ONE, "fields": ["skills", unknown, "contact"]}, "ields")
    assert len(error["metadata"]) == 1 and {"invalid_fields", "available_fields"} <= set(error["metadata"][0])
    assert error["metadata"][0]["invalid_fields"] == [unknown]
    available = error["metadata"][0]["available_fields"]
    assert len(set(available)) == len(available)
    assert set(available) == set(SELECTABLE)


def test_every_alias_of_the_filters_is_no_field(server):
    error = refused(server, {**ONE, "fields": ALIASES})
    assert error["metadata"][0]["invalid_fields"] == ALIASES


def test_all_unknown_fields_are_listed_in_their_order(server):
    unknown = [f"unknown_{number}" for number in range(200)]
    mixed = [path for pair in zip(unknown, (SELECTABLE * 2)[:200]) for path in pair]
    for fields in (mixed, ", ".join(mixed)):
        assert refused(server, {**ONE, "fields": fields})["metadata"][0]["invalid_fields"] == unknown


# ---- chunk_size and webhook_url -------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["10", "11", "100", "999", "1000"])
def test_a_chunk_size_from_10_to_1000_is_accepted(server, text):
    accepted(server, f'{{"business_emails":["x"],"chunk_size":{text}}}')


@pytest.mark.parametrize("text", ["9", "1001", "0", "1", "-10", "-1", "10.5", "9.99", "1000.01", "1e9", "1e400", "4294967306",
                                  "18446744073709551626",
                                  "99999999999999999999999999", '"100"', "true", "null", "[100]", "{}", '""', '"ten"'])
def test_another_chunk_size_is_refused_with_the_bounds(server, text):
    refused(server, f'{{"business_emails":["x"],"chunk_size":{text}}}', "chunk_size", "10", "1000")


@pytest.mark.parametrize("size", [10, 13, 1000])
def test_the_chunk_size_changes_nothing_in_the_result(server, population, size):
    asked = [url_of(person) for person in population[1]][:505]
    _, lines, unresolved = server.run_job(asked, chunk_size=size)
    assert [line["original_identifier"] for line in lines] == asked and unresolved == []


@pytest.mark.parametrize("url", ["https://hooks.acme.example/x", "http://hooks.acme.example", "HTTPS://HOOKS.ACME.EXAMPLE/",
                                 "https://hooks.acme.example:8443/a?b=c&d=%20",
                                 "https://hooks.acme.example?x", "https://acme.example/" + "x" * (2048 - 21),
                                 "https://xn--bcher-kva.example/",
                                 "https://hooks.acme.example/a,b;c=(d)'~!$*+", "https://hooks.acme.example:443/"])
def test_a_webhook_url_is_accepted(server, url):
    assert len(url) <= 2048
    accepted(server, {**ONE, "webhook_url": url})


@pytest.mark.parametrize("url", ["", " ", "x", "hooks.acme.example/x", "//hooks.acme.example/x", "/x", "?x",
                                 "ftp://hooks.acme.example/", "file:///etc/passwd",
                                 "ws://hooks.acme.example/", "javascript:alert(1)", "mailto:a@acme.example",
                                 "gopher://acme.example/", "https:", "https:/", "https://",
                                 "https:///x", "https://:443/", "https://?x", "https:hooks.acme.example",
                                 "https:/hooks.acme.example", "https//hooks.acme.example",
                                 "https://user@acme.example/", "https://user:secret@acme.example/", "https://@acme.example/",
                                 "https://:@acme.example/",
                                 "https://acme.example:0x50/", "https://acme.example:65536/", "https://acme.example:99999/",
                                 "https://acme.example:-1/",
                                 "https://acme.example:8o/", "https://ac me.example/", "https://acme.example/a b",
                                 " https://acme.example/", "https://acme.example/ ",
                                 "https://acme.example/\n", "https://acme.example/\r\nX: y", "https://acme.example/\t",
                                 "https://acme.example/\u0000",
                                 "https://acme.example\\x", "https:\\\\acme.example\\", "https://[::1", "https://::1/",
                                 "https://[]/", "https://acme.example\"/",
                                 "https://<acme>.example/", "https://%61cme%20.example/",
                                 "https://acme.example/" + "x" * (2049 - 21), "x" * 5000])
def test_what_is_no_webhook_url_is_refused(server, url):
    refused(server, {**ONE, "webhook_url": url}, "webhook_url")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3:8080", "localhost", "[::1]", "10.0.0.1", "172.16.5.4", "192.168.1.1",
                                  "169.254.169.254", "0.0.0.0",
                                  "[fe80::1]", "[fc00::1]", "[::ffff:127.0.0.1]", "[::]", "100.64.0.1", "224.0.0.1",
                                  "255.255.255.255", "[ff02::1]",
                                  "2130706433", "0x7f.1", "017700000001", "127.1", "127.0.0.1.",
                                  "LOCALHOST.", "x.localhost", "[64:ff9b::7f00:1]", "[2002:7f00:1::]"])
def test_a_webhook_to_a_special_address_is_refused(server, host):
    refused(server, {**ONE, "webhook_url": f"https://{host}/x"}, "webhook_url", "hooks.allow_networks")


# ---- the answer -----------------------------------------------------------------------------------------------------

KEYS = ["batch_id", "status", "entity", "action", "identifier_count", "entities_requested", "status_url"]


@pytest.mark.parametrize("more", [{}, {"fields": ["skills"]}, {"chunk_size": 50},
                                  {"webhook_url": "https://hooks.acme.example/x"}], ids=str)
def test_the_answer_has_exactly_seven_keys_in_order(server, more):
    answer = submit(server, {**ONE, **more})
    assert answer.status == 200 and answer.headers["content-type"] == "application/json"
    reply = answer.json()
    assert list(reply) == KEYS
    assert (reply["status"], reply["entity"], reply["action"]) == ("pending", "person", "enrich")
    assert reply["status_url"] == answer.headers["location"] == f"/batch/{reply['batch_id']}"
    assert type(reply["identifier_count"]) is type(reply["entities_requested"]) is int
    assert server.get(reply["status_url"]).json()["batch_id"] == reply["batch_id"]


def test_batch_ids_are_version_7_in_lower_case_and_sort_by_time(server):
    before = time.time()
    ids = []
    for _ in range(5):
        ids.append(accepted(server, ONE)["batch_id"])
        time.sleep(0.002)
    assert ids == sorted(set(ids))
    for text in ids:
        assert text == str(uuid.UUID(text)) and uuid.UUID(text).version == 7
        assert abs((uuid.UUID(text).int >> 80) / 1000 - before) < 5


def test_the_status_is_pending_in_the_answer_however_small_the_batch_is(server):
    assert {accepted(server, ONE)["status"] for _ in range(20)} == {"pending"}


def test_a_submission_without_content_type_header_is_read_as_json(server):
    body = json.dumps(ONE).encode()
    key = server.key or server.make_key()
    lines = [f"{name}: {value}" for name, value in VERSION.items()]
    with Wire(server) as wire:
        request = post_head(key, f"Content-Length: {len(body)}").replace(b"Content-Type: application/json\r\n", b"")
        assert b"Content-Type" not in request and all(line.encode() in request for line in lines)
        wire.send(request + b"\r\n" + body)
        assert wire.read().status == 200


# ---- make-ups of batches --------------------------------------------------------------------------------------------


def counts_of(status):
    return {name: count for name, count in status["request_counts"].items() if count and name != "total"}


def test_10000_distinct_people_and_strangers(server, population):
    people = [url_of(person) for person in population[1]]
    asked = [url for at in range(3000) for url in (people[at], PROFILE + f"nobody-{at}", people[at] + f"?x={at}")][:MAX - 1000]
    asked += [f"https://example.com/{at}" for at in range(1000)]
    status, lines, unresolved = server.run_job(asked)
    assert counts_of(status) == {"matched": 6000, "not_found": 3000, "invalid": 1000}
    assert (status["result_count"], status["entities_fulfilled"], status["entities_requested"],
            status["identifier_count"]) == (6000, 6000, MAX, MAX)
    hits = [text for text in asked if "nobody" not in text and "example.com" not in text]
    assert [line["original_identifier"] for line in lines] == hits
    assert [line["original_identifier"] for line in unresolved] == [text for text in asked if text not in set(hits)]
    assert [line["reason"] for line in unresolved] == ["not_found"] * 3000 + ["invalid_identifier"] * 1000


@pytest.mark.parametrize("text,reason", [("known", None), (PROFILE + "nobody-at-all", "not_found"),
                                         ("https://example.com/in/x", "invalid_identifier")])
def test_10000_times_the_same_string_is_one_line(server, population, text, reason):
    text = url_of(population[1][3]) if text == "known" else text
    status, lines, unresolved = server.run_job([text] * MAX)
    assert status["request_counts"]["duplicate"] == MAX - 1
    assert len(lines) == status["result_count"] == (1 if reason is None else 0)
    reasons = ([reason] if reason else []) + ["duplicate"] * (MAX - 1)
    assert unresolved == [{"original_identifier": text, "reason": word} for word in reasons]


def test_10000_invalid_identifiers_are_reported_each(server):
    asked = [f"not an identifier {number}" for number in range(MAX)]
    status, lines, unresolved = server.run_job(asked)
    assert lines == [] and counts_of(status) == {"invalid": MAX}
    assert unresolved == [{"original_identifier": text, "reason": "invalid_identifier"} for text in asked]
    assert len(status["download_urls"]) >= 1


def test_spellings_of_one_person_get_a_line_each(server, population):
    person = population[1][5]
    slug = url_of(person).removeprefix(PROFILE)
    asked = [f"{PROFILE}{slug}?n={number}" for number in range(2000)] + [slug, slug.upper(), "@" + slug, "in/" + slug,
                                                                         PROFILE + slug + "/de"]
    status, lines, unresolved = server.run_job(asked)
    assert unresolved == [] and counts_of(status) == {"matched": len(asked)}
    assert [line["original_identifier"] for line in lines] == asked
    assert {line["internal_id"] for line in lines} == {person["crustdata_person_id"]}
    assert all(line["data"] == lines[0]["data"] for line in lines)


def test_duplicates_are_of_the_same_string_only(server, population):
    url = url_of(population[1][6])
    asked = [url, url.upper(), url, url + "/", url.upper(), " " + url, url + "/", url]
    _, lines, unresolved = server.run_job(asked)
    assert [line["original_identifier"] for line in lines] == [url, url.upper(), url + "/", " " + url]
    assert unresolved == [{"original_identifier": text, "reason": "duplicate"} for text in (url, url.upper(), url + "/", url)]


ODD = ["", " ", "\u0000", "a\u0000b", "\"", "\\", "/", "\\u0041", "\b\f\n\r\t", "\u001f\u007f\u0080", "\u2028\u2029", "\ufeff",
       "\uffff", "\U0010ffff", "\U0001f600",
       "e\u0301", "\u00e9", "\u202e", "<script>", "${x}", "%s%n", "'; DROP TABLE x; --", "x" * 200_000, "\u00e9" * 50_000, "null",
       "true", "0", "[]", "{}", "-1e5"]


def test_odd_strings_come_back_character_by_character_in_one_batch(server):
    for key in (URLS, EMAILS):
        reply = accepted(server, {key: ODD})
        status = server.wait(reply["batch_id"])
        raw = inflate(server.fetch(status["unresolved_url"]).body)
        lines = [json.loads(line) for line in raw.decode("utf-8").removesuffix("\n").split("\n")]
        assert server.lines(status["download_url"]) == []
        assert [line["original_identifier"] for line in lines] == ODD
        assert {line["reason"] for line in lines} <= {"not_found", "invalid_identifier"}


def test_the_same_string_in_another_spelling_of_json_is_the_same_string(server):
    reply = accepted(server,
                     r'{"business_emails":["caf\u00e9@acme.example","café@acme.example","a\/b","a/b","\ud83d\ude00","😀"]}')
    status = server.wait(reply["batch_id"])
    assert status["request_counts"]["duplicate"] == 3


def test_an_empty_store_answers_with_files(empty):
    with Server(empty) as server:
        for urls, emails in (([PROFILE + "nobody", "x y"], None), (None, ["nobody@acme.example", "x y"])):
            status, lines, unresolved = server.run_job(urls, emails)
            assert lines == [] and [line["reason"] for line in unresolved] == ["not_found", "invalid_identifier"]
            assert status["result_count"] == 0 and counts_of(status) == {"not_found": 1, "invalid": 1}
            assert len(status["download_urls"]) == 1 and server.lines(status["download_urls"][0]) == []


def test_limits_are_configurable(empty):
    with Server(empty, env={"ENRICHD_BATCH_IDENTIFIERS_MAX": "3", "ENRICHD_BATCH_CHUNK_SIZE_MAX": "200",
                            "ENRICHD_BATCH_CHUNK_SIZE_MIN": "5"}) as server:
        assert accepted(server, {EMAILS: ["a", "b", "c"], "chunk_size": 5})["identifier_count"] == 3
        refused(server, {EMAILS: ["a", "b", "c", "d"]}, EMAILS, "3")
        refused(server, {EMAILS: "a,b,c,d"}, EMAILS, "3")
        refused(server, {**ONE, "chunk_size": 201}, "chunk_size", "5", "200")


@pytest.mark.parametrize("mib", [9, 31])
def test_a_client_that_sends_too_much_without_looking_still_gets_its_413(server, mib):
    answer = server.post("/batch/person/enrich", b"x" * (mib << 20))
    assert answer.status == 413 and answer.error()["type"] == "payload_too_large"
