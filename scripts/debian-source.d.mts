/** The address from which this machine gets Debian; `undefined` where apt knows none. */
export function debianSource(): string | undefined;
