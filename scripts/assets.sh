#!/usr/bin/env bash
# What the screens are drawn with: of the packages of web/package-lock.json the few files that the
# binary embeds, in var/assets. Needs Node and the package index once for each lock file, then neither.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

assets=var/assets
stamp=$(cat web/package-lock.json scripts/assets.sh | sha256sum)
[ "$stamp" != "$(cat "$assets/stamp" 2> /dev/null)" ] || exit 0

mkdir -p var
exec 9> var/assets.lock
flock 9
[ "$stamp" != "$(cat "$assets/stamp" 2> /dev/null)" ] || exit 0

step() { printf '\n== %s\n' "$*"; "$@"; }
. scripts/node.sh
scripts/servers.sh install node
needs_node assets 18
build_node web var/web-node
design=var/web-node/node_modules/@scottish-government/design-system
rm -rf -- "$assets"
mkdir -p "$assets"
# Its licence goes with it; where its sources lie is of no use to a reader.
{ printf '/*!\n'; cat "$design/LICENSE.txt"; printf '*/\n'; } > "$assets/design-system.css"
sed '/^\/[*/]# sourceMappingURL/d; s#/\*\# sourceMappingURL=[^*]*\*/##' "$design/dist/css/design-system.min.css" >> "$assets/design-system.css"
cp var/web-node/node_modules/htmx.org/dist/htmx.min.js "$assets/htmx.js"
echo "$stamp" > "$assets/stamp"
