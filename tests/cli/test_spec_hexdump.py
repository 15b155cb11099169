"""SPEC.md's annotated hexdump is the file that the builder writes."""
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def dumped_bytes():
    text = (ROOT / "SPEC.md").read_text()
    body = text.split("<!-- hexdump:begin -->")[1].split("<!-- hexdump:end -->")[0]
    found = {}
    for line in body.splitlines():
        match = re.match(r"    ([0-9a-f]{4})  ((?:[0-9a-f]{2} )*[0-9a-f]{2})(?: |$)", line)
        if match:
            at = int(match[1], 16)
            for i, byte in enumerate(bytes.fromhex(match[2])):
                found[at + i] = byte
    return found


def test_hexdump_is_the_file_the_builder_writes(lode, tmp_path):
    (tmp_path / "a.fa").write_bytes(b">a\nA\n")
    subprocess.run([lode, "index", "-q", "a.fa"], cwd=tmp_path, check=True)
    data = (tmp_path / "a.fa.lode").read_bytes()
    found = dumped_bytes()
    assert len(found) > 300
    assert all(at < len(data) for at in found)
    shown = bytes(found.get(at, 0) for at in range(len(data)))
    assert shown == data
