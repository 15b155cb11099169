#!/bin/bash
# Longer runs of what scripts/check.sh runs briefly.
#   soak.sh [SECONDS] [LABEL]
# SECONDS for each fuzz harness (default 600). LABEL: regions (100,000 random regions a file, against
# samtools; LODE_RANDOM changes the number), fuzz, or pythons (scripts/pythons.sh); default all.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$root"

seconds=${1:-600}
label=${2:-all}
python=/usr/bin/python3
[[ $seconds =~ ^[0-9]+$ && $label =~ ^(all|regions|fuzz|pythons)$ ]] ||
    die "usage: soak.sh [SECONDS] [all|regions|fuzz|pythons]"

soak_regions() {
    step "regions"
    quietly cmake --preset release
    quietly cmake --build build/release || die "the build failed"
    LODE=$root/build/release/tools/lode LODE_RANDOM=${LODE_RANDOM:-100000} \
        PYTHONDONTWRITEBYTECODE=1 "$python" -m pytest -q -p no:cacheprovider tests/cli/test_regions.py
}

# One harness; what it finds stays in build/soak.
fuzz_one() {
    local harness=$1 name found
    name=$(basename "$harness")
    name=${name#fuzz_}
    found=$root/build/soak/$name
    mkdir -p "$found"
    say "$name, $seconds s"
    if ! "$harness" "$found" "build/fuzz/fuzz/corpus/$name" -dict="fuzz/$name.dict" -max_len=70000 \
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

need_packages "${build_packages[@]}" "${test_packages[@]}"
is_asked() { [[ $label == all || $label == "$1" ]]; }
if is_asked regions; then soak_regions; fi
if is_asked fuzz; then soak_fuzz; fi
if is_asked pythons; then
    step "pythons"
    "$root/scripts/pythons.sh"
fi
say "soak passed"
