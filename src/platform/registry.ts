import { err, ok, type Result } from '../result.ts';
import { FAULTY_PLATFORMS } from './faulty/registry.ts';
import { IndependentEagerProvider } from './independent-eager.ts';
import { IndependentProvider } from './independent.ts';
import { OnDemandProvider } from './on-demand.ts';
import type { ProviderParts } from './paged-provider.ts';
import type { AddressSpaceProvider } from './provider.ts';
import { PartitionedEagerProvider } from './partitioned-eager.ts';
import { PartitionedProvider } from './partitioned.ts';
import { SingleProvider } from './single.ts';

const PLATFORMS: Readonly<Record<string, new (parts: ProviderParts) => AddressSpaceProvider>> = {
  independent: IndependentProvider,
  'independent-eager': IndependentEagerProvider,
  'on-demand': OnDemandProvider,
  partitioned: PartitionedProvider,
  'partitioned-eager': PartitionedEagerProvider,
  single: SingleProvider,
};

/** What `--platform` and launch.json accept; the first is the default. */
export const PLATFORM_NAMES: readonly string[] = Object.keys(PLATFORMS);

/** Also accepted, and named where all choices are: platforms with a bug each (docs/gallery.md). */
export const FAULTY_PLATFORM_NAMES: readonly string[] = Object.keys(FAULTY_PLATFORMS);

/** The error names the platforms there are. */
export function createProvider(
  name: string,
  parts: ProviderParts,
): Result<AddressSpaceProvider, { readonly message: string }> {
  const all = { ...PLATFORMS, ...FAULTY_PLATFORMS };
  const platform = Object.hasOwn(all, name) ? all[name] : undefined;
  if (!platform)
    return err({
      message: `there is no platform "${name}": choose one of ${PLATFORM_NAMES.join(', ')}, or ${FAULTY_PLATFORM_NAMES.join(', ')}`,
    });
  return ok(new platform(parts));
}
