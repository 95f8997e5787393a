"""The control of disk_fail.so from the outside."""
import ctypes
import mmap
import os
import pathlib

from world import LIBRARIES

FOREVER = 2 ** 63
DIE, DIE_TORN = -1, -2
OPERATIONS = ("open", "write", "truncate", "sync", "rename", "unlink", "mkdir")


class Control(ctypes.Structure):
    """struct control of disk_fail.c"""
    _fields_ = [("seen", ctypes.c_uint64), ("first", ctypes.c_uint64), ("last", ctypes.c_uint64), ("how", ctypes.c_int32),
                ("hits", ctypes.c_uint32), ("seen_of", ctypes.c_uint64 * len(OPERATIONS))]


class DiskFail:
    """Faults for the programs that run with environment(), on the files of one folder."""

    def __init__(self, folder, path):
        self.folder, self.path = pathlib.Path(folder), pathlib.Path(path)
        self.path.write_bytes(bytes(ctypes.sizeof(Control)))
        with open(self.path, "r+b") as file:
            self.control = Control.from_buffer(mmap.mmap(file.fileno(), 0))

    def environment(self):
        return {"LD_PRELOAD": str(LIBRARIES / "disk_fail.so"), "TAP_FOLDER": os.path.realpath(self.folder),
                "DISK_FAIL_CONTROL": str(self.path)}

    def arm(self, number, how, count=1):
        """The number-th operation from now on and the count - 1 after it are hit."""
        self.control.hits = 0
        self.control.how = how
        first = self.control.seen + number
        self.control.last = min(first + count - 1, FOREVER)
        self.control.first = first

    def disarm(self):
        self.control.first = FOREVER
        self.control.last = 0

    def hits(self):
        return self.control.hits

    def seen_of(self):
        return dict(zip(OPERATIONS, self.control.seen_of))
