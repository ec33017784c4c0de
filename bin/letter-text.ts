/** Dead letters for people and for scripts. */
import type { Letter } from '../streams/dead-letters/letters.ts'
import type { OriginalRecord } from '../streams/dead-letters/original-record.ts'
import type { Redrive } from '../schemas/generated.ts'

const CAUSE_SHOWN = 100
const BYTES_SHOWN = 2_000

/** Where the record came from: partition and offset, or file and line. */
function placeOf({ value }: Letter): string {
  if (value.sourcePartition !== null) return `${value.sourcePartition}/${value.sourceOffset}`
  if (value.sourceFile !== null) return `${value.sourceFile}:${value.sourceLine}`
  return '-'
}

/** One line of the list. */
export function letterLine(letter: Letter, redrive: Redrive | undefined): string {
  const { sourceTopic, code, cause } = letter.value
  const shown = cause.length > CAUSE_SHOWN ? `${cause.slice(0, CAUSE_SHOWN - 1)}…` : cause
  return [
    letter.id.padEnd(9),
    new Date(letter.writtenMs).toISOString().slice(0, 19) + 'Z',
    `${sourceTopic} ${placeOf(letter)}`,
    code,
    printable(shown),
    ...(redrive === undefined ? [] : [`(sent again${redrive.fixed ? ', fixed' : ''})`]),
  ].join('  ')
}

/** All of it as plain data. `value` is what `redrive --fix` takes, to be put right. */
export function letterJson(
  letter: Letter,
  redrive: Redrive | undefined,
  original?: OriginalRecord,
): object {
  const { originalKey, originalBytes, conflictingBytes, ...told } = letter.value
  return {
    id: letter.id,
    writtenAt: new Date(letter.writtenMs).toISOString(),
    ...told,
    key: textOf(originalKey),
    bytes: textOf(originalBytes),
    conflicting: conflictingBytes === null ? null : textOf(conflictingBytes),
    value: original?.value ?? null,
    undecodable: original?.undecodable ?? null,
    sentAgain: redrive ?? null,
  }
}

export function letterText(
  letter: Letter,
  redrive: Redrive | undefined,
  original: OriginalRecord | undefined,
): string {
  const { value: told } = letter
  const lines: (readonly [string, string | undefined])[] = [
    ['dead letter', letter.id],
    ['written', new Date(letter.writtenMs).toISOString()],
    ['from', `${told.sourceTopic} ${placeOf(letter)}`],
    ['event time', told.eventTimeMs === 0 ? undefined : new Date(told.eventTimeMs).toISOString()],
    ['code', told.code],
    ['cause', printable(told.cause)],
    ['schema id', told.schemaId === null ? undefined : String(told.schemaId)],
    ['key', textOf(told.originalKey)],
    ['as it came', textOf(told.originalBytes)],
    ['conflicts with', told.conflictingBytes === null ? undefined : textOf(told.conflictingBytes)],
    ['value', original?.value === undefined ? undefined : JSON.stringify(original.value)],
    ['cannot be read', original?.undecodable],
    [
      'sent again',
      redrive === undefined
        ? undefined
        : `${redrive.times} times, last ${redrive.fixed ? 'with a fixed value' : 'as it was'}`,
    ],
  ]
  return lines
    .filter((line): line is readonly [string, string] => line[1] !== undefined)
    .map(([name, text]) => `${`${name}:`.padEnd(16)}${text}\n`)
    .join('')
}

/** UTF-8 where it is that, hexadecimal digits where not; of long bytes the beginning. */
export function textOf(bytes: Uint8Array): string {
  const shown = Buffer.from(bytes.subarray(0, BYTES_SHOWN))
  const more = bytes.length > BYTES_SHOWN ? `… (${bytes.length} bytes in all)` : ''
  const text = shown.toString('utf8')

  const isText = !/[\u0000-\u0008\u000e-\u001f\ufffd]/.test(text)
  return (isText ? printable(text) : `0x${shown.toString('hex')}`) + more
}

/** What came from outside must not move the cursor of a terminal. */
const printable = (text: string): string =>
  text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (character) =>
    JSON.stringify(character).slice(1, -1),
  )
