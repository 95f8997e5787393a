"""The main job: submission, status, files; what is in them, byte for byte."""
import json
import re

import pytest
from harness import PROFILE, VERSION, identifiers, inflate

DEFAULT_FAMILIES = {"crustdata_person_id", "basic_profile", "social_handles"}
LINE = re.compile(r'^\{"original_identifier":(.*),"internal_id":(\d+),"data":(\{.*\})\}$')


def url_of(person):
    return person["social_handles"]["professional_network_identifier"]["profile_url"]


def raw_records(population):
    """Id to the line's text without its newline."""
    lines = population[0].read_text(encoding="utf-8").splitlines()
    return {json.loads(line)["crustdata_person_id"]: line for line in lines}


def test_submission_answers_with_the_seven_keys(server):
    body = json.dumps({"professional_network_profile_urls": [PROFILE + "nobody-here-1"]})
    answer = server.request("POST", "/batch/person/enrich", body, {**VERSION, "Content-Type": "application/json"})
    assert answer.status == 200
    reply = answer.json()
    batch_id = reply["batch_id"]
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", batch_id)
    assert list(reply.items()) == [
        ("batch_id", batch_id), ("status", "pending"), ("entity", "person"), ("action", "enrich"),
        ("identifier_count", 1), ("entities_requested", 1), ("status_url", f"/batch/{batch_id}")]
    assert answer.headers["location"] == f"/batch/{batch_id}"
    assert server.wait(batch_id)["result_count"] == 0


def test_one_line_for_each_hit_in_input_order_with_the_exact_echo(server):
    asked = identifiers("--seed", 7, "--count", 3000, "--take", 1000, "--hits", 80, "--spellings", 50, "--duplicates", 5)
    status, lines, unresolved = server.run_job(asked)
    distinct = list(dict.fromkeys(asked))
    missed = {line["original_identifier"] for line in unresolved if line["reason"] == "not_found"}
    assert [line["original_identifier"] for line in lines] == [text for text in distinct if text not in missed]
    assert len(lines) == status["result_count"] == status["entities_fulfilled"] == status["request_counts"]["matched"]
    assert 700 < len(lines) < 900
    assert len(lines) + len(unresolved) == 1000
    assert status["request_counts"]["duplicate"] == 1000 - len(distinct) > 0
    assert [line["original_identifier"] for line in unresolved if line["reason"] == "duplicate"]
    for line in lines:
        assert list(line) == ["original_identifier", "internal_id", "data"]
        assert line["internal_id"] == line["data"]["crustdata_person_id"]
        assert set(line["data"]) <= DEFAULT_FAMILIES


def test_every_generated_spelling_finds_its_person(server, population):
    by_id = {person["crustdata_person_id"]: person for person in population[1]}
    plain = identifiers("--seed", 7, "--count", 3000, "--take", 500, "--hits", 100, "--list-seed", 3)
    spelled = identifiers("--seed", 7, "--count", 3000, "--take", 500, "--hits", 100, "--list-seed", 3, "--spellings", 100)
    assert sum(a != b for a, b in zip(plain, spelled)) > 300
    _, lines, unresolved = server.run_job(list(dict.fromkeys(plain + spelled)))
    assert unresolved == []
    assert all(line["internal_id"] in by_id for line in lines)


def test_emails_resolve_to_their_person(server, population):
    wanted = {}
    for person in population[1]:
        for email in (person.get("contact") or {}).get("business_emails") or []:
            wanted[email["email"]] = person["crustdata_person_id"]
    emails = list(wanted)[:400]
    _, lines, unresolved = server.run_job(emails=emails)
    assert unresolved == []
    assert [line["internal_id"] for line in lines] == [wanted[email] for email in emails]


def test_parts_are_the_merged_lines_in_order_and_each_file_is_one_member(server, population):
    urls = [url_of(person) for person in population[1]]
    status = server.wait(server.submit(urls, chunk_size=10)["batch_id"])
    merged = inflate(server.fetch(status["download_url"]).body)
    parts = [inflate(server.fetch(url).body) for url in status["download_urls"]]
    assert len(parts) > 1
    assert b"".join(parts) == merged
    assert merged.count(b"\n") == len(urls)


def test_values_are_the_imported_bytes(server, population):
    raw = raw_records(population)
    urls = [url_of(person) for person in population[1]][:300]
    families = sorted({family for person in population[1] for family in person} - {"crustdata_person_id"})
    status = server.wait(server.submit(urls, fields=families)["batch_id"])
    text = inflate(server.fetch(status["download_url"]).body).decode()
    for line in text.splitlines():
        found = LINE.match(line)
        imported = raw[int(found[2])]
        members = split_members(found[3])
        assert sorted(members) == sorted(split_members(imported))
        assert members == split_members(imported)


def split_members(text):
    """Top-level key to the value's exact text, of a compact JSON object."""
    members = {}
    decoder = json.JSONDecoder()
    at = 1
    while text[at] != "}":
        key, at = decoder.raw_decode(text, at + (text[at] == ","))
        start = at + 1
        _, at = decoder.raw_decode(text, start)
        members[key] = text[start:at]
    return members


def test_default_answer_lacks_what_is_not_in_the_default_set(server, population):
    people = [p for p in population[1] if "normalized_title" in (p.get("basic_profile") or {})][:20]
    assert people
    _, lines, _ = server.run_job([url_of(person) for person in people])
    for person, line in zip(people, lines):
        expected = dict(person["basic_profile"])
        expected.pop("normalized_title")
        if expected.get("location"):
            expected["location"] = {k: v for k, v in expected["location"].items() if k != "full_location"}
        assert line["data"]["basic_profile"] == expected
    _, lines, _ = server.run_job([url_of(person) for person in people], fields=["basic_profile"])
    assert [line["data"]["basic_profile"] for line in lines] == [person["basic_profile"] for person in people]


def test_leaf_paths_keep_nesting_and_trim_array_elements(server, population):
    people = [p for p in population[1] if (p.get("experience") or {}).get("employment_details", {}).get("current")][:50]
    _, lines, _ = server.run_job([url_of(person) for person in people],
                                 fields="experience.employment_details.current.title, skills")
    for person, line in zip(people, lines):
        jobs = person["experience"]["employment_details"]["current"]
        assert line["data"]["experience"] == {"employment_details": {
            "current": [{key: value for key, value in job.items() if key == "title"} for job in jobs]}}
        assert line["data"].get("skills") == person.get("skills")
        assert set(line["data"]) <= DEFAULT_FAMILIES | {"experience", "skills"}


def test_the_status_has_the_contracts_keys(server, population):
    status = server.wait(server.submit([url_of(population[1][0]), "https://example.com/in/x"])["batch_id"])
    stamp = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00"
    for key in ("created_at", "started_at", "completed_at", "expires_at"):
        assert re.fullmatch(stamp, status[key]), key
    assert status["created_at"] <= status["started_at"] <= status["completed_at"] < status["expires_at"]
    assert status["request_counts"] == {"total": 2, "pending": 0, "matched": 1, "not_found": 0, "invalid": 1, "duplicate": 0,
                                        "suppressed": 0, "error": 0, "cancelled": 0}
    assert {key: status[key] for key in ("entity", "action", "identifier_count", "result_count", "entities_requested",
                                         "entities_fulfilled")} == {
        "entity": "person", "action": "enrich", "identifier_count": 2, "result_count": 1, "entities_requested": 2,
        "entities_fulfilled": 1}
    assert "error_message" not in status and "partial_download_url" not in status
    assert server.lines(status["unresolved_url"]) == [{"original_identifier": "https://example.com/in/x",
                                                       "reason": "invalid_identifier"}]


@pytest.mark.parametrize("text", ["", " ", "\u0000", "a\u0000b", "\"quoted\" \\ /", "😀\u2028", "x" * 5000, "line\nbreak"])
def test_odd_strings_are_echoed_and_reported(server, text):
    _, lines, unresolved = server.run_job([text, PROFILE + "nobody-here-2"])
    assert lines == []
    assert [line["original_identifier"] for line in unresolved] == [text, PROFILE + "nobody-here-2"]


def test_nothing_found_is_still_a_file(server):
    status, lines, unresolved = server.run_job([PROFILE + "nobody-here-3"])
    assert lines == [] and len(unresolved) == 1
    assert len(status["download_urls"]) == 1
    assert server.lines(status["download_urls"][0]) == []


def test_another_accounts_batch_is_not_found(server):
    batch_id = server.submit([PROFILE + "nobody-here-4"])["batch_id"]
    other = server.make_key("--account", "someone-else", name="other")
    missing = server.get("/batch/00000000-0000-7000-8000-000000000000")
    foreign = server.get(f"/batch/{batch_id}", key=other)
    assert missing.status == foreign.status == 404
    assert missing.error() == foreign.error()
