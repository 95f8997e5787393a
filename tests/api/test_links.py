"""What links begin with."""
import pytest
from harness import PROFILE, Server


@pytest.mark.parametrize("url", ["https://enrich.example.com", "http://10.1.2.3:8443", "https://example.com/under/a/path"])
def test_links_begin_with_the_public_url(data, url):
    with Server(data, env={"ENRICHD_SERVER_PUBLIC_URL": url}) as server:
        batch_id = server.submit([PROFILE + "nobody-here"])["batch_id"]
        status = server.get(f"/batch/{batch_id}?wait=30", headers={"Host": "else.example"}).json()
        for link in (status["download_url"], status["unresolved_url"], *status["download_urls"]):
            assert link.startswith(f"{url}/files/{batch_id}/output/")
            assert server.get(link[len(url):], key=None).status == 200


def links_for(server, batch_id, host):
    answer = server.get(f"/batch/{batch_id}", headers={"Host": host})
    return answer.status, answer.json().get("download_url", "")


@pytest.mark.parametrize("host", ["enrich.example.com", "enrich.example.com:8443", "localhost", "127.0.0.1:1", "[::1]:8080",
                                  "Under_score.example"])
def test_links_begin_with_the_host_of_the_request(server, host):
    batch_id = server.wait(server.submit([PROFILE + "nobody-here"])["batch_id"])["batch_id"]
    status, link = links_for(server, batch_id, host)
    assert status == 200 and link.startswith(f"http://{host}/files/{batch_id}/output/")


@pytest.mark.parametrize("host", ["evil.example/x", "a b", "evil.example?x", "evil@example.com", "\"><script>", "a\\b", "x#y",
                                  "evil.example%00", "x" * 300, ""])
def test_a_host_that_is_none_gets_no_link(server, host):
    batch_id = server.wait(server.submit([PROFILE + "nobody-here"])["batch_id"])["batch_id"]
    status, link = links_for(server, batch_id, host)
    assert status == 400 or link.startswith(f"http://{server.address}/files/{batch_id}/output/")
