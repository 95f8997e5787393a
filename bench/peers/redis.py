"""Redis: MGET of ids, MGET of documents, pipelined by a C client that projects with yyjson and packs with zlib 1."""
import subprocess

from tools import PROGRAMS, Skipped, Task, need_memory, need_program, stop_process, wait_until

BYTES_A_PERSON = 5000


class Redis:
    name = "Redis, MGET pipeline + zlib 1"

    def __init__(self):
        self.program = need_program("redis-server", "redis-server")
        if not (PROGRAMS / "bench_redis").exists():
            raise Skipped("the client was not built: install the package libhiredis-dev, and build again")
        self.server = self.task = None

    def open(self, data, folder):
        need_memory(data.count * BYTES_A_PERSON, "Redis")
        place = folder / "redis.sock"
        self.server = subprocess.Popen([self.program, "--port", "0", "--unixsocket", place, "--save", "", "--appendonly", "no",
                                        "--dir", folder], stdout=subprocess.DEVNULL)
        wait_until(place.exists, "Redis", self.server)
        self.task = Task(PROGRAMS / "bench_redis", place, data.people, waits_for_ready=True)

    def job(self, path, out):
        return self.task.ask(path, out)[0] / 1e6

    def close(self):
        if self.task:
            self.task.stop()
        stop_process(self.server)
