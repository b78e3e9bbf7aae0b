// npm run test:electron: the workbench suite in desktop VS Code, which is downloaded unless VSCODE_EXECUTABLE names one.
import path from 'node:path';
import { runTests } from '@vscode/test-electron';
import { main, ROOT, step } from './step.mjs';

await main(async () => {
  await step('building the product and the tests', process.execPath, ['esbuild.mjs', '--tests']);
  const executable = process.env.VSCODE_EXECUTABLE;
  return runTests({
    extensionDevelopmentPath: ROOT,
    extensionTestsPath: path.join(ROOT, 'out/test/workbench/index.js'),
    launchArgs: [path.join(ROOT, 'samples/fork-cow')],
    ...(executable ? { vscodeExecutablePath: path.resolve(executable) } : {}),
  });
});
