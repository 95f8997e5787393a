"""Section 6 of the contract: spellings of identifiers, over HTTP, all of a kind in one batch.

Each row of SAME is a way to write a slug or an address; it is tried both ways: as what a client asks for, against a record
in the canonical form, and as what a record holds, asked for in the canonical form. Rows of OTHERS name somebody else, or
nobody; rows of INVALID are no identifiers, although the person whose slug stands in them exists.
"""
import unicodedata
from urllib.parse import quote

import pytest
from harness import PROFILE, Server, run, write_lines

FIRST_ID = 600001
MEMBER = "ACoAABexampleMemberOne_-1"
MEMBER_2 = "ACwAABexampleMemberTwo"
HOST = "https://www.linkedin.com"

# {s} is a slug, {S} the same in upper case, {x} the slug with its first letter as hex digits.
SLUG_ROWS = [
    # with or without scheme, http, blanks, brackets, quotes, upper-case host, trailing dot of the host
    "https://www.linkedin.com/in/{s}", "http://www.linkedin.com/in/{s}", "www.linkedin.com/in/{s}", "linkedin.com/in/{s}",
    "http://linkedin.com/in/{s}",
    "HTTPS://www.linkedin.com/in/{s}", "Http://www.linkedin.com/in/{s}", "hTTpS://linkedin.com/in/{s}",
    "https://WWW.LINKEDIN.COM/in/{s}", "https://LinkedIn.com/in/{s}",
    "https://Www.Linkedin.Com/in/{s}", "LINKEDIN.COM/in/{s}", "https://www.linkedin.com./in/{s}", "linkedin.com./in/{s}",
    "https://LINKEDIN.COM./in/{s}",
    " https://www.linkedin.com/in/{s}", "https://www.linkedin.com/in/{s} ", "   www.linkedin.com/in/{s}   ",
    "\thttps://www.linkedin.com/in/{s}\t",
    "\nhttps://www.linkedin.com/in/{s}\r\n", "\u00a0https://www.linkedin.com/in/{s}\u00a0", "\u3000linkedin.com/in/{s}\u2003",
    "<https://www.linkedin.com/in/{s}>",
    "<linkedin.com/in/{s}>", " <https://www.linkedin.com/in/{s}> ", "\"https://www.linkedin.com/in/{s}\"",
    "'https://www.linkedin.com/in/{s}'", "\"linkedin.com/in/{s}/\"",
    "\u201chttps://www.linkedin.com/in/{s}\u201d", "\u2018linkedin.com/in/{s}\u2019", "\"<https://www.linkedin.com/in/{s}>\"",
    "<\"https://www.linkedin.com/in/{s}\">",
    # hosts
    "https://m.linkedin.com/in/{s}", "https://uk.linkedin.com/in/{s}", "https://fr.linkedin.com/in/{s}",
    "http://de.linkedin.com/in/{s}", "in.linkedin.com/in/{s}",
    "https://br.linkedin.com/in/{s}", "https://jp.linkedin.com/in/{s}", "https://UK.linkedin.com/in/{s}",
    "https://uk.linkedin.com./in/{s}", "m.linkedin.com/in/{s}",
    "https://xx.linkedin.com/in/{s}",
    # trailing slash, double slashes, query, fragment, locale
    "https://www.linkedin.com/in/{s}/", "https://www.linkedin.com/in/{s}//", "https://www.linkedin.com//in/{s}",
    "https://www.linkedin.com/in//{s}",
    "https://www.linkedin.com//in//{s}//", "https://www.linkedin.com/in/{s}?", "https://www.linkedin.com/in/{s}?trk=people",
    "https://www.linkedin.com/in/{s}/?trk=people",
    "https://www.linkedin.com/in/{s}?a=b&c=d/e", "https://www.linkedin.com/in/{s}?originalSubdomain=uk",
    "https://www.linkedin.com/in/{s}?u=https://evil.example/",
    "https://www.linkedin.com/in/{s}?x=%zz", "https://www.linkedin.com/in/{s}?x=?y", "https://www.linkedin.com/in/{s}#",
    "https://www.linkedin.com/in/{s}#about",
    "https://www.linkedin.com/in/{s}/#about", "https://www.linkedin.com/in/{s}?x=y#z", "https://www.linkedin.com/in/{s}#z?x=y",
    "https://www.linkedin.com/in/{s}/de",
    "https://www.linkedin.com/in/{s}/de/", "https://www.linkedin.com/in/{s}/fr?x=y", "https://www.linkedin.com/in/{s}/en-us",
    "https://www.linkedin.com/in/{s}/en-US/",
    "https://www.linkedin.com/in/{s}/pt-br#x", "https://www.linkedin.com/in/{s}//de//", "https://www.linkedin.com/in/{s}/EN",
    # sub-pages
    "https://www.linkedin.com/in/{s}/details/experience", "https://www.linkedin.com/in/{s}/details/skills/",
    "https://www.linkedin.com/in/{s}/details/education/?x=y",
    "https://www.linkedin.com/in/{s}/details", "https://www.linkedin.com/in/{s}/recent-activity/",
    "https://www.linkedin.com/in/{s}/recent-activity/all/",
    "https://www.linkedin.com/in/{s}/recent-activity/posts#x", "https://www.linkedin.com/in/{s}/overlay/contact-info/",
    "https://www.linkedin.com/in/{s}/overlay/1635484444444/single-media-viewer/",
    "https://www.linkedin.com/in/{s}/en/details/experience/",
    # other ways to the page
    "https://www.linkedin.com/mwlite/in/{s}", "https://m.linkedin.com/mwlite/in/{s}/", "https://www.linkedin.com/comm/in/{s}",
    "https://www.linkedin.com/comm/in/{s}?midToken=x",
    "https://www.linkedin.com/pub/{s}", "https://uk.linkedin.com/pub/{s}/", "linkedin.com/pub/{s}?x=y",
    "https://www.linkedin.com/pub/{s}/en",
    # escapes and case
    "https://www.linkedin.com/in/{S}", "https://www.linkedin.com/IN/{s}", "WWW.LINKEDIN.COM/IN/{S}",
    "https://www.linkedin.com/in/%{x}",
    "https%3A%2F%2Fwww.linkedin.com%2Fin%2F{s}", "https%3a%2f%2fwww.linkedin.com%2fin%2f{s}",
    "https%253A%252F%252Fwww.linkedin.com%252Fin%252F{s}",
    "https%3A%2F%2Fwww.linkedin.com%2Fin%2F{s}%3Ftrk%3Dx", "https://www.linkedin.com%2Fin%2F{s}",
    "https://www.linkedin.com/in/%25{x}",
    "https://www.linkedin.com/%69%6E/{s}", "https://www.linkedin.com/in/{s}%2F",
    # bare forms
    "{s}", "{S}", " {s} ", "@{s}", "in/{s}", "/in/{s}", "/in/{s}/", "in/{s}/", "IN/{s}", "in/{S}?x=y", "<{s}>", "\"{s}\"", "{s}/",
    "{s}?trk=x", "@{S}",
]

# What may stand around a URL, and hosts, and what may follow: all combinations of these are tried as well.
SCHEMES = ["", "http://", "https://", "HTTPS://"]
HOSTS = ["linkedin.com", "www.linkedin.com", "ca.linkedin.com", "M.LinkedIn.com", "www.linkedin.com."]
PATHS = ["/in/", "//in/", "/mwlite/in/", "/comm/in/", "/pub/"]
TAILS = ["", "/", "?a=b", "/de/", "#x", "/details/skills/?x=y"]
CROSSED = [scheme + host + path + "{s}" + tail for scheme in SCHEMES for host in HOSTS for path in PATHS for tail in TAILS]

# Slugs as they are stored; spellings_of() has other ways to write each.
SLUGS = ["rené-exemple-1", "иван-пример-2", "山田-見本-3", "한국-예시-4", "สมชาย-ตัวอย่าง-5", "nguyễn-ví-dụ-6", "straße-beispiel-7",
         "ånk-ø-8",
         "example-\U0001f680-9", "example_dotted.name-10", "0123456789-11", "a-b02c03d-12", "ελένη-παράδειγμα-13", "آزمایش-14",
         "ŁÓDŹ-15".lower()]
NOT_UPPER = {"straße-beispiel-7"}  # whose upper case by the book is another word


def decomposed(text):
    return unicodedata.normalize("NFD", text)


def spellings_of(slug):
    upper = slug if slug in NOT_UPPER else slug.upper()
    texts = [slug, upper, decomposed(slug), decomposed(upper), slug.title() if slug not in NOT_UPPER else slug]
    escaped = [quote(text) for text in texts]
    texts += [*escaped, *(text.lower() for text in escaped if slug not in NOT_UPPER), *(quote(text) for text in escaped)]
    texts += ["".join(f"%{byte:02X}" for byte in slug.encode()), slug.replace("-", "%2D"), slug.replace("-", "%252d")]
    return list(dict.fromkeys(texts))


WRITTEN = {slug: spellings_of(slug) for slug in SLUGS}
WRITTEN["straße-beispiel-7"] += ["STRA\u1e9eE-BEISPIEL-7"]
WRITTEN["ånk-ø-8"] += ["\u212bnk-ø-8"]

# Old addresses and the slugs that they became.
OLD = {
    "/pub/first-last/1/2/3": "first-last-0030021", "/pub/first-last/1a/2b/3c": "first-last-03c02b1a",
    "/pub/first-last/12/345/678": "first-last-67834512",
    "/pub/first-last/0/0/1": "first-last-0010000", "/pub/mary-ann-lee/5/b1/42a": "mary-ann-lee-42a0b15",
    "/pub/first-last/7/8/9/": "first-last-0090087",
    "/pub/First-Last/A/B/C": "first-last-00c00ba", "/pub/first-last/2/3/4?trk=x": "first-last-0040032",
    "/pub/first-last/abc/de/f": "first-last-00f0deabc",
}

# Opaque ids: a kind of key of their own, in which case counts.
MEMBER_ROWS = ["/in/ID", "/in/ID/", "/in/ID?x=y", "/in/ID/de", "/sales/lead/ID", "/sales/lead/ID,NAME_SEARCH,abcd",
               "/sales/lead/ID,NAME_SEARCH", "/sales/people/ID",
               "/sales/people/ID,NAME_SEARCH,x?y=z", "/sales/lead/ID%2CNAME_SEARCH%2Cabcd", "/sales/lead/ID,",
               "/sales/people/ID/"]

# Well-formed, and nobody: what differs from a person's slug in one thing that counts.
OTHERS = ["https://www.linkedin.com/in/{s}x", "https://www.linkedin.com/in/x{s}", "https://www.linkedin.com/in/{s}-",
          "https://www.linkedin.com/in/{s}-1", "{s}1", "@{s}x", "in/{s}x",
          "https://www.linkedin.com/pub/{s}/1/2/3", "https://www.linkedin.com/in/{s}_x", "https://www.linkedin.com/in/%61{s}"]

INVALID = [
    # pages of others, other hosts, look-alikes
    "https://www.linkedin.com/company/{s}", "https://www.linkedin.com/company/{s}/", "https://www.linkedin.com/school/{s}",
    "https://www.linkedin.com/school/{s}/people/",
    "linkedin.com/company/{s}", "company/{s}", "school/{s}", "https://lnkd.in/{s}", "lnkd.in/{s}", "http://lnkd.in/in/{s}",
    "https://example.com/in/{s}", "example.com/in/{s}",
    "https://www.example.com/in/{s}", "https://github.com/{s}", "https://twitter.com/{s}",
    "https://linkedin.com.evil.example/in/{s}", "https://www.linkedin.com.evil.example/in/{s}",
    "linkedin.com.evil.example/in/{s}", "https://evil.example/linkedin.com/in/{s}", "https://evil-linkedin.com/in/{s}",
    "https://notlinkedin.com/in/{s}", "https://xlinkedin.com/in/{s}",
    "https://linkedin.co/in/{s}", "https://linkedin.org/in/{s}", "https://linkedin.comx/in/{s}", "https://linkedin.com.x/in/{s}",
    "https://linked.in/in/{s}", "https://wwww.linkedin.com/in/{s}",
    "https://evil.linkedin.com/in/{s}", "https://www.evil.linkedin.com/in/{s}", "https://a.b.c.linkedin.com/in/{s}",
    "https://u1.linkedin.com/in/{s}", "https://www..linkedin.com/in/{s}",
    "https://.linkedin.com/in/{s}", "https://www-linkedin.com/in/{s}", "https://www.linkedin.com..evil.example/in/{s}",
    "https://l\u0456nkedin.com/in/{s}",
    "https://\uff4cinkedin.evil.example/in/{s}", "https://linkedin.com\u2024evil.example/in/{s}",
    "https://evil.example/?u=https://www.linkedin.com/in/{s}",
    "https://evil.example#https://www.linkedin.com/in/{s}", "https://evil.example\\@www.linkedin.com/in/{s}",
    "https://127.0.0.1/in/{s}", "https://[::1]/in/{s}", "https:///in/{s}",
    # user info
    "https://user@www.linkedin.com/in/{s}", "https://user:secret@www.linkedin.com/in/{s}",
    "https://linkedin.com@evil.example/in/{s}", "https://linkedin.com:80@evil.example/in/{s}",
    "https://linkedin.com%40evil.example/in/{s}", "https://@www.linkedin.com/in/{s}",
    "https://www.linkedin.com%2F@evil.example/in/{s}",
    # other schemes
    "ftp://www.linkedin.com/in/{s}", "javascript://www.linkedin.com/in/{s}", "file:///in/{s}", "mailto:{s}@www.linkedin.com",
    "data:,www.linkedin.com/in/{s}",
    # not a profile
    "https://www.linkedin.com/", "https://www.linkedin.com", "linkedin.com", "https://www.linkedin.com/in/",
    "https://www.linkedin.com/in", "https://www.linkedin.com/pub/",
    "https://www.linkedin.com/feed/", "https://www.linkedin.com/jobs/view/{s}", "https://www.linkedin.com/posts/{s}",
    "https://www.linkedin.com/groups/{s}", "https://www.linkedin.com/{s}",
    "https://www.linkedin.com/pub/dir/{s}/B", "https://www.linkedin.com/sales/lead/",
    "https://www.linkedin.com/sales/company/{s}", "https://www.linkedin.com/in/?x={s}",
    "https://www.linkedin.com/?x=/in/{s}", "https://www.linkedin.com/#/in/{s}", "https://www.linkedin.com/x/in/{s}", "in/", "/",
    "//", "@", "#", "?", "in", "https://", "http:",
    # not even text that could be one
    "", " ", "\t\n", "\u00a0", "\u0000", "{s}\u0000", "\u0000{s}", "{s}\u0000{s}", "https://www.linkedin.com/in/{s}\u0000",
    "https://www.linkedin.com/in/{s}%00", "{s} B", "see linkedin.com/in/{s}",
    "https://www.linkedin.com/in/{s} and more", "https://www.linkedin.com/in/{s}%20x", "https://www.linkedin.com/in/{s}%0Ax",
    "https://www.linkedin.com/in/{s}\nx", "{s}\n{s}", "{s},{s}",
    "https://www.linkedin.com/in/{s},https://www.linkedin.com/in/{s}", "https://www.linkedin.com/in/%FF%FE{s}",
    "https://www.linkedin.com/in/{s}%", "https://www.linkedin.com/in/{s}%4",
    "https://www.linkedin.com/in/{s}%zz", "https://www.linkedin.com/in/{s}%2Fx", "https://www.linkedin.com/in/<{s}",
    "https://www.linkedin.com/in/{s}\u0007", "{s}@acme.example", "<>", "\"\"",
    "...", "---", "x" * 5000,
]

# {l} is a local part, {d} a domain; {L} and {D} the same in upper case, {f} and {w} in full-width characters.
EMAIL_ROWS = [
    "{l}@{d}", " {l}@{d}", "{l}@{d} ", "  {l}@{d}  ", "\t{l}@{d}\n", "\u00a0{l}@{d}\u00a0", "\u3000{l}@{d}", "{L}@{d}", "{l}@{D}",
    "{L}@{D}", "{l}@{d}.", "{L}@{D}.", "mailto:{l}@{d}", "MAILTO:{l}@{d}", "Mailto:{L}@{D}",
    "mailto:{l}@{d}?subject=hello", "mailto:{l}@{d}?cc=other@acme.example", "mailto:{l}%40{d}", "<{l}@{d}>", " <{l}@{d}> ",
    "<mailto:{l}@{d}>", "Maren Example <{l}@{d}>", "Maren Example<{l}@{d}>",
    "\"Maren Example\" <{l}@{d}>", "\"Example, Maren\" <{l}@{d}>", "'Maren' <{l}@{d}>", "Maren (she) <{l}@{d}>",
    "Ren\u00e9 \u4f8b <{l}@{d}>", "<{L}@{D}.>", "Maren <{L}@{D}>", "\"{l}@{d}\" <{l}@{d}>",
    "\"other@acme.example\" <{l}@{d}>", "Maren <mailto:{l}@{d}>", "{l}\uff20{d}",
    "{f}@{w}", "{l}@{w}", "{f}@{d}", "{l}\uff20{w}", "Maren <{f}@{w}>", " mailto:{L}@{w} ", "\r\n{l}@{d}\r\n",
]

WRITTEN_EMAILS = {
    "maren@xn--bcher-kva.example": ["maren@b\u00fccher.example", "maren@B\u00dcCHER.example", "maren@bu\u0308cher.example",
                                    "MAREN@XN--BCHER-KVA.EXAMPLE", "Maren <maren@b\u00fccher.example>",
                                    "mailto:maren@b\u00fccher.example", "maren@b\u00fccher.example.",
                                    "maren\uff20b\u00fccher\uff0eexample", "maren@b\u00fccher\u3002example"],
    "post@xn--fa-hia.example": ["post@fa\u00df.example", "POST@FA\u00df.example"],
    "info@xn--fsqu00a.example": ["info@\u4f8b\u5b50.example", "info@\u4f8b\u5b50\u3002example"],
    "ja@xn--80ak6aa92e.example": ["ja@\u0430\u0440\u0440\u04cf\u0435.example", "JA@XN--80AK6AA92E.example"],
    "ren\u00e9@acme.example": ["rene\u0301@acme.example", "REN\u00c9@acme.example", "RENE\u0301@ACME.EXAMPLE"],
    "maren+tag@acme.example": ["Maren+Tag@Acme.Example", "mailto:maren%2Btag@acme.example"],
    "m.a.r.e.n@acme.example": ["M.A.R.E.N@acme.example"],
    "o'neil_x-y@acme.example": ["O'Neil_X-Y@acme.example"],
    "a" * 64 + "@acme.example": ["A" * 64 + "@acme.example"],
    "deep@a.b.c.d.acme.example": ["DEEP@A.B.C.D.ACME.EXAMPLE"],
}

# Well-formed addresses of nobody: tags and dots count in business domains.
OTHER_EMAILS = ["{l}+tag@{d}", "{l}.x@{d}", "x.{l}@{d}", "{l}@mail.{d}", "{l}@x{d}", "{l}x@{d}", "maren@acme.example",
                "marentag@acme.example", "m.aren@acme.example", "post@fass.example",
                "maren@bucher.example", "maren@buecher.example", "rene@acme.example", "ja@apple.example", "{l}@{d}.other.example"]

INVALID_EMAILS = ["", " ", "@", "{l}", "{l}@", "@{d}", "{l}@@{d}", "{l}@{d}@{d}", "{l}@{l}@{d}", "{l} {d}", "{l}@localhost",
                  "{l}@acme", "{l}@.example", "{l}@acme..example", "{l}@-acme.example", "{l}@acme-.example",
                  "{l}@ac me.example", "x {l}@{d}", "{l}@{d} x", "{l}@{d},other@acme.example", "{l}@{d};other@acme.example",
                  "{l}@{d} other@acme.example", "{l}@{d}\u0000", "{l}\u0000@{d}", "\u0000", "{l}@{d}\u0007x",
                  "a" * 65 + "@{d}", "\u00e9" * 33 + "@{d}", "{l}@" + "a" * 64 + ".example", "{l}@" + "a." * 130 + "example",
                  "mailto:", "mailto:?to={l}@{d}", "<>", "Maren <>", "Maren Example", "https://{d}/",
                  "https://www.linkedin.com/in/{l}", "{l} at {d}", "{l}@{d}/x", "{l}@{d}:25", "{l}@[192.0.2.1]", "{l}@192.0.2.1",
                  "x" * 5000]


def fill(row, **values):
    for name, value in values.items():
        row = row.replace("{" + name + "}", value)
    return row


def with_slug(row, slug):
    return fill(row, s=slug, S=slug.upper(), x=f"{ord(slug[0]):02X}{slug[1:]}")


def full_width(text):
    return "".join(chr(ord(c) + 0xfee0) for c in text)


def with_address(row, address):
    local, domain = address.split("@")
    return fill(row, l=local, L=local.upper(), f=full_width(local), d=domain, D=domain.upper(), w=full_width(domain))


class World:
    """Records to import, what is to be asked, and in the end what came back."""

    def __init__(self):
        self.records = []
        self.asked = {"professional_network_profile_urls": [], "business_emails": []}
        self.found = {}

    def person(self, urls=(), emails=()):
        """A new record, its first URL at its usual place; the id."""
        record = {"crustdata_person_id": FIRST_ID + len(self.records), "basic_profile": {"name": "Maren Muster"}}
        if urls:
            record["social_handles"] = {"professional_network_identifier": {"profile_url": urls[0],
                                                                            "further_profile_urls": urls[1:]}}
        if emails:
            record["contact"] = {"business_emails": [{"email": email} for email in emails]}
        self.records.append(record)
        return record["crustdata_person_id"]

    def ask(self, key, text):
        self.asked[key].append(text)
        return text

    def run(self, folder):
        """Imports, submits one batch per kind, and notes for each text an id or the reason for none."""
        run("import", "person", write_lines(folder / "people.jsonl", self.records), "--data", folder / "data", "--strict")
        with Server(folder / "data") as server:
            for key, texts in self.asked.items():
                texts = list(dict.fromkeys(texts))
                assert 150 <= len(texts) <= 10000, (key, len(texts))
                answer = server.post("/batch/person/enrich", {key: texts})
                assert answer.status == 200, answer.body
                status = server.wait(answer.json()["batch_id"])
                assert status["request_counts"]["error"] == status["request_counts"]["duplicate"] == 0
                for line in server.lines(status["download_url"]):
                    self.found[key, line["original_identifier"]] = line["internal_id"]
                for line in server.lines(status["unresolved_url"]):
                    self.found[key, line["original_identifier"]] = line["reason"]
                assert {text for kind, text in self.found if kind == key} == set(texts)


URLS, EMAILS = "professional_network_profile_urls", "business_emails"


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """Name of a row: (what is expected, what came back)."""
    world, expected = World(), {}

    def expect(name, key, text, what):
        expected[name] = what, (key, world.ask(key, text))

    def both_ways(name, key, spelling, canonical, turned_spelling, turned_canonical):
        """A record in the canonical form asked for in the spelling, and another record the other way round."""
        one, other = ((lambda text: world.person(urls=[text])) if key == URLS else (lambda text: world.person(emails=[text])),
                      ) * 2
        expect((name, "asked"), key, spelling, one(canonical))
        expect((name, "stored"), key, turned_canonical, other(turned_spelling))

    for at, row in enumerate(SLUG_ROWS + CROSSED):
        slug, turned = f"muster-{at}-anna", f"gegen-{at}-bert"
        both_ways(("slug", row), URLS, with_slug(row, slug), PROFILE + slug, with_slug(row, turned), PROFILE + turned)
    for slug, spellings in WRITTEN.items():
        for at, text in enumerate(spellings):
            if at == 0:
                known = world.person(urls=[PROFILE + slug])
            expect((("written", text), "asked"), URLS, PROFILE + text, known)
            turned = world.person(urls=[f"{PROFILE}{text}-turned-{at}"])
            expect((("written", text), "stored"), URLS, f"{PROFILE}{slug}-turned-{at}", turned)
    for text, slug in OLD.items():
        both_ways(("old", text), URLS, HOST + text, PROFILE + slug, HOST + text.replace("/pub/", "/pub/x-"),
                  PROFILE + "x-" + slug)
    for number, member in enumerate((MEMBER, MEMBER_2)):
        known, lower = world.person(urls=[PROFILE + member]), world.person(urls=[PROFILE + member.lower()])
        for row in MEMBER_ROWS:
            expect((("member", number, row), "asked"), URLS, HOST + row.replace("ID", member), known)
        for at, row in enumerate(MEMBER_ROWS):
            turned = world.person(urls=[HOST + row.replace("ID", f"{member}{at:03}")])
            expect((("member", number, row), "stored"), URLS, f"{PROFILE}{member}{at:03}", turned)
        expect(("member in lower case", number), URLS, PROFILE + member.lower(), lower)
        expect(("member in another case", number), URLS, f"{HOST}/sales/lead/{member[:5]}{member[5:].swapcase()}", "not_found")
    world.person(urls=[PROFILE + "muster-known"], emails=["known@firma.example"])
    for row in OTHERS:
        expect(("other", row), URLS, with_slug(row, "muster-known"), "not_found")
    for row in INVALID:
        expect(("invalid", row), URLS, with_slug(row, "muster-known"), "invalid_identifier")
    for at, row in enumerate(EMAIL_ROWS):
        both_ways(("email", row), EMAILS, with_address(row, f"anna{at}.x@firma-{at}.example"), f"anna{at}.x@firma-{at}.example",
                  with_address(row, f"bert{at}.x@firma-{at}.example"), f"bert{at}.x@firma-{at}.example")
    for address, spellings in WRITTEN_EMAILS.items():
        known = world.person(emails=[address])
        for text in spellings:
            expect((("written email", text), "asked"), EMAILS, text, known)
    for row in OTHER_EMAILS:
        expect(("other email", row), EMAILS, with_address(row, "known@firma.example"), "not_found")
    for row in INVALID_EMAILS:
        expect(("invalid email", row), EMAILS, with_address(row, "known@firma.example"), "invalid_identifier")
    several = world.person(urls=[PROFILE + "erste-adresse", PROFILE + "zweite-adresse", PROFILE + "dritte-adresse"],
                           emails=["erste@firma.example", "zweite@firma.example", "dritte@firma.example"])
    for word in ("erste", "zweite", "dritte"):
        expect(("several", word), URLS, PROFILE + word + "-adresse", several)
        expect(("several emails", word), EMAILS, word + "@firma.example", several)
    world.run(tmp_path_factory.mktemp("identifiers"))
    return {name: (what, world.found[asked]) for name, (what, asked) in expected.items()}


def check(rows, name):
    expected, found = rows[name]
    assert found == expected


WAYS = pytest.mark.parametrize("way", ["asked", "stored"])


@WAYS
@pytest.mark.parametrize("row", SLUG_ROWS)
def test_a_spelling_of_a_profile_url_is_the_same_person(rows, row, way):
    check(rows, (("slug", row), way))


@WAYS
@pytest.mark.parametrize("path", PATHS)
def test_schemes_hosts_paths_and_tails_may_be_combined(rows, path, way):
    wrong = {row: rows[("slug", row), way] for row in CROSSED if path + "{s}" in row and len(set(rows[("slug", row), way])) > 1}
    assert wrong == {}


@WAYS
@pytest.mark.parametrize("text", [text for spellings in WRITTEN.values() for text in spellings])
def test_escapes_case_and_decomposition_of_a_slug_do_not_matter(rows, text, way):
    check(rows, (("written", text), way))


@WAYS
@pytest.mark.parametrize("text", OLD)
def test_an_old_address_is_the_slug_that_it_became(rows, text, way):
    check(rows, (("old", text), way))


@WAYS
@pytest.mark.parametrize("row", MEMBER_ROWS)
@pytest.mark.parametrize("number", [0, 1])
def test_a_member_id_is_found_wherever_it_stands(rows, number, row, way):
    check(rows, (("member", number, row), way))


@pytest.mark.parametrize("number", [0, 1])
def test_case_counts_in_a_member_id(rows, number):
    check(rows, ("member in lower case", number))
    check(rows, ("member in another case", number))


@pytest.mark.parametrize("row", OTHERS)
def test_another_slug_is_another_person(rows, row):
    check(rows, ("other", row))


@pytest.mark.parametrize("row", INVALID)
def test_what_cannot_be_a_profile_is_invalid_even_if_a_persons_slug_stands_in_it(rows, row):
    check(rows, ("invalid", row))


@WAYS
@pytest.mark.parametrize("row", EMAIL_ROWS)
def test_a_spelling_of_an_email_is_the_same_person(rows, row, way):
    check(rows, (("email", row), way))


@pytest.mark.parametrize("text", [text for spellings in WRITTEN_EMAILS.values() for text in spellings])
def test_international_emails_are_found(rows, text):
    check(rows, (("written email", text), "asked"))


@pytest.mark.parametrize("row", OTHER_EMAILS)
def test_another_email_is_another_person(rows, row):
    check(rows, ("other email", row))


@pytest.mark.parametrize("row", INVALID_EMAILS)
def test_what_cannot_be_an_email_is_invalid(rows, row):
    check(rows, ("invalid email", row))


@pytest.mark.parametrize("word", ["erste", "zweite", "dritte"])
def test_every_slug_and_email_of_a_person_leads_to_the_record(rows, word):
    check(rows, ("several", word))
    check(rows, ("several emails", word))
