"""Values for the fuzzer: some that fit a schema, and some that were made unfit. All chance comes from one random.Random."""
import copy

IDENTIFIERS = ["https://www.linkedin.com/in/example-1", "uk.linkedin.com/in/Example-2/", "example-3", "@example-4",
               "http://linkedin.com/in/ex%C3%A4mple", "https://example.com/in/x", "ACoAAAexample", "lnkd.in/x",
               "someone@larkspur-systems.example", "Some One <some.one@quillmark.example>", "larkspur-systems.example",
               "Larkspur Systems", "7700417", "https://www.linkedin.com/company/example-larkspur"]
ODD_TEXTS = ["", " ", "\u0000", "a\u0000b", "\u2028", "\ufeff", "\u202e", "😀", "é", "e\u0301", "İ", "ß", "\ud800",
             "'", '"', "\\", "%00", "%", "%zz", "../../etc/passwd", "${x}", "{{x}}", "<script>", "a,b", ",", ",,,", "null",
             "true", "NaN", "-0", "credit", "quota", "\r\nX-Injected: 1",
             "x" * 255, "x" * 256, "x" * 2049, "x" * 70000]
NUMBERS = [0, -0.0, 1, -1, 9, 10, 11, 100, 999, 1000, 1001, 0.5, 1.0, 10.0, 1e3, 1e308, -1e308, 2**31 - 1, 2**31, 2**32,
           2**53, 2**53 + 1, 2**63 - 1, 2**63, 2**64, 10**40]
UNKNOWN_KEYS = ["", "extra", "Fields", "fields ", "webhookUrl", "__proto__", "profile_urls", "businessEmails",
                "x" * 300, "\u0000"]


def nested(depth, chance):
    value = chance.choice([None, 1, "x"])
    for _ in range(depth):
        value = [value] if chance.random() < 0.5 else {"a": value}
    return value


def anything(chance):
    """A JSON value of any type."""
    return chance.choice([None, True, False, [], {}, [[]], [None], {"": None}, chance.choice(NUMBERS),
                          chance.choice(ODD_TEXTS), [chance.choice(NUMBERS)], [chance.choice(ODD_TEXTS)],
                          nested(chance.choice([2, 30, 31, 32, 33, 200]), chance)])


class Valid:
    """Values that fit schemas of a document."""

    def __init__(self, resolve, chance):
        self.resolve = resolve
        self.chance = chance

    def of(self, schema):
        schema = self.resolve(schema)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self.chance.choice(schema["enum"])
        if schema.get("type") == "object":
            return self._object(schema)
        if "oneOf" in schema:
            return self.of(self.chance.choice(schema["oneOf"]))
        kind = schema.get("type", "string")
        kind = self.chance.choice(kind) if isinstance(kind, list) else kind
        return {"array": self._array, "string": self._string, "integer": self._number, "number": self._number,
                "boolean": lambda _: self.chance.random() < 0.5, "null": lambda _: None}[kind](schema)

    def _object(self, schema):
        wanted = set(schema.get("required", []))
        if "oneOf" in schema:
            wanted |= set(self.chance.choice(schema["oneOf"])["required"])
        alternatives = {name for one in schema.get("oneOf", []) for name in one["required"]}
        names = [name for name in schema.get("properties", {})
                 if name in wanted or (name not in alternatives and self.chance.random() < 0.3)]
        self.chance.shuffle(names)
        return {name: self.of(schema["properties"][name]) for name in names}

    def _array(self, schema):
        count = self.chance.choice([1, 1, 2, 3, 7, 25])
        most = schema.get("maxItems", count)
        return [self.of(schema["items"]) for _ in range(max(schema.get("minItems", 0), min(count, most)))]

    def _string(self, schema):
        if schema.get("format") == "uri":
            return self.chance.choice(["https://hooks.example.com/enrichd", "http://hooks.example.com:8080/a?b=c"])
        if schema.get("format") == "uuid":
            return "019aa3f2-7c1e-7b4a-9c55-0d2f6a81e3b7"
        if self.chance.random() < 0.2 and "pattern" not in schema:
            return self.chance.choice([text for text in ODD_TEXTS if text != "\ud800"])
        if "pattern" in schema and self.chance.random() < 0.5:
            return " , ".join(self.chance.choice(IDENTIFIERS) for _ in range(3))
        return self.chance.choice(IDENTIFIERS)

    def _number(self, schema):
        low, high = schema.get("minimum", -2), schema.get("maximum", 2000)
        if schema["type"] == "integer" or "integer" in schema["type"]:
            return self.chance.choice([low, high, self.chance.randint(low, high)])
        return self.chance.choice([low, high, self.chance.uniform(low, high)])


def places(value, path=()):
    """Paths to everything inside of a value."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from places(item, path + (key,))


def mutated(value, chance):
    """A copy with one to three things changed somewhere."""
    value = copy.deepcopy(value)
    for _ in range(chance.choice([1, 1, 2, 3])):
        path = chance.choice(list(places(value)))
        if not path:
            if not isinstance(value, dict) or chance.random() < 0.2:
                value = anything(chance)
            else:
                value[chance.choice(UNKNOWN_KEYS)] = anything(chance)
            continue
        holder = value
        for step in path[:-1]:
            holder = holder[step]
        if isinstance(holder, dict) and chance.random() < 0.2:
            del holder[path[-1]]
        elif isinstance(holder, list) and chance.random() < 0.2:
            holder *= chance.choice([0, 2, 30])
        else:
            holder[path[-1]] = anything(chance)
    return value


def broken_text(text, chance):
    """A JSON text (bytes) that is none any more, most of the time."""
    at = chance.randrange(len(text) + 1)
    return chance.choice([
        lambda: text[:at], lambda: text + text, lambda: text + b" x", lambda: text + b"\x00", lambda: b"\xef\xbb\xbf" + text,
        lambda: text[:at] + bytes([chance.randrange(256)]) + text[at:], lambda: text[:at] + b"\xff\xfe" + text[at:],
        lambda: text.replace(b'"', b"'"), lambda: text.replace(b":", b"=", 1), lambda: text[:-1] + b",}",
        lambda: b"/* */" + text, lambda: text.decode("utf-8", "replace").encode("utf-16"), lambda: b"", lambda: b" \r\n\t",
        lambda: text[:-1] + b"," + text[1:], lambda: b"[" * 100000, lambda: b'{"a":' * 5000, lambda: b"NaN", lambda: b"-",
        lambda: text.replace(b'"', b'"\\ud800', 1), lambda: text.replace(b'"', b'"\\q', 1), lambda: text.replace(b'"', b'"\n', 1),
    ])()
