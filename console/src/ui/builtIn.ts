// Records that the platform created itself.

/** Why a built-in record can't be changed or deleted; nothing for other records. */
export function builtIn(noun: string, act: 'changed' | 'deleted') {
  return (record: { builtIn: boolean }): string | undefined =>
    record.builtIn ? `This ${noun} is the platform’s own. It can’t be ${act}.` : undefined
}
