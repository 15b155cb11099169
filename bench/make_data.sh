#!/bin/sh
# Writes the benchmarks' data, once: make_data.sh LODE LODE_GEN DIR tiny|quick|full [FASTA[.gz]]
#   many.fa.gz  short contigs           up.fa.gz up.fa  upper case       sm.fa.gz  soft-masked
# With FASTA, up and sm are that genome, repeated under other names.
set -eu
lode=$1 gen=$2 dir=$3 scale=$4 fasta=${5:-}
case $scale in
tiny) many=2000 bases=2000000 ;;
quick) many=1000000 bases=50000000 ;;
full) many=1000000 bases=200000000 ;;
*) echo "make_data.sh: unknown scale $scale" >&2; exit 2 ;;
esac

mkdir -p "$dir"
stamp="$scale 1 $fasta"
if [ -f "$dir/stamp" ] && [ "$(cat "$dir/stamp")" = "$stamp" ]; then
    exit 0
fi
rm -f "$dir/stamp"

pack() { # TEXT -> TEXT.gz
    "$lode" compress "$dir/$1" -o "$dir/$1.gz"
}

"$gen" --contigs "$many" --bases "$((many * 100))" --prefix ctg --seed 3 -o "$dir/many.fa"
pack many.fa
rm "$dir/many.fa"

if [ -n "$fasta" ]; then
    gzip -dcf -- "$fasta" > "$dir/input.fa"
    "$gen" --repeat "$dir/input.fa" --bases "$bases" -o "$dir/up.fa"
    # A mask of its own is kept; a genome without one gets a generated one.
    mask=--soft-mask
    if grep -v '^>' "$dir/input.fa" | head -c 50000000 | grep -q '[acgt]'; then
        mask=--keep-case
    fi
    "$gen" --repeat "$dir/input.fa" --bases "$bases" $mask -o "$dir/sm.fa"
    rm "$dir/input.fa"
else
    "$gen" --bases "$bases" --contigs 10 --n-runs 20 --seed 7 -o "$dir/up.fa"
    "$gen" --bases "$bases" --contigs 10 --n-runs 20 --seed 7 --soft-mask -o "$dir/sm.fa"
fi
pack up.fa
pack sm.fa
rm "$dir/sm.fa"
printf '%s' "$stamp" > "$dir/stamp"
