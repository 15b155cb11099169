#!/bin/bash
# From a bare Debian 12 to the first reads: installs what is missing, builds, indexes the FASTA files
# given (or a small generated collection), reads from them. May be run again at any time.
#   quickstart.sh [FASTA...]
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

work=$root/build/quickstart
lode=$root/build/release/tools/lode
gen=$root/build/release/bench/lode-gen

if [[ ${1:-} == -h || ${1:-} == --help ]]; then
    sed -n '2,4s/^# *//p' "${BASH_SOURCE[0]}"
    exit 0
fi
for fasta; do
    [[ -r $fasta ]] || die "$fasta: cannot read it"
done

build() {
    local options=(-DLODE_BENCH=ON)
    # A tree that was configured before keeps its choices.
    if [[ ! -f $root/build/release/CMakeCache.txt ]]; then
        options+=(-DLODE_TESTS=OFF -DLODE_BENCH_PEERS=OFF)
    fi
    (cd "$root" && quietly cmake --preset release "${options[@]}" &&
        quietly cmake --build build/release --target lode_cmd lode-gen) || die "the build failed"
}

# Eight genomes of different sizes, all with contigs chr1, chr2..., as BGZF.
generate() {
    local i text
    rm -rf "$work/genomes"
    mkdir -p "$work/genomes/bacteria"
    for i in 1 2 3 4 5 6 7 8; do
        text=$work/genomes/strain$i.fna
        if ((i > 4)); then
            text=$work/genomes/bacteria/strain$i.fna
        fi
        "$gen" --bases $((i * 700000)) --contigs $((1 + i % 4)) --seed "$i" --soft-mask --n-runs 5 \
            -o "$text"
        "$lode" compress -q "$text" -o "$text.gz"
        rm "$text"
    done
}

# gzip, but without the marks of BGZF in its header?
is_plain_gzip() {
    local head
    head=$(od -An -v -tx1 -N14 -- "$1" | tr -d ' \n')
    [[ $head == 1f8b* && $head != 1f8b08?4????????????????4243 ]]
}

# The files given; a BGZF copy for each that is gzip of the ordinary kind.
collect() {
    local fasta copy
    inputs=()
    for fasta; do
        if is_plain_gzip "$fasta"; then
            copy=$work/$(basename "$fasta")
            say "$fasta is plain gzip: making a BGZF copy, $copy"
            "$lode" compress -q "$fasta" -o "$copy"
            fasta=$copy
        fi
        inputs+=("$fasta")
    done
}

# The word as it would be typed.
quoted() {
    if [[ $1 =~ ^[A-Za-z0-9_./:,@=+-]+$ ]]; then
        printf ' %s' "$1"
    else
        printf " '%s'" "${1//\'/\'\\\'\'}"
    fi
}

# Shows a command, runs it, says how long it took.
run() {
    local start end word
    printf '\n$ lode'
    for word; do quoted "$word"; done
    printf '\n'
    start=${EPOCHREALTIME/[.,]/}
    "$lode" "$@"
    end=${EPOCHREALTIME/[.,]/}
    printf '   (%d.%d ms)\n' $(((end - start) / 1000)) $(((end - start) / 100 % 10))
}

# Sets name, contig and length: the longest contig of the last file.
pick_contig() {
    name=$("$lode" ls "$index" | awk -F '\t' 'END { print $1 }')
    IFS=$'\t' read -r contig length < <("$lode" ls "$index" "$name" |
        awk -F '\t' '$2 > best { best = $2; line = $1 "\t" $2 } END { print line }')
}

# NAME::CONTIG; {} keep a colon and digits at the end of a name from being read as a place.
place() {
    if [[ $contig =~ :[0-9,]+(-[0-9,]*)?$ ]]; then
        printf '%s::{%s}' "$name" "$contig"
    else
        printf '%s::%s' "$name" "$contig"
    fi
}

# 1,000 windows of 100 bases, as BED.
make_windows() {
    "$lode" ls "$index" "$name" | awk -F '\t' '
        BEGIN { srand(1) }
        $2 >= 100 { names[++n] = $1; lengths[n] = $2 }
        END {
            for (i = 0; i < 1000 && n > 0; i++) {
                k = 1 + int(rand() * n)
                at = int(rand() * (lengths[k] - 99))
                printf "%s::%s\t%d\t%d\twindow%d\t0\t%s\n", name, names[k], at, at + 100, i, i % 2 ? "-" : "+"
            }
        }' name="$name" >"$work/windows.bed"
}

reads() {
    local end=$((length < 1180 ? length : 1180)) begin at
    begin=$((end > 180 ? end - 179 : 1))
    at=$(place)
    run get "$index" "$at:$begin-$end"
    run get "$index" -i "$at:$begin-$((begin + 59 < end ? begin + 59 : end))"
    make_windows
    run get "$index" -b "$work/windows.bed" -s -o "$work/windows.fa"
    say "   $(grep -c '^>' "$work/windows.fa" || true) windows, the first one:"
    sed -n 1,2p "$work/windows.fa" | sed 's/^/   /'
    run stat "$index"
}

step "lode quickstart in $root"
need_packages "${build_packages[@]}"
say "Building the command..."
mkdir -p "$work"
build
"$lode" --version | sed 's/^/   /'

step "Index"
if (($# > 0)); then
    index=$work/yours.lode
    collect "$@"
    run index "${inputs[@]}" -o "$index"
else
    index=$work/genomes
    generate
    run index "$index"
fi

step "Read"
pick_contig
reads

step "Next"
cat <<EOF
   PATH=$(dirname "$lode"):\$PATH
   lode ls $index
   lode get $index '$(place):1-60'
   lode index YOUR.fa.gz && lode get YOUR.fa.gz REGION
   lode help
EOF
