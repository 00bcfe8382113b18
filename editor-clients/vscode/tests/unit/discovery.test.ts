import assert from "node:assert/strict";
import { test } from "node:test";
import { candidates, find } from "../../src/discovery";
import type { Surroundings } from "../../src/discovery";

const LINUX: Surroundings = {
  setting: "",
  environment: { PATH: "/usr/bin:/bin" },
  platform: "linux",
  home: "/home/ada",
  trustedFolders: [],
};

test("PATH comes first, then the workspace's environment, then where tools are installed to", () => {
  const looked = candidates({ ...LINUX, trustedFolders: ["/project"] });
  const order = ["/usr/bin", "/bin", "/project/.venv/bin", "/project/venv/bin", "/home/ada/.local/bin"];
  assert.deepEqual(looked.slice(0, 5), order.map((folder) => `${folder}/codeassistd`));
  assert.ok(looked.includes("/home/ada/.local/share/uv/tools/codeassistd/bin/codeassistd"));
  assert.ok(looked.includes("/home/ada/.local/share/pipx/venvs/codeassistd/bin/codeassistd"));
});

test("a workspace that isn't trusted names no program", () => {
  assert.ok(!candidates(LINUX).some((path) => path.startsWith("/project")));
  const path = "${workspaceFolder}/codeassistd";
  assert.deepEqual(find({ ...LINUX, setting: path }, () => true), { kind: "wrongSetting", path });
});

test("folders of PATH that depend on the current folder are left out", () => {
  const looked = candidates({ ...LINUX, environment: { PATH: ".::bin:/bin" } });
  assert.equal(looked[0], "/bin/codeassistd");
});

test("the environment's own folders of uv and pipx count", () => {
  const environment = { PATH: "", UV_TOOL_BIN_DIR: "/uv", PIPX_BIN_DIR: "/pipx", UV_TOOL_DIR: "/tools" };
  const looked = candidates({ ...LINUX, environment });
  for (const folder of ["/uv", "/pipx", "/tools/codeassistd/bin"]) {
    assert.ok(looked.includes(`${folder}/codeassistd`));
  }
});

test("Windows has its own separators, folders and ending", () => {
  const where: Surroundings = {
    setting: "",
    environment: { Path: "C:\\Python;D:\\Tools" },
    platform: "win32",
    home: "C:\\Users\\ada",
    trustedFolders: ["D:\\work"],
  };
  const looked = candidates(where);
  assert.equal(looked[0], "C:\\Python\\codeassistd.exe");
  assert.ok(looked.includes("D:\\work\\.venv\\Scripts\\codeassistd.exe"));
  assert.ok(looked.includes("C:\\Users\\ada\\.local\\bin\\codeassistd.exe"));
  assert.ok(!looked.some((path) => path.startsWith("/")));
});

test("the setting is the only place that counts when it is set", () => {
  const isThere = (path: string): boolean => path === "/home/ada/here/codeassistd" || path === "/bin/codeassistd";
  assert.deepEqual(find({ ...LINUX, setting: "~/here/codeassistd" }, isThere), {
    kind: "found",
    path: "/home/ada/here/codeassistd",
  });
  assert.deepEqual(find({ ...LINUX, setting: "/gone" }, isThere), { kind: "wrongSetting", path: "/gone" });
  assert.deepEqual(find({ ...LINUX, setting: "relative" }, () => true), { kind: "wrongSetting", path: "relative" });
  assert.deepEqual(find(LINUX, isThere), { kind: "found", path: "/bin/codeassistd" });
  assert.deepEqual(find(LINUX, () => false), { kind: "missing" });
});

test("a trusted workspace's folder may be part of the setting", () => {
  const where = { ...LINUX, setting: "${workspaceFolder}/bin/codeassistd", trustedFolders: ["/w$&"] };
  assert.deepEqual(find(where, () => true), { kind: "found", path: "/w$&/bin/codeassistd" });
});
