"""POST /batch/company/enrich: four kinds of identifiers, and the fields of companies."""
import json

import pytest
from companies import COUNT, PAGE, company, post, raw_records, run_job
from harness import ROOT, identifiers, inflate, run, write_lines
from test_main_job import LINE, split_members

ROWS = [line.split("\t")[:3] for line in (ROOT / "src/entity/company_fields.tsv").read_text(encoding="utf-8").splitlines()[1:]]
FIELDS = [row for row in ROWS if row[1] != "(filter alias)"]
DEFAULT = {path for path, _, default in FIELDS if default == "yes" and "." not in path}
ID = 7700000


def asked(kind, take, **options):
    more = [text for name, value in options.items() for text in (f"--{name}", value)]
    return identifiers("--entity", "company", "--seed", 7, "--count", COUNT, "--kind", kind, "--take", take, *more)


KEY_OF_KIND = {"domain": "domains", "name": "names", "url": "professional_network_profile_urls", "id": "crustdata_company_ids"}


def found(lines):
    return [(line["original_identifier"], line["internal_id"]) for line in lines]


def resolve(company_server, key, texts):
    """The id that each text leads to, None if to none."""
    _, lines, unresolved = run_job(company_server, **{key: texts})
    assert len(lines) + len(unresolved) == len(texts)
    ids = dict(found(lines))
    return [ids.get(str(text)) for text in texts]


def test_the_generated_companies_are_there(company_server, companies):
    assert len(companies[1]) == COUNT
    assert len({record["crustdata_company_id"] for record in companies[1]}) == COUNT
    ids = [record["crustdata_company_id"] for record in companies[1]]
    _, lines, unresolved = run_job(company_server, crustdata_company_ids=ids)
    assert unresolved == [] and found(lines) == [(str(number), number) for number in ids]


@pytest.mark.parametrize("kind", KEY_OF_KIND)
def test_a_batch_of(company_server, kind):
    spellings = {} if kind == "id" else {"spellings": 60}
    texts = asked(kind, 400, hits=80, duplicates=5, **spellings)
    status, lines, unresolved = run_job(company_server, **{KEY_OF_KIND[kind]: texts})
    assert (status["entity"], status["action"], status["identifier_count"]) == ("company", "enrich", 400)
    missed = {line["original_identifier"] for line in unresolved if line["reason"] == "not_found"}
    assert [line["original_identifier"] for line in lines] == [text for text in dict.fromkeys(texts) if text not in missed]
    assert status["request_counts"]["duplicate"] == 400 - len(set(texts)) > 0
    assert 250 < len(lines) < 350 and len(lines) + len(unresolved) == 400
    for line in lines:
        assert list(line) == ["original_identifier", "internal_id", "data"]
        assert line["internal_id"] == line["data"]["crustdata_company_id"]
        assert set(line["data"]) == DEFAULT


@pytest.mark.parametrize("kind", ["domain", "name", "url"])
def test_every_generated_spelling_finds_its_company(company_server, kind):
    plain = asked(kind, 300, hits=100)
    spelled = asked(kind, 300, hits=100, spellings=100)
    assert sum(a != b for a, b in zip(plain, spelled)) > 200
    assert None not in resolve(company_server, KEY_OF_KIND[kind], plain)
    assert resolve(company_server, KEY_OF_KIND[kind], list(dict.fromkeys(spelled))) == \
        resolve(company_server, KEY_OF_KIND[kind], list(dict.fromkeys(plain)))


def test_the_submission_answers_as_for_persons(company_server):
    answer = post(company_server, {"domains": ["nobody.example"], "chunk_size": 10})
    reply = answer.json()
    assert answer.status == 200 and list(reply.items()) == [
        ("batch_id", reply["batch_id"]), ("status", "pending"), ("entity", "company"), ("action", "enrich"),
        ("identifier_count", 1),
        ("entities_requested", 1), ("status_url", f"/batch/{reply['batch_id']}")]
    assert answer.headers["location"] == f"/batch/{reply['batch_id']}"
    assert company_server.wait(reply["batch_id"])["request_counts"]["not_found"] == 1
    assert company_server.get("/batch?limit=1").json()["jobs"][0]["entity"] == "company"


# ---- ids ------------------------------------------------------------------------------------------------------------


def test_ids_are_numbers_or_strings_and_are_echoed_as_strings(company_server):
    _, lines, unresolved = run_job(company_server, crustdata_company_ids=[ID, str(ID + 1), ID + 2, 999, "998"])
    assert found(lines) == [(str(ID), ID), (str(ID + 1), ID + 1), (str(ID + 2), ID + 2)]
    assert unresolved == [{"original_identifier": "999", "reason": "not_found"},
                          {"original_identifier": "998", "reason": "not_found"}]


def test_the_same_id_as_number_and_string_is_a_duplicate(company_server):
    status, lines, unresolved = run_job(company_server, crustdata_company_ids=[ID, str(ID)])
    assert found(lines) == [(str(ID), ID)] and status["request_counts"]["duplicate"] == 1
    assert unresolved == [{"original_identifier": str(ID), "reason": "duplicate"}]


def test_ids_as_one_string(company_server):
    _, lines, _ = run_job(company_server, crustdata_company_ids=f" {ID} ,{ID + 1},, {ID + 2}")
    assert found(lines) == [(str(ID), ID), (str(ID + 1), ID + 1), (str(ID + 2), ID + 2)]


@pytest.mark.parametrize("text", ["", "x", "0", "-1", "7700000.0", "7.7e6", "0x757ea0", "7700000 7700001", "99999999999999999999",
                                  0, 18446744073709551615,
                                  "example.com", "٧٧٠٠٠٠٠"])
def test_texts_that_are_no_ids(company_server, text):
    _, lines, unresolved = run_job(company_server, crustdata_company_ids=[text, ID])
    assert found(lines) == [(str(ID), ID)]
    assert unresolved == [{"original_identifier": str(text), "reason": "invalid_identifier"}]


@pytest.mark.parametrize("item", ["1.5", "-1", "1e3", "7700000.0", "true", "null", "[7700000]", '{"id":7700000}',
                                  "18446744073709551616"])
def test_an_id_that_is_neither_a_whole_number_nor_a_string_is_refused(company_server, item):
    answer = post(company_server, f'{{"crustdata_company_ids":[{ID},{item}]}}')
    assert answer.status == 400
    assert "crustdata_company_ids[1]" in answer.error()["message"]


@pytest.mark.parametrize("key", ["domains", "names", "professional_network_profile_urls"])
def test_only_ids_may_be_numbers(company_server, key):
    answer = post(company_server, {key: ["x", ID]})
    assert answer.status == 400 and f"{key}[1]" in answer.error()["message"]


@pytest.mark.parametrize("value", [ID, True, None, {}])
def test_a_lone_number_is_no_list(company_server, value):
    assert post(company_server, {"crustdata_company_ids": value}).status == 400


# ---- domains --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text,number", [
    ("acme-inc.example", 102), ("ACME-Inc.Example", 102), (" acme-inc.example ", 102), ("acme-inc.example.", 102),
    ("www.acme-inc.example", 102),
    ("https://acme-inc.example", 102), ("http://www.acme-inc.example/", 102),
    ("https://acme-inc.example/about/us?lang=en#top", 102),
    ("acme-inc.example/contact", 102), ("shop.acme-inc.example", 102), ("a.b.c.acme-inc.example", 102),
    ("https://shop.acme-inc.example:8443/x", 102),
    ("acme-inc.example:443", 102), ("HTTPS://WWW.ACME-INC.EXAMPLE/", 102), ("//acme-inc.example/", 102),
    ("<https://acme-inc.example>", 102),
    ("acme-two.example", 102), ("www.acme-three.example", 102),
    ("island-trade.co.uk", 103), ("www.island-trade.co.uk", 103), ("de.shop.island-trade.co.uk", 103),
    ("first-page.github.io", 104), ("second-page.github.io", 105), ("https://www.second-page.github.io/repo", 105),
    ("third-page.github.io", None),
    ("bücher-haus.example", 106), ("xn--bcher-haus-9db.example", 106), ("BÜCHER-HAUS.example", 106),
    ("shop.bücher-haus.example", 106),
    ("www.b\u0075\u0308cher-haus.example", 106), ("only-a-website.example", 110),
    ("acme-inc.example.evil.example", None), ("notacme-inc.example", None), ("acme-inc.co.uk", None),
    ("acme-incexample.example", None),
])
def test_domains_are_looked_up_by_their_registrable_part(company_server, text, number):
    assert resolve(company_server, "domains", [text]) == [number]


@pytest.mark.parametrize("text", ["", " ", "acme-inc", "localhost", "co.uk", "www.co.uk", "github.io", "127.0.0.1",
                                  "http://127.0.0.1/", "[::1]", "http://",
                                  "a b.example", "acme_inc.example", "-acme.example", "acme..example", ".acme.example",
                                  "x" * 64 + ".example",
                                  "https://user@acme-inc.example@evil", "acme-inc.example:99999999", "%00.example",
                                  "a\u0000.example", "Acme, Inc."])
def test_texts_that_are_no_domains(company_server, text):
    _, lines, unresolved = run_job(company_server, domains=[text, "acme-inc.example"])
    assert found(lines) == [("acme-inc.example", 102)]
    assert unresolved == [{"original_identifier": text, "reason": "invalid_identifier"}]


def test_several_spellings_of_a_domain_get_a_line_each(company_server):
    texts = ["acme-inc.example", "www.acme-inc.example", "acme-two.example"]
    status, lines, _ = run_job(company_server, domains=texts)
    assert found(lines) == [(text, 102) for text in texts] and status["entities_fulfilled"] == 3


# ---- names ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text,number", [
    ("Straße & Söhne GmbH", 101), ("STRASSE & SÖHNE GMBH", 101), ("strasse & söhne gmbh", 101),
    ("Stra\u00dfe & So\u0308hne GmbH", 101),
    ("  Straße  &   Söhne GmbH ", 101), ("\u00a0Straße & Söhne GmbH\u00a0", 101), ("Ｓｔｒａße & Söhne GmbH", 101),
    ("Straße & Sohne GmbH", None),
    ("Straße & Söhne", None), ("Straße\u200b & Söhne GmbH", 101),
    ("Acme, Inc.", 102), ("ACME, INC.", 102), ("Acme", None), ("Acme Inc", None), ("island trade", 103), ("株式会社サンプル", 109),
    ("株式会社ｻﾝﾌﾟﾙ", 109),
])
def test_names_are_compared_without_case_width_and_blanks(company_server, text, number):
    assert resolve(company_server, "names", [text]) == [number]


def test_a_name_that_two_companies_have_leads_to_one_of_them_always(company_server):
    seen = {tuple(resolve(company_server, "names", ["Twins", "TWINS", "twins", " tWINS "])) for _ in range(5)}
    assert len(seen) == 1
    ids = seen.pop()
    assert len(set(ids)) == 1 and ids[0] in (107, 108)


def test_names_with_commas_need_a_list(company_server):
    assert resolve(company_server, "names", ["Acme, Inc.", "Island Trade"]) == [102, 103]
    _, lines, unresolved = run_job(company_server, names="Acme, Inc., Island Trade")
    assert found(lines) == [("Island Trade", 103)]
    assert [line["original_identifier"] for line in unresolved] == ["Acme", "Inc."]


@pytest.mark.parametrize("text", ["", " ", "\u200b", "\u0000", "x" * 5000])
def test_texts_that_are_no_names(company_server, text):
    _, lines, unresolved = run_job(company_server, names=[text, "Island Trade"])
    assert found(lines) == [("Island Trade", 103)]
    assert unresolved == [{"original_identifier": text, "reason": "invalid_identifier"}]


# ---- pages on the network -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text,number", [
    (PAGE + "strasse-gmbh", 101), ("http://linkedin.com/company/strasse-gmbh/", 101),
    ("linkedin.com/company/Strasse-GmbH?trk=x#y", 101),
    ("https://de.linkedin.com/company/strasse-gmbh/about/", 101), ("https://m.linkedin.com/company/strasse-gmbh/people", 101),
    (PAGE + "555000101", 101), ("https://www.linkedin.com/company/555000101/jobs/", 101), ("company/strasse-gmbh", 101),
    (" <" + PAGE + "strasse-gmbh> ", 101),
    (PAGE + "nobody-here", None),
])
def test_pages_are_found_by_slug_and_by_number(company_server, text, number):
    assert resolve(company_server, "professional_network_profile_urls", [text]) == [number]


@pytest.mark.parametrize("text", ["", "https://www.linkedin.com/in/strasse-gmbh", "https://example.com/company/strasse-gmbh",
                                  "https://www.linkedin.com/company/",
                                  "https://linkedin.com.evil.example/company/strasse-gmbh",
                                  "https://user@www.linkedin.com/company/strasse-gmbh", "lnkd.in/x"])
def test_texts_that_are_no_pages_of_companies(company_server, text):
    _, lines, unresolved = run_job(company_server, professional_network_profile_urls=[text])
    assert lines == [] and unresolved == [{"original_identifier": text, "reason": "invalid_identifier"}]


# ---- fields ---------------------------------------------------------------------------------------------------------


def members_of(company_server, companies, **body):
    """Pairs of (members of `data`, members of the imported record), each name to exact text, for 100 companies."""
    ids = [record["crustdata_company_id"] for record in companies[1][:100]]
    status, _, _ = run_job(company_server, crustdata_company_ids=ids, **body)
    raw = raw_records(companies[0])
    text = inflate(company_server.fetch(status["download_url"]).body).decode()
    lines = [LINE.match(line) for line in text.splitlines()]
    assert [int(line[2]) for line in lines] == ids
    return [(split_members(line[3]), split_members(raw[int(line[2])])) for line in lines]


def test_the_default_set_is_the_basic_information(company_server, companies):
    assert DEFAULT == {"crustdata_company_id", "basic_info"}
    for members, imported in members_of(company_server, companies):
        assert members == {name: imported[name] for name in ("crustdata_company_id", "basic_info")}


def test_all_families_are_the_imported_bytes(company_server, companies):
    families = [path for path, _, _ in FIELDS if "." not in path]
    seen = set()
    for members, imported in members_of(company_server, companies, fields=families):
        assert members == imported
        seen |= set(members)
    assert len(seen) > 10


def test_a_path_keeps_its_nesting_and_trims_the_elements_of_arrays(company_server, companies):
    ids = [record["crustdata_company_id"] for record in companies[1]]
    _, lines, _ = run_job(company_server, crustdata_company_ids=ids,
                          fields="headcount.total, news.article_url,headcount.growth_percent.12m")
    trimmed = 0
    for record, line in zip(companies[1], lines):
        expected = {name: record[name] for name in DEFAULT}
        headcount = record.get("headcount") or {}
        wanted = {"total": headcount["total"]} if "total" in headcount else {}
        if "12m" in (headcount.get("growth_percent") or {}):
            wanted["growth_percent"] = {"12m": headcount["growth_percent"]["12m"]}
        if wanted:
            expected["headcount"] = wanted
        if record.get("news"):
            expected["news"] = [{"article_url": item["article_url"]} for item in record["news"]]
            trimmed += 1
        data = {name: value for name, value in line["data"].items() if name != "news" or value}
        assert data == expected
    assert trimmed > 100


@pytest.mark.parametrize("field", ["skills", "experience", "basic_info.nonsense", "Headcount", "headcount.", ".headcount",
                                   "headcount..total", "", "contact", "basic_info.company_id"])
def test_a_field_that_companies_do_not_have_is_refused(company_server, field):
    answer = post(company_server, {"domains": ["acme-inc.example"], "fields": ["headcount", field]})
    error = answer.error()
    assert answer.status == 400 and error["type"] == "invalid_request"
    assert error["metadata"][0]["invalid_fields"] == [field]
    assert error["metadata"][0]["available_fields"] == [path for path, _, _ in FIELDS]


def test_every_field_of_the_table_may_be_asked_for(company_server):
    for at in range(0, len(FIELDS), 50):
        answer = post(company_server, {"domains": ["acme-inc.example"], "fields": [path for path, _, _ in FIELDS[at:at + 50]]})
        assert answer.status == 200
        company_server.wait(answer.json()["batch_id"])


# ---- refusals -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [
    {}, {"fields": ["headcount"]}, {"domains": []}, {"domains": ""}, {"domains": " , ,"}, {"crustdata_company_ids": []},
    {"names": ["x"], "domains": ["x.example"]},
    {"domains": ["x.example"], "crustdata_company_ids": [1]}, {"domains": ["x.example"], "names": []},
    {"business_emails": ["a@b.example"]},
    {"domains": ["x.example"], "business_emails": ["a@b.example"]}, {"domains": ["x.example"], "chunk_size": 9},
    {"domains": ["x.example"], "chunk_size": 1001},
    {"domains": ["x.example"], "webhook_url": "nonsense"}, {"domains": ["x.example"], "exact_match": True}, {"domains": {"a": 1}},
    {"domain": "x.example"},
], ids=json.dumps)
def test_bodies_that_are_refused(company_server, body):
    answer = post(company_server, body)
    assert answer.status == 400
    assert answer.error()["type"] == "invalid_request"


def test_the_refusal_of_no_identifiers_names_all_four_kinds(company_server):
    message = post(company_server, {}).error()["message"]
    assert all(key in message for key in KEY_OF_KIND.values())


@pytest.mark.parametrize("key", KEY_OF_KIND.values())
def test_ten_thousand_identifiers_and_no_more(company_server, key):
    items = list(range(1, 10002)) if key == "crustdata_company_ids" else [f"nobody-{n}.example" for n in range(10001)]
    refused = post(company_server, {key: items})
    assert refused.status == 400 and "10000" in refused.error()["message"]
    accepted = post(company_server, {key: items[1:]})
    assert accepted.status == 200 and accepted.json()["identifier_count"] == 10000
    status = company_server.wait(accepted.json()["batch_id"])
    assert status["request_counts"]["total"] == 10000


def test_persons_and_companies_do_not_mix(company_server, companies):
    page = companies[1][0]["basic_info"]["professional_network_url"]
    answer = post(company_server, {"professional_network_profile_urls": [page]}, route="/batch/person/enrich")
    status = company_server.wait(answer.json()["batch_id"])
    assert status["entity"] == "person" and status["request_counts"]["invalid"] == 1


def test_an_import_replaces_a_company_which_keeps_its_former_names(company_server, tmp_path):
    record = company(201, "Before Ltd", "before-after.example")
    run("import", "company", write_lines(tmp_path / "one.jsonl", [record]), "--data", company_server.data)
    assert resolve(company_server, "names", ["Before Ltd", "After Ltd"]) == [201, None]
    record["basic_info"]["name"] = "After Ltd"
    run("import", "company", write_lines(tmp_path / "two.jsonl", [record]), "--data", company_server.data)
    _, lines, _ = run_job(company_server, names=["Before Ltd", "After Ltd"])
    assert found(lines) == [("Before Ltd", 201), ("After Ltd", 201)]
    assert {line["data"]["basic_info"]["name"] for line in lines} == {"After Ltd"}
