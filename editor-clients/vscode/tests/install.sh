#!/bin/sh
# Installs what the tests of the extension run against: VS Code's server (1.100, from the npm package code-server), a
# headless Chromium, Playwright to drive it, and what builds the extension. Nothing is compiled, and no root is needed.
# Usage: install.sh [PYTHON [FOLDER]]; the folder is .venv/vscode of the checkout when it is not named.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
python=${1:-$root/.venv/bin/python}
folder=${2:-$root/.venv/vscode}
vscode=$folder/node_modules/code-server/lib/vscode

node_version=$(node --version 2>/dev/null | sed 's/^v\([0-9]*\).*/\1/')
if [ "${node_version:-0}" -lt 20 ] || ! command -v npm >/dev/null || [ "$(uname -m)" != x86_64 ]; then
    echo "The tests of the VS Code extension need node 20 or newer, npm, and an x86-64 machine: left out."
    exit 0
fi

run_npm() { # FOLDER WHAT [OPTION...]
    (cd "$1" && shift && npm "$@" --no-audit --no-fund --loglevel=error >/dev/null)
}

is_done() { # NAME FILE...: whether NAME was installed from these very files
    name=$1
    shift
    mkdir -p "$folder"
    cat "$@" | cksum >"$folder/$name.wanted"
    cmp -s "$folder/$name.wanted" "$folder/$name.done"
}

if ! is_done editor "$here/package-lock.json" "$here/unpack_chromium.mjs"; then
    echo "Installing VS Code's server and Chromium into $folder (half a minute, once) ..."
    cp "$here/package.json" "$here/package-lock.json" "$here/unpack_chromium.mjs" "$folder/"
    run_npm "$folder" ci --ignore-scripts
    # Its own lock names everything but tslib, so that `ci` refuses it.
    run_npm "$vscode" install --ignore-scripts --omit=dev
    ln -sfn node_modules "$vscode/node_modules.asar"
    (cd "$folder" && node unpack_chromium.mjs)
    mv "$folder/editor.wanted" "$folder/editor.done"
fi

if ! is_done log "$here/spdlog.js" "$folder/editor.done"; then
    rm -f "$vscode/node_modules/@vscode/spdlog/index.js"
    cp "$here/spdlog.js" "$vscode/node_modules/@vscode/spdlog/index.js"
    mv "$folder/log.wanted" "$folder/log.done"
fi

if ! is_done playwright "$here/requirements.txt"; then
    echo "Installing Playwright into $folder ..."
    rm -rf "$folder/playwright"
    "$python" -m pip install --disable-pip-version-check --quiet --target "$folder/playwright" \
        --requirement "$here/requirements.txt"
    mv "$folder/playwright.wanted" "$folder/playwright.done"
fi

if ! is_done tools "$here/../package-lock.json" || [ ! -d "$here/../node_modules" ]; then
    echo "Installing what builds the extension into editor-clients/vscode/node_modules ..."
    run_npm "$here/.." ci
    is_done tools "$here/../package-lock.json" || mv "$folder/tools.wanted" "$folder/tools.done"
fi
