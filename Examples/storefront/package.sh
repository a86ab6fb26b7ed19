#!/bin/bash
# Packs the storefront as an artefact. The same input gives the same bytes, and so the same digest.
set -euo pipefail

usage() {
    cat >&2 <<'END'
usage: package.sh --output FILE [--binary FILE] [--pad MB] [--behaviour FILE] [KEY=VALUE]...
  --output FILE     ends in .tar, .tar.gz or .tar.zst
  --binary FILE     the built storefront (default: .build/debug/storefront)
  --pad MB          adds a file of so many MB that cannot be compressed, for tests of size
  KEY=VALUE         lines of behaviour.conf, for example version=v2 error_rate=0.05
END
    exit 2
}

output= binary=.build/debug/storefront pad=0 behaviour= lines=()
while (($#)); do
    case $1 in
    --output | --binary | --pad | --behaviour)
        [[ $# -ge 2 ]] || usage
        declare "${1#--}=$2"
        shift 2
        ;;
    -*) usage ;;
    *=*)
        lines+=("$1")
        shift
        ;;
    *) usage ;;
    esac
done
[[ $output && $pad =~ ^[0-9]+$ ]] || usage
case $output in
*.tar) pack=(cat) ;;
*.tar.gz) pack=(gzip -n -6) ;;
*.tar.zst) pack=(zstd -q -3 -T1) ;;
*) usage ;;
esac
[[ -x $binary ]] || { echo "package.sh: there is no executable '$binary'; build it first: swift build --product storefront" >&2; exit 1; }

staging=$(mktemp -d)
trap 'rm -rf "$staging" "$output.part"' EXIT
install -m 755 "$binary" "$staging/storefront"
{
    [[ -z $behaviour ]] || cat "$behaviour"
    ((${#lines[@]} == 0)) || printf '%s\n' "${lines[@]}"
} >"$staging/behaviour.conf"
chmod 644 "$staging/behaviour.conf"
if ((pad > 0)); then
    # Seeded, so that it is the same file each time.
    python3 -c 'import random, sys; r = random.Random(1)
for _ in range(int(sys.argv[1])): sys.stdout.buffer.write(r.randbytes(1_000_000))' "$pad" >"$staging/padding.bin"
    chmod 644 "$staging/padding.bin"
fi
tar -C "$staging" --format=ustar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf - \
    $(cd "$staging" && ls) | "${pack[@]}" >"$output.part"
mv "$output.part" "$output"
