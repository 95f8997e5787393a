"""What the tests of batches share: the keys of a batch, its counts, and ways to ask for it."""
import time

UNKNOWN = "00000000-0000-7000-8000-000000000000"
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
ALWAYS = {"batch_id", "status", "entity", "action", "identifier_count", "result_count", "entities_requested",
          "entities_fulfilled", "created_at", "request_counts"}
LINKS = {"download_url", "download_urls", "unresolved_url"}
COUNTS = {"total", "pending", "matched", "not_found", "invalid", "duplicate", "suppressed", "error", "cancelled"}


def check_counts(status, **expected):
    """The nine numbers, those that are not named being 0."""
    counts = status["request_counts"]
    assert set(counts) == COUNTS
    assert counts["total"] == sum(counts.values()) - counts["total"] == status["identifier_count"] == status["entities_requested"]
    assert status["result_count"] == status["entities_fulfilled"] == counts["matched"]
    if expected:
        assert {name: number for name, number in counts.items() if number and name != "total"} == expected
    return counts


def in_background(pool, server, path, count, **options):
    """`count` GETs at once, given time to arrive; none may be answered yet."""
    started = [pool.submit(server.get, path, **options) for _ in range(count)]
    time.sleep(0.5)
    assert not any(future.done() for future in started)
    return started


def submit_as(server, key, urls=("example-nobody-here",), headers=None):
    answer = server.post("/batch/person/enrich", {"professional_network_profile_urls": list(urls)}, headers, key=key)
    assert answer.status == 200, answer.body
    return answer.json()


def ids_of(page):
    return [job["batch_id"] for job in page["jobs"]]
