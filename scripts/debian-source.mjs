import { spawnSync } from 'node:child_process';

/** @returns {string | undefined} the address from which this machine gets Debian; `undefined` where apt knows none */
export function debianSource() {
  const { stdout } = spawnSync('apt-get', ['indextargets', '--format', '$(REPO_URI)'], { encoding: 'utf8' });
  return (stdout ?? '').split('\n').find((line) => /\/debian\/?$/.test(line));
}
