"""Console blocks of a Markdown page, for the tests that run them."""
import re


def transcript(text):
    """[command, expected output] of all console blocks, in order: they share one directory."""
    steps = []
    for block in re.findall(r"```console\n(.*?)```", text, re.S):
        for line in block.splitlines():
            if line.startswith("$ "):
                steps.append([line[2:], ""])
            else:
                steps[-1][1] += line + "\n"
    return steps
