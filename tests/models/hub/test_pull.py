"""Pulls from a hub that works, and from one that doesn't."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from pathlib import Path

import pytest

from codeassistd.models.errors import CodeassistdError, UsageError
from codeassistd.models.hub.address import HubAddress
from codeassistd.models.hub.client import HubClient
from codeassistd.models.hub.errors import HubError
from codeassistd.models.hub.manifest import read_manifest
from codeassistd.models.hub.part_file import PartFile
from codeassistd.models.hub.patience import RetryPolicy
from codeassistd.models.hub.pull import PullObserver, PullPlan, PullProgress, PullRequest, pull
from codeassistd.models.hub.store import ModelStore, ModelStoreError, faults, tree_size

from .conftest import REPOSITORY, WEIGHTS
from .hub_server import HubServer, safetensors

REQUEST = PullRequest(REPOSITORY, REPOSITORY)
FETCHED = {"config.json", "1_Pooling/config.json", "vocab.txt", "model.safetensors"}
FILE = "model.safetensors"
SIZE = len(WEIGHTS)


def test_a_model_is_installed_with_its_record(hub: HubServer, client: HubClient, store: ModelStore) -> None:
    model = pull(REQUEST, client, store)
    assert model.folder == store.folder / "acme--tiny-embedder"
    assert store.find(REPOSITORY) == model
    assert read_manifest(model.folder) == model.manifest
    assert model.manifest.revision == hub.commit
    assert model.manifest.licence == "apache-2.0"
    assert model.manifest.hub == client.address.host
    assert {file.path: (file.size, file.sha256) for file in model.manifest.files} == {
        path: (len(content), hashlib.sha256(content).hexdigest())
        for path, content in hub.repositories[REPOSITORY].items()
        if path in FETCHED
    }
    on_disk = {
        path.relative_to(model.folder).as_posix() for path in model.folder.rglob("*") if path.is_file()
    }
    assert on_disk == FETCHED | {"codeassistd-manifest.json"}
    assert faults(model) == []
    assert store.unfinished() == {}


def test_pickles_and_code_are_not_even_asked_for(
    hub: HubServer, client: HubClient, store: ModelStore
) -> None:
    plans: list[PullPlan] = []
    pull(REQUEST, client, store, PullObserver(planned=plans.append))
    assert plans[0].listing.refused == ("README.md", "pytorch_model.bin", "modeling_tiny.py")
    asked = {url.partition(f"/{hub.commit}/")[2] for url, _, _ in hub.requests if "/resolve/" in url}
    assert asked == FETCHED


def test_files_are_asked_for_by_commit(hub: HubServer, client: HubClient, store: ModelStore) -> None:
    pull(PullRequest("m", REPOSITORY, "refs/pr/1"), client, store)
    listed, *fetched = [url for url, _, _ in hub.requests]
    assert listed == f"/api/models/{REPOSITORY}/revision/refs/pr/1"
    assert all(f"/resolve/{hub.commit}/" in url for url in fetched)


def test_progress_counts_bytes_up_to_the_whole(hub: HubServer, client: HubClient, store: ModelStore) -> None:
    reports: list[PullProgress] = []
    plans: list[PullPlan] = []
    pull(REQUEST, client, store, PullObserver(plans.append, reports.append))
    assert {report.total for report in reports} == {plans[0].size}
    assert [report.done for report in reports] == sorted(report.done for report in reports)
    assert reports[-1].done == plans[0].size
    assert plans[0].at_hand == 0


def test_a_cut_connection_is_continued_where_it_ended(
    hub: HubServer, client: HubClient, store: ModelStore, notices: list[str]
) -> None:
    hub.fault(FILE).cut_after = [50_000, 100_000]
    assert faults(pull(REQUEST, client, store)) == []
    assert hub.asked_for(FILE) == ["", "bytes=50000-", "bytes=150000-"]
    assert hub.sent[FILE] == SIZE
    assert len(notices) == 2
    assert "trying again in" in notices[0]


def test_a_transfer_that_comes_forward_may_fail_often(
    hub: HubServer, client: HubClient, store: ModelStore
) -> None:
    hub.fault(FILE).cut_after = [20_000] * 12
    assert faults(pull(REQUEST, client, store)) == []
    assert len(hub.asked_for(FILE)) == 13


def test_a_transfer_that_does_not_is_given_up_and_continued_by_the_next_pull(
    hub: HubServer, client: HubClient, store: ModelStore
) -> None:
    hub.fault(FILE).cut_after = [50_000, 0, 0, 0]
    with pytest.raises(HubError, match=r"gave up on model\.safetensors after 4 attempts") as caught:
        pull(REQUEST, client, store)
    assert "goes on from what was received" in caught.value.hint
    assert store.find(REPOSITORY) is None
    assert store.installed() == []
    assert store.unfinished()[REPOSITORY] > 50_000
    plans: list[PullPlan] = []
    model = pull(REQUEST, client, store, PullObserver(planned=plans.append))
    assert faults(model) == []
    assert plans[0].at_hand == 50_000 + sum(f.size for f in model.manifest.files if f.path != FILE)
    assert hub.sent[FILE] == SIZE
    assert len(hub.asked_for("config.json")) == 2  # one of each folder, and none again


def test_a_server_without_ranges_is_asked_for_everything_again(
    hub: HubServer, client: HubClient, store: ModelStore
) -> None:
    hub.fault(FILE).no_ranges = True
    hub.fault(FILE).cut_after = [100_000]
    assert faults(pull(REQUEST, client, store)) == []
    assert hub.asked_for(FILE) == ["", "bytes=100000-"]
    assert hub.sent[FILE] == 100_000 + SIZE


def test_a_server_without_ranges_that_always_cuts_is_given_up(
    hub: HubServer, client: HubClient, store: ModelStore
) -> None:
    hub.fault(FILE).no_ranges = True
    hub.fault(FILE).cut_after = [100_000] * 100
    with pytest.raises(HubError, match=r"gave up on model\.safetensors"):
        pull(REQUEST, client, store)


def test_another_version_on_the_server_is_fetched_from_its_start(
    hub: HubServer, client: HubClient, store: ModelStore
) -> None:
    hub.etag = '"one"'
    hub.fault(FILE).cut_after = [100_000, 0, 0, 0]
    with pytest.raises(HubError):
        pull(REQUEST, client, store)
    hub.etag = '"two"'
    hub.fault(FILE).cut_after = []
    assert faults(pull(REQUEST, client, store)) == []
    assert hub.sent[FILE] == 100_000 + SIZE


def test_wrong_bytes_are_thrown_away_and_fetched_again(
    hub: HubServer, client: HubClient, store: ModelStore
) -> None:
    hub.fault(FILE).wrong_bytes = 1
    hub.fault("vocab.txt").wrong_bytes = 1
    assert faults(pull(REQUEST, client, store)) == []
    assert hub.asked_for(FILE) == ["", ""]


@pytest.mark.parametrize("path", [FILE, "vocab.txt"])
def test_bytes_that_stay_wrong_are_never_installed(
    hub: HubServer, client: HubClient, store: ModelStore, path: str
) -> None:
    hub.fault(path).wrong_bytes = 100
    with pytest.raises(HubError, match=f"{path} of acme/tiny-embedder came 2 times with a content"):
        pull(REQUEST, client, store)
    assert store.installed() == []
    assert not any(path.name.endswith(".part") for path in store.folder.rglob("*"))


def test_a_damaged_part_does_not_spoil_the_file(hub: HubServer, client: HubClient, store: ModelStore) -> None:
    with store.staging(REPOSITORY) as staging:
        name = f"{hashlib.sha256(WEIGHTS).hexdigest()}.part"
        (staging.parts / name).write_bytes(b"x" * 1000)
        (staging.parts / f"{'0' * 64}.part").write_bytes(b"of a file that nobody wants any longer")
    assert faults(pull(REQUEST, client, store)) == []
    assert hub.asked_for(FILE) == ["bytes=1000-", ""]


@pytest.mark.parametrize("is_chunked", [False, True])
def test_more_bytes_than_listed_are_refused(
    hub: HubServer, client: HubClient, store: ModelStore, is_chunked: bool
) -> None:
    hub.fault(FILE).larger = True
    hub.fault(FILE).chunked = is_chunked
    with pytest.raises(HubError, match=r"gave up on model\.safetensors"):
        pull(REQUEST, client, store)
    assert tree_size(store.folder) < SIZE + 1000


def test_too_many_requests_are_answered_by_the_wait_that_is_asked_for(
    hub: HubServer, client: HubClient, store: ModelStore, notices: list[str]
) -> None:
    hub.fault("").statuses = [(429, {"Retry-After": "0"})]
    hub.fault(FILE).statuses = [(429, {"Retry-After": "0"}), (503, {}), (500, {})]
    assert faults(pull(REQUEST, client, store)) == []
    assert notices[0].endswith("the hub has too many requests (429); trying again in 0.0 s")
    assert len(notices) == 4


def test_a_wait_that_nobody_would_sit_through_ends_the_pull(
    hub: HubServer, client: HubClient, store: ModelStore
) -> None:
    hub.fault(FILE).statuses = [(429, {"Retry-After": "3600"})]
    with pytest.raises(HubError, match="asks to wait 60 minutes before model"):
        pull(REQUEST, client, store)


def test_silence_is_a_lost_connection(
    hub: HubServer, client: HubClient, store: ModelStore, notices: list[str]
) -> None:
    hub.fault(FILE).pause = [1.0]
    assert faults(pull(REQUEST, client, store)) == []
    assert "no data for 0.3 s" in notices[0]


def test_a_slow_server_is_no_fault(hub: HubServer, client: HubClient, store: ModelStore) -> None:
    hub.fault(FILE).pause = [0.1]
    assert faults(pull(REQUEST, client, store)) == []
    assert hub.asked_for(FILE) == [""]


def test_redirects_are_followed(hub: HubServer, client: HubClient, store: ModelStore) -> None:
    hub.fault(FILE).redirect = "/storage"
    hub.fault(FILE).cut_after = [100_000]
    assert faults(pull(REQUEST, client, store)) == []
    ranges = [asked for url, asked, _ in hub.requests if url.startswith("/storage/")]
    assert ranges == ["", "bytes=100000-"]


def test_the_token_stays_with_the_hub(hub: HubServer, store: ModelStore) -> None:
    other = HubServer()
    other.repositories = hub.repositories
    try:
        hub.fault(FILE).statuses = [
            (302, {"Location": f"{other.endpoint}/{REPOSITORY}/resolve/{hub.commit}/{FILE}"})
        ]
        with HubClient(HubAddress(hub.endpoint, "secret"), "0") as client:
            assert faults(pull(REQUEST, client, store)) == []
    finally:
        other.close()
    assert {token for _, _, token in hub.requests} == {"Bearer secret"}
    assert [token for _, _, token in other.requests] == [""]


def test_a_token_is_not_sent_in_the_open() -> None:
    assert not HubAddress("http://hub.example", "secret").may_carry_token
    assert HubAddress("https://hub.example", "secret").may_carry_token


@pytest.mark.parametrize(
    ("path", "status", "headers", "message"),
    [
        (FILE, 404, {"X-Error-Code": "EntryNotFound"}, "has no model.safetensors of acme/tiny-embedder"),
        ("", 404, {"X-Error-Code": "RevisionNotFound"}, "has no revision main of acme/tiny-embedder"),
        ("", 401, {}, "has no public model acme/tiny-embedder"),
        (FILE, 403, {}, "only to those who accepted its licence"),
        (FILE, 401, {"X-Error-Code": "GatedRepo"}, "only to those who accepted its licence"),
        (FILE, 451, {}, "answers 451 when asked for model.safetensors"),
    ],
)
def test_what_trying_again_does_not_mend_is_said_at_once(  # noqa: PLR0917
    hub: HubServer,
    client: HubClient,
    store: ModelStore,
    notices: list[str],
    path: str,
    status: int,
    headers: dict[str, str],
    message: str,
) -> None:
    hub.fault(path).statuses = [(status, headers)]
    with pytest.raises(HubError, match=message) as caught:
        pull(REQUEST, client, store)
    assert caught.value.hint
    assert notices == []


def test_a_listing_cut_short_is_asked_for_again(
    hub: HubServer, client: HubClient, store: ModelStore, notices: list[str]
) -> None:
    hub.fault("").cut_after = [200]
    assert faults(pull(REQUEST, client, store)) == []
    assert len(notices) == 1


def test_a_listing_cut_short_with_a_proper_end_is_asked_for_again(
    hub: HubServer, client: HubClient, store: ModelStore, notices: list[str]
) -> None:
    hub.fault("").chunked = True
    hub.fault("").cut_after = [200]
    assert faults(pull(REQUEST, client, store)) == []
    assert "cut short or no JSON" in notices[0]


def test_a_listing_that_lacks_a_part_of_the_weights_is_refused(
    hub: HubServer, client: HubClient, store: ModelStore
) -> None:
    index = (
        '{"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}'
    )
    hub.repositories["acme/sharded"] = {
        "model-00001-of-00002.safetensors": safetensors(1, 1000),
        "model-00002-of-00002.safetensors": safetensors(2, 1000),
        "model.safetensors.index.json": index.encode(),
    }
    request = PullRequest("acme/sharded", "acme/sharded")
    whole = hub.describe("acme/sharded")
    hub.listing = {
        **whole,
        "siblings": [entry for entry in whole["siblings"] if "00002-of" not in entry["rfilename"]],
    }
    for _ in range(2):  # what the first attempt left must not get past the second
        with pytest.raises(HubError, match="such as model-00002-of"):
            pull(request, client, store)
    assert hub.sent["model-00001-of-00002.safetensors"] == 0
    hub.listing = None
    assert len(pull(request, client, store).manifest.files) == 3


def test_too_little_space_is_noticed_before_the_first_file(
    hub: HubServer, client: HubClient, store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(Path.cwd())._replace(free=10**6)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    with pytest.raises(HubError, match=r"0\.00 GB are free, 0\.20 GB are needed"):
        pull(REQUEST, client, store)
    assert hub.sent[FILE] == 0


def test_a_disk_that_fills_up_keeps_what_was_received(
    hub: HubServer, client: HubClient, store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = 120_000
    write = os.write

    def write_until_full(file: int, content: bytes) -> int:
        nonlocal room
        taken = min(len(content), room)
        if taken == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        room -= taken
        return write(file, content[:taken])

    with monkeypatch.context() as patch:
        patch.setattr("codeassistd.models.hub.part_file.os.write", write_until_full)
        with pytest.raises(HubError, match="no space left in") as caught:
            pull(REQUEST, client, store)
    assert "goes on from what was received" in caught.value.hint
    assert store.find(REPOSITORY) is None
    assert store.unfinished()[REPOSITORY] >= 120_000
    assert faults(pull(REQUEST, client, store)) == []
    assert hub.asked_for(FILE)[1].startswith("bytes=1")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
def test_a_real_full_device_is_explained(hub: HubServer, client: HubClient, store: ModelStore) -> None:
    with store.staging(REPOSITORY) as staging:
        (staging.parts / f"{hashlib.sha256(WEIGHTS).hexdigest()}.part").symlink_to("/dev/full")
    with pytest.raises(HubError, match="no space left in"):
        pull(REQUEST, client, store)


def test_an_interrupt_leaves_what_the_next_pull_goes_on_from(
    hub: HubServer, client: HubClient, store: ModelStore
) -> None:
    def interrupt(report: PullProgress) -> None:
        if report.file == FILE and report.done > 100_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pull(REQUEST, client, store, PullObserver(progress=interrupt))
    assert store.installed() == []
    assert store.unfinished()[REPOSITORY] > 90_000
    assert faults(pull(REQUEST, client, store)) == []
    assert hub.asked_for(FILE)[1].startswith("bytes=")


def test_a_new_revision_replaces_the_old_one_and_fetches_only_what_changed(
    hub: HubServer, client: HubClient, store: ModelStore
) -> None:
    old = pull(REQUEST, client, store)
    hub.repositories[REPOSITORY] |= {"vocab.txt": b"a\nc\n"}
    del hub.repositories[REPOSITORY]["1_Pooling/config.json"]
    hub.commit = "f" * 40
    new = pull(REQUEST, client, store)
    assert (old.manifest.revision, new.manifest.revision) == ("0123456789abcdef" * 2 + "01234567", "f" * 40)
    assert hub.asked_for(FILE) == [""]
    assert hub.asked_for("vocab.txt") == ["", ""]
    assert (new.folder / "vocab.txt").read_bytes() == b"a\nc\n"
    assert not (new.folder / "1_Pooling").exists()
    assert faults(new) == []


def test_a_failed_update_leaves_the_installed_model_alone(
    hub: HubServer, client: HubClient, store: ModelStore
) -> None:
    old = pull(REQUEST, client, store)
    hub.repositories[REPOSITORY] |= {"model.safetensors": safetensors(9, 1000)}
    hub.fault(FILE).statuses = [(404, {})]
    with pytest.raises(HubError):
        pull(REQUEST, client, store)
    assert store.find(REPOSITORY) == old
    assert faults(old) == []


def test_a_damaged_file_is_found_and_mended(hub: HubServer, client: HubClient, store: ModelStore) -> None:
    model = pull(REQUEST, client, store)
    with (model.folder / FILE).open("r+b") as file:
        file.seek(1000)
        file.write(b"\0\1\2")
    (model.folder / "vocab.txt").unlink()
    (model.folder / "config.json").write_bytes(b"{}")
    assert [line.split(":")[0] for line in faults(model)] == [
        "config.json has 2 bytes instead of 18",
        "model.safetensors is altered",
        "vocab.txt is missing",
    ]
    assert faults(pull(REQUEST, client, store)) == []
    assert hub.asked_for("1_Pooling/config.json") == [""]


def test_two_pulls_of_a_model_do_not_mix(hub: HubServer, client: HubClient, store: ModelStore) -> None:
    other = ModelStore(store.folder)
    with store.staging(REPOSITORY), pytest.raises(ModelStoreError, match="another process is at work"):
        pull(REQUEST, client, other)
    pull(REQUEST, client, other)


def test_variants_have_to_be_chosen(hub: HubServer, client: HubClient, store: ModelStore) -> None:
    hub.repositories["acme/quantised-GGUF"] = {
        "tiny-q4_k_m.gguf": b"GGUF4" * 1000,
        "tiny-q8_0.gguf": b"GGUF8" * 2000,
    }
    with pytest.raises(UsageError, match="has 2 variants; choose with --file") as caught:
        pull(PullRequest("q", "acme/quantised-GGUF"), client, store)
    assert "tiny-q4_k_m.gguf (0.00 GB), tiny-q8_0.gguf" in caught.value.hint
    with pytest.raises(UsageError, match="no weights that match"):
        pull(PullRequest("q", "acme/quantised-GGUF", patterns=("*q5*",)), client, store)
    model = pull(PullRequest("q", "acme/quantised-GGUF", patterns=("*q4_k_m.gguf",)), client, store)
    assert [file.path for file in model.manifest.files] == ["tiny-q4_k_m.gguf"]


def test_a_repository_of_pickles_is_refused(hub: HubServer, client: HubClient, store: ModelStore) -> None:
    hub.repositories["acme/pickles"] = {"pytorch_model.bin": b"pickled", "config.json": b"{}"}
    with pytest.raises(HubError, match="no weights in safetensors or GGUF; of what it has, 1 files may hold"):
        pull(PullRequest("acme/pickles", "acme/pickles"), client, store)


def test_the_proxy_of_the_environment_is_used(
    hub: HubServer, store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", hub.endpoint)
    with HubClient(HubAddress("http://hub.invalid"), "0", RetryPolicy(attempts=1)) as client:
        assert faults(pull(REQUEST, client, store)) == []
    monkeypatch.setenv("NO_PROXY", "hub.invalid")
    with (
        HubClient(HubAddress("http://hub.invalid"), "0", RetryPolicy(attempts=1)) as client,
        pytest.raises(HubError, match="gave up on the listing"),
    ):
        pull(REQUEST, client, store)


def test_a_proxy_that_can_not_be_used_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "gopher://proxy.invalid")
    with pytest.raises(CodeassistdError, match="the proxy of the environment can't be used"):
        HubClient(HubAddress(), "0")


def test_a_hub_that_is_not_there_is_given_up(store: ModelStore, notices: list[str]) -> None:
    server = HubServer()
    server.close()
    policy = RetryPolicy(attempts=3, first_wait=0.0)
    with (
        HubClient(HubAddress(server.endpoint), "0", policy, notices.append) as client,
        pytest.raises(HubError, match="gave up on the listing of acme/tiny-embedder after 3 attempts"),
    ):
        pull(REQUEST, client, store)
    assert len(notices) == 2


def test_part_files_go_on_where_they_ended(tmp_path: Path) -> None:
    from codeassistd.models.hub.checksum import Checksum

    checksum = Checksum("sha256", "ab" * 32)
    with PartFile(tmp_path, checksum) as part:
        part.remember('"etag"')
        part.append(b"begin")
    with PartFile(tmp_path, checksum) as part:
        assert (part.size, part.etag) == (5, '"etag"')
        part.append(b"ning")
        part.restart()
        part.append(b"again")
    part.move_to(tmp_path / "sub" / "file")
    assert (tmp_path / "sub" / "file").read_bytes() == b"again"
    assert [path.name for path in tmp_path.iterdir()] == ["sub"]
