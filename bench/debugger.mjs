// npm run bench:debugger: how soon the debugger answers. See docs/performance.md.
import { launch } from './launch.mjs';

await launch('debugger-cost');
