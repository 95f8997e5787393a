"""PostgreSQL: a table of links, a table of jsonb documents, one COPY a job, through gzip -1.

A server cannot run as root: it runs as the user that the package made. Only a socket in the run's folder leads to it. The
tables have no log, which is in favour of the load and makes no difference to reads.
"""
import os
import pathlib
import shutil
import subprocess

from tools import Skipped, stop_process, timed, wait_until

SETTINGS = {"listen_addresses": "", "shared_buffers": "2GB", "max_wal_size": "8GB", "jit": "off",
            "default_toast_compression": "lz4", "log_destination": "stderr"}
TABLES = """
CREATE UNLOGGED TABLE link (url text COLLATE "C" NOT NULL, id bigint NOT NULL);
CREATE UNLOGGED TABLE person (id bigint PRIMARY KEY, document jsonb NOT NULL);
"""
QUERY = """
COPY (SELECT jsonb_build_object('original_identifier', url, 'internal_id', id, 'data', jsonb_build_object(
  'crustdata_person_id', id, 'basic_profile', document->'basic_profile', 'social_handles', document->'social_handles'))
  FROM link JOIN person USING (id) WHERE url = ANY ('{%s}')) TO STDOUT;
"""


def _binaries():
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        raise Skipped("initdb is missing: install the package postgresql")
    return found[-1].parent


class Postgres:
    name = "PostgreSQL, COPY to gzip -1"

    def __init__(self):
        self.bin = _binaries()
        self.who = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
        self.server = self.log = None

    def open(self, data, folder):
        self.folder = folder
        if self.who:
            shutil.chown(folder, "postgres", "postgres")
        self._run("initdb", "-D", folder / "db", "-A", "trust", "-U", "bench", "--no-locale", "-E", "UTF8", "--no-sync")
        options = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
        self.log = open(folder / "log", "wb")
        self.server = subprocess.Popen([self.bin / "postgres", "-D", folder / "db", "-k", folder, *options], cwd=folder,
                                       stdout=self.log, stderr=self.log, **self.who)
        wait_until(self._is_ready, "PostgreSQL", self.server)
        self._load(data)
        self._write_queries(data)

    def _run(self, program, *arguments):
        subprocess.run([self.bin / program, *arguments], check=True, cwd=self.folder, stdout=subprocess.DEVNULL, **self.who)

    def _is_ready(self):
        return subprocess.run([self.bin / "pg_isready", "-q", "-h", self.folder], check=False).returncode == 0

    def _psql(self, *arguments, **options):
        command = [self.bin / "psql", "-qAtX", "-v", "ON_ERROR_STOP=1", "-h", self.folder, "-U", "bench", "-d", "postgres"]
        return subprocess.Popen([*command, *arguments], **options)

    def _sql(self, text):
        if self._psql("-c", text).wait():
            raise RuntimeError("psql failed")

    def _load(self, data):
        self._sql(TABLES)
        for table, rows in (("link", self._links(data)), ("person", self._people(data))):
            psql = self._psql("-c", f"COPY {table} FROM STDIN", stdin=subprocess.PIPE)
            psql.stdin.writelines(rows)
            psql.stdin.close()
            if psql.wait():
                raise RuntimeError(f"COPY {table} failed")
        self._sql("CREATE UNIQUE INDEX ON link (url) INCLUDE (id)")
        self._sql("VACUUM ANALYZE")
        self._sql("CHECKPOINT")

    def _links(self, data):
        with open(data.links, "rb") as file:
            yield from file

    def _people(self, data):
        with open(data.people, "rb") as people, open(data.ids, "rb") as ids:
            for number, line in zip(ids, people):
                yield number.rstrip() + b"\t" + line.replace(b"\\", b"\\\\")

    def _write_queries(self, data):
        for path in data.lists:
            quoted = ",".join(f'"{url}"' for url in data.identifiers(path)).replace("'", "''")
            (self.folder / f"{path.stem}.sql").write_text(QUERY % quoted, encoding="utf-8")

    def job(self, path, out):
        return timed(self._copy, self.folder / f"{path.stem}.sql", out)

    def _copy(self, query, out):
        with open(out, "wb") as file:
            psql = self._psql("-f", query, stdout=subprocess.PIPE)
            subprocess.run(["gzip", "-1"], check=True, stdin=psql.stdout, stdout=file)
            psql.stdout.close()
            if psql.wait():
                raise RuntimeError("COPY failed")

    def close(self):
        stop_process(self.server)
        if self.log:
            self.log.close()
