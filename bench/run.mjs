// npm run bench: how fast programs run. See docs/performance.md.
import { launch } from './launch.mjs';

await launch('speed');
