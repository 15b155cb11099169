"""Manual pages, completions, --help and the pages of docs/ say what the command does.

LODE_DOCS  where the build wrote man1/, man5/, man7/ and completions/; default: docs/ in the build
           directory of the command
"""
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

import conftest
from console import transcript

DOCS = Path(os.environ.get("LODE_DOCS", Path(conftest.LODE).resolve().parents[1] / "docs"))
COMPLETIONS = DOCS / "completions"
PAGES = ["coming-from.md", "changes.md"]


def run(*argv, **options):
    return subprocess.run(argv, capture_output=True, text=True, check=False, **options)


def needs(program, package):
    if not shutil.which(program):
        pytest.skip(f"{program} not found (install {package})")


def commands(lode):
    overview = lode.out("help").decode().partition("Commands:\n")[2].partition("\n\n")[0]
    return [line.split()[0] for line in overview.splitlines()]


def options_of(lode, command):
    """[(letter or "", name, what its value is called or "")] of --help."""
    text = lode.out(command, "--help").decode()
    rows = re.findall(r"^  (?:-(.), |    )--([a-z0-9-]+)(?: (\S+)|(\[=\S+\]))?(?:  |\n|$)", text, re.M)
    rows = [(letter, name, value or maybe) for letter, name, value, maybe in rows]
    assert rows and rows[-1][:2] == ("h", "help")
    return rows


def every_option(lode):
    return [(command, *row) for command in commands(lode) for row in options_of(lode, command)]


# ----------------------------------------------------------------------------- manual pages --

def rendered(page):
    """As a terminal shows it, without bold and underline."""
    if shutil.which("mandoc"):
        done = run("mandoc", "-T", "ascii", "-O", "width=200", page)
    else:
        needs("man", "mandoc or man-db")
        done = run("man", "-l", page, env={**os.environ, "LC_ALL": "C", "MANWIDTH": "200"})
    assert done.returncode == 0, done.stderr
    return re.sub(".\x08", "", done.stdout)


def test_a_page_for_each_command_the_format_and_the_overview(lode):
    assert {page.name for page in DOCS.glob("man?/*")} == {
        "lode.1", "lode.5", "lode.7", *(f"lode-{name}.1" for name in commands(lode))}
    for page in DOCS.glob("man?/*"):
        text = rendered(page)
        assert [h for h in ("NAME", "SEE ALSO") if h not in text.splitlines()] == [], page
        others = re.findall(r"\b(lode(?:-[a-z]+)?)\(([157])\)", text)
        assert len(others) > 1
        for name, section in others:
            assert (DOCS / f"man{section}/{name}.{section}").exists(), (page, name, section)


def test_pages_are_good_roff():
    """No date, on purpose: builds of one source are equal."""
    needs("mandoc", "mandoc")
    pages = sorted(DOCS.glob("man?/*"))
    lint = run("mandoc", "-T", "lint", "-W", "warning", *pages).stdout.splitlines()
    assert [line for line in lint if "missing date" not in line] == []


def test_pages_are_good_for_groff():
    needs("man", "man-db")
    for page in sorted(DOCS.glob("man?/*")):
        done = run("man", "--warnings", "-l", page, env={**os.environ, "LC_ALL": "C"})
        assert (done.returncode, done.stderr) == (0, ""), page


def test_every_option_is_in_its_page(lode):
    pages = {name: rendered(DOCS / f"man1/lode-{name}.1") for name in commands(lode)}
    for command, letter, name, value in every_option(lode):
        blank = " " if value and value[0] != "[" else ""
        head = (f"-{letter}, " if letter else "") + f"--{name}{blank}{value}"
        assert re.search(rf"^ +{re.escape(head)}( |$)", pages[command], re.M), (command, head)


def test_every_page_has_the_summary_and_the_examples_of_help(lode):
    assert "--version" in rendered(DOCS / "man1/lode.1")
    for name in commands(lode):
        text, page = lode.out(name, "--help").decode(), rendered(DOCS / f"man1/lode-{name}.1")
        summary = re.search(rf"^lode {name}: (.*)\.$", text, re.M)[1]
        assert summary in page and summary in rendered(DOCS / "man1/lode.1")
        for line in examples(lode, name):
            assert line in page


def test_every_row_of_the_table_is_in_help(lode):
    """Read off the source of the table, for help and pages are both made from it."""
    table = (conftest.REPO / "tools/option_table.c").read_text().partition("tool_option_table[]")[2]
    rows = re.findall(r"(?:'(.)'|0),\s+\"([a-z-]+)\",\s+(?:\"[^\"]*\"|NULL),", table)
    assert len(rows) > 30
    assert set(rows) == {(letter, name) for _, letter, name, _ in every_option(lode)} - {
        ("h", "help")}


def test_the_format_page_has_every_section_and_field_of_the_specification():
    page = rendered(DOCS / "man5/lode.5")
    spec = (conftest.REPO / "SPEC.md").read_text()
    for name, table in re.findall(r"<!-- table: ([A-Z_]+) -->\n(.*?)\n\n", spec, re.S):
        for row in table.splitlines()[2:]:
            cells = [cell.strip() for cell in row.strip("|").split("|")]
            words = cells[:2] if name.endswith("SECTIONS") else cells[:3]
            found = re.search(r"^ *" + r" +".join(map(re.escape, words)) + " ", page, re.M)
            assert found, (name, words)
    assert "see SPEC.md\n" not in page  # of a section whose content nobody described


def test_exit_statuses_are_those_of_the_overview(lode):
    numbers = re.findall(r"\b(\d) [a-zI]", lode.out("help").decode().partition("Exit status")[2])
    assert numbers == ["0", "1", "2", "3", "4", "5"]
    page = rendered(DOCS / "man7/lode.7").partition("EXIT STATUS")[2].partition("ENVIRON")[0]
    assert re.findall(r"^ +(\d)  ", page, re.M) == numbers


# ----------------------------------------------------------------------------------- --help --

def examples(lode, command):
    text = lode.out(command, "--help").decode()
    return [line[2:] for line in text.partition("\nExamples:\n")[2].splitlines()]


def check_options(lode, line):
    """Every option of a `lode` command line exists; abbreviations do not."""
    words = shlex.split(line.partition("lode ")[2])
    rows = options_of(lode, words[0])
    known = {f"--{name}" for _, name, _ in rows} | {f"-{letter}" for letter, _, _ in rows if letter}
    for word in words[1:]:
        assert not re.match("--?[a-z@]", word) or word.partition("=")[0] in known, line


def test_every_command_has_examples_whose_options_exist(lode):
    for command in commands(lode):
        lines = examples(lode, command)
        assert lines and all(f"lode {command} " in line for line in lines)
        for line in lines:
            check_options(lode, line)


# ------------------------------------------------------------------------------ completions --

def test_every_option_is_in_every_completion(lode):
    bash, zsh, fish = [(COMPLETIONS / name).read_text()
                       for name in ("lode.bash", "_lode", "lode.fish")]
    for command, letter, name, value in every_option(lode):
        offered = re.search(rf"^ +'{command} -'\*\) _lode_words '(.*)' ;;$", bash, re.M)[1].split()
        assert f"--{name}" in offered and (not letter or f"-{letter}" in offered)
        part = re.search(rf"^ +{command}\) _arguments(.*?);;$", zsh, re.M | re.S)[1]
        mark = "" if not value else "=-" if value[0] == "[" else "="
        assert re.search(rf"--{name}{mark}[\[}}]", part), (command, name)
        assert not letter or f"{{-{letter}" in part
        short = f" -s {letter}" if letter else ""
        assert f"'__lode_command {command}'{short} -l {name} " in fish, (command, name)


def complete(directory, *words, before=""):
    script = (f"{before}source {shlex.quote(str(COMPLETIONS / 'lode.bash'))}; cd {directory}; "
              'COMP_WORDS=("$@"); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _lode; '
              '((${#COMPREPLY[@]})) && printf "%s\\n" "${COMPREPLY[@]}"')
    done = run("bash", "-c", script, "bash", *words)
    assert done.stderr == ""
    return set(done.stdout.splitlines())


@pytest.fixture(name="files")
def make_files(work):
    for name in "a b.fa", "c.fna.gz", "d.lode", "notes.txt", "e.fastq":
        (work / name).touch()
    (work / "sub").mkdir()
    return work


def test_bash_completes(lode, files):
    assert complete(files, "lode", "ge") == {"get"}
    assert set(commands(lode)) < complete(files, "lode", "")
    assert complete(files, "lode", "help", "") == set(commands(lode))
    assert complete(files, "lode", "get", "--st") == {"--stranded", "--strict"}
    for tail in ("--duplicates", ""), ("--duplicates", "="), ("--duplicates", "=", ""):
        assert complete(files, "lode", "index", *tail) == {"error", "first"}
    assert complete(files, "lode", "get", "--mark-strand", "r") == {"rc"}
    assert complete(files, "lode", "get", "x", "-n", "") == set()


def test_bash_completes_every_choice(lode, files):
    choices = [row for row in every_option(lode) if "|" in row[3]]
    assert choices
    for command, _, name, value in choices:
        words = set(value.strip("[=]").split("|"))
        assert complete(files, "lode", command, f"--{name}", "=") == words
        assert (complete(files, "lode", command, f"--{name}", "") == words) == (value[0] != "[")


def test_bash_completes_files(files):
    fasta = {"a b.fa", "c.fna.gz", "sub"}
    assert complete(files, "lode", "index", "") == fasta
    assert complete(files, "lode", "get", "") == fasta | {"d.lode"}
    assert complete(files, "lode", "get", "-i", "d") == {"d.lode"}
    assert complete(files, "lode", "compress", "") == fasta | {"d.lode", "notes.txt", "e.fastq"}
    assert complete(files, "lode", "get", "x", "-r", "n") == {"notes.txt"}
    assert complete(files, "lode", "verify", "--root", "") == {"sub"}
    assert complete(files, "lode", "get", "~/s", before=f"HOME={files}; ") == {"~/sub"}


def test_bash_completion_of_a_new_shell_is_registered():
    done = run("bash", "-uec", f"source {COMPLETIONS / 'lode.bash'}; complete -p lode")
    assert done.stdout == "complete -F _lode lode\n"


def test_zsh_completion_parses():
    needs("zsh", "zsh")
    done = run("zsh", "-fn", COMPLETIONS / "_lode")
    assert (done.returncode, done.stderr) == (0, "")
    assert (COMPLETIONS / "_lode").read_text().startswith("#compdef lode\n")


def test_fish_completes(lode, files):
    needs("fish", "fish")

    def offered(line):
        script = f"source {COMPLETIONS}/lode.fish; complete -C '{line}'"
        done = run("fish", "--no-config", "-c", script, cwd=files)
        assert done.stderr == ""
        return {row.partition("\t")[0] for row in done.stdout.splitlines()}
    assert offered("lode ge") == {"get"}
    assert set(commands(lode)) < offered("lode ")
    assert offered("lode get --st") == {"--stranded", "--strict"}
    assert offered("lode index --duplicates ") == {"error", "first"}
    assert {"d.lode", "sub/"} <= offered("lode get ")


# ------------------------------------------------------------------------------------ pages --

def page_text(page):
    return (conftest.REPO / "docs" / page).read_text()


def inline_commands(text):
    return re.findall(r"`(lode [a-z]+[^`]*)`", re.sub(r"```.*?```", "", text, flags=re.S))


def sh(line, directory):
    path = f"{Path(conftest.LODE).parent}:{os.environ['PATH']}"
    return subprocess.run(["sh", "-c", line], cwd=directory, env={**os.environ, "PATH": path},
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)


@pytest.mark.parametrize("page", PAGES)
def test_commands_in_pages(work, page):
    steps = transcript(page_text(page))
    assert len(steps) > 5
    for command, expected in steps:
        assert sh(command, work).stdout == expected, command


@pytest.fixture(name="world")
def make_world(work):
    """The files that docs/coming-from.md speaks of."""
    (work / "genomes").mkdir()
    text = ">chr1\n" + "ACGTn" * 40 + "\n>chr2\n" + "GATTACA" * 9 + "\n"
    (work / "genome.fa").write_text(text)
    (work / "genomes/ecoli.fna").write_text(text.replace("chr1", "chr"))
    (work / "regions.txt").write_text("chr1:5-20\nchr2\n")
    (work / "genes.bed").write_text("chr1\t4\t20\tg\t0\t-\n")
    return work


def test_commands_in_the_tables_run(world):
    """In the order of the page: `lode compress` and `lode index` make what the others read."""
    lines = inline_commands(page_text("coming-from.md"))
    assert len(lines) > 40
    lines.sort(key=lambda line: not line.startswith(("lode compress", "lode index")))
    for line in lines:
        done = sh(line, world)
        assert done.returncode == 0, f"{line}: {done.stdout}"


@pytest.mark.parametrize("page", PAGES)
def test_options_in_pages_exist(lode, page):
    for line in inline_commands(page_text(page)):
        check_options(lode, line)


def test_tests_named_by_the_promises_exist():
    sources = [*(conftest.REPO / "tests").glob("unit/test_*.c"),
               *(conftest.REPO / "tests").glob("cli/test_*.py")]
    code = "\n".join(file.read_text() for file in sources if file.name != "test_docs.py")
    named = re.findall(r"`(test_[a-z0-9_]+)`", page_text("changes.md"))
    assert len(named) > 25
    for name in named:
        assert re.search(rf"(def {name}\(|static void {name}\(|TMP_TEST\({name}\))", code), name


def test_functions_named_in_pages_exist():
    header = (conftest.REPO / "lib/include/lode.h").read_text()
    named = re.findall(r"`(lode_[a-z_]+)`", page_text("coming-from.md"))
    assert len(named) > 8 and [name for name in named if f" {name}(" not in header] == []


def test_links_in_pages_lead_somewhere():
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)\)", page_text(page)):
            assert (conftest.REPO / "docs" / target).exists(), (page, target)
