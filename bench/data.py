"""The data of a run: invented people, lists of identifiers, and what the peers load."""
import json
import pathlib
import re
import subprocess

from tools import BUILD, ROOT, say

PEOPLE = BUILD / "people"
ENRICHD = BUILD / "enrichd"
NUMBER = re.compile(rb'"crustdata_person_id":([0-9]+)')
NETWORK = re.compile(rb'"professional_network_identifier":({[^}]*})')
JOB = 10000
LISTS = 9


class Data:
    """Files in `folder`: people.jsonl, ids.txt (theirs, in order), links.tsv (profile URL, id), list-N.txt, enrichd's data."""

    def __init__(self, folder, count):
        self.folder = pathlib.Path(folder)
        self.count = count
        self.people = self.folder / "people.jsonl"
        self.ids = self.folder / "ids.txt"
        self.links = self.folder / "links.tsv"
        self.lists = [self.folder / f"list-{i}.txt" for i in range(LISTS)]
        self.enrichd = self.folder / "enrichd-data"
        self.job = min(JOB, count // 2)

    def build(self):
        say(f"generating {self.count:,} people and {LISTS} lists of {self.job:,} identifiers")
        self._generate(self.people, "records", "--count", self.count)
        for i, path in enumerate(self.lists):
            self._generate(path, "identifiers", "--count", self.count, "--take", self.job, "--hits", 90, "--list-seed", i + 1)
        say("importing them")
        with subprocess.Popen([ENRICHD, "import", "person", self.people, "--data", self.enrichd], cwd=self.folder,
                              stderr=subprocess.DEVNULL) as importing:
            self._write_links()
        if importing.returncode:
            raise RuntimeError(f"the import failed with {importing.returncode}")

    def _generate(self, path, *arguments):
        with open(path, "wb") as file:
            subprocess.run([PEOPLE, *map(str, arguments)], check=True, stdout=file)

    def _write_links(self):
        with open(self.people, "rb") as people, open(self.ids, "w", encoding="ascii") as ids, \
                open(self.links, "w", encoding="utf-8") as links:
            for line in people:  # parsing whole lines would take a minute a million
                number = int(NUMBER.search(line)[1])
                network = json.loads(NETWORK.search(line)[1])
                ids.write(f"{number}\n")
                for url in [network["profile_url"], *network.get("further_profile_urls", [])]:
                    links.write(f"{url}\t{number}\n")

    def identifiers(self, path):
        return path.read_text(encoding="utf-8").splitlines()


def families():
    """All families that can be selected."""
    table = (ROOT / "src/entity/person_fields.tsv").read_text(encoding="utf-8").splitlines()[1:]
    names = [row.split("\t", 1)[0] for row in table]
    return [name for name in names if "." not in name and name != "crustdata_person_id"]
