// Preloaded into test files: fast-check makes the same sequences in every run, so that a run that fails fails again.
// `npm run fuzz -- --properties` sets PROPERTY_SEED, and looks further.
import { createRequire } from 'node:module';

// The tests are CommonJS, and fast-check keeps its parameters in a module of each kind.
const { configureGlobal } = createRequire(import.meta.url)('fast-check');
configureGlobal({ seed: Number(process.env.PROPERTY_SEED ?? 1) });
