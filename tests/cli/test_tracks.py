"""lode index --track: what the commands say of numbers."""
import json
import struct

import gen


def write_track(path, contigs):
    """Values of f32 by contig; bgzip makes the blocks."""
    path.parent.mkdir(exist_ok=True)
    raw = b"".join(struct.pack(f"<{len(v)}f", *v) for v in contigs.values())
    path.write_bytes(gen.by_bgzip(raw))
    offset, lines = 0, []
    for name, values in contigs.items():
        lines.append(f"{name}\t{offset}\n")
        offset += 4 * len(values)
    path.with_name(path.name + ".idx").write_text("".join(lines) + f"\t{offset}\n")
    return raw


def test_index_ls_stat_verify(lode, work):
    write_track(work / "t/a.track.gz", {"c1": [1.5] * 50000, "c2": []})
    write_track(work / "t/sub/b.track.gz", {"c1": [2.5, 3.5]})
    (work / "t/other.fa").write_text(">x\nACGT\n")
    lode("index", "--track", "f32", "t")
    rows = [line.split("\t") for line in lode.out("ls", "t/tracks.lode").decode().splitlines()[1:]]
    assert [row[:3] for row in rows] == [["a", "2", "200000"], ["sub/b", "1", "8"]]
    assert "values       f32" in lode.out("stat", "t/tracks.lode").decode()
    assert json.loads(lode.out("stat", "--json", "t/tracks.lode"))["track"] == "f32"
    lode("verify", "--full", "t/tracks.lode")


def test_bases_are_refused(lode, work):
    write_track(work / "a.track.gz", {"c1": [1.5, 2.5]})
    lode("index", "--track", "f32", "a.track.gz")
    for command in (["get", "a.track.gz.lode", "c1"], ["export", "--fasta", "a.track.gz.lode"]):
        done = lode(*command, status=2)
        assert b"holds tracks, which are numbers" in done.stderr and not done.stdout


def test_what_cannot_be_indexed(lode, work):
    write_track(work / "a.track.gz", {"c1": [1.5, 2.5]})
    assert b"--track" in lode("index", "--track", "f31", "a.track.gz", status=2).stderr
    lode("index", "--track", "f32", "--pack", "a.track.gz", status=2)
    (work / "a.track.gz.idx").write_text("c1\t0\n\t12\n")
    done = lode("index", "--track", "f32", "a.track.gz", status=1)
    assert b"a.track.gz.idx: the last offset is 12, but the track holds 8 bytes" in done.stderr
    (work / "a.track.gz.idx").unlink()
    done = lode("index", "--track", "f32", "a.track.gz", status=1)
    assert b"a.track.gz.idx: no such file" in done.stderr
    assert not (work / "a.track.gz.lode").exists()


def test_a_fasta_index_is_not_taken_for_tracks(lode, work):
    """The same file, indexed as one and then as the other."""
    raw = b">c1\n" + b"A" * 36
    (work / "a.track.gz").write_bytes(gen.by_bgzip(raw))
    (work / "a.track.gz.idx").write_text(f"c1\t0\n\t{len(raw)}\n")
    lode("index", "a.track.gz", "-o", "x.lode")
    assert lode.out("get", "x.lode", "c1:1-4").split() == [b">c1:1-4", b"AAAA"]
    lode("index", "--track", "u8", "a.track.gz", "-o", "x.lode")
    assert b"holds tracks" in lode("get", "x.lode", "c1:1-4", status=2).stderr
    lode("index", "a.track.gz", "-o", "x.lode")
    assert lode.out("get", "x.lode", "c1:1-4").split() == [b">c1:1-4", b"AAAA"]
