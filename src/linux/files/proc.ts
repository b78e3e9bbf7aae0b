import type { Kernel } from '../kernel.ts';
import type { ThreadGroup } from '../thread-group.ts';
import { encodeText } from '../user-memory.ts';
import { type Directory, type DirectorySource, GeneratedDirectory } from './directory.ts';
import { GeneratedFile, snapshot } from './generated-file.ts';
import type { Inode } from './inode.ts';
import { MemoryFile } from './memory-file.ts';
import { mapsText, pagemap, rollup, smapsText } from './proc-memory.ts';
import { limitsText, statLine, statmLine, status } from './proc-status.ts';
import { MOUNT_INFO, MOUNTS, SETTINGS, type SettingTree, SYSTEM_FILES } from './proc-system.ts';
import { DescriptorLink, Symlink } from './symlink.ts';

/** /proc: `self` and a directory a process, with what proc(5) says of it. */
export function procDirectory(kernel: Kernel, root: Directory): Directory {
  const self = new Symlink(kernel.files.numbers.next(), () => String(kernel.current?.process.pid ?? 1));
  const threadSelf = new Symlink(kernel.files.numbers.next(), () => {
    const { current } = kernel;
    return current ? `${current.process.pid}/task/${current.tid}` : '1/task/1';
  });
  const source: DirectorySource = {
    lookup: (name) => {
      if (name === 'self') return self;
      if (name === 'thread-self') return threadSelf;
      const process = /^\d+$/.test(name) ? kernel.processes.get(Number(name)) : undefined;
      if (process) return processDirectory(kernel, process, root);
      if (name === 'sys') return settings(kernel, root, 'sys', SETTINGS);
      return SYSTEM_FILES[name] && text(kernel, () => SYSTEM_FILES[name](kernel));
    },
    names: () => [
      'self',
      'sys',
      'thread-self',
      ...Object.keys(SYSTEM_FILES),
      ...[...kernel.processes.keys()].map(String),
    ],
  };
  return new GeneratedDirectory(kernel.files.numbers.next(), root, 'proc', source);
}

/** Part of /proc/sys. */
function settings(kernel: Kernel, parent: Directory, name: string, tree: SettingTree): Directory {
  const directory: Directory = new GeneratedDirectory(kernel.files.numbers.next(), parent, name, {
    lookup: (entry) => {
      const found = Object.hasOwn(tree, entry) ? tree[entry] : undefined;
      if (found === undefined) return undefined;
      return typeof found === 'object'
        ? settings(kernel, directory, entry, found)
        : text(kernel, () => `${typeof found === 'string' ? found : found(kernel)}\n`);
    },
    names: () => Object.keys(tree),
  });
  return directory;
}

function processDirectory(kernel: Kernel, process: ThreadGroup, parent: Directory): Directory {
  const entries: Record<string, () => Inode> = {
    maps: () => text(kernel, () => mapsText(kernel, process)),
    smaps: () => text(kernel, () => smapsText(kernel, process)),
    pagemap: () => new GeneratedFile(kernel.files.numbers.next(), () => pagemap(kernel, process)),
    status: () => text(kernel, () => status(kernel, process)),
    stat: () => text(kernel, () => statLine(kernel, process)),
    smaps_rollup: () => text(kernel, () => rollup(kernel, process)),
    environ: () => new GeneratedFile(kernel.files.numbers.next(), () => snapshot(process.environment)),
    limits: () => text(kernel, () => limitsText(process)),
    mounts: () => text(kernel, () => MOUNTS),
    mountinfo: () => text(kernel, () => MOUNT_INFO),
    cgroup: () => text(kernel, () => '0::/\n'),
    personality: () => text(kernel, () => `${process.personality.toString(16).padStart(8, '0')}\n`),
    mem: () => new MemoryFile(kernel, kernel.files.numbers.next(), process),
    oom_score: () => text(kernel, () => '0\n'),
    oom_score_adj: () => text(kernel, () => '0\n'),
    wchan: () => text(kernel, () => (process.tasks[0]?.wait ? 'wait' : '0')),
    task: () => new GeneratedDirectory(kernel.files.numbers.next(), parent, 'task', threads(kernel, process)),
    fdinfo: () =>
      new GeneratedDirectory(kernel.files.numbers.next(), parent, 'fdinfo', descriptorFacts(kernel, process)),
    statm: () => text(kernel, () => statmLine(kernel, process)),
    comm: () => text(kernel, () => `${process.tasks[0]?.comm ?? ''}\n`),
    cmdline: () => text(kernel, () => (process.space ? process.argv.map((argument) => `${argument}\0`).join('') : '')),
    exe: () => new Symlink(kernel.files.numbers.next(), () => (process.space ? process.executable : '')),
    cwd: () => new Symlink(kernel.files.numbers.next(), () => process.fileSystem.directory.path),
    root: () => new Symlink(kernel.files.numbers.next(), '/'),
    fd: () => new GeneratedDirectory(kernel.files.numbers.next(), parent, 'fd', descriptors(kernel, process)),
  };
  return new GeneratedDirectory(kernel.files.numbers.next(), parent, String(process.pid), {
    lookup: (name) => (Object.hasOwn(entries, name) ? entries[name]() : undefined),
    names: () => Object.keys(entries),
  });
}

/** /proc/PID/fd: links that open what the descriptor refers to. */
function descriptors(kernel: Kernel, process: ThreadGroup): DirectorySource {
  return {
    lookup: (name) => {
      const file = /^\d+$/.test(name) ? process.files.find(Number(name)) : undefined;
      return file && new DescriptorLink(kernel.files.numbers.next(), file);
    },
    names: () => process.files.numbers().map(String),
  };
}

/** /proc/PID/fdinfo (proc_pid_fdinfo(5)). */
function descriptorFacts(kernel: Kernel, process: ThreadGroup): DirectorySource {
  return {
    lookup: (name) => {
      const file = /^\d+$/.test(name) ? process.files.find(Number(name)) : undefined;
      if (!file) return undefined;
      const { inode } = file.attributes();
      return text(
        kernel,
        () => `pos:\t${file.position}\nflags:\t0${file.flags.toString(8)}\nmnt_id:\t1\nino:\t${inode}\n`,
      );
    },
    names: () => process.files.numbers().map(String),
  };
}

/** /proc/PID/task: a directory a thread, with its name and state. */
function threads(kernel: Kernel, process: ThreadGroup): DirectorySource {
  return {
    lookup: (name) => {
      const thread = process.liveTasks().find(({ tid }) => String(tid) === name);
      if (!thread) return undefined;
      const files: Record<string, () => Inode> = {
        comm: () => text(kernel, () => `${thread.comm}\n`),
        status: () => text(kernel, () => status(kernel, process, thread)),
        stat: () => text(kernel, () => statLine(kernel, process, thread)),
        maps: () => text(kernel, () => mapsText(kernel, process)),
        mem: () => new MemoryFile(kernel, kernel.files.numbers.next(), process),
      };
      return new GeneratedDirectory(kernel.files.numbers.next(), kernel.files.root, name, {
        lookup: (entry) => (Object.hasOwn(files, entry) ? files[entry]() : undefined),
        names: () => Object.keys(files),
      });
    },
    names: () => process.liveTasks().map(({ tid }) => String(tid)),
  };
}

function text(kernel: Kernel, generate: () => string): GeneratedFile {
  return new GeneratedFile(kernel.files.numbers.next(), () => snapshot(encodeText(generate())));
}
