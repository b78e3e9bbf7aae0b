/** What a thread, or several together, have used so far (getrusage(2)). */
export class ResourceUsage {
  /** Instructions retired, which are nanoseconds of the processor. */
  instructions = 0;
  /** Page faults that were resolved. All are minor ones: files are in memory, as on tmpfs. */
  faults = 0;
  /** Switches to another thread because it had to wait, and because its turn was over. */
  voluntarySwitches = 0;
  involuntarySwitches = 0;

  add(other: ResourceUsage): this {
    this.instructions += other.instructions;
    this.faults += other.faults;
    this.voluntarySwitches += other.voluntarySwitches;
    this.involuntarySwitches += other.involuntarySwitches;
    return this;
  }
}
