// npm run bench:start: what starting, stopping and pausing cost. See docs/performance.md.
import { launch } from './launch.mjs';

await launch('start-cost', 'start-harness');
