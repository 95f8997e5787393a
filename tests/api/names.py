"""Names that lead where a test says, for a server that tests/fault/names.c is preloaded into: nothing of the machine's own
names is asked, and nobody outside."""
import os
import pathlib

import pytest
from harness import ENRICHD

LIBRARY = pathlib.Path(ENRICHD).parent / "tests/names.so"


class Names:
    """lead() says where a name leads from now on; a server that was started before asks again after a minute."""

    def __init__(self, folder):
        if not LIBRARY.exists():
            pytest.skip("the build folder has no tests")
        self.file = pathlib.Path(folder) / "names"
        self.lines = {}
        self.lead("localhost", "127.0.0.1", "::1")

    def lead(self, name, *addresses):
        """Addresses, or "stuck" for an answer that never comes."""
        self.lines[name] = " ".join([name, *addresses])
        new = self.file.with_suffix(".new")
        new.write_text("".join(f"{line}\n" for line in self.lines.values()), encoding="ascii")
        new.rename(self.file)

    def environment(self):
        """A server that is confined could not read the file."""
        sanitizer = os.environ.get("ASAN_OPTIONS", "")
        return {"LD_PRELOAD": str(LIBRARY), "NAMES": str(self.file), "ENRICHD_SERVER_CONFINE": "off",
                "ASAN_OPTIONS": f"{sanitizer}:verify_asan_link_order=0"}
