"""nginx: one worker that serves files of a given size, the yardstick for answers over HTTP."""
import subprocess

from tools import free_port, need_program, stop_process, wait_until

CONFIG = """
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log; {user}
events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; default_type application/json;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi; open_file_cache max=100;
  server {{ listen 127.0.0.1:{port}; root {folder}/files; }}
}}
"""


class Nginx:
    def __init__(self):
        self.program = need_program("nginx", "nginx-light")
        self.server = None

    def open(self, folder, sizes, is_root):
        """Serves a file of each size, named by it."""
        (folder / "files").mkdir()
        for size in sizes:
            (folder / "files" / str(size)).write_bytes(b"x" * size)
        self.port = free_port()
        user = "user root;" if is_root else ""  # the run's folder is closed to others
        (folder / "nginx.conf").write_text(CONFIG.format(folder=folder, port=self.port, user=user), encoding="ascii")
        self.server = subprocess.Popen([self.program, "-c", folder / "nginx.conf", "-e", folder / "error.log"])
        wait_until((folder / "pid").exists, "nginx", self.server)

    def processes(self):
        """Master and worker."""
        master = self.server.pid
        children = open(f"/proc/{master}/task/{master}/children", encoding="ascii").read().split()
        return [master, *map(int, children)]

    def close(self):
        """Also before open()."""
        stop_process(self.server)
