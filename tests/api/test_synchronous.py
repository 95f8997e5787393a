"""POST /person/enrich and /company/enrich: up to 25 identifiers, answered at once."""
import json
import re

import pytest
import companies as company_tools
from harness import PROFILE, Server, identifiers, inflate, run
from test_main_job import LINE, url_of

BATCH = {"/person/enrich": "/batch/person/enrich", "/company/enrich": "/batch/company/enrich"}
KIND = {"professional_network_profile_urls": "professional_network_profile_url", "business_emails": "business_email",
        "domains": "domain",
        "names": "name", "crustdata_company_ids": "crustdata_company_id"}
KEYS = {"/person/enrich": ("professional_network_profile_urls", "business_emails"),
        "/company/enrich": ("domains", "names", "professional_network_profile_urls", "crustdata_company_ids")}


@pytest.fixture(scope="module", name="both")
def _both(tmp_path_factory, population, companies):
    """A server over the persons and the companies."""
    data = company_tools.load(tmp_path_factory.mktemp("both"), companies[0])
    run("import", "person", population[0], "--data", data)
    with Server(data) as server:
        yield server


def ask(server, route, **body):
    """The rows, after checking what is the same in all of them."""
    answer = company_tools.post(server, body, route=route)
    assert answer.status == 200, answer.body
    rows = answer.json()
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.headers["x-credits-used"] == str(sum(len(row["matches"]) for row in rows))
    data = f"{route.split('/')[1]}_data"
    for row in rows:
        assert list(row) == ["matched_on", "match_type", "matches"]
        assert row["match_type"] == KIND[next(key for key in body if key in KIND)]
        for match in row["matches"]:
            assert list(match) == ["confidence_score", data]
            assert match["confidence_score"] == 1
    return rows


def ids(rows):
    """Of each row the matches' ids."""
    return [[match[f"{entity}_data"][f"crustdata_{entity}_id"] for match in row["matches"] for entity in ("person", "company")
             if f"{entity}_data" in match] for row in rows]


def emails_of(population):
    """Email to the person's id."""
    return {email["email"]: person["crustdata_person_id"] for person in population[1]
            for email in (person.get("contact") or {}).get("business_emails") or []}


# ---- persons --------------------------------------------------------------------------------------------------------


def test_profile_urls_in_their_order(both, population):
    people = population[1][:10]
    urls = [url_of(person) for person in people]
    asked = [urls[3], PROFILE + "nobody-here", urls[0], "https://example.com/in/x", *urls[4:]]
    rows = ask(both, "/person/enrich", professional_network_profile_urls=asked)
    assert [row["matched_on"] for row in rows] == asked
    wanted = [people[at]["crustdata_person_id"] for at in (3, 0, *range(4, 10))]
    assert ids(rows) == [[wanted[0]], [], [wanted[1]], [], *[[number] for number in wanted[2:]]]


def test_emails(both, population):
    wanted = dict(list(emails_of(population).items())[:20])
    rows = ask(both, "/person/enrich", business_emails=[*wanted, "nobody@nowhere.example"])
    assert [row["matched_on"] for row in rows] == [*wanted, "nobody@nowhere.example"]
    assert ids(rows) == [*[[number] for number in wanted.values()], []]


def test_every_spelling_is_echoed_as_it_was_sent(both):
    asked = identifiers("--seed", 7, "--count", 3000, "--take", 25, "--hits", 100, "--spellings", 100)
    rows = ask(both, "/person/enrich", professional_network_profile_urls=asked)
    assert [row["matched_on"] for row in rows] == asked and [] not in ids(rows)


def test_an_identifier_that_stands_there_twice_has_two_rows(both, population):
    url = url_of(population[1][0])
    rows = ask(both, "/person/enrich", professional_network_profile_urls=[url, PROFILE + "nobody-here", url, url + "/",
                                                                          PROFILE + "nobody-here"])
    number = population[1][0]["crustdata_person_id"]
    assert ids(rows) == [[number], [], [number], [number], []]
    assert rows[0] == rows[2]


def test_one_string_with_commas(both, population):
    urls = [url_of(person) for person in population[1][:3]]
    rows = ask(both, "/person/enrich", professional_network_profile_urls=f" {urls[0]} ,{urls[1]},, {urls[2]},")
    assert [row["matched_on"] for row in rows] == urls and [] not in ids(rows)


@pytest.mark.parametrize("text", ["", " ", "\u0000", "x y", "https://example.com/in/x", "https://www.linkedin.com/company/x",
                                  "\"\\/😀\u2028", "x" * 5000])
def test_what_is_no_identifier_has_no_matches(both, text):
    for key in ("professional_network_profile_urls", "business_emails"):
        rows = ask(both, "/person/enrich", **{key: [text]})
        assert rows == [{"matched_on": text, "match_type": KIND[key], "matches": []}]


def test_without_any_match_nothing_is_counted(both):
    answer = company_tools.post(both, {"business_emails": ["nobody@nowhere.example"]}, route="/person/enrich")
    assert answer.headers["x-credits-used"] == "0"
    assert answer.json() == [{"matched_on": "nobody@nowhere.example", "match_type": "business_email", "matches": []}]


def test_the_default_answer_is_the_default_set(both, population):
    rows = ask(both, "/person/enrich", professional_network_profile_urls=[url_of(person) for person in population[1][:25]])
    for row in rows:
        assert set(row["matches"][0]["person_data"]) <= {"crustdata_person_id", "basic_profile", "social_handles"}


# ---- companies ------------------------------------------------------------------------------------------------------


def test_companies_by_each_kind(both):
    for key, asked, wanted in (
            ("domains", ["acme-inc.example", "https://shop.acme-inc.example/x", "nobody.example", "co.uk"],
             [[102], [102], [], []]),
            ("names", ["Acme, Inc.", "ISLAND TRADE", "Nobody Ltd", ""], [[102], [103], [], []]),
            ("professional_network_profile_urls", ["https://www.linkedin.com/company/strasse-gmbh",
                                                   "https://www.linkedin.com/in/x"], [[101], []]),
            ("crustdata_company_ids", ["103", "999", "x"], [[103], [], []])):
        rows = ask(both, "/company/enrich", **{key: asked})
        assert ids(rows) == wanted and [row["matched_on"] for row in rows] == asked


def test_company_ids_are_echoed_as_strings(both):
    rows = ask(both, "/company/enrich", crustdata_company_ids=[101, "102", 999])
    assert [row["matched_on"] for row in rows] == ["101", "102", "999"] and ids(rows) == [[101], [102], []]


# ---- the same bytes as a batch --------------------------------------------------------------------------------------


def data_texts(text, name):
    """The exact texts of `name` (person_data, company_data) in an answer, and those of the echoes."""
    found, echoes = [], []
    decoder = json.JSONDecoder()
    for start in re.finditer(r'\{"matched_on":', text):
        _, end = decoder.raw_decode(text, start.end())
        echoes.append(text[start.end():end])
    for start in re.finditer(rf'\{{"confidence_score":1\.0,"{name}":', text):
        _, end = decoder.raw_decode(text, start.end())
        found.append(text[start.end():end])
    return found, echoes


FIELDS = {
    "/person/enrich": [None, ["skills"], "experience, education",
                       ["experience.employment_details.current.title", "basic_profile.location"],
                       ["basic_profile", "professional_network", "contact", "certifications", "honors"]],
    "/company/enrich": [None, ["headcount"], "news.article_url,headcount.total",
                        ["revenue", "funding", "hiring", "web_traffic", "employee_reviews"]],
}


@pytest.mark.parametrize("route", BATCH)
def test_the_data_is_byte_for_byte_what_a_batch_gives(both, population, companies, route):
    key = "professional_network_profile_urls"
    if route == "/person/enrich":
        asked = [url_of(person) for person in population[1][100:124]]
    else:
        asked = [record["basic_info"]["professional_network_url"] for record in companies[1][100:124]]
    for fields in FIELDS[route]:
        body = {key: asked} if fields is None else {key: asked, "fields": fields}
        text = company_tools.post(both, body, route=route).body.decode()
        status = both.wait(company_tools.post(both, body, route=BATCH[route]).json()["batch_id"])
        lines = [LINE.match(line) for line in inflate(both.fetch(status["download_url"]).body).decode().splitlines()]
        texts, echoes = data_texts(text, f"{route.split('/')[1]}_data")
        assert len(texts) == len(lines) == len(asked)
        assert texts == [line[3] for line in lines] and echoes == [line[1] for line in lines]


# ---- refusals -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("route,key", [(route, key) for route, keys in KEYS.items() for key in keys])
def test_twenty_five_and_no_more(both, route, key):
    items = [str(n) for n in range(1, 27)]
    assert len(ask(both, route, **{key: items[:25]})) == 25
    for body in ({key: items}, {key: ",".join(items)}, {key: items[:1] * 26}):
        answer = company_tools.post(both, body, route=route)
        assert answer.status == 400
        assert key in answer.error()["message"] and "25" in answer.error()["message"]
        assert "x-credits-used" not in answer.headers


@pytest.mark.parametrize("route,body", [
    ("/person/enrich", {}), ("/person/enrich", {"fields": ["skills"]}), ("/person/enrich", {"business_emails": []}),
    ("/person/enrich", {"business_emails": " , "}),
    ("/person/enrich", {"business_emails": ["a@b.example"], "professional_network_profile_urls": ["x"]}),
    ("/person/enrich", {"domains": ["x.example"]}),
    ("/person/enrich", {"business_emails": [1]}), ("/person/enrich", {"business_emails": None}),
    ("/person/enrich", {"emails": ["a@b.example"]}),
    ("/company/enrich", {}), ("/company/enrich", {"domains": ["x.example"], "names": ["x"]}),
    ("/company/enrich", {"business_emails": ["a@b.example"]}),
    ("/company/enrich", {"crustdata_company_ids": [1.5]}), ("/company/enrich", {"crustdata_company_ids": 1}),
    ("/company/enrich", {"domains": []}),
], ids=lambda value: json.dumps(value) if isinstance(value, dict) else value)
def test_exactly_one_kind_of_identifiers(both, route, body):
    answer = company_tools.post(both, body, route=route)
    assert answer.status == 400 and answer.error()["type"] == "invalid_request"


@pytest.mark.parametrize("key,value", [("webhook_url", "https://hooks.example.com/x"), ("chunk_size", 10), ("limit", 1), ("", 1)])
@pytest.mark.parametrize("route", BATCH)
def test_keys_of_other_routes_are_refused(both, route, key, value):
    body = {"crustdata_company_ids": [1]} if route == "/company/enrich" else {"business_emails": ["a@b.example"]}
    answer = company_tools.post(both, {**body, key: value}, route=route)
    assert answer.status == 400 and "min_similarity_score" in answer.error()["message"]


@pytest.mark.parametrize("route,field", [("/person/enrich", "headcount"), ("/person/enrich", "skill"),
                                         ("/company/enrich", "skills"), ("/company/enrich", "")])
def test_unknown_fields(both, route, field):
    body = {"professional_network_profile_urls": ["x"], "fields": [field]}
    error = company_tools.post(both, body, route=route).error()
    batch = company_tools.post(both, body, route=BATCH[route]).error()
    assert error == batch and error["metadata"][0]["invalid_fields"] == [field]
    assert ("headcount" if route == "/company/enrich" else "skills") in error["metadata"][0]["available_fields"]


@pytest.mark.parametrize("text", ["0", "1", "0.5", "0.0", "1.0", "0.123456789012345678901234567890", "1.000", "1e0", "1e-05",
                                  "5E-1", "0e5", "-0"])
@pytest.mark.parametrize("route", BATCH)
def test_scores_from_0_to_1(both, population, route, text):
    body = f'{{"professional_network_profile_urls":["{url_of(population[1][0])}","x"],"min_similarity_score":{text}}}'
    answer = company_tools.post(both, body, route=route)
    assert answer.status == 200, answer.body
    assert len(answer.json()) == 2
    if route == "/person/enrich":
        assert ids(answer.json()) == [[population[1][0]["crustdata_person_id"]], []], "a match is certain"


@pytest.mark.parametrize("text", ["-0.1", "1.1", "2", "-1", "1.0001", "1e1", "100", "0.5e1", "11e-1", "1e400", '"0.5"', "true",
                                  "null", "[]", "{}", '""'])
@pytest.mark.parametrize("route", BATCH)
def test_other_scores_are_refused(both, route, text):
    answer = company_tools.post(both, f'{{"professional_network_profile_urls":["x"],"min_similarity_score":{text}}}', route=route)
    assert answer.status == 400
    assert "min_similarity_score" in answer.error()["message"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"business_emails":["a@b.example"]} x',
                                  b'{"business_emails":["a"],"business_emails":["b"]}',
                                  b'{"business_emails":["\xff"]}',
                                  b'{"business_emails":["a"],"fields":' + b"[" * 40 + b"]" * 40 + b"}"])
def test_broken_bodies(both, body):
    answer = company_tools.post(both, body, route="/person/enrich")
    assert answer.status == 400 and answer.error()["type"] == "invalid_request"


@pytest.mark.parametrize("route", BATCH)
def test_the_conventions_hold_here_too(both, route):
    body = {"professional_network_profile_urls": ["x"]}
    no_version = both.request("POST", route, body, {"Content-Type": "application/json"})
    assert no_version.status == 400 and no_version.error()["message"] == "Missing required header: x-api-version"
    assert company_tools.post(both, body, route=route, key=None).status == 401
    assert both.request("POST", route, body, {**company_tools.VERSION, "Content-Type": "text/plain"}).status == 415
    wrong = both.get(route)
    assert wrong.status == 405 and wrong.headers["allow"] == "POST"
    answer = company_tools.post(both, body, route=route)
    assert answer.headers["x-request-id"] and int(answer.headers["x-ratelimit-remaining"]) > 0


def test_nothing_of_it_is_a_batch(both):
    key = both.make_key("--account", "synchronous", name="synchronous")
    assert company_tools.post(both, {"business_emails": ["a@b.example"]}, route="/person/enrich", key=key).status == 200
    assert both.get("/batch", key=key).json()["jobs"] == []


def test_an_import_is_seen_at_once(both, tmp_path):
    record = company_tools.company(301, "Seen At Once", "seen-at-once.example")
    assert ids(ask(both, "/company/enrich", domains=["seen-at-once.example"])) == [[]]
    run("import", "company", company_tools.write_lines(tmp_path / "one.jsonl", [record]), "--data", both.data)
    assert ids(ask(both, "/company/enrich", domains=["seen-at-once.example"])) == [[301]]


def test_without_any_record_nothing_matches(empty):
    with Server(empty) as server:
        assert ids(ask(server, "/person/enrich", business_emails=["a@b.example"])) == [[]]
        assert ids(ask(server, "/company/enrich", names=["x"])) == [[]]
