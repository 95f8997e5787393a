"""A job that takes as long as a test wants: one record of 8 MB, asked for under tens of thousands of spellings.

The record is text that compresses well, so that the work is in memory and hardly anything goes to disk. A job of it runs
for many seconds unless it is cancelled; tests that start one cancel or delete it.
"""
import json

from harness import PROFILE, VERSION, Server, run, wait_until, write_lines

FAT = "https://www.linkedin.com/in/fat-person"
SUMMARY_BYTES = 8_000_000
COUNT = 40_000
ENVIRONMENT = {"ENRICHD_BATCH_IDENTIFIERS_MAX": str(COUNT)}
JSON = {**VERSION, "Content-Type": "application/json"}


def person(number, slug, **profile):
    return {"crustdata_person_id": number, "basic_profile": profile,
            "social_handles": {"professional_network_identifier": {"profile_url": PROFILE + slug}}}


def make_data(folder, thin=0, summary_bytes=SUMMARY_BYTES):
    """A data folder with the fat person, and `thin` others of a few bytes; for LongServer."""
    text = "Invented prose that repeats itself. " * (summary_bytes // 36)
    people = [person(1, "fat-person", name="Fat Person", summary=text)]
    people += [person(number + 2, f"thin-person-{number}", name="Thin Person") for number in range(thin)]
    run("import", "person", write_lines(folder / "fat.jsonl", people), "--data", folder / "data")
    (folder / "fat.jsonl").unlink()
    return folder / "data"


def spellings(count=COUNT, hits=10):
    """Of each ten identifiers, the first `hits` are spellings of the fat person, the others people that nobody knows."""
    return [f"{FAT}?n={n}" if n % 10 < hits else f"{PROFILE}nobody-{n}" for n in range(count)]


BODIES = {}


def body(hits):
    """A submission's body, made once."""
    if hits not in BODIES:
        BODIES[hits] = json.dumps({"professional_network_profile_urls": spellings(hits=hits), "chunk_size": 10}).encode()
    return BODIES[hits]


class LongServer(Server):
    """A server over make_data(), with few workers, on which submit_long() keeps them busy."""

    def __init__(self, data, *options, workers=1, env=None):
        super().__init__(data, *options, env={**ENVIRONMENT, "ENRICHD_JOBS_WORKERS": str(workers), **(env or {})})

    def submit_long(self, hits=10, headers=None, **options):
        """The answer to a submission, whatever it is."""
        return self.request("POST", "/batch/person/enrich", body(hits), {**JSON, **(headers or {})}, **options)

    def start_long(self, hits=10, **options):
        """The id of a long batch that was accepted."""
        answer = self.submit_long(hits, **options)
        assert answer.status == 200, answer.body
        return answer.json()["batch_id"]

    def start_running(self, hits=10, results=1):
        """The id of a long batch that has so many results and is not final."""
        batch_id = self.start_long(hits)
        wait_until(lambda: self.status(batch_id)["result_count"] >= results, "the first results")
        assert self.status(batch_id)["status"] == "processing"
        return batch_id

    def cancel(self, batch_id, **options):
        return self.request("POST", f"/batch/{batch_id}/cancel", None, VERSION, **options)

    def delete(self, batch_id, **options):
        return self.request("DELETE", f"/batch/{batch_id}", **options)
