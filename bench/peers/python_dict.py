"""Python: a dict of the documents in memory, json, gzip 1. Run as a program it is the process that holds the dict."""
import gzip
import json
import pathlib
import sys
import time

if __name__ != "__main__":
    from tools import Task, need_memory

BYTES_A_PERSON = 5500


class PythonDict:
    name = "Python dict + json + gzip 1"

    def __init__(self):
        self.task = None

    def open(self, data, _folder):
        need_memory(data.count * BYTES_A_PERSON, "the Python dict")
        self.task = Task(sys.executable, pathlib.Path(__file__).resolve(), data.people, data.ids, data.links,
                         waits_for_ready=True)

    def job(self, path, out):
        return self.task.ask(path, out)[0] / 1e6

    def close(self):
        if self.task:
            self.task.stop()


def load(people, ids, links):
    """Profile URL -> (id, document)."""
    with open(people, "rb") as lines, open(ids, "rb") as numbers:
        documents = {number.rstrip(b"\n"): line for number, line in zip(numbers, lines)}
    with open(links, "rb") as file:
        pairs = (line.rstrip(b"\n").split(b"\t") for line in file)
        return {url.decode(): (int(number), documents[number]) for url, number in pairs}


def job(people, identifiers, out):
    with gzip.open(out, "wb", compresslevel=1) as file:
        lines = []
        for identifier in identifiers:
            number, document = people.get(identifier, (None, None))
            if document is None:
                continue
            person = json.loads(document)
            data = {"crustdata_person_id": number, "basic_profile": person["basic_profile"],
                    "social_handles": person["social_handles"]}
            lines.append(json.dumps({"original_identifier": identifier, "internal_id": number, "data": data},
                                    ensure_ascii=False, separators=(",", ":")))
        file.write("\n".join(lines).encode())


def main():
    people = load(*sys.argv[1:])
    print("ready", flush=True)
    for line in sys.stdin:
        path, out = line.rstrip("\n").split("\t")
        identifiers = pathlib.Path(path).read_text(encoding="utf-8").splitlines()
        start = time.monotonic()
        job(people, identifiers, out)
        print(round((time.monotonic() - start) * 1e6), flush=True)


if __name__ == "__main__":
    main()
