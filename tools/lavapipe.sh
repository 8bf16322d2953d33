#!/usr/bin/env bash
# tools/lavapipe.sh FOLDER [COMMAND ...]: on Debian, fetches Mesa's lavapipe, a Vulkan driver in software that has float16, from
# the backports into FOLDER, beside the machine's own drivers, and runs COMMAND on it. Needs root for apt's lists of packages.
set -euo pipefail
folder="$(mkdir -p "$1" && cd "$1" && pwd)"
shift
driver="$folder/root/usr/share/vulkan/icd.d/lvp_icd.json"

if [ ! -e "$driver" ]; then
  release="$(. /etc/os-release && echo "$VERSION_CODENAME")"
  site="$(apt-get indextargets --format '$(SITE)' "Release: $release" | head -n 1)"
  mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial" "$folder/root"
  printf 'deb %s %s main\n' "$site" "$release" "$site" "$release-backports" >"$folder/sources.list"
  apt=(apt-get -qq -o "Dir::Etc::sourcelist=$folder/sources.list" -o Dir::Etc::sourceparts=-
    -o "Dir::State::lists=$folder/lists" -o "Dir::Cache=$folder/cache")
  "${apt[@]}" update
  "${apt[@]}" install -y --reinstall --no-install-recommends --download-only -t "$release-backports" mesa-vulkan-drivers
  for package in "$folder"/cache/archives/*.deb; do dpkg-deb -x "$package" "$folder/root"; done
fi

if [ $# -gt 0 ]; then
  libraries="$(dirname "$(find "$folder/root" -name libvulkan_lvp.so)")"
  LD_LIBRARY_PATH="$libraries" VK_DRIVER_FILES="$driver" exec "$@"
fi
