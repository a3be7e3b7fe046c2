// One command log for undo and redo. It holds what was done as data; whoever owns the state applies it.

export class CommandLog<Command> {
  #done: Command[] = [];
  #undone: Command[] = [];
  readonly limit: number;

  constructor(limit = 200) {
    this.limit = limit;
  }

  /**
   * Record what was just done; what had been undone can no longer be redone.
   *
   * `merge` may fold the command into the last one (typing in one text answer is one command, not one per
   * letter); it returns the folded command, or null to keep both.
   */
  record(command: Command, merge?: (last: Command, next: Command) => Command | null): void {
    const last = this.#done.at(-1);
    const merged = last !== undefined && this.#undone.length === 0 && merge ? merge(last, command) : null;
    if (merged === null) this.#done.push(command);
    else this.#done[this.#done.length - 1] = merged;
    this.#undone = [];
    if (this.#done.length > this.limit) this.#done.shift();
  }

  /** The command to reverse now, or undefined when there is none. */
  undo(): Command | undefined {
    const command = this.#done.pop();
    if (command !== undefined) this.#undone.push(command);
    return command;
  }

  /** The command to do again now, or undefined when there is none. */
  redo(): Command | undefined {
    const command = this.#undone.pop();
    if (command !== undefined) this.#done.push(command);
    return command;
  }

  /** Forget commands that can no longer be applied (their task is gone). */
  forget(matches: (command: Command) => boolean): void {
    this.#done = this.#done.filter((command) => !matches(command));
    this.#undone = this.#undone.filter((command) => !matches(command));
  }

  get canUndo(): boolean {
    return this.#done.length > 0;
  }

  get canRedo(): boolean {
    return this.#undone.length > 0;
  }
}
