#!/bin/bash
# Installs what the tests need (Debian 12), builds, and runs every check and test. Exit status 0: all
# passed. Real genomes are used where LODE_DATA, data/ in or ../shared/data beside this directory holds
# them.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$root"

jobs=$(nproc)
logs=$root/build/check
python=/usr/bin/python3
parts=() verdicts=() failed=0

# Runs a function, shows its output, remembers its verdict.
part() {
    local name=$1 status=0 start=$SECONDS
    shift
    step "$name"
    set +e
    (set -euo pipefail; "$@") 2>&1 | tee "$logs/$name.log"
    status=${PIPESTATUS[0]}
    set -e
    parts+=("$name")
    verdicts+=("$( ((status == 0)) && echo ok || echo FAILED) ($((SECONDS - start)) s)")
    if ((status != 0)); then
        failed=1
    fi
}

sources() {
    find format lib tools tests fuzz bench -name '*.[ch]' -print | sort
}

check_style() {
    local long
    sources | xargs clang-format --dry-run -Werror
    # lode.h is one file because it is the one that is installed
    long=$(sources | grep -v '^lib/include/lode.h$' | xargs wc -l | awk '$2 != "total" && $1 > 400')
    if [[ -n $long ]]; then
        say "files of more than 400 lines:" "$long"
        return 1
    fi
    say "$(sources | wc -l) files formatted"
}

# tools -> lib -> format, never back; the format layer needs nothing but itself.
check_includes() {
    local bad=0 file header where
    while IFS=: read -r file header; do
        case $file:$header in
        # tables of constants, no code
        tools/render_format.c:'"layout.h"' | tools/render_tables.c:'"layout.h"') continue ;;
        *:'<'*) [[ $file != format/* || $header =~ ^'<'std(int|def|bool).h'>'$ ||
            $header == '<string.h>' || $file:$header == 'format/hash.c:<xxhash.h>' ]] && continue ;;
        format/*) where=(format) ;;&
        lib/*) where=(lib lib/include format) ;;&
        tools/*) where=(tools lib/include) ;;&
        *) for dir in "${where[@]}"; do [[ -f $dir/${header//\"/} ]] && continue 2; done ;;
        esac
        say "$file must not include $header"
        bad=1
    done < <(grep -HE '^ *# *include' format/*.[ch] lib/*.[ch] tools/*.[ch] |
        sed -E 's/: *# *include */:/; s/(["<][^">]*[">]).*/\1/')
    return "$bad"
}

check_symbols() {
    local bad
    bad=$({
        nm -g --defined-only build/release/lib/liblode.a
        nm -D --defined-only build/release/lib/liblode.so
    } | awk 'NF == 3 && $2 != "A" && $3 !~ /^(lode_|_init$|_fini$)/ { print $3 }' | sort -u)
    if [[ -n $bad ]]; then
        say "exported without the prefix lode_:" "$bad"
        return 1
    fi
    say "exported symbols all start with lode_"
}

# Configures and builds a preset; shows warnings of the one and errors of the other.
build() { # PRESET [options]
    local log=$logs/build-$1.log status=0
    cmake --preset "$1" "${@:2}" -DPython3_EXECUTABLE="$python" >"$log" 2>&1 || status=$?
    grep -E -A3 'CMake (Warning|Error)' "$log" || true
    ((status == 0)) || return "$status"
    cmake --build "build/$1" -j "$jobs" >"$log" 2>&1 || status=$?
    if ((status != 0)); then
        grep -E -A8 'FAILED:|error:|undefined reference' "$log" | head -n 80
        return "$status"
    fi
    say "built $1"
}

release_tests() {
    build release -DLODE_TESTS=ON -DLODE_BENCH=ON -DLODE_BENCH_PEERS=ON
    ctest --test-dir build/release --output-on-failure -j "$jobs" -LE 'cli|faults'
}

# Run by ctest as the test "cli" too; here its own summary is seen.
command_tests() {
    LODE=$root/build/release/tools/lode PYTHONDONTWRITEBYTECODE=1 "$python" -m pytest -q \
        -p no:cacheprovider tests/cli
}

# Run by ctest as the test "faults" too.
fault_tests() {
    LODE=$root/build/release/tools/lode PYTHONDONTWRITEBYTECODE=1 "$python" -m pytest -q \
        -p no:cacheprovider tests/faults
}

asan_tests() {
    build asan
    ctest --test-dir build/asan --output-on-failure -j "$jobs" -L 'unit|fuzz'
}

# ThreadSanitizer of this age wants the address layout it knows.
tsan_tests() {
    local fixed=()
    if setarch "$(uname -m)" -R true 2>/dev/null; then
        fixed=(setarch "$(uname -m)" -R)
    fi
    build tsan
    "${fixed[@]}" ctest --test-dir build/tsan --output-on-failure -j "$jobs" \
        -R 'thread|fork|batch|compress|publish|^pool|plan|steady'
}

# The harnesses with libFuzzer, for a fixed number of runs.
fuzz_tests() {
    build fuzz
    ctest --test-dir build/fuzz --output-on-failure -j "$jobs" -L fuzz
}

# The package as a user gets it: source package, wheel from that, a fresh virtual environment.
python_tests() {
    local venv=$root/build/check-venv bin=$root/build/check-venv/bin
    rm -rf "$venv" "$root/build/dist"
    "$python" -m venv "$venv"
    "$bin/pip" install -q --disable-pip-version-check build ruff mypy
    "$bin/ruff" check python
    "$bin/ruff" format --check python
    quietly "$bin/python" -m build --outdir build/dist .
    quietly "$bin/pip" install --disable-pip-version-check "$(echo build/dist/*.whl)[test]"
    say "built and installed: $(cd build/dist && echo *)"
    cd "$venv" # not the sources: what was installed is tested
    "$bin/mypy" --strict --cache-dir "$venv/mypy" -p lode
    "$bin/python" -m pytest -q -rs -p no:cacheprovider "$root/python/tests"
    "$bin/python" -m pytest -q -p no:cacheprovider --doctest-modules --pyargs lode
}

# The wheel beside Debian's torch, which wants Debian's NumPy.
torch_tests() {
    local venv=$root/build/torch-venv
    if ! (need_packages python3-torch); then
        say "SKIPPED: torch could not be installed: its DataLoader and its tensors as out= are NOT TESTED"
        return
    fi
    rm -rf "$venv"
    "$python" -m venv --system-site-packages "$venv"
    quietly "$venv/bin/pip" install --disable-pip-version-check "numpy<2" pytest pysam pyfaidx
    quietly "$venv/bin/pip" install --disable-pip-version-check --force-reinstall --no-deps build/dist/*.whl
    cd "$venv"
    "$venv/bin/python" -c 'import torch; print("torch", torch.__version__)'
    "$venv/bin/python" -m pytest -q -rs -p no:cacheprovider "$root/python/tests/test_batch.py" \
        "$root/python/tests/test_dataset.py" "$root/python/tests/test_loader.py"
}

find_data() {
    local dir
    for dir in "${LODE_DATA:-}" "$root"/data "$root"/../shared/data; do
        if [[ -n $dir && -f $dir/odd/truth.tsv ]]; then
            LODE_DATA=$(cd "$dir" && pwd -P)
            export LODE_DATA
            say "Real genomes: $LODE_DATA"
            return
        fi
    done
    unset LODE_DATA
    say "NO REAL GENOMES FOUND: tests that need them are skipped (set LODE_DATA to a directory that"
    say "holds odd/truth.tsv)"
}

summary() {
    local i
    step "Summary"
    for i in "${!parts[@]}"; do
        printf '%-10s %s\n' "${parts[i]}" "${verdicts[i]}"
        grep -hE 'tests passed|tests failed|^[0-9]+ (passed|failed)|(passed|failed).* in [0-9.]+s' \
            "$logs/${parts[i]}.log" | sed 's/^/           /' || true
    done
    find_data
    if ((failed)); then
        say "CHECK FAILED ($SECONDS s)"
    else
        say "all checks passed ($SECONDS s)"
    fi
}

step "lode check in $root"
need_packages "${build_packages[@]}" "${test_packages[@]}"
[[ -x $python ]] || python=$(command -v python3)
rm -rf "$logs"
mkdir -p "$logs"
find_data

part style check_style
part includes check_includes
part release release_tests
part symbols check_symbols
part matrix "$root/scripts/matrix.sh" cppcheck abi
part command command_tests
part faults fault_tests
part python python_tests
part torch torch_tests
part asan asan_tests
part tsan tsan_tests
part fuzz fuzz_tests
summary
exit "$failed"
