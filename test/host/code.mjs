#!/usr/bin/env node
// A stand-in for the `code` executable: name it as VSCODE_EXECUTABLE (or give its path to @vscode/test-electron as
// `vscodeExecutablePath`) and the suite that is written for desktop VS Code runs in the npm-shipped workbench.
import { runTests } from './workbench.mjs';

const options = { extensionDevelopmentPath: [], shotsDir: process.env.WORKBENCH_SHOTS_DIR };
for (const argument of process.argv.slice(2)) {
  const [, name, value] = /^--([\w-]+)(?:=(.*))?$/s.exec(argument) ?? [];
  if (name === undefined) options.folder ??= argument;
  else if (name === 'extensionDevelopmentPath') options.extensionDevelopmentPath.push(value);
  else if (name === 'extensionTestsPath') options.extensionTestsPath = value;
  else if (name === 'folder-uri') options.folder = decodeURIComponent(new URL(value).pathname);
  // The others (--user-data-dir, --no-sandbox, ...) have no meaning here: every run gets fresh folders.
}
try {
  process.exitCode = await runTests(options);
} catch (error) {
  console.error(error);
  process.exitCode = 2;
}
