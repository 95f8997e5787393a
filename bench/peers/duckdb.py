"""DuckDB, in a node process that stays: a join of three tables, written as gzipped JSON."""
import pathlib
import shutil
import subprocess

from tools import CORES, Skipped, Task, need_program

PACKAGE = "@duckdb/node-api"
SCRIPT = pathlib.Path(__file__).with_name("duckdb_job.mjs")


class DuckDb:
    name = "DuckDB, join + gzip"

    def __init__(self):
        self.node = need_program("node", "nodejs")
        self.npm = need_program("npm", "npm")
        self.task = None

    def open(self, data, folder):
        done = subprocess.run([self.npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", folder, PACKAGE],
                              check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if done.returncode:
            raise Skipped(f"npm could not install {PACKAGE}")
        script = shutil.copy(SCRIPT, folder)  # node looks for packages beside the script
        self.task = Task(self.node, script, folder / "people.duckdb", data.people, data.links, CORES, waits_for_ready=True,
                         cwd=folder)

    def job(self, path, out):
        return self.task.ask(path, out)[0] / 1e6

    def close(self):
        if self.task:
            self.task.stop()
