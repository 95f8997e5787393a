"""What the running server has given up, and that it still does its work."""
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import tempfile

import pytest
from harness import DEADLINE_S, ENRICHD, Server, identifiers, people, run, wait_until

pytestmark = pytest.mark.skipif("ENRICHD_SERVER_CONFINE" in os.environ, reason="the setting is taken")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


def status_of(folder):
    lines = (folder / "status").read_text(encoding="ascii").splitlines()
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


def log_line(server, message):
    return wait_until(lambda: next((line for line in server.log_text().splitlines() if f'"msg":"{message}' in line), None),
                      f"'{message}' in the log")


def test_no_thread_can_gain_privileges(server):
    threads = list(pathlib.Path(f"/proc/{server.process.pid}/task").iterdir())
    assert len(threads) >= 5
    assert {status_of(thread)["NoNewPrivs"] for thread in threads} == {"1"}


def test_there_are_no_core_dumps(server):
    limits = pathlib.Path(f"/proc/{server.process.pid}/limits").read_text(encoding="ascii").splitlines()
    core = next(line for line in limits if line.startswith("Max core file size"))
    assert core.split()[4:6] == ["0", "0"]


def test_the_log_says_what_is_in_force(server):
    assert '"confinement":"no core dumps, no new privileges, Landlock' in log_line(server, "listening")


def test_it_can_be_switched_off(data):
    with Server(data, "--server.confine", "off") as server:
        assert '"confinement":"off"' in log_line(server, "listening")
        assert status_of(pathlib.Path(f"/proc/{server.process.pid}"))["NoNewPrivs"] == "0"


@needs_root
def test_serving_as_root_is_warned_about(server):
    log_line(server, "running as root")


@pytest.fixture
def open_folder():
    """A folder that every user can reach."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="enrichd-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@needs_root
def test_root_becomes_the_user_and_the_user_imports_beside(open_folder):
    records = people("records", "--seed", 7, "--count", 20)
    url = identifiers("--seed", 7, "--count", 20, "--take", 1, "--hits", 100)[0]
    nobody = pwd.getpwnam("nobody")
    shutil.copy(ENRICHD, open_folder / "enrichd")  # the project's folder may be root's alone
    with Server(open_folder / "data", "--server.user", "nobody") as server:
        status = status_of(pathlib.Path(f"/proc/{server.process.pid}"))
        assert status["Uid"].split() == [str(nobody.pw_uid)] * 4
        assert status["Gid"].split() == [str(nobody.pw_gid)] * 4
        assert int(status["CapEff"], 16) == int(status["CapPrm"], 16) == 0
        assert {(path.stat().st_uid, path.stat().st_mode & 0o077) for path in server.data.rglob("*")} == {(nobody.pw_uid, 0)}
        subprocess.run([open_folder / "enrichd", "import", "person", "-", "--data", server.data], input=records, check=True,
                       user="nobody", group=nobody.pw_gid, extra_groups=[], stdout=subprocess.DEVNULL)
        server.key = subprocess.run([open_folder / "enrichd", "key", "create", "test", "--data", server.data], check=True,
                                    user="nobody", group=nobody.pw_gid, extra_groups=[], capture_output=True,
                                    text=True).stdout.strip()
        _, lines, _ = server.run_job([url])
        assert len(lines) == 1


def test_a_wrong_user_stops_the_start(empty):
    refused = run("serve", "--data", empty, "--listen", "127.0.0.1:0", "--server.user", "no-such-user", check=False)
    assert refused.returncode == 1 and "server.user: there is no user 'no-such-user'" in refused.stderr


def test_the_service_manager_is_told(data, tmp_path):
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(path))
        manager.settimeout(DEADLINE_S)
        with Server(data, env={"NOTIFY_SOCKET": str(path)}) as server:
            assert manager.recv(100) == b"READY=1"
            assert server.get("/readyz", key=None).status == 200
        assert manager.recv(100) == b"STOPPING=1"
