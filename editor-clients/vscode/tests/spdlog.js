// Stands in for the compiled module with which VS Code writes its logs: without it there are none, those of
// extensions among them. Written for the tests, in which few lines are logged.
const { appendFileSync, mkdirSync } = require("node:fs");
const { dirname } = require("node:path");

const LEVELS = ["trace", "debug", "info", "warning", "error", "critical", "off"];

class Logger {
  #file;
  #level = 2;

  constructor(file) {
    mkdirSync(dirname(file), { recursive: true });
    this.#file = file;
  }

  #write(level, text) {
    if (level >= this.#level) {
      const time = new Date().toISOString().replace("T", " ").replace("Z", "");
      appendFileSync(this.#file, `${time} [${LEVELS[level]}] ${text}\n`);
    }
  }

  trace(text) { this.#write(0, text); }
  debug(text) { this.#write(1, text); }
  info(text) { this.#write(2, text); }
  warn(text) { this.#write(3, text); }
  error(text) { this.#write(4, text); }
  critical(text) { this.#write(5, text); }

  getLevel() { return this.#level; }
  setLevel(level) { this.#level = level; }

  setPattern() {}
  clearFormatters() {}
  flush() {}
  drop() {}
}

exports.version = 0;
exports.setLevel = () => {};
exports.setFlushOn = () => {};
exports.Logger = Logger;
exports.createRotatingLogger = async (_name, file) => new Logger(file);
exports.createAsyncRotatingLogger = async (_name, file) => new Logger(file);
