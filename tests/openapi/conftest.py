"""Puts the harness of the black-box tests and the tool within reach, and judges the recorded exchanges last."""
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests/api")]


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.path.name == "test_exchanges.py")
