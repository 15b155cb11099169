""".fai and .gzi beside a FASTA: compared when it is indexed, never used."""
import random
import shutil
import subprocess

import gen


def make(work, text, name="g.fa.gz"):
    path = work / name
    path.write_bytes(gen.by_bgzip(text))
    subprocess.run(["samtools", "faidx", path], check=True, capture_output=True)
    return path


def test_right_side_files_are_not_spoken_of(lode, work):
    path = make(work, gen.genome(random.Random(1)).text())
    assert lode("index", "-q", path).stderr == b""


def test_trap_fai_edited_is_warned_of_and_not_used(lode, work):
    text = b">a\nACGT\nAC\n>b\nGGGG\n"
    path = make(work, text)
    fai = work / "g.fa.gz.fai"
    fai.write_bytes(fai.read_bytes().replace(b"a\t6\t3", b"a\t6\t4"))
    warned = lode("index", "-q", path).stderr
    assert b"g.fa.gz.fai does not describe" in warned and b"lode export" in warned
    assert lode.out("get", path, "a:1-4") == b">a:1-4\nACGT\n"
    lode("export", path, "--fai", "-o", fai)
    assert lode("index", "-q", path).stderr == b""


def test_trap_gzi_of_another_file_is_warned_of_and_not_used(lode, work):
    rng = random.Random(2)
    one = make(work, gen.Record(b"a", gen.dna(rng, 300000)).text())
    two = make(work, gen.Record(b"a", gen.dna(rng, 400000)).text(), "h.fa.gz")
    shutil.copy(str(two) + ".gzi", str(one) + ".gzi")
    assert b"g.fa.gz.gzi does not describe" in lode("index", "-q", one).stderr
    theirs = subprocess.run(["samtools", "faidx", two, "a:399001-399060"], check=True,
                            capture_output=True).stdout
    lode("index", "-q", two)
    assert lode.out("get", two, "a:399001-399060") == theirs


def test_trap_gzi_short_is_warned_of(lode, work):
    path = make(work, gen.Record(b"a", gen.dna(random.Random(3), 300000)).text())
    gzi = work / "g.fa.gz.gzi"
    gzi.write_bytes(gzi.read_bytes()[:-16])
    assert b".gzi does not describe" in lode("index", "-q", path).stderr


def test_gzi_with_a_row_for_the_eof_block_is_right_too(lode, work):
    path = make(work, gen.Record(b"a", gen.dna(random.Random(4), 300000)).text())
    gzi = work / "g.fa.gz.gzi"
    rows = gzi.read_bytes()
    count = int.from_bytes(rows[:8], "little")
    size = path.stat().st_size
    eof = (size - 28).to_bytes(8, "little") + len(gen.Record(
        b"a", gen.dna(random.Random(4), 300000)).text()).to_bytes(8, "little")
    gzi.write_bytes((count + 1).to_bytes(8, "little") + rows[8:] + eof)
    assert lode("index", "-q", path).stderr == b""


def test_real_side_files_are_right(lode, work, data):
    shutil.copytree(data / "assemblies", work / "assemblies")
    for path in [work / "assemblies", *(work / "assemblies").rglob("*")]:
        path.chmod(path.stat().st_mode | 0o200)
    assert lode("index", "-q", work / "assemblies").stderr == b""
