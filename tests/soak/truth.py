"""What must be in the files: an invented population, spellings of its identifiers, and records that change while batches run.

The first CHANGING people are replaced again and again, all by one import, which writes its number into their headline. A line
of one of them has a number between that of the latest import that was published before the batch was submitted and that of
the latest one that had begun when it was final. Everybody else's line has one form.
"""
import json
import pathlib
import random

from harness import ROOT, identifiers, inflate, people, run

PEOPLE_COUNT = 4000
CHANGING = 150
IDENTIFIERS_MAX = 10_000
KINDS = {"professional_network_profile_urls": "url", "business_emails": "email"}
FIELDS = (None, "skills", "skills,certifications", "experience,professional_network")


def described_paths():
    """Path to whether it is in the default set."""
    table = (ROOT / "src/entity/person_fields.tsv").read_text(encoding="utf-8").splitlines()[1:]
    return {path: default == "yes" for path, _, default, *_ in (row.split("\t") for row in table)}


def default_form(value, described, path=""):
    """What is delivered of a record without `fields`: an object of which all is in the default set is delivered as it is."""
    below = [default for name, default in described.items() if name.startswith(f"{path}." if path else "")]
    if not isinstance(value, dict) or all(below):
        return value
    inner = {name: f"{path}.{name}" if path else name for name in value}
    return {name: default_form(value[name], described, inner[name]) for name in value if described.get(inner[name])}


class Truth:
    """is_learned is false until learn() has asked the server which of the spellings mean whom."""

    def __init__(self, folder):
        self.path = pathlib.Path(folder) / "people.jsonl"
        self.path.write_bytes(people("records", "--seed", 11, "--count", PEOPLE_COUNT))
        self.records = [json.loads(line) for line in self.path.read_text(encoding="utf-8").splitlines()]
        self.by_id = {record["crustdata_person_id"]: record for record in self.records}
        self.changing = {record["crustdata_person_id"] for record in self.records[:CHANGING]}
        described = described_paths()
        self.defaults = {number: default_form(record, described) for number, record in self.by_id.items()}
        self.begun = self.published = 0
        self.pool = {key: self.spellings(kind) for key, kind in KINDS.items()}
        self.meaning = {key: {} for key in KINDS}

    @staticmethod
    def spellings(kind):
        """Distinct identifiers, more than a batch may have: each person in several spellings, strangers, and what is no identifier."""
        lists = [identifiers("--seed", 11, "--count", PEOPLE_COUNT, "--take", 3000, "--kind", kind, "--hits", 90,
                             "--spellings", 60, "--invalid", 2, "--list-seed", number) for number in range(6)]
        return list(dict.fromkeys(text for texts in lists for text in texts))[:IDENTIFIERS_MAX]

    def import_version(self, data):
        """Replaces the changing records, as `enrichd import` beside the server."""
        number = self.begun + 1
        changed = [{**record, "basic_profile": {**record["basic_profile"], "headline": f"version {number}"}}
                   for record in self.records[:CHANGING]]
        self.begun = number
        run("import", "person", "-", "--data", data, "--strict",
            input="".join(json.dumps(record, ensure_ascii=False) + "\n" for record in changed))
        self.published = number

    def learn(self, key, lines, unresolved):
        """Takes the first answer to the whole pool for the meaning of its spellings, where the records do not say it."""
        meaning = {line["original_identifier"]: line["internal_id"] for line in lines}
        meaning.update({line["original_identifier"]: line["reason"] for line in unresolved})
        assert len(meaning) == len(self.pool[key])
        for record in self.records:
            url = record["social_handles"]["professional_network_identifier"]["profile_url"]
            assert meaning.get(url, record["crustdata_person_id"]) == record["crustdata_person_id"], url
        found = sum(isinstance(value, int) for value in meaning.values())
        invalid = sum(value == "invalid_identifier" for value in meaning.values())
        assert 0.80 < found / len(meaning) < 0.95 and invalid > 50, (found, invalid, len(meaning))
        self.meaning[key] = meaning

    def choose(self, rng, key, count):
        """A list of that many identifiers, a few of them twice."""
        texts = rng.sample(self.pool[key], count)
        for _ in range(count // 50):
            texts[rng.randrange(count)] = texts[0]
        return texts

    def ends(self, key, texts):
        """(identifiers with a line, unresolved lines), as the files must have them."""
        seen, lines, unresolved = set(), [], []
        for text in texts:
            meaning = "duplicate" if text in seen else self.meaning[key][text]
            seen.add(text)
            if isinstance(meaning, int):
                lines.append(text)
            else:
                unresolved.append({"original_identifier": text, "reason": meaning})
        return lines, unresolved

    def check_line(self, key, line, fields, versions):
        """versions: (least, greatest) that its record may have, if it is one that changes."""
        number = self.meaning[key][line["original_identifier"]]
        assert line["internal_id"] == number, line
        data = line["data"]
        record, expected = self.by_id[number], dict(self.defaults[number])
        expected.update({name: record[name] for name in (fields or "").split(",") if name in record})
        if number in self.changing and data["basic_profile"]["headline"].startswith("version "):
            version = int(data["basic_profile"]["headline"].split()[1])
            expected["basic_profile"] = {**expected["basic_profile"], "headline": f"version {version}"}
        else:
            version = 0
        assert data == expected, f"{data} is not {expected}"
        assert number not in self.changing or versions[0] <= version <= versions[1], (number, version, versions)

    def check_files(self, key, texts, fields, versions, merged, unresolved, sample_max):
        """Both files of a completed batch; sample_max: of how many lines every word is compared. The number of lines."""
        expected, expected_unresolved = self.ends(key, texts)
        lines = inflate(merged).splitlines()
        assert len(lines) == len(expected), f"{len(lines)} lines, {len(expected)} expected"
        for text, line in zip(expected, lines):
            assert line.startswith(b'{"original_identifier":'), line
        for at in sorted(random.sample(range(len(lines)), min(sample_max, len(lines)))):
            line = json.loads(lines[at])
            assert line["original_identifier"] == expected[at]
            self.check_line(key, line, fields, versions)
        assert [json.loads(line) for line in inflate(unresolved).splitlines()] == expected_unresolved
        return min(sample_max, len(lines))
