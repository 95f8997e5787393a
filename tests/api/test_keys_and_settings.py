"""The commands around the server: API keys while it runs, settings and where they come from, help and mistakes."""
import json
import os
import re
import signal
import subprocess
import time

import pytest
from harness import ENRICHD, Server, run, wait_until

BATCH = "00000000-0000-7000-8000-000000000000"
USAGE, CONFIG = 2, 78
STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("keys") / "data") as running:
        yield running


def listed(server):
    """The keys, by name."""
    return {row["name"]: row for row in json.loads(run("key", "list", "--json", "--data", server.data).stdout)}


def status_with(server, key):
    return server.get(f"/batch/{BATCH}", key=key).status


# ---- keys -----------------------------------------------------------------------------------------------------------


def test_a_new_key_is_printed_alone_and_works_at_once(server):
    result = run("key", "create", "plain", "--data", server.data)
    assert re.fullmatch(r"[!-~]{20,100}\n", result.stdout)
    assert status_with(server, result.stdout.strip()) == 404


def test_keys_differ_and_none_is_shown_again(server):
    keys = [server.make_key(name=f"differ-{number}") for number in range(5)]
    assert len(set(keys)) == 5
    shown = run("key", "list", "--data", server.data).stdout + run("key", "list", "--json", "--data", server.data).stdout
    for key in keys:
        assert key not in shown and key[-20:] not in shown


def test_no_file_of_the_data_folder_holds_a_key(server):
    key = server.make_key(name="secret")
    assert status_with(server, key) == 404
    files = [path for path in server.data.parent.rglob("*") if path.is_file()]
    assert any(path.suffix == ".db" for path in files) and any(path.suffix == ".log" for path in files)
    for path in files:
        content = path.read_bytes()
        assert key.encode() not in content and key[-24:].encode() not in content, path


def test_the_list_has_what_is_known_of_a_key(server):
    run("key", "create", "listed", "--account", "Somebody Else", "--expires", "30d", "--data", server.data)
    row = listed(server)["listed"]
    assert list(row) == ["id", "name", "account", "state", "scopes", "fields", "created_at", "expires_at", "revoked_at",
                         "last_used_at", "successor", "budget"]
    assert (row["account"], row["state"], row["revoked_at"]) == ("Somebody Else", "active", None)
    assert re.fullmatch(STAMP, row["created_at"]) and re.fullmatch(STAMP,
                                                                   row["expires_at"]) and row["created_at"] < row["expires_at"]
    line = next(line for line in run("key", "list", "--data", server.data).stdout.splitlines() if "listed" in line)
    assert row["id"] in line and "active" in line and "Somebody Else" in line


def test_create_prints_json_on_demand(server):
    made = json.loads(run("key", "create", "as-json", "--json", "--data", server.data).stdout)
    assert {"id", "key", "name", "account"} <= set(made) and (made["name"], made["account"]) == ("as-json", "default")
    assert status_with(server, made["key"]) == 404 and listed(server)["as-json"]["id"] == made["id"]


def test_a_revoked_key_is_refused_at_once_and_others_are_not(server):
    key, other = server.make_key(name="to-revoke"), server.make_key(name="to-stay")
    with_connection = server.connect()
    assert server.get(f"/batch/{BATCH}", key=key, connection=with_connection).status == 404
    run("key", "revoke", listed(server)["to-revoke"]["id"], "--data", server.data)
    assert server.get(f"/batch/{BATCH}", key=key, connection=with_connection).status == 401
    with_connection.close()
    assert status_with(server, key) == 401 and status_with(server, other) == 404
    row = listed(server)["to-revoke"]
    assert row["state"] == "revoked" and re.fullmatch(STAMP, row["revoked_at"])


def test_a_revoked_key_stays_revoked(server):
    server.make_key(name="twice")
    key_id = listed(server)["twice"]["id"]
    run("key", "revoke", key_id, "--data", server.data)
    first = listed(server)["twice"]["revoked_at"]
    assert run("key", "revoke", key_id, "--data", server.data, check=False).returncode in (0, 1)
    assert listed(server)["twice"]["revoked_at"] == first


@pytest.mark.parametrize("text,code", [("nonsense-id", USAGE), ("", USAGE), ("x" * 1000, USAGE)])
def test_what_is_no_id_cannot_be_revoked(server, text, code):
    result = run("key", "revoke", text, "--data", server.data, check=False)
    assert result.returncode == code and "enrichd key" in result.stderr


def test_an_unknown_id_cannot_be_revoked(server):
    key_id = listed(server)["to-stay"]["id"] if "to-stay" in listed(server) else json.loads(
        run("key", "create", "some", "--json", "--data", server.data).stdout)["id"]
    unknown = "".join("z" if c != "z" else "y" for c in key_id)
    result = run("key", "revoke", unknown, "--data", server.data, check=False)
    assert result.returncode == 1 and unknown in result.stderr


def test_a_key_ends_when_it_expires(server):
    key = server.make_key("--expires", "1200ms", name="short")
    assert status_with(server, key) == 404
    assert listed(server)["short"]["state"] == "active"
    wait_until(lambda: status_with(server, key) == 401, "the key to expire", deadline_s=5)
    assert listed(server)["short"]["state"] == "expired"


def test_a_key_that_expires_later_works(server):
    for expires in ("1h", "30d", "3650d"):
        assert status_with(server, server.make_key("--expires", expires, name=f"later-{expires}")) == 404


@pytest.mark.parametrize("expires", ["0", "0s", "-1s", "soon", "10", "1w", "1.5h", "9999999999999999d"])
def test_an_expiry_that_is_none_is_refused(server, expires):
    result = run("key", "create", "bad-expiry", f"--expires={expires}", "--data", server.data, check=False)
    assert result.returncode == USAGE and "expires" in result.stderr and result.stdout == ""
    assert "bad-expiry" not in listed(server)


@pytest.mark.parametrize("name", ["", "x" * 101, "line\nbreak", "tab\t", "\x7f"])
def test_a_name_that_is_none_is_refused(server, name):
    for arguments in ((name,), ("fine", "--account", name)):
        result = run("key", "create", *arguments, "--data", server.data, check=False)
        assert result.returncode == USAGE and result.stdout == ""


@pytest.mark.parametrize("name", ["x" * 100, "caf\u00e9 \U0001f600", "with \"quotes\" and \\", "a,b;c", "-", "'; --"])
def test_odd_names_are_kept(server, name):
    run("key", "create", "--data", server.data, "--", name)
    assert listed(server)[name]["name"] == name


def test_keys_of_one_account_see_the_same_batches_and_others_do_not(server):
    one, two = (server.make_key("--account", "shared", name=f"shared-{number}") for number in (1, 2))
    foreign = server.make_key("--account", "foreign", name="foreign")
    batch_id = server.post("/batch/person/enrich", {"business_emails": ["nobody@acme.example"]}, key=one).json()["batch_id"]
    answers = [server.get(f"/batch/{batch_id}", key=key) for key in (one, two, foreign, server.make_key(name="default-account"))]
    assert [answer.status for answer in answers] == [200, 200, 404, 404]
    run("key", "revoke", listed(server)["shared-1"]["id"], "--data", server.data)
    assert server.get(f"/batch/{batch_id}", key=two).status == 200


def test_keys_survive_a_restart_and_are_of_their_folder_only(tmp_path):
    with Server(tmp_path / "data") as server:
        key = server.make_key()
        server.stop()
        server.start()
        assert status_with(server, key) == 404
    with Server(tmp_path / "other") as other:
        assert status_with(other, key) == 401


def test_keys_can_be_made_before_the_first_start(tmp_path):
    server = Server(tmp_path / "data")
    key = server.make_key()
    with server:
        assert status_with(server, key) == 404


def test_many_keys_can_be_made_at_once_while_requests_go_on(server):
    processes = [subprocess.Popen([ENRICHD, "key", "create", f"at-once-{number}", "--data", str(server.data)],
                                  stdout=subprocess.PIPE, text=True) for number in range(8)]
    answers = [server.post("/batch/person/enrich", {"business_emails": ["nobody@acme.example"]}).status for _ in range(5)]
    keys = [process.communicate(timeout=30)[0].strip() for process in processes]
    assert all(process.returncode == 0 for process in processes) and set(answers) <= {200, 429}
    assert [status_with(server, key) for key in keys] == [404] * 8


@pytest.mark.parametrize("arguments", [[], ["make", "x"], ["create"], ["create", "a", "b"], ["list", "x"], ["revoke"],
                                       ["revoke", "a", "b"], ["create", "x", "--acount", "y"],
                                       ["create", "x", "--json=yes"], ["create", "x", "--account"], ["list", "-j"]], ids=" ".join)
def test_a_wrong_key_command_is_exit_code_2(tmp_path, arguments):
    result = run("key", *arguments, check=False, cwd=tmp_path)
    assert result.returncode == USAGE and result.stdout == "" and "--help" in result.stderr
    assert list(tmp_path.iterdir()) == []


# ---- settings -------------------------------------------------------------------------------------------------------


def config(verb, tmp_path, *arguments, env=None, check=True):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ENRICHD_")}
    return run("config", verb, "--data", tmp_path / "data", *arguments, env={**clean, **(env or {})}, check=check)


def settings(tmp_path, *arguments, env=None):
    """Name to (value, origin)."""
    rows = {}
    for line in config("show", tmp_path, *arguments, env=env).stdout.splitlines():
        name, rest = line.split("=", 1)
        value, origin = rest.rsplit("#", 1)
        rows[name.strip()] = value.strip(), origin.strip()
    return rows


def in_file(tmp_path, text, name="data/enrichd.conf"):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def variable(name):
    return "ENRICHD_" + name.replace(".", "_").upper()


NAMES = sorted(line.split("=")[0].strip() for line in run("config", "show", "--data", "/nonexistent").stdout.splitlines())
ANOTHER = {"server.listen": "127.0.0.1:1", "server.public_url": "https://enrich.acme.example", "log.level": "debug",
           "log.format": "logfmt", "batch.chunk_size_default": "77",
           "batch.chunk_size_max": "777", "import.line_max": "5MiB", "hooks.allow_networks": "10.1.0.0/16",
           "hooks.retry_delays": "17m", "server.confine": "off",
           "import.compression": "all", "limits.identifier_bytes": "1KiB",
           "hooks.answer_head_max": "17KiB", "hooks.answer_body_max": "17KiB"}
UNITS = {"s": "17s", "m": "17m", "d": "17d", "h": "17h", "KiB": "128KiB", "MiB": "17MiB", "GiB": "2GiB"}


def another_value(name, default):
    """A value of the same form that differs from the default."""
    unit = re.fullmatch(r"\d+([A-Za-z]*)", default)
    return ANOTHER.get(name) or UNITS.get(unit[1] if unit else "", "17")


def test_the_defaults_are_the_contracts(tmp_path):
    expected = {"server.body_max": "8MiB", "batch.identifiers_max": "10000", "batch.chunk_size_default": "100",
                "batch.chunk_size_min": "10", "batch.chunk_size_max": "1000",
                "batch.active_max": "5", "batch.retention": "5d", "batch.link_validity": "5d",
                "limits.requests_per_minute": "60000", "server.listen": "127.0.0.1:8080",
                "hooks.retry_delays": "5s,5m,30m,2h,5h,10h,14h,20h,24h", "hooks.connect_timeout": "5s", "hooks.timeout": "15s"}
    rows = settings(tmp_path)
    assert {name: rows[name] for name in expected} == {name: (value, "default") for name, value in expected.items()}
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("tls.")])  # those are set both or neither
def test_each_setting_comes_from_file_environment_and_command_line_the_later_winning(tmp_path, name):
    default, origin = settings(tmp_path)[name]
    assert origin == "default"
    value = another_value(name, default)
    section, key = name.split(".")
    path = in_file(tmp_path, f"# a comment\n\n[{section}]\n  {key} = {value}  \n")
    assert settings(tmp_path)[name] == (value, f"{path}:4")
    assert settings(tmp_path, env={variable(name): value})[name] == (value, "environment")
    assert settings(tmp_path, f"--{name}", value, env={variable(name): value})[name] == (value, "command line")
    assert settings(tmp_path, f"--{name}={value}")[name] == (value, "command line")
    changed = [row for row, (_, origin) in settings(tmp_path).items() if origin != "default"]
    assert changed == [name]


def test_a_file_may_be_named_and_then_that_of_the_folder_is_not_read(tmp_path):
    in_file(tmp_path, "[server]\nthreads = 7\n")
    path = in_file(tmp_path, "[jobs]\nworkers = 9\n", "other.conf")
    rows = settings(tmp_path, "--config", path)
    assert rows["jobs.workers"] == ("9", f"{path}:2") and rows["server.threads"] == ("0", "default")


def test_lists_are_lines_of_the_file_commas_elsewhere_and_options_that_may_be_repeated(tmp_path):
    name = "hooks.allow_networks"
    path = in_file(tmp_path, "[hooks]\nallow_networks = 10.0.0.0/8, 10.0.0.1\nallow_networks = fd00::/8\n")
    assert settings(tmp_path)[name] == ("10.0.0.0/8,10.0.0.1,fd00::/8", f"{path}:3")
    assert settings(tmp_path, env={variable(name): "::1, 127.0.0.1"})[name] == ("::1,127.0.0.1", "environment")
    rows = settings(tmp_path, "--allow-webhook-network", "127.0.0.0/8", "--allow-webhook-network=::1", "--allow-webhook-host", "a",
                    "--hooks.allow_networks", "10.1.0.0/16")
    assert rows[name] == ("10.1.0.0/16,127.0.0.0/8,::1", "command line") and rows["hooks.allow_hosts"] == ("a", "command line")


@pytest.mark.parametrize("text", ["10", "10.0.0.1/8", "10.0.0.0/33", "localhost", "fd00::/129", "10.0.0.0/8;x"])
def test_what_is_no_network_is_refused(tmp_path, text):
    result = config("check", tmp_path, "--allow-webhook-network", text, check=False)
    assert result.returncode == CONFIG and "hooks.allow_networks" in result.stderr and text in result.stderr


@pytest.mark.parametrize("text", ["5", "5s,x", "1s,-1s", "31d"])
def test_delays_of_retries_are_durations(tmp_path, text):
    result = config("check", tmp_path, "--hooks.retry_delays", text, check=False)
    assert result.returncode == CONFIG and "hooks.retry_delays" in result.stderr


def test_listen_is_short_for_server_listen(tmp_path):
    assert settings(tmp_path, "--listen", "127.0.0.1:7")["server.listen"] == ("127.0.0.1:7", "command line")


def test_a_file_may_have_crlf_comments_and_sections_in_any_order(tmp_path):
    in_file(tmp_path, "[log]\r\nlevel = warn\r\n# x\r\n  [ server ]\r\nthreads=3\r\n\r\n[log]\r\nformat = json\r\n")
    rows = settings(tmp_path)
    assert (rows["log.level"][0], rows["server.threads"][0], rows["log.format"][0]) == ("warn", "3", "json")


BAD_FILES = {
    "an unknown section": ("[servers]\nthreads = 1\n", 1, "server"), "an unknown key": ("[server]\n\nthread = 1\n", 3, "threads"),
    "a key of another section": ("[log]\nthreads = 1\n", 2, "threads"),
    "no section": ("threads = 1\n", 1, "section"), "no equals sign": ("[server]\nthreads 1\n", 2, "key = value"),
    "an open section": ("[server\nthreads = 1\n", 1, "name"),
    "a key twice": ("[server]\nthreads = 1\nthreads = 2\n", 3, "line 2"),
    "a word for a number": ("[server]\nthreads = many\n", 2, "many"),
    "a number out of range": ("[server]\nthreads = 257\n", 2, "256"), "a negative number": ("[server]\nthreads = -1\n", 2, "-1"),
    "a fraction": ("[server]\nthreads = 1.5\n", 2, "1.5"),
    "no value": ("[server]\nthreads =\n", 2, "threads"), "a duration without unit": ("[batch]\nretention = 5\n", 2, "5d"),
    "an unknown unit": ("[batch]\nretention = 5w\n", 2, "5w"),
    "a size with a wrong unit": ("[server]\nbody_max = 8MB\n", 2, "8MB"),
    "a size out of range": ("[server]\nbody_max = 1B\n", 2, "1KiB"),
    "a word that is no choice": ("[log]\nlevel = loud\n", 2, "debug"),
    "rubbish": ("\x01\x02\n", 1, ""),
}


@pytest.mark.parametrize("command", ["check", "show", "serve"])
@pytest.mark.parametrize("name", BAD_FILES)
def test_a_wrong_file_is_exit_code_78_with_file_and_line(tmp_path, name, command):
    text, line, word = BAD_FILES[name]
    path = in_file(tmp_path, text)
    if command == "serve":
        result = run("serve", "--data", tmp_path / "data", "--listen", "127.0.0.1:0", check=False)
        assert list((tmp_path / "data").iterdir()) == [path], "it began to serve"
    else:
        result = config(command, tmp_path, check=False)
    assert result.returncode == CONFIG and result.stdout == ""
    assert f"{path}:{line}:" in result.stderr and word in result.stderr


@pytest.mark.parametrize("name,value,word", [
    ("ENRICHD_SERVER_THREADS", "many", "many"), ("ENRICHD_SERVER_THREADS", "", "ENRICHD_SERVER_THREADS"),
    ("ENRICHD_SERVER_THREAD", "1", "ENRICHD_SERVER_THREAD"),
    ("ENRICHD_BATCH_RETENTION", "5", "5d"), ("ENRICHD_LOG_LEVEL", "INFO", "info"), ("ENRICHD_SERVER_BODY_MAX", "2TiB", "2TiB"),
    ("ENRICHD_LOG_", "x", "ENRICHD_LOG_"),
    ("ENRICHD_LIMITS_REQUESTS_PER_MINUTE", "0", "1"), ("ENRICHD_BATCH_CHUNK_SIZE_DEFAULT", "5", "chunk_size_min")])
def test_a_wrong_variable_is_exit_code_78_and_named(tmp_path, name, value, word):
    result = config("check", tmp_path, env={name: value}, check=False)
    assert result.returncode == CONFIG and word in result.stderr and result.stdout == ""
    assert run("serve", "--data", tmp_path / "data", "--listen", "127.0.0.1:0", env={**os.environ, name: value},
               check=False).returncode == CONFIG
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("name", ["ENRICHD", "ENRICHD_", "ENRICHD_X", "ENRICHD_HOME", "XENRICHD_SERVER_THREADS",
                                  "enrichd_server_threads", "SERVER_THREADS"])
def test_variables_of_others_are_left_alone(tmp_path, name):
    assert config("check", tmp_path, env={name: "nonsense"}).returncode == 0


@pytest.mark.parametrize("arguments,code,word", [
    (["--server.threads", "many"], CONFIG, "--server.threads"), (["--server.threads=257"], CONFIG, "256"),
    (["--batch.retention", "0"], CONFIG, "--batch.retention"),
    (["--server.thread", "1"], USAGE, "did you mean --server.threads"), (["--thread", "1"], USAGE, "--thread"),
    (["--server.threads"], USAGE, "--server.threads"),
    (["-t", "1"], USAGE, "-t"), (["--config", "/nonexistent/x.conf"], CONFIG, "/nonexistent/x.conf"),
    (["--config", "/usr"], CONFIG, "/usr"),
    (["--batch.chunk_size_min", "200"], CONFIG, "chunk_size_default"),
    (["--batch.chunk_size_max", "50"], CONFIG, "chunk_size_default")],
                         ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_a_wrong_option_is_told_apart_from_a_wrong_setting(tmp_path, arguments, code, word):
    result = config("check", tmp_path, *arguments, check=False)
    assert result.returncode == code and word in result.stderr and result.stdout == ""


def test_check_is_silent_when_all_is_well(tmp_path):
    in_file(tmp_path, "[server]\nthreads = 2\n")
    result = config("check", tmp_path, env={"ENRICHD_LOG_LEVEL": "warn"})
    assert (result.stdout, result.stderr) == ("", "")


def test_what_show_prints_can_be_read_again(tmp_path):
    shown = settings(tmp_path, env={"ENRICHD_SERVER_PUBLIC_URL": "https://enrich.acme.example", "ENRICHD_BATCH_RETENTION": "3d",
                                    "ENRICHD_SERVER_BODY_MAX": "3MiB"})
    text = "".join(f"[{name.split('.')[0]}]\n{name.split('.')[1]} = {value}\n" for name, (value, _) in shown.items() if value)
    in_file(tmp_path, text)
    assert {name: value for name, (value, _) in settings(tmp_path).items()} == {name: value for name, (value, _) in shown.items()}


# ---- what settings do -----------------------------------------------------------------------------------------------


def test_the_settings_of_a_server_come_from_its_file_unless_the_environment_says_otherwise(tmp_path):
    in_file(tmp_path, "[batch]\nidentifiers_max = 2\nchunk_size_max = 150\n")
    with Server(tmp_path / "data", env={"ENRICHD_BATCH_CHUNK_SIZE_MAX": "120"}) as server:
        def submit(count, chunk_size):
            return server.post("/batch/person/enrich", {"business_emails": ["x"] * count, "chunk_size": chunk_size}).status
        assert [submit(2, 120), submit(3, 120), submit(2, 121)] == [200, 400, 400]


def test_the_log_has_the_configured_level_and_format(tmp_path):
    with Server(tmp_path / "data", "--log.format", "json") as server:
        server.wait(server.submit(emails=["nobody@acme.example"])["batch_id"])
        key = server.key
        server.stop()
        lines = [json.loads(line) for line in server.log_text().splitlines()]
    assert {"listening", "batch completed", "stopped"} <= {line["msg"] for line in lines}
    assert all({"ts", "level", "msg"} <= set(line) and re.fullmatch(STAMP, line["ts"]) for line in lines)
    assert key not in server.log_text()


def test_an_address_that_is_taken_or_none_ends_the_start_with_a_message(server, tmp_path):
    for address, word in ((server.address, server.address), ("nonsense", "nonsense"), ("127.0.0.1", "127.0.0.1"),
                          ("127.0.0.1:99999", "99999"), ("192.0.2.1:80", "192.0.2.1")):
        result = run("serve", "--data", tmp_path / "data", "--listen", address, check=False)
        assert result.returncode in (1, CONFIG) and word in result.stderr, address


def test_a_data_folder_that_cannot_be_made_ends_the_start_with_a_message(tmp_path):
    (tmp_path / "file").write_text("x")
    for arguments in (("serve", "--listen", "127.0.0.1:0"), ("key", "create", "x"), ("key", "list")):
        result = run(*arguments, "--data", tmp_path / "file/data", check=False)
        assert result.returncode in (1, CONFIG) and "file/data" in result.stderr, arguments
    assert (tmp_path / "file").read_text() == "x"


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_server_with_exit_code_0_soon(tmp_path, how):
    server = Server(tmp_path / "data").start()
    begin = time.monotonic()
    assert server.stop(how) == 0
    assert time.monotonic() - begin < 5
    server.log.close()


# ---- help and mistakes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["serve", "import", "key", "config"])
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_goes_to_standard_output_and_names_all_options(command, option):
    result = run(command, option)
    assert result.stderr == "" and result.stdout.startswith(f"usage: enrichd {command} ")
    assert "--data DIR" in result.stdout and "--help" in result.stdout
    assert max(len(line) for line in result.stdout.splitlines()) <= 110
    if command in ("serve", "config"):
        assert all(f"--{name} " in result.stdout for name in NAMES)


def test_help_lists_the_commands():
    texts = {run(word).stdout for word in ("--help", "-h", "help")}
    assert len(texts) == 1
    assert all(f"\n  {command} " in (text := texts.copy().pop()) and "usage:" in text for command in ("serve", "import", "key",
                                                                                                      "config"))


def test_version_is_one_line():
    assert re.fullmatch(r"enrichd \d+\.\d+\.\d+\S*\n", run("--version").stdout)
    assert run("version").stdout == run("--version").stdout


def test_without_a_command_the_help_is_exit_code_2():
    result = run(check=False)
    assert result.returncode == USAGE and result.stdout == "" and "usage:" in result.stderr


@pytest.mark.parametrize("word,meant", [("serv", "serve"), ("improt", "import"), ("keys", "key"), ("confg", "config"),
                                        ("enrich", ""), ("--data", ""), ("SERVE", ""), ("", "usage")])
def test_a_mistyped_command_is_exit_code_2_with_the_one_that_was_meant(word, meant):
    result = run(word, check=False)
    assert result.returncode == USAGE and result.stdout == ""
    assert meant in result.stderr and ("did you mean" in result.stderr) == (meant not in ("", "usage"))


@pytest.mark.parametrize("arguments", [["serve", "x"], ["serve", "--port", "1"], ["serve", "--data"], ["config"],
                                       ["config", "set"], ["config", "show", "x"], ["serve", "--listen"],
                                       ["serve", "--listen", ""]], ids=" ".join)
def test_a_wrong_command_line_is_exit_code_2_with_a_hint(tmp_path, arguments):
    result = run(*arguments, check=False, cwd=tmp_path)
    assert result.returncode == USAGE and result.stdout == "" and "--help" in result.stderr
    assert list(tmp_path.iterdir()) == []
