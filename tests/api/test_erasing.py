"""DELETE /batch/{id}, and what happens when the time of the files is over: nothing stays on disk."""
import http.client
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from batch_tools import ALWAYS, LINKS, check_counts, in_background
from harness import PROFILE, VERSION, Server, inflate, wait_until
from long_job import ENVIRONMENT, LongServer, make_data, spellings
from test_main_job import url_of


MARKER = "marker-5d1f0c6e77"
SHORT = "nobody-7c0e5b1d3a"


def places_of(data, *needles):
    """Files of the data folder, the records aside, that hold one of the needles."""
    found = set()
    for path in data.rglob("*"):
        if path.is_file() and "records" not in path.relative_to(data).parts:
            content = path.read_bytes()
            if any(needle in content for needle in needles):
                found.add(str(path.relative_to(data)))
    return found


def traces(files):
    """Runs of bytes out of result files, as they must lie on disk somewhere."""
    return [body[at:at + 24] for body in files for at in range(32, len(body) - 40, 200)]


def marked_job(server, population, headers=None):
    """A completed batch whose identifiers hold the marker: (status, what must be found nowhere later)."""
    urls = [url_of(person) + f"?{MARKER}" for person in population[1][:200]]
    answer = server.post("/batch/person/enrich", {"professional_network_profile_urls": [*urls, PROFILE + MARKER,
                                                                                        f"https://example.com/{MARKER}"]},
                         headers)
    assert answer.status == 200
    status = server.wait(answer.json()["batch_id"])
    files = [server.fetch(url).body for url in (status["download_url"], status["unresolved_url"])]
    assert MARKER.encode() in inflate(files[0]) and MARKER.encode() in inflate(files[1])
    needles = [MARKER.encode(), *traces(files)]
    assert any(name.startswith("pieces") for name in places_of(server.data, *needles))
    return status, needles


def short_job(server):
    """A completed batch of one identifier, which is too short to be compressed out of sight in the database: (status, needle)."""
    status = server.wait(server.submit([SHORT])["batch_id"])
    assert any(name.startswith("control.db") for name in places_of(server.data, SHORT.encode()))
    return status, SHORT.encode()


def assert_erased(server, before):
    """The batch is still known, in its final state, but nothing can be had any more."""
    after = server.status(before["batch_id"])
    assert not (LINKS | {"partial_download_url"}) & set(after)
    assert after["status"] == before["status"] and after["request_counts"] == before["request_counts"]
    assert after["result_count"] == before["result_count"]
    urls = [before[name] for name in ("download_url", "unresolved_url", "partial_download_url") if name in before]
    for url in (*urls, *before.get("download_urls", [])):
        for method in ("GET", "HEAD"):
            answer = server.fetch(url, method)
            assert answer.status == 410
        assert server.fetch(url).error()["type"] == "gone"


def test_a_deleted_batch_leaves_nothing_on_disk(data, population):
    with Server(data) as server:
        status, needles = marked_job(server, population, {"Idempotency-Key": "deleted-soon"})
        short, needle = short_job(server)
        for _ in range(5):  # further writes, so that pages of the database are used again
            server.wait(server.submit([PROFILE + "nobody-here"])["batch_id"])
        for batch in (status, short):
            answer = server.request("DELETE", f"/batch/{batch['batch_id']}")
            assert (answer.status, answer.body) == (204, b"")
            assert "content-type" not in answer.headers
        assert places_of(data, needle, *needles) == set()
        for batch in (status, short):
            assert_erased(server, batch)
            again = server.request("DELETE", f"/batch/{batch['batch_id']}", headers=VERSION)
            assert (again.status, again.body) == (204, b"")
        server.kill()
        server.start()
        assert places_of(data, needle, *needles) == set()
        assert server.request("DELETE", f"/batch/{status['batch_id']}").status == 204
        assert server.get("/batch").json()["jobs"][-1]["batch_id"] == status["batch_id"]
    assert places_of(data, needle, *needles) == set()


def test_inputs_are_erased_while_others_read_and_write(data, population):
    with Server(data, env={"ENRICHD_BATCH_ACTIVE_MAX": "1000"}) as server:
        is_over = threading.Event()

        def make_noise():
            while not is_over.is_set():
                batch_id = server.submit([PROFILE + "nobody-here"])["batch_id"]
                server.get("/batch?limit=100")
                server.get(f"/batch/{batch_id}?wait=10")  # so that few are active, however busy the workers are

        with ThreadPoolExecutor(3) as pool:
            noise = [pool.submit(make_noise) for _ in range(3)]
            try:
                for _ in range(3):
                    status, needles = marked_job(server, population)
                    short, needle = short_job(server)
                    for batch in (status, short):
                        assert server.request("DELETE", f"/batch/{batch['batch_id']}").status == 204
                    assert places_of(data, needle, *needles) == set()
            finally:
                is_over.set()
            for future in noise:
                future.result(timeout=30)


def test_a_running_batch_is_deleted(tmp_path):
    data = make_data(tmp_path)
    with LongServer(data) as server:
        empty = {path.relative_to(data) for path in data.rglob("*") if path.is_file() and path.suffix != ".lock"}
        batch_id = server.start_running()
        with ThreadPoolExecutor(1) as pool:
            waiting = in_background(pool, server, f"/batch/{batch_id}?wait=60", 1)[0]
            assert server.delete(batch_id).status == 204
            assert waiting.result(timeout=10).json()["error_code"] == "cancelled"
        status = server.status(batch_id)
        assert set(status) - {"started_at", "expires_at"} == ALWAYS | {"completed_at", "error_message", "error_code"}
        assert status["status"] == "failed" and status["error_code"] == "cancelled"
        assert check_counts(status)["cancelled"] > 0 and status["request_counts"]["pending"] == 0
        assert {path.relative_to(data) for path in data.rglob("*") if path.is_file() and path.suffix != ".lock"} <= empty
        assert server.delete(batch_id).status == 204
        assert [server.submit_long().status for _ in range(5)] == [200] * 5, "it still counts as active"
        for job in server.get("/batch?limit=5").json()["jobs"]:
            server.delete(job["batch_id"])


def test_work_that_is_under_way_when_its_batch_is_deleted_writes_no_more(tmp_path):
    data = make_data(tmp_path, summary_bytes=1_000_000)
    with LongServer(data, workers=4) as server:
        for _ in range(20):
            assert server.delete(server.start_running()).status == 204
        time.sleep(0.3)
        assert list((data / "pieces").iterdir()) == []


def test_deleting_a_cancelled_batch_erases_its_partial_file(fat):
    batch_id = fat.start_running()
    before = fat.cancel(batch_id).json()
    assert fat.fetch(before["partial_download_url"], "HEAD").status == 200
    assert fat.delete(batch_id).status == 204
    assert_erased(fat, before)


def test_a_file_that_is_being_sent_while_its_batch_is_deleted_is_right_or_cut_off(tmp_path):
    data = make_data(tmp_path, summary_bytes=1_000_000)
    with Server(data, env=ENVIRONMENT) as server:
        status = server.wait(server.submit(spellings(3000))["batch_id"])
        whole = server.fetch(status["download_url"]).body
        assert len(whole) > 15_000_000, "too short to be caught in the middle"
        connection = server.connect()
        connection.request("GET", status["download_url"].split(server.address)[1])
        response = connection.getresponse()
        received = response.read(1000)
        assert server.request("DELETE", f"/batch/{status['batch_id']}").status == 204
        try:
            received += response.read()
        except http.client.IncompleteRead as cut:
            received += cut.partial
        connection.close()
        wrong_at = next((at for at in range(0, len(received), 4096) if received[at:at + 4096] != whole[at:at + 4096]), None)
        assert wrong_at is None, f"other bytes from about {wrong_at} of {len(whole)}"
        assert server.fetch(status["download_url"]).status == 410


# ---- retention ------------------------------------------------------------------------------------------------------


def test_files_go_when_their_time_is_over(data, population):
    with Server(data, env={"ENRICHD_BATCH_RETENTION": "2s", "ENRICHD_JOBS_REAP_PERIOD": "100ms"}) as server:
        status, needles = marked_job(server, population)
        assert places_of(data, *needles), "gone before its time"
        wait_until(lambda: server.fetch(status["download_url"], "HEAD").status == 410, "the files to go", deadline_s=10)
        ended = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
        assert ended >= status["expires_at"][:19]
        wait_until(lambda: places_of(data, *needles) == set(), "their bytes to go", deadline_s=10)
        assert_erased(server, status)
        assert server.get("/batch").json()["jobs"][0]["batch_id"] == status["batch_id"]


def test_files_whose_time_is_over_are_not_sent_even_before_they_leave_the_disk(data, population):
    with Server(data, env={"ENRICHD_BATCH_RETENTION": "2s", "ENRICHD_JOBS_REAP_PERIOD": "1h"}) as server:
        status, needles = marked_job(server, population)
        wait_until(lambda: server.fetch(status["download_url"], "HEAD").status == 410, "the files to be refused", deadline_s=10)
        assert places_of(data, *needles), "it is the time that counts"
        assert time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()) >= status["expires_at"][:19]
        assert not LINKS & set(server.status(status["batch_id"]))


def test_files_whose_time_ended_while_the_server_was_down_go_at_the_start(data, population):
    server = Server(data, env={"ENRICHD_BATCH_RETENTION": "1s", "ENRICHD_JOBS_REAP_PERIOD": "1h"})
    with server:
        status, needles = marked_job(server, population)
        assert server.stop() == 0
        time.sleep(1.1)
        server.start()
        path = status["download_url"][len("http://"):].split("/", 1)[1]
        assert server.get("/" + path, key=None).status == 410
        wait_until(lambda: not places_of(data, *needles), "the files to go", deadline_s=10)
