"""GET /batch: pages, limits, filters and cursors."""
import re
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from batch_tools import LINKS, UNKNOWN, UUID, ids_of, submit_as
from harness import Server, wait_until


class Listed:
    """An account of its own with batches, in the order of their submission."""

    def __init__(self, server, name, count):
        self.server = server
        self.key = server.make_key("--account", name, name=name)
        self.ids = []
        for _ in range(count):
            self.add()
        wait_until(lambda: not self.get("?status=pending&limit=1")["jobs"] + self.get("?status=processing&limit=1")["jobs"],
                   "all batches")

    def add(self):
        self.ids.append(submit_as(self.server, self.key)["batch_id"])

    def get(self, query=""):
        answer = self.server.get("/batch" + query, key=self.key)
        assert answer.status == 200, answer.body
        page = answer.json()
        assert list(page) == ["jobs", "next_cursor", "has_more"]
        assert page["has_more"] is (page["next_cursor"] is not None)
        assert page["next_cursor"] is None or re.fullmatch(UUID, page["next_cursor"])
        return page

    def pages(self, query, between=lambda: None):
        """All ids, page by page; between is called before each further page."""
        page = self.get("?" + query)
        yield ids_of(page)
        while page["has_more"]:
            between()
            page = self.get(f"?{query}&cursor={page['next_cursor']}")
            yield ids_of(page)


@pytest.fixture(scope="module", name="roomy")
def _roomy(tmp_path_factory, loaded):
    """A server that takes any number of batches at once."""
    data = shutil.copytree(loaded, tmp_path_factory.mktemp("roomy") / "data")
    with Server(data, env={"ENRICHD_BATCH_ACTIVE_MAX": "1000"}) as server:
        yield server


@pytest.fixture(scope="module", name="listed")
def _listed(roomy):
    return Listed(roomy, "listed", 105)


def test_an_account_without_batches(roomy):
    key = roomy.make_key("--account", "fresh", name="fresh")
    assert roomy.get("/batch", key=key).json() == {"jobs": [], "next_cursor": None, "has_more": False}


def test_the_list_has_twenty_batches_newest_first(listed):
    page = listed.get()
    assert ids_of(page) == listed.ids[::-1][:20]
    assert page["has_more"] is True


def test_the_jobs_of_the_list_are_the_batches_without_links(listed):
    for job in listed.get("?limit=3")["jobs"]:
        status = listed.server.get(f"/batch/{job['batch_id']}", key=listed.key).json()
        assert job == {name: value for name, value in status.items() if name not in LINKS}


@pytest.mark.parametrize("text,count", [("1", 1), ("2", 2), ("21", 21), ("100", 100), ("101", 100), ("100000", 100), ("0", 1),
                                        ("-1", 1), ("-7", 1),
                                        ("99999999999999999999999", 100), ("-99999999999999999999999", 1), ("007", 7)])
def test_the_limit_is_clamped(listed, text, count):
    assert ids_of(listed.get(f"?limit={text}")) == listed.ids[::-1][:count]


@pytest.mark.parametrize("text", ["", "abc", "1.5", "ten", "5x", "0x5", "%205", "--5", "-", "1e1", "5,6", "%00", "null"])
def test_a_limit_that_is_no_number_is_refused(listed, text):
    answer = listed.server.get(f"/batch?limit={text}", key=listed.key)
    assert answer.status == 400 and "limit" in answer.error()["message"]


@pytest.mark.parametrize("text", ["", "done", "COMPLETED", "Completed", "completed,failed", "cancelled", "completed%20", "1",
                                  "%00"])
def test_a_status_that_is_none_of_the_four_words_is_refused(listed, text):
    answer = listed.server.get(f"/batch?status={text}", key=listed.key)
    assert answer.status == 400 and "status" in answer.error()["message"]
    assert all(word in answer.error()["message"] for word in ("pending", "processing", "completed", "failed"))


@pytest.mark.parametrize("text", ["", "x", UNKNOWN, UNKNOWN[:-1], "%00", "0", "null", "00000000-0000-0000-0000-000000000000"])
def test_a_cursor_that_is_no_batch_is_refused(listed, text):
    answer = listed.server.get(f"/batch?cursor={text}", key=listed.key)
    assert answer.status == 400 and "cursor" in answer.error()["message"]


def test_a_cursor_of_another_account_is_refused_like_an_unknown_one(listed):
    stranger = listed.server.make_key("--account", "stranger", name="stranger")
    foreign = listed.server.get(f"/batch?cursor={listed.ids[50]}", key=stranger)
    unknown = listed.server.get(f"/batch?cursor={UNKNOWN}", key=stranger)
    assert foreign.status == unknown.status == 400 and foreign.body == unknown.body


@pytest.mark.parametrize("limit", [1, 7, 20, 35, 100])
def test_pages_follow_each_other_without_gap(listed, limit):
    pages = list(listed.pages(f"limit={limit}"))
    assert sum(pages, []) == listed.ids[::-1]
    assert [len(page) for page in pages[:-1]] == [limit] * (len(pages) - 1) and 1 <= len(pages[-1]) <= limit


def test_paging_neither_skips_nor_repeats_while_new_batches_arrive(roomy):
    account = Listed(roomy, "growing", 30)
    before = list(account.ids)

    def grow():
        for _ in range(3):
            account.add()

    assert sum(account.pages("limit=4", grow), []) == before[::-1]
    assert len(account.ids) > len(before) + 15
    assert sum(account.pages("limit=4"), []) == account.ids[::-1]


def test_paging_while_other_connections_submit(roomy):
    account = Listed(roomy, "busy", 25)
    before = list(account.ids)
    is_over = threading.Event()

    def submit():
        while not is_over.is_set():
            account.add()

    with ThreadPoolExecutor(4) as pool:
        writers = [pool.submit(submit) for _ in range(4)]
        try:
            wait_until(lambda: len(account.ids) > len(before), "the first of them")
            for _ in range(5):
                newest = account.get("?limit=1")["jobs"][0]["batch_id"]
                seen = sum(account.pages("limit=10"), [])
                assert len(seen) == len(set(seen))
                assert seen[seen.index(newest):][-len(before):] == before[::-1]
                assert set(before) <= set(seen)
        finally:
            is_over.set()
        for writer in writers:
            writer.result(timeout=30)
    assert sorted(sum(account.pages("limit=100"), [])) == sorted(account.ids)


def test_the_status_filter(fat):
    key = fat.make_key("--account", "filtered", name="filtered")
    completed = [submit_as(fat, key)["batch_id"] for _ in range(3)]
    for batch_id in completed:
        assert fat.get(f"/batch/{batch_id}?wait=30", key=key).json()["status"] == "completed"
    cancelled = fat.start_long(key=key)
    fat.cancel(cancelled, key=key)
    running = fat.start_long(key=key)
    wait_until(lambda: fat.get(f"/batch/{running}", key=key).json()["status"] == "processing", "the job to begin")
    listed = {word: ids_of(fat.get(f"/batch?status={word}", key=key).json()) for word in ("pending", "processing", "completed",
                                                                                          "failed")}
    page = fat.get(f"/batch?status=completed&limit=2&cursor={running}", key=key).json()
    fat.cancel(running, key=key)
    assert listed == {"pending": [], "processing": [running], "completed": completed[::-1], "failed": [cancelled]}
    assert ids_of(page) == completed[:0:-1] and page["has_more"] is True and page["next_cursor"] == completed[1]
    last = fat.get(f"/batch?status=completed&limit=2&cursor={completed[1]}", key=key).json()
    assert ids_of(last) == completed[:1] and last["has_more"] is False and last["next_cursor"] is None


def test_keys_of_one_account_see_the_same_batches(listed):
    second = listed.server.make_key("--account", "listed", name="second")
    assert listed.server.get("/batch", key=second).json() == listed.get()


def test_a_deleted_batch_is_no_longer_a_reason_to_refuse_a_cursor(listed):
    victim = listed.ids[60]
    assert listed.server.request("DELETE", f"/batch/{victim}", key=listed.key).status == 204
    page = listed.get(f"?limit=5&cursor={victim}")
    assert ids_of(page) == listed.ids[55:60][::-1]
