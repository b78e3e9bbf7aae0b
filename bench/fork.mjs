// npm run bench:fork: what page faults and forks cost on each platform. See docs/performance.md.
import { launch } from './launch.mjs';

await launch('fork-cost', 'fork-harness');
