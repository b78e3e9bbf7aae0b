import { PAGE_SIZE } from '../../memory/address.ts';
import { MMAP_MIN_ADDR } from '../../platform/space-layout.ts';
import { UTSNAME } from '../identity.ts';
import type { Kernel } from '../kernel.ts';
import { MAX_TASKS } from '../resource-limits.ts';

export const MOUNTS = [
  'root / rootfs rw 0 0',
  'proc /proc proc rw,nosuid,nodev,noexec 0 0',
  'devtmpfs /dev devtmpfs rw,nosuid 0 0',
  'tmpfs /dev/shm tmpfs rw,nosuid,nodev 0 0',
  '',
].join('\n');

/** /proc/PID/mountinfo: the same with numbers. */
export const MOUNT_INFO = MOUNTS.split('\n')
  .filter((line) => line !== '')
  .map((line, i) => {
    const [source, at, type, options] = line.split(' ');
    return `${i + 1} ${i === 0 ? 0 : 1} 0:${i + 1} / ${at} ${options} - ${type} ${source} ${options}\n`;
  })
  .join('');

/** Files of /proc that are about the machine. */
export const SYSTEM_FILES: Readonly<Record<string, (kernel: Kernel) => string>> = {
  meminfo: ({ frames }) => {
    const line = (name: string, pages: number): string =>
      `${`${name}:`.padEnd(16)}${String((pages * PAGE_SIZE) / 1024).padStart(8)} kB\n`;
    const zero = ['Buffers', 'Cached', 'SwapCached', 'SwapTotal', 'SwapFree', 'Dirty', 'Writeback'];
    return (
      line('MemTotal', frames.total) +
      line('MemFree', frames.available) +
      line('MemAvailable', frames.available) +
      zero.map((name) => line(name, 0)).join('') +
      line('CommitLimit', frames.total) +
      line('Committed_AS', frames.used)
    );
  },
  stat: ({ clock, hart, processes, lifeCycle }) => {
    const ticks = Math.floor(clock.monotonic() / 1e7);
    const running = lifeCycle.threads.filter(({ state }) => state === 'runnable').length;
    const cpu = `${Math.floor(hart.instret / 1e7)} 0 0 ${ticks} 0 0 0 0 0 0`;
    return `cpu  ${cpu}\ncpu0 ${cpu}\nintr 0\nctxt 0\nbtime ${clock.bootSeconds}\nprocesses ${processes.size}\nprocs_running ${running}\nprocs_blocked 0\n`;
  },
  loadavg: ({ processes, lifeCycle }) =>
    `0.00 0.00 0.00 ${lifeCycle.threads.filter(({ state }) => state === 'runnable').length}/${processes.size} ${Math.max(...processes.keys())}\n`,
  version: () => `${UTSNAME[0]} version ${UTSNAME[2]} ${UTSNAME[3]}\n`,
  locks: ({ locks }) => locks.table(),
  cmdline: () => '\n',
  swaps: () => 'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n',
  devices: () => 'Character devices:\n  1 mem\n  5 /dev/tty\n136 pts\n\nBlock devices:\n',
  filesystems: () => 'nodev\tproc\nnodev\ttmpfs\n',
  mounts: () => MOUNTS,
  uptime: ({ clock }) => `${(clock.monotonic() / 1e9).toFixed(2)} 0.00\n`,
  cpuinfo: () => 'processor\t: 0\nhart\t\t: 0\nisa\t\t: rv64imafdc\nmmu\t\t: sv39\nuarch\t\t: pagewalk\n\n',
};

/** A folder of /proc/sys: what each file says, or the folders in it. */
export interface SettingTree {
  readonly [name: string]: string | ((kernel: Kernel) => string) | SettingTree;
}

/** /proc/sys: what programs ask. None can be changed. */
export const SETTINGS: SettingTree = {
  kernel: {
    cap_last_cap: '40',
    hostname: UTSNAME[1],
    msgmax: '8192',
    msgmnb: '16384',
    msgmni: '4096',
    ngroups_max: '65536',
    osrelease: UTSNAME[2],
    ostype: UTSNAME[0],
    pid_max: '4194304',
    random: { boot_id: '00000000-0000-4000-8000-000000000000' },
    randomize_va_space: ({ layoutRandom }) => (layoutRandom ? '2' : '0'),
    sem: '32000\t1048576\t500\t4096',
    shmall: '18446744073692774399',
    shmmax: String(2 ** 40),
    shmmni: '4096',
    'threads-max': String(MAX_TASKS),
    version: UTSNAME[3],
  },
  vm: {
    max_map_count: '65530',
    mmap_min_addr: String(MMAP_MIN_ADDR),
    overcommit_memory: '0',
    overcommit_ratio: '50',
    swappiness: '0',
  },
  fs: {
    'file-max': '9223372036854775807',
    inotify: { max_queued_events: '16384', max_user_instances: '128', max_user_watches: '65536' },
    mqueue: { msg_default: '10', msg_max: '10', msgsize_default: '8192', msgsize_max: '8192', queues_max: '256' },
    nr_open: '1048576',
    'pipe-max-size': '1048576',
  },
};
