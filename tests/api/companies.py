"""What the tests about companies share: invented companies of their own, and ways to ask for them."""
import json

from harness import VERSION, run, write_lines

COUNT = 1500
PAGE = "https://www.linkedin.com/company/"


def company(number, name, domain, **more):
    """A company of a few fields, for cases that the generator does not make."""
    info = {"crustdata_company_id": number, "name": name, "primary_domain": domain, **more}
    return {"crustdata_company_id": number, "basic_info": {key: value for key, value in info.items() if value is not None}}


SPECIAL = [
    company(101, "Straße & Söhne GmbH", "strasse.example", professional_network_url=PAGE + "strasse-gmbh",
            professional_network_id="555000101"),
    company(102, "Acme, Inc.", "acme-inc.example", all_domains=["acme-inc.example", "acme-two.example", "acme-three.example"]),
    company(103, "Island Trade", "island-trade.co.uk"),
    company(104, "First Page", "first-page.github.io"),
    company(105, "Second Page", "second-page.github.io"),
    company(106, "Bücher Haus", "bücher-haus.example"),
    company(107, "Twins", "twin-one.example"),
    company(108, "TWINS", "twin-two.example"),
    company(109, "株式会社サンプル", "sample-kk.example"),
    company(110, "Only A Website", None, website="https://www.only-a-website.example/home"),
]


def load(folder, generated):
    """A data folder that holds the generated companies and the special ones."""
    run("import", "company", generated, write_lines(folder / "special.jsonl", SPECIAL), "--data", folder / "data")
    return folder / "data"


def raw_records(path):
    """Id to the exact text of the line."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return {json.loads(line)["crustdata_company_id"]: line for line in lines}


def post(server, body, route="/batch/company/enrich", **options):
    return server.request("POST", route, body, {**VERSION, "Content-Type": "application/json"}, **options)


def run_job(server, **body):
    """Submits a company batch, waits, downloads: (status, lines, unresolved lines)."""
    answer = post(server, body)
    assert answer.status == 200, answer.body
    status = server.wait(answer.json()["batch_id"])
    return status, server.lines(status["download_url"]), server.lines(status["unresolved_url"])
