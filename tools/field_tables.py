#!/usr/bin/env python3
"""Compiles a field table (TSV: path, type, default, search) into a C header.

usage: field_tables.py ENTITY INPUT.tsv OUTPUT.h

Rows of type "(filter alias)" name nothing that can be selected and are left out. The default column of a family
decides for the family, that of a deeper field whether the family's default form contains it. A step "*" stands for
every key of a map; the rows have it inside longer paths only, so it and the steps below it get rows of their own,
without types: they cannot be selected.
"""
import sys

TYPES = {
    "null": "FIELD_NULL",
    "object": "FIELD_OBJECT",
    "map": "FIELD_OBJECT",
    "string": "FIELD_STRING",
    "datetime": "FIELD_STRING",
    "integer": "FIELD_NUMBER",
    "number": "FIELD_NUMBER",
    "boolean": "FIELD_BOOLEAN",
}


def type_set(text):
    """The C expression for a type column such as "string[]|null"."""
    if not text:
        return "0"
    names = set()
    for word in text.split("|"):
        if word.endswith("[]"):
            names.add("FIELD_ARRAY")
        else:
            names.add(TYPES[word.split("<")[0]])
    return " | ".join(sorted(names))


def missing_steps(name, rows):
    """The paths above a name like "people.*.title" that have no row: those from the "*" on."""
    known = {row[0] for row in rows}
    steps = name.split(".")
    paths = [".".join(steps[:n]) for n in range(1, len(steps))]
    return [path for path in paths if path not in known]


def read(path):
    """[(path, type, is_default)] in the file's order."""
    rows = []
    with open(path, encoding="utf-8") as file:
        header = file.readline().rstrip("\n").split("\t")
        assert header[:3] == ["path", "type", "default"], header
        for line in file:
            name, kind, default = line.rstrip("\n").split("\t")[:3]
            if kind == "(filter alias)":
                continue
            rows += [(above, "", False) for above in missing_steps(name, rows)]
            rows.append((name, kind, default == "yes"))
    return rows


def subtree_end(rows, index):
    end = index + 1
    while end < len(rows) and rows[end][0].startswith(rows[index][0] + "."):
        end += 1
    return end


def main():
    entity, source, target = sys.argv[1:]
    rows = read(source)
    index_of = {row[0]: index for index, row in enumerate(rows)}
    assert len(index_of) == len(rows), "a path stands twice"
    families = [index for index, row in enumerate(rows) if "." not in row[0]]
    assert len(families) <= 64
    lines = [f"/* Generated from {entity}_fields.tsv by tools/field_tables.py. */", '#include "entity/fields.h"', ""]
    lines.append(f"static const struct field {entity}_fields[] = {{")
    for index, (path, kind, default) in enumerate(rows):
        above, _, name = path.rpartition(".")
        parent = index_of[above] if above else "FIELD_NONE"
        family = families.index(index_of[path.split(".")[0]])
        lines.append(
            f'    {{STR_INIT("{path}"), STR_INIT("{name}"), {parent}, {subtree_end(rows, index)}, {family}, '
            f'{type_set(kind)}, {"true" if default else "false"}}},'
        )
    lines.append("};")
    by_path = sorted(range(len(rows)), key=lambda index: rows[index][0].encode())
    default_set = sum(1 << number for number, index in enumerate(families) if rows[index][2])
    lines.append(f"static const uint16_t {entity}_families[] = {{{', '.join(map(str, families))}}};")
    lines.append(f"static const uint16_t {entity}_by_path[] = {{{', '.join(map(str, by_path))}}};")
    lines.append(f"static const struct field_table {entity}_field_table = {{")
    lines.append(f"    {entity}_fields, {len(rows)}, {entity}_families, {len(families)}, {entity}_by_path, {default_set}u,")
    lines.append("};")
    with open(target, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
