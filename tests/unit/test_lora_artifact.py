"""A folder as one file, and back."""

import errno
import io
import os
import shutil
import tarfile
from pathlib import Path

import pytest

from training.lora.artifact import BadArchive, OtherContents, digest_of_file, pack, unpack


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "folder"
    (found / "deep" / "er").mkdir(parents=True)
    (found / "b.json").write_text("{}")
    (found / "a.bin").write_bytes(bytes(range(256)) * 10)
    (found / "deep" / "er" / "ö.txt").write_text("below")
    return found


def contents(folder: Path) -> dict[str, bytes]:
    files = (one for one in folder.rglob("*") if one.is_file())
    return {str(one.relative_to(folder)): one.read_bytes() for one in files}


def test_what_was_packed_is_unpacked(folder: Path, tmp_path: Path) -> None:
    digest = pack(folder, tmp_path / "one.tar")
    unpack(tmp_path / "one.tar", tmp_path / "out" / "again", digest=digest)
    assert contents(tmp_path / "out" / "again") == contents(folder)
    assert [one.name for one in (tmp_path / "out").iterdir()] == ["again"]


def test_the_same_contents_are_the_same_file(folder: Path, tmp_path: Path) -> None:
    """Whenever, by whomever and in whichever order they were written."""
    first = pack(folder, tmp_path / "one.tar")
    copy = tmp_path / "copy"
    for name, data in sorted(contents(folder).items(), reverse=True):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_bytes(data)
        os.chmod(copy / name, 0o600)
        os.utime(copy / name, (1, 1))
    assert pack(copy, tmp_path / "two.tar") == first == digest_of_file(tmp_path / "two.tar")
    (copy / "b.json").write_text("{ }")
    assert pack(copy, tmp_path / "two.tar") != first


def test_a_changed_archive_is_refused(folder: Path, tmp_path: Path) -> None:
    archive = tmp_path / "one.tar"
    digest = pack(folder, archive)
    data = bytearray(archive.read_bytes())
    data[700] ^= 1
    archive.write_bytes(data)
    with pytest.raises(OtherContents):
        unpack(archive, tmp_path / "out", digest=digest)
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_there_is_replaced_as_a_whole(folder: Path, tmp_path: Path) -> None:
    digest = pack(folder, tmp_path / "one.tar")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "older").write_text("x")
    unpack(tmp_path / "one.tar", tmp_path / "out", digest=digest)
    assert contents(tmp_path / "out") == contents(folder)


def entry(name: str, data: bytes = b"x", **fields: object) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for key, value in fields.items():
        setattr(info, key, value)
    return info, data


@pytest.mark.parametrize(
    ("entries", "why"),
    [
        ([entry("../out.txt")], "leads out"),
        ([entry("/etc/passwd")], "leads out"),
        ([entry("a/../../b")], "leads out"),
        ([entry("a\\..\\b")], "leads out"),
        ([entry("link", b"", type=tarfile.SYMTYPE, linkname="/etc")], "is no file"),
        ([entry("link", b"", type=tarfile.LNKTYPE, linkname="../x")], "is no file"),
        ([entry("pipe", b"", type=tarfile.FIFOTYPE)], "is no file"),
        ([entry("device", b"", type=tarfile.CHRTYPE)], "is no file"),
        ([entry("a"), entry("./a")], "twice"),
        ([entry("a"), entry("a/b")], "cannot be read"),
        ([entry("a", b"x" * 3000)], "too much"),
    ],
)
def test_an_archive_that_reaches_out_is_refused(
    tmp_path: Path, entries: list[tuple[tarfile.TarInfo, bytes]], why: str
) -> None:
    archive = tmp_path / "in" / "bad.tar"
    archive.parent.mkdir()
    with tarfile.open(archive, "w") as tar:
        for info, data in entries:
            tar.addfile(info, io.BytesIO(data))
    with pytest.raises(BadArchive, match=why):
        unpack(archive, tmp_path / "out" / "x", digest=digest_of_file(archive), most_bytes=2000)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_cut_archive_is_refused(folder: Path, tmp_path: Path) -> None:
    pack(folder, tmp_path / "one.tar")
    (tmp_path / "one.tar").write_bytes((tmp_path / "one.tar").read_bytes()[:1000])
    with pytest.raises(BadArchive):
        unpack(tmp_path / "one.tar", tmp_path / "out", digest=digest_of_file(tmp_path / "one.tar"))


def test_a_full_disk_is_not_the_archives_fault(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = pack(folder, tmp_path / "a.tar")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfileobj", full)
    with pytest.raises(OSError, match="No space left"):
        unpack(tmp_path / "a.tar", tmp_path / "out", digest=digest)
    assert not (tmp_path / "out").exists()


def test_a_link_is_not_packed(folder: Path, tmp_path: Path) -> None:
    (folder / "link").symlink_to("/etc/hostname")
    with pytest.raises(BadArchive, match="neither a file nor a folder"):
        pack(folder, tmp_path / "one.tar")
    assert not (tmp_path / "one.tar").exists()
