"""Section 1 of the contract, route by route: keys, versions, content types, request ids, rates, errors, lengths."""
import json
import re
import signal

import pytest
from harness import VERSION, Server, run, wait_until
from wire import Wire, chunks, head, post_head

JSON = {"Content-Type": "application/json", **VERSION}
NOBODY = {"business_emails": ["nobody@acme.example"]}
BATCH = "00000000-0000-7000-8000-000000000000"
BODY_MAX = 4096
REQUESTS_MAX = 40
TYPES = {400: "invalid_request", 401: "authentication_error", 403: "permission_error", 404: "not_found",
         405: "method_not_allowed", 410: "gone", 413: "payload_too_large", 415: "unsupported_media_type",
         429: "rate_limit_exceeded", 503: "unavailable"}


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """A server without records, with the contract's own limits."""
    with Server(tmp_path_factory.mktemp("bare") / "data", env={"ENRICHD_BATCH_ACTIVE_MAX": "1000"}) as server:
        yield server


@pytest.fixture(scope="module")
def narrow(tmp_path_factory):
    """A server that takes bodies of 4 KiB and few requests a minute."""
    limits = {"ENRICHD_SERVER_BODY_MAX": f"{BODY_MAX}B", "ENRICHD_LIMITS_REQUESTS_PER_MINUTE": str(REQUESTS_MAX),
              "ENRICHD_BATCH_ACTIVE_MAX": "1000"}
    with Server(tmp_path_factory.mktemp("narrow") / "data", env=limits) as server:
        yield server


@pytest.fixture(autouse=True)
def _stays_alive(request):
    """Whatever a test did, its server goes on answering other connections."""
    yield
    for name in ("bare", "narrow"):
        if name in request.fixturenames:
            server = request.getfixturevalue(name)
            assert server.process.poll() is None, server.log_text()[-4000:]
            assert server.get("/healthz", key=None).status == 200


def submit(server, body=None, headers=None, **options):
    """A submission whatever comes of it. headers: a value of None leaves the header out."""
    headers = {name: value for name, value in {**JSON, **(headers or {})}.items() if value is not None}
    return server.request("POST", "/batch/person/enrich", NOBODY if body is None else body, headers, **options)


# ---- one of each answer ---------------------------------------------------------------------------------------------


class World:
    """What the makers of answers work with: a server, a key, a finished batch."""

    def __init__(self, server):
        self.server = server
        self.key = server.make_key()
        self.batch = server.wait(server.submit(**{"emails": NOBODY["business_emails"]})["batch_id"])
        self.exhausted = server.make_key(name="exhausted")
        for _ in range(REQUESTS_MAX + 5):
            server.get("/nothing", key=self.exhausted)

    def get(self, path, headers=None, **options):
        return self.server.request("GET", path, headers=headers, **{"key": self.key, **options})

    def post(self, headers=None, body=None, **options):
        return submit(self.server, body, headers, **{"key": self.key, **options})

    def file(self, headers=None, change=lambda url: url):
        return self.server.fetch(change(self.batch["download_url"]), headers=headers)


@pytest.fixture(scope="module")
def world(narrow):
    return World(narrow)


def etag_of_batch(world):
    return world.get(f"/batch/{world.batch['batch_id']}").headers["etag"]


# Each maker: (status, whether the caller was authenticated, function of the world and further headers).
ANSWERS = {
    "alive": (200, False, lambda w, h: w.get("/healthz", h, key=None)),
    "ready": (200, False, lambda w, h: w.get("/readyz", h, key=None)),
    "accepted": (200, True, lambda w, h: w.post(h)),
    "status": (200, True, lambda w, h: w.get(f"/batch/{w.batch['batch_id']}", h)),
    "status, unchanged": (304, True, lambda w, h: w.get(f"/batch/{w.batch['batch_id']}",
                                                        {"If-None-Match": etag_of_batch(w), **h})),
    "file": (200, False, lambda w, h: w.file(h)),
    "part of a file": (206, False, lambda w, h: w.file({"Range": "bytes=0-3", **h})),
    "file, unchanged": (304, False, lambda w, h: w.file({"If-None-Match": w.file().headers["etag"], **h})),
    "range outside a file": (416, False, lambda w, h: w.file({"Range": "bytes=999999-", **h})),
    "file, not signed": (403, False, lambda w, h: w.file(h, lambda url: url.split("?")[0])),
    "no key": (401, False, lambda w, h: w.get("/batch/x", h, key=None)),
    "no version": (400, True, lambda w, h: w.post({"x-api-version": None, **h})),
    "no JSON": (400, True, lambda w, h: w.post(h, b"{")),
    "unknown key": (400, True, lambda w, h: w.post(h, {"nonsense": 1})),
    "unknown field": (400, True, lambda w, h: w.post(h, {**NOBODY, "fields": "nonsense"})),
    "no such route": (404, True, lambda w, h: w.get("/nothing", h)),
    "no such batch": (404, True, lambda w, h: w.get(f"/batch/{BATCH}", h)),
    "wrong method": (405, True, lambda w, h: w.get("/batch/person/enrich", h)),
    "body too long": (413, True, lambda w, h: w.post(h, b" " * (BODY_MAX + 1))),
    "wrong content type": (415, True, lambda w, h: w.post({"Content-Type": "text/plain", **h})),
    "too many requests": (429, True, lambda w, h: w.get("/nothing", h, key=w.exhausted)),
}
REFUSALS = {name: row for name, row in ANSWERS.items() if row[0] >= 400}
AUTHENTICATED = {name: row for name, row in ANSWERS.items() if row[1]}


def make(world, name, **headers):
    status, _, maker = ANSWERS[name]
    answer = maker(world, headers)
    if answer.status == 429 and status != 429:  # the world's key is used up; the next one is not
        world.key = world.server.make_key()
        answer = maker(world, headers)
    assert answer.status == status, (name, answer.status, answer.body)
    return answer


@pytest.mark.parametrize("name", ANSWERS)
def test_every_answer_carries_a_request_id_of_its_own(world, name):
    ids = {make(world, name).headers["x-request-id"] for _ in range(2)}
    assert len(ids) == 2 and all(re.fullmatch(r"[0-9A-Za-z._-]{8,64}", text) for text in ids)


@pytest.mark.parametrize("name", ANSWERS)
def test_the_callers_own_request_id_is_kept_in_every_answer(world, name):
    assert make(world, name, **{"X-Request-Id": "Callers-own_id.17"}).headers["x-request-id"] == "Callers-own_id.17"


@pytest.mark.parametrize("name", REFUSALS)
def test_every_refusal_has_the_one_shape(world, name):
    answer = make(world, name)
    error = answer.error()
    assert list(error) == ["type", "message", "metadata"]
    assert error["type"] == TYPES.get(answer.status, error["type"])
    assert isinstance(error["message"], str) and error["message"]
    assert all(isinstance(item, dict) for item in error["metadata"])
    assert ("message" in answer.json()) == (answer.status == 401)
    assert not re.search("credit|quota", error["message"], re.I)


@pytest.mark.parametrize("name", AUTHENTICATED)
def test_every_authenticated_answer_carries_the_rate_headers(world, name):
    headers = make(world, name).headers
    assert headers["x-ratelimit-limit"] == str(REQUESTS_MAX)
    assert 0 <= int(headers["x-ratelimit-remaining"]) < REQUESTS_MAX
    assert 1 <= int(headers["x-ratelimit-reset"]) <= 120


@pytest.mark.parametrize("text", ["x" * 300, "two words", "<b>", "a;b", "a\"b", "a/../b", "caf\u00e9", "{}", "%00", "a,b"])
def test_a_request_id_that_is_not_sane_is_replaced(bare, text):
    answer = bare.get("/healthz", headers={"X-Request-Id": text.encode()}, key=None)
    assert answer.status == 200
    assert re.fullmatch(r"[0-9A-Za-z._-]{8,64}", answer.headers["x-request-id"])
    assert answer.headers["x-request-id"] != text


@pytest.mark.parametrize("text", ["1", "a-b_c.9", "01a209e1-ff00-7000-81de-2fe0cc830c35", "x" * 64])
def test_a_sane_request_id_is_kept(bare, text):
    assert bare.get("/healthz", headers={"X-Request-Id": text}, key=None).headers["x-request-id"] == text


# ---- keys -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["Bearer", "Token", "bearer", "TOKEN", "token", "BEARER"])
def test_both_schemes_are_accepted_in_any_case(bare, scheme):
    key = bare.key or bare.make_key()
    assert bare.get(f"/batch/{BATCH}", headers={"Authorization": f"{scheme} {key}"}).status == 404


def test_every_cause_of_a_401_gives_the_same_answer(bare):
    key = bare.make_key()
    revoked = bare.make_key(name="revoked")
    listed = json.loads(run("key", "list", "--json", "--data", bare.data).stdout)
    run("key", "revoke", next(row["id"] for row in listed if row["name"] == "revoked"), "--data", bare.data)
    changed = key[:-1] + ("A" if key[-1] != "A" else "B")
    values = [None, "", "Bearer", "Bearer ", "Bearer x", f"Bearer {changed}", f"Bearer {key[:-1]}", f"Bearer {key}x",
              f"Bearer {key} x", f"Bearer {key},{key}", f"Bearer {key.swapcase()}", f"Bearer {revoked}", f"Token {revoked}",
              f"Basic {key}", f"Bearer{key}", key, f"ApiKey {key}", f"Bearer Bearer {key}", "Bearer " + "x" * 5000,
              "Bearer \u00e9\u00e9".encode(), f"Bearer \"{key}\"", "Bearer " + "A" * len(key)]
    seen = set()
    for value in values:
        headers = {} if value is None else {"Authorization": value}
        answer = bare.request("GET", f"/batch/{BATCH}", headers=headers, key=None)
        assert answer.status == 401, value
        constant = {name: text for name, text in answer.headers.items() if name not in ("date", "x-request-id")}
        seen.add((answer.body.strip(), json.dumps(constant)))
    assert len(seen) == 1
    assert json.loads(seen.pop()[0]) == {
        "error": {"type": "authentication_error", "message": "Invalid API key in request", "metadata": []},
        "message": "Invalid API key in request"}
    assert bare.get(f"/batch/{BATCH}", key=key).status == 404


@pytest.mark.parametrize("name,method,path,headers,body", [
    ("an unknown route", "GET", "/nothing", {}, None),
    ("an unknown route to post to", "POST", "/nothing", {}, b"{"),
    ("an unknown batch", "GET", f"/batch/{BATCH}", {}, None),
    ("a batch id that is none", "GET", "/batch/x", {}, None),
    ("a wrong method", "PUT", "/batch/person/enrich", {}, b"{}"),
    ("a missing version", "POST", "/batch/person/enrich", {"Content-Type": "application/json"}, b"{}"),
    ("a wrong version", "POST", "/batch/person/enrich", {"x-api-version": "1"}, b"{}"),
    ("a wrong content type", "POST", "/batch/person/enrich", {**VERSION, "Content-Type": "text/plain"}, b"{}"),
    ("a broken body", "POST", "/batch/person/enrich", JSON, b"{"),
    ("an empty body", "POST", "/batch/person/enrich", JSON, b""),
    ("a long body", "POST", "/batch/person/enrich", JSON, b" " * (8 << 20)),
], ids=lambda value: value if isinstance(value, str) and " " in value else "")
def test_the_key_is_checked_before(bare, name, method, path, headers, body):
    assert bare.request(method, path, body, headers, key=None).status == 401
    assert bare.request(method, path, body, headers, key="wrong").status == 401
    assert bare.request(method, path, body, headers).status != 401, name


def test_the_key_is_checked_before_the_length_of_the_body(narrow):
    assert submit(narrow, b" " * (BODY_MAX + 1), key=None).status == 401
    with Wire(narrow) as wire:
        wire.send(post_head("wrong", f"Content-Length: {10 << 30}") + b"\r\n")
        assert wire.read().status == 401


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
@pytest.mark.parametrize("authorization", [None, "Bearer wrong", "nonsense"])
def test_health_needs_no_key(bare, path, authorization):
    headers = {"Authorization": authorization} if authorization else {}
    assert bare.request("GET", path, headers=headers, key=None).status == 200


# ---- version and content type ---------------------------------------------------------------------------------------


def test_a_post_without_the_version_is_told_so(bare):
    answer = submit(bare, headers={"x-api-version": None})
    assert answer.status == 400
    assert answer.error() == {"type": "invalid_request", "message": "Missing required header: x-api-version", "metadata": []}


@pytest.mark.parametrize("version", ["2025-11-02", "2024-01-01", "2025-11-1", "v2025-11-01", "2025-11-01.1", "latest", "1",
                                     "2025",
                                     "2025-11-01, 2025-11-01", "2025-11-01T00:00:00Z", "x" * 3000])
def test_another_version_is_answered_with_the_supported_one(bare, version):
    answer = submit(bare, headers={"x-api-version": version})
    assert answer.status == 400
    error = answer.error()
    assert error["type"] == "invalid_request" and error["message"].endswith("Supported: 2025-11-01")


def test_an_empty_version_is_refused(bare):
    assert submit(bare, headers={"x-api-version": ""}).status == 400


@pytest.mark.parametrize("version", [None, "2025-11-01", "1999-01-01", ""])
def test_get_needs_no_version(bare, version):
    headers = {} if version is None else {"x-api-version": version}
    assert bare.get(f"/batch/{BATCH}", headers=headers).status == 404
    assert bare.get("/healthz", headers=headers, key=None).status == 200


@pytest.mark.parametrize("content_type", [None, "application/json", "application/json; charset=utf-8",
                                          "application/json;charset=UTF-8",
                                          "Application/JSON", "application/json ; charset=\"utf-8\""])
def test_content_types_that_are_accepted(bare, content_type):
    assert submit(bare, headers={"Content-Type": content_type}).status == 200


@pytest.mark.parametrize("content_type", ["text/plain", "text/json", "application/x-www-form-urlencoded", "application/jsonl",
                                          "json",
                                          "application/json-patch+json", "multipart/form-data; boundary=x", "application/xml",
                                          "application/octet-stream", "text/plain; application/json", "application"])
def test_content_types_that_are_refused(bare, content_type):
    answer = submit(bare, headers={"Content-Type": content_type})
    assert answer.status == 415
    assert answer.error()["type"] == "unsupported_media_type" and "application/json" in answer.error()["message"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", json.dumps({"nonsense": 1}).encode()])
def test_version_and_content_type_are_checked_before_the_body(bare, body):
    assert submit(bare, body, {"x-api-version": None}).error()["message"] == "Missing required header: x-api-version"
    assert submit(bare, body, {"Content-Type": "text/plain"}).status == 415
    assert submit(bare, body).status == 400


# ---- routes and methods ---------------------------------------------------------------------------------------------

ROUTES = {"/batch/person/enrich": {"POST"}, f"/batch/{BATCH}": {"GET", "HEAD"}, "/batch/x": {"GET", "HEAD"},
          f"/files/{BATCH}/output/results.jsonl.gz": {"GET", "HEAD"}, "/healthz": {"GET", "HEAD"}, "/readyz": {"GET", "HEAD"}}


@pytest.mark.parametrize("path", ROUTES)
def test_allow_lists_exactly_the_methods_that_a_route_takes(bare, path):
    answers = {method: bare.request(method, path, headers=VERSION)
               for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW", "get")}
    refused = {method: answer for method, answer in answers.items() if answer.status == 405}
    taken = set(answers) - set(refused)
    assert ROUTES[path] <= taken and {"PUT", "PATCH", "BREW", "get"} <= set(refused)
    for method, answer in refused.items():
        assert {word.strip() for word in answer.headers["allow"].split(",")} == taken, method
        if method != "HEAD":
            assert answer.error()["type"] == "method_not_allowed"
            assert all(word in answer.error()["message"] for word in taken)


@pytest.mark.parametrize("path", ["/", "/nothing", "/batch/", "/batch/person/enrich/x", "//healthz", "/healthz/x", "/HEALTHZ",
                                  "/batch//x", f"/Batch/{BATCH}", f"/batch/{BATCH}/x", "/healthz;x=1",
                                  "/./healthz", "/x/../healthz", "/batch/person/enrich;x", "/%68ealthz%20", "/favicon.ico",
                                  "/.env"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_paths_that_lead_nowhere(bare, method, path):
    answer = bare.request(method, path)
    assert answer.status == 404
    assert answer.error()["type"] == "not_found"


@pytest.mark.parametrize("path", ["/healthz", "/batch/person/enrich", f"/batch/{BATCH}"])
def test_a_slash_behind_a_route_leads_there_or_nowhere(bare, path):
    for method in ("GET", "POST", "DELETE"):
        assert bare.request(method, path + "/").status in (404, bare.request(method, path).status)


@pytest.mark.parametrize("text", ["x", "0", BATCH[:-1], BATCH + "0", BATCH.replace("-", ""), "{" + BATCH + "}",
                                  BATCH.replace("0", "g"), "-" * 36,
                                  BATCH + "%20", "%2e%2e", "..", "urn:uuid:" + BATCH])
def test_what_is_no_batch_id_is_answered_like_an_unknown_batch(bare, text):
    unknown, malformed = bare.get(f"/batch/{BATCH}"), bare.get(f"/batch/{text}")
    assert unknown.status == malformed.status == 404
    assert unknown.body == malformed.body


@pytest.mark.parametrize("path", ["/healthz?", "/healthz?x=1", "/healthz?x=%00&y=%2f", "/healthz?" + "x" * 3000])
def test_a_query_does_not_change_the_route(bare, path):
    assert bare.get(path, key=None).status == 200


def test_head_is_answered_like_get_without_the_body(world):
    urls = [world.batch["download_url"], *world.batch["download_urls"], world.batch["unresolved_url"]]
    files = [url.split(world.server.address)[1] for url in urls]
    changes = ("date", "x-request-id", "x-ratelimit-remaining", "x-ratelimit-reset")
    key = world.server.make_key()
    for path in ("/healthz", "/readyz", "/nothing", "/batch/x", f"/batch/{world.batch['batch_id']}", "/batch",
                 "/openapi.json", "/files/x", files[0].split("?")[0], *files):
        with Wire(world.server) as wire:
            lines = ["Authorization: Bearer " + key, "Connection: keep-alive"]
            wire.send(head("GET", path, *lines, host=world.server.address) + b"\r\n")
            get = wire.read()
        with Wire(world.server) as wire:
            wire.send(head("HEAD", path, *lines, "Connection: close", host=world.server.address) + b"\r\n")
            answer = wire.read(is_head=True)
            wire.assert_closed()
        assert answer.status == get.status, path
        if path.startswith("/batch/0"):  # links are minted anew, so that the bodies' lengths may differ
            continue
        for headers in (get.headers, answer.headers):
            for name in (*changes, "connection"):
                headers.pop(name, None)
        assert answer.headers == get.headers, path


# ---- rates ----------------------------------------------------------------------------------------------------------


def test_the_default_rate_is_60000_requests_a_minute_counted_down_by_each(bare):
    for _ in range(3):  # a minute may pass in between once, which gives requests back
        key = bare.make_key()
        answers = [bare.get("/nothing", key=key) for _ in range(4)]
        assert {answer.headers["x-ratelimit-limit"] for answer in answers} == {"60000"}
        remaining = [int(answer.headers["x-ratelimit-remaining"]) for answer in answers]
        if remaining == [59999, 59998, 59997, 59996]:
            return
    raise AssertionError(remaining)


def exhaust(server, key):
    """The first refused answer, and how many requests were allowed before it."""
    allowed = 0
    while (answer := server.get("/nothing", key=key)).status == 404:
        allowed += 1
        assert allowed <= REQUESTS_MAX + 5, "never refused"
    return answer, allowed


def test_over_the_rate_of_a_key_it_is_refused_with_retry_after(narrow):
    answer, allowed = exhaust(narrow, narrow.make_key())
    assert allowed >= REQUESTS_MAX and answer.status == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 65
    assert answer.headers["x-ratelimit-remaining"] == "0"
    assert answer.error()["type"] == "rate_limit_exceeded" and answer.error()["metadata"] == []


def test_over_the_rate_every_route_refuses_the_key_and_no_other(narrow):
    for _ in range(3):  # a minute may end in between once, which lets a request through
        key, other = narrow.make_key(), narrow.make_key(name="other")
        exhaust(narrow, key)
        refused = [narrow.get("/batch/x", key=key), submit(narrow, key=key), narrow.request("PUT", "/batch/person/enrich", key=key),
                   submit(narrow, b"{", {"x-api-version": None}, key=key)]
        assert narrow.get("/batch/x", key=other).status == 404
        assert narrow.get("/healthz", key=key).status == 200
        statuses = [answer.status for answer in refused]
        if statuses == [429] * 4:
            return
    raise AssertionError(statuses)


def test_refused_keys_do_not_count(narrow):
    for _ in range(REQUESTS_MAX + 5):
        assert narrow.get("/nothing", key="wrong").status == 401


def test_while_shutting_down_nothing_is_accepted_and_retry_after_says_when(tmp_path):
    with Server(tmp_path / "data", "--server.drain_delay", "1500ms") as server:
        assert submit(server).status == 200
        assert server.get("/readyz", key=None).status == 200
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: server.get("/readyz", key=None).status == 503, "the server to begin to stop")
        for answer in (server.get("/readyz", key=None), submit(server)):
            assert answer.status == 503 and answer.error()["type"] == "unavailable"
            assert int(answer.headers["retry-after"]) >= 1
        assert server.get("/healthz", key=None).status == 200
        assert server.get(f"/batch/{BATCH}").status == 404
        assert server.process.wait(timeout=30) == 0


# ---- words ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["credit", "quota", "CREDIT", "Quota", "x-credits-used", "over_quota_limit", "creditcreditquota",
                                  "credi\u0074s"])
@pytest.mark.parametrize("place", ["key", "duplicate key", "field", "webhook_url", "identifier key's type", "number", "path",
                                   "method", "version",
                                   "content type", "batch id", "file"])
def test_messages_never_contain_the_words_of_the_402(bare, place, word):
    answer = {
        "key": lambda: submit(bare, {**NOBODY, word: 1}),
        "duplicate key": lambda: submit(bare, f'{{"{word}":1,"{word}":2}}'),
        "field": lambda: submit(bare, {**NOBODY, "fields": ["skills", word, f"{word}.x"]}),
        "webhook_url": lambda: submit(bare, {**NOBODY, "webhook_url": word}),
        "identifier key's type": lambda: submit(bare, {"business_emails": {word: word}}),
        "number": lambda: submit(bare, {**NOBODY, "chunk_size": word}),
        "path": lambda: bare.get(f"/{word}"),
        "method": lambda: bare.request(re.sub("[^A-Za-z]", "", word), "/healthz"),
        "version": lambda: submit(bare, headers={"x-api-version": word}),
        "content type": lambda: submit(bare, headers={"Content-Type": f"text/{word}"}),
        "batch id": lambda: bare.get(f"/batch/{word}"),
        "file": lambda: bare.get(f"/files/{BATCH}/output/{word}.gz?sig={word}"),
    }[place]()
    assert 400 <= answer.status < 500
    assert not re.search("credit|quota", answer.error()["message"], re.I)
    if place == "field":
        assert answer.error()["metadata"][0]["invalid_fields"] == [word, f"{word}.x"]


# ---- bodies that are too long ---------------------------------------------------------------------------------------

LEAST = b'{"business_emails":["nobody@acme.example"]}'


def test_a_body_of_the_limit_is_accepted_and_one_byte_more_is_not(narrow):
    narrow_key = narrow.make_key()
    assert submit(narrow, LEAST.ljust(BODY_MAX), key=narrow_key).status == 200
    answer = submit(narrow, LEAST.ljust(BODY_MAX + 1), key=narrow_key)
    assert answer.status == 413
    assert answer.error()["type"] == "payload_too_large" and str(BODY_MAX) in answer.error()["message"]


@pytest.mark.parametrize("size", [1, 7, 1000, BODY_MAX])
def test_the_limit_holds_for_chunked_bodies(narrow, size):
    key = narrow.make_key()
    for length, status in ((BODY_MAX, 200), (BODY_MAX + 1, 413), (BODY_MAX + 2000, 413)):
        body = LEAST.ljust(length)
        with Wire(narrow) as wire:
            wire.send(post_head(key, "Transfer-Encoding: chunked") + b"\r\n")
            wire.send(chunks(*(body[at:at + size] for at in range(0, len(body), size))))
            assert wire.read().status == status, length


def test_a_chunked_body_without_end_is_cut_off(narrow):
    key = narrow.make_key()
    with Wire(narrow) as wire:
        wire.send(post_head(key, "Transfer-Encoding: chunked") + b"\r\n")
        piece = b"1000\r\n" + b" " * 4096 + b"\r\n"
        sent = 0
        while sent < 8 << 20 and wire.send(piece):
            sent += len(piece)
        assert sent < 8 << 20, "the server goes on reading"
        answer = wire.rest()
    assert answer == b"" or answer.startswith(b"HTTP/1.1 413 ")


def test_the_default_limit_is_8_mib(bare):
    key = bare.key or bare.make_key()
    assert submit(bare, LEAST.ljust(8 << 20), key=key).status == 200
    with Wire(bare) as wire:
        wire.send(post_head(key, f"Content-Length: {(8 << 20) + 1}") + b"\r\n" + LEAST.ljust((8 << 20) + 1))
        assert wire.read().status == 413
