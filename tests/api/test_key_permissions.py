"""What a key may do: scopes, families of fields, succession; and that commands beside a running server take effect at once."""
import datetime
import json
import re

import pytest
from harness import PROFILE, run, wait_until
from test_main_job import url_of

USAGE = 2
SCOPES = ["enrich:person", "enrich:company", "batch:read", "batch:write", "account:read"]
MISSING = "00000000-0000-7000-8000-000000000000"
PERSON = {"professional_network_profile_urls": [PROFILE + "nobody-here"]}
COMPANY = {"domains": ["nobody.example"]}
# Every route that wants a key, with its scope. test_foreign_ids.py has the check that a route cannot be forgotten.
CALLS = [
    ("POST", "/person/enrich", PERSON, "enrich:person"), ("POST", "/batch/person/enrich", PERSON, "enrich:person"),
    ("POST", "/company/enrich", COMPANY, "enrich:company"), ("POST", "/batch/company/enrich", COMPANY, "enrich:company"),
    ("GET", "/batch", None, "batch:read"), ("GET", f"/batch/{MISSING}", None, "batch:read"),
    ("POST", f"/batch/{MISSING}/cancel", None, "batch:write"), ("DELETE", f"/batch/{MISSING}", None, "batch:write"),
    ("GET", "/account/credits", None, "account:read"), ("GET", "/account/endpoints", None, "account:read"),
    ("GET", "/account/usage/summary", None, "account:read")]


def call(server, method, path, body, key):
    return server.post(path, body, key=key) if method == "POST" else server.request(method, path, key=key)


def key_command(server, *arguments, check=True):
    return run("key", *arguments, "--data", server.data, check=check)


def made(server, *options, name="made"):
    """A new key: its JSON."""
    return json.loads(key_command(server, "create", name, "--json", *options).stdout)


def listed(server, key_id):
    return next(row for row in json.loads(key_command(server, "list", "--json").stdout) if row["id"] == key_id)


# ---- scopes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scope", SCOPES)
def test_a_scope_opens_its_routes_and_no_other(server, scope):
    key = made(server, "--scopes", scope)["key"]
    for method, path, body, needed in CALLS:
        answer = call(server, method, path, body, key)
        if needed == scope:
            assert answer.status in (200, 404), (path, answer.body)
            continue
        assert answer.status == 403, (method, path)
        error = answer.error()
        assert (error["type"], error["metadata"]) == ("permission_error", [{"missing_scope": needed}])
        assert needed in error["message"] and scope in error["message"]
        assert answer.headers["x-ratelimit-limit"]


def test_a_key_without_scopes_may_do_everything(server):
    for key in (made(server)["key"], made(server, "--scopes", "all")["key"], made(server, "--scopes", ",".join(SCOPES))["key"]):
        assert {call(server, *what[:3], key).status for what in CALLS} <= {200, 404}


def test_the_scope_is_checked_before_version_and_body(server):
    key = made(server, "--scopes", "batch:read")["key"]
    assert server.request("POST", "/person/enrich", b"{", {"Content-Type": "text/plain"}, key=key).status == 403
    assert server.get("/nowhere", key=key).status == 404


# ---- families of fields ---------------------------------------------------------------------------------------------


@pytest.fixture(name="narrow")
def _narrow(server):
    return made(server, "--fields", "basic_profile,skills")["key"]


def person_of(server, person, key, **more):
    answer = server.post("/person/enrich", {"professional_network_profile_urls": [url_of(person)], **more}, key=key)
    assert answer.status == 200, answer.body
    return answer.json()[0]["matches"][0]["person_data"]


def full_person(population):
    return next(person for person in population[1] if person.get("skills") and person.get("social_handles") and
                person.get("experience"))


def test_only_the_keys_families_and_the_id_are_delivered(server, population, narrow):
    person = full_person(population)
    everything = person_of(server, person, None or server.key or server.make_key(), fields=["skills"])
    assert {"social_handles", "skills", "basic_profile"} <= set(everything)
    assert set(person_of(server, person, narrow)) == {"crustdata_person_id", "basic_profile"}
    assert set(person_of(server, person, narrow, fields="skills")) == {"crustdata_person_id", "basic_profile", "skills"}
    assert person_of(server, person, narrow, fields=["skills"]) == {
        name: value for name, value in everything.items() if name in ("crustdata_person_id", "basic_profile", "skills")}


@pytest.mark.parametrize("path", ["/person/enrich", "/batch/person/enrich"])
@pytest.mark.parametrize("fields,denied", [
    (["experience"], ["experience"]), (["basic_profile.name", "social_handles", "skills"], ["social_handles"]),
    ("contact.business_emails,experience.employment_details", ["contact.business_emails", "experience.employment_details"])])
def test_other_families_are_refused_by_name(server, population, narrow, path, fields, denied):
    answer = server.post(path, {"professional_network_profile_urls": [url_of(population[1][0])], "fields": fields}, key=narrow)
    error = answer.error()
    assert (answer.status, error["type"]) == (403, "permission_error")
    assert error["message"] == "Access denied to fields: " + ", ".join(denied)
    assert error["metadata"] == [{"denied_fields": denied}]


def test_an_unknown_field_is_400_whatever_the_key(server, narrow):
    assert server.post("/person/enrich", {**PERSON, "fields": ["experience", "nonsense"]}, key=narrow).status == 400


def run_batch(server, key, urls, **more):
    answer = server.post("/batch/person/enrich", {"professional_network_profile_urls": urls, **more}, key=key)
    assert answer.status == 200, answer.body
    return server.get(f"/batch/{answer.json()['batch_id']}?wait=30", key=key).json()


def test_a_batch_has_the_families_of_its_key_also_when_the_key_changes(server, population):
    person = full_person(population)
    key = made(server, "--fields", "basic_profile,skills")
    status = run_batch(server, key["key"], [url_of(person)], fields=["skills"])
    key_command(server, "set", key["id"], "--fields", "all")
    again = server.get(f"/batch/{status['batch_id']}", key=key["key"]).json()
    for link in (status["download_url"], again["download_url"]):
        line = server.lines(link)[0]
        assert set(line["data"]) == {"crustdata_person_id", "basic_profile", "skills"}
        assert line["internal_id"] == person["crustdata_person_id"]


def test_the_files_of_a_wider_batch_of_the_account_stay_closed(server, population, narrow):
    urls = [url_of(person) for person in population[1][:3]]
    wide = run_batch(server, server.make_key(), urls, fields=["experience.employment_details"])
    answer = server.get(f"/batch/{wide['batch_id']}", key=narrow)
    assert answer.status == 403 and b"download" not in answer.body
    assert answer.error()["metadata"] == [{"denied_fields": ["social_handles", "experience"]}]
    assert wide["batch_id"] in {job["batch_id"] for job in server.get("/batch", key=narrow).json()["jobs"]}
    own = run_batch(server, narrow, urls)
    assert server.get(f"/batch/{own['batch_id']}", key=narrow).json()["download_url"]


def test_the_account_is_told_what_a_key_may_use(server):
    key = made(server, "--fields", "basic_profile", "--scopes", "enrich:person,account:read")["key"]
    rows = {row["path"]: row for row in server.get("/account/endpoints", key=key).json()["endpoints"]}
    assert rows["/person/enrich"]["status"] == rows["/batch/person/enrich"]["status"] == "enabled"
    assert rows["/company/enrich"]["status"] == rows["/batch/company/enrich"]["status"] == "disabled"
    fields = rows["/person/enrich"]["fields"]
    assert {path.split(".")[0] for path in fields["enabled"]} == {"crustdata_person_id", "basic_profile"}
    assert "experience" in fields["disabled"] and not set(fields["enabled"]) & set(fields["disabled"])
    for status, found in (("disabled", "/company/enrich"), ("enabled", "/person/enrich")):
        paths = {row["path"] for row in server.get(f"/account/endpoints?status={status}", key=key).json()["endpoints"]}
        assert paths == {found, "/batch" + found}


# ---- the command ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("option,text,said", [
    ("--scopes", "batch:reed", "batch:read"), ("--scopes", "everything", "everything"), ("--scopes", ",", "scope"),
    ("--scopes", "batch:read,all", "all"), ("--fields", "basic_profle", "basic_profile"),
    ("--fields", "basic_profile.name", "basic_profile.name"), ("--fields", "skills,,exprience", "experience"),
    ("--expires", "2020-01-01", "expires"), ("--expires", "2027-02-30", "expires"), ("--expires", "tomorrow", "expires")])
def test_a_value_that_is_none_is_refused_and_the_nearest_is_named(server, option, text, said):
    for arguments in (("create", "refused"), ("set", made(server)["id"])):
        result = key_command(server, *arguments, option, text, check=False)
        assert (result.returncode, result.stdout) == (USAGE, "") and option in result.stderr and said in result.stderr
    assert "refused" not in {row["name"] for row in json.loads(key_command(server, "list", "--json").stdout)}


@pytest.mark.parametrize("arguments", [
    ("list", "--scopes", "all"), ("revoke", "x", "--overlap", "1h"), ("create", "x", "--overlap", "1h"),
    ("rotate", "x", "--scopes", "all"), ("set", "x"), ("set", "x", "--account", "y"), ("rotate",)], ids=" ".join)
def test_options_of_another_verb_are_refused(tmp_path, arguments):
    result = run("key", *arguments, "--data", tmp_path / "data", check=False)
    assert (result.returncode, result.stdout) == (USAGE, "") and list(tmp_path.iterdir()) == []


def test_a_date_of_expiry_is_its_midnight(server):
    day = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=400)).strftime("%Y-%m-%d")
    assert made(server, "--expires", day)["expires_at"] == day + "T00:00:00.000000+00:00"
    assert made(server, "--expires", "never")["expires_at"] is None


def test_the_list_shows_scopes_fields_and_last_use(server):
    key = made(server, "--scopes", " batch:read ,enrich:person,batch:read", "--fields", "skills", name="shown")
    assert (key["scopes"], key["fields"], key["last_used_at"]) == (["batch:read", "enrich:person"], ["skills"], None)
    assert server.get("/batch", key=key["key"]).status == 200
    used = wait_until(lambda: listed(server, key["id"])["last_used_at"], "the use to be noted", deadline_s=10)
    assert key["created_at"] < used
    assert listed(server, key["id"]) == {**{name: value for name, value in key.items() if name not in ("key", "webhook_secret")}, "last_used_at": used}
    table = key_command(server, "list").stdout.splitlines()
    titles = ("ID", "STATE", "CREATED", "EXPIRES", "LAST USED", "ACCOUNT", "NAME", "BUDGET", "SCOPES", "FIELDS")
    assert re.split(r"  +", table[0]) == list(titles)
    row = next(line for line in table if key["id"] in line)
    assert used[:16] in row and re.split(r"  +", row)[-2:] == ["batch:read,enrich:person", "skills"]


def test_last_use_is_written_once_a_minute_at_most(server):
    key = made(server)
    server.get("/batch", key=key["key"])
    first = wait_until(lambda: listed(server, key["id"])["last_used_at"], "the use to be noted", deadline_s=10)
    requests = server.get("/account/usage/summary", key=key["key"]).json()["buckets"][0]["requests"]

    def is_carried():
        return server.get("/account/usage/summary", key=key["key"]).json()["buckets"][0]["requests"] > requests + 2

    wait_until(is_carried, "more uses to be stored", deadline_s=10)
    assert listed(server, key["id"])["last_used_at"] == first


def test_set_changes_what_it_names_at_once(server):
    key = made(server, "--expires", "30d")
    assert server.get("/batch", key=key["key"]).status == 200
    key_command(server, "set", key["id"], "--scopes", "account:read")
    assert server.get("/batch", key=key["key"]).status == 403
    row = json.loads(key_command(server, "set", key["id"], "--scopes", "all", "--name", "renamed", "--json").stdout)
    assert (row["name"], row["scopes"], row["expires_at"]) == ("renamed", None, key["expires_at"])
    assert server.get("/batch", key=key["key"]).status == 200
    assert key_command(server, "set", key["id"], "--expires", "never").stdout == ""
    assert listed(server, key["id"])["expires_at"] is None
    unknown = "".join("z" if c != "z" else "y" for c in key["id"])
    assert key_command(server, "set", unknown, "--name", "x", check=False).returncode == 1


# ---- rotation -------------------------------------------------------------------------------------------------------


def test_both_keys_work_until_the_overlap_is_over(server):
    old = made(server, "--account", "rotating", "--scopes", "batch:read", "--fields", "skills", name="turning")
    result = key_command(server, "rotate", old["id"], "--overlap", "1500ms")
    assert re.fullmatch(r"enr_live_[0-9A-Za-z]{36}\n", result.stdout) and old["id"] in result.stderr
    assert result.stdout.strip() not in result.stderr
    new = result.stdout.strip()
    assert server.get("/batch", key=old["key"]).status == server.get("/batch", key=new).status == 200
    row, successor = listed(server, old["id"]), listed(server, new[9:17])
    assert row["successor"] == successor["id"] and successor["successor"] is None
    assert {successor[name] == old[name] for name in ("name", "account", "scopes", "fields", "expires_at")} == {True}
    wait_until(lambda: server.get("/batch", key=old["key"]).status == 401, "the overlap to end", deadline_s=5)
    assert server.get("/batch", key=new).status == 200 and listed(server, old["id"])["state"] == "expired"


def test_the_overlap_is_a_day_and_the_new_key_lives_as_long_as_the_old_was_made_for(server):
    old = made(server, "--expires", "90d")
    new = json.loads(key_command(server, "rotate", old["id"], "--json").stdout)

    def days(row):
        created, expires = (datetime.datetime.fromisoformat(row[name]) for name in ("created_at", "expires_at"))
        return (expires - created).total_seconds() / 86400

    assert days(new) == pytest.approx(90, abs=0.001)
    assert new["replaces"] == {"id": old["id"], "expires_at": listed(server, old["id"])["expires_at"]}
    overlap = days({**new, "expires_at": new["replaces"]["expires_at"]})
    assert overlap == pytest.approx(1, abs=0.001)
    short = made(server, "--expires", "1h")
    key_command(server, "rotate", short["id"], "--overlap", "30d", "--expires", "never")
    assert listed(server, short["id"])["expires_at"] == short["expires_at"]


def test_a_successor_has_a_webhook_secret_of_its_own(server):
    old = made(server)
    new = json.loads(key_command(server, "rotate", old["id"], "--json").stdout)
    assert run("webhook", "secret", new["id"], "--data", server.data).stdout.strip() == new["webhook_secret"]
    assert new["webhook_secret"] != old["webhook_secret"]
    told = key_command(server, "rotate", new["id"])
    assert f"webhook secret {told.stdout[9:17]}" in told.stderr and "whsec_" not in told.stderr


def test_no_overlap_ends_the_old_key_at_once(server):
    old = made(server)
    assert server.get("/batch", key=old["key"]).status == 200
    new = key_command(server, "rotate", old["id"], "--overlap", "0").stdout.strip()
    assert (server.get("/batch", key=old["key"]).status, server.get("/batch", key=new).status) == (401, 200)


def test_a_key_has_one_successor_and_a_dead_one_none(server):
    old = made(server)
    new = key_command(server, "rotate", old["id"]).stdout.strip()
    again = key_command(server, "rotate", old["id"], check=False)
    assert (again.returncode, again.stdout) == (1, "") and new[9:17] in again.stderr
    key_command(server, "revoke", new[9:17])
    dead = key_command(server, "rotate", new[9:17], check=False)
    assert (dead.returncode, dead.stdout) == (1, "") and "revoked" in dead.stderr
    count = len(json.loads(key_command(server, "list", "--json").stdout))
    key_command(server, "rotate", old["id"], "--overlap=nonsense", check=False)
    assert len(json.loads(key_command(server, "list", "--json").stdout)) == count
