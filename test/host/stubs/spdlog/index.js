// The logger of VS Code's server in JavaScript: the real one is a native module without a prebuilt binary on npm.
'use strict';
const { appendFileSync } = require('node:fs');

const LEVELS = ['trace', 'debug', 'info', 'warning', 'error', 'critical'];

class Logger {
  #file;
  #name;
  #level = LEVELS.indexOf('info');
  #formatted = true;

  constructor(name, file) {
    this.#name = name;
    this.#file = file;
  }

  #write(level, message) {
    if (level < this.#level) return;
    const line = this.#formatted ? `${new Date().toISOString()} [${LEVELS[level]}] ${message}\n` : message;
    try {
      appendFileSync(this.#file, line);
    } catch {
      // The run is over and its log folder is gone.
    }
  }

  get name() {
    return this.#name;
  }
  trace(message) {
    this.#write(0, message);
  }
  debug(message) {
    this.#write(1, message);
  }
  info(message) {
    this.#write(2, message);
  }
  warn(message) {
    this.#write(3, message);
  }
  error(message) {
    this.#write(4, message);
  }
  critical(message) {
    this.#write(5, message);
  }
  getLevel() {
    return this.#level;
  }
  setLevel(level) {
    this.#level = level;
  }
  clearFormatters() {
    this.#formatted = false;
  }
  setPattern() {}
  flush() {}
  drop() {}
}

const createLogger = async (name, file) => new Logger(name, file);

exports.version = 0;
exports.setLevel = () => {};
exports.setFlushOn = () => {};
exports.shutdown = () => {};
exports.createRotatingLogger = createLogger;
exports.createAsyncRotatingLogger = createLogger;
exports.Logger = Logger;
