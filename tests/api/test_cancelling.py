"""POST /batch/{id}/cancel: what was finished stays, the rest ends soon."""
import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from batch_tools import ALWAYS, UNKNOWN, check_counts
from harness import PROFILE, VERSION, inflate
from long_job import COUNT, FAT, LongServer, make_data, spellings
from test_main_job import LINE, url_of


@pytest.fixture(scope="module", name="other")
def _other(fat):
    """A key of another account on that server."""
    return fat.make_key("--account", "other", name="other")


def test_a_running_batch_is_cancelled_and_keeps_what_it_had(fat):
    batch_id = fat.start_running(hits=7)
    answer = fat.cancel(batch_id)
    assert answer.status == 200
    status = answer.json()
    assert set(status) == ALWAYS | {"started_at", "completed_at", "expires_at", "error_message", "error_code",
                                    "partial_download_url"}
    assert status["status"] == "failed" and status["error_code"] == "cancelled" and status["error_message"]
    counts = check_counts(status)
    assert counts["matched"] > 0 and counts["cancelled"] > 0
    assert counts["matched"] + counts["not_found"] + counts["cancelled"] == COUNT
    assert status["started_at"] <= status["completed_at"] < status["expires_at"]


@pytest.mark.parametrize("workers", [1, 4])
def test_the_partial_file_is_exactly_what_was_finished(tmp_path, workers):
    """Hits take long and the misses between them do not, so that several workers finish in another order than the list's."""
    asked = spellings(hits=1)
    with LongServer(make_data(tmp_path, summary_bytes=2_000_000), workers=workers) as server:
        for _ in range(20):
            batch_id = server.start_running(hits=1, results=3 * workers)
            status = server.cancel(batch_id).json()
            if status["result_count"]:
                check_partial(server, status, asked)
            else:  # the first of all was not finished yet
                assert "partial_download_url" not in status
            if status["result_count"] > 3 * workers:
                return
    raise AssertionError("no cancellation left a file of several lines")


def check_partial(server, status, asked):
    file = server.fetch(status["partial_download_url"]).body
    found = [LINE.match(line.decode())[1].strip('"') for line in inflate(file).splitlines()]
    finished = COUNT - status["request_counts"]["cancelled"]
    assert found == [text for text in asked[:finished] if text.startswith(FAT)]
    assert len(found) == status["result_count"] == status["request_counts"]["matched"]
    assert status["request_counts"]["not_found"] == finished - len(found)
    assert server.status(status["batch_id"])["request_counts"] == status["request_counts"]
    assert server.fetch(status["partial_download_url"]).body == file


def test_cancelling_again_gives_the_same_answer(fat):
    batch_id = fat.start_running()
    first = fat.cancel(batch_id)
    again = [fat.cancel(batch_id) for _ in range(3)]
    assert [answer.status for answer in (first, *again)] == [200] * 4

    def constant(status):
        return {name: value for name, value in status.items() if name != "partial_download_url"}

    assert all(constant(answer.json()) == constant(first.json()) for answer in again)
    assert constant(fat.status(batch_id)) == constant(first.json())


def test_ten_cancellations_at_once_agree(fat):
    batch_id = fat.start_running()
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: fat.cancel(batch_id), range(10)))
    assert {answer.status for answer in answers} == {200}
    assert len({json.dumps(answer.json()["request_counts"]) for answer in answers}) == 1


def test_a_batch_that_is_cancelled_before_it_begins_has_no_file(fat):
    for _ in range(200):
        blocker = fat.start_long()
        batch_id = fat.start_long()
        status = fat.cancel(batch_id).json()
        fat.cancel(blocker)
        assert ("partial_download_url" in status) == (status["result_count"] > 0)
        if status["request_counts"]["cancelled"] == COUNT and "started_at" not in status:
            break
    assert set(status) == ALWAYS | {"completed_at", "expires_at", "error_message", "error_code"}
    check_counts(status, cancelled=COUNT)


def test_work_stops_when_a_batch_is_cancelled(fat):
    batch_id = fat.start_running()
    fat.cancel(batch_id)
    start = time.monotonic()
    assert fat.get(f"/batch/{fat.submit([PROFILE + 'nobody-here'])['batch_id']}?wait=60").json()["status"] == "completed"
    assert time.monotonic() - start < 2
    time.sleep(0.2)
    ticks = cpu_ticks(fat)
    time.sleep(0.5)
    assert cpu_ticks(fat) - ticks < 10, "somebody is still working"


def cpu_ticks(server):
    """Hundredths of a second that the process has computed."""
    with open(f"/proc/{server.process.pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def test_a_completed_batch_cannot_be_cancelled(server, population):
    status = server.wait(server.submit([url_of(population[1][0])])["batch_id"])
    answer = server.request("POST", f"/batch/{status['batch_id']}/cancel", None, VERSION)
    assert answer.status == 409 and answer.error()["type"] == "conflict"
    assert server.status(status["batch_id"])["status"] == "completed"
    assert len(server.lines(status["download_url"])) == 1


@pytest.mark.parametrize("body", [None, b"", b"{}"])
def test_a_cancellation_needs_no_body(fat, body):
    batch_id = fat.start_long()
    assert fat.request("POST", f"/batch/{batch_id}/cancel", body, {**VERSION, "Content-Type": "application/json"}).status == 200


def test_the_answer_to_a_cancellation_is_the_batch_whatever_the_client_has(fat):
    batch_id = fat.start_long()
    assert fat.cancel(batch_id).status == 200
    etag = fat.get(f"/batch/{batch_id}").headers["etag"]
    answer = fat.request("POST", f"/batch/{batch_id}/cancel", None, {**VERSION, "If-None-Match": etag})
    assert answer.status == 200 and answer.json()["error_code"] == "cancelled"


def test_a_cancellation_needs_the_version(fat):
    batch_id = fat.start_running()
    assert fat.request("POST", f"/batch/{batch_id}/cancel").status == 400
    assert fat.request("GET", f"/batch/{batch_id}/cancel").status == 405
    assert fat.status(batch_id)["status"] == "processing"
    fat.cancel(batch_id)


def test_another_accounts_batch_is_neither_cancelled_nor_deleted(fat, other):
    batch_id = fat.start_running()
    for action in (fat.cancel, fat.delete):
        foreign, unknown, malformed = action(batch_id, key=other), action(UNKNOWN, key=other), action("x", key=other)
        assert foreign.status == unknown.status == malformed.status == 404
        assert foreign.body == unknown.body == malformed.body
        assert foreign.error()["type"] == "not_found"
    assert fat.status(batch_id)["status"] == "processing"
    assert fat.cancel(batch_id).status == 200


def test_a_cancellation_survives_a_crash(tmp_path):
    with LongServer(make_data(tmp_path)) as server:
        batch_id = server.start_running(hits=7)
        before = server.cancel(batch_id).json()
        file = server.fetch(before["partial_download_url"]).body
        server.kill()
        server.start()
        after = server.status(batch_id)
        assert {**after, "partial_download_url": ""} == {**before, "partial_download_url": ""}
        assert server.fetch(after["partial_download_url"]).body == file
