"""Digests: MD5 and sha512t24u of contigs, seqcol of sources, against hashlib and the text."""
import base64
import hashlib
import json
import random

import gen
import oracle

TEXT = gen.genome(random.Random(30)).text() + b">rna\nacguACGU\n>prot\nMKV*LL-X\n"


def sha512t24u(data):
    return base64.urlsafe_b64encode(hashlib.sha512(data).digest()[:24]).decode()


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def rows(lode, *args):
    return [json.loads(line) for line in lode.out(*args, "--json").splitlines()]


def indexed(lode, work, *options, writer="bgzip"):
    path = gen.write_file(work / ("g" + gen.suffix(writer)), TEXT, writer, lode=lode)
    lode("index", "-q", "--digest", path, *options)
    return path


def test_digests_of_contigs_are_those_of_the_bases_in_upper_case(lode, work):
    for writer in ("plain", "bgzip"):
        path = indexed(lode, work, writer=writer)
        listed = rows(lode, "ls", path, "g")
        parsed = oracle.parse(TEXT)
        assert len(listed) == len(parsed)
        for row, (name, seq) in zip(listed, parsed):
            assert row["name"] == name.decode()
            assert row["md5"] == hashlib.md5(seq.upper()).hexdigest()
            assert row["sha512t24u"] == sha512t24u(seq.upper())


def test_digests_do_not_depend_on_threads_and_survive_reuse(lode, work):
    path = indexed(lode, work, "-@", "1")
    one = (work / "g.fa.gz.lode").read_bytes()
    lode("index", "-q", "--digest", "--rescan", "-@", "4", path)
    assert (work / "g.fa.gz.lode").read_bytes() == one
    assert b"(1 reused)" in lode("index", "--digest", path).stderr
    assert (work / "g.fa.gz.lode").read_bytes() == one
    lode("verify", "-q", "--full", path)
    assert b"(0 reused)" in lode("index", path).stderr


def test_refget_example_of_the_specification(lode, work):
    """GA4GH refget: ACGT is SQ.aKF498dAxcJAqme6QYQ7EZ07-fiw8Kw2."""
    (work / "a.fa").write_bytes(b">x\nAC\ngt\n")
    lode("index", "-q", "--digest", "a.fa")
    assert rows(lode, "ls", "a.fa", "a")[0]["sha512t24u"] == "aKF498dAxcJAqme6QYQ7EZ07-fiw8Kw2"


def test_contig_is_found_by_digest(lode, work):
    path = indexed(lode, work)
    name, seq = max(oracle.parse(TEXT), key=lambda record: len(record[1]))
    region = f"SQ.{sha512t24u(seq.upper())}:11-70"
    assert lode.out("get", path, region) == oracle.record(region.encode(), seq[10:70])
    lode("get", path, "SQ." + "A" * 32, status=3)


def test_seqcol_of_a_source(lode, work):
    path = indexed(lode, work)
    records = oracle.parse(TEXT)
    names = [name.decode() for name, _ in records]
    lengths = [len(seq) for _, seq in records]
    sequences = ["SQ." + sha512t24u(seq.upper()) for _, seq in records]
    level1 = {"names": sha512t24u(canonical(names)),
              "sequences": sha512t24u(canonical(sequences))}
    pairs = sorted(sha512t24u(canonical({"length": n, "name": name}))
                   for name, n in zip(names, lengths))
    seqcol = json.loads(lode.out("stat", path, "--json"))["per_source"][0]["seqcol"]
    assert seqcol == {**level1, "lengths": sha512t24u(canonical(lengths)),
                      "sorted_name_length_pairs": sha512t24u(canonical(pairs)),
                      "digest": sha512t24u(canonical(level1))}
    assert seqcol["digest"].encode() in lode.out("stat", path)


def test_without_digests_none_are_shown(lode, work):
    (work / "a.fa").write_bytes(b">x\nACGT\n")
    lode("index", "-q", "a.fa")
    assert "md5" not in rows(lode, "ls", "a.fa", "a")[0]
    assert b"seqcol" not in lode.out("stat", "a.fa", "--json")
