/**
 * The beginning of bytes that go into a dead letter. A record may be as large as a batch may be, and a
 * dead letter that carried it whole would be larger still: the broker would refuse it, again and
 * again, and the partition would stand still.
 */
const DEAD_LETTER_BYTES_MAX = 128 * 1024

export const boundedBytes = (bytes: Buffer): Buffer =>
  bytes.length > DEAD_LETTER_BYTES_MAX ? bytes.subarray(0, DEAD_LETTER_BYTES_MAX) : bytes

/** What a dead letter says of bytes that it carries in part, to stand behind the cause. */
export const cutNote = (bytes: Buffer | null): string =>
  bytes !== null && bytes.length > DEAD_LETTER_BYTES_MAX
    ? `; the first ${DEAD_LETTER_BYTES_MAX} of ${bytes.length} bytes are kept`
    : ''
