"""Server and description say the same: no answer that is not described, and nothing described that never happens.

Works on what recorder.py wrote while the other suites ran ($ENRICHD_EXCHANGES).
"""
import collections
import fnmatch
import os

import pytest
import recorder
from description import Description

# (operation, status) with wildcards, each with the reason why no test brings it about over HTTP.
NOT_PROVOKED = {
    ("*", "500"): "a fault of the server by definition",
    ("* /account/*", "503"): "needs a store that fails while the server runs",
    ("* /batch*", "503"): "needs a store that fails while the server runs",
    ("* /files/*", "503"): "needs a store that fails while the server runs",
    ("* /*/enrich", "503"): "needs a store that fails while the server runs",
    ("* /readyz", "503"): "lasts for the moment between SIGTERM and the end",
    ("* /metrics", "503"): "needs a store that fails while the server runs",
    ("*", "408"): "is sent to clients that the recorder does not see: tests/api/test_slow_clients.py",
    ("* /batch/*/deliveries", "403"): "the scope is checked before the handler, as for every route of batches",
    ("* /batch/*/redeliver", "403"): "the scope is checked before the handler, as for every route of batches",
    ("* /batch/*/revoke-links", "403"): "the scope is checked before the handler, as for every route of batches",
    ("* /*company/enrich", "402"): "the handler is that of persons",
    ("other", "503"): "needs a store that fails while the server runs",
}
# Pointers of headers and keys, with wildcards.
PARTS_NOT_PROVOKED = {"#/components/schemas/RequestTimeout/*"}


def is_excused(answer):
    return any(fnmatch.fnmatch(answer[0], name) and answer[1] == status for name, status in NOT_PROVOKED)


@pytest.fixture(scope="module")
def exchanges():
    file_name = os.environ.get("ENRICHD_EXCHANGES")
    if not file_name or not os.path.exists(file_name):
        pytest.skip("no exchanges were recorded: ENRICHD_EXCHANGES is not set")
    return recorder.read(file_name)


@pytest.fixture(scope="module")
def description():
    return Description()


def test_every_answer_is_as_described(exchanges, description):
    found = collections.defaultdict(list)
    for exchange in exchanges:
        for problem in description.problems(exchange):
            found[problem].append(f"{exchange['method']} {exchange['path'][:100]} -> {exchange['status']}")
    assert not found, "\n".join(f"{problem}: {len(places)} times, e.g. {places[0]}" for problem, places in found.items())


def test_every_described_answer_was_given(exchanges, description):
    seen = {description.answer(exchange) for exchange in exchanges}
    missing = {answer for answer in description.answers() - seen if not is_excused(answer)}
    assert not missing, sorted(missing)


def test_every_described_header_and_key_was_there(exchanges, description):
    seen = {part for exchange in exchanges for part in description.parts_of(exchange)}
    expected = description.parts({answer for answer in description.answers() if not is_excused(answer)})
    missing = {part for part in expected - seen if not any(fnmatch.fnmatch(part, name) for name in PARTS_NOT_PROVOKED)}
    assert not missing, sorted(missing)
