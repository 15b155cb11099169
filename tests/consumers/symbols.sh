#!/bin/bash
# symbols.sh LIBLODE.SO CC: the functions of lode.h, the names in lode.map, what the library exports
# and the committed list symbols.txt are the same.
set -euo pipefail
export LC_ALL=C
library=$1 cc=$2
here=$(cd "$(dirname "$0")" && pwd -P)
root=$here/../..
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

"$cc" -E -P "$root/lib/include/lode.h" | tr '\n' ' ' | tr ';' '\n' |
    grep 'visibility("default")' | sed -E 's/.*[ *](lode_[a-z0-9_]+) *\(.*/\1/' |
    sort >"$work/declared"
sed -nE 's/^ +(lode_[a-z0-9_]+);$/\1/p' "$root/lib/lode.map" | sort >"$work/mapped"
nm -D --defined-only --with-symbol-versions "$library" |
    awk '$2 != "A" { sub("@@", "@", $3); print $3 }' | sort >"$work/exported"
sed 's/@.*//' "$work/exported" >"$work/names"

same() { # WHAT EXPECTED FOUND WHAT-TO-DO
    if ! diff -U0 "$2" "$3" >"$work/diff"; then
        printf '%s:\n' "$1"
        sed -n '4,$p' "$work/diff" | grep '^[-+]' || true
        printf '%s\n' "$4"
        failed=1
    fi
}

[[ -s $work/declared ]]
same 'lode.h (-) and lib/lode.map (+) differ' "$work/declared" "$work/mapped" \
    'Name each function of lode.h in lib/lode.map.'
same 'lib/lode.map (-) and the exported symbols (+) differ' "$work/mapped" "$work/names" \
    'Each name in lib/lode.map needs a function, and nothing else may be exported.'
same 'symbols.txt (-) and the exported symbols (+) differ' "$here/symbols.txt" "$work/exported" \
    'New: add it to tests/consumers/symbols.txt. Gone: programs break; raise SOVERSION.'
if ((!failed)); then
    printf '%d functions\n' "$(wc -l <"$work/exported")"
fi
exit "$failed"
