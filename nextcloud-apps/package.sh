#!/usr/bin/env bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# Makes the archives of the Nextcloud apps. The same sources give the same bytes.
#
#   package.sh [<folder>]                    build/<app>.tar.gz of each app
#   package.sh --assemble <folder>           each app as a folder: to develop with, or to sign
#   package.sh --pack <folder> [<folder>]    archives of apps that were assembled (and signed) there
#
# Needs bash, sed, gzip and GNU tar (gtar on macOS).
set -euo pipefail
export LC_ALL=C
umask 022
cd "$(dirname "$0")"
here=$PWD
apps=(voiceassist_client voiceassist_admin voiceassist_docs)

fail() {
  echo "package.sh: $*" >&2
  exit 1
}

# The text of an element of an info.xml.
element() {
  sed -n "s:.*<$1>\(.*\)</$1>.*:\1:p" "$2" | head -n 1
}

# The pattern of Nextcloud's info.xsd; the id is also the name of the folder.
check_id() {
  local app=$1 info=$2/appinfo/info.xml
  [ -f "$info" ] || fail "$app has no appinfo/info.xml"
  [[ $app =~ ^[a-z]+[a-z0-9_]*[a-z0-9]+$ ]] || fail "$app is no valid app id"
  [ "$(element id "$info")" = "$app" ] || fail "the id in the info.xml of $app is another one"
}

# One app with its copy of the gateway, whose names become those of the app: apps of different versions can then be
# enabled side by side.
assemble() {
  local app=$1 folder=$2/$1 namespace
  check_id "$app" "$app"
  namespace=$(element namespace "$app/appinfo/info.xml")
  [[ $namespace =~ ^[A-Za-z]+$ ]] || fail "$app has no namespace"
  rm -rf "$folder"
  mkdir -p "$folder"
  for part in appinfo css img js lib templates; do cp -R "$app/$part" "$folder"; done
  cp -R gateway/js gateway/css gateway/templates "$folder"
  if [ -f "$app/lib/Controller/ConnectionController.php" ]; then
    mkdir -p "$folder/lib/AppInfo"
    sed "s/OCA\\\\VoiceAssistApp/OCA\\\\$namespace/; s/voiceassist_app/$app/" gateway/AppInfo/Application.php \
      >"$folder/lib/AppInfo/Application.php"
  else
    rm "$folder/js/connection.js" "$folder/templates/connection.php"
  fi
  mkdir "$folder/lib/Gateway"
  for file in gateway/lib/*.php; do
    sed "s/OCA\\\\VoiceAssistGateway/OCA\\\\$namespace\\\\Gateway/" "$file" >"$folder/lib/Gateway/$(basename "$file")"
  done
  cp LICENSE "$folder/LICENSE"
  find "$folder" -name '.*' -delete
}

gnu_tar() {
  for name in gtar tar; do
    if "$name" --version 2>/dev/null | grep -q 'GNU tar'; then
      echo "$name"
      return
    fi
  done
  fail 'GNU tar is needed'
}

# The time of the last commit that touched the apps; a clone without history has none.
source_time() {
  if [ -n "${SOURCE_DATE_EPOCH:-}" ]; then
    echo "$SOURCE_DATE_EPOCH"
  else
    git log -1 --format=%ct -- . 2>/dev/null | grep . || echo 0
  fi
}

pack() {
  local app=$1 folder=$2 target=$3 time
  check_id "$app" "$folder/$app"
  time=$(source_time)
  mkdir -p "$target"
  "$(gnu_tar)" --create --directory="$folder" --format=ustar --sort=name --mtime="@$time" --owner=0 --group=0 \
    --numeric-owner --mode='u=rwX,go=rX' "$app" | gzip --no-name --best >"$target/$app.tar.gz"
  echo "$target/$app.tar.gz"
}

# A folder as the caller named it, seen from here.
absolute() {
  case $1 in
  /*) echo "$1" ;;
  *) echo "$caller/$1" ;;
  esac
}

caller=${OLDPWD:-$here}
case ${1:-} in
--assemble)
  [ $# -eq 2 ] || fail 'usage: package.sh --assemble <folder>'
  for app in "${apps[@]}"; do assemble "$app" "$(absolute "$2")"; done
  ;;
--pack)
  [ $# -eq 2 ] || [ $# -eq 3 ] || fail 'usage: package.sh --pack <folder> [<folder>]'
  for app in "${apps[@]}"; do pack "$app" "$(absolute "$2")" "$(absolute "${3:-$here/../build}")"; done
  ;;
-*) fail "unknown option $1" ;;
*)
  [ $# -le 1 ] || fail 'usage: package.sh [<folder>]'
  scratch=$(mktemp -d)
  trap 'rm -rf "$scratch"' EXIT
  for app in "${apps[@]}"; do
    assemble "$app" "$scratch"
    pack "$app" "$scratch" "$(absolute "${1:-$here/../build}")"
  done
  ;;
esac
