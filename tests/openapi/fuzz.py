#!/usr/bin/python3
"""Requests made by chance out of the description: valid ones and broken ones, on every route.

usage: fuzz.py [--seed N] [--requests N] [--base URL --key KEY]

Without --base a server of its own runs in a temporary folder ($ENRICHD, default build/enrichd). It is a failure when

    an answer is not as described (status, headers, body), or is 500
    a body that fits its schema is refused, or one that does not is accepted
    the server does not answer, or is not alive at the end

The same seed makes the same requests. Ends with the number of requests and failures; exit code 1 if there are any.
"""
import argparse
import collections
import http.client
import json
import pathlib
import random
import re
import socket
import sys
import tempfile
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests/api")]

import openapi_json  # noqa: E402
import recorder  # noqa: E402
import values  # noqa: E402
from description import Description  # noqa: E402

TIMEOUT_S = 30
SHOWN = 20
# What libmicrohttpd answers by itself, without a content type, to what it cannot read.
TRANSPORT_REFUSALS = {400, 413, 414, 431, 505}
METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW", "get"]


class Fuzzer:
    def __init__(self, base, key, seed):
        self.host, _, port = urllib.parse.urlsplit(base).netloc.rpartition(":")
        self.port = int(port)
        self.key = key
        self.chance = random.Random(seed)
        self.description = Description()
        self.valid = values.Valid(self.description.resolve, self.chance)
        self.operations = sorted(self.description.operations)
        self.batch_ids = ["019aa3f2-7c1e-7b4a-9c55-0d2f6a81e3b7"]
        self.links = []
        self.statuses = collections.Counter()
        self.failures = collections.defaultdict(list)

    # ---- making a request -----------------------------------------------------------------------------------------

    def likely(self, share):
        return self.chance.random() < share

    def operation(self, method, path):
        return self.description.operations[method, path]

    def parameters(self, method, path):
        item = self.description.document["paths"][path]
        return [self.description.resolve(one)
                for one in self.operation(method, path).get("parameters", []) + item.get("parameters", [])]

    def path_value(self, name):
        if name == "batch_id" and self.likely(0.8):
            return self.chance.choice(self.batch_ids)
        if name == "file" and self.likely(0.7):
            return self.chance.choice(["results.jsonl.gz", "part-000.jsonl.gz", "part-001.jsonl.gz", "unresolved.jsonl.gz"])
        text = self.chance.choice(values.ODD_TEXTS + [self.batch_ids[0].upper(), self.batch_ids[0] + "x", ".", "..", "%2e%2e"])
        return urllib.parse.quote(text[:4000].encode("utf-8", "surrogatepass"), safe="%")

    def query(self, parameters):
        pairs = []
        for one in parameters:
            if one["in"] != "query" or not self.likely(0.5):
                continue
            value = self.valid.of(one["schema"]) if self.likely(0.6) else values.anything(self.chance)
            if isinstance(value, list):
                value = ",".join(map(str, value))
            elif not isinstance(value, str):
                value = json.dumps(value)
            pairs += [(one["name"], value[:4000])] * self.chance.choice([1, 1, 1, 1, 2])
        if self.likely(0.05):
            pairs.append(("extra", "1"))
        text = "&".join(name + "=" + urllib.parse.quote(value.encode("utf-8", "surrogatepass"), safe=",:")
                        for name, value in pairs)
        if self.likely(0.03):
            text += self.chance.choice(["&", "&&", "=", "&=", "%", "&%zz=1", "?", "#", "&limit", "+"])
        # A wait of a minute would only be slow.
        return re.sub(r"\bwait=([2-9]|[1-5][0-9]|60)(?=&|$)", "wait=1", text)

    def target(self, method, path):
        if path.startswith("/files/") and self.links and self.likely(0.6):
            link = self.chance.choice(self.links)
            return link if self.likely(0.7) else link[:self.chance.randrange(len(link) // 2, len(link))]
        query = self.query(self.parameters(method, path)) if (method, path) in self.description.operations else ""
        for name in ("batch_id", "file"):
            if "{" + name + "}" in path:
                path = path.replace("{" + name + "}", self.path_value(name))
        return path + ("?" + query if query else "")

    def headers(self, parameters, has_body):
        headers = {}
        for one in parameters:
            if one["in"] == "header" and (one.get("required") or self.likely(0.15)):
                headers[one["name"]] = self.header_value(one["name"])
        if has_body:
            headers["Content-Type"] = self.chance.choice(["application/json"] * 15 + [
                "application/json; charset=utf-8", "Application/JSON", "application/json;x", "text/plain", "", "application/xml",
                "application/jsonx", "*/*", "application/x-www-form-urlencoded"])
        scheme = self.chance.choice(["Bearer"] * 20 + ["Token"] * 3 + ["bearer", "Basic", ""])
        key = self.key if self.likely(0.97) else self.chance.choice(["", "x", self.key[:-1], self.key + "x"])
        headers["Authorization"] = f"{scheme} {key}"
        if self.likely(0.02):
            del headers["Authorization"]
        return headers

    def header_value(self, name):
        fitting = {
            "x-api-version": ["2025-11-01"] * 20 + ["2024-01-01", "", "latest", "2025-11-01 ", "2025-11-01,2025-11-01"],
            "Idempotency-Key": ["a", "b", "c", "x" * 255, "x" * 256, "", "\xe9", "a b"],
            "Range": ["bytes=0-0", "bytes=5-", "bytes=-7", "bytes=9-2", "bytes=999999999-", "bytes=-0", "bytes=", "lines=1-2",
                      "bytes=0-1,3-4", "bytes=18446744073709551616-", "x"],
            "If-None-Match": ["*", '"x"', 'W/"x"', '"x", "y"', "x", '"', ","],
            "If-Range": ['"x"', "x", "Wed, 21 Oct 2015 07:28:00 GMT"],
            "X-Request-Id": ["abc", "x" * 64, "x" * 300, "a b", "\x7f", "<x>", "ü".encode().decode("latin-1")],
        }
        return self.chance.choice(fitting[name])

    def body(self, operation):
        """(bytes or None, whether it fits the schema: True, False, or None for cannot be said)."""
        content = self.description.resolve(operation.get("requestBody", {})).get("content", {})
        if not content:
            return (None, None) if self.likely(0.7) else (b"{}", None)
        schema = content["application/json"]["schema"]
        value = self.valid.of(schema)
        if self.likely(0.55):
            value = values.mutated(value, self.chance)
        text = json.dumps(value, ensure_ascii=self.likely(0.5)).encode("utf-8", "surrogatepass")
        if self.likely(0.15):
            return values.broken_text(text, self.chance), None
        try:
            parsed = json.loads(text)
            text.decode("utf-8")
            json.dumps(parsed, ensure_ascii=False).encode("utf-8")
        except ValueError:
            return text, None
        fits = self.description.validator(schema).is_valid(parsed)
        # What a schema cannot say: a host may be forbidden to webhooks; in one string of fields each name must be known;
        # 10.0 is an integer to JSON Schema, but not to everybody.
        has_whole_float = re.search(rb"[0-9]\.0*[,\]}]|[0-9]e\+?[0-9]", text)
        if fits and ("webhook_url" in parsed or isinstance(parsed.get("fields"), str) or has_whole_float):
            fits = None
        return text, fits

    # ---- sending it -----------------------------------------------------------------------------------------------

    def exchange(self, method, target, body=None, headers=None):
        """What came back, as recorder.py writes it."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=TIMEOUT_S)
        try:
            connection.putrequest(method, target, skip_accept_encoding=True)
            for name, value in (headers or {}).items():
                connection.putheader(name, value.encode("latin-1", "replace"))
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            try:
                connection.endheaders(body)
            except (BrokenPipeError, ConnectionResetError):
                pass  # refused before all of the body was read; the answer says why
            response = connection.getresponse()
            return self.note(method, target, response)
        finally:
            connection.close()

    def note(self, method, target, response):
        content = response.read()
        headers = {name.lower(): value for name, value in response.getheaders()}
        if target is not None:
            recorder.record(method, target, response.status, headers, content)
        is_json = headers.get("content-type", "").startswith("application/json")
        return {"method": method, "path": target, "status": response.status, "headers": headers,
                "body": content.decode("utf-8", "surrogateescape") if is_json else None, "body_bytes": len(content)}

    def raw(self, data, is_whole):
        """Bytes straight to the socket; the exchange, or None if the server just closed, or still waits for more of it."""
        with socket.create_connection((self.host, self.port), timeout=TIMEOUT_S if is_whole else 1) as connection:
            try:
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
                response = http.client.HTTPResponse(connection, method="GET")
                response.begin()
                return self.note(None, None, response)
            except (http.client.BadStatusLine, ConnectionError):
                return None
            except TimeoutError:
                if is_whole:
                    raise
                return None

    def fail(self, what, request, detail=""):
        self.failures[what].append(f"{request}\n      {detail}"[:1500])

    def learn(self, exchange):
        """Ids and links out of good answers, for later requests."""
        if exchange["status"] != 200 or not exchange["body"]:
            return
        value = json.loads(exchange["body"])
        if isinstance(value, dict) and "batch_id" in value:
            self.batch_ids = (self.batch_ids + [value["batch_id"]])[-20:]
            for name in ("download_url", "unresolved_url"):
                if name in value:
                    self.links = (self.links + ["/files/" + value[name].split("/files/", 1)[1]])[-20:]

    def judge(self, exchange, request, fits=None):
        self.statuses[exchange["status"]] += 1
        for problem in self.description.problems(exchange):
            self.fail(f"{exchange['status']}: {problem}", request, exchange["body"] or "")
        if exchange["status"] == 500:
            self.fail("500", request, exchange["body"] or "")
        if fits is False and exchange["status"] < 300:
            self.fail("accepted what does not fit the schema", request, exchange["body"] or "")
        if fits is True and exchange["status"] == 400:
            self.fail("refused what fits the schema", request, exchange["body"] or "")
        if exchange["status"] < 500:
            self.learn(exchange)
        if exchange["status"] == 429:
            time.sleep(min(5, int(exchange["headers"].get("retry-after", "1"))))

    # ---- kinds of request -----------------------------------------------------------------------------------------

    def described(self):
        method, path = self.chance.choice(self.operations)
        if method == "DELETE" and self.likely(0.8):  # or there would soon be nothing left to ask for
            return
        operation = self.operation(method, path)
        body, fits = self.body(operation)
        headers = self.headers(self.parameters(method, path), body is not None)
        target = self.target(method, path)
        is_plain = (headers.get("x-api-version", "2025-11-01") == "2025-11-01" and "Idempotency-Key" not in headers
                    and headers.get("Content-Type", "").startswith("application/json") and method == "POST"
                    and path == target)
        request = f"{method} {target[:300]} {headers} {(body or b'')[:400]}"
        self.judge(self.exchange(method, target, body, headers), request, fits if is_plain else None)

    def undescribed(self):
        """A method or a path that is not there."""
        method, path = self.chance.choice(METHODS), self.chance.choice(self.operations)[1]
        target = self.target(method, path)
        if self.likely(0.5):
            target = self.chance.choice([
                target + "/", target + "x", "/" + target, target.upper(), "/", "/../" + target, "*", "/%2e", "/" + "x" * 3000,
                "/%7f", "/batch%2fx", "/batch/%00", "/;/", "//", "/?", "/batch;x"])
        headers = self.headers([], False)
        if not target.startswith("/"):
            return
        self.judge(self.exchange(method, target, None, headers), f"{method} {target[:300]} {headers}")

    def malformed(self):
        """Something that is no request, or whose end cannot be told."""
        key, host = f"Authorization: Bearer {self.key}\r\n", f"Host: {self.host}\r\n"
        head = f"POST /batch/person/enrich HTTP/1.1\r\n{host}{key}x-api-version: 2025-11-01\r\n"
        whole = [
            head + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}}",
            head + "Content-Length: -1\r\n\r\n{}",
            head + "Content-Length: 2x\r\n\r\n{}",
            head + "Content-Length: 99999999999999999999999\r\n\r\n{}",
            head + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
            head + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}x\r\n0\r\n\r\n",
            head + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            head + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
            head + "Content-Length : 2\r\n\r\n{}",
            head + " folded: x\r\n\r\n",
            head + "No-Colon\r\n\r\n",
            head + "Nul: a\0b\r\n\r\n",
            head + "Bare: a\rb\r\n\r\n",
            head.replace(host, host * 2) + "\r\n",
            head.replace(host, "") + "\r\n",
            head.replace(host, "Host: a b\r\n") + "\r\n",
            head.replace(key, key * 2) + "Content-Length: 2\r\n\r\n{}",
            head + "Long: " + "x" * 400000 + "\r\n\r\n",
            head + "".join(f"H{n}: x\r\n" for n in range(3000)) + "\r\n",
            "GET /" + "x" * 400000 + f" HTTP/1.1\r\n{host}{key}\r\n",
            f"GET /healthz HTTP/1.0\r\n{key}\r\n",
            f"GET /healthz HTTP/3.0\r\n{host}\r\n",
            f"GET http://other.example/healthz HTTP/1.1\r\n{host}\r\n",
            f"GET  /healthz  HTTP/1.1\r\n{host}\r\n",
        ]
        cut = [f"GET /healthz\r\n{host}\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\r\n\r\n\r\n", "\0\0\0",
               "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03", head, head + "Content-Length: 9\r\n\r\n{"]
        is_whole = self.likely(0.8)
        data = self.chance.choice(whole if is_whole else cut)
        exchange = self.raw(data.encode("latin-1"), is_whole)
        if exchange is None or (exchange["status"] in TRANSPORT_REFUSALS and "content-type" not in exchange["headers"]):
            self.statuses["closed" if exchange is None else exchange["status"]] += 1
            return
        method, path = data.split()[:2]
        exchange.update(method=method, path=path)
        self.judge(exchange, repr(data[:300]))

    def run(self, count):
        kinds = [self.described] * 16 + [self.undescribed] * 3 + [self.malformed]
        for number in range(count):
            kind = self.chance.choice(kinds)
            try:
                kind()
            except OSError as error:
                self.fail(f"no answer: {error!r}", f"request {number} ({kind.__name__})")
                if not self.is_alive():
                    break
            except http.client.HTTPException as error:
                self.fail(f"an answer that is no HTTP: {error!r}"[:200], f"request {number} ({kind.__name__})")
        if not self.is_alive():
            self.fail("the server is not alive at the end", f"after {count} requests")

    def is_alive(self):
        try:
            health = self.exchange("GET", "/healthz")
            job = self.exchange("POST", "/batch/person/enrich", b'{"business_emails":"a@larkspur-systems.example"}',
                                {"Authorization": f"Bearer {self.key}", "x-api-version": "2025-11-01"})
            return health["status"] == 200 and job["status"] in (200, 429)
        except (OSError, http.client.HTTPException):
            return False

    def report(self):
        for what, places in sorted(self.failures.items(), key=lambda item: -len(item[1]))[:SHOWN]:
            print(f"{len(places)} times: {what}\n    e.g. {places[0]}")
        counts = ", ".join(f"{count} {status}" for status, count in sorted(self.statuses.items(), key=str))
        print(f"{sum(self.statuses.values())} requests ({counts}), {sum(map(len, self.failures.values()))} failures")
        return 1 if self.failures else 0


def run_with_own_server(options):
    from harness import Server, identifiers, people, run
    with tempfile.TemporaryDirectory() as folder:
        data = pathlib.Path(folder) / "data"
        for entity, kinds in (("person", ["url", "email"]), ("company", ["domain", "name", "url", "id"])):
            population = ["--entity", entity, "--seed", 7, "--count", 200]
            records = pathlib.Path(folder) / entity
            records.write_bytes(people("records", *population))
            run("import", entity, records, "--data", data)
            for kind in kinds:
                values.IDENTIFIERS += identifiers(*population, "--kind", kind, "--take", 5)
        with Server(data, env={"ENRICHD_BATCH_ACTIVE_MAX": "1000", "ENRICHD_LIMITS_REQUESTS_PER_MINUTE": "1000000"}) as server:
            return fuzz(f"http://{server.address}", server.make_key(), options)


def fuzz(base, key, options):
    fuzzer = Fuzzer(base, key, options.seed)
    fuzzer.run(options.requests)
    return fuzzer.report()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1, help="default %(default)s")
    parser.add_argument("--requests", type=int, default=3000, metavar="N", help="default %(default)s")
    parser.add_argument("--base", metavar="URL", help="http://HOST:PORT of a running server")
    parser.add_argument("--key", help="an API key of it")
    options = parser.parse_args()
    if bool(options.base) != bool(options.key):
        parser.error("--base and --key go together")
    return fuzz(options.base, options.key, options) if options.base else run_with_own_server(options)


if __name__ == "__main__":
    sys.exit(main())
