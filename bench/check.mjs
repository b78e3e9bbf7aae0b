// npm run bench:check: what checking the invariants costs. See docs/performance.md.
import { launch } from './launch.mjs';

await launch('check-cost');
