#!/bin/bash
# Longer runs of what scripts/check.sh runs briefly.
#   soak.sh [SECONDS] [LABEL]
# SECONDS for each fuzz harness (default 600). LABEL, default all:
#   regions  100,000 random regions a file, against samtools (LODE_RANDOM changes the number)
#   fuzz     each harness for so long, from its corpus
#   hostile  every bit, length and field of an index of each kind
#   faults   every system call of builds and reads killed and failing, every power cut
#   crowds   64 processes x 1,000,000 reads while the index is built 1,000 times; files that move
#   pythons  the package under every Python that is there (scripts/pythons.sh)
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$root"

seconds=${1:-600}
label=${2:-all}
python=/usr/bin/python3
[[ $seconds =~ ^[0-9]+$ && $label =~ ^(all|regions|fuzz|hostile|faults|crowds|pythons)$ ]] ||
    die "usage: soak.sh [SECONDS] [all|regions|fuzz|hostile|faults|crowds|pythons]"

build_release() {
    quietly cmake --preset release
    quietly cmake --build build/release || die "the build failed"
}

soak_regions() {
    step "regions"
    build_release
    LODE=$root/build/release/tools/lode LODE_RANDOM=${LODE_RANDOM:-100000} \
        PYTHONDONTWRITEBYTECODE=1 "$python" -m pytest -q -p no:cacheprovider tests/cli/test_regions.py
}

# One harness; what it finds stays in build/soak.
fuzz_one() {
    local harness=$1 name found seeds dict=()
    name=$(basename "$harness")
    name=${name#fuzz_}
    found=$root/build/soak/$name
    mkdir -p "$found"
    seeds=("build/fuzz/fuzz/corpus/$name")
    if [[ -d fuzz/regress/$name ]]; then seeds+=("fuzz/regress/$name"); fi
    if [[ -f fuzz/$name.dict ]]; then dict=(-dict="fuzz/$name.dict"); fi
    say "$name, $seconds s"
    if ! "$harness" "$found" "${seeds[@]}" "${dict[@]}" -max_len=70000 \
        -max_total_time="$seconds" -timeout=25 -rss_limit_mb=4096 -artifact_prefix="$found-" \
        -verbosity=0 -print_final_stats=1 >"$found.log" 2>&1; then
        tail -n 60 "$found.log"
        return 1
    fi
    sed -n 's/^stat::\(number_of_executed_units\|new_units_added\)/   \1/p' "$found.log"
}

soak_fuzz() {
    local harness found=0
    step "fuzz"
    quietly cmake --preset fuzz
    quietly cmake --build build/fuzz || die "the harnesses do not build"
    quietly build/fuzz/fuzz/gen_corpus build/fuzz/fuzz/corpus
    for harness in build/fuzz/fuzz/fuzz_*; do
        [[ -f $harness && -x $harness ]] || continue
        found=1
        fuzz_one "$harness"
    done
    ((found)) || die "no fuzz harness was built"
}

soak_hostile() {
    step "hostile"
    build_release
    LODE_STEP=1 build/release/tests/unit/test_flips
    LODE_STEP=1 build/release/tests/unit/test_fields
}

soak_faults() {
    step "faults"
    build_release
    LODE=$root/build/release/tools/lode LODE_FAULTS=full PYTHONDONTWRITEBYTECODE=1 \
        "$python" -m pytest -q -p no:cacheprovider tests/faults
    build/release/tests/unit/test_nomem
    build/release/tests/unit/test_nomemsets
}

soak_crowds() {
    step "crowds"
    build_release
    LODE_CROWD=full build/release/tests/unit/test_crowd
    LODE_MOVES=1000 build/release/tests/unit/test_moving
}

need_packages "${build_packages[@]}" "${test_packages[@]}"
is_asked() { [[ $label == all || $label == "$1" ]]; }
if is_asked regions; then soak_regions; fi
if is_asked fuzz; then soak_fuzz; fi
if is_asked hostile; then soak_hostile; fi
if is_asked faults; then soak_faults; fi
if is_asked crowds; then soak_crowds; fi
if is_asked pythons; then
    step "pythons"
    "$root/scripts/pythons.sh"
fi
say "soak passed"
