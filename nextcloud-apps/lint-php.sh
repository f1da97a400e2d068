#!/usr/bin/env bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# Checks the syntax of every PHP file of the apps. A machine without PHP says so and goes on.
set -euo pipefail
cd "$(dirname "$0")"
if ! command -v php >/dev/null; then
  echo 'lint:php SKIPPED: there is no php on this machine, so the PHP files of nextcloud-apps/ were not checked'
  exit 0
fi
failed=0
count=0
while IFS= read -r -d '' file; do
  count=$((count + 1))
  output=$(php -d display_errors=1 -l "$file" 2>&1) || {
    printf '%s\n' "$output"
    failed=1
  }
done < <(find . -name '*.php' -print0)
[ "$count" -gt 0 ] || failed=1
echo "php -l: $count files"
exit "$failed"
