"""Small answers over HTTP against nginx serving a static file of the same size: 64 kept connections, one core each for the
server and for wrk, the same settings for all, the rounds taking turns."""
import os
import re
import subprocess

import server
from peers.nginx import Nginx
from result import Result, Skip
from tools import CORES, ROOT, Skipped, median, need_program, pin, say

SCRIPT = ROOT / "bench/wrk/enrich.lua"
SECONDS, ROUNDS = 3, 3


class Wrk:
    def __init__(self):
        self.command = [need_program("taskset", "util-linux"), "-c", "0", need_program("wrk", "wrk"), "-t1", "-c64"]

    def rate(self, url, *options, env=None):
        """Requests a second; no answer may be an error."""
        out = subprocess.run([*self.command, f"-d{SECONDS}s", *options, url], check=True, text=True, stdout=subprocess.PIPE,
                             env={**os.environ, **(env or {})}).stdout
        if "Non-2xx" in out or "Socket errors" in out:
            raise RuntimeError(f"{url}: {out}")
        return float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1])


def _targets(data, folder, running, client):
    """name -> (size of the answer, arguments for wrk)."""
    identifiers = data.identifiers(data.lists[0])[:1000]
    urls = folder / "one-by-one.txt"
    urls.write_text("".join(f"{identifier}\n" for identifier in identifiers), encoding="utf-8")
    sizes = []
    for identifier in identifiers[:100]:
        client.connection.request("POST", "/person/enrich", server.body_of([identifier]), client.headers())
        sizes.append(len(client.connection.getresponse().read()))
    batch = client.job(server.body_of(identifiers))["batch_id"]
    client.connection.request("GET", f"/batch/{batch}", headers=client.headers())
    status_size = len(client.connection.getresponse().read())
    headers = [word for name, value in client.headers().items() for word in ("-H", f"{name}: {value}")]
    base = f"http://{running.address}"
    return {"POST /person/enrich of one identifier": (int(median(sizes)), f"{base}/person/enrich", *headers, "-s", str(SCRIPT)),
            "GET /batch/{id}": (status_size, f"{base}/batch/{batch}", *headers)}, {"ENRICHD_BENCH_LIST": str(urls)}


def _compare(wrk, targets, env, nginx):
    ours, theirs = ({name: [] for name in targets} for _ in range(2))
    for _ in range(ROUNDS):
        for name, (size, *arguments) in targets.items():
            ours[name].append(wrk.rate(*arguments, env=env))
            theirs[name].append(wrk.rate(f"http://127.0.0.1:{nginx.port}/{size}"))
    return [Result(f"{name}, {targets[name][0]:,} bytes", "nginx, a static file of that size", median(ours[name]),
                   median(theirs[name]), "requests/s", median(ours[name]) / median(theirs[name]), 0.8, True) for name in targets]


def measure(data, folder):
    say("small answers")
    try:
        if CORES < 2:
            raise Skipped("server and wrk need a core each")
        wrk, nginx = Wrk(), Nginx()
    except Skipped as error:
        return [Skip("small answers over HTTP", str(error))]
    try:
        with server.start(data) as running:
            targets, env = _targets(data, folder, running, server.Client(running))
            nginx.open(folder, [size for size, *_ in targets.values()], os.geteuid() == 0)
            for pid in (running.process.pid, *nginx.processes()):
                pin(pid, {1})
            return _compare(wrk, targets, env, nginx)
    finally:
        nginx.close()
