/**
 * What writers are about to need, so that a collector that runs beside them leaves it alone: absolute paths of files
 * and directories, and rows of packages. Taken before the first look at a thing; in memory, since both are one process.
 */
export interface Claims {
  /** @returns what gives them back, which may be called again */
  hold(things: Iterable<string | number>): () => void;
  isHeld(thing: string | number): boolean;
}

export function openClaims(): Claims {
  const held = new Map<string | number, number>();
  return {
    hold(things) {
      const taken = [...things];
      for (const thing of taken) held.set(thing, (held.get(thing) ?? 0) + 1);
      return () => {
        for (const thing of taken.splice(0)) {
          const left = (held.get(thing) ?? 0) - 1;
          if (left > 0) held.set(thing, left);
          else held.delete(thing);
        }
      };
    },
    isHeld: (thing) => held.has(thing),
  };
}
