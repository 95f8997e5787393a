#!/usr/bin/python3
"""The main job on sample data: what `./dev run` does after it has built.

usage: tools/demo.py [--once] [--listen HOST:PORT] [--people N]

Generates invented people, imports them, starts the server, creates a key, submits a batch of 1,000 identifiers, waits for
it, shows what came back, and goes on serving until Ctrl-C (with --once it ends there). Everything lies in .demo/.
"""
import argparse
import gzip
import json
import pathlib
import shutil
import subprocess
import sys
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
DEMO = ROOT / ".demo"
DATA = DEMO / "enrichd-data"
ENRICHD = ROOT / "build/enrichd"
PEOPLE = ROOT / "build/people"
IS_TERMINAL = sys.stdout.isatty()
HEADERS = {"Content-Type": "application/json", "x-api-version": "2025-11-01"}


def say(text):
    print(f"\033[1m==>\033[0m {text}" if IS_TERMINAL else f"==> {text}", flush=True)


def generate(count):
    people = DEMO / f"people-{count}.jsonl"
    if not people.exists():
        say(f"generating {count:,} invented people")
        with open(people.with_suffix(".tmp"), "wb") as file:
            subprocess.run([PEOPLE, "records", "--count", str(count)], stdout=file, check=True)
        people.with_suffix(".tmp").rename(people)
    asked = subprocess.run([PEOPLE, "identifiers", "--count", str(count), "--take", "1000", "--hits", "90", "--spellings", "40",
                            "--duplicates", "1", "--invalid", "1"], stdout=subprocess.PIPE, check=True, text=True)
    return people, asked.stdout.splitlines()


def start_server(listen):
    """(process, base URL). The log goes to .demo/server.log."""
    log = DEMO / "server.log"
    with open(log, "wb") as file:
        server = subprocess.Popen([ENRICHD, "serve", "--data", DATA, "--listen", listen], stderr=file)
    while server.poll() is None:
        for line in log.read_text(encoding="utf-8").splitlines():
            if '"msg":"listening"' in line:
                return server, "http://" + json.loads(line)["address"]
        time.sleep(0.02)
    sys.exit(f"the server did not start:\n{log.read_text(encoding='utf-8')}")


def call(url, key, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Authorization": f"Bearer {key}", **HEADERS})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def show_progress(status, is_last):
    counts = status["request_counts"]
    done = counts["total"] - counts["pending"]
    width = 40 * done // counts["total"]
    line = f"    {status['status']:<11}[{'#' * width}{'.' * (40 - width)}] {done:>5,} of {counts['total']:,}"
    if IS_TERMINAL:
        print("\r" + line, end="\n" if is_last else "", flush=True)
    elif is_last:
        print(line)


def run_job(base, key, identifiers):
    """The final status of a batch of the identifiers, and the seconds that it took as a client sees them."""
    start = time.monotonic()
    batch = call(f"{base}/batch/person/enrich", key, {"professional_network_profile_urls": identifiers})
    say(f"accepted as batch {batch['batch_id']}")
    while True:
        status = call(base + batch["status_url"], key)
        is_last = status["status"] in ("completed", "failed")
        show_progress(status, is_last)
        if is_last:
            return status, time.monotonic() - start
        time.sleep(0.02)


def show_results(status):
    with urllib.request.urlopen(status["download_url"]) as answer:
        packed = answer.read()
    lines = gzip.decompress(packed).decode().splitlines()
    (DEMO / "results.jsonl.gz").write_bytes(packed)
    say(f"downloaded {len(lines):,} lines ({len(packed):,} bytes gzipped) to .demo/results.jsonl.gz; the first three:")
    for line in lines[:3]:
        entry = json.loads(line)
        profile = entry["data"].get("basic_profile") or {}
        location = profile.get("location") or {}
        print(f"    {entry['original_identifier']}\n        -> {entry['internal_id']}: {profile.get('name')}, "
              f"{profile.get('current_title')}, {location.get('city')}")
    say("counts: " + ", ".join(f"{value:,} {name}" for name, value in status["request_counts"].items() if value))


def show_curl(base, key, batch_id, identifier):
    say("the same by hand:")
    print(f"""
    KEY={key}
    curl -s {base}/batch/person/enrich -H "Authorization: Bearer $KEY" -H 'x-api-version: 2025-11-01' \\
         -H 'Content-Type: application/json' -d '{json.dumps({"professional_network_profile_urls": [identifier]})}'
    curl -s {base}/batch/{batch_id} -H "Authorization: Bearer $KEY"
    curl -s "$(curl -s {base}/batch/{batch_id} -H "Authorization: Bearer $KEY" | sed 's/.*"download_url":"\\([^"]*\\)".*/\\1/')" | zcat | head -n 1
""", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--once", action="store_true", help="end after the job instead of serving on")
    parser.add_argument("--listen", default="127.0.0.1:8080", help="HOST:PORT (default %(default)s; with --once any free port)")
    parser.add_argument("--people", type=int, default=10000, help="how many people (default %(default)s)")
    options = parser.parse_args()
    if options.once and options.listen == parser.get_default("listen"):
        options.listen = "127.0.0.1:0"
    DEMO.mkdir(exist_ok=True)
    people, identifiers = generate(options.people)
    shutil.rmtree(DATA, ignore_errors=True)
    say("importing them")
    subprocess.run([ENRICHD, "import", "person", people, "--data", DATA], check=True)
    say("starting the server")
    server, base = start_server(options.listen)
    try:
        key = subprocess.run([ENRICHD, "key", "create", "demo", "--data", DATA], stdout=subprocess.PIPE, check=True,
                             text=True).stdout.strip()
        say(f"submitting a batch of {len(identifiers):,} identifiers to {base}")
        status, seconds = run_job(base, key, identifiers)
        if status["status"] != "completed":
            sys.exit(f"the batch failed: {status.get('error_message')}")
        say(f"completed in {seconds * 1000:.0f} ms")
        show_results(status)
        show_curl(base, key, status["batch_id"], identifiers[0])
        if not options.once:
            say(f"serving at {base} until Ctrl-C (log: .demo/server.log)")
            server.wait()
    except KeyboardInterrupt:
        print()
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
