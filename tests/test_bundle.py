"""Indexes in one file: asked where they lie, the same bytes each time, and proved before anything
is written.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives import serialization as forms
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import lepton_local as lepton
from lepton_local.cli.index import main
from lepton_local.config import BuildConfig
from lepton_local.errors import DamagedError, InputError, StoreError
from lepton_local.indexing import builder
from lepton_local.indexing.check import check
from lepton_local.models.resolve import BUNDLED_ENCODER
from lepton_local.store import bundle
from lepton_local.store.encrypted import Encrypted
from lepton_local.store.folder import Folder
from lepton_local.store.index import Index
from lepton_local.store.keys import RING, Secret, make_key_file
from lepton_local.store.place import storage_at
from lepton_local.store.storage import Memory, Storage
from lepton_local.store.ticket import ticket
from tests.conftest import WordEncoder
from tests.test_cli import complaint, lepton_index
from tests.test_storage import contents, put
from tests.test_update import answers


@pytest.fixture
def packed(tmp_path: Path, notes: Path) -> Path:
    """A bundle of two indexes, one of which has a list of deleted rows."""
    for name in ("work", "home"):
        builder.build(notes, tmp_path / name, encoder=WordEncoder())
    (notes / "bread.md").unlink()
    builder.update(tmp_path / "work", encoder=WordEncoder())
    bundle.write(tmp_path / "all.lepton", stored(tmp_path), {"wheels/a-1-py3-none-any.whl": b"w"})
    return tmp_path / "all.lepton"


def stored(folder: Path) -> dict[str, Storage]:
    return {name: storage_at(folder / name) for name in ("work", "home")}


def test_an_index_is_asked_where_it_lies(packed: Path, tmp_path: Path) -> None:
    for name in ("work", "home"):
        inside = Index.open(f"{packed}#{name}")
        alone = Index.open(tmp_path / name)
        assert answers(inside, WordEncoder()) == answers(alone, WordEncoder())
        assert all(finding.ok for finding in check(f"{packed}#{name}"))
    before = packed.read_bytes()
    with pytest.raises(InputError, match=r"holds home, work, expected the name of one"):
        Index.open(packed)
    for change in (builder.compact, lambda place: builder.update(place, encoder=WordEncoder())):
        with pytest.raises(StoreError, match="nothing is changed"):
            change(f"{packed}#work")
    assert packed.read_bytes() == before


def test_another_process_opens_what_a_ticket_tells_of(packed: Path, tmp_path: Path) -> None:
    for place in (f"{packed}#work", tmp_path / "home"):
        there = ticket(storage_at(place))
        assert all(Path(path).exists() for path in there.paths)
        assert contents(there.open()) == contents(storage_at(place))
    with pytest.raises(InputError, match="is in one process alone, expected a place that all"):
        ticket(Memory())
    hidden = Encrypted.begun(Folder(tmp_path / "hidden"), Secret(b"a b c d", False))
    with pytest.raises(InputError, match="alone, expected a key file that lies at the same place"):
        ticket(hidden)
    key = tmp_path / "key"
    with RING.looking(key):
        hidden = Encrypted.begun(Folder(tmp_path / "other"), make_key_file(key))
        put(hidden, "segments/a", b"an otter")
        there = ticket(hidden)
    assert key.read_bytes().split()[1] not in repr(there).encode()
    assert there.open().read("segments/a", 99) == b"an otter"


def test_what_is_unpacked_is_what_was_packed_to_the_byte(packed: Path, tmp_path: Path) -> None:
    made = bundle.unpack(packed, tmp_path / "out")
    assert [each.name for each in made] == ["home", "work"]
    for each in made:
        assert answers(Index.open(each), WordEncoder()) == answers(
            Index.open(tmp_path / each.name), WordEncoder()
        )
        assert all(finding.ok for finding in check(each))
    assert (tmp_path / "out" / "wheels" / "a-1-py3-none-any.whl").read_bytes() == b"w"
    again = tmp_path / "again.lepton"
    unpacked = {each.name: storage_at(each) for each in made}
    bundle.write(again, unpacked, {"wheels/a-1-py3-none-any.whl": b"w"})
    assert again.read_bytes() == packed.read_bytes()
    builder.update(made[1], encoder=WordEncoder())


def test_a_changed_byte_is_seen_before_anything_is_written(packed: Path, tmp_path: Path) -> None:
    whole = packed.read_bytes()
    for first, size in bundle.members(packed).values():
        for at in {first, first + size - 1} if size else ():
            packed.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            with pytest.raises(DamagedError):
                bundle.unpack(packed, tmp_path / "out")
            assert not (tmp_path / "out").exists()
    for end in (0, 10, len(whole) // 2, len(whole) - 1):
        packed.write_bytes(whole[:end])
        with pytest.raises(DamagedError):
            bundle.unpack(packed, tmp_path / "out")


NAMES = [
    "../evil",
    "/etc/evil",
    "indexes/home/../../evil",
    "indexes/../evil/manifest.json",
    "indexes/home/segments/x/y",
    "indexes\\work",
    "wheels/../evil.whl",
    "manifest.json",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_member_that_leads_out_is_refused(packed: Path, tmp_path: Path, name: str) -> None:
    other = tmp_path / "other.lepton"
    with zipfile.ZipFile(packed) as old, zipfile.ZipFile(other, "w") as new:
        for each in old.infolist():
            new.writestr(each.filename, old.read(each))
        new.writestr(zipfile.ZipInfo(name), "evil")
    with pytest.raises(DamagedError, match="has a member"):
        bundle.unpack(other, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert not list(tmp_path.rglob("evil*"))


def packs(old: zipfile.ZipFile, new: zipfile.ZipFile) -> None:
    for each in old.infolist():
        new.writestr(each.filename, old.read(each), zipfile.ZIP_DEFLATED)


def repeats(old: zipfile.ZipFile, new: zipfile.ZipFile) -> None:
    for each in [*old.infolist(), old.infolist()[-1]]:
        new.writestr(each.filename, old.read(each))


def hides_the_list(old: zipfile.ZipFile, new: zipfile.ZipFile) -> None:
    for each in old.infolist()[1:]:
        new.writestr(each.filename, old.read(each))


def adds(old: zipfile.ZipFile, new: zipfile.ZipFile) -> None:
    for each in old.infolist():
        new.writestr(each.filename, old.read(each))
    new.writestr("wheels/more-1-py3-none-any.whl", "not told of")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("made", [packs, repeats, hides_the_list, adds])
def test_an_archive_that_is_no_bundle_is_refused(
    packed: Path, tmp_path: Path, made: Callable[[zipfile.ZipFile, zipfile.ZipFile], None]
) -> None:
    other = tmp_path / "other.lepton"
    with zipfile.ZipFile(packed) as old, zipfile.ZipFile(other, "w") as new:
        made(old, new)
    with pytest.raises(DamagedError):
        bundle.unpack(other, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_commands(packed: Path, tmp_path: Path) -> None:
    def run(*words: object) -> str:
        return CliRunner().invoke(main, list(map(str, words))).output

    out = tmp_path / "one.lepton"
    assert "one.lepton: home" in run("bundle", out, tmp_path / "home")
    with zipfile.ZipFile(out) as archive:
        bill = json.loads(archive.read("sbom.json"))
    assert "numpy" in {each["name"] for each in bill["components"]}
    assert "lepton-search query" in run("unbundle", out, tmp_path / "there")
    assert "is not empty" in run("unbundle", out, tmp_path / "there")
    strange = tmp_path / "mine.lepton"
    strange.write_text("my own notes")
    assert "is no bundle" in run("bundle", strange, tmp_path / "home")
    assert strange.read_text() == "my own notes"
    assert "does not end in .lepton" in run("bundle", tmp_path / "x.zip", tmp_path / "home")
    shutil.copytree(tmp_path / "home", tmp_path / "other" / "home")
    assert "one name" in run(
        "bundle", tmp_path / "2.lepton", tmp_path / "home", tmp_path / "other/home"
    )


def test_a_model_that_no_package_carries_travels_along(tmp_path: Path, notes: Path) -> None:
    """And is found beside the index, where it was unpacked."""
    home = tmp_path / "mine"
    shutil.copytree(BUNDLED_ENCODER, home)
    (home / "LICENSE").write_text("Do what you like.")
    lepton.build(notes, tmp_path / "work", BuildConfig(encoder=str(home)))
    out = tmp_path / "all.lepton"
    done = lepton_index("bundle", out, tmp_path / "work", "--with-models")
    assert done.exit_code == 0, done.output
    right = lepton.Searcher.open(tmp_path / "work").search("otters")
    shutil.rmtree(home)
    assert lepton_index("unbundle", out, tmp_path / "there").exit_code == 0
    found = lepton.Searcher.open(tmp_path / "there" / "indexes" / "work").search("otters")
    assert [hit.passage.text for hit in found] == [hit.passage.text for hit in right]
    assert len(list((tmp_path / "there" / "models").rglob("LICENSE"))) == 1
    again = lepton_index("bundle", out, tmp_path / "work", "--with-models")
    assert "no such model" in complaint(again)


def test_what_a_bundle_installs_is_proved_first(packed: Path, tmp_path: Path) -> None:
    (tmp_path / "wheels").mkdir()
    (tmp_path / "wheels" / "lepton_local-1-py3-none-any.whl").write_bytes(b"no wheel")
    out = tmp_path / "installs.lepton"
    done = lepton_index("bundle", out, tmp_path / "home", "--wheelhouse", tmp_path / "wheels")
    assert done.exit_code == 0, done.output
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("mine")

    def said(*typed: str | Path, file: Path = out) -> str:
        command = [sys.executable, "-I", str(file), *map(str, typed)]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        assert run.returncode == 2
        assert run.stderr.count("\n") == 1
        return run.stderr

    assert "expected a new folder" in said()
    assert "full is not empty, expected a new folder" in said(tmp_path / "full")
    changed = tmp_path / "changed.lepton"
    changed.write_bytes(out.read_bytes().replace(b"no wheel", b"no wheal"))
    assert "is no whole bundle" in said(tmp_path / "new", file=changed)
    assert not (tmp_path / "new").exists()
    assert lepton_index("unbundle", out, tmp_path / "there").exit_code == 0
    assert not (tmp_path / "there" / "__main__.py").exists()


CLOSED = """
mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && cd / || exit 77
! touch "$1/new" 2>/dev/null && exec "$2" -c "$3" query "$4" "who holds hands?" --json
"""


@pytest.mark.skipif(shutil.which("unshare") is None, reason="it needs namespaces")
def test_a_bundle_is_asked_from_a_read_only_disk_without_a_network(
    tmp_path: Path, notes: Path
) -> None:
    lepton.build(notes, tmp_path / "index")
    (tmp_path / "stick").mkdir()
    file = tmp_path / "stick" / "all.lepton"
    assert lepton_index("bundle", file, tmp_path / "index").exit_code == 0
    shutil.copytree(tmp_path / "index", tmp_path / "stick" / "index")
    code = "from lepton_local.cli.search import main; main(prog_name='lepton-search')"
    for place in (file, tmp_path / "stick" / "index"):  # as a folder, too
        closed = ["unshare", "-rmn", "sh", "-c", CLOSED, "sh"]
        typed = [str(tmp_path / "stick"), sys.executable, code, str(place)]
        done = subprocess.run([*closed, *typed], capture_output=True, text=True, check=False)
        if done.returncode == 77 or "unshare" in done.stderr:
            pytest.skip("this system makes no namespaces for us")
        assert done.returncode in (0, 1), done.stderr
        assert json.loads(done.stdout)["hits"]


@pytest.mark.skipif(not os.environ.get("LEPTON_LONG"), reason="it fetches wheels for minutes")
@pytest.mark.timeout(1800)
def test_two_commands_install_and_answer_without_a_network(tmp_path: Path, notes: Path) -> None:
    root = Path(__file__).parent.parent
    wheels = [sys.executable, "-m", "pip", "wheel", "-q", str(root), "-w", str(tmp_path / "wheels")]
    subprocess.run(wheels, check=True)
    lepton.build(notes, tmp_path / "index")
    file = tmp_path / "all.lepton"
    done = lepton_index("bundle", file, tmp_path / "index", "--wheelhouse", tmp_path / "wheels")
    assert done.exit_code == 0, done.output
    alone = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    for typed in (
        [sys.executable, str(file), str(tmp_path / "new")],
        [str(tmp_path / "new/bin/lepton-search"), "query", str(file), "who holds hands?"],
    ):
        closed = ["unshare", "-rn", *typed]
        ran = subprocess.run(
            closed, env=alone, cwd="/", capture_output=True, text=True, check=False
        )
        assert ran.returncode in (0, 1), ran.stderr
    assert "paws" in ran.stdout or "tter" in ran.stdout


@pytest.mark.parametrize("form", ["pem", "ssh"])
def test_a_signature_is_asked_for_before_anything_is_written(
    tmp_path: Path, notes: Path, form: str
) -> None:
    builder.build(notes, tmp_path / "work", encoder=WordEncoder())
    mine, public = key_pair(tmp_path / "mine", form)
    _, other = key_pair(tmp_path / "other", form)
    file, plain = tmp_path / "signed.lepton", tmp_path / "plain.lepton"
    for out, options in ((file, ("--sign", mine)), (plain, ())):
        assert lepton_index("bundle", out, tmp_path / "work", *options).exit_code == 0
    again = tmp_path / "again.lepton"
    lepton_index("bundle", again, tmp_path / "work", "--sign", mine)
    assert again.read_bytes() == file.read_bytes()
    assert lepton_index("unbundle", file, tmp_path / "out", "--trusted", public).exit_code == 0
    assert lepton_index("unbundle", file, tmp_path / "unasked").exit_code == 0
    no = tmp_path / "no"
    for path, key in ((file, other), (plain, public)):
        assert "was not signed by the key" in complaint(
            lepton_index("unbundle", path, no, "--trusted", key)
        )
    told = complaint(lepton_index("unbundle", file, no, "--trusted", mine))
    assert "holds no public key of Ed25519" in told
    told = complaint(lepton_index("bundle", again, tmp_path / "work", "--sign", public))
    assert "holds no private key of Ed25519" in told
    whole = file.read_bytes()
    at = whole.index(b'"digest": "sha256:') + 20  # of what is said, and signed
    file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    complaint(lepton_index("unbundle", file, no, "--trusted", public))
    assert not no.exists()


def key_pair(stem: Path, form: str) -> tuple[Path, Path]:
    key = Ed25519PrivateKey.generate()
    private, public = stem.with_suffix(".key"), stem.with_suffix(".pub")
    ssh = form == "ssh"
    kind = forms.PrivateFormat.OpenSSH if ssh else forms.PrivateFormat.PKCS8
    private.write_bytes(key.private_bytes(forms.Encoding.PEM, kind, forms.NoEncryption()))
    shape = (
        (forms.Encoding.OpenSSH, forms.PublicFormat.OpenSSH)
        if ssh
        else (forms.Encoding.PEM, forms.PublicFormat.SubjectPublicKeyInfo)
    )
    public.write_bytes(key.public_key().public_bytes(*shape))
    return private, public
