#!/usr/bin/env bash
# Builds the Python package and runs its tests with every CPython that is there: the stable-ABI wheel,
# made by the first from 3.12 on, is installed by those after it too; builds without the interpreter
# lock run without it. 3 minutes each.
#
#     scripts/pythons.sh [PYTHON ...]      default: python3.9 to python3.14 and 3.13t, 3.14t on PATH, and
#                                          those of ~/.pyenv/versions
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=scripts/common.sh
. "$root/scripts/common.sh"
need_packages "${build_packages[@]}" g++
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
stable=

find_pythons() {
    local version found
    for version in 3.9 3.10 3.11 3.12 3.13 3.13t 3.14 3.14t; do
        for found in "$(command -v "python$version")" "$HOME"/.pyenv/versions/"${version%t}".*/bin/"python$version"; do
            if [[ -x $found ]] && "$found" -c 'import venv, ensurepip' 2>/dev/null; then
                echo "$found"
                break
            fi
        done
    done
}

# True for a wheel made by an older Python that this one may use.
takes_stable() {
    [[ -n $stable ]] && "$1" - <<'END'
import sys, sysconfig
sys.exit(sys.version_info < (3, 12) or bool(sysconfig.get_config_var("Py_GIL_DISABLED")))
END
}

test_with() {
    local python=$1 name=$2 bin=$work/$2/bin wheel lock=()
    "$python" -m venv "$work/$name"
    "$bin/pip" install -q --disable-pip-version-check build pytest pysam pyfaidx biopython numpy
    if takes_stable "$python"; then
        wheel=$stable
    else
        quietly "$bin/python" -m build --wheel --outdir "$work/dist-$name" "$root"
        wheel=$(echo "$work/dist-$name"/*.whl)
        [[ $wheel != *abi3* ]] || stable=$wheel
    fi
    "$bin/pip" install -q --disable-pip-version-check "$wheel"
    "$bin/python" -c 'import sysconfig, sys; sys.exit(not sysconfig.get_config_var("Py_GIL_DISABLED"))' && lock=(-X gil=0)
    say "$("$bin/python" -VV 2>&1 | head -1): $(basename "$wheel") ${lock[*]}"
    (cd "$work" && "$bin/python" "${lock[@]}" -m pytest -q -p no:cacheprovider -W ignore::DeprecationWarning "$root/python/tests")
}

if (($# == 0)); then
    mapfile -t pythons < <(find_pythons)
    set -- "${pythons[@]}"
fi
(($# > 0)) || { say "SKIPPED: no CPython 3.9 or newer with venv was found"; exit 0; }
number=0
for python; do
    test_with "$python" "$((number += 1))"
done
say "tested with $number"
