"""The command as a program: options, exit statuses, output, INDEX arguments, listings."""
import json
import os
import random
import subprocess

import pytest
import spec_reader

import gen
import oracle
import sealing

COMMANDS = ["index", "get", "ls", "stat", "verify", "compress"]


@pytest.fixture(name="indexed")
def make_indexed(lode, work):
    """d/: two genomes that share names, and an index of them."""
    rng = random.Random(120)
    (work / "d").mkdir()
    for name, writer in ("a", "plain"), ("b", "bgzip"):
        genome = gen.genome(rng, widths=(60, 61), scale=20000, names=name.encode() + b"%d")
        file = work / "d" / (name + gen.suffix(writer))
        gen.write_file(file, genome.text(), writer)
    lode("index", "-q", "d")
    return work / "d/index.lode"


# ------------------------------------------------------------------------------ help, usage --

def test_version(lode):
    lines = lode.out("--version").decode().splitlines()
    name, version = lines[0].split(" ")
    assert name == "lode" and len(version.split(".")) == 3
    assert any(line.startswith("inflate=") for line in lines[1:])


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_every_command(lode, command):
    text = lode.out(command, "--help")
    assert text.startswith(b"Usage: lode " + command.encode())
    assert lode.out(command, "-h") == text
    assert all(len(line) <= 100 for line in text.splitlines())
    assert b"\n  " + command.encode() in lode.out("--help")


def test_help_lists_every_option_that_is_accepted(lode, indexed):
    assert b"--min-length" in lode.out("ls", "--help")
    lode("ls", indexed, "--min-length", "1")
    assert b"--strict" in lode.out("get", "--help")


def test_bare_command_and_help(lode):
    bare = lode(status=2)
    assert bare.stdout == b"" and b"Usage: lode COMMAND" in bare.stderr
    assert lode.out("help") == lode.out("--help") == lode.out("-h")


@pytest.mark.parametrize("args", [
    ["nope"], ["--nope"], ["get"], ["ls"], ["stat"], ["verify"], ["index"], ["compress"],
    ["get", "x", "--nope"], ["get", "x", "-Z"], ["get", "x", "c", "-n", "x"],
    ["get", "x", "c", "-n", "-1"], ["get", "x", "c", "-n"], ["get", "x", "c", "--pad"],
    ["get", "x", "c", "--pad", "NN"], ["get", "x", "c", "--pad", ""], ["get", "x", "c", "-@", "-1"],
    ["get", "x", "c", "-@", "99999999999999999999"], ["get", "x", "c", "-@", "1.5"],
    ["get", "x", "c", "--mark-strand", "nope"], ["get", "x", "c", "--mark-strand", "custom"],
    ["get", "x", "c", "--strict", "--pad", "N"], ["get", "x", "c", "-s"],
    ["get", "x", "-r", "-", "-b", "-"], ["index", "x", "--duplicates", "last"],
    ["ls", "x", "--min-length", "-1"], ["ls", "x", "--min-length", "k"], ["ls", "x", "y", "z"],
    ["stat", "x", "y"], ["verify", "x", "y"],
    ["compress", "a", "b"], ["index", "x", "-@", "abc"], ["verify", "x", "-@", ""]])
def test_usage_errors_are_2_and_say_where_help_is(lode, work, args):
    done = lode(*args, status=2)
    assert done.stdout == b"" and done.stderr.startswith(b"lode")
    assert b"--help" in done.stderr or b"lode help" in done.stderr
    assert list(work.iterdir()) == []


@pytest.mark.parametrize("args, word", [
    (["verify", "--ful"], "--ful"), (["verify", "--full", "--ful"], "--ful"),
    (["get", "-b", "x", "--bedtools=name", "--bedtool"], "--bedtool"),
    (["get", "-b", "x", "--bedtool=name"], "--bedtool=name"),
    (["index", "--duplicate", "first"], "--duplicate"),
    (["index", "--duplicate=first"], "--duplicate=first")])
def test_trap_abbreviated_options_are_unknown(lode, indexed, args, word):
    """getopt_long takes unique beginnings; scripts would break when an option is added."""
    done = lode(args[0], indexed, *args[1:], status=2)
    assert f"unknown option '{word}'".encode() in done.stderr


def test_get_without_a_region_is_a_usage_error(lode, indexed):
    assert b"region" in lode("get", indexed, status=2).stderr


def test_options_may_stand_anywhere_and_two_dashes_end_them(lode, work):
    (work / "g.fa").write_bytes(b">-r\nACGT\n>c\nGG\n")
    lode("index", "g.fa", "-q")
    assert lode.out("get", "-n", "1", "g.fa", "c", "--upper") == b">c\nG\nG\n"
    assert lode.out("get", "g.fa", "--", "-r") == b">-r\nACGT\n"
    assert lode.out("get", "--length=2", "g.fa", "--", "-r") == b">-r\nAC\nGT\n"


# -------------------------------------------------------------------------- INDEX arguments --

def test_index_argument_may_be_directory_index_or_fasta(lode, indexed, work):
    wanted = lode.out("get", indexed, "a0:1-20")
    assert wanted.startswith(b">a0:1-20\n")
    for given in "d", "d/", work / "d", "d/../d/index.lode":
        assert lode.out("get", given, "a0:1-20") == wanted
    lode("index", "-q", "d/a.fa")
    assert lode.out("get", "d/a.fa", "a0:1-20") == wanted
    assert lode.out("get", "d/a.fa.lode", "a0:1-20") == wanted


@pytest.mark.parametrize("command", ["get", "ls", "stat", "verify"])
def test_missing_index_names_the_command_to_run(lode, work, command):
    (work / "g.fa").write_bytes(b">c\nAC\n")
    (work / "empty").mkdir()
    region = ["c"] if command == "get" else []
    for given in "g.fa", "empty":
        done = lode(command, given, *region, status=1)
        assert f"lode index {given}".encode() in done.stderr and done.stdout == b""
    assert b"nowhere" in lode(command, "nowhere.fa", *region, status=1).stderr
    assert b"nowhere" in lode(command, "nowhere.lode", *region, status=1).stderr
    assert sorted(os.listdir(work)) == ["empty", "g.fa"]


def test_index_of_any_name_is_recognised(lode, indexed, work):
    wanted = lode.out("get", indexed, "a0:1-20")
    indexed.rename(work / "d/anything")
    assert lode.out("get", "d/anything", "a0:1-20") == wanted


@pytest.mark.parametrize("data", [b"", b">c\nAC\n", b"\x1f\x8b\x08\x00", b"LODE" * 100, bytes(64)])
def test_a_file_that_is_no_index_is_4(lode, work, data):
    (work / "x.lode").write_bytes(data)
    for command in ["get", "x.lode", "c"], ["ls", "x.lode"], ["stat", "x.lode"], [
            "verify", "x.lode"]:
        assert b"x.lode" in lode(*command, status=4).stderr


def test_truncated_index_is_4_at_every_length(lode, indexed):
    data = indexed.read_bytes()
    rng = random.Random(1)
    for keep in [0, 1, 7, 8, 63, 64, 100, 960, len(data) - 1, *rng.choices(range(len(data)), k=20)]:
        indexed.write_bytes(data[:keep])
        lode("get", indexed, "a0:1-5", status=4)
    indexed.write_bytes(data + b"\0")
    lode("get", indexed, "a0:1-5", status=4)


@pytest.mark.parametrize("at, value", [(8, 2), (16, 1)], ids=["major_version", "incompat_bit"])
def test_newer_index_is_5_and_says_upgrade(lode, indexed, at, value):
    data = bytearray(indexed.read_bytes())
    end = spec_reader.Index(indexed).dir_end
    data[at] = value
    digest = spec_reader.xxh64(bytes(data[:56]) + bytes(8) + bytes(data[64:end]))
    data[56:64] = digest.to_bytes(8, "little")
    indexed.write_bytes(data)
    assert b"pgrade" in lode("get", indexed, "a0", status=5).stderr


def test_random_damage_to_an_index_never_crashes_or_lies(lode, indexed):
    """Wrong bytes anywhere in the index: an error, or the right bases."""
    rng, data = random.Random(121), indexed.read_bytes()
    regions = ["a0:1-200", "b1:5000-5300", "b::b0:1-70"]
    right = oracle.records_of(lode.out("get", indexed, *regions))
    codes = set()
    for _ in range(150):
        bad = bytearray(data)
        for _ in range(rng.choice([1, 1, 8])):
            at = rng.randrange(len(bad))
            bad[at:at + rng.choice([1, 4])] = rng.randbytes(1)
        indexed.write_bytes(bad)
        done = lode.run("get", indexed, *regions)
        codes.add(done.returncode)
        assert done.returncode in (0, 1, 2, 3, 4, 5), done.stderr
        for title, seq in oracle.records_of(done.stdout):
            assert dict(right)[title].startswith(seq)
    assert 4 in codes


ANSWERS = [["get", "a0", "c399:5-9"], ["ls", "big"], ["stat"], ["export", "--sizes"],
           ["export", "--gaps"], ["export", "--mask"], ["export", "--fai"], ["export", "--dict"]]


def test_damaged_index_answers_nothing_wrong(lode, work):
    """Whatever is asked, damage anywhere gives an error or what the whole index gives."""
    rng = random.Random(33)
    records = []
    for i in range(400):
        seq = bytearray(gen.real_like(rng, 900))
        seq[300:310] = b"N" * 10
        records.append(gen.Record(b"%s%d" % (b"a" if i == 0 else b"c", i), bytes(seq), 60).text())
    (work / "big.fa").write_bytes(b"".join(records))
    lode("index", "-q", "--digest", "big.fa")
    index = work / "big.fa.lode"
    data = index.read_bytes()
    commands = [[args[0], "big.fa", *args[1:]] for args in ANSWERS]
    digest = json.loads(lode.out("ls", "big.fa", "big", "--json").splitlines()[7])["sha512t24u"]
    commands += [["get", "big.fa", f"SQ.{digest}:1-9"], ["stat", "big.fa", "--json"],
                 ["ls", "big.fa", "big", "--json"], ["get", "big.fa", "big::c5:2-7"]]
    right = [lode.out(*command) for command in commands]
    off, size = sealing.section(data, b"DIGS")
    for trial in range(60):
        bad = bytearray(data)
        at = rng.randrange(len(bad)) if trial % 4 else rng.randrange(off, off + size)
        bad[at] ^= 1 << rng.randrange(8)
        index.write_bytes(bad)
        for command, wanted in zip(commands, right):
            done = lode.run(*command)
            assert done.returncode != 0 or done.stdout == wanted, command


# ------------------------------------------------------------------------------------ output --

def test_messages_go_to_stderr_and_data_to_stdout(lode, indexed):
    assert lode("index", "d").stdout == b""
    assert lode("verify", "-q", "--full", "d").stdout == b""
    done = lode("get", indexed, "a0:1-5", "nope", "a0:1-99999999", "-o", "out", status=3)
    assert done.stdout == b"" and done.stderr.count(b"\n") == 2
    assert lode("index", "-q", "d").stderr == b""
    assert b"\r" not in lode("index", "--rescan", "d").stderr  # no progress without a terminal


@pytest.mark.parametrize("command", [["get", "d", "a0", "b0", "b1"], ["ls", "d"], ["stat", "d"],
                                     ["compress", "d/a.fa"], ["get", "--help"]])
def test_closed_pipe_is_quiet(lode, indexed, command):
    reader, writer = os.pipe()
    os.close(reader)
    done = lode.start(*command, stdout=writer)
    os.close(writer)
    assert done.communicate(timeout=300)[1] == b""
    assert done.returncode != 0


def test_pipe_into_head(lode, indexed):
    line = f"'{lode.path}' get d a0 b0 a1 b1 -n 1 | head -c1"
    done = subprocess.run(["sh", "-c", line], cwd=lode.cwd, capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b">", b"")


def test_full_disk_is_an_error(lode, indexed):
    with open("/dev/full", "wb") as full:
        for command in (["get", "d", "a0"], ["ls", "d"], ["stat", "d"], ["compress", "d/a.fa"],
                        ["get", "d", "a0:1-2"], ["--version"]):
            done = lode.start(*command, stdout=full)
            told = done.communicate(timeout=300)[1]
            assert done.returncode == 1 and told, command
    lode("get", "d", "a0", "-o", "/dev/full", status=1)
    lode("get", "d", "a0", "-o", "no/such/dir", status=1)


def test_threads_option(lode, indexed):
    wanted = lode.out("get", "d", "a0", "b1:5-6000", "a1")
    for threads in "0", "1", "2", "7", "64":
        assert lode.out("get", "d", "a0", "b1:5-6000", "a1", "-@", threads) == wanted
        lode("verify", "-q", "--full", "d", "-@", threads)


# --------------------------------------------------------------------------------- listings --

WEIRD = [b"plain", b'q"uote', b"back\\slash", b"na\xc3\xafve", b"\xff\xfe\x80", b"a<&>b",
         b"\xe2\x80\xa8"]


def unescape(text):
    """The bytes that a name in JSON stands for: \\xHH is a byte, the rest UTF-8."""
    out, i, raw = bytearray(), 0, text.encode()
    while i < len(raw):
        if raw[i:i + 2] == b"\\x":
            out.append(int(raw[i + 2:i + 4], 16))
            i += 4
        else:
            out.append(raw[i])
            i += 1
    return bytes(out)


def test_ls_json(lode, work):
    (work / "d").mkdir()
    text = b"".join(b">%s\n%s\n" % (name, b"ACGT" * i) for i, name in enumerate(WEIRD, 1))
    odd = os.path.join(os.fsencode(work), b"d", b'we"ird\xff\n\\.fa')
    with open(odd, "wb") as out:
        out.write(text)
    lode("index", "-q", "d")
    rows = [json.loads(line) for line in lode.out("ls", "d", "--json").splitlines()]
    assert [unescape(row["name"]) for row in rows] == [b'we"ird\xff\n\\']
    assert [unescape(row["path"]) for row in rows] == [b'we"ird\xff\n\\.fa']
    assert (rows[0]["contigs"], rows[0]["bases"]) == (len(WEIRD), 4 * sum(range(1, 8)))
    assert rows[0]["file_size"] == rows[0]["text_size"] == len(text) and rows[0]["kind"] == "plain"
    rows = [json.loads(line) for line in
            lode.out("ls", "d", b'we"ird\xff\n\\', "--json").splitlines()]
    assert [(unescape(row["name"]), row["length"]) for row in rows] == [
        (name, 4 * i) for i, name in enumerate(WEIRD, 1)]
    assert lode.out("ls", "d").count(b"\n") == 2  # the line feed of the name is escaped


def test_ls_min_length_and_unknown_name(lode, work):
    (work / "g.fa").write_bytes(b">a\nA\n>b\nACGT\n>c\nACGTA\n>d\n")
    lode("index", "-q", "g.fa")
    assert lode.out("ls", "g.fa", "g") == b"a\t1\nb\t4\nc\t5\nd\t0\n"
    assert lode.out("ls", "g.fa", "g", "--min-length", "4") == b"b\t4\nc\t5\n"
    assert lode.out("ls", "g.fa", "g", "--min-length", "6") == b""
    assert lode.out("ls", "g.fa", "--min-length", "11").count(b"\n") == 1
    assert b"nope" in lode("ls", "g.fa", "nope", status=3).stderr


def test_stat_counts_what_is_in_the_sequence(lode, indexed, work):
    bases = b"".join(seq for file in (work / "d/a.fa", work / "d/b.fa.gz")
                     for _, seq in oracle.parse(oracle.read_text(file)))
    stat = json.loads(lode.out("stat", "d", "--json"))
    assert (stat["sources"], stat["contigs"], stat["bases"]) == (2, 4, len(bases))
    upper = bases.upper()
    assert stat["n"] == upper.count(b"N") > 0
    assert stat["lower"] == sum(97 <= b <= 122 for b in bases) > 0
    assert stat["gc"] == upper.count(b"G") + upper.count(b"C")
    assert stat["other"] == sum(upper.count(bytes([b])) for b in b"RYKMSWBDHV") > 0
    (work / "d/a.fa").unlink()  # the index alone is read
    assert json.loads(lode.out("stat", "d", "--json")) == stat
    assert str(len(bases)).encode() in lode.out("stat", "d")


# ----------------------------------------------------------------------------------- verify --

def test_verify_levels_on_a_damaged_index(lode, indexed):
    data = indexed.read_bytes()
    for how in (), ("--quick",), ("--full",):
        lode("verify", "-q", "d", *how)
    bad = bytearray(data)
    bad[len(data) - 9] ^= 1
    indexed.write_bytes(bad)
    assert b"P-" in lode("verify", "d", status=4).stderr
    lode("verify", "d", "--full", status=4)
    bad = bytearray(data)
    bad[20] ^= 1
    indexed.write_bytes(bad)
    for how in (), ("--quick",), ("--full",):
        assert b"index.lode" in lode("verify", "d", *how, status=4).stderr


def test_verify_levels_exclude_each_other(lode, indexed):
    """As its usage says: [--quick|--full]."""
    lode("verify", "d", "--quick", "--full", status=2)


def test_verify_names_every_source_that_is_not_what_it_was(lode, indexed, work):
    with open(work / "d/a.fa", "ab") as out:
        out.write(b"\n")
    (work / "d/b.fa.gz").rename(work / "d/gone")
    done = lode("verify", "d", "--quick", status=5)
    assert b"a.fa" in done.stderr and b"b.fa.gz" in done.stderr


# ------------------------------------------------------------------------------ many sources --

def test_trap_10000_genomes_and_256_open_files(lode, work):
    rng, bases = random.Random(122), {}
    for i in range(10000):
        name, seq = b"chr%d" % i, gen.dna(rng, rng.randint(1, 90))
        bases[name] = seq
        text = b">%s\n%s\n" % (name, seq)
        folder = work / "d" / f"{i % 100:02}"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"g{i}.fa{'.gz' if i % 3 == 0 else ''}"
        path.write_bytes(gen.bgzf(text, level=1) if i % 3 == 0 else text)
    regions = oracle.random_regions(rng, bases, 3000, 100)
    listed = oracle.write_regions(work / "r", regions)
    limited = ["sh", "-c", 'ulimit -n 256 && exec "$@"', "sh", lode.path]

    def run(*args):
        done = subprocess.run([*limited, *args], cwd=work, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("index", "-q", "d")
    for threads in "1", "2", "16":
        assert run("get", "d", "-r", listed, "-@", threads) == oracle.expected(regions)
    assert run("ls", "d").count(b"\n") == 10001
    run("verify", "-q", "--full", "d")
    (work / "d/50/new.fa").write_bytes(b">new\nACGT\n")
    run("index", "-q", "d")
    assert run("get", "d", "50/new::new", "--tab") == b"50/new::new\tACGT\n"
