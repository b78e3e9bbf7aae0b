/** Joins a path to the folder it counts from, as the compiler wrote them, and removes `.` and `..`. Slashes only. */
export function joinPath(directory: string, path: string): string {
  const isAbsolute = path.startsWith('/') || /^[A-Za-z]:[\\/]/.test(path);
  return normalizePath(isAbsolute || directory === '' ? path : `${directory}/${path}`);
}

/** A path without its folders. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Removes empty, `.` and `..` steps without looking at any file system. */
export function normalizePath(path: string): string {
  const rooted = path.startsWith('/');
  const steps: string[] = [];
  for (const step of path.split('/')) {
    if (step === '' || step === '.') continue;
    if (step === '..' && steps.length > 0 && steps.at(-1) !== '..') steps.pop();
    else if (step !== '..' || !rooted) steps.push(step);
  }
  return (rooted ? '/' : '') + steps.join('/');
}
