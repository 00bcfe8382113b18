// Unpacks Chromium, with the libraries and fonts that it brings, into chromium/ of the current folder.
import { createReadStream, createWriteStream } from "node:fs";
import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress } from "node:zlib";

const packed = "node_modules/@sparticuz/chromium/bin";
const folder = resolve("chromium");

async function unpack(name, target) {
  await pipeline(createReadStream(`${packed}/${name}`), createBrotliDecompress(), createWriteStream(target));
}

await rm(folder, { recursive: true, force: true });
await mkdir(folder);
await unpack("chromium.br", `${folder}/headless_shell`);
for (const archive of ["al2023.tar", "fonts.tar", "swiftshader.tar"]) {
  await unpack(`${archive}.br`, `${folder}/${archive}`);
  const { status } = spawnSync("tar", ["-xf", archive], { cwd: folder, stdio: "inherit" });
  if (status !== 0) {
    process.exit(1);
  }
  await rm(`${folder}/${archive}`);
}
// The machine's own fonts are better, where there are any.
const script = `#!/bin/sh
here=$(dirname "$0")
export LD_LIBRARY_PATH="$here/lib"
[ -e /etc/fonts/fonts.conf ] || export FONTCONFIG_FILE="$here/own-fonts.conf"
exec "$here/headless_shell" "$@"
`;
const fonts = `<fontconfig><dir>${folder}/fonts</dir><cachedir>${folder}/cache</cachedir></fontconfig>\n`;
await writeFile(`${folder}/own-fonts.conf`, fonts);
await writeFile(`${folder}/chromium`, script);
await chmod(`${folder}/chromium`, 0o755);
await chmod(`${folder}/headless_shell`, 0o755);
await rm("node_modules/@sparticuz", { recursive: true });
