"""enrichd import from the command line: formats, refused lines, what a repeated import does, exit codes, and imports
while a server runs on the folder."""
import gzip
import json
import os
import random
import re
import signal
import subprocess
import threading
import time

import pytest
from harness import ENRICHD, PROFILE, Server, inflate, people, run, wait_until, write_lines
from test_main_job import url_of

FAILED, USAGE, PARTLY = 1, 2, 3


def person(number, slug=None, email=None, **more):
    """An invented record."""
    record = {"crustdata_person_id": number, "basic_profile": {"name": f"Muster {number}"},
              "social_handles": {"professional_network_identifier": {"profile_url": PROFILE + (slug or f"muster-{number}")}},
              **more}
    if email:
        record["contact"] = {"business_emails": [{"email": email}]}
    return record


def text_of(*records):
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records).encode()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server on a folder that is empty at first; tests import into it while it runs, each with ids of its own."""
    with Server(tmp_path_factory.mktemp("import") / "data", env={"ENRICHD_BATCH_ACTIVE_MAX": "1000"}) as running:
        yield running


NUMBERS = iter(range(700_001, 10 ** 9, 1000))


@pytest.fixture
def first():
    """The first of 1,000 ids that no other test uses."""
    return next(NUMBERS)


def load(server, folder, *arguments, check=True, **options):
    """Imports persons into the server's folder, with the current folder at `folder`."""
    return run("import", "person", *arguments, "--data", server.data, check=check, cwd=folder, **options)


def summary(result):
    """The summary that --json prints."""
    return json.loads(result.stdout)


def found(server, urls, **options):
    """Slug to the data of its person, for those that are found."""
    _, lines, _ = server.run_job([PROFILE + slug for slug in urls], **options)
    return {line["original_identifier"].removeprefix(PROFILE): line["data"] for line in lines}


def rejects_of(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


# ---- formats --------------------------------------------------------------------------------------------------------


def zstd(data, *options):
    return subprocess.run(["zstd", "-q", "-c", *options], input=data, stdout=subprocess.PIPE, check=True).stdout


def members(data):
    half = data.index(b"\n", len(data) // 2) + 7  # in the middle of a line
    return data[:half], data[half:]


FORMATS = {
    "plain": lambda data: data,
    "gzip": gzip.compress,
    "gzip, stored": lambda data: gzip.compress(data, 0),
    "gzip of several members": lambda data: b"".join(gzip.compress(part) for part in members(data)),
    "gzip with an empty member": lambda data: gzip.compress(b"") + gzip.compress(data) + gzip.compress(b""),
    "zstd": zstd,
    "zstd, strongest": lambda data: zstd(data, "--ultra", "-22", "--long=27"),
    "zstd of several frames": lambda data: b"".join(zstd(part) for part in members(data)),
    "zstd without checksum": lambda data: zstd(data, "--no-check"),
    "CRLF": lambda data: data.replace(b"\n", b"\r\n"),
    "without a last line break": lambda data: data.rstrip(b"\n"),
    "byte order mark": lambda data: b"\xef\xbb\xbf" + data,
    "blank lines": lambda data: b"\n\n  \n" + data.replace(b"\n", b"\n\n\t\n"),
    "blanks around the objects": lambda data: b"".join(b" \t" + line + b"  \n" for line in data.splitlines()),
    "CRLF in gzip": lambda data: gzip.compress(data.replace(b"\n", b"\r\n")),
}


@pytest.mark.parametrize("way", ["file", "stdin", "pipe"])
@pytest.mark.parametrize("name", FORMATS)
def test_a_format_is_read_whatever_its_name(server, tmp_path, first, name, way):
    count = 60
    data = FORMATS[name](text_of(*(person(first + at) for at in range(count))))
    if way == "file":
        (tmp_path / "anything.json").write_bytes(data)
        result = load(server, tmp_path, "anything.json", "--json")
    elif way == "stdin":
        (tmp_path / "records").write_bytes(data)
        with open(tmp_path / "records", "rb") as file:
            result = load(server, tmp_path, "-", "--json", stdin=file)
    else:
        result = subprocess.run([ENRICHD, "import", "person", "-", "--json", "--data", str(server.data)], input=data,
                                capture_output=True, check=True, cwd=tmp_path)
    assert result.returncode == 0 and summary(result)["imported"] == summary(result)["lines"] == count
    assert len(found(server, [f"muster-{first + at}" for at in range(count)])) == count
    assert not list(tmp_path.glob("*rejects*"))


def test_several_files_of_several_formats_are_one_import(server, tmp_path, first):
    for at, name in enumerate(("plain", "gzip", "zstd")):
        (tmp_path / name).write_bytes(FORMATS[name](text_of(*(person(first + at * 10 + n) for n in range(10)))))
    result = load(server, tmp_path, "plain", "-", "gzip", "zstd", "--json", input=text_of(person(first + 30)).decode())
    assert summary(result)["imported"] == 31
    assert len(found(server, [f"muster-{first + at}" for at in range(31)])) == 31


def test_an_empty_file_is_an_import_of_nothing(server, tmp_path, first):
    load(server, tmp_path, "-", input=text_of(person(first)).decode())
    for data in (b"", b"\n\n", gzip.compress(b""), zstd(b"")):
        (tmp_path / "nothing").write_bytes(data)
        assert summary(load(server, tmp_path, "nothing", "--json"))["imported"] == 0
    assert len(found(server, [f"muster-{first}"])) == 1


def test_a_line_may_be_long_and_a_longer_one_than_allowed_is_refused(server, tmp_path, first):
    long = person(first, basic_profile={"summary": "x" * 3_000_000})
    (tmp_path / "long").write_bytes(text_of(long, person(first + 1)))
    assert load(server, tmp_path, "long").returncode == 0
    assert found(server, [f"muster-{first}"])[f"muster-{first}"]["basic_profile"]["summary"] == "x" * 3_000_000
    result = load(server, tmp_path, "long", "--line-bytes", "100K", check=False)
    assert result.returncode == PARTLY
    rejects = rejects_of(tmp_path / "long.rejects.jsonl")
    assert [(row["line"], "record" in row) for row in rejects] == [(1, False)] and str(100 << 10) in rejects[0]["reason"]


# ---- refused lines --------------------------------------------------------------------------------------------------

ID = '"crustdata_person_id":{id}'
BAD_LINES = {
    "no JSON": "nothing", "cut off": "{" + ID, "an array": "[{" + ID + "}]", "a string": '"x"', "a number": "17", "null": "null",
    "two objects": "{" + ID + "}{" + ID + "}",
    "a trailing comma": "{" + ID + ",}", "a comment": "{" + ID + "} // x", "no id": '{"basic_profile":{"name":"x"}}',
    "an empty object": "{}",
    "id in another case": '{"Crustdata_Person_Id":{id}}', "id null": '{"crustdata_person_id":null}',
    "id as a string": '{"crustdata_person_id":"{id}"}',
    "id zero": '{"crustdata_person_id":0}', "id negative": '{"crustdata_person_id":-{id}}',
    "id a fraction": '{"crustdata_person_id":{id}.5}',
    "id with an exponent": '{"crustdata_person_id":1e5}', "id beyond 63 bits": '{"crustdata_person_id":9223372036854775808}',
    "id an array": '{"crustdata_person_id":[{id}]}',
    "id true": '{"crustdata_person_id":true}', "id twice": "{" + ID + "," + ID + "}",
    "a family twice": "{" + ID + ',"skills":{},"skills":{}}',
    "a key twice inside": "{" + ID + ',"basic_profile":{"name":"a","name":"b"}}',
    "a family of another type": "{" + ID + ',"basic_profile":"x"}',
    "an array for an object": "{" + ID + ',"skills":["x"]}', "an object for an array": "{" + ID + ',"certifications":{}}',
    "33 levels": "{" + ID + ',"skills":' + '{"a":' * 32 + "1" + "}" * 32 + "}",
    "a lone surrogate": "{" + ID + ',"basic_profile":{"name":"\\ud800"}}',
    "a raw control character": "{" + ID + ',"basic_profile":{"name":"a\u0001b"}}',
    "NaN": "{" + ID + ',"years_of_experience_raw":NaN}',
    "another record's envelope": '{"original_identifier":"x","internal_id":1,"data":{' + ID + "}}",
    "an envelope with an id that is none": '{"original_identifier":"x","internal_id":"x","data":{' + ID + "}}",
    "an envelope without an id inside": '{"original_identifier":"x","internal_id":{id},"data":{}}',
}


@pytest.mark.parametrize("threads", ["1", "4"])
def test_bad_lines_are_refused_with_file_line_reason_and_text_and_the_others_imported(server, tmp_path, first, threads):
    texts = [line.replace("{id}", str(first + 500 + at)) for at, line in enumerate(BAD_LINES.values())]
    lines, where = [], []
    for at, text in enumerate(texts):
        lines += [json.dumps(person(first + at)), "", text]
        where.append(len(lines))
    latin_1 = b'{"crustdata_person_id":5,"basic_profile":{"name":"\xff"}}\n'
    (tmp_path / "bad.jsonl").write_bytes(("\n".join(lines) + "\n").encode() + latin_1)
    result = load(server, tmp_path, "bad.jsonl", "--json", *threads_option(threads), check=False)
    assert result.returncode == PARTLY and "bad.jsonl.rejects.jsonl" in result.stderr
    assert summary(result)["imported"] == len(texts) == summary(result)["refused"] - 1
    rejects = rejects_of(tmp_path / "bad.jsonl.rejects.jsonl")
    assert [row["line"] for row in rejects] == [*where, len(lines) + 1]
    assert [row["record"] for row in rejects[:-1]] == texts
    for name, row in zip(BAD_LINES, rejects):
        assert list(row) == ["file", "line", "reason", "record"], name
        assert row["file"] == "bad.jsonl" and len(row["reason"]) > 5, name
        if "id" in name.split():
            assert re.search("crustdata_person_id|internal_id", row["reason"]), (name, row["reason"])
    assert len(found(server, [f"muster-{first + at}" for at in range(len(texts))])) == len(texts)


def threads_option(count):
    return ["--threads", count] if "--threads" in run("import", "--help").stdout else []


def test_refused_lines_can_be_repaired_and_imported(server, tmp_path, first):
    broken = [json.dumps(person(first + at)).replace('"crustdata_person_id"', '"crustdata_person_ID"') for at in range(5)]
    (tmp_path / "in.jsonl").write_text("\n".join([*broken, json.dumps(person(first + 9))]))
    assert load(server, tmp_path, "in.jsonl", "--rejects", "back.jsonl", check=False).returncode == PARTLY
    repaired = "\n".join(row["record"].replace("_ID", "_id") for row in rejects_of(tmp_path / "back.jsonl"))
    assert summary(load(server, tmp_path, "-", "--json", input=repaired))["imported"] == 5
    assert len(found(server, [f"muster-{first + at}" for at in (0, 1, 2, 3, 4, 9)])) == 6


def test_rejects_name_the_file_of_each_line(server, tmp_path, first):
    for name in ("one", "two"):
        (tmp_path / name).write_text("{}\n" + json.dumps(person(first + len(name))) + "\n")
    load(server, tmp_path, "one", "two", "-", "--rejects", "r", input="\n\nx\n", check=False)
    assert [(row["file"], row["line"]) for row in rejects_of(tmp_path / "r")] == [("one", 1), ("two", 1), ("-", 3)]


def test_a_rejects_file_of_an_earlier_import_is_left_alone_unless_there_are_new_ones(server, tmp_path, first):
    (tmp_path / "in.rejects.jsonl").write_text("earlier\n")
    (tmp_path / "in").write_bytes(text_of(person(first)))
    assert load(server, tmp_path, "in").returncode == 0
    assert (tmp_path / "in.rejects.jsonl").read_text() == "earlier\n"
    (tmp_path / "in").write_bytes(text_of(person(first)) + b"x\n")
    assert load(server, tmp_path, "in", check=False).returncode == PARTLY
    assert len(rejects_of(tmp_path / "in.rejects.jsonl")) == 1


def test_if_every_line_is_refused_the_import_fails(server, tmp_path):
    (tmp_path / "in").write_text("x\n{}\n")
    result = load(server, tmp_path, "in", check=False)
    assert result.returncode == FAILED and "othing was imported" in result.stderr
    assert len(rejects_of(tmp_path / "in.rejects.jsonl")) == 2


def test_strict_imports_nothing_if_a_line_is_refused(server, tmp_path, first):
    records = [person(first + at) for at in range(50)]
    (tmp_path / "in").write_bytes(text_of(*records[:30]) + b"{}\n" + text_of(*records[30:]))
    result = load(server, tmp_path, "in", "--strict", check=False)
    assert result.returncode == FAILED and "othing was imported" in result.stderr
    assert found(server, [f"muster-{first + at}" for at in range(50)]) == {}
    assert load(server, tmp_path, "in", check=False).returncode == PARTLY
    assert len(found(server, [f"muster-{first + at}" for at in range(50)])) == 50
    (tmp_path / "good").write_bytes(text_of(*records))
    assert load(server, tmp_path, "good", "--strict").returncode == 0


# ---- failures -------------------------------------------------------------------------------------------------------


def damaged(data):
    return data[:len(data) // 2] + bytes([data[len(data) // 2] ^ 0x55]) + data[len(data) // 2 + 1:]


DAMAGES = {
    "gzip cut off": lambda data: gzip.compress(data)[:-200], "gzip without its checksum": lambda data: gzip.compress(data)[:-8],
    "gzip damaged": lambda data: damaged(gzip.compress(data)),
    "gzip with a wrong checksum": lambda data: gzip.compress(data)[:-8] + b"\0\0\0\0" + gzip.compress(data)[-4:],
    "rubbish behind gzip": lambda data: gzip.compress(data) + b"rubbish",
    "zstd cut off": lambda data: zstd(data)[:-200], "zstd damaged": lambda data: damaged(zstd(data)),
    "rubbish behind zstd": lambda data: zstd(data) + b"rubbish",
    "only the head of gzip": lambda data: gzip.compress(data)[:6], "only the head of zstd": lambda data: zstd(data)[:6],
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_file_imports_nothing(server, tmp_path, first, name):
    noise = random.Random(5).randbytes(3000).hex()
    data = text_of(*(person(first + at, headline=noise[at * 7:at * 7 + 500]) for at in range(300)))
    (tmp_path / "in").write_bytes(DAMAGES[name](data))
    result = load(server, tmp_path, "in", check=False)
    assert result.returncode == FAILED
    assert "in" in result.stderr and "othing was imported" in result.stderr
    assert found(server, [f"muster-{first + at}" for at in range(300)]) == {}


@pytest.mark.parametrize("name", ["missing", "folder", "missing/file"])
def test_a_file_that_cannot_be_read_imports_nothing_of_the_others(server, tmp_path, first, name):
    (tmp_path / "folder").mkdir()
    (tmp_path / "good").write_bytes(text_of(person(first)))
    result = load(server, tmp_path, "good", name, check=False)
    assert result.returncode == FAILED and name in result.stderr
    assert found(server, [f"muster-{first}"]) == {}


@pytest.mark.parametrize("arguments,words", [
    ([], "person or company"), (["person"], "file"), (["people", "x"], "people"), (["PERSON", "x"], "PERSON"),
    (["person", "x", "--sturdy"], "--sturdy"),
    (["person", "x", "--stric"], "did you mean --strict"), (["person", "x", "--data"], "--data"),
    (["person", "x", "--memory", "1"], "--memory"),
    (["person", "x", "--memory", "lots"], "lots"), (["person", "x", "--line-bytes", "1"], "--line-bytes"),
    (["person", "x", "--line-bytes", "17M"], "--line-bytes"),
    (["person", "x", "--strict=yes"], "--strict"), (["person", "x", "--rejects", "x"], "x is to be read"),
    (["person", "x", "-s"], "-s"), (["person", "x", "--data", ""], "--data")],
                         ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_a_wrong_command_line_is_exit_code_2_with_a_hint(tmp_path, arguments, words):
    result = run("import", *arguments, check=False, cwd=tmp_path)
    assert result.returncode == USAGE and result.stdout == ""
    assert words in result.stderr and "--help" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_full_or_forbidden_rejects_file_fails_the_import(server, tmp_path, first):
    (tmp_path / "in").write_bytes(text_of(person(first)) + b"x\n" * 10)
    for rejects in ("missing/r", "."):
        assert load(server, tmp_path, "in", "--rejects", rejects, check=False).returncode == FAILED
    if os.path.exists("/dev/full"):
        assert load(server, tmp_path, "in", "--rejects", "/dev/full", check=False).returncode == FAILED
    assert found(server, [f"muster-{first}"]) == {}


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupted_it_imports_nothing(server, tmp_path, first, how):
    with subprocess.Popen([ENRICHD, "import", "person", "-", "--data", str(server.data)], stdin=subprocess.PIPE,
                          stderr=subprocess.PIPE, cwd=tmp_path) as process:
        process.stdin.write(text_of(*(person(first + at) for at in range(900))))
        process.stdin.flush()
        time.sleep(0.1)
        process.send_signal(how)
        _, text = process.communicate(timeout=30)
        assert process.returncode == FAILED and b"othing was imported" in text
    assert found(server, [f"muster-{first + at}" for at in range(900)]) == {}


def test_killed_it_imports_nothing_and_the_next_import_works(server, tmp_path, first):
    with subprocess.Popen([ENRICHD, "import", "person", "-", "--data", str(server.data)], stdin=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, cwd=tmp_path) as process:
        process.stdin.write(text_of(*(person(first + at) for at in range(900))))
        process.stdin.flush()
        time.sleep(0.1)
        process.kill()
    assert found(server, [f"muster-{first + at}" for at in range(900)]) == {}
    load(server, tmp_path, "-", input=text_of(person(first)).decode())
    assert len(found(server, [f"muster-{first}"])) == 1


# ---- the summary ----------------------------------------------------------------------------------------------------


def test_the_summary_as_json_counts_what_happened(server, tmp_path, first):
    records = [person(first), person(first + 1), person(first), person(first + 2, slug=f"muster-{first + 1}"),
               person(first + 3, novelty=1, nonsense={"a": 2})]
    (tmp_path / "in").write_bytes(text_of(*records) + b"{}\n\n")
    load(server, tmp_path, "-", input=text_of(person(first + 1)).decode())
    result = load(server, tmp_path, "in", "--json", check=False)
    counts = summary(result)
    assert result.returncode == PARTLY and counts["outcome"] == "ok"
    expected = {"entity": "person", "error": None, "lines": 6, "imported": 5, "refused": 1, "rejects_file": "in.rejects.jsonl",
                "replaced": 1, "repeated": 1, "lost_keys": 1,
                "records_with_unknown_fields": 1}
    assert {name: counts[name] for name in expected} == expected
    assert {row["name"] for row in counts["unknown_fields"]} <= {"novelty", "nonsense"} and counts["unknown_fields"]
    assert counts["keys"] >= 4 and counts["seconds"] >= 0
    failed = load(server, tmp_path, "missing", "--json", check=False)
    assert failed.returncode == FAILED
    assert summary(failed)["outcome"] != "ok" and summary(failed)["imported"] == 0 and "missing" in summary(failed)["error"]


def test_unknown_families_are_left_out_and_named(server, tmp_path, first):
    result = load(server, tmp_path, "-", input=text_of(person(first, novelty=[1])).decode())
    assert "novelty" in result.stderr
    assert "novelty" not in found(server, [f"muster-{first}"])[f"muster-{first}"]


# ---- repeated imports -----------------------------------------------------------------------------------------------


def test_a_later_import_replaces_the_record_and_its_earlier_slugs_and_emails_lead_to_it(server, tmp_path, first):
    old = person(first, email=f"old{first}@acme.example", skills={"professional_network_skills": ["old"]})
    new = person(first, slug=f"new-{first}", email=f"new{first}@acme.example", basic_profile={"name": "New Name"})
    load(server, tmp_path, "-", input=text_of(old).decode())
    assert list(found(server, [f"muster-{first}", f"new-{first}"], fields=["skills"])) == [f"muster-{first}"]
    load(server, tmp_path, "-", input=text_of(new).decode())
    after = found(server, [f"muster-{first}", f"new-{first}"], fields=["skills"])
    assert list(after) == [f"muster-{first}", f"new-{first}"]
    for data in after.values():
        assert data["basic_profile"] == {"name": "New Name"} and "skills" not in data
    _, lines, _ = server.run_job(emails=[f"old{first}@acme.example", f"new{first}@acme.example"])
    assert [line["internal_id"] for line in lines] == [first, first]


def test_a_slug_that_somebody_else_has_now_leads_to_them(server, tmp_path, first):
    load(server, tmp_path, "-", input=text_of(person(first)).decode())
    load(server, tmp_path, "-", input=text_of(person(first, slug=f"new-{first}"),
                                              person(first + 1, slug=f"muster-{first}")).decode())
    after = found(server, [f"muster-{first}", f"new-{first}"])
    assert [data["crustdata_person_id"] for data in after.values()] == [first + 1, first]


def test_importing_the_same_again_changes_nothing(server, tmp_path, first):
    (tmp_path / "in").write_bytes(text_of(*(person(first + at) for at in range(100))))
    assert summary(load(server, tmp_path, "in", "--json"))["replaced"] == 0
    before = found(server, [f"muster-{first + at}" for at in range(100)])
    assert summary(load(server, tmp_path, "in", "--json"))["replaced"] == 100
    assert found(server, [f"muster-{first + at}" for at in range(100)]) == before and len(before) == 100


@pytest.mark.parametrize("threads", ["1", "4"])
def test_of_lines_with_the_same_id_the_last_counts(server, tmp_path, first, threads):
    lines = [person(first + at % 10, basic_profile={"name": f"Version {at}"}) for at in range(1000)]
    (tmp_path / "in").write_bytes(text_of(*lines))
    load(server, tmp_path, "in", *threads_option(threads))
    after = found(server, [f"muster-{first + at}" for at in range(10)])
    names = [after[f"muster-{first + at}"]["basic_profile"]["name"] for at in range(10)]
    assert names == [f"Version {990 + at}" for at in range(10)]


def test_a_slug_of_two_records_leads_to_one_of_them_and_is_told(server, tmp_path, first):
    result = load(server, tmp_path, "-", input=text_of(person(first, slug=f"both-{first}"),
                                                       person(first + 1, slug=f"both-{first}")).decode())
    assert f"both-{first}" in result.stderr and str(first) in result.stderr and str(first + 1) in result.stderr
    assert found(server, [f"both-{first}"])[f"both-{first}"]["crustdata_person_id"] in (first, first + 1)


# ---- envelopes ------------------------------------------------------------------------------------------------------


def test_a_downloaded_result_file_is_an_import_of_the_same_records(data, tmp_path, population):
    families = sorted({family for one in population[1] for family in one})
    urls = [url_of(one) for one in population[1]]
    with Server(data) as server:
        status = server.wait(server.submit(urls, fields=families)["batch_id"])
        downloaded = server.fetch(status["download_url"]).body
    (tmp_path / "results.jsonl.gz").write_bytes(downloaded)
    result = run("import", "person", tmp_path / "results.jsonl.gz", "--data", tmp_path / "copy", "--strict", "--json",
                 cwd=tmp_path)
    assert summary(result)["imported"] == len(urls)
    with Server(tmp_path / "copy") as copy:
        status = copy.wait(copy.submit(urls, fields=families)["batch_id"])
        assert inflate(copy.fetch(status["download_url"]).body) == inflate(downloaded)


def test_records_and_envelopes_may_be_mixed_and_both_replace(server, tmp_path, first):
    envelope = {"original_identifier": "whatever", "internal_id": first + 1,
                "data": person(first + 1, basic_profile={"name": "From an envelope"})}
    load(server, tmp_path, "-", input=text_of(person(first), person(first + 1), envelope, person(first + 2)).decode())
    after = found(server, [f"muster-{first + at}" for at in range(3)])
    assert len(after) == 3 and after[f"muster-{first + 1}"]["basic_profile"] == {"name": "From an envelope"}


# ---- together with a server and with each other ---------------------------------------------------------------------


def test_a_record_is_found_as_soon_as_the_import_has_ended(server, tmp_path, first):
    for at in range(5):
        load(server, tmp_path, "-", input=text_of(person(first + at)).decode())
        assert len(found(server, [f"muster-{first + n}" for n in range(5)])) == at + 1


def test_while_imports_run_a_batch_sees_all_of_one_or_nothing_of_it(server, tmp_path, first):
    count, versions = 100, 6  # few enough for one claim, which is one look-up
    slugs = [f"muster-{first + at}" for at in range(count)]
    for version in range(versions):
        write_lines(tmp_path / str(version), [person(first + at,
                                                     basic_profile={"name": f"Version {version}"}) for at in range(count)])
    failed = []

    def import_all():
        for version in range(versions):
            if load(server, tmp_path, str(version), check=False).returncode:
                failed.append(version)

    thread = threading.Thread(target=import_all)
    thread.start()
    seen = []
    while thread.is_alive() or not seen:
        data = found(server, slugs)
        seen.append((len(data), {value["basic_profile"]["name"] for value in data.values()}))
    thread.join()
    assert not failed
    assert {number for number, _ in seen} <= {0, count} and all(len(names) <= 1 for _, names in seen)
    assert found(server, slugs)[slugs[0]]["basic_profile"]["name"] == f"Version {versions - 1}"


def test_imports_at_the_same_time_wait_for_each_other_and_none_is_lost(server, tmp_path, first):
    processes = []
    for at in range(6):
        write_lines(tmp_path / str(at), [person(first + at * 100 + n) for n in range(100)])
        processes.append(subprocess.Popen([ENRICHD, "import", "person", str(at), "--data", str(server.data)], cwd=tmp_path,
                                          stderr=subprocess.PIPE))
    assert [(process.communicate(timeout=60), process.returncode)[1] for process in processes] == [0] * 6
    assert len(found(server, [f"muster-{first + at}" for at in range(600)])) == 600


def test_an_import_that_waits_can_be_interrupted(server, tmp_path, first):
    holder = subprocess.Popen([ENRICHD, "import", "person", "-", "--data", str(server.data)], cwd=tmp_path, stdin=subprocess.PIPE,
                              stderr=subprocess.DEVNULL)
    with holder:
        holder.stdin.write(text_of(person(first)))
        holder.stdin.flush()
        time.sleep(0.2)
        with subprocess.Popen([ENRICHD, "import", "person", "-", "--data", str(server.data)], cwd=tmp_path, stdin=subprocess.PIPE,
                              stderr=subprocess.PIPE) as waiter:
            waiter.stdin.write(text_of(person(first + 1)))
            waiter.stdin.close()
            time.sleep(0.2)
            assert waiter.poll() is None, "it did not wait"
            waiter.send_signal(signal.SIGINT)
            assert waiter.wait(timeout=10) == FAILED
        holder.stdin.close()
        assert holder.wait(timeout=30) == 0
    assert list(found(server, [f"muster-{first}", f"muster-{first + 1}"])) == [f"muster-{first}"]


def test_imports_into_a_folder_that_is_not_there_make_it(tmp_path):
    run("import", "person", "-", "--data", tmp_path / "a/b/data", input=text_of(person(1)).decode(), cwd=tmp_path)
    with Server(tmp_path / "a/b/data") as server:
        assert len(found(server, ["muster-1"])) == 1


def test_companies_are_imported_beside_people(tmp_path):
    (tmp_path / "companies").write_bytes(people("records", "--entity", "company", "--seed", 3, "--count", 200))
    result = run("import", "company", "companies", "--data", tmp_path / "data", "--strict", "--json", cwd=tmp_path)
    assert (summary(result)["entity"], summary(result)["imported"]) == ("company", 200)
    assert run("import", "person", "companies", "--data", tmp_path / "data", check=False, cwd=tmp_path).returncode == FAILED
    with Server(tmp_path / "data") as server:
        wait_until(lambda: '"companies":200' in server.log_text(), "the announcement")


def test_of_an_import_that_cannot_be_read_nothing_is_used_and_what_was_there_before_goes_on(tmp_path, first):
    """Its manifest is replaced by rename, as an import does it, by one that is cut off; then by the whole one."""
    data = tmp_path / "data"

    def publish(content):
        (tmp_path / "new").write_bytes(content)
        os.replace(tmp_path / "new", manifest)

    def logged(message):
        return f'"msg":"{message}' in server.log_text()

    run("import", "person", "-", "--data", data, input=text_of(person(first)).decode())
    manifest = data / "records/person/manifest"
    with Server(data, "--compact.period", "100ms") as server:
        assert set(found(server, [f"muster-{first}"])) == {f"muster-{first}"}
        before = manifest.read_bytes()
        publish(before[:len(before) // 2])
        assert set(found(server, [f"muster-{first}"])) == {f"muster-{first}"}
        wait_until(lambda: logged("the latest import cannot be read") and logged("records could not be compacted"), "both to be told")
        assert server.post("/person/enrich", {"professional_network_profile_urls": [f"muster-{first}"]}).json()[0]["matches"]
        assert load(server, tmp_path, "-", input=text_of(person(first + 1)).decode(), check=False).returncode == FAILED
        publish(before)
        load(server, tmp_path, "-", input=text_of(person(first + 1)).decode())
        assert len(found(server, [f"muster-{first}", f"muster-{first + 1}"])) == 2
        assert logged("jobs use the latest import again")
