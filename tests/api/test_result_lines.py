"""Section 5 of the contract: what stands in the lines of result files, character by character, and how the files are
sent."""
import gzip
import json
import shutil
import time

import pytest
from harness import PROFILE, VERSION, Server, inflate, run

# What a record of a test is made of: families as they are written in the imported line.
ID = 810_001
NUMBERS = ["0", "-0", "1", "-1", "1.0", "1.10", "0.1", "1e5", "1E5", "1e+5", "1e-7", "1.5E-10", "100000000000000000000",
           "9007199254740993", "0.30000000000000004",
           "123456789012345678901234567890.123456789", "1e308", "1e999", "-1e-999", "4.0e0"]
STRINGS = [r'""', r'" "', r'"a\"b"', r'"a\\b"', r'"a\/b"', r'"a/b"', r'"\b\f\n\r\t"', r'"\u0000"', r'"\u001f"', r'"\u00e9"',
           '"\u00e9"', '"e\u0301"', r'"e\u0301"', r'"\ud83d\ude00"', '"\U0001f600"',
           '"\u2028\u2029"', r'"\u2028"', '"\ufeff"', '"\uffff"', '"\U0010ffff"', '"\u202eabc"', '"<b>&amp;"', r'"\u003cb\u003e"',
           '"\u007f\u0080"', '"null"', '"' + "x" * 100_000 + '"',
           r'"\uFFFD"', '"\u05e9\u05dc\u05d5\u05dd"', '"\u4f60\u597d"', r'"\u0041\u004a"']
FAMILIES = {
    "basic_profile": '{"name":"Muster","first_name":null,"languages":[],"location":{"city":"X","full_location":"long"},'
                     '"normalized_title":{"matched_title":"m","similarity":0.50}}',
    "social_handles": '{"professional_network_identifier":{"profile_url":"https://www.linkedin.com/in/muster-lines"},'
                      '"twitter_identifier":{"slug":"t"}}',
    "skills": '{"professional_network_skills":[' + ",".join(STRINGS) + "]}",
    "years_of_experience_raw": "12.50",
    "professional_network": '{"connections":0,"followers":500,"headline":"h","metadata":{"last_scraped_source":null}}',
    "certifications": '[{"name":"a","issue_date":"2020","credential_id":null},{"name":"b"},{},{"issue_date":null}]',
    "experience": '{"employment_details":{"current":[{"title":"T1","name":"N1","location":{"raw":"R1"}},{"name":"N2"},'
                  '{"title":null,"location":{}}],"past":[]}}',
    "education": '{"schools":[]}',
    "honors": "[]",
    "dev_platform_profiles": '[{"name":"d","repos":[{"full_name":"a/b","topics":["x","y"],"stars":3},{"stars":4}],'
                             '"metadata":{"created_at":null},"followers":1.10}]',
    "recently_changed_jobs": "false",
    "updated_at": "null",
    "social_posts": '[{"anything":{"deep":[1.0,{"x":[]}]},"n":[' + ",".join(NUMBERS) + "]}]",
}
LINE = f'{{"crustdata_person_id":{ID},' + ",".join(f'"{name}":{text}' for name, text in FAMILIES.items()) + "}"
SECOND = (f'{{ "social_handles" : {{ "professional_network_identifier" : {{ "profile_url" : "{PROFILE}muster-blanks" }} }} ,'
          '\t"skills":{ "professional_network_skills" : [ "a b" , " c " ] }'
          f' , "crustdata_person_id" : {ID + 1} , "basic_profile" : {{ "name" : "B  B" }} }}')
THIRD = (f'{{"crustdata_person_id":{ID + 2},'
         f'"social_handles":{{"professional_network_identifier":{{"profile_url":"{PROFILE}muster-bare"}}}}}}')
DEFAULT = {"basic_profile": {"name": "Muster", "first_name": None, "languages": [], "location": {"city": "X"}},
           "social_handles": json.loads(FAMILIES["social_handles"])}
URL, BLANKS, BARE = PROFILE + "muster-lines", PROFILE + "muster-blanks", PROFILE + "muster-bare"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lines")
    (folder / "in").write_text("\n".join([LINE, SECOND, THIRD]) + "\n", encoding="utf-8")
    run("import", "person", folder / "in", "--data", folder / "data", "--strict", cwd=folder)
    with Server(folder / "data", env={"ENRICHD_BATCH_ACTIVE_MAX": "1000"}) as running:
        yield running


def raw_lines(server, urls, **more):
    status = server.wait(server.submit(urls, **more)["batch_id"])
    return inflate(server.fetch(status["download_url"]).body).decode("utf-8").split("\n")[:-1]


def data_of(server, fields=None, url=URL):
    (line,) = raw_lines(server, [url], **({"fields": fields} if fields is not None else {}))
    return json.loads(line)["data"]


def without_defaults(data):
    """What was added to the default sets of the first record, after checking that these are whole."""
    assert data.pop("crustdata_person_id") == ID
    return {name: value for name, value in data.items() if name not in DEFAULT or DEFAULT[name] != value}


# ---- lines ----------------------------------------------------------------------------------------------------------


def test_a_line_is_an_object_of_three_keys_with_the_id_inside(server):
    for url, number in ((URL, ID), (BLANKS, ID + 1), (BARE, ID + 2)):
        (line,) = raw_lines(server, [url])
        parsed = json.loads(line)
        assert list(parsed) == ["original_identifier", "internal_id", "data"]
        assert parsed["original_identifier"] == url and parsed["internal_id"] == parsed["data"]["crustdata_person_id"] == number
        assert type(parsed["internal_id"]) is int


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_comes_back_character_by_character(server, family):
    (line,) = raw_lines(server, [URL], fields=[family])
    assert f'"{family}":{FAMILIES[family]}' in line


def test_blanks_between_tokens_do_not_count_and_those_in_strings_do(server):
    (line,) = raw_lines(server, [BLANKS], fields=["skills"])
    assert '"skills":{"professional_network_skills":["a b"," c "]}' in line and '"basic_profile":{"name":"B  B"}' in line
    assert " " not in line.replace("a b", "").replace(" c ", "").replace("B  B", "")


def test_no_line_holds_a_raw_control_character(server):
    for line in raw_lines(server, [URL, BLANKS, URL + "?\u0001\n\u001f"], fields=list(FAMILIES)):
        assert not any(ord(c) < 0x20 for c in line)


@pytest.mark.parametrize("spelling", [URL + "?\"\\", URL + "?\u00e9\U0001f600", " " + URL + "\t", URL + "?\u2028",
                                      "<" + URL + ">", URL + "#</script>", URL + "?e\u0301"])
def test_the_identifier_is_echoed_character_by_character(server, spelling):
    (line,) = raw_lines(server, [spelling])
    assert json.loads(line)["original_identifier"] == spelling


# ---- projection -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fields", [None, [], "", ["crustdata_person_id"], ["basic_profile.name"], ["social_handles"],
                                    "social_handles.twitter_identifier.slug"], ids=repr)
def test_without_more_fields_there_are_the_default_sets(server, fields):
    assert data_of(server, fields) == {"crustdata_person_id": ID, **DEFAULT}


@pytest.mark.parametrize("family", [name for name in FAMILIES if name not in DEFAULT])
def test_a_family_path_gives_its_whole_subtree_and_nothing_else(server, family):
    added = without_defaults(data_of(server, [family]))
    assert list(added) == [family]


SELECTIONS = {
    "professional_network.connections": {"professional_network": {"connections": 0}},
    "professional_network.metadata": {"professional_network": {"metadata": {"last_scraped_source": None}}},
    "professional_network.metadata.last_scraped_source": {"professional_network": {"metadata": {"last_scraped_source": None}}},
    "professional_network.followers, professional_network.headline": {"professional_network": {"followers": 500,
                                                                                               "headline": "h"}},
    "certifications.name": {"certifications": [{"name": "a"}, {"name": "b"}, {}, {}]},
    "certifications.name,certifications.issue_date": {"certifications": [{"name": "a", "issue_date": "2020"}, {"name": "b"}, {},
                                                                         {"issue_date": None}]},
    "experience.employment_details.current.title": {"experience": {"employment_details": {"current": [{"title": "T1"}, {},
                                                                                                      {"title": None}]}}},
    "experience.employment_details.current.location.raw": {
        "experience": {"employment_details": {"current": [{"location": {"raw": "R1"}}, {}, {}]}}},
    "experience.employment_details.past": {"experience": {"employment_details": {"past": []}}},
    "experience.employment_details.past.title": {"experience": {"employment_details": {"past": []}}},
    "experience.employment_details.current.title,experience.employment_details.past.name": {
        "experience": {"employment_details": {"current": [{"title": "T1"}, {}, {"title": None}], "past": []}}},
    "dev_platform_profiles.repos.full_name": {"dev_platform_profiles": [{"repos": [{"full_name": "a/b"}, {}]}]},
    "dev_platform_profiles.repos.topics,dev_platform_profiles.name": {"dev_platform_profiles": [{"name": "d",
                                                                                                 "repos": [{"topics": ["x", "y"]},
                                                                                                           {}]}]},
    "education.schools.school": {"education": {"schools": []}},
    "honors": {"honors": []}, "honors.title": {"honors": []}, "recently_changed_jobs": {"recently_changed_jobs": False},
    "updated_at": {"updated_at": None},
    "basic_profile.location.full_location": {"basic_profile": {**DEFAULT["basic_profile"],
                                                               "location": {"city": "X", "full_location": "long"}}},
    "basic_profile.normalized_title.matched_title": {"basic_profile": {**DEFAULT["basic_profile"],
                                                                       "normalized_title": {"matched_title": "m"}}},
    "basic_profile": {"basic_profile": json.loads(FAMILIES["basic_profile"])},
    "skills.professional_network_skills": {"skills": json.loads(FAMILIES["skills"])},
}


@pytest.mark.parametrize("fields", SELECTIONS)
def test_a_path_gives_its_values_with_their_nesting_kept(server, fields):
    assert without_defaults(data_of(server, fields)) == SELECTIONS[fields]


@pytest.mark.parametrize("fields", ["contact", "contact.business_emails.email", "metadata.updated_at",
                                    "assessment.authenticity.tier", "professional_network.pronoun",
                                    "professional_network.location.city", "social_handles.dev_platform_identifier.profile_url",
                                    "basic_profile.normalized_title.department"])
def test_a_path_whose_data_the_record_lacks_adds_nothing(server, fields):
    assert data_of(server, fields) == data_of(server)


@pytest.mark.parametrize("fields", SELECTIONS)
def test_a_record_without_families_stays_bare(server, fields):
    assert data_of(server, fields, BARE) == data_of(server, None, BARE)


@pytest.mark.parametrize("fields,family,elements", [("certifications.source", "certifications", 4),
                                                    ("dev_platform_profiles.bio", "dev_platform_profiles", 1)])
def test_an_array_whose_elements_lack_the_path_stays_with_its_elements(server, fields, family, elements):
    assert without_defaults(data_of(server, fields)) == {family: [{}] * elements}


def test_overlapping_paths_are_the_larger_one(server):
    for fields in ("skills,skills.professional_network_skills", "skills.professional_network_skills,skills",
                   "experience,experience.employment_details.current.title"):
        family = fields.split(",")[0].split(".")[0]
        assert without_defaults(data_of(server, fields)) == {family: json.loads(FAMILIES[family])}


def test_the_order_of_the_fields_does_not_matter(server):
    names = ["skills", "certifications.name", "education", "professional_network.followers"]
    assert raw_lines(server, [URL], fields=names) == raw_lines(server, [URL], fields=names[::-1])


# ---- files ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def finished(server):
    """A batch whose files have several parts."""
    asked = [f"{URL}?n={number}" for number in range(60)] + [f"{PROFILE}nobody-{number}" for number in range(30)]
    return server.wait(server.submit(asked, fields=list(FAMILIES), chunk_size=10)["batch_id"]), asked


def urls_of(status):
    return {"results": status["download_url"], "part": status["download_urls"][0], "unresolved": status["unresolved_url"]}


def test_parts_are_numbered_from_0_and_are_the_whole_in_order(server, finished):
    status, asked = finished
    names = [url.split("?")[0].rsplit("/", 1)[1] for url in status["download_urls"]]
    assert names == [f"part-{number:03}.jsonl.gz" for number in range(len(names))] and len(names) > 1
    whole = inflate(server.fetch(status["download_url"]).body)
    assert b"".join(inflate(server.fetch(url).body) for url in status["download_urls"]) == whole
    assert [json.loads(line)["original_identifier"] for line in whole.splitlines()] == asked[:60]


@pytest.mark.parametrize("kind", ["results", "part", "unresolved"])
def test_every_sort_of_file_has_the_headers_the_ranges_and_head(server, finished, kind):
    url = urls_of(finished[0])[kind]
    whole = server.fetch(url)
    size = len(whole.body)
    assert whole.status == 200 and int(whole.headers["content-length"]) == size
    assert whole.headers["content-type"] == "application/gzip" and "content-encoding" not in whole.headers
    assert whole.headers["accept-ranges"] == "bytes" and whole.headers["content-disposition"].startswith("attachment")
    assert whole.headers["etag"] == server.fetch(url).headers["etag"]
    head = server.fetch(url, "HEAD")
    assert head.status == 200 and head.body == b"" and head.headers["content-length"] == str(size)
    step = size // 7 + 1
    pieces = [server.fetch(url, headers={"Range": f"bytes={at}-{at + step - 1}"}) for at in range(0, size, step)]
    assert {piece.status for piece in pieces} == {206} and b"".join(piece.body for piece in pieces) == whole.body
    assert gzip.decompress(whole.body) == inflate(whole.body) != b""
    partial_head = server.fetch(url, "HEAD", headers={"Range": "bytes=0-9"})
    assert partial_head.body == b"" and partial_head.status in (200, 206)


@pytest.mark.parametrize("kind", ["results", "part", "unresolved"])
@pytest.mark.parametrize("authorization", [None, "Bearer nonsense", "nonsense", ""])
def test_a_link_is_all_that_is_needed(server, finished, kind, authorization):
    headers = {} if authorization is None else {"Authorization": authorization}
    assert server.fetch(urls_of(finished[0])[kind], headers={**headers, "Accept-Encoding": "identity",
                                                             "Accept": "text/html"}).status == 200


def test_links_are_valid_for_five_days_and_each_reading_gives_new_ones(server, finished):
    batch_id = finished[0]["batch_id"]
    first = server.status(batch_id)
    expiry = int(first["download_url"].split("exp=")[1].split("&")[0])
    expiry /= next(unit for unit in (1, 10 ** 3, 10 ** 6) if expiry / unit < 10 ** 11)
    assert abs(expiry - time.time() - 5 * 86400) < 60
    time.sleep(1.1)
    second = server.status(batch_id)
    for kind in ("results", "part", "unresolved"):
        urls = urls_of(first)[kind], urls_of(second)[kind]
        assert urls[0] != urls[1] and {server.fetch(url).status for url in urls} == {200}


def test_every_character_of_a_signature_counts(server, finished):
    url = finished[0]["download_url"]
    start = url.index("sig=") + 4
    end = url.index("&", start) if "&" in url[start:] else len(url)
    for at in range(start, end):
        for character in ("A", "B"):
            changed = url[:at] + character + url[at + 1:]
            if changed != url and at != end - 1:  # of the last one, a part of the bits is padding
                assert server.fetch(changed).status == 403, at
    for changed in (url[:start] + url[end:], url[:end] + "A" + url[end:], url[:end - 1] + url[end:],
                    url[:start] + url[start:end].lower() + url[end:], url[:start] + "=" + url[start:]):
        assert server.fetch(changed).status == 403, changed


def test_a_signature_is_of_one_path_one_batch_and_one_server(server, finished, tmp_path):
    status, _ = finished
    other = server.wait(server.submit([URL])["batch_id"])
    results, part, unresolved = urls_of(status).values()
    query = results.split("?")[1]
    for path in (part, unresolved, other["download_url"], results.replace("/output/", "/OUTPUT/"),
                 results.replace("/files/", "//files/")):
        assert server.fetch(path.split("?")[0] + "?" + query).status in (401, 403, 404), path
    shutil.copytree(server.data, tmp_path / "data")
    (tmp_path / "data/secret.key").unlink()
    with Server(tmp_path / "data") as stranger:
        assert stranger.fetch(results.replace(server.address, stranger.address)).status == 403


def test_links_survive_a_restart(tmp_path):
    with Server(tmp_path / "data") as server:
        status = server.wait(server.submit([URL])["batch_id"])
        before = server.address
        server.stop()
        server.start()
        assert server.fetch(status["download_url"].replace(before, server.address)).status == 200


@pytest.mark.parametrize("path", ["/files/../secret.key", "/files/..%5csecret.key", "/files/", "/files/x",
                                  "/files/x/output/results.jsonl.gz", "/files//output/results.jsonl.gz",
                                  "/files/{id}/output/", "/files/{id}/output/../../secret.key",
                                  "/files/{id}/input/results.jsonl.gz", "/files/{id}/results.jsonl.gz",
                                  "/files/{id}/output/results.jsonl", "/files/{id}/output/part-999.jsonl.gz",
                                  "/files/{id}/output/results.jsonl.gz/", "/files/{id}/output/%2e%2e/x"])
def test_nothing_but_result_files_is_sent_whatever_the_path(server, finished, path):
    url = finished[0]["download_url"]
    answer = server.request("GET", path.replace("{id}", finished[0]["batch_id"]) + "?" + url.split("?")[1], headers=VERSION)
    assert answer.status in (403, 404) and answer.error()["type"] in ("permission_error", "not_found")
