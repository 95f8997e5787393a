"""Out of a log of disk_record.so: what a disk may hold after a power cut.

A file's bytes are on the disk when a sync that began after the write has succeeded; a name, when its folder was synced after
the name was given or taken. Everything later may be there or not, in any order, and of a write any of its 512-byte pieces.
"""
import os
import pathlib
import shutil
import struct

HEAD = struct.Struct("<cBHIQq")
SECTOR = 512
ACK = b"A"


class Operation:
    """One record of the log. kind: the letters of disk_record.c, and A for what a client was told."""

    def __init__(self, kind, inode, offset, paths, data):
        self.kind, self.inode, self.offset, self.paths, self.data = kind, inode, offset, paths, data


def read_log(path):
    log, at, operations = memoryview(pathlib.Path(path).read_bytes()), 0, []
    while at < len(log):
        kind, _, path_bytes, count, inode, offset = HEAD.unpack_from(log, at)
        at += HEAD.size
        paths = bytes(log[at:at + path_bytes]).decode().split("\0")
        at += path_bytes
        operations.append(Operation(kind, inode, offset, paths, log[at:at + count]))
        at += count
    assert at == len(log), "the log is cut off"
    return operations


def write_ack(file, text):
    """Notes in the log what a client has just been told; file: opened for appending, without a buffer."""
    data = text.encode()
    file.write(HEAD.pack(ACK, 0, 0, len(data), 0, 0) + data)


class Synced:
    """What has a state on the disk for sure, `durable`, and changes that are not synced yet, `later`."""

    def __init__(self, durable):
        self.durable, self.later = durable, []
        self.version = 0
        self.covered = {}  # by the thread of a sync that is under way: how many of `later` were there when it began

    def sync_begins(self, thread):
        self.covered[thread] = len(self.later)

    def sync_ends(self, thread):
        count = self.covered.pop(thread)
        for change in self.later[:count]:
            self.apply(self.durable, change)
        del self.later[:count]
        self.covered = {other: max(0, before - count) for other, before in self.covered.items()}
        self.version += 1


class File(Synced):
    """A change: (offset, bytes), or (new length, None)."""
    count = 0

    def __init__(self):
        super().__init__(bytearray())
        File.count += 1
        self.number = File.count

    @staticmethod
    def apply(data, change):
        offset, written = change
        if written is None:
            del data[offset:]
        if len(data) < offset:
            data.extend(bytes(offset - len(data)))
        if written is not None:
            data[offset:offset + len(written)] = written


class Folder(Synced):
    """entries: name -> File or Folder, as programs see it. A change: the same for the names that change together, None for one
    that goes."""

    def __init__(self):
        super().__init__({})
        self.entries = {}

    @staticmethod
    def apply(entries, change):
        for name, entry in change.items():
            if entry is None:
                entries.pop(name, None)
            else:
                entries[name] = entry

    def change(self, **names):
        self.apply(self.entries, names)
        self.later.append(names)


class Disk:
    """The folder that was recorded, advanced operation by operation."""

    def __init__(self, root, drops_syncs=False):
        self.root, self.drops_syncs = os.path.realpath(root), drops_syncs
        self.top = Folder()
        self.by_inode = {}

    def place(self, path):
        """(folder, name) of a path."""
        folder, parts = self.top, os.path.relpath(path, self.root).split("/")
        for part in parts[:-1]:
            folder = folder.entries[part]
        return folder, parts[-1]

    def step(self, operation):
        kind = operation.kind
        if kind == b"O":
            self.open(operation)
        elif kind == b"W":
            self.by_inode[operation.inode].later.append((operation.offset, operation.data))
        elif kind == b"T":
            self.by_inode[operation.inode].later.append((operation.offset, None))
        elif kind == b"R":
            self.rename(*operation.paths)
        elif kind in (b"M", b"U"):
            folder, name = self.place(operation.paths[0])
            folder.change(**{name: Folder() if kind == b"M" else None})
        elif kind in (b"S", b"D") and not self.drops_syncs:
            self.sync(operation)

    def open(self, operation):
        folder, name = self.place(operation.paths[0])
        if name not in folder.entries:
            folder.change(**{name: File()})
        file = self.by_inode[operation.inode] = folder.entries[name]
        if operation.offset & os.O_TRUNC:
            file.later.append((0, None))

    def rename(self, old, new):
        folder, old_name = self.place(old)
        new_folder, new_name = self.place(new)
        assert folder is new_folder, "a file moves to another folder"
        folder.change(**{old_name: None, new_name: folder.entries[old_name]})

    def sync(self, operation):
        synced = self.folder(operation.paths[0]) if operation.paths[0] else self.by_inode[operation.inode]
        if operation.kind == b"S":
            synced.sync_begins(operation.offset)
        else:
            synced.sync_ends(operation.offset)

    def folder(self, path):
        if path == self.root:
            return self.top
        parent, name = self.place(path)
        return parent.entries[name]


# ---- images ----

def torn(change, random):
    """One of: the change as it is, a part of its sectors."""
    offset, written = change
    if written is None or len(written) <= SECTOR or random.random() < 0.5:
        return [change]
    return [(offset + at, written[at:at + SECTOR]) for at in range(0, len(written), SECTOR) if random.random() < 0.5]


def chosen(changes, mode, random):
    """Which of the changes that are not synced the disk has, and in which order they came to it."""
    if mode == "none":
        return []
    if mode == "all":
        return changes
    if mode == "first":
        return changes[:random.randrange(len(changes) + 1)]
    kept = [change for change in changes if random.random() < 0.5]
    if mode == "shuffled":
        random.shuffle(kept)
    return kept


def write_file(file, path, mode, random, cache):
    changes = chosen(file.later, mode, random)
    if not changes:
        kept = cache / f"{file.number}-{file.version}"
        if not kept.exists():
            for old in cache.glob(f"{file.number}-*"):
                old.unlink()
            kept.write_bytes(file.durable)
        if "records" in path.parts:
            os.link(kept, path)  # nobody writes to these again
        else:
            shutil.copyfile(kept, path)
        return
    data = bytearray(file.durable)
    for change in changes:
        for part in torn(change, random) if mode in ("some", "shuffled") else [change]:
            File.apply(data, part)
    path.write_bytes(data)


def write_image(folder, path, mode, random, cache):
    """The folder as the disk may have it, below path. A renaming happened or did not."""
    path.mkdir()
    entries = dict(folder.durable)
    for change in chosen(folder.later, "some" if mode == "shuffled" else mode, random):
        Folder.apply(entries, change)
    for name, entry in entries.items():
        if isinstance(entry, Folder):
            write_image(entry, path / name, mode, random, cache)
        else:
            write_file(entry, path / name, mode, random, cache)


def differences(folder, path):
    """Files below path that are not, byte for byte, what the log says."""
    found = []
    there = {entry.name for entry in path.iterdir() if not entry.name.endswith("-shm")}
    found += [path / name for name in there ^ set(folder.entries)]
    for name, entry in folder.entries.items():
        if isinstance(entry, Folder):
            found += differences(entry, path / name)
            continue
        data = bytearray(entry.durable)
        for change in entry.later:
            File.apply(data, change)
        if name in there and (path / name).read_bytes() != data:
            found.append(path / name)
    return found
