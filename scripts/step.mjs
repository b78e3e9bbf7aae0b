// One step of a script: another program, run to its end with its output shown.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The project's folder. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** A step that ended badly, or that cannot be taken. Its message is all that needs to be shown. */
export class StepFailed extends Error {}

/**
 * Runs a program in the project's folder with our terminal as its own.
 * @param {string} command
 * @param {string[]} args
 * @param {{env?: Record<string, string>}} [options] `env` is added to our environment
 * @returns {Promise<number>} its exit status; 1 when a signal ended it
 */
export function run(command, args, { env } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      stdio: 'inherit',
      env: { ...process.env, ...env },
      shell: command.endsWith('.cmd'), // Windows runs command files in a shell only
    });
    child.once('error', (error) => reject(new StepFailed(`cannot run ${command}: ${error.message}`)));
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/** Announces a step, runs it, and throws StepFailed unless it ends with 0. */
export async function step(title, command, args, options) {
  console.log(`\n> ${title}`);
  const status = await run(command, args, options);
  if (status !== 0) throw new StepFailed(`${title}: "${[command, ...args].join(' ')}" ended with ${status}`);
}

/** Runs a script's main function: a StepFailed becomes one line and exit status 1. */
export async function main(body) {
  try {
    process.exitCode = await body();
  } catch (error) {
    console.error(error instanceof StepFailed ? `\nerror: ${error.message}` : error);
    process.exitCode = 1;
  }
}
