// Maintenance: after a new code-server, pins the run-time modules of its VS Code that are listed as `vscodeModules` to
// the versions that this VS Code was built with. Usage: `node pin.mjs && npm install`, in this folder.
import { readFileSync, writeFileSync } from 'node:fs';

const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
const shrinkwrap = JSON.parse(readFileSync('node_modules/code-server/lib/vscode/npm-shrinkwrap.json', 'utf8'));
for (const name of manifest.vscodeModules) {
  const locked = shrinkwrap.packages[`node_modules/${name}`];
  if (!locked) throw new Error(`${name} is not in the shrinkwrap of code-server`);
  manifest.dependencies[name] = locked.version;
}
manifest.dependencies = Object.fromEntries(Object.entries(manifest.dependencies).sort());
writeFileSync('package.json', `${JSON.stringify(manifest, null, 2)}\n`);
