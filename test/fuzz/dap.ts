import { fuzzAdapter } from './dap-session.ts';

/* `npm run fuzz -- --dap [MESSAGES] [SEED]`: malformed and out-of-order messages to the debug adapter. */

const [messages = 100_000, seed = 1] = process.argv.slice(2).map(Number);
const started = performance.now();
void run();

async function run(): Promise<void> {
  const { answered, succeeded } = await fuzzAdapter(messages, seed);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${messages} messages, ${answered} answers, ${succeeded.size} kinds of request succeeded; ${seconds} s`);
}
