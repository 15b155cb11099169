#!/bin/sh
# Writes the benchmarks' data, once: make_data.sh BIN_DIR GEN_DIR DIR tiny|quick|full [FASTA[.gz]]
# BIN_DIR holds lode, GEN_DIR lode-gen and lode-twobit.
#   many.fa.gz               short contigs
#   up.fa.gz up.fa up.2bit   upper case
#   sm.fa.gz                 the same letters, soft-masked
#   big.fa.gz big.2bit       the same, as large as a human genome at full scale
#   small.fa.gz restart.fa.gz   sm.fa.gz in other layouts, where lode offers them
# With FASTA, the letters are that genome's, repeated with one base in 1,000 of each further copy
# changed. That, or a generated text, makes a unit of text. Units are compressed contig by contig,
# once, and each file is made of several under other names: no two blocks of a file are in one
# place, and preparing takes minutes, not an hour.
set -eu
lode=$1/lode gen=$2/lode-gen twobit=$2/lode-twobit dir=$3 scale=$4 fasta=${5:-}
case $scale in
tiny) many=2000 unit=1000000 copies=2 big=3 ;;
quick) many=1000000 unit=20000000 copies=3 big=6 ;;
full) many=1000000 unit=250000000 copies=4 big=12 ;;
*) echo "make_data.sh: unknown scale $scale" >&2; exit 2 ;;
esac
# as many contigs and gaps as a human genome has for its bases
contigs=2 gaps=$((unit / 10000000 + 2))

mkdir -p "$dir"
stamp="$scale 5 $fasta"

compress() { # IN OPTIONS... to stdout, without the empty block at its end
    in=$1
    shift
    "$lode" compress -q "$@" "$in" -o "$dir/unit/out.gz"
    head -c -28 "$dir/unit/out.gz"
}

# DIR/unit/NAME: headers, and the bases of each contig in a file of its own: split_unit NAME < FASTA
split_unit() {
    mkdir -p "$dir/unit/$1"
    awk -v dir="$dir/unit/$1" '
        /^>/ { if (out != "") close(out)
               out = sprintf("%s/%06d", dir, n++)
               printf "" > out
               print substr($0, 2) > (dir "/headers"); next }
             { print > out }'
}

# Bodies beside the bases, compressed: compress_unit NAME SUFFIX OPTIONS...
compress_unit() {
    name=$1 suffix=$2
    shift 2
    for body in "$dir/unit/$name"/[0-9]*[0-9]; do
        compress "$body" "$@" > "$body.$suffix"
    done
}

# N units, text or compressed, to stdout: units NAME N [SUFFIX]
units() {
    for copy in $(seq "$2"); do
        n=0
        while read -r header; do
            body=$dir/unit/$1/$(printf %06d "$n")
            printf '>r%d_%s\n' "$copy" "$header" > "$dir/unit/header"
            if [ $# -eq 3 ]; then
                compress "$dir/unit/header"
                cat "$body.$3"
            else
                cat "$dir/unit/header" "$body"
            fi
            n=$((n + 1))
        done < "$dir/unit/$1/headers"
    done
}

# The same, whole as a BGZF file.
bgzf() {
    units "$@"
    : > "$dir/unit/nothing"
    "$lode" compress -q "$dir/unit/nothing" -o "$dir/unit/out.gz"
    cat "$dir/unit/out.gz"
}

# Either unit as FASTA, to stdout: text up|sm
text() {
    mask=''
    if [ -z "$fasta" ]; then
        [ "$1" = up ] || mask=--soft-mask
        "$gen" --dna --bases "$unit" --contigs "$contigs" --n-runs "$gaps" --seed 7 $mask
        return
    fi
    if [ "$1" = sm ]; then
        # A mask of its own is kept; a genome without one gets a generated one.
        mask=--soft-mask
        if grep -v '^>' "$dir/unit/input.fa" | head -c 50000000 | grep -q '[acgt]'; then
            mask=--keep-case
        fi
    fi
    "$gen" --repeat "$dir/unit/input.fa" --mutate 1000 --seed 7 --bases "$unit" $mask
}

if [ ! -f "$dir/stamp" ] || [ "$(cat "$dir/stamp")" != "$stamp" ]; then
    for name in many up sm small restart big stamp unit; do
        rm -rf "$dir/$name" "$dir/$name".*
    done
    mkdir "$dir/unit"
    "$gen" --contigs "$many" --bases "$((many * 100))" --prefix ctg --seed 3 -o "$dir/unit/many.fa"
    "$lode" compress -q -l 1 "$dir/unit/many.fa" -o "$dir/many.fa.gz"
    [ -z "$fasta" ] || gzip -dcf -- "$fasta" > "$dir/unit/input.fa"
    for name in up sm; do
        text "$name" | split_unit "$name"
        compress_unit "$name" gz
        bgzf "$name" "$copies" gz > "$dir/$name.fa.gz"
    done
    units up "$copies" > "$dir/up.fa"
    "$twobit" "$dir/up.fa" "$dir/up.2bit"
    bgzf sm "$big" gz > "$dir/big.fa.gz"
    units sm "$big" > "$dir/unit/big.fa"
    "$twobit" "$dir/unit/big.fa" "$dir/big.2bit"
    rm -rf "$dir/unit/big.fa" "$dir/unit/many.fa" "$dir/unit/input.fa" "$dir/unit/up"
    rm -f "$dir"/unit/sm/*.gz
    printf '%s' "$stamp" > "$dir/stamp"
fi

# These come with a lode that has them, whenever that is. Blocks of the restart layout share one code,
# which is of the text as a whole, so that is compressed whole; it takes no longer than reading it.
for layout in small restart; do
    if [ ! -f "$dir/$layout.fa.gz" ] && "$lode" compress --help | grep -q -e --layout; then
        if [ "$layout" = restart ]; then
            units sm "$copies" | "$lode" compress -q --layout restart - -o "$dir/$layout.fa.gz.part"
        else
            compress_unit sm "$layout" --layout "$layout"
            bgzf sm "$copies" "$layout" > "$dir/$layout.fa.gz.part"
            rm -f "$dir"/unit/sm/*."$layout"
        fi
        mv "$dir/$layout.fa.gz.part" "$dir/$layout.fa.gz"
    fi
done
