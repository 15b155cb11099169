#!/bin/bash
# Longer runs of what scripts/check.sh runs briefly.
#   soak.sh [SECONDS] [LABEL]
# SECONDS for each fuzz harness (default 600). LABEL: regions (100,000 random regions a file, against
# samtools; LODE_RANDOM changes the number) or fuzz; default both.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$root"

seconds=${1:-600}
label=${2:-all}
python=/usr/bin/python3
[[ $seconds =~ ^[0-9]+$ && $label =~ ^(all|regions|fuzz)$ ]] ||
    die "usage: soak.sh [SECONDS] [all|regions|fuzz]"

soak_regions() {
    step "regions"
    quietly cmake --preset release
    quietly cmake --build build/release || die "the build failed"
    LODE=$root/build/release/tools/lode LODE_RANDOM=${LODE_RANDOM:-100000} \
        PYTHONDONTWRITEBYTECODE=1 "$python" -m pytest -q -p no:cacheprovider tests/cli/test_regions.py
}

# One harness; what it finds stays in build/soak.
fuzz_one() {
    local harness=$1 name corpus options=()
    name=$(basename "$harness")
    corpus=$root/build/soak/$name
    mkdir -p "$corpus"
    for seeds in fuzz/{corpus,seeds}/{"$name","${name#fuzz_}"}; do
        [[ -d $seeds ]] && options+=("$seeds")
    done
    for words in fuzz/{,dict/}{"$name","${name#fuzz_}"}.dict; do
        [[ -f $words ]] && options+=("-dict=$words")
    done
    say "$name, $seconds s"
    if ! "$harness" "$corpus" "${options[@]}" -max_total_time="$seconds" -timeout=25 \
        -rss_limit_mb=4096 -artifact_prefix="$corpus-" -verbosity=0 -print_final_stats=1 \
        >"$corpus.log" 2>&1; then
        tail -n 60 "$corpus.log"
        return 1
    fi
    grep -E 'number_of_executed_units|new_units_added' "$corpus.log" | sed 's/^stat::/   /' || true
}

soak_fuzz() {
    local harness found=0
    step "fuzz"
    if [[ ! -f fuzz/CMakeLists.txt ]]; then
        say "NO FUZZ HARNESSES in this tree"
        return
    fi
    quietly cmake --preset fuzz
    quietly cmake --build build/fuzz || die "the harnesses do not build"
    while IFS= read -r harness; do
        found=1
        fuzz_one "$harness"
    done < <(find build/fuzz/fuzz -maxdepth 1 -type f -perm -u+x ! -name '*.so*' | sort)
    ((found)) || die "no fuzz harness was built"
}

need_packages "${build_packages[@]}" "${test_packages[@]}"
[[ $label == fuzz ]] || soak_regions
[[ $label == regions ]] || soak_fuzz
say "soak passed"
